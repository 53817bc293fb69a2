"""The training player: a network of Values learns two classes of points, step by step, while you watch.

`training_frame(steps=60)` is the picture after 60 steps. `TrainingPlayer()` is the same picture with buttons
and sliders; it needs a notebook with a kernel. Both are driven by a `TrainingRun`: forward, hinge loss and
L2, `zero_grad`, `backward`, `step`.
"""

from typing import ClassVar

import numpy as np

from micrograd_lite import figures
from micrograd_lite.datasets import two_moons
from micrograd_lite.graph import _in_order
from micrograd_lite.losses import hinge, l2
from micrograd_lite.nn import MLP
from micrograd_lite.optim import SGD
from micrograd_lite.widgets.base import check_number
from micrograd_lite.widgets.player import Player, Run, still

__all__ = ["TrainingPlayer", "TrainingRun", "training_frame"]


class TrainingRun(Run):
    """A network with two hidden layers in training on points in the plane, one step at a time.

    Parameters
    ----------
    data : function or pair
        A generator of `micrograd_lite.datasets` (`two_moons`, `spirals`, `xor`), called as
        `data(n, noise=noise, seed=seed)`; or your own points (X, y): X (m, 2), y (m,) labels 0, 1 or -1, +1.
    n, noise : int, float
        Number of points and their scatter; for a generator only.
    hidden : int
        Neurons in each of the two hidden layers: MLP(2, [hidden, hidden, 1], activation, seed=seed).
    lr : float
        The learning rate η of `SGD`.
    l2 : float
        λ in the loss: hinge(scores, ±1) + λ Σ w² over the weights, without the biases. 0 leaves it out.
    seed : int
        Of the points and of the first weights.

    Attributes
    ----------
    step_count : steps done. model, X, y, scores (m,) : as they are after them.
    losses : the loss before the first step and after each: step_count + 1 numbers. loss : the last, a Value.
    nodes : size of the graph under `loss`, all Values, parameters included.
    """

    def __init__(
        self, data=two_moons, *, n=100, noise=0.1, hidden=16, lr=0.3, l2=0.0001, seed=0, activation="tanh"
    ):
        super().__init__(data, n, noise, seed)
        self._rows = self.X.tolist()
        self._targets = [1.0 if is_one else -1.0 for is_one in self.positive]
        self.model = MLP(2, [hidden, hidden, 1], activation=activation, seed=seed)
        self._weights = [w for layer in self.model.layers for neuron in layer.neurons for w in neuron.w]
        self.hidden, self.activation = hidden, activation
        self.set_lr(lr)
        self.set_l2(l2)
        self._optimizer = SGD(self.model.parameters(), lr=lr)
        self._counted_with = None
        self._forward()

    def set_l2(self, factor):
        """Take another λ from the next forward pass on."""
        self.l2 = check_number("l2", factor, 0.0)

    def _update(self):
        self._optimizer.lr = self.lr
        self._optimizer.zero_grad()
        self.loss.backward()
        self._optimizer.step()

    def _forward(self):
        scores = [self.model(x) for x in self._rows]
        loss = hinge(scores, self._targets)
        self.loss = loss + self.l2 * l2(self._weights) if self.l2 else loss
        self.scores = np.array([score.data for score in scores])
        self.losses.append(self.loss.data)
        if self._counted_with != bool(self.l2):  # every step's graph has the same shape, but for the L2 term
            self._counted_with, self.nodes = bool(self.l2), len(_in_order([self.loss]))

    def scores_at(self, points):
        """The scores of the network at the points (k, 2)."""
        return figures.numpy_forward(self.model, points)

    def state(self):
        return f"{super().state()[:-1]}, {self.nodes:,} nodes in the graph under the loss."

    def network(self):
        return (
            f"Network 2 → {self.hidden} → {self.hidden} → 1 with {self.activation}, "
            f"learning rate {self.lr:.4g}, L2 factor {self.l2:g}."
        )

    def size(self):
        return f"graph under the loss: {self.nodes:,} nodes"


def training_frame(data=two_moons, *, steps=60, **settings):
    """The boundary, the loss and the size of the graph after `steps` steps of training, as a `Picture`.

    The settings are those of `TrainingRun`. A run that diverges stops there, and the picture says so.
    """
    return still(TrainingRun(data, **settings), steps)


class TrainingPlayer(Player):
    """Watch a network of Values learn: play, stop, one step, reset; rate, L2, width, noise and seed to set.

    data, steps : as in `Player`. **settings : first values of the controls (`lr`, `l2`, `hidden`, `noise`,
    `seed`), and `n` and `activation`, as in `TrainingRun`.

    The learning rate and L2 count from the next step on; width, noise and seed start the run anew.
    """

    RUN, OTHERS = TrainingRun, ("n", "activation")
    FIRST: ClassVar = {"lr": 0.3, "l2": 0.0001, "hidden": 16, "noise": 0.1, "seed": 0}
