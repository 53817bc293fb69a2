"""The autograd engine: `Value`, a number that remembers how it was computed.

An operation is data: its value, its inputs, its local derivatives and its name. The forward pass writes
these four down; `Value.backward` reads them in reverse. Nothing else happens in this file. It needs the
standard library alone, and its heart is read line by line on the page on micrograd.
"""

import math
from copy import deepcopy
from numbers import Real

__all__ = ["Value", "dot", "softmax", "sum_values", "topological_order"]


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

    __slots__ = ("_data", "grad", "label", "_prev", "_operation", "_constant", "_local_grads")

    def __init__(self, data, _children=(), _op="", label="", *, _local_grads=None):
        self._data = _number(data, "Value")
        self.grad = _NO_GRADIENT
        self.label = label
        self._prev = _values(_children, "_children must be Values")
        self._op = _op
        self._local_grads = None if self._prev else ()
        if _local_grads is not None:
            self._local_grads = tuple(_number(d, "_local_grads") for d in _local_grads)
            if len(self._local_grads) != len(self._prev):
                raise ValueError(
                    f"Value needs one local derivative for each input, "
                    f"got {len(self._local_grads)} for {len(self._prev)} inputs"
                )

    @property
    def data(self):
        """The number. It is kept in `_data`, so that only a number can be put into it."""
        return self._data

    @data.setter
    def data(self, number):
        if isinstance(number, Value):
            raise TypeError(
                f".data holds a plain number, got {_describe(number)}; "
                f"write `p.data = new.data`, or `p.data -= lr * p.grad` for a step of descent"
            )
        self._data = _number(number, ".data")

    @property
    def _op(self):
        """The operation as text: "+", "tanh", "**3". A constant stands where `_operation` has its "c"."""
        if self._constant is None:
            return self._operation
        return self._operation.replace("c", f"{self._constant:g}")

    @_op.setter
    def _op(self, operation):
        if not isinstance(operation, str):
            raise TypeError(
                f"_op is the name of the operation, got {_describe(operation)}; "
                f'local derivatives are handed over by name: Value(data, inputs, "sin", _local_grads=(…,))'
            )
        self._operation = operation
        self._constant = None

    # ---------------------------------------------------------------- the two-input operations

    # A plain number beside a Value needs no node of its own: it is part of the operation, as in "**3".

    def __add__(self, other):
        if isinstance(other, Value):
            return _node(self._data + other._data, (self, other), "+", _ONE_ONE)
        if (c := _plain(other, "+")) is None:
            return NotImplemented
        return _node(self._data + c, (self,), "+c", _ONE, c)

    def __sub__(self, other):
        if isinstance(other, Value):
            return _node(self._data - other._data, (self, other), "-", _ONE_MINUS)
        if (c := _plain(other, "-")) is None:
            return NotImplemented
        return _node(self._data - c, (self,), "-c", _ONE, c)

    def __mul__(self, other):
        if isinstance(other, Value):
            return _node(self._data * other._data, (self, other), "*", (other._data, self._data))
        if (c := _plain(other, "*")) is None:
            return NotImplemented
        return _node(self._data * c, (self,), "*c", (c,), c)

    def __truediv__(self, other):
        if isinstance(other, Value):
            a, b = self._data, other._data
            quotient = _divide(a, b)
            return _node(quotient, (self, other), "/", (1.0 / b, -quotient / b))
        if (c := _plain(other, "/")) is None:
            return NotImplemented
        return _node(_divide(self._data, c), (self,), "/c", (1.0 / c,), c)

    def __pow__(self, other):
        x = self._data
        if x > 0.0 and (type(other) is float or type(other) is int):  # no edge is near
            try:
                p = other * 1.0
                return _node(x**p, (self,), "**c", (p * x ** (p - 1.0),), p)
            except OverflowError:
                pass  # below it gets its words
        if isinstance(other, Value):
            p = other._data
            power = _power(x, p)
            return _node(power, (self, other), "**", (_power_slope(x, p), _exponent_slope(x, p, power)))
        if (p := _plain(other, "**")) is None:
            return NotImplemented
        return _node(_power(x, p), (self,), "**c", (_power_slope(x, p),), p)

    # A plain number on the left: 1 - v, 2 / v, 2 ** v.

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other):
        c = _number(other, "-")
        return _node(c - self._data, (self,), "c-", _MINUS, c)

    def __rtruediv__(self, other):
        c = _number(other, "/")
        quotient = _divide(c, self._data)
        return _node(quotient, (self,), "c/", (-quotient / self._data,), c)

    def __rpow__(self, other):
        c = _number(other, "**")
        power = _power(c, self._data)
        return _node(power, (self,), "c**", (_exponent_slope(c, self._data, power),), c)

    def __neg__(self):
        return _node(-self._data, (self,), "neg", _MINUS)

    # ---------------------------------------------------------------- the one-input operations

    def exp(self):
        """e to the power of this value; the derivative is the result itself. OverflowError above 709.78."""
        try:
            e = math.exp(self._data)
        except OverflowError:
            raise OverflowError(f"exp({self._data:g}) is too large for a float") from None
        return _node(e, (self,), "exp", (e,))

    def log(self):
        """The natural logarithm; derivative 1/x. ValueError for a number that is not positive."""
        x = self._data
        if x <= 0.0:
            raise ValueError(f"log({x:g}) is not defined: log needs a positive number")
        return _node(math.log(x), (self,), "log", (1.0 / x,))

    def sqrt(self):
        """The square root; derivative 1 / (2 √x), infinite at 0. ValueError for a negative number."""
        x = self._data
        if x < 0.0:
            raise ValueError(f"sqrt({x:g}) is not a real number: sqrt needs a number of at least 0")
        root = math.sqrt(x)
        return _node(root, (self,), "sqrt", (0.5 / root if root else math.copysign(math.inf, root),))

    def sin(self):
        """The sine of an angle in radians; derivative cos. ValueError for an infinite angle."""
        sine, cosine = _sin_cos(self._data, "sin")
        return _node(sine, (self,), "sin", (cosine,))

    def cos(self):
        """The cosine of an angle in radians; derivative -sin. ValueError for an infinite angle."""
        sine, cosine = _sin_cos(self._data, "cos")
        return _node(cosine, (self,), "cos", (-sine,))

    def abs(self):
        """The distance from 0; derivative the sign: -1, 1, and 0 at 0, as in PyTorch. `abs(v)` is it too."""
        x = self._data
        return _node(abs(x), (self,), "abs", _ONE if x > 0.0 else _MINUS if x < 0.0 else _ZERO)

    __abs__ = abs

    def tanh(self):
        """The hyperbolic tangent, in [-1, 1]; derivative 1 - tanh². Finite for every finite input."""
        t = math.tanh(self._data)
        return _node(t, (self,), "tanh", (1.0 - t * t,))

    def sigmoid(self):
        """1 / (1 + e⁻ˣ), in [0, 1]; derivative s (1 - s). Finite for every finite input."""
        s = _sigmoid(self._data)
        return _node(s, (self,), "sigmoid", (s * (1.0 - s),))

    def relu(self):
        """max(0, x); derivative 1 for x > 0, else 0 (also at 0, as in PyTorch). A NaN stays a NaN."""
        x = self._data
        return _node(0.0, (self,), "relu", _ZERO) if x <= 0.0 else _node(x, (self,), "relu", _ONE)

    def leaky_relu(self, alpha=0.01):
        """x for x > 0, else alpha · x; derivative 1 or alpha (alpha at 0, as in PyTorch)."""
        alpha = _number(alpha, "leaky_relu(alpha)")
        slope = 1.0 if self._data > 0.0 else alpha
        return _node(self._data * slope, (self,), "leaky_relu", (slope,), alpha)

    # ---------------------------------------------------------------- a number like any other

    def __float__(self):
        return self._data

    def item(self):
        """The plain number, as PyTorch's `item`."""
        return self._data

    def __pos__(self):
        return self

    def __format__(self, spec):
        return format(self._data, spec) if spec else repr(self)

    # Comparisons are of `data`. `==` asks for the same node: so a Value can be a key of a dict.

    def __lt__(self, other):
        return self._data < (other._data if isinstance(other, Value) else other)

    def __le__(self, other):
        return self._data <= (other._data if isinstance(other, Value) else other)

    def __gt__(self, other):
        return self._data > (other._data if isinstance(other, Value) else other)

    def __ge__(self, other):
        return self._data >= (other._data if isinstance(other, Value) else other)

    # ---------------------------------------------------------------- backpropagation

    def _pass_back(self):
        """Add this node's share to the `grad` of each of its inputs: own grad times local derivative."""
        inputs, slopes, grad = self._prev, self._local_grads, self.grad
        if len(inputs) == 2:
            (a, b), (slope_a, slope_b) = inputs, slopes
            a.grad += grad * slope_a
            b.grad += grad * slope_b
        elif len(inputs) == 1:
            inputs[0].grad += grad * slopes[0]
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
            if node._local_grads is None and "_backward" not in getattr(node, "__dict__", ()):
                for leaf, grad in earlier.items():
                    leaf.grad = grad
                raise ValueError(
                    f"cannot go back through {node!r} with _op={node._op!r}: it was made by hand with "
                    f"inputs, but without a local derivative for each; write Value(…, _local_grads=(…))"
                )
        self.grad = (self.grad or 0.0) + 1.0
        for node in reversed(order):
            node._pass_back()
        for leaf, grad in earlier.items():  # the old gradient last: g + g is exactly 2g
            leaf.grad += grad

    def zero_grad(self):
        """Set the gradient of this value and of every node under it back to 0, as if no backward had been."""
        for node in topological_order(self):
            node.grad = _NO_GRADIENT

    def _step_back(self):
        """One step of `backward()` by hand, for this node alone; a gradient of None counts as 0."""
        for node in (self, *self._prev):
            if node.grad is None:
                node.grad = 0.0
        self._pass_back()

    @property
    def _backward(self):
        """`node._backward()` passes the gradient of one node back to its inputs."""
        return self._step_back

    @_backward.setter
    def _backward(self, rule):
        raise AttributeError(
            "'_backward' is read-only: an operation of your own hands its local derivatives over when the "
            'node is made, Value(math.sin(x.data), (x,), "sin", _local_grads=(math.cos(x.data),)); '
            "a lesson that writes `out._backward = _backward` runs with micrograd_lite.micrograd.engine.Value"
        )

    # ---------------------------------------------------------------- shown and copied

    def __reduce__(self):
        """For pickle: what the node holds, after the nodes under it (see `_Under`)."""
        under = _Under(self) if self._prev and id(self) not in _saved else None
        return _restored, (under, self._prev, *self._holds()), self._own_attributes()

    def __deepcopy__(self, memo):
        """For copy: each node once its inputs have their copies, with a stack instead of recursion."""
        stack = [self]
        while stack:
            node = stack[-1]
            missing = [child for child in node._prev if id(child) not in memo]
            if missing:
                stack += missing
            elif id(stack.pop()) not in memo:
                prev = tuple(memo[id(child)] for child in node._prev)
                memo[id(node)] = twin = _restored(None, prev, *node._holds())
                if own := node._own_attributes():
                    vars(twin).update(deepcopy(own, memo))
        return memo[id(self)]

    def _holds(self):
        grad = None if self.grad is _NO_GRADIENT else self.grad
        how = (self._operation, self._constant, self._local_grads)
        return type(self), self._data, grad, self.label, *how

    def _own_attributes(self):
        """What hangs on a node of a subclass besides the attributes above: a dict, or None."""
        return getattr(self, "__dict__", None)

    def __repr__(self):
        label, data, grad = (getattr(self, name, None) for name in ("label", "_data", "grad"))
        label = f"label={_short(label)}, " if label else ""
        return f"Value({label}data={_shown(data)}, grad={_shown(grad)})"


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
        w = [weight._data for weight in weights]
    except AttributeError:
        wrong = next(weight for weight in weights if not isinstance(weight, Value))
        raise TypeError(f"dot takes Values as weights, got {_describe(wrong)}") from None
    types = set(map(type, inputs))
    if types == _VALUES or any(issubclass(t, Value) for t in types):
        if types != _VALUES:  # some are plain numbers
            inputs = [x if isinstance(x, Value) else Value(x) for x in inputs]
        x = [value._data for value in inputs]
        prev, slopes = [*weights, *inputs], [*x, *w]
    else:
        x = [_number(number, "dot") for number in inputs]
        prev, slopes = [*weights], [*x]
    if isinstance(bias, Value):
        prev.append(bias)
        slopes.append(1.0)
        total = bias._data
    else:
        total = _number(bias, "dot")
    for a, b in zip(w, x):
        total += a * b
    return _node(total, tuple(prev), "dot", tuple(slopes))


