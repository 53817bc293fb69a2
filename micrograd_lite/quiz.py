"""Quizzes by topic: `show_quiz("neuron")`, and `show_warm_up("backward")`, three questions on earlier topics.

The questions are JSON in `quizzes/`, a file a topic. jupyterquiz draws them. Three things are added here: the
questions as text, for paper, for GitHub and for the comparison of outputs; a shield around its script, which
otherwise finds a part of MathJax in JupyterLab's window and asks a server on the internet for the rest; and
what answering with keys or by ear needs.
"""

import json
import re
from html import unescape
from pathlib import Path

from IPython.display import display
from IPython.utils.capture import capture_output
from jupyterquiz import display_quiz

from micrograd_lite.topics import TOPICS

__all__ = ["load", "show_quiz", "show_warm_up", "warm_up"]

LETTERS = "ABCDE"
FOLDER = Path(__file__).resolve().parent / "quizzes"
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
.Quiz .Feedback { text-align: left; display: block !important; }
.Quiz .Answer { grid-template-columns: repeat(auto-fit, minmax(min(max(220px, 40%), 100%), 1fr)); }
.Quiz .MCButton { position: relative; overflow-wrap: anywhere; min-width: 0; }
.Quiz pre { overflow-x: auto; }
.Quiz .MCButton input { position: absolute; opacity: 0; pointer-events: none; }
.Quiz .MCButton:has(:focus-visible), .Quiz .Input-text:focus-visible {
  outline: 3px solid var(--jp-brand-color1, #0072B2); outline-offset: 2px;
}
.Quiz .correct, .Quiz .incorrect { background: #FAFAFA; border-left: 6px solid; padding: 8px; }
.Quiz .MCButton.correctButton::after, .Quiz .correct::before { content: "\\00a0✓ "; }
.Quiz .MCButton.incorrectButton::after, .Quiz .incorrect::before { content: "\\00a0✗ "; }
</style>"""

# In the browser, once the quiz is drawn: names, keys of its own, and feedback that is read out. Arrow keys go
# from option to option, and the space bar answers: as radio buttons have it, to go past one is to answer.
FOR_EVERYBODY = """
function for_everybody(quiz) {
  const step = {ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1};
  for (const question of quiz.querySelectorAll(".Quiz")) {
    const [text, answers, feedback] = question.children, name = text.firstElementChild.id;
    feedback.setAttribute("role", "status");
    feedback.setAttribute("aria-live", "polite");
    const inputs = [...answers.querySelectorAll("input")];
    for (const input of inputs) input.setAttribute("data-lm-suppress-shortcuts", "true");
    if (inputs[0].type === "text") {
      const label = answers.querySelector("label");
      label.id = "label-" + inputs[0].id;
      inputs[0].setAttribute("aria-labelledby", name + " " + label.id);
      continue;
    }
    const many = feedback.dataset.numcorrect > 1;
    answers.setAttribute("role", many ? "group" : "radiogroup");
    answers.setAttribute("aria-labelledby", name);
    if (many) for (const input of inputs) input.type = "checkbox";
    answers.addEventListener("click", () => {
      for (const input of inputs) input.checked = /correctButton/.test(input.parentElement.className);
    });
    answers.addEventListener("keydown", event => {
      if (!(event.key in step)) return;
      event.preventDefault();
      const to = inputs.indexOf(event.target) + step[event.key];
      inputs[(to + inputs.length) % inputs.length].focus();
    });
  }
}
function once_drawn() {
  const quiz = document.getElementById("QUIZ");
  quiz?.querySelector(".Quiz") ? for_everybody(quiz) : setTimeout(once_drawn, 200);
}
once_drawn();
"""


def available():
    """The topics that have a quiz, in the order in which they are taught."""
    return [topic for topic in TOPICS if (FOLDER / f"{topic}.json").is_file()]


def load(topic):
    """The questions of a topic ("neuron") as jupyterquiz wants them, each with a "section" to read again."""
    if topic not in available():
        raise ValueError(f"there is no quiz {topic!r}: there are {', '.join(available())}")
    return json.loads((FOLDER / f"{topic}.json").read_text(encoding="utf-8"))


def warm_up(topic):
    """Three questions on topics before this one, the same each time.

    One from each of the three topics just before; where there are fewer, they give more than one. A topic
    gives its first question to the next topic, its second to the one after that, and so on.
    """
    if topic not in TOPICS:
        raise ValueError(f"there is no topic {topic!r}: there are {', '.join(TOPICS)}")
    names = list(TOPICS)
    before = names[: names.index(topic)]
    earlier = [(pages, name) for pages, name in enumerate(reversed(before)) if name in available()][:3]
    if not earlier:
        raise ValueError(f"{topic!r} has no topic with a quiz before it, so there is nothing to warm up with")
    chosen = []
    for turn in range(3):
        for pages, name in earlier:
            questions = load(name)
            question = questions[(pages + turn) % len(questions)]
            if question not in chosen:
                chosen.append(question)
    return chosen[:3]


def show_quiz(*topics, number=None):
    """Show the quiz of a topic, or of several as one; with a number, this question alone, as on a slide.

    Options have letters and keep their order: in a lecture one can say "B".
    """
    if not topics:
        raise ValueError('show_quiz needs a topic: show_quiz("neuron")')
    show([question for topic in topics for question in load(topic)], number)


def show_warm_up(topic, number=None):
    """Show the three questions of `warm_up(topic)`; with a number, this one alone, as on a slide."""
    show(warm_up(topic), number)


def show(questions, number=None):
    """Show these questions, or the one with this number."""
    questions = numbered(questions)
    if number is not None:
        if number not in range(1, len(questions) + 1):
            raise ValueError(f"there are questions 1 to {len(questions)}, and no question {number!r}")
        questions = [questions[number - 1]]
    with capture_output() as captured:
        display_quiz([lettered(q) for q in questions], shuffle_answers=False, colors=COLOURS, max_width=760)
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
    first = f'const MathJax = undefined;\ndocument.getElementById("paper_{quiz_id}")?.remove();'
    return f"{{\n{first}\n{script}\n{FOR_EVERYBODY.replace('QUIZ', quiz_id)}}}"


def numbered(questions):
    """The questions with a number each."""
    return [{**q, "question": f"{number}. {q['question']}"} for number, q in enumerate(questions, 1)]


def lettered(question):
    """The question with a letter before each option."""
    if not options(question):
        return question
    answers = zip(LETTERS, question["answers"])
    return {**question, "answers": [{**a, "answer": f"<b>{x}</b>&emsp;{a['answer']}"} for x, a in answers]}


def options(question):
    """What one can choose from; nothing where a number is typed."""
    return [] if question["type"] == "numeric" else [answer["answer"] for answer in question["answers"]]


def on_paper(questions):
    """Numbered questions as HTML without the answers."""
    items = []
    for q in questions:
        code = f"<pre>{q['code']}</pre>" if "code" in q else ""
        choices = "".join(f"<li>{option}</li>" for option in options(q))
        items.append(f"<p>{q['question']}</p>{code}<ol type='A'>{choices}</ol>")
    return f"<p>Run the cell to answer here; this is the form for paper.</p>{''.join(items)}"


def as_text(questions):
    """Numbered questions as plain text."""
    lines = []
    for q in questions:
        lines += [plain(q["question"])]
        lines += [f"       {line}" for line in plain(q.get("code", "")).splitlines()]
        lines += [f"   {letter}  {plain(option)}" for letter, option in zip(LETTERS, options(q))]
    return "\n".join(lines)


def plain(html):
    return unescape(re.sub(r"<[^>]*>", "", html))
