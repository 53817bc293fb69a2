"""The exercises of the course: checks that say which mistake was made.

    from micrograd_lite.exercises import check, progress
    check("neuron-gate", my_gate)  # shows the verdict and returns it: .passed, .misconception, .message
    progress()  # which exercises are solved

One folder a topic, one Markdown file an exercise: see `written` for the file and `facts` for how an answer is
judged. Listing the exercises loads neither NumPy nor PyTorch. Those of the first edition are Python modules.
"""

import difflib
import importlib
import pkgutil
from functools import cache

from micrograd_lite.exercises import first_edition, progress_file
from micrograd_lite.exercises.exercise import HERE, exercises_of
from micrograd_lite.exercises.judging import judge
from micrograd_lite.exercises.looking import describe
from micrograd_lite.exercises.verdict import Progress, show
from micrograd_lite.topics import TOPICS, topic_of

__all__ = ["check", "exercises", "progress"]


def check(exercise_id, answer, *, record=True):
    """Judge an answer to an exercise, show the verdict and return it.

    Parameters
    ----------
    exercise_id : str
        As the page has it: "neuron-gate".
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
    note = progress_file.add(exercise_id) if verdict.passed and record else ""
    show(verdict, note)
    return verdict


def progress():
    """Show which exercises are solved, and return it: all in `.exercises`, the ids of yours in `.solved`."""
    solved, note = progress_file.solved()
    result = Progress(exercises(), frozenset(solved))
    show(result, note)
    return result


@cache
def exercises():
    """Every exercise of the course, in the order of the topics: {id: Exercise}."""
    modules = [m.name for m in pkgutil.iter_modules(first_edition.__path__) if m.name != "detectors"]
    old = [e for m in modules for e in importlib.import_module(f"{first_edition.__name__}.{m}").EXERCISES]
    found = {e.id: e for topic in TOPICS if (HERE / topic).is_dir() for e in exercises_of(topic)}
    found |= {e.id: e for e in old if e.id not in found}
    order = list(TOPICS)
    return dict(sorted(found.items(), key=lambda item: order.index(topic_of(item[0]))))


def _find(exercise_id):
    every = exercises()
    if isinstance(exercise_id, str) and exercise_id in every:
        return every[exercise_id]
    close = difflib.get_close_matches(str(exercise_id), every, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ValueError(
        f"there is no exercise {describe(exercise_id)}.{hint} Write check(id, your_answer) with one of these "
        f"ids: {', '.join(every)}."
    )
