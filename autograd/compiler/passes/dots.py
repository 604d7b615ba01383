"""dots: chains of multiplications and additions become `dot`, and chains of additions `sum`."""

from __future__ import annotations

import numpy as np

from ..graph import CODES, INPUT, Graph, Nodes
from .analysis import uniform

ADD, MULTIPLY, SUM, DOT = (CODES[name] for name in ("+", "*", "sum", "dot"))


def dots(graph: Graph) -> Graph:
    """Every tree of additions, nested in any way, becomes one node if nothing else reads what is between.

    Its products (two at least) become one dot. Whatever else is added is summed, and is the bias of that dot. A dot
    that was there keeps its vectors, because other dots may read the same ones; what is added to it becomes its bias.
    The order of the addition may change, and with it the rounding. In each product the uniform factor is put first.
    """
    old, new = graph.nodes(), Nodes()
    same = uniform(graph)
    uses = np.bincount(np.concatenate([graph.args, graph.outputs]), minlength=len(graph)).tolist()
    inside = _inside(old, uses)
    place = [-1] * len(graph)

    def addends(root: int) -> tuple[list[int], list[int]]:
        """The dots of a tree and whatever else it adds, from left to right."""
        found, others, todo = list[int](), list[int](), [root]
        while todo:
            i = todo.pop()
            op, args = old.op[i], old.args[i]
            if op == MULTIPLY or (i != root and not inside[i]):
                others.append(i)
            elif op == DOT:
                found.append(i)
                todo.extend(args[len(args) & ~1 :])
            else:
                todo.extend(reversed(args))
        return found, others

    def gather(root: int) -> int:
        """Build the tree anew, and return its root."""
        found, others = addends(root)
        products = [i for i in others if inside[i]]
        if len(products) == 1:
            place[products[0]] = new.add(MULTIPLY, [place[x] for x in old.args[products[0]]])
        elif products:
            others = [i for i in others if not inside[i]]
        rest = [place[x] for x in others]
        if len(rest) > 1:
            rest = [new.add(ADD if len(rest) == 2 else SUM, rest)]
        if len(products) > 1:
            pairs = [_uniform_first(old.args[i], same) for i in products]
            rest = [new.add(DOT, [place[pair[0]] for pair in pairs] + [place[pair[1]] for pair in pairs] + rest)]
        for i in reversed(found):
            vectors = old.args[i][: len(old.args[i]) & ~1]
            rest = [new.add(DOT, [place[x] for x in vectors] + rest)]
        return rest[0]

    for i, (op, args, number) in enumerate(zip(old.op, old.args, old.number, strict=True)):
        if inside[i]:
            continue
        if op in (ADD, SUM, DOT):
            place[i] = gather(i)
        else:
            place[i] = new.add(op, args if op <= INPUT else [place[x] for x in args], number)
    return graph.rebuilt(new, place)


def _uniform_first(pair: list[int], same: list[bool]) -> list[int]:
    return pair[::-1] if same[pair[1]] and not same[pair[0]] else pair


def _inside(nodes: Nodes, uses: list[int]) -> list[bool]:
    """For each node: is it +, ·, sum or dot, and read once only, by an addition or by a dot as its bias?"""
    inside = [False] * len(uses)
    for op, args in zip(nodes.op, nodes.args, strict=True):
        if op in (ADD, SUM, DOT):
            for x in args if op != DOT else args[len(args) & ~1 :]:
                inside[x] = uses[x] == 1 and nodes.op[x] in (ADD, MULTIPLY, SUM, DOT)
    return inside
