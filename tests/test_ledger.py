"""The ledger and the NumPy network behind it: equal to finite differences, to PyTorch and to the engine."""

import json
import math

import numpy as np
import pytest
import torch
from torch import nn

import micrograd_lite as mg
from micrograd_lite import datasets, ledger, losses, two_layer
from micrograd_lite.ledger_torch import ledger_column, ledger_tensors, precision

BOTH = {"by hand": ledger.by_hand(), "NumPy": ledger.in_numpy()}


def loss_with(**changed):
    """The loss of the ledger network, written out once more, with some of its leaves changed."""
    net = ledger.load()
    p = net.given | net.parameters | changed
    hidden = [math.tanh(p[f"w1{k}"] * p["x1"] + p[f"w2{k}"] * p["x2"] + p[f"b{k}"]) for k in "uv"]
    z = p["wuo"] * hidden[0] + p["wvo"] * hidden[1] + p["bo"]
    return max(z, 0) - p["y"] * z + math.log1p(math.exp(-abs(z)))


def leaves():
    net = ledger.load()
    return [name for name in net.given | net.parameters if name != "y"]


# ---------------------------------------------------------------- the numbers


@pytest.mark.parametrize("column", BOTH.values(), ids=BOTH)
@pytest.mark.parametrize("name", leaves())
def test_a_gradient_is_the_slope_of_the_loss(column, name):
    net, h = ledger.load(), 1e-5
    at = (net.given | net.parameters)[name]
    slope = (loss_with(**{name: at + h}) - loss_with(**{name: at - h})) / (2 * h)
    assert column["d" + name] == pytest.approx(slope, abs=1e-9)


def test_both_columns_agree_to_1e_12_and_hold_every_name():
    table = ledger.table(BOTH)
    assert table.largest_difference <= 1e-12
    for column in BOTH.values():
        assert list(column) == list(ledger.load().formulas)
    assert BOTH["by hand"]["L"] == pytest.approx(loss_with(), abs=1e-15)


def test_the_engine_writes_the_same_column():
    net = ledger.load()
    v = {name: mg.Value(number, label=name) for name, number in (net.given | net.parameters).items()}
    for k in "uv":
        v[f"z{k}"] = v[f"w1{k}"] * v["x1"] + v[f"w2{k}"] * v["x2"] + v[f"b{k}"]
        v[f"a{k}"] = v[f"z{k}"].tanh()
    v["zo"] = v["wuo"] * v["au"] + v["wvo"] * v["av"] + v["bo"]
    v["y_hat"] = v["zo"].sigmoid()
    v["L"] = losses.binary_cross_entropy([v["y_hat"]], [net.given["y"]])
    v["L"].backward()
    column = {n: v[n].data for n in net.values} | {n: v[n[1:]].grad for n in net.gradients}
    assert ledger.table(BOTH | {"micrograd_lite": column}).largest_difference <= 1e-12


def test_pytorch_writes_the_same_column():
    X, y, p = ledger.arrays()
    t = {name: torch.tensor(array, requires_grad=True) for name, array in p.items()}
    inputs = torch.tensor(X, requires_grad=True)
    z = torch.tanh(inputs @ t["W1"] + t["b1"]) @ t["W2"] + t["b2"]
    loss = nn.functional.binary_cross_entropy_with_logits(z, torch.tensor(y))
    loss.backward()
    hand = BOTH["by hand"]
    assert loss.item() == pytest.approx(hand["L"], abs=1e-12)
    expected = {
        "W1": [["dw1u", "dw1v"], ["dw2u", "dw2v"]], "b1": [["dbu", "dbv"]],
        "W2": [["dwuo"], ["dwvo"]], "b2": [["dbo"]],
    }  # fmt: skip
    for name, rows in expected.items():
        numbers = [[hand[entry] for entry in row] for row in rows]
        assert np.allclose(t[name].grad.numpy(), numbers, rtol=0, atol=1e-12)
    assert np.allclose(inputs.grad.numpy(), [[hand["dx1"], hand["dx2"]]], rtol=0, atol=1e-12)


