"""An exercise's file, and how facts decide: on exercises made for the tests, of every kind of answer."""

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest

from micrograd_lite.exercises import exercises
from micrograd_lite.exercises.exercise import Exercise
from micrograd_lite.exercises.facts import Note, departures, named, sentence
from micrograd_lite.exercises.judging import judge
from micrograd_lite.exercises.looking import as_array, as_number, chosen, reported
from micrograd_lite.exercises.written import read

MIDDLE = """# neuron-middle · my_middle · ★★ · The middle
Read again: Middle

Half way between
two numbers.

## stub

    def my_middle(a, b):
        ...

## right

    def my_middle(a, b):
        total = a + b
        return total / 2

or

    def my_middle(a, b):

        return a + (b - a) / 2

## not-halved
You add and do not divide.

    -     return total / 2
    +     return total

or

    def my_middle(a, b):
        return b + a

## difference → Another heading
That is half of the difference,
see `b - a`.

    -     total = a + b
    +     total = b - a
          return total / 2
"""


def middle(my_middle, note):
    for a, b in ((1.0, 4.0), (2.0, 2.0)):
        note[f"the middle of {a:g} and {b:g}"] = my_middle(a, b)


def exercise(text, probe, name="middle"):
    """An exercise made of this text and probe."""
    w = read(text)
    made = Exercise(
        **{
            n: getattr(w, n)
            for n in ("id", "name", "title", "stars", "section", "well_done", "may_change", "stub")
        },
        topic="neuron",
        written=w,
    )
    made.__dict__["_probes"] = SimpleNamespace(SETUP="import math\nimport numpy as np", **{name: probe})
    return made


# ---------------------------------------------------------------- the file


def test_a_file_says_what_the_exercise_is():
    w = read(MIDDLE)
    assert (w.id, w.name, w.stars, w.title) == ("neuron-middle", "my_middle", 2, "The middle")
    assert (w.section, w.well_done) == ("Middle", "Half way between two numbers.")
    assert w.stub == "def my_middle(a, b):\n    ..."
    assert w.right[1] == "def my_middle(a, b):\n\n    return a + (b - a) / 2"
    assert (
        not w.may_change
        and read(MIDDLE.replace("Half way", "May change its arguments.\nHalf way")).may_change
    )


