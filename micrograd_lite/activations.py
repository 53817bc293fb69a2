"""Activation functions and their derivatives in NumPy, in forms that neither overflow nor hide a NaN.

    from micrograd_lite.activations import ACTIVATIONS, softmax
    ACTIVATIONS["tanh"].f(x), ACTIVATIONS["tanh"].slope(x)

Every function takes a number or an array of any shape and works element by element; `softmax` works along
an axis. Values and slopes are those of PyTorch's float64, at 0, at ±inf and at NaN too (the tests compare
them). The page on activations derives them one by one.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

__all__ = [
    "ACTIVATIONS", "Activation", "gelu", "gelu_slope", "leaky_relu", "leaky_relu_slope", "relu", "relu_slope",
    "sigmoid", "sigmoid_slope", "silu", "silu_slope", "softmax", "softmax_jacobian", "tanh", "tanh_slope",
]  # fmt: skip


def sigmoid(x):
    """σ(x) = 1 / (1 + e⁻ˣ), between 0 and 1. Only e^(−|x|) is computed, which never overflows."""
    e = np.exp(-np.abs(x))
    return np.where(np.greater_equal(x, 0), 1.0, e) / (1.0 + e)


def sigmoid_slope(x):
    """σ′(x) = σ(x)·(1 − σ(x)), at most 1/4, at 0."""
    s = sigmoid(x)
    return s * (1.0 - s)


def tanh(x):
    """tanh x = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ) = 2σ(2x) − 1, between −1 and 1."""
    return np.tanh(x)


def tanh_slope(x):
    """tanh′(x) = 1 − tanh² x, at most 1, at 0."""
    return 1.0 - np.tanh(x) ** 2


def relu(x):
    """max(0, x). A NaN stays a NaN. Glorot, Bordes & Bengio (2011)."""
    return np.maximum(0.0, x)


def relu_slope(x):
    """1 for x > 0, else 0; at the corner 0, one of its subgradients, and 1 at NaN: as PyTorch."""
    return np.where(np.less_equal(x, 0), 0.0, 1.0)


def leaky_relu(x, alpha=0.01):
    """x for x > 0, else alpha·x. Maas, Hannun & Ng (2013)."""
    return np.where(np.greater(x, 0), x, alpha * np.asarray(x))


def leaky_relu_slope(x, alpha=0.01):
    """1 for x > 0, else alpha (at 0 too, as PyTorch)."""
    return np.where(np.greater(x, 0), 1.0, alpha)


def silu(x):
    """x·σ(x), also called swish. Hendrycks & Gimpel (2016), Elfwing et al. (2018)."""
    return x * sigmoid(x)


def silu_slope(x):
    """σ(x) + x·σ′(x), by the product rule."""
    return sigmoid(x) + x * sigmoid_slope(x)


_erfc = np.vectorize(math.erfc, otypes=[float])


def _normal_below(x):
    """Φ(x), the probability that a standard normal number is below x."""
    return 0.5 * _erfc(-np.asarray(x) / math.sqrt(2.0))


def gelu(x):
    """x·Φ(x) with the normal distribution Φ, PyTorch's `approximate="none"`. Hendrycks & Gimpel (2016)."""
    return x * _normal_below(x)


def gelu_slope(x):
    """Φ(x) + x·φ(x) with the density φ = Φ′, by the product rule."""
    density = np.exp(-0.5 * np.minimum(np.abs(x), 50.0) ** 2) / math.sqrt(2.0 * math.pi)  # 0 beyond 39
    return _normal_below(x) + x * density


def softmax(x, axis=-1):
    """Probabilities from scores along an axis: e^(xᵢ − c) / Σⱼ e^(xⱼ − c), with c = max x against overflow.

    x : array of any shape; with the last axis, one sample (k,) and a batch (m, k) both work. The result has
    the shape of x and sums to 1 along the axis. A score of −inf gets probability 0; a NaN or +inf makes its
    sample NaN.
    Goodfellow et al. (2016), §4.1 and §6.2.2.3.
    """
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def softmax_jacobian(x):
    """∂pᵢ/∂xⱼ = pᵢ·([i = j] − pⱼ) for the scores (k,) of one sample, p = softmax(x): shape (k, k)."""
    p = softmax(x)
    if p.ndim != 1:
        raise ValueError(f"softmax_jacobian takes the scores of one sample, shape (k,); got shape {p.shape}")
    return np.diag(p) - np.outer(p, p)


@dataclass(frozen=True)
class Activation:
    """A function of one number and its derivative, with its name for titles."""

    title: str
    f: Callable
    slope: Callable


ACTIVATIONS = {
    "linear": Activation("Linear", lambda x: np.asarray(x) * 1.0, lambda x: np.ones_like(x, dtype=float)),
    "sigmoid": Activation("Sigmoid", sigmoid, sigmoid_slope),
    "tanh": Activation("Tanh", tanh, tanh_slope),
    "relu": Activation("ReLU", relu, relu_slope),
    "leaky_relu": Activation("Leaky ReLU", leaky_relu, leaky_relu_slope),
    "gelu": Activation("GELU", gelu, gelu_slope),
    "silu": Activation("SiLU", silu, silu_slope),
}