def softmax(logits):
    """e^zⱼ / Σₖ e^zₖ for each of the logits, as one node each with `_op` "softmax": positive, their sum is 1.

    logits : k Values. Returns a list of k Values, each with all the logits as inputs. The derivative of pⱼ by
    zₖ is pⱼ (1 - pⱼ) for k = j, else -pⱼ pₖ. The largest logit is subtracted first, so no exponential
    overflows (Goodfellow et al. 2016, §4.1). For a loss use `losses.cross_entropy`, which takes the logits.

    Raises ValueError for no logits, TypeError if one is not a Value.
    """
    logits = _values(logits, "softmax takes Values")
    if not logits:
        raise ValueError("softmax needs at least one Value, got none")
    top = max(z._data for z in logits)
    e = [math.exp(z._data - top) for z in logits]
    total = sum(e)
    p = [x / total for x in e]
    return [
        _node(pj, logits, "softmax", tuple(pj * ((j == k) - pk) for k, pk in enumerate(p)))
        for j, pj in enumerate(p)
    ]


def sum_values(values):
    """Σ values as one node with `_op` "sum", added from left to right; every local derivative is 1.

    Raises ValueError for an empty sequence, TypeError if something in it is not a Value.
    """
    values = _values(values, "sum_values adds Values")
    if not values:
        raise ValueError("sum_values needs at least one Value, got none")
    total = 0.0
    for value in values:
        total += value._data
    return _node(total, values, "sum", _ONE * len(values))


