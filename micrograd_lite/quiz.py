"""The quizzes at the end of the chapters: `show_quiz("04")`. The questions are JSON in `data/quiz/`.

jupyterquiz draws them. Two things are added here: the questions as text, for paper, for GitHub and for the
comparison of outputs; and a shield around its script, which otherwise finds a part of MathJax in JupyterLab's
window and asks a server on the internet for the rest.
"""

import json
import re
from html import unescape
from pathlib import Path

from IPython.display import display
from IPython.utils.capture import capture_output
from jupyterquiz import display_quiz

__all__ = ["load", "show_quiz"]

LETTERS = "ABCDE"
FOLDER = Path(__file__).resolve().parent.parent / "data" / "quiz"
COLOURS = {
    "--jq-multiple-choice-bg": "#0B3C5D",
    "--jq-many-choice-bg": "#0B3C5D",
    "--jq-numeric-bg": "#0B3C5D",
    "--jq-numeric-input-bg": "#FAFAFA",
    "--jq-numeric-input-label": "#FAFAFA",
    "--jq-incorrect-color": "#B03A00",
    "--jq-correct-color": "#00694C",
}

# Readable in JupyterLab's light and dark themes, and a sign beside the colour.
STYLE = """<style>
.Quiz { font-size: 120% !important; line-height: 1.35 !important; }
.Quiz .MCButton, .Quiz .Feedback, .Quiz .InpLabel { font-size: 16px !important; }
.Quiz code, .Quiz pre { background: none !important; color: inherit !important; }
.Quiz .InpLabel { color: inherit !important; }
.Quiz .Input-text, .Quiz .MCButton { color: #101010 !important; border: 1px solid #767676; }
.Quiz .correctButton, .Quiz .incorrectButton { color: #FAFAFA !important; }
.Quiz .Feedback { text-align: left; }
.Quiz .correct, .Quiz .incorrect { background: #FAFAFA; border-left: 6px solid; padding: 8px; }
.Quiz .MCButton.correctButton::after, .Quiz .correct::before { content: "\\00a0✓ "; }
.Quiz .MCButton.incorrectButton::after, .Quiz .incorrect::before { content: "\\00a0✗ "; }
</style>"""


def load(chapter):
    """The questions of a chapter ("04") as jupyterquiz wants them, each with a "section" to read again."""
    file = FOLDER / f"{chapter}.json"
    if not file.is_file():
        have = ", ".join(sorted(path.stem for path in FOLDER.glob("*.json"))) or "none"
        raise ValueError(f"there is no quiz {chapter!r} in {FOLDER.name}/: there is {have}")
    return json.loads(file.read_text(encoding="utf-8"))


def show_quiz(chapter):
    """Show the quiz of a chapter. Options have letters and keep their order: in a lecture one can say "B"."""
    questions = load(chapter)
    with capture_output() as captured:
        display_quiz(numbered(questions), shuffle_answers=False, colors=COLOURS, max_width=760)
    html, script = (output.data for output in captured.outputs)
    quiz_id = re.search(r'<div id="(\w+)"', html["text/html"]).group(1)
    paper = f'<div id="paper_{quiz_id}">{on_paper(questions)}</div>'
    display({"text/html": paper + STYLE + html["text/html"], "text/plain": as_text(questions)}, raw=True)
    display(
        {"application/javascript": shielded(script["application/javascript"], quiz_id), "text/plain": ""},
        raw=True,
    )


def shielded(script, quiz_id):
    """jupyterquiz's script in a block in which there is no MathJax; it takes the paper form away first."""
    return (
        f'{{\nconst MathJax = undefined;\ndocument.getElementById("paper_{quiz_id}")?.remove();\n{script}\n}}'
    )


def numbered(questions):
    """The questions with a number each, their options with a letter."""
    result = []
    for number, q in enumerate(questions, 1):
        q = {**q, "question": f"{number}. {q['question']}"}
        if options(q):
            q["answers"] = [
                {**a, "answer": f"<b>{letter}</b>&emsp;{a['answer']}"}
                for letter, a in zip(LETTERS, q["answers"])
            ]
        result.append(q)
    return result


def options(question):
    """What one can choose from; nothing where a number is typed."""
    return [] if question["type"] == "numeric" else [answer["answer"] for answer in question["answers"]]


def on_paper(questions):
    """The questions as HTML without the answers."""
    items = []
    for q in questions:
        code = f"<pre>{q['code']}</pre>" if "code" in q else ""
        choices = "".join(f"<li>{option}</li>" for option in options(q))
        items.append(f"<li>{q['question']}{code}<ol type='A'>{choices}</ol></li>")
    return f"<p>Run the cell to answer here; this is the form for paper.</p><ol>{''.join(items)}</ol>"


def as_text(questions):
    """The questions as plain text."""
    lines = []
    for number, q in enumerate(questions, 1):
        lines += [f"{number}. {plain(q['question'])}"]
        lines += [f"       {line}" for line in plain(q.get("code", "")).splitlines()]
        lines += [f"   {letter}  {plain(option)}" for letter, option in zip(LETTERS, options(q))]
    return "\n".join(lines)


def plain(html):
    return unescape(re.sub(r"<[^>]*>", "", html))
