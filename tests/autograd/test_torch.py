"""Numbers behave as in torch: value, first and second derivative of every rule that torch has, in float64."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import pytest

from autograd.rules import RULES, Rule

from .helpers import EIGHT, RULE_LIST, counts, gradient, near, second, special_points, value

torch = pytest.importorskip("torch", reason="torch, whose numbers are the model, is in the extra `oracle`")

F = torch.nn.functional


def dot(*operands: Any) -> Any:
    n = len(operands) // 2
    bias = operands[-1] if len(operands) % 2 else torch.zeros((), dtype=torch.float64)
    return bias + (torch.stack(operands[:n]) * torch.stack(operands[n : 2 * n])).sum() if n else bias * 1.0


TORCH: dict[str, Callable[..., Any]] = {
    "+": torch.add,
    "-": torch.sub,
    "*": torch.mul,
    "/": torch.div,
    "//": torch.floor_divide,
    "%": torch.remainder,
    "**": torch.pow,
    "neg": torch.neg,
    "abs": torch.abs,
    "exp": torch.exp,
    "expm1": torch.expm1,
    "log": torch.log,
    "log1p": torch.log1p,
    "log2": torch.log2,
    "log10": torch.log10,
    "sqrt": torch.sqrt,
    "sin": torch.sin,
    "cos": torch.cos,
    "tan": torch.tan,
    "asin": torch.asin,
    "acos": torch.acos,
    "atan": torch.atan,
    "atan2": torch.atan2,
    "hypot": torch.hypot,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "tanh": torch.tanh,
    "asinh": torch.asinh,
    "acosh": torch.acosh,
    "atanh": torch.atanh,
    "erf": torch.erf,
    "erfc": torch.erfc,
    "sigmoid": torch.sigmoid,
    "softplus": F.softplus,
    "relu": F.relu,
    "leaky_relu": lambda x, y: torch.where(x > 0, x, y * x),
    "elu": lambda x, y: torch.where(x > 0, x, y * torch.expm1(x)),
    "gelu": F.gelu,
    "silu": F.silu,
    "step": lambda x: torch.heaviside(x, torch.zeros((), dtype=torch.float64)),
    "sign": torch.sign,
    "floor": torch.floor,
    "ceil": torch.ceil,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "where": lambda x, y, z: torch.where(x != 0, y, z),
    "<": lambda x, y: (x < y).double(),
    "<=": lambda x, y: (x <= y).double(),
    "==": lambda x, y: (x == y).double(),
    "!=": lambda x, y: (x != y).double(),
    "sum": lambda *xs: torch.stack(xs).sum() if xs else torch.zeros((), dtype=torch.float64),
    "dot": dot,
    "logsumexp": lambda *xs: torch.logsumexp(torch.stack(xs), 0),
}
NOT_IN_TORCH = {"cbrt", "take", "program"}
NO_DERIVATIVE_IN_TORCH = {"//", "step", "<", "<=", "==", "!="}
every_rule = pytest.mark.parametrize("rule", [r for r in RULE_LIST if r.name in TORCH], ids=list(TORCH))


def torch_numbers(rule: Rule, numbers: tuple[float, ...]) -> tuple[float, list[float], list[list[float]]]:
    """Compute torch's value, gradient and matrix of second derivatives."""
    xs = [torch.tensor(x, dtype=torch.float64, requires_grad=rule.name not in NO_DERIVATIVE_IN_TORCH) for x in numbers]
    v = TORCH[rule.name](*xs)
    zeros = [0.0] * len(xs)
    if not v.requires_grad:
        return v.item(), zeros, [zeros for _ in xs]
    first = torch.autograd.grad(v, xs, create_graph=True, materialize_grads=True)
    rows = [
        [h.item() for h in torch.autograd.grad(g, xs, retain_graph=True, materialize_grads=True)]
        if g.requires_grad
        else zeros
        for g in first
    ]
    return v.item(), [g.item() for g in first], rows


def test_every_rule_has_its_place() -> None:
    assert set(TORCH) | NOT_IN_TORCH == set(RULES)
    assert not set(TORCH) & NOT_IN_TORCH


@every_rule
def test_random_points(rule: Rule) -> None:
    """Points of the rule's domain, at random and so never a hard point."""
    chance = random.Random(rule.name)
    for count in counts(rule):
        domain = rule.domain * count if rule.variadic else rule.domain
        for _ in range(20):
            numbers = tuple(chance.uniform(low, high) for low, high in domain)
            v, first, rows = torch_numbers(rule, numbers)
            where = f"{rule.name}{numbers}"
            assert near(value(rule, numbers), v, 1e-14, 1e-14), where
            for ours, theirs in zip(gradient(rule, numbers), first, strict=True):
                assert near(ours, theirs, 1e-12, 1e-12), where
            for our_row, their_row in zip(second(rule, numbers), rows, strict=True):
                for ours, theirs in zip(our_row, their_row, strict=True):
                    assert near(ours, theirs, 1e-10, 1e-10), where


DEVIATIONS: dict[str, tuple[Callable[[int, tuple[float, ...]], bool], str]] = {
    "softplus": (lambda order, xs: xs[0] > 20, "from x = 20 on"),
    "asin": (lambda order, xs: order == 2 and abs(xs[0]) == 1, "second derivative"),
    "acos": (lambda order, xs: order == 2 and abs(xs[0]) == 1, "second derivative"),
    "acosh": (lambda order, xs: order == 2 and abs(xs[0]) == 1, "second derivative"),
    "atanh": (lambda order, xs: order == 2 and abs(xs[0]) == 1, "second derivative"),
    "**": (lambda order, xs: order == 2 and xs[1] == 0, "second derivative"),
    "step": (lambda order, xs: xs[0] != xs[0], "step(nan)"),
}
"""Where our number is another than torch's finite one (by order of the derivative and operands), and words of the
note that says why."""


@every_rule
def test_special_values(rule: Rule) -> None:
    """Where torch's number is finite or inf ours is the same, for the eight values and the borders of domains."""
    values = (*EIGHT, 1.0, -1.0, 2.0, -0.0, 30.0) if not rule.variadic and len(rule.domain) < 3 else EIGHT
    wrong = []
    for numbers in special_points(rule, values):
        if rule.variadic and not numbers:
            continue
        v, first, rows = torch_numbers(rule, numbers)
        deviates, reason = DEVIATIONS.get(rule.name, (lambda order, xs: False, ""))
        pairs = [(0, "value", value(rule, numbers), v)]
        pairs += [(1, f"∂{i}", g, h) for i, (g, h) in enumerate(zip(gradient(rule, numbers), first, strict=True))]
        for i, (ours, theirs) in enumerate(zip(second(rule, numbers), rows, strict=True)):
            pairs += [(2, f"∂{i}∂{j}", g, h) for j, (g, h) in enumerate(zip(ours, theirs, strict=True))]
        for order, what, ours, theirs in pairs:
            if math.isnan(theirs) or (deviates(order, numbers) and reason in rule.note):
                continue
            if not near(ours, theirs, 1e-12, 1e-15):
                wrong.append(f"{what} of {rule.name}{numbers}: {ours!r}, torch has {theirs!r}")
    assert not wrong, "\n".join(wrong)
