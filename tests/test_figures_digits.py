"""Images in a grid and confusion matrices: every pixel and every count where it belongs."""

import numpy as np
import pytest

from micrograd_lite import figures

PICTURES = np.linspace(0, 1, 3 * 64).reshape(3, 8, 8)


@pytest.mark.parametrize("pictures", [PICTURES, PICTURES.reshape(3, 64)])
def test_images_are_drawn_in_a_grid_with_their_labels(pictures):
    picture = figures.images(pictures, ["one", "two", "three"], "Three", columns=2)
    axes = picture.figure.axes
    assert len(axes) == 4 and [ax.get_title() for ax in axes] == ["one", "two", "three", ""]
    assert (axes[1].images[0].get_array() == PICTURES[1]).all() and axes[1].images[0].get_clim() == (0, 1)
    assert not axes[3].images and not axes[3].axison


def test_signed_images_share_a_scale_around_zero():
    picture = figures.images([[[0.5, -2.0]], [[0.1, 0.0]]], ["a", "b"], "Weights", signed=True)
    assert {ax.images[0].get_clim() for ax in picture.figure.axes} == {(-2.0, 2.0)}
    assert "from -2 (blue) to 2 (orange)" in picture.alt
    assert figures.SIGNED(0.5)[:3] == pytest.approx((1, 1, 1), abs=0.01)  # 0 is white
    empty = figures.images(np.zeros((1, 2, 2)), ["a"], "t", signed=True)
    assert empty.figure.axes[0].images[0].get_clim() == (-1, 1)


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
    assert "3 of 6 right" in picture.alt and "b taken for c (2 ×); a taken for b (1 ×)" in picture.alt


def test_a_confusion_matrix_without_a_mistake():
    said = figures.confusion_matrix([3, 4], [3, 4], "Good").alt
    assert "2 of 2 right" in said and "taken for" not in said


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
