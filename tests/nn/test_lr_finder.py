"""The learning-rate finder: it leaves everything as it was, and trains well with what it suggests."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from nn import MLP, SGD, Adam, Neuron, find_lr, fit
from nn.data import iris, standardise


def flowers():
    (X,) = standardise(iris().X)
    return X.tolist(), iris().y.tolist()


def network(seed):
    random.seed(seed)
    return MLP(4, [8, 3])


@pytest.mark.parametrize(("kind", "seed"), [(SGD, 0), (SGD, 1), (Adam, 0), (Adam, 1)])
def test_the_suggestion_trains_better_than_a_much_smaller_and_a_much_larger_rate(kind, seed):
    X, y = flowers()
    model = network(seed)
    found = find_lr(model, X, y, loss="cross_entropy", optimizer=kind(model.parameters()), high=10.0, seed=seed)

    def loss_with(lr):
        model = network(seed)
        optimizer = kind(model.parameters(), lr)
        return fit(model, X, y, loss="cross_entropy", optimizer=optimizer, epochs=5, progress=False).losses[-1]

    reached = loss_with(found.suggestion)
    assert reached < 0.5 * loss_with(found.suggestion / 100)
    assert reached < 0.5 * loss_with(found.suggestion * 100)


def test_model_and_optimiser_are_as_they_were():
    X, y = flowers()
    model = network(0)
    optimizer = Adam(model.parameters(), lr=0.003)
    fit(model, X, y, loss="cross_entropy", optimizer=optimizer, epochs=1, progress=False)

    def everything():
        return [(p.data, p.grad) for p in model.parameters()], optimizer.state_dict(), model.training

    model.eval()
    before = everything()
    found = find_lr(model, X, y, loss="cross_entropy", optimizer=optimizer, steps=20)
    assert everything() == before
    assert len(set(found.losses)) == 20
    calls = []

    def loss(predictions, targets):
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return predictions[0][0] * 1.0

    with pytest.raises(KeyboardInterrupt):
        find_lr(model, X, y, loss=loss, optimizer=optimizer)
    assert everything() == before


def test_the_rates_grow_by_a_constant_factor():
    model = Neuron(1, nonlin=False)
    found = find_lr(model, [[1.0]], [9.0], loss="mse", optimizer="sgd", low=1e-5, high=1e-3, steps=21)
    assert found.lrs == pytest.approx(np.geomspace(1e-5, 1e-3, 21).tolist())
    assert "LRFinder(21 steps from 1e-05 to 0.001, suggestion 0.0001)" in repr(found)


def test_it_ends_when_the_loss_explodes():
    found = find_lr(
        Neuron(1, nonlin=False), [[10.0], [0.0]], [9.0, 0.0], loss="mse", optimizer="sgd", high=1e6, batch_size=1
    )
    assert 20 < len(found.lrs) < 100
    assert all(map(math.isfinite, found.losses))
    assert found.lrs[-1] < 1


def test_a_lucky_first_batch_does_not_end_the_search():
    course = iter([0.0, 1e-9] + [1.0] * 100)  # the first is computed before the search
    found = find_lr(Neuron(1), [[1.0]], [0.0], loss=lambda p, t: p[0] * 0.0 + next(course), optimizer="sgd")
    assert len(found.lrs) == 100


def test_a_loss_that_only_rises_gives_no_suggestion():
    model = Neuron(1, nonlin=False)
    model.w[0].data = model.b.data = 0.0
    found = find_lr(model, [[1.0]], [0.0], loss="mse", optimizer="sgd")  # nothing to learn: the loss stays 0
    assert found.suggestion is None
    assert "no suggestion" in repr(found)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"low": 0.1, "high": 0.01}, "expected 0 < low < high, got low=0.1 and high=0.01"),
        ({"low": 0.0}, "expected 0 < low < high"),
        ({"steps": 1}, "steps must be a whole number of 2 or more, got 1"),
        ({"batch_size": 0}, "batch_size must be a whole number of 1 or more, got 0"),
        ({"y": [[1.0]]}, "y\\[0\\] is a sequence of 1"),
        ({"X": [[math.nan]]}, "loss of the first batch is not finite"),
    ],
)
def test_what_is_wrong(settings, message):
    with pytest.raises(ValueError, match=message):
        find_lr(**{"model": Neuron(1), "X": [[1.0]], "y": [1.0], "loss": "mse", "optimizer": "sgd", **settings})


def test_plot():
    pytest.importorskip("matplotlib", reason="plots need the extra 'plot'").use("agg")
    found = find_lr(Neuron(1), [[1.0]], [0.0], loss="mse", optimizer="sgd")
    ax = found.plot()
    assert ax.get_xscale() == "log"
    assert list(ax.get_lines()[0].get_ydata()) == found.losses
    assert found.plot(ax) is ax


def test_every_module_keeps_its_mode():
    model = MLP(1, [2, 1])
    model.layers[0].eval()
    find_lr(model, [[1.0], [2.0]], [3.0, 5.0], loss="mse", optimizer="sgd", steps=3)
    assert [module.training for module in model.modules()].count(False) == len(list(model.layers[0].modules()))
    assert model.training
