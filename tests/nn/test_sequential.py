"""Sequential: modules in a row, whatever they are."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import Value
from nn import MLP, Layer, Module, Neuron, Sequential


class Double(Module):
    def forward(self, xs):
        return [2 * x for x in xs]


def test_each_reads_what_the_one_before_it_gives():
    first, last = Layer(2, 3), Neuron(3, activation="tanh")
    model = Sequential(first, Double(), last)
    assert model([1.0, -2.0]).data == last(Double()(first([1.0, -2.0]))).data


def test_it_computes_what_an_mlp_of_the_same_numbers_computes():
    mlp = MLP(2, [4, 1], rng=0)
    model = Sequential(Layer(2, 4), Layer(4, 1, activation="identity"))
    model.load_state_dict(mlp.state_dict())
    [y] = model([1.0, -2.0])
    assert isinstance(y, Value)
    assert y.data == mlp([1.0, -2.0]).data


def test_it_grows():
    model = Sequential(Layer(2, 3))
    assert model.append(Layer(3, 2)) is model
    model([1.0, 2.0])
    assert model.append(Neuron(2)).append(Neuron(1)) is model
    assert model([1.0, 2.0]).scope == "layers.3"
    assert model.num_parameters() == 9 + 8 + 3 + 2


def test_it_is_a_sequence():
    parts = [Layer(2, 3), Layer(3, 2), Neuron(2)]
    model = Sequential(*parts)
    assert len(model) == 3
    assert list(model) == parts
    assert [model[0], model[-1]] == [parts[0], parts[-1]]
    assert model[1:] == parts[1:]
    with pytest.raises(IndexError):
        model[3]


def test_an_empty_one_gives_what_it_gets():
    assert Sequential()([1.0]) == [1.0]
    assert repr(Sequential()) == "Sequential()"


def test_names_and_places():
    model = Sequential(Sequential(Layer(2, 1)), Neuron(1))
    assert [name for name, _ in model.named_parameters()] == [
        "layers.0.layers.0.neurons.0.w.0", "layers.0.layers.0.neurons.0.w.1", "layers.0.layers.0.neurons.0.b",
        "layers.1.w.0", "layers.1.b",
    ]  # fmt: skip
    with pytest.raises(
        ValueError, match=r"^layers\.0\.layers\.0\.neurons\.0, a Neuron\(2, relu\), expected 2 inputs, got 1"
    ):
        model([1.0])


@pytest.mark.parametrize("wrong", [None, np.tanh, [Neuron(1)], Layer])
def test_only_modules(wrong):
    with pytest.raises(TypeError, match=r"layers\.1 must be a Module, got "):
        Sequential(Neuron(1), wrong)
    model = Sequential(Neuron(1))
    with pytest.raises(TypeError, match=r"layers\.1 must be a Module, got "):
        model.append(wrong)
    assert len(model) == 1
