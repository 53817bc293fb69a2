"""A player: a network learns two classes of points, step by step, while you watch.

A `Run` is what is trained, `RunFigure` shows it, `Player` puts buttons and controls around both. Which
network learns, and by which loss, their subclasses say: `training.py` (Values) and `boundary.py` (NumPy).
"""

import asyncio
import math
import threading
import time
from typing import ClassVar

import ipywidgets
import numpy as np

from micrograd_lite import figures
from micrograd_lite.datasets import two_moons
from micrograd_lite.widgets.base import (
    MovingFigure,
    as_alarm,
    as_status,
    check_choice,
    check_number,
    check_whole,
    widths,
)
from micrograd_lite.widgets.panel import Panel

__all__ = ["Player", "Run", "RunFigure", "still"]


class Run:
    """A network in training on two classes of points, one step at a time: what pictures and players need.

    A subclass has `lr`, `scores` (m,), which are above 0 for points it takes for class 1, and these methods:
    `_update()` changes the parameters, `_forward()` sets `scores` and appends to `losses`, `network()` and
    `size()` say in words what is trained and how, `scores_at(points)` gives the scores of points (k, 2).
    """

    LINES = 70  # a picture has scores on a grid of 70 × 70
    TOPS = ()  # ends of the picture's loss axis; without them it follows the loss

    def __init__(self, data, n, noise, seed):
        X, y = data(n, noise=noise, seed=seed) if callable(data) else data
        self.X, self.positive = figures.two_classes(type(self).__name__, X, y)
        self.losses = []

    @property
    def step_count(self):
        return len(self.losses) - 1

    def set_lr(self, lr):
        """Take another learning rate from the next step on."""
        self.lr = check_number("lr", lr, 0.0)

    def step(self):
        """One step of training. ValueError once the run has diverged."""
        if self.diverged:
            raise ValueError(
                f"the loss is {self.losses[-1]:.4g} after step {self.step_count}: the run diverged; "
                f"start again with a learning rate below {self.lr:g}"
            )
        self._update()
        self._forward()

    @property
    def diverged(self):
        """True once the loss is above `figures.HOPELESS` or no number."""
        return not self.losses[-1] <= figures.HOPELESS

    @property
    def right(self):
        """How many points have a score on their side of 0."""
        return figures.count_right(self.scores, self.positive)

    def picture(self, steps=None):
        """The boundary and the loss so far as a `figures.Picture`; `steps` is the length of the step axis."""
        moving = RunFigure(self, self.step_count if steps is None else steps)
        moving.update(self)
        return figures.Picture(moving.figure, self.describe())

    def describe(self):
        """The picture in words, with its numbers."""
        return " ".join(part for part in (self.state(), self.network(), self.warning()) if part)

    def state(self):
        m = len(self.X)
        return (
            f"Step {self.step_count}: loss {self.losses[-1]:.4g}, "
            f"{self.right} of {m} points on their side ({self.right / m:.1%})."
        )

    def warning(self):
        """What to say of a run that goes wrong; empty for one that does not."""
        first, last = self.losses[0], self.losses[-1]
        if self.diverged:
            limit = f"{figures.HOPELESS:g}"
            return f"Diverged: the loss went beyond {limit}. Reset, and take a smaller learning rate."
        if self.step_count and last > 3.0 * first:
            times = last / first if first else math.inf
            return f"The loss is {times:.3g} times what it was at step 0: the learning rate is too large."
        return ""


def still(run, steps):
    """The picture of a run after `steps` steps, or after the one with which it diverged."""
    check_whole("steps", steps, 0)
    while run.step_count < steps and not run.diverged:
        run.step()
    return run.picture(steps)


