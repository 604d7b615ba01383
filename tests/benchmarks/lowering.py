"""What it costs to make a Program of a graph: nanoseconds and bytes a node.

The graph is made without a trace, so that no memory that Values left behind is used again.
"""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress
from typing import Any

from .chain import resident_bytes
from .engines import UnsupportedError, ours
from .irregular import Irregular, inputs, parameters, traced
from .rungs import Rung


class Lowering(Rung):
    """A step lowers the graph. The facts tell what the Program and its executor hold after a run with gradient."""

    def __init__(self, nodes: int) -> None:
        ours("c")
        from autograd.compiler import c_executor, lower

        if not c_executor.available:
            raise UnsupportedError("the C executor is not built")
        self.lower, self.nodes = lower, nodes
        arguments = (parameters(), inputs(1), 1.0, True, True)
        c_executor.run(lower(traced(Irregular.of(1_000))), *arguments)  # the code itself is in memory now
        self.graph = traced(Irregular.of(nodes))
        before = _after_trimming()
        self.program: Any = lower(self.graph)
        [self.loss], self.gradient = c_executor.run(self.program, *arguments)
        after = _after_trimming()
        self.held = None if before is None or after is None else (after - before) / nodes

    def step(self) -> None:
        self.program = self.lower(self.graph)

    def facts(self) -> dict[str, float]:
        return {} if self.held is None else {"bytes": self.held}


def _after_trimming() -> int | None:
    """Resident memory, once what was freed is given back to the system (where glibc can)."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    return resident_bytes()
