"""The small network that knows digits."""

import numpy as np
import pytest

from micrograd_lite.datasets import load_digits
from micrograd_lite.digit_network import digit_network


def test_the_example_network_knows_digits():
    (W1, b1), (W2, b2) = digit_network()
    digits = load_digits()
    scores = np.maximum(digits.X / 16 @ W1.T + b1, 0.0) @ W2.T + b2
    right = scores.argmax(axis=1) == digits.y
    assert right[:500].mean() > 0.97 and right[500:].mean() > 0.85


def test_it_is_trained_once_and_nobody_can_change_it():
    assert digit_network() is digit_network()
    with pytest.raises(ValueError, match="read-only"):
        digit_network()[0][0][0, 0] = 1.0
