"""Sees whether a function still means what it meant when it was traced.

A traced function found its parameters through variables: a closure, a global name, an attribute of a model, a place in
a list. If one of these holds another object now, the trace is out of date. The numbers of the parameters do not count:
they are read at each call.

Reach walks over the variables. Where the C extension is built, the comparing at each call is done there (_c/watch.c).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

import numpy as np

from ..engines import Value
from . import edges
from .edges import GONE, Edge
from .extension import extension as _c
from .reach import Reach


class Watch:
    """Every variable through which a function reaches its parameters, and what it held."""

    def __init__(self, f: Callable[..., Any]) -> None:
        self._reach = Reach(f)
        self._twin = _c and _c.Watch([(_kind(edge), *edge) for edge in self._reach.edges], GONE)

    def misses(self, parameters: Iterable[Value]) -> bool:
        """Whether one of them stands in no variable: nobody would see it if another took its place."""
        return not self._reach.seen.issuperset(map(id, parameters))

    def changed(self) -> bool:
        """Whether a variable holds something else by now."""
        return self._twin.changed() if self._twin else next(self.changes(), None) is not None

    def changes(self) -> Iterator[str]:
        """The variables that hold something else by now, as a person would write them."""
        return self._reach.changes()


def _kind(edge: Edge) -> int:
    """How C compares an edge: by itself what is plain, and by `get` what has code of its own."""
    get, holder, keys, held = edge
    kind, name = cast(Any, type(holder)), "CALLED"
    if get is edges.of_cell and held:
        name = "CELL"
    elif kind is dict and all(type(key) is str for key in keys or ()):
        name = "DICT" if get is edges.whole_dict else "ENTRIES"
    elif get is edges.of_slots:
        name = "ATTRIBUTES"
    elif kind is list and get is edges.items:
        name = "LIST"
    elif kind is np.ndarray and get is edges.of_array and holder.flags.c_contiguous:
        name = "ARRAY"
    return _c.WATCH[name]
