"""What the checks on overfitting and Dropout look at."""

import math

import numpy as np
import torch
from torch import nn

from micrograd_lite.exercises.as_found import as_found
from micrograd_lite.exercises.looking import Wrong, as_array, as_number, describe, modes, not_none

SETUP = """
import copy
import math
import numpy as np
import torch
from torch import nn
import torch.nn.functional as F
import micrograd_lite as mg

torch.set_default_dtype(torch.float32)
torch.optim.SGD([torch.zeros(1)], lr=1.0)  # the first one loads half of PyTorch
"""
around = as_found

SQUARE = (130, 130)  # of activations: a mask for a row fits a column too


def activations(shape, seed=60):
    """None is 0, half of them are negative."""
    rng = np.random.default_rng(seed)
    return rng.uniform(1, 2, shape) * rng.choice([-1, 1], shape)


def mask_facts(note, what, factors, p):
    """That these are the factors of inverted dropout: by what each activation was multiplied."""
    off, kept = factors == 0, factors[factors != 0]
    note.holds(
        f"{what}, something is dropped",
        off.any(),
        f"{what}, about {p:.0%} of the activations should be 0, and none is",
    )
    note[f"{what}, the number of different masks for {len(off)} samples"] = len(np.unique(off, axis=0))
    share = f"{what}, the share of the activations that is dropped"
    note.number(share, about(off.mean(), p, off.size), within=0.1)
    note.say(share, f"{what}, about {p:.0%} of the activations should be 0, and {off.mean():.1%} are")
    note.holds(
        f"{what}, one number multiplies what is kept",
        alike(kept),
        f"{what}, all that is kept should be multiplied by one and the same number, and yours is multiplied "
        f"by {listed(kept)}",
    )
    note[f"{what}, the number 1/(1 − p) by which what is kept is multiplied"] = first(kept)


def untouched_facts(note, what, factors):
    """That everything was multiplied by 1."""
    note.number(f"{what}, the share that is dropped", (factors == 0).mean(), within=0.1)
    note.holds(
        f"{what}, one number multiplies all",
        alike(factors) or (factors == 0).any(),
        f"{what} nothing should change, and yours is multiplied by {listed(factors.ravel())}",
    )
    note[f"{what}, the number by which it is multiplied"] = first(factors[factors != 0])


def about(share, p, draws):
    """p itself where a share of so many draws is as near to it as chance makes it, else the share."""
    return p if abs(share - p) <= 6 * (p * (1 - p) / draws) ** 0.5 else share


def alike(factors):
    return factors.size == 0 or bool(np.allclose(factors, factors.flat[0], rtol=1e-6, atol=0))


def first(factors):
    return factors[0] if len(factors) else None


def listed(factors):
    return f"{', '.join(f'{factor:.4g}' for factor in factors[:3])}, …"


# ---------------------------------------------------------------- dropout


def dropout(my_dropout, note):
    def factors(p, shape=SQUARE, train=True, rng=None):
        A = activations(shape)
        out = my_dropout(A.copy(), p, train, rng or np.random.default_rng(6))
        return as_array(out, shape, "your result") / A

    untouched_facts(note, "in evaluation (train=False)", factors(0.2, train=False))
    for p, shape in ((0.2, SQUARE), (0.5, (200, 50)), (0.8, (50, 200))):
        mask_facts(note, f"with p = {p} in training", factors(p, shape), p)
    untouched_facts(note, "with p = 0 in training", factors(0.0))
    rng = np.random.default_rng(6)
    one, two = factors(0.2, rng=rng), factors(0.2, rng=rng)
    note.holds(
        "each call draws a new mask",
        not np.array_equal(one, two),
        "two calls in a row give the same mask: each training step should draw a new one, from `rng`",
    )
    note.holds(
        "the same seed gives the same mask",
        np.array_equal(one, factors(0.2)),
        "two generators with the same seed should give the same mask: draw from `rng` only",
    )


