"""`python -m nn COMMAND`: train a network on a table of numbers, use it, look at it.

python -m nn train iris
python -m nn train houses.csv --target price --hidden 32 16 --epochs 200
python -m nn predict runs/houses more.csv
python -m nn summary runs/houses
python -m nn datasets
"""

from __future__ import annotations

import io
import os
import sys
from typing import Any

from .command import UnfinishedError
from .command.arguments import parser
from .table import DataError


def main(arguments: list[str] | None = None) -> int:
    """Run the command; gives the exit status: 0, 1 if training or writing failed, 2 for wrong input, 130 for Ctrl-C."""
    try:
        run(vars(parser().parse_args(arguments)))
        sys.stdout.flush()
    except DataError as error:
        print(error, file=sys.stderr)
        return 2
    except UnfinishedError as error:
        print(error, file=sys.stderr)
        return error.status
    except BrokenPipeError:  # whoever read the output has gone, as in: ... | head -1
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"{error.filename or 'the output'}: cannot be written: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; nothing was written", file=sys.stderr)
        return 130
    return 0


def run(given: dict[str, Any]) -> None:
    """Run one command. Each is imported here, so that --help does not wait for what it needs."""
    match given["command"]:
        case "train":
            from .command.train import train

            train(given)
        case "predict":
            from .command.predict import predict

            predict(given)
        case "summary":
            from .command.show import summary

            summary(given)
        case _:
            from .command.show import datasets

            datasets()


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a letter shows "?"
    sys.exit(main())
