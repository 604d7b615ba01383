"""The summary of a model: a table of its parts.

>>> from nn import MLP
>>> MLP(2, [16, 1]).summary()
name      shape    parameters  activation
layers.0  (16, 2)          48  relu
layers.1  (1, 16)          17  identity
total                      65
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import numpy as np

from autograd import Value

from .state import owner


class Summary(str):
    """A text that shows itself as it is, in a shell too."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Row:
    """A part of the model: its name, shape and activation; its parameters are counted into it.

    A "?" in the shape says that they are not all there yet.
    """

    def __init__(self, name: str, shape: str, activation: str = "") -> None:
        self.name, self.shape, self.activation = name, shape, activation
        self.parameters = 0

        self.waits = "?" in shape

    def cells(self) -> tuple[str, str, str, str]:
        """What stands in the columns."""
        return self.name, self.shape, "?" if self.waits else f"{self.parameters:,}", self.activation


def summary_of(found: Iterable[tuple[str, Any]]) -> Summary:
    """The table of a model, given the Modules and Values in it with their dotted paths, parents first.

    One row for each module that has a `summary_row` (a layer; a neuron outside of layers), one for every other
    attribute that holds parameters.
    """
    modules: dict[str, Any] = {}
    rows: dict[str, Row] = {}
    parts: set[str] = set()  # the paths of the rows that are modules
    frozen = 0
    for path, thing in found:
        part = owner(path, parts)
        inside = part in parts
        if not isinstance(thing, Value):
            modules[path] = thing
            row = None if inside else thing.summary_row()
            if row:
                parts.add(path)
                rows[path] = Row(path or type(thing).__name__, *row)
        elif not thing.operands:
            frozen += not thing.requires_grad
            if not inside:
                module = owner(path, modules)
                attribute = path[len(module) :].lstrip(".").split(".")[0]
                part = f"{module}.{attribute}".lstrip(".")
                if part not in rows:
                    rows[part] = Row(part, _shape(vars(modules[module])[attribute]))
            rows[part].parameters += 1
    return _table(list(rows.values()), frozen)


def name_of(activation: Any) -> str:
    """What an activation is called: a name, or a function's name.

    >>> name_of("relu"), name_of(abs)
    ('relu', 'abs')
    """
    return activation if isinstance(activation, str) else getattr(activation, "__name__", type(activation).__name__)


def _table(rows: list[Row], frozen: int) -> Summary:
    total = sum(row.parameters for row in rows if not row.waits)
    waits = any(row.waits for row in rows)
    cells = [("name", "shape", "parameters", "activation"), *(row.cells() for row in rows)]
    cells.append(("total", "", f"{total:,}" + " + ?" * waits, ""))
    if frozen:
        cells.append(("frozen", "", f"{frozen:,}", ""))
    name, shape, number, _ = (max(map(len, column)) for column in zip(*cells, strict=True))
    lines = [f"{a:<{name}}  {b:<{shape}}  {c:>{number}}  {d}".rstrip() for a, b, c, d in cells]
    if waits:
        lines.append("? waits for the first input: summary(x) gives one")
    return Summary("\n".join(lines))


def _shape(thing: Any) -> str:
    """The shape of a Value, or of a regular array or nested list of Values; "" for what has none."""
    if isinstance(thing, dict):
        return ""
    array = cast(Any, np.array(thing, dtype=object))
    regular = all(isinstance(member, Value) for member in array.flat)
    return str(array.shape) if regular else ""
