"""The speed ladder, for any machine: `python benchmarks/speed.py`.

One training step of linear, ReLU, linear with softmax cross-entropy, plain gradient descent: on Values, in
NumPy (backward pass by hand), in PyTorch on the CPU and, where there is one, on a GPU (CUDA, else Apple's
MPS). Losses and gradients are compared in float64 first; times are taken in float32 (Values: float64). Every
rung is warmed up, the rungs take turns, a turn waits for the GPU before each reading of the clock; the median
of the turns counts. `--quick` takes fewer turns of smaller tables: does it run?
"""

import datetime
import os
import platform
import sys

import numpy as np
import torch

from micrograd_lite.experiments import speed
from micrograd_lite.experiments.stored_results import processor

CASES = (
    ((2, 2, 2), 1, True),
    ((64, 64, 10), 64, True),
    ((784, 1024, 10), 512, False),
)  # sizes, batch, Values?
ELEMENTS = (1, 100, 10_000, 1_000_000)


def gpu():
    """The GPU that PyTorch can use, as a device; "cpu" for none."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def chip(device):
    """What the machine calls its processor and its GPU."""
    named = {"cuda": lambda: torch.cuda.get_device_name(device), "mps": lambda: "Apple GPU (MPS)"}
    return f"{processor()}, {os.cpu_count()} cores; GPU: {named.get(device.type, lambda: 'none')()}"


def check(task, device):
    """Stop unless every rung has the same loss and gradients."""
    allowed = 1e-3 if device.type == "mps" else 1e-12
    if not speed.largest_difference(speed.rungs(task, device)) <= allowed:
        sys.exit("the rungs compute different things: no times")


def main(arguments):
    quick = "--quick" in arguments
    device, rounds = gpu(), 1 if quick else 15
    print(f"{datetime.date.today()}; {chip(device)}; {torch.get_num_threads()} threads for PyTorch")
    print(
        f"Python {platform.python_version()}, numpy {np.__version__}, torch {torch.__version__}; "
        f"median of {rounds} turns"
    )
    check(speed.problem((64, 64, 10), batch=8), device)
    for sizes, batch, values in CASES[: 2 if quick else 3]:
        task = speed.problem(sizes, batch)
        times = speed.measure(speed.rungs(task, device, exact=False, values=values), rounds)
        slowest = max(times.values())
        print(f"\n{' → '.join(map(str, sizes))}, batch {batch}\n")
        print("| rung | time of a step | samples per second | against the slowest |\n|---|---|---|---|")
        for name, seconds in times.items():
            print(
                f"| {name} | {1e6 * seconds:,.0f} µs | {batch / seconds:,.0f} | {slowest / seconds:,.1f} × |"
            )
    elements = ELEMENTS[: 2 if quick else 4]
    print(f"\none addition, µs\n\n| elements | {' | '.join(f'{n:,}' for n in elements)} |")
    print("|---" * (len(elements) + 1) + "|")
    for name, seconds in speed.additions(elements, device, rounds).items():
        print(f"| {name} | {' | '.join(f'{1e6 * s:,.2f}' for s in seconds)} |")


if __name__ == "__main__":
    main(sys.argv[1:])
