"""The exercises of chapter 06, overfitting: what a right answer does, and the usual mistakes.

No solution stands here: the page has it, folded up, below each exercise. A property compares an answer with
numbers worked out by hand, with finite differences, or with what a random mask does on average: 10 000 draws,
and tolerances of more than ten standard deviations, so that no right answer fails by bad luck.
"""

import math
from typing import ClassVar

from micrograd_lite.exercises.first_edition.detectors import InTorch, Misconception
from micrograd_lite.exercises.looking import (
    Wrong,
    as_array,
    as_arrays,
    as_number,
    close,
    describe,
    not_none,
    slopes,
)
from micrograd_lite.exercises.looking import same_arrays as same

# ---------------------------------------------------------------- dropout, forward

P = 0.2  # the rate of most probes: not 0.5, at which p and 1 - p are one number


def drop_probe():
    """10 000 activations from 1 to 2: none is 0 before dropout."""
    import numpy as np

    return np.random.default_rng(60).uniform(1, 2, (200, 50))


def drop_factors(answer, p=P, train=True, rng=None):
    """By what each activation was multiplied, (200, 50)."""
    import numpy as np

    A = drop_probe()
    rng = np.random.default_rng(6) if rng is None else rng
    return as_array(answer(A.copy(), p, train, rng), A.shape, "your result") / A


def factors_are(factors, *allowed):
    """Whether each factor is one of these."""
    import numpy as np

    return bool(np.all(np.any([np.isclose(factors, a, rtol=1e-9, atol=1e-12) for a in allowed], axis=0)))


def kept_by(factors, scale):
    """Whether something was dropped, and all the rest multiplied by `scale`."""
    return bool((factors == 0).any()) and not factors_are(factors, 0) and factors_are(factors, 0, scale)


def rows_alike(factors):
    """Whether one mask serves all samples: the same units off, the others multiplied by one number, not 1."""
    off, kept = factors == 0, factors[factors != 0]
    one_scale = not len(kept) or factors_are(kept, kept[0])
    return bool((off == off[0]).all()) and one_scale and not factors_are(factors, 1)


def share_dropped(factors):
    return float((factors == 0).mean())


def masks_properties(factors, p, what):
    """That these factors are an inverted-dropout mask of rate p."""
    import numpy as np

    if not (factors == 0).any():
        raise Wrong(f"{what}, about {p:.0%} of the activations should be 0, and none is.")
    patterns = np.unique(factors == 0, axis=0)
    if len(patterns) < 100:
        raise Wrong(
            f"{what}, each of the 200 samples should get a mask of its own, and yours have "
            f"{len(patterns)} between them."
        )
    if abs(share_dropped(factors) - p) > 0.05:  # 10 000 draws: a standard deviation is 0.004
        raise Wrong(f"{what}, about {p:.0%} should be 0, and {share_dropped(factors):.1%} are.")
    if not kept_by(factors, 1 / (1 - p)):
        first = factors[factors != 0][0]
        raise Wrong(
            f"{what}, what is kept should be multiplied by 1/(1 − p) = {1 / (1 - p):.6g}, so that the mean "
            f"stays; the first that you keep is multiplied by {first:.6g}."
        )


def dropout_properties(answer):
    import numpy as np

    if not factors_are(drop_factors(answer, train=False), 1):
        raise Wrong("in evaluation (train=False) every activation should stay as it is, and yours change.")
    for p in (P, 0.5, 0.8):
        masks_properties(drop_factors(answer, p), p, f"with p = {p:g} in training")
    if not factors_are(drop_factors(answer, 0.0), 1):
        raise Wrong("with p = 0 nothing is dropped: every activation should stay as it is.")
    rng = np.random.default_rng(6)
    first, second = drop_factors(answer, rng=rng), drop_factors(answer, rng=rng)
    if np.array_equal(first, second):
        raise Wrong("two calls in a row give the same mask. Each training step should draw a new one.")
    if not np.array_equal(first, drop_factors(answer)):
        raise Wrong("two generators with the same seed should give the same mask: draw from `rng` only.")


def dropout_shows(test, p=P, train=True):
    """A detector: the factors of one call pass this test."""
    return lambda answer: test(drop_factors(answer, p, train))


def one_mask_for_ever(answer):
    import numpy as np

    rng = np.random.default_rng(6)
    return np.array_equal(drop_factors(answer, rng=rng), drop_factors(answer, rng=rng))


def draws_elsewhere(answer):
    import numpy as np

    return not np.array_equal(drop_factors(answer), drop_factors(answer))


DROPOUT = InTorch(
    id="dropout-dropout",
    name="my_dropout",
    title="Dropout, forward",
    stars=1,
    section="The mask",
    stub='''def my_dropout(A, p, train, rng):
    """Inverted dropout of the activations A (m, n); p is the probability that one is dropped.

    rng is a generator, np.random.default_rng(seed). Returns an array (m, n).
    """
    ...''',
    properties=dropout_properties,
    misconceptions=(
        Misconception(
            "active-in-evaluation",
            dropout_shows(lambda f: (f == 0).any(), train=False),
            "You drop activations in evaluation too, so the same picture gets another answer each time. "
            "With `train=False` return `A` as it is.",
            "Training and evaluation",
        ),
        Misconception(
            "scaled-in-evaluation",
            dropout_shows(lambda f: not factors_are(f, 1) and factors_are(f, f[0, 0]), train=False),
            "You scale in evaluation. Inverted dropout scales in training, so that nothing at all is left "
            "to do afterwards.",
            "Training and evaluation",
        ),
        Misconception(
            "one-mask-for-all-samples",
            dropout_shows(rows_alike),
            "All samples of the batch lose the same units: you draw one mask for all rows. Draw one number "
            "for each activation, `rng.random(A.shape)`.",
        ),
        Misconception(
            "whole-samples-dropped",
            dropout_shows(lambda f: rows_alike(f.T)),
            "You drop whole samples: all units of a row go together. Draw one number for each activation, "
            "`rng.random(A.shape)`.",
        ),
        Misconception(
            "one-mask-for-ever",
            one_mask_for_ever,
            "Two calls give the same mask, so the same units are off for the whole training. Use the `rng` "
            "that you are given, and make no generator of your own inside.",
        ),
        Misconception(
            "draws-elsewhere",
            draws_elsewhere,
            "Two generators with the same seed give you different masks: you draw from somewhere else, such "
            "as `np.random.rand`. Draw from `rng`, and a run can be repeated.",
        ),
        Misconception(
            "kept-with-probability-p",
            dropout_shows(lambda f: abs(share_dropped(f) - (1 - P)) < 0.05),
            "You keep an activation with probability p. Here, as in `nn.Dropout`, p is the probability that "
            "it is dropped: keep where the drawn number is `>= p`.",
        ),
        Misconception(
            "not-scaled",
            dropout_shows(lambda f: kept_by(f, 1)),
            "You drop and do not scale: the next layer gets less input in training than in evaluation. "
            "Divide what is kept by `1 - p`.",
            "Why 1/(1 − p)",
        ),
        Misconception(
            "multiplied-by-1-minus-p",
            dropout_shows(lambda f: kept_by(f, 1 - P)),
            "You multiply what is kept by 1 − p, which makes the loss of input worse. It should make up for "
            "it: divide by `1 - p`.",
            "Why 1/(1 − p)",
        ),
        Misconception(
            "scaled-by-p",
            dropout_shows(lambda f: kept_by(f, 1 / P) or kept_by(f, P)),
            "You scale with p, the share that is dropped. What is kept is the share 1 − p, and it stands in "
            "for all: divide by `1 - p`.",
            "Why 1/(1 − p)",
        ),
    ),
    well_done="On average every activation is what it was, so evaluation needs no correction.",
)


# ---------------------------------------------------------------- dropout as a layer, with its way back


