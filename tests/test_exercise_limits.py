"""What an answer may do while it is checked: nothing hides the verdict or ends the kernel."""

import builtins
import sys
import time

import nbformat
import numpy as np
import pytest
import torch
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from test_exercise_files import MIDDLE, exercise, middle

from micrograd_lite import Value
from micrograd_lite.exercises import limits
from micrograd_lite.exercises.guard import Guard
from micrograd_lite.exercises.judging import judge
from micrograd_lite.exercises.looking import Wrong, as_number, expect, modes


@pytest.fixture
def halfway(monkeypatch):
    monkeypatch.setattr(limits, "SECONDS", 0.3)
    return exercise(MIDDLE, middle)


# ---------------------------------------------------------------- what is printed


def test_twenty_lines_are_shown_and_the_rest_is_counted(halfway, capsys):
    def answer(a, b):
        for i in range(1000):
            print("line", i)
        return (a + b) / 2

    assert judge(halfway, answer).passed
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 21 and lines[19] == "line 19"
    assert lines[20] == "… and more: lines left out: 1,980."  # the answer was called twice


def test_one_endless_line_is_cut(halfway, capsys):
    judge(halfway, lambda a, b: print("x" * 1_000_000, end="") or (a + b) / 2)
    assert len(capsys.readouterr().out) < limits.LETTERS + 100


def test_what_is_written_to_stderr_is_limited_too(halfway, capsys):
    judge(halfway, lambda a, b: [print(i, file=sys.stderr) for i in range(100)] and (a + b) / 2)
    assert len(capsys.readouterr().err.splitlines()) == 21


def test_a_loop_that_prints_for_ever_ends_with_a_verdict(halfway, capsys):
    def answer(a, b):
        while True:
            print("again")

    assert "did not finish within 0.3 seconds" in judge(halfway, answer).message
    assert len(capsys.readouterr().out.splitlines()) == 21


# ---------------------------------------------------------------- exit, input, errors


@pytest.mark.parametrize("leave", ["exit()", "quit()", "exit(3)", "sys.exit()"])
def test_an_exit_is_a_verdict(halfway, leave):
    verdict = judge(halfway, halfway.answer_from(f"import sys\ndef my_middle(a, b):\n    {leave}"))
    assert not verdict.passed and "SystemExit" in verdict.message
    assert builtins.exit is not limits.refuse_to_exit


def test_waiting_for_input_costs_no_time(halfway, monkeypatch):
    def slow(prompt=""):
        time.sleep(0.5)
        return "2"

    monkeypatch.setattr(builtins, "input", slow)
    assert judge(halfway, lambda a, b: (a + b) / float(input("by what? "))).passed
    assert builtins.input is slow


def test_an_error_whose_text_fails_is_a_verdict(halfway):
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError

    def answer(a, b):
        raise Mute

    assert "Mute: (its text cannot be read)" in judge(halfway, answer).message


def test_an_answer_whose_repr_fails_is_a_verdict(halfway):
    class Mute:
        def __repr__(self):
            raise RuntimeError

    assert "wants my_middle itself, got a Mute" in judge(halfway, Mute()).message


def test_in_a_kernel_the_verdict_comes_through_and_the_kernel_lives():
    setup = """
from test_exercise_files import MIDDLE, exercise, middle
from micrograd_lite.exercises import limits
from micrograd_lite.exercises.judging import judge
from micrograd_lite.exercises.verdict import show
limits.SECONDS = 0.5
e = exercise(MIDDLE, middle)
def check(answer): show(judge(e, answer))
"""
    sources = [
        setup,
        "def endless(a, b):\n    while True: print('again')\ncheck(endless)",
        "def leave(a, b):\n    exit()\ncheck(leave)",
        "def leave(a, b):\n    quit()\ncheck(leave)",
        "def many(a, b):\n    for i in range(40): display(i)\n    return (a + b) / 2",
        "check(many)",
        "display('still here')",
    ]
    page = new_notebook(cells=[new_code_cell(source) for source in sources])
    nbformat.validate(page)
    here = {"metadata": {"path": str(__import__("pathlib").Path(__file__).parent)}}
    NotebookClient(page, timeout=60, kernel_name="python3", resources=here).execute()
    said = ["".join(o.get("text") or o.data["text/plain"] for o in cell.outputs) for cell in page.cells]
    assert said[1].count("again") == limits.LINES and "did not finish within 0.5 seconds" in said[1]
    assert len(said[1]) < 1000
    assert "SystemExit" in said[2] and "SystemExit" in said[3]
    assert len(page.cells[5].outputs) == limits.PICTURES + 1 and "✓" in said[5]
    assert said[6] == "'still here'"


