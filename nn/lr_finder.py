"""find_lr: a learning rate to start with, from one short training in which the rate grows.

Source: L. N. Smith, "Cyclical learning rates for training neural networks" (2015), section 3.3, arXiv:1506.01186.
"""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from .backpropagation import Backpropagation
from .data import batches
from .interrupts import Interrupts
from .losses import LOSSES
from .module import Module
from .prediction import keeping_modes
from .rehearsal import Loss, MakesOptimizer, as_optimizer, named, rehearse
from .training import snapshot

SMOOTHING = 0.9
"""The part of the past in the running mean of the losses."""

TOO_HIGH = 3.0
"""The search ends when the smoothed loss is above the best one by so many times its size."""


@dataclass(repr=False)
class LRFinder:
    """What `find_lr` saw.

    Attributes:
        lrs: the learning rate of each step. losses: the loss of its batch, before the step.
        smoothed: the running mean of the losses, which is less noisy.
        suggestion: a tenth of the rate at which the smoothed loss is lowest; None if it only rises.
    """

    lrs: list[float]
    losses: list[float]
    smoothed: list[float]
    suggestion: float | None

    def plot(self, ax: Any = None) -> Any:
        """Draw the loss over the learning rate, on a logarithmic scale, with matplotlib; gives the Axes.

        Raises:
            ImportError: matplotlib is not installed.
        """
        if ax is None:
            try:
                pyplot: Any = importlib.import_module("matplotlib.pyplot")
            except ImportError:
                message = 'LRFinder.plot needs matplotlib, which is not installed: pip install "scalar-autograd[plot]"'
                raise ImportError(message) from None
            _, ax = pyplot.subplots(layout="constrained")
        ax.plot(self.lrs, self.losses, color="0.75", linewidth=1, label="loss of the batch")
        ax.plot(self.lrs, self.smoothed, color="#0072b2", label="running mean")
        if self.suggestion is not None:
            ax.axvline(self.suggestion, color="black", linestyle="--", label=f"suggestion: {self.suggestion:.2g}")
        ax.set(xscale="log", xlabel="learning rate", ylabel="loss")
        ax.legend(frameon=False)
        return ax

    def __repr__(self) -> str:
        found = "no suggestion" if self.suggestion is None else f"suggestion {self.suggestion:.2g}"
        return f"LRFinder({len(self.lrs)} steps from {self.lrs[0]:.2g} to {self.lrs[-1]:.2g}, {found})"


def find_lr(
    model: Module,
    X: Any,
    y: Any,
    *,
    loss: Loss | str,
    optimizer: MakesOptimizer,
    low: float = 1e-6,
    high: float = 1.0,
    steps: int = 100,
    batch_size: int | None = 16,
    seed: int = 0,
) -> LRFinder:
    """Train for some steps while the learning rate grows from low to high, and see where the loss is lowest.

    It ends earlier when the loss explodes. Model and optimiser are left as they were.

    Args:
        model, X, y, loss, optimizer, batch_size, seed: as in `fit`.
        low, high: the first and the last learning rate; between them it grows by the same factor at each step.
        steps: how many there are, at most.

    Returns:
        The rates, the losses and a suggestion; `.plot()` draws them.

    Raises:
        ValueError, TypeError: as `fit`; low, high or steps is out of its range.

        >>> from nn import Neuron
        >>> neuron = Neuron(1, nonlin=False)
        >>> found = find_lr(neuron, [[1.0], [2.0]], [3.0, 5.0], loss="mse", optimizer="sgd", steps=50)
        >>> 0.001 < found.suggestion < 1
        True
    """
    if not 0 < low < high < math.inf:
        raise ValueError(f"find_lr: expected 0 < low < high, got low={low!r} and high={high!r}")
    size = len(X) if batch_size is None else batch_size
    for name, number, least in (("steps", steps, 2), ("batch_size", size, 1)):
        if type(number) is not int or number < least:
            raise ValueError(f"find_lr: {name} must be a whole number of {least} or more, got {number!r}")
    loss_of: Loss = named("loss", loss, LOSSES)
    rehearse(model, loss_of, {}, X, y)
    parameters = model.parameters()
    optimizer = as_optimizer(optimizer, parameters, None, None)
    weights = list(dict.fromkeys([*parameters, *optimizer.parameters]))
    restore, gradients = snapshot(weights, optimizer), [weight.grad for weight in weights]
    lrs: list[float] = []
    losses: list[float] = []
    smoothed: list[float] = []
    running = 0.0
    epochs = (batches(len(X), size, np.random.default_rng([seed, epoch])) for epoch in count(1))
    with keeping_modes(model), Interrupts() as interrupts:
        try:
            model.train()
            backpropagation = Backpropagation(model, loss_of, X, y)
            for step, rows in zip(range(steps), (rows for epoch in epochs for rows in epoch), strict=False):
                batch_loss = backpropagation(rows, weights)
                running = SMOOTHING * running + (1 - SMOOTHING) * batch_loss
                mean = running / (1 - SMOOTHING ** (step + 1))
                best = min(smoothed[steps // 10 :], default=math.inf)  # the first means are of few batches
                if not math.isfinite(mean) or mean - best > TOO_HIGH * abs(best):
                    break
                optimizer.lr = low * (high / low) ** (step / (steps - 1))
                lrs.append(optimizer.lr)
                losses.append(batch_loss)
                smoothed.append(mean)
                interrupts.hold(optimizer.step)
        finally:
            interrupts.hold(restore)
            for weight, gradient in zip(weights, gradients, strict=True):
                weight.grad = gradient
    if not lrs:
        raise ValueError("find_lr: the loss of the first batch is not finite; look for nan or inf in X, y and weights")
    return LRFinder(lrs, losses, smoothed, suggested(lrs, smoothed))


def suggested(lrs: list[float], smoothed: list[float]) -> float | None:
    """A tenth of the rate at which the loss is lowest; None if it only rises.

    There the loss is about to grow again, and one step that is too large undoes many; a tenth leaves room. The first
    tenth of the steps doesn't count: the mean of so few batches is noise.

    >>> suggested([0.001, 0.01, 0.1, 1.0], [5.0, 4.5, 2.0, 2.9])
    0.01
    """
    first = math.ceil(len(lrs) / 10) - 1
    lowest = min(range(first, len(lrs)), key=smoothed.__getitem__)
    return lrs[lowest] / 10 if lowest > first else None
