"""One neuron in the plane: the line where z = 0, the two sides of it, the weight vector."""

import math
from itertools import pairwise

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.patches import FancyArrowPatch

from micrograd_lite.activations import sigmoid
from micrograd_lite.figures.boundary import count_right, draw_points, two_classes
from micrograd_lite.figures.style import BOUNDARY, FIELD, GREEN, Picture, new_figure, sentence, style


def neuron_planes(*planes):
    """One neuron with two inputs in each panel, up to three: its line, its two sides, its weight vector.

    planes : dicts with
        title : str, above the panel
        w, b : the neuron z = w·x + b; the shading is a = σ(z), the line is z = 0
        X, y : points (m, 2) and their labels 0/1 or -1/+1; may be left out
        labels : names of the two axes; x₁ and x₂ if left out
        names : names of the two classes in the text alternative

    The arrow has the direction of w; its length says nothing.
    """
    if not 1 <= len(planes) <= 3:
        raise ValueError(f"neuron_planes draws 1 to 3 panels, got {len(planes)}")
    width = 3.15 * len(planes) + 0.1
    with style():
        figure = new_figure(width, 3.6)
        axes = np.ravel(figure.subplots(1, len(planes), squeeze=False))
        said = [_neuron_plane(ax, **plane) for ax, plane in zip(axes, planes, strict=True)]
    return Picture(figure, " ".join(said))


def _neuron_plane(ax, title, w, b, X=None, y=None, labels=("$x_1$", "$x_2$"), names=("class 0", "class 1")):
    """One panel. -> what it shows, in words"""
    w1, w2 = (float(number) for number in w)
    b = float(b)
    line = f"w = ({w1:.4g}, {w2:.4g}), b = {b:.4g}"
    right = ""
    if X is None:
        ax.set(xlim=(-4, 4), ylim=(-4, 4))
    else:
        X, positive = two_classes("neuron_planes", X, y)
        middle = (X.min(axis=0) + X.max(axis=0)) / 2
        reach = 0.5 * float(np.ptp(X, axis=0).max()) + 0.6
        ax.set(xlim=(middle[0] - reach, middle[0] + reach), ylim=(middle[1] - reach, middle[1] + reach))
        draw_points(ax, X, positive, names)
        count = count_right(w1 * X[:, 0] + w2 * X[:, 1] + b, positive)
        right = f", {count} of {len(X)} points on their side"
    draw_neuron(ax, w1, w2, b)
    ax.set(xlabel=labels[0], ylabel=labels[1], aspect="equal")
    ax.set_title(f"{title}\n{line}", fontsize=11)
    return f"{sentence(title)} {line}: {line_said(w1, w2, b)}{right}."


def line_said(w1, w2, b):
    """Where the line w1·x1 + w2·x2 + b = 0 lies, in words."""
    length = math.hypot(w1, w2)
    if length == 0.0:
        return "no line, for both weights are 0"
    return f"the line passes the origin at a distance of {abs(b) / length:.4g}"


BANDS = np.linspace(0.0, 1.0, 11)  # the shading of a neuron changes at a = 0.1, 0.2, …, 0.9


def draw_neuron(ax, w1, w2, b):
    """Shading by a = σ(z), the line z = 0 and the arrow of w on axes whose limits are set. -> what was drawn

    Where σ(w·x + b) has a given value is a line parallel to z = 0, so the shading is ten straight bands.
    """
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    far = 2.0 * (right - left + high - low)
    length = math.hypot(w1, w2)
    if length == 0.0:
        color = FIELD(float(sigmoid(b)))
        return [ax.axhspan(low, high, color=color, linewidth=0, zorder=0)]
    n1, n2 = w1 / length, w2 / length  # the unit normal
    foot1, foot2 = foot_on_line((left + right) / 2, (low + high) / 2, w1, w2, b)
    edges = np.log(BANDS[1:-1] / (1.0 - BANDS[1:-1])) / length  # (9,) distances from z = 0, where a band ends
    reach = far + abs((left + right) / 2 - foot1) + abs((low + high) / 2 - foot2)
    edges = np.clip([-reach, *edges, reach], -reach, reach)
    strips = [
        [
            (foot1 + d * n1 - t * n2, foot2 + d * n2 + t * n1)  # d along the normal, t along the line
            for d, t in ((near, far), (near, -far), (end, -far), (end, far))
        ]
        for near, end in pairwise(edges)
    ]
    colors = FIELD((BANDS[:-1] + BANDS[1:]) / 2)  # (10, 4)
    bands = PolyCollection(strips, facecolors=colors, edgecolors=colors, linewidths=0.5, zorder=0)
    drawn = [ax.add_collection(bands, autolim=False)]
    ends = ((foot1 - far * n2, foot1 + far * n2), (foot2 + far * n1, foot2 - far * n1))
    drawn += ax.plot(*ends, scalex=False, scaley=False, zorder=2, **BOUNDARY)
    if left <= foot1 <= right and low <= foot2 <= high:
        reach = 0.2 * min(right - left, high - low)
        arrow = FancyArrowPatch(
            (foot1, foot2),
            (foot1 + reach * n1, foot2 + reach * n2),
            arrowstyle="-|>",
            mutation_scale=14,
            shrinkA=0,
            shrinkB=0,
            linewidth=2.2,
            color=GREEN,
            zorder=4,
        )
        drawn.append(ax.add_patch(arrow))
        tip = (foot1 + 1.35 * reach * n1, foot2 + 1.35 * reach * n2)
        drawn.append(
            ax.text(*tip, "$w$", color=GREEN, fontsize=13, ha="center", va="center", zorder=4, clip_on=True)
        )
    return drawn


def foot_on_line(x1, x2, w1, w2, b):
    """The point of the line w1·x1 + w2·x2 + b = 0 that is nearest to (x1, x2): x − z w / |w|²."""
    step = (w1 * x1 + w2 * x2 + b) / (w1 * w1 + w2 * w2)
    return x1 - step * w1, x2 - step * w2
