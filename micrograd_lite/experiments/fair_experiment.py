"""The fair experiment: six ways to train one network on few digits, compared seed by seed.

    from micrograd_lite.experiments import fair_experiment
    stored = fair_experiment.stored()  # data/fair_experiment.json, written by benchmarks/fair_experiment.py
    fair_experiment.table(stored)
    result = fair_experiment.run("plain", stored["lr"]["plain"], seed=0)
    assert fair_experiment.agrees(result, stored)

What is the same for every method: the source's network 784-256-128-10, Adam, batch size, number of epochs,
float64, and the budget of the tuning: each of `RATES` on each of `TUNING_SEEDS`; the rate with the lowest
mean validation loss wins.
What one seed decides, for every method alike: the training and validation digits, the initial weights and the
order of the batches. So the runs of a seed are pairs. The test digits are the same everywhere, and no tuning
run looks at them. The strengths λ = 0.001 (L2) and p = 0.5 (Dropout) are the source's numbers and not tuned.
"""

import copy
import math
import statistics
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from micrograd_lite.datasets import load_digits
from micrograd_lite.experiments import stored_results
from micrograd_lite.experiments.stored_results import DATA
from micrograd_lite.tables import Table

__all__ = [
    "METHODS",
    "Digits",
    "Dropout",
    "Result",
    "Score",
    "agrees",
    "choose",
    "differences",
    "intervals",
    "network",
    "run",
    "score",
    "split",
    "stored",
    "strengths_table",
    "table",
    "test_accuracies",
    "tuning_table",
]

METHODS = ("plain", "L2", "early stopping", "Dropout", "BatchNorm", "Dropout + BatchNorm")
TRAIN, VAL = 20, 40  # digits of each class: 200 to train on, 400 to validate; the other 1197 are the test
BATCH, EPOCHS = 20, 60
L2, P = 0.001, 0.5  # λ and p as in the source
PATIENCE = 10  # early stopping: epochs without a lower validation loss
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)  # tried for every method
TUNING_SEEDS = (100, 101, 102)
SEEDS = tuple(range(20))  # of the comparison
T_975 = 2.093  # Student's t for 20 pairs: 95 % of it (19 degrees of freedom) lies within ±2.093
SAME = 1e-4  # a run that differs from the stored one by less, relatively, agrees with it

FILE, COMMAND = DATA / "fair_experiment.json", "python benchmarks/fair_experiment.py"


# --- data and networks --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Digits:
    """Tensors: X (m, 784) float64 from 0 (paper) to 1 (ink), y (m,) int64 the digit."""

    X_train: torch.Tensor
    y_train: torch.Tensor
    X_val: torch.Tensor
    y_val: torch.Tensor
    X_test: torch.Tensor
    y_test: torch.Tensor


@cache
def _pool_and_test():
    """All digits, and the row numbers of the pool, (10, TRAIN + VAL), a row per class, and of the test."""
    digits = load_digits(size=28)
    rng = np.random.default_rng(0)
    orders = [rng.permutation(np.flatnonzero(digits.y == digit)) for digit in range(10)]
    pool = np.stack([rows[: TRAIN + VAL] for rows in orders])
    test = np.sort(np.concatenate([rows[TRAIN + VAL :] for rows in orders]))
    return digits.X / 16, digits.y, pool, test


def split(seed):
    """The digits of one seed: 200 to train on, 400 to validate, and the 1197 test digits, always the same.

    20 + 40 digits of each class are drawn from the class's pool of 60. -> `Digits`
    """
    X, y, pool, test = _pool_and_test()
    rng = np.random.default_rng(seed)
    drawn = np.stack([rng.permutation(rows) for rows in pool])  # (10, 60)
    parts = (drawn[:, :TRAIN].ravel(), drawn[:, TRAIN:].ravel(), test)
    return Digits(*(torch.tensor(array[rows]) for rows in parts for array in (X, y)))


class Dropout(nn.Module):
    """Dropout of Srivastava et al. (2014), §4, inverted: in training a ← a · mask / (1 − p), else a ← a.

    `nn.Dropout` with one difference: its masks come from `torch.rand` and a generator of its own. So they are
    the same in every build of PyTorch, and drawing them changes no other random number.
    """

    def __init__(self, p, seed):
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"Dropout expects a rate p from 0 to below 1, got p={p}")
        self.p, self.generator = p, torch.Generator().manual_seed(seed)

    def forward(self, a):
        if not self.training:
            return a
        mask = torch.rand(a.shape, generator=self.generator, dtype=a.dtype) >= self.p
        return a * mask / (1 - self.p)


