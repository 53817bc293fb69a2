"""Forward and backward pass over a graph of Values as plain data, step by step: what the stepper shows.

`trace(value)` works out every step once; the learner's graph is read and never written. `Trace.text(k)` is a
step in words; `judge` says what is right or wrong about a predicted gradient.

The steps are those of `Value.backward` (reverse-mode differentiation: Goodfellow et al. 2016, §6.5), starting
from gradients of 0. With `bug="assign"` or `bug="no-sort"` they are those of two classic mistakes.
"""

import math
import operator
from collections import Counter
from dataclasses import dataclass

from micrograd_lite.engine import Value
from micrograd_lite.graph import Node, nodes_of, number
from micrograd_lite.operations import operation_of

__all__ = [
    "BUGS",
    "Addition",
    "Step",
    "Trace",
    "Verdict",
    "added_text",
    "factor",
    "heading",
    "judge",
    "local_text",
    "remarks",
    "trace",
]

LIMIT = 60  # values; more of them are not readable on one screen
MAX_VISITS = 200  # of the walk without sorting, which may visit a node once for every path to it
TOLERANCE = 0.01  # relative: a prediction with three digits is right
BUGS = {
    None: "correct: += and topological order",
    "assign": "bug: = instead of +=",
    "no-sort": "bug: depth first, no topological sort",
}


# ---------------------------------------------------------------- what an operation means, in words


def factor(x: float) -> str:
    """A number as a factor or exponent: negative ones in parentheses."""
    return f"({number(x)})" if x < 0 else number(x)


_WORDS = {
    "+": "A sum passes the gradient on unchanged to both inputs.",
    "-": "A difference passes the gradient to its first input unchanged, to the second with the sign turned.",
    "*": "A product passes the gradient on times the other factor.",
    "dot": "dot is a neuron before its activation, w1·x1 + w2·x2 + … + b, as one node: each weight gets the "
    "gradient times its input, each input the gradient times its weight, the bias the gradient unchanged.",
    "sum": "sum adds all its inputs in one node and passes the gradient on unchanged to each.",
    "+c": "Adding a constant passes the gradient on unchanged.",
    "c-": "The sign turns, so the gradient's sign turns too.",
    "neg": "The sign turns, so the gradient's sign turns too.",
    "*c": "A constant factor multiplies the gradient too.",
    "tanh": "tanh scales the gradient by 1 − tanh²: little is left where tanh is near −1 or 1.",
    "sigmoid": "sigmoid scales the gradient by s · (1 − s), which is never above 1/4.",
    "relu": "relu lets the gradient through where its input is positive and stops it elsewhere.",
    "exp": "The slope of exp is its own value.",
}


def _kind(node: Node) -> tuple[str, float]:
    """The operation with "c" for a constant, and the constant: `a ** 3` is `("**c", 3)`, `2 / a` `("c/", 2)`.

    `a - 1` counts as `a + (-1)`. Where there is no constant it is NaN.
    """
    symbol, c, place = operation_of(node.value)
    if not place:
        return node.op, math.nan
    if place == "left":
        return f"c{symbol}", c
    return ("+c", -c) if symbol == "-" else (f"{symbol}c", c)


