"""Losses step by step and measures epoch by epoch: every number drawn, and a divergence said."""

import math

import pytest

from micrograd_lite import Value, figures


def test_a_loss_curve_shows_every_step_and_says_first_last_and_lowest():
    picture = figures.loss_curve([4.0, 1.0, 2.0], "Down and up")
    curve = picture.figure.axes[0].lines[0]
    assert curve.get_xydata().tolist() == [[0, 4], [1, 1], [2, 2]]
    assert "4 at step 0, 2 at step 2 (lowest 1 at step 1)" in picture.alt
    assert "1 at step 1 (the lowest)" in figures.loss_curve([4.0, 1.0], "Down").alt


def test_curves_differ_in_colour_and_in_dash():
    ax = figures.loss_curve({name: [2, 1] for name in "abcd"}, "Four").figure.axes[0]
    curves = [line for line in ax.lines if line.get_label() in "abcd"]
    assert (
        len({line.get_color() for line in curves}) == len({str(line._dash_pattern) for line in curves}) == 4
    )
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list("abcd")


@pytest.mark.parametrize("log", [False, True])
def test_a_loss_that_diverges_ends_with_a_cross(log, recwarn):
    picture = figures.loss_curve([1.0, 10.0, math.inf, math.nan], "Too large", log=log)
    curve, end = picture.figure.axes[0].lines
    assert len(curve.get_xdata()) == 2 and end.get_marker() == "X"
    assert "10 at step 1 (lowest 1 at step 0), then beyond 1e+12 or no number: it diverged" in picture.alt
    huge = figures.loss_curve([1.0, 10.0, 1e300], "Too large", log=log)
    assert huge.alt == picture.alt and huge.png()
    nothing = figures.loss_curve([math.nan], "Lost", log=log)
    assert "beyond 1e+12 or no number from the start" in nothing.alt
    assert picture.png() and nothing.png() and not recwarn.list


def test_wrong_losses_are_refused():
    with pytest.raises(ValueError, match="got none"):
        figures.loss_curve([], "Empty")
    with pytest.raises(ValueError, match=r"got Values; store loss\.data instead"):
        figures.loss_curve([Value(1.0)], "Values")
    with pytest.raises(ValueError, match="1 to 4 curves, got 5"):
        figures.loss_curve({name: [1] for name in "abcde"}, "Five")


def test_learning_curves_have_a_panel_for_each_quantity():
    panels = {
        "loss": {"training": [2.0, 1.0, 0.5], "validation": [2.0, 1.5, 1.4]},
        "accuracy": {"all": [0.1, 0.9]},
    }
    picture = figures.learning_curves(panels, "It learns")
    left, right = picture.figure.axes
    assert left.get_ylabel() == "loss" and right.get_ylabel() == "accuracy" and right.get_xlabel() == "epoch"
    assert left.lines[0].get_xydata().tolist() == [[1, 2.0], [2, 1.0], [3, 0.5]]
    assert left.lines[0].get_linestyle() != left.lines[1].get_linestyle()
    for numbers in ("2 → 0.5", "2 → 1.4", "0.1 → 0.9"):
        assert numbers in picture.alt


@pytest.mark.parametrize("panels", [{}, {"loss": {}}, {"loss": {str(i): [1.0] for i in range(5)}}])
def test_learning_curves_need_something_to_draw(panels):
    with pytest.raises(ValueError, match="at least one panel, each with 1 to 4 curves"):
        figures.learning_curves(panels, "t")
