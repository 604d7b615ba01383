"""The numpy executor: the kernels against the rules, Programs against graphs of Values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.compiler import Program, Run, lower, numpy_executor
from autograd.compiler.graph import CODES, Graph
from autograd.compiler.kernels import VALUES, as_lanes, value
from autograd.compiler.numpy_executor import run
from autograd.compiler.passes import runs
from autograd.compiler.program import TAKE, flat
from autograd.rules import RULES, Rule

from ..helpers import EIGHT, special_points
from .graphs import EXACT, SPECIAL, WHOLE, assert_equal, build, by_values, cases, graphs

POINTS = (*EIGHT, -0.0, 0.5, 1.0, -1.0, 2.0, -2.0, 3.0, 25.0, -25.0, 800.0, -800.0)
FIXED = [rule for rule in RULES.values() if not rule.variadic]


# The kernels


@pytest.mark.parametrize("rule", FIXED, ids=lambda rule: rule.name)
def test_a_kernel_is_its_rule(rule: Rule) -> None:
    """Value and partials, on a grid with every hard point."""
    points = list(special_points(rule, POINTS))
    xs = [as_lanes(np.array(column)) for column in zip(*points, strict=True)]
    with np.errstate(all="ignore"):
        v = value(rule.name, *xs)
        want = [rule.value(*point) for point in points]
        assert_equal(v, want, 1e-13)
        if rule.name == "where":  # a choice is made by the condition of each sample: see Choice
            return
        partials = rule.partials(v, *xs)
    for i, partial in enumerate(partials):
        exact = [rule.partials(w, *point)[i] for w, point in zip(want, points, strict=True)]
        if partial is None:
            assert exact == [None] * len(points)
        else:
            # 1 - v² and the like lose digits next to 1, in both alike but from values that differ in the last bit
            assert_equal(np.broadcast_to(partial, len(points)), exact, 1e-12)


def test_a_rule_without_a_kernel_goes_number_by_number() -> None:
    assert {"erf", "erfc"}.isdisjoint(VALUES)
    assert value("erf", np.array([0.5, 1.0])).tolist() == [math.erf(0.5), math.erf(1.0)]


def test_every_kernel_belongs_to_a_rule_or_a_comparison() -> None:
    assert set(VALUES) <= {*RULES, "<", "<=", "==", "!="}


def test_kernels_keep_float32() -> None:
    x = as_lanes(np.array([0.5], np.float32))
    with np.errstate(all="ignore"):
        for rule in FIXED:
            assert value(rule.name, *[x] * len(rule.domain)).dtype == np.float32


# Programs


def check(graph: Graph, program: Program, parameters: Any, X: Any, seeds: Any, tolerance: float = 0.0) -> None:
    rows, gradient = by_values(graph, parameters, X, seeds)
    outputs, got = run(program, parameters, X, seeds, want_gradient=True)
    assert_equal(outputs, rows, tolerance)
    assert_equal(got, gradient, tolerance)


@settings(max_examples=500)
@given(data=st.data())
def test_a_program_gives_what_values_give(data: st.DataObject) -> None:
    graph = data.draw(graphs())
    check(graph, lower(graph), *data.draw(cases(graph, samples=data.draw(st.integers(1, 4)))))


@settings(max_examples=500)
@given(data=st.data())
def test_inf_and_nan_flow_as_between_values(data: st.DataObject) -> None:
    graph = data.draw(graphs((*EXACT, "sqrt", "/", "where", "where"), SPECIAL))
    check(graph, runs(graph), *data.draw(cases(graph, SPECIAL)), tolerance=1e-12)


SMOOTH = ("sin", "cos", "tanh", "atan", "asinh", "sigmoid", "softplus", "gelu", "silu", "erf", "logsumexp", "maximum")


@settings(max_examples=200)
@given(data=st.data())
def test_functions_and_batches(data: st.DataObject) -> None:
    graph = data.draw(graphs((*SMOOTH, "sum", "dot")))
    samples = data.draw(st.sampled_from((1, 2, 7, 20)))
    check(graph, lower(graph), *data.draw(cases(graph, (-1.5, -0.25, 0.5, 1.0), samples)), tolerance=1e-9)


@pytest.mark.parametrize("samples", [*range(1, 21), 1000])
def test_every_number_of_samples(samples: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numpy_executor, "BLOCK", 100)  # so that samples are run in several blocks
    rng = np.random.default_rng(samples)
    rows = [*[("param", i) for i in range(6)], ("input", 0), ("input", 1)]
    graph = build(
        [*rows, ("dot", 0, 1, 6, 7, 2), ("dot", 3, 4, 6, 7, 5), ("tanh", 8), ("*", 9, 10), ("exp", 0)],
        outputs=[11, 9, 12],
        parameters=6,
        columns=2,
    )
    X, parameters, seeds = rng.normal(size=(samples, 2)), rng.normal(size=6), rng.normal(size=(samples, 3))
    check(graph, lower(graph), parameters, X, seeds, 1e-11)
    outputs, _ = run(lower(graph), parameters, X)
    total, gradient = run(lower(graph), parameters, X, 1.0, want_gradient=True, reduce=True)
    assert_equal(total, outputs.sum(0), 1e-11)
    assert_equal(gradient, run(lower(graph), parameters, X, np.ones((samples, 3)), want_gradient=True)[1], 1e-15)


def test_a_program_without_inputs_has_one_sample() -> None:
    program = lower(build([("param", 0), ("*", 0, 0)], [1], 1))
    outputs, gradient = run(program, np.array([3.0]), None, 2.0, want_gradient=True)
    assert outputs.tolist() == [[9.0]]
    assert gradient is not None
    assert gradient.tolist() == [12.0]


def test_a_uniform_output_counts_once_for_every_sample() -> None:
    program = lower(build([("param", 0), ("exp", 0)], [1], 1, 1))
    total, gradient = run(program, np.array([0.0]), np.zeros((5, 1)), 1.0, want_gradient=True, reduce=True)
    assert total.tolist() == [5.0]
    assert gradient is not None
    assert gradient.tolist() == [5.0]


def test_no_gradient_unless_it_is_wanted() -> None:
    program = lower(build([("param", 0), ("exp", 0)], [1], 1))
    assert run(program, np.array([0.0]), None)[1] is None


def test_float32() -> None:
    program = lower(build([("param", 0), ("input", 0), ("*", 0, 1), ("tanh", 2)], [3], 1, 1))
    x = np.array([[0.1], [0.7]])
    exact, gradient = run(program, np.array([1.3]), x, want_gradient=True)
    rounded, gradient_rounded = run(program, np.array([1.3]), x, want_gradient=True, dtype=np.float32)
    assert_equal(rounded, exact, 1e-6)
    assert_equal(gradient_rounded, gradient, 1e-6)
    assert (rounded != exact).any()


# Choices


def test_nothing_flows_from_the_branch_not_taken() -> None:
    """sqrt'(0) = inf and sqrt(-1) = nan; a sample that takes the other branch hears of neither."""
    rows = [("param", 0), ("input", 0), ("*", 0, 1), ("sqrt", 2), ("where", 1, 3, 0)]
    graph = build(rows, [4], 1, 1)
    for x in ([0.0], [-1.0, 0.0], [4.0, 0.0, -1.0]):
        seeds = np.ones((len(x), 1))
        check(graph, lower(graph), np.array([1.0]), np.array(x)[:, None], seeds)
    assert run(lower(graph), np.array([1.0]), np.array([[0.0]]), want_gradient=True)[1].tolist() == [1.0]


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_matrix_products_behind_a_choice(bad: float) -> None:
    """The rows of a product that were not reached send nothing, to the matrix or to the vector, even if it has nan."""
    leaves = [*[("param", i) for i in range(6)], ("input", 0), ("input", 1), ("input", 2)]
    vector = [("*", 4, 6), ("*", 5, 7)]  # 9 and 10: so that the vector wants gradient
    dots = [("dot", 0, 1, 9, 10), ("dot", 2, 3, 9, 10)]
    graph = build([*leaves, *vector, *dots, ("where", 8, 11, 0), ("+", 13, 12)], [13, 12], 6, 3)
    parameters = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    X = np.array([[1.0, 2.0, 1.0], [bad, 2.0, 0.0], [3.0, 1.0, 0.0]])
    check(graph, lower(graph), parameters, X, np.ones((3, 2)), 1e-12)
    only = build([*leaves, *vector, *dots, ("where", 8, 11, 0), ("where", 8, 12, 0)], [13, 14], 6, 3)
    check(only, lower(only), parameters, X, np.ones((3, 2)), 1e-12)
    _, gradient = run(lower(only), parameters, X, want_gradient=True)
    assert gradient is not None
    assert np.isfinite(gradient).all()


