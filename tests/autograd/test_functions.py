"""The functions of functions.py: on Values, on numbers, on sequences, and on what they must refuse."""

from __future__ import annotations

import builtins
import importlib.metadata
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd
from autograd import Value, dot, functions, logsumexp, softmax, where
from autograd.rules import RULES

SYMBOLS = {"pow": "**", "mod": "%"}
NAMES = [name for name in functions.__all__ if name != "softmax"]
RULE_OF = {name: RULES[SYMBOLS.get(name, name)] for name in NAMES}
UNARY = [name for name, rule in RULE_OF.items() if len(rule.domain) == 1 and not rule.variadic]
BINARY = [name for name, rule in RULE_OF.items() if len(rule.domain) == 2 and not rule.variadic]
IN_MATH = [name for name in UNARY + BINARY if hasattr(math, name)]
inf, nan = math.inf, math.nan


def function(name: str) -> Any:
    return getattr(autograd, name)


def same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


def test_every_rule_has_a_function_or_an_operator() -> None:
    operators = {"+", "-", "*", "/", "//", "neg", "<", "<=", "==", "!="}
    assert {rule.name for rule in RULE_OF.values()} | operators | {"take", "program"} == set(RULES)


def test_the_public_names_are_there() -> None:
    others = """Value engine no_grad detect_anomaly name_scope gradients grad value_and_grad jacobian hessian jvp vjp
        hvp gradcheck gradgradcheck GradcheckError record_lines"""
    lazy = {"TraceError", "compile", "draw", "read_data", "read_grad", "steps", "why", "write_data", "write_grad"}
    everything = {*others.split(), *functions.__all__}
    assert set(autograd.__all__) == {name for name in everything if not hasattr(builtins, name)} - {
        "draw",
        "steps",
        "why",
    }
    assert autograd.engine in ("c", "python")
    assert all(hasattr(autograd, name) for name in everything | lazy)
    with pytest.raises(AttributeError, match="no attribute 'tahn'"):
        autograd.tahn  # noqa: B018


def test_the_version_is_that_of_the_installed_package() -> None:
    try:
        installed = importlib.metadata.version("scalar-autograd")
    except importlib.metadata.PackageNotFoundError:
        with pytest.raises(AttributeError, match="once scalar-autograd is installed"):
            autograd.__version__  # noqa: B018
    else:
        assert autograd.__version__ == installed


@pytest.mark.parametrize("name", IN_MATH)
def test_a_float_gives_what_math_gives(name: str) -> None:
    x = [1.25, 0.5][: len(RULE_OF[name].domain)] if name == "acosh" or name in BINARY else [0.5]
    assert function(name)(*x) == pytest.approx(getattr(math, name)(*x), rel=1e-15)


@pytest.mark.parametrize("name", UNARY + BINARY)
@pytest.mark.parametrize("number", [0.3, -1.3, 0.0, 2, True, inf, nan, np.float32(0.25), np.int64(3), np.array(0.5)])
def test_numbers_give_the_float_of_the_rule(name: str, number: Any) -> None:
    operands = [number] * len(RULE_OF[name].domain)
    result = function(name)(*operands)
    assert type(result) is float
    assert same(result, RULE_OF[name].value(*[float(x) for x in operands]))


@pytest.mark.parametrize("name", UNARY)
def test_a_value_gives_one_node(name: str) -> None:
    low, high = RULE_OF[name].domain[0]
    x = Value(low + 0.7 * (high - low))
    y = function(name)(x)
    assert type(y) is Value
    assert (y.op, y.operands) == (name, (x,))
    assert y.data == RULE_OF[name].value(x.data) == function(name)(x.data)
    y.backward()
    assert x.grad == RULE_OF[name].partials(y.data, x.data)[0]


@pytest.mark.parametrize("name", BINARY)
def test_a_value_among_two_operands_gives_one_node(name: str) -> None:
    x, y = 0.75, 1.5
    pairs = [(Value(x), Value(y)), (Value(x), y), (x, Value(y)), (np.float64(x), Value(y)), (Value(x), np.float32(y))]
    for operands in pairs:
        v = function(name)(*operands)
        assert type(v) is Value
        assert v.op == RULE_OF[name].name
        assert [float(o) for o in v.operands] == [x, y]
        assert all(type(o) in (Value, float) for o in v.operands)
        assert v.data == RULE_OF[name].value(x, y)
        v.backward()
        for operand, partial in zip(operands, RULE_OF[name].partials(v.data, x, y), strict=True):
            assert type(operand) is not Value or operand.grad == partial


