"""Histograms layer by layer: zeros are counted, sizes are those of the numbers."""

import pytest

from micrograd_lite import figures


def test_each_layer_is_a_row_with_its_sizes_and_zeros_are_counted():
    layers = {0: [0.0, 0.0, 1e-3, -1e-5], 1: [0.0, 0.0], 2: [10.0]}
    picture = figures.layer_histograms({"ReLU": layers}, "Sizes", xlabel="size")
    for said in ("layer 0 5.1e-04 (50% zeros)", "layer 1 0.0e+00 (100% zeros)", "layer 2 1.0e+01"):
        assert said in picture.alt
    (ax,) = picture.figure.axes
    first, none, last = (stairs.get_data() for stairs in ax.patches)
    assert first.edges[:-1][first.values > 0].tolist() == pytest.approx([-5.0, -3.0])
    assert (none.values == 1).all() and last.edges[:-1][last.values > 2].tolist() == [1.0]


def test_no_layer_is_told():
    with pytest.raises(ValueError, match="layer_histograms needs at least one panel"):
        figures.layer_histograms({"a": {}}, "Nothing", xlabel="size")
