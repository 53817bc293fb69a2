"""The engine on random graphs with shared nodes, against PyTorch and against finite differences."""

import math
import operator

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from micrograd_lite import Value, dot, sum_values

CAP = 100.0  # a node beyond it is squashed by tanh, so that nothing overflows
KINK = 1e-6  # nearer to the kink than this, relu gives way to tanh

UNARY_SMOOTH = {
    "neg": operator.neg,
    "tanh": lambda x: x.tanh(),
    "sigmoid": lambda x: x.sigmoid(),
    "exp": lambda x: x.tanh().exp(),
    "log": lambda x: (x * x + 1).log(),
    "+0.5": lambda x: x + 0.5,
    "2-": lambda x: 2 - x,
    "*-1.5": lambda x: -1.5 * x,
    "/3": lambda x: x / 3,
    "1/": lambda x: 1 / (x * x + 1),
    "**2": lambda x: x**2,
    "**3": lambda x: x**3,
    "**0": lambda x: x**0,
    "**-0.5": lambda x: (x * x + 0.5) ** -0.5,
    "2**": lambda x: 2 ** x.tanh(),
}
BINARY_SMOOTH = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda x, y: x / (y * y + 1),
    "**": lambda x, y: (x * x + 0.5) ** y.tanh(),
}
KINKED = ("relu", "leaky_relu")

numbers = st.floats(min_value=-3, max_value=3, allow_nan=False).map(lambda x: round(x, 3))


@st.composite
def programs(draw, unary=(*UNARY_SMOOTH, *KINKED), longest=20):
    """Leaves, and instructions (operation, one or two nodes by position) that each add a node."""
    leaves = draw(st.lists(numbers, min_size=1, max_size=4))
    names = st.sampled_from([*unary, *BINARY_SMOOTH, "dot", "sum"])
    position = st.integers(min_value=0, max_value=1000)
    steps = draw(st.lists(st.tuples(names, position, position), min_size=1, max_size=longest))
    return leaves, [
        (name, i % (len(leaves) + n), j % (len(leaves) + n)) for n, (name, i, j) in enumerate(steps)
    ]


def number_in(node):
    return node.data if isinstance(node, Value) else node.item()


def dot_of(x, y):
    """x² + y x + y, by the engine's one node or spelt out for PyTorch."""
    return dot([x, y], [x, x], y) if isinstance(x, Value) else y + x * x + y * x


def sum_of(x, y):
    return sum_values([x, y, x]) if isinstance(x, Value) else x + y + x


def leaky(x):
    return x.leaky_relu(0.1) if isinstance(x, Value) else torch.nn.functional.leaky_relu(x, 0.1)


def one_step(name, x, y):
    if name in KINKED:
        if abs(number_in(x)) < KINK:
            return x.tanh()
        return x.relu() if name == "relu" else leaky(x)
    if name in UNARY_SMOOTH:
        return UNARY_SMOOTH[name](x)
    return {**BINARY_SMOOTH, "dot": dot_of, "sum": sum_of}[name](x, y)


def evaluate(steps, leaves):
    """All nodes of the program; the last one depends on every sink, so that every node has a gradient."""
    nodes = list(leaves)
    for name, i, j in steps:
        node = one_step(name, nodes[i], nodes[j])
        nodes.append(node if abs(number_in(node)) < CAP else node.tanh())
    out = nodes[-1]
    for node in nodes[:-1]:
        out = out + node
    return [*nodes, out]


def tensors(numbers):
    return [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in numbers]


@given(programs())
@settings(max_examples=400, deadline=None)
def test_a_random_graph_agrees_with_pytorch(program):
    leaves, steps = program
    ours, theirs = evaluate(steps, map(Value, leaves)), evaluate(steps, tensors(leaves))
    for node in theirs:
        if not node.is_leaf:
            node.retain_grad()
    ours[-1].backward()
    if theirs[-1].requires_grad:
        theirs[-1].backward()
    scale = max(1.0, *(abs(node.grad) for node in ours))
    for v, t in zip(ours, theirs, strict=True):
        assert v.data == pytest.approx(t.item(), rel=1e-9, abs=1e-9)
        assert v.grad == pytest.approx(0.0 if t.grad is None else t.grad.item(), rel=1e-9, abs=1e-9 * scale)


