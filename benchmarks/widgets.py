"""How long a move of a widget takes: `python benchmarks/widgets.py [widget …]`, all of them without a name.

Kernel time from the new value of a control to the finished picture and text, in one process without a
browser. The bound is a median of 50 ms: above it a dragged slider feels sticky. On a busy machine the clock
also counts what others do; the processor's time does not. The first moves of each control warm up and are
left out. Rows without a bound train a network of Values or draw other axes.
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

from micrograd_lite import Value, datasets
from micrograd_lite.widgets.activations import ActivationExplorer, SoftmaxExplorer
from micrograd_lite.widgets.batchnorm import BatchNormExplorer
from micrograd_lite.widgets.boundary import BoundaryTrainer
from micrograd_lite.widgets.descent import DescentPlayground
from micrograd_lite.widgets.digit_browser import DigitBrowser
from micrograd_lite.widgets.digit_pad import DigitPad
from micrograd_lite.widgets.dropout import DropoutExplorer
from micrograd_lite.widgets.gradient_flow import GradientFlowExplorer
from micrograd_lite.widgets.neuron import NeuronExplorer
from micrograd_lite.widgets.stepper import BackpropStepper
from micrograd_lite.widgets.training import TrainingPlayer

BOUND = 50  # ms
WARM_UP = 3  # moves; a control with choices goes through all of them first


# ---------------------------------------------------------------- what is moved


def controls(widget, *buttons):
    """What a learner can move in a widget: label -> control."""
    shown = [c for c in widget.controls.values() if not c.disabled and c.layout.display != "none"]
    return {control.description: control for control in (*shown, *buttons)}


def neuron():
    yield "iris", controls(NeuronExplorer("iris", "setosa"))
    explorer = NeuronExplorer("XOR")
    yield "XOR", controls(explorer, explorer.reset_button)


def activations():
    yield "one function", controls(ActivationExplorer("leaky_relu"))
    yield "softmax", controls(SoftmaxExplorer())


def gradient_flow():
    for depth in (1, 50):
        yield f"{depth} layers", controls(GradientFlowExplorer(depth=depth))


def descent():
    for loss in ("bowl", "long valley"):
        yield loss, controls(DescentPlayground(loss))


def boundary():
    for hidden, batch in ((8, 0), (32, 0), (8, 10)):
        trainer = BoundaryTrainer(steps=500, hidden=hidden, batch=batch)
        yield f"{hidden} hidden, batch {batch or 'all'}", controls(trainer, trainer.buttons["step"])


def training():
    player = TrainingPlayer(steps=500)
    yield "16 hidden", controls(player, player.buttons["step"])


def stepper():
    widget = BackpropStepper(expression(60))
    yield "60 values", {"Step": widget.slider, "What if": widget.what_if}


def digit_browser():
    predict, digits = network(), datasets.load_digits()
    X = digits.X[:360] / 16
    browser = DigitBrowser(X, digits.y[:360], np.array([predict(x) for x in X]), show="all")
    yield "360 digits", controls(browser, browser.next_button)


def digit_pad():
    for points in (30, 1000):
        yield f"after {points} points", {"a point more": Pen(DigitPad(network()), points)}


def dropout():
    explorer = DropoutExplorer()
    yield "64 units", controls(explorer, explorer._button)
    rng = np.random.default_rng(0)
    sizes = ((784, 256), (256, 128), (128, 10))  # of the source's network, which no page shows
    layers = [(rng.normal(0, (2 / n) ** 0.5, (m, n)), np.zeros(m)) for n, m in sizes]
    yield "784 units, 300 masks", controls(DropoutExplorer(rng.random(784), layers, layer=0, masks=300))


def batchnorm():
    explorer = BatchNormExplorer()
    yield "30 batches of 32", controls(explorer, explorer._button)
    yield "100 batches of 256", controls(BatchNormExplorer(batches=100, batch_size=256))


WIDGETS = {
    make.__name__: make
    for make in (
        neuron, activations, gradient_flow, descent, boundary, training, stepper, digit_browser, digit_pad,
        dropout, batchnorm,
    )
}  # fmt: skip
NO_BOUND = {("boundary", "Noise"), ("boundary", "Seed")}  # other points
NO_BOUND |= {("training", label) for label in ("Step", "Hidden width", "Noise", "Seed")}  # a graph of Values


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
    return v


def network():
    """Pixels -> probabilities; its weights are not trained, which changes no time."""
    torch.manual_seed(0)
    layers = [torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10), torch.nn.Softmax(dim=1)]
    model = torch.nn.Sequential(*layers).double()

    def predict(pixels):
        with torch.no_grad():
            return model(torch.from_numpy(pixels)[None])[0].numpy()

    return predict


class Pen:
    """A hand that draws a spiral of some points on the pad, and then goes on along its lower edge."""

    def __init__(self, pad, points):
        radii = np.linspace(0, 0.45, points)
        self.pad, self.edge = pad, []
        self.spiral = [(0.5 + r * math.cos(40 * r), 0.5 + r * math.sin(40 * r)) for r in radii]

    def click(self):
        self.edge.append((0.02 + 0.01 * (len(self.edge) % 97), 0.98))
        self.pad.strokes = [[*self.spiral, *self.edge]]


# ---------------------------------------------------------------- how it is timed


def moves(control, count):
    """One function a move, the ones that warm up first. -> the functions, how many warm up"""
    if hasattr(control, "click"):
        return [control.click] * (WARM_UP + count), WARM_UP
    if hasattr(control, "options"):
        options = [option[1] if isinstance(option, tuple) else option for option in control.options]
        warm_up = max(WARM_UP, len(options))
        values = [options[(k + 1) % len(options)] for k in range(warm_up + count)]
    else:
        low, high = (getattr(control, "base", None) and (0.01, 2.0)) or (control.min, control.max)
        warm_up, kind = WARM_UP, type(control.value)
        values = [kind(round(v, 2)) for v in np.linspace(low, high, WARM_UP + count).tolist()]
    return [lambda value=value: control.set_trait("value", value) for value in values], warm_up


def timed(control, count):
    """Milliseconds of each move, by the clock and by the processor."""
    acts, warm_up = moves(control, count)
    first, times = getattr(control, "value", None), []
    for act in acts:
        clock, processor = time.perf_counter(), time.process_time()
        act()
        times.append((1000 * (time.perf_counter() - clock), 1000 * (time.process_time() - processor)))
    if first is not None:
        control.value = first  # the next control is moved in the usual state
    return list(zip(*times[warm_up:], strict=True))


def row(name, state, label, control, count):
    """A line of the table, and whether the bound is met (or there is none)."""
    clock, processor = timed(control, count)
    median, bound = statistics.median(clock), None if (name, label) in NO_BOUND else BOUND
    met = bound is None or median <= bound
    verdict = "–" if bound is None else f"{bound} ms {'met' if met else 'MISSED'}"
    numbers = f"{median:.1f} ms | {min(clock):.1f} – {max(clock):.1f} ms | {statistics.median(processor):.1f}"
    return f"| {name}, {state} | {label} | {len(clock)} | {numbers} ms | {verdict} |", met


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("widget", nargs="*", help=f"of {', '.join(WIDGETS)}")
    parser.add_argument("--moves", type=int, default=40, help="moves of each control")
    options = parser.parse_args()
    if unknown := set(options.widget) - WIDGETS.keys():
        parser.error(f"no widget {', '.join(sorted(unknown))}; there is {', '.join(WIDGETS)}")
    versions = f"Python {platform.python_version()}, torch {torch.__version__}, numpy {np.__version__}"
    print(f"{versions}, {platform.machine()}, {os.cpu_count()} cores")
    if hasattr(os, "getloadavg"):
        print(f"load {os.getloadavg()[0]:.1f}: a load above the number of cores makes times longer")
    print("| widget | control | moves | median | smallest – largest | processor, median | bound |")
    print("|---|---|---|---|---|---|---|")
    missed = 0
    for name in options.widget or WIDGETS:
        for state, parts in WIDGETS[name]():
            for label, control in parts.items():
                line, met = row(name, state, label, control, options.moves)
                missed += not met
                print(line, flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
