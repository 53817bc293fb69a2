"""The neuron explorer of chapter 01: what it says is what the formula says, and what it shows is that."""

import html
import importlib.util
import io
import itertools
import math
import re
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from micrograd_lite import datasets, figures
from micrograd_lite.widgets import neuron
from micrograd_lite.widgets.neuron import TASKS, NeuronExplorer, Reading, neuron_frame, task


def said(explorer):
    return html.unescape(re.sub("<[^>]*>", " ", explorer._status.value))


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def fully_drawn(figure, dpi):
    with figures.style():
        figure.set_dpi(dpi)
        figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)


# ---------------------------------------------------------------- the points


def test_iris_is_the_two_petal_columns_of_versicolor_and_virginica():
    t = task("iris")
    iris = datasets.load_iris()
    assert np.array_equal(t.X, iris.X[50:][:, 2:]) and np.array_equal(t.y, iris.y[50:] - 1)
    assert t.names == ("versicolor", "virginica")


def test_setosa_is_the_two_petal_columns_of_setosa_and_versicolor():
    t = task("setosa")
    iris = datasets.load_iris()
    assert np.array_equal(t.X, iris.X[:100][:, 2:]) and np.array_equal(t.y, iris.y[:100])


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


def test_an_unknown_task_lists_those_there_are():
    with pytest.raises(ValueError, match="task is one of iris, setosa, AND, OR, NAND, XOR; got 'NOR'"):
        task("NOR")


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
        ({"name": "NOR"}, "task is one of"),
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
    assert repr(picture).startswith(
        "iris: 95 of 100 flowers on their side (95.0%). Wrong: 3 of class versicolor"
    )
    assert picture.png()[:4] == b"\x89PNG"


def test_sliders_give_the_frame_pixel_for_pixel():
    explorer = NeuronExplorer("iris")
    for name, value in {"w1": -1.5, "w2": 3.0, "b": 2.0, "sample": 60, "w1 again": 1.0}.items():
        explorer.controls[name.split()[0]].value = value
    explorer.controls["b"].value = -8.0
    static = neuron_frame("iris", w1=1.0, w2=3.0, b=-8.0, sample=60)
    full = fully_drawn(static.figure, explorer.PIXELS_PER_INCH)
    moved = pixels(explorer._image.value)
    assert moved.shape == full.shape
    assert np.mean(abs(moved - full).max(axis=-1) > 40) < 0.002  # but for the edges of overlapping artists
    first = pixels(NeuronExplorer("iris")._image.value)
    assert np.mean(abs(moved - first).max(axis=-1) > 40) > 0.05


def test_a_move_says_what_the_formula_says():
    explorer = NeuronExplorer("iris", sample=27)
    for name, value in {"w1": 1.0, "w2": 2.0, "b": -8.0}.items():
        explorer.controls[name].value = value
    assert explorer.reading.right == 95
    assert "95 of 100 flowers on their side" in said(explorer) and "a = σ(z) = 0.5987" in said(explorer)
    assert 'role="status"' in explorer._status.value
    explorer.controls["sample"].value = 99
    assert "Flower 99" in said(explorer) and explorer.reading.right == 95


