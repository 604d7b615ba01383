"""What a function can reach: every variable through which its code finds numbers, Values and other functions.

>>> def make():
...     scale = [2.0]
...     return scale, lambda x: scale[0] * x
>>> scale, f = make()
>>> reach = Reach(f)
>>> scale[0] = 3.0
>>> list(reach.changes())
['scale[0]']

Variables are what the closure of a function holds, the global names in its code, attributes of objects, of their
classes and of modules, entries of dicts and items of lists. Code of Python's own library and of `OURS` is not read.
"""

from __future__ import annotations

import array
import builtins
import dis
import sys
import types
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, cast

import numpy as np

from ..engines import Value
from .edges import (
    DATUM,
    GONE,
    PLAIN,
    Edge,
    among_data,
    is_same,
    items,
    of_array,
    of_bytes,
    of_cell,
    of_class,
    of_dict,
    of_numbers,
    of_size,
    of_slots,
    of_weak,
    whole_dict,
)

CLOSED = (*PLAIN, Value, types.CodeType)
"""What is not walked into."""
CLOSED_TYPES = frozenset(CLOSED)
OURS = ("autograd", "nn", "numpy", "math")
"""Packages whose global variables and classes no program changes: not looked into."""
IMPORT = dis.opmap["IMPORT_NAME"]
DATA = 10_000
"""More plain numbers than these in one list or array are data, which are not watched one by one."""

CONTAINERS = (
    dict, list, tuple, set, frozenset, deque, np.ndarray, array.array, bytearray, weakref.ref, types.MappingProxyType
)  # fmt: skip
"""What is walked through item by item."""


LOOKS = (types.GetSetDescriptorType, types.MemberDescriptorType)
"""How a class gives the `__dict__` and the slots of its things."""


