"""The exercises on activation functions: what a right answer does, and the usual mistakes.

No solution stands here: the page has it, folded up, below each exercise.
"""

import math
import warnings

from micrograd_lite.exercises.facts import sentence
from micrograd_lite.exercises.first_edition.detectors import Exercise, Misconception
from micrograd_lite.exercises.looking import (
    Wrong,
    as_array,
    as_arrays,
    as_number,
    close,
    expect,
)


def values(answer, xs, what, dtype=float, **named):
    """-> (the answer's values at the numbers xs, the warnings it gave)"""
    import numpy as np

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        got = answer(np.array(xs, dtype=dtype), **named)
    return as_array(got, (len(xs),), what), [str(w.message) for w in caught]


def near(some, others, tolerance=1e-9):
    """Whether two arrays agree, relative to `others`; also where those are tiny."""
    import numpy as np

    return some.shape == others.shape and bool(np.allclose(some, others, rtol=tolerance, atol=0.0))


def expect_at(xs, got, expected, what):
    """Raise Wrong at the first point where the values disagree."""
    for x, g, e in zip(xs, got.tolist(), expected, strict=True):
        if not abs(g - e) <= 1e-9 * abs(e):
            raise Wrong(sentence(f"at x = {x:g} {what}", g, e))


def sigma(x):
    """The sigmoid of one number, with all digits at both ends."""
    e = math.exp(-abs(x))
    return (1.0 if x >= 0 else e) / (1.0 + e)


# ---------------------------------------------------------------- two linear layers


def merge_probe(*sizes):
    """Two linear layers with weights drawn from a seed: W1, b1, W2, b2."""
    import numpy as np

    rng = np.random.default_rng(7)
    n, k, m = sizes
    return rng.normal(size=(n, k)), rng.normal(size=k), rng.normal(size=(k, m)), rng.normal(size=m)


def merged(answer, *sizes):
    """The answer's W and b for a probe, and the probe."""
    probe = merge_probe(*sizes)
    got = answer(*(part.copy() for part in probe))
    n, _, m = sizes
    return *as_arrays(got, {"W": (n, m), "b": (m,)}, "your function"), probe


def merge_properties(answer):
    for sizes in ((3, 4, 2), (3, 3, 3), (1, 5, 1)):
        W, b, (W1, b1, W2, b2) = merged(answer, *sizes)
        if not near(b, b1 @ W2 + b2):
            raise Wrong(
                sentence("what your layer gives for the input 0", b.tolist(), (b1 @ W2 + b2).tolist())
            )
        if not near(W, W1 @ W2):
            raise Wrong(
                f"with layers of sizes {sizes} your W gives other outputs than the two layers: compare "
                "X @ W + b with (X @ W1 + b1) @ W2 + b2 for an X of your own."
            )


def merge_is(f):
    """A detector: on square layers the answer is f(W1, b1, W2, b2), in W or in b."""

    def shows(answer):
        W, b, probe = merged(answer, 3, 3, 3)
        W_wrong, b_wrong = f(*probe)
        return (W_wrong is None or near(W, W_wrong)) and (b_wrong is None or near(b, b_wrong))

    return shows


ONE_LAYER = Exercise(
    id="activations-one-layer",
    name="my_merge",
    title="Two linear layers into one",
    stars=1,
    section="Two lines make a line",
    stub='''def my_merge(W1, b1, W2, b2):
    """W, b of the one linear layer that does what the two layers do."""
    ...''',
    properties=merge_properties,
    misconceptions=(
        Misconception(
            "order-swapped",
            merge_is(lambda W1, b1, W2, b2: (W2 @ W1, None)),
            "You multiply in the order `W2 @ W1`. A row is a sample and stands on the left, so it meets "
            "`W1` first: X W1 W2.",
        ),
        Misconception(
            "elementwise",
            merge_is(lambda W1, b1, W2, b2: (W1 * W2, None)),
            "`W1 * W2` multiplies entry by entry. Layer after layer is the matrix product, `@`.",
        ),
        Misconception(
            "biases-added",
            merge_is(lambda W1, b1, W2, b2: (None, b1 + b2)),
            "You add the biases. The first one goes through the second layer like everything else that "
            "comes out of the first: multiply it by `W2` before you add.",
        ),
        Misconception(
            "first-bias-lost",
            merge_is(lambda W1, b1, W2, b2: (None, b2)),
            "The first bias is lost. Multiply out (X W1 + b1) W2 + b2: `b1` gets a factor.",
        ),
        Misconception(
            "second-bias-lost",
            merge_is(lambda W1, b1, W2, b2: (None, b1 @ W2)),
            "The second bias is lost: it is added last and nothing multiplies it.",
        ),
    ),
    well_done="Merge again and again, and any number of linear layers is one.",
)


