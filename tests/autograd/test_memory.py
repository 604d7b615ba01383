"""Memory comes back: after graphs were dropped, after training, after errors."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import autograd
from autograd import Value

from .helpers import near, python
from .shapes import SHAPES, N, every_shape


def resident() -> int:
    """Bytes of memory that this process occupies now."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        pytest.skip("there is no /proc/self/statm here to read resident memory from")
    if "asan" in os.environ.get("LD_PRELOAD", ""):
        pytest.skip("the address sanitizer keeps freed memory, to see who still uses it")
    return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@every_shape
def test_memory_comes_back_after_100_rounds(shape: str) -> None:
    build, slope = SHAPES[shape]
    n = N // 20

    def rounds(count: int) -> None:
        for _ in range(count):
            x = Value(1.0)
            build(x, n).backward()
            assert near(x.grad, slope(n), 1e-9)

    rounds(10)
    gc.collect()
    before = resident()
    rounds(100)
    gc.collect()
    growth = resident() - before
    # Allocators take memory in pieces: Python's by 1 MiB, the C engine's by 2 MiB. Less than a piece is no leak.
    assert growth < 2 * 2**20, f"{growth} bytes more than before; 100 graphs of {n} nodes were built and dropped"


def full_and_left(program: str) -> tuple[int, int]:
    """The two numbers of bytes that a program prints, run in a fresh process."""
    resident()  # skips here where it cannot be measured
    result = python(program)
    assert result.returncode == 0, result.stderr
    full, left = map(int, result.stdout.split())
    return full, left


def test_labels_go_with_their_values() -> None:
    """Many labelled Values alive at once, so that no address is used again."""
    full, left = full_and_left(
        """
import gc
from autograd import Value
from tests.autograd.test_memory import resident
before = resident()
values = [Value(1.0, f"number {i}") for i in range(300_000)]
full = resident() - before
del values
gc.collect()
print(full, resident() - before)
"""
    )
    assert left < 0.7 * full, f"{left} of {full} bytes are still held after the Values were dropped"


def test_a_graph_gives_its_memory_back() -> None:
    """In a fresh process, where no earlier test has left room for it."""
    full, left = full_and_left(
        """
import gc, sys
from tests.autograd.shapes import N, Value, chain
from tests.autograd.test_memory import resident
chain(Value(1.0), 1000)
gc.collect()
before = resident()
root = chain(Value(1.0), N)
full = resident() - before
del root
gc.collect()
print(full, resident() - before)
"""
    )
    assert full > 40 * N
    assert left < max(full // 4, 40 << 20), f"{left} of {full} bytes are still held after the graph was dropped"


def network(weights: list[list[Value]], inputs: list[float]) -> Value:
    hidden = [Value.apply("dot", *row, *inputs, 1.0).tanh() for row in weights]
    return sum(h * h for h in hidden) / len(hidden)


def test_no_leak_over_a_training_loop() -> None:
    weights = [[Value(0.1 * i + 0.01 * j) for j in range(5)] for i in range(8)]

    def train(steps: int) -> None:
        for step in range(steps):
            loss = network(weights, [0.3, -0.2, 0.1 * (step % 7), 0.5, 1.0])
            for row in weights:
                for w in row:
                    w.grad = 0
            loss.backward()
            loss.label = f"loss {step}"
            for row in weights:
                for w in row:
                    w.data -= 0.01 * w.grad

    train(100)
    gc.collect()
    before, objects = resident(), len(gc.get_objects())
    train(1000)
    gc.collect()
    assert len(gc.get_objects()) - objects < 50
    assert resident() - before < 2 << 20


def test_no_leak_over_failures() -> None:
    """Errors on every way out of the engine leave nothing behind."""

    class Wrong:
        pass

    leaf, stale = Value(1.0), Value(2.0)
    old = stale * 2
    stale.data = 3.0

    def fail(times: int) -> None:
        for _ in range(times):
            attempts: list[Callable[[], Any]] = [
                lambda: Value("x"),
                lambda: Value(1.0, label=3),
                lambda: leaf + Wrong(),
                lambda: Value.apply("sum", leaf, "x"),
                lambda: Value.apply("dot", leaf, Value(1.0), None),
                lambda: Value.apply("**", leaf, Wrong()),
                lambda: Value.apply("no such rule", leaf),
                lambda: old.backward(),
                lambda: leaf.backward("x"),
                lambda: Value.restore("+", (leaf, "x"), 1.0, 0.0, "", ""),
                lambda: setattr(leaf, "label", 3),
                lambda: setattr(leaf, "data", None),
            ]
            for attempt in attempts:
                with contextlib.suppress(TypeError, ValueError, KeyError, RuntimeError):
                    attempt()
            with autograd.detect_anomaly():
                for number in (0.0, 1.0):
                    with contextlib.suppress(FloatingPointError):
                        Value.apply("sum", leaf, Value(number).log(), float("inf"))

    fail(300)
    gc.collect()
    before, objects, count = resident(), len(gc.get_objects()), sys.getrefcount(leaf)
    fail(1500)
    gc.collect()
    assert sys.getrefcount(leaf) == count
    assert len(gc.get_objects()) - objects < 50
    assert resident() - before < 2 << 20


def test_a_node_holds_its_operands_and_nothing_else() -> None:
    x = Value(1.0)
    count = sys.getrefcount(x)
    y = Value.apply("sum", x, x, x)
    assert sys.getrefcount(x) == count + 3
    z = x * x
    assert sys.getrefcount(x) == count + 5
    z.backward()
    y.backward()
    assert sys.getrefcount(x) == count + 5
    assert y.operands == (x, x, x)
    assert z.parents == (x, x)
    assert z._prev == {x}
    assert sys.getrefcount(x) == count + 5
    del y, z
    assert sys.getrefcount(x) == count
    with autograd.no_grad():
        kept = [x * x, Value.apply("sum", x, x), x.exp()]
    assert sys.getrefcount(x) == count
    assert len(kept) == 3
