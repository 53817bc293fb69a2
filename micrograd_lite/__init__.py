"""micrograd_lite: the autograd engine and the teaching tools of the course.

`Value` and the networks are here; the rest is imported by name (`micrograd_lite.losses`, `.optim`, `.tensor`,
`.datasets`, `.graph`, `.figures`, `.widgets`, `.exercises`), so that `import micrograd_lite` needs nothing
but Python and takes a few milliseconds.
"""

from micrograd_lite.engine import Value, dot, softmax, sum_values, topological_order
from micrograd_lite.nn import MLP, Layer, Module, Neuron

__all__ = ["Value", "dot", "softmax", "sum_values", "topological_order", "Module", "Neuron", "Layer", "MLP"]
