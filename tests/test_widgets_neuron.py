"""The neuron explorer: what it says is what the formula says, and what it shows is that."""

import itertools
import math
import re

import numpy as np
import pytest
from widget_helpers import alt, assert_shows, at_once, ends, move, pixels, said

from micrograd_lite import datasets
from micrograd_lite.widgets import neuron
from micrograd_lite.widgets.neuron import TASKS, NeuronExplorer, Reading, neuron_frame, task

# ---------------------------------------------------------------- the points


@pytest.mark.parametrize(("name", "first"), [("iris", 50), ("setosa", 0)])
def test_an_iris_task_is_the_two_petal_columns_of_two_species(name, first):
    t, iris = task(name), datasets.load_iris()
    rows = slice(first, first + 100)
    assert np.array_equal(t.X, iris.X[rows][:, 2:]) and np.array_equal(t.y, iris.y[rows] - iris.y[first])
    assert t.names == iris.target_names[iris.y[first] :][:2]


@pytest.mark.parametrize(
    ("name", "gate"),
    [
        ("AND", lambda p, q: p and q),
        ("OR", lambda p, q: p or q),
        ("NAND", lambda p, q: not (p and q)),
        ("XOR", lambda p, q: p != q),
    ],
)
def test_gates_are_their_truth_tables(name, gate):
    t = task(name)
    assert [tuple(x) for x in t.X] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert t.y.tolist() == [int(gate(bool(p), bool(q))) for p, q in t.X]


def test_every_point_of_a_task_lies_in_its_picture():
    for name in TASKS:
        t = task(name)
        for column, (low, high) in zip(t.X.T, (t.x_range, t.y_range), strict=True):
            assert low < column.min() and column.max() < high


# ---------------------------------------------------------------- what the neuron says


@pytest.mark.parametrize("name", TASKS)
def test_a_reading_is_the_formula_point_by_point(name):
    t, rng = task(name), np.random.default_rng(1)
    for w1, w2, b in rng.uniform(-4, 4, (20, 3)).tolist():
        reading = Reading(t, w1, w2, b, 0)
        z = [w1 * x1 + w2 * x2 + b for x1, x2 in t.X.tolist()]
        assert np.allclose(reading.z, z, rtol=0, atol=1e-9)
        assert reading.right == sum((v > 0) == bool(label) for v, label in zip(z, t.y, strict=True))


def test_a_point_on_the_line_is_class_0_whatever_the_rounding():
    """0.1 · 4.7 + 0.2 · 1.4 − 0.75 is 0 on paper and −1e-16 or so in floats."""
    t = task("iris")
    i = next(i for i, x in enumerate(t.X.tolist()) if x == [4.7, 1.4])
    for k in (1, -1):
        reading = Reading(t, 0.1 * k, 0.2 * k, -0.75 * k, i)
        assert reading.z[i] == 0.0 and math.copysign(1.0, reading.z[i]) == 1.0
        assert "read as versicolor" in reading.picked()


def test_the_picked_point_is_told_with_its_terms():
    text = Reading(task("iris"), 1.0, 2.0, -8.0, 27).picked()
    assert text == (
        "Flower 27: z = 1·5 + 2·1.7 − 8 = 0.4, a = σ(z) = 0.5987: read as virginica, but it is versicolor. "
        "Distance to the line: 0.1789."
    )


def test_negative_weights_have_one_sign():
    text = Reading(task("NAND"), -1.0, -1.0, 1.5, 3).describe()
    assert "-1 · x1 − 1 · x2 + 1.5 = 0." in text
    assert "z = -1·1 − 1·1 + 1.5 = -0.5" in text and "No point is on the wrong side." in text


def test_a_line_outside_of_the_picture_is_told():
    assert Reading(task("iris"), 1.0, 1.0, 0.0, 0).line().endswith("= 0. It lies outside of the picture.")
    assert Reading(task("iris"), 1.0, 1.0, -8.0, 0).line().endswith("− 8 = 0.")


