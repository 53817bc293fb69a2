"""The exercises on forward and backward: what a right answer does, and the usual mistakes.

No solution stands here: the page has it, folded up, below each exercise. A property compares an answer with
finite differences of the loss, or with numbers worked out by hand.
"""

import math

from micrograd_lite.exercises.facts import sentence
from micrograd_lite.exercises.first_edition.detectors import Exercise, Misconception
from micrograd_lite.exercises.looking import (
    Wrong,
    as_arrays,
    as_number,
    close,
    entry_is,
    expect,
    filled_in,
    slope,
    slopes,
)
from micrograd_lite.exercises.looking import (
    same_arrays as same,
)

# ---------------------------------------------------------------- cross-entropy


def bce_probe():
    import numpy as np

    return np.array([0.9, 0.2, 0.4, 0.7]), np.array([1, 0, 1, 0])


BCE_PARTS = (-math.log(0.9), -math.log(0.8), -math.log(0.4), -math.log(0.3))  # of the four samples


def bce_properties(answer):
    import numpy as np

    expect(answer(np.array([0.5]), np.array([1])), math.log(2), "the loss of ŷ = 0.5 for y = 1")
    expect(answer(np.array([0.8]), np.array([0])), -math.log(0.2), "the loss of ŷ = 0.8 for y = 0")
    expect(answer(*bce_probe()), sum(BCE_PARTS) / 4, "the mean of four samples")
    sure, y = np.array([0.003, 0.9996, 0.02, 0.98, 0.9996]), np.array([1, 0, 0, 1, 1])
    loss = -(math.log(0.003) + math.log(0.0004) + 2 * math.log(0.98) + math.log(0.9996)) / 5
    if not close(got := as_number(answer(sure, y), "the loss"), loss, 1e-4):
        raise Wrong(
            f"for ŷ = {sure.tolist()} and y = {y.tolist()} the loss should be {loss:.4g}, and is {got:.4g}. "
            "To be nearly sure and wrong costs a lot: does a `clip`, or a number that you add, hold ŷ back?"
        )


def bce_is(wrong):
    return lambda answer: close(as_number(answer(*bce_probe()), "the loss"), wrong)


CROSS_ENTROPY = Exercise(
    id="descent-cross-entropy",
    name="my_bce",
    title="Binary cross-entropy",
    stars=1,
    section="Three losses by hand",
    stub='''def my_bce(y_hat, y):
    """Mean binary cross-entropy of probabilities y_hat (m,) for targets y (m,) of 0 and 1: a number."""
    ...''',
    properties=bce_properties,
    misconceptions=(
        Misconception(
            "one-term",
            bce_is((BCE_PARTS[0] + BCE_PARTS[2]) / 4),
            "You have the term for `y = 1` alone, so a false alarm costs nothing. With one probability for "
            "each sample the loss needs both terms.",
        ),
        Misconception(
            "sum-instead-of-mean",
            bce_is(sum(BCE_PARTS)),
            "You add the losses up. On these pages a loss is the mean over the samples: divide by m, or use "
            "`np.mean`.",
            "How wrong? One number",
        ),
        Misconception(
            "sign-lost",
            bce_is(-sum(BCE_PARTS) / 4),
            "Your loss is negative: the logarithm of a probability is below 0, and the minus in front makes "
            "a loss of it.",
        ),
        Misconception(
            "another-logarithm",
            lambda answer: any(bce_is(sum(BCE_PARTS) / 4 / math.log(base))(answer) for base in (2, 10)),
            "Right up to a factor: you took the logarithm to base 2 or 10. Cross-entropy on these pages "
            "uses the natural one, `np.log`.",
        ),
    ),
    well_done="Minus the logarithm of the probability that you gave to what happened.",
)


# ---------------------------------------------------------------- the ledger by hand

Y_HAT = 1 / (1 + math.exp(0.8 * math.tanh(0.5) + 0.9 * math.tanh(1.0) - 0.2))  # 0.2984


