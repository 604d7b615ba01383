"""History: what happened in each epoch of a training.

>>> history = History(losses=[2.0, 0.5], lrs=[0.1, 0.1], times=[0.25, 0.25], path="eager, C engine", stopped="epochs")
>>> history
History(2 epochs, loss 2 → 0.5, 0.5 s, eager, C engine)
>>> history.epochs, history.columns()["loss"]
(2, [2.0, 0.5])
"""

from __future__ import annotations

import csv
import importlib
import io
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

from .safe_file import write_safely
from .state import same_keys


@dataclass(repr=False)
class History:
    """What `fit` writes down after each epoch, and how the training ended.

    Attributes:
        losses: the mean loss of each epoch's samples, each taken before the step that learns from it.
        val_losses: the loss on the validation data after each epoch; empty without validation data.
        metrics: a list for each metric, with a number for each epoch; "val_" precedes the validation data's.
        lrs: the learning rate (of the first parameter group) in each epoch.
        times: the seconds that each epoch took, with its validation and metrics.
        path: how the gradients were computed: "eager, C engine".
        seed: of the shuffling.
        stopped: why the training ended: "epochs", "target_loss", "early stopping", or what a callback said.
            Empty while it runs, and if it broke off.
    """

    losses: list[float] = field(default_factory=list[float])
    val_losses: list[float] = field(default_factory=list[float])
    metrics: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    lrs: list[float] = field(default_factory=list[float])
    times: list[float] = field(default_factory=list[float])
    path: str = ""
    seed: int = 0
    stopped: str = ""

    @property
    def epochs(self) -> int:
        """How many epochs were trained."""
        return len(self.losses)

    def columns(self) -> dict[str, list[float]]:
        """All numbers by name, a list with one for each epoch: "loss", "val_loss", the metrics, "lr", "seconds".

        >>> list(History(losses=[1.0], metrics={"accuracy": [0.5]}, lrs=[0.1], times=[2.0]).columns())
        ['loss', 'accuracy', 'lr', 'seconds']
        """
        validation = {"val_loss": self.val_losses} if self.val_losses else {}
        return {"loss": self.losses, **validation, **self.metrics, "lr": self.lrs, "seconds": self.times}

    def record(self, numbers: dict[str, float], lr: float, seconds: float) -> None:
        """Write down one epoch: its "loss", perhaps its "val_loss", and its metrics by name."""
        for name, number in numbers.items():
            if name == "loss":
                self.losses.append(number)
            elif name == "val_loss":
                self.val_losses.append(number)
            else:
                self.metrics.setdefault(name, []).append(number)
        self.lrs.append(lr)
        self.times.append(seconds)

    def plot(self, ax: Any = None) -> Any:
        """Draw the losses and metrics over the epochs, with matplotlib; gives the Axes. See nn.plot.loss_curves."""
        plot: Any = importlib.import_module(".plot", __package__)  # here, since matplotlib takes long to load
        return plot.loss_curves(self, ax)

    def to_csv(self, path: str | os.PathLike[str]) -> Path:
        """Write a table with a row for each epoch; the file appears as a whole, or (at an error) not at all.

        Args:
            path: of the file; one that is there is replaced.

        Returns:
            The path.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = History(losses=[2.0, 0.5], lrs=[0.1, 0.1], times=[1.0, 1.0]).to_csv(folder + "/history.csv")
        ...     print(path.read_text())
        epoch,loss,lr,seconds
        1,2.0,0.1,1.0
        2,0.5,0.1,1.0
        """
        columns = self.columns()
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["epoch", *columns])
        writer.writerows([i + 1, *row] for i, row in enumerate(zip(*columns.values(), strict=True)))
        return write_safely(Path(path), text.getvalue().encode())

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain lists and dicts, which JSON keeps to the last bit.

        >>> History.from_dict(History(losses=[0.1], lrs=[1.0], times=[2.0]).to_dict()).losses
        [0.1]
        """
        return asdict(self)

    @classmethod
    def from_dict(cls, numbers: dict[str, Any]) -> History:
        """The History whose `to_dict` gave this.

        Raises:
            ValueError: a key is unknown or missing, a list holds something else than numbers, or they differ in
                length.
        """
        empty = cls().to_dict()
        same_keys("History.from_dict: the dict", numbers, set(empty))
        history = cls()
        for key, value in empty.items():
            given = numbers[key]
            if type(given) is not type(value):
                raise ValueError(f"History.from_dict: {key} must be of type {type(value).__name__}, got {given!r}")
            if isinstance(given, list):
                given = _numbers(key, given)
            elif isinstance(given, dict):
                given = {name: _numbers(name, column) for name, column in cast(dict[str, Any], given).items()}
            setattr(history, key, given)
        for name, values in history.columns().items():
            if len(values) != history.epochs:
                raise ValueError(f"History.from_dict: {history.epochs} losses, but {len(values)} numbers for {name!r}")
        return history

    def __repr__(self) -> str:
        count = f"{self.epochs} epoch" + "s" * (self.epochs != 1)
        if not self.losses:
            return f"History({count})"
        losses = f"loss {self.losses[0]:.3g} → {self.losses[-1]:.3g}"
        return f"History({count}, {losses}, {sum(self.times):.2g} s, {self.path})"


def _numbers(name: str, values: Any) -> list[float]:
    if not isinstance(values, list) or not all(type(x) in (float, int) for x in cast(list[Any], values)):
        raise ValueError(f"History.from_dict: {name} must be a list of numbers, got {values!r}")
    return list(cast(list[float], values))
