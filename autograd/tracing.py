"""Tracing: a mode (see modes.Now) in which a function of Values is recorded for all inputs, not computed for one.

Comparisons give a Value, 1 or 0, that `where` takes and the graph remembers. A number cannot be read out of a
Value: what the function did with it would hold for this input only.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

from . import modes
from .anomaly import calling_line


class TraceError(TypeError):
    """A function did something with a Value that holds for one input only, so it cannot be compiled."""


def tracing_now() -> bool:
    """Whether this thread is in a trace."""
    return modes.state.now[4]


def refuse_reading(what: str) -> None:
    """For what takes a number out of a Value: raise TraceError if this thread is in a trace."""
    if modes.state.now[4]:
        raise unreadable(what)


class _Refused(threading.local):
    """Of this thread: what was refused last, also where the function caught the error and went on without it."""

    latest: TraceError | None = None


refused = _Refused()


class Note(NamedTuple):
    """What a traced function asked of a Value, and the answer."""

    value: Any
    attribute: str
    answer: Any


class _Noted(threading.local):
    """Of this thread: what the trace asked of Values beside their numbers, by Value and attribute."""

    of: dict[tuple[int, str], Note]

    def __init__(self) -> None:
        self.of = {}


noted = _Noted()


def note(value: Any, attribute: str, answer: Any) -> None:
    """For what tells something of a Value that may change: a trace holds as long as the answer does."""
    if modes.state.now[4]:
        noted.of[id(value), attribute] = Note(value, attribute, answer)


CURES = {
    "bool()": "`if`, `while`, `and`, `or`, `not`, max() and min() take one branch for all inputs; "
    "write where(condition, x, y), maximum, minimum or relu, and & and | for `and` and `or`",
    "int()": "an index that comes in as an argument chooses with take(table, index)",
    ".data = ...": "write numbers before or after the compiled call",
    "format()": "print what the compiled function returns, or its f.program",
    ".grad": "take gradients of the result of the compiled call",
    ".grad = ...": "write gradients before or after the compiled call",
    "detach()": "compute what takes no gradient before the compiled call, and pass it in",
    "no_grad()": "compute what takes no gradient before the compiled call, and pass it in",
    "backward()": "call it on the result of the compiled call; inside, autograd.gradients gives Values",
}


def unreadable(what: str) -> TraceError:
    """The error of reading a number out of a Value in a trace."""
    cure = CURES.get(what, "keep computing with the Value itself")
    refused.latest = TraceError(
        f"{what} of a Value, at {calling_line()}: the function is being compiled, for all inputs at once, so no Value "
        f"has one number here; {cure}"
    )
    return refused.latest
