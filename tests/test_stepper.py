"""The backprop stepper: its steps, its judge, its pictures, and the widget's callbacks (no browser)."""

import os
import random
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import ipywidgets
import pytest

from micrograd_lite import MLP, Neuron, Value, dot, graph, sum_values
from micrograd_lite.widgets import backprop
from micrograd_lite.widgets.backprop import judge, steps, trace
from micrograd_lite.widgets.stepper import BackpropStepper, Scene, stepper_frame

REPO = Path(__file__).resolve().parent.parent
SVG = "{http://www.w3.org/2000/svg}"


def named(value, label):
    value.label = label
    return value


def diamond():
    """a → b = 2a → c = 3b, d = 5b → e = c + d; de/da = 16."""
    a = Value(1.0, label="a")
    b = named(a * 2, "b")
    return named(named(b * 3, "c") + named(b * 5, "d"), "e")


def line():
    a, b, c, f = (Value(x, label=s) for s, x in {"a": 2.0, "b": -3.0, "c": 10.0, "f": -2.0}.items())
    return named(named(named(a * b, "e") + c, "d") * f, "L")


def everything():
    """One expression with every operation of the engine."""
    a, b, c = Value(0.5, label="a"), Value(-1.5, label="b"), Value(2.0, label="c")
    x = (a + b) * c - a / c + c**a + (a - 1) * 3 + 1 / c + 2**a + a**3 + (1 - b) / 4
    y = a.exp() + c.log() + b.tanh() + a.sigmoid() + c.relu() + b.relu() + b.leaky_relu() + (-a)
    return named(x * y + dot([a, b], [c, a], b) + sum_values([a, b, c, a]), "L")


def random_graph(seed, size=25):
    rng = random.Random(seed)
    pool = [Value(rng.uniform(-2, 2)) for _ in range(4)]
    while len(pool) < size:
        a, b = rng.choice(pool), rng.choice(pool[-5:])
        pool.append(rng.choice([lambda a, b: a + b, lambda a, b: a * b, lambda a, b: (a - b).tanh()])(a, b))
    return pool[-1]


def at(run, name):
    return next(n.index for n in run.nodes if n.name == name)


def final(run, name):
    return run.steps[-1].grads[at(run, name)]


def shown(svg):
    return [t.text for t in ET.fromstring(svg).iter(f"{SVG}text") if t.text]


# ---------------------------------------------------------------- the steps


def test_forward_lights_every_node_once_and_backward_visits_every_inner_node_once():
    run = trace(line())
    assert [s.phase for s in run.steps] == ["forward"] * 7 + ["seed"] + ["backward"] * 3 + ["done"]
    assert [s.node for s in run.steps[:7]] == list(range(7))
    assert [run.nodes[s.node].name for s in run.steps[8:11]] == ["L", "d", "e"]
    assert [s.k for s in run.steps] == list(range(12))


@pytest.mark.parametrize("make", [diamond, line, everything, lambda: Neuron(3, seed=1)([1.0, 2.0, 3.0])])
def test_the_last_step_holds_the_gradients_of_backward_to_the_last_bit(make):
    value = make()
    run = trace(value)
    value.backward()
    assert [n.value.grad for n in run.nodes] == list(run.steps[-1].grads)


@pytest.mark.parametrize("seed", range(30))
def test_random_graphs_give_the_gradients_of_backward_to_the_last_bit(seed):
    value = random_graph(seed)
    run = trace(value)
    value.backward()
    assert [n.value.grad for n in run.nodes] == list(run.steps[-1].grads)


def test_each_addition_is_before_plus_upstream_times_local():
    run = trace(everything())
    for previous, step in zip(run.steps, run.steps[1:], strict=False):
        grads = list(previous.grads)
        for a in step.additions:
            assert a.upstream == previous.grads[step.node] and a.before == grads[a.target]
            assert a.after == a.before + a.upstream * a.local == a.before + a.product
            grads[a.target] = a.after
        if step.phase == "backward":
            assert tuple(grads) == step.grads


