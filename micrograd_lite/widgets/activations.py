"""Look at an activation function, and at softmax.

`activation_frame("tanh", x=1.0)` is a picture of f with its tangent at x, and of f′.
`softmax_frame((2, 1, 0), temperature=0.5)` shows scores and the probabilities made of them.
`ActivationExplorer()` and `SoftmaxExplorer()` are the same pictures with controls; they need a notebook with
a kernel.
"""

import math

import ipywidgets
import numpy as np

from micrograd_lite import figures
from micrograd_lite.activations import ACTIVATIONS, leaky_relu, leaky_relu_slope, softmax
from micrograd_lite.graph import number
from micrograd_lite.widgets.base import Explorer, MovingFigure, check_choice, check_number, widths

__all__ = ["ActivationExplorer", "SoftmaxExplorer", "activation_frame", "softmax_frame"]

REACH = 6.0  # the curves go from x = -6 to 6
ALPHAS = (0.0, 0.5)  # of Leaky ReLU
HEIGHTS = {"sigmoid": (-1.15, 1.15), "tanh": (-1.15, 1.15), "linear": (-6.4, 6.4)}  # of the picture of f
RAMP = (-3.2, 6.4)  # for all others
SCORES = (-5.0, 5.0)  # of the softmax explorer's sliders
TEMPERATURES = (0.05, 20.0)
CLASSES = ("class A", "class B", "class C")
WIDE = widths(label=110, control=330)


# ---------------------------------------------------------------- one activation function


class Tangent:
    """What one activation function does at x: `value`, `slope`, and a sentence."""

    def __init__(self, name, x, alpha):
        self.name = check_choice("an activation", name, ACTIVATIONS)
        self.x, alpha = check_number("x", x, -REACH, REACH), check_number("alpha", alpha, *ALPHAS)
        self.title = ACTIVATIONS[name].title
        self.f, self.slope_of = ACTIVATIONS[name].f, ACTIVATIONS[name].slope
        if name == "leaky_relu":
            self.title += f", α = {number(alpha)}"
            self.f, self.slope_of = lambda v: leaky_relu(v, alpha), lambda v: leaky_relu_slope(v, alpha)
        self.value, self.slope = float(self.f(self.x)), float(self.slope_of(self.x))
        self.height = HEIGHTS.get(name, RAMP)  # of the picture

    def heading(self):
        return f"{self.title}: f({number(self.x)}) = {number(self.value)}, slope {number(self.slope)}"

    def moral(self):
        """What the slope means for a gradient that passes here."""
        if self.x == 0.0 and self.name in ("relu", "leaky_relu"):
            return "A corner has no tangent; the slope shown is the one PyTorch takes."
        if self.slope == 0.0:
            return "Nothing of a gradient passes here."
        times = f"A gradient that passes here is multiplied by {number(self.slope)}"
        return f"{times}: little is left of it." if abs(self.slope) < 0.1 else f"{times}."

    def describe(self):
        return f"{self.heading()}. {self.moral()}"


def activation_frame(name="sigmoid", *, x=1.0, alpha=0.01):
    """f with its tangent at x on the left, f′ on the right, as a `figures.Picture`.

    name : a key of `activations.ACTIVATIONS`. x : from −6 to 6. alpha : Leaky ReLU's, from 0 to 0.5.
    Errors: ValueError.
    """
    return _TangentFigure.picture(Tangent(name, x, alpha))


class _TangentFigure(MovingFigure):
    """Two panels with fixed axes, on which the curves and the point move."""

    XS = np.linspace(-REACH, REACH, 601)

    def _draw_axes(self, tangent):
        self.left, self.right = self.figure.subplots(1, 2)
        self.figure.subplots_adjust(left=0.07, right=0.985, top=0.80, bottom=0.14, wspace=0.18)
        panels = ((self.left, tangent.height, "f(x)"), (self.right, (-0.25, 1.25), "f ′(x)"))
        for ax, y_range, label in panels:
            ax.axhline(0.0, color=figures.GREY, linewidth=0.8, zorder=1)
            ax.grid(True)
            ax.set(xlim=(-REACH, REACH), ylim=y_range, xlabel="$x$")
            ax.set_title(label, fontsize=11.5)

    def _move(self, tangent):
        self.clear()
        ends = np.array([tangent.x - 2.5, tangent.x + 2.5])
        line = tangent.value + tangent.slope * (ends - tangent.x)
        drop = {"color": figures.INK, "linewidth": 1.3, "linestyle": (0, (2, 2)), "zorder": 4}
        self.moving = [
            *self.left.plot(self.XS, tangent.f(self.XS), zorder=4, **figures.CURVE_LOOKS[0]),
            *self.right.plot(self.XS, tangent.slope_of(self.XS), zorder=4, **figures.CURVE_LOOKS[1]),
            *self.left.plot(ends, line, color=figures.INK, linewidth=2.0, zorder=5),
            *self.left.plot([tangent.x], [tangent.value], "o", color=figures.INK, ms=8, zorder=6),
            *self.right.plot([tangent.x, tangent.x], [0.0, tangent.slope], **drop),
            *self.right.plot([tangent.x], [tangent.slope], "D", color=figures.INK, ms=8, zorder=6),
            self.heading(0.07, 0.925, tangent.heading()),
        ]


