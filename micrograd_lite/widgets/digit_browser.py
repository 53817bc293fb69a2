"""Leaf through the digits of a test: which ones a network reads right, which ones wrong, and how sure it is.

`digit_frame(images, y, probabilities, show="mistakes")` is the still picture, `DigitBrowser(…)` the same with
controls; it needs a notebook with a kernel (chapter 05).
"""

import threading
from html import escape

import ipywidgets
import numpy as np

from micrograd_lite import figures
from micrograd_lite.widgets.digit_pad import (
    check_pixels,
    check_probabilities,
    draw_bars,
    draw_digit,
    frame_bars,
    frame_digit,
    says,
)
from micrograd_lite.widgets.frame import MovingFigure, as_html

__all__ = ["DIGITS", "ORDERS", "SHOWS", "DigitBrowser", "digit_frame"]

SHOWS = ("all", "mistakes")
DIGITS = (None, *range(10))
ORDERS = ("as in the data", "most confident first", "least confident first")


class _Read:
    """Pictures, what they are and what a network says of them. images (m, 8, 8), y (m,), p (m, 10)."""

    def __init__(self, images, y, probabilities):
        images, y, probabilities = np.asarray(images), np.asarray(y), np.asarray(probabilities)
        m = len(images) if images.ndim else 0
        if m == 0 or y.shape != (m,) or probabilities.shape != (m, 10):
            raise ValueError(
                "m pictures, m digits and m rows of 10 probabilities are needed, m ≥ 1; got shapes "
                f"{images.shape}, {y.shape} and {probabilities.shape}"
            )
        if not np.issubdtype(y.dtype, np.integer) or y.min() < 0 or y.max() > 9:
            raise ValueError(f"y is whole numbers from 0 to 9, got {y[:5].tolist()} … of type {y.dtype}")
        self.y = y
        self.images = np.array([check_pixels(image) for image in images])
        self.p = np.array([check_probabilities(row) for row in probabilities])
        self.said = self.p.argmax(axis=1)  # (m,)

    def chosen(self, show, digit, order):
        """The rows of a selection, in order."""
        for name, value, known in (("show", show, SHOWS), ("digit", digit, DIGITS), ("order", order, ORDERS)):
            if value not in known:
                raise ValueError(f"{name} is one of {', '.join(map(repr, known))}; got {value!r}")
        kept = np.full(len(self.y), True) if show == "all" else self.said != self.y
        if digit is not None:
            kept &= self.y == digit
        rows = np.flatnonzero(kept)
        if order == "as in the data":
            return rows
        sure = self.p[rows].max(axis=1)
        return rows[np.argsort(-sure if order == "most confident first" else sure, kind="stable")]


class _Frame(MovingFigure):
    """One picture with its bars; both change from row to row."""

    SIZE = (8.6, 3.2)  # inches

    def __init__(self):
        super().__init__(*self.SIZE)
        with figures.style():
            self.digit, self.bars = self.figure.subplots(1, 2, width_ratios=(1.0, 2.1))
            self.figure.subplots_adjust(left=0.02, right=0.985, top=0.86, bottom=0.16, wspace=0.12)
            frame_digit(self.digit)
            frame_bars(self.bars)

    def update(self, read, row, title):
        """Show this row of the data; with None the axes stay empty."""
        self.clear()
        with figures.style():
            self.moving = [self.figure.text(0.015, 0.93, title, fontsize=13, fontweight="bold")]
            if row is not None:
                self.moving += draw_digit(self.digit, read.images[row])
                self.moving += draw_bars(self.bars, read.p[row], int(read.y[row]))


def _looked_up(read, show, digit, order, position):
    """(row or None, title, place, probabilities): what is there to show, and how to say it."""
    rows = read.chosen(show, digit, order)
    if len(rows) == 0:
        of = "" if digit is None else f" of a {digit}"
        return None, f"There is no picture{of}{' that is a mistake' if show == 'mistakes' else ''}.", "", ""
    is_whole = isinstance(position, int | np.integer) and not isinstance(position, bool)
    if not is_whole or not 0 <= position < len(rows):
        raise ValueError(f"position is a whole number from 0 to {len(rows) - 1}, got {position!r}")
    row = int(rows[position])
    verdict = "Right." if read.said[row] == read.y[row] else "A mistake."
    title = f"It is {read.y[row]}. {says(read.p[row])} {verdict}"
    among = "all pictures" if show == "all" else "the mistakes"
    among += "" if digit is None else f" of a {digit}"
    place = f"Number {position + 1} of {len(rows)}: {among}, {order}; row {row} of the data."
    numbers = ", ".join(f"{k}: {p:.3f}" for k, p in enumerate(read.p[row]))
    return row, title, place, f"Probabilities: {numbers}."


