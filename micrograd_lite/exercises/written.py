"""An exercise as it is written down: one Markdown file, in which a mistake is a wrong answer.

    # neuron-or · my_or · ★ · One or the other
    Read again: Logic with one neuron

    One vote is enough.

    ## stub

        my_or = {"w1": ..., "w2": ..., "b": ...}

    ## right

        my_or = {"w1": 1, "w2": 1, "b": -0.5}

    or

        my_or = {"w1": 3, "w2": 2, "b": -1}

    ## and → A neuron is a line
    That is AND: your neuron wants both. Which bias lets one vote do?

        - my_or = {"w1": 1, "w2": 1, "b": -0.5}
        + my_or = {"w1": 1, "w2": 1, "b": -1.5}

The head has id, name of the answer, stars and title, the heading of the page to read again, and the sentence
for a right answer. Each further part is a mistake: its name, a heading of its own to read again (after →),
what to say, and the wrong answers that make it. Code is indented by four spaces. "or" on a line of its own
stands before another answer. An answer whose lines all begin with "- ", "+ " or two spaces is a change of the
first right answer: the lines with "-" and the others are there, once, and the lines with "+" take the place
of those with "-". A line "May change its arguments." in the head says that the exercise is about changing
them.

What an answer does is found out by a probe, see `facts`.
"""

import re
from dataclasses import dataclass

__all__ = ["Mistake", "Written", "read"]

BLOCK = re.compile(r"(?:^ {4}.*\n|^ *\n(?=(?: *\n)* {4}))+", re.M)  # indented code, blank lines inside
OR = re.compile(r"^or *\n", re.M)
MAY_CHANGE = "May change its arguments."


@dataclass(frozen=True)
class Mistake:
    """A usual mistake: its name, what to say, the heading to read again, and the answers that make it."""

    name: str
    message: str
    section: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Written:
    """What a file says."""

    id: str
    name: str  # of the answer, as in the stub: "my_gate"
    stars: int  # 1 to 3
    title: str
    section: str  # the heading of the page that teaches it
    well_done: str  # what the learner now has, in a sentence
    may_change: bool  # the exercise is about changing its arguments
    stub: str  # source code, as the page has it before the learner touches it
    right: tuple[str, ...]
    mistakes: tuple[Mistake, ...]


def read(text, file="an exercise"):
    """The exercise in a Markdown text. Raises ValueError, which names the file, if it cannot be read."""
    head, *parts = re.split(r"^## ", text, flags=re.M)
    try:
        first, *lines = head.strip().splitlines()
        id, name, stars, title = first.removeprefix("# ").split(" · ")
        section = next(line for line in lines if line.startswith("Read again: "))
    except (ValueError, StopIteration):
        raise ValueError(
            f"{file}: it begins with “# id · name of the answer · ★★ · title” and a line “Read again: …”."
        ) from None
    said = [line for line in lines if line not in (section, MAY_CHANGE)]
    named = dict(_split(part, file) for part in parts)
    if len({title.partition(" → ")[0] for title in named}) < len(parts):
        raise ValueError(f"{file}: two parts have the same name.")
    for needed in ("stub", "right"):
        if not _answers(named.get(needed, "")):
            raise ValueError(f"{file}: there is no part “## {needed}” with code.")
    right = _answers(named.pop("right"))
    (stub,) = _answers(named.pop("stub"))
    return Written(
        id=id,
        name=name,
        stars=len(stars),
        title=title,
        section=section.removeprefix("Read again: "),
        well_done=_prose("\n".join(said)),
        may_change=MAY_CHANGE in lines,
        stub=stub,
        right=right,
        mistakes=tuple(_mistake(name, part, right[0], file) for name, part in named.items()),
    )


def _split(part, file):
    title, _, text = part.partition("\n")
    if not title.strip():
        raise ValueError(f"{file}: a part has no name after ##.")
    return title.strip(), text


def _mistake(title, text, right, file):
    name, _, section = title.partition(" → ")
    answers = tuple(_changed(right, answer, f"{file}, “{name}”") for answer in _answers(text))
    message = _prose(text)
    if not answers or not message:
        raise ValueError(f"{file}, “{name}”: a mistake has a sentence and at least one wrong answer.")
    return Mistake(name, message, section, answers)


def _answers(text):
    """The pieces of code: what stands between prose."""
    blocks = BLOCK.findall(text if text.endswith("\n") else f"{text}\n")
    return tuple(re.sub("^ {4}", "", block, flags=re.M).strip("\n") for block in blocks if block.strip())


def _prose(text):
    return " ".join(OR.sub("", BLOCK.sub("", f"{text}\n")).split())


def _changed(right, answer, where):
    """A wrong answer: as it stands, or the right answer with this change."""
    lines = answer.splitlines()
    signs = {line[:2].ljust(2) for line in lines if line.strip()}
    if not signs <= {"- ", "+ ", "  "} or signs == {"  "}:
        return answer
    old = "\n".join(line[2:] for line in lines if line[:1] != "+")
    new = "\n".join(line[2:] for line in lines if line[:1] != "-")
    if f"\n{right}\n".count(f"\n{old}\n") != 1:
        raise ValueError(f"{where}: not at exactly one place in the right answer:\n{old}")
    return f"\n{right}\n".replace(f"\n{old}\n", f"\n{new}\n").strip("\n")
