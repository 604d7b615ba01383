"""What the C engine and its plain twin have to reach, held against one run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .eager import Run
from .runner import Result

PAGE = 2 << 20  # the largest page of memory


@dataclass
class Goal:
    """One line of the table: what was to be reached, what was measured, and whether it holds (None: not measured)."""

    work: str
    goal: str
    measured: str
    holds: bool | None


def find(results: list[Result], engine: str, **arguments: Any) -> Result | None:
    return next((r for r in results if r.engine == engine and r.arguments == arguments), None)


def seconds(results: list[Result], engine: str, **arguments: Any) -> float | None:
    result = find(results, engine, **arguments)
    return result.seconds if result else None


def ratio(a: float | None, b: float | None) -> float | None:
    return a / b if a is not None and b is not None else None


def at_most(work: str, limit: float, measured: float | None, unit: str) -> Goal:
    if measured is None:
        return Goal(work, f"at most {limit:g}{unit}", "not measured", None)
    return Goal(work, f"at most {limit:g}{unit}", f"{measured:.2f}{unit}", measured <= limit)


def at_least(work: str, limit: float, measured: float | None) -> Goal:
    if measured is None:
        return Goal(work, f"at least {limit:g} times", "not measured", None)
    return Goal(work, f"at least {limit:g} times", f"{measured:.2f} times", measured >= limit)


def per_node(run: Run, nodes: int) -> float | None:
    """Nanoseconds for one node of the C engine's chain of that many."""
    whole = seconds(run.chain, "ours-c", nodes=nodes)
    return None if whole is None else 1e9 * whole / nodes


def goals(run: Run) -> list[Goal]:
    """The table of what must be reached, filled in from the run."""
    c = seconds(run.moons, "ours-c")
    dot = seconds(run.moons, "ours-c", neuron="dot")
    python = seconds(run.moons, "ours-python")

    def moons(engine: str) -> float | None:
        return seconds(run.moons, engine)

    longest = find(run.chain, "ours-c", nodes=10_000_000)
    costs = [per_node(run, n) for n in (10_000, 100_000, 1_000_000, 10_000_000)]
    known = [cost for cost in costs if cost is not None]
    linear = max(known) / min(known) if len(known) == len(costs) else None
    return [
        at_most("moons step, C engine, to the same code on floats", 2.0, ratio(c, moons("floats")), " times"),
        at_least("moons step, C engine, faster than minigrad", 2.5, ratio(moons("minigrad"), c)),
        at_least("moons step, C engine, faster than xad", 9, ratio(moons("xad"), c)),
        at_least("moons step, C engine, faster than micrograd", 120, ratio(moons("micrograd"), c)),
        at_least("moons step, C engine, `dot` faster than without", 3, ratio(c, dot)),
        at_most("moons step, C engine, `dot` where without takes 4 ms", 1.2, _scaled(dot, c), " ms"),
        at_least("moons step, Python engine, faster than micrograd", 6, ratio(moons("micrograd"), python)),
        Goal(
            "chain, C engine",
            "10,000,000 nodes built, swept, freed",
            "not measured" if longest is None else longest.failure or f"{longest.seconds:.2f} s",
            None if longest is None else not longest.failure,
        ),
        at_most("chain, C engine, memory of a node, less the last page", 64, _full_pages(longest), " bytes"),
        at_most("chain, C engine, time of a node at 1e7 to 1e4", 2, ratio(costs[-1], costs[0]), " times"),
        at_most("chain, C engine, dearest to cheapest node, 1e4 to 1e7", 2, linear, " times"),
        *[goal for measured in run.imports for goal in import_goals(measured)],
    ]


def _scaled(dot: float | None, without: float | None) -> float | None:
    share = ratio(dot, without)
    return None if share is None else 4 * share


def _full_pages(chain: Result | None) -> float | None:
    """Memory comes in pages of up to 2 MiB, of which the last is not full: 0.2 bytes a node of the longest chain."""
    size = chain.facts.get("bytes") if chain else None
    return None if chain is None or size is None else size - PAGE / chain.arguments["nodes"]


def import_goals(measured: dict[str, Any]) -> list[Goal]:
    name = "C" if measured["engine"] == "c" else "Python"
    unwanted, together = measured["unwanted"], measured["seconds"]["import numpy and autograd"]
    return [
        at_most(f"import numpy and autograd, {name} engine", 120, 1e3 * together, " ms"),
        Goal(
            f"import autograd, {name} engine, brings in",
            "no graphviz, matplotlib, safetensors",
            ", ".join(unwanted) or "none of them",
            not unwanted,
        ),
    ]
