"""The autograd engine: `Value`, a number that remembers how it was computed.

An operation is data: its value, its inputs, its local derivatives and its name. The forward pass writes
these four down; `Value.backward` reads them in reverse. Nothing else happens in this file. It needs the
standard library alone, and its heart is read line by line on the page on micrograd.
"""

import math
from numbers import Real

__all__ = ["Value", "dot", "sum_values"]


class Value:
    """A scalar in a computation graph, with the gradient of a later output with respect to it.

    Parameters
    ----------
    data : float
        The number itself (any real number but a bool; stored as a float).
    _children : tuple of Value
        The inputs this node was computed from; empty for a leaf.
    _op : str
        The name of the operation that made it: "+", "*", "**3", "tanh" …; empty for a leaf.
    label : str
        A name for drawings.
    _local_grads : tuple of float
        For each input, the derivative of this node with respect to it. Needed when you make an operation
        of your own: `Value(math.sin(x.data), (x,), "sin", _local_grads=(math.cos(x.data),))`.

    Attributes
    ----------
    data, label, _op : as above
    grad : float
        The derivative of the output on which `backward` was called with respect to this node; 0.0 at first.
    _prev : tuple of Value
        The inputs in order; `a + a` holds `a` twice.

    Raises
    ------
    TypeError
        If `data` is not a real number, or a child is not a Value.
    ValueError
        If there is not one local derivative for each input.

    The four ideas, node, local derivative, reverse order and accumulation, are reverse-mode automatic
    differentiation (Baydin et al. 2018, "Automatic Differentiation in Machine Learning: a Survey", §3.2);
    most names are those of karpathy/micrograd and PyTorch. The course derives + and *, and checks the others.
    """

    __slots__ = ("data", "grad", "label", "_prev", "_op", "_local_grads", "_mark")
    __array_ufunc__ = None  # lets NumPy numbers stand on the left: np.float64(2) * v

    def __init__(self, data, _children=(), _op="", label="", *, _local_grads=None):
        self.data = _number(data, "Value")
        self.grad = 0.0
        self.label = label
        self._prev = tuple(_children)
        self._op = _op
        self._local_grads = None if self._prev else ()
        self._mark = None
        for child in self._prev:
            if not isinstance(child, Value):
                raise TypeError(f"_children must be Values, got {_describe(child)}")
        if _local_grads is not None:
            self._local_grads = tuple(_number(d, "_local_grads") for d in _local_grads)
            if len(self._local_grads) != len(self._prev):
                raise ValueError(
                    f"Value needs one local derivative for each input, "
                    f"got {len(self._local_grads)} for {len(self._prev)} inputs"
                )

    # ---------------------------------------------------------------- the two-input operations

    def __add__(self, other):
        if isinstance(other, Value):
            return _node(self.data + other.data, (self, other), "+", _ONE_ONE)
        c = _number(other, "+")
        return _node(self.data + c, (self,), f"+{c:g}", _ONE)

    def __sub__(self, other):
        if isinstance(other, Value):
            return _node(self.data - other.data, (self, other), "-", _ONE_MINUS)
        c = _number(other, "-")
        return _node(self.data - c, (self,), f"-{c:g}", _ONE)

    def __mul__(self, other):
        if isinstance(other, Value):
            return _node(self.data * other.data, (self, other), "*", (other.data, self.data))
        c = _number(other, "*")
        return _node(self.data * c, (self,), f"*{c:g}", (c,))

    def __truediv__(self, other):
        if isinstance(other, Value):
            a, b = self.data, other.data
            quotient = _divide(a, b)
            return _node(quotient, (self, other), "/", (1.0 / b, -quotient / b))
        c = _number(other, "/")
        return _node(_divide(self.data, c), (self,), f"/{c:g}", (1.0 / c,))

    def __pow__(self, other):
        if isinstance(other, Value):
            x, p = self.data, other.data
            power = _power(x, p)
            return _node(power, (self, other), "**", (_power_slope(x, p), _exponent_slope(x, p, power)))
        p = _number(other, "**")
        return _node(_power(self.data, p), (self,), f"**{p:g}", (_power_slope(self.data, p),))

    # A plain number on the left: 1 - v, 2 / v, 2 ** v. It needs no node of its own.

    def __radd__(self, other):
        return self + other

    def __rmul__(self, other):
        return self * other

    def __rsub__(self, other):
        c = _number(other, "-")
        return _node(c - self.data, (self,), f"{c:g}-", _MINUS)

    def __rtruediv__(self, other):
        c = _number(other, "/")
        quotient = _divide(c, self.data)
        return _node(quotient, (self,), f"{c:g}/", (-quotient / self.data,))

    def __rpow__(self, other):
        c = _number(other, "**")
        power = _power(c, self.data)
        return _node(power, (self,), f"{c:g}**", (_exponent_slope(c, self.data, power),))

    def __neg__(self):
        return _node(-self.data, (self,), "neg", _MINUS)

    # ---------------------------------------------------------------- the one-input operations

    def exp(self):
        """e to the power of this value; the derivative is the result itself. OverflowError above 709.78."""
        try:
            e = math.exp(self.data)
        except OverflowError:
            raise OverflowError(f"exp({self.data:g}) is too large for a float") from None
        return _node(e, (self,), "exp", (e,))

    def log(self):
        """The natural logarithm; derivative 1/x. ValueError for a number that is not positive."""
        x = self.data
        if x <= 0.0:
            raise ValueError(f"log({x:g}) is not defined: log needs a positive number")
        return _node(math.log(x), (self,), "log", (1.0 / x,))

    def tanh(self):
        """The hyperbolic tangent, in [-1, 1]; derivative 1 - tanh². Finite for every finite input."""
        t = math.tanh(self.data)
        return _node(t, (self,), "tanh", (1.0 - t * t,))

    def sigmoid(self):
        """1 / (1 + e⁻ˣ), in [0, 1]; derivative s (1 - s). Finite for every finite input."""
        s = _sigmoid(self.data)
        return _node(s, (self,), "sigmoid", (s * (1.0 - s),))

    def relu(self):
        """max(0, x); derivative 1 for x > 0, else 0 (also at 0, as in PyTorch). A NaN stays a NaN."""
        x = self.data
        return _node(0.0, (self,), "relu", _ZERO) if x <= 0.0 else _node(x, (self,), "relu", _ONE)

    def leaky_relu(self, alpha=0.01):
        """x for x > 0, else alpha · x; derivative 1 or alpha (alpha at 0, as in PyTorch)."""
        alpha = _number(alpha, "leaky_relu(alpha)")
        slope = 1.0 if self.data > 0.0 else alpha
        return _node(self.data * slope, (self,), "leaky_relu", (slope,))

    # ---------------------------------------------------------------- backpropagation

    def _backward(self):
        """Add this node's share to the `grad` of each of its inputs: own grad times local derivative."""
        inputs, slopes, grad = self._prev, self._local_grads, self.grad
        if len(inputs) == 1:
            inputs[0].grad += grad * slopes[0]
        elif len(inputs) == 2:
            inputs[0].grad += grad * slopes[0]
            inputs[1].grad += grad * slopes[1]
        else:
            for node, slope in zip(inputs, slopes):
                node.grad += grad * slope

    def backward(self):
        """Set `grad` of every node under this one to the derivative of this value by it.

        Leaves (nodes without inputs) accumulate: a second call gives exactly twice the gradient,
        as in PyTorch with `retain_graph`; call `zero_grad()` between training steps. Inner nodes
        start afresh. The local derivatives are those of the forward pass: changing `data` in
        between changes nothing.

        Raises ValueError if a node was made by hand with inputs but without `_local_grads`.
        """
        order, earlier = _topological_order(self)
        for node in order:
            if node._local_grads is None:
                raise ValueError(
                    f"cannot go back through {node!r} with _op={node._op!r}: it was made by hand with "
                    f"inputs, but without a local derivative for each; write Value(…, _local_grads=(…))"
                )
            node.grad = 0.0
        for leaf in earlier:
            leaf.grad = 0.0
        self.grad += 1.0
        for node in reversed(order):
            node._backward()
        for leaf, grad in earlier.items():  # the old gradient last: g + g is exactly 2g
            leaf.grad += grad

    def __repr__(self):
        label = f"label={self.label!r}, " if self.label else ""
        return f"Value({label}data={self.data:.4g}, grad={self.grad:.4g})"


