"""The speed ladder: the rungs compute the same, and the clock is read when the work is done."""

import itertools

import numpy as np
import pytest
import torch
from scripts import benchmark

from micrograd_lite.experiments import speed

SMALL = speed.problem((5, 4, 3), batch=6)


def numeric_gradient(task, name, index, h=1e-6):
    """The slope of the loss by one weight, by central differences."""

    def loss(change):
        arrays = {n: getattr(task, n).copy() for n in ("W1", "b1", "W2", "b2")}
        arrays[name][index] += change
        Z = np.maximum(task.X @ arrays["W1"].T + arrays["b1"], 0) @ arrays["W2"].T + arrays["b2"]
        return np.mean(np.log(np.exp(Z).sum(axis=1)) - Z[np.arange(len(task.y)), task.y])

    return (loss(h) - loss(-h)) / (2 * h)


@pytest.mark.parametrize("make", [speed.with_values, speed.with_numpy, speed.with_pytorch])
def test_a_step_of_each_rung_has_the_gradients_of_the_formula(make):
    rung = make(SMALL)
    rung.step()
    loss, gradients = rung.read()
    assert 0.5 < loss < 3
    for name, index in (("W1", (0, 0)), ("W1", (3, 4)), ("b1", (1,)), ("W2", (2, 1)), ("b2", (0,))):
        assert gradients[name][index] == pytest.approx(numeric_gradient(SMALL, name, index), abs=1e-8)


def test_the_rungs_agree_over_several_steps():
    found = speed.rungs(SMALL)
    assert list(found) == ["Value", "NumPy", "PyTorch CPU"]
    assert all(speed.largest_difference(found) <= 1e-12 for _ in range(5))


def test_the_loss_falls_so_the_weights_are_updated():
    for rung in speed.rungs(SMALL).values():
        rung.step()
        first, _ = rung.read()
        for _ in range(50):
            rung.step()
        assert rung.read()[0] < first


def test_a_rung_that_computes_something_else_is_found():
    found = speed.rungs(SMALL) | {"other": speed.with_numpy(speed.problem((5, 4, 3), batch=6, seed=1))}
    assert speed.largest_difference(found) > 1e-3


def test_times_are_taken_in_float32():
    found = speed.rungs(SMALL, exact=False, values=False)
    assert list(found) == ["NumPy", "PyTorch CPU"]
    for rung in found.values():
        rung.step()
        assert rung.read()[1]["W1"].dtype == np.float32


def test_on_another_device_nothing_is_left_on_the_cpu():
    """The device `meta` calculates nothing and refuses mixtures: a tensor forgotten on the CPU raises."""
    found = speed.rungs(SMALL, device="meta")
    assert list(found)[-1] == "PyTorch GPU"
    found["PyTorch GPU"].step()
    with pytest.raises(RuntimeError, match="expected device"):
        torch.nn.Linear(5, 4)(torch.ones(6, 5, device="meta"))  # that it does refuse


@pytest.mark.parametrize("device", ["cpu", torch.device("cpu")])
def test_the_device_can_be_named_or_given(device):
    found = {"cpu": speed.with_pytorch(SMALL), "named": speed.with_pytorch(SMALL, device)}
    assert speed.largest_difference(found) == 0


@pytest.mark.parametrize(("device", "expected"), [("cuda", ["cuda"]), ("mps", ["mps"]), ("cpu", [])])
def test_synchronise_waits_for_the_device_it_was_given(monkeypatch, device, expected):
    called = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device=None: called.append("cuda"))
    monkeypatch.setattr(torch.mps, "synchronize", lambda: called.append("mps"))
    speed.synchronise(device)
    speed.synchronise(torch.device(device))
    assert called == 2 * expected


def test_the_rung_of_a_gpu_waits_for_it(monkeypatch):
    waited = []
    monkeypatch.setattr(speed, "synchronise", waited.append)
    speed.with_pytorch(SMALL, "cpu").wait()
    assert waited == ["cpu"]


def recorded():
    """A rung, a clock, and the list of what happened to them in order."""
    events, ticks = [], itertools.count()

    def clock():
        events.append("clock")
        return float(next(ticks))

    rung = speed.Rung(lambda: events.append("step"), lambda: (0.0, {}), lambda: events.append("wait"))
    return rung, clock, events


def test_the_clock_is_read_only_when_nothing_is_under_way():
    rung, clock, events = recorded()
    speed.measure({"rung": rung}, rounds=3, seconds=4.0, clock=clock)
    readings = [i for i, event in enumerate(events) if event == "clock"]
    assert len(readings) == 2 * (2 + 3)  # two turns of warm-up, three rounds
    assert all(events[i - 1] == "wait" for i in readings)


