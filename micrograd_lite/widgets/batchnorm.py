"""One feature before and after Batch Normalization, and its running statistics.

`batchnorm_frame(batch_size=32, gamma=1.0, beta=0.0)` is the picture for the pre-activations of one neuron on
the handwritten digits; `values` of your own may take their place. `BatchNormExplorer()` is the same picture
with controls; it needs a notebook with a kernel.
"""

from functools import cache

import ipywidgets
import numpy as np

from micrograd_lite import figures
from micrograd_lite.datasets import load_digits
from micrograd_lite.digit_network import digit_network
from micrograd_lite.regularize import BatchNorm1d
from micrograd_lite.widgets.base import (
    MODES,
    MovingFigure,
    SeededExplorer,
    check_choice,
    check_number,
    check_whole,
    widths,
)

__all__ = ["BATCH_SIZES", "BatchNormExplorer", "BatchNormReading", "batchnorm_frame"]

BATCH_SIZES = (2, 4, 8, 16, 32, 64, 128, 256)
RANGES = {"gamma": (0.0, 3.0), "beta": (-3.0, 3.0), "shift": (-4.0, 4.0), "scale": (0.2, 2.5)}
BATCHES = (1, 100)
REACH = 10.0  # the axes of the distributions end here
BINS = np.linspace(-REACH, REACH, 61)
ABOVE = {"loc": "lower right", "bbox_to_anchor": (1.02, 0.97), "ncols": 3, "borderaxespad": 0.0}
ABOVE |= {"handlelength": 1.3, "handletextpad": 0.5, "columnspacing": 1.0, "fontsize": 9.5}  # of legends
MEANS, VARS = (-6.0, 6.0), (0.0, 8.0)  # the axes of the running statistics
WIDE = widths(label=90, control=310)


@cache
def neuron_on_digits():
    """Pre-activations of the first hidden unit of `digit_network()` on all 1797 digits, shape (1797,)."""
    W, b = digit_network()[0]
    return load_digits().X / 16 @ W[0] + b[0]


class BatchNormReading:
    """Training batches of one feature through `regularize.BatchNorm1d`, and the last one looked at.

    all_x (n,) : every value of the feature, shifted and scaled. x, out (batch_size,) : the last batch before
    and after, in `mode`. all_out (n,) : all values, put through as the last batch was. means, variances
    (batches,) : of each batch, the variance with 1/(m - 1), as the running one has it. running
    (2, batches + 1) : running mean and variance, from the start on.
    """

    def __init__(self, values, batch_size, gamma, beta, mode, shift, scale, batches, seed):
        numbers = {"gamma": gamma, "beta": beta, "shift": shift, "scale": scale}
        for name, number in numbers.items():
            check_number(name, number, *RANGES[name])
        self.batch_size = check_choice("batch_size", batch_size, BATCH_SIZES)
        self.mode = check_choice("mode", mode, MODES)
        self.batches = check_whole("batches", batches, *BATCHES)
        self.all_x = shift + scale * _standardised(values, batch_size)
        self._train(float(gamma), float(beta), np.random.default_rng(seed))

    def _train(self, gamma, beta, rng):
        bn = BatchNorm1d(1)
        bn.gamma, bn.beta = np.array([gamma]), np.array([beta])
        running, drawn = [(0.0, 1.0)], []
        for _ in range(self.batches):
            drawn.append(rng.choice(self.all_x, self.batch_size, replace=False))
            out = bn.forward(drawn[-1][:, None])
            running.append((bn.running_mean[0], bn.running_var[0]))
        self.x, self.running = drawn[-1], np.transpose(running)
        self.means, self.variances = np.mean(drawn, axis=1), np.var(drawn, axis=1, ddof=1)
        if self.mode == "eval":
            out = bn.eval().forward(self.x[:, None])
        self.out = out[:, 0]
        self.all_out = gamma * (self.all_x - bn.cache["mu"]) * bn.cache["inv_std"] + beta

    def heading(self):
        if self.mode == "train":
            return f"Training: normalised with mean and variance of this batch of {self.batch_size}"
        many = "1 batch" if self.batches == 1 else f"{self.batches} batches"
        return f"Evaluation: normalised with the running mean and variance of {many}"

    def before(self):
        return f"before: {_moments(self.x)}"

    def after(self):
        return f"after: {_moments(self.out)}"

    def describe(self):
        mean, variance = self.running[:, -1]
        return (
            f"{self.heading()}. The batch {self.before()}; {self.after()}. Running mean {_rounded(mean)}, "
            f"running variance {_rounded(variance)}; all {len(self.all_x)} values: {_moments(self.all_x)}."
        )


