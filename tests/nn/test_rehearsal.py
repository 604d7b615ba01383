"""What `fit` finds wrong with a model, a loss, an optimiser or a scheduler before anything moves."""

from __future__ import annotations

import re

import pytest

from nn import MLP, SGD, Layer, Neuron, ReduceLROnPlateau, Sequential, fit


def refused(kind, message, model=None, **settings):
    model = model or MLP(1, [2], rng=0)
    before = model.state_dict()
    given = {"loss": "cross_entropy", "optimizer": "sgd", "epochs": 1, "progress": False, **settings}
    with pytest.raises(kind, match=message):
        fit(model, [[0.0], [1.0]], [0, 1], **given)
    assert model.state_dict() == before


@pytest.mark.parametrize("loss", ["cross_entropy", "nll"])
def test_a_loss_of_classes_needs_a_number_for_each(loss):
    refused(
        ValueError,
        f"{loss} needs a number for each class, the model gives one number; .* as there are classes",
        MLP(1, [4, 1]),
        loss=loss,
    )


def test_an_optimizer_that_can_move_nothing():
    model = MLP(1, [2]).requires_grad_(False)
    message = r"all parameters of the optimiser are frozen; set one free with requires_grad_\(\)"
    refused(ValueError, message, model)
    model.layers[0].neurons[0].b.requires_grad = True
    fit(model, [[0.0], [1.0]], [0, 1], loss="cross_entropy", optimizer="sgd", epochs=1, progress=False)


def test_what_is_no_scheduler():
    refused(TypeError, "scheduler must be one of nn's schedulers, got function", scheduler=lambda: None)


def test_a_plateau_of_a_loss_is_a_minimum():
    model = MLP(1, [2])
    optimizer = SGD(model.parameters())
    scheduler = ReduceLROnPlateau(optimizer, mode="max")
    refused(ValueError, "use mode='min'", model, optimizer=optimizer, scheduler=scheduler)


@pytest.mark.parametrize(
    ("model", "target", "loss", "message"),
    [
        (MLP(2, [4, 3]), [1, 0, 0, 0], "cross_entropy", "layers.1, a Layer(4, 3, identity), where X[0] gives a "
         "sequence of 3 and y[0] is a sequence of 4: cross_entropy: sample 0: a one-hot target needs 3 numbers, "
         "one for each class, got 4"),
        (MLP(2, [4, 3], output="softmax"), 0.5, "mse", "layers.1, a Layer(4, 3, softmax), where X[0] gives a "
         "sequence of 3 and y[0] is one number"),
        (MLP(2, [4, 1]), [0.5, 0.2], "mse", "layers.1.neurons.0, a Neuron(4, identity), where X[0] gives one number "
         "and y[0] is a sequence of 2"),
        (Neuron(2), [0.5, 0.2], "mse", "fit: the loss of Neuron(2, relu), where X[0] gives one number"),
        (Sequential(Layer(2, 3), Sequential(Layer(3, 2))), 1.0, "mse", "layers.1.layers.0, a Layer(3, 2, relu), where"),
    ],
)  # fmt: skip
def test_targets_of_another_size_name_the_part_that_gave_the_outputs(model, target, loss, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        fit(model, [[1.0, 2.0], [2.0, 3.0]], [target, target], loss=loss, optimizer="adam", progress=False)