# ---------------------------------------------------------------- the slope of Leaky ReLU

LEAKY_XS = (-3.0, -0.5, 0.0, 0.5, 3.0)
WHOLE_XS = (-3, 0, 2)


def leaky_slopes(answer, alpha):
    return values(answer, LEAKY_XS, "your result", alpha=alpha)[0]


def leaky_properties(answer):
    for alpha in (0.01, 0.2):
        expected = [alpha, alpha, alpha, 1.0, 1.0]
        expect_at(LEAKY_XS, leaky_slopes(answer, alpha), expected, f"with alpha = {alpha:g} the slope")
    expect_at(LEAKY_XS, values(answer, LEAKY_XS, "your result")[0], [0.01] * 3 + [1.0] * 2, "the slope")
    got = values(answer, WHOLE_XS, "your result", dtype=int, alpha=0.2)[0]
    if not near(got, got * 0 + [0.2, 0.2, 1.0]):
        raise Wrong(
            f"for whole numbers, x = np.array({list(WHOLE_XS)}) with alpha = 0.2, you return {got.tolist()}. "
            "An array that is made like `x` (`full_like`, `zeros_like`, `x.copy()`) holds whole numbers too"
        )


def leaky_is(f, at=LEAKY_XS):
    """A detector: with alpha = 0.2 the answer is f(x) at these points."""

    def shows(answer):
        got = leaky_slopes(answer, 0.2).tolist()
        return all(close(g, f(x)) for x, g in zip(LEAKY_XS, got, strict=True) if x in at)

    return shows


LEAKY_SLOPE = Exercise(
    id="activations-leaky-slope",
    name="my_leaky_slope",
    title="The slope of Leaky ReLU",
    stars=1,
    section="Leaky ReLU",
    stub='''def my_leaky_slope(x, alpha=0.01):
    """Slopes of Leaky ReLU at the numbers of the array x; at 0 it is alpha."""
    ...''',
    properties=leaky_properties,
    misconceptions=(
        Misconception(
            "value-returned",
            leaky_is(lambda x: x if x > 0 else 0.2 * x),
            "You return the value of Leaky ReLU. Its slope says how fast that value moves: a constant on "
            "each side of 0.",
        ),
        Misconception(
            "slope-of-relu",
            leaky_is(lambda x: float(x > 0)),
            "That is the slope of ReLU: 0 on the left. Leaky ReLU lets a little through there.",
        ),
        Misconception(
            "alpha-ignored",
            leaky_is(lambda x: 0.01, at=(-3.0, -0.5)),
            "The left side has slope 0.01 whatever `alpha` is. Use the argument.",
        ),
        Misconception(
            "x-left-in",
            leaky_is(lambda x: 0.2 * x if x < 0 else 1.0, at=(-3.0, -0.5, 0.5, 3.0)),
            "On the left you return alpha · x, which is the value there. The slope of alpha · x is alpha, "
            "without the x.",
        ),
        Misconception(
            "corner-on-the-right",
            leaky_is(lambda x: 1.0 if x >= 0 else 0.2),
            "At 0 itself you take the slope from the right. It is a subgradient too, but PyTorch takes the "
            "one from the left, as the text of the exercise asks: `x > 0`, not `x >= 0`.",
            "ReLU",
        ),
    ),
    well_done="A gradient that meets a negative pre-activation is multiplied by alpha, not by 0.",
)


