"""`Value` as a lesson for karpathy/micrograd expects it."""

from micrograd_lite import engine

__all__ = ["Value"]


class Value(engine.Value):
    """The package's Value, on which you may hang what you like: attributes, and a `_backward` of your own.

        out = Value(math.sin(x.data), (x,), "sin")
        def _backward():
            x.grad += math.cos(x.data) * out.grad
        out._backward = _backward

    That costs a dict for each node; the package's own Value takes the local derivatives as numbers instead. A
    node with such a rule can be neither copied nor pickled: the copy's rule would go on writing into the
    original's gradients.
    """

    _backward = engine.Value._step_back  # a plain method: what is put on one node stands before it

    def _pass_back(self):
        rule = vars(self).get("_backward")
        if rule:
            rule()
        else:
            super()._pass_back()

    def _own_attributes(self):
        if "_backward" in vars(self):
            raise TypeError(f"{self!r} has a _backward of its own: it can be neither copied nor pickled")
        return vars(self)

    def __repr__(self):
        return f"Value(data={self.data}, grad={self.grad})"
