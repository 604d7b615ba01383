"""The Values behind some results, level by level: each after all that was made from it.

>>> a = Value(2.0)
>>> b = a * 3.0
>>> c = b + a
>>> graph = Graph([c])
>>> graph.nodes == [c, b, a]
True
>>> graph.starts.tolist(), graph.args.tolist()
([0, 2, 3, 3], [1, 2, 2])
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import count, pairwise
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..engines import Value
from ..rules import RULES

Whole = NDArray[np.int64]
Mask = NDArray[np.bool_]

OPERATIONS = ("", *RULES)
"""The name of every operation; its place here is its code. A leaf's is 0."""
_CODES = {name: code for code, name in enumerate(OPERATIONS)}


class Graph:
    """The Values behind some roots, numbered level by level; a level's number is the longest way from a root.

    What is known of them stands in arrays, for there may be millions.

    Attributes:
        nodes: the Values, each after all its consumers; a Value's place here is its number.
        starts, args: node i was made from the nodes `args[starts[i]:starts[i + 1]]`, each once.
        level_starts: the first node of each level, and at the end how many nodes there are.
    """

    def __init__(self, roots: list[Value]) -> None:
        self.roots = roots
        self._place, found, begins, operands = _discover(roots)
        args, first = np.array(operands, np.int64), np.array(begins)
        uses = np.bincount(args, minlength=len(found)).tolist()
        order, level_starts = _by_levels(range(len(set(roots))), begins, operands, uses)
        self.nodes: list[Value] = list(map(found.__getitem__, order))
        self.level_starts = np.array(level_starts)
        was = np.array(order)
        rank = np.empty_like(was)
        rank[was] = np.arange(len(order))
        self._rank: list[int] = rank.tolist()
        sizes = np.diff(first)[was]
        self.starts: Whole = np.concatenate(([0], np.cumsum(sizes)))
        edges = np.arange(len(args)) + np.repeat(first[was] - self.starts[:-1], sizes)
        self.args: Whole = rank[args[edges]]

    def __contains__(self, node: Value) -> bool:
        return node in self._place

    def number(self, node: Value) -> int:
        """The place of a Value among the nodes.

        Raises:
            KeyError: it is not there.
        """
        return self._rank[self._place[node]]

    def mask(self, values: Iterable[Value]) -> Mask:
        """Which of the nodes are among the values."""
        among = np.zeros(len(self.nodes), bool)
        among[[self.number(x) for x in values if x in self._place]] = True
        return among

    def levels(self) -> Iterator[list[Value]]:
        """The Values, level by level."""
        for start, end in pairwise(self.level_starts.tolist()):
            yield self.nodes[start:end]

    @cached_property
    def made(self) -> Whole:
        """For each of the args the node that was made from it."""
        return np.repeat(np.arange(len(self.nodes)), np.diff(self.starts))

    @cached_property
    def uses(self) -> Whole:
        """How many consumers each node has."""
        return np.bincount(self.args, minlength=len(self.nodes))

    @cached_property
    def operations(self) -> Whole:
        """The code of the operation that made each node."""
        return np.fromiter(map(_CODES.__getitem__, map(attrgetter("op"), self.nodes)), np.int64, len(self.nodes))

    @cached_property
    def gradients(self) -> NDArray[np.float64]:
        """The grad of each node, whether it was computed or not."""
        return np.fromiter(map(attrgetter("grad"), self.nodes), np.float64, len(self.nodes))

    @cached_property
    def frozen(self) -> Mask:
        """Which nodes are leaves whose gradient `backward()` leaves alone."""
        leaves = np.flatnonzero(self.operations == 0)
        among = np.zeros(len(self.nodes), bool)
        among[leaves] = [not self.nodes[i].requires_grad for i in leaves.tolist()]
        return among

    @cached_property
    def computed(self) -> Mask:
        """Which nodes' gradients were computed.

        `backward()` leaves no mark but the gradients. One that is not 0 was computed, and so were those of all that
        the Value was made from. What is 0, and only made into Values that are 0, counts as not computed yet. (So
        does a whole graph that was swept and got 0 everywhere: nothing tells it from a new one.)
        """
        if all(root.grad != 0 for root in self.roots):
            return np.ones(len(self.nodes), bool)
        some = self.gradients != 0
        if not some.any():
            return some
        known, starts, args = some.tolist(), self.starts.tolist(), self.args.tolist()
        for i, is_known in enumerate(known):  # what is marked on the way comes later
            if is_known:
                for x in args[starts[i] : starts[i + 1]]:
                    known[x] = True
        return np.array(known)


def _discover(roots: list[Value]) -> tuple[dict[Value, int], list[Value], list[int], list[int]]:
    """Every Value, numbered as it is met; where the operands of each begin; and these, each of a node once."""
    place = dict(zip(dict.fromkeys(roots), count(), strict=False))
    found, begins, args = list(place), [0], list[int]()
    number = len(found)
    for node in found:  # it grows
        operands: Any = node.operands
        if len(operands) > 2:
            if None in (numbers := list(map(place.get, operands))):  # new ones, and constants
                new = dict.fromkeys(x for x in _in_pairs(node, operands) if type(x) is Value and x not in place)
                place.update(zip(new, count(number), strict=False))
                found += new
                number += len(new)
                numbers = [place[x] if type(x) is Value else None for x in operands]
            distinct = dict.fromkeys(_in_pairs(node, numbers))
            distinct.pop(None, None)
            args += distinct
        else:
            if len(operands) == 2 and operands[0] is operands[1]:
                operands = operands[:1]
            for x in operands:
                if type(x) is Value:
                    i = place.setdefault(x, number)
                    if i == number:
                        found.append(x)
                        number += 1
                    args.append(i)
        begins.append(len(args))
    return place, found, begins, args


def _in_pairs(node: Value, operands: Sequence[Any]) -> Sequence[Any]:
    """The operands; those of a dot in pairs, so that the first ones are a weight and its input."""
    if node.op != "dot":
        return operands
    n, pairs = len(operands) // 2, list(operands)
    pairs[: 2 * n : 2], pairs[1 : 2 * n : 2] = operands[:n], operands[n : 2 * n]
    return pairs


def _by_levels(roots: range, begins: list[int], args: list[int], uses: list[int]) -> tuple[list[int], list[int]]:
    """The nodes in the order of levels, and where each level starts, from the roots on; `uses` is used up."""
    order = [i for i in roots if not uses[i]]
    starts, last = [0], len(order)
    for k, node in enumerate(order):  # it grows
        if k == last:
            starts.append(k)
            last = len(order)
        for x in args[begins[node] : begins[node + 1]]:
            left = uses[x] - 1
            if left:
                uses[x] = left
            else:
                order.append(x)
    return order, [*starts, len(order)]
