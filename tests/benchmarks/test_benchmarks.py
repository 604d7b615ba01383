"""Processes that fail alone, gradients that are compared, tables that tell what was measured. No time is checked."""

from __future__ import annotations

import json
import math
import multiprocessing
from dataclasses import replace
from typing import Any

import pytest

import autograd

from . import engines, report, runner
from .eager import Run, as_json, write_text
from .imports import measure_imports
from .reach import Goal, at_least, at_most, goals
from .runner import MismatchError, Result, Worker, compare, race, serve

# Processes


def test_both_engines_agree_in_their_own_processes() -> None:
    entries: list[tuple[str, dict[str, Any]]] = [
        (engine, {"samples": 3, "neuron": neuron}) for engine in ("ours-python", "ours-c") for neuron in ("sum", "dot")
    ]
    results = race("moons", "moons", entries, rounds=2)  # raises where gradients differ
    for result in results:
        assert (result.failure == "not installed") == (result.seconds is None)
    assert results[0].seconds is not None
    assert len(results[0].rounds) == 2


def answer(engine: str, workload: str, **arguments: Any) -> Any:
    """The first reply of a worker that runs in this process."""
    here, there = multiprocessing.Pipe()
    here.send("stop")
    serve(there, engine, workload, arguments)
    return here.recv()


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (ModuleNotFoundError("No module named 'peer'"), "not installed"),
        (engines.UnsupportedError("has no exp and log"), "has no exp and log"),
        (RecursionError("maximum recursion depth exceeded"), "RecursionError"),
        (ZeroDivisionError("float division by zero"), "ZeroDivisionError: float division by zero"),
    ],
)
def test_a_worker_says_why_it_cannot_run(monkeypatch: pytest.MonkeyPatch, error: Exception, failure: str) -> None:
    def load() -> engines.Engine:
        raise error

    monkeypatch.setitem(runner.ENGINES, "peer", load)
    assert answer("peer", "moons") == {"failure": failure}


def test_a_crash_is_told_and_ends_nothing_else() -> None:
    worker = Worker("ours-python", "chain", nodes=10)
    try:
        worker.check()
        worker.turn()
        assert worker.result.rounds
        worker.process.kill()
        worker.process.join()
        worker.turn()
        assert worker.result.failure == "crashed (SIGKILL)"
        assert worker.result.seconds is None
    finally:
        worker.close()


class FakeJob:
    """Steps that take the times given, the last one again and again, on a clock that only they move."""

    def __init__(self, *seconds: float) -> None:
        self.seconds, self.now, self.steps = seconds, 100.0, 0

    def clock(self) -> float:
        return self.now

    def step(self) -> dict[str, float]:
        took = self.seconds[min(self.steps, len(self.seconds) - 1)]
        self.now += took
        self.steps += 1
        return {"step": self.steps}


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        (FakeJob(0.06, 0.05, 0.03, 0.04, 0.05), (0.04, {"step": 4})),  # the first two are warming up
        (FakeJob(0.09, 0.02, 0.04, 0.01, 0.05, 0.03), (0.04, {"step": 3})),  # 0.04, 0.01, 0.05: the median one
        (FakeJob(1.5), (1.5, {"step": 1})),  # a long step is run once, and counts
    ],
)
def test_a_turn_tells_the_median_step_after_the_warm_up(
    monkeypatch: pytest.MonkeyPatch, job: FakeJob, expected: Any
) -> None:
    monkeypatch.setattr(runner, "perf_counter", job.clock)
    seconds, parts = runner.turn(job, None)
    assert (pytest.approx(seconds), parts) == expected


# Comparing


def swept(engine: str, *gradients: float) -> Result:
    return Result(engine, {}, names=["w.0", "w.1"], gradients=list(gradients))


def test_equal_gradients_pass() -> None:
    compare([swept("micrograd", 1.0, 2e6), swept("ours-python", 1.0 + 5e-10, 2e6 + 1e-3), Result("floats", {})])


@pytest.mark.parametrize("wrong", [2.0 + 1e-8, math.nan, math.inf])
def test_a_wrong_gradient_is_named(wrong: float) -> None:
    with pytest.raises(MismatchError, match=r"gradient of w\.1: xad says .*ours-python says 2\.0"):
        compare([swept("xad", 1.0, wrong), swept("ours-python", 1.0, 2.0)])


def test_other_parameters_are_a_mismatch() -> None:
    with pytest.raises(MismatchError, match="xad and ours-python have different parameters"):
        compare([swept("ours-python", 1.0, 2.0), replace(swept("xad", 1.0, 2.0), names=["w.1", "w.0"])])


# Tables


def timed(engine: str, milliseconds: float, **arguments: Any) -> Result:
    return Result(engine, arguments, rounds=[milliseconds / 1e3])


