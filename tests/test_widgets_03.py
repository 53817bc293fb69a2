"""The playground and the boundary trainer: equal to plain loops; moves show at once; divergence is said."""

import base64
import html
import io
import re
import threading

import numpy as np
import pytest
from PIL import Image

from micrograd_lite import datasets, figures, two_layer
from micrograd_lite.widgets import descent as playground
from micrograd_lite.widgets import training
from micrograd_lite.widgets.boundary import BoundaryRun, BoundaryTrainer, boundary_frame
from micrograd_lite.widgets.descent import LOSSES, DescentPlayground, descent, path


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def png_of(widget):
    return base64.b64decode(re.search('base64,([^"]*)"', widget._image.value)[1])


def said(status):
    return html.unescape(re.sub("<[^>]*>", " ", status.value)).strip()


# ---------------------------------------------------------------- descent: the path


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_the_slopes_of_the_losses(name):
    loss, h = LOSSES[name], 1e-5
    for point in np.random.default_rng(0).uniform(loss.low, loss.high, size=(20, loss.dimension)):
        for i in range(loss.dimension):
            step = h * np.eye(loss.dimension)[i]
            slope = (loss.value(point + step) - loss.value(point - step)) / (2 * h)
            assert loss.gradient(point)[i] == pytest.approx(slope, abs=1e-6)


@pytest.mark.parametrize("name", LOSSES)
def test_the_lowest_value_is_reached_and_never_passed(name):
    loss = LOSSES[name]
    axes = [np.linspace(a, b, 401) for a, b in zip(loss.low, loss.high, strict=True)]
    values = loss.value(np.stack(np.meshgrid(*axes), axis=-1))
    assert loss.lowest - 1e-12 <= values.min() <= loss.lowest + 1e-3


@pytest.mark.parametrize("rate", [0.02, 0.5, 1.9, 2.1])
def test_a_path_is_the_plain_loop(rate):
    w, points = 0.0, [0.0]
    for _ in range(20):
        w = w - rate * (w - 3)
        points.append(w)
    walked = path("bowl", rate, 0.0, 20)
    assert walked.points[:, 0].tolist() == points
    assert walked.losses == pytest.approx([0.5 * (w - 3) ** 2 for w in points])


@pytest.mark.parametrize(("loss", "limit"), [("bowl", 2.0), ("long valley", 0.2)])
def test_it_diverges_above_two_over_the_curvature_and_not_below(loss, limit):
    assert path(loss, 1.05 * limit, None, 200).diverged
    below = path(loss, 0.95 * limit, None, 200)
    assert not below.diverged and below.losses[-1] < 1e-3


def test_two_starts_end_in_two_valleys():
    ends = [path("two valleys", 0.05, start, 200).points[-1, 0] for start in (-0.5, 0.5)]
    assert ends[0] < -1.5 and ends[1] > 1.5


def test_a_path_that_runs_away_ends_before_its_numbers_overflow():
    walked = path("two valleys", 5.0, 3.0, 200)
    assert walked.ran_away and walked.diverged and walked.steps < 200
    assert np.isfinite(walked.points).all() and np.isfinite(walked.losses).all()


@pytest.mark.parametrize(
    ("arguments", "verdict"),
    [
        (("bowl", 0.1, 0.0, 0), "no step yet"),
        (("bowl", 0.001, 0.0, 20), "slow: still on the slope"),
        (("bowl", 0.1, 0.0, 20), "on its way"),
        (("bowl", 0.5, 0.0, 100), "it has arrived"),
        (("bowl", 2.0, 0.0, 20), "it jumps and does not get lower"),
        (("bowl", 2.1, 0.0, 40), "it diverges"),
    ],
)
def test_the_verdict_says_what_became_of_it(arguments, verdict):
    assert path(*arguments).verdict == verdict
    assert path(*arguments).describe().endswith(f"{verdict}.")


