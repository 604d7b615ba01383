"""What an explanation shows: one section for each gradient, of each the largest terms."""

from __future__ import annotations

import linecache
import os
from dataclasses import dataclass
from functools import reduce
from operator import add

from ..graph import Value
from .terms import Term

SHOWN = 6
"""Terms of a sum that are shown, the largest, if there are many."""


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """∂loss/∂node as a sum: the terms that are shown, and what the others add up to."""

    node: Value
    gradient: float
    terms: list[Term]
    hidden: int
    """How many terms are not shown, 0 or at least 2."""
    rest: float
    """What these add up to."""
    inside: list[Value]
    """The consumers among the terms whose gradients have sections of their own, the first time they come up."""

    @property
    def rounding(self) -> float | None:
        """What the numbers shown add up to, if that differs from the gradient: they stand in another order."""
        total = reduce(add, [term.share for term in self.terms], 0.0) + self.rest
        return total if self.hidden and total != self.gradient and self.gradient == self.gradient else None


def sections(x: Value, gradient: float, terms: list[Term]) -> dict[Value, Section]:
    """The section of x, and then those of the Values whose gradients it needs, each once, the nearest first."""
    found: dict[Value, Section] = {}
    todo, known = [(x, gradient, terms)], {x}
    for node, total, parts in todo:  # the list grows while we walk along it
        shown, hidden = parts, list[Term]()
        if len(parts) > SHOWN + 1:
            largest = sorted(range(len(parts)), key=lambda i: _size(parts[i].share), reverse=True)
            shown = [parts[i] for i in largest[:SHOWN]]
            hidden = [parts[i] for i in sorted(largest[SHOWN:])]
        inside = list[Value]()
        for term in shown:
            if term.terms and term.consumer not in known:
                known.add(term.consumer)
                inside.append(term.consumer)
                todo.append((term.consumer, term.upstream, term.terms))
        rest = reduce(add, [term.share for term in hidden], 0.0)
        found[node] = Section(node, total, shown, len(hidden), rest, inside)
    return found


def _size(share: float) -> float:
    return abs(share) if share == share else float("inf")


def source(line: str | None) -> tuple[str, str]:
    """A line as `Value.line` has it: where it is, "train.py:12", and what is written there.

    The cell of a notebook is no file on the disk, so of its line only the number is told.
    """
    if line is None:
        return "", ""
    path, _, number = line.rpartition(", line ")
    where = f"{os.path.basename(path)}:{number}" if os.path.exists(path) else f"line {number}"
    return where, linecache.getline(path, int(number)).strip()
