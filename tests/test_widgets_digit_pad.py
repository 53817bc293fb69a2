"""The pad: from strokes to pixels, what a network says of them, and how it is told."""

import itertools
import math
import re

import numpy as np
import pytest
import torch
import traitlets
from widget_helpers import at_once

from micrograd_lite import datasets
from micrograd_lite.widgets import digit_pad
from micrograd_lite.widgets.digit_pad import (
    DigitPad,
    check_pixels,
    check_probabilities,
    digit_guess,
    percent,
    pixels_of,
    says,
)

SEVEN = np.array([0.001, 0.04, 0.001, 0.008, 0.005, 0.001, 0.001, 0.93, 0.006, 0.007])


def arc(x, y, wide, high, start, end):
    """Points on an ellipse; 0 degrees is right, 90 is down."""
    angles = np.radians(np.linspace(start, end, 19))
    return [(x + wide * math.cos(a), y + high * math.sin(a)) for a in angles]


# Strokes made by hand in a box about 0.7 wide and 1 high, in styles that the data's writers use. Other styles
# fare worse: a plain 7, a 1 with a long flag and an open 4 of three straight lines are often read wrong.
SHAPES = {
    0: [[arc(0.35, 0.5, 0.35, 0.5, -90, 270)], [arc(0.3, 0.5, 0.25, 0.5, -60, 310)]],
    1: [[[(0.35, 0), (0.35, 1)]], [[(0.5, 0), (0.3, 1)]]],
    2: [[[*arc(0.33, 0.28, 0.32, 0.28, -170, 30), (0.05, 1), (0.68, 1)]]],
    3: [[arc(0.3, 0.25, 0.3, 0.25, -150, 90) + arc(0.3, 0.74, 0.34, 0.26, -90, 150)]],
    4: [[[(0.45, 0), (0, 0.65), (0.7, 0.65)], [(0.5, 0.35), (0.5, 1)]]],
    5: [[[(0.6, 0), (0.1, 0), (0.07, 0.45), *arc(0.3, 0.69, 0.33, 0.3, -120, 140)]]],
    6: [[[(0.5, 0), (0.2, 0.3), (0.04, 0.7), *arc(0.34, 0.72, 0.3, 0.28, 180, -170)]]],
    7: [[[(0, 0.02), (0.62, 0.02), (0.3, 0.5), (0.2, 1)], [(0.1, 0.5), (0.55, 0.5)]]],
    8: [[arc(0.3, 0.25, 0.25, 0.25, 0, 360), arc(0.3, 0.75, 0.3, 0.25, 0, 360)]],
    9: [[[*arc(0.33, 0.28, 0.28, 0.28, 0, -360), (0.6, 0.3), (0.5, 1)]]],
}
PLAIN_7 = [[(0, 0), (0.65, 0), (0.25, 1)]]  # without the bar that the writers of the data set make
PLACES = {
    "large": lambda x, y: (0.15 + 0.8 * x, 0.1 + 0.8 * y),
    "middle": lambda x, y: (0.32 + 0.5 * x, 0.22 + 0.5 * y),
    "small, in a corner": lambda x, y: (0.08 + 0.28 * x, 0.65 + 0.28 * y),
    "wide": lambda x, y: (0.1 + 1.1 * x, 0.15 + 0.65 * y),
    "narrow": lambda x, y: (0.35 + 0.4 * x, 0.08 + 0.85 * y),
    "leaning": lambda x, y: (0.2 + 0.6 * x + 0.12 * (1 - y), 0.15 + 0.7 * y),
}


def drawn(shape, place="large"):
    return [[PLACES[place](x, y) for x, y in stroke] for stroke in shape]


@pytest.fixture(scope="module")
def network():
    """The network of the page on PyTorch, trained on the digits: a function of 64 pixels."""
    torch.manual_seed(0)
    digits = datasets.load_digits()
    split = datasets.train_val_test_split(digits.X / 16, digits.y, val=0.2, test=0.2, seed=0)
    X, y = torch.tensor(split.X_train), torch.tensor(split.y_train)
    make = {"dtype": torch.float64}
    model = torch.nn.Sequential(
        torch.nn.Linear(64, 64, **make), torch.nn.ReLU(), torch.nn.Linear(64, 10, **make)
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(10):
        for batch in torch.randperm(len(X)).split(64):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(X[batch]), y[batch]).backward()
            optimizer.step()

    def predict(pixels):
        with torch.no_grad():
            return torch.softmax(model(torch.from_numpy(pixels)[None]), dim=1)[0].numpy()

    return predict


