"""The fair experiment: fair by construction, deterministic, and the stored files belong to the code."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scripts import benchmark
from torch import nn

from micrograd_lite.datasets import load_digits
from micrograd_lite.experiments import fair_experiment
from micrograd_lite.experiments.fair_experiment import METHODS, SEEDS, Dropout


@pytest.fixture(autouse=True)
def one_thread():
    with fair_experiment.one_thread():
        yield


@pytest.fixture(scope="module")
def stored():
    return fair_experiment.stored()


# --- the data -----------------------------------------------------------------------------------------------


def rows_of(X):
    """The set of pictures, each as bytes."""
    return {row.tobytes() for row in np.ascontiguousarray(X.numpy())}


def test_split_has_the_stated_sizes_and_classes():
    digits = fair_experiment.split(0)
    assert [tuple(X.shape) for X in (digits.X_train, digits.X_val, digits.X_test)] == [
        (200, 784),
        (400, 784),
        (1197, 784),
    ]
    assert np.bincount(digits.y_train).tolist() == [20] * 10
    assert np.bincount(digits.y_val).tolist() == [40] * 10
    assert digits.X_train.dtype == torch.float64 and digits.y_train.dtype == torch.int64
    assert digits.X_train.min() == 0 and digits.X_train.max() <= 1


def test_every_digit_is_in_one_part_with_its_own_label():
    digits, whole = fair_experiment.split(3), load_digits(size=28)
    parts = [(digits.X_train, digits.y_train), (digits.X_val, digits.y_val), (digits.X_test, digits.y_test)]
    dealt = sorted(
        (row.tobytes(), int(y)) for X, labels in parts for row, y in zip(X.numpy(), labels, strict=True)
    )
    assert dealt == sorted((row.tobytes(), int(y)) for row, y in zip(whole.X / 16, whole.y, strict=True))


def test_no_tuning_run_sees_a_test_digit():
    test = rows_of(fair_experiment.split(0).X_test)
    for seed in (*fair_experiment.TUNING_SEEDS, *SEEDS):
        digits = fair_experiment.split(seed)
        assert rows_of(digits.X_test) == test
        assert not test & (rows_of(digits.X_train) | rows_of(digits.X_val))
    assert not set(fair_experiment.TUNING_SEEDS) & set(SEEDS)


def test_seeds_draw_other_training_digits():
    one, same, other = (rows_of(fair_experiment.split(seed).X_train) for seed in (0, 0, 1))
    assert one == same and one != other


# --- the networks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "kinds"),
    [
        ("plain", ["Linear", "ReLU"]),
        ("L2", ["Linear", "ReLU"]),
        ("early stopping", ["Linear", "ReLU"]),
        ("Dropout", ["Linear", "ReLU", "Dropout"]),
        ("BatchNorm", ["Linear", "BatchNorm1d", "ReLU"]),
        ("Dropout + BatchNorm", ["Linear", "BatchNorm1d", "ReLU", "Dropout"]),
    ],
)
def test_layers_stand_in_the_order_of_the_source(method, kinds):
    net = fair_experiment.network(method, 0)
    assert [type(layer).__name__ for layer in net] == ["Flatten", *kinds, *kinds, "Linear"]
    widths = [(layer.in_features, layer.out_features) for layer in net if isinstance(layer, nn.Linear)]
    assert widths == [(784, 256), (256, 128), (128, 10)]
    assert net(torch.rand(3, 28, 28, dtype=torch.float64)).shape == (3, 10)


def test_one_seed_gives_all_methods_the_same_weights_and_leaves_the_global_generator_alone():
    before = torch.get_rng_state()
    nets = [fair_experiment.network(method, 5) for method in METHODS]
    assert torch.equal(torch.get_rng_state(), before)
    weights = [[layer.weight for layer in net if isinstance(layer, nn.Linear)] for net in nets]
    assert all(torch.equal(a, b) for some in weights for a, b in zip(some, weights[0], strict=True))
    assert not torch.equal(fair_experiment.network("plain", 6)[1].weight, weights[0][0])


def test_unknown_method_is_told():
    with pytest.raises(ValueError, match=r"method must be one of plain, .*; got 'batchnorm'"):
        fair_experiment.network("batchnorm", 0)


def test_dropout_is_inverted_in_training_and_nothing_in_eval():
    dropout, ones = Dropout(0.25, seed=0), torch.ones(400, 100, dtype=torch.float64)
    dropped = dropout(ones)
    assert set(dropped.unique().tolist()) == {0.0, 1 / 0.75}
    assert abs((dropped == 0).double().mean().item() - 0.25) < 0.01  # 4.6 standard deviations
    assert torch.equal(dropout.eval()(ones), ones)


def test_dropout_masks_follow_from_their_seed_alone():
    ones = torch.ones(50, dtype=torch.float64)
    first, second = Dropout(0.5, seed=1), Dropout(0.5, seed=1)
    torch.rand(7)  # another draw elsewhere changes nothing
    assert torch.equal(first(ones), second(ones))
    assert not torch.equal(first(ones), Dropout(0.5, seed=2)(ones))


@pytest.mark.parametrize("p", [-0.1, 1.0])
def test_dropout_refuses_an_impossible_rate(p):
    with pytest.raises(ValueError, match=f"from 0 to below 1, got p={p}"):
        Dropout(p, seed=0)


# --- one run ------------------------------------------------------------------------------------------------


def test_run_is_deterministic_and_says_how_it_went():
    one, two = (fair_experiment.run("Dropout", 0.003, 1, epochs=3) for _ in range(2))
    assert one == two
    assert (one.epochs, len(one.curves["val loss"])) == (3, 3)
    assert (
        one.curves["train loss"][-1] == one.train.loss and one.curves["val accuracy"][-1] == one.val.accuracy
    )
    assert one.best_epoch == 1 + int(np.argmin(one.curves["val loss"]))
    assert one.train.loss < math.log(10)  # better than ten equal probabilities
    assert "curves" not in one.as_dict() and one.as_dict()["test"]["accuracy"] == one.test.accuracy


def test_a_run_takes_one_thread_and_gives_the_others_back(monkeypatch):
    seen = []
    monkeypatch.setattr(fair_experiment, "split", lambda seed: seen.append(torch.get_num_threads()))
    torch.set_num_threads(3)
    with pytest.raises(AttributeError):  # no digits
        fair_experiment.run("plain", 0.003, 0)
    assert seen == [1] and torch.get_num_threads() == 3


def test_the_default_dtype_of_the_page_changes_nothing():
    before = fair_experiment.run("Dropout + BatchNorm", 0.003, 0, epochs=1)
    torch.set_default_dtype(torch.float64)
    try:
        assert fair_experiment.run("Dropout + BatchNorm", 0.003, 0, epochs=1) == before
    finally:
        torch.set_default_dtype(torch.float32)


def test_tuning_does_not_look_at_the_test():
    assert fair_experiment.run("plain", 0.003, 100, epochs=1, test=False).test is None


def test_plain_run_equals_the_loop_written_out():
    digits, net = fair_experiment.split(2), fair_experiment.network("plain", 2)
    optimizer, order = torch.optim.Adam(net.parameters(), lr=0.001), torch.Generator().manual_seed(2)
    for _ in range(2):
        for rows in torch.randperm(200, generator=order).split(20):
            optimizer.zero_grad()
            nn.CrossEntropyLoss()(net(digits.X_train[rows]), digits.y_train[rows]).backward()
            optimizer.step()
    logits = net(digits.X_test)
    result = fair_experiment.run("plain", 0.001, 2, epochs=2)
    assert result.test.loss == pytest.approx(nn.CrossEntropyLoss()(logits, digits.y_test).item(), rel=1e-9)
    assert result.test.accuracy == (logits.argmax(1) == digits.y_test).double().mean().item()


def test_epochs_to_98_is_the_first_one():
    result = fair_experiment.run("BatchNorm", 0.003, 0, epochs=6)
    accuracy = result.curves["train accuracy"]
    assert (
        all(a < 0.98 for a in accuracy[: result.epochs_to_98 - 1])
        and accuracy[result.epochs_to_98 - 1] >= 0.98
    )
    assert fair_experiment.run("plain", 1e-6, 0, epochs=1, test=False).epochs_to_98 is None


def test_l2_makes_the_weights_smaller_and_belongs_to_its_method_alone():
    plain, ours, strong = (
        fair_experiment.run(method, 0.001, 0, epochs=2, l2=l2, test=False)
        for method, l2 in (("plain", 0.5), ("L2", 0.0), ("L2", 0.5))
    )
    assert plain.curves == ours.curves  # L2 of strength 0 is plain, and plain has no L2
    assert strong.train.loss > plain.train.loss


def test_l2_is_weight_decay_of_the_weights_under_sgd():
    digits = fair_experiment.split(0)
    ours, theirs = fair_experiment.network("L2", 0), fair_experiment.network("L2", 0)
    groups = [
        {
            "params": [p for p in theirs.parameters() if p.ndim == 2],
            "weight_decay": 2 * 0.01,
        },  # d(λ w²) = 2 λ w
        {"params": [p for p in theirs.parameters() if p.ndim == 1]},
    ]
    for net, some, l2 in ((ours, ours.parameters(), 0.01), (theirs, groups, 0.0)):
        optimizer = torch.optim.SGD(some, lr=0.1)
        order = torch.Generator().manual_seed(0)
        fair_experiment.train_epoch(net, optimizer, digits.X_train, digits.y_train, order, l2)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-12)


def test_early_stopping_stops_and_takes_the_best_weights_back(monkeypatch):
    monkeypatch.setattr(fair_experiment, "PATIENCE", 2)
    stopped = fair_experiment.run("early stopping", 0.02, 1, epochs=30)
    assert stopped.epochs == stopped.best_epoch + 2 < 30
    assert stopped.val.loss == min(stopped.curves["val loss"])
    plain = fair_experiment.run("plain", 0.02, 1, epochs=stopped.epochs)
    assert plain.curves == stopped.curves and plain.val.loss > stopped.val.loss


# --- the stored experiment ----------------------------------------------------------------------------------


def test_stored_experiment_is_complete(stored):
    tuned = [(entry["method"], entry["lr"]) for entry in stored["tuning"]]
    assert tuned == [
        (method, lr) for method in METHODS for lr in fair_experiment.RATES
    ]  # the same budget for each
    assert all(len(entry["val_loss"]) == len(fair_experiment.TUNING_SEEDS) for entry in stored["tuning"])
    runs = [(entry["method"], entry["lr"], entry["seed"]) for entry in stored["runs"]]
    assert runs == [(method, stored["lr"][method], seed) for seed in SEEDS for method in METHODS]
    assert len(SEEDS) >= 8
    assert stored["command"] == fair_experiment.COMMAND and set(stored["versions"]) == {
        "python",
        "torch",
        "numpy",
    }
    assert list(stored["curves"]) == list(METHODS)
    assert not any(
        place in fair_experiment.FILE.read_text("utf-8") for place in ("/home", "/tmp", "/work", "/root")
    )


def test_chosen_rates_are_the_best_of_the_tuning_and_not_at_the_edge(stored):
    for method, lr in stored["lr"].items():
        losses = {e["lr"]: np.mean(e["val_loss"]) for e in stored["tuning"] if e["method"] == method}
        assert lr == min(losses, key=losses.get)
        assert min(fair_experiment.RATES) < lr < max(fair_experiment.RATES)
    assert fair_experiment.choose(stored["tuning"]) == stored["lr"]


def test_stored_curves_end_where_the_runs_of_seed_0_end(stored):
    for entry in stored["runs"][: len(METHODS)]:
        curves = stored["curves"][entry["method"]]
        assert len(curves["val loss"]) == entry["epochs"]
        assert min(curves["val loss"]) == curves["val loss"][entry["best_epoch"] - 1]
        if entry["method"] != "early stopping":
            assert entry["epochs"] == fair_experiment.EPOCHS
            assert curves["train loss"][-1] == pytest.approx(entry["train"]["loss"], abs=1e-6)


def test_the_start_of_a_stored_curve_comes_out_again(stored):
    for method in ("BatchNorm", "Dropout"):
        live = fair_experiment.run(method, stored["lr"][method], 0, epochs=4, test=False)
        for name, curve in live.curves.items():
            assert curve == pytest.approx(stored["curves"][method][name][:4], abs=2e-6)


def test_table_is_what_numpy_makes_of_the_runs(stored):
    table = fair_experiment.table(stored)
    assert [row[0] for row in table.rows] == list(METHODS)
    for row in table.rows:
        runs = [entry for entry in stored["runs"] if entry["method"] == row[0]]
        train, test = (np.array([100 * e[part]["accuracy"] for e in runs]) for part in ("train", "test"))
        assert row[2] == f"{train.mean():.2f} ± {train.std(ddof=1):.2f}"
        assert row[3] == f"{test.mean():.2f} ± {test.std(ddof=1):.2f}"
        assert row[4] == f"{(train - test).mean():.2f} ± {(train - test).std(ddof=1):.2f}"
    assert table.text.splitlines()[-1].startswith("20 seeds, mean ± standard deviation; 200 training digits")
    assert "<table" in table._repr_html_() and repr(table) == table.text


def test_t_quantile_leaves_5_percent_outside():
    degrees = len(SEEDS) - 1
    factor = math.gamma((degrees + 1) / 2) / math.sqrt(degrees * math.pi) / math.gamma(degrees / 2)
    t = np.linspace(-fair_experiment.T_975, fair_experiment.T_975, 200_001)
    inside = np.trapezoid(factor * (1 + t**2 / degrees) ** (-(degrees + 1) / 2), t)
    assert inside == pytest.approx(0.95, abs=1e-4)


def test_differences_are_pairs_of_the_same_seed(stored):
    accuracy = {(e["method"], e["seed"]): 100 * e["test"]["accuracy"] for e in stored["runs"]}
    rows = {row[0]: row for row in fair_experiment.differences(stored).rows}
    assert list(rows) == list(METHODS[1:])
    for method, (mean, low, high) in fair_experiment.intervals(stored).items():
        pairs = [accuracy[method, seed] - accuracy["plain", seed] for seed in SEEDS]
        half = 2.093 * np.std(pairs, ddof=1) / np.sqrt(20)
        assert (mean, low, high) == pytest.approx(
            (np.mean(pairs), np.mean(pairs) - half, np.mean(pairs) + half)
        )
        assert rows[method][1] == f"{mean:+.2f} [{low:+.2f}, {high:+.2f}]"
        better, equal, worse = map(int, rows[method][4].split(" / "))
        assert (better, better + equal + worse) == (sum(d > 0 for d in pairs), 20)


def test_interval_wants_a_number_for_each_seed():
    with pytest.raises(ValueError, match="for 20 pairs, got 3"):
        fair_experiment._interval([1.0, 2.0, 3.0])


def test_accuracies_for_the_figure_are_in_percent_by_seed(stored):
    accuracies = fair_experiment.test_accuracies(stored)
    assert list(accuracies) == list(METHODS)
    one = next(e for e in stored["runs"] if (e["method"], e["seed"]) == ("Dropout", 7))
    assert accuracies["Dropout"][7] == 100 * one["test"]["accuracy"]


def test_tuning_table_marks_the_chosen_rate(stored):
    table = fair_experiment.tuning_table(stored)
    for method, *cells in table.rows:
        marked = [rate for rate, cell in zip(fair_experiment.RATES, cells, strict=True) if cell.endswith("*")]
        assert marked == [stored["lr"][method]]


def test_strengths_hold_the_one_of_the_experiment(stored):
    tuned = {(e["method"], e["lr"]): e["val_loss"] for e in stored["tuning"]}
    for entry in stored["strengths"]:
        assert entry["lr"] == stored["lr"][entry["method"]]
        if entry["strength"] == {"L2": fair_experiment.L2, "Dropout": fair_experiment.P}[entry["method"]]:
            assert entry["val_loss"] == tuned[entry["method"], entry["lr"]]
    rows = fair_experiment.strengths_table(stored).rows
    assert [row[1] for row in rows] == [
        "λ = 0.0001",
        "λ = 0.001",
        "λ = 0.01",
        "p = 0.2",
        "p = 0.5",
        "p = 0.8",
    ]


def test_table_counts_seeds_that_never_reach_98_percent(stored):
    changed = json.loads(json.dumps(stored))
    for entry in changed["runs"]:
        if entry["method"] == "plain" and entry["seed"] < 19:
            entry["epochs_to_98"] = None
    assert fair_experiment.table(changed).rows[0][-1] == "– (never: 19)"


def as_result(entry):
    parts = {name: fair_experiment.Score(**entry[name]) for name in ("train", "val", "test")}
    return fair_experiment.Result(**{**entry, **parts}, curves={})


def test_agrees_compares_with_the_run_of_the_same_seed(stored):
    result = as_result(stored["runs"][0])
    assert fair_experiment.agrees(result, stored)
    for part in ("train", "val", "test"):
        before = getattr(result, part)
        nearly = replace(result, **{part: replace(before, loss=before.loss * (1 + 5e-5))})
        off = replace(result, **{part: replace(before, loss=before.loss * (1 + 2e-4))})
        assert fair_experiment.agrees(nearly, stored) and not fair_experiment.agrees(off, stored)
    digit = replace(result, test=replace(result.test, accuracy=result.test.accuracy + 1 / 1197))
    later = replace(result, best_epoch=result.best_epoch + 1)
    assert not fair_experiment.agrees(digit, stored) and not fair_experiment.agrees(later, stored)


@pytest.mark.parametrize("change", [{"seed": 100}, {"lr": 0.5}, {"test": None}])
def test_agrees_says_what_is_stored(stored, change):
    with pytest.raises(ValueError, match="stored are runs with test"):
        fair_experiment.agrees(replace(as_result(stored["runs"][0]), **change), stored)


def test_missing_damaged_and_outdated_files_are_told(tmp_path, monkeypatch):
    file = tmp_path / "fair_experiment.json"
    monkeypatch.setattr(fair_experiment, "FILE", file)
    with pytest.raises(FileNotFoundError, match=r"missing: .*git checkout -- data/fair_experiment.json"):
        fair_experiment.stored()
    file.write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match=r"damaged .*python benchmarks/fair_experiment.py"):
        fair_experiment.stored()
    file.write_text(json.dumps({"constants": {**fair_experiment.constants(), "epochs": 7}}), encoding="utf-8")
    with pytest.raises(ValueError, match=r"epochs = 7, .* now says 60"):
        fair_experiment.stored()


# --- the script ---------------------------------------------------------------------------------------------


def test_script_of_the_experiment_measures_tunes_and_stores(tmp_path, monkeypatch):
    module = benchmark("fair_experiment")
    monkeypatch.setattr(fair_experiment, "METHODS", ("L2", "Dropout"))
    monkeypatch.setattr(fair_experiment, "FILE", tmp_path / "fair_experiment.json")
    measure = module.measure
    small = {"rates": (1e-9, 0.003, 1e3), "tuning_seeds": (100,), "seeds": (1,), "epochs": 1}
    monkeypatch.setattr(module, "measure", lambda *given: measure(**small))
    for name in ("tuning_table", "table", "differences", "strengths_table"):
        monkeypatch.setattr(fair_experiment, name, lambda stored: "a table")
    module.main()
    stored = fair_experiment.stored()
    assert stored["lr"] == {"L2": 0.003, "Dropout": 0.003}
    assert len(stored["tuning"]) == 6 and len(stored["runs"]) == 2 and len(stored["strengths"]) == 6
    assert fair_experiment.agrees(fair_experiment.run("L2", 0.003, 1, epochs=1), stored)
    losses = [tuple(entry["val_loss"]) for entry in stored["strengths"]]
    assert len(set(losses)) == 6  # each strength makes a difference


def test_script_stops_where_the_best_rate_is_at_the_edge(monkeypatch):
    module = benchmark("fair_experiment")
    with pytest.raises(SystemExit, match=r"L2: the best rate, 0.1, is at the edge"):
        module.inside({"plain": 0.01, "L2": 0.1}, (0.001, 0.01, 0.1))
