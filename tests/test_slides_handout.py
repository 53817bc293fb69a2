"""`course.py slides` and `handout`: what they decide, and that a handout is whole and gives nothing away.

The slides themselves are looked at in a browser, in tests/browser/test_slides.py.
"""

import ast
import importlib.util
import json
import os
import re
import shutil
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import course
from micrograd_lite.exercises import exercises

HERE = Path(course.__file__).resolve().parent
PAGES = sorted((HERE / "notebooks").glob("*.ipynb"))


def load_handout():
    spec = importlib.util.spec_from_file_location("handout", HERE / "tools" / "handout.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


handout = load_handout()


# -- slides ----------------------------------------------------------------------------------------


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Where `slides` keeps JupyterLab's settings."""
    monkeypatch.setattr(course.tempfile, "mkdtemp", lambda prefix: str(tmp_path))
    return tmp_path


def test_slides_open_the_chapter_with_settings_of_their_own(settings, capsys):
    command = course.slides(["04", "--no-browser"])
    assert "--LabApp.default_url=/lab/tree/notebooks/04_micrograd.ipynb" in command
    assert f"--LabApp.user_settings_dir={settings}" in command
    assert f"--LabApp.workspaces_dir={settings / 'spaces'}" in command
    assert "--ServerApp.ip=127.0.0.1" in command and command[-1] == "--no-browser"
    assert "Shift + R" in capsys.readouterr().out


def test_slides_start_by_themselves(settings):
    course.slides(["04"])
    file = settings / "jupyterlab-slideshow" / "plugin.jupyterlab-settings"
    assert json.loads(file.read_text())["active"] is True


def schema_of(plugin):
    """JupyterLab's own description of a plugin's settings."""
    share = Path(sys.prefix) / "share" / "jupyter"
    package, name = plugin.split(":")
    (file,) = [
        path
        for folder in (share / "lab" / "schemas", *(share / "labextensions").rglob("schemas"))
        if (path := folder / package / f"{name}.json").is_file()
    ]
    return json.loads(file.read_text(encoding="utf-8"))


def test_every_setting_of_the_slides_is_one_that_jupyterlab_has(settings):
    course.slides(["04"])
    for file in settings.rglob("*.jupyterlab-settings"):
        plugin = file.relative_to(settings).with_suffix("").as_posix()
        schema = schema_of(":".join(plugin.rsplit("/", 1)))
        assert set(json.loads(file.read_text())) <= set(schema["properties"])


def test_every_setting_that_the_course_installs_is_one_that_jupyterlab_has():
    installed = json.loads(course.LAB_SETTINGS.read_text(encoding="utf-8"))
    for plugin, values in installed.items():
        assert set(values) <= set(schema_of(plugin)["properties"])


def test_the_style_sheet_is_for_second_edition_pages_in_a_show_and_can_be_nested():
    installed = json.loads(course.LAB_SETTINGS.read_text(encoding="utf-8"))
    ((selector, rules),) = installed["@deathbeds/jupyterlab-fonts:fonts"]["styles"].items()
    assert selector.startswith("body[data-jp-deck-mode='presenting'] .jp-Deck") and "edition-2" in selector
    assert "," not in selector, "what nests the rules takes a comma for the end of a selector, in quotes too"
    nested = [name for name, value in rules.items() if isinstance(value, dict)]
    assert nested and all(part.startswith("& ") for name in nested for part in name.split(", "))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "which chapter?"),
        (["--no-browser"], "0 chapters start with '--no-browser'"),
        (["99"], "0 chapters start with '99'"),
        (["0"], "chapters start with '0'"),
    ],
)
def test_slides_of_no_or_more_than_one_chapter(arguments, words, settings):
    with pytest.raises(course.Trouble) as trouble:
        course.slides(arguments)
    assert words in str(trouble.value) and "04_micrograd" in str(trouble.value)
    assert list(settings.iterdir()) == []


# -- what a handout has ----------------------------------------------------------------------------


def notebooks(files):
    return {
        path.name: nbformat.reads(content.decode(), as_version=4)
        for path, content in files.items()
        if path.suffix == ".ipynb"
    }


@pytest.fixture(scope="module")
def students():
    return handout.contents()


@pytest.fixture(scope="module")
def teachers():
    return handout.contents(solutions=True)


def is_solution(cell):
    return "solution" in cell.metadata.get("tags", [])


def all_text(cell):
    """What a cell says and shows."""
    return cell.source + json.dumps(cell.get("outputs", []))


def test_students_get_no_solutions_and_no_notes(students):
    for page in notebooks(students).values():
        nbformat.validate(page)
        assert page.cells and not any(is_solution(cell) for cell in page.cells)
        assert not any(cell.metadata.get("slideshow", {}).get("slide_type") == "notes" for cell in page.cells)


def test_the_text_of_no_solution_is_anywhere_on_the_students_pages(students):
    given_away = []
    for path in PAGES:
        original = nbformat.read(path, as_version=4)
        text = "\n".join(all_text(cell) for cell in notebooks(students)[path.name].cells)
        solutions = [cell for cell in original.cells if is_solution(cell)]
        given_away += [(path.name, cell.id) for cell in solutions if cell.source in text]
    assert given_away == []
    assert any(is_solution(cell) for path in PAGES for cell in nbformat.read(path, as_version=4).cells)