def drop_layer(answer, *passes):
    """One layer, forward and backward once for each `train` of passes: [(factors of both), …]."""
    import numpy as np

    rng = np.random.default_rng(61)
    layer, found = answer(P, np.random.default_rng(6)), []
    for train in passes:
        A, d = rng.uniform(1, 2, (200, 50)), rng.uniform(1, 2, (200, 50))
        out = as_array(layer.forward(A.copy(), train), A.shape, "what `forward` returns")
        back = as_array(layer.backward(d.copy()), A.shape, "what `backward` returns")
        found.append((out / A, back / d, np.allclose(back, d * out)))
    return found


def layer_properties(answer):
    import numpy as np

    first, second, last = drop_layer(answer, True, True, False)
    for forward, backward, _ in (first, second):
        masks_properties(forward, P, f"forward with p = {P:g} in training")
        if not np.allclose(forward, backward):
            i, j = np.argwhere(~np.isclose(forward, backward))[0]
            raise Wrong(
                f"forward, unit {j} of sample {i} was multiplied by {forward[i, j]:.4g}; its gradient should "
                f"be multiplied by the same number, and was multiplied by {backward[i, j]:.4g}."
            )
    if same_units_off(first[0], second[0]):
        raise Wrong("two forward passes in training have the same mask. Each should draw a new one.")
    if not factors_are(last[0], 1):
        raise Wrong("forward in evaluation (train=False) should return A as it is.")
    if not factors_are(last[1], 1):
        raise Wrong("after a forward pass in evaluation, `backward` should return d as it is.")


def layer_shows(test):
    """A detector: the factors of one pass in training, forward and backward, pass this test."""

    def shows(answer):
        ((forward, backward, _),) = drop_layer(answer, True)
        return bool(test(forward, backward))

    return shows


def same_units_off(some, others):
    return bool(((some == 0) == (others == 0)).all())


def mask_never_renewed(answer):
    first, second = drop_layer(answer, True, True)
    return same_units_off(first[0], second[0])


def old_mask_in_evaluation(answer):
    _, (forward, backward, _) = drop_layer(answer, True, False)
    return factors_are(forward, 1) and bool((backward == 0).any())


def output_for_mask(answer):
    return drop_layer(answer, True)[0][2]


DROPOUT_LAYER = InTorch(
    id="dropout-layer",
    name="MyDropout",
    title="Dropout as a layer, forward and backward",
    stars=2,
    section="Dropout backward",
    stub='''class MyDropout:
    """Inverted dropout as a layer. `backward` belongs to the last `forward`."""

    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def forward(self, A, train):
        """Activations A (m, n) -> (m, n)."""
        ...

    def backward(self, d):
        """The gradient by the output of forward, (m, n) -> the gradient by its input A, (m, n)."""
        ...''',
    properties=layer_properties,
    misconceptions=(
        Misconception(
            "not-scaled",
            layer_shows(lambda f, b: kept_by(f, 1)),
            "Your `forward` drops and does not scale. Divide what is kept by `1 - p`, and the same factor "
            "goes into `backward`.",
            "Why 1/(1 − p)",
        ),
        Misconception(
            "mask-never-renewed",
            mask_never_renewed,
            "Your layer draws its mask once and keeps it. Each forward pass in training draws a new one; "
            "only `backward` uses the old one again.",
            "The mask",
        ),
        Misconception(
            "output-as-mask",
            output_for_mask,
            "You multiply the gradient by the output of `forward`. The slope is the factor by which each "
            "activation was multiplied, without the activation itself: store that factor.",
        ),
        Misconception(
            "mask-forgotten",
            layer_shows(lambda f, b: not (b == 0).any()),
            "Your gradient flows through units that were off. They had no say in the loss, so their "
            "gradient is 0: multiply by the mask.",
        ),
        Misconception(
            "new-mask",
            layer_shows(lambda f, b: (b == 0).any() and not same_units_off(f, b)),
            "Your `backward` blocks other units than `forward` did: it draws a new mask. Store the mask in "
            "`forward`, `self.mask = …`, and use that one.",
        ),
        Misconception(
            "scale-forgotten",
            layer_shows(lambda f, b: kept_by(f, 1 / (1 - P)) and kept_by(b, 1)),
            "Your `forward` multiplies what it keeps by 1/(1 − p), and your `backward` does not. The slope "
            "of multiplying by a number is that number.",
        ),
        Misconception(
            "scaled-twice",
            layer_shows(lambda f, b: kept_by(f, 1 / (1 - P)) and kept_by(b, 1 / (1 - P) ** 2)),
            "Your `backward` divides by 1 − p twice: once in the stored mask, and once more. Once, as in "
            "`forward`.",
        ),
        Misconception(
            "old-mask-in-evaluation",
            old_mask_in_evaluation,
            "After a forward pass in evaluation your `backward` still uses the mask of the last training "
            "step. Let `forward` store what it did in both cases: in evaluation, ones.",
            "Training and evaluation",
        ),
    ),
    well_done="The mask is what this layer remembers for the way back.",
)


# ---------------------------------------------------------------- weight decay

RATE, DECAY = 0.1, 0.5
WEIGHTS, GRADIENT = (2.0, -1.0, 0.5), (0.3, 0.1, -0.2)
STEPPED = (1.87, -0.96, 0.495)  # 2 - 0.1 · (0.3 + 0.5 · 2), …


def step_of(answer, gradient=GRADIENT, rate=RATE, decay=DECAY):
    import numpy as np

    return as_array(answer(np.array(WEIGHTS), np.array(gradient), rate, decay), (3,), "your result")


def step_properties(answer):
    for got, w, g in zip(step_of(answer, decay=0.0), WEIGHTS, GRADIENT, strict=True):
        if not close(got, w - RATE * g):
            raise Wrong(
                f"without decay this is gradient descent: {w:g} − 0.1 · {g:g} = {w - RATE * g:.4g}, and "
                f"yours is {got:.4g}."
            )
    for got, w in zip(step_of(answer, gradient=(0.0, 0.0, 0.0)), WEIGHTS, strict=True):
        if not close(got, 0.95 * w):
            raise Wrong(
                "where the loss is flat, one step with lr = 0.1 and decay = 0.5 should shrink a weight by "
                f"5 %: from {w:g} to {0.95 * w:.4g}, and yours is {got:.4g}."
            )
    for got, w, g, expected in zip(step_of(answer), WEIGHTS, GRADIENT, STEPPED, strict=True):
        if not close(got, expected):
            raise Wrong(
                f"from w = {w:g}, gradient {g:g}, lr = 0.1 and decay = 0.5 the step should end at "
                f"{expected:.4g}, and yours at {got:.4g}."
            )


def step_is(formula):
    """A detector: the answer is formula(w, g)."""

    def shows(answer):
        import numpy as np

        return same([step_of(answer)], [formula(np.array(WEIGHTS), np.array(GRADIENT))])

    return shows


def signs(w):
    import numpy as np

    return np.sign(w)


