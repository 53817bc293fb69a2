"""The engine for tables: `Tensor`, an array that remembers how it was computed. NumPy alone.

The same engine as `micrograd_lite.engine`, with one node for a whole table instead of one for each number. An
operation is its result, its inputs in order and, for each input, its way back: a function that turns the
gradient of the result into the gradient of that input. `Tensor.backward` takes the ways in reverse order.

    X, y = np.array([[0.0, 1.0], [1.0, 1.0]]), np.array([1, 0])  # constants: plain arrays
    model = MLP(2, [8, 2], seed=0)
    loss = cross_entropy(model(X), y)
    loss.backward()  # now every p of model.parameters() has its p.grad

A way back reads the arrays of the forward pass: call `backward` before you change them, as an optimizer does.
"""

from itertools import pairwise

import numpy as np

__all__ = ["Tensor", "Linear", "MLP", "cross_entropy", "binary_cross_entropy_with_logits", "mse"]


class Tensor:
    """An array in a computation graph, with the gradient of a later number by each of its entries.

    Parameters
    ----------
    data : array, nested list or number
        Copied. A float32 array stays float32, all other numbers become float64; TypeError for anything else.
    _children : tuple of Tensor
        The inputs it was computed from; empty for a leaf.
    _op : str
        The operation that made it: "+", "@", "**2", "tanh" …; empty for a leaf.
    label : str
        A name for drawings.
    _ways_back : tuple of functions, one for each child
        For an operation of your own: each takes the gradient of the result and returns that of its child in
        a new array: `Tensor(np.sin(x.data), (x,), "sin", _ways_back=(lambda g: g * np.cos(x.data),))`.

    Attributes: `data`, `label` and `_op` as above; `grad`, None until the first `backward()`, then an array
    of the shape of `data`, as in PyTorch; `_prev`, the inputs in order (`a + a` holds `a` twice).

    Operations take Tensors, arrays and numbers and broadcast as NumPy does. An array or a number is a
    constant: no node, no gradient. `==` is identity, so that a Tensor can be the key of a dict.
    Baydin et al. (2018), "Automatic Differentiation in Machine Learning: a Survey", §3.2.
    """

    __array_ufunc__ = None  # lets NumPy's arrays and numbers stand on the left: array @ tensor

    def __init__(self, data, _children=(), _op="", label="", *, _ways_back=None):
        self.data = _numbers(data, "Tensor").copy()
        self.grad = None
        self.label = label
        self._op = _op
        ways_back = [_no_way_back] * len(_children) if _ways_back is None else _ways_back
        if len(ways_back) != len(_children) or not all(isinstance(child, Tensor) for child in _children):
            raise ValueError(
                f"Tensor needs Tensors as _children and one way back for each, got {len(_children)} "
                f"and {len(ways_back)}: {_short(_children)}"
            )
        self._inputs = list(zip(_children, ways_back))

    # ---------------------------------------------------------------- two inputs

    def __add__(self, other):
        y = _array(other, "+", self)
        return _node(_fit(np.add, self.data, y, "+"), "+", (self, _hand_on), (other, _hand_on))

    def __mul__(self, other):
        """Entry by entry; the way back to a factor is grad · the other factor."""
        x, y = self.data, _array(other, "*", self)
        product = _fit(np.multiply, x, y, "*")
        return _node(product, "*", (self, lambda grad: grad * y), (other, lambda grad: grad * x))

    def __sub__(self, other):
        return _subtract(self, other)

    def __truediv__(self, other):
        return _divide(self, other)

    def __matmul__(self, other):
        return _matmul(self, other)

    __radd__, __rmul__ = __add__, __mul__  # a constant on the left; their order makes no difference

    def __rsub__(self, other):
        return _subtract(other, self)

    def __rtruediv__(self, other):
        return _divide(other, self)

    def __rmatmul__(self, other):
        return _matmul(other, self)

    # ---------------------------------------------------------------- one input, entry by entry

    def __neg__(self):
        return _node(-self.data, "neg", (self, np.negative))

    def __pow__(self, p):
        """xᵖ for a number p; derivative p xᵖ⁻¹."""
        if isinstance(p, Tensor) or np.ndim(p):
            raise TypeError(f"** takes a number as its exponent, got {_short(p)}")
        x, p = self.data, float(_numbers(p, "**"))
        return _node(x**p, f"**{p:g}", (self, lambda grad: grad * (p * x ** (p - 1 if p else 0))))

    def exp(self):
        """eˣ; the derivative is the result itself."""
        e = np.exp(self.data)
        return _node(e, "exp", (self, lambda grad: grad * e))

    def log(self):
        """The natural logarithm; derivative 1/x. NumPy warns where x is not positive."""
        x = self.data
        return _node(np.log(x), "log", (self, lambda grad: grad / x))

    def tanh(self):
        """The hyperbolic tangent; derivative 1 - tanh²."""
        t = np.tanh(self.data)
        return _node(t, "tanh", (self, lambda grad: grad * (1 - t * t)))

    def sigmoid(self):
        """1 / (1 + e⁻ˣ), finite for every finite x; derivative s (1 - s)."""
        s = _sigmoid(self.data)
        return _node(s, "sigmoid", (self, lambda grad: grad * (s * (1 - s))))

    def relu(self):
        """max(0, x); derivative 1 for x > 0, else 0 (also at 0, as in PyTorch)."""
        x = self.data
        return _node(np.maximum(x, 0), "relu", (self, lambda grad: grad * (x > 0)))

    # ---------------------------------------------------------------- along an axis, several, or all

    def sum(self, axis=None, keepdims=False):
        """Σ over an axis, a tuple of axes or all entries. The way back through a sum is a broadcast."""
        x, total = self.data, self.data.sum(axis, keepdims=True)

        def way_back(grad):
            return np.full(x.shape, grad.reshape(total.shape))

        return _node(total if keepdims else total.squeeze(axis), "sum", (self, way_back))

    def mean(self, axis=None, keepdims=False):
        """The sum divided by the number n of entries that went into it; derivative 1/n."""
        x, total = self.data, self.data.sum(axis, keepdims=True)
        n = x.size / max(total.size, 1)

        def way_back(grad):
            return np.full(x.shape, grad.reshape(total.shape) / n)

        return _node((total if keepdims else total.squeeze(axis)) / n, "mean", (self, way_back))

    def max(self, axis=None, keepdims=False):
        """The largest entry. It gets the gradient; equal ones share it evenly (as `torch.amax`)."""
        x, top = self.data, self.data.max(axis, keepdims=True)

        def way_back(grad):
            largest = x == top
            return largest * (grad.reshape(top.shape) / largest.sum(axis, keepdims=True))

        return _node(top if keepdims else top.squeeze(axis), "max", (self, way_back))

    def softmax(self, axis=-1):
        """pᵢ = e^xᵢ / Σⱼ e^xⱼ along an axis, finite for every finite x; way back p (grad - Σ grad p)."""
        p = np.exp(_log_softmax(self.data, axis))
        return _node(p, "softmax", (self, lambda grad: p * (grad - (grad * p).sum(axis, keepdims=True))))

    def log_softmax(self, axis=-1):
        """xᵢ - ln Σⱼ e^xⱼ along an axis, finite for every finite x; way back grad - p Σ grad."""
        log_p = _log_softmax(self.data, axis)

        def way_back(grad):
            return grad - np.exp(log_p) * grad.sum(axis, keepdims=True)

        return _node(log_p, "log_softmax", (self, way_back))

    # ---------------------------------------------------------------- other shapes

    def reshape(self, *shape):
        """The same entries in another shape: `t.reshape(2, 3)` or `t.reshape((2, -1))`."""
        shape, old = shape[0] if len(shape) == 1 else shape, self.shape
        try:
            data = self.data.reshape(shape)
        except ValueError:
            raise ValueError(f"reshape: the shapes {old} and {shape} do not fit together") from None
        return _node(data, "reshape", (self, lambda grad: grad.reshape(old)))

    def transpose(self, *axes):
        """The axes in another order, `t.transpose(1, 0, 2)`; in reverse if none is given."""
        axes = axes[0] if axes and np.ndim(axes[0]) else axes or range(self.ndim)[::-1]
        try:
            data = self.data.transpose(axes)
        except ValueError:
            raise ValueError(f"transpose: the axes {tuple(axes)} do not fit the shape {self.shape}") from None
        home = np.argsort([axis % self.ndim for axis in axes])
        return _node(data, "transpose", (self, lambda grad: grad.transpose(home)))

    @property
    def T(self):
        return self.transpose()

    def __getitem__(self, index):
        """A part, cut as NumPy does. An entry that is taken several times adds up its gradients."""
        x = self.data

        def way_back(grad):
            whole = np.zeros_like(x)
            np.add.at(whole, index, grad)
            return whole

        return _node(x[index], "[]", (self, way_back))

    # ---------------------------------------------------------------- backpropagation

    def backward(self):
        """Set `grad` of every tensor under this one to the derivative of this number by each of its entries.

        Leaves (tensors without inputs) accumulate: a second call gives exactly twice the gradient; call
        `zero_grad()` between training steps. Inner tensors start afresh. Every gradient is a new array: no
        two tensors share one, and a later call changes none. ValueError if there is more than one entry.
        """
        if self.data.size != 1:
            raise ValueError(
                f"backward() starts from one number, as a loss; this tensor has the shape {self.shape}: "
                f"take its sum() or mean() first"
            )
        grads = {self: np.ones_like(self.data)}
        for node in reversed(_topological_order(self)):
            grad = grads[node]
            for x, way_back in node._inputs:
                share = way_back(grad)
                if share.shape != x.data.shape:
                    share = _unbroadcast(share, x.data.shape)
                if x in grads:
                    grads[x] = grads[x] + share
                else:  # what was handed on, or is a view of it, is copied
                    grads[x] = share if share is not grad and share.base is None else share.copy()
        for node, grad in grads.items():
            if not node._inputs and node.grad is not None:
                grad = node.grad + grad
            node.grad = np.asarray(grad, node.data.dtype)  # NumPy makes a 0-d result a number

    def zero_grad(self):
        """Forget the gradient: `grad` is None again."""
        self.grad = None

    # ---------------------------------------------------------------- behaves like an array

    @property
    def shape(self):
        return self.data.shape

    @property
    def ndim(self):
        return self.data.ndim

    @property
    def _prev(self):
        return tuple(x for x, _ in self._inputs)

    def item(self):
        """The number in a tensor of one entry."""
        return self.data.item()

    __float__ = item

    def __format__(self, spec):
        return format(self.item() if spec else str(self), spec)

    def __len__(self):
        return len(self.data)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __array__(self, dtype=None, copy=None):
        raise TypeError("a Tensor is no array: NumPy would lose its graph; t.data has its numbers")

    def __repr__(self):
        label = f"label={str(self.label)[:40]!r}, " if self.label else ""
        if not isinstance(self.data, (np.ndarray, np.generic)):
            return f"Tensor({label}data is no array but {type(self.data).__name__})"
        numbers = " ".join(np.array2string(self.data, precision=4, separator=", ", threshold=8).split())
        return f"Tensor({label}{f'data={numbers}' if self.data.size <= 8 else f'shape={self.shape}'})"


