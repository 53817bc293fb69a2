"""What operation made a value, read from the engine's values and from anything that looks like one."""

import types

import pytest

from micrograd_lite import Value
from micrograd_lite.operations import operation_of

V = Value(2.0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (V + 1, ("+", 1.0, "right")),
        (V - 1, ("-", 1.0, "right")),
        (V - -1e-07, ("-", -1e-07, "right")),
        (V * 3, ("*", 3.0, "right")),
        (V / -0.25, ("/", -0.25, "right")),
        (V**3, ("**", 3.0, "right")),
        (1 - V, ("-", 1.0, "left")),
        (6 / V, ("/", 6.0, "left")),
        (2**V, ("**", 2.0, "left")),
        (V * float("inf"), ("*", float("inf"), "right")),
        (V + V, ("+", None, "")),
        (V.tanh(), ("tanh", None, "")),
        (-V, ("neg", None, "")),
        (V, ("", None, "")),
    ],
    ids=lambda x: str(x),
)
def test_the_number_in_an_operation_and_its_side(value, expected):
    assert operation_of(value) == expected


def test_a_value_that_keeps_its_number_gives_it_to_the_last_digit():
    value = types.SimpleNamespace(_op="0.333333/", _prev=(V,), _operation="c/", _constant=1 / 3)
    assert operation_of(value) == ("/", 1 / 3, "left")
    value = types.SimpleNamespace(_op="leaky_relu", _prev=(V,), _operation="leaky_relu", _constant=0.01)
    assert operation_of(value) == ("leaky_relu", 0.01, "")
    value = types.SimpleNamespace(_op="cos", _prev=(V,), _operation="cos", _constant=None)
    assert operation_of(value) == ("cos", None, "")


def test_an_operation_with_several_inputs_has_no_number():
    assert operation_of(types.SimpleNamespace(_op="+1", _prev=(V, V))) == ("+1", None, "")
