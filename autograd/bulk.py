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
from .graph import computed
from .rules import RULES
from .scalars import to_float
from .tracing import refuse_reading
from .value import _node, _stored  # pyright: ignore[reportPrivateUsage]

Floats = NDArray[np.float64]
Values = list[Value] | tuple[Value, ...]
_takings = count(1)

core: Any = None
if engine == "c":  # pyright: ignore[reportUnnecessaryComparison]
    from ._c import core  # pyright: ignore


def read_data(values: Values) -> Floats:
    """The `data` of every Value, as an array of floats (n,).

    Raises:
        TypeError: values is not a list or tuple of Values.

        >>> read_data([Value(1.0), Value(2.0)])
        array([1., 2.])
    """
    return _read(values, "data", "read_data")


def read_grad(values: Values) -> Floats:
    """The `grad` of every Value, as an array of floats (n,).

    Raises:
        TypeError: values is not a list or tuple of Values.

        >>> x, y = Value(2.0), Value(3.0)
        >>> (x * y).backward()
        >>> read_grad([x, y])
        array([3., 2.])
    """
    return _read(values, "grad", "read_grad")


def write_data(values: Values, numbers: ArrayLike) -> None:
    """Write the `data` of every Value, in order; all or none.

    Args:
        values: n leaves.
        numbers: n numbers.

    Raises:
        TypeError: values is not a list or tuple of Values, or numbers holds something else than numbers.
        ValueError: there are not as many numbers as Values.
        RuntimeError: one of the Values was computed.

        >>> xs = [Value(1.0), Value(2.0)]
        >>> write_data(xs, [3.0, 4.0])
        >>> xs[1].data
        4.0
    """
    _write(values, numbers, "data", "write_data")


def write_grad(values: Values, numbers: ArrayLike) -> None:
    """Write the `grad` of every Value, in order. Errors as `write_data`, but a computed Value will do.

    >>> x = Value(2.0)
    >>> write_grad([x], [0.5])
    >>> x.grad
    0.5
    """
    _write(values, numbers, "grad", "write_grad")


def zero_grad(values: Values) -> None:
    """Set the `grad` of every Value to 0. A TypeError if they are not a list or tuple of Values.

    >>> x = Value(2.0)
    >>> (x * x).backward()
    >>> zero_grad([x])
    >>> x.grad
    0.0
    """
    if core:
        core.zero_gradients(values)
    else:
        refuse_reading(".grad = ...")
        for x in _checked(values, "zero_grad"):
            x.grad = 0.0


def add_grad(values: Values, alpha: float) -> None:
    """Add alpha · grad to the `data` of every Value; all or none. Errors as `write_data`.

    >>> x, y = Value(2.0), Value(3.0)
    >>> (x * y).backward()
    >>> add_grad([x, y], -0.1)
    >>> x.data, y.data
    (1.7, 2.8)
    """
    alpha = to_float(alpha, "add_grad(values, alpha): alpha")
    if core:
        core.add_gradients(values, alpha)
    else:
        refuse_reading(".data = ...")
        for x in _leaves(values, "add_grad"):
            x.data += alpha * x.grad


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
    leaves: list[Any] = [x for x in _checked(values, "take_grad") if not x.operands]
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
    slopes, rest = gradient.tolist(), value
    for g, p in zip(slopes, parameters, strict=True):
        rest -= g * p.data
    return _node(RULES["program"], value, *_stored((*parameters, *slopes, rest)))


def _read(values: Values, attribute: str, function: str) -> Floats:
    if not core:
        return np.array([getattr(x, attribute) for x in _checked(values, function)], float)
    if not isinstance(values, (list, tuple)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise _no_sequence(values, function)
    numbers = np.empty(len(values))
    core.read_numbers(values, numbers, attribute == "grad")
    return numbers


def _write(values: Values, numbers: ArrayLike, attribute: str, function: str) -> None:
    if not isinstance(values, (list, tuple)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise _no_sequence(values, function)
    given = np.asarray(numbers)
    if given.shape != (len(values),):
        raise ValueError(f"{function}(values, numbers): expected {len(values)} numbers, got shape {given.shape}")
    if given.dtype.kind not in "biuf":  # of texts, of None, of huge ints ...
        given = np.array([to_float(x, f"{function}(values, numbers): an element of numbers") for x in given.tolist()])
    array = np.ascontiguousarray(given, dtype=np.float64)
    if core:
        core.write_numbers(values, array, attribute == "grad")
        return
    refuse_reading(f".{attribute} = ...")
    for x, number in zip((_checked if attribute == "grad" else _leaves)(values, function), array.tolist(), strict=True):
        setattr(x, attribute, number)


def _leaves(values: Values, function: str) -> Values:
    """The values, checked before any is written: Values that were not computed."""
    for x in _checked(values, function):
        if x.operands:
            raise computed(x, "data")
    return values


def _checked(values: Values, function: str) -> Values:
    """The values, checked as the C engine does."""
    if not isinstance(values, (list, tuple)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise _no_sequence(values, function)
    for i, x in enumerate(values):
        if type(x) is not Value:
            raise TypeError(f"{function}: element {i} must be a Value, got {type(x).__name__}")
    return values


def _no_sequence(values: Any, function: str) -> TypeError:
    return TypeError(f"{function}: expected a list or tuple of Values, got {type(values).__name__}")
