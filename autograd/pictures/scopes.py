"""Name scopes: the levels of a path, where a leaf belongs, how many levels a picture shows open."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from ..engines import Value
from .scene import Naming

READABLE = 60  # nodes in scopes that are all shown open, unless a depth is asked for
SIBLINGS = 8  # scopes that are alike, shown one by one


def levels(path: str) -> tuple[str, ...]:
    """The levels of a scope's path; a number belongs to the word before it.

    >>> levels("layers.0.neurons.12")
    ('layers.0', 'neurons.12')
    """
    return tuple(re.split(r"\.(?!\d+(?:\.|$))", path)) if path else ()


def stem(level: str) -> str:
    """A level without its number: "neurons" of "neurons.12"."""
    return re.sub(r"(\.\d+)+$", "", level)


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
        made_of: for each Value the Values that it was made from.
        naming: names and parameters.
        depth: how many levels are shown open; None for as many as are readable.
    """

    def __init__(self, made_of: Mapping[Value, Iterable[Value]], naming: Naming, depth: int | None) -> None:
        self._homes = _homes(made_of, naming)
        kinds = Counter((self.path(node), "" if node in naming.parameters else node.op or "leaf") for node in made_of)
        self._levels = {path: levels(path) for path, _ in kinds}
        deepest = max(map(len, self._levels.values()))
        if depth is None:
            sizes = Counter[str]()
            for (path, _), count in kinds.items():
                sizes[path] += count
            least = common_levels([self._levels[path] for path, kind in kinds if kind not in ("", "leaf")])
            # Not all in one box: that says nothing.
            depth = next((d for d in range(deepest, least, -1) if self._shown(sizes, kinds, d) <= READABLE), least)
        self.depth = min(depth, deepest)
        self._eldest = self._siblings(kinds, self.depth)

    def path(self, node: Value) -> str:
        """The scope in which the Value belongs, or ""."""
        return node.scope or self._homes.get(node, "")

    def levels(self, node: Value) -> tuple[str, ...]:
        """The levels of that scope."""
        return self._levels[self.path(node)]

    def folded(self, node: Value) -> tuple[str, ...] | None:
        """The levels of the folded scope that the Value is hidden in, of many alike the first; None if it is not."""
        path = self.path(node)
        if len(self._levels[path]) <= self.depth:
            return None
        return self._eldest.get(path) or self._levels[path][: self.depth + 1]

    def _shown(self, sizes: Mapping[str, int], kinds: Mapping[tuple[str, str], int], depth: int) -> int:
        """How many boxes the scopes come to at this depth."""
        open_nodes = sum(size for path, size in sizes.items() if 0 < len(self._levels[path]) <= depth)
        eldest = self._siblings(kinds, depth)
        closed = {eldest.get(path) or parts[: depth + 1] for path, parts in self._levels.items() if len(parts) > depth}
        return open_nodes + len(closed)

    def _siblings(self, kinds: Mapping[tuple[str, str], int], depth: int) -> dict[str, tuple[str, ...]]:
        """Of many scopes that are alike the first one's levels, by the path of each scope in them.

        Alike are scopes of one name, in one scope, with the same number of nodes of each operation.
        """
        contents: dict[tuple[str, ...], Counter[str]] = {}
        for (path, kind), count in kinds.items():
            if len(self._levels[path]) > depth:
                contents.setdefault(self._levels[path][: depth + 1], Counter())[kind] += count
        alike: dict[tuple[tuple[str, ...], frozenset[tuple[str, int]]], list[tuple[str, ...]]] = {}
        for parts, counts in contents.items():
            if (name := stem(parts[-1])) != parts[-1]:
                alike.setdefault(((*parts[:-1], name), frozenset(counts.items())), []).append(parts)
        eldest = {parts: family[0] for family in alike.values() if len(family) > SIBLINGS for parts in family}
        return {path: eldest[p[: depth + 1]] for path, p in self._levels.items() if p[: depth + 1] in eldest}


def _homes(made_of: Mapping[Value, Iterable[Value]], naming: Naming) -> dict[Value, str]:
    """The one scope that uses a leaf, for each leaf of which there is just one; uses outside scopes don't count."""
    homes: dict[Value, str] = {}
    for node, operands in made_of.items():
        scope = node.scope
        if scope:
            for x in operands:
                if not x.op and homes.setdefault(x, scope) != scope:
                    homes[x] = ""
    return {x: home for x, home in homes.items() if home and (not x.label or x in naming.parameters)}