def test_a_mistake_is_a_change_of_the_right_answer_or_an_answer_of_its_own():
    first, second = read(MIDDLE).mistakes
    assert (first.name, first.section, first.message) == ("not-halved", "", "You add and do not divide.")
    assert first.answers == (
        "def my_middle(a, b):\n    total = a + b\n    return total",
        "def my_middle(a, b):\n    return b + a",
    )
    assert (
        second.section == "Another heading"
        and second.message == "That is half of the difference, see `b - a`."
    )
    assert second.answers == ("def my_middle(a, b):\n    total = b - a\n    return total / 2",)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("# neuron-middle · my_middle · ★★ · The middle", "# The middle", "it begins with “# id"),
        ("Read again: Middle", "", "it begins with “# id"),
        ("## stub", "## stubs", "no part “## stub” with code"),
        ("## difference", "## not-halved", "two parts have the same name"),
        ("You add and do not divide.", "", "a mistake has a sentence and at least one wrong answer"),
        ("-     return total / 2", "-     return total / 3", "not at exactly one place in the right answer"),
        ("## difference → Another heading", "## ", "a part has no name"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_named(old, new, said):
    assert old in MIDDLE
    with pytest.raises(ValueError, match=said) as error:
        read(MIDDLE.replace(old, new), "middle.md")
    assert "middle.md" in str(error.value)


# ---------------------------------------------------------------- facts decide


def test_the_first_departure_with_the_same_value_names_the_mistake():
    e = exercise(MIDDLE, middle)
    verdict = judge(e, lambda a, b: a + b)
    assert verdict.misconception == "not-halved"
    assert verdict.message == "You add and do not divide. Read again: “Middle”."
    assert judge(e, lambda a, b: (b - a) / 2).message.endswith("Read again: “Another heading”.")
    assert judge(e, lambda a, b: (a + b) / 2).passed and judge(e, lambda a, b: np.float32(a + b) / 2).passed


def test_a_departure_that_no_mistake_has_is_told_as_a_fact():
    verdict = judge(exercise(MIDDLE, middle), lambda a, b: a)
    assert verdict.misconception is None
    assert verdict.message == "The middle of 1 and 4 should be 2.5, and is 1. Read again: “Middle”."


def test_yes_or_no_names_a_mistake_only_if_all_facts_are_its_own():
    found = {"it drops": False, "the mean": 3.0}
    cause = SimpleNamespace(marks={"it drops": False})
    assert named(found, [cause], {}) is None
    cause.marks = {"it drops": False, "the mean": 3.0}
    assert named(found, [cause], {}) is cause
    assert named({"it drops": False, "the mean": 4.0}, [cause], {}) is None


def test_the_mistake_that_shares_most_facts_is_named():
    one = SimpleNamespace(marks={"z": 3.0, "a": 0.5})
    two = SimpleNamespace(marks={"z": 3.0, "a": 0.9})
    assert named({"z": 3.0, "a": 0.9}, [one, two], {}) is two


def test_a_stop_is_a_fact_too():
    text = (
        MIDDLE
        + "\n## asks-for-a-list\nIt has no length.\n\n    def my_middle(a, b):\n        return len(a)\n"
    )
    e = exercise(text, middle)
    assert judge(e, lambda x, y: len(x) / 2).misconception == "asks-for-a-list"
    verdict = judge(e, lambda x, y: x.middle)
    assert verdict.misconception is None and "'float' object has no attribute 'middle'" in verdict.message


def test_what_stops_half_way_departs_at_the_first_wrong_fact():
    note = Note()
    note["first"] = 1.0
    note["it stops"] = "boom"
    assert list(departures(note, {"first": 1.0, "second": 2.0}, {})) == ["it stops", "second"]


def test_a_number_from_paper_may_be_rounded_and_a_small_one_has_to_be_as_good():
    note = Note()
    note.number("your a", 0.0067, within=2e-3)
    assert not departures(note, {"your a": 0.0066929}, note.tolerances)
    note.number("your a", 0.007, within=2e-3)
    assert departures(note, {"your a": 0.0066929}, note.tolerances)


def test_a_fact_shows_the_entry_that_differs_with_enough_digits():
    said = sentence("your result", [[1.0, 0.97572]], [[1.0, 0.97571]])
    assert said.startswith("your result, entry [0][1], should be 0.97571, and is 0.97572.")
    assert sentence("your list", [1, 2], [1, 2, 3]) == "your list should be [1, 2, 3], and is [1, 2]."
    assert "float32" in sentence("the loss", 0.50001, 0.5, "float32")
    assert sentence("its second call", "not reached", 3.0) == "its second call could not be looked at."


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, [1, [2, 3]], np.arange(3), np.float32(2), True, "text", None]
)
def test_a_fact_is_plain_data_that_json_can_keep(value):
    note = Note()
    note["fact"] = value
    assert not departures(json.loads(json.dumps(note)), note, {})


def test_a_fact_of_anything_else_is_refused():
    with pytest.raises(TypeError, match="not of object"):
        Note()["fact"] = object()


def test_a_wrong_answer_that_the_probe_does_not_see_and_a_right_one_that_fails_are_errors_of_the_author():
    e = exercise(MIDDLE.replace("+     return total\n", "+     return total / 2.0\n"), middle)
    with pytest.raises(ValueError, match="the probe sees nothing wrong in this answer"):
        judge(e, lambda a, b: 0)

    def broken(my_middle, note):
        raise KeyError("probe")

    with pytest.raises(ValueError, match="the first right answer does not pass its probe"):
        judge(exercise(MIDDLE, broken), lambda a, b: 0)


