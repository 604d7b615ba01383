"""Wrong and strange arguments: an exception or a right answer, never a crash and never a half-done change."""

from __future__ import annotations

import copy
import math
import pickle
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value, functions, modes
from autograd.rules import RULES

from .hostile import Float, Int, Raises, Str, check_sound, strange, survive

METHODS = sorted(
    name for name in dir(Value) if callable(getattr(Value, name)) and name not in ("__class__", "__init_subclass__")
)
ATTRIBUTES = ["data", "grad", "label", "line", "op", "operands", "parents", "scope", "serial", "_op", "_prev"]
FUNCTIONS = sorted(functions.__all__)


@pytest.mark.parametrize("name", METHODS)
def test_methods_with_one_of_everything(name: str) -> None:
    """As methods of a leaf and of a node, of the class, and with the wrong count and names of arguments."""
    for self in (Value(2.0, "x"), Value(-2.0) * 3):
        method = getattr(self, name)
        survive(method)
        for thing in strange():
            survive(method, thing)
            if autograd.engine == "c":  # a method in Python takes any object for self, as Python has it
                survive(getattr(Value, name), thing)
                survive(getattr(Value, name), thing, thing)
            survive(method, thing, thing)
            survive(method, self, thing)
        survive(method, *[1.0] * 10)
        survive(method, data=1.0, label="x", grad=2.0)
        survive(method, **{"": 1})
        assert self.data == self.data
        assert isinstance(self.operands, tuple)
        assert type(self.label) is str
        survive(self.backward)
    check_sound()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_with_one_of_everything(name: str) -> None:
    f = getattr(functions, name)
    survive(f)
    for thing in strange():
        survive(f, thing)
        survive(f, thing, 1.0)
        survive(f, Value(1.0), thing)
        survive(f, [Value(1.0), 2.0], thing)
        survive(f, thing, [Value(1.0), 2.0])
        survive(f, [thing])
        survive(f, [Value(1.0), thing], [thing, 2.0])
        survive(f, [Value(1.0)], [2.0], thing)
        survive(f, Value(1.0), thing, thing)
        survive(f, thing, thing, thing)
        survive(f, x=thing)
        survive(f, [1.0], xs=thing, bias=thing)
    survive(f, *[1.0] * 10)
    check_sound()


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_attributes_set_to_anything_and_deleted(name: str) -> None:
    for self in (Value(2.0, "x"), Value(-2.0) * 3):
        before = (self.op, self.operands, self.scope, self.parents)
        for thing in strange():
            survive(setattr, self, name, thing)
            if autograd.engine == "c":  # a class in Python can be changed by whoever wants to
                survive(setattr, Value, name, thing)
            assert (self.op, self.operands, self.scope, self.parents) == before
            assert type(self.data) is float
            assert type(self.grad) is float
            assert type(self.label) is str
        survive(delattr, self, name)
        if autograd.engine == "c":
            survive(delattr, Value, name)
        assert (self.op, self.operands, self.scope, self.parents) == before
        assert type(self.data) is float
        assert type(self.grad) is float
        assert type(self.label) is str
        survive(self.backward)
    check_sound()


@pytest.mark.parametrize(
    "name",
    [*RULES, "", "no such rule", "tan\0h", "TANH", "+ ", "\ud800", 3, None, b"tanh", Str("tanh"), Raises()],
    ids=str.__class__,
)
def test_apply_with_one_of_everything(name: Any) -> None:
    for count in range(5):
        survive(Value.apply, name, *[Value(1.0)] * count)
        survive(Value.apply, name, *[1.0] * count)
    for thing in strange():
        for operands in (
            (thing,),
            (Value(1.0), thing),
            (thing, 1.0),
            (1.0, Value(1.0), thing),
            (thing, thing, thing, thing),
        ):
            node = survive(Value.apply, name, *operands)
            if node is not None:
                assert type(node) is Value
                assert node.op == name
                assert all(type(x) in (Value, float) for x in node.operands)
                survive(node.backward)
    check_sound()


@pytest.mark.parametrize(
    "name", ["read_data", "read_grad", "write_data", "write_grad", "zero_grad", "add_grad", "take_grad"]
)
def test_lists_of_values_with_one_of_everything(name: str) -> None:
    f, x, node = getattr(autograd, name), Value(2.0), Value(2.0) * 3
    for thing in strange():
        for values in (thing, [thing], [x, thing], (thing, node), [x], [node]):
            survive(f, values)
            survive(f, values, thing)
            survive(f, values, [thing])
            survive(f, values, 1.0)
            survive(f, values, [1.0] * 2)
        assert type(x.data) is float
        assert type(x.grad) is float
        assert node.data == 6.0
    check_sound()


@pytest.mark.skipif(autograd.engine != "c", reason="what the C engine has for the rooms above it")
@pytest.mark.parametrize(
    "name",
    ["read_numbers", "write_numbers", "add_gradients", "zero_gradients", "take_gradients", "record_program", "collect"],
)
def test_the_inner_functions_of_the_c_engine_with_one_of_everything(name: str) -> None:
    from autograd._c import core  # pyright: ignore

    f, x = getattr(core, name), Value(2.0)
    lists, arrays = (
        ([x], (x,), [x, x * 2], (x, 1.0), [], ()),
        (np.zeros(1), np.zeros(3)[::2], b"12345678", bytearray(8)),
    )
    survive(f)
    for thing in strange():
        survive(f, thing)
        survive(f, thing, thing)
        survive(f, thing, thing, thing)
        survive(f, thing, thing, thing, thing)
        for values in lists:
            survive(f, values, thing)
            for array in arrays:
                survive(f, values, array, thing)
                survive(f, thing, array, 1.0)
            survive(f, values, values, 1, thing)
            survive(f, values, thing, 1, bytes(64))
    check_sound()