def take(index: list[int], entries: list[list[int]], parameters: int, columns: int, extra: int = 0) -> Program:
    """A Program of one run of `take`, whose slots are given."""
    rows = np.column_stack([index, entries])
    args = np.array([len(entries[0]), *rows.ravel()], np.int32)
    end = parameters + columns
    n = len(index)
    outputs = np.arange(end, end + n, dtype=np.int32)
    return Program(
        parameters, np.zeros(0), columns, outputs, parameters, end + n, flat([Run(TAKE, n, end, True, args)])
    )


def test_take_reads_one_entry_and_sends_to_it_alone() -> None:
    program = take([4, 4], [[0, 1], [2, 3]], 4, 1)
    outputs, gradient = run(
        program, np.array([1.0, 2.0, 3.0, math.nan]), np.array([[0.0], [1.0], [0.0], [-1.0]]), want_gradient=True
    )
    assert_equal(outputs, [[1.0, 3.0], [2.0, math.nan], [1.0, 3.0], [2.0, math.nan]])
    assert gradient is not None
    assert gradient.tolist() == [2.0, 2.0, 2.0, 2.0]


def test_take_from_a_table_of_each_sample() -> None:
    program = take([1], [[0, 2]], 1, 2)
    X, seeds = np.array([[0.0, 5.0], [1.0, 5.0], [0.0, 6.0]]), np.array([[1.0], [10.0], [100.0]])
    outputs, gradient = run(program, np.array([7.0]), X, seeds, want_gradient=True)
    assert outputs.tolist() == [[7.0], [5.0], [7.0]]
    assert gradient is not None
    assert gradient.tolist() == [101.0]