# -------------------------------------------------------------------- operations whose order matters


def _subtract(a, b):
    x, y = _array(a, "-", b), _array(b, "-", a)
    return _node(_fit(np.subtract, x, y, "-"), "-", (a, _hand_on), (b, np.negative))


def _divide(a, b):
    """q = a / b, entry by entry: way back grad / b to a, -grad · q / b to b."""
    x, y = _array(a, "/", b), _array(b, "/", a)
    q = _fit(np.divide, x, y, "/")
    return _node(q, "/", (a, lambda grad: grad / y), (b, lambda grad: -grad * q / y))


def _matmul(a, b):
    """C = A B, (m, k) @ (k, n) → (m, n); way back dC Bᵀ to A, Aᵀ dC to B. Goodfellow et al. (2016), §6.5.6.

    As in NumPy, axes in front make a stack of matrices, and a vector is a row on the left and a column on the
    right; the result does without the axis of length 1.
    """
    x, y = _array(a, "@", b), _array(b, "@", a)
    c = _fit(np.matmul, x, y, "@")
    A, B = x if x.ndim > 1 else x[None, :], y if y.ndim > 1 else y[:, None]

    def matrix(grad):  # with the axes that a vector left out
        grad = grad if y.ndim > 1 else grad[..., None]
        return grad if x.ndim > 1 else grad[..., None, :]

    def back_to_a(grad):
        return matrix(grad) @ B.swapaxes(-1, -2)

    def back_to_b(grad):
        share = A.swapaxes(-1, -2) @ matrix(grad)
        return share if y.ndim > 1 else share[..., 0]

    return _node(c, "@", (a, back_to_a), (b, back_to_b))


