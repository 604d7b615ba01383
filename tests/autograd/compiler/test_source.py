"""Programs as text: the C compiles without a warning, the Python runs, and both give the executor's numbers."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograd import Value
from autograd.compiler import Program, compile, lower
from autograd.compiler.c_language import rows
from autograd.compiler.graph import CODES, Graph
from autograd.compiler.names import taken
from autograd.compiler.numpy_executor import run
from autograd.compiler.source import to_c, to_python
from autograd.rules import RULES
from nn import MLP, fit

from ..helpers import EIGHT, special_points
from .graphs import EXACT, SPECIAL, assert_equal, build, cases, graphs

COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
needs_cc = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")
FIXED = [rule for rule in RULES.values() if not rule.variadic]


def compiled(text: str, folder: Path) -> ctypes.CDLL:
    """Compile C, as strictly as can be, and load it."""
    source, library = folder / "f.c", folder / f"f{len(list(folder.iterdir()))}.so"
    source.write_text(text)
    assert COMPILER is not None
    command = [COMPILER, "-Wall", "-Werror", "-std=c99", "-O1", "-shared", "-fPIC", source, "-o", library, "-lm"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + text
    return ctypes.CDLL(str(library))


def call_c(library: ctypes.CDLL, name: str, program: Program, x: Any, seed: Any) -> tuple[list[float], ...]:
    def array(numbers: Any) -> Any:
        return (ctypes.c_double * max(1, len(numbers)))(*numbers)

    k = len(program.outputs)
    plain, output = array([0.0] * k), array([0.0] * k)
    by_input, by_parameter = array([0.0] * program.columns), array([0.0] * program.parameters)
    getattr(library, name)(array(x), plain)
    getattr(library, f"{name}_gradient")(array(x), array(seed), output, by_input, by_parameter)
    assert_equal(list(plain), list(output))
    return list(output)[:k], list(by_input)[: program.columns], list(by_parameter)[: program.parameters]


def call_python(text: str, name: str, x: Any, seed: Any) -> tuple[list[float], ...]:
    namespace: dict[str, Any] = {}
    exec(text, namespace)
    assert_equal(namespace[name](x), namespace[f"{name}_gradient"](x, seed)[0])
    return namespace[f"{name}_gradient"](x, seed)


def with_inputs_as_parameters(graph: Graph) -> Program:
    """The same function of parameters only, inputs last: its gradient is that by both."""
    number = np.where(graph.op == CODES["input"], graph.number + graph.parameters, graph.number)
    op = np.where(graph.op == CODES["input"], CODES["param"], graph.op).astype(np.uint8)
    return lower(Graph(op, graph.start, graph.args, number, graph.outputs, graph.parameters + graph.columns, 0))


def check(graph: Graph, parameters: Any, x: Any, seed: Any, got: tuple[list[float], ...], tolerance: float) -> None:
    outputs, gradient = run(with_inputs_as_parameters(graph), np.array([*parameters, *x]), None, np.array([seed]), True)
    assert gradient is not None
    assert_equal(got[0], outputs[0], tolerance)
    assert_equal([*got[2], *got[1]], gradient, tolerance)


def network() -> Graph:
    """Two layers, weights in no order, a choice, a list, and a table."""
    leaves = [*[("param", i) for i in range(9)], ("input", 0), ("input", 1), ("input", 2), ("const", 0.5)]
    nodes = [
        *[("dot", i, 8 - i, 9, 10, 12) for i in range(3)],
        *[("tanh", 13 + i) for i in (2, 0, 1)],
        ("dot", 3, 4, 5, 16, 17, 18),
        ("logsumexp", 16, 18, 12),
        ("logsumexp", 16, 0),
        ("sum", 16, 17, 9, 13),
        ("where", 11, 19, 21),
        ("take", 11, 6, 7, 18),
        ("*", 22, 23),
        ("exp", 0),
    ]
    return build([*leaves, *nodes], [23, 24, 25, 26, 9], 9, 3)


POINTS = ([0.3, -0.7, 0.0], [1.0, 2.0, 1.0], [-0.2, 0.1, 2.0], [0.5, 0.5, -1.0])


@pytest.mark.skipif("take" not in CODES, reason="there is no rule `take`")
@pytest.mark.parametrize("x", POINTS)
def test_a_network_in_python(x: list[float]) -> None:
    parameters, seed = np.linspace(-1, 1, 9).tolist(), [1.0, -0.5, 2.0, 0.25, 3.0]
    text = to_python(lower(network()), parameters, "net")
    check(network(), parameters, x, seed, call_python(text, "net", x, seed), 1e-13)


@needs_cc
@pytest.mark.skipif("take" not in CODES, reason="there is no rule `take`")
def test_a_network_in_c(tmp_path: Path) -> None:
    parameters, seed = np.linspace(-1, 1, 9).tolist(), [1.0, -0.5, 2.0, 0.25, 3.0]
    program = lower(network())
    library = compiled(to_c(program, parameters, "net"), tmp_path)
    for x in POINTS:
        check(network(), parameters, x, seed, call_c(library, "net", program, x, seed), 1e-13)


@settings(max_examples=200)
@given(data=st.data())
def test_python_gives_what_the_executor_gives(data: st.DataObject) -> None:
    graph = data.draw(graphs((*EXACT, "sqrt", "/", "where"), SPECIAL))
    parameters, X, seeds = data.draw(cases(graph, SPECIAL, samples=1))
    got = call_python(to_python(lower(graph), parameters), "f", X[0], seeds[0])
    assert_equal(got[0], run(lower(graph), parameters, X)[0][0], 1e-12)
    assert_equal(got[2], run(lower(graph), parameters, X, seeds, want_gradient=True)[1], 1e-12)


@needs_cc
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_c_gives_what_the_executor_gives(tmp_path: Path, data: st.DataObject) -> None:
    graph = data.draw(graphs((*EXACT, "sqrt", "/", "where"), SPECIAL))
    parameters, X, seeds = data.draw(cases(graph, SPECIAL, samples=1))
    program = lower(graph)
    got = call_c(compiled(to_c(program, parameters), tmp_path), "f", program, X[0], seeds[0])
    assert_equal(got[0], run(program, parameters, X)[0][0], 1e-12)
    assert_equal(got[2], run(program, parameters, X, seeds, want_gradient=True)[1], 1e-12)


def of_one_rule(name: str, count: int) -> Graph:
    return build([*[("input", i) for i in range(count)], (name, *range(count))], [count], 0, count)


def points(name: str) -> list[tuple[float, ...]]:
    return list(special_points(RULES[name], (*EIGHT, -0.0, 2.0, -2.0, 800.0)))


def expected(name: str, point: tuple[float, ...]) -> tuple[float, list[float]]:
    v = RULES[name].value(*point)
    return v, [0.0 if p is None else p for p in RULES[name].partials(v, *point)]


@pytest.mark.parametrize("name", [rule.name for rule in FIXED])
def test_every_rule_in_python(name: str) -> None:
    """To the last bit: the text is that of rules.py."""
    namespace: dict[str, Any] = {}
    exec(to_python(lower(of_one_rule(name, len(RULES[name].domain))), []), namespace)
    for point in points(name):
        outputs, by_input, _ = namespace["f_gradient"](point, [1.0])
        v, partials = expected(name, point)
        assert_equal(outputs, [v])
        assert_equal(by_input, partials)


@needs_cc
def test_every_rule_in_c(tmp_path: Path) -> None:
    """Each as a function of its own in one text."""
    programs = {f"f{i}": (rule.name, lower(of_one_rule(rule.name, len(rule.domain)))) for i, rule in enumerate(FIXED)}
    for key, (name, program) in programs.items():
        if name != "where":
            assert name in rows()
        library = compiled(to_c(program, [], key), tmp_path)
        for point in points(name):
            got = call_c(library, key, program, point, [1.0])
            v, partials = expected(name, point)
            assert_equal(got[0], [v], 1e-13)
            assert_equal(got[1], partials, 1e-13)


@needs_cc
@pytest.mark.parametrize("index", [2.0, -3.0, 0.5])
def test_an_entry_that_a_table_lacks_is_nan_and_sends_nothing(tmp_path: Path, index: float) -> None:
    program = lower(build([("input", 0), ("param", 0), ("param", 1), ("take", 0, 1, 2)], [3], 2, 1))
    python = call_python(to_python(program, [5.0, 6.0]), "f", [index], [1.0])
    c = call_c(compiled(to_c(program, [5.0, 6.0]), tmp_path), "f", program, [index], [1.0])
    for outputs, by_input, by_parameter in (python, c):
        assert_equal(outputs, [np.nan])
        assert (by_input, by_parameter) == ([0.0], [0.0, 0.0])


def trained() -> tuple[Any, Any]:
    """A compiled model after some training, and its parameters in its program's order."""
    model = MLP(2, [6, 3, 1], activation="tanh", rng=1)
    X = np.random.default_rng(0).normal(size=(20, 2))
    fit(model, X, X[:, 0] * X[:, 1], loss="mse", optimizer="adam", epochs=5, progress=False)
    f = compile(lambda x: model(x))
    f.map(X)
    return f, model


