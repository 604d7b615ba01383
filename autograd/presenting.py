"""What pictures, the player and explanations share: names for Values, and files that are written whole."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from .engines import Value


class HasParameters(Protocol):
    """What an nn.Module is here."""

    def named_parameters(self) -> Any:
        """Pairs of a name and a Value."""
        ...


GivenNames = Mapping[str, Value] | HasParameters | None
"""Names for Values without a label: a dict, or a Module."""


def named_values(names: Any, call: str) -> list[tuple[str, Value]]:
    """The names and what they stand for; `call` is what the person wrote, for the error.

    >>> named_values({"a": Value(2.0)}, "draw(value, names)")
    [('a', Value(data=2.0, grad=0.0))]
    """
    if names is None:
        return []
    if isinstance(names, Mapping):
        return list(names.items())  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if hasattr(names, "named_parameters"):
        return list(names.named_parameters())
    raise TypeError(
        f"{call}: names must be a dict from names to Values, or have named_parameters(), "
        f"got {type(names).__name__}: {names!r}"
    )


def told_apart(names: Iterable[str]) -> list[str]:
    """The names, no two alike: the second of a kind gets #2, or the next number that nobody has. None stays none.

    >>> told_apart(["a", "", "a", "a#2", "", "a"])
    ['a', '', 'a#3', 'a#2', '', 'a#4']
    """
    names = list(names)
    taken, numbers = {"", *names}, dict[str, Iterator[int]]()
    apart = list[str]()
    for name in names:
        if name and name in numbers:
            name = next(new for i in numbers[name] if (new := f"{name}#{i}") not in taken)
        else:
            numbers[name] = count(2)
        apart.append(name)
    return apart


def check_folder(path: Path, call: str) -> None:
    """A FileNotFoundError, before any work, if the folder to write to is not there."""
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{call}: there is no folder {str(path.parent)!r} to write {path.name!r} to")


def write_whole(path: Path, data: bytes) -> Path:
    """Write the file whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path
