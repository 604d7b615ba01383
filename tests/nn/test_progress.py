"""The progress of a training: plain lines, and the bar of a terminal."""

from __future__ import annotations

import io
import re
import sys

import pytest

from nn import Neuron, fit
from nn.progress import Lines, shown


def train(**settings):
    return fit(Neuron(1, nonlin=False), [[1.0]] * 3, [3.0] * 3, **{"loss": "mse", "optimizer": "sgd", **settings})


class Terminal(io.StringIO):
    def isatty(self):
        return True


def terminal(monkeypatch):
    """Make stderr a terminal, from here to the end of the test; gives what is written there."""
    monkeypatch.setenv("COLUMNS", "120")
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    return screen


def epochs_of(text):
    return [int(line.split("/")[0].removeprefix("epoch")) for line in text.splitlines()]


def test_about_ten_plain_lines_where_there_is_no_terminal(capsys):
    history = train(epochs=100, metrics={"mean": lambda outputs, y: outputs.mean()})
    out, err = capsys.readouterr()
    assert out == ""
    assert epochs_of(err) == [1, *range(10, 101, 10)]
    first, *_, last = err.splitlines()
    rate = r"[\d,]+ samples/s"
    assert re.fullmatch(rf"epoch   1/100: loss {history.losses[0]:.4g}, mean \S+, {rate}, [\d.]+ s left", first)
    assert re.fullmatch(rf"epoch 100/100: loss {history.losses[-1]:.4g}, mean \S+, {rate}", last)


@pytest.mark.parametrize(
    ("settings", "epochs"),
    [
        ({"epochs": 3}, [1, 2, 3]),
        ({"epochs": 19}, [1, *range(2, 19, 2), 19]),
        ({"epochs": 9, "progress": 4}, [1, 4, 8, 9]),
        ({"epochs": 9, "progress": 1}, list(range(1, 10))),
        ({"epochs": 9, "progress": False}, []),
        ({"epochs": 90, "target_loss": 100.0}, [1]),
        ({"epochs": 90, "callbacks": [lambda run: run.stop("enough") if run.epoch == 13 else None]}, [1, 9, 13]),
    ],
)
def test_which_epochs_have_a_line(capsys, settings, epochs):
    train(**settings)
    assert epochs_of(capsys.readouterr().err) == epochs


def test_rate_and_time_left_are_of_this_training_alone(capsys, monkeypatch):
    clock = iter([100.0, 102.0, 104.0, 106.0])
    monkeypatch.setattr("nn.progress.perf_counter", lambda: next(clock))
    lines = Lines(samples=5000, done=7, epochs=100, every=1)
    for epoch in (8, 9, 100):
        lines.end_epoch(epoch, {"loss": 0.5})
    assert capsys.readouterr().err.splitlines() == [
        "epoch   8/100: loss 0.5, 2,500 samples/s, 3 min left",
        "epoch   9/100: loss 0.5, 2,500 samples/s, 3 min left",
        "epoch 100/100: loss 0.5, 77,500 samples/s",
    ]


def test_a_bar_in_a_terminal(monkeypatch):
    screen = terminal(monkeypatch)
    history = train(epochs=20)
    text = screen.getvalue()
    assert "\r" in text
    last = text.rsplit("\r", 1)[1]
    assert re.search(rf"epoch 20/20, loss {history.losses[-1]:.4g} 100%\|.+\| \S+ samples/s, 00:00 left", last)
    assert re.search(r"epoch 1/20   0%\|.+, \? left", text)


def test_the_bar_of_a_training_that_goes_on_begins_where_it_was(monkeypatch):
    screen = terminal(monkeypatch)
    bar = shown(True, samples=10, done=4, epochs=8)
    bar.step(10)
    bar.end_epoch(5, {"loss": 0.25})
    bar.close()
    last = screen.getvalue().rsplit("\r", 1)[1]
    assert "epoch 5/8, loss 0.25  62%" in last


def test_the_bar_is_closed_after_an_error(monkeypatch):
    screen = terminal(monkeypatch)

    def fail(run):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        train(epochs=3, callbacks=[fail])
    assert screen.getvalue().endswith("\n")
