"""The dropout explorer: controls move, and what is shown is what `regularize` and PyTorch compute."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from widget_helpers import assert_shows, move, said

from micrograd_lite.datasets import load_digits
from micrograd_lite.digit_network import digit_network
from micrograd_lite.regularize import dropout
from micrograd_lite.widgets.dropout import DropoutExplorer, DropoutReading, dropout_frame


def two_layers(seed=0, widths=(7, 5, 4, 3)):
    """x and a network with negative numbers in x; 5 and 7 units fill no rectangle."""
    rng = np.random.default_rng(seed)
    layers = [(rng.normal(size=(n, m)), rng.normal(size=n)) for m, n in pairwise(widths)]
    return rng.normal(size=widths[0]), layers


def digit():
    return load_digits().X[16] / 16, digit_network()


def test_moving_the_controls_of_dropout_gives_what_regularize_gives():
    x, layers = two_layers()
    explorer = DropoutExplorer(x, layers, p=0.2, layer=0)
    move(explorer, p=0.4, layer=2, masks=300)
    hidden = torch.tensor(x)
    for W, b in layers[:2]:
        hidden = torch.relu(torch.tensor(W) @ hidden + torch.tensor(b))
    a = hidden.numpy()
    out, mask = dropout(np.tile(a, (300, 1)), 0.4, np.random.default_rng(0))
    reading = explorer.reading
    np.testing.assert_allclose(reading.a, a, rtol=1e-12)
    np.testing.assert_allclose(reading.out, out, rtol=1e-12)
    np.testing.assert_allclose(reading.mean, out.mean(axis=0), rtol=1e-12)
    np.testing.assert_array_equal(reading.dropped, mask[0] == 0)
    W, b = layers[2]
    for answer, units in ((reading.plain, a), (reading.p_out[0], out[0])):
        np.testing.assert_allclose(answer, torch.softmax(torch.tensor(W @ units + b), -1), rtol=1e-12)
    assert_shows(explorer, dropout_frame(x, layers, p=0.4, layer=2, masks=300))


def test_every_layer_and_mode_is_drawn_as_the_picture_is():
    x, layers = two_layers()
    explorer = DropoutExplorer(x, layers, masks=3)
    for layer, mode in ((0, "train"), (2, "eval"), (1, "eval"), (1, "train")):
        move(explorer, layer=layer, mode=mode)
        assert_shows(explorer, dropout_frame(x, layers, layer=layer, mode=mode, masks=3))


def test_the_picture_shows_dropped_units_scaled_units_means_and_answers():
    explorer = DropoutExplorer(p=0.5, layer=1, masks=100)
    frame, reading = explorer._figure, explorer.reading
    column, row = frame._crosses.get_data()
    crossed = np.zeros((8, 8), dtype=bool)
    crossed[row, column] = True
    np.testing.assert_array_equal(crossed.ravel(), reading.dropped)
    np.testing.assert_allclose(np.asarray(frame._image.get_array()).ravel(), reading.out[0])
    kept = ~reading.dropped
    np.testing.assert_allclose(reading.out[0, kept], 2.0 * reading.a[kept])
    np.testing.assert_allclose(frame._dots.get_data(), [reading.a, reading.mean])
    np.testing.assert_allclose([bar.get_height() for bar in frame._here], reading.p_out[0])
    np.testing.assert_allclose([bar.get_height() for bar in frame._plain], reading.plain)
    assert f"{reading.dropped.sum()} of 64 units dropped, the others × 2" in said(explorer)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_mean_over_masks_is_kept(p):
    reading = DropoutReading(*digit(), p, 1, "train", 1000, seed=0)
    on = reading.a > 0
    ratio = reading.mean[on] / reading.a[on]
    assert reading.spread == pytest.approx(math.sqrt(p / (1 - p) / 1000))
    assert abs(ratio.mean() - 1.0) < 4 * reading.spread / math.sqrt(on.sum())
    assert (abs(ratio - 1.0) < 2 * reading.spread).mean() > 0.8


def test_the_band_and_the_line_of_what_is_not_scaled():
    explorer = DropoutExplorer(p=0.9, masks=1000)
    figure, spread = explorer._figure, explorer.reading.spread
    right = figure._ends[1]
    np.testing.assert_allclose(figure._band.get_xy()[1], [right, right * (1 + 2 * spread)])
    np.testing.assert_allclose(figure._unscaled.get_ydata()[1], (1 - 0.9) * right)


@pytest.mark.parametrize("p", [0.0, 0.9])
def test_evaluation_drops_nothing_whatever_the_rate(p):
    reading = DropoutReading(*digit(), p, 1, "eval", 100, seed=1)
    np.testing.assert_array_equal(reading.out, np.tile(reading.a, (100, 1)))
    np.testing.assert_allclose(reading.p_out[0], reading.plain, rtol=1e-12)
    assert "0 of 64 units dropped, nothing scaled, whatever the rate" in reading.describe()


def test_the_button_draws_another_mask_and_the_rest_stays():
    explorer = DropoutExplorer(masks=1)
    first = explorer.reading
    explorer._button.click()
    second = explorer.reading
    assert (first.dropped != second.dropped).any()
    np.testing.assert_array_equal(first.a, second.a)
    assert second.describe() == said(explorer) and "in the mean over 1 mask." in said(explorer)


def test_a_picture_has_no_more_rows_than_it_needs_and_no_empty_shape():
    x, layers = two_layers(widths=(13, 3))
    picture = dropout_frame(x, layers, layer=0, p=0.0)
    assert "0 of 13 units dropped, the others × 1." in picture.alt
    image = picture.figure.axes[0].get_images()[0].get_array()
    assert image.shape == (3, 5)
    np.testing.assert_array_equal(np.ravel(image), [*x, 0.0, 0.0])
    assert len(picture.png()) < 80_000


def test_a_layer_of_zeros_is_drawn():
    W, b = np.zeros((4, 2)), np.zeros(4)
    picture = dropout_frame(np.ones(2), [(W, b), (W.T, np.zeros(2))], layer=1)
    assert "The largest activation is 0; here it is 0" in picture.alt and len(picture.png()) > 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"p": 1.0}, "p is a number from 0 to 0.9, got 1.0"),
        ({"layer": 2}, "layer is one of 0, 1; got 2"),
        ({"mode": "test"}, "mode is one of train, eval; got 'test'"),
        ({"masks": 7}, "masks is one of 1, 3, 10, 30, 100, 300, 1000; got 7"),
        ({"x": np.ones((2, 64))}, r"x is one sample .* got shape \(2, 64\)"),
        ({"x": np.full(64, math.nan)}, "x is one sample of finite numbers"),
        ({"x": np.ones(3)}, r"layer 1 gets 3 numbers: it needs W of shape \(out, 3\)"),
        ({"layers": []}, r"layers needs at least one pair \(W, b\)"),
        ({"layers": [(np.ones((5, 64)), np.ones(4))]}, r"b of shape \(out,\), got \(5, 64\) and \(4,\)"),
        ({"layers": [(np.ones(64), np.ones(1))]}, r"got \(64,\) and \(1,\)"),
    ],
)
def test_a_wrong_setting_of_dropout_is_told(settings, message):
    for make in (dropout_frame, DropoutExplorer):
        with pytest.raises(ValueError, match=message):
            make(**settings)


def test_the_static_picture_is_small():
    assert len(dropout_frame().png()) < 80_000
