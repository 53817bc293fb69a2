"""Dropout on one layer of a network: masks, activations, and the mean that is kept.

`dropout_frame(x, layers, p=0.5, layer=1)` is the picture for one sample x and one network; without them it is
a handwritten digit and a small network trained on such digits. `DropoutExplorer(x, layers)` is the same
picture with controls; it needs a notebook with a kernel.
"""

import ipywidgets
import numpy as np

from micrograd_lite import figures
from micrograd_lite.activations import relu, softmax
from micrograd_lite.datasets import load_digits
from micrograd_lite.digit_network import digit_network
from micrograd_lite.graph import number
from micrograd_lite.regularize import dropout
from micrograd_lite.widgets.base import (
    MODES,
    MovingFigure,
    SeededExplorer,
    check_choice,
    check_number,
    widths,
)

__all__ = ["MASKS", "DropoutExplorer", "DropoutReading", "dropout_frame"]

RATES = (0.0, 0.9)
MASKS = (1, 3, 10, 30, 100, 300, 1000)  # how many masks the mean is taken over
ROOM = 2.2  # the axis of the means ends at this many times the largest activation


class DropoutReading:
    """One sample through one network, with dropout on one layer: under many masks, and without.

    a (units,) : the layer's activations as evaluation has them. dropped (units,) : those that the first mask
    drops. scale : what the others are multiplied by.
    out (masks, units) : the activations under each mask, ã. mean (units,) : their mean over the masks.
    plain (classes,), p_out (masks, classes) : the probabilities without dropout, and under each mask.
    """

    def __init__(self, x, layers, p, layer, mode, masks, seed):
        self.p, self.mode = check_number("p", p, *RATES), check_choice("mode", mode, MODES)
        self.masks = check_choice("masks", masks, MASKS)
        x, layers = _checked_network(x, layers)
        self.layer, self.classes = check_choice("layer", layer, range(len(layers))), len(layers[-1][1])
        self.a = _through(layers[:layer], x[None], last=False)[0]  # (units,)
        many = np.tile(self.a, (masks, 1))  # (masks, units)
        self.out, mask = dropout(many, p, np.random.default_rng(seed), training=mode == "train")
        self.dropped, self.mean = mask[0] == 0.0, self.out.mean(axis=0)
        self.scale = 1.0 / (1.0 - self.p) if mode == "train" else 1.0
        # standard deviation of the mean for an activation of 1: each mask gives 0 or `scale`
        self.spread = np.sqrt((self.scale - 1.0) / masks)
        self.plain = softmax(_through(layers[layer:], self.a[None]))[0]  # (classes,)
        self.p_out = softmax(_through(layers[layer:], self.out))  # (masks, classes)

    def heading(self):
        units = f"{self.dropped.sum()} of {len(self.a)} units dropped"
        if self.mode == "eval":
            return f"Evaluation: {units}, nothing scaled, whatever the rate"
        where = f"p = {number(self.p)} on {layer_name(self.layer)}"
        return f"Training, {where}: {units}, the others × {number(self.scale)}"

    def describe(self):
        largest = int(np.argmax(np.abs(self.a)))
        a, here, mean = (number(v) for v in (self.a[largest], self.out[0, largest], self.mean[largest]))
        plain, said = int(self.plain.argmax()), int(self.p_out[0].argmax())
        same = int((self.p_out.argmax(axis=1) == plain).sum())
        masks = "1 mask" if self.masks == 1 else f"{self.masks} masks"
        return (
            f"{self.heading()}. The largest activation is {a}; here it is {here}, and {mean} in the mean "
            f"over {masks}. Without dropout the network says {plain} ({self.plain[plain]:.1%}), here "
            f"{said} ({self.p_out[0, said]:.1%}), and {plain} under {same} of {masks}."
        )


def layer_name(layer):
    return f"hidden layer {layer}" if layer else "the input"


def dropout_frame(x=None, layers=None, *, p=0.5, layer=1, mode="train", masks=100, seed=0):
    """One mask on one layer, the mean over many, and the network's answer, as a `figures.Picture`.

    x : one sample (n,), for example the pixels of a digit. layers : [(W1, b1), (W2, b2), …] with W (out, in)
    and b (out,) as `nn.Linear` keeps them; ReLU between, logits at the end. Without them: a digit and
    `digit_network()`. p : the rate, from 0 to 0.9. layer : where dropout acts, 0 is the input, 1 the first
    hidden layer. mode : "train" or "eval". masks : one of `MASKS`. seed : of the masks. A mean beyond
    the axis stands at its end.
    Errors: ValueError.
    """
    return _DropoutFigure.picture(DropoutReading(*_example(x, layers), p, layer, mode, masks, seed))


