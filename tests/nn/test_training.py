"""The training loop: what a batch gives, what an epoch sees, and when it stops."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from nn import MLP, SGD, Neuron, accuracy, cross_entropy, fit, mse, predict, r2
from nn.data import iris, standardise, train_test_split
from nn.training import backpropagate, batches


def line(slope=0.0, shift=0.0):
    neuron = Neuron(1, nonlin=False)
    neuron.w[0].data, neuron.b.data = slope, shift
    return neuron


def test_backpropagate_gives_the_gradients_of_this_batch_only():
    neuron = line(2.0, 1.0)
    for _ in range(2):  # the second call must not add to the first
        assert backpropagate(neuron, mse, [[1.0], [3.0]], [0.0, 0.0]) == (3**2 + 7**2) / 2
        assert [p.grad for p in neuron.parameters()] == [2 * (3 * 1 + 7 * 3) / 2, 2 * (3 + 7) / 2]


def test_batches_have_every_row_once():
    rng = np.random.default_rng(0)
    first, second = (list(batches(10, 4, rng)) for _ in range(2))
    for rows in (first, second):
        assert [len(r) for r in rows] == [4, 4, 2]
        assert sorted(i for r in rows for i in r) == list(range(10))
    assert first != second


def test_full_batch_descent_equals_the_formula():
    X, y = np.array([0.0, 1.0, 2.0, 5.0]), np.array([1.0, 0.0, 4.0, 3.0])
    neuron = line()
    losses = fit(
        neuron,
        X[:, None],
        y,
        loss=mse,
        optimizer=SGD(neuron.parameters(), 0.02),
        epochs=30,
        batch_size=4,
        progress=False,
    )
    w = b = 0.0
    for loss in losses:
        error = w * X + b - y
        assert loss == pytest.approx(np.mean(error**2), rel=1e-9)
        w, b = w - 0.02 * 2 * np.mean(error * X), b - 0.02 * 2 * np.mean(error)
    assert (neuron.w[0].data, neuron.b.data) == pytest.approx((w, b), rel=1e-9)


def test_the_loss_of_an_epoch_is_the_mean_over_its_samples():
    neuron = line()
    X, y = [[0.0]] * 5, [1.0, 2.0, 3.0, 4.0, 5.0]
    losses = fit(
        neuron, X, y, loss=mse, optimizer=SGD(neuron.parameters(), 0.0), epochs=1, batch_size=2, progress=False
    )
    assert losses == [pytest.approx(11.0)]


def test_the_same_seed_gives_the_same_model():
    def trained(seed):
        random.seed(0)
        model = MLP(1, [3, 1])
        X, y = [[0.0], [1.0], [2.0], [3.0]], [0.0, 1.0, 0.0, 1.0]
        fit(
            model,
            X,
            y,
            loss=mse,
            optimizer=SGD(model.parameters(), 0.1),
            epochs=3,
            batch_size=1,
            seed=seed,
            progress=False,
        )
        return [p.data for p in model.parameters()]

    assert trained(1) == trained(1) != trained(2)


def test_a_loss_that_is_not_finite_stops_the_training():
    neuron = line(1.0)
    with pytest.raises(FloatingPointError, match=r"the loss became (inf|nan) in epoch \d+; a smaller learning rate"):
        fit(
            neuron,
            [[1e3], [2e3]],
            [0.0, 1.0],
            loss=mse,
            optimizer=SGD(neuron.parameters(), 1.0),
            epochs=500,
            progress=False,
        )


def test_what_cannot_be_trained_on():
    neuron = line()
    optimizer = SGD(neuron.parameters(), 0.1)
    for X, y, settings, message in (
        ([[1.0]], [1.0, 2.0], {}, "got 1 samples and 2 targets"),
        ([], [], {}, "got 0 samples"),
        ([[1.0]], [1.0], {"epochs": 0}, "must be 1 or more"),
        ([[1.0]], [1.0], {"batch_size": 0}, "must be 1 or more"),
    ):
        with pytest.raises(ValueError, match=message):
            fit(neuron, X, y, loss=mse, optimizer=optimizer, progress=False, **settings)


def test_the_progress_bar_shows_the_loss_on_stderr(capsys):
    neuron = line()
    fit(neuron, [[1.0]], [3.0], loss=mse, optimizer=SGD(neuron.parameters(), 0.0), epochs=2)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "2/2" in shown.err
    assert "loss 9" in shown.err


def test_predict():
    assert predict(line(2.0, 1.0), [[0.0], [1.5]]).tolist() == [1.0, 4.0]
    assert predict(MLP(1, [2]), np.zeros((3, 1))).shape == (3, 2)


def test_accuracy():
    logits = np.array([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [0.0, 0.0, 1.0], [5.0, 0.0, 0.0]])
    assert accuracy(logits, [0, 1, 1, 0]) == 0.75


def test_r2():
    y = np.array([1.0, 2.0, 6.0])
    assert r2(y, y) == 1.0
    assert r2(np.full(3, 3.0), y) == 0.0
    assert math.isnan(r2(y, [2.0, 2.0, 2.0]))


def test_iris_over_ten_seeds():
    """What `python -m nn train iris --seed S` does, for S from 0 to 9 (test_command compares the two)."""
    flowers = iris()
    reached = [iris_accuracy(flowers, seed) for seed in range(10)]
    assert np.mean(reached) >= 0.95
    assert min(reached) >= 0.86


def iris_accuracy(flowers, seed):
    rows, held_out = train_test_split(flowers.y, seed=seed)
    X, X_test = standardise(flowers.X[rows], flowers.X[held_out])
    random.seed(seed)
    model = MLP(4, [16, 3])
    optimizer = SGD(model.parameters(), 0.1)
    fit(
        model,
        X.tolist(),
        flowers.y[rows].tolist(),
        loss=cross_entropy,
        optimizer=optimizer,
        epochs=50,
        seed=seed,
        progress=False,
    )
    return accuracy(predict(model, X_test.tolist()), flowers.y[held_out])
