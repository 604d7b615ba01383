"""detect_anomaly and compiled functions: the operation, its line and the row of the sample; else nothing changes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from autograd import Value, detect_anomaly, no_grad, record_lines, take, where
from autograd.compiler import compile

X = np.linspace(0.5, 3.0, 20)


@pytest.mark.parametrize("way", ["mean", "sum", "map"])
def test_forward_names_the_operation_and_the_row(way: str) -> None:
    w = Value(1.0, label="w")
    f = compile(lambda x: (w * x).log())
    rows = X.copy()
    rows[17] = 0.0
    with detect_anomaly(), pytest.raises(FloatingPointError, match=r"sample 17 of .*log\(0\.0\) is -inf") as error:
        getattr(f, way)(rows)
    assert "test_anomaly.py, line 20" in str(error.value)
    getattr(f, way)(rows)  # without the mode it flows, as in eager


def test_one_call_is_sample_0() -> None:
    w = Value(0.0)
    with detect_anomaly(), pytest.raises(FloatingPointError, match=r"sample 0 of .*log\(0\.0\)"):
        compile(lambda x: (w * x).log())(3.0)


def test_backward_names_the_node_and_the_row_and_leaves_gradients() -> None:
    w = Value(1.0)
    f = compile(lambda x: (w * x).sqrt())
    rows = X.copy()
    rows[5] = 0.0
    with detect_anomaly(), pytest.raises(FloatingPointError, match=r"sample 5 of .*backward through sqrt\(0\.0\)"):
        f.mean(rows)
    assert w.grad == 0.0
    with detect_anomaly():  # where there is no gradient, nothing is wrong
        assert f.map(rows)[5] == 0.0
        with no_grad():
            f.mean(rows)


def test_several_outputs() -> None:
    w = Value(1.0)
    f = compile(lambda x: [w * x, w / x])
    with detect_anomaly(), pytest.raises(FloatingPointError, match=r"sample 2 of .*/\(1\.0, 0\.0\)"):
        f.mean([1.0, 2.0, 0.0])


def test_an_index_stays_a_whole_number() -> None:
    table = [Value(1.0), Value(0.0)]
    f = compile(lambda i, x: x / take(table, i))
    with detect_anomaly():
        assert f.sum([0, 0], [1.0, 2.0]).data == 3.0
        with pytest.raises(FloatingPointError, match="sample 1 of"):
            f.sum([0, 1], [1.0, 2.0])


@pytest.mark.parametrize("way", ["mean", "sum"])
def test_where_nothing_is_wrong_the_numbers_are_the_same(way: str) -> None:
    w = Value(0.7)
    f = compile(lambda x, y: ((w * x).tanh() - y) ** 2)

    def run() -> tuple[float, float]:
        w.grad = 0.0
        total = getattr(f, way)(X, X)
        total.backward()
        return total.data, w.grad

    plain = run()
    with detect_anomaly():
        assert run() == plain
        assert f.map(X, X).tolist() == f.map(X, X).tolist()
        assert math.isfinite(f(1.0, 2.0).data)


def test_arguments_by_name_and_of_any_shape() -> None:
    w = Value(1.0)

    def f(x: Any, m: Any) -> Any:
        return w * x / m[1][0]

    with detect_anomaly(), pytest.raises(FloatingPointError, match="sample 1 of"):
        compile(f).sum([1.0, 1.0], m=[[[1.0], [1.0]], [[1.0], [0.0]]])


def test_an_index_that_is_computed() -> None:
    table = [Value(float(i)) for i in range(4)]
    f = compile(lambda i, x: x / take(table, i + 1))
    with detect_anomaly():
        assert f.map([0, 2], [1.0, 1.0]).tolist() == [1.0, 1.0 / 3]
        total = f.sum([0, 2], [1.0, 1.0])
        total.backward()
        assert [v.grad for v in table] == [0.0, -1.0, 0.0, -1 / 9]
        with pytest.raises(FloatingPointError, match=r"sample 1 of .*/\(1\.0, 0\.0\)"):
            f.mean([0, -1], [1.0, 1.0])
        with pytest.raises(IndexError, match="takes entry 4"):
            f.mean([0, 3], [1.0, 1.0])


def test_conditions_and_compiled_functions_inside() -> None:
    w = Value(2.0)
    inner = compile(lambda x: w * x)
    f = compile(lambda x: where(x > 1, inner(x), 1.0) / x)
    with detect_anomaly():
        assert f.map([0.5, 2.0]).tolist() == [2.0, 2.0]
        with pytest.raises(FloatingPointError, match="sample 1 of"):
            f.map([0.5, 0.0])
        with no_grad():
            assert f.mean([0.5, 2.0]).data == 2.0


@pytest.mark.parametrize("outputs", [1, 2])
def test_the_sum_over_the_samples_may_overflow_alone(outputs: int) -> None:
    w = Value(1e200)
    f = compile(lambda x: w * x if outputs == 1 else [w * x, x])
    for way in (f.sum, f.mean):
        assert np.ravel(way([1e108] * 3))[0].data == math.inf
        with (
            detect_anomaly(),
            pytest.raises(FloatingPointError, match=r"sum over the samples of .* is inf, though"),
        ):
            way([1e108] * 3)
    with detect_anomaly():
        assert np.isfinite(f.map([1e108] * 3)).all()
    slope = compile(lambda x: (v := w * x * 1e-300) * 1e300 - v if outputs == 1 else [w * 1e-300 * x, x])
    w.data = 1e-200
    with detect_anomaly():
        assert math.isfinite(np.ravel(slope.sum([1.0] * 3))[0].data)
        if outputs == 1:
            with pytest.raises(FloatingPointError, match=r"the sum over the samples of the gradient of .* is inf"):
                slope.sum([1e308] * 3)


def test_float32_overflows_sooner() -> None:
    w = Value(1e30)
    f = compile(lambda x: w * x, dtype="float32")
    assert f.map([1e10]).tolist() == [math.inf]
    with detect_anomaly(), pytest.raises(FloatingPointError, match=r"a result of .* is inf, in float32, though"):
        f.map([1e10])


def test_a_finite_result_is_no_anomaly_though_gradient_times_parameter_overflows() -> None:
    k = Value(1e308)
    f = compile(lambda x: k.sin() * x)
    with detect_anomaly():
        y = f.mean([1e10])
    assert y.data == math.sin(1e308) * 1e10


def test_the_node_of_a_call_remembers_the_line_that_called() -> None:
    k = Value(2.0)
    f = compile(lambda x: k * x)
    for mode in (record_lines(), detect_anomaly()):
        with mode:
            y = f.mean([1.0, 2.0])
        assert y.line is not None
        assert "test_anomaly.py, line " in y.line
    assert f.mean([1.0, 2.0]).line is None