# ---------------------------------------------------------------- a sigmoid that does not overflow

SIGMOID_XS = (-1000.0, -720.0, -600.0, -40.0, -2.0, 0.0, 2.0, 40.0, 1000.0)


def sigmoid_of(answer, *xs):
    return values(answer, xs, "your result")


def sigmoid_properties(answer):
    got, warned = sigmoid_of(answer, *SIGMOID_XS)
    expect_at(SIGMOID_XS, got, [sigma(x) for x in SIGMOID_XS], "the sigmoid")
    if warned:
        raise Wrong(f"the values are right, but NumPy warns: {warned[0]}.")
    if sigmoid_of(answer, math.nan)[0][0] == sigmoid_of(answer, math.nan)[0][0]:
        raise Wrong("a NaN goes in, and a number comes out: your function hides it.")


def sigmas(xs):
    return [sigma(x) for x in xs.tolist()]


def right_near_0(answer):
    xs = (-2.0, 0.0, 2.0)
    return near(sigmoid_of(answer, *xs)[0], sigmoid_of(sigmas, *xs)[0])  # all digits: not of float32


SIGMOID = Exercise(
    id="activations-sigmoid",
    name="my_sigmoid",
    title="A sigmoid that does not overflow",
    stars=2,
    section="Stable forms",
    stub='''def my_sigmoid(x):
    """Sigmoid of the array x: no warning, all digits from -720 on, NaN stays NaN."""
    ...''',
    properties=sigmoid_properties,
    misconceptions=(
        Misconception(
            "sign-lost",
            lambda answer: near(sigmoid_of(answer, 2.0, -2.0)[0], sigmoid_of(sigmas, -2.0, 2.0)[0], 1e-6),
            "Your curve falls: the exponent has lost its minus sign. At 2 you have the value that belongs "
            "to −2.",
            "Sigmoid",
        ),
        Misconception(
            "left-like-right",
            lambda answer: all(close(g, sigma(2.0)) for g in sigmoid_of(answer, -2.0, 2.0)[0].tolist()),
            "At −2 you return what belongs to 2. With e = e^(−|x|) the form 1 / (1 + e) is for x ≥ 0 alone; "
            "for x < 0 the numerator is e.",
        ),
        Misconception(
            "both-columns",
            lambda answer: (
                right_near_0(answer)
                and near(sigmoid_of(answer, 1000.0)[0], sigmoid_of(answer, 40.0)[0])
                and bool(sigmoid_of(answer, 1000.0)[1])
                and bool(sigmoid_of(answer, -1000.0)[1])
            ),
            "The values are right and NumPy still warns, on both sides: `np.where` computes both of its "
            "columns everywhere and picks afterwards. Make the exponent safe first: −|x|.",
        ),
        Misconception(
            "overflow-left",
            lambda answer: right_near_0(answer) and bool(sigmoid_of(answer, -1000.0)[1]),
            "For x = −1000 you ask for e¹⁰⁰⁰, which is larger than any float: overflow. For negative x use "
            "the other form, eˣ / (1 + eˣ).",
        ),
        Misconception(
            "overflow-right",
            lambda answer: right_near_0(answer) and math.isnan(sigmoid_of(answer, 1000.0)[0][0]),
            "Now the left side is safe and the right one overflows: at x = 1000 you get ∞/∞. Each of the "
            "two forms is for one side of 0.",
        ),
        Misconception(
            "clipped",
            lambda answer: (
                right_near_0(answer)
                and sigmoid_of(answer, -720.0)[0][0] == sigmoid_of(answer, -1000.0)[0][0] != 0.0
            ),
            "You clip x, so that everything beyond your limit gets the same value. No warning, but wrong "
            "digits, and the slope there becomes 0.",
        ),
        Misconception(
            "digits-lost",
            lambda answer: right_near_0(answer) and sigmoid_of(answer, -40.0)[0][0] == 0.0,
            "At −40 you return exactly 0; it is 4.2e-18. In 1 + tanh(x/2), or 1 − σ(−x), two nearly equal "
            "numbers are subtracted and the small rest is lost.",
        ),
        Misconception(
            "warning-silenced",
            lambda answer: (
                right_near_0(answer)
                and sigmoid_of(answer, -720.0)[0][0] == 0.0
                and not sigmoid_of(answer, -1000.0)[1]
            ),
            "You switch the warning off, and the overflow still happens: at −720 it gives 0 instead of "
            "2.0e-313. Avoid the large exponent instead of the message.",
        ),
    ),
    well_done="One exponential of −|x|, and neither end can overflow.",
)


