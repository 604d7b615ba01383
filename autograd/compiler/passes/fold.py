"""fold: what is known before the function is ever called is computed once, here."""

from __future__ import annotations

from ...rules import RULES
from ..graph import CODES, CONST, INPUT, NAMES, Graph, Nodes

ADD, SUBTRACT, MULTIPLY, DIVIDE, POWER = (CODES[name] for name in ("+", "-", "*", "/", "**"))
NEGATE, WHERE, SUM, DOT = (CODES[name] for name in ("neg", "where", "sum", "dot"))


def fold(graph: Graph) -> Graph:
    """Nodes of constants become constants, and a node that only hands an operand on becomes that operand.

    x + 0, x - 0, x · 1, x / 1, x ** 1, -(-x), the sum of one, a dot of nothing but a bias, and `where` with a constant
    condition. x · 0 stays, because it is nan where x is inf or nan. Every number stays equal (==); a zero may change
    its sign.
    """
    old, new = graph.nodes(), Nodes()
    place = list[int]()
    for op, args, number in zip(old.op, old.args, old.number, strict=True):
        if op <= INPUT:
            place.append(new.add(op, [], number))
            continue
        xs = [place[x] for x in args]
        if all(new.op[x] == CONST for x in xs):
            place.append(new.add(CONST, [], RULES[NAMES[op]].value(*[new.number[x] for x in xs])))
        else:
            same = _same(op, xs, new)
            place.append(new.add(op, xs) if same is None else same)
    return graph.rebuilt(new, place)


def _same(op: int, xs: list[int], nodes: Nodes) -> int | None:
    """The operand that a node of this operation always equals, if there is one."""

    def is_number(x: int, number: float) -> bool:
        return nodes.op[x] == CONST and nodes.number[x] == number

    if op in (ADD, MULTIPLY):
        neutral = 0.0 if op == ADD else 1.0
        return xs[0] if is_number(xs[1], neutral) else xs[1] if is_number(xs[0], neutral) else None
    if op == SUBTRACT:
        return xs[0] if is_number(xs[1], 0.0) else None
    if op in (DIVIDE, POWER):
        return xs[0] if is_number(xs[1], 1.0) else None
    if op == NEGATE:
        return nodes.args[xs[0]][0] if nodes.op[xs[0]] == NEGATE else None
    if op == WHERE and nodes.op[xs[0]] == CONST:
        return xs[1] if nodes.number[xs[0]] else xs[2]
    return xs[0] if op in (SUM, DOT) and len(xs) == 1 else None