def _formula(node: Node, nodes: list[Node]) -> tuple[str, str]:
    """The operation with names and with numbers: `("a × b", "2 × (-3)")`."""
    names, data = [nodes[i].name for i in node.inputs], [nodes[i].data for i in node.inputs]
    kind, c = _kind(node)
    if kind in ("+", "-", "*", "/", "**") and len(data) == 2:
        sign = {"-": "−", "*": "×"}.get(kind, kind)
        return f"{names[0]} {sign} {names[1]}", f"{factor(data[0])} {sign} {factor(data[1])}"
    if kind == "dot":
        pairs, bias, constant = _dot_terms(node, nodes)
        shown = pairs if len(pairs) <= 4 else [*pairs[:2], None, pairs[-1]]
        symbols = [f"{t[0].name}·{t[1].name if t[1] else factor(t[2])}" if t else "…" for t in shown]
        numbers = [f"{factor(t[0].data)}·{factor(t[2])}" if t else "…" for t in shown]
        if bias:
            symbols, numbers = [*symbols, bias.name], [*numbers, factor(bias.data)]
        elif constant:
            symbols, numbers = [*symbols, factor(constant)], [*numbers, factor(constant)]
        return " + ".join(symbols), " + ".join(numbers)
    if kind == "sum":
        shown = list(zip(names, data, strict=True))
        shown = shown if len(shown) <= 6 else [*shown[:3], None, shown[-1]]
        return " + ".join(t[0] if t else "…" for t in shown), " + ".join(
            factor(t[1]) if t else "…" for t in shown
        )
    if len(data) == 1:
        a, x, k = names[0], data[0], factor(c)
        templates = {
            "+c": f"{{}} + {k}" if c >= 0 else f"{{}} − {number(-c)}",
            "c-": f"{k} − {{}}",
            "*c": f"{{}} × {k}",
            "/c": f"{{}} / {k}",
            "c/": f"{k} / {{}}",
            "**c": f"{{}} ** {k}",
            "c**": f"{k} ** {{}}",
            "neg": "−{}",
        }
        template = templates.get(kind)
        return (
            (template.format(a), template.format(factor(x)))
            if template
            else (f"{kind}({a})", f"{kind}({number(x)})")
        )
    return f"{kind}({', '.join(names)})", f"{kind}({', '.join(map(number, data))})"


def _dot_terms(node: Node, nodes: list[Node]):
    """The terms of a `dot` node (weight, input or None, the input's number), its bias or None, a constant.

    `dot` leaves inputs that are plain numbers out of `_prev`; the local derivative of a weight is its input.
    """
    prev, local = [nodes[i] for i in node.inputs], node.local
    for rest in (prev[-1:], []):
        n = (len(prev) - len(rest)) // 2
        even = 2 * n + len(rest) == len(prev) and (not rest or local[-1] == 1.0)
        if even and all(local[i] == prev[n + i].data and local[n + i] == prev[i].data for i in range(n)):
            pairs = [(prev[i], prev[n + i], local[i]) for i in range(n)]
            return pairs, *_bias(node, pairs, rest)
    pairs = [(w, None, x) for w, x in zip(prev, local, strict=True)]
    if local[-1] == 1.0 and _bias(node, pairs[:-1], prev[-1:])[1] == 0.0:
        return pairs[:-1], prev[-1], 0.0
    return pairs, *_bias(node, pairs, [])


def _bias(node: Node, pairs: list, rest: list[Node]) -> tuple[Node | None, float]:
    """The bias node, if there is one, and what a bias that is a plain number must have been."""
    constant = node.data - sum(w.data * x for w, _, x in pairs) - sum(r.data for r in rest)
    return rest[0] if rest else None, 0.0 if abs(constant) <= 1e-9 * max(1.0, abs(node.data)) else constant


def _rules(node: Node, nodes: list[Node]) -> list[str]:
    """For each input, the local derivative as symbols; "" where the number says it all."""
    names, data = [nodes[i].name for i in node.inputs], [nodes[i].data for i in node.inputs]
    kind, c = _kind(node)
    me, a = node.name, names[0]
    if len(names) == 2 and kind in ("*", "/", "**"):
        b = names[1]
        quotient, power = [f"1 / {b}", f"−{a} / {b}²"], [f"{b} · {a}^({b} − 1)", f"{me} · ln {a}"]
        return {"*": [b, a], "/": quotient, "**": power}[kind]
    if kind == "dot":
        pairs, _, _ = _dot_terms(node, nodes)
        rules = [x.name if x else "" for _, x, _ in pairs] + [w.name for w, x, _ in pairs if x]
        return rules + [""] * (len(names) - len(rules))
    power = {1.0: a, 2.0: f"{a}²", 3.0: f"{a}³"}.get(c - 1.0, f"{a}^{factor(c - 1.0)}")
    single = {
        "/c": f"1 / {factor(c)}",
        "c/": f"−{factor(c)} / {a}²",
        "**c": f"{factor(c)} · {power}",
        "c**": f"{me} · ln {factor(c)}",
        "exp": me,
        "log": f"1 / {a}",
        "tanh": f"1 − {me}²",
        "sigmoid": f"{me} · (1 − {me})",
        "relu": f"slope of relu where {a} {'>' if data[0] > 0 else '≤'} 0",
        "leaky_relu": f"slope of leaky relu where {a} {'>' if data[0] > 0 else '≤'} 0",
    }
    return [single.get(kind, "")] if len(names) == 1 else [""] * len(names)