def _linear(x, W, b):
    """x W + b for a table x (m, nin), a whole layer as one node, as `dot` is a whole neuron of Values.

    Way back: grad Wᵀ to x, xᵀ grad to W, and to b the sum of grad's rows.
    """
    table, weights = _array(x, "@", W), W.data
    z = _fit(np.matmul, table, weights, "@")
    z += b.data
    way_to_x, way_to_W = lambda grad: grad @ weights.T, lambda grad: table.T @ grad
    return _node(z, "linear", (x, way_to_x), (W, way_to_W), (b, lambda grad: grad.sum(axis=0)))


# -------------------------------------------------------------------- losses: one node each


def cross_entropy(logits, classes):
    """-(1/m) Σ ln softmax(z)_y, the cross-entropy of several classes; way back (softmax(z) - one_hot(y)) / m.

    logits : Tensor z (m, k), of any size; classes : m whole numbers 0 … k-1.

    Goodfellow et al. (2016), §6.2.2.3. ValueError for other shapes and a class out of range.
    """
    z, y = _predictions(logits, "cross_entropy"), np.asarray(classes)
    if z.ndim != 2 or y.shape != z.shape[:1] or not y.size:
        raise ValueError(
            f"cross_entropy takes logits (m, k) and m classes, got the shapes {z.shape} and {y.shape}"
        )
    if y.dtype.kind not in "iu":
        raise TypeError(f"cross_entropy takes whole numbers as classes, got {_short(classes)}")
    m, k = z.shape
    wrong = (y < 0) | (y >= k)
    if wrong.any():
        raise ValueError(f"cross_entropy: a class is a number from 0 to {k - 1}, got {y[wrong][0]}")
    rows, log_p = np.arange(m), _log_softmax(z, axis=1)

    def way_back(grad):
        share = np.exp(log_p)
        share[rows, y] -= 1
        share *= grad / m
        return share

    return _node(-log_p[rows, y].sum() / m, "cross_entropy", (logits, way_back))


