"""The training loop: forward, backward, step, over and over.

>>> import random
>>> from nn import MLP, SGD
>>> random.seed(0)
>>> X, y = [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]
>>> model = MLP(1, [1])                             # must find 2x + 1
>>> history = fit(model, X, y, loss="mse", optimizer=SGD(model.parameters(), lr=0.1), epochs=200, progress=False)
>>> [round(p.data, 3) for p in model.parameters()]
[2.0, 1.0]
>>> history.epochs, history.stopped
(200, 'epochs')
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from autograd import Value

from .backpropagation import Backpropagation, backpropagate
from .callbacks import Callback, Run, as_callbacks
from .data import batches
from .history import History
from .interrupts import Interrupts
from .losses import LOSSES
from .module import Module
from .optimizer import Optimizer
from .plateau import ReduceLROnPlateau
from .prediction import predict
from .progress import shown
from .rehearsal import (
    Loss,
    MakesOptimizer,
    Metric,
    as_optimizer,
    check_pair,
    continued,
    measure,
    named,
    not_finite,
    rehearse,
    split,
)
from .schedule import Schedule

__all__ = ["DivergenceError", "Loss", "Metric", "backpropagate", "fit", "predict"]


class DivergenceError(FloatingPointError):
    """The loss or a weight became nan or inf; the model is as it was after the last good epoch.

    Attributes:
        history: of the good epochs.
    """

    def __init__(self, message: str, history: History) -> None:
        super().__init__(message)
        self.history = history


def fit(
    model: Module,
    X: Any,
    y: Any,
    *,
    loss: Loss | str,
    optimizer: MakesOptimizer,
    epochs: int = 100,
    batch_size: int | None = 16,
    target_loss: float | None = None,
    validation: tuple[Any, Any] | float | None = None,
    metrics: dict[str, Metric] | None = None,
    scheduler: Schedule | None = None,
    callbacks: Iterable[Callback | Callable[[Run], Any]] = (),
    history: History | None = None,
    seed: int = 0,
    progress: bool | int = True,
) -> History:
    """Train the model: in each epoch every sample once, in batches that are shuffled anew.

    Before anything moves, the model is tried on a sample, and the loss on all targets, so that sizes that don't
    fit are found; a model with parts that have no size yet gets them there.

    Args:
        model: gives a prediction for one sample, `model(X[i])`.
        X: n samples. y: n targets. Arrays or lists; class labels are whole numbers.
        loss: of a batch's predictions and targets, one Value, the mean over the samples; or a name in
            `nn.losses.LOSSES`: "mse", "cross_entropy", ...
        optimizer: moves the model's parameters; or a name in `nn.optim.OPTIMIZERS`, "sgd", "adam", ..., for one
            with its default learning rate; or a function that makes one of the parameters, `partial(SGD, lr=0.5)`,
            for a model whose sizes come with the data.
        epochs: how many times to go through the samples, in all (see history).
        batch_size: samples for one step; the last batch of an epoch may be smaller. None: all samples.
        target_loss: stop after an epoch whose loss is not above it.
        validation: (X, y) to compute "val_loss" and "val_" metrics from, with the model in eval mode; or the part
            of the samples that is held out for this, between 0 and 1.
        metrics: a function of (outputs, y) for each name, as {"accuracy": accuracy}; computed after each epoch, in
            eval mode, which takes one more forward pass over the data.
        scheduler: steps after each epoch; ReduceLROnPlateau is given the validation loss, or without validation
            the loss.
        callbacks: functions of the run, called after each epoch, or objects of class Callback.
        history: an earlier History to go on with: it is continued until it has `epochs` epochs. If model,
            optimizer and scheduler are as they were at its end, the result is the same to the last bit as that of
            one training.
        seed: of the shuffling (epoch k, from 1, is shuffled by numpy's default_rng([seed, k])) and of what is
            held out.
        progress: True: a bar in a terminal, about ten plain lines elsewhere; a whole number k: a line every k
            epochs; False: nothing. On stderr.

    Model and loss are compiled if the loss is one of `nn.losses`; if they cannot be, a warning says why. A loss of
    your own runs as it is written, number by number. `History.path` says which it was.

    Returns:
        The History: losses, metrics, times. At Ctrl-C the model has the weights of the last step, and a history
        that was given has the epochs that are complete.

    Raises:
        ValueError: X, y and the model don't fit together, or a setting is out of its range; nothing has moved.
        TypeError: an argument is of the wrong kind; nothing has moved.
        DivergenceError: the loss or a weight became inf or nan; model, optimiser and scheduler are as they were
            after the last good epoch.

        >>> from nn import Neuron
        >>> fit(Neuron(1), [[1.0]], [2.0], loss="mse", optimizer="sgd", epochs=3, target_loss=100.0, progress=False)
        History(1 epoch, loss ..., ... s, compiled, ... engine)
    """
    if not isinstance(model, Module):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"fit: model must be a Module, got {type(model).__name__}")
    check_pair(X, y)
    if type(seed) is not int or seed < 0:
        raise ValueError(f"fit: seed must be a whole number of 0 or more, got {seed!r}")
    for name, given, kind in (
        ("target_loss", target_loss, (int, float)),
        ("metrics", metrics, dict),
        ("history", history, History),
    ):
        if given is not None and not isinstance(given, kind):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"fit: {name} is of the wrong kind, {type(given).__name__}")
    size = len(X) if batch_size is None else batch_size
    for name, number in (("epochs", epochs), ("batch_size", size)):
        if type(number) is not int or number < 1:
            raise ValueError(f"fit: {name} must be a whole number of 1 or more, got {number!r}")
    loss_of: Loss = named("loss", loss, LOSSES)
    metrics, listeners = metrics or {}, as_callbacks(callbacks)
    model.train()
    rehearse(model, loss_of, metrics, X, y)
    X_train, y_train, held_out = split(X, y, validation, seed)
    if held_out:
        rehearse(model, loss_of, metrics, *held_out, place="validation ")
    parameters = model.parameters()
    optimizer = as_optimizer(optimizer, parameters, scheduler, history)
    names = ("loss", *["val_loss"] * bool(held_out), *metrics, *(f"val_{name}" for name in metrics if held_out))
    if len({"epoch", "lr", "seconds", *names}) < len(names) + 3:
        raise ValueError(f"fit: two numbers of an epoch would have one name: epoch, {', '.join(names)}, lr, seconds")
    history = continued(history, names, seed)
    gradients = Backpropagation(model, loss_of, X_train, y_train)
    history.path, history.stopped = gradients.path, ""
    run = Run(model, optimizer, scheduler, history, names, callbacks=listeners)
    n, moved = len(X_train), False
    weights = list(dict.fromkeys([*parameters, *optimizer.parameters]))  # to find them takes time, so once
    for listener in listeners:
        listener.on_train_begin(run)
    with Interrupts() as interrupts, shown(progress, n, history.epochs, epochs) as show:
        while history.epochs < epochs and not run.stopped:
            start, epoch, lr, total = perf_counter(), history.epochs + 1, optimizer.lr, 0.0
            restore = snapshot(weights, optimizer)
            for rows in batches(n, size, np.random.default_rng([seed, epoch])):
                batch_loss = gradients(rows, weights)
                if not math.isfinite(batch_loss):
                    restore()
                    raise DivergenceError(diagnosis("the loss", batch_loss, epoch, moved, X, y), history)
                interrupts.hold(optimizer.step)
                moved = True
                total += len(rows) * batch_loss
                show.step(len(rows))
            for parameter in weights:
                if not math.isfinite(parameter.data):
                    wrong = parameter.data
                    restore()
                    raise DivergenceError(diagnosis("a weight", wrong, epoch, moved, X, y), history)

            numbers = {"loss": total / n, **judged(gradients, metrics, X_train, y_train, held_out)}
            interrupts.hold(partial(close_epoch, run, numbers, lr, perf_counter() - start))
            show.end_epoch(epoch, numbers)
            if target_loss is not None and numbers["loss"] <= target_loss:
                run.stop("target_loss")
            for listener in listeners:
                listener.on_epoch_end(run)
            if listeners:  # which may have added parameters
                weights = list(dict.fromkeys([*model.parameters(), *optimizer.parameters]))
        history.stopped = run.stopped or "epochs"
        for listener in listeners:
            listener.on_train_end(run)
    return history


def snapshot(parameters: list[Value], optimizer: Optimizer) -> Callable[[], None]:
    """Remember the weights and what the optimiser knows; gives the function that puts it all back."""
    weights, state = [parameter.data for parameter in parameters], optimizer.state_dict()

    def restore() -> None:
        for parameter, weight in zip(parameters, weights, strict=True):
            parameter.data = weight
        optimizer.load_state_dict(state)

    return restore


def judged(
    run: Backpropagation, metrics: dict[str, Metric], X: Any, y: Any, held_out: tuple[Any, Any] | None
) -> dict[str, float]:
    """The validation loss and the metrics by their names in the History."""
    numbers: dict[str, float] = {}
    if held_out:
        numbers["val_loss"] = run.evaluate(*held_out)
    if metrics:
        numbers |= measure(run.predict(X), metrics, y)
    if metrics and held_out:
        of_held_out = measure(run.predict(held_out[0]), metrics, held_out[1], place="validation ")
        numbers |= {f"val_{name}": number for name, number in of_held_out.items()}
    return numbers


def close_epoch(run: Run, numbers: dict[str, float], lr: float, seconds: float) -> None:
    """Write the epoch into the history, and step the scheduler."""
    run.history.record(numbers, lr, seconds)
    if isinstance(run.scheduler, ReduceLROnPlateau):
        run.scheduler.step(numbers.get("val_loss", numbers["loss"]))
    elif run.scheduler:
        run.scheduler.step()


def diagnosis(what: str, number: float, epoch: int, moved: bool, X: Any, y: Any) -> str:
    """What went wrong, and what to do."""
    became = f"{what} became {number} in epoch {epoch}"
    if data := not_finite(X, y):
        return f"{became}; {data}"
    if not moved:
        return f"{became}, before the first step; `with autograd.detect_anomaly():` names the operation that made it"
    back = f"the weights of epoch {epoch - 1}" if epoch > 1 else "the weights from before it"
    return f"{became}; a smaller learning rate may help; the model has {back} again"