# ---------------------------------------------------------------- the steps, as plain data


@dataclass(frozen=True)
class Addition:
    """What a node gives to one of its inputs: `before + upstream × local → after` (with `=`: no `before`)."""

    target: int
    slot: int
    upstream: float
    local: float
    before: float
    after: float
    rule: str  # the local derivative in symbols, or ""
    note: str = ""  # what goes wrong here; only with a bug

    @property
    def product(self) -> float:
        return self.upstream * self.local


@dataclass(frozen=True)
class Step:
    """One step. `phase` is "forward", "seed", "backward" or "done"; `grads` are those after the step."""

    k: int
    phase: str
    node: int
    computed: int  # nodes whose value is known: the first `computed` of the list
    grads: tuple[float, ...]
    complete: frozenset[int]  # nodes whose gradient has received every share
    additions: tuple[Addition, ...] = ()
    note: str = ""  # what goes wrong here; only with a bug


@dataclass(frozen=True)
class Trace:
    """All steps over one graph. `correct` holds the right gradients, by node, to compare a bug with."""

    nodes: list[Node]
    steps: list[Step]
    bug: str | None
    order: list[int]  # the inner nodes in the order of their visits
    correct: tuple[float, ...]
    stopped: bool = False  # the walk without sorting was cut off

    @property
    def result(self) -> str:
        return self.nodes[-1].name

    @property
    def wrong(self) -> list[int]:
        """Nodes that end with a wrong gradient."""
        last = self.steps[-1].grads
        return [n.index for n in self.nodes if not _same(last[n.index], self.correct[n.index])]

    @property
    def part(self) -> int | None:
        """The step at which a bug first shows."""
        return next((s.k for s in self.steps if s.note or any(a.note for a in s.additions)), None)

    def reached(self, k: int) -> set[int]:
        """Nodes that have received a gradient by step k."""
        seeded = {len(self.nodes) - 1} if k >= len(self.nodes) else set()
        return seeded | {a.target for s in self.steps[: k + 1] for a in s.additions}

    def questions(self, k: int) -> list[int]:
        """Nodes whose gradient is not complete at step k and will be after the next one."""
        if k + 1 >= len(self.steps):
            return []
        return sorted(self.steps[k + 1].complete - self.steps[k].complete)

    def text(self, k: int) -> str:
        """Step k in words."""
        return _text(self, self.steps[k])


def _same(x: float, y: float) -> bool:
    return x == y or math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-12) or (math.isnan(x) and math.isnan(y))


def trace(value: Value, bug: str | None = None) -> Trace:
    """Work out every step over the graph of `value`, from gradients of 0.

    `bug` is None, "assign" (`=` for `+=`) or "no-sort" (a depth-first walk with a stack: the last input comes
    first, every node is handled whenever it is met, no topological sort). The graph's `data` and `grad` are
    left as they are. Raises `TypeError` if `value` is no Value, `ValueError` for a graph of more than 60
    values, one whose data was changed after it was computed, or an unknown `bug`.
    """
    if not isinstance(value, Value):
        result = "pass the result, such as L in L = (a * b + c).tanh()"
        hint = "call it first: model(x)" if callable(value) else result
        given = f"{type(value).__name__}: {str(value)[:60]}"
        raise TypeError(f"the stepper expects one Value, got {given}; {hint}")
    if bug not in BUGS:
        raise ValueError(f"bug is None, 'assign' or 'no-sort', got {bug!r}")
    nodes = nodes_of(value)
    if len(nodes) > LIMIT:
        raise ValueError(
            f"this graph has {len(nodes):,} values; the stepper shows at most {LIMIT}, more cannot be read. "
            f"Step through a smaller expression, or see the whole with draw(value) from micrograd_lite.graph"
        )
    for node in nodes:
        _check(node, nodes)
    sorted_order = _sorted(nodes)
    correct = tuple(_run(nodes, sorted_order, None, None)[-1].grads)
    order = _walk(nodes) if bug == "no-sort" else sorted_order
    stopped = len(order) > MAX_VISITS
    order = order[:MAX_VISITS]
    backward = _run(nodes, order, bug, correct)
    zero = (0.0,) * len(nodes)
    forward = [Step(i, "forward", i, i + 1, zero, frozenset()) for i in range(len(nodes))]
    return Trace(nodes, forward + backward, bug, order, correct, stopped)


