"""Each pass alone, on graphs by hand and on random ones: fewer nodes, the same numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value
from autograd.compiler.graph import NAMES, Graph
from autograd.compiler.passes import PASSES, dead, dots, fold, levels, products, share, uniform

from .graphs import SPECIAL, WHOLE, assert_equal, build, by_values, cases, graphs

W, X = ("param", 0), ("input", 0)


def names(graph: Graph) -> list[str]:
    return [NAMES[op] for op in graph.op]


def traced(f: Callable[..., Any], parameters: int, columns: int) -> Graph:
    """The graph of f(ws, xs)."""
    ws, xs = [Value(1.0) for _ in range(parameters)], [Value(1.0) for _ in range(columns)]
    before = ws[-1].serial + 1 if ws else 0
    y = f(ws, xs)
    graph, found = Graph.of(y if isinstance(y, list) else [y], xs, before)
    assert len(found) == parameters
    return graph


# Each pass leaves the numbers as they are


@pytest.mark.parametrize("change", PASSES, ids=lambda change: change.__name__)
@settings(max_examples=200)
@given(data=st.data())
def test_values_and_gradients_stay(change: Callable[[Graph], Graph], data: st.DataObject) -> None:
    graph = data.draw(graphs())
    parameters, samples, seeds = data.draw(cases(graph))
    rows, gradient = by_values(graph, parameters, samples, seeds)
    changed = change(graph)
    assert len(changed) <= len(graph)
    assert (changed.parameters, changed.columns) == (graph.parameters, graph.columns)
    rows_after, gradient_after = by_values(changed, parameters, samples, seeds)
    assert_equal(rows_after, rows)
    assert_equal(gradient_after, gradient)


@pytest.mark.parametrize("change", [fold, dead, dots, products], ids=lambda change: change.__name__)
@settings(max_examples=200)
@given(data=st.data())
def test_inf_and_nan_flow_as_before(change: Callable[[Graph], Graph], data: st.DataObject) -> None:
    """Of `share` that holds for values only: 2·inf - 1·inf is nan, and (2 - 1)·inf is inf."""
    graph = data.draw(graphs(numbers=SPECIAL))
    parameters, samples, seeds = data.draw(cases(graph, SPECIAL))
    rows, gradient = by_values(graph, parameters, samples, seeds)
    rows_after, gradient_after = by_values(change(graph), parameters, samples, seeds)
    assert_equal(rows_after, rows)
    assert_equal(gradient_after, gradient)


@given(data=st.data())
def test_values_that_are_inf_or_nan_stay_when_shared(data: st.DataObject) -> None:
    graph = data.draw(graphs(numbers=SPECIAL))
    parameters, samples, seeds = data.draw(cases(graph, SPECIAL))
    assert_equal(
        by_values(share(graph), parameters, samples, seeds)[0], by_values(graph, parameters, samples, seeds)[0]
    )


@pytest.mark.parametrize("change", PASSES, ids=lambda change: change.__name__)
@given(graph=graphs())
def test_twice_is_once(change: Callable[[Graph], Graph], graph: Graph) -> None:
    once = change(dead(graph))
    assert change(once) == once


# fold


@pytest.mark.parametrize(
    ("op", "number", "left"),
    [
        ("+", 0.0, False),
        ("+", 0.0, True),
        ("+", -0.0, False),
        ("-", 0.0, False),
        ("*", 1.0, False),
        ("*", 1.0, True),
        ("/", 1.0, False),
        ("**", 1.0, False),
    ],
)
def test_fold_removes_what_changes_nothing(op: str, number: float, left: bool) -> None:
    operands = (1, 0) if left else (0, 1)
    graph = fold(build([X, ("const", number), (op, *operands)], [2], columns=1))
    assert graph.outputs.tolist() == [0]
    assert len(graph) == 2


@pytest.mark.parametrize(
    ("op", "number", "left"),
    [("*", 0.0, False), ("-", 0.0, True), ("/", 1.0, True), ("**", 1.0, True), ("**", 0.0, False), ("*", -1.0, True)],
)
def test_fold_keeps_what_can_change_something(op: str, number: float, left: bool) -> None:
    operands = (1, 0) if left else (0, 1)
    graph = build([X, ("const", number), (op, *operands)], [2], columns=1)
    assert fold(graph) == graph


def test_fold_computes_constants() -> None:
    graph = fold(build([("const", 2.0), ("const", 3.0), ("+", 0, 1), ("**", 2, 0), X, ("*", 3, 4)], [5], columns=1))
    assert names(graph) == ["const", "const", "const", "const", "input", "*"]
    assert graph.number[3] == 25.0


def test_fold_undoes_two_signs() -> None:
    assert fold(build([X, ("neg", 0), ("neg", 1)], [2], columns=1)).outputs.tolist() == [0]
    three = fold(build([X, ("neg", 0), ("neg", 1), ("neg", 2)], [3], columns=1))
    assert dead(three) == build([X, ("neg", 0)], [1], columns=1)


@pytest.mark.parametrize(("condition", "taken"), [(1.0, 0), (0.0, 1), (-0.0, 1), (math.nan, 0)])
def test_fold_takes_the_branch_of_a_constant(condition: float, taken: int) -> None:
    graph = build([X, ("input", 1), ("const", condition), ("where", 2, 0, 1)], [3], columns=2)
    assert fold(graph).outputs.tolist() == [taken]


def test_fold_sees_through_a_sum_of_one_and_a_dot_that_is_a_bias() -> None:
    assert fold(build([X, ("sum", 0), ("dot", 1)], [2], columns=1)).outputs.tolist() == [0]


def test_what_was_folded_is_folded_further() -> None:
    graph = build([X, ("const", 1.0), ("-", 1, 1), ("+", 0, 2), ("*", 3, 1)], [4], columns=1)
    assert fold(graph).outputs.tolist() == [0]


# share and dead


def test_share_merges_equal_nodes_and_leaves() -> None:
    rows = [X, X, ("const", 2.0), ("const", 2.0), ("*", 0, 2), ("*", 3, 1), ("+", 4, 5)]
    assert share(build(rows, [6], columns=1)) == build([X, ("const", 2.0), ("*", 0, 1), ("+", 2, 2)], [3], columns=1)


def test_share_knows_which_operations_commute() -> None:
    for op, nodes in (("+", 4), ("*", 4), ("-", 5), ("maximum", 5)):
        assert len(share(build([W, X, (op, 0, 1), (op, 1, 0), ("/", 2, 3)], [4], 1, 1))) == nodes


def test_share_keeps_zeros_of_both_signs_and_one_nan() -> None:
    graph = share(build([("const", x) for x in (0.0, -0.0, math.nan, math.nan)], [0, 1, 2, 3]))
    assert graph.outputs.tolist() == [0, 1, 2, 2]


def test_dead_keeps_what_an_output_was_made_from() -> None:
    rows = [W, X, ("exp", 0), ("*", 0, 1), ("neg", 3)]
    assert dead(build(rows, [3], 1, 1)) == build([W, X, ("*", 0, 1)], [2], 1, 1)


# dots: one dot, however it was written

SHAPES: dict[str, Callable[[list[Any], list[Any]], Any]] = {
    "micrograd's sum": lambda w, x: sum((a * b for a, b in zip(w[:4], x, strict=True)), w[4]),
    "factors the other way": lambda w, x: sum((b * a for a, b in zip(w[:4], x, strict=True)), w[4]),
    "bias last": lambda w, x: w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + w[3] * x[3] + w[4],
    "to the right": lambda w, x: w[0] * x[0] + (w[1] * x[1] + (w[2] * x[2] + (w[3] * x[3] + w[4]))),
    "balanced": lambda w, x: (w[0] * x[0] + w[1] * x[1]) + (w[4] + (w[2] * x[2] + x[3] * w[3])),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_dots_gathers_in_any_association(shape: str) -> None:
    graph = dots(dead(fold(traced(SHAPES[shape], 5, 4))))
    assert names(graph).count("dot") == 1
    assert not set(names(graph)) & {"+", "*", "sum"}
    nodes = graph.nodes()
    operands = nodes.args[-1]
    assert [NAMES[nodes.op[x]] for x in operands] == ["param"] * 4 + ["input"] * 4 + ["param"]
    assert [int(nodes.number[x]) for x in operands] == [0, 1, 2, 3, 0, 1, 2, 3, 4]


def test_dots_leaves_alone_what_is_read_twice() -> None:
    def f(w: list[Any], x: list[Any]) -> list[Any]:
        partial = w[0] * x[0] + w[1] * x[1]
        return [partial + w[2] * x[2], partial]

    graph = dots(traced(f, 3, 3))
    assert sorted(names(graph)[6:]) == ["*", "+", "dot"]


def test_dots_leaves_alone_an_output_inside_a_chain() -> None:
    graph = build([W, X, ("*", 0, 1), ("*", 0, 0), ("+", 2, 3), ("+", 4, 0)], [5, 2], 1, 1)
    assert by_values(dots(graph), [2.0], [[3.0]], [[1.0, 1.0]]) == ([[12.0, 6.0]], [3 + 4 + 1 + 3])
    assert "dot" not in names(dots(graph))


def test_two_products_of_one_node_are_a_dot_with_itself() -> None:
    graph = dots(traced(lambda w, x: w[0] * w[0] + w[1] * w[1], 2, 0))
    assert graph == build([W, ("param", 1), ("dot", 0, 1, 0, 1)], [2], 2)


def test_one_product_stays_a_product() -> None:
    graph = dots(traced(lambda w, x: w[0] * x[0] + w[1], 2, 1))
    assert sorted(names(graph)[3:]) == ["*", "+"]


def test_many_addends_become_one_sum() -> None:
    graph = dots(traced(lambda w, x: ((x[0] + x[1]) + (x[2] + x[3])) + x[4], 0, 5))
    assert graph == build([*[("input", i) for i in range(5)], ("sum", 0, 1, 2, 3, 4)], [5], 0, 5)


def test_what_is_added_to_a_dot_is_its_bias() -> None:
    def f(w: list[Any], x: list[Any]) -> Any:
        return Value.apply("dot", w[0], w[1], x[0], x[1]) + w[2]

    graph = dots(traced(f, 3, 2))
    assert names(graph)[5:] == ["dot"]
    assert graph.nodes().args[-1] == [graph.nodes().args[-1][0], *graph.nodes().args[-1][1:]]
    assert len(graph.nodes().args[-1]) == 5


def test_two_dots_that_are_added_keep_their_vectors() -> None:
    """Other neurons have dots of the same vectors, and the two together shall be two matrix products."""

    def f(w: list[Any], x: list[Any]) -> Any:
        return Value.apply("dot", w[0], w[1], x[0], x[1]) + Value.apply("dot", w[2], x[2]) + w[3]

    graph = dots(traced(f, 4, 3))
    assert names(graph)[7:] == ["dot", "dot"]
    assert sorted(len(args) for args in graph.nodes().args if args) == [3, 5]


# uniform, levels, products


def test_uniform_is_what_reads_no_input() -> None:
    rows = [W, X, ("const", 2.0), ("exp", 0), ("*", 3, 2), ("*", 3, 1), ("neg", 5)]
    assert uniform(build(rows, [6], 1, 1)) == [True, False, True, True, True, False, False]


def test_levels_count_nodes_of_the_same_kind() -> None:
    rows = [W, X, ("exp", 0), ("exp", 2), ("*", 3, 1), ("neg", 4), ("+", 5, 1)]
    assert levels(build(rows, [6], 1, 1)) == [0, 0, 1, 2, 1, 2, 3]


@given(graphs())
def test_a_node_stands_above_its_operands(graph: Graph) -> None:
    level, same = levels(graph), uniform(graph)
    for i, args in enumerate(graph.nodes().args):
        assert all(level[x] < level[i] for x in args if same[x] == same[i])


def test_products_turns_a_dot_to_the_side_that_others_share() -> None:
    rows = [("param", 0), ("param", 1), ("param", 2), ("param", 3), ("input", 0), ("input", 1)]
    graph = build([*rows, ("dot", 4, 5, 0, 1), ("dot", 4, 5, 2, 3)], [6, 7], 4, 2)
    assert products(graph) == build([*rows, ("dot", 0, 1, 4, 5), ("dot", 2, 3, 4, 5)], [6, 7], 4, 2)


def test_products_leaves_dots_alone_that_share_nothing() -> None:
    rows = [("input", 0), ("input", 1), ("input", 2), ("input", 3)]
    graph = build([*rows, ("dot", 0, 1, 2, 3), ("dot", 0, 2, 1, 3)], [4, 5], 0, 4)
    assert products(graph) == graph


def test_whole_numbers_are_drawn() -> None:
    """The exact comparison above is meant for these."""
    assert all(x == int(x) for x in WHOLE)