# ---------------------------------------------------------------- softmax

BATCH = ((2.0, 1.0, 0.0), (0.5, -1.0, 3.0))
WIDE = (1000.0, -1000.0, 0.0)
FAR_APART = ((1000.0, 999.0, 0.0), (-1000.0, -1001.0, -1002.0))


def soft(row):
    """Softmax of one row of numbers, as a list."""
    powers = [math.exp(x - max(row)) for x in row]
    return [power / math.fsum(powers) for power in powers]


def softmax_of(answer, scores, **named):
    import numpy as np

    scores = np.array(scores)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return as_array(answer(scores, **named), scores.shape, "your result")


def agrees(got, expected, least=1e-300):
    import numpy as np

    return bool(np.allclose(got, expected, rtol=1e-9, atol=least))


def softmax_properties(answer):
    import numpy as np

    got = softmax_of(answer, BATCH)
    if not agrees(got, [soft(row) for row in BATCH]):
        what = f"for the batch {[list(row) for row in BATCH]} what you return"
        raise Wrong(sentence(what, got.tolist(), [soft(row) for row in BATCH]))
    if not agrees(softmax_of(answer, BATCH[0]), soft(BATCH[0])):
        raise Wrong("for one sample, an array of shape (3,), the numbers differ from those in a batch.")
    if not agrees(softmax_of(answer, BATCH, axis=0).T, [soft(column) for column in zip(*BATCH, strict=True)]):
        raise Wrong("with `axis=0` the columns should be made into probabilities.")
    if not agrees(softmax_of(answer, FAR_APART), [soft(row) for row in FAR_APART]):
        raise Wrong(f"scores near ±1000 give {softmax_of(answer, FAR_APART).round(4).tolist()}.")
    if not agrees(got := softmax_of(answer, WIDE), soft(WIDE)):
        raise Wrong(
            f"one sample with the scores {list(WIDE)} gives {got.round(4).tolist()}. Only when the *largest* "
            "score is subtracted is every exponent 0 or below."
        )
    given = np.array(BATCH)
    answer(given)
    if not np.array_equal(given, BATCH):
        raise Wrong(
            "your function changes the scores that it is given: `x -= …` works in place. Write `x - …`, "
            "which makes a new array."
        )


def rows_right(answer):
    return agrees(softmax_of(answer, BATCH), [soft(row) for row in BATCH])


def has_nan(numbers):
    return bool((numbers != numbers).any())


def fails_on_a_batch(answer):
    one_is_right = agrees(softmax_of(answer, BATCH[0]), soft(BATCH[0]))
    try:
        softmax_of(answer, BATCH)
    except ValueError:  # NumPy's "could not be broadcast"
        return one_is_right
    return False


def fails_on_one_sample(answer):
    rows_are_right = rows_right(answer)
    try:
        softmax_of(answer, BATCH[0])
    except Exception:  # whatever it stops with: the batch went well
        return rows_are_right
    return False