class RunFigure(MovingFigure):
    """The figure of a run: points and axes stay while the loss axis does, the rest moves with each step.

    steps : the length of the step axis.
    """

    def __init__(self, run, steps):
        self.steps, self.X, self._field = max(steps, 1), run.X, []
        super().__init__(run)

    def _draw_axes(self, run):
        self.plane, self.curve = self.figure.subplots(1, 2, width_ratios=(1.15, 1.0))
        self.figure.subplots_adjust(left=0.075, right=0.975, top=0.81, bottom=0.15, wspace=0.22)
        self._draw_plane(run)
        self._draw_curve()
        for ax in (self.plane, self.curve):
            ax.tick_params(labelsize=10.5, color=figures.GREY, labelcolor=figures.INK)
        spines = [ax.spines[side] for ax in (self.plane, self.curve) for side in ("left", "bottom")]
        self.above = [*spines, *self.plane.collections[:2]]

    def _draw_plane(self, run):
        x_range, y_range = figures.ranges_of(run.X)
        self.plane.set(xlim=x_range, ylim=y_range, xlabel="$x_1$", ylabel="$x_2$")
        figures.draw_points(self.plane, run.X, run.positive, ("class 0", "class 1"))
        keys = [*self.plane.get_legend_handles_labels()[0], *figures.line_keys(margins=True)]
        self.plane.legend(
            handles=keys, ncols=4, loc="lower left", bbox_to_anchor=(-0.01, 1.01), borderaxespad=0.1,
            handlelength=1.2, columnspacing=1.2, borderpad=0.1,
        )  # fmt: skip
        self._plane_title = self.heading(0.075, 0.93)

    def _draw_curve(self):
        (self._line,) = self.curve.plot([], [], **figures.CURVE_LOOKS[0])
        (self._end,) = self.curve.plot([], [], "o", color=figures.BLUE, ms=7, clip_on=False)
        self.curve.grid(True)
        self.curve.set(xlim=(0, self.steps), xlabel="step")
        left = self.curve.get_position().x0
        self._curve_title = self.heading(left, 0.93)
        self._size = self.heading(left, 0.852, fontsize=10.5, fontweight="normal")

    def _move(self, run):
        for artist in self._field:
            artist.remove()
        ranges = self.plane.get_xlim(), self.plane.get_ylim()
        field = figures.Field(run.scores_at, *ranges, run.LINES)
        self._field = figures.draw_field(self.plane, field, margins=True)
        texts = [self._plane_title, self._curve_title, self._size]
        self.moving = [*self._field, self._line, self._end, *texts]
        self._plane_title.set_text(f"Step {run.step_count}: {run.right} of {len(run.X)} on their side")
        self._size.set_text(run.size())
        self._update_curve(run)

    def _update_curve(self, run):
        losses = np.array(run.losses)
        shown = losses[losses <= figures.HOPELESS]
        self._line.set_data(range(len(shown)), shown)
        self._end.set_data([len(shown) - 1] * (len(shown) > 0), shown[-1:])
        self._end.set_marker("X" if run.diverged else "o")
        top = shown.max(initial=0.0)
        log = top > 20.0  # a loss that blows up; it begins around 1
        if log != (self.curve.get_yscale() == "log"):
            self.curve.set_yscale("log" if log else "linear")
        low = shown[shown > 0.0].min(initial=1.0) if log else 0.0
        end = top * 2.0 if log else max(1.05 * top, 0.1)
        self.curve.set_ylim(0.7 * low, end if log else next((t for t in run.TOPS if t >= end), end))
        self.curve.set_ylabel("loss (log scale)" if log else "loss")
        self._curve_title.set_text(_loss_title(run))


def _loss_title(run):
    if run.diverged:
        return f"The loss diverged at step {run.step_count}"
    return f"Loss {run.losses[-1]:.4g}" + (", it blows up" if run.warning() else "")


