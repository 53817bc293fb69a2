"""The backprop stepper: forward and backward pass over a graph, one node at a time.

`stepper_frame(value, k)` is step k as a picture and as text, `BackpropStepper(value)` the widget around it.
The steps themselves are worked out in `backward_trace`; here they get their looks. Graphviz lays a graph out
once, a step restyles that picture.
"""

import math
import re
from dataclasses import dataclass
from functools import cached_property
from html import escape
from xml.etree import ElementTree as ET

import ipywidgets as widgets

from micrograd_lite.backward_trace import (
    BUGS,
    Step,
    Trace,
    added_text,
    factor,
    heading,
    judge,
    local_text,
    remarks,
    trace,
)
from micrograd_lite.colours import BLUE, GRADIENT, GREEN, ORANGE
from micrograd_lite.engine import Value
from micrograd_lite.graph import (
    FONT,
    GREY,
    LEAF_FILL,
    MARK_FILL,
    WIDEST,
    Drawing,
    Node,
    RenderError,
    finish_svg,
    graph_source,
    layout,
    number,
)
from micrograd_lite.widgets.base import SMALLEST
from micrograd_lite.widgets.panel import Panel

__all__ = ["BackpropStepper", "stepper_frame"]


# ---------------------------------------------------------------- a step as a picture


class Scene:
    """The graph laid out once; `paint` restyles that one picture for any step."""

    def __init__(self, traces: list[Trace]):
        self.nodes = traces[0].nodes
        widest = [self._widest(node, traces) for node in self.nodes]
        self.source = graph_source(
            self.nodes,
            lines=lambda n: [f"▶ {n.name}", f"data {number(n.data)}", widest[n.index]],
            ranksep="0.7",
        )

    @staticmethod
    def _widest(node: Node, traces: list[Trace]) -> str:
        """The longest third line the node will ever show, so that its box fits every step."""
        texts = {f"grad {number(s.grads[node.index])}" for t in traces for s in t.steps}
        texts |= {_wrong_text(t, node.index) for t in traces if node.index in t.wrong}
        return max(texts, key=lambda text: (len(text), text))

    @cached_property
    def _picture(self):
        """The element tree and its parts: boxes, circles, edges into and out of circles, by node."""
        root = layout(self.source)
        groups = {}
        for group in root.iter("g"):
            title = group.findtext("title")
            if title:
                groups.setdefault(title, []).append(group)
        boxes = [groups[n.id][0] for n in self.nodes]
        circles, into, out_of = {}, {}, {}
        for n in (n for n in self.nodes if n.inputs):
            op = f"o{n.id[1:]}"
            circles[n.index] = groups[op][0]
            out_of[n.index] = _Edge(groups[f"{op}->{n.id}"][0])
            for slot, i in enumerate(n.inputs):
                into[n.index, slot] = _Edge(groups[f"{self.nodes[i].id}->{op}"].pop(0))
        return root, boxes, circles, into, out_of

    def paint(self, run: Trace, k: int) -> str:
        """Step k as SVG."""
        root, boxes, circles, into, out_of = self._picture
        step = run.steps[k]
        reached = run.reached(k)
        for node, box in zip(self.nodes, boxes, strict=True):
            _paint_box(box, node, run, step, node.index in reached)
        back = step.phase == "backward"
        for index, circle in circles.items():
            lit = index == step.node and step.phase in ("forward", "backward")
            known = index < step.computed
            _paint_shape(circle, ORANGE if lit else GREY if known else PALE, 2.5 if lit else 1)
            circle.find("text").set("fill", "black" if known else PALE_TEXT)
            out_of[index].paint(lit, back, known, number(step.additions[0].upstream) if lit and back else "")
        for (index, slot), edge in into.items():
            lit = index == step.node and step.phase in ("forward", "backward")
            label = f"×{factor(step.additions[slot].local)}" if lit and back else ""
            edge.paint(lit, back, index < step.computed, label)
        text = run.text(k)
        svg = finish_svg(root, " ".join(text.split()), text.splitlines()[0])
        return _enlarged(svg)