class _DropoutFigure(MovingFigure):
    """Three panels for one layer, in which the mask, the means and the bars move."""

    SIZE = (10.0, 3.8)

    def _draw_axes(self, reading):
        self.units, self.means, self.bars = self.figure.subplots(1, 3, width_ratios=(0.85, 1.0, 1.15))
        self.figure.subplots_adjust(left=0.015, right=0.985, top=0.78, bottom=0.14, wspace=0.27)
        self._heading = self.heading(0.015, 0.93)
        self.moving += [self._heading]
        self._draw_units(reading)
        self._draw_means(reading)
        self._draw_bars(reading.classes)

    def _draw_units(self, reading):
        self._grid = _grid(len(reading.a))
        top = 2.0 * max(np.abs(reading.a).max(), 1e-9)
        image = np.zeros(self._grid)
        self._image = self.units.imshow(image, cmap=figures.SIGNED, vmin=-top, vmax=top, zorder=3)
        size = min(6.0, 110.0 / max(self._grid))  # points: half a unit's side
        (self._crosses,) = self.units.plot([], [], "x", color=figures.INK, ms=size, mew=size / 4, zorder=4)
        self.units.set(xticks=[], yticks=[], anchor="N")
        self.units.spines[:].set_visible(True)
        self.units.set_title("ã under one mask", fontsize=11)
        self.units.set_xlabel("× dropped; darker: larger |ã|", fontsize=10)
        self.moving += [self._image, self._crosses]

    def _draw_means(self, reading):
        ax, top = self.means, max(np.abs(reading.a).max(), 1e-9)
        low = -top if reading.a.min() < 0.0 else 0.0
        self._ends = ends = np.array([1.05 * low, 1.05 * top])
        (kept,) = ax.plot(ends, ends, color=figures.GREY, zorder=7, label="a: mean kept")
        (self._unscaled,) = ax.plot([], [], color=figures.ORANGE, linestyle=(0, (4, 2)), zorder=7)
        self._unscaled.set_label("(1 − p) a: not scaled")
        (self._band,) = ax.fill(np.zeros(4), np.zeros(4), color="#9CCBE8", alpha=0.45, zorder=6, linewidth=0)
        (self._dots,) = ax.plot([], [], "o", color=figures.BLUE, ms=4.5, alpha=0.8, zorder=8)
        ax.set(xlim=(ends[0] - 0.03 * top, ends[1]), ylim=(ROOM * low - 0.05 * top, ROOM * top))
        ax.set(xlabel="activation $a$ in evaluation", ylabel="mean of ã")
        ax.grid(True)
        ax.legend(loc="upper left", borderaxespad=0.1, handlelength=1.8, fontsize=10)
        above = {"transform": ax.transAxes, "fontsize": 11, "fontweight": "bold", "zorder": 8}
        self._count = ax.text(0.0, 1.04, "", **above)
        self.moving += [self._band, kept, self._unscaled, self._dots, self._count]

    def _draw_bars(self, classes):
        ax, at, none = self.bars, np.arange(classes), np.zeros(classes)
        look = {"edgecolor": "white", "linewidth": 0.0, "zorder": 4}
        self._plain = ax.bar(at - 0.2, none, 0.4, color=figures.BLUE, label="evaluation", **look)
        self._here = ax.bar(at + 0.2, none, 0.4, color=figures.ORANGE, hatch="////", label="one mask", **look)
        ax.set(xlim=(-0.6, classes - 0.4), ylim=(0.0, 1.05), xticks=at, yticks=(0, 0.25, 0.5, 0.75, 1))
        ax.set(xlabel="class", ylabel="probability")
        ax.grid(True, axis="y")
        ax.set_axisbelow(True)
        ax.legend(loc="lower left", ncols=2, bbox_to_anchor=(-0.02, 1.0), borderaxespad=0.2, handlelength=1.6)
        self.moving += [*self._plain, *self._here]

    def _move(self, reading):
        rows, columns = self._grid
        cells = np.zeros(rows * columns)
        cells[: len(reading.a)] = reading.out[0]
        self._image.set_data(cells.reshape(rows, columns))
        self._crosses.set_data(np.divmod(np.flatnonzero(reading.dropped), columns)[::-1])
        self._heading.set_text(reading.heading())
        self._count.set_text(f"masks: {reading.masks}; band: ± 2 st. dev.")
        self._dots.set_data(reading.a, reading.mean.clip(*self.means.get_ylim()))
        self._unscaled.set_data(self._ends, self._ends / reading.scale)
        self._unscaled.set_visible(reading.mode == "train")
        left, right = self._ends
        up, down = 1.0 + 2.0 * reading.spread, 1.0 - 2.0 * reading.spread
        corners = [(left, up * left), (right, up * right), (right, down * right), (left, down * left)]
        self._band.set_xy(corners)
        for bars, heights in ((self._plain, reading.plain), (self._here, reading.p_out[0])):
            for bar, height in zip(bars, heights.tolist(), strict=True):
                bar.set_height(height)


