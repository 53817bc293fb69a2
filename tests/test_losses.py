"""The losses and their gradients against PyTorch in float64, at their edges, and with wrong input."""

import math
import random

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from micrograd_lite import MLP, Value, softmax
from micrograd_lite.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge,
    l2,
    mse,
)


def double(x):
    return torch.tensor(x, dtype=torch.float64)


def agree(ours, theirs, numbers, targets, rel=1e-12):
    """Value and gradient of a loss on numbers, one for each sample, against PyTorch's."""
    values, tensor = [Value(x) for x in numbers], double(numbers).requires_grad_()
    loss, expected = ours(values, targets), theirs(tensor, double(targets))
    loss.backward()
    expected.backward()
    assert loss.data == pytest.approx(expected.item(), rel=rel, abs=1e-300)
    assert [v.grad for v in values] == pytest.approx(tensor.grad.tolist(), rel=rel, abs=1e-300)


def margin(scores, targets):
    """PyTorch's own max(0, 1 - y (s - 0))."""
    return F.margin_ranking_loss(scores, torch.zeros_like(scores), targets, margin=1.0)


rng = random.Random(0)
NUMBERS = [rng.uniform(-3, 3) for _ in range(7)]
PROBABILITIES = [rng.uniform(0.01, 0.99) for _ in range(7)]
SOFT = [rng.uniform(0.01, 0.99) for _ in range(7)]
CLASSES = [rng.choice([0.0, 1.0]) for _ in range(7)]

AGAINST_PYTORCH = {
    "mse": (mse, F.mse_loss, NUMBERS, [rng.uniform(-3, 3) for _ in range(7)]),
    "mse of one sample": (mse, F.mse_loss, [2.0], [-1.0]),
    "mse where it is zero": (mse, F.mse_loss, [2.0, -1.0], [2.0, -1.0]),
    "binary": (binary_cross_entropy, F.binary_cross_entropy, PROBABILITIES, CLASSES),
    "binary, soft targets": (binary_cross_entropy, F.binary_cross_entropy, PROBABILITIES, SOFT),
    "logits": (
        binary_cross_entropy_with_logits, F.binary_cross_entropy_with_logits, NUMBERS, CLASSES,
    ),
    "logits, soft targets": (
        binary_cross_entropy_with_logits, F.binary_cross_entropy_with_logits, NUMBERS, SOFT,
    ),
    "logits, at zero": (
        binary_cross_entropy_with_logits, F.binary_cross_entropy_with_logits,
        [0.0, -0.0, 0.0], [0.0, 1.0, 0.5],
    ),
    "logits, far out": (
        binary_cross_entropy_with_logits, F.binary_cross_entropy_with_logits,
        [700.0, -700.0, 1e4, -1e4, 40.0, -40.0], [0.0, 1.0, 0.0, 1.0, 0.0, 1.0],
    ),
    "logits, far on the right side": (
        binary_cross_entropy_with_logits, F.binary_cross_entropy_with_logits, [40.0, 30.0], [1.0, 1.0],
    ),
    "hinge": (hinge, margin, NUMBERS, [2 * y - 1 for y in CLASSES]),
    "hinge beyond the margin": (hinge, margin, [3.0, -2.0], [1.0, -1.0]),
}  # fmt: skip


@pytest.mark.parametrize("case", AGAINST_PYTORCH)
def test_a_loss_of_one_number_for_each_sample_agrees_with_pytorch(case):
    agree(*AGAINST_PYTORCH[case])


ROWS = {
    "two classes": [[0.5, -1.0], [2.0, 0.3]],
    "five classes": [[rng.gauss(0, 2) for _ in range(5)] for _ in range(4)],
    "equal logits": [[1.0, 1.0, 1.0]],
    "one class": [[3.0], [-2.0]],
    "huge logits": [[1e4, -1e4, 0.0], [-1e4, 1e4, 9999.0]],
    "logits with a large common part": [[1e9, 1e9 + 1, 1e9 - 2]],
    "logits beyond the range of exp": [[1e300, -1e300]],
}