SOFTMAX = Exercise(
    id="activations-softmax",
    name="my_softmax",
    title="Softmax for one sample and for a batch",
    stars=2,
    section="Softmax: scores to probabilities",
    stub='''def my_softmax(x, axis=-1):
    """Probabilities from scores x along an axis: x (k,) or (m, k), of any size."""
    ...''',
    properties=softmax_properties,
    misconceptions=(
        Misconception(
            "whole-array",
            lambda answer: close(float(softmax_of(answer, BATCH).sum()), 1.0),
            "All entries of the batch together sum to 1: you divide by the sum of the whole array. Each row "
            "needs its own sum, along `axis`, with `keepdims=True`.",
        ),
        Misconception(
            "wrong-axis",
            lambda answer: agrees(softmax_of(answer, BATCH).sum(axis=0), [1.0, 1.0, 1.0]),
            "The columns sum to 1, and the rows do not: the samples compete with each other. A row is a "
            "sample, so the sum runs along the last axis.",
            "Break it",
        ),
        Misconception(
            "one-sample-fails",
            fails_on_one_sample,
            "A batch works, and one sample of shape (3,) does not: it has no axis 1. Use the argument "
            "`axis`, which is −1, the last one.",
        ),
        Misconception(
            "keepdims-missing",
            fails_on_a_batch,
            "One sample works, and a batch of shape (2, 3) stops: the largest scores of the rows (or their "
            "sums) have shape (2,), and NumPy cannot tell which belongs to which row. `keepdims=True` makes "
            "it (2, 1).",
        ),
        Misconception(
            "axis-ignored",
            lambda answer: rows_right(answer) and rows_right(lambda x: answer(x, axis=0)),
            "`axis=0` gives the same as `axis=-1`: your function does not use its argument.",
        ),
        Misconception(
            "no-shift",
            lambda answer: rows_right(answer) and has_nan(softmax_of(answer, FAR_APART[0])),
            "Scores near 1000 overflow to ∞/∞. Subtract the largest score first: shifts cancel.",
            "Only differences count",
        ),
        Misconception(
            "one-maximum-for-all",
            lambda answer: (
                rows_right(answer)
                and not any(has_nan(softmax_of(answer, row)) for row in FAR_APART)
                and has_nan(softmax_of(answer, FAR_APART))
            ),
            "You subtract the largest score of the whole batch. A row that lies far below it underflows to "
            "0/0. Each row needs its own maximum.",
            "Only differences count",
        ),
    ),
    well_done="It takes one sample or a batch, and scores of any size.",
)


# ---------------------------------------------------------------- the first weights

SIZES = ((100, 300), (64, 64), (30, 10))


def std_of(answer, n_in, n_out, name):
    return as_number(answer(n_in, n_out, name), "what your function returns")


def std_properties(answer):
    for n_in, n_out in SIZES:
        for name, variance in (("tanh", 2.0 / (n_in + n_out)), ("relu", 2.0 / n_in)):
            what = f'for n_in = {n_in}, n_out = {n_out} and "{name}" the standard deviation'
            expect(std_of(answer, n_in, n_out, name), math.sqrt(variance), what)


def std_is(name, f):
    """A detector: for this activation the answer is f(n_in, n_out) on all layers."""
    return lambda answer: all(close(std_of(answer, *sizes, name), f(*sizes)) for sizes in SIZES)


FIRST_WEIGHTS = Exercise(
    id="depth-first-weights",
    name="my_std",
    title="How large are the first weights?",
    stars=2,
    section="Why He and Xavier",
    stub='''def my_std(n_in, n_out, activation):
    """Standard deviation of the first weights: Xavier's for "tanh", He's for "relu"."""
    ...''',
    properties=std_properties,
    misconceptions=(
        Misconception(
            "variance-returned",
            std_is("relu", lambda n_in, n_out: 2.0 / n_in),
            "That is the variance. The standard deviation is its square root.",
        ),
        Misconception(
            "recipes-swapped",
            std_is("tanh", lambda n_in, n_out: math.sqrt(2.0 / n_in)),
            "For tanh you take He's recipe, whose 2 makes up for the half that ReLU sets to 0. Tanh sets "
            "nothing to 0: Xavier.",
        ),
        Misconception(
            "half-forgotten",
            std_is("relu", lambda n_in, n_out: math.sqrt(1.0 / n_in)),
            "With variance 1/n every ReLU layer halves the mean square of the numbers. He's 2 is there to "
            "make up for it.",
        ),
        Misconception(
            "outputs-counted",
            std_is("relu", lambda n_in, n_out: math.sqrt(2.0 / n_out)),
            "A neuron's z is a sum over its inputs, so it is `n_in` that counts for He.",
        ),
        Misconception(
            "one-side-only",
            std_is("tanh", lambda n_in, n_out: math.sqrt(1.0 / n_in)),
            "1/n_in keeps the forward pass in order. Xavier's recipe is the compromise with the backward "
            "pass: 2 / (n_in + n_out).",
        ),
    ),
    well_done="Both recipes ask for one thing: each layer as loud as the one before.",
)


