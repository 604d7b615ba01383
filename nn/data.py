"""Data: tables of numbers from a file and made data sets, cut in two, brought to one scale, in batches.

>>> flowers = iris()
>>> flowers.X.shape, flowers.classes
((150, 4), ('setosa', 'versicolor', 'virginica'))
>>> train, test = train_test_split(flowers.y, seed=0)
>>> len(train), len(test)
(120, 30)
>>> X_train, X_test = standardise(flowers.X[train], flowers.X[test])
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .datasets import Dataset, Floats, Seed, blobs, checkerboard, circles, digits, gate, moons, spiral, vertical, xor
from .table import DataError, read_table, short

# fmt: off
__all__ = [
    "DATASETS", "Dataset", "batches", "blobs", "checkerboard", "circles", "digits", "gate", "iris", "load_csv",
    "mean_and_deviation", "moons", "one_hot", "spiral", "standardise", "train_test_split", "vertical", "xor",
]
# fmt: on


def iris() -> Dataset:
    """150 flowers of three species of iris: length and width of sepal and petal, in cm.

    From R. A. Fisher, "The use of multiple measurements in taxonomic problems", Annals of Eugenics
    7(2), 1936, pages 179 to 188; measured by Edgar Anderson.

        >>> flowers = iris()
        >>> flowers.X[0], flowers.classes[flowers.y[0]]
        (array([5.1, 3.5, 1.4, 0.2]), 'setosa')
    """
    return load_csv(Path(__file__).parent / "iris.csv")


DATASETS: dict[str, Callable[..., Dataset]] = {
    "iris": iris,
    "digits": digits,
    "xor": xor,
    "moons": moons,
    "circles": circles,
    "blobs": blobs,
    "vertical": vertical,
    "spiral": spiral,
    "checkerboard": checkerboard,
}
"""The data sets by name; all but iris and digits take a seed."""


def load_csv(path: str | Path, target: str | None = None) -> Dataset:
    r"""A CSV file of numbers (UTF-8, separated by commas) whose first line names the columns.

    A target of words, or of at most 20 distinct whole numbers that come five times each or more on
    average, is taken as classes; the classes are sorted. Any other target is taken as a number to predict. Two
    distinct whole numbers are always classes.

    Args:
        path: the file.
        target: the name of the column to learn; the last one if not given.

    Raises:
        DataError: the file cannot be read, or is no such table: the message names the file, the line and
            the column.

        >>> import tempfile
        >>> with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        ...     _ = file.write("rooms,price\n2,150.5\n3,210\n"), file.flush()
        ...     houses = load_csv(file.name)
        >>> houses.X.tolist(), houses.y.tolist(), houses.classes
        ([[2.0], [3.0]], [150.5, 210.0], ())
    """
    table = read_table(path)
    name = table.names[-1] if target is None else target
    if name not in table.names:
        columns = ", ".join(map(repr, table.names[:20])) + ", ..." * (len(table.names) > 20)
        raise DataError(f"{path}: there is no column {name!r} to learn; the columns are {columns}")
    features = tuple(column for column in table.names if column != name)
    if not features:
        raise DataError(f"{path}: {name!r} is the only column; expected features and a target, separated by commas")
    X = np.array([table.numbers(column) for column in features]).T
    if table.is_text(name):
        y: NDArray[Any] = np.array(table.words(name))
        kinds = True
    else:
        y = np.array(table.numbers(name))
        distinct = len(np.unique(y))
        kinds = bool(np.all(y == np.floor(y))) and distinct <= max(2, min(20, len(y) // 5))
    if np.all(y == y[0]):
        value = short(table.words(name)[0])
        raise DataError(f"{path}, column {name!r}: the target is {value} in every row; there is nothing to learn")
    if not kinds:
        return Dataset(X, y, features, name, ())
    names, y = np.unique(y, return_inverse=True)
    return Dataset(X, y, features, name, tuple(n if isinstance(n, str) else f"{n:.0f}" for n in names.tolist()))


def standardise(train: ArrayLike, *others: ArrayLike) -> tuple[Floats, ...]:
    """(x - mean) / deviation, column by column, with the mean and deviation of `train` for all arrays.

    A column that is constant in `train` is only shifted.

    Args:
        train, others: arrays (n, d), or (n,), each with an n of its own.

    Returns:
        An array for each argument.

        >>> standardise([[1.0, 5.0], [3.0, 5.0]], [[4.0, 6.0]])
        (array([[-1.,  0.],
               [ 1.,  0.]]), array([[2., 1.]]))
    """
    mean, deviation = mean_and_deviation(train)
    return tuple((np.asarray(x, float) - mean) / deviation for x in (train, *others))


def mean_and_deviation(train: ArrayLike) -> tuple[Floats, Floats]:
    """Each column's mean and standard deviation (of the population); the deviation of a constant column is 1.

    >>> mean_and_deviation([[1.0, 5.0], [3.0, 5.0]])
    (array([2., 5.]), array([1., 1.]))
    """
    x: Any = np.asarray(train, float)
    if not x.size:
        raise ValueError(f"standardise: expected an array (n, d) with a row at least, got the shape {x.shape}")
    constant = x.min(axis=0) == x.max(axis=0)
    largest = np.abs(x).max(axis=0)
    scale = np.where(largest > 0, largest, 1.0)  # so that no sum of squares overflows
    mean = cast(Floats, np.where(constant, x[0], (x / scale).mean(axis=0) * scale))
    return mean, np.where(constant, 1.0, (x / scale).std(axis=0) * scale)


def train_test_split(
    y: ArrayLike, test_fraction: float = 0.2, seed: Seed = 0
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Two shuffled arrays of row numbers, to train and to test; each class is shared out in proportion.

    Args:
        y: (n,) the class of each row, an int; of floats, the rows are shared out at random.
        test_fraction: the part to test with, between 0 and 1.
        seed: the same seed gives the same split.

    Raises:
        ValueError: one of the parts would be empty, or test_fraction is not between 0 and 1.

        >>> train, test = train_test_split([0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
        >>> len(train), len(test)
        (8, 2)
    """
    if not 0 < test_fraction < 1:
        raise ValueError(f"train_test_split: test_fraction must be between 0 and 1, got {test_fraction!r}")
    y = np.asarray(y)
    n, rng = len(y), np.random.default_rng(seed)
    if not 1 <= math.floor(n * test_fraction) <= math.ceil(n * test_fraction) < n:
        raise ValueError(f"train_test_split: {n} rows are too few to hold out a part of {test_fraction:g}")
    order = rng.permutation(n)
    if y.dtype.kind in "iu":
        order = order[np.argsort(y[order], kind="stable")]
    # Along the rows, class after class, every fifth one is held out (for 0.2), from a random start.
    steps = np.floor(np.arange(n + 1) * test_fraction + rng.random())
    held_out = np.diff(steps) > 0
    return rng.permutation(order[~held_out]), rng.permutation(order[held_out])


