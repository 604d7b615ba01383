"""`python -m nn train DATA`: train a network on a table of numbers, and see how well it does."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ..checkpoint_file import CheckpointError
from ..data import Dataset
from ..history import History
from ..metrics import mse, r2
from ..neuron import MLP
from ..optim import OPTIMIZERS
from ..optimizer import Optimizer
from ..prediction import predict
from ..table import DataError, parse
from ..training import fit
from . import UnfinishedError
from .encoding import OF_CLASSES, OF_NUMBERS, OF_TWO_CLASSES, Encoding
from .pictures import draw_neuron, draw_plots
from .saved import BESIDE, FILE, Saving, read_saved
from .settings import Settings, chosen, continued, words
from .tables import NAMED, Split, digest, read, split, task_of

MOST_PARAMETERS = 10_000_000
"""Larger networks are refused: each parameter is a Value of its own, and each sample's graph reads them all."""


def train(given: dict[str, Any]) -> None:
    """Read, split, standardise, train, test, draw.

    Args:
        given: what stands on the command line.

    Raises:
        DataError: the input is wrong; nothing has been written.
        UnfinishedError: the loss became nan or inf, the disk is full, or Ctrl-C.
    """
    data: str = given["data"]
    folder = Path(given.get("out") or Path("runs", Path(data).stem))
    check_writable(folder)
    path = folder / FILE
    if given.get("resume"):
        saved = read_saved(path)
        settings = continued(saved.settings, given, saved.history.epochs, str(path))
        dataset = read(data, settings.target, settings.task)
        if digest(dataset) != saved.digest:
            raise DataError(f"{path} was trained on other data than {data} holds; leave --resume out to start anew")
        rows = split(dataset, data, settings.seed)
        encoding, model, optimizer, history = saved.encoding, saved.model, saved.optimizer, saved.history
    else:
        dataset = read(data, given.get("target"), given.get("task"))
        settings, encoding, rows = start(given, dataset)
        model, optimizer = build(encoding, settings)
        history = History()
    introduce(data, dataset, settings, rows, given, history.epochs)

    saving = Saving(path, encoding, settings, digest(dataset), history.epochs)
    X, y = encoding.inputs(dataset.X), encoding.targets(dataset.y)
    unseen: Any = [X[i] for i in rows.held_out], [y[i] for i in rows.held_out]
    try:
        fit(
            model,
            [X[i] for i in rows.train],
            [y[i] for i in rows.train],
            loss=settings.loss,
            optimizer=optimizer,
            epochs=settings.epochs,
            batch_size=settings.batch_size,
            validation=unseen if len(rows.held_out) else None,
            callbacks=[saving],
            history=history,
            seed=settings.seed,
        )
        report(model, encoding, history, dataset, rows)
        leave(folder, model, encoding, history, dataset, rows)
    except FloatingPointError as error:
        raise UnfinishedError(f"training stopped: {error} (--lr); {kept(saving, settings, '')}", 1) from None
    except CheckpointError as error:
        raise UnfinishedError(str(error), 1) from None
    except KeyboardInterrupt:
        command = ["python", "-m", "nn", "train", data, "--resume", "--epochs", str(settings.epochs)]
        command += ["--out", given["out"]] if given.get("out") else []
        raise UnfinishedError(f"interrupted; {kept(saving, settings, shlex.join(command))}", 130) from None


def check_writable(folder: Path) -> None:
    """A DataError, before any work, if the folder could not be made or written into."""
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(path))
    if not existing.is_dir():
        raise DataError(f"--out {folder}: {existing} is not a directory")
    if folder.suffix in {Path(name).suffix for name in (FILE, *BESIDE)} and not folder.exists():
        raise DataError(f"--out {folder}: name a folder, not a file; {FILE}, {BESIDE[0]} and the pictures go into it")
    for name in (FILE, *BESIDE):
        if (folder / name).is_dir():
            raise DataError(f"--out {folder}: {folder / name} is a directory, and a file of that name is to be written")
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise DataError(f"--out {folder}: cannot write into {existing}: {error.strerror}") from None


def start(given: dict[str, Any], dataset: Dataset) -> tuple[Settings, Encoding, Split]:
    """The settings of a new training, with the rows and what it must remember.

    Raises:
        DataError: there are too few rows, or the loss is none for this target.
    """
    known = {**OF_NUMBERS} if not dataset.classes else {**OF_CLASSES}
    if len(dataset.classes) == 2:
        known |= OF_TWO_CLASSES
    loss = given.get("loss", next(iter(known)))
    if loss not in known:
        kind = f"{len(dataset.classes)} classes" if dataset.classes else "an amount"
        raise DataError(
            f"--loss {loss}: the target {dataset.target!r} is {kind}, for which there is {', '.join(known)}"
        )
    rows = split(dataset, given["data"], given.get("seed", 0))
    resolved = {"target": dataset.target, "task": task_of(dataset), "loss": loss}
    return chosen(given | resolved, len(rows.train)), Encoding.of(dataset, rows.train, loss), rows


