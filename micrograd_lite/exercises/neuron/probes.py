"""What the checks on the neuron look at."""

import numpy as np

from micrograd_lite.exercises.looking import Wrong, as_number, describe, filled_in, not_none

SETUP = """
import math
import numpy as np
import micrograd_lite as mg


def sigmoid(z):
    return 1 / (1 + np.exp(-z))
"""


def on_paper(my_numbers, note):
    formulas = {"z": "w1·x1 + w2·x2 + b", "a": "1 / (1 + e^(−z))", "distance": "z / |w|"}
    for name, value in filled_in(my_numbers, formulas).items():
        note.number(f"your {name}", value, within=2e-3)
        note.say(f"your {name}", f"your {name} is {value:.4g}, and {formulas[name]} gives another number")


def neuron(my_neuron, note):
    for w, x, b in (
        ([0.7, 0.2, -0.4, 1.1], [0.3, -0.6, 0.5, 0.2], -0.45),
        ([0.5, -1.0, 2.0], [1.0, 2.0, -0.5], 0.3),
        ([2.0], [3.0], -6.0),
    ):
        fact = f"for w = {w}, x = {x}, b = {b} your neuron's a"
        note[fact] = as_number(my_neuron(w, x, b), "what your function returns")
    for w, x in (([1.0], [1.0, 2.0]), ([1.0, 2.0], [1.0])):
        fact = f"what happens for w = {w}, x = {x}, which do not fit,"
        note[fact] = outcome(my_neuron, w, x)


def outcome(my_neuron, w, x):
    try:
        result = my_neuron(w, x, 0.0)
    except ValueError as error:
        return "a ValueError that says what is wrong" if str(error).strip() else "a ValueError without words"
    except Exception as error:
        return f"another error, {type(error).__name__}"
    if isinstance(result, ValueError):
        return "a ValueError that is returned, not raised"
    what = f"{result:.4g}" if isinstance(result, float) else describe(result)
    return f"that {'None' if result is None else what} is returned"


class Watched(np.ndarray):
    """An array that notes what somebody takes out of it one by one: rows, columns or single numbers."""

    def __iter__(self):
        self.take(0, *range(len(self)))
        return super().__iter__()

    def __getitem__(self, index):
        for axis, place in enumerate(index if isinstance(index, tuple) else (index,)):
            if isinstance(place, slice) and None not in (place.start, place.stop):
                place = place.start if place.stop - place.start == 1 else None
            if isinstance(place, (int, np.integer)):
                self.take(axis, place)
                break
        return super().__getitem__(index)

    def tolist(self):
        if self.ndim == 2:  # a list of rows has to be gone through
            self.take(0, *range(len(self)))
        return super().tolist()

    def take(self, axis, *places):
        turned = self.ndim == 2 and self.strides[0] < self.strides[1]
        what = "single numbers" if self.ndim < 2 else ("the rows of X", "the columns of X")[axis ^ turned]
        self.taken.update((what, place) for place in places)

    def __array_finalize__(self, other):
        self.taken = getattr(other, "taken", set())

    @property
    def looped(self):
        """What was taken more than once, in different places: one row alone is no loop."""
        seen = [what for what, _ in self.taken]
        return next((what for what in LOOPS if seen.count(what) > 1), "nothing")


LOOPS = ("the columns of X", "the rows of X", "single numbers")


def batch(my_batch, note):
    X = np.array([[0.5, -1.0, 2.0], [1.5, 0.2, -0.3], [-0.7, 0.9, 0.4], [0.0, 0.0, 0.0]])
    w, b = np.array([1.0, -2.0, 0.5]), 0.7
    for m in (3, 4, 1):  # 3 samples of 3 features first: a wrong axis runs through
        note[f"for {m} samples what you return"] = as_array_of_any_shape(my_batch(X[:m].copy(), w, b))
    rows = X.view(Watched)
    my_batch(rows, w, b)
    note["what your Python loop runs over"] = rows.looped


def as_array_of_any_shape(thing):
    try:
        return np.asarray(not_none(thing), dtype=np.float64)
    except (TypeError, ValueError):
        raise Wrong(
            f"your function should return an array of activations, and returns {describe(thing)}."
        ) from None


