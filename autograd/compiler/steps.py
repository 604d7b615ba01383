"""One run of a Program, forward and backward, as numpy does it: n nodes by N samples at a time."""

# numpy's stubs leave open what some functions give.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..rules import RULES
from .graph import CODES
from .kernels import Array, as_lanes, value
from .memory import Memory, Where
from .program import DOT, LOGSUMEXP, PRODUCT, SUM, TAKE, Run

WHERE = CODES["where"]


class Step:
    """A run of a rule with one to three operands."""

    certain = True
    """Gradient reaches each of the results, for every sample."""
    chooses = False
    """Gradient does not reach each of the operands."""

    def __init__(self, run: Run, uniform_end: int, useful: NDArray[np.bool_]) -> None:
        self.name = run.name
        self.operands = [Where(slots, uniform_end, useful) for slots in self._slots(run)]
        self.useful = any(where.useful for where in self.operands)
        self.out = np.arange(run.out, run.out + run.n, dtype=np.int32)
        self.result = Where(self.out, uniform_end, np.full_like(useful, self.useful))

    def _slots(self, run: Run) -> tuple[NDArray[np.int32], ...]:
        return run.operands

    def forward(self, memory: Memory) -> Array:
        """The values of the results, [n, N]; [n, 1] of a uniform run."""
        return value(self.name, *self.read(memory))

    def backward(self, memory: Memory) -> None:
        """Each operand gets the gradient of the result times the partial derivative."""
        gradient = self.result.read(memory.gradients)
        v = as_lanes(self.result.read(memory.values))
        partials = RULES[self.name].partials(v, *map(as_lanes, self.read(memory)))
        for where, partial in zip(self.operands, partials, strict=True):
            if partial is not None:
                share = gradient if isinstance(partial, float) and partial == 1.0 else gradient * partial
                self.send(memory, where, np.asarray(share))

    def read(self, memory: Memory) -> list[Array]:
        """The values of the operands."""
        return [where.read(memory.values) for where in self.operands]

    def reached(self, memory: Memory) -> Array | None:
        """For which results and samples there is gradient, [n, N]; None: for all."""
        return None if self.certain else self.result.read(memory.reached)

    def send(self, memory: Memory, where: Where, share: Array, only: Array | None = None) -> None:
        """Add to the gradients of an operand, where the result was reached and where `only` says so.

        Elsewhere nothing is sent: not 0 times a partial, which would be nan where that is inf.
        """
        if not where.useful:
            return
        mask = self.reached(memory)
        if mask is not None and share.ndim > mask.ndim:
            mask = mask[:, None]
        if only is not None:
            mask = only if mask is None else mask & only
        if mask is not None:
            share = np.where(mask, share, 0.0)
            where.add(memory.reached, np.broadcast_to(mask, share.shape), np.logical_or)
        where.add(memory.gradients, share)


class Choice(Step):
    """`where`."""

    chooses = True

    def backward(self, memory: Memory) -> None:
        gradient = self.result.read(memory.gradients)
        condition, x, y = self.operands
        taken = condition.read(memory.values) != 0
        self.send(memory, x, gradient, only=taken)
        self.send(memory, y, gradient, only=~taken)


class Take(Step):
    """`take`: entries[index], of tables that stand side by side."""

    chooses = True

    def forward(self, memory: Memory) -> Array:
        index, entries = self.read(memory)
        k = entries.shape[1]
        wrong = ~((index >= -k) & (index < k) & (index == np.floor(index)))
        if wrong.any():
            row, sample = np.argwhere(wrong)[0]
            raise IndexError(f"sample {memory.first + sample} takes entry {index[row, sample]} of a table of {k}")
        return np.take_along_axis(entries, self.place(index)[:, None], axis=1)[:, 0]

    def backward(self, memory: Memory) -> None:
        gradient, index = self.result.read(memory.gradients), self.read(memory)[0]
        each = np.arange(self.operands[1].shape[1]).reshape(-1, 1)
        self.send(memory, self.operands[1], gradient[:, None], only=np.equal(each, self.place(index)[:, None]))

    def place(self, index: Array) -> Array:
        """Each index as a place in the table; -1 is the last one."""
        return index.astype(np.intp) % self.operands[1].shape[1]


