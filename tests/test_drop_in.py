"""Lessons written for karpathy/micrograd, and the training examples of the course's source, run unchanged."""

import copy
import math
import pickle
import random
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
import torch

import micrograd_lite.engine
import micrograd_lite.micrograd.engine
import micrograd_lite.micrograd.nn
import micrograd_lite.nn
from micrograd_lite import MLP, Value
from micrograd_lite.losses import hinge
from micrograd_lite.optim import SGD


@pytest.fixture(params=[micrograd_lite, micrograd_lite.micrograd], ids=lambda module: module.__name__)
def micrograd(request, monkeypatch):
    """`micrograd` is another name for this package, or for its module of drop-in names."""
    monkeypatch.setitem(sys.modules, "micrograd", request.param)
    monkeypatch.setitem(sys.modules, "micrograd.engine", request.param.engine)
    monkeypatch.setitem(sys.modules, "micrograd.nn", request.param.nn)


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
    assert names["history"][-1] < names["history"][0] / 2
    assert names["accuracy"] >= 0.9
    assert len(names["model"].parameters()) == 105
    assert repr(names["linear"]) in ("Neuron(3, linear)", "LinearNeuron(3)")
    assert len(names["layer"]([1, 2, 3])) == 2


# ------------------------------------------------------------------ the drop-in names


@pytest.fixture
def drop_in():
    return micrograd_lite.micrograd


def by_hand(parameters, sizes, x):
    """A ReLU network with a linear output in PyTorch, from parameters neuron by neuron, weights first."""
    h, given = torch.tensor(x, dtype=torch.float64), iter(parameters)
    for n, nout in pairwise(sizes):
        rows = [torch.stack([next(given) for _ in range(n + 1)]) for _ in range(nout)]
        h = torch.stack([row[:-1] @ h + row[-1] for row in rows])
        h = h if nout == sizes[-1] else h.relu()
    return h


def test_an_mlp_of_the_drop_in_names_is_relu_with_a_linear_output(drop_in):
    random.seed(1337)
    model = drop_in.nn.MLP(3, [4, 4, 1])
    random.seed(1337)
    drawn = [
        [[random.uniform(-1, 1) for _ in range(n)] for _ in range(m)] for n, m in ((3, 4), (4, 4), (4, 1))
    ]
    numbers = [x for layer in drawn for w in layer for x in (*w, 0.0)]
    assert [p.data for p in model.parameters()] == numbers
    parameters = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in numbers]
    out, expected = model([2.0, 3.0, -1.0]), by_hand(parameters, [3, 4, 4, 1], [2.0, 3.0, -1.0])
    out.backward()
    expected.sum().backward()
    assert out.data == pytest.approx(expected.item(), rel=1e-13)
    assert [p.grad for p in model.parameters()] == pytest.approx(
        [p.grad.item() for p in parameters], rel=1e-12
    )


def test_the_drop_in_names_are_shown_in_micrograds_words(drop_in):
    assert repr(drop_in.nn.MLP(2, [2, 1])) == (
        "MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]"
    )
    assert repr(drop_in.engine.Value(2.5)) == "Value(data=2.5, grad=0.0)"


def test_a_neuron_of_the_drop_in_names_can_lose_its_relu_later(drop_in):
    neuron = drop_in.nn.Neuron(1)
    neuron.w[0].data = -2.0
    assert neuron([1.0]).data == 0.0
    neuron.nonlin = False
    assert neuron([1.0]).data == -2.0


@pytest.mark.parametrize("nouts", [3, []], ids=str)
def test_the_drop_in_mlp_wants_a_list_too(drop_in, nouts):
    with pytest.raises(ValueError, match="MLP takes a list with the width of each layer"):
        drop_in.nn.MLP(2, nouts)


def sine(x):
    """An operation of one's own as a lesson writes it."""
    out = type(x)(math.sin(x.data), (x,), "sin")

    def _backward():
        x.grad += math.cos(x.data) * out.grad

    out._backward = _backward
    return out


def test_an_operation_with_a_backward_of_its_own_takes_part(drop_in):
    x, t = drop_in.engine.Value(0.7), torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    out = sine(x * 2) * x + sine(x)
    out.backward()
    (torch.sin(t * 2) * t + torch.sin(t)).backward()
    assert x.grad == pytest.approx(t.grad.item(), rel=1e-14)
    once = x.grad
    out.backward()
    assert x.grad == 2 * once


def test_a_backward_of_its_own_works_in_a_walk_by_hand(drop_in):
    x = drop_in.engine.Value(0.7)
    product = x * 3
    out = sine(product)
    out.grad = 1.0
    out._backward()
    product._backward()
    assert x.grad == pytest.approx(3 * math.cos(2.1), rel=1e-15)


def test_a_backward_of_its_own_works_under_a_value_of_the_package(drop_in):
    x = drop_in.engine.Value(0.7)
    (Value(2.0) * sine(x)).backward()
    assert x.grad == pytest.approx(2 * math.cos(0.7), rel=1e-15)


def test_without_a_backward_or_local_derivatives_a_node_made_by_hand_stops_backward(drop_in):
    x = drop_in.engine.Value(0.7)
    with pytest.raises(ValueError, match="made by hand"):
        (drop_in.engine.Value(0.5, (x,), "sin") + x).backward()


def test_attributes_of_ones_own_hang_on_a_value(drop_in):
    v = drop_in.engine.Value(2.0)
    (v * 3).visited = v.visited = True
    assert v.visited


def test_a_node_with_a_backward_of_its_own_is_not_copied_to_a_wrong_one(drop_in):
    out = sine(drop_in.engine.Value(0.7)) + 1
    for copied in (copy.deepcopy, pickle.dumps):
        with pytest.raises(
            TypeError, match="has a _backward of its own: it can be neither copied nor pickled"
        ):
            copied(out)


def test_a_drop_in_network_can_be_copied_and_pickled(drop_in):
    model = drop_in.nn.MLP(2, [3, 1])
    model.parameters()[0].tag = "first"
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin([1.0, 2.0]).data == model([1.0, 2.0]).data
        assert twin.parameters()[0].tag == "first"


def test_losses_and_optimizers_of_the_package_train_a_drop_in_network(drop_in):
    random.seed(3)
    model = drop_in.nn.MLP(2, [8, 1])
    xs, ys = [[2.0, 3.0], [3.0, -1.0], [0.5, 1.0], [1.0, 1.0]], [1, -1, -1, 1]
    optimizer, history = SGD(model.parameters(), lr=0.1), []
    for _ in range(150):
        optimizer.zero_grad()
        loss = hinge([model(x) for x in xs], ys)
        loss.backward()
        optimizer.step()
        history.append(loss.data)
    assert type(loss) is drop_in.engine.Value and history[-1] < history[0] / 2


def test_the_drop_in_names_load_the_standard_library_alone():
    program = "import sys, micrograd_lite.micrograd.nn; print(*{m.split('.')[0] for m in sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"numpy", "torch"}


def test_values_in_numpy_arrays_are_drop_in_values_too(drop_in):
    x = np.array([drop_in.engine.Value(1.0), drop_in.engine.Value(2.0)])
    assert {type(v) for v in np.exp(x) / np.exp(x).sum()} == {drop_in.engine.Value}


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
