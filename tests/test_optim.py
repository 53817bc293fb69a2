"""The optimizers: step for step the numbers of torch.optim in float64, for Values and for arrays."""

import math

import numpy as np
import pytest
import torch

from micrograd_lite import MLP, Value
from micrograd_lite.optim import SGD, Adam, AdamW, LambdaLR, RMSprop

STEPS = 40

SETTINGS = [
    (SGD, torch.optim.SGD, {}),
    (SGD, torch.optim.SGD, {"lr": 0.05}),
    (SGD, torch.optim.SGD, {"lr": 0.0}),
    (SGD, torch.optim.SGD, {"lr": 0.05, "momentum": 0.9}),
    (SGD, torch.optim.SGD, {"lr": 0.05, "weight_decay": 0.1}),
    (SGD, torch.optim.SGD, {"lr": 0.02, "momentum": 0.5, "weight_decay": 0.01}),
    (SGD, torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "dampening": 0.3}),
    (SGD, torch.optim.SGD, {"lr": 0.05, "momentum": 0.5, "dampening": 0.9}),
    (SGD, torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    (SGD, torch.optim.SGD, {"lr": 0.02, "momentum": 0.7, "nesterov": True, "weight_decay": 0.1}),
    (AdamW, torch.optim.AdamW, {}),
    (AdamW, torch.optim.AdamW, {"lr": 0.1, "weight_decay": 0.3}),
    (AdamW, torch.optim.AdamW, {"lr": 0.05, "betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.0}),
    (RMSprop, torch.optim.RMSprop, {}),
    (RMSprop, torch.optim.RMSprop, {"lr": 0.02, "alpha": 0.9, "eps": 1e-3}),
    (RMSprop, torch.optim.RMSprop, {"lr": 0.01, "momentum": 0.9, "weight_decay": 0.1}),
    (Adam, torch.optim.Adam, {}),
    (Adam, torch.optim.Adam, {"lr": 0.1}),
    (Adam, torch.optim.Adam, {"lr": 0.1, "weight_decay": 0.1}),
    (Adam, torch.optim.Adam, {"lr": 0.05, "betas": (0.5, 0.9), "eps": 1e-3}),
    (Adam, torch.optim.Adam, {"lr": 0.05, "betas": (0.0, 0.0), "weight_decay": 0.01}),
]


def loss_of(x, y, z):
    """A valley with a bend, and a parameter, z, that changes sides: (1 - x)² + 3 (y - x²)² + tanh(z)²."""
    return (1 - x) ** 2 + 3 * (y - x * x) ** 2 + z.tanh() ** 2


@pytest.mark.parametrize(
    ("ours", "theirs", "settings"), SETTINGS, ids=lambda x: str(getattr(x, "__name__", x))
)
def test_every_step_equals_that_of_pytorch(ours, theirs, settings):
    start = [-0.7, 0.5, 1.3]
    values = [Value(x) for x in start]
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in start]
    optimizer, reference = ours(values, **settings), theirs(tensors, **settings)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss_of(*values).backward()
        optimizer.step()
        reference.zero_grad()
        loss_of(*tensors).backward()
        reference.step()
        assert [v.data for v in values] == pytest.approx([t.item() for t in tensors], rel=1e-12)


class Table:
    """A parameter as the engine for tables has it: `data` an array, `grad` an array or None."""

    def __init__(self, data):
        self.data, self.grad = np.array(data), None

    def zero_grad(self):
        self.grad = None


@pytest.mark.parametrize(
    ("ours", "theirs", "settings"), SETTINGS, ids=lambda x: str(getattr(x, "__name__", x))
)
def test_an_array_takes_the_same_steps(ours, theirs, settings):
    start = [[-0.7, 0.5, 1.3], [0.1, -2.0, 0.0]]
    table, tensor = Table(start), torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimizer, reference = ours([table], **settings), theirs([tensor], **settings)
    for _ in range(5):
        reference.zero_grad()
        (tensor.tanh() * tensor).sum().backward()
        table.grad = tensor.grad.numpy().copy()
        optimizer.step()
        reference.step()
        assert table.data == pytest.approx(tensor.detach().numpy(), rel=1e-12)


@pytest.mark.parametrize("optimizer", [SGD, Adam, AdamW, RMSprop])
def test_a_step_gives_a_new_array_and_keeps_float32(optimizer):
    table = Table(np.ones(3, np.float32))
    before, table.grad = table.data, np.ones(3, np.float32)
    optimizer([table], lr=np.float64(0.1), weight_decay=0.1).step()
    assert table.data.dtype == np.float32
    assert before.tolist() == [1.0, 1.0, 1.0] and table.grad.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize(("ours", "theirs", "settings"), [
    (SGD, torch.optim.SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1}),
    (Adam, torch.optim.Adam, {"lr": 0.1, "weight_decay": 0.1}),
    (AdamW, torch.optim.AdamW, {"lr": 0.1, "weight_decay": 0.1}),
    (RMSprop, torch.optim.RMSprop, {"lr": 0.1, "momentum": 0.9}),
], ids=["SGD", "Adam", "AdamW", "RMSprop"])  # fmt: skip
def test_a_parameter_that_no_gradient_reached_is_left_alone_in_that_step(ours, theirs, settings):
    values = [Value(2.0), Value(-3.0)]
    tensors = [torch.tensor(v.data, dtype=torch.float64, requires_grad=True) for v in values]
    optimizer, reference = ours(values, **settings), theirs(tensors, **settings)
    for step in range(8):
        for numbers, one in ((values, optimizer), (tensors, reference)):
            one.zero_grad()
            loss = numbers[0] ** 2 + (numbers[1] ** 2 if step in (1, 2, 5) else 0.0)
            loss.backward()
            one.step()
        assert [v.data for v in values] == pytest.approx([t.item() for t in tensors], rel=1e-12)


