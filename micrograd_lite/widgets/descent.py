"""The gradient-descent playground: one loss, one path, and what the learning rate does to it.

`descent("bowl", rate=1.9, start=0.0, steps=20)` is the picture. `DescentPlayground()` is the same picture
with controls; it needs a notebook with a kernel. A path that runs away is drawn as far as the picture
reaches, and the picture says that it diverges, and how far it went.
"""

from collections.abc import Callable
from dataclasses import dataclass

import ipywidgets
import numpy as np

from micrograd_lite import figures
from micrograd_lite.widgets.base import (
    ALARM,
    Explorer,
    MovingFigure,
    as_status,
    check_choice,
    check_number,
    check_whole,
    widths,
)

__all__ = ["LIMITS", "LOSSES", "DescentPlayground", "Path", "descent", "path"]

LIMITS = {"rate": (0.001, 10.0), "steps": (0, 200)}
FAR = 1e70  # a path ends before its numbers are larger: their fourth powers are still floats


@dataclass(frozen=True)
class Loss:
    """A loss to walk on: `value` and `gradient` of a point (an array with the dimension as its last axis)."""

    name: str
    formula: str  # mathtext
    value: Callable
    gradient: Callable
    low: tuple[float, ...]  # corner of the picture, one number for each dimension
    high: tuple[float, ...]
    start: tuple[float, ...]
    lowest: float  # the smallest value that the loss has

    @property
    def dimension(self):
        return len(self.low)


def _first(w):
    return np.asarray(w)[..., 0]


def _second(w):
    return np.asarray(w)[..., 1]


LOSSES = {
    loss.name: loss
    for loss in (
        Loss(
            "bowl",
            r"$L = \frac{1}{2}(w - 3)^2$",
            lambda w: 0.5 * (_first(w) - 3.0) ** 2,
            lambda w: w - 3.0,
            (-3.0,),
            (9.0,),
            (0.0,),
            0.0,
        ),
        Loss(
            "two valleys",
            r"$L = \frac{1}{4}w^4 - 2w^2 + \frac{1}{2}w + 5$",
            lambda w: 0.25 * _first(w) ** 4 - 2.0 * _first(w) ** 2 + 0.5 * _first(w) + 5.0,
            lambda w: w**3 - 4.0 * w + 0.5,
            (-3.4,),
            (3.4,),
            (0.5,),
            -0.015164948881876583,  # at w = -2.0598
        ),
        Loss(
            "long valley",
            r"$L = \frac{1}{2}(w_1^2 + 10\,w_2^2)$",
            lambda w: 0.5 * (_first(w) ** 2 + 10.0 * _second(w) ** 2),
            lambda w: w * np.array([1.0, 10.0]),
            (-5.0, -3.0),
            (5.0, 3.0),
            (-4.0, 1.5),
            0.0,
        ),
        Loss(
            "saddle",
            r"$L = \frac{1}{4}w_1^4 - \frac{1}{2}w_1^2 + \frac{1}{2}w_2^2$",
            lambda w: 0.25 * _first(w) ** 4 - 0.5 * _first(w) ** 2 + 0.5 * _second(w) ** 2,
            lambda w: np.stack([_first(w) ** 3 - _first(w), _second(w)], axis=-1),
            (-2.0, -1.5),
            (2.0, 1.5),
            (0.01, 1.2),
            -0.25,
        ),
    )
}


@dataclass(frozen=True)
class Path:
    """Where a descent went: points (k + 1, dimension) and the loss at each, k steps; fewer if it ran away."""

    loss: Loss
    rate: float
    asked: int  # steps that were asked for
    points: np.ndarray
    losses: np.ndarray

    @property
    def steps(self):
        return len(self.points) - 1

    @property
    def diverged(self):
        """True if it left the picture and ended on a higher loss than it had at the start."""
        return bool(self.ran_away or (self._outside() and self.losses[-1] > self.losses[0]))

    @property
    def ran_away(self):
        """True if it ended before its time, at numbers that are beyond all bounds."""
        return self.steps < self.asked

    def _outside(self):
        return bool(np.any(self.points[-1] < self.loss.low) or np.any(self.points[-1] > self.loss.high))

    @property
    def verdict(self):
        """What became of it, in a few words."""
        if self.diverged:
            return "it diverges"
        if self.steps == 0:
            return "no step yet"
        slope = np.linalg.norm(self.loss.gradient(self.points[-1]))
        first = np.linalg.norm(self.loss.gradient(self.points[0]))
        if slope <= 1e-3:
            return "it has arrived"
        if self.losses[-1] >= self.losses[0]:
            return "it jumps and does not get lower"
        return "on its way" if slope < 0.5 * first else "slow: still on the slope"

    def describe(self):
        """The picture in words, with its numbers."""
        first, last = (_coordinates(point) for point in (self.points[0], self.points[-1]))
        return (
            f"{self.loss.name.capitalize()}, learning rate {self.rate:.4g}: from w = {first} (loss "
            f"{self.losses[0]:.4g}) {self.steps} steps to w = {last} (loss {self.losses[-1]:.4g}): "
            f"{self.verdict}."
        )


