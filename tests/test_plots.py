"""Figures: what they draw and say, that a cell shows them once; NumPy's forward pass against the engine's."""

import base64
import importlib
import io
import math
import subprocess
import sys
import warnings
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from micrograd_lite import MLP, Value, datasets, figures

look = importlib.import_module("micrograd_lite.figures.style")  # `figures.style` is the function in it
REPO = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def moons():
    return datasets.two_moons(60, noise=0.1, seed=0)


@pytest.fixture
def line():
    """Score x2 - x1 for one sample: the diagonal is the boundary."""
    return lambda x: x[1] - x[0]


CORNERS = [[0.0, 1.0], [1.0, 0.0], [0.2, 0.9], [0.9, 0.1]]
ABOVE = [1, 0, 1, 0]


def every_figure():
    X, y = datasets.two_moons(30, noise=0.1, seed=0)
    return {
        "boundary": figures.decision_boundary(MLP(2, [4, 1], seed=0), X, y, "Boundary", margins=True),
        "loss": figures.loss_curve({"a": [3, 2, 1], "b": [3, 4, math.inf]}, "Losses", log=True),
        "slope": figures.slope(lambda x: x * x, 3.0, 1.0),
    }


# ---------------------------------------------------------------- Picture


@pytest.mark.parametrize("name", every_figure())
def test_a_figure_is_small_labelled_and_described(name):
    picture = every_figure()[name]
    assert len(picture.png()) < 60_000
    axes = picture.figure.axes
    assert all(ax.get_ylabel() for ax in axes) and axes[-1].get_xlabel()
    assert axes[0].get_title(loc="left")
    assert any(character.isdigit() for character in picture.alt)


@pytest.mark.parametrize("name", every_figure())
def test_the_same_figure_has_the_same_bytes(name):
    assert every_figure()[name].png() == every_figure()[name].png()


def test_a_picture_shows_a_png_and_its_text():
    picture = figures.loss_curve([3.0, 2.0], "Two moons")
    data, metadata = picture._repr_mimebundle_()
    assert data["text/plain"] == repr(picture) == picture.alt
    assert base64.b64decode(data["image/png"]) == picture.png()
    assert metadata["image/png"]["alt"] == picture.alt
    size = Image.open(io.BytesIO(picture.png())).size
    shown = metadata["image/png"]["width"], metadata["image/png"]["height"]
    assert size == tuple(figures.SHARPNESS * pixels for pixels in shown)


def test_a_picture_carries_no_version_and_no_date():
    picture = Image.open(io.BytesIO(figures.loss_curve([3.0, 2.0], "Two moons").png()))
    assert not set(picture.info) & {"Software", "Creation Time", "date", "Date"}


def test_ipython_shows_a_picture_once_even_where_pyplot_is_inline(tmp_path):
    code = """
import matplotlib.pyplot as plt
from micrograd_lite import figures
get_ipython().run_line_magic("matplotlib", "inline")
from IPython.utils.capture import capture_output
picture = figures.loss_curve([3.0, 2.0], "Down")
with capture_output() as shown:
    get_ipython().display_formatter.format(picture)
(data, words) = [output.data for output in shown.outputs]
assert set(data) == {"image/png", "text/plain"}, set(data)
assert data["text/plain"] == picture.alt and data["image/png"].startswith("iVBOR")
assert set(words) == {"text/html"} and picture.alt in words["text/html"]
assert plt.get_fignums() == []
print("shown once")
"""
    run = [sys.executable, "-m", "IPython", "--no-banner", "--quick", "-c", code]
    env = {"IPYTHONDIR": str(tmp_path), "PYTHONPATH": str(REPO), "PATH": "", "MPLBACKEND": "agg"}
    done = subprocess.run(run, capture_output=True, text=True, env=env, cwd=tmp_path)
    assert "shown once" in done.stdout, done.stdout + done.stderr


