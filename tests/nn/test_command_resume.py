"""A training that breaks off, and goes on: Ctrl-C, kill, --resume."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import nn
from nn.__main__ import main

from .test_command import environment, run

FAST = ["moons", "--hidden", "4"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def state(folder):
    """All that must be the same to the last bit."""
    saved = nn.load(Path(folder, "model.safetensors"))
    history = saved.history
    return saved.model.state_dict(), saved.optimizer.state_dict(), history.losses, history.val_losses, history.stopped


def train(*arguments):
    assert main(["train", *map(str, arguments)]) == 0


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_resuming_is_as_never_stopping(here, capsys, optimizer):
    settings = [*FAST, "--optimizer", optimizer, "--seed", 5, "--batch-size", 16]
    train(*settings, "--epochs", 9, "--out", "straight")
    train(*settings, "--epochs", 4, "--out", "parts")
    capsys.readouterr()
    train("moons", "--out", "parts", "--resume", "--epochs", 7)
    assert "7 epochs, going on after 4, 16 rows a step" in capsys.readouterr().out
    train("moons", "--out", "parts", "--resume", "--epochs", 9, "--seed", 5)  # the same seed is no conflict
    assert state("parts") == state("straight")
    assert len(Path("parts/history.csv").read_text().splitlines()) == 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--lr", "0.5"], "was trained with --lr 0.02, got --lr 0.5; leave it out to go on"),
        (["--hidden", "4", "4"], "was trained with --hidden 4, got --hidden 4 4;"),
        (["--batch-size", "8"], "was trained with --batch-size 256, got --batch-size 8;"),
        (["--task", "regression"], "was trained with --task classification, got --task regression;"),
        (["--epochs", "2"], "has 3 epochs, of 2 in all; for more, write --epochs 6"),
    ],
)
def test_what_does_not_fit_the_checkpoint_is_refused(here, capsys, arguments, message):
    train(*FAST, "--epochs", 3)
    before = {path: path.read_bytes() for path in here.rglob("*.*")}
    capsys.readouterr()
    assert main(["train", "moons", "--resume", *arguments]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert message in error
    assert error.startswith("runs/moons/model.safetensors ")
    assert error.count("\n") == 1
    assert {path: path.read_bytes() for path in here.rglob("*.*")} == before


def test_resuming_a_finished_training_writes_its_report_and_files_again(here, capsys):
    train(*FAST, "--epochs", 3)
    said, before = capsys.readouterr().out, state("runs/moons")
    files = sorted(os.listdir("runs/moons"))
    for name in files:
        if name != "model.safetensors":
            Path("runs/moons", name).unlink()
    train("moons", "--resume")
    again = capsys.readouterr().out
    assert again.splitlines()[4:] == said.splitlines()[4:]
    assert "loss " in again.splitlines()[4]
    assert sorted(os.listdir("runs/moons")) == files
    assert state("runs/moons") == before


def test_other_data_and_other_files_are_refused(here, capsys):
    table = Path("table.csv")
    table.write_text("a,b\n" + "".join(f"{i},{i % 2}\n" for i in range(20)))
    train("table.csv", "--epochs", 2)
    table.write_text(table.read_text().replace("\n7,", "\n7.5,"))
    assert main(["train", "table.csv", "--resume", "--epochs", "4"]) == 2
    assert "was trained on other data than table.csv holds" in capsys.readouterr().err
    path = Path("runs/table/model.safetensors")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert main(["train", "table.csv", "--resume", "--epochs", "4"]) == 2
    assert "it is damaged" in capsys.readouterr().err
    nn.save(path, nn.MLP(2, [1]))
    assert main(["train", "table.csv", "--resume", "--epochs", "4"]) == 2
    assert "python -m nn train did not write it" in capsys.readouterr().err


HEARS_CTRL_C = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("nn", run_name="__main__", alter_sys=True)
"""
"""`python -m nn` in which SIGINT raises KeyboardInterrupt, as in a terminal; a shell starts background jobs without."""


def interrupted(folder, sign, arguments):
    """Start a training that would not end, send it a signal when it has saved; gives its status and stderr."""
    log, saved = folder / "log.txt", folder / "runs" / "moons" / "model.safetensors"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", HEARS_CTRL_C, "train", *arguments],
            cwd=folder,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        try:
            end = time.monotonic() + 60
            while not saved.exists() and process.poll() is None and time.monotonic() < end:
                time.sleep(0.02)
            time.sleep(0.3)  # some epochs more
            process.send_signal(sign)
            return process.wait(timeout=30), log.read_text()
        finally:
            process.kill()
            process.wait()


@pytest.mark.skipif(os.name != "posix", reason="sends the signal as a POSIX terminal does")
def test_ctrl_c(here, capsys):
    status, log = interrupted(here, signal.SIGINT, [*FAST, "--epochs", "1000000"])
    assert status == 130
    assert "Traceback" not in log
    said = log.splitlines()[-1]
    found = re.fullmatch(
        r"interrupted; runs/moons/model\.safetensors has (\d+) of 1000000 epochs; to go on: (.*)", said
    )
    done = nn.load("runs/moons/model.safetensors").history.epochs
    assert int(found[1]) == done >= 1
    written = shlex.split(found[2])
    assert written == ["python", "-m", "nn", "train", "moons", "--resume", "--epochs", "1000000"]
    assert os.listdir("runs/moons") == ["model.safetensors"]
    train(*written[4:-1], done + 2)
    train(*FAST, "--epochs", done + 2, "--out", "straight")
    assert state("runs/moons") == state("straight")


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_a_killed_training_goes_on(here):
    status, _ = interrupted(here, signal.SIGKILL, [*FAST, "--epochs", "1000000"])
    assert status == -signal.SIGKILL
    done = nn.load("runs/moons/model.safetensors").history.epochs
    train("moons", "--resume", "--epochs", done + 2)
    train(*FAST, "--epochs", done + 2, "--out", "straight")
    assert state("runs/moons") == state("straight")


def test_ctrl_c_before_the_first_epoch_is_over(here, capsys, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("nn.optimizer.Optimizer.step", interrupt)
    assert main(["train", "moons"]) == 130
    assert capsys.readouterr().err.endswith("interrupted; nothing was written\n")
    assert os.listdir() == []


def test_a_loss_that_grows_without_end(tmp_path):
    done = run("train", "iris", "--lr", "1e300", "--batch-size", 64, cwd=tmp_path)
    assert done.returncode == 1
    assert re.search(
        r"(^|\n)training stopped: .* became (inf|nan) in epoch 1; a smaller learning rate may", done.stderr
    )
    assert done.stderr.endswith("(--lr); nothing was written\n")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_when_the_training_is_saved(here, capsys, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("nn.checkpoint.write_safely", full)
    assert main(["train", *FAST, "--epochs", "2"]) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("runs/moons/model.safetensors: cannot be written: No space left on device")


def test_saving_takes_no_notable_time(here, monkeypatch):
    saved = []
    save = nn.save
    monkeypatch.setattr("nn.save_checkpoint.save", lambda *a, **k: saved.append(0) or save(*a, **k))
    train(*FAST, "--epochs", 30)  # less than two seconds
    assert len(saved) == 2  # the first and the last