def test_both_shares_of_a_value_used_twice_by_one_operation_are_shown():
    a = Value(3.0, label="a")
    step = trace(named(a * a, "s")).steps[-2]
    assert [(x.before, x.after) for x in step.additions] == [(0.0, 3.0), (3.0, 6.0)]


def test_the_graph_is_left_as_it_was():
    value = everything()
    value.backward()
    before = [(n.value.data, n.value.grad, n.value.label, n.value._prev) for n in graph.nodes_of(value)]
    for bug in backprop.BUGS:
        trace(value, bug)
        stepper_frame(value, -1, bug)
    widget = BackpropStepper(value)
    widget.last.click()
    after = [(n.value.data, n.value.grad, n.value.label, n.value._prev) for n in graph.nodes_of(value)]
    assert before == after


def test_gradients_found_in_the_graph_do_not_matter():
    value = line()
    fresh = trace(value).steps
    value.backward()
    assert trace(value).steps == fresh


def test_a_lone_value_has_three_steps():
    run = trace(Value(4.0, label="x"))
    assert [s.phase for s in run.steps] == ["forward", "seed", "done"] and final(run, "x") == 1.0
    assert run.text(0).startswith("Step 0 of 2 · forward · x = 4 is given: a leaf")


def test_a_node_is_complete_when_its_last_share_has_come():
    run = trace(diamond())
    b = at(run, "b")
    complete = [run.nodes[s.node].name for s in run.steps if s.phase == "backward" and b in s.complete]
    assert complete == ["d", "b"]  # order e, c, d, b: the share from c is not the last
    assert run.questions(7) == [b] and run.questions(6) == []


# ---------------------------------------------------------------- in words


def test_a_step_in_words():
    run = trace(diamond())
    assert run.text(1) == "Step 1 of 10 · forward · b = a × 2 = 1 × 2 = 2\n  values so far: a 1, b 2"
    assert run.text(5).splitlines()[:2] == [
        "Step 5 of 10 · seed · ∂e/∂e = 1: e changes as fast as itself",
        "  Order of the backward pass: e, c, d, b.",
    ]
    assert run.text(8).splitlines() == [
        "Step 8 of 10 · backward · d = b × 5 passes its gradient on",
        "  upstream gradient ∂e/∂d = 1",
        "  ∂d/∂b = 5;  b.grad: 3 + 1 × 5 → 8",
        "  A constant factor multiplies the gradient too.",
        "  gradients so far: e 1, d 1, c 1, b 8",
    ]


