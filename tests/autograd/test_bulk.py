"""read_data, write_data and their like: a whole list of Values at once."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import Value, read_data, read_grad, write_data, write_grad


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


def test_only_values() -> None:
    with pytest.raises((TypeError, AttributeError)):
        read_data([Value(1.0), 2.0])  # pyright: ignore
