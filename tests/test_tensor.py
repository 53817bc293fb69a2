"""The engine for tables: every operation against PyTorch in float64, and the contract of the graph."""

import copy
import gc
import operator
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from micrograd_lite import tensor
from micrograd_lite.graph import draw, nodes_of
from micrograd_lite.tensor import (
    MLP,
    Linear,
    Tensor,
    binary_cross_entropy_with_logits,
    cross_entropy,
    mse,
)

REPO = Path(__file__).resolve().parent.parent


def table(*shape, seed=0, low=-2.0, high=2.0):
    return np.random.default_rng([seed, *shape]).uniform(low, high, shape)


def close(ours, theirs, tolerance=1e-12):
    theirs = theirs.detach().numpy() if isinstance(theirs, torch.Tensor) else theirs
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def agree(function, *arrays, theirs=None, dtype=torch.float64, tolerance=1e-12):
    """The same function of Tensors and of PyTorch's: value, and the gradients of a weighted sum."""
    ours = [Tensor(a) for a in arrays]
    other = [torch.tensor(a, dtype=dtype, requires_grad=True) for a in arrays]
    out, expected = function(*ours), (theirs or function)(*other)
    close(out.data, expected, tolerance)
    weights = table(*out.shape, seed=9).astype(out.data.dtype)
    (out * weights).sum().backward()
    (expected * torch.tensor(weights)).sum().backward()
    for x, t in zip(ours, other, strict=True):
        close(x.grad, t.grad, tolerance)
    return out


# ------------------------------------------------------------------ arithmetic and broadcasting

ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}
SHAPES = [
    ((), ()), ((3,), ()), ((), (2, 3)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3)), ((2, 3), (2, 1)),
    ((2, 1), (2, 3)), ((2, 3), (1, 3)), ((2, 1), (1, 3)), ((2, 1), (3,)), ((1,), (2, 3)), ((1, 1), (3,)),
    ((4, 2, 3), (2, 3)), ((4, 1, 3), (2, 1)), ((1, 2, 1), (4, 1, 3)), ((4, 2, 3), ()), ((1,), (1, 1, 1)),
    ((2, 0), (1,)), ((0, 3), (3,)), ((1, 3), (0, 3)),
]  # fmt: skip


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("op", ARITHMETIC)
def test_arithmetic_broadcasts_as_in_pytorch(op, shapes):
    x, y = table(*shapes[0]), table(*shapes[1], seed=1, low=0.5)
    out = agree(ARITHMETIC[op], x, y)
    assert out._op == op


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("op", ARITHMETIC)
def test_an_array_on_either_side_is_a_constant(op, side, shapes):
    x, c = table(*shapes[0], low=0.5), table(*shapes[1], seed=1, low=0.5)
    f = ARITHMETIC[op]

    def with_constant(x):
        k = c if isinstance(x, Tensor) else torch.tensor(c)
        return f(k, x) if side == "left" else f(x, k)

    out = agree(with_constant, x)
    assert isinstance(out, Tensor) and len(out._prev) == 1


@pytest.mark.parametrize("number", [3, -0.5, np.float64(2.5), np.float32(0.5), np.int64(-2), np.array(1.5)])
@pytest.mark.parametrize("op", ARITHMETIC)
def test_a_number_on_either_side_is_a_constant(op, number):
    f, x = ARITHMETIC[op], table(2, 3, low=0.5)
    right = agree(lambda t: f(t, number), x, theirs=lambda t: f(t, float(number)))
    left = agree(lambda t: f(number, t), x, theirs=lambda t: f(float(number), t))
    for out in (left, right):
        assert isinstance(out, Tensor) and len(out._prev) == 1


@pytest.mark.parametrize(
    "shapes",
    [
        ((2, 3), (3, 4)), ((1, 3), (3, 1)), ((3,), (3, 4)), ((2, 3), (3,)), ((3,), (3,)), ((5, 2, 3), (3, 4)),
        ((2, 3), (5, 3, 4)), ((5, 2, 3), (5, 3, 4)), ((6, 1, 2, 3), (5, 3, 4)), ((3,), (5, 3, 4)),
        ((5, 2, 3), (3,)), ((6, 5, 2, 3), (3,)), ((3,), (6, 5, 3, 4)), ((1, 2, 3), (5, 3, 4)), ((1,), (1, 1)),
        ((0, 3), (3, 4)), ((2, 0), (0, 4)), ((0,), (0,)),
    ],
    ids=str,
)  # fmt: skip
def test_a_matrix_product_agrees_with_pytorch(shapes):
    x, y = table(*shapes[0]), table(*shapes[1], seed=1)
    out = agree(operator.matmul, x, y)
    assert out._op == "@" and len(out._prev) == 2
    agree(lambda t: t @ (y if isinstance(t, Tensor) else torch.tensor(y)), x)
    agree(lambda t: (x if isinstance(t, Tensor) else torch.tensor(x)) @ t, y)


