"""Chapter 06's widgets without a browser: controls move, and what is shown is what `regularize` computes."""

import base64
import io
import math
import re
import threading
from itertools import pairwise

import numpy as np
import pytest
import torch
from PIL import Image

from micrograd_lite import figures
from micrograd_lite.datasets import load_digits
from micrograd_lite.regularize import BatchNorm1d, dropout
from micrograd_lite.widgets.batchnorm import BatchNormExplorer, batchnorm_frame
from micrograd_lite.widgets.dropout import DropoutExplorer, digit_network, dropout_frame


def pixels(html):
    data = base64.b64decode(re.search('base64,([^"]+)', html).group(1))
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def drawn_in_full(explorer):
    """What the explorer shows, its figure drawn from scratch, as pixels."""
    figure = explorer._frame.figure
    with figures.style():
        figure.set_dpi(100)
        figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[:, :, :3].astype(int)


def said(explorer):
    return re.sub("<[^>]*>", "", explorer._status.value)


def move(explorer, **values):
    for name, value in values.items():
        explorer.controls[name].value = value


def two_layers(seed=0, widths=(7, 5, 4, 3)):
    """x and a network with negative numbers in x; 5 and 7 units fill no rectangle."""
    rng = np.random.default_rng(seed)
    layers = [(rng.normal(size=(n, m)), rng.normal(size=n)) for m, n in pairwise(widths)]
    return rng.normal(size=widths[0]), layers


# ---------------------------------------------------------------- dropout


def test_the_example_network_knows_digits():
    (W1, b1), (W2, b2) = digit_network()
    digits = load_digits()
    scores = np.maximum(digits.X / 16 @ W1.T + b1, 0.0) @ W2.T + b2
    right = scores.argmax(axis=1) == digits.y
    assert right[:500].mean() > 0.97 and right[500:].mean() > 0.85


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
    assert said(explorer) == dropout_frame(x, layers, p=0.4, layer=2, masks=300).alt
    assert np.array_equal(pixels(explorer._image.value), drawn_in_full(explorer))


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("mode", ["train", "eval"])
def test_every_layer_and_mode_is_drawn_as_the_picture_is(layer, mode):
    x, layers = two_layers()
    explorer = DropoutExplorer(x, layers)
    move(explorer, layer=layer, mode=mode)
    assert said(explorer) == dropout_frame(x, layers, layer=layer, mode=mode).alt
    assert np.array_equal(pixels(explorer._image.value), drawn_in_full(explorer))


def test_the_picture_shows_dropped_units_scaled_units_means_and_answers():
    explorer = DropoutExplorer(p=0.5, layer=1, masks=100)
    frame, reading = explorer._frame, explorer.reading
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
def test_the_mean_over_masks_is_kept_and_the_band_holds_it(p):
    explorer = DropoutExplorer(layer=1)
    move(explorer, p=p, masks=1000)
    reading = explorer.reading
    on = reading.a > 0
    ratio = reading.mean[on] / reading.a[on]
    assert reading.spread == pytest.approx(math.sqrt(p / (1 - p) / 1000))
    assert abs(ratio.mean() - 1.0) < 4 * reading.spread / math.sqrt(on.sum())
    assert (abs(ratio - 1.0) < 2 * reading.spread).mean() > 0.8
    right = explorer._frame._ends[1]
    corners = explorer._frame._band.get_xy()
    np.testing.assert_allclose(corners[1], [right, right * (1 + 2 * reading.spread)])
    np.testing.assert_allclose(explorer._frame._unscaled.get_ydata()[1], (1 - p) * right)


def test_evaluation_drops_nothing_whatever_the_rate_and_the_seed():
    explorer = DropoutExplorer(mode="eval")
    for p in (0.0, 0.9):
        move(explorer, p=p)
        explorer.draw_again()
        np.testing.assert_array_equal(explorer.reading.out, np.tile(explorer.reading.a, (100, 1)))
        np.testing.assert_allclose(explorer.reading.p_out[0], explorer.reading.plain, rtol=1e-12)
    assert "0 of 64 units dropped, nothing scaled, whatever the rate" in said(explorer)
    assert not explorer._frame._unscaled.get_visible()


def test_the_button_draws_another_mask_and_the_rest_stays():
    explorer = DropoutExplorer(masks=1)
    first = explorer.reading
    explorer._button.click()
    second = explorer.reading
    assert (first.dropped != second.dropped).any()
    np.testing.assert_array_equal(first.a, second.a)
    assert said(explorer) == dropout_frame(masks=1, seed=1).alt
    assert "in the mean over 1 mask." in said(explorer)


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
        ({"p": "0.5"}, "p is a number from 0 to 0.9, got '0.5'"),
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


# ---------------------------------------------------------------- Batch Normalization


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
    assert said(explorer) == batchnorm_frame(values, **moved, mode=mode).alt
    assert np.array_equal(pixels(explorer._image.value), drawn_in_full(explorer))