A, B = Value(2.0, label="a"), Value(-3.0, label="b")
FORMULAS = [
    (A + B, "y = a + b = 2 + (-3) = -1", ["∂y/∂a = 1", "∂y/∂b = 1"]),
    (A - B, "y = a − b = 2 − (-3) = 5", ["∂y/∂a = 1", "∂y/∂b = -1"]),
    (A * B, "y = a × b = 2 × (-3) = -6", ["∂y/∂a = b = -3", "∂y/∂b = a = 2"]),
    (A / B, "y = a / b = 2 / (-3) = -0.6667", ["∂y/∂a = 1 / b = -0.3333", "∂y/∂b = −a / b² = -0.2222"]),
    (A**B, "y = a ** b = 2 ** (-3) = 0.125", ["∂y/∂a = b · a^(b − 1) = -0.1875", "∂y/∂b = y · ln a = 0.08"]),
    (A + 1, "y = a + 1 = 2 + 1 = 3", ["∂y/∂a = 1"]),
    (A + -1, "y = a − 1 = 2 − 1 = 1", ["∂y/∂a = 1"]),
    (A - 1, "y = a − 1 = 2 − 1 = 1", ["∂y/∂a = 1"]),
    (1 - A, "y = 1 − a = 1 − 2 = -1", ["∂y/∂a = -1"]),
    (A * -0.5, "y = a × (-0.5) = 2 × (-0.5) = -1", ["∂y/∂a = -0.5"]),
    (A / 4, "y = a / 4 = 2 / 4 = 0.5", ["∂y/∂a = 1 / 4 = 0.25"]),
    (6 / A, "y = 6 / a = 6 / 2 = 3", ["∂y/∂a = −6 / a² = -1.5"]),
    (A**3, "y = a ** 3 = 2 ** 3 = 8", ["∂y/∂a = 3 · a² = 12"]),
    (A**-1, "y = a ** (-1) = 2 ** (-1) = 0.5", ["∂y/∂a = (-1) · a^(-2) = -0.25"]),
    (3**A, "y = 3 ** a = 3 ** 2 = 9", ["∂y/∂a = y · ln 3 = 9.888"]),
    (-A, "y = −a = −2 = -2", ["∂y/∂a = -1"]),
    (B.exp(), "y = exp(b) = exp(-3) = 0.04979", ["∂y/∂b = y = 0.04979"]),
    (A.log(), "y = log(a) = log(2) = 0.6931", ["∂y/∂a = 1 / a = 0.5"]),
    (A.tanh(), "y = tanh(a) = tanh(2) = 0.964", ["∂y/∂a = 1 − y² = 0.07065"]),
    (A.sigmoid(), "y = sigmoid(a) = sigmoid(2) = 0.8808", ["∂y/∂a = y · (1 − y) = 0.105"]),
    (B.relu(), "y = relu(b) = relu(-3) = 0", ["∂y/∂b = slope of relu where b ≤ 0 = 0"]),
    (B.leaky_relu(), "y = leaky_relu(b) = leaky_relu(-3) = -0.03", ["leaky relu where b ≤ 0 = 0.01"]),
    (sum_values([A, B, A]), "y = a + b + a = 2 + (-3) + 2 = 1", ["∂y/∂a = 1", "∂y/∂b = 1", "∂y/∂a = 1"]),
    (dot([A], [B], A), "y = a·b + a = 2·(-3) + 2 = -4", ["∂y/∂a = b = -3", "∂y/∂b = a = 2", "∂y/∂a = 1"]),
    (dot([A], [B]), "y = a·b = 2·(-3) = -6", ["∂y/∂a = b = -3"]),
    (dot([A, B], [5.0, 7.0], A), "y = a·5 + b·7 + a = 2·5 + (-3)·7 + 2 = -9", ["∂y/∂a = 5", "∂y/∂b = 7"]),
    (dot([A, B], [5.0, 7.0]), "y = a·5 + b·7 = 2·5 + (-3)·7 = -11", ["∂y/∂a = 5", "∂y/∂b = 7"]),
    (dot([A], [5.0], 0.5), "y = a·5 + 0.5 = 2·5 + 0.5 = 10.5", ["∂y/∂a = 5"]),
]  # fmt: skip


@pytest.mark.parametrize("value, formula, rules", FORMULAS, ids=[f[1] for f in FORMULAS])
def test_every_operation_is_written_with_names_and_numbers(value, formula, rules):
    run = trace(named(value, "y"))
    forward, backward = run.text(len(run.nodes) - 1), run.text(len(run.nodes) + 1)
    assert f"· {formula}\n" in forward
    assert all(rule in backward for rule in rules)


def test_an_operation_of_the_learners_own_is_written_plainly():
    import math

    y = Value(math.sin(2.0), (A,), "sin", label="y", _local_grads=(math.cos(2.0),))
    assert "y = sin(a) = sin(2) = 0.9093" in trace(y).text(1)


def test_a_neuron_of_many_inputs_is_written_short():
    text = trace(Neuron(8, seed=1)([Value(1.0) for _ in range(8)])).text(17)
    assert "w1·x1 + w2·x2 + … + w8·x8 + b" in text


def test_words_do_not_depend_on_the_process_or_the_hash_seed():
    program = (
        "import sys; sys.path.insert(0, 'tests'); from test_stepper import Scene, everything, trace\n"
        "for bug in (None, 'assign', 'no-sort'):\n    r = trace(everything(), bug)\n"
        "    print([r.text(k) for k in range(len(r.steps))], Scene([r]).source)"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            cwd=REPO,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        ).stdout
        for seed in ("0", "5")
    }
    assert len(outputs) == 1


