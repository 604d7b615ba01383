"""The checkpoint of a training that the command line made: written while it runs, read to go on or to predict."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from ..callbacks import Run
from ..checkpoint import Checkpoint, load
from ..checkpoint_file import CheckpointError
from ..history import History
from ..optimizer import Optimizer
from ..save_checkpoint import SaveCheckpoint
from ..table import DataError
from .encoding import Encoding
from .settings import Settings

FILE = "model.safetensors"
"""The name of the checkpoint in the folder of a training."""

BESIDE = ("history.csv", "loss.png", "boundary.png", "confusion.png", "neuron.svg", "neuron.dot")
"""What a training that is over may have left beside its checkpoint."""

PAUSE, SHARE = 2.0, 20
"""Seconds from one saving to the next, at the least; and so many times as long as a saving takes."""


@dataclass(frozen=True)
class Saved:
    """A checkpoint and what the command line wrote into its metadata."""

    path: Path
    model: Any
    optimizer: Optimizer
    history: History
    encoding: Encoding
    settings: Settings
    digest: str
    """Of the data."""


def path_of(checkpoint: str | Path) -> Path:
    """The checkpoint: the file itself, or that in the folder."""
    path = Path(checkpoint)
    return path / FILE if path.is_dir() else path


def read_saved(checkpoint: str | Path) -> Saved:
    """The checkpoint in this file or folder, that `python -m nn train` wrote.

    Raises:
        DataError: it cannot be read, or something else wrote it.
    """
    path = path_of(checkpoint)
    return understood(path, read(path))


def read(path: Path) -> Checkpoint:
    """Any checkpoint; a DataError if it cannot be read."""
    try:
        return load(path)
    except CheckpointError as error:
        raise DataError(str(error)) from None


def understood(path: Path, found: Checkpoint) -> Saved:
    """What the command line remembers in the metadata; a DataError if something else wrote the checkpoint."""
    try:
        if not found.optimizer or not found.history:
            raise TypeError
        encoding, settings = Encoding(**found.metadata["encoding"]), Settings(**found.metadata["settings"])
        return Saved(path, found.model, found.optimizer, found.history, encoding, settings, found.metadata["digest"])
    except (KeyError, TypeError):
        message = f"{path}: python -m nn train did not write it: it does not say what the columns and classes are"
        raise DataError(message) from None


class Saving(SaveCheckpoint):
    """Saves the training after its first epoch, its last, and so often in between that it takes no notable time.

    The first saving removes what was left beside the checkpoint that it replaces, since that tells of another one.

    Args:
        path: of the checkpoint. encoding, settings, digest: what it is to remember. epoch: that it has already.
    """

    def __init__(self, path: Path, encoding: Encoding, settings: Settings, digest: str, epoch: int) -> None:
        remembered = {"encoding": asdict(encoding), "settings": asdict(settings), "digest": digest}
        super().__init__(path, metadata=remembered)
        self.epoch, self._due, self._beside = epoch, 0.0, BESIDE

    def on_epoch_end(self, run: Run) -> None:
        """Save, if it is time to."""
        if perf_counter() >= self._due:
            self._save(run)

    def _save(self, run: Run) -> None:
        start = perf_counter()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        super()._save(run)
        for name in self._beside:
            self.path.with_name(name).unlink(missing_ok=True)
        self._beside = ()
        self.epoch, now = run.epoch, perf_counter()
        self._due = now + max(PAUSE, SHARE * (now - start))
