"""Data sets: small ones that are made from a seed, and handwritten digits.

>>> data = spiral(300, seed=0)
>>> data.X.shape, data.classes
((300, 2), ('0', '1', '2'))

Each gives a Dataset of points in the plane, n in total, shared among the classes as evenly as can be, class
after class. `seed` is a whole number or a numpy Generator; the same seed gives the same points.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Seed = int | np.random.Generator


@dataclass(frozen=True)
class Dataset:
    """Rows of features, and for each row the target to learn."""

    X: Floats
    """(n, d): the features."""
    y: NDArray[Any]
    """(n,): the index of the row's class, an int; in a regression the target itself, a float."""
    features: tuple[str, ...]
    """The names of the d columns of X."""
    target: str
    """The name of the target."""
    classes: tuple[str, ...]
    """The names of the classes; empty in a regression."""


GATES = {"and": (0, 0, 0, 1), "or": (0, 1, 1, 1), "nand": (1, 1, 1, 0), "nor": (1, 0, 0, 0), "xor": (0, 1, 1, 0)}
"""What each gate answers to (0, 0), (0, 1), (1, 0), (1, 1)."""


def gate(name: str) -> Dataset:
    """The four inputs of a logic gate, and, or, nand, nor or xor, and its answers.

    Raises:
        ValueError: there is no such gate.

        >>> data = gate("xor")
        >>> data.X.tolist(), data.y.tolist()
        ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0])
    """
    if name not in GATES:
        raise ValueError(f"there is no gate {name!r}; the gates are {', '.join(GATES)}")
    return Dataset(
        np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array(GATES[name]), ("a", "b"), name, ("0", "1")
    )


def xor(n: int = 200, noise: float = 0.1, seed: Seed = 0) -> Dataset:
    """Clouds around the four corners of a square; class 1 where the corner's coordinates differ.

    >>> xor(8, noise=0.0).X[:2].tolist()
    [[0.0, 0.0], [1.0, 1.0]]
    """
    counts = _counts("xor", n, 2, noise)
    first, second = (np.arange(count) % 2 for count in counts)
    corners = [np.stack([first, first], axis=1), np.stack([second, 1 - second], axis=1)]
    return _points(corners, noise, seed)


def moons(n: int = 200, noise: float = 0.1, seed: Seed = 0) -> Dataset:
    """Two half circles that reach into each other, as scikit-learn's make_moons.

    >>> moons(4, noise=0.0).X.round(2).tolist()
    [[1.0, 0.0], [-1.0, 0.0], [0.0, 0.5], [2.0, 0.5]]
    """
    outer, inner = (np.linspace(0, np.pi, count) for count in _counts("moons", n, 2, noise))
    return _points(
        [np.stack([np.cos(outer), np.sin(outer)], axis=1), np.stack([1 - np.cos(inner), 0.5 - np.sin(inner)], axis=1)],
        noise,
        seed,
    )


def circles(n: int = 200, noise: float = 0.05, factor: float = 0.5, seed: Seed = 0) -> Dataset:
    """A circle of radius 1 and one of radius `factor` in it, as scikit-learn's make_circles.

    >>> circles(4, noise=0.0).X.round(2).tolist()
    [[1.0, 0.0], [-1.0, 0.0], [0.5, 0.0], [-0.5, 0.0]]
    """
    counts = _counts("circles", n, 2, noise)
    if not 0 < factor < 1:
        raise ValueError(f"circles: factor must be between 0 and 1, got {factor!r}")
    circle = [2 * np.pi * np.arange(count) / count for count in counts]
    rings = [r * np.stack([np.cos(a), np.sin(a)], axis=1) for r, a in zip((1, factor), circle, strict=True)]
    return _points(rings, noise, seed)


def blobs(n: int = 200, classes: int = 3, deviation: float = 1.0, seed: Seed = 0) -> Dataset:
    """Normal clouds around centres that are uniform in (-10, 10)².

    >>> blobs(30).X.shape
    (30, 2)
    """
    counts, rng = _counts("blobs", n, classes, deviation), np.random.default_rng(seed)
    centres = rng.uniform(-10, 10, (classes, 2))
    return _points([np.tile(c, (count, 1)) for c, count in zip(centres, counts, strict=True)], deviation, rng)


