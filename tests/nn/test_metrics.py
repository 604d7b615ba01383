"""Metrics: counted by hand, and the shapes that numpy would silently stretch."""

from __future__ import annotations

import math

import numpy as np
import pytest

import nn
from nn.metrics import accuracy, binary_accuracy, confusion_matrix, mse, r2


def test_accuracy():
    logits = [[2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [0.0, 0.0, 1.0], [5.0, 0.0, 0.0]]
    assert accuracy(logits, [0, 1, 1, 0]) == accuracy(np.array(logits), np.array([0, 1, 1, 0])) == 0.75


def test_a_row_with_nan_is_no_answer():
    logits = [[math.nan, 1.0], [0.0, math.nan], [math.nan, math.nan], [0.0, math.inf]]
    assert accuracy(logits, [0, 1, 0, 1]) == 0.25
    assert accuracy(logits, [1, 0, 1, 1]) == 0.25


def test_binary_accuracy():
    assert binary_accuracy([0.9, 0.1, 0.5, 0.51], [1, 0, 1, 0]) == 0.5  # at the threshold the answer is 0
    assert binary_accuracy(np.array([3.0, -1.0, 0.2]), [True, False, False], threshold=0.0) == pytest.approx(2 / 3)


def test_confusion_matrix():
    truth, guess = [0, 0, 0, 1, 1, 2], [0, 1, 1, 1, 0, 0]
    assert confusion_matrix(guess, truth).tolist() == [[1, 2, 0], [1, 1, 0], [1, 0, 0]]
    matrix = confusion_matrix(guess, truth, classes=4)
    assert matrix.shape == (4, 4)
    assert (matrix.sum(), np.trace(matrix)) == (6, 2)
    assert confusion_matrix(np.array([0.9, 0.2]) > 0.5, [1, 1]).tolist() == [[0, 0], [1, 1]]


def test_r2():
    y = np.array([1.0, 2.0, 6.0])
    assert r2(y, y) == 1.0
    assert r2(np.full(3, 3.0), y) == 0.0
    assert r2([1.0, 2.0, 4.0], y) == pytest.approx(1 - 4 / 14)
    assert math.isnan(r2(y, [2.0, 2.0, 2.0]))


def test_mse_is_the_loss_and_of_numbers_a_number():
    assert mse is nn.mse
    assert mse(np.array([1.0, 4.0]), np.array([1.0, 2.0])) == 2.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: accuracy([[1.0, 2.0]], [[0]]), r"expected logits \(n, C\) and y \(n,\), got \(1, 2\) and \(1, 1\)"),
        (lambda: accuracy([1.0, 2.0], [0, 1]), r"accuracy: expected logits \(n, C\)"),
        (lambda: accuracy([[1.0, 2.0]] * 3, [0, 1]), r"got \(3, 2\) and \(2,\)"),
        (lambda: accuracy(np.zeros((0, 2)), []), "accuracy"),
        (lambda: binary_accuracy([[0.1], [0.9]], [0, 1]), r"got \(2, 1\) and \(2,\)"),
        (lambda: binary_accuracy([0.1], [-1]), r"y must be 0 or 1 everywhere, got \[-1.0\]"),
        (lambda: binary_accuracy([], []), "binary_accuracy"),
        (lambda: confusion_matrix([0, 1], [0]), r"got \(2,\) and \(1,\)"),
        (lambda: confusion_matrix([0.5], [0]), "whole numbers from 0 up"),
        (lambda: confusion_matrix([0], [-1]), "whole numbers from 0 up"),
        (lambda: confusion_matrix([2], [0], classes=2), "from 0 to 1, got 2"),
        (lambda: r2([[1.0], [2.0]], [1.0, 2.0]), r"r2: .* got \(2, 1\) and \(2,\)"),
        (lambda: r2([[1.0], [2.0]], [[1.0], [2.0]]), r"got \(2, 1\) and \(2, 1\)"),
    ],
)
def test_what_is_wrong(call, message):
    with pytest.raises(ValueError, match=message):
        call()
