"""Computation graphs as pictures and as text.

`draw(value)` shows the graph under a `Value` or a `Tensor`: one box for each value, one circle for each
operation, inputs on the left and the result on the right. `render(source)` shows a picture described in
Graphviz's language.

The picture is laid out by Graphviz (Gansner et al., 1993, "A technique for drawing directed graphs"), in the
form of the program `graphviz-pure`, which comes with the course and draws the same on every machine. The text
form of a drawing is an outline that depends on the graph alone.
"""

import copy
import math
import re
import shutil
import subprocess
import textwrap
import unicodedata
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from html import escape as html_escape
from importlib import metadata
from itertools import pairwise, product
from numbers import Real
from pathlib import Path

import graphviz

from micrograd_lite.colours import BLUE, GRADIENT, ORANGE
from micrograd_lite.operations import operation_of
from micrograd_lite.shown import Shown, in_words

__all__ = ["Drawing", "Node", "RenderError", "draw", "nodes_of", "number", "render"]

LIMIT = 400  # boxes and circles together; more of them are neither readable nor quick to lay out
SCALE = 1.2  # pixels on the page for a point of Graphviz: letters as large as the text around
WIDEST = 840  # pixels: what a page has beside the file browser on a screen 1280 pixels wide
SMALLEST = 10.0  # pixels: no letter is smaller; a picture that is too wide goes on in a new row, or scrolls
IN_ROWS = 11.0  # pixels: the letters of a picture that is laid in rows
LOWEST_ROW = 320  # pixels: a picture higher than this is scrolled, not cut into rows
TIMEOUT = 20.0  # seconds Graphviz may take for one picture

FONT = "Helvetica,Arial,sans-serif"
MEASURED = "DejaVu Sans"  # the widest of the fonts that a page may find: what fits it fits all of them
GREY = "#5A5A5A"
LEAF_FILL, OP_FILL, MARK_FILL = "#E6F1F8", "#F0F0F0", "#FFF1D6"


JOINERS = "\u200c\u200d"  # they shape Persian and Hindi words and families of emoji


class RenderError(RuntimeError):
    """No picture could be made. The message says what is missing or wrong, and what to do."""


# ---------------------------------------------------------------- the graph, read into plain data


@dataclass(frozen=True)
class Node:
    """One value of a graph, as it was when it was read; `inputs` are positions in the list of `nodes_of`."""

    index: int
    name: str  # the learner's label, or v1, v2, … by position
    op: str  # "" for a leaf
    data: float
    grad: float
    inputs: tuple[int, ...]
    local: tuple[float, ...]  # local derivative for each input, in the same order
    labelled: bool
    value: object = field(repr=False, compare=False)

    @property
    def id(self) -> str:
        """The node's name in the Graphviz source: stable, by position."""
        return f"v{self.index + 1}"


def number(x) -> str:
    """`x` with four significant digits: `0.3333`, `-2`, `1.235e+04`, `nan`, `inf`.

    Of an array the shape, `(64, 10)`; `none` for the gradient of a Tensor that has none yet.
    """
    if x is None:
        return "none"
    if getattr(x, "shape", ()):
        return str(x.shape)
    return f"{x + 0.0:.4g}"  # + 0.0 turns -0.0 into 0.0


def nodes_of(root, names: dict[int, str] | None = None) -> list[Node]:
    """The values under `root` (a Value, or a list of them), inputs before outputs, each once.

    The order is that of a depth-first walk with inputs from left to right: it depends on the graph alone.
    `names` maps `id(value)` to a name for values that carry no label of their own.
    """
    return _nodes(_in_order(_as_roots(root)), names or {})


def _nodes(values: list, names: dict[int, str]) -> list[Node]:
    position = {id(v): i for i, v in enumerate(values)}
    wanted = [_clean(getattr(v, "label", "")) or names.get(id(v), "") for v in values]
    times = Counter(wanted)
    nodes = []
    for i, v in enumerate(values):
        own = f"v{i + 1}"
        unique = times[wanted[i]] == 1 and not re.fullmatch(r"v\d+", wanted[i])
        name = own if wanted[i] in ("", own) else wanted[i] if unique else f"{wanted[i]} ({own})"
        inputs = tuple(position[id(c)] for c in v._prev)
        local = tuple(getattr(v, "_local_grads", None) or ())
        op = _clean(v._op) if inputs else ""
        nodes.append(Node(i, name, op, v.data, v.grad, inputs, local, bool(wanted[i]), v))
    return nodes


