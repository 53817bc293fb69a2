"""The pages as slides: `course.py slides` starts them, keys turn them, widgets live in them, and they fit."""

from pathlib import Path

import pytest
from jupyterlab_page import PANEL, PATIENCE, SCREEN, drag, press, slider
from playwright.sync_api import expect

NOTEBOOKS = Path(__file__).resolve().parent.parent.parent / "notebooks"
PAGES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
PRESENTING = "body[data-jp-deck-mode='presenting'] .jp-Deck .jp-deck-mod-visible"
PRESENTED = "() => document.body.dataset.jpDeckMode === undefined"
ACTIVE = f"() => {PANEL}.content.activeCell.model.id"
IS_ACTIVE = f"id => {PANEL}.content.activeCell.model.id === id"
NEXT_FRAME = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
DEFER = f"""() => {{
  const notebook = {PANEL}.content;
  notebook.notebookConfig = {{...notebook.notebookConfig, windowingMode: 'defer'}};
}}"""
SLIDES = f"""async () => {{
  const cells = {PANEL}.content.widgets, slides = [];
  cells.forEach((cell, index) => {{
    const type = cell.model.getMetadata('slideshow')?.slide_type ?? null;
    if (index === 0 || type === 'slide' || type === 'subslide') slides.push([]);
    if (type !== 'skip' && type !== 'notes') slides.at(-1).push(cell);
  }});
  cells.forEach(cell => cell.addClass('jp-deck-mod-onscreen'));  // all at once: one layout for all slides
  const pictures = () => [...document.querySelectorAll('.jp-OutputArea-output img')];
  const loaded = () => pictures().every(img => img.complete);
  const heights = () => slides.map(slide => slide.reduce((sum, cell) => sum + cell.node.offsetHeight, 0));
  const frame = () => new Promise(requestAnimationFrame);
  for (let before = ''; !loaded() || before !== String(heights()); await frame()) {{
    before = String(heights());
    await frame();
  }}
  return heights().map((height, index) => [slides[index][0].model.id, height]);
}}"""


@pytest.fixture(scope="module")
def slides(start_server, open_window):
    """`course.py slides NN`, as it comes up in the browser."""

    def slides(number):
        window = open_window(start_server("slides", number))
        window.page.wait_for_selector(PRESENTING, timeout=3 * PATIENCE)
        return window

    return slides


@pytest.fixture
def deck(run_page):
    """deck(name) -> the page, run, as slides, as with the Deck button in its toolbar."""
    started = []

    def deck(name):
        window = run_page(name)
        window.show("title")  # the slides start at the active cell; the last one of a page is on no slide
        window.page.evaluate(DEFER)
        window.command("deck:start")
        window.page.wait_for_selector(PRESENTING, timeout=3 * PATIENCE)
        started.append(window)
        return window

    yield deck
    for window in started:
        window.command("deck:stop")
        window.page.wait_for_function(PRESENTED)


def test_slides_start_and_turn_with_keys(slides):
    window = slides("04")
    assert window.page.url.endswith("/tree/notebooks/04_micrograd.ipynb")
    assert window.page.evaluate(ACTIVE) == "title"
    expect(window.page.locator("#jp-menu-panel")).to_be_hidden()
    window.screenshot("slides-04-first")
    window.page.keyboard.press("ArrowRight")
    window.page.wait_for_function(IS_ACTIVE, arg="derivative-question")
    expect(window.page.locator(".jp-deck-mod-visible").first).to_contain_text("What is a derivative?")
    window.page.keyboard.press("ArrowLeft")
    window.page.wait_for_function(IS_ACTIVE, arg="title")
    window.page.keyboard.press("ArrowDown")
    window.page.wait_for_function(IS_ACTIVE, arg="objectives")
    window.page.keyboard.press("Home")
    window.page.wait_for_function(IS_ACTIVE, arg="title")


def test_shift_r_runs_the_page_and_its_widgets_live(slides):
    window = slides("00")
    window.page.keyboard.press("Shift+R")
    window.page.wait_for_function(f"id => !({IS_ACTIVE})(id)", arg="title")  # it runs, on the last slide
    window.page.wait_for_function(IS_ACTIVE, arg="title", timeout=6 * PATIENCE)
    widget = window.page.locator(".widget-slider")
    expect(widget).to_have_count(1)
    while not widget.is_visible():
        here = window.page.evaluate(ACTIVE)
        window.page.keyboard.press("Space")
        window.page.wait_for_function(f"id => !({IS_ACTIVE})(id)", arg=here)  # not on the last slide
        window.page.evaluate(NEXT_FRAME)
    handle, readout = slider(window.page.locator(".jp-deck-mod-visible", has=widget), "Move me")
    drag(handle, to=1.0)
    expect(readout).to_have_text("10")
    window.screenshot("slides-00-widget")


def test_the_stepper_works_in_its_slide(deck):
    window = deck("04_micrograd")
    cell = window.show("stepper-widget")
    expect(cell).to_be_visible()
    press(cell, "First")
    press(cell, "Next")
    expect(cell.get_by_role("status").last).to_contain_text("Step 1 of 10")
    window.screenshot("slides-04-stepper")


def test_a_digit_drawn_on_a_slide_leaves_the_keys_to_the_slides(deck):
    window = deck("05_pytorch")
    cell = window.show("pad-widget")
    press(cell, "Clear")
    box = cell.get_by_role("application", name="Draw a digit here").bounding_box()
    window.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.1 * box["height"])
    window.page.mouse.down()
    window.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.9 * box["height"], steps=8)
    window.page.mouse.up()
    expect(cell.get_by_role("status")).to_contain_text("Looks like 1")
    window.screenshot("slides-05-pad")
    window.page.keyboard.press("Space")
    window.page.wait_for_function(f"() => !({IS_ACTIVE})('pad-widget')")


@pytest.mark.parametrize("name", PAGES)
def test_no_slide_is_taller_than_the_screen(deck, name):
    heights = dict(deck(name).page.evaluate(SLIDES))
    assert len(heights) > 5 and min(heights.values()) > 20
    too_tall = {slide: height for slide, height in heights.items() if height > SCREEN["height"]}
    assert too_tall == {}


@pytest.mark.parametrize("name", PAGES)
def test_every_slide_type_is_one_that_the_slides_know(run_page, name):
    """nbconvert's "-" is not: such a cell is on no slide."""
    known = {None, "slide", "subslide", "fragment", "skip", "notes"}
    unknown = {
        cell["id"]: kind
        for cell in run_page(name).cells()
        if (kind := cell["metadata"].get("slideshow", {}).get("slide_type")) not in known
    }
    assert unknown == {}
