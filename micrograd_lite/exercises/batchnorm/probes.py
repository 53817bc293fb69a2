"""What the checks on Batch Normalization look at."""

import numpy as np

from micrograd_lite.exercises.as_found import as_found
from micrograd_lite.exercises.looking import as_array, as_arrays

SETUP = """
import math
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F
"""
around = as_found

EPS = 0.5  # large, to see where it stands


# ---------------------------------------------------------------- forward


def batchnorm(my_batchnorm, note):
    # As many samples as features: another axis runs without an error. Variances 0.125, 3.5, 8.5 and 0.
    X = np.array([[0, 1, 9, 7], [0.5, 2, 6, 7], [0.5, 3, 4, 7], [1, 6, 1, 7]])
    gamma, beta = np.array([1.7, 2.0, 3.0, -1.3]), np.array([0.3, 10.0, -1.0, 5.0])
    out = as_array(my_batchnorm(X.copy(), gamma.copy(), beta.copy(), EPS), X.shape, "your result")
    for j, column in enumerate(X.T.tolist()):
        note[f"for the column {column}, γ = {gamma[j]}, β = {beta[j]}, eps = {EPS}: yours"] = out[:, j]
    wide = np.random.default_rng(62).normal(3, 2, (6, 2))
    out = as_array(
        my_batchnorm(wide.copy(), np.ones(2), np.zeros(2)), (6, 2), "your result for a batch (6, 2)"
    )
    note["for γ = 1, β = 0 and the usual eps: the mean of each column"] = np.round(out.mean(axis=0), 9) + 0.0
    note["for γ = 1, β = 0 and the usual eps: the variance of each column"] = out.var(axis=0)
    note["for a batch (6, 2): your result"] = out


# ---------------------------------------------------------------- running statistics

BATCH = np.array([[1.0, 0.0], [2.0, 1.0], [3.0, 1.0], [6.0, 2.0]])  # means 3, 1; variances 3.5, 0.5


def running(MyBatchNorm, note):
    def passed(layer, X, train):
        return as_array(layer.forward(X.copy(), train), X.shape, "what `forward` returns")

    def statistics(layer, what):
        for name in ("running_mean", "running_var"):
            note[f"{what}, `{name}`"] = as_array(getattr(layer, name), (2,), f"`{name}`")

    def layer_with(mean, var, momentum):
        layer = MyBatchNorm(2, momentum=momentum, eps=EPS)
        layer.running_mean, layer.running_var = np.array(mean), np.array(var)
        return layer

    layer = layer_with([0.4, -0.2], [1.2, 0.7], 0.23)
    for step in (1, 2):
        what = f"in training (momentum 0.23, eps 0.5, step {step})"
        note[f"{what}, the output"] = passed(layer, BATCH, True)
        statistics(layer, f"{what}, afterwards")
    layer = layer_with([2.0, 1.0], [3.1, 8.5], 0.23)
    for X in (BATCH, np.array([[4.0, 4.0]])):
        what = f"in evaluation ({len(X)} sample{'s' * (len(X) > 1)}, eps 0.5)"
        out = passed(layer, X, False)
        statistics(layer, f"{what}, afterwards")
        note[f"{what}, with the running statistics, the output"] = out
    layer = MyBatchNorm(2)
    statistics(layer, "in a new layer")
    note["in training with the usual momentum and eps, the output"] = passed(layer, BATCH, True)
    statistics(layer, "in training with the usual momentum and eps, afterwards")


# ---------------------------------------------------------------- folded away


def fold(my_fold, note):
    for n, k, more in ((3, 3, [EPS]), (2, 4, [EPS]), (4, 2, [])):
        rng = np.random.default_rng(65)
        W, (b, gamma, beta, mean) = rng.normal(size=(n, k)), rng.normal(size=(4, k))
        var = rng.uniform(0.2, 3, k)
        got = my_fold(W.copy(), b.copy(), gamma.copy(), beta.copy(), mean.copy(), var.copy(), *more)
        for name, found in zip("Wb", as_arrays(got, {"W": (n, k), "b": (k,)}, "my_fold(…)"), strict=True):
            note[f"for W of shape {n, k}, eps = {EPS if more else 1e-5}: your `{name}`"] = found


# ---------------------------------------------------------------- backward


def backward(my_batchnorm_backward, note):
    for m, n, more in ((5, 3, [0.1]), (7, 2, [])):
        rng = np.random.default_rng(63)
        dY, X, gamma = rng.normal(size=(m, n)), rng.normal(2, 1.5, (m, n)), np.array([2.0, 0.5, -1.5][:n])
        shapes = {"dX": (m, n), "dgamma": (n,), "dbeta": (n,)}
        got = my_batchnorm_backward(dY.copy(), X.copy(), gamma.copy(), *more)
        found = as_arrays(got, shapes, "my_batchnorm_backward(dY, X, gamma, eps)")
        found = dict(zip(shapes, found, strict=True))
        for name in ("dgamma", "dbeta", "dX"):
            note[f"for a batch {m, n}, by central differences: your `{name}`"] = found[name]
