"""Nodes restored from garbage, and long random lives of many Values."""

from __future__ import annotations

import copy
import gc
import itertools
import math
import pickle
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value
from autograd.rules import RULES

from .helpers import same
from .hostile import ERRORS, check_sound, strange, survive


def test_restore_with_garbage() -> None:
    x = Value(1.0)
    good: list[Any] = ["+", (x, 2.0), 3.0, 0.0, "label", "scope"]
    assert Value.restore(*good).operands == (x, 2.0)
    for place in range(6):
        for thing in strange():
            args = [*good]
            args[place] = thing
            node = survive(Value.restore, *args)
            if node is not None:
                for ask in (
                    repr,
                    copy.copy,
                    copy.deepcopy,
                    pickle.dumps,
                    lambda v: v.backward(),
                    lambda v: v.scope,
                    lambda v: v.parents,
                ):
                    survive(ask, node)
    for count in range(6):
        survive(Value.restore, *good[:count])
    survive(Value.restore, *good, 7)
    for op, operands in itertools.product(
        ["", "+", "tanh", "where", "sum", "dot"], [(), (x,), (x, x), (x, x, x), (1.0, 2.0), ("x",)]
    ):
        node = survive(Value.restore, op, operands, 1.0, 0.0, "", "")
        if node is not None:
            survive(node.backward)
            survive(copy.deepcopy, node)
    check_sound()


def test_tampered_tables() -> None:
    """graph_from_table is what a pickle calls; rows that point anywhere must not crash."""
    x, y = Value(1.0, "x"), Value(2.0)
    rebuild, (leaves, rows, written) = ((x * y + x).tanh()).__reduce__()
    assert rebuild(leaves, rows, written).op == "tanh"
    chance = random.Random(2)
    junk = [None, -1, 10**6, "x", (), (0,), (0, 0), (5, 5), 1.5, [0], math.nan, "+", "", Value(1.0)]
    for _ in range(2000):
        broken = [list(row) for row in rows]
        row = chance.choice(broken)
        row[chance.randrange(len(row))] = chance.choice(junk)
        if chance.random() < 0.1:
            broken.pop(chance.randrange(len(broken)))
        some_leaves = chance.choice([leaves, [], leaves[:1], leaves * 2])
        node = survive(rebuild, some_leaves, [tuple(row) for row in broken], chance.choice([[], [0], [3], [99], "x"]))
        if isinstance(node, Value):
            survive(node.backward)
            survive(copy.deepcopy, node)
            survive(repr, node)
    check_sound()


@settings(max_examples=200)
@given(st.data())
def test_pickles_with_flipped_bytes(data: st.DataObject) -> None:
    """Only the numbers and texts of the pickle: an opcode may call anything, which is pickle's own danger."""
    x = Value(1.25, "label")
    whole = pickle.dumps((x * 2.5).tanh(), 2)
    place = whole.index(b"label")
    twisted = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 3))):
        twisted[place + data.draw(st.integers(0, 4))] = data.draw(st.integers(32, 126))
    node = pickle.loads(bytes(twisted))
    assert node.op == "tanh"
    assert same(node.data, math.tanh(3.125))
    with pytest.raises((pickle.UnpicklingError, EOFError, *ERRORS)):
        pickle.loads(whole[: data.draw(st.integers(0, len(whole) - 2))])


# Many random calls one after the other


def random_life(seed: int, steps: int) -> None:
    """Random operations on a pool of Values, with dropping, writing, sweeping and copying in between."""
    chance = random.Random(seed)
    pool: list[Any] = [Value(chance.uniform(-2, 2)) for _ in range(5)]
    names = list(RULES)
    for _ in range(steps):
        a, b = chance.choice(pool), chance.choice(pool)
        what = chance.random()
        if what < 0.5:
            name = chance.choice(names)
            rule = RULES[name]
            count = chance.randrange(6) if rule.variadic else len(rule.domain)
            if name == "logsumexp":
                count += 1
            pool.append(Value.apply(name, *[chance.choice([*pool, 0.5, -1.0, math.inf]) for _ in range(count)]))
        elif what < 0.6:
            survive(a.backward, chance.uniform(-1, 1))
        elif what < 0.65:
            survive(setattr, a, "data", chance.uniform(-2, 2))
        elif what < 0.7:
            a.label = chance.choice(["", "x", "y" * 50])
        elif what < 0.75:
            node = survive(chance.choice([copy.copy, lambda v: v.detach(), abs]), a)
            pool += [node] * (node is not None)
        elif what < 0.78:
            pool += copy.deepcopy([a, b])
        elif what < 0.8:
            pool += pickle.loads(pickle.dumps([a, b]))
        elif what < 0.83:
            with autograd.no_grad(), autograd.name_scope("s"):
                pool.append(a * b)
        elif what < 0.86:
            with autograd.detect_anomaly():
                node = survive(Value.apply, chance.choice(["/", "**", "*"]), a, b)
                pool += [node] * (node is not None)
                survive(b.backward)
        else:
            chance.shuffle(pool)
            del pool[chance.randrange(3, 30) :]
    for node in pool:
        survive(node.backward)


@pytest.mark.parametrize("seed", range(10))
def test_random_lives(seed: int) -> None:
    random_life(seed, 1500)
    gc.collect()
    check_sound()
