"""A Program: what a compiled function is. Plain data, which an executor replays on any number of samples.

Every number has a slot:

    [ parameters | constants | uniform results | inputs | results for each sample ]
                                               ^ uniform_end

A run computes n numbers of one operation from the numbers in other slots. Uniform runs come first: what depends on
parameters and constants only is the same for every sample, and is computed once a call.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .graph import CODES, NAMES

PRODUCT = len(NAMES)
"""The opcode of a matrix product: dots that share their x."""
TAKE = len(NAMES) + 1
"""The opcode of `take`: one entry of a table, by an index known when the program runs."""
SUM, LOGSUMEXP, DOT = (CODES[name] for name in ("sum", "logsumexp", "dot"))
Slots = NDArray[np.int32]
HEAD = 5
"""How many numbers of a Program's code stand before the operands of a run."""


@dataclass(frozen=True, eq=False)
class Run:
    """n results of one operation, in the slots out, out + 1, ..., out + n - 1."""

    opcode: int
    """A code of `graph.NAMES`, or PRODUCT, or TAKE."""
    n: int
    out: int
    per_sample: bool
    """If false, all operands are uniform, and so are the results."""
    args: Slots
    """Slots of the operands, laid out by opcode.

    A rule of one to three operands: all first ones, then all second ones, ... sum, logsumexp: how many operands each
    has, then the operands one after another. dot: k, 1 or 0 for a bias, then for each its w[k], x[k] and bias.
    PRODUCT: m (= n), k, 1 or 0 for a bias, then w[m·k] row by row, x[k], bias[m]. TAKE: k, then for each its index and
    entries[k].
    """

    @cached_property
    def name(self) -> str:
        """The rule's name; `matmul` of a PRODUCT."""
        return "matmul" if self.opcode == PRODUCT else "take" if self.opcode == TAKE else NAMES[self.opcode]

    @cached_property
    def operands(self) -> tuple[Slots, ...]:
        """The operands by name.

        A rule of one to three: x[n], y[n], z[n]. sum, logsumexp: counts[n] and all operands. dot: w[n, k], x[n, k] and
        bias[n]. PRODUCT: w[n, k], x[1, k] and bias[n]. TAKE: index[n] and entries[n, k].
        """
        n, args = self.n, self.args
        if self.opcode in (SUM, LOGSUMEXP):
            return args[:n], args[n:]
        if self.opcode == TAKE:
            rows = args[1:].reshape(n, -1)
            return rows[:, 0], rows[:, 1:]
        if self.opcode == DOT:
            k, rows = int(args[0]), args[2:].reshape(n, -1)
            w, x, bias = rows[:, :k], rows[:, k : 2 * k], rows[:, 2 * k :].ravel()
        elif self.opcode == PRODUCT:
            k = int(args[1])
            w, x, bias = np.split(args[3:], [n * k, n * k + k])
            w, x = w.reshape(n, k), x.reshape(1, k)
        else:
            return tuple(args.reshape(-1, n))
        return (w, x, bias) if len(bias) else (w, x)

    @property
    def flops(self) -> int:
        """Additions, multiplications and values of functions."""
        if self.opcode in (DOT, PRODUCT):
            w, *_, last = self.operands
            return 2 * w.size - self.n + (self.n if last.ndim == 1 else 0)
        if self.opcode in (SUM, LOGSUMEXP):
            each = 1 if self.opcode == SUM else 2
            return each * (len(self.args) - self.n) - (self.n if self.opcode == SUM else 0)
        return self.n

    def __str__(self) -> str:
        times = f" ×{self.n}"
        if self.opcode in (DOT, PRODUCT):
            k, bias = self.operands[0].shape[1], " + bias" if len(self.operands) == 3 else ""
            many = "" if self.n == 1 else times
            return f"matmul {self.n}×{k}{bias}" if self.opcode == PRODUCT else f"dot {k}{bias}{many}"
        if self.opcode == TAKE:
            return f"take 1 of {self.operands[1].shape[1]}{times}"
        return self.name + times


def flat(runs: Sequence[Run]) -> Slots:
    """Runs as the code of a Program."""
    parts = [x for r in runs for x in ([r.opcode, r.n, r.out, r.per_sample, len(r.args)], r.args)]
    return np.concatenate([np.empty(0, np.int32), *parts], dtype=np.int32)


