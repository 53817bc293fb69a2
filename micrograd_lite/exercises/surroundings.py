"""Exercises whose checks leave NumPy and PyTorch as they found them (chapters 05 and 06).

An answer may set a seed or a default, and a check draws numbers. Neither may leave a trace in the page.
"""

from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, wraps

from micrograd_lite.exercises.core import Exercise

__all__ = ["InTorch", "as_found"]


@contextmanager
def as_found():
    """Inside: float64 on the CPU, gradients on, random numbers from a seed, one thread, no NumPy warning.

    Afterwards: the settings and the random state of PyTorch and of NumPy as before. One thread, because on
    small tensors several wait for one another longer than they compute.
    """
    import numpy as np
    import torch

    dtype, gradients, draws = torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_rng_state()
    threads, numpy_draws, device = torch.get_num_threads(), np.random.get_state(), torch.get_default_device()
    try:
        torch.set_default_device("cpu")
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(True)
        torch.manual_seed(5)
        torch.set_num_threads(1)
        with np.errstate(all="ignore"):
            yield
    finally:
        torch.set_default_device(device)
        torch.set_default_dtype(dtype)
        torch.set_grad_enabled(gradients)
        torch.set_rng_state(draws)
        torch.set_num_threads(threads)
        np.random.set_state(numpy_draws)


@dataclass(frozen=True)
class InTorch(Exercise):
    """An exercise in NumPy or PyTorch: every look at an answer happens within `as_found`.

    with_optimiser : the check or the answer makes a PyTorch optimiser.
    """

    with_optimiser: bool = False

    def __post_init__(self):
        object.__setattr__(self, "properties", _undisturbed(self.properties))
        quiet = tuple(replace(m, shows=_undisturbed(m.shows)) for m in self.misconceptions)
        object.__setattr__(self, "misconceptions", quiet)

    @cached_property
    def untouched(self):
        import torch

        if self.with_optimiser:
            # a session's first optimiser loads half of PyTorch, 2 seconds: not in the answer's time
            torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        namespace = {"torch": torch, "nn": torch.nn, "Dataset": torch.utils.data.Dataset}
        exec(compile(self.stub, self.id, "exec"), namespace)
        return namespace[self.name]


def _undisturbed(look):
    @wraps(look)
    def quietly(answer):
        with as_found():
            return look(answer)

    return quietly
