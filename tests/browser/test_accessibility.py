"""Every page for everybody: what axe-core finds, what a screen reader is told, what keys alone can do.

What axe-core finds and only JupyterLab could mend is listed here by rule and place, and nothing else may be
found. A page is walked by Tab from top to bottom; each control on the way is used with its keys.
"""

import re
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from jupyterlab_page import PATIENCE, SCREEN, pages_of
from test_pages import PAGES

EDITORS = ".cm-editor"  # all of it is JupyterLab's; aria-input-field-name: an editor has no name
JUPYTERLABS_OWN = {  # rule: where
    "aria-required-children": ".jp-WindowedPanel-viewport",  # the feed of cells
    "button-name": ".jp-collapseHeadingButton",
    "empty-table-header": "th:has(mjx-container)",  # a formula has no words
    # Its renderer drops alternatives: they stand below the picture, folded.
    "image-alt": ":is(.jp-RenderedImage, .jp-RenderedSVG) > img",
    "scrollable-region-focusable": ".jp-OutputArea-output",  # browsers let Tab get there all the same
}
AXE = """async ([own, editors]) => {
  const where = {include: ['.jp-Notebook'], exclude: [editors]};
  const {violations} = await axe.run(where, {resultTypes: ['violations']});
  const place = node => node.closest('.jp-Cell')?.dataset.windowedListIndex ?? '';
  return violations.flatMap(({id, nodes}) => nodes
    .map(({target, html}) => [document.querySelector(target[0]), html])
    .filter(([node]) => !(own[id] && node.matches(own[id])))
    .map(([node, html]) => `${id} in cell ${place(node)}: ${html.slice(0, 150)}`));
}"""
SHOWS_ALL = """count => document.querySelectorAll('.jp-Notebook .jp-Cell').length === count
  && [...document.querySelectorAll('.jp-MarkdownCell')]
    .every(cell => cell.querySelector('.jp-RenderedMarkdown'))"""
CONTROLS = ":is(button, select, input, canvas[tabindex], .noUi-handle):not(:disabled, [aria-disabled=true])"
# The controls of widgets and quizzes, and those of them that Tab did not reach. Radio buttons share one stop.
FIND_CONTROLS = f"""() => window.controls = [...document.querySelectorAll('.jp-OutputArea-output {CONTROLS}')]
  .filter(node => node.getClientRects().length && node.type !== 'radio' && !node.closest('[disabled]'))"""
NOT_REACHED = """() => window.controls.filter(node => node.isConnected && !node.reached)
  .map(node => [node.closest('.jp-Cell').dataset.windowedListIndex, node.outerHTML.slice(0, 150)])"""
NOT_ANSWERED = """() => [...document.querySelectorAll('div.Quiz')]
  .filter(question => !/\\b(in)?correct\\b/.test(question.querySelector('.Feedback').className))
  .map(question => question.textContent.slice(0, 80))"""
# What has the focus: null outside of the page, no kind if it is no control of ours.
FOCUSED = """() => {
  const node = window.focused = document.activeElement;
  if (!node.closest('.jp-Notebook')) return null;
  const ours = node.closest('.jp-OutputArea-output :is(.jupyter-widgets, .micrograd-lite-pad, .Quiz)');
  if (!ours || node.closest('[disabled]')) return {kind: null};
  node.reached = true;
  const slides = node.classList.contains('noUi-handle');
  const now = node.getAttribute('aria-valuenow'), last = node.getAttribute('aria-valuemax');
  const kind = slides ? 'slider' : node.isContentEditable ? 'readout' : node.type ?? node.tagName;
  return {
    kind: node.closest('.Quiz') ? 'quiz ' + kind : kind,
    atEnd: slides ? now === last : node.selectedIndex === node.length - 1,
    options: node.closest('.Answer')?.querySelectorAll('input').length,
  };
}"""
VALUE = """() => window.focused.getAttribute('aria-valuetext')
  ?? (focused.type === 'checkbox' ? focused.checked : String(focused.value))"""
