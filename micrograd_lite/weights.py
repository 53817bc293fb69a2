"""The weights of a PyTorch model from a file, with an error that says what is wrong with the file.

from micrograd_lite.weights import load_weights
load_weights(model, "digits.pt")
"""

import io
import pickle
import zipfile
from pathlib import Path

import torch

__all__ = ["load_weights"]


def load_weights(model, path):
    """Put weights that `torch.save(model.state_dict(), path)` wrote into a model of the same shape.

    The file is read with `weights_only=True`: a pickle can run any program, weights alone cannot. They are
    copied to where the model is, on whatever device they were saved. Returns the model; where there is an
    error, it is as it was.
    Errors: FileNotFoundError (no file); ValueError for a file that was cut off, for one that holds something
    else, and for the weights of another model: the message names the first parameters that do not fit.
    PyTorch documentation: "Saving and Loading Models", `torch.load`.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no file {path.name!r} here: save one with torch.save(model.state_dict(), path), or "
            "look for a typing error in its name"
        )
    weights = _read(path)
    if not isinstance(weights, dict) or not weights or not all(map(_is_weight, weights.items())):
        raise ValueError(
            f"{path.name!r} holds {_described(weights)}, expected a state_dict, which maps the names of "
            "parameters to tensors: save it with torch.save(model.state_dict(), path)"
        )
    if faults := _misfits(model.state_dict(), weights):
        more = f"; and {len(faults) - 3} more" if len(faults) > 3 else ""
        raise ValueError(
            f"the weights in {path.name!r} belong to another model: {'; '.join(faults[:3])}{more}. Build the "
            "model that was saved, then load"
        )
    model.load_state_dict(weights)
    return model


def _read(path):
    """What the file holds, or a ValueError that says what is wrong with it."""
    data = path.read_bytes()  # where the system refuses that, its own message says why
    try:
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as problem:  # foreign bytes make torch.load fail in many ways
        raise ValueError(_what_is_wrong(path, data, problem)) from problem


def _what_is_wrong(path, data, problem):
    size = len(data)
    if size == 0:
        return f"{path.name!r} is empty (0 bytes): the file of weights was not written. Save it again"
    if not data.startswith(b"PK\x03\x04"):  # the first bytes of a zip archive, which torch.save writes
        return (
            f"{path.name!r} is no file of weights: it begins with {data[:4]!r} ({size} bytes in all). "
            "Expected what torch.save(model.state_dict(), path) writes"
        )
    if isinstance(problem, pickle.UnpicklingError) and zipfile.is_zipfile(io.BytesIO(data)):
        return (
            f"{path.name!r} holds more than weights, and weights_only=True refuses it: unpacking other "
            "Python objects can run any program. Save model.state_dict(), not the model itself"
        )
    return (
        f"{path.name!r} begins like a file of weights and is damaged or cut off ({size} bytes): copy or "
        "download it again, or save it again"
    )


def _is_weight(item):
    name, tensor = item
    return isinstance(name, str) and isinstance(tensor, torch.Tensor)


def _described(found):
    kind = type(found).__name__
    return f"an empty {kind}" if isinstance(found, dict) and not found else f"a {kind}"


def _misfits(expected, found):
    """What does not fit, a phrase each: missing names, unknown names, other shapes."""
    faults = [f"it has no {name!r}" for name in expected if name not in found]
    faults += [f"it has {name!r}, which the model has not" for name in found if name not in expected]
    return faults + [
        f"{name!r} has shape {tuple(found[name].shape)}, the model's has {tuple(tensor.shape)}"
        for name, tensor in expected.items()
        if name in found and found[name].shape != tensor.shape
    ]
