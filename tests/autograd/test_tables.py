"""The two tables of rules, rules.py and the one in C, say the same: the names, the values, the partials."""

from __future__ import annotations

import math

import pytest

from autograd.rules import RULES, Rule

from .helpers import EIGHT, RULE_LIST, counts, special_points, ulps

core = pytest.importorskip("autograd._c.core", reason="the C engine is not built: there is one table only")

every_rule = pytest.mark.parametrize("rule", RULE_LIST, ids=list(RULES))
GRID = (*EIGHT, -0.0, 1.0, -1.0, 2.0, -2.0, 3.0, 0.5, 1e-8, -1e-8, 5e-324, 1e300, -1e300, 700.0, -745.0, 800.0)


def c_partials(name: str, xs: tuple[float, ...]) -> list[float | None]:
    """Read the partials of the C table off a sweep; None where not even a nan flows back."""
    leaves = [core.Value(x) for x in xs]
    node = core.Value.apply(name, *leaves)
    node.backward(math.nan)
    reached = [math.isnan(leaf.grad) for leaf in leaves]
    for leaf in leaves:
        leaf.grad = 0.0
    node.backward()
    return [leaf.grad if flows else None for leaf, flows in zip(leaves, reached, strict=True)]


def agree(a: float | None, b: float | None) -> bool:
    """Compare within 4 ulp, for the library of C and that of Python may differ in the last bits."""
    if a is None or b is None:
        return a is b
    return ulps(a, b) <= 4


def points(rule: Rule) -> list[tuple[float, ...]]:
    """List a grid of special values, and points inside of the domain."""
    found = list(special_points(rule, EIGHT if rule.variadic or len(rule.domain) > 2 else GRID))
    for count in counts(rule):
        domain = rule.domain * count if rule.variadic else rule.domain
        for i in range(23):
            found.append(
                tuple(low + (high - low) * ((7 * i + 3 * k) % 23) / 22 for k, (low, high) in enumerate(domain))
            )
    return found


def test_both_tables_have_the_same_names() -> None:
    assert dict(core.RULES) == {rule.name: 0 if rule.variadic else len(rule.domain) for rule in RULE_LIST}


@every_rule
def test_values_agree(rule: Rule) -> None:
    for xs in points(rule):
        v, c = rule.value(*xs), core.Value.apply(rule.name, *xs).data
        assert agree(c, v), f"{rule.name}{xs}: C has {c!r}, Python {v!r}"


@every_rule
def test_partials_agree(rule: Rule) -> None:
    for xs in points(rule):
        want, got = rule.partials(rule.value(*xs), *xs), c_partials(rule.name, xs)
        assert len(got) == len(want)
        assert all(map(agree, got, want)), f"partials of {rule.name}{xs}: C has {got}, Python {want}"
