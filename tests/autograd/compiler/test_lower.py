"""The passes in C against those in Python: the same Program, bit for bit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd.compiler.graph import CODES, CONST, INPUT, NAMES, PARAM, Graph, Nodes
from autograd.compiler.passes import in_c, lower, lower_in_python
from autograd.rules import RULES

from .graphs import build, graphs
from .test_program import network

pytestmark = pytest.mark.skipif(not in_c.available, reason="the C executor is not built")

TINY = 5e-324
NUMBERS = (0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -1.5, 3.0, 1e300, -1e-300, TINY, math.inf, -math.inf, math.nan, -math.nan)
MANY = ("sum", "dot", "logsumexp", "take", "program")
LINEAR = ("+", "*", "sum", "dot")


def assert_same(graph: Graph) -> None:
    got, want = in_c.lower(graph), lower_in_python(graph)
    assert got == want, f"{got}\n\n{want}"
    assert got.sizes == want.sizes
    assert [run.args.tolist() for run in got.runs] == [run.args.tolist() for run in want.runs]


@st.composite
def wild(draw: st.DrawFn, ops: tuple[str, ...]) -> Graph:
    """A graph of any rules on any numbers; leaves of one number come more than once, and anywhere."""
    parameters, columns = draw(st.integers(0, 4)), draw(st.integers(0, 4))
    nodes = Nodes()
    nodes.add(CONST, [], draw(st.sampled_from(NUMBERS)))
    choices = ("const", *(["param"] * 2 if parameters else []), *(["input"] * 2 if columns else []), *ops * 2)
    for name in draw(st.lists(st.sampled_from(choices), max_size=40)):
        last = len(nodes.op) - 1
        if name == "const":
            nodes.add(CONST, [], draw(st.sampled_from(NUMBERS)))
        elif name in ("param", "input"):
            nodes.add(CODES[name], [], draw(st.integers(0, (parameters if name == "param" else columns) - 1)))
        else:
            count = draw(st.integers(0, 7)) if name in MANY else len(RULES[name].domain)
            near = draw(st.booleans())  # recent operands make chains and trees, others are shared by many
            drawn = [draw(st.integers(0, last)) for _ in range(count)]
            nodes.add(CODES[name], [last - x // 4 if near else x for x in drawn])
    outputs = st.integers(0, len(nodes.op) - 1)
    return nodes.graph([*draw(st.lists(outputs, max_size=4)), len(nodes.op) - 1], parameters, columns)


@pytest.mark.parametrize("ops", [tuple(RULES), LINEAR, (*LINEAR, "where", "take", "neg", "tanh")], ids=len)
@settings(max_examples=400)
@given(data=st.data())
def test_c_gives_the_program_that_python_gives(ops: tuple[str, ...], data: st.DataObject) -> None:
    assert_same(data.draw(wild(ops)))


@given(graphs())
def test_so_it_does_for_exact_graphs(graph: Graph) -> None:
    assert_same(graph)


@st.composite
def layered(draw: st.DrawFn) -> Graph:
    """Dots that share vectors, on either side, with and without a bias: what products are found in."""
    nodes = Nodes()
    for i in range(6):
        nodes.add(PARAM, [], i)
        nodes.add(INPUT, [], i)
    for _ in range(draw(st.integers(1, 3))):
        end = len(nodes.op)
        vectors = draw(st.lists(st.lists(st.integers(0, end - 1), min_size=2, max_size=2), min_size=2, max_size=4))
        for _ in range(draw(st.integers(1, 8))):
            w, x = draw(st.sampled_from(vectors)), draw(st.sampled_from(vectors))
            bias = draw(st.lists(st.integers(0, end - 1), max_size=1))
            nodes.add(CODES["dot"], [*w, *x, *bias])
    last = len(nodes.op) - 1
    return nodes.graph(draw(st.lists(st.integers(12, last), min_size=1, max_size=12)), 6, 6)


@settings(max_examples=300)
@given(layered())
def test_products_are_found_alike(graph: Graph) -> None:
    assert_same(graph)


@pytest.mark.parametrize("name", RULES)
def test_constants_fold_to_the_same_bits(name: str) -> None:
    numbers = np.array(NUMBERS).view(np.int64).tolist()
    count = 3 if name in MANY else len(RULES[name].domain)
    rows: list[Any] = [("const", x) for x in NUMBERS]
    places = np.stack(np.meshgrid(*[range(len(numbers))] * count), -1).reshape(-1, count).tolist()
    nodes = [(name, *place) for place in places]
    graph = build([*rows, *nodes], list(range(len(rows), len(rows) + len(nodes))))
    assert_same(graph)


def test_networks_and_large_irregular_graphs() -> None:
    assert_same(network(2, 16, 16, 1))
    assert_same(irregular(20_000, 0))


def irregular(count: int, seed: int) -> Graph:
    """Nodes of a few rules that read recent nodes, and now and then any."""
    rng = np.random.default_rng(seed)
    leaves = 100
    names = np.array([CODES[x] for x in ("+", "*", "-", "tanh", "exp", "maximum")], np.uint8)
    op = names[rng.integers(0, len(names), count)]
    unary = np.isin(op, [CODES["tanh"], CODES["exp"]])
    place = np.arange(leaves, leaves + count)
    first = place - 1 - np.minimum(rng.geometric(0.01, count), place) % place
    second = (place * rng.random(count)).astype(np.int64)
    args = np.stack([first, second], 1)[np.stack([np.ones(count, bool), ~unary], 1)]
    start = np.concatenate([np.zeros(leaves + 1, np.int64), np.cumsum(2 - unary)])
    kinds = np.array([PARAM, INPUT] * (leaves // 2), np.uint8)
    number = np.concatenate([np.arange(leaves) // 2, np.zeros(count)])
    outputs = np.flatnonzero(np.bincount(args, minlength=leaves + count) == 0)
    whole = [np.concatenate([kinds, op]), start.astype(np.int32), args.astype(np.int32), number.astype(np.float64)]
    return Graph(*whole, outputs.astype(np.int32), leaves // 2, leaves // 2)


@pytest.mark.parametrize("name", ["+", "*", "neg", "tanh"])
def test_depth_has_no_limit(name: str) -> None:
    count = 200_000
    op = np.array([INPUT, *[CODES[name]] * count], np.uint8)
    each = len(RULES[name].domain)
    start = np.concatenate([[0], np.arange(0, each * count + 1, each)]).astype(np.int32)
    args = np.repeat(np.arange(count), each).astype(np.int32)
    program = in_c.lower(Graph(op, start, args, np.zeros(count + 1), np.array([count], np.int32), 0, 1))
    assert dict(program.sizes)["trace"] == count + 1


def test_an_error_of_folding_comes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(code: int, numbers: list[float]) -> float:
        raise ArithmeticError(NAMES[code], numbers)

    monkeypatch.setattr(in_c, "_value", fails)
    with pytest.raises(ArithmeticError, match="tanh"):
        in_c.lower(build([("const", 1.0), ("tanh", 0)], [1]))


@settings(max_examples=400)
@given(graph=wild(tuple(RULES)), data=st.data())
def test_arrays_that_are_no_graph_are_refused(graph: Graph, data: st.DataObject) -> None:
    """One number changed at random: refused, or lowered within bounds (the sanitizers watch)."""
    name = data.draw(st.sampled_from(["op", "start", "args", "number", "outputs"]))
    array = getattr(graph, name).copy()
    if len(array):
        wrong = data.draw(st.integers(-(2**31), 2**31 - 1) | st.integers(-2, 60))
        array[data.draw(st.integers(0, len(array) - 1))] = wrong % 256 if name == "op" else wrong
    parts = {key: getattr(graph, key) for key in ("op", "start", "args", "number", "outputs", "parameters", "columns")}
    try:
        in_c.lower(Graph(**{**parts, name: array}))
    except (ValueError, TypeError) as error:
        assert "this is no graph" in str(error) or isinstance(error, TypeError)  # noqa: PT017


@pytest.mark.parametrize(
    ("name", "array", "match"),
    [
        ("op", np.array([INPUT, 200], np.uint8), "node 1 has an unknown code"),
        ("op", np.array([INPUT, CODES["+"]], np.uint8), "node 1 has a wrong number of operands"),
        ("op", np.array([CODES["neg"], CODES["neg"]], np.uint8), "node 0 has a wrong number"),
        ("op", np.array([PARAM, CODES["neg"]], np.uint8), "node 0 is no parameter"),
        ("op", np.array([INPUT], np.uint8), "differ in length"),
        ("op", np.array([INPUT, 200], np.int64), "op must be an array of numbers of 1 bytes"),
        ("start", np.array([0, 0, 2], np.int32), "don't fit"),
        ("start", np.array([0, 5, 1], np.int32), "begins and ends nowhere"),
        ("start", np.array([1, 1, 1], np.int32), "don't fit"),
        ("args", np.array([1], np.int32), "not before it"),
        ("args", np.array([-1], np.int32), "not before it"),
        ("number", np.array([1.0, 0.0]), "node 0 is no input"),
        ("number", np.array([math.nan, 0.0]), "node 0 is no input"),
        ("outputs", np.array([2], np.int32), "an output is no node"),
        ("outputs", np.array([-1], np.int32), "an output is no node"),
    ],
)
def test_errors_say_what_is_wrong(name: str, array: Any, match: str) -> None:
    good = build([("input", 0), ("neg", 0)], [1], 0, 1)
    parts = {key: getattr(good, key) for key in ("op", "start", "args", "number", "outputs", "parameters", "columns")}
    with pytest.raises(ValueError, match=match):
        in_c.lower(Graph(**{**parts, name: array}))


def test_lower_takes_the_one_in_c(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = network(2, 3, 1)
    program = lower(graph)
    monkeypatch.setattr(in_c, "available", False)
    assert lower(graph) == program
