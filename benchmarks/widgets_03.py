"""Kernel time of a move in the widgets of chapter 03: `python benchmarks/widgets_03.py`.

A move is what the kernel does for one move of a control: compute, draw, encode. The bound is 50 ms. Shown
are the median by the clock and the median of the processor's time: on a busy machine the clock also counts
what others do.
"""

import os
import platform
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from micrograd_lite.widgets.boundary import BoundaryTrainer
from micrograd_lite.widgets.descent import DescentPlayground

MOVES = 40


def milliseconds(work):
    """(by the clock, by the processor)"""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return 1000 * (time.perf_counter() - clock), 1000 * (time.process_time() - processor)


def show(name, times, bound="50 ms"):
    clock, processor = (sorted(kind) for kind in zip(*times, strict=True))
    print(
        f"{name:<36} clock {statistics.median(clock):6.1f} ms   processor "
        f"{statistics.median(processor):6.1f} ms   "
        f"lowest {clock[0]:6.1f}   highest {clock[-1]:6.1f}   bound {bound}   n = {len(clock)}"
    )


def moves(control, values):
    return [milliseconds(lambda value=value: control.set_trait("value", value)) for value in values]


def main():
    print(f"Python {platform.python_version()}")
    if hasattr(os, "getloadavg"):
        print(
            f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores: a load above that makes times longer"
        )
    for loss in ("bowl", "long valley"):
        playground = DescentPlayground(loss)
        show(f"descent, {loss}: rate", moves(playground.rate, [0.01 + 0.05 * k for k in range(MOVES)]))
        show(f"descent, {loss}: start", moves(playground.starts[0], [0.05 * k - 2.9 for k in range(MOVES)]))
        show(f"descent, {loss}: steps", moves(playground.steps, [50 + k for k in range(MOVES)]))
    for hidden, batch in ((8, 0), (32, 0), (8, 10)):
        trainer = BoundaryTrainer(steps=300, hidden=hidden, batch=batch)
        times = [milliseconds(trainer.buttons["step"].click) for _ in range(MOVES)]
        show(f"boundary, {hidden} hidden, batch {batch or 'all'}: step", times)
    show("boundary: another width", moves(trainer.controls["hidden"], [1 + k % 32 for k in range(MOVES)]))
    show(
        "boundary: another rate",
        moves(trainer.controls["lr"], [(0.1, 0.3, 1.0)[k % 3] for k in range(MOVES)]),
    )
    show("boundary: other points (seed)", moves(trainer.controls["seed"], range(1, 1 + MOVES)), "-")


if __name__ == "__main__":
    main()
