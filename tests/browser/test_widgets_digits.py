"""Pad and browser of digits in a browser: a digit drawn with mouse and keys, and the mistakes one by one."""

import re

import pytest
from jupyterlab_page import drag, press, slider
from playwright.sync_api import expect

PAGE = "05_pytorch"


@pytest.fixture
def pad(run_page):
    """The pad, empty."""
    cell = run_page(PAGE).show("pad-widget")
    press(cell, "Clear")
    expect(cell.get_by_role("status")).to_have_text("Draw a digit.")
    return cell


@pytest.fixture
def browser(run_page):
    """The browser of mistakes, at its first picture."""
    cell = run_page(PAGE).show("browser-widget")
    cell.get_by_label("Digit").select_option("any")
    cell.get_by_label("Show").select_option("mistakes")
    slider(cell, "Number")[0].press("Home")
    expect(cell.get_by_role("status")).to_contain_text("Number 1 of")
    return cell


def canvas(pad):
    return pad.get_by_role("application", name="Draw a digit here")


def draw(pad, *points):
    """One stroke with the mouse, through points in 0..1 of the pad."""
    canvas(pad).scroll_into_view_if_needed()
    box, mouse = canvas(pad).bounding_box(), pad.page.mouse
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    mouse.move(*places[0])
    mouse.down()
    for place in places[1:]:
        mouse.move(*place, steps=6)
    mouse.up()


def top_bar(pad):
    return pad.locator(".pad-bars .pad-top")


RING = [(0.5, 0.1), (0.3, 0.25), (0.25, 0.5), (0.3, 0.75), (0.5, 0.9), (0.7, 0.75), (0.75, 0.5), (0.7, 0.25)]


def test_a_1_and_a_0_with_the_mouse(run_page, pad):
    says = pad.get_by_role("status")
    assert top_bar(pad).count() == 0
    draw(pad, (0.5, 0.1), (0.5, 0.9))
    expect(says).to_contain_text(re.compile(r"^Looks like 1 \("))
    expect(top_bar(pad)).to_have_text(re.compile(r"^1:.*%.*◀"))
    run_page(PAGE).screenshot("pad-1")
    press(pad, "Clear")
    expect(says).to_have_text("Draw a digit.")
    expect(top_bar(pad)).to_have_count(0)
    draw(pad, *RING, RING[0])
    expect(says).to_contain_text(re.compile(r"^Looks like 0 \("))
    expect(says).not_to_have_attribute("aria-busy", "true")
    run_page(PAGE).screenshot("pad-0")
    press(pad, "Undo")
    expect(says).to_have_text("Draw a digit.")


def test_the_sentence_changes_while_the_mouse_is_down(pad):
    canvas(pad).scroll_into_view_if_needed()
    box, mouse = canvas(pad).bounding_box(), pad.page.mouse
    mouse.move(box["x"] + 140, box["y"] + 30)
    mouse.down()
    mouse.move(box["x"] + 140, box["y"] + 240, steps=5)
    expect(pad.get_by_role("status")).to_contain_text("Looks like")
    mouse.up()


def test_a_digit_with_the_keyboard_alone(run_page, pad):
    says, keyboard = pad.get_by_role("status"), pad.page.keyboard
    canvas(pad).focus()
    keyboard.press("Space")
    expect(pad.get_by_text("Pen down,")).to_be_visible()
    for _ in range(12):
        keyboard.press("ArrowDown")
    keyboard.press("Space")
    expect(pad.get_by_text("Pen up:")).to_be_visible()
    expect(says).to_contain_text("Looks like 1")
    expect(canvas(pad)).to_be_focused()  # JupyterLab did not take the keys for its own
    run_page(PAGE).screenshot("pad-keyboard")
    with_one_stroke = says.text_content()
    keyboard.press("ArrowLeft")  # the pen is up: nothing is drawn
    keyboard.press("Space")
    keyboard.press("ArrowRight")
    for _ in range(5):
        keyboard.press("ArrowLeft")
    expect(says).not_to_have_text(with_one_stroke)
    keyboard.press("Backspace")
    expect(says).to_have_text(with_one_stroke)
    keyboard.press("Delete")
    expect(says).to_have_text("Draw a digit.")
    keyboard.press("Backspace")
    expect(says).to_have_text(with_one_stroke)  # a drawing cleared by mistake comes back
    keyboard.press("Escape")
    expect(canvas(pad)).not_to_be_focused()
    expect(says).to_have_text(with_one_stroke)