def test_nothing_is_computed_for_a_constant(monkeypatch):
    W = Tensor(table(3, 4))
    (node,) = (table(2, 3) @ W)._inputs
    assert node[0] is W
    y = table(2, 3) * Tensor(table(2, 3)) + 1.0 - table(3)
    assert [len(t._prev) for t in tensor._topological_order(y)] == [0, 1, 1, 1]


# ------------------------------------------------------------------ one input

ONE_INPUT = {
    "neg": operator.neg, "exp": lambda x: x.exp(), "tanh": lambda x: x.tanh(), "relu": lambda x: x.relu(),
    "sigmoid": lambda x: x.sigmoid(), "log": lambda x: x.log(), "**2": lambda x: x**2, "**3": lambda x: x**3,
    "**0": lambda x: x**0, "**1": lambda x: x**1, "**-1": lambda x: x**-1, "**0.5": lambda x: x**0.5,
    "**-1.5": lambda x: x**-1.5,
}  # fmt: skip
POSITIVE = {"log", "**0.5", "**-1.5"}


@pytest.mark.parametrize("shape", [(), (1,), (5,), (2, 3), (2, 1, 3), (0, 2)], ids=str)
@pytest.mark.parametrize("name", ONE_INPUT)
def test_an_operation_on_one_input_agrees_with_pytorch(name, shape):
    x = table(*shape, low=0.1 if name in POSITIVE else -2.0)
    assert agree(ONE_INPUT[name], x)._op == name


EXTREME = np.array(
    [0.0, -0.0, 1e-300, 1.0, -1.0, 40.0, -40.0, 700.0, -700.0, 1000.0, -1000.0, np.inf, -np.inf]
)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "relu", "exp", "neg", "**2"])
def test_extreme_numbers_give_what_pytorch_gives(name):
    x, t = Tensor(EXTREME), torch.tensor(EXTREME, requires_grad=True)
    ones = np.ones(len(EXTREME))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if name == "exp" else "error")
        out = ONE_INPUT[name](x)
        ((_, way_back),) = out._inputs
        grad = way_back(ones)
    expected = ONE_INPUT[name](t)
    expected.backward(torch.tensor(ones))
    close(out.data, expected)
    close(grad, t.grad)


@pytest.mark.parametrize("p", [0, 0.0, 1, 2, 3.0, 0.5])
def test_the_power_of_zero_has_the_slope_that_pytorch_gives(p):
    x, t = Tensor([0.0]), torch.zeros(1, dtype=torch.float64, requires_grad=True)
    with np.errstate(divide="ignore"):
        (x**p).sum().backward()
    (t**p).sum().backward()
    assert x.grad == t.grad.numpy()


# ------------------------------------------------------------------ along axes

REDUCED = [((), None), ((4,), None), ((4,), 0), ((4,), -1), ((2, 3), None), ((2, 3), 0), ((2, 3), 1)]
REDUCED += [((2, 3), -1), ((2, 3), (0, 1)), ((2, 3, 4), (0, 2)), ((2, 3, 4), (-1, 0)), ((2, 1, 4), 1)]
REDUCED += [((1, 1), None), ((2, 3, 4), (1,)), ((2, 3, 4), -3)]


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize(("shape", "axis"), REDUCED, ids=str)
@pytest.mark.parametrize("name", ["sum", "mean", "max"])
def test_a_reduction_agrees_with_pytorch(name, shape, axis, keepdims):
    def ours(x):
        return getattr(x, name)(axis=axis, keepdims=keepdims)

    def theirs(t):
        axes = tuple(range(t.ndim)) if axis is None else axis
        return getattr(torch, "amax" if name == "max" else name)(t, dim=axes, keepdim=keepdims)

    assert agree(ours, table(*shape), theirs=theirs)._op == name


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
def test_equal_largest_entries_share_the_gradient(axis):
    x = np.array([[2.0, 2.0, 1.0], [0.0, 2.0, 2.0]])
    axes = (0, 1) if axis is None else axis
    agree(lambda t: t.max(axis), x, theirs=lambda t: torch.amax(t, dim=axes))


def test_the_largest_of_all_shares_as_in_torch_max():
    agree(lambda t: t.max(), np.array([[2.0, 2.0], [1.0, 2.0]]))


@pytest.mark.parametrize("name", ["sum", "mean"])
def test_reductions_of_nothing_are_those_of_pytorch(name):
    for axis, shape in ((0, (3, 0)), (1, (0, 3))):
        agree(lambda t: getattr(t, name)(axis), np.zeros(shape))  # noqa: B023
    assert Tensor(np.zeros((0, 3))).sum().data == 0.0
    with pytest.raises(ValueError, match="zero-size"):
        Tensor(np.zeros((0, 3))).max()


