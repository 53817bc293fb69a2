"""A table shows itself: columns stand under each other, and HTML says what the text says."""

from html.parser import HTMLParser

from micrograd_lite.tables import Table

RATES = Table(
    ("method", "lr", "test %"), [("plain", "0.1", "92.78"), ("L2 & <b>", "0.001", "9.5")], "2 seeds"
)


def cells_of(html):
    """What a browser shows in the cells, and how each is aligned."""
    found = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag in ("td", "th"):
                found.append(["", "right" if "text-align:right" in dict(attrs)["style"] else "left"])

        def handle_data(self, data):
            if found:
                found[-1][0] += data

    Reader().feed(html.split("</table>")[0])
    return found


def test_words_stand_on_the_left_and_numbers_on_the_right():
    assert repr(RATES) == (
        "method       lr  test %\n"
        "plain       0.1   92.78\n"
        "L2 & <b>  0.001     9.5\n"
        "2 seeds"
    )  # fmt: skip


def test_html_shows_the_same_texts_and_the_same_sides():
    assert cells_of(RATES._repr_html_()) == [
        [text, "right" if i else "left"]
        for row in (RATES.headings, *RATES.rows)
        for i, text in enumerate(row)
    ]


def test_every_text_is_escaped():
    html = Table(("<i>", "&"), [("<b>", "<u>")], "1 < 2", code=(1,))._repr_html_()
    for tag in ("<i>", "<b>", "<u>"):
        assert tag not in html
    assert "<p>1 &lt; 2</p>" in html and "<code>&lt;u&gt;</code>" in html


def test_padding_of_the_text_form_stays_out_of_html():
    table = Table(("rate", " 0.1  "), [("plain", "  7.25 *")], "note", gap=" ")
    assert table.text.splitlines()[1] == "plain   7.25 *"
    assert [text for text, _ in cells_of(table._repr_html_())] == ["rate", "0.1", "plain", "7.25 *"]
