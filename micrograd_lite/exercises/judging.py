"""How an answer is judged.

Whatever an answer does, there is a verdict: a crash, a wrong type, an exit and a loop without end are
verdicts too. What it is given is compared before and after each call (see `Guard`).
"""

import re
import traceback
from dataclasses import dataclass
from types import CodeType, FunctionType

from micrograd_lite.exercises import limits
from micrograd_lite.exercises.guard import Guard
from micrograd_lite.exercises.limits import TimeLimit, kept_in
from micrograd_lite.exercises.looking import Wrong, describe
from micrograd_lite.exercises.verdict import Verdict

__all__ = ["Trouble", "attempt", "judge"]


def judge(exercise, answer):
    """The verdict on an answer. Never raises on a mistake in it."""
    own = getattr(answer, "__name__", None)
    name = own if isinstance(own, str) and own.isidentifier() else exercise.name
    if is_untouched(answer, exercise.untouched):
        return Verdict(name, False, "not attempted yet", attempted=False)
    if callable(exercise.untouched) and not callable(answer):
        call = f'`check("{exercise.id}", {exercise.name})`'
        return Verdict(
            name, False, f"the check wants {exercise.name} itself, got {describe(answer)}: write {call}."
        )
    with kept_in():
        trouble = exercise.trouble_with(answer)
    if trouble is None:
        return Verdict(name, True, f"right. {exercise.well_done}")
    again = f" Read again: “{trouble.section}”." if trouble.section else ""
    return Verdict(name, False, _sentence(trouble.text) + again, trouble.mistake)


def _sentence(text):
    """With a capital, if it starts with a word (not with a name such as `w` or dL/dc), and a full stop."""
    text = text[0].upper() + text[1:] if re.match("[a-z]{2,}[ ,:]", text) else text
    return text if text.endswith((".", "?", "!", "…")) else f"{text}."


@dataclass(frozen=True)
class Trouble:
    """Why an answer does not pass."""

    text: str
    section: str = ""  # of the page, to read again; not where Python itself complains
    mistake: str | None = None  # its name, where it is known
    in_time: bool = True
    is_wrong: bool = False  # a property does not hold; else Python stopped


def attempt(look, answer):
    """`look(answer)`, in time -> what it returns, the Trouble with it or None."""
    try:
        return limits.within_time(look, answer), None
    except Wrong as wrong:
        return None, Trouble(str(wrong), is_wrong=True)
    except TimeLimit:
        text = f"it did not finish within {limits.SECONDS:g} seconds. Is there a loop that never ends?"
        return None, Trouble(text, in_time=False)
    except RecursionError:
        return None, Trouble("it calls itself without end (RecursionError). When should it stop?")
    except (Exception, SystemExit) as error:
        return None, Trouble(_crash(error, answer))


def _crash(error, answer):
    text = f"{type(error).__name__}: {words_of(error)}"
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in _files(answer)]
    where = f" in line {lines[-1].lineno} of its cell, `{lines[-1].line}`" if lines and lines[-1].line else ""
    return f"it stopped with an error{where}. {text if len(text) <= 300 else text[:299] + '…'}"


def words_of(error):
    """What an error says, also where its own text fails."""
    try:
        return str(error)
    except Exception:
        return "(its text cannot be read)"


def _files(answer):
    """Where the code of a function or of a class's methods comes from: in a notebook, its cell."""
    answer = Guard.inside(answer)
    functions = [answer, *vars(answer).values()] if hasattr(answer, "__dict__") else [answer]
    return {f.__code__.co_filename for f in functions if isinstance(f, FunctionType)}


def is_untouched(answer, stub):
    if answer is None or answer is ...:
        return True
    if isinstance(answer, dict) and isinstance(stub, dict):
        return all(value is None or value is ... for value in answer.values())
    return _shape(answer) == _shape(stub)


def _shape(thing):
    """What a function or a class does, as data that can be compared: its code without line numbers."""
    if isinstance(thing, FunctionType):
        return _shape(thing.__code__), _text_of(thing.__defaults__), _text_of(thing.__kwdefaults__)
    if isinstance(thing, type):
        return {name: _shape(part) for name, part in vars(thing).items() if isinstance(part, FunctionType)}
    if isinstance(thing, CodeType):
        return thing.co_code, thing.co_names, [_shape(constant) for constant in thing.co_consts]
    return type(thing), _text_of(thing)


def _text_of(thing):
    try:
        return repr(thing)
    except Exception:
        return object.__repr__(thing)
