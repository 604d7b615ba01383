"""Nested lists, tuples and arrays of numbers and Values: taken apart into leaves and put together again.

>>> leaves([1.0, (2.0, [3.0])])
[1.0, 2.0, 3.0]
>>> map_leaves(lambda x, name: f"{name}: {x}", [1.0, (2.0, [3.0])], "p")
['p[0]: 1.0', ('p[1][0]: 2.0', ['p[1][1][0]: 3.0'])]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any


def is_array(x: Any) -> bool:
    """Is x a numpy array of one dimension or more?"""
    numpy = sys.modules.get("numpy")  # whoever holds an array has imported numpy
    return numpy is not None and isinstance(x, numpy.ndarray) and x.ndim > 0


def is_tree(x: Any) -> bool:
    """Has x parts?"""
    return isinstance(x, (list, tuple)) or is_array(x)


def named_leaves(tree: Any, name: str) -> list[tuple[str, Any]]:
    """Each leaf and what to call it: name, name[0], name[0][2]."""
    if is_tree(tree):
        return [leaf for i, part in enumerate(tree) for leaf in named_leaves(part, f"{name}[{i}]")]
    return [(name, tree)]


def leaves(tree: Any) -> list[Any]:
    """The leaves, left to right."""
    return [leaf for _, leaf in named_leaves(tree, "")]


def map_leaves(f: Callable[[Any, str], Any], tree: Any, name: str) -> Any:
    """A tree of the same shape, of f(leaf, what to call it)."""
    return rebuild(tree, ([f(leaf, what)] for what, leaf in named_leaves(tree, name)))


def rebuild(tree: Any, columns: Iterator[list[Any]], shape: tuple[int, ...] | None = None) -> Any:
    """A tree of the same shape, each leaf replaced by the next column.

    A column is a list of one; or, if a shape is given, the elements of an array of this shape. An
    array of leaves becomes one array: the dimensions of the columns first, then its own.
    """
    if isinstance(tree, (list, tuple)):
        return in_kind(tree, [rebuild(part, columns, shape) for part in tree])  # pyright: ignore[reportUnknownVariableType]
    if is_array(tree):
        return _array(list(islice(columns, tree.size)), (shape or ()) + tree.shape)
    column = next(columns)
    return column[0] if shape is None else _array([column], shape)


def in_kind(sequence: Any, parts: list[Any]) -> Any:
    """The parts as a list or a tuple, as the sequence is."""
    return tuple(parts) if isinstance(sequence, tuple) else parts


def _array(columns: list[list[Any]], shape: tuple[int, ...]) -> Any:
    """The array whose last dimensions run along the columns; of floats if all are, else of objects."""
    import numpy

    plain = all(type(x) is float for column in columns for x in column)
    rows = numpy.empty((len(columns), len(columns[0]) if columns else 0), dtype=float if plain else object)
    for i, column in enumerate(columns):
        rows[i] = column
    return rows.T.reshape(shape)
