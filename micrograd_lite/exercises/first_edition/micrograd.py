"""The exercises on micrograd: what a right answer does, and the mistakes that are usual.

No solution stands here: the page has it, folded up, below each exercise.
"""

import math
import random
import sys
from collections import Counter
from types import SimpleNamespace

from micrograd_lite import MLP, Module, Value
from micrograd_lite.exercises.first_edition.detectors import Exercise, Misconception
from micrograd_lite.exercises.guard import Guard
from micrograd_lite.exercises.looking import (
    Wrong,
    as_number,
    close,
    describe,
    entry_is,
    error_of,
    expect,
    filled_in,
    is_lesson_value,
    not_none,
    slope,
    stops_with,
)

# ---------------------------------------------------------------- the chain rule by hand

HAND = {"a": 3.0, "b": -2.0, "c": 10.0}


def hand_loss(a, b, c):
    return a * (a * b + c)


def hand_properties(answer):
    got = filled_in(answer, HAND)
    for name in HAND:
        expected = slope(lambda x, name=name: hand_loss(**{**HAND, name: x}), HAND[name])
        if not close(got[name], expected, 1e-3):
            raise Wrong(
                f"your dL/d{name} is {got[name]:.4g}. Compute L once more with {name} = "
                f"{HAND[name] + 0.001:g}: by how many thousandths has it moved?"
            )


CHAIN_RULE = Exercise(
    id="micrograd-chain-rule",
    name="my_gradients",
    title="The chain rule by hand",
    stars=1,
    section="Backward by hand",
    stub='my_gradients = {"a": ..., "b": ..., "c": ...}  # dL/da, dL/db, dL/dc',
    properties=hand_properties,
    misconceptions=(
        Misconception(
            "one-path",
            entry_is(HAND, a=(4.0, -6.0)),
            "`a` is used twice: in `u = a * b` and in `L = a * v`. You have the share of one path; the "
            "derivative is the sum of both.",
            "Why +=",
        ),
        Misconception(
            "sign-lost",
            entry_is(HAND, a=10.0),
            "You lost the minus sign of `b = -2`: the local derivative of `u = a * b` by `a` is `b`, sign "
            "included.",
        ),
        Misconception(
            "factors-swapped",
            entry_is(HAND, a=13.0, b=-6.0),
            "In `u = a * b` you took each factor's own value as its local derivative. It is the value of "
            "the other factor: du/da = b and du/db = a.",
        ),
        Misconception(
            "upstream-forgotten",
            entry_is(HAND, c=1.0),
            "Your dL/dc is a local derivative, dv/dc. To get from there to L, multiply it by the upstream "
            "gradient: dL/dc = dL/dv · dv/dc.",
        ),
        Misconception(
            "upstream-forgotten-at-b",
            entry_is(HAND, b=3.0),
            "Your dL/db is a local derivative, du/db. To get from there to L, multiply it by the upstream "
            "gradient: dL/db = dL/du · du/db.",
        ),
        Misconception(
            "upstream-forgotten-at-a",
            entry_is(HAND, a=2.0),
            "In your dL/da the path through u lacks its upstream gradient: it brings dL/du · du/da, and `L "
            "= a * v` brings v.",
        ),
    ),
    well_done="Each path gives a product, and a number's gradient is the sum over its paths.",
)


# ---------------------------------------------------------------- the numeric gradient


def gradient_list(answer, f, point, **h):
    """The answer's gradient as a list of floats, and the point as it was left."""
    xs = list(point)
    got = not_none(answer(f, xs, **h))
    if hasattr(got, "tolist"):  # a NumPy array is a list for us
        got = got.tolist()
    if not isinstance(got, (list, tuple)):
        raise Wrong(
            f"your function should return a list with one slope per input, and returned {describe(got)}."
        )
    if len(got) != len(point):
        raise Wrong(f"for xs = {point} the list should be as long as `xs`, and yours is {got}.")
    return [as_number(g, f"slope number {i}") for i, g in enumerate(got)], xs


GRADIENT_PROBES = (  # name, function, point, its partial derivatives
    ("f(x) = x²", lambda v: v[0] ** 2, [3.0], [6.0]),
    ("f(x, y) = 2x + 5y", lambda v: 2 * v[0] + 5 * v[1], [1.0, 1.0], [2.0, 5.0]),
    (
        "f(x, y, z) = x·y + sin z",
        lambda v: v[0] * v[1] + math.sin(v[2]),
        [1.5, -2.0, 0.7],
        [-2.0, 1.5, math.cos(0.7)],
    ),
)


def square_slope(answer):
    """The answer's slope of x² at 3 with h = 0.1; 6 for central differences, whatever h is."""
    return gradient_list(answer, lambda v: v[0] ** 2, [3.0], h=0.1)[0][0]


def line_slopes(answer):
    """The answer's slopes of 2x + 5y at (1, 1): any step gives 2 and 5."""
    return gradient_list(answer, lambda v: 2 * v[0] + 5 * v[1], [1.0, 1.0], h=0.1)[0]


def reach(answer, h):
    """How far from the point the answer looks."""
    seen = []

    def square(v):
        seen.append(abs(v[0] - 3.0))
        return v[0] ** 2

    gradient_list(answer, square, [3.0], h=h)
    return max(seen, default=0.0)


def ignores_h(answer):
    return close(reach(answer, 0.25), reach(answer, 0.5))


def gradient_properties(answer):
    for name, f, point, expected in GRADIENT_PROBES:
        got, xs = gradient_list(answer, f, point)
        for i, (g, e) in enumerate(zip(got, expected, strict=True)):
            if not close(g, e, 1e-3):
                raise Wrong(f"for {name} at {point} slope number {i} should be {e:.4g}, and is {g:.4g}.")
        if xs != point:
            raise Wrong(f"your function changed the list it was given from {point} to {xs}.")
    if not close(square_slope(answer), 6.0):
        raise Wrong(
            f"for f(x) = x² at 3 with h = 0.1 you get {square_slope(answer):.4g}. A central difference is "
            f"exact for a square, whatever h is: 6."
        )
    if ignores_h(answer):
        raise Wrong("your function looks equally far with h = 0.25 and with h = 0.5.")


def single_number(answer):
    got = answer(lambda v: v[0] + v[1] + v[2], [1.0, 1.0, 1.0])
    return isinstance(got, (int, float)) or (hasattr(got, "__len__") and len(got) == 1)


def one_slope_short(answer):
    return len(answer(lambda v: v[0] + v[1] + v[2], [1.0, 1.0, 1.0])) == 2


def changed_list(answer):
    _, xs = gradient_list(answer, lambda v: v[0] * v[1], [3.0, 5.0], h=0.1)
    return not all(map(close, xs, [3.0, 5.0]))


def calls_with_numbers(answer):
    """Whether `f` gets something else than one list."""
    seen = []

    def f(*given):
        seen.append(len(given) == 1 and hasattr(given[0], "__len__"))
        return 0.0

    error_of(answer, f, [1.0, 2.0])
    return bool(seen) and not all(seen)


def moves_the_list_itself(answer):
    """Whether `f` only ever sees the caller's own list, never below the point, and half a slope or none."""
    xs, seen = [1.0, 1.0], []

    def line(v):
        seen.append(v is xs and min(v) > 0.95)
        return 2 * v[0] + 5 * v[1]

    got = [float(g) for g in answer(line, xs, h=0.1)]
    return all(seen) and (all(map(close, got, [0.0, 0.0])) or all(map(close, got, [1.0, 2.5])))


