"""Chapter 02: activation functions against PyTorch and finite differences, the two explorers, the figures."""

import base64
import io
import math
import re
import threading
import warnings

import numpy as np
import pytest
import torch
from PIL import Image

from micrograd_lite import Value, activations, figures
from micrograd_lite.activations import ACTIVATIONS, softmax, softmax_jacobian
from micrograd_lite.widgets import gradient_flow as flow_module
from micrograd_lite.widgets.activations import (
    ActivationExplorer,
    SoftmaxExplorer,
    activation_frame,
    softmax_frame,
)
from micrograd_lite.widgets.gradient_flow import GradientFlowExplorer, gradient_flow, gradient_flow_frame

F = torch.nn.functional
TORCH = {
    "linear": lambda t: t * 1.0,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": F.leaky_relu,
    "gelu": F.gelu,
    "silu": F.silu,
}
AWKWARD = [0.0, -0.0, 1e-300, -1e-300, 5e-324, 1e300, -1e300, math.inf, -math.inf, math.nan]
WIDE = np.concatenate(
    [np.linspace(-1000, 1000, 4001), np.linspace(-45, 45, 3001), [-750.0, -709.8, 709.8, 750.0], AWKWARD]
)


def torch_value_and_slope(f, x):
    t = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    y = f(t)
    y.backward(torch.ones_like(y))
    return y.detach().numpy(), t.grad.numpy()


# ---------------------------------------------------------------- the functions


def test_every_function_has_its_witness():
    assert ACTIVATIONS.keys() == TORCH.keys()


