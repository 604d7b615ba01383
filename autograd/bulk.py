"""The numbers, or the gradients, of a whole list of Values, to and from an array: in C, one call for all.

>>> from autograd import Value, read_data, write_data
>>> xs = [Value(1.0), Value(2.0)]
>>> write_data(xs, read_data(xs) * 10)
>>> xs[1].data
20.0
"""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .engines import Value, engine

Floats = NDArray[np.float64]
Values = list[Value] | tuple[Value, ...]
_takings = count(1)

core: Any = None
if engine == "c":  # pyright: ignore[reportUnnecessaryComparison]
    from ._c import core  # pyright: ignore


def read_data(values: Values) -> Floats:
    """The `data` of every Value, as an array of floats (n,)."""
    if not core:
        return _read(values, "data")
    numbers = np.empty(len(values))
    core.read_numbers(values, numbers, False)
    return numbers


def read_grad(values: Values) -> Floats:
    """The `grad` of every Value, as an array of floats (n,)."""
    if not core:
        return _read(values, "grad")
    numbers = np.empty(len(values))
    core.read_numbers(values, numbers, True)
    return numbers


def write_data(values: Values, numbers: ArrayLike) -> None:
    """Write the `data` of every Value, in order; all or none.

    Args:
        values: n leaves.
        numbers: n numbers.

    Raises:
        ValueError: there are not as many numbers as Values.
        RuntimeError: one of the Values was computed.
    """
    array = _as_many(values, numbers, "write_data")
    if core:
        core.write_numbers(values, array, False)
    else:
        _write(values, array, "data")


def write_grad(values: Values, numbers: ArrayLike) -> None:
    """Write the `grad` of every Value, in order; errors as `write_data`."""
    array = _as_many(values, numbers, "write_grad")
    if core:
        core.write_numbers(values, array, True)
    else:
        _write(values, array, "grad")


def zero_grad(values: Values) -> None:
    """Set the `grad` of every Value to 0.

    >>> x = Value(2.0)
    >>> (x * x).backward()
    >>> zero_grad([x])
    >>> x.grad
    0.0
    """
    if core:
        core.zero_gradients(values)
    else:
        for x in values:
            x.grad = 0.0


def add_grad(values: Values, alpha: float) -> None:
    """Add alpha · grad to the `data` of every Value; all or none. Errors as `write_data`.

    >>> x, y = Value(2.0), Value(3.0)
    >>> (x * y).backward()
    >>> add_grad([x, y], -0.1)
    >>> x.data, y.data
    (1.7, 2.8)
    """
    if core:
        core.add_gradients(values, alpha)
    else:
        with np.errstate(all="ignore"):  # inf and nan flow, as in Values
            moved = read_data(values) + alpha * read_grad(values)
        _write(values, moved, "data")


def take_grad(values: Values) -> tuple[int, int]:
    """Note that somebody uses the gradients that these leaves have, and say when they were last written.

    A gradient is written by `backward()`, by `.grad = ...` and by `write_grad`. Two calls that give the same number
    have seen the same gradients, whoever took them in between.

    Returns:
        The number of the latest taking, this one included, that found a gradient of these written since the taking
        before; 0 if there was none. And how many of the Values do not require a gradient.

        >>> x, y = Value(2.0), Value(3.0)
        >>> first, _ = take_grad([x, y])
        >>> (x * x).backward()
        >>> second, _ = take_grad([x, y])
        >>> second > first, take_grad([x, y])[0] == second
        (True, True)
    """
    if core:
        return core.take_gradients(values)
    leaves: list[Any] = [x for x in values if not x.operands]
    written = [x for x in leaves if x._uses < 0]
    if written:
        number = next(_takings)
        for x in written:
            x._uses = number
    return max((x._uses for x in leaves), default=0), sum(not x.requires_grad for x in leaves)


def program_node(parameters: tuple[Value, ...], gradient: Floats, value: float) -> Value:
    """The node of a compiled call: a number, and its gradient by the parameters."""
    if core:
        return core.record_program(parameters, gradient, value)
    slopes = gradient.tolist()
    rest = value - sum(g * p.data for g, p in zip(slopes, parameters, strict=True))
    node = Value.apply("program", *parameters, *slopes, rest)
    return Value.restore(node.op, node.operands, value, 0.0, "", node.scope)


def _read(values: Values, attribute: str) -> Floats:
    return np.array([getattr(x, attribute) for x in values], float)


def _write(values: Values, array: Floats, attribute: str) -> None:
    before = [getattr(x, attribute) for x in values]
    try:
        for x, number in zip(values, array.tolist(), strict=True):
            setattr(x, attribute, number)
    except RuntimeError:  # one was computed: as if nothing had happened
        for x, number in zip(values, before, strict=True):
            if not x.operands:
                setattr(x, attribute, number)
        raise


def _as_many(values: Values, numbers: ArrayLike, function: str) -> Floats:
    array = np.ascontiguousarray(numbers, dtype=np.float64)
    if array.shape != (len(values),):
        raise ValueError(f"{function}(values, numbers): expected {len(values)} numbers, got shape {array.shape}")
    return array
