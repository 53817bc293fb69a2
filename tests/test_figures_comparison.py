"""Methods beside each other: bars, dots, intervals and marks stand at their numbers."""

import numpy as np
import pytest
from figure_samples import ACCURACIES, COUNTS, INTERVALS

from micrograd_lite import figures


def test_log_bars_reach_their_numbers_on_a_logarithmic_axis():
    bars = figures.log_bars({"slow": 20.0, "fast": 5000.0}, "Speeds", xlabel="samples per second")
    (ax,) = bars.figure.axes
    assert ax.get_xscale() == "log" and ax.get_xlabel() == "samples per second (log scale)"
    assert [bar.get_x() + bar.get_width() for bar in ax.patches] == [20.0, 5000.0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["slow", "fast"]
    assert [text.get_text().strip() for text in ax.texts] == ["20", "5,000"]


@pytest.mark.parametrize("values", [{}, {"a": 0.0}, {"a": -1.0}, {"a": float("nan")}, {"a": float("inf")}])
def test_log_bars_need_numbers_above_zero(values):
    with pytest.raises(ValueError, match="at least one number, all above 0"):
        figures.log_bars(values, "t", xlabel="x")


def test_methods_are_rows_with_a_dot_per_seed_and_their_mean():
    picture = figures.methods_compared(ACCURACIES, INTERVALS, "t")
    left, right = picture.figure.axes
    assert [label.get_text() for label in left.get_yticklabels()] == list(ACCURACIES)
    for row, numbers in enumerate(ACCURACIES.values()):
        dots, mean = left.lines[2 * row : 2 * row + 2]
        assert list(dots.get_xdata()) == numbers and (np.round(dots.get_ydata()) == row).all()
        assert list(mean.get_xdata()) == [np.mean(numbers)] * 2
    interval, center = right.lines[2:4]
    assert list(interval.get_xdata()) == [-1.0, 6.0] and list(interval.get_ydata()) == [2, 2]
    assert list(center.get_xdata()) == [2.5]
    assert right.get_xlabel().startswith("minus plain")
    assert "L2 92.00" in picture.alt and "Dropout +2.50 [-1.00, +6.00]" in picture.alt


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
    assert "plain: none; SGD, BatchNorm: 0.1, 1." in picture.alt


@pytest.mark.parametrize("counts", [{}, {"a": {0.1: 6}}, {"a": {0.1: -1}}])
def test_rates_need_possible_counts(counts):
    with pytest.raises(ValueError, match="counts from 0 to 5"):
        figures.rates_that_train(counts, 5, "t")