GRADIENT_CHECK = Exercise(
    id="micrograd-gradient-check",
    name="my_gradient",
    title="A numeric gradient",
    stars=1,
    section="What is a derivative?",
    stub='''def my_gradient(f, xs, h=1e-5):
    """The slopes of f at xs, one for each entry of the list xs, by central differences."""
    ...''',
    properties=gradient_properties,
    misconceptions=(
        Misconception(
            "f-takes-the-list",
            calls_with_numbers,
            "`f` takes the whole list, not single numbers: call `f(up)`, where `up` is a copy of `xs` with "
            "one entry nudged.",
            "Three ways to a derivative",
        ),
        Misconception(
            "single-number",
            single_number,
            "You return a single slope. The gradient is a list: one slope for each entry of `xs`. Does the "
            "`return` stand inside the loop?",
            "Three ways to a derivative",
        ),
        Misconception(
            "one-slope-short",
            one_slope_short,
            "For 3 inputs there are 3 slopes, and you returned 2. Does the `range` reach the last entry? "
            "`range(len(xs))` does.",
            "Three ways to a derivative",
        ),
        Misconception(
            "second-name",
            moves_the_list_itself,
            "`f` meets the same list at both points, so a nudge of the one is a nudge of the other. "
            "`up = xs` makes no copy, it is a second name for the list: write `up = list(xs)`.",
            "Three ways to a derivative",
        ),
        Misconception(
            "nudge-left-in",
            changed_list,
            "You nudge `xs` and do not put it back, so the next slope is taken at another point and the "
            "caller's list is changed. Nudge a copy, `list(xs)` (`up = xs` makes none), or undo the nudge.",
            "Three ways to a derivative",
        ),
        Misconception(
            "copies-outside-the-loop",
            lambda answer: all(map(close, line_slopes(answer), (2.0, 7.0))),
            "From the second slope on, the earlier nudge is still in your copies. Make the copies inside "
            "the loop, fresh for each entry.",
            "Three ways to a derivative",
        ),
        Misconception(
            "all-inputs-nudged",
            lambda answer: all(close(g, 7.0) for g in line_slopes(answer)),
            "You nudge all inputs at once, which adds their slopes up. A gradient needs one input nudged at "
            "a time, with the others held still.",
            "Three ways to a derivative",
        ),
        Misconception(
            "multiplied-by-h",
            lambda answer: close(square_slope(answer), 6.0 * 0.1**2),
            "`/ 2 * h` divides by 2 and then multiplies by `h`: Python goes from left to right. Write `/ (2 "
            "* h)`.",
        ),
        Misconception(
            "wrong-way-round",
            lambda answer: close(square_slope(answer), -6.0),
            "Your slopes have the wrong sign: take f(… + h) minus f(… − h), in this order.",
        ),
        Misconception(
            "divided-by-h",
            lambda answer: close(square_slope(answer), 12.0, 1e-3),
            "Your slopes are twice too large: from `x - h` to `x + h` the step is `2 * h`, not `h`.",
        ),
        Misconception(
            "forward-difference",
            lambda answer: close(abs(square_slope(answer) - 6.0), 0.1, 1e-3),
            "You look to one side only: that is the forward (or backward) difference, and its error shrinks "
            "with `h`. The central difference looks `h` to both sides, and its error shrinks with `h` "
            "squared.",
        ),
        Misconception(
            "h-ignored",
            ignores_h,
            "You do not use the `h` that you are given: with h = 0.25 and with h = 0.5 your function looks "
            "equally far. Leave the choice of `h` to the caller.",
        ),
    ),
    well_done="It costs two calls of f per input, and it can check any gradient you will ever write.",
)


# ---------------------------------------------------------------- an operation of your own


def softplus(x):
    return math.log1p(math.exp(x))


SOFTPLUS_POINTS = (-2.0371, 0.0, 0.5317, 3.0459)


def softplus_node(answer):
    return answer(Value(0.5))


def softplus_grad(answer, x=0.5):
    """The gradient that arrives at x when the answer's node is asked for `backward()`."""
    leaf = Value(x)
    answer(leaf).backward()
    return leaf.grad


def softplus_properties(answer):
    for x in SOFTPLUS_POINTS:
        leaf = Value(x)
        out = not_none(answer(leaf))
        if not isinstance(out, Value):
            raise Wrong(f"softplus should be a new `mg.Value`, and you returned {describe(out)}.")
        if leaf.data != x:
            raise Wrong(f"before the call `x.data` was {x:g}, and after it is {describe(leaf.data)}.")
        expect(out.data, softplus(x), f"softplus({x:g})")
        if len(out._prev) != 1 or out._prev[0] is not leaf:
            raise Wrong(f"the new node has one input, `x` itself, and yours has `_prev` = {out._prev}.")
        expect(softplus_grad(answer, x), slope(softplus, x), f"the derivative at {x:g}", 1e-5)
    leaf = Value(0.5)
    (3 * answer(leaf * 2) + leaf).backward()
    expect(leaf.grad, slope(lambda x: 3 * softplus(2 * x) + x, 0.5), "d(3·softplus(2x) + x)/dx at 0.5", 1e-5)


def softplus_slope_is(f):
    """A detector: right value, and this slope instead of the right one."""
    return lambda answer: all(close(softplus_grad(answer, x), f(x)) for x in SOFTPLUS_POINTS)


def overwrites_input(answer):
    leaf = Value(0.5)
    answer(leaf)
    return leaf.data != 0.5


def input_is_a_copy(answer):
    leaf = Value(0.5)
    inputs = answer(leaf)._prev
    return len(inputs) == 1 and inputs[0] is not leaf and not inputs[0]._prev


def softplus_without_slopes(answer):
    out = softplus_node(answer)
    return isinstance(out, Value) and bool(out._prev) and out._local_grads is None


SOFTPLUS = Exercise(
    id="micrograd-softplus",
    name="my_softplus",
    title="An operation of your own",
    stars=2,
    section="The engine of the package",
    stub='''def my_softplus(x):
    """ln(1 + e^x) of an mg.Value, as one new node that knows its local derivative."""
    ...''',
    properties=softplus_properties,
    misconceptions=(
        Misconception(
            "input-overwritten",
            overwrites_input,
            "You overwrite `x.data`; the input belongs to the caller. Give your number a name of its own, "
            "`e = math.exp(x.data)`.",
            "A number that remembers",
        ),
        Misconception(
            "comma-missing",
            stops_with(TypeError, "is not iterable", softplus_node),
            "A tuple of one needs a comma: `(d,)`. Without it `(d)` is `d` in brackets. That holds for the "
            "inputs, `(x,)`, and for `_local_grads`.",
        ),
        Misconception(
            "rule-of-the-lesson",
            stops_with(AttributeError, "_backward", softplus_node),
            "A node with a `_backward` of its own is the lesson's class. Here you hand over "
            "`_local_grads=(derivative,)`, and the package's `_backward` does the rest.",
        ),
        Misconception(
            "lessons-value",
            lambda answer: is_lesson_value(softplus_node(answer)),
            "You return the lesson's `Value`, and this exercise is about the package's: write `mg.Value(…)`.",
        ),
        Misconception(
            "number-instead-of-node",
            lambda answer: isinstance(softplus_node(answer), float),
            "You return a plain number: it has forgotten that it came from `x`, so no gradient can flow. "
            "Return `mg.Value(number, (x,), …)`.",
            "A number that remembers",
        ),
        Misconception(
            "cut-from-the-graph",
            lambda answer: softplus_node(answer)._prev == (),
            "You return an `mg.Value`, as you should, but it has no inputs: to the engine it is a leaf, and "
            "`x` gets no gradient. Its second argument is the tuple of inputs, `(x,)`.",
            "A number that remembers",
        ),
        Misconception(
            "copied-input",
            input_is_a_copy,
            "The input of your node is not `x` itself but a copy of it: the gradient arrives at the copy, "
            "and `x` gets none. Hand over `x` as it came.",
            "A number that remembers",
        ),
        Misconception(
            "no-local-derivative",
            softplus_without_slopes,
            "Your node knows its value and its input, and not its local derivative: `backward()` cannot get "
            "past it. Hand over `_local_grads=(…,)`, one number for each input.",
        ),
        Misconception(
            "built-from-other-nodes",
            lambda answer: (
                close(softplus_node(answer).data, softplus(0.5))
                and close(softplus_grad(answer), slope(softplus, 0.5))
                and len(softplus_node(answer)._prev) == 1
                and bool(softplus_node(answer)._prev[0]._prev)
            ),
            "Value and gradient are right, and they come from three nodes that the engine knew already. "
            "This exercise asks for one new node: compute the number with `math`, and give its derivative "
            "yourself.",
        ),
        Misconception(
            "inner-derivative-forgotten",
            softplus_slope_is(lambda x: 1 / (1 + math.exp(x))),
            "You have 1/(1 + eˣ), the derivative of the logarithm. The chain rule wants it multiplied by "
            "the derivative of what is inside, which is eˣ.",
            "Backward by hand",
        ),
        Misconception(
            "outer-derivative-forgotten",
            softplus_slope_is(math.exp),
            "You have eˣ, the derivative of what is inside. The factor 1/(1 + eˣ), the derivative of the "
            "logarithm, is missing.",
            "Backward by hand",
        ),
        Misconception(
            "derivative-at-the-output",
            softplus_slope_is(lambda x: 1 / (1 + math.exp(-softplus(x)))),
            "You have the right formula at the wrong place: you put the output in. Here the derivative is a "
            "formula in the input, `x.data`.",
            "Every node knows its own rule",
        ),
        Misconception(
            "grad-in-the-local-derivative",
            softplus_slope_is(lambda x: 0.0),
            "Your local derivative is 0. Did you multiply by a `.grad`? In the forward pass every gradient "
            "is still 0; the engine multiplies by the upstream gradient later, in `_backward`.",
        ),
    ),
    well_done="Your node works in any graph. Its slope, eˣ/(1 + eˣ), is the sigmoid.",
)


