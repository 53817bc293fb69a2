"""`figures.curves`: draws what it is given, says its numbers, refuses what does not fit."""

import numpy as np
import pytest

from micrograd_lite import figures

X = np.array([0.1, 1.0, 10.0])
LABELS = {"xlabel": "h", "ylabel": "error"}


def test_each_curve_is_drawn_with_its_numbers():
    picture = figures.curves(X, {"a": [3.0, 1.0, 2.0], "b": X**2}, "Two curves", **LABELS)
    (ax,) = picture.figure.axes
    assert [line.get_label() for line in ax.lines] == ["a", "b"]
    assert (ax.lines[1].get_ydata() == X**2).all() and (ax.lines[0].get_xdata() == X).all()
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("h", "error")
    assert "a: 3 at 0.1, 2 at 10, lowest 1 at 1." in picture.alt and picture.alt.startswith("Two curves.")
    assert picture.png().startswith(b"\x89PNG")


def test_dots_are_markers_and_lines_are_lines():
    picture = figures.curves(X, {"line": X, "measured": X}, "t", dots=("measured",), **LABELS)
    line, dots = picture.figure.axes[0].lines
    assert line.get_linestyle() != "None" and dots.get_linestyle() == "None" and dots.get_marker() != "None"


@pytest.mark.parametrize("log", [True, False])
def test_axes_are_logarithmic_on_demand(log):
    ax = figures.curves(X, {"a": X}, "t", logx=log, logy=log, **LABELS).figure.axes[0]
    assert (ax.get_xscale() == "log") == (ax.get_yscale() == "log") == log


def test_own_words_replace_the_numbers():
    assert figures.curves(X, {"a": X}, "t", alt="A U.", **LABELS).alt == "t. A U."


def test_a_curve_without_a_finite_number_still_has_words():
    assert "nan" in figures.curves(X, {"a": [np.nan] * 3}, "t", **LABELS).alt


def test_what_does_not_fit_is_told():
    with pytest.raises(ValueError, match="1 to 4 curves, got 0"):
        figures.curves(X, {}, "t", **LABELS)
    with pytest.raises(ValueError, match="1 to 4 curves, got 5"):
        figures.curves(X, {str(i): X for i in range(5)}, "t", **LABELS)
    with pytest.raises(ValueError, match=r"shape \(3,\); 'a' has shape \(2,\)"):
        figures.curves(X, {"a": [1.0, 2.0]}, "t", **LABELS)
    with pytest.raises(ValueError, match="'b' is none of a"):
        figures.curves(X, {"a": X}, "t", dots=("b",), **LABELS)