@pytest.mark.parametrize("optimizer", [SGD, Adam, AdamW, RMSprop])
def test_without_any_gradient_a_step_changes_nothing(optimizer):
    fresh, none, cleared = Value(1.0), Value(2.0), Value(3.0)
    cleared.exp().backward()
    cleared.zero_grad()
    none.grad = None
    optimizer([fresh, none, cleared], lr=0.5, weight_decay=0.5).step()
    assert [fresh.data, none.data, cleared.data] == [1.0, 2.0, 3.0]


def test_a_gradient_of_exactly_zero_is_a_gradient():
    x, t = Value(-2.0), torch.tensor(-2.0, dtype=torch.float64, requires_grad=True)
    x.relu().backward()
    t.relu().backward()
    SGD([x], lr=0.1, weight_decay=0.5).step()
    torch.optim.SGD([t], lr=0.1, weight_decay=0.5).step()
    assert x.data == t.item() == -1.9


FACTORS = {
    "straight down": lambda k: 1.0 - 0.9 * k / 20,
    "in steps": lambda k: 0.5 ** (k // 5),
    "warm-up": lambda k: min(1.0, (k + 1) / 10),
}


@pytest.mark.parametrize("name", FACTORS)
@pytest.mark.parametrize(("ours", "theirs"), [(SGD, torch.optim.SGD), (Adam, torch.optim.Adam)])
def test_a_schedule_gives_the_steps_of_pytorchs(ours, theirs, name):
    v, t = Value(2.0), torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    optimizer, reference = ours([v], lr=0.1), theirs([t], lr=0.1)
    schedules = (
        LambdaLR(optimizer, FACTORS[name]),
        torch.optim.lr_scheduler.LambdaLR(reference, FACTORS[name]),
    )
    for _ in range(20):
        for schedule, one, x in zip(schedules, (optimizer, reference), (v, t), strict=True):
            one.zero_grad()
            (x * x).backward()
            one.step()
            schedule.step()
        assert v.data == pytest.approx(t.item(), rel=1e-13)
        assert optimizer.lr == pytest.approx(reference.param_groups[0]["lr"], rel=1e-15)


@pytest.mark.parametrize(("ours", "theirs"), [(SGD, torch.optim.SGD), (Adam, torch.optim.Adam)])
def test_a_learning_rate_changed_on_the_way_takes_effect(ours, theirs):
    v, t = Value(2.0), torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    optimizer, reference = ours([v], lr=0.1), theirs([t], lr=0.1)
    for lr in (0.1, 0.01, 0.5):
        optimizer.lr = reference.param_groups[0]["lr"] = lr
        for step, x in ((optimizer, v), (reference, t)):
            step.zero_grad()
            (x * x).backward()
            step.step()
        assert v.data == pytest.approx(t.item(), rel=1e-14)


def test_plain_gradient_descent_is_the_step_worked_out_by_hand():
    x = Value(3.0)
    optimizer = SGD([x], lr=0.1)
    (x * x).backward()
    optimizer.step()
    assert x.data == 3.0 - 0.1 * 6.0


def test_the_first_step_of_adam_is_the_learning_rate_whatever_the_gradient():
    values = [Value(1.0) for _ in range(3)]
    for v, grad in zip(values, (1e-3, -7.0, 1e6), strict=True):
        v.grad = grad
    Adam(values, lr=0.25).step()
    assert [v.data for v in values] == pytest.approx([0.75, 1.25, 0.75], rel=1e-5)


def test_weight_decay_is_the_gradient_of_half_lambda_times_the_squares():
    x, y = Value(3.0), Value(3.0)
    with_term, with_decay = SGD([x], lr=0.1), SGD([y], lr=0.1, weight_decay=0.5)
    (x.tanh() + 0.5 / 2 * x**2).backward()
    y.tanh().backward()
    with_term.step()
    with_decay.step()
    assert x.data == pytest.approx(y.data, rel=1e-15)


@pytest.mark.parametrize("optimizer", [SGD, Adam, AdamW, RMSprop])
def test_zero_grad_clears_every_gradient(optimizer):
    model = MLP(2, [3, 1], seed=0)
    model([1.0, 2.0]).backward()
    assert any(p.grad for p in model.parameters())
    optimizer(model.parameters()).zero_grad()
    assert not any(p.grad for p in model.parameters())


@pytest.mark.parametrize("optimizer", [SGD, Adam, AdamW, RMSprop])
def test_a_step_leaves_the_gradients_and_the_graph_alone(optimizer):
    x = Value(3.0)
    out = x * x
    out.backward()
    optimizer([x], lr=0.1).step()
    assert (x.grad, x._prev, out.data) == (6.0, (), 9.0)


@pytest.mark.parametrize("optimizer", [SGD, Adam, AdamW, RMSprop])
def test_parameters_may_come_from_a_generator(optimizer):
    values = [Value(1.0), Value(2.0)]
    assert optimizer(v for v in values).parameters == values


ERRORS = {
    "nothing to change": (
        lambda o: o([]), ValueError, "an optimizer needs at least one parameter, got none",
    ),
    "the model itself": (
        lambda o: o(MLP(1, [1])), TypeError,
        "an optimizer takes a list of Values, as model.parameters(), "
        "got MLP: MLP(1 → 1; linear; 2 parameters)",
    ),
    "numbers": (lambda o: o([1.0]), TypeError, "an optimizer changes Values or Tensors, got float: 1.0"),
    "an array": (
        lambda o: o(np.ones(1)), TypeError,
        "an optimizer changes Values or Tensors, got float64: np.float64(1.0)",
    ),
    "a parameter twice": (
        lambda o: o([x := Value(1.0), x]), ValueError,
        "a parameter is in the list twice: it would be changed twice in each step",
    ),
    "a negative lr": (lambda o: o([Value(1.0)], lr=-0.1), ValueError, "lr is at least 0, got -0.1"),
    "an lr that is NaN": (lambda o: o([Value(1.0)], lr=math.nan), ValueError, "lr is at least 0, got nan"),
    "an lr that is text": (
        lambda o: o([Value(1.0)], lr="0.1"), TypeError, "lr takes a number, got str: '0.1'",
    ),
    "a negative weight_decay": (
        lambda o: o([Value(1.0)], weight_decay=-1), ValueError, "weight_decay is at least 0, got -1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("optimizer", [SGD, Adam, AdamW, RMSprop])
@pytest.mark.parametrize("case", ERRORS)
def test_an_error_says_what_was_given_and_what_is_expected(case, optimizer):
    do, error, text = ERRORS[case]
    with pytest.raises(error) as caught:
        do(optimizer)
    assert str(caught.value) == text


def test_a_negative_momentum_is_an_error():
    with pytest.raises(ValueError, match=r"^momentum is at least 0, got -0\.9$"):
        SGD([Value(1.0)], momentum=-0.9)


@pytest.mark.parametrize("betas", [(1.0, 0.9), (0.9, 1.0), (-0.1, 0.9), (0.9, 2)], ids=str)
def test_betas_lie_between_zero_and_one(betas):
    with pytest.raises(ValueError) as caught:
        Adam([Value(1.0)], betas=betas)
    assert str(caught.value) == f"betas lie between 0 and 1 (1 excluded), got {betas!r}"


@pytest.mark.parametrize("optimizer", [Adam, AdamW, RMSprop])
def test_a_negative_eps_is_an_error(optimizer):
    with pytest.raises(ValueError, match=r"^eps is at least 0, got -1e-08$"):
        optimizer([Value(1.0)], eps=-1e-8)


MORE_ERRORS = {
    "nesterov without momentum": (
        lambda v: SGD([v], nesterov=True), ValueError,
        "nesterov needs a momentum and no dampening, got momentum=0.0, dampening=0.0",
    ),
    "nesterov with dampening": (
        lambda v: SGD([v], momentum=0.9, dampening=0.1, nesterov=True), ValueError,
        "nesterov needs a momentum and no dampening, got momentum=0.9, dampening=0.1",
    ),
    "an alpha above 1": (
        lambda v: RMSprop([v], alpha=1.1), ValueError, "alpha lies between 0 and 1, got 1.1",
    ),
    "a schedule of nothing": (
        lambda v: LambdaLR(v, lambda k: 1.0), TypeError,
        "LambdaLR changes the lr of an optimizer, got Value: Value(data=1, grad=0)",
    ),
    "a schedule that is a number": (
        lambda v: LambdaLR(SGD([v]), 0.9), TypeError,
        "LambdaLR takes a function of the number of the step, got float: 0.9",
    ),
    "a factor that is text": (
        lambda v: LambdaLR(SGD([v]), str), TypeError,
        "the factor of the learning rate takes a number, got str: '0'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MORE_ERRORS)
def test_an_unusual_setting_has_its_error_too(case):
    do, error, text = MORE_ERRORS[case]
    with pytest.raises(error) as caught:
        do(Value(1.0))
    assert str(caught.value) == text