def flat(pixels):
    """A stand-in for a network: 0 is as likely as there is ink in the upper half."""
    first = pixels[:32].sum() / 64
    return np.array([first, *[(1 - first) / 9] * 9])


# ---------------------------------------------------------------- from strokes to pixels


def test_pixels_are_counts_of_dots_in_blocks_of_4_by_4():
    strokes = digit_pad._check_strokes(drawn(SHAPES[3][0]))
    dots = digit_pad._dots(digit_pad._stretched(strokes))
    assert dots.shape == (32, 32) and set(np.unique(dots)) == {0.0, 1.0}
    by_hand = [
        sum(dots[4 * r + i, 4 * c + j] for i in range(4) for j in range(4)) / 16
        for r in range(8)
        for c in range(8)
    ]
    assert pixels_of(drawn(SHAPES[3][0])).tolist() == by_hand


def test_distances_are_those_to_the_nearest_point_of_a_line():
    stroke = np.array([[3.0, 5.0], [20.0, 9.0], [11.0, 27.0]])
    distance = digit_pad._distances([stroke, np.array([[30.0, 30.0]])], at_once=1)
    parts = [a + np.linspace(0, 1, 2001)[:, None] * (b - a) for a, b in itertools.pairwise(stroke)]
    points = np.concatenate([*parts, [[30.0, 30.0]]])
    for row, column in ((0, 0), (8, 15), (31, 31), (20, 4), (27, 11)):
        nearest = np.hypot(*(points - [column + 0.5, row + 0.5]).T).min()
        assert math.isclose(distance[row, column], nearest, abs_tol=0.01)


@pytest.mark.parametrize("place", ["middle", "small, in a corner"])
def test_where_and_how_large_does_not_matter(place):
    for shapes in SHAPES.values():
        assert np.allclose(pixels_of(drawn(shapes[0], place)), pixels_of(drawn(shapes[0])), atol=1 / 16)


def test_drawings_have_the_size_and_the_ink_of_the_data():
    digits = datasets.load_digits()
    ink = digits.X.sum(axis=1)  # dots
    assert round(ink.mean()) in (digit_pad.INK, digit_pad.INK + 1)
    for shapes in SHAPES.values():
        pixels = pixels_of(drawn(shapes[0])).reshape(8, 8)
        assert pixels[0].any() and pixels[7].any()  # the whole height, as in the data
        assert np.quantile(ink, 0.01) < 16 * pixels.sum() < np.quantile(ink, 0.99)


def test_a_point_stays_small_and_a_line_stays_a_line():
    point = pixels_of([[(0.3, 0.7)]]).reshape(8, 8)
    assert point[3:5, 3:5].min() > 0.5 and point[:2].max() == point[:, 6:].max() == 0.0
    assert np.array_equal(point, pixels_of([[(0.3, 0.7), (0.3, 0.7)]]).reshape(8, 8))
    line = pixels_of([[(0.5, 0.1), (0.5, 0.9)]]).reshape(8, 8)
    assert line[:, 3:5].min() == 1.0 and line[:, :2].max() == line[:, 6:].max() == 0.0


def test_stretching_raises_recognition_and_the_bar_of_the_7_matters(network):
    """What the preprocessing is for. Raw: the pad's 32 × 32 dots as they are, with the same brush."""

    def right(read):
        return [
            read(drawn(shape, place)) == digit
            for digit, shapes in SHAPES.items()
            for shape in shapes
            for place in PLACES
        ]

    def raw(strokes):
        dots = digit_pad._dots([32 * np.array(stroke) for stroke in strokes])
        return network(dots.reshape(8, 4, 8, 4).sum(axis=(1, 3)).ravel() / 16).argmax()

    stretched, as_drawn = right(lambda strokes: network(pixels_of(strokes)).argmax()), right(raw)
    print(f"right of {len(stretched)}: stretched {sum(stretched)}, as drawn {sum(as_drawn)}")
    assert np.mean(stretched) > 0.85 and np.mean(stretched) > np.mean(as_drawn) + 0.2
    assert network(pixels_of(drawn(PLAIN_7)))[7] < network(pixels_of(drawn(SHAPES[7][0])))[7]


