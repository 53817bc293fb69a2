"""Leaf through the digits of a test: which ones a network reads right, which ones wrong, and how sure it is.

`digit_frame(images, y, probabilities, show="mistakes")` is the still picture, `DigitBrowser(…)` the same with
controls; it needs a notebook with a kernel.
"""

import ipywidgets
import numpy as np

from micrograd_lite.widgets.base import (
    Explorer,
    MovingFigure,
    as_status,
    check_choice,
    check_whole,
    widths,
)
from micrograd_lite.widgets.digit_pad import (
    check_pixels,
    check_probabilities,
    draw_bars,
    draw_digit,
    frame_bars,
    frame_digit,
    says,
)

__all__ = ["DIGITS", "ORDERS", "SHOWS", "DigitBrowser", "digit_frame"]

SHOWS = ("all", "mistakes")
DIGITS = (None, *range(10))
ORDERS = ("as in the data", "most confident first", "least confident first")


class _Answers:
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
        check_choice("show", show, SHOWS)
        check_choice("digit", digit, DIGITS)
        check_choice("order", order, ORDERS)
        kept = np.full(len(self.y), True) if show == "all" else self.said != self.y
        if digit is not None:
            kept &= self.y == digit
        rows = np.flatnonzero(kept)
        if order == "as in the data":
            return rows
        sure = self.p[rows].max(axis=1)
        return rows[np.argsort(-sure if order == "most confident first" else sure, kind="stable")]


class _Reading:
    """One picture of a selection: `row` of the data (None if nothing is selected), `pixels`, `p`, `truth`."""

    def __init__(self, answers, show, digit, order, position):
        rows = answers.chosen(show, digit, order)
        self.row, self.place, self.numbers = None, "", ""
        of = "" if digit is None else f" of a {digit}"
        if len(rows) == 0:
            mistake = " that is a mistake" if show == "mistakes" else ""
            self.title = f"There is no picture{of}{mistake}."
            return
        self.row = row = int(rows[check_whole("position", position, 0, len(rows) - 1)])
        self.pixels, self.p, self.truth = answers.images[row], answers.p[row], int(answers.y[row])
        verdict = "Right." if answers.said[row] == self.truth else "A mistake."
        self.title = f"It is {self.truth}. {says(self.p)} {verdict}"
        among = ("all pictures" if show == "all" else "the mistakes") + of
        self.place = f"Number {position + 1} of {len(rows)}: {among}, {order}; row {row} of the data."
        self.numbers = f"Probabilities: {', '.join(f'{k}: {p:.3f}' for k, p in enumerate(self.p))}."

    def describe(self):
        return " ".join(filter(None, (self.title, self.place, self.numbers)))


class _DigitFigure(MovingFigure):
    """One picture with its bars; both change from row to row, and without a row the axes stay empty."""

    SIZE = (8.6, 3.2)

    def _draw_axes(self, reading):
        self.digit, self.bars = self.figure.subplots(1, 2, width_ratios=(1.0, 2.1))
        self.figure.subplots_adjust(left=0.02, right=0.985, top=0.86, bottom=0.16, wspace=0.12)
        frame_digit(self.digit)
        frame_bars(self.bars)
        self.above = [self.bars.spines["left"]]

    def _move(self, reading):
        self.clear()
        self.moving = [self.heading(0.015, 0.93, reading.title)]
        if reading.row is not None:
            self.moving += draw_digit(self.digit, reading.pixels)
            self.moving += draw_bars(self.bars, reading.p, reading.truth)


def digit_frame(images, y, probabilities, *, show="all", digit=None, order=ORDERS[0], position=0):
    """One digit of a selection, what it is and what a network says of it, as a `figures.Picture`.

    images : (m, 64) or (m, 8, 8) in 0..1. y : (m,) digits. probabilities : (m, 10), rows that sum to 1.
    show : "all" or "mistakes". digit : only pictures of this digit, or None for all.
    order : "as in the data", "most confident first" or "least confident first"; confident is a network that
    gives its answer a high probability. position : which of the selection, counted from 0.
    A selection without pictures gives a picture that says so. Errors: ValueError.
    """
    answers = _Answers(images, y, probabilities)
    return _DigitFigure.picture(_Reading(answers, show, digit, order, position))


class DigitBrowser(Explorer):
    """Leaf through digits and predictions: all or the mistakes, one digit or all, in one of three orders.

    Arguments as in `digit_frame`; `show`, `digit` and `order` are the first values of the controls.
    `reading.row` is the row of the data that is shown, or None. Errors: ValueError.
    """

    NAME, FIGURE = "digit-browser", _DigitFigure

    def __init__(self, images, y, probabilities, *, show="mistakes", digit=None, order=ORDERS[1]):
        self._answers = _Answers(images, y, probabilities)
        self._selection = show, digit, order
        count = len(self._answers.chosen(show, digit, order))
        wide, small = widths(label=60, control=270), {"layout": {"width": "110px"}}
        digits = [("any", None), *((str(k), k) for k in range(10))]
        shows = [("all pictures", "all"), ("mistakes", "mistakes")]
        self.previous_button = ipywidgets.Button(description="Previous", icon="step-backward", **small)
        self.next_button = ipywidgets.Button(description="Next", icon="step-forward", **small)
        controls = {
            "show": ipywidgets.Dropdown(options=shows, value=show, description="Show", **wide),
            "digit": ipywidgets.Dropdown(options=digits, value=digit, description="Digit", **wide),
            "order": ipywidgets.Dropdown(options=ORDERS, value=order, description="Order", **wide),
            "number": ipywidgets.IntSlider(1, 1, max(1, count), description="Number", **wide),
        }
        super().__init__(controls, [self.previous_button, self.next_button])
        self.previous_button.on_click(lambda _: self._turn(-1))
        self.next_button.on_click(lambda _: self._turn(1))

    def _changed(self, name):
        if name == "number":
            return self._show()
        with self._at_once():  # another selection: its first picture
            self._selection = [self.controls[key].value for key in ("show", "digit", "order")]
            number = self.controls["number"]
            number.value = 1
            number.max = max(1, len(self._answers.chosen(*self._selection)))

    def _turn(self, step):
        with self._lock:
            number = self.controls["number"]
            number.value = min(max(number.value + step, 1), number.max)

    def _read(self, number, **_):
        return _Reading(self._answers, *self._selection, number - 1)

    def _show(self):
        with self._lock:
            super()._show()
            number = self.controls["number"]
            number.disabled = self.reading.row is None
            self.previous_button.disabled = number.value <= 1
            self.next_button.disabled = number.value >= number.max

    def _said(self):
        return as_status(f"{self.reading.title} {self.reading.place}".rstrip())