def _in_order(roots: list) -> list:
    order, seen = [], set()
    stack = [(root, False) for root in reversed(roots)]
    while stack:
        v, done = stack.pop()
        if done:
            order.append(v)
        elif id(v) not in seen:
            seen.add(id(v))
            stack.append((v, True))
            stack.extend((c, False) for c in reversed(v._prev))
    return order


def _is_value(x) -> bool:
    return all(hasattr(x, name) for name in ("data", "grad", "_prev", "_op"))


def _as_roots(thing) -> list:
    roots = list(thing) if isinstance(thing, (list, tuple)) else [thing]
    if roots and all(_is_value(r) and not isinstance(r, type) for r in roots):
        return roots
    given = f"{type(thing).__name__}: {thing!r}"
    raise TypeError(f"draw expects a Value, a list of Values, or a Neuron, Layer or MLP; got {given[:80]}")


def _clean(text) -> str:
    """One line that is legal in XML: control characters and lone surrogates become \ufffd."""
    text = " ".join(str(text).split())
    text = "".join(c if c.isprintable() or c in JOINERS else "\ufffd" for c in text)
    if len(text) <= 40:
        return text
    end = 39
    while end > 20 and (text[end] in JOINERS or text[end - 1] in JOINERS or unicodedata.combining(text[end])):
        end -= 1  # what is joined is not cut in two
    return text[:end] + "…"


def _from_module(module, inputs) -> tuple[list, dict[int, str]]:
    """Call a Neuron, Layer or MLP on named inputs; name the parameters that have no label."""
    from .engine import Value

    layers = [getattr(layer, "neurons", [layer]) for layer in getattr(module, "layers", [module])]
    if not all(hasattr(neuron, "w") and hasattr(neuron, "b") for layer in layers for neuron in layer):
        kind = type(module).__name__
        raise TypeError(
            f"draw calls a Neuron, Layer or MLP of Values itself; call your {kind} and draw what it returns, "
            f"as in draw(model(X))"
        )
    numbers = [1.0] * len(layers[0][0].w) if inputs is None else list(inputs)
    xs = [x if _is_value(x) else Value(x, label=f"x{i}") for i, x in enumerate(numbers, 1)]
    out = module(xs)
    return list(out) if isinstance(out, (list, tuple)) else [out], _parameter_names(layers)


def _parameter_names(layers: list[list]) -> dict[int, str]:
    """w1 … wn and b for a lone neuron; L1.n2.w3 is weight 3 of neuron 2 in layer 1."""
    names = {}
    for i, layer in enumerate(layers, 1):
        for j, neuron in enumerate(layer, 1):
            where = f"L{i}." * (len(layers) > 1) + f"n{j}." * (len(layer) > 1 or len(layers) > 1)
            names |= {id(w): f"{where}w{k}" for k, w in enumerate(neuron.w, 1)} | {id(neuron.b): f"{where}b"}
    return names


# ---------------------------------------------------------------- text: the outline


def _outline(nodes: list[Node]) -> str:
    """The graph as a tree of lines, result first. A value that several operations use is spelled out once."""
    used = {i for n in nodes for i in n.inputs}
    lines, seen = [], set()
    for root in (n.index for n in nodes if n.index not in used):
        stack = [(root, "", "")]
        while stack:
            index, lead, below = stack.pop()
            node = nodes[index]
            if index in seen:
                lines.append(f"{lead}{node.name} (see above)")
                continue
            seen.add(index)
            op = f"  ({node.op})" if node.op else ""
            lines.append(f"{lead}{node.name} = {number(node.data)}{op}  grad {number(node.grad)}")
            last = len(node.inputs) - 1
            for k in range(last, -1, -1):
                branch, more = ("└─ ", "   ") if k == last else ("├─ ", "│  ")
                stack.append((node.inputs[k], below + branch, below + more))
    return "\n".join(lines)


def _depth(values: list) -> int:
    """Operations on the longest way from a leaf to a result."""
    depth = {}
    for v in values:
        depth[id(v)] = 1 + max(depth[id(c)] for c in v._prev) if v._prev else 0
    return max(depth.values())