def network(method, seed, p=P):
    """The source's 784-256-128-10 network for a method, float64, in training mode.

    Its order is the source's: Linear, [BatchNorm], ReLU, [Dropout]. One seed gives every method the same
    initial weights. The state of PyTorch's global generator is left as it was. -> nn.Sequential
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}; got {method!r}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = [nn.Flatten()]
        for number, (inputs, outputs) in enumerate([(784, 256), (256, 128)]):
            layers.append(nn.Linear(inputs, outputs, dtype=torch.float64))
            if "BatchNorm" in method:
                layers.append(nn.BatchNorm1d(outputs, dtype=torch.float64))
            layers.append(nn.ReLU())
            if "Dropout" in method:
                layers.append(Dropout(p, seed=10 * (seed + 1) + number))
        return nn.Sequential(*layers, nn.Linear(128, 10, dtype=torch.float64))


# --- one run ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Score:
    """Mean cross-entropy (nats, without any L2 term) and the share of digits that are right."""

    loss: float
    accuracy: float


@dataclass(frozen=True)
class Result:
    """One run. Epochs count from 1.

    epochs : how many were run. epochs_to_98 : the first with a training accuracy of 98 % or more, None if
    there was none. best_epoch : the one with the lowest validation loss. train, val, test : `Score` of the
    finished network (test None if it was not looked at). curves : name -> one number per epoch.
    """

    method: str
    lr: float
    seed: int
    epochs: int
    epochs_to_98: int | None
    best_epoch: int
    train: Score
    val: Score
    test: Score | None
    curves: dict[str, list[float]]

    def as_dict(self):
        """What is stored of it: everything but the curves."""
        return {name: value for name, value in asdict(self).items() if name != "curves"}


@contextmanager
def one_thread():
    """One thread for PyTorch, as many as before afterwards.

    These matrices are too small to gain from a second one. Where other programs keep the processor busy, the
    threads of one operation wait for each other: that made a run take ten times as long and more.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def score(net, X, y):
    """Loss and accuracy of a network in eval mode. X (m, 784), y (m,). -> `Score`"""
    net.eval()
    with torch.no_grad():
        logits = net(X)  # (m, 10)
        right = (logits.argmax(dim=1) == y).sum().item()
        return Score(cross_entropy(logits, y).item(), right / len(y))


def train_epoch(net, optimizer, X, y, order, l2=0.0):
    """One pass over X (m, 784), y (m,) in mini-batches of 20, shuffled by the generator `order`.

    The loss is cross-entropy + l2 · Σ w² over the weights, not the biases.
    """
    net.train()
    weights = [layer.weight for layer in net if isinstance(layer, nn.Linear)]
    for rows in torch.randperm(len(y), generator=order).split(BATCH):
        loss = cross_entropy(net(X[rows]), y[rows])
        if l2:
            loss = loss + l2 * sum((w**2).sum() for w in weights)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


@one_thread()
def run(method, lr, seed, *, epochs=EPOCHS, l2=L2, p=P, test=True):
    """Train one network by one method and say how it went. -> `Result`

    method : one of `METHODS`. lr : Adam's learning rate. l2, p : used by L2 and by Dropout. test : False in
    tuning, which must not look at the test digits. Early stopping ends after `PATIENCE` epochs without a
    lower validation loss and takes the best weights back; every other method runs all epochs.
    """
    digits = split(seed)
    train, val = (digits.X_train, digits.y_train), (digits.X_val, digits.y_val)
    net = network(method, seed, p)
    optimizer = torch.optim.Adam(net.parameters(), lr=lr, fused=True)  # fused: the same step, faster
    order = torch.Generator().manual_seed(seed)
    scores, best_epoch, best_loss, best_weights = [], 0, math.inf, None
    for epoch in range(1, epochs + 1):
        train_epoch(net, optimizer, *train, order, l2 if method == "L2" else 0.0)
        scores.append((score(net, *train), score(net, *val)))
        if scores[-1][1].loss < best_loss:
            best_epoch, best_loss = epoch, scores[-1][1].loss
            best_weights = copy.deepcopy(net.state_dict())
        elif method == "early stopping" and epoch - best_epoch == PATIENCE:
            break
    if method == "early stopping" and best_weights is not None:
        net.load_state_dict(best_weights)
    return Result(
        method,
        lr,
        seed,
        epochs=len(scores),
        epochs_to_98=next(
            (i for i, (on_train, _) in enumerate(scores, 1) if on_train.accuracy >= 0.98), None
        ),
        best_epoch=best_epoch,
        train=score(net, *train),
        val=score(net, *val),
        test=score(net, digits.X_test, digits.y_test) if test else None,
        curves={
            "train loss": [on_train.loss for on_train, _ in scores],
            "train accuracy": [on_train.accuracy for on_train, _ in scores],
            "val loss": [on_val.loss for _, on_val in scores],
            "val accuracy": [on_val.accuracy for _, on_val in scores],
        },
    )


