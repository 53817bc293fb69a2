"""Answers to the exercises of the first edition: right ones, and a wrong one for each misconception.

Each answer is source code, as a learner writes it in the page; SETUP is what the page has defined by then.
"""

from micrograd_lite.exercises.first_edition.micrograd import EXERCISES

SETUP = """
import math
import random
import micrograd_lite as mg
from micrograd_lite import losses, optim
import numpy as np


class Value:  # the lesson's own class, as it stands at the end of the lesson
    def __init__(self, data, _children=(), _op="", label=""):
        self.data, self.grad, self.label = data, 0.0, label
        self._prev, self._op = tuple(_children), _op
        self._backward = lambda: None

    def __repr__(self):
        return f"Value(data={self.data:.4g}, grad={self.grad:.4g})"


def wrap(x):
    return x if isinstance(x, Value) else Value(x)


def add(self, other):
    other = wrap(other)
    out = Value(self.data + other.data, (self, other), "+")

    def _backward():
        self.grad += out.grad * 1.0
        other.grad += out.grad * 1.0

    out._backward = _backward
    return out


def multiply(self, other):
    other = wrap(other)
    out = Value(self.data * other.data, (self, other), "*")

    def _backward():
        self.grad += out.grad * other.data
        other.grad += out.grad * self.data

    out._backward = _backward
    return out


def power(self, n):
    out = Value(self.data**n, (self,), f"**{n}")

    def _backward():
        self.grad += out.grad * n * self.data ** (n - 1)

    out._backward = _backward
    return out


Value.__add__ = Value.__radd__ = add
Value.__mul__ = Value.__rmul__ = multiply
Value.__pow__ = power
Value.__neg__ = lambda self: self * -1
Value.__sub__ = lambda self, other: self + (-wrap(other))
Value.__rsub__ = lambda self, other: wrap(other) + (-self)
Value.__truediv__ = lambda self, other: self * wrap(other) ** -1
Value.__rtruediv__ = lambda self, other: wrap(other) * self**-1
"""

DIVIDE = """
def my_divide(a, b):
    out = Value(a.data / b.data, (a, b), "/")

    def _backward():
        {a}
        {b}

    out._backward = _backward
    return out
"""
A_RIGHT, B_RIGHT = "a.grad += out.grad / b.data", "b.grad += -out.grad * a.data / b.data**2"

STEP = """
def my_step(model, xs, ys, lr):
    loss = sum((model(x) - y) ** 2 for x, y in zip(xs, ys)) / len(xs)
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data -= lr * p.grad
    return loss.data
"""

GRADIENT = """
def my_gradient(f, xs, h=1e-5):
    slopes = []
    for i in range(len(xs)):
        up, down = list(xs), list(xs)
        up[i] += h
        down[i] -= h
        slopes.append((f(up) - f(down)) / (2 * h))
    return slopes
"""
IN_PLACE = """
def my_gradient(f, xs, h=1e-5):
    slopes = []
    for i in range(len(xs)):
        up = xs
        up[i] += h
        f_up = f(up)
        down = xs
        down[i] -= h
        slopes.append((f_up - f(down)) / (2 * h))
    return slopes
"""

SOFTPLUS = """
def my_softplus(x):
    e = math.exp(x.data)
    return mg.Value(math.log(1 + e), (x,), "softplus", _local_grads=(e / (1 + e),))
"""

ORDER = """
def my_order(root):
    order, met, stack = [], set(), [(root, False)]
    while stack:
        v, inputs_done = stack.pop()
        if inputs_done:
            order.append(v)
        elif v not in met:
            met.add(v)
            stack.append((v, True))
            stack.extend((p, False) for p in v._prev)
    return order
"""
RECURSIVE = """
def my_order(root):
    order, met = [], set()

    def visit(v):
        if v not in met:
            met.add(v)
            for p in v._prev:
                visit(p)
            order.append(v)

    visit(root)
    return order
"""

L2 = """
def my_l2(model, strength):
    total = mg.Value(0.0)
    for layer in model.layers:
        for n in layer.neurons:
            for w in n.w:
                total = total + w**2
    return strength * total
"""