def batchnorm_frame(
    values=None, *, batch_size=32, gamma=1.0, beta=0.0, mode="train", shift=2.0, scale=1.5, batches=30, seed=0
):
    """A batch of one feature before and after Batch Normalization, and the running statistics, as a Picture.

    values : numbers of one feature (n,); they are standardised, then shift + scale · value is what comes in.
    Without them: a neuron's pre-activations on the digits. batch_size : one of `BATCH_SIZES`. gamma : 0 to 3.
    beta : −3 to 3. mode : "train" or "eval". shift : −4 to 4. scale : 0.2 to 2.5. batches : training batches
    before the picture, 1 to 100; the last is shown. seed : of the batches. Each distribution has its
    tallest bar at one height; what lies beyond an axis stands at its end. Errors: ValueError.
    """
    reading = BatchNormReading(values, batch_size, gamma, beta, mode, shift, scale, batches, seed)
    return _BatchNormFigure.picture(reading)


class _BatchNormFigure(MovingFigure):
    """Left the distributions on one axis, right the running statistics; the data move."""

    SIZE = (10.0, 4.2)

    def _draw_axes(self, reading):
        grid = self.figure.subplots(2, 2, sharex="col", width_ratios=(1.25, 1.0))
        self.figure.subplots_adjust(left=0.03, right=0.985, top=0.83, bottom=0.12, hspace=0.36, wspace=0.14)
        self._heading = self.heading(0.03, 0.94)
        self._sides = [
            self._draw_distribution(grid[0, 0], {"color": figures.BLUE}, 0.85),
            self._draw_distribution(grid[1, 0], {"color": figures.ORANGE, "hatch": "////"}, 0.44),
        ]
        grid[1, 0].set(xlabel="value of the feature")
        self._statistics = [
            self._draw_statistic(grid[0, 1], "running mean", MEANS),
            self._draw_statistic(grid[1, 1], "running variance", VARS),
        ]
        grid[1, 1].set(xlabel="training batches")
        self.moving += [self._heading]

    def _draw_distribution(self, ax, look, top):
        ax.set(xlim=(-REACH, REACH), ylim=(0.0, 1.08), xticks=(-10, -5, 0, 5, 10), yticks=())
        ax.spines["left"].set_visible(False)
        ax.axvline(0.0, color="#D0D0D0", linewidth=1.0, zorder=1)
        look = {"fill": True, "edgecolor": "white", "linewidth": 0.3, "zorder": 3, "label": "batch"} | look
        bars = ax.stairs(np.zeros(60), BINS, **look)
        outline = ax.stairs(
            np.zeros(60), BINS, color=figures.INK, linewidth=1.4, zorder=4, label="all values"
        )
        (mean,) = ax.plot([], [], color=figures.INK, linestyle=(0, (3, 2)), linewidth=1.6, zorder=5)
        mean.set_label("mean")
        if top > 0.5:
            ax.legend(**ABOVE)
        said = self.heading(0.03, top, fontsize=10.5, fontweight="normal")
        self.moving += [bars, outline, mean, said]
        return bars, outline, mean, said

    def _draw_statistic(self, ax, name, limits):
        ax.set(xlim=(-1, BATCHES[1] + 1), ylim=limits, yticks=np.linspace(*limits, 5))
        ax.set_title(name, fontsize=11, pad=6)
        ax.grid(True)
        (each,) = ax.plot([], [], "x", color=figures.GREY, ms=4, zorder=3, label="batch")
        (line,) = ax.plot([], [], color=figures.BLUE, linewidth=2.4, zorder=5, label="running")
        (target,) = ax.plot([], [], color=figures.INK, linestyle=(0, (4, 2)), zorder=4, label="all values")
        if name == "running mean":
            ax.legend(**ABOVE)
        self.moving += [each, line, target]
        return each, line, target, limits

    def _move(self, reading):
        self._heading.set_text(reading.heading())
        for (bars, outline, mean, said), sample, everything, words in zip(
            self._sides, (reading.x, reading.out), (reading.all_x, reading.all_out),
            (reading.before(), reading.after()), strict=True,
        ):  # fmt: skip
            bars.set_data(_heights(sample))
            outline.set_data(_heights(everything))
            mean.set_data([sample.mean()] * 2, [0.0, 1.08])
            said.set_text(words)
        steps = np.arange(reading.batches + 1)
        whole = reading.all_x.mean(), reading.all_x.var(ddof=1)
        for (each, line, target, limits), of_batches, running, goal in zip(
            self._statistics, (reading.means, reading.variances), reading.running, whole, strict=True
        ):
            each.set_data(steps[1:], of_batches.clip(*limits))
            line.set_data(steps, running.clip(*limits))
            target.set_data([0, BATCHES[1]], [goal, goal])


