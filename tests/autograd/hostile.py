"""Arguments that no sane program passes, and what a sound engine makes of them."""

from __future__ import annotations

import gc
import math
import weakref
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import numpy as np

from autograd import Value, graph, modes

ERRORS = (
    TypeError, ValueError, LookupError, AttributeError, RuntimeError, ArithmeticError, BufferError, DeprecationWarning,
)  # fmt: skip
"""What a wrong argument may raise; MemoryError, SystemError and AssertionError are faults."""


class Float(float):
    """A float with more than a number."""


class Int(int):
    pass


class Str(str):
    def __eq__(self, other: object) -> bool:
        gc.collect(0)
        return str.__eq__(self, other)

    __hash__ = str.__hash__


class Raises:
    """Whatever is asked of it, it raises."""

    def __float__(self) -> float:
        raise ZeroDivisionError("float")

    def __index__(self) -> int:
        raise ZeroDivisionError("index")

    def __iter__(self) -> Iterator[Any]:
        raise ZeroDivisionError("iter")

    def __len__(self) -> int:
        raise ZeroDivisionError("len")

    def __bool__(self) -> bool:
        raise ZeroDivisionError("bool")

    def __getitem__(self, i: object) -> Any:
        raise ZeroDivisionError("getitem")

    def __hash__(self) -> int:
        raise ZeroDivisionError("hash")

    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError("eq")

    def __repr__(self) -> str:
        raise ZeroDivisionError("repr")


class RaisingFloat(float):
    def __float__(self) -> float:
        raise ZeroDivisionError("float")


class Calls(np.ndarray):  # type: ignore[type-arg]
    """A number, an array of no dimensions, whose conversion to a float runs other code first."""

    action: Callable[[], object]

    def __new__(cls, number: float, action: Callable[[], object]) -> Calls:
        self = np.array(number).view(cls)
        self.action = action
        return self

    def __float__(self) -> float:
        self.action()
        return float(np.asarray(self))


class Tells:
    """No number; and telling so in the error's message runs other code first."""

    def __init__(self, number: float, action: Callable[[], object]) -> None:
        self.action = action

    def __repr__(self) -> str:
        self.action()
        return "Tells"


def strange() -> list[Any]:
    """One of everything, made anew so that no test spoils it for another."""
    itself: list[Any] = []
    itself.append(itself)
    return [
        None, True, 0, -1, 3, 10**30, 10**400, 1.5, -0.0, math.inf, math.nan, 5e-324, Float(2.5), Int(3), 1j, "",
        "x", "+", "tanh", Str("sum"), "\ud800", "é" * 1000, b"x", bytearray(8), memoryview(b"12345678"), (), [],
        {}, set(), [1.0], (1.0, 2.0), [[1.0]], ["x"], [None], range(3), iter([1.0]), (x for x in (1.0, 2.0)),
        {1.0: 2.0}, itself, np.float64(1.5), np.float32(1.5), np.int8(1), np.bool_(True), np.array(1.5),
        np.array([1.5, 2.5]), np.array([]), np.array(["x"]), np.array([Value(1.0)], dtype=object),
        np.array(Value(1.0), dtype=object), np.datetime64("NaT", "s"), Decimal(1), Value(2.0), Value(-1.0) * 2,
        [Value(1.0)], (Value(1.0), 2.0), Value, float, object(), Raises(), RaisingFloat(1.0), [Raises()],
        [RaisingFloat(1.0)], lambda: 1.0, Ellipsis, NotImplemented, type, weakref, slice(1),
    ]  # fmt: skip


def survive(f: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """Call it; an ordinary exception is fine, and so is the ZeroDivisionError of a hostile object."""
    try:
        return f(*args, **named)
    except ERRORS:
        return None


def check_sound() -> None:
    """Assert that the engine still works, and keeps nothing of what went wrong."""
    x, y = Value(2.0), Value(3.0)
    node = Value.apply("dot", x * y, y, x, y.tanh(), 1.0)
    node.backward()
    want = graph.chain_rule(node, 1.0, differentiable=False)
    assert (x.grad, y.grad) == (want[x], want[y])
    assert node.op == "dot"
    assert node.scope == ""
    assert tuple(modes.state.now) == (True, False, 0, False, False)
