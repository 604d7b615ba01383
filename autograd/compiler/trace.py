"""Traces a function of Values: runs it once, on marked numbers, and keeps the graph that it leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import prod
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from .. import modes
from ..engines import Value
from ..tracing import Note, TraceError, noted, refused
from .extension import extension
from .graph import CODES, Graph
from .watch import Watch

Shape = tuple[int, ...]
INDEX = ("indices must be integers", "interpreted as an integer", "only integers, slices")
"""What Python and numpy say of a Value where a whole number belongs."""


NUMBERS = (Real, Decimal, np.bool_, Value)
"""What may stand in an array of objects."""


class Signature(NamedTuple):
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
        return sum(map(prod, self.shapes))


@dataclass(frozen=True, eq=False)
class Recorded:
    """What one run of a function left behind."""

    graph: Graph
    parameters: list[Value]
    """The leaves that were there before: read anew at each call."""
    form: Shape
    """The shape of what the function returns, () for one Value."""
    noted: tuple[Note, ...]
    """What the function asked of Values that were there before, beside their numbers."""

    def __eq__(self, other: object) -> bool:
        """Whether both did the same, with the same Values."""
        if not isinstance(other, Recorded) or self.graph != other.graph:
            return False
        return all(a is b for a, b in zip(self.parameters, other.parameters, strict=True))

    __hash__ = None  # pyright: ignore[reportAssignmentType]


@dataclass(frozen=True, eq=False)
class Trace(Recorded):
    """A run that others will repeat."""

    watch: Watch
    """What the variables held that the function uses."""


def trace(f: Callable[..., Any], signature: Signature, watch: Watch | None = None) -> Trace:
    """Run f twice, and make sure that it does the same both times; a third time if the first one made what others use.

    Args:
        f: a function of Values.
        signature: what it gets.
        watch: that of another trace of f; if nothing has changed since, its variables need not be found anew.

    Raises:
        TraceError: f reads a number out of a Value, returns something else than Values, does something else at each run
            (random numbers), or changes a variable (a counter, an append): what was recorded would not hold for
            other inputs. What the first run alone changes, as a layer that takes its size from it, is no harm.
    """
    first = _run(f, signature, 0.5)
    if watch is None or watch.changed():
        watch = Watch(f)
    again = _run(f, signature, 0.75)
    if first != again:  # a layer may have taken its size from the first run
        first, watch = again, Watch(f)
        again = _run(f, signature, 0.625)
    if first != again:
        raise TraceError(
            f"{name_of(f)} does something else each time it runs (a random number, a counter, a Value made anew?), so "
            "it cannot be compiled; make such numbers outside and pass them in"
        )
    if watch.changed():
        raise TraceError(
            f"{name_of(f)} changes a variable each time it runs (a counter, an append, an attribute), which a compiled "
            "call would not do again for each sample; return such numbers, or change the variable outside"
        )
    return Trace(first.graph, first.parameters, first.form, first.noted, watch)


def _run(f: Callable[..., Any], signature: Signature, number: float) -> Recorded:
    columns = [Value(number + i / 64) for i in range(signature.columns)]
    before = columns[0].serial if columns else Value(0.0).serial
    refused.latest, noted.of = None, {}
    try:
        with modes.exactly(recording=True, anomaly=False, lines=False, tracing=True):
            result = call(f, signature, iter(columns))
    except (TypeError, IndexError) as error:
        if ("Value" in str(error) or "slices (" in str(error)) and any(words in str(error) for words in INDEX):
            what = f"{error}: an index that comes into a compiled function chooses with take(table, index)"
            raise TraceError(what) from error
        raise
    except KeyError as error:
        if not isinstance(error.args[0] if error.args else None, Value):
            raise
        what = "a Value as the key of a dict or set: it has no one number here; choose with take(table, index) or where"
        raise TraceError(f"{what} (in {name_of(f)})") from error
    if refused.latest:
        raise refused.latest
    outputs, form = _flat(result, f)
    graph, parameters = Graph.of(outputs, columns, before)
    if (graph.op == CODES["program"]).any():
        raise TraceError(
            f"{name_of(f)} uses a Value that a compiled call gave before, which holds for the numbers that its "
            "parameters had then; call the compiled function inside, or pass the number in as an argument"
        )
    notes, noted.of = noted.of.values(), {}
    return Recorded(graph, parameters, form, tuple([note for note in notes if note.value.serial < before]))


def call(f: Callable[..., Any], signature: Signature, columns: Iterator[Any]) -> Any:
    """F of one sample, whose numbers are the columns in order."""
    arguments = _arguments(signature, columns)
    unnamed = len(arguments) - len(signature.names)
    return f(*arguments[:unnamed], **dict(zip(signature.names, arguments[unnamed:], strict=True)))


def _arguments(signature: Signature, columns: Iterator[Any]) -> list[Any]:
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
    if not array.size or not all(isinstance(x, (Value, float, int)) for x in array.flat):
        raise TraceError(f"{name_of(f)} must return a Value, or Values in lists of equal lengths, got {result!r:.200}")
    return list(array.flat), array.shape


def name_of(f: Callable[..., Any]) -> str:
    return getattr(f, "__qualname__", repr(f))


def samples(f: Callable[..., Any], args: Sequence[Any], named: Mapping[str, Any]) -> tuple[Signature, np.ndarray]:
    """Arguments with a row for each sample, as the matrix that a Program reads: (N, columns).

    A lone number is the same for every sample.

    Raises:
        ValueError: rows of different lengths, or arguments with different numbers of rows.
        TypeError: something is not a number.
    """
    given = (*args, *named.values())
    arrays = [_numbers(x, f) for x in given]
    counts = {len(x) for x in arrays if x.ndim}
    if len(counts) != 1:
        every = ", ".join(str(x.shape) for x in arrays)
        raise ValueError(f"{name_of(f)}: every argument needs a row for each sample, got the shapes {every}")
    n = counts.pop()
    whole = tuple(isinstance(x, np.ndarray) for x in given)
    signature = Signature(tuple(x.shape[1:] for x in arrays), whole, tuple(named))
    matrix = np.empty((n, signature.columns))
    at = 0
    for x in arrays:
        width = prod(x.shape[1:])
        matrix[:, at : at + width] = x.reshape(n, width) if x.ndim else x
        at += width
    return signature, matrix


def gathered(args: Sequence[Any], named: Mapping[str, Any]) -> tuple[Signature, np.ndarray] | None:
    """What `samples` gives of contiguous arrays of numbers, in one call of C; None of others."""
    given = (*args, *named.values())
    found = extension and extension.gather(np.ndarray, given)
    if not found:
        return None
    shapes, matrix = found
    return Signature(shapes, (True,) * len(given), tuple(named)), np.ndarray(
        (len(given[0]), len(matrix) // 8 // len(given[0])), np.float64, matrix
    )


def one_sample(f: Callable[..., Any], args: Sequence[Any], named: Mapping[str, Any]) -> tuple[Signature, np.ndarray]:
    """The arguments of one sample, as a matrix of one row."""
    arrays = [_numbers(x, f) for x in (*args, *named.values())]
    whole = tuple(isinstance(x, np.ndarray) for x in (*args, *named.values()))
    signature = Signature(tuple(x.shape for x in arrays), whole, tuple(named))
    return signature, np.concatenate([np.empty(0), *(x.ravel() for x in arrays)])[None]


def _numbers(x: Any, f: Callable[..., Any]) -> np.ndarray:
    try:
        array = np.asarray(x)
    except ValueError:
        raise ValueError(f"{name_of(f)}: an argument has rows of different lengths: {x!r:.200}") from None
    whole: Any = array.flat
    if array.dtype.kind in "biuf" or (array.dtype == object and all(isinstance(y, NUMBERS) for y in whole)):
        return array.astype(np.float64, copy=False)
    raise TypeError(f"{name_of(f)}: an argument is not made of numbers: {x!r:.200}")
