"""Every picture of every page has its words in the HTML that `jupyter nbconvert --to html` writes, too."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from nbconvert import HTMLExporter

PAGES = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))
NONE = "No description has been provided"  # what nbconvert writes for each stored picture


def words_of(picture):
    """Its own alternative, or what is folded in the output below it."""
    alternative = picture.get("alt") or picture.get("aria-label") or ""
    if alternative and not alternative.startswith(NONE):
        return alternative
    output = picture.find_parent(class_="jp-OutputArea-child")
    below = output and output.find_next_sibling(class_="jp-OutputArea-child")
    folded = below and below.select_one("details.picture-in-words")
    return folded.get_text().removeprefix(folded.summary.get_text()) if folded else ""


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_no_picture_of_the_html_lacks_its_words(path):
    html, _ = HTMLExporter().from_filename(str(path))
    page = BeautifulSoup(html, "html.parser").find("main")
    pictures = page.select("img, .jp-RenderedSVG > svg")
    assert pictures and [p for p in pictures if len(words_of(p).strip()) < 20] == []
