"""Curves over one axis: drawn as given, with their numbers; secant and tangent have their slopes."""

import math

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
    assert "a: 3 at 0.1, 2 at 10, lowest 1 at 1." in picture.alt


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


def test_function_panels_say_values_at_the_ends_and_in_the_middle():
    picture = figures.function_panels(
        {"Square": {"f": np.square, "slope": lambda x: 2 * x}, "Cube": {"f": lambda x: x**3}},
        "Powers",
        x_range=(-2.0, 2.0),
    )
    for numbers in ("f: 4, 0, 4;", "slope: -4, 0, 4;", "f: -8, 0, 8."):
        assert numbers in picture.alt
    lines = picture.figure.axes[0].get_lines()
    np.testing.assert_array_equal(lines[1].get_ydata(), np.linspace(-2, 2, 601) ** 2)


def test_function_panels_leave_no_empty_axes():
    picture = figures.function_panels({str(k): {"f": np.square} for k in range(4)}, "Four")
    assert [ax.axison for ax in picture.figure.axes] == [True] * 4 + [False] * 2


def test_no_panel_is_told():
    with pytest.raises(ValueError, match="function_panels needs at least one panel"):
        figures.function_panels({}, "Nothing")


@pytest.mark.parametrize(("h", "secant"), [(1.0, 7.0), (0.1, 6.1), (-1.0, 5.0), (0.001, 6.001)])
def test_slope_draws_the_secant_and_the_tangent(h, secant):
    picture = figures.slope(lambda x: x * x, 3.0, h)
    _, tangent, through, *_ = picture.figure.axes[0].lines
    for line, expected in ((tangent, 6.0), (through, secant)):
        (x0, x1), (y0, y1) = line.get_data()
        assert (y1 - y0) / (x1 - x0) == pytest.approx(expected, abs=1e-6)
        assert y0 + expected * (3.0 - x0) == pytest.approx(9.0, abs=1e-6)
    assert f"secant {secant:.4g}" in picture.alt and "tangent 6." in picture.alt


def test_slope_refuses_a_step_of_nothing():
    for x, h in ((3.0, 0.0), (math.nan, 1.0), (3.0, math.inf)):
        with pytest.raises(ValueError, match="a finite h other than 0"):
            figures.slope(abs, x, h)
