"""`python -m nn predict`, `summary` and `datasets`."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

import nn
from autograd import Value, compile
from nn.__main__ import main
from nn.command.encoding import Encoded
from nn.command.saved import read_saved
from nn.command.tables import NAMED
from nn.prediction import replayed

from .test_command import command, environment

IRIS = Path(nn.__file__).with_name("iris.csv")


@pytest.fixture
def called(tmp_path, monkeypatch, capsysbinary):
    """Runs a command in an empty folder; gives what it printed."""
    monkeypatch.chdir(tmp_path)

    def go(*arguments, status=0):
        capsysbinary.readouterr()
        found = main([*map(str, arguments)])
        out, error = (text.decode() for text in capsysbinary.readouterr())
        assert found == status, error
        return error if status else out

    return go


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_classes_and_their_probabilities(called):
    text = called("train", "iris", "--epochs", 60, "--seed", 1)
    rows = table(called("predict", "runs/iris", IRIS))
    assert list(rows[0]) == [
        "sepal_length",
        "sepal_width",
        "petal_length",
        "petal_width",
        "species",
        "prediction",
        "probability setosa",
        "probability versicolor",
        "probability virginica",
    ]
    assert len(rows) == 150
    train, _ = nn.data.train_test_split(nn.data.iris().y, seed=1)
    right = [row["prediction"] == row["species"] for row in rows]
    assert f"training rows: {np.mean([right[i] for i in train]):.3f}" in text
    for row in rows:
        chances = {name.split()[1]: float(p) for name, p in row.items() if name.startswith("probability")}
        assert sum(chances.values()) == pytest.approx(1)
        assert max(chances, key=chances.__getitem__) == row["prediction"]


def test_the_network_is_not_asked_number_by_number(called, monkeypatch):
    called("train", "iris", "--epochs", 1)
    run = nn.MLP.forward
    monkeypatch.setattr(
        nn.MLP, "forward", lambda model, x: run(model, x) if isinstance(x[0], Value) else pytest.fail("row by row")
    )
    assert len(table(called("predict", "runs/iris", IRIS))) == 150


def test_a_network_that_takes_features_in_their_own_units(called):
    called("train", "moons", "--epochs", 1)
    saved, X = read_saved("runs/moons"), nn.data.moons(20).X
    encoded = Encoded(saved.model, saved.encoding)
    expected = nn.predict(saved.model, saved.encoding.inputs(X))
    np.testing.assert_allclose(nn.predict(encoded, X), expected, rtol=1e-12)
    assert replayed(encoded, compile(encoded), X) is not None


def test_columns_are_found_by_name(called):
    called("train", "iris", "--epochs", 5)
    expected = [row["prediction"] for row in table(called("predict", "runs/iris/model.safetensors", IRIS))]
    rows = table(IRIS.read_text())
    order = ["petal_width", "note", "petal_length", "sepal_width", "sepal_length"]
    lines = [",".join(['"a, b"' if name == "note" else row[name] for name in order]) for row in rows]
    Path("mixed.csv").write_text(",".join(order) + "\n" + "\n".join(lines))
    found = table(called("predict", "runs/iris", "mixed.csv"))
    assert [row["prediction"] for row in found] == expected
    assert list(found[0])[:5] == order
    assert {row["note"] for row in found} == {"a, b"}
    assert [row["petal_width"] for row in found] == [row["petal_width"] for row in rows]


@pytest.mark.parametrize("loss", ["nll", "binary_cross_entropy_with_logits", "binary_cross_entropy", "hinge"])
def test_probabilities_of_every_loss(called, loss):
    lines = [f"{i % 10},{'yes' if i % 10 > 4 else 'no'}" for i in range(100)]
    Path("steps.csv").write_text("x,answer\n" + "\n".join(lines))
    called("train", "steps.csv", "--loss", loss, "--epochs", 200)
    Path("new.csv").write_text("x\n0\n9\n4.5\n")
    no, yes, between = table(called("predict", "runs/steps", "new.csv"))
    assert (no["prediction"], yes["prediction"]) == ("no", "yes")
    if loss == "hinge":
        assert list(no) == ["x", "prediction"]
    else:
        assert float(no["probability no"]) > 0.9
        assert float(yes["probability yes"]) > 0.9
        assert 0.05 < float(between["probability no"]) < 0.95
        assert float(between["probability no"]) + float(between["probability yes"]) == pytest.approx(1)


def test_amounts_are_in_the_units_of_the_target(called):
    Path("line.csv").write_text("x,price\n" + "".join(f"{i},{1000 + 50.5 * i}\n" for i in range(40)))
    called("train", "line.csv", "--hidden", "--epochs", 300, "--batch-size", 8)
    rows = table(called("predict", "runs/line", "line.csv"))
    assert list(rows[0]) == ["x", "price", "prediction"]
    for row in rows:
        assert float(row["prediction"]) == pytest.approx(float(row["price"]), abs=20)


def test_into_a_file(called):
    called("train", "iris", "--epochs", 2)
    printed = called("predict", "runs/iris", IRIS)
    assert called("predict", "runs/iris", IRIS, "--out", "answers.csv") == ""
    assert Path("answers.csv").read_text() == printed
    error = called("predict", "runs/iris", IRIS, "--out", "no/folder.csv", status=2)
    assert error == "--out no/folder.csv: cannot be written: No such file or directory\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "new.csv: there is no column 'x'; the network was trained with it"),
        ("x\nmany\n", "new.csv, line 2, column 'x': expected a number, got 'many'"),
        ("x,prediction\n1,2\n", "new.csv: there is a column 'prediction' already; rename it or leave it out"),
        ("1\n2\n", "new.csv, line 1: expected the names of the columns"),
        ("", "new.csv: the file is empty"),
        (None, "new.csv: cannot be read: No such file"),
    ],
)
def test_a_wrong_table_is_refused_in_one_line(called, text, message):
    Path("line.csv").write_text("x,y\n" + "".join(f"{i},{i / 7}\n" for i in range(20)))
    called("train", "line.csv", "--epochs", 1)
    if text is not None:
        Path("new.csv").write_text(text)
    error = called("predict", "runs/line", "new.csv", "--out", "out.csv", status=2)
    assert error.startswith(message)
    assert error.count("\n") == 1
    assert not Path("out.csv").exists()


@pytest.mark.parametrize("target", [lambda i: i % 2, lambda i: i / 7])  # classes, amounts
def test_an_answer_that_is_not_finite_is_refused_with_its_line(called, target):
    Path("line.csv").write_text("x,y\n" + "".join(f"{i},{target(i)}\n" for i in range(20)))
    called("train", "line.csv", "--epochs", 1)
    Path("new.csv").write_text("x\n1\n\n1e308\n2\n")
    saved = nn.load("runs/line/model.safetensors")
    for parameter in saved.model.parameters():
        parameter.data *= 1e10
    nn.save("large.safetensors", saved.model, optimizer=saved.optimizer, history=saved.history, metadata=saved.metadata)
    error = called("predict", "large.safetensors", "new.csv", "--out", "out.csv", status=2)
    assert error == "new.csv, line 4: the network's answer is not finite; are the row's numbers too large?\n"
    assert not Path("out.csv").exists()


def test_the_answers_do_not_replace_the_checkpoint(called):
    called("train", "iris", "--epochs", 1)
    path = Path("runs/iris/model.safetensors")
    before = path.read_bytes()
    Path("link").symlink_to(path)
    for out in (path, "runs/../runs/iris/model.safetensors", "link"):
        error = called("predict", "runs/iris", IRIS, "--out", out, status=2)
        assert error == f"--out {out}: that is the checkpoint itself; give the answers another name\n"
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["predict", "summary"])
def test_a_wrong_checkpoint_is_refused_in_one_line(called, name):
    more = [IRIS] * (name == "predict")
    error = called(name, "no.safetensors", *more, status=2)
    assert error == "no.safetensors: cannot be read: No such file or directory\n"
    error = called(name, IRIS, *more, status=2)
    assert error.startswith(f"{IRIS}: it is damaged, cut off, or no safetensors file")
    assert error.count("\n") == 1
    os.mkdir("empty")
    assert called(name, "empty", *more, status=2).startswith("empty/model.safetensors: cannot be read: No such")


def test_a_model_that_another_program_saved(called):
    model = nn.MLP(4, [2, 3])
    nn.save("own.safetensors", model, metadata={"classes": ["a", "b", "c"]})
    assert called("summary", "own.safetensors") == f"{model.summary()}\n"
    error = called("predict", "own.safetensors", IRIS, status=2)
    assert error.startswith("own.safetensors: python -m nn train did not write it")


def test_a_reader_that_goes_away(called, tmp_path):
    called("train", "iris", "--epochs", 1)
    lines = IRIS.read_text().splitlines()
    Path("long.csv").write_text("\n".join([lines[0], *lines[1:] * 20]))
    reader, writer = os.pipe()
    process = subprocess.Popen(
        command("predict", "runs/iris", "long.csv"), env=environment(), stdout=writer, stderr=subprocess.PIPE, text=True
    )
    os.close(writer)
    with open(reader, "rb") as output:
        assert output.readline().startswith(b"sepal_length,")
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (1, "")


def test_the_output_is_utf_8_wherever_it_goes(called, tmp_path):
    Path("flowers.csv").write_text("꽃잎,품종\n" + "1,장미\n2,백합\n" * 10, encoding="utf-8")
    called("train", "flowers.csv", "--epochs", 1)
    done = subprocess.run(
        command("predict", "runs/flowers", "flowers.csv"),
        env=environment(PYTHONIOENCODING="ascii"),
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().startswith("꽃잎,품종,prediction,probability 백합,probability 장미\n1,장미,")


def test_summary(called):
    called("train", "iris", "--epochs", 4, "--hidden", 8, 5, "--activation", "tanh", "--seed", 7)
    text = called("summary", "runs/iris")
    assert text.startswith(str(nn.load("runs/iris/model.safetensors").model.summary()))
    assert re.search(r"layers\.1 +\(5, 8\) +45 +tanh", text)
    for line in (
        "features: sepal_length, sepal_width, petal_length, petal_width",
        "classes: setosa, versicolor, virginica",
        "target: species",
        "hidden: 8 5",
        "optimizer: adam",
        "seed: 7",
    ):
        assert f"\n{line}\n" in text
    assert re.search(r"\ntrained: 4 epochs, loss \S+ in the first, \S+ in the last, \S+ s\n$", text)


def test_datasets(called):
    lines = called("datasets").splitlines()
    assert [line.split()[0] for line in lines] == list(NAMED)
    assert {"iris", "digits", "spiral", "moons", "circles", "blobs", "vertical", "checkerboard", "xor", "and"} <= {
        *NAMED
    }
    assert all(re.fullmatch(r"\w+ +\S.*\.", line) for line in lines)
