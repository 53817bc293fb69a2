"""Which learning rates train at all, with BatchNorm and without, by SGD and by Adam.

    from micrograd_lite.experiments import learning_rates
    stored = learning_rates.stored()  # data/learning_rates.json, written by benchmarks/learning_rates.py
    learning_rates.table(stored)

Network, digits and batches are those of the fair experiment. A rate trains if every seed has 95 % of its 200
training digits right within 40 epochs.
"""

import math
import statistics

import torch

from micrograd_lite.experiments import fair_experiment, stored_results
from micrograd_lite.experiments.stored_results import DATA
from micrograd_lite.tables import Table

__all__ = ["epochs_to_fit", "seeds_that_train", "stored", "table"]

METHODS = ("plain", "BatchNorm")
ACCURACY, EPOCHS, SEEDS = 0.95, 40, tuple(range(5))
RATES = {  # 1, 2, 5, 10, … both ends lie beyond the rates at which every seed trains
    "SGD": tuple(float(f"{digit}e{power}") for power in range(-4, 2) for digit in (1, 2, 5)),
    "Adam": tuple(float(f"{digit}e{power}") for power in range(-6, 0) for digit in (1, 2, 5)),
}
FILE, COMMAND = DATA / "learning_rates.json", "python benchmarks/learning_rates.py"


@fair_experiment.one_thread()
def epochs_to_fit(method, lr, seed, *, optimizer="SGD", epochs=EPOCHS):
    """The first epoch after which 95 % of the 200 training digits are right (eval mode), or None.

    optimizer : "SGD" (no momentum: a step is lr times the gradient, nothing else) or "Adam". None too where
    the loss is no longer finite.
    """
    if optimizer not in RATES:
        raise ValueError(f"optimizer must be one of {', '.join(RATES)}; got {optimizer!r}")
    digits = fair_experiment.split(seed)
    net = fair_experiment.network(method, seed)
    stepper = getattr(torch.optim, optimizer)(net.parameters(), lr=lr, fused=True)
    order = torch.Generator().manual_seed(seed)
    for epoch in range(1, epochs + 1):
        fair_experiment.train_epoch(net, stepper, digits.X_train, digits.y_train, order)
        now = fair_experiment.score(net, digits.X_train, digits.y_train)
        if not math.isfinite(now.loss):
            return None
        if now.accuracy >= ACCURACY:
            return epoch
    return None


def constants():
    """Everything that a stored result depends on, besides the versions of the libraries."""
    return {
        "methods": list(METHODS),
        "network": "784-256-128-10, ReLU",
        "dtype": "float64",
        "train": 10 * fair_experiment.TRAIN,
        "batch": fair_experiment.BATCH,
        "accuracy": ACCURACY,
        "epochs": EPOCHS,
        "seeds": list(SEEDS),
        "rates": {optimizer: list(rates) for optimizer, rates in RATES.items()},
    }


def stored():
    """`data/learning_rates.json` as a dict, checked to belong to this code.

    Keys: date, command, versions, processor, constants; runs (epochs by seed, for each optimizer and rate).
    Errors: FileNotFoundError, ValueError, both with what to do.
    """
    return stored_results.read(FILE, COMMAND, constants(), "micrograd_lite/experiments/learning_rates.py")


def _by_case(stored):
    """Case, as "SGD, plain" -> {rate: epochs by seed}, rates rising."""
    cases = {}
    for entry in stored["runs"]:
        cases.setdefault(f"{entry['optimizer']}, {entry['method']}", {})[entry["lr"]] = entry["epochs"]
    return cases


def seeds_that_train(stored):
    """Case, as "SGD, plain" -> {rate: how many of the seeds reached 95 %}."""
    return {
        case: {lr: sum(epoch is not None for epoch in epochs) for lr, epochs in by_rate.items()}
        for case, by_rate in _by_case(stored).items()
    }


def table(stored):
    """The range of rates at which every seed trains, for each optimizer and method. -> `Table`

    From the lowest to the highest rate of the longest unbroken run of rates. Fewest epochs: the lowest median
    in it, and its rate.
    """
    c, rows = stored["constants"], []
    for case, by_rate in _by_case(stored).items():
        good = _longest_run({lr: None not in epochs for lr, epochs in by_rate.items()})
        if good:
            fewest, fastest = min((statistics.median(by_rate[lr]), lr) for lr in good)
            cells = f"{good[0]:g} to {good[-1]:g}", f"{good[-1] / good[0]:g}", f"{fewest:g} at {fastest:g}"
        else:
            cells = "none", "–", "–"
        rows.append((case, *cells))
    return Table(
        ("", "rates that train", "highest / lowest", "fewest epochs"),
        rows,
        f"trains: {c['accuracy']:.0%} of {c['train']} training digits right within {c['epochs']} epochs, "
        f"for all of {len(c['seeds'])} seeds; fewest epochs: median",
    )


def _longest_run(good):
    """The longest unbroken run of rates that are good. good : {rate: bool}, rates rising. -> list of rates"""
    longest, current = [], []
    for lr, trains in good.items():
        current = [*current, lr] if trains else []
        longest = max(longest, current, key=len)
    return longest
