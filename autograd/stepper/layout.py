"""Where each box of a small graph stands: in layers from the operands to the result (Sugiyama et al. 1981).

Every box stands one layer after the last of its operands. Within the layers the boxes are ordered so that few lines
cross, and moved so that lines are short and straight. A line that passes a layer has a joint there, which takes
its place among the boxes; lines that leave one box together have their joints together.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

Edge = tuple[int, int]
Point = tuple[float, float]
SWEEPS = 12


@dataclass
class Layers:
    """The boxes and joints of a graph, in layers and in order.

    Attributes:
        rows: each layer's boxes and joints; a number below `boxes` is a box.
        boxes: how many boxes there are.
        chains: for each edge the numbers that it passes, both ends included.
    """

    rows: list[list[int]]
    boxes: int
    chains: list[list[int]]

    def neighbours(self) -> tuple[list[list[int]], list[list[int]]]:
        """For each box and joint those in the layer before that it is joined to, and those in the layer after."""
        size = sum(map(len, self.rows))
        before: list[list[int]] = [[] for _ in range(size)]
        after: list[list[int]] = [[] for _ in range(size)]
        for a, b in dict.fromkeys(pair for chain in self.chains for pair in pairwise(chain)):
            after[a].append(b)
            before[b].append(a)
        return before, after


def in_layers(boxes: int, edges: list[Edge]) -> Layers:
    """Boxes 0, 1, ..., joined by edges (from, to), the last box the result, in layers.

    An edge goes from a box with a lower number to one with a higher. An operand that is not made of others stands
    right before its first consumer.
    """
    level = [0] * boxes
    for a, b in sorted(edges, key=lambda edge: edge[1]):
        level[b] = max(level[b], level[a] + 1)
    made = {b for _, b in edges}
    for a in {a for a, _ in edges} - made:
        level[a] = min(level[b] for x, b in edges if x == a) - 1
    rows: list[list[int]] = [[] for _ in range(max(level) + 1)]
    for i, layer in enumerate(level):
        rows[layer].append(i)
    joints: dict[tuple[int, int], int] = {}  # by the box that the line comes from, and the layer
    chains: list[list[int]] = []
    for a, b in edges:
        for layer in range(level[a] + 1, level[b]):
            if (a, layer) not in joints:
                joints[a, layer] = boxes + len(joints)
                rows[layer].append(joints[a, layer])
        chains.append([a, *(joints[a, layer] for layer in range(level[a] + 1, level[b])), b])
    layers = Layers(rows, boxes, chains)
    before, after = layers.neighbours()
    _order(rows, boxes - 1, before, after)
    return layers


def _order(rows: list[list[int]], root: int, before: list[list[int]], after: list[list[int]]) -> None:
    """Order each layer: as a walk from the result meets the boxes, which suits trees; then by barycentres."""
    met: dict[int, int] = {}
    todo = [root]
    while todo:
        i = todo.pop()
        if i not in met:
            met[i] = len(met)
            todo += reversed(before[i])
    for row in rows:
        row.sort(key=lambda i: met[i])
    best, fewest = [list(row) for row in rows], _crossings(rows, after)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        near = after if sweep % 2 else before
        for row in reversed(rows) if sweep % 2 else rows:
            place = _places(rows, row)
            row.sort(key=lambda i, place=place: sum(place[j] for j in near[i]) / len(near[i]) if near[i] else place[i])
        if (crossings := _crossings(rows, after)) < fewest:
            best, fewest = [list(row) for row in rows], crossings
    rows[:] = best


def _places(rows: list[list[int]], row: list[int]) -> dict[int, int]:
    """The places of a layer's boxes and of those in the layers next to it."""
    at = next(k for k, other in enumerate(rows) if other is row)
    return {i: k for other in rows[max(at - 1, 0) : at + 2] for k, i in enumerate(other)}


def _crossings(rows: list[list[int]], after: list[list[int]]) -> int:
    """How many pairs of lines cross."""
    total = 0
    for row, following in pairwise(rows):
        place = {i: k for k, i in enumerate(following)}
        seen: list[int] = []
        for i in row:
            ends = sorted(place[j] for j in after[i])
            total += sum(len(seen) - bisect_left(seen, end + 1) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def placed(layers: Layers, breadth: Callable[[int], float], gap: float) -> list[float]:
    """Where the middle of each box and joint stands across the layers: lines short, nothing overlapping.

    Args:
        layers: the graph.
        breadth: how much room a box or joint takes across.
        gap: the least room between two of a layer.
    """
    before, after = layers.neighbours()
    at = [0.0] * len(before)
    for row in layers.rows:
        place = 0.0
        for i in row:
            at[i] = place + breadth(i) / 2
            place += breadth(i) + gap
    for sweep in range(SWEEPS):
        for row in layers.rows if sweep % 2 else reversed(layers.rows):
            wished = [_mean([at[j] for j in (*before[i], *after[i])], at[i]) for i in row]
            room = [(breadth(i) + breadth(j)) / 2 + gap for i, j in pairwise(row)]
            for i, place in zip(row, apart(wished, room), strict=True):
                at[i] = place
    least = min(at[i] - breadth(i) / 2 for i in range(len(at)))
    return [x - least for x in at]


def _mean(numbers: list[float], otherwise: float) -> float:
    return sum(numbers) / len(numbers) if numbers else otherwise


def apart(wished: Iterable[float], room: list[float]) -> list[float]:
    """Places in this order, as near as can be to the wished ones (least squares), with this much room between them.

    Neighbours that are too near are pushed apart as one block around their mean (pool adjacent violators).

    >>> apart([0.0, 1.0, 10.0], [3.0, 3.0])
    [-1.0, 2.0, 10.0]
    """
    shifts = [0.0]
    for gap in room:
        shifts.append(shifts[-1] + gap)
    blocks: list[tuple[float, int]] = []  # the sum of the wishes, without the room before each, and their number
    for wish, shift in zip(wished, shifts, strict=False):
        total, members = wish - shift, 1
        while blocks and blocks[-1][0] / blocks[-1][1] > total / members:
            earlier, more = blocks.pop()
            total, members = total + earlier, members + more
        blocks.append((total, members))
    flat = [total / members for total, members in blocks for _ in range(members)]
    return [place + shift for place, shift in zip(flat, shifts, strict=True)]
