"""Weights from a file: sound files come back bit for bit, of an unsound one is said what is wrong with it."""

import random

import pytest
import torch
from torch import nn

from micrograd_lite import weights
from micrograd_lite.weights import load_weights


def network(hidden=6):
    return nn.Sequential(nn.Linear(4, hidden), nn.ReLU(), nn.Linear(hidden, 3))


@pytest.fixture
def saved(tmp_path):
    """A model and the file of its weights."""
    model, path = network(), tmp_path / "weights.pt"
    torch.save(model.state_dict(), path)
    return model, path


def same(one, other):
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def refused(path, kind=ValueError, model=None):
    """The message with which the file is refused; the model stays as it was."""
    model = model or network()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(kind) as caught:
        load_weights(model, path)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert str(path.parent) not in str(caught.value)
    return str(caught.value)


def test_saved_weights_come_back_bit_for_bit(saved):
    model, path = saved
    fresh = network()
    assert not same(fresh, model)
    assert load_weights(fresh, path) is fresh and same(fresh, model)
    assert same(load_weights(network(), str(path)), model)


def test_a_missing_file(tmp_path):
    message = refused(tmp_path / "wieghts.pt", FileNotFoundError)
    assert "no file 'wieghts.pt'" in message and "torch.save(model.state_dict(), path)" in message


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "folder").mkdir()
    assert "no file 'folder'" in refused(tmp_path / "folder", FileNotFoundError)


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_off(saved, share):
    _, path = saved
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert "damaged or cut off" in refused(path)


def test_an_empty_file(tmp_path):
    (tmp_path / "empty.pt").touch()
    assert "is empty (0 bytes)" in refused(tmp_path / "empty.pt")


@pytest.mark.parametrize("data", [b"<html>404</html>", b"\x89PNG\r\n\x1a\n", b"\x80\x02K\x01.", b"a"])
def test_a_foreign_file(tmp_path, data):
    path = tmp_path / "page.pt"
    path.write_bytes(data)
    message = refused(path)
    assert "is no file of weights" in message or "holds a int" in message


def test_bytes_at_random_are_refused(tmp_path):
    draw, path = random.Random(0), tmp_path / "noise.pt"
    for n in (1, 2, 7, 60, 900):
        path.write_bytes(draw.randbytes(n))
        assert refused(path)


def test_a_whole_model_is_refused_because_it_is_a_pickle(tmp_path):
    path = tmp_path / "whole.pt"
    torch.save(network(), path)
    message = refused(path)
    assert "weights_only=True refuses it" in message and "Save model.state_dict()" in message


def test_a_pickle_that_would_run_a_program_does_not_run_it(tmp_path):
    class Trap:
        def __reduce__(self):
            return (print, ("the trap ran",))

    path = tmp_path / "trap.pt"
    torch.save({"weight": Trap()}, path)
    assert "weights_only=True refuses it" in refused(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [([1.0, 2.0], "a list"), ({}, "an empty dict"), ({"epoch": 3}, "a dict"), (torch.ones(3), "a Tensor")],
)
def test_something_else_than_a_state_dict(tmp_path, content, said):
    path = tmp_path / "else.pt"
    torch.save(content, path)
    assert f"holds {said}, expected a state_dict" in refused(path)


def test_weights_of_another_width(saved):
    message = refused(saved[1], model=network(hidden=5))
    assert "'0.weight' has shape (6, 4), the model's has (5, 4)" in message


def test_weights_of_another_architecture(saved):
    deeper = nn.Sequential(*network(), nn.ReLU(), nn.Linear(3, 3))
    assert "it has no '4.weight'" in refused(saved[1], model=deeper)
    one = nn.Sequential(nn.Linear(4, 6))
    assert "it has '2.weight', which the model has not" in refused(saved[1], model=one)
    assert "and 3 more" in refused(saved[1], model=nn.Linear(4, 6))


def test_a_file_that_the_system_does_not_hand_out(saved, monkeypatch):
    def denied(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(weights.Path, "read_bytes", denied)
    with pytest.raises(PermissionError):
        load_weights(network(), saved[1])
