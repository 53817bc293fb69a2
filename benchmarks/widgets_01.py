"""How long a move of the neuron explorer takes (chapter 01): `python benchmarks/widgets_01.py`.

Kernel time from a slider's new value to the finished picture and text, in one process without a browser. The
bound is 50 ms: above it a dragged slider feels sticky. With `--moves 30` each row has 30 moves.
"""

import argparse
import os
import platform
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from micrograd_lite.widgets.neuron import NeuronExplorer

BOUND = 50  # ms


def moves(task, control, count):
    """Milliseconds of `count` moves of one slider, wall clock and processor."""
    explorer = NeuronExplorer(task)
    slider = explorer.controls[control]
    span, whole = slider.max - slider.min, control == "sample"
    values = [slider.min + span * i / count for i in range(count + 3)]
    wall, cpu = [], []
    for value in values:
        before = time.perf_counter(), time.process_time()
        slider.value = int(value) if whole else min(value, slider.max)
        wall.append(1000 * (time.perf_counter() - before[0]))
        cpu.append(1000 * (time.process_time() - before[1]))
    return wall[2:-1], cpu[2:-1]  # the first moves warm up


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moves", type=int, default=60)
    count = max(30, parser.parse_args().moves)
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores")
    if hasattr(os, "getloadavg"):
        print(f"load {os.getloadavg()[0]:.1f}: a load above the number of cores makes wall times longer")
    print("| task | slider | moves | median | 9 of 10 under | processor, median | bound |")
    print("|---|---|---|---|---|---|---|")
    missed = 0
    for task, control in (("iris", "w1"), ("iris", "b"), ("iris", "sample"), ("XOR", "w2")):
        wall, cpu = moves(task, control, count)
        median, ninth = statistics.median(wall), statistics.quantiles(wall, n=10)[-1]
        missed += median > BOUND
        print(
            f"| {task} | {control} | {len(wall)} | {median:.1f} ms | {ninth:.1f} ms "
            f"| {statistics.median(cpu):.1f} ms | {BOUND} ms {'met' if median <= BOUND else 'MISSED'} |"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
