"""ReduceLROnPlateau: the learning rate falls when a metric has stopped to improve."""

from __future__ import annotations

import math
from typing import Literal

from .optimizer import Optimizer
from .schedule import Schedule
from .state import same_size


class ReduceLROnPlateau(Schedule):
    """lr ← factor · lr, when the metric given to step() was no better than the best for more than patience epochs.

    Args:
        optimizer: the optimiser whose rates fall.
        mode: "min" where a smaller metric is better (a loss), "max" where a larger one is (an accuracy).
        factor: at least 0, less than 1. patience: so many epochs without progress are let pass.
        threshold: the least progress that counts; threshold_mode: "rel", a part of the best metric, or "abs".
        cooldown: so many epochs are not counted after the rate fell.
        min_lr: the rates fall no lower; a number, or a list with one for each group.
        eps: a fall of the rate that is not larger is left out.

    Raises:
        ValueError: a number is out of its range, a mode is unknown, or min_lr has the wrong size.

        >>> from nn import SGD, Neuron
        >>> optimizer = SGD(Neuron(1).parameters(), lr=1.0)
        >>> scheduler = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
        >>> [(scheduler.step(loss), optimizer.lr)[1] for loss in (3.0, 2.0, 2.0, 2.0, 1.0)]
        [1.0, 1.0, 1.0, 0.5, 0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: Literal["min", "max"] = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: Literal["rel", "abs"] = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0.0,
        eps: float = 1e-8,
    ) -> None:
        super().__init__(optimizer)
        if mode not in ("min", "max"):
            raise self._fail(f"mode must be 'min' or 'max', got {mode!r}")
        if threshold_mode not in ("rel", "abs"):
            raise self._fail(f"threshold_mode must be 'rel' or 'abs', got {threshold_mode!r}")
        if not 0 <= factor < 1:
            raise self._fail(f"factor must be at least 0 and less than 1, got {factor!r}")
        groups = len(optimizer.param_groups)
        lowest = min_lr if isinstance(min_lr, (list, tuple)) else [min_lr] * groups
        same_size("ReduceLROnPlateau: min_lr", lowest, groups)
        self._not_negative(patience=patience, threshold=threshold, cooldown=cooldown, eps=eps)
        for low in lowest:
            self._not_negative(min_lr=low)
        self.mode, self.threshold_mode = mode, threshold_mode
        self.factor, self.patience, self.threshold, self.cooldown = float(factor), patience, float(threshold), cooldown
        self.min_lrs, self.eps = [float(low) for low in lowest], float(eps)
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = 0

    def step(self, metric: float) -> None:
        """End an epoch with this metric, a validation loss for instance."""
        metric = float(metric)
        self._check_groups(len(self.min_lrs))
        self.last_epoch += 1
        self.num_bad_epochs += 1
        if self._better(metric):
            self.best, self.num_bad_epochs = metric, 0
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self.num_bad_epochs, self.cooldown_counter = 0, self.cooldown
            for group, low in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
                lr = max(group["lr"] * self.factor, low)
                if group["lr"] - lr > self.eps:
                    group["lr"] = lr

    def _better(self, metric: float) -> bool:
        sign = 1 if self.mode == "max" else -1
        if self.threshold_mode == "rel":
            return sign * metric > sign * self.best * (1 + sign * self.threshold)
        return sign * metric > sign * self.best + self.threshold