# ---------------------------------------------------------------- dead neurons


def dead_probe(k):
    """X (m, 2), W (2, neurons), b (neurons,) number k, with neurons that are off, on, and on for some."""
    import numpy as np

    if k == 0:  # z of the columns: off, always exactly 0, on once, on, off by its bias alone, off
        W = [[-1.0, 0.0, 1.0, 1.0, 1.0, -2.0], [-1.0, 0.0, -1.0, 1.0, 0.0, 0.0]]
        b = [0.0, 0.0, -2.0, 0.0, -9.0, 0.0]
        return np.array([[1.0, 2.0], [3.0, 0.5], [2.0, 1.0], [0.5, 0.5]]), np.array(W), np.array(b)
    if k == 3:  # two samples for which all neurons are off
        X, W = [[1.0, 1.0], [2.0, 0.5], [0.0, 0.0], [0.0, 0.1]], [[1.0, -1.0], [1.0, -1.0]]
        return np.array(X), np.array(W), np.array([-0.5, -0.5])
    rng = np.random.default_rng(k)
    return np.abs(rng.normal(size=(9, 2))), rng.normal(size=(2, 40)), rng.normal(0.0, 0.5, size=40)


PROBES = (0, 1, 2, 3)


def count_of(answer, k):
    return as_number(answer(*dead_probe(k)), "the number of dead neurons")


def dead_count(f):
    """A function of a probe's number: f(z) summed, with z = X W + b of shape (m, neurons)."""

    def count(k):
        X, W, b = dead_probe(k)
        return int(f(X @ W + b).sum())

    return count


def dead_properties(answer):
    right = dead_count(lambda z: (z <= 0).all(axis=0))
    for k in PROBES:
        X, W, _ = dead_probe(k)
        expect(
            count_of(answer, k), right(k), f"of {W.shape[1]} neurons on {len(X)} samples the number of dead"
        )


def dead_is(f):
    """A detector: on all probes the answer is f(z) summed."""
    wrong = dead_count(f)
    return lambda answer: all(count_of(answer, k) == wrong(k) for k in PROBES)


def bias_forgotten(answer):
    def without_bias(k):
        X, W, _ = dead_probe(k)
        return int((X @ W <= 0).all(axis=0).sum())

    return all(count_of(answer, k) == without_bias(k) for k in PROBES)


DEAD = Exercise(
    id="depth-dead-neurons",
    name="my_dead_count",
    title="Count the dead",
    stars=2,
    section="Dead ReLUs",
    stub='''def my_dead_count(X, W, b):
    """How many ReLU neurons of X W + b are dead? X (m, n), W (n, k), b (k,)."""
    ...''',
    properties=dead_properties,
    misconceptions=(
        Misconception(
            "any-instead-of-all",
            dead_is(lambda z: (z <= 0).any(axis=0)),
            "You count neurons that are off for *some* sample. That is their job. Dead is off for all of "
            "them.",
        ),
        Misconception(
            "samples-counted",
            dead_is(lambda z: (z <= 0).all(axis=1)),
            "You count samples for which all neurons are off. A column of z is a neuron: look down the "
            "columns, `axis=0`.",
        ),
        Misconception(
            "zeros-counted",
            dead_is(lambda z: z <= 0),
            "You count all zeros that come out. A neuron that is off here and on there is alive; first ask, "
            "neuron by neuron, whether it is off everywhere.",
        ),
        Misconception(
            "zero-taken-for-on",
            dead_is(lambda z: (z < 0).all(axis=0)),
            "A neuron whose z is exactly 0 is missing. There the slope of ReLU is 0 as well, so nothing "
            "moves it: `<=`.",
            "ReLU",
        ),
        Misconception(
            "bias-forgotten",
            bias_forgotten,
            "The bias is not in it. A very negative bias alone can switch a neuron off for good.",
        ),
        Misconception(
            "living-counted",
            dead_is(lambda z: (z > 0).any(axis=0)),
            "You count the living: neurons that are on for at least one sample. The dead are the rest.",
        ),
    ),
    well_done="Watch this number when you train with ReLU: a dead neuron makes no other noise.",
)


