"""Every exercise of the course: right answers pass, a usual mistake gets its diagnosis, nothing raises.

The answers stand in tests/exercises/, one file per chapter: a new chapter's exercises are tested by adding
its file.
"""

import ast
import importlib.util
import json
import linecache
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from micrograd_lite.exercises import check, exercises, judging, limits, looking, progress
from micrograd_lite.exercises import progress_file as stored
from micrograd_lite.exercises.first_edition.detectors import shows
from micrograd_lite.exercises.verdict import Progress, Verdict
from micrograd_lite.topics import topic_of

ROOT = Path(__file__).resolve().parent.parent
EXERCISES = exercises()


def answers_in(path):
    """A file with answers, as a module."""
    spec = importlib.util.spec_from_file_location(f"answers_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FILES = {path.stem: answers_in(path) for path in sorted((ROOT / "tests" / "exercises").glob("*.py"))}
ANSWERS = {id: answers for answers in FILES.values() for id in answers.RIGHT}  # {id: the file that has it}


def answer_from(exercise, source):
    """What the learner's cell defines under the exercise's name."""
    if exercise.id not in ANSWERS:
        return exercise.answer_from(source)
    namespace = {}
    exec(compile(ANSWERS[exercise.id].SETUP, "<page>", "exec"), namespace)
    exec(compile(source, "<cell>", "exec"), namespace)
    return namespace[exercise.name]


def right_answers(exercise):
    return ANSWERS[exercise.id].RIGHT[exercise.id] if exercise.id in ANSWERS else exercise.written.right


def wrong_answers(exercise):
    """[(the mistake, an answer that makes it), …]"""
    if exercise.id in ANSWERS:
        wrong = ANSWERS[exercise.id].WRONG[exercise.id]
        return [(m, wrong[m.name]) for m in exercise.misconceptions]
    return [(m, source) for m in exercise.written.mistakes for source in m.answers]


def diagnosed_answers(exercise):
    """Wrong answers that a property or a fact explains, and what is said."""
    return getattr(ANSWERS.get(exercise.id), "DIAGNOSED", {}).get(exercise.id, [])


RIGHT = [
    pytest.param(e, source, id=f"{e.id}-{i}")
    for e in EXERCISES.values()
    for i, source in enumerate(right_answers(e))
]
WRONG = [
    pytest.param(e, mistake, source, id=f"{e.id}-{mistake.name}-{i}")
    for e in EXERCISES.values()
    for i, (mistake, source) in enumerate(wrong_answers(e))
]
DIAGNOSED = [
    pytest.param(e, source, said, id=f"{e.id}-{i}")
    for e in EXERCISES.values()
    for i, (source, said) in enumerate(diagnosed_answers(e))
]
EVERY = [pytest.param(e, id=e.id) for e in EXERCISES.values()]
WITH_CODE = [pytest.param(e, id=e.id) for e in EXERCISES.values() if callable(e.untouched)]
OLD = [p for p in EVERY if p.values[0].id in ANSWERS]
NEW = [p for p in EVERY if p.values[0].id not in ANSWERS]


@pytest.fixture(autouse=True)
def progress_file(tmp_path, monkeypatch):
    """A progress file of its own for each test."""
    file = tmp_path / "progress.json"
    monkeypatch.setenv("COURSE_PROGRESS", str(file))
    monkeypatch.setattr(stored, "_session", set())
    monkeypatch.setattr(stored, "_said", set())
    return file


# ---------------------------------------------------------------- every exercise


@pytest.mark.parametrize("exercise", EVERY)
def test_exercise_is_complete(exercise):
    assert topic_of(exercise.id) and exercise.stars in (1, 2, 3)
    assert exercise.title and exercise.well_done and exercise.section
    mistakes = {mistake.name: mistake.message for mistake, _ in wrong_answers(exercise)}
    assert len(mistakes) >= 3 and len(right_answers(exercise)) >= 2
    assert len(set(mistakes.values())) == len(mistakes)


@pytest.mark.parametrize(("exercise", "source"), RIGHT)
def test_right_answer_passes(exercise, source):
    verdict = check(exercise.id, answer_from(exercise, source))
    assert verdict.passed, verdict
    assert verdict.misconception is None
    assert verdict.text.startswith(f"✓ {exercise.name}: right.")


@pytest.mark.parametrize(("exercise", "mistake", "source"), WRONG)
def test_wrong_answer_gets_its_diagnosis(exercise, mistake, source):
    verdict = check(exercise.id, answer_from(exercise, source))
    assert not verdict.passed
    assert verdict.misconception == mistake.name, verdict
    assert mistake.message in verdict.message
    assert (mistake.section or exercise.section) in verdict.message


@pytest.mark.parametrize(("exercise", "source", "said"), DIAGNOSED)
def test_wrong_answer_is_explained(exercise, source, said):
    verdict = check(exercise.id, answer_from(exercise, source))
    assert not verdict.passed and said in verdict.message, verdict


@pytest.mark.parametrize("exercise", OLD)
def test_detectors_of_the_first_edition(exercise):
    """No right answer shows a misconception, and a wrong one lacks a property that says so by itself."""
    for source in right_answers(exercise):
        for m in exercise.misconceptions:
            assert not shows(m, answer_from(exercise, source)), m.name
    for _, source in wrong_answers(exercise):
        _, trouble = judging.attempt(exercise.properties, answer_from(exercise, source))
        assert trouble.in_time and len(trouble.text) > 20


@pytest.mark.parametrize("exercise", EVERY)
def test_a_wrong_answer_leaves_the_check_as_it_was(exercise):
    wrong = [source for _, source in wrong_answers(exercise)]
    wrong += [source for source, _ in diagnosed_answers(exercise)]
    for source in wrong:
        check(exercise.id, answer_from(exercise, source))
    for source in right_answers(exercise):
        assert check(exercise.id, answer_from(exercise, source)).passed


@pytest.mark.parametrize("exercise", EVERY)
def test_untouched_stub_is_not_attempted(exercise, progress_file):
    for answer in (answer_from(exercise, exercise.stub), None, ...):
        verdict = check(exercise.id, answer)
        assert (verdict.passed, verdict.attempted, verdict.misconception) == (False, False, None)
        assert verdict.text == f"○ {exercise.name}: not attempted yet"
    assert not progress_file.exists()


@pytest.mark.parametrize("exercise", WITH_CODE)
def test_crash_is_a_verdict(exercise):
    for error in ("RuntimeError('boom')", "SystemExit('boom')", "ZeroDivisionError('boom')"):
        verdict = check(exercise.id, answer_from(exercise, crashing(exercise, f"raise {error}")))
        assert not verdict.passed and verdict.misconception is None, error
        assert "boom" in verdict.message and error.split("(")[0] in verdict.message


@pytest.mark.parametrize("exercise", WITH_CODE)
def test_loop_without_end_is_a_verdict(exercise, monkeypatch):
    monkeypatch.setattr(limits, "SECONDS", 0.2)
    verdict = check(exercise.id, answer_from(exercise, crashing(exercise, "while True: pass")))
    assert not verdict.passed and verdict.misconception is None
    assert "did not finish within 0.2 seconds" in verdict.message


@pytest.mark.parametrize("exercise", WITH_CODE)
def test_recursion_without_end_is_a_verdict(exercise):
    verdict = check(
        exercise.id, answer_from(exercise, crashing(exercise, f"{exercise.name}(*args, **named)"))
    )
    assert not verdict.passed and "calls itself without end" in verdict.message


def crashing(exercise, body):
    return f"def {exercise.name}(*args, **named):\n    {body}"


WRONG_TYPES = ["'text'", "[]", "{}", "object()", "float('nan')", "1e999", "True", "(i for i in [1.0])", "3"]


@pytest.mark.parametrize("exercise", WITH_CODE)
def test_wrong_type_returned_is_a_verdict(exercise):
    for what in (*WRONG_TYPES, "None", "[None]", "mg.Value(1.0)"):
        source = f"{exercise.name} = lambda *args, **named: [{what}, print][0]"
        verdict = check(exercise.id, answer_from(exercise, source))
        assert not verdict.passed and verdict.attempted, what
        assert verdict.text.startswith(f"✗ {exercise.name}: "), what


@pytest.mark.parametrize("exercise", EVERY)
def test_wrong_type_given_is_a_verdict(exercise):
    for what in WRONG_TYPES:
        if what == "{}" and isinstance(exercise.untouched, dict):
            what = '{"x": 1}'
        verdict = check(exercise.id, answer_from(exercise, f"{exercise.name} = {what}"))
        assert not verdict.passed and verdict.attempted and verdict.misconception is None, what


# ---------------------------------------------------------------- the framework


def answer(exercise_id, source):
    return answer_from(EXERCISES[exercise_id], source)


RIGHT_DIVIDE = FILES["micrograd"].RIGHT["micrograd-backward"][0]


def test_unknown_exercise_lists_those_there_are():
    with pytest.raises(
        ValueError, match=r"no exercise str 'micrograd-softplu'. Did you mean 'micrograd-softplus'\?"
    ) as e:
        check("micrograd-softplu", None)
    assert all(name in str(e.value) for name in EXERCISES)


def test_arguments_in_the_wrong_order_are_told():
    with pytest.raises(ValueError, match=r"no exercise .* Write check\(id, your_answer\)"):
        check(lambda x: x, "micrograd-softplus")


def test_the_call_instead_of_the_function_is_told():
    verdict = check("micrograd-topological-sort", [1, 2])
    assert 'got list [1, 2]: write `check("micrograd-topological-sort", my_order)`' in verdict.message


def test_a_keyboard_interrupt_goes_through():
    with pytest.raises(KeyboardInterrupt):
        check(
            "micrograd-softplus", answer("micrograd-softplus", "def my_softplus(x): raise KeyboardInterrupt")
        )


def test_a_stub_with_a_new_comment_is_still_untouched_and_one_with_a_new_body_is_not():
    stub = EXERCISES["micrograd-backward"].stub
    assert not check(
        "micrograd-backward", answer("micrograd-backward", stub.replace("...", "...  # later"))
    ).attempted
    assert check("micrograd-backward", answer("micrograd-backward", stub.replace("...", "print()"))).attempted


def test_an_answer_that_swallows_exceptions_is_stopped_all_the_same(monkeypatch):
    monkeypatch.setattr(limits, "SECONDS", 0.2)
    source = """
def my_softplus(x):
    while True:
        try:
            while True:
                pass
        except Exception:
            pass
"""
    assert "did not finish" in check("micrograd-softplus", answer("micrograd-softplus", source)).message


def test_the_time_limit_leaves_nothing_behind(monkeypatch):
    monkeypatch.setattr(limits, "SECONDS", 0.05)
    for _ in range(20):  # answers that end at about the limit: whichever is first, nothing arrives later

        def work(n):
            return sum(i * i for i in range(n))

        try:
            limits.within_time(work, 700_000)
        except limits.TimeLimit:
            pass
        assert work(200_000) == 2666646666700000


def test_a_crash_names_the_line_of_the_learners_cell():
    source = "def my_divide(a, b):\n    out = Value(a.data / b.data, (a, b))\n    return a.grd\n"
    linecache.cache["<cell>"] = (len(source), None, source.splitlines(True), "<cell>")
    try:
        verdict = check("micrograd-backward", answer("micrograd-backward", source))
    finally:
        del linecache.cache["<cell>"]
    assert "in line 3 of its cell, `return a.grd`. AttributeError" in verdict.message


def test_a_wrong_number_of_arguments_is_told():
    verdict = check("micrograd-softplus", answer("micrograd-softplus", "def my_softplus(): return 1"))
    assert "my_softplus() takes 0 positional arguments but 1 was given" in verdict.message


def test_a_missing_return_is_told():
    source = RIGHT_DIVIDE.replace("return out", "pass")
    assert (
        "Is a `return` missing?" in check("micrograd-backward", answer("micrograd-backward", source)).message
    )


def test_a_message_is_a_sentence_and_a_crash_sends_nobody_to_a_section():
    verdict = check("micrograd-softplus", answer("micrograd-softplus", "def my_softplus(x): return nothing"))
    assert verdict.message == "It stopped with an error. NameError: name 'nothing' is not defined."
    verdict = check("micrograd-softplus", answer("micrograd-softplus", "def my_softplus(x): print()"))
    assert verdict.message.startswith("Your function returns None.") and "Read again: “" in verdict.message
    assert judging._sentence("dL/dc is 3") == "dL/dc is 3." and judging._sentence("w is 3!") == "w is 3!"


def test_what_an_answer_prints_is_shown_and_not_once_more_for_each_misconception(capsys):
    source = FILES["micrograd"].STEP.replace("return loss.data", "print('loss', loss.data)")
    check("micrograd-training-step", answer("micrograd-training-step", source))
    assert capsys.readouterr().out.count("loss 0.4") == 1


def test_the_two_classes_of_the_name_value_are_told_apart():
    namespace = {}
    exec(FILES["micrograd"].SETUP, namespace)
    mine, theirs = namespace["Value"](2.0), namespace["mg"].Value(2.0)
    assert looking.describe(mine) == "the lesson's `Value`, Value(data=2, grad=0)"
    assert looking.describe(theirs) == "an `mg.Value`, Value(data=2, grad=0)"
    assert looking.as_number(mine, "x") == looking.as_number(theirs, "x") == 2.0


def test_verdict_as_html_escapes_what_the_learner_wrote_and_marks_code():
    verdict = Verdict("my_<b>", False, "see `a < b` & more")
    assert "my_&lt;b&gt;" in verdict.html
    assert "<code>a &lt; b</code> &amp; more" in verdict.html


def test_the_page_of_the_first_chapters_needs_neither_numpy_nor_torch_for_its_checks():
    code = (
        "import sys; from micrograd_lite.exercises import check, progress; progress();"
        "check('micrograd-softplus', None); print({'numpy', 'torch', 'matplotlib'} & set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "COURSE_PROGRESS": "off", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert result.stdout.splitlines()[-2:] == ["○ my_softplus: not attempted yet", "set()"]


def test_in_a_kernel_each_check_is_shown_once_and_a_loop_is_stopped(progress_file):
    setup = (
        FILES["micrograd"].SETUP
        + "\nfrom micrograd_lite.exercises import check, limits\nlimits.SECONDS = 0.3"
    )
    sources = [
        setup,
        f"{EXERCISES['micrograd-backward'].stub}\ncheck('micrograd-backward', my_divide)",
        f"{RIGHT_DIVIDE}\nv = check('micrograd-backward', my_divide)\nprint(v.passed)",
        "def my_order(root):\n    return root.inputs\ncheck('micrograd-topological-sort', my_order)",
        "def my_order(root):\n    while True:\n        root\ncheck('micrograd-topological-sort', my_order)",
        "sum(range(1_000_000))",
    ]
    page = new_notebook(cells=[new_code_cell(source) for source in sources])
    NotebookClient(
        page, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    ).execute()
    outputs = [[o.get("text") or o.data["text/plain"] for o in cell.outputs] for cell in page.cells]
    assert outputs[1] == ["○ my_divide: not attempted yet"]
    assert outputs[2] == [f"✓ my_divide: right. {EXERCISES['micrograd-backward'].well_done}", "True\n"]
    assert [len(o) for o in outputs[3:5]] == [1, 1]
    assert "in line 2 of its cell, `return root.inputs`. AttributeError" in outputs[3][0]
    assert "did not finish within 0.3 seconds" in outputs[4][0]
    assert outputs[5] == ["499999500000"]
    assert "<div" in page.cells[1].outputs[0].data["text/html"]


# ---------------------------------------------------------------- progress


def solve():
    return check("micrograd-backward", answer("micrograd-backward", RIGHT_DIVIDE))


def test_a_solved_exercise_is_kept_and_shown(progress_file, monkeypatch, capsys):
    assert progress().solved == set()
    solve()
    assert json.loads(progress_file.read_text()) == {"solved": ["micrograd-backward"]}
    monkeypatch.setattr(stored, "_session", set())  # another day, another kernel
    assert progress().solved == {"micrograd-backward"}
    shown = capsys.readouterr().out
    assert f"1 of {len(EXERCISES)} exercises solved" in shown
    assert "  ✓ ★★  A rule of your own: _backward for division (micrograd-backward)" in shown
    assert "  ○ ★   The chain rule by hand (micrograd-chain-rule)" in shown


def test_progress_as_html_says_the_same():
    result = Progress(EXERCISES, frozenset({"micrograd-l2"}))
    assert result.html.count("aria-label='solved'") == 1
    assert result.html.count("aria-label='open'") == len(EXERCISES) - 1
    assert f"<b>1 of {len(EXERCISES)} exercises solved</b>" in result.html


def test_wrong_answers_and_worked_solutions_leave_no_trace(progress_file):
    check("micrograd-backward", answer("micrograd-backward", RIGHT_DIVIDE.replace("+=", "=")))
    assert check("micrograd-backward", answer("micrograd-backward", RIGHT_DIVIDE), record=False).passed
    assert not progress_file.exists() and progress().solved == set()


def test_what_others_solved_stays_in_the_file(progress_file):
    progress_file.write_text('{"solved": ["pytorch-of-a-later-course", "micrograd-l2"]}')
    solve()
    assert json.loads(progress_file.read_text())["solved"] == [
        "micrograd-backward",
        "micrograd-l2",
        "pytorch-of-a-later-course",
    ]
    assert f"2 of {len(EXERCISES)}" in progress().text
    assert [p.name for p in progress_file.parent.iterdir()] == ["progress.json"], "no draft left"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b'{"solved": ["ex04',
        b"[]",
        b'{"solved": "micrograd-l2"}',
        b'{"solved": [4]}',
        b"\xff\xfe",
        b"null",
    ],
)
def test_a_damaged_file_is_put_aside_and_said(progress_file, capsys, content):
    progress_file.write_bytes(content)
    assert solve().passed
    assert "progress.json was damaged: it is now progress.json.damaged" in capsys.readouterr().out
    assert (progress_file.parent / "progress.json.damaged").read_bytes() == content
    assert json.loads(progress_file.read_text()) == {"solved": ["micrograd-backward"]}


