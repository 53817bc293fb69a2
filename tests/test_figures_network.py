"""figures.network: the numbers of the network, where they stand, and what it says in words."""

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from matplotlib.patches import Circle, Polygon

from micrograd_lite import MLP, Layer, Neuron, Value, colours, figures
from micrograd_lite.figures.style import DISPLAY_DPI

W1 = np.array([[0.8, -1.2, 0.35], [-0.6, 0.9, 1.4]])
B1 = np.array([0.1, -0.3, 0.0])
W2 = np.array([[1.1], [-0.7], [0.45]])
B2 = np.array([-0.2])
PAIRS = [(W1, B1), (W2, B2)]


def texts(picture):
    return [text.get_text() for text in picture.figure.axes[0].texts]


def in_circles(picture):
    """What stands in the circles, from left to right and from top to bottom."""
    axes = picture.figure.axes[0]
    centers = [patch.center for patch in axes.patches if isinstance(patch, Circle)]
    found = {text.get_position(): text.get_text() for text in axes.texts}
    return [found[center] for center in sorted(centers, key=lambda c: (c[0], -c[1]))]


def arrows(picture):
    """(tip, dashed, width, colour) of each arrow."""
    axes = picture.figure.axes[0]
    heads = [patch for patch in axes.patches if isinstance(patch, Polygon)]
    lines = axes.lines
    return [
        (head.get_xy()[0], line.is_dashed(), line.get_linewidth(), to_hex(line.get_color()).upper())
        for head, line in zip(heads, lines, strict=True)
    ]


def trained(sizes, seed=0):
    model = MLP(sizes[0], sizes[1:], seed=seed)
    out = model([0.5] * sizes[0])
    sum(out[1:], out[0]).backward() if isinstance(out, list) else out.backward()
    return model


# ---------------------------------------------------------------- numbers


def test_weights_stand_on_the_arrows_and_biases_below_the_circles():
    shown = texts(figures.network(PAIRS))
    numbers = [f"{w:.3g}" for w in (*W1.flat, *W2.flat)]
    assert all(number in shown for number in numbers)
    assert [text for text in shown if text.startswith("$b$")] == [
        "$b$ = 0.1", "$b$ = -0.3", "$b$ = 0", "$b$ = -0.2",
    ]  # fmt: skip


def test_activations_in_the_circles_are_those_of_pytorch():
    x = [4.7, 1.4]
    hidden = torch.relu(torch.tensor(x, dtype=torch.float64) @ torch.tensor(W1) + torch.tensor(B1))
    out = torch.sigmoid(hidden @ torch.tensor(W2) + torch.tensor(B2))
    picture = figures.network(PAIRS, x, activation="relu", output_activation="sigmoid")
    assert in_circles(picture) == [f"{float(a):.3g}" for a in (*hidden, *out)]


@pytest.mark.parametrize("activation", ["tanh", "relu", "leaky_relu", "sigmoid", "linear"])
def test_a_model_shows_the_activations_that_it_computes(activation):
    model = MLP(2, [3, 1], activation=activation, seed=3)
    hidden = model.layers[0]([0.5, -1.0])
    shown = in_circles(figures.network(model, [Value(0.5), -1.0]))
    numbers = [v.data for v in (*hidden, model([0.5, -1.0]))]
    assert [float(text) for text in shown] == pytest.approx(numbers, rel=0.02)


def test_softmax_is_an_output_too():
    picture = figures.network([(np.eye(2), np.zeros(2))], [1.0, 2.0], output_activation="softmax")
    assert in_circles(picture) == [f"{p:.3g}" for p in torch.softmax(torch.tensor([1.0, 2.0]), 0)]


def test_without_a_sample_names_stand_in_the_circles():
    assert in_circles(figures.network(MLP(2, [2, 1], seed=0))) == ["$a_{1}$", "$a_{2}$", r"$\hat{y}$"]


def test_a_neuron_and_a_layer_are_networks_of_one_layer():
    assert "→ 1 (sigmoid)" in figures.network(Neuron(2, activation="sigmoid", seed=0)).alt
    assert "2 inputs → 3 (tanh)" in figures.network(Layer(2, 3, seed=0)).alt


def test_names_of_inputs_and_outputs_stand_beside_the_columns():
    picture = figures.network(PAIRS, [1, 2], inputs=["petal length", "petal width"], outputs=["versicolor"])
    assert {"petal length", "petal width", "versicolor"} <= set(texts(picture))
    assert "2 inputs (petal length, petal width)" in picture.alt


# ---------------------------------------------------------------- arrows


def test_a_negative_weight_is_dashed_and_of_another_colour_and_the_largest_is_the_thickest():
    found = arrows(figures.network(PAIRS))
    weights = [*W1.flat, *W2.flat]
    assert [dashed for _, dashed, _, _ in found] == [w < 0 for w in weights]
    assert [c for *_, c in found] == [
        colours.NEGATIVE_WEIGHT if w < 0 else colours.POSITIVE_WEIGHT for w in weights
    ]
    widths = [width for _, _, width, _ in found]
    assert np.argsort(widths).tolist() == np.argsort(np.abs(weights)).tolist()


def test_gradients_run_back_in_their_own_colour_with_their_own_numbers():
    model = trained([2, 3, 1])
    forward, back = figures.network(model), figures.network(model, show="gradients")
    middle = np.mean([tip[0] for tip, *_ in arrows(forward)])
    ends = [(f[0][0], b[0][0]) for f, b in zip(arrows(forward), arrows(back))]
    assert all(b < f for f, b in ends) and middle > min(b for _, b in ends)
    assert {colour for *_, colour in arrows(back)} == {colours.GRADIENT}
    assert all(f"{w.grad:.3g}" in texts(back) for n in model.layers[0].neurons for w in n.w)


