"""Answers to the exercises of chapter 01: right ones, and a wrong one for each misconception.

Each answer is source code, as a learner writes it in the page; SETUP is what the page has defined by then.
"""

SETUP = """
import math
import numpy as np
import micrograd_lite as mg


def sigmoid(z):
    return 1 / (1 + np.exp(-z))
"""

NEURON = """
def my_neuron(w, x, b):
    if len(w) != len(x):
        raise ValueError("w and x differ in length")
    z = b
    for wi, xi in zip(w, x):
        z += wi * xi
    return 1 / (1 + math.exp(-z))
"""


def batch(line):
    return f"def my_batch(X, w, b):\n    return {line}\n"


def distance(line):
    return f"def my_distance(w, b, x):\n    return {line}\n"


def numbers(z=-5.0, a=0.0066929, distance=-1.0):
    return f'my_numbers = {{"z": {z}, "a": {a}, "distance": {distance}}}'


def gate(w1, w2, b):
    return f'my_gate = {{"w1": {w1}, "w2": {w2}, "b": {b}}}'


def network(*lines):
    return "def my_equal(fires, x1, x2):\n" + "".join(f"    {line}\n" for line in lines)


BOTH = "both = fires([1, 1], [x1, x2], -1.5)"
NONE = "none = fires([-1, -1], [x1, x2], 0.5)"

RIGHT = {
    "neuron-on-paper": [
        'my_numbers = {"z": -5, "a": 0.0067, "distance": -1}',
        "z = 3 * 2 + -4 * -1 + -15\n"
        'my_numbers = {"z": z, "a": sigmoid(z), "distance": z / math.hypot(3, -4)}',
    ],
    "neuron-neuron": [
        NEURON,
        """
def my_neuron(w, x, b):
    return float(sigmoid(sum(p * q for p, q in zip(w, x, strict=True)) + b))
""",
        "def my_neuron(w, x, b):\n    return sigmoid(np.array(w) @ np.array(x) + b)",
    ],
    "neuron-batch": [
        batch("sigmoid(X @ w + b)"),
        batch("1 / (1 + np.exp(-((X * w).sum(axis=1) + b)))"),
        batch("sigmoid(w @ X.T + b).tolist()"),
    ],
    "neuron-distance": [
        distance("(sum(p * q for p, q in zip(w, x)) + b) / math.hypot(*w)"),
        distance("(np.dot(w, x) + b) / np.linalg.norm(w)"),
    ],
    "neuron-gate": [gate(1, -1, -0.5), gate(2, -3, -1), gate(0.1, -0.1, 0)],
    "neuron-equal": [
        network(BOTH, NONE, "return fires([1, 1], [both, none], -0.5)"),
        network(
            "some = fires([1, 1], [x1, x2], -0.5)",
            "notboth = fires([-1, -1], [x1, x2], 1.5)",
            "xor = fires([1, 1], [some, notboth], -1.5)",
            "return fires([-1], [xor], 0.5)",
        ),
        network("a = fires([1, -1], (x1, x2), 0)", "return fires([-1, 1, -2], [x1, x2, a], 0.5) if 0 else "
                "fires([-1, -1], [a, fires([-1, 1], [x1, x2], 0)], 0.5)"),
    ],
}  # fmt: skip

