"""A training run: the loss step by step, and several measures epoch by epoch."""

import numpy as np

from micrograd_lite.engine import Value
from micrograd_lite.figures.style import (
    CURVE_LOOKS,
    Picture,
    new_figure,
    sentence,
    style,
    title_above,
    titled,
)

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
    return Picture(figure, f"{sentence(title)} {said}")


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


def learning_curves(panels, title, *, xlabel="epoch"):
    """Numbers epoch by epoch in panels side by side, as loss and accuracy; up to 4 curves in each.

    panels : dict, label of the y axis -> dict, label of a curve -> numbers, the first for epoch 1.
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
        title_above(figure, title)
    return Picture(figure, f"{sentence(title)} {'; '.join(said)}.")
