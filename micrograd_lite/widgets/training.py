"""The training player: a network learns two classes of points, step by step, while you watch (chapter 04).

`training_frame(steps=60)` is the picture after 60 steps. `TrainingPlayer()` is the same picture with buttons
and sliders; it needs a notebook with a kernel. Both are driven by a `TrainingRun`, which does what the loop
in chapter 04 does: forward, hinge loss and L2, `zero_grad`, `backward`, `step`. `Run` and `Frame` are what
it shares with the boundary trainer of chapter 03 (`widgets/boundary.py`).
"""

import asyncio
import math
import threading
import time
from html import escape

import ipywidgets
import numpy as np

from micrograd_lite import figures
from micrograd_lite.datasets import two_moons
from micrograd_lite.graph import _in_order
from micrograd_lite.losses import hinge, l2
from micrograd_lite.nn import MLP
from micrograd_lite.optim import SGD
from micrograd_lite.widgets.frame import PIXELS_PER_INCH, as_html

__all__ = [
    "CHOICES",
    "LIMITS",
    "Frame",
    "Run",
    "TrainingPlayer",
    "TrainingRun",
    "at_least_zero",
    "still",
    "training_frame",
    "whole",
]

# What the controls allow. Wider networks take longer than the eye likes to wait.
LIMITS = {"hidden": (1, 32), "noise": (0.0, 0.5), "seed": (0, 9999)}
CHOICES = {
    "lr": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
    "l2": (0.0, 0.00001, 0.0001, 0.001, 0.01, 0.1, 1.0),
}


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
        at_least_zero("lr", lr)
        self.lr = lr

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
        frame = Frame(self, self.step_count if steps is None else steps)
        return figures.Picture(frame.figure, self.describe())

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
        self,
        data=two_moons,
        *,
        n=100,
        noise=0.1,
        hidden=16,
        lr=0.3,
        l2=0.0001,
        seed=0,
        activation="tanh",
    ):
        super().__init__(data, n, noise, seed)
        self._rows = self.X.tolist()
        self._targets = [1.0 if is_one else -1.0 for is_one in self.positive]
        self.model = MLP(2, [hidden, hidden, 1], activation=activation, seed=seed)
        self._weights = [w for layer in self.model.layers for neuron in layer.neurons for w in neuron.w]
        self._optimizer = SGD(self.model.parameters(), lr=lr)
        self.hidden, self.activation, self.lr = hidden, activation, lr
        self.set_l2(l2)
        self._counted_with = None
        self._forward()

    def set_l2(self, factor):
        """Take another λ from the next forward pass on."""
        at_least_zero("l2", factor)
        self.l2 = factor

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


def still(run, steps):
    """The picture of a run after `steps` steps, or after the one with which it diverged."""
    whole("steps", steps, least=0)
    while run.step_count < steps and not run.diverged:
        run.step()
    return run.picture(steps)


class Frame:
    """The figure of a run: drawn once, then changed where a step changes it."""

    SIZE = (9.6, 3.7)  # inches

    def __init__(self, run, steps):
        self.steps, self.X = max(steps, 1), run.X
        with figures.style():
            self.figure = figures.new_figure(*self.SIZE, layout=None)
            self.plane, self.curve = self.figure.subplots(1, 2, width_ratios=(1.15, 1.0))
            self.figure.subplots_adjust(left=0.075, right=0.975, top=0.81, bottom=0.15, wspace=0.22)
            self._draw_plane(run)
            self._draw_curve()
            for ax in (self.plane, self.curve):  # ticks made later look the same
                ax.tick_params(labelsize=10.5, color=figures.GREY, labelcolor=figures.INK)
                ax.tick_params(labelfontfamily="DejaVu Sans")
            self._drawn = []
            self._background = self._scale = None
            self.update(run)

    def _draw_plane(self, run):
        x_range, y_range = figures.ranges_of(run.X)
        self.plane.set(xlim=x_range, ylim=y_range, xlabel="$x_1$", ylabel="$x_2$")
        figures.draw_points(self.plane, run.X, run.positive, ("class 0", "class 1"))
        keys = [*self.plane.get_legend_handles_labels()[0], *figures.line_keys(margins=True)]
        self.plane.legend(
            handles=keys,
            ncols=4,
            loc="lower left",
            bbox_to_anchor=(-0.01, 1.01),
            borderaxespad=0.1,
            handlelength=1.2,
            columnspacing=1.2,
            borderpad=0.1,
        )
        self._plane_title = self.figure.text(0.075, 0.93, "", fontsize=13, fontweight="bold")

    def _draw_curve(self):
        (self._line,) = self.curve.plot([], [], **figures.CURVE_LOOKS[0])
        (self._end,) = self.curve.plot([], [], "o", color=figures.BLUE, ms=7, clip_on=False)
        self.curve.grid(True)
        self.curve.set(xlim=(0, self.steps), xlabel="step")
        left = self.curve.get_position().x0
        self._curve_title = self.figure.text(left, 0.93, "", fontsize=13, fontweight="bold")
        self._size = self.figure.text(left, 0.852, "", fontsize=10.5)

    def update(self, run):
        """Show the run as it is now."""
        for artist in self._drawn:
            artist.remove()
        ranges = self.plane.get_xlim(), self.plane.get_ylim()
        field = figures.Field(run.scores_at, *ranges, run.LINES)
        self._drawn = figures.draw_field(self.plane, field, margins=True)
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

    def quick_png(self, dpi):
        """The figure as PNG bytes; axes, ticks and legend are drawn once and kept while the scale stays.

        The same pixels as drawing all of it (a test compares them), at a third of the time.
        """
        canvas, moving = self.figure.canvas, self._moving()
        scale = dpi, self.curve.get_ylim(), self.curve.get_yscale()
        if scale != self._scale:
            for artist in moving:
                artist.set_visible(False)
            self.figure.set_dpi(dpi)
            canvas.draw()
            self._background, self._scale = canvas.copy_from_bbox(self.figure.bbox), scale
            for artist in moving:
                artist.set_visible(True)
        canvas.restore_region(self._background)
        for artist in moving:
            artist.draw(canvas.get_renderer())
        return figures.canvas_png(canvas)

    def _moving(self):
        """What a step changes or covers, in the order of drawing."""
        spines = [ax.spines[side] for ax in (self.plane, self.curve) for side in ("left", "bottom")]
        texts = [self._plane_title, self._curve_title, self._size]
        return [*self._drawn, self._line, self._end, *spines, *self.plane.collections[:2], *texts]