@pytest.mark.parametrize("case", ROWS)
def test_cross_entropy_agrees_with_pytorch(case):
    rows = ROWS[case]
    targets = [k % len(rows[0]) for k in range(len(rows))]
    values, tensor = [[Value(z) for z in row] for row in rows], double(rows).requires_grad_()
    loss, expected = cross_entropy(values, targets), F.cross_entropy(tensor, torch.tensor(targets))
    loss.backward()
    expected.backward()
    assert loss.data == pytest.approx(expected.item(), rel=1e-12)
    for row, grads in zip(values, tensor.grad.tolist(), strict=True):
        assert [v.grad for v in row] == pytest.approx(grads, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("loss", [binary_cross_entropy_with_logits, hinge, mse])
def test_a_nan_is_not_hidden(loss):
    v = Value(math.nan)
    out = loss([v, Value(1.0)], [1.0, 1.0])
    out.backward()
    assert math.isnan(out.data)


def test_the_log_of_a_softmax_is_cross_entropy():
    z, twins = [Value(x) for x in (0.3, -1.0, 2.0)], [Value(x) for x in (0.3, -1.0, 2.0)]
    one, other = -softmax(z)[1].log(), cross_entropy([twins], [1])
    one.backward()
    other.backward()
    assert one.data == pytest.approx(other.data, rel=1e-14)
    assert [v.grad for v in z] == pytest.approx([v.grad for v in twins], rel=1e-13)


@pytest.mark.parametrize("row", [[math.nan, 1.0], [1.0, math.nan], [0.0, math.inf]], ids=str)
def test_cross_entropy_hides_no_nan(row):
    values = [Value(z) for z in row]
    out = cross_entropy([values], [0])
    out.backward()
    assert math.isnan(out.data)
    assert math.isnan(values[1].grad)


@pytest.mark.parametrize("z", [0.0, 1.0, -36.0, 36.0, 710.0, -745.0, 1e308, -1e308])
@pytest.mark.parametrize("y", [0, 1])
def test_the_loss_of_a_logit_and_its_slope_are_finite_and_of_the_right_size(z, y):
    v = Value(z)
    loss = binary_cross_entropy_with_logits([v], [y])
    loss.backward()
    wrong = z if y == 0 else -z  # how far z lies on the wrong side
    assert max(0.0, wrong) <= loss.data <= max(0.0, wrong) + math.log(2)
    assert -1.0 <= v.grad <= 1.0


def test_from_probability_and_from_logit_it_is_the_same_loss():
    zs, ys = [Value(z) for z in NUMBERS], CLASSES
    twins = [Value(z) for z in NUMBERS]
    one, other = (
        binary_cross_entropy_with_logits(zs, ys),
        binary_cross_entropy([z.sigmoid() for z in twins], ys),
    )
    one.backward()
    other.backward()
    assert one.data == pytest.approx(other.data, rel=1e-12)
    assert [z.grad for z in zs] == pytest.approx([z.grad for z in twins], rel=1e-12)


@pytest.mark.parametrize(("p", "y", "slope"), [(1.0, 1, -1.0), (0.0, 0, 1.0)])
def test_a_certain_and_right_probability_costs_nothing(p, y, slope):
    v = Value(p)
    loss = binary_cross_entropy([v], [y])
    loss.backward()
    assert (loss.data, v.grad) == (0.0, slope)


def test_two_classes_of_cross_entropy_are_binary_cross_entropy_of_the_difference():
    a, b = Value(0.7), Value(-0.4)
    assert cross_entropy([[a, b]], [0]).data == pytest.approx(
        binary_cross_entropy_with_logits([a - b], [1]).data, rel=1e-14
    )


def test_at_the_margin_the_hinge_is_flat():
    score = Value(1.0)
    loss = hinge([score], [1])
    loss.backward()
    assert (loss.data, score.grad) == (0.0, 0.0)


def test_l2_is_the_sum_of_squares_and_pulls_towards_zero():
    model = MLP(2, [3, 1], seed=0)
    parameters = model.parameters()
    loss = l2(parameters)
    loss.backward()
    assert loss.data == pytest.approx(sum(p.data**2 for p in parameters), rel=1e-14)
    assert [p.grad for p in parameters] == [2 * p.data for p in parameters]


def test_the_mean_of_equal_losses_is_that_loss():
    assert mse([Value(1.0) for _ in range(49)], [0.0] * 49).data == 1.0  # 49 · (1/49) would be 0.9999…


@pytest.mark.parametrize("loss", [mse, binary_cross_entropy, binary_cross_entropy_with_logits, hinge])
def test_a_lone_value_is_a_batch_of_one(loss):
    assert loss(Value(0.25), 1).data == loss([Value(0.25)], [1]).data


@pytest.mark.parametrize(
    "targets", [np.array([1, 0]), np.array([1.0, 0.0]), (1, 0), iter([1, 0])], ids=lambda x: type(x).__name__
)
def test_targets_may_be_any_sequence_of_numbers(targets):
    expected = mse([Value(0.25), Value(0.5)], [1.0, 0.0]).data
    assert mse((Value(0.25), Value(0.5)), targets).data == expected


@pytest.mark.parametrize("targets", [np.array([1, 0]), [1.0, 0.0], (1, 0)], ids=str)
def test_classes_may_be_any_sequence_of_whole_numbers(targets):
    rows = [[Value(0.3), Value(0.5)], (Value(1.0), Value(0.0))]
    assert cross_entropy(rows, targets).data == cross_entropy(rows, [1, 0]).data


@pytest.mark.parametrize(
    ("loss", "targets"),
    [
        (mse, [2, 2]),
        (hinge, [1, -1]),
        (binary_cross_entropy, [1, 0]),
        (binary_cross_entropy_with_logits, [1, 0]),
    ],
)
def test_a_loss_trains_a_network_through_its_inputs(loss, targets):
    model = MLP(2, [3, 1], output_activation="sigmoid", seed=0)
    before = loss([model([0.1, 0.9]), model([0.8, -0.3])], targets)
    before.backward()
    for p in model.parameters():
        p.data -= 0.01 * p.grad
    assert loss([model([0.1, 0.9]), model([0.8, -0.3])], targets).data < before.data


# ------------------------------------------------------------------ errors

BY_NAME = {
    loss.__name__: loss
    for loss in (mse, binary_cross_entropy, binary_cross_entropy_with_logits, hinge, cross_entropy)
}
LENGTHS = "needs one target for each prediction"


def samples(name, n):
    return [[Value(0.5), Value(0.5)] if name == "cross_entropy" else Value(0.5) for _ in range(n)]


@pytest.mark.parametrize(("n", "m"), [(2, 1), (1, 2), (0, 0), (0, 1), (1, 0)])
@pytest.mark.parametrize("name", BY_NAME)
def test_each_prediction_needs_one_target(name, n, m):
    with pytest.raises(ValueError) as caught:
        BY_NAME[name](samples(name, n), [1] * m)
    assert str(caught.value) == f"{name} {LENGTHS}, got {n} predictions and {m} targets"


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("target", ["1", None, True, [1, 0]], ids=str)
def test_a_target_that_is_no_number_is_an_error(name, target):
    with pytest.raises(TypeError) as caught:
        BY_NAME[name](samples(name, 1), [target])
    assert str(caught.value) == f"{name} takes a number, got {type(target).__name__}: {target!r}"


@pytest.mark.parametrize("name", [name for name in BY_NAME if name != "cross_entropy"])
@pytest.mark.parametrize("prediction", [0.5, [Value(0.5)], np.float64(0.5)], ids=lambda x: type(x).__name__)
def test_a_prediction_that_is_no_value_is_an_error(name, prediction):
    with pytest.raises(TypeError) as caught:
        BY_NAME[name]([Value(0.5), prediction], [1, 1])
    given = f"{type(prediction).__name__}: {prediction!r}"
    assert str(caught.value) == f"{name} takes one Value for each sample, got {given}"


@pytest.mark.parametrize("y", [-0.1, 1.1, -1, 2])
@pytest.mark.parametrize("name", ["binary_cross_entropy", "binary_cross_entropy_with_logits"])
def test_a_target_outside_zero_and_one_is_an_error(name, y):
    with pytest.raises(ValueError) as caught:
        BY_NAME[name]([Value(0.5)], [y])
    assert str(caught.value) == f"{name}: a target lies between 0 and 1, got {y:g}"


ERRORS = {
    "a probability above 1": (
        lambda: binary_cross_entropy([Value(1.5)], [1]), ValueError,
        "binary_cross_entropy: a probability lies between 0 and 1, got 1.5",
    ),
    "a probability below 0": (
        lambda: binary_cross_entropy([Value(-2)], [1]), ValueError,
        "binary_cross_entropy: a probability lies between 0 and 1, got -2",
    ),
    "what happened had probability 0": (
        lambda: binary_cross_entropy([Value(0)], [1]), ValueError,
        "binary_cross_entropy: probability 0 for target 1 is an infinite loss; "
        "use binary_cross_entropy_with_logits on the value before the sigmoid",
    ),
    "what did not happen had probability 1": (
        lambda: binary_cross_entropy([Value(1)], [0.5]), ValueError,
        "binary_cross_entropy: probability 1 for target 0.5 is an infinite loss; "
        "use binary_cross_entropy_with_logits on the value before the sigmoid",
    ),
    "hinge with 0 and 1": (
        lambda: hinge([Value(1)], [0]), ValueError,
        "hinge needs targets -1 or +1, got 0; from 0 and 1 they are 2 * y - 1",
    ),
    "a class too high": (
        lambda: cross_entropy([[Value(1), Value(2)]], [2]), ValueError,
        "cross_entropy: a target is a class number from 0 to 1, got 2",
    ),
    "a negative class": (
        lambda: cross_entropy([[Value(1), Value(2)]], [-1]), ValueError,
        "cross_entropy: a target is a class number from 0 to 1, got -1",
    ),
    "a class that is no whole number": (
        lambda: cross_entropy([[Value(1), Value(2)]], [0.5]), ValueError,
        "cross_entropy: a target is a class number from 0 to 1, got 0.5",
    ),
    "one row instead of rows": (
        lambda: cross_entropy([Value(1), Value(2)], 0), TypeError,
        "cross_entropy takes a row of logits for each sample, got Value: Value(data=1, grad=0)",
    ),
    "rows of numbers": (
        lambda: cross_entropy([[1.0, 2.0]], [0]), TypeError,
        "cross_entropy takes logits that are Values, got float: 1.0",
    ),
    "l2 of nothing": (lambda: l2([]), ValueError, "l2 needs at least one parameter, got none"),
    "l2 of numbers": (
        lambda: l2(np.array([1.0])), TypeError, "l2 adds the squares of Values, got float64: np.float64(1.0)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ERRORS)
def test_an_error_says_what_was_given_and_what_is_expected(case):
    do, error, text = ERRORS[case]
    with pytest.raises(error) as caught:
        do()
    assert str(caught.value) == text