@pytest.mark.parametrize(
    ("shape", "axis"), [((4,), 0), ((2, 3), 0), ((2, 3), 1), ((2, 3, 4), -2), ((2, 1), 1)]
)
@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
def test_softmax_agrees_with_pytorch(name, shape, axis):
    out = agree(lambda t: getattr(t, name)(axis), table(*shape))
    assert out._op == name and out._prev[0].shape == shape


def test_softmax_goes_along_the_last_axis_and_stands_large_numbers():
    z = np.array([[1000.0, 0.0, -1000.0], [-1000.0, -1000.0, -1000.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        agree(lambda t: t.softmax(), z, theirs=lambda t: t.softmax(-1))
        agree(lambda t: t.log_softmax(), z, theirs=lambda t: t.log_softmax(-1))


# ------------------------------------------------------------------ shapes and parts


@pytest.mark.parametrize("shape", [(6,), (3, 2), (-1, 2), (1, 6), (2, 1, 3), (2, 3)], ids=str)
def test_reshape_agrees_with_pytorch(shape):
    agree(lambda t: t.reshape(*shape), table(2, 3))
    agree(lambda t: t.reshape(shape), table(2, 3))


def test_reshape_to_a_number_and_to_a_row():
    agree(lambda t: t.reshape(()), table(1, 1))
    agree(lambda t: t.reshape(-1), table(2, 3))


@pytest.mark.parametrize(
    "axes", [(0, 1, 2), (1, 0, 2), (2, 0, 1), (1, 2, 0), (-1, 0, 1), (2, -3, -2)], ids=str
)
def test_transpose_agrees_with_pytorch(axes):
    agree(lambda t: t.transpose(*axes), table(2, 3, 4), theirs=lambda t: t.permute(axes))


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4)], ids=str)
def test_without_axes_their_order_is_reversed(shape):
    for ours in (lambda t: t.T, lambda t: t.transpose()):
        agree(ours, table(*shape), theirs=lambda t: t.permute(tuple(range(t.ndim))[::-1]))


