"""The shape of every page: what makes it comparable, linkable and the same on every machine.

What the cells compute is compared by nbval (see conftest.py). Here `problems` reads a page and says what is
wrong with it; the tests below the first two plant each fault in a sound page and see that it is found.
"""

import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
PAGES = sorted(NOTEBOOKS.glob("*.ipynb"))
CHAPTERS = (
    "00_start_here", "01_neuron", "02_activations", "03_forward_backward", "04_micrograd", "05_pytorch",
    "06_dropout_batchnorm",
)  # fmt: skip
MOST_BYTES = 1_000_000  # GitHub shows a larger page as raw text

WORD_ID = re.compile(r"[a-z][a-z0-9-]*")
RANDOM_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){0,3}(-[0-9a-f]{12})?")  # what JupyterLab gives a new cell
DIFFERS_ELSEWHERE = {
    "a memory address": re.compile(r"\b0x[0-9a-fA-F]{6,}"),
    "a path of this machine": re.compile(r"(?<![\w.])/(?:home|root|tmp|Users|work|usr|opt|var)/|\b[A-Z]:\\"),
    "a device name": re.compile(r"\bcuda:\d"),
    "a warning": re.compile(r"\b\w*Warning\b:"),
}
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\([^)]+\)")
SAYS_NOTHING = re.compile(r"(?i)(see )?(below|above|here|this|this page|link|\d+)\.?")
TEXT_FORMS = ("text/plain", "text/html", "text/markdown", "image/svg+xml")


def tags(cell):
    return set(cell.metadata.get("tags", []))


def said(output):
    """Everything an output shows as text."""
    data = output.get("data", {})
    return "\n".join(
        [output.get("text", ""), output.get("evalue", ""), *(data.get(form, "") for form in TEXT_FORMS)]
    )


def problems(notebook):
    """What is wrong with the page, a line each, with the cell's id."""
    found = problems_of_page(notebook), problems_of_ids(notebook), problems_of_cells(notebook)
    return [*(problem for some in found for problem in some), *problems_of_links(notebook)]


def problems_of_links(notebook):
    """A screen reader can list the links of a page: each says where it leads."""
    for cell in notebook.cells:
        for text in LINK.findall(cell.source) if cell.cell_type == "markdown" else ():
            if SAYS_NOTHING.fullmatch(text.strip()):
                yield f"{cell.id}: the link {text!r} does not say where it leads"


def problems_of_page(notebook):
    metadata = notebook.metadata
    if metadata.get("kernelspec", {}).get("name") != "python3":
        yield "its kernel is not python3"
    if "widgets" in metadata:
        yield "it stores the state of widgets"
    if "version" in metadata.get("language_info", {}):
        yield "it stores the Python version"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        yield f"its code cells are not numbered 1 to {len(code)} in order"


def problems_of_ids(notebook):
    seen = set()
    for cell in notebook.cells:
        if not WORD_ID.fullmatch(cell.id) or RANDOM_ID.fullmatch(cell.id):
            yield f"{cell.id}: the id is not words (a-z, 0-9 and -, a letter first)"
        if cell.id in seen:
            yield f"{cell.id}: two cells have this id"
        seen.add(cell.id)


def problems_of_cells(notebook):
    cells = notebook.cells
    for before, cell, after in zip([None, *cells], cells, [*cells[1:], None], strict=False):
        if cell.cell_type != "code":
            continue
        if not any(
            near and near.cell_type == "markdown" for near in (before, after)
        ) and "solution" not in tags(cell):
            yield f"{cell.id}: no markdown before or after it"
        if "nbval-skip" in tags(cell) or "NBVAL_SKIP" in cell.source:
            yield f"{cell.id}: nbval-skip, so nothing checks it"
        for output in cell.outputs:
            yield from (f"{cell.id}: {what}" for what in problems_of_output(cell, output))


def problems_of_output(cell, output):
    if output.output_type == "error" and "raises-exception" not in tags(cell):
        yield "the stored output is an error, and the cell is not tagged raises-exception"
    if output.get("name") == "stderr":
        yield f"it writes to stderr: {output.text.strip()[:80]!r}"
    if "application/vnd.jupyter.widget-view+json" in output.get("data", {}):
        yield "the stored output is a widget, empty without a kernel (refresh the page)"
    for what, pattern in DIFFERS_ELSEWHERE.items():
        if match := pattern.search(said(output)):
            yield f"the stored output has {what}: {match.group()!r}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_page_is_sound(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert problems(notebook) == []
    assert path.stat().st_size < MOST_BYTES