def ledger_numbers(slope):
    """dzv and dw2v for the target 0, with this slope of the unit v at its activation."""
    av, wvo, x2 = math.tanh(-1.0), 0.9, 3.0
    dzv = Y_HAT * wvo * slope(av)
    return {"dzv": dzv, "dw2v": dzv * x2}


def ledger_loss(zo_change=0.0, wvo=0.9, zv_change=0.0, w2v=-0.1):
    """-ln(1 - ŷ) of the ledger network, for nudged numbers."""
    zv = -0.6 * 2.0 + w2v * 3.0 + 0.5 + zv_change
    zo = -0.8 * math.tanh(0.5) + wvo * math.tanh(zv) + 0.2 + zo_change
    return math.log1p(math.exp(zo))


LEDGER_NUDGES = {
    "dzo": lambda h: ledger_loss(zo_change=h),
    "dwvo": lambda h: ledger_loss(wvo=0.9 + h),
    "dzv": lambda h: ledger_loss(zv_change=h),
    "dw2v": lambda h: ledger_loss(w2v=-0.1 + h),
}


def ledger_properties(answer):
    got = filled_in(answer, LEDGER_NUDGES)
    for name, nudged in LEDGER_NUDGES.items():
        if not close(got[name], slope(nudged, 0.0), 1e-3):
            raise Wrong(
                f"your {name} is {got[name]:.4g}. A hair more of what it belongs to moves the loss by "
                "another number of hairs (four digits are enough; the target is 0 here)."
            )


LEDGER = Exercise(
    id="backward-ledger",
    name="my_gradients",
    title="The ledger with another target",
    stars=1,
    section="Backward by hand",
    stub='my_gradients = {"dzo": ..., "dwvo": ..., "dzv": ..., "dw2v": ...}  # for y = 0',
    properties=ledger_properties,
    misconceptions=(
        Misconception(
            "old-target",
            entry_is(LEDGER_NUDGES, dzo=Y_HAT - 1),
            "Your `dzo` belongs to the target 1. The target is 0 now, and `dzo` is ŷ − y.",
            "Why the output gradient is ŷ − y",
        ),
        Misconception(
            "gradient-of-the-mse",
            entry_is(LEDGER_NUDGES, dzo=(2 * Y_HAT**2 * (1 - Y_HAT), Y_HAT**2 * (1 - Y_HAT))),
            "Your `dzo` is the gradient of the squared error. For cross-entropy with a sigmoid the factor "
            "ŷ(1 − ŷ) cancels.",
            "Why the output gradient is ŷ − y",
        ),
        Misconception(
            "slope-of-the-sigmoid",
            entry_is(LEDGER_NUDGES, **ledger_numbers(slope=lambda a: a * (1 - a))),
            "For `dzv` you used a(1 − a), which is the slope of the sigmoid. Unit `v` has tanh, with the "
            "slope 1 − a².",
        ),
        Misconception(
            "slope-forgotten",
            entry_is(LEDGER_NUDGES, **ledger_numbers(slope=lambda a: 1.0)),
            "Your `dzv` is still `dav`: on the way back through tanh it is multiplied by the slope, 1 − av².",
        ),
        Misconception(
            "direction-reversed",
            entry_is(LEDGER_NUDGES, dzo=-Y_HAT),
            "Your `dzo` is y − ŷ. The gradient is ŷ − y, and every later sign hangs on it.",
            "Why the output gradient is ŷ − y",
        ),
        Misconception(
            "upstream-forgotten",
            entry_is(LEDGER_NUDGES, dwvo=math.tanh(-1.0), dzv=1 - math.tanh(1.0) ** 2, dw2v=3.0),
            "You wrote down a local derivative. To get from there to the loss, multiply it by the gradient "
            "that is known already: `dwvo = dzo · av`.",
        ),
        Misconception(
            "sign-lost",
            entry_is(LEDGER_NUDGES, dwvo=Y_HAT * math.tanh(1.0)),
            "You lost the sign of `av = −0.7616`: a positive `dzo` times a negative `av` is negative.",
        ),
    ),
    well_done="Only the first number of the way back knows the target; everything else is passed on.",
)


