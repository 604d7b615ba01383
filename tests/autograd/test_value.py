"""What a Value says of itself: its attributes, texts, conversions, comparisons, and what cannot be changed."""

from __future__ import annotations

import copy
import inspect
import math
import pickle
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.engines import PythonValue


def test_a_leaf() -> None:
    x = Value(2.0)
    assert (x.op, x.operands, x.parents, x.label, x.scope) == ("", (), (), "", "")
    assert x._prev == set()
    assert x._op == ""


def test_a_node() -> None:
    a, b = Value(2.0), Value(3.0)
    node = a * b + 1
    assert node.op == node._op == "+"
    assert node.operands[1] == 1.0
    assert node.parents[0].operands == (a, b)
    assert node._prev == {node.parents[0]}
    assert (a * a)._prev == {a}
    assert type(node.operands) is tuple
    assert type(node.parents) is tuple
    assert type(node._prev) is set


@pytest.mark.parametrize("name", ["op", "operands", "parents", "serial", "scope", "_prev", "_op"])
def test_the_past_cannot_be_changed(name: str) -> None:
    node = Value(2.0) * 3
    before = getattr(node, name)
    with pytest.raises(AttributeError):
        setattr(node, name, before)
    with pytest.raises(AttributeError):
        delattr(node, name)
    assert getattr(node, name) == before


@pytest.mark.parametrize("name", ["data", "grad", "label"])
def test_attributes_cannot_be_deleted(name: str) -> None:
    node = Value(2.0, "a")
    with pytest.raises((AttributeError, TypeError)):
        delattr(node, name)
    assert (node.data, node.grad, node.label) == (2.0, 0.0, "a")


def test_there_are_no_other_attributes() -> None:
    with pytest.raises(AttributeError):
        Value(2.0).gard = 3.0
    with pytest.raises(AttributeError):
        Value(2.0).gard  # noqa: B018


def test_labels() -> None:
    x = Value(2.0, label="weight")
    assert x.label == "weight"
    x.label = "w"
    assert x.label == "w"
    for wrong in (3, None, b"w", ["w"]):
        with pytest.raises(TypeError, match="str"):
            x.label = wrong
    assert x.label == "w"


def test_repr_and_format() -> None:
    x = Value(0.1)
    assert repr(x) == str(x) == f"{x}" == "Value(data=0.1, grad=0.0)"
    assert repr(Value(-2, "a")) == "Value(data=-2.0, grad=0.0, label='a')"
    assert repr(Value(math.inf)) == "Value(data=inf, grad=0.0)"
    assert f"{x:.4f}" == "0.1000"
    assert f"{x:8.1e}" == " 1.0e-01"
    with pytest.raises(ValueError, match="format code 's'"):
        format(x, "s")


def test_conversions() -> None:
    x = Value(2.75)
    assert float(x) == 2.75
    assert type(float(x)) is float
    assert int(x) == 2
    assert type(int(x)) is int
    assert int(Value(-2.75)) == -2
    assert x.item() == 2.75
    assert type(x.item()) is float
    assert round(x) == 3
    assert type(round(x)) is int
    assert round(x, 1) == 2.8
    assert round(Value(2.5)) == 2
    assert math.sin(x) == math.sin(2.75)
    assert bool(x)
    assert bool(Value(math.nan))
    assert not Value(0.0)
    assert not Value(-0.0)
    with pytest.raises(ValueError, match="NaN"):
        int(Value(math.nan))
    with pytest.raises(OverflowError):
        int(Value(math.inf))


def test_a_value_is_no_index_and_no_complex() -> None:
    with pytest.raises(TypeError):
        [1, 2][Value(1.0)]


def test_comparisons_look_at_the_numbers() -> None:
    x, y = Value(1.0), Value(2.0)
    for a, b in [(x, y), (x, 2.0), (1.0, y), (x, 2), (1, y), (x, np.float64(2.0)), (np.float64(1.0), y)]:
        answers = (a < b, a <= b, a > b, a >= b, a == b, a != b)
        assert answers == (True, True, False, False, False, True)
        assert all(isinstance(answer, (bool, np.bool_)) for answer in answers)
    assert x == 1
    assert x == Value(1.0)
    assert x != Value(1.5)
    nan = Value(math.nan)
    assert (nan == nan, nan != nan, nan < 1, nan >= 1) == (False, True, False, False)
    assert Value(0.0) == Value(-0.0)


@pytest.mark.parametrize("other", ["1", None, [1.0], 1j, object()], ids=repr)
def test_comparisons_with_what_is_no_number(other: Any) -> None:
    x = Value(1.0)
    assert (x == other, x != other) == (False, True)
    for compare in (lambda: x < other, lambda: x >= other, lambda: other < x):
        with pytest.raises(TypeError):
            compare()


def test_a_key_is_itself() -> None:
    x, y = Value(1.0), Value(1.0)
    assert x == y
    assert hash(x) != hash(y)
    assert len({x: 1, y: 2}) == 2
    assert {x, y, x} == {x, y}
    before = hash(x)
    x.data = 5.0
    assert hash(x) == before
    assert x in {x}


def test_serials_are_unique_and_grow() -> None:
    x = Value(1.0)
    y = Value(2.0)
    z = x * y
    assert x.serial < y.serial < z.serial
    old = x.serial
    x.data = 1.0
    assert x.serial > z.serial > old
    before = x.serial
    x.grad, x.label = 3.0, "x"
    assert x.serial == before, "only writing the number renews"
    copies = [copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x)), x.detach(), Value(1.0)]
    assert len({node.serial for node in copies} | {x.serial}) == 6


def test_value_is_final() -> None:
    with pytest.raises(TypeError, match="not an acceptable base type"):
        type("Mine", (Value,), {})


def test_the_type_has_the_names_that_help_shows() -> None:
    assert Value.__name__ == "Value"
    assert Value.__module__.startswith("autograd")
    assert "records" in (Value.__doc__ or "")
    assert autograd.Value is Value
    assert autograd.engine in ("c", "python")


def test_every_method_has_the_parameters_of_its_twin() -> None:
    def parameters(method: Any) -> list[tuple[str, Any]]:
        return [(p.name, p.default) for p in inspect.signature(method).parameters.values()]

    methods = [name for name in dir(PythonValue) if not name.startswith("_") and callable(getattr(PythonValue, name))]
    assert "tanh" in methods
    for name in methods:
        assert parameters(getattr(Value, name)) == parameters(getattr(PythonValue, name)), name
