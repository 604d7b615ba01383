"""The traces of one function: one for each shape of its arguments, and anew where a variable holds something else."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..anomaly import calling_line
from .executor import runner
from .graph import CODES, INPUT, Graph
from .passes import lower
from .program import Program
from .trace import Signature, Trace, name_of, trace
from .watch import Watch

Floats = NDArray[np.float64]
PATIENCE = 5
"""After so many calls in a row that had to trace anew people are told why."""


class Version:
    """What one trace became."""

    def __init__(self, made: Trace, threads: int, dtype: str) -> None:
        self.program: Program = lower(made.graph)
        self.run = runner(self.program, threads, dtype)
        self.parameters, self.form = tuple(made.parameters), made.form
        self.watch, self._noted = made.watch, made.noted
        self.hidden = made.watch.misses(made.parameters)
        """Whether a parameter stands in no variable, so that every call has to look for it anew."""
        self.retraced = 0
        """How many calls in a row had to trace anew, this one the last."""
        self._indices = _indices(made.graph)

    def is_stale(self) -> bool:
        """Whether the function would do something else by now."""
        return (
            self.hidden
            or self.watch.changed()
            or any(getattr(value, attribute) != answer for value, attribute, answer in self._noted)
        )

    def check(self, matrix: Floats, f: Callable[..., Any]) -> None:
        """IndexError if a number that chooses from a table is no place in it; a label of -1 is a mistake."""
        for column, entries in self._indices.items():
            numbers = matrix[:, column]
            fits = (numbers >= 0) & (numbers < entries) & (numbers == np.floor(numbers))
            if not fits.all():
                wrong = numbers[~fits][0]
                raise IndexError(f"{name_of(f)}: the index {wrong:g} is no place in a table of {entries} entries")


class Versions:
    """The latest trace for each signature."""

    def __init__(self, f: Callable[..., Any], threads: int, dtype: str) -> None:
        self.latest: Version | None = None
        self._f, self._options, self._found = f, (threads, dtype), dict[Signature, Version]()
        self._watch: Watch | None = None

    def find(self, signature: Signature) -> Version:
        """What the function means for such arguments."""
        version = self._found.get(signature)
        if version is None:
            version = self._traced(signature)
        elif version.is_stale():
            before = version
            version = self._traced(signature)
            version.retraced = before.retraced + 1
            if version.retraced == PATIENCE:
                self._warn(before.watch)
        else:
            version.retraced = 0
        self.latest = version
        return version

    def _traced(self, signature: Signature) -> Version:
        made = trace(self._f, signature, self._watch)
        self._watch = made.watch
        version = self._found[signature] = Version(made, *self._options)
        return version

    def _warn(self, watch: Watch) -> None:
        """Say why every call is a trace."""
        changes = ", ".join(islice(watch.changes(), 3))
        why, cure = "some of its parameters do not stand in variables", "keep them in attributes or lists"
        if changes:
            why, cure = f"{changes} changed since the call before", "pass it as an argument, or keep it elsewhere"
        slow = f"{name_of(self._f)} is traced anew at each call, which is slow, at {calling_line()}: {why}; {cure}"
        warnings.warn(slow, UserWarning, stacklevel=5)


def _indices(graph: Graph) -> dict[int, int]:
    """For each column that chooses from tables, how many entries the smallest has."""
    found: dict[int, int] = {}
    for node in np.flatnonzero(graph.op == CODES["take"]):
        index, *entries = graph.args[graph.start[node] : graph.start[node + 1]]
        if graph.op[index] == INPUT:
            column = int(graph.number[index])
            found[column] = min(found.get(column, len(entries)), len(entries))
    return found
