"""Dropout and Batch Normalization in NumPy against PyTorch's, finite differences and their own formulas."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from micrograd_lite.regularize import BatchNorm1d, dropout, dropout_backward

RATES = (0.0, 0.1, 0.5, 0.9)


def close(ours, theirs, scale=None):
    """Equal to 1e-12 of the largest number in it."""
    theirs = theirs.detach().numpy() if isinstance(theirs, torch.Tensor) else np.asarray(theirs)
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12 * (scale or np.abs(theirs).max()))


# ---------------------------------------------------------------- dropout


@pytest.mark.parametrize("p", RATES)
def test_a_number_is_dropped_or_scaled_and_the_mask_says_which(p):
    a = np.random.default_rng(1).normal(size=(50, 40))
    out, mask = dropout(a, p, np.random.default_rng(0))
    assert set(np.unique(mask)) <= {0.0, 1.0 / (1.0 - p)}
    np.testing.assert_array_equal(out, a * mask)
    np.testing.assert_array_equal(dropout_backward(np.ones_like(a), mask), mask)


@pytest.mark.parametrize("p", RATES)
def test_the_distribution_is_that_of_nn_dropout(p):
    """Share of zeros, mean and variance of ã for a = 1: ours, PyTorch's and the formulas p, 1, p/(1 - p)."""
    n = 200_000
    ours = dropout(np.ones(n), p, np.random.default_rng(0))[0]
    torch.manual_seed(0)
    theirs = torch.nn.Dropout(p)(torch.ones(n, dtype=torch.float64)).numpy()
    assert set(np.unique(ours)) == set(np.unique(theirs))  # 0 and 1/(1 - p), to the last bit
    share = math.sqrt(p * (1 - p) / n)  # standard error of a share
    for sample in (ours, theirs):
        assert abs((sample == 0.0).mean() - p) <= 5 * share
        assert abs(sample.mean() - 1.0) <= 5 * share / (1 - p)
        assert sample.var() == pytest.approx(p / (1 - p), rel=0.05)


def test_units_are_dropped_independently():
    mask = dropout(np.ones((20_000, 4)), 0.3, np.random.default_rng(0))[1]
    np.testing.assert_allclose(np.corrcoef(mask.T), np.eye(4), atol=0.04)  # 5 standard errors


def test_the_mean_over_masks_comes_near_the_activation():
    a = np.array([0.5, -2.0, 7.0])
    out, _ = dropout(np.tile(a, (100_000, 1)), 0.5, np.random.default_rng(0))
    np.testing.assert_allclose(out.mean(axis=0), a, rtol=0.02)


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
def test_evaluation_changes_nothing_and_draws_nothing(p):
    rng, a = np.random.default_rng(0), np.array([[1.0, -2.0]])
    before = rng.bit_generator.state
    out, mask = dropout(a, p, rng, training=False)
    np.testing.assert_array_equal(out, a)
    np.testing.assert_array_equal(mask, [[1.0, 1.0]])
    assert rng.bit_generator.state == before and out is not a


def test_rate_one_gives_zeros_as_pytorch_does():
    a = np.array([1.0, -2.0, 3.0])
    out, mask = dropout(a, 1.0, np.random.default_rng(0))
    np.testing.assert_array_equal(out, torch.nn.Dropout(1.0)(torch.tensor(a)).numpy())
    np.testing.assert_array_equal(dropout_backward(a, mask), np.zeros(3))


def test_nan_passes_through_dropout_as_in_pytorch():
    a = np.full(64, math.nan)
    assert np.isnan(dropout(a, 0.5, np.random.default_rng(0))[0]).all()
    assert torch.nn.Dropout(0.5)(torch.tensor(a)).isnan().all()


def test_the_gradient_of_dropout_is_pytorchs_for_the_same_mask():
    a = np.random.default_rng(1).normal(size=(6, 5))
    out, mask = dropout(a, 0.4, np.random.default_rng(2))
    t = torch.tensor(a, requires_grad=True)
    (t * torch.tensor(mask)).square().sum().backward()
    close(dropout_backward(2 * out, mask), t.grad)


@given(st.lists(st.integers(0, 4), max_size=3), st.floats(0, 1), st.booleans(), st.integers(0, 2**32 - 1))
def test_dropout_keeps_every_shape(shape, p, training, seed):
    a = np.ones(shape)
    out, mask = dropout(a, p, np.random.default_rng(seed), training)
    assert out.shape == mask.shape == dropout_backward(a, mask).shape == a.shape
    assert np.isfinite(out).all()


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan, "0.5", None, True])
def test_a_rate_that_is_none_is_told(p):
    with pytest.raises(ValueError, match="p is a number from 0 to 1, got"):
        dropout(np.ones(3), p, np.random.default_rng(0))


