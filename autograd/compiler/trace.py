"""Traces a function of Values: runs it once, on marked numbers, and keeps the graph that it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import modes
from ..engines import Value
from ..tracing import TraceError
from .graph import Graph

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Signature:
    """What a trace is good for: how many arguments there are, their names and their shapes."""

    shapes: tuple[Shape, ...]
    """The shape of each argument of one sample, () for a number."""
    arrays: tuple[bool, ...]
    """Whether the function gets an array (of Values), or lists in lists."""
    names: tuple[str, ...]
    """The names of the last arguments, which are passed by name."""

    @property
    def columns(self) -> int:
        """How many numbers one sample has."""
        return sum(int(np.prod(shape)) for shape in self.shapes)


@dataclass(frozen=True)
class Trace:
    """What one run of a function left behind."""

    graph: Graph
    parameters: list[Value]
    """The leaves that were there before: read anew at each call."""
    form: Shape
    """The shape of what the function returns, () for one Value."""


def trace(f: Callable[..., Any], signature: Signature) -> Trace:
    """Run f twice, and make sure that it does the same both times.

    Raises:
        TraceError: f reads a number out of a Value, returns something else than Values, or does something else at
            each run (random numbers, a counter): what was recorded would not hold for other inputs.
    """
    first, second = _run(f, signature, 0.5), _run(f, signature, 0.75)
    if first.graph != second.graph or any(a is not b for a, b in zip(first.parameters, second.parameters, strict=True)):
        raise TraceError(
            f"{_name(f)} does something else each time it runs (a random number, a counter, a Value made anew?), so it "
            "cannot be compiled; make such numbers outside and pass them in"
        )
    return first


def _run(f: Callable[..., Any], signature: Signature, number: float) -> Trace:
    columns = [Value(number + i / 64) for i in range(signature.columns)]
    before = columns[0].serial if columns else Value(0.0).serial
    arguments = _arguments(signature, iter(columns))
    named = dict(zip(reversed(signature.names), reversed(arguments), strict=False))
    around = modes.state.now
    modes.state.now = modes.Now(scope=around[2], tracing=True)
    try:
        result = f(*arguments[: len(arguments) - len(named)], **named)
    except TypeError as error:
        if "indices must be integers" in str(error):
            what = f"{error}: an index that comes into a compiled function chooses with take(table, index)"
            raise TraceError(what) from error
        raise
    finally:
        modes.state.now = around
    outputs, form = _flat(result, f)
    graph, parameters = Graph.of(outputs, columns, before)
    return Trace(graph, parameters, form)


def _arguments(signature: Signature, columns: Iterator[Value]) -> list[Any]:
    """The arguments of one sample, made of the columns in order."""
    arguments = list[Any]()
    for shape, array in zip(signature.shapes, signature.arrays, strict=True):
        values = np.empty(shape, dtype=object)
        for place in np.ndindex(shape):
            values[place] = next(columns)
        arguments.append(values if array and shape else values.tolist())
    return arguments


def _flat(result: Any, f: Callable[..., Any]) -> tuple[list[Any], Shape]:
    """The Values that a function returned, and their shape."""
    array = np.array(result, dtype=object)
    for x in array.flat:
        if not isinstance(x, (Value, float, int)):
            raise TraceError(
                f"{_name(f)} must return a Value, or Values in lists of equal lengths, got {result!r:.200}"
            )
    return list(array.flat), array.shape


def _name(f: Callable[..., Any]) -> str:
    return getattr(f, "__qualname__", repr(f))


def samples(f: Callable[..., Any], args: Sequence[Any], named: Mapping[str, Any]) -> tuple[Signature, np.ndarray]:
    """Arguments with a row for each sample, as the matrix that a Program reads: (N, columns).

    A lone number is the same for every sample.

    Raises:
        ValueError: rows of different lengths, or arguments with different numbers of rows.
        TypeError: something is not a number.
    """
    arrays = [_numbers(x, f) for x in (*args, *named.values())]
    counts = {len(x) for x in arrays if x.ndim}
    if len(counts) != 1:
        given = ", ".join(str(x.shape) for x in arrays)
        raise ValueError(f"{_name(f)}: every argument needs a row for each sample, got the shapes {given}")
    n = counts.pop()
    whole = tuple(isinstance(x, np.ndarray) for x in (*args, *named.values()))
    signature = Signature(tuple(x.shape[1:] for x in arrays), whole, tuple(named))
    if len(arrays) == 1 and arrays[0].ndim == 2:
        return signature, np.ascontiguousarray(arrays[0])
    matrix = np.empty((n, signature.columns))
    at = 0
    for x in arrays:
        width = int(np.prod(x.shape[1:]))
        matrix[:, at : at + width] = x.reshape(n, width) if x.ndim else x
        at += width
    return signature, matrix


def one_sample(f: Callable[..., Any], args: Sequence[Any], named: Mapping[str, Any]) -> tuple[Signature, np.ndarray]:
    """The arguments of one sample, as a matrix of one row."""
    arrays = [_numbers(x, f) for x in (*args, *named.values())]
    whole = tuple(isinstance(x, np.ndarray) for x in (*args, *named.values()))
    signature = Signature(tuple(x.shape for x in arrays), whole, tuple(named))
    return signature, np.concatenate([np.empty(0), *(x.ravel() for x in arrays)])[None]


def _numbers(x: Any, f: Callable[..., Any]) -> np.ndarray:
    try:
        return np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError):
        pass
    try:
        np.array(x)
    except ValueError:
        raise ValueError(f"{_name(f)}: an argument has rows of different lengths: {x!r:.200}") from None
    raise TypeError(f"{_name(f)}: an argument is not made of numbers: {x!r:.200}")