# ---------------------------------------------------------------- shapes


def mse_probe():
    import numpy as np

    return np.array([[1.0], [2.0], [4.0]]), np.array([1.0, 0.0, 1.0])  # errors 0, 2, 3


def mse_properties(answer):
    import numpy as np

    y_hat, y = mse_probe()
    expect(answer(y_hat, y.reshape(-1, 1)), 13 / 3, "the loss for a column of targets, (3, 1),")
    expect(answer(*mse_probe()), 13 / 3, "the loss for targets of shape (3,)")
    expect(answer(np.full((5, 1), 3.0), np.ones(5)), 4.0, "the loss of five predictions of 3 for 1")
    expect(answer(np.ones((1, 1)), np.ones(1)), 0.0, "the loss of one perfect prediction")


def mse_is(wrong):
    """A detector: this number for flat targets."""
    return lambda answer: close(as_number(answer(*mse_probe()), "the loss"), wrong)


def mse_column_bug(answer):
    y_hat, y = mse_probe()
    column = as_number(answer(y_hat, y.reshape(-1, 1)), "the loss")
    return mse_is(13 / 3)(answer) and (close(column, 41 / 9) or close(column, 41 / 3))


SHAPES = Exercise(
    id="backward-shapes",
    name="my_mse",
    title="A loss that watches its shapes",
    stars=1,
    section="Break it",
    stub='''def my_mse(y_hat, y):
    """Mean squared error of y_hat (m, 1) for the targets y, of shape (m, 1) or (m,): a number."""
    ...''',
    properties=mse_properties,
    misconceptions=(
        Misconception(
            "broadcast-to-a-square",
            lambda answer: mse_is(41 / 9)(answer) or mse_is(41 / 3)(answer),
            "With targets of shape `(m,)` the difference gets the shape `(m, m)`: every prediction minus "
            "every target. Bring both to the same shape first, `y.reshape(-1, 1)`.",
        ),
        Misconception(
            "column-broadcast",
            mse_column_bug,
            "Right for flat targets. With a column `(m, 1)` of targets your difference has m × m entries: "
            "`reshape(-1, 1)` makes a column of either shape, `y[:, None]` does not.",
        ),
        Misconception(
            "sum-instead-of-mean",
            mse_is(13.0),
            "You add the squares up. The mean divides by the number of samples, m.",
            "How wrong? One number",
        ),
        Misconception(
            "root-taken",
            mse_is(math.sqrt(13 / 3)),
            "You took the root: that is the RMSE. The mean squared error stays squared.",
            "Three losses by hand",
        ),
        Misconception(
            "mean-then-square",
            mse_is((5 / 3) ** 2),
            "You square the mean of the errors. Then errors up and down cancel: square first, and take the "
            "mean of the squares.",
            "Three losses by hand",
        ),
    ),
    well_done="One line on shapes saves an evening: this bug raises no error.",
)


# ---------------------------------------------------------------- gradient descent


def descent_properties(answer):
    got = as_number(answer(lambda w: w - 3, 0.0, 0.5, 0), "w after 0 steps")
    if not close(got, 0.0):
        raise Wrong(f"after 0 steps w is still the start, 0, and yours is {got:.4g}.")
    expect(answer(lambda w: w - 3, 0.0, 0.5, 1), 1.5, "w after 1 step of rate 0.5 on ½(w − 3)² from 0")
    expect(answer(lambda w: w - 3, 0.0, 0.5, 4), 2.8125, "w after 4 steps of rate 0.5 on ½(w − 3)² from 0")
    expect(answer(lambda w: 4 * w**3, 1.0, 0.1, 2), 0.5136, "w after 2 steps of rate 0.1 on w⁴ from 1")
    for name, gradient, rate, steps, end in (
        ("a gradient of 10⁻¹² · (w − 3)", lambda w: 1e-12 * (w - 3), 5e11, 4, 2.8125),
        ("a gradient of 1 everywhere", lambda w: 1.0, 1e-12, 50, -5e-11),
        ("a gradient of w − 3", lambda w: w - 3, 2.5, 3, 13.125),
    ):
        got = as_number(answer(gradient, 0.0, rate, steps), "w")
        if not abs(got - end) <= 1e-6 * abs(end):
            raise Wrong(
                f"with {name} and rate {rate:g}, w after {steps} steps from 0 is {end:.4g}, and yours is "
                f"{got:.4g}. Take all the steps, however small they are, and return the last w, good or bad"
            )


