"""Optimizers: how the gradients change the parameters. Standard library alone.

Step for step equal to those of `torch.optim` (the tests compare them). They train Values and Tensors by the
same lines: `p.data` is a number or an array, and every formula is plain arithmetic on it. The loop around
them stands in the lesson: forward, `zero_grad`, `backward`, `step`.
"""

from collections.abc import Iterable

from micrograd_lite.engine import _NO_GRADIENT, _describe, _number

__all__ = ["SGD", "Adam", "AdamW", "RMSprop", "LambdaLR"]


class _Optimizer:
    """What all optimizers share: the parameters, the learning rate, and a step through them.

    A parameter that no `backward` has reached since `zero_grad` is left alone in a step, as in PyTorch:
    neither momentum nor weight decay move it.
    """

    def __init__(self, parameters, lr, **settings):
        self.parameters = _check_parameters(parameters)
        for name, x in {"lr": lr, **settings}.items():
            if not _number(x, name) >= 0.0:
                raise ValueError(f"{name} is at least 0, got {x!r}")
            setattr(self, name, float(x))
        self._memory = [{} for _ in self.parameters]  # for each, what its next step has to know

    def step(self):
        """Change every parameter that has a gradient once, against it."""
        for p, memory in zip(self.parameters, self._memory):
            if p.grad is not None and p.grad is not _NO_GRADIENT:
                self._change(p, memory)

    def zero_grad(self):
        """Forget every gradient, before the next `backward()` adds to it."""
        for p in self.parameters:
            p.zero_grad()


class SGD(_Optimizer):
    """Gradient descent: p ← p - lr · g; with momentum v ← momentum · v + (1 - dampening) · g, p ← p - lr · v.

    Parameters
    ----------
    parameters : list of Value or Tensor
        As `model.parameters()` gives them.
    lr : float
        The learning rate η.
    momentum : float
        0 is plain gradient descent. Goodfellow et al. (2016), §8.3.2, in PyTorch's form: the first v is g.
    dampening : float
        How much less of a gradient goes into v.
    weight_decay : float
        λ: adds λ · p to the gradient, as a term (λ/2) Σ p² in the loss would.
    nesterov : bool
        Goes along g + momentum · v instead of v (§8.3.3). It needs a momentum and no dampening.
    """

    def __init__(self, parameters, lr=0.001, momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False):
        super().__init__(parameters, lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay)
        if nesterov and (not momentum or dampening):
            raise ValueError(
                f"nesterov needs a momentum and no dampening, "
                f"got momentum={momentum!r}, dampening={dampening!r}"
            )
        self.nesterov = bool(nesterov)

    def _change(self, p, memory):
        g = p.grad
        if self.weight_decay:
            g = g + self.weight_decay * p.data
        if self.momentum:
            v = memory.get("v")
            v = g if v is None else self.momentum * v + (1.0 - self.dampening) * g
            memory["v"] = v
            g = g + self.momentum * v if self.nesterov else v
        p.data = p.data - self.lr * g


