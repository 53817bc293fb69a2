"""What a check and the progress say, as text and as HTML."""

import re
from dataclasses import dataclass
from html import escape
from typing import Any

from micrograd_lite.topics import TOPICS, topic_of

__all__ = ["Progress", "Verdict", "show"]


# A screen reader speaks of what changes in an element that stays: not the verdict, which is new each time,
# but the cell's outputs, in which it stands.
READ_OUT = (
    "<script>for (const [name, value] of [['role', 'status'], ['aria-live', 'polite']])"
    " document.currentScript?.closest('.jp-OutputArea')?.setAttribute(name, value);</script>"
)


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
        colour = {"✓": "#009E73", "✗": "#D55E00", "○": "#767676"}[self.sign]  # of no text: too pale for that
        return (
            f'<div style="border-left: 5px solid {colour}; padding: 4px 10px; max-width: 48em">'
            f"<b>{self.sign} {escape(self.name)}</b>: {_marked(self.message)}</div>{READ_OUT}"
        )

    def __repr__(self):
        return self.text

    def _ipython_display_(self):
        """Nothing: `check` has shown it already."""


@dataclass(frozen=True)
class Progress:
    """What `progress` says."""

    exercises: dict[str, Any]
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