def _enlarged(svg: str) -> str:
    """A small graph is shown up to a quarter larger, to be read from the back of a room."""
    width, height = (int(re.search(rf' {name}="(\d+)"', svg)[1]) for name in ("width", "height"))
    scale = max(1.0, min(1.25, WIDEST / width, 420 / height))
    svg = svg.replace(f' width="{width}"', f' width="{scale * width:.0f}"', 1)
    return svg.replace(f' height="{height}"', f' height="{scale * height:.0f}"', 1)


PALE, PALE_TEXT = "#8A8A8A", "#6B6B6B"  # what is not known yet: lines 3 : 1 on white, letters 4.5 : 1
RECEIVER_FILL = "#FBEFF3"
GREEN_TEXT = "#00664B"  # the hue of GREEN, dark enough to read on white


def _wrong_text(run: Trace, index: int) -> str:
    return f"grad {number(run.steps[-1].grads[index])}, not {number(run.correct[index])}"


def _paint_box(box: ET.Element, node: Node, run: Trace, step: Step, reached: bool):
    known = node.index < step.computed
    current = node.index == step.node and step.phase != "done"
    receives = any(a.target == node.index for a in step.additions)
    complete = node.index in step.complete
    wrong = step.phase == "done" and node.index in run.wrong
    fill = LEAF_FILL if not node.inputs and known else "white"
    if current:
        _paint_shape(box, ORANGE, 3.5, MARK_FILL)
    elif receives or wrong:
        _paint_shape(box, GRADIENT, 2.5, RECEIVER_FILL, dash="6,3")
    elif complete:
        _paint_shape(box, GREEN, 2, fill)
    else:
        _paint_shape(box, (GREY if node.inputs else BLUE) if known else PALE, 1, fill, "" if known else "3,3")
    name, data, grad = box.findall("text")
    name.text = f"▶ {node.name}" if current else node.name
    data.text = f"data {number(node.data)}" if known else "data ?"
    grad.text = _wrong_text(run, node.index) if wrong else f"grad {number(step.grads[node.index])}"
    name.set("opacity", "1" if known else "0.6")
    data.set("fill", "black" if known else PALE_TEXT)
    colour = "black" if reached else PALE_TEXT
    grad.set("fill", GRADIENT if receives or wrong else GREEN_TEXT if complete else colour)
    grad.set("font-weight", "bold" if complete or receives or wrong else "normal")


def _paint_shape(group: ET.Element, stroke: str, width: float, fill: str = "", dash: str = ""):
    for shape in group:
        if shape.tag in ("polygon", "path", "ellipse"):
            shape.attrib.update(
                {"stroke": stroke, "stroke-width": f"{width:g}", "stroke-dasharray": dash or "none"}
            )
            if fill:
                shape.set("fill", fill)


class _Edge:
    """An edge of the picture: its line, its arrow forward, an arrow back and a label halfway."""

    def __init__(self, group: ET.Element):
        self.line, self.head = group.find("path"), group.find("polygon")
        points = [
            tuple(map(float, p.split(","))) for p in re.findall(r"-?[\d.]+,-?[\d.]+", self.line.get("d"))
        ]
        tip = self.head.get("points").split()[1]
        self.short, self.long = self.line.get("d"), f"{self.line.get('d')}L{tip}"
        self.tail = ET.SubElement(group, "polygon", points=_arrow(points[0], points[1]))
        x, y = _halfway(points)
        self.label = ET.SubElement(group, "text", {"x": f"{x:.1f}", "y": f"{y - 3:.1f}", **_LABEL})

    def paint(self, lit: bool, back: bool, known: bool, label: str):
        colour, width = (GRADIENT if back else ORANGE, "2.5") if lit else (GREY if known else PALE, "1")
        self.line.attrib.update(
            {"stroke": colour, "stroke-width": width, "d": self.long if lit and back else self.short}
        )
        self.head.attrib.update(
            {"stroke": colour, "fill": colour, "display": "none" if lit and back else "inline"}
        )
        self.tail.attrib.update(
            {"stroke": colour, "fill": colour, "display": "inline" if lit and back else "none"}
        )
        self.label.text = label


_LABEL = {
    "text-anchor": "middle", "font-family": FONT, "font-size": "12", "font-weight": "bold", "fill": GRADIENT,
    "stroke": "white", "stroke-width": "3", "paint-order": "stroke",
}  # fmt: skip


