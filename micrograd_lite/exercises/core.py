"""How an answer is judged.

An exercise is properties that every right answer has, and a list of misconceptions. If a property does not
hold, the misconceptions' detectors look at the answer in turn: the first that fits names the mistake, and if
none fits, the property says what it found. Nothing is compared with a hidden solution.
"""

import ctypes
import io
import math
import re
import threading
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from html import escape
from numbers import Real
from types import CodeType, FunctionType
from typing import Any

from micrograd_lite.topics import TOPICS, topic_of

__all__ = ["Exercise", "Misconception", "Progress", "Verdict", "Wrong", "describe", "judge", "show"]

SECONDS = 3.0  # what an answer may take; a check needs a few milliseconds


class Wrong(Exception):
    """A property does not hold. The message tells the learner what was expected and what was found."""


@dataclass(frozen=True)
class Misconception:
    """A usual mistake: how to see it, what to say. The tests hold a wrong answer for each."""

    name: str
    shows: Callable[[Any], bool]
    message: str  # one or two sentences; `code` in backticks
    section: str = ""  # the heading of the page to re-read, where it is not the exercise's own


@dataclass(frozen=True)
class Exercise:
    """What the page asks for. `properties(answer)` raises Wrong where the answer lacks one."""

    id: str  # "micrograd-softplus"
    name: str  # of the answer, as in the stub: "my_softplus"
    title: str
    stars: int  # 1 to 3
    section: str  # the heading of the page that teaches it
    stub: str  # source code, as the page has it before the learner touches it
    properties: Callable[[Any], None]
    misconceptions: tuple[Misconception, ...]
    well_done: str  # what the learner now has, in a sentence

    @cached_property
    def untouched(self):
        """What the stub defines."""
        namespace = {}
        exec(compile(self.stub, self.id, "exec"), namespace)
        return namespace[self.name]


# ---------------------------------------------------------------- what is shown


@dataclass(frozen=True)
class Verdict:
    """What `check` says. `attempted` is False for an untouched stub."""

    name: str
    passed: bool
    message: str
    misconception: str | None = None
    attempted: bool = True

    @property
    def sign(self):
        return "✓" if self.passed else "✗" if self.attempted else "○"

    @property
    def text(self):
        return f"{self.sign} {self.name}: {self.message}"

    @property
    def html(self):
        colour = {"✓": "#009E73", "✗": "#D55E00", "○": "#767676"}[self.sign]
        return (
            f'<div role="status" style="border-left: 5px solid {colour}; padding: 4px 10px; max-width: 48em">'
            f'<b style="color: {colour}">{self.sign}</b> <b>{escape(self.name)}</b>: '
            f"{_marked(self.message)}</div>"
        )

    def __repr__(self):
        return self.text

    def _ipython_display_(self):
        """Nothing: `check` has shown it already."""


@dataclass(frozen=True)
class Progress:
    """What `progress` says."""

    exercises: dict[str, Exercise]
    solved: frozenset[str]

    @property
    def topics(self):
        """[(title of the topic, its exercises), …]"""
        names = dict.fromkeys(topic_of(e) for e in self.exercises)
        return [(TOPICS[n], [e for e in self.exercises.values() if topic_of(e.id) == n]) for n in names]

    def _count(self, some):
        return f"{sum(e.id in self.solved for e in some)} of {len(some)} exercises solved"

    @property
    def text(self):
        lines = [self._count(self.exercises.values())]
        for title, some in self.topics:
            lines.append(f"{title}: {self._count(some)}")
            for e in some:
                sign = "✓" if e.id in self.solved else "○"
                lines.append(f"  {sign} {'★' * e.stars:3} {e.title} ({e.id})")
        return "\n".join(lines)

    @property
    def html(self):
        parts = [f"<p><b>{self._count(self.exercises.values())}</b></p>"]
        for title, some in self.topics:
            parts.append(f"<p>{title}: {self._count(some)}</p><ul style='list-style: none'>")
            for e in some:
                sign, word = ("✓", "solved") if e.id in self.solved else ("○", "open")
                parts.append(
                    f"<li><span role='img' aria-label='{word}'>{sign}</span> {escape(e.title)} "
                    f"<span aria-label='{e.stars} of 3 stars'>{'★' * e.stars}</span> <code>{e.id}</code></li>"
                )
            parts.append("</ul>")
        return "".join(parts)

    def __repr__(self):
        return self.text

    def _ipython_display_(self):
        """Nothing: `progress` has shown it already."""


