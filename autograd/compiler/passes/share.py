"""share: what is computed twice is computed once (common subexpressions)."""

from __future__ import annotations

from ..graph import CODES, CONST, INPUT, Graph, Nodes

COMMUTATIVE = (CODES["+"], CODES["*"])


def share(graph: Graph) -> Graph:
    """Nodes of one operation with the same operands become one node, and so do leaves of the same number.

    Constants are the same when their bits are, so 0 and -0 stay two.
    """
    old, new = graph.nodes(), Nodes()
    bits = graph.number.view("int64").tolist()
    place, known = list[int](), dict[tuple[int, ...], int]()
    for i, (op, args, number) in enumerate(zip(old.op, old.args, old.number, strict=True)):
        xs = [place[x] for x in args]
        if op <= INPUT:
            key = (op, bits[i] if op == CONST else int(number))
        else:
            key = (op, *(sorted(xs) if op in COMMUTATIVE else xs))
        found = known.get(key)
        if found is None:
            found = known[key] = new.add(op, xs, number)
        place.append(found)
    return graph.rebuilt(new, place)
