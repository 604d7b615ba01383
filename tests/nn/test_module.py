"""Module: which Values are parameters, what they are called, name scopes of calls, modes, state, the tree."""

from __future__ import annotations

import copy
import pickle
import random

import numpy as np
import pytest

from autograd import Value, name_scope
from nn import MLP, SGD, Layer, Module, Neuron, Sequential, save


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


class Twice(Module):
    def __init__(self, things):
        self.things = things


@pytest.mark.parametrize(
    ("things", "name"),
    [
        ({1: 1.0, "1": 2.0}, "things.1"),
        ({"a.b": 1.0, "a": {"b": 2.0}}, "things.a.b"),
    ],
)
def test_two_parameters_of_one_name_are_refused(tmp_path, things, name):
    def valued(thing):
        return {key: valued(member) for key, member in thing.items()} if isinstance(thing, dict) else Value(thing)

    model = Twice(valued(things))
    for use in (model.parameters, model.state_dict, lambda: model.load_state_dict({name: 3.0})):
        with pytest.raises(ValueError, match=f"two parameters have the name '{name}': give one of them another key"):
            use()
    with pytest.raises(ValueError, match=f"cannot be written: two parameters have the name '{name}'"):
        save(tmp_path / "model.safetensors", model)
    assert not list(tmp_path.iterdir())


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


def test_what_is_appended_after_the_first_call_has_its_name_in_nodes_and_errors():
    model = MLP(2, [3, 3])
    model([1.0, 2.0])
    model.layers.append(Layer(2, 1))
    with pytest.raises(ValueError, match=r"^layers\.2\.neurons\.0, a Neuron\(2, relu\), expected 2 inputs, got 3"):
        model([1.0, 2.0])
    model.layers[2] = Layer(3, 1)
    assert "layers.2.neurons.0" in scopes(model([1.0, 2.0]))
    outer = Sequential(model)
    assert "layers.2.neurons.0" not in scopes(outer([1.0, 2.0]))
    model.layers.append(Layer(None, 2))
    assert f"{next(path for path, part in outer.named_modules() if part is model)}.layers.3.neurons.1" in scopes(
        outer([1.0, 2.0])[1]
    )


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


def test_a_copied_part_stands_alone():
    part = copy.deepcopy(MLP(2, [3, 1]).layers[0])
    assert scopes(part([1.0, 2.0])[2]) == {"neurons.2"}


# Modules inside


class Shared(Module):
    """Two layers with the weights of one, and a neuron that is kept twice."""

    def __init__(self):
        self.first, self.second = Neuron(2), Neuron(2)
        self.second.w = self.first.w
        self.again = [self.first]


def test_shared_parameters_and_modules_appear_once():
    shared = Shared()
    names = [name for name, _ in shared.named_parameters()]
    assert names == ["first.w.0", "first.w.1", "first.b", "second.b"]
    assert shared.num_parameters() == 4
    assert [path for path, _ in shared.named_modules()] == ["", "first", "second"]


def test_modules_are_found_parents_first():
    model = Everything()
    assert [path for path, _ in model.named_modules()] == ["", "module", "modules_.x.0"]
    assert list(model.modules()) == [model, model.module, model.modules_["x"][0]]


def test_apply_comes_to_what_is_inside_first_and_to_each_once():
    model = Sequential(Layer(2, 2), Neuron(2))
    names = {module: path for path, module in model.named_modules()}
    seen = []
    assert model.apply(lambda module: seen.append(names[module])) is model
    assert seen == ["layers.0.neurons.0", "layers.0.neurons.1", "layers.0", "layers.1", ""]
    parent, child = Module(), Module()
    parent.children, child.parent = [child, child], parent
    seen = []
    parent.apply(seen.append)
    assert seen == [child, parent]


def test_train_and_eval_reach_every_module():
    model = MLP(2, [3, 1])
    assert all(module.training for module in model.modules())
    assert model.eval() is model
    assert not any(module.training for module in model.modules())
    assert not copy.deepcopy(model).training
    assert model.train() is model
    assert all(module.training for module in model.modules())


def test_a_forward_that_depends_on_training():
    class Doubled(Module):
        def forward(self, x):
            return x * 2 if self.training else x

    model = Sequential(Doubled())
    assert (model(3.0), model.eval()(3.0), model.train()(3.0)) == (6.0, 3.0, 6.0)


def test_frozen_parameters_get_no_gradient_and_do_not_move():
    model = MLP(2, [3, 1], activation="tanh")
    first, last = model.layers
    assert first.requires_grad_(False) is first
    assert (model.num_parameters(), model.num_parameters(trainable=True)) == (13, 4)
    before = model.state_dict()
    optimizer = SGD(model.parameters(), lr=0.1, weight_decay=0.1)
    model([1.0, 2.0]).backward()
    optimizer.step()
    assert {p.grad for p in first.parameters()} == {0.0}
    assert all(p.grad for p in last.parameters())
    moved = {name for name, number in model.state_dict().items() if number != before[name]}
    assert moved == {name for name in before if name.startswith("layers.1")}
    model.requires_grad_()
    assert model.num_parameters(trainable=True) == 13


