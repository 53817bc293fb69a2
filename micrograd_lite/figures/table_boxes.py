"""Tables as boxes with their lengths: which product fits, what is repeated, what comes out."""

from dataclasses import dataclass, field
from itertools import count, cycle, pairwise

import numpy as np
from matplotlib.patches import Rectangle

from micrograd_lite import colours
from micrograd_lite.colours import GREY, INK
from micrograd_lite.figures.style import DASHED, Picture, new_figure, sentence, style, titled

OPERATORS = ("@", "+", "-", "*", "=")
WIDEST = 8.4  # inches, all that a page has
SMALLEST, LARGEST = 0.42, 2.0  # inches, the side of a box
MOST_CELLS = 8  # longer tables are boxes without cells
LENGTH_LOOKS = (
    ("#0072B2", "-"),
    ("#B65300", DASHED),
    ("#007A5A", (0, (1, 1.2))),
    ("#A3477F", "-."),
    (INK, "-"),
)


def table_boxes(*parts, title=""):
    """Tables as boxes with an operator between them, e.g. X @ W + b = Z.

        table_boxes(("X", (4, 3)), "@", ("W", (3, 2)), "=", ("Z", (4, 2)), title="A product")

    parts : alternately a table and an operator, one of @ + - * =
        A table is (name, shape), (name, array), or either with the words for its lengths as a third:
        ("X", (1797, 64), ("samples", "pixels")). A length may be a letter: ("X", ("m", "n")). A shape of one
        length is a row. The numbers of an array of at most 8 rows and columns stand in its cells.

    Lengths that have to be equal have one colour and one dash. What is repeated to fit (broadcasting) is
    drawn once, and again with dashes. Boxes are to scale while no length is more than 5 times another; beyond
    that, longer is still larger. Raises ValueError, naming both tables, for what doesn't fit together.
    """
    tables, operators = _read(parts)
    _match(tables, operators)
    with style():
        figure = _drawn(tables, operators, title)
    return Picture(figure, _said(tables, operators, title))


# ---------------------------------------------------------------- what is given


@dataclass
class _Table:
    name: str
    shape: tuple
    words: tuple
    numbers: np.ndarray | None
    axes: list = field(default_factory=list)  # for each length, the set of lengths that it has to equal
    full: tuple = ()  # the shape to which it is repeated

    @property
    def rows_and_columns(self):
        return (1, *self.shape) if len(self.shape) == 1 else self.shape

    def __str__(self):
        return f"{self.name} ({', '.join(map(str, self.shape))}{',' * (len(self.shape) == 1)})"


def _read(parts):
    if len(parts) % 2 == 0 or any(not isinstance(part, str) for part in parts[1::2]):
        raise ValueError(
            'table_boxes takes tables with operators between them: ("X", (4, 3)), "@", ("W", (3, 2)), …; '
            f"got {len(parts)} parts: {', '.join(_kind(part) for part in parts)}"
        )
    for operator in parts[1::2]:
        if operator not in OPERATORS:
            raise ValueError(f"an operator is one of {' '.join(OPERATORS)}, got {operator!r}")
    return [_table(part) for part in parts[::2]], list(parts[1::2])


def _kind(part):
    return repr(part) if isinstance(part, str) else type(part).__name__


def _table(part):
    if not isinstance(part, (tuple, list)) or len(part) not in (2, 3) or not isinstance(part[0], str):
        raise ValueError(f'a table is (name, shape) or (name, array), as in ("X", (4, 3)); got {part!r}')
    name, given, words = part if len(part) == 3 else (*part, ())
    numbers = None
    if isinstance(given, tuple) and all(isinstance(n, (int, str)) and not isinstance(n, bool) for n in given):
        shape = given
    else:
        try:
            numbers = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError) as problem:
            raise ValueError(f"{name}: give a shape such as (4, 3) or numbers, got {given!r}") from problem
        shape = numbers.shape
    if len(shape) not in (1, 2) or any(isinstance(n, int) and n < 1 for n in shape):
        raise ValueError(f"{name}: a table has one or two lengths from 1 on, got {shape}")
    if words and len(words) != len(shape):
        raise ValueError(f"{name}: {len(shape)} lengths, and words for {len(words)}: {words}")
    table = _Table(name, shape, tuple(words), numbers)
    if numbers is not None and max(shape) > MOST_CELLS:
        table.numbers = None
    return table


