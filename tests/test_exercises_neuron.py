"""The right answers of the neuron's exercises, held against PyTorch and numbers worked out on paper."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import torch

from micrograd_lite.exercises import exercises
from micrograd_lite.exercises.judging import judge


def right(name):
    exercise = exercises()[f"neuron-{name}"]
    return [
        pytest.param(exercise.answer_from(source), id=f"{name}-{i}")
        for i, source in enumerate(exercise.written.right)
    ]


@pytest.mark.parametrize("numbers", right("on-paper"))
def test_the_numbers_on_paper(numbers):
    z = 3 * 2 + (-4) * (-1) - 15  # x = (2, -1), w = (3, -4), b = -15
    assert numbers["z"] == z and numbers["distance"] == Fraction(z, 5)
    assert numbers["a"] == pytest.approx(1 / (1 + math.exp(5)), rel=2e-3)


@pytest.mark.parametrize("my_neuron", right("neuron"))
@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_neuron_is_that_of_pytorch(my_neuron, n):
    rng = np.random.default_rng(n)
    w, x, b = rng.normal(size=n), rng.normal(size=n), 0.4
    neuron = torch.nn.Linear(n, 1, dtype=torch.float64)
    with torch.no_grad():
        neuron.weight.copy_(torch.tensor(w)[None])
        neuron.bias.fill_(b)
        expected = torch.sigmoid(neuron(torch.tensor(x))).item()
    assert my_neuron(w.tolist(), x.tolist(), b) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("my_batch", right("batch"))
def test_a_batch_is_that_of_pytorch(my_batch):
    rng = np.random.default_rng(3)
    X, w = rng.normal(size=(6, 4)), rng.normal(size=4)
    expected = torch.sigmoid(torch.tensor(X) @ torch.tensor(w) - 0.3)
    assert np.allclose(my_batch(X, w, -0.3), expected, atol=1e-12)


@pytest.mark.parametrize("my_distance", right("distance"))
def test_the_distance_is_that_to_the_nearest_point_of_the_line(my_distance):
    w, b, x = [3.0, -4.0], 2.0, [1.0, 5.0]
    along = np.linspace(-20, 20, 400_001)  # the line 3 x1 - 4 x2 + 2 = 0, point by point
    nearest = np.hypot(along - x[0], (3 * along + 2) / 4 - x[1]).min()
    assert abs(my_distance(w, b, x)) == pytest.approx(nearest, abs=1e-6)
    assert my_distance(w, b, x) < 0 < my_distance(w, b, [5.0, 0.0])


@pytest.mark.parametrize("gate", right("gate"))
def test_the_gate_is_x1_and_not_x2(gate):
    for x1, x2 in itertools.product((0, 1), repeat=2):
        assert (gate["w1"] * x1 + gate["w2"] * x2 + gate["b"] > 0) is (bool(x1) and not x2)


@pytest.mark.parametrize("my_equal", right("equal"))
def test_the_network_says_whether_its_inputs_are_equal(my_equal):
    def fires(w, x, b):
        return int(sum(Fraction(p) * Fraction(q) for p, q in zip(w, x, strict=True)) + Fraction(b) > 0)

    for x1, x2 in itertools.product((0, 1), repeat=2):
        assert my_equal(fires, x1, x2) == (x1 == x2)


# ---------------------------------------------------------------- what was once accepted, or accused wrongly


def verdict(name, source):
    exercise = exercises()[f"neuron-{name}"]
    return judge(exercise, exercise.answer_from(source))


def test_a_loop_over_the_numbers_is_not_told_to_use_what_it_uses():
    said = verdict("batch", "def my_batch(X, w, b):\n    return [sigmoid(z) for z in X @ w + b]")
    assert said.misconception == "loop-over-numbers" and "`X @ w` does all samples at once" in said.message


def test_an_or_of_python_is_not_called_weights_that_vary():
    first, second = "fires([1, 1], [x1, x2], -1.5)", "fires([-1, -1], [x1, x2], 0.5)"
    said = verdict("equal", f"def my_equal(fires, x1, x2):\n    return {first} or {second}")
    assert said.misconception == "python-decides"


def test_a_batch_that_works_in_place_changes_what_it_is_given():
    source = "def my_batch(X, w, b):\n    X *= w\n    return sigmoid(X.sum(axis=1) + b)"
    assert "changes what it is given, `X`" in verdict("batch", source).message
    back = "def my_batch(X, w, b):\n    X += 1\n    X -= 1\n    return sigmoid(X @ w + b)"
    assert not verdict("batch", back).passed, "restored only up to rounding"


def test_a_number_on_paper_is_not_given_away():
    said = verdict("on-paper", 'my_numbers = {"z": 4, "a": 0.5, "distance": 2}').message
    assert said.startswith("Your z is 4, and w1·x1 + w2·x2 + b gives another number.")
