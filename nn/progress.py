"""How far a training is: a bar in a terminal, a few plain lines where the output is none, both on stderr."""

from __future__ import annotations

import math
import shutil
import sys
from time import perf_counter
from types import TracebackType

LINES = 10
"""About so many lines are written where the output is no terminal."""


class Progress:
    """Shows nothing; its two subclasses do.

    Args:
        samples: in one epoch. done: the epochs that were trained earlier. epochs: how many there will be in all.
    """

    def __init__(self, samples: int, done: int, epochs: int) -> None:
        self.samples, self.done, self.epochs = samples, done, epochs

    def step(self, samples: int) -> None:
        """So many samples were learned from."""

    def end_epoch(self, epoch: int, numbers: dict[str, float]) -> None:
        """An epoch, counted from 1, is over, and these are its loss and metrics."""

    def close(self) -> None:
        """The training is over, or broke off."""

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class Bar(Progress):
    """tqdm's bar: it counts samples, so that it moves in a long epoch too, and its rate is samples per second."""

    def __init__(self, samples: int, done: int, epochs: int) -> None:
        from tqdm import tqdm  # takes long to load, and only a terminal has a bar

        super().__init__(samples, done, epochs)
        columns, rows = (
            shutil.get_terminal_size()
        )  # 80 and 24 where the terminal does not know; tqdm would show nothing
        self.bar = tqdm(
            total=epochs * samples,
            initial=done * samples,
            unit=" samples",
            unit_scale=True,
            ncols=columns,
            nrows=rows,
            bar_format="{desc} {percentage:3.0f}%|{bar:10}| {rate_fmt}, {remaining} left",
            desc=f"epoch {done + 1}/{epochs}",
        )

    def step(self, samples: int) -> None:
        self.bar.update(samples)

    def end_epoch(self, epoch: int, numbers: dict[str, float]) -> None:
        self.bar.set_description_str(f"epoch {epoch}/{self.epochs}, {_words(numbers)}", refresh=False)

    def close(self) -> None:
        self.bar.refresh()
        self.bar.close()


class Lines(Progress):
    """A line after every `every` epochs, after the first and after the last."""

    def __init__(self, samples: int, done: int, epochs: int, every: int) -> None:
        super().__init__(samples, done, epochs)
        self.every, self.start, self.waiting = every, perf_counter(), ""

    def end_epoch(self, epoch: int, numbers: dict[str, float]) -> None:
        seconds = perf_counter() - self.start
        trained = epoch - self.done
        rate = f"{self.samples * trained / seconds:,.0f} samples/s"
        left = f", {_duration(seconds / trained * (self.epochs - epoch))} left" if epoch < self.epochs else ""
        self.waiting = f"epoch {epoch:{len(str(self.epochs))}}/{self.epochs}: {_words(numbers)}, {rate}{left}"
        if epoch % self.every == 0 or trained == 1:
            self.close()

    def close(self) -> None:
        if self.waiting:
            print(self.waiting, file=sys.stderr, flush=True)
            self.waiting = ""


def shown(progress: bool | int, samples: int, done: int, epochs: int) -> Progress:
    """What `fit(..., progress=)` asks for.

    Args:
        progress: True: a bar in a terminal, else about ten lines; a whole number k: a line every k epochs; False:
            nothing.
        samples, done, epochs: as Progress.

    Raises:
        ValueError: progress is none of these.

        >>> type(shown(5, samples=100, done=0, epochs=20)).__name__
        'Lines'
    """
    if progress is False:
        return Progress(samples, done, epochs)
    if progress is not True:
        if type(progress) is not int or progress < 1:
            raise ValueError(f"fit: progress must be True, False or a whole number of 1 or more, got {progress!r}")
        return Lines(samples, done, epochs, progress)
    if sys.stderr.isatty():
        return Bar(samples, done, epochs)
    return Lines(samples, done, epochs, max(1, math.ceil((epochs - done) / LINES)))


def _words(numbers: dict[str, float]) -> str:
    """The numbers with their names: "loss 0.125, accuracy 0.9"."""
    return ", ".join(f"{name} {number:.4g}" for name, number in numbers.items())


def _duration(seconds: float) -> str:
    """As people say it: "0.4 s", "12 s", "3 min", "2 h 5 min"."""
    if seconds < 59.5:
        return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
