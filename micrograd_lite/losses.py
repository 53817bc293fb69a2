"""Losses: one number that says how wrong a batch of predictions is. Standard library alone.

Each returns one Value, the mean over the samples, and is compared with PyTorch in the tests. The
page on the backward pass derives them on paper.
"""

import math
from collections.abc import Iterable

from micrograd_lite.engine import Value, _describe, _node, _number, _sigmoid, dot, sum_values

__all__ = ["mse", "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "hinge", "l2"]


def mse(predictions, targets):
    """Mean squared error, (1/m) Σ (ŷ - y)². Goodfellow et al. (2016), §5.1.4.

    predictions : m Values, targets : m numbers.
    """
    return _mean([(y_hat - y) ** 2 for y_hat, y in _pairs("mse", predictions, targets)])


def binary_cross_entropy(probabilities, targets):
    """Cross-entropy of two classes, -(1/m) Σ [y ln p + (1 - y) ln(1 - p)].

    probabilities : m Values in [0, 1], targets : m numbers in [0, 1] (0 or 1 for a class).

    A term with factor 0 is left out, so p = 1 is fine where y = 1. A probability of exactly 0 for what
    happened costs an infinite loss: ValueError. `binary_cross_entropy_with_logits` has no such point.

    Goodfellow et al. (2016), §6.2.2.2.
    """
    losses = []
    for p, y in _pairs("binary_cross_entropy", probabilities, targets):
        _check_probability("binary_cross_entropy", "probability", p.data)
        _check_probability("binary_cross_entropy", "target", y)
        if (p.data == 0.0 and y > 0.0) or (p.data == 1.0 and y < 1.0):
            raise ValueError(
                f"binary_cross_entropy: probability {p.data:g} for target {y:g} is an infinite loss; "
                f"use binary_cross_entropy_with_logits on the value before the sigmoid"
            )
        if y == 1.0:
            losses.append(-p.log())
        elif y == 0.0:
            losses.append(-(1 - p).log())
        else:
            losses.append(-(y * p.log() + (1 - y) * (1 - p).log()))
    return _mean(losses)


def binary_cross_entropy_with_logits(logits, targets):
    """The same loss from the logit z, where p = sigmoid(z): (1/m) Σ [max(z, 0) - y z + ln(1 + e^-|z|)].

    logits : m Values, any size, targets : m numbers in [0, 1].

    Finite for every finite logit. The derivative by z is sigmoid(z) - y.
    """
    losses = []
    for logit, y in _pairs("binary_cross_entropy_with_logits", logits, targets):
        _check_probability("binary_cross_entropy_with_logits", "target", y)
        z = logit.data
        loss = (0.0 if z <= 0.0 else z) - y * z + math.log1p(math.exp(-abs(z)))
        losses.append(_node(loss, (logit,), "bce", (_sigmoid(z) - y,)))
    return _mean(losses)


def cross_entropy(logits, targets):
    """Cross-entropy of several classes from logits: (1/m) Σ [ln Σⱼ e^zⱼ - z_y].

    Goodfellow et al. (2016), §6.2.2.3, log-likelihood of the softmax.

    logits : m rows of k Values, targets : m class numbers 0 … k-1.

    The largest logit is subtracted first, so no exponential overflows. The derivative by z is
    softmax(z) - one_hot(y).
    """
    rows = [_row(row) for row in logits]
    targets = list(targets)
    _check_lengths("cross_entropy", rows, targets)
    losses = []
    for row, y in zip(rows, targets, strict=True):
        y = _class_number(y, len(row))
        z = [v.data for v in row]
        top = max(z)
        e = [math.exp(v - top) for v in z]
        total = sum(e)
        slopes = [v / total for v in e]
        slopes[y] -= 1.0
        losses.append(_node(math.log(total) - (z[y] - top), row, "cross_entropy", tuple(slopes)))
    return _mean(losses)


def hinge(scores, targets):
    """Max-margin loss, (1/m) Σ max(0, 1 - y s). Zero once every score is on its side by a margin of 1.

    The loss of support vector machines (Cortes & Vapnik, 1995).

    scores : m Values, targets : m numbers, each -1 or +1.
    """
    losses = []
    for score, y in _pairs("hinge", scores, targets):
        if y not in (-1.0, 1.0):
            raise ValueError(f"hinge needs targets -1 or +1, got {y:g}; from 0 and 1 they are 2 * y - 1")
        losses.append((1 - y * score).relu())
    return _mean(losses)


def l2(parameters):
    """Σ p², to be added to a loss with a small factor. Goodfellow et al. (2016), §7.1.1."""
    parameters = tuple(parameters)
    if not parameters:
        raise ValueError("l2 needs at least one parameter, got none")
    for p in parameters:
        if not isinstance(p, Value):
            raise TypeError(f"l2 adds the squares of Values, got {_describe(p)}")
    return dot(parameters, parameters)


def _mean(losses):
    return sum_values(losses) / len(losses)


def _pairs(name, predictions, targets):
    """(prediction, target) for each sample; a lone Value is a batch of one."""
    predictions = list(predictions) if isinstance(predictions, Iterable) else [predictions]
    targets = list(targets) if isinstance(targets, Iterable) else [targets]
    _check_lengths(name, predictions, targets)
    for prediction in predictions:
        if not isinstance(prediction, Value):
            raise TypeError(f"{name} takes one Value for each sample, got {_describe(prediction)}")
    return zip(predictions, [_number(y, name) for y in targets], strict=True)


def _check_lengths(name, predictions, targets):
    if len(predictions) != len(targets) or not targets:
        raise ValueError(
            f"{name} needs one target for each prediction, "
            f"got {len(predictions)} predictions and {len(targets)} targets"
        )


def _check_probability(name, what, p):
    if p < 0.0 or p > 1.0:
        raise ValueError(f"{name}: a {what} lies between 0 and 1, got {p:g}")


def _row(row):
    """The logits of one sample as a tuple of Values."""
    if not isinstance(row, Iterable):
        raise TypeError(f"cross_entropy takes a row of logits for each sample, got {_describe(row)}")
    row = tuple(row)
    for z in row:
        if not isinstance(z, Value):
            raise TypeError(f"cross_entropy takes logits that are Values, got {_describe(z)}")
    return row


def _class_number(y, k):
    number = _number(y, "cross_entropy")
    if number not in range(k):
        raise ValueError(f"cross_entropy: a target is a class number from 0 to {k - 1}, got {y!r}")
    return int(number)