@pytest.mark.parametrize("name", TORCH)
def test_value_and_slope_are_pytorchs_over_a_wide_range(name):
    value, slope = torch_value_and_slope(TORCH[name], WIDE)
    with np.errstate(invalid="ignore"):  # inf · 0 has no value, here as there
        np.testing.assert_allclose(ACTIVATIONS[name].f(WIDE), value, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(ACTIVATIONS[name].slope(WIDE), slope, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("alpha", [0.0, 0.01, 0.3])
def test_leaky_relu_takes_its_alpha(alpha):
    x = WIDE[np.isfinite(WIDE)]
    value, slope = torch_value_and_slope(lambda t: F.leaky_relu(t, alpha), x)
    np.testing.assert_allclose(activations.leaky_relu(x, alpha), value)
    np.testing.assert_allclose(activations.leaky_relu_slope(x, alpha), slope)


@pytest.mark.parametrize("name", TORCH)
def test_slope_is_the_limit_of_differences(name):
    x, h = np.linspace(-6, 6, 24), 1e-5  # 0, where two of them have a corner, is not among the points
    f, slope = ACTIVATIONS[name].f, ACTIVATIONS[name].slope
    np.testing.assert_allclose(slope(x), (f(x + h) - f(x - h)) / (2 * h), atol=1e-9)


@pytest.mark.parametrize("name", TORCH)
def test_a_number_gives_what_it_gives_in_an_array_and_shapes_are_kept(name):
    a = ACTIVATIONS[name]
    for x in (-2.0, 0.0, 3):
        assert float(a.f(x)) == a.f(np.array([x]))[0]
        assert float(a.slope(x)) == a.slope(np.array([x]))[0]
    assert a.f(np.ones((2, 3))).shape == a.slope(np.ones((2, 3), dtype=int)).shape == (2, 3)


@pytest.mark.parametrize("name", TORCH)
def test_no_finite_number_makes_numpy_warn(name):
    x = WIDE[np.isfinite(WIDE)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(ACTIVATIONS[name].f(x)).all()
        assert np.isfinite(ACTIVATIONS[name].slope(x)).all()


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "leaky_relu"])
@pytest.mark.parametrize("x", [-1000.0, -3.0, -0.0, 0.0, 0.5, 1000.0])
def test_the_engine_gives_the_same(name, x):
    v = Value(x)
    out = getattr(v, name)()
    out.backward()
    assert out.data == pytest.approx(float(ACTIVATIONS[name].f(x)), abs=1e-15)
    assert v.grad == pytest.approx(float(ACTIVATIONS[name].slope(x)), abs=1e-15)


SCORES = [
    [2.0, 1.0, 0.0],
    [1000.0, 0.0, -1000.0],
    [-1000.0, -1001.0, -1002.0],
    [0.0, -0.0, -math.inf],
    [math.inf, 0.0, 0.0],
    [math.nan, 0.0, 1.0],
]


@pytest.mark.parametrize("row", SCORES, ids=str)
def test_softmax_is_pytorchs_alone_and_in_a_batch(row):
    expected = torch.softmax(torch.tensor(row, dtype=torch.float64), -1).numpy()
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(softmax(np.array(row)), expected, rtol=1e-14)
        np.testing.assert_allclose(softmax(np.array([row, SCORES[0]]))[0], expected, rtol=1e-14)
        np.testing.assert_allclose(softmax(np.array([row, row]).T, axis=0)[:, 0], expected, rtol=1e-14)


@pytest.mark.parametrize("row", SCORES[:4], ids=str)
def test_softmax_jacobian_is_pytorchs(row):
    scores = torch.tensor(row, dtype=torch.float64)
    expected = torch.autograd.functional.jacobian(lambda t: torch.softmax(t, -1), scores).numpy()
    np.testing.assert_allclose(softmax_jacobian(np.array(row)), expected, rtol=1e-12, atol=1e-300)


def test_softmax_jacobian_wants_one_sample():
    with pytest.raises(ValueError, match=r"scores of one sample, shape \(k,\); got shape \(2, 3\)"):
        softmax_jacobian(np.zeros((2, 3)))


# ---------------------------------------------------------------- gradients through layers


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "relu", "silu"])
def test_gradients_by_layer_are_pytorchs(name):
    flow = gradient_flow(name, depth=6, std=0.2, seed=3)
    a = [torch.tensor(flow.activations[0], requires_grad=True)]
    for W in flow.weights:
        a.append(TORCH[name](a[-1] @ torch.tensor(W)))
        a[-1].retain_grad()
    a[-1].backward(torch.tensor(flow.gradients[-1]))
    for ours, activation, theirs in zip(flow.gradients, flow.activations, a, strict=True):
        np.testing.assert_allclose(activation, theirs.detach().numpy(), rtol=1e-10, atol=1e-14)
        np.testing.assert_allclose(ours, theirs.grad.numpy(), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("std", [0.01, 0.125, 1.0])
def test_the_bound_with_the_weights_in_it_holds_and_without_them_may_not(std):
    flow = gradient_flow("sigmoid", depth=20, std=std)
    stretch = np.prod([np.linalg.norm(W, 2) for W in flow.weights])
    assert flow.ratio <= 0.25**20 * stretch
    assert (flow.ratio <= 0.25**20) == (std < 1.0)


def test_same_seed_same_numbers_and_another_seed_others():
    one, two, other = (gradient_flow("tanh", depth=3, std=0.1, seed=s).ratio for s in (0, 0, 1))
    assert one == two != other


# ---------------------------------------------------------------- explorers


def pixels(html):
    data = base64.b64decode(re.search('base64,([^"]+)', html).group(1))
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def drawn_in_full(frame):
    """The figure drawn from scratch, as pixels."""
    with figures.style():
        frame.figure.set_dpi(100)
        frame.figure.canvas.draw()
    return np.asarray(frame.figure.canvas.buffer_rgba())[:, :, :3].astype(int)


def said(explorer):
    return re.sub("<[^>]*>", "", explorer._status.value)


def test_the_tangent_is_pytorchs_and_said():
    picture = activation_frame("gelu", x=1.5)
    value, slope = torch_value_and_slope(F.gelu, 1.5)
    assert f"f(1.5) = {value:.4g}, slope {slope:.4g}" in picture.alt
    assert len(picture.png()) < 60_000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("relu", -1.0), "Nothing of a gradient passes here"),
        (("relu", 0.0), "A corner has no tangent"),
        (("sigmoid", 5.0), "little is left of it"),
        (("tanh", 0.0), "multiplied by 1."),
    ],
)
def test_the_explorer_says_what_a_slope_means(arguments, words):
    name, x = arguments
    assert words in activation_frame(name, x=x).alt


