"""The engine for tables: `Tensor`, an array that remembers how it was computed. NumPy alone.

The same engine as `micrograd_lite.engine`, with one node for a whole table instead of one for each number. An
operation is its result, its inputs in order and, for each input, its way back: a function that turns the
gradient of the result into the gradient of that input. `Tensor.backward` takes the ways in reverse order.

A way back reads the arrays of the forward pass: call `backward` before you change them, as an optimizer does.
"""

import numpy as np

__all__ = ["Tensor", "Linear", "MLP", "cross_entropy", "binary_cross_entropy_with_logits", "mse"]


class Tensor:
    """An array in a computation graph, with the gradient of a later number by each of its entries.

    data : array, nested list or number; copied. float32 stays, all other numbers become float64.
    grad : None until the first `backward()`, then an array of the shape of `data`.
    label : a name for drawings. _op : the operation that made it, "+", "@", "tanh" …
    _prev : the inputs in order. An operation of your own has a way back for each:
        `Tensor(np.sin(x.data), (x,), "sin", _ways_back=[lambda grad: grad * np.cos(x.data)])`.

    Operations take Tensors, arrays and numbers and broadcast as NumPy does; an array or a number is a
    constant: no node, no gradient. TypeError for what is no number, ValueError for shapes that don't fit.
    Baydin et al. (2018), "Automatic Differentiation in Machine Learning: a Survey", §3.2.
    """

    __array_ufunc__ = None  # lets NumPy's arrays and numbers stand on the left: array @ tensor
    grad, label = None, ""

    def __init__(self, data, _children=(), _op="", label="", *, _ways_back=()):
        if len(_children) != len(_ways_back):
            raise ValueError(f"Tensor needs one of _ways_back for each child, got {len(_ways_back)}")
        self.data = _numbers(data, "Tensor").copy()
        self.label = label
        self._op = _op
        self._inputs = list(zip(_children, _ways_back))

    shape = property(lambda self: self.data.shape)
    ndim = property(lambda self: self.data.ndim)
    T = property(lambda self: self.transpose())
    _prev = property(lambda self: tuple(x for x, _ in self._inputs))

    # ------------------------------------------------------------ two inputs, a and b; one may be a constant
    def __add__(a, b):
        _, _, total = _apply(np.add, "+", a, b)
        return _node(total, "+", (a, lambda grad: grad), (b, lambda grad: grad))

    def __sub__(a, b):
        _, _, difference = _apply(np.subtract, "-", a, b)
        return _node(difference, "-", (a, lambda grad: grad), (b, lambda grad: -grad))

    def __mul__(a, b):
        x, y, product = _apply(np.multiply, "*", a, b)
        return _node(product, "*", (a, lambda grad: grad * y), (b, lambda grad: grad * x))

    def __truediv__(a, b):
        _, y, q = _apply(np.divide, "/", a, b)
        return _node(q, "/", (a, lambda grad: grad / y), (b, lambda grad: -grad * q / y))

    def __matmul__(a, b):
        """C = A B; way back dC Bᵀ to A, Aᵀ dC to B (Goodfellow et al. 2016, §6.5.6). Vectors as in NumPy."""
        x, y, c = _apply(np.matmul, "@", a, b)
        A, B = x if x.ndim > 1 else x[None, :], y if y.ndim > 1 else y[:, None]

        def matrix(grad):  # a vector is a row on the left, a column on the right: it left out an axis
            grad = grad if y.ndim > 1 else grad[..., None]
            return grad if x.ndim > 1 else grad[..., None, :]

        def back_to_b(grad):
            share = A.swapaxes(-1, -2) @ matrix(grad)
            return share if y.ndim > 1 else share[..., 0]

        return _node(c, "@", (a, lambda grad: matrix(grad) @ B.swapaxes(-1, -2)), (b, back_to_b))

    __radd__, __rmul__ = __add__, __mul__

    def __rsub__(self, other):
        return Tensor.__sub__(other, self)

    def __rtruediv__(self, other):
        return Tensor.__truediv__(other, self)

    def __rmatmul__(self, other):
        return Tensor.__matmul__(other, self)

    # ---------------------------------------------------------------- one input, entry by entry
    def __neg__(self):
        return _node(-self.data, "neg", (self, lambda grad: -grad))

    def __pow__(self, p):
        """xᵖ for a number p; derivative p xᵖ⁻¹."""
        x, p = self.data, float(p)
        return _node(x**p, f"**{p:g}", (self, lambda grad: grad * (p * x ** (p - 1 if p else 0))))

    def exp(self):
        e = np.exp(self.data)
        return _node(e, "exp", (self, lambda grad: grad * e))

    def log(self):
        x = self.data
        return _node(np.log(x), "log", (self, lambda grad: grad / x))

    def tanh(self):
        t = np.tanh(self.data)
        return _node(t, "tanh", (self, lambda grad: grad * (1 - t * t)))

    def sigmoid(self):
        s = _sigmoid(self.data)
        return _node(s, "sigmoid", (self, lambda grad: grad * (s * (1 - s))))

    def relu(self):
        """max(0, x); derivative 1 for x > 0, else 0 (also at 0, as in PyTorch)."""
        x = self.data
        return _node(np.maximum(x, 0), "relu", (self, lambda grad: grad * (x > 0)))

    # ---------------------------------------------------------------- along an axis, several, or all
    def sum(self, axis=None, keepdims=False):
        """Σ over an axis, a tuple of axes or all entries. The way back through a sum is a broadcast."""
        x, s = self.data, self.data.sum(axis, keepdims=True)
        out = s if keepdims else s.squeeze(axis)
        return _node(out, "sum", (self, lambda grad: np.full(x.shape, grad.reshape(s.shape))))

    def mean(self, axis=None, keepdims=False):
        """The sum divided by the number n of entries in it; derivative 1/n."""
        x, s = self.data, self.data.sum(axis, keepdims=True)
        out, n = s if keepdims else s.squeeze(axis), x.size / max(s.size, 1)
        return _node(out / n, "mean", (self, lambda grad: np.full(x.shape, grad.reshape(s.shape) / n)))

    def max(self, axis=None, keepdims=False):
        """The largest entry. It gets the gradient; equal ones share it evenly (as `torch.amax`)."""
        top = self.data.max(axis, keepdims=True)
        out, largest = top if keepdims else top.squeeze(axis), self.data == top
        n = largest.sum(axis, keepdims=True)
        return _node(out, "max", (self, lambda grad: largest * (grad.reshape(top.shape) / n)))

    def softmax(self, axis=-1):
        """pᵢ = e^xᵢ / Σⱼ e^xⱼ along an axis; way back p (grad - Σ grad p)."""
        p = np.exp(_log_softmax(self.data, axis))
        return _node(p, "softmax", (self, lambda grad: p * (grad - (grad * p).sum(axis, keepdims=True))))

    def log_softmax(self, axis=-1):
        """xᵢ - ln Σⱼ e^xⱼ along an axis; way back grad - p Σ grad."""
        z = _log_softmax(self.data, axis)
        return _node(z, "log_softmax", (self, lambda grad: grad - np.exp(z) * grad.sum(axis, keepdims=True)))

    # ---------------------------------------------------------------- other shapes, and parts
    def reshape(self, *shape):
        """The same entries in another shape: `t.reshape(2, 3)` or `t.reshape((2, -1))`."""
        old, shape = self.shape, shape[0] if len(shape) == 1 else shape
        try:
            data = self.data.reshape(shape)
        except ValueError:
            raise ValueError(f"reshape: the shapes {old} and {shape} do not fit together") from None
        return _node(data, "reshape", (self, lambda grad: grad.reshape(old)))

    def transpose(self, *axes):
        """The axes in another order, `t.transpose(1, 0, 2)`; in reverse if none is given."""
        axes, home = axes or range(self.ndim)[::-1], range(self.ndim)
        data = self.data.transpose(axes)
        return _node(data, "transpose", (self, lambda grad: np.moveaxis(grad, home, axes)))

    def __getitem__(self, index):
        """A part, cut as NumPy does. An entry that is taken several times adds up its gradients."""
        x = self.data

        def way_back(grad):
            whole = np.zeros_like(x)
            np.add.at(whole, index, grad)
            return whole

        return _node(x[index], "[]", (self, way_back))

    def backward(self):
        """Set `grad` of every tensor under this one to the derivative of this number by each of its entries.

        Leaves accumulate: a second call gives exactly twice the gradient; call `zero_grad()` between training
        steps. Inner tensors start afresh. Every gradient is a new array.
        """
        if self.data.size != 1:
            raise ValueError(f"backward() starts from one number, got {self.shape}: take its mean() first")
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
        self.grad = None

    def item(self):
        return self.data.item()

    def __array__(self, dtype=None, copy=None):
        raise TypeError("a Tensor is no array: NumPy would lose its graph; t.data has its numbers")

    def __repr__(self):
        numbers = np.array2string(np.asarray(self.data), precision=4, separator=", ", threshold=8)
        label = f", label={self.label!r}" if self.label else ""
        return f"Tensor({numbers if self.data.size <= 8 else f'shape={self.shape}'}{label})"


