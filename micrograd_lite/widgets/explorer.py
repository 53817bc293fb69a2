"""A picture with labelled controls below it and a button for other random numbers (chapter 06)."""

import threading
from html import escape

import ipywidgets

from micrograd_lite.widgets.frame import as_html

__all__ = ["WIDE", "Explorer", "check_choice", "check_number"]

WIDE = {"style": {"description_width": "90px"}, "layout": {"width": "310px"}}


class Explorer(ipywidgets.VBox):
    """Move a control, and picture and sentence follow; the button does the same with the next seed.

    controls : dict, name -> ipywidgets control. read : function of seed and of the controls' values, by name,
    to a reading, which has `describe()`. frames : dict, value of the control `frame` -> `MovingFigure` with
    `update(reading)`; without `frame` its only key is None. button : its label. seed : the first one.
    `reading` is what is shown now.
    """

    def __init__(self, controls, read, frames, *, button, seed, frame=None):
        self.controls, self._read, self._frames, self._key = controls, read, frames, frame
        self._seed, self._lock = seed, threading.Lock()  # moves may come from two threads of the kernel
        for moving in frames.values():
            moving.quick_png()  # the axes, which take longest, are drawn before the first move
        self._image, self._status = ipywidgets.HTML(), ipywidgets.HTML()
        self._button = ipywidgets.Button(description=button, icon="random")
        self._show()
        bar = ipywidgets.HBox([*controls.values(), self._button], layout={"flex_flow": "row wrap"})
        super().__init__([self._image, self._status, bar])
        for control in controls.values():
            control.observe(lambda _: self._show(), "value")
        self._button.on_click(lambda _: self.draw_again())

    def draw_again(self):
        """Other random numbers: those of the next seed. The button's click."""
        self._show(1)

    def _show(self, further=0):
        with self._lock:
            self._seed += further
            values = {name: control.value for name, control in self.controls.items()}
            self.reading = self._read(**values, seed=self._seed)
            self._frame = self._frames[values.get(self._key)]
            self._frame.update(self.reading)
            said = self.reading.describe()
            self._image.value = as_html(self._frame.figure, self._frame.quick_png(), said)
            self._status.value = f'<div role="status">{escape(said)}</div>'


def check_number(name, value, low, high):
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:
        raise ValueError(f"{name} is a number from {low:g} to {high:g}, got {value!r}")


def check_choice(name, value, choices):
    if value not in choices:
        raise ValueError(f"{name} is one of {', '.join(map(str, choices))}; got {value!r}")
