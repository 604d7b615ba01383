"""What can be written after `python -m nn`."""

from __future__ import annotations

import argparse
import math
from typing import Any, NoReturn

from ..activations import ACTIVATIONS, OF_A_LAYER
from ..optim import OPTIMIZERS
from . import settings
from .encoding import OF_CLASSES, OF_NUMBERS, OF_TWO_CLASSES

TASKS = ("classification", "regression")


class Parser(argparse.ArgumentParser):
    """argparse with errors of one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: error: {message}; see {self.prog} --help\n")


def parser() -> argparse.ArgumentParser:
    """The parser of all four commands; the one that was written is `command` in what it gives.

    An option that was not written is not in it.
    """
    main_parser = Parser(prog="python -m nn", description="Neural networks from scalar Values.")
    commands = main_parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_train(commands)
    add_predict(commands)
    summary = commands.add_parser(
        "summary", help="say what is in a checkpoint", description="Print the layers of a network and its training."
    )
    add_checkpoint(summary)
    commands.add_parser(
        "datasets", help="list the data sets by name", description="List the data sets that DATA can be the name of."
    )
    return main_parser


def add_train(commands: Any) -> None:
    """The command `train`."""
    command = commands.add_parser(
        "train",
        help="train a network on a table of numbers",
        description="Train a network on four fifths of the rows and test it on the rest. Writes model.safetensors, "
        "history.csv, pictures of the losses and of what the network answers, and of one of its neurons.",
        argument_default=argparse.SUPPRESS,
    )
    add = command.add_argument
    add(
        "data",
        metavar="DATA",
        type=name,
        help="a CSV file of numbers with a line of names, or a name: see python -m nn datasets",
    )
    add("--target", metavar="COLUMN", help="the column to learn (default: the last one)")
    add(
        "--task",
        choices=TASKS,
        help="whether the target is a class or an amount (default: classification for words and for few different "
        "whole numbers, else regression)",
    )
    add("--hidden", metavar="SIZE", nargs="*", type=whole(1), help=f"hidden layers' sizes {default('hidden')}")
    bends = [name for name in ACTIVATIONS if name not in OF_A_LAYER]
    add("--activation", metavar="NAME", choices=bends, help=f"{either(bends)} {default('activation')}")
    add("--loss", metavar="NAME", choices=[*OF_CLASSES, *OF_TWO_CLASSES, *OF_NUMBERS], help=losses())
    add(
        "--optimizer",
        metavar="NAME",
        choices=list(OPTIMIZERS),
        help=f"{either(OPTIMIZERS)} {default('optimizer')}",
    )
    rates = f"{settings.rate_for('adam')}; of sgd {settings.rate_for('sgd')}"
    add("--lr", metavar="RATE", type=rate, help=f"the learning rate (default: {rates})")
    few, many, samples = settings.FEWEST, settings.MOST, settings.SAMPLES
    enough = f"{samples:,} / rows to train, but {few} to {many}"
    add("--epochs", metavar="N", type=whole(1), help=f"times to go through the rows, in all (default: {enough})")
    add("--batch-size", metavar="N", type=whole(1), help=f"rows for one step {default('batch_size')}")
    add("--seed", metavar="N", type=whole(0), help=f"of split, weights and shuffling {default('seed')}")
    add("--out", metavar="DIR", type=name, help="the folder to write into (default: runs/ and the name of DATA)")
    add(
        "--resume",
        action="store_true",
        help="go on with the checkpoint in the folder, with its settings, until it has --epochs in all "
        "(default: start anew, and replace what the folder has)",
    )


def add_predict(commands: Any) -> None:
    """The command `predict`."""
    command = commands.add_parser(
        "predict",
        help="answer the rows of a table",
        description="Write the table as CSV with a column `prediction`, and for classes the probability of each. "
        "Columns are found by their names; others than the network's features stay as they are.",
    )
    add_checkpoint(command)
    command.add_argument("data", metavar="DATA", help="a CSV file that has the columns the network was trained with")
    command.add_argument("--out", metavar="FILE", help="the file to write (default: standard output)")


def add_checkpoint(command: Any) -> None:
    """The argument that `predict` and `summary` share."""
    command.add_argument("checkpoint", metavar="CHECKPOINT", help="what train wrote: model.safetensors, or its folder")


def default(name: str) -> str:
    """How the help gives the default of a setting."""
    return f"(default: {settings.words(settings.DEFAULTS[name])})"


def either(names: Any) -> str:
    """A choice in words: "a, b or c"."""
    *most, last = names
    return f"{', '.join(most)} or {last}"


def losses() -> str:
    """The help of --loss."""
    two = f"for two classes also {either(OF_TWO_CLASSES)}"
    defaults = f"{next(iter(OF_CLASSES))} for classes, {next(iter(OF_NUMBERS))} for amounts"
    return f"for classes {either(OF_CLASSES)}; {two}; for amounts {either(OF_NUMBERS)} (default: {defaults})"


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


def name(text: str) -> str:
    """An argument type: the name of a file or folder."""
    if not text:
        raise argparse.ArgumentTypeError("expected a name, got nothing")
    return text


def rate(text: str) -> float:
    """An argument type: a number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return number
