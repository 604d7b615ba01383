"""gradients, grad, jacobian, hessian, jvp, vjp, hvp: their numbers, shapes, nesting, and refusals."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import (
    Value,
    atan2,
    cos,
    detect_anomaly,
    dot,
    exp,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    log,
    maximum,
    no_grad,
    sin,
    softmax,
    sqrt,
    sum,
    tanh,
    value_and_grad,
    vjp,
    where,
)
from autograd.graph import oldest_first


def numbers(tree: Any) -> Any:
    """The tree with each Value replaced by its number."""
    if isinstance(tree, (list, tuple)):
        return [numbers(part) for part in tree]
    return numbers(tree.tolist()) if isinstance(tree, np.ndarray) else float(tree)


def product(x: Any, y: Any) -> Any:
    return x**2 * y


def rosenbrock(p: Any) -> Any:
    return sum([(1 - a) ** 2 + 100 * (b - a**2) ** 2 for a, b in pairwise(p)])


# gradients


def test_gradients_can_be_differentiated_again_and_again() -> None:
    x = Value(0.7)
    y = tanh(x)
    t = y.data
    (first,) = gradients(y, [x])
    (second,) = gradients(first, [x])
    (third,) = gradients(second, [x])
    assert first.data == pytest.approx(1 - t * t, rel=1e-14)
    assert second.data == pytest.approx(-2 * t * (1 - t * t), rel=1e-14)
    assert third.data == pytest.approx((6 * t * t - 2) * (1 - t * t), rel=1e-13)


def test_gradients_leave_every_grad_alone_and_agree_with_backward() -> None:
    x, w = Value(0.5), Value(2.0)
    h = x * w
    y = exp(h) + x
    x.grad, h.grad, y.grad = 7.0, 8.0, 9.0
    found = gradients(y, [x, w, h, y])
    assert (x.grad, w.grad, h.grad, y.grad) == (7.0, 0.0, 8.0, 9.0)
    assert all(type(g) is Value for g in found)
    x.grad = 0.0
    y.backward()
    assert [g.data for g in found] == [x.grad, w.grad, h.grad, y.grad]


def test_gradients_by_what_y_was_not_made_from_are_zero() -> None:
    x, other = Value(2.0), Value(3.0)
    later = x * 5
    (a, b, c) = gradients(x * x, [other, later, x])
    assert (a.data, b.data, c.data) == (0.0, 0.0, 4.0)
    assert type(a) is Value
    assert [g.data for g in gradients(Value(1.0), [x])] == [0.0]
    assert gradients(x * x, []) == []


def test_gradients_compute_nothing_for_what_leads_to_no_x() -> None:
    x, zero = Value(2.0), Value(0.0)
    y = x * 3 + sqrt(zero) * 0  # backward() sends inf * 0 = nan to zero
    assert gradients(y, [x])[0].data == 3.0
    long = zero
    for _ in range(100):
        long = long * zero
    before = Value(0.0).serial
    gradients(x * 3 + long, [x])
    assert Value(0.0).serial - before < 10  # each Value made takes a serial number
    assert math.isnan(gradients(y, [zero])[0].data)


def test_gradients_of_a_node_used_many_times() -> None:
    x = y = Value(1.0)
    for _ in range(1000):
        y = y + y * 0.0 + x * 0.001
    (dx,) = gradients(y, [x])
    assert dx.data == pytest.approx(2.0, rel=1e-12)


def test_gradients_of_a_long_chain() -> None:
    x = y = Value(1.0)
    for _ in range(20_000):
        y = -y
    assert gradients(y, [x])[0].data == 1.0
    (first,) = gradients(sin(y), [x])
    assert gradients(first, [x])[0].data == pytest.approx(-math.sin(1.0))


def test_gradients_refuse_what_was_written_since() -> None:
    x, w = Value(2.0), Value(3.0)
    y = x * w
    w.data = 5.0
    for wanted in ([x], [w]):
        with pytest.raises(RuntimeError, match="run the forward pass again"):
            gradients(y, wanted)


@pytest.mark.parametrize(
    ("y", "xs", "message"),
    [
        (1.0, [Value(1.0)], "y must be a Value, got float: 1.0"),
        (Value(1.0), [Value(1.0), 2.0], r"xs\[1\] must be a Value, got float: 2.0"),
        (Value(1.0), Value(1.0), r"write \[x\]"),
    ],
)
def test_gradients_refuse_what_is_no_value(y: Any, xs: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        gradients(y, xs)


def test_no_derivative_is_taken_inside_no_grad() -> None:
    x = Value(2.0)
    y = x * x
    _, back = vjp(lambda x: x * x, 2.0)
    with no_grad():
        for call in (
            lambda: gradients(y, [x]),
            lambda: grad(lambda x: x * x)(2.0),
            lambda: jvp(lambda x: x * x, (2.0,), (1.0,)),
            lambda: hvp(lambda x: x * x, (2.0,), (1.0,)),
            lambda: back(1.0),
        ):
            with pytest.raises(RuntimeError, match=r"inside no_grad\(\)"):
                call()


# grad and value_and_grad: shapes of arguments


def test_a_number_gives_a_number() -> None:
    for x in (3, 3.0, True + 2, np.float32(3.0), np.int64(3), np.array(3.0)):
        result = grad(product)(x, 5.0)
        assert (type(result), result) == (float, 30.0)
    assert value_and_grad(product)(3.0, 5.0) == (45.0, 30.0)


def test_argnums_choose_the_arguments() -> None:
    assert grad(product, 1)(3.0, 5.0) == 9.0
    assert grad(product, -1)(3.0, 5.0) == 9.0
    assert grad(product, (0,))(3.0, 5.0) == (30.0,)
    assert grad(product, (1, 0))(3.0, 5.0) == (9.0, 30.0)
    assert value_and_grad(product, argnums=(0, 1))(3.0, 5.0) == (45.0, (30.0, 9.0))
    assert hessian(product, (0, 1))(3.0, 5.0) == ((10.0, 6.0), (6.0, 0.0))
    for wrong in (2, -3, (0, 0), (0, -2)):
        with pytest.raises(ValueError, match=r"argnums=.* f was called with 2"):
            grad(product, wrong)(3.0, 5.0)


def test_other_arguments_are_passed_on_as_they_are() -> None:
    def f(x: Any, mode: str, *, power: int = 1) -> Any:
        assert mode == "mode"
        return x**power

    assert grad(f)(3.0, "mode", power=2) == 6.0


def test_lists_and_tuples_keep_their_shape() -> None:
    def f(p: Any) -> Any:
        a, (b, [c, d]) = p
        return a * b * c * d

    assert grad(f)([1.0, (2, [3.0, 4.0])]) == [24.0, (12.0, [8.0, 6.0])]
    assert grad(lambda p: 1.0 * len(p))([]) == []


def test_arrays_keep_their_shape() -> None:
    x = np.arange(6.0).reshape(2, 3)
    seen: list[Any] = []

    def f(a: Any) -> Any:
        seen.append(a)
        return (a * a * np.array([[1.0], [10.0]])).sum()

    result = grad(f)(x)
    assert (seen[0].dtype, seen[0].shape, type(seen[0][1, 2])) == (object, (2, 3), Value)
    assert (result.dtype, result.shape) == (np.float64, (2, 3))
    np.testing.assert_array_equal(result, 2 * x * np.array([[1.0], [10.0]]))
    np.testing.assert_array_equal(grad(f)(np.asfortranarray(x)), result)
    np.testing.assert_array_equal(grad(lambda a: np.exp(a).sum())(np.array([0, 1])), np.exp([0.0, 1.0]))
    assert grad(lambda a: 2.0)(np.zeros((0, 3))).shape == (0, 3)


def test_arrays_and_numbers_in_one_list() -> None:
    w, b = np.array([[1.0, 2.0], [3.0, 4.0]]), 0.5
    value, (dw, db) = value_and_grad(lambda p: (p[0] @ np.array([1.0, 10.0])).sum() * p[1])([w, b])
    assert value == 32.0
    np.testing.assert_array_equal(dw, [[0.5, 5.0], [0.5, 5.0]])
    assert (type(db), db) == (float, 64.0)


def test_a_function_that_ignores_its_argument_has_derivative_zero() -> None:
    assert grad(lambda x: 3.0)(2.0) == 0.0
    assert grad(lambda x: Value(3.0))(2.0) == 0.0
    assert grad(lambda x: 3)([2.0, 1.0]) == [0.0, 0.0]
    assert value_and_grad(lambda x: 3)(2.0) == (3.0, 0.0)
    assert grad(lambda x: x)(2.0) == 1.0
    assert grad(lambda x: float(x) * 2)(2.0) == 0.0
    assert jacobian(lambda x: [x, 1.0])(2.0) == [1.0, 0.0]
    assert jvp(lambda x: [x, 1.0], (2.0,), (3.0,)) == ([2.0, 1.0], [3.0, 0.0])
    assert hessian(lambda x: 5 * x)(2.0) == 0.0


@pytest.mark.parametrize("result", [[1.0], (), np.ones(2), np.ones((1, 1))])
def test_grad_of_several_numbers_is_refused(result: Any) -> None:
    with pytest.raises(TypeError, match=rf"must return one number, got {type(result).__name__}; .* use jacobian"):
        grad(lambda x: result)(1.0)


@pytest.mark.parametrize("result", [None, "1", {"loss": 1.0}, 1j])
def test_a_result_that_is_no_number_is_refused(result: Any) -> None:
    for f in (grad, jacobian, hessian):
        with pytest.raises(TypeError, match=rf"the result of f must be one number .* got {type(result).__name__}"):
            f(lambda x: result)(1.0)


@pytest.mark.parametrize(
    ("argument", "place"), [("a", "0"), ([1.0, [None]], r"0\[1\]\[0\]"), ({"a": 1.0}, "0"), (1j, "0")]
)
def test_an_argument_that_is_no_number_is_refused(argument: Any, place: str) -> None:
    with pytest.raises(TypeError, match=f"argument {place} must be one number"):
        grad(lambda x: x)(argument)


# When derivatives are Values


def test_derivatives_are_values_where_an_argument_is_one() -> None:
    x = Value(3.0, label="x")
    names: list[str] = []

    def f(a: Any, b: Any) -> Any:
        names.append(a.label)
        return a * a * b

    slope = grad(f)(x, 5.0)
    assert (type(slope), slope.data, names) == (Value, 30.0, ["x"])
    slope.backward()
    assert x.grad == 10.0
    constant = grad(lambda a: 2 * a)(x)
    assert (type(constant), constant.data) == (Value, 2.0)
    mixed = grad(lambda p: p[0] * p[1])([x, 2.0])
    assert [type(g) for g in mixed] == [Value, Value]
    array = grad(lambda a: (a * a).sum())(np.array([x, 1.0], dtype=object))
    assert (array.dtype, numbers(array)) == (object, [6.0, 2.0])
    value, slope = value_and_grad(f)(x, 5.0)
    assert (type(value), value.data) == (Value, 45.0)


def test_derivatives_are_values_where_f_reads_one_from_outside() -> None:
    w = Value(3.0)
    slope = grad(lambda x: w * x**2)(2.0)
    assert (type(slope), slope.data) == (Value, 12.0)
    slope.backward()
    assert w.grad == 4.0
    own = grad(lambda x: Value(3.0) * x**2)(2.0)
    assert (type(own), own) == (float, 12.0)


def test_a_loss_on_a_derivative_trains_what_it_was_made_from() -> None:
    w = Value(0.3)
    loss = (grad(lambda x: tanh(w * x))(0.5) - 1.0) ** 2  # of the slope by x, at x = 0.5
    loss.backward()

    def by_hand(w: float) -> float:
        return (w * (1 - math.tanh(w * 0.5) ** 2) - 1.0) ** 2

    assert w.grad == pytest.approx((by_hand(0.3 + 1e-6) - by_hand(0.3 - 1e-6)) / 2e-6, rel=1e-7)


def test_the_grads_of_other_values_stay() -> None:
    w = Value(3.0)
    w.grad = 5.0
    grad(lambda x: w * x)(2.0)
    hessian(lambda x: w * x * x)(2.0)
    jvp(lambda x: w * x, (2.0,), (1.0,))
    vjp(lambda x: w * x, 2.0)[1](1.0)
    assert w.grad == 5.0


# Nesting


def test_perturbations_are_not_confused() -> None:
    for y in (1.0, 3.0):
        assert numbers(grad(lambda x, y=y: x * grad(lambda y: x + y)(y))(1.0)) == 1.0
    assert grad(lambda x: x * grad(lambda y: x + y)(x))(1.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y)(2))(3.0) == 6.0
    # the inner point is the outer variable; by hand: d/dx (x · 2x · x²) = 8x³
    assert grad(lambda x: x * grad(lambda y: y**2 * x**2)(x))(2.0) == 64.0
    # by x and by y of the same name, three deep: d/dx (x² · d/dy (y² · d/dz (z x y))) = d/dx (x³ · 3 y²)
    assert grad(lambda x: x**2 * grad(lambda y: y**2 * grad(lambda z: z * x * y)(5.0))(2.0))(3.0) == 324.0


def test_the_same_value_as_two_arguments_is_two_variables() -> None:
    v = Value(3.0)
    assert numbers(grad(lambda a, b: a**2 * b, (0, 1))(v, v)) == [18.0, 9.0]
    assert grad(lambda x: grad(lambda a, b: a**2 * b, 0)(x, x))(3.0) == 12.0  # d/dx 2x²


@given(st.floats(-3, 3))
def test_three_derivatives_of_tanh(x: float) -> None:
    t = math.tanh(x)
    assert grad(tanh)(x) == pytest.approx(1 - t * t, rel=1e-12, abs=1e-15)
    assert grad(grad(tanh))(x) == pytest.approx(-2 * t * (1 - t * t), rel=1e-9, abs=1e-13)
    third = grad(grad(grad(tanh)))(x)
    assert type(third) is float
    assert third == pytest.approx((6 * t * t - 2) * (1 - t * t), rel=1e-9, abs=1e-13)


def test_many_derivatives_of_sin() -> None:
    f: Callable[..., Any] = sin
    for k in range(6):
        assert f(0.3) == pytest.approx(math.sin(0.3 + k * math.pi / 2), rel=1e-12)
        f = grad(f)


def test_every_derivative_inside_every_other() -> None:
    def cube(x: Any) -> Any:  # by ways of one derivative and another, 3x²
        return x * x * x

    ways: list[Callable[[Any], Any]] = [
        grad(cube),
        jacobian(cube),
        lambda x: jacobian(lambda p: [cube(p[0])])([x])[0][0],
        lambda x: vjp(cube, x)[1](1.0)[0],
        lambda x: jvp(cube, (x,), (1.0,))[1],
        lambda x: value_and_grad(cube)(x)[1],
        lambda x: hvp(lambda x: x**4 / 4, (x,), (1.0,)),
        hessian(lambda x: x**4 / 4),
    ]
    assert [numbers(way(2.0)) for way in ways] == [12.0] * len(ways)
    outers: list[Any] = [
        grad,
        jacobian,
        lambda f: lambda x: jvp(f, (x,), (1.0,))[1],
        lambda f: lambda x: vjp(f, x)[1](1.0)[0],
    ]
    for outer in outers:
        assert [outer(way)(2.0) for way in ways] == [12.0] * len(ways)


def test_a_gradient_inside_a_long_computation_walks_only_its_own_part(monkeypatch: pytest.MonkeyPatch) -> None:
    walked: list[int] = []

    def counting(*args: Any) -> Any:
        nodes = oldest_first(*args)
        walked.append(len(nodes))
        return nodes

    monkeypatch.setattr("autograd.graph.oldest_first", counting)
    state = Value(1.0)
    for _ in range(1000):
        state = state + grad(lambda x, y: x * x * y)(state, state) * 0.0
    assert state.data == 1.0
    assert len(walked) == 1000
    assert max(walked) < 10


# jacobian and hessian


def test_the_jacobian_has_the_result_outside_and_the_argument_inside() -> None:
    def f(p: Any) -> Any:
        return [p[0] * p[1], (p[0] ** 2,)]

    assert jacobian(f)((2.0, 5.0)) == [(5.0, 2.0), ((4.0, 0.0),)]
    assert jacobian(lambda x: [x, x**2])(3.0) == [1.0, 6.0]
    assert jacobian(product)(3.0, 5.0) == 30.0
    assert jacobian(lambda x, y: [x * y, y], (0, 1))(3.0, 5.0) == [(5.0, 3.0), (0.0, 1.0)]


def test_the_jacobian_of_arrays_is_an_array_of_both_shapes() -> None:
    a, x = np.arange(6.0).reshape(2, 3), np.array([1.0, -1.0, 2.0])
    np.testing.assert_array_equal(jacobian(lambda x: a @ x)(x), a)
    by_matrix = jacobian(lambda a: a @ x)(a)
    assert by_matrix.shape == (2, 2, 3)
    np.testing.assert_array_equal(by_matrix, np.einsum("ij,k->ijk", np.eye(2), x))
    np.testing.assert_array_equal(jacobian(lambda s: a * s)(2.0), a)
    np.testing.assert_array_equal(jacobian(lambda x: list(a @ x))(x)[1], a[1])
    columns = jacobian(lambda p: a @ np.array(p))([1.0, -1.0, 2.0])
    assert isinstance(columns, list)
    np.testing.assert_array_equal(columns, a.T)
    assert jacobian(lambda x: x[:0])(x).shape == (0, 3)


@given(st.lists(st.floats(-2, 2), min_size=2, max_size=4))
def test_the_hessian_of_rosenbrock(p: list[float]) -> None:
    n = len(p)
    expected = np.zeros((n, n))
    slope = np.zeros(n)
    for i in range(n - 1):
        expected[i, i] += 2 - 400 * p[i + 1] + 1200 * p[i] ** 2
        expected[i + 1, i + 1] += 200
        expected[i, i + 1] = expected[i + 1, i] = -400 * p[i]
        slope[i] += -2 * (1 - p[i]) - 400 * p[i] * (p[i + 1] - p[i] ** 2)
        slope[i + 1] += 200 * (p[i + 1] - p[i] ** 2)
    np.testing.assert_allclose(grad(rosenbrock)(p), slope, rtol=1e-10, atol=1e-9)
    np.testing.assert_allclose(hessian(rosenbrock)(p), expected, rtol=1e-10, atol=1e-9)
    as_array = hessian(rosenbrock)(np.array(p))
    assert (as_array.dtype, as_array.shape) == (np.float64, (n, n))
    np.testing.assert_allclose(as_array, expected, rtol=1e-10, atol=1e-9)
    direction = [1.0, -2.0, 0.5, 3.0][:n]
    np.testing.assert_allclose(hvp(rosenbrock, (p,), (direction,)), expected @ direction, rtol=1e-10, atol=1e-8)


# Random functions of three numbers

STEPS: list[Callable[[Any, Any], Any]] = [
    lambda x, y: x + y,
    lambda x, y: x - 0.5 * y,
    lambda x, y: x * y,
    lambda x, y: x / (2.0 + y * y),
    lambda x, y: sin(x) * 0.9,
    lambda x, y: tanh(x + y),
    lambda x, y: exp(-x * x),
    lambda x, y: log(1.5 + y * y),
    lambda x, y: atan2(x, 2.0 + y * y),
    lambda x, y: maximum(x, y - 0.01),
    lambda x, y: where(x > 0, x * y, y),
    lambda x, y: dot([x, y], [y, cos(x)], bias=x),
    lambda x, y: softmax([x, y, 0.3])[1],
]
STEP = st.tuples(st.integers(0, len(STEPS) - 1), st.integers(0, 9), st.integers(0, 9))
PROGRAMS = st.lists(STEP, min_size=1, max_size=8)
POINTS = st.lists(st.floats(-1.5, 1.5).map(lambda x: round(x, 3) + 0.0001), min_size=3, max_size=3)


def run(program: list[tuple[int, int, int]], p: Any) -> list[Any]:
    numbers = list(p)
    for step, i, j in program:
        numbers.append(STEPS[step](numbers[i % len(numbers)], numbers[j % len(numbers)]))
    return numbers


@given(PROGRAMS, POINTS)
def test_the_hessian_is_symmetric_and_that_of_the_hessian_vector_product(program: Any, p: list[float]) -> None:
    def f(p: Any) -> Any:
        return sum(run(program, p)[3:])

    h = np.array(hessian(f)(p))
    assert h.shape == (3, 3)
    scale = 1 + np.abs(h).max()
    np.testing.assert_allclose(h, h.T, rtol=0, atol=1e-9 * scale)
    t = [0.3, -1.0, 2.0]
    np.testing.assert_allclose(hvp(f, (p,), (t,)), h @ t, rtol=0, atol=1e-9 * scale)


@given(PROGRAMS, POINTS)
def test_forward_and_reverse_products_are_the_same_bilinear_form(program: Any, p: list[float]) -> None:
    def f(p: Any) -> Any:
        return run(program, p)[3:]

    t = [0.3, -1.0, 2.0]
    value, along = jvp(f, (p,), (t,))
    again, back = vjp(f, p)
    c = [1.0 / (k + 1) for k in range(len(value))]
    (across,) = back(c)
    j = np.array(jacobian(f)(p))
    assert value == again == f(p)
    scale = 1 + np.abs(j).max()
    np.testing.assert_allclose(along, j @ t, rtol=0, atol=1e-10 * scale)
    np.testing.assert_allclose(across, c @ j, rtol=0, atol=1e-10 * scale)
    assert math.isclose(np.dot(c, along), np.dot(across, t), rel_tol=1e-9, abs_tol=1e-9 * scale)


# jvp, vjp, hvp


def test_products_with_the_jacobian_take_several_arguments_in_any_shape() -> None:
    a, x = np.arange(6.0).reshape(2, 3), np.array([1.0, -1.0, 2.0])
    value, tangent = jvp(lambda a, x: a @ x, (a, x), (np.ones((2, 3)), np.zeros(3)))
    np.testing.assert_array_equal(value, a @ x)
    np.testing.assert_array_equal(tangent, [2.0, 2.0])
    assert tangent.dtype == np.float64
    value, back = vjp(lambda a, x: {"y": a @ x}["y"], a, x)
    da, dx = back(np.array([1.0, 10.0]))
    np.testing.assert_array_equal(da, [[1.0, -1.0, 2.0], [10.0, -10.0, 20.0]])
    np.testing.assert_array_equal(dx, a[0] + 10 * a[1])
    assert back([0.0, 0.0])[1].tolist() == [0.0, 0.0, 0.0]
    assert hvp(product, (3.0, 5.0), (1.0, 2.0)) == (22.0, 6.0)
    assert jvp(lambda: 2.0, (), ()) == (2.0, 0.0)


def test_products_with_a_value_as_direction_can_be_differentiated_by_it() -> None:
    t = Value(2.0)
    value, tangent = jvp(lambda x: x**3, (2.0,), (t,))
    assert (type(value), type(tangent)) == (Value, Value)
    tangent.backward()
    assert (tangent.data, t.grad) == (24.0, 12.0)
    _, back = vjp(lambda x: x**3, 2.0)
    c = Value(2.0)
    (gradient,) = back(c)
    gradient.backward()
    assert (gradient.data, c.grad) == (24.0, 12.0)
    assert grad(lambda c: back(c)[0])(5.0) == 12.0
    assert grad(lambda t: hvp(lambda x: x**3, (2.0,), (t,)))(5.0) == 12.0


def test_a_jvp_does_not_go_through_the_branch_not_taken() -> None:
    assert jvp(lambda x: where(x > 0, sqrt(x), 0.0), (-1.0,), (1.0,)) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("primals", "tangents", "message"),
    [
        ((1.0, 2.0), (1.0,), r"tangents must have the shape of primals: tangents\[1\] is missing"),
        ((1.0,), (1.0, 2.0), r"tangents\[1\] is too much"),
        (([1.0, 2.0],), ([1.0],), r"tangents\[0\]\[1\] is missing"),
        (([1.0, 2.0],), (1.0,), r"tangents\[0\]\[0\] is missing"),
        ((np.ones((2, 2)),), (np.ones((2, 3)),), r"tangents\[0\]\[0\]\[2\] is too much"),
    ],
)
def test_a_direction_of_another_shape_is_refused(primals: Any, tangents: Any, message: str) -> None:
    for product_of in (jvp, hvp):
        with pytest.raises(ValueError, match=message):
            product_of(lambda *args: args[0], primals, tangents)


@pytest.mark.parametrize("wrong", [1.0, np.ones(2), Value(1.0)])
def test_arguments_of_products_come_in_a_tuple(wrong: Any) -> None:
    for product_of in (jvp, hvp):
        with pytest.raises(TypeError, match=r"primals must be a tuple or list, .* for one write \(x,\)"):
            product_of(lambda x: x, wrong, (1.0,))
        with pytest.raises(TypeError, match="tangents must be a tuple or list"):
            product_of(lambda x: x, (1.0,), wrong)


def test_a_cotangent_that_does_not_fit_is_refused() -> None:
    _, back = vjp(lambda x: [x, x], 1.0)
    with pytest.raises(ValueError, match=r"the shape of f's result: .*\[1\] is missing"):
        back([1.0])
    with pytest.raises(TypeError, match=r"cotangent\[1\] must be one number .* got str"):
        back([1.0, "a"])


def test_derivatives_inside_detect_anomaly() -> None:
    with detect_anomaly():
        assert hessian(lambda x: x * exp(x))(1.0) == pytest.approx(3 * math.e)
        assert hessian(lambda x: x**3)(-1.0) == -6.0  # the rule of x**y also makes v log x, a nan that flows nowhere
        for derivative in (grad, hessian):
            with pytest.raises(FloatingPointError, match="backward through sqrt"):
                derivative(lambda x: sqrt(x) * 0.0)(0.0)
        with pytest.raises(FloatingPointError, match=r"log\(0.0\) is -inf"):
            grad(log)(0.0)


@pytest.mark.parametrize("wrong", ["x", None, 1.0, (0, "x"), [0.5]], ids=repr)
def test_argnums_that_are_no_places(wrong: Any) -> None:
    with pytest.raises(TypeError, match="must be an int or a tuple of ints"):
        grad(lambda x: x, argnums=wrong)(1.0)


@pytest.mark.parametrize("wrong", [None, 1.0], ids=repr)
def test_gradients_by_no_sequence(wrong: Any) -> None:
    with pytest.raises(TypeError, match="xs must be a sequence of Values, got"):
        gradients(Value(1.0), wrong)