def descent_is(wrong):
    """A detector: this number after 4 steps of rate 0.5 on ½(w − 3)² from 0."""
    return lambda answer: close(as_number(answer(lambda w: w - 3, 0.0, 0.5, 4), "w"), wrong)


DESCENT = Exercise(
    id="descent-descent",
    name="my_descent",
    title="Gradient descent",
    stars=1,
    section="Gradient descent",
    stub='''def my_descent(gradient, w, rate, steps):
    """Take `steps` steps of gradient descent from w; gradient(w) is the slope there. Returns the last w."""
    ...''',
    properties=descent_properties,
    misconceptions=(
        Misconception(
            "uphill",
            descent_is(3 - 3 * 1.5**4),
            "You go uphill: the gradient points where the loss grows. Subtract it.",
        ),
        Misconception(
            "gradient-taken-once",
            descent_is(6.0),
            "You take the gradient once, at the start, and use it for every step. It changes with `w`: ask "
            "for it again in each step.",
        ),
        Misconception(
            "one-step-only",
            descent_is(1.5),
            "You return after the first step. Does the `return` stand inside the loop?",
        ),
        Misconception(
            "one-step-too-many",
            descent_is(3 - 3 * 0.5**5),
            "You take one step more than asked for: `range(steps)` already gives `steps` rounds.",
        ),
    ),
    well_done="These lines train every network of this course.",
)


# ---------------------------------------------------------------- one layer backward


def layer_probe():
    """dZ (4, 3), A (4, 3), W (3, 3): square, so that a transposed weight fits as well."""
    import numpy as np

    rng = np.random.default_rng(3)
    return rng.normal(size=(4, 3)), rng.normal(size=(4, 3)), rng.normal(size=(3, 3))


def layer_answer(answer, dZ, A, W):
    shapes = {"dA": A.shape, "dW": W.shape, "db": (1, W.shape[1])}
    return as_arrays(answer(dZ.copy(), A.copy(), W.copy()), shapes, "my_layer_backward(dZ, A, W)")


def layer_truth(dZ, A, W):
    """The slopes of Σ dZ ∘ (A W + b), a loss whose gradient by Z is dZ, by finite differences."""
    import numpy as np

    A, W, b = A.copy(), W.copy(), np.zeros((1, W.shape[1]))
    # the loss is linear in each entry: no error from the width of the step
    return slopes(lambda: np.sum(dZ * (A @ W + b)), (A, W, b), h=0.5)


def layer_properties(answer):
    import numpy as np

    rng = np.random.default_rng(5)
    wide = rng.normal(size=(5, 2)), rng.normal(size=(5, 4)), rng.normal(size=(4, 2))
    for probe in (wide, layer_probe()):
        got, true = layer_answer(answer, *probe), layer_truth(*probe)
        for name, g, t in zip(("dA", "dW", "db"), got, true, strict=True):
            if not same([g], [t]):
                raise Wrong(sentence(f"your `{name}` has the right shape. It", g.tolist(), t.tolist()))


def layer_part_is(part, formula):
    """A detector: this part of the answer is computed by this formula, for square weights."""

    def shows(answer):
        import numpy as np

        dZ, A, W = layer_probe()
        got = answer(dZ.copy(), A.copy(), W.copy())[part]
        return same([np.asarray(got, dtype=float)], [formula(dZ, A, W)])

    return shows


