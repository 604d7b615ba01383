"""What compiled code has to reach, held against one run of the ladder."""

from __future__ import annotations

from .ladder import BATCH, SIZES, WIDE, Ladder
from .reach import Goal, at_least, at_most, find, ratio
from .runner import Result

SHOWN = {"compiled-c": "C executor", "compiled-call": "`mean`, `backward`"}


def on(run: Ladder, network: str, engine: str) -> float | None:
    """Seconds of one step on a network."""
    return next((r.seconds for r in run.networks.get(network, []) if r.engine == engine), None)


def per_document(results: list[Result], engine: str) -> float | None:
    found = next((r for r in results if r.engine == engine), None)
    return None if found is None or found.seconds is None else found.seconds / found.arguments["count"]


def per_node(result: Result | None) -> tuple[float | None, float | None]:
    """Nanoseconds for one node and sample: forward, and what the gradient takes beside it."""
    if result is None:
        return None, None
    forward, both = result.part("forward"), result.part("both")
    if forward is None or both is None:
        return None, None
    numbers = result.arguments["nodes"] * result.arguments["samples"]
    return 1e9 * forward / numbers, 1e9 * (both - forward) / numbers


def fastest(run: Ladder, network: str) -> float | None:
    """Seconds of the fastest of numpy, torch and jax; None unless all three were measured."""
    times = [on(run, network, peer) for peer in ("numpy", "torch", "jax")]
    known = [time for time in times if time is not None]
    return min(known) if len(known) == len(times) else None


def goals(run: Ladder) -> list[Goal]:
    """The table of what must be reached, filled in from the run."""
    return [*network_goals(run), *gpt_goals(run), *graph_goals(run), *program_goals(run)]


def network_goals(run: Ladder) -> list[Goal]:
    found: list[Goal] = []
    step, executor = on(run, "moons", "compiled-step"), on(run, "moons", "compiled-c")
    for peer, limit in (("numpy", 1.8), ("jax", 2.5), ("torch", 5)):
        found.append(at_least(f"moons, C executor, faster than {peer}", limit, ratio(on(run, "moons", peer), executor)))
    found.append(at_most("moons, C executor, to C++", 2.5, ratio(executor, on(run, "moons", "fused")), " times"))
    found.append(at_most("moons, full training step, to the C executor", 2, ratio(step, executor), " times"))
    for name in ("spiral", "spiral, tanh"):
        for rung, title in SHOWN.items():
            share = ratio(on(run, name, rung), fastest(run, name))
            found.append(at_most(f"{name}, {title}, to the fastest of numpy, torch, jax", 1, share, " times"))
    for rung, title in SHOWN.items():
        share = ratio(on(run, "digits", rung), on(run, "digits", "torch"))
        found.append(at_most(f"digits, {title}, to torch", 1, share, " times"))
    return found


def gpt_goals(run: Ladder) -> list[Goal]:
    plain = per_document(run.document, "plain")
    found: list[Goal] = []
    for rung, title in SHOWN.items():
        one, many = per_document(run.document, rung), per_document(run.documents, rung)
        found.append(at_least(f"GPT, one document, {title}, faster than a plain Value", 400, ratio(plain, one)))
        title = f"GPT, {BATCH} documents, {title}, a document faster than a plain Value"
        found.append(at_least(title, 2000, ratio(plain, many)))
    trace = per_document(run.document, "compiled-trace")
    new = None if trace is None else 1e3 * trace
    return [*found, at_most("GPT, tracing a new length", 20, new, " ms")]


def graph_goals(run: Ladder) -> list[Goal]:
    found: list[Goal] = []
    for nodes in SIZES:
        size = {"nodes": nodes, "samples": 1}
        ours, casadi = (find(run.irregular, engine, **size) for engine in ("compiled-c", "casadi"))
        forward, backward = per_node(ours)
        title = f"irregular graph of {nodes:,} nodes"
        found.append(at_most(f"{title}, forward", 3, forward, " ns a node"))
        found.append(at_most(f"{title}, backward", 4, backward, " ns a node"))
        share = ratio(casadi.part("both") if casadi else None, ours.part("both") if ours else None)
        found.append(at_least(f"{title}, with gradient, faster than CasADi", 3, share))
    return found


def lowering_cost(result: Result) -> float | None:
    """Nanoseconds for one node."""
    return None if result.seconds is None else 1e9 * result.seconds / result.arguments["nodes"]


def program_goals(run: Ladder) -> list[Goal]:
    found: list[Goal] = []
    for result in run.lowering:
        title = f"irregular graph of {result.arguments['nodes']:,} nodes"
        found.append(at_most(f"lowering an {title}", 300, lowering_cost(result), " ns a node"))
        size = result.facts.get("bytes")
        found.append(at_most(f"Program and executor of an {title}", 100, size, " bytes a node"))
    one, two = (find(run.threads, "compiled-c", name="spiral", samples=WIDE, threads=n) for n in (1, 2))
    share = ratio(one.seconds if one else None, two.seconds if two else None)
    return [*found, at_least(f"spiral, {WIDE:,} samples, two threads to one", 1.7, share)]
