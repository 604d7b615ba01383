"""Objects whose own code changes what the engine is just reading: lists, iterators, the graph itself."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from autograd import Value, functions

from .hostile import Calls, RaisingFloat, Tells, check_sound, survive


def nodes(n: int = 50) -> list[Any]:
    return [Value(float(i)) * 1.0 for i in range(n)]


SEQUENCE_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "sum": functions.sum,
    "logsumexp": functions.logsumexp,
    "softmax": functions.softmax,
    "dot, first": lambda xs: functions.dot(xs, [1.0] * 50),
    "dot, second": lambda xs: functions.dot([Value(1.0) * 1.0 for _ in range(50)], xs),
    "dot, both": lambda xs: functions.dot(xs, xs),
}
every_sequence_function = pytest.mark.parametrize("name", SEQUENCE_FUNCTIONS)


@every_sequence_function
@pytest.mark.parametrize("kind", [Calls, Tells])
@pytest.mark.parametrize("place", [0, 25, 49])
def test_a_number_that_empties_the_list_it_stands_in(name: str, kind: Any, place: int) -> None:
    called = []
    for action in ("clear", "refill", "grow", "spoil"):
        xs = nodes()

        def act(xs: list[Any] = xs, action: str = action) -> None:
            called.append(action)
            xs.clear()
            gc.collect(0)
            if action == "refill":
                xs.extend(nodes())
            elif action == "grow":
                xs.extend(nodes(5000))
            elif action == "spoil":
                xs.extend(["x"] * 50)

        xs[place] = kind(1.0, act)
        node = survive(SEQUENCE_FUNCTIONS[name], xs)
        if isinstance(node, Value):
            assert math.isfinite(node.data)
            node.backward()
    assert set(called) == {"clear", "refill", "grow", "spoil"}
    check_sound()


def test_a_second_sequence_that_empties_the_first() -> None:
    for bias in (None, 1.0):
        ws = nodes()
        xs: list[Any] = [1.0] * 50
        xs[10] = Calls(1.0, ws.clear)
        node = survive(functions.dot, ws, xs, bias) if bias else survive(functions.dot, ws, xs)
        if isinstance(node, Value):
            node.backward()
    ws, xs = nodes(), nodes()
    node = survive(functions.dot, ws, xs, Calls(1.0, lambda: (ws.clear(), xs.clear(), gc.collect())))
    if isinstance(node, Value):
        node.backward()
    check_sound()


@every_sequence_function
def test_iterators_that_misbehave(name: str) -> None:
    f = SEQUENCE_FUNCTIONS[name]
    xs = nodes()

    def clears() -> Iterator[Any]:
        for x in list(xs):
            xs.clear()
            yield x

    class Lies(list):  # type: ignore[type-arg]
        def __len__(self) -> int:
            return 10**9

        def __iter__(self) -> Iterator[Any]:
            return iter(nodes(50))

        def __getitem__(self, i: object) -> Any:
            raise ZeroDivisionError

    class Endless:
        def __len__(self) -> int:
            return 50

        def __getitem__(self, i: int) -> float:
            if i >= 50:
                raise IndexError
            return 1.0

    def fails() -> Iterator[Any]:
        yield Value(1.0)
        raise ZeroDivisionError

    for make in (
        clears,
        lambda: Lies([1.0]),
        Endless,
        fails,
        lambda: map(Value, range(50)),
        lambda: np.ones(50),
        lambda: {1.0: 2.0}.keys(),
    ):
        node = survive(f, make())
        if isinstance(node, Value):
            node.backward()
    with pytest.raises(ZeroDivisionError):
        functions.sum(fails())
    check_sound()


def test_a_conversion_that_drops_the_value_it_is_added_to() -> None:
    """In x + number, the number's own code drops the last reference to x."""
    for op in (lambda x, y: x + y, lambda x, y: x**y, lambda x, y: x < y, lambda x, y: x == y, lambda x, y: y - x):
        box = [Value(2.0) * 1.0]
        survive(op, box[0], Calls(1.0, box.clear))
        box.append(Value(2.0) * 1.0)
        survive(op, box[0], Tells(1.0, box.clear))
        survive(op, Value(2.0), RaisingFloat(1.0))
    box = [Value(2.0)]
    survive(setattr, box[0], "data", Calls(1.0, box.clear))
    box = [Value(2.0)]
    survive(setattr, box[0], "grad", Calls(1.0, box.clear))
    box = [Value(2.0) * 3]
    survive(box[0].backward, Calls(1.0, box.clear))
    check_sound()


def test_a_conversion_that_writes_or_sweeps_the_graph() -> None:
    x = Value(2.0, "x")
    y = x * 3

    def write() -> None:
        x.data = 5.0

    with pytest.raises(RuntimeError, match="'x'"):
        y.backward(Calls(1.0, write))
    assert x.grad == 0.0
    y = x * 3
    y.backward(Calls(1.0, y.backward))
    assert x.grad == 6.0
    check_sound()


def test_failing_conversions_leave_no_trace() -> None:
    x = Value(2.0, "x")

    def explode() -> None:
        raise ZeroDivisionError

    bomb = Calls(1.0, explode)
    for f in (
        lambda: Value(bomb),
        lambda: x + bomb,
        lambda: x**bomb,
        lambda: x < bomb,
        lambda: x == bomb,
        lambda: x.elu(bomb),
        lambda: functions.sum([x, bomb]),
        lambda: functions.dot([x], [bomb]),
        lambda: functions.dot([x], [1.0], bomb),
        lambda: Value.apply("sum", x, bomb),
        lambda: Value.apply("+", x, bomb),
        lambda: x.backward(bomb),
        lambda: setattr(x, "data", bomb),
        lambda: setattr(x, "grad", bomb),
    ):
        with pytest.raises(ZeroDivisionError):
            f()
    assert (x.data, x.grad, x.label) == (2.0, 0.0, "x")
    check_sound()