class DropoutExplorer(SeededExplorer):
    """Rate, layer, mode and mask to set: the activations, their mean over masks and the answer follow.

    Arguments: network and first values, as in `dropout_frame`. `reading` is the `DropoutReading` shown now;
    `draw_again()` does what the button does. Errors: ValueError.
    """

    NAME, FIGURE = "dropout", _DropoutFigure

    def __init__(self, x=None, layers=None, *, p=0.5, layer=1, mode="train", masks=100, seed=0):
        self._sample, self._layers = x, layers = _example(x, layers)
        DropoutReading(x, layers, p, layer, mode, masks, seed)
        names = [(layer_name(k), k) for k in range(len(layers))]
        wide, (low, high) = widths(label=90, control=310), RATES
        controls = {
            "p": ipywidgets.FloatSlider(p, min=low, max=high, step=0.05, description="Rate p", **wide),
            "layer": ipywidgets.Dropdown(options=names, value=layer, description="Layer", **wide),
            "mode": ipywidgets.Dropdown(options=MODES, value=mode, description="Mode", **wide),
            "masks": ipywidgets.SelectionSlider(options=MASKS, value=masks, description="Masks", **wide),
        }
        super().__init__(controls, button="New mask", seed=seed)
        self._prepare(self._read(p, k, mode, 1, seed) for _, k in names)

    def _key(self, reading):
        return reading.layer

    def _read(self, p, layer, mode, masks, seed):
        return DropoutReading(self._sample, self._layers, p, layer, mode, masks, seed)


def _through(layers, a, last=True):
    """a (m, in) through these layers: ReLU after each, but not after the network's last one (`last`)."""
    for k, (W, b) in enumerate(layers):
        a = a @ W.T + b
        if not last or k < len(layers) - 1:
            a = relu(a)
    return a


def _example(x, layers):
    """x and layers, with a digit 6 that the network is not quite sure of in place of None."""
    return load_digits().X[16] / 16 if x is None else x, digit_network() if layers is None else layers


def _checked_network(x, layers):
    """x (n,) and [(W, b), …] as float arrays, or a ValueError that names the first that does not fit."""
    x = np.asarray(x, dtype=float)
    layers = [(np.asarray(W, dtype=float), np.asarray(b, dtype=float)) for W, b in layers]
    if x.ndim != 1 or not np.isfinite(x).all():
        raise ValueError(f"x is one sample of finite numbers, shape (n,), as X[i]; got shape {x.shape}")
    if not layers:
        raise ValueError("layers needs at least one pair (W, b)")
    width = len(x)
    for k, (W, b) in enumerate(layers, start=1):
        if W.ndim != 2 or W.shape[1] != width or b.shape != W.shape[:1]:
            raise ValueError(
                f"layer {k} gets {width} numbers: it needs W of shape (out, {width}) and b of shape (out,), "
                f"got {W.shape} and {b.shape}"
            )
        width = len(W)
    return x, layers


def _grid(units):
    """Rows and columns that hold the units, as square as their number allows."""
    side = int(np.sqrt(units))
    rows = next(rows for rows in range(side, 0, -1) if units % rows == 0)
    return (rows, units // rows) if 2 * rows >= side else (side, -(-units // side))
