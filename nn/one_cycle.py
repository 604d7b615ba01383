"""OneCycleLR: the learning rate rises once and falls once, over a number of steps that is known beforehand."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Literal

from .optimizer import Optimizer
from .schedule import LRScheduler, Schedule
from .state import same_size


class OneCycleLR(LRScheduler):
    """One cycle in total_steps: up from max_lr / div_factor to max_lr, then far down. Call step() after each batch.

    The rate ends at max_lr / (div_factor · final_div_factor). With cycle_momentum the momentum (β₁ of Adam) goes the
    other way, from max_momentum to base_momentum and back.

    Source: Smith, Topin, "Super-convergence: very fast training of neural networks using large learning
    rates" (2017); as in torch.

    Args:
        optimizer: its own learning rate is replaced.
        max_lr: the highest rate, or a list with one for each group.
        total_steps: how many steps there will be; or epochs and steps_per_epoch.
        pct_start: the part of the steps in which the rate rises, from 0 to 1.
        anneal_strategy: "cos" or "linear". three_phase: down as it went up, and then far down.

    Raises:
        ValueError: a number is out of its range; the optimiser has no momentum to cycle; step() is called more
            than total_steps times.

        >>> from nn import SGD, Neuron
        >>> optimizer = SGD(Neuron(1).parameters())
        >>> scheduler = OneCycleLR(optimizer, max_lr=1.0, total_steps=10)
        >>> [(scheduler.step(), round(optimizer.lr, 3))[1] for _ in range(9)]
        [0.52, 1.0, 0.95, 0.812, 0.611, 0.389, 0.188, 0.05, 0.0]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: Literal["cos", "linear"] = "cos",
        cycle_momentum: bool = True,
        base_momentum: float = 0.85,
        max_momentum: float = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
    ) -> None:
        Schedule.__init__(self, optimizer)
        if total_steps is None:
            if epochs is None or steps_per_epoch is None:
                raise self._fail("give total_steps, or epochs and steps_per_epoch")
            self._positive_int(epochs=epochs, steps_per_epoch=steps_per_epoch)
            total_steps = epochs * steps_per_epoch
        self._positive_int(total_steps=total_steps)
        tops = max_lr if isinstance(max_lr, (list, tuple)) else [max_lr] * len(optimizer.param_groups)
        same_size("OneCycleLR: max_lr", tops, len(optimizer.param_groups))
        for top in tops:
            self._not_negative(max_lr=top)
        if not 0 <= pct_start <= 1:
            raise self._fail(f"pct_start must be from 0 to 1, got {pct_start!r}")
        if anneal_strategy not in ("cos", "linear"):
            raise self._fail(f"anneal_strategy must be 'cos' or 'linear', got {anneal_strategy!r}")
        if not (div_factor > 0 and final_div_factor > 0):
            raise self._fail(f"div_factor and final_div_factor must be above 0, got {div_factor}, {final_div_factor}")
        if cycle_momentum and not {"momentum", "betas"} & set(optimizer.defaults):
            raise self._fail(f"{type(optimizer).__name__} has no momentum to cycle; give cycle_momentum=False")
        if not (0 <= base_momentum < 1 and 0 <= max_momentum < 1):
            raise self._fail(f"the momenta must be at least 0 and less than 1, got {base_momentum} and {max_momentum}")
        self.total_steps, self.cycle_momentum, self.anneal_strategy = total_steps, cycle_momentum, anneal_strategy
        # The corners of the curves: the step, the rate in units of the first one, the momentum.
        rise = pct_start * total_steps
        self.steps = [0.0, rise - 1, *([2 * rise - 2] if three_phase else []), total_steps - 1.0]
        self.factors = [1.0, div_factor, *([1.0] if three_phase else []), 1 / final_div_factor]
        self.momenta = [max_momentum, base_momentum, *([max_momentum] if three_phase else []), max_momentum]
        for group, top in zip(optimizer.param_groups, tops, strict=True):
            group["initial_lr"] = top / div_factor
        super().__init__(optimizer)

    def step(self) -> None:
        """Go to the next step, and set its learning rates and momenta."""
        if self.last_epoch == self.total_steps:
            raise self._fail(f"step() was called more than total_steps = {self.total_steps} times")
        super().step()

    def _set_rates(self) -> None:
        super()._set_rates()
        if self.cycle_momentum:
            momentum = self._between_corners(self.momenta)
            for group in self.optimizer.param_groups:
                if "betas" in group:
                    group["betas"] = (momentum, group["betas"][1])
                else:
                    group["momentum"] = momentum

    def _rate(self, lr: float, base: float) -> float:
        return self._between_corners([base * factor for factor in self.factors])

    def _between_corners(self, heights: list[float]) -> float:
        """The height at the present step of a curve through these heights at `self.steps`."""
        t, corners = self.last_epoch, list(pairwise(zip(self.steps, heights, strict=True)))
        (left, start), (right, end) = next((c for c in corners if t <= c[1][0]), corners[-1])
        part = (t - left) / (right - left) if right > left else 1.0
        if self.anneal_strategy == "linear":
            return (end - start) * part + start
        return end + (start - end) / 2 * (math.cos(math.pi * part) + 1)