LAYER = Exercise(
    id="backward-layer",
    name="my_layer_backward",
    title="One layer backward",
    stars=2,
    section="The same network in NumPy",
    stub='''def my_layer_backward(dZ, A, W):
    """Back through Z = A @ W + b. dZ (m, k) is the gradient by Z, A is (m, n), W is (n, k).

    Returns dA (m, n), dW (n, k), db (1, k). The 1/m of the mean is in dZ already.
    """
    ...''',
    properties=layer_properties,
    misconceptions=(
        Misconception(
            "weight-not-transposed",
            layer_part_is(0, lambda dZ, A, W: dZ @ W),
            "You go back through `W`, not through `W.T`. With square weights the shapes fit all the same, "
            "and the numbers are wrong: weight `W[i, j]` leads from input i to output j, so on the way back "
            "from j to i.",
        ),
        Misconception(
            "gradient-transposed",
            layer_part_is(1, lambda dZ, A, W: dZ.T @ A),
            "Your `dW` is the transpose of the gradient. Entry i, j belongs to the weight from input i to "
            "output j: `A.T` stands on the left.",
        ),
        Misconception(
            "bias-not-added-up",
            layer_part_is(2, lambda dZ, A, W: dZ),
            "Your `db` has a row for each sample. One bias serves all samples: add the rows up, with "
            "`dZ.sum(axis=0, keepdims=True)`.",
        ),
        Misconception(
            "mean-taken-twice",
            lambda answer: (
                layer_part_is(1, lambda dZ, A, W: A.T @ dZ / 4)(answer)
                or layer_part_is(2, lambda dZ, A, W: dZ.mean(axis=0, keepdims=True))(answer)
            ),
            "You divide by m once more. The 1/m of the mean stands in `dZ` already; over the samples the "
            "shares are added.",
        ),
    ),
    well_done="Any stack of layers is this function, called from the last layer to the first.",
)


# ---------------------------------------------------------------- the whole network


NETWORKS = ("6 samples", "9 samples", "6 samples, with a Z1 of exactly 0")


def network_probe(which=NETWORKS[0]):
    """X (m, 2), y (m,), and parameters with 3 hidden ReLU units. A pre-activation is 0, or none is near."""
    import numpy as np

    rng = np.random.default_rng(11)
    X, y = rng.normal(size=(6, 2)), np.array([1.0, 0.0, 0.0, 1.0, 1.0, 0.0])
    W1, b1, W2, b2 = rng.normal(size=(2, 3)), rng.normal(size=(1, 3)), rng.normal(size=(3, 1)), [[0.3]]
    if which == NETWORKS[1]:
        X, y = np.vstack([X, rng.normal(size=(3, 2))]), np.append(y, [1.0, 1.0, 0.0])
    if which == NETWORKS[2]:
        X[0], b1[0, :2] = 0.0, 0.0
    return X, y, W1, b1, W2, np.array(b2)


def network_forward(X, W1, b1, W2, b2):
    import numpy as np

    Z1 = X @ W1 + b1
    A1 = np.maximum(Z1, 0)
    return Z1, A1, A1 @ W2 + b2


def network_truth(which=NETWORKS[0]):
    """The gradients by central differences of the mean cross-entropy."""
    import numpy as np

    X, y, *parameters = network_probe(which)

    def loss():
        z = network_forward(X, *parameters)[2][:, 0]
        return np.mean(np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z))))

    return slopes(loss, parameters)


def network_formula(which=NETWORKS[0], slope=lambda Z1, A1: Z1 > 0, error=lambda p, y: (p - y) / len(y)):
    """What the right lines give, or wrong ones: another slope of the hidden units, another first line."""
    import numpy as np

    X, y, W1, b1, W2, b2 = network_probe(which)
    Z1, A1, Z2 = network_forward(X, W1, b1, W2, b2)
    dZ2 = error(1 / (1 + np.exp(-Z2)), y.reshape(-1, 1))
    dZ1 = dZ2 @ W2.T * slope(Z1, A1)
    return [X.T @ dZ1, dZ1.sum(axis=0, keepdims=True), A1.T @ dZ2, dZ2.sum(axis=0, keepdims=True)]


