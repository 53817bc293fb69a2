"""Images in a grid, and which classes a network takes for which."""

import math

import numpy as np

from micrograd_lite.figures.style import SIGNED, Picture, new_figure, sentence, style, title_above, titled


def images(pictures, labels, title, *, columns=8, signed=False):
    """Small grey pictures in a grid, a label above each, as the digits of the course: 0 is paper, 1 is ink.

    pictures : (n, height, width) or (n, side²) numbers. labels : n texts.
    signed : True for weights: orange is positive, blue is negative, white is 0, all on one scale.
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
        title_above(figure, title)
    scale = f" The scale goes from {-most:.4g} (blue) to {most:.4g} (orange)." if signed else ""
    return Picture(figure, f"{sentence(title)} {len(labels)} pictures: {'; '.join(labels)}.{scale}")


def confusion_matrix(y, predicted, title, *, names=tuple("0123456789")):
    """How often each class was taken for each: a row is what it is, a column is what the network says.

    y, predicted : (m,) class numbers below len(names).
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
    return Picture(figure, f"{sentence(title)} {right}.{f' Most often wrong: {said}.' if said else ''}")