WRONG = {
    "neuron-on-paper": {
        "bias-forgotten": numbers(10.0, 0.99995, 2.0),
        "bias-subtracted": numbers(25.0, 1.0, 5.0),
        "minus-times-minus": numbers(-13.0, 0.0, -2.6),
        "sigmoid-mirrored": numbers(a=0.99331),
        "a-is-the-verdict": numbers(a=0),
        "a-in-percent": numbers(a=0.67),
        "a-rounded-away": numbers(a=0.01),
        "distance-without-bias": numbers(distance=2),
        "distance-of-the-origin": numbers(distance=3),
        "distance-otherwise": numbers(distance=-5 / 25),
        "distance-not-divided": numbers(distance=-5),
        "length-by-adding": numbers(distance=-5 / 7),
        "distance-without-sign": numbers(distance=1),
    },
    "neuron-neuron": {
        "bias-in-the-loop": NEURON.replace("z = b", "z = 0").replace("wi * xi", "wi * xi + b"),
        "bias-forgotten": NEURON.replace("z = b", "z = 0"),
        "activation-forgotten": NEURON.replace("1 / (1 + math.exp(-z))", "z"),
        "sigmoid-mirrored": NEURON.replace("exp(-z)", "exp(z)"),
        "last-term-only": NEURON.replace("z += wi * xi", "z = wi * xi + b"),
        "first-term-only": NEURON.replace("    return 1", "        return 1"),
        "two-inputs-only": NEURON.replace("zip(w, x)", "zip(w[:2], x[:2])"),
        "sigmoid-of-each-term": "def my_neuron(w, x, b):\n"
        "    return sum(sigmoid(p * q) for p, q in zip(w, x, strict=True)) + b",
        "error-returned": NEURON.replace("raise ", "return "),
        "cut-short": "def my_neuron(w, x, b):\n    return sigmoid(sum(p * q for p, q in zip(w, x)) + b)",
    },
    "neuron-batch": {
        "weights-first": batch("sigmoid(w @ X + b)"),
        "not-added-up": batch("sigmoid(X * w + b)"),
        "wrong-axis": batch("sigmoid((X * w).sum(axis=0) + b)"),
        "a-column": batch("sigmoid(X @ w.reshape(-1, 1) + b)"),
        "activation-forgotten": batch("X @ w + b"),
        "bias-forgotten": batch("sigmoid(X @ w)"),
        "minus-for-half-of-z": batch("1 / (1 + np.exp(-X @ w + b))"),
        "verdicts": batch("X @ w + b > 0"),
        "loop": batch("np.array([sigmoid(w @ x + b) for x in X])"),
        "bias-after-the-activation": batch("sigmoid(X @ w) + b"),
    },
    "neuron-distance": {
        "not-divided": distance("np.dot(w, x) + b"),
        "without-sign": distance("abs(np.dot(w, x) + b) / math.hypot(*w)"),
        "bias-forgotten": distance("np.dot(w, x) / math.hypot(*w)"),
        "length-by-adding": distance("(np.dot(w, x) + b) / sum(abs(v) for v in w)"),
        "root-forgotten": distance("(np.dot(w, x) + b) / sum(v * v for v in w)"),
        "divided-by-x": distance("(np.dot(w, x) + b) / math.hypot(*x)"),
    },
    "neuron-gate": {
        "on-the-line": gate(1, -1, -1),
        "never": gate(1, -1, -2),
        "and": gate(1, 1, -1.5),
        "x2-ignored": gate(1, 0, -0.5),
        "inputs-exchanged": gate(-1, 1, -0.5),
        "everything-turned": gate(-1, 1, 0.5),
        "not-x2": gate(0, -1, 0.5),
    },
    "neuron-equal": {
        "no-neurons": network("return int(x1 == x2)"),
        "inputs-made-by-python": network("return fires([-1, -1, 2], [x1, x2, x1 * x2], 0.5)"),
        "output-is-and": network(BOTH, NONE, "return fires([1, 1], [both, none], -1.5)"),
        "none-stays-silent": network(
            BOTH, "none = fires([-1, -1], [x1, x2], 0)", "return fires([1, 1], [both, none], -0.5)"
        ),
        "one-neuron": network("return fires([1, 1], [x1, x2], -0.5)"),
        "weights-follow-the-input": network("w = 1 if x1 == x2 else -1", "return fires([w], [1], 0)"),
        "xor": network(BOTH, NONE, "return fires([-1, -1], [both, none], 0.5)"),
        "python-decides": network(BOTH, NONE, "return both or none"),
        "same-hidden-neurons": network(
            BOTH, "again = fires([2, 2], [x1, x2], -3)", "return fires([1, 1], [both, again], -0.5)"
        ),
    },
}
