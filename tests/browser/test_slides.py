"""The pages as slides: `course.py slides` starts them, keys turn them, widgets live in them, and they fit."""

from pathlib import Path

import nbformat
import pytest
import slide_rules
from jupyterlab_page import PANEL, PATIENCE, SCREEN, drag, press, slider
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import expect

NOTEBOOKS = Path(__file__).resolve().parent.parent.parent / "notebooks"
PAGES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
SECOND_EDITION = [name for name in PAGES if slide_rules.is_second_edition(NOTEBOOKS / f"{name}.ipynb")]
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
    sheet = window.page.locator("style.jp-fonts-mod-global").text_content()
    assert slide_rules.TAG in sheet, "the style sheet is there too, beside the settings of the show"
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


def test_the_words_of_a_picture_stand_on_the_page_and_not_on_its_slide(deck):
    cell = deck("04_micrograd").show("forward-graph")
    expect(cell.locator("img")).to_be_visible()
    expect(cell.locator("details.picture-in-words")).to_be_hidden()


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


# -- the rules for slides, on a page made for them and on every second-edition page ----------------

KERNEL = {"name": "python3", "language": "python", "display_name": "Python 3 (ipykernel)"}
IMPORTS = """import ipywidgets
from IPython.display import HTML
from matplotlib import pyplot as plt

from micrograd_lite import Value
from micrograd_lite.exercises import check
from micrograd_lite.graph import draw
from micrograd_lite.quiz import show_warm_up"""
STEPS = """w, rate = 0.0, 0.1
for step in range(5):
    slope = 2 * (w - 1)
    w = w - rate * slope
    print(f"step {step}: w = {w:.4f}, slope {slope:.3f}")"""
WIDGET = """rate = ipywidgets.FloatSlider(description="rate", max=1)
shape = ipywidgets.Dropdown(options=["bowl", "valley"])
again = ipywidgets.Button(description="Again")
said = ipywidgets.HTML('<div role="status">5 steps</div>')
ipywidgets.VBox([ipywidgets.HBox([rate, shape, again]), said])"""
SOUND = (  # twenty slides of every kind, as (cell's id, slide type, source)
    ("title", "slide", "# Loss and gradient descent\n\n*Learning is walking downhill*"),
    ("imports-code", "skip", IMPORTS),
    ("warm-up", "slide", "## Do you remember?"),
    ("warm-up-code", None, 'show_warm_up("backward", number=1)'),
    ("question", "slide", "## Which way is down?\n\n*You stand at `w = 0`. Left or right, and how far?*"),
    ("picture-code", "fragment", "_ = plt.plot([(w - 10) ** 2 for w in range(21)])"),
    ("prose", "skip", "What the slope at your feet says. " * 20),
    ("steps", "slide", "## Five steps\n\nWatch how they get shorter."),
    ("steps-code", None, STEPS),
    ("minutes", "notes", "Minute 12: most say right, all the way. " * 10),
    ("number-code", "subslide", "w"),
    ("formula", "slide", "## The rule\n\n$$w \\leftarrow w - \\eta\\,\\frac{dL}{dw}$$\n\nwith $\\eta = 0.1$"),
    ("table", "slide", "## Rates\n\n| rate | steps |\n|---|---|\n| 0.01 | `200` |\n| $\\eta$ | few |"),
    ("graph", "slide", "## The graph"),
    ("graph-code", None, 'draw(Value(2.0, label="a") * Value(3.0, label="b"))'),
    ("verdict", "slide", "## A check"),
    ("verdict-code", None, '_ = check("neuron-gate", 3)'),
    ("widget", "slide", "## Move it"),
    ("widget-code", None, WIDGET),
    *((f"question-{n}", "slide", f"## Question {n}\n\n1. *more*\n2. *less*") for n in range(2, 12)),
)
PLANTED = {  # a fault in seven of them: what is added to a cell, and what is found on its slide
    "question-2": ("\n\n" + "word " * 43, "question-2: 46 words: a slide has at most 45"),
    "formula": ("\n\n$$\\eta > 0$$", "formula: 2 formulas: a slide has at most one"),
    "steps-code": ("\nprint(w)" * 4, "steps: 9 lines of code: a slide has at most 8"),
    "number-code": (
        "\nHTML('<p style=\"font-size: 14px\">small print</p>')",
        "number-code: 'small print' is 14 pixels high: it needs 24",
    ),
    "verdict-code": (
        "\nHTML('<pre style=\"font-size: 12px\">1.0</pre>')",
        "verdict: '1.0' is 12 pixels high: it needs 20",
    ),
    "graph-code": ("\nprint('line after line\\n' * 30)", "graph: too high: "),
    "widget-code": ("\nipywidgets.Box(layout={'width': '1500px'})", "widget: wider than the screen"),
}


