"""Which Values of a graph share a box, so that a graph of any size gives a picture that can be read.

Scopes fold first, by the depth that is shown open. If what is left is still too much:

- a *run*, where each Value's only consumer does the same operation (x + x + x ...), keeps its ends and folds
  what is between them;
- *likes*, Values of one operation with the same consumers, keep two and the last and fold the others; whatever
  was used by folded Values only folds with them, operation by operation;
- when the picture is full, all that remains is one box.

All this goes level by level from the result down, so that a Value's consumers have their boxes before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from .folds import Boxes, Fold
from .scene import Naming
from .scopes import Places
from .walk import OPERATIONS, Graph, Mask, Whole

LARGEST = 150  # boxes that are all shown
LARGEST_ASKED = 500  # and when a depth is asked for: dot still needs no more than some seconds
LONGEST = 3000  # levels that the edges between them span, in all; a dense graph of more takes dot minutes
ALIKE = 8  # likes shown one by one, where not all can be
FULL = 40  # boxes, where not all can be shown
FULL_EDGES = 300
FULL_LEVELS = 16  # on which a Value has a box of its own: a longer line fits no screen
LAST_LEAVES = 12  # of those that the boxes of a full picture use, how many are shown beside them
OLDEST = 3  # and how many of the graph's oldest Values


def fold(graph: Graph, naming: Naming, places: Places, largest: int, weights: Mapping[str, int], lit: Mask) -> Boxes:
    """For each Value its box: a Fold, or the Value itself if it has a box of its own.

    Args:
        graph: the Values.
        naming: which are parameters.
        places: the scopes they belong to.
        largest: how many boxes may be shown before more than scopes is folded.
        weights: for operations that are drawn as several boxes, how many for each operand.
        lit: which are highlighted.
    """
    n, weight = len(graph.nodes), np.array([weights.get(name, 0) for name in OPERATIONS])[graph.operations]
    if _too_many(graph, places, largest, weight):
        boxes = _Folding(graph, naming, places, weight).boxes()
    else:
        of = np.where(places.folded >= 0, n + places.folded, np.arange(n))
        boxes = Boxes(graph, of, {n + i: Fold("scope", parts) for i, parts in enumerate(places.folds)})
    boxes.take_stock(naming, places, lit)
    return boxes


def _too_many(graph: Graph, places: Places, largest: int, weight: Whole) -> bool:
    """Whether there are too many boxes, or they lie too far apart, if only scopes are folded."""
    own = places.folded < 0
    if len(places.folds) + np.sum((1 + weight * np.diff(graph.starts))[own]) > largest:
        return True
    level = np.repeat(np.arange(len(graph.level_starts) - 1), np.diff(graph.level_starts))
    spans = np.where(own[graph.args], level[graph.args] - level[graph.made], 1) * _heaviness(weight)[graph.made]
    return bool(np.sum(spans[own[graph.made]]) > LONGEST)


def _heaviness(weight: Whole) -> Whole:
    """How many edges of the picture an operand of a Value comes to: itself, and from a product to a sum."""
    return 1 + 2 * weight


class _Folding:
    """The walk that gives each Value its box: its own number, or one from n on, that of a fold."""

    def __init__(self, graph: Graph, naming: Naming, places: Places, weight: Whole) -> None:
        self.graph, self.places = graph, places
        self.n = self.more = len(graph.nodes)
        self.kinds: list[tuple[str, tuple[str, ...]]] = [("more", ()), *(("scope", parts) for parts in places.folds)]
        """The kind and the levels of each fold."""
        given = np.where(places.folded >= 0, self.more + 1 + places.folded, self._runs())
        self.active = _first(given) | (given < 0)
        self.active[-OLDEST:] = True
        """The Values whose boxes are still to be found; of each fold that is known the first; and the oldest."""
        self.box: list[int] = given.tolist()
        self.oldest = range(max(0, self.n - OLDEST), self.n)
        self.seen: set[int] = set()
        """The boxes that are shown, and how many edges they have at most."""
        self.edges = 0
        self.most_edges = np.minimum(np.diff(graph.starts), FULL) * _heaviness(weight)
        self.parameters = set(np.flatnonzero(graph.mask(naming.parameters)).tolist())
        self.operations: list[int] = graph.operations.tolist()
        edges = np.flatnonzero(self.active[graph.args])
        self.consumers: list[int] = graph.made[edges[np.argsort(graph.args[edges], kind="stable")]].tolist()
        """The consumers of active Values, one after the other; where those of each end; and how many they are."""
        self.ends: list[int] = np.cumsum(graph.uses * self.active).tolist()
        self.uses: list[int] = graph.uses.tolist()
        self.folds: dict[Any, int] = {}
        """The folds of likes, by what they have in common."""

    def boxes(self) -> Boxes:
        """The boxes; a fold of one Value, unless it is a scope, is the Value itself."""
        done = self._walk()
        of, shown = np.array(self.box), np.zeros(self.n + len(self.kinds), bool)
        shown[list(self.seen)] = True
        of[(of >= self.n) & ~shown[of]] = self.more
        self._put_away(of, done)
        counts = np.bincount(of[of >= self.n], minlength=self.n + len(self.kinds))
        counts[self.more + 1 : self.more + 1 + len(self.places.folds)] *= 2
        of = np.where((of >= self.n) & (counts[of] == 1), np.arange(self.n), of)
        used: list[int] = np.unique(of[of >= self.n]).tolist()
        return Boxes(self.graph, of, {number: Fold(*self.kinds[number - self.n]) for number in used})

    def _full(self) -> bool:
        return len(self.seen) >= FULL or self.edges >= FULL_EDGES

    def _runs(self) -> Whole:
        """The folds of the Values inside long runs, -1 for others: all but the first two of a run and its last."""
        graph = self.graph
        a, b = graph.made, graph.args
        same = (graph.operations[a] == graph.operations[b]) & (graph.uses[b] == 1)
        first = np.arange(self.n)  # of the run that each Value is in, found by steps that double
        first[b[same]] = a[same]
        while not np.array_equal(further := first[first], first):
            first = further
        free = np.flatnonzero(self.places.folded < 0)
        order = free[np.argsort(first[free], kind="stable")]  # run by run
        begins = np.flatnonzero(np.diff(first[order], prepend=-1))
        nth = np.arange(len(order)) - np.repeat(begins, np.diff(begins, append=len(order)))
        size = np.bincount(first, minlength=self.n)[first[order]]
        inside = (size > ALIKE) & (nth > 1) & (nth < size - 1)
        runs, run = np.unique(first[order[inside]], return_inverse=True)
        found = np.full(self.n, -1)
        found[order[inside]] = self.n + len(self.kinds) + run
        self.kinds += [("run", ())] * len(runs)
        return found

    def _walk(self) -> int:
        """Give boxes, level by level, until the picture is full; gives how many Values are done then."""
        shown = 0
        for level, nodes in self._levels():
            self._give_boxes(level, nodes)
            shown += any(self.box[node] < self.n for node in nodes)
            if self._full() or shown == FULL_LEVELS:
                return int(self.graph.level_starts[level + 1])
        return self.n

    def _levels(self) -> Iterator[tuple[int, list[int]]]:
        """The active Values, level by level."""
        nodes = np.flatnonzero(self.active)
        level = np.searchsorted(self.graph.level_starts, nodes, side="right") - 1
        begins = np.flatnonzero(np.diff(level, prepend=-1))
        parts, active = pairwise([*begins.tolist(), len(nodes)]), nodes.tolist()
        for number, (begin, end) in zip(level[begins].tolist(), parts, strict=True):
            yield number, active[begin:end]

    def _give_boxes(self, level: int, nodes: list[int]) -> None:
        kin: dict[Any, list[int]] = {}
        for node in nodes:
            if self.box[node] >= 0:
                self._put(node, self.box[node])
            else:
                kin.setdefault((self.operations[node], node in self.parameters, self._users(node)), []).append(node)
        for key, family in kin.items():
            operation, _, users = key
            hidden = users >= self.n if isinstance(users, int) else all(user >= self.n for user in users)
            likes = self._fold(key, "likes") if hidden else -1
            rest = self._fold((key, level), "likes" if hidden else "rest") if len(family) > ALIKE else -1
            for i, node in enumerate(family):
                if hidden and (operation or self.uses[node] == 1):
                    box = likes
                else:
                    box = rest if rest >= 0 and (hidden or 1 < i < len(family) - 1) else node
                if box in self.seen:
                    self.box[node] = box
                else:
                    self._put(node, box)

    def _users(self, node: int) -> int | frozenset[int]:
        """The boxes of its consumers; mostly one, then without a set around it; -1 for a root."""
        end, uses = self.ends[node], self.uses[node]
        if uses == 1:
            return self.box[self.consumers[end - 1]]
        boxes = {self.box[i] for i in self.consumers[end - uses : end]}
        return boxes.pop() if len(boxes) == 1 else frozenset(boxes) or -1

    def _fold(self, key: Any, kind: str) -> int:
        if key not in self.folds:
            self.folds[key] = self.n + len(self.kinds)
            self.kinds.append((kind, ()))
        return self.folds[key]

    def _put(self, node: int, box: int) -> None:
        """Give the Value this box, or, if the box is new and the picture is full, the box of all that remains."""
        if box not in self.seen:
            if self._full() and node not in self.oldest:
                box = self.more
            else:
                self.seen.add(box)
                self.edges += int(self.most_edges[node])
        self.box[node] = box

    def _put_away(self, of: Whole, done: int) -> None:
        """What has no box when the picture is full is not shown, but for leaves beside their consumers, and the end."""
        scopes = (of > self.more) & (of <= self.more + len(self.places.folds))
        of[done:][~scopes[done:]] = self.more
        last = self.oldest[max(0, done - self.oldest.start) :]
        of[last.start :] = last
        graph = self.graph
        beside = (of[graph.made] < self.n) & (graph.operations[graph.args] == 0) & (graph.args >= done)
        leaves = np.unique(graph.args[beside])[:LAST_LEAVES]
        of[leaves] = leaves


def _first(numbers: Whole) -> Mask:
    """Where each number comes for the first time."""
    first = np.zeros(len(numbers), bool)
    first[np.unique(numbers, return_index=True)[1]] = True
    return first
