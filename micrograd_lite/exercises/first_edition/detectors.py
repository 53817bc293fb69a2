"""An exercise of the first edition: properties of every right answer, and mistakes with a detector each.

If a property does not hold, the detectors look at the answer in turn: the first that fits names the mistake,
and if none fits, the property says what it found.
"""

import io
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from functools import cached_property, wraps
from typing import Any

from micrograd_lite.exercises import limits
from micrograd_lite.exercises.as_found import as_found
from micrograd_lite.exercises.guard import Guard
from micrograd_lite.exercises.judging import Trouble, attempt

__all__ = ["Exercise", "InTorch", "Misconception"]


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
    may_change: bool = False  # the exercise is about changing its arguments

    @cached_property
    def untouched(self):
        """What the stub defines."""
        namespace = {}
        exec(compile(self.stub, self.id, "exec"), namespace)
        return namespace[self.name]

    @property
    def mistakes(self):
        return self.misconceptions

    def trouble_with(self, answer):
        guard = Guard()
        watched = answer if self.may_change else guard.watching(answer)
        _, trouble = attempt(self.properties, watched)
        if trouble and not trouble.in_time:
            return trouble
        if trouble or guard.changed:
            with redirect_stdout(io.StringIO()):  # what the answer prints has been shown
                mistake = next((m for m in self.misconceptions if shows(m, watched)), None)
            if mistake:
                return Trouble(mistake.message, mistake.section or self.section, mistake.name)
        if guard.changed and not self.may_change:
            return Trouble(f"your answer changes what it is given, {guard.changed}: work on a copy.")
        return replace(trouble, section=self.section) if trouble and trouble.is_wrong else trouble


def shows(misconception, answer):
    """Whether the answer makes this mistake. One that crashes the detector does not."""
    try:
        return bool(limits.within_time(misconception.shows, answer))
    except (Exception, SystemExit, limits.TimeLimit):
        return False


@dataclass(frozen=True)
class InTorch(Exercise):
    """An exercise in NumPy or PyTorch: every look at an answer happens within `as_found`.

    with_optimiser : the check or the answer makes a PyTorch optimiser.
    """

    with_optimiser: bool = False

    def __post_init__(self):
        object.__setattr__(self, "properties", _undisturbed(self.properties))
        quiet = tuple(replace(m, shows=_undisturbed(m.shows)) for m in self.misconceptions)
        object.__setattr__(self, "misconceptions", quiet)

    @cached_property
    def untouched(self):
        import torch

        if self.with_optimiser:
            # a session's first optimiser loads half of PyTorch, 2 seconds: not in the answer's time
            torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
        namespace = {"torch": torch, "nn": torch.nn, "Dataset": torch.utils.data.Dataset}
        exec(compile(self.stub, self.id, "exec"), namespace)
        return namespace[self.name]


def _undisturbed(look):
    @wraps(look)
    def quietly(answer):
        with as_found():
            return look(answer)

    return quietly
