"""What the widgets stand on: a figure that moves, a picture with controls, and checks of what they are given.

A widget is thin: a reading works out what there is to see and says it (`describe()`), a `MovingFigure`
draws the reading, an `Explorer` puts controls around both. The sentence is the picture's text alternative,
and stands below it: a screen reader speaks it after each move (see `panel.py`).
"""

import base64
import math
import threading
from contextlib import contextmanager
from html import escape
from numbers import Integral, Real

import ipywidgets

from micrograd_lite.figures.style import DISPLAY_DPI, Picture, canvas_png, course_style, new_figure
from micrograd_lite.widgets.panel import Panel

__all__ = [
    "ALARM",
    "MODES",
    "Explorer",
    "MovingFigure",
    "SeededExplorer",
    "as_alarm",
    "as_status",
    "check_choice",
    "check_number",
    "check_whole",
    "widths",
]

ALARM = "var(--jp-error-color1, #B3261E)"  # the colour of what went wrong, beside a ⚠
SMALLEST = 0.7  # of its size: below that, letters are too small to read, and a picture scrolls
MODES = ("train", "eval")  # of a layer that does one thing in training and another in evaluation


# ---------------------------------------------------------------- the picture


class MovingFigure:
    """A figure whose axes are drawn once and kept as pixels; a move draws only what changes.

    A subclass has `SIZE` in inches and two methods, called with the course's style: `_draw_axes(reading)`
    draws what stays, `_move(reading)` shows a reading. `moving` are the artists that change, `above` those
    that stay but may lie over them (points, spines). Axes with another range or scale are drawn anew.
    """

    SIZE = (9.6, 3.7)

    def __init__(self, reading):
        self.moving, self.above = [], []
        self._pixels = self._axes = None
        with course_style():
            self.figure = new_figure(*self.SIZE, layout=None)
            self._draw_axes(reading)

    @classmethod
    def picture(cls, reading):
        """The reading as a still `Picture`."""
        moving = cls(reading)
        moving.update(reading)
        return Picture(moving.figure, reading.describe())

    def update(self, reading):
        """Show this reading."""
        with course_style():
            self._move(reading)

    def clear(self):
        """Take away what moved."""
        for artist in self.moving:
            artist.remove()
        self.moving = []

    def heading(self, x, y, text="", **look):
        """A line of bold text above the axes; x, y from 0 to 1 in the figure. -> the artist"""
        return self.figure.text(x, y, text, **{"fontsize": 13, "fontweight": "bold", "zorder": 6} | look)

    def quick_png(self):
        """The figure as PNG bytes: the pixels of a full drawing, for the price of what moves."""
        canvas = self.figure.canvas
        artists = sorted([*self.moving, *self.above], key=lambda artist: artist.get_zorder())
        with course_style():
            axes = [(ax.get_xlim(), ax.get_ylim(), ax.get_yscale()) for ax in self.figure.axes]
            if axes != self._axes:
                self._pixels, self._axes = self._drawn_without(artists), axes
            canvas.restore_region(self._pixels)
            for artist in artists:
                artist.draw(canvas.get_renderer())
        return canvas_png(canvas)

    def quick_html(self, alt):
        """The same as an <img> of its size on the page, or a little smaller, with a text alternative."""
        width, height = (round(inches * DISPLAY_DPI) for inches in self.SIZE)
        source = f"data:image/png;base64,{base64.b64encode(self.quick_png()).decode('ascii')}"
        look = f"max-width:100%;min-width:{round(SMALLEST * width)}px;height:auto"
        size = f'width="{width}" height="{height}" style="{look}" decoding="sync"'
        return f'<img src="{source}" alt="{escape(alt)}" {size}>'

    def _drawn_without(self, artists):
        hidden = [artist for artist in artists if artist.get_visible()]
        for artist in hidden:
            artist.set_visible(False)
        self.figure.set_dpi(DISPLAY_DPI)
        self.figure.canvas.draw()
        for artist in hidden:
            artist.set_visible(True)
        return self.figure.canvas.copy_from_bbox(self.figure.bbox)


def as_status(text, look=""):
    """The sentence under a picture. A newline begins a line."""
    css = f' style="{look}"' if look else ""
    return f"<div{css}>{escape(text).replace(chr(10), '<br>')}</div>"


def as_alarm(text):
    """A warning; nothing for an empty text."""
    if not text:
        return ""
    return f'<div style="color:{ALARM};font-weight:bold">⚠ {escape(text)}</div>'


# ---------------------------------------------------------------- the picture with controls


