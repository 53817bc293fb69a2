"""How large is the gradient, layer by layer, in a deep network before training?

`gradient_flow("tanh", depth=20, std=0.125)` computes it; `gradient_flow_frame(…)` is the picture, and
`GradientFlowExplorer()` the picture with controls, in a notebook with a kernel.
"""

import math
from dataclasses import dataclass

import ipywidgets
import numpy as np

from micrograd_lite import figures
from micrograd_lite.activations import ACTIVATIONS
from micrograd_lite.graph import number
from micrograd_lite.widgets.base import (
    Explorer,
    MovingFigure,
    check_choice,
    check_number,
    check_whole,
    widths,
)

__all__ = ["WIDTH", "GradientFlow", "GradientFlowExplorer", "gradient_flow", "gradient_flow_frame"]

WIDTH, SAMPLES = 64, 64  # neurons in every layer; rows in the batch
DEPTHS = (1, 50)
SEEDS = (0, 9999)
SCALES = (0.05, 16.0)  # weight scale: standard deviation of a weight times √WIDTH
SHOWN = 18  # the picture ends at 10^±18; what lies beyond stands at its edge


def rms(numbers):
    """Root mean square: the typical size of numbers whose mean is about 0."""
    return float(np.sqrt(np.mean(np.square(numbers))))


@dataclass(frozen=True, eq=False)
class GradientFlow:
    """Everything of one pass forward and one back. `activations[l]` and `gradients[l]` have shape (m, width):
    a of layer l, and ∂L/∂a of it; layer 0 is the input. `weights[l]` (width, width) leads from l to l + 1."""

    activations: list
    gradients: list
    weights: list

    @property
    def ratio(self):
        """Size of the gradient at the input over its size at the output: 1 keeps it, 0 has lost it."""
        return rms(self.gradients[0]) / rms(self.gradients[-1])


def gradient_flow(name, *, depth, std, seed=0):
    """One pass forward and one back through `depth` layers of 64 neurons with random weights, no biases.

    name : a key of `activations.ACTIVATIONS`. std : standard deviation of the weights; they, 64 random inputs
    and the gradient that arrives at the output are normally distributed. Returns a `GradientFlow`.
    Formulas: a ← f(a W) forward; g ← (g · f′(z)) Wᵀ backward. Glorot & Bengio (2010), §4.2.
    """
    act, rng = ACTIVATIONS[name], np.random.default_rng(seed)
    activations, slopes, weights = [rng.normal(size=(SAMPLES, WIDTH))], [], []
    for _ in range(depth):
        W = rng.normal(0.0, std, size=(WIDTH, WIDTH))
        z = activations[-1] @ W  # (m, width)
        weights.append(W)
        slopes.append(act.slope(z))
        activations.append(act.f(z))
    gradients = [rng.normal(size=(SAMPLES, WIDTH))]
    for W, slope in zip(reversed(weights), reversed(slopes)):
        gradients.append((gradients[-1] * slope) @ W.T)  # (m, width)
    return GradientFlow(activations, gradients[::-1], weights)


class Reading:
    """The sizes of activations and gradients by layer, and a sentence."""

    def __init__(self, name, depth, scale, seed):
        self.name = check_choice("an activation", name, ACTIVATIONS)
        self.depth, seed = check_whole("depth", depth, *DEPTHS), check_whole("seed", seed, *SEEDS)
        self.scale = check_number("scale", scale, *SCALES)
        self.flow = gradient_flow(name, depth=depth, std=self.scale / math.sqrt(WIDTH), seed=seed)
        self.a = np.array([rms(a) for a in self.flow.activations])  # (depth + 1,)
        self.g = np.array([rms(g) for g in self.flow.gradients])  # (depth + 1,)

    def heading(self):
        title = ACTIVATIONS[self.name].title
        return f"{title}, {self.depth} layers, scale {number(self.scale)}: {self.verdict()}"

    def verdict(self):
        ratio = self.flow.ratio
        if ratio < 0.1:
            return f"the gradient vanishes to {ratio:.2g}"
        return f"the gradient explodes to {ratio:.2g}" if ratio > 10.0 else f"the gradient stays, {ratio:.2g}"

    def describe(self):
        """The picture in words, with its numbers."""
        bound = f" 0.25^{self.depth} is {0.25**self.depth:.2g}." if self.name == "sigmoid" else ""
        return (
            f"{self.heading()}. Size of the gradient {self.g[-1]:.2g} at the output, {self.g[0]:.2g} at the "
            f"input. Size of the activations {self.a[0]:.2g} at the input, {self.a[-1]:.2g} at the output."
            f"{bound}"
        )