def _marked(text):
    """Text as HTML, with what stands in backticks as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))


def show(thing, note=""):
    """Show something that has `text` and `html`, and a line below it. Outside a notebook, the text."""
    text, html = thing.text, thing.html
    if note:
        text, html = f"{text}\n{note}", f"{html}<p><small>{escape(note)}</small></p>"
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        print(text)
    else:
        display({"text/plain": text, "text/html": html}, raw=True)


# ---------------------------------------------------------------- judging


def judge(exercise, answer):
    """The verdict on an answer. Never raises on a mistake in it."""
    own = getattr(answer, "__name__", None)
    name = own if isinstance(own, str) and own.isidentifier() else exercise.name
    if _is_untouched(answer, exercise.untouched):
        return Verdict(name, False, "not attempted yet", attempted=False)
    if callable(exercise.untouched) and not callable(answer):
        call = f'`check("{exercise.id}", {exercise.name})`'
        return Verdict(
            name, False, f"the check wants {exercise.name} itself, got {describe(answer)}: write {call}."
        )
    trouble = _try(exercise.properties, answer)
    if trouble is None:
        return Verdict(name, True, f"right. {exercise.well_done}")
    if trouble.in_time:
        with redirect_stdout(io.StringIO()):  # what the answer prints has been shown
            mistake = next((m for m in exercise.misconceptions if _shows(m, answer)), None)
        if mistake:
            again = _read_again(mistake.section or exercise.section)
            return Verdict(name, False, f"{mistake.message} {again}", mistake.name)
    again = f" {_read_again(exercise.section)}" if trouble.of_a_property else ""
    return Verdict(name, False, _sentence(trouble.text) + again)


def _read_again(section):
    return f"Read again: “{section}”."


def _sentence(text):
    """With a capital, if it starts with a word (not with a name such as `w` or dL/dc), and a full stop."""
    text = text[0].upper() + text[1:] if re.match("[a-z]{2,}[ ,:]", text) else text
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."


@dataclass(frozen=True)
class Trouble:
    """Why an answer does not pass, before anything is known about the mistake behind it."""

    text: str
    in_time: bool = True
    of_a_property: bool = False  # and not of Python: then a section of the page can help


def _try(properties, answer):
    """The trouble with an answer, None if all properties hold."""
    try:
        with_time_limit(properties, answer)
    except Wrong as wrong:
        return Trouble(str(wrong), of_a_property=True)
    except TimeLimit:
        text = f"it did not finish within {SECONDS:g} seconds. Is there a loop that never ends?"
        return Trouble(text, in_time=False)
    except RecursionError:
        return Trouble("it calls itself without end (RecursionError). When should it stop?")
    except (Exception, SystemExit) as error:
        return Trouble(_crash(error, answer))
    return None


def _shows(misconception, answer):
    """Whether the answer makes this mistake. One that crashes the detector does not."""
    try:
        return bool(with_time_limit(misconception.shows, answer))
    except (Exception, SystemExit, TimeLimit):
        return False


def _crash(error, answer):
    text = f"{type(error).__name__}: {error}"
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in _files(answer)]
    where = f" in line {lines[-1].lineno} of its cell, `{lines[-1].line}`" if lines and lines[-1].line else ""
    return f"it stopped with an error{where}. {text if len(text) <= 300 else text[:299] + '…'}"


def _files(answer):
    """Where the code of a function or of a class's methods comes from: in a notebook, its cell."""
    functions = [answer, *vars(answer).values()] if hasattr(answer, "__dict__") else [answer]
    return {f.__code__.co_filename for f in functions if isinstance(f, FunctionType)}