def test_modes_with_one_of_everything() -> None:
    for thing in strange():
        for mode in (autograd.name_scope, autograd.no_grad, autograd.detect_anomaly):
            made = survive(mode, thing)
            survive(mode().__call__ if mode is not autograd.name_scope else mode("x").__call__, thing)
            if made is not None:
                with made:
                    node = Value(1.0) * 2
                assert isinstance(node.scope, str)
        before = modes.state.now
        survive(setattr, modes.state, "now", thing)
        survive(setattr, modes.state, "now", (thing, thing, thing))
        modes.state.now = before
    survive(autograd.name_scope)
    survive(autograd.name_scope, "a", "b")
    survive(autograd.name_scope("never entered").__exit__, None, None, None)
    modes.state.now = before
    check_sound()


def test_scopes_left_in_the_wrong_order() -> None:
    one, two = autograd.name_scope("one"), autograd.name_scope("two")
    one.__enter__()
    two.__enter__()
    one.__exit__(None, None, None)
    two.__exit__(None, None, None)
    assert (Value(1.0) * 2).scope == ""
    with one, one, two, one:
        assert (Value(1.0) * 2).scope == "one.one.two.one"
    check_sound()


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_the_wrong_number_of_operands_is_an_error(rule: Any) -> None:
    if rule.variadic:
        return
    right = len(rule.domain)
    for count in {0, 1, 2, 3, 4} - {right}:
        with pytest.raises(TypeError):
            Value.apply(rule.name, *[Value(1.0)] * count)


@pytest.mark.parametrize("name", ["no such rule", "", "TANH", "tanh\0"])
def test_an_unknown_rule_is_an_error_that_names_it(name: str) -> None:
    with pytest.raises((ValueError, KeyError)) as error:
        Value.apply(name, 1.0)
    assert repr(name) in str(error.value)


@pytest.mark.parametrize("wrong", ["x", None, [1.0], 1j, Decimal(1), object()], ids=repr)
@pytest.mark.parametrize("name", ["tanh", "+", "where", "sum", "dot", "logsumexp"])
def test_an_operand_that_is_no_number_is_an_error(name: str, wrong: Any) -> None:
    x = Value(1.0)
    for operands in ((wrong, x, x), (x, wrong, x), (x, x, wrong)):
        count = {"tanh": 1, "+": 2}.get(name, 3)
        if wrong in [y for y in operands[:count] if y is wrong]:
            with pytest.raises(TypeError):
                Value.apply(name, *operands[:count])


# Subclasses of numbers and strings


def test_subclasses_of_float_and_int_are_their_numbers() -> None:
    x = Value(2.0)
    for number in (Float(2.5), Int(3), True, np.float64(0.5)):
        node = x * number
        assert node.data == 2.0 * float(number)
        assert type(node.operands[1]) is float
        node = Value.apply("sum", x, number)
        assert node.data == 2.0 + float(number)
        assert type(node.operands[1]) is float
        assert type(Value(number).data) is float
        node = functions.dot([x], [number], number)
        assert all(type(y) in (Value, float) for y in node.operands)
        assert type(pickle.loads(pickle.dumps(x * number)).operands[1]) is float


def test_a_label_of_a_subclass_of_str() -> None:
    x = Value(1.0, Str("name"))
    assert x.label == "name"
    assert repr(x).endswith("label='name')")
    assert copy.deepcopy(x).label == pickle.loads(pickle.dumps(x)).label == x.detach().label == "name"


def test_labels_of_every_kind_of_text() -> None:
    for text in ("", "é", "∂L/∂w", "a" * 100_000, "nul\0inside", "\ud800", "🧮"):
        x = Value(1.0, text)
        assert x.label == text
        assert copy.copy(x).label == text
        assert x.detach().label == text
        assert copy.deepcopy(x).label == text


# Large


def test_a_million_operands() -> None:
    n = 1_000_000
    x = Value(0.5)
    total = functions.sum([x] * n)
    total.backward()
    assert total.data == 0.5 * n
    assert x.grad == n
    x.grad = 0
    total = functions.dot([x] * n, [2.0] * n)
    total.backward()
    assert total.data == n
    assert x.grad == 2.0 * n
    x.grad = 0
    total = functions.dot([x] * n, [x] * n, x)
    total.backward()
    assert total.data == 0.25 * n + 0.5
    assert x.grad == n + 1.0
    assert functions.sum([1.0] * n) == n
    assert type(functions.sum([1.0] * n)) is float
    node = functions.logsumexp([x] * n)
    assert abs(node.data - (0.5 + math.log(n))) < 1e-9
    del total, node
    with pytest.raises(TypeError):
        functions.sum([x] * n + ["x"])
    check_sound()
