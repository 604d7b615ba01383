"""Graphs of a million nodes: exact gradients, and no recursion in any operation."""

from __future__ import annotations

import contextlib
import copy
import pickle
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

import autograd
from autograd import Value
from autograd.graph import chain_rule

from .helpers import near
from .shapes import SHAPES, N, chain, every_shape


@contextlib.contextmanager
def little_recursion() -> Iterator[None]:
    """Room for 60 more frames only, so that a recursion over a graph cannot pass."""
    frame, depth = sys._getframe(), 0
    while frame is not None:
        frame, depth = frame.f_back, depth + 1
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(depth + 60)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def on_a_small_stack(work: Callable[[], None]) -> None:
    """Run it in a thread whose C stack is 256 KiB: a recursion in C would crash."""
    failures: list[BaseException] = []

    def guarded() -> None:
        try:
            with little_recursion():
                work()
        except BaseException as error:
            failures.append(error)

    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=guarded)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    if failures:
        raise failures[0]


@pytest.mark.skipif(autograd.engine != "c", reason="ten million nodes of the Python engine need 2.4 GB")
def test_a_chain_of_ten_million_nodes() -> None:
    x = Value(1.0)
    root = chain(x, 10_000_000)
    root.backward()
    assert x.grad == 1.0


@every_shape
def test_a_million_nodes(shape: str) -> None:
    """Built, swept twice, walked by the chain rule made of Values for half, and dropped."""
    build, slope = SHAPES[shape]

    def work() -> None:
        x = Value(1.0)
        root = build(x, N)
        root.backward()
        assert near(x.grad, slope(N), 1e-9)
        root.backward(2.0)
        assert near(x.grad, 3 * slope(N), 1e-9)
        del root
        y = x * 2
        x.grad = 0
        y.backward()
        assert x.grad == 2.0

    on_a_small_stack(work)


@every_shape
def test_gradients_made_of_values_of_a_large_graph(shape: str) -> None:
    build, slope = SHAPES[shape]
    n = N // 10

    def work() -> None:
        x = Value(1.0)
        gradients = chain_rule(build(x, n), 1.0, differentiable=True)
        assert near(float(gradients[x]), slope(n), 1e-9)

    on_a_small_stack(work)


def test_ten_thousand_doublings_of_one_node() -> None:
    """With y = y + y, again and again, 2**10000 ways lead from the root to the leaf, and each node is visited once."""

    def work() -> None:
        x = Value(2.0**-1000)
        y = x
        for _ in range(1000):
            y = y + y
        y.backward()
        assert y.data == 1.0
        assert x.grad == 2.0**1000
        x = Value(1.0)
        y = x
        for i in range(10_000):
            y = y + y if i % 2 else y * 0.25 + y * 0.25
        y.backward()
        assert y.data == 1.0
        assert x.grad == 1.0

    on_a_small_stack(work)


@pytest.mark.parametrize("order", ["root first", "leaf first"])
def test_freeing_a_chain_from_either_end(order: str) -> None:
    def work() -> None:
        nodes = [Value(1.0)]
        for _ in range(N):
            nodes.append(nodes[-1] * 1.0)
        if order == "root first":
            while nodes:
                nodes.pop()
        else:
            root = nodes[-1]
            nodes.reverse()
            while len(nodes) > 1:
                nodes.pop()
            del nodes[0], root

    on_a_small_stack(work)


def test_freeing_when_an_error_passes_by() -> None:
    def work() -> None:
        def fail() -> None:
            y = chain(Value(1.0), N)
            raise KeyError(str(y.data))

        with pytest.raises(KeyError):
            fail()

    on_a_small_stack(work)


@every_shape
@pytest.mark.parametrize("way", ["copy", "deepcopy", "pickle"])
def test_copies_of_large_graphs(shape: str, way: str) -> None:
    build, slope = SHAPES[shape]
    n = N // 10

    def work() -> None:
        x = Value(1.0)
        root = build(x, n)
        if way == "copy":
            twin, y = copy.copy(root), x
        elif way == "deepcopy":
            twin, y = copy.deepcopy((root, x))
        else:
            twin, y = pickle.loads(pickle.dumps((root, x), pickle.HIGHEST_PROTOCOL))
        twin.backward()
        assert near(y.grad, slope(n), 1e-9)
        assert root.grad == 0.0

    on_a_small_stack(work)


@pytest.mark.parametrize("way", ["copy", "deepcopy", "pickle"])
def test_a_chain_of_full_size_is_copied(way: str) -> None:
    def work() -> None:
        root = chain(Value(1.0), N)
        if way == "copy":
            twin = copy.copy(root)
        elif way == "deepcopy":
            twin = copy.deepcopy(root)
        else:
            twin = pickle.loads(pickle.dumps(root, pickle.HIGHEST_PROTOCOL))
        del root
        assert twin.data == 1.0 + N
        twin.backward()

    on_a_small_stack(work)
