"""Sees whether a function still means what it meant when it was traced.

A traced function found its parameters through variables: a closure, a global name, an attribute of a model, a place in
a list. If one of these holds another object now, the trace is out of date. The numbers of the parameters do not count:
they are read at each call.

Watch walks over the variables. Where the C extension is built, the comparing at each call is done there (_c/watch.c).
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any, cast

import numpy as np

from ..engines import Value
from .extension import extension as _c

PLAIN = (bool, int, float, complex, str, bytes, type(None))
"""Compared by what they are; all else by which object it is."""
CLOSED = (types.ModuleType, type, types.BuiltinFunctionType)
OURS = ("autograd", "nn", "numpy", "math")
"""Packages whose global variables no program changes: not looked into."""

Edge = tuple[Callable[[Any, Any], Any], Any, Any, Any]
"""get, holder, key, held: get(holder, key) gave what was held."""


class Watch:
    """Every variable through which a function reaches its parameters, and what it held.

    Numbers in lists and in arrays of numbers are not watched.
    """

    def __init__(self, f: Callable[..., Any], parameters: list[Value]) -> None:
        self._edges = list(_edges(f))
        held = {x for *_, x in self._edges if isinstance(x, Value)}
        self.unseen = len(set(parameters) - held)
        """How many parameters were not found: nobody would see it if others took their place."""
        self._twin = _c and _c.Watch(list(_gathered(self._edges)), _GONE)

    def changed(self) -> bool:
        """Whether a variable holds something else by now."""
        if self._twin:
            return self._twin.changed()
        for get, holder, key, held in self._edges:
            now = get(holder, key)
            if now is not held and not (type(now) is type(held) and type(held) in PLAIN and now == held):
                return True
        return False


_GONE = object()


def _of_cell(cell: Any, key: None) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not bound
        return _GONE


def _of_dict(holder: dict[Any, Any], key: Any) -> Any:
    return holder.get(key, _GONE)


def _of_sequence(holder: Any, key: int) -> Any:
    return holder[key] if key < len(holder) else _GONE


def _of_array(holder: Any, key: int) -> Any:
    return holder.flat[key] if key < holder.size else _GONE


def _length(holder: Any, key: None) -> int:
    return len(holder)


def _fixed(holder: Any, key: None) -> Any:
    return holder


def _edges(f: Callable[..., Any]) -> Iterator[Edge]:
    """Walk over everything that the function can reach by variables."""
    seen, todo = set[int](), list[Any]([f])
    while todo:
        thing = todo.pop()
        if id(thing) not in seen and not isinstance(thing, (*PLAIN, *CLOSED, Value)):
            seen.add(id(thing))
            for edge in _members(thing):
                yield edge
                todo.append(edge[-1])


def _members(thing: Any) -> Iterator[Edge]:
    """What a thing holds."""
    if isinstance(thing, types.FunctionType):
        for cell in thing.__closure__ or ():
            yield _of_cell, cell, None, _of_cell(cell, None)
        if (thing.__module__ or "").partition(".")[0] in OURS:
            return
        for name in thing.__code__.co_names:
            if name in thing.__globals__:
                yield _of_dict, thing.__globals__, name, thing.__globals__[name]
        for value in (*(thing.__defaults__ or ()), *(thing.__kwdefaults__ or {}).values()):
            yield _fixed, value, None, value
    elif isinstance(thing, types.MethodType):
        yield _fixed, thing.__self__, None, thing.__self__
        yield _fixed, thing.__func__, None, thing.__func__
    elif isinstance(thing, dict):
        yield _length, thing, None, len(cast(Any, thing))
        for key, value in list(cast(dict[Any, Any], thing).items()):
            yield _of_dict, thing, key, value
    elif isinstance(thing, (list, tuple)):
        yield _length, thing, None, len(cast(Any, thing))
        for place, value in enumerate(cast(Any, thing)):
            if not isinstance(value, PLAIN):
                yield _of_sequence, thing, place, value
    elif isinstance(thing, np.ndarray):
        array = cast(Any, thing)
        if array.dtype == object:
            for place, value in enumerate(array.flat):
                yield _of_array, array, place, value
    else:
        yield from _members(getattr(thing, "__dict__", {}))
        for name in ("__call__", "forward"):
            method = getattr(cast(Any, type(thing)), name, None)
            if isinstance(method, types.FunctionType):
                yield _fixed, method, None, method


def _gathered(edges: list[Edge]) -> Iterator[tuple[int, Any, Any, tuple[Any, ...] | None, tuple[Any, ...]]]:
    """The edges as C takes them, (kind, get, holder, keys, held): those of one holder in one."""
    sized: Any = None  # the dict whose length is watched: all of its entries follow
    for (_, get), group in groupby(edges, lambda edge: (id(edge[1]), edge[0])):
        group = list(group)
        holder, kind = group[0][1], cast(Any, type(group[0][1]))
        keys, held = tuple(edge[2] for edge in group), tuple(edge[3] for edge in group)
        if get is _fixed or kind is tuple:  # it cannot change
            continue
        if get is _of_cell:
            yield _c.WATCH["CELL"], get, holder, None, held[:1]
        elif get is _length and kind is list:
            yield _c.WATCH["LIST_LENGTH"], get, holder, None, (_GONE,) * held[0]
        elif get is _length and kind is dict and all(type(key) is str for key in holder):
            sized = holder
            if not holder:
                yield _c.WATCH["DICT"], get, holder, (), ()
        elif get is _of_sequence and kind is list:
            yield _c.WATCH["LIST"], get, holder, None, _placed(keys, held)
        elif get is _of_array and kind is np.ndarray and holder.flags.c_contiguous:
            yield _c.WATCH["ARRAY"], get, holder, None, held
        elif get is _of_dict and kind is dict and all(type(key) is str for key in keys):
            if sized is holder:
                yield _c.WATCH["DICT"], get, holder, keys, held
            else:
                for key, value in zip(keys, held, strict=True):
                    yield _c.WATCH["ENTRY"], get, holder, (key,), (value,)
        else:
            for key, value in zip(keys, held, strict=True):
                yield _c.WATCH["CALLED"], get, holder, (key,), (value,)


def _placed(keys: tuple[int, ...], held: tuple[Any, ...]) -> tuple[Any, ...]:
    """The items at their places in the sequence, _GONE between."""
    items = [_GONE] * (keys[-1] + 1)
    for key, value in zip(keys, held, strict=True):
        items[key] = value
    return tuple(items)
