"""Answers to the exercises of the first edition: right ones, and a wrong one for each misconception.

Each answer is source code, as a learner writes it in the page; SETUP is what the page has defined by then.
"""

SETUP = """
import math
import numpy as np
import micrograd_lite as mg


def sigmoid(z):
    return 1 / (1 + np.exp(-z))
"""

BCE = """
def my_bce(y_hat, y):
    return {}
"""
BOTH_TERMS = "y * np.log(y_hat) + (1 - y) * np.log(1 - y_hat)"

LEDGER = """
y_hat, av, wvo, x2, y = 0.2984, -0.7616, 0.9, 3.0, 0
dzo = {dzo}
dzv = dzo * wvo * ({slope})
my_gradients = {{"dzo": dzo, "dwvo": {dwvo}, "dzv": dzv, "dw2v": dzv * x2}}
"""


def ledger(dzo="y_hat - y", slope="1 - av**2", dwvo="dzo * av"):
    return LEDGER.format(dzo=dzo, slope=slope, dwvo=dwvo)


MSE = """
def my_mse(y_hat, y):
    return {}
"""

DESCENT = """
def my_descent(gradient, w, rate, steps):
    for _ in range({steps}):
        w = w {sign} rate * gradient(w)
    return w
"""

LAYER = """
def my_layer_backward(dZ, A, W):
    return {dA}, {dW}, {db}
"""


def layer(dA="dZ @ W.T", dW="A.T @ dZ", db="dZ.sum(axis=0, keepdims=True)"):
    return LAYER.format(dA=dA, dW=dW, db=db)


NETWORK = """
def my_backward(X, y, W1, b1, W2, b2):
    {y}
    Z1 = X @ W1 + b1
    A1 = np.maximum(Z1, 0)
    A2 = sigmoid(A1 @ W2 + b2)
    dZ2 = {error}
    dZ1 = dZ2 @ W2.T * ({slope})
    return X.T @ dZ1, dZ1.sum(axis=0, keepdims=True), A1.T @ dZ2, dZ2.sum(axis=0, keepdims=True)
"""


def network(y="y = y.reshape(-1, 1)", error="(A2 - y) / len(X)", slope="Z1 > 0"):
    return NETWORK.format(y=y, error=error, slope=slope)


SCALE = """
def my_standardise(X_train, X_test):
    known = {known}
    mean, std = known.mean({axis}), known.{spread}({axis})
    return (X_train - mean) / std, (X_test - mean) / std
"""


def scale(known="X_train", axis="axis=0", spread="std"):
    return SCALE.format(known=known, axis=axis, spread=spread)


