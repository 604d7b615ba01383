"""Runs a Program with numpy: needs no C compiler. A run is one vectorised call, a matrix product one call of BLAS.

>>> from autograd import Value
>>> from autograd.compiler import Graph, lower
>>> w, x = Value(3.0), Value(0.0)
>>> graph, _ = Graph.of([(w * x) ** 2], inputs=[x], before=w.serial + 1)
>>> X = np.array([[1.0], [2.0]])                            # two samples of one number
>>> outputs, gradient = run(lower(graph), np.array([3.0]), X, seeds=1.0, want_gradient=True, reduce=False)
>>> outputs.tolist(), gradient.tolist()                     # (wx)², and the sum of its 2wx² over the samples
([[9.0], [36.0]], [30.0])
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from .kernels import Array
from .memory import Memory, Where
from .program import Program
from .steps import Step, step

Floats = NDArray[np.float64]

BLOCK = 4_000_000
"""How many numbers for each sample are held at once, values and gradients apart: samples are run in blocks of that."""


def runner(program: Program, threads: int = 1, dtype: Any = np.float64) -> Callable[..., tuple[Floats, Floats | None]]:
    """`run` of one program, for many calls."""
    return partial(run, program, threads=threads, dtype=dtype)


def run(
    program: Program,
    parameters: Floats,
    X: Floats | None,
    seeds: float | Floats = 1.0,
    want_gradient: bool = False,
    reduce: bool = False,
    threads: int = 1,
    dtype: Any = np.float64,
) -> tuple[Floats, Floats | None]:
    """Compute the outputs for each sample, and the gradient by the parameters summed over all samples.

    Args:
        program: what to run.
        parameters: [P] numbers.
        X: [N, columns] numbers, a row a sample; None is one sample of no numbers.
        seeds: the gradient to start from, one number or [N, k]: the gradient is that of the sum of seeds · outputs.
        want_gradient: if false the gradient is None, and is not computed.
        reduce: return the sum of the outputs over the samples, [k], in place of [N, k].
        threads: taken for the sake of the C executor's signature; numpy decides by itself.
        dtype: float64 or float32, the numbers to compute with.

    Raises:
        IndexError: a sample takes an entry that a table does not have.
        ValueError: the arrays do not fit the program.
    """
    plan = _plans.get(program)
    if plan is None:
        plan = _plans[program] = _Plan(program)
    samples = np.zeros((1, 0)) if X is None else X
    n, k = len(samples), len(program.outputs)
    for what, got, expected in (
        ("parameters", np.shape(parameters), (program.parameters,)),
        ("X", samples.shape, (n, program.columns)),
        ("seeds", np.shape(seeds), np.shape(seeds) and (n, k)),
    ):
        if got != expected:
            raise ValueError(f"{what} must have the shape {expected}, got {got}")
    outputs = np.zeros(k) if reduce else np.empty((n, k))
    gradient = np.zeros(program.parameters) if want_gradient else None
    size = max(1, BLOCK // max(1, program.slots - program.uniform_end))
    with np.errstate(all="ignore"):  # inf and nan are answers, as in the engines
        for start in range(0, n, size):
            block = slice(start, start + size)
            memory = Memory(program, parameters, samples[block], dtype, start)
            plan.forward(memory)
            if reduce:
                outputs += np.sum(plan.outputs(memory), axis=1, dtype=np.float64)
            else:
                outputs[block] = plan.outputs(memory).T
            if gradient is not None:
                gradient += plan.backward(memory, seeds if isinstance(seeds, (float, int)) else seeds[block])
    return outputs, gradient


class _Plan:
    """A Program with all that does not depend on its numbers worked out."""

    def __init__(self, program: Program) -> None:
        self.program = program
        end, slots = program.uniform_end, program.slots
        useful = np.zeros(slots, np.bool_)  # made from a parameter, so that gradient has to reach it
        useful[: program.parameters] = True
        self.steps = list[Step]()
        for r in program.runs:
            self.steps.append(step(r, end, useful))
            useful[r.out : r.out + r.n] = any(where.useful for where in self.steps[-1].operands)
        self.wanted = Where(program.outputs, end, useful)
        # A slot is certain if gradient reaches it for every sample, whatever the conditions of `where` are. Of several
        # outputs one whose seed is 0 sends nothing, not even 0 · inf.
        self.certain = np.zeros(slots, np.bool_)
        self.certain[program.outputs] = len(program.outputs) == 1
        for s in reversed(self.steps):
            s.certain = bool(self.certain[s.out].all())
            if not s.chooses:
                for where in s.operands:
                    self.certain[where.slots] |= s.certain
        self.everywhere = all(s.certain and not s.chooses for s in self.steps)

    def forward(self, memory: Memory) -> None:
        for s in self.steps:
            s.result.write(memory.values, s.forward(memory))

    def outputs(self, memory: Memory) -> Array:
        return np.broadcast_to(self.wanted.read(memory.values), (len(self.program.outputs), memory.n))

    def backward(self, memory: Memory, seeds: Any) -> Array:
        """The gradient by the parameters of seeds · outputs."""
        memory.start_backward(None if self.everywhere else self.certain)
        sent = np.broadcast_to(np.asarray(seeds, memory.dtype).T, (len(self.program.outputs), memory.n))
        self.wanted.add(memory.gradients, sent)
        if not self.everywhere:
            self.wanted.add(memory.reached, sent != 0, np.logical_or)
        for s in reversed(self.steps):
            if s.useful:
                s.backward(memory)
        return memory.gradients.uniform[: self.program.parameters, 0]


_plans: WeakKeyDictionary[Program, _Plan] = WeakKeyDictionary()
