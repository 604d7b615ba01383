"""products: dots that read one vector are turned so that they can become one matrix product."""

from __future__ import annotations

from collections import Counter

from ..graph import CODES, Graph
from .analysis import levels, uniform

DOT = CODES["dot"]


def products(graph: Graph) -> Graph:
    """Each dot gets the vector that it has in common with most dots of its level on its x side.

    w·x is x·w, so only operands change places. Dots of one level don't depend on each other, so those with the same x
    can be computed together: their w are the rows of a matrix (`runs` does that).
    """
    start, args = graph.start.tolist(), graph.args.copy()
    found = [i for i, op in enumerate(graph.op.tolist()) if op == DOT]
    depth, same = levels(graph), uniform(graph)
    sides = list[tuple[tuple[object, ...], ...]]()
    for i in found:
        a, size = start[i], start[i + 1] - start[i]
        k = size // 2
        sides.append(tuple((same[i], depth[i], size, v.tobytes()) for v in (args[a : a + k], args[a + k : a + 2 * k])))
    # A dot of a vector with itself has it once.
    readers = Counter(side for pair in sides for side in set(pair))
    for i, (w, x) in zip(found, sides, strict=True):
        if readers[w] > readers[x]:
            a, k = start[i], (start[i + 1] - start[i]) // 2
            args[a : a + 2 * k] = graph.args[[*range(a + k, a + 2 * k), *range(a, a + k)]]
    return Graph(graph.op, graph.start, args, graph.number, graph.outputs, graph.parameters, graph.columns)
