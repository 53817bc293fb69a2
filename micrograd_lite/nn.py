"""Neuron, Layer, MLP: networks made of Values. Standard library alone."""

import random
from collections.abc import Iterable

from micrograd_lite.engine import Value, _short, dot

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
            p.grad = 0.0


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
    and returns one Value.
    """

    def __init__(self, nin, nonlin=True, *, activation="tanh", seed=None):
        if not isinstance(nonlin, bool):
            raise TypeError(f"nonlin is True or False, got {nonlin!r}; a name goes to activation={nonlin!r}")
        _check_size(nin, "nin")
        rng = _generator(seed)
        activation = _check_activation(activation)
        self.activation = activation if nonlin else "linear"
        self.w = [Value(rng.uniform(-1.0, 1.0)) for _ in range(nin)]
        self.b = Value(0.0)

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
    The other arguments are those of `Neuron`.
    """

    def __init__(self, nin, nout, nonlin=True, *, activation="tanh", seed=None):
        _check_size(nout, "nout")
        rng = _generator(seed)
        self.neurons = [Neuron(nin, nonlin, activation=activation, seed=rng) for _ in range(nout)]

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
    """

    def __init__(self, nin, nouts, activation="tanh", output_activation="linear", seed=None):
        nouts = list(nouts) if isinstance(nouts, Iterable) else nouts
        if not isinstance(nouts, list) or not nouts:
            raise ValueError(f"MLP takes a list with the width of each layer, as [16, 16, 1], got {nouts!r}")
        _check_activation(activation)
        rng = _generator(seed)
        sizes = [nin, *nouts]
        kinds = [activation] * (len(sizes) - 2) + [output_activation]
        self.layers = [
            Layer(n, nout, activation=kind, seed=rng) for n, nout, kind in zip(sizes, sizes[1:], kinds)
        ]

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


def _inputs(x, expected, who):
    """One sample as a list of the expected length; a lone Value or number is a sample of one."""
    if type(x) is not list:
        x = list(x) if hasattr(x, "__iter__") else [x]
    if len(x) != expected:
        raise ValueError(f"{who} expects {expected} input{'s' * (expected != 1)}, got {len(x)}: {_short(x)}")
    return x


def _check_size(n, name):
    if not isinstance(n, int) or isinstance(n, bool) or n < 1:
        raise ValueError(f"{name} is a whole number of at least 1, got {n!r}")


def _check_activation(name):
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise ValueError(f"unknown activation {name!r}; there is {', '.join(ACTIVATIONS)}")
    return name


def _generator(seed):
    """The source of random numbers: Python's global one for None, a new one for a number."""
    if seed is None:
        return random
    return seed if seed is random or isinstance(seed, random.Random) else random.Random(seed)