def _loss_title(run):
    if run.diverged:
        return f"The loss diverged at step {run.step_count}"
    return f"Loss {run.losses[-1]:.4g}" + (", it blows up" if run.warning() else "")


class TrainingPlayer(ipywidgets.VBox):
    """Watch a network learn: play, stop, one step, reset; learning rate, width, L2, noise and seed to set.

    data : as in `TrainingRun`. With your own points (X, y) there is no noise to set.
    steps : int
        Where the player stops by itself.
    **settings : first values of the controls (`lr`, `hidden`, `l2`, `noise`, `seed`) and the other settings
        of `TrainingRun` (`n`, `activation`). ValueError for one outside of `LIMITS`, `CHOICES`.

    The learning rate and L2 count from the next step on; width, noise and seed start the run anew. While it
    plays, the kernel takes a breath after every step: other cells run, and the buttons answer.
    `step()`, `reset()`, `play()` and `stop()` do what the buttons do; `run` is the `TrainingRun`.
    """

    RUN = TrainingRun
    FRAME_SECONDS = 0.1  # at most ten pictures a second; drawing takes a third of the time at most
    BREATH_SECONDS = 0.002  # the kernel's turn after each step: other cells, the buttons
    PIXELS_PER_INCH = PIXELS_PER_INCH

    def __init__(self, data=two_moons, *, steps=100, **settings):
        self._steps = whole("steps", steps, least=1)
        self._data = data
        self._fixed = {name: settings.pop(name) for name in ("n", "activation") if name in settings}
        self._make_controls(settings)
        self._lock = threading.RLock()  # buttons and cells may come from two threads of the kernel
        self._playing = None  # the play that goes on, if any: an object of its own
        self._task = self._frame = None
        self._start()
        super().__init__([self._bar(), self._image, self._status, self._sliders()])
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
        self._playing = None

    def play(self):
        """Train until `stop()`, or until the last step, without holding up the kernel. -> the asyncio task"""
        if self.playing:
            return self._task
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise RuntimeError(
                "TrainingPlayer.play() needs the event loop of a notebook; in a script call step() in a loop"
            ) from None
        self._task = loop.create_task(self.train())
        self._task.add_done_callback(_seen)
        return self._task

    def train(self):
        """What `play` makes a task of, to be awaited: steps until stopped or done. An error is raised too."""
        self._playing = object()
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
                self._playing = None

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
        if self._frame is None or not np.array_equal(self._frame.X, self.run.X):
            self._frame = Frame(self.run, self._steps)  # other points need other axes
        self._show()

    def _step(self):
        if self.run.step_count >= self._steps:
            raise ValueError(f"all {self._steps} steps are done; reset, or make a player with more steps")
        self.run.step()

    def _show(self):
        with self._lock:
            self._frame.update(self.run)
            png = self._frame.quick_png(self.PIXELS_PER_INCH)
            self._image.value = as_html(self._frame.figure, png, self.run.describe())
            self.progress.value = self.run.step_count
            self.progress.bar_style = "danger" if self.run.diverged else "info"
            self._count.value = f"{self.run.step_count} of {self._steps}"
            self._say(self.run.state(), self.run.warning())

    def _say(self, text, warning=""):
        alarm = f'<div role="alert" style="color:#B3261E;font-weight:bold">⚠ {escape(warning)}</div>'
        self._status.value = f'<div role="status">{escape(text)}</div>' + alarm * bool(warning)

    def _fail(self, problem):
        self._say("The player stopped.", f"{type(problem).__name__}: {problem}")

    # ---------------------------------------------------------------- the controls

    def _make_controls(self, settings):
        own_points = not callable(self._data)
        if own_points and "noise" in settings:
            raise ValueError("noise is for a generator such as two_moons; your own points come as they are")
        first = {"lr": 0.3, "hidden": 16, "l2": 0.0001, "noise": 0.1, "seed": 0}
        if unknown := settings.keys() - first.keys():
            known = ", ".join([*first, "n", "activation"])
            raise TypeError(f"TrainingPlayer has no setting {', '.join(sorted(unknown))}; it has {known}")
        first |= settings
        for name, (low, high) in LIMITS.items():
            _check_between(name, first[name], low, high)
        for name, choices in CHOICES.items():
            if first[name] not in choices or isinstance(first[name], bool):
                raise ValueError(
                    f"{name} is one of {', '.join(f'{c:g}' for c in choices)}; got {first[name]!r}"
                )
        self.controls = _controls(first)
        if own_points:
            del self.controls["noise"]
        self.progress = ipywidgets.IntProgress(
            0, 0, self._steps, description="Steps", layout={"flex": "1 1 auto", "width": "auto"}
        )
        self._count = ipywidgets.Label(layout={"min_width": "90px"})
        self._status = ipywidgets.HTML()
        self._image = ipywidgets.HTML()
        buttons = (("play", "play"), ("stop", "pause"), ("step", "step-forward"), ("reset", "refresh"))
        self.buttons = {
            name: ipywidgets.Button(
                description=name.capitalize(), icon=icon, tooltip=_TIPS[name], layout={"width": "88px"}
            )
            for name, icon in buttons
        }

    def _bar(self):
        parts = [*self.buttons.values(), self.progress, self._count]
        return ipywidgets.HBox(parts, layout={"align_items": "center", "max_width": "960px"})

    def _sliders(self):
        return ipywidgets.HBox(list(self.controls.values()), layout={"flex_flow": "row wrap"})

    def _listen(self):
        for name, act in (
            ("play", self.play),
            ("stop", self.stop),
            ("step", self.step),
            ("reset", self.reset),
        ):
            self.buttons[name].on_click(lambda _, act=act: self._try(act))
        live = {"lr": self._set_lr, "l2": self._set_l2}
        for name, control in self.controls.items():
            act = live.get(name, self._set_anew)
            control.observe(lambda change, act=act: self._try(act, change.new), "value")

    def _set_anew(self, _):
        self.reset()

    def _set_lr(self, lr):
        with self._lock:
            self.run.set_lr(lr)

    def _set_l2(self, factor):
        with self._lock:
            self.run.set_l2(factor)

    def _try(self, act, *arguments):
        """What a control does; an error is shown in the player, where the person who pressed it looks."""
        try:
            act(*arguments)
        except Exception as problem:
            self._fail(problem)


