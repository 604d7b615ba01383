"""What a thing holds, and how to ask for it again: the items of a list, entries of a dict, attributes, numbers.

>>> table = {"a": 2.0}
>>> edge = Edge(whole_dict, table, ("a",), whole_dict(table, ("a",)))
>>> table["a"] = 3.0
>>> now = edge.get(edge.holder, edge.keys)
>>> is_same(now[0], edge.held[0])
False
"""

from __future__ import annotations

from collections.abc import Callable
from math import copysign
from typing import Any, NamedTuple, cast

PLAIN = (bool, int, float, complex, str, bytes, type(None))
"""Compared by what they are; all else by which object it is."""

GONE = object()
"""What is not there."""
DATUM = object()
"""Stands for a number among data."""


class Edge(NamedTuple):
    """What a thing holds."""

    get: Callable[[Any, Any], tuple[Any, ...]] | None
    """get(holder, keys) gives what it holds by now; None of what cannot change."""
    holder: Any
    keys: tuple[Any, ...] | None
    """Names or places, one for each thing held, where it takes such to find them."""
    held: tuple[Any, ...]


def of_cell(cell: Any, keys: None) -> tuple[Any, ...]:
    """What a variable of an outer function holds."""
    try:
        return (cell.cell_contents,)
    except ValueError:  # not bound
        return ()


def of_dict(holder: dict[Any, Any], keys: tuple[Any, ...]) -> tuple[Any, ...]:
    """Global variables, or attributes of a module."""
    return tuple([holder.get(key, GONE) for key in keys])


def whole_dict(holder: dict[Any, Any], keys: tuple[Any, ...]) -> tuple[Any, ...]:
    """All attributes or entries; longer if there are others, or if they stand in another order."""
    now = of_dict(holder, keys)
    return now if len(holder) == len(keys) and all(map(is_same, holder, keys)) else (*now, GONE)


def items(holder: Any, keys: None) -> tuple[Any, ...]:
    """Of a list, a set or a deque."""
    return tuple(holder)


def among_data(holder: Any, keys: None) -> tuple[Any, ...]:
    """The items of a list that are no plain numbers."""
    return tuple([DATUM if isinstance(x, PLAIN) else x for x in holder])


def of_array(holder: Any, keys: None) -> tuple[Any, ...]:
    """The items of an array of objects."""
    return tuple(holder.flat)


def of_numbers(holder: Any, keys: None) -> tuple[bytes]:
    """All numbers of an array, in one."""
    return (holder.tobytes(),)


def of_bytes(holder: Any, keys: None) -> tuple[bytes]:
    """What stands in a bytearray or an array of Python's library, in one."""
    return (bytes(holder),)


def of_class(holder: type, keys: tuple[str, ...]) -> tuple[Any, ...]:
    """Attributes of a class, without those of the classes above it."""
    own = vars(holder)
    return tuple([own.get(key, GONE) for key in keys])


def of_size(holder: Any, keys: None) -> tuple[int]:
    """How many attributes a class or module has: more, when one is new."""
    return (len(cast(dict[str, Any], vars(holder))),)


def of_weak(holder: Any, keys: None) -> tuple[Any]:
    """What a weak reference leads to."""
    return (holder(),)


def of_slots(holder: Any, keys: tuple[str, ...]) -> tuple[Any, ...]:
    """Attributes that do not stand in a dict."""
    return tuple([getattr(holder, key, GONE) for key in keys])


def is_same(now: Any, held: Any) -> bool:
    """Whether they are the same object, or plain and equal."""
    if now is held or type(now) is not type(held) or type(held) not in PLAIN or now != held:
        return now is held
    return type(held) is not float or copysign(1.0, now) == copysign(1.0, held)  # 1 / -0.0 is another number