TO_THE_TOP = """() => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.mode = 'command';
  notebook.activeCellIndex = 0;
  notebook.activeCell.node.focus();
}"""
MOST_STOPS = 1000


@pytest.fixture(scope="module")
def run_own(open_window, start_server):
    """Pages of this module alone: its walk moves every widget, and other tests count on how they start."""
    return pages_of(start_server("lab"), open_window)


@pytest.fixture
def page(run_own):
    """page(name) -> the page after Run All, when JupyterLab has put all of it on the screen."""

    def page(name):
        window = run_own(name)
        window.page.wait_for_function(SHOWS_ALL, arg=len(window.cells()), timeout=3 * PATIENCE)
        return window

    return page


def headings_of(window):
    """The headings in the page's text."""
    texts = [cell["source"] for cell in window.cells() if cell["cell_type"] == "markdown"]
    texts = [re.sub(r"```.*?```", "", text, flags=re.S) for text in texts]
    return sum(len(re.findall(r"^#{1,6} ", text, re.M)) for text in texts)


def headings_heard(window):
    """The headings that a screen reader gets."""
    session = window.context.new_cdp_session(window.page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    return sum(not node["ignored"] and node["role"]["value"] == "heading" for node in nodes)


def found(window):
    """What axe-core finds in the page that is not JupyterLab's own."""
    window.page.evaluate(AXE_SCRIPT)
    return window.page.evaluate(AXE, [JUPYTERLABS_OWN, EDITORS])


@pytest.mark.parametrize("name", PAGES)
def test_a_screen_reader_gets_every_heading(page, name):
    window = page(name)
    assert headings_heard(window) == headings_of(window) > 0


# -- keys alone

KEYS = {  # kind of control: its keys
    "slider": ["x", "ArrowRight"],  # x: to JupyterLab, cut this cell
    "select-one": ["ArrowDown"],
    "number": ["ArrowUp"],
    "checkbox": ["Space"],
    "submit": ["x", "Enter"],  # what a button is, where nobody said what kind
    "button": ["x", "Enter"],
    "text": ["1", "Enter"],
    "readout": [],  # the slider beside it does the same
    "DIV": [],  # a picture that is too large: arrow keys scroll it
    "CANVAS": ["Space", *["ArrowDown"] * 5, "Space"],
    "quiz text": ["1", "Enter"],
    "quiz checkbox": ["Space"],
}
BACK = {"ArrowRight": "ArrowLeft", "ArrowDown": "ArrowUp"}
MOVES = ("slider", "select-one", "number", "checkbox")  # it has another value after that


def use(window, stop):
    """Use the control that has the focus with its keys. -> what is wrong with it, or None"""
    kind = stop["kind"]
    keys = ["Space", "ArrowDown"] * stop["options"] if kind == "quiz radio" else KEYS[kind]
    if stop["atEnd"]:
        keys = [BACK.get(key, key) for key in keys] if kind in MOVES else keys
    before = window.page.evaluate(VALUE)
    for key in keys:
        window.page.keyboard.press(key)
    if kind in (*MOVES, "CANVAS") and not window.page.evaluate("document.activeElement === focused"):
        return f"a {kind} lost the focus by {keys}"
    if kind in MOVES and window.page.evaluate(VALUE) == before:
        return f"a {kind} stays at {before} after {keys}"
    return None


def walk(window):
    """Go through the page by Tab and use each control. -> what went wrong"""
    window.page.evaluate(TO_THE_TOP)
    faults = []
    for _ in range(MOST_STOPS):
        window.page.keyboard.press("Tab")
        stop = window.page.evaluate(FOCUSED)
        if stop is None:
            return faults
        if stop["kind"] and (fault := use(window, stop)):
            faults.append(fault)
    raise AssertionError(f"the page does not end after {MOST_STOPS} stops")


@pytest.mark.parametrize("name", PAGES)
def test_keys_alone_move_every_widget_and_answer_every_quiz(page, name):
    window = page(name)
    before = [(cell["id"], cell["cell_type"]) for cell in window.cells()]
    window.page.evaluate(f"({FIND_CONTROLS})().length")
    assert walk(window) == []
    assert window.page.evaluate(NOT_REACHED) == []
    assert window.page.evaluate(NOT_ANSWERED) == []
    assert [(cell["id"], cell["cell_type"]) for cell in window.cells()] == before
    window.wait_until_idle()


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_of_ours_in_a_page_in_use(page, name):
    assert found(page(name)) == []


THEME_IS = """name => document.body.dataset.jpThemeName === name
  && getComputedStyle(document.body).getPropertyValue('--jp-layout-color0') !== ''"""
CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")


def choose_theme(window, name):
    window.command("apputils:change-theme", theme=name)
    window.page.wait_for_function(THEME_IS, arg=name)


@pytest.mark.parametrize("name", PAGES)
def test_all_letters_can_be_read_in_both_themes(page, name):
    window = page(name)
    assert window.left_of(CONTRAST) == []
    choose_theme(window, "JupyterLab Dark")
    try:
        assert window.left_of(CONTRAST) == []
    finally:
        choose_theme(window, "JupyterLab Light")


PLANTED = {  # rule: what breaks it
    "label": '<input type="text">',
    "empty-table-header": "<table><tr><th></th></tr><tr><td>1</td></tr></table>",
    "image-alt": '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">',
    "select-name": "<select><option>1</option></select>",
}
PLANT = """html => {
  const planted = document.createElement('div');
  planted.innerHTML = html;
  document.querySelector('.jp-RenderedMarkdown').append(planted);
  planted.className = 'planted';
}"""


def test_what_is_planted_is_found(page):
    window = page("00_start_here")
    window.page.evaluate(PLANT, "".join(PLANTED.values()))
    try:
        assert {fault.split()[0] for fault in found(window)} == set(PLANTED)
        window.page.evaluate(PLANT, '<p style="color: #777; background: #eee">pale</p>')
        assert [fault.split(": ")[-1] for fault in window.page.evaluate(CONTRAST)] == ["pale"]
    finally:
        window.page.evaluate("document.querySelectorAll('.planted').forEach(node => node.remove())")


# -- narrow windows

NARROW = ({"width": 800, "height": 720}, {"width": 640, "height": 360})  # 640: 1280 pixels at 200 %
TOO_WIDE = """() => {
  const shown = node => node.getClientRects().length > 0;
  const ours = '.jp-OutputArea-output :is(.micrograd-lite-panel, .micrograd-lite-pad, div.Quiz)';
  const inside = [...document.querySelectorAll(`${ours}, ${ours} :is(div, button, ul, label)`)].filter(shown);
  const mayScroll = '.micrograd-lite-picture > .widget-html-content, .slider-container, .widget-label';
  return inside.filter(node => node.scrollWidth > node.clientWidth + 2 && node.clientWidth > 0)
    .filter(node => !node.closest(mayScroll))
    .map(node => `${node.closest('.jp-Cell').dataset.windowedListIndex}: ${node.scrollWidth} in `
      + `${node.clientWidth}: ${node.outerHTML.slice(0, 150)}`);
}"""


@pytest.mark.parametrize("size", NARROW, ids=lambda size: str(size["width"]))
@pytest.mark.parametrize("name", PAGES)
def test_in_a_narrow_window_only_pictures_scroll(page, name, size):
    window = page(name)
    window.page.set_viewport_size(size)
    try:
        assert window.left_of(TOO_WIDE) == []
        window.screenshot(f"narrow-{size['width']}-{name}")
    finally:
        window.page.set_viewport_size(SCREEN)
