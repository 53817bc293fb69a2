"""What probes and detectors use to look at an answer, and to say what is wrong with it."""

import math
import re
from numbers import Real

from micrograd_lite.exercises.facts import sentence

__all__ = [
    "Wrong",
    "describe",
    "is_lesson_value",
    "error_of",
    "stops_with",
    "not_none",
    "as_number",
    "as_array",
    "as_arrays",
    "same_arrays",
    "modes",
    "filled_in",
    "chosen",
    "reported",
    "entry_is",
    "slope",
    "slopes",
    "close",
    "expect",
]


class Wrong(Exception):
    """A property does not hold. The message tells the learner what was expected and what was found."""


def describe(thing):
    """What was found, for a message: its type and a short text."""
    kind = type(thing).__name__
    if kind == "Value":  # there are two of that name
        kind = "an `mg.Value`," if _is_package_value(thing) else "the lesson's `Value`,"
    try:
        text = repr(thing)
    except Exception:
        return kind.rstrip(",") if kind[-1] == "," else f"a {kind}"
    return f"{kind} {text if len(text) <= 60 else text[:57] + '...'}"


def _is_package_value(thing):
    from micrograd_lite import Value

    return isinstance(thing, Value)


def is_lesson_value(thing):
    """Whether this is a `Value` of the class that the page on micrograd builds in its cells."""
    return type(thing).__name__ == "Value" and not _is_package_value(thing)


def error_of(function, *arguments):
    """The error with which a call stops, or None: for detectors of mistakes that crash."""
    try:
        function(*arguments)
    except Exception as error:
        return error
    return None


def stops_with(kind, pattern, call):
    """A detector: `call(answer)` stops with an error of this kind, with this (a regex) in its text."""

    def shows(answer):
        error = error_of(call, answer)
        return isinstance(error, kind) and bool(re.search(pattern, str(error)))

    return shows


def not_none(thing, what="your function returns"):
    """`thing` itself. Raises Wrong if it is None."""
    if thing is None:
        raise Wrong(f"{what} None. Is a `return` missing?")
    return thing


def as_number(thing, what):
    """`thing` as a float: a number of Python, NumPy or PyTorch, an array or a tensor without axes, or a Value
    (also the lesson's) with its data. Raises Wrong for all else, True and False too."""
    if _is_package_value(thing) or is_lesson_value(thing):
        return as_number(thing.data, what)
    not_none(thing, f"{what} is")
    found = thing
    if getattr(thing, "shape", None) == () and hasattr(thing, "item"):
        try:
            found = thing.item()
        except (RuntimeError, ValueError):  # a tensor without numbers, on the device `meta`
            found = None
    if not isinstance(found, Real) or isinstance(found, bool):
        raise Wrong(f"{what} should be a number, and is {describe(thing)}.")
    return float(found)


def as_array(thing, shape, what):
    """`thing` as a NumPy array of floats of this shape. Raises Wrong for anything else."""
    import numpy as np

    not_none(thing, f"{what} is")
    try:
        found = np.asarray(thing, dtype=np.float64)
    except (TypeError, ValueError):
        raise Wrong(f"{what} should be an array of shape {shape}, and is {describe(thing)}.") from None
    if found.shape != shape:
        raise Wrong(f"{what} should have the shape {shape}, and has {found.shape}.")
    return found


def as_arrays(thing, shapes, call):
    """A tuple of arrays, one for each name of `shapes`."""
    if not isinstance(thing, (tuple, list)) or len(thing) != len(shapes):
        raise Wrong(f"{call} should return {', '.join(shapes)}, and returned {describe(thing)}.")
    names = [name if " " in name else f"`{name}`" for name in shapes]
    return [as_array(*each) for each in zip(thing, shapes.values(), names, strict=True)]


def same_arrays(some, others, tolerance=1e-6):
    """Whether two lists of arrays agree, shapes and numbers; NaN agrees with nothing."""
    import numpy as np

    return all(
        np.shape(a) == np.shape(b) and np.allclose(a, b, rtol=tolerance, atol=tolerance)
        for a, b in zip(some, others, strict=True)
    )


def modes(model):
    """{name of a submodule, "" for the model itself: whether it is in training mode}"""
    return {name: part.training for name, part in model.named_modules()}


def filled_in(answer, names, only=None):
    """The entries of an answer that is a dict of numbers (`only` those, if given). Raises Wrong where one of
    `names` is missing."""
    if not isinstance(answer, dict):
        raise Wrong(
            f"the answer is a dict with the keys {', '.join(names)}, and yours is {describe(answer)}."
        )
    for name in names:
        if answer.get(name) is None or answer[name] is ...:
            raise Wrong(f'"{name}" is still missing: fill in `"{name}": …`.')
    got = {name: as_number(answer[name], f'"{name}"') for name in (names if only is None else only)}
    for name, value in got.items():
        if not math.isfinite(value):
            raise Wrong(f'"{name}" should be a finite number, and is {value}.')
    return got


def chosen(answer, options):
    """One of the options, letters or words, as the learner wrote it. Raises Wrong for anything else."""
    text = answer.strip().lower() if isinstance(answer, str) else answer
    if text not in options:
        raise Wrong(f"the answer is one of {', '.join(map(repr, options))}, and yours is {describe(answer)}.")
    return text


def reported(answer, numbers=(), choices=()):
    """A report of an experiment: a dict of `numbers`, by name, and of `choices`, {name: options}.

    Raises Wrong where something is missing or of another kind.
    """
    found = filled_in(answer, [*numbers, *choices], only=numbers)
    return {**found, **{name: chosen(answer[name], options) for name, options in dict(choices).items()}}


def entry_is(names, **wrong):
    """A detector for such a dict: an entry has the number, or one of the numbers, that a mistake leads to."""
    numbers = {name: some if isinstance(some, tuple) else (some,) for name, some in wrong.items()}

    def shows(answer):
        got = filled_in(answer, names)
        return any(close(got[name], x, 1e-3) for name, some in numbers.items() for x in some)

    return shows


def slope(f, x, h=1e-5):
    """The central difference: what derivatives are held against."""
    return (f(x + h) - f(x - h)) / (2 * h)


def slopes(loss, arrays, h=1e-5):
    """The same for every entry of some arrays: they are nudged in place, `loss()` looks at them. -> arrays"""
    import numpy as np

    found = [np.zeros(array.shape) for array in arrays]
    for array, slope_of in zip(arrays, found, strict=True):
        for i in np.ndindex(array.shape):
            kept = array[i]
            array[i] = kept + h
            up = loss()
            array[i] = kept - h
            slope_of[i] = (up - loss()) / (2 * h)
            array[i] = kept
    return found


def close(got, expected, tolerance=1e-6):
    """Whether two numbers agree, relative to the larger of `expected` and 1. NaN agrees with nothing."""
    return abs(got - expected) <= tolerance * max(1.0, abs(expected))


def expect(thing, expected, what, tolerance=1e-6):
    """Raise Wrong unless `thing` is a number close to `expected`."""
    got = as_number(thing, what)
    if not close(got, expected, tolerance):
        kind = str(getattr(thing, "dtype", "")).removeprefix("torch.")
        raise Wrong(sentence(what, got, float(expected), kind))
