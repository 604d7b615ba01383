"""Module: which Values are parameters, what they are called, and the name scopes of calls."""

from __future__ import annotations

import copy
import pickle
import random

import numpy as np
import pytest

from autograd import Value, name_scope
from nn import MLP, Layer, Module, Neuron


class Everything(Module):
    """A module that keeps its parameters in every way there is; without super().__init__()."""

    def __init__(self):
        self.alone = Value(1.0)
        self.list = [Value(2.0), (Value(3.0), Value(4.0))]
        self.dict = {"a": Value(5.0), "b": [Value(6.0)]}
        self.array = np.array([[Value(7.0), Value(8.0)]])
        self.module = Neuron(1)
        self.modules_ = {"x": [Neuron(1)]}
        self.again = self.alone
        self.number, self.text, self.floats = 3.0, "no", np.zeros(3)

    def forward(self, x):
        return self.modules_["x"][0]([self.module([x * self.alone])])


def test_every_kind_of_attribute_is_found_once():
    names = [name for name, _ in Everything().named_parameters()]
    assert names == [
        "alone", "list.0", "list.1.0", "list.1.1", "dict.a", "dict.b.0", "array.0.0", "array.0.1",
        "module.w.0", "module.b", "modules_.x.0.w.0", "modules_.x.0.b",
    ]  # fmt: skip


def test_parameters_are_the_named_ones():
    module = Everything()
    for parameter, (_, named) in zip(module.parameters(), module.named_parameters(), strict=True):
        assert parameter is named


def test_a_computed_value_is_no_parameter():
    module = Everything()
    before = module.parameters()
    module.kept = module(2.0)
    assert len(module.parameters()) == len(before)


def test_modules_that_hold_each_other_are_walked_once():
    parent, child = Everything(), Neuron(2)
    parent.child, child.parent = child, parent
    assert len(parent.parameters()) == 12 + 3
    assert len(child.parameters()) == 12 + 3


def test_equal_numbers_are_different_parameters():
    module = Module()
    module.w = [Value(0.0) for _ in range(100)]
    assert len(module.parameters()) == 100


def test_zero_grad():
    model = MLP(2, [3, 1])
    model([1.0, 2.0]).backward()
    assert any(p.grad for p in model.parameters())
    model.zero_grad()
    assert [p.grad for p in model.parameters()] == [0.0] * len(model.parameters())


def scopes(value: Value) -> set[str]:
    found, todo = {value}, [value]
    while todo:
        new = [x for x in todo.pop().parents if x not in found]
        found.update(new)
        todo += new
    return {node.scope for node in found if node.operands}


def test_nodes_carry_the_path_of_the_module_that_made_them():
    random.seed(0)
    model = MLP(1, [2, 1])
    assert scopes(model([1.0])) == {"layers.0.neurons.0", "layers.0.neurons.1", "layers.1.neurons.0"}
    assert scopes(Everything()(1.0)) == {"", "module", "modules_.x.0"}


def test_scopes_nest_inside_those_of_the_caller():
    model = MLP(1, [1])
    with name_scope("encoder"):
        assert scopes(model([1.0])) == {"encoder.layers.0.neurons.0"}


def test_a_part_called_alone_has_its_name_in_its_parent():
    model = MLP(1, [2, 1])
    assert scopes(model.layers[0]([1.0])[1]) == {"layers.0.neurons.1"}


def test_modules_appended_to_a_list_are_named_too():
    class Grown(Module):
        def __init__(self):
            self.parts = []
            for _ in range(2):
                self.parts.append(Neuron(1))

        def forward(self, x):
            for part in self.parts:
                x = [part(x)]
            return x[0]

    assert scopes(Grown()([1.0])) == {"parts.0", "parts.1"}


def test_a_scope_is_left_when_forward_raises():
    class Broken(Module):
        def forward(self, x):
            raise KeyError(x)

    parent = Module()
    parent.child = Broken()
    with pytest.raises(KeyError):
        parent.child(1.0)
    assert (Value(1.0) + 1).scope == ""


def test_options_reach_forward():
    class Scaled(Module):
        def forward(self, x, *, by=1.0):
            return x * by

    parent = Module()
    parent.child = Scaled()
    assert (Scaled()(2.0, by=3.0), parent.child(2.0, by=3.0)) == (6.0, 6.0)


def test_forward_must_be_written():
    class Empty(Module):
        pass

    with pytest.raises(NotImplementedError, match="Empty has no forward"):
        Empty()(1.0)


def test_a_module_in_the_manner_of_micrograd():
    class Pair(Module):
        def __init__(self):
            self.left, self.right = Neuron(1), Layer(1, 2)

        def __call__(self, x):
            return self.left(x) + sum(self.right(x))

        def parameters(self):
            return self.left.parameters() + self.right.parameters()

    pair = Pair()
    pair([1.0]).backward()
    pair.zero_grad()
    assert [p.grad for p in pair.parameters()] == [0.0] * 6
    outer = Module()
    outer.pair = pair
    assert [name for name, _ in outer.named_parameters()][:3] == [
        "pair.left.w.0",
        "pair.left.b",
        "pair.right.neurons.0.w.0",
    ]


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_is_a_model_of_its_own(copied):
    model = MLP(2, [3, 1])
    before = model([1.0, 2.0]).data
    other = copied(model)
    assert other([1.0, 2.0]).data == before
    assert not set(other.parameters()) & set(model.parameters())
    assert scopes(other([1.0, 2.0])) == scopes(model([1.0, 2.0]))
    for p in other.parameters():
        p.data = 0.0
    assert model([1.0, 2.0]).data == before