def _plural(count: int, word: str, plural: str = "") -> str:
    return f"{count:,} {word if count == 1 else plural or word + 's'}"


def _facts(values: list) -> tuple[str, Counter]:
    """The graph in one line, and how many operations of each kind it has."""
    kinds = Counter(_clean(operation_of(v).symbol) for v in values if v._prev)
    operations = sum(kinds.values())
    listed = ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common())
    parts = [_plural(len(values), "value"), _plural(len(values) - operations, "leaf", "leaves")]
    parts += [_plural(operations, "operation") + (f" ({listed})" if kinds else ""), f"depth {_depth(values)}"]
    return ", ".join(parts), kinds


# ---------------------------------------------------------------- picture: the Graphviz source


def _label(*lines: str) -> str:
    """A Graphviz label that shows the lines as they are: quotes, backslashes and entities are escaped."""
    escaped = [graphviz.escape(line.replace("&", "&amp;")) for line in lines]
    return graphviz.nohtml("\\n".join(escaped))


def _digraph(title: str | None) -> graphviz.Digraph:
    g = graphviz.Digraph()
    g.attr(rankdir="LR", bgcolor="white", nodesep="0.18", ranksep="0.3")
    g.attr("node", fontsize="12", shape="box", margin="0.13,0.06", color=GREY)
    g.attr("edge", color=GREY, arrowsize="0.7")
    if title:
        g.attr(label=_label(_clean_title(title)), labelloc="t", fontsize="14")
    return g


def _clean_title(title) -> str:
    return "".join(c if c.isprintable() else " " for c in str(title))


def _lines(node: Node) -> list[str]:
    return [node.name, f"data {number(node.data)}", f"grad {number(node.grad)}"]


def graph_source(nodes, title=None, marked=frozenset(), on_path=frozenset(), lines=_lines, **look) -> str:
    """Graphviz source: `lines(node)` stand in its box, `look` holds Graphviz's graph attributes."""
    g = _digraph(title)
    g.attr(**look)
    bold = {"color": ORANGE, "penwidth": "2.5"}
    passed_by = {"color": GRADIENT, "penwidth": "2.5"}
    back = passed_by | {"dir": "back"}
    for n in nodes:
        leaf = not n.inputs
        fill = MARK_FILL if n.index in marked else LEAF_FILL if leaf else "white"
        style = {"style": "filled", "color": BLUE} if leaf else {"style": "filled,rounded"}
        style |= {"fillcolor": fill, "class": "value" if n.labelled else "value unnamed"}
        style |= passed_by if n.index in on_path else {}
        style |= bold if n.index in marked else {}
        style |= {"peripheries": "2"} if n.index in marked else {}
        name, *rest = lines(n)
        if len(name) > max(map(len, rest)):  # it will be bold: wider than Graphviz takes it to be
            style["margin"] = f"{0.13 + 0.0095 * len(name):.3f},0.06"
        g.node(n.id, _label(name, *rest), **style)
        if leaf:
            continue
        op, passed = f"o{n.id[1:]}", n.index in on_path and not on_path.isdisjoint(n.inputs)
        g.node(op, _label(n.op), **_CIRCLE, **(passed_by if passed else {}))
        g.edge(op, n.id, **(back if passed else {}))
        for i in n.inputs:
            g.edge(nodes[i].id, op, **(back if passed and i in on_path else {}))
    return g.source


_CIRCLE = {"class": "op", "shape": "ellipse", "style": "filled", "fillcolor": OP_FILL}
_CIRCLE |= {"height": "0.35", "width": "0.45", "margin": "0.04,0.02"}


def _summary_source(result: list[str], leaves: int, title: str, kinds: Counter) -> str:
    """A large graph at a glance: leaves, one circle for each kind of operation, the result."""
    g = _digraph(title)
    label = _label(_plural(leaves, "leaf", "leaves"))
    g.node("leaves", label, style="filled", fillcolor=LEAF_FILL, color=BLUE)
    g.node("result", _label(*result), style="filled,rounded", fillcolor="white", **{"class": "value"})
    shown = kinds.most_common(12)
    rest = sum(kinds.values()) - sum(c for _, c in shown)
    for k, (kind, count) in enumerate(shown + [("other", rest)] * bool(rest)):
        g.node(f"op{k}", _label(f"{kind} × {count:,}"), **_CIRCLE)
        g.edge("leaves", f"op{k}")
        g.edge(f"op{k}", "result")
    return g.source