class Player(Panel):
    """Watch a network learn: play, stop, one step, reset, and settings as controls.

    data : as in `Run`. With your own points (X, y) there is no noise to set.
    steps : int
        Where the player stops by itself.
    **settings : first values of the controls, and what else the run takes. ValueError for a value that a
        control does not have, TypeError for an unknown name.

    A subclass has `RUN`, its kind of `Run`, `FIRST`, the first values of its controls (of `_CONTROLS`), and
    `OTHERS`, the settings without a control. Where a run has a method such as `set_lr`, the control `lr`
    counts from the next step on; the others start the run anew. While it plays, the kernel takes a breath
    after every step: other cells run, and the buttons answer. `step()`, `reset()`, `play()` and `stop()` do
    what the buttons do; `run` is the run as it is.
    """

    RUN, OTHERS = None, ("n",)
    FIRST: ClassVar = {}
    FRAME_SECONDS = 0.1  # at most ten pictures a second; drawing takes a third of the time at most
    BREATH_SECONDS = 0.002  # the kernel's turn after each step: other cells, the buttons

    def __init__(self, data=two_moons, *, steps=100, **settings):
        self._steps, self._data = check_whole("steps", steps, 1), data
        self._fixed = {name: settings.pop(name) for name in self.OTHERS if name in settings}
        self.controls = self._make_controls(settings)
        self._make_buttons()
        self._lock = threading.RLock()  # buttons and cells may come from two threads of the kernel
        self._playing = None  # the play that goes on, if any: an object of its own
        self._task = self._figure = None
        self._start()
        bar = [*self.buttons.values(), self.progress, self._count]
        bar = ipywidgets.HBox(bar, layout={"align_items": "center", "width": "100%", "max_width": "960px"})
        row = ipywidgets.HBox(list(self.controls.values()), layout={"flex_flow": "row wrap"})
        super().__init__([bar, self._image, self._status, row], picture=self._image, says=[self._status])
        self.add_class("micrograd-lite-training")
        self._listen()

    # ---------------------------------------------------------------- what the buttons do

    def step(self):
        """One step of training, shown at once."""
        with self._lock:
            self._step()
            self._show()

    def reset(self):
        """Stop, and start anew at step 0 with the settings of the controls."""
        self.stop()
        with self._lock:
            self._start()

    def stop(self):
        """Stop playing after the present step. Nothing happens if it does not play."""
        self._now_plays(None)

    def play(self):
        """Train until `stop()`, or until the last step, without holding up the kernel. -> the asyncio task"""
        if self.playing:
            return self._task
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError(
                f"{type(self).__name__}.play() needs the event loop of a notebook; "
                "in a script call step() in a loop"
            ) from None
        self._task = loop.create_task(self.train())
        self._task.add_done_callback(_seen)
        return self._task

    def train(self):
        """What `play` makes a task of, to be awaited: steps until stopped or done. An error is raised too."""
        self._now_plays(object())
        return self._train(self._playing)

    async def _train(self, me):
        due = -math.inf  # when the next picture may be drawn
        try:
            while self._playing is me and not self.finished:
                with self._lock:
                    if self._playing is me:
                        self._step()
                started = time.monotonic()
                if started >= due:
                    self._show()
                    drawing = time.monotonic() - started
                    due = started + max(self.FRAME_SECONDS, 3.0 * drawing)
                await asyncio.sleep(self.BREATH_SECONDS)
        except Exception as problem:
            self._fail(problem)
            raise
        else:
            self._show()
        finally:
            if self._playing is me:
                self._now_plays(None)

    def _now_plays(self, me):
        self._playing, self.busy = me, me is not None

    @property
    def playing(self):
        return self._playing is not None

    @property
    def finished(self):
        """True if there is no step left to play: all are done, or the run diverged."""
        return self.run.diverged or self.run.step_count >= self._steps

    # ---------------------------------------------------------------- the run and its picture

    def _start(self):
        settings = {name: control.value for name, control in self.controls.items()}
        self.run = self.RUN(self._data, **self._fixed, **settings)
        if self._figure is None or not np.array_equal(self._figure.X, self.run.X):
            self._figure = RunFigure(self.run, self._steps)  # other points need other axes
        self._show()

    def _step(self):
        if self.run.step_count >= self._steps:
            raise ValueError(f"all {self._steps} steps are done; reset, or make a player with more steps")
        self.run.step()

    def _show(self):
        with self._lock:
            self._figure.update(self.run)
            self._image.value = self._figure.quick_html(self.run.describe())
            self.progress.value = self.run.step_count
            self.progress.bar_style = "danger" if self.run.diverged else "info"
            self._count.value = f"{self.run.step_count} of {self._steps}"
            self._say(self.run.state(), self.run.warning())

    def _say(self, text, warning=""):
        self._status.value = as_status(text) + as_alarm(warning)

    def _fail(self, problem):
        self._say("The player stopped.", f"{type(problem).__name__}: {problem}")

    # ---------------------------------------------------------------- the controls

    def _make_controls(self, settings):
        first = dict(self.FIRST)
        if unknown := settings.keys() - first.keys():
            known = ", ".join([*first, *self.OTHERS])
            raise TypeError(
                f"{type(self).__name__} has no setting {', '.join(sorted(unknown))}; it has {known}"
            )
        if not callable(self._data):
            if "noise" in settings:
                raise ValueError(
                    "noise is for a generator such as two_moons; your own points come as they are"
                )
            del first["noise"]
        return {name: _CONTROLS[name](name, value) for name, value in (first | settings).items()}

    def _make_buttons(self):
        self.progress = ipywidgets.IntProgress(
            0, 0, self._steps, description="Steps", layout={"flex": "1 1 200px", "width": "auto"}
        )
        self._count = ipywidgets.Label(layout={"min_width": "90px"})
        self._image, self._status = ipywidgets.HTML(), ipywidgets.HTML()
        self.buttons = {
            name: ipywidgets.Button(
                description=name.capitalize(), icon=icon, tooltip=tooltip, layout={"width": "88px"}
            )
            for name, (icon, tooltip) in _BUTTONS.items()
        }

    def _listen(self):
        for name, button in self.buttons.items():
            act = getattr(self, name)
            button.on_click(lambda _, act=act: self._try(act))
        for name, control in self.controls.items():
            control.observe(lambda change, name=name: self._try(self._set, name, change.new), "value")

    def _set(self, name, value):
        """Another value: for the run as it is, if it can take one, else for a new run."""
        with self._lock:
            if take := getattr(self.run, f"set_{name}", None):
                return take(value)
        self.reset()

    def _try(self, act, *arguments):
        """What a control does; an error is shown in the player, where the person who pressed it looks."""
        try:
            act(*arguments)
        except Exception as problem:
            self._fail(problem)


