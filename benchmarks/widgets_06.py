"""Kernel time of one move of a control in chapter 06's widgets: `python benchmarks/widgets_06.py`.

A move is what the kernel does between the browser's message and its answer: compute, draw, encode. Each
control gets 40 moves after the first; the table shows their median beside the bound of 50 ms.
"""

import os
import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from micrograd_lite.widgets.batchnorm import BatchNormExplorer
from micrograd_lite.widgets.dropout import DropoutExplorer

MOVES = 40


def choices(control):
    """40 values and one more: from end to end of a slider, or the options again and again."""
    if hasattr(control, "options"):
        options = [option[1] if isinstance(option, tuple) else option for option in control.options]
        return [options[(k + 1) % len(options)] for k in range(MOVES + 1)]
    ends = np.linspace(control.min, control.max, MOVES + 1)
    return [type(control.value)(round(value, 2)) for value in ends]


def moves(control):
    """Wall-clock and processor milliseconds of each of 40 moves of a control."""
    times = []
    for value in choices(control):
        start, busy = time.perf_counter(), time.process_time()
        control.value = value
        times.append((1000 * (time.perf_counter() - start), 1000 * (time.process_time() - busy)))
    return times[1:]


def large_network():
    """A sample and random weights of the size of the source's network, 784-256-128-10."""
    rng = np.random.default_rng(0)
    sizes = ((784, 256), (256, 128), (128, 10))
    return rng.random(784), [(rng.normal(0, (2 / n) ** 0.5, (m, n)), np.zeros(m)) for n, m in sizes]


def main():
    if hasattr(os, "getloadavg"):
        print(
            f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores: a load above that makes times longer"
        )
    print(f"{'widget':<36} {'control':<12} {'median':>8} {'largest':>8} {'processor':>10}   bound   n")
    for name, explorer in (
        ("DropoutExplorer", DropoutExplorer()),
        ("DropoutExplorer, 784 units, 300 masks", DropoutExplorer(*large_network(), layer=0, masks=300)),
        ("BatchNormExplorer", BatchNormExplorer()),
        ("BatchNormExplorer, 100 batches", BatchNormExplorer(batches=100, batch_size=256)),
    ):
        for control in explorer.controls.values():
            start = control.value
            wall, busy = zip(*moves(control), strict=True)
            control.value = start
            print(
                f"{name:<36} {control.description:<12} {statistics.median(wall):5.1f} ms {max(wall):5.1f} ms "
                f"{statistics.median(busy):7.1f} ms   50 ms  {len(wall)}"
            )


if __name__ == "__main__":
    main()
