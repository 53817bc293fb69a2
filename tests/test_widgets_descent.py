"""The playground of descent: paths equal to plain loops; moves show at once; divergence is said."""

import numpy as np
import pytest
from widget_helpers import alt, assert_shows, at_once, ends, move, said

from micrograd_lite.widgets.descent import LOSSES, DescentPlayground, descent, path

# ---------------------------------------------------------------- the path


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
        (("hill",), "loss is one of bowl, two valleys, long valley, saddle; got 'hill'"),
        (("bowl", 0.0), "rate is a number from 0.001 to 10, got 0.0"),
        (("bowl", 0.1, 0.0, 201), "steps is a whole number from 0 to 200, got 201"),
        (("bowl", 0.1, (1.0, 2.0)), r"start on 'bowl' is 1 finite number, got \(1.0, 2.0\)"),
        (("long valley", 0.1, 1.0), "start on 'long valley' is 2 finite numbers, got 1.0"),
        (("bowl", 0.1, np.nan), "finite number"),
    ]:
        with pytest.raises(ValueError, match=message):
            path(*arguments)


# ---------------------------------------------------------------- picture and playground


def test_the_picture_has_the_numbers_in_words():
    picture = descent("bowl", 2.1, 0.0, 20)
    assert "it diverges" in picture.alt and "20 steps to w = -17.18 (loss 203.7)" in picture.alt
    assert descent("long valley").alt.startswith("Long valley, learning rate 0.1: from w = (-4, 1.5)")
    assert picture.png().startswith(b"\x89PNG")


@pytest.mark.parametrize("loss", LOSSES)
def test_every_move_shows_the_path_of_the_controls(loss):
    widget = DescentPlayground(loss)
    seen = [widget._image.value]
    for control, value in (("rate", 0.5), ("steps", 7), ("w1", 1.25)):
        move(widget, **{control: value})
        seen.append(widget._image.value)
    assert len(set(seen)) == 4
    start = (1.25, LOSSES[loss].start[1]) if LOSSES[loss].dimension == 2 else 1.25
    assert said(widget).removeprefix("⚠ ") == path(loss, 0.5, start, 7).describe()
    assert_shows(widget, descent(loss, 0.5, start, 7), exact=False)


def test_a_longer_step_axis_is_drawn_anew():
    widget = DescentPlayground("bowl")
    move(widget, rate=0.05, steps=40)
    assert widget._figure.curve.get_xlim() == (0, 50)
    assert_shows(widget, descent("bowl", 0.05, None, 40), exact=False)


def test_another_loss_brings_its_own_start_and_sliders():
    widget = DescentPlayground("bowl")
    w1, w2 = widget.controls["w1"], widget.controls["w2"]
    assert w2.layout.display == "none" and w1.description == "Start"
    move(widget, loss="long valley")
    assert w2.layout.display is None and w1.description == "Start, w₁"
    assert (w1.value, w2.value, w1.min, w1.max) == (-4.0, 1.5, -5.0, 5.0)
    move(widget, loss="two valleys")
    assert w1.value == 0.5 and w2.layout.display == "none"
    assert said(widget).startswith("Two valleys")


def test_another_loss_amid_moves_leaves_one_path_on_that_loss():
    widget = DescentPlayground("bowl")
    at_once(*(ends(widget.controls[name], 3) for name in ("loss", "w1", "rate")))
    values = {name: control.value for name, control in widget.controls.items()}
    start = (values["w1"], values["w2"])[: LOSSES[values["loss"]].dimension]
    assert alt(widget) == descent(values["loss"], values["rate"], start, values["steps"]).alt
    assert_shows(widget, descent(values["loss"], values["rate"], start, values["steps"]), exact=False)


def test_divergence_is_shown_and_not_hidden():
    widget = DescentPlayground("bowl", rate=1.9)
    assert "⚠" not in said(widget)
    move(widget, rate=2.2)
    assert said(widget).startswith("⚠") and said(widget).endswith("it diverges.")
    assert widget._figure._end.get_marker() == "X" and "it diverges" in widget._figure._title.get_text()


def test_a_wrong_first_value_is_told():
    with pytest.raises(ValueError, match="loss is one of"):
        DescentPlayground("hill")
