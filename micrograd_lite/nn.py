"""Neuron, Layer, MLP: networks made of Values, saved and loaded as JSON. Standard library alone."""

import random
from collections.abc import Iterable, Mapping
from operator import index

from micrograd_lite.engine import _NO_GRADIENT, Value, _number, _short, dot

__all__ = ["Module", "Neuron", "Layer", "MLP"]

ACTIVATIONS = {
    "tanh": Value.tanh,
    "relu": Value.relu,
    "leaky_relu": Value.leaky_relu,
    "sigmoid": Value.sigmoid,
    "linear": lambda z: z,
}


class Module:
    """Anything with parameters. A subclass of your own overrides `parameters`."""

    def parameters(self):
        """The trainable Values, in a fixed order."""
        return []

    def zero_grad(self):
        """Set the gradient of every parameter back to 0, before the next `backward()` adds to it."""
        for p in self.parameters():
            p.grad = _NO_GRADIENT

    def state_dict(self):
        """The numbers of the parameters by name: {"1.1.w1": 0.23, …}. A parameter's name is its label.

        Where a parameter has no label, or two have the same, the names are the places in `parameters()`.
        """
        return {name: p.data for name, p in self._named_parameters().items()}

    def load_state_dict(self, numbers):
        """Put the numbers of a `state_dict()` into the parameters.

        ValueError if the names are others than those of this model, TypeError if one is not a number. The
        parameters change only if all is well.
        """
        if not isinstance(numbers, Mapping):
            raise TypeError(f"load_state_dict takes a dict as state_dict() makes it, got {_short(numbers)}")
        parameters = self._named_parameters()
        if numbers.keys() != parameters.keys():
            missing = [name for name in parameters if name not in numbers]
            unknown = [name for name in numbers if name not in parameters]
            raise ValueError(
                f"these numbers are of another model than {self!r}: it has {len(parameters)} parameters, got "
                f"{len(numbers)}; missing {_short(missing)}, unknown {_short(unknown)}"
            )
        numbers = {name: _number(number, name) for name, number in numbers.items()}
        for name, p in parameters.items():
            p.data = numbers[name]

    def save(self, path):
        """Write the parameters to a file, as JSON that you can read: what it is, and each number by name."""
        import json  # here, so that `import micrograd_lite` stays quick

        with open(path, "w", encoding="utf-8") as file:
            json.dump({"model": repr(self), "parameters": self.state_dict()}, file, indent=1)

    def load(self, path):
        """Read the parameters from a file that `save` wrote; ValueError if it is another."""
        import json

        with open(path, encoding="utf-8") as file:
            try:
                parameters = json.load(file)["parameters"]
            except (ValueError, KeyError, TypeError) as problem:
                raise ValueError(f"{path} is no file that `save` wrote: {problem!r}") from None
        self.load_state_dict(parameters)

    def _named_parameters(self):
        parameters = list(self.parameters())
        names = [p.label for p in parameters]
        if not all(names) or len(set(names)) < len(names):
            names = map(str, range(1, len(parameters) + 1))
        return dict(zip(names, parameters))


class Neuron(Module):
    """One neuron: activation(w · x + b).

    Parameters
    ----------
    nin : int
        Number of inputs.
    nonlin : bool
        False leaves the activation out, as in karpathy/micrograd.
    activation : str
        "tanh", "relu", "leaky_relu", "sigmoid" or "linear".
    seed : int or None
        None draws from Python's global `random`, so `random.seed(1337)` before it makes it repeatable.

    The weights `w` start uniform in [-1, 1], the bias `b` at 0. `neuron(x)` takes `nin` numbers or Values
    and returns one Value. Weights and bias carry labels: w1, w2, …, b.
    """

    def __init__(self, nin, nonlin=True, *, activation="tanh", seed=None):
        if not isinstance(nonlin, bool):
            raise TypeError(f"nonlin is True or False, got {nonlin!r}; a name goes to activation={nonlin!r}")
        nin = _size(nin, "nin")
        rng = _generator(seed)
        activation = _check_activation(activation)
        self.activation = activation if nonlin else "linear"
        self.w = [Value(rng.uniform(-1.0, 1.0), label=f"w{i}") for i in range(1, nin + 1)]
        self.b = Value(0.0, label="b")

    def __call__(self, x):
        x = _inputs(x, len(self.w), "Neuron")
        return ACTIVATIONS[self.activation](dot(self.w, x, self.b))

    def parameters(self):
        return [*self.w, self.b]

    def __repr__(self):
        return f"Neuron({len(self.w)}, {self.activation})"


