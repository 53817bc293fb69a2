"""The quizzes: every file is sound, every option explains itself, nothing is asked of the network."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from micrograd_lite import quiz

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "data" / "quiz").glob("*.json"))
ONE, SEVERAL, TYPED = "multiple_choice", "many_choice", "numeric"


TAG = re.compile(r"<(/?)(code|b|i|sub|sup)>")  # the little HTML that a question may have


def problems_of_text(text):
    """What would not show as it is meant: jupyterquiz shows HTML, neither math nor Markdown."""
    if re.search(r"<|&(?!\w+;)", TAG.sub("", text)):
        yield f"HTML that is not for quizzes (write &lt; for <): {text!r}"
    tags = TAG.findall(text)
    if any(tags.count(("", name)) != tags.count(("/", name)) for _, name in tags):
        yield f"a tag is not closed: {text!r}"
    if re.search(r"\$|\\\(|\\\[|\\[a-z]", text):
        yield f"LaTeX does not show: {text!r}"
    if "`" in text or "**" in text or "](" in text:
        yield f"Markdown does not show: {text!r}"
    if not text.strip():
        yield "an empty text"


def problems(questions):
    """What is wrong with a quiz, a line each."""
    if not 4 <= len(questions) <= 6:
        yield f"a quiz has 4 to 6 questions, this one {len(questions)}"
    if len({q["question"] for q in questions}) < len(questions):
        yield "a question stands twice"
    for number, q in enumerate(questions, 1):
        yield from (f"question {number}: {what}" for what in problems_of_question(q))


def problems_of_question(q):
    if q.keys() - {"type", "section", "question", "code", "answers"}:
        yield f"unknown keys in {sorted(q)}"
    if not q.get("section"):
        yield "no section to read again"
    yield from problems_of_text(q["question"])
    right = [a for a in q["answers"] if a["correct"] is True]
    wrong = [a for a in q["answers"] if a["correct"] is False]
    if q["type"] not in (ONE, SEVERAL, TYPED):
        yield f"unknown type {q['type']!r}"
    if not right or not wrong or len(right) + len(wrong) < len(q["answers"]):
        yield "it needs right and wrong answers, with true or false in `correct`"
    if (len(right) == 1) != (q["type"] != SEVERAL):
        yield f"{len(right)} right answers in {q['type']}"
    feedback = [a.get("feedback", "") for a in q["answers"]]
    if any(len(text) < 20 for text in feedback) or len(set(feedback)) < len(feedback):
        yield "every answer needs feedback of its own"
    for text in feedback:
        yield from problems_of_text(text)
    yield from (problems_of_typed if q["type"] == TYPED else problems_of_options)(q["answers"])


def problems_of_options(answers):
    if not 3 <= len(answers) <= 5:
        yield f"{len(answers)} options"
    if len({a["answer"].strip().lower() for a in answers}) < len(answers):
        yield "an option stands twice"
    for a in answers:
        yield from problems_of_text(a["answer"])


def problems_of_typed(answers):
    *values, default = answers
    if any(a["type"] != "value" or not isinstance(a["value"], (int, float)) for a in values):
        yield "a typed answer has type value and a number"
    if len({a["value"] for a in values}) < len(values):
        yield "a number stands twice"
    if default["type"] != "default" or default["correct"]:
        yield "the last entry is the default: feedback for every other number"


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_quiz_is_sound(path):
    assert list(problems(load(path))) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_quiz_belongs_to_a_page_and_names_its_sections(path):
    (page,) = (ROOT / "notebooks").glob(f"{path.stem}_*.ipynb")
    cells = nbformat.read(page, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    headings = {line.lstrip("#").strip() for line in text.splitlines() if line.startswith("#")}
    assert {q["section"] for q in load(path)} <= headings
    assert any(f'show_quiz("{path.stem}")' in cell.source for cell in cells if cell.cell_type == "code")


def test_there_is_a_quiz():
    assert [path.stem for path in FILES] == ["01", "02", "03", "04", "05", "06"]


def sound():
    return load(ROOT / "data" / "quiz" / "04.json")


def first(**changes):
    def plant(questions):
        questions[0].update(changes)

    return plant


def first_answer(**changes):
    def plant(questions):
        questions[0]["answers"][0].update(changes)

    return plant


FAULTS = {
    "no right answer": (
        lambda qs: [a.update(correct=False) for a in qs[0]["answers"]],
        "right and wrong answers",
    ),
    "no wrong answer": (
        lambda qs: [a.update(correct=True) for a in qs[0]["answers"]],
        "right and wrong answers",
    ),
    "text for true": (first_answer(correct="true"), "right and wrong answers"),
    "two right answers": (first_answer(correct=True), "2 right answers in multiple_choice"),
    "no feedback": (lambda qs: qs[0]["answers"][0].pop("feedback"), "feedback of its own"),
    "same feedback": (
        lambda qs: [a.update(feedback="Not this one, think again.") for a in qs[0]["answers"]],
        "feedback of its own",
    ),
    "same option": (first_answer(answer="2000 TIMES "), "an option stands twice"),
    "same number": (lambda qs: qs[1]["answers"][1].update(value=0.72), "a number stands twice"),
    "no default": (lambda qs: qs[1]["answers"].pop(), "the last entry is the default"),
    "no section": (first(section=""), "no section"),
    "latex": (first(question="What is $x^2$?"), "LaTeX"),
    "markdown": (first_answer(feedback="Look at `a.grad` before you answer."), "Markdown"),
    "open tag": (first(question="What is <code>a.grad?"), "not closed"),
    "bare <": (first(question="Is a <b and why?"), "not for quizzes"),
    "script": (first(question="<script>alert(1)</script>?"), "not for quizzes"),
    "unknown type": (first(type="string"), "unknown type"),
    "same question": (lambda qs: qs.__setitem__(1, qs[0]), "stands twice"),
    "too few": (lambda qs: qs.__delitem__(slice(3, None)), "4 to 6 questions"),
}


@pytest.mark.parametrize(("plant", "found"), FAULTS.values(), ids=FAULTS.keys())
def test_a_planted_fault_is_found(plant, found):
    questions = sound()
    plant(questions)
    assert any(found in problem for problem in problems(questions)), list(problems(questions))


def test_an_unknown_quiz_is_told_with_those_there_are():
    with pytest.raises(ValueError, match=r"no quiz '99' in quiz/: there is .*04"):
        quiz.load("99")


def test_text_form_has_questions_and_options_and_no_answers():
    text = quiz.as_text(sound())
    assert text.startswith("1. A network has 1000 parameters.")
    assert "   C  2000 times\n" in text
    assert "       b = a + a\n" in text
    assert "<" not in text.replace("<=", "") and "Yes:" not in text and "feedback" not in text


@pytest.fixture(scope="module")
def shown():
    """The outputs of a cell that shows the quiz."""
    source = 'from micrograd_lite.quiz import show_quiz\nshow_quiz("04")'
    page = new_notebook(cells=[new_code_cell(source)])
    NotebookClient(
        page, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    ).execute()
    return page.cells[0].outputs


def test_the_compared_form_is_the_same_each_time(shown):
    assert [o.data["text/plain"] for o in shown] == [quiz.as_text(sound()), ""]


def test_the_paper_form_is_there_and_taken_away_by_the_script(shown):
    html, script = shown[0].data["text/html"], shown[1].data["application/javascript"]
    quiz_id = re.search(r'<div id="([A-Za-z]{12})" data-shufflequestions', html).group(1)
    assert f'<div id="paper_{quiz_id}">' in html and "<li>2000 times</li>" in html
    assert f'document.getElementById("paper_{quiz_id}")?.remove()' in script


def test_the_script_runs_where_there_is_no_mathjax_so_that_nothing_is_fetched(shown):
    """tests/browser sees the requests; here: the shield stands around all of jupyterquiz's script."""
    script = shown[1].data["application/javascript"]
    assert script.startswith("{\nconst MathJax = undefined;\n") and script.endswith("}")
    assert "https://" not in re.sub(r"https://cdn\.jsdelivr\.net/npm/mathjax@3/es5/tex-svg\.js", "", script)
    assert "fetch(" not in script and "window.MathJax.typeset" not in script