@pytest.fixture
def made(lab_server, deck):
    """made(name, {cell's id: what is added to its source}) -> the SOUND page with this, run, as slides."""

    def made(name, additions):
        page = new_notebook(metadata={"kernelspec": KERNEL})
        for cell_id, kind, source in SOUND:
            new = new_code_cell if cell_id.endswith("-code") else new_markdown_cell
            tags = [slide_rules.TAG] if cell_id == "title" else []
            metadata = {"slideshow": {"slide_type": kind}, "tags": tags}
            page.cells.append(new(source + additions.get(cell_id, ""), id=cell_id, metadata=metadata))
        nbformat.write(page, Path(lab_server["root_dir"], "notebooks", f"{name}.ipynb"))
        return deck(name)

    return made


@pytest.mark.parametrize("name", ["made-sound", *SECOND_EDITION])
def test_the_slides_of_a_second_edition_page_keep_the_rules(made, deck, name):
    window = made(name, {}) if name == "made-sound" else deck(name)
    slides = slide_rules.measure(window, screenshots=f"slides-{name}")
    assert list(slide_rules.faults(slides)) == []


def test_each_planted_fault_of_a_slide_is_found_and_no_other(made):
    window = made("made-faulty", {name: added for name, (added, _) in PLANTED.items()})
    found = list(slide_rules.faults(slide_rules.measure(window)))
    expected = [words for _, words in PLANTED.values()]
    assert len(found) == len(expected), found
    assert all(any(fault.startswith(words) for fault in found) for words in expected), found


def test_the_style_sheet_is_for_the_show_alone(made):
    window = made("made-small", {})
    size = "() => getComputedStyle(document.querySelector('.jp-RenderedMarkdown h1')).fontSize"
    assert float(window.page.evaluate(size).removesuffix("px")) >= slide_rules.TITLE_PIXELS
    window.command("deck:stop")
    window.page.wait_for_function(PRESENTED)
    assert float(window.page.evaluate(size).removesuffix("px")) < 32


def slide(name, **changes):
    """A slide as `measure` returns it, without faults."""
    fields = {"id": name, "height": 400, "wide": False, "words": 9, "texts": [], "formulas": 0, "lines": 0}
    return {**fields, "heading": 0, **changes}


@pytest.mark.parametrize(
    ("first", "others", "found"),
    [
        (slide("title", heading=72), 19, []),
        (slide("title", heading=72), 27, []),
        (slide("title", heading=72), 18, ["19 slides: a page has 20 to 28"]),
        (slide("title", heading=72), 28, ["29 slides: a page has 20 to 28"]),
        (slide("hook", heading=72), 19, ["hook: the first slide is no title slide"]),
        (slide("title", heading=40), 19, ["title: the first slide is no title slide"]),
        (slide("title", heading=72, lines=2), 19, ["title: the first slide is no title slide"]),
    ],
)
def test_a_show_has_a_title_slide_and_20_to_28_slides(first, others, found):
    assert list(slide_rules.faults([first, *(slide("question") for _ in range(others))])) == found