def test_a_seed_in_place_of_a_generator_is_told():
    with pytest.raises(TypeError, match=r"np.random.default_rng\(0\), got 0"):
        dropout(np.ones(3), 0.5, 0)


def test_a_gradient_of_another_shape_is_told():
    with pytest.raises(ValueError, match=r"shape of the mask, \(3,\), got \(3, 1\)"):
        dropout_backward(np.ones((3, 1)), np.ones(3))


# ---------------------------------------------------------------- Batch Normalization


def pair(features, rng, **settings):
    """Ours and PyTorch's with the same γ and β."""
    ours = BatchNorm1d(features, **settings)
    theirs = torch.nn.BatchNorm1d(features, dtype=torch.float64, **settings)
    ours.gamma, ours.beta = rng.normal(1.0, 0.5, features), rng.normal(size=features)
    with torch.no_grad():
        theirs.weight.copy_(torch.tensor(ours.gamma))
        theirs.bias.copy_(torch.tensor(ours.beta))
    return ours, theirs


def compare_a_step(ours, theirs, X, dout):
    t = torch.tensor(X, requires_grad=True)
    theirs.zero_grad()
    expected = theirs(t)
    expected.backward(torch.tensor(dout))
    close(ours.forward(X), expected)
    close(ours.backward(dout), t.grad, scale=np.abs(ours.gamma * ours.cache["inv_std"]).max())
    close(ours.grad["gamma"], theirs.weight.grad, scale=len(X))
    close(ours.grad["beta"], theirs.bias.grad, scale=len(X))
    close(ours.running_mean, theirs.running_mean)
    close(ours.running_var, theirs.running_var)


@pytest.mark.parametrize(("eps", "momentum"), [(1e-5, 0.1), (1e-3, 0.0), (0.5, 1.0)])
def test_everything_is_pytorchs_over_several_steps_in_training_and_in_evaluation(eps, momentum):
    rng = np.random.default_rng(0)
    ours, theirs = pair(5, rng, eps=eps, momentum=momentum)
    for step in range(10):
        m = (2, 3, 17, 64)[step % 4]
        shift, scale = rng.normal(0, 10, 5), rng.uniform(0.1, 10, 5)
        compare_a_step(ours, theirs, shift + scale * rng.normal(size=(m, 5)), rng.normal(size=(m, 5)))
    ours.eval()
    theirs.eval()
    for m in (1, 9):
        compare_a_step(ours, theirs, rng.normal(3, 2, size=(m, 5)), rng.normal(size=(m, 5)))
    ours.train()
    theirs.train()
    compare_a_step(ours, theirs, rng.normal(size=(8, 5)), rng.normal(size=(8, 5)))


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 9), st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_every_shape_gives_what_pytorch_gives(m, features, seed):
    rng = np.random.default_rng(seed)
    ours, theirs = pair(features, rng, eps=0.01)
    compare_a_step(ours, theirs, rng.normal(size=(m, features)), rng.normal(size=(m, features)))


@pytest.mark.parametrize("training", [True, False])
def test_gradients_are_the_limit_of_differences(training):
    rng, h = np.random.default_rng(3), 1e-5
    bn, _ = pair(3, rng)
    bn.forward(rng.normal(2, 3, size=(20, 3)))
    bn.training = training
    X, dout = rng.normal(1, 2, size=(6, 3)), rng.normal(size=(6, 3))
    bn.forward(X)
    analytic = {"X": bn.backward(dout), **bn.grad}
    for name, array in (("X", X), ("gamma", bn.gamma), ("beta", bn.beta)):
        numeric = np.empty_like(array)
        for index in np.ndindex(array.shape):
            kept, loss = array[index], []
            for step in (h, -h):
                array[index] = kept + step
                loss.append((bn.forward(X) * dout).sum())
            array[index] = kept
            numeric[index] = (loss[0] - loss[1]) / (2 * h)
        np.testing.assert_allclose(analytic[name], numeric, rtol=1e-6, atol=1e-8)