# ---------------------------------------------------------------- with a bug


def test_without_a_sort_the_diamond_gives_26_instead_of_16():
    right, wrong = trace(diamond()), trace(diamond(), "no-sort")
    assert final(right, "a") == 16.0 and final(wrong, "a") == 26.0
    assert [wrong.nodes[i].name for i in wrong.order] == ["e", "d", "b", "c", "b"]
    text = wrong.text(-1)
    assert "a: 26, right is 16" in text and "The numbers part at step 8." in text
    assert "too early: b has 5 so far; 8 would be complete" in wrong.text(8)
    assert "b is visited again and passes on all of 8" in wrong.text(10)
    assert "Depth-first order, without a sort: e, d, b, c, b." in wrong.text(5)


def test_assigning_instead_of_adding_loses_a_path():
    run = trace(diamond(), "assign")
    assert (final(run, "b"), final(run, "a")) == (5.0, 10.0)
    assert "= throws away the 3 that b had; += gives 3 + 5 = 8" in run.text(8)
    assert "b passes on a wrong gradient: 5, right is 8" in run.text(9)
    assert run.part == 8 and [run.nodes[i].name for i in run.wrong] == ["a", "b"]


def test_a_plus_a_shows_the_assignment_bug():
    a = Value(3.0, label="a")
    assert final(trace(a + a, "assign"), "a") == 1.0


@pytest.mark.parametrize("bug", ["assign", "no-sort"])
def test_where_nothing_is_shared_the_bug_does_not_show_and_the_page_says_so(bug):
    run = trace(line(), bug)
    assert run.wrong == [] and run.part is None
    assert "the bug does not show: it needs" in run.text(-1)


def test_the_last_step_names_the_gradients_of_the_leaves_if_they_are_right():
    assert "At the leaves: ∂L/∂a = 6, ∂L/∂b = -4, ∂L/∂c = -2, ∂L/∂f = 4." in trace(line()).text(-1)
    assert "∂e/∂a = 26" not in trace(diamond(), "no-sort").text(-1)


def test_a_shared_leaf_is_no_trouble_for_the_walk_without_a_sort():
    a = Value(3.0, label="a")
    assert trace(a * 2 + a, "no-sort").wrong == []


def test_the_walk_without_a_sort_is_cut_off_before_it_explodes():
    v = Value(1.0)
    for _ in range(40):
        v = v + v  # 2**40 paths
    run = trace(v, "no-sort")
    assert run.stopped and len(run.order) == backprop.MAX_VISITS
    assert "Stopped after 200 visits" in run.text(-1)


# ---------------------------------------------------------------- wrong input


def test_something_else_than_a_value_is_a_type_error_that_says_what_to_pass():
    with pytest.raises(TypeError, match=r"expects one Value, got int: 3; pass the result, such as L"):
        BackpropStepper(3)
    with pytest.raises(TypeError, match=r"got Neuron.*call it first: model\(x\)"):
        steps(Neuron(2, seed=1))
    with pytest.raises(TypeError, match="got list"):
        stepper_frame([Value(1.0)], 0)


def test_a_graph_of_more_than_sixty_values_is_refused_with_a_way_out():
    value = MLP(2, [8, 8, 1], seed=1)([1.0, 2.0])
    for show in (BackpropStepper, trace, lambda v: stepper_frame(v, 0)):
        with pytest.raises(ValueError, match=r"has \d+ values; the stepper shows at most 60.*draw\(value\)"):
            show(value)


def test_sixty_values_are_shown():
    v = Value(1.0)
    for _ in range(59):
        v = v * 0.9
    assert len(trace(v).nodes) == 60
    with pytest.raises(ValueError, match="61 values"):
        trace(v * 2)


@pytest.mark.parametrize("bug", ["none", True, 1, "no_sort"])
def test_an_unknown_bug_is_named(bug):
    for show in (trace, BackpropStepper):
        with pytest.raises(ValueError, match="bug is None, 'assign' or 'no-sort', got"):
            show(diamond(), bug=bug)


