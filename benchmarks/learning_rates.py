"""Which learning rates train, with BatchNorm and without: `python benchmarks/learning_rates.py`.

It takes 5 to 13 minutes, by how busy the processor is, and writes `data/learning_rates.json`. What
"trains" means stands in micrograd_lite/experiments/learning_rates.py, `epochs_to_fit`.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # the course folder, for micrograd_lite

from tqdm import tqdm

from micrograd_lite.experiments import learning_rates, stored_results


def measure(rates, methods, seeds, **settings):
    """For each optimizer, method and rate the epochs to 95 %, one for each seed (None: not reached)."""
    cases = [(o, method, lr) for o, some in rates.items() for method in methods for lr in some]
    return [
        {
            "optimizer": optimizer,
            "method": method,
            "lr": lr,
            "epochs": [
                learning_rates.epochs_to_fit(method, lr, seed, optimizer=optimizer, **settings)
                for seed in seeds
            ],
        }
        for optimizer, method, lr in tqdm(cases, unit="rate")
    ]


def main():
    head = stored_results.origin(learning_rates.COMMAND, learning_rates.constants())
    runs = measure(learning_rates.RATES, learning_rates.METHODS, learning_rates.SEEDS)
    stored_results.write(learning_rates.FILE, {**head, "runs": runs})
    print(f"\n{learning_rates.table(learning_rates.stored())}")


if __name__ == "__main__":
    main()
