"""The engine: every operation against PyTorch in float64, and the contract of the graph and of `backward`."""

import copy
import gc
import math
import operator
import os
import pickle
import subprocess
import sys
import tracemalloc
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from micrograd_lite import MLP, Value, dot, softmax, sum_values, topological_order
from micrograd_lite.optim import SGD

REPO = Path(__file__).resolve().parent.parent
INF, NAN = math.inf, math.nan


def tensor(x):
    return torch.tensor(x, dtype=torch.float64, requires_grad=True)


def same(ours, theirs, rel=1e-12):
    """Equal, infinities and NaN included, up to the last digits of a library function.

    Below 1e-307, where a float loses digits and PyTorch may round to zero, anything that small will do.
    """
    if math.isnan(ours) or math.isnan(theirs):
        return math.isnan(ours) and math.isnan(theirs)
    return math.isclose(ours, theirs, rel_tol=rel, abs_tol=1e-307)


def is_outside_the_domain(theirs):
    return not math.isfinite(theirs.item())


# ------------------------------------------------------------------ one input, against PyTorch

ONE_INPUT = {
    "negative": (operator.neg, operator.neg),
    "exp": (Value.exp, torch.exp),
    "log": (Value.log, torch.log),
    "tanh": (Value.tanh, torch.tanh),
    "sigmoid": (Value.sigmoid, torch.sigmoid),
    "relu": (Value.relu, torch.relu),
    "leaky_relu": (Value.leaky_relu, torch.nn.functional.leaky_relu),
    "leaky_relu of 0.2": (lambda v: v.leaky_relu(0.2), lambda t: torch.nn.functional.leaky_relu(t, 0.2)),
    "sqrt": (Value.sqrt, torch.sqrt),
    "sin": (Value.sin, torch.sin),
    "cos": (Value.cos, torch.cos),
    "abs": (Value.abs, torch.abs),
    "built-in abs": (abs, abs),
    "leaky_relu of 0": (lambda v: v.leaky_relu(alpha=0), lambda t: torch.nn.functional.leaky_relu(t, 0.0)),
}
POINTS = [0.0, -0.0, 0.3, -0.3, 1.0, -1.0, 2.5, -2.5, 40.0, -40.0, 700.0, -700.0, 710.0, -710.0, -800.0]
POINTS += [1e-8, 1e-300, -1e-300, 5e-324, -5e-324, 1e300, -1e300, INF, -INF, NAN]


@pytest.mark.parametrize("x", POINTS, ids=str)
@pytest.mark.parametrize("name", ONE_INPUT)
def test_an_operation_on_one_input_agrees_with_pytorch(name, x):
    ours, theirs = ONE_INPUT[name]
    v, t = Value(x), tensor(x)
    expected = theirs(t)
    try:
        out = ours(v)
    except (ValueError, OverflowError):
        assert is_outside_the_domain(expected)
        return
    out.backward()
    expected.backward()
    assert same(out.data, expected.item())
    assert same(v.grad, t.grad.item())


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "leaky_relu of 0"])
@pytest.mark.parametrize("zero", [0.0, -0.0], ids=str)
def test_at_the_kink_the_derivative_is_that_of_the_left_side(name, zero):
    v = Value(zero)
    ONE_INPUT[name][0](v).backward()
    assert v.grad == (0.01 if name == "leaky_relu" else 0.0)


@pytest.mark.parametrize("name", ONE_INPUT)
def test_a_nan_goes_through(name):
    assert math.isnan(ONE_INPUT[name][0](Value(NAN)).data)


# ------------------------------------------------------------------ two inputs, against PyTorch

TWO_INPUTS = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "**": operator.pow,
}
SIDES = {"Value and Value": (1, 1), "Value and number": (1, 0), "number and Value": (0, 1)}
NUMBERS = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 1 / 3, 0.1, 7.25, 1e-160, -1e-160, 1e160]
NUMBERS += [5e-324, 1e300, -1e300, INF, -INF, NAN]


@pytest.mark.parametrize("a", NUMBERS, ids=str)
@pytest.mark.parametrize("sides", SIDES)
@pytest.mark.parametrize("op", TWO_INPUTS)
def test_an_operation_on_two_inputs_agrees_with_pytorch(op, sides, a):
    f, (a_is_value, b_is_value) = TWO_INPUTS[op], SIDES[sides]
    for b in NUMBERS:
        if op == "**" and a == 0.0 and (math.isinf(b) or math.copysign(1, a) < 0.0 < b < 1.0):
            continue  # 0 to an infinite power, and which infinity is the slope of a root at -0: left open
        va, vb = Value(a) if a_is_value else a, Value(b) if b_is_value else b
        ta, tb = tensor(a), tensor(b)
        expected = f(ta, tb)
        try:
            out = f(va, vb)
        except (ValueError, ZeroDivisionError, OverflowError):
            assert is_outside_the_domain(expected), f"{a} {op} {b} is {expected.item()} in PyTorch"
            continue
        out.backward()
        expected.backward()
        assert same(out.data, expected.item()), f"{a} {op} {b}"
        for v, t in ((va, ta), (vb, tb)):
            if isinstance(v, Value):
                slope = t.grad.item()
                assert same(v.grad, slope), f"{a} {op} {b}: {v.grad}, PyTorch has {slope}"


@pytest.mark.parametrize(
    ("x", "p", "slope"),
    [
        (0.0, 0.5, INF),  # a vertical tangent
        (0.0, 1.0, 1.0),
        (0.0, 1.5, 0.0),
        (0.0, 2, 0.0),
        (0.0, 0, 0.0),  # a constant
        (-8.0, 0, 0.0),
        (-2.0, 3, 12.0),
        (-2.0, -1, -0.25),
        (4.0, 0.5, 0.25),
        (4.0, -0.5, -0.0625),
        (1e-200, -1.5, -INF),  # the power fits into a float, its slope does not
        (-1e-140, -2, INF),
        (-1e-200, -1, -INF),
    ],
)
@pytest.mark.parametrize("kind", [lambda p: p, Value], ids=["number", "Value"])
def test_the_slope_of_a_power_is_the_one_worked_out_by_hand(x, p, slope, kind):
    v = Value(x)
    (v ** kind(p)).backward()
    assert v.grad == slope


