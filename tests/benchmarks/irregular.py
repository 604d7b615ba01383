"""A random graph without layers: sums, differences, products and sines of whatever was computed before.

A node adds (30 %) or subtracts (25 %) two numbers drawn from all before it, multiplies one by a leaf (40 %) or takes
its sine (5 %). There are 64 parameters and 64 inputs; the result is the sum of all that nothing else reads. So every
node counts, the graph is some ten to fifty levels deep, and its numbers neither vanish nor overflow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from operator import add, mul, sub
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .engines import UnsupportedError, ours
from .rungs import Rung

LEAVES = 64  # parameters; and as many inputs
KINDS = ("+", "-", "*", "sin")
OPERATORS = (add, sub, mul)
SHARES = (0.30, 0.25, 0.40, 0.05)


@dataclass(frozen=True)
class Irregular:
    """The graph. Numbers 0 to 63 are parameters, 64 to 127 inputs, and 128 + i is node i."""

    kind: NDArray[np.int64]
    """[n]: the place of the operation in KINDS."""
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    """[n]: the operands, by number; a sine has the first alone."""
    ends: NDArray[np.int64]
    """What nothing else reads."""

    @staticmethod
    def of(nodes: int) -> Irregular:
        rng = np.random.default_rng(0)
        kind = rng.choice(len(KINDS), nodes, p=SHARES)
        before = 2 * LEAVES + np.arange(nodes)
        first, second = (rng.random((2, nodes)) * before).astype(np.int64)
        second = np.choose(kind, [second, second, second % (2 * LEAVES), 0])
        read = np.zeros(2 * LEAVES + nodes, bool)
        read[first] = True
        read[second[kind != 3]] = True
        read[: 2 * LEAVES] = True
        return Irregular(kind, first, second, np.flatnonzero(~read))

    def __len__(self) -> int:
        return len(self.kind)


def parameters() -> NDArray[np.float64]:
    return np.random.default_rng(1).uniform(-1, 1, LEAVES)


def inputs(samples: int) -> NDArray[np.float64]:
    return np.random.default_rng(2).uniform(-1, 1, (samples, LEAVES))


class Graphs(Rung):
    """A step computes the result, summed over the samples; then the result and its gradient. Its parts tell both."""

    def __init__(self, nodes: int, samples: int) -> None:
        self.graph, self.p, self.X = Irregular.of(nodes), parameters(), inputs(samples)

    def forward(self) -> None:
        raise NotImplementedError

    def both(self) -> None:
        raise NotImplementedError

    def step(self) -> dict[str, float]:  # pyright: ignore[reportIncompatibleMethodOverride]
        start = perf_counter()
        self.forward()
        middle = perf_counter()
        self.both()
        return {"forward": middle - start, "both": perf_counter() - middle}


class EagerGraphs(Graphs):
    """Our engine in C, a graph a sample."""

    def __init__(self, nodes: int, samples: int) -> None:
        super().__init__(nodes, samples)
        ours("c")
        import autograd

        self.Value, self.sum = autograd.Value, autograd.sum
        self.values = [autograd.Value(number) for number in self.p.tolist()]
        self.rows = self.X.tolist()
        columns = self.graph.kind, self.graph.first, self.graph.second
        self.nodes = list(zip(*(column.tolist() for column in columns), strict=True))
        self.ends = self.graph.ends.tolist()

    def build(self, row: list[float]) -> Any:
        Value, v = self.Value, [*self.values, *row]
        for kind, i, j in self.nodes:
            x = v[i]
            if kind == 0:
                v.append(x + v[j])
            elif kind == 1:
                v.append(x - v[j])
            elif kind == 2:
                v.append(x * v[j])
            else:
                v.append(x.sin() if type(x) is Value else math.sin(x))
        return self.sum([v[i] for i in self.ends])

    def forward(self) -> None:
        for row in self.rows:
            self.build(row)

    def both(self) -> None:
        for p in self.values:
            p.grad = 0.0
        self.loss = 0.0
        for row in self.rows:
            total = self.build(row)
            total.backward()
            self.loss += total.data

    @property
    def gradient(self) -> list[float]:
        return [p.grad for p in self.values]


def traced(graph: Irregular) -> Any:
    """The graph as the trace of such a function would be."""
    from autograd.compiler.graph import CODES, INPUT, PARAM, Graph

    n, codes = len(graph), np.array([CODES[name] for name in KINDS], np.uint8)
    leaves, ends = np.repeat(np.array([PARAM, INPUT], np.uint8), LEAVES), graph.ends
    two = graph.kind != 3
    counts = np.concatenate([np.zeros(2 * LEAVES, np.int32), 1 + two, [len(ends)]])
    pairs = np.column_stack([graph.first, graph.second])[np.column_stack([np.ones(n, bool), two])]
    op = np.concatenate([leaves, codes[graph.kind], np.array([CODES["sum"]], np.uint8)])
    number = np.concatenate([np.tile(np.arange(LEAVES), 2), np.zeros(n + 1)]).astype(float)
    start = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    args = np.concatenate([pairs, ends]).astype(np.int32)
    return Graph(op, start, args, number, np.array([2 * LEAVES + n], np.int32), LEAVES, LEAVES)


class CompiledGraphs(Graphs):
    """The Program of the graph, on one of the executors."""

    def __init__(self, nodes: int, samples: int, executor: str) -> None:
        super().__init__(nodes, samples)
        ours("c")
        from autograd.compiler import c_executor, lower, numpy_executor

        if executor == "c" and not c_executor.available:
            raise UnsupportedError("the C executor is not built")
        graph = traced(self.graph)
        begin = perf_counter()
        self.program = lower(graph)
        self.once = perf_counter() - begin
        self.run = (c_executor if executor == "c" else numpy_executor).runner(self.program)

    def forward(self) -> None:
        self.run(self.p, self.X, reduce=True)

    def both(self) -> None:
        [self.loss], self.gradient = self.run(self.p, self.X, 1.0, True, True)


class CasadiGraphs(Graphs):
    """SX, built level by level, on CasADi's virtual machine: the function, and the function with its gradient."""

    def __init__(self, nodes: int, samples: int) -> None:
        super().__init__(nodes, samples)
        import casadi

        begin = perf_counter()
        p, x = casadi.SX.sym("p", LEAVES), casadi.SX.sym("x", LEAVES)
        y = self.expression(casadi, casadi.vertcat(p, x))
        forward = casadi.Function("forward", [p, x], [y])
        both = casadi.Function("both", [p, x], [y, casadi.gradient(y, p)])
        self.functions = [self.over_samples(casadi, f, samples) for f in (forward, both)]
        self.arguments = casadi.DM(self.p), casadi.DM(self.X.T)
        self.once = perf_counter() - begin

    def expression(self, casadi: Any, leaves: Any) -> Any:
        """The result. Nodes of one level and kind are made together, since a single one costs Python 70 µs."""
        graph, n = self.graph, len(self.graph)
        level = _levels(graph)
        place = np.concatenate([np.arange(2 * LEAVES), np.zeros(n, np.int64)])  # where each number stands in v
        v, size = leaves, 2 * LEAVES
        for k in range(1, level.max() + 1):
            parts = [v]
            for kind in range(len(KINDS)):
                chosen = np.flatnonzero((level == k) & (graph.kind == kind))
                if len(chosen):
                    a, b = (v[place[which[chosen]].tolist()] for which in (graph.first, graph.second))
                    parts.append(casadi.sin(a) if KINDS[kind] == "sin" else OPERATORS[kind](a, b))
                    place[2 * LEAVES + chosen] = np.arange(size, size + len(chosen))
                    size += len(chosen)
            v = casadi.vertcat(*parts)
        return casadi.sum1(v[place[graph.ends].tolist()])

    def over_samples(self, casadi: Any, function: Any, samples: int) -> Any:
        if samples == 1:
            return function
        P, X = casadi.MX.sym("P", LEAVES), casadi.MX.sym("X", LEAVES, samples)
        outputs = function.map(samples).call([P, X])
        return casadi.Function("sum", [P, X], [casadi.sum2(output) for output in outputs])

    def forward(self) -> None:
        self.functions[0](*self.arguments)

    def both(self) -> None:
        self.loss, slopes = self.functions[1](*self.arguments)
        self.gradient = np.array(slopes)[:, 0]


def _levels(graph: Irregular) -> NDArray[np.int64]:
    """[n]: one more than the highest level of the operands; leaves stand on level 0."""
    level = [0] * (2 * LEAVES)
    for kind, i, j in zip(graph.kind.tolist(), graph.first.tolist(), graph.second.tolist(), strict=True):
        level.append(1 + (level[i] if kind == 3 else max(level[i], level[j])))
    return np.array(level[2 * LEAVES :])
