"""Answers to the exercises of chapter 06: right ones, and a wrong one for each misconception.

Each answer is source code, as a learner writes it in the page; SETUP is what the page has defined by then.
"""

SETUP = """
import copy
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F
import micrograd_lite as mg

torch.optim.SGD([torch.zeros(1)], lr=1.0)  # the first one loads half of PyTorch
"""

DROPOUT = """
def my_dropout(A, p, train, rng):
    if not train:
        return {eval}
    mask = {mask}
    return {out}
"""


def dropout(mask="rng.random(A.shape) >= p", out="A * mask / (1 - p)", eval="A"):
    return DROPOUT.format(mask=mask, out=out, eval=eval)


STEP = """
def my_step(w, gradient, lr, decay):
    return {}
"""

NORM = """
def my_batchnorm(X, gamma, beta, eps=1e-5):
    mean, var = X.mean({axis}), X.var({axis}{ddof})
    x_hat = {hat}
    return {out}
"""


def norm(axis="axis=0", ddof="", hat="(X - mean) / np.sqrt(var + eps)", out="gamma * x_hat + beta"):
    return NORM.format(axis=axis, ddof=ddof, hat=hat, out=out)


FIT = """
def my_fit(weights, train_epoch, val_loss, patience, max_epochs):
    best, waited = {worst}, 0
    for epoch in range(1, max_epochs + 1):
        train_loss = train_epoch(weights)
        loss = {loss}
        if loss {better} best:
            best, best_epoch, best_weights = loss, {epoch}, {copy}
            {again}
        else:
            waited += 1
            if waited {stop}:
                break
    return {result}
"""


def fit(
    worst="float('inf')",
    loss="val_loss(weights)",
    better="<",
    epoch="epoch",
    copy="weights.copy()",
    again="waited = 0",
    stop=">= patience",
    result="best_weights, best_epoch",
):
    return FIT.format(
        worst=worst, loss=loss, better=better, epoch=epoch, copy=copy, again=again, stop=stop, result=result
    )


LAYER = """
class MyDropout:
    def __init__(self, p, rng):
        self.p, self.rng = p, rng

    def draw(self, shape):
        return self.rng.random(shape) >= self.p

    def forward(self, A, train):
        if not train:
            {eval}
            return A
        {mask}
        self.out = {out}
        return self.out

    def backward(self, d):
        return {back}
"""


def layer(
    eval="self.mask = np.ones(A.shape)",
    mask="self.mask = self.draw(A.shape) / (1 - self.p)",
    out="A * self.mask",
    back="d * self.mask",
):
    return LAYER.format(eval=eval, mask=mask, out=out, back=back)


RUNNING = """
class MyBatchNorm:
    def __init__(self, n, momentum=0.1, eps=1e-5):
        self.momentum, self.eps = momentum, eps
        self.running_mean, self.running_var = np.zeros(n), np.ones(n)

    def forward(self, X, train):
        if {batch}:
            mean, var = X.mean(axis=0), X.var(axis=0{ddof})
            {move}
        {use}
        return (X - mean) / np.sqrt(var + self.eps)
"""
MOVE = """self.running_mean = {keep} * self.running_mean + {share} * {mean}
            self.running_var = {keep} * self.running_var + {share} * {var}"""


def move(keep="(1 - self.momentum)", share="self.momentum", mean="mean", var="X.var(axis=0, ddof=1)"):
    return MOVE.format(keep=keep, share=share, mean=mean, var=var)


EVALUATION = "if not train:\n            mean, var = self.running_mean, self.running_var"


RIGHT_MOVE = move()


def running(batch="train", ddof="", move=RIGHT_MOVE, use=EVALUATION):
    return RUNNING.format(batch=batch, ddof=ddof, move=move, use=use)


BACK = """
def my_batchnorm_backward(dY, X, gamma, eps=1e-5):
    m = len(X)
    mean, var = X.mean(axis=0), X.var(axis=0)
    scale = 1 / np.sqrt(var + eps)
    x_hat = (X - mean) * scale
    d = {d}
    dX = {dX}
    return dX, {dgamma}, {dbeta}
"""


