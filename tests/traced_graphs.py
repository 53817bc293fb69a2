"""Graphs of Values that the tests of the trace and of its stepper walk through."""

import random

from micrograd_lite import Value, dot, sum_values


def named(value, label):
    value.label = label
    return value


def diamond():
    """a → b = 2a → c = 3b, d = 5b → e = c + d; de/da = 16."""
    a = Value(1.0, label="a")
    b = named(a * 2, "b")
    return named(named(b * 3, "c") + named(b * 5, "d"), "e")


def line():
    a, b, c, f = (Value(x, label=s) for s, x in {"a": 2.0, "b": -3.0, "c": 10.0, "f": -2.0}.items())
    return named(named(named(a * b, "e") + c, "d") * f, "L")


def everything():
    """One expression with every operation of the engine."""
    a, b, c = Value(0.5, label="a"), Value(-1.5, label="b"), Value(2.0, label="c")
    x = (a + b) * c - a / c + c**a + (a - 1) * 3 + 1 / c + 2**a + a**3 + (1 - b) / 4
    y = a.exp() + c.log() + b.tanh() + a.sigmoid() + c.relu() + b.relu() + b.leaky_relu() + (-a)
    return named(x * y + dot([a, b], [c, a], b) + sum_values([a, b, c, a]), "L")


def random_graph(seed, size=25):
    rng = random.Random(seed)
    pool = [Value(rng.uniform(-2, 2)) for _ in range(4)]
    while len(pool) < size:
        a, b = rng.choice(pool), rng.choice(pool[-5:])
        pool.append(rng.choice([lambda a, b: a + b, lambda a, b: a * b, lambda a, b: (a - b).tanh()])(a, b))
    return pool[-1]


def at(run, name):
    return next(n.index for n in run.nodes if n.name == name)


def final(run, name):
    return run.steps[-1].grads[at(run, name)]
