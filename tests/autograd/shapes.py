"""Graphs of any size, of which the gradient is known."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autograd import Value

N = 1_000_000


def chain(x: Value, n: int) -> Value:
    """Build x + 1 + 1 + ...: every node has one operand."""
    y = x
    for _ in range(n):
        y = y + 1.0
    return y


def diamonds(x: Value, n: int) -> Value:
    """Split y n/3 times in two ways that meet again: y = y·½ + y·½."""
    y = x
    for _ in range(n // 3):
        y = y * 0.5 + y * 0.5
    return y


def ladder(x: Value, n: int) -> Value:
    """Two rails, each rung made of both: a, b = (a + b)/2, (a - b)/2 + b."""
    a, b = x, x * 1.0
    for _ in range(n // 5):
        a, b = (a + b) * 0.5, (a - b) * 0.5 + b
    return a


def fan(x: Value, n: int) -> Value:
    """One node with n operands, all of them the same."""
    return Value.apply("sum", *[x * 1.0] * n)


def rake(x: Value, n: int) -> Value:
    """One node used by n/2 others, and one node that gathers all of those."""
    y = x * 1.0
    return Value.apply("sum", *[y * 1.0 for _ in range(n // 2)])


SHAPES: dict[str, tuple[Callable[[Value, int], Value], Callable[[int], float]]] = {
    "chain": (chain, lambda n: 1.0),
    "diamonds": (diamonds, lambda n: 1.0),
    "ladder": (ladder, lambda n: 1.0),
    "fan": (fan, lambda n: float(n)),
    "rake": (rake, lambda n: float(n // 2)),
}
every_shape = pytest.mark.parametrize("shape", SHAPES)
