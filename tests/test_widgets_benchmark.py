"""The widgets' benchmark: it knows every widget and control, and times as many moves as asked."""

import sys
from pathlib import Path

import ipywidgets
import pytest
from scripts import benchmark

from micrograd_lite import widgets

script = benchmark("widgets")


def test_every_widget_is_timed():
    modules = {path.stem for path in Path(widgets.__file__).parent.glob("*.py")}
    assert modules - {"__init__", "base", "panel", "player"} == set(script.WIDGETS)


@pytest.mark.parametrize(
    "control",
    [
        ipywidgets.FloatSlider(0.5, min=-1.0, max=2.0),
        ipywidgets.IntSlider(3, 0, 9),
        ipywidgets.FloatLogSlider(1.0, min=-3, max=1),
        ipywidgets.Dropdown(options=[("one", 1), ("two", 2)]),
        ipywidgets.Button(),
    ],
    ids=lambda control: type(control).__name__,
)
def test_as_many_moves_are_timed_as_asked_and_the_control_goes_back(control):
    first, moved = getattr(control, "value", None), []
    if first is None:
        control.on_click(moved.append)
    else:
        control.observe(moved.append, "value")
    clock, processor = script.timed(control, 4)
    assert len(clock) == len(processor) == 4 and min(clock) > 0.0
    assert len(moved) >= 4 and getattr(control, "value", None) == first


def test_a_row_says_whether_the_bound_is_met(monkeypatch):
    ((state, controls), *_) = script.digit_pad()
    ((label, control),) = controls.items()
    line, met = script.row("digit_pad", state, label, control, 2)
    assert line.startswith("| digit_pad, after 30 points | a point more | 2 | ") and met
    monkeypatch.setattr(script, "BOUND", 0)
    assert script.row("x", "y", "z", ipywidgets.Button(), 2)[0].endswith("| 0 ms MISSED |")
    assert script.row("training", "y", "Step", ipywidgets.Button(), 2)[0].endswith("| – |")


def test_an_unknown_widget_is_told(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["widgets.py", "pad"])
    with pytest.raises(SystemExit):
        script.main()
    assert "no widget pad; there is neuron, activations" in capsys.readouterr().err
