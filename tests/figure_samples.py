"""A small sample of every figure, for the tests of what all figures have in common."""

import math

import numpy as np

from micrograd_lite import MLP, datasets, figures

X, Y = datasets.two_moons(30, noise=0.1, seed=0)
H = np.array([0.1, 1.0, 10.0])
ACCURACIES = {"plain": [90.0, 92.0], "L2": [91.0, 93.0], "Dropout": [92.0, 95.0]}
INTERVALS = {"L2": (1.0, 0.5, 1.5), "Dropout": (2.5, -1.0, 6.0)}
COUNTS = {"SGD, plain": {0.1: 0, 1.0: 2, 10.0: 0}, "SGD, BatchNorm": {0.1: 5, 1.0: 5, 10.0: 3}}

SAMPLES = {
    "confusion_matrix": lambda: figures.confusion_matrix([0, 1, 1], [0, 1, 2], "Mixed up"),
    "curves": lambda: figures.curves(H, {"a": H, "b": H**2}, "Two curves", xlabel="h", ylabel="error"),
    "decision_boundary": lambda: figures.decision_boundary(MLP(2, [4, 1], seed=0), X, Y, "Net", margins=True),
    "function_panels": lambda: figures.function_panels({"Powers": {"f": np.square}}, "Powers"),
    "images": lambda: figures.images(np.zeros((3, 8, 8)), ["one", "two", "three"], "Three"),
    "layer_histograms": lambda: figures.layer_histograms({"ReLU": {1: [1.0, 1e-3]}}, "Sizes", xlabel="size"),
    "learning_curves": lambda: figures.learning_curves({"loss": {"training": [2.0, 1.0]}}, "It learns"),
    "log_bars": lambda: figures.log_bars(
        {"slow": 20.0, "fast": 5000.0}, "Speeds", xlabel="samples per second"
    ),
    "loss_curve": lambda: figures.loss_curve({"a": [3, 2, 1], "b": [3, 4, math.inf]}, "Losses", log=True),
    "methods_compared": lambda: figures.methods_compared(ACCURACIES, INTERVALS, "Three methods"),
    "network": lambda: figures.network(MLP(2, [3, 1], seed=0), [1.0, -0.5], title="Three neurons"),
    "neuron_planes": lambda: figures.neuron_planes({"title": "OR", "w": (1, 1), "b": -0.5, "X": X, "y": Y}),
    "rates_that_train": lambda: figures.rates_that_train(COUNTS, 5, "Rates"),
    "slope": lambda: figures.slope(lambda x: x * x, 3.0, 1.0),
    "table_boxes": lambda: figures.table_boxes(("X", (4, 3)), "@", ("W", (3, 2)), title="A product"),
}