def test_a_file_that_cannot_be_written_falls_back_to_memory_and_says_so_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "no-such-folder" / "progress.json"))
    solve()
    note = (
        "progress.json cannot be written (No such file or directory): your progress is kept until this kernel"
    )
    assert capsys.readouterr().out.count(note) == 1
    solve()
    assert note not in capsys.readouterr().out
    assert progress().solved == {"micrograd-backward"}


def test_a_file_that_cannot_be_read_is_left_alone(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "progress.json"
    folder.mkdir()
    solve()
    assert folder.is_dir()
    assert "progress.json cannot be read (Is a directory)" in capsys.readouterr().out
    assert progress().solved == {"micrograd-backward"}


def test_off_keeps_the_progress_in_memory_only(progress_file, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", "off")
    solve()
    assert not progress_file.exists() and progress().solved == {"micrograd-backward"}


def test_without_the_variable_the_file_lies_beside_the_course_or_else_in_the_working_folder(
    tmp_path, monkeypatch
):
    monkeypatch.delenv("COURSE_PROGRESS")
    assert stored.place() == ROOT / ".course-progress.json"
    monkeypatch.setattr(stored, "COURSE", tmp_path / "site-packages")
    monkeypatch.chdir(tmp_path)
    assert stored.place() == tmp_path / ".course-progress.json"


# ---------------------------------------------------------------- in the pages


PAGES = [nbformat.read(path, as_version=4) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]


def page_of(exercise):
    (page,) = [page for page in PAGES if any(c.id == f"ex-{exercise.id}-stub" for c in page.cells)]
    return page


def headings(page):
    text = "\n".join(cell.source for cell in page.cells if cell.cell_type == "markdown")
    return {line.lstrip("#").strip() for line in text.splitlines() if line.startswith("#")}


@pytest.mark.parametrize("exercise", EVERY)
def test_sections_to_read_again_are_headings_of_the_page(exercise):
    named = {exercise.section, *(m.section or exercise.section for m, _ in wrong_answers(exercise))}
    assert named <= headings(page_of(exercise))


@pytest.mark.parametrize("exercise", EVERY)
def test_exercise_stands_in_the_page(exercise):
    cells = {cell.id: cell for cell in page_of(exercise).cells}
    assert "★" * exercise.stars in cells[f"ex-{exercise.id}-prompt"].source
    assert "<details>" in cells[f"ex-{exercise.id}-prompt"].source
    stub = cells[f"ex-{exercise.id}-stub"].source  # may be broken into other lines than in the module
    assert ast.unparse(ast.parse(stub)) == ast.unparse(ast.parse(exercise.stub))
    assert cells[f"ex-{exercise.id}-check"].source.strip() == f'check("{exercise.id}", {exercise.name})'
    solution = cells[f"ex-{exercise.id}-solution"]
    assert "solution" in solution.metadata.tags
    assert f'check("{exercise.id}", ' in solution.source and "record=False" in solution.source
    said = "".join(o.get("data", {}).get("text/plain", "") for o in solution.outputs)
    assert said.startswith("✓ "), said


def test_every_exercise_in_a_page_exists():
    for page in PAGES:
        for cell in page.cells:
            if cell.id.startswith("ex-") and cell.id.endswith("-stub"):
                assert cell.id.removeprefix("ex-").removesuffix("-stub") in EXERCISES
