"""Checks that compute with NumPy and PyTorch leave both as found, and judge alike whatever is found."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from micrograd_lite.exercises import check
from micrograd_lite.exercises.as_found import as_found
from micrograd_lite.exercises.exercise import exercises_of
from micrograd_lite.exercises.first_edition import pytorch


def answers_of(chapter):
    path = Path(__file__).resolve().parent / "exercises" / f"{chapter}.py"
    spec = importlib.util.spec_from_file_location(f"answers_{chapter}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ANSWERS = answers_of("pytorch")


def answer(exercise, source):
    if exercise not in pytorch.EXERCISES:
        return exercise.answer_from(source)
    namespace = {}
    exec(ANSWERS.SETUP + source, namespace)
    return namespace[exercise.name]


def right_and_wrong(exercise):
    """-> (right answers, the name of a mistake, an answer that makes it)"""
    if exercise in pytorch.EXERCISES:
        return ANSWERS.RIGHT[exercise.id], *next(iter(ANSWERS.WRONG[exercise.id].items()))
    mistake = exercise.written.mistakes[0]
    return exercise.written.right, mistake.name, mistake.answers[0]


NEW = (*exercises_of("dropout"), *exercises_of("batchnorm"))
EVERY = [pytest.param(e, id=e.id) for e in (*pytorch.EXERCISES, *NEW)]
MEDDLING = """
    import numpy, torch
    numpy.random.seed(99)
    torch.set_default_dtype(torch.float16)
    torch.set_grad_enabled(False)
    torch.manual_seed(99)
    raise ValueError
"""


@pytest.fixture
def settings():
    """PyTorch and NumPy as a page may have them, and a look at them; PyTorch is put back at the end."""
    before = torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_rng_state()
    yield lambda: (
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        torch.get_num_threads(),
        torch.get_rng_state().sum().item(),
        np.random.get_state()[1].tolist(),
        np.random.get_state()[2],
    )
    torch.set_default_dtype(before[0])
    torch.set_grad_enabled(before[1])
    torch.set_rng_state(before[2])


@pytest.mark.parametrize("exercise", EVERY)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("gradients", [True, False])
def test_right_and_wrong_answers_are_told_apart_under_any_settings(exercise, dtype, gradients, settings):
    torch.set_default_dtype(dtype)
    torch.set_grad_enabled(gradients)
    torch.manual_seed(3)
    found = settings()
    right, name, source = right_and_wrong(exercise)
    for each in right:
        assert check(exercise.id, answer(exercise, each), record=False).passed
    assert check(exercise.id, answer(exercise, source), record=False).misconception == name
    assert settings() == found


@pytest.mark.parametrize("exercise", EVERY)
def test_an_answer_that_meddles_with_the_settings_leaves_no_trace(exercise, settings):
    found = settings()
    meddler = answer(exercise, f"def {exercise.name}(*args, **named):{MEDDLING}")
    verdict = check(exercise.id, meddler, record=False)
    assert not verdict.passed and verdict.misconception is None and "ValueError" in verdict.message
    assert settings() == found


def test_a_stowaway_runs_only_where_the_weights_are_not_read_alone():
    right = answer(pytorch.LOAD, ANSWERS.RIGHT["pytorch-load"][0])
    careless = answer(pytorch.LOAD, ANSWERS.WRONG["pytorch-load"]["runs-foreign-code"])
    assert pytorch.observe_load(right, "foreign").error and not pytorch.FOREIGN_CODE
    assert not pytorch.runs_foreign_code(right) and pytorch.runs_foreign_code(careless)


def test_the_file_of_a_gpu_needs_a_map_location(tmp_path):
    path = pytorch.saved({"w": torch.ones(2)}, tmp_path, "weights.pt")
    there = pytorch.saved_on_a_gpu(path)
    assert torch.load(there, weights_only=True, map_location="cpu")["w"].tolist() == [1.0, 1.0]
    with pytest.raises(RuntimeError, match="CUDA"):
        torch.load(there, weights_only=True)


@as_found()
def gradients_of_the_step():
    model, X, y = pytorch.batch_probe()
    torch.nn.functional.cross_entropy(model(X), y).backward()
    return pytorch.true_gradient(), torch.cat([p.grad.flatten() for p in model.parameters()])


def test_the_true_gradient_of_the_step_is_what_autograd_says():
    numeric, exact = gradients_of_the_step()
    assert torch.allclose(numeric, exact, rtol=0, atol=1e-8)


def test_the_first_optimiser_of_a_session_is_made_before_the_answers_time_begins(monkeypatch):
    made = []
    monkeypatch.setattr(torch.optim, "SGD", lambda *args, **named: made.append(args))
    for exercise in (pytorch.LINEAR, pytorch.STEP):
        monkeypatch.delitem(exercise.__dict__, "untouched", raising=False)
        assert callable(exercise.untouched) and len(made) == exercise.with_optimiser