WEIGHT_DECAY = InTorch(
    id="dropout-decay",
    name="my_step",
    title="A step with weight decay",
    stars=1,
    section="In PyTorch: weight_decay",
    stub='''def my_step(w, gradient, lr, decay):
    """One step of gradient descent on L + ½ · decay · Σ w². The gradient is that of L alone.

    w (n,), gradient (n,). Returns the new weights (n,).
    """
    ...''',
    properties=step_properties,
    misconceptions=(
        Misconception(
            "decay-forgotten",
            step_is(lambda w, g: w - RATE * g),
            "This is a step on L alone: `decay` is not in it. The slope of ½ · decay · w² is decay · w; add "
            "it to the gradient.",
        ),
        Misconception(
            "rate-forgotten",
            step_is(lambda w, g: w - RATE * g - DECAY * w),
            "You take `decay * w` off without the learning rate, so here half of each weight goes in one "
            "step. It is part of the gradient, and the rate multiplies all of it.",
        ),
        Misconception(
            "factor-two",
            step_is(lambda w, g: w - RATE * (g + 2 * DECAY * w)),
            "You pull twice as hard: 2 · decay · w is the slope of decay · w². With the ½ in front the 2 "
            "goes away, and PyTorch's `weight_decay` counts that way.",
        ),
        Misconception(
            "half-left-in",
            step_is(lambda w, g: w - RATE * (g + DECAY * w / 2)),
            "You pull half as hard: the slope of ½ · decay · w² is decay · w, since the square brings a 2.",
        ),
        Misconception(
            "weights-grow",
            step_is(lambda w, g: w - RATE * (g - DECAY * w)),
            "Your weights grow: the penalty has the wrong sign. Its gradient is added to that of the loss, "
            "and both are subtracted from `w`.",
        ),
        Misconception(
            "l1-instead-of-l2",
            step_is(lambda w, g: w - RATE * (g + DECAY * signs(w))),
            "That is L1: it takes the same amount off every weight, large or small. The slope of ½ · decay "
            "· w² is proportional to `w`.",
        ),
        Misconception(
            "mean-over-the-weights",
            step_is(lambda w, g: w - RATE * (g + DECAY * w / 3)),
            "You divide the penalty by the number of weights. It is a sum: each weight is pulled by its own "
            "decay · w, however many others there are.",
        ),
        Misconception(
            "decay-after-the-step",
            step_is(lambda w, g: (w - RATE * g) * (1 - RATE * DECAY)),
            "You shrink the weight after the step. The gradient of the penalty is taken where the step "
            "starts, at the old `w`.",
        ),
    ),
    well_done="Without a gradient a weight loses the share lr · decay in each step: hence the name.",
)


# ---------------------------------------------------------------- early stopping

# Validation losses of epochs 1, 2, …; no two are equal, and no best one is the number of an epoch. With
# patience 3: epochs 2 and 3 wait, 4 is the best, 5 to 7 wait: stop after 7. Epoch 9 would have been better.
VAL_LOSSES = (
    5.0,
    6.0,
    5.5,
    2.95,
    3.4,
    3.3,
    3.2,
    3.1,
    2.05,
    2.5,
    2.6,
    2.7,
    2.8,
    2.9,
    3.5,
    3.6,
    3.7,
    3.8,
    3.9,
    4.0,
)


class Training:
    """A training that is written down beforehand: the weight is the number of epochs so far."""

    def __init__(self, losses):
        import numpy as np

        self.losses, self.epochs, self.weights = losses, 0, np.zeros(2)

    def train_epoch(self, weights):
        if self.epochs == len(self.losses):
            raise Wrong(f"you train on after {self.epochs} epochs, and max_epochs is {self.epochs}.")
        self.epochs += 1
        weights += 1.0
        return 1 / self.epochs  # the training loss keeps falling

    def val_loss(self, weights):
        if isinstance(weights, (int, float)):
            raise Wrong(
                f"`val_loss` wants the weights, and you give it the number {weights:g}. "
                "`train_epoch(weights)` changes the array in place; what it returns is the training loss."
            )
        epoch = int(as_array(weights, (2,), "what you give to `val_loss`")[0])
        return self.losses[epoch - 1] if epoch else 9.0  # before training


def stopping(answer, patience=3, losses=VAL_LOSSES):
    """-> (the epochs that were trained, the epoch of the returned weights, the returned epoch)"""
    training = Training(losses)
    got = answer(training.weights, training.train_epoch, training.val_loss, patience, len(losses))
    if not isinstance(got, (tuple, list)) or len(got) != 2:
        raise Wrong(f"your function should return best_weights, best_epoch, and returned {describe(got)}.")
    return training.epochs, as_array(got[0], (2,), "best_weights")[0], as_number(got[1], "best_epoch")


def stopping_properties(answer):
    plans = [(3, VAL_LOSSES, 7, 4), (1, VAL_LOSSES, 2, 1), (5, VAL_LOSSES, 14, 9)]
    plans += [(4, (4.0, 3.0, 2.0, 1.5, 1.0), 5, 5), (3, (4.0, 5.0, 6.0), 3, 1)]
    for patience, losses, last, best in plans:
        ran, weights, epoch = stopping(answer, patience, losses)
        told = ", ".join(f"{loss:g}" for loss in losses[: last + 1]) + (
            " …" if last + 1 < len(losses) else ""
        )
        case = f"with patience {patience} and validation losses {told}"
        if ran != last:
            raise Wrong(f"{case} the training should end after epoch {last}, and yours ends after {ran}.")
        if not close(epoch, best):
            raise Wrong(f"{case} the best epoch is {best}, and you return {epoch:g}.")
        if not close(weights, best):
            raise Wrong(f"{case} you should return the weights of epoch {best}, not of epoch {weights:g}.")


def stopping_shows(test):
    """A detector, for patience 3: test(epochs trained, epoch of the returned weights, returned epoch)."""
    return lambda answer: test(*stopping(answer))


def stops_after(**epochs):
    """A detector: the training ends after this many epochs with patience 1, 3 or 5."""
    patience = {"one": 1, "three": 3, "five": 5}
    return lambda answer: all(stopping(answer, patience[p])[0] == ran for p, ran in epochs.items())


EARLY_STOPPING = InTorch(
    id="dropout-early-stopping",
    name="my_fit",
    title="Early stopping that brings the best weights back",
    stars=2,
    section="Early stopping",
    stub='''def my_fit(weights, train_epoch, val_loss, patience, max_epochs):
    """Stop once `patience` epochs in a row have not beaten the best validation loss so far.

    train_epoch(weights) trains one epoch: it changes the array `weights` in place and returns the training
    loss. val_loss(weights) is the validation loss. Returns best_weights, best_epoch; the first epoch is 1.
    """
    ...''',
    properties=stopping_properties,
    misconceptions=(
        Misconception(
            "largest-loss-wins",
            stopping_shows(lambda ran, weights, epoch: epoch == 2 and ran == 5),
            "You keep the epoch with the largest validation loss. For a loss smaller is better; with an "
            "accuracy it would be the other way round.",
        ),
        Misconception(
            "training-loss-watched",
            stopping_shows(lambda ran, weights, epoch: ran == 20 and epoch == 20),
            "You watch the training loss, and that one keeps falling while the network overfits: you never "
            "stop. Watch `val_loss(weights)`.",
        ),
        Misconception(
            "never-stops",
            stopping_shows(lambda ran, weights, epoch: ran == 20),
            "You train to `max_epochs` whatever happens: nothing ends the loop. Count the epochs without a "
            "new best, and leave with `break` when there are `patience` of them.",
        ),
        Misconception(
            "not-a-copy",
            stopping_shows(lambda ran, weights, epoch: weights == ran != epoch),
            "The epoch is that of the best weights, and the weights are those of the last epoch. `best = "
            "weights` is a second name for the array that goes on training: keep `weights.copy()`.",
            "The best weights, not the last",
        ),
        Misconception(
            "last-instead-of-best",
            stopping_shows(lambda ran, weights, epoch: weights == epoch == ran),
            "You return the last epoch, and after it the patience had run out: it is not the best one. Keep "
            "a copy of the weights whenever the validation loss is a new best.",
            "The best weights, not the last",
        ),
        Misconception(
            "count-not-started-again",
            stops_after(one=2, three=5),
            "You count all epochs that were not a new best. It is about epochs in a row: after a new best "
            "the count starts again at 0.",
        ),
        Misconception(
            "compared-with-the-epoch-before",
            stops_after(three=12),
            "You compare with the epoch before, so a loss that falls by a hair from a bad value counts as "
            "progress. Compare with the best loss so far.",
        ),
        Misconception(
            "one-epoch-too-long",
            stops_after(one=3, three=8),
            "You wait one epoch too long: with patience 3 the third epoch in a row without a new best ends "
            "the training. Compare with `>=`, after the count went up.",
        ),
        Misconception(
            "one-epoch-too-short",
            stops_after(three=3, five=8),
            "You stop one epoch too early: with patience 3 two epochs without a new best are still fine, "
            "the third ends the training.",
        ),
        Misconception(
            "counted-from-zero",
            stopping_shows(lambda ran, weights, epoch: ran == 7 and weights == 4 and epoch == 3),
            "Your weights are right, and you count epochs from 0. Here the first epoch is 1.",
        ),
    ),
    well_done="The training may run too far; what it found on the way is kept.",
)


