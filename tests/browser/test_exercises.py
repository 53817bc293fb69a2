"""Answers that could hide their verdict or take the kernel down, in a real JupyterLab."""

import pytest
from jupyterlab_page import PATIENCE
from playwright.sync_api import expect

NEEDED = ("import math", "import numpy as np", "from micrograd_lite.exercises import check")


@pytest.fixture(scope="module")
def page(open_window, start_server):
    """The page on the neuron with its imports run, and nothing else, on a server of its own."""
    window = open_window(start_server("lab"), "notebooks/01_neuron.ipynb")
    window.type_source("imports", "\n".join(NEEDED))
    window.run_cell("imports")
    return window


def checked(page, name, source):
    """Type an answer, run it and its check -> what the check's cell says."""
    page.type_source(f"ex-neuron-{name}-stub", source)
    page.run_cell(f"ex-neuron-{name}-stub")
    cell = page.run_cell(f"ex-neuron-{name}-check")
    expect(cell.get_by_role("status")).to_be_visible(timeout=3 * PATIENCE)
    return page.said(f"ex-neuron-{name}-check")


def test_a_loop_that_prints_for_ever_is_stopped_and_its_verdict_arrives(page):
    said = checked(page, "neuron", "def my_neuron(w, x, b):\n    while True:\n        print('z', b)")
    assert "did not finish within 3 seconds" in said
    assert said.count("z 0") < 25 and len(said) < 2000
    page.screenshot("exercise-printing")


@pytest.mark.parametrize("leave", ["exit()", "quit()"])
def test_leaving_is_a_verdict_and_the_kernel_stays(page, leave):
    said = checked(page, "neuron", f"def my_neuron(w, x, b):\n    {leave}")
    assert "SystemExit" in said
    right = "def my_neuron(w, x, b):\n    z = sum(p * q for p, q in zip(w, x, strict=True)) + b\n"
    assert "✓ my_neuron" in checked(page, "neuron", right + "    return 1 / (1 + math.exp(-z))")
