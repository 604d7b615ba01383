"""What there is to be shown of a graph: boxes for its Values and constants, lines for their uses."""

from __future__ import annotations

from collections.abc import Mapping

from ..engines import Value
from .frames import Frame
from .layout import in_layers
from .sentences import number

UNKNOWN = "–"
SYMBOLS = {"*": "×", "-": "−", "neg": "−x", "**": "xʸ", "sum": "Σ", "dot": "Σ w·x", "program": "compiled"}


class Scene:
    """The boxes of a graph, the constants' first and the result's last, and the edges (from, to) between them.

    The numbers of a compiled call, a gradient and a rest, have none.

    Attributes:
        boxes: what each box shows: a Value, or the float of a constant.
        box: the number of each Value's box.
        edges: for each use of an operand, the operand's box and the consumer's box.
        edge: the number of each edge, by its consumer and the operand's place.
        layers: the boxes in layers.
    """

    def __init__(self, nodes: list[Value], names: Mapping[Value, str]) -> None:
        self.names = names
        uses = [(node, i, x) for node in nodes for i, x in enumerate(node.operands)]
        uses = [(node, i, x) for node, i, x in uses if node.op != "program" or isinstance(x, Value)]
        constants = [(node, i) for node, i, x in uses if isinstance(x, float)]
        self.boxes: list[Value | float] = [float(node.operands[i]) for node, i in constants]
        self.boxes += nodes
        self.box = {node: len(constants) + k for k, node in enumerate(nodes)}
        constant_box = {use: k for k, use in enumerate(constants)}
        self.edges: list[tuple[int, int]] = []
        self.edge: dict[tuple[Value, int], int] = {}
        for node, i, x in uses:
            self.edge[node, i] = len(self.edges)
            start = self.box[x] if isinstance(x, Value) else constant_box[node, i]
            self.edges.append((start, self.box[node]))
        self.layers = in_layers(len(self.boxes), self.edges)

    def lit(self, frame: Frame) -> tuple[list[int], list[int]]:
        """The boxes of the operands that take part in a step, and their edges."""
        if frame.node is None:
            return [], []
        edges = [self.edge[frame.node, i] for i in frame.places if (frame.node, i) in self.edge]
        return [self.edges[e][0] for e in edges], edges


def symbol(node: Value) -> str:
    """The operation that made the node, as its circle shows it."""
    return SYMBOLS.get(node.op, node.op)


def numbers(node: Value, frame: Frame) -> dict[str, tuple[str, str]]:
    """What is known of a node after a step: its data and its grad, each short and with all digits."""
    known = {"data": frame.values.get(node), "grad": frame.grads.get(node)}
    told = {what: (UNKNOWN, "not known yet") if x is None else (number(x), repr(x)) for what, x in known.items()}
    if not node.operands and not node.requires_grad:
        told["grad"] = ("frozen", "not computed: requires_grad is False")
    return told
