"""A training with early stopping that was broken off goes on from its checkpoint as if nothing had happened."""

from __future__ import annotations

import pytest

import nn


class KilledError(Exception):
    """Breaks a training off, as a kill would."""


def train(path=None, kill=None, stopping_first=True):
    """Train until early stopping, from the checkpoint if there is one; after epoch `kill` it breaks off."""

    def killed(run):
        if run.epoch == kill:
            raise KilledError

    stopping = nn.EarlyStopping(patience=3)
    if path is not None and path.exists():
        saved = nn.load(path, callbacks=[stopping])
    else:
        model = nn.MLP(2, [3, 1], activation="tanh", rng=2)
        saved = nn.Checkpoint(model, nn.SGD(model.parameters(), lr=0.02, momentum=0.5), None, nn.History(), {})
    callbacks = [stopping, *([nn.SaveCheckpoint(path)] if path else [])]
    data = nn.data.moons(20, noise=0.4)
    nn.fit(
        saved.model,
        data.X,
        data.y,
        loss="binary_cross_entropy_with_logits",
        optimizer=saved.optimizer,
        history=saved.history,
        epochs=200,
        batch_size=4,
        validation=0.3,
        callbacks=[*(callbacks if stopping_first else reversed(callbacks)), killed],
        progress=False,
    )
    return saved, stopping


def state(saved, stopping):
    history = {**saved.history.to_dict(), "times": None}
    return repr(
        [saved.model.state_dict(), saved.optimizer.state_dict(), sorted(history.items()), stopping.state_dict()]
    )


@pytest.mark.parametrize("stopping_first", [True, False])
def test_broken_off_after_any_epoch_it_ends_bit_identical(tmp_path, stopping_first):
    straight = train()
    epochs, best = straight[0].history.epochs, straight[1].best_epoch
    assert straight[0].history.stopped == "early stopping"
    assert 3 < best == epochs - 3
    for kill in range(1, epochs + 1):
        path = tmp_path / f"{kill}.safetensors"
        with pytest.raises(KilledError):
            train(path, kill, stopping_first)
        assert nn.load(path).history.epochs == kill
        assert state(*train(path, None, stopping_first)) == state(*straight)
