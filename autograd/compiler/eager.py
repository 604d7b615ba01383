"""What a compiled function does by running f itself: on Values, sample by sample, as if it were not compiled.

>>> x = Value(3.0)
>>> has_values([x], {}), has_values([3.0], {})
(True, False)
>>> rows("f", ([x, 1.0], 5.0), {})               # the arguments of f(x, 5.0) and f(1.0, 5.0)
[([Value(data=3.0, grad=0.0), 5.0], {}), ([1.0, 5.0], {})]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np

from .. import modes
from ..anomaly import check_backward
from ..engines import Value
from .trace import Signature, call, name_of


def has_values(args: Sequence[Any], named: Mapping[str, Any]) -> bool:
    """Does an argument hold Values?"""
    return any(map(_has_value, (*args, *named.values())))


def rows(name: str, args: tuple[Any, ...], named: dict[str, Any]) -> list[tuple[list[Any], dict[str, Any]]]:
    """The arguments for each sample; a lone number or Value is the same for all.

    Raises:
        ValueError: arguments with different numbers of rows, or with none.
    """
    given = [*args, *named.values()]
    counts = {len(x) for x in given if _is_list(x)}
    if len(counts) != 1 or counts == {0}:
        found = ", ".join(map(str, sorted(counts))) or "numbers alone"
        raise ValueError(f"{name}: every argument needs a row for each sample, got {found}")
    each = [[x[i] if _is_list(x) else x for x in given] for i in range(counts.pop())]
    return [(row[: len(args)], dict(zip(named, row[len(args) :], strict=True))) for row in each]


def total(results: list[Any], mean: bool) -> Any:
    """The sum or mean of results that are nested alike."""
    if _is_list(results[0]):
        return [total(list(parts), mean) for parts in zip(*results, strict=True)]
    all_of_them = (
        Value.apply("sum", *results) if any(isinstance(x, Value) for x in results) else Value(float(sum(results)))
    )
    return all_of_them / len(results) if mean else all_of_them


def inspect(f: Callable[..., Any], signature: Signature, matrix: np.ndarray, seed: float | None) -> None:
    """Run f on each sample by itself, forward and, from a seed, backward, as detect_anomaly does.

    It runs as in a trace, where an index may be a Value.

    Raises:
        FloatingPointError: the first operation that makes a nan or inf, and the number of its sample.
    """
    for i, row in enumerate(matrix.tolist()):
        try:
            with modes.exactly(tracing=True, recording=True):
                results: Any = np.array(call(f, signature, iter(map(Value, row))), dtype=object)
            for result in results.flat:
                if seed is not None and isinstance(result, Value):
                    check_backward(result, seed)
        except FloatingPointError as error:
            raise FloatingPointError(f"sample {i} of {name_of(f)}: {error}") from None


def _is_list(x: Any) -> bool:
    return hasattr(x, "__len__") and getattr(x, "ndim", 1) > 0


def _has_value(x: Any) -> bool:
    if isinstance(x, (list, tuple)):
        return any(map(_has_value, cast(Any, x)))
    return isinstance(x, Value) or (isinstance(x, np.ndarray) and cast(Any, x).dtype == object)