def test_moving_the_point_shows_what_the_picture_shows():
    explorer = ActivationExplorer("tanh", x=0.0)
    explorer.controls["x"].value = 1.2
    assert explorer.tangent.value == pytest.approx(math.tanh(1.2))
    assert explorer.tangent.slope == pytest.approx(1 - math.tanh(1.2) ** 2)
    assert said(explorer) == activation_frame("tanh", x=1.2).alt
    assert np.array_equal(pixels(explorer._image.value), drawn_in_full(explorer._frame))
    assert 'alt="Tanh: f(1.2)' in explorer._image.value


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_function_can_be_chosen(name):
    explorer = ActivationExplorer("sigmoid" if name != "sigmoid" else "tanh", x=-2.0)
    explorer.controls["name"].value = name
    assert explorer.tangent.slope == float(ACTIVATIONS[name].slope(-2.0))
    assert explorer.controls["alpha"].disabled == (name != "leaky_relu")


def test_alpha_changes_leaky_relu():
    explorer = ActivationExplorer("leaky_relu", x=-2.0)
    explorer.controls["alpha"].value = 0.3
    assert explorer.tangent.slope == pytest.approx(0.3)
    assert "α = 0.3" in said(explorer)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "softplus"}, "an activation is one of linear, sigmoid.*got 'softplus'"),
        ({"x": 7.0}, "x is a number from -6 to 6, got 7.0"),
        ({"x": "1"}, "x is a number from -6 to 6, got '1'"),
        ({"alpha": True}, "alpha is a number from 0 to 0.5, got True"),
        ({"alpha": math.nan}, "alpha is a number from 0 to 0.5, got nan"),
    ],
)
def test_a_wrong_setting_of_the_activation_is_told(settings, message):
    for make in (activation_frame, ActivationExplorer):
        with pytest.raises(ValueError, match=message):
            make(**settings)


def test_softmax_explorer_follows_scores_and_temperature():
    explorer = SoftmaxExplorer((2.0, 1.0, 0.0))
    explorer.scores[2].value = -1.5
    explorer.temperature.value = 0.5
    expected = torch.softmax(torch.tensor([2.0, 1.0, -1.5], dtype=torch.float64) / 0.5, -1).numpy()
    np.testing.assert_allclose(explorer.shares.p, expected, rtol=1e-12)
    assert f"class B 1 → {expected[1]:.4f}" in said(explorer)
    assert said(explorer) == softmax_frame((2.0, 1.0, -1.5), temperature=0.5).alt
    assert np.array_equal(pixels(explorer._image.value), drawn_in_full(explorer._frame))


def test_the_ends_of_the_temperature_slider_work():
    explorer = SoftmaxExplorer((5.0, -5.0, 0.0))
    for end, largest in ((0.05, 1.0), (20.0, 1 / (1 + math.exp(-0.25) + math.exp(-0.5)))):
        explorer.temperature.value = end
        assert explorer.shares.p.max() == pytest.approx(largest, rel=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((1.0, 2.0), 1.0), "softmax_frame takes 3 scores, got 2"),
        (((1.0, 2.0, 9.0), 1.0), "the score of class C is a number from -5 to 5, got 9.0"),
        (((1.0, 2.0, 3.0), 0.0), "temperature is a number from 0.05 to 20, got 0.0"),
    ],
)
def test_wrong_scores_are_told(arguments, message):
    scores, temperature = arguments
    for make in (softmax_frame, SoftmaxExplorer):
        with pytest.raises(ValueError, match=message):
            make(scores, temperature=temperature)