# ---------------------------------------------------------------- which lengths have to be equal


def _match(tables, operators):
    """Work out which lengths have to be equal; ValueError for those that are not."""
    fresh = count()
    for table in tables:
        table.axes = [{next(fresh)} for _ in table.shape]
    sides = _split(list(range(len(tables))), operators, "=")
    results = [_sum(side, tables, operators) for side in sides]
    for other, where in zip(results[1:], sides[1:]):
        first, left = results[0], [tables[i] for i in sides[0]]
        if [length for length, _ in first] != [length for length, _ in other]:
            right = " ".join(str(tables[i]) for i in where)
            raise ValueError(
                f"{' and '.join(map(str, left))} make a table of shape {_shape(first)}, which is not {right}"
            )
        for (_, a), (_, b) in zip(first, other):
            _join(tables, a, b)


def _shape(result):
    return f"({', '.join(str(length) for length, _ in result)})"


def _split(indices, operators, *at):
    """The tables between the operators `at`."""
    groups = [[indices[0]]]
    for i in indices[1:]:
        if operators[i - 1] in at:
            groups.append([i])
        else:
            groups[-1].append(i)
    return groups


def _sum(side, tables, operators):
    """The lengths of a sum of products, each with its set; tables in it that are smaller are repeated."""
    terms = _split(side, operators, "+", "-", "*")
    results = [_product(term, tables) for term in terms]
    size = max(map(len, results))
    whole = []
    for k in range(-size, 0):
        present = [result[k] for result in results if len(result) >= -k]
        larger = [pair for pair in present if pair[0] != 1] or present[:1]
        for length, axis in larger[1:]:
            if length != larger[0][0]:
                names = " and ".join(" @ ".join(str(tables[i]) for i in term) for term in terms)
                raise ValueError(
                    f"{names} don't fit together: the lengths {larger[0][0]} and {length} differ"
                )
            _join(tables, larger[0][1], axis)
        whole.append(larger[0])
    shape = tuple(length for length, _ in whole)
    for term, result in zip(terms, results):
        if len(term) == 1 and tuple(length for length, _ in result) != shape:
            tables[term[0]].full = shape
    return whole


def _product(term, tables):
    first = tables[term[0]]
    result = list(zip(first.shape, first.axes))
    for before, i in pairwise(term):
        table = tables[i]
        if result[-1][0] != table.shape[0]:
            raise ValueError(
                f"{tables[before]} @ {table}: the inner lengths {result[-1][0]} and {table.shape[0]} differ"
            )
        _join(tables, result[-1][1], table.axes[0])
        result = result[:-1] + list(zip(table.shape, table.axes))[1:]
    return result


def _join(tables, one, other):
    """Make two sets of equal lengths one."""
    if one is other:
        return
    one |= other
    for table in tables:
        table.axes = [one if axis is other or axis & one else axis for axis in table.axes]


# ---------------------------------------------------------------- the picture


LETTER = 10.5  # points
WIDTH = 0.09  # inches that a letter takes, at most


@dataclass
class _Box:
    """A table on the page, in inches: its own size, its size once repeated, room beside and above it."""

    table: _Table
    wide: float
    high: float
    full_wide: float
    full_high: float

    @property
    def left(self):
        """Room for the length of the rows."""
        return 0.2 + WIDTH * len(_length_said(self.table, 0)) if len(self.table.shape) == 2 else 0.05

    @property
    def across(self):
        """Room for the box and for the length above it."""
        return max(self.full_wide, WIDTH * len(_length_said(self.table, -1)), WIDTH * len(self.table.name))


