"""How long a move of the widgets takes (chapter 05): `python benchmarks/widgets_05.py`.

Kernel time from a new point on the pad, or a new value of the slider, to the finished answer, in one process
without a browser. The pad asks a network 64 → 64 → 10 in PyTorch. The bound is 50 ms: above it the bars limp
behind the hand. With `--moves 30` each row has 30 moves.
"""

import argparse
import math
import os
import platform
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
import torch

from micrograd_lite import datasets
from micrograd_lite.widgets.digit_browser import DigitBrowser
from micrograd_lite.widgets.digit_pad import DigitPad

BOUND = 50  # ms
WIDGETS = ("pad, a point more", "pad, a point more after 1000", "browser, next picture")


def network():
    """Pixels -> probabilities; its weights are not trained, which changes no time."""
    torch.manual_seed(0)
    layers = [torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10), torch.nn.Softmax(dim=1)]
    model = torch.nn.Sequential(*layers).double()

    def predict(pixels):
        with torch.no_grad():
            return model(torch.from_numpy(pixels)[None])[0].numpy()

    return predict


def actions(widget, count):
    """One function for each move."""
    predict = network()
    if widget.startswith("browser"):
        digits = datasets.load_digits()
        X = digits.X[:360] / 16
        browser = DigitBrowser(X, digits.y[:360], np.array([predict(x) for x in X]), show="all")
        return [browser.next_button.click] * count
    pad = DigitPad(predict)
    before = 1000 if "1000" in widget else 30
    spiral = [(0.5 + r * math.cos(40 * r), 0.5 + r * math.sin(40 * r)) for r in np.linspace(0, 0.45, before)]
    edge = [(0.02 + 0.96 * k / count, 0.98) for k in range(count)]
    return [lambda k=k: pad.set_trait("strokes", [[*spiral, *edge[: k + 1]]]) for k in range(count)]


def moves(widget, count):
    """Milliseconds of `count` moves, wall clock and processor."""
    wall, cpu = [], []
    for act in actions(widget, count + 3):
        before = time.perf_counter(), time.process_time()
        act()
        wall.append(1000 * (time.perf_counter() - before[0]))
        cpu.append(1000 * (time.process_time() - before[1]))
    return wall[3:], cpu[3:]  # the first moves warm up


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moves", type=int, default=60)
    count = max(30, parser.parse_args().moves)
    versions = f"Python {platform.python_version()}, torch {torch.__version__}"
    print(f"{versions}, {platform.machine()}, {os.cpu_count()} cores")
    if hasattr(os, "getloadavg"):
        print(f"load {os.getloadavg()[0]:.1f}: a load above the number of cores makes wall times longer")
    print("| move | moves | median | 9 of 10 under | processor, median | bound |")
    print("|---|---|---|---|---|---|")
    missed = 0
    for widget in WIDGETS:
        wall, cpu = moves(widget, count)
        median, ninth = statistics.median(wall), statistics.quantiles(wall, n=10)[-1]
        missed += median > BOUND
        print(
            f"| {widget} | {len(wall)} | {median:.1f} ms | {ninth:.1f} ms | {statistics.median(cpu):.1f} ms "
            f"| {BOUND} ms {'met' if median <= BOUND else 'MISSED'} |"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