# ---------------------------------------------------------------- the slope of SiLU

SILU_XS = (2.0, -1.0, 0.0, 0.5, -3.0, 7.0, -12.0)  # the first is where wrong formulas differ visibly
FAR_XS = (-1000.0, 1000.0)


def silu_slope(x):
    s = sigma(x)
    return s + x * s * (1.0 - s)


def silu_properties(answer):
    expect_at(
        SILU_XS,
        values(answer, SILU_XS, "your result")[0],
        map(silu_slope, SILU_XS),
        "the slope",
    )
    got, warned = values(answer, FAR_XS, "your result")
    if warned or not agrees(got, [0.0, 1.0], 1e-9):
        told = f"NumPy warns: {warned[0]}" if warned else f"you return {got.tolist()}"
        raise Wrong(f"at −1000 and 1000 the slope should be 0 and 1 without a warning; {told}.")


def silu_is(f):
    """A detector: the answer is f(x, σ(x)) at all points."""

    def shows(answer):
        got = values(answer, SILU_XS, "your result")[0].tolist()
        return all(close(g, f(x, sigma(x))) for x, g in zip(SILU_XS, got, strict=True))

    return shows


SILU = Exercise(
    id="activations-silu-slope",
    name="my_silu_slope",
    title="The slope of SiLU",
    stars=3,
    section="GELU and SiLU",
    stub='''def my_silu_slope(x):
    """Slopes of x · sigmoid(x), without a warning from -1000 to 1000."""
    ...''',
    properties=silu_properties,
    misconceptions=(
        Misconception(
            "value-returned",
            silu_is(lambda x, s: x * s),
            "You return SiLU itself. The slope needs the product rule.",
        ),
        Misconception(
            "slopes-multiplied",
            silu_is(lambda x, s: s * (1.0 - s)),
            "You multiply the slopes of the two factors, 1 · σ′. The product rule is a sum: (u v)′ = u′ v + "
            "u v′.",
            "Sigmoid",
        ),
        Misconception(
            "only-the-first-term",
            silu_is(lambda x, s: s),
            "You treat σ(x) as a constant. It moves with x too: the product rule has a second term.",
            "Sigmoid",
        ),
        Misconception(
            "only-the-second-term",
            silu_is(lambda x, s: x * s * (1.0 - s)),
            "You treat the factor x as a constant. Its slope is 1, which gives the term 1 · σ(x).",
            "Sigmoid",
        ),
        Misconception(
            "half-a-sigmoid-slope",
            silu_is(lambda x, s: s + x * (1.0 - s)),
            "In the second term you have 1 − σ. The slope of the sigmoid has two factors: σ (1 − σ).",
            "Sigmoid",
        ),
        Misconception(
            "overflow",
            lambda answer: (
                silu_is(lambda x, s: s + x * s * (1.0 - s))(answer)
                and bool(values(answer, FAR_XS, "your result")[1])
            ),
            "The formula is right, and at ±1000 an exponential overflows. Use the sigmoid that you made "
            "stable.",
            "Stable forms",
        ),
    ),
    well_done="Around 2.4 it is above 1, so SiLU can make a gradient a little larger.",
)

EXERCISES = (ONE_LAYER, LEAKY_SLOPE, SIGMOID, SOFTMAX, FIRST_WEIGHTS, DEAD, SILU)
