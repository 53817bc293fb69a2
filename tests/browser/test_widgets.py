"""The widgets in a browser, stepper and players above all: pressed, dragged and typed into as a learner does.

What they compute is tested without a browser; here it is that the controls reach the kernel and the answer
the screen.
"""

import re

import pytest
from jupyterlab_page import drag, press, slider
from playwright.sync_api import expect

GRADIENTS = {"a": 16, "b": 8, "c": 1, "d": 1, "e": 1}  # of e = 3b + 5b with b = 2a


@pytest.fixture
def notebook(run_page):
    return run_page("04_micrograd")


@pytest.fixture
def stepper(notebook):
    """The stepper of the diamond, at step 0."""
    cell = notebook.show("stepper-widget")
    press(cell, "First")
    expect(slider(cell, "Step")[1]).to_have_text("0")
    return cell


def explanation(stepper):
    return stepper.get_by_role("status").last


def test_the_steppers_buttons(stepper):
    _, readout = slider(stepper, "Step")
    expect(explanation(stepper)).to_contain_text("Step 0 of 10")
    press(stepper, "Next")
    expect(readout).to_have_text("1")
    expect(explanation(stepper)).to_contain_text("Step 1 of 10")
    press(stepper, "Last")
    expect(explanation(stepper)).to_contain_text("Step 10 of 10")
    press(stepper, "Previous")
    expect(readout).to_have_text("9")
    expect(stepper.get_by_role("img", name=re.compile("^Step 9 of 10"))).to_be_visible()


def test_the_stepper_with_the_keyboard_and_the_mouse(stepper):
    handle, readout = slider(stepper, "Step")
    stepper.get_by_role("button", name="Next").focus()
    stepper.page.keyboard.press("Enter")
    expect(readout).to_have_text("1")
    handle.press("ArrowRight")
    expect(explanation(stepper)).to_contain_text("Step 2 of 10")
    drag(handle, to=1.0)
    expect(explanation(stepper)).to_contain_text("Step 10 of 10")


def test_the_stepper_plays_by_itself_and_pauses(stepper):
    _, readout = slider(stepper, "Step")
    stepper.get_by_label("Speed").select_option("slow")
    press(stepper, "Play")  # from the last step: it starts again
    expect(readout).to_have_text(re.compile("^[1-9]$"))
    press(stepper, "Pause")
    expect(stepper.get_by_role("button", name="Play")).to_be_visible()
    stepper.get_by_label("Speed").select_option("normal")


def test_a_prediction_is_judged(notebook, stepper):
    predict = stepper.get_by_label("Predict first")
    predict.check()
    drag(slider(stepper, "Step")[0], to=0.5)
    expect(explanation(stepper)).to_contain_text("Step 5 of 10")
    notebook.run_cell("derivative-by-hand")  # an answer: the question, too, is that of step 5
    notebook.show("stepper-widget")
    asked = stepper.get_by_label("Gradient of")
    expect(asked).to_be_visible()
    name = asked.evaluate("select => select.selectedOptions[0].text")
    answer, verdict = stepper.get_by_label("is", exact=True), stepper.get_by_role("status").first
    answer.fill(str(-GRADIENTS[name]))
    answer.press("Enter")
    expect(verdict).to_contain_text("✗")
    expect(verdict).to_contain_text("sign")
    answer.fill(str(GRADIENTS[name]))
    press(stepper, "Check")
    expect(verdict).to_contain_text("✓")
    predict.uncheck()
    expect(asked).to_have_count(0)


def test_what_if_shows_the_bug(stepper):
    what_if = stepper.get_by_label("What if")
    what_if.select_option(label="bug: = instead of +=")
    press(stepper, "Last")
    expect(stepper.get_by_role("img")).to_contain_text("not 16")
    what_if.select_option(index=0)
    expect(stepper.get_by_role("img")).not_to_contain_text("not 16")


