"""Command line: python -m tests.benchmarks eager|compile [--rounds N] [--quick] [--readme] [--json FILE]."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import eager, ladder, ladder_reach, ladder_report, reach, report
from .runner import MismatchError

BENCHMARKS = {  # what runs it, what has to be reached, what prints it
    "eager": (eager, reach, report),
    "compile": (ladder, ladder_reach, ladder_report),
}


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {number}")
    return number


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("benchmark", choices=list(BENCHMARKS))
    default = f"{eager.ROUNDS}; compile: {ladder.ROUNDS}"
    parser.add_argument("--rounds", type=positive, help=f"turns of each engine (default {default})")
    parser.add_argument("--quick", action="store_true", help="few rounds, short chains, small graphs")
    parser.add_argument("--readme", action="store_true", help="print only the short table that the README shows")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured to FILE")
    chosen = parser.parse_args()
    if chosen.json and not chosen.json.parent.is_dir():
        parser.error(f"--json {chosen.json}: the folder {chosen.json.parent} does not exist")
    if chosen.json and chosen.json.is_dir():
        parser.error(f"--json {chosen.json}: this is a folder; name a file in it")
    return chosen


def main() -> int:
    chosen = arguments()
    benchmark, to_reach, printed = BENCHMARKS[chosen.benchmark]
    try:
        run = benchmark.run(chosen.rounds, chosen.quick)
    except MismatchError as mismatch:
        print(f"The engines disagree, so nothing was timed: {mismatch}", file=sys.stderr)
        return 1
    goals = to_reach.goals(run)
    if chosen.json:
        eager.write_text(chosen.json, eager.as_json(run, goals) + "\n")
    print(printed.readme(run) if chosen.readme else printed.report(run, goals))
    return 0


if __name__ == "__main__":
    sys.exit(main())
