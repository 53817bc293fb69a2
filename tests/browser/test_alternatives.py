"""Every picture of every stored page says in words what it shows, in JupyterLab, before anything is run."""

import pytest
from test_pages import PAGES

# The words of each picture of a cell: its own alternative, or what is folded in the output below it.
WORDS = """cell => [...cell.querySelectorAll(':is(.jp-RenderedImage, .jp-RenderedSVG) :is(img, svg)')]
  .map(picture => {
    const below = picture.closest('.jp-OutputArea-child').nextElementSibling;
    const folded = below?.querySelector('details.picture-in-words');
    const summary = folded?.querySelector('summary').textContent ?? '';
    return picture.alt || picture.ariaLabel || folded?.textContent.slice(summary.length) || '';
  })"""


@pytest.fixture(scope="module")
def stored_page(open_window, start_server):
    """stored_page(name) -> the page as it opens, on a server of its own: another test may have run it."""
    server = start_server("lab")
    return lambda name: open_window(server, f"notebooks/{name}.ipynb")


def pictures_of(cell):
    """The text form of each picture that is stored in a cell."""
    bundles = [output.get("data", {}) for output in cell.get("outputs", [])]
    return ["".join(b["text/plain"]) for b in bundles if any(kind.startswith("image/") for kind in b)]


@pytest.mark.parametrize("name", PAGES)
def test_every_stored_picture_has_its_words(stored_page, name):
    window = stored_page(name)
    without = []
    for cell in window.cells():
        stored = pictures_of(cell)
        if stored:
            shown = window.show(cell["id"]).evaluate(WORDS)
            assert len(shown) == len(stored), cell["id"]
            without += [cell["id"] for words in shown if len(words.strip()) < 20]
    assert without == []
    window.close()  # a kernel's widgets belong to one window