PARTS = {
    "a row": 1, "from the end": -1, "an entry": (1, 2), "a slice": slice(1, 3),
    "every other": slice(None, None, 2),
    "a column": (slice(None), 1), "a block": (slice(0, 2), slice(1, None)),
    "the rest": (Ellipsis, 0),
    "a new axis": (slice(None), None, 1), "rows": [0, 2], "a row twice": [0, 2, 0, 0],
    "pairs": ([0, 1, 1], [2, 0, 0]),
    "a table of rows": np.array([[0, 1], [1, 3]]), "from the end in a list": [-1, 3],
    "mixed": (slice(1, 3), [0, 0, 2]),
    "a mask of rows": np.array([True, False, True, True]), "a mask of entries": table(4, 3) > 0,
    "no row": np.array([], dtype=int), "no entry": table(4, 3) > 99, "an empty slice": slice(2, 2),
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
def test_a_part_agrees_with_pytorch(name):
    agree(lambda t: t[PARTS[name]], table(4, 3))


def test_entries_taken_several_times_add_up_their_gradients():
    x = Tensor([1.0, 2.0, 3.0])
    (x[[0, 0, 2, 0]] * [1.0, 10.0, 100.0, 1000.0]).sum().backward()
    assert x.grad.tolist() == [1011.0, 0.0, 100.0]


def test_rows_come_one_by_one():
    x = Tensor(table(3, 2))
    total = sum((row * row).sum() for row in x)
    total.backward()
    close(x.grad, 2 * x.data)


# ------------------------------------------------------------------ losses

LOGITS = table(5, 3, low=-5.0, high=5.0)
CLASSES = [0, 2, 1, 1, 0]


@pytest.mark.parametrize("classes", [CLASSES, np.array(CLASSES), np.array(CLASSES, np.uint8), tuple(CLASSES)])
def test_cross_entropy_agrees_with_pytorch(classes):
    out = agree(
        lambda z: cross_entropy(z, classes),
        LOGITS,
        theirs=lambda z: functional.cross_entropy(z, torch.tensor(CLASSES)),
    )
    assert len(out._prev) == 1 and out._prev[0].shape == (5, 3) and out._op == "cross_entropy"


@pytest.mark.parametrize("shape", [(5,), (5, 1), (2, 3), ()], ids=str)
def test_binary_cross_entropy_from_logits_agrees_with_pytorch(shape):
    y = (table(*shape, seed=2) > 0) * 0.75
    agree(
        lambda z: binary_cross_entropy_with_logits(z, y),
        table(*shape, low=-5.0, high=5.0),
        theirs=lambda z: functional.binary_cross_entropy_with_logits(z, torch.tensor(y)),
    )


@pytest.mark.parametrize("shape", [(5,), (5, 1), (2, 3), ()], ids=str)
def test_mse_agrees_with_pytorch(shape):
    y = table(*shape, seed=2)
    agree(lambda p: mse(p, y), table(*shape), theirs=lambda p: functional.mse_loss(p, torch.tensor(y)))


@pytest.mark.parametrize("size", [1000.0, -1000.0])
def test_losses_are_finite_for_large_logits(size):
    z, zeros = np.array([[size, 0.0], [0.0, size]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        agree(
            lambda t: cross_entropy(t, [1, 1]),
            z,
            theirs=lambda t: functional.cross_entropy(t, torch.tensor([1, 1])),
        )
        agree(
            lambda t: binary_cross_entropy_with_logits(t, zeros),
            z,
            theirs=lambda t: functional.binary_cross_entropy_with_logits(t, torch.tensor(zeros)),
        )


# ------------------------------------------------------------------ float32

FLOAT32 = {
    "arithmetic with numbers": lambda x: (2 * x + 1.5) / 3 - 1,
    "a whole-number array": lambda x: x * x,
    "functions": lambda x: x.tanh() + x.exp() + x.relu() + x.sigmoid() + x**2 + (x * x + 1).log(),
    "axes": lambda x: x.sum(0) + x.mean() + x.softmax(-1) + x.log_softmax(-1),
    "products": lambda x: x @ x.T @ x,
    "parts": lambda x: x[0] + x.reshape(3, 2)[1, 0],
}


@pytest.mark.parametrize("name", FLOAT32)
def test_float32_stays_float32(name):
    x = table(2, 3).astype(np.float32)
    out = agree(FLOAT32[name], x, dtype=torch.float32, tolerance=1e-5)
    assert out.data.dtype == np.float32
    for node in tensor._topological_order(out):
        assert node.data.dtype == np.float32


@pytest.mark.parametrize("c", [np.arange(3), np.float64(2), np.array(2.5), np.array([True, False, True])])
def test_float32_is_not_widened_by_a_number_or_by_whole_numbers(c):
    x = Tensor(np.ones((2, 3), np.float32))
    for out in (x * c, c + x, x / (c + 1), c - x):
        out.sum().backward()
        assert out.data.dtype == x.grad.dtype == np.float32


def test_the_gradient_has_the_dtype_of_its_tensor():
    x = Tensor(np.ones(3, np.float32))
    (x * np.array([0.1, 0.2, 0.3])).sum().backward()
    assert x.grad.dtype == np.float32


def test_losses_of_float32_are_float32():
    z = Tensor(LOGITS.astype(np.float32))
    targets = np.zeros((5, 3))
    for loss in (cross_entropy(z, CLASSES), binary_cross_entropy_with_logits(z, targets), mse(z, targets)):
        loss.backward()
        assert loss.data.dtype == z.grad.dtype == np.float32


@pytest.mark.parametrize(
    "data", [1, True, [1, 2], np.arange(3), np.float16([0.5]), [[True, False]]], ids=repr
)
def test_other_numbers_become_float64(data):
    assert Tensor(data).data.dtype == np.float64
    assert np.array_equal(Tensor(data).data, np.array(data, float))


# ------------------------------------------------------------------ the graph and backward


def test_a_tensor_has_what_the_contract_names():
    x = Tensor([[1.0, 2.0, 3.0]], label="x")
    assert (x.shape, x.ndim, x.T.shape, x.label, x._op, x._prev) == ((1, 3), 2, (3, 1), "x", "", ())
    assert x.grad is None and isinstance(x.data, np.ndarray)
    y = x + x
    assert y._prev == (x, x) and y._op == "+" and y.label == ""


def test_a_tensor_copies_its_data():
    a = np.zeros(3)
    x = Tensor(a)
    a += 1.0
    assert x.data.tolist() == [0.0, 0.0, 0.0]


def test_equality_is_identity():
    x, y = Tensor([1.0]), Tensor([1.0])
    assert x == x and x != y and len({x, y}) == 2


def test_gradients_are_none_until_the_first_backward():
    x = Tensor([1.0, 2.0])
    y = x * 2
    assert x.grad is None and y.grad is None
    y.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0] and y.grad.tolist() == [1.0, 1.0]
    x.zero_grad()
    assert x.grad is None


def test_a_number_has_a_gradient_that_is_an_array():
    x = Tensor(3.0)
    y = x * x + 1
    for total in (6.0, 12.0):
        y.backward()
        assert x.grad == total
        for t in (x, y):
            assert type(t.grad) is np.ndarray and t.grad.shape == ()


@pytest.mark.parametrize("zero", [0.0, np.zeros(2)])
def test_a_gradient_set_to_zero_by_hand_counts_as_zero(zero):
    x = Tensor([1.0, 2.0])
    x.grad = zero
    (x * 3).sum().backward()
    assert x.grad.tolist() == [3.0, 3.0] and not np.any(zero)


def test_data_put_in_by_hand_are_used_from_then_on():
    x = Tensor(2.0)
    x.data = x.data - 0.5  # NumPy makes it a number
    y = x * x + x.sum() + x[()]
    y.backward()
    assert y.item() == 5.25 and x.grad == 5.0 and x.shape == ()


def test_the_ways_back_are_those_of_the_forward_pass():
    x = Tensor([1.0, 2.0])
    y = (x * x).sum()
    x.data = x.data * 100
    y.backward()
    assert x.grad.tolist() == [2.0, 4.0]


@pytest.mark.parametrize("shape", [(), (1,), (1, 1)], ids=str)
def test_backward_starts_from_any_tensor_with_one_entry(shape):
    x = Tensor(np.full(shape, 3.0))
    (x * x).backward()
    assert x.grad.shape == shape and x.grad.item() == 6.0


def test_a_leaf_can_be_the_start():
    x = Tensor(3.0)
    x.backward()
    x.backward()
    assert x.grad == 2.0


def a_graph():
    """Two leaves, one used along three ways, with every kind of way back that hands on an array or a view."""
    x, b = Tensor(table(2, 3)), Tensor(table(3, seed=1))
    y = x + b
    z = (y - x.reshape(3, 2).T.reshape(2, 3) + y[:, [0, 0, 2]]).transpose() + x.sum(keepdims=True)
    return x, b, (z + z.mean(0)).sum() + y.tanh().sum() + x.max()


def test_a_second_backward_gives_exactly_twice_the_gradient():
    x, b, loss = a_graph()
    loss.backward()
    first, inner = [x.grad, b.grad], loss._prev[0].grad
    kept = [g.copy() for g in first]
    loss.backward()
    for leaf, g in zip((x, b), kept, strict=True):
        assert np.array_equal(leaf.grad, 2 * g)
    assert np.array_equal(loss._prev[0].grad, inner) and loss.grad == 1.0
    for held, g in zip(first, kept, strict=True):
        assert np.array_equal(held, g), "a gradient that somebody holds was changed in place"


def test_leaves_accumulate_over_graphs_and_inner_tensors_start_afresh():
    x = Tensor([1.0, 2.0])
    y = x * 3
    y.sum().backward()
    (y * 10).sum().backward()
    assert x.grad.tolist() == [33.0, 33.0] and y.grad.tolist() == [10.0, 10.0]


def test_no_two_tensors_share_a_gradient_or_part_of_one():
    *_, loss = a_graph()
    loss.backward()
    loss.backward()
    grads = [t.grad for t in tensor._topological_order(loss)]
    assert len(grads) > 15
    for i, g in enumerate(grads):
        assert g.flags.owndata and g.flags.writeable
        assert not any(np.shares_memory(g, other) for other in grads[:i])


def test_no_gradient_shares_memory_with_data():
    x, w = Tensor(table(3)), Tensor(table(3, seed=1))
    (x * w + x).sum().backward()
    assert not any(np.shares_memory(t.grad, u.data) for t in (x, w) for u in (x, w))


def test_a_gradient_changed_by_the_user_changes_no_other():
    x, y = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    z = x + y
    z.sum().backward()
    x.grad *= 100.0
    assert y.grad.tolist() == z.grad.tolist() == [1.0, 1.0]


def test_the_root_may_be_used_by_nothing_and_an_input_twice():
    x = Tensor([2.0])
    (x * x * x).backward()
    assert x.grad.item() == 12.0


def test_a_chain_of_100_000_tensors_goes_back_and_is_released():
    x = Tensor(0.5)
    t = x
    for _ in range(33_333):
        t = (t * 1.0 + x).tanh()
    t.backward()
    assert 0.0 < x.grad < 10.0
    del t


def test_a_graph_is_released_without_the_collector():
    released = []

    class Marked(np.ndarray):
        def __del__(self):
            released.append(1)

    gc.disable()
    try:
        x = Tensor(table(2, 3))
        y = (x @ table(3, 2)).tanh()
        y.data = y.data.view(Marked)
        loss = cross_entropy(y.softmax().log_softmax() / 2 - 1, [0, 1])
        loss.backward()
        del y, loss
        assert released
    finally:
        gc.enable()


def test_two_runs_give_the_same_bits():
    runs = []
    for _ in range(2):
        x, b, loss = a_graph()
        loss.backward()
        runs.append([x.grad.tobytes(), b.grad.tobytes(), loss.data.tobytes()])
    assert runs[0] == runs[1]


def test_an_operation_of_your_own():
    x = Tensor(table(2, 3))
    y = Tensor(np.sin(x.data), (x,), "sin", _ways_back=(lambda grad: grad * np.cos(x.data),))
    (y * 2).sum().backward()
    close(x.grad, 2 * np.cos(x.data))
    assert y._op == "sin" and y._prev == (x,)


def test_a_failed_way_back_leaves_the_gradients_as_they_were():
    x = Tensor([1.0, 2.0])
    (x * 2).sum().backward()
    broken = Tensor(x.data, (x,), "by hand", _ways_back=[lambda grad: 1 / 0])
    with pytest.raises(ZeroDivisionError):
        (broken + x * 5).sum().backward()
    assert x.grad.tolist() == [2.0, 2.0]


def test_leaves_can_be_copied_and_pickled():
    model = MLP(2, [3, 1], seed=0)
    cross_entropy(model(table(4, 2)), [0] * 4).backward()
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        for p, q in zip(model.parameters(), twin.parameters(), strict=True):
            assert p is not q and p.label == q.label
            assert np.array_equal(p.data, q.data) and np.array_equal(p.grad, q.grad)


# ------------------------------------------------------------------ numbers and text


def test_a_tensor_with_one_entry_is_a_number():
    x = Tensor([[1.23456]])
    assert x.item() == 1.23456
    with pytest.raises(ValueError):
        Tensor([1.0, 2.0]).item()


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (Tensor(1.5), "Tensor(1.5)"),
        (Tensor([1.0, 1 / 3], label="b"), "Tensor([1.    , 0.3333], label='b')"),
        (Tensor(np.zeros((64, 10)), label="W2"), "Tensor(shape=(64, 10), label='W2')"),
    ],
)
def test_repr_is_short(made, text):
    assert repr(made) == text


