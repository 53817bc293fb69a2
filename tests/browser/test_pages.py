"""Every page in JupyterLab: it opens, Run All goes through, and all that it shows is there to be seen."""

from pathlib import Path

import pytest
from jupyterlab_page import drag, slider
from playwright.sync_api import expect

NOTEBOOKS = Path(__file__).resolve().parent.parent.parent / "notebooks"
PAGES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
WIDGET = "application/vnd.jupyter.widget-view+json"

PICTURES_NOT_SHOWN = """() => [...document.querySelectorAll('.jp-OutputArea-output img')]
  .filter(img => !img.complete || img.naturalWidth === 0)
  .map(img => img.closest('.jp-Cell').dataset.windowedListIndex)"""
FORMULAS_NOT_SET = r"""() => {
  const bad = [...document.querySelectorAll('.jp-RenderedMarkdown mjx-merror')].map(e => e.title);
  for (const text of document.querySelectorAll('.jp-RenderedMarkdown')) {
    const copy = text.cloneNode(true);
    copy.querySelectorAll('code, mjx-container').forEach(e => e.remove());
    bad.push(...(copy.textContent.match(/\$[^$\n]+\$/g) ?? []));
  }
  return bad;
}"""


def test_the_start_page_opens_by_itself_and_nothing_else(open_window, start_server):
    window = open_window(start_server("lab"))  # of its own: a server remembers what was open
    assert window.page.url.endswith("/lab/tree/notebooks/00_start_here.ipynb")
    tabs = "() => [...window.jupyterapp.shell.widgets('main')].map(widget => widget.title.label)"
    assert window.page.evaluate(tabs) == ["00_start_here.ipynb"]
    expect(window.page.locator(".jp-Dialog")).to_have_count(0)
    expect(window.page.locator(".Toastify__toast")).to_have_count(0)
    window.screenshot("start")
    window.close()  # a kernel's widgets belong to one window


@pytest.mark.parametrize("name", PAGES)
def test_run_all(run_page, name):
    window = run_page(name)
    code = [cell for cell in window.cells() if cell["cell_type"] == "code"]
    errors = {
        cell["id"]: output["evalue"]
        for cell in code
        for output in cell["outputs"]
        if output["output_type"] == "error" and "raises-exception" not in cell["metadata"].get("tags", [])
    }
    assert errors == {}
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    window.screenshots_of_all(name)


@pytest.mark.parametrize("name", PAGES)
def test_every_widget_picture_and_formula_is_shown(run_page, name):
    window = run_page(name)
    for cell in window.cells():
        if any(WIDGET in output.get("data", {}) for output in cell.get("outputs", [])):
            widget = ":is(.jupyter-widgets, canvas.pad-canvas)"  # ipywidgets', and the pad, which is none
            shown = window.show(cell["id"]).locator(f".jp-OutputArea-output {widget}")
            expect(shown.first).to_be_visible()
    assert window.left_of(PICTURES_NOT_SHOWN) == []
    assert window.left_of(FORMULAS_NOT_SET) == []


@pytest.mark.parametrize("name", PAGES)
def test_no_text_is_wider_than_the_screen(run_page, name):
    """Text, tables and printed lines at 1280 pixels, beside the file browser. A large graph may scroll."""
    window = run_page(name)
    wide = """() => [...document.querySelectorAll('.jp-OutputArea-output, .jp-RenderedMarkdown')]
      .filter(node => node.scrollWidth > node.clientWidth + 2 && !node.querySelector('svg, img'))
      .map(node => [node.closest('.jp-Cell'), node.scrollWidth, node.clientWidth])
      .map(([cell, has, fits]) => [cell.dataset.windowedListIndex, has, fits])"""
    cells = window.cells()
    found = {cells[int(index)]["id"]: f"{has} > {fits}" for index, has, fits in window.left_of(wide)}
    assert found == {}


def test_the_slider_of_the_start_page_moves(run_page):
    cell = run_page("00_start_here").show("check-widget")
    handle, readout = slider(cell, "Move me")
    expect(readout).to_have_text("3")
    drag(handle, to=1.0)
    expect(readout).to_have_text("10")
    handle.press("ArrowLeft")
    expect(readout).to_have_text("9")


def test_the_graph_of_the_start_page_is_drawn(run_page):
    cell = run_page("00_start_here").show("taste-code")
    picture = cell.locator(".jp-RenderedSVG img, .jp-RenderedSVG svg")
    expect(picture).to_be_visible()
    box = picture.bounding_box()
    assert box["width"] > 300 and box["height"] > 80