NUMBER_HAS_NO_BACKWARD = "'float' object has no attribute '_?backward'"

# ---------------------------------------------------------------- a _backward of your own


A, B, UPSTREAM = 3.7, -2.3, 5.1  # so odd that no mistake looks like another
A_GRAD, B_GRAD = 0.41, 0.29  # what the inputs have collected before
A_SHARE, B_SHARE = UPSTREAM / B, -UPSTREAM * A / B**2


class Plain:
    """What a closure needs of an input, where the learner's cells have no class `Value`."""

    def __init__(self, data):
        self.data, self.grad = data, 0.0


Plain.__name__ = "Value"  # in messages


def inputs(answer, *numbers, grads=(0.0, 0.0)):
    """The answer's inputs, of the learner's own class `Value`."""
    own = getattr(Guard.inside(answer), "__globals__", {}).get("Value")
    own = own if isinstance(own, type) and not issubclass(own, Value) else Plain
    made = [own(number) for number in numbers]
    for v, grad in zip(made, grads, strict=False):
        v.grad = grad
    return made


def divided(answer, a, b):
    """The answer's node, after its `_backward` was called with UPSTREAM on it."""
    out = not_none(answer(a, b))
    if not hasattr(out, "data") or not hasattr(out, "_backward"):
        raise Wrong(f"your function should return the new `Value`, and returned {describe(out)}.")
    if not callable(out._backward):
        raise Wrong(f"`out._backward` should be a function, and is {describe(out._backward)}.")
    out.grad = UPSTREAM
    out._backward()
    return out


def after_backward(answer):
    """The node and its two inputs, after one `_backward`."""
    a, b = inputs(answer, A, B, grads=(A_GRAD, B_GRAD))
    return divided(answer, a, b), a, b


def shares(answer):
    """The grads of the two inputs after one `_backward`."""
    _, a, b = after_backward(answer)
    return a.grad, b.grad


def same_objects(some, others):
    return [id(x) for x in some] == [id(x) for x in others]


def divide_properties(answer):
    out, a, b = after_backward(answer)
    expect(out.data, A / B, f"{A:g} / ({B:g})")
    if not same_objects(getattr(out, "_prev", (a, b)), (a, b)):
        raise Wrong(f"the inputs of the new node are `a` and `b` themselves, and its `_prev` is {out._prev}.")
    if (a.data, b.data) != (A, B):
        raise Wrong(f"`a.data` and `b.data` were {A:g} and {B:g}, and now are {a.data} and {b.data}.")
    for name, got, before, expected in (
        ("a", a.grad, A_GRAD, slope(lambda x: x / B, A) * UPSTREAM),
        ("b", b.grad, B_GRAD, slope(lambda x: A / x, B) * UPSTREAM),
    ):
        if hasattr(got, "data"):
            raise Wrong(f"`{name}.grad` should be a number, and is {describe(got)}.")
        added = as_number(got, f"`{name}.grad`") - before
        if not close(added, expected, 1e-5):
            raise Wrong(
                f"for a = {A:g}, b = {B:g} and out.grad = {UPSTREAM:g}, `_backward` should add "
                f"{expected:.4g} to `{name}.grad`, and adds {added:.4g}."
            )
    (both,) = inputs(answer, A)
    divided(answer, both, both)
    expect(both.grad, 0.0, "the gradient of a in a / a, which is 1 whatever a is,", 1e-9)


def shares_are(a, b):
    """A detector: the inputs' grads after `_backward`; None stands for any."""
    return lambda answer: all(
        want is None or close(got, want) for got, want in zip(shares(answer), (a, b), strict=True)
    )


def a_share_is(a, b):
    """A detector: one of the two grads after `_backward`."""
    return lambda answer: any(map(close, shares(answer), (a, b)))


def inputs_changed(answer):
    _, a, b = after_backward(answer)
    return (a.data, b.data) != (A, B)


def of_the_package(answer):
    """Whether the answer returns an `mg.Value`, or stops in its constructor or at its rule."""
    error = error_of(answer, *inputs(answer, A, B))
    if error is None:
        return isinstance(answer(*inputs(answer, A, B)), Value)
    return any(text in str(error) for text in ("_children must be Values", "'_backward' is read-only"))


def in_several_nodes(answer):
    a, b = inputs(answer, A, B)
    return any(getattr(p, "_prev", ()) for p in answer(a, b)._prev)


def inputs_copied(answer):
    a, b = inputs(answer, A, B)
    given = answer(a, b)._prev
    return len(given) == 2 and not {id(p) for p in given} <= {id(a), id(b)}


def inputs_reversed(answer):
    out, a, b = after_backward(answer)
    return same_objects(out._prev, (b, a))