@dataclass(frozen=True, eq=False)
class Program:
    """A function of parameters and of the numbers of one sample.

    Two are equal when they do the same, bit for bit. A Program can be pickled; it holds no Value.
    """

    parameters: int
    """How many parameters it reads: the slots from 0 on."""
    constants: NDArray[np.float64]
    columns: int
    """How many numbers a sample has."""
    outputs: Slots
    """[k]: the slots of the results that are wanted."""
    uniform_end: int
    """The first slot that has a number for each sample: that of the first column."""
    slots: int
    code: Slots
    """The runs as one array, one after another: opcode, n, out, per_sample, length, and the operands, so many."""
    sizes: tuple[tuple[str, int], ...] = ()
    """How many nodes the trace had, and how many each pass left."""

    @cached_property
    def runs(self) -> list[Run]:
        """The runs one by one; their operands are views of `code`."""
        found, numbers = list[Run](), self.code
        for at, (opcode, n, out, per_sample, length) in self.heads():
            found.append(Run(opcode, n, out, bool(per_sample), numbers[at + HEAD : at + HEAD + length]))
        return found

    def heads(self) -> Iterator[tuple[int, list[int]]]:
        """Where each run begins in `code`, and its opcode, n, out, per_sample and length."""
        at = 0
        while at < len(self.code):
            head: list[int] = self.code[at : at + HEAD].tolist()
            yield at, head
            at += HEAD + head[-1]

    def stats(self) -> dict[str, int]:
        """Count the nodes of the trace and after each pass, the runs, the work and the memory.

        `flops` are the additions, multiplications and function values of one forward pass of one sample, `bytes` what
        the numbers of one sample take, values and gradients.
        """
        return {
            **dict(self.sizes),
            "runs": len(self.runs),
            "flops": sum(run.flops for run in self.runs),
            "bytes": 16 * (self.slots - self.uniform_end),
        }

    def __str__(self) -> str:
        """The layers that the scalar code is made of, as a reader would write them."""
        counts = {
            "parameter": self.parameters,
            "constant": len(self.constants),
            "input": self.columns,
            "output": len(self.outputs),
        }
        lines = [", ".join(f"{n:,} {name}{'s' * (n != 1)}" for name, n in counts.items())]
        once = [run for run in self.runs if not run.per_sample]
        if once and self.columns:
            lines += _wrapped("once a call: ", once)
        each = [run for run in self.runs if run.per_sample] if self.columns else self.runs
        starts = [i for i, run in enumerate(each) if self._is_layer(run)]
        ends = [*starts, len(each)][1:]
        if starts[:1] != [0]:
            lines += _wrapped("", each[: starts[0]] if starts else each)
        layer = 0
        layers = [each[start:end] for start, end in zip(starts, ends, strict=True)]
        for _, alike in groupby(layers, lambda runs: [str(run) for run in runs]):
            same = list(alike)
            last = layer + len(same) - 1
            title = f"layer {layer}: " if last == layer else f"layers {layer} to {last}, each: "
            lines += _wrapped(title, same[0])
            layer = last + 1
        if len(lines) > 42:
            lines[40:] = [f"... and {len(lines) - 40:,} more lines"]
        return "\n".join(lines)

    def _is_layer(self, run: Run) -> bool:
        """Is it a matrix of parameters, or one row of them, times a vector?"""
        return run.opcode in (DOT, PRODUCT) and bool((run.operands[0] < self.parameters).all())

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Program) and self._bits() == other._bits())

    def __hash__(self) -> int:
        return hash((self.parameters, self.columns, self.uniform_end, self.slots, len(self.code)))

    def _bits(self) -> tuple[Any, ...]:
        numbers = (self.parameters, self.columns, self.uniform_end, self.slots)
        return numbers, self.constants.tobytes(), self.outputs.tobytes(), self.code.tobytes()

    def __getstate__(self) -> dict[str, Any]:
        """Without the runs, which are made again of the code when somebody asks for them."""
        return {name: value for name, value in self.__dict__.items() if name != "runs"}


def _wrapped(title: str, runs: list[Run]) -> list[str]:
    words = [(text, len(list(alike))) for text, alike in groupby(map(str, runs))]
    parts = [text if times == 1 else f"{times} times {text}" for text, times in words]
    text = title + ", ".join(part.replace(" ", "\xa0") for part in parts)
    lines = textwrap.wrap(text, 100, subsequent_indent=" " * len(title), break_long_words=False)
    return [line.replace("\xa0", " ") for line in lines]
