"""What a folded box knows of the Values in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from ..engines import Value
from .scene import Naming
from .scopes import Places
from .walk import OPERATIONS, Graph, Mask, Whole


@dataclass(eq=False)
class Fold:
    """Values that share one box."""

    kind: str
    """"scope", "run", "likes", "rest" (of likes of which some are shown) or "more"."""
    levels: tuple[str, ...] = ()
    """Of a scope: its own path; else that of the scope in which all its Values are."""
    newest: Value | None = None
    count: int = 0
    parameters: int = 0
    frozen: int = 0
    operations: Counter[str] = field(default_factory=Counter[str])
    """How many Values each operation made; "" is leaves."""
    paths: set[tuple[str, ...]] = field(default_factory=set[tuple[str, ...]])
    """The levels of the scopes of its Values."""
    largest: float | None = None
    """The largest |grad|, nan if one is nan; None if none is computed. Of frozen leaves none is."""
    sources: dict[Value | Fold, int] = field(default_factory=dict["Value | Fold", int])
    """The boxes that its Values were made from, and by how many edges."""
    lit: bool = False


class Boxes:
    """Which box each Value of a graph is in: a Fold, or the Value itself if it has a box of its own.

    Args:
        graph: the n Values.
        of: for each node the number of its box: its own number, or n and more for folds.
        folds: the folds, by the number of their box.
    """

    def __init__(self, graph: Graph, of: Whole, folds: dict[int, Fold]) -> None:
        self.graph, self.of, self.folds = graph, of, folds

    def box(self, number: int) -> Value | Fold:
        """The box of this number."""
        return self.folds.get(number) or self.graph.nodes[number]

    def take_stock(self, naming: Naming, places: Places, lit: Mask) -> None:
        """Fill in what each Fold says of its Values."""
        graph, n = self.graph, len(self.graph.nodes)
        numbers = np.array(list(self.folds), np.int64)
        hidden = np.flatnonzero(self.of >= n)
        place = np.zeros(max([n - 1, *self.folds]) + 1, np.int64)
        place[numbers] = np.arange(len(numbers))
        box, size = place[self.of[hidden]], len(numbers)

        def count(mask: Mask) -> list[int]:
            return np.bincount(box[mask[hidden]], minlength=size).tolist()

        newest, largest = np.zeros(size, np.int64), np.full(size, -1.0)
        newest[box[::-1]] = hidden[::-1]  # what is written last stays
        told = (graph.computed & ~graph.frozen)[hidden]
        with np.errstate(invalid="ignore"):
            np.maximum.at(largest, box[told], np.abs(graph.gradients[hidden[told]]))
        counts = zip(*map(count, (self.of >= n, graph.mask(naming.parameters), graph.frozen, lit)), strict=True)
        folds = list(self.folds.values())
        for i, (fold, facts) in enumerate(zip(folds, counts, strict=True)):
            fold.newest = graph.nodes[newest[i]]
            fold.count, fold.parameters, fold.frozen, fold.lit = facts
            fold.largest = None if largest[i] == -1 else float(largest[i])
        for i, operation, times in _pairs(box, graph.operations[hidden], len(OPERATIONS)):
            folds[i].operations[OPERATIONS[operation]] = times
        inside: list[int] = np.unique(box * len(places.levels) + places.paths[hidden]).tolist()
        for i, path in (divmod(pair, len(places.levels)) for pair in inside):
            folds[i].paths.add(places.levels[path])
        end, start = self.of[graph.made], self.of[graph.args]
        between = (end >= n) & (end != start)
        shown = np.zeros(len(place), bool)
        shown[start[between]] = True
        sources, source = np.flatnonzero(shown).tolist(), (np.cumsum(shown) - 1)[start[between]]
        for i, k, times in _pairs(place[end[between]], source, len(sources)):
            folds[i].sources[self.box(sources[k])] = times
        for fold in folds:
            if fold.kind != "scope" and len(fold.paths) == 1:
                (fold.levels,) = fold.paths


def _pairs(a: Whole, b: Whole, size: int) -> list[list[int]]:
    """The pairs of a and b (below size) that there are, in the order in which they first come, and how often."""
    pairs = a * size + b
    counts = np.bincount(pairs)
    first = np.zeros_like(counts)
    first[pairs[::-1]] = np.arange(len(pairs))[::-1]  # what is written last stays
    some = np.flatnonzero(counts)
    some = some[np.argsort(first[some])]
    return np.column_stack((some // size, some % size, counts[some])).tolist() if size else []
