"""Activation functions and softmax: equal to PyTorch's over a wide range, and to differences."""

import math
import warnings

import numpy as np
import pytest
import torch

from micrograd_lite import Value, activations
from micrograd_lite.activations import ACTIVATIONS, softmax, softmax_jacobian

F = torch.nn.functional
TORCH = {
    "linear": lambda t: t * 1.0,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": F.leaky_relu,
    "gelu": F.gelu,
    "silu": F.silu,
}
AWKWARD = [0.0, -0.0, 1e-300, -1e-300, 5e-324, 1e300, -1e300, math.inf, -math.inf, math.nan]
WIDE = np.concatenate(
    [np.linspace(-1000, 1000, 4001), np.linspace(-45, 45, 3001), [-750.0, -709.8, 709.8, 750.0], AWKWARD]
)


def torch_value_and_slope(f, x):
    t = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = f(t)
    y.backward(torch.ones_like(y))
    return y.detach().numpy(), t.grad.numpy()


def test_every_function_has_its_witness():
    assert ACTIVATIONS.keys() == TORCH.keys()


@pytest.mark.parametrize("name", TORCH)
def test_value_and_slope_are_pytorchs_over_a_wide_range(name):
    value, slope = torch_value_and_slope(TORCH[name], WIDE)
    with np.errstate(invalid="ignore"):  # inf · 0 has no value, here as there
        np.testing.assert_allclose(ACTIVATIONS[name].f(WIDE), value, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(ACTIVATIONS[name].slope(WIDE), slope, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("alpha", [0.0, 0.01, 0.3])
def test_leaky_relu_takes_its_alpha(alpha):
    x = WIDE[np.isfinite(WIDE)]
    value, slope = torch_value_and_slope(lambda t: F.leaky_relu(t, alpha), x)
    np.testing.assert_allclose(activations.leaky_relu(x, alpha), value)
    np.testing.assert_allclose(activations.leaky_relu_slope(x, alpha), slope)


@pytest.mark.parametrize("name", TORCH)
def test_slope_is_the_limit_of_differences(name):
    x, h = np.linspace(-6, 6, 24), 1e-5  # 0, where two of them have a corner, is not among the points
    f, slope = ACTIVATIONS[name].f, ACTIVATIONS[name].slope
    np.testing.assert_allclose(slope(x), (f(x + h) - f(x - h)) / (2 * h), atol=1e-9)


@pytest.mark.parametrize("name", TORCH)
def test_a_number_gives_what_it_gives_in_an_array_and_shapes_are_kept(name):
    a = ACTIVATIONS[name]
    for x in (-2.0, 0.0, 3):
        assert float(a.f(x)) == a.f(np.array([x]))[0]
        assert float(a.slope(x)) == a.slope(np.array([x]))[0]
    assert a.f(np.ones((2, 3))).shape == a.slope(np.ones((2, 3), dtype=int)).shape == (2, 3)


@pytest.mark.parametrize("name", TORCH)
def test_no_finite_number_makes_numpy_warn(name):
    x = WIDE[np.isfinite(WIDE)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(ACTIVATIONS[name].f(x)).all()
        assert np.isfinite(ACTIVATIONS[name].slope(x)).all()


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "leaky_relu"])
@pytest.mark.parametrize("x", [-1000.0, -3.0, -0.0, 0.0, 0.5, 1000.0])
def test_the_engine_gives_the_same(name, x):
    v = Value(x)
    out = getattr(v, name)()
    out.backward()
    assert out.data == pytest.approx(float(ACTIVATIONS[name].f(x)), abs=1e-15)
    assert v.grad == pytest.approx(float(ACTIVATIONS[name].slope(x)), abs=1e-15)


SCORES = [
    [2.0, 1.0, 0.0],
    [1000.0, 0.0, -1000.0],
    [-1000.0, -1001.0, -1002.0],
    [0.0, -0.0, -math.inf],
    [math.inf, 0.0, 0.0],
    [math.nan, 0.0, 1.0],
]


@pytest.mark.parametrize("row", SCORES, ids=str)
def test_softmax_is_pytorchs_alone_and_in_a_batch(row):
    expected = torch.softmax(torch.tensor(row, dtype=torch.float64), -1).numpy()
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(softmax(np.array(row)), expected, rtol=1e-14)
        np.testing.assert_allclose(softmax(np.array([row, SCORES[0]]))[0], expected, rtol=1e-14)
        np.testing.assert_allclose(softmax(np.array([row, row]).T, axis=0)[:, 0], expected, rtol=1e-14)


@pytest.mark.parametrize("row", SCORES[:4], ids=str)
def test_softmax_jacobian_is_pytorchs(row):
    scores = torch.tensor(row, dtype=torch.float64)
    expected = torch.autograd.functional.jacobian(lambda t: torch.softmax(t, -1), scores).numpy()
    np.testing.assert_allclose(softmax_jacobian(np.array(row)), expected, rtol=1e-12, atol=1e-300)


def test_softmax_jacobian_wants_one_sample():
    with pytest.raises(ValueError, match=r"scores of one sample, shape \(k,\); got shape \(2, 3\)"):
        softmax_jacobian(np.zeros((2, 3)))
