"""The boundary trainer: equal to a plain loop bit for bit; batches, divergence, controls."""

import numpy as np
import pytest
from widget_helpers import assert_shows, move, said

from micrograd_lite import datasets, two_layer
from micrograd_lite.widgets.boundary import BoundaryRun, BoundaryTrainer, boundary_frame

# ---------------------------------------------------------------- the run


def plain_loop(steps, lr=1.0, hidden=8, seed=0):
    X, labels = datasets.two_moons(100, noise=0.1, seed=seed)
    y, p, history = labels.reshape(-1, 1), two_layer.start(2, hidden, seed), []
    for k in range(steps + 1):
        cache = two_layer.forward(X, p)
        history.append(two_layer.loss(cache, y))
        if k < steps:
            g = two_layer.backward(cache, y, p)
            p = {name: p[name] - lr * g[name] for name in p}
    return p, history


def test_a_run_is_the_plain_loop_bit_for_bit():
    run = BoundaryRun(lr=0.7, hidden=5, seed=3)
    for _ in range(20):
        run.step()
    p, history = plain_loop(20, lr=0.7, hidden=5, seed=3)
    assert run.losses == history and run.step_count == 20
    assert all((run.parameters[name] == p[name]).all() for name in p)
    assert run.right == int(((two_layer.forward(run.X, p)["A2"][:, 0] > 0.5) == run.positive).sum())


@pytest.mark.parametrize("size", [1, 10, 32])
def test_an_epoch_of_batches_takes_every_sample_once(size):
    run = BoundaryRun(n=50, batch=size)
    rows = []
    while len(rows) < 50:
        batch = run._next_rows()
        assert 1 <= len(batch) <= size
        rows += batch.tolist()
    assert sorted(rows) == list(range(50))


def test_a_batch_of_all_or_more_is_the_full_batch():
    runs = [BoundaryRun(n=20, batch=batch) for batch in (0, 20, 99)]
    for run in runs:
        run.step()
    assert runs[0].losses == runs[1].losses == runs[2].losses
    assert "all samples for each update" in runs[2].describe()
    assert "10 of 100 samples for each update" in BoundaryRun(batch=10).describe()


def test_divergence_stops_the_run_and_is_said():
    X = np.array([[0.0, 0.0], [1e200, 1e200]])
    run = BoundaryRun((X, np.array([1, 0])), lr=1e200, hidden=2)
    while not run.diverged and run.step_count < 5:
        run.step()
    assert run.diverged and "Diverged" in run.warning()
    with pytest.raises(ValueError, match="the run diverged; start again with a learning rate below 1e\\+200"):
        run.step()
    assert "Diverged" in boundary_frame((X, np.array([1, 0])), steps=5, lr=1e200, hidden=2).alt


def test_bad_settings_of_a_run_are_told():
    for settings, message in [
        ({"hidden": 0}, "hidden is a whole number of at least 1, got 0"),
        ({"batch": -1}, "batch is a whole number of at least 0, got -1"),
        ({"lr": -0.1}, "lr is a number of at least 0, got -0.1"),
    ]:
        with pytest.raises(ValueError, match=message):
            BoundaryRun(**settings)
    with pytest.raises(ValueError, match="steps is a whole number"):
        boundary_frame(steps=-1)


# ---------------------------------------------------------------- the trainer


def test_the_still_picture_is_the_run_of_the_page():
    picture = boundary_frame(steps=100, hidden=8, lr=3.0)
    _, history = plain_loop(100, lr=3.0)
    assert f"Step 100: loss {history[-1]:.4g}" in picture.alt
    assert picture.png().startswith(b"\x89PNG")


def test_steps_show_the_still_picture():
    trainer = BoundaryTrainer(steps=3, hidden=4)
    for _ in range(3):
        trainer.buttons["step"].click()
    assert trainer.run.losses == plain_loop(3, hidden=4)[1] and "Step 3" in said(trainer)
    assert_shows(trainer, boundary_frame(steps=3, hidden=4))


def test_controls_take_effect():
    trainer = BoundaryTrainer(steps=50)
    assert [c.description for c in trainer.controls.values()] == [
        "Learning rate", "Hidden width", "Noise", "Seed", "Batch",
    ]  # fmt: skip
    trainer.step()
    move(trainer, lr=0.3)
    assert trainer.run.lr == 0.3 and trainer.run.step_count == 1
    move(trainer, batch=10)
    assert trainer.run.batch == 10 and trainer.run.step_count == 0
    assert "10 of 100 samples" in trainer._figure._size.get_text()
    move(trainer, hidden=3)
    assert trainer.run.parameters["W1"].shape == (2, 3)


def test_bad_settings_of_the_trainer_are_told():
    for bad in (7, "all"):
        with pytest.raises(ValueError, match="batch is one of 0, 1, 10, 32; got"):
            BoundaryTrainer(batch=bad)
    with pytest.raises(TypeError, match="BoundaryTrainer has no setting l2; it has lr, hidden, noise, seed"):
        BoundaryTrainer(l2=0.1)


def test_the_field_is_that_of_the_network():
    run = BoundaryRun(hidden=3)
    cache = two_layer.forward(run.X, run.parameters)
    assert (run.scores_at(run.X) == cache["Z2"]).all()
