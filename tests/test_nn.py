"""Neuron, Layer, MLP: shapes, seeds, activations, and one clear sentence for each mistake."""

import copy
import json
import pickle
import random

import numpy as np
import pytest
import torch

from micrograd_lite import MLP, Layer, Module, Neuron, Value

ACTIVATIONS = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": torch.nn.functional.leaky_relu,
    "sigmoid": torch.sigmoid,
    "linear": lambda z: z,
}


def double(x):
    return torch.tensor(x, dtype=torch.float64, requires_grad=True)


def in_pytorch(model, x, kinds):
    """The output of `model` on x and the tensors of its weights and biases, by matrix products."""
    h, parameters = torch.tensor(x, dtype=torch.float64), []
    for layer, kind in zip(model.layers, kinds, strict=True):
        w = double([[p.data for p in neuron.w] for neuron in layer.neurons])
        b = double([neuron.b.data for neuron in layer.neurons])
        parameters.append((w, b))
        h = ACTIVATIONS[kind](w @ h + b)
    return h, parameters


def set_biases(model):
    for k, neuron in enumerate(neuron for layer in model.layers for neuron in layer.neurons):
        neuron.b.data = 0.1 * k - 0.2


# ------------------------------------------------------------------ the function they compute


@pytest.mark.parametrize("output_activation", ACTIVATIONS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_an_mlp_and_its_gradients_agree_with_pytorch(activation, output_activation):
    model = MLP(3, [4, 5, 2], activation, output_activation, seed=5)
    set_biases(model)
    x = [0.5, -1.5, 2.0]
    out = model(x)
    h, parameters = in_pytorch(model, x, [activation, activation, output_activation])
    assert [v.data for v in out] == pytest.approx(h.tolist(), rel=1e-13)
    (out[0] * out[1]).backward()
    (h[0] * h[1]).backward()
    for layer, (w, b) in zip(model.layers, parameters, strict=True):
        for neuron, w_grad, b_grad in zip(layer.neurons, w.grad.tolist(), b.grad.tolist(), strict=True):
            assert [p.grad for p in neuron.w] == pytest.approx(w_grad, rel=1e-12, abs=1e-15)
            assert neuron.b.grad == pytest.approx(b_grad, rel=1e-12, abs=1e-15)


def test_a_neuron_equals_the_one_built_from_products_and_sums_to_the_last_bit():
    neuron, x = Neuron(16, seed=1), [random.Random(2).gauss(0, 1) for _ in range(16)]
    neuron.b.data = 0.3
    by_hand = sum((w * x for w, x in zip(neuron.w, x, strict=True)), neuron.b).tanh()
    by_hand.backward()
    expected = [p.grad for p in neuron.parameters()]
    neuron.zero_grad()
    out = neuron(x)
    out.backward()
    assert out.data == by_hand.data
    assert [p.grad for p in neuron.parameters()] == expected


def test_a_neuron_is_a_dot_and_its_activation():
    neuron = Neuron(2, activation="relu", seed=0)
    out = neuron([1.0, 2.0])
    assert (out._op, out._prev[0]._op) == ("relu", "dot")
    assert out._prev[0]._prev == (*neuron.w, neuron.b)


def test_the_tanh_network_of_the_course_is_one_line():
    assert repr(MLP(2, [16, 16, 1], output_activation="tanh")) == (
        "MLP(2 → 16 → 16 → 1; tanh, tanh, tanh; 337 parameters)"
    )


def test_the_relu_network_with_a_linear_output_is_one_line():
    assert repr(MLP(2, [16, 16, 1], "relu")) == "MLP(2 → 16 → 16 → 1; relu, relu, linear; 337 parameters)"


def test_without_a_nonlinearity_a_neuron_is_linear():
    neuron = Neuron(2, False, seed=0)
    neuron.b.data = 0.5
    assert neuron([1.0, 2.0]).data == 0.5 + neuron.w[0].data + neuron.w[1].data * 2
    assert repr(neuron) == repr(Neuron(2, nonlin=False)) == "Neuron(2, linear)"
    assert repr(Layer(2, 3, nonlin=False)) == "Layer(2 → 3, linear)"


# ------------------------------------------------------------------ shapes


def test_a_network_with_one_output_returns_a_value():
    assert type(MLP(2, [3, 1])([1.0, 2.0])) is Value
    assert type(Layer(2, 1)([1.0, 2.0])) is Value
    assert type(Neuron(2)([1.0, 2.0])) is Value


def test_a_network_with_several_outputs_returns_a_list():
    assert [type(v) for v in MLP(2, [4, 3])([1.0, 2.0])] == [Value] * 3
    assert len(Layer(2, 4)([1.0, 2.0])) == 4


@pytest.mark.parametrize("nouts", [[1], [1, 1], [1, 3, 1], [3, 1, 2], [1, 1, 1, 1]], ids=str)
def test_a_layer_of_width_one_feeds_the_next_like_any_other(nouts):
    model = MLP(2, nouts, seed=3)
    kinds = ["tanh"] * (len(nouts) - 1) + ["linear"]
    out = model([0.5, -0.25])
    h, _ = in_pytorch(model, [0.5, -0.25], kinds)
    outputs = [out] if isinstance(out, Value) else out
    assert [v.data for v in outputs] == pytest.approx(h.tolist(), rel=1e-13)


@pytest.mark.parametrize(
    "sample",
    [(1.0, 2.0), [1, 2], np.array([1.0, 2.0]), np.array([1, 2]), iter([1.0, 2.0]), [Value(1.0), 2.0]],
    ids=lambda x: type(x).__name__,
)
def test_a_sample_may_be_any_sequence_of_numbers_and_values(sample):
    model = MLP(2, [3, 1], seed=0)
    assert model(sample).data == model([1.0, 2.0]).data


def test_a_network_with_one_input_takes_a_lone_number_or_value():
    model = MLP(1, [2, 1], seed=0)
    assert model(0.5).data == model([0.5]).data == model(Value(0.5)).data == model(np.float64(0.5)).data


def test_the_gradient_reaches_inputs_that_are_values():
    x = [Value(0.5), Value(-1.0)]
    model = MLP(2, [3, 1], seed=0)
    model(x).backward()
    t = double([0.5, -1.0])
    h = t
    for layer, kind in zip(model.layers, ("tanh", "linear"), strict=True):
        w = torch.tensor([[p.data for p in n.w] for n in layer.neurons], dtype=torch.float64)
        h = ACTIVATIONS[kind](w @ h)
    h.sum().backward()
    assert [v.grad for v in x] == pytest.approx(t.grad.tolist(), rel=1e-13)


@pytest.mark.parametrize(
    ("module", "text"),
    [
        (Neuron(3), "Neuron(3, tanh)"),
        (Neuron(1, activation="sigmoid"), "Neuron(1, sigmoid)"),
        (Layer(2, 3, activation="leaky_relu"), "Layer(2 → 3, leaky_relu)"),
        (MLP(2, [1]), "MLP(2 → 1; linear; 3 parameters)"),
        (MLP(3, (4, 4, 1), "relu", "sigmoid"), "MLP(3 → 4 → 4 → 1; relu, relu, sigmoid; 41 parameters)"),
    ],
)
def test_repr_says_shape_and_activation(module, text):
    assert repr(module) == text


# ------------------------------------------------------------------ parameters and seeds


@pytest.mark.parametrize(
    ("module", "count"),
    [
        (Neuron(3), 4),
        (Layer(3, 5), 20),
        (MLP(2, [16, 16, 1]), 337),
        (MLP(3, [4, 4, 1]), 41),
        (MLP(1, [1]), 2),
    ],
)
def test_every_weight_and_bias_is_a_parameter_once(module, count):
    parameters = module.parameters()
    assert len(parameters) == len(set(map(id, parameters))) == count


def test_the_parameters_come_neuron_by_neuron_weights_first():
    layer = Layer(2, 2)
    first, second = layer.neurons
    assert layer.parameters() == [*first.w, first.b, *second.w, second.b]
    assert MLP(2, [2]).layers[0].parameters() != layer.parameters()


@pytest.mark.parametrize("module", [Neuron(2), Layer(2, 2), MLP(2, [2, 1])], ids=lambda m: type(m).__name__)
def test_zero_grad_clears_every_gradient(module):
    for p in module.parameters():
        p.grad = 3.0
    module.zero_grad()
    assert [p.grad for p in module.parameters()] == [0.0] * len(module.parameters())


def test_a_parameter_is_named_by_its_layer_neuron_and_input():
    model = MLP(2, [2, 1])
    assert [p.label for p in model.parameters()] == [
        "1.1.w1", "1.1.w2", "1.1.b", "1.2.w1", "1.2.w2", "1.2.b", "2.1.w1", "2.1.w2", "2.1.b",
    ]  # fmt: skip
    assert [p.label for p in Layer(1, 2).parameters()] == ["1.w1", "1.b", "2.w1", "2.b"]
    assert [p.label for p in Neuron(2).parameters()] == ["w1", "w2", "b"]


@pytest.mark.parametrize("module", [Neuron(2), Layer(2, 3), MLP(2, [3, 1])], ids=lambda m: type(m).__name__)
def test_inputs_that_are_values_get_names(module):
    x = [Value(1.0), Value(2.0)]
    module(x)
    assert [v.label for v in x] == ["x1", "x2"]


def test_an_input_that_has_a_name_or_inputs_of_its_own_keeps_it():
    named, inner, plain = Value(1.0, label="height"), Value(1.0).exp(), Value(2.0)
    model = MLP(3, [1])
    model([named, inner, plain])
    model([plain, named, inner])
    assert [v.label for v in (named, inner, plain)] == ["height", "", "x3"]


# ------------------------------------------------------------------ saved and loaded


def test_the_state_has_the_number_of_every_parameter_by_name():
    model = MLP(1, [2, 1], seed=0)
    state = model.state_dict()
    assert list(state) == ["1.1.w1", "1.1.b", "1.2.w1", "1.2.b", "2.1.w1", "2.1.w2", "2.1.b"]
    assert list(state.values()) == weights(model)


@pytest.mark.parametrize(
    "make", [lambda s: Neuron(3, seed=s), lambda s: Layer(3, 2, seed=s), lambda s: MLP(3, [2, 1], seed=s)]
)
def test_a_saved_model_is_loaded_to_the_last_bit(make, tmp_path):
    model, other = make(1), make(2)
    model.parameters()[0].data = 0.1 + 0.2
    model.parameters()[-1].data = float("inf")
    model.save(tmp_path / "model.json")
    other.load(tmp_path / "model.json")
    assert weights(other) == weights(model)


def test_the_file_can_be_read_by_eye(tmp_path):
    model = Neuron(1, seed=0)
    model.w[0].data = 0.25
    model.save(tmp_path / "neuron.json")
    assert json.loads((tmp_path / "neuron.json").read_text(encoding="utf-8")) == {
        "model": "Neuron(1, tanh)", "parameters": {"w1": 0.25, "b": 0.0},
    }  # fmt: skip


@pytest.mark.parametrize("labels", [("", ""), ("w", "w"), ("w", "")], ids=str)
def test_a_model_of_your_own_is_saved_by_place_where_names_do_not_tell(labels, tmp_path):
    class Line(Module):
        def __init__(self, *numbers):
            self.values = [Value(x, label=label) for x, label in zip(numbers, labels, strict=True)]

        def parameters(self):
            return self.values

    Line(2.0, 3.0).save(tmp_path / "line.json")
    line = Line(0.0, 0.0)
    line.load(str(tmp_path / "line.json"))
    assert weights(line) == [2.0, 3.0] and line.state_dict() == {"1": 2.0, "2": 3.0}


def test_numbers_of_numpy_can_be_loaded():
    neuron = Neuron(1, seed=0)
    neuron.load_state_dict({"w1": np.float32(0.5), "b": np.int64(2)})
    assert weights(neuron) == [0.5, 2.0] and type(neuron.b.data) is float


WRONG_STATES = {
    "another width": (
        {"w1": 1.0, "w2": 2.0, "b": 0.0}, ValueError,
        "these numbers are of another model than Neuron(1, tanh): it has 2 parameters, got 3; "
        "missing [], unknown ['w2']",
    ),
    "a name that is missing": (
        {"w1": 1.0}, ValueError,
        "these numbers are of another model than Neuron(1, tanh): it has 2 parameters, got 1; "
        "missing ['b'], unknown []",
    ),
    "text": ({"w1": 1.0, "b": "0"}, TypeError, "b takes a number, got str: '0'"),
    "a list": (
        [1.0, 2.0], TypeError, "load_state_dict takes a dict as state_dict() makes it, got [1.0, 2.0]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG_STATES)
def test_numbers_that_do_not_fit_change_nothing(case):
    state, error, text = WRONG_STATES[case]
    neuron = Neuron(1, seed=0)
    before = weights(neuron)
    with pytest.raises(error) as caught:
        neuron.load_state_dict(state)
    assert str(caught.value) == text
    assert weights(neuron) == before


@pytest.mark.parametrize("content", ["", "not JSON", "[1, 2]", "{}", '{"weights": 1}', "3"])
def test_a_file_that_is_none_of_ours_is_an_error_that_names_it(content, tmp_path):
    (tmp_path / "other.json").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"other\.json is no file that `save` wrote"):
        Neuron(1).load(tmp_path / "other.json")


def test_a_file_that_is_missing_is_pythons_own_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        Neuron(1).load(tmp_path / "nowhere.json")


# ------------------------------------------------------------------ modules and seeds


def test_a_module_of_your_own_needs_parameters_alone():
    class Line(Module):
        def __init__(self):
            self.slope = Value(2.0)

        def parameters(self):
            return [self.slope]

    line = Line()
    (line.slope * 3).backward()
    line.zero_grad()
    assert line.slope.grad == 0.0
    assert Module().parameters() == []
    assert (
        isinstance(Neuron(1), Module) and isinstance(Layer(1, 1), Module) and isinstance(MLP(1, [1]), Module)
    )


def weights(module):
    return [p.data for p in module.parameters()]


@pytest.mark.parametrize(
    "make", [lambda **k: Neuron(3, **k), lambda **k: Layer(3, 2, **k), lambda **k: MLP(3, [2, 1], **k)]
)
def test_a_seed_makes_the_weights_repeatable_and_leaves_the_global_generator_alone(make):
    random.seed(7)
    expected = random.random()
    random.seed(7)
    assert weights(make(seed=1)) == weights(make(seed=1)) != weights(make(seed=2))
    assert random.random() == expected


@pytest.mark.parametrize("seed", [np.int64(3), np.uint8(3)], ids=lambda x: type(x).__name__)
def test_a_whole_number_of_numpys_is_a_seed(seed):
    assert weights(MLP(2, [3, 1], seed=seed)) == weights(MLP(2, [3, 1], seed=3))


def test_whole_numbers_of_numpy_are_sizes():
    model = MLP(np.int64(2), np.array([3, 1]), seed=0)
    assert weights(model) == weights(MLP(2, [3, 1], seed=0))
    assert repr(Layer(np.uint8(2), np.int32(3))) == repr(Layer(2, 3))


def test_without_a_seed_the_global_generator_decides():
    random.seed(1337)
    first = weights(MLP(2, [3, 1]))
    random.seed(1337)
    assert weights(MLP(2, [3, 1])) == first
    assert weights(MLP(2, [3, 1])) != first


def test_the_weights_are_drawn_in_karpathys_order():
    random.seed(1337)
    expected = [[random.uniform(-1, 1) for _ in range(n)] for n in (2, 2, 2, 3)]
    random.seed(1337)
    model = MLP(2, [3, 1])
    assert [[p.data for p in neuron.w] for layer in model.layers for neuron in layer.neurons] == expected


def test_weights_start_between_minus_one_and_one_and_biases_at_zero():
    layer = Layer(50, 20, seed=0)
    drawn = [p.data for neuron in layer.neurons for p in neuron.w]
    assert -1 <= min(drawn) < -0.99 and 0.99 < max(drawn) <= 1
    assert all(neuron.b.data == 0.0 for neuron in layer.neurons)


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"]
)
def test_a_copy_of_a_trained_network_is_equal_and_independent(copied):
    model = MLP(2, [4, 1], "leaky_relu", seed=0)
    model([1.0, 2.0]).backward()
    twin = copied(model)
    assert repr(twin) == repr(model)
    assert [(p.data, p.grad) for p in twin.parameters()] == [(p.data, p.grad) for p in model.parameters()]
    assert twin([0.3, -0.7]).data == model([0.3, -0.7]).data
    twin([1.0, 2.0]).backward()
    assert [p.grad for p in twin.parameters()] == [2 * p.grad for p in model.parameters()]


# ------------------------------------------------------------------ errors

SIZES = "a list with the width of each layer, as [16, 16, 1]"
NAMES = "there is tanh, relu, leaky_relu, sigmoid, linear"
ERRORS = {
    "too many inputs": (
        lambda: MLP(2, [3, 1])([1.0, 2.0, 3.0]), ValueError, "MLP expects 2 inputs, got 3: [1.0, 2.0, 3.0]",
    ),
    "too few inputs": (lambda: MLP(2, [3, 1])([1.0]), ValueError, "MLP expects 2 inputs, got 1: [1.0]"),
    "no input": (lambda: MLP(1, [1])([]), ValueError, "MLP expects 1 input, got 0: []"),
    "a lone number": (lambda: MLP(2, [1])(5.0), ValueError, "MLP expects 2 inputs, got 1: [5.0]"),
    "too many inputs for a neuron": (
        lambda: Neuron(1)([1.0, 2.0]), ValueError, "Neuron expects 1 input, got 2: [1.0, 2.0]",
    ),
    "too few inputs for a layer": (
        lambda: Layer(3, 2)((1.0, 2.0)), ValueError, "Layer expects 3 inputs, got 2: [1.0, 2.0]",
    ),
    "a long row": (
        lambda: MLP(2, [1])([0.0] * 784), ValueError,
        "MLP expects 2 inputs, got 784: [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0...",
    ),
    "text as input": (lambda: MLP(2, [1])("ab"), TypeError, "dot takes a Value or a number, got str: 'a'"),
    "a batch as input": (
        lambda: MLP(2, [1])(np.eye(2)), TypeError,
        "dot takes a Value or a number, got ndarray: array([1., 0.])",
    ),
    "a width instead of a list": (lambda: MLP(2, 3), ValueError, f"MLP takes {SIZES}, got 3"),
    "no width": (lambda: MLP(2, []), ValueError, f"MLP takes {SIZES}, got []"),
    "None as widths": (lambda: MLP(2, None), ValueError, f"MLP takes {SIZES}, got None"),
    "a width of 0": (lambda: MLP(2, [3, 0]), ValueError, "nout is a whole number of at least 1, got 0"),
    "a width of 2.5": (lambda: MLP(2, [2.5]), ValueError, "nout is a whole number of at least 1, got 2.5"),
    "no inputs at all": (lambda: MLP(0, [1]), ValueError, "nin is a whole number of at least 1, got 0"),
    "nin is text": (lambda: Neuron("2"), ValueError, "nin is a whole number of at least 1, got '2'"),
    "nin is a bool": (lambda: Neuron(True), ValueError, "nin is a whole number of at least 1, got True"),
    "a size that is NumPy's bool": (
        lambda: Neuron(np.True_), ValueError, "nin is a whole number of at least 1, got np.True_",
    ),
    "a size that is a float of NumPy's": (
        lambda: Neuron(np.float64(2)), ValueError,
        "nin is a whole number of at least 1, got np.float64(2.0)",
    ),
    "a negative nout": (lambda: Layer(2, -1), ValueError, "nout is a whole number of at least 1, got -1"),
    "an unknown activation": (
        lambda: MLP(2, [2, 1], "Tanh"), ValueError, f"unknown activation 'Tanh'; {NAMES}",
    ),
    "an unknown activation of no layer": (
        lambda: MLP(2, [1], "softmax"), ValueError, f"unknown activation 'softmax'; {NAMES}",
    ),
    "an unknown output activation": (
        lambda: MLP(2, [2, 1], output_activation="softmax"), ValueError,
        f"unknown activation 'softmax'; {NAMES}",
    ),
    "a list of activations": (
        lambda: MLP(2, [2, 1], ["tanh"]), ValueError, f"unknown activation ['tanh']; {NAMES}",
    ),
    "an unknown activation left out": (
        lambda: Neuron(2, False, activation="swish"), ValueError, f"unknown activation 'swish'; {NAMES}",
    ),
    "an activation in the place of nonlin": (
        lambda: Neuron(2, "relu"), TypeError,
        "nonlin is True or False, got 'relu'; a name goes to activation='relu'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ERRORS)
def test_an_error_says_what_was_given_and_what_is_expected(case):
    do, error, text = ERRORS[case]
    with pytest.raises(error) as caught:
        do()
    assert str(caught.value) == text


def test_widths_may_come_from_a_generator():
    assert repr(MLP(2, (n for n in (3, 1)))) == "MLP(2 → 3 → 1; tanh, linear; 13 parameters)"
