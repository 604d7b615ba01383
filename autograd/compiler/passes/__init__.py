"""From the graph of a trace to a Program, in small steps; each step is a function that can be called alone.

>>> from autograd import Value
>>> from autograd.compiler import Graph
>>> x, w = [Value(1.0), Value(2.0)], [Value(3.0) for _ in range(4)]
>>> rows = [sum(a * b for a, b in zip(row, x)) for row in (w[:2], w[2:])]
>>> graph, _ = Graph.of(rows, inputs=x, before=w[-1].serial + 1)
>>> print(lower(graph))
4 parameters, 0 constants, 2 inputs, 2 outputs
layer 0: matmul 2×2
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..graph import Graph
from ..program import Program
from . import in_c
from .analysis import levels, uniform
from .dead import dead
from .dots import dots
from .fold import fold
from .products import products
from .runs import runs
from .share import share

__all__ = [
    "PASSES",
    "dead",
    "dots",
    "fold",
    "levels",
    "lower",
    "lower_in_python",
    "products",
    "runs",
    "share",
    "uniform",
]

PASSES: tuple[Callable[[Graph], Graph], ...] = (fold, share, dead, dots, products)
"""The passes from graph to graph, in order; `runs` makes the Program of what they leave."""


def lower(graph: Graph) -> Program:
    """The Program of a graph; it computes the same numbers, up to the rounding of sums. In C where that was built."""
    return in_c.lower(graph) if in_c.available else lower_in_python(graph)


def lower_in_python(graph: Graph) -> Program:
    """Pass by pass: what `lower` does where there is no C, and what C is compared with."""
    sizes = [("trace", len(graph))]
    for improve in PASSES:
        graph = improve(graph)
        sizes.append((improve.__name__, len(graph)))
    return replace(runs(graph), sizes=tuple(sizes))
