"""The tables that commands read: data sets by name or in a file, as classes or as amounts, in two parts."""

from __future__ import annotations

import hashlib
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data import DATASETS, Dataset, load_csv, train_test_split
from ..datasets import GATES, gate
from ..table import DataError, short

NAMED: dict[str, Any] = DATASETS | {name: partial(gate, name) for name in GATES if name not in DATASETS}
"""The data sets that have a name."""

FEWEST_OF_CLASSES, FEWEST_AMOUNTS = 5, 10
"""Rows of which a fifth can be held out."""


class Split(NamedTuple):
    """Row numbers: those to train with, and those that the network does not see."""

    train: NDArray[Any]
    held_out: NDArray[Any]


def read(data: str, target: str | None, task: str | None) -> Dataset:
    """The data set of this name, or the table in this file.

    Args:
        data: a name or a path. target: the column to learn, if it is not the last.
        task: whether the target is a class or an amount; None: as load_csv sees it.

    Raises:
        DataError: there is no such data set, file or column; the file is no table of numbers, the target no amount.
    """
    if data not in NAMED:
        if not Path(data).suffix and not Path(data).exists():
            raise DataError(f"{data}: no file, and no data set of that name: there are {', '.join(NAMED)}")
        return as_task(load_csv(data, target), data, task)
    try:
        dataset: Dataset = NAMED[data]()
    except ImportError as error:
        raise DataError(str(error)) from None
    if target not in (None, dataset.target):
        raise DataError(f"{data}: the column to learn is {dataset.target!r}, got --target {target!r}")
    return as_task(dataset, data, task)


def as_task(dataset: Dataset, data: str, task: str | None) -> Dataset:
    """The data set with its target as classes or as amounts; as it is for None."""
    X, y, features, target, classes = vars(dataset).values()
    if task == "regression" and classes:
        try:
            amounts = np.array(classes, float)
        except ValueError:
            names = ", ".join(map(short, classes[:3])) + ", ..." * (len(classes) > 3)
            raise DataError(f"{data}, column {target!r}: --task regression needs numbers, got {names}") from None
        return Dataset(X, amounts[y], features, target, ())
    if task == "classification" and not classes:
        amounts, y = np.unique(y, return_inverse=True)
        return Dataset(X, y, features, target, tuple(repr(amount).removesuffix(".0") for amount in amounts.tolist()))
    return dataset


def task_of(dataset: Dataset) -> str:
    """What there is to learn."""
    return "classification" if dataset.classes else "regression"


def split(dataset: Dataset, data: str, seed: int) -> Split:
    """A fifth of the rows held out; of the four rows of a gate, which are all there can be, none.

    Raises:
        DataError: there are too few rows, or of a class.
    """
    n = len(dataset.y)
    if data in GATES and n == 4:
        return Split(np.arange(n), np.arange(0))
    least = FEWEST_OF_CLASSES if dataset.classes else FEWEST_AMOUNTS
    if n < least:
        raise DataError(f"{data}: {n} rows are too few to hold out a fifth of them, expected at least {least}")
    if dataset.classes:
        counts = np.bincount(dataset.y)
        if counts.min() < 2:
            rare = short(dataset.classes[counts.argmin()])
            raise DataError(f"{data}, column {dataset.target!r}: the class {rare} has one row, expected at least 2")
    return Split(*train_test_split(dataset.y, seed=seed))


def digest(dataset: Dataset) -> str:
    """A text that is another one for other data."""
    names = repr((dataset.features, dataset.target, dataset.classes)).encode()
    return hashlib.sha256(names + dataset.X.tobytes() + dataset.y.tobytes()).hexdigest()