# --- what is stored -----------------------------------------------------------------------------------------


def constants():
    """Everything that a stored result depends on, besides the versions of the libraries."""
    return {
        "methods": list(METHODS),
        "network": "784-256-128-10, ReLU",
        "optimizer": "Adam",
        "dtype": "float64",
        "train": 10 * TRAIN,
        "val": 10 * VAL,
        "test": len(_pool_and_test()[3]),
        "batch": BATCH,
        "epochs": EPOCHS,
        "l2": L2,
        "p": P,
        "patience": PATIENCE,
        "rates": list(RATES),
        "tuning_seeds": list(TUNING_SEEDS),
        "seeds": list(SEEDS),
    }


def stored():
    """`data/fair_experiment.json` as a dict, checked to belong to this code.

    Keys: date, command, versions, processor, constants; tuning (a dict for each method and rate: validation
    loss and accuracy, one number per tuning seed); lr (method -> rate); runs (`Result.as_dict`, methods ×
    seeds); curves (method -> curves of seed 0); strengths (validation loss with other λ and p).
    Errors: FileNotFoundError, ValueError, both with what to do.
    """
    return stored_results.read(FILE, COMMAND, constants(), "micrograd_lite/experiments/fair_experiment.py")


def choose(tuning):
    """The learning rate for each method: the one of the lowest mean validation loss. -> {method: rate}

    tuning : list of dicts with method, lr and val_loss (one number for each tuning seed; NaN loses).
    """
    best = {}
    for entry in tuning:
        loss = statistics.fmean(entry["val_loss"])
        if loss < best.get(entry["method"], (math.inf,))[0]:
            best[entry["method"]] = (loss, entry["lr"])
    return {method: lr for method, (_, lr) in best.items()}


def agrees(result, stored):
    """True if a live run equals the stored one of the same method, learning rate and seed.

    The epochs must be equal; losses and accuracies may differ by 1e-4 of their size, for processors round
    differently. One test digit more or fewer is 8e-4 and does not pass. Errors: ValueError if none is stored.
    """
    there = [
        entry
        for entry in stored["runs"]
        if (entry["method"], entry["lr"], entry["seed"]) == (result.method, result.lr, result.seed)
    ]
    if not there or result.test is None:
        raise ValueError(
            f"stored are runs with test of {', '.join(METHODS)} at their own learning rate and seeds 0 to "
            f"{SEEDS[-1]}; got {result.method!r}, lr={result.lr}, seed={result.seed}, test={result.test}"
        )
    live, kept = result.as_dict(), there[0]
    if any(live[name] != kept[name] for name in ("epochs", "epochs_to_98", "best_epoch")):
        return False
    return all(
        math.isclose(live[part][name], kept[part][name], rel_tol=SAME)
        for part in ("train", "val", "test")
        for name in ("loss", "accuracy")
    )


# --- tables -------------------------------------------------------------------------------------------------


def _by_method(stored):
    """method -> its runs, in the order of the seeds."""
    return {
        method: sorted(
            (entry for entry in stored["runs"] if entry["method"] == method), key=lambda entry: entry["seed"]
        )
        for method in METHODS
    }


def _spread(numbers, form="{:.2f}"):
    """Mean ± standard deviation (n − 1), as text."""
    return f"{form.format(statistics.fmean(numbers))} ± {form.format(statistics.stdev(numbers))}"


def test_accuracies(stored):
    """method -> test accuracies in %, one for each seed, in the order of the seeds."""
    return {
        method: [100 * entry["test"]["accuracy"] for entry in runs]
        for method, runs in _by_method(stored).items()
    }


test_accuracies.__test__ = False  # pytest, this is no test


