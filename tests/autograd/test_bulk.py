"""read_data, write_data and their like: a whole list of Values at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from autograd import Value, add_grad, read_data, read_grad, take_grad, write_data, write_grad, zero_grad


def test_there_and_back() -> None:
    xs = [Value(float(i)) for i in range(5)]
    write_data(xs, read_data(xs) + 1)
    write_grad(xs, [10, 20, 30, 40, 50])
    assert [x.data for x in xs] == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert read_data(xs).tolist() == [x.data for x in xs]
    assert read_grad(xs).tolist() == [x.grad for x in xs] == [10.0, 20.0, 30.0, 40.0, 50.0]
    assert read_data([]).shape == (0,)


def test_what_was_made_from_the_old_numbers_is_stale() -> None:
    xs = [Value(1.0), Value(2.0)]
    y = xs[0] * xs[1]
    write_grad(xs, [0.0, 0.0])
    y.backward()
    write_data(xs, [1.0, 2.0])
    with pytest.raises(RuntimeError, match="run the forward pass again"):
        y.backward()


def test_all_or_none() -> None:
    x, y = Value(1.0), Value(2.0) * 3
    with pytest.raises(RuntimeError, match="was computed"):
        write_data([x, y], [5.0, 5.0])
    assert x.data == 1.0
    write_grad([x, y], [3.0, 4.0])
    assert (x.grad, y.grad) == (3.0, 4.0)


@pytest.mark.parametrize("numbers", [[1.0], [1.0, 2.0, 3.0], [[1.0, 2.0]], 1.0])
def test_as_many_numbers_as_values(numbers: object) -> None:
    xs = [Value(7.0), Value(8.0)]
    with pytest.raises(ValueError, match=r"expected 2 numbers, got shape"):
        write_data(xs, np.array(numbers))
    assert [x.data for x in xs] == [7.0, 8.0]


EVERY_FUNCTION = pytest.mark.parametrize(
    "function",
    [
        read_data,
        read_grad,
        zero_grad,
        take_grad,
        lambda v: add_grad(v, 1.0),
        lambda v: write_data(v, [5.0, 6.0]),
        lambda v: write_grad(v, [5.0, 6.0]),
    ],
)


@EVERY_FUNCTION
def test_only_values(function: Any) -> None:
    x = Value(1.0)
    for wrong in (2.0, np.float64(2.0), None, "x", [x]):
        with pytest.raises(TypeError, match=r"element 1 must be a Value, got"):
            function([x, wrong])
        assert (x.data, x.grad) == (1.0, 0.0)


@EVERY_FUNCTION
def test_only_lists_and_tuples(function: Any) -> None:
    xs = [Value(1.0), Value(2.0)]
    for wrong in (iter(xs), np.array(xs), dict.fromkeys(xs), set(xs), xs[0], None, "xy"):
        with pytest.raises(TypeError, match=r"expected a list or tuple of Values, got"):
            function(wrong)
    function(xs)
    function(tuple(xs))


@pytest.mark.parametrize("wrong", ["5", None, 1j, Value(3.0), b"5"], ids=repr)
def test_only_numbers(wrong: object) -> None:
    xs = [Value(7.0), Value(8.0)]
    for write in (write_data, write_grad):
        with pytest.raises(TypeError, match="an element of numbers must be one number"):
            write(xs, [1.0, wrong])  # pyright: ignore
    with pytest.raises(TypeError, match=r"alpha must be one number"):
        add_grad(xs, wrong)  # pyright: ignore
    assert [(x.data, x.grad) for x in xs] == [(7.0, 0.0), (8.0, 0.0)]
    write_data(xs, [True, 10**30])
    assert [x.data for x in xs] == [1.0, 1e30]


def test_one_number_is_no_list_of_one() -> None:
    with pytest.raises(ValueError, match=r"expected 1 numbers, got shape \(\)"):
        write_data([Value(7.0)], 5.0)


@pytest.mark.parametrize("write", [lambda v: write_data(v, [5.0, 5.0]), lambda v: add_grad(v, 1.0)])
def test_what_is_refused_makes_nothing_stale(write: Any) -> None:
    x, computed = Value(3.0), Value(2.0) * 3
    y = x * x
    with pytest.raises(RuntimeError, match="was computed"):
        write([x, computed])
    y.backward()
    assert x.grad == 6.0


def test_a_value_that_stands_twice_is_moved_twice() -> None:
    x = Value(2.0)
    x.grad = 1.0
    add_grad([x, x], 0.5)
    assert x.data == 3.0


@pytest.mark.parametrize(
    "write",
    [
        lambda x: (x * 2.0).backward(),
        lambda x: x.backward(),
        lambda x: setattr(x, "grad", 0.0),
        lambda x: write_grad([x], [0.0]),
        lambda x: zero_grad([x]),
        lambda x: Value.apply("sum", x, x).backward(),
    ],
)
def test_a_taking_sees_that_a_gradient_was_written(write: Any) -> None:
    x, y = Value(1.0), Value(2.0)
    before, _ = take_grad([x, y])
    write(x)
    after, _ = take_grad((x, y))
    assert after > before
    assert take_grad([x, y]) == (after, 0)
    assert take_grad([y]) == (before, 0)
    (x * y).backward()
    x.data = 3.0
    (x * y).backward()  # what a taking left on a leaf does not disturb a sweep
    assert y.grad == 1.0 + 3.0


def test_what_is_no_new_gradient_of_a_leaf() -> None:
    x, frozen = Value(1.0), Value(1.0)
    frozen.requires_grad = False
    y = x * frozen
    y.grad = 5.0
    x.data = 2.0
    with pytest.raises(RuntimeError, match="run the forward pass again"):
        y.backward()
    frozen.backward()
    assert take_grad([x, frozen, y]) == (0, 1)
    (x * frozen).backward()
    assert take_grad([frozen]) == (0, 1)
    assert (x.grad, frozen.grad) == (1.0, 0.0)


def test_a_stale_sweep_over_leaves_that_were_taken_leaves_the_graph_whole() -> None:
    xs = [Value(float(i)) for i in range(1, 4)]
    (xs[0] * xs[1] * xs[2]).backward()
    take_grad(xs)
    product = xs[0] * xs[1]
    y = product * xs[2] + product
    before = xs[0].data
    xs[0].data = 9.0
    with pytest.raises(RuntimeError, match="run the forward pass again"):
        y.backward()
    xs[0].data = before
    write_grad(xs, [0.0] * 3)
    (xs[0] * xs[1] * xs[2]).backward()
    assert [x.grad for x in xs] == [6.0, 3.0, 2.0]


def test_a_step_along_the_gradients() -> None:
    xs = [Value(1.0), Value(-0.0), Value(1e308)]
    write_grad(xs, [2.0, 0.0, 1e308])
    add_grad(tuple(xs), -0.5)
    assert read_data(xs).tolist() == [0.0, 0.0, 0.5e308]
    add_grad(xs, 1e10)
    assert read_data(xs).tolist() == [2e10, 0.0, math.inf]
    with pytest.raises(RuntimeError, match="its data cannot be written"):
        add_grad([xs[0], xs[0] * 2], 1.0)
    assert xs[0].data == 2e10
    zero_grad(xs)
    assert read_grad(xs).tolist() == [0.0] * 3


def test_a_computed_value_is_stale_after_a_step() -> None:
    x = Value(2.0)
    y = x * x
    y.backward()
    add_grad([x], 1.0)
    with pytest.raises(RuntimeError, match="run the forward pass again"):
        y.backward()
