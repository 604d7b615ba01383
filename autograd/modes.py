"""Modes of this thread: no_grad, detect_anomaly, record_lines, name_scope.

    >>> from autograd import Value, no_grad
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.op, y.parents
    ('', ())

A mode belongs to the thread that entered it; other threads do not see it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import wraps
from itertools import count
from typing import Any, NamedTuple, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


class Now(NamedTuple):
    """What the engine looks at whenever it makes a node."""

    recording: bool = True
    """Nodes remember their operands."""
    anomaly: bool = False
    """A nan or inf raises, and nodes remember the line that made them."""
    scope: int = 0
    """The place in `SCOPES` of the innermost name scope."""
    lines: bool = False
    """Nodes remember the line that made them."""
    tracing: bool = False
    """Comparisons are recorded, and no number can be read out of a Value (tracing.py)."""


PLAIN = Now()
"""No mode is on: this very object."""


class State(threading.local):
    """One thread's modes."""

    now: Now = PLAIN


class Depth(threading.local):
    """How often this thread is inside each mode, by the field of Now."""

    def __init__(self) -> None:
        self.of = dict[str, int]()


state: Any = State()
"""This thread's modes, for the engine to read; the C engine puts its own object here."""
_depth = Depth()


def change(**modes: Any) -> None:
    """Other modes for this thread, the fields of Now."""
    now = Now(*state.now)._replace(**modes)
    state.now = PLAIN if now == PLAIN else now


@contextmanager
def exactly(**modes: Any) -> Generator[None]:
    """These modes of this thread, the fields of Now, and outside of it those that were; others stay as they are."""
    around = state.now
    change(**modes)
    try:
        yield
    finally:
        state.now = around


def decorated(mode: Any, function: F) -> F:
    """The function, run inside the mode."""

    @wraps(function)
    def inside(*args: Any, **kwargs: Any) -> Any:
        with mode:
            return function(*args, **kwargs)

    return cast(F, inside)


class Mode:
    """Something to be in: `with mode:`, or a decorator of a function. Nests, and may be entered again."""

    def __enter__(self) -> None:
        raise NotImplementedError

    def __exit__(self, *error: object) -> None:
        raise NotImplementedError

    def __call__(self, function: F) -> F:
        return decorated(self, function)


class Switch(Mode):
    """A mode that is on or off. It ends where all who entered it have left, in whatever order."""

    field: str
    """The one of Now that is the other way round inside."""

    def __enter__(self) -> None:
        _depth.of[self.field] = _depth.of.get(self.field, 0) + 1
        change(**{self.field: not Now._field_defaults[self.field]})

    def __exit__(self, *error: object) -> None:
        depth = _depth.of.get(self.field, 0)
        _depth.of[self.field] = max(0, depth - 1)
        if depth == 1:
            change(**{self.field: Now._field_defaults[self.field]})


class no_grad(Switch):
    """Inside, operations give plain leaves: nothing is recorded, nothing can be differentiated.

    >>> from autograd import Value
    >>> with no_grad():
    ...     (Value(2.0) * 3).parents
    ()
    """

    field = "recording"


class detect_anomaly(Switch):
    """Inside, the first operation that makes a nan or inf raises FloatingPointError.

    In the forward pass the operation itself raises; in `backward()` the first node whose rule sends
    a nan or inf to an operand, and every gradient stays as it was. The message has the rule, the
    operands, and the line of your code that made the node, if it was made in this mode. Slow.

        >>> from autograd import Value
        >>> with detect_anomaly():
        ...     Value(0.0).log()
        Traceback (most recent call last):
            ...
        FloatingPointError: log(0.0) is -inf (log x) ...
    """

    field = "anomaly"


class record_lines(Switch):
    """Inside, every node remembers in `Value.line` the file and line of your code that made it.

    `why` shows these lines beside its numbers. It costs about a microsecond a node.

        >>> from autograd import Value
        >>> with record_lines():
        ...     y = Value(2.0) * 3
        >>> y.line
        '..., line 2'
    """

    field = "lines"


class name_scope(Mode):
    """Nodes made inside carry this name in `Value.scope`, to tell which part of a model made them.

    Scopes nest: their names are joined by dots.

        >>> from autograd import Value
        >>> with name_scope("layers.0"), name_scope("neurons.2"):
        ...     y = Value(2.0) * 3
        >>> y.scope
        'layers.0.neurons.2'
    """

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"name_scope(name): name must be a str, got {type(name).__name__}: {name!r}")
        self.name = name

    def __enter__(self) -> None:
        recording, anomaly, scope, lines, tracing = state.now  # not by `change`: a network enters one at each call
        state.now = Now(recording, anomaly, scope_number(scope, self.name), lines, tracing)

    def __exit__(self, *error: object) -> None:
        recording, anomaly, scope, lines, tracing = state.now
        now = Now(recording, anomaly, OUTER[scope], lines, tracing)
        state.now = PLAIN if now == PLAIN else now


SCOPES: dict[int, str] = {0: ""}
"""Every scope's path, by the small integer that its nodes keep."""
OUTER: dict[int, int] = {0: 0}
"""The number of the scope around each."""
_numbers: dict[tuple[int, str], int] = {}
_next = count(1)


def scope_number(outer: int, name: str) -> int:
    """The number of the scope `name` inside the scope numbered `outer`.

    No lock: an interrupt, a fork or another thread may come between any two steps, and at worst a number stays unused.
    """
    found = _numbers.get((outer, name))
    if found is None:
        number = next(_next)
        SCOPES[number], OUTER[number] = f"{SCOPES[outer]}.{name}".strip("."), outer
        found = _numbers.setdefault((outer, name), number)
    return found
