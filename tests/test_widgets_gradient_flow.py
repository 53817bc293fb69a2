"""The gradient, layer by layer: equal to PyTorch's, and what the explorer says of it."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from widget_helpers import assert_shows, move

from micrograd_lite.widgets.gradient_flow import (
    GradientFlowExplorer,
    Reading,
    gradient_flow,
    gradient_flow_frame,
    rms,
)


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "silu"])
def test_gradients_by_layer_are_pytorchs(name):
    flow = gradient_flow(name, depth=6, std=0.2, seed=3)
    a = [torch.tensor(flow.activations[0], requires_grad=True)]
    for W in flow.weights:
        a.append(getattr(F, name)(a[-1] @ torch.tensor(W)))
        a[-1].retain_grad()
    a[-1].backward(torch.tensor(flow.gradients[-1]))
    for ours, activation, theirs in zip(flow.gradients, flow.activations, a, strict=True):
        np.testing.assert_allclose(activation, theirs.detach().numpy(), rtol=1e-10, atol=1e-14)
        np.testing.assert_allclose(ours, theirs.grad.numpy(), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("std", [0.01, 0.125, 1.0])
def test_the_bound_with_the_weights_in_it_holds_and_without_them_may_not(std):
    flow = gradient_flow("sigmoid", depth=20, std=std)
    stretch = np.prod([np.linalg.norm(W, 2) for W in flow.weights])
    assert flow.ratio <= 0.25**20 * stretch
    assert (flow.ratio <= 0.25**20) == (std < 1.0)


def test_same_seed_same_numbers_and_another_seed_others():
    one, two, other = (gradient_flow("tanh", depth=3, std=0.1, seed=s).ratio for s in (0, 0, 1))
    assert one == two != other


def test_gradient_flow_explorer_follows_its_controls():
    explorer = GradientFlowExplorer("sigmoid", depth=20, scale=1.0)
    move(explorer, name="relu", depth=10, scale=1.4, seed=4)
    expected = gradient_flow("relu", depth=10, std=1.4 / 8, seed=4)
    assert explorer.reading.flow.ratio == expected.ratio
    assert explorer.reading.g[0] == rms(expected.gradients[0])
    assert explorer.reading.a[-1] == rms(expected.activations[-1])
    assert_shows(explorer, gradient_flow_frame("relu", depth=10, scale=1.4, seed=4))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"name": "sigmoid"}, "the gradient vanishes to"),
        ({"name": "relu", "scale": 8.0}, "the gradient explodes to"),
        ({"name": "relu", "scale": 1.4}, "the gradient stays"),
        ({"name": "linear", "depth": 50, "scale": 16.0}, "explodes to"),
        ({"name": "sigmoid", "depth": 5}, f"0.25^5 is {0.25**5:.2g}."),
    ],
)
def test_the_size_of_the_gradient_is_said(settings, words):
    first = {"name": "sigmoid", "depth": 20, "scale": 1.0, "seed": 0}
    assert words in Reading(**first | settings).describe()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "softplus"}, "an activation is one of"),
        ({"depth": 51}, "depth is a whole number from 1 to 50, got 51"),
        ({"depth": 2.0}, "depth is a whole number from 1 to 50, got 2.0"),
        ({"scale": 0.0}, "scale is a number from 0.05 to 16, got 0.0"),
        ({"seed": -1}, "seed is a whole number from 0 to 9999, got -1"),
    ],
)
def test_a_wrong_setting_is_told(settings, message):
    for make in (gradient_flow_frame, GradientFlowExplorer):
        with pytest.raises(ValueError, match=message):
            make(**settings)