def test_a_rung_is_warmed_up_before_the_rounds_and_fills_its_turn():
    rung, clock, events = recorded()
    seconds = speed.measure({"rung": rung}, rounds=3, seconds=4.0, clock=clock)
    turns = "".join({"step": "s", "wait": "w", "clock": "c"}[e] for e in events)
    assert turns == 2 * "wcswc" + 3 * "wcsssswc"
    assert seconds == {"rung": 0.25}  # each turn is one tick of the clock for four steps


def test_rungs_take_turns():
    order = []

    def rung(name):
        return speed.Rung(lambda: order.append(name), lambda: (0.0, {}))

    ticks = itertools.count()
    speed.measure({"a": rung("a"), "b": rung("b")}, rounds=3, seconds=1.0, clock=lambda: next(ticks))
    assert "".join(order) == "aabb" + "ab" * 3


def test_the_median_of_the_rounds_counts():
    times = iter([0, 1, 0, 1, 0, 5, 0, 1, 0, 2])  # warm-up 1, 1; rounds 5, 1, 2
    rung = speed.Rung(lambda: None, lambda: (0.0, {}))
    assert speed.measure({"a": rung}, rounds=3, seconds=1.0, clock=lambda: next(times)) == {"a": 2}


def test_a_quick_rung_makes_many_steps():
    ticks = itertools.count(step=0.001)
    steps = []
    rung = speed.Rung(lambda: steps.append(1), lambda: (0.0, {}))
    speed.measure({"a": rung}, rounds=1, seconds=0.1, clock=lambda: next(ticks))
    assert len(steps) == 1 + 1 + 10 + 1000  # the clock ticks once a turn: 0.0001 s a step
    frozen = speed.Rung(lambda: steps.append(1), lambda: (0.0, {}))
    steps.clear()
    speed.measure({"a": frozen}, rounds=1, clock=lambda: 7.0)  # a clock too coarse to see a step
    assert len(steps) == 1 + 1 + 10 + 100


@pytest.mark.parametrize("looks", [(0.01, 5.0, 0.1), (5.0, 0.01, 0.1), (0.01, 0.01, 5.0)])
def test_a_busy_moment_in_the_warm_up_does_not_shorten_the_turns(looks):
    """Turns of one step would count the reading of the clock as well."""
    readings = itertools.chain.from_iterable((0.0, took) for took in (*looks, 1.0))
    steps = []
    rung = speed.Rung(lambda: steps.append(1), lambda: (0.0, {}))
    speed.measure({"a": rung}, rounds=1, seconds=1.0, clock=lambda: next(readings))
    assert len(steps) == 1 + 1 + 10 + 100


def test_no_rounds_are_refused():
    with pytest.raises(ValueError, match="at least one round, got 0"):
        speed.measure({}, rounds=0)


def test_additions_have_a_time_for_each_size():
    found = speed.additions([1, 100], rounds=1)
    assert list(found) == ["Python list", "NumPy", "PyTorch CPU"]
    assert all(len(times) == 2 and min(times) > 0 for times in found.values())
    assert list(speed.additions([1], device="meta", rounds=1))[-1] == "PyTorch GPU"


def test_the_benchmark_prints_its_tables(capsys):
    benchmark("speed").main(["--quick"])
    text = capsys.readouterr().out
    assert f"torch {torch.__version__}" in text and "| PyTorch CPU |" in text
    assert "64 → 64 → 10, batch 64" in text


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_the_gpu_computes_the_same():
    assert speed.largest_difference(speed.rungs(SMALL, device="cuda")) <= 1e-12


def test_operations_are_those_of_forward_backward_and_update():
    """Two layers forward, three products back (the first layer's inputs need no gradient), four updates."""
    names = speed.operations(speed.with_pytorch(SMALL))
    assert names.index("addmm") < names.index("relu") < names.index("_log_softmax") < names.index("mm")
    assert [names.count(name) for name in ("addmm", "relu", "mm", "add_")] == [2, 1, 3, 4]


def test_a_step_has_as_many_operations_in_a_larger_network():
    few = speed.operations(speed.with_pytorch(SMALL))
    assert speed.operations(speed.with_pytorch(speed.problem((20, 30, 10), batch=40))) == few


def test_numpy_makes_no_operation_of_pytorch():
    assert speed.operations(speed.with_numpy(SMALL)) == []