def test_all_else_is_as_in_the_course(students, teachers):
    for path in PAGES:
        original = nbformat.read(path, as_version=4)
        kept = [cell for cell in original.cells if not handout.is_for_teachers(cell)]
        for expected, page in ((kept, students), (original.cells, teachers)):
            got = notebooks(page)[path.name].cells
            assert [cell.id for cell in got] == [cell.id for cell in expected]
            for cell, before in zip(got, expected, strict=True):
                assert cell.metadata == before.metadata
                if handout.EXERCISE.fullmatch(cell.id) and cell.cell_type == "code":
                    assert cell.outputs == [] and cell.execution_count is None
                    assert ast.unparse(ast.parse(cell.source)) == ast.unparse(ast.parse(before.source))
                else:
                    assert cell == before


def test_only_the_parts_for_teachers_go(tmp_path):
    """The rules on a page made for them: what goes, what is cleared, what stays."""
    shown = [new_output("stream", name="stdout", text="○ not attempted yet")]
    page = new_notebook(
        cells=[
            new_markdown_cell("Write it.", id="ex-neuron-gate-prompt"),
            new_code_cell('my_gate = {"w1": 1, "w2": -1}', id="ex-neuron-gate-stub", outputs=shown),
            new_code_cell("check('neuron-gate', my_gate)", id="ex-neuron-gate-check", outputs=shown),
            new_code_cell("def good(): ...", id="ex-neuron-gate-solution", metadata={"tags": ["solution"]}),
            new_markdown_cell("Say this.", id="notes-a", metadata={"slideshow": {"slide_type": "notes"}}),
            new_code_cell("1 + 1", id="sum-check", execution_count=4, outputs=shown),
            new_code_cell("my_gate_tried = (1, -1)", id="3f2b8c1a"),
            new_markdown_cell("Mine.", id="0b6ab1d2-7e1c-4ad4-9a43-2f6e1f1c7a10"),
        ]
    )
    path = tmp_path / "page.ipynb"
    nbformat.write(page, path)
    student = nbformat.reads(handout.page(path, solutions=False).decode(), as_version=4)
    teacher = nbformat.reads(handout.page(path, solutions=True).decode(), as_version=4)
    assert [cell.id for cell in student.cells] == [
        "ex-neuron-gate-prompt", "ex-neuron-gate-stub", "ex-neuron-gate-check", "sum-check",
    ]  # fmt: skip
    assert [cell.id for cell in teacher.cells] == [cell.id for cell in page.cells]
    assert student.cells[1].source == 'my_gate = {"w1": ..., "w2": ..., "b": ...}', "not what was typed"
    assert teacher.cells[1].source == page.cells[1].source
    assert student.cells[1].outputs == [] and student.cells[2].execution_count is None
    assert student.cells[3].outputs == shown and student.cells[3].execution_count == 4


def test_a_stub_of_no_exercise_is_told(tmp_path):
    page = new_notebook(cells=[new_code_cell("my_sum = 1", id="ex-neuron-sum-stub")])
    nbformat.write(page, tmp_path / "page.ipynb")
    with pytest.raises(handout.HandoutError, match=r"page\.ipynb: there is no exercise 'neuron-sum'"):
        handout.page(tmp_path / "page.ipynb", solutions=False)


def test_cells_that_are_left_out_are_named(tmp_path):
    (tmp_path / "notebooks").mkdir()
    page = new_notebook(cells=[new_code_cell("1", id="3f2b8c1a"), new_code_cell("2", id="a-cell")])
    nbformat.write(page, tmp_path / "notebooks" / "page.ipynb")
    assert handout.added(tmp_path) == [("page.ipynb", "3f2b8c1a")]
    assert handout.added() == []


def test_the_students_copy_has_facts_for_answers_and_the_teachers_has_the_answers(students, teachers):
    written = [e for e in exercises().values() if getattr(e, "written", None)]
    text = "\n".join(c.decode() for path, c in students.items() if path.suffix in (".py", ".json", ".md"))
    assert written and not any(path.suffix == ".md" and "exercises" in path.parts for path in students)
    for e in written:
        for source in (*e.written.right, *(s for m in e.written.mistakes for s in m.answers)):
            assert source not in text and json.dumps(source)[1:-1] not in text
        inside = (
            Path("micrograd_lite/exercises") / e.topic / e.id.removeprefix(f"{e.topic}-".replace("_", "-"))
        )
        assert inside.with_suffix(".md") in teachers and inside.with_suffix(".json") in students


def test_a_handout_has_every_file_that_its_installation_needs(students):
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    needed = {project["project"]["readme"], *project["project"]["license-files"], *wheel["shared-data"]}
    tools = re.findall(r'HERE / "tools" / "(\w+\.py)"', (HERE / "course.py").read_text(encoding="utf-8"))
    needed |= {
        ".gitattributes",
        ".gitignore",
        "course.py",
        "constraints.txt",
        "micrograd_lite/engine.py",
        "data/iris.csv",
    }
    needed |= {f"tools/{name}" for name in tools}
    assert tools and needed <= {path.as_posix() for path in students}


