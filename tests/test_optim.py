"""SGD and Adam: step for step the numbers of torch.optim in float64."""

import math

import pytest
import torch

from micrograd_lite import MLP, Value
from micrograd_lite.optim import SGD, Adam

STEPS = 40

SETTINGS = [
    (SGD, torch.optim.SGD, {}),
    (SGD, torch.optim.SGD, {"lr": 0.05}),
    (SGD, torch.optim.SGD, {"lr": 0.0}),
    (SGD, torch.optim.SGD, {"lr": 0.05, "momentum": 0.9}),
    (SGD, torch.optim.SGD, {"lr": 0.05, "weight_decay": 0.1}),
    (SGD, torch.optim.SGD, {"lr": 0.02, "momentum": 0.5, "weight_decay": 0.01}),
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


@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_zero_grad_clears_every_gradient(optimizer):
    model = MLP(2, [3, 1], seed=0)
    model([1.0, 2.0]).backward()
    assert any(p.grad for p in model.parameters())
    optimizer(model.parameters()).zero_grad()
    assert not any(p.grad for p in model.parameters())


@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_a_step_leaves_the_gradients_and_the_graph_alone(optimizer):
    x = Value(3.0)
    out = x * x
    out.backward()
    optimizer([x], lr=0.1).step()
    assert (x.grad, x._prev, out.data) == (6.0, (), 9.0)


@pytest.mark.parametrize("optimizer", [SGD, Adam])
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
    "numbers": (lambda o: o([1.0]), TypeError, "an optimizer changes Values, got float: 1.0"),
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


@pytest.mark.parametrize("optimizer", [SGD, Adam])
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


def test_a_negative_eps_is_an_error():
    with pytest.raises(ValueError, match=r"^eps is at least 0, got -1e-08$"):
        Adam([Value(1.0)], eps=-1e-8)
