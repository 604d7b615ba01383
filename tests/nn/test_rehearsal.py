"""What `fit` finds wrong with a model, a loss, an optimiser or a scheduler before anything moves."""

from __future__ import annotations

import pytest

from nn import MLP, SGD, ReduceLROnPlateau, fit


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
