"""Figures of the course: one call, one `Picture`.

    from micrograd_lite import plots
    plots.decision_boundary(model, X, y, "Two moons, after 100 steps")

A `Picture` as the last line of a cell shows itself once, as a PNG and as a sentence with its key numbers
(the text alternative, which the tests of the pages compare). pyplot is not used. Colours are those of Okabe
and Ito (2008), "Color Universal Design": colour-blind readers tell them apart, and a marker or a dash says
the same again.
"""

import base64
import io
import math
import textwrap
import threading
from contextlib import contextmanager
from functools import cached_property
from itertools import pairwise

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch
from PIL import Image

from micrograd_lite.activations import ACTIVATIONS, sigmoid
from micrograd_lite.engine import Value
from micrograd_lite.nn import MLP

__all__ = [
    "Picture",
    "decision_boundary",
    "loss_curve",
    "neuron_planes",
    "numpy_forward",
    "points",
    "pre_activations",
    "saturation",
    "slope",
]

BLUE, ORANGE, GREEN, PURPLE, GREY, INK = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#6B6B6B", "#222222"
CLASS_LOOKS = ({"color": BLUE, "marker": "o"}, {"color": ORANGE, "marker": "^"})  # class 0, class 1
CURVE_LOOKS = tuple(
    {"color": color, "linestyle": dash}
    for color, dash in (
        (BLUE, "-"),
        (ORANGE, (0, (5, 2))),
        (GREEN, (0, (1, 1.2))),
        (PURPLE, (0, (6, 2, 1, 2))),
    )
)
BOUNDARY = {"color": INK, "linewidth": 2.2, "linestyle": "-"}
MARGIN = {"color": GREY, "linewidth": 1.4, "linestyle": (0, (4, 3))}
FIELD = LinearSegmentedColormap.from_list("field", ["#9CCBE8", "#E4F1F9", "#FFFFFF", "#FCE7D9", "#F5B78F"])

STYLE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same letters on every machine
    "mathtext.fontset": "dejavusans",
    "font.size": 11.0,
    "axes.titlesize": 13.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10.0,
    "axes.labelsize": 11.5,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": "#E3E3E3",
    "legend.frameon": False,
    "legend.fontsize": 10.5,
    "lines.linewidth": 2.2,
}
DISPLAY_DPI = 100  # pixels of the page per inch of the figure
SHARPNESS = 2  # pixels of the PNG per pixel of the page: sharp on a projector


class Picture:
    """A finished figure with a text alternative: shown once by a cell that ends on it.

    figure : matplotlib.figure.Figure
        For changes of your own, before it is shown (`picture.figure.savefig("moons.pdf")` stores it).
    alt : str
        What the figure shows, with its key numbers. It is the `text/plain` form.
    """

    def __init__(self, figure, alt):
        self.figure, self.alt = figure, alt

    @cached_property
    def _png(self):
        return small_png(self.figure, DISPLAY_DPI * SHARPNESS)

    def png(self):
        """The figure as the bytes of a PNG, the same on every call."""
        return self._png

    def _repr_mimebundle_(self, include=None, exclude=None):
        width, height = (round(inches * DISPLAY_DPI) for inches in self.figure.get_size_inches())
        data = {"image/png": base64.b64encode(self._png).decode("ascii"), "text/plain": self.alt}
        return data, {"image/png": {"width": width, "height": height, "alt": self.alt}}

    def __repr__(self):
        return self.alt


_style_lock = threading.RLock()  # matplotlib's settings are global, and a widget's thread draws too


