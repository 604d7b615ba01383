"""Sees whether a function still means what it meant when it was traced.

A traced function found its parameters through variables: a closure, a global name, an attribute of a model, a place in
a list. If one of these holds another object now, the trace is out of date. The numbers of the parameters do not count:
they are read at each call.

Watch walks over the variables. Where the C extension is built, the comparing at each call is done there (_c/watch.c).
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast

import numpy as np

from ..engines import Value
from .extension import extension as _c

PLAIN = (bool, int, float, complex, str, bytes, type(None))
"""Compared by what they are; all else by which object it is."""
LEAVES = (*PLAIN, types.ModuleType, type, types.BuiltinFunctionType)
"""Not looked into."""
OURS = ("autograd", "nn", "numpy", "math")
"""Packages whose global variables no program changes: not looked into."""


class Edge(NamedTuple):
    """What a thing holds."""

    get: Callable[[Any, Any], tuple[Any, ...]] | None
    """get(holder, keys) gives what it holds by now; None of what cannot change."""
    holder: Any
    keys: tuple[Any, ...] | None
    held: tuple[Any, ...]
    """In a sequence, _GONE at the places that are not watched."""


class Watch:
    """Every variable through which a function reaches its parameters, and what it held.

    Numbers in lists and in arrays of numbers are not watched.
    """

    def __init__(self, f: Callable[..., Any], parameters: list[Value]) -> None:
        seen, self._edges = _walk(f)
        self.unseen = sum(id(parameter) not in seen for parameter in parameters)
        """How many parameters were not found: nobody would see it if others took their place."""
        self._twin = _c and _c.Watch([(_kind(edge), *edge) for edge in self._edges], _GONE)

    def changed(self) -> bool:
        """Whether a variable holds something else by now."""
        if self._twin:
            return self._twin.changed()
        for edge in self._edges:
            now = cast(Any, edge.get)(edge.holder, edge.keys)
            if len(now) != len(edge.held) or not all(map(_same, now, edge.held)):
                return True
        return False


_GONE = object()


def _same(now: Any, held: Any) -> bool:
    return now is held or held is _GONE or (type(now) is type(held) and type(held) in PLAIN and now == held)


def _of_cell(cell: Any, keys: None) -> tuple[Any, ...]:
    try:
        return (cell.cell_contents,)
    except ValueError:  # not bound
        return ()


def _of_dict(holder: dict[Any, Any], keys: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple([holder.get(key, _GONE) for key in keys])


def _whole_dict(holder: dict[Any, Any], keys: tuple[Any, ...]) -> tuple[Any, ...]:
    now = _of_dict(holder, keys)
    return now if len(holder) == len(keys) else (*now, _GONE)


def _items(holder: Any, keys: None) -> tuple[Any, ...]:
    return tuple(holder)


def _of_array(holder: Any, keys: None) -> tuple[Any, ...]:
    return tuple(holder.flat)


def _walk(f: Callable[..., Any]) -> tuple[set[int], list[Edge]]:
    """Everything that the function can reach by variables: the ids of all things, and the edges that may change."""
    seen, todo, edges = {id(_GONE)}, list[Any]([f]), list[Edge]()
    while todo:
        thing = todo.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if type(thing) is not Value and not isinstance(thing, LEAVES):
            for edge in _members(thing):
                todo += edge.held
                if edge.get:
                    edges.append(edge)
    return seen, edges


def _members(thing: Any) -> Iterator[Edge]:
    """What a thing holds."""
    if isinstance(thing, types.FunctionType):
        for cell in thing.__closure__ or ():
            yield Edge(_of_cell, cell, None, _of_cell(cell, None))
        if (thing.__module__ or "").partition(".")[0] in OURS:
            return
        names = tuple(name for name in thing.__code__.co_names if name in thing.__globals__)
        yield Edge(_of_dict, thing.__globals__, names, _of_dict(thing.__globals__, names))
        yield Edge(None, thing, None, (*(thing.__defaults__ or ()), *(thing.__kwdefaults__ or {}).values()))
    elif isinstance(thing, types.MethodType):
        yield Edge(None, thing, None, (thing.__self__, thing.__func__))
    elif isinstance(thing, dict):
        keys = tuple(cast(Any, thing))
        yield Edge(_whole_dict, cast(Any, thing), keys, _of_dict(cast(Any, thing), keys))
    elif isinstance(thing, tuple):
        yield Edge(None, cast(Any, thing), None, cast(Any, thing))
    elif isinstance(thing, list):
        held = tuple([x if type(x) is Value or not isinstance(x, PLAIN) else _GONE for x in thing])
        yield Edge(_items, cast(Any, thing), None, held)
    elif isinstance(thing, np.ndarray):
        if cast(Any, thing).dtype == object:
            yield Edge(_of_array, cast(Any, thing), None, _of_array(thing, None))
    else:
        if isinstance(namespace := getattr(thing, "__dict__", None), dict):
            yield from _members(namespace)
        for name in ("__call__", "forward"):
            method = getattr(cast(Any, type(thing)), name, None)
            if isinstance(method, types.FunctionType):
                yield Edge(None, thing, None, (method,))


def _kind(edge: Edge) -> int:
    """How C compares an edge: by itself what is plain, and by `get` what has code of its own."""
    get, holder, keys, held = edge
    kind, name = cast(Any, type(holder)), "CALLED"
    if get is _of_cell and held:
        name = "CELL"
    elif kind is dict and all(type(key) is str for key in keys or ()):
        name = "DICT" if get is _whole_dict else "ENTRIES"
    elif kind is list:
        name = "LIST"
    elif kind is np.ndarray and holder.flags.c_contiguous:
        name = "ARRAY"
    return _c.WATCH[name]
