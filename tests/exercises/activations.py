"""Answers to the exercises of the first edition: right ones, and a wrong one for each misconception.

Each answer is source code, as a learner writes it in the page; SETUP is what the page has defined by then.
"""

SETUP = """
import math
import numpy as np
import micrograd_lite as mg


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, e) / (1 + e)
"""

MERGE = "def my_merge(W1, b1, W2, b2):\n    return {}, {}\n"
LEAKY = "def my_leaky_slope(x, alpha=0.01):\n    return {}\n"
SIGMOID = "def my_sigmoid(x):\n    return {}\n"
SOFTMAX = """
def my_softmax(x, axis=-1):
    e = np.exp(x - {})
    return e / {}
"""
STD = """
def my_std(n_in, n_out, activation):
    if activation == "tanh":
        return {}
    return {}
"""
XAVIER, HE = "math.sqrt(2 / (n_in + n_out))", "math.sqrt(2 / n_in)"
DEAD = "def my_dead_count(X, W, b):\n    return {}\n"
SILU = "def my_silu_slope(x):\n    s = sigmoid(x)\n    return {}\n"

RIGHT = {
    "activations-one-layer": [
        MERGE.format("W1 @ W2", "b1 @ W2 + b2"),
        """
def my_merge(W1, b1, W2, b2):
    def both(X):
        return (X @ W1 + b1) @ W2 + b2

    b = both(np.zeros((1, len(W1))))[0]
    return np.dot(W1, W2), b
""",
    ],
    "activations-leaky-slope": [
        LEAKY.format("np.where(x > 0, 1.0, alpha)"),
        LEAKY.format("[1 if number > 0 else alpha for number in x]"),
    ],
    "activations-sigmoid": [
        """
def my_sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, e) / (1 + e)
""",
        """
def my_sigmoid(x):
    result = np.full(x.shape, np.nan)
    left, right = x < 0, x >= 0
    result[right] = 1 / (1 + np.exp(-x[right]))
    result[left] = np.exp(x[left]) / (1 + np.exp(x[left]))
    return result
""",
        SIGMOID.format("np.exp(-np.logaddexp(0, -x))").replace("return", "return 1 *"),
    ],
    "activations-softmax": [
        SOFTMAX.format("np.max(x, axis=axis, keepdims=True)", "np.sum(e, axis=axis, keepdims=True)"),
        """
def my_softmax(x, axis=-1):
    x = np.moveaxis(x, axis, 0)
    e = np.exp(x - x.max(axis=0))
    return np.moveaxis(e / e.sum(axis=0), 0, axis)
""",
    ],
    "depth-first-weights": [
        STD.format(XAVIER, HE),
        """
def my_std(n_in, n_out, activation):
    return {"tanh": 2 / (n_in + n_out), "relu": 2 / n_in}[activation] ** 0.5
""",
    ],
    "depth-dead-neurons": [
        DEAD.format("(X @ W + b <= 0).all(axis=0).sum()"),
        DEAD.format("sum(max(row) <= 0 for row in (X @ W + b).T.tolist())"),
        DEAD.format("int(np.sum(np.maximum(0, X @ W + b).max(axis=0) == 0))"),
    ],
    "activations-silu-slope": [
        SILU.format("s + x * s * (1 - s)"),
        SILU.format("s * (1 + x * sigmoid(-x))"),
    ],
}

