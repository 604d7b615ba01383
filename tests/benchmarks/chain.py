"""A chain x = x * c of n nodes: built, swept, freed. It shows the cost of one node, in time and memory.

Also where recursion ends: an engine that recurses over its graph fails on a long chain.
"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any

from .engines import Engine, UnsupportedError

FACTOR = 1.0000001
WARM_UP = 1_000  # nodes
SMALLEST_MEASURED = 100_000  # nodes; resident memory comes in pages; on fewer nodes that is too coarse


def resident_bytes() -> int | None:
    """The resident memory of this process; None where /proc does not tell."""
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return None
    import resource

    return int(statm.read_text().split()[1]) * resource.getpagesize()


class Chain:
    """A chain of n nodes. The first one of a process also measures resident memory."""

    names = ("x",)

    def __init__(self, engine: Engine, nodes: int) -> None:
        if engine.sweep is None:
            raise UnsupportedError("has no graph")
        self.engine, self.nodes = engine, nodes
        self.factor = engine.constant(FACTOR)
        self.parameters = [engine.parameter(1.0)]
        self.bytes_per_node: float | None = None
        engine.zero(self.parameters)
        x = self.build(min(nodes, WARM_UP))  # the code itself is in memory now
        before = resident_bytes()
        engine.zero(self.parameters)
        x = self.build(nodes)
        after = resident_bytes()
        if nodes >= SMALLEST_MEASURED and before is not None and after is not None:
            self.bytes_per_node = (after - before) / nodes
        del x

    def build(self, nodes: int) -> Any:
        x, c = self.parameters[0], self.factor
        for _ in range(nodes):
            x = x * c
        return x

    def step(self) -> dict[str, float]:
        """One round, and the seconds of its three parts."""
        assert self.engine.sweep is not None
        start = perf_counter()
        self.engine.zero(self.parameters)
        x = self.build(self.nodes)
        built = perf_counter()
        self.engine.sweep(x)
        swept = perf_counter()
        del x
        freed = perf_counter()
        return {"build": built - start, "sweep": swept - built, "free": freed - swept}

    def facts(self) -> dict[str, float]:
        return {} if self.bytes_per_node is None else {"bytes": self.bytes_per_node}