BACKWARD = Exercise(
    id="micrograd-backward",
    name="my_divide",
    title="A rule of your own: _backward for division",
    stars=2,
    section="Every node knows its own rule",
    stub='''def my_divide(a, b):
    """a / b as a node of the lesson's class Value, with its _backward."""
    out = Value(a.data / b.data, (a, b), "/")
    ...
    return out''',
    properties=divide_properties,
    misconceptions=(
        Misconception(
            "package-value",
            of_the_package,
            "`mg.Value` is the package's class, which knows its rules already. Here you write a rule for "
            "the class `Value` of this page: `out = Value(…)`.",
        ),
        Misconception(
            "data-changed",
            inputs_changed,
            "You changed `.data` of an input. The values belong to the forward pass; the share goes into "
            "`.grad`.",
        ),
        Misconception(
            "built-from-other-nodes",
            in_several_nodes,
            "Between Values, `a / b` and `a * b ** -1` use the rules that are there, in two nodes. This "
            'exercise asks for one node with a rule of its own: `Value(a.data / b.data, (a, b), "/")`.',
        ),
        Misconception(
            "copied-inputs",
            inputs_copied,
            "The inputs of your node are not `a` and `b` themselves but copies: the shares arrive at the "
            "copies. `a` and `b` are Values already; use them as they come.",
            "A number that remembers",
        ),
        Misconception(
            "inputs-reversed",
            inputs_reversed,
            "`_prev` holds the inputs in order, and yours has `b` first: write `(a, b)`.",
            "A number that remembers",
        ),
        Misconception(
            "called-instead-of-attached",
            lambda answer: answer(*inputs(answer, A, B))._backward is None,
            "You called the rule instead of attaching it: `_backward()` runs at once, in the forward pass, "
            "and returns None. Write `out._backward = _backward`, without the brackets.",
        ),
        Misconception(
            "backward-of-a-number",
            stops_with(AttributeError, NUMBER_HAS_NO_BACKWARD, after_backward),
            "`.data` is a plain number, which has no `_backward` and no `backward()`: both belong to the "
            "node. Write `out._backward = _backward`; whoever walks through the graph calls it.",
            "A number that remembers",
        ),
        Misconception(
            "not-attached",
            shares_are(A_GRAD, B_GRAD),
            "When `out._backward()` is called, nothing happens to `a.grad` and `b.grad`. You need a "
            "function that adds to them, and it must be attached: `out._backward = _backward`.",
        ),
        Misconception(
            "value-in-the-gradient",
            lambda answer: any(hasattr(grad, "data") for grad in shares(answer)),
            "A `.grad` became a Value: your rule computes with the nodes themselves. A gradient is a "
            "number, so use numbers: `a.data`, `b.data`, `out.grad`.",
        ),
        Misconception(
            "assigned-instead-of-added",
            a_share_is(A_SHARE, B_SHARE),
            "You assign the gradient instead of adding to it: a node that is used twice loses one path. "
            "Write `+=`.",
            "Why +=",
        ),
        Misconception(
            "upstream-forgotten",
            a_share_is(A_GRAD + A_SHARE / UPSTREAM, B_GRAD + B_SHARE / UPSTREAM),
            "You add the local derivative alone. It still has to be multiplied by the upstream gradient, "
            "`out.grad`.",
        ),
        Misconception(
            "sign-lost",
            shares_are(A_GRAD + A_SHARE, B_GRAD - B_SHARE),
            "The sign of `b`'s share is wrong: a larger divisor makes the quotient of positive numbers "
            "smaller. The derivative of 1/b is −1/b².",
            "What is a derivative?",
        ),
        Misconception(
            "square-forgotten",
            shares_are(None, B_GRAD - UPSTREAM * A / B),
            "`b`'s share is −a/b times the upstream gradient. The derivative of 1/b is −1/b², with the "
            "square.",
            "What is a derivative?",
        ),
        Misconception(
            "numerator-forgotten",
            shares_are(None, B_GRAD - UPSTREAM / B**2),
            "`b`'s share is −1/b² times the upstream gradient, and `a` is missing: held still it stays as a "
            "factor, −a/b².",
            "What is a derivative?",
        ),
        Misconception(
            "inputs-swapped",
            shares_are(A_GRAD + B_SHARE, B_GRAD + A_SHARE),
            "Both shares are right, and they go to the wrong inputs: `a` gets out.grad / b, `b` gets the "
            "other one.",
        ),
        Misconception(
            "rule-of-multiplication",
            shares_are(A_GRAD + B * UPSTREAM, B_GRAD + A * UPSTREAM),
            "That is the rule of `a * b`. For a / b take the derivative by `a` with `b` held still (1/b), "
            "and the other way round (−a/b²).",
        ),
    ),
    well_done="Upstream gradient times local derivative, added: that is every rule there is.",
)


# ---------------------------------------------------------------- topological order


class Watched(Value):
    """A Value that counts how often its inputs are asked for."""

    reads = 0

    @property
    def _prev(self):
        Watched.reads += 1
        return Value._prev.__get__(self)

    @_prev.setter
    def _prev(self, inputs):
        Value._prev.__set__(self, inputs)


def graphs():
    """(name, root, {node: its name}) of small graphs, made afresh."""
    a = Value(2.0, label="a")
    yield "one leaf, a", a, {a: "a"}
    a = Value(2.0, label="a")
    b = a + a
    yield "b = a + a", b, labelled(a=a, b=b)
    yield "the diamond a → b = 2a, c = 3b, d = 5b, e = c + d", *diamond()
    yield "the shortcut b = 2a, c = 3b, e = b + c", *shortcut()
    yield "the shortcut b = 2a, c = 3b, e = c + b", *shortcut(turned=True)
    yield "x = 1, y = 1, u = −2x, v = −2y, e = u + v (without labels)", *twins()
    for seed in range(3):
        yield f"a random graph of 30 nodes, n0 … n29 (seed {seed})", *random_graph(seed)


def labelled(**nodes):
    for name, v in nodes.items():
        v.label = name
    return {v: name for name, v in nodes.items()}


def diamond():
    a = Value(1.0)
    b = 2 * a
    c, d = 3 * b, 5 * b
    e = c + d
    return e, labelled(a=a, b=b, c=c, d=d, e=e)


def shortcut(turned=False):
    a = Value(1.0)
    b = 2 * a
    c = 3 * b
    e = c + b if turned else b + c
    return e, labelled(a=a, b=b, c=c, e=e)


def twins():
    """Different nodes with equal values and no labels, and outputs that are smaller than their inputs."""
    x, y = Value(1.0), Value(1.0)
    u, v = -2 * x, -2 * y
    e = u + v
    return e, {x: "x", y: "y", u: "u", v: "v", e: "e"}


def random_graph(seed, size=30):
    """Each node of two earlier ones, and a last one of all that nothing uses."""
    rng = random.Random(seed)
    nodes = [Value(1.0), Value(-1.0)]
    while len(nodes) < size - 1:
        a, b = rng.choice(nodes), rng.choice(nodes[-4:])
        nodes.append(Value(a.data + b.data, (a, b), "+", _local_grads=(1.0, 1.0)))
    used = {p for v in nodes for p in v._prev}
    free = [v for v in nodes if v not in used]
    nodes.append(Value(sum(v.data for v in free), free, "sum", _local_grads=[1.0] * len(free)))
    return nodes[-1], {v: f"n{i}" for i, v in enumerate(nodes)}


DEEP = 5000


def deep_graph():
    """A chain of DEEP additions of 1."""
    nodes = [Value(0.0)]
    for _ in range(DEEP):
        nodes.append(nodes[-1] + 1.0)
    return nodes[-1], nodes


def order_of(answer, root):
    """The answer's order as a list of Values."""
    got = not_none(answer(root))
    if not isinstance(got, (list, tuple)) or not all(isinstance(v, Value) for v in got):
        raise Wrong(f"your function should return a list of Values, and returned {describe(got)}.")
    return list(got)


def is_valid(order):
    """Whether every node comes after all of its inputs."""
    place = {id(v): i for i, v in enumerate(order)}
    return all(place.get(id(p), len(order)) < place[id(v)] for v in order for p in v._prev)


def has_each_once(order, nodes):
    return sorted(map(id, order)) == sorted(map(id, nodes))


def is_right(answer, root, nodes):
    order = order_of(answer, root)
    return has_each_once(order, nodes) and is_valid(order)


def is_right_on_small_graphs(answer):
    return all(is_right(answer, root, nodes) for _, root, nodes in graphs())


def state(nodes):
    """All that a walk could change in the nodes."""
    return [([id(p) for p in v._prev], v.label, v.data, v.grad, v._op) for v in nodes]


def reads_of_chain(answer, length=16):
    """How often the answer asks for inputs in b = b + b, b = b + b, … (`length` times)."""
    root = Watched(1.0)
    for _ in range(length):
        root = Watched(2 * root.data, (root, root), "+", _local_grads=(1.0, 1.0))
    Watched.reads = 0
    order_of(answer, root)
    return Watched.reads / (length + 1)


def order_properties(answer):
    for graph, root, nodes in graphs():
        before = state(nodes)
        judge_order(order_of(answer, root), graph, nodes)
        if state(nodes) != before:
            raise Wrong(f"for {graph} the nodes are not the same after your call as before it.")
        if Counter(order_of(answer, root)) != Counter(list(nodes)):
            raise Wrong(f"for {graph}: a second call with the same root gives other nodes than the first.")
    if reads_of_chain(answer) > 50:
        raise Wrong(
            "on 16 doublings in a row, b = b + b, your function asks each node for its inputs too often."
        )
    right, levels = deep_calls(answer)
    if levels > 500:
        raise Wrong(f"for a graph {DEEP} nodes deep your function calls itself, {levels} levels deep.")
    if not right:
        raise Wrong(f"small graphs come out right, and a chain of {DEEP} additions does not.")


