"""What compile promises, on every rule, batch size, executor, dtype and number of threads."""

from __future__ import annotations

import copy
import math
import pickle
import random
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, dot, logsumexp, no_grad, take
from autograd.compiler import TraceError, c_executor, compile, numpy_executor, versions
from autograd.rules import RULES
from nn import MLP

EXECUTORS = [numpy_executor, *[c_executor] * c_executor.available]
BATCHES = [*range(1, 21), 1000]
TOLERANCE = {"float64": 1e-9, "float32": 1e-4}
RULE_NAMES = [rule.name for rule in RULES.values() if rule.name not in ("program", "take")]


@pytest.fixture(params=EXECUTORS, ids=lambda executor: executor.__name__.rpartition(".")[2])
def executor(request: Any, monkeypatch: Any) -> Any:
    """Each of the two, in the place of the one that people get."""
    monkeypatch.setattr(versions, "runner", request.param.runner)
    return request.param


def value_and_gradient(total: Value, parameters: list[Value]) -> list[float]:
    for p in parameters:
        p.grad = 0.0
    total.backward()
    return [total.data, *[p.grad for p in parameters]]


def loop(f: Any, *columns: Any) -> Any:
    rows = list(zip(*(np.asarray(column).tolist() for column in columns), strict=True))
    return autograd.sum([f(*map(Value, row)) for row in rows]) / len(rows)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("name", RULE_NAMES)
