"""The Batch Normalization explorer: what is shown is what `regularize` and PyTorch compute."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from widget_helpers import assert_shows, move, said

from micrograd_lite.regularize import BatchNorm1d
from micrograd_lite.widgets.batchnorm import BatchNormExplorer, BatchNormReading, batchnorm_frame

FIRST = {"batch_size": 32, "gamma": 1.0, "beta": 0.0, "mode": "train", "shift": 2.0, "scale": 1.5}
FIRST |= {"batches": 30, "seed": 0}


def read(**settings):
    """A reading without a picture."""
    return BatchNormReading(None, **FIRST | settings)


def replay(values, size, shift, scale, batches, seed=0):
    """The same batches through PyTorch's layer. -> the layer, the last batch (size, 1)"""
    x = shift + scale * (values - values.mean()) / values.std()
    rng, layer = np.random.default_rng(seed), torch.nn.BatchNorm1d(1, dtype=torch.float64)
    for _ in range(batches):
        batch = torch.tensor(rng.choice(x, size, replace=False))[:, None]
        layer(batch)
    return layer, batch


@pytest.mark.parametrize("mode", ["train", "eval"])
def test_moving_the_controls_of_batchnorm_gives_what_pytorch_gives(mode):
    values = np.random.default_rng(5).exponential(size=300)
    explorer = BatchNormExplorer(values)
    moved = {"batch_size": 16, "gamma": 2.0, "beta": -1.0, "shift": -3.0, "scale": 0.5, "batches": 12}
    with explorer._at_once():
        move(explorer, **moved, mode=mode)
    layer, batch = replay(values, 16, -3.0, 0.5, 12)
    reading = explorer.reading
    np.testing.assert_allclose(reading.running[:, -1], [layer.running_mean.item(), layer.running_var.item()])
    with torch.no_grad():
        layer.weight.fill_(2.0)
        layer.bias.fill_(-1.0)
        out = layer.train(mode == "train")(batch)
    np.testing.assert_allclose(reading.x, batch[:, 0])
    np.testing.assert_allclose(reading.out, out[:, 0], rtol=1e-12)
    assert_shows(explorer, batchnorm_frame(values, **moved, mode=mode))


def test_regularize_computes_it_batch_by_batch():
    reading = read(batch_size=8, batches=20)
    bn, rng = BatchNorm1d(1), np.random.default_rng(0)
    for k in range(20):
        batch = rng.choice(reading.all_x, 8, replace=False)
        out = bn.forward(batch[:, None])
        assert reading.running[:, k + 1].tolist() == [bn.running_mean[0], bn.running_var[0]]
        assert (reading.means[k], reading.variances[k]) == pytest.approx((batch.mean(), batch.var(ddof=1)))
    np.testing.assert_array_equal(reading.out, out[:, 0])
    assert reading.running[:, 0].tolist() == [0.0, 1.0]


@pytest.mark.parametrize(("shift", "scale"), [(-4.0, 0.2), (4.0, 2.5)])
def test_training_gives_mean_beta_and_spread_gamma_whatever_comes_in(shift, scale):
    reading = read(gamma=1.5, beta=2.0, shift=shift, scale=scale)
    assert (reading.all_x.mean(), reading.all_x.std()) == pytest.approx((shift, scale))
    assert (reading.out.mean(), reading.out.std()) == pytest.approx((2.0, 1.5), rel=1e-3)
    assert scale < 1 or "after: mean 2.00, variance 2.25" in reading.describe()


def test_a_batch_of_two_gives_two_numbers_only():
    out = read(batch_size=2, beta=3.0, batches=1).out
    np.testing.assert_allclose(np.sort(out), [2.0, 4.0], atol=1e-3)


def test_in_evaluation_too_few_batches_leave_it_unnormalised():
    few, many = (read(mode="eval", batches=n, batch_size=256) for n in (1, 100))
    assert few.all_out.mean() > 1.0 > 0.05 > abs(many.all_out.mean())
    assert "running mean and variance of 1 batch" in few.heading()
    assert "running mean and variance of 100 batches" in many.heading()


def test_the_picture_shows_the_batch_all_values_and_the_running_statistics():
    explorer = BatchNormExplorer(batches=10)
    frame, reading = explorer._figure, explorer.reading
    pairs = ((reading.x, reading.all_x), (reading.out, reading.all_out))
    for (bars, outline, mean, _), samples in zip(frame._sides, pairs, strict=True):
        for artist, sample in zip((bars, outline), samples, strict=True):
            heights, edges, _ = artist.get_data()
            counts = [((sample >= a) & (sample < b)).sum() for a, b in pairwise(edges)]
            np.testing.assert_allclose(heights, np.array(counts) / max(counts))
        assert mean.get_xdata() == pytest.approx([samples[0].mean()] * 2)
    for row, (each, line, target, _) in enumerate(frame._statistics):
        np.testing.assert_allclose(line.get_data(), [range(11), reading.running[row]])
        np.testing.assert_allclose(each.get_data(), [range(1, 11), (reading.means, reading.variances)[row]])
        goal = (reading.all_x.mean(), reading.all_x.var(ddof=1))[row]
        assert target.get_ydata() == pytest.approx([goal, goal])


def test_what_lies_beyond_the_axis_stands_in_its_outermost_bars():
    explorer = BatchNormExplorer([-100.0, *[0.0] * 9998, 100.0], batch_size=2, scale=2.5)
    heights = explorer._figure._sides[0][1].get_data()[0]
    assert heights[0] > 0 and heights[-1] > 0


def test_the_button_draws_other_batches():
    explorer = BatchNormExplorer()
    first = explorer.reading.x
    explorer._button.click()
    assert not np.array_equal(first, explorer.reading.x)
    assert said(explorer) == read(seed=1).describe()


def test_no_batch_is_larger_than_the_data():
    explorer = BatchNormExplorer(np.arange(40.0))
    assert max(value for value in explorer.controls["batch_size"].options) == 32


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_size": 1}, "batch_size is one of 2, 4, 8, 16, 32, 64, 128, 256; got 1"),
        ({"gamma": 3.5}, "gamma is a number from 0 to 3, got 3.5"),
        ({"beta": -4}, "beta is a number from -3 to 3, got -4"),
        ({"shift": 5.0}, "shift is a number from -4 to 4, got 5.0"),
        ({"scale": 0.0}, "scale is a number from 0.2 to 2.5, got 0.0"),
        ({"mode": "Train"}, "mode is one of train, eval; got 'Train'"),
        ({"batches": 0}, "batches is a whole number from 1 to 100, got 0"),
        ({"batches": 2.5}, "batches is a whole number from 1 to 100, got 2.5"),
        ({"values": np.ones(50)}, r"values are numbers .*not all equal.*got shape \(50,\)"),
        ({"values": np.arange(20.0)}, r"at least as many as the batch size 32; got shape \(20,\)"),
        ({"values": np.eye(64)}, r"got shape \(64, 64\)"),
        ({"values": [math.inf] * 64}, "finite"),
    ],
)
def test_a_wrong_setting_of_batchnorm_is_told(settings, message):
    for make in (batchnorm_frame, BatchNormExplorer):
        with pytest.raises(ValueError, match=message):
            make(**settings)


def test_the_static_picture_is_small():
    assert len(batchnorm_frame().png()) < 80_000