@needs_cc
def test_a_trained_model_as_a_function_of_its_own(tmp_path: Path) -> None:
    f, model = trained()
    library = compiled(f.to_c("moons"), tmp_path)
    namespace: dict[str, Any] = {}
    exec(f.to_python("moons"), namespace)
    x = [0.3, -1.2]
    model.zero_grad()
    inputs = [Value(number) for number in x]
    y = model(inputs)
    y.backward()
    for outputs, by_input, by_parameter in (
        call_c(library, "moons", f.program, x, [1.0]),
        namespace["moons_gradient"](x, [1.0]),
    ):
        assert outputs == pytest.approx([y.data], rel=1e-13)
        assert by_input == pytest.approx([v.grad for v in inputs], rel=1e-12)
        assert sorted(by_parameter) == pytest.approx(sorted(p.grad for p in model.parameters()), rel=1e-12)


def test_the_text_has_the_numbers_that_the_parameters_have_when_it_is_written() -> None:
    w = Value(2.0)
    f = compile(lambda x: w * x)
    f(1.0)
    w.data = 7.0
    assert call_python(f.to_python(), "f", [3.0], [1.0])[0] == [21.0]
    assert call_python(to_python(f.program, [5.0], "g"), "g", [3.0], [1.0])[0] == [15.0]
    assert to_c(f.program, [7.0]) == f.to_c()