# ---------------------------------------------------------------- batch normalisation, forward

EPS = 0.5  # large, to see where it stands; the variances are 3.5, 0.5, 8.5 and 0: roots of 4, 1, 9 and 0.5
GAMMA, BETA = (1.0, 2.0, 3.0, -1.0), (0.0, 10.0, -1.0, 5.0)


def norm_probe():
    """A batch of four samples and four features, as square as it is: another axis runs without an error."""
    import numpy as np

    return np.array([[1.0, 0, 9, 7], [2, 1, 6, 7], [3, 1, 4, 7], [6, 2, 1, 7]])


NORMED = (  # by hand: columns [-1, -½, 0, 3/2], [-1, 0, 0, 1], [4/3, 1/3, -1/3, -4/3], 0; times γ, plus β
    (-1.0, 8.0, 3.0, 5.0),
    (-0.5, 10.0, 0.0, 5.0),
    (0.0, 10.0, -2.0, 5.0),
    (1.5, 12.0, -5.0, 5.0),
)


def normed(answer, eps=EPS):
    import numpy as np

    X = norm_probe()
    got = answer(X.copy(), np.array(GAMMA), np.array(BETA), eps)
    return as_array(got, X.shape, "your result")


def norm_properties(answer):
    import numpy as np

    got = normed(answer)
    for j in range(4):
        for i in range(4):
            if not close(got[i, j], NORMED[i][j]):
                raise Wrong(
                    f"for the column {norm_probe()[:, j].astype(int).tolist()} with γ = {GAMMA[j]:g}, "
                    f"β = {BETA[j]:g}, eps = 0.5, entry {i} should be {NORMED[i][j]:.4g}, and is "
                    f"{got[i, j]:.4g}."
                )
    wide = np.random.default_rng(62).normal(3, 2, (6, 2))
    got = as_array(answer(wide.copy(), np.ones(2), np.zeros(2)), (6, 2), "your result for a batch (6, 2)")
    if not (np.allclose(got.mean(axis=0), 0) and np.allclose(got.std(axis=0), 1, atol=1e-4)):
        raise Wrong("for γ = 1, β = 0 and the usual eps each column should have mean 0 and variance 1.")


def norm_formula(
    out=lambda hat, g, b: g * hat + b, axis=0, ddof=0, keepdims=True, root=lambda var: (var + EPS) ** 0.5
):
    """What the right lines give, or wrong ones."""
    import numpy as np

    X = norm_probe()
    mean, var = X.mean(axis=axis, keepdims=keepdims), X.var(axis=axis, ddof=ddof, keepdims=keepdims)
    return out((X - mean) / root(var), np.array(GAMMA), np.array(BETA))


def norm_is(*mistakes):
    """A detector: the answer is one of these formulas."""

    def shows(answer):
        return any(same([normed(answer)], [norm_formula(**mistake)]) for mistake in mistakes)

    return shows


def eps_forgotten(answer):
    """Also with a small number of one's own for it; the fourth column divides by 0."""
    return same([normed(answer)[:, :3]], [norm_formula(root=lambda var: var**0.5)[:, :3]], tolerance=1e-4)


def mean_left_in(answer):
    import numpy as np

    X = norm_probe()
    return same([normed(answer)], [np.array(GAMMA) * X / (X.var(axis=0) + EPS) ** 0.5 + np.array(BETA)])


BATCH_NORM = InTorch(
    id="batchnorm-batchnorm",
    name="my_batchnorm",
    title="Batch Normalization, forward",
    stars=1,
    section="Forward, step by step",
    stub='''def my_batchnorm(X, gamma, beta, eps=1e-5):
    """Normalise each column of the batch X (m, n), then scale by gamma (n,) and shift by beta (n,)."""
    ...''',
    properties=norm_properties,
    misconceptions=(
        Misconception(
            "across-the-features",
            norm_is({"axis": 1}, {"axis": 1, "keepdims": False}),
            "You take mean and variance along a row, of one sample across its features. A row is a sample, "
            "and each feature is normalised over the batch: `axis=0`.",
        ),
        Misconception(
            "one-mean-for-all",
            norm_is({"axis": None}),
            "You have one mean and one variance for the whole table. Each feature has its own: `axis=0`.",
        ),
        Misconception(
            "unbiased-variance",
            norm_is({"ddof": 1}),
            "You divide the squares by m − 1. The batch is normalised with the biased variance, divided by "
            "m; the other one is for the running average.",
            "Running statistics",
        ),
        Misconception(
            "eps-forgotten",
            eps_forgotten,
            "`eps` is not in it: a feature that is the same in the whole batch has variance 0, and you "
            "divide by it. The root is of `var + eps`.",
        ),
        Misconception(
            "eps-outside-the-root",
            norm_is({"root": lambda var: var**0.5 + EPS}),
            "You add `eps` to the standard deviation. It stands inside the root, beside the variance: "
            "`np.sqrt(var + eps)`.",
        ),
        Misconception(
            "divided-by-the-variance",
            norm_is({"root": lambda var: var + EPS}),
            "You divide by the variance. Its root brings the spread to 1: `np.sqrt(var + eps)`.",
        ),
        Misconception(
            "mean-left-in",
            mean_left_in,
            "You scale and do not centre: subtract the mean of each column first.",
        ),
        Misconception(
            "gamma-and-beta-swapped",
            norm_is({"out": lambda hat, g, b: b * hat + g}),
            "You multiply by β and add γ. It is the other way round: γ scales, β shifts.",
        ),
        Misconception(
            "shifted-before-scaled",
            norm_is({"out": lambda hat, g, b: g * (hat + b)}),
            "You shift first and then scale, so γ multiplies β too. Scale first: γ · x̂ + β.",
        ),
        Misconception(
            "gamma-and-beta-forgotten",
            norm_is({"out": lambda hat, g, b: hat}),
            "You stop at mean 0 and variance 1. With γ and β the network can choose another mean and spread "
            "where that serves it.",
        ),
    ),
    well_done="Every feature leaves this layer with a mean and a spread that the network can choose.",
)


# ---------------------------------------------------------------- batch normalisation, running statistics

BATCH = ((1.0, 0.0), (2.0, 1.0), (3.0, 1.0), (6.0, 2.0))  # means 3, 1; variances 3.5, 0.5; unbiased 14/3, 2/3
HAT = ((-1.0, -1.0), (-0.5, 0.0), (0.0, 0.0), (1.5, 1.0))  # with eps = 0.5
MEANS, BIASED, UNBIASED = (3.0, 1.0), (3.5, 0.5), (14 / 3, 2 / 3)


def norm_layer(answer, mean=(0.0, 0.0), var=(1.0, 1.0), **options):
    """A layer of two features with these running statistics."""
    import numpy as np

    layer = answer(2, **{"eps": EPS, **options})
    layer.running_mean, layer.running_var = np.array(mean), np.array(var)
    return layer


def passed(layer, X, train):
    import numpy as np

    X = np.array(X)
    return as_array(layer.forward(X.copy(), train), X.shape, "what `forward` returns")


def running(layer):
    """The running mean and variance of a layer."""
    return [as_array(getattr(layer, f"running_{s}"), (2,), f"`running_{s}`") for s in ("mean", "var")]


def moved(before, batch, share=0.1):
    """(1 - share) of the old numbers and `share` of those of the batch."""
    return [(1 - share) * b + share * x for b, x in zip(before, batch, strict=True)]


def expect_row(got, expected, what):
    for j, (g, e) in enumerate(zip(got, expected, strict=True)):
        if not close(g, e):
            raise Wrong(f"{what} of feature {j} should be {e:.4g}, and is {g:.4g}.")


