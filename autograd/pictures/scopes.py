"""Name scopes: the levels of a path, where a leaf belongs, how many levels a picture shows open."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, cached_property

import numpy as np

from .scene import Naming
from .walk import OPERATIONS, Graph, Mask, Whole

READABLE = 60  # nodes in scopes that are all shown open, unless a depth is asked for
SIBLINGS = 8  # scopes that are alike, shown one by one

_DOT = re.compile(r"\.(?!\d+(?:\.|$))")
_NUMBER = re.compile(r"(\.\d+)+$")


def levels(path: str) -> tuple[str, ...]:
    """The levels of a scope's path; a number belongs to the word before it.

    >>> levels("layers.0.neurons.12")
    ('layers.0', 'neurons.12')
    """
    return tuple(_DOT.split(path)) if path else ()


def stem(level: str) -> str:
    """A level without its number: "neurons" of "neurons.12"."""
    return _NUMBER.sub("", level)


def common_levels(paths: Sequence[tuple[str, ...]]) -> int:
    """How many levels all the paths share.

    >>> common_levels([("layers.0", "neurons.1"), ("layers.0", "neurons.2")])
    1
    """
    shortest = min(map(len, paths), default=0)
    return next((i for i in range(shortest) if len({path[i] for path in paths}) > 1), shortest)


class Places:
    """Where each Value of a graph belongs: its own scope; a leaf without one, to the only scope that uses it.

    So a weight stands by its neuron, and an input that several neurons read stands outside. A leaf that was
    given a label, and is no parameter, was meant to be seen: it stands outside too.

    Args:
        graph: the Values.
        naming: names and parameters.
        depth: how many levels are shown open; None for as many as are readable.

    Attributes:
        paths: for each node the number of its path.
        levels: for each path its levels. Path 0 is outside all scopes; the others are in the order of the nodes.
        depth: how many levels are shown open.
        folds: the levels of each scope that is folded, of many alike those of the first.
        folded: for each node the place, among these, of the scope in which it is hidden; -1 if it is not.
    """

    def __init__(self, graph: Graph, naming: Naming, depth: int | None) -> None:
        numbers = {"": 0}
        own = np.array([numbers.setdefault(node.scope, len(numbers)) for node in graph.nodes])
        parameters = graph.mask(naming.parameters)
        self.levels = [levels(path) for path in numbers]
        self.paths: Whole = np.where(own, own, _homes(graph, own, parameters))
        self._kinds = np.where(parameters, len(OPERATIONS), graph.operations)
        siblings, deepest = cache(self._siblings), max(map(len, self.levels))
        if depth is None:
            used: list[int] = np.unique(self.paths[(graph.operations > 0) & ~parameters]).tolist()
            least = common_levels([self.levels[path] for path in used])
            # Not all in one box: that says nothing.
            depth = next((d for d in range(deepest, least, -1) if self._readable(d, siblings(d))), least)
        self.depth = min(depth, deepest)
        hidden = siblings(self.depth)
        self.folds = [parts for parts in dict.fromkeys(hidden) if parts]
        place = {(): -1} | {parts: i for i, parts in enumerate(self.folds)}
        self.folded: Whole = np.array([place[parts] for parts in hidden])[self.paths]

    @cached_property
    def _table(self) -> tuple[Whole, Whole, Whole]:
        """How many nodes of each kind (operation, leaf or parameter) each path has: paths, kinds, counts."""
        size = len(OPERATIONS) + 1
        rows, counts = np.unique(self.paths * size + self._kinds, return_counts=True)
        return rows // size, rows % size, counts

    def _readable(self, depth: int, hidden: list[tuple[str, ...]]) -> bool:
        """Whether the scopes come to few boxes at this depth, where these are the boxes that hide paths."""
        paths, _, counts = self._table
        lengths = np.array([len(parts) for parts in self.levels])[paths]
        open_nodes = int(counts[(lengths > 0) & (lengths <= depth)].sum())
        return open_nodes + len(set(hidden) - {()}) <= READABLE

    def _siblings(self, depth: int) -> list[tuple[str, ...]]:
        """For each path the levels of the box that hides it, () if none does, at this depth.

        Of many scopes that are alike it is that of the first. Alike are scopes of one name, in one scope, with the
        same number of nodes of each operation.
        """
        hidden = [parts[: depth + 1] if len(parts) > depth else () for parts in self.levels]
        closed = {parts: i for i, parts in enumerate(dict.fromkeys(filter(None, hidden)))}
        if len(closed) <= SIBLINGS:
            return hidden
        paths, kinds, counts = self._table
        scope, size = np.array([closed.get(parts, -1) for parts in hidden])[paths], len(OPERATIONS) + 1
        rows, row = np.unique((scope * size + kinds)[scope >= 0], return_inverse=True)
        contents = np.column_stack((rows % size, np.bincount(row, counts[scope >= 0])))
        begins = np.searchsorted(rows // size, np.arange(len(closed) + 1)).tolist()
        alike: dict[tuple[tuple[str, ...], bytes], list[tuple[str, ...]]] = {}
        for parts, i in closed.items():
            if (name := stem(parts[-1])) != parts[-1]:
                inside = contents[begins[i] : begins[i + 1]].tobytes()
                alike.setdefault(((*parts[:-1], name), inside), []).append(parts)
        eldest = {parts: family[0] for family in alike.values() if len(family) > SIBLINGS for parts in family}
        return [eldest.get(parts, parts) for parts in hidden]


def _homes(graph: Graph, own: Whole, parameters: Mask) -> Whole:
    """The one scope that uses a leaf, for each leaf of which there is just one, else 0; outside scopes don't count."""
    homes = np.zeros_like(own)
    uses = np.flatnonzero((graph.operations == 0)[graph.args] & (own > 0)[graph.made])
    leaves, scopes = graph.args[uses], own[graph.made[uses]]
    homes[leaves] = scopes
    homes[leaves[homes[leaves] != scopes]] = 0  # another one uses it too
    for i in np.flatnonzero((homes > 0) & ~parameters).tolist():
        if graph.nodes[i].label:
            homes[i] = 0
    return homes