def test_no_two_numbers_of_the_ledger_agree_by_chance():
    """A mix-up of two names must show: all sizes differ, but for the few that are equal by a rule."""
    net, hand = ledger.load(), BOTH["by hand"]
    by_rule = {"dbo", "dbu", "dbv"}  # the gradient of a bias is that of its pre-activation
    numbers = [abs(x) for x in (net.given | net.parameters).values()]
    numbers += [abs(x) for name, x in hand.items() if name not in by_rule]
    close = [(a, b) for i, a in enumerate(numbers) for b in numbers[:i] if math.isclose(a, b, rel_tol=1e-3)]
    assert close == [(1.0, 1.0), (0.5, 0.5)] or len(close) <= 2, close  # zv = -1 and y = 1, zu and bv = 0.5


def test_the_file_says_what_the_page_says():
    net = ledger.load()
    assert net.given == {"x1": 2.0, "x2": 3.0, "y": 1.0}
    assert len(net.parameters) == 9 and len(net.values) == 7 and len(net.gradients) == 17
    assert {f"d{name}" for name in net.parameters} <= set(net.gradients)
    assert (
        "tanh" in net.network
        and json.loads(ledger.FILE.read_text(encoding="utf-8"))["network"] == net.network
    )


def test_a_missing_file_says_how_to_get_it_back(monkeypatch, tmp_path):
    monkeypatch.setattr(ledger, "FILE", tmp_path / "ledger.json")
    with pytest.raises(FileNotFoundError, match=r"git checkout -- data/ledger\.json"):
        ledger.load()


# ---------------------------------------------------------------- the table


def test_the_table_shows_all_columns_and_the_verdict():
    table = ledger.table(BOTH)
    lines = repr(table).splitlines()
    assert lines[0].split() == ["name", "formula", "by", "hand", "NumPy"]
    assert len(lines) == 1 + 24 + 1
    assert lines[-1] == "24 numbers, 2 columns: the largest difference is below 1e-12"
    assert next(line for line in lines if line.startswith("dwvo ")).split()[-2:] == ["0.5344", "0.5344"]
    html = table._repr_html_()
    assert html.count("<tr>") == 25 and "below 1e-12" in html and ">NumPy</th>" in html


def test_one_column_has_nothing_to_differ_from():
    table = ledger.table({"by hand": ledger.by_hand()})
    assert table.largest_difference == 0.0 and "one column so far" in table.text


def test_a_difference_is_told():
    off = ledger.by_hand() | {"dbu": ledger.by_hand()["dbu"] + 1e-6}
    table = ledger.table(BOTH | {"off": off})
    assert table.largest_difference == pytest.approx(1e-6)
    assert table.text.endswith("3 columns: the largest difference is 1e-06, too large")


def test_a_nan_never_passes_for_agreement():
    table = ledger.table(BOTH | {"broken": ledger.by_hand() | {"L": math.nan}})
    assert not table.largest_difference <= 1e-12 and "too large" in table.text


def test_headings_are_escaped():
    assert "<b>" not in ledger.table({"<b>": ledger.by_hand()})._repr_html_()


def test_tensors_and_any_order_are_welcome():
    shuffled = {name: torch.tensor(x, dtype=torch.float64) for name, x in reversed(ledger.by_hand().items())}
    assert ledger.table(BOTH | {"PyTorch": shuffled}).largest_difference <= 1e-12


def test_bad_columns_are_told():
    hand = ledger.by_hand()
    with pytest.raises(ValueError, match="at least one column"):
        ledger.table({})
    with pytest.raises(ValueError, match=r"'mine' .* missing: zu, dwvo; unknown: dwov"):
        ledger.table({"mine": {n: x for n, x in hand.items() if n not in ("zu", "dwvo")} | {"dwov": 1.0}})
    for bad in (None, "much", [1.0, 2.0]):
        with pytest.raises(ValueError, match="'mine' has an entry that is no number"):
            ledger.table({"mine": hand | {"zu": bad}})


# ---------------------------------------------------------------- the NumPy network


def batch(m=7, nin=3, hidden=4):
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(m, nin)), rng.integers(0, 2, size=(m, 1))
    p = two_layer.start(nin, hidden, seed=2)
    return X, y, {name: array + 0.1 * rng.normal(size=array.shape) for name, array in p.items()}


