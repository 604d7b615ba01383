"""What counts as a number, and the operators and methods that take numbers and Values."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from autograd import Value
from autograd.rules import RULES

from .helpers import OPERATORS, near, same

UNARY_METHODS = [name for name, rule in RULES.items() if len(rule.domain) == 1 and not rule.variadic and name != "neg"]
BINARY_METHODS = {"leaky_relu": 0.01, "elu": 1.0}


class RaisingFloat:
    def __float__(self) -> float:
        raise ValueError("no number here")


# What is a number


@pytest.mark.parametrize(
    "number",
    [3, True, -0.0, 2.5, np.float64(2.5), np.float32(0.1), np.int64(7), np.bool_(True), np.array(2.5), np.array(3)],
    ids=lambda x: f"{type(x).__name__}({x})",
)
def test_numbers_become_floats(number: Any) -> None:
    x = Value(number)
    assert type(x.data) is float
    assert same(x.data, float(number))
    assert type(x.grad) is float
    assert same(x.grad, 0.0)
    x.grad = number
    assert type(x.grad) is float
    assert same(x.grad, float(number))
    x.data = 1.0
    x.data = number
    assert type(x.data) is float
    assert same(x.data, float(number))
    x = Value(2.0)
    x.backward(number)
    assert x.grad == float(number)


@pytest.mark.parametrize("number", [10**30, -(10**300), 2**53 + 1])
def test_large_ints(number: int) -> None:
    assert Value(number).data == float(number)
    assert (Value(1.0) + number).data == 1.0 + number


def test_an_int_too_large_for_a_float_is_an_error_everywhere() -> None:
    huge = 10**400
    for f in (Value, lambda x: Value(1.0) + x, lambda x: x * Value(1.0), Value(1.0).backward):
        with pytest.raises((OverflowError, TypeError)):
            f(huge)


NOT_NUMBERS = [
    "3",
    b"3",
    None,
    1j,
    np.complex128(1),
    [1.0],
    (1.0,),
    {},
    np.array([1.0]),
    np.array([[1.0]]),
    np.array(["x"]),
    np.str_("3"),
    np.array(1j),
    np.datetime64(3, "s"),
    Decimal("1.5"),
    Fraction(1, 2),
    RaisingFloat(),
    object(),
    Value(1.0),
    Value,
]


@pytest.mark.parametrize("wrong", NOT_NUMBERS, ids=lambda x: type(x).__name__)
def test_anything_else_is_refused_by_name(wrong: Any) -> None:
    name = re.escape(type(wrong).__name__)
    with pytest.raises(TypeError, match=name):
        Value(wrong)
    x = Value(2.0)
    with pytest.raises(TypeError, match=name):
        x.data = wrong
    with pytest.raises(TypeError, match=name):
        x.grad = wrong
    with pytest.raises(TypeError, match=name):
        x.backward(wrong)
    assert (x.data, x.grad) == (2.0, 0.0)


@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize(
    "wrong", [x for x in NOT_NUMBERS if not isinstance(x, (Value, np.ndarray, np.generic))], ids=str
)
def test_operators_refuse_what_is_no_number(op: str, wrong: Any) -> None:
    if op == "**" and isinstance(wrong, Fraction):
        return  # Fraction itself makes a float of it, on either side
    with pytest.raises(TypeError):
        OPERATORS[op](Value(2.0), wrong)
    if op == "%" and isinstance(wrong, (str, bytes)):
        return  # str itself takes it for formatting
    with pytest.raises(TypeError):
        OPERATORS[op](wrong, Value(2.0))


def test_the_message_says_what_was_given_and_what_to_do() -> None:
    with pytest.raises(TypeError, match=r"data must be one number .* got str: 'three'"):
        Value("three")
    with pytest.raises(TypeError, match=r"got list: \[1, 2\]; for several numbers make several Values"):
        Value([1, 2])
    with pytest.raises(TypeError, match=r"got Value: .*x\.data"):
        Value(Value(1.0))
    with pytest.raises(TypeError) as error:
        Value("x" * 10_000)
    assert len(str(error.value)) < 300


def test_arguments_of_the_constructor() -> None:
    assert Value(data=2.0, label="a").label == "a"
    assert Value(2.0, "a").label == "a"
    assert Value(label="a", data=2).data == 2.0
    for make in (lambda: Value(), lambda: Value(1.0, "a", 3), lambda: Value(1.0, lable="a"), lambda: Value(1.0, 3)):
        with pytest.raises(TypeError):
            make()


# Operators


@pytest.mark.parametrize("op", OPERATORS)
def test_operators_with_values_and_numbers_on_either_side(op: str) -> None:
    f, a, b = OPERATORS[op], 2.5, 1.5
    want = f(a, b)
    one, other = RULES[op].partials(want, a, b)
    x, y = Value(a), Value(b)
    node = f(x, y)
    node.backward()
    assert (node.data, node.op, node.operands, node.parents) == (want, op, (x, y), (x, y))
    assert near(x.grad, one)
    assert near(y.grad, other)
    for number in (b, np.float64(b), np.float32(b), np.array(b)):
        x = Value(a)
        node = f(x, number)
        assert type(node) is Value
        assert node.data == want
        assert node.op == op
        assert node.operands == (x, b)
        assert type(node.operands[1]) is float
        assert node.parents == (x,)
        node.backward()
        assert near(x.grad, one)
    for number in (a, np.float64(a), np.float32(a), np.array(a)):
        y = Value(b)
        node = f(number, y)
        assert type(node) is Value
        assert node.data == want
        assert node.op == op
        assert node.operands == (a, y)
        assert type(node.operands[0]) is float
        assert node.parents == (y,)
        node.backward()
        assert near(y.grad, other)
    for number in (3, True, np.int64(3)):
        assert f(Value(a), number).data == f(a, float(number))
        assert f(number, Value(a)).data == f(float(number), a)


def test_the_same_value_on_both_sides() -> None:
    for f, want in [(OPERATORS["+"], 2.0), (OPERATORS["-"], 0.0), (OPERATORS["*"], 6.0), (OPERATORS["/"], 0.0)]:
        x = Value(3.0)
        f(x, x).backward()
        assert near(x.grad, want, absolute=1e-15)
    x = Value(3.0)
    (x**x).backward()
    assert near(x.grad, 27 * (math.log(3) + 1))


def test_in_place_operators_make_new_nodes() -> None:
    x = y = Value(3.0)
    x += 1
    x -= 2
    x *= y
    x /= 2
    x **= 2
    assert y.data == 3.0
    assert x.data == 9.0
    assert x is not y
    x.backward()
    assert near(y.grad, 2 * 3.0 * (2 * 3.0 - 1) / 2)  # x = (y(y - 1)/2)²


def test_signs() -> None:
    x = Value(-3.0)
    assert (-x).data == 3.0
    assert (-x).op == "neg"
    assert abs(x).data == 3.0
    assert abs(x).op == "abs"
    assert +x is x


def test_pow_takes_no_modulus() -> None:
    with pytest.raises(TypeError):
        pow(Value(2.0), 2, 3)


def test_sum_max_min_and_sorted_of_python() -> None:
    xs = [Value(3.0), Value(1.0), Value(2.0)]
    total = sum(xs)
    assert total.data == 6.0
    total.backward()
    assert [x.grad for x in xs] == [1.0, 1.0, 1.0]
    assert max(xs) is xs[0]
    assert min(xs) is xs[1]
    assert [x.data for x in sorted(xs)] == [1.0, 2.0, 3.0]
    assert sum(x * x for x in xs).data == 14.0


# Methods


@pytest.mark.parametrize("name", UNARY_METHODS)
def test_methods_of_one_number(name: str) -> None:
    low, high = RULES[name].domain[0]
    number = 0.4 * low + 0.6 * high
    x = Value(number)
    node = getattr(x, name)()
    node.backward()
    assert node.op == name
    assert node.parents == (x,)
    assert node.data == RULES[name].value(number)
    assert x.grad == RULES[name].partials(node.data, number)[0]
    with pytest.raises(TypeError):
        getattr(x, name)(1.0)


@pytest.mark.parametrize(("name", "default"), BINARY_METHODS.items())
def test_methods_with_a_parameter(name: str, default: float) -> None:
    assert getattr(Value(-1.0), name)().operands[1] == default
    assert getattr(Value(-1.0), name)(0.3).data == RULES[name].value(-1.0, 0.3)
    parameter = Value(0.3)
    node = getattr(Value(-1.0), name)(parameter)
    node.backward()
    assert parameter.grad == RULES[name].partials(node.data, -1.0, 0.3)[1]
    with pytest.raises(TypeError):
        getattr(Value(-1.0), name)("a")


@pytest.mark.parametrize("name", ["sin", "cos", "tan", "sinh", "cosh", "tanh"])
def test_names_of_numpy_for_inverse_functions(name: str) -> None:
    number = 1.5 if name == "cosh" else 0.5
    assert getattr(Value(number), f"arc{name}")().op == f"a{name}"


def test_apply_records_any_rule() -> None:
    x = Value(2.0)
    node = Value.apply("maximum", x, 1.0)
    assert (node.op, node.data, node.operands) == ("maximum", 2.0, (x, 1.0))
    assert Value.apply("sum").data == 0.0
