"""The jobs of the compile benchmark, by workload and engine."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

from .arrays import Casadi, Jax, Numpy, Torch
from .documents import CompiledDocuments, Documents
from .fused import Fused
from .irregular import CasadiGraphs, CompiledGraphs, EagerGraphs
from .lowering import Lowering
from .networks import network
from .rungs import Compiled, Eager, Micrograd

RUNGS: dict[str, Callable[..., Any]] = {
    "ours-python": partial(Eager, engine="python"),
    "ours-c": partial(Eager, engine="c"),
    "micrograd": Micrograd,
    "compiled-numpy": partial(Compiled, part="numpy"),
    "compiled-c": partial(Compiled, part="c"),
    "compiled-call": partial(Compiled, part="call"),
    "compiled-step": partial(Compiled, part="step"),
    "numpy": Numpy,
    "torch": Torch,
    "jax": Jax,
    "casadi": Casadi,
    "fused": Fused,
}
DOCUMENTS: dict[str, Callable[..., Any]] = {
    "plain": partial(Documents, "plain"),
    "ours-python": partial(Documents, "python"),
    "ours-c": partial(Documents, "c"),
    "compiled-numpy": partial(CompiledDocuments, "numpy"),
    "compiled-c": partial(CompiledDocuments, "c"),
    "compiled-call": partial(CompiledDocuments, "call"),
    "compiled-trace": partial(CompiledDocuments, "trace"),
    "compiled-first": partial(CompiledDocuments, "first"),
}
GRAPHS: dict[str, Callable[..., Any]] = {
    "ours-c": EagerGraphs,
    "compiled-numpy": partial(CompiledGraphs, executor="numpy"),
    "compiled-c": partial(CompiledGraphs, executor="c"),
    "casadi": CasadiGraphs,
}
TITLES = {
    "micrograd": "micrograd",
    "ours-python": "**autograd, Python engine**",
    "ours-c": "**autograd, C engine**",
    "compiled-numpy": "**compiled, numpy executor**",
    "compiled-c": "**compiled, C executor**",
    "compiled-call": "**compiled: `loss.mean`, `backward`**",
    "compiled-step": "**compiled: `zero_grad`, `loss.mean`, `backward`, `SGD.step`**",
    "compiled-trace": "**compiled: the trace of a new length**",
    "compiled-first": "**compiled: the first call with a new length**",
    "numpy": "numpy, by hand",
    "torch": "torch, `nn.Linear`",
    "jax": "jax, `jit`",
    "casadi": "CasADi, SX",
    "fused": "C++, fused by hand",
    "plain": "a plain Python Value",
}
PEERS = ("micrograd", "torch", "jax", "casadi")


def a_network(engine: str, name: str, samples: int | None = None, **options: Any) -> Any:
    return RUNGS[engine](network(name, samples), **options)


def a_gpt(engine: str, count: int) -> Any:
    return DOCUMENTS[engine](count)


def a_graph(engine: str, nodes: int, samples: int) -> Any:
    return GRAPHS[engine](nodes, samples)


def a_lowering(engine: str, nodes: int) -> Any:
    return Lowering(nodes)


JOBS: dict[str, Callable[..., Any]] = {
    "network": a_network,
    "documents": a_gpt,
    "irregular": a_graph,
    "lowering": a_lowering,
}


def start(engine: str, workload: str, arguments: dict[str, Any]) -> Any:
    """The job, in a process that keeps to one core unless it is told how many threads to use."""
    if "threads" not in arguments and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    return JOBS[workload](engine, **arguments)
