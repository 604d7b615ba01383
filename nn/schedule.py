"""Schedulers: they change an optimiser's learning rate over the epochs. Names and numbers are torch.optim's.

Call `scheduler.step()` at the end of each epoch, after the optimiser's steps. Each scheduler works on the rate
that it finds, so several may act on one optimiser, one after the other; OneCycleLR and
CosineAnnealingWarmRestarts set the rate outright.

>>> from nn import SGD, Neuron
>>> optimizer = SGD(Neuron(1).parameters(), lr=0.8)
>>> scheduler = StepLR(optimizer, step_size=2, gamma=0.5)
>>> for epoch in range(4):
...     print(optimizer.lr, end=" ")
...     scheduler.step()
0.8 0.8 0.4 0.4
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, cast

from .optimizer import Optimizer
from .state import same_keys, same_size


class Schedule:
    """What all schedulers share: the optimiser, the number of the epoch, and a state that can be saved."""

    def __init__(self, optimizer: Optimizer) -> None:
        if not isinstance(optimizer, Optimizer):  # pyright: ignore[reportUnnecessaryIsInstance]
            name = type(self).__name__
            raise TypeError(f"{name}(optimizer, ...): optimizer must be an Optimizer, got {type(optimizer).__name__}")
        self.optimizer = optimizer
        self.last_epoch: int = 0

    def get_last_lr(self) -> list[float]:
        """The learning rate of each group, as it is now."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """All but the optimiser, as plain numbers and lists; the rates are in the optimiser's own state_dict."""
        return {key: _copy(value) for key, value in vars(self).items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave, from a scheduler of the same kind; load the optimiser's state too.

        Raises:
            ValueError: a key is unknown or missing, a type or a size differs. Nothing is changed then.
        """
        where, own = f"{type(self).__name__}.load_state_dict", self.state_dict()
        same_keys(f"{where}: the state", state_dict, set(own))
        for key, value in own.items():
            new: Any = state_dict[key]
            if isinstance(value, list):
                numbers = cast(list[Any], value)
                if key != "milestones" or not isinstance(new, list):
                    same_size(f"{where}: {key}", new, len(numbers))
                if not all(isinstance(number, float | int) for number in cast(list[Any], new)):
                    raise ValueError(f"{where}: {key} must hold numbers, got {new!r}")
            elif type(value) is not type(new) and not (isinstance(value, float) and type(new) is int):
                raise ValueError(f"{where}: {key} must be of type {type(value).__name__}, got {new!r}")
        vars(self).update({key: _copy(state_dict[key]) for key in own})

    def _check_groups(self, expected: int) -> None:
        groups = len(self.optimizer.param_groups)
        if groups != expected:
            raise self._fail(f"made for {expected} parameter groups, now there are {groups}; make a new scheduler")

    def _fail(self, what: str) -> ValueError:
        return ValueError(f"{type(self).__name__}: {what}")

    def _not_negative(self, **numbers: float) -> None:
        for name, number in numbers.items():
            if not hasattr(number, "__float__"):
                given = f"{type(number).__name__}: {number!r}"
                raise TypeError(f"{type(self).__name__}: {name} must be a number, got {given}")
            if not 0 <= number < math.inf:
                raise self._fail(f"{name} must be 0 or more and finite, got {number!r}")

    def _positive_int(self, **numbers: int) -> None:
        for name, number in numbers.items():
            if type(number) is not int or number < 1:
                raise self._fail(f"{name} must be an int of 1 or more, got {number!r}")


class LRScheduler(Schedule):
    """The base of the schedulers by epoch; a subclass writes `_rate`, its formula.

    The rate that a group had before its first scheduler is kept in the group as "initial_lr".
    """

    def __init__(self, optimizer: Optimizer) -> None:
        super().__init__(optimizer)
        self.base_lrs: list[float] = [float(g.setdefault("initial_lr", g["lr"])) for g in optimizer.param_groups]
        self._set_rates()

    def step(self) -> None:
        """Go to the next epoch, and set its learning rates."""
        self._check_groups(len(self.base_lrs))
        self.last_epoch += 1
        self._set_rates()

    def _set_rates(self) -> None:
        for group, base in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = self._rate(group["lr"], base)

    def _rate(self, lr: float, base: float) -> float:
        """The rate at `last_epoch`, from that of the epoch before and the one at the start."""
        raise NotImplementedError


class StepLR(LRScheduler):
    """Every step_size epochs, lr ← gamma · lr.

    >>> from nn import SGD, Neuron
    >>> optimizer = SGD(Neuron(1).parameters(), lr=1.0)
    >>> scheduler = StepLR(optimizer, step_size=2, gamma=0.5)
    >>> [(scheduler.step(), optimizer.lr)[1] for _ in range(4)]
    [1.0, 0.5, 0.5, 0.25]
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        self._positive_int(step_size=step_size)
        self._not_negative(gamma=gamma)
        self.step_size, self.gamma = step_size, float(gamma)
        super().__init__(optimizer)

    def _rate(self, lr: float, base: float) -> float:
        return lr * self.gamma if self.last_epoch and self.last_epoch % self.step_size == 0 else lr


class MultiStepLR(LRScheduler):
    """At each epoch among the milestones, lr ← gamma · lr.

    >>> from nn import SGD, Neuron
    >>> optimizer = SGD(Neuron(1).parameters(), lr=1.0)
    >>> scheduler = MultiStepLR(optimizer, milestones=[1, 3], gamma=0.5)
    >>> [(scheduler.step(), optimizer.lr)[1] for _ in range(4)]
    [0.5, 0.5, 0.25, 0.25]
    """

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1) -> None:
        self._not_negative(gamma=gamma)
        if not hasattr(milestones, "__iter__"):
            raise TypeError(f"MultiStepLR: milestones must be a list of epochs, got {milestones!r}")
        self.milestones, self.gamma = list(milestones), float(gamma)
        for i, milestone in enumerate(self.milestones):
            self._positive_int(**{f"milestones[{i}]": milestone})
        super().__init__(optimizer)

    def _rate(self, lr: float, base: float) -> float:
        return lr * self.gamma ** self.milestones.count(self.last_epoch)