def test_moves_from_two_threads_leave_no_ghosts():
    """A kernel may handle two messages at once; what is shown in the end is one drawing of one reading."""

    def move(name):
        control = explorer.controls[name]
        for k in range(8):
            control.value = type(control.value)(control.min + (control.max - control.min) * (k % 5) / 5)

    def press():
        for k in range(4):
            explorer.tasks.value = ("XOR", "iris")[k % 2]
            explorer.reset_button.click()

    explorer = NeuronExplorer("iris", "XOR")
    moves = [threading.Thread(target=move, args=(name,)) for name in ("w1", "b")]
    threads = [*moves, threading.Thread(target=press)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shown = explorer._image.value
    explorer._show()
    assert explorer._image.value == shown
    now = {name: control.value for name, control in explorer.controls.items()}
    fresh = neuron_frame(explorer._task.name, **now)
    assert len(explorer._frame.plane.get_children()) == len(fresh.figure.axes[0].get_children())
    full = fully_drawn(fresh.figure, explorer.PIXELS_PER_INCH)
    assert np.mean(abs(pixels(shown) - full).max(axis=-1) > 40) < 0.002


def test_reset_goes_back_to_the_first_neuron():
    explorer = NeuronExplorer("iris", w1=2.0, w2=-1.0, b=3.0, sample=5)
    first = explorer._image.value
    explorer.controls["w1"].value, explorer.controls["sample"].value = -4.0, 7
    explorer.reset_button.click()
    assert [explorer.controls[name].value for name in ("w1", "w2", "b", "sample")] == [2.0, -1.0, 3.0, 5]
    assert explorer._image.value == first


def test_another_task_brings_its_points_limits_and_first_neuron():
    explorer = NeuronExplorer("iris", "XOR", sample=27)
    explorer.controls["b"].value = -17.0
    explorer.tasks.value = "XOR"
    assert [explorer.controls[name].value for name in ("w1", "w2", "b", "sample")] == [1.0, 0.0, -0.5, 3]
    assert (explorer.controls["b"].max, explorer.controls["sample"].max) == (5.0, 3)
    assert explorer.controls["sample"].description == "Picked row"
    assert "2 of 4 rows on their side" in said(explorer)
    explorer.tasks.value = "iris"
    assert explorer.controls["b"].min == -20.0 and "flowers" in said(explorer)


def test_a_menu_only_where_there_is_a_choice():
    one, several = NeuronExplorer(), NeuronExplorer("AND", "OR")
    assert one.tasks not in one.children[-1].children and several.tasks in several.children[-1].children


def test_every_control_has_a_label():
    explorer = NeuronExplorer("XOR", "AND")
    for control in explorer.children[-1].children:
        assert control.description
    assert [c.description for c in explorer.controls.values()] == [
        "Weight w₁",
        "Weight w₂",
        "Bias b",
        "Picked row",
    ]


def test_the_image_has_no_tooltip():
    """JupyterLab shows an error in place of an Image (ipywidgets 8.1) that has one."""
    assert NeuronExplorer()._image.tooltip is None


def test_a_first_value_beyond_its_slider_is_told():
    with pytest.raises(ValueError, match=re.escape("b is from -5 to 5 for XOR, got 9")):
        NeuronExplorer("XOR", b=9)


@pytest.mark.parametrize("name", ["iris", "XOR"])
def test_every_corner_of_the_sliders_can_be_drawn(name):
    explorer = NeuronExplorer(name)
    for w1, w2, b in itertools.product((-5.0, 0.0, 5.0), (-5.0, 0.0, 5.0), (-5.0, 5.0)):
        for control, value in (("w1", w1), ("w2", w2), ("b", b)):
            explorer.controls[control].value = value
        z = w1 * explorer._task.X[:, 0] + w2 * explorer._task.X[:, 1] + b
        assert np.allclose(explorer.reading.z, z, atol=1e-9)


# ---------------------------------------------------------------- the benchmarks of this chapter


def benchmark(name):
    path = Path(__file__).resolve().parent.parent / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_widgets_benchmark_times_as_many_moves_as_asked():
    wall, cpu = benchmark("widgets_01").moves("XOR", "w1", 30)
    assert len(wall) == len(cpu) == 30 and min(wall) > 0.0


def test_the_speed_benchmark_times_three_ways_that_agree(monkeypatch):
    speed = benchmark("neuron_speed")
    monkeypatch.setattr(speed, "SAMPLES", 50)
    monkeypatch.setattr(speed, "ROUNDS", 1)
    assert set(speed.measure(3)) == {"loop", "dot", "batch"}
    monkeypatch.setattr(speed, "dot", lambda X, w, b: [0.0] * len(X))
    with pytest.raises(SystemExit, match="dot computes something else than batch: no times"):
        speed.measure(3)
