"""One neuron in the plane: its line, its bands and its arrow stand where the formula says."""

import math
import re

import numpy as np
import pytest

from micrograd_lite import figures

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])


def axes_with_limits(x_range=(-4, 4), y_range=(-4, 4)):
    figure = figures.new_figure(3, 3)
    ax = figure.add_subplot()
    ax.set(xlim=x_range, ylim=y_range)
    return ax


def test_each_panel_says_its_neuron_and_who_is_on_their_side():
    picture = figures.neuron_planes(
        dict(title="OR", w=(1, 1), b=-0.5, X=CORNERS, y=[0, 1, 1, 1]),
        dict(title="half of XOR", w=(1, 1), b=-0.5, X=CORNERS, y=[0, 1, 1, 0]),
        dict(title="alone", w=(3, 4), b=-10),
    )
    assert re.findall(r"distance of (\d[.\d]*\b)", picture.alt) == ["0.3536", "0.3536", "2"]
    assert re.findall(r"(\d of \d) points", picture.alt) == ["4 of 4", "3 of 4"]
    assert len(picture.figure.axes) == 3


def test_every_edge_of_a_band_has_its_activation():
    w1, w2, b = 1.5, -2.0, 0.7
    bands = figures.draw_neuron(axes_with_limits(), w1, w2, b)[0]
    corners = [path.vertices[:4] for path in bands.get_paths()]
    assert len(corners) == 10
    for k in range(1, 10):
        for band, side in ((k - 1, slice(2, 4)), (k, slice(0, 2))):
            z = corners[band][side] @ [w1, w2] + b
            assert np.allclose(1 / (1 + np.exp(-z)), k / 10, atol=1e-9)


def test_the_line_is_where_z_is_0_and_the_arrow_points_to_yes():
    w1, w2, b = 1.0, 2.0, -2.0
    ax = axes_with_limits()
    _, line, arrow, _ = figures.draw_neuron(ax, w1, w2, b)
    assert np.allclose(w1 * line.get_xdata() + w2 * line.get_ydata() + b, 0.0, atol=1e-9)
    tail, tip = arrow.get_path().vertices[[0, 2]]
    assert w1 * tail[0] + w2 * tail[1] + b < w1 * tip[0] + w2 * tip[1] + b


def test_a_line_outside_of_the_picture_has_no_arrow():
    ax = axes_with_limits()
    assert len(figures.draw_neuron(ax, 1.0, 1.0, -50.0)) == 2
    assert ax.get_xlim() == (-4, 4) and ax.get_ylim() == (-4, 4)


def test_without_weights_the_plane_has_one_colour():
    ax = axes_with_limits()
    (area,) = figures.draw_neuron(ax, 0.0, 0.0, 3.0)
    assert area.get_facecolor() == figures.FIELD(1 / (1 + math.exp(-3.0)))
    assert figures.line_said(0.0, 0.0, 3.0) == "no line, for both weights are 0"


def test_the_foot_is_the_nearest_point_of_the_line():
    x, w, b = np.array([3.0, -1.0]), np.array([2.0, 5.0]), 1.0
    foot = np.array(figures.foot_on_line(*x, *w, b))
    assert abs(w @ foot + b) < 1e-12
    along = np.array([-w[1], w[0]])
    for t in (-0.1, 0.1):
        assert np.linalg.norm(foot + t * along - x) > np.linalg.norm(foot - x)


def test_panels_are_1_to_3():
    with pytest.raises(ValueError, match="1 to 3 panels, got 0"):
        figures.neuron_planes()
    with pytest.raises(ValueError, match="got 4"):
        figures.neuron_planes(*[dict(title="a", w=(1, 1), b=0)] * 4)


def test_points_of_another_shape_are_told():
    with pytest.raises(ValueError, match="neuron_planes needs X of shape"):
        figures.neuron_planes(dict(title="a", w=(1, 1), b=0, X=[[1, 2, 3]], y=[0]))
