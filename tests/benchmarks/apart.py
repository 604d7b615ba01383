"""Rungs computed in a process of their own: an engine is fixed at import, and other packages start threads."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from . import documents, jobs

SHORT = (26, 4, 26)
"""The document in such a process."""


@dataclass
class Computed:
    """What a step of a rung computed.

    Attributes:
        names, gradients: the loss and the gradient.
        parts: what the step told of itself.
        parameters: their numbers after it, where the rung has them as Values.
    """

    names: list[str]
    gradients: list[float]
    parts: dict[str, float] | None
    parameters: list[float]


def begin(engine: str) -> None:
    """In a process that has imported nothing of ours: what it imports will take this engine."""
    os.environ["AUTOGRAD_ENGINE"] = engine
    documents.DOCUMENT = SHORT


def compute(workload: str, rung: str, arguments: dict[str, Any], steps: int) -> list[Computed]:
    job = jobs.JOBS[workload](rung, **arguments)
    found: list[Computed] = []
    for _ in range(steps):
        parts = job.step()
        parameters = [float(p.data) for p in getattr(job, "parameters", [])]
        found.append(Computed(job.names, job.gradients(), parts, parameters))
    return found
