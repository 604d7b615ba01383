"""Callbacks: what happens beside the training, after each epoch of `fit`.

A callback is a function of the run, or an object of class Callback:

>>> from nn import SGD, Neuron, fit
>>> neuron = Neuron(1)
>>> def show(run):
...     print("epoch", run.epoch)
>>> optimizer = SGD(neuron.parameters(), lr=0.1)
>>> history = fit(neuron, [[1.0]], [2.0], loss="mse", optimizer=optimizer, epochs=2, callbacks=[show], progress=False)
epoch 1
epoch 2
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from .history import History
from .module import Module
from .optimizer import Optimizer
from .state import same_keys


@dataclass
class Run:
    """A training in progress, as callbacks see it.

    Attributes:
        model, optimizer, scheduler: as given to `fit`; scheduler is None if there is none.
        history: with the numbers of every epoch so far.
        names: the columns of numbers that this run gives: "loss", "val_loss", the metrics.
        stopped: empty, or why the training is to end.
        callbacks: all of this run.
    """

    model: Module
    optimizer: Optimizer
    scheduler: Any
    history: History
    names: tuple[str, ...] = ()
    stopped: str = ""
    callbacks: Sequence[Callback] = ()

    @property
    def epoch(self) -> int:
        """How many epochs are done; 1 after the first."""
        return self.history.epochs

    def stop(self, reason: str) -> None:
        """End the training after this epoch; history.stopped will be the reason."""
        self.stopped = reason


class Callback:
    """The base of callbacks: write one or more of the three methods.

    They are called in the order in which the callbacks were given; `on_train_end` only if no error (nor Ctrl-C)
    broke the training off.
    """

    def on_train_begin(self, run: Run) -> None:
        """Before the first epoch."""

    def on_epoch_end(self, run: Run) -> None:
        """After each epoch, when its numbers are in run.history and the scheduler has stepped."""

    def on_train_end(self, run: Run) -> None:
        """After the last epoch."""

    def state_dict(self) -> dict[str, Any]:
        """What it must remember if the training goes on after it was broken off, for JSON; {} if nothing."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave."""


class EarlyStopping(Callback):
    """Stop when a number has not improved for `patience` epochs, and go back to the best weights.

    If `fit` goes on with an earlier history, the epochs in it count too. The best weights, if they are not those that
    the training goes on with, must then come from the EarlyStopping of before: from this same object, or from a
    checkpoint by `load(path, callbacks=[stopping])`. Otherwise they are lost, and if no later epoch is better the
    model keeps its last weights.

    Args:
        monitor: the number to watch: "val_loss", "loss" or the name of a metric, "val_accuracy".
        patience: so many epochs without progress end the training.
        min_delta: the least progress that counts.
        restore_best: at the end give the model the weights of the best epoch. The optimiser stays as it is.
        mode: "min" if smaller is better, "max" if larger is. None is "min" for the losses; of a metric it must be
            said.

    Attributes:
        best: the best number so far. best_epoch: the epoch that had it, from 1.

    Raises:
        ValueError: patience or min_delta is out of range, the mode is unknown, or was not said of a metric; at the
            start of the training, the run does not give the number.

        >>> EarlyStopping(patience=5).monitor
        'val_loss'
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        patience: int = 10,
        min_delta: float = 0.0,
        restore_best: bool = True,
        mode: Literal["min", "max"] | None = None,
    ) -> None:
        if type(patience) is not int or patience < 1:
            raise ValueError(f"EarlyStopping: patience must be a whole number of 1 or more, got {patience!r}")
        if not 0 <= min_delta < math.inf:
            raise ValueError(f"EarlyStopping: min_delta must be 0 or more and finite, got {min_delta!r}")
        if mode is None and monitor in ("loss", "val_loss"):
            mode = "min"
        if mode not in ("min", "max"):
            raise ValueError(
                f"EarlyStopping: mode must be 'max' if a larger {monitor!r} is better, 'min' if a smaller one is, "
                f"got {mode!r}"
            )
        self.monitor, self.patience, self.min_delta, self.restore_best = monitor, patience, min_delta, restore_best
        self.mode: Literal["min", "max"] = mode
        self._forget()

    def _forget(self) -> None:
        self.best = math.inf if self.mode == "min" else -math.inf
        self.best_epoch = 0
        self._weights: dict[str, float] = {}
        self._waited = 0

    def on_train_begin(self, run: Run) -> None:
        """Count the epochs of the history; a ValueError if the run does not give the number to watch."""
        if self.monitor not in run.names:
            help = "; give fit validation data" if self.monitor == "val_loss" else ""
            raise ValueError(f"EarlyStopping: there is no {self.monitor!r} to watch, only {', '.join(run.names)}{help}")
        before = self.best, self.best_epoch, self._weights
        self._forget()
        for epoch, number in enumerate(run.history.columns().get(self.monitor, []), 1):
            self._count(number, epoch)
        if self.best_epoch and self.best_epoch == run.epoch:
            self._keep(run)
        elif before[:2] == (self.best, self.best_epoch):
            self._weights = before[2]
        if self._waited >= self.patience:
            run.stop("early stopping")

    def on_epoch_end(self, run: Run) -> None:
        """Look at the number: keep the weights if it is the best, stop if that was too long ago."""
        self._count(run.history.columns()[self.monitor][-1], run.epoch)
        if self.best_epoch == run.epoch:
            self._keep(run)
        elif self._waited >= self.patience:
            run.stop("early stopping")

    def _count(self, number: float, epoch: int) -> None:
        progress = self.best - number if self.mode == "min" else number - self.best
        if progress > self.min_delta:
            self.best, self.best_epoch, self._waited = number, epoch, 0
        else:
            self._waited += 1

    def _keep(self, run: Run) -> None:
        if self.restore_best:
            self._weights = run.model.state_dict()

    def on_train_end(self, run: Run) -> None:
        """Put the weights of the best epoch back."""
        run.model.load_state_dict(self._weights, strict=False)

    def state_dict(self) -> dict[str, Any]:
        """The best number, its epoch and its weights; what else it counts is in the history."""
        return {"best": self.best, "best_epoch": self.best_epoch, "weights": dict(self._weights)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave.

        Raises:
            ValueError: a key is unknown or missing.
        """
        same_keys("EarlyStopping.load_state_dict: the state", state_dict, {"best", "best_epoch", "weights"})
        self.best, self.best_epoch = state_dict["best"], state_dict["best_epoch"]
        self._weights = dict(state_dict["weights"])


class _Function(Callback):
    """A plain function as a callback."""

    def __init__(self, function: Callable[[Run], Any]) -> None:
        self.function = function

    def on_epoch_end(self, run: Run) -> None:
        self.function(run)


def as_callbacks(callbacks: Iterable[Callback | Callable[[Run], Any]]) -> list[Callback]:
    """The callbacks, with the functions among them made objects.

    Raises:
        TypeError: one is neither a Callback nor a function of the run.
    """
    if isinstance(callbacks, Callback) or not hasattr(callbacks, "__iter__"):
        raise TypeError(f"fit: callbacks must be a list, got {callbacks!r}; write callbacks=[...]")
    made: list[Callback] = []
    for callback in callbacks:
        if isinstance(callback, type):
            name = cast(Any, callback).__name__
            raise TypeError(f"fit: a callback must be an object or a function, got the class {name}; write {name}()")
        if not isinstance(callback, Callback) and not callable(callback):
            raise TypeError(f"fit: a callback must be a Callback or a function of the run, got {callback!r}")
        made.append(callback if isinstance(callback, Callback) else _Function(callback))
    return made