def test_bad_settings_are_told():
    for arguments, message in [
        (("hill",), "no loss 'hill'; there is bowl"),
        ((7,), "no loss 7"),
        (("bowl", 0.0), "rate is a number from 0.001 to 10, got 0.0"),
        (("bowl", True), "rate is a number"),
        (("bowl", 0.1, 0.0, 1.5), "steps is a whole number from 0 to 200, got 1.5"),
        (("bowl", 0.1, 0.0, True), "steps is a whole number"),
        (("bowl", 0.1, 0.0, 201), "steps is a number from 0 to 200, got 201"),
        (("bowl", 0.1, (1.0, 2.0)), r"start on 'bowl' is 1 finite number, got \(1.0, 2.0\)"),
        (("long valley", 0.1, 1.0), "start on 'long valley' is 2 finite numbers, got 1.0"),
        (("bowl", 0.1, np.nan), "finite number"),
    ]:
        with pytest.raises(ValueError, match=message):
            path(*arguments)


# ---------------------------------------------------------------- descent: picture and playground


def test_the_picture_has_the_numbers_in_words():
    picture = descent("bowl", 2.1, 0.0, 20)
    assert "it diverges" in picture.alt and "20 steps to w = -17.18 (loss 203.7)" in picture.alt
    assert descent("long valley").alt.startswith("Long valley, learning rate 0.1: from w = (-4, 1.5)")
    assert picture.png().startswith(b"\x89PNG")


@pytest.mark.parametrize("loss", LOSSES)
def test_every_move_shows_the_path_of_the_controls(loss):
    widget = DescentPlayground(loss)
    seen = [widget._image.value]
    for control, value in ((widget.rate, 0.5), (widget.steps, 7), (widget.starts[0], 1.25)):
        control.value = value
        seen.append(widget._image.value)
    assert len(set(seen)) == 4
    assert 'alt="' + LOSSES[loss].name.capitalize() in seen[-1]
    start = (1.25, LOSSES[loss].start[1]) if LOSSES[loss].dimension == 2 else 1.25
    expected = path(loss, 0.5, start, 7)
    assert (widget.path.points == expected.points).all()
    assert said(widget._status).removeprefix("⚠ ") == expected.describe()


def test_quick_drawing_gives_the_same_pixels_as_drawing_all():
    for loss in ("bowl", "long valley"):
        frame = playground._Frame(path(loss, 0.1))
        for rate, steps in ((0.15, 20), (0.21, 40), (0.05, 40)):
            walked = path(loss, rate, None, steps)
            frame.update(walked)
            quick = pixels(frame.quick_png())
            fresh = playground._Frame(walked)
            with figures.style():
                fresh.figure.set_dpi(100)
                fresh.figure.canvas.draw()
            full = np.asarray(fresh.figure.canvas.buffer_rgba())[..., :3].astype(int)
            assert np.mean(np.abs(quick - full) > 40) < 0.002  # spines and grid lie below or above the path


def test_another_loss_brings_its_own_start_and_sliders():
    widget = DescentPlayground("bowl")
    assert widget.starts[1].layout.display == "none"
    widget.loss.value = "long valley"
    assert widget.starts[1].layout.display is None
    assert [s.value for s in widget.starts] == [-4.0, 1.5]
    assert (widget.starts[0].min, widget.starts[0].max) == (-5.0, 5.0)
    widget.loss.value = "two valleys"
    assert widget.starts[0].value == 0.5 and widget.starts[1].layout.display == "none"
    assert said(widget._status).startswith("Two valleys")


