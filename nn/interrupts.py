"""Ctrl-C at the right moment: never between the first and the last weight of a step."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any


class Interrupts:
    """Inside it, Ctrl-C waits until whatever `hold` is doing is done.

    Only the main thread is interrupted by Ctrl-C; in another one this changes nothing.

    >>> steps = []
    >>> with Interrupts() as interrupts:
    ...     interrupts.hold(lambda: steps.append("a whole step"))
    >>> steps
    ['a whole step']
    """

    def __enter__(self) -> Interrupts:
        self._holding = self._pending = False
        handler = signal.getsignal(signal.SIGINT)
        self._handler = handler if callable(handler) and _in_main_thread() else None
        if self._handler:
            signal.signal(signal.SIGINT, self._interrupted)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._handler:
            signal.signal(signal.SIGINT, self._handler)

    def hold(self, action: Callable[[], Any]) -> None:
        """Do it as a whole."""
        self._holding = True
        try:
            action()
        finally:
            self._holding = False
            if self._pending:
                self._pending = False
                self._interrupted(signal.SIGINT, None)

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        if self._holding:
            self._pending = True
        elif self._handler:
            self._handler(number, frame)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
