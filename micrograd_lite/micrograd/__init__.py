"""For lessons that were written for karpathy/micrograd: write `micrograd_lite.micrograd` for `micrograd`.

`engine.Value` and `nn.Neuron`, `Layer`, `MLP` have his defaults (ReLU in hidden layers, a linear output), his
words in `repr`, and nodes on which a lesson hangs a `_backward` or an attribute of its own.
"""