def test_every_rule(executor: Any, name: str, dtype: str) -> None:
    """One operand is a parameter, one an input, at points where the rule is smooth."""
    count = 3 if RULES[name].variadic else len(RULES[name].domain)
    w, b = Value(0.62), Value(0.31)
    shift = 1.5 if name == "acosh" else 0.0

    def f(x: Any) -> Any:
        return Value.apply(name, *[w * x + shift, b + 0.1 * x, x * b][:count])

    X = np.linspace(0.55, 1.3, 7)
    expected = value_and_gradient(loop(f, X), [w, b])
    got = value_and_gradient(compile(f, dtype=dtype).mean(X), [w, b])
    assert all(map(math.isfinite, expected))
    assert got == pytest.approx(expected, rel=TOLERANCE[dtype], abs=TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("n", BATCHES)
def test_every_batch_size(executor: Any, n: int, dtype: str) -> None:
    model = MLP(3, [5, 4, 1], activation="tanh", rng=1)
    rng = np.random.default_rng(n)
    X, Y = rng.normal(size=(n, 3)), rng.normal(size=n)

    def loss(x: Any, y: Any) -> Any:
        return (model(x) - y) ** 2

    f, parameters = compile(loss, dtype=dtype), model.parameters()
    got = value_and_gradient(f.mean(X, Y), parameters)
    eager = [loss(x, y) for x, y in zip(X.tolist(), Y.tolist(), strict=True)]
    expected = value_and_gradient(autograd.sum(eager) / n, parameters)
    assert got == pytest.approx(expected, rel=TOLERANCE[dtype], abs=TOLERANCE[dtype])
    assert f.map(X, Y) == pytest.approx(np.array([v.data for v in eager]), rel=TOLERANCE[dtype], abs=TOLERANCE[dtype])


def test_float32_is_float32(executor: Any) -> None:
    w = Value(1.0)
    f = compile(lambda x: w * x)
    assert compile(f, dtype="float32").map([0.1])[0] == float(np.float32(0.1))
    assert f.map([0.1])[0] == 0.1


@pytest.mark.parametrize("n", [1, 7, 64, 1000])
def test_any_number_of_threads_gives_the_same_bits(n: int) -> None:
    model = MLP(4, [16, 3], rng=1)
    X = np.random.default_rng(0).normal(size=(n, 4))
    results = list[Any]()
    for threads in (1, 2, 3, 8):
        f = compile(lambda x: logsumexp(model(x)), threads=threads)
        results.append((value_and_gradient(f.mean(X), model.parameters()), f.map(X).tolist()))
    assert all(result == results[0] for result in results)


OPERATIONS: dict[str, Any] = {
    "+": lambda a, b, c, nodes: a + b,
    "-": lambda a, b, c, nodes: a - b,
    "*": lambda a, b, c, nodes: (a * b).tanh(),
    "t": lambda a, b, c, nodes: a.tanh(),
    "s": lambda a, b, c, nodes: autograd.sum(nodes[-4:]),
    "m": lambda a, b, c, nodes: autograd.maximum(a, b * c),
    "d": lambda a, b, c, nodes: dot(nodes[:3], nodes[-3:], b).sigmoid(),
    "l": lambda a, b, c, nodes: logsumexp(nodes[-3:]),
}


@st.composite
def expressions(draw: st.DrawFn) -> Any:
    """A function of three parameters and two numbers: shared nodes, nested lists, constants, sums of many."""
    steps = draw(
        st.lists(st.tuples(st.sampled_from(sorted(OPERATIONS)), st.integers(0, 99), st.integers(0, 99)), max_size=14)
    )
    constant = draw(st.sampled_from([-1.5, 0.0, 0.5, 1.0, 2.0]))

    def f(ws: Any, x: Any) -> Any:
        nodes: list[Any] = [*ws, x[0][0], x[1][0], Value(constant)]
        for kind, i, j in steps:
            a, b = nodes[i % len(nodes)], nodes[-1 - j % len(nodes)]
            nodes.append(OPERATIONS[kind](a, b, constant, nodes))
        return nodes[-1] * nodes[len(nodes) // 2] + constant

    return f


@settings(max_examples=60, deadline=None)
@given(f=expressions(), n=st.integers(1, 20), dtype=st.sampled_from(["float64", "float32"]), seed=st.integers(0, 99))
def test_functions_that_nobody_wrote(f: Any, n: int, dtype: str, seed: int) -> None:
    rng = random.Random(seed)
    ws = [Value(rng.uniform(-1, 1)) for _ in range(3)]
    X = [[[rng.uniform(-1, 1)], [rng.uniform(-1, 1)]] for _ in range(n)]

    def one(x: Any) -> Any:
        return f(ws, x)

    eager = [one([[Value(a)], [Value(b)]]) for [a], [b] in X]
    expected = value_and_gradient(autograd.sum(eager) / n, ws)
    scale = max(1.0, *map(abs, expected))
    for module in EXECUTORS:
        versions.runner, before = module.runner, versions.runner
        try:
            got = value_and_gradient(compile(one, dtype=dtype).mean(X), ws)
        finally:
            versions.runner = before
        assert got == pytest.approx(expected, rel=TOLERANCE[dtype], abs=TOLERANCE[dtype] * scale)


# Refusals


COUNTER, LOG, TABLE = [0], list[Any](), [1.0, 2.0, 3.0]


class Holder:
    last, calls = None, 0


HOLDER = Holder()
GLOBAL = 0


def _appends(x: Any) -> Any:
    LOG.append(1)
    return x * 2


def _counts(x: Any) -> Any:
    COUNTER[0] += 1
    return x * COUNTER[0]


def _counts_unused(x: Any) -> Any:
    HOLDER.calls += 1
    return x * 2


def _sets(x: Any) -> Any:
    HOLDER.last = x
    return x * 2


def _global(x: Any) -> Any:
    global GLOBAL
    GLOBAL += 1
    return x * 2


def _while(x: Any) -> Any:
    while x < 10:
        x = x * 2
    return x


def _if(x: Any) -> Any:
    if x > 0:
        return x
    return -x


WEIGHT = Value(2.0)


def _under_no_grad(x: Any) -> Any:
    with no_grad():
        size = WEIGHT * WEIGHT
    return x / size


def _writes_grad(x: Any) -> Any:
    WEIGHT.grad = 0.0
    return x * WEIGHT


def _catches(x: Any) -> Any:
    try:
        return WEIGHT * math.floor(x)
    except TypeError:
        return WEIGHT * x


REFUSED = {
    "if": (_if, r"line \d+.*where"),
    "while": (_while, r"line \d+.*where"),
    "and": (lambda x: (x > 0 and x) or -x, "& and |"),
    "max": (lambda x: max(x, 0.0), "maximum"),
    "min": (lambda x: min(x, 0.0), "minimum"),
    "sorted": (lambda x: sorted([x, 1.0])[0], "maximum"),
    "int": (lambda x: TABLE[int(x)] * x, "take"),
    "float": (lambda x: x * float(x), r"line \d+.*the Value itself"),
    "math.sin": (lambda x: x * math.sin(x), r"line \d+.*the Value itself"),
    "data": (lambda x: x * x.data, r"line \d+.*the Value itself"),
    "caught": (_catches, r"line \d+.*the Value itself"),
    "key of a dict": (lambda x: {1.0: x, 2.0: -x}[x], r"key of a dict.*take\(table, index\)"),
    "index of a list": (lambda x: TABLE[x] * x, r"take\(table, index\)"),
    "range": (lambda x: sum(x for _ in range(x)), r"take\(table, index\)"),
    "index of an array": (lambda x: np.array([Value(1.0)], dtype=object)[x] * x, r"take\(table, index\)"),
    "format": (lambda x: x * float(f"{x:.3f}"), r"format\(\) of a Value, at .*line \d+.*f\.program"),
    "detach": (lambda x: x * x.detach(), "detach.*before the compiled call"),
    "no_grad": (_under_no_grad, "no_grad.*before the compiled call"),
    "grad": (lambda x: x * WEIGHT.grad, r"\.grad of a Value"),
    "write grad": (_writes_grad, r"\.grad = \.\.\. of a Value"),
    "read_grad": (lambda x: x * autograd.read_grad([WEIGHT])[0], r"\.grad of a Value"),
    "write_grad": (lambda x: (autograd.write_grad([WEIGHT], [0.0]), x)[1], r"\.grad (= \.\.\. )?of a Value"),
    "backward": (lambda x: ((WEIGHT * x).backward(), x * WEIGHT)[1], "on the result of the compiled call"),
    "copy": (lambda x: copy.copy(x) * x, "of a Value"),
    "random": (lambda x: x * random.random(), "pass them in"),
    "numpy random": (lambda x: x * np.random.default_rng().normal(), "pass them in"),
    "counter": (_counts, "something else each time"),
    "append": (_appends, "changes a variable"),
    "counter that counts only": (_counts_unused, "changes a variable"),
    "attribute": (_sets, "changes a variable"),
    "global": (_global, "changes a variable"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_would_be_wrong_for_another_input_is_refused(what: str) -> None:
    f, words = REFUSED[what]
    for way in ("map", "mean", "sum"):
        with pytest.raises(TraceError, match=words):
            getattr(compile(f), way)([1.0, 2.0])
    with pytest.raises(TraceError, match=words):
        compile(f)(1.0)
    assert (Value(1.0) > 0) is True
    assert WEIGHT.grad == 0.0


def test_what_the_first_run_alone_changes_is_no_harm() -> None:
    w, sizes = Value(3.0), dict[str, int]()

    def f(x: Any) -> Any:
        sizes.setdefault("width", len(x))
        return w * x[0]

    assert compile(f).map([[1.0, 2.0]]).tolist() == [3.0]
    assert sizes == {"width": 2}


# Never stale


def test_a_model_reloaded_a_parameter_replaced_a_new_shape() -> None:
    model = MLP(2, [3, 1], rng=1)
    f = compile(lambda x: model(x))
    X = np.random.default_rng(0).normal(size=(5, 2))

    def same() -> None:
        expected = [model(row).data for row in X.tolist()]
        assert f.map(X) == pytest.approx(np.array(expected), rel=1e-12)

    same()
    state = {name: number + 1 for name, number in model.state_dict().items()}
    model.load_state_dict(state)
    same()
    model.layers[0].neurons[1].b = Value(-4.0)
    same()
    model.layers[0] = MLP(2, [3], rng=9).layers[0]
    same()
    total = compile(lambda xs: autograd.sum(xs) * model.layers[0].neurons[0].b)
    assert len({total([1.0] * n).data / n for n in (1, 2, 3)}) == 1


# Inside other functions


def test_a_compiled_function_inside_another() -> None:
    w = Value(2.0)
    inner = compile(lambda x: w * x * x)
    cases: dict[str, Any] = {
        "of its argument": lambda x: inner(x) * 3,
        "of a number": lambda x: inner(5.0) * x,
        "of an expression": lambda x: inner(x + w),
        "mean": lambda x: inner.mean([x, 2.0 * x]),
        "sum of numbers": lambda x: inner.sum([1.0, 2.0]) * x,
    }
    plain: dict[str, Any] = {
        "of its argument": lambda x: w * x * x * 3,
        "of a number": lambda x: w * 25 * x,
        "of an expression": lambda x: w * (x + w) ** 2,
        "mean": lambda x: (w * x * x + w * 4 * x * x) / 2,
        "sum of numbers": lambda x: w * 5 * x,
    }
    for name, f in cases.items():
        got = value_and_gradient(compile(f).mean([1.0, 3.0]), [w])
        assert got == pytest.approx(value_and_gradient(loop(plain[name], [1.0, 3.0]), [w]), rel=1e-12), name
    with pytest.raises(TraceError, match="it gives numbers"):
        compile(lambda x: inner.map([1.0])[0] * x)(1.0)


def test_values_as_samples_are_differentiated() -> None:
    w, x = Value(2.0), Value(3.0)
    total = compile(lambda a, b: w * a * a + b).mean([x, 1.0], 5.0)
    assert value_and_gradient(total, [w, x]) == [15.0, 5.0, 6.0]
    first, second = compile(lambda a: [w * a, a]).sum([x, 1.0])
    assert (first.data, second.data) == (8.0, 4.0)
    with pytest.raises(ValueError, match="a row for each sample"):
        compile(lambda a, b: a + b).mean([x, x], [1.0])


def test_derivatives_of_compiled_functions_and_compiled_derivatives() -> None:
    def f(p: Any) -> Any:
        return p[0] ** 3 * p[1] + (p[0] * p[1]).exp()

    point = [0.5, -0.7]
    for derivative in (autograd.grad, autograd.hessian):
        expected = np.array(derivative(f)(point))
        assert np.array(derivative(compile(f))(point)) == pytest.approx(expected)
        assert compile(derivative(f)).map([point])[0] == pytest.approx(expected)
        assert compile(derivative(compile(f))).map([point])[0] == pytest.approx(expected)


# Options, arguments, pickle


def test_the_options_of_compile() -> None:
    w = Value(3.0)

    @autograd.compile(dtype="float32", threads=2)
    def f(x: Any) -> Any:
        return w * x

    assert (f.dtype, f.threads, f.map([2.0]).tolist()) == ("float32", 2, [6.0])
    assert compile(f, dtype="float32", threads=2) is f
    assert (compile(f).dtype, compile(f).f) == ("float64", f.f)
    for wrong in ({"dtype": "float16"}, {"threads": 0}, {"threads": 1.5}, {"dtype": 3}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            compile(lambda x: x, **wrong)


def test_keyword_arguments_and_indices_into_tables() -> None:
    table = [[Value(i + 10.0 * j) for j in range(2)] for i in range(3)]

    def f(x: Any, *, token: Any, scale: Any = 1.0) -> Any:
        return dot(take(table, token), [x, scale])

    g = compile(f)
    assert g.map([1.0, 2.0], token=[0, 2]).tolist() == [10.0, 16.0]
    assert g.map([1.0, 2.0], scale=3.0, token=np.array([0, 2])).tolist() == [30.0, 40.0]
    assert g(1.0, token=1).data == 12.0


def test_a_program_works_in_another_process(tmp_path: Any) -> None:
    model = MLP(2, [4, 1], activation="tanh", rng=3)
    f = compile(lambda x: model(x))
    X = np.random.default_rng(0).normal(size=(6, 2))
    with no_grad():
        expected = f.map(X)
    numbers = autograd.read_data(f.parameters)
    (tmp_path / "p").write_bytes(pickle.dumps((f.program, numbers, X)))
    code = (
        "import pickle, sys\nfrom autograd.compiler.executor import run\n"
        "program, numbers, X = pickle.load(open(sys.argv[1], 'rb'))\n"
        "outputs, gradient = run(program, numbers, X, 1.0, True)\n"
        "print(pickle.dumps((outputs.ravel().tolist(), gradient.tolist())).hex())"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "p"], capture_output=True, text=True, check=True)
    outputs, gradient = pickle.loads(bytes.fromhex(done.stdout))
    assert outputs == expected.tolist()
    total = f.sum(X)
    total.backward()
    assert gradient == [p.grad for p in f.parameters]


@pytest.mark.parametrize("n", [1, 2, 7, 8, 9, 20])
@pytest.mark.parametrize("chosen", ["none", "some", "all"])
def test_a_layer_behind_where_gets_gradient_from_the_samples_that_chose_it(executor: Any, n: int, chosen: str) -> None:
    """Its weights are square roots, one of 0: where a sample chooses the layer the slope is inf, else nothing comes."""
    rng = random.Random(n)
    roots = [[Value(rng.uniform(1, 2)) for _ in range(5)] for _ in range(5)]
    roots[1][2] = Value(0.0)
    other = Value(3.0)

    def f(x: Any) -> Any:
        weights = [[p**0.5 for p in row] for row in roots]
        hidden = [autograd.dot(row, x[:5]) for row in weights]
        return autograd.where(x[5] > 0, autograd.sum([h * h for h in hidden]), other * x[0])

    sign = {"none": lambda i: -1.0, "some": lambda i: 1.0 if i % 3 == 1 else -1.0, "all": lambda i: 1.0}[chosen]
    X = [[rng.uniform(0.5, 1) for _ in range(5)] + [sign(i)] for i in range(n)]
    ws = [other, *(p for row in roots for p in row)]
    expected = value_and_gradient(autograd.sum([f([Value(a) for a in x]) for x in X]) / n, ws)
    got = value_and_gradient(compile(f).mean(X), ws)
    assert got == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)
    if chosen == "none":
        assert set(got[2:]) == {0.0}


def test_what_a_compiled_call_gave_before_is_no_part_of_a_trace() -> None:
    k = Value(2.0)
    inner = compile(lambda x: k * k * x)
    before = inner.mean([1.0, 2.0])
    with pytest.raises(TraceError, match="uses a Value that a compiled call gave before"):
        compile(lambda x: before * x).mean([1.0, 3.0])
    assert compile(lambda x: inner(x) * x).mean([1.0, 3.0]).data == 4.0 * 5.0
