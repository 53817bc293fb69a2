"""The explorers of activation functions and softmax: moves show what PyTorch computes."""

import math

import numpy as np
import pytest
import torch
from widget_helpers import assert_shows, move, said

from micrograd_lite.activations import ACTIVATIONS
from micrograd_lite.widgets.activations import (
    ActivationExplorer,
    SoftmaxExplorer,
    activation_frame,
    softmax_frame,
)


@pytest.fixture(scope="module")
def explorer():
    """One for all tests: they set what they look at."""
    return ActivationExplorer()


def test_the_tangent_is_pytorchs_and_said():
    x = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    value = torch.nn.functional.gelu(x)
    value.backward()
    picture = activation_frame("gelu", x=1.5)
    assert f"f(1.5) = {value.item():.4g}, slope {x.grad.item():.4g}" in picture.alt
    assert len(picture.png()) < 60_000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("relu", -1.0), "Nothing of a gradient passes here"),
        (("relu", 0.0), "A corner has no tangent"),
        (("sigmoid", 5.0), "little is left of it"),
        (("tanh", 0.0), "multiplied by 1."),
    ],
)
def test_the_explorer_says_what_a_slope_means(explorer, arguments, words):
    name, x = arguments
    move(explorer, name=name, x=x)
    assert words in said(explorer)


def test_moving_the_point_shows_what_the_picture_shows(explorer):
    move(explorer, name="tanh", x=1.2)
    assert explorer.reading.value == pytest.approx(math.tanh(1.2))
    assert explorer.reading.slope == pytest.approx(1 - math.tanh(1.2) ** 2)
    assert_shows(explorer, activation_frame("tanh", x=1.2))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_function_can_be_chosen(explorer, name):
    move(explorer, x=-2.0, name=name)
    assert explorer.reading.slope == float(ACTIVATIONS[name].slope(-2.0))
    assert explorer.controls["alpha"].disabled == (name != "leaky_relu")
    assert_shows(explorer, activation_frame(name, x=-2.0))


def test_alpha_changes_leaky_relu(explorer):
    move(explorer, name="leaky_relu", x=-2.0, alpha=0.3)
    assert explorer.reading.slope == pytest.approx(0.3)
    assert "α = 0.3" in said(explorer)
    move(explorer, alpha=0.01)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "softplus"}, "an activation is one of linear, sigmoid.*got 'softplus'"),
        ({"x": 7.0}, "x is a number from -6 to 6, got 7.0"),
        ({"alpha": 0.6}, "alpha is a number from 0 to 0.5, got 0.6"),
    ],
)
def test_a_wrong_setting_is_told(settings, message):
    for make in (activation_frame, ActivationExplorer):
        with pytest.raises(ValueError, match=message):
            make(**settings)


def test_softmax_explorer_follows_scores_and_temperature():
    explorer = SoftmaxExplorer((2.0, 1.0, 0.0))
    move(explorer, **{"class C": -1.5}, temperature=0.5)
    expected = torch.softmax(torch.tensor([2.0, 1.0, -1.5], dtype=torch.float64) / 0.5, -1).numpy()
    np.testing.assert_allclose(explorer.reading.p, expected, rtol=1e-12)
    assert f"class B 1 → {expected[1]:.4f}" in said(explorer)
    assert_shows(explorer, softmax_frame((2.0, 1.0, -1.5), temperature=0.5))


def test_the_ends_of_the_temperature_slider_work():
    explorer = SoftmaxExplorer((5.0, -5.0, 0.0))
    for end, largest in ((0.05, 1.0), (20.0, 1 / (1 + math.exp(-0.25) + math.exp(-0.5)))):
        move(explorer, temperature=end)
        assert explorer.reading.p.max() == pytest.approx(largest, rel=1e-9)


@pytest.mark.parametrize(
    ("scores", "temperature", "message"),
    [
        ((1.0, 2.0), 1.0, "softmax_frame takes 3 scores, got 2"),
        ((1.0, 2.0, 9.0), 1.0, "the score of class C is a number from -5 to 5, got 9.0"),
        ((1.0, 2.0, 3.0), 0.0, "temperature is a number from 0.05 to 20, got 0.0"),
    ],
)
def test_wrong_scores_are_told(scores, temperature, message):
    for make in (softmax_frame, SoftmaxExplorer):
        with pytest.raises(ValueError, match=message):
            make(scores, temperature=temperature)