def distance(my_distance, note):
    for w, b, x in (
        ([2.0, -3.0, 6.0], -2.0, [4.0, 1.0, 3.0]),
        ([3.0, -4.0], 2.0, [1.0, 5.0]),
        ([0.3, -0.4], 0.2, [1.0, 5.0]),
        ([3.0, 4.0], -5.0, [3.0, -1.0]),
    ):
        fact = f"for w = {w}, b = {b}, x = {x} your distance"
        note[fact] = as_number(my_distance(w, b, x), "what your function returns")


ROWS = ((0, 0), (0, 1), (1, 0), (1, 1))


def gate(my_gate, note):
    g = filled_in(my_gate, ("w1", "w2", "b"))
    zs = [g["w1"] * x1 + g["w2"] * x2 + g["b"] for x1, x2 in ROWS]
    answers, wanted = [int(z > 0) for z in zs], [0, 0, 1, 0]
    alone = zs[2] == 0.0 and any(zs)
    note.holds("the corner (1, 0) is not on the line", not alone, "for x = (1, 0) your z is exactly 0")
    table = "what your neuron says for (0, 0), (0, 1), (1, 0), (1, 1)"
    note[table] = answers
    if answers != wanted:
        k = next(k for k in range(4) if answers[k] != wanted[k])
        says, should = ("yes", "no") if answers[k] else ("no", "yes")
        note.say(
            table, f"for x = {ROWS[k]} your z is {zs[k]:.4g}: the neuron says {says}, and should say {should}"
        )


class Neurons:
    """`fires` of the page, which notes each neuron that is asked: its weights, bias, inputs and output."""

    def __init__(self):
        self.asked = []

    def __call__(self, w, x, b):
        w, x, b = [float(v) for v in w], [float(v) for v in x], float(b)
        if len(w) != len(x):
            raise ValueError(f"fires: w has {len(w)} numbers and x has {len(x)}")
        if not set(x) <= {0.0, 1.0}:
            raise ValueError(f"fires: the inputs of a neuron are 0 or 1 here, got {x}")
        out = int(sum(p * q for p, q in zip(w, x, strict=True)) + b > 0)
        self.asked.append((w, b, x, out))
        return out


def equal(my_equal, note):
    results, asked, of_python = [], [], False
    for x1, x2 in ROWS:
        fires = Neurons()
        result = my_equal(fires, x1, x2)
        of_python |= isinstance(result, bool)  # of `not` or `==`: no neuron returns one
        results.append(as_number(int(result) if of_python else result, "what your function returns"))
        asked.append(fires.asked)
    note.holds("neurons are asked", any(asked), "no neuron was asked: build it from `fires(w, x, b)` alone")
    neurons = [[(w, b) for w, b, _, _ in row] for row in asked]
    longest = max(neurons, key=len)
    fixed = all(row == longest[: len(row)] for row in neurons)
    note.holds(
        "the weights are the same in all rows",
        fixed,
        "each neuron must have the same weights and bias for all four rows",
    )
    whole = fixed and all(row == longest for row in neurons)
    note.holds(
        "all neurons are asked in all rows",
        whole or not fixed,
        "in some rows you ask fewer neurons than in others, so Python decides there (an `if`, an `or`, an "
        "`and`): ask all of them in every row, and let the last one put them together",
    )
    note.holds(
        "inputs come from neurons",
        not whole or inputs_come_from_neurons(asked),
        "the inputs of a neuron are x1, x2, and outputs of neurons before it",
    )
    note.holds(
        "more than one neuron",
        len(longest) > 1 or not any(asked),
        "one neuron alone cannot do it: see the proof",
    )
    hidden = [tuple(out for *_, out in column) for column in zip(*asked, strict=False)][:-1]
    note.holds(
        "the hidden neurons differ",
        not whole or len(set(hidden)) == len(hidden),
        "two of your hidden neurons say the same in every row, so the second of them adds nothing",
    )
    note["your answers for (0, 0), (0, 1), (1, 0), (1, 1)"] = results
    note.holds(
        "the last neuron answers",
        not of_python
        and all(row and row[-1][3] == result for row, result in zip(asked, results, strict=True)),
        "what you return must be the output of your last neuron",
    )


def inputs_come_from_neurons(asked):
    """Whether each input is x1, x2, a constant or an earlier neuron's output: known by its four values."""
    known = {tuple(float(v) for v in column) for column in zip(*ROWS, strict=True)} | {(0.0,) * 4, (1.0,) * 4}
    for column in zip(*asked, strict=True):  # one neuron in the four rows
        if not set(zip(*(x for _, _, x, _ in column), strict=True)) <= known:
            return False
        known.add(tuple(float(out) for *_, out in column))
    return True
