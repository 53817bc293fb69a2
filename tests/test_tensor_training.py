"""SGD and Adam train Tensors by the lines that train Values: step for step the numbers of torch.optim."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from micrograd_lite.optim import SGD, Adam
from micrograd_lite.tensor import Tensor, cross_entropy

STEPS = 30
X = np.random.default_rng(0).standard_normal((12, 4))
Y = np.arange(12) % 3
SHAPES = [(4, 5), (5,), (5, 3), (3,), ()]
START = [np.random.default_rng(k).normal(0.5, 0.5, shape) for k, shape in enumerate(SHAPES)]
SETTINGS = [
    (SGD, torch.optim.SGD, {"lr": 0.3}),
    (SGD, torch.optim.SGD, {"lr": 0.1, "momentum": 0.9}),
    (SGD, torch.optim.SGD, {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.01}),
    (Adam, torch.optim.Adam, {"lr": 0.05}),
    (Adam, torch.optim.Adam, {"lr": 0.05, "betas": (0.5, 0.9), "weight_decay": 0.1}),
]


def logits(x, W1, b1, W2, b2, scale):
    return ((x @ W1 + b1).tanh() @ W2) * scale + b2


@pytest.mark.parametrize(
    ("ours", "theirs", "settings"), SETTINGS, ids=lambda x: str(getattr(x, "__name__", x))
)
def test_every_step_on_tensors_equals_that_of_pytorch(ours, theirs, settings):
    tensors = [Tensor(array) for array in START]
    others = [torch.tensor(array, requires_grad=True) for array in START]
    optimizer, reference = ours(tensors, **settings), theirs(others, **settings)
    first = None
    for _ in range(STEPS):
        loss = cross_entropy(logits(X, *tensors), Y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        expected = functional.cross_entropy(logits(torch.tensor(X), *others), torch.tensor(Y))
        reference.zero_grad()
        expected.backward()
        reference.step()
        assert loss.item() == pytest.approx(expected.item(), rel=1e-12)
        for p, t in zip(tensors, others, strict=True):
            np.testing.assert_allclose(p.data, t.detach().numpy(), rtol=1e-10, atol=1e-12)
        first = first or loss.item()
    assert loss.item() < 0.9 * first


@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_a_step_leaves_the_gradients_alone_and_zero_grad_forgets_them(optimizer):
    x = Tensor([1.0, 2.0])
    (x * x).sum().backward()
    held = x.grad
    optimizer([x], lr=0.1, weight_decay=0.1).step()
    assert x.grad is held and held.tolist() == [2.0, 4.0]
    optimizer([x], lr=0.1).zero_grad()
    assert x.grad is None and held.tolist() == [2.0, 4.0]


@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_a_tensor_without_a_gradient_stays(optimizer):
    x, y = Tensor([1.0, 2.0]), Tensor([3.0])
    (x * x).sum().backward()
    optimizer([x, y], lr=0.1, weight_decay=0.5).step()
    assert y.data.tolist() == [3.0] and x.data.tolist() != [1.0, 2.0]


@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_float32_stays_float32(optimizer):
    x = Tensor(np.ones(3, np.float32))
    for _ in range(3):
        (x * x).sum().backward()
        optimizer([x], lr=0.1).step()
    assert x.data.dtype == x.grad.dtype == np.float32