def test_take_refuses_what_is_not_in_the_table() -> None:
    program = take([2], [[0, 1]], 2, 1)
    for wrong in (2.0, -3.0, 0.5, math.nan, math.inf):
        with pytest.raises(IndexError, match=f"^sample 1 takes entry {wrong} of a table of 2$"):
            run(program, np.zeros(2), np.array([[1.0], [wrong]]))


def test_arrays_that_do_not_fit_are_refused() -> None:
    program = lower(build([("param", 0), ("input", 0), ("input", 1), ("dot", 0, 1, 2)], [3], 1, 2))
    with pytest.raises(ValueError, match=r"^parameters must have the shape \(1,\), got \(2,\)$"):
        run(program, np.zeros(2), np.zeros((3, 2)))
    for X in (np.zeros((3, 1)), np.zeros(2), None):
        with pytest.raises(ValueError, match=r"^X must have the shape"):
            run(program, np.zeros(1), X)
    with pytest.raises(ValueError, match=r"^seeds must have the shape \(3, 1\), got \(3,\)$"):
        run(program, np.zeros(1), np.zeros((3, 2)), np.ones(3), want_gradient=True)


@pytest.mark.skipif("take" not in CODES, reason="there is no rule `take`")
def test_take_in_a_graph() -> None:
    rows = [("param", 0), ("param", 1), ("input", 0), ("exp", 1), ("take", 2, 0, 3)]
    graph = build(rows, [4], 2, 1)
    check(graph, lower(graph), np.array([2.0, 1.0]), np.array([[0.0], [1.0], [1.0]]), np.ones((3, 1)), 1e-14)


def test_seeds_and_whole_numbers_are_exact() -> None:
    graph = build([("param", 0), ("input", 0), ("-", 0, 1), ("*", 2, 2)], [3], 1, 1)
    X = np.array([[x] for x in WHOLE])
    _, gradient = run(lower(graph), np.array([1.0]), X, np.full((len(X), 1), 0.5), want_gradient=True)
    assert gradient is not None
    assert gradient.tolist() == [sum(1.0 - x for x in WHOLE)]
