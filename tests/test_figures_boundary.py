"""Decision boundaries: the line stands where the score says; NumPy's forward pass is the engine's."""

import math

import numpy as np
import pytest

from micrograd_lite import MLP, Value, datasets, figures

CORNERS = [[0.0, 1.0], [1.0, 0.0], [0.2, 0.9], [0.9, 0.1]]
ABOVE = [1, 0, 1, 0]  # above the diagonal, where x2 - x1 is positive


def diagonal(x):
    return x[1] - x[0]


def lines_of(picture):
    """The contour lines of the first axes as an array of (x, y) for each."""
    sets = [c for c in picture.figure.axes[0].collections if type(c).__name__ == "QuadContourSet"]
    return [np.concatenate(c.allsegs[0]) for c in sets if not c.filled]


def test_each_class_has_a_colour_and_a_marker_of_its_own():
    X, y = datasets.two_moons(60, noise=0.1, seed=0)
    picture = figures.decision_boundary(lambda x: x[0], X, y, "Two moons")
    zero, one = picture.figure.axes[0].collections[-2:]
    assert (zero.get_offsets() == X[y == 0]).all() and (one.get_offsets() == X[y == 1]).all()
    assert (zero.get_facecolor() != one.get_facecolor()).any()
    assert zero.get_paths()[0].vertices.shape != one.get_paths()[0].vertices.shape


def test_the_boundary_is_where_the_score_is_zero():
    (boundary,) = lines_of(figures.decision_boundary(diagonal, CORNERS, ABOVE, "Diagonal"))
    assert boundary[:, 1] == pytest.approx(boundary[:, 0], abs=1e-9)
    assert len(boundary) > 20


def test_margins_are_where_the_score_is_one_off():
    lines = lines_of(
        figures.decision_boundary(lambda x: 4 * x[0] - 2, CORNERS, ABOVE, "Upright", margins=True)
    )
    assert [line[:, 0].mean() for line in lines] == pytest.approx([0.5, 0.25, 0.75])


def test_the_threshold_of_probabilities():
    def probability(x):
        return 1 / (1 + math.exp(-8 * (x[0] - 0.4)))

    picture = figures.decision_boundary(probability, CORNERS, [0, 1, 0, 1], "p", threshold=0.5)
    (boundary,) = lines_of(picture)
    assert boundary[:, 0] == pytest.approx(0.4, abs=1e-3)
    assert "4 of 4 points lie on their side" in picture.alt


def test_a_network_a_function_and_a_batch_function_draw_the_same_line():
    X, y = datasets.two_moons(60, noise=0.1, seed=0)
    model = MLP(2, [4, 1], seed=1)
    (of_model,) = lines_of(figures.decision_boundary(model, X, y, "Net"))
    (of_batch,) = lines_of(
        figures.decision_boundary(lambda X: figures.numpy_forward(model, X)[:, None], X, y, "Net", batch=True)
    )
    picture = figures.decision_boundary(model.__call__, X, y, "Net")  # Values, one sample at a time
    assert of_batch == pytest.approx(of_model)
    (of_function,) = lines_of(picture)
    far = np.linalg.norm(of_function[:, None] - of_model[None], axis=-1).min(axis=1)
    assert far.max() < 0.02
    right = sum((model(x).data > 0) == (label > 0) for x, label in zip(X.tolist(), y, strict=True))
    assert f"{right} of 60 points" in picture.alt


def test_labels_of_minus_one_and_one_are_classes_too():
    zero_one = figures.decision_boundary(diagonal, CORNERS, ABOVE, "Diagonal")
    minus_one = figures.decision_boundary(diagonal, CORNERS, [2 * label - 1 for label in ABOVE], "Diagonal")
    assert zero_one.png() == minus_one.png() and zero_one.alt == minus_one.alt
    assert "4 of 4 points" in zero_one.alt


def test_a_picture_without_a_boundary_says_so(recwarn):
    picture = figures.decision_boundary(lambda x: 3.0, CORNERS, ABOVE, "All one")
    assert lines_of(picture) == []
    assert "no boundary in the picture: everything in it is predicted class 1" in picture.alt
    assert "boundary" not in [t.get_text() for t in picture.figure.axes[0].get_legend().get_texts()]
    assert not recwarn.list


def test_a_network_that_diverged_is_shown_and_said(recwarn):
    model = MLP(2, [2, 1], seed=0)
    model.parameters()[0].data = math.nan
    picture = figures.decision_boundary(model, CORNERS, ABOVE, "Lost")
    assert "No score is a finite number: the network diverged" in picture.alt
    assert "0 of 4 points lie on their side" in picture.alt
    assert picture.png() and not recwarn.list