def _check(node: Node, nodes: list[Node]):
    if len(node.local) != len(node.inputs):
        raise ValueError(
            f"{node.name} was made by hand with _op={node.op!r}, but without a local derivative for each "
            f"input: write Value(…, _local_grads=(…))"
        )
    if node.inputs and not _still_true(node, nodes):
        numbers = _formula(node, nodes)[1]
        raise ValueError(
            f"an input of {node.name} was changed after {node.name} was computed: {numbers} is not "
            f"{number(node.data)}. Compute the expression again, then pass its result"
        )


_TWO = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "**": operator.pow}
_ONE = {
    "neg": operator.neg,
    "exp": math.exp,
    "log": math.log,
    "tanh": math.tanh,
    "sigmoid": lambda x: Value(x).sigmoid().data,
    "relu": lambda x: Value(x).relu().data,
    "+c": lambda x, c: x + c,
    "c-": lambda x, c: c - x,
    "*c": lambda x, c: x * c,
    "/c": lambda x, c: x / c,
    "c/": lambda x, c: c / x,
    "**c": lambda x, c: x**c,
    "c**": lambda x, c: c**x,
}


def _still_true(node: Node, nodes: list[Node]) -> bool:
    """Does the node's value still follow from its inputs' data? (The learner may have changed them since.)"""
    (kind, c), x = _kind(node), [nodes[i].data for i in node.inputs]
    if kind == "dot":
        return node.local[-1] != 1.0 or _dot_terms(node, nodes)[2] == 0.0  # 1: the last input is the bias
    rule = sum if kind == "sum" else (_TWO if len(x) == 2 else _ONE if len(x) == 1 else {}).get(kind)
    if rule is None:  # leaky_relu, whose alpha is not known, or an operation of the learner's own
        return True
    arguments = [x] if kind == "sum" else x if math.isnan(c) else [*x, c]
    try:
        now = rule(*arguments)
    except (ArithmeticError, ValueError):
        return False
    digits = 1e-9 if math.isnan(c) else 1e-5  # the name of the operation "+0.123457" has six digits
    largest = max((abs(v) for v in (*x, c) if math.isfinite(v)), default=0.0)
    return _same(now, node.data) or math.isclose(now, node.data, rel_tol=digits, abs_tol=digits * largest)


def _sorted(nodes: list[Node]) -> list[int]:
    """The inner nodes in the order in which `Value.backward` visits them: reversed topological order."""
    order, met, stack = [], set(), [(len(nodes) - 1, False)]
    while stack:
        index, inputs_done = stack.pop()
        if inputs_done:
            order.append(index)
        elif index not in met and nodes[index].inputs:
            met.add(index)
            stack.append((index, True))
            stack.extend((i, False) for i in nodes[index].inputs)
    return order[::-1]


def _walk(nodes: list[Node]) -> list[int]:
    """Visits of the naive walk: a stack, the last input on top, no memory of where it has been."""
    visits, stack = [], [len(nodes) - 1]
    while stack and len(visits) <= MAX_VISITS:
        node = nodes[stack.pop()]
        if node.inputs:
            visits.append(node.index)
            stack.extend(node.inputs)
    return visits


