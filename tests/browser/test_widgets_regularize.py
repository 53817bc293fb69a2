"""Dropout and BatchNorm in a browser: every control reaches the kernel, and the answer the screen."""

import re

import pytest
from jupyterlab_page import drag, press, slider
from playwright.sync_api import expect


@pytest.fixture
def notebook(run_page):
    return run_page("06_dropout_batchnorm")


def changed(cell, act):
    """Do something to a widget, and wait until its picture is another one."""
    picture = cell.locator(".jp-OutputArea-output img")
    before = picture.get_attribute("src")
    act()
    expect(picture).not_to_have_attribute("src", before)


def test_dropout_follows_rate_layer_mask_and_mode(notebook):
    cell = notebook.show("dropout-widget")
    status, rate = cell.get_by_role("status"), slider(cell, "Rate p")
    expect(status).to_contain_text("Training, p = 0.5 on hidden layer 1")
    changed(cell, lambda: drag(rate[0], to=1.0))
    expect(rate[1]).to_have_text("0.90")
    expect(status).to_contain_text("p = 0.9 on hidden layer 1")
    changed(cell, lambda: slider(cell, "Masks")[0].press("ArrowRight"))
    expect(status).to_contain_text("of 300 masks")
    changed(cell, lambda: press(cell, "New mask"))
    changed(cell, lambda: cell.get_by_label("Layer").select_option("the input"))
    expect(status).to_contain_text("p = 0.9 on the input")
    notebook.screenshot("dropout")
    changed(cell, lambda: cell.get_by_label("Mode").select_option("eval"))
    expect(status).to_contain_text("Evaluation: 0 of 64 units dropped")
    expect(cell.get_by_role("img", name=re.compile("^Evaluation: 0 of 64"))).to_be_visible()


def test_batchnorm_follows_its_controls(notebook):
    cell = notebook.show("batchnorm-widget")
    status = cell.get_by_role("status")
    expect(status).to_contain_text("after: mean 0.00, variance 1.00")
    changed(cell, lambda: drag(slider(cell, "β")[0], to=1.0))
    expect(status).to_contain_text("after: mean 3.00, variance 1.00")
    changed(cell, lambda: drag(slider(cell, "γ")[0], to=0.0))
    expect(status).to_contain_text("after: mean 3.00, variance 0.00")
    for label in ("Input shift", "Input scale", "Batches"):
        changed(cell, lambda label=label: drag(slider(cell, label)[0], to=0.8))
    changed(cell, lambda: slider(cell, "Batch size")[0].press("ArrowLeft"))
    expect(status).to_contain_text("this batch of 16")
    changed(cell, lambda: press(cell, "New batches"))
    notebook.screenshot("batchnorm")
    changed(cell, lambda: cell.get_by_label("Mode").select_option("eval"))
    expect(status).to_contain_text("Evaluation: normalised with the running mean and variance of 80 batches")
    expect(cell.get_by_role("img", name=re.compile("^Evaluation: normalised"))).to_be_visible()