def _arrow(tip, towards) -> str:
    """A triangle with its tip at the start of a line."""
    dx, dy = towards[0] - tip[0], towards[1] - tip[1]
    length = math.hypot(dx, dy) or 1.0
    ux, uy = dx / length, dy / length
    bx, by = tip[0] + 9 * ux, tip[1] + 9 * uy
    corners = (tip, (bx - 4 * uy, by + 4 * ux), (bx + 4 * uy, by - 4 * ux))
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)


def _halfway(points) -> tuple[float, float]:
    """Where a chain of cubic curves, given by its control points, is about halfway from left to right."""
    middle = 0.45 * points[0][0] + 0.55 * points[-1][0]
    curves = [points[i : i + 4] for i in range(0, len(points) - 3, 3)]
    dots = [_on_curve(curve, t / 8) for curve in curves for t in range(9)]
    return min(dots, key=lambda dot: abs(dot[0] - middle))


def _on_curve(curve, t: float) -> tuple[float, float]:
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    x, y = (sum(w * p[axis] for w, p in zip(weights, curve, strict=True)) for axis in (0, 1))
    return x, y


@dataclass(frozen=True, repr=False)
class Frame(Drawing):
    """One step as a `Drawing`: SVG, outline (the step in words), alternative text."""

    scene: Scene = None
    trace: Trace = None
    k: int = 0

    @cached_property
    def _svg(self) -> str:
        return self.scene.paint(self.trace, self.k)


def _frame(scene: Scene, run: Trace, k: int) -> Frame:
    text = run.text(k)
    return Frame(scene.source, " ".join(text.split()), text, text.splitlines()[0], scene, run, k)


def stepper_frame(value: Value, k: int, bug: str | None = None) -> Frame:
    """Step `k` (from 0; -1 is the last) of the stepper over `value`, as a static picture and as text.

    `bug` and the errors are those of `trace`; a step that does not exist is an `IndexError`.
    """
    run = trace(value, bug)
    return _frame(Scene([run]), run, _existing(run, k))


def _existing(run: Trace, k: int) -> int:
    """`k`, counted from 0, if there is such a step."""
    if not isinstance(k, int) or isinstance(k, bool):
        raise TypeError(f"a step is a whole number, got {type(k).__name__}: {k!r}")
    if not -len(run.steps) <= k < len(run.steps):
        raise IndexError(f"there is no step {k}: this graph has steps 0 to {len(run.steps) - 1}")
    return k % len(run.steps)


# ---------------------------------------------------------------- the widget


_PANEL = "line-height:1.45;color:var(--jp-content-font-color1,#222)"
_CELL = "padding:2px 14px 2px 0;text-align:left;white-space:nowrap"


def _explanation(run: Trace, k: int) -> str:
    """Step k as HTML: a heading, what is added where, remarks."""
    step, nodes = run.steps[k], run.nodes
    lead = f"Step {k} of {len(run.steps) - 1} · {step.phase}"
    lines = [f"<div><strong>{lead}</strong> &nbsp; {escape(heading(run, step))}</div>"]
    if step.phase == "backward":
        name = nodes[step.node].name
        up = f"∂{run.result}/∂{name} = {number(step.additions[0].upstream)}"
        lines.append(f"<div>Upstream gradient: <strong>{escape(up)}</strong></div>")
        rows = [("input", "local derivative", "upstream × local", "its grad")]
        for a in step.additions:
            product = f"{factor(a.upstream)} × {factor(a.local)} = {number(a.product)}"
            rows.append((nodes[a.target].name, local_text(run, step, a), product, added_text(run, a)))
        lines.append(_table(rows))
    warnings = [a.note for a in step.additions if a.note] + ([step.note] if step.note else [])
    lines += [f"<div><strong>⚠ Here the numbers part:</strong> {escape(w)}.</div>" for w in warnings]
    lines += [f"<div>{escape(s)}</div>" for s in remarks(run, step)]
    return f'<div style="{_PANEL}">{"".join(lines)}</div>'


