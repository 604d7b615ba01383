"""The summary: a table of names, shapes, parameters and activations."""

from __future__ import annotations

import numpy as np
import pytest

from autograd import Value
from nn import MLP, Layer, Module, Neuron, Sequential


def test_of_an_mlp():
    summary = MLP(2, [16, 16, 1], activation="tanh", output="sigmoid").summary()
    assert isinstance(summary, str)
    assert (
        str(summary)
        == repr(summary)
        == """\
name      shape     parameters  activation
layers.0  (16, 2)           48  tanh
layers.1  (16, 16)         272  tanh
layers.2  (1, 16)           17  sigmoid
total                      337"""
    )


def test_parts_alone():
    assert Layer(2, 3).summary().splitlines()[1].split() == ["Layer", "(3,", "2)", "9", "relu"]
    assert Neuron(2).summary().splitlines()[1].split() == ["Neuron", "(2,)", "3", "relu"]


class Odd(Module):
    """Parameters in every manner, one shared, none computed."""

    def __init__(self):
        self.scale = Value(1.0)
        self.table = [[Value(0.0) for _ in range(3)] for _ in range(2)]
        self.array = np.array([Value(0.0) for _ in range(4)])
        self.named = {"a": Value(1.0), "b": [Value(2.0)]}
        self.ragged = [[Value(1.0)], [Value(1.0), Value(2.0)]]
        self.inner = Sequential(Neuron(2, activation=abs), Layer(1, 2))
        self.inner.layers[1].shift = Value(0.0)
        self.again = [self.scale]
        self.computed = self.scale * 2

    def forward(self, x):
        return x


def test_of_any_module():
    assert (
        Odd().summary()
        == """\
name            shape   parameters  activation
scale           ()               1
table           (2, 3)           6
array           (4,)             4
named                            2
ragged                           3
inner.layers.0  (2,)             3  abs
inner.layers.1  (2, 1)           5  relu
total                           24"""
    )
    assert Odd().num_parameters() == 24


def test_a_module_that_is_one_row():
    class Pair(Module):
        def __init__(self):
            self.parts = [Neuron(1), Neuron(1)]

        def summary_row(self):
            return "2 × (1,)", "both"

    assert Sequential(Pair(), Neuron(1)).summary().splitlines()[1:] == [
        "layers.0  2 × (1,)           4  both",
        "layers.1  (1,)               2  relu",
        "total                        6",
    ]


def test_parts_that_wait_for_their_first_input():
    model = Sequential(Layer(None, 3), Layer(3, 2), Neuron())
    assert (
        model.summary()
        == """\
name      shape   parameters  activation
layers.0  (3, ?)           ?  relu
layers.1  (2, 3)           8  relu
layers.2  (?,)             ?  relu
total                  8 + ?
? waits for the first input: summary(x) gives one"""
    )
    assert model.layers[0].nin is None
    seen = model.summary([1.0, 2.0])
    assert seen.splitlines()[-1].split() == ["total", "20"]
    assert seen == model.summary()
    assert model.num_parameters() == 20


def test_a_sample_of_the_wrong_size():
    with pytest.raises(ValueError, match="expected 2 inputs, got 3"):
        MLP(2, [1]).summary([1.0, 2.0, 3.0])


def test_frozen_parameters_and_large_numbers():
    model = MLP(100, [50, 1], rng=0)
    model.layers[0].requires_grad_(False)
    assert [line.split() for line in model.summary().splitlines()[-2:]] == [["total", "5,101"], ["frozen", "5,050"]]


def test_of_nothing():
    assert Module().summary().splitlines()[1].split() == ["total", "0"]