def layer(MyDropout, note):
    one, A, d = Factors(MyDropout, 0.2), activations(SQUARE), activations(SQUARE, 61)
    went = one.forward(A)
    mask_facts(note, "forward in training with p = 0.2", went, 0.2)
    back, off = one.backward(d), went == 0
    through = "backward, the share of the units that were off through which the gradient flows"
    note.number(through, share(back[off] != 0), within=0.1)
    threes = one.forward(np.full(SQUARE, 3.0))
    again = "forward a second time, the share of the units of the first mask that are off again"
    note.number(again, about(share(threes[off] == 0), 0.2, off.sum()), within=0.1)
    kept = "backward, the number by which the gradient of a kept unit is multiplied (the same as forward)"
    note[kept] = first(one.backward(d)[threes != 0])
    one.forward(np.where(np.arange(130) < 70, 0.0, 3.0) * np.ones(SQUARE))
    blocked = "backward, the share that is blocked where an activation was 0 before (as behind a ReLU)"
    note.number(blocked, about(share(one.backward(d)[:, :70] == 0), 0.2, 70 * len(d)), within=0.1)
    note.holds(
        "backward multiplies by what forward did",
        np.allclose(went, back),
        "backward should multiply the gradient of each unit by the number by which forward multiplied it: "
        f"forward multiplied by {listed(went.ravel())}, backward by {listed(back.ravel())}",
    )
    untouched_facts(note, "forward in evaluation (train=False)", one.forward(A, train=False))
    untouched_facts(note, "backward after a forward pass in evaluation", one.backward(d))
    new, A, d = Factors(MyDropout, 0.5), A[:, :50], d[:, :50]
    untouched_facts(note, "forward in evaluation, in a new layer", new.forward(A[:7], train=False))
    untouched_facts(note, "backward after it", new.backward(d[:7]))
    went, other = new.forward(A), Factors(MyDropout, 0.5, seed=7).forward(A)
    mask_facts(note, "forward in training with p = 0.5", went, 0.5)
    note.holds(
        "each layer has its own mask",
        np.allclose(went, new.backward(d)),
        "while another layer works, backward should still use the mask of its own: keep it in `self`",
    )
    same = Factors(MyDropout, 0.5).forward(A), Factors(MyDropout, 0.5).forward(A)
    note.holds(
        "`rng` decides",
        np.array_equal(*same) and not np.array_equal(same[0], other),
        "two generators with the same seed should give the same mask, and with another seed another one: "
        "draw from the `rng` that the layer is given, and from nothing else",
    )


class Factors:
    """A layer whose forward and backward tell by what they multiplied."""

    def __init__(self, MyDropout, p, seed=6):
        self.layer = MyDropout(p, np.random.default_rng(seed))

    def forward(self, A, train=True):
        out = as_array(self.layer.forward(A.copy(), train), A.shape, "what `forward` returns")
        return np.divide(out, A, out=np.zeros(A.shape), where=A != 0)

    def backward(self, d):
        return as_array(self.layer.backward(d.copy()), d.shape, "what `backward` returns") / d


def share(places):
    return float(places.mean()) if places.size else math.nan


# ---------------------------------------------------------------- weight decay


def decay(my_step, note):
    w, g = np.array([2.0, -1.0, 0.5]), np.array([0.3, 0.1, -0.2])
    for what, gradient, strength in (
        ("without decay (decay = 0)", g, 0.0),
        ("where the loss is flat (gradient 0) and decay = 0.5", np.zeros(3), 0.5),
        ("with decay = 0.5", g, 0.5),
        ("with decay = 0.013", g, 0.013),
    ):
        new = my_step(w.copy(), gradient.copy(), 0.037, strength)
        given = f"from w = {w.tolist()}, gradient {gradient.tolist()}, lr = 0.037"
        note[f"{what}, {given}: the new w"] = as_array(new, (3,), "your result")


# ---------------------------------------------------------------- early stopping

