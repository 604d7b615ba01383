"""The flat graph: from Values and back."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, engine, exp, where
from autograd.compiler.graph import CODES, NAMES, Graph, Nodes
from autograd.rules import RULES

from .graphs import SPECIAL, assert_equal, build, by_values, cases, graphs


def test_the_codes_are_those_of_the_table_after_three_leaves() -> None:
    assert list(NAMES) == ["const", "param", "input", *RULES]
    assert all(CODES[name] == i + 3 for i, name in enumerate(RULES))


def test_leaves_are_inputs_parameters_or_constants() -> None:
    w = Value(3.0)
    before = Value(0.0).serial
    x, made_inside = Value(2.0), Value(5.0)
    graph, parameters = Graph.of([w * x + made_inside * 7.0], [x], before)
    assert parameters == [w]
    want = build(
        [("param", 0), ("input", 0), ("const", 5.0), ("*", 0, 1), ("const", 7.0), ("*", 2, 4), ("+", 3, 5)], [6], 1, 1
    )
    assert graph == want


def test_parameters_stand_in_order_of_creation_and_once() -> None:
    a, b, c = Value(1.0), Value(2.0), Value(3.0)
    _, parameters = Graph.of([c * b + a * b], [], c.serial + 1)
    assert [id(p) for p in parameters] == [id(a), id(b), id(c)]


def test_outputs_can_be_numbers_leaves_and_repeated() -> None:
    w, x = Value(3.0), Value(2.0)
    graph, _ = Graph.of([2.5, x, w, w], [x], w.serial + 1)
    assert graph.evaluate([10.0], [20.0]) == [2.5, 20.0, 10.0, 10.0]


def test_an_unused_input_keeps_its_column() -> None:
    x, y = Value(1.0), Value(2.0)
    graph, _ = Graph.of([y * 2.0], [x, y], 0)
    assert graph.columns == 2
    assert graph.evaluate([], [100.0, 7.0]) == [14.0]


def test_evaluate_gives_values_that_have_gradients() -> None:
    w, x = Value(0.5), Value(2.0)
    graph, _ = Graph.of([exp(w * x) + where(x > 0, w, 0.0)], [x], w.serial + 1)
    again = Value(0.5)
    (y,) = graph.evaluate([again], [2.0])
    y.backward()
    assert y.data == math.exp(1.0) + 0.5
    assert again.grad == 2.0 * math.exp(1.0) + 1.0


def test_a_leaf_that_was_written_after_its_use_is_refused() -> None:
    w = Value(1.0, label="w")
    y = w * 2.0
    w.data = 5.0
    with pytest.raises(RuntimeError, match="'w' was written"):
        Graph.of([y], [], w.serial + 1)


def test_a_graph_has_no_limit_of_depth() -> None:
    x = Value(1.0)
    y = x
    for _ in range(100_000):
        y = y + 1.0
    graph, _ = Graph.of([y], [x], 0)
    assert len(graph) == 200_001
    assert graph.evaluate([], [0.5]) == [100_000.5]


def test_equality_is_of_bits() -> None:
    def constant(number: float) -> Graph:
        return build([("const", number)], [0])

    assert constant(math.nan) == constant(math.nan)
    assert constant(0.0) != constant(-0.0)
    assert build([("param", 0)], [0], 1) != build([("param", 0)], [0], 2)


@given(graphs())
def test_lists_and_arrays_hold_the_same(graph: Graph) -> None:
    assert graph.nodes().graph(graph.outputs, graph.parameters, graph.columns) == graph
    assert graph.start.dtype == np.int32
    assert all(x < i for i, args in enumerate(graph.nodes().args) for x in args)


@given(graphs().flatmap(lambda g: st.tuples(st.just(g), cases(g, samples=1))))
def test_a_graph_of_values_is_that_graph_again(drawn: tuple) -> None:
    graph, (parameters, X, seeds) = drawn
    leaves = [Value(p) for p in parameters]
    inputs = [Value(x) for x in X[0]]
    before = Value(0.0).serial
    outputs = graph.evaluate(leaves, inputs)
    again, found = Graph.of(outputs, inputs, before)
    rows, gradient = by_values(graph, parameters, X, seeds)
    rows_again, gradient_again = by_values(again, [p.data for p in found], X, seeds)
    assert_equal(rows_again, rows)
    there = {id(p): g for p, g in zip(found, gradient_again, strict=True)}
    assert_equal([there.get(id(p), 0.0) for p in leaves], gradient)


def test_nodes_are_numbered_as_they_are_added() -> None:
    nodes = Nodes()
    assert [nodes.add(CODES["const"], [], 1.0), nodes.add(CODES["neg"], [0])] == [0, 1]


# In C, where the engine is: node for node what Python collects


@given(
    graphs(ops=tuple(RULES), numbers=SPECIAL).flatmap(lambda g: st.tuples(st.just(g), cases(g, samples=1))), st.data()
)
def test_the_engine_collects_what_python_does(drawn: tuple, data: st.DataObject) -> None:
    graph, (parameters, X, _) = drawn
    leaves = [Value(p) for p in parameters]
    inputs = [Value(x) for x in X[0]]
    before = data.draw(st.integers(0, Value(0.0).serial + 1))
    outputs = graph.evaluate(leaves, inputs)
    if inputs:
        inputs.append(data.draw(st.sampled_from([*inputs, *(y for y in outputs if isinstance(y, Value))])))
    got, found = Graph.of(outputs, inputs, before)
    want, wanted = Graph.of_any(outputs, inputs, before)
    assert got == want
    assert [id(p) for p in found] == [id(p) for p in wanted]
    assert Graph.of(outputs, inputs, before)[0] == want  # and leaves no trace in the nodes
    for y in outputs:
        if isinstance(y, Value):
            y.backward()


def test_a_refused_graph_can_be_collected_again() -> None:
    w, x = Value(1.0), Value(2.0)
    y, z = w * x, x * 3.0
    w.data = 5.0
    for _ in range(2):
        with pytest.raises(RuntimeError, match="was written"):
            Graph.of([y, z], [x], w.serial + 1)
    z.backward()
    assert x.grad == 3.0
    assert Graph.of([z], [x], 0) == (build([("input", 0), ("const", 3.0), ("*", 0, 1)], [2], 0, 1), [])


@pytest.mark.skipif(engine != "c", reason="the C engine's own checks")
def test_only_values_and_numbers_are_collected() -> None:
    for outputs, inputs in ([["a"], []], [[Value(1.0)], [2.0]]):
        with pytest.raises(TypeError, match="must be a Value, got"):
            Graph.of(outputs, inputs, 0)