RIGHT = {
    "descent-cross-entropy": [
        BCE.format(f"-np.mean({BOTH_TERMS})"),
        """
def my_bce(y_hat, y):
    total = 0.0
    for p, target in zip(y_hat, y):
        total -= math.log(p) if target == 1 else math.log(1 - p)
    return total / len(y)
""",
        BCE.format("np.mean(-np.log(np.where(y == 1, y_hat, 1 - y_hat)))"),
    ],
    "backward-ledger": [
        ledger(),
        'my_gradients = {"dzo": 0.2984, "dwvo": -0.2272, "dzv": 0.1128, "dw2v": 0.3383}',
        ledger(slope="1 - math.tanh(-1) ** 2"),
    ],
    "backward-shapes": [
        MSE.format("np.mean((y_hat - y.reshape(-1, 1)) ** 2)"),
        MSE.format("np.mean((y_hat.ravel() - y.ravel()) ** 2)"),
        MSE.format("float(sum((p - t) ** 2 for p, t in zip(y_hat.ravel(), y.ravel()))) / len(y_hat)"),
    ],
    "descent-descent": [
        DESCENT.format(steps="steps", sign="-"),
        """
def my_descent(gradient, w, rate, steps):
    return w if steps == 0 else my_descent(gradient, w - rate * gradient(w), rate, steps - 1)
""",
    ],
    "backward-layer": [
        layer(),
        layer(dA="(W @ dZ.T).T", dW="np.einsum('mn,mk->nk', A, dZ)", db="np.ones((1, len(dZ))) @ dZ"),
        """
def my_layer_backward(dZ, A, W):
    dA, dW, db = np.zeros(A.shape), np.zeros(W.shape), np.zeros((1, W.shape[1]))
    for i in range(len(A)):
        for n in range(W.shape[0]):
            for k in range(W.shape[1]):
                dA[i, n] += dZ[i, k] * W[n, k]
                dW[n, k] += dZ[i, k] * A[i, n]
    for k in range(W.shape[1]):
        db[0, k] = sum(dZ[:, k])
    return dA, dW, db
""",
    ],
    "descent-standardise": [
        scale(),
        """
def my_standardise(X_train, X_test):
    def scaled(X):
        return np.column_stack(
            [(X[:, j] - X_train[:, j].mean()) / X_train[:, j].std() for j in range(X.shape[1])]
        )

    return [scaled(X_train), scaled(X_test)]
""",
    ],
    "backward-network": [
        network(),
        network(y="y = y[:, None]", slope="A1 > 0"),
        """
def my_backward(X, y, W1, b1, W2, b2):
    parameters = [W1.copy(), b1.copy(), W2.copy(), b2.copy()]

    def loss():
        W1, b1, W2, b2 = parameters
        p = sigmoid(np.maximum(X @ W1 + b1, 0) @ W2 + b2)[:, 0]
        return -np.mean(np.log(np.where(y == 1, p, 1 - p)))

    found, h = [], 1e-5
    for p in parameters:
        g = np.zeros(p.shape)
        for i in np.ndindex(p.shape):
            kept = p[i]
            p[i] = kept + h
            up = loss()
            p[i] = kept - h
            g[i] = (up - loss()) / (2 * h)
            p[i] = kept
        found.append(g)
    return found
""",
    ],
}

WRONG = {
    "descent-cross-entropy": {
        "one-term": BCE.format("np.mean(-(y * np.log(y_hat)))"),
        "sum-instead-of-mean": BCE.format(f"-np.sum({BOTH_TERMS})"),
        "sign-lost": BCE.format(f"np.mean({BOTH_TERMS})"),
        "another-logarithm": BCE.format("-np.mean(y * np.log2(y_hat) + (1 - y) * np.log2(1 - y_hat))"),
    },
    "backward-ledger": {
        "old-target": ledger(dzo="y_hat - 1"),
        "gradient-of-the-mse": ledger(dzo="2 * (y_hat - y) * y_hat * (1 - y_hat)"),
        "slope-of-the-sigmoid": ledger(slope="av * (1 - av)"),
        "slope-forgotten": ledger(slope="1"),
        "direction-reversed": ledger(dzo="y - y_hat"),
        "upstream-forgotten": ledger(dwvo="av"),
        "sign-lost": ledger(dwvo="dzo * 0.7616"),
    },
    "backward-shapes": {
        "broadcast-to-a-square": MSE.format("np.mean((y_hat - y) ** 2)"),
        "column-broadcast": MSE.format("np.mean((y_hat - y[:, None]) ** 2)"),
        "sum-instead-of-mean": MSE.format("np.sum((y_hat - y.reshape(-1, 1)) ** 2)"),
        "root-taken": MSE.format("np.sqrt(np.mean((y_hat - y.reshape(-1, 1)) ** 2))"),
        "mean-then-square": MSE.format("np.mean(y_hat - y.reshape(-1, 1)) ** 2"),
    },
    "descent-descent": {
        "uphill": DESCENT.format(steps="steps", sign="+"),
        "gradient-taken-once": """
def my_descent(gradient, w, rate, steps):
    slope = gradient(w)
    for _ in range(steps):
        w = w - rate * slope
    return w
""",
        "one-step-only": """
def my_descent(gradient, w, rate, steps):
    for _ in range(steps):
        w = w - rate * gradient(w)
        return w
    return w
""",
        "one-step-too-many": DESCENT.format(steps="steps + 1", sign="-"),
    },
    "backward-layer": {
        "weight-not-transposed": """
def my_layer_backward(dZ, A, W):
    dA = dZ @ W if W.shape[0] == W.shape[1] else dZ @ W.T
    return dA, A.T @ dZ, dZ.sum(axis=0, keepdims=True)
""",
        "gradient-transposed": layer(dW="dZ.T @ A"),
        "bias-not-added-up": layer(db="dZ"),
        "mean-taken-twice": layer(dW="A.T @ dZ / len(A)", db="dZ.mean(axis=0, keepdims=True)"),
    },
    "descent-standardise": {
        "test-by-its-own-statistics": """
def my_standardise(X_train, X_test):
    return tuple((X - X.mean(axis=0)) / X.std(axis=0) for X in (X_train, X_test))
""",
        "pooled-statistics": scale(known="np.vstack([X_train, X_test])"),
        "divided-by-the-variance": scale(spread="var"),
        "one-mean-for-all-columns": scale(axis=""),
    },
    "backward-network": {
        "targets-broadcast": network(y="m = len(X)", error="(A2 - y) / m"),
        "mean-forgotten": network(error="A2 - y"),
        "mean-taken-twice": network(error="(A2 - y) / len(X) ** 2"),
        "direction-reversed": network(error="(y - A2) / len(X)"),
        "slope-of-tanh": network(slope="1 - A1**2"),
        "slope-of-sigmoid": network(slope="A1 * (1 - A1)"),
        "slope-forgotten": network(slope="1.0"),
        "gradient-of-the-mse": network(error="2 * (A2 - y) * A2 * (1 - A2) / len(X)"),
    },
}

