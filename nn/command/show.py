"""`python -m nn summary CHECKPOINT` and `python -m nn datasets`: what there is."""

from __future__ import annotations

import inspect
from typing import Any

from ..data import DATASETS
from ..table import DataError
from .saved import path_of, read, understood
from .settings import words
from .tables import NAMED


def summary(given: dict[str, Any]) -> None:
    """Print the layers of a network, and how it was trained, if the command line trained it.

    Raises:
        DataError: the file cannot be read.
    """
    path = path_of(given["checkpoint"])
    checkpoint = read(path)
    print(checkpoint.model.summary())
    try:
        saved = understood(path, checkpoint)
    except DataError:
        return
    encoding, settings, history = saved.encoding, vars(saved.settings), saved.history
    print()
    print(f"features: {', '.join(encoding.features)}")
    if encoding.classes:
        print(f"classes: {', '.join(encoding.classes)}")
    for name, setting in settings.items():
        print(f"{name.replace('_', '-')}: {words(setting)}")
    losses = f"loss {history.losses[0]:.4g} in the first, {history.losses[-1]:.4g} in the last"
    print(f"trained: {history.epochs} epochs, {losses}, {sum(history.times):.1f} s")


def datasets() -> None:
    """Print the names that DATA can be, each with what it is."""
    width = max(map(len, NAMED))
    for name, function in NAMED.items():
        about = first_line(function) if name in DATASETS else f"The four rows of the logic gate {name.upper()}."
        print(f"{name:{width}}  {about}")


def first_line(function: Any) -> str:
    """What a function says of itself first."""
    return (inspect.getdoc(function) or "").split("\n")[0].replace("`", "")
