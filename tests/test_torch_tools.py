"""`torch_tools`: lines side by side, the ledger's PyTorch columns, weights from sound and unsound files."""

import random
import subprocess
import sys

import pytest
import torch
from torch import nn

import micrograd_lite as mg
from micrograd_lite import ledger, torch_tools
from micrograd_lite.torch_tools import ledger_column, ledger_tensors, line_by_line, load_weights, precision

NAMES = {"mg": mg, "torch": torch}


# ---------------------------------------------------------------- line_by_line


def test_equal_lines_are_shown_with_their_result():
    table = line_by_line([("product", "mg.Value(2.0) * 3", "torch.tensor(2.0) * 3")], **NAMES)
    assert table.largest_difference == 0
    assert repr(table) == (
        "product: 6\n    mg.Value(2.0) * 3\n    torch.tensor(2.0) * 3\n"
        "1 rows: the results differ by less than 1e-12"
    )
    html = table._repr_html_()
    assert "<code>mg.Value(2.0) * 3</code>" in html and ">6</td>" in html


def test_a_row_can_use_what_an_earlier_row_made_and_sides_do_not_mix():
    rows = [
        ("leaf", "w = mg.Value(2.0)", "w = torch.tensor(2.0, requires_grad=True)"),
        ("back", "(w * w).backward(); w.grad", "(w * w).backward(); w.grad"),
        ("clear", "w.grad = 0.0", "w.grad = torch.tensor(0.0)"),
    ]
    table = line_by_line(rows, **NAMES)
    assert [row[3].item() for row in table.rows] == [2.0, 4.0, 0.0]
    assert table.largest_difference == 0


def test_a_difference_is_told():
    kind = ", dtype=torch.float64"
    table = line_by_line([("off", "0.5", f"torch.tensor(0.75{kind})"), ("same", "1.0", "1.0")], **NAMES)
    assert table.largest_difference == 0.25
    assert "differ by up to 0.25" in table.verdict


def test_nan_is_no_agreement():
    table = line_by_line([("nan", "float('nan')", "float('nan')"), ("same", "1.0", "1.0")])
    assert table.largest_difference != table.largest_difference and "up to nan" in table.verdict


def test_lists_of_values_and_tensors_are_compared_number_by_number():
    line = "torch.tensor([1.0, -2.5], dtype=torch.float64)"
    table = line_by_line([("two", "[mg.Value(1.0), mg.Value(-2.5)]", line)], **NAMES)
    assert table.largest_difference == 0 and "two: [1, -2.5]" in repr(table)


@pytest.mark.parametrize("line", ["", "import math", "for i in range(3): i"])
def test_a_line_without_a_result_is_refused(line):
    with pytest.raises(ValueError, match="neither on an expression nor on an assignment"):
        line_by_line([("nothing", line, "1.0")])


@pytest.mark.parametrize("line", ["None", "'text'", "[1.0, [2.0]]", "print"])
def test_a_result_that_is_no_number_is_refused(line):
    with pytest.raises(ValueError, match="which is no number"):
        line_by_line([("nothing", line, "1.0")])


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"shape \(2,\), `1.0` of shape \(\)"):
        line_by_line([("shapes", "[1.0, 1.0]", "1.0")])


def test_what_a_line_raises_goes_through():
    with pytest.raises(ZeroDivisionError):
        line_by_line([("zero", "1 / 0", "1.0")])


# ---------------------------------------------------------------- the ledger


def test_the_pytorch_column_equals_those_before_it():
    columns = {"by hand": ledger.by_hand(), "NumPy": ledger.in_numpy(), "PyTorch CPU": ledger_column()}
    assert ledger.table(columns).largest_difference <= 1e-12
    assert list(columns["PyTorch CPU"]) == list(ledger.load().formulas)


def test_float64_everywhere_but_on_mps():
    assert precision("cpu") is precision(torch.device("cuda", 0)) is torch.float64
    assert precision("mps") is torch.float32


def test_on_another_device_every_tensor_of_the_ledger_lies_there():
    """The device `meta` calculates nothing and refuses mixtures: a tensor forgotten on the CPU raises."""
    tensors = ledger_tensors("meta")
    assert {tensor.device.type for tensor in tensors.values()} == {"meta"}
    assert set(tensors) == set(ledger.load().formulas)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_gpu_column_equals_those_before_it():
    columns = {"by hand": ledger.by_hand(), "PyTorch GPU": ledger_column("cuda")}
    assert ledger.table(columns).largest_difference <= 1e-12


# ---------------------------------------------------------------- load_weights


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

    monkeypatch.setattr(torch_tools.Path, "read_bytes", denied)
    with pytest.raises(PermissionError):
        load_weights(network(), saved[1])


def test_the_package_alone_loads_no_pytorch():
    script = "import sys, micrograd_lite, micrograd_lite.figures; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
