"""What chapter 05 puts beside PyTorch: lines compared, the ledger's last columns, weights from a file.

    from micrograd_lite import torch_tools
    rows = [("a number", "w = mg.Value(2.0)", "w = torch.tensor(2.0)")]
    torch_tools.line_by_line(rows, mg=mg, torch=torch)  # a table; .largest_difference is 0 here
    column = torch_tools.ledger_column("cuda")  # a column for `ledger.table`
    torch_tools.load_weights(model, "digits.pt")  # a truncated or foreign file: an error that says so

PyTorch is loaded with this module, and with no other of the package that you did not ask for.
"""

import ast
import io
import pickle
import zipfile
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from micrograd_lite import ledger
from micrograd_lite.engine import Value

__all__ = ["LineTable", "ledger_column", "ledger_tensors", "line_by_line", "load_weights", "precision"]

SAME = ledger.SAME


def precision(device):
    """The most exact kind of float that the device has: float64, on Apple's MPS float32."""
    return torch.float32 if torch.device(device).type == "mps" else torch.float64


# ---------------------------------------------------------------- micrograd_lite and PyTorch, line by line


def line_by_line(rows, **names):
    """Run each row's two lines, in order, and set their results side by side. -> LineTable

    rows : (idea, line of micrograd_lite, line of PyTorch). Each side has variables of its own, which a later
        row can use. A line's result is its last expression, or what its last statement assigned: a number, a
        Value, a tensor, or a nest of lists of them.
    names : what both sides may use, as `mg=mg, torch=torch`.

    Errors: ValueError for a line without a number as its result, or for results of different shapes;
    what a line itself raises goes through. Chapter 05, "Line by line".
    """
    left, right = dict(names), dict(names)
    done = []
    for idea, ours, theirs in rows:
        a, b = _result(ours, left), _result(theirs, right)
        if a.shape != b.shape:
            raise ValueError(
                f"{idea}: `{ours}` gives numbers of shape {a.shape}, `{theirs}` of shape {b.shape}"
            )
        done.append((idea, ours, theirs, a, float(np.max(np.abs(a - b), initial=0.0))))
    return LineTable(tuple(done))


