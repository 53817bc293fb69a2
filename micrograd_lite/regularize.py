"""Dropout and Batch Normalization in NumPy, forward and backward by hand.

    out, mask = regularize.dropout(a, p=0.5, rng=np.random.default_rng(0))  # a of any shape
    da = regularize.dropout_backward(dout, mask)

    bn = regularize.BatchNorm1d(features=3)
    out = bn.forward(X)  # X (m, 3); every intermediate is in bn.cache
    dX = bn.backward(dout)  # dout (m, 3); ∂L/∂γ and ∂L/∂β are in bn.grad
    bn.eval()  # from now on with the running statistics

The pages on Dropout and BatchNorm write these lines one by one. A row is a sample, a column a feature. Names
and conventions are those of `nn.Dropout` and `nn.BatchNorm1d`.
"""

import numpy as np

__all__ = ["BatchNorm1d", "dropout", "dropout_backward"]


def dropout(a, p, rng, training=True):
    """Each number of `a` becomes 0 with probability p; the others grow by 1/(1 - p). -> (out, mask)

    a : array of any shape. p : from 0 to 1; at 1 all become 0, as in PyTorch. rng : a `np.random.Generator`.
    Formula: out = a · mask, where mask is 0 with probability p, else 1/(1 - p), so that E[out] = a. With
    `training=False` the mask is all ones and nothing is drawn. A NaN stays NaN, dropped or not.
    Errors: ValueError (p), TypeError (rng). Srivastava et al. (2014), "Dropout"; scaling in training is the
    "inverted" form of its §10.
    """
    a = np.asarray(a, dtype=float)
    _check_number("p", p, 0.0, 1.0)
    if not training:
        return a.copy(), np.ones_like(a)
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"rng is a generator such as np.random.default_rng(0), got {rng!r}")
    kept = rng.random(a.shape) >= p  # rng.random is below 1: at p = 1 nothing is kept
    mask = kept / (1.0 - p) if p < 1.0 else np.zeros_like(a)
    return a * mask, mask


def dropout_backward(dout, mask):
    """∂L/∂a from dout = ∂L/∂out: dout · mask. No gradient passes where the number was dropped.

    dout and mask have one shape, else ValueError.
    """
    if np.shape(dout) != np.shape(mask):
        raise ValueError(f"dout needs the shape of the mask, {np.shape(mask)}, got {np.shape(dout)}")
    return np.asarray(dout, dtype=float) * mask


class BatchNorm1d:
    """Normalise each column of a batch, then scale by γ and shift by β.

    features : number of columns. eps : added to the variance, so that a constant column gives no 1/0.
    momentum : weight of the newest batch in the running statistics (PyTorch's convention), from 0 to 1.

    Formula: out = γ · (x - mean) / √(var + eps) + β. In training, mean and var are those of the batch, var
    with 1/m. In evaluation they are `running_mean` and `running_var`, which training moves:
    running ← (1 - momentum) · running + momentum · batch, the batch's variance there with 1/(m - 1).

    Attributes: `gamma`, `beta`, `running_mean`, `running_var`, all (features,); `training`, True at first;
    `cache`, what the last `forward` computed, by name; `grad`, ∂L/∂γ and ∂L/∂β of the last `backward`, under
    "gamma" and "beta" (they replace those before, they are not added).
    Errors: ValueError. Ioffe & Szegedy (2015), "Batch Normalization", Algorithm 1 and §3.1.
    """

    def __init__(self, features, eps=1e-5, momentum=0.1):
        if not isinstance(features, (int, np.integer)) or isinstance(features, bool) or features < 1:
            raise ValueError(f"features is a whole number of columns, 1 or more, got {features!r}")
        _check_number("eps", eps, 0.0, np.inf)
        _check_number("momentum", momentum, 0.0, 1.0)
        self.features, self.eps, self.momentum, self.training = features, eps, momentum, True
        self.gamma, self.beta = np.ones(features), np.zeros(features)
        self.running_mean, self.running_var = np.zeros(features), np.ones(features)
        self.cache, self.grad = {}, {}

    def train(self):
        """Normalise with the statistics of the batch, and move the running ones. Returns itself."""
        self.training = True
        return self

    def eval(self):
        """Normalise with the running statistics, and leave them alone. Returns itself."""
        self.training = False
        return self

    def forward(self, X):
        """X (m, features) -> out (m, features). In training m is at least 2, else ValueError."""
        X = np.asarray(X, dtype=float)
        if X.ndim != 2 or X.shape[1] != self.features:
            raise ValueError(f"X is a batch of shape (m, {self.features}), got shape {X.shape}")
        m = len(X)
        if self.training:
            self._check_batch(m)
            mu = X.mean(axis=0)  # (features,)
            centred = X - mu
            var = (centred**2).mean(axis=0)  # biased: 1/m
            self._move(mu, var * m / (m - 1))  # unbiased: 1/(m - 1)
        else:
            mu, var = self.running_mean, self.running_var
            centred = X - mu
        inv_std = 1.0 / np.sqrt(var + self.eps)  # (features,)
        x_hat = centred * inv_std
        self.cache = {
            "X": X, "mu": mu, "centred": centred, "var": var, "inv_std": inv_std, "x_hat": x_hat,
            "training": self.training,
        }  # fmt: skip
        return self.gamma * x_hat + self.beta

    def backward(self, dout):
        """dout (m, features), ∂L/∂out of the last `forward` -> ∂L/∂X (m, features). Fills `grad`.

        In training X counts three times: by itself, in the mean, and in the variance. In evaluation mean and
        variance are constants, and dX = dout · γ / √(var + eps).
        """
        if not self.cache:
            raise ValueError("backward needs a forward before it: call forward(X) first")
        x_hat, centred, inv_std = (self.cache[name] for name in ("x_hat", "centred", "inv_std"))
        dout = np.asarray(dout, dtype=float)
        if dout.shape != x_hat.shape:
            raise ValueError(f"dout needs the shape of the output, {x_hat.shape}, got {dout.shape}")
        m = len(dout)
        self.grad = {"gamma": (dout * x_hat).sum(axis=0), "beta": dout.sum(axis=0)}  # (features,) each
        dx_hat = dout * self.gamma
        if not self.cache["training"]:
            return dx_hat * inv_std
        dinv_std = (dx_hat * centred).sum(axis=0)  # (features,)
        dvar = dinv_std * (-0.5) * inv_std**3
        dcentred = dx_hat * inv_std + dvar * 2.0 * centred / m  # straight on, and through the variance
        dmu = -dcentred.sum(axis=0)
        return dcentred + dmu / m

    def _check_batch(self, m):
        if m < 2:
            raise ValueError(
                f"Batch Normalization in training needs at least 2 samples, got {m}: one sample is its "
                "own mean, its variance is 0, and every output would be β whatever the input; "
                "use a larger batch, or eval() for predictions"
            )

    def _move(self, mean, unbiased_var):
        old, new = 1.0 - self.momentum, self.momentum
        self.running_mean = old * self.running_mean + new * mean
        self.running_var = old * self.running_var + new * unbiased_var


def _check_number(name, value, low, high):
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:
        span = f"from {low:g} to {high:g}" if high < np.inf else f"of {low:g} or more"
        raise ValueError(f"{name} is a number {span}, got {value!r}")
