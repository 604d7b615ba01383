"""The eager benchmark: which engines run which workloads, how far, and what came out."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .engines import ENGINES, PEERS
from .imports import measure_imports
from .moons import MICROGRAD_NODES
from .runner import MismatchError, Result, race

OURS = ("ours-c", "ours-python")
VARIANTS: list[tuple[str, dict[str, Any]]] = [(e, {"neuron": n}) for n in ("dot", "nn") for e in OURS]
LONGEST = {  # nodes of the longest chain that each engine is given
    "ours-c": 10_000_000,
    "ours-python": 1_000_000,
    "minigrad": 1_000_000,
    "xad": 1_000_000,
    "torch": 100_000,
    "micrograd": 1_000,
}
SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
ROUNDS, CHAIN_ROUNDS, IMPORTS = 15, 5, 7
QUICK_ROUNDS, QUICK_SIZES, QUICK_IMPORTS = 3, SIZES[:3], 3


@dataclass
class Run:
    """All that one run of the benchmark measured. Times in seconds."""

    machine: dict[str, Any]
    versions: dict[str, str]
    rounds: int
    quick: bool
    moons: list[Result]
    gpt: list[Result]
    chain: list[Result]
    imports: list[dict[str, Any]]


def run(rounds: int | None = None, quick: bool = False) -> Run:
    """Run it all.

    Raises:
        runner.MismatchError: two engines disagree about a gradient; nothing of that workload was timed.
    """
    rounds = rounds or (QUICK_ROUNDS if quick else ROUNDS)
    where = machine()
    moons = race("moons", "moons", [(e, {}) for e in ENGINES] + VARIANTS, rounds)
    for nodes in (result.facts["nodes"] for result in moons if "nodes" in result.facts):
        if nodes != MICROGRAD_NODES:
            raise MismatchError(f"micrograd made {nodes:,} nodes for the moons step, not {MICROGRAD_NODES:,}")
    gpt = race("GPT", "gpt", [(e, {}) for e in ENGINES if e != "micrograd, gc off"], rounds)
    chain: list[Result] = []
    for nodes in QUICK_SIZES if quick else SIZES:
        entries = [(e, {"nodes": nodes}) for e, longest in LONGEST.items() if nodes <= longest]
        chain += race(f"chain of {nodes:,}", "chain", entries, min(rounds, CHAIN_ROUNDS))
    built = [r.engine for r in moons if r.engine in OURS and not r.arguments and not r.failure]
    imports = [measure_imports(e.removeprefix("ours-"), QUICK_IMPORTS if quick else IMPORTS) for e in built]
    return Run(where, versions(), rounds, quick, moons, gpt, chain, imports)


def machine() -> dict[str, Any]:
    """The processor, its cores and their load before the benchmark, the system and the Python."""
    cpu = platform.processor()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        cpu = names[0] if names else cpu
    return {
        "cpu": cpu or platform.machine(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def versions(packages: Iterable[str] = PEERS) -> dict[str, str]:
    """The version of each package and of numpy, or "not installed"."""
    found: dict[str, str] = {}
    for package in (*packages, "numpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def as_json(measured: Any, reach: list[Any]) -> str:
    """The run as JSON: every round, without the gradients, of which only the number is told."""

    def plain(content: Any) -> Any:
        if isinstance(content, list):
            return [plain(x) for x in content]
        if isinstance(content, dict):
            return {name: plain(x) for name, x in content.items()}
        if isinstance(content, Result):
            row = {**asdict(content), "gradients": len(content.gradients), "median": content.seconds}
            del row["names"]
            return row
        return content

    return json.dumps({**plain(vars(measured)), "reach": [asdict(goal) for goal in reach]}, indent=1)


def write_text(path: Path, text: str) -> None:
    """Write the file whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
