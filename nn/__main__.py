"""`python -m nn train DATA`: train a network on a table of numbers and see how well it does.

python -m nn train iris
python -m nn train houses.csv --target price --hidden 32 16 --epochs 200
"""

from __future__ import annotations

import argparse
import io
import math
import os
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from autograd import Value, draw

from .data import Dataset, iris, load_csv, mean_and_deviation, standardise, train_test_split
from .losses import cross_entropy, mse
from .metrics import accuracy, r2
from .neuron import MLP
from .optim import SGD
from .table import DataError, short
from .training import Loss, fit, predict


class Parser(argparse.ArgumentParser):
    """argparse with errors of one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message}; see {self.prog} --help\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; gives the exit status: 0, 1 if training failed, 2 for wrong input, 130 for Ctrl-C."""
    try:
        options = parser().parse_args(arguments)
        folder = Path(options.out if options.out else Path("runs", Path(options.data).stem))
        check_writable(folder)
        train(options, folder)
    except DataError as error:
        print(error, file=sys.stderr)
        return 2
    except FloatingPointError as error:
        print(f"training stopped: {error} (--lr); nothing was written", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read the output has gone, as in: ... | head -1
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"{error.filename}: cannot be written: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return 130
    return 0


def parser() -> argparse.ArgumentParser:
    """What can be written after `python -m nn`."""
    main_parser = Parser(prog="python -m nn", description="Neural networks from scalar Values.")
    commands = main_parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser(
        "train",
        help="train a network on a table of numbers",
        description="Train a network on four fifths of the rows and test it on the rest; draw one of its neurons.",
    )
    add = command.add_argument
    add("data", metavar="DATA", help="'iris', or the path of a CSV file of numbers with a header")
    add("--target", metavar="COLUMN", help="the column to learn (default: the last one)")
    add("--hidden", metavar="SIZE", nargs="*", type=whole(1), default=[16], help="hidden layers' sizes (default: 16)")
    add("--epochs", metavar="N", type=whole(1), default=50, help="times to go through the rows (default: %(default)s)")
    add("--lr", metavar="RATE", type=rate, default=0.1, help="the learning rate (default: %(default)s)")
    add("--seed", metavar="N", type=whole(0), default=0, help="of split, weights, shuffling (default: %(default)s)")
    add("--out", metavar="DIR", help="where to write the picture (default: runs/ and the name of DATA)")
    return main_parser


def whole(least: int) -> Any:
    """An argument type: a whole number, not below `least`."""

    def convert(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if number < least:
            raise argparse.ArgumentTypeError(f"expected a whole number from {least} up, got {text!r}")
        return number

    return convert


def rate(text: str) -> float:
    """An argument type: a number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return number


def check_writable(folder: Path) -> None:
    """A DataError, before any work, if the folder could not be made or written into."""
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(path))
    if not existing.is_dir():
        raise DataError(f"--out {folder}: {existing} is not a directory")
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise DataError(f"--out {folder}: cannot write into {existing}: {error.strerror}") from None


def train(options: argparse.Namespace, folder: Path) -> None:
    """Split, standardise, train, test, draw."""
    dataset = load(options.data, options.target)
    classes, (n, d) = dataset.classes, dataset.X.shape
    rows, held_out = split(dataset, options.data, options.seed)
    X, X_test = standardise(dataset.X[rows], dataset.X[held_out])
    mean, deviation = (0, 1) if classes else mean_and_deviation(dataset.y[rows])
    y = dataset.y if classes else (dataset.y - mean) / deviation

    random.seed(options.seed)
    sizes = [d, *options.hidden, len(classes) or 1]
    model = MLP(sizes[0], sizes[1:])
    loss = cross_entropy if classes else mse
    print(f"{options.data}: {n} rows, {d} features ({brief(dataset.features)})")
    kind = f"classification, {len(classes)} classes ({brief(classes)})" if classes else "regression"
    print(f"target {dataset.target}: {kind}")
    print(f"network {'-'.join(map(str, sizes))}; {len(rows)} rows to train, {len(held_out)} held out", flush=True)
    history = fit(
        model,
        X.tolist(),
        y[rows].tolist(),
        loss=loss,
        optimizer=SGD(model.parameters(), options.lr),
        epochs=options.epochs,
        seed=options.seed,
    )
    print(f"loss {history.losses[0]:.4g} in the first epoch, {history.losses[-1]:.4g} in the last")

    outputs, truth = predict(model, X_test.tolist()), dataset.y[held_out]
    if classes:
        right = accuracy(outputs, truth)
        print(f"accuracy on held-out rows: {right:.3f} ({round(right * len(truth))} of {len(truth)})")
    else:
        predictions = outputs * deviation + mean
        print(f"on held-out rows: mse {mse(predictions, truth):.4g}, R² {r2(predictions, truth):.4f}")
    picture = draw_neuron(model, dataset.features, X_test[0].tolist(), loss, y[held_out[0]].item(), folder)
    print(f"picture of one neuron: {picture}")


def load(data: str, target: str | None) -> Dataset:
    """The dataset that the command line names."""
    if data != "iris":
        return load_csv(data, target)
    dataset = iris()
    if target not in (None, dataset.target):
        raise DataError(f"iris: the column to learn is {dataset.target!r}, got --target {target!r}")
    return dataset


def split(dataset: Dataset, data: str, seed: int) -> tuple[Any, Any]:
    """Row numbers to train and to test; a DataError if there are too few."""
    n, least = len(dataset.y), 5 if dataset.classes else 10
    if n < least:
        raise DataError(f"{data}: {n} rows are too few to hold out a fifth of them, expected at least {least}")
    if dataset.classes:
        counts = np.bincount(dataset.y)
        if counts.min() < 2:
            rare = short(dataset.classes[counts.argmin()])
            raise DataError(f"{data}, column {dataset.target!r}: the class {rare} has one row, expected at least 2")
    return train_test_split(dataset.y, seed=seed)


def draw_neuron(model: MLP, features: Sequence[str], x: list[float], loss: Loss, target: float, folder: Path) -> Path:
    """Draw the neuron of the first layer that the row x teaches most, with its gradients; gives the file's path."""
    outputs: list[Any] = [[Value(number, label=name) for name, number in zip(features, x, strict=True)]]
    for layer in model.layers:
        outputs.append(layer(outputs[-1]))
    model.zero_grad()
    total = loss(outputs[-1], target) if loss is cross_entropy else loss(outputs[-1], [target])
    total.backward()
    neurons = model.layers[0].neurons
    most = max(range(len(neurons)), key=lambda i: sum(abs(w.grad) for w in neurons[i].w))
    neuron, output = neurons[most], outputs[1][most]
    for name, weight in zip(features, neuron.w, strict=True):
        weight.label = f"w {name}"
    neuron.b.label, output.label = "bias", f"layers.0.neurons.{most}"
    drawing = draw(output, names=neuron)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return drawing.save(folder / "neuron.svg")
    except RuntimeError:  # no engine for pictures is installed
        return drawing.save(folder / "neuron.dot")


def brief(names: Sequence[str]) -> str:
    """Some names as one text."""
    return ", ".join(names[:8]) + ", ..." * (len(names) > 8)


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter shows "?"
    sys.exit(main())