def test_without_weights_there_is_no_line():
    reading = Reading(task("AND"), 0.0, 0.0, 1.0, 0)
    assert reading.line().startswith("Both weights are 0: there is no line")
    assert "Distance" not in reading.picked() and reading.wrong() == "Wrong: 3 of class 0."


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"w1": math.nan}, "w1 is a finite number, got nan"),
        ({"w2": "3"}, "w2 is a finite number, got '3'"),
        ({"b": True}, "b is a finite number, got True"),
        ({"sample": 100}, "sample is a whole number from 0 to 99, got 100"),
        ({"sample": 1.0}, "sample is a whole number from 0 to 99, got 1.0"),
        ({"name": "NOR"}, "task is one of iris, setosa, AND, OR, NAND, XOR; got 'NOR'"),
    ],
)
def test_bad_input_is_told(change, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        neuron_frame(**{"name": "iris", **change})


def test_sigma_is_finite_and_right():
    assert neuron.sigma(-1000.0) == 0.0 and neuron.sigma(1000.0) == 1.0 and neuron.sigma(0.0) == 0.5
    assert math.isclose(neuron.sigma(0.4), 1 / (1 + math.exp(-0.4)), rel_tol=1e-14)


# ---------------------------------------------------------------- what the page says of iris and the gates


def most_right_of_any_line(X, y):
    """The most points that some line has on their sides, by every order a direction can put the points in.

    X : (m, 2) whole numbers. The order of the projections changes only where w is perpendicular to the
    difference of two points, so one direction between each neighbouring two of these covers them all.
    """
    differences = {tuple(p - q) for p, q in itertools.permutations(list(X), 2)}
    turns = sorted({math.atan2(d[0], -d[1]) for d in differences if any(d)})
    best = 0
    for start, end in zip(turns, [*turns[1:], turns[0] + 2 * math.pi], strict=True):
        angle = (start + end) / 2
        z = X @ [math.cos(angle), math.sin(angle)]
        labels = y[np.argsort(-z, kind="stable")]
        ends = np.append(np.diff(np.sort(-z)) > 1e-9, True)  # a cut cannot run between equal points
        right = np.cumsum(labels == 1) + (np.sum(y == 0) - np.cumsum(labels == 0))
        best = max(best, int(right[ends].max()), int(np.sum(y == 0)))
    return best


def test_no_line_has_more_than_97_of_the_iris_flowers_on_their_side():
    t = task("iris")
    assert most_right_of_any_line(np.rint(10 * t.X).astype(int), t.y) == 97


@pytest.mark.parametrize(("name", "most"), [("AND", 4), ("OR", 4), ("NAND", 4), ("XOR", 3)])
def test_the_same_search_on_the_gates(name, most):
    t = task(name)
    assert most_right_of_any_line(t.X.astype(int), t.y) == most


# ---------------------------------------------------------------- the picture and the sliders


def test_the_frame_is_a_picture_with_its_numbers():
    picture = neuron_frame("iris", w1=1.0, w2=2.0, b=-8.0, sample=27)
    assert picture.alt.startswith(
        "iris: 95 of 100 flowers on their side (95.0%). Wrong: 3 of class versicolor"
    )
    assert len(picture.figure.axes[0].collections) > 2 and picture.png()[:4] == b"\x89PNG"


def test_sliders_give_the_frame_pixel_for_pixel():
    explorer = NeuronExplorer("iris")
    first = pixels(explorer)
    move(explorer, w1=-1.5, w2=3.0, sample=60)
    move(explorer, w1=1.0, b=-8.0)
    assert_shows(explorer, neuron_frame("iris", w1=1.0, w2=3.0, b=-8.0, sample=60), exact=False)
    assert np.mean(abs(pixels(explorer) - first).max(axis=-1) > 40) > 0.05


def test_a_move_says_what_the_formula_says():
    explorer = NeuronExplorer("iris", sample=27)
    move(explorer, w1=1.0, w2=2.0, b=-8.0)
    assert explorer.reading.right == 95
    assert "95 of 100 flowers on their side" in said(explorer) and "a = σ(z) = 0.5987" in said(explorer)
    move(explorer, sample=99)
    assert "Flower 99" in said(explorer) and explorer.reading.right == 95


def test_reset_goes_back_to_the_first_neuron():
    explorer = NeuronExplorer("iris", w1=2.0, w2=-1.0, b=3.0, sample=5)
    first = explorer._image.value
    move(explorer, w1=-4.0, sample=7)
    explorer.reset_button.click()
    assert [control.value for control in explorer.controls.values()] == [2.0, -1.0, 3.0, 5]
    assert explorer._image.value == first


def test_another_task_brings_its_points_limits_and_first_neuron():
    explorer = NeuronExplorer("iris", "XOR", sample=27)
    move(explorer, b=-17.0)
    move(explorer, task="XOR")
    assert [explorer.controls[name].value for name in ("w1", "w2", "b", "sample")] == [1.0, 0.0, -0.5, 3]
    assert (explorer.controls["b"].max, explorer.controls["sample"].max) == (5.0, 3)
    assert explorer.controls["sample"].description == "Picked row"
    assert_shows(explorer, neuron_frame("XOR", w1=1.0, w2=0.0, b=-0.5, sample=3), exact=False)
    move(explorer, task="iris")
    assert explorer.controls["b"].min == -20.0 and "flowers" in said(explorer)


def test_a_switch_of_the_task_amid_moves_leaves_one_neuron_of_that_task():
    explorer = NeuronExplorer("XOR", "iris")
    moves = (ends(explorer.controls[name], 3) for name in ("w1", "sample", "task"))
    at_once(*moves, explorer.reset)
    now = {name: explorer.controls[name].value for name in ("w1", "w2", "b", "sample")}
    fresh = neuron_frame(explorer.controls["task"].value, **now)
    assert alt(explorer) == fresh.alt
    assert len(explorer._figure.plane.get_children()) == len(fresh.figure.axes[0].get_children())


def test_a_menu_only_where_there_is_a_choice():
    assert "task" not in NeuronExplorer("XOR").controls
    assert NeuronExplorer("AND", "OR").controls["task"].options == ("AND", "OR")


def test_a_first_value_beyond_its_slider_is_told():
    with pytest.raises(ValueError, match=re.escape("b of XOR is a number from -5 to 5, got 9")):
        NeuronExplorer("XOR", b=9)


@pytest.mark.parametrize("name", ["iris", "XOR"])
def test_every_corner_of_the_sliders_can_be_drawn(name):
    explorer = NeuronExplorer(name)
    for w1, w2, b in [(-5.0, 0.0, 5.0), (5.0, 5.0, -5.0), (0.0, 0.0, 5.0), (0.0, -5.0, -5.0)]:
        with explorer._at_once():
            move(explorer, w1=w1, w2=w2, b=b)
        z = w1 * task(name).X[:, 0] + w2 * task(name).X[:, 1] + b
        assert f"{np.sum((z > 0) == task(name).y)} of {len(z)}" in said(explorer)