def digit_frame(images, y, probabilities, *, show="all", digit=None, order=ORDERS[0], position=0):
    """One digit of a selection, what it is and what a network says of it, as a `figures.Picture`.

    images : (m, 64) or (m, 8, 8) in 0..1. y : (m,) digits. probabilities : (m, 10), rows that sum to 1.
    show : "all" or "mistakes". digit : only pictures of this digit, or None for all.
    order : "as in the data", "most confident first" or "least confident first"; confident is a network that
    gives its answer a high probability. position : which of the selection, counted from 0.
    A selection without pictures gives a picture that says so. Chapter 05, "Draw one yourself".
    Errors: ValueError.
    """
    read, frame = _Read(images, y, probabilities), _Frame()
    row, title, place, numbers = _looked_up(read, show, digit, order, position)
    frame.update(read, row, title)
    return figures.Picture(frame.figure, " ".join(filter(None, (title, place, numbers))))


class DigitBrowser(ipywidgets.VBox):
    """Leaf through digits and predictions: all or the mistakes, one digit or all, in one of three orders.

    Arguments as in `digit_frame`; `show`, `digit` and `order` are the first values of the controls.
    `row` is the row of the data that is shown, or None. Errors: ValueError.
    """

    def __init__(self, images, y, probabilities, *, show="mistakes", digit=None, order=ORDERS[1]):
        self._read = _Read(images, y, probabilities)
        self._read.chosen(show, digit, order)  # bad values are told before there is a control
        self._lock = threading.RLock()  # moves may come from two threads of the kernel
        self._frozen = False
        self._frame = _Frame()
        self._make_controls(show, digit, order)
        self._select()
        row = ipywidgets.HBox(
            [*self.controls.values(), self.previous_button, self.next_button],
            layout={"flex_flow": "row wrap", "max_width": "980px"},
        )
        super().__init__([self._picture, self._status, row])
        self.add_class("micrograd-lite-digit-browser")
        for name in ("show", "digit", "order"):
            self.controls[name].observe(lambda _: self._select(), "value")
        self.controls["number"].observe(lambda _: self._show(), "value")
        self.previous_button.on_click(lambda _: self._turn(-1))
        self.next_button.on_click(lambda _: self._turn(1))

    def _make_controls(self, show, digit, order):
        wide = {"style": {"description_width": "60px"}, "layout": {"width": "270px"}}
        digits = [("any", None), *((str(k), k) for k in range(10))]
        names = {"all": "all pictures", "mistakes": "mistakes"}
        self.controls = {
            "show": ipywidgets.Dropdown(
                options=[(names[value], value) for value in SHOWS], value=show, description="Show", **wide
            ),
            "digit": ipywidgets.Dropdown(options=digits, value=digit, description="Digit", **wide),
            "order": ipywidgets.Dropdown(options=ORDERS, value=order, description="Order", **wide),
            "number": ipywidgets.IntSlider(1, 1, 1, description="Number", **wide),
        }
        small = {"layout": {"width": "110px"}}
        self.previous_button = ipywidgets.Button(description="Previous", icon="step-backward", **small)
        self.next_button = ipywidgets.Button(description="Next", icon="step-forward", **small)
        self._picture, self._status = ipywidgets.HTML(), ipywidgets.HTML()

    def _settings(self):
        return [self.controls[name].value for name in ("show", "digit", "order")]

    def _select(self):
        """Another selection: its first picture."""
        with self._lock:
            number = self.controls["number"]
            self._frozen = True
            number.value = 1
            number.max = max(1, len(self._read.chosen(*self._settings())))
            self._frozen = False
            self._show()

    def _turn(self, step):
        with self._lock:
            number = self.controls["number"]
            number.value = min(max(number.value + step, 1), number.max)

    def _show(self):
        with self._lock:
            if not self._frozen:  # only the thread that selects gets here meanwhile
                self._show_now()

    def _show_now(self):
        last = self.controls["number"].max
        position = min(self.controls["number"].value, last) - 1  # a thread may have known more of them
        self.row, title, place, numbers = _looked_up(self._read, *self._settings(), position)
        self._frame.update(self._read, self.row, title)
        alt = " ".join(filter(None, (title, place, numbers)))
        self._picture.value = as_html(self._frame.figure, self._frame.quick_png(), alt)
        self._status.value = f'<div role="status">{escape(place or title)}</div>'
        self.controls["number"].disabled = self.row is None
        self.previous_button.disabled = position <= 0
        self.next_button.disabled = position + 1 >= last
