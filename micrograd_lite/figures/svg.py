"""A laid-out graph as a matplotlib figure: for files that need no program but Python to be made."""

import re

from matplotlib.patches import Ellipse, PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from micrograd_lite.figures.style import DISPLAY_DPI, course_style, new_figure

ANCHORS = {"start": "left", "middle": "center", "end": "right"}


def figure_of(root):
    """The figure of an SVG as `graph.finish_svg` leaves it (an element tree), as large as on the page.

    It knows what Graphviz writes: polygons, lines, paths of M, L and C, ellipses, text, links, and rows.
    """
    left, top, wide, high = map(float, root.get("viewBox").split())
    inches = [float(root.get(side)) / DISPLAY_DPI for side in ("width", "height")]
    with course_style():
        figure = new_figure(*inches, layout=None)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(left, left + wide), ylim=(top + high, top))
        axes.axis("off")
        _Drawer(axes, points=72 * inches[0] / wide).draw(root)
    return figure


class _Drawer:
    """Draws elements one after the other; `points` is the size of a unit of the SVG."""

    def __init__(self, axes, points):
        self.axes, self.points, self.order = axes, points, 0

    def draw(self, element, dx=0.0, dy=0.0, clip=None):
        """The element and what is in it, moved by (dx, dy)."""
        tag = element.tag.rpartition("}")[2]
        if element.get("display") == "none":
            return
        if tag in _SHAPES:
            self._add(_SHAPES[tag](element, dx, dy), element, clip)
        elif tag == "text":
            self._text(element, dx, dy, clip)
        elif tag == "svg" and element.get("x"):
            dx, dy, clip = self._row(element)
        if move := re.search(r"translate\(([-\d.]+)[ ,]+([-\d.]+)\)", element.get("transform", "")):
            dx, dy = dx + float(move[1]), dy + float(move[2])
        for child in element:
            self.draw(child, dx, dy, clip)

    def _row(self, element):
        x, y, wide, high = (float(element.get(name)) for name in ("x", "y", "width", "height"))
        left, top = map(float, element.get("viewBox").split()[:2])
        frame = Rectangle((x, y), wide, high, transform=self.axes.transData)
        return x - left, y - top, frame

    def _add(self, patch, element, clip):
        dash = [float(number) for number in re.findall(r"[\d.]+", element.get("stroke-dasharray", ""))]
        width = self.points * float(element.get("stroke-width", 1))
        patch.set(facecolor=_colour(element, "fill", "black"), edgecolor=_colour(element, "stroke", "none"))
        patch.set(linewidth=width, zorder=self._next())
        if dash:
            patch.set_linestyle((0, [self.points * length / width for length in dash]))
        self.axes.add_patch(patch)
        if clip is not None:
            patch.set_clip_path(clip)

    def _text(self, element, dx, dy, clip):
        drawn = self.axes.text(
            float(element.get("x")) + dx,
            float(element.get("y")) + dy,
            (element.text or "").replace("$", r"\$"),
            ha=ANCHORS[element.get("text-anchor", "start")],
            va="baseline",
            color=_colour(element, "fill", "black"),
            fontsize=self.points * float(element.get("font-size", 14)),
            weight=element.get("font-weight", "normal"),
            style=element.get("font-style", "normal"),
            zorder=self._next(),
        )
        if element.get("stroke"):  # a halo, so that a label can be read on a line
            drawn.set_path_effects([withStroke(linewidth=3 * self.points, foreground=element.get("stroke"))])
        if clip is not None:
            drawn.set_clip_path(clip)

    def _next(self):
        self.order += 1
        return self.order


def _colour(element, name, otherwise):
    colour = element.get(name, otherwise)
    return "none" if colour == "transparent" else colour


def _numbers(text):
    return [float(number) for number in re.findall(r"-?[\d.]+(?:e-?\d+)?", text)]


def _corners(element, dx, dy, closed):
    numbers = _numbers(element.get("points"))
    corners = [(x + dx, y + dy) for x, y in zip(numbers[::2], numbers[1::2])]
    return PathPatch(Path(corners + corners[:1] * closed, closed=closed), joinstyle="miter")


def _path(element, dx, dy):
    corners, codes = [], []
    for letter, text in re.findall(r"([MLC])([^MLCZz]*)", element.get("d")):
        numbers = _numbers(text)
        new = [(x + dx, y + dy) for x, y in zip(numbers[::2], numbers[1::2])]
        codes += {"M": [Path.MOVETO], "L": [Path.LINETO] * len(new), "C": [Path.CURVE4] * len(new)}[letter]
        corners += new
    return PathPatch(Path(corners, codes))


def _ellipse(element, dx, dy):
    cx, cy, rx, ry = (float(element.get(name)) for name in ("cx", "cy", "rx", "ry"))
    return Ellipse((cx + dx, cy + dy), 2 * rx, 2 * ry)


_SHAPES = {
    "polygon": lambda e, dx, dy: _corners(e, dx, dy, True),
    "polyline": lambda e, dx, dy: _corners(e, dx, dy, False),
    "path": _path,
    "ellipse": _ellipse,
}