def running_properties(answer):
    for momentum in (0.1, 0.3):
        layer = norm_layer(answer, momentum=momentum)
        mean, var = (0.0, 0.0), (1.0, 1.0)
        for step in (1, 2):
            got = passed(layer, BATCH, train=True)
            mean, var = moved(mean, MEANS, momentum), moved(var, UNBIASED, momentum)
            for i in range(4):
                expect_row(got[i], HAT[i], f"in training, sample {i} of the output")
            steps = "1 training step" if step == 1 else f"{step} training steps"
            said = f"with momentum {momentum:g}, after {steps}, the running"
            expect_row(running(layer)[0], mean, f"{said} mean")
            expect_row(running(layer)[1], var, f"{said} variance")
    layer = norm_layer(answer, (2.0, 1.0), (3.5, 8.5))
    for X, expected in (
        ([[4.0, 4.0]], [(1.0, 1.0)]),
        ([[2.0, -5.0], [0.0, 1.0]], [(0.0, -2.0), (-1.0, 0.0)]),
    ):
        for i, row in enumerate(passed(layer, X, train=False)):
            expect_row(
                row, expected[i], f"in evaluation, with the running statistics, sample {i} of the output"
            )
    expect_row(running(layer)[0], (2.0, 1.0), "evaluation should leave the running statistics: the mean")
    expect_row(running(layer)[1], (3.5, 8.5), "evaluation should leave the running statistics: the variance")


def after_one_step(mean=None, var=None):
    """A detector: from 0 and 1, one training step leads to these running statistics."""

    def shows(answer):
        layer = norm_layer(answer)
        passed(layer, BATCH, train=True)
        return all(
            wanted is None or same([got], [wanted])
            for got, wanted in zip(running(layer), (mean, var), strict=True)
        )

    return shows


def output_is(formula, *, train):
    """A detector: from running statistics 2, 1 and 3.5, 8.5 the output for BATCH is formula(X)."""

    def shows(answer):
        import numpy as np

        got = passed(norm_layer(answer, (2.0, 1.0), (3.5, 8.5)), BATCH, train)
        return same([got], [formula(np.array(BATCH))])

    return shows


def moves_in_evaluation(answer):
    layer = norm_layer(answer, (2.0, 1.0), (3.5, 8.5))
    passed(layer, BATCH, train=False)
    return not same(running(layer), [(2.0, 1.0), (3.5, 8.5)])


def by(X, mean, var):
    import numpy as np

    return (X - np.array(mean)) / (np.array(var) + EPS) ** 0.5


RUNNING = InTorch(
    id="batchnorm-running",
    name="MyBatchNorm",
    title="Running statistics",
    stars=2,
    section="Running statistics",
    stub='''class MyBatchNorm:
    """Batch Normalization of n features, without γ and β."""

    def __init__(self, n, momentum=0.1, eps=1e-5):
        self.momentum, self.eps = momentum, eps
        self.running_mean, self.running_var = np.zeros(n), np.ones(n)

    def forward(self, X, train):
        """X (m, n) -> (m, n): in training with the batch's statistics, which also move the running ones
        as nn.BatchNorm1d does; in evaluation with the running ones.
        """
        ...''',
    properties=running_properties,
    misconceptions=(
        Misconception(
            "batch-statistics-in-evaluation",
            output_is(lambda X: by(X, MEANS, BIASED), train=False),
            "In evaluation you still normalise with the batch: the answer for a picture depends on its "
            "neighbours. Use `running_mean` and `running_var` there.",
        ),
        Misconception(
            "moved-in-evaluation",
            moves_in_evaluation,
            "Evaluation moves your running statistics: looking at test data changes the model. Move them in "
            "training only.",
        ),
        Misconception(
            "running-statistics-in-training",
            output_is(lambda X: by(X, moved((2.0, 1.0), MEANS), moved((3.5, 8.5), UNBIASED)), train=True),
            "In training you normalise with the running statistics. The batch is normalised with its own; "
            "the running ones are for later.",
        ),
        Misconception(
            "unbiased-in-the-output",
            output_is(lambda X: by(X, MEANS, UNBIASED), train=True),
            "You normalise the batch with the unbiased variance. The output takes the biased one, "
            "`X.var(axis=0)`; only the running variance takes the unbiased one.",
        ),
        Misconception(
            "never-moved",
            after_one_step((0.0, 0.0), (1.0, 1.0)),
            "Your running statistics are still 0 and 1 after a training step. Then evaluation normalises "
            "nothing: store the moved averages in `self`.",
        ),
        Misconception(
            "momentum-reversed",
            after_one_step(moved((0.0, 0.0), MEANS, 0.9)),
            "Your momentum is the wrong way round: you keep 0.1 of the old number. In `nn.BatchNorm1d` "
            "momentum is the share of the new batch.",
        ),
        Misconception(
            "last-batch-kept",
            after_one_step(MEANS),
            "You keep the statistics of the last batch. A running average takes a share of them, "
            "`momentum`, and keeps the rest.",
        ),
        Misconception(
            "sum-without-forgetting",
            after_one_step((0.3, 0.1), [1 + 0.1 * v for v in UNBIASED]),
            "You add the new share and keep all of the old number, so that the variance grows without end. "
            "What comes in must go out: `(1 - momentum) * old`.",
        ),
        Misconception(
            "standard-deviation-kept",
            lambda answer: any(
                after_one_step((0.3, 0.1), moved((1.0, 1.0), [math.sqrt(v) for v in variance]))(answer)
                for variance in (BIASED, UNBIASED)
            ),
            "You average the standard deviation. `running_var` is an average of variances.",
        ),
        Misconception(
            "biased-variance-kept",
            after_one_step((0.3, 0.1), moved((1.0, 1.0), BIASED)),
            "You keep the biased variance. `nn.BatchNorm1d` normalises the batch with it, and puts the "
            "unbiased one, `X.var(axis=0, ddof=1)`, into the running average.",
        ),
    ),
    well_done="In evaluation a sample's output depends on that sample alone, even in a batch of one.",
)


# ---------------------------------------------------------------- batch normalisation, folded away


def fold_probe(n=3, k=3):
    """W (n, k), b, gamma, beta, mean, var (k,), eps: square, so that a scaling of the rows fits as well."""
    import numpy as np

    rng = np.random.default_rng(65)
    W, (b, gamma, beta, mean) = rng.normal(size=(n, k)), rng.normal(size=(4, k))
    return W, b, gamma, beta, mean, rng.uniform(0.2, 3, k), EPS


def folded(answer, *sizes):
    probe = fold_probe(*sizes)
    shapes = {"W": probe[0].shape, "b": probe[1].shape}
    return as_arrays(answer(*(part if part is EPS else part.copy() for part in probe)), shapes, "my_fold(…)")


def two_layers(X, W, b, gamma, beta, mean, var, eps):
    """The linear layer and the BatchNorm behind it, in evaluation mode."""
    return gamma * (X @ W + b - mean) / (var + eps) ** 0.5 + beta


def fold_properties(answer):
    import numpy as np

    for n, k in ((3, 3), (2, 4)):
        W, b = folded(answer, n, k)
        for X, what in ((np.zeros((1, n)), "for the input 0"), (np.eye(n)[:1], "for the input 1, 0, …")):
            got, expected = (X @ W + b)[0], two_layers(X, *fold_probe(n, k))[0]
            if not np.allclose(got, expected, rtol=1e-6, atol=1e-6):
                raise Wrong(
                    f"{what} your layer gives {got.round(3).tolist()}, and the two layers give "
                    f"{expected.round(3).tolist()}."
                )
        X = np.random.default_rng(66).normal(size=(5, n))
        if not np.allclose(X @ W + b, two_layers(X, *fold_probe(n, k)), rtol=1e-6, atol=1e-6):
            raise Wrong(f"with W of shape {n, k} your layer gives other outputs than the two for a batch X.")


def fold_is(part, formula):
    """A detector: W (0) or b (1) is formula(W, b, gamma, beta, mean, var, eps)."""
    return lambda answer: same([folded(answer)[part]], [formula(*fold_probe())])


def fold_scale_is(scale):
    """A detector: W is multiplied by scale(gamma, var, eps)."""
    return fold_is(0, lambda W, b, gamma, beta, mean, var, eps: W * scale(gamma, var, eps))