def _result(line, names):
    """What the line gives, as an array of float64; the line's variables end up in `names`."""
    statements = ast.parse(line).body
    last = statements[-1] if statements else None
    if isinstance(last, ast.Assign):
        wanted = ast.unparse(last.targets[0])  # read back what was assigned
    elif isinstance(last, ast.Expr):
        wanted = ast.unparse(statements.pop())
    else:
        raise ValueError(f"`{line}` ends neither on an expression nor on an assignment: there is no result")
    exec(compile(ast.Module(statements, []), "<line>", "exec"), names)
    found = eval(wanted, names)
    try:
        return np.asarray(_plain(found), dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise ValueError(f"`{line}` gives {type(found).__name__}, which is no number") from problem


def _plain(found):
    """Values and tensors as Python's numbers."""
    if isinstance(found, Value):
        return found.data
    if isinstance(found, torch.Tensor):
        return found.tolist()
    if isinstance(found, list | tuple):
        return [_plain(item) for item in found]
    if found is None:
        raise TypeError("None")
    return found


@dataclass(frozen=True)
class LineTable:
    """What `line_by_line` returns; it shows itself. rows : (idea, ours, theirs, result, difference)."""

    rows: tuple

    @property
    def largest_difference(self):
        """The largest distance between two results of a row; nan where one of them is."""
        return float(np.max([difference for *_, difference in self.rows]))

    @property
    def verdict(self):
        """The last line: whether both sides gave the same."""
        same = self.largest_difference <= SAME
        return f"{len(self.rows)} rows: " + (
            f"the results differ by less than {SAME:g}"
            if same
            else f"the results differ by up to {self.largest_difference:.3g}"
        )

    def __repr__(self):
        lines = [
            f"{idea}: {_shown(result)}\n    {ours}\n    {theirs}"
            for idea, ours, theirs, result, _ in self.rows
        ]
        return "\n".join([*lines, self.verdict])

    def _repr_html_(self):
        left = 'style="text-align:left;padding:3px 14px 3px 0"'
        heads = "".join(
            f'<th scope="col" {left}>{h}</th>' for h in ("", "micrograd_lite", "PyTorch", "both give")
        )
        rows = "".join(
            f'<tr><th scope="row" {left}>{escape(idea)}</th><td {left}><code>{escape(ours)}</code></td>'
            f"<td {left}><code>{escape(theirs)}</code></td><td {left}>{_shown(result)}</td></tr>"
            for idea, ours, theirs, result, _ in self.rows
        )
        return (
            f'<table style="border-collapse:collapse"><tr>{heads}</tr>{rows}</table>'
            f"<p>{escape(self.verdict)}</p>"
        )


def _shown(result):
    """Numbers with four digits, lists in brackets."""
    if result.ndim:
        return "[" + ", ".join(_shown(part) for part in result) + "]"
    return f"{result + 0.0:.4g}"


# ---------------------------------------------------------------- the ledger


def ledger_tensors(device="cpu"):
    """The ledger's network on a device, forward and backward: name -> tensor with one number.

    X (1, 2), W1 (2 units, 2 inputs), W2 (1, 2): a row of a weight matrix is a unit. Formulas:
    z1 = X W1ᵀ + b1, a1 = tanh z1, z2 = a1 W2ᵀ + b2, y_hat = σ(z2), binary cross-entropy. The gradients come
    from `backward()`.
    Chapter 05, "The ledger in PyTorch", writes these lines on the page.
    """
    net = ledger.load()
    x1, x2, y = net.given.values()
    w1u, w2u, bu, w1v, w2v, bv, wuo, wvo, bo = net.parameters.values()
    kind = {"device": device, "dtype": precision(device)}
    X = torch.tensor([[x1, x2]], requires_grad=True, **kind)
    W1 = torch.tensor([[w1u, w2u], [w1v, w2v]], requires_grad=True, **kind)
    b1 = torch.tensor([bu, bv], requires_grad=True, **kind)
    W2 = torch.tensor([[wuo, wvo]], requires_grad=True, **kind)
    b2 = torch.tensor([bo], requires_grad=True, **kind)
    z1 = X @ W1.T + b1
    a1 = z1.tanh()
    z2 = a1 @ W2.T + b2
    y_hat = z2.sigmoid()
    L = F.binary_cross_entropy(y_hat, torch.tensor([[y]], **kind))
    for inner in (z1, a1, z2, y_hat):
        inner.retain_grad()
    L.backward()
    rows = {
        ("zu", "zv"): z1, ("au", "av"): a1, ("zo",): z2, ("y_hat",): y_hat, ("L",): L,
        ("dy_hat",): y_hat.grad, ("dzo",): z2.grad, ("dwuo", "dwvo"): W2.grad, ("dbo",): b2.grad,
        ("dau", "dav"): a1.grad, ("dzu", "dzv"): z1.grad, ("dw1u", "dw2u", "dw1v", "dw2v"): W1.grad,
        ("dbu", "dbv"): b1.grad, ("dx1", "dx2"): X.grad,
    }  # fmt: skip
    return {
        name: number
        for names, tensor in rows.items()
        for name, number in zip(names, tensor.detach().flatten(), strict=True)
    }


def ledger_column(device="cpu"):
    """The ledger's column "PyTorch CPU" or, on another device, "PyTorch GPU", for `ledger.table`."""
    tensors = ledger_tensors(device)
    return {name: tensors[name].item() for name in ledger.load().formulas}


# ---------------------------------------------------------------- weights from a file


def load_weights(model, path):
    """Put weights that `torch.save(model.state_dict(), path)` wrote into a model of the same shape.

    The file is read with `weights_only=True`: a pickle can run any program, weights alone cannot. They are
    copied to where the model is, on whatever device they were saved. Returns the model; where there is an
    error, it is as it was.
    Errors: FileNotFoundError (no file); ValueError for a file that was cut off, for one that holds something
    else, and for the weights of another model: the message names the first parameters that do not fit.
    PyTorch documentation: "Saving and Loading Models", `torch.load`. Chapter 05, "Save and load".
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
