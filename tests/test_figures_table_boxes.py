"""figures.table_boxes: which lengths belong together, what is repeated, what doesn't fit."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from micrograd_lite import figures
from micrograd_lite.figures.style import DISPLAY_DPI

PRODUCT = (("X", (4, 3)), "@", ("W", (3, 2)), "+", ("b", (2,)), "=", ("Z", (4, 2)))


def lengths(picture):
    """(text, colour) of each length, from left to right."""
    found = [
        t for t in picture.figure.axes[0].texts if t.get_text()[:1].isdigit() and t.get_fontsize() == 10.5
    ]
    return [(t.get_text(), to_hex(t.get_color())) for t in found]


def sizes(picture):
    """(width, height) of the boxes that stand for a table, from left to right, in inches."""
    solid = [p for p in picture.figure.axes[0].patches if p.get_linestyle() in ("-", "solid")]
    return [(round(p.get_width(), 3), round(p.get_height(), 3)) for p in solid]


def dashed(picture):
    return [p for p in picture.figure.axes[0].patches if p.get_linestyle() not in ("-", "solid")]


def test_lengths_that_have_to_be_equal_have_one_colour():
    columns_x, rows_x, columns_w, rows_w, columns_b, columns_z, rows_z = lengths(
        figures.table_boxes(*PRODUCT)
    )
    assert columns_x == rows_w and rows_x == rows_z and columns_w == columns_b == columns_z
    assert len({columns_x, rows_x, columns_w}) == 3


def test_equal_numbers_that_have_nothing_to_do_with_each_other_differ_in_colour():
    square = figures.table_boxes(("X", (2, 2)), "@", ("W", (2, 2)), "=", ("Z", (2, 2)))
    colours = [colour for _, colour in lengths(square)]
    assert colours == [colours[0], colours[1], colours[2], colours[0], colours[2], colours[1]]
    assert len(set(colours)) == 3


def test_boxes_are_to_scale():
    x, w, _, z = sizes(figures.table_boxes(*PRODUCT))
    assert x[0] / x[1] == pytest.approx(3 / 4) and w[0] / w[1] == pytest.approx(2 / 3) and z == (w[0], x[1])


def test_of_lengths_far_apart_the_longer_is_still_the_larger():
    (wide, high), (narrow, _), _ = sizes(
        figures.table_boxes(("X", (1797, 64)), "@", ("W", (64, 10)), "=", ("Z", (1797, 10)))
    )
    assert high > 2 * wide and wide > narrow > 0.3


def test_a_worked_product_has_its_numbers_in_the_cells():
    a, b = np.array([[1, 2], [3, 4]]), np.array([[5, 6], [7, 8]])
    picture = figures.table_boxes(("A", a), "@", ("B", b), "=", ("C", a @ b), title="By hand")
    shown = [text.get_text() for text in picture.figure.axes[0].texts]
    assert all(str(number) in shown for number in (*a.flat, *b.flat, 19, 22, 43, 50))
    assert picture.alt == (
        "By hand. Tables as boxes: A (2, 2) @ B (2, 2) = C (2, 2). "
        "The inner lengths of A and B are equal: 2. A = (1, 2; 3, 4). B = (5, 6; 7, 8). C = (19, 22; 43, 50)."
    )


def test_a_bias_is_drawn_once_and_repeated_with_dashes():
    picture = figures.table_boxes(("XW", np.ones((3, 2))), "+", ("b", [10, 20]), "=", ("Z", (3, 2)))
    (ghost,) = dashed(picture)
    assert ghost.get_height() == pytest.approx(3 * sizes(picture)[1][1])
    assert [text.get_text() for text in picture.figure.axes[0].texts].count("20") == 3
    assert "b is repeated to shape (3, 2)." in picture.alt


def test_a_column_is_repeated_to_the_right():
    (ghost,) = dashed(figures.table_boxes(("Z", (4, 3)), "-", ("max", (4, 1)), "=", ("S", (4, 3))))
    assert ghost.get_width() > ghost.get_height() / 2


def test_nothing_is_repeated_where_shapes_are_equal():
    assert dashed(figures.table_boxes(("A", (2, 3)), "*", ("M", (2, 3)), "=", ("Z", (2, 3)))) == []


def test_lengths_can_be_letters_and_have_words():
    picture = figures.table_boxes(("X", ("m", "n")), "@", ("W", ("n", "k")), "=", ("Z", ("m", "k")))
    assert "The inner lengths of X and W are equal: n." in picture.alt
    named = figures.table_boxes(("X", (1797, 64), ("samples", "pixels")))
    assert {"1797 samples", "64 pixels"} <= {text.get_text() for text in named.figure.axes[0].texts}


@pytest.mark.parametrize(
    "parts", [PRODUCT, (("X", (1797, 784)), "@", ("weights", (784, 10)), "+", ("b", (10,)))]
)
def test_letters_have_ten_pixels_and_the_picture_fits_the_page(parts):
    picture = figures.table_boxes(*parts, title="A title")
    picture.png()
    texts = [text for text in picture.figure.axes[0].texts if text.get_text()]
    assert min(text.get_fontsize() for text in texts) * DISPLAY_DPI / 72 >= 10
    width, height = picture.figure.get_size_inches() * picture.figure.dpi
    assert width <= 840.1 * picture.figure.dpi / DISPLAY_DPI
    for box in (text.get_window_extent() for text in texts):
        assert 0 <= box.x0 and box.x1 <= width and 0 <= box.y0 and box.y1 <= height


@pytest.mark.parametrize(
    "parts, said",
    [
        ((("X", (4, 3)), "@", ("W", (2, 5))), r"X \(4, 3\) @ W \(2, 5\): the inner lengths 3 and 2 differ"),
        ((("X", (4, 3)), "+", ("b", (4,))), r"X \(4, 3\) and b \(4,\) don't fit together: .* 3 and 4 differ"),
        ((*PRODUCT[:6], ("Z", (4, 3))), r"make a table of shape \(4, 2\), which is not Z \(4, 3\)"),
        ((("X", (4, 3)), ("W", (3, 2))), "tables with operators between them: .* got 2 parts"),
        ((("X", (4, 3)), "/", ("W", (4, 3))), "one of @ \\+ - \\* =, got '/'"),
        (("X",), r"a table is \(name, shape\) or \(name, array\).* got 'X'"),
        ((("X", (0, 3)),), r"X: a table has one or two lengths from 1 on, got \(0, 3\)"),
        ((("X", np.zeros((2, 2, 2))),), r"X: a table has one or two lengths from 1 on, got \(2, 2, 2\)"),
        ((("X", "rows"),), "X: give a shape such as"),
        ((("X", (4, 3), ("rows",)),), "X: 2 lengths, and words for 1"),
        ((("X", np.eye(2)), "@", ("W", (2, 40))), r"at most 8, and no letter: W \(2, 40\)"),
        (
            (("X", np.full((8, 8), -0.123)), *("+", ("Y", np.ones((8, 8)))) * 3),
            "too wide for one picture",
        ),
    ],
)
def test_what_does_not_fit_is_named(parts, said):
    with pytest.raises(ValueError, match=said):
        figures.table_boxes(*parts)