def test_parameters_of_leaky_relu_and_elu() -> None:
    assert autograd.leaky_relu(-2.0) == -0.02
    assert autograd.leaky_relu(-2.0, slope=0.5) == -1.0
    assert autograd.elu(-2.0) == math.expm1(-2.0)
    alpha = Value(0.5)
    autograd.elu(-2.0, alpha=alpha).backward()
    assert alpha.grad == math.expm1(-2.0)


@pytest.mark.parametrize("name", UNARY + BINARY)
@pytest.mark.parametrize("wrong", [[1.0, 2.0], "1.0", None, 1j, np.array([1.0, 2.0]), {"a": 1.0}, object])
def test_what_is_not_a_number_is_refused(name: str, wrong: Any) -> None:
    for operands in [[wrong], [wrong, 1.0], [Value(1.0), wrong]]:
        if (len(operands) == 2) is (name in BINARY):
            with pytest.raises(TypeError, match=r"must be one number .* got") as error:
                function(name)(*operands)
            assert str(error.value).startswith(f"an operand of {RULE_OF[name].name} ")


def test_the_refusal_says_what_was_given_and_what_to_do() -> None:
    with pytest.raises(TypeError) as error:
        autograd.maximum(Value(1.0), [1.0, 2.0])  # pyright: ignore
    assert str(error.value) == (
        "an operand of maximum must be one number (float, int, numpy scalar or array of no dimensions), "
        "got list: [1.0, 2.0]; for several numbers make several Values: [Value(x) for x in numbers]"
    )


# where


@pytest.mark.parametrize(
    ("condition", "taken"),
    [(True, 2.0), (False, 3.0), (1, 2.0), (0, 3.0), (0.0, 3.0), (-0.5, 2.0), (nan, 2.0), (np.bool_(False), 3.0)],
)
def test_where_takes_a_branch_by_the_truth_of_its_condition(condition: Any, taken: float) -> None:
    assert where(condition, 2.0, 3.0) == taken
    x, y = Value(2.0), Value(3.0)
    for c in (condition, Value(condition)):
        v = where(c, x, y)
        v.backward()
        assert v.data == taken
    assert (x.grad, y.grad) == ((2.0, 0.0) if taken == 2.0 else (0.0, 2.0))


def test_where_of_a_value_and_two_numbers_is_a_value_without_slope() -> None:
    c = Value(1.0)
    v = where(c, 2, 3)
    v.backward()
    assert (type(v), v.data, c.grad) == (Value, 2.0, 0.0)


def test_nothing_flows_from_the_branch_not_taken() -> None:
    x = Value(-1.0)
    where(x > 0, autograd.sqrt(x), 0.0).backward()
    assert x.grad == 0.0


# sum, dot, logsumexp


def sequences(numbers: list[Any]) -> list[Any]:
    return [numbers, tuple(numbers), iter(numbers), (x for x in numbers), np.array(numbers)]


MANY = ["sum", "logsumexp"]


@pytest.mark.parametrize("name", MANY)
def test_many_operands_make_one_node(name: str) -> None:
    xs = [Value(0.5), Value(-1.0), Value(2.0)]
    for given_as in sequences(xs):
        v = function(name)(given_as)
        assert (v.op, v.operands) == (name, tuple(xs))
        assert v.data == RULES[name].value(0.5, -1.0, 2.0)
    mixed = function(name)([xs[0], 3, np.float32(0.25)])
    assert mixed.operands == (xs[0], 3.0, 0.25)
    assert all(type(x) in (Value, float) for x in mixed.operands)


@pytest.mark.parametrize("name", MANY)
def test_many_numbers_make_a_float(name: str) -> None:
    for given_as in sequences([0.5, -1.0, 2.0]):
        result = function(name)(given_as)
        assert type(result) is float
        assert result == RULES[name].value(0.5, -1.0, 2.0)


def test_no_operands() -> None:
    assert autograd.sum([]) == 0.0
    assert logsumexp([]) == -inf
    assert dot([], []) == 0.0
    assert dot([], [], 2) == 2.0
    assert softmax([]) == []


def test_dot_is_one_node_of_all_w_then_all_x_then_the_bias() -> None:
    ws, xs, bias = [Value(2.0), Value(-1.0)], [Value(3.0), Value(4.0)], Value(0.5)
    v = dot(ws, xs, bias)
    assert (v.data, v.op, v.operands) == (2.5, "dot", (*ws, *xs, bias))
    v.backward()
    assert [w.grad for w in ws] == [3.0, 4.0]
    assert [x.grad for x in xs] == [2.0, -1.0]
    assert bias.grad == 1.0
    assert dot(ws, xs).operands == (*ws, *xs)
    zero = Value(0.0)
    assert dot(ws, xs, zero).operands[-1] is zero
    assert dot(ws, xs, 0).operands == (*ws, *xs, 0.0)
    assert dot(ws, xs, bias=bias).data == 2.5


