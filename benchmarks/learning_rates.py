"""Which learning rates train, with BatchNorm and without (chapter 06): `python benchmarks/learning_rates.py`.

It takes 5 to 13 minutes, by how busy the processor is, and writes `data/learning_rates.json`. What
"trains" means stands in micrograd_lite/experiment.py, `epochs_to_fit`.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # this folder, for fair_experiment

from fair_experiment import measured, write
from tqdm import tqdm

from micrograd_lite import experiment


def measure(rates, methods, seeds, **settings):
    """For each optimizer, method and rate the epochs to 95 %, one for each seed (None: not reached)."""
    cases = [(o, method, lr) for o, some in rates.items() for method in methods for lr in some]
    return [
        {
            "optimizer": optimizer,
            "method": method,
            "lr": lr,
            "epochs": [
                experiment.epochs_to_fit(method, lr, seed, optimizer=optimizer, **settings) for seed in seeds
            ],
        }
        for optimizer, method, lr in tqdm(cases, unit="rate")
    ]


def main():
    head = measured(experiment.RATES_COMMAND, experiment.rates_constants())
    runs = measure(experiment.FIT_RATES, experiment.FIT_METHODS, experiment.FIT_SEEDS)
    write(experiment.RATES_FILE, {**head, "runs": runs})
    print(f"\n{experiment.rates_table(experiment.stored_rates())}")


if __name__ == "__main__":
    main()
