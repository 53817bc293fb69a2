"""conftest.py runs every cell of a page twice: here it runs a page made for it, in a pytest of its own."""

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

HERE = Path(__file__).resolve().parent.parent


def load_conftest():
    spec = importlib.util.spec_from_file_location("conftest_of_the_pages", HERE / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pages = load_conftest()

# Named as a page whose known faults are listed. Cell's id, source, what is stored as shown.
NAME = "04_micrograd"
CELLS = (
    ("start", "total, model, left = 0, [], 'x'\na = b = c = d = e = 0", None),
    ("same", "total = 1\ntotal", "1"),
    ("other", "total += 1\ntotal", "2"),
    ("fails", "del left", None),
    ("answer-solution", "answer = 42\nanswer", "42"),
    ("needs-no-answer", "'answer' in globals()", "False"),
    ("naive-order-run", "a", "0"),  # listed, and can be run twice
    ("training-loop", "model.append(1)\nlen(model)", "1"),  # listed, and shows another length
    ("after", "len(model)", "1"),
    ("changed", "total", "7"),
)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """What became of each cell of the page, by its id: None, or what was said of it."""
    folder = tmp_path_factory.mktemp("pages")
    shutil.copy(HERE / "conftest.py", folder)
    page = new_notebook()
    for number, (cell_id, source, shown) in enumerate(CELLS, 1):
        cell = new_code_cell(source, id=cell_id, execution_count=number)
        cell.metadata.tags = ["solution"] if cell_id.endswith("-solution") else []
        if shown:
            cell.outputs = [new_output("execute_result", {"text/plain": shown}, execution_count=number)]
        page.cells.append(cell)
    nbformat.write(page, folder / f"{NAME}.ipynb")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval",
        "--nbval-current-env",
        "--color=no",
        "-v",
        "-p",
        "no:xdist",
    ]
    result = subprocess.run(
        [*command, "-p", "no:cacheprovider", "."], cwd=folder, capture_output=True, text=True
    )
    ran = re.findall(r"::Cell (\d+) (PASSED|FAILED)", result.stdout)
    said = dict(re.findall(r"^Cell (\d+): (.*)$", result.stdout, re.MULTILINE))
    assert len(ran) == len(CELLS), result.stdout + result.stderr
    return {CELLS[int(n)][0]: None if outcome == "PASSED" else said[n] for n, outcome in ran}


def test_a_cell_that_shows_the_same_twice_passes(outcomes):
    assert outcomes["start"] is None and outcomes["same"] is None


def test_a_cell_that_shows_something_else_the_second_time_fails(outcomes):
    assert outcomes["other"] == "Run a second time in a row: Cell outputs differ"


def test_a_cell_that_cannot_be_run_again_fails(outcomes):
    assert outcomes["fails"] == "Run a second time in a row: Cell execution caused an exception"


def test_a_cell_that_does_not_show_what_is_stored_fails_at_once(outcomes):
    assert outcomes["changed"] == "Cell outputs differ"


def test_solutions_come_last(outcomes):
    assert list(outcomes)[-1] == "answer-solution" and outcomes["answer-solution"] is None
    assert outcomes["needs-no-answer"] is None


def test_a_known_fault_passes_and_spoils_nothing(outcomes):
    assert outcomes["training-loop"] is None and outcomes["after"] is None


def test_a_known_fault_that_is_mended_fails_until_it_is_off_the_list(outcomes):
    assert outcomes["naive-order-run"].startswith("Can be run twice now: take it off NOT_TWICE")


@pytest.mark.parametrize(
    ("config", "order"),
    [
        (SimpleNamespace(workerinput={}), ["page.ipynb", "many.py", "many.py", "one.py"]),
        (SimpleNamespace(), ["one.py", "many.py", "many.py", "page.ipynb"]),
    ],
    ids=["one of several processes", "alone"],
)
def test_what_takes_long_starts_early_where_processes_share_the_work(config, order):
    names = ("one.py", "many.py", "many.py", "page.ipynb")
    items = [SimpleNamespace(path=Path(name)) for name in names]
    pages.pytest_collection_modifyitems(config, items)
    assert [item.path.name for item in items] == order


def test_the_lists_of_known_faults_name_cells_of_first_edition_pages():
    for listed in (pages.NOT_TWICE, pages.PUT_BACK):
        for name, cells in listed.items():
            page = nbformat.read(HERE / "notebooks" / f"{name}.ipynb", as_version=4)
            assert set(cells) <= {cell.id for cell in page.cells}
            assert "edition-2" not in page.cells[0].metadata.get("tags", [])
