"""What operation made a value, and which plain number is part of it: `v ** 3` is one node with one input."""

import re
from functools import lru_cache
from typing import NamedTuple

__all__ = ["Operation", "operation_of"]

_NUMBER = r"(-?(?:\d[\d.]*(?:e[-+]?\d+)?|inf|nan))"
_SIGN = r"(\*\*|[-+*/])"


class Operation(NamedTuple):
    """`symbol` is "+", "**", "tanh" …, `constant` the plain number in it, `place` its side: "left", "right".

    A number without a side is an argument, as in `leaky_relu`.
    """

    symbol: str
    constant: float | None = None
    place: str = ""


def operation_of(value):
    """The `Operation` of anything with `_op` and `_prev`. For a leaf the symbol is empty.

    Where the value keeps the number (`_constant`, and a "c" for it in `_operation`), it is exact. Else it is
    read from the name: "**3", "2/", "+0.333333" have the six digits that `_op` shows.
    """
    constant = getattr(value, "_constant", None)
    if constant is not None:
        before, sign, behind = re.fullmatch(r"(c?)(.+?)(c?)", value._operation).groups()
        return Operation(sign, constant, "left" if before else "right" if behind else "")
    return _read(str(value._op)) if len(value._prev) == 1 else Operation(str(value._op))


@lru_cache(1024)
def _read(name):
    if match := re.fullmatch(_SIGN + _NUMBER, name):
        return Operation(match[1], float(match[2]), "right")
    if match := re.fullmatch(_NUMBER + _SIGN, name):
        return Operation(match[2], float(match[1]), "left")
    return Operation(name)
