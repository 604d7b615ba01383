"""dead: what no output needs is left out."""

from __future__ import annotations

from ..graph import Graph, Nodes


def dead(graph: Graph) -> Graph:
    """Only the nodes that an output was made from, and the outputs."""
    old, new = graph.nodes(), Nodes()
    needed = [False] * len(graph)
    for x in graph.outputs.tolist():
        needed[x] = True
    for i in range(len(graph) - 1, -1, -1):
        if needed[i]:
            for x in old.args[i]:
                needed[x] = True
    place = [-1] * len(graph)
    for i, (op, args, number) in enumerate(zip(old.op, old.args, old.number, strict=True)):
        if needed[i]:
            place[i] = new.add(op, [place[x] for x in args], number)
    return graph.rebuilt(new, place)