def _is_untouched(answer, stub):
    if answer is None or answer is ...:
        return True
    if isinstance(answer, dict) and isinstance(stub, dict):
        return all(value is None or value is ... for value in answer.values())
    return _shape(answer) == _shape(stub)


def _shape(thing):
    """What a function or a class does, as data that can be compared: its code without line numbers."""
    if isinstance(thing, FunctionType):
        return _shape(thing.__code__)
    if isinstance(thing, type):
        return {name: _shape(part) for name, part in vars(thing).items() if isinstance(part, FunctionType)}
    if isinstance(thing, CodeType):
        return thing.co_code, thing.co_names, [_shape(constant) for constant in thing.co_consts]
    return type(thing), repr(thing)


class TimeLimit(BaseException):
    """Stops an answer that takes too long. Not an Exception: `except Exception` must not swallow it."""


def with_time_limit(function, argument):
    """`function(argument)` in this thread, with TimeLimit raised in it once SECONDS are over.

    A second thread waits and then asks the interpreter to raise here (PyThreadState_SetAsyncExc): that works
    on every system and inside Jupyter, prints and tracebacks are as ever, and "interrupt the kernel" still
    works. It stops Python code, not one long call into C such as `time.sleep(1000)`.
    """
    here, throw = ctypes.c_ulong(threading.get_ident()), ctypes.pythonapi.PyThreadState_SetAsyncExc
    running, mutex = threading.Lock(), threading.RLock()  # `running` is held while the answer runs

    def watch(seconds):
        while not running.acquire(timeout=seconds):
            with mutex:
                if running.locked():
                    throw(here, ctypes.py_object(TimeLimit))
            seconds = 1.0  # again, should the answer have caught it

    def stop_watching():
        with mutex:
            if running.locked():
                running.release()
        for _ in range(3):  # one that was thrown before the release arrives here at the latest: a loop looks
            pass  # (taking it back with None would leave a flag set that hangs Python 3.11 under a tracer)

    running.acquire()
    try:
        try:
            threading.Thread(target=watch, args=(SECONDS,), daemon=True).start()
            return function(argument)
        finally:
            stop_watching()
    except TimeLimit:  # thrown in the answer, or a moment later in the lines above
        stop_watching()
        raise


# ---------------------------------------------------------------- words for properties


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
    """Whether this is a `Value` of the class that chapter 04 builds in its cells."""
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
    """`thing` as a float; a Value, also the lesson's, counts with its data. Raises Wrong for all else."""
    if _is_package_value(thing) or (is_lesson_value(thing) and isinstance(thing.data, Real)):
        return float(thing.data)
    not_none(thing, f"{what} is")
    if not isinstance(thing, Real) or isinstance(thing, bool):
        raise Wrong(f"{what} should be a number, and is {describe(thing)}.")
    return float(thing)


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


def filled_in(answer, names):
    """The entries of an answer that is a dict of numbers. Raises Wrong where one is missing."""
    if not isinstance(answer, dict):
        raise Wrong(
            f"the answer is a dict with the keys {', '.join(names)}, and yours is {describe(answer)}."
        )
    for name in names:
        if answer.get(name) is None or answer[name] is ...:
            raise Wrong(f'"{name}" is still missing: fill in `"{name}": …`.')
    got = {name: as_number(answer[name], f'"{name}"') for name in names}
    for name, value in got.items():
        if not math.isfinite(value):
            raise Wrong(f'"{name}" should be a finite number, and is {value}.')
    return got


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
        raise Wrong(f"{what} should be {expected:.4g}, and is {got:.4g}.")
