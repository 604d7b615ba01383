"""What the learners asked for besides: curves, parameters that are drawn once, other losses, layers and optimisers."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

import nn
from autograd import Value
from nn import MLP, SGD, Adagrad, Adam, Layer, Neuron, RMSprop, Sequential

from .networks import (
    categorical_cross_entropy,
    errors_of,
    fit_all,
    learn,
    learn_xor,
    network_of_c,
    network_of_e,
    neuron_of_a,
    neuron_of_b,
    numpy_twin,
    wide,
)


def test_a_curve_is_a_picture(tmp_path):
    pytest.importorskip("matplotlib", reason="the curve needs matplotlib, the extra `plot`")
    history = learn(neuron_of_a(0), 3.0, 0.7)
    ax = history.plot()
    [line] = ax.lines
    assert list(line.get_ydata()) == history.losses
    ax.figure.savefig(tmp_path / "curve.png")
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_b_parameters_are_drawn_at_the_first_input_and_never_again():
    neuron = neuron_of_b()
    assert neuron.nin is None
    x = np.random.default_rng(1).normal(size=20)
    first = neuron(x)
    parameters, numbers = neuron.parameters(), [p.data for p in neuron.parameters()]
    assert len(parameters) == 21
    assert neuron(x).data == first.data
    assert neuron(np.stack([x, x], axis=1)).shape == (2, 1)
    assert all(p is q for p, q in zip(neuron.parameters(), parameters, strict=True))
    assert [p.data for p in neuron.parameters()] == numbers
    with pytest.raises(ValueError, match="expected 20 inputs, got 19"):
        neuron(x[:19])


def test_b_parameters_are_normal_and_their_seed_repeats_them():
    neuron, again, other = neuron_of_b(0), neuron_of_b(0), neuron_of_b(1)
    x = np.ones(10_000)
    for n in (neuron, again, other):
        n(x)
    drawn, *others = ([p.data for p in n.parameters()] for n in (neuron, again, other))
    assert drawn == others[0] != others[1]
    assert np.mean(drawn) == pytest.approx(0, abs=0.05)
    assert np.std(drawn) == pytest.approx(1, abs=0.05)
    assert np.mean(np.abs(drawn) < 1.96) == pytest.approx(0.95, abs=0.01)


def test_b_fit_takes_the_4_left_over_too():
    X, sizes = np.random.default_rng(1).normal(size=(20, 100)), []

    def loss(predictions, targets):
        sizes.append(len(predictions))
        return nn.mse(predictions, targets)

    neuron = neuron_of_b()
    history = nn.fit(neuron, X.T, X[0] > 0, loss=loss, optimizer="adam", batch_size=8, epochs=1, progress=False)
    assert sizes[-13:] == [8] * 12 + [4]
    assert history.epochs == 1


def test_b_given_parameters_are_kept():
    w, b = [Value(0.5), Value(-0.25)], Value(2.0)
    neuron = Neuron(w=w, b=b, activation="sigmoid")
    neuron([1.0, 2.0])
    assert all(p is q for p, q in zip(neuron.parameters(), [*w, b], strict=True))
    assert (w[0].data, w[1].data, b.data) == (0.5, -0.25, 2.0)
    lazy = Neuron(b=b, activation="sigmoid")
    lazy([1.0, 2.0, 3.0])
    assert lazy.b is b
    assert len(lazy.w) == 3


def test_c_spiral_begins_as_in_numpy():
    arms, model = nn.data.spiral(60), wide()
    twin = numpy_twin(model)
    history = fit_all(model, arms.X, arms.y, optimizer=Adam(model.parameters(), lr=0.02), epochs=8)
    np.testing.assert_allclose(history.losses, twin.train(arms.X, nn.data.one_hot(arms.y), 8, 0.02), rtol=1e-9)
    np.testing.assert_allclose(nn.predict(model, arms.X), twin.logits(arms.X)[-1], rtol=1e-7, atol=1e-9)


def test_c_one_hot_targets_and_labels_are_the_same():
    points = nn.data.vertical(60)
    by_label = fit_all(network_of_c(), points.X, points.y)
    by_row = fit_all(network_of_c(), points.X, nn.data.one_hot(points.y))
    np.testing.assert_allclose(by_label.losses, by_row.losses, rtol=1e-13)


def test_c_softmax_and_clipped_probabilities_are_the_same_as_logits():
    points = nn.data.vertical(60)
    of_logits = fit_all(network_of_c(), points.X, points.y)
    model = network_of_c(output="softmax")
    of_probabilities = fit_all(model, points.X, points.y, categorical_cross_entropy)
    np.testing.assert_allclose(of_probabilities.losses, of_logits.losses, rtol=1e-12)
    np.testing.assert_allclose(nn.predict(model, points.X).sum(axis=1), 1.0)


def test_c_binary_cross_entropy():
    points = nn.data.vertical(60, classes=2)
    runs = {
        loss: fit_all(MLP(2, [4, 1], output=output, init="xavier_uniform", rng=0), points.X, points.y, loss, epochs=200)
        for loss, output in [("binary_cross_entropy", "sigmoid"), ("binary_cross_entropy_with_logits", "identity")]
    }
    of_probabilities, of_logits = (run.losses for run in runs.values())
    np.testing.assert_allclose(of_probabilities, of_logits, rtol=1e-9)
    assert of_logits[-1] < 0.7 * of_logits[0]


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "leaky_relu", "elu", "gelu", "silu", "softplus"])
def test_c_other_activations(activation):
    points = nn.data.vertical(30)
    model = MLP(2, [8, 3], activation=activation, init="xavier_uniform", rng=0)
    history = fit_all(model, points.X, points.y, optimizer=Adam(model.parameters(), lr=0.05), epochs=100)
    assert history.losses[-1] < 0.5


def test_c_layers_are_added_to_a_network_that_trains_itself():
    class Network(Sequential):
        def learn(self, X, y):
            self(X[0])  # so that the layers know their sizes
            return fit_all(self, X, y, lr=0.5, epochs=150)

    points = nn.data.vertical(60)
    network = Network()
    network.append(Layer(2, 8, activation="tanh", init="xavier_uniform", rng=0))
    network.append(Layer(None, 8, activation="relu", init="xavier_uniform", rng=1))
    network.append(Layer(None, 3, activation="identity", init="xavier_uniform", rng=2))
    history = network.learn(points.X, points.y)
    assert network.num_parameters() == 2 * 8 + 8 + 8 * 8 + 8 + 8 * 3 + 3
    assert history.losses[-1] < 0.5 < 1.0 < history.losses[0]
    assert nn.accuracy(nn.predict(network, points.X), points.y) > 0.85


OPTIMISERS = {
    "SGD": partial(SGD, lr=0.1),
    "momentum": partial(SGD, lr=0.1, momentum=0.9),
    "Nesterov": partial(SGD, lr=0.1, momentum=0.9, nesterov=True),
    "Adagrad": partial(Adagrad, lr=0.3),
    "RMSprop": partial(RMSprop, lr=0.01),
    "Adam": partial(Adam, lr=0.01),
}


@pytest.mark.parametrize("name", OPTIMISERS)
def test_e_every_optimiser_that_it_lists_learns_xor(name):
    model = network_of_e(0)
    history = learn_xor(model, epochs=1000, optimizer=OPTIMISERS[name](model.parameters()))
    assert history.losses[-1] < 0.1 * history.losses[0]
    assert errors_of(model).max() <= 0.1