PER_SAMPLE = """
def my_step(model, xs, ys, lr):
    total = 0.0
    for x, y in zip(xs, ys):
        loss = (model(x) - y) ** 2 / len(xs)
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= lr * p.grad
        total += loss.data
    return total
"""

TAPE = next(e.stub for e in EXERCISES if e.id == "micrograd-planted-bug")
MENDED = TAPE.replace("1.0 - self.data[i] ** 2", "1.0 - math.tanh(self.data[i]) ** 2")

RIGHT = {
    "micrograd-chain-rule": [
        'my_gradients = {"a": -2, "b": 9, "c": 3}',
        """
a, b, c = 3.0, -2.0, 10.0
u = a * b
v = u + c
dL_dv = a
my_gradients = {"c": dL_dv, "b": dL_dv * a, "a": v + dL_dv * b}
""",
        """
a, b, c = mg.Value(3.0), mg.Value(-2.0), mg.Value(10.0)
(a * (a * b + c)).backward()
my_gradients = {"a": a.grad, "b": b.grad, "c": c.grad}
""",
        'my_gradients = {"a": mg.Value(-2.0), "b": Value(9.0), "c": Value(3)}',
    ],
    "micrograd-gradient-check": [
        """
def my_gradient(f, xs, h=1e-5):
    slopes = []
    for i in range(len(xs)):
        up, down = list(xs), list(xs)
        up[i] += h
        down[i] -= h
        slopes.append((f(up) - f(down)) / (2 * h))
    return slopes
""",
        """
def my_gradient(f, xs, h=1e-5):
    slopes = ()
    for i, x in enumerate(xs):
        xs[i] = x + h
        up = f(xs)
        xs[i] = x - h
        slopes += ((up - f(xs)) / h / 2,)
        xs[i] = x
    return slopes
""",
        """
def my_gradient(f, xs, h=1e-5):
    def moved(i, step):
        return [x + step * (i == j) for j, x in enumerate(xs)]

    def central(i, h):
        return (f(moved(i, h)) - f(moved(i, -h))) / (2 * h)

    return [(4 * central(i, h / 2) - central(i, h)) / 3 for i in range(len(xs))]  # Richardson: better still
""",
        GRADIENT.replace("return slopes", "return np.array(slopes)"),
        """
def my_gradient(f, xs, h=1e-5):
    steps = h * np.eye(len(xs))
    return np.array([(f(xs + step) - f(xs - step)) / (2 * h) for step in steps])
""",
    ],
    "micrograd-softplus": [
        """
def my_softplus(x):
    e = math.exp(x.data)
    return mg.Value(math.log(1 + e), (x,), "softplus", _local_grads=(e / (1 + e),))
""",
        """
def my_softplus(x):
    slope = 1 / (1 + math.exp(-x.data))
    number = max(x.data, 0.0) + math.log1p(math.exp(-abs(x.data)))
    return mg.Value(number, [x], _op="sp", _local_grads=[slope])
""",
    ],
    "micrograd-backward": [
        """
def my_divide(a, b):
    out = Value(a.data / b.data, (a, b), "/")

    def _backward():
        a.grad += out.grad / b.data
        b.grad += -out.grad * a.data / b.data**2

    out._backward = _backward
    return out
""",
        """
def my_divide(a, b):
    quotient = a.data / b.data
    out = Value(quotient, [a, b], "/")

    def rule():
        b.grad = b.grad - quotient / b.data * out.grad
        a.grad = a.grad + out.grad * b.data**-1

    out._backward = rule
    return out
""",
        DIVIDE.format(a=A_RIGHT, b=B_RIGHT).replace(
            "    out = Value(", "    a, b = wrap(a), wrap(b)\n    out = Value("
        ),
        DIVIDE.format(a=A_RIGHT, b=B_RIGHT).replace(
            "    out = Value(", "    if not isinstance(b, Value):\n        b = Value(b)\n    out = Value("
        ),
    ],
    "micrograd-topological-sort": [
        ORDER,
        """
def my_order(root):  # with a stack, inputs from right to left: another valid order
    order, met, stack = [], set(), [(root, False)]
    while stack:
        v, inputs_done = stack.pop()
        if inputs_done:
            order.append(v)
        elif id(v) not in met:
            met.add(id(v))
            stack.append((v, True))
            stack.extend((p, False) for p in v._prev)
    return order
""",
        """
def my_order(root):  # Kahn's algorithm: take away what nothing waits for
    users, todo = {root: 0}, [root]
    inputs = {}
    while todo:
        v = todo.pop()
        inputs[v] = v._prev
        for p in inputs[v]:
            if p not in users:
                users[p] = 0
                todo.append(p)
            users[p] += 1
    order, free = [], [root]
    while free:
        v = free.pop()
        order.append(v)
        for p in inputs[v]:
            users[p] -= 1
            if not users[p]:
                free.append(p)
    return tuple(reversed(order))
""",
    ],
    "micrograd-l2": [
        """
def my_l2(model, strength):
    return strength * sum(w**2 for layer in model.layers for neuron in layer.neurons for w in neuron.w)
""",
        """
def my_l2(model, strength):
    biases = {neuron.b for layer in model.layers for neuron in layer.neurons}
    return losses.l2([p for p in model.parameters() if p not in biases]) * strength
""",
        """
def my_l2(model, strength):
    total = mg.Value(0.0)
    for layer in model.layers:
        for neuron in layer.neurons:
            for w in neuron.w:
                total = total + w * w * strength
    return total
""",
    ],
    "micrograd-planted-bug": [
        TAPE.replace("1.0 - self.data[i] ** 2", "1.0 - math.tanh(self.data[i]) ** 2"),
        TAPE.replace("1.0 - self.data[i] ** 2", "math.cosh(self.data[i]) ** -2"),
        TAPE.replace(
            "        return self.write(math.tanh(self.data[i]), (i, 1.0 - self.data[i] ** 2))",
            "        t = math.tanh(self.data[i])\n        return self.write(t, (i, (1 - t) * (1 + t)))",
        ),
    ],
    "micrograd-training-step": [
        STEP,
        """
def my_step(model, xs, ys, lr):
    optimizer = optim.SGD(model.parameters(), lr=lr)
    loss = losses.mse([model(x) for x in xs], ys)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss
""",
        """
def my_step(model, xs, ys, lr):
    for p in model.parameters():
        p.grad = 0.0
    total = 0.0
    for x, y in zip(xs, ys):  # a graph for each sample; the gradients add up
        error = (model(x) - y) ** 2 / len(xs)
        error.backward()
        total += error.data
    for p in model.parameters():
        p.data = p.data - lr * p.grad
    return total
""",
    ],
}

