"""The exercises on Dropout and Batch Normalization.

The right answers are held against PyTorch, central differences, or numbers worked out on paper.
"""

import copy
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from micrograd_lite.exercises import exercises, written
from micrograd_lite.exercises.as_found import as_found
from micrograd_lite.exercises.dropout.probes import about
from micrograd_lite.exercises.judging import judge
from micrograd_lite.exercises.looking import modes, slopes


@pytest.fixture(autouse=True)
def settings():
    with as_found():
        yield


def right(id):
    exercise = exercises()[id]
    return [
        pytest.param(exercise.answer_from(source), id=f"{id}-{i}")
        for i, source in enumerate(exercise.written.right)
    ]


# ---------------------------------------------------------------- right answers, by an independent witness


@pytest.mark.parametrize("my_dropout", right("dropout-dropout"))
@pytest.mark.parametrize("p", [0.1, 0.6])
def test_dropout_is_distributed_as_that_of_pytorch(my_dropout, p):
    A = np.random.default_rng(1).normal(size=(300, 100))
    mine = np.asarray(my_dropout(A.copy(), p, True, np.random.default_rng(2)))
    theirs = nn.Dropout(p)(torch.tensor(A)).numpy()
    assert np.allclose(mine[mine != 0] / A[mine != 0], theirs[theirs != 0][0] / A[theirs != 0][0])
    assert abs((mine == 0).mean() - (theirs == 0).mean()) < 0.02
    assert abs(np.corrcoef(mine[0] == 0, mine[1] == 0)[0, 1]) < 0.5
    assert np.array_equal(my_dropout(A.copy(), p, False, np.random.default_rng(2)), A)


@pytest.mark.parametrize("MyDropout", right("dropout-layer"))
def test_the_gradient_of_the_layer_is_the_slope_of_its_forward(MyDropout):
    A, d = np.random.default_rng(3).normal(size=(2, 4, 5))
    A[0] = 0.0  # as behind a ReLU

    for train in (True, False):

        def loss(train=train):
            return (d * MyDropout(0.4, np.random.default_rng(4)).forward(A, train)).sum()

        layer = MyDropout(0.4, np.random.default_rng(4))
        layer.forward(A, train)
        assert np.allclose(layer.backward(d), slopes(loss, [A])[0])


@pytest.mark.parametrize("my_step", right("dropout-decay"))
def test_the_step_is_that_of_pytorch(my_step):
    w, g = np.random.default_rng(5).normal(size=(2, 6))
    p = torch.tensor(w, requires_grad=True)
    p.grad = torch.tensor(g)
    torch.optim.SGD([p], lr=0.07, weight_decay=0.3).step()
    assert np.allclose(my_step(w.copy(), g.copy(), 0.07, 0.3), p.detach())


@pytest.mark.parametrize("my_fit", right("dropout-early-stopping"))
def test_early_stopping_goes_through_the_example_of_the_page(my_fit):
    losses, epochs, weights = [5, 4, 6, 6.5, 4.5, 1], [], np.zeros(1)

    def train_epoch(weights):
        epochs.append(len(epochs) + 1)
        weights += 1
        return 0.0

    best, epoch = my_fit(weights, train_epoch, lambda w: losses[int(w[0]) - 1] if w[0] else 9, 3, 6)
    assert (epochs, list(best), epoch) == ([1, 2, 3, 4, 5], [2.0], 2)


@pytest.mark.parametrize("my_predict", right("dropout-predict"))
@pytest.mark.parametrize("train", [True, False])
def test_predict_is_what_a_copy_in_evaluation_says(my_predict, train):
    model = nn.Sequential(
        nn.Linear(3, 6), nn.BatchNorm1d(6), nn.Sequential(nn.ReLU(), nn.Dropout(0.7)), nn.Linear(6, 4)
    )
    model(torch.randn(50, 3) * 3)  # moves the running statistics
    model.train(train)
    X, other = torch.randn(9, 3) * 3, copy.deepcopy(model).eval()
    found = my_predict(model, X)
    assert list(found) == [int(scores.max(0).indices) for scores in other(X)]
    assert modes(model) == dict.fromkeys(modes(model), train)
    assert all(torch.equal(a, b) for a, b in zip(model.buffers(), other.buffers(), strict=True))


@pytest.mark.parametrize("my_network", right("dropout-network"))
def test_the_network_computes_what_its_parameters_say_on_paper(my_network):
    net = my_network(0.25)
    linear = [part for part in net.modules() if isinstance(part, nn.Linear)]
    norms = [part for part in net.modules() if isinstance(part, nn.BatchNorm1d)]
    if norms[0].num_features != 256:  # in the order in which they are made
        norms.reverse()
    linear.sort(key=lambda layer: -layer.in_features)
    with torch.no_grad():
        for norm in norms:
            for tensor in (norm.weight, norm.bias, norm.running_mean):
                tensor.uniform_(-1, 1)
            norm.running_var.uniform_(0.5, 2)
    X = torch.randn(4, 1, 28, 28, dtype=linear[0].weight.dtype)
    z = X.reshape(4, 784)
    for layer, norm in zip(linear, norms, strict=False):
        z = z @ layer.weight.T
        z = norm.weight * (z - norm.running_mean) / torch.sqrt(norm.running_var + norm.eps) + norm.bias
        z = z * (z > 0)
    expected = z @ linear[2].weight.T + linear[2].bias
    net.eval()
    assert torch.allclose(net(X), expected, atol=1e-5)
    assert torch.allclose(net(X.flatten(1)), expected, atol=1e-5)
    assert (
        sum(p.numel() for p in net.parameters()) == 784 * 256 + 2 * 256 + 256 * 128 + 2 * 128 + 128 * 10 + 10
    )