def test_a_normalised_batch_has_mean_zero_and_variance_nearly_one():
    X = np.random.default_rng(0).normal(50, 7, size=(100, 2))
    bn = BatchNorm1d(2)
    out = bn.forward(X)
    np.testing.assert_allclose(out.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(out.var(axis=0), X.var(axis=0) / (X.var(axis=0) + 1e-5), rtol=1e-12)


def test_biased_variance_normalises_and_the_unbiased_one_is_kept():
    X = np.array([[1.0], [3.0]])
    bn = BatchNorm1d(1, eps=0.0, momentum=1.0)
    np.testing.assert_allclose(bn.forward(X), [[-1.0], [1.0]])  # √var = 1 with 1/m
    np.testing.assert_allclose(bn.cache["var"], [1.0])
    np.testing.assert_allclose(bn.running_var, [2.0])  # with 1/(m - 1)
    np.testing.assert_allclose(bn.running_mean, [2.0])


def test_the_cache_holds_every_intermediate_by_its_formula():
    X = np.random.default_rng(0).normal(size=(7, 3))
    bn = BatchNorm1d(3)
    bn.forward(X)
    assert list(bn.cache) == ["X", "mu", "centred", "var", "inv_std", "x_hat", "training"]
    close(bn.cache["mu"], X.mean(axis=0))
    close(bn.cache["centred"], X - X.mean(axis=0))
    close(bn.cache["var"], X.var(axis=0))
    close(bn.cache["inv_std"], 1 / np.sqrt(X.var(axis=0) + 1e-5))
    close(bn.cache["x_hat"], (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0) + 1e-5))


def test_a_bias_before_it_has_no_effect_and_no_gradient():
    rng = np.random.default_rng(0)
    X, dout = rng.normal(size=(9, 2)), rng.normal(size=(9, 2))
    bn = BatchNorm1d(2)
    np.testing.assert_allclose(bn.forward(X), bn.forward(X + np.array([5.0, -300.0])), atol=1e-12)
    np.testing.assert_allclose(bn.backward(dout).sum(axis=0), 0.0, atol=1e-12)


def test_evaluation_leaves_the_running_statistics_alone_and_rows_apart():
    bn = BatchNorm1d(2)
    X = np.random.default_rng(0).normal(size=(8, 2))
    bn.forward(X)
    kept = bn.running_mean.copy(), bn.running_var.copy()
    together = bn.eval().forward(X)
    np.testing.assert_array_equal(together[:1], bn.forward(X[:1]))
    np.testing.assert_array_equal(bn.running_mean, kept[0])
    np.testing.assert_array_equal(bn.running_var, kept[1])


def test_a_batch_of_one_in_training_is_told_as_in_pytorch_and_changes_nothing():
    bn, theirs = BatchNorm1d(3), torch.nn.BatchNorm1d(3)
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        theirs(torch.ones(1, 3))
    for m in (0, 1):
        with pytest.raises(ValueError, match=rf"at least 2 samples, got {m}: .*variance is 0.*eval\(\)"):
            bn.forward(np.ones((m, 3)))
    np.testing.assert_array_equal(bn.running_mean, np.zeros(3))


def test_nan_passes_through_its_column_only():
    X = np.random.default_rng(0).normal(size=(5, 2))
    X[2, 0] = math.nan
    bn, theirs = pair(2, np.random.default_rng(1))
    out = bn.forward(X)
    np.testing.assert_allclose(out, theirs(torch.tensor(X)).detach().numpy(), rtol=1e-12)
    assert np.isnan(out[:, 0]).all() and np.isfinite(out[:, 1]).all() and np.isnan(bn.running_mean[0])
    dX = bn.backward(np.ones((5, 2)))
    assert np.isnan(dX[:, 0]).all() and np.isfinite(dX[:, 1]).all()


@pytest.mark.parametrize("X", [np.ones(3), np.ones((4, 2)), np.ones((2, 3, 1))])
def test_a_batch_of_another_shape_is_told(X):
    with pytest.raises(ValueError, match=r"shape \(m, 3\), got shape \("):
        BatchNorm1d(3).forward(X)


def test_a_wrong_backward_is_told():
    bn = BatchNorm1d(3)
    with pytest.raises(ValueError, match="call forward"):
        bn.backward(np.ones((4, 3)))
    bn.forward(np.random.default_rng(0).normal(size=(4, 3)))
    with pytest.raises(ValueError, match=r"shape of the output, \(4, 3\), got \(4,\)"):
        bn.backward(np.ones(4))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"features": 0}, "features is a whole number of columns, 1 or more, got 0"),
        ({"features": 3.0}, "features is a whole number"),
        ({"features": True}, "features is a whole number"),
        ({"features": 3, "eps": -1e-5}, "eps is a number of 0 or more, got -1e-05"),
        ({"features": 3, "momentum": 1.5}, "momentum is a number from 0 to 1, got 1.5"),
        ({"features": 3, "momentum": None}, "momentum is a number from 0 to 1, got None"),
    ],
)
def test_a_wrong_setting_is_told(arguments, message):
    with pytest.raises(ValueError, match=message):
        BatchNorm1d(**arguments)