def one_hot(y: ArrayLike, classes: int | None = None) -> Floats:
    """For each class index a row of zeros with a 1 in its place.

    Args:
        y: (n,) class indices.
        classes: C, how many classes there are; if not given, the largest index + 1.

    Returns:
        (n, C).

    Raises:
        ValueError: y is empty or not (n,), or holds something else than whole numbers from 0 to C - 1.

        >>> one_hot([0, 2], classes=3)
        array([[1., 0., 0.],
               [0., 0., 1.]])
    """
    indices = np.asarray(y)
    if indices.ndim != 1 or indices.dtype.kind not in "iu" or not indices.size:
        raise ValueError(f"one_hot: expected class indices, whole numbers in an array (n,), got {y!r}")
    count = int(indices.max()) + 1 if classes is None else classes
    wrong = indices[(indices < 0) | (indices >= count)]
    if wrong.size:
        raise ValueError(f"one_hot: a class index must be from 0 to {count - 1}, got {wrong[0]}")
    return np.eye(count)[indices]


def batches(n: int, batch_size: int, seed: Seed = 0) -> Iterator[list[int]]:
    """The numbers 0 to n - 1, shuffled, in lists of `batch_size`; the last may be shorter.

    Args:
        n: how many samples there are. batch_size: how many make a batch.
        seed: a whole number, or a numpy Generator, which shuffles anew each time.

    Raises:
        ValueError: batch_size is not 1 or more.

        >>> [len(rows) for rows in batches(10, 4)]
        [4, 4, 2]
    """
    if batch_size < 1:
        raise ValueError(f"batches: batch_size must be 1 or more, got {batch_size!r}")
    order: list[int] = np.random.default_rng(seed).permutation(n).tolist()
    for start in range(0, n, batch_size):
        yield order[start : start + batch_size]