def test_gradient_flow_explorer_follows_its_controls():
    explorer = GradientFlowExplorer("sigmoid", depth=20, scale=1.0)
    for control, value in (("name", "relu"), ("depth", 10), ("scale", 1.4), ("seed", 4)):
        explorer.controls[control].value = value
    expected = gradient_flow("relu", depth=10, std=1.4 / 8, seed=4)
    assert explorer.reading.flow.ratio == expected.ratio
    assert explorer.reading.g[0] == flow_module.rms(expected.gradients[0])
    assert explorer.reading.a[-1] == flow_module.rms(expected.activations[-1])
    assert said(explorer) == gradient_flow_frame("relu", depth=10, scale=1.4, seed=4).alt
    assert np.array_equal(pixels(explorer._image.value), drawn_in_full(explorer._frame))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"name": "sigmoid"}, "the gradient vanishes to"),
        ({"name": "relu", "scale": 8.0}, "the gradient explodes to"),
        ({"name": "relu", "scale": 1.4}, "the gradient stays"),
        ({"name": "linear", "depth": 50, "scale": 16.0}, "explodes to"),
        ({"name": "sigmoid", "depth": 5}, f"0.25^5 is {0.25**5:.2g}."),
    ],
)
def test_the_size_of_the_gradient_is_said(settings, words):
    assert words in gradient_flow_frame(**settings).alt


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "softplus"}, "an activation is one of"),
        ({"depth": 51}, "depth is a whole number from 1 to 50, got 51"),
        ({"depth": 2.0}, "depth is a whole number from 1 to 50, got 2.0"),
        ({"scale": 0.0}, "scale is a number from 0.05 to 16, got 0.0"),
        ({"seed": -1}, "seed is a whole number from 0 to 9999, got -1"),
    ],
)
def test_a_wrong_setting_of_the_flow_is_told(settings, message):
    for make in (gradient_flow_frame, GradientFlowExplorer):
        with pytest.raises(ValueError, match=message):
            make(**settings)


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    ("make", "controls"),
    [
        (ActivationExplorer, lambda e: (e.controls["x"], e.controls["alpha"])),
        (SoftmaxExplorer, lambda e: (e.scores[0], e.scores[1])),
        (GradientFlowExplorer, lambda e: (e.controls["scale"], e.controls["depth"])),
    ],
)
def test_moves_from_two_threads_leave_no_ghosts(make, controls):
    """A kernel may handle two messages at once; what is shown in the end is one drawing of one reading."""

    def move(control):
        for k in range(8):
            control.value = type(control.value)(control.min + (control.max - control.min) * (k % 5) / 5)

    explorer = make()
    threads = [threading.Thread(target=move, args=(control,)) for control in controls(explorer)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    shown = explorer._image.value
    explorer._show()
    assert explorer._image.value == shown
    fresh = make()
    assert len(explorer._frame.moving) == len(fresh._frame.moving)
    assert np.array_equal(pixels(shown), drawn_in_full(explorer._frame))


@pytest.mark.parametrize("make", [ActivationExplorer, SoftmaxExplorer, GradientFlowExplorer])
def test_every_control_has_a_label(make):
    explorer = make()
    boxes = explorer.children[-1].children
    assert len(boxes) >= 3 and all(box.description for box in boxes)


# ---------------------------------------------------------------- figures


def test_function_panels_say_values_at_the_ends_and_in_the_middle():
    picture = figures.function_panels(
        {"Square": {"f": np.square, "slope": lambda x: 2 * x}, "Cube": {"f": lambda x: x**3}},
        "Powers",
        x_range=(-2.0, 2.0),
    )
    assert "Square, f: 4, 0, 4; Square, slope: -4, 0, 4; Cube, f: -8, 0, 8." in picture.alt
    lines = picture.figure.axes[0].get_lines()
    np.testing.assert_array_equal(lines[1].get_ydata(), np.linspace(-2, 2, 601) ** 2)
    assert len(picture.png()) < 60_000


def test_function_panels_leave_no_empty_axes():
    picture = figures.function_panels({str(k): {"f": np.square} for k in range(4)}, "Four")
    assert [ax.axison for ax in picture.figure.axes] == [True] * 4 + [False] * 2


def test_layer_histograms_count_zeros_and_say_medians():
    layers = {0: [0.0, 0.0, 1e-3, -1e-5], 1: [0.0, 0.0], 2: [10.0]}
    picture = figures.layer_histograms({"ReLU": layers}, "Sizes", xlabel="size")
    assert "ReLU: layer 0 5.1e-04 (50% zeros), layer 1 0.0e+00 (100% zeros), layer 2 1.0e+01." in picture.alt
    assert picture.figure.axes[0].get_xlabel() == "size"
    assert len(picture.png()) < 60_000


def test_empty_figures_are_told():
    with pytest.raises(ValueError, match="function_panels needs at least one panel"):
        figures.function_panels({}, "Nothing")
    with pytest.raises(ValueError, match="layer_histograms needs at least one panel"):
        figures.layer_histograms({"a": {}}, "Nothing", xlabel="size")
