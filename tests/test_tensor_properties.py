"""The engine for tables on random graphs with random broadcasting shapes, against PyTorch in float64."""

import operator

import numpy as np
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from micrograd_lite import tensor
from micrograd_lite.tensor import Tensor, cross_entropy

CAP = 50.0  # a node with an entry beyond it is squashed by tanh, so that nothing overflows
KINK = 1e-6  # nearer to the kink than this, or to a tie, relu and max give way to tanh

ONE_INPUT = {
    "neg": operator.neg,
    "exp": lambda x: x.tanh().exp(),
    "log": lambda x: (x * x + 1).log(),
    "tanh": lambda x: x.tanh(),
    "sigmoid": lambda x: x.sigmoid(),
    "**2": lambda x: x**2,
    "**-0.5": lambda x: (x * x + 0.5) ** -0.5,
    "2 -": lambda x: 2 - x,
    "1 /": lambda x: 1 / (x * x + 1),
    "array *": lambda x: constant(x, *x.shape[-1:]) * x,
    "- array": lambda x: x - constant(x, 2, *[1] * x.ndim),
}
TWO_INPUTS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda x, y: x / (y * y + 1),
}
WITH_AXES = ("sum", "mean", "max")
NAMES = (
    *ONE_INPUT,
    *TWO_INPUTS,
    *WITH_AXES,
    "relu",
    "softmax",
    "log_softmax",
    "@",
    "T",
    "reshape",
    "rows",
    "part",
)


def constant(x, *shape):
    """Numbers that depend on the shape alone; an array beside a Tensor, PyTorch's tensor beside its own."""
    c = np.cos(np.arange(np.prod(shape, dtype=int))).reshape(shape)
    return c if isinstance(x, Tensor) else torch.tensor(c)


def numbers_in(node):
    return node.data if isinstance(node, Tensor) else node.detach().numpy()


def fits(x, y):
    try:
        shape = np.broadcast_shapes(tuple(x.shape), tuple(y.shape))
    except ValueError:
        return False
    return np.prod(shape) <= 500


def one_step(name, x, y, n):
    """The next node. Where an operation does not fit its shapes, or sits on a kink, tanh takes its place."""
    a = numbers_in(x)
    axis = n % a.ndim if a.ndim else None
    if name in TWO_INPUTS:
        return TWO_INPUTS[name](x, y) if fits(x, y) else x.tanh()
    if name in ONE_INPUT:
        return ONE_INPUT[name](x)
    if name == "relu" and np.abs(a).min() > KINK:
        return x.relu()
    if name == "T":
        return x.T if isinstance(x, Tensor) else x.permute(tuple(range(x.ndim))[::-1])
    if name == "reshape":
        return x.reshape(-1, 1)
    if name == "@" and a.ndim and numbers_in(y).ndim and a.shape[-1] == y.shape[max(-2, -numbers_in(y).ndim)]:
        if a.ndim == 1 or numbers_in(y).ndim == 1 or fits(x[..., :1, :1], y[..., :1, :1]):
            return x @ y
    if axis is None:
        return x.tanh()
    if name in ("softmax", "log_softmax"):
        return getattr(x, name)(axis)
    if name in ("sum", "mean"):
        return x.sum(axis, n % 2 == 0) if name == "sum" else x.mean(axis, n % 2 == 0)
    if name == "max":
        high = np.sort(a, axis)
        if a.shape[axis] == 1 or np.diff(high, axis=axis).min() > KINK:
            return x.max(axis, n % 2 == 0) if isinstance(x, Tensor) else torch.amax(x, axis, n % 2 == 0)
    if name == "rows":
        return x[[n % len(a), 0, n % len(a)]]
    if name == "part":
        return x[..., n % a.shape[-1] :]
    return x.tanh()


shapes = arrays.array_shapes(min_dims=0, max_dims=3, min_side=1, max_side=3)


@st.composite
def programs(draw, longest=12):
    """Shapes of leaves, and instructions (operation, two nodes by position, a number), a node from each."""
    leaves = draw(st.lists(shapes, min_size=1, max_size=4))
    position = st.integers(0, 1000)
    return leaves, draw(
        st.lists(
            st.tuples(st.sampled_from(NAMES), position, position, position), min_size=1, max_size=longest
        )
    )


