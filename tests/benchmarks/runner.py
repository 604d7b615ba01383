"""Processes and rounds: each engine works in a process of its own, and they take turns.

In every round each worker has one turn, in an order that rotates, so that a machine that grows slower
for a while slows all of them. A worker times its own steps. A worker that crashes or hangs fails
alone: its row shows how.
"""

from __future__ import annotations

import multiprocessing
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import Any

from tqdm import tqdm

from . import jobs
from .chain import Chain
from .engines import ENGINES, UnsupportedError
from .gpt import GPT
from .moons import Moons

WORKLOADS = {"moons": Moons, "gpt": GPT, "chain": Chain}
WARM_UP = 0.1  # seconds at the start of a turn that do not count: the caches hold what the others left
TURN = 0.1  # seconds of steps that count; where a step takes longer than both, one step counts
SLOW = 0.5  # seconds; a step of some engines takes hundreds of times as long as that of others
PATIENCE = 300.0  # seconds that a worker may stay silent
TOLERANCE = 1e-9


class MismatchError(Exception):
    """Two engines disagree about a gradient, or about the loss."""


@dataclass
class Result:
    """What one engine did on one workload. Times in seconds; `failure` says why there are none."""

    engine: str
    arguments: dict[str, Any]
    failure: str = ""
    names: list[str] = field(default_factory=list)
    gradients: list[float] = field(default_factory=list)
    facts: dict[str, float] = field(default_factory=dict)
    rounds: list[float] = field(default_factory=list)
    parts: list[dict[str, float]] = field(default_factory=list)

    @property
    def seconds(self) -> float | None:
        """The median over rounds."""
        return median(self.rounds) if self.rounds else None

    def part(self, name: str) -> float | None:
        """The median over rounds of one part of the step."""
        return median(part[name] for part in self.parts) if self.parts else None


# In the worker's process


def serve(connection: Any, engine_name: str, workload: str, arguments: dict[str, Any]) -> None:
    """Build the workload, send its gradients, then take turns until the other end closes."""
    try:
        job, gradients, collect = start(engine_name, workload, arguments)
        facts = job.facts()
    except ModuleNotFoundError:
        connection.send({"failure": "not installed"})
    except UnsupportedError as reason:
        connection.send({"failure": str(reason)})
    except RecursionError:
        connection.send({"failure": "RecursionError"})
    except Exception as error:
        connection.send({"failure": f"{type(error).__name__}: {error}"})
    else:
        connection.send({"names": list(job.names), "gradients": gradients, "facts": facts})
        while connection.recv() == "turn":
            connection.send(turn(job, collect))


def start(engine_name: str, workload: str, arguments: dict[str, Any]) -> tuple[Any, list[float], Any]:
    """The job after its first step, what that step computed, and what to run after each step."""
    if workload in jobs.JOBS:
        job = jobs.start(engine_name, workload, arguments)
        job.step()
        return job, job.gradients(), None
    engine = ENGINES[engine_name]()
    job = WORKLOADS[workload](engine, **arguments)
    job.step()
    return job, [engine.gradient(p) for p in job.parameters] if engine.sweep else [], engine.collect


def turn(job: Any, collect: Any) -> tuple[float, dict[str, float]]:
    """The seconds of the median step of this turn, and of its parts where the workload tells them."""
    steps: list[tuple[float, Any]] = []
    warm = 0  # steps that began while warming up
    begin = perf_counter()
    while (start := perf_counter()) < begin + WARM_UP + TURN:
        parts = job.step()
        steps.append((perf_counter() - start, parts))
        warm += start < begin + WARM_UP
        if collect:
            collect()
    counted = sorted(steps[warm:] or steps[-1:], key=lambda step: step[0])
    seconds, parts = counted[len(counted) // 2]
    return seconds, parts if isinstance(parts, dict) else {}


# In the parent's process


class Worker:
    """One engine on one workload, in its own process."""

    def __init__(self, engine: str, workload: str, **arguments: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self.result = Result(engine, arguments)
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, engine, workload, arguments), daemon=True)
        self.process.start()
        theirs.close()

    @property
    def alive(self) -> bool:
        return not self.result.failure

    def check(self) -> None:
        """Wait for the gradients of the first step."""
        reply = self.receive()
        for name, content in (reply or {}).items():
            setattr(self.result, name, content)

    def turn(self) -> None:
        """One turn of this worker; its time goes to the result."""
        with suppress(OSError):  # when the process is gone, receive() says how
            self.connection.send("turn")
        reply = self.receive()
        if reply is not None:
            self.result.rounds.append(reply[0])
            if reply[1]:
                self.result.parts.append(reply[1])

    def receive(self) -> Any:
        """The worker's reply; None when it crashed or stayed silent, and the result says so."""
        try:
            if self.connection.poll(PATIENCE):
                return self.connection.recv()
            self.result.failure = f"no answer in {PATIENCE:.0f} s"
        except (EOFError, OSError):
            self.process.join()
            code = self.process.exitcode or 0
            self.result.failure = f"crashed ({signal.Signals(-code).name})" if code < 0 else f"exit status {code}"
        self.result.rounds.clear()
        return None

    def close(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


def compare(results: list[Result]) -> None:
    """Raise MismatchError where gradients differ by more than TOLERANCE, relative to max(1, |gradient|).

    Each engine is held against ours in Python, the text that can be read.
    """
    swept = [r for r in results if r.gradients]
    reference = next((r for r in swept if r.engine == "ours-python"), None) or next(iter(swept), None)
    for result in swept:
        assert reference is not None
        if result.names != reference.names:
            raise MismatchError(f"{result.engine} and {reference.engine} have different parameters")
        for name, ours, theirs in zip(result.names, reference.gradients, result.gradients, strict=True):
            if not abs(ours - theirs) <= TOLERANCE * max(1.0, abs(ours)):
                who = f"{result.engine} {result.arguments}" if result.arguments else result.engine
                what = name if name == "loss" else f"gradient of {name}"
                raise MismatchError(f"{what}: {who} says {theirs!r}, {reference.engine} says {ours!r}")


def race(
    title: str, workload: str, entries: list[tuple[str, dict[str, Any]]], rounds: int, slow_rounds: int | None = None
) -> list[Result]:
    """Run every (engine, arguments) on the workload: gradients compared first, then rounds of turns.

    Where slow_rounds is given, an engine whose step takes longer than SLOW has a turn in that many rounds only.

    Raises:
        MismatchError: gradients differ; nothing was timed.
    """
    workers: list[Worker] = []
    try:
        for engine, arguments in entries:  # one after the other: some tell how long their first step took
            workers.append(Worker(engine, workload, **arguments))
            workers[-1].check()
        results = [worker.result for worker in workers]
        compare(results)
        for r in tqdm(range(rounds), desc=title, unit="round", leave=False):
            shift = r % len(workers)
            for worker in workers[shift:] + workers[:shift]:
                spent = worker.result.rounds[-1] if worker.result.rounds else 0.0
                if worker.alive and (slow_rounds is None or r < slow_rounds or spent <= SLOW):
                    worker.turn()
        return results
    finally:
        for worker in workers:
            worker.close()
