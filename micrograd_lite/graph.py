"""Computation graphs as pictures and as text (chapter 04 reads them, every chapter draws with them).

`draw(value)` shows the graph under a `Value`: one box for each value, one circle for each operation, inputs
on the left and the result on the right. `render(source)` shows a picture described in Graphviz's language.

The picture is laid out by Graphviz (Gansner et al., 1993, "A technique for drawing directed graphs"): by the
program `dot` where there is one, else by the Graphviz that the wheel of `pygraphviz` carries. The text form
of a drawing is an outline that depends on the graph alone.
"""

import atexit
import contextlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from html import escape as html_escape

import graphviz

from micrograd_lite.colours import BLUE, ORANGE
from micrograd_lite.operations import operation_of

__all__ = ["Drawing", "Node", "RenderError", "draw", "nodes_of", "number", "render"]

LIMIT = 400  # boxes and circles together; more of them are neither readable nor quick to lay out
SCALE = 1.2  # pixels on the page for a point of Graphviz: letters as large as the text around
WIDEST = 840  # pixels: what a page has beside the file browser on a screen 1280 pixels wide
TIMEOUT = 10.0  # seconds Graphviz may take for one picture

FONT = "Helvetica,Arial,sans-serif"
GREY = "#5A5A5A"
LEAF_FILL, OP_FILL, MARK_FILL = "#E6F1F8", "#F0F0F0", "#FFF1D6"


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


def number(x: float) -> str:
    """`x` with four significant digits: `0.3333`, `-2`, `1.235e+04`, `nan`, `inf`."""
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
    count = Counter(wanted)
    nodes = []
    for i, v in enumerate(values):
        own = f"v{i + 1}"
        unique = count[wanted[i]] == 1 and not re.fullmatch(r"v\d+", wanted[i])
        name = own if not wanted[i] else wanted[i] if unique else f"{wanted[i]} ({own})"
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
    if roots and all(_is_value(r) for r in roots):
        return roots
    given = f"{type(thing).__name__}: {thing!r}"
    raise TypeError(f"draw expects a Value, a list of Values, or a Neuron, Layer or MLP; got {given[:80]}")


def _clean(text) -> str:
    """One line that is legal in XML: control characters and lone surrogates become \ufffd."""
    text = " ".join(str(text).split())
    text = "".join(c if c.isprintable() or c == " " else "\ufffd" for c in text)
    return text if len(text) <= 40 else text[:39] + "…"


def _from_module(module, inputs) -> tuple[list, dict[int, str]]:
    """Call a Neuron, Layer or MLP on named inputs; name the parameters that have no label."""
    from .engine import Value

    layers = [getattr(layer, "neurons", [layer]) for layer in getattr(module, "layers", [module])]
    if not all(hasattr(neuron, "w") and hasattr(neuron, "b") for layer in layers for neuron in layer):
        kind = type(module).__name__
        raise TypeError(f"draw knows Neuron, Layer and MLP; for your {kind} draw its output: draw(model(x))")
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
    g.attr(rankdir="LR", bgcolor="white", nodesep="0.18", ranksep="0.3", fontname=FONT)
    g.attr("node", fontname=FONT, fontsize="12", shape="box", margin="0.14,0.06", color=GREY)
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
    back = bold | {"dir": "back"}
    for n in nodes:
        leaf = not n.inputs
        fill = MARK_FILL if n.index in marked else LEAF_FILL if leaf else "white"
        style = {"style": "filled", "color": BLUE} if leaf else {"style": "filled,rounded"}
        style |= {"fillcolor": fill, "class": "value" if n.labelled else "value unnamed"}
        style |= bold if n.index in on_path | marked else {}
        style |= {"peripheries": "2"} if n.index in marked else {}
        g.node(n.id, _label(*lines(n)), **style)
        if leaf:
            continue
        op, passed = f"o{n.id[1:]}", n.index in on_path and not on_path.isdisjoint(n.inputs)
        g.node(op, _label(n.op), **_CIRCLE, **(bold if passed else {}))
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
class Drawing:
    """A picture for the notebook: an SVG where Graphviz can be reached, always an outline in words.

    `svg()` is the picture, `outline()` the text, `alt` one sentence for readers who don't see the picture,
    `dot_source` the description that Graphviz lays out. Made by `draw` and `render`; it keeps the numbers of
    the moment it was made.
    """

    dot_source: str
    alt: str
    text: str
    title: str = ""

    def outline(self) -> str:
        """The text form. It depends on the graph alone, so that stored outputs can be compared."""
        return self.text

    def svg(self) -> str:
        """The picture as SVG. Raises `RenderError`, with the remedy, where no Graphviz can draw it."""
        return self._svg

    @cached_property
    def _svg(self) -> str:
        return finish_svg(layout(self.dot_source), self.alt, self.title)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        try:
            return {"image/svg+xml": self.svg(), "text/plain": self.text}
        except RenderError as problem:
            note = f"<p><em>No picture: {html_escape(str(problem))}</em></p>"
            return {"text/html": f"{note}<pre>{html_escape(self.text)}</pre>", "text/plain": self.text}

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__


