"""The Program: where its slots are, which runs it has, how it prints."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from autograd import Value, dot, relu, tanh
from autograd.compiler import Graph, Program, compile, lower
from autograd.compiler.graph import CODES, NAMES
from autograd.compiler.passes import PASSES, lower_in_python, runs
from autograd.compiler.program import PRODUCT, TAKE, Run, flat
from autograd.rules import RULES

from .graphs import build, graphs


def network(*sizes: int) -> Graph:
    """The squared error of a network, every neuron a chain of single products."""
    rng, ws = random.Random(0), list[Value]()

    def parameter() -> Value:
        ws.append(Value(rng.gauss(0, 1)))
        return ws[-1]

    layers = [[[parameter() for _ in range(i + 1)] for _ in range(o)] for i, o in pairwise(sizes)]
    xs, y = [Value(0.5) for _ in range(sizes[0])], Value(1.0)
    h: list[Any] = list(xs)
    for layer in layers:
        h = [sum((w * x for w, x in zip(row[:-1], h, strict=True)), row[-1]) for row in layer]
        if layer is not layers[-1]:
            h = [relu(v) for v in h]
    graph, _ = Graph.of([(h[0] - y) ** 2], [*xs, y], ws[-1].serial + 1)
    return graph


def test_opcodes() -> None:
    assert len(RULES) == PRODUCT - 3
    assert len(RULES) == TAKE - 4


def test_a_network_is_its_layers() -> None:
    assert str(lower(network(2, 16, 16, 1))) == (
        "337 parameters, 1 constant, 3 inputs, 1 output\n"
        "layer 0: matmul 16×2 + bias, relu ×16\n"
        "layer 1: matmul 16×16 + bias, relu ×16\n"
        "layer 2: dot 16 + bias, - ×1, ** ×1"
    )


def test_matrices_are_read_row_by_row_and_layers_side_by_side() -> None:
    program = lower(network(2, 3, 1))
    matmul, bend, dot, *_ = program.runs
    w, x, bias = matmul.operands
    end = program.uniform_end
    assert w.tolist() == [[0, 1], [3, 4], [6, 7]]  # parameters in order of creation: two weights and a bias
    assert bias.tolist() == [2, 5, 8]
    assert x.tolist() == [[end, end + 1]]
    assert bend.operands[0].tolist() == list(range(matmul.out, matmul.out + 3))
    assert dot.operands[1].tolist() == [list(range(bend.out, bend.out + 3))]


def test_uniform_work_comes_first_and_prints_apart() -> None:
    rows = [("param", 0), ("input", 0), ("exp", 0), ("*", 2, 1), ("tanh", 3)]
    program = lower(build(rows, [4], 1, 1))
    assert [run.per_sample for run in program.runs] == [False, True, True]
    assert program.uniform_end == 2
    assert program.runs[0].out == 1
    assert str(program).splitlines()[1:] == ["once a call: exp ×1", "* ×1, tanh ×1"]


def test_attention_is_a_product_of_what_each_sample_has() -> None:
    """dot(q, k) for several k shares q, which is no parameter."""
    rows = [("input", i) for i in range(6)]
    program = lower(build([*rows, ("dot", 0, 1, 2, 3), ("dot", 0, 1, 4, 5)], [6, 7], 0, 6))
    (run,) = program.runs
    assert run.opcode == PRODUCT
    assert [x.tolist() for x in run.operands] == [[[2, 3], [4, 5]], [[0, 1]]]
    assert program._is_layer(run) is False


def test_dots_that_depend_on_each_other_are_not_one_product() -> None:
    rows = [("param", 0), ("param", 1), ("input", 0), ("dot", 0, 2), ("dot", 1, 2, 3)]
    program = lower(build(rows, [4], 2, 1))
    assert [run.name for run in program.runs] == ["dot", "dot"]


def test_dots_with_and_without_bias_are_two_runs() -> None:
    rows = [("param", 0), ("param", 1), ("input", 0), ("dot", 0, 2), ("dot", 1, 2, 0)]
    assert [str(run) for run in lower(build(rows, [3, 4], 2, 1)).runs] == ["dot 1", "dot 1 + bias"]


@pytest.mark.skipif("take" not in CODES, reason="there is no rule `take`")
def test_take_has_an_index_and_entries() -> None:
    rows = [("param", 0), ("param", 1), ("param", 2), ("input", 0), ("take", 3, 0, 1, 2)]
    (run,) = lower(build(rows, [4], 3, 1)).runs
    assert (run.opcode, run.args.tolist()) == (TAKE, [3, 3, 0, 1, 2])
    assert str(run) == "take 1 of 3 ×1"


def reads(run: Run) -> list[list[int]]:
    """The slots that each result of a run is made from."""
    if run.name in ("sum", "logsumexp"):
        counts, slots = run.operands
        return [part.tolist() for part in np.split(slots, np.cumsum(counts)[:-1])]
    operands = [np.broadcast_to(x, (run.n, *x.shape[1:])) for x in run.operands]
    return [[slot for x in operands for slot in np.ravel(x[i]).tolist()] for i in range(run.n)]


def check_layout(program: Program) -> None:
    """[parameters | constants | uniform results | inputs | results for each sample], each after what it reads."""
    end, runs = program.uniform_end, program.runs
    first = place = program.parameters + len(program.constants)
    assert [run.per_sample for run in runs] == sorted(run.per_sample for run in runs)
    for run in runs:
        if run.per_sample and place == end:
            place += program.columns
        assert run.out == place
        place += run.n
        assert (run.out + run.n <= end) == (not run.per_sample)
        assert run.args.dtype == np.int32
    assert place == program.slots or (place == end and program.slots == place + program.columns)
    assert sum(run.n for run in runs if not run.per_sample) == end - first
    for run in runs:
        for slots in reads(run):
            assert all(0 <= x < run.out for x in slots)
            assert run.per_sample == any(x >= end for x in slots), "what parameters alone decide is computed once"
    assert all(0 <= x < program.slots for x in program.outputs.tolist())


@pytest.mark.parametrize("make", [runs, lower_in_python, lower], ids=lambda make: make.__name__)
@given(graph=graphs() | graphs(tuple(name for name in RULES if name != "program")))
def test_the_slots_are_those_that_a_program_promises(make: Callable[[Graph], Program], graph: Graph) -> None:
    program = make(graph)
    check_layout(program)
    assert len(program.outputs) == len(graph.outputs)
    if make is runs:
        assert sum(run.n for run in program.runs) == sum(op > 2 for op in graph.op)


def test_networks_and_attention_are_laid_out_alike() -> None:
    for graph in (network(2, 16, 16, 1), network(5, 1), network(3, 4, 4, 4, 2)):
        check_layout(lower(graph))


@given(graphs())
def test_a_program_prints_counts_and_pickles(graph: Graph) -> None:
    program = lower(graph)
    assert str(program).count("\n") < 42
    stats = program.stats()
    assert list(stats) == ["trace", *[change.__name__ for change in PASSES], "runs", "flops", "bytes"]
    assert stats["flops"] >= 0
    again = pickle.loads(pickle.dumps(program))
    assert again == program
    assert hash(again) == hash(program)
    assert lower(graph) == program


@given(graphs())
def test_the_code_is_the_runs_one_after_another(graph: Graph) -> None:
    program = lower(graph)
    assert flat(program.runs).tolist() == program.code.tolist()
    assert program.code.dtype == np.int32


def test_a_pickle_does_not_hold_the_runs_twice() -> None:
    program = lower(network(2, 3, 1))
    before = len(pickle.dumps(program))
    assert program.runs is program.runs
    assert len(pickle.dumps(program)) == before


def test_programs_differ_by_what_they_do() -> None:
    one = lower(network(2, 3, 1))
    assert one == lower(network(2, 3, 1))
    assert one != lower(network(2, 4, 1))
    tangent = build([("param", 0), ("tanh", 0)], [1], 1)
    assert lower(tangent) != lower(build([("param", 0), ("sinh", 0)], [1], 1))


def test_stats_of_a_network() -> None:
    stats = lower(network(2, 3, 1)).stats()
    # 3 · (2 products, 2 additions) + 3 relu + (3 products, 3 additions) + the difference and its square
    assert stats["flops"] == 12 + 3 + 6 + 2
    assert stats["bytes"] == 16 * (3 + 3 + 3 + 1 + 2)  # inputs, matmul, relu, dot, - and **: value and gradient
    assert stats["trace"] > stats["dots"]


def test_a_long_program_is_cut_when_printed() -> None:
    nodes: list[Any] = [("input", 0)]
    for i in range(2_000):
        nodes.append(("sin" if i % 2 else "tanh", i))
    text = str(lower(build(nodes, [2_000], 0, 1)))
    assert text.endswith("more lines")
    assert text.count("\n") == 40


def test_layouts() -> None:
    def args(name: str, *rows: tuple[int, ...]) -> list[int]:
        leaves = [("input", i) for i in range(4)]
        nodes = [(name, *row) for row in rows]
        (run,) = lower(build([*leaves, *nodes], [4 + i for i in range(len(rows))], 0, 4)).runs
        assert run.name == name
        return run.args.tolist()

    assert args("exp", (0,), (2,)) == [0, 2]
    assert args("-", (0, 1), (2, 3)) == [0, 2, 1, 3]
    assert args("where", (0, 1, 2), (3, 2, 1)) == [0, 3, 1, 2, 2, 1]
    assert args("logsumexp", (0, 1, 2), (0, 3)) == [3, 2, 0, 1, 2, 0, 3]
    assert args("dot", (0, 1, 2, 3), (1, 3, 0, 2)) == [2, 0, 0, 1, 2, 3, 1, 3, 0, 2]


def test_nothing_to_do_is_a_program_too() -> None:
    program = lower(build([("param", 0)], [0, 0], 1))
    assert isinstance(program, Program)
    assert program.runs == []
    assert str(program) == "1 parameter, 0 constants, 0 inputs, 2 outputs"


def test_a_run_has_a_name() -> None:
    assert Run(CODES["tanh"], 1, 1, True, np.zeros(1, np.int32)).name == NAMES[CODES["tanh"]] == "tanh"
    assert tanh(0.0) == 0.0


def test_a_run_is_sorted_by_the_slots_of_its_operands() -> None:
    program = lower(
        build([("input", 0), ("input", 1), ("input", 2), *[("exp", i) for i in (2, 0, 1)]], [3, 4, 5], 0, 3)
    )
    assert program.runs[0].args.tolist() == [0, 1, 2]
    assert program.outputs.tolist() == [5, 3, 4]


def test_layers_and_runs_that_are_alike_stand_once() -> None:
    def matrix(rows: int, columns: int) -> Any:
        return [[Value(0.01 * (i + j)) for j in range(columns)] for i in range(rows)]

    layers = [matrix(4, 4) for _ in range(3)]

    def f(x: Any) -> Any:
        for layer in layers:
            x = [tanh(sum(w * v for w, v in zip(row, x, strict=True))) for row in layer]
        return x

    g = compile(f)
    g.map([[1.0, 2.0, 3.0, 4.0]])
    assert str(g.program).splitlines()[1:] == ["layers 0 to 2, each: matmul 4×4, tanh ×4"]
    pairs = compile(lambda m: [[dot(row, v) for row in m] for v in m])
    pairs.map([[[1.0, 2.0], [3.0, 4.0]]])
    assert "2 times matmul 2×2" in str(pairs.program)
