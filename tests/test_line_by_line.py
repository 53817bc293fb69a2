"""Lines of micrograd_lite and PyTorch side by side: their results, what differs, what is no result."""

import pytest
import torch

import micrograd_lite as mg
from micrograd_lite.line_by_line import line_by_line

NAMES = {"mg": mg, "torch": torch}


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
    assert [row[3] for row in table.rows] == ["2", "4", "0"]
    assert table.largest_difference == 0


def test_a_difference_is_told():
    kind = ", dtype=torch.float64"
    table = line_by_line([("off", "0.5", f"torch.tensor(0.75{kind})"), ("same", "1.0", "1.0")], **NAMES)
    assert table.largest_difference == 0.25
    assert "differ by up to 0.25" in table.note


def test_nan_is_no_agreement():
    table = line_by_line([("nan", "float('nan')", "float('nan')"), ("same", "1.0", "1.0")])
    assert table.largest_difference != table.largest_difference and "up to nan" in table.note


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


def test_no_rows_are_refused():
    with pytest.raises(ValueError, match="at least one row"):
        line_by_line([])
