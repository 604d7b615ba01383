"""What the passes ask about a graph: which nodes are uniform, and how deep each one stands."""

from __future__ import annotations

from ..graph import INPUT, Graph


def uniform(graph: Graph) -> list[bool]:
    """For each node: is it made of parameters and constants only, and so the same for every sample?"""
    nodes, same = graph.nodes(), list[bool]()
    for op, args in zip(nodes.op, nodes.args, strict=True):
        same.append(op != INPUT and all(same[x] for x in args))
    return same


def levels(graph: Graph) -> list[int]:
    """For each node the length of the longest path to it; nodes of one level don't depend on each other.

    Uniform nodes are computed before all others, so a node for each sample counts only operands of its own kind.
    """
    nodes, same, level = graph.nodes(), uniform(graph), list[int]()
    for i, args in enumerate(nodes.args):
        counted = [level[x] for x in args if same[x] == same[i]]
        level.append(max(counted) + 1 if counted else int(bool(args)))
    return level