# -------------------------------------------------------------------- behind the scenes

# The 0.0 of a Value that no backward() has reached. An optimizer knows it by identity (`is`), and leaves such
# a parameter alone, as PyTorch does where the gradient is None.
_NO_GRADIENT = float("0.0")
_ZERO, _ONE, _MINUS = (0.0,), (1.0,), (-1.0,)
_ONE_ONE, _ONE_MINUS = (1.0, 1.0), (1.0, -1.0)
_new = object.__new__
_VALUES = {Value}


def _node(data, prev, operation, local_grads, constant=None):
    """An inner node, made without the checks that `Value(…)` owes to the outside."""
    node = _new(type(prev[0]))
    node._data = data
    node.grad = 0.0
    node.label = ""
    node._prev = prev
    node._operation = operation
    node._constant = constant
    node._local_grads = local_grads
    return node


def topological_order(root):
    """Every Value under `root`, each once, inputs before outputs; `root` itself comes last.

    A loop over it in reverse is `backward()`; a loop forward computes the values anew.
    Raises TypeError if `root` is not a Value.
    """
    if not isinstance(root, Value):
        raise TypeError(f"topological_order takes a Value, got {_describe(root)}")
    order, seen, stack = [], set(), [root]
    while stack:
        node = stack.pop()
        if node is None:  # the inputs of the node below it are done
            order.append(stack.pop())
        elif node not in seen:
            seen.add(node)
            stack += (node, None, *reversed(node._prev))
    return order


