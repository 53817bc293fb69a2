"""The browser of digits and predictions: its selections, its order, and what it says of a picture."""

import itertools
import re

import numpy as np
import pytest
from widget_helpers import alt, assert_shows, at_once, ends, move, pixels, said

from micrograd_lite import datasets
from micrograd_lite.widgets.digit_browser import ORDERS, SHOWS, DigitBrowser, _Answers, digit_frame


def example(m=24):
    """Pictures, digits and probabilities, of which the rows 3, 7, 11, … are mistakes."""
    rng = np.random.default_rng(0)
    digits = datasets.load_digits()
    X, y = digits.X[:m] / 16, digits.y[:m]
    sure = rng.uniform(0.3, 0.99, m)
    p = np.repeat((1 - sure)[:, None] / 9, 10, axis=1)
    said = np.where(np.arange(m) % 4 == 3, (y + 1) % 10, y)
    p[np.arange(m), said] = sure
    return X, y, p, said


def expected(y, p, said, show, digit, order):
    rows = [
        i for i in range(len(y)) if (show == "all" or said[i] != y[i]) and (digit is None or y[i] == digit)
    ]
    if order != "as in the data":
        rows.sort(key=lambda i: -p[i].max() if order == "most confident first" else p[i].max())
    return rows


@pytest.mark.parametrize(("show", "order", "digit"), [*itertools.product(SHOWS, ORDERS, (None, 3, 9))])
def test_a_selection_has_its_rows_in_order(show, order, digit):
    X, y, p, answers = example()
    rows = _Answers(X, y, p).chosen(show, digit, order)
    assert rows.tolist() == expected(y, p, answers, show, digit, order)


def test_next_leafs_through_the_selection_and_shows_what_the_still_picture_shows():
    X, y, p, answers = example(12)
    browser = DigitBrowser(X, y, p)
    for position, row in enumerate(expected(y, p, answers, "mistakes", None, "most confident first")):
        assert browser.reading.row == row and f"Number {position + 1} of 3" in said(browser)
        still = digit_frame(X, y, p, show="mistakes", order="most confident first", position=position)
        assert_shows(browser, still)
        browser.next_button.click()


def test_a_frame_says_what_it_is():
    X, y, p, _ = example(8)
    p[3] = [0.0, 0.0, 0.0, 0.25, 0.75, 0, 0, 0, 0, 0]
    assert repr(digit_frame(X, y, p, show="mistakes")) == (
        "It is 3. Looks like 4 (75 %), then 3 (25 %). A mistake. Number 1 of 2: the mistakes, as in the "
        "data; row 3 of the data. Probabilities: 0: 0.000, 1: 0.000, 2: 0.000, 3: 0.250, 4: 0.750, 5: 0.000, "
        "6: 0.000, 7: 0.000, 8: 0.000, 9: 0.000."
    )
    right = digit_frame(X.reshape(-1, 8, 8), y, p, position=np.int64(2))
    assert " Right. Number 3 of 8: all pictures" in repr(right)
    texts = [text.get_text() for text in right.figure.axes[1].texts]
    assert sum("it is" in text and "◀" in text for text in texts) == 1


def test_an_empty_selection_is_a_sentence():
    X, y, p, _ = example(8)
    assert repr(digit_frame(X, y, p, digit=9)) == "There is no picture of a 9."
    assert (
        repr(digit_frame(X, y, p, show="mistakes", digit=0))
        == "There is no picture of a 0 that is a mistake."
    )
    y_right = p.argmax(axis=1)
    browser = DigitBrowser(X, y_right, p)
    assert said(browser) == alt(browser) == "There is no picture that is a mistake."
    assert browser.reading.row is None
    for control in (browser.controls["number"], browser.previous_button, browser.next_button):
        assert control.disabled
    browser.controls["show"].value = "all"
    assert "Number 1 of 8" in said(browser) and not browser.next_button.disabled


def test_buttons_stop_at_the_ends_and_another_selection_starts_at_its_first():
    X, y, p, answers = example()
    browser = DigitBrowser(X, y, p)
    rows = expected(y, p, answers, "mistakes", None, "most confident first")
    assert browser.previous_button.disabled and browser.reading.row == rows[0]
    browser.previous_button.click()
    assert browser.reading.row == rows[0]
    browser.controls["number"].value = len(rows)
    assert browser.reading.row == rows[-1] and browser.next_button.disabled
    browser.next_button.click()
    assert browser.reading.row == rows[-1]
    browser.controls["order"].value = "least confident first"
    assert browser.controls["number"].value == 1 and browser.reading.row == rows[-1]
    browser.controls["number"].value = 5
    browser.controls["digit"].value = 4
    assert browser.controls["number"].value == 1 and "of a 4" in said(browser)


def test_another_selection_amid_moves_leaves_the_picture_of_the_controls():
    X, y, p, _ = example()
    browser = DigitBrowser(X, y, p)

    def turn():
        for k in range(4):
            move(browser, number=1 + (5 * k) % 9)
            browser.next_button.click()

    at_once(ends(browser.controls["show"], 4), turn, ends(browser.controls["digit"], 4))
    values = {name: control.value for name, control in browser.controls.items()}
    number = values.pop("number")
    assert alt(browser) == digit_frame(X, y, p, **values, position=number - 1).alt


def test_what_is_shown_is_the_pixels():
    X, y, p, _ = example()
    browser = DigitBrowser(X, y, p, show="all", order="as in the data")
    shown = pixels(browser).mean(axis=2)
    assert shown.shape == (320, 860)
    at = browser._figure.digit.transData.transform([(c, r) for r in range(8) for c in range(8)])
    grey = [shown[int(320 - v), int(u)] for u, v in at]
    assert np.corrcoef(grey, 255 * (1 - X[0]))[0, 1] > 0.98


def test_every_control_has_a_label():
    browser = DigitBrowser(*example()[:3])
    labels = [control.description for control in browser.children[2].children]
    assert labels == ["Show", "Digit", "Order", "Number", "Previous", "Next"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.zeros(3, int)}, "got shapes (8, 64), (3,) and (8, 10)"),
        ({"images": np.zeros((0, 64)), "y": np.zeros(0, int), "probabilities": np.zeros((0, 10))}, "m ≥ 1"),
        ({"images": 3.0}, "got shapes ()"),
        ({"y": np.full(8, 10)}, "y is whole numbers from 0 to 9, got [10, 10"),
        ({"y": np.full(8, 1.0)}, "of type float64"),
        ({"images": np.full((8, 64), 16.0)}, "divide the counts"),
        ({"probabilities": np.zeros((8, 10))}, "sum to 0"),
        ({"show": "hits"}, "show is one of all, mistakes; got 'hits'"),
        ({"digit": 10}, "digit is one of None, 0, 1"),
        ({"order": "random"}, "order is one of as in the data, most"),
        ({"position": 8}, "position is a whole number from 0 to 7, got 8"),
        ({"position": 1.0}, "position is a whole number from 0 to 7, got 1.0"),
    ],
)
def test_bad_input_is_told(change, message):
    X, y, p, _ = example(8)
    with pytest.raises(ValueError, match=re.escape(message)):
        digit_frame(**{"images": X, "y": y, "probabilities": p, **change})
    if "position" not in change:
        with pytest.raises(ValueError, match=re.escape(message)):
            DigitBrowser(**{"images": X, "y": y, "probabilities": p, **change})
