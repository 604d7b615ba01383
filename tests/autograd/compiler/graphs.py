"""Random graphs, and what they compute when every node is a Value."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import strategies as st

from autograd import Value
from autograd.compiler.graph import CODES, CONST, INPUT, NAMES, PARAM, Graph, Nodes
from autograd.compiler.passes import uniform
from autograd.rules import RULES

EXACT = ("+", "-", "*", "neg", "relu", "abs", "maximum", "minimum", "sign", "step", "where", "sum", "dot")
"""Of whole numbers these give whole numbers, in every order of addition: results can be compared exactly."""
WHOLE = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
SPECIAL = (*WHOLE, math.inf, -math.inf, math.nan)


def build(rows: list[tuple[Any, ...]], outputs: list[int], parameters: int = 0, columns: int = 0) -> Graph:
    """A graph by hand: rows ("const", 2.0), ("param", 0), ("input", 1) or ("+", 0, 1)."""
    nodes = Nodes()
    for name, *rest in rows:
        code = CODES[name]
        nodes.add(code, [], rest[0]) if code <= INPUT else nodes.add(code, rest)
    return nodes.graph(outputs, parameters, columns)


@st.composite
def graphs(draw: st.DrawFn, ops: tuple[str, ...] = EXACT, numbers: tuple[float, ...] = WHOLE) -> Graph:
    """A graph of up to 40 nodes; recent nodes are preferred, so that chains come out, and shared ones too."""
    parameters, columns = draw(st.integers(0, 4)), draw(st.integers(0, 3))
    nodes, bound = Nodes(), list[float]()
    for i in range(parameters):
        nodes.add(PARAM, [], i)
    for i in range(columns):
        nodes.add(INPUT, [], i)
    for number in draw(st.lists(st.sampled_from(numbers), min_size=1, max_size=3)):
        nodes.add(CONST, [], number)
    bound += [3.0] * len(nodes.op)
    for name in draw(st.lists(st.sampled_from((*ops, "+", "*", "*")), max_size=30)):
        rule = RULES[name]
        count = draw(st.integers(1, 5)) if rule.variadic else len(rule.domain)
        last = len(nodes.op) - 1
        args = [last - min(draw(st.integers(0, last)), draw(st.integers(0, last))) for _ in range(count)]
        size = math.prod(bound[x] for x in args) + sum(bound[x] for x in args)
        if size < 1e6:  # so that no sum rounds
            nodes.add(CODES[name], args)
            bound.append(size)
    outputs = draw(st.lists(st.integers(0, len(nodes.op) - 1), min_size=1, max_size=3))
    return nodes.graph([*outputs, len(nodes.op) - 1], parameters, columns)


def by_values(graph: Graph, parameters: Any, X: Any, seeds: Any) -> tuple[list[list[float]], list[float]]:
    """The outputs for each sample and the gradient of Σ seeds · outputs, by one graph of Values.

    Uniform nodes are made once, as in a Program.
    """
    leaves = [Value(p) for p in parameters]
    nodes, same = graph.nodes(), uniform(graph)
    shared = dict[int, Any]()
    rows, total = list[list[float]](), list[Any]()
    for sample, row in enumerate(X):
        v = list[Any]()
        for i, (op, args, number) in enumerate(zip(nodes.op, nodes.args, nodes.number, strict=True)):
            if i in shared:
                v.append(shared[i])
                continue
            if op == PARAM:
                v.append(leaves[int(number)])
            elif op == CONST:
                v.append(number)
            elif op == INPUT:
                v.append(float(row[int(number)]))
            else:
                operands = [v[x] for x in args]
                name = NAMES[op]
                if all(isinstance(x, float) for x in operands):
                    v.append(RULES[name].value(*operands))
                else:
                    v.append(Value.apply(name, *operands))
            if same[i]:
                shared[i] = v[i]
        rows.append([float(v[i]) for i in graph.outputs])
        total += [v[i] * float(seed) for i, seed in zip(graph.outputs, seeds[sample], strict=True)]
    loss = Value.apply("sum", Value(0.0), *total)
    loss.backward()
    return rows, [leaf.grad for leaf in leaves]


def assert_equal(got: Any, want: Any, tolerance: float = 0.0) -> None:
    """Equal numbers; nan equals nan. The tolerance is relative, and absolute below 1."""
    np.testing.assert_allclose(
        np.asarray(got, float), np.asarray(want, float), rtol=tolerance, atol=tolerance, equal_nan=True
    )


def cases(graph: Graph, numbers: tuple[float, ...] = WHOLE, samples: int = 3) -> st.SearchStrategy[Any]:
    """Parameters, samples and seeds for a graph."""

    def table(rows: int, width: int) -> st.SearchStrategy[Any]:
        row = st.lists(st.sampled_from(numbers), min_size=width, max_size=width)
        return st.lists(row, min_size=rows, max_size=rows).map(lambda rows_: np.array(rows_).reshape(rows, width))

    seeds = st.lists(
        st.lists(st.sampled_from(WHOLE), min_size=len(graph.outputs), max_size=len(graph.outputs)),
        min_size=samples,
        max_size=samples,
    ).map(np.array)
    return st.tuples(table(1, graph.parameters).map(lambda t: t[0]), table(samples, graph.columns), seeds)