def test_gradients_of_pairs_are_given():
    grads = [(0.1 * W1, 0.1 * B1), (0.1 * W2, 0.1 * B2)]
    assert "0.08" in texts(figures.network(PAIRS, show="gradients", gradients=grads))


def test_a_weight_of_zero_is_dotted_grey():
    (first, _) = arrows(figures.network([(np.array([[0.0], [1.0]]), np.zeros(1))]))
    assert first[1] and first[3] == "#B5B5B5"


def test_a_network_that_has_diverged_is_drawn_too():
    picture = figures.network([(np.array([[np.nan, 1.0], [-np.inf, 2.0]]), np.zeros(2))], [1.0, 1.0])
    assert {"nan", "-inf"} <= set(texts(picture)) and len(picture.png()) > 0
    (_, _, width_of_nan, _), (_, _, width_of_one, _), *_ = arrows(picture)
    assert width_of_nan < width_of_one


def test_activations_alone_leave_the_numbers_off_the_arrows():
    picture = figures.network(PAIRS, [1.0, 2.0], show="activations")
    assert "0.45" not in texts(picture) and not any(text.startswith("$b$") for text in texts(picture))


# ---------------------------------------------------------------- many of them


@pytest.mark.parametrize("sizes", [[2, 2, 1], [2, 3, 1], [3, 4, 4, 1], [8, 16, 16], [64, 64, 10]])
def test_every_letter_has_ten_pixels_and_the_page_is_wide_enough(sizes):
    for picture in (figures.network(sizes), figures.network(trained(sizes), [1.0] * sizes[0])):
        letters = [text.get_fontsize() * DISPLAY_DPI / 72 for text in picture.figure.axes[0].texts]
        assert min(letters) >= 10
        assert picture.figure.get_size_inches()[0] * DISPLAY_DPI <= 840


@pytest.mark.parametrize("sizes", [[2, 2, 1], [2, 3, 1], [3, 4, 4, 1], [4, 5, 2]])
def test_no_number_lies_on_another(sizes):
    picture = figures.network(trained(sizes), [0.123] * sizes[0])
    picture.png()
    boxes = [text.get_window_extent() for text in picture.figure.axes[0].texts]
    over = [(a, b) for k, a in enumerate(boxes) for b in boxes[:k] if a.overlaps(b)]
    assert over == []


def test_of_too_many_arrows_the_numbers_are_left_out_and_the_words_say_so():
    picture = figures.network(trained([8, 16, 16]))
    assert "128, too many to be written on the arrows, from" in picture.alt
    assert len(arrows(picture)) == 8 * 16 + 16 * 16
    assert len(picture.png()) < 400_000


def test_of_a_large_layer_some_units_are_drawn_and_the_words_say_so():
    picture = figures.network([784, 64, 10])
    assert "some units are drawn: 8 of 784, 8 of 64" in picture.alt
    assert texts(picture).count("⋮") == 2 and "$x_{784}$" in texts(picture)


def test_the_words_have_the_numbers_of_the_picture():
    alt = figures.network(PAIRS, [4.7, 1.4], "weights", "Flower 27").alt
    assert alt.startswith("Flower 27. A network from left to right: 2 inputs → 3 (tanh) → 1 (linear).")
    assert "into layer 1, unit by unit: (0.8, -0.6), b 0.1; (-1.2, 0.9), b -0.3; (0.35, 1.4), b 0." in alt
    assert "Input (4.7, 1.4)." in alt


def test_the_picture_does_not_change_the_model():
    model = trained([2, 3, 1])
    before = [(p.data, p.grad) for p in model.parameters()]
    figures.network(model, [1.0, 2.0], show="gradients").png()
    assert [(p.data, p.grad) for p in model.parameters()] == before


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    "arguments, error, said",
    [
        (dict(model="MLP"), TypeError, "a list of sizes such as .* got str: MLP"),
        (dict(model=[2]), ValueError, r"two or more of them; got \[2\]"),
        (dict(model=[2, 3], x=[1, 2]), ValueError, "a list of sizes computes nothing"),
        (dict(model=[2, 3], show="gradients"), ValueError, "a list of sizes has no gradients"),
        (dict(model=PAIRS, show="biases"), ValueError, "show is 'weights', 'activations', .* got 'biases'"),
        (dict(model=PAIRS, x=[1, 2, 3]), ValueError, r"shape \(2,\); got shape \(3,\)"),
        (dict(model=PAIRS, x=["a", "b"]), TypeError, r"a list of 2 numbers; got \['a', 'b'\]"),
        (dict(model=PAIRS, activation="tan"), ValueError, "unknown activation 'tan'"),
        (dict(model=PAIRS, output_activation="max"), ValueError, "unknown output_activation 'max'"),
        (dict(model=PAIRS, show="gradients"), ValueError, r"pair \(dW, db\) for each of 2 layers, got none"),
        (dict(model=MLP(2, [1]), gradients=PAIRS), TypeError, "a model has its gradients"),
        (dict(model=[(W1, B1), (W1, B1)]), ValueError, "layer 2 .* expects 2 inputs, but layer 1 has 3"),
        (dict(model=[(W1.T, B1)]), ValueError, r"layer 1: W has the shape .* got \(3, 2\) and \(3,\)"),
        (dict(model=[(W1,)]), ValueError, "layer 1 is not a pair"),
        (dict(model=PAIRS, inputs=["a"]), ValueError, "inputs= takes a name for each of 2, got 1"),
        (
            dict(model=PAIRS, show="gradients", gradients=[(W2, B2), (W2, B2)]),
            ValueError,
            "layer 1: W has shape",
        ),
    ],
)
def test_what_fits_no_network_is_named(arguments, error, said):
    with pytest.raises(error, match=said):
        figures.network(**arguments)
