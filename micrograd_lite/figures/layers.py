"""Numbers layer by layer: how large they are."""

import numpy as np

from micrograd_lite.figures.style import CURVE_LOOKS, GREY, Picture, new_figure, sentence, style, title_above


def layer_histograms(panels, title, *, xlabel, ylabel="layer", decades=(-20, 4)):
    """How large numbers are, layer by layer: a histogram of log₁₀|number| for each layer, above each other.

    panels : dict, title of a panel -> dict, number of a layer -> array. Zeros have no logarithm; the text
    alternative counts them. decades : the axis ends at these powers of ten, numbers beyond stand at its ends.
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
        title_above(figure, title)
    return Picture(figure, f"{sentence(title)} Median sizes: {'; '.join(said)}.")


def _size_said(layer, numbers):
    size = np.abs(np.ravel(numbers))
    zeros = np.mean(size == 0)
    median = np.median(size[size > 0]) if zeros < 1 else 0.0
    return f"layer {layer} {median:.1e}" + (f" ({zeros:.0%} zeros)" if zeros else "")
