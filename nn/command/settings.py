"""What is chosen for a training: written on the command line, left to its default, or remembered in a checkpoint."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, cast

from ..table import DataError

DEFAULTS: dict[str, Any] = {"hidden": [16], "activation": "relu", "optimizer": "adam", "batch_size": 256, "seed": 0}

SAMPLES, FEWEST, MOST = 240_000, 20, 1000
"""A training whose epochs are not given shows the network about so many samples, in so many epochs."""


@dataclass(frozen=True)
class Settings:
    """All that makes a training what it is, but the data; the names are those of the options."""

    target: str
    task: str
    loss: str
    hidden: list[int]
    activation: str
    optimizer: str
    lr: float
    epochs: int
    batch_size: int
    seed: int


def chosen(given: dict[str, Any], rows: int) -> Settings:
    """The settings that are given, and defaults for the others.

    Args:
        given: with target, task and loss; what is no setting is passed over.
        rows: to train with.

    >>> chosen({"target": "y", "task": "regression", "loss": "mse", "lr": 0.5}, rows=120).epochs
    1000
    """
    later: dict[str, Any] = {"epochs": epochs_for(rows), "lr": rate_for(given.get("optimizer", ""))}
    settings = DEFAULTS | later | given
    return Settings(**{field.name: settings[field.name] for field in fields(Settings)})


def rate_for(optimizer: str) -> float:
    """The learning rate of an optimiser, if none is given.

    >>> rate_for("sgd"), rate_for("adam")
    (0.1, 0.02)
    """
    return 0.1 if optimizer == "sgd" else 0.02


def epochs_for(rows: int) -> int:
    """The epochs for so many rows to train with, if they are not given: the fewer, the more rows there are.

    >>> epochs_for(120), epochs_for(1437), epochs_for(100_000)
    (1000, 167, 20)
    """
    return min(MOST, max(FEWEST, round(SAMPLES / rows)))


def continued(saved: Settings, given: dict[str, Any], done: int, place: str) -> Settings:
    """The settings to go on with: those of the checkpoint, but the epochs that are given.

    Args:
        saved: of the checkpoint. given: what stands on the command line; what is no setting is passed over.
        done: the epochs that are trained. place: the checkpoint, for messages.

    Raises:
        DataError: a setting is given that the checkpoint does not have, or there are no epochs left.
    """
    for name, had in vars(saved).items():
        wanted = given.get(name, had)
        if name != "epochs" and wanted != had:
            option = f"--{name.replace('_', '-')}"
            raise DataError(
                f"{place} was trained with {option} {words(had)}, got {option} {words(wanted)}; "
                "leave it out to go on, or leave --resume out to start anew"
            )
    epochs = given.get("epochs", saved.epochs)
    if epochs < done:
        raise DataError(f"{place} has {done} epochs, of {epochs} in all; for more, write --epochs {2 * done}")
    return replace(saved, epochs=epochs)


def words(setting: Any) -> str:
    """A setting as it is written on the command line.

    >>> words([16, 8])
    '16 8'
    """
    return " ".join(map(str, cast(list[Any], setting))) if isinstance(setting, list) else str(setting)
