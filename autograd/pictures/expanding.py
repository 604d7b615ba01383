"""The inside of a dot or a sum: the single multiplications and additions, in the order in which they are done.

>>> from autograd import dot
>>> y = dot([Value(2.0), Value(3.0)], [Value(5.0), Value(7.0)], Value(1.0))
>>> [(term.value, term.total) for term in terms(y, set())]
[(1.0, 1.0), (10.0, 11.0), (21.0, 32.0)]
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from ..engines import Value

EXPANDED = {"dot": 1, "sum": 1}
"""The rules that are opened, and how many boxes each of their operands adds."""


@dataclass
class Term:
    """One term of the sum, or several neighbours that are folded."""

    places: list[int]
    """Of its operands: a product's two, or one; of folded terms all."""
    value: float
    """The term, or what the folded terms add."""
    total: float
    """The sum up to here."""
    count: int = 1
    hidden: bool = False


def terms(node: Value, hidden: set[int]) -> list[Term]:
    """The terms of a dot or sum: first the bias, then left to right. Empty if there is nothing to open.

    Args:
        node: made by dot or sum.
        hidden: places of operands in folded boxes; neighbouring terms that have one are one Term.
    """
    operands, numbers = node.operands, [float(x) for x in node.operands]
    if node.op == "sum":
        places = [[i] for i in range(len(operands))]
    else:
        n = len(operands) // 2
        places = [[2 * n]] if len(operands) % 2 else list[list[int]]()
        places += [[i, n + i] for i in range(n)]
    if not places or (len(places) == 1 and len(places[0]) == 1) or all(not hidden.isdisjoint(p) for p in places):
        return []
    found: list[Term] = []
    total = 0.0
    for folded, neighbours in groupby(places, lambda places: not hidden.isdisjoint(places)):
        group = list(neighbours)
        before = total
        for term in group:
            value = numbers[term[0]] * (numbers[term[1]] if len(term) == 2 else 1.0)
            total += value
            if not folded:
                found.append(Term(term, value, total))
        if folded:
            found.append(Term([i for term in group for i in term], total - before, total, len(group), True))
    return found