WRONG = {
    "activations-one-layer": {
        "order-swapped": MERGE.format("W2 @ W1", "b1 @ W2 + b2"),
        "elementwise": MERGE.format("W1 * W2", "b1 @ W2 + b2"),
        "biases-added": MERGE.format("W1 @ W2", "b1 + b2"),
        "first-bias-lost": MERGE.format("W1 @ W2", "b2"),
        "second-bias-lost": MERGE.format("W1 @ W2", "b1 @ W2"),
    },
    "activations-leaky-slope": {
        "value-returned": LEAKY.format("np.where(x > 0, x, alpha * x)"),
        "slope-of-relu": LEAKY.format("np.where(x > 0, 1.0, 0.0)"),
        "alpha-ignored": LEAKY.format("np.where(x > 0, 1.0, 0.01)"),
        "x-left-in": LEAKY.format("np.where(x > 0, 1.0, alpha * x)"),
        "corner-on-the-right": LEAKY.format("np.where(x >= 0, 1.0, alpha)"),
    },
    "activations-sigmoid": {
        "sign-lost": SIGMOID.format("1 / (1 + np.exp(x))"),
        "left-like-right": SIGMOID.format("1 / (1 + np.exp(-np.abs(x)))"),
        "both-columns": SIGMOID.format("np.where(x >= 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x)))"),
        "overflow-left": SIGMOID.format("1 / (1 + np.exp(-x))"),
        "overflow-right": SIGMOID.format("np.exp(x) / (1 + np.exp(x))"),
        "clipped": SIGMOID.format("1 / (1 + np.exp(-np.clip(x, -500, 500)))"),
        "digits-lost": SIGMOID.format("(1 + np.tanh(x / 2)) / 2"),
        "warning-silenced": """
def my_sigmoid(x):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))
""",
    },
    "activations-softmax": {
        "whole-array": SOFTMAX.format("np.max(x)", "np.sum(e)"),
        "wrong-axis": SOFTMAX.format("x.max(axis=0)", "e.sum(axis=0)"),
        "one-sample-fails": SOFTMAX.format(
            "np.max(x, axis=1, keepdims=True)", "np.sum(e, axis=1, keepdims=True)"
        ),
        "keepdims-missing": SOFTMAX.format("np.max(x, axis=axis)", "np.sum(e, axis=axis)"),
        "axis-ignored": SOFTMAX.format(
            "np.max(x, axis=-1, keepdims=True)", "np.sum(e, axis=-1, keepdims=True)"
        ),
        "no-shift": SOFTMAX.format("0", "np.sum(e, axis=axis, keepdims=True)"),
        "one-maximum-for-all": SOFTMAX.format("np.max(x)", "np.sum(e, axis=axis, keepdims=True)"),
    },
    "depth-first-weights": {
        "variance-returned": STD.format("2 / (n_in + n_out)", "2 / n_in"),
        "recipes-swapped": STD.format(HE, XAVIER),
        "half-forgotten": STD.format(XAVIER, "math.sqrt(1 / n_in)"),
        "outputs-counted": STD.format(XAVIER, "math.sqrt(2 / n_out)"),
        "one-side-only": STD.format("math.sqrt(1 / n_in)", HE),
    },
    "depth-dead-neurons": {
        "any-instead-of-all": DEAD.format("(X @ W + b <= 0).any(axis=0).sum()"),
        "samples-counted": DEAD.format("(X @ W + b <= 0).all(axis=1).sum()"),
        "zeros-counted": DEAD.format("(np.maximum(0, X @ W + b) == 0).sum()"),
        "zero-taken-for-on": DEAD.format("(X @ W + b < 0).all(axis=0).sum()"),
        "bias-forgotten": DEAD.format("(X @ W <= 0).all(axis=0).sum()"),
        "living-counted": DEAD.format("(X @ W + b > 0).any(axis=0).sum()"),
    },
    "activations-silu-slope": {
        "value-returned": SILU.format("x * s"),
        "slopes-multiplied": SILU.format("s * (1 - s)"),
        "only-the-first-term": SILU.format("s"),
        "only-the-second-term": SILU.format("x * s * (1 - s)"),
        "half-a-sigmoid-slope": SILU.format("s + x * (1 - s)"),
        "overflow": SILU.format("s + x * s * (1 - s)").replace("sigmoid(x)", "1 / (1 + np.exp(-x))"),
    },
}

DIAGNOSED = {  # (wrong answer, what the verdict has to say)
    "activations-one-layer": [
        (
            "def my_merge(W1, b1, W2, b2):\n    b2 += b1 @ W2\n    return W1 @ W2, b2",
            "changes what it is given, `b2`: work on a copy",
        ),
        (MERGE.format("W1 @ W2", "(b1 @ W2 + b2).round(4)"), "It is close, and not equal: a rounded number"),
    ],
    "activations-leaky-slope": [
        (
            LEAKY.format("s").replace("return", "s = np.full_like(x, alpha); s[x > 0] = 1; return"),
            "An array that is made like `x` (`full_like`, `zeros_like`, `x.copy()`) holds whole numbers too",
        ),
        (
            "def my_leaky_slope(x, alpha=0.01):\n    x[x > 0] = 1\n    x[x <= 0] = alpha\n    return x",
            "changes what it is given, `x`: work on a copy",
        ),
    ],
    "activations-sigmoid": [
        (
            RIGHT["activations-sigmoid"][0].replace("(-np.abs(x))", "(-np.abs(x), dtype=np.float32)"),
            "float32",
        ),
        (SIGMOID.format("np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x)))"), "At x = 2 the sigmoid should be"),
    ],
    "activations-softmax": [
        (
            """
def my_softmax(x, axis=-1):
    x -= np.max(x, axis=axis, keepdims=True)
    e = np.exp(x)
    return e / e.sum(axis=axis, keepdims=True)
""",
            "changes what it is given, `x`: work on a copy",
        ),
        (
            SOFTMAX.format("np.abs(x).max(axis=axis, keepdims=True)", "np.sum(e, axis=axis, keepdims=True)"),
            "Scores near ±1000 give",
        ),
        (
            SOFTMAX.format("np.mean(x, axis=axis, keepdims=True)", "np.sum(e, axis=axis, keepdims=True)"),
            "Only when the *largest* score is subtracted",
        ),
    ],
    "depth-dead-neurons": [(DEAD.format("0"), "the number of dead should be 4, and is 0")],
    "activations-silu-slope": [
        (SILU.format("s + x * s * (1 - s)").replace("(x)\n", "(x.astype(np.float32))\n"), "float32"),
    ],
}
