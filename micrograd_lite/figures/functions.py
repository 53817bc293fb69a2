"""Curves over one axis: measured numbers, functions side by side, and the slope of one of them."""

import math

import numpy as np

from micrograd_lite.figures.style import (
    CURVE_LOOKS,
    GREY,
    INK,
    Picture,
    new_figure,
    sentence,
    style,
    title_above,
    titled,
)


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
    return Picture(figure, f"{sentence(title)} {said}")


def _curve_said(label, x, y):
    best = int(np.nanargmin(y)) if np.isfinite(y).any() else 0
    ends = f"{y[0]:.4g} at {x[0]:.4g}, {y[-1]:.4g} at {x[-1]:.4g}"
    return f"{label}: {ends}, lowest {y[best]:.4g} at {x[best]:.4g}."


def function_panels(panels, title, *, x_range=(-6.0, 6.0), columns=3, xlabel="$x$"):
    """Functions of one number in small pictures side by side, up to 4 curves in each.

    panels : dict, title of a panel -> dict, label of a curve -> function of an array. The text alternative
    gives each curve's value at the ends and in the middle.
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
        title_above(figure, title)
    probes = np.array([x_range[0], (x_range[0] + x_range[1]) / 2, x_range[1]])
    said = "; ".join(
        f"{name}, {label}: {', '.join(f'{y:.4g}' for y in np.asarray(f(probes)).tolist())}"
        for name, lines in panels.items()
        for label, f in lines.items()
    )
    return Picture(
        figure, f"{sentence(title)} Values at {', '.join(f'{x:g}' for x in probes.tolist())}: {said}."
    )


def slope(f, x, h, title=None, *, name="f"):
    """The slope of f at x by definition: a step of width h, the secant over it, and the tangent.

    f : function of one float. h : width of the step, not 0 (negative goes to the left).
    The secant's slope is (f(x + h) - f(x)) / h. The tangent's is the central difference with a step of 1e-5.
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
    return Picture(figure, f"{sentence(title)} {numbers}: {slopes}.")


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