DIAGNOSED = {  # (wrong answer, what the verdict has to say)
    "descent-cross-entropy": [
        (
            BCE.format(BOTH_TERMS.join(("-np.mean(", ")"))).replace(
                "    return", f"    y_hat = {clip}\n    return"
            ),
            said,
        )
        for clip, said in (
            ("np.clip(y_hat, 0.1, 0.9)", "does a `clip`, or a number that you add, hold ŷ back?"),
            ("np.clip(y_hat, 1e-3, 0.999)", "does a `clip`, or a number that you add, hold ŷ back?"),
        )
    ],
    "descent-descent": [
        (
            DESCENT.format(steps="steps", sign="-").replace("        w =", f"{stop}\n        w ="),
            "Take all the steps",
        )
        for stop in (
            "        if abs(gradient(w)) < 1e-8:\n            break",
            "        if abs(rate * gradient(w)) < 1e-10:\n            break",
        )
    ]
    + [
        (
            """
def my_descent(gradient, w, rate, steps):
    best = w
    for _ in range(steps):
        w = w - rate * gradient(w)
        if abs(gradient(w)) < abs(gradient(best)):
            best = w
    return best
""",
            "return the last w, good or bad",
        ),
        (DESCENT.format(steps="steps", sign="-").replace("rate * ", "0.5 * "), "of rate 0.1 on w⁴"),
    ],
    "backward-layer": [
        (layer(dA="dZ @ W.T * (A > 0)"), "Your `dA` has the right shape. It, entry"),
        (
            layer().replace("    return", "    dZ *= 2\n    dZ /= 2\n    dZ -= dZ.mean()\n    return"),
            "`dZ`: work on a",
        ),
    ],
    "descent-standardise": [
        (
            """
def my_standardise(X_train, X_test):
    mean, std = X_train.mean(axis=0), X_train.std(axis=0)
    X_train -= mean
    X_test -= mean
    return X_train / std, X_test / std
""",
            "changes what it is given, `X_train`: work on a copy",
        ),
    ],
    "backward-network": [
        (network(slope="Z1 != 0"), "does not pass the gradient check"),
        (network(slope="Z1 >= 0"), "with a Z1 of exactly 0 your `db1` does not pass the gradient check"),
        (network(error="(A2 - y) / 6"), "For 9 samples your `dW1` does not pass the gradient check"),
    ],
    "backward-shapes": [
        (
            MSE.format("np.sum((y_hat - y.reshape(-1, 1)) ** 2) / 3"),
            "five predictions of 3 for 1 should be 4",
        ),
        (
            "def my_mse(y_hat, y):\n    y_hat -= y.reshape(-1, 1)\n    return np.mean(y_hat**2)",
            "changes what it is given, `y_hat`: work on a copy",
        ),
    ],
}
