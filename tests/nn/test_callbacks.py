"""Callbacks: when they are called, and early stopping on numbers whose course is known."""

from __future__ import annotations

import json
import math

import pytest

from autograd import Value
from nn import SGD, Callback, EarlyStopping, History, Module, Neuron, StepLR, fit


class Course(Module):
    """Its loss in epoch k is course[k - 1], whatever it learns; its weight counts the epochs."""

    def __init__(self, course):
        self.weight = Value(0.0)
        self.course = course

    def forward(self, x):
        return self.weight


def follow(course, *callbacks, epochs=None, model=None, **settings):
    """Train along the course; the validation loss, or the metric, is what it says."""
    model = model or Course(course)

    def loss(predictions, targets):
        if targets[0] == "validate":
            return Value(course[min(round(model.weight.data), len(course)) - 1])
        return predictions[0] * -1.0  # a step of the rate 1 adds 1 to the weight

    history = fit(
        model,
        [0.0],
        [0.0],
        loss=loss,
        optimizer=SGD([model.weight], 1.0),
        epochs=epochs or len(course),
        callbacks=callbacks,
        progress=False,
        **{"validation": ([0.0], ["validate"]), **settings},
    )
    return model.weight.data, history


def test_a_function_and_an_object_are_called_in_turn():
    calls = []

    class Recorder(Callback):
        def on_train_begin(self, run):
            calls.append(("begin", run.epoch))

        def on_epoch_end(self, run):
            calls.append(("object", run.epoch, run.history.losses[-1], run.optimizer.lr))

        def on_train_end(self, run):
            calls.append(("end", run.history.stopped))

    neuron = Neuron(1, nonlin=False)
    optimizer = SGD(neuron.parameters(), 0.5)
    history = fit(
        neuron,
        [[0.0]],
        [0.0],
        loss="mse",
        optimizer=optimizer,
        scheduler=StepLR(optimizer, 1, 0.5),
        epochs=2,
        callbacks=[lambda run: calls.append(("function", run.epoch, run.model is neuron)), Recorder()],
        progress=False,
    )
    first, second = history.losses
    assert calls == [
        ("begin", 0),
        ("function", 1, True),
        ("object", 1, first, 0.25),
        ("function", 2, True),
        ("object", 2, second, 0.125),
        ("end", "epochs"),
    ]


def test_a_callback_stops_the_training():
    weight, history = follow([1.0] * 9, lambda run: run.stop("enough") if run.epoch == 3 else None)
    assert (weight, history.epochs, history.stopped) == (3.0, 3, "enough")


def test_what_a_callback_adds_is_trained():
    neuron, late = Neuron(1, nonlin=False), Value(0.0)
    optimizer = SGD(neuron.parameters(), 0.1)

    def add(run):
        if run.epoch == 1:
            neuron.late = late
            optimizer.add_param_group({"params": [late]})

    fit(
        neuron,
        [[1.0]],
        [0.0],
        loss=lambda p, t: p[0] * 0.0 + late * 2.0,
        optimizer=optimizer,
        epochs=4,
        callbacks=[add],
        progress=False,
    )
    assert late.grad == 2.0  # of one batch
    assert late.data == pytest.approx(-0.6)


@pytest.mark.parametrize(
    ("course", "options", "epochs", "best"),
    [
        ([5, 4, 3, 2, 1], {"patience": 1}, 5, 5),
        ([5, 4, 6, 6, 1], {"patience": 2}, 4, 2),
        ([5, 4, 6, 3, 6, 6, 6], {"patience": 2}, 6, 4),
        ([5, 5, 5], {"patience": 2}, 3, 1),  # as good is no progress
        ([5, 4.9, 4.8, 4.7, 4.6], {"patience": 3, "min_delta": 0.3}, 4, 1),
        ([5, 4.9, 4.8, 4.6, 4.6], {"patience": 3, "min_delta": 0.3}, 5, 4),
        ([5, math.nan, math.nan, 1], {"patience": 2}, 3, 1),
        ([math.nan, 5, 6, 6], {"patience": 2}, 4, 2),
        ([5, 4, 6], {"patience": 5}, 3, 2),  # it did not stop, but the best weights are back
    ],
)
def test_early_stopping(course, options, epochs, best):
    stopping = EarlyStopping(**options)
    weight, history = follow(course, stopping)
    assert (history.epochs, weight, stopping.best_epoch) == (epochs, best, best)
    assert stopping.best == course[best - 1]
    assert history.stopped == ("early stopping" if epochs < len(course) or options["patience"] == 2 else "epochs")
    weight, _ = follow(course, EarlyStopping(**options, restore_best=False))
    assert weight == epochs


