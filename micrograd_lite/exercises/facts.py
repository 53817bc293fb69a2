"""What an answer was seen to do, held against what a right answer does.

A probe is a function that calls an answer and notes named facts about it, the most telling first:

    def decay(my_step, note):
        w, g = np.array([2.0, -1.0, 0.5]), np.array([0.3, 0.1, -0.2])
        note["without decay, the new w"] = as_array(my_step(w.copy(), g, 0.037, 0.0), (3,), "your result")

An answer passes if its facts are those of the right answer. If not, the first fact at which it departs
decides: the mistake whose wrong answer departs there with the same value is named, and if there is none, the
fact is what the learner is told. So a fact is a phrase that reads well in "… should be 3, and is 4".
"""

import math
from dataclasses import dataclass
from numbers import Integral, Real

__all__ = ["ABSENT", "STOPS", "Cause", "Note", "departures", "named", "same", "sentence"]

TOLERANCE = 1e-6
STOPS = "it stops"  # the fact that a probe could not go on
ABSENT = "not reached"  # what a fact is that was not noted


class Note(dict):
    """Named facts, in the order in which they were seen.

    A value is kept as plain data: numbers, texts, True, False, None, and lists of these; an array or a tensor
    is a list of lists. `tolerances` holds, for a fact, how far a number may be off, relative to its size.
    """

    def __init__(self):
        super().__init__()
        self.tolerances, self.sentences, self.kinds = {}, {}, {}

    def __setitem__(self, fact, value):
        kind = str(getattr(value, "dtype", "")).removeprefix("torch.")
        if kind:
            self.kinds[fact] = kind
        super().__setitem__(fact, plain(value))

    def number(self, fact, value, within):
        """A number that may be off by `within`, relative to its size: for numbers worked out on paper."""
        self.tolerances[fact] = within
        self[fact] = value

    def say(self, fact, sentence):
        """What to tell a learner whose answer departs here, in place of what the fact should be."""
        self.sentences[fact] = sentence

    def holds(self, fact, condition, sentence):
        """Something that holds for every right answer. The sentence is for a learner for whom it does not."""
        self[fact] = bool(condition)
        self.say(fact, sentence)


def plain(value):
    """As numbers, texts, booleans, None and lists."""
    if hasattr(value, "detach"):  # a tensor
        value = value.detach().cpu()
    if hasattr(value, "tolist"):  # that, an array or a NumPy number
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    raise TypeError(f"a fact is made of numbers, texts and lists, not of {type(value).__name__}")


def same(a, b, tolerance=TOLERANCE, least=1.0):
    """Whether two values agree. Numbers may differ by `tolerance`, relative to their size or to `least`."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y, tolerance, least) for x, y in zip(a, b, strict=True))
    if is_number(a) and is_number(b):
        near = abs(a - b) <= tolerance * max(least, abs(b))
        return near or a == b or (math.isnan(a) and math.isnan(b))
    return type(a) is type(b) and a == b


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@dataclass(frozen=True)
class Cause:
    """A wrong answer of a mistake, as it was seen: the facts at which it departs."""

    name: str
    message: str
    section: str
    marks: dict


def departures(note, expected, tolerances):
    """{fact: its value} where an answer is not like the right one; the first is the symptom."""
    facts = dict.fromkeys([*note, *expected])
    return {
        fact: note.get(fact, ABSENT)
        for fact in facts
        if not agree(note.get(fact, ABSENT), expected.get(fact, ABSENT), tolerances.get(fact))
    }


def agree(value, other, tolerance=None):
    return same(value, other) if tolerance is None else same(value, other, tolerance, least=0.0)


def named(found, causes, tolerances):
    """The cause whose wrong answer departs where this one does, with the same value; None if there is none.

    A number is a strong mark: hardly two mistakes give the same. Yes or no is a weak one, as is a stop: then
    all facts must be those of the wrong answer.
    """

    def alike(fact, value):
        return fact in found and agree(found[fact], value, tolerances.get(fact))

    def fit(cause):
        if next(iter(cause.marks)) != symptom or not alike(symptom, cause.marks[symptom]):
            return 0.0
        share = sum(alike(*mark) for mark in cause.marks.items()) / len(cause.marks | found)
        return share if share == 1 or not weak else 0.0

    symptom = next(iter(found))
    weak = symptom == STOPS or isinstance(found[symptom], (bool, type(None)))
    best = max(causes, key=fit, default=None)
    return best if best and fit(best) else None


def sentence(fact, value, right, kind=""):
    """What to say of a fact that is not as it should be: the entry that differs, with enough digits."""
    if value == ABSENT:
        return f"{fact} could not be looked at."
    where, value, right = differing(value, right)
    place = f", entry {where}," if where else ""
    expected, is_now = told_apart(right, value)
    hint = ""
    if is_number(value) and is_number(right) and math.isfinite(value) and 0 < abs(value - right):
        off = abs(value - right) / max(abs(right), 1e-300)
        if kind in ("float32", "float16", "bfloat16") and off < 1e-2:
            hint = f" Your result is {kind}: it has fewer digits than float64."
        elif off < 1e-3:
            hint = " It is close, and not equal: a rounded number, float32, or a slope by small steps?"
    return f"{fact}{place} should be {expected}, and is {is_now}.{hint}"


def differing(value, right, where=""):
    """-> (the place of the first entry that differs, as "[1][2]"; its value; what it should be)"""
    if isinstance(value, list) and isinstance(right, list) and len(value) == len(right):
        for i, (x, y) in enumerate(zip(value, right, strict=True)):
            if not same(x, y):
                return differing(x, y, f"{where}[{i}]")
    return where, value, right


def told_apart(right, value):
    """Both as texts, with as many digits as it takes to see the difference."""
    if is_number(right) and is_number(value):
        for digits in range(4, 17):
            texts = f"{right:.{digits}g}", f"{value:.{digits}g}"
            if texts[0] != texts[1]:
                return texts
    return words(right), words(value)


def words(value):
    if isinstance(value, bool) or value is None:
        return {True: "so", False: "not so", None: "nothing"}[value]
    if is_number(value):
        return f"{value:.4g}"
    if isinstance(value, list):
        return f"[{', '.join(words(part) for part in value[:8])}{', …' if len(value) > 8 else ''}]"
    return str(value)