@pytest.mark.parametrize("k", [11, -12, 99])
def test_a_step_that_does_not_exist_is_an_index_error(k):
    with pytest.raises(IndexError, match=rf"there is no step {k}: this graph has steps 0 to 10"):
        stepper_frame(diamond(), k)


def test_data_changed_after_the_forward_pass_is_noticed():
    a = Value(2.0, label="a")
    for make in (lambda: a * 3, lambda: a * a, lambda: a.tanh(), lambda: dot([a], [Value(4.0)], Value(1.0))):
        a.data = 2.0
        y = named(make(), "y")
        trace(y)
        a.data = 2.1
        with pytest.raises(
            ValueError, match=r"an input of y was changed after y was computed.*Compute .* again"
        ):
            trace(y)


def test_a_node_without_local_derivatives_is_named():
    with pytest.raises(ValueError, match=r"y was made by hand with _op='odd'.*_local_grads"):
        trace(Value(1.0, (Value(2.0),), "odd", label="y"))


def test_constants_with_many_digits_are_no_change():
    a = Value(1 / 3, label="a")
    for y in (a * (1 / 7), a + 123456.789, a ** (1 / 3), 1e-7 - a, 2.718281828**a, a / 0.1234567890123):
        trace(y)


# ---------------------------------------------------------------- predictions


@pytest.mark.parametrize(
    "name, answer, kind, says",
    [
        ("b", "8", "right", "∂e/∂c × ∂c/∂b + ∂e/∂d × ∂d/∂b = 1 × 3 + 1 × 5 = 8"),
        ("b", "8.05", "right", "Right"),
        ("b", "-8", "sign", "sign"),
        ("b", "3", "one-path", "only the path through c. b is used 2 times"),
        ("b", "5", "one-path", "only the path through d"),
        ("a", "16", "right", "8 × 2 = 16"),
        ("a", "2", "upstream", "local derivative alone. Multiply by the upstream gradient, ∂e/∂b = 8"),
        ("a", "8", "local", "For b = a × 2 you used 1: the local derivative of +"),
        ("a", "11", "other", "No, not 11. Expected: ∂e/∂a = ∂e/∂b × ∂b/∂a = 8 × 2 = 16"),
        ("e", "1", "right", "Right: ∂e/∂e = 1"),
        ("e", "16", "other", "The result changes as fast as itself"),
        ("b", "eight", "unreadable", "'eight' is no number"),
        ("b", "", "unreadable", "no number"),
        ("b", "8/0", "unreadable", "no number"),
        ("b", "1,5", "unreadable", "no number"),
        ("b", " 16/2 ", "right", "Right"),
        ("b", "−8", "sign", "sign"),  # the typographic minus
        ("b", 8, "right", "Right"),
    ],
)
def test_a_prediction_on_the_diamond(name, answer, kind, says):
    run = trace(diamond())
    verdict = judge(run, at(run, name), answer)
    assert (verdict.kind, verdict.right) == (kind, kind == "right") and says in verdict.message


X = Value(0.5, label="x")
SLIPS = [  # operation, wrong local derivative, what it is called
    (lambda x: x.tanh(), lambda x, y: 1 - x * x, "takes the output"),
    (lambda x: x.tanh(), lambda x, y: y * (1 - y), "the rule of sigmoid"),
    (lambda x: x.tanh(), lambda x, y: 1 - y, "the square is missing"),
    (lambda x: x.sigmoid(), lambda x, y: 1 - y * y, "the rule of tanh"),
    (lambda x: x.sigmoid(), lambda x, y: y, "the value of y, not its slope"),
    (lambda x: x**3, lambda x, y: x**2, "without the exponent as a factor"),
    (lambda x: x**3, lambda x, y: 3 * x**3, "the power not lowered"),
    (lambda x: x * 4, lambda x, y: 1.0, "the local derivative of +"),
    (lambda x: x * Value(4.0, label="w"), lambda x, y: x, "x itself, not the factor"),
    (lambda x: x + Value(4.0, label="w"), lambda x, y: 4.0, "the rule of ×"),
    (lambda x: x + 4, lambda x, y: 4.0, "a constant that is added does not matter"),
    (lambda x: x.exp(), lambda x, y: x, "the exponent"),
    (lambda x: x.log(), lambda x, y: x, "not 1 divided by it"),
    (lambda x: (-x).relu(), lambda x, y: 1.0 * -1, "the slope for a positive input"),
    (lambda x: dot([x], [Value(4.0, label="w")], Value(1.0)), lambda x, y: x, "x itself, not the factor"),
    (lambda x: Value(4.0, label="w") / x, lambda x, y: -1 / x**2, "without the numerator"),
]