# With patience 5, epochs 3 to 5 wait, 6 is the best, 7 to 11 wait: the end. Epoch 12 would have been better.
# Each mistake ends after another number of epochs: 6, 8, 10, 17, 18, 19 or 24.
VAL_LOSSES = (6.5, 5, 6, 5.5, 5.2, 2.95, 3.4, 3.3, 3.2, 3.1, 3.05, 2.05)
VAL_LOSSES = (*VAL_LOSSES, 2.5, 2.6, 2.7, 2.8, 2.9, 3.5, 3.6, 3.7, 3.8, 3.9, 4.0, 4.1)
PLANS = (
    (5, VAL_LOSSES, 11),
    (3, (4.0, 3, 3, 3, 3.5, 3.6, 3.7, 3.8, 3.9), 5),  # an equal loss does not beat the best
    (1, (3.0, 4, 2), 2),
    (2, (-1.0, -2, -1.5, -1.2, -3), 4),
    (2, (1.4, 1.45, 1.48, 1.3), 3),
    (4, (4.0, 3, 2, 1.5, 1.4999), 5),
    (3, (2000.0, 2500, 3000, 2600, 1900), 4),
    (10, (0.5, 0.7, 0.6), 3),
)


class Weights(np.ndarray):
    """An array that notes whether somebody copies it."""

    copied = False

    def __array_finalize__(self, other):
        if isinstance(other, Weights) and not np.shares_memory(self, other):
            other.copied = True

    def __iter__(self):
        self.copied = True
        return super().__iter__()


class Training:
    """A training that is written down beforehand: the first weight is the number of epochs so far."""

    def __init__(self, losses):
        self.losses, self.epochs, self.weights = losses, 0, np.zeros(2).view(Weights)

    def train_epoch(self, weights):
        if self.epochs == len(self.losses):
            raise Wrong(f"you train on after {self.epochs} epochs, and max_epochs is {self.epochs}.")
        found = as_array(weights, (2,), "what you give to `train_epoch`")[0]
        if found != self.epochs:
            raise Wrong(
                f"after epoch {self.epochs} you give `train_epoch` other weights than it left, of epoch "
                f"{found:g}: go on from where it is, and bring the best weights back at the end."
            )
        self.epochs += 1
        weights += (1.0, 0.5)
        return 1 / self.epochs if self.epochs <= 14 else 1.0  # of training: it falls for longer

    def val_loss(self, weights):
        if isinstance(weights, (int, float)):
            raise Wrong(
                f"`val_loss` wants the weights, and you give it the number {weights:g}. "
                "`train_epoch(weights)` changes the array in place; what it returns is the training loss."
            )
        epoch = int(as_array(weights, (2,), "what you give to `val_loss`")[0])
        return self.losses[epoch - 1] if epoch else max(self.losses) + 1  # before training


def early_stopping(my_fit, note):
    for patience, losses, end in PLANS:
        training = Training(losses)
        got = my_fit(training.weights, training.train_epoch, training.val_loss, patience, len(losses))
        if not isinstance(got, (tuple, list)) or len(got) != 2:
            raise Wrong(f"your function should return best_weights, best_epoch, and returned {shown(got)}.")
        told = ", ".join(f"{loss:g}" for loss in losses[: end + 1])
        case = f"with patience {patience} and validation losses {told}{', …' * (end + 1 < len(losses))}:"
        note[f"{case} the number of epochs trained"] = training.epochs
        if np.ndim(got[1]):
            raise Wrong(f"your second result should be the best epoch, and is {shown(got[1])}.")
        note[f"{case} the best epoch"] = as_number(got[1], "best_epoch")
        weights = as_array(got[0], (2,), "best_weights")
        note.holds(
            f"{case} one epoch", weights[0] == 2 * weights[1], "your best_weights are those of no epoch"
        )
        note[f"{case} the epoch of the weights that you return"] = epoch_of(got[0], training)


def shown(thing):
    return describe(np.asarray(thing) if isinstance(thing, Weights) else thing)