# ---------------------------------------------------------------- what the notebook shows


@dataclass(frozen=True)
class Drawing(Shown):
    """A picture for the notebook: an SVG where Graphviz can be reached, always an outline in words.

    `svg()` is the picture, `outline()` the text, `alt` one sentence for readers who don't see the picture,
    `save("graph.pdf")` stores it as SVG, PNG or PDF, `dot_source` is the description that Graphviz lays out.
    Made by `draw` and `render`; it keeps the numbers of the moment it was made.
    """

    dot_source: str
    alt: str
    text: str
    title: str = ""
    width: float = field(default=WIDEST, kw_only=True)
    rows: bool = field(default=False, kw_only=True)

    def outline(self) -> str:
        """The text form. It depends on the graph alone, so that stored outputs can be compared."""
        return self.text

    def svg(self) -> str:
        """The picture as SVG. Raises `RenderError`, with the remedy, where no Graphviz can draw it."""
        return self._svg

    @cached_property
    def _svg(self) -> str:
        root = layout(self.dot_source)
        root = in_rows(root, self.width) if self.rows else root
        return finish_svg(root, self.alt, self.title, self.width)

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        try:
            data = {"image/svg+xml": self.svg(), "text/plain": self.text}
            return data, {"image/svg+xml": {"unconfined": True}}  # JupyterLab scrolls, not shrinks
        except RenderError as problem:
            note = f"<p><em>No picture: {html_escape(str(problem))}</em></p>"
            return {"text/html": f"{note}<pre>{html_escape(self.text)}</pre>", "text/plain": self.text}, {}

    def words(self) -> str:
        """The sentence and the outline, in HTML."""
        return in_words(self.alt, self.text)

    def _write(self, path, kind: str):
        if kind == ".svg":
            Path(path).write_text(self.svg(), encoding="utf-8")
        else:
            from micrograd_lite.figures.style import write_figure
            from micrograd_lite.figures.svg import figure_of

            write_figure(figure_of(ET.fromstring(self.svg())), path, kind, self.alt)

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


def draw(
    thing, *, highlight=None, path=None, title=None, alt=None, inputs=None, limit=LIMIT, width=WIDEST
) -> Drawing:
    """Draw the computation graph under `thing`, a Value (or list of Values), a Neuron, a Layer or an MLP.

    A Tensor is drawn as a Value is, with shapes in place of numbers.

    - `highlight`: a Value of the graph (or a list of them), shown with a double frame.
    - `path`: a Value of the graph; every way a gradient takes from the result back to it is drawn thick, with
      arrows that point backwards.
    - `title` stands above the picture. `alt` replaces the sentence that describes it.
    - `inputs`: the numbers (or Values) a Neuron, Layer or MLP is called with; all 1 if not given.
    - `limit`: with more boxes and circles than this, a summary is drawn instead, and says so.
    - `width`: the pixels that the page has. No letter is drawn smaller than 10 pixels: a long graph goes on
      in a new row, a large one is scrolled.

    Boxes with square corners are leaves (inputs, parameters), round corners are results. A value without a
    label is called v1, v2, … by its position. Numbers have four significant digits.
    Raises `TypeError` for something that is no graph, `ValueError` for a Value that is not part of the graph.
    """
    _check_width(width)
    names = {}
    if isinstance(thing, type):
        raise TypeError(f"draw expects an object, got the class {thing.__name__}: {_HOW_TO_MAKE_ONE}")
    if callable(thing) and hasattr(thing, "parameters"):
        thing, names = _from_module(thing, inputs)
    elif inputs is not None:
        raise TypeError("inputs= is for a Neuron, Layer or MLP; a Value's graph already has its inputs")
    values = _in_order(_as_roots(thing))
    chosen = _as_list(highlight) + ([] if path is None else [path])
    _check_part_of(values, chosen)
    facts, kinds = _facts(values)
    size = len(values) + sum(kinds.values())
    if size > limit:
        return _summary(values, facts, kinds, size, limit, title, alt, width)
    nodes = _nodes(values, names)
    at = {id(n.value): n.index for n in nodes}
    marked = {at[id(v)] for v in _as_list(highlight)}
    on_path = set() if path is None else _way_back(nodes, at[id(path)])
    sentence = f"Computation graph of {_results(nodes)}: {facts}."
    if marked:
        sentence += f" Highlighted: {', '.join(nodes[i].name for i in sorted(marked))}."
    if on_path:
        way = ", ".join(nodes[i].name for i in sorted(on_path, reverse=True))
        sentence += f" The gradient's way back: {way}."
    source = graph_source(nodes, title, marked, on_path)
    return Drawing(source, alt or sentence, _outline(nodes), title or "", width=width, rows=True)