FOLD = InTorch(
    id="batchnorm-fold",
    name="my_fold",
    title="A finished BatchNorm disappears",
    stars=2,
    section="Running statistics",
    stub='''def my_fold(W, b, gamma, beta, mean, var, eps=1e-5):
    """W, b of one linear layer that does what X @ W + b and the BatchNorm behind it do in evaluation.

    W (n, k), b (k,), gamma and beta (k,), running mean and running variance (k,).
    """
    ...''',
    properties=fold_properties,
    misconceptions=(
        Misconception(
            "rows-scaled",
            fold_is(0, lambda W, b, gamma, beta, mean, var, eps: W * (gamma / (var + eps) ** 0.5)[:, None]),
            "You scale the rows of `W`. BatchNorm scales each output, and an output is a column of `W`: `W "
            "* scale`.",
        ),
        Misconception(
            "weights-not-scaled",
            fold_scale_is(lambda gamma, var, eps: 1.0),
            "Your `W` is the old one. BatchNorm multiplies all of X W + b, so the weights too get the "
            "factor.",
            "Forward, step by step",
        ),
        Misconception(
            "gamma-forgotten",
            fold_scale_is(lambda gamma, var, eps: 1 / (var + eps) ** 0.5),
            "γ is missing: BatchNorm divides by the root and multiplies by γ.",
            "Forward, step by step",
        ),
        Misconception(
            "divided-by-the-variance",
            fold_scale_is(lambda gamma, var, eps: gamma / (var + eps)),
            "You divide by the variance. BatchNorm divides by its root, √(var + eps).",
            "Forward, step by step",
        ),
        Misconception(
            "eps-forgotten",
            fold_scale_is(lambda gamma, var, eps: gamma / var**0.5),
            "`eps` is not in it: the root is of `var + eps`.",
            "Forward, step by step",
        ),
        Misconception(
            "mean-forgotten",
            fold_is(1, lambda W, b, gamma, beta, mean, var, eps: b * gamma / (var + eps) ** 0.5 + beta),
            "The running mean is missing: it is subtracted from X W + b, and so from your bias.",
        ),
        Misconception(
            "bias-forgotten",
            fold_is(1, lambda W, b, gamma, beta, mean, var, eps: beta - mean * gamma / (var + eps) ** 0.5),
            "The old bias is lost. In training the batch's mean takes it away; here the running mean is a "
            "fixed number, and `b` counts.",
            "The bias before it is redundant",
        ),
        Misconception(
            "bias-not-scaled",
            lambda answer: any(
                fold_is(1, formula)(answer)
                for formula in (
                    lambda W, b, gamma, beta, mean, var, eps: b - mean + beta,
                    lambda W, b, gamma, beta, mean, var, eps: b * gamma / (var + eps) ** 0.5 - mean + beta,
                    lambda W, b, gamma, beta, mean, var, eps: b - mean * gamma / (var + eps) ** 0.5 + beta,
                )
            ),
            "In your bias the scale is missing in a place. What BatchNorm multiplies is all of X W + b − "
            "mean, the bias and the mean too: `(b - mean) * scale`.",
            "Forward, step by step",
        ),
        Misconception(
            "beta-forgotten",
            fold_is(1, lambda W, b, gamma, beta, mean, var, eps: (b - mean) * gamma / (var + eps) ** 0.5),
            "β is missing: it is added last, and nothing multiplies it.",
            "Forward, step by step",
        ),
    ),
    well_done="A finished network needs no BatchNorm: fewer steps, the same answers.",
)


# ---------------------------------------------------------------- batch normalisation, backward


def back_probe():
    """dY (5, 3), X (5, 3), gamma (3,), eps."""
    import numpy as np

    rng = np.random.default_rng(63)
    return rng.normal(size=(5, 3)), rng.normal(2, 1.5, (5, 3)), np.array([2.0, 0.5, -1.5]), 0.1


def back_answer(answer):
    dY, X, gamma, eps = back_probe()
    shapes = {"dX": X.shape, "dgamma": gamma.shape, "dbeta": gamma.shape}
    call = "my_batchnorm_backward(dY, X, gamma, eps)"
    return as_arrays(answer(dY.copy(), X.copy(), gamma.copy(), eps), shapes, call)


def back_truth():
    """The slopes of Σ dY ∘ (γ x̂ + β), a loss whose gradient by the output is dY, by central differences."""
    import numpy as np

    dY, X, gamma, eps = back_probe()
    beta = np.zeros(3)

    def loss():
        return np.sum(dY * (gamma * (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0) + eps) + beta))

    return slopes(loss, (X, gamma, beta))


def back_properties(answer):
    got, true = back_answer(answer), back_truth()
    for name, g, t in reversed(list(zip(("dX", "dgamma", "dbeta"), got, true, strict=True))):
        if not same([g], [t]):
            raise Wrong(
                f"your `{name}` has the right shape and does not pass the gradient check: its first entry is "
                f"{g.flat[0]:.4g}, and central differences say {t.flat[0]:.4g}."
            )


def back_parts():
    """dY, X, gamma, x̂ and 1/√(var + eps) of the probe."""
    import numpy as np

    dY, X, gamma, eps = back_probe()
    scale = 1 / np.sqrt(X.var(axis=0) + eps)
    return dY, X, gamma, (X - X.mean(axis=0)) * scale, scale


def dX_is(*formulas):
    """A detector: dX is formula(d, x̂, scale, m), with d the gradient by x̂."""

    def shows(answer):
        dY, X, gamma, hat, scale = back_parts()
        got = back_answer(answer)[0]
        return any(same([got], [f(dY * gamma, hat, scale, len(X))]) for f in formulas)

    return shows


def share_is(part, formula):
    """A detector: dgamma (1) or dbeta (2) is formula(dY, X, gamma, x̂)."""
    return lambda answer: same([back_answer(answer)[part]], [formula(*back_parts()[:4])])


def gamma_forgotten(answer):
    dY, _, _, hat, scale = back_parts()
    return same([back_answer(answer)[0]], [full(dY, hat, scale)])


def full(d, hat, scale):
    """The gradient by X from d, the gradient by x̂."""
    return scale * (d - d.mean(axis=0) - hat * (d * hat).mean(axis=0))


