"""The numbers of a Program while numpy runs it, and where in them a run finds its operands."""

# numpy's stubs leave open what the methods of a ufunc give.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .kernels import Array
from .program import Program


@dataclass
class Numbers:
    """One number for each uniform slot, [uniform_end, 1], and N for each other one, [slots - uniform_end, N]."""

    uniform: Array
    samples: Array


class Memory:
    """Values, gradients, and which slots gradient has reached, for N samples."""

    def __init__(self, program: Program, parameters: Array, X: Array, dtype: Any, first: int) -> None:
        """Take the samples of one block; `first` is the number of its first one, for messages."""
        self.dtype, self.n, self.first = dtype, len(X), first
        self.values = self._numbers(program, dtype)
        uniform = self.values.uniform[:, 0]
        uniform[: program.parameters] = parameters
        uniform[program.parameters : program.parameters + len(program.constants)] = program.constants
        self.values.samples[: program.columns] = X.T
        self._program = program

    def start_backward(self, certain: NDArray[np.bool_] | None) -> None:
        """Set all gradients to 0; at first gradient has reached the slots where that is certain (None: everywhere)."""
        self.gradients = self._numbers(self._program, self.dtype, 0.0)
        if certain is not None:
            end = self._program.uniform_end
            self.reached = self._numbers(self._program, np.bool_)
            self.reached.uniform[:] = certain[:end, None]
            self.reached.samples[:] = certain[end:, None]

    def _numbers(self, program: Program, dtype: Any, fill: float | None = None) -> Numbers:
        end, make = program.uniform_end, np.empty if fill is None else np.zeros
        return Numbers(make((end, 1), dtype), make((program.slots - end, self.n), dtype))


class Where:
    """Some slots, as a run reads numbers from them and sends gradients to them."""

    def __init__(self, slots: NDArray[np.int32], uniform_end: int, useful: NDArray[np.bool_]) -> None:
        """Take slots of any shape; gradients are sent to the `useful` ones only."""
        self.shape, self.slots = slots.shape, slots.ravel()
        uniform = self.slots < uniform_end
        self.is_uniform, self.is_samples = bool(uniform.all()), not uniform.any()
        self._uniform, self._samples = np.flatnonzero(uniform), np.flatnonzero(~uniform)
        self._rows = _Rows(self.slots[uniform]), _Rows(self.slots[~uniform] - uniform_end)
        wanted = useful[self.slots]
        self.useful = bool(wanted.any())
        self._wanted_uniform, self._wanted_samples = np.flatnonzero(uniform & wanted), np.flatnonzero(~uniform & wanted)
        self._targets = _Rows(self.slots[uniform & wanted]), _Rows(self.slots[~uniform & wanted] - uniform_end)

    def read(self, numbers: Numbers) -> Array:
        """The numbers, of the shape of the slots and one axis more: that of the samples, 1 where all are uniform."""
        if self.is_uniform:
            rows = numbers.uniform[self._rows[0].at]
        elif self.is_samples:
            rows = numbers.samples[self._rows[1].at]
        else:
            rows = np.empty((len(self.slots), numbers.samples.shape[1]), numbers.samples.dtype)
            rows[self._uniform] = numbers.uniform[self._rows[0].at]
            rows[self._samples] = numbers.samples[self._rows[1].at]
        return rows if len(self.shape) == 1 else rows.reshape(*self.shape, rows.shape[-1])

    def write(self, numbers: Numbers, rows: Array) -> None:
        """Put the numbers there; the slots must be of one kind."""
        if self.is_uniform:
            numbers.uniform[self._rows[0].at] = rows
        else:
            numbers.samples[self._rows[1].at] = rows

    def add(self, numbers: Numbers, share: Array, ufunc: np.ufunc = np.add) -> None:
        """Add a share to each number; a uniform slot gets the sum over the samples.

        With `ufunc` np.logical_or the numbers are truths, and "or" is what adds them.
        """
        share = np.broadcast_to(share, (*self.shape, share.shape[-1])).reshape(len(self.slots), share.shape[-1])
        for wanted, target, into in (
            (self._wanted_uniform, self._targets[0], numbers.uniform),
            (self._wanted_samples, self._targets[1], numbers.samples),
        ):
            if len(wanted):
                part = share if len(wanted) == len(share) else share[wanted]
                if into is numbers.uniform and part.shape[1] != 1:
                    part = ufunc.reduce(part, axis=1, keepdims=True)
                target.combine(into, part, ufunc)


class _Rows:
    """Rows of a matrix by number: a slice where they stand side by side."""

    def __init__(self, rows: NDArray[np.int32]) -> None:
        n = len(rows)
        self.at: Any = rows
        self._order = None
        if n and (np.diff(rows) == 1).all():
            self.at = slice(int(rows[0]), int(rows[0]) + n)
        elif len(np.unique(rows)) < n:
            self._order = np.argsort(rows, kind="stable")
            self._targets, self._starts = np.unique(rows[self._order], return_index=True)

    def combine(self, matrix: Array, share: Array, ufunc: np.ufunc) -> None:
        """matrix[rows] = ufunc(matrix[rows], share), one after another where a row is named more than once."""
        if self._order is None:
            matrix[self.at] = ufunc(matrix[self.at], share)
        else:
            total = ufunc.reduceat(share[self._order], self._starts, axis=0)
            matrix[self._targets] = ufunc(matrix[self._targets], total)