def test_a_handout_has_nothing_of_the_one_who_made_it(students):
    parts = {part for path in students for part in path.parts}
    assert not parts & {
        "tests",
        ".git",
        ".venv",
        "__pycache__",
        ".ipynb_checkpoints",
        ".course-progress.json",
    }


# -- a handout runs --------------------------------------------------------------------------------


def test_all_but_pages_and_exercises_is_as_in_the_course(students):
    def is_made(path):
        return path.suffix == ".ipynb" or path.is_relative_to("micrograd_lite/exercises")

    whole = [HERE / name for name in handout.FILES]
    for folder in handout.FOLDERS:
        whole += [path for path in (HERE / folder).rglob("*") if path.is_file()]
    expected = {
        path.relative_to(HERE): path.read_bytes()
        for path in whole
        if not handout.LEFT_OUT & set(path.parts) and not is_made(path.relative_to(HERE))
    }
    assert {path: content for path, content in students.items() if not is_made(path)} == expected


def test_every_exercise_of_a_handout_waits_for_an_answer_in_a_clean_kernel(students, tmp_path):
    """Imports, stubs and checks of each page, with nothing left of the page before. That all other cells need
    neither solutions nor notes is seen in the pages' own run, where solutions come last (conftest.py)."""
    folder = tmp_path / "a copy"
    handout.write(students, folder)
    run = new_notebook(cells=[new_code_cell("import micrograd_lite\nprint(micrograd_lite.__file__)")])
    checks = {}
    for name, page in notebooks(students).items():
        run.cells.append(new_code_cell("%reset -f"))
        for cell in page.cells:
            if cell.cell_type == "code" and (cell.id == "imports" or handout.EXERCISE.fullmatch(cell.id)):
                cell = new_code_cell(cell.source, metadata={"from": f"{name}: {cell.id}"})
                run.cells.append(cell)
                if cell.metadata["from"].endswith("-check"):
                    checks[cell.metadata["from"]] = cell
    client = NotebookClient(
        run, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(folder / "notebooks")}}
    )
    client.execute(env={**os.environ, "PYTHONPATH": str(folder), "COURSE_PROGRESS": "off"})
    assert Path(run.cells[0].outputs[0].text.strip()).is_relative_to(folder)
    assert len(checks) > 40
    assert [name for name, cell in checks.items() if "not attempted yet" not in all_text(cell)] == []


# -- where a handout goes --------------------------------------------------------------------------


def test_a_new_folder_gets_a_handout(tmp_path, capsys):
    assert handout.main([str(tmp_path / "x" / "class")]) == 0
    assert (tmp_path / "x/class/course.py").read_bytes() == (HERE / "course.py").read_bytes()
    assert "without solutions" in capsys.readouterr().out
    assert handout.main([str(tmp_path / "teacher"), "--solutions"]) == 0
    text = (tmp_path / "teacher/notebooks/04_micrograd.ipynb").read_text(encoding="utf-8")
    assert '"solution"' in text


def test_a_folder_with_files_is_left_alone_unless_told(tmp_path, capsys):
    mine, theirs = tmp_path / "essay.txt", tmp_path / "README.md"
    mine.write_text("mine")
    theirs.write_text("old")
    assert handout.main([str(tmp_path)]) == 1
    assert "not empty" in capsys.readouterr().err and sorted(tmp_path.iterdir()) == [theirs, mine]
    assert handout.main([str(tmp_path), "--force"]) == 0
    assert mine.read_text() == "mine" and theirs.read_bytes() == (HERE / "README.md").read_bytes()


@pytest.mark.parametrize(
    ("place", "words"), [(".", "the course itself"), ("notebooks", "inside"), ("data/class", "inside")]
)
def test_the_course_itself_is_not_written_to(place, words, capsys):
    assert handout.main([str(HERE / place), "--force"]) == 1
    assert words in capsys.readouterr().err
    assert not (HERE / "data/class").exists()


def test_a_file_is_no_folder(tmp_path, capsys):
    (tmp_path / "x").write_text("")
    assert handout.main([str(tmp_path / "x")]) == 1
    assert "is a file" in capsys.readouterr().err
    assert handout.main([str(tmp_path / "x" / "y")]) == 1
    assert "cannot be used" in capsys.readouterr().err


def test_a_damaged_page_is_named(tmp_path):
    copy = tmp_path / "course"
    for name in handout.FOLDERS:
        shutil.copytree(HERE / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in handout.FILES:
        shutil.copy(HERE / name, copy / name)
    (copy / "notebooks/04_micrograd.ipynb").write_text("{ not json")
    with pytest.raises(handout.HandoutError, match=r"04_micrograd\.ipynb is not a notebook"):
        handout.contents(copy)


def test_course_py_hands_the_folder_over_as_seen_from_where_one_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert course.handout(["class", "--solutions"])[1:] == [str(tmp_path / "class"), "--solutions"]
    assert course.handout([str(tmp_path)])[1:] == [str(tmp_path)]
