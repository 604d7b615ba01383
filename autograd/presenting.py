"""What pictures, the player and explanations share: names for Values, and files that are written whole."""

from __future__ import annotations

import os
from collections.abc import Mapping
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