def deep_calls(answer):
    """-> (whether the order of a deep chain is right, how many calls stand in one another at most)"""
    depth = deepest = 0
    limit, (root, nodes) = sys.getrecursionlimit(), deep_graph()

    def watch(frame, event, _):
        nonlocal depth, deepest
        depth += (event == "call") - (event == "return")
        deepest = max(deepest, depth)

    sys.setprofile(watch)
    try:
        order = order_of(answer, root)
    except RecursionError:
        order = []
    finally:
        sys.setprofile(None)
        sys.setrecursionlimit(limit)
    return has_each_once(order, nodes) and is_valid(order), deepest


def judge_order(order, graph, nodes):
    def names(some):
        return ", ".join(nodes.get(v, describe(v)) for v in some) or "nothing"

    if not has_each_once(order, nodes):
        raise Wrong(
            f"for {graph} the order should hold each of {names(nodes)} once, and holds {names(order)}."
        )
    for i, v in enumerate(order):
        late = [p for p in v._prev if p not in order[:i]]
        if late:
            raise Wrong(
                f"for {graph} your order is {names(order)}, and {nodes[v]} comes before its input "
                f"{nodes[late[0]]}."
            )


def lacks(missing):
    """A detector: of the diamond, the order has each node once but those with `missing(v, root)`."""

    def shows(answer):
        root, nodes = diamond()
        return has_each_once(order_of(answer, root), [v for v in nodes if not missing(v, root)])

    return shows


def has_a_node_twice(answer):
    return max(Counter(order_of(answer, diamond()[0])).values(), default=0) > 1


def changes_the_graph(answer):
    root, nodes = diamond()
    before = state(nodes)
    answer(root)
    return state(nodes) != before


def remembers(answer):
    """Whether a second call gives other nodes than the first, or nodes of another graph."""
    root, _ = diamond()
    if Counter(order_of(answer, root)) != Counter(order_of(answer, root)):
        return True
    root, nodes = shortcut()
    return any(v not in nodes for v in order_of(answer, root))


def goes_by_value(answer):
    order = order_of(answer, twins()[0])
    return (len(order) < 5 or not is_valid(order)) and is_right(answer, *diamond())


def notes_on_arrival(answer):
    """Whether each node is there once, and a shortcut is out of order."""
    some = [shortcut(), shortcut(turned=True)]
    return all(has_each_once(order_of(answer, root), nodes) for root, nodes in some) and not all(
        is_valid(order_of(answer, root)) for root, _ in some
    )


def walks_again(answer):
    return is_right_on_small_graphs(answer) and reads_of_chain(answer) > 50


def is_recursive(answer):
    return is_right_on_small_graphs(answer) and deep_calls(answer)[1] > 500


def backwards(answer):
    return not is_valid(order_of(answer, diamond()[0])) and all(
        is_valid(order_of(answer, root)[::-1]) for _, root, _ in graphs()
    )


ORDER = Exercise(
    id="micrograd-topological-sort",
    name="my_order",
    title="A topological order without recursion",
    stars=3,
    section="backward(): the whole graph",
    stub='''def my_order(root):
    """Every node under root, each once and after all of its inputs; without recursion."""
    ...''',
    properties=order_properties,
    misconceptions=(
        Misconception(
            "graph-changed",
            changes_the_graph,
            "You change the graph: after your call a node's `_prev`, `label`, `data` or `grad` is another "
            "than before. Only read the nodes, and keep your notes in a set or a dict.",
        ),
        Misconception(
            "nothing-collected",
            lacks(lambda v, root: True),
            "Your list is empty. Did the walk start? A stack has to hold `root` at first, and a function "
            "inside yours has to be called: do you call `visit(root)`?",
        ),
        Misconception(
            "remembers-the-last-call",
            remembers,
            "A second call still knows the nodes of the first. A default such as `order=[]` or `seen=set()` "
            "is made once, when Python reads the `def`, and a list outside the function lives on too. Make "
            "them inside the function.",
        ),
        Misconception(
            "root-only",
            lacks(lambda v, root: v is not root),
            "Only the root is in your list. If you keep a stack, the inputs of a node have to go on it; if "
            "you call `my_order(v)` for each input, its result has to go into your list.",
        ),
        Misconception(
            "node-twice",
            has_a_node_twice,
            "A node that is used twice stands in your order twice, so its `_backward` would run twice. "
            "Remember which nodes you have met, in a set.",
            "Why topological order",
        ),
        Misconception(
            "root-missing",
            lacks(lambda v, root: v is root),
            "The root itself is missing. It is the node where `backward()` starts, so it stands last.",
        ),
        Misconception(
            "leaves-missing",
            lacks(lambda v, root: not v._prev),
            "The leaves are missing. A leaf has no inputs and still belongs to the graph; this exercise "
            "wants every node.",
        ),
        Misconception(
            "outputs-first",
            backwards,
            "Your order is exactly backwards: outputs before inputs. That is the order in which "
            "`backward()` walks; this exercise wants the forward one, inputs first.",
        ),
        Misconception(
            "collected-on-arrival",
            notes_on_arrival,
            "You write a node down when you first meet it. On a graph with a shortcut (b = 2a, c = 3b, e = "
            "b + c) that puts c before its input b, or after its output e. Write a node down when all of "
            "its inputs are written down.",
            "Why topological order",
        ),
        Misconception(
            "goes-by-value",
            goes_by_value,
            "Your walk goes by the values or the labels. Two nodes can hold the same number and have no "
            "label, and an output can be smaller than its input: put the nodes themselves in your set, and "
            "let `_prev` decide the order.",
            "Why topological order",
        ),
        Misconception(
            "walks-again",
            walks_again,
            "The order is right, and you walk below a node again each time you meet it: 16 doublings in a "
            "row, b = b + b, cost 2¹⁶ visits. Ask whether you have met a node before you go to its inputs.",
        ),
        Misconception(
            "recursive",
            is_recursive,
            "The order is right for small graphs, and your function calls itself once for each level. By "
            "default Python stops that at 1,000 levels (RecursionError), and this graph has 5,000; a higher "
            "limit only moves the end. Keep a list of what is still to do, a stack, in place of the calls.",
            "The engine of the package",
        ),
    ),
    well_done="At any depth. Read from its end, every gradient is complete before it is passed on.",
)


# ---------------------------------------------------------------- the L2 term

STRENGTH, LEFT = 0.013, 0.7  # so odd that no fixed number looks like it; a gradient left over from before


def l2_model():
    """A small network with biases that are not 0."""
    model = MLP(2, [3, 1], seed=4)
    for i, bias in enumerate(l2_parts(model)[1]):
        bias.data = 0.5 + 0.1 * i
    for p in model.parameters():
        p.grad = LEFT
    return model


def l2_parts(model):
    """(weights, biases) of a network."""
    neurons = [neuron for layer in model.layers for neuron in layer.neurons]
    return [w for neuron in neurons for w in neuron.w], [neuron.b for neuron in neurons]


def l2_properties(answer):
    for strength in (STRENGTH, 2.3):
        model = l2_model()
        before = parameters_of(model)
        weights, biases = ([(p, p.data) for p in part] for part in l2_parts(model))
        term = answer(model, strength)
        if parameters_of(model) != before:
            raise Wrong("the model has other parameters or gradients after your call than before it.")
        if not isinstance(term, Value):
            missing = " Is a `return` missing?" if term is None else ""
            raise Wrong(
                f"the term should be an `mg.Value`, which can be added to a loss, and is "
                f"{describe(term)}.{missing}"
            )
        what = f"the term of a network with weights of {l2_weights()} and strength {strength:g}"
        expect(term, strength * squares(x for _, x in weights), what)
        term.backward()
        for kind, part, factor in (("weight", weights, 2 * strength), ("bias", biases, 0.0)):
            for p, x in part:
                expect(p.grad - LEFT, factor * x, f"`backward()` of the term, in a {kind} of {x:.4g},")


