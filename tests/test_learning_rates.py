"""Which learning rates train: measured as stated, deterministic, and the stored file belongs to the code."""

import pytest
import torch
from scripts import benchmark

from micrograd_lite.experiments import fair_experiment, learning_rates


@pytest.fixture(autouse=True)
def one_thread():
    with fair_experiment.one_thread():
        yield


@pytest.fixture(scope="module")
def stored():
    return learning_rates.stored()


def test_batchnorm_trains_at_rates_that_plain_cannot():
    assert learning_rates.epochs_to_fit("BatchNorm", 1.0, 0, epochs=5) is not None
    assert learning_rates.epochs_to_fit("plain", 1.0, 0, epochs=5) is None


def test_a_loss_without_end_ends_the_run(monkeypatch):
    epochs = []
    one_epoch = fair_experiment.train_epoch
    monkeypatch.setattr(fair_experiment, "train_epoch", lambda *given: (epochs.append(1), one_epoch(*given)))
    assert learning_rates.epochs_to_fit("plain", 1e200, 0, epochs=5) is None
    assert len(epochs) == 1


def test_a_run_takes_one_thread_and_gives_the_others_back(monkeypatch):
    seen = []
    monkeypatch.setattr(fair_experiment, "split", lambda seed: seen.append(torch.get_num_threads()))
    torch.set_num_threads(3)
    with pytest.raises(AttributeError):  # no digits
        learning_rates.epochs_to_fit("plain", 0.003, 0)
    assert seen == [1] and torch.get_num_threads() == 3


def test_unknown_optimizer_is_told():
    with pytest.raises(ValueError, match="one of SGD, Adam; got 'sgd'"):
        learning_rates.epochs_to_fit("plain", 0.1, 0, optimizer="sgd")


def test_stored_rates_are_complete_and_reach_beyond_what_trains(stored):
    cases = [(e["optimizer"], e["method"], e["lr"]) for e in stored["runs"]]
    assert cases == [
        (optimizer, method, lr)
        for optimizer, some in learning_rates.RATES.items()
        for method in learning_rates.METHODS
        for lr in some
    ]
    for by_rate in learning_rates.seeds_that_train(stored).values():
        counts = list(by_rate.values())
        assert max(counts[0], counts[-1]) < len(learning_rates.SEEDS)  # the range ends inside the grid


def test_a_stored_rate_comes_out_again(stored):
    entry = next(
        e for e in stored["runs"] if (e["optimizer"], e["method"], e["lr"]) == ("SGD", "BatchNorm", 0.1)
    )
    assert learning_rates.epochs_to_fit("BatchNorm", 0.1, 0) == entry["epochs"][0]


def test_rates_table_takes_the_longest_unbroken_run():
    def entry(method, lr, *epochs):
        return {"optimizer": "SGD", "method": method, "lr": lr, "epochs": list(epochs)}

    runs = [entry("plain", lr, 9, None) for lr in (0.1, 1.0)]
    runs += [entry("BatchNorm", 0.01, 5, 5), entry("BatchNorm", 0.1, None, 5)]
    runs += [
        entry("BatchNorm", 1.0, 4, 6),
        entry("BatchNorm", 2.0, 2, 3),
        entry("BatchNorm", 5.0, None, None),
    ]
    constants = {"accuracy": 0.95, "train": 200, "epochs": 40, "seeds": [0, 1]}
    table = learning_rates.table({"constants": constants, "runs": runs})
    assert table.rows == [
        ("SGD, plain", "none", "–", "–"),
        ("SGD, BatchNorm", "1 to 2", "2", "2.5 at 2"),
    ]


def test_script_of_the_learning_rates_measures_each_case(tmp_path, monkeypatch, capsys):
    module = benchmark("learning_rates")
    monkeypatch.setattr(learning_rates, "FILE", tmp_path / "learning_rates.json")
    measure = module.measure
    monkeypatch.setattr(
        module, "measure", lambda rates, methods, seeds: measure({"SGD": (0.1,)}, methods, (0,), epochs=2)
    )
    module.main()
    stored = learning_rates.stored()
    assert [(e["method"], e["lr"], len(e["epochs"])) for e in stored["runs"]] == [
        ("plain", 0.1, 1),
        ("BatchNorm", 0.1, 1),
    ]
    assert "rates that train" in capsys.readouterr().out
