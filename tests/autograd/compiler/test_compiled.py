"""compile: what it gives equals what the function gives, and what it cannot do right it refuses."""

from __future__ import annotations

import math
import pickle
import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value, dot, gradients, no_grad, sigmoid, take, where
from autograd.compiler import TraceError, compile
from nn import MLP


@pytest.fixture
def model() -> MLP:
    return MLP(2, [5, 3, 1], activation="tanh", rng=1)


X = np.random.default_rng(0).normal(size=(20, 2))
Y = np.sign(X[:, 0] * X[:, 1])


def eager_mean(f: Any, *columns: Any) -> Value:
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return sum(f(*row) for row in rows) / len(columns[0])


@pytest.mark.parametrize("n", [*range(1, 20), 20])
def test_mean_equals_the_loop_in_value_and_gradient(model: MLP, n: int) -> None:
    def loss(x: Any, y: Any) -> Value:
        return (model(x) - y) ** 2

    total = compile(loss).mean(X[:n], Y[:n])
    total.backward()
    ours = [p.grad for p in model.parameters()]
    model.zero_grad()
    expected = eager_mean(loss, X[:n], Y[:n])
    expected.backward()
    assert total.data == pytest.approx(expected.data, rel=1e-12)
    assert ours == pytest.approx([p.grad for p in model.parameters()], rel=1e-9, abs=1e-12)


def test_a_call_is_one_node_and_composes() -> None:
    w = Value(2.0)
    loss = compile(lambda x: w * x * x)
    total = loss.sum([1.0, 2.0]) + 0.5 * w**2
    total.backward()
    assert (total.data, w.grad) == (12.0, 5.0 + 2.0)
    node = loss(3.0)
    assert (node.data, node.op, node.parents) == (18.0, "program", (w,))
    node.backward(2.0)
    assert w.grad == 7.0 + 18.0


def test_parameters_are_live() -> None:
    w = Value(2.0)
    loss = compile(lambda x: w * x)
    assert loss(3.0).data == 6.0
    w.data = 5.0
    assert loss(3.0).data == 15.0


def test_a_number_written_after_the_call_is_seen_by_backward() -> None:
    w = Value(2.0)
    total = compile(lambda x: w * x)(3.0)
    w.data = 5.0
    with pytest.raises(RuntimeError, match="run the forward pass again"):
        total.backward()


def test_what_a_variable_holds_now_counts(model: MLP) -> None:
    scale = 1.0

    def loss(x: Any) -> Value:
        return model(x) * scale

    compiled = compile(loss)

    def both() -> tuple[float, float]:
        return compiled.mean(X).data, eager_mean(loss, X).data

    assert both()[0] == pytest.approx(both()[1])
    model.layers[0].neurons[1].w[0] = Value(9.0)
    assert both()[0] == pytest.approx(both()[1])
    scale = 3.0
    assert both()[0] == pytest.approx(both()[1])
    model.layers[2] = MLP(3, [1], rng=5).layers[0]
    assert both()[0] == pytest.approx(both()[1])
    model = MLP(2, [4, 1], rng=7)
    assert both()[0] == pytest.approx(both()[1])


def test_an_array_of_parameters_is_watched() -> None:
    w = np.array([[Value(1.0), Value(2.0)]])
    f = compile(lambda x: (w @ x)[0])
    assert f.map(np.array([[1.0, 1.0]])).tolist() == [3.0]
    w[0, 1] = Value(5.0)
    assert f.map(np.array([[1.0, 1.0]])).tolist() == [6.0]


def test_one_trace_for_each_shape() -> None:
    f = compile(lambda xs: autograd.sum(xs) * 2)
    assert f.map([[1.0, 2.0], [3.0, 4.0]]).tolist() == [6.0, 14.0]
    two = f.program
    assert f.map([[1.0, 2.0, 3.0]]).tolist() == [12.0]
    three = f.program
    assert f.map([[5.0, 6.0]]).tolist() == [22.0]
    assert f.program is two
    assert f([1.0, 1.0, 1.0]).data == 6.0
    assert f.program is three


def test_arguments_by_name_and_numbers_for_all_samples() -> None:
    f = compile(lambda x, scale, shift: x * scale + shift)
    assert f.map([1.0, 2.0], 10.0, shift=[0.0, 1.0]).tolist() == [10.0, 21.0]
    assert f(1.0, shift=2.0, scale=3.0).data == 5.0