# -------------------------------------------------------------------- losses: one node each
def cross_entropy(logits, classes):
    """-(1/m) Σ ln softmax(z)_y for a Tensor z (m, k) and m whole numbers y, 0 … k-1.

    Way back (softmax(z) - one_hot(y)) / m. Goodfellow et al. (2016), §6.2.2.3.
    """
    if not isinstance(logits, Tensor):
        raise TypeError(f"cross_entropy takes a Tensor of logits, got {logits!r:.60}")
    z, y = logits.data, np.asarray(classes)
    if z.ndim != 2 or y.shape != z.shape[:1] or not y.size:
        raise ValueError(f"cross_entropy takes logits (m, k) and m classes, got {z.shape} and {y.shape}")
    if y.dtype.kind not in "iu":
        raise TypeError(f"cross_entropy takes whole numbers as classes, got {classes!r:.60}")
    m, k = z.shape
    if y.min() < 0 or y.max() >= k:
        raise ValueError(f"cross_entropy: classes go from 0 to {k - 1}, got {y.min()} to {y.max()}")
    rows, log_p = np.arange(m), _log_softmax(z, axis=1)

    def way_back(grad):
        share = np.exp(log_p)
        share[rows, y] -= 1
        share *= grad / m
        return share

    return _node(-log_p[rows, y].sum() / m, "cross_entropy", (logits, way_back))