def test_stats_count_the_passes() -> None:
    f, _ = trained()
    assert f.stats() == f.program.stats()
    assert {"runs", "flops", "bytes"} < set(f.stats())
    assert len(f.stats()) > 5
    assert f.stats()["flops"] == 2 * (2 * 6 + 6 * 3 + 3) + 6 + 3


@pytest.mark.parametrize("name", ["", "my net", "2x", "def", "grün"])
def test_a_name_that_no_function_can_have(name: str) -> None:
    f, _ = trained()
    with pytest.raises(ValueError, match="name must be"):
        f.to_c(name)
    with pytest.raises(ValueError, match="parameters, got 1 numbers"):
        to_python(f.program, [1.0])


TAKEN = {
    "a keyword of Python": ("def", "None", "lambda"),
    "a keyword of C": ("int", "main", "void", "double", "__FILE__", "_Bool", "typeof"),
    "C's library": ("exp", "expf", "cexp", "tgammal", "memcpy", "printf", "isnan", "INFINITY", "M_PI", "y1", "strlen"),
    "built in": ("map", "list", "range", "input"),
    "the source itself uses": ("numbers", "t0", "t12", "sigmoid", "place"),
}


@pytest.mark.parametrize("name", [name for names in TAKEN.values() for name in names])
def test_a_name_that_is_taken(name: str) -> None:
    use = next(use for use, names in TAKEN.items() if name in names)
    f, _ = trained()
    for write in (f.to_c, f.to_python):
        with pytest.raises(ValueError, match=f"name must be free.*{name}' is .*{use}; try 'my_{name}'"):
            write(name)


@needs_cc
@pytest.mark.parametrize("standard", ["-std=c99", "-std=gnu17"])
def test_every_name_that_the_headers_define_is_taken(standard: str) -> None:
    """What this machine's math.h and string.h declare, so that their compiler would refuse a second meaning."""
    found = set[str]()
    for header in ("math", "string"):
        for flags, pattern in (("-E", r"\b(\w+) *\("), ("-dM", r"#define (\w+)")):
            command = [str(COMPILER), standard, "-E", "-P", flags, "-"]
            text = f"#include <{header}.h>"
            done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
            found.update(re.findall(pattern, done.stdout))
    rare = r"_.*|.*_[rl]|ffsll?|explicit_bzero" if standard == "-std=gnu17" else r"_.*"
    assert {name for name in found if not re.fullmatch(rare, name) and not taken(name)} == set()
    assert len(found) > 100


FREE = ("moons", "f", *"xyzvadrsgijwt", "top", "seed", "output", "index_", "exp_", "tt0", "f12", "strategy", "memory")


def test_free_names_in_python() -> None:
    """Whatever the source calls its own variables, the function may have that name."""
    parameters, seed = np.linspace(-1, 1, 9).tolist(), [1.0, -0.5, 2.0, 0.25, 3.0]
    for name in FREE:
        text = to_python(lower(network()), parameters, name)
        check(network(), parameters, POINTS[1], seed, call_python(text, name, POINTS[1], seed), 1e-13)


@needs_cc
def test_free_names_in_c(tmp_path: Path) -> None:
    parameters, seed = np.linspace(-1, 1, 9).tolist(), [1.0, -0.5, 2.0, 0.25, 3.0]
    program = lower(network())
    for name in FREE:
        library = compiled(to_c(program, parameters, name), tmp_path)
        check(network(), parameters, POINTS[1], seed, call_c(library, name, program, POINTS[1], seed), 1e-13)
