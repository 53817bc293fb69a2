"""Figures of the course: one call, one `Picture`.

    from micrograd_lite import figures
    figures.decision_boundary(model, X, y, "Two moons, after 100 steps")

A `Picture` as the last line of a cell shows itself once, as a PNG and as a sentence with its key numbers
(the text alternative, which the tests of the pages compare). One file a kind of figure; `style` has the look
of all of them.
"""

from micrograd_lite.figures.boundary import (
    Field,
    count_right,
    decision_boundary,
    draw_field,
    draw_points,
    line_keys,
    numpy_forward,
    one_sided,
    ranges_of,
    two_classes,
)
from micrograd_lite.figures.comparison import log_bars, methods_compared, rates_that_train
from micrograd_lite.figures.digits import confusion_matrix, images
from micrograd_lite.figures.functions import curves, function_panels, slope
from micrograd_lite.figures.layers import layer_histograms
from micrograd_lite.figures.network import network
from micrograd_lite.figures.neuron import draw_neuron, foot_on_line, line_said, neuron_planes
from micrograd_lite.figures.style import (
    BLUE,
    CLASS_LOOKS,
    CURVE_LOOKS,
    FIELD,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    SHARPNESS,
    SIGNED,
    Picture,
    canvas_png,
    new_figure,
    style,
)
from micrograd_lite.figures.table_boxes import table_boxes
from micrograd_lite.figures.training import HOPELESS, learning_curves, loss_curve

__all__ = [
    "BLUE",
    "CLASS_LOOKS",
    "CURVE_LOOKS",
    "FIELD",
    "GREEN",
    "GREY",
    "HOPELESS",
    "INK",
    "ORANGE",
    "PURPLE",
    "SHARPNESS",
    "SIGNED",
    "Field",
    "Picture",
    "canvas_png",
    "confusion_matrix",
    "count_right",
    "curves",
    "decision_boundary",
    "draw_field",
    "draw_neuron",
    "draw_points",
    "foot_on_line",
    "function_panels",
    "images",
    "layer_histograms",
    "learning_curves",
    "line_keys",
    "line_said",
    "log_bars",
    "loss_curve",
    "methods_compared",
    "network",
    "neuron_planes",
    "new_figure",
    "numpy_forward",
    "one_sided",
    "ranges_of",
    "rates_that_train",
    "slope",
    "style",
    "table_boxes",
    "two_classes",
]
