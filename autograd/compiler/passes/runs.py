"""runs: the nodes get their places in a Program, equal operations side by side."""

from __future__ import annotations

from collections import defaultdict
from itertools import chain
from typing import Any

import numpy as np

from ..graph import CODES, CONST, INPUT, NAMES, PARAM, Graph
from ..program import PRODUCT, TAKE, Program, Run, flat
from .analysis import levels, uniform

DOT = CODES["dot"]
LISTS = tuple(CODES[name] for name in ("sum", "logsumexp"))


def runs(graph: Graph) -> Program:
    """Level by level, uniform nodes first: nodes of one operation and size are a run.

    Dots with the same x are one PRODUCT, whose x then stands there once. Inside a run the nodes are sorted by the slots
    of their operands, so that a run reads its operands side by side where that is possible.
    """
    nodes, outputs = graph.nodes(), graph.outputs.tolist()
    constants = [i for i, op in enumerate(nodes.op) if op == CONST]
    slot = [-1] * len(graph)
    for i, op in enumerate(nodes.op):
        if op == PARAM:
            slot[i] = int(nodes.number[i])
    for place, i in enumerate(constants, graph.parameters):
        slot[i] = place
    finished, end = list[Run](), graph.parameters + len(constants)
    uniform_end, per_sample = 0, False
    steps = _steps(graph)
    for step in [*steps[0], None, *steps[1]]:
        if step is None:
            for i, op in enumerate(nodes.op):
                if op == INPUT:
                    slot[i] = end + int(nodes.number[i])
            uniform_end, per_sample = end, True
            end += graph.columns
            continue
        code, members = step
        rows = sorted([[*[slot[x] for x in nodes.args[i]], i] for i in members])
        for place, row in enumerate(rows, end):
            slot[row.pop()] = place
        args = np.array(_layout(code, rows), np.int32)
        finished.append(Run(code, len(rows), end, per_sample, args))
        end += len(rows)
    return Program(
        parameters=graph.parameters,
        constants=graph.number[constants],
        columns=graph.columns,
        outputs=np.array([slot[x] for x in outputs], np.int32),
        uniform_end=uniform_end,
        slots=end,
        code=flat(finished),
    )


def _steps(graph: Graph) -> tuple[list[tuple[int, list[int]]], list[tuple[int, list[int]]]]:
    """The uniform runs and those for each sample, in order: each an opcode and the nodes."""
    nodes, depth, same = graph.nodes(), levels(graph), uniform(graph)
    groups: defaultdict[Any, list[int]] = defaultdict(list)
    dots: defaultdict[Any, list[int]] = defaultdict(list)
    for i, op in enumerate(nodes.op):
        size = len(nodes.args[i])
        if op == DOT:
            dots[not same[i], depth[i], size, tuple(nodes.args[i][size // 2 : size & ~1])].append(i)
        elif op > INPUT:
            code = TAKE if NAMES[op] == "take" else op
            groups[not same[i], depth[i], code, 0 if op in LISTS else size, ()].append(i)
    for (kind, level, size, x), members in dots.items():
        if len(members) > 1:
            groups[kind, level, PRODUCT, size, x] = members
        else:
            groups[kind, level, DOT, size, ()] += members
    steps: tuple[list[tuple[int, list[int]]], list[tuple[int, list[int]]]] = [], []
    for key in sorted(groups):
        steps[bool(key[0])].append((int(key[2]), groups[key]))
    return steps


def _layout(code: int, rows: list[list[int]]) -> list[int]:
    """The operands of a run, each row those of one node, in the order that a Program wants."""
    if code in LISTS:
        return [*map(len, rows), *chain.from_iterable(rows)]
    size = len(rows[0])
    if code == TAKE:
        return [size - 1, *chain.from_iterable(rows)]
    if code == DOT:
        return [size // 2, size % 2, *chain.from_iterable(rows)]
    if code == PRODUCT:
        k = size // 2
        w = chain.from_iterable([row[:k] for row in rows])
        return [len(rows), k, size % 2, *w, *rows[0][k : 2 * k], *[row[-1] for row in rows if size % 2]]
    return [row[i] for i in range(size) for row in rows]