class ActivationExplorer(Explorer):
    """Choose an activation function and move along it: value, tangent and slope follow.

    name, x, alpha : first values, as in `activation_frame`. `reading` is what is shown now: `reading.value`,
    `reading.slope`. Errors: ValueError for an unknown function or a value outside of its slider.
    """

    NAME, FIGURE = "activation", _TangentFigure

    def __init__(self, name="sigmoid", *, x=1.0, alpha=0.01):
        Tangent(name, x, alpha)
        functions = [(a.title, key) for key, a in ACTIVATIONS.items()]
        slider, (low, high) = ipywidgets.FloatSlider, ALPHAS
        super().__init__(
            {
                "name": ipywidgets.Dropdown(options=functions, value=name, description="Function", **WIDE),
                "x": slider(x, min=-REACH, max=REACH, step=0.1, description="x", **WIDE),
                "alpha": slider(alpha, min=low, max=high, step=0.01, description="α (Leaky ReLU)", **WIDE),
            }
        )
        self._prepare(Tangent(other, x, alpha) for other in ACTIVATIONS)

    def _key(self, tangent):
        return tangent.height

    def _read(self, **values):
        self.controls["alpha"].disabled = values["name"] != "leaky_relu"
        return Tangent(**values)


# ---------------------------------------------------------------- softmax


class Shares:
    """Scores and the probabilities that softmax makes of them at a temperature, with a sentence."""

    def __init__(self, scores, temperature):
        if len(scores) != len(CLASSES):
            raise ValueError(f"softmax_frame takes {len(CLASSES)} scores, got {len(scores)}: {scores!r}")
        for label, score in zip(CLASSES, scores, strict=True):
            check_number(f"the score of {label}", score, *SCORES)
        self.scores = np.array(scores, dtype=float)
        self.temperature = check_number("temperature", temperature, *TEMPERATURES)
        self.p = softmax(self.scores / self.temperature)  # (3,)

    def heading(self):
        return f"Temperature {number(self.temperature)}: the largest probability is {self.p.max():.4f}"

    def describe(self):
        said = ", ".join(
            f"{label} {number(score)} → {p:.4f}"
            for label, score, p in zip(CLASSES, self.scores.tolist(), self.p.tolist(), strict=True)
        )
        return f"{self.heading()}. Score → probability: {said}."


def softmax_frame(scores=(2.0, 1.0, 0.0), *, temperature=1.0):
    """Three scores on the left, softmax(scores / temperature) on the right, as a `figures.Picture`.

    scores : 3 numbers from −5 to 5. temperature : from 0.05 to 20. Errors: ValueError.
    """
    return _SharesFigure.picture(Shares(scores, temperature))


class _SharesFigure(MovingFigure):
    """Two bar charts, in which the bars move."""

    SIZE = (9.0, 3.3)

    def _draw_axes(self, shares):
        self.left, self.right = self.figure.subplots(1, 2)
        self.figure.subplots_adjust(left=0.085, right=0.985, top=0.77, bottom=0.11, wspace=0.22)
        low, high = SCORES
        self.left.set(ylim=(low - 1.0, high + 1.0), ylabel="score")
        self.right.set(ylim=(0.0, 1.12), ylabel="probability", yticks=(0.0, 0.25, 0.5, 0.75, 1.0))
        self.left.set_title("scores", fontsize=11.5)
        self.right.set_title("softmax of scores / temperature", fontsize=11.5)
        for ax in (self.left, self.right):
            ax.set(xlim=(-0.6, 2.6))
            ax.set_xticks(range(3), CLASSES)
            ax.axhline(0.0, color=figures.GREY, linewidth=0.8, zorder=1)
            ax.grid(True, axis="y")
            ax.set_axisbelow(True)

    def _move(self, shares):
        self.clear()
        bars = []
        for ax, heights, color in (
            (self.left, shares.scores, figures.BLUE),
            (self.right, shares.p, figures.ORANGE),
        ):
            bars += ax.bar(range(3), heights, 0.6, color=color, zorder=4).patches
            for i, height in enumerate(heights.tolist()):
                label = number(height) if ax is self.left else f"{height:.4f}"
                up = height >= 0.0
                place = {"xytext": (0, 3 if up else -3), "textcoords": "offset points", "zorder": 6}
                bars.append(
                    ax.annotate(label, (i, height), ha="center", va="bottom" if up else "top", **place)
                )
        self.moving = [*bars, self.heading(0.085, 0.915, shares.heading())]


class SoftmaxExplorer(Explorer):
    """Three scores and a temperature to set: the probabilities follow.

    scores, temperature : first values, as in `softmax_frame`. `reading.p` is what is shown now. Errors:
    ValueError for a value outside of its slider.
    """

    NAME, FIGURE = "softmax", _SharesFigure

    def __init__(self, scores=(2.0, 1.0, 0.0), *, temperature=1.0):
        Shares(scores, temperature)
        low, high = SCORES
        controls = {
            label: ipywidgets.FloatSlider(
                score, min=low, max=high, step=0.1, description=f"Score {label}", **WIDE
            )
            for label, score in zip(CLASSES, scores, strict=True)
        }
        low, high = map(math.log10, TEMPERATURES)
        controls["temperature"] = ipywidgets.FloatLogSlider(
            temperature, base=10, min=low, max=high, step=0.02, description="Temperature",
            readout_format=".3g", **WIDE,
        )  # fmt: skip
        super().__init__(controls)

    def _read(self, temperature, **scores):
        low, high = TEMPERATURES
        return Shares(list(scores.values()), min(max(temperature, low), high))  # 10**log10(20) is above 20
