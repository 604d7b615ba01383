"""What all losses share: from the losses of many numbers to one."""

from __future__ import annotations

from typing import Any

from autograd import sum


def check_reduction(reduction: str, name: str) -> None:
    """A ValueError if this is no reduction."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{name}: reduction must be 'mean', 'sum' or 'none', got {reduction!r}")


def reduced(losses: list[Any], count: float, reduction: str) -> Any:
    """The sum of the losses, divided by `count` for the mean."""
    return sum(losses) / count if reduction == "mean" else sum(losses)


def is_sequence(x: Any) -> bool:
    """Whether x has elements; an array of no dimensions is one number."""
    return hasattr(x, "__len__") and getattr(x, "ndim", 1) > 0 and not isinstance(x, str)
