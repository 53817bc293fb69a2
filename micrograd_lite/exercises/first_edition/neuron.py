"""The exercises of chapter 01, the neuron: what a right answer does, and the mistakes that are usual.

No solution stands here: the page has it, folded up, below each exercise.
"""

import math
from types import SimpleNamespace

from micrograd_lite.exercises.core import (
    Exercise,
    Misconception,
    Wrong,
    as_number,
    close,
    describe,
    entry_is,
    expect,
    filled_in,
    not_none,
)


def weighted_sum(w, x, b):
    return sum(wi * xi for wi, xi in zip(w, x, strict=True)) + b


def sigma(z):
    return (1.0 + math.tanh(z / 2.0)) / 2.0


# ---------------------------------------------------------------- a neuron on paper

PAPER = {"z": -5.0, "a": sigma(-5.0), "distance": -1.0}  # x = (2, -1), w = (3, -4), b = -15


def paper_properties(answer):
    got = filled_in(answer, PAPER)
    for name, formula in (
        ("z", "w1·x1 + w2·x2 + b"),
        ("a", "1 / (1 + e^(−z))"),
        ("distance", "z / |w|"),
    ):
        if not close(got[name], PAPER[name], 1e-3):
            raise Wrong(f"your {name} is {got[name]:.4g}, and {formula} gives another number.")


ON_PAPER = Exercise(
    id="neuron-on-paper",
    name="my_numbers",
    title="A neuron on paper",
    stars=1,
    section="What a neuron computes",
    stub='my_numbers = {"z": ..., "a": ..., "distance": ...}',
    properties=paper_properties,
    misconceptions=(
        Misconception(
            "bias-forgotten",
            entry_is(PAPER, z=10.0),
            "Your z is w · x without the bias. The bias is part of z: here it takes 15 away.",
        ),
        Misconception(
            "bias-subtracted",
            entry_is(PAPER, z=25.0),
            "You subtracted the bias. It is added, with its sign: adding −15 takes 15 away.",
        ),
        Misconception(
            "minus-times-minus",
            entry_is(PAPER, z=-13.0),
            "A sign was lost: (−4) · (−1) is +4. A negative weight on a negative input is a vote for.",
        ),
        Misconception(
            "sigmoid-mirrored",
            entry_is(PAPER, a=sigma(5.0)),
            "Your a is σ(+5). With z = −5 the power is e^(−z) = e^5, which is large, so a is small.",
        ),
        Misconception(
            "a-is-the-verdict",
            lambda answer: filled_in(answer, PAPER)["a"] == 0.0,
            "You gave the verdict, no, as a 0. The activation a itself is a number between 0 and 1, close "
            "to 0 and never equal to it.",
        ),
        Misconception(
            "a-in-percent",
            lambda answer: abs(filled_in(answer, PAPER)["a"] - 100.0 * PAPER["a"]) < 0.006,
            "Your a looks like a percentage. The activation is the number between 0 and 1 itself: divide by "
            "100.",
        ),
        Misconception(
            "a-rounded-away",
            lambda answer: filled_in(answer, PAPER)["a"] == 0.01,
            "0.01 is a rounded to two digits after the point, half as large again as a itself. Give four "
            "digits.",
        ),
        Misconception(
            "distance-without-bias",
            entry_is(PAPER, distance=(2.0, -2.0)),
            "Your distance is w · x over |w|, without the bias. Divide the whole z.",
            "How far is a point from the line?",
        ),
        Misconception(
            "distance-of-the-origin",
            entry_is(PAPER, distance=(3.0, -3.0)),
            "3 is |b| / |w|, how far the origin is from the line. Your point is x = (2, −1).",
            "How far is a point from the line?",
        ),
        Misconception(
            "distance-not-divided",
            entry_is(PAPER, distance=(-5.0, 5.0)),
            "Your distance is z itself. z grows with the length of w; divide by |w|, which is 5 here.",
            "How far is a point from the line?",
        ),
        Misconception(
            "length-by-adding",
            entry_is(PAPER, distance=(-5.0 / 7.0, 5.0 / 7.0)),
            "You divided by 3 + 4. The length of w is √(3² + 4²).",
            "How far is a point from the line?",
        ),
        Misconception(
            "distance-without-sign",
            entry_is(PAPER, distance=1.0),
            "The size is right. The sign tells the side: z is negative, so the point lies on the “no” side "
            "of the line.",
            "How far is a point from the line?",
        ),
        Misconception(
            "distance-otherwise",
            lambda answer: (
                [close(value, PAPER[name], 1e-3) for name, value in filled_in(answer, PAPER).items()]
                == [True, True, False]
            ),
            "z and a are right, the distance is not: divide z by the length of w.",
            "How far is a point from the line?",
        ),
    ),
    well_done="z says which side, z / |w| how far, and a how sure the neuron is.",
)