def binary_cross_entropy_with_logits(logits, targets):
    """(1/n) Σ [max(z, 0) - y z + ln(1 + e^-|z|)] for a Tensor z of n logits and n targets y in [0, 1].

    Way back (σ(z) - y) / n. Both have one shape: (m, 1) beside (m,) would broadcast to (m, m).
    """
    z, y = _predictions_and_targets(logits, targets, "binary_cross_entropy_with_logits")
    if not ((y >= 0) & (y <= 1)).all():
        raise ValueError(f"binary_cross_entropy_with_logits: targets lie in 0 … 1, got {targets!r:.60}")
    losses = np.maximum(z, 0) - y * z + np.log1p(np.exp(-np.abs(z)))
    return _node(losses.sum() / z.size, "bce", (logits, lambda grad: (_sigmoid(z) - y) * (grad / z.size)))


def mse(predictions, targets):
    """(1/n) Σ (ŷ - y)², for a Tensor ŷ of n predictions and y of the same shape; way back 2 (ŷ - y) / n."""
    y_hat, y = _predictions_and_targets(predictions, targets, "mse")
    error, n = y_hat - y, y.size
    return _node((error * error).sum() / n, "mse", (predictions, lambda grad: error * (2 * grad / n)))


class Linear:
    """x W + b for a table x (m, nin) → (m, nout); PyTorch's `nn.Linear` keeps the transpose of W.

    W (nin, nout) starts normal with standard deviation 1/√nin, b (nout,) at 0 (LeCun et al. 1998, "Efficient
    BackProp", §4.6). Without a seed they come from NumPy's global generator, which `np.random.seed` sets.
    """

    def __init__(self, nin, nout, seed=None, label=""):
        if nin < 1 or nout < 1:
            raise ValueError(f"Linear takes whole numbers of at least 1, got {nin!r} and {nout!r}")
        rng = np.random if seed is None else np.random.default_rng(seed)
        self.W = Tensor(rng.normal(0, nin**-0.5, (nin, nout)), label=f"W{label}")
        self.b = Tensor(np.zeros(nout), label=f"b{label}")

    def __call__(self, x):
        """One node for the layer: way back grad Wᵀ to x, xᵀ grad to W, and to b the sum of grad's rows."""
        if np.ndim(x) != 2:  # one sample, or a stack of tables
            return x @ self.W + self.b
        X, W, z = _apply(np.matmul, "@", x, self.W)
        z += self.b.data
        to_x, to_W, to_b = lambda grad: grad @ W.T, lambda grad: X.T @ grad, lambda grad: grad.sum(axis=0)
        return _node(z, "linear", (x, to_x), (self.W, to_W), (self.b, to_b))

    def parameters(self):
        return [self.W, self.b]

    def zero_grad(self):
        for p in self.parameters():
            p.zero_grad()


