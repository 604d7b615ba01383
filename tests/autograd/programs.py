"""Random programs: the same lines of arithmetic, run on floats, Values of either engine, or dual numbers.

A program is a list of lines, each the name of a rule and the places of its operands among the numbers made
so far (a float stands for itself). Line by line the numbers are computed first on floats, and where an
operand lies outside the rule's domain a few more lines bring it inside: low + (high - low) · sigmoid(x).
So every rule is used, and graphs are deep, with nodes that many lines share.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from autograd.rules import RULES, Rule

from .helpers import OPERATORS

Line = tuple[str, tuple[int | float, ...]]

_places = st.integers(0, 10**6)
_constants = st.floats(-4, 4).filter(lambda x: abs(x) > 1e-3)
_operand = st.one_of(_places, _places, _places, _constants)
_line = st.tuples(
    st.sampled_from(sorted(name for name, rule in RULES.items() if not rule.once)),
    st.lists(_operand, min_size=1, max_size=7),
)


@st.composite
def programs(draw: st.DrawFn, kink: Callable[[str, list[float]], float]) -> tuple[list[float], list[Line]]:
    """Draw numbers for the leaves, and the lines.

    `kink` says how far a rule's operands are from where it has no derivative; a line too near to one is
    left out, and so is one whose number would be large.
    """
    leaves = draw(st.lists(st.floats(-4, 4), min_size=1, max_size=4))
    numbers, lines = list(leaves), list[Line]()

    def add(name: str, *operands: int | float) -> int:
        lines.append((name, operands))
        numbers.append(RULES[name].value(*(numbers[x] if isinstance(x, int) else x for x in operands)))
        return len(numbers) - 1

    def inside(x: int | float, low: float, high: float) -> int | float:
        now = numbers[x] if isinstance(x, int) else x
        if low <= now <= high:
            return x
        return add("+", add("*", add("sigmoid", x), high - low), low)

    for name, wanted in draw(st.lists(_line, min_size=1, max_size=25)):
        rule = RULES[name]
        chosen = [x % len(numbers) if isinstance(x, int) else x for x in wanted]
        count = len(chosen) if rule.variadic else len(rule.domain)
        chosen = [chosen[i % len(chosen)] for i in range(count)]
        xs = [inside(x, low, high) for x, (low, high) in zip(chosen, domain(rule, count), strict=True)]
        if not any(isinstance(x, int) for x in xs):
            xs[0] = add("+", 0, xs[0])
            xs[0] = inside(xs[0], *domain(rule, count)[0])
        operands = [numbers[x] if isinstance(x, int) else x for x in xs]
        if kink(name, operands) > 1e-3 and abs(rule.value(*operands)) < 100:
            add(name, *xs)
    if draw(st.booleans()):  # gather every number, so that the gradient reaches every leaf by many ways
        squashed = [add("tanh", i) for i in range(len(numbers))]
        add("sum", *squashed)
    elif not lines:
        add("neg", 0)
    return leaves, lines


def domain(rule: Rule, count: int) -> tuple[tuple[float, float], ...]:
    return rule.domain * count if rule.variadic else rule.domain


def run(lines: list[Line], leaves: list[Any], apply: Callable[..., Any]) -> list[Any]:
    """Every number of the program; `apply(name, *operands)` does one line."""
    made = list(leaves)
    for name, operands in lines:
        made.append(apply(name, *(made[x] if isinstance(x, int) else x for x in operands)))
    return made


def by_operators(value: Any) -> Callable[..., Any]:
    """One line as a person writes it: operators and methods where there are such, else `value.apply`."""
    operators: dict[str, Callable[..., Any]] = {
        **OPERATORS,
        "neg": lambda x: -x,
        "abs": abs,
    }

    def apply(name: str, *operands: Any) -> Any:
        if name in operators:
            return operators[name](*operands)
        if isinstance(operands[0], value) and hasattr(operands[0], name):
            return getattr(operands[0], name)(*operands[1:])
        return value.apply(name, *operands)

    return apply