class Adam(_Optimizer):
    """Adam: a step of about `lr` for each parameter, whatever the size of its gradients.

    With g the gradient and t the number of the parameter's step: m ← β₁ m + (1 - β₁) g,
    v ← β₂ v + (1 - β₂) g², p ← p - lr · m̂ / (√v̂ + eps), where m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ).
    Kingma & Ba (2015), Algorithm 1. `weight_decay` adds λ · p to the gradient, as in PyTorch's Adam.
    """

    def __init__(self, parameters, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(parameters, lr, eps=eps, weight_decay=weight_decay)
        beta1, beta2 = (_number(beta, "betas") for beta in betas)
        if not (0.0 <= beta1 < 1.0 and 0.0 <= beta2 < 1.0):
            raise ValueError(f"betas lie between 0 and 1 (1 excluded), got {betas!r}")
        self.betas = beta1, beta2

    def _change(self, p, memory):
        self._adapt(p, memory, p.grad + self.weight_decay * p.data if self.weight_decay else p.grad)

    def _adapt(self, p, memory, g):
        beta1, beta2 = self.betas
        t = memory["t"] = memory.get("t", 0) + 1
        m = memory["m"] = beta1 * memory.get("m", 0.0) + (1.0 - beta1) * g
        v = memory["v"] = beta2 * memory.get("v", 0.0) + (1.0 - beta2) * g * g
        m_hat, v_hat = m / (1.0 - beta1**t), v / (1.0 - beta2**t)
        p.data = p.data - self.lr * m_hat / (v_hat**0.5 + self.eps)


class AdamW(Adam):
    """Adam with weight decay of its own: p ← p - lr · λ · p first, then Adam's step on the gradient alone.

    So the decay is not divided by √v̂: all parameters decay alike. Loshchilov & Hutter (2019), Algorithm 2.
    """

    def __init__(self, parameters, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(parameters, lr, betas, eps, weight_decay)

    def _change(self, p, memory):
        p.data = p.data * (1.0 - self.lr * self.weight_decay)
        self._adapt(p, memory, p.grad)


class RMSprop(_Optimizer):
    """The gradient divided by its recent size: v ← α v + (1 - α) g², p ← p - lr · g / (√v + eps).

    Hinton's lecture 6e (2012); Goodfellow et al. (2016), §8.5.2, in PyTorch's form. `weight_decay` adds λ · p
    to the gradient; with `momentum`, b ← momentum · b + g / (√v + eps) takes the place of the quotient.
    """

    def __init__(self, parameters, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0, momentum=0.0):
        settings = {"alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum}
        super().__init__(parameters, lr, **settings)
        if self.alpha > 1.0:
            raise ValueError(f"alpha lies between 0 and 1, got {alpha!r}")

    def _change(self, p, memory):
        g = p.grad + self.weight_decay * p.data if self.weight_decay else p.grad
        v = memory["v"] = self.alpha * memory.get("v", 0.0) + (1.0 - self.alpha) * g * g
        step = g / (v**0.5 + self.eps)
        if self.momentum:
            step = memory["b"] = self.momentum * memory.get("b", 0.0) + step
        p.data = p.data - self.lr * step


class LambdaLR:
    """A learning-rate schedule: after k calls of `step`, `optimizer.lr` is its first value times factor(k).

    schedule = LambdaLR(optimizer, lambda k: 1.0 - 0.9 * k / 100)      # down to a tenth in 100 steps
    schedule = LambdaLR(optimizer, lambda k: 0.5 ** (k // 30))         # half of it every 30 steps
    schedule = LambdaLR(optimizer, lambda k: min(1.0, (k + 1) / 10))   # warm up for 10 steps

    Call `schedule.step()` after `optimizer.step()`. As `torch.optim.lr_scheduler.LambdaLR`.
    """

    def __init__(self, optimizer, factor):
        if not hasattr(optimizer, "lr"):
            raise TypeError(f"LambdaLR changes the lr of an optimizer, got {_describe(optimizer)}")
        if not callable(factor):
            raise TypeError(f"LambdaLR takes a function of the number of the step, got {_describe(factor)}")
        self.optimizer, self.factor, self.first, self.k = optimizer, factor, optimizer.lr, -1
        self.step()

    def step(self):
        """Set the learning rate of the next step."""
        self.k += 1
        self.optimizer.lr = self.first * _number(self.factor(self.k), "the factor of the learning rate")


def _check_parameters(parameters):
    if not isinstance(parameters, Iterable):
        raise TypeError(
            f"an optimizer takes a list of Values, as model.parameters(), got {_describe(parameters)}"
        )
    parameters = list(parameters)
    if not parameters:
        raise ValueError("an optimizer needs at least one parameter, got none")
    for p in parameters:
        if not all(hasattr(p, name) for name in ("data", "grad", "zero_grad")):
            raise TypeError(f"an optimizer changes Values or Tensors, got {_describe(p)}")
    if len(set(map(id, parameters))) < len(parameters):
        raise ValueError("a parameter is in the list twice: it would be changed twice in each step")
    return parameters