def test_the_pages_are_the_courses_chapters():
    assert [path.stem for path in PAGES] == list(CHAPTERS)
    assert not list(NOTEBOOKS.glob("*.new")), "a refresh was cut off"


def sound_page():
    """A small page with nothing wrong with it."""
    outputs = [new_output("execute_result", {"text/plain": "6.0"}, execution_count=1)]
    page = new_notebook(
        cells=[
            new_markdown_cell("How steep is it?", id="question"),
            new_code_cell("slope(3.0)", id="slope-at-3", execution_count=1, outputs=outputs),
        ]
    )
    page.metadata.kernelspec = {
        "name": "python3",
        "language": "python",
        "display_name": "Python 3 (ipykernel)",
    }
    return page


def test_a_sound_page_has_no_problems():
    assert problems(sound_page()) == []


def with_output(**fields):
    def plant(page):
        page.cells[1].outputs = [new_output(**fields)]

    return plant


def printing(text):
    return with_output(output_type="stream", name="stdout", text=text)


def changed(**fields):
    return lambda page: page.cells[1].update(fields)


FAULTS = {
    "kernel": (lambda page: page.metadata.kernelspec.update(name="conda-base"), "kernel is not python3"),
    "widget state": (lambda page: page.metadata.update(widgets={}), "state of widgets"),
    "python version": (
        lambda page: page.metadata.update(language_info={"version": "3.11.7"}),
        "Python version",
    ),
    "not executed": (changed(execution_count=None), "not numbered 1 to 1"),
    "wrong order": (changed(execution_count=7), "not numbered 1 to 1"),
    "random id": (changed(id="deadbeef"), "deadbeef: the id is not words"),
    "capital in id": (changed(id="Slope"), "Slope: the id is not words"),
    "link": (
        lambda page: page.cells[0].update(source="As you see [below](#x)."),
        "question: the link 'below' does not say where it leads",
    ),
    "same id": (changed(id="question"), "question: two cells have this id"),
    "no neighbour": (lambda page: page.cells.pop(0), "slope-at-3: no markdown"),
    "skip tag": (lambda page: page.cells[1].metadata.update(tags=["nbval-skip"]), "nbval-skip"),
    "skip comment": (changed(source="# NBVAL_SKIP\nslope(3.0)"), "nbval-skip"),
    "error": (
        with_output(output_type="error", ename="NameError", evalue="slope", traceback=[]),
        "is an error",
    ),
    "stderr": (
        with_output(output_type="stream", name="stderr", text="careful"),
        "writes to stderr: 'careful'",
    ),
    "widget": (
        with_output(output_type="display_data", data={"application/vnd.jupyter.widget-view+json": {}}),
        "is a widget",
    ),
    "address": (printing("<Value object at 0x7f2a10b3c9d0>"), "a memory address"),
    "unix path": (printing("read /home/ada/course/data/iris.csv"), "a path of this machine"),
    "windows path": (printing(r"read C:\course\iris.csv"), "a path of this machine"),
    "device": (printing("device='cuda:0'"), "a device name"),
    "warning": (printing("RuntimeWarning: overflow in exp"), "a warning"),
    "path in html": (
        with_output(output_type="display_data", data={"text/html": "<p>/root/iris.csv</p>"}),
        "a path of this machine",
    ),
}


@pytest.mark.parametrize(("plant", "found"), FAULTS.values(), ids=FAULTS.keys())
def test_a_planted_fault_is_found(plant, found):
    page = sound_page()
    plant(page)
    assert any(found in problem for problem in problems(page)), problems(page)


def test_a_solution_may_stand_without_markdown_and_an_expected_error_may_be_stored():
    page = sound_page()
    page.cells.pop(0)
    page.cells[0].metadata.tags = ["solution", "raises-exception"]
    page.cells[0].outputs = [new_output("error", ename="ValueError", evalue="expected", traceback=[])]
    assert problems(page) == []
