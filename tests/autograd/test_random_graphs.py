"""Random graphs: the gradients of the loaded engine against forward mode, and of both engines against each other."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings

from autograd import Value
from autograd.graph import chain_rule, oldest_first
from autograd.rules import RULES
from autograd.value import Value as PythonValue

from .dual import DUAL, Dual
from .helpers import near, same
from .programs import Line, by_operators, programs, run


def kink(name: str, xs: list[float]) -> float:
    """How far the operands are from where the rule has no derivative, and no two ways to compute it agree."""
    if name in ("//", "%"):
        q = xs[0] / xs[1]
        return abs(q - round(q))
    if name in ("maximum", "minimum"):
        return abs(xs[0] - xs[1])
    if name in ("floor", "ceil"):
        return abs(xs[0] - round(xs[0]))
    if name in ("abs", "relu", "leaky_relu", "elu", "step", "sign", "where"):
        return abs(xs[0])
    return math.inf


def test_every_rule_has_a_dual() -> None:
    assert set(DUAL) == set(RULES)


def forward_mode(leaves: list[float], lines: list[Line]) -> Dual:
    axes = [tuple(float(i == j) for j in range(len(leaves))) for i in range(len(leaves))]
    made = run(lines, [Dual(x, axis) for x, axis in zip(leaves, axes, strict=True)], lambda op, *xs: DUAL[op](*xs))
    return made[-1] if isinstance(made[-1], Dual) else Dual(made[-1], (0.0,) * len(leaves))


@settings(max_examples=300)
@given(programs(kink))
def test_gradients_against_forward_mode(program: tuple[list[float], list[Line]]) -> None:
    leaves, lines = program
    want = forward_mode(leaves, lines)
    xs = [Value(x) for x in leaves]
    root = run(lines, xs, Value.apply)[-1]
    assert near(root.data, want.x, 1e-9, 1e-9)
    root.backward()
    recorded = chain_rule(root, 1.0, differentiable=True)
    scale = max(1.0, *map(abs, want.slopes))
    for x, slope in zip(xs, want.slopes, strict=True):
        assert near(x.grad, slope, 1e-9, 1e-9 * scale)
        assert near(float(recorded.get(x, 0.0)), slope, 1e-9, 1e-9 * scale), "and by derivatives made of Values"
    once = [x.grad for x in xs]
    interior = [node.grad for node in oldest_first(root) if node.operands]
    root.backward()
    assert all(near(x.grad, 2 * g) for x, g in zip(xs, once, strict=True))
    assert [node.grad for node in oldest_first(root) if node.operands] == interior


def everything(value: Any, apply: Any, leaves: list[float], lines: list[Line]) -> list[tuple[str, float, float]]:
    """List what the engine says of each number of the program, after a sweep."""
    made = run(lines, [value(x) for x in leaves], apply)
    made[-1].backward()
    return [(x.op, x.data, x.grad) if isinstance(x, value) else ("", x, 0.0) for x in made]


@pytest.mark.skipif(Value is PythonValue, reason="the C engine is not loaded: there is nothing to compare with")
@settings(max_examples=300)
@given(programs(lambda name, xs: math.inf))
def test_both_engines_give_the_same_bits(program: tuple[list[float], list[Line]]) -> None:
    """The same operations in the same order, so not even the last bit differs."""
    leaves, lines = program
    ours = everything(Value, by_operators(Value), leaves, lines)
    for apply in (by_operators(PythonValue), PythonValue.apply):
        theirs = everything(PythonValue, apply, leaves, lines)
        for i, ((op, v, g), (op2, v2, g2)) in enumerate(zip(ours, theirs, strict=True)):
            equal = op == op2 and same(v, v2) and same(g, g2)
            assert equal, f"number {i} of {lines}: {ours[i]} and {theirs[i]}"


@settings(max_examples=50)
@given(programs(lambda name, xs: math.inf))
def test_operators_and_apply_make_the_same_graph(program: tuple[list[float], list[Line]]) -> None:
    leaves, lines = program
    one = everything(Value, by_operators(Value), leaves, lines)
    other = everything(Value, Value.apply, leaves, lines)
    assert all(a[0] == b[0] and same(a[1], b[1]) and same(a[2], b[2]) for a, b in zip(one, other, strict=True))