@given(programs(unary=UNARY_SMOOTH, longest=6))
@settings(max_examples=150, deadline=None)
def test_a_random_smooth_graph_agrees_with_finite_differences(program):
    leaves, steps = program
    values = [Value(x) for x in leaves]
    nodes = evaluate(steps, values)
    assume(all(abs(node.data) < 10 for node in nodes))  # away from the cap, which bends the function
    nodes[-1].backward()
    h = 1e-5
    for i, v in enumerate(values):
        ends = [[x + d * (k == i) for k, x in enumerate(leaves)] for d in (h, -h)]
        up, down = (evaluate(steps, map(Value, end))[-1].data for end in ends)
        assert v.grad == pytest.approx((up - down) / (2 * h), rel=1e-4, abs=1e-4)


@given(programs())
@settings(max_examples=200, deadline=None)
def test_two_and_three_times_backward_is_exactly_two_and_three_times_the_gradient(program):
    leaves, steps = program
    values = [Value(x) for x in leaves]
    nodes = evaluate(steps, values)
    nodes[-1].backward()
    first = [node.grad for node in nodes]
    for once_more in (lambda g: g + g, lambda g: (g + g) + g):
        nodes[-1].backward()
        for k, (node, grad) in enumerate(zip(nodes, first, strict=True)):
            assert node.grad == (once_more(grad) if k < len(leaves) else grad)


@given(programs())
@settings(max_examples=100, deadline=None)
def test_the_same_program_gives_the_same_bits(program):
    leaves, steps = program
    runs = []
    for _ in range(2):
        nodes = evaluate(steps, map(Value, leaves))
        nodes[-1].backward()
        runs.append([(node.data.hex(), node.grad.hex()) for node in nodes])
    assert runs[0] == runs[1]


any_float = st.floats(allow_nan=False, allow_infinity=False)


@given(any_float)
def test_sigmoid_and_tanh_are_finite_for_every_finite_input(x):
    for name, low in (("sigmoid", 0.0), ("tanh", -1.0)):
        v = Value(x)
        out = getattr(v, name)()
        out.backward()
        assert low <= out.data <= 1.0
        assert 0.0 <= v.grad <= 1.0


@given(any_float)
def test_relu_is_the_larger_of_zero_and_x(x):
    v = Value(x)
    out = v.relu()
    out.backward()
    assert out.data == max(0.0, x)
    assert v.grad == (x > 0)


@given(st.floats(allow_infinity=False), st.floats(allow_infinity=False))
def test_powers_are_those_of_pytorch_or_an_error(x, p):
    v, w = Value(x), Value(p)
    t, q = tensors([x, p])
    expected = t**q
    try:
        out = v**w
    except (ValueError, ZeroDivisionError, OverflowError):
        assert not math.isfinite(expected.item())
        return
    assert out.data == pytest.approx(expected.item(), rel=1e-9, abs=1e-300, nan_ok=True)
    out.backward()
    expected.backward()
    for ours, theirs in ((v.grad, t.grad.item()), (w.grad, q.grad.item())):
        if math.isinf(theirs) and abs(x) < 1e-100:
            assert abs(ours) == math.inf  # at −0 PyTorch's sign varies with the exponent
        else:
            assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-300, nan_ok=True)


weights = st.lists(st.floats(min_value=-1e3, max_value=1e3), min_size=1, max_size=8)


@given(weights, st.data())
def test_dot_equals_the_chain_of_products_and_sums_to_the_last_bit(w, data):
    x = data.draw(st.lists(st.floats(min_value=-1e3, max_value=1e3), min_size=len(w), max_size=len(w)))
    bias = data.draw(st.floats(min_value=-1e3, max_value=1e3))
    runs = []
    for fused in (True, False):
        vw, vx, vb = [Value(c) for c in w], [Value(c) for c in x], Value(bias)
        out = dot(vw, vx, vb) if fused else sum((a * b for a, b in zip(vw, vx, strict=True)), vb)
        out.tanh().backward()
        runs.append([out.data.hex(), *[v.grad.hex() for v in (*vw, *vx, vb)]])
    assert runs[0] == runs[1]


@given(weights)
def test_sum_values_equals_the_built_in_sum_to_the_last_bit(numbers):
    values = [Value(x) for x in numbers]
    assert sum_values(values).data == sum(values).data