def test_gradients_of_a_batch_are_pytorchs():
    X, y, p = batch()
    t = {name: torch.tensor(array, requires_grad=True) for name, array in p.items()}
    inputs = torch.tensor(X, requires_grad=True)
    z = torch.tanh(inputs @ t["W1"] + t["b1"]) @ t["W2"] + t["b2"]
    loss = nn.functional.binary_cross_entropy_with_logits(z, torch.tensor(y, dtype=torch.float64))
    loss.backward()
    cache = two_layer.forward(X, p)
    g = two_layer.backward(cache, y, p)
    assert two_layer.loss(cache, y) == pytest.approx(loss.item(), abs=1e-14)
    for name in two_layer.PARAMETERS:
        assert g[name].shape == p[name].shape
        assert np.allclose(g[name], t[name].grad.numpy(), rtol=0, atol=1e-14)
    assert np.allclose(g["X"], inputs.grad.numpy(), rtol=0, atol=1e-14)


def test_shapes_are_those_of_the_docstring():
    X, y, p = batch(m=5, nin=2, hidden=6)
    cache = two_layer.forward(X, p)
    shapes = {"X": (5, 2), "Z1": (5, 6), "A1": (5, 6), "Z2": (5, 1), "A2": (5, 1)}
    assert {name: array.shape for name, array in cache.items()} == shapes
    g = two_layer.backward(cache, y, p)
    assert {name: g[name].shape for name in ("X", "Z1", "A1", "Z2")} == {
        name: shapes[name] for name in ("X", "Z1", "A1", "Z2")
    }


@pytest.mark.parametrize("z", [-1e308, -1000.0, -40.0, 0.0, 40.0, 1000.0, 1e308])
def test_sigmoid_and_loss_are_finite_for_every_logit(z):
    with np.errstate(all="raise", under="ignore"):
        p = two_layer.sigmoid(np.array([z]))[0]
        cache = {"Z2": np.array([[z]])}
        costs = [two_layer.loss(cache, np.array([[y]])) for y in (0, 1)]
    assert 0.0 <= p <= 1.0 and (p > 0.5) == (z > 0) and all(math.isfinite(c) for c in costs)
    assert costs == pytest.approx([max(z, 0), max(-z, 0)], abs=0.7)


def test_flat_targets_are_refused():
    X, y, p = batch()
    cache = two_layer.forward(X, p)
    for function in (
        lambda: two_layer.loss(cache, y.ravel()),
        lambda: two_layer.backward(cache, y.ravel(), p),
    ):
        with pytest.raises(
            ValueError, match=r"shape of the outputs, \(7, 1\), got \(7,\); y.reshape\(-1, 1\)"
        ):
            function()


def test_the_start_has_the_promised_scale_and_the_seed_decides():
    p = two_layer.start(nin=400, hidden=300, seed=0)
    assert p["W1"].std() * math.sqrt(400) == pytest.approx(1.0, abs=0.02)
    assert p["W2"].std() * math.sqrt(300) == pytest.approx(1.0, abs=0.15)
    assert not p["b1"].any() and not p["b2"].any()
    again, other = (two_layer.start(400, 300, seed)["W1"] for seed in (0, 1))
    assert (p["W1"] == again).all() and (p["W1"] != other).any()


def test_it_learns_xor():
    X, labels = datasets.xor()
    y, p = labels.reshape(-1, 1), two_layer.start(2, 4, seed=0)
    for _ in range(1000):
        g = two_layer.backward(two_layer.forward(X, p), y, p)
        p = {name: p[name] - g[name] for name in p}
    assert ((two_layer.forward(X, p)["A2"] > 0.5) == y).all()


# ---------------------------------------------------------------- PyTorch


def test_the_pytorch_column_equals_those_before_it():
    columns = {"by hand": ledger.by_hand(), "NumPy": ledger.in_numpy(), "PyTorch CPU": ledger_column()}
    assert ledger.table(columns).largest_difference <= 1e-12
    assert list(columns["PyTorch CPU"]) == list(ledger.load().formulas)


def test_float64_everywhere_but_on_mps():
    assert precision("cpu") is precision(torch.device("cuda", 0)) is torch.float64
    assert precision("mps") is torch.float32


def test_on_another_device_every_tensor_of_the_ledger_lies_there():
    """The device `meta` calculates nothing and refuses mixtures: a tensor forgotten on the CPU raises."""
    tensors = ledger_tensors("meta")
    assert {tensor.device.type for tensor in tensors.values()} == {"meta"}
    assert set(tensors) == set(ledger.load().formulas)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_gpu_column_equals_those_before_it():
    columns = {"by hand": ledger.by_hand(), "PyTorch GPU": ledger_column("cuda")}
    assert ledger.table(columns).largest_difference <= 1e-12
