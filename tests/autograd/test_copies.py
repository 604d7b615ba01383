"""What copy, deepcopy and pickle make of leaves, of graphs, and of what is shared."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.graph import oldest_first

from .helpers import same


def graph() -> tuple[Value, Value, Value]:
    a, b = Value(2.0, "a"), Value(-3.0)
    with autograd.name_scope("layer"):
        hidden = (a * b).tanh()
    loss = Value.apply("dot", a, hidden, hidden, b, 1.5) + a
    loss.backward()
    loss.label = "loss"
    return a, b, loss


def facts(root: Value) -> list[tuple[Any, ...]]:
    """Everything that a copy must keep, node by node, with the shape of the graph."""
    nodes = oldest_first(root)
    place = {node: i for i, node in enumerate(nodes)}
    return [
        (n.op, n.data, n.grad, n.label, n.scope, tuple(x if type(x) is float else place[x] for x in n.operands))
        for n in nodes
    ]


def test_copy_of_a_leaf_and_of_a_node() -> None:
    a, _, loss = graph()
    for node in (a, loss):
        twin = copy.copy(node)
        assert twin is not node
        assert twin.operands == node.operands
        assert all(x is y for x, y in zip(twin.parents, node.parents, strict=True)), "a shallow copy"
        assert facts(twin) == facts(node)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickle_keeps_the_graph(protocol: int) -> None:
    *_, loss = graph()
    twin = pickle.loads(pickle.dumps(loss, protocol))
    assert facts(twin) == facts(loss)
    check_twin(loss, twin)


def test_deepcopy_keeps_the_graph() -> None:
    *_, loss = graph()
    check_twin(loss, copy.deepcopy(loss))


def check_twin(loss: Value, twin: Value) -> None:
    """Assert that the copy is whole, shares nothing, and can be swept by itself."""
    assert facts(twin) == facts(loss)
    ours, theirs = oldest_first(loss), oldest_first(twin)
    assert not set(ours) & set(theirs)
    before = [node.grad for node in ours]
    for node in theirs:
        node.grad = 0.0
    twin.backward()
    assert [node.grad for node in ours] == before
    assert [node.grad for node in theirs] == before


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"]
)
def test_what_is_shared_stays_shared(duplicate: Any) -> None:
    a, b, loss = graph()
    [a2, loss2, b2, again] = duplicate([a, loss, b, loss])
    assert loss2 is again
    assert a2 is not a
    a2.grad = b2.grad = 0.0
    loss2.backward()
    assert (a2.grad, b2.grad) == (a.grad, b.grad), "the leaf in the list is the leaf of the graph"
    other = a * 5
    [loss2, other2, a2] = duplicate([loss, other, a])
    a2.grad = 0.0
    other2.backward()
    assert a2.grad == 5.0, "two graphs over one leaf"


def test_copies_of_odd_numbers() -> None:
    for number in (math.inf, -math.inf, math.nan, -0.0, 5e-324, 0.1):
        for twin in (copy.copy(Value(number)), copy.deepcopy(Value(number)), pickle.loads(pickle.dumps(Value(number)))):
            assert same(twin.data, number)


def test_copies_of_nodes_made_of_numbers_only() -> None:
    """`apply` records a node even if none of its operands is a Value."""
    for node in (
        Value.apply("sum"),
        Value.apply("tanh", 0.5),
        Value.apply("dot", 1.0, 2.0, 3.0),
        Value.apply("+", 1, 2),
    ):
        for twin in (copy.copy(node), copy.deepcopy(node), pickle.loads(pickle.dumps(node))):
            assert facts(twin) == facts(node)
            assert (twin.op, twin.operands) == (node.op, node.operands)
        above = node * 2.0 + node
        assert facts(copy.deepcopy(above)) == facts(pickle.loads(pickle.dumps(above))) == facts(above)


def test_copies_of_graphs_whose_leaves_were_written() -> None:
    """A written leaf is younger than what was made from it; it is copied before that all the same."""
    x = Value(2.0)
    top = (x * x) * 3 + x
    x.data = 5.0
    for twin in (copy.deepcopy(top), pickle.loads(pickle.dumps(top))):
        product, leaf = twin.parents
        assert (leaf.data, product.data, twin.data) == (5.0, 12.0, 14.0)
        assert product.parents[0].parents == (leaf, leaf)


def test_apply_makes_floats_of_its_numbers() -> None:
    x = Value(2.0)
    for number in (3, True, np.float32(0.5), np.array(1.5)):
        for node in (Value.apply("+", x, number), Value.apply("sum", number, x), Value.apply("where", x, number, x)):
            (made,) = [y for y in node.operands if type(y) is not Value]
            assert type(made) is float
            assert made == number
            node.backward()


def test_copies_inside_no_grad_keep_the_graph() -> None:
    *_, loss = graph()
    data = pickle.dumps(loss)
    with autograd.no_grad():
        assert facts(copy.deepcopy(loss)) == facts(copy.copy(loss)) == facts(pickle.loads(data)) == facts(loss)


@pytest.mark.parametrize("way", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_a_copy_of_a_graph_whose_leaf_was_written_is_as_stale(way: Any) -> None:
    x = Value(2.0, "x")
    y = x * x
    x.data = 3.0
    with pytest.raises(RuntimeError, match=r"'x'.*run the forward pass again"):
        way(y).backward()
    assert x.grad == 0.0
