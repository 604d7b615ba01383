"""The ladder as Markdown tables."""

from __future__ import annotations

from .jobs import TITLES
from .ladder import BATCH, LONG_ROUNDS, WIDE, Ladder
from .ladder_reach import lowering_cost, on, per_document, per_node
from .networks import NETWORKS
from .reach import Goal, find, ratio
from .report import NOTHING, machine_line, milliseconds, number, reach_table, table
from .runner import SLOW, Result


def title(result: Result) -> str:
    return TITLES[result.engine]


def fine(seconds: float | None, unit: str = "") -> str:
    """Milliseconds with three digits, also where they are few."""
    if seconds is None:
        return NOTHING
    return f"{1e3 * seconds:.3g}{unit}" if seconds < 0.1 else number(1e3 * seconds, unit)


def cell(result: Result | None, seconds: float | None) -> str:
    """A time, or why there is none."""
    return result.failure if result and result.failure else fine(seconds)


def once(result: Result) -> str:
    return fine(result.facts.get("once"))


def steps(results: list[Result]) -> str:
    """One row an engine: a step, how many times the C executor's time that is, and what had to be done once."""
    base = next((r.seconds for r in results if r.engine == "compiled-c"), None)
    rows = [[title(r), cell(r, r.seconds), number(ratio(r.seconds, base), " ×"), once(r)] for r in results]
    return table(["engine", "median ms", "to the C executor", "once, ms"], rows)


def documents(run: Ladder) -> str:
    """One row an engine: milliseconds for one document, alone and in a batch."""
    base = per_document(run.document, "compiled-c")
    rows: list[list[str]] = []
    for result in run.document:
        batched = next((r for r in run.documents if r.engine == result.engine), None)
        alone, together = per_document(run.document, result.engine), per_document(run.documents, result.engine)
        rows.append(
            [
                title(result),
                cell(result, alone),
                number(ratio(alone, base), " ×"),
                cell(batched, together),
                once(result),
            ]
        )
    headers = ["engine", "one document, ms", "to the C executor", f"one of {BATCH} documents, ms", "once, ms"]
    return table(headers, rows)


def graphs(results: list[Result]) -> str:
    """One row for each size and engine: nanoseconds for one node of one sample."""
    rows: list[list[str]] = []
    for r in results:
        forward, backward = per_node(r)
        ours = find(results, "compiled-c", **r.arguments)
        share = ratio(r.part("both"), ours.part("both") if ours else None)
        size = [f"{r.arguments['nodes']:,}", str(r.arguments["samples"])]
        times = [r.failure or number(forward), number(backward), number(share, " ×"), once(r)]
        rows.append([title(r), *size, *times])
    headers = ["engine", "nodes", "samples", "forward ns", "backward ns", "both, to the C executor", "once, ms"]
    return table(headers, rows)


def programs(run: Ladder) -> str:
    """Lowering, its memory, and threads."""
    rows: list[list[str]] = []
    for r in run.lowering:
        title = f"irregular graph of {r.arguments['nodes']:,} nodes"
        rows.append([f"lowering an {title}, ns a node", r.failure or number(lowering_cost(r))])
        rows.append([f"Program and executor of an {title}, bytes a node", number(r.facts.get("bytes"))])
    for r in run.threads:
        rows.append([f"spiral, {WIDE:,} samples, {r.arguments['threads']} threads, ms", milliseconds(r)])
    return table(["", "median"], rows)


def readme(run: Ladder) -> str:
    """The short table that the README shows."""
    engines = ["micrograd", "ours-python", "ours-c", "casadi", "torch", "jax", "numpy"]
    engines += ["compiled-numpy", "compiled-call", "compiled-c", "fused"]
    rows: list[list[str]] = []
    for engine in engines:
        found = {name: next((r for r in results if r.engine == engine), None) for name, results in run.networks.items()}
        ours = on(run, "moons", "compiled-c")
        shown = [cell(found.get(name), on(run, name, engine)) for name in ("moons", "spiral", "digits")]
        gpt = fine(per_document(run.document, engine))
        rows.append([TITLES[engine], shown[0], number(ratio(on(run, "moons", engine), ours), " ×"), *shown[1:], gpt])
    rows.append([TITLES["plain"], NOTHING, NOTHING, NOTHING, NOTHING, fine(per_document(run.document, "plain"))])
    headers = ["loss and gradient, ms", "moons", "to the C executor", "spiral", "digits", "GPT, a document"]
    return "\n\n".join([table(headers, rows), machine_line(run), conditions()])


def conditions() -> str:
    return (
        f"One core and one thread each, float64; losses equal to 1e-9, too. Medians of {LONG_ROUNDS} rounds at most "
        f"where a step takes longer than {SLOW:g} s, for the batch of documents, and for irregular graphs."
    )


def report(run: Ladder, goals: list[Goal]) -> str:
    """The whole report."""
    parts = ["# Compile benchmark", machine_line(run), conditions()]
    for name, results in run.networks.items():
        parts += [f"## {name[0].upper()}{name[1:]}", f"{NETWORKS[name]}: loss and gradient.", steps(results)]
    parts += [
        "## Small GPT",
        "One layer, width 16, 4 heads, block 16, 27 tokens, 8 predicted: loss and gradient. "
        f"{BATCH} documents are of one length, and the time is that of one of them.",
        documents(run),
        "## Irregular graphs",
        "A random graph of +, -, · and sin, 64 parameters, 64 inputs; nanoseconds for one node of one sample. "
        "Engines are left out where a step would take too long: autograd without compile above 1e6 nodes · samples, "
        "the numpy executor above 6.4e6. CasADi is built level by level with whole vectors.",
        graphs(run.irregular),
        "## Programs and threads",
        "Threads are not kept to one core.",
        programs(run),
        "## Summary",
        readme(run),
        "## Reach",
        reach_table(goals),
    ]
    return "\n\n".join(parts)