def test_regularize_computes_it_batch_by_batch():
    reading = BatchNormExplorer(batch_size=8, batches=20).reading
    bn, rng = BatchNorm1d(1), np.random.default_rng(0)
    for k in range(20):
        batch = rng.choice(reading.all_x, 8, replace=False)
        out = bn.forward(batch[:, None])
        assert reading.running[:, k + 1].tolist() == [bn.running_mean[0], bn.running_var[0]]
        assert (reading.means[k], reading.variances[k]) == pytest.approx((batch.mean(), batch.var(ddof=1)))
    np.testing.assert_array_equal(reading.out, out[:, 0])
    assert reading.running[:, 0].tolist() == [0.0, 1.0]


def test_training_gives_mean_beta_and_spread_gamma_whatever_comes_in():
    explorer = BatchNormExplorer(gamma=1.5, beta=2.0)
    for shift, scale in ((-4.0, 0.2), (4.0, 2.5)):
        move(explorer, shift=shift, scale=scale)
        assert explorer.reading.all_x.mean() == pytest.approx(shift)
        assert explorer.reading.all_x.std() == pytest.approx(scale)
        assert explorer.reading.out.mean() == pytest.approx(2.0)
        assert explorer.reading.out.std() == pytest.approx(1.5, rel=1e-3)
    assert "after: mean 2.00, variance 2.25" in said(explorer)


def test_a_batch_of_two_gives_two_numbers_only():
    out = BatchNormExplorer(batch_size=2, gamma=1.0, beta=3.0, batches=1).reading.out
    np.testing.assert_allclose(np.sort(out), [2.0, 4.0], atol=1e-3)


def test_in_evaluation_too_few_batches_leave_it_unnormalised():
    few, many = (BatchNormExplorer(mode="eval", batches=n, batch_size=256).reading for n in (1, 100))
    assert few.all_out.mean() > 1.0 > 0.05 > abs(many.all_out.mean())
    assert "running mean and variance of 1 batch" in few.heading()
    assert "running mean and variance of 100 batches" in many.heading()


def test_the_picture_shows_the_batch_all_values_and_the_running_statistics():
    explorer = BatchNormExplorer(batches=10)
    frame, reading = explorer._frame, explorer.reading
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
    bars = BatchNormExplorer([-100.0, *[0.0] * 9998, 100.0], batch_size=2, scale=2.5)._frame._sides[0]
    heights = bars[1].get_data()[0]
    assert heights[0] > 0 and heights[-1] > 0


def test_the_button_draws_other_batches():
    explorer = BatchNormExplorer()
    first = explorer.reading.x
    explorer._button.click()
    assert not np.array_equal(first, explorer.reading.x)
    assert said(explorer) == batchnorm_frame(seed=1).alt


def test_no_batch_is_larger_than_the_data():
    explorer = BatchNormExplorer(np.arange(40.0))
    assert max(value for value in explorer.controls["batch_size"].options) == 32


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"batch_size": 1}, "batch_size is one of 2, 4, 8, 16, 32, 64, 128, 256; got 1"),
        ({"gamma": 3.5}, "gamma is a number from 0 to 3, got 3.5"),
        ({"beta": True}, "beta is a number from -3 to 3, got True"),
        ({"shift": math.nan}, "shift is a number from -4 to 4, got nan"),
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


# ---------------------------------------------------------------- both


@pytest.mark.parametrize("make", [DropoutExplorer, BatchNormExplorer])
def test_controls_have_labels_and_the_picture_its_text(make):
    explorer = make()
    controls = explorer.children[-1].children
    assert len(controls) >= 5 and all(control.description for control in controls)
    assert f'alt="{said(explorer)}"' in explorer._image.value
    assert 'role="status"' in explorer._status.value


@pytest.mark.parametrize("picture", [dropout_frame, batchnorm_frame])
def test_the_static_picture_is_small(picture):
    assert len(picture().png()) < 80_000


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    ("make", "names"), [(DropoutExplorer, ("p", "layer")), (BatchNormExplorer, ("shift", "mode"))]
)
def test_moves_from_two_threads_leave_no_ghosts(make, names):
    """A kernel may handle two messages at once; what is shown in the end is one drawing of one reading."""
    explorer = make()
    slider, choice = (explorer.controls[name] for name in names)

    def slide():
        for k in range(8):
            slider.value = slider.min + (slider.max - slider.min) * (k % 5) / 5

    def choose():
        for k in range(8):
            choice.value = [o[1] if isinstance(o, tuple) else o for o in choice.options][k % 2]

    threads = [threading.Thread(target=work) for work in (slide, choose, explorer.draw_again)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shown = explorer._image.value
    explorer._show()
    assert explorer._image.value == shown
    assert np.array_equal(pixels(shown), drawn_in_full(explorer))