def _drawn(tables, operators, title):
    cells = any(table.numbers is not None for table in tables)
    boxes = _cells(tables) if cells else _boxes(tables)
    total = sum(box.left + box.across for box in boxes) + 0.5 * len(operators) + 0.3
    if total > WIDEST and not cells:
        share = 1 - (total - WIDEST) / sum(box.full_wide for box in boxes)
        for box in boxes:
            box.wide, box.full_wide = max(0.3, share * box.wide), max(0.3, share * box.full_wide)
        total = sum(box.left + box.across for box in boxes) + 0.5 * len(operators) + 0.3
    if total > WIDEST + 0.1:
        names = ", ".join(map(str, tables))
        raise ValueError(f"{names} are too wide for one picture: draw fewer, or shapes without numbers")
    width = max(total, 4.0)
    heading = titled(title, width)
    tallest = max(box.full_high for box in boxes)
    height = 0.24 * (heading.count("\n") + 1) * bool(title) + 0.62 + tallest + 0.45
    figure = new_figure(width, height, layout=None)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    axes.axis("off")
    if title:
        axes.text(0.1, height - 0.08, heading, fontsize=13, weight="bold", va="top", linespacing=1.1)
    looks = _looks_of_lengths(tables)
    x, middle = 0.15 + (width - total) / 2, 0.45 + tallest / 2
    for box, operator in zip(boxes, [*operators, ""]):
        x += box.left
        _draw_table(axes, box, x + (box.across - box.full_wide) / 2, middle + box.full_high / 2, looks, cells)
        x += box.across + 0.5
        sign = {"-": "−", "*": "×"}.get(operator, operator)
        axes.text(x - 0.25, middle, sign, fontsize=17, ha="center", va="center")
    return figure


def _boxes(tables):
    """Sizes that grow with the lengths; with a root of them where they are far apart: all can be seen."""
    lengths = {n: n for table in tables for n in table.rows_and_columns if isinstance(n, int)}
    letters = dict.fromkeys(n for table in tables for n in table.shape if isinstance(n, str))
    lengths |= {letter: size for letter, size in zip(letters, cycle((5, 3.4, 2.2, 4.2, 2.8)))}
    largest, smallest = max(lengths.values()), min([n for n in lengths.values() if n > 1] or [1])
    power = 1.0 if largest <= 5 * smallest else np.log(LARGEST / SMALLEST) / np.log(largest / smallest)
    scale = min(LARGEST / largest**power, 0.5)
    side = {n: max(0.3, scale * size**power) for n, size in lengths.items()}
    return [
        _Box(table, side[columns], side[rows], side[_full(table)[1]], side[_full(table)[0]])
        for table, (rows, columns) in ((table, table.rows_and_columns) for table in tables)
    ]


def _cells(tables):
    """Sizes in which each number has a cell of its own."""
    for table in tables:
        if any(not isinstance(n, int) or n > MOST_CELLS for n in table.shape):
            raise ValueError(
                f"beside tables with numbers each length is at most {MOST_CELLS}, and no letter: {table}"
            )
    texts = [_short(x) for table in tables if table.numbers is not None for x in table.numbers.flat]
    wide, high = max(0.42, 0.1 * max(map(len, texts)) + 0.16), 0.36
    return [
        _Box(table, columns * wide, rows * high, _full(table)[1] * wide, _full(table)[0] * high)
        for table, (rows, columns) in ((table, table.rows_and_columns) for table in tables)
    ]


def _full(table):
    """Rows and columns once the table is repeated."""
    return (1, *table.full)[-2:] if table.full else table.rows_and_columns


def _short(number):
    return f"{number + 0.0:.3g}"


FILLS = {
    "input": (colours.INPUT_FILL, colours.INPUT),
    "weight": ("#E2F2EC", colours.POSITIVE_WEIGHT),
    "activation": (colours.ACTIVATION_FILL, colours.ACTIVATION),
    "gradient": ("#F9E3EA", colours.GRADIENT),
    "other": ("#F3F3F3", GREY),
}
KINDS = {"x": "input", "w": "weight", "b": "weight", "z": "activation", "a": "activation", "h": "activation"}


def _kind_of(name):
    """The colour of a table by the letters of the course: X input, W and b weights, Z, A, H activations."""
    return "gradient" if name.startswith(("d", "∂", "grad")) else KINDS.get(name[:1].lower(), "other")