@pytest.mark.parametrize(
    ("x", "p", "slope"),
    [(2.0, 3.0, 8 * math.log(2)), (1.0, 5.0, 0.0), (0.0, 2.0, 0.0), (0.0, 0.0, 0.0), (-2.0, 3.0, NAN)],
)
@pytest.mark.parametrize("kind", [lambda x: x, Value], ids=["number", "Value"])
def test_the_slope_by_the_exponent_is_the_power_times_the_logarithm(x, p, slope, kind):
    v = Value(p)
    (kind(x) ** v).backward()
    assert same(v.grad, slope)


NUMBER_TYPES = [2, np.float64(2), np.float32(2), np.float16(2), np.int64(2), np.uint8(2), Fraction(2)]


@pytest.mark.parametrize("number", NUMBER_TYPES, ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("op", TWO_INPUTS)
def test_any_real_number_may_stand_on_either_side(op, number):
    f, v, w = TWO_INPUTS[op], Value(3.0), Value(3.0)
    for out, plain in ((f(number, v), f(2.0, w)), (f(v, number), f(w, 2.0))):
        out.backward()
        plain.backward()
        assert type(out) is Value and type(out.data) is float
        assert (out.data, v.grad) == (plain.data, w.grad)


@pytest.mark.parametrize("number", NUMBER_TYPES, ids=lambda x: type(x).__name__)
def test_a_value_holds_any_real_number_as_a_float(number):
    assert type(Value(number).data) is float
    assert Value(number).data == 2.0


# ------------------------------------------------------------------ finite differences

AWAY_FROM_KINKS = {
    **{name: ours for name, (ours, _) in ONE_INPUT.items()},
    "x + 2": lambda x: x + 2,
    "2 - x": lambda x: 2 - x,
    "x - 2": lambda x: x - 2,
    "3 * x": lambda x: 3 * x,
    "x / 3": lambda x: x / 3,
    "3 / x": lambda x: 3 / x,
    "x ** 3": lambda x: x**3,
    "x ** -1.5": lambda x: x**-1.5,
    "2 ** x": lambda x: 2**x,
    "x ** x": lambda x: x**x,
    "x * x": lambda x: x * x,
    "x / (x + 1)": lambda x: x / (x + 1),
    "abs of -x": lambda x: abs(-x),
    "softmax": lambda x: softmax([x, 2 * x, x * x])[2],
    "dot": lambda x: dot([x, x], [x, 3.0], x),
    "sum_values": lambda x: sum_values([x, x, x * x]),
}


@pytest.mark.parametrize("x", [0.4, 1.0, 2.3])
@pytest.mark.parametrize("name", AWAY_FROM_KINKS)
def test_the_derivative_is_the_limit_of_the_difference_quotient(name, x):
    f, h = AWAY_FROM_KINKS[name], 1e-5
    v = Value(x)
    f(v).backward()
    quotient = (f(Value(x + h)).data - f(Value(x - h)).data) / (2 * h)
    assert v.grad == pytest.approx(quotient, rel=1e-7, abs=1e-9)


# ------------------------------------------------------------------ what a node holds

a, b = Value(2.0), Value(-3.0)
NAMES = {
    "+": a + b, "-": a - b, "*": a * b, "/": a / b, "**": a**b, "neg": -a,
    "+1": a + 1, "-1": a - 1, "*0.5": a * 0.5, "/4": a / 4, "**3": a**3,
    "1-": 1 - a, "2/": 2 / a, "2**": 2**a,
    "exp": a.exp(), "log": a.log(), "tanh": a.tanh(), "sigmoid": a.sigmoid(), "relu": a.relu(),
    "leaky_relu": a.leaky_relu(), "sqrt": a.sqrt(), "sin": a.sin(), "cos": a.cos(), "abs": abs(a),
    "dot": dot([a], [b]), "sum": sum_values([a, b]),
    "softmax": softmax([a, b])[0], "*-1e-12": a * -1e-12, "-1e+30-": -1e30 - a,
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_node_names_its_operation(name):
    assert NAMES[name]._op == name


def test_a_leaf_has_no_operation_no_inputs_and_no_gradient():
    leaf = Value(3, label="x")
    assert (leaf.data, leaf.grad, leaf.label, leaf._prev, leaf._op) == (3.0, 0.0, "x", (), "")


def test_the_inputs_stand_in_a_tuple_in_order():
    a, b = Value(1.0), Value(2.0)
    assert (a - b)._prev == (a, b)
    assert (b - a)._prev == (b, a)


def test_a_value_added_to_itself_is_twice_an_input():
    a = Value(3.0)
    out = a + a
    out.backward()
    assert out._prev == (a, a)
    assert a.grad == 2.0


def test_a_plain_number_needs_no_node():
    a = Value(3.0)
    assert [out._prev for out in (a + 1, 1 + a, a * 2, 2 * a, 1 - a, 2 / a, a**2, 2**a)] == [(a,)] * 8


def test_the_built_in_sum_adds_values():
    a, b = Value(1.0), Value(2.0)
    assert sum([a, b]).data == 3.0
    assert sum([a, b], Value(10.0)).data == 13.0


def test_backward_of_one_node_adds_its_share_to_its_inputs():
    a, b = Value(2.0), Value(3.0)
    out = a * b
    out.grad = 10.0
    out._backward()
    assert (a.grad, b.grad) == (30.0, 20.0)
    out._backward()
    assert (a.grad, b.grad) == (60.0, 40.0)


def test_backward_of_one_leaf_does_nothing():
    leaf = Value(2.0)
    leaf.grad = 5.0
    leaf._backward()
    assert (leaf.data, leaf.grad) == (2.0, 5.0)


@pytest.mark.parametrize("make", [lambda a: a + 1, lambda a: a * a, lambda a: dot([a, a], [a, a], a)])
def test_one_node_at_a_time_in_reverse_is_the_whole_of_backward(make):
    a = Value(3.0)
    out = make(a).tanh()
    out.backward()
    expected, a.grad = a.grad, 0.0
    out._prev[0].grad, out.grad = 0.0, 1.0
    out._backward()
    out._prev[0]._backward()
    assert a.grad == expected


def test_a_value_is_shown_with_its_data_and_its_gradient():
    v = Value(2 / 3)
    assert repr(v) == "Value(data=0.6667, grad=0)"
    assert repr(Value(2.0, label="x")) == "Value(label='x', data=2, grad=0)"


@pytest.mark.parametrize(
    ("make", "operation", "constant"),
    [
        (lambda v: v + 1, "+c", 1.0), (lambda v: 1 + v, "+c", 1.0), (lambda v: v - 3, "-c", 3.0),
        (lambda v: 3 - v, "c-", 3.0), (lambda v: v * 0.1, "*c", 0.1), (lambda v: v / 4, "/c", 4.0),
        (lambda v: 4 / v, "c/", 4.0), (lambda v: v**3, "**c", 3.0), (lambda v: v ** (1 / 3), "**c", 1 / 3),
        (lambda v: 3**v, "c**", 3.0), (lambda v: v.leaky_relu(0.2), "leaky_relu", 0.2),
        (lambda v: v.tanh(), "tanh", None), (lambda v: v * v, "*", None),
    ],
)  # fmt: skip
def test_operation_and_constant_can_be_read_without_taking_the_text_apart(make, operation, constant):
    out = make(Value(2.0))
    assert (out._operation, out._constant) == (operation, constant)


def test_the_text_of_an_operation_can_be_changed():
    out = Value(2.0) + 1
    out._op = "one more"
    assert (out._op, out._operation, out._constant) == ("one more", "one more", None)


def test_a_misspelt_attribute_is_an_error():
    with pytest.raises(AttributeError):
        Value(2.0).gard = 1.0


def test_a_subclass_gives_its_own_kind():
    class Named(Value):
        pass

    v = Named(2.0)
    assert {type(out) for out in (v + 1, 1 - v, v * v, v.exp(), dot([v], [v]), softmax([v])[0])} == {Named}


# ------------------------------------------------------------------ a number like any other


@pytest.mark.parametrize("spec", [".2f", ">12.3g", "+.1e", "08.3f", "%"])
def test_a_value_is_formatted_as_its_number(spec):
    assert f"{Value(-2.34567):{spec}}" == f"{-2.34567:{spec}}"


def test_without_a_format_a_value_is_shown_whole():
    assert f"{Value(2.0)}" == str(Value(2.0)) == "Value(data=2, grad=0)"


def test_a_value_gives_its_number():
    assert (float(Value(2.5)), Value(2.5).item(), math.floor(Value(2.5))) == (2.5, 2.5, 2)
    assert np.asarray([Value(2.5), Value(1.0)], dtype=float).tolist() == [2.5, 1.0]


COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@pytest.mark.parametrize(("a", "b"), [(1.0, 2.0), (2.0, 1.0), (2.0, 2.0), (-0.0, 0.0), (NAN, 1.0)], ids=str)
@pytest.mark.parametrize("name", COMPARISONS)
def test_comparisons_are_those_of_the_numbers(name, a, b):
    compare = COMPARISONS[name]
    expected = compare(a, b)
    assert [compare(Value(a), Value(b)), compare(Value(a), b), compare(a, Value(b))] == [expected] * 3


def test_the_largest_the_smallest_and_the_order_of_values_are_those_of_their_numbers():
    a, b, c = Value(3.0), Value(-1.0), Value(2.0)
    assert max([b, a, c]) is a and min([a, b, c]) is b
    assert sorted([a, b, c]) == [b, c, a]
    assert max(a, 5) == 5


def test_equal_is_the_same_node_so_that_a_value_can_be_a_key():
    a, b = Value(2.0), Value(2.0)
    assert a == a and a != b and a != 2.0
    assert {a: "a", b: "b"}[b] == "b"


def test_a_value_is_no_smaller_than_text():
    with pytest.raises(TypeError, match="'<' not supported"):
        assert Value(2.0) < "3"


def test_plus_in_front_changes_nothing():
    v = Value(2.0)
    assert +v is v


def test_a_number_put_into_data_becomes_a_float():
    v = Value(1.0)
    for number in NUMBER_TYPES:
        v.data = number
        assert type(v.data) is float and v.data == 2.0


def test_data_can_be_changed_in_place():
    v = Value(1.0)
    v.data -= 0.25 * 2
    assert v.data == 0.5


BROKEN = type("Broken", (), {"__repr__": lambda self: 1 / 0})()


@pytest.mark.parametrize(
    ("grad", "shown"),
    [
        (None, "None"), ("text", "'text'"), ([1, 2], "[1, 2]"), (2, "2"), (np.float32(0.5), "0.5"),
        (Fraction(1, 3), "0.3333"), (np.array([1.0]), "array([1.])"), (True, "1"), (BROKEN, "<Broken>"),
        (10**400, "1" + "0" * 56 + "..."),
    ],
    ids=lambda x: type(x).__name__,
)  # fmt: skip
def test_whatever_is_in_grad_can_be_shown(grad, shown):
    v = Value(2.0)
    v.grad = grad
    assert repr(v) == f"Value(data=2, grad={shown})"


def test_a_value_that_holds_itself_or_nothing_can_be_shown():
    v = Value(2.0)
    v.grad = v
    assert repr(v).startswith("Value(data=2, grad=Value(")
    assert repr(Value.__new__(Value)) == "Value(data=None, grad=None)"
    assert repr(Value(2.0, label=BROKEN)) == "Value(label=<Broken>, data=2, grad=0)"


# ------------------------------------------------------------------ arrays of Values


def values(*numbers):
    return np.array([Value(x) for x in numbers])


@pytest.mark.parametrize("op", TWO_INPUTS)
def test_a_value_and_an_array_go_element_by_element_on_both_sides(op):
    f, v, row = TWO_INPUTS[op], Value(2.0), np.array([[1.0, 2.0], [3.0, 0.5]])
    for out, expected in ((f(v, row), f(2.0, row)), (f(row, v), f(row, 2.0))):
        assert out.shape == (2, 2) and all(type(x) is Value for x in out.flat)
        assert out.astype(float).tolist() == expected.tolist()


@pytest.mark.parametrize("op", TWO_INPUTS)
def test_an_array_of_values_and_a_value_are_on_one_graph(op):
    f, x, v = TWO_INPUTS[op], values(1.5, 3.0), Value(2.0)
    for make in (lambda x, v: f(x, v).sum(), lambda x, v: f(v, x).sum()):
        t, s = torch.tensor([1.5, 3.0], dtype=torch.float64, requires_grad=True), tensor(2.0)
        for p in (*x, v):
            p.grad = 0.0
        make(x, v).backward()
        make(t, s).backward()
        assert [p.grad for p in x] == pytest.approx(t.grad.tolist(), rel=1e-14)
        assert v.grad == pytest.approx(s.grad.item(), rel=1e-14)


def test_softmax_in_numpys_words_works_on_values():
    x, t = values(0.5, -1.0, 2.0), torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
    e = np.exp(x - x.max())
    p = e / e.sum()
    p[1].backward()
    torch.softmax(t, 0)[1].backward()
    assert [v.grad for v in x] == pytest.approx(t.grad.tolist(), rel=1e-13)


@pytest.mark.parametrize("name", ["exp", "log", "tanh", "sqrt", "sin", "cos", "abs", "negative"])
def test_a_function_of_numpy_reaches_each_value(name):
    function, x = getattr(np, name), values(0.5, 2.0)
    out = function(x)
    assert all(type(v) is Value for v in out)
    assert out.astype(float).tolist() == pytest.approx(function(np.array([0.5, 2.0])).tolist(), rel=1e-15)


def test_a_matrix_times_a_vector_of_values_reaches_the_values():
    x, w = values(1.0, 2.0), np.array([[3.0, 4.0], [5.0, 6.0]])
    (w @ x)[1].backward()
    assert [v.grad for v in x] == [5.0, 6.0]


def test_comparisons_with_an_array_go_element_by_element():
    v, row = Value(2.0), np.array([1.0, 2.0, 3.0])
    assert (v < row).tolist() == (row > v).tolist() == [False, False, True]
    assert (values(1.0, 3.0) > v).tolist() == [False, True]


def test_an_operation_made_by_hand_takes_part():
    v, t = Value(0.7), tensor(0.7)
    sin = Value(math.sin(v.data), (v,), "sin", label="s", _local_grads=(math.cos(v.data),))
    (sin * sin + v).backward()
    (torch.sin(t) ** 2 + t).backward()
    assert (sin._op, sin.label, sin._prev) == ("sin", "s", (v,))
    assert same(v.grad, t.grad.item())


# ------------------------------------------------------------------ backward


def test_backward_gives_every_node_its_gradient():
    x, y, b = Value(2.0), Value(3.0), Value(1.0)
    product = x * y
    z = product + b
    z.backward()
    assert [v.grad for v in (z, product, b, x, y)] == [1.0, 1.0, 1.0, 3.0, 2.0]


def test_the_gradients_of_all_paths_add_up():
    x = Value(3.0)
    y = x * x
    (y * y + y + x).backward()  # x⁴ + x² + x
    assert x.grad == 4 * 27 + 2 * 3 + 1
    assert y.grad == 2 * 9 + 1


def test_leaves_accumulate_and_inner_nodes_start_afresh():
    x = Value(3.0)
    inner = x * 2
    out = inner * inner
    out.backward()
    first = x.grad, inner.grad, out.grad
    out.backward()
    assert (x.grad, inner.grad, out.grad) == (2 * first[0], first[1], first[2])


def test_a_second_backward_gives_exactly_twice_the_gradient():
    w = Value(0.1)  # used three times: 0.1 + 0.2 + 0.3 once more, term by term, is not twice the sum
    out = sum_values([w * 0.1, w * 0.2, w * 0.3, w * 0.7])
    out.backward()
    once = w.grad
    out.backward()
    assert w.grad == 2 * once
    out.backward()
    assert w.grad == 2 * once + once


def test_two_losses_on_one_parameter_add_up_as_in_pytorch():
    w, t = Value(0.3), tensor(0.3)
    (w * 0.1 + w * 0.2 + w.exp()).backward()
    (w * 0.7 + w * w).backward()
    (t * 0.1 + t * 0.2 + t.exp()).backward()
    (t * 0.7 + t * t).backward()
    assert w.grad == pytest.approx(t.grad.item(), rel=1e-15)


def test_two_outputs_may_share_inner_nodes():
    x = Value(2.0)
    shared = x * x
    first, second = shared * 3, shared.exp()
    first.backward()
    second.backward()
    assert x.grad == pytest.approx(4 * 3 + 4 * math.exp(4))
    assert shared.grad == pytest.approx(math.exp(4))


def test_what_lies_above_the_output_is_left_alone():
    x = Value(2.0)
    inner = x * x
    above = inner * 5
    above.grad = 7.0
    inner.backward()
    assert (above.grad, x.grad) == (7.0, 4.0)


def test_the_derivative_of_a_leaf_by_itself_is_one_and_accumulates():
    leaf = Value(3.0)
    leaf.backward()
    assert leaf.grad == 1.0
    leaf.backward()
    assert leaf.grad == 2.0


def test_a_parameter_without_a_path_to_the_output_keeps_its_gradient():
    x, other = Value(2.0), Value(1.0)
    other.grad = 5.0
    (x * x).backward()
    assert other.grad == 5.0


NODES = {
    **{name: (lambda a, b, f=f: f(a)) for name, f in AWAY_FROM_KINKS.items()},
    **{f"a {op} b": f for op, f in TWO_INPUTS.items()},
    "dot with numbers": lambda a, b: dot([a, b], [3.0, 4.0], 1.0),
    "dot with Values": lambda a, b: dot([a, b], [b, a], a),
}


@pytest.mark.parametrize("name", NODES)
def test_changing_data_after_the_forward_pass_changes_nothing(name):
    a, b = Value(1.5), Value(2.5)
    NODES[name](a, b).backward()
    expected, a.grad, b.grad = (a.grad, b.grad), 0.0, 0.0
    out = NODES[name](a, b)
    a.data, b.data, out.data = -7.0, 1e9, NAN
    out.backward()
    assert (a.grad, b.grad) == expected


def test_an_interrupted_walk_leaves_nothing_that_misleads_the_next():
    class Interrupting(tuple):
        def __iter__(self):
            raise KeyboardInterrupt

    x = Value(3.0)
    y = x * x
    z = y * y
    out = z + y
    inputs, y._prev = y._prev, Interrupting(y._prev)
    with pytest.raises(KeyboardInterrupt):
        out.backward()
    y._prev = inputs
    out.backward()
    assert x.grad == 4 * 27 + 2 * 3


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_after_an_interrupted_backward_and_zero_grad_the_next_one_is_right(monkeypatch, steps):
    x = Value(3.0)
    y = x * x
    out = y * y + y
    share, calls = Value._pass_back, []

    def interrupted(node):
        calls.append(node)
        if len(calls) > steps:
            raise KeyboardInterrupt
        share(node)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Value, "_pass_back", interrupted)
        out.backward()
    x.grad = 0.0
    out.backward()
    assert (x.grad, y.grad, out.grad) == (4 * 27 + 2 * 3, 19.0, 1.0)


@pytest.mark.parametrize("nothing", [None, 0, 0.0, -0.0])
def test_a_gradient_of_none_counts_as_zero(nothing):
    x, leaf = Value(3.0), Value(2.0)
    x.grad = leaf.grad = nothing
    (x * x).backward()
    leaf.backward()
    assert (x.grad, leaf.grad) == (6.0, 1.0)


def test_a_gradient_of_none_counts_as_zero_in_a_walk_by_hand():
    x, y = Value(3.0), Value(2.0)
    out = x * y
    x.grad = None
    out.grad = 1.0
    out._backward()
    assert (x.grad, y.grad) == (2.0, 3.0)


def test_zero_grad_clears_everything_under_a_value():
    x, y = Value(3.0), Value(2.0)
    inner = x * y
    out = inner + x
    out.backward()
    inner.zero_grad()
    assert [v.grad for v in (x, y, inner, out)] == [0.0, 0.0, 0.0, 1.0]
    x.grad = 5.0
    x.zero_grad()
    assert x.grad == 0.0


def test_the_topological_order_has_every_node_once_and_inputs_before_outputs():
    x, y = Value(1.0), Value(2.0)
    a = x * y
    out = (a + x) * a.tanh()
    order = topological_order(out)
    place = {v: i for i, v in enumerate(order)}
    assert len(order) == len(place) == 6 and order[-1] is out
    assert all(place[child] < place[v] for v in order for child in v._prev)
    assert topological_order(x) == [x]


def test_a_walk_by_hand_in_topological_order_is_backward():
    x = Value(0.5)
    out = (x * x + x).tanh() * x
    out.backward()
    expected = x.grad
    for v in topological_order(out):
        v.grad = 0.0
    out.grad = 1.0
    for v in reversed(topological_order(out)):
        v._backward()
    assert x.grad == pytest.approx(expected, rel=1e-15)


def test_a_node_without_local_derivatives_stops_backward_before_any_gradient_changes():
    x = Value(3.0)
    x.grad = 5.0
    by_hand = Value(9.0, (x,), "square")
    with pytest.raises(ValueError):
        (by_hand + x).backward()
    assert x.grad == 5.0
    by_hand._local_grads = (6.0,)
    (by_hand + x).backward()
    assert x.grad == 5.0 + 6.0 + 1.0


# ------------------------------------------------------------------ sizes

MILLION = 1_000_000


@pytest.fixture
def collector_off():
    """No garbage collection: the engine does not need it, and among a million objects it takes seconds."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_a_chain_of_a_million_nodes_works(collector_off):
    x = Value(1.0)
    out = x
    for _ in range(MILLION):
        out = out + x
    out.backward()
    assert out.data == x.grad == MILLION + 1


def test_a_sum_of_a_million_values_works_as_one_node_and_as_a_chain(collector_off):
    leaves = [Value(0.5) for _ in range(MILLION // 2)]
    total = sum_values(leaves) + sum(leaves)
    total.backward()
    assert total.data == MILLION / 2
    assert all(leaf.grad == 2.0 for leaf in leaves)


def test_a_balanced_tree_of_a_million_nodes_works(collector_off):
    leaves = level = [Value(1.0) for _ in range(2**19)]
    while len(level) > 1:
        level = [left + right for left, right in zip(level[::2], level[1::2], strict=True)]
    level[0].backward()
    assert level[0].data == 2.0**19
    assert all(leaf.grad == 1.0 for leaf in leaves)


def test_each_node_is_visited_once_however_many_paths_lead_to_it():
    x = out = Value(1.0)
    for _ in range(1000):  # 2 to the power of 1000 paths
        out = out + out
    out.backward()
    assert x.grad == out.data == 2.0**1000


def test_a_million_nodes_are_freed_at_once_without_the_garbage_collector(collector_off):
    def values():
        return sum(type(thing) is Value for thing in gc.get_objects())

    before = values()
    x = out = Value(1.0)
    for _ in range(MILLION):
        out = out + x
    out.backward()
    assert values() == before + MILLION + 1
    del out
    assert values() == before + 1


def test_a_training_step_leaves_nothing_for_the_garbage_collector(collector_off):
    model = MLP(2, [4, 1], seed=0)
    loss = (model([1.0, 2.0]) - 1) ** 2
    loss.backward()
    gc.collect()
    del loss, model
    assert gc.collect() == 0


def test_a_node_takes_at_most_260_bytes():
    limit = 260 if sys.version_info < (3, 14) else 284  # whose tuples are 8 bytes larger
    x = Value(1.5)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        out = x
        for _ in range(10_000):
            out = (out * x).tanh()
        out.backward()
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert (after - before) / 20_000 <= limit


# ------------------------------------------------------------------ same inputs, same bits

PROGRAM = """
from micrograd_lite import MLP
from micrograd_lite.losses import hinge, l2
from micrograd_lite.optim import Adam
model = MLP(2, [5, 5, 1], "relu", seed=1337)
xs, ys = [[0.1, 0.7], [-0.3, 0.2], [0.9, -0.4]], [1, -1, 1]
optimizer = Adam(model.parameters(), lr=0.1)
for step in range(5):
    optimizer.zero_grad()
    loss = hinge([model(x) for x in xs], ys) + 0.01 * l2(model.parameters())
    loss.backward()
    optimizer.step()
print(loss.data.hex(), *[p.grad.hex() for p in model.parameters()])
"""


def run(program, *options, **environment):
    return subprocess.run(
        [sys.executable, *options, "-c", program],
        cwd=REPO,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout


def test_processes_with_different_hash_seeds_give_the_same_bits():
    outputs = [run(PROGRAM, PYTHONHASHSEED=seed) for seed in ("0", "1", "4242")]
    assert len(outputs[0].split()) == 1 + 51
    assert outputs[0] == outputs[1] == outputs[2]


@pytest.mark.parametrize("module", ["micrograd_lite", "micrograd_lite.losses", "micrograd_lite.optim"])
def test_the_import_needs_the_standard_library_alone(module):
    # -S: without site-packages there is nothing else to import
    loaded = run(f"import sys, {module}; print(*sys.modules)", "-S").split()
    foreign = {name.split(".")[0] for name in loaded} - set(sys.stdlib_module_names) - {"__main__"}
    assert foreign == {"micrograd_lite"}


def test_the_import_loads_neither_numpy_nor_torch_nor_matplotlib():
    loaded = set(run("import sys, micrograd_lite; print(*sys.modules)").split())
    assert not loaded & {"numpy", "torch", "matplotlib", "graphviz", "ipywidgets"}


# ------------------------------------------------------------------ copies


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"]
)
def test_a_copy_of_a_graph_works_on_its_own(copied):
    x = Value(3.0, label="x")
    out = x * x + x.tanh() + x.relu()
    out.backward()
    twin = copied(out)
    twin_x = twin._prev[0]._prev[0]._prev[0]
    assert (twin_x.label, twin_x.data, twin_x.grad, twin._op) == ("x", 3.0, x.grad, "+")
    twin.backward()
    assert twin_x.grad == 2 * x.grad


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"]
)
def test_a_graph_of_a_hundred_thousand_nodes_in_a_row_can_be_copied(copied, collector_off):
    out = Value(1.0)
    for _ in range(100_000):
        out = out + 1
    nodes = topological_order(copied(out))
    assert [v.data for v in nodes] == list(range(1, 100_002))
    nodes[-1].backward()
    assert nodes[0].grad == 1.0


COPIES = {
    "deepcopy": copy.deepcopy,
    **{
        f"pickle, protocol {p}": lambda x, p=p: pickle.loads(pickle.dumps(x, p))
        for p in range(pickle.HIGHEST_PROTOCOL + 1)
    },
}


@pytest.mark.parametrize("kind", COPIES)
def test_what_is_one_node_in_several_graphs_is_one_node_in_their_copies(kind):
    x = Value(2.0)
    inner = x * x
    one, other = inner + 1, inner.tanh()
    twin = COPIES[kind]({"other": other, "x": x, "one": one, "inner": inner, "again": [one, x]})
    assert twin["one"]._prev == twin["other"]._prev == (twin["inner"],)
    assert twin["inner"]._prev == (twin["x"], twin["x"])
    assert twin["again"] == [twin["one"], twin["x"]]
    assert twin["x"] is not x


@pytest.mark.parametrize("kind", COPIES)
def test_nodes_of_one_long_chain_are_copied_in_any_order_and_again(kind):
    chain = [Value(1.0)]
    for _ in range(2000):
        chain.append(chain[-1] + 1)
    for nodes in (chain, chain[::-1], chain[::-200], chain):
        twins = COPIES[kind](nodes)
        assert [v.data for v in twins] == [v.data for v in nodes]
        assert len(topological_order(max(twins))) == len(chain)


def test_a_shallow_copy_shares_the_inputs():
    x = Value(2.0, label="x")
    out = x * 3
    twin = copy.copy(out)
    assert (twin.data, twin._op, twin._prev) == (6.0, "*3", (x,))
    assert twin is not out


def test_a_copy_remembers_that_no_backward_has_been():
    reached, untouched = Value(1.0), Value(1.0)
    (reached * 0).backward()
    for twins in (pickle.loads(pickle.dumps([reached, untouched])), copy.deepcopy([reached, untouched])):
        SGD(twins, lr=1.0, weight_decay=0.5).step()
        assert [v.data for v in twins] == [0.5, 1.0]


def test_attributes_of_a_subclass_are_copied():
    v = Tagged(2.0)
    v.tag = ["a"]
    for twin in (copy.deepcopy(v), pickle.loads(pickle.dumps(v))):
        assert type(twin) is Tagged and twin.tag == ["a"] and twin.tag is not v.tag


class Tagged(Value):
    """A subclass has a place for attributes of its own."""


# ------------------------------------------------------------------ softmax


@pytest.mark.parametrize(
    "row",
    [[0.5], [0.5, -1.0, 2.0], [1.0, 1.0], [1e4, -1e4, 9999.0], [1e300, -1e300], [0.0, -INF], [NAN, 1.0]],
    ids=str,
)
def test_softmax_agrees_with_pytorch(row):
    for k in range(len(row)):
        values, t = [Value(z) for z in row], torch.tensor(row, dtype=torch.float64, requires_grad=True)
        ours, theirs = softmax(values), torch.softmax(t, 0)
        ours[k].backward()
        theirs[k].backward()
        assert all(same(a.data, b) for a, b in zip(ours, theirs.tolist(), strict=True))
        assert [v.grad for v in values] == pytest.approx(t.grad.tolist(), rel=1e-13, abs=1e-17, nan_ok=True)


def test_softmax_gives_one_node_for_each_logit():
    z = [Value(1.0), Value(2.0)]
    p = softmax(iter(z))
    assert [v._prev for v in p] == [tuple(z)] * 2 and sum(p).data == 1.0


# ------------------------------------------------------------------ dot and sum_values


def test_dot_agrees_with_pytorch():
    w, x, bias = [0.5, -1.5, 2.0], [3.0, 0.25, -1.0], 0.125
    vw, vx, vb = [Value(c) for c in w], [Value(c) for c in x], Value(bias)
    tw, tx, tb = tensor(w), tensor(x), tensor(bias)
    out, expected = dot(vw, vx, vb), tw @ tx + tb
    (out * out).backward()
    (expected * expected).backward()
    assert out.data == expected.item()
    assert [v.grad for v in (*vw, *vx, vb)] == [*tw.grad.tolist(), *tx.grad.tolist(), tb.grad.item()]


def test_dot_is_one_node_with_weights_inputs_and_bias_in_order():
    w, x, bias = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)], Value(5.0)
    assert dot(w, x, bias)._prev == (*w, *x, bias)
    assert dot(w, [3.0, 4], bias)._prev == (*w, bias)
    assert dot(w, [3.0, 4])._prev == tuple(w)
    assert dot(w, x, 5.0).data == dot(w, x, bias).data == 16.0


def test_dot_takes_values_and_numbers_mixed():
    w, x = [Value(2.0), Value(3.0)], Value(5.0)
    out = dot(w, [x, 7], 1.0)
    out.backward()
    assert out.data == 32.0
    assert (x.grad, w[0].grad, w[1].grad) == (2.0, 5.0, 7.0)


def test_dot_takes_numpy_rows_and_generators():
    w = [Value(2.0), Value(3.0)]
    assert dot(w, np.array([5.0, 7.0])).data == dot(iter(w), iter([5.0, 7.0])).data == 31.0


def test_dot_and_sum_values_take_a_subclass_of_value():
    class Named(Value):
        pass

    w, x = Named(2.0), Named(3.0)
    out = dot([w], [x]) + sum_values([w, x])
    out.backward()
    assert (out.data, w.grad, x.grad) == (11.0, 4.0, 3.0)


def test_a_value_that_is_weight_and_input_at_once_gets_both_shares():
    w = Value(3.0)
    dot([w], [w]).backward()
    assert w.grad == 6.0


def test_sum_values_adds_from_left_to_right_in_one_node():
    values = [Value(x) for x in (1e16, 1.0, -1e16, 1.0)]
    out = sum_values(values)
    out.backward()
    assert out.data == 1.0  # from the right it would be 0.0
    assert out._prev == tuple(values)
    assert [v.grad for v in values] == [1.0] * 4


def test_a_value_that_is_summed_twice_counts_twice():
    x = Value(3.0)
    sum_values([x, x, x]).backward()
    assert x.grad == 3.0


# ------------------------------------------------------------------ errors


ERRORS = {
    "Value of text": (lambda v: Value("3"), TypeError, "Value takes a number, got str: '3'"),
    "Value of None": (lambda v: Value(None), TypeError, "Value takes a number, got NoneType: None"),
    "Value of a list": (lambda v: Value([1]), TypeError, "Value takes a number, got list: [1]"),
    "Value of a bool": (lambda v: Value(True), TypeError, "Value takes a number, got bool: True"),
    "Value of NumPy's bool": (
        lambda v: Value(np.True_), TypeError, "Value takes a number, got bool: np.True_",
    ),
    "Value of a complex": (lambda v: Value(1j), TypeError, "Value takes a number, got complex: 1j"),
    "Value of an array": (
        lambda v: Value(np.array([1.0])), TypeError, "Value takes a number, got ndarray: array([1.])",
    ),
    "Value of a tensor": (
        lambda v: Value(torch.tensor(1.0)), TypeError, "Value takes a number, got Tensor: tensor(1.)",
    ),
    "Value of a Value": (
        lambda v: Value(v), TypeError, "Value takes a number, got Value: Value(data=2, grad=0)",
    ),
    "Value of a long list": (
        lambda v: Value(list(range(100))), TypeError,
        "Value takes a number, got list: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16...",
    ),
    "Value of a huge int": (
        lambda v: Value(10**400), OverflowError,
        "Value: this int does not fit into a float (up to about 1.8e308)",
    ),
    "a Value put into data": (
        lambda v: setattr(v, "data", v * 2), TypeError,
        ".data holds a plain number, got Value: Value(data=4, grad=0); "
        "write `p.data = new.data`, or `p.data -= lr * p.grad` for a step of descent",
    ),
    "text put into data": (
        lambda v: setattr(v, "data", "3"), TypeError, ".data takes a number, got str: '3'",
    ),
    "a rule of its own for one node": (
        lambda v: setattr(v * 2, "_backward", print), AttributeError,
        "'_backward' is read-only: an operation of your own hands its local derivatives over when the "
        'node is made, Value(math.sin(x.data), (x,), "sin", _local_grads=(math.cos(x.data),)); '
        "a lesson that writes `out._backward = _backward` runs with micrograd_lite.micrograd.engine.Value",
    ),
    "local derivatives in the place of _op": (
        lambda v: Value(4.0, (v, v), (2.0, 2.0)), TypeError,
        "_op is the name of the operation, got tuple: (2.0, 2.0); local derivatives are handed over "
        'by name: Value(data, inputs, "sin", _local_grads=(…,))',
    ),
    "a child that is not in a tuple": (
        lambda v: Value(4.0, v), TypeError,
        "_children must be Values in a list or tuple, got Value: Value(data=2, grad=0)",
    ),
    "the order of a number": (
        lambda v: topological_order(2.0), TypeError, "topological_order takes a Value, got float: 2.0",
    ),
    "sqrt of -4": (
        lambda v: Value(-4).sqrt(), ValueError,
        "sqrt(-4) is not a real number: sqrt needs a number of at least 0",
    ),
    "sin of an infinite angle": (
        lambda v: Value(INF).sin(), ValueError, "sin(inf) is not defined: sin needs a finite angle",
    ),
    "softmax of nothing": (
        lambda v: softmax([]), ValueError, "softmax needs at least one Value, got none",
    ),
    "softmax of numbers": (lambda v: softmax([v, 1.0]), TypeError, "softmax takes Values, got float: 1.0"),
    "v + a huge int": (
        lambda v: v + 10**400, OverflowError,
        "+: this int does not fit into a float (up to about 1.8e308)",
    ),
    "v ** a huge int": (
        lambda v: v ** 10**400, OverflowError,
        "**: this int does not fit into a float (up to about 1.8e308)",
    ),
    "2 ** 5000": (lambda v: v**5000, OverflowError, "2 ** 5000 is too large for a float"),
    "children that are numbers": (
        lambda v: Value(1.0, (v, 2.0)), TypeError, "_children must be Values, got float: 2.0",
    ),
    "a local derivative too few": (
        lambda v: Value(1.0, (v, v), "op", _local_grads=(1.0,)), ValueError,
        "Value needs one local derivative for each input, got 1 for 2 inputs",
    ),
    "a local derivative that is text": (
        lambda v: Value(1.0, (v,), "op", _local_grads=("1",)), TypeError,
        "_local_grads takes a number, got str: '1'",
    ),
    "v + text": (lambda v: v + "1", TypeError, "+ takes a Value or a number, got str: '1'"),
    "text + v": (lambda v: "1" + v, TypeError, "+ takes a Value or a number, got str: '1'"),
    "v - None": (lambda v: v - None, TypeError, "- takes a Value or a number, got NoneType: None"),
    "None - v": (lambda v: None - v, TypeError, "- takes a Value or a number, got NoneType: None"),
    "v * list": (lambda v: v * [1], TypeError, "* takes a Value or a number, got list: [1]"),
    "list * v": (lambda v: [1] * v, TypeError, "* takes a Value or a number, got list: [1]"),
    "v * array of text": (
        lambda v: v * np.array(["a"]), TypeError, "* takes a Value or a number, got str: 'a'",
    ),
    "v / bool": (lambda v: v / True, TypeError, "/ takes a Value or a number, got bool: True"),
    "bool / v": (lambda v: True / v, TypeError, "/ takes a Value or a number, got bool: True"),
    "v ** text": (lambda v: v ** "2", TypeError, "** takes a Value or a number, got str: '2'"),
    "text ** v": (lambda v: "2" ** v, TypeError, "** takes a Value or a number, got str: '2'"),
    "alpha that is text": (
        lambda v: v.leaky_relu("0.1"), TypeError, "leaky_relu(alpha) takes a number, got str: '0.1'",
    ),
    "log of 0": (lambda v: Value(0).log(), ValueError, "log(0) is not defined: log needs a positive number"),
    "log of -1.5": (
        lambda v: Value(-1.5).log(), ValueError, "log(-1.5) is not defined: log needs a positive number",
    ),
    "exp of 1000": (lambda v: Value(1000).exp(), OverflowError, "exp(1000) is too large for a float"),
    "1 / 0 of Values": (
        lambda v: Value(1) / Value(0), ZeroDivisionError, "1 / 0 is not defined: the divisor is zero",
    ),
    "v / 0": (lambda v: v / 0, ZeroDivisionError, "2 / 0 is not defined: the divisor is zero"),
    "1 / 0": (lambda v: 1 / Value(0), ZeroDivisionError, "1 / 0 is not defined: the divisor is zero"),
    "0 ** -1": (
        lambda v: Value(0) ** -1, ZeroDivisionError, "0 ** -1 is not defined: that would divide by zero",
    ),
    "0 ** -1 of Values": (
        lambda v: Value(0) ** Value(-1), ZeroDivisionError,
        "0 ** -1 is not defined: that would divide by zero",
    ),
    "0 ** Value(-1)": (
        lambda v: 0 ** Value(-1), ZeroDivisionError, "0 ** -1 is not defined: that would divide by zero",
    ),
    "(-8) ** (1/3)": (
        lambda v: Value(-8) ** (1 / 3), ValueError,
        "(-8) ** 0.333333 is not a real number: a negative base needs a whole exponent",
    ),
    "10 ** 400": (lambda v: 10 ** Value(400), OverflowError, "10 ** 400 is too large for a float"),
    "dot of two lengths": (
        lambda v: dot([v, v], [1.0]), ValueError, "dot needs one input for each weight, got 2 and 1",
    ),
    "dot with a number as weight": (
        lambda v: dot([v, 2.0], [v, v]), TypeError, "dot takes Values as weights, got float: 2.0",
    ),
    "dot with text as input": (
        lambda v: dot([v], ["1"]), TypeError, "dot takes a Value or a number, got str: '1'",
    ),
    "dot with text among Values": (
        lambda v: dot([v, v], [v, "1"]), TypeError, "Value takes a number, got str: '1'",
    ),
    "dot with text as bias": (
        lambda v: dot([v], [v], "1"), TypeError, "dot takes a Value or a number, got str: '1'",
    ),
    "sum of nothing": (lambda v: sum_values([]), ValueError, "sum_values needs at least one Value, got none"),
    "sum of numbers": (lambda v: sum_values([v, 1.0]), TypeError, "sum_values adds Values, got float: 1.0"),
    "backward through a node made by hand": (
        lambda v: (Value(4.0, (v,), "square") + 1).backward(), ValueError,
        "cannot go back through Value(data=4, grad=0) with _op='square': it was made by hand with inputs, "
        "but without a local derivative for each; write Value(…, _local_grads=(…))",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ERRORS)
def test_an_error_says_what_was_given_and_what_is_expected(case):
    do, error, text = ERRORS[case]
    with pytest.raises(error) as caught:
        do(Value(2.0))
    assert str(caught.value) == text
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
