"""The rules for slides (a second-edition page), as a browser sees them: `measure` a show, name its `faults`.

A page is second edition when its first cell, `title`, has the tag `edition-2`. The style sheet for the show
in tools/jupyterlab.json asks for the same tag.
"""

import nbformat
from jupyterlab_page import PANEL, SCREEN

TAG = "edition-2"
FEWEST_SLIDES, MOST_SLIDES = 20, 28
MOST_WORDS = 45
MOST_LINES = 8  # of code
TEXT_PIXELS, CODE_PIXELS, TITLE_PIXELS = 24, 20, 48

# What is on a slide: its cells up to its last fragment.
SLIDES = f"""() => {{
  const slides = [];
  {PANEL}.content.widgets.forEach((cell, index) => {{
    const type = cell.model.getMetadata('slideshow')?.slide_type ?? null;
    if (index === 0 || type === 'slide' || type === 'subslide') slides.push([]);
    if (type !== 'skip' && type !== 'notes') slides.at(-1).push(index);
  }});
  return slides.filter(slide => slide.length);
}}"""

SHOW_LAST_FRAGMENT = f"""async index => {{
  const notebook = {PANEL}.content;
  notebook.activeCellIndex = index;
  await Promise.all(notebook.widgets.map(cell => cell.ready));
  const cells = () => [...notebook.node.querySelectorAll('.jp-Cell.jp-deck-mod-visible')];
  const heights = () => String(cells().map(cell => cell.offsetHeight));
  const loaded = () => cells().every(cell => [...cell.querySelectorAll('img')].every(img => img.complete));
  const frame = () => new Promise(requestAnimationFrame);
  for (let before = ''; !loaded() || before !== heights(); await frame()) {{
    before = heights();
    await frame();
  }}
}}"""

# Sizes are computed ones. A formula counts with its own size, not with that of its exponents; words inside
# pictures are the picture's.
MEASURE = f"""() => {{
  const cells = [...{PANEL}.content.node.querySelectorAll('.jp-Cell.jp-deck-mod-visible')];
  const models = {PANEL}.content.widgets.filter(cell => cells.includes(cell.node));
  const CODE = '.cm-editor, pre, code';
  const NO_TEXT = 'svg, canvas, style, script, mjx-container, sub, sup, .jp-InputPrompt, .jp-OutputPrompt';
  const isShown = node => node.getClientRects().length > 0
    && node.checkVisibility({{visibilityProperty: true, opacityProperty: true}});
  const texts = [];
  let words = 0;
  for (const cell of cells) {{
    const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {{
      const parent = walker.currentNode.parentElement, text = walker.currentNode.data.trim();
      if (!text || parent.closest(NO_TEXT) || !isShown(parent)) continue;
      const isCode = Boolean(parent.closest(CODE));
      texts.push([parseFloat(getComputedStyle(parent).fontSize), isCode, text.slice(0, 40)]);
      const isLabel = parent.closest('.jupyter-widgets');
      if (!isCode && !isLabel) words += (text.match(/\\p{{L}}[\\p{{L}}\\p{{N}}'’-]*/gu) ?? []).length;
    }}
    for (const formula of cell.querySelectorAll('mjx-container'))
      texts.push([parseFloat(getComputedStyle(formula).fontSize), false, 'a formula']);
  }}
  const all = selector => cells.flatMap(cell => [...cell.querySelectorAll(selector)]).filter(isShown);
  const wide = all('.jp-OutputArea-output, .jp-RenderedMarkdown, .cm-scroller')
    .some(node => node.scrollWidth > node.clientWidth + 2);
  const heading = cells[0].querySelector('h1');
  return {{
    id: models[0].model.id,
    height: Math.max(
      {PANEL}.content.outerNode.scrollHeight, cells.reduce((sum, cell) => sum + cell.offsetHeight, 0)),
    wide, words, texts,
    formulas: all("mjx-container[display='true']").length,
    lines: all('.cm-line').length,
    heading: heading ? parseFloat(getComputedStyle(heading).fontSize) : 0,
  }};
}}"""


def is_second_edition(path):
    return TAG in nbformat.read(path, as_version=4).cells[0].metadata.get("tags", [])


def measure(window, screenshots=None):
    """Every slide of the show in this window, with all its fragments; if named, a picture of each."""
    slides = []
    for number, cells in enumerate(window.page.evaluate(SLIDES), 1):
        window.page.evaluate(SHOW_LAST_FRAGMENT, cells[-1])
        slides.append(window.page.evaluate(MEASURE))
        if screenshots:
            window.screenshot(f"{screenshots}-{number:02d}")
    return slides


def faults(slides):
    """What breaks the rules, a line each, with the id of the slide's first cell."""
    if not FEWEST_SLIDES <= len(slides) <= MOST_SLIDES:
        yield f"{len(slides)} slides: a page has {FEWEST_SLIDES} to {MOST_SLIDES}"
    if slides[0]["id"] != "title" or slides[0]["heading"] < TITLE_PIXELS or slides[0]["lines"]:
        yield f"{slides[0]['id']}: the first slide is no title slide"
    for slide in slides:
        yield from (f"{slide['id']}: {what}" for what in faults_of_slide(slide))


def faults_of_slide(slide):
    if slide["height"] > SCREEN["height"]:
        yield f"too high: {slide['height']} pixels, and the screen has {SCREEN['height']}"
    if slide["wide"]:
        yield "wider than the screen"
    if slide["words"] > MOST_WORDS:
        yield f"{slide['words']} words: a slide has at most {MOST_WORDS}"
    if slide["formulas"] > 1:
        yield f"{slide['formulas']} formulas: a slide has at most one"
    if slide["lines"] > MOST_LINES:
        yield f"{slide['lines']} lines of code: a slide has at most {MOST_LINES}"
    for size, is_code, text in slide["texts"]:
        needed = CODE_PIXELS if is_code else TEXT_PIXELS
        if size < needed:
            yield f"{text!r} is {size:g} pixels high: it needs {needed}"