def parameters_of(model):
    """The parameters, their values and gradients: what a term that only reads leaves as it is."""
    return [(id(p), p.data, p.grad) for part in l2_parts(model) for p in part]


def changes_the_model(answer):
    model = l2_model()
    before = parameters_of(model)
    answer(model, STRENGTH)
    return parameters_of(model) != before


def l2_term(answer):
    return answer(l2_model(), STRENGTH)


def l2_weights():
    return ", ".join(f"{w.data:.2f}" for w in l2_parts(l2_model())[0])


def l2_is(formula):
    """A detector: the value of the term is `formula(weights, biases)`, lists of floats."""

    def shows(answer):
        model = l2_model()
        weights, biases = ([p.data for p in part] for part in l2_parts(model))
        return close(as_number(answer(model, STRENGTH), ""), formula(weights, biases), 1e-9)

    return shows


def squares(numbers):
    return sum(x * x for x in numbers)


L2 = Exercise(
    id="micrograd-l2",
    name="my_l2",
    title="The L2 term, without the biases",
    stars=1,
    section="Moons: hinge loss and L2",
    stub='''def my_l2(model, strength):
    """strength · Σ w² over the weights of an mg.MLP, without its biases, as a Value."""
    ...''',
    properties=l2_properties,
    misconceptions=(
        Misconception(
            "model-changed",
            changes_the_model,
            "You change the model: a weight, a bias or a gradient is another after your call. The term only "
            "reads it, so that training can go on with the same parameters.",
        ),
        Misconception(
            "lessons-value",
            lambda answer: is_lesson_value(l2_term(answer)),
            "The term should be an `mg.Value`, and is the lesson's `Value`. The model is made of the "
            "package's: start your sum with `0.0` or with `mg.Value(0.0)`.",
            "The engine of the package",
        ),
        Misconception(
            "number-instead-of-node",
            lambda answer: isinstance(l2_term(answer), float) or l2_term(answer)._prev == (),
            "Your term is a plain number: it adds to the loss and pulls at no weight, since no gradient "
            "flows through it. Square the weights themselves, not their `.data`.",
            "A number that remembers",
        ),
        Misconception(
            "absolute-values",
            lambda answer: (
                stops_with(TypeError, r"abs\(\)", l2_term)(answer)
                or l2_is(lambda w, b: STRENGTH * sum(map(abs, w)))(answer)
            ),
            "You add up the sizes |w|. That is another term, L1, and the engine has no `abs`. L2 adds up the "
            "squares, `w**2`, which are never negative either.",
        ),
        Misconception(
            "biases-included",
            l2_is(lambda w, b: STRENGTH * squares(w + b)),
            "You count the biases too. They shift the boundary and do not sharpen it, so one leaves them "
            "out; `parameters()` gives weights and biases alike.",
        ),
        Misconception(
            "not-squared",
            l2_is(lambda w, b: STRENGTH * sum(w)),
            "You add up the weights without squaring them: a large positive and a large negative weight "
            "cancel, and the term can go down without end.",
        ),
        Misconception(
            "strength-forgotten",
            l2_is(lambda w, b: squares(w)),
            "`strength` is not in it. The plain sum of squares would drown the loss; the small factor says "
            "how much it counts.",
        ),
        Misconception(
            "sum-squared",
            l2_is(lambda w, b: STRENGTH * sum(w) ** 2),
            "You square the sum; L2 is the sum of the squares. Square each weight before you add.",
        ),
        Misconception(
            "biases-only",
            l2_is(lambda w, b: STRENGTH * squares(b)),
            "You add up the biases, and L2 is about the weights: a neuron has them in `neuron.w`.",
            "Neuron, layer, network",
        ),
        Misconception(
            "halved",
            l2_is(lambda w, b: STRENGTH * squares(w) / 2),
            "There is a factor ½ in it. Some books write one, so that the 2 of the derivative goes away; "
            "this exercise asks for strength · Σ w².",
        ),
        Misconception(
            "square-root",
            l2_is(lambda w, b: STRENGTH * math.sqrt(squares(w))),
            "You take the square root, which makes it the length of the weights. L2 as it is used here is "
            "the plain sum of squares.",
        ),
        Misconception(
            "strength-squared",
            l2_is(lambda w, b: STRENGTH**2 * squares(w)),
            "`strength` is squared too. Multiply by it once, after you have added up the squares.",
        ),
        Misconception(
            "averaged",
            l2_is(lambda w, b: STRENGTH * squares(w) / len(w)),
            "You divide by the number of weights. L2 is a sum: a larger network pays for each of its "
            "weights.",
        ),
        Misconception(
            "one-layer-only",
            l2_is(lambda w, b: STRENGTH * squares(w[:6])),
            "Only the weights of the first layer are in it. Go through all of `model.layers`.",
            "Neuron, layer, network",
        ),
    ),
    well_done="Its gradient, 2 · strength · w, pulls every weight towards 0 a little at each step.",
)


# ---------------------------------------------------------------- a planted bug

TAPE = '''class Tape:
    """Numbers in the order of their making; `rules[k]` says how number k depends on earlier ones."""

    def __init__(self):
        self.data, self.rules = [], []

    def write(self, number, *rule):  # rule: (place of an input, local derivative), …
        self.data.append(number)
        self.rules.append(rule)
        return len(self.data) - 1  # the place of the new number

    def add(self, i, j):
        return self.write(self.data[i] + self.data[j], (i, 1.0), (j, 1.0))

    def mul(self, i, j):
        return self.write(self.data[i] * self.data[j], (i, self.data[j]), (j, self.data[i]))

    def tanh(self, i):
        return self.write(math.tanh(self.data[i]), (i, 1.0 - self.data[i] ** 2))

    def gradients(self, end):
        grads = [0.0] * len(self.data)
        grads[end] = 1.0
        for k in reversed(range(end + 1)):
            for i, slope in self.rules[k]:
                grads[i] += slope * grads[k]
        return grads'''
TAPE_PROBES = (  # name, program on a tape from the places of x and w, the same with floats
    ("x + w", lambda t, x, w: t.add(x, w), lambda x, w: x + w),
    ("x · w", lambda t, x, w: t.mul(x, w), lambda x, w: x * w),
    ("tanh(x)", lambda t, x, w: t.tanh(x), lambda x, w: math.tanh(x)),
    ("x + x", lambda t, x, w: t.add(x, x), lambda x, w: x + x),
    ("tanh(w · x + x)", lambda t, x, w: t.tanh(t.add(t.mul(w, x), x)), lambda x, w: math.tanh(w * x + x)),
    ("tanh(x) · w", lambda t, x, w: t.mul(t.tanh(x), w), lambda x, w: math.tanh(x) * w),
    ("x · tanh(x)", lambda t, x, w: t.mul(x, t.tanh(x)), lambda x, w: x * math.tanh(x)),
)
TAPE_X, TAPE_W = 0.8, -1.5


class Checked:
    """A tape whose methods may not return None."""

    def __init__(self, tape):
        self.tape = tape

    def __getattr__(self, name):
        thing = getattr(self.tape, name)
        if not callable(thing):
            return thing

        def method(*given):
            return not_none(thing(*given), f"`{name}` returns")

        return method


def run_tape(Tape, program):
    """(value, derivative by x, derivative by w) of a program, with one more number written after its end."""
    tape = Checked(Tape())
    x, w = tape.write(TAPE_X), tape.write(TAPE_W)
    end = program(tape, x, w)
    value = tape.data[end]
    tape.add(end, end)
    grads = tape.gradients(end)
    return value, grads[x], grads[w]


def tape_truth(f):
    """The same of a program's twin for floats."""
    return (
        f(TAPE_X, TAPE_W),
        slope(lambda x: f(x, TAPE_W), TAPE_X),
        slope(lambda w: f(TAPE_X, w), TAPE_W),
    )


