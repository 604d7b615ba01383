"""SaveCheckpoint: the callback that saves a training while it runs."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

from .callbacks import Callback, Run
from .checkpoint import save


class SaveCheckpoint(Callback):
    """Save the training after each epoch, so that `fit` can take it up if it was broken off.

        checkpoint = nn.load("moons.safetensors")
        nn.fit(checkpoint.model, X, y, optimizer=checkpoint.optimizer, history=checkpoint.history, ...)

    What other callbacks of the run remember is saved too: `nn.load(path, callbacks=[stopping])` gives it back.

    Args:
        path: of the file, replaced at each saving.
        every: so many epochs from one saving to the next; the last epoch is saved too.
        best: save only an epoch whose validation loss (without validation the loss) is below all before it.
        metadata: anything else that the file is to remember, as in `save`.

    Raises:
        ValueError: every is not a whole number of 1 or more.
        CheckpointError: during the training, if the file cannot be written.

        >>> import tempfile
        >>> from nn import MLP, fit, load
        >>> folder = tempfile.TemporaryDirectory()
        >>> path = Path(folder.name, "line.safetensors")
        >>> settings = {"loss": "mse", "progress": False, "callbacks": [SaveCheckpoint(path)]}
        >>> _ = fit(MLP(1, [1]), [[1.0], [2.0]], [1.0, 3.0], optimizer="adam", epochs=5, **settings)
        >>> saved = load(path)
        >>> history = fit(saved.model, [[1.0], [2.0]], [1.0, 3.0], optimizer=saved.optimizer, history=saved.history,
        ...     epochs=8, **settings)
        >>> load(path).history.epochs
        8
        >>> folder.cleanup()
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        every: int = 1,
        best: bool = False,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        if type(every) is not int or every < 1:
            raise ValueError(f"SaveCheckpoint: every must be a whole number of 1 or more, got {every!r}")
        self.path, self.every, self.best, self.metadata = Path(path), every, best, metadata

    def on_epoch_end(self, run: Run) -> None:
        """Save, if it is time to."""
        losses = run.history.val_losses or run.history.losses
        better = losses[-1] < min(losses[:-1], default=math.inf)
        if run.epoch % self.every == 0 and (better or not self.best):
            self._save(run)

    def on_train_end(self, run: Run) -> None:
        """Save the last epoch, unless only the best is wanted."""
        if not self.best:
            self._save(run)

    def _save(self, run: Run) -> None:
        save(
            self.path,
            run.model,
            optimizer=run.optimizer,
            scheduler=run.scheduler,
            history=run.history,
            metadata=self.metadata,
            callbacks=run.callbacks,
        )
