"""The quizzes: every file is sound, every option explains itself, nothing is asked of the network."""

import ast
import json
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from micrograd_lite import quiz
from micrograd_lite.topics import TOPICS

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(quiz.FOLDER.iterdir())
PAGES = sorted((ROOT / "notebooks").glob("*.ipynb"))
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
    if not questions:
        yield "no questions"
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


def shown_on(page):
    """Where the page shows quizzes: the arguments of each call of show_quiz."""
    code = [c.source for c in nbformat.read(page, as_version=4).cells if c.cell_type == "code"]
    calls = [node for source in code if "show_quiz(" in source for node in ast.walk(ast.parse(source))]
    return [
        [ast.literal_eval(topic) for topic in node.args]
        for node in calls
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "show_quiz"
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_has_the_sections_that_its_quiz_names(page):
    cells = nbformat.read(page, as_version=4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    headings = {line.lstrip("#").strip() for line in text.splitlines() if line.startswith("#")}
    questions = [q for topics in shown_on(page) for topic in topics for q in quiz.load(topic)]
    assert {q["section"] for q in questions} <= headings
    assert len(questions) in ((0,) if page.stem == "00_start_here" else (4, 5, 6))


def test_every_quiz_is_on_one_page_and_bears_the_name_of_a_topic():
    shown = [topic for page in PAGES for topics in shown_on(page) for topic in topics]
    assert sorted(shown) == [path.stem for path in FILES] == sorted(quiz.available())
    assert set(shown) <= set(TOPICS) and {path.suffix for path in FILES} == {".json"}


def sound():
    return load(quiz.FOLDER / "micrograd.json")


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
    "empty": (lambda qs: qs.clear(), "no questions"),
}


@pytest.mark.parametrize(("plant", "found"), FAULTS.values(), ids=FAULTS.keys())
def test_a_planted_fault_is_found(plant, found):
    questions = sound()
    plant(questions)
    assert any(found in problem for problem in problems(questions)), list(problems(questions))


def test_an_unknown_quiz_is_told_with_those_there_are():
    with pytest.raises(ValueError, match=r"no quiz 'magic': there are neuron, activations, .*micrograd"):
        quiz.load("magic")
    with pytest.raises(ValueError, match=r'needs a topic: show_quiz\("neuron"\)'):
        quiz.show_quiz()


def test_text_form_has_questions_and_options_and_no_answers():
    text = quiz.as_text(quiz.numbered(sound()))
    assert text.startswith("1. A network has 1000 parameters.")
    assert "   C  2000 times\n" in text
    assert "       b = a + a\n" in text
    assert "<" not in text.replace("<=", "") and "Yes:" not in text and "feedback" not in text


# -- the warm-up


def topics_of(questions):
    """The topic that each question is from."""
    return [next(t for t in quiz.available() if q in quiz.load(t)) for q in questions]


def test_a_warm_up_has_one_question_from_each_of_the_three_topics_before():
    assert topics_of(quiz.warm_up("micrograd")) == ["backward", "descent", "activations"]
    assert topics_of(quiz.warm_up("speed")) == ["batchnorm", "dropout", "depth"]


def test_topics_without_a_quiz_are_passed_over(monkeypatch):
    having = [topic for topic in quiz.available() if topic != "backward"]
    monkeypatch.setattr(quiz, "available", lambda: having)
    assert topics_of(quiz.warm_up("micrograd")) == ["descent", "activations", "neuron"]


@pytest.mark.parametrize("topic", list(TOPICS)[1:])
def test_every_topic_but_the_first_has_a_warm_up_of_three_earlier_questions(topic):
    questions = quiz.warm_up(topic)
    assert len(questions) == 3 and len({q["question"] for q in questions}) == 3
    names = list(TOPICS)
    assert all(names.index(earlier) < names.index(topic) for earlier in topics_of(questions))
    assert questions == quiz.warm_up(topic)


def test_a_topic_comes_back_with_another_question_each_time():
    backward = [
        [q for q in quiz.warm_up(topic) if q in quiz.load("backward")]
        for topic in ("micrograd", "tensors", "pytorch")
    ]
    assert backward == [[q] for q in quiz.load("backward")[:3]]


def test_the_first_topic_has_nothing_to_warm_up_with():
    with pytest.raises(ValueError, match="'neuron' has no topic with a quiz before it"):
        quiz.warm_up("neuron")


def test_a_warm_up_on_an_unknown_topic_names_the_topics():
    with pytest.raises(ValueError, match=r"no topic 'magic': there are neuron, activations, .*speed"):
        quiz.warm_up("magic")


# -- as shown


@pytest.fixture(scope="module")
def cells():
    """The outputs of a cell with a quiz, of one with a warm-up, and of one with its second question."""
    sources = ['show_quiz("micrograd")', 'show_warm_up("backward")', 'show_warm_up("backward", number=2)']
    first = "from micrograd_lite.quiz import show_quiz, show_warm_up"
    page = new_notebook(cells=[new_code_cell(source) for source in (first, *sources)])
    NotebookClient(
        page, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    ).execute()
    return [cell.outputs for cell in page.cells[1:]]


@pytest.fixture
def shown(cells):
    """The outputs of the cell that shows the quiz."""
    return cells[0]


def test_the_compared_form_is_the_same_each_time(shown):
    assert [o.data["text/plain"] for o in shown] == [quiz.as_text(quiz.numbered(sound())), ""]


def test_a_warm_up_is_shown_as_a_quiz_is(cells):
    questions = quiz.numbered(quiz.warm_up("backward"))
    text, script = (list(output.data.values()) for output in cells[1])
    assert quiz.as_text(questions) in text and any(quiz.on_paper(questions) in form for form in text)
    assert any("paper_" in form for form in script)


def test_one_question_alone_keeps_its_number(cells):
    text = cells[2][0].data["text/plain"]
    assert text == quiz.as_text(quiz.numbered(quiz.warm_up("backward"))[1:2]) and text.startswith("2. ")


@pytest.mark.parametrize("number", [0, 4, "1"])
def test_a_question_that_is_not_there_is_told_with_those_there_are(number):
    with pytest.raises(ValueError, match=f"questions 1 to 3, and no question {number!r}"):
        quiz.show_warm_up("backward", number=number)


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