class Layer(Module):
    """`nout` neurons that read the same `nin` inputs.

    `layer(x)` returns a list of `nout` Values, or the one Value of a layer with one neuron.
    The other arguments are those of `Neuron`. Parameters carry labels: 2.w3 is weight 3 of neuron 2.
    """

    def __init__(self, nin, nout, nonlin=True, *, activation="tanh", seed=None):
        nout = _size(nout, "nout")
        rng = _generator(seed)
        self.neurons = [Neuron(nin, nonlin, activation=activation, seed=rng) for _ in range(nout)]
        _name(self.neurons)

    def __call__(self, x):
        x = _inputs(x, len(self.neurons[0].w), "Layer")
        out = [neuron(x) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    def parameters(self):
        return [p for neuron in self.neurons for p in neuron.parameters()]

    def __repr__(self):
        first = self.neurons[0]
        return f"Layer({len(first.w)} → {len(self.neurons)}, {first.activation})"


class MLP(Module):
    """A multilayer perceptron: layers in a row, each fully connected to the next.

    Parameters
    ----------
    nin : int
        Number of inputs.
    nouts : list of int
        Width of each layer; `MLP(2, [16, 16, 1])` has two hidden layers and one output.
    activation : str
        Of the hidden layers; see `Neuron`.
    output_activation : str
        Of the last layer. The default "linear" gives scores that a loss can use directly.
    seed : int or None
        See `Neuron`.

    `model(x)` takes one sample (`nin` numbers or Values) and returns a Value if the last layer has one
    neuron, else a list. A wrong number of inputs is a ValueError, never cut short.

    Parameters carry labels: 1.2.w3 is weight 3 of neuron 2 in layer 1, 1.2.b its bias. Inputs that are Values
    without a label and without inputs of their own get one too: x1, x2, …
    """

    def __init__(self, nin, nouts, activation="tanh", output_activation="linear", seed=None):
        sizes = [nin, *_widths(nouts)]
        _check_activation(activation)
        rng = _generator(seed)
        kinds = [activation] * (len(sizes) - 2) + [output_activation]
        self.layers = [
            Layer(n, nout, activation=kind, seed=rng) for n, nout, kind in zip(sizes, sizes[1:], kinds)
        ]
        _name(self.layers)

    def __call__(self, x):
        x = _inputs(x, len(self.layers[0].neurons[0].w), "MLP")
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self):
        first = self.layers[0].neurons
        shape = " → ".join(str(n) for n in [len(first[0].w), *(len(layer.neurons) for layer in self.layers)])
        kinds = ", ".join(layer.neurons[0].activation for layer in self.layers)
        return f"MLP({shape}; {kinds}; {len(self.parameters())} parameters)"


def _name(modules):
    """Put the place of each module, from 1 on, in front of its parameters' labels: w3 becomes 2.w3."""
    for place, module in enumerate(modules, 1):
        for p in module.parameters():
            p.label = f"{place}.{p.label}"


def _inputs(x, expected, who):
    """One sample as a list of the expected length; a lone Value or number is a sample of one."""
    if type(x) is not list:
        x = list(x) if hasattr(x, "__iter__") else [x]
    if len(x) != expected:
        raise ValueError(f"{who} expects {expected} input{'s' * (expected != 1)}, got {len(x)}: {_short(x)}")
    if isinstance(x[0], Value) and not x[0]._prev:  # between layers they are no leaves: nothing to name
        for i, value in enumerate(x, 1):
            if isinstance(value, Value) and not value._prev and not value.label:
                value.label = f"x{i}"
    return x


def _widths(nouts):
    nouts = list(nouts) if isinstance(nouts, Iterable) else nouts
    if not isinstance(nouts, list) or not nouts:
        raise ValueError(f"MLP takes a list with the width of each layer, as [16, 16, 1], got {nouts!r}")
    return nouts


def _size(n, name):
    """A number of inputs or neurons as an int; a whole number of NumPy's is one."""
    try:
        size = index(n)
    except TypeError:
        size = 0
    if size < 1 or isinstance(n, bool):
        raise ValueError(f"{name} is a whole number of at least 1, got {n!r}")
    return size


def _check_activation(name):
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise ValueError(f"unknown activation {name!r}; there is {', '.join(ACTIVATIONS)}")
    return name


def _generator(seed):
    """The source of random numbers: Python's global one for None, a new one for a number (NumPy's too)."""
    if seed is None:
        return random
    if seed is random or isinstance(seed, random.Random):
        return seed
    return random.Random(index(seed) if hasattr(seed, "__index__") else seed)
