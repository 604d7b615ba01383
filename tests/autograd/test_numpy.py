"""Values and numpy: functions, products and sums of object arrays, arrays and numpy numbers beside a Value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Value

from .helpers import OPERATORS


def test_numpy_functions_find_the_methods() -> None:
    xs = np.array([Value(0.3), Value(0.6)], dtype=object)
    for name in ("exp", "log", "sqrt", "cbrt", "sin", "cos", "tan", "tanh", "sinh", "cosh", "arcsin", "arctan", "log1p",
                 "expm1", "log2", "log10", "arctanh", "abs", "negative"):  # fmt: skip
        ys = getattr(np, name)(xs)
        assert ys.dtype == object
        assert all(type(y) is Value for y in ys)
        assert np.allclose([y.data for y in ys], getattr(np, name)([0.3, 0.6]))


def test_numpy_sums_and_products() -> None:
    w = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]], dtype=object)
    x = np.array([5.0, 6.0])
    y = w @ x
    assert [v.data for v in y] == [17.0, 39.0]
    assert np.dot(w, x)[1].data == 39.0
    assert np.dot(x, x) == 61.0
    total = np.sum(y)
    assert type(total) is Value
    assert total.data == 56.0
    total.backward()
    assert [v.grad for v in w.flat] == [5.0, 6.0, 5.0, 6.0]
    assert np.mean(y).data == 28.0
    assert np.max(y) is y[1]
    assert (w**2)[1, 1].data == 16.0
    assert (w.T + 1)[0, 1].data == 4.0


@pytest.mark.parametrize("op", OPERATORS)
@pytest.mark.parametrize(
    "array", [np.array([1.5, 2.5]), np.array([1, 2]), np.array([[1.5], [2.5]]), np.array([])], ids=str
)
def test_an_array_and_a_value_make_an_object_array(op: str, array: Any) -> None:
    f, x = OPERATORS[op], Value(2.0)
    for result, numbers in ((f(array, x), f(array, 2.0)), (f(x, array), f(2.0, array))):
        assert isinstance(result, np.ndarray)
        assert result.dtype == object
        assert result.shape == array.shape
        assert all(type(v) is Value for v in result.flat)
        assert [v.data for v in result.flat] == list(np.asarray(numbers, dtype=float).flat)


def test_numpy_numbers_give_values() -> None:
    x = Value(2.0)
    for number in (np.float64(3.0), np.float32(3.0), np.int64(3), np.array(3.0)):
        assert type(number * x) is Value
        assert type(x * number) is Value
        assert (number - x).data == 1.0
        assert (x - number).data == -1.0
        assert (number**x).data == 9.0
        assert (number / x).op == "/"


def test_numpy_makes_arrays_of_numbers_when_told() -> None:
    assert np.array([Value(1.0), Value(2.0)], dtype=float).tolist() == [1.0, 2.0]
    assert np.array([Value(1.0), 2.0]).dtype == object