def epoch_of(weights, training):
    """The number of the epoch; with words, where it is a wrong one because the array went on training."""
    epoch = float(np.asarray(weights)[0])
    best = 1 + min(range(training.epochs), key=training.losses.__getitem__)
    if epoch == best or not np.shares_memory(weights, training.weights):
        return epoch
    kept = ", though you had kept a copy of others" if training.weights.copied else ""
    return f"{epoch:g}, in the array that went on training{kept}"


# ---------------------------------------------------------------- predict


class Asked(nn.Module):
    """A model of 6 features and 5 classes that notes in which modes it was called."""

    def __init__(self):
        super().__init__()
        self.seen = []
        self.first = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5))
        self.last = nn.Linear(8, 5)
        self.float()
        draws = np.random.default_rng(27)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(torch.tensor(draws.normal(size=parameter.shape)))
            for buffer in (self.first[1].running_mean, self.first[1].running_var):
                buffer.copy_(torch.tensor(draws.uniform(0.3, 3, buffer.shape)))

    def forward(self, X):
        self.seen.append((self.training, self.first[1].training, self.first[3].training))
        return self.last(self.first(X))

    def __deepcopy__(self, memo):
        other = Asked()
        other.load_state_dict(self.state_dict())
        other.seen = self.seen  # what a copy is asked is noted here too
        other.train(self.training)
        return other


def with_statistics(model):
    """Random γ, β and running statistics: a fresh BatchNorm does next to nothing in evaluation."""
    draws = torch.Generator().manual_seed(62)
    for part in model.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            for tensor, low, high in (
                (part.weight, 0.5, 1.5),
                (part.bias, -1, 1),
                (part.running_mean, -1, 1),
                (part.running_var, 0.3, 3),
            ):
                if tensor is not None:
                    with torch.no_grad():
                        tensor.copy_(torch.rand(tensor.shape, generator=draws) * (high - low) + low)


def predict(my_predict, note):
    X = torch.tensor(np.random.default_rng(8).normal(0, 2, (7, 6)), dtype=torch.float32)
    for train, m in ((True, 7), (False, 7), (True, 1), (False, 1)):
        model = Asked().train(train)
        case = f"for a model in {'training' if train else 'evaluation'} mode, {m} sample{'s' * (m > 1)}"
        ask(my_predict, model, X[:m], case, note)


def ask(my_predict, model, X, case, note):
    before, state, flags = modes(model), snapshot(model), [p.requires_grad for p in model.parameters()]
    got = my_predict(model, X.clone())
    note.holds(
        f"{case}: gradients are on afterwards",
        torch.is_grad_enabled(),
        "after your function PyTorch records no graph any more: gradients are off for good",
    )
    torch.set_grad_enabled(True)
    note.holds(
        f"{case}: the model is asked",
        model.seen,
        "your function never calls the model: `model(X)` gives a score for each class",
    )
    parts = [any(column) for column in zip(*model.seen, strict=True)]
    names = ("the model itself", "its BatchNorm", "its Dropout")
    still = [name for name, on in zip(names, parts, strict=False) if on]
    note[f"{case}: what is in training mode when you call it"] = ", ".join(still) or "nothing"
    found = as_classes(got)
    note[f"{case}: the shape of your result"] = list(found.shape)
    note.holds(
        f"{case}: whole numbers",
        (found == np.round(found)).all(),
        f"your result should be classes, whole numbers, and starts with {first(found.ravel())}",
    )
    note[f"{case}: the classes"] = found
    note[f"{case}: what is in another mode afterwards"] = changed_modes(before, modes(model))
    note.holds(
        f"{case}: parameters and buffers stay",
        all(a.dtype == b.dtype and torch.equal(a, b) for a, b in zip(state, snapshot(model), strict=True)),
        "your function changes the model: parameters, running statistics and counts should stay as they were",
    )
    note.holds(
        f"{case}: parameters can be trained",
        flags == [p.requires_grad for p in model.parameters()],
        "your function changes `requires_grad` of a parameter: `torch.no_grad()` leaves it as it is",
    )
    note.holds(
        f"{case}: no gradients",
        all(p.grad is None for p in model.parameters()),
        "your function leaves gradients in the parameters: it should call no `backward()`",
    )


