"""The boundary trainer: the NumPy network `two_layer` learns two classes of points, one update at a time.

`boundary_frame(steps=40)` is the picture after 40 updates of gradient descent on the binary cross-entropy,
with the full batch or with mini-batches. `BoundaryTrainer()` is the same picture with buttons and sliders.
"""

from typing import ClassVar

import numpy as np

from micrograd_lite import two_layer
from micrograd_lite.datasets import two_moons
from micrograd_lite.widgets.base import check_whole
from micrograd_lite.widgets.player import Player, Run, still

__all__ = ["BoundaryRun", "BoundaryTrainer", "boundary_frame"]


class BoundaryRun(Run):
    """A network 2 → hidden → 1 in training on points in the plane, one update at a time.

    Parameters
    ----------
    data : function or pair
        A generator of `micrograd_lite.datasets`, or your own points (X, y); as in `TrainingRun`.
    n, noise : int, float
        Number of points and their scatter; for a generator only.
    hidden : int
        tanh units in the hidden layer.
    lr : float
        The learning rate η.
    batch : int
        Samples for one update, drawn without replacement epoch by epoch; 0 takes all.
    seed : int
        Of the points, of the first weights and of the batches.

    Attributes
    ----------
    step_count : updates done. parameters, X, positive, scores (m,) logits : as they are after them.
    losses : binary cross-entropy over all points before the first update and after each.
    """

    LINES = 50
    TOPS = (1.0, 2.0, 5.0, 10.0, 25.0)  # few, since a new loss axis is drawn slowly

    def __init__(self, data=two_moons, *, n=100, noise=0.1, hidden=8, lr=1.0, batch=0, seed=0):
        super().__init__(data, n, noise, seed)
        hidden, batch = check_whole("hidden", hidden, 1), check_whole("batch", batch, 0)
        self._targets = self.positive.reshape(-1, 1).astype(np.float64)  # (m, 1)
        self.parameters = two_layer.start(2, hidden, seed)
        self.hidden, self.batch = hidden, batch or len(self.X)
        self._rng = np.random.default_rng(seed)
        self._waiting = np.empty(0, dtype=np.int64)  # samples of this epoch that had no turn yet
        self.set_lr(lr)
        self._forward()

    def _update(self):
        rows = self._next_rows()
        with np.errstate(all="ignore"):  # a run that diverges gives inf and nan, and says so
            cache = two_layer.forward(self.X[rows], self.parameters)
            g = two_layer.backward(cache, self._targets[rows], self.parameters)
            self.parameters = {name: p - self.lr * g[name] for name, p in self.parameters.items()}

    def _next_rows(self):
        if self.batch >= len(self.X):
            return slice(None)
        if not len(self._waiting):
            self._waiting = self._rng.permutation(len(self.X))
        rows, self._waiting = self._waiting[: self.batch], self._waiting[self.batch :]
        return rows

    def _forward(self):
        with np.errstate(all="ignore"):
            cache = two_layer.forward(self.X, self.parameters)
            self.losses.append(two_layer.loss(cache, self._targets))
        self.scores = cache["Z2"][:, 0]

    def scores_at(self, points):
        """The logits at the points (k, 2): an array (k, 1). Above 0 the network says class 1."""
        with np.errstate(all="ignore"):
            return two_layer.forward(points, self.parameters)["Z2"]

    def network(self):
        return (
            f"Network 2 → {self.hidden} → 1 with tanh and sigmoid, learning rate {self.lr:.4g}, "
            f"{self._samples()} for each update."
        )

    def size(self):
        return f"each update: {self._samples()}"

    def _samples(self):
        return "all samples" if self.batch >= len(self.X) else f"{self.batch} of {len(self.X)} samples"


def boundary_frame(data=two_moons, *, steps=40, **settings):
    """The boundary and the loss after `steps` updates, as a `Picture`; settings as in `BoundaryRun`."""
    return still(BoundaryRun(data, **settings), steps)


class BoundaryTrainer(Player):
    """Watch the NumPy network learn: play, stop, one step, reset; rate, width, batch, noise and seed to set.

    data, steps : as in `Player`. **settings : first values of the controls (`lr`, `hidden`, `noise`, `seed`,
    `batch`), and `n`, as in `BoundaryRun`.

    The learning rate counts from the next update on; everything else starts the run anew.
    """

    RUN = BoundaryRun
    FIRST: ClassVar = {"lr": 1.0, "hidden": 8, "noise": 0.1, "seed": 0, "batch": 0}