def test_the_training_player_starts_stops_and_resets(notebook):
    player = notebook.show("moons-player-widget")
    status = player.get_by_role("status")
    expect(status).to_contain_text("Step 0:")
    press(player, "Step")
    expect(status).to_contain_text("Step 1:")
    press(player, "Play")
    expect(status).to_contain_text(re.compile(r"Step ([3-9]|\d\d+):"))
    press(player, "Stop")
    notebook.wait_until_idle()
    notebook.run_cell(
        "derivative-by-hand"
    )  # an answer: the kernel is free, and the player's last word is out
    stopped = status.text_content()  # not inner_text: the cell may be out of sight
    notebook.run_cell("derivative-by-hand")
    expect(status).to_have_text(stopped)
    press(player, "Reset")
    expect(status).to_contain_text("Step 0:")


def test_a_wrong_and_a_right_answer_to_an_exercise(notebook):
    notebook.type_source("ex-micrograd-chain-rule-stub", 'my_gradients = {"a": 4.0, "b": 9.0, "c": 3.0}')
    notebook.run_cell("ex-micrograd-chain-rule-stub")
    verdict = notebook.run_cell("ex-micrograd-chain-rule-check").get_by_role("status")
    expect(verdict).to_contain_text("✗")
    expect(verdict).to_contain_text("one path")
    notebook.type_source("ex-micrograd-chain-rule-stub", 'my_gradients = {"a": -2.0, "b": 9.0, "c": 3.0}')
    notebook.run_cell("ex-micrograd-chain-rule-stub")
    verdict = notebook.run_cell("ex-micrograd-chain-rule-check").get_by_role("status")
    expect(verdict).to_contain_text("✓")
    notebook.screenshot("exercise-solved")


def test_the_quiz_answers(notebook):
    (quiz,) = [
        notebook.show(cell["id"])
        for cell in notebook.cells()
        if cell["source"].startswith('show_quiz("micrograd")')
    ]
    chosen = [
        quiz.locator(".MCButton", has_text=re.compile(text)).first for text in (r"\b2 times", "2000 times")
    ]
    feedback = quiz.locator(".Feedback").first
    chosen[0].click()
    expect(feedback).to_contain_text("The next parameter has to be nudged on its own")
    chosen[1].click()
    expect(feedback).to_contain_text("Yes: two runs for each parameter")
    notebook.screenshot("quiz")


@pytest.mark.parametrize(
    ("page", "cell_id"),
    [
        ("01_neuron", "iris-widget"),
        ("01_neuron", "xor-widget"),
        ("02_activations", "explorer-widget"),
        ("02_activations", "softmax-widget"),
        ("02_activations", "flow-widget"),
        ("03_forward_backward", "descent-widget"),
    ],
)
def test_sliders_move_the_picture(run_page, page, cell_id):
    cell = run_page(page).show(cell_id)
    picture = cell.locator(".jp-OutputArea-output img").first
    before = picture.get_attribute("src")
    expect(cell.get_by_role("slider").first).to_be_visible()
    asleep = "xpath=ancestor::*[@disabled]"  # the slope of Leaky ReLU, while another function is shown
    handles = [
        h for h in cell.get_by_role("slider").all() if h.is_visible() and not h.locator(asleep).count()
    ]
    assert handles
    for handle in handles:
        value = handle.get_attribute("aria-valuetext")
        at_the_end = handle.get_attribute("aria-valuenow") == handle.get_attribute("aria-valuemax")
        handle.press("ArrowLeft" if at_the_end else "ArrowRight")
        expect(handle).not_to_have_attribute("aria-valuetext", value)
    expect(picture).not_to_have_attribute("src", before)


def test_the_boundary_trainer_steps_and_resets(run_page):
    trainer = run_page("03_forward_backward").show("boundary-widget")
    status = trainer.get_by_role("status")
    press(trainer, "Step")
    expect(status).to_contain_text("Step 1:")
    press(trainer, "Reset")
    expect(status).to_contain_text("Step 0:")
