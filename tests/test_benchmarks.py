"""The benchmark runs, and refuses times of libraries that disagree. Times themselves are not tested here."""

import sys

import pytest
import scripts


@pytest.fixture(scope="module")
def benchmark():
    return scripts.benchmark("engine")


def test_both_forms_of_the_demo_step_compute_the_same(benchmark):
    fused = benchmark.fresh("demo_step", steps=2)
    node_by_node = benchmark.fresh("demo_step", steps=2, fused=False, collector=False)
    benchmark.agree([fused], [node_by_node], "demo step")
    assert len(fused["gradients"]) == 337 and any(fused["gradients"])
    assert fused["losses"][2] < fused["losses"][0]
    assert "micrograd_lite" in fused["packages"] and "numpy" not in fused["packages"]


def test_scalar_expression_agrees_with_pytorch(benchmark):
    ours, theirs = (
        benchmark.fresh("scalar_expression", library=library, batches=2, repeats=2)
        for library in ("micrograd_lite", "torch")
    )
    benchmark.agree([ours], [theirs], "expression")


def test_other_numbers_stop_the_comparison(benchmark):
    right = {"losses": [1.0], "gradients": [0.5]}
    with pytest.raises(SystemExit, match="gradients differ"):
        benchmark.agree([right], [{"losses": [1.0], "gradients": [0.5001]}], "demo step")


def test_mixed_has_the_stated_size(benchmark):
    from micrograd_lite.graph import nodes_of

    assert len(nodes_of(benchmark.mixed(81))) == 81
    assert benchmark.fresh("memory", n=8001)["bytes"] > 88  # a Value alone takes as much


def test_missing_peer_is_said_and_counts_as_not_met(benchmark, capsys, monkeypatch):
    monkeypatch.setattr(benchmark.importlib.util, "find_spec", lambda name: None)
    table = benchmark.Table()
    benchmark.compare_scalars(table, rounds=1, batches=2)
    benchmark.compare_demo(table, rounds=1, steps=1)
    shown = capsys.readouterr().out
    assert "pip install autograd" in shown and "pip install micrograd" in shown
    assert table.missed == 3


@pytest.mark.parametrize(
    ("numbers", "target", "verdict", "missed"),
    [
        ([6.0, 7.0, 1.0], {"least": 5}, "met", 0),
        ([4.0, 4.0, 9.0], {"least": 5}, "MISSED", 1),
        ([1.2, 1.2, 2.0], {"most": 1.3}, "met", 0),
        ([1.4, 1.4, 1.0], {"most": 1.3}, "MISSED", 1),
        ([1.4], {}, "for context", 0),
    ],
)
def test_the_median_decides(benchmark, capsys, numbers, target, verdict, missed):
    table = benchmark.Table()
    table.row("a row", numbers, "×", **target)
    last = capsys.readouterr().out.splitlines()[-1]
    assert f"| {verdict} " in last
    assert table.missed == missed


def test_a_failing_job_is_reported_with_its_error(benchmark):
    with pytest.raises(SystemExit, match="ValueError: values is 1 more"):
        benchmark.fresh("picture", values=99)


def test_one_command_names_every_option(benchmark, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["engine.py", "--help"])
    with pytest.raises(SystemExit, match="0"):
        benchmark.main()
    assert "--quick" in capsys.readouterr().out