_BUTTONS = {  # name of the method: icon, tooltip
    "play": ("play", "Train until the last step"),
    "stop": ("pause", "Stop after the present step"),
    "step": ("step-forward", "One step of training"),
    "reset": ("refresh", "Back to step 0, with the settings below"),
}

# ---------------------------------------------------------------- settings as controls

WIDE = widths(label=110, control=310)


def _chosen(description, choices, zero="0", live=True):
    """A maker of sliders over a few numbers; `zero` is what they say of 0, `live` if a drag counts."""

    def make(name, value):
        check_choice(name, value, choices)
        look = {"description": description, "continuous_update": live, **WIDE}
        options = [(f"{choice:g}" if choice else zero, choice) for choice in choices]
        return ipywidgets.SelectionSlider(options=options, value=value, **look)

    return make


def _hidden(name, value):
    low, high = 1, 32  # wider networks take longer than the eye likes to wait
    value = check_whole(name, value, low, high)
    return ipywidgets.IntSlider(value, low, high, description="Hidden width", continuous_update=False, **WIDE)


def _noise(name, value):
    low, high = 0.0, 0.5
    value = check_number(name, value, low, high)
    look = {"description": "Noise", "continuous_update": False, **WIDE}
    return ipywidgets.FloatSlider(value, min=low, max=high, step=0.01, **look)


def _seed(name, value):
    low, high = 0, 9999
    value = check_whole(name, value, low, high)
    return ipywidgets.BoundedIntText(value, min=low, max=high, description="Seed", **WIDE)


_CONTROLS = {
    "lr": _chosen("Learning rate", (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)),
    "l2": _chosen("L2 factor", (0.0, 0.00001, 0.0001, 0.001, 0.01, 0.1, 1.0), zero="none"),
    "batch": _chosen("Batch", (0, 1, 10, 32), zero="all", live=False),  # samples for one update
    "hidden": _hidden,
    "noise": _noise,
    "seed": _seed,
}


def _seen(task):
    """The error of a task that nobody awaits was shown in the player; asyncio need not report it again."""
    if not task.cancelled():
        task.exception()
