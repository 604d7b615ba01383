"""requires_grad: a leaf that backward() and optimisers leave alone."""

from __future__ import annotations

import copy
import pickle

import pytest

from autograd import Value, dot, grad, gradients
from autograd.engines import PythonValue

BOTH = pytest.mark.parametrize("Value", [Value, PythonValue], ids=["loaded", "python"])


@BOTH
def test_a_frozen_leaf_keeps_its_grad_and_the_others_get_theirs(Value: type) -> None:
    w, x, b = Value(3.0), Value(2.0), Value(1.0)
    w.requires_grad = False
    w.grad = 7.0
    y = (w * x + b).tanh() * w
    y.backward()
    t = y.data / 3
    assert w.grad == 7.0
    assert x.grad == pytest.approx(3 * (1 - t * t) * 3)
    assert b.grad == pytest.approx(3 * (1 - t * t))
    w.requires_grad = True
    y.backward()
    assert w.grad == pytest.approx(7 + t + 3 * (1 - t * t) * 2)


def test_in_rules_of_many_operands() -> None:
    w, x = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]
    w[0].requires_grad = False
    dot(w, x, 0.5).backward()
    assert [v.grad for v in (*w, *x)] == [0.0, 4.0, 1.0, 2.0]


@BOTH
def test_backward_on_the_frozen_leaf_itself(Value: type) -> None:
    w = Value(3.0)
    w.requires_grad = False
    w.backward()
    assert w.grad == 0.0


@BOTH
def test_only_a_leaf_can_be_frozen(Value: type) -> None:
    a = Value(3.0)
    y = a * 2
    with pytest.raises(RuntimeError, match=r"computed \('\*' gave 6.0\), so its requires_grad cannot be written"):
        y.requires_grad = False
    assert y.requires_grad
    with pytest.raises(TypeError, match="must be True or False, got int: 0"):
        a.requires_grad = 0
    with pytest.raises(AttributeError):
        del a.requires_grad
    assert a.requires_grad


@BOTH
def test_copies_keep_it(Value: type) -> None:
    w = Value(3.0)
    w.requires_grad = False
    y = w * Value(2.0) + w
    for twin in (copy.copy(w), copy.deepcopy(w), pickle.loads(pickle.dumps(w))):
        assert not twin.requires_grad
        assert twin.data == 3.0
    for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        assert sorted(leaf.requires_grad for leaf in (*twin.parents, *twin.parents[0].parents) if not leaf.op) == [
            False,
            False,
            True,
        ]


def test_a_derivative_that_is_asked_for_by_name_is_given() -> None:
    w = Value(3.0)
    w.requires_grad = False
    assert gradients(w * w, [w])[0].data == 6.0
    assert grad(lambda x: x * w)(2.0) == 3.0


@BOTH
def test_writing_data_keeps_it(Value: type) -> None:
    w = Value(3.0)
    w.requires_grad = False
    w.data = 4.0
    assert not w.requires_grad