def draw(thing, *, highlight=None, path=None, title=None, alt=None, inputs=None, limit=LIMIT) -> Drawing:
    """Draw the computation graph under `thing`, a Value (or list of Values), a Neuron, a Layer or an MLP.

    - `highlight`: a Value of the graph (or a list of them), shown with a double frame.
    - `path`: a Value of the graph; every way a gradient takes from the result back to it is drawn thick, with
      arrows that point backwards.
    - `title` stands above the picture. `alt` replaces the sentence that describes it.
    - `inputs`: the numbers (or Values) a Neuron, Layer or MLP is called with; all 1 if not given.
    - `limit`: with more boxes and circles than this, a summary is drawn instead, and says so.

    Boxes with square corners are leaves (inputs, parameters), round corners are results. A value without a
    label is called v1, v2, … by its position. Numbers have four significant digits.
    Raises `TypeError` for something that is no graph, `ValueError` for a Value that is not part of the graph.
    """
    names = {}
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
        return _summary(values, facts, kinds, size, limit, title, alt)
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
    return Drawing(source, alt or sentence, _outline(nodes), title or "")


def _summary(values, facts, kinds, size, limit, title, alt) -> Drawing:
    result = values[-1]
    name = _clean(getattr(result, "label", "")) or f"v{len(values)}"
    note = f"too large to draw: {size:,} boxes and circles, the limit is {limit:,}"
    text = f"Computation graph of {name} = {number(result.data)}: {facts}; {note}"
    heading = f"{title}: {note}" if title else note
    leaves = len(values) - sum(kinds.values())
    lines = [name, f"data {number(result.data)}", f"grad {number(result.grad)}"]
    return Drawing(_summary_source(lines, leaves, heading, kinds), alt or f"{text}.", text, title or "")


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


def layout(source: str, timeout: float | None = None) -> ET.Element:
    """Graphviz's SVG of `source` as an element tree: from `dot` if there is one, else from pygraphviz."""
    timeout = TIMEOUT if timeout is None else timeout
    problems = []
    dot = shutil.which("dot")
    if dot:
        try:
            return _parse(_run_dot(dot, source, timeout))
        except RenderError as problem:
            problems.append(str(problem))
            if isinstance(problem.__cause__, subprocess.TimeoutExpired):
                raise
    if importlib.util.find_spec("pygraphviz"):
        try:
            return _parse(_child.svg(source, timeout))
        except RenderError as problem:
            problems.append(str(problem))
    if problems:
        raise RenderError("; ".join(problems))
    raise RenderError(
        "Graphviz is missing: there is no program dot and no package pygraphviz. "
        "Remedy: python -m pip install 'pygraphviz>=2', then restart the kernel."
    )


def finish_svg(root: ET.Element, alt: str, title: str = "") -> str:
    """The element tree as text for a page: alternative text, size in pixels, no ids (pages hold several).

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
    width, height = (SCALE * float(size) for size in root.get("viewBox").split()[2:])
    shrink = min(1.0, WIDEST / width)
    width, height = shrink * width, shrink * height
    root.attrib.update({"width": f"{width:.0f}", "height": f"{height:.0f}"})
    root.attrib.update({"role": "img", "aria-label": _clean_title(alt)})
    root.set("style", "max-width:100%;height:auto;background:white")  # a wide graph shrinks to the page
    root.set("xmlns", "http://www.w3.org/2000/svg")
    return ET.tostring(root, encoding="unicode")


def _parse(svg: str) -> ET.Element:
    ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    try:
        return ET.fromstring(svg.replace(' xmlns="http://www.w3.org/2000/svg"', "", 1))
    except ET.ParseError as problem:
        raise RenderError(f"Graphviz gave a picture that is no valid SVG ({problem})") from problem


def _complaint(stderr: bytes) -> str:
    """The first line of Graphviz's own words that is not about fonts."""
    lines = [s for s in stderr.decode("utf-8", "replace").splitlines() if s.strip() and "ontconfig" not in s]
    return lines[0].strip()[:200] if lines else "it gave no reason"


