"""Hands a Program to the C executor: lanes of samples, matrix products in registers, threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from .extension import extension as _c
from .graph import NAMES
from .program import PRODUCT, TAKE, Program

Floats = NDArray[np.float64]
Runner = Callable[..., tuple[Floats, Floats | None]]


class _Executor(Protocol):
    """A program in C, `autograd._c.executor.Program`."""

    def run(self, *arguments: Any) -> None: ...


available: bool = _c is not None
"""Whether the C executor was built."""


_OPERATIONS: dict[int, int] = {}
"""What C calls the operation of an opcode."""
if available:
    _names = {**dict(enumerate(NAMES)), PRODUCT: "product", TAKE: "take"}
    _OPERATIONS.update({code: _c.OPERATIONS[name] for code, name in _names.items() if name in _c.OPERATIONS})


def encode(program: Program) -> tuple[NDArray[np.int32], Floats]:
    """Write a Program as the one array of int32 that C reads (plan.c says how), and its constants.

    Raises:
        ValueError: the C executor lacks one of its operations.
    """
    code, runs = program.code.copy(), 0
    for at, (opcode, *_) in program.heads():
        operation = _OPERATIONS.get(opcode)
        if operation is None:
            name = NAMES[opcode] if opcode < len(NAMES) else opcode
            raise ValueError(f"the C executor has no operation {name!r}; run it with numpy")
        code[at] = operation
        runs += 1
    head = [_c.FORMAT, program.parameters, len(program.constants), program.columns]
    head += [len(program.outputs), runs, _c.OPERATION_COUNT]
    return np.concatenate([head, program.outputs, code], dtype=np.int32), np.asarray(program.constants, np.float64)


def executor_of(program: Program) -> _Executor:
    """The program as C holds it, made at the first call and kept as long as the Program lives."""
    found = _executors.get(program)
    if found is None:
        found = _executors[program] = _c.Program(*encode(program))
    return found


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
        threads: how many work at once. The result has the same bits for any number.
        dtype: float64 or float32, the numbers to compute with.

    Raises:
        IndexError: a sample takes an entry that a table does not have.
        ValueError: the program is wrong, or the arrays do not fit it.
    """
    return runner(program, threads, dtype)(parameters, X, seeds, want_gradient, reduce)


def runner(program: Program, threads: int = 1, dtype: Any = np.float64) -> Runner:
    """`run` of one program, for many calls: what stays the same is looked up once."""
    in_c, k, count, size = executor_of(program).run, len(program.outputs), program.parameters, np.dtype(dtype).itemsize

    def run(
        parameters: Floats,
        X: Floats | None,
        seeds: float | Floats = 1.0,
        want_gradient: bool = False,
        reduce: bool = False,
    ) -> tuple[Floats, Floats | None]:
        N = 1 if X is None else len(X)
        outputs = np.empty(k if reduce else (N, k))
        gradient = np.empty(count) if want_gradient else None
        start = float(seeds) if isinstance(seeds, (float, int)) else np.ascontiguousarray(seeds, np.float64)
        in_c(parameters, X, N, start, outputs, gradient, reduce, threads, size)
        return outputs, gradient

    return run


_executors: WeakKeyDictionary[Program, _Executor] = WeakKeyDictionary()