def network_answer(answer, which=NETWORKS[0], *, column=False):
    X, y, *parameters = network_probe(which)
    y = y.reshape(-1, 1) if column else y
    names = ("dW1", "db1", "dW2", "db2")
    shapes = {name: p.shape for name, p in zip(names, parameters, strict=True)}
    return as_arrays(answer(X, y, *parameters), shapes, "my_backward(X, y, W1, b1, W2, b2)")


def network_properties(answer):
    for which in NETWORKS:
        got, numeric = network_answer(answer, which), network_truth(which)
        # at a corner the exercise asks for the slope 0, and central differences see half of one
        true = network_formula(which) if which == NETWORKS[2] else numeric
        for name, g, t, n in zip(("dW1", "db1", "dW2", "db2"), got, true, numeric, strict=True):
            if not same([g], [t]) and not same([g], [n]):
                what = f"for {which} your `{name}` does not pass the gradient check: it"
                raise Wrong(sentence(what, g.tolist(), t.tolist()))


def network_is(**mistake):
    return lambda answer: all(
        same(network_answer(answer, which), network_formula(which, **mistake)) for which in NETWORKS
    )


def network_shape_bug(answer):
    """Right for a column of targets, and not for targets of shape (m,)."""
    if not same(network_answer(answer, column=True), network_formula()):
        return False
    try:
        return not same(network_answer(answer), network_formula())
    except (Wrong, ValueError):
        return True


NETWORK = Exercise(
    id="backward-network",
    name="my_backward",
    title="A network with ReLU, backward",
    stars=3,
    section="The same network in NumPy",
    stub='''def my_backward(X, y, W1, b1, W2, b2):
    """Gradients of the mean binary cross-entropy: dW1, db1, dW2, db2.

    Forward: Z1 = X @ W1 + b1, A1 = relu(Z1), Z2 = A1 @ W2 + b2, A2 = sigmoid(Z2).
    X (m, n), y (m,) of 0 and 1, W1 (n, hidden), b1 (1, hidden), W2 (hidden, 1), b2 (1, 1).
    """
    ...''',
    properties=network_properties,
    misconceptions=(
        Misconception(
            "targets-broadcast",
            network_shape_bug,
            "Your lines are right for targets of shape `(m, 1)`. Here `y` is `(m,)`, and `A2 - y` becomes "
            "`(m, m)`. Make it a column first: `y.reshape(-1, 1)`.",
            "Break it",
        ),
        Misconception(
            "mean-forgotten",
            network_is(error=lambda p, y: p - y),
            "Every gradient is m times too large: you have the gradient of the sum. The mean brings a "
            "factor 1/m, once, in the first line.",
        ),
        Misconception(
            "mean-taken-twice",
            network_is(error=lambda p, y: (p - y) / len(y) ** 2),
            "Every gradient is m times too small: you divide by m twice. Once, in the first line, is enough.",
        ),
        Misconception(
            "direction-reversed",
            network_is(error=lambda p, y: (y - p) / len(y)),
            "Every gradient has the wrong sign: the first line is `A2 - y`, not `y - A2`.",
            "Why the output gradient is ŷ − y",
        ),
        Misconception(
            "slope-of-tanh",
            network_is(slope=lambda Z1, A1: 1 - A1**2),
            "`1 - A1**2` is the slope of tanh. The hidden units are ReLU here: slope 1 where `Z1 > 0`, else "
            "0.",
            "The ledger in NumPy",
        ),
        Misconception(
            "slope-of-sigmoid",
            network_is(slope=lambda Z1, A1: A1 * (1 - A1)),
            "`A1 * (1 - A1)` is the slope of the sigmoid. The hidden units are ReLU here: slope 1 where `Z1 "
            "> 0`, else 0.",
            "The ledger in NumPy",
        ),
        Misconception(
            "slope-forgotten",
            network_is(slope=lambda Z1, A1: 1.0),
            "You go back through the hidden layer as if it had no activation: the factor for ReLU is "
            "missing.",
            "Backward by hand",
        ),
        Misconception(
            "gradient-of-the-mse",
            lambda answer: any(
                network_is(error=lambda p, y, k=k: k * (p - y) * p * (1 - p) / len(y))(answer) for k in (1, 2)
            ),
            "This is the gradient of the mean squared error. For cross-entropy with a sigmoid the first "
            "line is `(A2 - y) / m`, without `A2 * (1 - A2)`.",
            "Why the output gradient is ŷ − y",
        ),
    ),
    well_done="It passes the gradient check in every parameter.",
)