# ---------------------------------------------------------------- what an answer is given


def changed_by(answer, *arguments):
    guard = Guard()
    guard.watching(answer)(*arguments)
    return guard.changed


def set_first(x):
    x[0] = 7


@pytest.mark.parametrize(
    "given",
    [
        np.zeros(3),
        [0.0, 1.0],
        {0: 1},
        torch.zeros(2),
        [np.zeros(2)],
        {"a": [1]},
        {1, 2},
        Value(1.0),
        ([1, 2],),
    ],
    ids=lambda x: type(x).__name__,
)
def test_data_that_is_changed_is_noticed_and_data_that_is_not_is_none(given):
    def change(values):
        if isinstance(values, Value):
            values.data += 1
        elif isinstance(values, set):
            values.add(9)
        elif isinstance(values, dict) and "a" in values:
            values["a"].append(2)
        elif isinstance(values, (list, tuple)) and not isinstance(values[0], float):
            set_first(values[0])
        else:
            set_first(values)

    assert changed_by(lambda values: str(values), given) == ""
    assert changed_by(change, given) == "`values`"


def test_a_gradient_that_is_left_on_a_value_is_a_change():
    assert changed_by(lambda x: (2 * x).backward(), Value(1.0)) == "`x`"
    assert changed_by(lambda x: 2 * x, Value(1.0)) == ""


def test_a_resized_list_and_another_type_of_numbers_are_changes():
    assert changed_by(lambda xs: xs.append(1), [1])
    assert changed_by(lambda xs: xs.sort(), [2, 1])
    assert not changed_by(lambda xs: sorted(xs), [2, float("nan"), 1])


def test_methods_of_a_class_are_watched_and_the_class_stays_itself():
    class Layer(torch.nn.Module):
        def __init__(self, sizes):
            super().__init__()
            self.sizes = sizes

        def forward(self, x):
            return x.mul_(2)

        def quiet(self, x):
            return self.forward(x.clone())

    guard = Guard()
    watched = guard.watching(Layer)
    layer = watched([1, 2])
    assert isinstance(layer, Layer) and watched.__name__ == "Layer" and Guard.inside(watched) is Layer
    layer.quiet(torch.ones(2))
    assert guard.changed == ""
    layer(torch.ones(2))
    assert guard.changed == "`x`"


def test_parameters_may_change_and_so_may_what_a_given_function_changes_of_its_own():
    weights = torch.nn.Parameter(torch.zeros(2))

    def train(w):
        w.data += 1

    assert changed_by(train, weights) == ""


# ---------------------------------------------------------------- numbers and modes


NUMBERS = [1, np.float32(1.0), np.int8(1), np.array(1.0), np.array(1), torch.tensor(1.0), torch.tensor(1)]


@pytest.mark.parametrize("number", [*NUMBERS, Value(1.0), torch.ones((), requires_grad=True)], ids=repr)
def test_whatever_is_one_number_counts_as_one(number):
    assert as_number(number, "x") == 1.0


@pytest.mark.parametrize(
    "thing",
    [True, np.True_, torch.tensor(True), np.ones(1), torch.ones(1), torch.ones((), device="meta"), "1", 1j],
    ids=repr,
)
def test_what_is_not_one_number_is_told(thing):
    with pytest.raises(Wrong, match="x should be a number, and is"):
        as_number(thing, "x")


def test_a_number_that_is_almost_right_is_told_with_the_digits_that_differ():
    with pytest.raises(Wrong, match=r"should be 1, and is 1\.00002\. It is close"):
        expect(1.00002, 1.0, "x")
    with pytest.raises(Wrong, match="Your result is float32"):
        expect(np.float32(0.1), 0.1, "x", 1e-9)


def test_the_modes_of_a_model_are_those_of_all_its_parts():
    model = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.Dropout())
    model.training = False
    assert modes(model) == [("", False), ("0", True), ("1", True)]
