"""A tiny GPT on single numbers, and the barest Value that can train it: what `engine.py` measures against.

Both are in the manner of Andrej Karpathy's microgpt: every number of the network is a Value, and one document
is a step. `PlainValue` checks nothing and names nothing: it shows what the engine's checks and names cost.
"""

import math
import random
import time

WIDTH, HEADS, LETTERS, LONGEST = 16, 4, 27, 16
END = LETTERS - 1


class PlainValue:
    """A number with its inputs and local derivatives, and no more than a GPT needs of it."""

    __slots__ = ("data", "grad", "inputs", "slopes")

    def __init__(self, data, inputs=(), slopes=()):
        self.data = data
        self.grad = 0
        self.inputs = inputs
        self.slopes = slopes

    def __add__(self, other):
        other = other if isinstance(other, PlainValue) else PlainValue(other)
        return PlainValue(self.data + other.data, (self, other), (1, 1))

    def __mul__(self, other):
        other = other if isinstance(other, PlainValue) else PlainValue(other)
        return PlainValue(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, p):
        return PlainValue(self.data**p, (self,), (p * self.data ** (p - 1),))

    def exp(self):
        e = math.exp(self.data)
        return PlainValue(e, (self,), (e,))

    def log(self):
        return PlainValue(math.log(self.data), (self,), (1 / self.data,))

    def relu(self):
        return PlainValue(max(0, self.data), (self,), (float(self.data > 0),))

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + (-other)

    def __truediv__(self, other):
        return self * other**-1

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for below in node.inputs:
                    visit(below)
                order.append(node)

        visit(self)
        self.grad = 1
        for node in reversed(order):
            for below, slope in zip(node.inputs, node.slopes):
                below.grad += slope * node.grad


def matrices(Value, seed=42):
    """The network's tables of Values, by name; rows are outputs."""
    rng = random.Random(seed)
    shapes = {"letter": (LETTERS, WIDTH), "place": (LONGEST, WIDTH), "out": (LETTERS, WIDTH)}
    shapes |= {name: (WIDTH, WIDTH) for name in ("query", "key", "value", "mix")}
    shapes |= {"up": (4 * WIDTH, WIDTH), "down": (WIDTH, 4 * WIDTH)}
    return {
        name: [[Value(rng.gauss(0, 0.08)) for _ in range(columns)] for _ in range(rows)]
        for name, (rows, columns) in shapes.items()
    }


def times(matrix, x):
    return [sum(w * v for w, v in zip(row, x)) for row in matrix]


def plus(x, y):
    return [a + b for a, b in zip(x, y)]


def shares(scores):
    """Softmax, from one Value and number to the next."""
    top = max(score.data for score in scores)
    powers = [(score - top).exp() for score in scores]
    total = sum(powers)
    return [power / total for power in powers]


def scaled(x):
    """x divided by the root of its mean square."""
    factor = (sum(v * v for v in x) / len(x) + 1e-5) ** -0.5
    return [v * factor for v in x]


def scores_of_next(m, letter, place, keys, values):
    """One letter through attention and two layers: a score for each letter that may follow."""
    x = scaled(plus(m["letter"][letter], m["place"][place]))
    before, x = x, scaled(x)
    query = times(m["query"], x)
    keys.append(times(m["key"], x))
    values.append(times(m["value"], x))
    size, found = WIDTH // HEADS, []
    for h in range(0, WIDTH, size):
        part = range(h, h + size)
        weights = shares([sum(query[i] * key[i] for i in part) / size**0.5 for key in keys])
        found += [sum(w * value[i] for w, value in zip(weights, values)) for i in part]
    x = plus(times(m["mix"], found), before)
    hidden = [v.relu() for v in times(m["up"], scaled(x))]
    return times(m["out"], plus(times(m["down"], hidden), x))


def train(Value, clock=time.process_time, steps=10, length=8):
    """Seconds for each step (forward, backward, Adam, release), and the losses; words of random letters."""
    m = matrices(Value)
    parameters = [p for matrix in m.values() for row in matrix for p in row]
    first, second = [0.0] * len(parameters), [0.0] * len(parameters)
    rng, losses, seconds = random.Random(1337), [], []
    for t in range(1, steps + 1):
        word = [END, *(rng.randrange(END) for _ in range(length - 1)), END]
        start = clock()
        keys, values, errors = [], [], []
        for place in range(length):
            probabilities = shares(scores_of_next(m, word[place], place, keys, values))
            errors.append(-probabilities[word[place + 1]].log())
        loss = (1 / length) * sum(errors)
        loss.backward()
        for i, p in enumerate(parameters):
            g = p.grad
            first[i] = 0.85 * first[i] + 0.15 * g
            second[i] = 0.99 * second[i] + 0.01 * g * g
            p.data -= 0.01 * first[i] / (1 - 0.85**t) / ((second[i] / (1 - 0.99**t)) ** 0.5 + 1e-8)
            p.grad = 0
        losses.append(loss.data)
        del loss, errors, probabilities, keys, values
        seconds.append(clock() - start)
    return seconds, losses
