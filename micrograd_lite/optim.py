"""Optimizers: how the gradients change the parameters. Standard library alone.

Step for step equal to `torch.optim.SGD` and `torch.optim.Adam` (the tests compare them). The loop around
them stands in the lesson: forward, `zero_grad`, `backward`, `step`.
"""

import math
from collections.abc import Iterable

from micrograd_lite.engine import Value, _describe, _number

__all__ = ["SGD", "Adam"]


class SGD:
    """Gradient descent: v ← momentum · v + g, then p ← p - lr · v (without momentum p ← p - lr · g).

    Parameters
    ----------
    parameters : list of Value
        As `model.parameters()` gives them.
    lr : float
        The learning rate η.
    momentum : float
        0 is plain gradient descent. Goodfellow et al. (2016), §8.3.2, in PyTorch's form.
    weight_decay : float
        λ: adds λ · p to the gradient, as a term (λ/2) Σ p² in the loss would.
    """

    def __init__(self, parameters, lr=0.001, momentum=0.0, weight_decay=0.0):
        self.parameters = _check_parameters(parameters)
        _check_at_least_zero(lr=lr, momentum=momentum, weight_decay=weight_decay)
        self.lr, self.momentum, self.weight_decay = lr, momentum, weight_decay
        self._velocity = [None] * len(self.parameters)

    def step(self):
        """Change every parameter once, against its gradient."""
        for i, p in enumerate(self.parameters):
            g = p.grad + self.weight_decay * p.data
            if self.momentum:
                v = self._velocity[i]
                g = self._velocity[i] = g if v is None else self.momentum * v + g
            p.data -= self.lr * g

    def zero_grad(self):
        """Set every gradient back to 0."""
        for p in self.parameters:
            p.grad = 0.0


class Adam:
    """Adam: a step of about `lr` for each parameter, whatever the size of its gradients.

    With g the gradient and t the number of the step: m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g²,
    p ← p - lr · m̂ / (√v̂ + eps), where m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ).
    Kingma & Ba (2015), Algorithm 1. `weight_decay` adds λ · p to the gradient, as in PyTorch's Adam.
    """

    def __init__(self, parameters, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        self.parameters = _check_parameters(parameters)
        _check_at_least_zero(lr=lr, eps=eps, weight_decay=weight_decay)
        beta1, beta2 = (_number(beta, "betas") for beta in betas)
        if not (0.0 <= beta1 < 1.0 and 0.0 <= beta2 < 1.0):
            raise ValueError(f"betas lie between 0 and 1 (1 excluded), got {betas!r}")
        self.lr, self.betas, self.eps, self.weight_decay = lr, (beta1, beta2), eps, weight_decay
        self._t = 0
        self._m = [0.0] * len(self.parameters)
        self._v = [0.0] * len(self.parameters)

    def step(self):
        """Change every parameter once."""
        self._t += 1
        beta1, beta2 = self.betas
        first, second = 1.0 - beta1**self._t, 1.0 - beta2**self._t
        for i, p in enumerate(self.parameters):
            g = p.grad + self.weight_decay * p.data
            self._m[i] = m = beta1 * self._m[i] + (1.0 - beta1) * g
            self._v[i] = v = beta2 * self._v[i] + (1.0 - beta2) * g * g
            p.data -= self.lr * (m / first) / (math.sqrt(v / second) + self.eps)

    def zero_grad(self):
        """Set every gradient back to 0."""
        for p in self.parameters:
            p.grad = 0.0


def _check_parameters(parameters):
    if not isinstance(parameters, Iterable):
        raise TypeError(
            f"an optimizer takes a list of Values, as model.parameters(), got {_describe(parameters)}"
        )
    parameters = list(parameters)
    if not parameters:
        raise ValueError("an optimizer needs at least one parameter, got none")
    for p in parameters:
        if not isinstance(p, Value):
            raise TypeError(f"an optimizer changes Values, got {_describe(p)}")
    if len(set(map(id, parameters))) < len(parameters):
        raise ValueError("a parameter is in the list twice: it would be changed twice in each step")
    return parameters


def _check_at_least_zero(**settings):
    for name, x in settings.items():
        if not _number(x, name) >= 0.0:
            raise ValueError(f"{name} is at least 0, got {x!r}")
