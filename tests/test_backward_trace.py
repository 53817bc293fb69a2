"""Every step of forward and backward: equal to the engine bit for bit, told in words; predictions judged."""

import math

import pytest
from traced_graphs import at, diamond, everything, final, line, named, random_graph

from micrograd_lite import MLP, Neuron, Value, backward_trace, dot, graph, sum_values
from micrograd_lite.backward_trace import judge, trace

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


@pytest.mark.parametrize("seed", range(20))
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
    for bug in backward_trace.BUGS:
        trace(value, bug).text(-1)
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
    y = Value(math.sin(2.0), (A,), "sin", label="y", _local_grads=(math.cos(2.0),))
    assert "y = sin(a) = sin(2) = 0.9093" in trace(y).text(1)


def test_a_neuron_of_many_inputs_is_written_short():
    values = [Value(float(k)) for k in range(17)]
    text = trace(dot(values[:8], values[8:16], values[16])).text(17)
    assert "v1·v9 + v2·v10 + … + v8·v16 + v17" in text


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
    assert run.stopped and len(run.order) == backward_trace.MAX_VISITS
    assert "Stopped after 200 visits" in run.text(-1)


# ---------------------------------------------------------------- wrong input


def test_something_else_than_a_value_is_a_type_error_that_says_what_to_pass():
    with pytest.raises(TypeError, match=r"expects one Value, got int: 3; pass the result, such as L"):
        trace(3)
    with pytest.raises(TypeError, match=r"got Neuron.*call it first: model\(x\)"):
        trace(Neuron(2, seed=1))


def test_a_graph_of_more_than_sixty_values_is_refused_with_a_way_out():
    value = MLP(2, [8, 8, 1], seed=1)([1.0, 2.0])
    with pytest.raises(ValueError, match=r"has \d+ values; the stepper shows at most 60.*draw\(value\)"):
        trace(value)


def test_sixty_values_are_shown():
    v = Value(1.0)
    for _ in range(59):
        v = v * 0.9
    assert len(trace(v).nodes) == 60
    with pytest.raises(ValueError, match="61 values"):
        trace(v * 2)


@pytest.mark.parametrize("bug", ["none", True, 1, "no_sort"])
def test_an_unknown_bug_is_named(bug):
    with pytest.raises(ValueError, match="bug is None, 'assign' or 'no-sort', got"):
        trace(diamond(), bug)


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