_HOW_TO_MAKE_ONE = "make one first, as in draw(Value(2.0) * 3) or draw(Neuron(2))"


def _check_width(width):
    if isinstance(width, bool) or not isinstance(width, Real) or not 100 <= width < math.inf:
        raise ValueError(f"width= is the pixels that the page has, 100 or more; got {width!r}")


def _summary(values, facts, kinds, size, limit, title, alt, width) -> Drawing:
    result = values[-1]
    name = _clean(getattr(result, "label", "")) or f"v{len(values)}"
    note = f"too large to draw: {size:,} boxes and circles, the limit is {limit:,}"
    text = f"Computation graph of {name} = {number(result.data)}: {facts}; {note}"
    heading = f"{title}: {note}" if title else note
    leaves = len(values) - sum(kinds.values())
    lines = [name, f"data {number(result.data)}", f"grad {number(result.grad)}"]
    source = _summary_source(lines, leaves, heading, kinds)
    return Drawing(source, alt or f"{text}.", text, title or "", width=width)


def render(source, *, alt: str, outline: str, title: str = "") -> Drawing:
    """Show a picture given in Graphviz's language: a string, a `graphviz.Digraph`, `Graph` or `Source`.

    `outline` is its text form (shown where there is no Graphviz, kept in stored outputs), `alt` one sentence.
    A source that Graphviz cannot read gives the outline, with Graphviz's complaint above it.
    """
    text = source if isinstance(source, str) else getattr(source, "source", None)
    if not isinstance(text, str):
        kind = type(source).__name__
        raise TypeError(f"render expects Graphviz source (a string or a graphviz graph), got {kind}")
    return Drawing(text, alt, outline, title)


def _results(nodes: list[Node]) -> str:
    used = {i for n in nodes for i in n.inputs}
    return ", ".join(f"{n.name} = {number(n.data)}" for n in nodes if n.index not in used)


def _as_list(x) -> list:
    return [] if x is None else list(x) if isinstance(x, (list, tuple)) else [x]


def _check_part_of(values: list, chosen: list):
    known = {id(v) for v in values}
    for v in chosen:
        if id(v) not in known:
            raise ValueError(f"highlight= and path= take Values of the drawn graph; {v!r} is not part of it")


def _way_back(nodes: list[Node], target: int) -> set[int]:
    """The values a gradient passes on its way from the result back to `target`: those that depend on it."""
    way = {target}
    for n in nodes:
        if not way.isdisjoint(n.inputs):
            way.add(n.index)
    return way


# ---------------------------------------------------------------- Graphviz at work


def layout(source: str) -> ET.Element:
    """Graphviz's SVG of `source` as an element tree. Raises `RenderError` where it cannot be drawn."""
    plain, originals, code = _in_plain_letters(source)
    svg = code.sub(lambda m: originals.get(m[0], m[0]), _graphviz(plain))
    ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    try:
        root = ET.fromstring(svg.replace(' xmlns="http://www.w3.org/2000/svg"', "", 1))
    except ET.ParseError as problem:
        raise RenderError(f"Graphviz gave a picture that is no valid SVG ({problem})") from problem
    for text in root.iter("text"):
        if text.get("font-family", "").startswith(MEASURED):
            text.set("font-family", FONT)
    return root


def _graphviz(source: str) -> str:
    """What the program makes of a source in ASCII."""
    fonts = [f"-{part}fontname={MEASURED}" for part in "GNE"]
    try:
        done = subprocess.run(
            [_program(), "-Tsvg", *fonts],
            input=source.encode("ascii"),
            capture_output=True,
            timeout=TIMEOUT,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows: no black window
        )
    except subprocess.TimeoutExpired as problem:
        raise RenderError(f"Graphviz took longer than {TIMEOUT:g} seconds and was stopped") from problem
    except OSError as problem:
        raise RenderError(f"the program graphviz-pure cannot be started ({problem.strerror})") from problem
    if done.returncode or not done.stdout:
        lines = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
        raise RenderError(
            f"Graphviz cannot draw this: {lines[0].strip()[:200] if lines else 'it does not say why'}"
        )
    return done.stdout.decode("utf-8", "replace")