class ExponentialLR(LRScheduler):
    """Every epoch, lr ← gamma · lr.

    >>> from nn import SGD, Neuron
    >>> optimizer = SGD(Neuron(1).parameters(), lr=1.0)
    >>> scheduler = ExponentialLR(optimizer, gamma=0.5)
    >>> [(scheduler.step(), optimizer.lr)[1] for _ in range(3)]
    [0.5, 0.25, 0.125]
    """

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        self._not_negative(gamma=gamma)
        self.gamma = float(gamma)
        super().__init__(optimizer)

    def _rate(self, lr: float, base: float) -> float:
        return lr * self.gamma if self.last_epoch else lr


class LinearLR(LRScheduler):
    """Linear warm-up: in total_iters epochs from start_factor · lr to end_factor · lr, in equal steps.

    >>> from nn import SGD, Neuron
    >>> optimizer = SGD(Neuron(1).parameters(), lr=1.0)
    >>> scheduler = LinearLR(optimizer, start_factor=0.25, total_iters=3)
    >>> [optimizer.lr] + [(scheduler.step(), optimizer.lr)[1] for _ in range(4)]
    [0.25, 0.5, 0.75, 1.0, 1.0]
    """

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5
    ) -> None:
        if not 0 < start_factor <= 1:
            raise self._fail(f"start_factor must be more than 0 and at most 1, got {start_factor!r}")
        if not 0 <= end_factor <= 1:
            raise self._fail(f"end_factor must be from 0 to 1, got {end_factor!r}")
        self._positive_int(total_iters=total_iters)
        self.start_factor, self.end_factor, self.total_iters = float(start_factor), float(end_factor), total_iters
        super().__init__(optimizer)

    def _rate(self, lr: float, base: float) -> float:
        t, n, rise = self.last_epoch, self.total_iters, self.end_factor - self.start_factor
        if t == 0:
            return lr * self.start_factor
        return lr * (1 + rise / (n * self.start_factor + (t - 1) * rise)) if t <= n else lr


class CosineAnnealingLR(LRScheduler):
    """Half a cosine in T_max epochs: lr = eta_min + (lr₀ - eta_min) · (1 + cos(π t / T_max)) / 2; then up again.

    Source: Loshchilov, Hutter, "SGDR: stochastic gradient descent with warm restarts" (2016).

    >>> from nn import SGD, Neuron
    >>> optimizer = SGD(Neuron(1).parameters(), lr=1.0)
    >>> scheduler = CosineAnnealingLR(optimizer, T_max=4)
    >>> [(scheduler.step(), round(optimizer.lr, 4))[1] for _ in range(4)]
    [0.8536, 0.5, 0.1464, 0.0]
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        self._positive_int(T_max=T_max)
        self._not_negative(eta_min=eta_min)
        self.T_max, self.eta_min = T_max, float(eta_min)
        super().__init__(optimizer)

    def _rate(self, lr: float, base: float) -> float:
        t, T, low = self.last_epoch, self.T_max, self.eta_min
        if t == 0:
            return lr
        if t % (2 * T) == (1 + T) % (2 * T):  # just after the lowest point, from where no ratio leads up
            return lr + (base - low) * (1 - math.cos(math.pi / T)) / 2
        return (1 + math.cos(math.pi * t / T)) / (1 + math.cos(math.pi * (t - 1) / T)) * (lr - low) + low


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half a cosine from lr₀ to eta_min in T_0 epochs, then again from lr₀ in T_0 · T_mult, and so on.

    Source: Loshchilov, Hutter, "SGDR: stochastic gradient descent with warm restarts" (2016).

    >>> from nn import SGD, Neuron
    >>> optimizer = SGD(Neuron(1).parameters(), lr=1.0)
    >>> scheduler = CosineAnnealingWarmRestarts(optimizer, T_0=1, T_mult=2)
    >>> [(scheduler.step(), round(optimizer.lr, 4))[1] for _ in range(4)]
    [1.0, 0.5, 1.0, 0.8536]
    """

    def __init__(self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0) -> None:
        self._positive_int(T_0=T_0, T_mult=T_mult)
        self._not_negative(eta_min=eta_min)
        self.T_0, self.T_mult, self.eta_min = T_0, T_mult, float(eta_min)
        self.T_cur: int = 0  # epochs since the last restart
        self.T_i: int = T_0  # epochs from that to the next
        super().__init__(optimizer)

    def step(self) -> None:
        """Go to the next epoch, and set its learning rates."""
        self._check_groups(len(self.base_lrs))
        self.T_cur += 1
        if self.T_cur == self.T_i:
            self.T_cur, self.T_i = 0, self.T_i * self.T_mult
        super().step()

    def _rate(self, lr: float, base: float) -> float:
        return self.eta_min + (base - self.eta_min) * (1 + math.cos(math.pi * self.T_cur / self.T_i)) / 2


def _copy(value: Any) -> Any:
    return list(cast(list[Any], value)) if isinstance(value, (list, tuple)) else value