@pytest.mark.parametrize("make, wrong, says", SLIPS)
def test_the_local_derivative_of_another_operation_is_recognised(make, wrong, says):
    x = Value(0.5, label="x")
    y = named(make(x), "y")
    run = trace(named(y * 7, "L"))
    asked = at(run, "v2") if y._op == "relu" else at(run, "x")
    slip = 7 * wrong(0.5, y.data) * (-1 if y._op == "relu" else 1)
    verdict = judge(run, asked, slip)
    assert verdict.kind == "local" and says in verdict.message


def test_upstream_forgotten_on_two_paths():
    b = Value(2.0, label="b")
    run = trace(named((b * 3 + b * 5) * 7, "L"))
    verdict = judge(run, at(run, "b"), 8)
    assert verdict.kind == "upstream" and "on each path" in verdict.message


def test_all_paths_but_one_are_recognised():
    b = Value(2.0, label="b")
    run = trace(named(b * 3 + b * 5 + b * 11, "L"))
    assert judge(run, at(run, "b"), 14).kind == "one-path"


def test_a_gradient_of_zero_is_judged_exactly_and_nan_is_a_number_of_its_own():
    x = Value(-2.0, label="x")
    run = trace(named(x.relu(), "y"))
    assert judge(run, at(run, "x"), "0").right and not judge(run, at(run, "x"), "0.001").right
    run = trace(named(Value(float("nan"), label="n") * Value(2.0, label="m"), "y"))
    assert judge(run, at(run, "m"), "nan").right and judge(run, at(run, "m"), "2").kind != "right"


@pytest.mark.parametrize("seed", range(10))
def test_every_right_gradient_is_judged_right_and_every_turned_sign_is_seen(seed):
    run = trace(random_graph(seed))
    for n in run.nodes:
        g = run.correct[n.index]
        assert judge(run, n.index, f"{g:.4g}").right
        if n.inputs and g and n is not run.nodes[-1]:
            assert judge(run, n.index, -g).kind == "sign"


# ---------------------------------------------------------------- pictures


def test_a_frame_shows_the_step_in_picture_and_words():
    frame = stepper_frame(diamond(), 8)
    bundle = frame._repr_mimebundle_()
    assert set(bundle) == {"image/svg+xml", "text/plain"}
    assert bundle["text/plain"] == frame.outline() == trace(diamond()).text(8) == str(frame)
    texts = shown(frame.svg())
    assert {"▶ d", "×5", "grad 8"} <= set(texts)
    assert "3 + 1 × 5 → 8" in ET.fromstring(frame.svg()).get("aria-label")


def test_what_is_not_computed_yet_is_not_shown():
    texts = shown(stepper_frame(line(), 2).svg())
    assert "▶ e" in texts and texts.count("data ?") == 4 and "data 4" not in texts


def test_the_picture_of_a_bug_shows_the_wrong_number_and_the_right_one():
    assert "grad 26, not 16" in shown(stepper_frame(diamond(), -1, bug="no-sort").svg())


def test_both_arrows_of_a_times_a_carry_their_local_derivative():
    a = Value(3.0, label="a")
    assert shown(stepper_frame(a * a, -2).svg()).count("×3") == 2