# ---------------------------------------------------------------- standardising


def scale_probe():
    import numpy as np

    train = np.array([[1.0, 100.0], [2.0, 300.0], [3.0, 200.0], [6.0, 400.0]])
    return train, np.array([[4.0, 250.0], [9.0, 50.0], [5.0, 150.0]])


def scale_answer(answer):
    train, test = scale_probe()
    shapes = {"the training part": train.shape, "the test part": test.shape}
    return as_arrays(answer(train, test), shapes, "my_standardise(X_train, X_test)")


def scale_properties(answer):
    before = scale_probe()
    train, test = scale_answer(answer)
    for j in range(2):
        expect(train[:, j].mean(), 0.0, f"the mean of training column {j}")
        expect(train[:, j].std(), 1.0, f"the standard deviation of training column {j}")
        ratio = (train[1, j] - train[0, j]) / (before[0][1, j] - before[0][0, j])
        for value, got in zip(before[1][:, j].tolist(), test[:, j].tolist(), strict=True):
            expected = train[0, j] + ratio * (value - before[0][0, j])
            if not close(got, expected):
                raise Wrong(
                    f"a value means another thing in the two parts: on the scale of training column {j} the "
                    f"test value {value:g} would be {expected:.4g}, and it is {got:.4g}."
                )


def scale_is(formula):
    return lambda answer: same(scale_answer(answer), formula(*scale_probe()))


def scaled(X, mean, std):
    return (X - mean) / std


def pooled(train, test):
    import numpy as np

    known = np.vstack([train, test])
    return [scaled(X, known.mean(axis=0), known.std(axis=0)) for X in (train, test)]


STANDARDISE = Exercise(
    id="descent-standardise",
    name="my_standardise",
    title="Standardise without a leak",
    stars=2,
    section="Real data: breast cancer",
    stub='''def my_standardise(X_train, X_test):
    """Each column minus its mean, divided by its standard deviation: two arrays, (train, test)."""
    ...''',
    properties=scale_properties,
    misconceptions=(
        Misconception(
            "test-by-its-own-statistics",
            scale_is(lambda train, test: [scaled(X, X.mean(axis=0), X.std(axis=0)) for X in (train, test)]),
            "You scale the test samples with their own mean and standard deviation. Then the same "
            "measurement becomes two different numbers; use those of the training samples for both.",
        ),
        Misconception(
            "pooled-statistics",
            scale_is(pooled),
            "Mean and standard deviation come from all samples together: the held-out ones leak into the "
            "preparation. Compute them from the training samples.",
        ),
        Misconception(
            "divided-by-the-variance",
            scale_is(
                lambda train, test: [scaled(X, train.mean(axis=0), train.var(axis=0)) for X in (train, test)]
            ),
            "You divide by the variance. The standard deviation is its root, `X_train.std(axis=0)`.",
        ),
        Misconception(
            "one-mean-for-all-columns",
            scale_is(lambda train, test: [scaled(X, train.mean(), train.std()) for X in (train, test)]),
            "You have one mean for the whole table. Each column has a scale of its own: `axis=0`.",
        ),
    ),
    well_done="The held-out samples had no say in it.",
)


EXERCISES = (CROSS_ENTROPY, LEDGER, SHAPES, DESCENT, LAYER, STANDARDISE, NETWORK)