def test_nested_arguments_and_several_results() -> None:
    f = compile(lambda m: [[m[0][0] * m[1][1], m[0][1]], [m[1][0], m[0][0]]])
    samples = np.arange(8.0).reshape(2, 2, 2)
    assert f.map(samples).tolist() == [[[0.0, 1.0], [2.0, 0.0]], [[28.0, 5.0], [6.0, 4.0]]]
    assert f.map(samples.tolist()).shape == (2, 2, 2)
    assert [[v.data for v in row] for row in f(samples[1])] == [[28.0, 5.0], [6.0, 4.0]]


def test_a_result_in_lists_has_gradients_of_its_own() -> None:
    w = Value(2.0)
    first, second = compile(lambda x: [w * x, w * w]).mean([1.0, 3.0])
    assert (first.data, second.data) == (4.0, 4.0)
    second.backward()
    assert w.grad == 4.0


def test_a_result_that_no_parameter_makes() -> None:
    f = compile(lambda x: x * 2)
    assert f.mean([1.0, 2.0]).data == 3.0
    assert compile(lambda x: 7.0).map([1.0, 2.0]).tolist() == [7.0, 7.0]


def test_inside_no_grad_nothing_is_recorded() -> None:
    w = Value(2.0)
    f = compile(lambda x: w * x)
    with no_grad():
        assert f(3.0).parents == ()
    assert f(3.0).parents == (w,)


def test_a_first_call_inside_no_grad_traces_all_the_same() -> None:
    w = Value(2.0)
    f = compile(lambda x: w * x)
    with no_grad():
        assert f(3.0).data == 6.0
    node = f(3.0)
    node.backward()
    assert w.grad == 3.0


def test_values_as_arguments_run_the_function_itself() -> None:
    x, w = Value(3.0), Value(2.0)
    y = compile(lambda x: w * x)(x)
    assert gradients(y, [x])[0].data == 2.0


def test_an_index_that_comes_in_chooses() -> None:
    table = [[Value(i + 10.0 * j) for j in range(2)] for i in range(3)]
    f = compile(lambda token, x: dot(take(table, token), [x, 1.0]))
    total = f.sum([0, 2, 2], [1.0, 2.0, 3.0])
    total.backward()
    assert total.data == sum(i * x + i + 10.0 for i, x in [(0, 1.0), (2, 2.0), (2, 3.0)])
    assert [[v.grad for v in row] for row in table] == [[1.0, 1.0], [0.0, 0.0], [5.0, 2.0]]
    for wrong in (3, -1, 0.5, math.nan):
        with pytest.raises(IndexError, match="is no place in a table of 3 entries"):
            f.map([wrong], [1.0])
    with pytest.raises(TraceError, match=r"chooses with take\(table, index\)"):
        compile(lambda token: table[token][0]).map([1])


def test_the_branch_not_taken_sends_nothing() -> None:
    w = Value(-1.0)
    f = compile(lambda x: where(w * x > 0, (w * x).sqrt(), 0.0))
    total = f.sum([1.0, -4.0])
    total.backward()
    assert total.data == 2.0
    assert w.grad == pytest.approx(-1.0)


def test_conditions_are_those_of_eager() -> None:
    def f(x: Any, y: Any) -> Any:
        return [
            where(x < y, 1.0, 0.0), where(x <= y, 1.0, 0.0), where(x > y, 1.0, 0.0), where(x >= y, 1.0, 0.0),
            where(x == y, 1.0, 0.0), where(x != y, 1.0, 0.0), where(2.0 > x, 1.0, 0.0),  # noqa: SIM300
            where((x > 0) & (y > 0), 1.0, 0.0), where((x > 0) | (y > 0), 1.0, 0.0),
        ]  # fmt: skip

    numbers = [-1.0, 0.0, 2.0, 3.0, math.inf, math.nan]
    pairs = [(x, y) for x in numbers for y in numbers]
    expected = [f(*pair) for pair in pairs]
    assert compile(f).map(*map(list, zip(*pairs, strict=True))).tolist() == expected


