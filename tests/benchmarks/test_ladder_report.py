"""The arithmetic of the ladder's tables, on a run that is made up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from . import ladder_report
from .eager import as_json
from .ladder import Ladder
from .ladder_reach import fastest, goals
from .runner import Result

TIMES = {  # ms on moons
    "micrograd": 1000.0,
    "compiled-c": 0.01,
    "compiled-call": 0.015,
    "compiled-step": 0.025,
    "numpy": 0.03,
    "torch": 0.1,
    "jax": 0.02,
    "fused": 0.005,
}


def timed(engine: str, milliseconds: float, **arguments: Any) -> Result:
    return Result(engine, arguments, rounds=[milliseconds / 1e3])


def graph(engine: str, nodes: int, samples: int, forward: float, both: float) -> Result:
    """Of nanoseconds for one node of one sample."""
    scale = nodes * samples / 1e9
    result = Result(engine, {"nodes": nodes, "samples": samples}, rounds=[(forward + both) * scale])
    result.parts = [{"forward": forward * scale, "both": both * scale}]
    return result


@pytest.fixture
def run() -> Ladder:
    moons = [timed(engine, time, name="moons") for engine, time in TIMES.items()]
    moons[1].facts["once"] = 0.0321
    moons.append(Result("casadi", {}, failure="not installed"))
    lowering = timed("compiled-c", 20.0, nodes=100_000)
    lowering.facts["bytes"] = 120.0
    wide = {"name": "spiral", "samples": 3000}
    return Ladder(
        machine={"cpu": "A CPU", "cores": 2, "load": 0.25, "system": "Linux", "python": "CPython 3.11"},
        versions={"jax": "0.10.2"},
        rounds=1,
        quick=False,
        networks={
            "moons": moons,
            "spiral": [timed(e, t) for e, t in (("compiled-c", 0.3), ("numpy", 0.5), ("torch", 0.6), ("jax", 0.2))],
            "digits": [timed("compiled-c", 0.1), Result("torch", {}, failure="not installed")],
        },
        threads=[timed("compiled-c", t, **wide, threads=n) for n, t in ((1, 1.8), (2, 1.0))],
        document=[timed("plain", 80.0, count=1), timed("compiled-c", 0.1, count=1)],
        documents=[timed("compiled-c", 1.6, count=32)],
        irregular=[graph("compiled-c", 1000, 1, 2.5, 7.0), graph("casadi", 1000, 1, 9.0, 20.0)],
        lowering=[lowering],
    )


def test_reach_holds_each_goal_against_the_run(run: Ladder) -> None:
    found = {goal.work: (goal.measured, goal.holds) for goal in goals(run)}
    expected = {
        "moons, C executor, faster than numpy": ("3.00 times", True),
        "moons, C executor, faster than jax": ("2.00 times", False),
        "moons, C executor, faster than torch": ("10.00 times", True),
        "moons, C executor, to C++": ("2.00 times", True),
        "moons, full training step, to the C executor": ("2.50 times", False),
        "spiral, C executor, to the fastest of numpy, torch, jax": ("1.50 times", False),
        "spiral, tanh, C executor, to the fastest of numpy, torch, jax": ("not measured", None),
        "digits, C executor, to torch": ("not measured", None),
        "GPT, one document, C executor, faster than a plain Value": ("800.00 times", True),
        "GPT, 32 documents, C executor, a document faster than a plain Value": ("1600.00 times", False),
        "GPT, tracing a new length": ("not measured", None),
        "irregular graph of 1,000 nodes, forward": ("2.50 ns a node", True),
        "irregular graph of 1,000 nodes, backward": ("4.50 ns a node", False),
        "irregular graph of 1,000 nodes, with gradient, faster than CasADi": ("2.86 times", False),
        "irregular graph of 1,000,000 nodes, forward": ("not measured", None),
        "lowering an irregular graph of 100,000 nodes": ("200.00 ns a node", True),
        "Program and executor of an irregular graph of 100,000 nodes": ("120.00 bytes a node", False),
        "spiral, 3,000 samples, two threads to one": ("1.80 times", True),
    }
    assert {work: found[work] for work in expected} == expected


def test_the_fastest_peer_is_known_once_all_were_measured(run: Ladder) -> None:
    assert fastest(run, "spiral") == pytest.approx(0.0002)
    run.networks["spiral"] = [r for r in run.networks["spiral"] if r.engine != "numpy"]
    assert fastest(run, "spiral") is None


def test_the_report_shows_times_ratios_one_off_costs_and_failures(run: Ladder) -> None:
    lines = ladder_report.report(run, goals(run)).splitlines()
    for line in [
        "| **compiled, C executor** | 0.01 | 1.00 × | 32.1 |",
        "| micrograd | 1,000 | 100,000 × | – |",
        "| CasADi, SX | not installed | – | – |",
        "| **compiled, C executor** | 0.1 | 1.00 × | 0.05 | – |",
        "| a plain Python Value | 80 | 800 × | – | – |",
        "| CasADi, SX | 1,000 | 1 | 9.00 | 11.0 | 2.86 × | – |",
        "| spiral, 3,000 samples, 2 threads, ms | 1.00 |",
        "| moons, C executor, faster than jax | at least 2.5 times | 2.00 times | **no** |",
    ]:
        assert line in lines


def test_the_readme_table_is_part_of_the_report(run: Ladder) -> None:
    short = ladder_report.readme(run)
    assert "| **compiled, C executor** | 0.01 | 1.00 × | 0.3 | 0.1 | 0.1 |" in short.splitlines()
    assert short in ladder_report.report(run, [])


def test_json_holds_every_round_of_every_workload(run: Ladder) -> None:
    content = json.loads(as_json(run, goals(run)))
    assert content["networks"]["moons"][0]["rounds"] == [1.0]
    assert content["networks"]["moons"][1]["facts"] == {"once": 0.0321}
    assert content["irregular"][0]["parts"] == [pytest.approx({"forward": 2.5e-6, "both": 7e-6})]
    assert content["documents"][0]["median"] == pytest.approx(0.0016)
    assert content["reach"][0]["holds"] is True
