"""One neuron to set by hand: two weights and a bias against points in the plane.

`neuron_frame("iris", w1=1, w2=2, b=-8)` is the picture. `NeuronExplorer("iris")` is the same picture with
sliders; it needs a notebook with a kernel. `task(name)` gives the points: two species of iris with two
measurements, or the truth table of a logic gate.
"""

import math
from dataclasses import dataclass

import ipywidgets
import numpy as np

from micrograd_lite import figures
from micrograd_lite.datasets import load_iris
from micrograd_lite.graph import number
from micrograd_lite.widgets.base import (
    Explorer,
    MovingFigure,
    as_status,
    check_choice,
    check_number,
    check_whole,
    widths,
)

__all__ = ["TASKS", "NeuronExplorer", "Reading", "Task", "neuron_frame", "task"]

GATES = {"AND": (0, 0, 0, 1), "OR": (0, 1, 1, 1), "NAND": (1, 1, 1, 0), "XOR": (0, 1, 1, 0)}
TASKS = ("iris", "setosa", *GATES)
WEIGHTS = 5.0  # the sliders of both weights go from -5 to 5
SHOWN_Z = 8.0  # the right panel ends there; points beyond stand at its edge


@dataclass(frozen=True, eq=False)
class Task:
    """Two classes of points in the plane, and how to speak of them."""

    name: str
    X: np.ndarray  # (m, 2)
    y: np.ndarray  # (m,) labels 0 and 1
    names: tuple[str, str]  # of the classes
    thing: str  # what one point is: "flower", "row"
    things: str
    inputs: tuple[str, str]  # what the two columns are
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    bias: float  # the bias slider goes from -bias to bias
    first: tuple[float, float, float]  # w1, w2, b where an explorer begins


def task(name):
    """The points of a task by name: "iris", "setosa", "AND", "OR", "NAND" or "XOR".

    "iris": 50 versicolor (class 0) and 50 virginica (class 1), petal length and petal width in cm. "setosa":
    50 setosa (0) and 50 versicolor (1), the same columns. A gate: its truth table, four rows of zeros and
    ones in the order 00, 01, 10, 11. Errors: ValueError for another name.
    """
    if name in GATES:
        X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        y = np.array(GATES[name])
        ranges = (-1.4, 2.4), (-0.5, 1.5)
        return Task(name, X, y, ("0", "1"), "row", "rows", ("x1", "x2"), *ranges, 5.0, (1.0, 0.0, -0.5))
    check_choice("task", name, TASKS)
    iris = load_iris()
    low, x_range, y_range = (1, (2.2, 7.9), (0.2, 3.2)) if name == "iris" else (0, (0.2, 5.9), (-0.6, 2.4))
    chosen = (iris.y == low) | (iris.y == low + 1)
    return Task(
        name,
        iris.X[chosen][:, 2:],
        iris.y[chosen] - low,
        iris.target_names[low : low + 2],
        "flower",
        "flowers",
        ("petal length", "petal width"),
        x_range,
        y_range,
        20.0,
        (1.0, 0.0, -4.0),
    )


class Reading:
    """What a neuron says of a task's points: `z` (m,), `right`, and sentences.

    A z of less than 1e-9 counts as 0, on the line: slider values and measurements have one digit after the
    point, and what is left of such a sum below that is rounding. A point on the line is read as class 0.
    """

    def __init__(self, task, w1, w2, b, sample):
        self.w1, self.w2, self.b = check_number("w1", w1), check_number("w2", w2), check_number("b", b)
        self.task, self.sample = task, check_whole("sample", sample, 0, len(task.X) - 1)
        self.z = np.round(self.w1 * task.X[:, 0] + self.w2 * task.X[:, 1] + self.b, 9) + 0.0  # (m,)
        self.right = int(np.sum((self.z > 0) == (task.y == 1)))

    @property
    def length(self):
        """|w|"""
        return math.hypot(self.w1, self.w2)

    def title(self):
        m = len(self.z)
        return f"{self.right} of {m} {self.task.things} on their side ({self.right / m:.1%})"

    def line(self):
        x1, x2 = self.task.inputs
        if self.length == 0.0:
            return "Both weights are 0: there is no line, and every point gets the same answer."
        outside = "" if self._in_picture() else " It lies outside of the picture."
        return f"Line: {number(self.w1)} · {x1} {_signed(self.w2)} · {x2} {_signed(self.b)} = 0.{outside}"

    def _in_picture(self):
        """Whether the line runs through the picture: z has both signs at its corners."""
        corners = [
            self.w1 * x1 + self.w2 * x2 + self.b for x1 in self.task.x_range for x2 in self.task.y_range
        ]
        return min(corners) <= 0.0 <= max(corners)

    def wrong(self):
        """Who is on the wrong side."""
        counts = [int(np.sum((self.task.y == k) & ((self.z > 0) != (k == 1)))) for k in (0, 1)]
        said = " and ".join(
            f"{n} of class {name}" for n, name in zip(counts, self.task.names, strict=True) if n
        )
        return f"Wrong: {said}." if said else "No point is on the wrong side."

    def picked(self):
        """The picked point: its z with all terms, its a, the answer, and its distance to the line."""
        t, i = self.task, self.sample
        (x1, x2), z = t.X[i].tolist(), float(self.z[i])
        terms = f"{number(self.w1)}·{number(x1)} {_signed(self.w2)}·{number(x2)} {_signed(self.b)}"
        told, is_so = t.names[int(z > 0)], t.names[t.y[i]]
        verdict = "right" if told == is_so else f"but it is {is_so}"
        far = f" Distance to the line: {number(abs(z) / self.length)}." if self.length else ""
        return (
            f"{t.thing.capitalize()} {i}: z = {terms} = {number(z)}, a = σ(z) = {number(sigma(z))}: "
            f"read as {told}, {verdict}.{far}"
        )

    def said(self):
        """All of it, the picked point in a line of its own."""
        return f"{self.title()}. {self.wrong()} {self.line()}\n{self.picked()}"

    def describe(self):
        return f"{self.task.name}: {self.said()}".replace("\n", " ")


