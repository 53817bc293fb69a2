"""The exercises of the course: checks that say which mistake was made.

    from micrograd_lite.exercises import check, progress
    check("neuron-gate", my_gate)  # shows the verdict and returns it: .passed, .misconception, .message
    progress()  # which exercises are solved

Those of the first edition are modules with `EXERCISES`, which import PyTorch or NumPy inside their functions
only, so that listing the exercises stays quick.
"""

import difflib
import importlib
import pkgutil

from micrograd_lite.exercises import first_edition
from micrograd_lite.exercises import record as _record
from micrograd_lite.exercises.core import Exercise, Progress, describe, judge, show
from micrograd_lite.topics import TOPICS, topic_of

__all__ = ["check", "exercises", "progress"]


def check(exercise_id, answer, *, record=True):
    """Judge an answer to an exercise, show the verdict and return it.

    Parameters
    ----------
    exercise_id : str
        As the page has it: "micrograd-softplus".
    answer : the function, class or value that the exercise asks for
    record : bool
        False leaves the progress as it is. The worked solutions in the pages use it: they are not yours.

    Returns
    -------
    Verdict with `passed`, `misconception` (the name of the mistake, or None) and `message`.

    A mistake in the answer never raises: a crash, a wrong type and a loop without end are verdicts too.
    Raises ValueError if there is no such exercise.
    """
    verdict = judge(_find(exercise_id), answer)
    note = _record.add(exercise_id) if verdict.passed and record else ""
    show(verdict, note)
    return verdict


def progress():
    """Show which exercises are solved, and return it: all in `.exercises`, the ids of yours in `.solved`."""
    solved, note = _record.solved()
    result = Progress(exercises(), frozenset(solved))
    show(result, note)
    return result


def exercises():
    """Every exercise of the course, in the order of the topics: {id: Exercise}."""
    modules = [m.name for m in pkgutil.iter_modules(first_edition.__path__)]
    found = [e for m in modules for e in importlib.import_module(f"{first_edition.__name__}.{m}").EXERCISES]
    order = list(TOPICS)
    return {e.id: e for e in sorted(found, key=lambda e: order.index(topic_of(e.id)))}


def _find(exercise_id) -> Exercise:
    every = exercises()
    if isinstance(exercise_id, str) and exercise_id in every:
        return every[exercise_id]
    close = difflib.get_close_matches(str(exercise_id), every, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ValueError(
        f"there is no exercise {describe(exercise_id)}.{hint} Write check(id, your_answer) with one of these "
        f"ids: {', '.join(every)}."
    )
