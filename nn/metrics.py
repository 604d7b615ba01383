"""Metrics: how good the answers of a trained network are, as numbers that people read.

>>> outputs = np.array([[2.0, 1.0], [0.0, 3.0], [1.0, 0.0]])
>>> round(accuracy(outputs, [0, 1, 1]), 3)
0.667
>>> confusion_matrix(outputs.argmax(axis=1), [0, 1, 1])
array([[1, 0],
       [1, 1]])

The mean squared error is the loss of the same name; of numbers it gives a number.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .losses import mse

__all__ = ["accuracy", "binary_accuracy", "confusion_matrix", "mse", "r2"]


def accuracy(logits: ArrayLike, y: ArrayLike) -> float:
    """The part of the samples whose largest logit is that of the right class.

    Args:
        logits: (n, C) logits or probabilities. y: (n,) class indices.

    Raises:
        ValueError: other shapes, or no samples.

        >>> accuracy([[2.0, 1.0], [0.0, 3.0]], [0, 0])
        0.5
    """
    scores, truth = np.asarray(logits), np.asarray(y)
    if scores.ndim != 2 or truth.shape != scores.shape[:1] or not scores.size:
        raise ValueError(f"accuracy: expected logits (n, C) and y (n,), got {scores.shape} and {truth.shape}")
    right: Any = (scores.argmax(axis=1) == truth) & ~np.isnan(scores.astype(float)).any(axis=1)  # nan is no answer
    return float(right.mean())


def binary_accuracy(outputs: ArrayLike, y: ArrayLike, threshold: float = 0.5) -> float:
    """The part of the samples that lie on the right side of the threshold: above it for class 1.

    Args:
        outputs: (n,) probabilities of class 1; of logits the threshold is 0. y: (n,) 0 or 1.
        threshold: above it the answer is class 1.

    Raises:
        ValueError: other shapes, or no samples; y other than 0 and 1.

        >>> binary_accuracy([0.9, 0.2, 0.6, 0.5], [1, 0, 0, 0])
        0.75
    """
    scores, truth = _alike("binary_accuracy", "outputs", outputs, y)
    if not np.all((truth == 0) | (truth == 1)):
        raise ValueError(f"binary_accuracy: y must be 0 or 1 everywhere, got {np.unique(truth)[:9].tolist()}")
    right: Any = (scores > threshold) == (truth == 1)
    return float(right.mean())


def confusion_matrix(predictions: ArrayLike, y: ArrayLike, classes: int | None = None) -> NDArray[np.int64]:
    """How often the class of the row was taken for the class of the column.

    Args:
        predictions: (n,) class indices. y: (n,) the right ones.
        classes: C, how many classes there are; if not given, the largest index + 1.

    Returns:
        (C, C) counts.

    Raises:
        ValueError: other shapes, no samples, or an index that is no class.

        >>> confusion_matrix([0, 1, 1], [0, 1, 0], classes=2)
        array([[1, 1],
               [0, 1]])
    """
    guesses, truth = _alike("confusion_matrix", "predictions", predictions, y)
    both = np.concatenate([truth, guesses])
    if not np.all((both == np.floor(both)) & (both >= 0)):
        raise ValueError("confusion_matrix: expected class indices, whole numbers from 0 up")
    count = int(both.max()) + 1 if classes is None else classes
    if both.max() >= count:
        raise ValueError(f"confusion_matrix: expected class indices from 0 to {count - 1}, got {int(both.max())}")
    matrix = np.zeros((count, count), np.int64)
    np.add.at(matrix, (truth.astype(int), guesses.astype(int)), 1)
    return matrix


def r2(predictions: ArrayLike, y: ArrayLike) -> float:
    """R², the part of the targets' variance that is explained: 1 - Σ (y - prediction)² / Σ (y - mean y)².

    1 is perfect, 0 no better than the mean; nan if all targets are equal.

    Args:
        predictions: (n,). y: (n,) numbers.

    Raises:
        ValueError: other shapes, or no samples.

        >>> r2([1.0, 2.0, 3.0], [1.0, 2.0, 4.0])
        0.7857142857142857
    """
    guesses, targets = _alike("r2", "predictions", predictions, y)
    residual = float(np.sum((targets - guesses) ** 2))
    variance = float(np.sum((targets - targets.mean()) ** 2))
    return 1 - residual / variance if variance > 0 else math.nan


def _alike(name: str, what: str, first: ArrayLike, y: ArrayLike) -> tuple[Any, Any]:
    """Both as arrays of floats of the same shape (n,)."""
    a, b = np.asarray(first, float), np.asarray(y, float)
    if a.ndim != 1 or a.shape != b.shape or not a.size:
        raise ValueError(f"{name}: expected {what} (n,) and y (n,), got {a.shape} and {b.shape}")
    return a, b
