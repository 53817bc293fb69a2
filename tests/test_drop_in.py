"""Lessons written for karpathy/micrograd, and the training examples of the course's source, run unchanged."""

import random
import sys

import pytest
import torch

import micrograd_lite.engine
import micrograd_lite.nn
from micrograd_lite import MLP, Value


@pytest.fixture
def micrograd(monkeypatch):
    """`micrograd` is another name for this package, as `import micrograd_lite as micrograd` would have it."""
    monkeypatch.setitem(sys.modules, "micrograd", micrograd_lite)
    monkeypatch.setitem(sys.modules, "micrograd.engine", micrograd_lite.engine)
    monkeypatch.setitem(sys.modules, "micrograd.nn", micrograd_lite.nn)


def run(program):
    names = {}
    exec(program, names)
    return names


def test_a_lesson_on_expressions_gives_pytorchs_numbers(micrograd):
    lesson = """
from micrograd.engine import Value
p = Value(-3.0)
q = Value(1.5)
r = p * q + p ** 2
r += 3 - q
s = (r + q).relu() / 2.0 + 4.0 / p
s += -p * 0.5 + (q - p).relu()
t = s ** 2 - 7 + 2 * q
t.backward()
"""
    ours = run(lesson)

    p, q = (torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in (-3.0, 1.5))
    r = p * q + p**2
    r = r + (3 - q)
    s = (r + q).relu() / 2.0 + 4.0 / p
    s = s + (-p * 0.5 + (q - p).relu())
    t = s**2 - 7 + 2 * q
    t.backward()
    assert ours["t"].data == pytest.approx(t.item(), rel=1e-14)
    assert ours["p"].grad == pytest.approx(p.grad.item(), rel=1e-14)
    assert ours["q"].grad == pytest.approx(q.grad.item(), rel=1e-14)


def test_a_lesson_that_calls_backward_node_by_node_works(micrograd):
    names = run("""
from micrograd.engine import Value
x1, x2 = Value(2.0, label='x1'), Value(0.0, label='x2')
w1, w2 = Value(-3.0, label='w1'), Value(1.0, label='w2')
b = Value(6.8813735870195432, label='b')
x1w1 = x1 * w1
x2w2 = x2 * w2
both = x1w1 + x2w2
n = both + b; n.label = 'n'
o = n.tanh(); o.label = 'o'
o.grad = 1.0
for node in (o, n, b, both, x2w2, x1w1):
    node._backward()
""")
    assert names["o"].data == pytest.approx(0.7071067811865476)
    assert [names[k].grad for k in ("x1", "w1", "x2", "w2")] == pytest.approx([-1.5, 1.0, 0.5, 0.0])


def test_a_lesson_that_walks_the_graph_itself_works(micrograd):
    names = run("""
from micrograd.engine import Value
x = Value(2.0)
y = x * x + x
topo, visited = [], set()
def build_topo(v):
    if v not in visited:
        visited.add(v)
        for child in v._prev:
            build_topo(child)
        topo.append(v)
build_topo(y)
y.grad = 1.0
for v in reversed(topo):
    v._backward()
names = [v._op for v in topo]
""")
    assert names["names"] == ["", "*", "+"]
    assert names["x"].grad == 5.0


def test_a_lesson_that_trains_a_network_on_a_margin_works(micrograd):
    names = run("""
import random
from micrograd.nn import MLP, Layer, Module, Neuron
random.seed(1337)
X = [[random.uniform(-1, 1), random.uniform(-1, 1)] for _ in range(20)]
y = [1 if a + b > 0.1 else -1 for a, b in X]
model = MLP(2, [8, 8, 1])
history = []
for k in range(30):
    scores = list(map(model, X))
    losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores)]
    total = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum((p * p for p in model.parameters()))
    accuracy = sum((yi > 0) == (score.data > 0) for yi, score in zip(y, scores)) / len(y)
    model.zero_grad()
    total.backward()
    for p in model.parameters():
        p.data -= (1.0 - 0.9 * k / 30) * 0.2 * p.grad
    history.append(total.data)
neuron, linear, layer = Neuron(3, nonlin=True), Neuron(3, nonlin=False), Layer(3, 2, nonlin=False)
""")
    assert names["history"][-1] < names["history"][0] / 3
    assert names["accuracy"] >= 0.95
    assert len(names["model"].parameters()) == 105
    assert repr(names["linear"]) == "Neuron(3, linear)"
    assert len(names["layer"]([1, 2, 3])) == 2


# ------------------------------------------------------------------ the course's own two examples


def train_micrograd_example():
    model = MLP(2, [16, 16, 1])
    xs = [
        [2.0, 3.0],
        [3.0, -1.0],
        [0.5, 1.0],
        [1.0, 1.0],
    ]
    ys = [1.0, -1.0, -1.0, 1.0]
    history = []
    for k in range(100):
        ypred = [model(x) for x in xs]
        loss = sum((yout - ygt) ** 2 for yout, ygt in zip(ypred, ys))
        for p in model.parameters():
            p.grad = 0
        loss.backward()
        learning_rate = 0.01
        for p in model.parameters():
            p.data -= learning_rate * p.grad
        if k % 10 == 0:
            history.append(f"Step {k}, loss: {loss.data}")
    return history, loss


def train_model():
    model = MLP(3, [4, 4, 1])
    X = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]
    y = [1.0, -1.0, 1.0]
    learning_rate = 0.01
    epochs = 100
    history = []
    for epoch in range(epochs):
        total_loss = Value(0)
        for i in range(len(X)):
            pred = model(X[i])
            loss = (pred - y[i]) ** 2
            total_loss += loss
        for p in model.parameters():
            p.grad = 0
        total_loss.backward()
        for p in model.parameters():
            p.data -= learning_rate * p.grad
        if epoch % 20 == 0:
            history.append(f"Epoch {epoch}, Loss: {total_loss.data}")
    return history, total_loss


@pytest.mark.parametrize(("example", "lines"), [(train_micrograd_example, 10), (train_model, 5)])
def test_the_examples_the_course_grew_from_run_and_learn(example, lines):
    random.seed(1337)
    history, last = example()
    assert len(history) == lines
    assert last.data < float(history[0].split(": ")[1])


def test_a_loss_with_regularization_runs_as_written():
    model, X, y, lambda_reg = MLP(2, [3, 1], seed=0), [[1.0, 2.0], [0.5, -1.0]], [1.0, -1.0], 0.001
    data_loss = sum((model(x_i) - y_i) ** 2 for x_i, y_i in zip(X, y, strict=True))
    reg_loss = lambda_reg * sum(p**2 for p in model.parameters())
    loss = data_loss + reg_loss
    loss.backward()
    assert loss.data == pytest.approx(data_loss.data + 0.001 * sum(p.data**2 for p in model.parameters()))
    assert all(p.grad for p in model.parameters())


def test_the_graph_of_x_times_y_plus_b_is_the_one_of_the_page():
    x, y, b = Value(2.0), Value(3.0), Value(1.0)
    mul = x * y
    z = mul + b
    assert (mul._prev, mul._op, z._prev, z._op) == ((x, y), "*", (mul, b), "+")
