"""Two classes of points in the plane, and the line where a prediction changes from one to the other."""

import numpy as np
from matplotlib.lines import Line2D

from micrograd_lite.activations import ACTIVATIONS
from micrograd_lite.engine import Value
from micrograd_lite.figures.style import (
    BOUNDARY,
    CLASS_LOOKS,
    FIELD,
    MARGIN,
    Picture,
    new_figure,
    sentence,
    style,
    titled,
)
from micrograd_lite.nn import MLP


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
    return Picture(figure, f"{sentence(title)} {_counted(positive, names)}. {said}.{crossing}")


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


def numpy_forward(model, X):
    """The outputs of an MLP for all rows of X at once, in NumPy: much faster than 1600 calls of `model(x)`.

    X : (m, nin) numbers. Returns (m,) for a network with one output, else (m, k).
    Formula, layer by layer: A ← activation(A Wᵀ + b). Equal to `model(x)` up to rounding (1e-12). It reads
    the parameters as they are now and builds no graph. Errors: TypeError for another model, ValueError for
    the wrong number of columns.
    """
    if not isinstance(model, MLP):
        raise TypeError(f"numpy_forward takes an MLP of micrograd_lite, got {type(model).__name__}")
    a = np.asarray(X, dtype=np.float64)
    nin = len(model.layers[0].neurons[0].w)
    if a.ndim != 2 or a.shape[1] != nin:
        raise ValueError(f"this MLP takes rows of {nin} numbers, X of shape (m, {nin}); got shape {a.shape}")
    with np.errstate(all="ignore"):  # a network that diverged gives inf and nan, which the figures show
        for layer in model.layers:
            W = np.array([[w.data for w in neuron.w] for neuron in layer.neurons])  # (neurons, inputs)
            b = np.array([neuron.b.data for neuron in layer.neurons])  # (neurons,)
            a = ACTIVATIONS[layer.neurons[0].activation].f(a @ W.T + b)  # (m, neurons)
    return a[:, 0] if a.shape[1] == 1 else a
