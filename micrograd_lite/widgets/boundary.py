"""The boundary trainer: the NumPy network of chapter 03 learns two classes of points, one update at a time.

`boundary_frame(steps=40)` is the picture after 40 updates. `BoundaryTrainer()` is the same picture with
buttons and sliders. It is the training player of chapter 04 (`widgets/training.py`) with another run inside:
`two_layer` with binary cross-entropy, full batch or mini-batches.
"""

import ipywidgets
import numpy as np

from micrograd_lite import plots, two_layer
from micrograd_lite.datasets import two_moons
from micrograd_lite.engine import Value
from micrograd_lite.widgets import training

__all__ = ["BATCHES", "BoundaryRun", "BoundaryTrainer", "boundary_frame"]

BATCHES = (0, 1, 10, 32)  # samples for one update; 0 stands for all


class BoundaryRun:
    """A network 2 → hidden → 1 in training on points in the plane, one update at a time.

    Parameters
    ----------
    data : function or pair
        A generator of `micrograd_lite.datasets`, or your own points (X, y); as in `training.TrainingRun`.
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
    loss : the last of them, a Value as in `training.TrainingRun`.
    """

    def __init__(self, data=two_moons, *, n=100, noise=0.1, hidden=8, lr=1.0, batch=0, seed=0):
        X, y = data(n, noise=noise, seed=seed) if callable(data) else data
        self.X, self.positive = plots.two_classes("BoundaryRun", X, y)
        training._whole("hidden", hidden, least=1)
        training._whole("batch", batch, least=0)
        self._targets = self.positive.reshape(-1, 1).astype(np.float64)  # (m, 1)
        self.parameters = two_layer.start(2, hidden, seed)
        self.hidden, self.batch = hidden, batch or len(self.X)
        self._rng = np.random.default_rng(seed)
        self._waiting = np.empty(0, dtype=np.int64)  # samples of this epoch that had no turn yet
        self.set_lr(lr)
        self.losses = []
        self._forward()

    @property
    def step_count(self):
        return len(self.losses) - 1

    @property
    def loss(self):
        return Value(self.losses[-1])

    def set_lr(self, lr):
        """Take another learning rate from the next update on."""
        training._check_at_least_zero("lr", lr)
        self.lr = lr

    def step(self):
        """One update. ValueError once the run has diverged."""
        if self.diverged:
            raise ValueError(
                f"the loss is {self.losses[-1]:.4g} after step {self.step_count}: the run diverged; "
                f"start again with a learning rate below {self.lr:g}"
            )
        rows = self._next_rows()
        with np.errstate(all="ignore"):  # a run that diverges gives inf and nan, and says so
            cache = two_layer.forward(self.X[rows], self.parameters)
            g = two_layer.backward(cache, self._targets[rows], self.parameters)
            self.parameters = {name: p - self.lr * g[name] for name, p in self.parameters.items()}
        self._forward()

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

    def logits(self, points):
        """The logits at the points (k, 2): an array (k, 1). Above 0 the network says class 1."""
        with np.errstate(all="ignore"):
            return two_layer.forward(points, self.parameters)["Z2"]

    @property
    def diverged(self):
        """True once the loss is above `plots.HOPELESS` or no number."""
        return not self.losses[-1] <= plots.HOPELESS

    @property
    def right(self):
        """How many points have a logit on their side of 0."""
        return plots.count_right(self.scores, self.positive)

    def picture(self, steps=None):
        """The boundary and the loss so far as a `plots.Picture`; `steps` is the length of the step axis."""
        frame = _Frame(self, self.step_count if steps is None else steps)
        return plots.Picture(frame.figure, self.describe())

    def describe(self):
        """The picture in words, with its numbers."""
        return " ".join(part for part in (self.state(), self.network(), self.warning()) if part)

    def state(self):
        m = len(self.X)
        return (
            f"Step {self.step_count}: loss {self.losses[-1]:.4g}, "
            f"{self.right} of {m} points on their side ({self.right / m:.1%})."
        )

    def network(self):
        size = "all samples" if self.batch >= len(self.X) else f"{self.batch} of {len(self.X)} samples"
        return (
            f"Network 2 → {self.hidden} → 1 with tanh and sigmoid, learning rate {self.lr:.4g}, {size} "
            "for each update."
        )

    def warning(self):
        """What to say of a run that goes wrong; empty for one that does not."""
        if self.diverged:
            return (
                f"Diverged: the loss went beyond {plots.HOPELESS:g}. Reset, and take a smaller learning rate."
            )
        if self.step_count and self.losses[-1] > 3.0 * self.losses[0]:
            times = self.losses[-1] / self.losses[0]
            return f"The loss is {times:.3g} times what it was at step 0: the learning rate is too large."
        return ""


