"""Threads: each has its own modes and may have its own graphs; leaves that they share lose no update."""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from autograd import Value, detect_anomaly, name_scope, no_grad
from autograd.graph import chain_rule

from .helpers import near


@contextmanager
def frequent_switches() -> Iterator[None]:
    """Threads take turns every few microseconds, so that what can collide does."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def at_once(count: int, work: Callable[[int], None]) -> None:
    """Run work(0), work(1), ... in threads that start together; the first failure is raised."""
    start = threading.Barrier(count)
    failures: list[BaseException] = []

    def one(i: int) -> None:
        try:
            start.wait()
            work(i)
        except BaseException as error:
            failures.append(error)

    with frequent_switches():
        threads = [threading.Thread(target=one, args=(i,)) for i in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]


def test_eight_threads_with_their_own_graphs() -> None:
    def work(i: int) -> None:
        for step in range(30):
            x, y = Value(0.1 * i + 0.01 * step), Value(1.5)
            node = x
            for _ in range(50):
                node = (node * y + x).tanh()
            node = Value.apply("dot", node, x, y, x, 1.0) + Value.apply("logsumexp", x, y, node)
            want = chain_rule(node, 1.0, differentiable=False)
            node.backward()
            assert near(x.grad, want[x])
            assert near(y.grad, want[y])
            del node

    at_once(8, work)


def test_leaves_shared_by_threads_lose_no_update() -> None:
    shared = Value(2.0)
    leaf_only = Value(1.0)

    def work(i: int) -> None:
        for _ in range(500):
            (shared * 1.0 + 3.0).backward()
            leaf_only.backward()
            Value.apply("sum", leaf_only, 1.0, leaf_only).backward()

    at_once(8, work)
    assert shared.grad == 8 * 500
    assert leaf_only.grad == 8 * 500 * 3


def test_interior_nodes_shared_by_threads() -> None:
    """One sweep at a time: the counts of a graph that two threads sweep do not mix."""
    x = Value(2.0)
    shared = x
    for _ in range(30):
        shared = shared * 0.5 + shared * 0.5
    roots = [shared * float(i + 1) for i in range(8)]

    def work(i: int) -> None:
        for _ in range(100):
            roots[i].backward()

    at_once(8, work)
    assert near(x.grad, 100 * sum(range(1, 9)))


def test_freeing_in_many_threads() -> None:
    def work(i: int) -> None:
        for _ in range(20):
            node = Value(1.0)
            for _ in range(500):
                node = node + node * 0.0
            assert node.data == 1.0

    at_once(8, work)


def test_serials_of_many_threads_are_unique() -> None:
    serials: list[list[int]] = [[] for _ in range(8)]

    def work(i: int) -> None:
        for _ in range(1000):
            serials[i].append((Value(1.0) * 2).serial)

    at_once(8, work)
    assert len({s for row in serials for s in row}) == 8000
    assert all(row == sorted(row) for row in serials)


@pytest.mark.parametrize("nested", [False, True])
def test_modes_of_one_thread_do_not_reach_another(nested: bool) -> None:
    inside, seen = threading.Event(), threading.Event()
    failures: list[BaseException] = []

    def with_modes() -> None:
        try:
            with no_grad(), name_scope("elsewhere"), detect_anomaly():
                inside.set()
                seen.wait()
                node = Value(2.0) * 3
                assert node.op == ""
                assert node.scope == "elsewhere"
                with pytest.raises(FloatingPointError):
                    Value(0.0).log()
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=with_modes)
    thread.start()
    inside.wait()
    try:
        if nested:
            with name_scope("here"):
                assert (Value(2.0) * 3).scope == "here"
        node = Value(2.0) * 3
        assert node.op == "*"
        assert node.scope == ""
        assert Value(0.0).log().data == -math.inf
    finally:
        seen.set()
        thread.join()
    assert not failures, failures
    assert (Value(2.0) * 3).op == "*"


def test_a_new_thread_begins_without_modes() -> None:
    found: list[tuple[str, str]] = []

    def look() -> None:
        node = Value(2.0) * 3
        found.append((node.op, node.scope))

    with no_grad(), name_scope("outside"):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert found == [("*", "")]


def test_scopes_of_many_threads_keep_their_names() -> None:
    def work(i: int) -> None:
        for step in range(200):
            with name_scope(f"step.{step}"), name_scope(f"thread.{i % 2}"):
                assert (Value(1.0) * 2).scope == f"step.{step}.thread.{i % 2}"

    at_once(8, work)