# ---------------------------------------------------------------- a neuron in plain Python

W3, X3, B3 = (0.5, -1.0, 2.0), (1.0, 2.0, -0.5), 0.3  # the probe: z = -2.2
Z3 = weighted_sum(W3, X3, B3)


def neuron_at(answer):
    return as_number(answer(list(W3), list(X3), B3), "what your function returns")


def neuron_properties(answer):
    shown = f"for w = {list(W3)}, x = {list(X3)}, b = {B3} your neuron's a"
    expect(neuron_at(answer), sigma(Z3), shown)
    expect(answer([2.0], [3.0], -6.0), 0.5, "with one input, w = [2.0], x = [3.0], b = −6.0, your a")
    for w, x in (([1.0], [1.0, 2.0]), ([1.0, 2.0], [1.0])):
        if not refuses(answer, w, x):
            raise Wrong(f"w = {w} does not fit x = {x}: that should raise a ValueError, and nothing happens.")


def refuses(answer, w, x):
    """Whether the answer raises ValueError for lengths that differ. Wrong if it raises something else."""
    try:
        answer(w, x, 0.0)
    except ValueError as error:
        if not str(error).strip():
            raise Wrong(
                f"for w = {w} and x = {x} your ValueError is without words: say what you got, "
                "`raise ValueError(…)`."
            ) from error
        return True
    except Exception as error:
        raise Wrong(
            f"w = {w} does not fit x = {x}: that should raise a ValueError with a sentence of yours, and it "
            f"raises {type(error).__name__}."
        ) from error
    return False


def neuron_shows(z):
    """A detector: the answer is σ of another pre-activation."""
    return lambda answer: close(neuron_at(answer), sigma(z))


NEURON = Exercise(
    id="neuron-neuron",
    name="my_neuron",
    title="A neuron in plain Python",
    stars=1,
    section="Loop, dot product, batch",
    stub='''def my_neuron(w, x, b):
    """The activation a = σ(w·x + b) of one sample. w, x: lists of floats; b: a float.

    Raises ValueError if w and x have different lengths.
    """
    ...''',
    properties=neuron_properties,
    misconceptions=(
        Misconception(
            "bias-in-the-loop",
            neuron_shows(Z3 + 2 * B3),
            "The bias is added once for every input. It belongs to the neuron: add it once, outside of the "
            "loop.",
        ),
        Misconception(
            "bias-forgotten",
            neuron_shows(Z3 - B3),
            "The bias is missing: your neuron computes σ(w·x).",
            "What a neuron computes",
        ),
        Misconception(
            "activation-forgotten",
            lambda answer: close(neuron_at(answer), Z3),
            "You return z. The neuron's output is a = σ(z), a number between 0 and 1.",
            "What a neuron computes",
        ),
        Misconception(
            "sigmoid-mirrored",
            neuron_shows(-Z3),
            "You return σ(−z): the sign in the exponent is turned. It is e to the power of minus z.",
            "What a neuron computes",
        ),
        Misconception(
            "last-term-only",
            neuron_shows(W3[-1] * X3[-1] + B3),
            "Only the last input counts: `=` overwrites the sum in each turn of the loop, `+=` adds to it.",
        ),
        Misconception(
            "first-term-only",
            neuron_shows(W3[0] * X3[0] + B3),
            "Only the first input counts. Does the `return` stand inside the loop?",
        ),
        Misconception(
            "two-inputs-only",
            neuron_shows(W3[0] * X3[0] + W3[1] * X3[1] + B3),
            "Only the first two inputs count. Make a loop over all of them: a neuron may have any number.",
        ),
        Misconception(
            "sigmoid-of-each-term",
            lambda answer: close(
                neuron_at(answer), sum(sigma(wi * xi) for wi, xi in zip(W3, X3, strict=True)) + B3
            ),
            "You apply σ to each product. Add up first, bias included: σ is applied once, to z.",
            "What a neuron computes",
        ),
        Misconception(
            "error-returned",
            lambda answer: isinstance(answer([1.0], [1.0, 2.0], 0.0), ValueError),
            "You `return` the ValueError, so the program goes on with it as if it were a result. Write "
            "`raise ValueError(…)`.",
            "Break it",
        ),
        Misconception(
            "cut-short",
            lambda answer: (
                close(neuron_at(answer), sigma(Z3))
                and not all(refuses(answer, w, x) for w, x in (([1.0], [1.0, 2.0]), ([1.0, 2.0], [1.0])))
            ),
            "The number is right. But where w is shorter than x, or longer, your neuron leaves numbers out "
            "and says nothing: the bug of the break-it lab.",
            "Break it",
        ),
    ),
    well_done="It computes the formula, and it refuses what does not fit.",
)