def _draw_table(axes, box, x, top, looks, cells):
    table, wide, high = box.table, box.wide, box.high
    rows, columns = table.rows_and_columns
    fill, edge = FILLS[_kind_of(table.name)]
    if table.full:  # what is repeated: dashed beside the part that is there
        ghost = {"facecolor": "white", "edgecolor": edge, "linestyle": DASHED, "linewidth": 1.1}
        axes.add_patch(Rectangle((x, top - box.full_high), box.full_wide, box.full_high, **ghost))
    axes.add_patch(Rectangle((x, top - high), wide, high, facecolor=fill, edgecolor=edge, linewidth=1.7))
    if all(isinstance(n, int) for n in table.shape) and max(table.shape) <= MOST_CELLS:
        _draw_grid(axes, x, top, wide, high, rows, columns, edge)
    if table.numbers is not None:
        _draw_numbers(axes, table, x, top, wide / columns, high / rows)
    if 0.12 * len(table.name) + 0.1 < wide and high > 0.35 and not cells:
        paper = {"facecolor": fill, "edgecolor": "none", "pad": 1.5}
        at = {"ha": "center", "va": "center", "bbox": paper}
        axes.text(x + wide / 2, top - high / 2, table.name, fontsize=13, weight="bold", **at)
    else:
        below = {"ha": "center", "va": "top", "fontsize": 12, "weight": "bold"}
        axes.text(x + box.full_wide / 2, top - box.full_high - 0.08, table.name, **below)
    _draw_lengths(axes, table, x, top, wide, high, looks)


def _draw_grid(axes, x, top, wide, high, rows, columns, edge):
    thin = {"color": edge, "linewidth": 0.7, "alpha": 0.55}
    for k in range(1, columns):
        axes.plot([x + k * wide / columns] * 2, [top - high, top], **thin)
    for k in range(1, rows):
        axes.plot([x, x + wide], [top - k * high / rows] * 2, **thin)


def _draw_numbers(axes, table, x, top, wide, high):
    """The numbers in their cells; where the table is repeated, in grey once more."""
    own = table.numbers.reshape(table.rows_and_columns)
    for (i, j), number in np.ndenumerate(np.broadcast_to(own, _full(table))):
        at = x + (j + 0.5) * wide, top - (i + 0.5) * high
        colour = INK if i < own.shape[0] and j < own.shape[1] else GREY
        axes.text(*at, _short(number), fontsize=LETTER, ha="center", va="center", color=colour)


def _draw_lengths(axes, table, x, top, wide, high, looks):
    """The columns above the box and the rows to the left of it, each with a line as long as the side."""
    colour, dash = looks[id(table.axes[-1])]
    line = {"color": colour, "linestyle": dash, "linewidth": 2.0, "solid_capstyle": "butt"}
    axes.plot([x, x + wide], [top + 0.08] * 2, **line)
    how = {"fontsize": LETTER, "color": colour}
    axes.text(x + wide / 2, top + 0.13, _length_said(table, -1), ha="center", va="bottom", **how)
    if len(table.shape) == 2:
        colour, dash = looks[id(table.axes[0])]
        axes.plot([x - 0.08] * 2, [top - high, top], **line | {"color": colour, "linestyle": dash})
        how = {"fontsize": LETTER, "color": colour, "linespacing": 1.0}
        axes.text(x - 0.14, top - high / 2, _length_said(table, 0), ha="right", va="center", **how)


def _length_said(table, k):
    word = f" {table.words[k]}" if table.words else ""
    return f"{table.shape[k]}{word}"


def _looks_of_lengths(tables):
    """A colour and a dash for each set of equal lengths, in the order in which they come."""
    sets = list(dict.fromkeys(id(axis) for table in tables for axis in table.axes))
    return {name: LENGTH_LOOKS[k % len(LENGTH_LOOKS)] for k, name in enumerate(sets)}


# ---------------------------------------------------------------- in words


def _said(tables, operators, title):
    formula = str(tables[0])
    for operator, table in zip(operators, tables[1:]):
        formula += f" {operator} {table}"
    parts = [sentence(title)] if title else []
    parts.append(f"Tables as boxes: {formula}.")
    for before, operator, after in zip(tables, operators, tables[1:]):
        if operator == "@":
            parts.append(f"The inner lengths of {before.name} and {after.name} are equal: {after.shape[0]}.")
    for table in tables:
        if table.full:
            parts.append(f"{table.name} is repeated to shape ({', '.join(map(str, table.full))}).")
    for table in tables:
        if table.words:
            said = ", ".join(_length_said(table, k) for k in range(len(table.shape)))
            parts.append(f"{table.name}: {said}.")
        if table.numbers is not None:
            rows = "; ".join(", ".join(map(_short, row)) for row in np.atleast_2d(table.numbers))
            parts.append(f"{table.name} = ({rows}).")
    return " ".join(parts)
