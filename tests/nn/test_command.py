"""`python -m nn train`, run as people run it: what it prints and writes, and how it refuses."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import nn
from nn.__main__ import main
from nn.data import iris

from .test_training import iris_accuracy

ROOT = Path(nn.__file__).resolve().parent.parent


def command(*arguments):
    return [sys.executable, "-W", "error", "-m", "nn", *map(str, arguments)]


def environment(**more):
    return os.environ | {"PYTHONPATH": str(ROOT)} | more


def run(*arguments, cwd, **more):
    return subprocess.run(command(*arguments), cwd=cwd, env=environment(**more), capture_output=True, text=True)


def refused(done, folder):
    """The one line on stderr of a command that must have written nothing into the folder."""
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert [p.name for p in folder.iterdir() if p.suffix != ".csv"] == []
    return done.stderr


def test_iris(tmp_path):
    done = run("train", "iris", "--seed", 3, "--out", "deep/pictures", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "iris: 150 rows, 4 features (sepal_length, sepal_width, petal_length, petal_width)" in done.stdout
    assert "target species: classification, 3 classes (setosa, versicolor, virginica)" in done.stdout
    assert "network 4-16-3; 120 rows to train, 30 held out" in done.stdout
    right = iris_accuracy(iris(), 3)
    assert f"accuracy on held-out rows: {right:.3f} ({round(30 * right)} of 30)" in done.stdout
    assert "50/50" in done.stderr
    (picture,) = (tmp_path / "deep" / "pictures").iterdir()
    assert f"picture of one neuron: {picture.relative_to(tmp_path)}" in done.stdout


def test_the_picture_shows_the_neuron(tmp_path):
    done = run("train", "iris", "--epochs", 2, cwd=tmp_path, PATH="/nowhere", PYTHONNOUSERSITE="1")
    assert done.returncode == 0, done.stderr
    (picture,) = (tmp_path / "runs" / "iris").iterdir()  # without the program dot
    if picture.suffix == ".svg":  # laid out by pygraphviz
        text = " ".join(ElementTree.parse(picture).getroot().itertext())
    else:
        assert picture.name == "neuron.dot"
        text = picture.read_text()
    for label in (*iris().features, *(f"w {name}" for name in iris().features), "bias", "relu"):
        assert label in text
    assert re.search(r"layers\.0\.neurons\.\d+", text)
    assert text.count("grad") >= 11


def test_a_regression(tmp_path):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 3))
    prices = 1e6 + 3e5 * rows[:, 0] - 1e5 * rows[:, 1] * rows[:, 2]
    lines = [f"{p!r},{a!r},{b!r},{c!r},7" for p, (a, b, c) in zip(prices.tolist(), rows.tolist(), strict=True)]
    (tmp_path / "houses.csv").write_text("price,a,b,c,always\n" + "\n".join(lines))
    done = run(
        "train", "houses.csv", "--target", "price", "--epochs", 60, "--lr", 0.05, "--hidden", 16, 8, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "target price: regression" in done.stdout
    assert "network 4-16-8-1; 160 rows to train, 40 held out" in done.stdout
    found = re.search(r"on held-out rows: mse (\S+), R² (\S+)", done.stdout)
    assert float(found[2]) > 0.9
    assert 0 < float(found[1]) < 0.1 * np.var(prices)
    assert list((tmp_path / "runs" / "houses").iterdir())


def test_no_hidden_layer(tmp_path):
    done = run("train", "iris", "--hidden", "--epochs", 5, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "network 4-3;" in done.stdout


def test_help_names_every_default(capsys):
    with pytest.raises(SystemExit) as exit:
        main(["train", "--help"])
    assert exit.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    defaults = {"--target": "the last one", "--hidden": "16", "--epochs": "50", "--lr": "0.1", "--seed": "0"}
    for option, default in (defaults | {"--out": "runs/ and the name of DATA"}).items():
        assert re.search(rf"{option} .*?\(default: {re.escape(default)}\)", text)


GOOD = "a,b\n" + "".join(f"{i},{i % 2}\n" for i in range(10))
FILES = {
    "good.csv": GOOD,
    "empty.csv": "",
    "header.csv": "a,b\n",
    "text.csv": GOOD + "x,1\n",
    "text-in-target.csv": "a,b\n" + "".join(f"{i},{i / 7}\n" for i in range(20)) + "20,n/a\n",
    "ragged.csv": GOOD + "1,2,3\n",
    "nan.csv": GOOD + "nan,1\n",
    "inf.csv": GOOD + "1,inf\n",
    "twice.csv": "a,a\n1,2\n",
    "bytes.csv": GOOD.encode() + b"\xe9,1\n",
    "one-class.csv": "a,b\n" + "1,x\n2,x\n" * 10,
    "four.csv": "a,b\n1,0\n2,1\n3,0\n4,1\n",
    "nine.csv": "a,b\n" + "".join(f"{i},{i / 7}\n" for i in range(9)),
    "rare.csv": "a,b\n" + "1,x\n2,y\n" * 10 + "3,z\n",
}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["empty.csv"], "empty.csv: the file is empty"),
        (["header.csv"], "header.csv: there are no rows"),
        (["text.csv"], "text.csv, line 12, column 'a': expected a number, got 'x'"),
        (["text-in-target.csv"], "text-in-target.csv, line 22, column 'b': expected a number, got 'n/a'"),
        (["ragged.csv"], "ragged.csv, line 12: expected 2 values"),
        (["nan.csv"], "nan.csv, line 12, column 'a': nan is not a finite number"),
        (["inf.csv"], "inf.csv, line 12, column 'b': inf is not a finite number"),
        (["twice.csv"], "twice.csv, line 1, column 2: two columns are called 'a'"),
        (["bytes.csv"], "bytes.csv, line 12: byte 0xe9 is not UTF-8"),
        (["one-class.csv"], "one-class.csv, column 'b': the target is 'x' in every row"),
        (["four.csv"], "four.csv: 4 rows are too few to hold out a fifth of them, expected at least 5"),
        (["nine.csv"], "nine.csv: 9 rows are too few to hold out a fifth of them, expected at least 10"),
        (["rare.csv"], "rare.csv, column 'b': the class 'z' has one row"),
        (["missing.csv"], "missing.csv: cannot be read: No such file"),
        (["."], ".: cannot be read: Is a directory"),
        (["good.csv", "--target", "c"], "good.csv: there is no column 'c'"),
        (["iris", "--target", "sepal_width"], "iris: the column to learn is 'species'"),
        (["good.csv", "--out", "good.csv"], "--out good.csv: "),
        (["good.csv", "--out", "good.csv/deeper"], "good.csv is not a directory"),
        (["good.csv", "--lr", "0"], "argument --lr: expected a number above 0, got '0'"),
        (["good.csv", "--lr", "nan"], "argument --lr: expected a number above 0, got 'nan'"),
        (["good.csv", "--lr", "fast"], "argument --lr: expected a number above 0, got 'fast'"),
        (["good.csv", "--epochs", "0"], "argument --epochs: expected a whole number from 1 up, got '0'"),
        (["good.csv", "--hidden", "16", "0"], "argument --hidden: expected a whole number from 1 up, got '0'"),
        (["good.csv", "--seed", "-1"], "argument --seed: expected a whole number from 0 up, got '-1'"),
        (["good.csv", "--seed", "1.5"], "argument --seed: expected a whole number from 0 up, got '1.5'"),
        (["good.csv", "--speed", "1"], "unrecognized arguments: --speed 1"),
        ([], "arguments are required: DATA"),
    ],
)
def test_wrong_input_is_refused_in_one_line(tmp_path, arguments, message):
    for name in FILES:
        if name in arguments or name in " ".join(arguments):
            content = FILES[name]
            (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert message in refused(run("train", *arguments, cwd=tmp_path), tmp_path)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a directory that nobody can write into")
def test_a_place_where_nothing_can_be_written_is_found_before_training(tmp_path):
    assert "--out /proc/here: cannot write into /proc: " in refused(
        run("train", "iris", "--out", "/proc/here", cwd=tmp_path), tmp_path
    )


def test_a_loss_that_grows_without_end(tmp_path):
    done = run("train", "iris", "--lr", "1e300", cwd=tmp_path)
    assert done.returncode == 1
    assert re.search(
        r"\ntraining stopped: the loss became (inf|nan) in epoch \d+; a smaller learning rate may help", done.stderr
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="sends the signal as a POSIX terminal does")
def test_ctrl_c(tmp_path):
    log = tmp_path / "log.csv"
    with log.open("w") as errors:
        process = subprocess.Popen(
            command("train", "iris", "--epochs", 1_000_000),
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=errors,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        while "epoch/s" not in log.read_text() and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
    assert "Traceback" not in log.read_text()
    assert log.read_text().endswith("interrupted; nothing was written\n")
    assert list(tmp_path.iterdir()) == [log]


def test_a_reader_that_goes_away(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        command("train", "iris", "--epochs", 1),
        cwd=tmp_path,
        env=environment(),
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writer)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "roken pipe" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_terminal_without_the_letters(tmp_path):
    (tmp_path / "flowers.csv").write_text("꽃잎,품종\n" + "1,장미\n2,백합\n" * 10)
    done = run("train", "flowers.csv", "--epochs", 1, cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "classification, 2 classes (??, ??)" in done.stdout