@pytest.mark.parametrize("digit", SHAPES)
def test_each_of_the_ten_digits_drawn_large_is_read(network, digit):
    pad = DigitPad(network)
    pad.strokes = drawn(SHAPES[digit][0])
    assert pad.reading["top"] == digit and pad.reading["sentence"].startswith(f"Looks like {digit} (")


@pytest.mark.parametrize(
    "strokes", [[[]], [[(0.1, math.nan)]], [[0.1, 0.2]], [[(1, 2, 3)]], 5, [[("a", 1)]], [[(1, 2), (3,)]]]
)
def test_strokes_of_another_form_are_told(strokes):
    with pytest.raises(ValueError, match=re.escape("strokes are lists of points (x, y), finite numbers")):
        pixels_of(strokes)


def test_an_empty_pad_has_no_pixels():
    with pytest.raises(ValueError, match="at least one stroke, got an empty pad"):
        pixels_of([])


# ---------------------------------------------------------------- what a network says


def test_the_sentence_has_the_first_two():
    assert says(SEVEN) == "Looks like 7 (93 %), then 1 (4 %)."
    assert says(np.eye(10)[3]) == "Looks like 3 (100 %)."
    assert says(np.full(10, 0.1)) == "Looks like 0 (10 %), then 1 (10 %)."