def vertical(n: int = 300, classes: int = 3, seed: Seed = 0) -> Dataset:
    """Upright clouds side by side: class c is N(c/3, 0.1) by N(0.5, 0.1).

    >>> vertical(6).y.tolist()
    [0, 0, 1, 1, 2, 2]
    """
    counts = _counts("vertical", n, classes, 0.1)
    return _points([np.tile([c / 3, 0.5], (count, 1)) for c, count in enumerate(counts)], 0.1, seed)


def spiral(n: int = 300, classes: int = 3, noise: float = 0.2, seed: Seed = 0) -> Dataset:
    """Arms that wind around the middle: the point (r sin 2.5θ, r cos 2.5θ) for r from 0 to 1.

    In class c, θ goes from 4c to 4(c + 1), plus noise · N(0, 1).

    >>> spiral(6, noise=0.0).X[1].round(3).tolist()                    # r = 1, θ = 4
    [-0.544, -0.839]
    """
    counts, rng = _counts("spiral", n, classes, noise), np.random.default_rng(seed)
    arms: list[Floats] = []
    for c, count in enumerate(counts):
        r = np.linspace(0, 1, count)
        angle = 2.5 * (np.linspace(4 * c, 4 * (c + 1), count) + noise * rng.standard_normal(count))
        arms.append(np.stack([r * np.sin(angle), r * np.cos(angle)], axis=1))
    return _points(arms, 0.0, rng)


def checkerboard(n: int = 400, squares: int = 4, seed: Seed = 0) -> Dataset:
    """Points uniform on a board of squares × squares unit squares; the class is the colour, in no order.

    >>> data = checkerboard(100)
    >>> bool((data.y == (data.X[:, 0] // 1 + data.X[:, 1] // 1) % 2).all())
    True
    """
    _counts("checkerboard", n, 2, 0.0)
    if squares < 2:
        raise ValueError(f"checkerboard: squares must be 2 or more, got {squares!r}")
    X = np.random.default_rng(seed).uniform(0, squares, (n, 2))
    return Dataset(X, np.floor(X).sum(axis=1).astype(int) % 2, ("x1", "x2"), "class", ("0", "1"))


def digits() -> Dataset:
    """1,797 handwritten digits of 8 × 8 pixels, each from 0 to 16, through scikit-learn.

    From E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI repository, 1998.

    Raises:
        ImportError: scikit-learn is not installed.
    """
    try:
        load = importlib.import_module("sklearn.datasets").load_digits
    except ImportError:
        raise ImportError("digits: scikit-learn, which has them, is not installed: pip install scikit-learn") from None
    bunch = load()
    names = tuple(map(str, bunch.feature_names))
    return Dataset(np.asarray(bunch.data, float), np.asarray(bunch.target), names, "digit", tuple("0123456789"))


def _counts(name: str, n: int, classes: int, noise: float) -> list[int]:
    """How many of n points each class gets."""
    for what, number in (("n", n), ("classes", classes)):
        if not isinstance(number, (int, np.integer)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"{name}: {what} must be a whole number, got {number!r}")
    if classes < 2:
        raise ValueError(f"{name}: classes must be 2 or more, got {classes!r}")
    if n < classes:
        raise ValueError(f"{name}: n must be at least {classes}, a point for each class, got {n!r}")
    if not noise >= 0:
        raise ValueError(f"{name}: the noise must be 0 or more, got {noise!r}")
    return [(n + classes - 1 - c) // classes for c in range(classes)]


def _points(groups: Sequence[NDArray[Any]], noise: float, seed: Seed) -> Dataset:
    """Points in groups, each a class, moved by noise · N(0, 1)."""
    exact = np.concatenate(groups).astype(float)
    X = exact + noise * np.random.default_rng(seed).standard_normal(exact.shape)
    y = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    return Dataset(X, y, ("x1", "x2"), "class", tuple(map(str, range(len(groups)))))