@pytest.fixture
def run() -> Run:
    moons = [
        timed("floats", 2.0),
        timed("ours-c", 4.0),
        timed("ours-python", 100.0),
        timed("micrograd", 1000.0),
        timed("micrograd, gc off", 90.0),
        timed("ours-c", 1.0, neuron="dot"),
        Result("minigrad", {}, failure="not installed"),
        timed("xad", 35.0),
    ]
    moons[3].facts["nodes"] = 65_818
    chain = [timed("ours-c", nodes * cost / 1e6, nodes=nodes) for nodes, cost in CHAIN_COSTS]
    chain[-1].facts["bytes"] = 64.6
    chain.append(Result("micrograd", {"nodes": 1000}, failure="RecursionError"))
    times = {"import autograd": 0.02, "import autograd, numpy already there": 0.01, "import numpy and autograd": 0.1}
    return Run(
        machine={"cpu": "A CPU", "cores": 2, "load": 0.25, "system": "Linux", "python": "CPython 3.11"},
        versions={"micrograd": "0.1.0", "torch": "not installed"},
        rounds=1,
        quick=False,
        moons=moons,
        gpt=[timed("ours-c", 3.0), Result("micrograd", {}, failure="has no exp and log")],
        chain=chain,
        imports=[{"engine": "c", "seconds": times, "unwanted": ["matplotlib"]}],
    )


CHAIN_COSTS = [(10_000, 40.0), (100_000, 50.0), (1_000_000, 60.0), (10_000_000, 90.0)]  # nodes, ns a node


def test_the_report_shows_medians_ratios_and_failures(run: Run) -> None:
    text = report.report(run, goals(run))
    for line in [
        "| **autograd, C engine** | 4.00 | 1.00 × | 2.00 × |",
        "| micrograd, as people run it | 1,000 | 250 × | 500 × |",
        "| minigrad | not installed | – | – |",
        "| **autograd, C engine**, `dot` in the neuron | 1.00 | 0.25 × | 0.50 × |",
        "| micrograd, as people run it | has no exp and log | – | – |",
        "| **autograd, C engine** | 10,000,000 | – | – | – | 90.0 | 1.00 × | 64.6 |",
        "| micrograd, as people run it | 1,000 | – | – | – | RecursionError | – | – |",
        "| import numpy and autograd (c engine) | 100 |",
    ]:
        assert line in text.splitlines()
    assert "A CPU, 2 cores (load 0.25 at the start), Linux; CPython 3.11; micrograd 0.1.0, torch not installed." in text
    assert "91% of its moons step, 1,000 ms with the collector and 90.0 ms with it off" in text


def test_the_readme_table_is_part_of_the_report(run: Run) -> None:
    short = report.readme(run)
    assert "| **autograd, C engine** | 4.00 | 1.00 × | 3.00 | 1.00 × |" in short.splitlines()
    assert short in report.report(run, [])


def test_reach_holds_each_goal_against_the_run(run: Run) -> None:
    holds = [(goal.measured, goal.holds) for goal in goals(run)]
    assert holds == [
        ("2.00 times", True),  # to floats
        ("not measured", None),  # minigrad
        ("8.75 times", False),  # xad
        ("250.00 times", True),  # micrograd
        ("4.00 times", True),  # dot
        ("1.00 ms", True),  # dot where without takes 4 ms
        ("10.00 times", True),  # Python engine
        ("0.90 s", True),  # the long chain
        ("64.39 bytes", False),
        ("2.25 times", False),  # 1e7 to 1e4
        ("2.25 times", False),  # dearest to cheapest
        ("100.00 ms", True),  # import
        ("matplotlib", False),
    ]
    table = report.reach_table([at_most("w", 2, 3.0, " ms"), at_least("w", 2, 3.0), at_most("w", 2, None, "")])
    assert table.splitlines()[2:] == [
        "| w | at most 2 ms | 3.00 ms | **no** |",
        "| w | at least 2 times | 3.00 times | yes |",
        "| w | at most 2 | not measured | – |",
    ]


def test_a_crash_of_the_long_chain_does_not_hold(run: Run) -> None:
    run.chain = [Result("ours-c", {"nodes": 10_000_000}, failure="crashed (SIGSEGV)")]
    assert Goal("chain, C engine", "10,000,000 nodes built, swept, freed", "crashed (SIGSEGV)", False) in goals(run)


def test_json_holds_every_round(run: Run, tmp_path: Any) -> None:
    path = tmp_path / "run.json"
    path.write_text("old")
    write_text(path, as_json(run, goals(run)))
    content = json.loads(path.read_text())
    assert content["moons"][1]["rounds"] == [0.004]
    assert content["moons"][1]["median"] == 0.004
    assert content["reach"][2]["holds"] is False
    assert [file.name for file in tmp_path.iterdir()] == ["run.json"]


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(tmp_path: Any) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_text(tmp_path / "taken", "text")
    assert [file.name for file in tmp_path.iterdir()] == ["taken"]


# Imports


def test_autograd_alone_brings_in_no_drawing_or_file_packages() -> None:
    measured = measure_imports(autograd.engine, repeats=1)
    assert measured["unwanted"] == []
    assert all(seconds > 0 for seconds in measured["seconds"].values())