WRONG = {
    "micrograd-chain-rule": {
        "one-path": 'my_gradients = {"a": -6.0, "b": 9.0, "c": 3.0}',
        "sign-lost": 'my_gradients = {"a": 10.0, "b": 9.0, "c": 3.0}',
        "factors-swapped": 'my_gradients = {"a": 13.0, "b": -6.0, "c": 3.0}',
        "upstream-forgotten": 'my_gradients = {"a": 2.0, "b": 3.0, "c": 1.0}',
        "upstream-forgotten-at-b": 'my_gradients = {"a": -2, "b": 3, "c": 3}',
        "upstream-forgotten-at-a": 'my_gradients = {"a": 2, "b": 9, "c": 3}',
    },
    "micrograd-gradient-check": {
        "f-takes-the-list": GRADIENT.replace("f(up) - f(down)", "f(xs[i] + h) - f(xs[i] - h)"),
        "one-slope-short": GRADIENT.replace("range(len(xs))", "range(len(xs) - 1)"),
        "second-name": IN_PLACE,
        "copies-outside-the-loop": GRADIENT.replace("        up, down = list(xs), list(xs)\n", "").replace(
            "    slopes = []\n", "    slopes, up, down = [], list(xs), list(xs)\n"
        ),
        "multiplied-by-h": GRADIENT.replace("(2 * h)", "2*h"),
        "wrong-way-round": GRADIENT.replace("f(up) - f(down)", "f(down) - f(up)"),
        "h-ignored": GRADIENT.replace("    slopes = []\n", "    slopes, h = [], 1e-5\n"),
        "single-number": """
def my_gradient(f, xs, h=1e-5):
    for i in range(len(xs)):
        up, down = list(xs), list(xs)
        up[i] += h
        down[i] -= h
        return (f(up) - f(down)) / (2 * h)
""",
        "nudge-left-in": """
def my_gradient(f, xs, h=1e-5):
    slopes = []
    for i in range(len(xs)):
        xs[i] += h
        up = f(xs)
        xs[i] -= 2 * h
        slopes.append((up - f(xs)) / (2 * h))
    return slopes
""",
        "all-inputs-nudged": """
def my_gradient(f, xs, h=1e-5):
    slope = (f([x + h for x in xs]) - f([x - h for x in xs])) / (2 * h)
    return [slope for x in xs]
""",
        "divided-by-h": """
def my_gradient(f, xs, h=1e-5):
    slopes = []
    for i in range(len(xs)):
        up, down = list(xs), list(xs)
        up[i] += h
        down[i] -= h
        slopes.append((f(up) - f(down)) / h)
    return slopes
""",
        "forward-difference": """
def my_gradient(f, xs, h=1e-5):
    slopes = []
    for i in range(len(xs)):
        up = list(xs)
        up[i] += h
        slopes.append((f(up) - f(xs)) / h)
    return slopes
""",
    },
    "micrograd-softplus": {
        "input-overwritten": """
def my_softplus(x):
    x.data = math.exp(x.data)
    slope = x.data / (1 + x.data)
    return mg.Value(math.log(1 + x.data), (x,), "softplus", _local_grads=(slope,))
""",
        "comma-missing": SOFTPLUS.replace("(e / (1 + e),)", "(e / (1 + e))"),
        "rule-of-the-lesson": """
def my_softplus(x):
    e = math.exp(x.data)
    out = mg.Value(math.log(1 + e), (x,), "softplus")
    def _backward():
        x.grad += out.grad * e / (1 + e)
    out._backward = _backward
    return out
""",
        "lessons-value": SOFTPLUS.replace("mg.Value", "Value").replace(", _local_grads=(e / (1 + e),)", ""),
        "copied-input": SOFTPLUS.replace("    e =", "    x = mg.Value(x.data)\n    e ="),
        "outer-derivative-forgotten": SOFTPLUS.replace("(e / (1 + e),)", "(e,)"),
        "number-instead-of-node": """
def my_softplus(x):
    return math.log(1 + math.exp(x.data))
""",
        "cut-from-the-graph": """
def my_softplus(x):
    return mg.Value(math.log(1 + math.exp(x.data)))
""",
        "no-local-derivative": """
def my_softplus(x):
    return mg.Value(math.log(1 + math.exp(x.data)), (x,), "softplus")
""",
        "built-from-other-nodes": """
def my_softplus(x):
    return (1 + x.exp()).log()
""",
        "inner-derivative-forgotten": """
def my_softplus(x):
    e = math.exp(x.data)
    return mg.Value(math.log(1 + e), (x,), "softplus", _local_grads=(1 / (1 + e),))
""",
        "derivative-at-the-output": """
def my_softplus(x):
    y = math.log(1 + math.exp(x.data))
    return mg.Value(y, (x,), "softplus", _local_grads=(1 / (1 + math.exp(-y)),))
""",
        "grad-in-the-local-derivative": """
def my_softplus(x):
    e = math.exp(x.data)
    return mg.Value(math.log(1 + e), (x,), "softplus", _local_grads=(x.grad * e / (1 + e),))
""",
    },
    "micrograd-backward": {
        "package-value": DIVIDE.format(a=A_RIGHT, b=B_RIGHT).replace("= Value(", "= mg.Value("),
        "data-changed": DIVIDE.format(
            a=A_RIGHT.replace("a.grad", "a.data"), b=B_RIGHT.replace("b.grad", "b.data")
        ),
        "built-from-other-nodes": "def my_divide(a, b):\n    return a / b",
        "copied-inputs": DIVIDE.format(a=A_RIGHT, b=B_RIGHT).replace(
            "    out =", "    a, b = Value(a.data), Value(b.data)\n    out ="
        ),
        "inputs-reversed": DIVIDE.format(a=A_RIGHT, b=B_RIGHT).replace("(a, b), ", "(b, a), "),
        "value-in-the-gradient": DIVIDE.format(a="a.grad += out.grad / b", b=B_RIGHT),
        "square-forgotten": DIVIDE.format(a=A_RIGHT, b="b.grad += -out.grad * a.data / b.data"),
        "numerator-forgotten": DIVIDE.format(a=A_RIGHT, b="b.grad += -out.grad / b.data**2"),
        "called-instead-of-attached": DIVIDE.format(a=A_RIGHT, b=B_RIGHT).replace(
            "= _backward\n", "= _backward()\n"
        ),
        "backward-of-a-number": DIVIDE.format(a=A_RIGHT, b=B_RIGHT).replace(
            "    out._backward =", "    out.data._backward ="
        ),
        "not-attached": DIVIDE.format(a=A_RIGHT, b=B_RIGHT).replace("    out._backward = _backward\n", ""),
        "assigned-instead-of-added": DIVIDE.format(
            a=A_RIGHT.replace("+=", "="), b=B_RIGHT.replace("+=", "=")
        ),
        "upstream-forgotten": DIVIDE.format(a="a.grad += 1 / b.data", b="b.grad += -a.data / b.data**2"),
        "sign-lost": DIVIDE.format(a=A_RIGHT, b="b.grad += out.grad * a.data / b.data**2"),
        "inputs-swapped": DIVIDE.format(
            a="a.grad += -out.grad * a.data / b.data**2", b="b.grad += out.grad / b.data"
        ),
        "rule-of-multiplication": DIVIDE.format(
            a="a.grad += b.data * out.grad", b="b.grad += a.data * out.grad"
        ),
    },
    "micrograd-topological-sort": {
        "graph-changed": ORDER.replace(
            "    return order", "    for v in order:\n        v._prev = ()\n    return order"
        ),
        "nothing-collected": RECURSIVE.replace("    visit(root)\n", ""),
        "root-only": """
def my_order(root):
    order = []
    for c in root._prev:
        my_order(c)
    order.append(root)
    return order
""",
        "goes-by-value": ORDER.replace("v not in met", "v.data not in met").replace(
            "met.add(v)", "met.add(v.data)"
        ),
        "recursive": RECURSIVE,
        "remembers-the-last-call": """
def my_order(root, order=[], met=set()):
    if root not in met:
        met.add(root)
        for v in root._prev:
            my_order(v)
        order.append(root)
    return order
""",
        "node-twice": """
def my_order(root):
    order = []
    for v in root._prev:
        order += my_order(v)
    return [*order, root]
""",
        "root-missing": """
def my_order(root):
    order, met = [], set()
    def visit(v):
        for p in v._prev:
            if p not in met:
                met.add(p)
                visit(p)
                order.append(p)
    visit(root)
    return order
""",
        "leaves-missing": """
def my_order(root):
    order, met = [], set()
    def visit(v):
        if v not in met and v._prev:
            met.add(v)
            for p in v._prev:
                visit(p)
            order.append(v)
    visit(root)
    return order
""",
        "outputs-first": """
def my_order(root):
    order, met = [], set()
    def visit(v):
        if v not in met:
            met.add(v)
            for p in v._prev:
                visit(p)
            order.insert(0, v)
    visit(root)
    return order
""",
        "collected-on-arrival": """
def my_order(root):
    order, met = [], set()
    def visit(v):
        if v not in met:
            met.add(v)
            order.append(v)
            for p in v._prev:
                visit(p)
    visit(root)
    return order[::-1]
""",
        "walks-again": """
def my_order(root):
    order = []
    def visit(v):
        for p in v._prev:
            visit(p)
        if v not in order:
            order.append(v)
    visit(root)
    return order
""",
    },
    "micrograd-l2": {
        "model-changed": L2.replace(
            "for n in layer.neurons:\n", "for n in layer.neurons:\n            n.b.data = 0\n"
        ),
        "lessons-value": L2.replace("mg.Value(0.0)", "Value(0.0)").replace("w**2", "w.data**2"),
        "absolute-values": L2.replace("w**2", "abs(w)"),
        "biases-only": L2.replace("w in n.w", "w in [n.b]"),
        "halved": L2.replace("strength *", "0.5 * strength *"),
        "square-root": L2.replace("strength * total", "strength * total**0.5"),
        "strength-squared": L2.replace("strength *", "strength**2 *"),
        "number-instead-of-node": """
def my_l2(model, strength):
    return strength * sum(w.data**2 for layer in model.layers for n in layer.neurons for w in n.w)
""",
        "biases-included": """
def my_l2(model, strength):
    return strength * sum(p**2 for p in model.parameters())
""",
        "not-squared": """
def my_l2(model, strength):
    return strength * sum(w for layer in model.layers for n in layer.neurons for w in n.w)
""",
        "strength-forgotten": """
def my_l2(model, strength):
    return sum(w**2 for layer in model.layers for n in layer.neurons for w in n.w)
""",
        "sum-squared": """
def my_l2(model, strength):
    return strength * sum(w for layer in model.layers for n in layer.neurons for w in n.w) ** 2
""",
        "averaged": """
def my_l2(model, strength):
    squares = [w**2 for layer in model.layers for n in layer.neurons for w in n.w]
    return strength * sum(squares) / len(squares)
""",
        "one-layer-only": """
def my_l2(model, strength):
    return strength * sum(w**2 for n in model.layers[0].neurons for w in n.w)
""",
    },
    "micrograd-planted-bug": {
        "input-overwritten": TAPE.replace(
            "        return self.write(math.tanh(self.data[i]), (i, 1.0 - self.data[i] ** 2))",
            "        t = self.data[i] = math.tanh(self.data[i])\n"
            "        return self.write(t, (i, 1.0 - t**2))",
        ),
        "gradients-broken": MENDED.replace("range(end + 1)", "range(end)"),
        "sum-or-product-broken": MENDED.replace("(i, self.data[j]), (j, self.data[i])", "(i, 1.0), (j, 1.0)"),
        "sum-of-paths-broken": MENDED.replace("grads[i] += slope * grads[k]", "grads[i] = slope * grads[k]"),
        "order-broken": MENDED.replace("reversed(range(end + 1))", "range(end + 1)"),
        "value-changed": TAPE.replace(
            "self.write(math.tanh(self.data[i])", "self.write(1.0 - math.tanh(self.data[i]) ** 2"
        ),
        "square-forgotten": TAPE.replace("1.0 - self.data[i] ** 2", "1.0 - math.tanh(self.data[i])"),
        "sign-wrong": TAPE.replace("1.0 - self.data[i] ** 2", "math.tanh(self.data[i]) ** 2 - 1.0"),
        "bug-still-there": TAPE.replace("self.data[i] ** 2", "self.data[i] * self.data[i]"),
    },
    "micrograd-training-step": {
        "samples-changed": """
def my_step(model, xs, ys, lr):
    m, loss = len(xs), 0
    while xs:
        loss += (model(xs.pop()) - ys.pop()) ** 2
    loss = loss / m
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data -= lr * p.grad
    return loss.data
""",
        "update-per-sample": PER_SAMPLE,
        "backward-twice": STEP.replace("loss.backward()", "loss.backward()\n    loss.backward()"),
        "last-sample-only": STEP.replace(
            "    loss = sum((model(x) - y) ** 2 for x, y in zip(xs, ys)) / len(xs)\n",
            "    for x, y in zip(xs, ys):\n        loss = (model(x) - y) ** 2\n",
        ),
        "not-squared": STEP.replace(" ** 2", ""),
        "sum-squared": STEP.replace(
            "sum((model(x) - y) ** 2 for x, y in zip(xs, ys))",
            "sum(model(x) - y for x, y in zip(xs, ys)) ** 2",
        ),
        "biases-left-out": STEP.replace(
            "for p in model.parameters():",
            "for p in [w for layer in model.layers for n in layer.neurons for w in n.w]:",
        ),
        "minus-behind": STEP.replace("p.data -= lr", "p.data =- lr"),
        "fixed-number-of-samples": STEP.replace("len(xs)", "3"),
        "backward-of-a-number": STEP.replace("loss.backward()", "loss.data.backward()"),
        "no-backward": STEP.replace("    loss.backward()\n", ""),
        "no-zero-grad": STEP.replace("    model.zero_grad()\n", ""),
        "zeroed-after-backward": STEP.replace(
            "    model.zero_grad()\n    loss.backward()\n", "    loss.backward()\n    model.zero_grad()\n"
        ),
        "gradient-updated": STEP.replace("p.data -= lr * p.grad", "p.grad -= lr * p.data"),
        "name-instead-of-parameter": STEP.replace("p.data -= lr * p.grad", "p = p - lr * p.grad"),
        "uphill": STEP.replace("-= lr", "+= lr"),
        "rate-forgotten": STEP.replace("lr * p.grad", "p.grad"),
        "sum-instead-of-mean": STEP.replace(" / len(xs)", ""),
        "loss-after-the-step": STEP.replace(
            "return loss.data", "return sum((model(x).data - y) ** 2 for x, y in zip(xs, ys)) / len(xs)"
        ),
    },
}

