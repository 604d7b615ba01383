"""Compiled methods: each object keeps, among its attributes, those that were compiled for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

METHODS = "_compiled_methods"
"""The attribute where an object keeps them."""


class Methods:
    """The compiled methods of one object. A copy of the object has none yet."""

    WATCHED = "of"
    """Of its attributes this alone matters to what a function does."""

    def __init__(self, of: Any = None) -> None:
        self.of, self.found = of, dict[Any, Any]()

    def __reduce__(self) -> tuple[Any, ...]:
        return Methods, ()


def kept(thing: Any, function: Any, make: Callable[[], Any]) -> Any:
    """What `make` gave when the object's method was first asked for.

    Raises:
        TypeError: the object has no place for attributes.
    """
    attributes = getattr(thing, "__dict__", None)
    if not isinstance(attributes, dict):
        raise TypeError(
            f"{function} is a method, and an object keeps its compiled methods among its attributes, but "
            f"{type(thing).__name__} has no __dict__: leave out the decorator, and write compile(thing.method)"
        )
    methods = cast(dict[str, Any], attributes).get(METHODS)
    if not isinstance(methods, Methods) or methods.of is not thing:
        methods = attributes[METHODS] = Methods(thing)
    if function not in methods.found:
        methods.found[function] = make()
    return methods.found[function]