class Sum(Step):
    """`sum`: operands of all nodes one after another, and how many each has."""

    def __init__(self, run: Run, uniform_end: int, useful: NDArray[np.bool_]) -> None:
        super().__init__(run, uniform_end, useful)
        self.counts = run.operands[0]
        self.starts = np.cumsum(self.counts) - self.counts

    def _slots(self, run: Run) -> tuple[NDArray[np.int32], ...]:
        return run.operands[1:]

    def forward(self, memory: Memory) -> Array:
        return np.add.reduceat(self.read(memory)[0], self.starts, axis=0)

    def backward(self, memory: Memory) -> None:
        self.send(memory, self.operands[0], self.each(self.result.read(memory.gradients)))

    def each(self, rows: Array) -> Array:
        """A row of each node, once for every operand."""
        return np.repeat(rows, self.counts, axis=0)

    def reached(self, memory: Memory) -> Array | None:
        mask = super().reached(memory)
        return None if mask is None else self.each(mask)


class LogSumExp(Sum):
    """`logsumexp`."""

    def forward(self, memory: Memory) -> Array:
        xs = self.read(memory)[0]
        top = np.maximum.reduceat(xs, self.starts, axis=0)
        total = np.add.reduceat(np.exp(xs - self.each(top)), self.starts, axis=0)
        return np.where(np.isfinite(top), top + np.log(total), top)

    def backward(self, memory: Memory) -> None:
        partial = np.exp(self.read(memory)[0] - self.each(self.result.read(memory.values)))
        self.send(memory, self.operands[0], self.each(self.result.read(memory.gradients)) * partial)


class Dots(Step):
    """`dot`, and the matrix product: w [n, k] and x [n or 1, k] each with an axis of samples, and bias [n]."""

    def forward(self, memory: Memory) -> Array:
        w, x, *bias = self.read(memory)
        v = w[:, :, 0] @ x[0] if len(x) == 1 and w.shape[2] == 1 else (w * x).sum(1)
        return v + bias[0] if bias else v

    def backward(self, memory: Memory) -> None:
        gradient = self.result.read(memory.gradients)
        to_w, to_x, *to_bias = self.operands
        w, x, *_ = self.read(memory)
        g = gradient[:, None]
        # What is not reached has gradient 0, and sends 0 · a finite number: so no mask is needed then.
        plain = len(x) == 1 and (self.certain or bool(np.isfinite(w).all() and np.isfinite(x).all()))
        if to_w.useful:
            if plain and to_w.is_uniform and x.shape[2] > 1:
                self._send_all(memory, to_w, (gradient @ x[0].T)[:, :, None])
            else:
                self.send(memory, to_w, g * x)
        if to_x.useful:
            if plain and w.shape[2] == 1:
                self._send_all(memory, to_x, (w[:, :, 0].T @ gradient)[None])
            else:
                self._send_rows(memory, to_x, g * w)
        for where in to_bias:
            self.send(memory, where, gradient)

    def _send_all(self, memory: Memory, where: Where, share: Array) -> None:
        """Send what is summed over the nodes or the samples already."""
        if not self.certain:
            mask = np.any(self.result.read(memory.reached), axis=0, keepdims=True)
            where.add(memory.reached, mask[None], np.logical_or)
        where.add(memory.gradients, share)

    def _send_rows(self, memory: Memory, where: Where, share: Array) -> None:
        """Send [n, k, N], to the one x that all nodes read or to each node's own."""
        if where.shape[0] == len(share):
            self.send(memory, where, share)
            return
        if not self.certain:
            mask = self.result.read(memory.reached)
            share = np.where(mask[:, None], share, 0.0)
            where.add(memory.reached, np.any(mask, axis=0, keepdims=True)[None], np.logical_or)
        where.add(memory.gradients, share.sum(0, keepdims=True))


KINDS: dict[int, type[Step]] = {
    WHERE: Choice,
    SUM: Sum,
    LOGSUMEXP: LogSumExp,
    DOT: Dots,
    PRODUCT: Dots,
    TAKE: Take,
}


def step(run: Run, uniform_end: int, useful: Any) -> Step:
    """The step that does this run; `useful` says of each slot whether its gradient is wanted."""
    return KINDS.get(run.opcode, Step)(run, uniform_end, useful)