class BatchNormExplorer(SeededExplorer):
    """Batch size, γ, β, mode, shift, scale and number of batches to set: distributions and statistics follow.

    Arguments: first values, as in `batchnorm_frame`. `reading` is the `BatchNormReading` shown now;
    `draw_again()` does what the button does. Errors: ValueError.
    """

    NAME, FIGURE = "batchnorm", _BatchNormFigure

    def __init__(
        self, values=None, *, batch_size=32, gamma=1.0, beta=0.0, mode="train", shift=2.0, scale=1.5,
        batches=30, seed=0,
    ):  # fmt: skip
        self._feature = values
        BatchNormReading(values, batch_size, gamma, beta, mode, shift, scale, batches, seed)
        sizes = [size for size in BATCH_SIZES if size <= len(_values(values))]
        controls = {
            "batch_size": ipywidgets.SelectionSlider(
                options=sizes, value=batch_size, description="Batch size", **WIDE
            ),
            "gamma": _slider("gamma", gamma, "γ"),
            "beta": _slider("beta", beta, "β"),
            "shift": _slider("shift", shift, "Input shift"),
            "scale": _slider("scale", scale, "Input scale"),
            "batches": ipywidgets.IntSlider(batches, *BATCHES, description="Batches", **WIDE),
            "mode": ipywidgets.Dropdown(options=MODES, value=mode, description="Mode", **WIDE),
        }
        super().__init__(controls, button="New batches", seed=seed)

    def _read(self, **settings):
        return BatchNormReading(self._feature, **settings)


def _slider(name, value, label):
    low, high = RANGES[name]
    return ipywidgets.FloatSlider(value, min=low, max=high, step=0.1, description=label, **WIDE)


def _values(values):
    return neuron_on_digits() if values is None else values


def _standardised(values, batch_size):
    """Values of one feature with mean 0 and variance 1, or a ValueError."""
    v = np.asarray(_values(values), dtype=float)
    if v.ndim != 1 or len(v) < batch_size or not np.isfinite(v).all() or np.ptp(v) == 0.0:
        raise ValueError(
            f"values are numbers of one feature, shape (n,): finite, not all equal, and at least as many as "
            f"the batch size {batch_size}; got shape {v.shape}"
        )
    return (v - v.mean()) / v.std()


def _heights(sample):
    """Heights of the bars, the tallest 1."""
    counts, _ = np.histogram(sample.clip(-REACH, REACH), BINS)
    return counts / counts.max()


def _rounded(x):
    return f"{round(x, 2) + 0.0:.2f}"  # + 0.0 turns -0.0 into 0.0


def _moments(sample):
    return f"mean {_rounded(sample.mean())}, variance {_rounded(sample.var())}"