def _run(nodes: list[Node], order: list[int], bug: str | None, correct) -> list[Step]:
    """The backward phase: the seed, one step for each visit, and the end."""
    grads, root = [0.0] * len(nodes), len(nodes) - 1
    waiting = Counter(i for n in nodes for i in n.inputs)
    grads[root] = 1.0
    complete = {root}
    out = [Step(root + 1, "seed", root, len(nodes), tuple(grads), frozenset(complete))]
    visited = Counter()
    for index in order:
        node, additions = nodes[index], []
        note = _visit_note(nodes, index, grads, correct, visited[index], bug) if bug else ""
        rules = _rules(node, nodes)
        for slot, (target, local) in enumerate(zip(node.inputs, node.local, strict=True)):
            upstream, before = grads[index], grads[target]
            grads[target] = upstream * local if bug == "assign" else before + upstream * local
            lost = _lost(nodes, target, before, upstream * local) if bug == "assign" and before != 0.0 else ""
            share = Addition(target, slot, upstream, local, before, grads[target], rules[slot], lost)
            additions.append(share)
            waiting[target] -= 1
            complete |= {target} if waiting[target] <= 0 else set()
        visited[index] += 1
        k, state = root + 1 + len(out), (tuple(grads), frozenset(complete))
        out.append(Step(k, "backward", index, len(nodes), *state, tuple(additions), note))
    everything = frozenset(range(len(nodes)))
    out.append(Step(root + 1 + len(out), "done", root, len(nodes), tuple(grads), everything))
    return out


def _lost(nodes, target, before, share) -> str:
    had, both = number(before), f"{number(before)} + {factor(share)} = {number(before + share)}"
    return f"= throws away the {had} that {nodes[target].name} had; += gives {both}"


def _visit_note(nodes, index, grads, correct, visits, bug) -> str:
    name, now, right = nodes[index].name, grads[index], correct[index]
    if visits:
        return f"{name} is visited again and passes on all of {number(now)}, also what it has passed on"
    if _same(now, right):
        return ""
    if bug == "no-sort":
        return f"too early: {name} has {number(now)} so far; {number(right)} would be complete"
    return f"{name} passes on a wrong gradient: {number(now)}, right is {number(right)}"


# ---------------------------------------------------------------- a step in words


def added_text(run: Trace, a: Addition) -> str:
    """`0 + 5 × 2 → 10`, or with the bug `= 5 × 2 → 10`."""
    lead = "=" if run.bug == "assign" else f"{number(a.before)} +"
    return f"{lead} {factor(a.upstream)} × {factor(a.local)} → {number(a.after)}"


def local_text(run: Trace, step: Step, a: Addition) -> str:
    """`∂e/∂a = b = -3`"""
    symbols = f"{a.rule} = " if a.rule else ""
    return f"∂{run.nodes[step.node].name}/∂{run.nodes[a.target].name} = {symbols}{number(a.local)}"


def heading(run: Trace, step: Step) -> str:
    node = run.nodes[step.node]
    match step.phase:
        case "forward" if node.inputs:
            symbols, numbers = _formula(node, run.nodes)
            return f"{node.name} = {symbols} = {numbers} = {number(node.data)}"
        case "forward":
            return f"{node.name} = {number(node.data)} is given: a leaf"
        case "seed":
            return f"∂{node.name}/∂{node.name} = 1: {node.name} changes as fast as itself"
        case "backward":
            return f"{node.name} = {_formula(node, run.nodes)[0]} passes its gradient on"
    return "every gradient is there" if not run.bug else "the end, with the bug"


def remarks(run: Trace, step: Step) -> list[str]:
    """Sentences that go with a step: what the operation does, in which order, what goes wrong."""
    nodes, out = run.nodes, []
    if step.phase == "seed" and run.order:
        names = [nodes[i].name for i in run.order[:20]] + ["…"] * (len(run.order) > 20)
        unsorted = run.bug == "no-sort"
        kind = "Depth-first order, without a sort" if unsorted else "Order of the backward pass"
        out.append(f"{kind}: {', '.join(names)}.")
    if step.phase == "backward":
        words = _WORDS.get(_kind(nodes[step.node])[0])
        out += [words] if words else []
    if step.phase == "done":
        leaves = [f"∂{run.result}/∂{n.name} = {number(step.grads[n.index])}" for n in nodes if not n.inputs]
        out += _verdict_on_bug(run) if run.bug else [f"At the leaves: {', '.join(leaves)}."]
    return out


def _verdict_on_bug(run: Trace) -> list[str]:
    out = []
    if run.stopped:
        out.append(
            f"Stopped after {MAX_VISITS} visits: the walk meets a node once for every path that leads to it."
        )
    if run.wrong:
        last, right = run.steps[-1].grads, run.correct
        out.append(f"The numbers part at step {run.part}.")
        out += [f"{run.nodes[i].name}: {number(last[i])}, right is {number(right[i])}" for i in run.wrong]
    else:
        shared = "an inner node" if run.bug == "no-sort" else "a value"
        out.append(f"On this graph the bug does not show: it needs {shared} that is used more than once.")
    return out


