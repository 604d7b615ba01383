"""The check that stands under an exercise: is the reader's answer right?

An exercise leaves three dots where the answer goes, and runs with the dots in place:

    >>> from autograd.teach import answer
    >>> slope = ...  # your answer
    >>> answer(slope, 6.0, hint="The derivative of x² is 2x.")
    Not answered yet: put your answer in place of the three dots, and run this cell again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any, cast


def answer(yours: Any, right: Any, *, hint: str = "", within: float = 1e-6, on: Sequence[Any] | None = None) -> None:
    """Print whether an answer is right; if it is not, what it is and a hint, but not what is right.

    A number is right if it is within `within` · max(1, |right|) of the right one. Of a Value its number counts, of a
    string not the case and the spaces around it, of a list, tuple or array (of any depth) every item. A function is
    tried on inputs, and is right if its results are.

    Args:
        yours: the answer; `...`, or anything that contains it, is none yet.
        right: the right answer: number, Value, string, bool, list of these, or a function that returns them.
        hint: what helps when the answer is wrong.
        within: how far a number may be from the right one.
        on: for functions, the inputs to try them on; a tuple gives several arguments.

    Raises:
        ValueError: right is a function and there is nothing to try it on.

        >>> answer(5.0, 6.0, hint="The derivative of x² is 2x.")
        Not yet: got 5.0. The derivative of x² is 2x.
        >>> answer(6.0000001, 6.0)
        Right: 6.0000001
        >>> answer(lambda x: x + x, lambda x: x * x, on=[2.0, 3.0])
        Not yet: for 3.0 your function gives 6.0, not 9.0.
    """
    if callable(right):
        if not on:
            raise ValueError("answer(yours, right): right is a function; give inputs to try it on, as on=[1.0, 2.0]")
        fault, praise = _fault_of_function(yours, right, on, within), f"{len(on)} of {len(on)} inputs."
    else:
        yours, right = _plain(yours), _plain(right)
        fault, praise = _fault(yours, right, within), repr(yours)
    if fault is None:
        print(f"Right: {praise}")
    elif fault == _NO_ANSWER:
        print(f"Not answered yet: {fault}.")
    else:
        print(f"Not yet: {fault}." + (f" {hint}" if hint else ""))


_NO_ANSWER = "put your answer in place of the three dots, and run this cell again"


def _plain(x: Any) -> Any:
    """x in Python's own types: the number of a Value, the list of an array or tuple."""
    if hasattr(x, "tolist"):  # numpy's
        x = x.tolist()
    if isinstance(x, list | tuple):
        return [_plain(item) for item in cast("Sequence[Any]", x)]
    data = getattr(x, "data", None)  # a Value's, ours or the reader's own
    return data if isinstance(data, float | int) else x


def _unanswered(yours: Any) -> bool:
    return yours is ... or (isinstance(yours, list) and any(map(_unanswered, cast("list[Any]", yours))))


def _kind(x: Any) -> str:
    for kind, types in {"True or False": bool, "a number": Real, "a text in quotes": str, "a list": list}.items():
        if isinstance(x, types):
            return kind
    return "None" if x is None else f"a {type(x).__name__}"


def _fault(yours: Any, right: Any, within: float) -> str | None:
    """What is wrong with an answer, or None; both in Python's own types."""
    if _unanswered(yours):
        return _NO_ANSWER
    if _kind(yours) != _kind(right):
        return f"got {yours!r}, but the answer is {_kind(right)}"
    if isinstance(right, list):
        pairs = cast("list[Any]", yours), cast("list[Any]", right)
        if len(pairs[0]) != len(pairs[1]):
            return f"got {yours!r}, of length {len(pairs[0])}, but the answer has length {len(pairs[1])}"
        same = all(_fault(y, r, within) is None for y, r in zip(*pairs, strict=True))
    elif isinstance(right, str):
        same = yours.strip().casefold() == right.strip().casefold()
    elif _kind(right) == "a number":
        same = _close(yours, right, within)
    else:
        same = yours == right
    return None if same else f"got {yours!r}"


def _close(yours: float, right: float, within: float) -> bool:
    both_nan = math.isnan(yours) and math.isnan(right)
    return both_nan or yours == right or abs(yours - right) <= within * max(1.0, abs(right)) < math.inf


def _fault_of_function(yours: Any, right: Callable[..., Any], on: Sequence[Any], within: float) -> str | None:
    if yours is ...:
        return _NO_ANSWER
    if not callable(yours):
        return f"got {yours!r}, but the answer is a function"
    for x in on:
        inputs = cast("tuple[Any, ...]", x) if isinstance(x, tuple) else (x,)
        said = ", ".join(repr(_plain(one)) for one in inputs)
        try:
            got = _plain(yours(*inputs))
        except Exception as error:
            return f"for {said} your function raises {type(error).__name__}: {str(error).rstrip('.')}"
        expected = _plain(right(*inputs))
        fault = _fault(got, expected, within)
        if fault is not None:
            return fault if fault == _NO_ANSWER else f"for {said} your function gives {got!r}, not {expected!r}"
    return None