def _signed(x):
    return f"− {number(-x)}" if x < 0 else f"+ {number(x)}"


def sigma(z):
    """The sigmoid of one number, without overflow for any z."""
    return (1.0 + math.tanh(z / 2.0)) / 2.0


def neuron_frame(name="iris", *, w1=1.0, w2=2.0, b=-8.0, sample=0):
    """A neuron z = w1·x1 + w2·x2 + b against a task's points, as a `figures.Picture`.

    Left: the points, the line z = 0, the shading a = σ(z), the picked point with its distance to the line.
    Right: σ, with every point of class 1 at its z above and every point of class 0 below.
    name : a task, see `task`. sample : the picked point, counted from 0. Errors: ValueError.
    """
    return _NeuronFigure.picture(Reading(task(name), w1, w2, b, sample))


class _NeuronFigure(MovingFigure):
    """The figure for one task: its points and axes stay, what the neuron says of them moves."""

    SIZE = (9.6, 3.9)

    def _draw_axes(self, reading):
        self.task = reading.task
        self.plane, self.curve = self.figure.subplots(1, 2, width_ratios=(1.6, 1.0))
        self.figure.subplots_adjust(left=0.075, right=0.985, top=0.80, bottom=0.14, wspace=0.16)
        self._draw_plane()
        self._draw_curve()
        spines = [ax.spines[side] for ax in (self.plane, self.curve) for side in ("left", "bottom")]
        self.above = [*self._points, *spines]

    def _draw_plane(self):
        unit = " in cm" if self.task.thing == "flower" else ""
        x1, x2 = self.task.inputs
        self.plane.set(xlim=self.task.x_range, ylim=self.task.y_range, aspect="equal", anchor="W")
        self.plane.set(
            xlabel=f"$x_1$: {x1}{unit}" if unit else "$x_1$", ylabel=f"$x_2$: {x2}{unit}" if unit else "$x_2$"
        )
        figures.draw_points(self.plane, self.task.X, self.task.y > 0, self.task.names)
        self._points = list(self.plane.collections)
        if not unit:
            self.plane.set(xticks=(-1, 0, 1, 2), yticks=(0, 1))
        keys = [*self.plane.get_legend_handles_labels()[0], *figures.line_keys()]
        self.plane.legend(
            handles=keys, ncols=3, loc="lower left", bbox_to_anchor=(-0.01, 1.0), borderaxespad=0.1,
            handlelength=1.2, columnspacing=1.2, borderpad=0.1,
        )  # fmt: skip

    def _draw_curve(self):
        zs = np.linspace(-SHOWN_Z, SHOWN_Z, 200)
        ax, names = self.curve, self.task.names
        ax.plot(zs, 1.0 / (1.0 + np.exp(-zs)), color=figures.GREY)
        ax.axvline(0.0, color=figures.INK, linewidth=1.4)
        ax.grid(True, axis="y")
        ax.set(xlim=(-1.06 * SHOWN_Z, 1.06 * SHOWN_Z), ylim=(-0.32, 1.32), yticks=(0.0, 0.5, 1.0))
        ax.set_xticks((-8, -4, 0, 4, 8))
        ax.set(xlabel="$z$ (beyond ±8: at the edge)", ylabel="$a = \\sigma(z)$")
        ax.set_title(f"above: {names[1]}, below: {names[0]}", fontsize=11, fontweight="normal")

    def _move(self, reading):
        self.clear()
        line = figures.draw_neuron(self.plane, reading.w1, reading.w2, reading.b)
        marks, strips = self._mark_in_plane(reading), self._draw_strips(reading)
        self.moving = [*line, *marks, *strips, self.heading(0.075, 0.93, reading.title())]

    def _mark_in_plane(self, reading):
        x1, x2 = self.task.X[reading.sample].tolist()
        ring = {"marker": "o", "ms": 15, "mfc": "none", "mec": figures.INK, "mew": 2.0}
        marks = self.plane.plot([x1], [x2], linestyle="none", zorder=5, **ring)
        if reading.length:
            foot = figures.foot_on_line(x1, x2, reading.w1, reading.w2, reading.b)
            look = {"color": figures.INK, "linewidth": 1.6, "linestyle": (0, (2, 1.5)), "zorder": 4}
            marks += self.plane.plot([x1, foot[0]], [x2, foot[1]], scalex=False, scaley=False, **look)
        return marks

    def _draw_strips(self, reading):
        """Every point at its z: class 1 above the curve, class 0 below; the picked one also on the curve."""
        z = np.clip(reading.z, -SHOWN_Z, SHOWN_Z)
        spread = 0.03 * (np.arange(len(z)) % 6)  # (m,) so that equal z do not hide each other
        drawn = []
        for k, look in enumerate(figures.CLASS_LOOKS):
            chosen = self.task.y == k
            height = 1.12 + spread[chosen] if k else -0.12 - spread[chosen]
            drawn += self.curve.plot(
                z[chosen], height, linestyle="none", ms=5.5, mec="white", mew=0.5, zorder=3, **look
            )
        at = float(z[reading.sample])
        end = 1.2 if self.task.y[reading.sample] else -0.2
        look = {"color": figures.INK, "linewidth": 1.6, "linestyle": (0, (2, 1.5)), "zorder": 4}
        drawn += self.curve.plot([at, at], [sigma(at), end], **look)
        drawn += self.curve.plot([at], [sigma(at)], "D", color=figures.INK, ms=8, zorder=5)
        return drawn


