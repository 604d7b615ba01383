"""Sizes that do not fit, said in words: the part of the network, what it expected, what it got."""

from __future__ import annotations

import operator
from typing import Any, Protocol, cast

import numpy as np

from autograd import Value, dot

ONE_SAMPLE = "one sample at a time: [model(x) for x in X]"


class Sized(Protocol):
    """A neuron or a layer."""

    @property
    def nin(self) -> int | None: ...


def described(path: str, module: object) -> str:
    """A module as messages name it.

    >>> from nn import Neuron
    >>> described("layers.0.neurons.1", Neuron(2))
    'layers.0.neurons.1, a Neuron(2, relu),'
    """
    text = repr(module)
    name = type(module).__name__ if "\n" in text else text
    return f"{path}, a {name}," if path else name


def size(n: Any, what: str) -> int:
    """The size n as an int; a TypeError or ValueError, which calls it `what`, if it is no positive whole number.

    >>> size(np.int64(3), "nin")
    3
    """
    try:
        number = operator.index(n)
    except TypeError:
        raise TypeError(f"{what} must be a positive whole number, got {type(n).__name__}: {n!r}") from None
    if number < 1 or isinstance(n, bool):
        raise ValueError(f"{what} must be a positive whole number, got {n!r}")
    return number


def is_number(x: Any) -> bool:
    """Whether x is one input, not a sequence of them.

    >>> is_number(2.0), is_number(Value(2.0)), is_number([2.0])
    (True, True, False)
    """
    return isinstance(x, (Value, int, float, np.number)) or (isinstance(x, np.ndarray) and x.ndim == 0)


def count_inputs(module: Sized, x: Any) -> int:
    """How many inputs there are in x, or an error that says why they are not what the module reads.

    The module's place in the network is that of the scope in which it is being called.

    Raises:
        TypeError: x is neither a number nor a sequence of numbers.
        ValueError: x has not `module.nin` numbers, or none; or it is a batch of samples.

        >>> from nn import MLP
        >>> MLP(3, [4, 1])([1.0, 2.0])
        Traceback (most recent call last):
            ...
        ValueError: layers.0.neurons.0, a Neuron(3, relu), expected 3 inputs, got 2
    """
    nin = module.nin
    name = f"{described(Value(0.0).scope, module)} expected {nin or 'some'} input{'s' * (nin != 1)}"
    if is_number(x):
        if nin not in (1, None):
            raise ValueError(f"{name}, got one number: {x!r}") from None
        return 1
    if not hasattr(x, "__len__"):
        raise TypeError(f"{name} in a sequence, got {type(x).__name__}: {x!r}") from None
    n = len(x)
    if isinstance(x, np.ndarray) and x.ndim > 1:
        raise ValueError(f"{name}, {ONE_SAMPLE}; got an array of shape {cast(Any, x).shape}") from None
    if any(isinstance(row, (list, tuple)) or getattr(row, "ndim", 0) for row in x):
        raise ValueError(f"{name}, {ONE_SAMPLE}; got {n} rows") from None
    if n != (nin or n or 1):
        raise ValueError(f"{name}, got {n}") from None
    try:
        dot([0.0] * n, cast(Any, x))
    except TypeError as error:
        raise TypeError(f"{described(Value(0.0).scope, module)} takes numbers: {error}") from None
    return n