def test_derivatives_can_be_compiled() -> None:
    def f(p: Any) -> Any:
        return where(p[0] > p[1], p[0].log() * p[1], take([p[0], p[1] ** 2], 1)) + autograd.maximum(p[0], p[1]) ** 3

    points = [[-1.0, 2.0], [2.0, 1.0], [1.0, 1.0], [0.5, 0.25]]
    for derivative in (autograd.grad, autograd.hessian):
        got = compile(derivative(f)).map(points)
        assert got == pytest.approx(np.array([derivative(f)(p) for p in points]), nan_ok=True)


def test_a_derivative_does_not_flow_through_the_branch_not_taken() -> None:
    derivative = compile(autograd.grad(lambda x: where(x > 0, (x.sqrt() * 2).log(), 0.0)))
    assert derivative.map([-1.0, 4.0]).tolist() == [0.0, 0.125]


def test_a_compiled_call_is_not_differentiated_twice() -> None:
    w = Value(2.0)
    total = compile(lambda x: w * w * x)(3.0)
    with pytest.raises(RuntimeError, match=r"cannot be differentiated again"):
        gradients(total, [w])


REFUSED: dict[str, Any] = {
    "if": lambda x: x if x > 0 else -x,
    "while": lambda x: next(iter(lambda: x * 2 > 5, True)),
    "not": lambda x: not x,
    "max": lambda x: max(x, 1.0),
    "int": lambda x: int(x) * x,
    "float": lambda x: x * float(x),
    "data": lambda x: x * x.data,
    "item": lambda x: x * x.item(),
    "round": lambda x: x * round(x),
    "detach": lambda x: x * x.detach(),
    "random": lambda x: x * random.random(),
    "in": lambda x: x * (x in [1.0, 2.0]),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_holds_for_one_input_only_is_refused(what: str) -> None:
    with pytest.raises(TraceError) as error:
        compile(REFUSED[what]).map([1.0])
    if what != "random":
        assert "test_compiled.py, line" in str(error.value)
    assert autograd.modes.state.now[4] is False


def test_state_that_changes_inside_is_refused() -> None:
    calls = [0.0]

    def f(x: Any) -> Any:
        calls[0] += 1.0
        return x * calls[0]

    with pytest.raises(TraceError, match="does something else each time"):
        compile(f).map([1.0])
    w = Value(1.0)

    def writes(x: Any) -> Any:
        w.data = 2.0
        return w * x

    with pytest.raises(TraceError, match=r"\.data = \.\.\."):
        compile(writes).map([1.0])


def test_the_message_says_what_to_write() -> None:
    with pytest.raises(TraceError, match=r"write where\(condition, x, y\)"):
        compile(REFUSED["if"]).map([1.0])


def test_wrong_arguments_have_one_clear_message() -> None:
    f = compile(lambda x, y: x + y)
    with pytest.raises(ValueError, match=r"a row for each sample, got the shapes \(2,\), \(3,\)"):
        f.map([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="rows of different lengths"):
        f.map([[1.0], [1.0, 2.0]], [1.0, 2.0])
    with pytest.raises(TypeError, match="not made of numbers"):
        f.map(["a"], [1.0])
    with pytest.raises(TypeError, match="must be a function"):
        compile(3)  # pyright: ignore
    with pytest.raises(TraceError, match="must return a Value"):
        compile(lambda x: "a").map([1.0])  # pyright: ignore
    with pytest.raises(RuntimeError, match="no program before its first call"):
        f.program  # noqa: B018


@pytest.mark.parametrize("wrong", ["3", b"3", None, [1.0, None], ["1"], 1j, np.datetime64("2020"), {1.0}, {"a": 1.0}])
def test_what_is_no_number_is_no_argument(wrong: Any) -> None:
    f = compile(lambda x: x)
    for way in (f, f.map, f.sum):
        with pytest.raises(TypeError, match="an argument is not made of numbers"):
            way(wrong if way is f else [wrong])


def test_numbers_of_any_kind_are_arguments() -> None:
    f = compile(lambda x: x)
    numbers = [True, 3, 1.5, Fraction(1, 2), Decimal("0.25"), np.float32(0.5), np.int8(3), np.bool_(True)]
    assert f.map(numbers).tolist() == [float(x) for x in numbers]
    for x in numbers:
        assert f(x).data == float(x)
    assert f.map([Value(2.0), 3.0]).tolist() == [2.0, 3.0]  # it gives numbers, of Values too
    for kind in ("i1", "u8", "f2", "f4", "?"):
        assert f.map(np.array([0, 1], kind)).tolist() == [0.0, 1.0]
    assert f.map(range(3)).tolist() == [0.0, 1.0, 2.0]


def test_no_samples(model: MLP) -> None:
    f, g = compile(model), compile(lambda x: [model(x), x[0]])
    for none in (np.zeros((0, 2)), []):
        if isinstance(none, np.ndarray):
            assert f.map(none).shape == (0,)
            assert g.map(none).shape == (0, 2)
            total = f.sum(none)
            total.backward()
            assert (total.data, {p.grad for p in model.parameters()}) == (0.0, {0.0})
            assert [v.data for v in g.sum(none)] == [0.0, 0.0]
        with pytest.raises(ValueError, match=r"mean: there are no samples|expected"):
            f.mean(none)
    with pytest.raises(ValueError, match="a row for each sample"):
        compile(lambda x: x).mean(1.0)


def test_a_function_must_return_something() -> None:
    for nothing in ([], None, [[]], {}):
        with pytest.raises(TraceError, match="must return a Value, or Values in lists"):
            compile(lambda x, nothing=nothing: nothing)(1.0)


def test_a_traced_value_shows_no_number() -> None:
    """In a debugger, a print or a message: the number that it has in a trace is of no sample."""
    w, seen = Value(2.0, label="w"), set[str]()

    def f(x: Any) -> Any:
        seen.update([repr(x), str(x), f"{x}", f"{x!r}", str([x]), repr(w), repr(w * x)])
        return w * x

    assert compile(f).map([3.0]).tolist() == [6.0]
    assert seen == {"Value(traced)", "[Value(traced)]", "Value(traced, label='w')"}
    seen.clear()
    f(Value(3.0))
    assert "Value(data=3.0, grad=0.0)" in seen
    assert f"{w:.1f}" == "2.0"


def test_a_program_names_its_parameters() -> None:
    w, b = Value(2.0), Value(3.0)
    f = compile(lambda x: b + w * x)
    with pytest.raises(RuntimeError, match="no program before its first call"):
        _ = f.parameters
    f(1.0)
    assert f.parameters == [w, b]
    f.parameters.clear()
    assert f(1.0).data == 5.0


def test_an_error_inside_the_function_is_the_functions_own() -> None:
    def f(x: Any) -> Any:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        compile(f).map([1.0])
    assert (Value(1.0) > 0) is True


def test_softmax_in_a_trace_equals_eager() -> None:
    f = compile(lambda xs: autograd.softmax(xs))
    rows = [[1.0, 2.0, -3.0], [1000.0, 0.0, 999.0], [-math.inf, 0.0, 1.0]]
    assert f.map(rows) == pytest.approx(np.array([autograd.softmax(row) for row in rows]), abs=1e-15)


def test_a_program_travels(model: MLP) -> None:
    f = compile(lambda x: sigmoid(model(x)))
    f.map(X)
    assert pickle.loads(pickle.dumps(f.program)) == f.program
    assert "layer 0: matmul 5×2 + bias, tanh ×5" in str(f.program)


def test_frozen_parameters_get_nothing(model: MLP) -> None:
    model.layers[0].requires_grad_(False)
    compile(lambda x: model(x) ** 2).mean(X).backward()
    assert all(p.grad == 0 for p in model.layers[0].parameters())
    assert any(p.grad != 0 for p in model.layers[1].parameters())


def test_a_callable_with_an_attribute_f_is_called_itself():
    class Doubled:
        def __init__(self, f):
            self.f = f

        def __call__(self, x):
            return 2 * self.f(x)

    doubled = Doubled(lambda x: Value(3.0) * x)
    assert autograd.compile(doubled).map([1.0]).tolist() == [6.0]


def test_a_layer_may_take_its_size_from_the_trace() -> None:
    model = MLP(None, [3, 1], rng=1)
    f = compile(model)
    assert f([1.0, 2.0]).data == pytest.approx(model([1.0, 2.0]).data, rel=1e-12)
    assert len(f.parameters) == 13
