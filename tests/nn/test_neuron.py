"""Neuron, Layer, MLP: micrograd's arguments and behaviour, and sizes that are checked."""

from __future__ import annotations

import random

import numpy as np
import pytest

from autograd import Value
from nn import MLP, Layer, Neuron


def test_a_neuron_is_a_weighted_sum_and_a_relu():
    neuron, line = Neuron(2), Neuron(2, nonlin=False)
    for n in (neuron, line):
        n.w[0].data, n.w[1].data, n.b.data = 2.0, -3.0, 0.5
    for x in ([1.0, 2.0], [2.0, 1.0]):
        z = 2 * x[0] - 3 * x[1] + 0.5
        assert (line(x).data, neuron(x).data) == (z, max(0.0, z))


def test_the_gradient_of_a_neuron():
    neuron = Neuron(2, nonlin=False)
    x = [Value(3.0), Value(-2.0)]
    neuron(x).backward()
    assert [p.grad for p in neuron.parameters()] == [3.0, -2.0, 1.0]
    assert [v.grad for v in x] == [w.data for w in neuron.w]


def test_weights_are_drawn_by_the_random_module_one_neuron_after_the_other():
    random.seed(1337)
    expected = [random.uniform(-1, 1) for _ in range(2 * 3 + 3 * 1)]
    random.seed(1337)
    model = MLP(2, [3, 1])
    weights = [w.data for layer in model.layers for neuron in layer.neurons for w in neuron.w]
    assert weights == expected
    assert [neuron.b.data for layer in model.layers for neuron in layer.neurons] == [0.0] * 4


def test_relu_in_all_layers_but_the_last():
    model = MLP(2, [3, 4, 2])
    assert [[n.nonlin for n in layer.neurons] for layer in model.layers] == [[True] * 3, [True] * 4, [False] * 2]
    assert len(model.parameters()) == 3 * 3 + 4 * 4 + 5 * 2


def test_repr():
    assert repr(Neuron(2)) == "ReLUNeuron(2)"
    assert repr(Neuron(3, nonlin=False)) == "LinearNeuron(3)"
    assert repr(Layer(1, 2)) == "Layer of [ReLUNeuron(1), ReLUNeuron(1)]"
    assert repr(MLP(1, [1])) == "MLP of [Layer of [LinearNeuron(1)]]"


def test_layers_give_lists_and_a_model_with_one_output_a_value():
    assert [len(Layer(2, n)([1.0, 2.0])) for n in (1, 3)] == [1, 3]
    assert isinstance(MLP(2, [3, 1])([1.0, 2.0]), Value)
    assert len(MLP(2, [3, 2])([1.0, 2.0])) == 2


def test_a_hidden_layer_of_one_neuron():
    random.seed(1)
    model = MLP(2, [1, 1, 2])
    outputs = model([1.0, 2.0])
    (outputs[0] + outputs[1]).backward()
    assert len(outputs) == 2


def test_any_numbers_are_inputs():
    random.seed(3)
    model = MLP(2, [4, 1])
    expected = model([1.5, -2.0]).data
    for x in (
        (1.5, -2.0),
        [Value(1.5), Value(-2.0)],
        [Value(1.5), -2],
        np.array([1.5, -2.0]),
        np.array([1.5, -2.0], np.float32),
        np.array([Value(1.5), Value(-2.0)]),
    ):
        assert model(x).data == expected


@pytest.mark.parametrize("x", [[], [1.0], [1.0, 2.0, 3.0], np.zeros(4)])
def test_a_wrong_number_of_inputs(x):
    with pytest.raises(ValueError, match=rf"^ReLUNeuron\(2\) expected 2 inputs, got {len(x)}$"):
        Neuron(2)(x)
    with pytest.raises(ValueError, match=rf"^layers.0.neurons.0, a ReLUNeuron\(2\), expected 2 inputs, got {len(x)}$"):
        MLP(2, [3, 1])(x)


def test_inputs_that_are_no_sequence_of_numbers():
    with pytest.raises(TypeError, match=r"expected a sequence of 1 input, got float: 3\.0"):
        Neuron(1)(3.0)
    with pytest.raises(TypeError, match="must be one number"):
        Neuron(2)(["a", "b"])
    with pytest.raises(TypeError, match="must be one number"):
        Neuron(2)(np.zeros((2, 2)))


@pytest.mark.parametrize("size", [0, -1, True])
def test_sizes_must_be_positive(size):
    for make in (
        lambda: Neuron(size),
        lambda: Layer(2, size),
        lambda: Layer(size, 2),
        lambda: MLP(2, [3, size]),
        lambda: MLP(size, [1]),
    ):
        with pytest.raises(ValueError, match=f"must be a positive whole number, got {size}"):
            make()


@pytest.mark.parametrize("size", [2.0, "2", None, [2]])
def test_sizes_must_be_whole_numbers(size):
    for make in (lambda: Neuron(size), lambda: Layer(2, size), lambda: MLP(2, [3, size])):
        with pytest.raises(TypeError, match=f"must be a positive whole number, got {type(size).__name__}"):
            make()


def test_a_model_needs_layers():
    with pytest.raises(ValueError, match="at least one layer"):
        MLP(2, [])
    with pytest.raises(TypeError, match="nouts must be a sequence of sizes"):
        MLP(2, 16)


def test_sizes_of_numpy():
    assert len(MLP(np.int64(2), np.array([3, 1])).parameters()) == 13