def test_moves_from_two_threads_do_not_mix_their_pictures():
    """JupyterLab's messages come in on more than one thread of the kernel."""
    widget = DescentPlayground("bowl")
    names = list(LOSSES)

    def move(k):
        widget.loss.value = names[k % 4]
        widget.rate.value = 0.05 + 0.01 * k

    threads = [threading.Thread(target=move, args=(k,)) for k in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    widget.rate.value = 0.123
    fresh = DescentPlayground(widget.loss.value, 0.123, tuple(widget.path.points[0]))
    assert (pixels(png_of(widget)) == pixels(png_of(fresh))).all()


def test_divergence_is_shown_and_not_hidden():
    widget = DescentPlayground("bowl", rate=1.9)
    assert "⚠" not in said(widget._status)
    widget.rate.value = 2.2
    assert said(widget._status).startswith("⚠") and said(widget._status).endswith("it diverges.")
    frame = widget._frames["bowl"]
    assert frame._end.get_marker() == "X" and "it diverges" in frame._title.get_text()


def test_every_control_is_labelled():
    widget = DescentPlayground()
    assert all(c.description for c in (widget.loss, widget.rate, widget.steps, *widget.starts))
    with pytest.raises(ValueError, match="no loss"):
        DescentPlayground("hill")


# ---------------------------------------------------------------- the boundary run


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


def test_own_points_with_either_labels():
    X, y = datasets.xor()
    for labels in (y, 2 * y - 1):
        run = BoundaryRun((X, labels))
        assert run.positive.tolist() == [False, True, True, False]
        run.step()


def test_divergence_stops_the_run_and_is_said():
    X = np.array([[0.0, 0.0], [1e200, 1e200]])
    run = BoundaryRun((X, np.array([1, 0])), lr=1e200, hidden=2)
    while not run.diverged and run.step_count < 5:
        run.step()
    assert run.diverged and "Diverged" in run.warning()
    with pytest.raises(ValueError, match="the run diverged; start again with a learning rate below 1e\\+200"):
        run.step()
    assert "Diverged" in boundary_frame((X, np.array([1, 0])), steps=5, lr=1e200, hidden=2).alt


def test_a_loss_that_grows_is_warned_about():
    run = BoundaryRun(lr=500.0)
    run.step()
    assert "times what it was at step 0" in run.warning() and run.warning() in run.describe()
    assert BoundaryRun().warning() == ""


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


# ---------------------------------------------------------------- the boundary trainer


def test_the_still_picture_is_the_run_of_the_page():
    picture = boundary_frame(steps=100, hidden=8, lr=3.0)
    _, history = plain_loop(100, lr=3.0)
    assert f"Step 100: loss {history[-1]:.4g}" in picture.alt
    assert picture.png().startswith(b"\x89PNG")


def test_step_and_reset_do_what_they_say():
    trainer = BoundaryTrainer(steps=5, hidden=4)
    first = trainer._image.value
    for _ in range(3):
        trainer.buttons["step"].click()
    assert trainer.run.losses == plain_loop(3, hidden=4)[1]
    assert trainer._image.value != first and "Step 3" in said(trainer._status)
    trainer.buttons["reset"].click()
    assert trainer.run.step_count == 0 and trainer._image.value == first


def test_controls_take_effect():
    trainer = BoundaryTrainer(steps=50)
    assert set(trainer.controls) == {"lr", "hidden", "batch", "noise", "seed"}
    trainer.step()
    trainer.controls["lr"].value = 0.3
    assert trainer.run.lr == 0.3 and trainer.run.step_count == 1
    trainer.controls["batch"].value = 10
    assert trainer.run.batch == 10 and trainer.run.step_count == 0
    trainer.controls["hidden"].value = 3
    assert trainer.run.parameters["W1"].shape == (2, 3)
    assert all(control.description for control in trainer.controls.values())
    assert "10 of 100 samples" in trainer._frame._size.get_text()


def test_bad_settings_of_the_trainer_are_told():
    for bad in (7, True, "all"):
        with pytest.raises(ValueError, match=r"batch is one of 0, 1, 10, 32 \(0 for all\), got"):
            BoundaryTrainer(batch=bad)
    with pytest.raises(ValueError, match="hidden is a whole number from 1 to 32, got 99"):
        BoundaryTrainer(hidden=99)


def test_the_field_is_that_of_the_network():
    run = BoundaryRun(hidden=3)
    frame = training.Frame(run, 10)
    assert frame._plane_title.get_text() == f"Step 0: {run.right} of 100 on their side"
    cache = two_layer.forward(run.X, run.parameters)
    assert (run.scores_at(run.X) == cache["Z2"]).all()
