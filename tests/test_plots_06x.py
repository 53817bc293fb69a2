"""The figures of the fair experiment and of the learning rates show what they are given, and say it."""

import numpy as np
import pytest

from micrograd_lite import figures

ACCURACIES = {"plain": [90.0, 92.0], "L2": [91.0, 93.0], "Dropout": [92.0, 95.0]}
INTERVALS = {"L2": (1.0, 0.5, 1.5), "Dropout": (2.5, -1.0, 6.0)}
COUNTS = {"SGD, plain": {0.1: 0, 1.0: 2, 10.0: 0}, "SGD, BatchNorm": {0.1: 5, 1.0: 5, 10.0: 3}}


def test_methods_are_rows_with_a_dot_per_seed_and_their_mean():
    left, right = figures.methods_compared(ACCURACIES, INTERVALS, "t").figure.axes
    assert [label.get_text() for label in left.get_yticklabels()] == list(ACCURACIES)
    for row, numbers in enumerate(ACCURACIES.values()):
        dots, mean = left.lines[2 * row : 2 * row + 2]
        assert list(dots.get_xdata()) == numbers and (np.round(dots.get_ydata()) == row).all()
        assert list(mean.get_xdata()) == [np.mean(numbers)] * 2
    interval, center = right.lines[2:4]
    assert list(interval.get_xdata()) == [-1.0, 6.0] and list(interval.get_ydata()) == [2, 2]
    assert list(center.get_xdata()) == [2.5]
    assert right.get_xlabel().startswith("minus plain")


def test_methods_are_said():
    said = repr(figures.methods_compared(ACCURACIES, INTERVALS, "Six methods"))
    assert said.startswith("Six methods. Mean test accuracy in %: plain 91.00, L2 92.00, Dropout 93.50.")
    assert "Minus plain, in points: L2 +1.00 [+0.50, +1.50], Dropout +2.50 [-1.00, +6.00]." in said


def test_methods_need_an_interval_each():
    with pytest.raises(ValueError, match=r"needs an interval for \['L2', 'Dropout'\], got \['L2'\]"):
        figures.methods_compared(ACCURACIES, {"L2": (0.0, 0.0, 0.0)}, "t")


def test_rates_have_a_mark_for_all_some_and_none():
    picture = figures.rates_that_train(COUNTS, 5, "Rates")
    (ax,) = picture.figure.axes
    assert ax.get_xscale() == "log"
    discs, triangles, crosses = ax.lines[3:6]  # the second row
    assert (list(discs.get_xdata()), discs.get_marker()) == ([0.1, 1.0], "o")
    assert (list(triangles.get_xdata()), triangles.get_marker()) == ([10.0], "^")
    assert (len(crosses.get_xdata()), crosses.get_marker()) == (0, "x")
    assert [text.get_text() for text in ax.texts] == ["2", "3"]
    assert repr(picture) == (
        "Rates. Rates at which all 5 seeds train: SGD, plain: none; SGD, BatchNorm: 0.1, 1."
    )


@pytest.mark.parametrize("counts", [{}, {"a": {0.1: 6}}, {"a": {0.1: -1}}])
def test_rates_need_possible_counts(counts):
    with pytest.raises(ValueError, match="counts from 0 to 5"):
        figures.rates_that_train(counts, 5, "t")