@pytest.mark.parametrize("my_batchnorm", right("batchnorm-batchnorm"))
@pytest.mark.parametrize("eps", [1e-5, 0.3])
def test_batchnorm_is_that_of_pytorch(my_batchnorm, eps):
    X, (gamma, beta) = (
        np.random.default_rng(6).normal(2, 3, (5, 3)),
        np.random.default_rng(7).normal(size=(2, 3)),
    )
    norm = nn.BatchNorm1d(3, eps=eps)
    with torch.no_grad():
        norm.weight.copy_(torch.tensor(gamma))
        norm.bias.copy_(torch.tensor(beta))
    assert np.allclose(my_batchnorm(X.copy(), gamma, beta, eps), norm(torch.tensor(X)).detach())


@pytest.mark.parametrize("MyBatchNorm", right("batchnorm-running"))
def test_running_statistics_are_those_of_pytorch(MyBatchNorm):
    mine, theirs = (
        MyBatchNorm(3, momentum=0.4, eps=0.01),
        nn.BatchNorm1d(3, momentum=0.4, eps=0.01, affine=False),
    )
    draws = np.random.default_rng(8)
    for train in (True, True, False, True, False):
        X = draws.normal(1, 2, (5, 3))
        assert np.allclose(mine.forward(X.copy(), train), theirs.train(train)(torch.tensor(X)))
        assert np.allclose(mine.running_mean, theirs.running_mean)
        assert np.allclose(mine.running_var, theirs.running_var)


@pytest.mark.parametrize("my_fold", right("batchnorm-fold"))
def test_one_layer_does_what_the_two_of_pytorch_do(my_fold):
    linear, norm, X = nn.Linear(4, 3), nn.BatchNorm1d(3, eps=0.02), torch.randn(6, 4)
    with torch.no_grad():
        for tensor in (norm.weight, norm.bias, norm.running_mean):
            tensor.uniform_(-2, 2)
        norm.running_var.uniform_(0.1, 3)
    both = nn.Sequential(linear, norm).eval()
    parts = linear.weight.T, linear.bias, norm.weight, norm.bias, norm.running_mean, norm.running_var
    W, b = my_fold(*(part.detach().numpy().copy() for part in parts), 0.02)
    assert np.allclose(X.numpy() @ W + b, both(X).detach())


@pytest.mark.parametrize("my_batchnorm_backward", right("batchnorm-backward"))
def test_the_way_back_passes_the_gradient_check(my_batchnorm_backward):
    draws = np.random.default_rng(9)
    dY, X, gamma, beta = (
        draws.normal(size=(6, 2)),
        draws.normal(size=(6, 2)),
        np.array([0.7, -2.0]),
        np.zeros(2),
    )

    def loss():
        return np.sum(dY * (gamma * (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0) + 0.2) + beta))

    for mine, slope in zip(
        my_batchnorm_backward(dY, X, gamma, 0.2), slopes(loss, (X, gamma, beta)), strict=True
    ):
        assert np.allclose(mine, slope, atol=1e-8)


# ---------------------------------------------------------------- answers that no exercise's file has


def others():
    text = (Path(__file__).parent / "exercises" / "dropout.md").read_text(encoding="utf-8")
    for part in re.split("^# ", text, flags=re.M)[1:]:
        id, *answers = re.split("^## ", part.strip(), flags=re.M)
        exercise = exercises()[id.strip()]
        for said, source in (answer.split("\n", 1) for answer in answers):
            for i, code in enumerate(written._answers(source)):
                code = written._changed(exercise.written.right[0], code, id)
                yield pytest.param(exercise, code, said, id=f"{exercise.id}: {said} {i}")


@pytest.mark.parametrize(("exercise", "source", "said"), [*others()])
def test_another_answer_is_told_what_is_wrong_with_it_or_passes(exercise, source, said):
    verdict = judge(exercise, exercise.answer_from(source))
    assert said in verdict.text and verdict.passed == (said == "✓"), verdict


def test_a_share_of_draws_is_near_to_its_probability_or_not():
    assert about(0.21, 0.2, 10_000) == 0.2 and about(0.23, 0.2, 10_000) == 0.23
    assert about(0.0, 0.0, 100) == 0.0 and math.isnan(about(math.nan, 0.2, 1))
