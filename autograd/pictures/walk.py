"""The Values behind some results, level by level: each after all that was made from it.

>>> a = Value(2.0)
>>> b = a * 3.0
>>> c = b + a
>>> Graph([c]).nodes == [c, b, a]
True
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..engines import Value
from .notation import in_drawing_order


class Graph:
    """The Values behind some roots, in the order of levels: each after all its consumers."""

    def __init__(self, roots: list[Value]) -> None:
        self.roots = roots
        self.made_of: dict[Value, tuple[Value, ...]] = {}
        """The Values that each Value was made from, each once."""
        self.shared: set[Value] = set()
        """Those with more than one consumer."""
        uses = dict.fromkeys(roots, 0)
        todo = list(uses)
        for node in todo:  # it grows
            self.made_of[node] = parents = _made_of(node)
            for x in parents:
                if x in uses:
                    if uses[x]:
                        self.shared.add(x)
                else:
                    uses[x] = 0
                    todo.append(x)
                uses[x] += 1
        self.nodes = [root for root in dict.fromkeys(roots) if not uses[root]]
        self._starts = [0]
        """Where each level begins."""
        done = 0
        while done < len(self.nodes):
            self._starts.append(len(self.nodes))
            while done < self._starts[-1]:
                for x in self.made_of[self.nodes[done]]:
                    uses[x] -= 1
                    if not uses[x]:
                        self.nodes.append(x)
                done += 1

    def levels(self) -> Iterator[list[Value]]:
        """The Values, level by level; a level's number is the longest way from a root."""
        for start, end in zip(self._starts, self._starts[1:], strict=False):
            yield self.nodes[start:end]

    def computed(self) -> Mapping[Value, Any] | set[Value]:
        """The Values whose gradient was computed.

        `backward()` leaves no mark but the gradients. One that is not 0 was computed, and so were those of all that
        the Value was made from. What is 0, and only made into Values that are 0, counts as not computed yet. (So
        does a whole graph that was swept and got 0 everywhere: nothing tells it from a new one.)
        """
        if all(root.grad != 0 for root in self.roots):
            return self.made_of
        found: set[Value] = set()
        for node in self.nodes:
            if node in found or node.grad != 0:
                found.add(node)
                found.update(self.made_of[node])
        return found


def is_frozen(node: Value) -> bool:
    """Whether it is a leaf whose gradient `backward()` leaves alone."""
    return not node.op and not node.requires_grad


def _made_of(node: Value) -> tuple[Value, ...]:
    parents = node.parents
    if len(parents) < 2:
        return parents
    if node.op == "dot":  # pair by pair, so that the first that are kept are a weight and its input
        parents = tuple(x for _, x in in_drawing_order(node) if isinstance(x, Value))
    if len(parents) == 2:
        return parents if parents[0] is not parents[1] else parents[:1]
    return tuple(dict.fromkeys(parents))
