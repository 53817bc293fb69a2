"""The frame of every widget: what is read out and what scrolls is told to the browser, which does the rest.

tests/browser/test_accessibility.py sees names, keys and focus in a browser.
"""

import asyncio

import ipywidgets
import pytest

from micrograd_lite import Value
from micrograd_lite.widgets.boundary import BoundaryTrainer
from micrograd_lite.widgets.neuron import NeuronExplorer
from micrograd_lite.widgets.panel import Panel
from micrograd_lite.widgets.stepper import BackpropStepper


def marked(widget, mark):
    """The widgets inside that carry a class."""
    inside = [w for child in getattr(widget, "children", ()) for w in marked(child, mark)]
    return inside + [widget] * (f"micrograd-lite-{mark}" in widget._dom_classes)


@pytest.mark.parametrize(
    "make", [NeuronExplorer, BoundaryTrainer, lambda: BackpropStepper(Value(2.0) * Value(3.0))]
)
def test_a_widget_has_one_picture_and_words_that_are_read_out(make):
    widget = make()
    assert isinstance(widget, Panel) and marked(widget, "panel") == [widget]
    (picture,), says = marked(widget, "picture"), marked(widget, "says")
    assert "<img" in picture.value or "<svg" in picture.value
    assert picture not in says and any(words.value for words in says)


def test_nothing_is_read_out_while_a_player_plays():
    player, seen = BoundaryTrainer(steps=3), []
    player._mender.observe(lambda change: seen.append(change.new), "busy")
    asyncio.run(player.train())
    assert seen == [True, False]
    asyncio.run(_stopped(BoundaryTrainer(steps=10_000)))


async def _stopped(player):
    task = player.play()
    await asyncio.sleep(0)
    assert player.busy
    player.stop()
    assert not player.busy
    await task


def test_nothing_is_read_out_while_the_stepper_plays():
    stepper = BackpropStepper(Value(2.0) * Value(3.0))
    stepper.play.value = True
    assert stepper.busy
    stepper.play.value = False
    assert not stepper.busy


def test_a_panel_takes_any_controls():
    slider = ipywidgets.IntSlider(description="Move me")
    assert Panel([slider]).children[0] is slider
