"""The start page's check says what is missing and what to do; its map holds every chapter and chain."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from micrograd_lite import datasets, start_here
from micrograd_lite.graph import RenderError
from micrograd_lite.start_here import Check, Part, check_installation, course_map


def test_here_everything_that_is_needed_is_found():
    check = check_installation()
    assert check.passed
    assert repr(check).splitlines() == [
        "✓ Python", "✓ Packages", "✓ Data", "✓ Graphviz", "✓ Widgets", "All that the course needs is here.",
    ]  # fmt: skip


def test_the_text_says_nothing_that_differs_between_complete_machines():
    one = Check([Part("Python", True, "3.11.7"), Part("GPU", True, "A100", optional=True)])
    two = Check([Part("Python", True, "3.14.0"), Part("GPU", False, "none", optional=True)])
    assert repr(one) == repr(two)


def test_a_missing_part_is_named_with_its_remedy():
    check = Check([Part("Widgets", False, "jupyterlab_widgets is missing", "Do this.")])
    assert not check.passed
    assert repr(check) == "✗ Widgets: jupyterlab_widgets is missing. Do this.\nMissing: Widgets."
    assert "Do this." in check._repr_html_() and "✗" in check._repr_html_()


def test_a_missing_optional_part_is_shown_and_does_not_fail():
    check = Check([Part("GPU", False, "none", "See README.", optional=True)])
    assert check.passed and "○" in check._repr_html_() and "See README." in check._repr_html_()


def test_an_old_python_fails():
    part = start_here._python((3, 10, 2))
    assert not part.ok and part.found == "3.10.2" and "3.11" in part.remedy


@pytest.mark.parametrize(
    ("requirement", "said"),
    [("no-such-package>=1", "no-such-package is missing"), ("numpy<1", "numpy is 2.")],
)
def test_a_wrong_package_is_named(requirement, said):
    part = start_here._packages([requirement, 'pytest>=8; extra == "test"'])
    assert not part.ok and said in part.found and "course.py lab" in part.remedy


def test_a_damaged_data_file_is_reported(monkeypatch):
    def damaged():
        raise ValueError("data/iris.csv was altered: run git checkout -- data/iris.csv")

    monkeypatch.setattr(datasets, "load_iris", damaged)
    part = start_here._data()
    assert not part.ok and "git checkout" in part.found


def test_without_graphviz_the_check_says_so(monkeypatch):
    class NoPicture:
        def svg(self):
            raise RenderError("no program graphviz-pure is here")

    monkeypatch.setattr(start_here, "draw", lambda value: NoPicture())
    part = start_here._graphviz()
    assert not part.ok and "no program graphviz-pure" in part.found and part.remedy


def test_without_the_widget_package_the_check_says_so(monkeypatch):
    def missing(name):
        raise start_here.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(start_here.metadata, "version", missing)
    assert not start_here._widgets().ok


@pytest.mark.parametrize(
    ("cuda", "mps", "found"),
    [(True, False, "A card"), (False, True, "Apple GPU (MPS)"), (False, False, "none")],
)
def test_the_gpu_line_names_what_pytorch_can_use(monkeypatch, cuda, mps, found):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: "A card")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    part = start_here._gpu()
    assert part.found.startswith(found) and part.optional and part.ok == (cuda or mps)


def test_the_map_is_a_picture_with_every_chapter_and_an_outline_of_five_chains():
    drawing = course_map()
    svg = drawing.svg()
    for chapter in ("01", "02", "03", "04", "05", "06"):
        assert chapter in svg
    assert [line.split(",")[0] for line in str(drawing).splitlines()] == [f"chain {n}" for n in range(1, 6)]
    assert "反向传播" in svg


def test_pages_are_signed_in_the_environment_and_a_damaged_one_is_reported(tmp_path):
    """tools/lab.py is a script: it is run with its own Python, on folders of this test."""
    good, damaged = tmp_path / "good.ipynb", tmp_path / "damaged.ipynb"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1", id="one")])
    nbformat.write(notebook, good)
    damaged.write_text("{")
    script = (
        "import runpy; from pathlib import Path; import nbformat; from nbformat.sign import NotebookNotary\n"
        f"lab = runpy.run_path({str(Path(__file__).parents[1] / 'tools/lab.py')!r})\n"
        f"folder = Path({str(tmp_path / 'signatures')!r})\n"
        f"lab['sign']([Path({str(damaged)!r}), Path({str(good)!r})], folder)\n"
        "notary = NotebookNotary(data_dir=str(folder))\n"
        f"print(notary.check_signature(nbformat.read({str(good)!r}, as_version=4)))\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "True"
    assert "damaged.ipynb cannot be read; `git checkout notebooks` brings it back" in result.stderr
