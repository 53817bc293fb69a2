"""One neuron on many samples: loop, dot product, batch: `python benchmarks/neuron_speed.py`.

Three ways to the same z = X w + b for 2000 samples: a Python loop over lists, one NumPy dot product for each
sample, one matrix product for all. First they are checked against each other within the bound of rounding
(Higham 2002, §3.1), then timed: median of 15 rounds, each way in turn, as multiples of the batch's time.
"""

import os
import platform
import statistics
import sys
import time

import numpy as np

SAMPLES, ROUNDS = 2000, 15


def loop(X, w, b):
    result = []
    for x in X:
        z = b
        for i in range(len(w)):
            z += w[i] * x[i]
        result.append(z)
    return result


def dot(X, w, b):
    return [w @ x + b for x in X]


def batch(X, w, b):
    return X @ w + b


def check(results, X, w, b):
    """Stop unless all results agree within twice the bound of rounding of one of them."""
    n_u = (len(w) + 1) * 2.0**-53
    bound = 2 * n_u / (1 - n_u) * (np.abs(X * w).sum(axis=1) + abs(b))  # (m,)
    for name, z in results.items():
        if not (np.abs(np.asarray(z) - results["batch"]) <= bound).all():
            sys.exit(f"{name} computes something else than batch: no times")


def measure(n):
    """Median seconds of the three ways with n inputs."""
    rng = np.random.default_rng(n)
    X, w, b = rng.uniform(-1, 1, (SAMPLES, n)), rng.uniform(-1, 1, n), 0.5
    tasks = {"loop": (loop, X.tolist(), w.tolist()), "dot": (dot, X, w), "batch": (batch, X, w)}
    check({name: task(rows, weights, b) for name, (task, rows, weights) in tasks.items()}, X, w, b)
    times = {name: [] for name in tasks}
    for _ in range(ROUNDS):
        for name, (task, rows, weights) in tasks.items():
            start = time.perf_counter()
            task(rows, weights, b)
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(some) for name, some in times.items()}


def main():
    print(
        f"Python {platform.python_version()}, NumPy {np.__version__}, {os.cpu_count()} cores, "
        f"{SAMPLES} samples"
    )
    print("| inputs | loop / batch | dot / batch | loop / dot | batch |")
    print("|---|---|---|---|---|")
    for n in (2, 5, 20, 100, 500):
        t = measure(n)
        print(
            f"| {n} | {t['loop'] / t['batch']:.0f} × | {t['dot'] / t['batch']:.0f} × "
            f"| {t['loop'] / t['dot']:.2f} × | {1e6 * t['batch']:.0f} µs |"
        )


if __name__ == "__main__":
    main()
