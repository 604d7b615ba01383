"""What the engine's tests share: a rule's numbers as the loaded engine gives them, and ways to compare."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import autograd
from autograd import Value
from autograd.graph import chain_rule
from autograd.rules import RULES, Rule

ROOT = Path(autograd.__file__).resolve().parent.parent
EIGHT = (-1.3, 0.49, 0.99, 1.01, math.inf, -math.inf, math.nan, 0.0)
"""Inside and outside of every domain, next to 1/2 and 1, and the four numbers that break formulas."""
RULE_LIST = list(RULES.values())
OPERATORS = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "//": lambda x, y: x // y,
    "%": lambda x, y: x % y,
    "**": lambda x, y: x**y,
}
SIZES = {
    "sum": (0, 1, 2, 3, 7),
    "dot": (0, 1, 2, 3, 5, 6),
    "logsumexp": (1, 2, 3, 7),
    "take": (0, 1, 2, 3, 7),
    "program": (0, 1, 2, 3, 5, 6),
}
"""How many operands a rule of any number of operands is tested with."""


def counts(rule: Rule) -> tuple[int, ...]:
    """Say with how many operands to test the rule."""
    return SIZES[rule.name] if rule.variadic else (len(rule.domain),)


def special_points(rule: Rule, values: tuple[float, ...] = EIGHT) -> Iterator[tuple[float, ...]]:
    """Every combination of the values, as operands of the rule; at most three of them at once."""
    for count in counts(rule):
        if count <= 3:
            yield from itertools.product(values, repeat=count)


def leaves(numbers: tuple[float, ...]) -> list[Any]:
    return [Value(x) for x in numbers]


def value(rule: Rule, numbers: tuple[float, ...]) -> float:
    """Compute the rule's value by a node of the loaded engine."""
    return Value.apply(rule.name, *leaves(numbers)).data


def gradient(rule: Rule, numbers: tuple[float, ...]) -> list[float]:
    """Compute the rule's partials by `backward` of the loaded engine."""
    xs = leaves(numbers)
    Value.apply(rule.name, *xs).backward()
    return [x.grad for x in xs]


def second(rule: Rule, numbers: tuple[float, ...]) -> list[list[float]]:
    """Compute the rule's second partials: gradients of gradients that are themselves recorded."""
    xs = leaves(numbers)
    first = chain_rule(Value.apply(rule.name, *xs), 1.0, differentiable=True)
    rows = []
    for x in xs:
        g = first.get(x, 0.0)
        row = chain_rule(g, 1.0, differentiable=False) if isinstance(g, Value) else {}
        rows.append([float(row.get(y, 0.0)) for y in xs])
    return rows


def same(a: float, b: float) -> bool:
    """Equal to the last bit; nan is nan, and the two zeros differ."""
    return (a != a and b != b) or (a == b and math.copysign(1.0, a) == math.copysign(1.0, b))


def near(a: float, b: float, relative: float = 1e-12, absolute: float = 0.0) -> bool:
    """Equal within a tolerance; nan is nan, inf is inf."""
    if a != a or b != b:
        return a != a and b != b
    return a == b or math.isclose(a, b, rel_tol=relative, abs_tol=absolute)


def ulps(a: float, b: float) -> float:
    """How many units in the last place of b lie between a and b."""
    if same(a, b) or a == b:
        return 0.0
    if not (math.isfinite(a) and math.isfinite(b)):
        return math.inf
    return abs(a - b) / math.ulp(b)


def python(program: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a fresh interpreter, where `import autograd` finds the very package under test."""
    import os

    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, *options, "-c", program],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
