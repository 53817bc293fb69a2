"""Methods beside each other: speeds, accuracies with their intervals, the rates at which each one trains."""

import math

import numpy as np
from matplotlib.lines import Line2D

from micrograd_lite.figures.style import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    Picture,
    new_figure,
    sentence,
    style,
    title_above,
    titled,
)


def log_bars(values, title, *, xlabel, number="{:,.0f}"):
    """A bar for each value on a logarithmic axis, the number at its end: each mark is 10 times the last one.

    values : dict, label -> number above 0.
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
    return Picture(figure, f"{sentence(title)} {xlabel}: {said}.")


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
        title_above(figure, title)
    means = ", ".join(f"{method} {np.mean(numbers):.2f}" for method, numbers in accuracies.items())
    minus = ", ".join(
        f"{name} {m:+.2f} [{low:+.2f}, {high:+.2f}]" for name, (m, low, high) in intervals.items()
    )
    return Picture(
        figure, f"{sentence(title)} Mean test accuracy in %: {means}. Minus {base}, in points: {minus}."
    )


def rates_that_train(counts, seeds, title):
    """Which learning rates train: for each case a row of marks along a logarithmic axis of rates.

    counts : dict, case -> {learning rate: number of seeds that train}. seeds : how many there are. A disc is
    all of them, a triangle some, with their number, a small cross none.
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
    return Picture(figure, f"{sentence(title)} Rates at which all {seeds} seeds train: {said}.")


def _rates_said(row, seeds):
    return ", ".join(f"{lr:g}" for lr, k in row.items() if k == seeds) or "none"
