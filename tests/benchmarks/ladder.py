"""The compile benchmark: the ladder from micrograd to C++ written by hand, and what came out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from .eager import machine, versions
from .jobs import DOCUMENTS, PEERS, RUNGS
from .networks import NETWORKS
from .runner import Result, race

BATCH = 32  # documents
ROUNDS, LONG_ROUNDS = 9, 3
QUICK_ROUNDS = 2
SIZES = (1_000, 10_000, 100_000, 1_000_000)
QUICK_SIZES = SIZES[:2]
SAMPLES = (1, 64)
LARGEST = {  # nodes times samples of the largest irregular graph that each engine is given
    "ours-c": 1_000_000,
    "compiled-numpy": 6_400_000,
    "compiled-c": 64_000_000,
    "casadi": 64_000_000,
}
LOWERED, QUICK_LOWERED = SIZES[2:], SIZES[1:2]  # nodes; on fewer, memory is pages and not nodes
WIDE = 3_000  # samples, for the threads
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
XLA = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"


@dataclass
class Ladder:
    """All that one run of the benchmark measured. Times in seconds."""

    machine: dict[str, Any]
    versions: dict[str, str]
    rounds: int
    quick: bool
    networks: dict[str, list[Result]]
    """By name of the network."""
    threads: list[Result]
    document: list[Result]
    documents: list[Result]
    irregular: list[Result]
    lowering: list[Result]


def run(rounds: int | None = None, quick: bool = False) -> Ladder:
    """Run it all.

    Raises:
        runner.MismatchError: two engines disagree about a loss or a gradient; nothing of that workload was timed.
    """
    rounds = rounds or (QUICK_ROUNDS if quick else ROUNDS)
    few = min(rounds, LONG_ROUNDS)
    where = machine()
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"), XLA_FLAGS=XLA)  # the workers inherit it
    networks = {
        name: race(name, "network", [(rung, {"name": name}) for rung in RUNGS], rounds, few) for name in NETWORKS
    }
    two = [("compiled-c", {"name": "spiral", "samples": WIDE, "threads": threads}) for threads in (1, 2)]
    threads = race("threads", "network", two, rounds)
    document = race("GPT", "documents", [(e, {"count": 1}) for e in DOCUMENTS], rounds, few)
    batched = [e for e in DOCUMENTS if e not in ("plain", "ours-python", "compiled-trace", "compiled-first")]
    documents = race(f"GPT, {BATCH} documents", "documents", [(e, {"count": BATCH}) for e in batched], few)
    irregular: list[Result] = []
    for nodes in QUICK_SIZES if quick else SIZES:
        for samples in SAMPLES:
            size = {"nodes": nodes, "samples": samples}
            entries = [(e, size) for e, largest in LARGEST.items() if nodes * samples <= largest]
            irregular += race(f"{nodes:,} nodes, {samples} samples", "irregular", entries, few)
    lowered = [("compiled-c", {"nodes": nodes}) for nodes in (QUICK_LOWERED if quick else LOWERED)]
    lowering = [result for entry in lowered for result in race("lowering", "lowering", [entry], few)]
    return Ladder(where, versions(PEERS), rounds, quick, networks, threads, document, documents, irregular, lowering)