def dot(weights, inputs, bias=0.0):
    """bias + Σ weights[i] · inputs[i] as one node: a whole neuron before its activation.

    Parameters
    ----------
    weights : sequence of Value, length n
    inputs : sequence of Value or of numbers, length n (a plain number needs no node and gets no gradient)
    bias : Value or number

    Returns
    -------
    Value with `_op` "dot". Its `_prev` is (weights…, inputs…, bias); a number as bias has no place in it, nor
    have inputs that are numbers throughout (among Values, a number becomes a leaf).
    It adds up in the order bias + w₁x₁ + w₂x₂ + …, so it equals the chain of `*` and `+` to the last bit.

    Raises ValueError if the lengths differ, TypeError if a weight is not a Value. The course builds a
    neuron from `*` and `+` first.
    """
    weights = weights if type(weights) in (list, tuple) else tuple(weights)
    inputs = inputs if type(inputs) in (list, tuple) else tuple(inputs)
    if len(weights) != len(inputs):
        raise ValueError(f"dot needs one input for each weight, got {len(weights)} and {len(inputs)}")
    try:
        w = [weight.data for weight in weights]
    except AttributeError:
        wrong = next(weight for weight in weights if not isinstance(weight, Value))
        raise TypeError(f"dot takes Values as weights, got {_describe(wrong)}") from None
    types = set(map(type, inputs))
    if types == _VALUES or any(issubclass(t, Value) for t in types):
        if types != _VALUES:  # some are plain numbers
            inputs = [x if isinstance(x, Value) else Value(x) for x in inputs]
        x = [value.data for value in inputs]
        prev, slopes = [*weights, *inputs], [*x, *w]
    else:
        x = [_number(number, "dot") for number in inputs]
        prev, slopes = [*weights], [*x]
    if isinstance(bias, Value):
        prev.append(bias)
        slopes.append(1.0)
        total = bias.data
    else:
        total = _number(bias, "dot")
    for a, b in zip(w, x):
        total += a * b
    return _node(total, tuple(prev), "dot", tuple(slopes))