BATCH_NORM_BACKWARD = InTorch(
    id="batchnorm-backward",
    name="my_batchnorm_backward",
    title="Batch Normalization, backward",
    stars=3,
    section="Backward, step by step",
    stub='''def my_batchnorm_backward(dY, X, gamma, eps=1e-5):
    """Back through Y = gamma · x̂ + beta, x̂ = (X - mean) / √(var + eps), statistics of the batch.

    dY (m, n) is the gradient by Y, X (m, n), gamma (n,). Returns dX (m, n), dgamma (n,), dbeta (n,).
    """
    ...''',
    properties=back_properties,
    misconceptions=(
        Misconception(
            "gamma-and-beta-swapped",
            share_is(1, lambda dY, X, gamma, hat: dY.sum(axis=0)),
            "Your `dgamma` is the gradient by β. γ is multiplied by x̂, so its gradient collects dY · x̂; β "
            "is added, so its gradient collects dY.",
        ),
        Misconception(
            "mean-over-the-samples",
            lambda answer: (
                share_is(1, lambda dY, X, gamma, hat: (dY * hat).mean(axis=0))(answer)
                or share_is(2, lambda dY, X, gamma, hat: dY.mean(axis=0))(answer)
            ),
            "You take the mean over the samples for γ or β. Each sample adds its share: sum them. The 1/m "
            "of the loss is in dY already.",
        ),
        Misconception(
            "gamma-times-x",
            share_is(1, lambda dY, X, gamma, hat: (dY * X).sum(axis=0)),
            "For `dgamma` you multiply by `X`. What γ is multiplied by in the forward pass is the "
            "normalised x̂.",
        ),
        Misconception(
            "gamma-in-dgamma",
            share_is(1, lambda dY, X, gamma, hat: (dY * gamma * hat).sum(axis=0)),
            "For `dgamma` you start from dY · γ, which is the gradient by x̂. The product is γ · x̂: the "
            "gradient by γ collects dY · x̂, that by x̂ is dY · γ.",
        ),
        Misconception(
            "statistics-held-constant",
            dX_is(lambda d, hat, scale, m: scale * d),
            "You treat mean and variance as constants. A sample moves both, and through them all other "
            "samples: two more paths lead back to `X`.",
        ),
        Misconception(
            "mean-held-constant",
            dX_is(lambda d, hat, scale, m: scale * (d - hat * (d * hat).mean(axis=0))),
            "The path through the mean is missing: it takes the mean of the gradient by x̂ off every "
            "sample. Your `dX` should add up to 0 in each column.",
        ),
        Misconception(
            "variance-held-constant",
            dX_is(lambda d, hat, scale, m: scale * (d - d.mean(axis=0))),
            "The path through the variance is missing: a sample far from the mean makes the spread larger, "
            "and with it every x̂ smaller.",
        ),
        Misconception(
            "sums-for-means",
            dX_is(
                lambda d, hat, scale, m: scale * (d - d.sum(axis=0) - hat * (d * hat).sum(axis=0)),
                lambda d, hat, scale, m: scale * (d - d.sum(axis=0) - hat * (d * hat).mean(axis=0)),
                lambda d, hat, scale, m: scale * (d - d.mean(axis=0) - hat * (d * hat).sum(axis=0)),
            ),
            "A factor 1/m is missing: one sample is only the m-th part of the mean and of the variance.",
        ),
        Misconception(
            "m-minus-one",
            dX_is(
                lambda d, hat, scale, m: scale * (d - d.mean(axis=0) - hat * (d * hat).sum(axis=0) / (m - 1))
            ),
            "Your path through the variance divides by m − 1. The batch is normalised with the biased "
            "variance, divided by m.",
            "Running statistics",
        ),
        Misconception(
            "gamma-forgotten",
            gamma_forgotten,
            "Your `dX` starts from dY. On the way back γ comes first: the gradient by x̂ is `dY * gamma`.",
        ),
        Misconception(
            "scale-forgotten",
            dX_is(lambda d, hat, scale, m: full(d, hat, scale) / scale),
            "The last factor is missing: x̂ was divided by √(var + eps), and so is the gradient.",
        ),
    ),
    well_done="Three paths lead back to a sample: its own, through the mean and through the variance.",
)


# ---------------------------------------------------------------- predict


KINDS = (3, 1, 4, 1, 0, 2, 0)  # of the seven samples of the probe, five features and classes


def watched_model():
    """A model that notes how it was called; in evaluation the largest of its five inputs wins."""
    from torch import nn

    class Watched(nn.Module):
        modes: ClassVar = []  # of the class: a copy of the model notes its calls here too

        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm1d(5)
            self.drop = nn.Dropout(0.5)

        def forward(self, X):
            self.modes.append((self.training, self.norm.training, self.drop.training))
            return self.drop(self.norm(X))

    return Watched()


def kinds_probe():
    """X (7, 5): 1 for the class of the sample, and a little for the others."""
    import torch

    X = torch.full((7, 5), 0.2)
    X[range(7), KINDS] = 1.0
    return X


def predicted(answer, train=True, X=None):
    """-> (the model, what the answer returns)"""
    model = watched_model().train(train)
    return model, answer(model, kinds_probe() if X is None else X)


def kinds_of(thing, size, what):
    """Predicted classes as a list. Raises Wrong for anything else."""
    import numpy as np
    import torch

    if isinstance(thing, torch.Tensor):
        thing = thing.detach().numpy()
    got = as_array(thing, (size,), what)
    if not np.array_equal(got, np.round(got)):
        raise Wrong(f"{what} should be classes, whole numbers, and starts with {got[0]:.4g}.")
    return [int(k) for k in got]


def predict_properties(answer):
    import torch

    for train in (True, False):
        model, got = predicted(answer, train)
        mode = "training" if train else "evaluation"
        if not torch.is_grad_enabled():
            raise Wrong("after your function PyTorch records no graph any more: gradients are off for good.")
        if not model.modes:
            raise Wrong("your function never calls the model: `model(X)` gives a score for each class.")
        if any(any(modes) for modes in model.modes):
            raise Wrong("when you called the model, one of its layers was still in training mode.")
        found = kinds_of(got, 7, "your result for 7 samples")
        if found != list(KINDS):
            raise Wrong(f"the classes should be {list(KINDS)}, and are {found}.")
        after = [model.training, model.norm.training, model.drop.training]
        if after != [train] * 3:
            raise Wrong(f"the model came in {mode} mode, and does not leave in it.")
    one = predicted(answer, True, kinds_probe()[2:3])[1]
    if kinds_of(one, 1, "your result for a batch of one") != [4]:
        raise Wrong("for a batch of one the class should be 4, as in the large batch.")


def predict_shows(test, train=True):
    """A detector: test(the model afterwards, the modes in which it was called first)."""

    def shows(answer):
        model, _ = predicted(answer, train)
        return bool(test(model, model.modes[0]))

    return shows


def gradients_left_off(answer):
    import torch

    predicted(answer)
    return not torch.is_grad_enabled()


def shape_returned(*shape):
    return lambda answer: tuple(predicted(answer)[1].shape) == shape


PREDICT = InTorch(
    id="dropout-predict",
    name="my_predict",
    title="Ask a model without changing it",
    stars=2,
    section="Training and evaluation",
    stub='''def my_predict(model, X):
    """The predicted class of each sample, (m,), by a model with Dropout and BatchNorm.

    X (m, n), also for m = 1. The model may come in training or in evaluation mode, and leaves in the same.
    """
    ...''',
    properties=predict_properties,
    misconceptions=(
        Misconception(
            "gradients-left-off",
            gradients_left_off,
            "After your function no gradients are recorded any more, and the next training step fails. "
            "`with torch.no_grad():` switches them on again at its end.",
        ),
        Misconception(
            "flag-of-the-outside-only",
            predict_shows(lambda model, modes: not modes[0] and modes[1] and modes[2]),
            "You set `training` on the model itself, and the layers inside keep theirs. `model.eval()` "
            "reaches every layer.",
        ),
        Misconception(
            "eval-forgotten",
            predict_shows(lambda model, modes: all(modes)),
            "The model is in training mode when you ask it: Dropout still drops, and BatchNorm takes the "
            "statistics of your samples and moves the running ones. `no_grad` changes none of that: call "
            "`model.eval()` first.",
        ),
        Misconception(
            "batchnorm-still-training",
            predict_shows(lambda model, modes: modes[1] and not modes[2]),
            "Dropout is off, and BatchNorm is still in training mode: the answer depends on the other "
            "samples of the batch. `model.eval()` switches both.",
            "Running statistics",
        ),
        Misconception(
            "left-in-evaluation",
            predict_shows(lambda model, modes: not model.training),
            "You leave the model in evaluation mode. If this is called between two epochs, the rest of the "
            "training runs without Dropout: put the mode back.",
        ),
        Misconception(
            "always-back-to-training",
            predict_shows(lambda model, modes: model.training, train=False),
            "You end with `model.train()`, also for a model that came in evaluation mode. Note "
            "`model.training` before, and give it back: `model.train(before)`.",
        ),
        Misconception(
            "scores-returned",
            shape_returned(7, 5),
            "You return the scores, a row of them for each sample. The class is the place of the largest: "
            "`.argmax(dim=1)`.",
        ),
        Misconception(
            "largest-of-the-column",
            shape_returned(5),
            "You look for the largest score in each column, which is the sample that looks most like a "
            "class. A row is a sample: `.argmax(dim=1)`.",
        ),
    ),
    well_done="You can call it between two epochs, for one picture or a thousand, and nothing changes.",
)


# ---------------------------------------------------------------- the source's network, mended

ORDER = ["Linear", "BatchNorm1d", "Dropout", "Linear", "BatchNorm1d", "Dropout", "Linear"]
OTHERS = ("ReLU", "Flatten", "Identity")  # may stand in between, or be written as functions


