"""predict: the numbers that the model gives sample by sample, by the compiled model where there can be one."""

from __future__ import annotations

import math

import numpy as np
import pytest

import nn
from autograd import Value, compile, relu
from nn import MLP, Layer, Module, Neuron, predict
from nn.activations import ACTIVATIONS
from nn.prediction import replayed

X = np.random.default_rng(0).normal(size=(30, 3))


def one_by_one(model, X):
    return np.array([[out.data for out in y] if isinstance(y, list) else y.data for y in (model(x) for x in X)])


@pytest.mark.parametrize("activation", sorted(set(ACTIVATIONS) - {"softmax", "log_softmax"}))
@pytest.mark.parametrize("outputs", [1, 4])
def test_it_gives_the_models_own_numbers(activation, outputs):
    model = MLP(3, [8, outputs], activation=activation, rng=1)
    found = predict(model, X)
    assert found.shape == ((30,) if outputs == 1 else (30, 4))
    np.testing.assert_allclose(found, one_by_one(model, X), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("samples", [X, X.tolist(), list(X), X[:1], X.astype(np.float32), (X * 3).astype(int)])
def test_samples_of_each_kind(samples):
    model = MLP(3, [4, 2], output="softmax", rng=1)
    assert replayed(model, compile(model), samples) is not None
    np.testing.assert_allclose(predict(model, samples), one_by_one(model, samples), rtol=1e-12)


def test_samples_of_one_number():
    neuron = Neuron(w=2.0, b=1.0)
    for samples in ([0.5, 1.0], np.array([0.5, 1.0])):
        assert predict(neuron, samples).tolist() == [2.0, 3.0]


def test_no_samples_and_an_iterator():
    model = Layer(3, 2)
    assert predict(model, []).tolist() == []
    np.testing.assert_allclose(predict(model, iter(X)), predict(model, X), rtol=1e-12)


def test_the_model_is_not_run_sample_by_sample():
    class Model(Module):
        def forward(self, x):
            assert isinstance(x[0], Value)
            return x[0] + x[1]

    assert predict(Model(), X).tolist() == (X[:, 0] + X[:, 1]).tolist()


class Branching(Module):
    def forward(self, x):
        return relu(x[0]) if x[0] > 1 else -x[0]


class OfFloats(Module):
    def forward(self, x):
        return 1.0 if x[0].is_integer() else x[0]


class OfMath(Module):
    def forward(self, x):
        return math.floor(x[0])


class Noisy(Module):
    def __init__(self):
        self._rng = np.random.default_rng(0)

    def forward(self, x):
        return x[0] + self._rng.normal()


@pytest.mark.parametrize("model", [Branching(), OfFloats(), OfMath()])
def test_a_model_that_cannot_be_compiled_runs_as_it_is_written(model):
    assert replayed(model, compile(model), X) is None
    assert predict(model, X).tolist() == [float(model(x)) for x in X]


def test_random_numbers_are_drawn_for_each_sample():
    assert len(set((predict(Noisy(), X) - X[:, 0]).round(9).tolist())) == len(X)


def test_rows_of_different_lengths():
    class Sum(Module):
        def forward(self, x):
            return sum(x)

    assert predict(Sum(), [[1.0], [1.0, 2.0]]).tolist() == [1.0, 3.0]


def test_it_is_in_eval_mode_and_leaves_the_model_as_it_was():
    class Doubling(Module):
        def __init__(self):
            self.w = Value(3.0)

        def forward(self, x):
            return self.w * x[0] * (2.0 if self.training else 1.0)

    model = Doubling()
    model([1.0]).backward()
    assert predict(model, [[1.0], [2.0]]).tolist() == [3.0, 6.0]
    assert model.training
    assert (model.w.data, model.w.grad) == (3.0, 2.0)
    model.w.data = 5.0
    assert predict(model, [[1.0], [2.0]]).tolist() == [5.0, 10.0]


def test_a_model_without_a_size_takes_it_from_the_first_sample():
    model = nn.Sequential(Layer(None, 4, rng=0), Layer(None, 2, rng=1))
    found = predict(model, X)
    assert found.shape == (30, 2)
    assert model.num_parameters() == 4 * 4 + 5 * 2
    np.testing.assert_allclose(found, one_by_one(model, X), rtol=1e-12)


def test_wrong_sizes_are_named():
    with pytest.raises(ValueError, match=r"layers\.0.*expected 3 inputs, got 2"):
        predict(MLP(3, [4, 2]), X[:, :2])


def test_each_module_is_in_the_mode_that_it_was_in():
    model = nn.Sequential(Layer(3, 2), Layer(2, 1))
    second = [module for module in model.modules() if isinstance(module, Layer)][1]
    second.eval()
    predict(model, X)
    assert model.training
    assert not second.training


def test_a_model_with_a_table_that_only_a_number_can_open_runs_as_it_is_written():
    class Table(Module):
        def __init__(self):
            self.rows = {0.0: Value(1.0), 1.0: Value(2.0)}

        def forward(self, x):
            return self.rows[x[0]] * 3.0

    assert predict(Table(), [[0.0], [1.0]]).tolist() == [3.0, 6.0]