def snapshot(model):
    return [tensor.clone() for tensor in model.state_dict().values()]


def as_classes(thing):
    thing = not_none(thing)
    if isinstance(thing, torch.Tensor):
        thing = thing.detach().numpy()
    try:
        return np.asarray(thing, dtype=np.float64)
    except (TypeError, ValueError):
        raise Wrong(
            f"your function should return the classes, (m,), and returns {describe(thing)}."
        ) from None


def changed_modes(before, after):
    changed = [name for name in after if before.get(name) != after[name]]
    if len(changed) > 1 and len(changed) >= len(after) - 1:
        return "the layers inside" if "" not in changed else "all of it"
    return ", ".join(name or "the model itself" for name in changed) or "nothing"


# ---------------------------------------------------------------- the source's network, mended

FUNCTIONS = {
    "ReLU": torch.relu,
    "": lambda u: u,  # after ReLU: what a dropout keeps of a ReLU could be kept of this too
    "Softmax": lambda u: torch.softmax(u, 1),
    "LogSoftmax": lambda u: torch.log_softmax(u, 1),
    "Sigmoid": torch.sigmoid,
    "Tanh": torch.tanh,
    "LeakyReLU": torch.nn.functional.leaky_relu,
    "GELU": torch.nn.functional.gelu,
    "Softplus": torch.nn.functional.softplus,
}


def near(a, b, atol=0.0):
    return torch.allclose(a, b, rtol=1e-5, atol=atol)


class Trace:
    """What a network does with a batch: its linear layers, its BatchNorms, and what happens between them.

    `steps` has the layers and, as texts, the functions in between, found by their numbers: how they are
    written does not count. `rates` has for each dropout how many it dropped, of how many, and the factor of
    the rest.
    """

    def __init__(self, net, X):
        calls = []

        def note(layer, inputs, output):
            calls.append((layer, inputs[0].clone(), output.clone()))  # a ReLU may work in place

        layers = [part for part in net.modules() if isinstance(part, (nn.Linear, nn.BatchNorm1d))]
        hooks = [layer.register_forward_hook(note) for layer in layers]
        try:
            with torch.no_grad():
                out = net(X)
        finally:
            for hook in hooks:
                hook.remove()
        self.steps, self.rates, last = [], [], X.flatten(1)
        for layer, before, after in calls:
            self.steps += [*self.between(last, before), layer]
            last = after
        self.steps += self.between(last, out)

    def between(self, u, v):
        kept = v != 0
        for name, function in FUNCTIONS.items() if u.shape == v.shape else ():
            base, names = function(u), [name] if name else []
            if near(base, v, atol=1e-7):
                return names
            if kept.any() and not kept.all() and near(factors := v[kept] / base[kept], factors[0]):
                off = ~kept & (base != 0)
                self.rates.append((off.sum().item(), (base != 0).sum().item(), factors[0].item()))
                whole = not (off & kept.any(1, keepdim=True)).any()
                return [*names, "Dropout of whole samples" if whole else "Dropout"]
        return ["another function"]

    @property
    def linear(self):
        return [step for step in self.steps if isinstance(step, nn.Linear)]

    @property
    def norms(self):
        return [step for step in self.steps if isinstance(step, nn.BatchNorm1d)]

    @property
    def groups(self):
        """Texts: what comes before the first linear layer, and what with each of them."""
        found = [[]]
        for step in self.steps:
            if isinstance(step, nn.Linear):
                found.append([])
            found[-1].append(step if isinstance(step, str) else KINDS[isinstance(step, nn.Linear)])
        return [", ".join(group) or "nothing" for group in found]

    @property
    def after(self):
        """A text: what comes after the last linear layer."""
        return self.groups[-1].removeprefix("Linear").removeprefix(", ") or "nothing"


KINDS = {True: "Linear", False: "BatchNorm"}