def test_a_frame_without_graphviz_is_words_and_a_remedy(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(graph.importlib.util, "find_spec", lambda _: None)
    bundle = stepper_frame(diamond(), 8)._repr_mimebundle_()
    assert "Graphviz is missing" in bundle["text/html"] and "3 + 1 × 5 → 8" in bundle["text/plain"]
    stepper = BackpropStepper(diamond(), step=8)
    assert "Graphviz is missing" in stepper.picture.value and "3 + 1 × 5 → 8" in stepper.picture.value
    stepper.next.click()
    assert "0 + 8 × 2 → 16" in stepper.picture.value


def test_labels_are_escaped_in_picture_and_explanation():
    a = Value(1.0, label='<script>alert("梯度")</script>')
    stepper = BackpropStepper(named(a * 2, "<b>y</b>"), step=3)
    for html in (stepper.picture.value, stepper.explanation.value):
        assert "<script>" not in html and "<b>y" not in html and "梯度" in html
    ET.fromstring(stepper_frame(a * 2, 1).svg())


# ---------------------------------------------------------------- the widget


def state(stepper):
    return stepper.k, stepper.picture.value, stepper.explanation.value


def test_forward_and_back_meet_the_same_states():
    stepper = BackpropStepper(diamond())
    there = [state(stepper)]
    for _ in range(stepper.slider.max):
        stepper.next.click()
        there.append(state(stepper))
    assert len({s[1] for s in there}) == 11
    back = [state(stepper)]
    for _ in range(stepper.slider.max):
        stepper.previous.click()
        back.append(state(stepper))
    assert there == back[::-1]


def test_a_jump_shows_what_walking_shows():
    walker, jumper = BackpropStepper(line()), BackpropStepper(line())
    for _ in range(9):
        walker.next.click()
    jumper.slider.value = 11
    jumper.slider.value = 9
    assert state(walker) == state(jumper)


def test_the_widget_shows_the_static_frame():
    stepper = BackpropStepper(diamond(), step=8)
    assert stepper.explanation.value.count("<tr>") == 2
    plain = stepper_frame(diamond(), 8)
    assert shown(plain.svg()) == shown(
        stepper.picture.value[stepper.picture.value.index("<svg") :].split("</div>")[0]
    )


def test_first_last_and_the_ends():
    stepper = BackpropStepper(diamond())
    stepper.previous.click()
    assert stepper.k == 0
    stepper.last.click()
    assert stepper.k == 10
    stepper.next.click()
    assert stepper.k == 10
    stepper.first.click()
    assert stepper.k == 0


def test_play_ticks_move_the_slider_and_buttons_move_play():
    stepper = BackpropStepper(diamond())
    for tick in (1, 2, 3):
        stepper.ticker.value = tick  # what the browser sends
        assert stepper.k == stepper.slider.value == tick and f"Step {tick} of 10" in stepper.explanation.value
    stepper.next.click()
    assert stepper.ticker.value == 4
    stepper.speed.value = 500
    assert stepper.ticker.interval == 500


def test_the_play_button_starts_and_stops_the_ticker_and_says_which():
    stepper = BackpropStepper(diamond(), step=3)
    stepper.play.value = True
    assert stepper.ticker.playing and stepper.play.description == "Pause" and stepper.k == 3
    stepper.ticker.playing = False  # what the browser sends at the last step
    assert not stepper.play.value and stepper.play.description == "Play"
    stepper.last.click()
    stepper.play.value = True  # from the end it starts again
    assert stepper.k == 0


def test_graphviz_is_asked_once_for_all_steps_and_all_bugs(monkeypatch):
    calls = []
    real = graph.layout
    monkeypatch.setattr("micrograd_lite.widgets.stepper.layout", lambda s: calls.append(s) or real(s))
    stepper = BackpropStepper(diamond())
    for bug in backprop.BUGS:
        stepper.what_if.value = bug or "correct"
        for k in range(stepper.slider.max + 1):
            stepper.go(k)
    assert len(calls) == 1


def test_the_switch_shows_the_same_graph_with_the_bug():
    stepper = BackpropStepper(diamond())
    stepper.last.click()
    assert ">grad 16<" in stepper.picture.value and ">grad 26" not in stepper.picture.value
    stepper.what_if.value = "no-sort"
    assert stepper.slider.max == 11  # one visit more
    stepper.last.click()
    assert "grad 26, not 16" in stepper.picture.value and "a: 26, right is 16" in stepper.explanation.value
    stepper.slider.value = 8
    assert "Here the numbers part:" in stepper.explanation.value
    stepper.last.click()
    stepper.what_if.value = "correct"
    assert stepper.k == 10 and "every gradient is there" in stepper.explanation.value
    assert state(stepper) == state(BackpropStepper(diamond(), step=10))


def test_the_switch_can_be_set_from_the_start():
    stepper = BackpropStepper(diamond(), step=8, bug="assign")
    assert "throws away" in stepper.explanation.value and stepper.trace.bug == "assign"


def test_a_prediction_is_asked_before_the_gradient_is_shown_and_judged():
    stepper = BackpropStepper(diamond(), step=7)
    assert stepper.question.children == ()
    stepper.predict.value = True
    assert [name for name, _ in stepper.asked.options] == ["b"]
    assert "grad 8" not in stepper.picture.value
    stepper.answer.value = "3"
    assert "only the path through c" in stepper.verdict.value and "✗" in stepper.verdict.value
    stepper.answer.value = "8"
    assert "✓ Right" in stepper.verdict.value
    stepper.check.click()
    assert "✓ Right" in stepper.verdict.value
    stepper.next.click()
    assert "grad 8" in stepper.picture.value
    assert (stepper.answer.value, stepper.verdict.value) == ("", "")
    assert [name for name, _ in stepper.asked.options] == ["a"]


def test_predict_mode_says_why_there_is_no_question():
    def hint(stepper):
        return stepper.question.children[0].value

    stepper = BackpropStepper(diamond())
    stepper.predict.value = True
    assert "Predictions start with the backward pass, at step 5" in hint(stepper)
    stepper.go(6)
    assert "another path is still to come" in hint(stepper)
    for k in (9, 10):
        stepper.go(k)
        assert "nothing is left to predict" in hint(stepper)
    stepper.what_if.value = "assign"
    assert "Predictions are for the correct run" in hint(stepper)
    stepper.predict.value = False
    assert stepper.question.children == ()


def test_several_gradients_of_one_step_can_be_asked_for():
    stepper = BackpropStepper(line(), step=8)
    stepper.predict.value = True
    assert [name for name, _ in stepper.asked.options] == ["e", "c"]
    stepper.answer.value = "-2"
    assert "✓" in stepper.verdict.value
    stepper.asked.value = stepper.asked.options[1][1]
    assert (stepper.answer.value, stepper.verdict.value) == ("", "")


def test_the_question_of_the_seed_is_the_result_itself():
    stepper = BackpropStepper(diamond(), step=4)
    stepper.predict.value = True
    assert [name for name, _ in stepper.asked.options] == ["e"]


def test_controls_are_labelled():
    stepper = BackpropStepper(diamond())
    buttons = (stepper.first, stepper.previous, stepper.next, stepper.last, stepper.play, stepper.check)
    assert all(b.description and b.tooltip for b in buttons)
    others = (stepper.slider, stepper.speed, stepper.what_if, stepper.predict, stepper.asked, stepper.answer)
    assert all(w.description and w.tooltip for w in others)
    assert 'role="img"' in stepper.picture.value and 'aria-live="polite"' in stepper.explanation.value
    assert isinstance(stepper, ipywidgets.VBox)


def test_the_widget_in_words_has_no_address_and_no_html():
    assert (
        repr(BackpropStepper(diamond())) == "BackpropStepper(step 0 of 10; correct: += and topological order)"
    )


@pytest.mark.parametrize("step", [-12, 11, 1.5, "3", True])
def test_a_first_step_that_does_not_exist_is_refused(step):
    with pytest.raises((IndexError, TypeError), match="step"):
        BackpropStepper(diamond(), step=step)


def test_boxes_are_wide_enough_for_every_number_they_will_show():
    runs = [trace(diamond(), bug) for bug in backprop.BUGS]
    assert "grad 26, not 16" in Scene(runs).source