def evaluate(steps, leaves):
    """All nodes; the last one depends on all of them, so that every node has a gradient."""
    nodes = list(leaves)
    for name, i, j, n in steps:
        node = one_step(name, nodes[i % len(nodes)], nodes[j % len(nodes)], n)
        nodes.append(node if np.abs(numbers_in(node)).max() < CAP else node.tanh())
    total = 0.0
    for node in nodes:
        total = total + (node * constant(node, *node.shape)).sum()
    return [*nodes, total]


def start(shapes):
    rng = np.random.default_rng(len(shapes) + sum(map(sum, shapes)))
    return [rng.uniform(-2.0, 2.0, shape) for shape in shapes]


def assert_equal(ours, theirs, scale):
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12 * scale)


@given(programs())
@settings(max_examples=200, deadline=None)
def test_a_random_graph_agrees_with_pytorch(program):
    leaves, steps = program
    data = start(leaves)
    ours = evaluate(steps, [Tensor(x) for x in data])
    theirs = evaluate(steps, [torch.tensor(x, requires_grad=True) for x in data])
    for node in theirs:
        node.retain_grad()
    ours[-1].backward()
    theirs[-1].backward()
    scale = max(1.0, *(np.abs(node.grad).max() for node in ours))
    for mine, other in zip(ours, theirs, strict=True):
        assert_equal(mine.data, other.detach().numpy(), 1.0)
        assert_equal(mine.grad, other.grad.numpy(), scale)


@given(programs())
@settings(max_examples=60, deadline=None)
def test_two_and_three_times_backward_is_exactly_two_and_three_times_the_gradient(program):
    leaves, steps = program
    nodes = evaluate(steps, [Tensor(x) for x in start(leaves)])
    nodes[-1].backward()
    first = [node.grad.copy() for node in nodes]
    for once_more in (lambda g: g + g, lambda g: (g + g) + g):
        nodes[-1].backward()
        for node, grad in zip(nodes, first, strict=True):
            assert np.array_equal(node.grad, grad if node._prev else once_more(grad))


@given(programs())
@settings(max_examples=60, deadline=None)
def test_no_gradient_shares_its_memory(program):
    leaves, steps = program
    loss = evaluate(steps, [Tensor(x) for x in start(leaves)])[-1]
    loss.backward()
    every = tensor._topological_order(loss)
    owners = set()
    for node in every:
        assert node.grad.shape == node.shape and node.grad.flags.owndata and node.grad.flags.writeable
        owners.add(node.grad.ctypes.data)
    assert len(owners) == len(every)
    assert not owners & {node.data.ctypes.data for node in every}


@given(programs(longest=5))
@settings(max_examples=60, deadline=None)
def test_a_random_graph_agrees_with_finite_differences(program):
    leaves, steps = program
    smooth = [("tanh" if name in ("relu", "max") else name, *rest) for name, *rest in steps]
    data = start(leaves)
    nodes = evaluate(smooth, [Tensor(x) for x in data])
    assume(all(np.abs(node.data).max() < CAP / 2 for node in nodes[:-1]))  # the cap bends the function
    nodes[-1].backward()
    h, rng = 1e-6, np.random.default_rng(0)
    directions = [rng.standard_normal(x.shape) for x in data]
    up, down = (
        evaluate(smooth, [Tensor(x + d * v) for x, v in zip(data, directions, strict=True)])[-1].item()
        for d in (h, -h)
    )
    slope = sum((node.grad * v).sum() for node, v in zip(nodes, directions, strict=False))
    scale = max(1.0, *(np.abs(node.grad).max() for node in nodes))
    assert abs(slope - (up - down) / (2 * h)) < 1e-5 * scale


@given(
    arrays.arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 5)), elements=st.floats(-1e3, 1e3)),
    st.integers(0, 1000),
)
@settings(max_examples=60, deadline=None)
def test_cross_entropy_is_that_of_pytorch_for_all_logits_up_to_1000(z, seed):
    classes = np.random.default_rng(seed).integers(0, z.shape[1], len(z))
    ours, theirs = Tensor(z), torch.tensor(z, requires_grad=True)
    loss = cross_entropy(ours, classes)
    expected = torch.nn.functional.cross_entropy(theirs, torch.tensor(classes))
    loss.backward()
    expected.backward()
    assert_equal(loss.data, expected.item(), 1.0)
    assert_equal(ours.grad, theirs.grad.numpy(), 1.0)