def test_early_stopping_watches_what_it_is_told_to():
    scores = iter([0.0, 0.5, 0.7, 0.6, 0.6, 0.9])  # the first is computed before the training
    stopping = EarlyStopping("score", patience=2, mode="max")
    weight, history = follow([1.0] * 9, stopping, metrics={"score": lambda outputs, y: next(scores)}, validation=None)
    assert history.metrics == {"score": [0.5, 0.7, 0.6, 0.6]}
    assert (weight, stopping.best) == (2.0, 0.7)
    weight, history = follow([1.0] * 4, EarlyStopping("loss", patience=1))  # -1, -2, ...: better and better
    assert history.epochs == 4


def test_early_stopping_counts_anew_in_each_training():
    stopping = EarlyStopping(patience=2)
    for _ in range(2):
        assert follow([1, 2, 3, 4], stopping)[1].epochs == 3


class KilledError(Exception):
    """Breaks a training off, as a kill would."""


def killed_after(epoch):
    def kill(run):
        if run.epoch == epoch:
            raise KilledError

    return kill


STOPPED = [5, 4, 6, 3, 6, 6, 6, 6]


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("again", ["the same object", "a loaded one"])
def test_early_stopping_goes_on_as_if_never_broken_off(k, again):
    straight = EarlyStopping(patience=2)
    expected = follow(STOPPED, straight)
    assert (expected[0], expected[1].epochs, straight.best_epoch) == (4.0, 6, 4)
    model, history, stopping = Course(STOPPED), History(), EarlyStopping(patience=2)
    with pytest.raises(KilledError):
        follow(STOPPED, stopping, killed_after(k), model=model, history=history)
    if again != "the same object":
        state = json.loads(json.dumps(stopping.state_dict()))
        stopping = EarlyStopping(patience=2)
        stopping.load_state_dict(state)
    weight, history = follow(STOPPED, stopping, model=model, history=history)
    assert (weight, history.val_losses) == (4.0, expected[1].val_losses)
    assert history.stopped == "early stopping"
    assert stopping.state_dict() == straight.state_dict()


def test_early_stopping_without_what_was_remembered_counts_the_history():
    for k, weight in ((2, 4.0), (4, 4.0), (5, 6.0)):  # the best epoch is 4; after 5 its weights are lost
        model, history = Course(STOPPED), History()
        with pytest.raises(KilledError):
            follow(STOPPED, killed_after(k), model=model, history=history)
        stopping = EarlyStopping(patience=2)
        assert follow(STOPPED, stopping, model=model, history=history)[0] == weight
        assert (history.epochs, stopping.best, stopping.best_epoch) == (6, 3, 4)


def test_weights_of_another_training_are_not_put_back():
    stopping = EarlyStopping(patience=2)
    follow([5, 4, 6, 6], stopping)
    model, history = Course([7, 3, 6, 6]), History()
    with pytest.raises(KilledError):
        follow(model.course, killed_after(3), model=model, history=history)
    assert follow(model.course, stopping, model=model, history=history)[0] == 4.0  # not the 2.0 of the other


@pytest.mark.parametrize("state", [{}, {"best": 1.0}, {"best": 1.0, "best_epoch": 1, "weights": {}, "patience": 3}])
def test_a_state_that_early_stopping_cannot_take(state):
    stopping = EarlyStopping()
    with pytest.raises(ValueError, match=r"EarlyStopping.load_state_dict: the state (lacks|has the unknown key)"):
        stopping.load_state_dict(state)
    assert stopping.best_epoch == 0


@pytest.mark.parametrize(
    ("callback", "settings", "message"),
    [
        (lambda: EarlyStopping(), {"validation": None}, "no 'val_loss' to watch, only loss; give fit validation data"),
        (lambda: EarlyStopping("accuracy", mode="max"), {}, "no 'accuracy' to watch, only loss, val_loss$"),
        (lambda: EarlyStopping("accuracy"), {}, "mode must be 'max' if a larger 'accuracy' is better"),
        (lambda: EarlyStopping(patience=0), {}, "patience must be a whole number of 1 or more, got 0"),
        (lambda: EarlyStopping(min_delta=-1.0), {}, "min_delta must be 0 or more and finite, got -1.0"),
    ],
)
def test_what_cannot_be_watched(callback, settings, message):
    with pytest.raises(ValueError, match=message):
        follow([1.0] * 3, callback(), **settings)


@pytest.mark.parametrize(
    ("callbacks", "message"),
    [
        (EarlyStopping(), "callbacks must be a list, got"),
        ([EarlyStopping], r"got the class EarlyStopping; write EarlyStopping\(\)"),
        (["stop"], "must be a Callback or a function of the run, got 'stop'"),
    ],
)
def test_what_is_no_callback(callbacks, message):
    neuron = Neuron(1)
    with pytest.raises(TypeError, match=message):
        fit(neuron, [[1.0]], [1.0], loss="mse", optimizer="sgd", callbacks=callbacks)