@pytest.mark.parametrize(
    ("p", "said"),
    [
        (0.0, "0 %"),
        (1e-9, "< 1 %"),
        (0.004, "< 1 %"),
        (0.005, "< 1 %"),
        (0.0051, "1 %"),
        (0.5, "50 %"),
        (0.994, "99 %"),
        (0.9951, "> 99 %"),
        (1.0, "100 %"),
    ],
)
def test_percents_do_not_round_to_certainty(p, said):
    assert percent(p) == said


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (np.full((1, 10), 0.1), "shape (10,), got shape (1, 10): take its row [0]"),
        (np.full(9, 1 / 9), "shape (10,), got shape (9,)"),
        (np.full(10, np.nan), "NaN or infinite"),
        (np.arange(10.0), "sum to 45. Are they logits? Then softmax is missing"),
        (np.array([-0.5, 1.5, *[0.0] * 8]), "these go from -0.5 to 1.5"),
        (0.5, "got shape ()"),
        ("seven", "NumPy cannot read this str"),
        ([[1], [2, 3]], "NumPy cannot read this list"),
        (torch.full((10,), 0.1, requires_grad=True), "NumPy cannot read this Tensor"),
    ],
)
def test_other_answers_are_told(answer, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        check_probabilities(answer)
    pad = DigitPad(lambda pixels: answer)
    pad.strokes = drawn(SHAPES[1][0])
    assert message in pad.reading["sentence"] and pad.reading["problem"]
    assert len(pad.reading["pixels"]) == 64 and pad.reading["bars"] == [] and pad.reading["top"] is None


def test_pixels_are_checked():
    assert check_pixels(np.zeros(64)).shape == check_pixels(np.zeros((8, 8))).shape == (8, 8)
    for bad, message in (
        (np.zeros(63), "got shape (63,)"),
        (np.full(64, 16.0), "divide the counts of the data set by 16"),
        (np.full(64, np.nan), "shares of ink from 0 to 1"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            check_pixels(bad)


def test_the_still_picture_says_its_numbers():
    picture = digit_guess(pixels_of(drawn(SHAPES[7][0])), SEVEN)
    assert repr(picture) == (
        "Looks like 7 (93 %), then 1 (4 %). Probabilities: 0: 0.001, 1: 0.040, 2: 0.001, 3: 0.008, "
        "4: 0.005, 5: 0.001, 6: 0.001, 7: 0.930, 8: 0.006, 9: 0.007."
    )
    bars = picture.figure.axes[1].patches
    assert [bar.get_width() for bar in bars] == SEVEN.tolist()
    assert "93 % ◀" in [text.get_text() for text in picture.figure.axes[1].texts]
    assert picture.png()[:4] == b"\x89PNG"


# ---------------------------------------------------------------- the pad


def test_the_pad_shows_what_predict_says():
    seen = []

    def predict(pixels):
        seen.append(pixels)
        return flat(pixels)

    pad = DigitPad(predict)
    assert pad.reading["sentence"] == "Draw a digit." and not seen and repr(pad) == "DigitPad: Draw a digit."
    strokes = drawn(SHAPES[5][0])
    pad.strokes = strokes
    assert np.array_equal(seen[-1], pixels_of(strokes)) and seen[-1].dtype == np.float64
    assert pad.reading["pixels"] == pixels_of(strokes).tolist()
    assert pad.reading["bars"] == flat(pixels_of(strokes)).tolist()
    assert pad.reading["labels"] == [percent(p) for p in flat(pixels_of(strokes))]
    assert pad.reading["sentence"] == says(flat(pixels_of(strokes))) and not pad.reading["problem"]
    pad.strokes = []
    assert pad.reading["sentence"] == "Draw a digit." and pad.reading["bars"] == [] and len(seen) == 1


def test_the_pad_takes_what_the_browser_sends():
    """As a message of the browser sets it; the drawing is not sent back."""
    pad, sent = DigitPad(flat), []
    pad._send = lambda message, buffers=None: sent.append(message)
    pad.set_state({"strokes": [[[0.5, 0.1], [0.5, 0.9]], [[0, 1]]]})
    assert pad.reading["top"] in range(10)
    echoed = [m["state"] for m in sent if m["method"] == "echo_update"]
    updated = [m["state"] for m in sent if m["method"] == "update"]
    assert not any("strokes" in state for state in echoed + updated)
    assert [set(state) for state in updated] == [{"reading"}]


def test_what_predict_raises_is_told_and_the_pad_goes_on():
    def predict(pixels):
        if fails:
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
        return flat(pixels)

    pad, fails = DigitPad(predict), True
    pad.strokes = drawn(SHAPES[2][0])
    assert pad.reading["sentence"] == "predict raised RuntimeError: mat1 and mat2 shapes cannot be multiplied"
    assert pad.reading["problem"]
    fails = False
    pad.strokes = drawn(SHAPES[3][0])
    assert pad.reading["sentence"].startswith("Looks like") and not pad.reading["problem"]


def test_predict_cannot_change_the_pads_pixels():
    def predict(pixels):
        pixels[:] = 0.0
        return np.full(10, 0.1)

    pad = DigitPad(predict)
    pad.strokes = drawn(SHAPES[8][0])
    assert pad.reading["pixels"] == pixels_of(drawn(SHAPES[8][0])).tolist()


def test_a_pad_needs_a_function():
    with pytest.raises(
        TypeError, match="takes a function of 64 pixels that returns 10 probabilities, got 'model'"
    ):
        DigitPad("model")


def test_bad_strokes_from_python_are_told_and_not_drawn():
    pad = DigitPad(flat)
    with pytest.raises(ValueError, match="strokes are lists of points"):
        pad.strokes = [[(0.1, math.inf)]]
    with pytest.raises(traitlets.TraitError):
        pad.strokes = 7
    assert pad.strokes == [] and pad.reading["sentence"] == "Draw a digit."


def test_strokes_from_two_threads_leave_what_the_last_ones_say():
    """A kernel may handle two messages at once; what is shown in the end belongs to what is drawn."""
    pad, digits = DigitPad(flat), list(SHAPES)

    def draw(order):
        for digit in order:
            pad.strokes = drawn(SHAPES[digit][0])

    at_once(lambda: draw(digits), lambda: draw(digits[::-1]))
    assert pad.reading["pixels"] == pixels_of(pad.strokes).tolist()


def test_nothing_in_the_pad_comes_from_elsewhere():
    assert not re.search(r"https?:|import\s|import\(|@import|url\(", digit_pad._ESM + digit_pad._CSS)