@pytest.mark.parametrize(
    "use", [lambda p: X @ p, lambda p: p + 1, lambda p: 1 - p, lambda p: X.T * p, operator.neg]
)
def test_a_tensor_put_into_data_is_an_error_with_a_sentence(use):
    p = Tensor(THREE)
    p.data = p - 0.1 * THREE
    with pytest.raises(TypeError, match=r"a Tensor is no array: .* t\.data has its numbers"):
        use(p)


# ------------------------------------------------------------------ drawings


def test_a_drawing_shows_shapes_in_place_of_numbers():
    x = Tensor(table(4, 2), label="x")
    loss = cross_entropy(Linear(2, 3, seed=0)(x), [0, 1, 2, 0])
    loss.label = "loss"
    assert "W = (2, 3)  grad none" in draw(loss).outline()
    loss.backward()
    drawing = draw(loss, path=x, highlight=x)
    assert drawing.outline() == (
        f"loss = {loss.item():.4g}  (cross_entropy)  grad 1\n"
        "└─ v4 = (4, 3)  (linear)  grad (4, 3)\n"
        "   ├─ x = (4, 2)  grad (4, 2)\n"
        "   ├─ W = (2, 3)  grad (2, 3)\n"
        "   └─ b = (3,)  grad (3,)"
    )
    assert "5 values, 3 leaves, 2 operations" in drawing.alt and "way back" in drawing.alt
    assert "data (2, 3)" in drawing.dot_source


