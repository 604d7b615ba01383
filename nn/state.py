"""States that were saved: the numbers of a model by their names, and whether a dict or list is as it must be."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any, cast

from autograd import Value

from .sizes import described


def owner(name: str, paths: Container[str]) -> str:
    """The longest of the dotted paths that the name begins with; "" if none does.

    >>> owner("layers.0.neurons.1.w.0", {"layers.0", "layers.1"})
    'layers.0'
    """
    while name and name not in paths:
        name = name.rpartition(".")[0]
    return name


def matched(
    state: Any, parameters: Mapping[str, Value], modules: Mapping[str, object], strict: bool
) -> tuple[dict[str, float], list[str], list[str]]:
    """The numbers of a state that have a parameter of their name, checked; the names it lacks; those it has too many.

    Raises:
        TypeError: the state is no dict, or holds what is no number.
        ValueError: strict, and the names are not those of the parameters.
    """
    if not isinstance(state, Mapping):
        raise TypeError(
            f"load_state_dict(state): state must be a dict from names to numbers, got {type(state).__name__}"
        )
    given = cast(Mapping[str, Any], state)
    missing = [name for name in parameters if name not in given]
    unexpected = [name for name in given if name not in parameters]
    if strict and (missing or unexpected):
        raise _misfit(missing, unexpected, parameters, given, modules)
    numbers: dict[str, float] = {}
    for name in parameters:
        if name in given:
            try:
                numbers[name] = Value(given[name]).data
            except TypeError:
                got = f"{type(given[name]).__name__}: {given[name]!r}"
                raise TypeError(f"load_state_dict(state): {name} expected a number, got {got}") from None
    return numbers, missing, unexpected


def _misfit(
    missing: list[str],
    unexpected: list[str],
    parameters: Mapping[str, Value],
    given: Mapping[str, Any],
    modules: Mapping[str, object],
) -> ValueError:
    """Says it of the first part of the model that the state does not fit."""
    first = (missing or unexpected)[0]
    path = owner(str(first), modules)
    problems: list[str] = []
    for names, what in ((missing, "missing"), (unexpected, "unknown")):
        if names:
            more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
            problems.append(f"{names[0]!r} is {what}{more}")
    part = described(path, modules[path])
    expected, got = _inside(path, parameters), _inside(path, given)
    return ValueError(
        f"load_state_dict(state): {part} expected {expected} number{'s' * (expected != 1)}, got {got}: "
        f"{'; '.join(problems)}. Nothing was loaded; strict=False takes what fits"
    )


def _inside(path: str, names: Iterable[object]) -> int:
    return sum(str(name).startswith(f"{path}." if path else "") for name in names)


def same_keys(what: str, found: Any, keys: set[str], optional: set[str] | None = None) -> None:
    """Raise ValueError unless `found` is a dict with these keys, and no others but the optional ones."""
    if not isinstance(found, dict):
        raise ValueError(f"{what} must be a dict, got {type(found).__name__}")
    names = set(cast(dict[str, Any], found))
    if missing := sorted(keys - names):
        raise ValueError(f"{what} lacks {', '.join(map(repr, missing))}")
    if unknown := sorted(map(repr, names - keys - (optional or set()))):
        raise ValueError(f"{what} has the unknown key {', '.join(unknown)}; expected {', '.join(sorted(keys))}")


def same_size(what: str, found: Any, size: int) -> None:
    """Raise ValueError unless `found` is a list of this size."""
    if not isinstance(found, (list, tuple)):
        raise ValueError(f"{what} must be a list, got {type(found).__name__}")
    if (given := len(cast(list[Any], found))) != size:
        raise ValueError(f"{what}: expected {size} entries, got {given}")