def sum_values(values):
    """Σ values as one node with `_op` "sum", added from left to right; every local derivative is 1.

    Raises ValueError for an empty sequence, TypeError if something in it is not a Value.
    """
    values = tuple(values)
    if not values:
        raise ValueError("sum_values needs at least one Value, got none")
    total = 0.0
    for value in values:
        if not isinstance(value, Value):
            raise TypeError(f"sum_values adds Values, got {_describe(value)}")
        total += value.data
    return _node(total, values, "sum", _ONE * len(values))


# -------------------------------------------------------------------- behind the scenes

_ZERO, _ONE, _MINUS = (0.0,), (1.0,), (-1.0,)
_ONE_ONE, _ONE_MINUS = (1.0, 1.0), (1.0, -1.0)
_new = object.__new__
_VALUES = {Value}


def _node(data, prev, op, local_grads):
    """An inner node, made without the checks that `Value(…)` owes to the outside."""
    node = _new(Value)
    node.data = data
    node.grad = 0.0
    node.label = ""
    node._prev = prev
    node._op = op
    node._local_grads = local_grads
    node._mark = None
    return node


def _topological_order(root):
    """The inner nodes under `root`, inputs before outputs; and the gradients that leaves hold already.

    A depth-first walk with a stack of its own instead of recursion, so that a million nodes in a
    row are no problem. A node met for the first time goes back on the stack with None above it,
    and its inputs above that: when the None comes up, the inputs are done and it is the node's
    turn. Leaves have nothing to pass on: they are not in `order`, but in `earlier` if an earlier
    call left them a gradient.
    """
    met = object()  # a mark of this walk alone: one that was interrupted cannot mislead it
    order, earlier, stack = [], {}, [root] if root._prev else []
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
        elif node._mark is not met:
            node._mark = met
            stack.append(node)
            stack.append(None)
            for child in node._prev:
                if child._mark is not met:
                    if child._prev:
                        stack.append(child)
                    else:
                        child._mark = met
                        if child.grad:
                            earlier[child] = child.grad
    return order, earlier


_TAKES_VALUES = {"+", "-", "*", "/", "**", "dot"}


def _number(x, where):
    """`x` as a float; TypeError if it is not a real number (a bool is not one here)."""
    if type(x) is float:
        return x
    if not isinstance(x, Real) or isinstance(x, bool):
        wanted = "a Value or a number" if where in _TAKES_VALUES else "a number"
        raise TypeError(f"{where} takes {wanted}, got {_describe(x)}")
    try:
        return float(x)
    except OverflowError:
        raise OverflowError(f"{where}: this int does not fit into a float (up to about 1.8e308)") from None


def _describe(x):
    """What was given, for an error: its type and a short repr."""
    return f"{type(x).__name__}: {_short(x)}"


def _short(x):
    text = repr(x)
    return text if len(text) <= 60 else text[:57] + "..."


def _divide(a, b):
    if b == 0.0:
        raise ZeroDivisionError(f"{a:g} / {b:g} is not defined: the divisor is zero")
    return a / b


def _sigmoid(x):
    """1 / (1 + e⁻ˣ), with the exponential taken of a number that is never positive: it cannot overflow."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


def _power(x, p):
    """x ** p as a float; an error with both numbers in it where there is no real result."""
    try:
        power = x**p
    except ZeroDivisionError:
        raise ZeroDivisionError(f"{x:g} ** {p:g} is not defined: that would divide by zero") from None
    except OverflowError:
        raise OverflowError(f"{x:g} ** {p:g} is too large for a float") from None
    if isinstance(power, complex):
        raise ValueError(f"({x:g}) ** {p:g} is not a real number: a negative base needs a whole exponent")
    return power


def _power_slope(x, p):
    """d(x**p)/dx = p · x**(p-1), at the edges as PyTorch has it: 0 for p = 0, infinite where 0**(p-1) is."""
    if p == 0.0:
        return 0.0
    try:
        return p * x ** (p - 1.0)
    except ZeroDivisionError:  # the root at 0: a vertical tangent
        return math.inf
    except OverflowError:  # the power fits into a float, its slope does not
        negative_base_odd_power = x < 0.0 and (p - 1.0) % 2.0 == 1.0
        return -math.copysign(math.inf, p) if negative_base_odd_power else math.copysign(math.inf, p)


def _exponent_slope(x, p, power):
    """d(x**p)/dp = x**p · ln x, at the edges as PyTorch has it: 0 at x = 0, NaN for a negative x."""
    if x == 0.0 and p >= 0.0:
        return 0.0
    return power * math.log(x) if x > 0.0 else math.nan
