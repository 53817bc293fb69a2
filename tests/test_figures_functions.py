"""Figures of functions and of layers: panels, histograms, and what they say."""

import numpy as np
import pytest

from micrograd_lite import figures


def test_function_panels_say_values_at_the_ends_and_in_the_middle():
    picture = figures.function_panels(
        {"Square": {"f": np.square, "slope": lambda x: 2 * x}, "Cube": {"f": lambda x: x**3}},
        "Powers",
        x_range=(-2.0, 2.0),
    )
    assert "Square, f: 4, 0, 4; Square, slope: -4, 0, 4; Cube, f: -8, 0, 8." in picture.alt
    lines = picture.figure.axes[0].get_lines()
    np.testing.assert_array_equal(lines[1].get_ydata(), np.linspace(-2, 2, 601) ** 2)
    assert len(picture.png()) < 60_000


def test_function_panels_leave_no_empty_axes():
    picture = figures.function_panels({str(k): {"f": np.square} for k in range(4)}, "Four")
    assert [ax.axison for ax in picture.figure.axes] == [True] * 4 + [False] * 2


def test_layer_histograms_count_zeros_and_say_medians():
    layers = {0: [0.0, 0.0, 1e-3, -1e-5], 1: [0.0, 0.0], 2: [10.0]}
    picture = figures.layer_histograms({"ReLU": layers}, "Sizes", xlabel="size")
    assert "ReLU: layer 0 5.1e-04 (50% zeros), layer 1 0.0e+00 (100% zeros), layer 2 1.0e+01." in picture.alt
    assert picture.figure.axes[0].get_xlabel() == "size"
    assert len(picture.png()) < 60_000


def test_empty_figures_are_told():
    with pytest.raises(ValueError, match="function_panels needs at least one panel"):
        figures.function_panels({}, "Nothing")
    with pytest.raises(ValueError, match="layer_histograms needs at least one panel"):
        figures.layer_histograms({"a": {}}, "Nothing", xlabel="size")
