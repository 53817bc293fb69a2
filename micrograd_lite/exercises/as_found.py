"""A check leaves NumPy and PyTorch as it found them.

An answer may set a seed or a default, and a check draws numbers. Neither may leave a trace in the page.
"""

from contextlib import contextmanager

__all__ = ["as_found"]


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