def overwrites_the_tape(Tape):
    tape = Checked(Tape())
    x = tape.write(TAPE_X)
    tape.tanh(x)
    return tape.data[x] != TAPE_X


def gradients_broken(Tape):
    """Whether `gradients` does something else with the rules on the tape than it did."""
    tape = Checked(Tape())
    x, w = tape.write(TAPE_X), tape.write(TAPE_W)
    end = tape.mul(tape.add(x, w), x)
    grads = [0.0] * len(tape.data)
    grads[end] = 1.0
    for k in reversed(range(len(grads))):
        for i, local in tape.rules[k]:
            grads[i] += local * grads[k]
    return not same(tape.gradients(end), grads)


def sum_or_product_broken(Tape):
    some = ((program, f) for name, program, f in TAPE_PROBES if name in ("x + w", "x · w"))
    return any(not same(run_tape(Tape, program), tape_truth(f)) for program, f in some)


def tape_properties(Tape):
    asked = ("the value of", "the derivative by x of", "the derivative by w of")
    for name, program, f in TAPE_PROBES:
        for what, got, want in zip(asked, run_tape(Tape, program), tape_truth(f), strict=True):
            expect(got, want, f"at x = {TAPE_X}, w = {TAPE_W}, {what} {name}", 1e-5)


def tanh_slope_is(f):
    """A detector: tanh has its right value, and this slope."""

    def shows(Tape):
        value, by_x, _ = run_tape(Tape, lambda t, x, w: t.tanh(x))
        return close(value, math.tanh(TAPE_X)) and close(by_x, f(TAPE_X))

    return shows


PLANTED_BUG = Exercise(
    id="micrograd-planted-bug",
    name="Tape",
    title="Find the planted bug",
    stars=3,
    section="Every node knows its own rule",
    stub=TAPE,
    properties=tape_properties,
    misconceptions=(
        Misconception(
            "input-overwritten",
            overwrites_the_tape,
            "`tanh` overwrites its input: `self.data[i]` is number i itself, and others may still need it. "
            "Keep your number in a variable, `t = …`, and hand it to `write`.",
        ),
        Misconception(
            "sum-of-paths-broken",
            lambda Tape: close(run_tape(Tape, lambda t, x, w: t.add(x, x))[1], 1.0),
            "`gradients` was right before and now loses a path: for x + x it gives 1. Put the `+=` back; "
            "the bug is in one of the operations.",
            "Why +=",
        ),
        Misconception(
            "order-broken",
            lambda Tape: (
                close(run_tape(Tape, lambda t, x, w: t.add(x, w))[1], 1.0)
                and close(run_tape(Tape, lambda t, x, w: t.add(t.add(x, w), w))[1], 0.0)
            ),
            "`gradients` was right before and now walks in the wrong direction: each number must hand on "
            "its gradient after all that depend on it. Put `reversed` back; the bug is in one of the "
            "operations.",
            "Why topological order",
        ),
        Misconception(
            "gradients-broken",
            gradients_broken,
            "`gradients` was right before and is not now: put its lines back as they were. It starts with 1 "
            "at `end` and goes down from there; the bug is in one of the operations.",
            "backward(): the whole graph",
        ),
        Misconception(
            "sum-or-product-broken",
            sum_or_product_broken,
            "`add` and `mul` were right before, and one of them is not now: put its line back as it was. "
            "The symptom says that sums and products come out right.",
            "Forward: + and ×",
        ),
        Misconception(
            "value-changed",
            lambda Tape: not close(run_tape(Tape, lambda t, x, w: t.tanh(x))[0], math.tanh(TAPE_X)),
            "You are at the right operation and changed the wrong thing: the value of tanh, the first "
            "argument of `write`, was right. The pair after it is (input, local derivative).",
        ),
        Misconception(
            "square-forgotten",
            tanh_slope_is(lambda x: 1.0 - math.tanh(x)),
            "You found the line. The derivative of tanh is 1 − tanh², and the square is missing.",
            "backward(): the whole graph",
        ),
        Misconception(
            "sign-wrong",
            tanh_slope_is(lambda x: math.tanh(x) ** 2 - 1.0),
            "You found the line. tanh grows everywhere, so its slope is positive: yours has the wrong sign.",
            "backward(): the whole graph",
        ),
        Misconception(
            "bug-still-there",
            tanh_slope_is(lambda x: 1.0 - x * x),
            "The bug is still there: one operation has a wrong local derivative. Compare the slope of "
            "`add`, `mul` and `tanh`, one by one at 0.8, with a numeric slope.",
            "What is a derivative?",
        ),
    ),
    well_done="Near 0 the bug hardly showed, since tanh x ≈ x there: check a gradient at several points.",
)


# ---------------------------------------------------------------- one training step

STEP_XS = [[0.5, -1.0], [1.5, 0.3], [-0.7, 0.9]]
STEP_YS = [1.0, -0.5, 0.25]
MORE_XS, MORE_YS = [*STEP_XS, [0.2, 0.2], [-1.0, -0.4]], [*STEP_YS, 0.6, -0.1]  # another m
RATE, STALE = 0.037, 0.4  # a learning rate that nobody fixes; a gradient left over from before


class WatchedMLP(Module):
    """A small network that keeps what it returns, with a gradient left over in each parameter."""

    def __init__(self):
        self.net, self.outputs, self.met = MLP(2, [2, 1], seed=3), [], []
        self.layers = self.net.layers
        for p in self.parameters():
            p.grad = STALE

    def __call__(self, x):
        self.met.append([p.data for p in self.parameters()])
        out = self.net(x)
        self.outputs.append(out)
        return out

    def parameters(self):
        return self.net.parameters()


def squared(errors):
    """The mean of squares: what the exercise asks for."""
    return sum(e * e for e in errors) / len(errors)


def loss_of(net, xs, ys, loss=squared):
    """A loss of the errors of a network, as a float."""
    return loss([net(x).data - y for x, y in zip(xs, ys, strict=True)])


def gradient_of(net, xs, ys, loss=squared):
    gradient = []
    for p in net.parameters():
        keep = p.data

        def loss_at(x, p=p):
            p.data = x
            return loss_of(net, xs, ys, loss)

        gradient.append(slope(loss_at, keep))
        p.data = keep
    return gradient


def observe_step(answer, xs=STEP_XS, ys=STEP_YS):
    """What one call of the answer does to a network: its move and gradients, next to the true gradient."""
    model = WatchedMLP()
    old = [p.data for p in model.parameters()]
    loss, gradient = loss_of(model.net, xs, ys), gradient_of(model.net, xs, ys)
    given = [list(x) for x in xs], list(ys)  # the answer's own: it may spoil them
    returned = answer(model, *given, RATE)
    new = [p.data for p in model.parameters()]
    return SimpleNamespace(
        returned=returned,
        loss=loss,
        loss_after=loss_of(model.net, xs, ys),
        gradient=gradient,
        new=new,
        move=[p - x for p, x in zip(new, old, strict=True)],
        grads=[p.grad for p in model.parameters()],
        forward=bool(model.outputs),
        backward=any(out.grad != 0.0 for out in model.outputs),
        one_model=all(met == old for met in model.met[: len(ys)]),
        samples_changed=given != (xs, ys),
    )


def same(some, others):
    return all(close(x, y, 1e-5) for x, y in zip(some, others, strict=True))


def step_properties(answer):
    for xs, ys in ((STEP_XS, STEP_YS), (MORE_XS, MORE_YS)):
        judge_step(observe_step(answer, xs, ys), len(xs))
    model = WatchedMLP()
    losses = []
    for _ in range(20):
        given = [list(x) for x in STEP_XS], list(STEP_YS)
        losses.append(as_number(answer(model, *given, RATE), "the loss"))
    if not losses[-1] < losses[0]:
        raise Wrong(
            f"after 20 steps the loss should be smaller: it went from {losses[0]:.4g} to {losses[-1]:.4g}."
        )


