"""The picture of a difference: the graph with the right numbers, and the node that differs lit."""

from __future__ import annotations

from typing import Any

from ..engines import Value
from .programs import Difference, Program, run


def lit(program: Program, protocol: str, difference: Difference | None, who: str) -> Any:
    """The program on our Value, as `autograd.draw` shows it; the name of the lit node says what `who` has there."""
    from ..pictures import draw  # graphviz takes time to load, and most checks need no picture

    nodes = run(program, Value, protocol).nodes
    for name, node in nodes.items():
        node.label = name
    if difference is None:
        return draw(nodes[program.root])
    theirs = difference.got.split(":")[0] if difference.raised else f"{difference.what} {difference.shown}"
    lit_node = nodes[difference.name]
    lit_node.label = f"{difference.name} ({who}: {theirs})"
    return draw(nodes[program.root], highlight=[lit_node])