def path(loss="bowl", rate=0.1, start=None, steps=20):
    """Walk `steps` times w ← w - rate · gradient. -> a `Path`

    loss : a name of `LOSSES`. start : a number, or a pair in two dimensions; None takes the loss's own.
    Errors: ValueError for another loss, another number of coordinates, or a number outside of `LIMITS`.
    """
    chosen = LOSSES[check_choice("loss", loss, LOSSES)]
    rate = check_number("rate", rate, *LIMITS["rate"])
    steps = check_whole("steps", steps, *LIMITS["steps"])
    w = np.atleast_1d(np.asarray(chosen.start if start is None else start, dtype=np.float64))
    if w.shape != (chosen.dimension,) or not np.isfinite(w).all():
        raise ValueError(
            f"the start on {loss!r} is {chosen.dimension} finite number{'s' * (chosen.dimension > 1)}, "
            f"got {start!r}"
        )
    points = [w]
    with np.errstate(all="ignore"):  # a path that runs away is what this shows
        while len(points) <= steps:
            w = w - rate * chosen.gradient(w)
            if not np.all(np.abs(w) < FAR):
                break
            points.append(w)
        points = np.array(points)
        return Path(chosen, rate, steps, points, np.asarray(chosen.value(points)))


def descent(loss="bowl", rate=0.1, start=None, steps=20):
    """The path on its loss, and the loss step by step, as a `figures.Picture`. Arguments as `path`."""
    return _PathFigure.picture(path(loss, rate, start, steps))


def _coordinates(point):
    numbers = ", ".join(f"{number + 0.0:.4g}" for number in point)
    return f"({numbers})" if len(point) > 1 else numbers


class _PathFigure(MovingFigure):
    """The figure of one loss, on which the path moves."""

    LOWEST, HIGHEST = 1e-6, 1e6  # of the loss axis, the same for every path
    ENDS = (10, 20, 50, 100, LIMITS["steps"][1])  # of the step axis: few, since a new one is drawn slowly

    def _draw_axes(self, walked):
        self.loss = walked.loss
        self.plane, self.curve = self.figure.subplots(1, 2, width_ratios=(1.15, 1.0))
        self.figure.subplots_adjust(left=0.075, right=0.975, top=0.82, bottom=0.15, wspace=0.24)
        (self._draw_curve_1d if self.loss.dimension == 1 else self._draw_field_2d)()
        dots = {"color": figures.ORANGE, "marker": "o", "ms": 4.5, "linewidth": 1.3, "zorder": 4}
        (self._walk,) = self.plane.plot([], [], **dots)
        (self._start,) = self.plane.plot([], [], "s", color=figures.INK, ms=8, zorder=5, label="start")
        diamond = {"color": figures.ORANGE, "ms": 9, "mec": "white", "zorder": 6, "clip_on": False}
        (self._end,) = self.plane.plot([], [], "D", label="end", **diamond)
        self.plane.legend(loc="upper right", ncols=2, handletextpad=0.1)
        (self._line,) = self.curve.plot([], [], **figures.CURVE_LOOKS[0], marker=".", ms=5)
        self.curve.set_yscale("log")
        self.curve.set(xlabel="step", ylabel="loss − lowest loss (log scale)")
        self.curve.set_ylim(self.LOWEST, self.HIGHEST)
        self.curve.grid(True)
        self._title = self.heading(0.075, 0.92)
        self._said = self.heading(self.curve.get_position().x0, 0.92)
        self.figure.text(0.075, 0.85, self.loss.formula, fontsize=11)
        self.moving = [self._line, self._walk, self._start, self._end, self._title, self._said]

    def _draw_curve_1d(self):
        ws = np.linspace(self.loss.low[0], self.loss.high[0], 300)
        values = self.loss.value(ws[:, None])
        air = 0.06 * (values.max() - values.min())
        self.plane.plot(ws, values, color=figures.BLUE)
        self.plane.set(xlabel="$w$", ylabel="$L(w)$", xlim=(ws[0], ws[-1]))
        self.plane.set_ylim(values.min() - air, values.max() + air)
        self.plane.grid(True)

    def _draw_field_2d(self):
        (x0, y0), (x1, y1) = self.loss.low, self.loss.high
        xs, ys = np.linspace(x0, x1, 120), np.linspace(y0, y1, 120)
        values = self.loss.value(np.stack(np.meshgrid(xs, ys), axis=-1))
        levels = values.min() + (values.max() - values.min()) * np.linspace(0.0, 1.0, 10)[1:] ** 2
        self.plane.contour(xs, ys, values, levels, colors=figures.BLUE, linewidths=0.9, alpha=0.7)
        self.plane.set(xlabel="$w_1$", ylabel="$w_2$", xlim=(x0, x1), ylim=(y0, y1))

    def _move(self, walked):
        points, losses = walked.points, walked.losses
        heights = losses if self.loss.dimension == 1 else points[:, 1]
        with np.errstate(all="ignore"):
            xs, ys = np.clip(points[:, 0], -1e6, 1e6), np.clip(heights, -1e6, 1e6)
        self._walk.set_data(xs, ys)
        self._start.set_data(xs[:1], ys[:1])
        (x0, x1), (y0, y1) = self.plane.get_xlim(), self.plane.get_ylim()
        self._end.set_data(np.clip(xs[-1:], x0, x1), np.clip(ys[-1:], y0, y1))  # at the rim, if it left
        self._end.set_marker("X" if walked.diverged else "D")
        above = np.clip(losses - self.loss.lowest, self.LOWEST, self.HIGHEST)
        self._line.set_data(range(len(above)), above)
        self.curve.set_xlim(0, next(end for end in self.ENDS if end >= walked.asked))
        self._title.set_text(f"rate {walked.rate:.4g}, {walked.steps} steps: {walked.verdict}")
        self._said.set_text(f"loss {walked.losses[0]:.4g} → {walked.losses[-1]:.4g}")