def test_grey_is_only_where_a_score_is_no_number():
    def grey(predict):
        picture = figures.decision_boundary(predict, CORNERS, ABOVE, "Steep")
        picture.figure.canvas.draw()
        return np.mean((np.asarray(picture.figure.canvas.buffer_rgba())[..., :3] == 0xDD).all(axis=-1))

    assert grey(lambda x: 50 * (x[0] - 0.5)) < 0.001
    assert grey(lambda x: math.nan if x[0] > 0.5 else -1.0) > 0.2


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        ([[1.0, 2.0, 3.0]], [1], r"X of shape \(m, 2\).*got shapes \(1, 3\) and \(1,\)"),
        (CORNERS, [1, 0], r"got shapes \(4, 2\) and \(2,\)"),
        (CORNERS, [0, 1, 2, 1], r"labels 0 and 1 or -1 and \+1; got \[0, 1, 2\]"),
        (CORNERS, [-1, 0, 1, 1], r"got \[-1, 0, 1\]"),
        ([[math.nan, 1.0]], [1], "finite numbers in X, got 1 that are not"),
        (np.zeros((0, 2)), [], r"got shapes \(0, 2\)"),
    ],
)
def test_wrong_data_is_refused(X, y, message):
    with pytest.raises(ValueError, match=message):
        figures.decision_boundary(diagonal, X, y, "Wrong")


def test_a_wrong_predict_is_refused():
    with pytest.raises(TypeError, match="an MLP or a function of one sample, got int"):
        figures.decision_boundary(3, CORNERS, ABOVE, "Wrong")
    with pytest.raises(ValueError, match=r"one number for each of 3600 samples.*got shape \(3600, 2\)"):
        figures.decision_boundary(lambda x: x, CORNERS, ABOVE, "Wrong")
    with pytest.raises(ValueError, match=r"got shape \(2,\).*batch=False"):
        figures.decision_boundary(diagonal, CORNERS, ABOVE, "Wrong", batch=True)
    with pytest.raises(ValueError, match="one number for each sample"):
        figures.decision_boundary(MLP(2, [2], seed=0).__call__, CORNERS, ABOVE, "Wrong")


# ---------------------------------------------------------------- numpy_forward


@pytest.mark.parametrize("activation", ["tanh", "relu", "leaky_relu", "sigmoid", "linear"])
@pytest.mark.parametrize("nouts", [[16, 16, 1], [5, 3], [1, 1], [1]])
def test_numpy_forward_is_the_network(activation, nouts):
    model = MLP(3, nouts, activation=activation, output_activation="linear", seed=1)
    for k, p in enumerate(model.parameters()):
        p.data += 0.1 * k % 0.7 - 0.3  # biases other than 0
    X = np.random.default_rng(0).normal(0, 3, (40, 3))
    outputs = [model(x) for x in X.tolist()]
    expected = [o.data if isinstance(o, Value) else [v.data for v in o] for o in outputs]
    assert figures.numpy_forward(model, X) == pytest.approx(np.array(expected), rel=1e-12, abs=1e-12)


def test_numpy_forward_reads_the_parameters_as_they_are_now():
    model = MLP(2, [3, 1], output_activation="sigmoid", seed=0)
    before = figures.numpy_forward(model, CORNERS)
    model.layers[-1].neurons[0].b.data += 1.0
    assert (figures.numpy_forward(model, CORNERS) > before).all()


@pytest.mark.parametrize("activation", ["tanh", "relu", "leaky_relu", "sigmoid"])
def test_huge_and_missing_numbers_pass_through_as_in_the_engine(activation):
    model = MLP(1, [1], output_activation=activation, seed=0)
    model.parameters()[0].data = 1.0
    for x in (-1e4, 1e4, math.nan):
        assert figures.numpy_forward(model, [[x]])[0] == pytest.approx(model(x).data, nan_ok=True)


def test_numpy_forward_refuses_what_it_cannot_read():
    with pytest.raises(ValueError, match=r"rows of 2 numbers.*got shape \(4, 3\)"):
        figures.numpy_forward(MLP(2, [1]), np.zeros((4, 3)))
    with pytest.raises(ValueError, match=r"got shape \(2,\)"):
        figures.numpy_forward(MLP(2, [1]), [1.0, 2.0])
    with pytest.raises(TypeError, match="MLP of micrograd_lite, got function"):
        figures.numpy_forward(lambda x: x, CORNERS)
