"""A network as circles and arrows with numbers in them."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyBboxPatch, Polygon
from matplotlib.patheffects import withStroke

from micrograd_lite.activations import ACTIVATIONS, softmax
from micrograd_lite.colours import GREY
from micrograd_lite.engine import Value
from micrograd_lite.figures.style import (
    ACTIVATION_LOOK,
    GRADIENT_LOOKS,
    INPUT_LOOK,
    WEIGHT_LOOKS,
    Picture,
    new_figure,
    sentence,
    style,
    titled,
)
from micrograd_lite.nn import MLP, Layer, Neuron

MOST_DRAWN = 16  # circles in a column; of a larger layer the first six and the last two are drawn
MOST_NUMBERS = 28  # arrows between two columns that carry a number; more of them leave no room
SHOWS = ("weights", "activations", "gradients")
WIDEST = 8.4  # inches, all that a page has


def network(
    model,
    x=None,
    show="weights",
    title="",
    *,
    activation="tanh",
    output_activation="linear",
    gradients=None,
    inputs=None,
    outputs=None,
):
    """A network as circles and arrows, from left to right: squares are inputs, circles are neurons.

    model : one of
        a Neuron, Layer or MLP of `micrograd_lite.nn`;
        a list of pairs (W, b), NumPy: W (inputs, outputs) and b (outputs,), one pair a layer;
        a list of sizes such as [2, 3, 1]: circles and arrows without numbers.
    x : one sample, as many numbers as there are inputs; the activations then stand in the circles
    show : what the arrows carry
        "weights": the weights, solid where positive, dashed where negative, thicker where larger;
        "activations": the same arrows without numbers, for a look at what stands in the circles;
        "gradients": the gradients of the weights, on arrows that run back.
    activation, output_activation : names as in `MLP`, for pairs (W, b) alone; a model brings its own
    gradients : list of pairs (dW, db), for pairs (W, b) alone; a model has them in its parameters' `grad`
    inputs, outputs : names to stand beside the first and the last column

    Where more than 28 arrows run between two columns, their numbers are left out and the text says so; of a
    layer with more than 16 units, 8 are drawn. Raises ValueError or TypeError for what fits no network.
    """
    if show not in SHOWS:
        raise ValueError(f"show is {', '.join(map(repr, SHOWS))}, got {show!r}")
    layers = _layers_of(model, activation, output_activation, gradients, show)
    sizes = [layers[0].sizes[0], *(layer.sizes[1] for layer in layers)]
    names = _names("inputs", inputs, sizes[0]), _names("outputs", outputs, sizes[-1])
    values = None if x is None else _forward(layers, _sample(x, sizes[0]))
    with style():
        plan = _Plan(sizes, layers, show, names, title)
        for k, layer in enumerate(layers):
            plan.arrows(k, layer)
        for k in range(len(sizes)):
            plan.units(k, None if values is None else values[k])
        plan.keys()
    return Picture(
        plan.figure, _said(title, sizes, layers, values, show, plan, inputs), 32 if plan.dense else 128
    )


# ---------------------------------------------------------------- what is given, as layers of numbers


@dataclass
class _Layer:
    """W (inputs, outputs) and b (outputs,), or None for sizes alone; their gradients; the activation."""

    sizes: tuple[int, int]
    W: np.ndarray | None = None
    b: np.ndarray | None = None
    dW: np.ndarray | None = None
    db: np.ndarray | None = None
    activation: str = ""


def _layers_of(model, activation, output_activation, gradients, show):
    if isinstance(model, (MLP, Layer, Neuron)):
        if gradients is not None:
            raise TypeError("gradients= is for pairs (W, b); a model has its gradients in its parameters")
        return _layers_of_model(model)
    if not isinstance(model, (list, tuple)) or not model:
        raise TypeError(
            "network takes a Neuron, Layer or MLP, a list of pairs (W, b), or a list of sizes such as "
            f"[2, 3, 1]; got {type(model).__name__}: {str(model)[:60]}"
        )
    if all(isinstance(item, (int, np.integer)) and not isinstance(item, bool) for item in model):
        return _layers_of_sizes([int(size) for size in model], show)
    layers = _layers_of_pairs(model, activation, output_activation)
    if show == "gradients":
        _take_gradients(layers, gradients)
    return layers


def _layers_of_model(model):
    layers = getattr(model, "layers", [model])
    found = []
    for layer in layers:
        neurons = getattr(layer, "neurons", [layer])
        W = np.array([[w.data for w in neuron.w] for neuron in neurons]).T
        dW = np.array([[w.grad or 0.0 for w in neuron.w] for neuron in neurons]).T
        b, db = (np.array(list(numbers)) for numbers in _biases(neurons))
        found.append(_Layer(W.shape, W, b, dW, db, neurons[0].activation))
    return found


def _biases(neurons):
    return (n.b.data for n in neurons), (n.b.grad or 0.0 for n in neurons)


def _layers_of_sizes(sizes, show):
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"sizes are whole numbers from 1 on, two or more of them; got {sizes}")
    if show != "weights":
        raise ValueError(f"a list of sizes has no {show}: give a model, or a list of pairs (W, b)")
    return [_Layer(pair) for pair in pairwise(sizes)]


def _layers_of_pairs(pairs, activation, output_activation):
    if activation not in ACTIVATIONS:
        raise ValueError(f"unknown activation {activation!r}; there is {', '.join(ACTIVATIONS)}")
    if output_activation not in [*ACTIVATIONS, "softmax"]:
        known = f"{', '.join(ACTIVATIONS)}, softmax"
        raise ValueError(f"unknown output_activation {output_activation!r}; there is {known}")
    layers = []
    for k, pair in enumerate(pairs, 1):
        W, b = _pair(pair, k, "(W, b)")
        if layers and W.shape[0] != layers[-1].sizes[1]:
            raise ValueError(
                f"layer {k} has W of shape {W.shape}, so it expects {W.shape[0]} inputs, but layer {k - 1} "
                f"has {layers[-1].sizes[1]} outputs"
            )
        layers.append(_Layer(W.shape, W, b, activation=activation if k < len(pairs) else output_activation))
    return layers


def _pair(pair, k, what):
    try:
        W, b = (np.asarray(table, dtype=np.float64) for table in pair)
    except (TypeError, ValueError) as problem:
        raise ValueError(f"layer {k} is not a pair {what} of numbers: {str(pair)[:60]}") from problem
    if W.ndim != 2 or b.shape != W.shape[1:] or 0 in W.shape:
        raise ValueError(
            f"layer {k}: W has the shape (inputs, outputs) and b the shape (outputs,); "
            f"got {W.shape} and {b.shape}"
        )
    return W, b


def _take_gradients(layers, gradients):
    if gradients is None or len(gradients) != len(layers):
        count = "none" if gradients is None else len(gradients)
        raise ValueError(f"gradients= takes a pair (dW, db) for each of {len(layers)} layers, got {count}")
    for k, (layer, pair) in enumerate(zip(layers, gradients), 1):
        layer.dW, layer.db = _pair(pair, k, "(dW, db)")
        if layer.dW.shape != layer.W.shape:
            raise ValueError(f"layer {k}: W has shape {layer.W.shape}, its gradient {layer.dW.shape}")


def _sample(x, nin):
    numbers = [v.data if isinstance(v, Value) else v for v in (x if np.ndim(x) else [x])]
    try:
        sample = np.asarray(numbers, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise TypeError(f"x is one sample, a list of {nin} numbers; got {x!r}") from problem
    if sample.shape != (nin,):
        raise ValueError(f"x is one sample of shape ({nin},); got shape {sample.shape}")
    return sample


def _forward(layers, x):
    """The numbers in each column: the sample, then the activations of each layer."""
    if layers[0].W is None:
        raise ValueError("a list of sizes computes nothing: give x= with a model, or with pairs (W, b)")
    columns = [x]
    for layer in layers:
        f = softmax if layer.activation == "softmax" else ACTIVATIONS[layer.activation].f
        columns.append(f(columns[-1] @ layer.W + layer.b))
    return columns


def _names(what, names, size):
    if names is None:
        letter = "x" if what == "inputs" else r"\hat{y}"
        return [f"${letter}$" if size == 1 else f"${letter}_{{{i}}}$" for i in range(1, size + 1)]
    names = list(names)
    if len(names) != size:
        raise ValueError(f"{what}= takes a name for each of {size}, got {len(names)}: {names}")
    return [str(name) for name in names]


# ---------------------------------------------------------------- where everything stands


LETTER = 9.0  # points: 12.5 pixels on the page, for what stands on an arrow; in a circle at least 7.5 points


class _Plan:
    """The figure, in inches from its lower left corner, and what was left out."""

    def __init__(self, sizes, layers, show, names, title):
        self.sizes, self.layers, self.show, self.names = sizes, layers, show, names
        self.slots = [_slots(size) for size in sizes]
        most = max(map(len, self.slots))
        self.dense = any(len(a) * len(b) > 60 for a, b in pairwise(self.slots))
        self.radius = 0.27 if most <= 8 else 0.21
        pairs = [a * b for a, b in pairwise(sizes)]
        wanted = show != "activations" and layers[0].W is not None
        self.numbered = [wanted and count <= MOST_NUMBERS for count in pairs]
        self.biases = wanted and most <= 8
        self._measure(most, pairs, title)

    def _measure(self, most, pairs, title):
        crowd = max((count for count, on in zip(pairs, self.numbered) if on), default=0)
        pitch = 2 * self.radius + (0.33 if self.biases else 0.1)
        left, right = (self.radius + 0.12 + max(map(_wide, names)) for names in self.names)
        gap = 2.3 if any(self.numbered) else 2.8 if self.dense else 1.7
        columns = len(self.sizes) - 1
        gap = min(gap, (WIDEST - left - right - 0.2) / columns)
        width = min(max(left + right + 0.2 + columns * gap, 4.6), WIDEST)
        heading = titled(title, width)
        above = 0.25 * (heading.count("\n") + 1) * bool(title) + 0.68
        height = max(most * pitch, 0.27 * crowd, 1.0)
        self.below = 0.45 if self.layers[0].W is not None else 0.12
        self.figure = new_figure(width, above + height + self.below, layout=None)
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set(xlim=(0, width), ylim=(0, above + height + self.below), aspect="equal")
        self.axes.axis("off")
        start = left + 0.1 + (width - left - right - 0.2 - columns * gap) / 2
        self.xs = [start + k * gap for k in range(columns + 1)]
        self.ys = [_spread(len(slots), height, 2.2 * pitch, self.below) for slots in self.slots]
        self.top = self.below + height
        if title:
            size = {"fontsize": 13, "weight": "bold", "va": "top", "linespacing": 1.1}
            self.axes.text(0.1, self.top + above - 0.08, heading, **size)

    def places(self, k):
        """(index, y) of each unit of a column that is drawn."""
        return [(i, y) for i, y in zip(self.slots[k], self.ys[k]) if i is not None]

    # -- arrows --------------------------------------------------------------------------------------

    def arrows(self, k, layer):
        """All arrows from column k to the next."""
        table = layer.dW if self.show == "gradients" else layer.W
        sizes = np.concatenate([abs(t).ravel() for t in self._tables()] or [np.zeros(1)])
        largest = sizes[np.isfinite(sizes)].max(initial=0.0)
        lines = []
        for i, y0 in self.places(k):
            for j, y1 in self.places(k + 1):
                number = None if table is None else float(table[i, j])
                start, end = self._edge(k, y0, y1)
                self._arrow(start, end, number, largest)
                lines.append((start, end, "" if number is None else _short(number), number))
        if self.numbered[k]:
            self._write(k, lines)

    def _tables(self):
        tables = [layer.dW if self.show == "gradients" else layer.W for layer in self.layers]
        return [table for table in tables if table is not None]

    def _edge(self, k, y0, y1):
        """From the rim of one unit to the rim of the other."""
        start, end = np.array([self.xs[k], y0]), np.array([self.xs[k + 1], y1])
        along = (end - start) / np.linalg.norm(end - start)
        rim = self.radius / max(abs(along)) if k == 0 else self.radius  # the inputs are squares
        return start + rim * along, end - self.radius * along

    def _arrow(self, start, end, number, largest):
        look, width, solid, share = {"color": GREY, "linestyle": "-"}, 1.0, 0.9, 0.4
        if number is not None:
            share = abs(number) / largest if largest > 0 and np.isfinite(number) else 0.0
            looks = GRADIENT_LOOKS if self.show == "gradients" else WEIGHT_LOOKS
            look = looks[number < 0] if share > 0 else {"color": "#B5B5B5", "linestyle": (0, (1, 2))}
            width = 0.7 + 2.6 * share
            solid = 0.95
        if self.dense:
            width = 0.4 + 1.6 * share
            look = look if share > 0.5 else {"color": "#D5D5D5", "linestyle": "-"}
        if self.show == "gradients":
            start, end = end, start
        along = (end - start) / np.linalg.norm(end - start)
        across = np.array([-along[1], along[0]])
        size = 0.07 + 0.022 * width
        neck = end - size * along
        style = look | {"alpha": solid, "zorder": 1 + width / 10}
        self.axes.add_line(Line2D(*zip(start, neck), linewidth=width, solid_capstyle="butt", **style))
        corners = [end, neck + 0.45 * size * across, neck - 0.45 * size * across]
        head = {"color": look["color"], "alpha": solid, "linewidth": 0, "zorder": 1 + width / 10}
        self.axes.add_patch(Polygon(corners, closed=True, **head))

    def _write(self, k, lines):
        """The numbers on the arrows, each where it hides least; none at all where they would overlap."""
        boxes = _room_for(lines)
        if boxes is None:
            self.numbered[k] = False
            return
        looks = GRADIENT_LOOKS if self.show == "gradients" else WEIGHT_LOOKS
        for (x, y), (_, _, text, number) in zip(boxes, lines):
            paper = {"facecolor": "white", "edgecolor": "none", "pad": 1.2}
            where = {"ha": "center", "va": "center", "zorder": 3, "bbox": paper, "fontsize": LETTER}
            self.axes.text(x, y, text, color=looks[number < 0]["color"], **where)

    # -- units ---------------------------------------------------------------------------------------

    def units(self, k, values):
        """The squares or circles of a column, what stands in them, beside and below them, and its heading."""
        first, last = k == 0, k == len(self.sizes) - 1
        x, r = self.xs[k], self.radius
        signs = 7 if r > 0.25 else 6
        insides = {
            i: (self._name(k, i) if values is None else _short(values[i], signs)) for i, _ in self.places(k)
        }
        size = min(_size_in(text, r) for text in insides.values())
        for i, y in self.places(k):
            if first:
                shape = FancyBboxPatch((x - r, y - r), 2 * r, 2 * r, boxstyle="square,pad=0", **INPUT_LOOK)
            else:
                shape = Circle((x, y), r, **ACTIVATION_LOOK)
            shape.set(linewidth=1.5, zorder=4)
            self.axes.add_patch(shape)
            name = self._name(k, i)
            if values is not None or name.startswith("$"):
                self.axes.text(x, y, insides[i], fontsize=size, **_MIDDLE)
            if (first or last) and (values is not None or not name.startswith("$")):
                side = -1 if first else 1
                where = {"ha": "right" if first else "left", "va": "center", "fontsize": 11}
                self.axes.text(x + side * (r + 0.08), y, name, **where)
            if not first and self.biases:
                self._bias(k, i, y)
        for index, y in zip(self.slots[k], self.ys[k]):
            if index is None:
                self.axes.text(x, y, "⋮", fontsize=16, color=GREY, **_MIDDLE)
        heading = "\n".join(filter(None, _column_said(k, self.sizes, self.layers)))
        self.axes.text(x, self.top + 0.45, heading, ha="center", va="top", color=GREY, fontsize=9.5)

    def _name(self, k, i):
        if k == 0:
            return self.names[0][i]
        return self.names[1][i] if k == len(self.sizes) - 1 else f"$a_{{{i + 1}}}$"

    def _bias(self, k, i, y):
        layer = self.layers[k - 1]
        back = self.show == "gradients"
        number = float((layer.db if back else layer.b)[i])
        look = (GRADIENT_LOOKS if back else WEIGHT_LOOKS)[number < 0]
        where = {"ha": "center", "va": "top", "zorder": 5, "fontsize": LETTER, "color": look["color"]}
        halo = [withStroke(linewidth=3, foreground="white")]
        text = f"$b$ = {_short(number)}"
        self.axes.text(self.xs[k], y - self.radius - 0.04, text, path_effects=halo, **where)

    def keys(self):
        """What the looks of the arrows mean, below the network."""
        if self.layers[0].W is None:
            return
        what = "gradient" if self.show == "gradients" else "weight"
        looks = GRADIENT_LOOKS if self.show == "gradients" else WEIGHT_LOOKS
        tables = [*self._tables()]
        present = [any((t > 0).any() for t in tables), any((t < 0).any() for t in tables)]
        signs = [(f"positive {what}", looks[0]), (f"negative {what}", looks[1])]
        keys = [Line2D([], [], label=label, **look) for (label, look), there in zip(signs, present) if there]
        if keys:
            more = "; grey: below half of the largest" if self.dense else ""
            keys[-1].set_label(f"{keys[-1].get_label()} (thicker: larger{more})")
        spacing = {"handlelength": 2.6, "columnspacing": 1.4, "borderaxespad": 0.3}
        self.axes.legend(handles=keys, loc="lower left", ncols=2, fontsize=9.5, **spacing)


_MIDDLE = {"ha": "center", "va": "center", "zorder": 5}


def _slots(size):
    """The units of a column that are drawn, from top to bottom; None stands for those that are not."""
    return list(range(size)) if size <= MOST_DRAWN else [*range(6), None, size - 2, size - 1]


def _spread(count, height, most, below):
    step = min(height / count, most)
    return [below + height / 2 + ((count - 1) / 2 - k) * step for k in range(count)]


def _wide(name):
    """Inches that a name takes beside a column, at 11 points."""
    return 0.3 if name.startswith("$") else 0.1 * len(name)


def _short(number, signs=7):
    """Three digits, or fewer in a text of at most so many signs: -0.731, 12.3, -0.0035, 1e+05."""
    for digits in (3, 2, 1):
        text = f"{number + 0.0:.{digits}g}"
        if len(text) <= signs:
            break
    return text


def _size_in(text, radius):
    """The size of letters, in points, with which a text fits a circle."""
    if text.startswith("$"):
        return 11.0 if radius > 0.25 else 9.5
    return max(7.5, min(10.0, 72 * 1.85 * radius / (0.64 * len(text))))


def _room_for(lines):
    """A place for the number on each arrow, free of the other numbers; None without room for all."""
    boxes = []
    for index, (start, end, text, _) in enumerate(lines):
        half = np.array([0.5 * 0.082 * len(text) + 0.02, 0.085])
        best = None
        for t in np.linspace(0.16, 0.84, 35):
            middle = start + t * (end - start)
            near = [m for m, h in boxes if (abs(m - middle) < h + half).all()]
            others = (line for k, line in enumerate(lines) if k != index)
            crossed = sum(_crosses(line[0], line[1], middle, half) for line in others)
            cost = 100 * len(near) + 2 * crossed + 2.0 * abs(t - 0.34)
            if best is None or cost < best[0]:
                best = cost, middle
        if best[0] >= 100:
            return None
        boxes.append((best[1], half))
    return [middle for middle, _ in boxes]


def _crosses(start, end, middle, half):
    """How far into the box a line runs: 0 outside, 1 through its middle."""
    x = np.clip(middle[0], start[0], end[0])
    y = start[1] + (end[1] - start[1]) * (x - start[0]) / (end[0] - start[0])
    return max(0.0, 1 - abs(y - middle[1]) / (1.6 * half[1]))


# ---------------------------------------------------------------- in words


def _column_said(k, sizes, layers):
    """What a column is, and its activation: ("hidden layer 1", "tanh")."""
    if k == 0:
        return f"{sizes[0]} input{'s' * (sizes[0] > 1)}", ""
    if k == len(sizes) - 1:
        what = f"{sizes[k]} output{'s' * (sizes[k] > 1)}"
    else:
        what = f"hidden layer {k}" if len(sizes) > 3 else "hidden layer"
        what += f", {sizes[k]}" if sizes[k] > MOST_DRAWN else ""
    name = layers[k - 1].activation
    return what, ACTIVATIONS[name].title if name in ACTIVATIONS else name


def _said(title, sizes, layers, values, show, plan, inputs):
    """The alternative text: shape, numbers where they are drawn, what is left out."""
    parts = [sentence(title)] if title else []
    columns = [f"{n} ({la.activation})" if la.activation else str(n) for n, la in zip(sizes[1:], layers)]
    named = f" ({', '.join(map(str, inputs))})" if inputs is not None else ""
    parts.append(f"A network from left to right: {sizes[0]} inputs{named} → {' → '.join(columns)}.")
    if values is not None:
        parts.append(f"Input {_row(values[0])}. " + "; ".join(
            f"layer {k}: {_row(column)}" for k, column in enumerate(values[1:], 1)) + ".")  # fmt: skip
    if layers[0].W is not None and show != "activations":
        parts += [_table_said(k, layer, show, plan) for k, layer in enumerate(layers, 1)]
    left_out = [f"{len(slots) - 1} of {size}" for size, slots in zip(sizes, plan.slots) if None in slots]
    parts += [f"Of large layers some units are drawn: {', '.join(left_out)}."] if left_out else []
    return " ".join(parts)


def _row(numbers):
    shown = ", ".join(map(_short, numbers[:MOST_DRAWN]))
    return f"({shown}{', …' if len(numbers) > MOST_DRAWN else ''})"


def _table_said(k, layer, show, plan):
    what, W, b = ("Gradients", layer.dW, layer.db) if show == "gradients" else ("Weights", layer.W, layer.b)
    if plan.numbered[k - 1]:
        rows = "; ".join(f"{_row(W[:, j])}, b {_short(b[j])}" for j in range(W.shape[1]))
        return f"{what} into layer {k}, unit by unit: {rows}."
    return (
        f"{what} into layer {k}: {W.size}, too many to be written on the arrows, from {_short(W.min())} to "
        f"{_short(W.max())}, {int((W < 0).sum())} of them negative."
    )