def _program() -> str:
    """The path of `graphviz-pure`: where pip has put it, or on the PATH."""
    try:
        files = metadata.files("graphviz-pure") or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.stem == "graphviz-pure" and (path := file.locate()).is_file():
            return str(path)
    found = shutil.which("graphviz-pure")
    if found is None:
        raise RenderError(
            "Graphviz is missing: there is no program graphviz-pure. "
            "Remedy: python -m pip install graphviz-pure, then restart the kernel."
        )
    return found


_OTHER_LETTERS = re.compile(r"[^\x00-\x7f]+")
_NARROW = 0.278  # em: the width of i, j and l in MEASURED


def _in_plain_letters(source: str) -> tuple[str, dict[str, str], re.Pattern]:
    """The source in ASCII, what its codes stand for, and how a code looks.

    Graphviz knows no width for the letters of other scripts. Each run of them is replaced, while the picture
    is laid out, by a code that is as wide: narrow letters between two marks that the source doesn't have.
    """
    marks = ("".join(letters) for n in range(1, 9) for letters in product("JIZQXYVKWU", repeat=n))
    mark = next(m for m in marks if m not in source)
    codes, used = {}, Counter()
    for run in dict.fromkeys(_OTHER_LETTERS.findall(source)):
        letters = max(1, math.ceil(_width(run) / _NARROW) - 2)
        while used[letters] == 3**letters:
            letters += 1
        digits = (used[letters] // 3**k % 3 for k in range(letters))
        codes[run] = f"{mark}{''.join('ijl'[d] for d in digits)}{mark}"
        used[letters] += 1
    plain = _OTHER_LETTERS.sub(lambda m: codes[m[0]], source)
    return plain, {code: run for run, code in codes.items()}, re.compile(f"{mark}[ijl]+{mark}")


def _width(text: str) -> float:
    """An upper bound for the width of the text, in em, whatever font the page finds for it."""
    return sum(_width_of_letter(letter) for letter in text)


def _width_of_letter(letter: str) -> float:
    kind = unicodedata.category(letter)
    if kind in ("Mn", "Me", "Cf"):  # accents and joiners stand on or between other letters
        return 0.0
    wide = unicodedata.east_asian_width(letter) in "WF"
    return 1.4 if wide and kind == "So" else 1.0 if wide or kind == "So" else 0.85  # So: emoji, arrows, ▶


# ---------------------------------------------------------------- the picture on the page


def finish_svg(root: ET.Element, alt: str, title: str = "", width: float = WIDEST) -> str:
    """The element tree as text for a page: alternative text, size in pixels, no ids (pages hold several).

    It becomes at most `width` pixels wide, as long as no letter is smaller than `SMALLEST`.
    Done twice, it does no harm: the backprop stepper restyles one tree again and again.
    """
    for group in root.iter("g"):
        group.attrib.pop("id", None)
        for inner in group.findall("title"):
            group.remove(inner)
        texts = group.findall("text")
        if texts and "value" in group.get("class", "").split():
            unnamed = {"font-style": "italic", "fill": GREY}
            texts[0].attrib.update(unnamed if "unnamed" in group.get("class") else {"font-weight": "bold"})
    for tag, text in (("desc", alt), ("title", title or alt.split(":")[0].rstrip("."))):
        element = root.find(tag)
        if element is None:
            element = ET.Element(tag)
            root.insert(0, element)
        element.text = _clean_title(text)
    least = SMALLEST / _smallest_letter(root)
    wide, high = map(float, root.get("viewBox").split()[2:])
    scale = max(least, min(SCALE, width / wide))
    root.attrib.update({"width": f"{math.ceil(scale * wide)}", "height": f"{math.ceil(scale * high)}"})
    root.attrib.update({"role": "img", "aria-label": _clean_title(alt)})
    narrowest = (
        f"min-width:{math.ceil(least * wide)}px"  # a narrow window scrolls before letters get too small
    )
    root.set("style", f"max-width:100%;{narrowest};height:auto;background:white")
    root.set("xmlns", "http://www.w3.org/2000/svg")
    return ET.tostring(root, encoding="unicode")


def _smallest_letter(root: ET.Element) -> float:
    """The smallest font size of the picture, in its own units."""
    return min((float(text.get("font-size", 14)) for text in root.iter("text")), default=12.0)


def in_rows(root: ET.Element, width: float) -> ET.Element:
    """A picture that is too long for one row of `width` pixels goes on in the next, as text does.

    It is cut between the columns of boxes and circles; a line that crosses a cut ends there and goes on in
    the row below. A picture that fits, or is too high for rows, is returned as it is.
    """
    letter = _smallest_letter(root)
    wide, high = map(float, root.get("viewBox").split()[2:])
    if wide * SMALLEST / letter <= width or high * SMALLEST / letter > LOWEST_ROW:
        return root
    graph = root.find("g")
    shapes = [(part, _box_of(part)) for part in graph.findall("g")]
    columns = _columns([box for part, box in shapes if part.get("class").split()[0] == "node"])
    rows = _rows(columns, width * letter / IN_ROWS)
    widest = max(right - left for left, right in rows)
    page = ET.Element("svg")
    top = _title_of_rows(page, graph, widest)
    for left, right in rows:
        inside = [(part, (x0, y0, x1, y1)) for part, (x0, y0, x1, y1) in shapes if x1 > left and x0 < right]
        y0 = min(box[1] for _, box in inside) - 4
        size = max(box[3] for _, box in inside) + 4 - y0
        frame = {"x": "0", "y": f"{top:g}", "width": f"{right - left:g}", "height": f"{size:g}"}
        row = ET.SubElement(page, "svg", frame | {"viewBox": f"{left:g} {y0:g} {right - left:g} {size:g}"})
        row.extend(copy.deepcopy(part) for part, _ in inside)
        top += size + 14
    page.set("viewBox", f"0 0 {widest:g} {top - 14:g}")
    paper = f"0,0 {widest:g},0 {widest:g},{top:g} 0,{top:g}"
    page.insert(0, ET.Element("polygon", {"points": paper, "fill": "white", "stroke": "none"}))
    return page


def _title_of_rows(page: ET.Element, graph: ET.Element, width: float) -> float:
    """Put the title of the graph at the top left of the page; -> where the first row begins."""
    title = graph.find("text")
    if title is None:
        return 0.0
    size = float(title.get("font-size"))
    letter = size * max(0.62, _width(title.text) / len(title.text))
    top = 0.2 * size
    for line in textwrap.wrap(title.text, int((width - 8) / letter)):
        top += 1.2 * size
        page.append(copy.deepcopy(title))
        page[-1].text = line
        page[-1].attrib.update({"x": "4", "y": f"{top:g}", "text-anchor": "start"})
    return top + 0.6 * size


def _box_of(part: ET.Element) -> tuple[float, float, float, float]:
    """The corners of a node or an edge of Graphviz's SVG: left, top, right, bottom."""
    xs, ys = [], []
    for shape in part.iter():
        if shape.tag == "ellipse":
            cx, cy, rx, ry = (float(shape.get(name)) for name in ("cx", "cy", "rx", "ry"))
            xs, ys = [*xs, cx - rx, cx + rx], [*ys, cy - ry, cy + ry]
        for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", shape.get("points") or shape.get("d") or ""):
            xs.append(float(x))
            ys.append(float(y))
    return min(xs), min(ys), max(xs), max(ys)


def _columns(boxes) -> list[tuple[float, float]]:
    """From where to where boxes stand, from left to right: what overlaps is one column."""
    columns = []
    for left, _, right, _ in sorted(boxes):
        if columns and left <= columns[-1][1]:
            columns[-1] = (columns[-1][0], max(right, columns[-1][1]))
        else:
            columns.append((left, right))
    return columns


def _rows(columns, room: float) -> list[tuple[float, float]]:
    """The columns in rows of at most `room`, cut halfway between two columns."""
    cuts = [(a[1] + b[0]) / 2 for a, b in pairwise(columns)]
    ends = [*cuts, columns[-1][1] + 4]
    rows, left = [], columns[0][0] - 4
    for k, end in enumerate(ends):
        if k + 1 == len(ends) or ends[k + 1] - left > room:
            rows.append((left, end))
            left = end
    return rows
