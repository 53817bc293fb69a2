"""The fair experiment, all of it: `python benchmarks/fair_experiment.py`.

It takes 10 to 16 minutes, by how busy the processor is. It tunes the learning rate of each method, runs each
method on every seed, and writes `data/fair_experiment.json`, from which the page takes its table. What is
compared, and how, stands in micrograd_lite/experiments/fair_experiment.py. The same versions give the same
numbers again, up to the processor's rounding.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # the course folder, for micrograd_lite

from tqdm import tqdm

from micrograd_lite.experiments import fair_experiment, stored_results

STRENGTHS = {"L2": ("l2", (1e-4, 1e-3, 1e-2)), "Dropout": ("p", (0.2, 0.5, 0.8))}


def tune(method, lr, seeds, **settings):
    """Validation loss and accuracy of one setting, a number for each seed; the test digits stay out of it."""
    results = [fair_experiment.run(method, lr, seed, test=False, **settings) for seed in seeds]
    return {
        "method": method,
        "lr": lr,
        "val_loss": [result.val.loss for result in results],
        "val_accuracy": [result.val.accuracy for result in results],
    }


def inside(chosen, rates):
    """Stop if the best rate is the lowest or the highest that was tried: a better one may lie beyond it."""
    for method, lr in chosen.items():
        if lr in (min(rates), max(rates)):
            sys.exit(
                f"{method}: the best rate, {lr:g}, is at the edge of RATES. Widen RATES for all methods."
            )


def measure(rates, tuning_seeds, seeds, **settings):
    """The parts of the stored file that are computed."""
    methods = fair_experiment.METHODS
    strengths = [(method, *pair) for method, pair in STRENGTHS.items()]
    runs = len(methods) * (len(rates) * len(tuning_seeds) + len(seeds))
    runs += len(tuning_seeds) * sum(len(values) for _, _, values in strengths)
    with tqdm(total=runs, unit="run", smoothing=0) as bar:
        tuning = []
        for method in methods:
            for lr in rates:
                bar.set_description(f"tune {method}, {lr:g}")
                tuning.append(tune(method, lr, tuning_seeds, **settings))
                bar.update(len(tuning_seeds))
        chosen = fair_experiment.choose(tuning)
        inside(chosen, rates)
        results = []
        for seed in seeds:
            for method in methods:
                bar.set_description(f"{method}, seed {seed}")
                results.append(fair_experiment.run(method, chosen[method], seed, **settings))
                bar.update()
        others = []
        for method, name, values in strengths:
            for value in values:
                bar.set_description(f"{method}, {name} = {value:g}")
                entry = tune(method, chosen[method], tuning_seeds, **settings, **{name: value})
                others.append({"strength": value, **entry})
                bar.update(len(tuning_seeds))
    return {
        "tuning": tuning,
        "lr": chosen,
        "runs": [result.as_dict() for result in results],
        "curves": {
            result.method: {name: [round(y, 6) for y in curve] for name, curve in result.curves.items()}
            for result in results
            if result.seed == seeds[0]
        },
        "strengths": others,
    }


def main():
    head = stored_results.origin(fair_experiment.COMMAND, fair_experiment.constants())
    computed = measure(fair_experiment.RATES, fair_experiment.TUNING_SEEDS, fair_experiment.SEEDS)
    stored_results.write(fair_experiment.FILE, {**head, **computed})
    stored = fair_experiment.stored()
    for table in (
        fair_experiment.tuning_table,
        fair_experiment.table,
        fair_experiment.differences,
        fair_experiment.strengths_table,
    ):
        print(f"\n{table(stored)}")


if __name__ == "__main__":
    main()
