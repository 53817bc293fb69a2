"""How long a drawing and a step of the backprop stepper take: `python benchmarks/stepper.py`.

Drawing: a graph of 100 values, from `draw` to the finished SVG, in a fresh process (the first picture starts
Graphviz) and warm. Stepper: kernel time of one step at 60 values, all steps, forward and back.
"""

import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from micrograd_lite import Value
from micrograd_lite.graph import draw, nodes_of
from micrograd_lite.widgets.stepper import BackpropStepper


def expression(size):
    """A graph of exactly `size` values: leaves, sums, products and tanh, some values used twice."""
    v, made, i = Value(0.5, label="x0"), 1, 0
    while made < size:
        if size - made >= 3 and i % 3 == 0:
            leaf = Value(0.1 * (i % 7) - 0.25, label=f"x{i + 1}")
            v, made = v * leaf + v, made + 3
        else:
            v, made = v.tanh(), made + 1
        i += 1
    assert len(nodes_of(v)) == size
    return v


def milliseconds(work):
    """Wall-clock time, and the processor time of this process (the kernel, in a notebook)."""
    start, busy = time.perf_counter(), time.process_time()
    work()
    return 1000 * (time.perf_counter() - start), 1000 * (time.process_time() - busy)


def show(name, times, bound):
    wall, busy = (sorted(column) for column in zip(*times, strict=True))
    print(
        f"{name:<38} median {statistics.median(wall):6.1f} ms  ({wall[0]:.1f} … {wall[-1]:.1f})   "
        f"processor {statistics.median(busy):6.1f} ms   bound {bound}   n = {len(wall)}"
    )


def first_picture():
    """The time of the first picture in a fresh process, imports not counted."""
    program = "from stepper import *; v = expression(100); print(*milliseconds(lambda: draw(v).svg()))"
    here = Path(__file__).resolve().parent
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=here, capture_output=True, text=True, check=True
    )
    return tuple(map(float, done.stdout.split()))


def main():
    print(f"Python {platform.python_version()}")
    if hasattr(os, "getloadavg"):
        load, cores = os.getloadavg()[0], os.cpu_count()
        print(f"load {load:.1f} on {cores} cores: a load above that makes times longer")
    show("draw, 100 values, first in its process", [first_picture() for _ in range(7)], "150 ms")
    graph = expression(100)
    show("draw, 100 values, warm", [milliseconds(lambda: draw(graph).svg()) for _ in range(20)], "150 ms")

    small = expression(60)
    show(
        "BackpropStepper, 60 values, start",
        [milliseconds(lambda: BackpropStepper(small)) for _ in range(7)],
        "-",
    )
    stepper = BackpropStepper(small)
    last = stepper.slider.max
    there = [milliseconds(lambda: stepper.next.click()) for _ in range(last)]
    back = [milliseconds(lambda: stepper.previous.click()) for _ in range(last)]
    show("one step on, 60 values", there, "50 ms")
    show("one step back, 60 values", back, "50 ms")


if __name__ == "__main__":
    main()
