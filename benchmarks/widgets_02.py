"""Kernel time of one move of a control in chapter 02's widgets: `python benchmarks/widgets_02.py`.

A move is what the kernel does between the browser's message and its answer: compute, draw, encode. Each
control gets 40 moves after the first; the table shows their median beside the bound of 50 ms.
"""

import os
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from micrograd_lite.widgets.activations import ActivationExplorer, SoftmaxExplorer
from micrograd_lite.widgets.gradient_flow import GradientFlowExplorer

MOVES = 40


def moves(control, low, high, choices=()):
    """Wall-clock and processor milliseconds of moves of a control, from low to high or through choices."""
    times = []
    for k in range(MOVES + 1):
        number = low + (high - low) * k / MOVES
        value = choices[k % len(choices)] if choices else type(control.value)(number)
        start, busy = time.perf_counter(), time.process_time()
        control.value = value
        times.append((1000 * (time.perf_counter() - start), 1000 * (time.process_time() - busy)))
    return times[1:]


def main():
    if hasattr(os, "getloadavg"):
        print(
            f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores: a load above that makes times longer"
        )
    activation, soft, flow = ActivationExplorer(), SoftmaxExplorer(), GradientFlowExplorer(depth=1)
    deep = GradientFlowExplorer(depth=50)
    print(f"{'widget':<24} {'control':<16} {'median':>8} {'largest':>8} {'processor':>10}   bound   n")
    names = activation.controls["name"]
    options = [key for _, key in names.options]
    for name, label, control, low, high in (
        ("ActivationExplorer", "x", activation.controls["x"], -4.0, 4.0),
        ("ActivationExplorer", "function", names, 0, 0),
        ("ActivationExplorer", "alpha", activation.controls["alpha"], 0.02, 0.42),
        ("SoftmaxExplorer", "temperature", soft.temperature, 0.1, 10.0),
        ("SoftmaxExplorer", "score", soft.scores[0], -4.0, 4.0),
        ("GradientFlowExplorer", "depth", flow.controls["depth"], 2, 50),
        ("GradientFlowExplorer", "scale, 50 layers", deep.controls["scale"], 0.1, 4.1),
    ):
        wall, busy = zip(*moves(control, low, high, options if control is names else ()), strict=True)
        print(
            f"{name:<24} {label:<16} {statistics.median(wall):5.1f} ms {max(wall):5.1f} ms "
            f"{statistics.median(busy):7.1f} ms   50 ms  {len(wall)}"
        )


if __name__ == "__main__":
    main()