def back(
    d="dY * gamma",
    dX="scale * (d - d.mean(axis=0) - x_hat * (d * x_hat).mean(axis=0))",
    dgamma="(dY * x_hat).sum(axis=0)",
    dbeta="dY.sum(axis=0)",
):
    return BACK.format(d=d, dX=dX, dgamma=dgamma, dbeta=dbeta)


PREDICT = """
def my_predict(model, X):
    before = model.training
    {before}
    with torch.no_grad():
        scores = model(X)
    {after}
    return {result}
"""


def predict(before="model.eval()", after="model.train(before)", result="scores.argmax(dim=1)"):
    return PREDICT.format(before=before, after=after, result=result)


NETWORK = """
def my_network(p):
    return nn.Sequential({})
"""
HIDDEN = "nn.Linear({n}, {k}, bias=False), nn.BatchNorm1d({k}), nn.ReLU(), nn.Dropout(p), "


def network(hidden=HIDDEN, first="nn.Flatten(), ", last="nn.Linear(128, 10)"):
    return NETWORK.format(first + hidden.format(n=784, k=256) + hidden.format(n=256, k=128) + last)


FOLD = """
def my_fold(W, b, gamma, beta, mean, var, eps=1e-5):
    scale = {scale}
    return {W}, {b}
"""


def fold(scale="gamma / np.sqrt(var + eps)", W="W * scale", b="(b - mean) * scale + beta"):
    return FOLD.format(scale=scale, W=W, b=b)


