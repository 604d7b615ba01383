"""The small GPT on one document, or on several of one length: on a plain Value, on our engines, and compiled.

All run the program of gpt.py. The compiled one gets the document as an argument, so it chooses rows and probabilities
with `take`, and takes the softmax of the package, which does not read the largest number out.
"""

from __future__ import annotations

import random
from time import perf_counter
from typing import Any

import numpy as np

from .engines import Engine, UnsupportedError, backward, ours, zero_grad
from .gpt import DOCUMENT, GPT, VOCABULARY, Vector
from .rungs import Rung


def documents(count: int) -> list[tuple[int, ...]]:
    """That many documents of the length of gpt.DOCUMENT, which is the first."""
    rng = random.Random(2)
    end = DOCUMENT[0]
    drawn = [(end, *(rng.randrange(VOCABULARY - 1) for _ in DOCUMENT[2:]), end) for _ in range(count - 1)]
    return [DOCUMENT, *drawn]


def plain() -> Engine:
    from .plain import Value

    return Engine(
        name="plain",
        Value=Value,
        item=lambda x: x.data,
        relu=Value.relu,
        zero=zero_grad,
        parameter=Value,
        sweep=backward,
        exp=Value.exp,
        log=Value.log,
    )


class Documents(Rung):
    """The mean loss over the documents, one graph a document."""

    def __init__(self, engine: str, count: int) -> None:
        self.gpt = GPT(plain() if engine == "plain" else ours(engine))
        self.documents = documents(count)

    def step(self) -> None:
        for p in self.gpt.parameters:
            p.grad = 0.0
        self.loss = 0.0
        for document in self.documents:
            self.gpt.document = document
            loss = self.gpt.loss() * (1.0 / len(self.documents))
            loss.backward()
            self.loss += loss.data

    @property
    def gradient(self) -> list[float]:
        return [p.grad for p in self.gpt.parameters]


class TracedGPT(GPT):
    """The GPT as a function of its document."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        import autograd

        self._softmax, self.row = autograd.softmax, autograd.take

    def softmax(self, xs: Vector) -> Vector:
        return self._softmax(xs)


class CompiledDocuments(Rung):
    """The GPT compiled.

    `part` is what a step times: "numpy" or "c" one call of that executor; "call" the mean and its backward; "trace"
    the trace of a new length; "first" the first call with a new length, which traces, lowers and runs.
    """

    def __init__(self, part: str, count: int) -> None:
        self.gpt = TracedGPT(ours("c"))
        import autograd
        from autograd.compiler import c_executor, numpy_executor
        from autograd.compiler.trace import samples, trace
        from autograd.compiler.watch import Watch

        if not c_executor.available:
            raise UnsupportedError("the C executor is not built")
        self.part, self.compile, self.trace = part, autograd.compile, trace
        self.run = (numpy_executor if part == "numpy" else c_executor).run
        self.columns = np.array(documents(count), float)
        gpt = self.gpt

        def loss(document: Any) -> Any:
            return gpt.loss_of(document)

        self.function = loss
        self.signature, _ = samples(loss, (self.columns,), {})
        self.watch = Watch(loss)  # of the lengths that came before
        self.compiled = autograd.compile(loss)
        begin = perf_counter()
        self.total = self.compiled.mean(self.columns)
        self.program = self.compiled.program
        self.once = perf_counter() - begin
        self.used = list(self.total.parents)
        self.numbers = np.array([p.data for p in self.used])

    def step(self) -> None:
        if self.part in ("numpy", "c"):
            weight = 1.0 / len(self.columns)
            self.loss, self.slopes = self.run(self.program, self.numbers, self.columns, weight, True, True)
        elif self.part == "call":
            self.total = self.compiled.mean(self.columns)
            self.total.backward()
        elif self.part == "trace":
            self.trace(self.function, self.signature, self.watch)
        else:
            self.total = self.compile(self.function).mean(self.columns)

    def gradients(self) -> list[float]:
        if self.part in ("numpy", "c"):
            found = dict(zip(self.used, self.slopes.tolist(), strict=True))
            return [float(self.loss[0]) / len(self.columns), *(found.get(p, 0.0) for p in self.gpt.parameters)]
        if self.part in ("trace", "first"):
            for p in self.gpt.parameters:
                p.grad = 0.0
            self.total.backward()
        return [self.total.data, *(p.grad for p in self.gpt.parameters)]

    @property
    def names(self) -> list[str]:
        return ["loss", *(f"parameter {i}" for i in range(len(self.gpt.parameters)))]
