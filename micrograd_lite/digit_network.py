"""A small network that knows handwritten digits, trained when it is first needed: an example to look at."""

from functools import cache

import numpy as np

from micrograd_lite.activations import relu, softmax
from micrograd_lite.datasets import load_digits

__all__ = ["digit_network"]


@cache
def digit_network(hidden=64, steps=200, seed=0):
    """Weights and biases of a network 64 → hidden → 10 with ReLU between: [(W1, b1), (W2, b2)].

    Trained on the first 500 digits, pixels / 16, by gradient descent on the cross-entropy (η = 0.5, `steps`
    times all of them): no model to judge. W is (out, in). Everybody gets the same arrays, read-only.
    """
    digits, rng = load_digits(), np.random.default_rng(seed)
    X, targets = digits.X[:500] / 16, np.eye(10)[digits.y[:500]]  # (500, 64), (500, 10)
    W1, b1 = rng.normal(0.0, np.sqrt(2 / 64), (hidden, 64)), np.zeros(hidden)
    W2, b2 = rng.normal(0.0, np.sqrt(2 / hidden), (10, hidden)), np.zeros(10)
    for _ in range(steps):
        A1 = relu(X @ W1.T + b1)  # (500, hidden)
        dZ2 = (softmax(A1 @ W2.T + b2) - targets) / len(X)  # (500, 10)
        dZ1 = dZ2 @ W2 * (A1 > 0)
        for parameter, gradient in ((W1, dZ1.T @ X), (b1, dZ1.sum(0)), (W2, dZ2.T @ A1), (b2, dZ2.sum(0))):
            parameter -= 0.5 * gradient
    for parameter in (W1, b1, W2, b2):
        parameter.flags.writeable = False
    return ((W1, b1), (W2, b2))
