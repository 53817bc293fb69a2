"""The style of every figure, in one place: lines, letters, sizes, and how a figure becomes a `Picture`.

A marker or a dash says again what a colour says. pyplot is not used.
"""

import base64
import io
import textwrap
import threading
from contextlib import contextmanager
from functools import cached_property

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from PIL import Image

from micrograd_lite.colours import BLUE, GREEN, GREY, INK, ORANGE, PURPLE

CLASS_LOOKS = ({"color": BLUE, "marker": "o"}, {"color": ORANGE, "marker": "^"})  # class 0, class 1
CURVE_LOOKS = tuple(
    {"color": color, "linestyle": dash}
    for color, dash in (
        (BLUE, "-"),
        (ORANGE, (0, (5, 2))),
        (GREEN, (0, (1, 1.2))),
        (PURPLE, (0, (6, 2, 1, 2))),
    )
)
BOUNDARY = {"color": INK, "linewidth": 2.2, "linestyle": "-"}
MARGIN = {"color": GREY, "linewidth": 1.4, "linestyle": (0, (4, 3))}
FIELD = LinearSegmentedColormap.from_list("field", ["#9CCBE8", "#E4F1F9", "#FFFFFF", "#FCE7D9", "#F5B78F"])
SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE, "#FFFFFF", ORANGE])

STYLE = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same letters on every machine
    "mathtext.fontset": "dejavusans",
    "font.size": 11.0,
    "axes.titlesize": 13.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 10.0,
    "axes.labelsize": 11.5,
    "axes.edgecolor": GREY,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "grid.color": "#E3E3E3",
    "legend.frameon": False,
    "legend.fontsize": 10.5,
    "lines.linewidth": 2.2,
}
DISPLAY_DPI = 100  # pixels of the page per inch of the figure
SHARPNESS = 2  # pixels of the PNG per pixel of the page: sharp on a projector


class Picture:
    """A finished figure with a text alternative: shown once by a cell that ends on it.

    figure : matplotlib.figure.Figure
        For changes of your own, before it is shown (`picture.figure.savefig("moons.pdf")` stores it).
    alt : str
        What the figure shows, with its key numbers. It is the `text/plain` form.
    """

    def __init__(self, figure, alt):
        self.figure, self.alt = figure, alt

    @cached_property
    def _png(self):
        return small_png(self.figure, DISPLAY_DPI * SHARPNESS)

    def png(self):
        """The figure as the bytes of a PNG, the same on every call."""
        return self._png

    def _repr_mimebundle_(self, include=None, exclude=None):
        width, height = (round(inches * DISPLAY_DPI) for inches in self.figure.get_size_inches())
        data = {"image/png": base64.b64encode(self._png).decode("ascii"), "text/plain": self.alt}
        return data, {"image/png": {"width": width, "height": height, "alt": self.alt}}

    def __repr__(self):
        return self.alt


_style_lock = threading.RLock()  # matplotlib's settings are global, and a widget's thread draws too


@contextmanager
def style():
    """Draw with the course's settings, whatever the notebook has set for pyplot."""
    with _style_lock, matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


def new_figure(width, height, layout="constrained"):
    """An empty figure, inches, that pyplot does not know of (call it inside `style()`)."""
    figure = Figure(figsize=(width, height), layout=layout, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def small_png(figure, dpi):
    """The figure as PNG bytes with 128 colours, about a third of the size: for a notebook that keeps them."""
    with style():
        figure.set_dpi(dpi)
        figure.canvas.draw()
    image = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
    image = image.quantize(128, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    return _png_of(image, optimize=True)


def canvas_png(canvas):
    """What was drawn on the canvas as PNG bytes, little compressed: for a widget that shows many of them."""
    return _png_of(Image.fromarray(np.asarray(canvas.buffer_rgba())), compress_level=1)


def _png_of(image, **options):
    stream = io.BytesIO()
    image.save(stream, "png", **options)
    return stream.getvalue()


def titled(title, width):
    """The title in lines that fit a figure of this width, inches. One with $math$ in it is left alone."""
    return title if "$" in title else textwrap.fill(title, round(9.8 * width) - 8)


def title_above(figure, title):
    """The title above all panels of a figure, on the left, as a single panel has its own."""
    lines = titled(title, figure.get_size_inches()[0])
    figure.suptitle(lines, x=0.01, ha="left", fontweight="bold", fontsize=STYLE["axes.titlesize"])


def sentence(title):
    """The title with a full stop, where it has none: the text alternative begins with it."""
    return title if title.endswith((".", "?", "!")) else title + "."
