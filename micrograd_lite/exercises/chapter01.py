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
    expect,
)


def weighted_sum(w, x, b):
    return sum(wi * xi for wi, xi in zip(w, x, strict=True)) + b


def sigma(z):
    return (1.0 + math.tanh(z / 2.0)) / 2.0


def filled_in(answer, names):
    """The entries of an answer that is a dict of numbers. Raises Wrong where one is missing."""
    if not isinstance(answer, dict):
        raise Wrong(
            f"the answer is a dict with the keys {', '.join(names)}, and yours is {describe(answer)}."
        )
    for name in names:
        if answer.get(name) is None or answer[name] is ...:
            raise Wrong(f'"{name}" is still missing: fill in `"{name}": …`.')
    got = {name: as_number(answer[name], f'"{name}"') for name in names}
    for name, value in got.items():
        if not math.isfinite(value):
            raise Wrong(f'"{name}" should be a finite number, and is {value}.')
    return got


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


def paper_shows(name, *values):
    """A detector: this entry has a value that the mistake leads to."""
    return lambda answer: any(close(filled_in(answer, PAPER)[name], value, 1e-3) for value in values)


ON_PAPER = Exercise(
    id="ex01-on-paper",
    name="my_numbers",
    title="A neuron on paper",
    stars=1,
    section="What a neuron computes",
    stub='my_numbers = {"z": ..., "a": ..., "distance": ...}',
    properties=paper_properties,
    misconceptions=(
        Misconception(
            name="bias-forgotten",
            shows=paper_shows("z", 10.0),
            message="Your z is w · x without the bias. The bias is part of z: here it takes 15 away.",
            section="What a neuron computes",
        ),
        Misconception(
            name="bias-subtracted",
            shows=paper_shows("z", 25.0),
            message="You subtracted the bias. It is added, with its sign: adding −15 takes 15 away.",
            section="What a neuron computes",
        ),
        Misconception(
            name="minus-times-minus",
            shows=paper_shows("z", -13.0),
            message="A sign was lost: (−4) · (−1) is +4. A negative weight on a negative input is a vote "
            "for.",
            section="What a neuron computes",
        ),
        Misconception(
            name="sigmoid-mirrored",
            shows=paper_shows("a", sigma(5.0)),
            message="Your a is σ(+5). With z = −5 the power is e^(−z) = e^5, which is large, so a is small.",
            section="What a neuron computes",
        ),
        Misconception(
            name="a-is-the-verdict",
            shows=lambda answer: filled_in(answer, PAPER)["a"] == 0.0,
            message="You gave the verdict, no, as a 0. The activation a itself is a number between 0 and 1, "
            "close to 0 and never equal to it.",
            section="What a neuron computes",
        ),
        Misconception(
            name="a-in-percent",
            shows=lambda answer: abs(filled_in(answer, PAPER)["a"] - 100.0 * PAPER["a"]) < 0.006,
            message="Your a looks like a percentage. The activation is the number between 0 and 1 "
            "itself: divide by 100.",
            section="What a neuron computes",
        ),
        Misconception(
            name="a-rounded-away",
            shows=lambda answer: filled_in(answer, PAPER)["a"] == 0.01,
            message="0.01 is a rounded to two digits after the point, half as large again as a itself. "
            "Give four digits.",
            section="What a neuron computes",
        ),
        Misconception(
            name="distance-without-bias",
            shows=paper_shows("distance", 2.0, -2.0),
            message="Your distance is w · x over |w|, without the bias. Divide the whole z.",
            section="How far is a point from the line?",
        ),
        Misconception(
            name="distance-of-the-origin",
            shows=paper_shows("distance", 3.0, -3.0),
            message="3 is |b| / |w|, how far the origin is from the line. Your point is x = (2, −1).",
            section="How far is a point from the line?",
        ),
        Misconception(
            name="distance-not-divided",
            shows=paper_shows("distance", -5.0, 5.0),
            message="Your distance is z itself. z grows with the length of w; divide by |w|, which is 5 "
            "here.",
            section="How far is a point from the line?",
        ),
        Misconception(
            name="length-by-adding",
            shows=paper_shows("distance", -5.0 / 7.0, 5.0 / 7.0),
            message="You divided by 3 + 4. The length of w is √(3² + 4²).",
            section="How far is a point from the line?",
        ),
        Misconception(
            name="distance-without-sign",
            shows=paper_shows("distance", 1.0),
            message="The size is right. The sign tells the side: z is negative, so the point lies on the "
            "“no” "
            "side of the line.",
            section="How far is a point from the line?",
        ),
        Misconception(
            name="distance-otherwise",
            shows=lambda answer: (
                [close(value, PAPER[name], 1e-3) for name, value in filled_in(answer, PAPER).items()]
                == [True, True, False]
            ),
            message="z and a are right, the distance is not: divide z by the length of w.",
            section="How far is a point from the line?",
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
    id="ex01-neuron",
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
            name="bias-in-the-loop",
            shows=neuron_shows(Z3 + 2 * B3),
            message="The bias is added once for every input. It belongs to the neuron: add it once, "
            "outside of "
            "the loop.",
            section="Loop, dot product, batch",
        ),
        Misconception(
            name="bias-forgotten",
            shows=neuron_shows(Z3 - B3),
            message="The bias is missing: your neuron computes σ(w·x).",
            section="What a neuron computes",
        ),
        Misconception(
            name="activation-forgotten",
            shows=lambda answer: close(neuron_at(answer), Z3),
            message="You return z. The neuron's output is a = σ(z), a number between 0 and 1.",
            section="What a neuron computes",
        ),
        Misconception(
            name="sigmoid-mirrored",
            shows=neuron_shows(-Z3),
            message="You return σ(−z): the sign in the exponent is turned. It is e to the power of minus z.",
            section="What a neuron computes",
        ),
        Misconception(
            name="last-term-only",
            shows=neuron_shows(W3[-1] * X3[-1] + B3),
            message="Only the last input counts: `=` overwrites the sum in each turn of the loop, `+=` "
            "adds to it.",
            section="Loop, dot product, batch",
        ),
        Misconception(
            name="first-term-only",
            shows=neuron_shows(W3[0] * X3[0] + B3),
            message="Only the first input counts. Does the `return` stand inside the loop?",
            section="Loop, dot product, batch",
        ),
        Misconception(
            name="two-inputs-only",
            shows=neuron_shows(W3[0] * X3[0] + W3[1] * X3[1] + B3),
            message="Only the first two inputs count. Make a loop over all of them: a neuron may have any "
            "number.",
            section="Loop, dot product, batch",
        ),
        Misconception(
            name="sigmoid-of-each-term",
            shows=lambda answer: close(
                neuron_at(answer), sum(sigma(wi * xi) for wi, xi in zip(W3, X3, strict=True)) + B3
            ),
            message="You apply σ to each product. Add up first, bias included: σ is applied once, to z.",
            section="What a neuron computes",
        ),
        Misconception(
            name="error-returned",
            shows=lambda answer: isinstance(answer([1.0], [1.0, 2.0], 0.0), ValueError),
            message="You `return` the ValueError, so the program goes on with it as if it were a "
            "result. Write `raise ValueError(…)`.",
            section="Break it",
        ),
        Misconception(
            name="cut-short",
            shows=lambda answer: (
                close(neuron_at(answer), sigma(Z3))
                and not all(refuses(answer, w, x) for w, x in (([1.0], [1.0, 2.0]), ([1.0, 2.0], [1.0])))
            ),
            message="The number is right. But where w is shorter than x, or longer, your neuron leaves "
            "numbers out and says nothing: the bug of the break-it lab.",
            section="Break it",
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

    got = answer(X.copy(), w.copy(), b)
    if got is None:
        raise Wrong("your function returns None. Is a `return` missing?")
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
    id="ex01-batch",
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
            name="weights-first",
            shows=batch_transposed,
            message="`w @ X` multiplies the weights with the rows of X, as if a row were a feature. A row "
            "is a "
            "sample: write `X @ w`. (With as many samples as features no error warns you.)",
            section="Loop, dot product, batch",
        ),
        Misconception(
            name="not-added-up",
            shows=batch_shows(lambda p: batch_sigma(p.np, p.X * p.w + p.b)),
            message="`X * w` multiplies entry by entry and leaves the products side by side, shape (m, n). "
            "The "
            "neuron adds them up: `X @ w`.",
            section="Loop, dot product, batch",
        ),
        Misconception(
            name="wrong-axis",
            shows=batch_shows(lambda p: batch_sigma(p.np, (p.X * p.w).sum(axis=0) + p.b)),
            message="You added up over the samples (axis 0) and got a number for each feature. The sum "
            "runs over "
            "the features, axis 1.",
            section="Loop, dot product, batch",
        ),
        Misconception(
            name="a-column",
            shows=batch_shows(lambda p: batch_sigma(p.np, p.X @ p.w + p.b)[:, None]),
            message="The numbers are right, in a table of shape (m, 1). One neuron gives one number for each "
            "sample, shape (m,): with w of shape (n,), `X @ w` has it.",
            section="Loop, dot product, batch",
        ),
        Misconception(
            name="activation-forgotten",
            shows=batch_shows(lambda p: p.X @ p.w + p.b),
            message="You return z. The activations are σ(z), entry by entry.",
            section="What a neuron computes",
        ),
        Misconception(
            name="bias-forgotten",
            shows=batch_shows(lambda p: batch_sigma(p.np, p.X @ p.w)),
            message="The bias is missing: add b to every z, before σ.",
            section="What a neuron computes",
        ),
        Misconception(
            name="minus-for-half-of-z",
            shows=batch_shows(lambda p: batch_sigma(p.np, p.X @ p.w - p.b)),
            message="The minus of e^(−z) reaches X @ w only, and b keeps its sign. Put z in brackets, "
            "`-(X @ w + b)`, or use `sigmoid`.",
            section="What a neuron computes",
        ),
        Misconception(
            name="verdicts",
            shows=batch_shows(lambda p: (p.X @ p.w + p.b > 0).astype(float)),
            message="You return the verdicts, yes or no. The activations are the numbers σ(z) between "
            "0 and 1.",
            section="What a neuron computes",
        ),
        Misconception(
            name="loop",
            shows=lambda answer: (
                batch_shows(lambda p: batch_sigma(p.np, p.X @ p.w + p.b))(answer) and batch_loops(answer)
            ),
            message="The numbers are right, and a Python loop takes the samples one by one. `X @ w` "
            "does them all in one call.",
            section="Which one is fast?",
        ),
        Misconception(
            name="bias-after-the-activation",
            shows=batch_shows(lambda p: batch_sigma(p.np, p.X @ p.w) + p.b),
            message="You add the bias after σ, so results can leave the range from 0 to 1. It belongs into "
            "z: "
            "σ(X @ w + b).",
            section="What a neuron computes",
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
    id="ex01-distance",
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
            name="not-divided",
            shows=distance_shows(-15.0),
            message="You return z. Double w and b: the line stays where it is and z doubles. Divide by |w|.",
            section="How far is a point from the line?",
        ),
        Misconception(
            name="without-sign",
            shows=distance_shows(3.0),
            message="The size is right and the side is lost: keep the sign of z.",
            section="How far is a point from the line?",
        ),
        Misconception(
            name="bias-forgotten",
            shows=distance_shows(-17.0 / 5.0),
            message="You left b out. That measures the distance to the parallel line through the origin.",
            section="A neuron is a line",
        ),
        Misconception(
            name="length-by-adding",
            shows=distance_shows(-15.0 / 7.0, 15.0),
            message="The length of w is not the sum of its entries: |w| = √(w₁² + w₂² + …).",
            section="How far is a point from the line?",
        ),
        Misconception(
            name="root-forgotten",
            shows=distance_shows(-15.0 / 25.0),
            message="You divided by |w|², the sum of the squares. Take its square root.",
            section="How far is a point from the line?",
        ),
        Misconception(
            name="divided-by-x",
            shows=distance_shows(-15.0 / math.hypot(*FAR_X)),
            message="You divided by the length of x. The unit in which z counts is 1 / |w|.",
            section="How far is a point from the line?",
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
    id="ex01-gate",
    name="my_gate",
    title="A gate of your own",
    stars=2,
    section="Logic with one neuron",
    stub='my_gate = {"w1": ..., "w2": ..., "b": ...}',
    properties=gate_properties,
    misconceptions=(
        Misconception(
            name="on-the-line",
            shows=lambda answer: gate_table(answer) == (0, 0, 0, 0) and gate_z(answer)[2] == 0.0,
            message="For x = (1, 0) your z is exactly 0: the corner lies on the line, and z = 0 does not "
            "count as "
            "yes. Shift the line with b.",
            section="A neuron is a line",
        ),
        Misconception(
            name="never",
            shows=gate_is(0, 0, 0, 0),
            message="Your neuron never says yes. Its bias is too low: w₁ alone must be able to lift z "
            "above 0.",
            section="Logic with one neuron",
        ),
        Misconception(
            name="and",
            shows=gate_is(0, 0, 0, 1),
            message="That is AND: x₂ = 1 counts for yes. It should count against it: which sign has its "
            "weight?",
            section="Logic with one neuron",
        ),
        Misconception(
            name="x2-ignored",
            shows=gate_is(0, 0, 1, 1),
            message="Your neuron repeats x₁. The weight of x₂ must be negative enough to outvote x₁.",
            section="Logic with one neuron",
        ),
        Misconception(
            name="inputs-exchanged",
            shows=gate_is(0, 1, 0, 0),
            message="That is “x₂ and not x₁”: the two weights have changed places.",
            section="Logic with one neuron",
        ),
        Misconception(
            name="everything-turned",
            shows=gate_is(1, 1, 0, 1),
            message="That is the opposite of what was asked. Turn all three signs, as from AND to NAND "
            "(and watch "
            "that no corner lies on the line).",
            section="Logic with one neuron",
        ),
        Misconception(
            name="not-x2",
            shows=gate_is(1, 0, 1, 0),
            message="That is NOT x₂: with no input at all, x = (0, 0), the bias alone says yes. It must be "
            "0 or less.",
            section="Logic with one neuron",
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
    id="ex01-equal",
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
            name="no-neurons",
            shows=network_shows(
                lambda seen: not any(row.calls for row in seen) and results(seen) == (1, 0, 0, 1)
            ),
            message="Python's own logic did it, no neuron was asked. Build it from `fires(w, x, b)` alone.",
            section="Three neurons can",
        ),
        Misconception(
            name="inputs-made-by-python",
            shows=network_shows(computed_outside),
            message="Python computed an input of a neuron. A neuron may see `x1`, `x2` and what `fires` "
            "returned, and nothing made from them in another way.",
            section="Three neurons can",
        ),
        Misconception(
            name="one-neuron",
            shows=network_shows(
                lambda seen: all(len(row.calls) == 1 for row in seen) and not weights_vary(seen)
            ),
            message="One neuron is not enough: the proof for XOR, with all signs turned, holds here too. "
            "Let two "
            "neurons look at the inputs, and a third one at their outputs.",
            section="The proof",
        ),
        Misconception(
            name="output-is-and",
            shows=network_shows(
                lambda seen: (
                    not any(results(seen))
                    and not weights_vary(seen)
                    and len(seen[0].calls) == 3
                    and {tuple(row.calls[k][2] for row in seen) for k in (0, 1)}
                    == {(0, 0, 0, 1), (1, 0, 0, 0)}
                )
            ),
            message="Your hidden neurons are right, “both” and “none”. They never say yes together, so "
            "an AND of them stays silent: the last neuron needs at least one.",
            section="Logic with one neuron",
        ),
        Misconception(
            name="weights-follow-the-input",
            shows=network_shows(weights_vary),
            message="Your weights depend on x1 and x2, so an `if` decides and not the neurons. Use the "
            "same weights "
            "and biases for all four rows.",
            section="Three neurons can",
        ),
        Misconception(
            name="xor",
            shows=network_shows(lambda seen: results(seen) == (0, 1, 1, 0)),
            message="That is XOR, the opposite. Which gate in place of the last AND turns its answer round?",
            section="Three neurons can",
        ),
        Misconception(
            name="python-decides",
            shows=network_shows(lambda seen: results(seen) == (1, 0, 0, 1) and decides_outside(seen)),
            message="The table is right, but Python puts the outputs of your neurons together. The last "
            "step must "
            "be a neuron too, and its output is what you return.",
            section="Three neurons can",
        ),
        Misconception(
            name="same-hidden-neurons",
            shows=network_shows(
                lambda seen: (
                    all(len(row.calls) == 3 for row in seen)
                    and all(row.calls[0][2] == row.calls[1][2] for row in seen)
                )
            ),
            message="Your two hidden neurons say the same in every row, so the third learns nothing from the "
            "second of them. They must cut off different corners.",
            section="Three neurons can",
        ),
        Misconception(
            name="none-stays-silent",
            shows=network_shows(lambda seen: results(seen) == (0, 0, 0, 1) and len(seen[0].calls) > 1),
            message="For x = (0, 0) nobody says yes. A neuron for “none” must fire without any input: "
            "which sign has its bias?",
            section="Logic with one neuron",
        ),
    ),
    well_done="No single neuron computes this table. Each hidden one draws a line of its own, and the "
    "last one puts the answers together.",
)

EXERCISES = (ON_PAPER, NEURON, BATCH, DISTANCE, GATE, NETWORK)