class DescentPlayground(Explorer):
    """Choose a loss, a learning rate, a start and a number of steps, and see where the path goes.

    The arguments are the first values of the controls, as in `path`; the errors too. `reading` is the `Path`.
    """

    NAME, FIGURE = "descent", _PathFigure

    def __init__(self, loss="bowl", rate=0.1, start=None, steps=20):
        first = path(loss, rate, start, steps)  # tells what is wrong with an argument
        self._loss = first.loss
        wide = widths(label=100, control=330)
        look = {"min": -1.0, "max": 1.0, "step": 0.01, **wide}
        controls = {
            "loss": ipywidgets.Dropdown(options=list(LOSSES), value=loss, description="Loss", **wide),
            "rate": ipywidgets.FloatLogSlider(
                rate, min=-3, max=1, step=0.02, description="Learning rate", readout_format=".3g", **wide
            ),
            "steps": ipywidgets.IntSlider(steps, *LIMITS["steps"], description="Steps", **wide),
            "w1": ipywidgets.FloatSlider(0.0, description="Start", **look),
            "w2": ipywidgets.FloatSlider(0.0, description="Start, w₂", **look),
        }
        self._place(controls, first.points[0].tolist())
        super().__init__(controls)

    def _in_order(self, image, status, row):
        return row, image, status

    def _place(self, controls, start):
        """Limits and values of the start sliders for the present loss."""
        flat = self._loss.dimension == 1
        controls["w1"].description = "Start" if flat else "Start, w₁"
        controls["w2"].layout.display = "none" if flat else None
        sliders = (controls["w1"], controls["w2"])
        for slider, low, high, value in zip(sliders, self._loss.low, self._loss.high, start, strict=False):
            low, high = min(low, value), max(high, value)
            slider.max = max(slider.max, high)  # first, for a minimum is never above the maximum
            slider.min = low
            slider.value, slider.max = value, high

    def _changed(self, name):
        if name != "loss":
            return self._show()
        with self._at_once():
            self._loss = LOSSES[self.controls["loss"].value]
            self._place(self.controls, self._loss.start)

    def _key(self, walked):
        return walked.loss.name

    def _read(self, rate, steps, w1, w2, loss):
        start = (w1, w2)[: self._loss.dimension]
        return path(self._loss.name, rate, start, steps)  # whose start is set: not what the menu says by now

    def _said(self):
        if not self.reading.diverged:
            return as_status(self.reading.describe())
        return as_status(f"⚠ {self.reading.describe()}", f"color:{ALARM}")