def gradient_flow_frame(name="sigmoid", *, depth=20, scale=1.0, seed=0):
    """Size of the gradient and of the activations in every layer, on log scales, as a `figures.Picture`.

    depth : 1 to 50. scale : from 0.05 to 16, the weights have standard deviation scale/√64, so that 1 is
    Xavier's initialisation and √2 is He's. Errors: ValueError.
    """
    return _FlowFigure.picture(Reading(name, depth, scale, seed))


class _FlowFigure(MovingFigure):
    """Two panels with fixed axes, in which the curves move."""

    def _draw_axes(self, reading):
        self.left, self.right = self.figure.subplots(1, 2)
        self.figure.subplots_adjust(left=0.085, right=0.985, top=0.80, bottom=0.14, wspace=0.22)
        panels = ((self.left, "gradient $\\partial L/\\partial a$"), (self.right, "activation $a$"))
        for ax, what in panels:
            ax.set(xlim=(-1, DEPTHS[1] + 1), ylim=(10.0**-SHOWN, 10.0**SHOWN), yscale="log")
            ax.set_yticks([10.0**k for k in range(-SHOWN, SHOWN + 1, 6)])
            ax.set(xlabel="layer (0 is the input)", ylabel="root mean square")
            ax.minorticks_off()
            ax.axhline(1.0, color=figures.GREY, linewidth=1.0, zorder=1)
            ax.grid(True)
            ax.set_title(f"size of the {what} by layer", fontsize=11.5)

    def _move(self, reading):
        self.clear()
        layers = np.arange(reading.depth + 1)
        for ax, sizes, look, marker in (
            (self.left, reading.g, figures.CURVE_LOOKS[1], "D"),
            (self.right, reading.a, figures.CURVE_LOOKS[0], "o"),
        ):
            shown = np.clip(sizes, 10.0**-SHOWN, 10.0**SHOWN)
            self.moving += ax.plot(layers, shown, marker=marker, ms=3.5, zorder=5, **look)
        self.moving.append(self.heading(0.085, 0.925, reading.heading()))


class GradientFlowExplorer(Explorer):
    """Activation function, depth and weight scale to set: the size of the gradient by layer follows.

    name, depth, scale, seed : first values, as in `gradient_flow_frame`. `reading.g` and `reading.a` are the
    sizes shown now. Errors: ValueError for a value outside of its control.
    """

    NAME, FIGURE = "gradient-flow", _FlowFigure

    def __init__(self, name="sigmoid", *, depth=20, scale=1.0, seed=0):
        Reading(name, depth, scale, seed)
        wide, (low, high) = widths(label=110, control=330), SCALES
        functions = [(a.title, key) for key, a in ACTIVATIONS.items()]
        super().__init__(
            {
                "name": ipywidgets.Dropdown(options=functions, value=name, description="Function", **wide),
                "depth": ipywidgets.IntSlider(depth, *DEPTHS, description="Depth (layers)", **wide),
                "scale": ipywidgets.FloatSlider(
                    scale, min=low, max=high, step=0.05, description="Weight scale", **wide
                ),
                "seed": ipywidgets.BoundedIntText(seed, *SEEDS, description="Seed", **wide),
            }
        )

    def _read(self, **values):
        return Reading(**values)
