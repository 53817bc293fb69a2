"""The benchmark of the engine for tables: its contestants agree. Times themselves are not tested here."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "benchmarks" / "tensor.py"
SIZES = (6, 5, 4, 3)
SHORT = {"turns": 1, "turn": 1e-4}


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("benchmark_tensor", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("contestant", ["NumPy", "PyTorch"])
def test_a_contestant_makes_the_same_steps_as_the_engine(benchmark, contestant):
    ours = benchmark.training_step("Tensor", SIZES, **SHORT)
    benchmark.agree([ours], [benchmark.training_step(contestant, SIZES, **SHORT)], contestant)
    assert len(ours["gradients"]) == 4 * 6 and ours["losses"][-1] < ours["losses"][0]


def test_no_contestant_changes_the_weights_of_another(benchmark):
    X, y, layers = benchmark.task(SIZES)
    before = [(W.copy(), b.copy()) for W, b in layers]
    for contestant in ("Tensor", "NumPy", "PyTorch"):
        benchmark.CONTESTANTS[contestant](X, y, layers)()
    assert all((W == V).all() and (b == c).all() for (W, b), (V, c) in zip(layers, before, strict=True))


@pytest.mark.parametrize("loss", ["hinge", "bce"])
def test_the_step_of_the_moons_is_the_same_with_values_and_with_tensors(benchmark, loss):
    values, tensors = (benchmark.moons_step(kind, loss, **SHORT) for kind in ("Value", "Tensor"))
    benchmark.agree([values], [tensors], "moons")
    assert len(values["gradients"]) == 337 and values["losses"][-1] < values["losses"][0]


def test_the_moons_are_as_many_values_as_the_table_says(benchmark):
    from micrograd_lite import MLP
    from micrograd_lite.graph import nodes_of
    from micrograd_lite.losses import binary_cross_entropy_with_logits, hinge, l2

    model = MLP(2, [16, 16, 1], activation="relu", seed=0)
    x, y = benchmark.engine.moons()
    scores = [model(row) for row in x]
    assert len(nodes_of(hinge(scores, y) + 1e-4 * l2(model.parameters()))) == 7142
    assert len(nodes_of(binary_cross_entropy_with_logits(scores, [(t + 1) // 2 for t in y]))) == 6939


def test_a_job_runs_in_a_process_of_its_own_with_one_thread(benchmark):
    done = benchmark.fresh("training_step", contestant="NumPy", sizes=SIZES, **SHORT)
    assert done["seconds"] > 0.0
    assert benchmark.SURROUNDINGS["OMP_NUM_THREADS"] == "1"


def test_a_failing_job_is_reported_with_its_error(benchmark):
    with pytest.raises(SystemExit, match="KeyError: 'nobody'"):
        benchmark.fresh("training_step", contestant="nobody")


def test_a_missing_peer_is_said_and_counts_as_not_met(benchmark, capsys, monkeypatch):
    monkeypatch.setattr(benchmark.engine.importlib.util, "find_spec", lambda name: None)
    step = {"seconds": 1.0, "losses": [1.0], "gradients": [1.0]}
    monkeypatch.setattr(benchmark, "fresh", lambda **request: step)
    table = benchmark.Table()
    benchmark.compare_steps(table, SIZES, rounds=2, most=1.1, least=0.9)
    shown = capsys.readouterr().out
    assert "pip install autograd" in shown and shown.count("| met ") == 2
    assert table.missed == 1