def binary_cross_entropy_with_logits(logits, targets):
    """(1/n) Σ [max(z, 0) - y z + ln(1 + e^-|z|)], two classes from logits; way back (σ(z) - y) / n.

    logits : Tensor z of n entries, of any size; targets : n numbers y in [0, 1], of the same shape.

    ValueError for another shape, which would broadcast: (m, 1) with (m,) makes (m, m); and outside [0, 1].
    """
    name = "binary_cross_entropy_with_logits"
    z, y = _predictions(logits, name), _targets(logits, targets, name)
    wrong = ~((y >= 0) & (y <= 1))
    if wrong.any():
        raise ValueError(f"{name}: a target lies between 0 and 1, got {y[wrong][0]:g}")
    losses = np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))
    return _node(losses.sum() / z.size, "bce", (logits, lambda grad: (_sigmoid(z) - y) * (grad / z.size)))


def mse(predictions, targets):
    """Mean squared error (1/n) Σ (ŷ - y)²; way back 2 (ŷ - y) / n. Goodfellow et al. (2016), §5.1.4.

    predictions : Tensor of n entries; targets : n numbers of the same shape, else ValueError.
    """
    error = _predictions(predictions, "mse") - _targets(predictions, targets, "mse")
    n = error.size
    return _node((error * error).sum() / n, "mse", (predictions, lambda grad: error * (2 * grad / n)))


# -------------------------------------------------------------------- networks


class Linear:
    """x W + b for a table x (m, nin) → (m, nout), one node; PyTorch's `nn.Linear` keeps the transpose of W.

    W (nin, nout) starts normal with standard deviation 1/√nin, b (nout,) at 0 (LeCun et al. 1998, "Efficient
    BackProp", §4.6). Without a seed they come from NumPy's global generator, which `np.random.seed` sets.
    """

    def __init__(self, nin, nout, seed=None, label=""):
        for n in (nin, nout):
            if not isinstance(n, (int, np.integer)) or isinstance(n, bool) or n < 1:
                raise ValueError(f"Linear takes whole numbers of at least 1, got {nin!r} and {nout!r}")
        rng = np.random if seed is None else np.random.default_rng(seed)
        self.W = Tensor(rng.normal(0, nin**-0.5, (nin, nout)), label=f"W{label}")
        self.b = Tensor(np.zeros(nout), label=f"b{label}")

    def __call__(self, x):
        if np.ndim(x) == 2:
            return _linear(x, self.W, self.b)
        return x @ self.W + self.b  # one sample, or a stack of tables

    def parameters(self):
        return [self.W, self.b]

    def zero_grad(self):
        for p in self.parameters():
            p.zero_grad()

    def __repr__(self):
        return f"Linear({self.W.shape[0]} → {self.W.shape[1]})"


ACTIVATIONS = {"tanh": Tensor.tanh, "relu": Tensor.relu, "sigmoid": Tensor.sigmoid, "linear": lambda z: z}


