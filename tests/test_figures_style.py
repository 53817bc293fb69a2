"""What all figures have in common: a `Picture`, shown once, small, labelled, described, in one style."""

import base64
import importlib
import inspect
import io
import subprocess
import sys
import warnings
from pathlib import Path

import matplotlib
import pytest
from figure_samples import SAMPLES
from matplotlib.figure import Figure
from PIL import Image

from micrograd_lite import figures

look = importlib.import_module("micrograd_lite.figures.style")  # `figures.style` is the function in it
REPO = Path(__file__).resolve().parent.parent
NAMED = {"function_panels", "images", "log_bars", "methods_compared", "rates_that_train"}  # rows or panels
DIAGRAMS = {"network", "table_boxes"}  # without axes


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
    assert bool(drawn) == (name not in DIAGRAMS)
    titles = [picture.figure.get_suptitle(), *(ax.get_title(loc="left") for ax in drawn)]
    assert any(titles) or picture.figure.axes[0].texts[0].get_weight() == "bold"
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
from IPython.utils.capture import capture_output
picture = figures.loss_curve([3.0, 2.0], "Down")
with capture_output() as shown:
    get_ipython().display_formatter.format(picture)
data, words = [output.data for output in shown.outputs]
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
    picture = down()
    for kind in ("svg", "png", "pdf"):
        for name in ("one", "two"):
            picture.save(tmp_path / f"{name}.{kind}")
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
    assert Image.open(tmp_path / "one.png").info["Description"] == picture.alt
    assert picture.alt.split(":")[0] in (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert (tmp_path / "one.pdf").read_bytes().startswith(b"%PDF")
    with pytest.raises(ValueError, match=r"ends in \.svg, \.png or \.pdf, got 'down.bmp'"):
        picture.save("down.bmp")


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
            down(title).png()
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