class Built:
    """The network that an answer builds, after three pictures went through it in evaluation mode."""

    def __init__(self, answer, p=0.3, flat=False):
        import torch
        from torch import nn

        self.net = not_none(answer(p), "your function returns")
        if not isinstance(self.net, nn.Module):
            raise Wrong(f"your function should return a network, an nn.Module, not {describe(self.net)}.")
        dtype = next((q.dtype for q in self.net.parameters()), torch.get_default_dtype())
        X = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(64), dtype=dtype)
        self.called, self.inputs, self.outputs = [], [], []  # of the layers without layers inside
        for layer in self.net.modules():
            if not list(layer.children()):
                layer.register_forward_hook(self._note)
        self.out = self.net.eval()(X.flatten(1) if flat else X)

    def _note(self, layer, inputs, output):
        self.called.append(layer)
        self.inputs.append(inputs[0])
        self.outputs.append(output.clone())  # a ReLU may work in place

    @property
    def names(self):
        return [type(layer).__name__ for layer in self.called]

    @property
    def order(self):
        return [name for name in self.names if name not in OTHERS]

    def layers(self, name):
        return [layer for layer in self.called if type(layer).__name__ == name]

    @property
    def hidden(self):
        """What goes into the second and third linear layer."""
        return [x for name, x in zip(self.names, self.inputs, strict=True) if name == "Linear"][1:]

    @property
    def logits(self):
        """What comes out of the last linear layer."""
        return [y for name, y in zip(self.names, self.outputs, strict=True) if name == "Linear"][-1]


def network_properties(answer):
    import torch

    for p in (0.3, 0.5):
        b = Built(answer, p)
        shape = tuple(getattr(b.out, "shape", ()))
        if shape != (3, 10):
            raise Wrong(
                f"for 3 pictures, (3, 1, 28, 28), the logits should have the shape (3, 10), not {shape}."
            )
        sizes = [(layer.in_features, layer.out_features) for layer in b.layers("Linear")]
        if sizes != [(784, 256), (256, 128), (128, 10)]:
            raise Wrong(f"the linear layers should be (784, 256), (256, 128), (128, 10); they are {sizes}.")
        if b.order == [name for name in ORDER if name != "Dropout"]:
            raise Wrong(
                "no `nn.Dropout` is called. Make it a layer: layers are switched by `train()` and `eval()`, "
                "and the function `F.dropout` only by what you hand to it. It comes after each ReLU."
            )
        if b.order != ORDER:
            raise Wrong(f"the order should be {', '.join(ORDER)}; it is {', '.join(b.order)}.")
        if any((x < 0).any() or not (x == 0).any() for x in b.hidden):
            raise Wrong("what goes into the second and third linear layer should come out of a ReLU.")
        if [layer.bias is None for layer in b.layers("Linear")] != [True, True, False]:
            raise Wrong("the last linear layer should have a bias, and the two before a BatchNorm none.")
        if any(layer.p != p for layer in b.layers("Dropout")):
            raise Wrong(f"called with p = {p:g}, each Dropout should have that rate.")
        if not torch.equal(b.out, b.logits):
            raise Wrong(
                "what your network returns should be the logits: the output of the last linear layer."
            )
    if tuple(Built(answer, flat=True).out.shape) != (3, 10):
        raise Wrong("for 3 pictures as rows, (3, 784), the logits should have the shape (3, 10).")


def network_shows(test):
    """A detector: the built network passes this test."""
    return lambda answer: bool(test(Built(answer)))


def takes_rows_only(answer):
    if tuple(Built(answer, flat=True).out.shape) != (3, 10):
        return False
    try:
        return tuple(Built(answer).out.shape) != (3, 10)
    except RuntimeError:
        return True


def sums_to_one(b):
    import torch

    out = b.out.exp() if bool((b.out <= 0).all()) else b.out  # log_softmax
    return torch.allclose(out.sum(dim=1), torch.ones(3, dtype=out.dtype))


def hidden_is_linear(b):
    """No ReLU: a hidden layer passes negative numbers on, in half of all places."""
    return any(0.3 < (x < 0).double().mean() for x in b.hidden)


NETWORK = InTorch(
    id="dropout-network",
    name="my_network",
    title="The source's network, mended",
    stars=2,
    section="The source's NNWithBatchNorm",
    stub='''def my_network(p):
    """A new network 784 → 256 → 128 → 10 for pictures (m, 1, 28, 28) or rows (m, 784); returns logits.

    Each hidden layer: linear, Batch Normalization, ReLU, Dropout with rate p. No redundant bias.
    """
    ...''',
    properties=network_properties,
    misconceptions=(
        Misconception(
            "not-flattened",
            takes_rows_only,
            "Your network takes rows and not pictures: a linear layer wants (m, 784). Put `nn.Flatten()` "
            "first; it leaves rows as they are.",
            "The source's NNWithDropout",
        ),
        Misconception(
            "softmax-at-the-end",
            network_shows(sums_to_one),
            "Your network ends in a softmax. `nn.CrossEntropyLoss` takes logits and has the softmax inside; "
            "two of them slow the learning down.",
        ),
        Misconception(
            "dropout-on-the-logits",
            network_shows(lambda b: b.order[-1] == "Dropout"),
            "The last layer is a Dropout: in training it sets logits to 0, also that of the right class. It "
            "belongs to the hidden layers.",
            "The source's NNWithDropout",
        ),
        Misconception(
            "batchnorm-on-the-logits",
            network_shows(lambda b: b.order[-1] == "BatchNorm1d"),
            "The last layer is a BatchNorm: it gives every logit a fixed mean and spread over the batch. It "
            "belongs to the hidden layers.",
        ),
        Misconception(
            "relu-on-the-logits",
            network_shows(lambda b: not (b.out < 0).any() and (b.out == 0).any()),
            "There is a ReLU on the logits. It makes all negative ones equal to 0, and no gradient comes "
            "back from there.",
        ),
        Misconception(
            "no-relu",
            network_shows(hidden_is_linear),
            "A hidden layer has no ReLU. Without it your linear layers are one linear layer, whatever "
            "stands between them.",
        ),
        Misconception(
            "dropout-before-batchnorm",
            network_shows(lambda b: b.order[:3] == ["Linear", "Dropout", "BatchNorm1d"]),
            "Dropout stands before BatchNorm. Then the batch's variance in training is that of the masked "
            "numbers, and in evaluation there are no masks. Normalise first.",
        ),
        Misconception(
            "batchnorm-after-relu",
            network_shows(lambda b: b.names.index("ReLU") < b.names.index("BatchNorm1d")),
            "BatchNorm stands after ReLU. Here it comes between the linear layer and ReLU; only there is "
            "the bias before it redundant.",
            "The bias before it is redundant",
        ),
        Misconception(
            "redundant-bias",
            network_shows(
                lambda b: b.order == ORDER and any(layer.bias is not None for layer in b.layers("Linear")[:2])
            ),
            "A linear layer before a BatchNorm has a bias. The mean that is subtracted contains it, so it "
            "does nothing; β does its work: `nn.Linear(784, 256, bias=False)`.",
            "The bias before it is redundant",
        ),
        Misconception(
            "bias-of-the-logits-left-out",
            network_shows(lambda b: b.order == ORDER and b.layers("Linear")[2].bias is None),
            "The last linear layer has no bias. No BatchNorm follows it, so nothing takes the place of its "
            "bias: keep it.",
            "The bias before it is redundant",
        ),
        Misconception(
            "rate-ignored",
            network_shows(lambda b: any(layer.p != 0.3 for layer in b.layers("Dropout"))),
            "Your Dropout has a rate of its own. Use the argument: `nn.Dropout(p)`.",
            "The source's NNWithDropout",
        ),
    ),
    well_done="Fit for pictures, with no parameter that does nothing, and with logits for the loss.",
)


EXERCISES = (
    DROPOUT,
    WEIGHT_DECAY,
    BATCH_NORM,
    EARLY_STOPPING,
    DROPOUT_LAYER,
    RUNNING,
    PREDICT,
    NETWORK,
    FOLD,
    BATCH_NORM_BACKWARD,
)