def table(stored):
    """The table of the experiment: mean ± standard deviation over the seeds, by method. -> `Table`"""
    rows = []
    for method, runs in _by_method(stored).items():
        train, test = ([100 * entry[part]["accuracy"] for entry in runs] for part in ("train", "test"))
        fast = [entry["epochs_to_98"] for entry in runs if entry["epochs_to_98"] is not None]
        never = len(runs) - len(fast)
        rows.append(
            (
                method,
                f"{stored['lr'][method]:g}",
                _spread(train),
                _spread(test),
                _spread([a - b for a, b in zip(train, test, strict=True)]),
                _spread([entry["train"]["loss"] for entry in runs], "{:.4f}"),
                _spread([entry["test"]["loss"] for entry in runs], "{:.4f}"),
                (_spread(fast, "{:.1f}") if len(fast) > 1 else "–") + (f" (never: {never})" if never else ""),
            )
        )
    c = stored["constants"]
    return Table(
        (
            "method",
            "lr",
            "train %",
            "test %",
            "gap, points",
            "train loss",
            "test loss",
            "epochs to 98 % train",
        ),
        rows,
        f"{len(c['seeds'])} seeds, mean ± standard deviation; "
        f"{c['train']} training digits, {c['test']} test digits",
    )


def _interval(numbers):
    """Mean and the two ends of its 95 % interval, mean ± t · s / √n, for as many pairs as `SEEDS` has."""
    if len(numbers) != len(SEEDS):
        raise ValueError(f"the interval is for {len(SEEDS)} pairs, got {len(numbers)}")
    mean = statistics.fmean(numbers)
    half = T_975 * statistics.stdev(numbers) / math.sqrt(len(numbers))
    return mean, mean - half, mean + half


def _minus_plain(stored, measure):
    """method -> measure(run) − measure(plain run of the same seed), one for each seed."""
    plain, *others = _by_method(stored).items()
    return {
        method: [measure(entry) - measure(base) for entry, base in zip(runs, plain[1], strict=True)]
        for method, runs in others
    }


def _accuracy_percent(entry):
    return 100 * entry["test"]["accuracy"]


def _gap_percent(entry):
    return 100 * (entry["train"]["accuracy"] - entry["test"]["accuracy"])


def intervals(stored):
    """method -> (mean, low, high) of its test accuracy minus plain's, points, 95 % interval of the pairs."""
    return {method: _interval(pairs) for method, pairs in _minus_plain(stored, _accuracy_percent).items()}


def differences(stored):
    """Each method minus plain, pair by pair (the same seed): mean and 95 % interval. -> `Table`

    An interval that does not hold 0 says that the difference is more than chance among these seeds. It knows
    nothing of other data: all seeds share one pool of 600 digits and one test set.
    """
    parts = [
        (_minus_plain(stored, _accuracy_percent), "{:+.2f}"),
        (_minus_plain(stored, lambda entry: entry["test"]["loss"]), "{:+.4f}"),
        (_minus_plain(stored, _gap_percent), "{:+.2f}"),
    ]
    rows = []
    for method in METHODS[1:]:
        cells = []
        for pairs, form in parts:
            mean, low, high = map(form.format, _interval(pairs[method]))
            cells.append(f"{mean} [{low}, {high}]")
        signs = [(d > 0) - (d < 0) for d in parts[0][0][method]]
        rows.append((method, *cells, f"{signs.count(1)} / {signs.count(0)} / {signs.count(-1)}"))
    return Table(
        ("minus plain", "test accuracy, points", "test loss", "gap, points", "better / equal / worse"),
        rows,
        f"mean of {len(SEEDS)} pairs [95 % interval]; better, equal, worse: test accuracy, by seed",
    )


def tuning_table(stored):
    """The tuning: mean validation loss for each method and rate, the chosen one marked *. -> `Table`"""
    loss = {(e["method"], e["lr"]): statistics.fmean(e["val_loss"]) for e in stored["tuning"]}
    rates = stored["constants"]["rates"]
    rows = [
        (
            method,
            *(f"{loss[method, lr]:.4f}" + (" *" if stored["lr"][method] == lr else "  ") for lr in rates),
        )
        for method in METHODS
    ]
    return Table(
        ("learning rate", *(f"{lr:g}  " for lr in rates)),
        rows,
        f"mean validation loss of {len(stored['constants']['tuning_seeds'])} tuning seeds; * is chosen",
    )


def strengths_table(stored):
    """What other strengths than the source's would have done on the validation digits. -> `Table`"""
    rows = [
        (
            e["method"],
            f"{'p' if e['method'] == 'Dropout' else 'λ'} = {e['strength']:g}",
            _spread(e["val_loss"], "{:.4f}"),
            _spread([100 * a for a in e["val_accuracy"]]),
        )
        for e in stored["strengths"]
    ]
    return Table(
        ("method", "strength", "validation loss", "validation %"),
        rows,
        f"at the method's learning rate; mean ± standard deviation of {len(TUNING_SEEDS)} tuning seeds",
    )
