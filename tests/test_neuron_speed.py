"""The benchmark of one neuron on many samples."""

import pytest
from scripts import benchmark


def test_it_times_three_ways_that_agree(monkeypatch):
    speed = benchmark("neuron_speed")
    monkeypatch.setattr(speed, "SAMPLES", 50)
    monkeypatch.setattr(speed, "ROUNDS", 1)
    assert set(speed.measure(3)) == {"loop", "dot", "batch"}
    monkeypatch.setattr(speed, "dot", lambda X, w, b: [0.0] * len(X))
    with pytest.raises(SystemExit, match="dot computes something else than batch: no times"):
        speed.measure(3)
