"""`python -m nn`, run as people run it: its help, and how it refuses."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import nn
from nn.__main__ import main

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


@pytest.mark.parametrize("command", ["train", "predict", "summary", "datasets"])
def test_help(command, capsys):
    with pytest.raises(SystemExit) as exit:
        main([command, "--help"])
    assert exit.value.code == 0
    assert f"python -m nn {command}" in capsys.readouterr().out


def test_help_names_every_default(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    defaults = {
        "--target COLUMN": "the last one",
        "--task": "classification for words and for few different whole numbers, else regression",
        "--hidden": "16",
        "--activation": "relu",
        "--loss": "cross_entropy for classes, mse for amounts",
        "--optimizer": "adam",
        "--lr": "0.02; of sgd 0.1",
        "--epochs": "240,000 / rows to train, but 20 to 1000",
        "--batch-size": "256",
        "--seed": "0",
        "--out": "runs/ and the name of DATA",
        "--resume": "start anew, and replace what the folder has",
    }
    options = text[text.index(" options:") :]
    assert set(re.findall(r" (--[a-z-]+)", re.sub(r"\([^)]*\)|with --epochs|has --epochs", "", options))) == {
        *(option.split()[0] for option in defaults),
        "--help",
    }
    for option, default in defaults.items():
        assert re.search(rf" {option} .*?\(default: {re.escape(default)}\)", options), option


def test_help_does_not_wait_for_what_it_does_not_need(tmp_path):
    code = (
        "import sys; from nn.__main__ import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
        "print([m for m in ('matplotlib', 'safetensors', 'sklearn', 'tqdm', 'torch') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout.endswith("\n[]\n")


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
    "rows.csv": "1,0\n2,1\n" * 10,
    "rare.csv": "a,b\n" + "1,x\n2,y\n" * 10 + "3,z\n",
}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["empty.csv"], "empty.csv: the file is empty"),
        (["header.csv"], "header.csv: there are no rows"),
        (["text.csv"], "text.csv, line 12, column 'a': expected a number, got 'x'"),
        (["text-in-target.csv"], "text-in-target.csv, line 22, column 'b': expected a number, got 'n/a'"),
        (["ragged.csv"], "ragged.csv, line 12, column"),
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
        (["good.csv", "--out", "new.svg"], "--out new.svg: name a folder, not a file"),
        (["good.csv", "--out", ""], "--out: expected a name, got nothing"),
        ([""], "DATA: expected a name, got nothing"),
        (["good.csv", "--lr", "0"], "argument --lr: expected a number above 0, got '0'"),
        (["good.csv", "--lr", "nan"], "argument --lr: expected a number above 0, got 'nan'"),
        (["good.csv", "--lr", "fast"], "argument --lr: expected a number above 0, got 'fast'"),
        (["good.csv", "--epochs", "0"], "argument --epochs: expected a whole number from 1 up, got '0'"),
        (["good.csv", "--hidden", "16", "0"], "argument --hidden: expected a whole number from 1 up, got '0'"),
        (["good.csv", "--seed", "-1"], "argument --seed: expected a whole number from 0 up, got '-1'"),
        (["good.csv", "--seed", "1.5"], "argument --seed: expected a whole number from 0 up, got '1.5'"),
        (["good.csv", "--batch-size", "0"], "argument --batch-size: expected a whole number from 1 up, got '0'"),
        (["good.csv", "--optimizer", "adm"], "argument --optimizer: invalid choice: 'adm'"),
        (["good.csv", "--activation", "softmax"], "argument --activation: invalid choice: 'softmax'"),
        (["good.csv", "--loss", "mse"], "--loss mse: the target 'b' is 2 classes, for which there is cross_entropy, "),
        (["iris", "--loss", "hinge"], "the target 'species' is 3 classes, for which there is cross_entropy, nll\n"),
        (["good.csv", "--task", "regression", "--loss", "nll"], "is an amount, for which there is mse, l1, huber"),
        (["iris", "--task", "regression"], "iris, column 'species': --task regression needs numbers, got 'setosa', "),
        (["rows.csv"], "rows.csv, line 1: expected the names of the columns, got a row, '1,0'"),
        (["spirals"], "spirals: no file, and no data set of that name: there are iris, digits, xor, moons, "),
        (["good.csv", "--resume"], "runs/good/model.safetensors: cannot be read: No such file"),
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