def network(my_network, note):
    torch.set_default_dtype(torch.float32)  # as on the page
    net = made(my_network, 0.3)
    X = pictures(net, 48)
    note["for 3 rows, (3, 784), the shape of what your network returns"] = shape_of(net, X[:3].flatten(1))
    note["for 5 pictures, (5, 1, 28, 28), the shape of what your network returns"] = shape_of(net, X[:5])
    with_statistics(net)
    trained = Trace(net.train(), X)
    if not trained.linear:
        raise Wrong("your network knows of no linear layer: a list of them has to be an nn.ModuleList.")
    sizes = [f"{layer.in_features} → {layer.out_features}" for layer in trained.linear]
    note["the sizes of its linear layers"] = ", ".join(sizes)
    before, *hidden = trained.groups[:-1]
    note["what comes after the last linear layer (logits are wanted)"] = trained.after
    note["what comes before the first linear layer"] = before
    for place, does in zip(("first", "second"), hidden, strict=False):
        note[f"what your {place} hidden layer does"] = does
    for parts, layers, attribute in (
        ("linear layers that have a bias", trained.linear, "bias"),
        ("BatchNorms that have γ and β", trained.norms, "weight"),
        ("BatchNorms that keep running statistics", trained.norms, "running_mean"),
    ):
        note[f"the list of the {parts}"] = which(getattr(part, attribute) is not None for part in layers)
    rate_facts(note, trained, 0.3)
    asked = Trace(net.eval(), X[:8])
    for place, does in zip(("first", "second"), asked.groups[1:-1], strict=False):
        note[f"in evaluation mode, what your {place} hidden layer does"] = does
    note["in evaluation mode, what comes after the last linear layer"] = asked.after
    other = made(my_network, 0.6)
    shape_of(other, X[:3])  # a lazy layer is made by its first batch
    rate_facts(note, Trace(other.train(), X), 0.6)
    shared = {id(p) for p in net.parameters()} & {id(p) for p in other.parameters()}
    note.holds(
        "each call builds a new network",
        not shared,
        "called twice, your function gives networks with the same parameters: build new layers in each call",
    )
    count = f"{sum(p.numel() for p in net.parameters()):,}"
    note["the number of its parameters"] = count
    said = f"your network has {count} parameters and uses {used(trained):,}: is a layer made and never used?"
    note.say("the number of its parameters", said)
    out = net.train()(X[:8])
    if out.requires_grad:
        (out**2).sum().backward()
    note.holds(
        "each parameter gets a gradient",
        all(p.grad is not None and p.grad.any() for p in net.parameters()),
        "in training a gradient should reach every parameter of your network, and some get none",
    )


def used(trace):
    return sum(p.numel() for layer in (*trace.linear, *trace.norms) for p in layer.parameters())


def made(my_network, p):
    net = not_none(my_network(p))
    if not isinstance(net, nn.Module):
        raise Wrong(f"your function should return a network, an nn.Module, not {describe(net)}.")
    return net


def pictures(net, m):
    dtype = next((p.dtype for p in net.parameters()), torch.float32)
    return torch.randn(m, 1, 28, 28, generator=torch.Generator().manual_seed(64)).to(dtype)


def shape_of(net, X):
    """As a list, or the error as a text."""
    try:
        return list(not_none(net.eval()(X), "your network returns").shape)
    except (RuntimeError, ValueError) as error:
        return f"an error, {error}"


def which(flags):
    places = ("first", "second", "third", "fourth")
    return ", ".join(place for place, flag in zip(places, flags, strict=False) if flag) or "none"


def rate_facts(note, trace, p):
    for place, (off, draws, factor) in zip(("first", "second"), trace.rates, strict=False):
        said = f"called with p = {p}, in your {place} hidden layer"
        note.number(f"{said} the number 1/(1 − p) that multiplies what Dropout keeps", factor, within=1e-3)
        note.number(f"{said} the share that Dropout sets to 0", about(off / draws, p, draws), within=0.1)