RIGHT = {
    "dropout-dropout": [
        dropout(),
        dropout(mask="rng.random(A.shape) < 1 - p"),
        dropout(mask="rng.binomial(1, 1 - p, size=A.shape)", eval="A.copy()"),
        """
def my_dropout(A, p, train, rng):
    if train:
        A[rng.random(A.shape) < p] = 0
        A /= 1 - p
    return A
""",
        dropout(mask="rng.choice([0, 1], size=A.shape, p=[p, 1 - p])", out="np.where(mask, A / (1 - p), 0)"),
        """
def my_dropout(A, p, train, rng):
    rows = [[a / (1 - p) if rng.random() >= p else 0.0 for a in row] for row in A]
    return rows if train else A
""",
    ],
    "dropout-decay": [
        STEP.format("w - lr * (gradient + decay * w)"),
        STEP.format("(1 - lr * decay) * w - lr * gradient"),
        """
def my_step(w, gradient, lr, decay):
    p = torch.tensor(w, requires_grad=True)
    p.grad = torch.tensor(gradient)
    torch.optim.SGD([p], lr=lr, weight_decay=decay).step()
    return p.detach().numpy()
""",
        """
def my_step(w, gradient, lr, decay):
    w -= lr * (gradient + decay * w)
    return w
""",
    ],
    "batchnorm-batchnorm": [
        norm(),
        norm(axis="axis=0, keepdims=True", hat="(X - mean) * (var + eps) ** -0.5"),
        """
def my_batchnorm(X, gamma, beta, eps=1e-5):
    out = np.zeros(X.shape)
    for j in range(X.shape[1]):
        column = X[:, j] - sum(X[:, j]) / len(X)
        out[:, j] = gamma[j] * column / np.sqrt(sum(column**2) / len(X) + eps) + beta[j]
    return out
""",
        """
def my_batchnorm(X, gamma, beta, eps=1e-5):
    parts = [torch.tensor(part) for part in (gamma, beta)]
    return F.batch_norm(torch.tensor(X), None, None, *parts, training=True, eps=eps).numpy()
""",
    ],
    "dropout-early-stopping": [
        fit(),
        """
def my_fit(weights, train_epoch, val_loss, patience, max_epochs):
    best_loss, best_epoch, epoch, waited = float("inf"), 0, 0, 0
    while epoch < max_epochs and waited < patience:
        epoch += 1
        train_epoch(weights)
        loss, waited = val_loss(weights), waited + 1
        if loss <= best_loss:
            best_loss, best_epoch, best_weights, waited = loss, epoch, list(weights), 0
    return best_weights, best_epoch
""",
        """
def my_fit(weights, train_epoch, val_loss, patience, max_epochs):
    losses, kept = [], []
    while len(losses) < max_epochs and len(losses) - int(np.argmin(losses or [0])) <= patience:
        train_epoch(weights)
        losses.append(val_loss(weights))
        kept.append(copy.deepcopy(weights))
    best = int(np.argmin(losses))
    return kept[best], best + 1
""",
        """
def my_fit(weights, train_epoch, val_loss, patience, max_epochs):
    best_weights, best_epoch = weights.copy(), 0
    for epoch in range(1, max_epochs + 1):
        train_epoch(weights)
        if val_loss(weights) < val_loss(best_weights):
            best_weights, best_epoch = weights.copy(), epoch
        if epoch - best_epoch == patience:
            break
    weights[:] = best_weights
    return weights, best_epoch
""",
    ],
    "dropout-layer": [
        layer(),
        layer(
            eval="self.keep = 1.0",
            mask="self.keep = self.draw(A.shape) / (1 - self.p)",
            out="self.keep * A",
            back="self.keep * d",
        ),
        layer(
            eval="self.train = False",
            mask="self.train = True",
            out="np.where(self.draw(A.shape), A, 0) / (1 - self.p)",
            back="np.where(self.out == 0, 0, d) / (1 - self.p) if self.train else d",
        ),
    ],
    "batchnorm-running": [
        running(),
        running(
            move="""m = len(X)
            self.running_mean += self.momentum * (mean - self.running_mean)
            self.running_var += self.momentum * (var * m / (m - 1) - self.running_var)"""
        ),
        """
class MyBatchNorm(nn.BatchNorm1d):
    def __init__(self, n, momentum=0.1, eps=1e-5):
        super().__init__(n, momentum=momentum, eps=eps, affine=False, dtype=torch.float64)

    def __setattr__(self, name, value):
        super().__setattr__(name, torch.tensor(value) if isinstance(value, np.ndarray) else value)

    def forward(self, X, train):
        return super().train(train)._call(X)

    def _call(self, X):
        return super().forward(torch.tensor(X))
""",
    ],
    "dropout-predict": [
        predict(),
        predict(result="[int(k) for k in scores.numpy().argmax(axis=1)]"),
        """
def my_predict(model, X):
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            return torch.cat([model(x[None]).argmax(dim=1) for x in X])
    finally:
        if was_training:
            model.train()
""",
        """
def my_predict(model, X):
    return copy.deepcopy(model).eval()(X).max(1).indices
""",
    ],
    "dropout-network": [
        network(),
        """
class Mended(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.fc1, self.bn1 = nn.Linear(784, 256, bias=False), nn.BatchNorm1d(256)
        self.fc2, self.bn2 = nn.Linear(256, 128, bias=False), nn.BatchNorm1d(128)
        self.fc3, self.dropout = nn.Linear(128, 10), nn.Dropout(p)

    def forward(self, x):
        x = x.view(len(x), -1)
        x = self.dropout(torch.relu(self.bn1(self.fc1(x))))
        x = self.dropout(F.relu(self.bn2(self.fc2(x))))
        return self.fc3(x)


def my_network(p):
    return Mended(p)
""",
        """
def my_network(p):
    torch.set_default_dtype(torch.float32)
    layers, sizes = [nn.Flatten()], [784, 256, 128]
    for n, k in zip(sizes, sizes[1:]):
        layers += [nn.Linear(n, k, bias=False), nn.BatchNorm1d(k), nn.Dropout(p), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(128, 10))
""",
    ],
    "batchnorm-fold": [
        fold(),
        fold(W="W @ np.diag(scale)", b="b * scale - mean * scale + beta"),
        """
def my_fold(W, b, gamma, beta, mean, var, eps=1e-5):
    def both(X):
        parts = [torch.tensor(part) for part in (X @ W + b, mean, var, gamma, beta)]
        return F.batch_norm(*parts, training=False, eps=eps).numpy()

    zero = both(np.zeros((1, len(W))))
    return both(np.eye(len(W))) - zero, zero[0]
""",
    ],
    "batchnorm-backward": [
        back(),
        back(dX="gamma * scale / m * (m * dY - dY.sum(axis=0) - x_hat * (dY * x_hat).sum(axis=0))"),
        """
def my_batchnorm_backward(dY, X, gamma, eps=1e-5):
    m, dbeta = len(X), dY.sum(axis=0)
    mean, centred = X.mean(axis=0), X - X.mean(axis=0)
    std = np.sqrt((centred**2).mean(axis=0) + eps)
    dx_hat = dY * gamma
    dvar = (dx_hat * centred).sum(axis=0) * -0.5 / std**3
    dmean = -dx_hat.sum(axis=0) / std
    dX = dx_hat / std + dvar * 2 * centred / m + dmean / m
    return dX, (dY * centred / std).sum(axis=0), dbeta
""",
        """
def my_batchnorm_backward(dY, X, gamma, eps=1e-5):
    X, gamma = (torch.tensor(part, requires_grad=True) for part in (X, gamma))
    beta = torch.zeros_like(gamma, requires_grad=True)
    F.batch_norm(X, None, None, gamma, beta, training=True, eps=eps).backward(torch.tensor(dY))
    return X.grad.numpy(), gamma.grad.numpy(), beta.grad.numpy()
""",
    ],
}