def _text(run: Trace, step: Step) -> str:
    nodes = run.nodes
    bug = f" · {BUGS[run.bug]}" if run.bug else ""
    lines = [f"Step {step.k} of {len(run.steps) - 1} · {step.phase}{bug} · {heading(run, step)}"]
    if step.phase == "backward":
        name = nodes[step.node].name
        lines.append(f"  upstream gradient ∂{run.result}/∂{name} = {number(step.additions[0].upstream)}")
        for a in step.additions:
            lines.append(f"  {local_text(run, step, a)};  {nodes[a.target].name}.grad: {added_text(run, a)}")
            lines += [f"  ! {a.note}"] if a.note else []
    lines += [f"  ! {step.note}"] if step.note else []
    lines += [f"  {s}" for s in remarks(run, step)]
    if step.phase == "forward":
        known = [f"{n.name} {number(n.data)}" for n in nodes[: step.computed]]
        lines.append(f"  values so far: {', '.join(known)}")
    else:
        reached = run.reached(step.k)
        known = [f"{n.name} {number(step.grads[n.index])}" for n in reversed(nodes) if n.index in reached]
        lines.append(f"  gradients so far: {', '.join(known)}")
    return "\n".join(lines)


# ---------------------------------------------------------------- predictions, judged


@dataclass(frozen=True)
class Verdict:
    """A judged prediction.

    `kind` is "right", "sign", "one-path", "upstream", "local", "other" or "unreadable"; `message` says why.
    """

    kind: str
    message: str

    @property
    def right(self) -> bool:
        return self.kind == "right"


def judge(run: Trace, index: int, answer: str | float) -> Verdict:
    """Judge a predicted gradient of node `index`, to 1 % (of nothing: exactly), and name the usual mistakes.

    They are looked for in this order: the sign turned, one of several paths counted, the upstream factor left
    out, the local derivative of another operation. Anything else gets the calculation that was expected.
    """
    given = _read(answer)
    if given is None:
        return Verdict("unreadable", f"{str(answer)[:30]!r} is no number. Write it like -0.25 or 3 or 1/3.")
    nodes, right = run.nodes, run.correct[index]
    name = f"∂{run.result}/∂{nodes[index].name}"
    shares = [(n, slot) for n in nodes for slot, i in enumerate(n.inputs) if i == index]
    expected = _expected(run, index, shares)
    if _near(given, right):
        return Verdict("right", f"Right: {name} = {expected}.")
    if not shares:
        return Verdict("other", f"No: {name} = 1. The result changes as fast as itself; this is the seed.")
    ups = [run.correct[n.index] for n, _ in shares]
    parts = [up * n.local[slot] for up, (n, slot) in zip(ups, shares, strict=True)]
    if _near(given, -right):
        return Verdict(
            "sign", "The size is right, the sign is not: a minus got lost or slipped in on the way."
        )
    if path := _counted(given, parts):
        through = " and ".join(dict.fromkeys(shares[i][0].name for i in path))
        return Verdict(
            "one-path",
            f"You counted only the path through {through}. {nodes[index].name} is used {len(shares)} times: "
            f"add what comes back on every path.",
        )
    if _near(given, sum(n.local[slot] for n, slot in shares)):
        upstream = f"∂{run.result}/∂{shares[0][0].name} = {number(ups[0])}"
        each = ", and so on each path" if len(shares) > 1 else ""
        message = f"That is the local derivative alone. Multiply by the upstream gradient, {upstream}{each}."
        return Verdict("upstream", message)
    if why := _other_rule(given, nodes, shares, ups, parts):
        return Verdict("local", why)
    return Verdict("other", f"No, not {number(given)}. Expected: {name} = {expected}.")


def _read(answer) -> float | None:
    text = str(answer).strip().replace("−", "-")
    top, slash, bottom = text.partition("/")
    try:
        return float(top) / float(bottom) if slash else float(text)
    except (ValueError, ZeroDivisionError):
        return None


