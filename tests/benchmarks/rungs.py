"""The rungs of the ladder that are written one number at a time: micrograd, our engines, and our compiled code."""

from __future__ import annotations

import os
from time import perf_counter
from typing import Any

import numpy as np

from .engines import UnsupportedError, ours
from .networks import Network


class Rung:
    """One way to compute the mean loss of a network and its gradient; `step()` does it once.

    Attributes:
        loss, gradient: what the latest step gave; the gradient in the order of the network's parameter vector.
        once: the seconds that had to pass before the first step: tracing, compiling.
    """

    once: float | None = None
    loss: Any
    gradient: Any

    def step(self) -> None:
        raise NotImplementedError

    @property
    def names(self) -> list[str]:
        return ["loss", *(f"parameter {i}" for i in range(len(self.gradient)))]

    def gradients(self) -> list[float]:
        """The loss and the gradient, of which the engines must agree."""
        return [float(self.loss), *np.asarray(self.gradient, float).tolist()]

    def facts(self) -> dict[str, float]:
        return {} if self.once is None else {"once": self.once}


class Micrograd(Rung):
    """micrograd with its own MLP."""

    def __init__(self, network: Network) -> None:
        from micrograd.nn import MLP

        if not network.hinge or network.activation != "relu":
            raise UnsupportedError("has no exp and log")
        self.X, self.y = network.X.tolist(), network.y.tolist()
        self.model = MLP(network.sizes[0], list(network.sizes[1:]))
        self.parameters = self.model.parameters()
        for p, number in zip(self.parameters, network.weights().tolist(), strict=True):
            p.data = number

    def step(self) -> None:
        for p in self.parameters:
            p.grad = 0.0
        losses = [(1 + -y * self.model(x)).relu() for x, y in zip(self.X, self.y, strict=True)]
        total = sum(losses) * (1.0 / len(losses))
        total.backward()
        self.loss = total.data

    @property
    def gradient(self) -> list[float]:
        return [p.grad for p in self.parameters]


class Scalars(Rung):
    """Our nn.MLP and the loss of one sample, as a person writes them."""

    def __init__(self, network: Network, engine: str) -> None:
        ours(engine)
        import autograd
        import nn

        model = nn.MLP(network.sizes[0], list(network.sizes[1:]), activation=network.activation)
        self.parameters = list(model.parameters())
        autograd.write_data(self.parameters, network.weights())
        relu, logsumexp, take = autograd.relu, autograd.logsumexp, autograd.take

        def max_margin(x: Any, y: Any) -> Any:
            return relu(1 - y * model(x))

        def cross_entropy(x: Any, y: Any) -> Any:
            outputs = model(x)
            return logsumexp(outputs) - take(outputs, y)

        self.X, self.y = network.X, network.y
        self.loss_of = max_margin if network.hinge else cross_entropy

    @property
    def gradient(self) -> list[float]:
        return [p.grad for p in self.parameters]


class Eager(Scalars):
    """One graph for all samples, built and swept anew at each step."""

    def __init__(self, network: Network, engine: str) -> None:
        super().__init__(network, engine)
        self.samples = list(zip(self.X.tolist(), self.y.tolist(), strict=True))

    def step(self) -> None:
        for p in self.parameters:
            p.grad = 0.0
        total = sum(self.loss_of(x, y) for x, y in self.samples) * (1.0 / len(self.samples))
        total.backward()
        self.loss = total.data


class Compiled(Scalars):
    """The same function through `autograd.compile`.

    `part` is what a step times: "numpy" or "c" one call of that executor; "call" the mean and its backward;
    "step" a whole training step in Python, from zero_grad to the optimiser.
    """

    def __init__(self, network: Network, part: str, threads: int = 1) -> None:
        super().__init__(network, "c" if part != "numpy" else os.environ.get("AUTOGRAD_ENGINE", "c"))
        import autograd
        import nn
        from autograd.compiler import c_executor, numpy_executor

        if part != "numpy" and not c_executor.available:
            raise UnsupportedError("the C executor is not built")
        executor = numpy_executor if part == "numpy" else c_executor
        self.part = part
        self.compiled = autograd.compile(self.loss_of)
        self.optimizer = nn.SGD(self.parameters, lr=1e-6)
        begin = perf_counter()
        total = self.compiled.mean(self.X, self.y)
        self.program = self.compiled.program
        self.columns = np.column_stack([self.X, self.y])
        self.order = {p: i for i, p in enumerate(total.parents)}  # the program's own order of parameters
        self.numbers = np.array([p.data for p in total.parents])
        self.run = executor.runner(self.program, threads)
        self.execute()
        self.once = perf_counter() - begin

    def execute(self) -> tuple[Any, Any]:
        weight = 1.0 / len(self.columns)
        return self.run(self.numbers, self.columns, weight, True, True)

    def step(self) -> None:
        if self.part in ("numpy", "c"):
            self.loss, self.slopes = self.execute()
        elif self.part == "call":
            self.total = self.compiled.mean(self.X, self.y)
            self.total.backward()
        else:
            self.optimizer.zero_grad()
            self.total = self.compiled.mean(self.X, self.y)
            self.total.backward()
            self.optimizer.step()

    def gradients(self) -> list[float]:
        if self.part in ("numpy", "c"):
            slopes = [self.slopes[self.order[p]] for p in self.parameters]
            return [float(self.loss[0]) / len(self.columns), *map(float, slopes)]
        return [self.total.data, *self.gradient]