@contextmanager
def style():
    """Draw with the course's settings, whatever the notebook has set for pyplot."""
    with _style_lock, matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def new_figure(width, height, layout="constrained"):
    """An empty figure, inches, that pyplot does not know of (call it inside `style()`)."""
    figure = Figure(figsize=(width, height), layout=layout, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def small_png(figure, dpi):
    """The figure as PNG bytes with 128 colours, about a third of the size: for a notebook that keeps them."""
    with style():
        figure.set_dpi(dpi)
        figure.canvas.draw()
    image = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
    image = image.quantize(128, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    return _png_of(image, optimize=True)


def canvas_png(canvas):
    """What was drawn on the canvas as PNG bytes, little compressed: for a widget that shows many of them."""
    return _png_of(Image.fromarray(np.asarray(canvas.buffer_rgba())), compress_level=1)


def _png_of(image, **options):
    stream = io.BytesIO()
    image.save(stream, "png", **options)
    return stream.getvalue()


def titled(title, width):
    """The title in lines that fit a figure of this width, inches. One with $math$ in it is left alone."""
    return title if "$" in title else textwrap.fill(title, round(9.8 * width) - 8)


# ---------------------------------------------------------------- networks of Values, quickly


def numpy_forward(model, X):
    """The outputs of an MLP for all rows of X at once, in NumPy: much faster than 1600 calls of `model(x)`.

    X : (m, nin) numbers. Returns (m,) for a network with one output, else (m, k).
    Formula, layer by layer: A ← activation(A Wᵀ + b). Equal to `model(x)` up to rounding (1e-12). It reads
    the parameters as they are now and builds no graph. Errors: TypeError for another model, ValueError for
    the wrong number of columns. Chapter 03 writes the same forward pass.
    """
    outputs = _forward(model, X)[-1][1]  # (m, k)
    return outputs[:, 0] if outputs.shape[1] == 1 else outputs


def pre_activations(model, X):
    """The numbers before each activation, z = A Wᵀ + b: a list with an array (m, neurons) for each layer.

    `saturation` shows where they lie on tanh. Arguments and errors as `numpy_forward`.
    """
    return [z for z, _ in _forward(model, X)]


def _forward(model, X):
    """(z, a) for each layer; both (m, neurons)."""
    if not isinstance(model, MLP):
        raise TypeError(f"numpy_forward takes an MLP of micrograd_lite, got {type(model).__name__}")
    a = np.asarray(X, dtype=np.float64)
    nin = len(model.layers[0].neurons[0].w)
    if a.ndim != 2 or a.shape[1] != nin:
        raise ValueError(f"this MLP takes rows of {nin} numbers, X of shape (m, {nin}); got shape {a.shape}")
    seen = []
    with np.errstate(all="ignore"):  # a network that diverged gives inf and nan, which the figures show
        for layer in model.layers:
            W = np.array([[w.data for w in neuron.w] for neuron in layer.neurons])  # (neurons, inputs)
            b = np.array([neuron.b.data for neuron in layer.neurons])  # (neurons,)
            z = a @ W.T + b  # (m, neurons)
            a = ACTIVATIONS[layer.neurons[0].activation].f(z)
            seen.append((z, a))
    return seen


# ---------------------------------------------------------------- points and decision boundaries


def points(X, y, title, *, names=("class 0", "class 1"), xlabel="$x_1$", ylabel="$x_2$"):
    """Two classes of points in the plane. X : (m, 2), y : (m,) with labels 0, 1 or -1, +1."""
    X, positive = two_classes("points", X, y)
    with style():
        figure = new_figure(6.4, 4.4)
        ax = figure.add_subplot()
        draw_points(ax, X, positive, names)
        x_range, y_range = ranges_of(X)
        ax.set(title=titled(title, 6.4), xlabel=xlabel, ylabel=ylabel, xlim=x_range, ylim=y_range)
        _legend_beside(ax)
    return Picture(figure, f"{_sentence(title)} {_counted(positive, names)}.")


def decision_boundary(
    predict,
    X,
    y,
    title,
    *,
    threshold=0.0,
    margins=False,
    batch=False,
    names=("class 0", "class 1"),
    xlabel="$x_1$",
    ylabel="$x_2$",
):
    """Two classes of points, and the line where the prediction changes from one to the other.

    Parameters
    ----------
    predict : MLP with 2 inputs and 1 output, or a function
        A function takes one sample (a list of 2 floats) and returns its score, a number or a Value. An MLP is
        evaluated in NumPy by `numpy_forward` (milliseconds).
    X, y : (m, 2) and (m,)
        The points and their labels 0, 1 or -1, +1.
    threshold : float
        A score above it means class 1: 0 for scores (hinge loss, logits), 0.5 for probabilities.
    margins : bool
        Also draw the lines where the score is threshold ± 1, where the hinge loss of a point begins.
    batch : bool
        True if `predict` takes all samples at once, (m, 2), and returns (m,) or (m, 1) scores.

    The shading says on which side, and how far: white at the threshold, full colour one unit away from it
    (half a unit for a threshold other than 0). Raises ValueError for data or scores of another shape.
    """
    X, positive = two_classes("decision_boundary", X, y)
    score = _scorer(predict, batch)
    lines = 160 if batch or isinstance(predict, MLP) else 60  # a slow function gets fewer points
    field = Field(score, *ranges_of(X), lines)
    with style():
        figure = new_figure(6.4, 4.4)
        ax = figure.add_subplot()
        draw_field(ax, field, threshold, margins)
        draw_points(ax, X, positive, names)
        ax.set(xlabel=xlabel, ylabel=ylabel, xlim=field.x_range, ylim=field.y_range)
        ax.set_title(titled(title, 6.4))
        _legend_beside(ax, *line_keys(field.crosses(threshold), margins))
    right = count_right(score(X), positive, threshold)
    said = f"{right} of {len(X)} points lie on their side of the boundary ({right / len(X):.1%})"
    crossing = "" if field.crosses(threshold) else " " + one_sided(field, threshold, names)
    return Picture(figure, f"{_sentence(title)} {_counted(positive, names)}. {said}.{crossing}")


def count_right(scores, positive, threshold=0.0):
    """How many samples are on their side; a score that is no number is on neither."""
    return int(np.sum(((scores > threshold) == positive) & ~np.isnan(scores)))


class Field:
    """Scores on a grid over the picture: `xs`, `ys` (lines,), `scores` (lines, lines), a row per y."""

    def __init__(self, score, x_range, y_range, lines):
        self.x_range, self.y_range = x_range, y_range
        self.xs, self.ys = np.linspace(*x_range, lines), np.linspace(*y_range, lines)
        grid = np.stack(np.meshgrid(self.xs, self.ys), axis=-1).reshape(-1, 2)  # (lines², 2)
        self.scores = np.ma.masked_invalid(score(grid).reshape(lines, lines))

    def crosses(self, level):
        """True if a line of this level runs through the picture."""
        return bool(self.scores.count() and self.scores.min() < level < self.scores.max())


def one_sided(field, threshold, names):
    """What to say of a field without a boundary in it."""
    if field.scores.count() == 0:
        return "No score is a finite number: the network diverged."
    name = names[1] if field.scores.max() > threshold else names[0]
    return f"There is no boundary in the picture: everything in it is predicted {name}."


def draw_field(ax, field, threshold=0.0, margins=False):
    """Shading, boundary and margins on the axes. -> what was drawn, each with a `remove()`"""
    reach = 1.0 if threshold == 0.0 else 0.5
    levels = threshold + reach * np.linspace(-1.25, 1.25, 11)  # full colour from threshold ± reach on
    scores = np.ma.clip(field.scores, levels[0], levels[-1])
    ax.set_facecolor("#DDDDDD")  # shows where a score is no number
    drawn = [ax.contourf(field.xs, field.ys, scores, levels, cmap=FIELD, antialiased=False)]
    lines = [(threshold, BOUNDARY)]
    if margins:
        lines += [(threshold - 1.0, MARGIN), (threshold + 1.0, MARGIN)]
    for level, look in lines:
        if field.crosses(level):
            look = {f"{name}s": [value] for name, value in look.items()}  # contour says colors, linewidths
            drawn.append(ax.contour(field.xs, field.ys, field.scores, [level], **look))
    return drawn


def line_keys(boundary=True, margins=False):
    """What the legend says of the lines of `draw_field`."""
    keys = [Line2D([], [], label="boundary", **BOUNDARY)] * boundary
    return keys + [Line2D([], [], label="margin, ±1", **MARGIN)] * margins


def draw_points(ax, X, positive, names):
    """The two classes, each with a colour and a marker of its own."""
    for look, name, chosen in zip(CLASS_LOOKS, names, (~positive, positive), strict=True):
        size = 38 if look["marker"] == "o" else 46
        ax.scatter(*X[chosen].T, s=size, label=name, edgecolors="white", linewidths=0.8, zorder=3, **look)


def ranges_of(X):
    """The x and the y range of a picture with some air around the points."""
    low, high = X.min(axis=0), X.max(axis=0)
    air = 0.12 * np.where(high > low, high - low, 1.0)
    return tuple((float(a), float(b)) for a, b in zip(low - air, high + air, strict=True))


def _scorer(predict, batch):
    """A function (m, 2) -> (m,) floats, whatever `predict` is."""
    if isinstance(predict, MLP):
        return lambda X: _scores(numpy_forward(predict, X), len(X))
    if not callable(predict):
        raise TypeError(
            f"decision_boundary takes an MLP or a function of one sample, got {type(predict).__name__}"
        )
    if batch:
        return lambda X: _scores(predict(X), len(X))
    return lambda X: _scores([_plain(predict(x)) for x in X.tolist()], len(X))


def _plain(score):
    return score.data if isinstance(score, Value) else score


def _scores(scores, m):
    try:
        found = np.asarray(scores, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise ValueError(f"predict must return one number for each sample ({problem})") from problem
    if found.shape not in ((m,), (m, 1)):
        raise ValueError(
            f"predict must return one number for each of {m} samples, shape ({m},); got shape {found.shape}. "
            "A function of one sample needs batch=False, a function of all samples batch=True."
        )
    return found.reshape(m)


def two_classes(function, X, y):
    """X (m, 2) of finite floats, and (m,) booleans that are True for class 1."""
    X, y = np.asarray(X, dtype=np.float64), np.asarray(y)
    if X.ndim != 2 or X.shape[1] != 2 or len(X) == 0 or y.shape != (len(X),):
        raise ValueError(
            f"{function} needs X of shape (m, 2) and y of shape (m,), got shapes {X.shape} and {y.shape}"
        )
    if not np.isfinite(X).all():
        raise ValueError(f"{function} needs finite numbers in X, got {np.sum(~np.isfinite(X))} that are not")
    labels = set(np.unique(y).tolist())
    if not (labels <= {0, 1} or labels <= {-1, 1}):
        raise ValueError(
            f"{function} needs two classes, labels 0 and 1 or -1 and +1; got {sorted(labels)[:10]}"
        )
    return X, y > 0


def _counted(positive, names):
    return f"{np.sum(~positive)} points of {names[0]} (circles), {np.sum(positive)} of {names[1]} (triangles)"


def _legend_beside(ax, *lines):
    keys = [*ax.get_legend_handles_labels()[0], *lines]
    ax.legend(handles=keys, loc="upper left", bbox_to_anchor=(1.0, 1.0), handlelength=1.3, borderaxespad=0.2)


def _sentence(title):
    return title if title.endswith((".", "?", "!")) else title + "."


# ---------------------------------------------------------------- curves


HOPELESS = 1e12  # a loss beyond this has diverged


def loss_curve(losses, title, *, log=False, xlabel="step", ylabel="loss"):
    """The loss, step by step. A curve ends with a cross before the loss is no number, or beyond 10¹².

    losses : numbers, one for each step; or a dict of them, label -> numbers, for up to 4 curves.
    log : True for a logarithmic axis (losses of 0 are then left out of the picture).
    """
    curves = losses if isinstance(losses, dict) else {"": losses}
    curves = {label: _numbers_of(label, numbers) for label, numbers in curves.items()}
    if not 1 <= len(curves) <= len(CURVE_LOOKS):
        raise ValueError(f"loss_curve draws 1 to {len(CURVE_LOOKS)} curves, got {len(curves)}")
    with style():
        figure = new_figure(6.4, 3.8)
        ax = figure.add_subplot()
        for look, (label, numbers) in zip(CURVE_LOOKS, curves.items(), strict=False):
            _draw_losses(ax, numbers, label, look)
        ax.set(title=titled(title, 6.4), xlabel=xlabel, ylabel=f"{ylabel} (log scale)" if log else ylabel)
        if log:
            ax.set_yscale("log", nonpositive="mask")
        elif all((n[: _good_steps(n)] >= 0.0).all() for n in curves.values()):
            ax.set_ylim(bottom=0)
        ax.grid(True)
        if "" not in curves:
            ax.legend()
    said = " ".join(_losses_said(label or ylabel, numbers) for label, numbers in curves.items())
    return Picture(figure, f"{_sentence(title)} {said}")


def _draw_losses(ax, numbers, label, look):
    """One curve, its last point marked: a dot, or a cross where they diverge."""
    end = _good_steps(numbers)
    marker = "o" if end == len(numbers) else "X"
    ax.plot(range(end), numbers[:end], label=label, clip_on=False, **look)
    ax.plot([end - 1] * bool(end), numbers[end - 1 : end], marker, color=look["color"], ms=7, clip_on=False)


def _good_steps(numbers):
    """How many numbers there are before the first that is no number, or beyond all bounds."""
    lost = np.flatnonzero(~(np.abs(numbers) <= HOPELESS))
    return int(lost[0]) if len(lost) else len(numbers)


def _losses_said(label, numbers):
    end = _good_steps(numbers)
    if end == 0:
        return f"{label}: beyond {HOPELESS:g} or no number from the start."
    best = int(np.argmin(numbers[:end]))
    lowest = "the lowest" if best == end - 1 else f"lowest {numbers[best]:.4g} at step {best}"
    said = f"{label}: {numbers[0]:.4g} at step 0, {numbers[end - 1]:.4g} at step {end - 1} ({lowest})"
    return said + (f", then beyond {HOPELESS:g} or no number: it diverged." if end < len(numbers) else ".")


def _numbers_of(label, numbers):
    numbers = list(numbers)
    if not numbers or any(isinstance(number, Value) for number in numbers):
        given = "Values; store loss.data instead" if numbers else "none"
        raise ValueError(f"loss_curve needs at least one number for each curve, got {given} {label}".rstrip())
    return np.array([float(number) for number in numbers])


# ---------------------------------------------------------------- derivatives


def slope(f, x, h, title=None, *, name="f"):
    """The slope of f at x by definition: a step of width h, the secant over it, and the tangent.

    f : function of one float. h : width of the step, not 0 (negative goes to the left).
    The secant's slope is (f(x + h) - f(x)) / h. The tangent's is the central difference with a step of 1e-5.
    Chapter 04, "What is a derivative?"
    """
    if not (math.isfinite(x) and math.isfinite(h) and h != 0.0):
        raise ValueError(f"slope needs a finite x and a finite h other than 0, got x={x!r}, h={h!r}")
    at, there = float(f(x)), float(f(x + h))
    secant = (there - at) / h
    tiny = 1e-5 * max(1.0, abs(x))
    tangent = (float(f(x + tiny)) - float(f(x - tiny))) / (2.0 * tiny)
    reach = 1.6 * max(abs(h), 0.5)
    xs = np.linspace(min(x, x + h) - reach, max(x, x + h) + reach, 200)
    title = title or f"Over a step of {h:.4g} the slope is {secant:.4g}, at the point it is {tangent:.4g}"
    with style():
        figure = new_figure(6.6, 4.2)
        ax = figure.add_subplot()
        ax.plot(xs, [float(f(v)) for v in xs.tolist()], color=INK, label=f"${name}(x)$")
        low, high = ax.get_ylim()
        _line_through(ax, x, at, tangent, xs, f"tangent, slope {tangent:.4g}", CURVE_LOOKS[0])
        _line_through(ax, x, at, secant, xs, f"secant, slope {secant:.4g}", CURVE_LOOKS[1])
        ax.plot([x, x + h, x + h], [at, at, there], color=GREY, linewidth=1.3, linestyle=":")
        ax.plot([x, x + h], [at, there], "o", color=INK, ms=6, zorder=4)
        if abs(h) > 0.08 * (xs[-1] - xs[0]):
            _name_sides(ax, x, h, at, there, high - low)
        ax.set(xlabel="$x$", ylabel=f"${name}(x)$", xlim=(xs[0], xs[-1]), ylim=(low, high))
        ax.set_title(titled(title, 6.6))
        ax.grid(True)
        ax.legend()
    numbers = f"{name}({x:.4g}) = {at:.4g}, {name}({x + h:.4g}) = {there:.4g}"
    slopes = f"slope of the secant {secant:.4g}, slope of the tangent {tangent:.4g}"
    return Picture(figure, f"{_sentence(title)} {numbers}: {slopes}.")


def _line_through(ax, x, y, slope, xs, label, look):
    ends = np.array([xs[0], xs[-1]])
    ax.plot(ends, y + slope * (ends - x), label=label, **look)


def _name_sides(ax, x, h, at, there, height):
    """`run` under the flat side of the step, `rise` beside the upright one."""
    down = -0.03 if there >= at else 0.03
    vertical = "top" if there >= at else "bottom"
    ax.text(x + h / 2, at + down * height, f"run {h:.4g}", ha="center", va=vertical, color=GREY)
    side = "left" if h > 0 else "right"
    rise = f"  rise {there - at:.4g}  "
    ax.text(x + h, (at + there) / 2, rise, ha=side, va="center", color=GREY)


SATURATED = 0.1  # an input counts as saturated where the slope of tanh is below this


def saturation(inputs, title, *, xlabel="pre-activation $z$"):
    """Where numbers lie on tanh, and what slope it has there: small slopes let little gradient through.

    inputs : numbers (an array of any shape), or a dict label -> numbers, up to 4 groups. `pre_activations`
    gives them for a network. A number is saturated where the slope 1 - tanh² is below 0.1 (|z| > 1.818).
    Chapter 04, "A loop that hardly learns".
    """
    groups = inputs if isinstance(inputs, dict) else {"z": inputs}
    groups = {label: np.asarray(z, dtype=np.float64).ravel() for label, z in groups.items()}
    if not 1 <= len(groups) <= 4 or not all(len(z) and np.isfinite(z).all() for z in groups.values()):
        raise ValueError("saturation needs 1 to 4 groups with at least one number each, all finite")
    far = 1.05 * max(3.5, *(np.abs(z).max() for z in groups.values()))
    zs = np.linspace(-far, far, 600)
    with style():
        figure = new_figure(6.6, 5.0)
        top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=(1.25, 1.0))
        top.plot(zs, np.tanh(zs), color=GREY)
        bottom.plot(zs, 1.0 - np.tanh(zs) ** 2, color=GREY)
        for look, marker, (label, z) in zip(CURVE_LOOKS, "o^sD", groups.items(), strict=False):
            dots = {"marker": marker, "color": look["color"], "s": 46, "alpha": 0.8, "edgecolors": "white"}
            top.scatter(z, np.tanh(z), label=label, zorder=3, **dots)
            bottom.scatter(z, 1.0 - np.tanh(z) ** 2, zorder=3, **dots)
        edge = math.atanh(math.sqrt(1.0 - SATURATED))
        for ax in (top, bottom):
            ax.axvspan(-far, -edge, color="#F0F0F0", zorder=0)
            ax.axvspan(edge, far, color="#F0F0F0", zorder=0)
            ax.grid(True, axis="y")
        top.set(title=titled(title, 6.6), ylabel="tanh $z$", xlim=(-far, far))
        bottom.set(xlabel=f"{xlabel} (grey: slope below {SATURATED:g})", ylabel="slope $1-\\tanh^2 z$")
        if isinstance(inputs, dict):
            top.legend(loc="upper left")
    said = " ".join(_saturation_said(label, z) for label, z in groups.items())
    return Picture(figure, f"{_sentence(title)} {said}")


def _saturation_said(label, z):
    slopes = 1.0 - np.tanh(z) ** 2
    count = int(np.sum(slopes < SATURATED))
    saturated = f"{count} of {len(z)} saturated (slope below {SATURATED:g})"
    return f"{label}: {saturated}, median slope {np.median(slopes):.4g}."


# ---------------------------------------------------------------- chapter 01: one neuron in the plane


def neuron_planes(*planes):
    """One neuron with two inputs in each panel, up to three: its line, its two sides, its weight vector.

    planes : dicts with
        title : str, above the panel
        w, b : the neuron z = w·x + b; the shading is a = σ(z), the line is z = 0
        X, y : points (m, 2) and their labels 0/1 or -1/+1; may be left out
        labels : names of the two axes; x₁ and x₂ if left out
        names : names of the two classes in the text alternative

    The arrow has the direction of w; its length says nothing. Chapter 01, "A neuron is a line".
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
    return f"{_sentence(title)} {line}: {line_said(w1, w2, b)}{right}."


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


# ---------------------------------------------------------------- chapter 03: several curves over one axis


def curves(x, lines, title, *, xlabel, ylabel, logx=False, logy=False, dots=(), alt=None):
    """Up to 4 curves over the same x, each with a colour and a dash of its own, or as dots.

    x : (n,) numbers. lines : dict, label -> (n,) numbers; those that are not finite are left out.
    dots : labels of `lines` to be drawn as measured points instead of a line.
    alt : what the picture says in words; without it, each curve's value at the two ends and its lowest one.
    """
    x = np.asarray(x, dtype=np.float64)
    lines = {label: np.asarray(y, dtype=np.float64) for label, y in lines.items()}
    if not 1 <= len(lines) <= len(CURVE_LOOKS):
        raise ValueError(f"curves draws 1 to {len(CURVE_LOOKS)} curves, got {len(lines)}")
    for label, y in lines.items():
        if x.ndim != 1 or len(x) == 0 or y.shape != x.shape:
            raise ValueError(
                f"curves needs as many numbers as x has, shape {x.shape}; {label!r} has shape {y.shape}"
            )
    if unknown := [label for label in dots if label not in lines]:
        raise ValueError(f"dots names curves of the picture; {unknown[0]!r} is none of {', '.join(lines)}")
    with style():
        figure = new_figure(7.0, 4.2)
        ax = figure.add_subplot()
        for look, marker, (label, y) in zip(CURVE_LOOKS, "o^sD", lines.items(), strict=False):
            if label in dots:
                ax.plot(x, y, marker, color=look["color"], ms=4.5, label=label)
            else:
                ax.plot(x, y, label=label, **look)
        ax.set(title=titled(title, 7.0), xlabel=xlabel, ylabel=ylabel)
        ax.set_xscale("log" if logx else "linear")
        ax.set_yscale("log" if logy else "linear")
        ax.grid(True)
        ax.legend()
    said = alt or " ".join(_curve_said(label, x, y) for label, y in lines.items())
    return Picture(figure, f"{_sentence(title)} {said}")


def _curve_said(label, x, y):
    best = int(np.nanargmin(y)) if np.isfinite(y).any() else 0
    ends = f"{y[0]:.4g} at {x[0]:.4g}, {y[-1]:.4g} at {x[-1]:.4g}"
    return f"{label}: {ends}, lowest {y[best]:.4g} at {x[best]:.4g}."


# ---------------------------------------------------------------- chapter 02: functions, numbers by layer


def function_panels(panels, title, *, x_range=(-6.0, 6.0), columns=3, xlabel="$x$"):
    """Functions of one number in small pictures side by side, up to 4 curves in each.

    panels : dict, title of a panel -> dict, label of a curve -> function of an array. The text alternative
    gives each curve's value at the ends and in the middle. Chapter 02, "One by one".
    """
    if not panels or not all(1 <= len(curves) <= len(CURVE_LOOKS) for curves in panels.values()):
        most = len(CURVE_LOOKS)
        raise ValueError(f"function_panels needs at least one panel, each with 1 to {most} curves")
    xs = np.linspace(*x_range, 601)
    columns = min(columns, len(panels))
    rows = math.ceil(len(panels) / columns)
    with style():
        figure = new_figure(9.6, 0.5 + 2.15 * rows if rows > 1 else 3.3)
        axes = np.ravel(figure.subplots(rows, columns, squeeze=False, sharex=True))
        for ax, (name, lines) in zip(axes, panels.items(), strict=False):
            ax.axhline(0.0, color=GREY, linewidth=0.8, zorder=1)
            for look, (label, f) in zip(CURVE_LOOKS, lines.items(), strict=False):
                ax.plot(xs, f(xs), label=label, **look)
            ax.set_title(name, fontsize=11.5, pad=5)
            ax.set_xlim(*x_range)
            ax.grid(True)
        for ax in axes[len(panels) :]:
            ax.set_axis_off()
        for ax in axes[max(0, len(panels) - columns) : len(panels)]:
            ax.set_xlabel(xlabel)
        axes[0].legend(loc="upper left", handlelength=1.8, borderaxespad=0.2)
        figure.suptitle(titled(title, 9.6), x=0.01, ha="left", fontweight="bold", fontsize=13)
    probes = np.array([x_range[0], (x_range[0] + x_range[1]) / 2, x_range[1]])
    said = "; ".join(
        f"{name}, {label}: {', '.join(f'{y:.4g}' for y in np.asarray(f(probes)).tolist())}"
        for name, lines in panels.items()
        for label, f in lines.items()
    )
    return Picture(
        figure, f"{_sentence(title)} Values at {', '.join(f'{x:g}' for x in probes.tolist())}: {said}."
    )


def layer_histograms(panels, title, *, xlabel, ylabel="layer", decades=(-20, 4)):
    """How large numbers are, layer by layer: a histogram of log₁₀|number| for each layer, above each other.

    panels : dict, title of a panel -> dict, number of a layer -> array. Zeros have no logarithm; the text
    alternative counts them. decades : the axis ends at these powers of ten, numbers beyond stand at its ends.
    Chapter 02, "Vanishing gradients".
    """
    if not panels or not all(panels.values()):
        raise ValueError("layer_histograms needs at least one panel with at least one layer")
    low, high = decades
    bins = np.linspace(low, high, 4 * (high - low) + 1)
    said = []
    with style():
        figure = new_figure(9.6, 4.0)
        axes = np.ravel(figure.subplots(1, len(panels), squeeze=False, sharey=True))
        for ax, look, (name, layers) in zip(axes, CURVE_LOOKS * len(panels), panels.items(), strict=False):
            for row, numbers in enumerate(layers.values()):
                size = np.abs(np.ravel(numbers))
                counts, _ = np.histogram(np.log10(size[size > 0]).clip(low, high), bins)
                heights = row + 0.85 * counts / max(counts.max(), 1)
                ax.stairs(heights, bins, baseline=row, fill=True, color=look["color"], alpha=0.8)
                ax.axhline(row, color="#E3E3E3", linewidth=0.8, zorder=0)
            ax.set_title(name, fontsize=11.5)
            ax.set(xlim=(low, high), xlabel=xlabel, yticks=range(len(layers)))
            ax.set_yticklabels([str(layer) for layer in layers])
            ax.set_xticks(range(low, high + 1, 8))
            ax.set_xticklabels([f"$10^{{{k}}}$" for k in range(low, high + 1, 8)])
            ax.axvline(0.0, color=GREY, linewidth=1.0)
            said.append(f"{name}: " + ", ".join(_size_said(layer, n) for layer, n in layers.items()))
        axes[0].set_ylabel(ylabel)
        figure.suptitle(titled(title, 9.6), x=0.01, ha="left", fontweight="bold", fontsize=13)
    return Picture(figure, f"{_sentence(title)} Median sizes: {'; '.join(said)}.")


def _size_said(layer, numbers):
    size = np.abs(np.ravel(numbers))
    zeros = np.mean(size == 0)
    median = np.median(size[size > 0]) if zeros < 1 else 0.0
    return f"layer {layer} {median:.1e}" + (f" ({zeros:.0%} zeros)" if zeros else "")


# ---------------------------------------------------------------- chapter 05: training curves, images, tables


def learning_curves(panels, title, *, xlabel="epoch"):
    """Numbers epoch by epoch in panels side by side, as loss and accuracy; up to 4 curves in each.

    panels : dict, label of the y axis -> dict, label of a curve -> numbers, the first for epoch 1.
    Chapter 05, "The training loop".
    """
    if not panels or not all(1 <= len(lines) <= len(CURVE_LOOKS) for lines in panels.values()):
        most = len(CURVE_LOOKS)
        raise ValueError(f"learning_curves needs at least one panel, each with 1 to {most} curves")
    said = []
    with style():
        figure = new_figure(9.6, 3.9)
        axes = np.ravel(figure.subplots(1, len(panels), squeeze=False))
        for ax, (ylabel, lines) in zip(axes, panels.items(), strict=True):
            for look, (label, numbers) in zip(CURVE_LOOKS, lines.items(), strict=False):
                numbers = np.asarray(numbers, dtype=np.float64)
                ax.plot(np.arange(1, len(numbers) + 1), numbers, label=label, **look)
                said.append(f"{ylabel}, {label}: {numbers[0]:.4g} → {numbers[-1]:.4g}")
            ax.set(xlabel=xlabel, ylabel=ylabel)
            ax.grid(True)
            ax.legend()
        figure.suptitle(titled(title, 9.6), x=0.01, ha="left", fontweight="bold", fontsize=13)
    return Picture(figure, f"{_sentence(title)} {'; '.join(said)}.")


SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE, "#FFFFFF", ORANGE])


def images(pictures, labels, title, *, columns=8, signed=False):
    """Small grey pictures in a grid, a label above each, as the digits of the course: 0 is paper, 1 is ink.

    pictures : (n, height, width) or (n, side²) numbers. labels : n texts.
    signed : True for weights: orange is positive, blue is negative, white is 0, all on one scale.
    Chapter 05, "The mistakes" and "What the hidden units respond to".
    """
    pictures = np.asarray(pictures, dtype=np.float64)
    if pictures.ndim == 2:
        side = math.isqrt(pictures.shape[1])
        pictures = pictures.reshape(-1, side, side) if side * side == pictures.shape[1] else pictures
    if pictures.ndim != 3 or len(pictures) != len(labels) or len(labels) == 0:
        raise ValueError(
            f"images needs n pictures (n, height, width) and n labels, got shape {pictures.shape} and "
            f"{len(labels)} labels"
        )
    columns = min(columns, len(labels))
    rows = math.ceil(len(labels) / columns)
    most = float(np.abs(pictures).max()) or 1.0
    look = {"cmap": "Greys", "vmin": 0, "vmax": 1}
    if signed:
        look = {"cmap": SIGNED, "vmin": -most, "vmax": most}
    with style():
        figure = new_figure(max(1.12 * columns, 4.0), 1.32 * rows + 0.5)
        axes = np.ravel(figure.subplots(rows, columns, squeeze=False))
        for ax in axes:
            ax.set_axis_off()
        for ax, picture, label in zip(axes, pictures, labels, strict=False):
            ax.imshow(picture, **look)
            ax.set_axis_on()
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(True)
            ax.set_title(label, fontsize=10, pad=3, loc="center", fontweight="normal")
        width = figure.get_size_inches()[0]
        figure.suptitle(titled(title, width), x=0.01, ha="left", fontweight="bold", fontsize=13)
    scale = f" The scale goes from {-most:.4g} (blue) to {most:.4g} (orange)." if signed else ""
    return Picture(figure, f"{_sentence(title)} {len(labels)} pictures: {'; '.join(labels)}.{scale}")


def confusion_matrix(y, predicted, title, *, names=tuple("0123456789")):
    """How often each class was taken for each: a row is what it is, a column is what the network says.

    y, predicted : (m,) class numbers below len(names). Chapter 05, "The test".
    """
    y, predicted = np.asarray(y), np.asarray(predicted)
    k = len(names)
    if y.shape != predicted.shape or y.ndim != 1 or len(y) == 0:
        raise ValueError(f"confusion_matrix needs two rows of m classes, got {y.shape} and {predicted.shape}")
    if min(y.min(), predicted.min()) < 0 or max(y.max(), predicted.max()) >= k:
        raise ValueError(f"confusion_matrix has names for the classes 0 to {k - 1}; there is another one")
    counts = np.zeros((k, k), dtype=int)
    np.add.at(counts, (y, predicted), 1)
    wrong = counts * (1 - np.eye(k, dtype=int))
    with style():
        figure = new_figure(5.0, 4.5)
        ax = figure.add_subplot()
        ax.imshow(np.where(wrong > 0, 0.25 + 0.75 * wrong / max(wrong.max(), 1), 0), cmap="Oranges", vmax=1.6)
        for i, j in np.ndindex(k, k):
            if counts[i, j]:
                weight = "normal" if i == j else "bold"
                ax.text(j, i, str(counts[i, j]), ha="center", va="center", fontsize=10, weight=weight)
        ax.set(xticks=range(k), yticks=range(k), xlabel="the network says", ylabel="it is")
        ax.set_xticklabels(names)
        ax.set_yticklabels(names)
        ax.spines[:].set_visible(True)
        ax.set_title(titled(title, 5.0))
    mixed = sorted(np.argwhere(wrong).tolist(), key=lambda ij: (-wrong[*ij], ij))[:3]
    said = "; ".join(f"{names[i]} taken for {names[j]} ({wrong[i, j]} ×)" for i, j in mixed)
    right = f"{counts.trace()} of {len(y)} right"
    return Picture(figure, f"{_sentence(title)} {right}.{f' Most often wrong: {said}.' if said else ''}")


def log_bars(values, title, *, xlabel, number="{:,.0f}"):
    """A bar for each value on a logarithmic axis, the number at its end: each mark is 10 times the last one.

    values : dict, label -> number above 0. Chapter 05, "The speed ladder".
    """
    if not values or not all(np.isfinite(v) and v > 0 for v in values.values()):
        raise ValueError(f"log_bars needs at least one number, all above 0; got {values}")
    looks = [BLUE, ORANGE, GREEN, PURPLE]
    with style():
        figure = new_figure(7.4, 0.62 * len(values) + 1.35)
        ax = figure.add_subplot()
        low = 10.0 ** math.floor(math.log10(min(values.values())) - 0.3)
        for row, (label, value) in enumerate(values.items()):
            ax.barh(row, value - low, left=low, height=0.62, color=looks[row % len(looks)], label=label)
            ax.text(value, row, "  " + number.format(value), va="center")
        ax.set_xscale("log")
        ax.set(xlim=(low, 12 * max(values.values())), xlabel=f"{xlabel} (log scale)")
        ax.set_yticks(range(len(values)), list(values))
        ax.invert_yaxis()
        ax.grid(True, axis="x")
        ax.set_axisbelow(True)
        ax.set_title(titled(title, 7.4))
    said = "; ".join(f"{label} {number.format(value)}" for label, value in values.items())
    return Picture(figure, f"{_sentence(title)} {xlabel}: {said}.")


# ---------------------------------------------------------------- chapter 06: the fair experiment


def methods_compared(accuracies, intervals, title):
    """Test accuracy of each method, a dot for each seed; beside it, each method minus the first one.

    accuracies : dict, method -> (seeds,) numbers in %; the first method is the base of the differences.
    intervals : dict, method -> (mean, low, high) in percentage points, for every method but the first.
    """
    base, *others = accuracies
    if list(intervals) != others:
        raise ValueError(f"methods_compared needs an interval for {others}, got {list(intervals)}")
    with style():
        figure = new_figure(9.6, 4.0)
        left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.25, 1))
        for row, numbers in enumerate(accuracies.values()):
            air = np.linspace(-0.28, 0.28, len(numbers))  # seed by seed from top to bottom
            left.plot(numbers, row + air, "o", color=BLUE, ms=4, alpha=0.55, mew=0)
            left.plot([np.mean(numbers)] * 2, [row - 0.36, row + 0.36], color=INK, linewidth=2.4)
        for row, (mean, low, high) in enumerate(intervals.values(), 1):
            right.plot([low, high], [row, row], color=ORANGE, linewidth=2.2)
            right.plot(mean, row, "D", color=ORANGE, ms=6)
        right.axvline(0.0, color=INK, linewidth=1.2, linestyle=(0, (4, 3)))
        left.set_yticks(range(len(accuracies)), list(accuracies))
        left.invert_yaxis()
        left.set_xlabel("test accuracy, % (dot: a seed, bar: mean)")
        right.set_xlabel(f"minus {base}, points (95 % interval)")
        for ax in (left, right):
            ax.grid(True, axis="x")
            ax.set_axisbelow(True)
        figure.suptitle(titled(title, 9.6), x=0.01, ha="left", fontweight="bold", fontsize=13)
    means = ", ".join(f"{method} {np.mean(numbers):.2f}" for method, numbers in accuracies.items())
    minus = ", ".join(
        f"{name} {m:+.2f} [{low:+.2f}, {high:+.2f}]" for name, (m, low, high) in intervals.items()
    )
    return Picture(
        figure, f"{_sentence(title)} Mean test accuracy in %: {means}. Minus {base}, in points: {minus}."
    )


def rates_that_train(counts, seeds, title):
    """Which learning rates train: for each case a row of marks along a logarithmic axis of rates.

    counts : dict, case -> {learning rate: number of seeds that train}. seeds : how many there are. A disc is
    all of them, a triangle some, with their number, a small cross none. Chapter 06, "BatchNorm".
    """
    if not counts or any(not 0 <= k <= seeds for row in counts.values() for k in row.values()):
        raise ValueError(
            f"rates_that_train needs a case or more, with counts from 0 to {seeds}; got {counts}"
        )
    looks = {
        f"all {seeds} seeds train": {"marker": "o", "color": BLUE, "ms": 11},
        "some do (how many)": {"marker": "^", "color": ORANGE, "ms": 9},
        "none does": {"marker": "x", "color": GREY, "ms": 6},
    }
    with style():
        figure = new_figure(9.6, 0.55 * len(counts) + 1.9)
        ax = figure.add_subplot()
        for row, numbers in enumerate(counts.values()):
            groups = [[], [], []]  # rates at which all, some, no seeds train
            for lr, k in numbers.items():
                groups[0 if k == seeds else 1 if k else 2].append(lr)
            for lr in groups[1]:
                where = {"xytext": (0, 8), "textcoords": "offset points", "ha": "center", "fontsize": 9}
                ax.annotate(str(numbers[lr]), (lr, row), **where)
            for rates, look in zip(groups, looks.values(), strict=True):
                ax.plot(rates, [row] * len(rates), linestyle="none", **look)
        ax.set(xscale="log", xlabel="learning rate (log scale)", ylim=(len(counts) - 0.5, -0.6))
        ax.set_yticks(range(len(counts)), list(counts))
        ax.grid(True, axis="x")
        ax.set_axisbelow(True)
        ax.set_title(titled(title, 9.6))
        keys = [Line2D([], [], linestyle="none", label=label, **look) for label, look in looks.items()]
        figure.legend(handles=keys, loc="outside lower center", ncols=3)
    said = "; ".join(f"{case}: {_rates_said(row, seeds)}" for case, row in counts.items())
    return Picture(figure, f"{_sentence(title)} Rates at which all {seeds} seeds train: {said}.")


def _rates_said(row, seeds):
    return ", ".join(f"{lr:g}" for lr, k in row.items() if k == seeds) or "none"