@pytest.mark.parametrize("model", [Linear(2, 3), MLP(2, [3, 1])])
def test_a_network_without_input_is_no_drawing(model):
    kind = type(model).__name__
    with pytest.raises(
        TypeError, match=rf"call your {kind} and draw what it returns, as in draw\(model\(X\)\)"
    ):
        draw(model)


def test_the_network_of_the_moons_is_drawn_in_12_boxes():
    y = (table(100, 1) > 0) * 1.0
    loss = binary_cross_entropy_with_logits(MLP(2, [16, 16, 1], seed=0)(table(100, 2)), y)
    nodes = nodes_of(loss)
    assert len(nodes) == 12
    assert [n.name for n in nodes if not n.op] == ["W1", "b1", "W2", "b2", "W3", "b3"]


# ------------------------------------------------------------------ errors

X = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
THREE = np.ones((3, 2))
ERRORS = {
    "+": (lambda: X + Tensor([1.0, 2.0]), ValueError, "+: the shapes (2, 3) and (2,) do not fit together"),
    "-": (lambda: X - THREE, ValueError, "-: the shapes (2, 3) and (3, 2) do not fit together"),
    "array - tensor": (lambda: THREE - X, ValueError, "-: the shapes (3, 2) and (2, 3) do not fit together"),
    "*": (lambda: X * X.T, ValueError, "*: the shapes (2, 3) and (3, 2) do not fit together"),
    "array / tensor": (lambda: THREE / X, ValueError, "/: the shapes (3, 2) and (2, 3) do not fit together"),
    "@": (lambda: X @ X, ValueError, "@: the shapes (2, 3) and (2, 3) do not fit together"),
    "array @": (lambda: THREE.T @ X, ValueError, "@: the shapes (2, 3) and (2, 3) do not fit together"),
    "@ a number": (lambda: X @ 2, ValueError, "@: the shapes (2, 3) and () do not fit together"),
    "reshape": (
        lambda: X.reshape(4, 2), ValueError, "reshape: the shapes (2, 3) and (4, 2) do not fit together",
    ),
    "transpose": (
        lambda: X.transpose(0, 2), ValueError, "axis 2 is out of bounds for array of dimension 2",
    ),
    "an axis": (lambda: X.sum(2), ValueError, "axis 2 is out of bounds for array of dimension 2"),
    "an index": (lambda: X[2], IndexError, "index 2 is out of bounds for axis 0 with size 2"),
    "backward of a table": (
        lambda: X.backward(), ValueError,
        "backward() starts from one number, got (2, 3): take its mean() first",
    ),
    "text": (lambda: Tensor("abc"), TypeError, "Tensor takes numbers, got 'abc'"),
    "a list of text": (lambda: Tensor(["1", "2"]), TypeError, "Tensor takes numbers, got ['1', '2']"),
    "objects": (lambda: Tensor([None, 1]), TypeError, "Tensor takes numbers, got [None, 1]"),
    "complex numbers": (lambda: Tensor(1j), TypeError, "Tensor takes numbers, got 1j"),
    "a Tensor as data": (
        lambda: Tensor(X), TypeError,
        "a Tensor is no array: NumPy would lose its graph; t.data has its numbers",
    ),
    "Tensors in a list": (
        lambda: Tensor([X, X]), TypeError,
        "a Tensor is no array: NumPy would lose its graph; t.data has its numbers",
    ),
    "+ text": (lambda: X + "a", TypeError, "+ takes numbers, got 'a'"),
    "None *": (lambda: None * X, TypeError, "* takes numbers, got None"),
    "** a tensor": (
        lambda: Tensor(2.0) ** Tensor(3.0), TypeError,
        "float() argument must be a string or a real number, not 'Tensor'",
    ),
    "no way back for a child": (
        lambda: Tensor(1.0, (Tensor(2.0),)), ValueError,
        "Tensor needs one of _ways_back for each child, got 0",
    ),
    "a class too large": (
        lambda: cross_entropy(X, [0, 3]), ValueError, "cross_entropy: classes go from 0 to 2, got 0 to 3",
    ),
    "a negative class": (
        lambda: cross_entropy(X, [-1, 0]), ValueError,
        "cross_entropy: classes go from 0 to 2, got -1 to 0",
    ),
    "a class too few": (
        lambda: cross_entropy(X, [0]), ValueError,
        "cross_entropy takes logits (m, k) and m classes, got (2, 3) and (1,)",
    ),
    "one-hot classes": (
        lambda: cross_entropy(X, np.eye(3)[:2]), ValueError,
        "cross_entropy takes logits (m, k) and m classes, got (2, 3) and (2, 3)",
    ),
    "no sample": (
        lambda: cross_entropy(X[:0], []), ValueError,
        "cross_entropy takes logits (m, k) and m classes, got (0, 3) and (0,)",
    ),
    "classes that are floats": (
        lambda: cross_entropy(X, [0.0, 1.0]), TypeError,
        "cross_entropy takes whole numbers as classes, got [0.0, 1.0]",
    ),
    "logits that are an array": (
        lambda: cross_entropy(np.ones(3), [0]), TypeError,
        "cross_entropy takes a Tensor of logits, got array([1., 1., 1.])",
    ),
    "targets that would broadcast": (
        lambda: binary_cross_entropy_with_logits(Tensor([[1.0], [2.0]]), [0, 1]), ValueError,
        "binary_cross_entropy_with_logits takes a target for each prediction, got (2, 1) and (2,)",
    ),
    "a target out of range": (
        lambda: binary_cross_entropy_with_logits(Tensor([1.0, 2.0]), [0, -1]), ValueError,
        "binary_cross_entropy_with_logits: targets lie in 0 … 1, got [0, -1]",
    ),
    "a target that is NaN": (
        lambda: binary_cross_entropy_with_logits(Tensor([1.0, 2.0]), [0, np.nan]), ValueError,
        "binary_cross_entropy_with_logits: targets lie in 0 … 1, got [0, nan]",
    ),
    "mse of two shapes": (
        lambda: mse(Tensor([1.0, 2.0]), [[1.0], [2.0]]), ValueError,
        "mse takes a target for each prediction, got (2,) and (2, 1)",
    ),
    "mse of nothing": (
        lambda: mse(Tensor([]), []), ValueError,
        "mse takes a target for each prediction, got (0,) and (0,)",
    ),
    "a width of 0": (
        lambda: MLP(2, [0]), ValueError, "Linear takes whole numbers of at least 1, got 2 and 0",
    ),
    "an unknown activation": (
        lambda: MLP(2, [1], activation="elu"), ValueError,
        "unknown activation 'elu'; there is tanh, relu, sigmoid",
    ),
    "rows too long": (
        lambda: MLP(2, [4, 1])(np.ones((5, 3))), ValueError,
        "@: the shapes (5, 3) and (2, 4) do not fit together",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ERRORS)
def test_an_error_says_what_was_given_and_what_is_expected(case):
    do, error, text = ERRORS[case]
    with pytest.raises(error) as caught:
        do()
    assert str(caught.value) == text


# ------------------------------------------------------------------ networks


def as_torch(model):
    """The same network in PyTorch, with the same numbers."""
    kinds = {"tanh": "Tanh", "relu": "ReLU", "sigmoid": "Sigmoid"}
    parts = []
    for layer in model.layers:
        linear = torch.nn.Linear(*layer.W.shape, dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(layer.W.data.T))
            linear.bias.copy_(torch.tensor(layer.b.data))
        parts += [linear, getattr(torch.nn, kinds[model.activation])()]
    return torch.nn.Sequential(*parts[:-1])


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
def test_a_network_agrees_with_pytorch(activation):
    model = MLP(4, [5, 3], activation=activation, seed=1)
    twin, X, y = as_torch(model), table(6, 4), [0, 1, 2, 2, 1, 0]
    loss = cross_entropy(model(X), y)
    expected = functional.cross_entropy(twin(torch.tensor(X)), torch.tensor(y))
    loss.backward()
    expected.backward()
    close(loss.data, expected)
    for p, t in zip(model.parameters(), twin.parameters(), strict=True):
        close(p.grad, t.grad.t() if t.ndim == 2 else t.grad)
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize("shape", [(6, 4), (1, 4), (0, 4), (4,), (2, 3, 4)], ids=str)
@pytest.mark.parametrize("constant", [False, True])
def test_a_layer_is_a_matrix_product_and_a_sum(shape, constant):
    layer, x = Linear(4, 3, seed=2), table(*shape)
    layer.b.data = table(3, seed=3)
    W, b, t = Tensor(layer.W.data), Tensor(layer.b.data), Tensor(x)
    out, expected = layer(x if constant else t), (x if constant else t) @ W + b
    close(out.data, expected.data, 0)
    weights = table(*out.shape, seed=9)
    (out * weights).sum().backward()
    first, t.grad = t.grad, None
    (expected * weights).sum().backward()
    for ours, theirs in ((layer.W.grad, W.grad), (layer.b.grad, b.grad)):
        close(ours, theirs, 1e-15)
    if not constant:
        close(first, t.grad, 1e-15)


def test_a_layer_is_one_node():
    layer = Linear(4, 3)
    out = layer(table(5, 4))
    assert out._op == "linear" and out._prev == (layer.W, layer.b)


def test_parameters_carry_labels_and_start_as_stated():
    model = MLP(400, [300, 2], seed=0)
    W1, b1, W2, b2 = model.parameters()
    assert [p.label for p in (W1, b1, W2, b2)] == ["W1", "b1", "W2", "b2"]
    assert [p.shape for p in (W1, b1, W2, b2)] == [(400, 300), (300,), (300, 2), (2,)]
    assert W1.data.std() == pytest.approx(1 / 20, rel=0.02) and abs(W1.data.mean()) < 1e-3
    assert not b1.data.any()
    assert [p.label for p in Linear(2, 3).parameters()] == ["W", "b"]


def test_the_seed_decides_the_start():
    def start(seed):
        return np.concatenate([p.data.ravel() for p in MLP(3, [4, 2], seed=seed).parameters()])

    assert np.array_equal(start(3), start(np.int64(3))) and not np.array_equal(start(3), start(4))
    np.random.seed(1337)
    first = start(None)
    assert not np.array_equal(first, start(None))
    np.random.seed(1337)
    assert np.array_equal(first, start(None))


def test_the_package_still_loads_without_numpy():
    program = "import micrograd_lite, sys; print('numpy' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=REPO, capture_output=True, text=True, check=True
    )
    assert run.stdout == "False\n"


def test_the_engine_for_tables_needs_numpy_alone():
    program = (
        "import sys, numpy; before = set(sys.modules); import micrograd_lite.tensor; "
        "new = {name.split('.')[0] for name in set(sys.modules) - before}; "
        "print(sorted(new - sys.stdlib_module_names))"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=REPO, capture_output=True, text=True, check=True
    )
    assert run.stdout == "['micrograd_lite']\n"
