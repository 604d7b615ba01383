"""no_grad, detect_anomaly and name_scope: inside, outside, nested, as decorators, and after an error."""

from __future__ import annotations

import math
from typing import Any

import pytest

import autograd
from autograd import Value, detect_anomaly, modes, name_scope, no_grad, take_grad

from .helpers import near

# no_grad


def test_no_grad_records_nothing() -> None:
    x = Value(2.0)
    with no_grad():
        y = x * 3 + x.exp()
        z = Value.apply("dot", x, x, x, x)
    assert (y.op, y.operands, y.parents) == ("", (), ())
    assert z.op == ""
    assert y.data == 6.0 + math.exp(2.0)
    y.backward()
    assert x.grad == 0.0
    assert y.grad == 1.0
    assert (x * 3).op == "*"


def test_no_grad_nests_and_leaves_in_order() -> None:
    x = Value(2.0)
    with no_grad():
        with no_grad():
            assert (x * 2).op == ""
        assert (x * 2).op == "", "the outer one still holds"
    assert (x * 2).op == "*"


def test_one_no_grad_may_be_entered_again() -> None:
    x, mode = Value(2.0), no_grad()
    with mode, mode:
        assert (x * 2).op == ""
    with mode:
        assert (x * 2).op == ""
    assert (x * 2).op == "*"


def test_no_grad_ends_with_an_exception() -> None:
    x = Value(2.0)
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert (x * 2).op == "*"


def test_modes_may_be_left_in_any_order() -> None:
    def inside(mode: Any) -> Any:
        with mode:
            yield

    first, second, again = inside(no_grad()), inside(detect_anomaly()), inside(no_grad())
    for generator in (first, second, again):
        next(generator)
    first.close()
    assert (Value(1.0) * 2).op == "", "the other no_grad is not left yet"
    again.close()
    with pytest.raises(FloatingPointError):
        Value(0.0).log()
    second.close()
    assert Value(0.0).log().op == "log"
    no_grad().__exit__(None, None, None)
    assert (Value(1.0) * 2).op == "*"


def test_after_all_modes_no_mode_is_on() -> None:
    with no_grad(), name_scope("a"), detect_anomaly(), name_scope("b"):
        pass
    assert modes.state.now == modes.PLAIN
    assert autograd.engine == "c" or modes.state.now is modes.PLAIN, "which the engine asks for at every node"


def test_what_no_grad_gives_is_a_leaf_like_any_other() -> None:
    with no_grad():
        leaves = [Value(1.0) * 2.0, Value(1.0) * Value(2.0), Value.apply("sum", Value(1.0), 2.0, 3.0), Value(1.0).exp()]
    assert take_grad(leaves) == take_grad([Value(1.0)]) == (0, 0)


def test_no_grad_as_a_decorator() -> None:
    x = Value(2.0)

    @no_grad()
    def evaluate(y: Value) -> Value:
        """Doc."""
        return y * 2

    assert evaluate(x).op == ""
    assert evaluate(x).data == 4.0
    assert evaluate.__doc__ == "Doc."
    assert (x * 2).op == "*"


def test_backward_works_inside_no_grad() -> None:
    x = Value(2.0)
    y = x * x
    with no_grad():
        y.backward()
        x.data -= 0.1 * x.grad
    assert (x.grad, x.data) == (4.0, 1.6)


# name_scope


@pytest.mark.parametrize("name", [3, None, b"x"])
def test_a_name_is_a_text(name: Any) -> None:
    with pytest.raises(TypeError, match=rf"name_scope\(name\): name must be a str, got {type(name).__name__}: "):
        name_scope(name)


def test_name_scopes_nest() -> None:
    x = Value(2.0)
    with name_scope("model"):
        a = x * 2
        with name_scope("layers.0"):
            b, leaf = a + 1, Value(1.0)
        c = a * b
    d = c * 2
    assert (x.scope, a.scope, b.scope, leaf.scope, c.scope, d.scope) == (
        "", "model", "model.layers.0", "model.layers.0", "model", "",
    )  # fmt: skip


def test_name_scope_as_a_decorator_and_after_an_exception() -> None:
    @name_scope("f")
    def f(x: Value, fail: bool) -> Value:
        if fail:
            raise KeyError
        return x * 2

    assert f(Value(1.0), False).scope == "f"
    with pytest.raises(KeyError):
        f(Value(1.0), True)
    assert (Value(1.0) * 2).scope == ""


def test_many_scopes() -> None:
    nodes = []
    for i in range(1000):
        with name_scope(f"unit.{i}"):
            nodes.append(Value(1.0) * 2)
    assert [node.scope for node in nodes] == [f"unit.{i}" for i in range(1000)]


# detect_anomaly


def here() -> int:
    """Find the line that calls this."""
    import sys

    return sys._getframe(1).f_lineno


def test_the_first_operation_that_makes_a_nan_raises() -> None:
    x = Value(-1.0, label="x")
    line = here() + 2
    with pytest.raises(FloatingPointError) as error, detect_anomaly():
        (x + 0.5).log()
    message = str(error.value)
    assert "log(-0.5) is nan" in message
    assert __file__ in message
    assert f"line {line}" in message
    with pytest.raises(FloatingPointError, match=r"log\(x=-1\.0\) is nan"), detect_anomaly():
        x.log()


@pytest.mark.parametrize("make", [
    lambda x: x / 0,
    lambda x: 1e308 * x,
    lambda x: x**1e300,
    lambda x: Value.apply("sum", x, math.inf),
    lambda x: Value.apply("dot", x, 1e308),
    lambda x: Value.apply("maximum", x, math.nan),
    lambda x: math.inf - x,
])  # fmt: skip
def test_every_kind_of_operation_is_watched(make: object) -> None:
    with pytest.raises(FloatingPointError), detect_anomaly():
        make(Value(1000.0))  # type: ignore[operator]


def test_nothing_raises_outside_or_for_finite_numbers() -> None:
    assert Value(0.0).log().data == -math.inf
    with detect_anomaly():
        y = Value(2.0).log()
        Value(math.inf)  # given, not made by an operation
    y.backward()
    assert Value(0.0).log().data == -math.inf


def test_an_anomaly_in_backward() -> None:
    x = Value(0.0, label="x")
    other = Value(3.0)
    with detect_anomaly():
        line = here() + 1
        root = x.sqrt()
        loss = root * 0 + other
        with pytest.raises(FloatingPointError) as error:
            loss.backward()
    message = str(error.value)
    assert "sqrt(x=0.0)" in message
    assert "inf" in message
    assert "nan" in message
    assert __file__ in message
    assert f"line {line}" in message
    assert [node.grad for node in (x, other, root, loss)] == [0.0, 0.0, 0.0, 0.0]


def test_an_anomaly_in_a_graph_made_before_says_so() -> None:
    x = Value(0.0)
    y = x.sqrt()
    with detect_anomaly(), pytest.raises(FloatingPointError, match=r"sqrt.*\n.*build the graph inside detect_anomaly"):
        y.backward()
    assert x.grad == 0.0


def test_a_sound_graph_is_swept_inside() -> None:
    x = Value(2.0)
    with detect_anomaly():
        (x.exp() * x).backward()
    assert near(x.grad, 3 * math.exp(2))


def test_detect_anomaly_as_a_decorator_with_no_grad() -> None:
    @detect_anomaly()
    @no_grad()
    def f(x: Value) -> Value:
        return x.log()

    assert f(Value(1.0)).data == 0.0
    with pytest.raises(FloatingPointError):
        f(Value(0.0))
    assert (Value(2.0) * 2).op == "*"