def widths(label, control):
    """How wide a control and the label in it are, in pixels."""
    return {"style": {"description_width": f"{label}px"}, "layout": {"width": f"{control}px"}}


class Explorer(Panel):
    """Move a control, and picture and sentence follow.

    controls : dict, name -> ipywidgets control; each has a description. buttons : stand behind them.
    A subclass has `NAME`, its CSS class behind "micrograd-lite-", `FIGURE`, its kind of `MovingFigure`, and
    `_read(**values)`, which makes a reading of the controls' values. Where one figure is not enough,
    `_key(reading)` says which. `reading` is what is shown now.

    A kernel may handle messages in two threads at once: what is shown is always one drawing of one reading of
    the controls, and in the end the last one.
    """

    NAME, FIGURE = None, None

    def __init__(self, controls, buttons=()):
        self.controls = controls
        self._figures, self._lock, self._quiet = {}, threading.RLock(), False
        self._image, self._status = ipywidgets.HTML(), ipywidgets.HTML()
        self._show()
        bar = {"flex_flow": "row wrap", "max_width": "1010px"}
        row = ipywidgets.HBox([*controls.values(), *buttons], layout=bar)
        super().__init__(
            self._in_order(self._image, self._status, row), picture=self._image, says=[self._status]
        )
        self.add_class(f"micrograd-lite-{self.NAME}")
        for name, control in controls.items():
            control.observe(lambda _, name=name: self._changed(name), "value")

    def _in_order(self, image, status, row):
        """What stands above what."""
        return image, status, row

    def _changed(self, name):
        """What a move of this control does."""
        self._show()

    def _key(self, reading):
        return None

    def _figure_for(self, reading):
        """The figure that shows such a reading; each is made once."""
        key = self._key(reading)
        if key not in self._figures:
            self._figures[key] = self.FIGURE(reading)
        return self._figures[key]

    def _prepare(self, readings):
        """Draw the axes for these readings too, which take longest, before the first move."""
        for reading in readings:
            self._figure_for(reading).quick_png()

    def _values(self):
        return {name: control.value for name, control in self.controls.items()}

    def _show(self):
        with self._lock:
            if self._quiet:  # only the thread that is in `_at_once` gets here meanwhile
                return
            self.reading = self._read(**self._values())
            self._figure = self._figure_for(self.reading)
            self._figure.update(self.reading)
            self._image.value = self._figure.quick_html(self.reading.describe())
            self._status.value = self._said()

    def _said(self):
        return as_status(self.reading.describe())

    @contextmanager
    def _at_once(self):
        """Change several controls, and show them once."""
        with self._lock:
            self._quiet = True
            try:
                yield
            finally:
                self._quiet = False
            self._show()


class SeededExplorer(Explorer):
    """An explorer with a button for other random numbers; its `_read` also takes `seed`.

    button : its label. seed : the first one.
    """

    def __init__(self, controls, *, button, seed):
        self._seed = seed
        self._button = ipywidgets.Button(description=button, icon="random")
        super().__init__(controls, [self._button])
        self._button.on_click(lambda _: self.draw_again())

    def draw_again(self):
        """The same with the next seed: what the button does."""
        with self._lock:
            self._seed += 1
            self._show()

    def _values(self):
        return super()._values() | {"seed": self._seed}


# ---------------------------------------------------------------- what a widget is given


def check_number(name, value, low=-math.inf, high=math.inf):
    """The number as a float, or a ValueError that says what it should be. NaN and infinity are none."""
    return float(_checked(name, value, low, high, Real, "number"))


def check_whole(name, value, low, high=math.inf):
    """The whole number as an int, or a ValueError that says what it should be."""
    return int(_checked(name, value, low, high, Integral, "whole number"))


def _checked(name, value, low, high, kind, word):
    is_number = isinstance(value, kind) and not isinstance(value, bool) and math.isfinite(value)
    if is_number and low <= value <= high:
        return value
    if math.isinf(low):
        raise ValueError(f"{name} is a finite {word}, got {value!r}")
    limits = f"of at least {low:g}" if math.isinf(high) else f"from {low:g} to {high:g}"
    raise ValueError(f"{name} is a {word} {limits}, got {value!r}")


def check_choice(name, value, choices):
    """The value if it is one of the choices, or a ValueError that lists them."""
    if isinstance(value, bool) or not isinstance(value, str | Real | None) or value not in choices:
        listed = ", ".join(f"{c:g}" if isinstance(c, float) else str(c) for c in choices)
        raise ValueError(f"{name} is one of {listed}; got {value!r}")
    return value