def boundary_frame(data=two_moons, *, steps=40, **settings):
    """The boundary and the loss after `steps` updates, as a `Picture`; settings as in `BoundaryRun`."""
    steps = training._whole("steps", steps, least=0)
    run = BoundaryRun(data, **settings)
    while run.step_count < steps and not run.diverged:
        run.step()
    return run.picture(steps)


class _Frame(training._Frame):
    """The training player's figure, with a field from NumPy and the size of a batch above the curve."""

    LINES = 50  # scores are computed on a grid of 50 × 50
    TOPS = (1.0, 2.0, 5.0, 10.0, 25.0)  # of the loss axis: few, since a new one is drawn slowly

    def __init__(self, run, steps):
        self.X = run.X
        super().__init__(run, steps)

    def update(self, run):
        for artist in self._drawn:
            artist.remove()
        ranges = self.plane.get_xlim(), self.plane.get_ylim()
        field = plots.Field(run.logits, *ranges, self.LINES)
        self._drawn = plots.draw_field(self.plane, field, margins=True)
        self._plane_title.set_text(f"Step {run.step_count}: {run.right} of {len(run.X)} on their side")
        size = "all samples" if run.batch >= len(run.X) else f"{run.batch} of {len(run.X)} samples"
        self._size.set_text(f"each update: {size}")
        self._update_curve(run)
        if self.curve.get_yscale() == "linear":
            self.curve.set_ylim(0.0, next(top for top in self.TOPS if top >= self.curve.get_ylim()[1]))


class BoundaryTrainer(training.TrainingPlayer):
    """Watch the NumPy network learn: play, stop, one step, reset; rate, width, batch, noise and seed to set.

    data, steps : as in `training.TrainingPlayer`.
    **settings : first values of the controls (`lr`, `hidden`, `batch`, `noise`, `seed`), and `n`.
        ValueError for one outside of `training.LIMITS`, or a batch that is not in `BATCHES`.

    The learning rate counts from the next update on; everything else starts the run anew.
    """

    def _make_controls(self, settings):
        batch = settings.pop("batch", 0)
        if isinstance(batch, bool) or batch not in BATCHES:
            raise ValueError(f"batch is one of {', '.join(map(str, BATCHES))} (0 for all), got {batch!r}")
        super()._make_controls({"lr": 1.0, "hidden": 8} | settings)
        del self.controls["l2"]  # this run has none
        self.controls["batch"] = ipywidgets.SelectionSlider(
            options=[("all", 0), *((str(b), b) for b in BATCHES[1:])],
            value=batch,
            description="Batch",
            continuous_update=False,
            style={"description_width": "110px"},
            layout={"width": "310px"},
        )

    def _start(self):
        settings = {name: control.value for name, control in self.controls.items()}
        self.run = BoundaryRun(self._data, **self._fixed, **settings)
        if not hasattr(self, "_frame") or not np.array_equal(self._frame.X, self.run.X):
            self._frame = _Frame(self.run, self._steps)  # other points need other axes
        self._show()