def build(encoding: Encoding, settings: Settings) -> tuple[MLP, Optimizer]:
    """The network with its first weights, as large as its activation wants them, and its optimiser.

    Raises:
        DataError: the network is larger than MOST_PARAMETERS, or than the memory.
    """
    sizes = [len(encoding.features), *settings.hidden, encoding.outputs]
    parameters = sum((reads + 1) * gives for reads, gives in pairwise(sizes))
    too_large = DataError(
        f"--hidden {words(settings.hidden)}: a network of {parameters:,} parameters is too large, "
        f"expected at most {MOST_PARAMETERS:,} and what the memory holds"
    )
    if parameters > MOST_PARAMETERS:
        raise too_large
    try:
        return _built(encoding, settings)
    except MemoryError:
        raise too_large from None


def _built(encoding: Encoding, settings: Settings) -> tuple[MLP, Optimizer]:
    kinked = settings.activation in ("relu", "leaky_relu", "elu", "gelu", "silu", "softplus")
    model = MLP(
        len(encoding.features),
        [*settings.hidden, encoding.outputs],
        activation=settings.activation,
        output=encoding.activation,
        init="kaiming_uniform" if kinked else "xavier_uniform",
        rng=settings.seed,
    )
    optimizer: Any = OPTIMIZERS[settings.optimizer]
    return model, optimizer(model.parameters(), lr=settings.lr)


def introduce(data: str, dataset: Dataset, settings: Settings, rows: Split, given: dict[str, Any], done: int) -> None:
    """Say what was read, and how, and what will be trained."""
    (n, d), classes = dataset.X.shape, dataset.classes
    print(f"{data}: {n} rows, {d} feature{'s' * (d > 1)} ({brief(dataset.features)})")
    kind = f"classification, {len(classes)} classes ({brief(classes)})" if classes else "regression"
    print(f"target {dataset.target}: {kind}{doubt(dataset) if data not in NAMED and 'task' not in given else ''}")
    outputs = len(classes) if settings.loss in OF_CLASSES else 1
    sizes = "-".join(map(str, [d, *settings.hidden, outputs]))
    print(f"network {sizes}, {settings.activation}; {len(rows.train)} rows to train, {len(rows.held_out)} held out")
    steps = f"{settings.epochs} epochs{f', going on after {done}' if done else ''}, {settings.batch_size} rows a step"
    print(f"{settings.loss}, {settings.optimizer} with lr {settings.lr:g}; {steps}", flush=True)


def doubt(dataset: Dataset) -> str:
    """Where the target could be meant in another way, how to say so; else nothing."""
    if not dataset.classes:
        whole = bool(np.all(dataset.y == np.floor(dataset.y)))
        return " (many different whole numbers; if they are classes: --task classification)" if whole else ""
    numbers = all(parse(name) is not None for name in dataset.classes)
    return " (few different whole numbers; if they are amounts: --task regression)" if numbers else ""


def report(model: MLP, encoding: Encoding, history: History, dataset: Dataset, rows: Split) -> None:
    """Say how well the network does, on the rows that it has seen and on those it has not."""
    of = encoding.loss
    if not encoding.classes:
        of += f" of {encoding.target} in standard deviations (one is {encoding.target_deviation:.4g})"
    print(f"loss {history.losses[0]:.4g} in the first epoch, {history.losses[-1]:.4g} in the last: {of}")
    for name, part in (("training", rows.train), ("held-out", rows.held_out)):
        if not len(part):
            continue
        truth, answers = dataset.y[part], encoding.answers(predict(model, encoding.inputs(dataset.X[part])))
        if encoding.classes:
            right = int((answers == truth).sum())
            print(f"accuracy on {name} rows: {right / len(truth):.3f} ({right} of {len(truth)})")
        else:
            error = mse(answers, truth)
            numbers = f"mse {error:.4g} (its root {error**0.5:.4g}), R² {r2(answers, truth):.4f}"
            print(f"on {name} rows, in the units of {encoding.target}: {numbers}")


def leave(folder: Path, model: MLP, encoding: Encoding, history: History, dataset: Dataset, rows: Split) -> None:
    """Write the history and the pictures, and say what there is."""
    shown = (rows.held_out if len(rows.held_out) else rows.train)[:1]
    names = [FILE, history.to_csv(folder / "history.csv").name]
    neuron = draw_neuron(folder, model, encoding, encoding.inputs(dataset.X[shown])[0], dataset.y[shown])
    try:
        names += draw_plots(folder, model, encoding, history, dataset, rows.held_out)
    except ImportError as error:
        print(f"no picture of the loss: {error}")
    print(f"in {folder}: {', '.join(names)} and one neuron with its gradients, {neuron.name}")


def kept(saving: Saving, settings: Settings, command: str) -> str:
    """What a training that broke off has left, and how to go on."""
    if not saving.epoch:
        return "nothing was written"
    command = f"; to go on: {command}" if saving.epoch < settings.epochs and command else ""
    return f"{saving.path} has {saving.epoch} of {settings.epochs} epochs{command}"


def brief(names: Sequence[str]) -> str:
    """Some names as one text."""
    return ", ".join(names[:8]) + ", ..." * (len(names) > 8)
