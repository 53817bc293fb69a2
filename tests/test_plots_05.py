"""The figures of chapter 05: they draw what they are given, say its numbers, refuse what does not fit."""

import numpy as np
import pytest

from micrograd_lite import figures

PICTURES = np.linspace(0, 1, 3 * 64).reshape(3, 8, 8)


def test_learning_curves_have_a_panel_for_each_quantity():
    panels = {
        "loss": {"training": [2.0, 1.0, 0.5], "validation": [2.0, 1.5, 1.4]},
        "accuracy": {"all": [0.1, 0.9]},
    }
    picture = figures.learning_curves(panels, "It learns")
    left, right = picture.figure.axes
    assert left.get_ylabel() == "loss" and right.get_ylabel() == "accuracy" and right.get_xlabel() == "epoch"
    assert left.lines[0].get_xdata().tolist() == [1, 2, 3] and left.lines[0].get_ydata().tolist() == [
        2,
        1,
        0.5,
    ]
    assert left.lines[0].get_linestyle() != left.lines[1].get_linestyle()
    assert picture.alt == (
        "It learns. loss, training: 2 → 0.5; loss, validation: 2 → 1.4; accuracy, all: 0.1 → 0.9."
    )
    assert picture.png().startswith(b"\x89PNG")


@pytest.mark.parametrize("panels", [{}, {"loss": {}}, {"loss": {str(i): [1.0] for i in range(5)}}])
def test_learning_curves_need_something_to_draw(panels):
    with pytest.raises(ValueError, match="at least one panel, each with 1 to 4 curves"):
        figures.learning_curves(panels, "t")


@pytest.mark.parametrize("pictures", [PICTURES, PICTURES.reshape(3, 64)])
def test_images_are_drawn_in_a_grid_with_their_labels(pictures):
    picture = figures.images(pictures, ["one", "two", "three"], "Three", columns=2)
    axes = picture.figure.axes
    assert len(axes) == 4 and [ax.get_title() for ax in axes] == ["one", "two", "three", ""]
    assert (axes[1].images[0].get_array() == PICTURES[1]).all() and axes[1].images[0].get_clim() == (0, 1)
    assert not axes[3].images and not axes[3].axison
    assert picture.alt == "Three. 3 pictures: one; two; three."


def test_signed_images_share_a_scale_around_zero():
    picture = figures.images([[[0.5, -2.0]], [[0.1, 0.0]]], ["a", "b"], "Weights", signed=True)
    assert {ax.images[0].get_clim() for ax in picture.figure.axes} == {(-2.0, 2.0)}
    assert picture.alt.endswith("The scale goes from -2 (blue) to 2 (orange).")
    assert figures.SIGNED(0.5)[:3] == pytest.approx((1, 1, 1), abs=0.01)  # 0 is white
    assert figures.images(np.zeros((1, 2, 2)), ["a"], "t", signed=True).figure.axes[0].images[
        0
    ].get_clim() == (
        -1,
        1,
    )


@pytest.mark.parametrize(
    ("pictures", "labels"), [(PICTURES, ["a"]), (np.zeros((0, 8, 8)), []), (np.zeros((2, 60)), ["a", "b"])]
)
def test_images_that_do_not_fit_are_refused(pictures, labels):
    with pytest.raises(ValueError, match="images needs n pictures"):
        figures.images(pictures, labels, "t")


def test_a_confusion_matrix_counts_and_names_the_usual_mistakes():
    y, predicted = [0, 0, 1, 1, 1, 2], [0, 1, 1, 2, 2, 2]
    picture = figures.confusion_matrix(y, predicted, "Mixed up", names="abc")
    (ax,) = picture.figure.axes
    found = {tuple(map(round, text.get_position())): text.get_text() for text in ax.texts}
    assert found == {(0, 0): "1", (1, 0): "1", (1, 1): "1", (2, 1): "2", (2, 2): "1"}
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("it is", "the network says")
    assert (
        picture.alt == "Mixed up. 3 of 6 right. Most often wrong: b taken for c (2 ×); a taken for b (1 ×)."
    )


def test_a_confusion_matrix_without_a_mistake():
    assert figures.confusion_matrix([3, 4], [3, 4], "Good").alt == "Good. 2 of 2 right."


@pytest.mark.parametrize(
    ("y", "predicted", "said"),
    [
        ([0, 1], [0], "two rows"),
        ([], [], "two rows"),
        ([0, 3], [0, 1], "classes 0 to 2"),
        ([0], [-1], "0 to 2"),
    ],
)
def test_classes_that_do_not_fit_are_refused(y, predicted, said):
    with pytest.raises(ValueError, match=said):
        figures.confusion_matrix(np.array(y, dtype=int), np.array(predicted, dtype=int), "t", names="abc")


def test_log_bars_reach_their_numbers_on_a_logarithmic_axis():
    picture = figures.log_bars({"slow": 20.0, "fast": 5000.0}, "Ladder", xlabel="samples per second")
    (ax,) = picture.figure.axes
    assert ax.get_xscale() == "log" and ax.get_xlabel() == "samples per second (log scale)"
    assert [bar.get_x() + bar.get_width() for bar in ax.patches] == [20.0, 5000.0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["slow", "fast"]
    assert [text.get_text().strip() for text in ax.texts] == ["20", "5,000"]
    assert picture.alt == "Ladder. samples per second: slow 20; fast 5,000."


@pytest.mark.parametrize("values", [{}, {"a": 0.0}, {"a": -1.0}, {"a": float("nan")}, {"a": float("inf")}])
def test_log_bars_need_numbers_above_zero(values):
    with pytest.raises(ValueError, match="at least one number, all above 0"):
        figures.log_bars(values, "t", xlabel="x")
