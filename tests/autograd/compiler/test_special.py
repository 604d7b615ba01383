"""Compiled equals eager where numbers are odd: nan, inf, zeros, the branch not taken; and every rule in float32."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value
from autograd.compiler import c_executor, compile, numpy_executor, versions
from autograd.rules import RULES

from .graphs import assert_equal

EXECUTORS = [numpy_executor, *[c_executor] * c_executor.available]
ODD = (0.0, -0.0, 1.0, -1.0, 2.0, 0.5, math.inf, -math.inf, math.nan, 710.0, -745.0, 1e300, 1e-300)
NAMES = sorted(set(RULES) - {"program", "take"})
numbers = st.sampled_from(ODD) | st.floats(-2, 2)


@pytest.fixture(params=EXECUTORS, ids=lambda executor: executor.__name__.rpartition(".")[2])
def executor(request: Any) -> Any:
    """Each of the two, in the place of the one that people get."""
    before, versions.runner = versions.runner, request.param.runner
    yield request.param
    versions.runner = before


@st.composite
def functions(draw: st.DrawFn) -> Any:
    """A function of three parameters and two numbers, of any rules, `where` among them often."""
    places = st.lists(st.integers(0, 999), min_size=5, max_size=5)
    line = st.tuples(st.sampled_from([*NAMES, *["where", "*"] * 4]), places, st.booleans())
    lines, constant = draw(st.lists(line, min_size=1, max_size=11)), draw(st.sampled_from(ODD))

    def f(ws: Any, x: Any, results: int | None = None) -> Any:
        nodes: list[Any] = [*ws, *x, constant]
        for name, where, near in lines:
            count = 5 if name == "dot" else 3 if RULES[name].variadic else len(RULES[name].domain)
            recent = [nodes[-1 - i % 4] if near else nodes[i % len(nodes)] for i in where]
            nodes.append(Value.apply(name, *recent[:count]))
        return nodes[-1] if results is None else nodes[-min(results, len(lines)) :]

    return f


def gradient(total: Value, ws: list[Value]) -> list[float]:
    for w in ws:
        w.grad = 0.0
    total.backward()
    return [w.grad for w in ws]


@pytest.mark.usefixtures("executor")
@settings(max_examples=150, deadline=None)
@given(
    f=functions(),
    ws=st.tuples(numbers, numbers, numbers),
    X=st.lists(st.tuples(numbers, numbers), min_size=1, max_size=9),
)
def test_odd_numbers_flow_as_in_eager(f: Any, ws: Any, X: Any) -> None:
    """Sample by sample, and summed: a nan in one column of a branch reaches what it reaches in eager, no more."""
    parameters = [Value(w) for w in ws]

    def one(x: Any) -> Any:
        return f(parameters, x)

    eager = [one([Value(a) for a in row]) for row in X]
    slopes = [gradient(v, parameters) for v in eager]
    g = compile(one)
    with np.errstate(over="ignore"):
        assert_equal(g.map(X), [v.data for v in eager], 1e-9)
    for row, slope in zip(X, slopes, strict=True):
        got = gradient(g(row), parameters)
        with np.errstate(over="ignore"):
            assert_equal(got, slope, 1e-8)
    scale = max(1.0, *np.abs(slopes).ravel().tolist())
    if scale < 1e100:
        assert_equal(gradient(g.sum(X), parameters), np.sum(slopes, 0), 1e-8 * scale)


@pytest.mark.usefixtures("executor")
@settings(max_examples=100, deadline=None)
@given(f=functions(), ws=st.tuples(numbers, numbers, numbers), x=st.tuples(numbers, numbers))
def test_of_several_results_each_has_its_own_gradient(f: Any, ws: Any, x: Any) -> None:
    parameters = [Value(w) for w in ws]

    def three(x: Any) -> Any:
        return f(parameters, x, 3)

    eager, g = three([Value(a) for a in x]), compile(three)
    slopes = [gradient(v, parameters) for v in eager]
    with np.errstate(over="ignore"):
        for got, slope in zip(g(x), slopes, strict=True):
            assert_equal(gradient(got, parameters), slope, 1e-8)
        if np.abs(slopes).max() < 1e100:
            for got, slope in zip(g.sum([x] * 3), slopes, strict=True):
                assert_equal(gradient(got, parameters), np.multiply(slope, 3), 1e-7)


@pytest.mark.usefixtures("executor")
@pytest.mark.parametrize("name", NAMES)
def test_every_rule_in_float32_over_its_domain(name: str) -> None:
    rule, rng = RULES[name], random.Random(name)
    count = 5 if name == "dot" else 3 if rule.variadic else len(rule.domain)
    for _ in range(20):
        points = [float(np.float32(rng.uniform(low, high))) for low, high in (rule.domain * count)[:count]]
        ws = [Value(x) for x in points]
        for f, X in (
            (lambda x, ws=ws: Value.apply(name, *ws) * x, [1.0] * 7),  # once a call
            (lambda x, ws=ws: Value.apply(name, *[w * x for w in ws]), [1.0, 1.0]),  # for each sample
            (lambda x, ws=ws: Value.apply(name, *[w * x for w in ws]), [1.0]),
        ):
            want = f(Value(1.0))
            total = compile(f, dtype="float32").mean(X)
            assert_equal(total.data, want.data, 1e-4)
            assert_equal(gradient(total, ws), gradient(want, ws), 1e-4)
