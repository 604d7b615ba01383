"""A graph of Values as flat arrays: what a trace gives, and what the passes rewrite.

>>> from autograd import Value
>>> w, x = Value(3.0), Value(2.0)
>>> before = w.serial + 1                       # what is older is a parameter
>>> graph, parameters = Graph.of([w * x + 1.0], inputs=[x], before=before)
>>> print(graph)
0: param 0
1: input 0
2: 0 * 1
3: const 1.0
4: 2 + 3
outputs: 4
>>> graph.evaluate([10.0], [5.0])
[51.0]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from .. import engines
from ..graph import stale
from ..rules import RULES

Value = Any
"""A Value of either engine, or a float."""

CONST, PARAM, INPUT = 0, 1, 2
NAMES = ("const", "param", "input", *RULES)
"""The name of every operation; its place here is its code. The rules follow in the order of their table."""
CODES = {name: code for code, name in enumerate(NAMES)}


@dataclass(frozen=True, eq=False)
class Graph:
    """n nodes, each after its operands, and what is to be computed."""

    op: NDArray[np.uint8]
    """[n]: the codes of the operations."""
    start: NDArray[np.int32]
    """[n + 1]: the operands of node i are `args[start[i]:start[i + 1]]`."""
    args: NDArray[np.int32]
    """The operands of all nodes, by node number."""
    number: NDArray[np.float64]
    """[n]: the value of a const, the place of a param among the parameters, the column of an input; else 0."""
    outputs: NDArray[np.int32]
    """[k]: the nodes that are wanted."""
    parameters: int
    """How many parameters there are, used here or not."""
    columns: int
    """How many numbers one sample has, used here or not."""

    @staticmethod
    def of(outputs: Sequence[Value], inputs: Sequence[Value], before: int) -> tuple[Graph, list[Value]]:
        """The graph that the outputs were made by, and its parameters.

        A leaf among `inputs` is an input, in that order of columns. Another one is a parameter if its serial number is
        below `before`, and a constant if not. Parameters and nodes stand in order of creation.

        Raises:
            RuntimeError: a leaf was written after it was used.
        """
        if engines.engine == "c":
            return _collected(list(outputs), list(inputs), before)
        return Graph.of_any(outputs, inputs, before)

    @staticmethod
    def of_any(outputs: Sequence[Value], inputs: Sequence[Value], before: int) -> tuple[Graph, list[Value]]:
        """As `of`, in Python: for the Values of either engine, and what C is compared with."""
        column = {x: i for i, x in enumerate(inputs)}
        found = {x for x in outputs if not isinstance(x, (float, int))}
        todo = list(found)
        while todo:
            node = todo.pop()
            for x in node.parents:
                if x.serial > node.serial:
                    raise stale(x, node)
                if x not in found:
                    found.add(x)
                    todo.append(x)
        nodes, place, parameters = Nodes(), dict[Value, int](), list[Value]()
        for node in sorted(found, key=lambda node: node.serial):
            if node.operands:
                operands = [
                    nodes.add(CONST, [], float(x)) if isinstance(x, (float, int)) else place[x] for x in node.operands
                ]
                place[node] = nodes.add(CODES[node.op], operands)
            elif node in column:
                place[node] = nodes.add(INPUT, [], column[node])
            elif node.serial < before:
                place[node] = nodes.add(PARAM, [], len(parameters))
                parameters.append(node)
            else:
                place[node] = nodes.add(CONST, [], node.data)
        ends = [nodes.add(CONST, [], float(x)) if isinstance(x, (float, int)) else place[x] for x in outputs]
        return nodes.graph(ends, len(parameters), len(inputs)), parameters

    def __len__(self) -> int:
        return len(self.op)

    def nodes(self) -> Nodes:
        """The nodes as lists, which Python reads faster than arrays."""
        flat: list[int] = self.args.tolist()
        return Nodes(self.op.tolist(), [flat[a:b] for a, b in pairwise(self.start.tolist())], self.number.tolist())

    def rebuilt(self, nodes: Nodes, place: list[int]) -> Graph:
        """The graph of other nodes that computes the same; node i is node place[i] there."""
        outputs: list[int] = self.outputs.tolist()
        return nodes.graph([place[x] for x in outputs], self.parameters, self.columns)

    def evaluate(self, parameters: Sequence[Value], inputs: Sequence[Value] = ()) -> list[Value]:
        """The outputs, node by node through the rules; of Values they are Values, so this also is the way back."""
        v = list[Value]()
        nodes = self.nodes()
        for op, operands, number in zip(nodes.op, nodes.args, nodes.number, strict=True):
            if op == CONST:
                v.append(number)
            elif op == PARAM:
                v.append(parameters[int(number)])
            elif op == INPUT:
                v.append(inputs[int(number)])
            else:
                v.append(RULES[NAMES[op]](*[v[x] for x in operands]))
        return [v[i] for i in self.outputs.tolist()]

    def __eq__(self, other: object) -> bool:
        """Equal bit for bit, so a nan equals itself."""
        if not isinstance(other, Graph) or (self.parameters, self.columns) != (other.parameters, other.columns):
            return False
        return all(map(np.array_equal, self._bits(), other._bits()))

    __hash__ = None  # pyright: ignore[reportAssignmentType]

    def _bits(self) -> tuple[Any, ...]:
        return self.op, self.start, self.args, self.number.view(np.int64), self.outputs

    def __str__(self) -> str:
        lines = list[str]()
        nodes = self.nodes()
        for i, (op, xs, number) in enumerate(zip(nodes.op, nodes.args, nodes.number, strict=True)):
            name = NAMES[op]
            if op <= INPUT:
                lines.append(f"{i}: {name} {number if op == CONST else int(number)}")
            elif len(xs) == 2 and not name.isidentifier():
                lines.append(f"{i}: {xs[0]} {name} {xs[1]}")
            else:
                lines.append(f"{i}: {name}({', '.join(map(str, xs))})")
        return "\n".join([*lines, f"outputs: {', '.join(map(str, self.outputs.tolist()))}"])


def _collected(outputs: list[Value], inputs: list[Value], before: int) -> tuple[Graph, list[Value]]:
    """`Graph.of` by the C engine, for its own Values."""
    from autograd._c import core as _module  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]

    core = cast(Any, _module)
    codes = bytes([CONST, *(CODES[name] for name in core.RULES)])
    op, start, args, number, ends, parameters = core.collect(outputs, inputs, before, codes)
    arrays = zip((op, start, args, number, ends), ["uint8", "int32", "int32", "float64", "int32"], strict=True)
    op, start, args, number, ends = (np.frombuffer(x, kind) for x, kind in arrays)
    return Graph(op, start, args, number, ends, len(parameters), len(inputs)), parameters


@dataclass
class Nodes:
    """A graph under construction: one entry a node in each list."""

    op: list[int] = field(default_factory=list[int])
    args: list[list[int]] = field(default_factory=list[list[int]])
    number: list[float] = field(default_factory=list[float])

    def add(self, op: int, args: list[int], number: float = 0.0) -> int:
        """Add a node; its number is returned."""
        self.op.append(op)
        self.args.append(args)
        self.number.append(number)
        return len(self.op) - 1

    def graph(self, outputs: Iterable[int], parameters: int, columns: int) -> Graph:
        """The finished graph."""
        start = np.zeros(len(self.op) + 1, np.int32)
        np.cumsum(np.fromiter(map(len, self.args), np.int32, len(self.op)), out=start[1:])
        return Graph(
            np.array(self.op, np.uint8),
            start,
            np.fromiter(chain.from_iterable(self.args), np.int32, int(start[-1])),
            np.array(self.number, np.float64),
            np.array(list(outputs), np.int32),
            parameters,
            columns,
        )