class Reach:
    """The walk over everything that a function can reach by variables.

    Attributes:
        edges: what may change.
        seen: the ids of all things that were found.
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        self.edges, self.seen = list[Edge](), {id(f), id(GONE), id(DATUM)}
        self._names = set[str]()  # that the code speaks of
        self._named = list[Any]()  # classes and modules: of these only attributes with such names matter
        self._looked_at = set[tuple[int, str]]()
        self._slots = dict[type, tuple[str, ...]]()
        self._paths = {id(f): ""}
        todo, known = [f], -1
        while todo:
            for edge in self._members(todo.pop()):
                if edge.get:
                    self.edges.append(edge)
                if CLOSED_TYPES.issuperset(map(type, edge.held)):  # mostly Values, and many
                    self.seen.update(map(id, edge.held))
                    continue
                for i, held in enumerate(edge.held):
                    if id(held) not in self.seen:
                        self.seen.add(id(held))
                        if type(held) is not Value and not isinstance(held, CLOSED):
                            self._paths[id(held)] = self._path(edge, i)
                            todo.append(held)
            if not todo and len(self._names) > known:
                todo, known = [*self._named], len(self._names)

    def changes(self) -> Iterator[str]:
        """What a person calls the variables that hold something else by now."""
        for edge in self.edges:
            now = cast(Any, edge.get)(edge.holder, edge.keys)
            yield from [self._path(edge, i) for i, pair in enumerate(zip(now, edge.held)) if not is_same(*pair)]  # noqa: B905
            if len(now) != len(edge.held):
                what = self._paths.get(id(edge.holder), "").removesuffix(".")
                ordered = edge.get is whole_dict and len(edge.holder) == len(edge.held)
                yield f"the order of {what}" if ordered else f"len({what})"

    def _path(self, edge: Edge, i: int) -> str:
        """What a person calls the variable."""
        get, holder, keys, _ = edge
        before = self._paths.get(id(holder), "")
        if (
            get is None
            or get in (of_numbers, of_bytes, of_cell, of_size, of_weak)
            or isinstance(holder, (set, frozenset))
        ):
            return keys[i] if keys else before
        if keys is None:
            return f"{before}[{i}]"
        if get is of_class or get is of_slots:
            return f"{before}.{keys[i]}"
        return f"{before}[{keys[i]!r}]" if before and not before.endswith(".") else f"{before}{keys[i]}"

    def _members(self, thing: Any) -> Iterator[Edge]:
        """What a thing holds."""
        path = self._paths[id(thing)]
        if isinstance(thing, types.FunctionType):
            yield from self._of_function(thing, path)
        elif isinstance(thing, types.MethodType):
            yield Edge(None, thing, (f"{path}.self".lstrip("."), path), (thing.__self__, thing.__func__))
        elif isinstance(thing, types.BuiltinFunctionType):
            if not isinstance(thing.__self__, types.ModuleType):
                yield Edge(None, thing, (path,), (thing.__self__,))
        elif isinstance(thing, (types.ModuleType, type)):
            yield from self._of_names(thing, path)
        else:
            if isinstance(thing, CONTAINERS):
                yield from _contents(cast(Any, thing), path)
            if type(cast(object, thing)) not in CONTAINERS:  # a list with attributes and methods of its own, too
                yield from self._of_object(cast(object, thing), path)

    def _of_function(self, f: types.FunctionType, path: str) -> Iterator[Edge]:
        for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
            self._paths[id(cell)] = name
            yield Edge(of_cell, cell, None, of_cell(cell, None))
        path = path or f.__name__
        self._paths[id(f)] = path
        own = ("__code__", "__defaults__", "__kwdefaults__")
        yield Edge(of_slots, f, own, of_slots(f, own))
        if f.__dict__:
            yield self._attributes(f, path)
        if _is_closed(f.__module__):
            return
        names = tuple(sorted(_names(f.__code__)))  # what is not there now may come later
        self._names.update(names)
        hidden = cast(dict[str, Any], vars(builtins))
        of_python = tuple([name for name in names if name in hidden and name not in f.__globals__])
        yield Edge(of_dict, f.__globals__, names, of_dict(f.__globals__, names))
        if imported := _imported(f):
            yield Edge(of_dict, sys.modules, imported, of_dict(cast(Any, sys.modules), imported))
        if of_python:
            yield Edge(of_dict, hidden, of_python, of_dict(hidden, of_python))

    def _of_names(self, thing: Any, path: str) -> Iterator[Edge]:
        """The attributes of a class or module that the code has names for; of a class, also what operators call.

        And the classes above it: `super()` may call what another class has in its place.
        """
        is_class = isinstance(thing, type)
        if _is_closed(thing.__module__ if is_class else thing.__name__):
            return
        if (id(thing), "") not in self._looked_at:
            self._looked_at.add((id(thing), ""))
            self._named.append(thing)
            yield Edge(of_size, thing, None, of_size(thing, None))
            if is_class:
                above = (*thing.__bases__, type(thing))
                yield Edge(None, thing, (path,) * len(above), above)
        has = cast(dict[str, Any], vars(thing))
        if not is_class:
            self._paths[id(has)] = f"{path}."
        found = list[str]()
        for name in sorted(has):
            special = is_class and name.startswith("__") and _acts(has[name])
            if (name in self._names or special) and (id(thing), name) not in self._looked_at:
                self._looked_at.add((id(thing), name))
                found.append(name)
        keys = tuple(found)
        if keys and is_class:
            yield Edge(of_class, thing, keys, of_class(thing, keys))
        elif keys:
            yield Edge(of_dict, has, keys, of_dict(has, keys))

    def _of_object(self, thing: object, path: str) -> Iterator[Edge]:
        cls = type(thing)
        if isinstance(getattr(thing, "__dict__", None), dict):
            yield self._attributes(thing, path)
        if cls not in self._slots:
            self._slots[cls] = _slots(cls)
        if names := self._slots[cls]:
            yield Edge(of_slots, thing, names, of_slots(thing, names))
        yield Edge(None, thing, (cls.__name__,), (cls,))

    def _attributes(self, thing: object, path: str) -> Edge:
        attributes = vars(thing)
        self._paths[id(attributes)] = f"{path}."
        only = getattr(type(thing), "WATCHED", None)  # a compiled function also has what its calls change
        return Edge(of_dict, attributes, (only,), (attributes[only],)) if only else _entries(attributes)


def _contents(thing: Any, path: str) -> Iterator[Edge]:
    if isinstance(thing, weakref.ref):
        yield Edge(of_weak, cast(Any, thing), None, of_weak(thing, None))
    elif isinstance(thing, (dict, types.MappingProxyType)):
        yield _entries(cast(Any, thing))
    elif isinstance(thing, (list, tuple)):
        yield _items(cast(Any, thing), path)
    elif isinstance(thing, np.ndarray):
        yield from _array(cast(Any, thing))
    elif isinstance(thing, (set, frozenset, deque)):
        yield Edge(items, cast(Any, thing), None, items(thing, None))
    elif len(thing) <= DATA:  # an array of Python's library, or a bytearray
        yield Edge(of_bytes, thing, None, of_bytes(thing, None))


def _acts(attribute: Any) -> bool:
    """Whether Python may call it for an operator: not what a class merely knows of itself."""
    return not isinstance(attribute, LOOKS) and (callable(attribute) or hasattr(cast(object, attribute), "__get__"))


def _entries(table: dict[Any, Any]) -> Edge:
    keys = tuple(table)
    return Edge(whole_dict, table, keys, of_dict(table, keys))


def _items(things: list[Any] | tuple[Any, ...], path: str) -> Edge:
    if isinstance(things, tuple):
        return Edge(None, things, tuple(f"{path}[{i}]" for i in range(len(things))), tuple(things))
    get = items if len(things) <= DATA else among_data
    return Edge(get, things, None, get(things, None))


def _array(array: Any) -> Iterator[Edge]:
    if array.dtype == object:
        yield Edge(of_array, array, None, of_array(array, None))
    elif array.size <= DATA:
        yield Edge(of_numbers, array, None, of_numbers(array, None))


def _slots(cls: type) -> tuple[str, ...]:
    """The attributes that its things do not have in a dict."""
    named = [(name, x) for base in cls.__mro__ for name, x in vars(base).items()]
    return tuple([name for name, x in named if isinstance(x, types.MemberDescriptorType)])


def _names(code: types.CodeType) -> set[str]:
    """Global names and attributes that code speaks of, with the functions and comprehensions inside.

    Its strings, too: getattr(thing, "name"), globals()["name"].
    """
    inner, names, todo = list[set[str]](), set(code.co_names), [*code.co_consts]
    for constant in todo:
        if isinstance(constant, types.CodeType):
            inner.append(_names(constant))
        elif isinstance(constant, (tuple, frozenset)):
            todo += cast(Any, constant)
        elif isinstance(constant, str) and constant.isidentifier():
            names.add(constant)
    return names.union(*inner)


def _imported(f: types.FunctionType) -> tuple[str, ...]:
    """Modules that the code itself imports, as far as they are not closed."""
    found, todo = set[str](), [f.__code__]
    while todo:
        code = todo.pop()
        todo += [x for x in code.co_consts if isinstance(x, types.CodeType)]
        if IMPORT in code.co_code[::2]:
            found |= {step.argval for step in dis.get_instructions(code) if step.opcode == IMPORT}
    return tuple(sorted(name for name in found if not _is_closed(name)))


def _is_closed(module: str | None) -> bool:
    package = (module or "").partition(".")[0]
    return package in OURS or package in sys.stdlib_module_names
