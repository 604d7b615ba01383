"""The numbers, or the gradients, of a whole list of Values, to and from an array: in C, one call for all.

>>> from autograd import Value, read_data, write_data
>>> xs = [Value(1.0), Value(2.0)]
>>> write_data(xs, read_data(xs) * 10)
>>> xs[1].data
20.0
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .engines import Value, engine

Floats = NDArray[np.float64]

core: Any = None
if engine == "c":  # pyright: ignore[reportUnnecessaryComparison]
    from ._c import core  # pyright: ignore


def read_data(values: list[Value]) -> Floats:
    """The `data` of every Value, as an array of floats (n,)."""
    return _read(values, "data")


def read_grad(values: list[Value]) -> Floats:
    """The `grad` of every Value, as an array of floats (n,)."""
    return _read(values, "grad")


def write_data(values: list[Value], numbers: ArrayLike) -> None:
    """Write the `data` of every Value, in order; all or none.

    Args:
        values: n leaves.
        numbers: n numbers.

    Raises:
        ValueError: there are not as many numbers as Values.
        RuntimeError: one of the Values was computed.
    """
    _write(values, numbers, "data")


def write_grad(values: list[Value], numbers: ArrayLike) -> None:
    """Write the `grad` of every Value, in order; errors as `write_data`."""
    _write(values, numbers, "grad")


def program_node(parameters: list[Value], gradient: Floats, value: float) -> Value:
    """The node of a compiled call: a number, and its gradient by the parameters."""
    if core:
        return core.record_program(parameters, gradient, value)
    slopes = gradient.tolist()
    rest = value - sum(g * p.data for g, p in zip(slopes, parameters, strict=True))
    node = Value.apply("program", *parameters, *slopes, rest)
    return Value.restore(node.op, node.operands, value, 0.0, "", node.scope)


def _read(values: list[Value], attribute: str) -> Floats:
    if not core:
        return np.array([getattr(x, attribute) for x in values], float)
    numbers = np.empty(len(values))
    core.read_numbers(values, numbers, attribute == "grad")
    return numbers


def _write(values: list[Value], numbers: ArrayLike, attribute: str) -> None:
    array = np.ascontiguousarray(numbers, dtype=np.float64)
    if array.shape != (len(values),):
        raise ValueError(f"write_{attribute}(values, numbers): expected {len(values)} numbers, got shape {array.shape}")
    if core:
        core.write_numbers(values, array, attribute == "grad")
        return
    before = [getattr(x, attribute) for x in values]
    try:
        for x, number in zip(values, array.tolist(), strict=True):
            setattr(x, attribute, number)
    except RuntimeError:  # one was computed: as if nothing had happened
        for x, number in zip(values, before, strict=True):
            if not x.operands:
                setattr(x, attribute, number)
        raise
