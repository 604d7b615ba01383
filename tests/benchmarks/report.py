"""The run as Markdown tables."""

from __future__ import annotations

from typing import Any

from .eager import LONGEST, Run
from .engines import TITLES
from .moons import MICROGRAD_NODES
from .reach import Goal, find, ratio, seconds
from .runner import Result

NOTHING = "–"
VARIANT_TITLES = {"dot": ", `dot` in the neuron", "nn": ", `nn.MLP`"}


def table(headers: list[str], rows: list[list[str]]) -> str:
    """A Markdown table; the first column to the left, the others to the right."""
    rule = ["---"] + ["--:"] * (len(headers) - 1)
    return "\n".join(f"| {' | '.join(row)} |" for row in [headers, rule, *rows])


def number(x: float | None, unit: str = "") -> str:
    """Three digits, or a dash where there is no number."""
    if x is None:
        return NOTHING
    digits = 2 if x < 10 else 1 if x < 100 else 0
    return f"{x:,.{digits}f}{unit}"


def milliseconds(result: Result | None) -> str:
    if result is None or result.failure:
        return result.failure if result else NOTHING
    assert result.seconds is not None
    return number(1e3 * result.seconds)


def title(result: Result) -> str:
    return TITLES.get(result.engine, result.engine) + VARIANT_TITLES.get(result.arguments.get("neuron", ""), "")


def step_table(results: list[Result]) -> str:
    """One row an engine: its median, and how many times the C engine's and the floats' time that is."""
    c, floats = seconds(results, "ours-c"), seconds(results, "floats")
    rows = [
        [
            title(result),
            milliseconds(result),
            number(ratio(result.seconds, c), " ×"),
            number(ratio(result.seconds, floats), " ×"),
        ]
        for result in results
    ]
    return table(["engine", "median ms", "to the C engine", "to plain floats"], rows)


def chain_table(results: list[Result]) -> str:
    """One row for each engine and length: nanoseconds and bytes of one node."""
    rows: list[list[str]] = []
    for engine in LONGEST:
        for result in (r for r in results if r.engine == engine):
            nodes = result.arguments["nodes"]
            costs: list[str] = []
            for part in ("build", "sweep", "free"):
                spent = result.part(part)
                costs.append(number(None if spent is None else 1e9 * spent / nodes))
            whole = result.failure or number(1e9 * (result.seconds or 0.0) / nodes)
            c = seconds(results, "ours-c", nodes=nodes)
            ours = number(ratio(result.seconds, c), " ×")
            size = f"{result.facts['bytes']:,.1f}" if "bytes" in result.facts else NOTHING
            rows.append([TITLES.get(engine, engine), f"{nodes:,}", *costs, whole, ours, size])
    return table(
        ["engine", "nodes", "build ns", "sweep ns", "free ns", "together ns", "to the C engine", "bytes a node"], rows
    )


def import_table(imports: list[dict[str, Any]]) -> str:
    rows = [
        [f"{program} ({measured['engine']} engine)", number(1e3 * taken)]
        for measured in imports
        for program, taken in measured["seconds"].items()
    ]
    return table(["in a fresh process", "median ms"], rows)


def reach_table(goals: list[Goal]) -> str:
    answer = {True: "yes", False: "**no**", None: NOTHING}
    return table(
        ["work", "reach", "measured", "holds"],
        [[goal.work, goal.goal, goal.measured, answer[goal.holds]] for goal in goals],
    )


def machine_line(run: Run) -> str:
    versions = ", ".join(f"{package} {version}" for package, version in run.versions.items())
    machine = run.machine
    load = "" if machine["load"] is None else f" (load {machine['load']} at the start)"
    return (
        f"{machine['cpu']}, {machine['cores']} cores{load}, {machine['system']}; {machine['python']}; {versions}. "
        f"Medians of {run.rounds} rounds, each engine in its own process, gradients equal to 1e-9."
    )


def collector_sentence(run: Run) -> str:
    """How much of micrograd's step is Python's garbage collector; "" where it was not measured."""
    on, off = seconds(run.moons, "micrograd"), seconds(run.moons, "micrograd, gc off")
    if on is None or off is None:
        return ""
    share = (on - off) / on
    begin = "Most of micrograd's time is" if share > 0.5 else f"{share:.0%} of micrograd's time is"
    return (
        f"{begin} Python's garbage collector: {share:.0%} of its moons step, "
        f"{number(1e3 * on)} ms with the collector and {number(1e3 * off)} ms with it off."
    )


def nodes_sentence(run: Run) -> str:
    nodes = next((r.facts["nodes"] for r in run.moons if "nodes" in r.facts), None)
    counted = f", counted: {nodes:,}" if nodes is not None else ""
    return (
        "One training step of an MLP 2-16-16-1 on 100 samples of two moons: gradients cleared, forward, backward, "
        f"graph dropped. {MICROGRAD_NODES:,} nodes as micrograd counts them{counted}."
    )


def readme(run: Run) -> str:
    """The short table that the README shows."""
    shown = ["ours-c", "ours-python", "minigrad", "xad", "micrograd", "torch", "floats"]
    rows: list[list[str]] = []
    for engine, neuron in [("ours-c", "dot"), *((e, "") for e in shown)]:
        moons = find(run.moons, engine, **({"neuron": neuron} if neuron else {}))
        gpt = None if neuron else find(run.gpt, engine)
        if moons is None:
            continue
        to_c = ratio(moons.seconds, seconds(run.moons, "ours-c"))
        gpt_to_c = ratio(gpt.seconds if gpt else None, seconds(run.gpt, "ours-c"))
        rows.append([title(moons), milliseconds(moons), number(to_c, " ×"), milliseconds(gpt), number(gpt_to_c, " ×")])
    headers = ["engine", "moons step, ms", "to the C engine", "small GPT step, ms", "to the C engine"]
    return "\n\n".join(part for part in (table(headers, rows), collector_sentence(run), machine_line(run)) if part)


def report(run: Run, goals: list[Goal]) -> str:
    """The whole report."""
    parts = [
        "# Eager benchmark",
        machine_line(run),
        "## Moons",
        nodes_sentence(run),
        step_table(run.moons),
        collector_sentence(run),
        "## Small GPT",
        "One training step of a GPT on scalars: one layer, width 16, 4 heads, block 16, 27 tokens, 8 predicted.",
        step_table(run.gpt),
        "## Chain",
        "x = x * c, n times: built, swept, freed. Memory is the growth of the process while it is built; "
        "it comes in pages of up to 2 MiB.",
        chain_table(run.chain),
        "## Import",
        import_table(run.imports),
        "## Summary",
        readme(run),
        "## Reach",
        reach_table(goals),
    ]
    return "\n\n".join(part for part in parts if part)
