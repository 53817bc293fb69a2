"""The style of every figure, in one place: lines, letters, sizes, and how a figure becomes a `Picture`.

A marker or a dash says again what a colour says. pyplot is not used.
"""

import base64
import io
import re
import sys
import textwrap
import threading
import warnings
from contextlib import contextmanager
from functools import cached_property

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from PIL import Image

from micrograd_lite import colours
from micrograd_lite.colours import BLUE, GREEN, GREY, INK, ORANGE, PURPLE
from micrograd_lite.shown import Shown, in_words

CLASS_LOOKS = ({"color": colours.CLASS_0, "marker": "o"}, {"color": colours.CLASS_1, "marker": "^"})
DASHED = (0, (3, 1.6))
WEIGHT_LOOKS = (  # positive, negative
    {"color": colours.POSITIVE_WEIGHT, "linestyle": "-"},
    {"color": colours.NEGATIVE_WEIGHT, "linestyle": DASHED},
)
GRADIENT_LOOKS = (
    {"color": colours.GRADIENT, "linestyle": "-"},
    {"color": colours.GRADIENT, "linestyle": DASHED},
)
INPUT_LOOK = {"facecolor": colours.INPUT_FILL, "edgecolor": colours.INPUT}  # on a square
ACTIVATION_LOOK = {"facecolor": colours.ACTIVATION_FILL, "edgecolor": colours.ACTIVATION}  # on a circle
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

LETTERS = "DejaVu Sans"  # comes with matplotlib: the same letters on every machine
CHINESE = (  # where a machine has one of them, Chinese text is drawn: Linux, Windows, macOS
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",  # the name that matplotlib gives to the collection of all CJK fonts
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "SimHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Heiti SC",
    "STHeiti",
    "Arial Unicode MS",
)


def font_families():
    """The font of the course, then the first Chinese one that this machine has."""
    here = set(fontManager.get_font_names())
    return [LETTERS, *[name for name in CHINESE if name in here][:1]]


STYLE = {
    "font.family": font_families(),
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
    "svg.hashsalt": "course",  # the same file again, and no random ids
}
DISPLAY_DPI = 100  # pixels of the page per inch of the figure
SHARPNESS = 2  # pixels of the PNG per pixel of the page: sharp on a projector


class Picture(Shown):
    """A finished figure with a text alternative: shown once by a cell that ends on it.

    `picture.save("moons.pdf")` stores it, as SVG, PNG or PDF.

    figure : matplotlib.figure.Figure
        For changes of your own, before it is shown or stored.
    alt : str
        What the figure shows, with its key numbers. It is the `text/plain` form.
    shades : int
        Colours that the PNG has; few of them keep a figure with hundreds of lines small.
    """

    def __init__(self, figure, alt, shades=128):
        self.figure, self.alt, self._shades = figure, alt, shades

    @cached_property
    def _png(self):
        return small_png(self.figure, DISPLAY_DPI * SHARPNESS, self._shades)

    def png(self):
        """The figure as the bytes of a PNG, the same on every call."""
        return self._png

    def _repr_mimebundle_(self, include=None, exclude=None):
        width, height = (round(inches * DISPLAY_DPI) for inches in self.figure.get_size_inches())
        data = {"image/png": base64.b64encode(self._png).decode("ascii"), "text/plain": self.alt}
        return data, {"image/png": {"width": width, "height": height, "alt": self.alt}}

    def words(self):
        """What it shows, in HTML."""
        return in_words(self.alt)

    def _write(self, path, kind):
        write_figure(self.figure, path, kind, self.alt)

    def __repr__(self):
        return self.alt


_style_lock = threading.RLock()  # matplotlib's settings are global, and a widget's thread draws too


@contextmanager
def style():
    """Draw with the course's settings, whatever the notebook has set for pyplot."""
    with _style_lock, matplotlib.rc_context(), _one_note_for_missing_letters():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


MISSING = re.compile(r"Glyph (\d+) .*missing from")
_noted = False


@contextmanager
def _one_note_for_missing_letters():
    """matplotlib warns of each letter that no font has. One sentence in a session says what to do instead."""
    global _noted
    with warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("always", message="Glyph ")
        yield
    missing = []
    for warning in caught:
        if match := MISSING.match(str(warning.message)):
            missing.append(chr(int(match[1])))
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    if missing and not _noted:
        _noted = True
        letters = "".join(dict.fromkeys(missing))[:20]
        print(
            f"No font on this machine has the letters {letters}: figures show boxes in their place. "
            "Install a font that has them (for Chinese: Noto Sans CJK SC), and restart the kernel.",
            file=sys.stderr,
        )


def new_figure(width, height, layout="constrained"):
    """An empty figure, inches, that pyplot does not know of (call it inside `style()`)."""
    figure = Figure(figsize=(width, height), layout=layout, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def small_png(figure, dpi, shades=128):
    """The figure as PNG bytes with 128 colours, about a third of the size: for a notebook that keeps them."""
    with style():
        figure.set_dpi(dpi)
        figure.canvas.draw()
    image = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
    image = image.quantize(shades, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    return _png_of(image, optimize=True)


def write_figure(figure, path, kind, alt):
    """Store the figure: `kind` is ".svg", ".png" or ".pdf". The file carries the words, and no date."""
    metadata = {
        ".svg": {"Title": alt.split(". ")[0], "Description": alt, "Date": None},
        ".png": {"Description": alt, "Software": None},
        ".pdf": {"Title": alt.split(". ")[0], "Subject": alt, "CreationDate": None},
    }[kind]
    with style():
        figure.savefig(path, format=kind[1:], dpi=DISPLAY_DPI * SHARPNESS, metadata=metadata)


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