WRONG = {
    "dropout-dropout": {
        "active-in-evaluation": """
def my_dropout(A, p, train, rng):
    return A * (rng.random(A.shape) >= p) / (1 - p)
""",
        "scaled-in-evaluation": dropout(out="A * mask", eval="A * (1 - p)"),
        "one-mask-for-all-samples": dropout(mask="rng.random(A.shape[1]) >= p"),
        "whole-samples-dropped": dropout(mask="rng.random((len(A), 1)) >= p"),
        "one-mask-for-ever": dropout(mask="np.random.default_rng(0).random(A.shape) >= p"),
        "draws-elsewhere": dropout(mask="np.random.rand(*A.shape) >= p"),
        "kept-with-probability-p": dropout(mask="rng.random(A.shape) < p"),
        "not-scaled": dropout(out="A * mask"),
        "multiplied-by-1-minus-p": dropout(out="A * mask * (1 - p)"),
        "scaled-by-p": dropout(out="A * mask / p if p else A"),
    },
    "dropout-decay": {
        "decay-forgotten": STEP.format("w - lr * gradient"),
        "rate-forgotten": STEP.format("w - lr * gradient - decay * w"),
        "factor-two": STEP.format("w - lr * (gradient + 2 * decay * w)"),
        "half-left-in": STEP.format("w - lr * (gradient + 0.5 * decay * w)"),
        "weights-grow": STEP.format("w - lr * (gradient - decay * w)"),
        "l1-instead-of-l2": STEP.format("w - lr * (gradient + decay * np.sign(w))"),
        "mean-over-the-weights": STEP.format("w - lr * (gradient + decay * w / len(w))"),
        "decay-after-the-step": """
def my_step(w, gradient, lr, decay):
    w = w - lr * gradient
    return w - lr * decay * w
""",
    },
    "batchnorm-batchnorm": {
        "across-the-features": norm(axis="axis=1, keepdims=True"),
        "one-mean-for-all": norm(axis=""),
        "unbiased-variance": norm(ddof=", ddof=1"),
        "eps-forgotten": norm(hat="(X - mean) / np.sqrt(var)"),
        "eps-outside-the-root": norm(hat="(X - mean) / (np.sqrt(var) + eps)"),
        "divided-by-the-variance": norm(hat="(X - mean) / (var + eps)"),
        "mean-left-in": norm(hat="X / np.sqrt(var + eps)"),
        "gamma-and-beta-swapped": norm(out="beta * x_hat + gamma"),
        "shifted-before-scaled": norm(out="gamma * (x_hat + beta)"),
        "gamma-and-beta-forgotten": norm(out="x_hat"),
    },
    "dropout-early-stopping": {
        "largest-loss-wins": fit(worst="-float('inf')", better=">"),
        "training-loss-watched": fit(loss="train_loss"),
        "never-stops": fit(stop="> max_epochs"),
        "not-a-copy": fit(copy="weights"),
        "last-instead-of-best": fit(result="weights, epoch"),
        "count-not-started-again": fit(again="pass"),
        "compared-with-the-epoch-before": """
def my_fit(weights, train_epoch, val_loss, patience, max_epochs):
    best = previous = float("inf")
    waited = 0
    for epoch in range(1, max_epochs + 1):
        train_epoch(weights)
        loss = val_loss(weights)
        if loss < best:
            best, best_epoch, best_weights = loss, epoch, weights.copy()
        waited = 0 if loss < previous else waited + 1
        previous = loss
        if waited == patience:
            break
    return best_weights, best_epoch
""",
        "one-epoch-too-long": fit(stop="> patience"),
        "one-epoch-too-short": fit(stop=">= patience - 1"),
        "counted-from-zero": fit(epoch="epoch - 1"),
    },
    "dropout-layer": {
        "not-scaled": layer(mask="self.mask = self.draw(A.shape)"),
        "mask-never-renewed": layer(
            mask="""if not hasattr(self, "mask"):
            self.mask = self.draw(A.shape) / (1 - self.p)"""
        ),
        "output-as-mask": layer(back="d * self.out"),
        "mask-forgotten": layer(back="d / (1 - self.p)"),
        "new-mask": layer(back="d * self.draw(d.shape) / (1 - self.p)"),
        "scale-forgotten": layer(back="d * (self.mask > 0)"),
        "scaled-twice": layer(back="d * self.mask / (1 - self.p)"),
        "old-mask-in-evaluation": layer(eval="pass"),
    },
    "batchnorm-running": {
        "batch-statistics-in-evaluation": """
class MyBatchNorm:
    def __init__(self, n, momentum=0.1, eps=1e-5):
        self.momentum, self.eps = momentum, eps
        self.running_mean, self.running_var = np.zeros(n), np.ones(n)

    def forward(self, X, train):
        mean, var = X.mean(axis=0), X.var(axis=0)
        if train:
            self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
            self.running_var = (1 - self.momentum) * self.running_var + self.momentum * X.var(axis=0, ddof=1)
        return (X - mean) / np.sqrt(var + self.eps)
""",
        "moved-in-evaluation": running(batch="train or len(X) > 1"),
        "running-statistics-in-training": running(use="mean, var = self.running_mean, self.running_var"),
        "unbiased-in-the-output": running(ddof=", ddof=1", move=move(var="var")),
        "never-moved": running(
            move="""running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
            running_var = (1 - self.momentum) * self.running_var + self.momentum * var"""
        ),
        "momentum-reversed": running(move=move(keep="self.momentum", share="(1 - self.momentum)")),
        "last-batch-kept": running(move=move(keep="0", share="1")),
        "sum-without-forgetting": running(move=move(keep="1")),
        "standard-deviation-kept": running(move=move(var="X.std(axis=0, ddof=1)")),
        "biased-variance-kept": running(move=move(var="var")),
    },
    "dropout-predict": {
        "gradients-left-off": """
def my_predict(model, X):
    before = model.training
    torch.set_grad_enabled(False)
    kinds = model.eval()(X).argmax(dim=1)
    model.train(before)
    return kinds
""",
        "flag-of-the-outside-only": predict(before="model.training = False", after="model.training = before"),
        "eval-forgotten": predict(before="pass"),
        "batchnorm-still-training": predict(
            before="""for layer in model.modules():
        if isinstance(layer, nn.Dropout):
            layer.eval()"""
        ),
        "left-in-evaluation": predict(after="pass"),
        "always-back-to-training": predict(after="model.train()"),
        "scores-returned": predict(result="scores"),
        "largest-of-the-column": predict(result="scores.argmax(dim=0)"),
    },
    "dropout-network": {
        "not-flattened": network(first=""),
        "softmax-at-the-end": network(last="nn.Linear(128, 10), nn.Softmax(dim=1)"),
        "dropout-on-the-logits": network(last="nn.Linear(128, 10), nn.Dropout(p)"),
        "batchnorm-on-the-logits": network(last="nn.Linear(128, 10, bias=False), nn.BatchNorm1d(10)"),
        "relu-on-the-logits": network(last="nn.Linear(128, 10), nn.ReLU()"),
        "no-relu": network(hidden=HIDDEN.replace("nn.ReLU(), ", "")),
        "dropout-before-batchnorm": network(
            hidden="nn.Linear({n}, {k}, bias=False), nn.Dropout(p), nn.BatchNorm1d({k}), nn.ReLU(), "
        ),
        "batchnorm-after-relu": network(
            hidden="nn.Linear({n}, {k}), nn.ReLU(), nn.BatchNorm1d({k}), nn.Dropout(p), "
        ),
        "redundant-bias": network(hidden=HIDDEN.replace(", bias=False", "")),
        "bias-of-the-logits-left-out": network(last="nn.Linear(128, 10, bias=False)"),
        "rate-ignored": network(hidden=HIDDEN.replace("nn.Dropout(p)", "nn.Dropout()")),
    },
    "batchnorm-fold": {
        "rows-scaled": fold(W="W * scale[:, None] if W.shape[0] == W.shape[1] else W * scale"),
        "weights-not-scaled": fold(W="W"),
        "gamma-forgotten": fold(scale="1 / np.sqrt(var + eps)"),
        "divided-by-the-variance": fold(scale="gamma / (var + eps)"),
        "eps-forgotten": fold(scale="gamma / np.sqrt(var)"),
        "mean-forgotten": fold(b="b * scale + beta"),
        "bias-forgotten": fold(b="beta - mean * scale"),
        "bias-not-scaled": fold(b="b - mean + beta"),
        "beta-forgotten": fold(b="(b - mean) * scale"),
    },
    "batchnorm-backward": {
        "gamma-and-beta-swapped": back(dgamma="dY.sum(axis=0)", dbeta="(dY * x_hat).sum(axis=0)"),
        "mean-over-the-samples": back(dgamma="(dY * x_hat).mean(axis=0)", dbeta="dY.mean(axis=0)"),
        "gamma-times-x": back(dgamma="(dY * X).sum(axis=0)"),
        "gamma-in-dgamma": back(dgamma="(d * x_hat).sum(axis=0)"),
        "statistics-held-constant": back(dX="d * scale"),
        "mean-held-constant": back(dX="scale * (d - x_hat * (d * x_hat).mean(axis=0))"),
        "variance-held-constant": back(dX="scale * (d - d.mean(axis=0))"),
        "sums-for-means": back(dX="scale * (d - d.sum(axis=0) - x_hat * (d * x_hat).sum(axis=0))"),
        "m-minus-one": back(dX="scale * (d - d.mean(axis=0) - x_hat * (d * x_hat).sum(axis=0) / (m - 1))"),
        "gamma-forgotten": back(d="dY"),
        "scale-forgotten": back(dX="d - d.mean(axis=0) - x_hat * (d * x_hat).mean(axis=0)"),
    },
}