class NeuronExplorer(Explorer):
    """Set a neuron by hand: sliders for both weights, the bias and the picked point.

    *names : str
        One task or several (see `task`); with several there is a menu to choose from.
    w1, w2, b : float
        First values, else those of the task; the weights from -5 to 5, the bias from -20 to 20 (gates: -5 to
        5).
    sample : int
        The picked point.

    `reading` is what the neuron says now: `reading.right`, `reading.z`. Errors: ValueError for an unknown
    task or a value outside of its slider.
    """

    NAME, FIGURE = "neuron", _NeuronFigure

    def __init__(self, *names, w1=None, w2=None, b=None, sample=0):
        names = names or ("iris",)
        self._tasks = {name: task(name) for name in names}
        self._task = self._tasks[names[0]]
        self._wanted, self._sample = {"w1": w1, "w2": w2, "b": b}, sample
        wide = widths(label=100, control=310)
        menu = {"task": ipywidgets.Dropdown(options=names, description="Task", **wide)}
        look = {"min": -WEIGHTS, "max": WEIGHTS, "step": 0.1, "readout_format": ".1f", **wide}
        controls = (menu if len(names) > 1 else {}) | {
            "w1": ipywidgets.FloatSlider(0.0, description="Weight w₁", **look),
            "w2": ipywidgets.FloatSlider(0.0, description="Weight w₂", **look),
            "b": ipywidgets.FloatSlider(0.0, description="Bias b", **look),
            "sample": ipywidgets.IntSlider(0, 0, 3, description="Picked", **wide),
        }
        self._set_limits(controls)
        self.reset_button = ipywidgets.Button(
            description="Reset", icon="refresh", tooltip="Back to the first weights", layout={"width": "88px"}
        )
        super().__init__(controls, [self.reset_button])
        self.reset_button.on_click(lambda _: self.reset())

    def reset(self):
        """Back to the first weights, bias and point."""
        with self._at_once():
            if "task" in self.controls:
                self._task = self._tasks[self.controls["task"].value]
            self._set_limits(self.controls)

    def _changed(self, name):
        self.reset() if name == "task" else self._show()

    def _set_limits(self, controls):
        """Limits and first values of the sliders for the present task."""
        limits = {"w1": WEIGHTS, "w2": WEIGHTS, "b": self._task.bias}
        for (name, limit), usual in zip(limits.items(), self._task.first, strict=True):
            first = usual if self._wanted[name] is None else self._wanted[name]
            check_number(f"{name} of {self._task.name}", first, -limit, limit)
            controls[name].min, controls[name].max = -limit, limit
            controls[name].value = first
        last = len(self._task.X) - 1
        controls["sample"].max = last
        controls["sample"].description = f"Picked {self._task.thing}"
        controls["sample"].value = min(self._sample, last)

    def _key(self, reading):
        return reading.task.name

    def _read(self, w1, w2, b, sample, task=None):
        return Reading(self._task, w1, w2, b, sample)  # whose limits are set: not what the menu says by now

    def _said(self):
        return as_status(self.reading.said())
