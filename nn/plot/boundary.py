"""decision_boundary: what a network answers at each point of the plane."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from numpy.typing import ArrayLike, NDArray

from autograd import compile, engine

from ..module import Module
from ..prediction import predict, replayed
from .style import CLASS_COLOURS, CLASS_MARKERS, axes_or_new

FINEST, COARSEST = 100, 25
"""Points along each side of the grid."""

MULTIPLICATIONS = {"c": 20e6, "python": 1.3e6}[engine]
"""How many of a network's multiplications the engine does in about a second, if the network is not compiled."""


def decision_boundary(
    model: Module,
    X: ArrayLike,
    y: ArrayLike,
    ax: Axes | None = None,
    *,
    classes: Sequence[str] | None = None,
    threshold: float = 0.0,
) -> Axes:
    """The plane in the colours of the classes that the model answers, a line where the answer changes, and the data.

    Where there are more classes than colours, each class also has its name in the middle of its largest area.
    The colour is the stronger, the surer the model is: by the probability of the class, softmax of the outputs (or the
    outputs themselves where they are probabilities), or for a model with one output sigmoid(output - threshold) (or
    the output itself if the threshold is ½ and all outputs are between 0 and 1). Each class has its own
    marker, too. The model is asked at 100 × 100 points, or at fewer if it cannot be compiled and that would take longer
    than seconds.

    Args:
        model: gives one output for two numbers, or a list of one for each class.
        X: (n, 2) points. y: (n,) class indices; for a model with one output 0 and 1, or -1 and 1.
        ax: where to draw.
        classes: a name for each class; the numbers in y if not given.
        threshold: one output above it means class 1: 0 for a logit or a score (-1 and 1), 0.5 for a probability.

    Raises:
        ValueError: X is not (n, 2), y does not fit to it or to the model's outputs, a wrong number of names, or
            outputs that are nan or inf.

        >>> from nn import MLP
        >>> ax = decision_boundary(MLP(2, [3]), [[0.0, 1.0], [1.0, 0.0]], [0, 2], classes=["a", "b", "c"])
        >>> [text.get_text() for text in ax.get_legend().get_texts()]
        ['a', 'b', 'c']
    """
    points, truth = np.asarray(X, float), np.asarray(y)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise ValueError(f"decision_boundary: expected points (n, 2), two features, got an array {points.shape}")
    if truth.shape != points.shape[:1]:
        raise ValueError(f"decision_boundary: expected y ({len(points)},), a class for each point, got {truth.shape}")
    if not np.isfinite(points).all():
        raise ValueError("decision_boundary: expected finite points, got nan or inf in X")

    scores, _ = _scores(predict(model, points), threshold)
    number = scores.shape[1]
    indices, labels = _classes(truth, number)
    names = labels if classes is None else [str(c) for c in classes]
    if len(names) != number:
        raise ValueError(f"decision_boundary: expected {number} names of classes, got {len(names)}")

    low, high = points.min(axis=0), points.max(axis=0)
    margin = 0.1 * np.where(high > low, high - low, 1.0)
    low, high = low - margin, high + margin
    side, outputs = FINEST, replayed(model, compile(model), _grid(low, high, FINEST))
    if outputs is None:
        side = max(COARSEST, min(FINEST, math.isqrt(int(MULTIPLICATIONS / max(1, len(model.parameters()))))))
        outputs = predict(model, _grid(low, high, side))
    xs, ys = _sides(low, high, side)
    grid, sure = _scores(outputs, threshold)

    axes: Any = axes_or_new(ax, 5.4 + 0.09 * max(map(len, names)), 4.4)
    half = (high - low) / (side - 1) / 2  # a square of the image stands around its point
    extent = (low[0] - half[0], high[0] + half[0], low[1] - half[1], high[1] + half[1])
    image = _tints(grid, sure).reshape(side, side, 3)
    axes.imshow(image, extent=extent, origin="lower", aspect="auto", interpolation="bilinear")
    for c in range(number if number > 2 else 1):
        ahead = (grid[:, c] - np.delete(grid, c, axis=1).max(axis=1)).reshape(side, side)
        if ahead.min() < 0 < ahead.max():
            axes.contour(xs, ys, ahead, [0.0], colors="black", linewidths=1.5)
    for c, name in enumerate(names):
        axes.scatter(
            *points[indices == c].T,
            label=name,
            color=CLASS_COLOURS[c % len(CLASS_COLOURS)],
            marker=CLASS_MARKERS[c % len(CLASS_MARKERS)],
            s=36,
            edgecolors="black",
            linewidths=0.7,
            zorder=3,
        )
    if number > len(CLASS_COLOURS):
        answers = grid.argmax(axis=1).reshape(side, side)
        for c in np.unique(answers):
            row, column = deepest(answers == c)
            style = {"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "black", "alpha": 0.85}
            axes.text(xs[column], ys[row], names[c], ha="center", va="center", bbox=style, zorder=4)
    right = int((scores.argmax(axis=1) == indices).sum())
    title = f"Decision boundary: {right} of {len(points)} right"
    axes.set(title=title, xlabel="x[0]", ylabel="x[1]", xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    axes.legend(title="class", loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0)
    return axes


def deepest(area: NDArray[np.bool_]) -> tuple[int, int]:
    """Row and column of the place in an area of a grid that is the most steps away from what is not in it.

    >>> deepest(np.array([[1, 1, 1, 0], [1, 1, 1, 0], [1, 1, 1, 1]], bool))
    (1, 1)
    """
    depth, inside = np.zeros(area.shape, int), area
    while inside.any():
        depth += inside
        edged = np.pad(inside, 1)
        inside = inside & edged[:-2, 1:-1] & edged[2:, 1:-1] & edged[1:-1, :-2] & edged[1:-1, 2:]
    row, column = np.unravel_index(int(depth.argmax()), area.shape)
    return int(row), int(column)


def _grid(low: NDArray[Any], high: NDArray[Any], side: int) -> NDArray[Any]:
    """(side², 2): the points of a grid, row by row."""
    return np.stack(np.meshgrid(*_sides(low, high, side)), axis=-1).reshape(-1, 2)


def _sides(low: NDArray[Any], high: NDArray[Any], side: int) -> list[NDArray[Any]]:
    """The numbers along both sides of the grid."""
    return [np.linspace(float(low[i]), float(high[i]), side) for i in (0, 1)]


def _scores(outputs: NDArray[Any], threshold: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """Of n outputs the scores (n, C), the largest for the class that is answered, and the probabilities (n, C)."""
    if not np.isfinite(outputs).all():
        raise ValueError("decision_boundary: the model's outputs are nan or inf at some points; did its training fail?")
    outputs = outputs.reshape(len(outputs), -1)
    if outputs.shape[1] == 1:
        chance = outputs
        if threshold != 0.5 or outputs.min() < 0 or outputs.max() > 1:
            chance = 0.5 + 0.5 * np.tanh((outputs - threshold) / 2)  # sigmoid
        return np.hstack([np.zeros_like(outputs), outputs - threshold]), np.hstack([1 - chance, chance])
    if outputs.min() >= 0 and np.allclose(outputs.sum(axis=1), 1.0):
        return outputs, outputs
    powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    return outputs, powers / powers.sum(axis=1, keepdims=True)


def _classes(truth: NDArray[Any], number: int) -> tuple[NDArray[np.intp], list[str]]:
    """Class indices from 0 to number - 1, and the classes as the data call them."""
    found = set(truth.tolist())
    if number == 2 and found <= {-1, 1} and -1 in found:
        return (truth > 0).astype(int), ["-1", "1"]
    if not found <= set(range(number)):
        expected = "0 and 1, or -1 and 1" if number == 2 else f"class indices from 0 to {number - 1}"
        raise ValueError(f"decision_boundary: expected y of {expected}, got {sorted(found)[:9]}")
    return truth.astype(int), [str(c) for c in range(number)]


def _tints(scores: NDArray[Any], chances: NDArray[Any]) -> NDArray[np.float64]:
    """The colour of each answer, mixed with white the less sure it is: n red, green, blue."""
    number = scores.shape[1]
    answers = scores.argmax(axis=1)
    colours = np.array([to_rgb(CLASS_COLOURS[c % len(CLASS_COLOURS)]) for c in range(number)])[answers]
    chance = np.take_along_axis(chances, answers[:, None], axis=1)
    strength = 0.1 + 0.45 * np.clip((chance - 1 / number) / (1 - 1 / number), 0, 1)
    return 1 - strength * (1 - colours)