def _table(rows: list[tuple]) -> str:
    head = "".join(f'<th scope="col" style="{_CELL}">{escape(c)}</th>' for c in rows[0])
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{escape(c)}</td>' for c in r) + "</tr>" for r in rows[1:]
    )
    return f'<table style="border-collapse:collapse;margin:4px 0"><tr>{head}</tr>{body}</table>'


_LEGEND = (
    "▶ thick frame: current node · dashed frame: receives a share · green frame, bold grad: complete · "
    "on the arrows: upstream gradient, × local derivative"
)


class BackpropStepper(Panel):
    """Step through the forward and backward pass over the graph of a Value (up to 60 values).

    Buttons and the slider work with mouse and keyboard (Tab, Enter, arrow keys). `step` is the step shown
    first, `bug` the run: None, "assign" or "no-sort". The graph is never changed; gradients start from 0.
    Raises what `trace` raises.
    """

    def __init__(self, value: Value, *, step: int = 0, bug: str | None = None):
        if bug not in BUGS:
            raise ValueError(f"bug is None, 'assign' or 'no-sort', got {bug!r}")
        self._traces = {b: trace(value, b) for b in BUGS}
        self._scene = Scene(list(self._traces.values()))
        self._make_controls(_existing(self._traces[bug], step), bug)
        self._connect()
        bar = widgets.Layout(flex_flow="row wrap", align_items="center")
        super().__init__(
            [
                widgets.HBox(
                    [self.first, self.previous, self.next, self.last, self.play, self.speed, self.ticker],
                    layout=bar,
                ),
                widgets.HBox([self.slider, self.what_if, self.predict], layout=bar),
                self.picture,
                widgets.HTML(f'<div style="{_PANEL};font-size:smaller">{_LEGEND}</div>'),
                self.question,
                self.explanation,
            ],
            picture=self.picture,
            says=[self.verdict, self.explanation],
        )
        self._show()

    def _make_controls(self, step: int, bug: str | None):
        def button(text, icon, tip, kind=widgets.Button):
            return kind(description=text, icon=icon, tooltip=tip, layout=widgets.Layout(width="100px"))

        last = len(self._traces[bug].steps) - 1
        wide = {"description_width": "initial"}
        self.first = button("First", "fast-backward", "Go to the first step")
        self.previous = button("Previous", "step-backward", "Go one step back")
        self.next = button("Next", "step-forward", "Go one step on")
        self.last = button("Last", "fast-forward", "Go to the last step")
        self.play = button("Play", "play", "Go on by itself, or stop", widgets.ToggleButton)
        hidden = widgets.Layout(display="none")  # its own buttons carry no words; `play` is the button for it
        self.ticker = widgets.Play(min=0, max=last, value=step, interval=1500, layout=hidden)
        speeds = [("slow", 3000), ("normal", 1500), ("fast", 500)]
        self.speed = widgets.Dropdown(
            options=speeds, value=1500, description="Speed", tooltip="How fast Play goes", style=wide,
            layout=widgets.Layout(width="140px"),
        )  # fmt: skip
        self.slider = widgets.IntSlider(
            min=0, max=last, value=step, description="Step", tooltip="Jump to a step", style=wide,
            layout=widgets.Layout(width="420px"),
        )  # fmt: skip
        self.what_if = widgets.Dropdown(
            options=[(text, b or "correct") for b, text in BUGS.items()], value=bug or "correct", style=wide,
            description="What if",
            tooltip="The same graph, with a classic bug", layout=widgets.Layout(width="330px"),
        )  # fmt: skip
        self.predict = widgets.Checkbox(
            value=False, description="Predict first", indent=False, layout=widgets.Layout(width="130px"),
            tooltip="Enter a gradient before it is shown",
        )  # fmt: skip
        self.asked = widgets.Dropdown(
            options=[], description="Gradient of", style=wide, tooltip="Which gradient?"
        )
        self.answer = widgets.Text(
            description="is", placeholder="a number, then Enter", continuous_update=False, style=wide,
            tooltip="Your prediction: a number such as -0.25 or 1/3", layout=widgets.Layout(width="220px"),
        )  # fmt: skip
        self.check = button("Check", "check", "Judge the number you entered")
        self.verdict = widgets.HTML()
        self.picture = widgets.HTML()
        self.question = widgets.VBox()
        self.explanation = widgets.HTML()

    def _connect(self):
        self.first.on_click(lambda _: self.go(0))
        self.previous.on_click(lambda _: self.go(self.k - 1))
        self.next.on_click(lambda _: self.go(self.k + 1))
        self.last.on_click(lambda _: self.go(self.slider.max))
        widgets.link((self.ticker, "value"), (self.slider, "value"))
        widgets.link((self.ticker, "playing"), (self.play, "value"))
        widgets.link((self.ticker, "interval"), (self.speed, "value"))
        self.play.observe(lambda change: self._play(change.new), "value")
        self.slider.observe(lambda _: self._show(), "value")
        self.what_if.observe(self._change_run, "value")
        self.predict.observe(lambda _: self._show(), "value")
        self.asked.observe(lambda _: self._clear(), "value")
        self.answer.observe(lambda _: self._judge(), "value")
        self.check.on_click(lambda _: self._judge())

    @property
    def k(self) -> int:
        """The step that is shown, from 0."""
        return self.slider.value

    @property
    def trace(self) -> Trace:
        """The run that is shown."""
        return self._traces[None if self.what_if.value == "correct" else self.what_if.value]

    def go(self, k: int):
        """Show step k; before the first and after the last there is none."""
        self.slider.value = min(max(k, 0), self.slider.max)

    def _play(self, on: bool):
        self.busy = on
        self.play.description, self.play.icon = ("Pause", "pause") if on else ("Play", "play")
        if on and self.k == self.slider.max:
            self.go(0)

    def _change_run(self, _):
        last = len(self.trace.steps) - 1
        changed = self.k > last  # then the slider moves, and that shows the step
        self.ticker.max = self.slider.max = last
        if not changed:
            self._show()

    def _show(self):
        run, k = self.trace, self.k
        self.picture.value = _picture_html(_frame(self._scene, run, k))
        self.explanation.value = _explanation(run, k)
        self._ask()

    def _ask(self):
        """The question for the next step, if there is one."""
        if not self.predict.value:
            self.question.children = ()
            return
        run, hint = self._traces[None], widgets.HTML
        asked = [] if self.trace.bug else run.questions(self.k)
        if self.trace.bug:
            self.question.children = (
                hint("<em>Predictions are for the correct run: set “What if” back.</em>"),
            )
        elif not asked:
            self.question.children = (hint(f"<em>{escape(self._why_no_question(run))}</em>"),)
        else:
            self.asked.options = [(run.nodes[i].name, i) for i in asked]
            self.asked.index = 0
            self._clear()
            row = widgets.HBox(
                [self.asked, self.answer, self.check], layout=widgets.Layout(flex_flow="row wrap")
            )
            self.question.children = (row, self.verdict)

    def _why_no_question(self, run: Trace) -> str:
        if self.k + 1 >= len(run.steps) or run.steps[self.k + 1].phase == "done":
            return "Every gradient is there: nothing is left to predict."
        if run.steps[self.k + 1].phase == "forward":
            return f"Predictions start with the backward pass, at step {len(run.nodes)}."
        return "The next step completes no gradient: another path is still to come. Go on."

    def _clear(self):
        self.answer.value = ""
        self.verdict.value = ""

    def _judge(self):
        if not self.answer.value.strip():
            self.verdict.value = ""
            return
        verdict = judge(self._traces[None], self.asked.value, self.answer.value)
        sign = "✓" if verdict.right else "✗"
        self.verdict.value = f'<div style="{_PANEL}">{sign} {escape(verdict.message)}</div>'

    def __repr__(self):
        return f"BackpropStepper(step {self.k} of {self.slider.max}; {BUGS[self.trace.bug]})"


def _picture_html(frame: Frame) -> str:
    """The picture, not so small that it could not be read; without Graphviz, words."""
    try:
        svg = frame.svg()
    except RenderError as problem:
        return f"<p><em>No picture: {escape(str(problem))}</em></p><pre>{escape(frame.outline())}</pre>"
    width = float(re.search(r' width="(\d+)"', svg)[1])
    return svg.replace("max-width:100%;", f"max-width:100%;min-width:{SMALLEST * width:.0f}px;", 1)
