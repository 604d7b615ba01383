"""Ctrl-C during backward leaves every count clean."""

from __future__ import annotations

import os
import signal
import threading

import pytest

import autograd
from autograd import Value

from .helpers import near
from .shapes import N, chain, diamonds, fan, ladder


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timer signals")
def test_ctrl_c_during_backward_leaves_every_count_clean() -> None:
    x = Value(1.0)
    roots = [diamonds(x, N // 10), ladder(x, N // 10), fan(x, N // 10), chain(x, N // 10)]
    x.grad = 0
    for root in roots:
        root.backward()
    want = x.grad
    stopped, armed = 0, False

    def stop(*_: object) -> None:
        if armed:  # a late signal must not hit the test itself
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, stop)
    try:
        for i in range(60):
            try:
                armed = True
                signal.setitimer(signal.ITIMER_REAL, 0.0001 + 0.0007 * i)
                while True:
                    for root in roots:
                        root.backward()
            except KeyboardInterrupt:
                armed = False
                stopped += 1
            x.grad = 0
            for root in roots:
                root.backward()
            assert x.grad == want, "the sweep after one that was stopped is exact"
    finally:
        signal.signal(signal.SIGALRM, before)
    assert stopped == 60


def test_ctrl_c_from_the_keyboard() -> None:
    """The signal itself, sent while the sweep runs in the main thread."""
    x = Value(1.0)
    root = diamonds(x, N)
    pressed = threading.Event()

    def press() -> None:
        pressed.wait()
        os.kill(os.getpid(), signal.SIGINT)

    def sweep_for_ever() -> None:
        pressed.set()
        while True:
            root.backward()

    finger = threading.Thread(target=press)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores Ctrl-C
    try:
        finger.start()
        with pytest.raises(KeyboardInterrupt):
            sweep_for_ever()
        finger.join()
    finally:
        signal.signal(signal.SIGINT, before)
    x.grad = 0
    root.backward()
    assert near(x.grad, 1.0)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timer signals")
def test_a_sweep_inside_a_sweep_is_refused_or_exact() -> None:
    x = Value(1.0)
    shared = x * 2.0
    small, big = shared * 3.0, shared
    for _ in range(30_000):
        big = big + shared
    sent, done, refused = 0, 0, 0

    def sweep(*_: object) -> None:
        nonlocal done, refused
        try:
            small.backward()
            done += 1
        except RuntimeError as error:
            refused += "backward() inside backward()" in str(error)

    before = signal.signal(signal.SIGALRM, sweep)
    try:
        while sent < 20:
            signal.setitimer(signal.ITIMER_REAL, 0.0002 + 0.001 * (sent % 10))
            while done + refused <= sent:
                x.grad, swept = 0.0, done
                big.backward()
                assert x.grad in (60_002.0, 60_002.0 + 6.0 * (done - swept))
            sent += 1
    finally:
        signal.signal(signal.SIGALRM, before)
    assert autograd.engine == "c" or refused
