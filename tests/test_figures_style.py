"""What all figures have in common: a `Picture`, shown once, small, labelled, described, in one style."""

import base64
import inspect
import io
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest
from figure_samples import SAMPLES
from matplotlib.figure import Figure
from PIL import Image

from micrograd_lite import figures

REPO = Path(__file__).resolve().parent.parent
NAMED = {"function_panels", "images", "log_bars", "methods_compared", "rates_that_train"}  # rows or panels


def down(title="Down"):
    return figures.loss_curve([3.0, 2.0], title)


def test_there_is_a_sample_of_every_figure():
    functions = [f for f in vars(figures).values() if inspect.isfunction(f)]
    titled = {f.__name__ for f in functions if "title" in inspect.signature(f).parameters}
    assert set(SAMPLES) == titled | {"neuron_planes"}  # which has a title for each plane


@pytest.mark.parametrize("name", SAMPLES)
def test_a_figure_is_small_labelled_and_described(name):
    picture = SAMPLES[name]()
    assert isinstance(picture, figures.Picture) and len(picture.png()) < 60_000
    drawn = [ax for ax in picture.figure.axes if ax.axison]
    assert drawn and (picture.figure.get_suptitle() or drawn[0].get_title(loc="left"))
    assert all(ax.get_xlabel() for ax in drawn) or name == "images"
    assert all(ax.get_ylabel() for ax in drawn) or name in NAMED
    assert any(character.isdigit() for character in picture.alt) and picture.alt.endswith(".")
    assert SAMPLES[name]().png() == picture.png()  # the same bytes tomorrow


def test_a_picture_shows_a_png_and_its_text():
    picture = down()
    data, metadata = picture._repr_mimebundle_()
    assert data["text/plain"] == repr(picture) == picture.alt
    assert base64.b64decode(data["image/png"]) == picture.png()
    assert metadata["image/png"]["alt"] == picture.alt
    size = Image.open(io.BytesIO(picture.png())).size
    shown = metadata["image/png"]["width"], metadata["image/png"]["height"]
    assert size == tuple(figures.SHARPNESS * pixels for pixels in shown)


def test_a_picture_carries_no_version_and_no_date():
    picture = Image.open(io.BytesIO(down().png()))
    assert not set(picture.info) & {"Software", "Creation Time", "date", "Date"}


def test_ipython_shows_a_picture_once_even_where_pyplot_is_inline(tmp_path):
    code = """
import matplotlib.pyplot as plt
from micrograd_lite import figures
get_ipython().run_line_magic("matplotlib", "inline")
from IPython.core.formatters import DisplayFormatter
picture = figures.loss_curve([3.0, 2.0], "Down")
data, metadata = get_ipython().display_formatter.format(picture)
assert set(data) == {"image/png", "text/plain"}, set(data)
assert data["text/plain"] == picture.alt and data["image/png"].startswith("iVBOR")
assert plt.get_fignums() == []
print("shown once")
"""
    run = [sys.executable, "-m", "IPython", "--no-banner", "--quick", "-c", code]
    env = {"IPYTHONDIR": str(tmp_path), "PYTHONPATH": str(REPO), "PATH": "", "MPLBACKEND": "agg"}
    done = subprocess.run(run, capture_output=True, text=True, env=env, cwd=tmp_path)
    assert "shown once" in done.stdout, done.stdout + done.stderr


def test_the_settings_of_the_notebook_neither_change_nor_count():
    plain = down().png()
    with matplotlib.rc_context({"font.size": 30.0, "axes.facecolor": "black", "lines.linewidth": 9.0}):
        before = dict(matplotlib.rcParams)
        assert down().png() == plain
        assert dict(matplotlib.rcParams) == before


def test_the_figure_can_be_changed_before_it_is_shown():
    one, other = down(), down()
    assert isinstance(other.figure, Figure)
    other.figure.axes[0].set_title("Mine", loc="left")
    assert one.png() != other.png()


def test_a_long_title_is_broken_into_lines_that_fit():
    title = "A long title that says in many words what there is to see in the picture under it"
    figure = down(title).figure
    figure.canvas.draw()
    text = figure.axes[0]._left_title
    assert "\n" in text.get_text() and text.get_text().split() == title.split()
    assert text.get_window_extent().x1 < figure.bbox.x1