def judge_step(seen, m):
    if not seen.forward:
        raise Wrong("your function never calls `model(x)`: the forward pass is missing.")
    expected = [-RATE * g for g in seen.gradient]
    if not same(seen.move, expected):
        if not any(seen.move):
            raise Wrong("your function leaves every parameter as it was.")
        i = next(i for i, (m, e) in enumerate(zip(seen.move, expected, strict=True)) if not close(m, e, 1e-5))
        raise Wrong(
            f"with {m} samples, lr = {RATE:g} and a gradient of {seen.gradient[i]:.4g}, parameter number {i} "
            f"should move by {expected[i]:.4g}, and moves by {seen.move[i]:.4g}."
        )
    if not close(as_number(seen.returned, "what your function returns"), seen.loss):
        late = close(as_number(seen.returned, ""), seen.loss_after)
        raise Wrong(
            f"the loss before the step is {seen.loss:.4g}, and you return {as_number(seen.returned, ''):.4g}"
            + (", the loss after it." if late else ".")
        )
    if seen.samples_changed:
        raise Wrong("`xs` and `ys` do not hold after your call what they held before it.")


def step_shows(mistake):
    """A detector: `mistake(seen)` on what a step with three samples did."""
    return lambda answer: mistake(observe_step(answer))


def moves_by(f):
    """A detector: every parameter moves by f(its true gradient)."""
    return step_shows(lambda seen: same(seen.move, [f(g) for g in seen.gradient]))


def descends(*losses):
    """A detector: the step is one down another loss of the errors."""
    net = WatchedMLP().net
    gradients = [gradient_of(net, STEP_XS, STEP_YS, loss) for loss in losses]
    return step_shows(lambda seen: any(same(seen.move, [-RATE * g for g in some]) for some in gradients))


def moves_weights_only(answer):
    seen, net = observe_step(answer), WatchedMLP().net
    weights = {id(w) for w in l2_parts(net)[0]}
    slopes = zip(net.parameters(), seen.gradient, strict=True)
    return same(seen.move, [-RATE * g if id(p) in weights else 0.0 for p, g in slopes])


def wrong_only_for_more_samples(answer):
    few, more = observe_step(answer), observe_step(answer, MORE_XS, MORE_YS)
    return same(few.move, [-RATE * g for g in few.gradient]) and same(
        more.move, [-RATE * g * len(MORE_YS) / len(STEP_YS) for g in more.gradient]
    )


def stands_still(f):
    """A detector: backward ran, no parameter moved, and `f(seen)` holds."""
    return step_shows(lambda seen: seen.backward and not any(seen.move) and f(seen))


TRAINING_STEP = Exercise(
    id="micrograd-training-step",
    name="my_step",
    title="One training step",
    stars=3,
    section="The training loop",
    stub='''def my_step(model, xs, ys, lr):
    """One step of gradient descent on the mean squared error of all samples.

    Returns the loss before the step.
    """
    ...''',
    properties=step_properties,
    misconceptions=(
        Misconception(
            "samples-changed",
            step_shows(lambda seen: seen.samples_changed),
            "You change the caller's `xs` and `ys` (`pop`, `reverse` …). Leave them as they are: the next "
            "step needs them again.",
        ),
        Misconception(
            "update-per-sample",
            step_shows(lambda seen: not seen.one_model),
            "You update after each sample, so the later samples meet another model. Add up the loss of all "
            "samples first; then take one step.",
        ),
        Misconception(
            "backward-of-a-number",
            stops_with(AttributeError, NUMBER_HAS_NO_BACKWARD, observe_step),
            "You call `backward()` on a plain number: `.data` has forgotten what it was computed from. Leave "
            "`.data` out of the loss, and call `loss.backward()` on the Value itself.",
            "A number that remembers",
        ),
        Misconception(
            "no-backward",
            step_shows(lambda seen: seen.forward and not seen.backward),
            "`backward()` never runs, so no parameter learns what it did to the loss. Call it on the loss, "
            "before you change the parameters.",
        ),
        Misconception(
            "no-zero-grad",
            moves_by(lambda g: -RATE * (g + STALE)),
            "The gradients of the step before are still in it: `backward()` adds to them. Set them to 0 "
            "with `model.zero_grad()` before `backward()`.",
            "Break it",
        ),
        Misconception(
            "backward-twice",
            moves_by(lambda g: -RATE * 2 * g),
            "Your step is twice as long as it should be. Does `backward()` run twice? Each call adds the "
            "whole gradient again.",
            "Why +=",
        ),
        Misconception(
            "last-sample-only",
            descends(lambda e: e[-1] ** 2, lambda e: e[-1] ** 2 / len(e)),
            "Only the last sample is in your step. `loss = …` in a loop throws the earlier ones away: add "
            "to it, `loss = loss + …`, and call `backward()` on the sum.",
        ),
        Misconception(
            "not-squared",
            descends(lambda e: sum(e) / len(e), sum),
            "You add up the errors without squaring them: positive and negative ones cancel, and the loss "
            "can go down without end.",
        ),
        Misconception(
            "sum-squared",
            descends(lambda e: sum(e) ** 2 / len(e), lambda e: (sum(e) / len(e)) ** 2, lambda e: sum(e) ** 2),
            "You square the sum of the errors, in which positive and negative ones cancel. Square each "
            "error before you add.",
        ),
        Misconception(
            "biases-left-out",
            moves_weights_only,
            "The weights move, and the biases stay where they were. `model.parameters()` gives both.",
            "Neuron, layer, network",
        ),
        Misconception(
            "minus-behind",
            step_shows(lambda seen: same(seen.new, [-RATE * g for g in seen.gradient])),
            "`p.data =- lr * p.grad` sets the parameter to minus the step, whatever it was before. To "
            "subtract, write `-=`.",
        ),
        Misconception(
            "fixed-number-of-samples",
            wrong_only_for_more_samples,
            "With 3 samples your step is right, and with 5 it is not: you divide by 3. Divide by the number "
            "of samples, `len(xs)`.",
        ),
        Misconception(
            "zeroed-after-backward",
            stands_still(lambda seen: not any(seen.grads)),
            "`zero_grad()` comes between `backward()` and the update: it wipes out the gradients before "
            "they are used, and no parameter moves.",
        ),
        Misconception(
            "gradient-updated",
            stands_still(lambda seen: any(seen.grads) and not same(seen.grads, seen.gradient)),
            "You change `p.grad`, and the parameter itself stays. The number to change is `p.data`.",
        ),
        Misconception(
            "name-instead-of-parameter",
            stands_still(lambda seen: same(seen.grads, seen.gradient)),
            "The gradients are right, and the model has not changed. `p = p - …` makes a new Value and "
            "gives it the name p; the one in the model stays as it was. Change its `p.data`.",
        ),
        Misconception(
            "uphill",
            moves_by(lambda g: RATE * g),
            "You walk uphill: the gradient points to where the loss grows. Subtract `lr * p.grad`.",
        ),
        Misconception(
            "rate-forgotten",
            moves_by(lambda g: -g),
            "You subtract the whole gradient. The learning rate says how much of it: `lr * p.grad`.",
        ),
        Misconception(
            "sum-instead-of-mean",
            moves_by(lambda g: -RATE * len(STEP_XS) * g),
            "Your loss is the sum over the samples, so your step grows with their number. The mean squared "
            "error divides by it.",
        ),
        Misconception(
            "loss-after-the-step",
            step_shows(
                lambda seen: (
                    same(seen.move, [-RATE * g for g in seen.gradient])
                    and close(as_number(seen.returned, ""), seen.loss_after)
                )
            ),
            "The step is right. You return the loss after it, at the price of a second forward pass; you "
            "have the one before it already.",
        ),
    ),
    well_done="Forward, zero, backward, update: every network in this course is trained by these four.",
)

EXERCISES = (CHAIN_RULE, GRADIENT_CHECK, SOFTPLUS, BACKWARD, ORDER, L2, PLANTED_BUG, TRAINING_STEP)