class MLP:
    """A multilayer perceptron, x (m, nin) → (m, nouts[-1]): Linear layers with an activation after each.

    `MLP(2, [16, 16, 1])` has two hidden layers and one output. `activation` is that of the hidden layers,
    `output_activation` that of the last: "tanh", "relu", "sigmoid" or "linear". The parameters are labelled
    W1, b1, W2, …; how they start and `seed`: see Linear.
    """

    def __init__(self, nin, nouts, activation="tanh", output_activation="linear", seed=None):
        for name in (activation, output_activation):
            if name not in ACTIVATIONS:
                raise ValueError(f"unknown activation {name!r}; there is {', '.join(ACTIVATIONS)}")
        if np.ndim(nouts) != 1 or not len(nouts):
            raise ValueError(f"MLP takes a list with the width of each layer, as [16, 16, 1], got {nouts!r}")
        rng = None if seed is None else np.random.default_rng(seed)
        self.layers = [Linear(*sizes, rng, i) for i, sizes in enumerate(pairwise([nin, *nouts]), 1)]
        self.activations = [activation] * (len(self.layers) - 1) + [output_activation]

    def __call__(self, x):
        for layer, activation in zip(self.layers, self.activations):
            x = ACTIVATIONS[activation](layer(x))
        return x

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]

    def zero_grad(self):
        for p in self.parameters():
            p.zero_grad()

    def __repr__(self):
        return f"MLP({', '.join(f'{layer}, {name}' for layer, name in zip(self.layers, self.activations))})"


# -------------------------------------------------------------------- behind the scenes


def _node(data, op, *inputs):
    """The result of an operation. `inputs` are pairs of input and way back; constants are left out."""
    out = object.__new__(Tensor)
    out.data = np.asarray(data)  # NumPy makes a 0-d result a number
    out.grad = None
    out.label = ""
    out._op = op
    out._inputs = [pair for pair in inputs if isinstance(pair[0], Tensor)]
    return out


def _hand_on(grad):
    """The way back of a sum: the gradient as it is."""
    return grad


def _no_way_back(grad):
    raise ValueError(
        "a Tensor that was made by hand with _children has no way back: give it _ways_back=(…), one function "
        "for each child, from the gradient of the result to that of the child"
    )


def _unbroadcast(share, shape):
    """The way back through a broadcast is a sum, over the axes that were added in front or stretched."""
    added = share.ndim - len(shape)
    if added:
        share = share.sum(axis=tuple(range(added)))
    if share.shape != shape:
        stretched = tuple(i for i, n in enumerate(shape) if n != share.shape[i])
        share = share.sum(axis=stretched, keepdims=True)
    return share


def _topological_order(root):
    """All tensors under `root`, inputs before results: a depth-first walk with a stack of its own.

    A tensor that is met for the first time goes back on the stack with None above it, and its inputs above
    that: when the None comes up, the inputs are done and it is the tensor's turn.
    """
    order, met, stack = [], set(), [root]
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
        elif node not in met:
            met.add(node)
            stack.append(node)
            stack.append(None)
            for x, _ in node._inputs:
                stack.append(x)
    return order


def _numbers(x, where, dtype=np.float64):
    """`x` as an array. float32 and float64 stay, other numbers take `dtype`."""
    try:
        array = np.asarray(x)
    except ValueError:
        raise ValueError(f"{where}: the rows differ in length: {_short(x)}") from None
    if array.dtype.char in "fd":
        return array
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{where} takes numbers, got {_short(x)}")
    return array.astype(dtype)


def _array(x, op, beside):
    """The array of an operand. Beside a float32 tensor a single number is float32 too, as in PyTorch."""
    if isinstance(x, Tensor):
        return x.data
    array = _numbers(x, op, beside.data.dtype)
    return array if array.ndim else array.astype(beside.data.dtype)


def _fit(function, x, y, op):
    """function(x, y), with an error that names both shapes."""
    try:
        return function(x, y)
    except ValueError:
        raise ValueError(f"{op}: the shapes {x.shape} and {y.shape} do not fit together") from None


def _predictions(x, where):
    if not isinstance(x, Tensor):
        raise TypeError(f"{where} takes a Tensor of predictions first, got {_short(x)}")
    return x.data


def _targets(predictions, targets, where):
    y = _numbers(targets, where).astype(predictions.data.dtype, copy=False)
    if y.shape != predictions.shape or not y.size:
        raise ValueError(
            f"{where} takes a target for each prediction, got the shapes {predictions.shape} and {y.shape}; "
            f"y.reshape(-1, 1) makes a column of m targets"
        )
    return y


def _sigmoid(x):
    """1 / (1 + e⁻ˣ), with the exponential taken of numbers that are never positive: it cannot overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def _log_softmax(x, axis):
    """xᵢ - ln Σⱼ e^xⱼ. The largest x is subtracted first, so that no exponential overflows."""
    x = x - x.max(axis, keepdims=True)
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


def _short(x):
    """What was given, for an error: its type and the beginning of its repr."""
    text = repr(x)
    return f"{type(x).__name__}: {text if len(text) <= 60 else text[:57] + '...'}"
