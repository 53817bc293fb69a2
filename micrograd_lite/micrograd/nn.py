"""Neuron, Layer and MLP with karpathy/micrograd's defaults: ReLU in hidden layers, a linear output.

The parameters stand in his order and are drawn from Python's global `random` as his are: the same
`random.seed` gives the same network.
"""

from itertools import pairwise

from micrograd_lite import nn
from micrograd_lite.micrograd.engine import Value
from micrograd_lite.nn import Module

__all__ = ["Module", "Neuron", "Layer", "MLP"]


class Neuron(nn.Neuron):
    """relu(w · x + b), or w · x + b with `nonlin=False`."""

    def __init__(self, nin, nonlin=True):
        super().__init__(nin, activation="relu")
        self.w = [Value(p.data, label=p.label) for p in self.w]
        self.b = Value(self.b.data, label=self.b.label)
        self.nonlin = nonlin

    def __call__(self, x):
        self.activation = "relu" if self.nonlin else "linear"
        return super().__call__(x)

    def __repr__(self):
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(nn.Layer):
    """`nout` neurons that read the same `nin` inputs; one neuron gives a Value, several give a list."""

    def __init__(self, nin, nout, nonlin=True):
        self.neurons = [Neuron(nin, nonlin) for _ in range(nn._size(nout, "nout"))]
        nn._name(self.neurons)

    def __repr__(self):
        return f"Layer of [{', '.join(map(repr, self.neurons))}]"


class MLP(nn.MLP):
    """Layers in a row: ReLU in all but the last, which is linear."""

    def __init__(self, nin, nouts):
        sizes = [nin, *nn._widths(nouts)]
        last = len(sizes) - 2
        self.layers = [Layer(n, nout, nonlin=i < last) for i, (n, nout) in enumerate(pairwise(sizes))]
        nn._name(self.layers)

    def __repr__(self):
        return f"MLP of [{', '.join(map(repr, self.layers))}]"