DIAGNOSED = {  # (wrong answer, what the verdict has to say)
    "micrograd-chain-rule": [
        ('my_gradients = {"a": -2.0, "b": float("nan"), "c": 3.0}', "should be a finite number, and is nan"),
        ('my_gradients = {"a": -2.0, "b": Value(9.0), "c": ...}', '"c" is still missing'),
    ],
    "micrograd-gradient-check": [
        (GRADIENT.replace("f(up) - f(down)", "f(*up) - f(*down)"), "`f` takes the whole list"),
        (
            GRADIENT.replace("up, down = list(xs), list(xs)", "up, down = xs, xs"),
            "`up = xs` makes no copy",
        ),
        (
            GRADIENT.replace("up, down = list(xs), list(xs)", "up, down = xs, list(xs)"),
            "(`up = xs` makes none)",
        ),
        (
            """
def my_gradient(f, xs, h=1e-5):
    slopes = []
    for i in range(len(xs)):
        xs[i] += h
        up = f(xs)
        xs[i] -= 2 * h
        slopes.append((up - f(xs)) / (2 * h))
        xs[i] += h
    return slopes
""",
            "changes what it is given, `xs`: work on a copy",
        ),
        (GRADIENT.replace("return slopes", "return up"), "slope number 0 should be 6, and is 3"),
        (IN_PLACE.replace("return slopes", "return xs"), "slope number 0 should be 6, and is 3"),
        (
            GRADIENT.replace("return slopes", "return slopes + [0.0]"),
            "For xs = [3.0] the list should be as long",
        ),
    ],
    "micrograd-softplus": [
        (
            SOFTPLUS.replace("    return", "    x.data = round(x.data, 3)\n    return"),
            "changes what it is given, `x`: work on a copy",
        ),
        (
            SOFTPLUS.replace("return ", "out = ") + "    out.backward()\n    return out",
            "changes what it is given, `x`: work on a copy",
        ),
        (SOFTPLUS.replace("(x,)", "(x)"), "A tuple of one needs a comma"),
        (
            "def my_softplus(x):\n    return Value(math.log(1 + math.exp(x.data)), (x,))",
            "You return the lesson's `Value`",
        ),
    ],
    "micrograd-backward": [
        (
            DIVIDE.format(a=A_RIGHT, b=B_RIGHT).replace("return out", "out.data.backward()\n    return out"),
            "`.data` is a plain number",
        ),
        (
            DIVIDE.format(a=A_RIGHT.replace("/ b", "// b"), b=B_RIGHT),
            "should add -2.217 to `a.grad`, and adds -3.",
        ),
        (DIVIDE.format(a=A_RIGHT, b=B_RIGHT + "; b.data = 0.0"), "You changed `.data` of an input"),
        (DIVIDE.format(a="a.data += out.grad / b.data", b="pass"), "You changed `.data` of an input"),
        ("def my_divide(a, b):\n    return a * b**-1", "in two nodes"),
        (
            DIVIDE.format(a=A_RIGHT, b=B_RIGHT).replace("(a, b), ", "(a, b, b), "),
            "`a` and `b` themselves",
        ),
        ("def my_divide(a, b):\n    return mg.Value(a.data / b.data)", "`mg.Value` is the package's class"),
    ],
    "micrograd-topological-sort": [
        (
            "import sys" + RECURSIVE.replace("    order, ", "    sys.setrecursionlimit(10**6)\n    order, "),
            "a higher limit only moves the end",
        ),
        (
            "from sys import setrecursionlimit as limit\nlimit(9999)" + RECURSIVE,
            "your function calls itself once for each level",
        ),
        (
            RECURSIVE.replace("root):", "root, met=set()):").replace(", met = [], set()", " = []"),
            "still knows the nodes",
        ),
        (
            "SEEN = set()" + RECURSIVE.replace(", met = [], set()", " = []").replace("met", "SEEN"),
            "still knows the nodes",
        ),
        (
            ORDER.replace("v not in met", "v.label not in met").replace("met.add(v)", "met.add(v.label)"),
            "goes by the values or the labels",
        ),
        (
            ORDER.replace("return order", "return sorted(order, key=lambda v: v.data)"),
            "goes by the values or the labels",
        ),
        (ORDER.replace("order.append(v)", "order.append(v); v.label = 'done'"), "You change the graph"),
        (
            """
def my_order(root):
    order, met, stack = [], {root}, [root]
    while stack:
        v = stack.pop(0)
        order.append(v)
        for p in v._prev:
            if p not in met:
                met.add(p)
                stack.append(p)
    return order[::-1]
""",
            "when you first meet it",
        ),
        (
            """
def my_order(root):
    order, met, stack = [], set(), [root]
    while stack:
        v = stack.pop()
        if v not in met:
            met.add(v)
            order.append(v)
            stack.extend(v._prev)
    return order[::-1]
""",
            "when you first meet it",
        ),
        ("def my_order(root):\n    return [root._prev]", "returned list [("),
    ],
    "micrograd-l2": [
        (L2.replace("strength * total", "0.01 * total"), "and strength 0.013 should be"),
        (L2.replace("strength * total", "0.0001 * total"), "and strength 0.013 should be"),
        (
            L2.replace("return strength", "model.zero_grad()\n    return strength"),
            "a gradient is another after your",
        ),
        (
            L2.replace(
                "return strength * total", "term = strength * total\n    term.backward()\n    return term"
            ),
            "a gradient is another after your",
        ),
        (L2.replace("w**2", "(w**2)**0.5"), "That is another term, L1"),
        (L2.replace("total + w**2", "total + w**2; w.data -= 0.1 * w.data"), "You change the model"),
        (
            "def my_l2(model, strength):\n    total = 0\n    for layer in model.layers:\n"
            "        for n in layer.neurons:\n            for i in range(len(n.w)):\n"
            "                n.w[i] = n.w[i] ** 2\n                total += n.w[i]\n"
            "    return strength * total",
            "You change the model",
        ),
        (L2.replace("mg.Value(0.0)", "Value(0.0)"), "and is the lesson's `Value`"),
        (
            L2.replace("return strength * total", "return [strength * total]"),
            "should be an `mg.Value`, which can be",
        ),
        (L2.replace("return strength * total", "strength * total"), "Is a `return` missing?"),
    ],
    "micrograd-planted-bug": [
        (
            MENDED.replace("        return grads", "        grads"),
            "`gradients` returns None. Is a `return` missing?",
        ),
        (
            MENDED.replace("return self.write(math.tanh", "self.write(math.tanh"),
            "`tanh` returns None. Is a `return`",
        ),
        (MENDED.replace("        grads[end] = 1.0\n", ""), "`gradients` was right before and is not now"),
    ],
    "micrograd-training-step": [
        (STEP.replace("lr *", "0.1 *"), "parameter number 0 should move by"),
        (STEP.replace("lr *", "0.05 *"), "parameter number 0 should move by"),
        (STEP.replace("model(x) - y", "model(x).data - y"), "You call `backward()` on a plain number"),
        (
            STEP.replace("    model.zero", "    xs.reverse()\n    ys.reverse()\n    model.zero"),
            "`xs` and `ys` (`pop`, `reverse` …)",
        ),
        (PER_SAMPLE.replace(" / len(xs)", ""), "You update after each sample"),
        (PER_SAMPLE.replace("        model.zero_grad()\n", ""), "You update after each sample"),
        (
            STEP.replace(
                "sum((model(x) - y) ** 2 for x, y in zip(xs, ys)) / len(xs)",
                "(sum(model(x) - y for x, y in zip(xs, ys)) / len(xs)) ** 2",
            ),
            "You square the sum of the errors",
        ),
    ],
}
