"""What every explorer does, on one of two sliders: moves, threads, the kept axes; and the checks."""

import re
import time
import types

import ipywidgets
import numpy as np
import pytest
from widget_helpers import alt, at_once, drawn, ends, move, pixels, said

from micrograd_lite.widgets import activations, batchnorm, descent, dropout, gradient_flow, neuron
from micrograd_lite.widgets.base import (
    Explorer,
    MovingFigure,
    SeededExplorer,
    check_choice,
    check_number,
    check_whole,
)


class Dot(MovingFigure):
    """A dot, its number above it, and a line over the dot."""

    SIZE = (2.0, 1.5)

    def _draw_axes(self, reading):
        self.ax = self.figure.add_subplot()
        self.ax.set(xlim=(0, 10), ylim=(0, 10))
        self.above = self.ax.plot([0, 10], [5, 5], color="black", linewidth=4, zorder=9)

    def _move(self, reading):
        self.clear()
        self.moving = [
            *self.ax.plot([reading.x], [reading.y], "o", ms=12, color="red"),
            self.heading(0.1, 0.92, f"{reading.x:.0f}, {reading.y:.0f}"),
        ]


class DotExplorer(Explorer):
    """Takes its time to read, so that two threads meet in the middle of a move."""

    NAME, FIGURE = "dot", Dot

    def __init__(self):
        self.made = 0
        slider = ipywidgets.FloatSlider
        super().__init__({name: slider(5, min=1, max=9, description=name) for name in "xy"})

    def _read(self, x, y):
        self.made += 1
        time.sleep(0.002)
        return types.SimpleNamespace(x=x, y=y, describe=lambda: f"x < {x:.0f}, y {y:.0f}")


@pytest.mark.parametrize("x", [1.0, 5.0, 9.0])
def test_a_move_shows_what_drawing_all_of_it_shows(x):
    explorer = DotExplorer()
    move(explorer, x=9.0 - x, y=2.0)
    move(explorer, x=x)
    still = Dot.picture(explorer.reading)
    assert np.array_equal(pixels(explorer), drawn(still.figure))
    assert said(explorer) == alt(explorer) == still.alt == f"x < {x:.0f}, y 2"


def test_axes_are_drawn_once_until_one_gets_another_range_or_scale():
    figure, draws = Dot(None), []
    figure.figure.canvas.draw = lambda draw=figure.figure.canvas.draw: draws.append(draw())
    reading = types.SimpleNamespace(x=5, y=5)
    for change in ({}, {}, {"xlim": (0, 20)}, {}, {"yscale": "symlog"}, {}):
        figure.ax.set(**change)
        figure.update(reading)
        figure.quick_png()
    assert len(draws) == 3


def test_an_artist_that_is_hidden_stays_hidden():
    explorer = DotExplorer()
    figure = explorer._figure
    figure._axes = None
    figure.above[0].set_visible(False)
    figure.quick_png()
    assert not figure.above[0].get_visible() and all(artist.get_visible() for artist in figure.moving)


def test_moves_from_two_threads_leave_no_ghosts():
    """A kernel may handle two messages at once; what is shown in the end is one drawing of one reading."""
    explorer = DotExplorer()
    at_once(*(ends(explorer.controls[name], 9) for name in "xyxy"))
    still = Dot.picture(explorer.reading)
    assert (explorer.reading.x, explorer.reading.y) == tuple(c.value for c in explorer.controls.values())
    assert np.array_equal(pixels(explorer), drawn(still.figure)) and alt(explorer) == still.alt
    assert len(explorer._figure.moving) == 2


def test_several_controls_moved_at_once_give_one_picture():
    explorer = DotExplorer()
    with explorer._at_once():
        move(explorer, x=1.0, y=2.0)
        assert explorer.made == 1
    assert explorer.made == 2 and said(explorer) == "x < 1, y 2"


def test_after_an_error_in_the_middle_of_it_the_next_move_is_shown():
    explorer = DotExplorer()
    with pytest.raises(ValueError, match="no"), explorer._at_once():
        raise ValueError("no")
    move(explorer, x=2.0)
    assert said(explorer) == "x < 2, y 5"


def test_the_button_takes_the_next_seed():
    class Seeded(SeededExplorer):
        NAME, FIGURE = "seeded", Dot

        def _read(self, seed):
            return types.SimpleNamespace(x=seed, y=seed, describe=lambda: f"seed {seed}")

    explorer = Seeded({}, button="Again", seed=3)
    explorer._button.click()
    explorer.draw_again()
    assert said(explorer) == "seed 5"


@pytest.mark.parametrize(
    "make",
    [
        activations.ActivationExplorer,
        activations.SoftmaxExplorer,
        gradient_flow.GradientFlowExplorer,
        dropout.DropoutExplorer,
        batchnorm.BatchNormExplorer,
        descent.DescentPlayground,
        lambda: neuron.NeuronExplorer("XOR", "AND"),
    ],
)
def test_every_explorer_has_labels_a_name_and_a_picture_in_words(make):
    explorer = make()
    row = explorer.children[0 if isinstance(explorer, descent.DescentPlayground) else 2]
    assert set(explorer.controls.values()) <= set(row.children)
    assert all(control.description for control in row.children)
    assert alt(explorer) == explorer.reading.describe() and said(explorer)
    assert f"micrograd-lite-{explorer.NAME}" in explorer._dom_classes


# ---------------------------------------------------------------- the checks


def test_numbers_in_their_limits_come_back_as_python_numbers():
    assert check_number("x", np.float32(0.5), 0, 1) == 0.5 and type(check_number("x", 1, 0, 1)) is float
    assert check_whole("n", np.int64(3), 0) == 3 and type(check_whole("n", np.int64(3), 0)) is int
    assert check_choice("mode", "eval", ("train", "eval")) == "eval"
    assert check_choice("digit", None, (None, 0)) is None


@pytest.mark.parametrize(
    ("check", "arguments", "message"),
    [
        (check_number, ("1", 0, 2), "it is a number from 0 to 2, got '1'"),
        (check_number, (2.5, 0, 2), "it is a number from 0 to 2, got 2.5"),
        (check_number, (True, 0, 2), "it is a number from 0 to 2, got True"),
        (check_number, (np.nan, 0, 2), "it is a number from 0 to 2, got nan"),
        (check_number, (np.inf, 0.0), "it is a number of at least 0, got inf"),
        (check_number, (-np.inf,), "it is a finite number, got -inf"),
        (check_number, (1j,), "it is a finite number, got 1j"),
        (check_whole, (2.0, 0, 2), "it is a whole number from 0 to 2, got 2.0"),
        (check_whole, (0, 1), "it is a whole number of at least 1, got 0"),
        (check_choice, ("c", ("a", "b")), "it is one of a, b; got 'c'"),
        (check_choice, (0.3, (0.00001, 0.1)), "it is one of 1e-05, 0.1; got 0.3"),
        (check_choice, (True, (0, 1)), "it is one of 0, 1; got True"),
        (check_choice, (["a"], {"a": 1}), "it is one of a; got ['a']"),
    ],
)
def test_what_does_not_fit_is_told_with_what_would(check, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        check("it", *arguments)