def _topological_order(root):
    """The inner nodes under `root`, inputs before outputs; and the gradients that leaves hold already.

    A depth-first walk with a stack of its own instead of recursion, so that a million nodes in a
    row are no problem. A node met for the first time goes back on the stack with None above it,
    and its inputs above that: when the None comes up, the inputs are done and it is the node's
    turn. Leaves have nothing to pass on: they are not in `order`, but in `earlier` if an earlier
    call left them a gradient. Every node that is met gets the gradient `met`, which is 0.0 and,
    being an object of this walk alone, a mark as well.
    """
    met = float("0.0")
    order, earlier, stack = [], {}, [root] if root._prev else []
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
        elif node.grad is not met:
            node.grad = met
            stack.append(node)
            stack.append(None)
            for child in node._prev:
                if child.grad is not met:
                    if child._prev:
                        stack.append(child)
                    else:
                        if child.grad:
                            earlier[child] = child.grad
                        child.grad = met
    return order, earlier


_saved = set()  # ids of nodes that are being pickled: they stand in the list of a living `_Under`


class _Under:
    """The inner nodes under one that is being pickled, inputs before outputs.

    Pickle would reach them by recursion, one call inside another for each node of a chain. It saves this list
    first, and then finds the inputs of each node saved already. It keeps the list until it is done: so long
    the nodes stand in `_saved`.
    """

    def __init__(self, root):
        self.nodes, stack = [], [root]
        while stack:
            node = stack.pop()
            if node is None:
                self.nodes.append(stack.pop())
            elif id(node) not in _saved:
                _saved.add(id(node))
                stack += (node, None, *(child for child in node._prev if child._prev))

    def __del__(self):
        _saved.difference_update(map(id, self.nodes))

    def __reduce__(self):
        return list, (self.nodes[:-1],)  # without the root, which is saved next


