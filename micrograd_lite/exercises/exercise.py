"""An exercise: what its file says, and the probe that looks at an answer.

The files of a topic stand in one folder: `neuron/gate.md` and so on, and `neuron/probes.py` with a probe for
each (`def gate(my_gate, note)`), with SETUP, the source of what the page has defined by then, and where
NumPy's or PyTorch's state must be put back with `around = as_found`. A handout for a class has
`neuron/gate.json` in the place of `neuron/gate.md`: what right and wrong answers were seen to do, and not the
answers.
"""

import importlib
import io
import json
from contextlib import nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from micrograd_lite.exercises.facts import STOPS, Cause, Note, departures, named, sentence
from micrograd_lite.exercises.guard import Guard
from micrograd_lite.exercises.judging import Trouble, attempt
from micrograd_lite.exercises.written import Written, read

__all__ = ["Exercise", "exercises_of"]

HERE = Path(__file__).resolve().parent
UNCHANGED = "what it is given stays as it was"
SAID = "what the check says"


def exercises_of(topic):
    """The exercises of a topic, in the order of their stars and names."""
    files = [*(HERE / topic).glob("*.md"), *(HERE / topic).glob("*.json")]
    found = {file.stem: Exercise.of(file, topic) for file in sorted(files) if file.stem != "quiz"}
    return sorted(found.values(), key=lambda e: (e.stars, e.id))


@dataclass(frozen=True)
class Facts:
    """What a right answer and the wrong ones were seen to do."""

    expected: dict[str, Any]
    causes: list[Cause]
    tolerances: dict[str, float]


@dataclass(frozen=True)
class Exercise:
    """What the page asks for, see `Written`. `written` is None in a handout, where `stored` has the facts."""

    id: str
    name: str
    title: str
    stars: int
    section: str
    well_done: str
    may_change: bool
    stub: str
    topic: str
    written: Written | None = None
    stored: dict | None = None

    @classmethod
    def of(cls, file, topic):
        """The exercise in a Markdown file, or in the JSON file that a handout has."""
        text = file.read_text(encoding="utf-8")
        if file.suffix == ".json":
            head = json.loads(text)
            return cls(**head.pop("head"), topic=topic, stored=head)
        w = read(text, file.name)
        if w.id != f"{topic.replace('_', '-')}-{file.stem}":
            raise ValueError(f"{topic}/{file.name}: its id is {w.id!r}, which is not topic and file name.")
        return cls(**{name: getattr(w, name) for name in HEAD}, topic=topic, written=w)

    def as_json(self):
        """The exercise without its answers: the text of the JSON file for a handout."""
        head = {name: getattr(self, name) for name in HEAD}
        facts = {
            "expected": self.facts.expected,
            "tolerances": self.facts.tolerances,
            "causes": [vars(cause) for cause in self.facts.causes],
        }
        return json.dumps({"head": head, **facts}, ensure_ascii=False, indent=1) + "\n"

    # -- what an answer does ----------------------------------------------------------------------

    @cached_property
    def _probes(self):
        return importlib.import_module(f"{__package__}.{self.topic}.probes")

    def _around(self):
        return getattr(self._probes, "around", nullcontext)()

    def answer_from(self, source):
        """What a learner's cell defines under the exercise's name, on the page."""
        namespace = {}
        with self._around():
            exec(compile(self._probes.SETUP, f"<{self.topic}>", "exec"), namespace)
            exec(compile(source, f"<{self.id}>", "exec"), namespace)
        return namespace[self.name]

    @cached_property
    def untouched(self):
        """What the stub defines."""
        return self.answer_from(self.stub)

    def look(self, answer, note, guard):
        """Let the probe note facts about an answer. Errors go through."""
        probe = getattr(
            self._probes, self.id.removeprefix(f"{self.topic}-".replace("_", "-")).replace("-", "_")
        )
        with self._around():
            probe(answer if self.may_change else guard.watching(answer), note)

    def _seen(self, answer):
        """-> (the facts about an answer, the Trouble that ended the look or None)"""
        note, guard = Note(), Guard()
        _, trouble = attempt(lambda answer: self.look(answer, note, guard), answer)
        if trouble:
            note[SAID if trouble.is_wrong else STOPS] = trouble.text if trouble.is_wrong else kind_of(trouble)
        if not self.may_change:
            said = f"your answer changes what it is given, {guard.changed}: work on a copy"
            note.holds(UNCHANGED, not guard.changed, said)
        return note, trouble

    @cached_property
    def facts(self) -> Facts:
        """What right and wrong answers do: looked at once, or stored."""
        if self.stored:
            causes = [Cause(**cause) for cause in self.stored["causes"]]
            return Facts(self.stored["expected"], causes, self.stored["tolerances"])
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            expected, trouble = self._seen(self.answer_from(self.written.right[0]))
            if trouble:
                raise ValueError(f"{self.id}: the first right answer does not pass its probe: {trouble.text}")
            causes = [
                Cause(m.name, m.message, m.section, self._marks(source, expected))
                for m in self.written.mistakes
                for source in m.answers
            ]
        return Facts(dict(expected), causes, expected.tolerances)

    def _marks(self, source, expected):
        note, _ = self._seen(self.answer_from(source))
        marks = departures(note, expected, expected.tolerances)
        if not marks:
            raise ValueError(f"{self.id}: the probe sees nothing wrong in this answer:\n{source}")
        return marks

    # -- the verdict ------------------------------------------------------------------------------

    def trouble_with(self, answer):
        """The Trouble with an answer, None if it is right."""
        facts = self.facts
        note, trouble = self._seen(answer)
        if trouble and not trouble.in_time:
            return trouble
        found = departures(note, facts.expected, facts.tolerances)
        if not found:
            return None
        cause = named(found, facts.causes, facts.tolerances)
        if cause:
            return Trouble(cause.message, cause.section or self.section, cause.name)
        symptom = next(iter(found))
        if symptom == STOPS:
            return trouble
        if symptom == SAID:
            return Trouble(trouble.text, self.section)
        if symptom in note.sentences:
            return Trouble(note.sentences[symptom], self.section)
        expected = facts.expected.get(symptom)
        return Trouble(sentence(symptom, found[symptom], expected, note.kinds.get(symptom, "")), self.section)


HEAD = ("id", "name", "title", "stars", "section", "well_done", "may_change", "stub")


def kind_of(trouble):
    """Why an answer stops, without the place where it does: two answers with one mistake say the same."""
    return trouble.text.split(". ", 1)[-1]