_TIPS = {
    "play": "Train until the last step",
    "stop": "Stop after the present step",
    "step": "One step of training",
    "reset": "Back to step 0, with the settings below",
}


def _controls(first):
    """The five controls, by the name of the setting."""
    wide = {"style": {"description_width": "110px"}, "layout": {"width": "310px"}}
    return {
        "lr": _choice("lr", "Learning rate", first, wide),
        "l2": _choice("l2", "L2 factor", first, wide),
        "hidden": ipywidgets.IntSlider(
            first["hidden"], *LIMITS["hidden"], description="Hidden width", continuous_update=False, **wide
        ),
        "noise": ipywidgets.FloatSlider(
            first["noise"],
            min=LIMITS["noise"][0],
            max=LIMITS["noise"][1],
            step=0.01,
            description="Noise",
            continuous_update=False,
            **wide,
        ),
        "seed": ipywidgets.BoundedIntText(
            first["seed"], min=LIMITS["seed"][0], max=LIMITS["seed"][1], description="Seed", **wide
        ),
    }


def _choice(name, description, first, look):
    options = [(f"{choice:g}" if choice else "none", choice) for choice in CHOICES[name]]
    return ipywidgets.SelectionSlider(options=options, value=first[name], description=description, **look)


def _seen(task):
    """The error of a task that nobody awaits was shown in the player; asyncio need not report it again."""
    if not task.cancelled():
        task.exception()


def whole(name, number, least):
    if not isinstance(number, int) or isinstance(number, bool) or number < least:
        raise ValueError(f"{name} is a whole number of at least {least}, got {number!r}")
    return number


def at_least_zero(name, number):
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not 0.0 <= number < math.inf:
        raise ValueError(f"{name} is a number of at least 0, got {number!r}")


def _check_between(name, number, low, high):
    whole = isinstance(low, int)
    right_kind = isinstance(number, int if whole else (int, float)) and not isinstance(number, bool)
    if not right_kind or not low <= number <= high:
        kind = "a whole number" if whole else "a number"
        raise ValueError(f"{name} is {kind} from {low:g} to {high:g}, got {number!r}")
