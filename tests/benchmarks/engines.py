"""The engines under test: how each one makes a number, clears gradients, sweeps, and hands gradients over.

A workload is written once, on an Engine. Only the pieces named here differ between the packages.
"""

from __future__ import annotations

import gc
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any


class UnsupportedError(Exception):
    """An engine has no way to run a workload; the message says what it lacks."""


@dataclass(frozen=True)
class Engine:
    """What a workload needs of a package.

    Attributes:
        Value: makes a leaf from a float (data of a sample).
        parameter: makes a leaf whose gradient is wanted.
        constant: makes a constant operand. The float itself, except where a package takes no floats.
        item: the float in a Value.
        relu, exp, log: functions of a Value; exp and log are None where the package has none.
        zero: clears the gradients of a list of parameters.
        sweep: runs backward from a Value; None for plain floats, which only run forward.
        gradient: the gradient of a parameter after a sweep, a float.
        dot: dot(ws, xs, bias) as one node, where there is one.
        collect: what to run after each step, outside its time.
    """

    name: str
    Value: Callable[[float], Any]
    item: Callable[[Any], float]
    relu: Callable[[Any], Any]
    zero: Callable[[list[Any]], None]
    parameter: Callable[[float], Any]
    constant: Callable[[float], Any] = float
    sweep: Callable[[Any], None] | None = None
    gradient: Callable[[Any], float] = attrgetter("grad")
    exp: Callable[[Any], Any] | None = None
    log: Callable[[Any], Any] | None = None
    dot: Callable[..., Any] | None = None
    collect: Callable[[], Any] | None = None


def zero_grad(parameters: list[Any]) -> None:
    for p in parameters:
        p.grad = 0.0


def backward(total: Any) -> None:
    total.backward()


def ours(choice: str) -> Engine:
    os.environ["AUTOGRAD_ENGINE"] = choice
    import autograd
    from autograd import Value

    if autograd.engine != choice:
        raise ImportError(f"AUTOGRAD_ENGINE={choice} loaded the engine {autograd.engine!r}")
    return Engine(
        name=f"ours-{choice}",
        Value=Value,
        item=Value.item,
        relu=Value.relu,
        zero=zero_grad,
        parameter=Value,
        sweep=backward,
        exp=Value.exp,
        log=Value.log,
        dot=autograd.dot,
    )


def micrograd(collector: bool) -> Engine:
    """The engine of micrograd, with Python's garbage collector or without it.

    Its nodes are reference cycles, so without the collector nothing would ever be freed: with the
    collector off, the garbage is collected by hand between the timed steps.
    """
    from micrograd.engine import Value

    if not collector:
        gc.disable()
    return Engine(
        name="micrograd" if collector else "micrograd, gc off",
        Value=Value,
        item=attrgetter("data"),
        relu=Value.relu,
        zero=zero_grad,
        parameter=Value,
        sweep=backward,
        collect=None if collector else gc.collect,
    )


def minigrad() -> Engine:
    """The engine of minigrad, with constants that are Values.

    It reads a Python number among the operands as if it were a Value, and writes a gradient into it
    (the int 0 that `sum` starts from is then no longer 0), so every constant has to be a Value.
    """
    from minigrad import Value

    return Engine(
        name="minigrad",
        Value=Value,
        item=attrgetter("data"),
        relu=Value.relu,
        zero=zero_grad,
        parameter=Value,
        constant=Value,
        sweep=backward,
    )


def xad() -> Engine:
    """The adjoint mode of xad: one tape, rewound at every step; only parameters are registered on it."""
    from xad import math as xmath
    from xad.adj_1st import Real, Tape

    tape = Tape()
    tape.activate()

    def parameter(number: float) -> Any:
        leaf = Real(number)
        tape.registerInput(leaf)
        return leaf

    def zero(parameters: list[Any]) -> None:
        tape.newRecording()

    def sweep(total: Any) -> None:
        tape.registerOutput(total)
        total.setDerivative(1.0)
        tape.computeAdjoints()

    def relu(x: Any) -> Any:
        return xmath.max(x, 0.0)

    return Engine(
        name="xad",
        Value=Real,
        item=Real.getValue,
        relu=relu,
        zero=zero,
        parameter=parameter,
        sweep=sweep,
        gradient=Real.getDerivative,
        exp=xmath.exp,
        log=xmath.log,
    )


def torch() -> Engine:
    """The tensors of torch, one of no dimensions for each number; only parameters require a gradient."""
    import torch

    def zero(parameters: list[Any]) -> None:
        for p in parameters:
            p.grad = None

    def gradient(p: Any) -> float:
        return 0.0 if p.grad is None else p.grad.item()  # None: the loss does not depend on it

    return Engine(
        name="torch",
        Value=partial(torch.tensor, dtype=torch.float64),
        item=torch.Tensor.item,
        relu=torch.relu,
        zero=zero,
        parameter=partial(torch.tensor, dtype=torch.float64, requires_grad=True),
        sweep=backward,
        gradient=gradient,
        exp=torch.exp,
        log=torch.log,
    )


def floats() -> Engine:
    """Plain Python floats, forward only: the time that the interpreter itself takes for the program."""

    def relu(x: float) -> float:
        return x if x > 0 else 0.0

    return Engine(
        name="floats",
        Value=float,
        item=float,
        relu=relu,
        zero=lambda parameters: None,
        parameter=float,
        exp=math.exp,
        log=math.log,
    )


ENGINES: dict[str, Callable[[], Engine]] = {
    "floats": floats,
    "ours-c": partial(ours, "c"),
    "ours-python": partial(ours, "python"),
    "minigrad": minigrad,
    "xad": xad,
    "micrograd": partial(micrograd, True),
    "micrograd, gc off": partial(micrograd, False),
    "torch": torch,
}
TITLES = {  # where a row says more than the name
    "floats": "plain floats, forward only",
    "ours-c": "**autograd, C engine**",
    "ours-python": "**autograd, Python engine**",
    "micrograd": "micrograd, as people run it",
    "micrograd, gc off": "micrograd, collector off",
    "torch": "torch, 0-d tensors",
}
PEERS = ("micrograd", "minigrad", "xad", "torch")  # names in the package index