def _run_dot(dot: str, source: str, timeout: float) -> str:
    try:
        done = subprocess.run([dot, "-Tsvg"], input=source.encode(), capture_output=True, timeout=timeout)
    except subprocess.TimeoutExpired as problem:
        raise RenderError(f"Graphviz took longer than {timeout:g} seconds and was stopped") from problem
    except OSError as problem:
        raise RenderError(f"the program dot cannot be started ({problem.strerror})") from problem
    if done.returncode or not done.stdout:
        raise RenderError(f"the program dot cannot draw this: {_complaint(done.stderr)}")
    return done.stdout.decode("utf-8", "replace")


_CHILD_PROGRAM = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)  # a kernel that is interrupted does not lose its Graphviz
read, write = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)  # whatever a library prints stays out of the answers
from pygraphviz import AGraph
while size := read.read(8):
    source = read.read(int.from_bytes(size, "big")).decode()
    try:
        with_graph = AGraph(string=source)
        answer = b"+" + with_graph.draw(format="svg", prog="dot")
        with_graph.close()
    except Exception as problem:
        answer = b"-" + str(problem).encode()
    write.write(len(answer).to_bytes(8, "big") + answer)
    write.flush()
"""


class _Child:
    """One process that holds pygraphviz's Graphviz, started at the first picture and kept warm for the next.

    A process of its own, because the wheel's fontconfig writes warnings to stderr and a crash in C must not
    end the kernel. It ends with the kernel: its standard input closes.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._process = None
        self._owner = 0

    def svg(self, source: str, timeout: float) -> str:
        with self._lock:
            fresh = self._start()
            try:
                answer = self._ask(source, timeout)
                if answer is None and not fresh:  # it died since the last picture: once more with a new one
                    self._stop()
                    self._start()
                    answer = self._ask(source, timeout)
            except BaseException:
                self._stop()
                raise
            if answer is None or answer[:1] != b"+":
                complaint = self._said()
                self._stop()
                reason = _complaint(complaint or (answer or b"-")[1:])
                raise RenderError(f"pygraphviz's Graphviz cannot draw this: {reason}")
            return answer[1:].decode("utf-8", "replace")

    def _start(self) -> bool:
        """Make sure that a process runs; True if it is a new one. A fork does not use its parent's."""
        if self._process and self._owner == os.getpid() and self._process.poll() is None:
            self._stderr.seek(0)
            self._stderr.truncate()
            return False
        if self._process and self._owner == os.getpid():
            self._stop()
        self._stderr = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", _CHILD_PROGRAM],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows: no black window
        )
        self._owner = os.getpid()
        return True

    def _ask(self, source: str, timeout: float) -> bytes | None:
        """The child's answer; None if it died."""
        process, late = self._process, threading.Event()
        timer = threading.Timer(timeout, lambda: (late.set(), process.kill()))
        timer.daemon = True
        timer.start()
        try:
            text = source.encode()
            process.stdin.write(len(text).to_bytes(8, "big") + text)
            process.stdin.flush()
            size = process.stdout.read(8)
            answer = process.stdout.read(int.from_bytes(size, "big"))
            whole = len(size) == 8 and len(answer) == int.from_bytes(size, "big")
        except OSError:  # a broken pipe: the child is gone
            whole = False
        finally:
            timer.cancel()
        if late.is_set():
            raise RenderError(f"Graphviz took longer than {timeout:g} seconds and was stopped")
        if not whole:
            process.kill()
            process.wait()
            return None
        return answer

    def _said(self) -> bytes:
        self._stderr.seek(0)
        return self._stderr.read()

    def _stop(self):
        if self._process and self._owner == os.getpid():
            self._process.kill()
            self._process.wait()
            with contextlib.suppress(OSError):  # what a dead child did not read has nowhere to go
                self._process.stdin.close()
            self._process.stdout.close()
            self._stderr.close()
        self._process = None


_child = _Child()
atexit.register(_child._stop)
