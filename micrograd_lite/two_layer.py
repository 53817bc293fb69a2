"""A small network in NumPy: one hidden layer of tanh units, one sigmoid output, cross-entropy.

    parameters = two_layer.start(nin=2, hidden=8, seed=0)
    cache = two_layer.forward(X, parameters)  # X (m, nin); cache["A2"] (m, 1) holds the predictions
    gradients = two_layer.backward(cache, y, parameters)  # y (m, 1) of 0 and 1

The page on the backward pass writes these functions line by line. A row is a sample; W1 is
(nin, hidden) and W2 (hidden, 1), so that a layer is `A @ W + b` (PyTorch's `nn.Linear` keeps the transpose).
"""

import numpy as np

__all__ = ["PARAMETERS", "backward", "forward", "loss", "sigmoid", "start"]

PARAMETERS = ("W1", "b1", "W2", "b2")


def start(nin, hidden, seed=0):
    """First parameters: weights normal with standard deviation 1/√inputs, biases 0.

    W1 (nin, hidden), b1 (1, hidden), W2 (hidden, 1), b2 (1, 1), in a dict. The scale is that of LeCun et al.
    (1998), "Efficient BackProp", §4.6: pre-activations start with a size of about 1.
    """
    rng = np.random.default_rng(seed)
    W1 = rng.standard_normal((nin, hidden)) / np.sqrt(nin)
    W2 = rng.standard_normal((hidden, 1)) / np.sqrt(hidden)
    return {"W1": W1, "b1": np.zeros((1, hidden)), "W2": W2, "b2": np.zeros((1, 1))}


def sigmoid(z):
    """1 / (1 + e^-z), finite and without overflow for every finite z."""
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1.0, e) / (1.0 + e)


def forward(X, parameters):
    """Everything that `backward` needs, in a dict: X (m, nin), Z1, A1 (m, hidden), Z2, A2 (m, 1).

    Formula: Z1 = X W1 + b1, A1 = tanh Z1, Z2 = A1 W2 + b2, A2 = σ(Z2). The prediction is A2.
    """
    W1, b1, W2, b2 = (parameters[name] for name in PARAMETERS)
    Z1 = X @ W1 + b1
    A1 = np.tanh(Z1)
    Z2 = A1 @ W2 + b2
    return {"X": X, "Z1": Z1, "A1": A1, "Z2": Z2, "A2": sigmoid(Z2)}


def loss(cache, y):
    """Binary cross-entropy from the logits, their mean: (1/m) Σ [max(z, 0) - y z + ln(1 + e^-|z|)].

    y (m, 1) of 0 and 1. ValueError for another shape: y of shape (m,) would broadcast to (m, m).
    """
    z = cache["Z2"]
    _check_targets(z, y)
    return float(np.mean(np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))))


def backward(cache, y, parameters):
    """The derivatives of `loss` by everything, in a dict: W1, b1, W2, b2 and, by sample, Z2, A1, Z1, X.

    Formulas: dZ2 = (A2 - y)/m, dW2 = A1ᵀ dZ2, dA1 = dZ2 W2ᵀ, dZ1 = dA1 (1 - A1²), dW1 = Xᵀ dZ1, dX = dZ1 W1ᵀ;
    the biases get the column sums. Errors: as `loss`.
    Goodfellow et al. (2016), §6.5.6 (backward pass of a matrix product).
    """
    X, A1, A2 = cache["X"], cache["A1"], cache["A2"]
    _check_targets(A2, y)
    dZ2 = (A2 - y) / len(X)  # (m, 1)
    dA1 = dZ2 @ parameters["W2"].T  # (m, hidden)
    dZ1 = dA1 * (1 - A1**2)
    return {
        "W1": X.T @ dZ1, "b1": dZ1.sum(axis=0, keepdims=True),
        "W2": A1.T @ dZ2, "b2": dZ2.sum(axis=0, keepdims=True),
        "Z2": dZ2, "A1": dA1, "Z1": dZ1, "X": dZ1 @ parameters["W1"].T,
    }  # fmt: skip


def _check_targets(outputs, y):
    if np.shape(y) != outputs.shape:
        raise ValueError(
            f"the targets need the shape of the outputs, {outputs.shape}, got {np.shape(y)}; "
            "y.reshape(-1, 1) makes a column of (m,) targets"
        )