DIAGNOSED = {  # wrong answers that a property explains, or that share a misconception, and what is said
    "dropout-dropout": [
        (dropout(mask="rng.random(A.shape) >= 0.5"), "should be 0"),
        (dropout(mask="rng.random() >= p"), "one mask for all rows"),
        (dropout(out="A * mask / (1 - p) ** 2"), "multiplied by 1/(1 − p) = 1.25"),
        (
            dropout(mask="rng.random(A.shape) < p", out="A * mask / p if p else A"),
            "You keep an activation with",
        ),
        (dropout(eval="A / (1 - p)"), "You scale in evaluation"),
        (dropout(eval="A + 1"), "every activation should stay"),
        (dropout(out="(A * mask / (1 - p))[0]"), "should have the shape (200, 50)"),
        (dropout(mask="rng.random(A.shape) >= (p or 0.1)"), "p = 0 nothing is dropped"),
        (dropout(mask="rng.random(A.shape)"), "20% of the activations should be 0, and none is"),
        (dropout(out="A * mask / mask.mean()"), "is multiplied by 1.25031"),
    ],
    "dropout-decay": [
        (STEP.format("w - lr * gradient + decay * w"), "shrink a weight by 5 %"),
        (STEP.format("w + lr * (gradient + decay * w)"), "ithout decay this is gradient descent"),
        (STEP.format("w * (1 - lr * decay) - lr * gradient * (1 + decay)"), "should end at 1.87"),
    ],
    "batchnorm-batchnorm": [
        (norm(axis="axis=1"), "along a row"),
        (norm(out="gamma * x_hat - beta"), "entry 0 should be 8"),
        (norm(out="gamma * x_hat + beta if len(X) == 4 else x_hat + 1"), "mean 0 and variance 1"),
        (norm(hat="(X - mean) / np.sqrt(var + 1e-5)"), "`eps` is not in it"),
    ],
    "dropout-early-stopping": [
        (fit(result="best_weights"), "should return best_weights, best_epoch"),
        (fit(result="best_weights, 4"), "the best epoch is 1, and you return 4"),
        (fit(result="best_weights, best"), "the best epoch is 4, and you return 2.95"),
        (
            fit().replace("train_loss = train_epoch", "weights = train_epoch"),
            "`val_loss` wants the weights, and you give it the number 1",
        ),
        (fit(result="best_weights * 0, best_epoch"), "the weights of epoch 4, not of epoch 0"),
        (fit(stop=">= 2 * patience"), "should end after epoch 7"),
        (
            """
def my_fit(weights, train_epoch, val_loss, patience, max_epochs):
    while True:
        train_epoch(weights)
""",
            "ou train on after 20 epochs",
        ),
    ],
    "dropout-layer": [
        (layer(mask="self.mask = self.draw(A.shape) / self.p"), "multiplied by 1/(1 − p) = 1.25"),
        (layer(back="-d * self.mask"), "its gradient should be multiplied by the same number"),
        (layer(eval="self.mask = np.ones(A.shape); A = A * 0.8"), "should return A as it is"),
        (layer(eval="self.mask = np.full(A.shape, 2.0)"), "`backward` should return d"),
        (layer(back="None"), "`backward` returns is None"),
        (
            layer(mask="self.mask = self.draw(A.shape[1]) / (1 - self.p)"),
            "a mask of its own, and yours have 1",
        ),
    ],
    "batchnorm-running": [
        (running(move=move(share="0.1", keep="0.9")), "momentum 0.3"),
        (running(move=move(mean="-mean")), "running mean of feature 0 should be 0.3, and is -0.3"),
        (
            running(use=EVALUATION.replace("running_var", "running_var + 1")),
            "evaluation, with the running",
        ),
        (running(move=move().replace("self.running_var", "self.var")), "has no attribute 'var'"),
    ],
    "dropout-predict": [
        ("def my_predict(model, X): return [3, 1, 4, 1, 0, 2, 0]", "never calls the model"),
        (predict(result="scores.argmin(dim=1)"), "classes should be [3, 1, 4, 1, 0, 2, 0]"),
        (predict(result="scores.max(dim=1).values"), "should be classes, whole numbers"),
        (predict(result="scores.argmax(dim=1).squeeze()"), "for a batch of one"),
        (predict(after="model.training = before"), "does not leave in it"),
        (
            predict(result="torch.zeros(1) if len(X) == 1 else scores.argmax(dim=1)"),
            "a batch of one the class should be 4",
        ),
    ],
    "dropout-network": [
        (network(last="nn.Linear(128, 10), nn.LogSoftmax(dim=1)"), "ends in a softmax"),
        (network(last="nn.Linear(128, 9)"), "should have the shape (3, 10), not (3, 9)"),
        (network(hidden=HIDDEN.replace(", nn.Dropout(p)", "")), "o `nn.Dropout` is called"),
        (
            """
class Mended(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p, self.fc3 = p, nn.Linear(128, 10)
        self.fc1, self.bn1 = nn.Linear(784, 256, bias=False), nn.BatchNorm1d(256)
        self.fc2, self.bn2 = nn.Linear(256, 128, bias=False), nn.BatchNorm1d(128)

    def forward(self, x):
        x = F.dropout(F.relu(self.bn1(self.fc1(x.flatten(1)))), self.p, self.training)
        x = F.dropout(F.relu(self.bn2(self.fc2(x))), self.p, self.training)
        return self.fc3(x)


def my_network(p):
    return Mended(p)
""",
            "o `nn.Dropout` is called",
        ),
        (
            network(last="nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)"),
            "they are [(784, 256), (256, 128), (128, 64), (64, 10)]",
        ),
        (
            network(hidden="nn.Linear({n}, {k}), nn.ReLU(), nn.Dropout(p), "),
            "order should be Linear, Batch",
        ),
        (network(hidden=HIDDEN.replace("ReLU()", "Softplus()")), "order should be"),
        (network(last="nn.Linear(128, 10), nn.Flatten(0), nn.Unflatten(0, (3, 10))"), "order should be"),
        (
            """
class Doubled(nn.Sequential):
    def forward(self, x):
        return 2 * super().forward(x)


def my_network(p):
    return Doubled(*_plain(p))
""".replace("_plain(p)", network().split("return ")[1].strip()),
            "should be the logits",
        ),
        (network().replace("return", "net ="), "returns None"),
        (
            network(first="nn.Flatten(0), nn.Unflatten(0, (3, 784)), ", last="nn.Linear(128, 10)"),
            "order should be",
        ),
        (
            """
class Images(nn.Sequential):
    def forward(self, x):
        return super().forward(x.view(3, 784) if x.dim() == 4 else x[:1])


def my_network(p):
    return Images(*_plain(p))
""".replace("_plain(p)", network().split("return ")[1].strip()),
            "3 pictures as rows",
        ),
        (
            """
class Smooth(nn.Sequential):
    def forward(self, x):
        for layer in self:
            x = layer(x)
            x = F.softplus(x) if isinstance(layer, nn.BatchNorm1d) else x
        return x


def my_network(p):
    return Smooth(*_plain(p))
""".replace("_plain(p)", network().split("return ")[1].strip()),
            "should come out of a ReLU",
        ),
    ],
    "batchnorm-fold": [
        (fold(b="-b"), "or the input 0 your layer gives"),
        (fold(b="b * scale + beta - mean"), "the scale is missing in a place"),
        (fold(b="b - mean * scale + beta"), "the scale is missing in a place"),
        (fold(W="-W * scale"), "or the input 1, 0, … your layer gives"),
        (fold(W="np.vstack([(W * scale)[:1], W[1:]])"), "other outputs than the two for a batch"),
        (fold(b="b[:1]"), "`b` should have the shape (3,)"),
    ],
    "batchnorm-backward": [
        (back(dX="-scale * d"), "does not pass the gradient check"),
        (back(dX="scale * (d - d.mean(axis=0) - x_hat * (d * x_hat).sum(axis=0))"), "factor 1/m is missing"),
        (back(dbeta="dY.mean(axis=0)"), "You take the mean over the samples"),
        (back(dgamma="dY * x_hat"), "`dgamma` should have the shape (3,)"),
    ],
}