def test_dot_takes_any_sequence_and_numbers_on_either_side() -> None:
    numbers = [2.0, -1.0]
    for plain, values in zip(sequences(numbers), sequences([Value(3.0), Value(4.0)]), strict=True):
        v = dot(plain, values, np.float64(0.5))
        assert (type(v), v.data) == (Value, 2.5)
        assert [type(x) for x in v.operands] == [float, float, Value, Value, float]
    result = dot(np.array([2, -1]), [3, True], 1)
    assert (type(result), result) == (float, 6.0)
    assert dot([1.0], [2.0], Value(0.5)).data == 2.5


def test_dot_of_unequal_lengths_names_both() -> None:
    for ws, xs in [([Value(1.0)] * 3, [1.0] * 2), ([1.0] * 3, [1.0] * 2)]:
        with pytest.raises(ValueError, match="ws has 3 elements and xs has 2; they must be as many"):
            dot(ws, xs)


@pytest.mark.parametrize(
    "call", [autograd.sum, logsumexp, softmax, lambda xs: dot(xs, [1.0]), lambda xs: dot([1.0], xs)]
)
def test_what_is_not_a_sequence_of_numbers_is_refused(call: Any) -> None:
    for wrong in (3.0, Value(3.0), None, np.array(2.0)):
        given = type(wrong).__name__
        with pytest.raises(TypeError, match=rf"[wx]s of .* must be a sequence of Values or numbers, got .*{given}"):
            call(wrong)
    for wrong in (["a"], "a", [[1.0]], np.ones((1, 1)), [Value(1.0), None]):
        with pytest.raises(TypeError, match=r"an element of [wx]s of .* must be one number"):
            call(wrong)
    with pytest.raises(TypeError, match=r"bias of dot.* must be one number .* got str"):
        dot([1.0], [1.0], "b")  # pyright: ignore


def test_an_iterable_that_raises_says_so_itself() -> None:
    def numbers() -> Any:
        yield 1.0
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        autograd.sum(numbers())


# softmax


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=6), st.integers(0, 5))
def test_softmax_and_its_gradient_are_those_of_the_formula(numbers: list[float], place: int) -> None:
    place %= len(numbers)
    total = math.fsum(math.exp(x) for x in numbers)
    expected = [math.exp(x) / total for x in numbers]
    assert softmax(numbers) == pytest.approx(expected, rel=1e-12)
    xs = [Value(x) for x in numbers]
    ys = softmax(xs)
    assert [y.data for y in ys] == softmax(numbers)
    ys[place].backward()
    for j, x in enumerate(xs):
        assert x.grad == pytest.approx(expected[place] * ((j == place) - expected[j]), rel=1e-9, abs=1e-15)


def test_softmax_of_numbers_far_apart_and_of_minus_infinity() -> None:
    assert softmax([1000.0, 1000.0]) == [0.5, 0.5]
    assert softmax([-1000.0, 0.0]) == [0.0, 1.0]
    xs = [Value(0.0), Value(-inf), Value(0.0)]
    ys = softmax(xs)
    assert [y.data for y in ys] == [0.5, 0.0, 0.5]
    ys[0].backward()
    assert [x.grad for x in xs] == [0.25, 0.0, -0.25]
    assert [sum(y.op == "sum" for y in {*ys[0].parents, *ys[2].parents})] == [1]  # one sum for all


@pytest.mark.parametrize(
    "numbers", [[1.0, 2.0, -3.0], [-inf, 0.0, 3.0], [-inf, -inf], [inf, 1.0], [nan, 1.0], [0.0], [700.0, -700.0, 710.0]]
)
def test_softmax_is_that_of_torch(numbers: list[float]) -> None:
    torch = pytest.importorskip("torch")
    for i in range(len(numbers)):
        theirs = torch.tensor(numbers, dtype=torch.float64, requires_grad=True)
        result = torch.softmax(theirs, 0)
        result[i].backward()
        xs = [Value(x) for x in numbers]
        ys = softmax(xs)
        ys[i].backward()
        assert [y.data for y in ys] == pytest.approx(result.tolist(), rel=1e-14, nan_ok=True)
        assert [x.grad for x in xs] == pytest.approx(theirs.grad.tolist(), rel=1e-12, nan_ok=True)


def test_a_table_that_is_none() -> None:
    with pytest.raises(TypeError, match="table must be a sequence of entries, got int"):
        functions.take(3, 0)  # pyright: ignore