def test_a_stroke_ends_at_the_border_of_the_pad(pad):
    says = pad.get_by_role("status")
    draw(pad, (0.5, 0.1), (0.5, 0.9))
    expect(says).to_contain_text("Looks like 1")
    press(pad, "Clear")
    draw(pad, (0.5, 0.1), (0.5, 1.15), (1.3, 1.2), (1.3, 0.3))
    expect(says).to_contain_text("Looks like 1")


def test_after_the_mouse_the_keys_are_the_pages(pad):
    draw(pad, (0.5, 0.1), (0.5, 0.9))
    expect(pad.get_by_role("status")).to_contain_text("Looks like 1")
    expect(canvas(pad)).to_be_focused()
    pad.page.keyboard.press("ArrowDown")
    expect(canvas(pad)).not_to_be_focused()  # JupyterLab went to the next cell


def test_after_the_mouse_enter_gives_the_keys_to_the_pad(pad):
    draw(pad, (0.5, 0.1), (0.5, 0.9))
    pad.page.keyboard.press("Enter")
    pad.page.keyboard.press("Space")
    expect(pad.get_by_text("Pen down,")).to_be_visible()


def test_tab_leaves_the_pad(pad):
    canvas(pad).focus()
    pad.page.keyboard.press("Tab")
    expect(pad.get_by_role("button", name="Undo")).to_be_focused()


def test_keys_in_the_pad_leave_the_notebook_alone(run_page, pad):
    page = run_page(PAGE)
    before = [(cell["id"], cell["cell_type"]) for cell in page.cells()]
    canvas(pad).focus()
    for key in ("Space", "ArrowUp", "ArrowDown", "Backspace", "Delete", "x", "d", "d", "b", "m"):
        pad.page.keyboard.press(key)
    expect(canvas(pad)).to_be_focused()
    assert [(cell["id"], cell["cell_type"]) for cell in page.cells()] == before


def test_the_browser_turns_pages(browser):
    status, (handle, readout) = browser.get_by_role("status"), slider(browser, "Number")
    picture = browser.locator("img")
    first = picture.get_attribute("alt")
    assert "A mistake." in first and "most confident first" in first
    press(browser, "Next")
    expect(status).to_contain_text("Number 2 of")
    expect(picture).not_to_have_attribute("alt", first)
    handle.press("ArrowRight")
    expect(readout).to_have_text("3")
    press(browser, "Previous")
    expect(status).to_contain_text("Number 2 of")
    drag(handle, to=0.0)
    expect(picture).to_have_attribute("alt", first)
    expect(browser.get_by_role("button", name="Previous")).to_be_disabled()


def test_the_browser_selects(run_page, browser):
    status, picture = browser.get_by_role("status"), browser.locator("img")
    browser.get_by_label("Show").select_option("all pictures")
    expect(status).to_contain_text("Number 1 of 359: all pictures, most confident first")
    browser.get_by_label("Order").select_option("least confident first")
    expect(status).to_contain_text("least confident first")
    browser.get_by_label("Digit").select_option("3")
    expect(status).to_contain_text("all pictures of a 3")
    expect(picture).to_have_attribute("alt", re.compile("^It is 3"))
    run_page(PAGE).screenshot("digit-browser")
    browser.get_by_label("Order").select_option("most confident first")