def test_a_picture_is_saved_as_svg_png_and_pdf_with_its_words_and_no_date(tmp_path):
    picture = figures.loss_curve([3.0, 2.0], "Down")
    for kind in ("svg", "png", "pdf"):
        for name in ("one", "two"):
            picture.save(tmp_path / f"{name}.{kind}")
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
    assert Image.open(tmp_path / "one.png").info["Description"] == picture.alt
    assert picture.alt.split(":")[0] in (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert (tmp_path / "one.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(ValueError, match=r"ends in \.svg, \.png or \.pdf, got 'down.bmp'"):
        picture.save("down.bmp")


# ---------------------------------------------------------------- letters


@pytest.mark.parametrize(
    "installed, used",
    [
        (["Arial", "SimHei", "Noto Sans CJK SC"], ["DejaVu Sans", "Noto Sans CJK SC"]),
        (["Microsoft YaHei", "DejaVu Sans"], ["DejaVu Sans", "Microsoft YaHei"]),
        (["Arial"], ["DejaVu Sans"]),
    ],
)
def test_letters_come_from_dejavu_and_then_from_a_chinese_font_that_is_there(installed, used, monkeypatch):
    monkeypatch.setattr(look.fontManager, "get_font_names", lambda: installed)
    assert look.font_families() == used


def notes_of(title, capsys, monkeypatch):
    monkeypatch.setattr(look, "_noted", False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            figures.loss_curve([3.0, 2.0], title).png()
    return capsys.readouterr().err.splitlines()


def test_letters_that_no_font_has_give_one_note(capsys, monkeypatch):
    monkeypatch.setitem(look.STYLE, "font.family", ["DejaVu Sans"])
    (note,) = notes_of("梯度下降", capsys, monkeypatch)
    assert note.startswith("No font on this machine has the letters 梯度下降: figures show boxes")


def test_chinese_is_drawn_where_the_machine_has_a_font_for_it(capsys, monkeypatch):
    assert bool(notes_of("梯度", capsys, monkeypatch)) == (len(look.font_families()) == 1)


def test_letters_that_are_there_give_no_note(capsys, monkeypatch):
    assert notes_of("∂L/∂w₁ αβγ → ŷ", capsys, monkeypatch) == []


def test_other_warnings_of_a_drawing_get_through():
    with pytest.warns(UserWarning, match="another matter"), figures.style():
        warnings.warn("another matter", stacklevel=1)


def test_plots_do_not_load_pyplot():
    code = "import sys, micrograd_lite.figures; assert 'matplotlib.pyplot' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPO)


def test_the_settings_of_the_notebook_neither_change_nor_count():
    plain = figures.loss_curve([3.0, 2.0], "Two moons").png()
    with matplotlib.rc_context({"font.size": 30.0, "axes.facecolor": "black", "lines.linewidth": 9.0}):
        before = dict(matplotlib.rcParams)
        assert figures.loss_curve([3.0, 2.0], "Two moons").png() == plain
        assert dict(matplotlib.rcParams) == before


def test_the_figure_can_be_changed_before_it_is_shown():
    one, other = figures.loss_curve([3.0, 2.0], "Two moons"), figures.loss_curve([3.0, 2.0], "Two moons")
    assert isinstance(other.figure, Figure)
    other.figure.axes[0].set_title("Mine", loc="left")
    assert one.png() != other.png()


def test_a_long_title_is_broken_into_lines_that_fit():
    title = "A long title that says in many words what there is to see in the picture under it"
    figure = figures.loss_curve([3.0, 2.0], title).figure
    figure.canvas.draw()
    text = figure.axes[0]._left_title
    assert "\n" in text.get_text() and text.get_text().split() == title.split()
    assert text.get_window_extent().x1 < figure.bbox.x1


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


# ---------------------------------------------------------------- decision_boundary


def lines_of(picture):
    """The contour lines of the first axes as an array of (x, y) for each."""
    sets = [c for c in picture.figure.axes[0].collections if type(c).__name__ == "QuadContourSet"]
    return [np.concatenate(c.allsegs[0]) for c in sets if not c.filled]


def test_each_class_has_a_colour_and_a_marker_of_its_own(moons):
    X, y = moons
    picture = figures.decision_boundary(lambda x: x[0], X, y, "Two moons")
    zero, one = picture.figure.axes[0].collections[-2:]
    assert (zero.get_offsets() == X[y == 0]).all() and (one.get_offsets() == X[y == 1]).all()
    assert (zero.get_facecolor() != one.get_facecolor()).any()
    assert zero.get_paths()[0].vertices.shape != one.get_paths()[0].vertices.shape


def test_the_boundary_is_where_the_score_is_zero(line):
    (boundary,) = lines_of(figures.decision_boundary(line, CORNERS, ABOVE, "Diagonal"))
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


def test_a_network_a_function_and_a_batch_function_draw_the_same_line(moons):
    X, y = moons
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


def test_labels_of_minus_one_and_one_are_classes_too(line):
    zero_one = figures.decision_boundary(line, CORNERS, ABOVE, "Diagonal")
    minus_one = figures.decision_boundary(line, CORNERS, [2 * label - 1 for label in ABOVE], "Diagonal")
    assert zero_one.png() == minus_one.png() and zero_one.alt == minus_one.alt
    assert "2 points of class 0 (circles), 2 of class 1 (triangles). 4 of 4" in zero_one.alt


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
def test_wrong_data_is_refused(line, X, y, message):
    with pytest.raises(ValueError, match=message):
        figures.decision_boundary(line, X, y, "Wrong")


def test_a_wrong_predict_is_refused(line):
    with pytest.raises(TypeError, match="an MLP or a function of one sample, got int"):
        figures.decision_boundary(3, CORNERS, ABOVE, "Wrong")
    with pytest.raises(ValueError, match=r"one number for each of 3600 samples.*got shape \(3600, 2\)"):
        figures.decision_boundary(lambda x: x, CORNERS, ABOVE, "Wrong")
    with pytest.raises(ValueError, match=r"got shape \(2,\).*batch=False"):
        figures.decision_boundary(line, CORNERS, ABOVE, "Wrong", batch=True)
    with pytest.raises(ValueError, match="one number for each sample"):
        figures.decision_boundary(MLP(2, [2], seed=0).__call__, CORNERS, ABOVE, "Wrong")


# ---------------------------------------------------------------- loss_curve


def test_a_loss_curve_shows_every_step_and_says_first_last_and_lowest():
    picture = figures.loss_curve([4.0, 1.0, 2.0], "Down and up")
    curve = picture.figure.axes[0].lines[0]
    assert curve.get_xydata().tolist() == [[0, 4], [1, 1], [2, 2]]
    assert picture.alt == "Down and up. loss: 4 at step 0, 2 at step 2 (lowest 1 at step 1)."
    assert "1 at step 1 (the lowest)" in figures.loss_curve([4.0, 1.0], "Down").alt


def test_curves_differ_in_colour_and_in_dash():
    ax = figures.loss_curve({name: [2, 1] for name in "abcd"}, "Four").figure.axes[0]
    curves = [line for line in ax.lines if line.get_label() in "abcd"]
    assert (
        len({line.get_color() for line in curves}) == len({str(line._dash_pattern) for line in curves}) == 4
    )
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list("abcd")


@pytest.mark.parametrize("log", [False, True])
def test_a_loss_that_diverges_ends_with_a_cross(log, recwarn):
    picture = figures.loss_curve([1.0, 10.0, math.inf, math.nan], "Too large", log=log)
    curve, end = picture.figure.axes[0].lines
    assert len(curve.get_xdata()) == 2 and end.get_marker() == "X"
    assert "10 at step 1 (lowest 1 at step 0), then beyond 1e+12 or no number: it diverged" in picture.alt
    huge = figures.loss_curve([1.0, 10.0, 1e300], "Too large", log=log)
    assert huge.alt == picture.alt and huge.png()
    nothing = figures.loss_curve([math.nan], "Lost", log=log)
    assert "beyond 1e+12 or no number from the start" in nothing.alt
    assert picture.png() and nothing.png() and not recwarn.list


def test_wrong_losses_are_refused():
    with pytest.raises(ValueError, match="got none"):
        figures.loss_curve([], "Empty")
    with pytest.raises(ValueError, match=r"got Values; store loss\.data instead"):
        figures.loss_curve([Value(1.0)], "Values")
    with pytest.raises(ValueError, match="1 to 4 curves, got 5"):
        figures.loss_curve({name: [1] for name in "abcde"}, "Five")


# ---------------------------------------------------------------- slope


@pytest.mark.parametrize(("h", "secant"), [(1.0, 7.0), (0.1, 6.1), (-1.0, 5.0), (0.001, 6.001)])
def test_slope_draws_the_secant_and_the_tangent(h, secant):
    picture = figures.slope(lambda x: x * x, 3.0, h)
    _, tangent, through, *_ = picture.figure.axes[0].lines
    for line, expected in ((tangent, 6.0), (through, secant)):
        (x0, x1), (y0, y1) = line.get_data()
        assert (y1 - y0) / (x1 - x0) == pytest.approx(expected, abs=1e-6)
        assert y0 + expected * (3.0 - x0) == pytest.approx(9.0, abs=1e-6)
    assert f"slope of the secant {secant:.4g}, slope of the tangent 6." in picture.alt


def test_slope_refuses_a_step_of_nothing():
    for x, h in ((3.0, 0.0), (math.nan, 1.0), (3.0, math.inf)):
        with pytest.raises(ValueError, match="a finite h other than 0"):
            figures.slope(abs, x, h)
