"""A training that saves each epoch and, started again, goes on where it was: FILE and EPOCHS are its arguments.

Everything that can differ after a resumption has a part in it: momenta, a scheduler with a memory, shuffled
batches, samples held out.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import nn


def train(epochs, path=None):
    """Train for so many epochs in all, from the checkpoint if there is one; gives what `load` would."""
    rows = random.Random(0)
    X = [[rows.uniform(-1, 1), rows.uniform(-1, 1)] for _ in range(20)]
    y = [x[0] * x[1] for x in X]
    if path is not None and path.exists():
        saved = nn.load(path)
    else:
        random.seed(1)
        model = nn.MLP(2, [4, 1], activation="tanh")
        optimizer = nn.Adam(model.parameters(), lr=0.05)
        scheduler = nn.ReduceLROnPlateau(optimizer, factor=0.9, patience=1, cooldown=1)
        saved = nn.Checkpoint(model, optimizer, scheduler, nn.History(), {})
    nn.fit(
        saved.model,
        X,
        y,
        loss="mse",
        optimizer=saved.optimizer,
        scheduler=saved.scheduler,
        history=saved.history,
        epochs=epochs,
        batch_size=3,
        validation=0.25,
        metrics={"r2": nn.r2},
        callbacks=[nn.SaveCheckpoint(path)] if path else [],
        progress=False,
        seed=7,
    )
    return saved


if __name__ == "__main__":
    print("ready", flush=True)
    train(int(sys.argv[2]), Path(sys.argv[1]))
