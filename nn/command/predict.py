"""`python -m nn predict CHECKPOINT DATA`: what a trained network answers to the rows of a table, as CSV."""

from __future__ import annotations

import csv
import io
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from .. import prediction
from ..safe_file import write_safely
from ..table import DataError, read_table
from .encoding import Encoding
from .saved import read_saved


def predict(given: dict[str, Any]) -> None:
    """Read the network and the table, and write the table with the answers.

    Args:
        given: what stands on the command line.

    Raises:
        DataError: the input is wrong, or an answer is not finite; nothing has been written.
    """
    saved = read_saved(given["checkpoint"])
    if given.get("out") and os.path.realpath(given["out"]) == os.path.realpath(saved.path):
        raise DataError(f"--out {given['out']}: that is the checkpoint itself; give the answers another name")
    answered = answer(saved.model, saved.encoding, given["data"])
    if not given.get("out"):
        rest = memoryview(answered.encode())
        while rest:  # an unbuffered output (python -u) may take only a part at a time
            rest = rest[sys.stdout.buffer.write(rest) :]
        return
    path = Path(given["out"])
    try:
        write_safely(path, answered.encode())
    except OSError as error:
        raise DataError(f"--out {path}: cannot be written: {error.strerror}") from None


def answer(model: Any, encoding: Encoding, data: str) -> str:
    """The table in a file with the network's answers, as CSV.

    Args:
        model, encoding: of the training. data: the file; its columns may stand in any order, and there may be more.

    Raises:
        DataError: the file is no table, or lacks a feature, or has a column of the name of a new one; the answer
            to a row is not finite.
    """
    table = read_table(data)
    missing = [name for name in encoding.features if name not in table.names]
    if missing:
        names = ", ".join(map(repr, missing[:8])) + ", ..." * (len(missing) > 8)
        raise DataError(f"{data}: there is no column {names}; the network was trained with it")
    X = np.array([table.numbers(name) for name in encoding.features]).T
    with np.errstate(all="ignore"):
        outputs = prediction.predict(model, encoding.inputs(X))
        found = encoding.answers(outputs)
    finite = np.isfinite(np.column_stack([outputs, found])).all(axis=1)
    if not finite.all():
        line = table.lines[int(finite.argmin())]
        raise DataError(f"{data}, line {line}: the network's answer is not finite; are the row's numbers too large?")
    answers: list[Any] = found.tolist()
    new: dict[str, list[Any]] = {"prediction": [encoding.classes[i] for i in answers] if encoding.classes else answers}
    chances = encoding.probabilities(outputs)
    if chances is not None:
        new |= {f"probability {name}": chances[:, i].tolist() for i, name in enumerate(encoding.classes)}
    for name in new:
        if name in table.names:
            raise DataError(f"{data}: there is a column {name!r} already; rename it or leave it out")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*table.names, *new])
    writer.writerows([*row, *more] for row, *more in zip(table.rows, *new.values(), strict=True))
    return text.getvalue()