def _near(given: float, right: float) -> bool:
    return _same(given, right) or math.isclose(given, right, rel_tol=TOLERANCE, abs_tol=1e-9)


def _expected(run: Trace, index: int, shares) -> str:
    """`∂L/∂c × ∂c/∂b + … = 1 × 3 + 1 × 5 = 8`"""
    if not shares:
        return "1"
    name = run.nodes[index].name
    symbols = [f"∂{run.result}/∂{n.name} × ∂{n.name}/∂{name}" for n, _ in shares]
    numbers = [f"{factor(run.correct[n.index])} × {factor(n.local[slot])}" for n, slot in shares]
    return f"{' + '.join(symbols)} = {' + '.join(numbers)} = {number(run.correct[index])}"


def _counted(given: float, parts: list[float]) -> list[int]:
    """The paths that alone make up the answer, if some but not all of them do (alone, or all but one)."""
    if len(parts) < 2:
        return []
    every = range(len(parts))
    for chosen in [[i] for i in every] + [[j for j in every if j != i] for i in every]:
        if _near(given, sum(parts[i] for i in chosen)):
            return chosen
    return []


def _other_rule(given: float, nodes, shares, ups, parts) -> str:
    """Does another operation's local derivative, on one of the paths or on all alike, explain the answer?"""
    for k, (node, slot) in enumerate(shares):
        for wrong, what in _wrong_locals(node, slot, nodes):
            total = sum(parts) - parts[k] + ups[k] * wrong
            if _near(given, total):
                symbols = _formula(node, nodes)[0]
                used = f"For {node.name} = {symbols} you used {number(wrong)}: {what}"
                return f"{used}. Which rule belongs to {node.op}?"
    return ""


def _wrong_locals(node: Node, slot: int, nodes: list[Node]) -> list[tuple[float, str]]:
    """Local derivatives that belong to another operation, each with what it is."""
    (kind, c), out = _kind(node), node.data
    x, name = nodes[node.inputs[slot]].data, nodes[node.inputs[slot]].name
    plus = (1.0, "the local derivative of +")
    itself = (x, f"{name} itself, not the factor it is multiplied with")
    value = (out, f"the value of {node.name}, not its slope")
    other = nodes[node.inputs[1 - slot]].data if len(node.inputs) == 2 else math.nan
    takes_output = "the rule with the input in it; it takes the output"
    square = (1.0 - x * x, takes_output)
    inverse = -1.0 / (x * x) if x else math.nan
    lowered = out / x if x else math.nan
    positive = (1.0, "the slope for a positive input")
    table = {
        "+": [(other, "the rule of ×")],
        "-": [(1.0, "the rule of +, without the minus"), (other, "the rule of ×"), (-other, "the rule of ×")],
        "*": [plus, itself],
        "dot": [plus, itself],
        "sum": [itself, value],
        "+c": [(c, "the constant; a constant that is added does not matter for the slope"), itself],
        "*c": [plus, itself],
        "c-": [(1.0, "the rule of +, without the minus"), (c, "the constant")],
        "neg": [plus],
        "/": [(other, "the rule of ×"), plus, (inverse, "the rule of 1/x, without the numerator")],
        "/c": [(c, "the rule of ×"), plus],
        "c/": [(inverse, "the rule of 1/x, without the numerator"), plus],
        "**c": [(lowered, "the power lowered, but without the exponent as a factor"),
                (c * out, "the exponent as a factor, but the power not lowered"),
                (c * x, "the rule of ×"), value],
        "tanh": [square, (out * (1.0 - out), "the rule of sigmoid"),
                 (1.0 - out, "the square is missing"), value, plus],
        "sigmoid": [(1.0 - out * out, "the rule of tanh"), (x * (1.0 - x), takes_output),
                    (1.0 - out, "one factor only"), value, plus],
        "relu": [positive, (0.0, "the slope for an input that is not positive"), value],
        "leaky_relu": [positive, (0.0, "the rule of relu"), value],
        "exp": [plus, (x, "the exponent"), (x * out, "the rule of a power")],
        "log": [value, (x, "the input, not 1 divided by it"), plus],
    }  # fmt: skip
    return [(v, what) for v, what in table.get(kind, [plus, value]) if not _near(v, node.local[slot])]