# State


def test_a_state_goes_to_another_model():
    model, other = MLP(2, [3, 1]), MLP(2, [3, 1])
    state = model.state_dict()
    assert list(state) == [name for name, _ in model.named_parameters()]
    assert all(type(number) is float for number in state.values())
    assert other.load_state_dict(state) == ([], [])
    assert other.state_dict() == state
    model.layers[0].neurons[0].b.data = 5.0
    assert state["layers.0.neurons.0.b"] == 0.0


def test_loading_keeps_the_parameters_themselves():
    neuron = Neuron(1)
    before = neuron.parameters()
    neuron.load_state_dict({"w.0": np.float32(2.0), "b": 3})
    assert all(p is q for p, q in zip(neuron.parameters(), before, strict=True))
    assert neuron([5.0]).data == 13.0


MISFITS = [
    (lambda s: s.popitem() and s, r"layers\.1\.neurons\.0, a Neuron\(3, identity\), expected 4 numbers, got 3: "
     r"'layers\.1\.neurons\.0\.b' is missing\."),
    (lambda s: {**s, "layers.0.neurons.3.w.0": 1.0, "layers.0.neurons.3.b": 1.0},
     r"layers\.0, a Layer\(2, 3, relu\), expected 9 numbers, got 11: "
     r"'layers\.0\.neurons\.3\.w\.0' is unknown \(and 1 more\)\."),
    (lambda s: {**s, "layers.0.neurons.1.w.2": 1.0},
     r"layers\.0\.neurons\.1, a Neuron\(2, relu\), expected 3 numbers, got 4: "
     r"'layers\.0\.neurons\.1\.w\.2' is unknown\."),
    (lambda s: {}, r"layers\.0\.neurons\.0, a Neuron\(2, relu\), expected 3 numbers, got 0: "
     r"'layers\.0\.neurons\.0\.w\.0' is missing \(and 12 more\)\."),
    (lambda s: {**s, "scale": 1.0}, r"MLP expected 13 numbers, got 14: 'scale' is unknown\."),
]  # fmt: skip


@pytest.mark.parametrize(("change", "message"), MISFITS)
def test_a_state_of_another_shape_changes_nothing(change, message):
    model, other = MLP(2, [3, 1]), MLP(2, [3, 1])
    before = model.state_dict()
    with pytest.raises(ValueError, match=rf"^load_state_dict\(state\): {message} Nothing was loaded"):
        model.load_state_dict(change(other.state_dict()))
    assert model.state_dict() == before


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("wrong", [None, "1.0", [1.0], np.zeros(1), 1j])
def test_a_state_that_holds_no_number_changes_nothing(strict, wrong):
    model = MLP(2, [3, 1])
    before = model.state_dict()
    state = MLP(2, [3, 1]).state_dict() | {"layers.1.neurons.0.b": wrong}
    with pytest.raises(TypeError, match=rf"layers.1.neurons.0.b expected a number, got {type(wrong).__name__}: "):
        model.load_state_dict(state, strict=strict)
    assert model.state_dict() == before


def test_a_state_that_is_no_dict():
    with pytest.raises(TypeError, match="state must be a dict from names to numbers, got list"):
        Neuron(1).load_state_dict([1.0, 2.0])


def test_what_fits_is_loaded_if_not_strict():
    neuron = Neuron(2)
    missing, unexpected = neuron.load_state_dict({"w.1": 7.0, "w.2": 8.0, "b": 9.0}, strict=False)
    assert (missing, unexpected) == (["w.0"], ["w.2"])
    assert (neuron.w[1].data, neuron.b.data) == (7.0, 9.0)


def test_a_loaded_number_makes_an_earlier_graph_stale():
    neuron = Neuron(1, nonlin=False)
    y = neuron([1.0])
    neuron.load_state_dict({"w.0": 1.0, "b": 0.0})
    with pytest.raises(RuntimeError, match="forward pass again"):
        y.backward()


# The tree


def test_the_repr_is_the_tree():
    class Net(Module):
        def __init__(self):
            self.encoder = MLP(2, [3])
            self.heads = {"a": Neuron(3), "b": (Neuron(3), 1)}
            self.scale = Value(1.0)

    assert (
        repr(Net())
        == """Net(
  (encoder): MLP(
    (layers): [
      (0): Layer(2, 3, identity)
    ]
  )
  (heads): [
    (a): Neuron(3, relu)
    (b): [
      (0): Neuron(3, relu)
    ]
  ]
)"""
    )
    assert repr(Module()) == "Module()"


def test_the_repr_of_modules_that_hold_each_other():
    parent, child = Module(), Module()
    parent.child, child.parent = child, parent
    assert repr(parent) == "Module(\n  (child): Module(\n    (parent): ...\n  )\n)"