def _restored(under, prev, kind, data, grad, label, operation, constant, local_grads):
    """A node made of what another one holds; the nodes `under` it exist by now."""
    node = _new(kind)
    node._data, node.grad, node.label, node._prev = data, _NO_GRADIENT if grad is None else grad, label, prev
    node._operation, node._constant, node._local_grads = operation, constant, local_grads
    return node


def _values(values, wanted):
    """The values as a tuple; TypeError with the words of `wanted` if one is not a Value."""
    try:
        values = tuple(values)
    except TypeError:
        raise TypeError(f"{wanted} in a list or tuple, got {_describe(values)}") from None
    for value in values:
        if not isinstance(value, Value):
            raise TypeError(f"{wanted}, got {_describe(value)}")
    return values


_TAKES_VALUES = {"+", "-", "*", "/", "**", "dot"}


def _number(x, where):
    """`x` as a float; TypeError if it is not a real number (a bool is not one here)."""
    if type(x) is float:
        return x
    if type(x) is not int and (not isinstance(x, Real) or isinstance(x, bool)):
        wanted = "a Value or a number" if where in _TAKES_VALUES else "a number"
        raise TypeError(f"{where} takes {wanted}, got {_describe(x)}")
    try:
        return float(x)
    except OverflowError:
        raise OverflowError(f"{where}: this int does not fit into a float (up to about 1.8e308)") from None


def _plain(x, where):
    """A plain number beside a Value, as a float; None for an array, whose elements then take their turns."""
    if type(x) is float:
        return x
    if type(x) is not int and hasattr(x, "__array_ufunc__") and not isinstance(x, Real):
        return None
    return _number(x, where)


def _describe(x):
    """What was given, for an error: its type and a short repr."""
    return f"{type(x).__name__}: {_short(x)}"


def _short(x):
    try:
        text = repr(x)
    except Exception:  # somebody else's broken __repr__ must not hide what we have to say
        text = f"<{type(x).__name__}>"
    return text if len(text) <= 60 else text[:57] + "..."


def _shown(x):
    """Four significant digits; what is no number (a gradient of None, say) as it is."""
    try:
        return f"{float(x):.4g}" if isinstance(x, Real) else _short(x)
    except OverflowError:  # an int too large for a float
        return _short(x)


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


def _sin_cos(x, name):
    if math.isinf(x):
        raise ValueError(f"{name}({x:g}) is not defined: {name} needs a finite angle")
    return math.sin(x), math.cos(x)


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
