"""The backprop stepper: its pictures, and the widget's callbacks (no browser)."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import ipywidgets
import pytest
from traced_graphs import diamond, everything, line, named

from micrograd_lite import Value, backward_trace, graph
from micrograd_lite.backward_trace import trace
from micrograd_lite.widgets.stepper import BackpropStepper, Scene, stepper_frame

REPO = Path(__file__).resolve().parent.parent
SVG = "{http://www.w3.org/2000/svg}"


def shown(svg):
    return [t.text for t in ET.fromstring(svg).iter(f"{SVG}text") if t.text]


# ---------------------------------------------------------------- pictures


@pytest.mark.parametrize("k", [11, -12, 99])
def test_a_step_that_does_not_exist_is_an_index_error(k):
    with pytest.raises(IndexError, match=rf"there is no step {k}: this graph has steps 0 to 10"):
        stepper_frame(diamond(), k)


def test_words_do_not_depend_on_the_process_or_the_hash_seed():
    program = (
        "import sys; sys.path.insert(0, 'tests'); from test_widgets_stepper import Scene, everything, trace\n"
        "for bug in (None, 'assign', 'no-sort'):\n    r = trace(everything(), bug)\n"
        "    print([r.text(k) for k in range(len(r.steps))], Scene([r]).source)"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"},
            cwd=REPO,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
        ).stdout
        for seed in ("0", "5")
    }
    assert len(outputs) == 1


def test_a_frame_shows_the_step_in_picture_and_words():
    frame = stepper_frame(diamond(), 8)
    bundle, _ = frame._repr_mimebundle_()
    assert set(bundle) == {"image/svg+xml", "text/plain"}
    assert bundle["text/plain"] == frame.outline() == trace(diamond()).text(8) == str(frame)
    texts = shown(frame.svg())
    assert {"▶ d", "×5", "grad 8"} <= set(texts)
    assert "3 + 1 × 5 → 8" in ET.fromstring(frame.svg()).get("aria-label")


def test_what_is_not_computed_yet_is_not_shown():
    texts = shown(stepper_frame(line(), 2).svg())
    assert "▶ e" in texts and texts.count("data ?") == 4 and "data 4" not in texts


def test_the_picture_of_a_bug_shows_the_wrong_number_and_the_right_one():
    assert "grad 26, not 16" in shown(stepper_frame(diamond(), -1, bug="no-sort").svg())


def test_both_arrows_of_a_times_a_carry_their_local_derivative():
    a = Value(3.0, label="a")
    assert shown(stepper_frame(a * a, -2).svg()).count("×3") == 2


def test_a_frame_without_graphviz_is_words_and_a_remedy(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(graph.metadata, "files", lambda _: None)
    bundle, _ = stepper_frame(diamond(), 8)._repr_mimebundle_()
    assert "Graphviz is missing" in bundle["text/html"] and "3 + 1 × 5 → 8" in bundle["text/plain"]
    stepper = BackpropStepper(diamond(), step=8)
    assert "Graphviz is missing" in stepper.picture.value and "3 + 1 × 5 → 8" in stepper.picture.value
    stepper.next.click()
    assert "0 + 8 × 2 → 16" in stepper.picture.value


def test_labels_are_escaped_in_picture_and_explanation():
    a = Value(1.0, label='<script>alert("梯度")</script>')
    stepper = BackpropStepper(named(a * 2, "<b>y</b>"), step=3)
    for html in (stepper.picture.value, stepper.explanation.value):
        assert "<script>" not in html and "<b>y" not in html and "梯度" in html
    ET.fromstring(stepper_frame(a * 2, 1).svg())


# ---------------------------------------------------------------- the widget


def state(stepper):
    return stepper.k, stepper.picture.value, stepper.explanation.value


def test_forward_and_back_meet_the_same_states():
    stepper = BackpropStepper(diamond())
    there = [state(stepper)]
    for _ in range(stepper.slider.max):
        stepper.next.click()
        there.append(state(stepper))
    assert len({s[1] for s in there}) == 11
    back = [state(stepper)]
    for _ in range(stepper.slider.max):
        stepper.previous.click()
        back.append(state(stepper))
    assert there == back[::-1]


def test_a_jump_shows_what_walking_shows():
    walker, jumper = BackpropStepper(line()), BackpropStepper(line())
    for _ in range(9):
        walker.next.click()
    jumper.slider.value = 11
    jumper.slider.value = 9
    assert state(walker) == state(jumper)


def test_the_widget_shows_the_static_frame():
    stepper = BackpropStepper(diamond(), step=8)
    assert stepper.explanation.value.count("<tr>") == 2
    plain = stepper_frame(diamond(), 8)
    assert shown(plain.svg()) == shown(
        stepper.picture.value[stepper.picture.value.index("<svg") :].split("</div>")[0]
    )


def test_first_last_and_the_ends():
    stepper = BackpropStepper(diamond())
    stepper.previous.click()
    assert stepper.k == 0
    stepper.last.click()
    assert stepper.k == 10
    stepper.next.click()
    assert stepper.k == 10
    stepper.first.click()
    assert stepper.k == 0


def test_play_ticks_move_the_slider_and_buttons_move_play():
    stepper = BackpropStepper(diamond())
    for tick in (1, 2, 3):
        stepper.ticker.value = tick  # what the browser sends
        assert stepper.k == stepper.slider.value == tick and f"Step {tick} of 10" in stepper.explanation.value
    stepper.next.click()
    assert stepper.ticker.value == 4
    stepper.speed.value = 500
    assert stepper.ticker.interval == 500


def test_the_play_button_starts_and_stops_the_ticker_and_says_which():
    stepper = BackpropStepper(diamond(), step=3)
    stepper.play.value = True
    assert stepper.ticker.playing and stepper.play.description == "Pause" and stepper.k == 3
    stepper.ticker.playing = False  # what the browser sends at the last step
    assert not stepper.play.value and stepper.play.description == "Play"
    stepper.last.click()
    stepper.play.value = True  # from the end it starts again
    assert stepper.k == 0


def test_graphviz_is_asked_once_for_all_steps_and_all_bugs(monkeypatch):
    calls = []
    real = graph.layout
    monkeypatch.setattr("micrograd_lite.widgets.stepper.layout", lambda s: calls.append(s) or real(s))
    stepper = BackpropStepper(diamond())
    for bug in backward_trace.BUGS:
        stepper.what_if.value = bug or "correct"
        for k in range(stepper.slider.max + 1):
            stepper.go(k)
    assert len(calls) == 1


def test_the_switch_shows_the_same_graph_with_the_bug():
    stepper = BackpropStepper(diamond())
    stepper.last.click()
    assert ">grad 16<" in stepper.picture.value and ">grad 26" not in stepper.picture.value
    stepper.what_if.value = "no-sort"
    assert stepper.slider.max == 11  # one visit more
    stepper.last.click()
    assert "grad 26, not 16" in stepper.picture.value and "a: 26, right is 16" in stepper.explanation.value
    stepper.slider.value = 8
    assert "Here the numbers part:" in stepper.explanation.value
    stepper.last.click()
    stepper.what_if.value = "correct"
    assert stepper.k == 10 and "every gradient is there" in stepper.explanation.value
    assert state(stepper) == state(BackpropStepper(diamond(), step=10))


def test_the_switch_can_be_set_from_the_start():
    stepper = BackpropStepper(diamond(), step=8, bug="assign")
    assert "throws away" in stepper.explanation.value and stepper.trace.bug == "assign"


def test_a_prediction_is_asked_before_the_gradient_is_shown_and_judged():
    stepper = BackpropStepper(diamond(), step=7)
    assert stepper.question.children == ()
    stepper.predict.value = True
    assert [name for name, _ in stepper.asked.options] == ["b"]
    assert "grad 8" not in stepper.picture.value
    stepper.answer.value = "3"
    assert "only the path through c" in stepper.verdict.value and "✗" in stepper.verdict.value
    stepper.answer.value = "8"
    assert "✓ Right" in stepper.verdict.value
    stepper.check.click()
    assert "✓ Right" in stepper.verdict.value
    stepper.next.click()
    assert "grad 8" in stepper.picture.value
    assert (stepper.answer.value, stepper.verdict.value) == ("", "")
    assert [name for name, _ in stepper.asked.options] == ["a"]


def test_predict_mode_says_why_there_is_no_question():
    def hint(stepper):
        return stepper.question.children[0].value

    stepper = BackpropStepper(diamond())
    stepper.predict.value = True
    assert "Predictions start with the backward pass, at step 5" in hint(stepper)
    stepper.go(6)
    assert "another path is still to come" in hint(stepper)
    for k in (9, 10):
        stepper.go(k)
        assert "nothing is left to predict" in hint(stepper)
    stepper.what_if.value = "assign"
    assert "Predictions are for the correct run" in hint(stepper)
    stepper.predict.value = False
    assert stepper.question.children == ()


def test_several_gradients_of_one_step_can_be_asked_for():
    stepper = BackpropStepper(line(), step=8)
    stepper.predict.value = True
    assert [name for name, _ in stepper.asked.options] == ["e", "c"]
    stepper.answer.value = "-2"
    assert "✓" in stepper.verdict.value
    stepper.asked.value = stepper.asked.options[1][1]
    assert (stepper.answer.value, stepper.verdict.value) == ("", "")


def test_the_question_of_the_seed_is_the_result_itself():
    stepper = BackpropStepper(diamond(), step=4)
    stepper.predict.value = True
    assert [name for name, _ in stepper.asked.options] == ["e"]


def test_controls_are_labelled():
    stepper = BackpropStepper(diamond())
    buttons = (stepper.first, stepper.previous, stepper.next, stepper.last, stepper.play, stepper.check)
    assert all(b.description and b.tooltip for b in buttons)
    others = (stepper.slider, stepper.speed, stepper.what_if, stepper.predict, stepper.asked, stepper.answer)
    assert all(w.description and w.tooltip for w in others)
    assert 'role="img"' in stepper.picture.value
    assert all("micrograd-lite-says" in w._dom_classes for w in (stepper.explanation, stepper.verdict))
    assert isinstance(stepper, ipywidgets.VBox)


def test_the_widget_in_words_has_no_address_and_no_html():
    assert (
        repr(BackpropStepper(diamond())) == "BackpropStepper(step 0 of 10; correct: += and topological order)"
    )


@pytest.mark.parametrize("step", [-12, 11, 1.5, "3", True])
def test_a_first_step_that_does_not_exist_is_refused(step):
    with pytest.raises((IndexError, TypeError), match="step"):
        BackpropStepper(diamond(), step=step)


def test_boxes_are_wide_enough_for_every_number_they_will_show():
    runs = [trace(diamond(), bug) for bug in backward_trace.BUGS]
    assert "grad 26, not 16" in Scene(runs).source


@pytest.mark.parametrize("bug", ["no_sort", True])
def test_an_unknown_bug_and_something_else_than_a_value_are_told(bug):
    with pytest.raises(ValueError, match="bug is None, 'assign' or 'no-sort', got"):
        BackpropStepper(diamond(), bug=bug)
    with pytest.raises(TypeError, match="expects one Value, got int: 3"):
        BackpropStepper(3)


def test_the_graph_is_left_as_it_was():
    value = everything()
    value.backward()
    before = [(n.value.data, n.value.grad, n.value.label, n.value._prev) for n in graph.nodes_of(value)]
    BackpropStepper(value).last.click()
    after = [(n.value.data, n.value.grad, n.value.label, n.value._prev) for n in graph.nodes_of(value)]
    assert before == after