# ---------------------------------------------------------------- a batch


def batch_probe():
    import numpy as np

    X = np.array([[0.5, -1.0, 2.0], [1.5, 0.2, -0.3], [-0.7, 0.9, 0.4], [0.0, 0.0, 0.0]])  # (4, 3)
    return SimpleNamespace(np=np, X=X, w=np.array([1.0, -2.0, 0.5]), b=0.7)


def batch_sigma(np, z):
    return (1.0 + np.tanh(z / 2.0)) / 2.0


def batch_at(answer, X, w, b):
    """What the answer returns, as an array of floats. Raises Wrong for what is none."""
    import numpy as np

    got = not_none(answer(X.copy(), w.copy(), b))
    try:
        return np.asarray(got, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise Wrong(
            f"your function should return an array of activations, and returns {describe(got)}."
        ) from problem


def batch_properties(answer):
    p = batch_probe()
    for X in (p.X, p.X[:1], p.X[:3]):
        got = batch_at(answer, X, p.w, p.b)
        if got.shape != (len(X),):
            raise Wrong(
                f"for X of shape {X.shape} the result should have shape ({len(X)},), a number for each "
                f"sample; "
                f"yours has shape {got.shape}."
            )
        expected = batch_sigma(p.np, X @ p.w + p.b)
        wrong = p.np.flatnonzero(~(abs(got - expected) <= 1e-9))
        if len(wrong):
            i = int(wrong[0])
            raise Wrong(
                f"sample {i} of your batch gets {got[i]:.4g}, and the neuron alone says {expected[i]:.4g}."
            )
    if batch_loops(answer):
        raise Wrong("the numbers are right, and a loop computes them: leave the loop to NumPy.")


def batch_loops(answer):
    """Whether the answer takes the rows of X one by one."""
    import numpy as np

    taken = []

    class Watched(np.ndarray):
        def __iter__(self):
            taken.append("all")
            return super().__iter__()

        def __getitem__(self, index):
            if isinstance(index, (int, np.integer)):
                taken.append(index)
            return super().__getitem__(index)

    p = batch_probe()
    batch_at(answer, p.X.view(Watched), p.w, p.b)
    return bool(taken)


def batch_shows(other):
    """A detector: the answer on the probe equals another formula, in shape and numbers."""

    def shows(answer):
        p = batch_probe()
        got, mistaken = batch_at(answer, p.X, p.w, p.b), other(p)
        return got.shape == mistaken.shape and bool((abs(got - mistaken) < 1e-9).all())

    return shows


def batch_transposed(answer):
    p = batch_probe()
    square = p.X[:3]
    got = batch_at(answer, square, p.w, p.b)
    mistaken = batch_sigma(p.np, p.w @ square + p.b)
    return got.shape == (3,) and bool((abs(got - mistaken) < 1e-9).all())


BATCH = Exercise(
    id="neuron-batch",
    name="my_batch",
    title="A whole batch, without a loop",
    stars=2,
    section="Loop, dot product, batch",
    stub='''def my_batch(X, w, b):
    """The activations of one neuron for all samples. X: (m, n), w: (n,), b: a float -> (m,)"""
    ...''',
    properties=batch_properties,
    misconceptions=(
        Misconception(
            "weights-first",
            batch_transposed,
            "`w @ X` multiplies the weights with the rows of X, as if a row were a feature. A row is a "
            "sample: write `X @ w`. (With as many samples as features no error warns you.)",
        ),
        Misconception(
            "not-added-up",
            batch_shows(lambda p: batch_sigma(p.np, p.X * p.w + p.b)),
            "`X * w` multiplies entry by entry and leaves the products side by side, shape (m, n). The "
            "neuron adds them up: `X @ w`.",
        ),
        Misconception(
            "wrong-axis",
            batch_shows(lambda p: batch_sigma(p.np, (p.X * p.w).sum(axis=0) + p.b)),
            "You added up over the samples (axis 0) and got a number for each feature. The sum runs over "
            "the features, axis 1.",
        ),
        Misconception(
            "a-column",
            batch_shows(lambda p: batch_sigma(p.np, p.X @ p.w + p.b)[:, None]),
            "The numbers are right, in a table of shape (m, 1). One neuron gives one number for each "
            "sample, shape (m,): with w of shape (n,), `X @ w` has it.",
        ),
        Misconception(
            "activation-forgotten",
            batch_shows(lambda p: p.X @ p.w + p.b),
            "You return z. The activations are σ(z), entry by entry.",
            "What a neuron computes",
        ),
        Misconception(
            "bias-forgotten",
            batch_shows(lambda p: batch_sigma(p.np, p.X @ p.w)),
            "The bias is missing: add b to every z, before σ.",
            "What a neuron computes",
        ),
        Misconception(
            "minus-for-half-of-z",
            batch_shows(lambda p: batch_sigma(p.np, p.X @ p.w - p.b)),
            "The minus of e^(−z) reaches X @ w only, and b keeps its sign. Put z in brackets, `-(X @ w + "
            "b)`, or use `sigmoid`.",
            "What a neuron computes",
        ),
        Misconception(
            "verdicts",
            batch_shows(lambda p: (p.X @ p.w + p.b > 0).astype(float)),
            "You return the verdicts, yes or no. The activations are the numbers σ(z) between 0 and 1.",
            "What a neuron computes",
        ),
        Misconception(
            "loop",
            lambda answer: (
                batch_shows(lambda p: batch_sigma(p.np, p.X @ p.w + p.b))(answer) and batch_loops(answer)
            ),
            "The numbers are right, and a Python loop takes the samples one by one. `X @ w` does them all "
            "in one call.",
            "Which one is fast?",
        ),
        Misconception(
            "bias-after-the-activation",
            batch_shows(lambda p: batch_sigma(p.np, p.X @ p.w) + p.b),
            "You add the bias after σ, so results can leave the range from 0 to 1. It belongs into z: σ(X @ "
            "w + b).",
            "What a neuron computes",
        ),
    ),
    well_done="No loop, whatever the number of samples: this is how every network is fed.",
)


# ---------------------------------------------------------------- the distance to the line

FAR_W, FAR_B, FAR_X = (3.0, -4.0), 2.0, (1.0, 5.0)  # z = -15, |w| = 5, distance -3


def distance_at(answer):
    return as_number(answer(list(FAR_W), FAR_B, list(FAR_X)), "what your function returns")


def distance_properties(answer):
    shown = f"for w = {list(FAR_W)}, b = {FAR_B}, x = {list(FAR_X)} your distance"
    expect(distance_at(answer), -3.0, shown)
    expect(
        answer([0.3, -0.4], 0.2, [1.0, 5.0]),
        -3.0,
        "w and b divided by 10 are the same line, and your distance",
    )
    expect(answer([2.0, 1.0, 2.0], -3.0, [1.0, 2.0, 4.0]), 3.0, "with three inputs your distance")
    expect(answer([3.0, 4.0], -5.0, [3.0, -1.0]), 0.0, "for a point on the line your distance")


def distance_shows(*values):
    return lambda answer: any(close(distance_at(answer), value) for value in values)


DISTANCE = Exercise(
    id="neuron-distance",
    name="my_distance",
    title="The distance to the line",
    stars=2,
    section="How far is a point from the line?",
    stub='''def my_distance(w, b, x):
    """The distance of x to w·x + b = 0, negative where z < 0. w, x: lists of n floats; b: a float."""
    ...''',
    properties=distance_properties,
    misconceptions=(
        Misconception(
            "not-divided",
            distance_shows(-15.0),
            "You return z. Double w and b: the line stays where it is and z doubles. Divide by |w|.",
        ),
        Misconception(
            "without-sign",
            distance_shows(3.0),
            "The size is right and the side is lost: keep the sign of z.",
        ),
        Misconception(
            "bias-forgotten",
            distance_shows(-17.0 / 5.0),
            "You left b out. That measures the distance to the parallel line through the origin.",
            "A neuron is a line",
        ),
        Misconception(
            "length-by-adding",
            distance_shows(-15.0 / 7.0, 15.0),
            "The length of w is not the sum of its entries: |w| = √(w₁² + w₂² + …).",
        ),
        Misconception(
            "root-forgotten",
            distance_shows(-15.0 / 25.0),
            "You divided by |w|², the sum of the squares. Take its square root.",
        ),
        Misconception(
            "divided-by-x",
            distance_shows(-15.0 / math.hypot(*FAR_X)),
            "You divided by the length of x. The unit in which z counts is 1 / |w|.",
        ),
    ),
    well_done="It holds for any number of inputs; with three, the line is a plane.",
)


# ---------------------------------------------------------------- a gate of your own

ROWS = ((0, 0), (0, 1), (1, 0), (1, 1))


def gate_z(answer):
    got = filled_in(answer, ("w1", "w2", "b"))
    return [got["w1"] * x1 + got["w2"] * x2 + got["b"] for x1, x2 in ROWS]


def gate_table(answer):
    return tuple(int(z > 0) for z in gate_z(answer))


def gate_properties(answer):
    for (x1, x2), z, wanted in zip(ROWS, gate_z(answer), (0, 0, 1, 0), strict=True):
        if not math.isfinite(z) or (z > 0) != bool(wanted):
            told = "yes" if z > 0 else "no"
            raise Wrong(
                f"for x = ({x1}, {x2}) your z is {z:.4g}, so the neuron says {told}. It should say "
                f"{'yes' if wanted else 'no'}."
            )


def gate_is(*table):
    return lambda answer: gate_table(answer) == table


GATE = Exercise(
    id="neuron-gate",
    name="my_gate",
    title="A gate of your own",
    stars=2,
    section="Logic with one neuron",
    stub='my_gate = {"w1": ..., "w2": ..., "b": ...}',
    properties=gate_properties,
    misconceptions=(
        Misconception(
            "on-the-line",
            lambda answer: gate_table(answer) == (0, 0, 0, 0) and gate_z(answer)[2] == 0.0,
            "For x = (1, 0) your z is exactly 0: the corner lies on the line, and z = 0 does not count as "
            "yes. Shift the line with b.",
            "A neuron is a line",
        ),
        Misconception(
            "never",
            gate_is(0, 0, 0, 0),
            "Your neuron never says yes. Its bias is too low: w₁ alone must be able to lift z above 0.",
        ),
        Misconception(
            "and",
            gate_is(0, 0, 0, 1),
            "That is AND: x₂ = 1 counts for yes. It should count against it: which sign has its weight?",
        ),
        Misconception(
            "x2-ignored",
            gate_is(0, 0, 1, 1),
            "Your neuron repeats x₁. The weight of x₂ must be negative enough to outvote x₁.",
        ),
        Misconception(
            "inputs-exchanged",
            gate_is(0, 1, 0, 0),
            "That is “x₂ and not x₁”: the two weights have changed places.",
        ),
        Misconception(
            "everything-turned",
            gate_is(1, 1, 0, 1),
            "That is the opposite of what was asked. Turn all three signs, as from AND to NAND (and watch "
            "that no corner lies on the line).",
        ),
        Misconception(
            "not-x2",
            gate_is(1, 0, 1, 0),
            "That is NOT x₂: with no input at all, x = (0, 0), the bias alone says yes. It must be 0 or "
            "less.",
        ),
    ),
    well_done="One input votes for, one against, and silence means no.",
)


# ---------------------------------------------------------------- three neurons


def watch_network(answer):
    """The answer's four results, and the neurons it used in each row: their (w, b) and outputs."""
    seen = []
    for x1, x2 in ROWS:
        calls = []

        def fires(w, x, b, calls=calls):
            w, x = [float(v) for v in w], [float(v) for v in x]
            if len(w) != len(x):
                raise ValueError(f"fires: w has {len(w)} numbers and x has {len(x)}")
            if not set(x) <= {0.0, 1.0}:
                raise ValueError(f"fires: the inputs of a neuron are 0 or 1 here, got {x}")
            out = int(weighted_sum(w, x, float(b)) > 0)
            calls.append((tuple(w), float(b), out, tuple(x)))
            return out

        seen.append(SimpleNamespace(result=answer(fires, x1, x2), calls=calls))
    return seen


def results(seen):
    return tuple(as_number(row.result, "what your function returns") for row in seen)


def network_properties(answer):
    seen = watch_network(answer)
    for (x1, x2), row, wanted in zip(ROWS, seen, (1, 0, 0, 1), strict=True):
        got = as_number(row.result, f"for x = ({x1}, {x2}) what your function returns")
        if got != wanted:
            raise Wrong(f"for x = ({x1}, {x2}) the output should be {wanted}, and yours is {got:.4g}.")
    if computed_outside(seen):
        raise Wrong("the inputs of a neuron are x1, x2, and outputs of neurons before it.")
    if decides_outside(seen):
        raise Wrong("what you return must be the output of your last neuron.")
    if weights_vary(seen):
        raise Wrong("each neuron must have the same weights and bias for all four rows.")


def decides_outside(seen):
    return any(not row.calls or row.result != row.calls[-1][2] for row in seen)


def weights_vary(seen):
    return len({tuple((w, b) for w, b, _, _ in row.calls) for row in seen}) > 1


def computed_outside(seen):
    """Whether some neuron's input is neither x1, x2, a constant nor the output of an earlier neuron.

    An input is known by its four values, one for each row of the table.
    """
    if weights_vary(seen):
        return False
    known = {tuple(float(v) for v in column) for column in zip(*ROWS, strict=True)} | {(0.0,) * 4, (1.0,) * 4}
    for calls in zip(*(row.calls for row in seen), strict=True):  # one neuron in the four rows
        inputs = zip(*(x for _, _, _, x in calls), strict=True)
        if not set(inputs) <= known:
            return True
        known.add(tuple(float(out) for _, _, out, _ in calls))
    return False


def network_shows(test):
    return lambda answer: test(watch_network(answer))


NETWORK = Exercise(
    id="neuron-equal",
    name="my_equal",
    title="Equal or not: a network by hand",
    stars=3,
    section="Three neurons can",
    stub='''def my_equal(fires, x1, x2):
    """1 if x1 and x2 are equal, else 0: made of neurons only, fires(w, x, b) -> 0 or 1."""
    ...''',
    properties=network_properties,
    misconceptions=(
        Misconception(
            "no-neurons",
            network_shows(lambda seen: not any(row.calls for row in seen) and results(seen) == (1, 0, 0, 1)),
            "Python's own logic did it, no neuron was asked. Build it from `fires(w, x, b)` alone.",
        ),
        Misconception(
            "inputs-made-by-python",
            network_shows(computed_outside),
            "Python computed an input of a neuron. A neuron may see `x1`, `x2` and what `fires` returned, "
            "and nothing made from them in another way.",
        ),
        Misconception(
            "one-neuron",
            network_shows(lambda seen: all(len(row.calls) == 1 for row in seen) and not weights_vary(seen)),
            "One neuron is not enough: the proof for XOR, with all signs turned, holds here too. Let two "
            "neurons look at the inputs, and a third one at their outputs.",
            "The proof",
        ),
        Misconception(
            "output-is-and",
            network_shows(
                lambda seen: (
                    not any(results(seen))
                    and not weights_vary(seen)
                    and len(seen[0].calls) == 3
                    and {tuple(row.calls[k][2] for row in seen) for k in (0, 1)}
                    == {(0, 0, 0, 1), (1, 0, 0, 0)}
                )
            ),
            "Your hidden neurons are right, “both” and “none”. They never say yes together, so an AND of "
            "them stays silent: the last neuron needs at least one.",
            "Logic with one neuron",
        ),
        Misconception(
            "weights-follow-the-input",
            network_shows(weights_vary),
            "Your weights depend on x1 and x2, so an `if` decides and not the neurons. Use the same weights "
            "and biases for all four rows.",
        ),
        Misconception(
            "xor",
            network_shows(lambda seen: results(seen) == (0, 1, 1, 0)),
            "That is XOR, the opposite. Which gate in place of the last AND turns its answer round?",
        ),
        Misconception(
            "python-decides",
            network_shows(lambda seen: results(seen) == (1, 0, 0, 1) and decides_outside(seen)),
            "The table is right, but Python puts the outputs of your neurons together. The last step must "
            "be a neuron too, and its output is what you return.",
        ),
        Misconception(
            "same-hidden-neurons",
            network_shows(
                lambda seen: (
                    all(len(row.calls) == 3 for row in seen)
                    and all(row.calls[0][2] == row.calls[1][2] for row in seen)
                )
            ),
            "Your two hidden neurons say the same in every row, so the third learns nothing from the second "
            "of them. They must cut off different corners.",
        ),
        Misconception(
            "none-stays-silent",
            network_shows(lambda seen: results(seen) == (0, 0, 0, 1) and len(seen[0].calls) > 1),
            "For x = (0, 0) nobody says yes. A neuron for “none” must fire without any input: which sign "
            "has its bias?",
            "Logic with one neuron",
        ),
    ),
    well_done="No single neuron computes this table. Each hidden one draws a line of its own, and the "
    "last one puts the answers together.",
)

EXERCISES = (ON_PAPER, NEURON, BATCH, DISTANCE, GATE, NETWORK)