def test_arguments_that_were_changed_are_a_fact():
    text = """# neuron-double · my_double · ★ · Double
Read again: Double

Twice.

## stub

    def my_double(values):
        ...

## right

    def my_double(values):
        return [2 * v for v in values]

## in-place
You double the caller's list. Make a new one.

    def my_double(values):
        for i in range(len(values)):
            values[i] *= 2
        return values
"""

    def double(my_double, note):
        note["the doubles of 1, 3"] = my_double([1, 3])

    e = exercise(text, double, "double")
    assert judge(e, e.answer_from(e.written.mistakes[0].answers[0])).misconception == "in-place"
    verdict = judge(e, lambda values: [2 * v for v in values if values.append(v) or len(values) < 5][:2])
    assert not verdict.passed
    verdict = judge(e, lambda values: [2 * values.pop(0) for _ in (0, 1)])
    assert (
        verdict.misconception == "in-place"
    )  # what it gives back is right: the only fact is the caller's list
    free = exercise(
        text.replace("Twice.", "May change its arguments.\n\nTwice.").split("## in-place")[0],
        double,
        "double",
    )
    assert judge(free, lambda values: [2 * values.pop(0) for _ in (0, 1)]).passed


# ---------------------------------------------------------------- every kind of answer

KINDS = {
    "a number": ("my_answer = ...", "my_answer = 6", "my_answer = 5", lambda a: as_number(a, "your number")),
    "a choice": ('my_answer = ...', 'my_answer = "b"', 'my_answer = " A"', lambda a: chosen(a, "abc")),
    "a class": (
        "class my_answer:\n    def value(self): ...",
        "class my_answer:\n    def value(self): return 1",
        "class my_answer:\n    def value(self): return 2",
        lambda a: a().value(),
    ),
    "a repaired program": (
        "def my_answer(x, n=0):\n    return x + n",
        "def my_answer(x, n=1):\n    return x + n",
        "def my_answer(x, n=2):\n    return x + n",
        lambda a: a(3),
    ),
    "a report": (
        'my_answer = {"rate": ..., "curve": ...}',
        'my_answer = {"rate": 0.1, "curve": "falls"}',
        'my_answer = {"rate": 0.5, "curve": "rises"}',
        lambda a: list(reported(a, ["rate"], {"curve": ("falls", "rises")}).values()),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_answers_of_every_kind_are_judged(kind):
    stub, right, wrong, look = KINDS[kind]

    def code(source):
        return "".join(f"    {line}\n" for line in source.splitlines())

    text = (
        "# neuron-kind · my_answer · ★ · Kind\nRead again: Kind\n\nDone.\n\n## stub\n\n" + code(stub)
        + "\n## right\n\n" + code(right) + "\n## slip\nA slip.\n\n" + code(wrong)
    )  # fmt: skip

    def probe(answer, note):
        note["your answer"] = look(answer)

    e = exercise(text, probe, "kind")
    assert not judge(e, e.answer_from(stub)).attempted
    assert judge(e, e.answer_from(right)).passed
    assert judge(e, e.answer_from(wrong)).misconception == "slip"


def test_a_choice_or_a_report_of_another_kind_says_what_is_missing():
    text = MIDDLE.split("## not-halved")[0]

    def probe(answer, note):
        note["your choice"] = chosen(answer(1, 2), ("1.5", "2.5"))

    e = exercise(text.replace("return total / 2", 'return "1.5"'), probe)
    assert "is one of '1.5', '2.5', and yours is int 7" in judge(e, lambda a, b: 7).message

    def report(answer, note):
        note["your report"] = list(reported(answer(1, 2), ["rate"], {"curve": ("up", "down")}).values())

    e = exercise(text.replace("return total / 2", 'return {"rate": 1, "curve": "up"}'), report)
    assert '"curve" is still missing' in judge(e, lambda a, b: {"rate": 1}).message


# ---------------------------------------------------------------- handed out

FROM_FILES = [e for e in exercises().values() if isinstance(e, Exercise)]


@pytest.mark.parametrize("made", FROM_FILES, ids=lambda e: e.id)
def test_facts_in_place_of_answers_give_the_same_verdicts(made, tmp_path):
    file = tmp_path / "facts.json"
    file.write_text(made.as_json(), encoding="utf-8")
    handed_out = Exercise.of(file, made.topic)
    assert handed_out.written is None
    for source in (*made.written.right, *(s for m in made.written.mistakes for s in m.answers)):
        answer = made.answer_from(source)
        assert judge(handed_out, answer) == judge(made, answer)
        assert source not in file.read_text(encoding="utf-8")


def test_as_array_names_shapes():
    with pytest.raises(Exception, match=r"should have the shape \(2,\), and has \(3,\)"):
        as_array([1, 2, 3], (2,), "it")