class MLP:
    """A multilayer perceptron, x (m, nin) → (m, nouts[-1]): Linear layers with an activation between them.

    `MLP(2, [16, 16, 1], "relu")` has two hidden layers and one output; its parameters are W1, b1, W2, …
    """

    def __init__(self, nin, nouts, activation="tanh", seed=None):
        if activation not in ("tanh", "relu", "sigmoid"):
            raise ValueError(f"unknown activation {activation!r}; there is tanh, relu, sigmoid")
        rng = None if seed is None else np.random.default_rng(seed)
        self.layers = [Linear(n, m, rng, i) for i, (n, m) in enumerate(zip([nin, *nouts], nouts), 1)]
        self.activation = activation

    def __call__(self, x):
        for layer in self.layers[:-1]:
            x = getattr(layer(x), self.activation)()
        return self.layers[-1](x)

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]

    zero_grad = Linear.zero_grad


# -------------------------------------------------------------------- behind the scenes
def _node(data, op, *inputs):
    """The result of an operation. `inputs` are pairs of input and way back; constants are left out."""
    out = object.__new__(Tensor)  # without the copy that Tensor(data) makes
    out.data = np.asarray(data)  # NumPy makes a 0-d result a number
    out._op = op
    out._inputs = [pair for pair in inputs if isinstance(pair[0], Tensor)]
    return out


def _topological_order(root):
    """All tensors under `root`, inputs before results: a depth-first walk with a stack of its own."""
    order, met, stack = [], set(), [(root, False)]
    while stack:
        node, inputs_done = stack.pop()
        if inputs_done:
            order.append(node)
        elif node not in met:
            met.add(node)
            stack.append((node, True))
            for x, _ in node._inputs:
                stack.append((x, False))
    return order


def _unbroadcast(grad, shape):
    """The way back through a broadcast is a sum, over the axes that were added in front or stretched."""
    added = grad.ndim - len(shape)
    grad = grad.sum(axis=tuple(range(added))) if added else grad
    if grad.shape != shape:
        stretched = tuple(i for i, n in enumerate(shape) if n != grad.shape[i])
        grad = grad.sum(axis=stretched, keepdims=True)
    return grad


def _apply(function, op, a, b):
    """The arrays x and y of two operands, and function(x, y)."""
    x = np.asarray(a.data) if isinstance(a, Tensor) else _numbers(a, op, np.asarray(b.data).dtype)
    y = np.asarray(b.data) if isinstance(b, Tensor) else _numbers(b, op, x.dtype)
    try:
        return x, y, function(x, y)
    except ValueError:
        raise ValueError(f"{op}: the shapes {x.shape} and {y.shape} do not fit together") from None


def _numbers(x, where, dtype=None):
    """`x` as an array of `dtype`. Without one float32 stays, all other numbers become float64."""
    array = np.asarray(x)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{where} takes numbers, got {x!r:.60}")
    return array.astype(dtype or ("f" if array.dtype.char == "f" else "d"), copy=False)


def _predictions_and_targets(predictions, targets, where):
    if not isinstance(predictions, Tensor):
        raise TypeError(f"{where} takes a Tensor of predictions first, got {predictions!r:.60}")
    y = _numbers(targets, where, predictions.data.dtype)
    if y.shape != predictions.shape or not y.size:
        raise ValueError(f"{where} takes a target for each prediction, got {predictions.shape} and {y.shape}")
    return predictions.data, y


def _sigmoid(x):
    """1 / (1 + e⁻ˣ), with the exponential taken of numbers that are never positive: it cannot overflow."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def _log_softmax(x, axis):
    """xᵢ - ln Σⱼ e^xⱼ. The largest x is subtracted first, so that no exponential overflows."""
    x = x - x.max(axis, keepdims=True)
    return x - np.log(np.exp(x).sum(axis, keepdims=True))
