"""What counts as a number: a float, an int, a numpy scalar, a numpy array of no dimensions."""

from __future__ import annotations

import sys
from typing import Any


def as_float(x: Any) -> float | None:
    """The number x as a Python float, or None if x is not one real number."""
    if type(x) is float:
        return x
    if isinstance(x, float):
        return float.__float__(x)  # the number itself, whatever a subclass makes of __float__
    if isinstance(x, int):
        return int.__float__(x)
    numpy = sys.modules.get("numpy")  # whoever holds a numpy number has imported numpy
    if numpy and isinstance(x, (numpy.generic, numpy.ndarray)) and x.ndim == 0 and x.dtype.kind in "biuf":
        return float(x)
    return None


def to_float(x: Any, what: str) -> float:
    """As `as_float`, but a TypeError for what is not a number; `what` names it in the message."""
    number = as_float(x)
    if number is None:
        given = repr(x)
        given = given if len(given) <= 60 else given[:57] + "..."
        raise TypeError(
            f"{what} must be one number (float, int, numpy scalar or array of no dimensions), "
            f"got {type(x).__name__}: {given}{_advice(x)}"
        )
    return number


def _advice(x: Any) -> str:
    if type(x).__name__ == "Value":
        return "; a Value's number is x.data, and x.detach() is a new leaf"
    if isinstance(x, (list, tuple)) or getattr(x, "ndim", 0):
        return "; for several numbers make several Values: [Value(x) for x in numbers]"
    return ""
