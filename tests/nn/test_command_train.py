"""`python -m nn train`: what it prints and writes, and how well the networks do."""

from __future__ import annotations

import csv
import os
import re
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

import autograd
import nn
from nn.__main__ import main
from nn.data import iris

from .test_command import run


@pytest.fixture
def train(tmp_path, monkeypatch, capsys):
    """Runs the command in an empty folder; gives what it printed."""
    monkeypatch.chdir(tmp_path)

    def go(*arguments):
        status = main(["train", *map(str, arguments)])
        printed = capsys.readouterr()
        assert status == 0, printed.err
        return printed.out

    return go


def accuracies(text):
    """The accuracies on the rows to train with and on those held out."""
    return [float(x) for x in re.findall(r"accuracy on (?:training|held-out) rows: (\S+)", text)]


def test_iris(tmp_path):
    done = run("train", "iris", "--seed", 3, "--out", "deep/pictures", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "iris: 150 rows, 4 features (sepal_length, sepal_width, petal_length, petal_width)" in done.stdout
    assert "target species: classification, 3 classes (setosa, versicolor, virginica)\n" in done.stdout
    assert "network 4-16-3, relu; 120 rows to train, 30 held out" in done.stdout
    assert "cross_entropy, adam with lr 0.02; 1000 epochs, 256 rows a step" in done.stdout
    assert "1000/1000" in done.stderr
    folder = tmp_path / "deep" / "pictures"
    names = {"model.safetensors", "history.csv", "neuron.svg", "loss.png", "confusion.png"}
    found = {path.name.replace("neuron.dot", "neuron.svg") for path in folder.iterdir()}
    assert found in (names, names - {"loss.png", "confusion.png"})  # without matplotlib
    assert all(name in done.stdout for name in os.listdir(folder))
    checkpoint = nn.load(folder / "model.safetensors")
    rows, held_out = nn.data.train_test_split(iris().y, seed=3)
    _, X = nn.data.standardise(iris().X[rows], iris().X[held_out])
    right = nn.accuracy(nn.predict(checkpoint.model, X.tolist()), iris().y[held_out])
    assert f"accuracy on held-out rows: {right:.3f} ({round(30 * right)} of 30)" in done.stdout
    assert right >= 0.9
    with open(folder / "history.csv") as file:
        table = list(csv.DictReader(file))
    assert [float(row["loss"]) for row in table] == checkpoint.history.losses
    assert [row["epoch"] for row in table] == [str(i + 1) for i in range(1000)]


def test_iris_over_ten_seeds(train):
    held_out = [accuracies(train("iris", "--seed", seed, "--out", str(seed)))[1] for seed in range(10)]
    assert np.mean(held_out) >= 0.95
    assert min(held_out) >= 0.86


def test_the_picture_shows_the_neuron(tmp_path):
    done = run("train", "iris", "--epochs", 2, cwd=tmp_path, PATH="/nowhere", PYTHONNOUSERSITE="1")
    assert done.returncode == 0, done.stderr
    [picture] = (tmp_path / "runs" / "iris").glob("neuron.*")  # without the program dot
    if picture.suffix == ".svg":  # laid out by pygraphviz
        text = " ".join(ElementTree.parse(picture).getroot().itertext())
    else:
        assert picture.name == "neuron.dot"
        assert (
            "no picture of the neuron, but its text: no engine for pictures was found: install Graphviz" in done.stdout
        )
        text = picture.read_text()
    for label in (*iris().features, *(f"w {name}" for name in iris().features), "bias", "relu"):
        assert label in text
    assert re.search(r"layers\.0\.neurons\.\d+", text)
    assert text.count("grad") >= 11


def test_two_features_have_a_boundary_in_their_own_units(train, tmp_path, monkeypatch):
    plot = pytest.importorskip("nn.plot", reason="needs matplotlib")
    seen = []
    boundary = plot.decision_boundary
    monkeypatch.setattr(plot, "decision_boundary", lambda *a, **k: seen.append((a, boundary(*a, **k))) or seen[-1][1])
    lines = [f"{1000 + i % 7},{i % 5},{'a' if (i % 7) > 3 else 'b$^$'}" for i in range(70)]
    (tmp_path / "plane.csv").write_text("height,width,$kind$\n" + "\n".join(lines))
    train("plane.csv", "--epochs", 40)
    [((model, X, y), axes)] = seen
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("height", "width")
    assert X.max() == 1006
    assert nn.accuracy(nn.predict(model, X), y) == 1.0
    assert (tmp_path / "runs/plane/boundary.png").read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_one_line_says_so(train, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for name in [name for name in sys.modules if name.startswith("nn.plot")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(nn, "plot", raising=False)
    text = train("xor", "--epochs", 2)
    assert 'no picture of the loss: nn.plot needs matplotlib, which is not installed: pip install "sc' in text
    assert sorted(os.listdir("runs/xor"))[:2] == ["history.csv", "model.safetensors"]
    assert len(os.listdir("runs/xor")) == 3


@pytest.mark.parametrize("name", ["moons", "circles", "blobs", "vertical", "xor"])
def test_made_data(train, name):
    learned, held_out = accuracies(train(name, "--epochs", 150))
    assert learned >= 0.93
    assert held_out >= 0.9


@pytest.mark.skipif(autograd.engine == "python", reason="a minute and more on the Python engine")
@pytest.mark.parametrize("options", [(), ("--seed", 1)])
def test_spiral(tmp_path, options):
    """The arms overlap: knowing them, one is right in 91% of the cases. So it is the training rows that tell."""
    done = run("train", "spiral", "--hidden", 64, 64, *options, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "network 2-64-64-3, relu; 240 rows to train, 60 held out" in done.stdout
    learned, held_out = accuracies(done.stdout)
    assert learned >= 0.96
    assert held_out >= 0.65


def test_digits(train):
    pytest.importorskip("sklearn", reason="has the digits")
    learned, held_out = accuracies(train("digits", "--epochs", 15))
    assert learned >= 0.98
    assert held_out >= 0.95


def test_digits_without_scikit_learn(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    assert main(["train", "digits"]) == 2
    assert capsys.readouterr().err == (
        "digits: scikit-learn, which has them, is not installed: pip install scikit-learn\n"
    )
    assert os.listdir() == []


@pytest.mark.parametrize("name", ["and", "or", "nand", "nor"])
def test_a_gate_has_no_rows_to_hold_out(train, name):
    text = train(name)
    assert "4 rows to train, 0 held out" in text
    assert "accuracy on training rows: 1.000 (4 of 4)" in text
    assert "held-out rows" not in text


@pytest.mark.parametrize(
    ("loss", "size"),
    [
        ("cross_entropy", 2),
        ("nll", 2),
        ("binary_cross_entropy_with_logits", 1),
        ("binary_cross_entropy", 1),
        ("hinge", 1),
    ],
)
def test_every_loss_of_two_classes(train, loss, size):
    text = train("moons", "--loss", loss, "--epochs", 150, "--activation", "tanh", "--batch-size", 16)
    assert f"network 2-16-{size}, tanh" in text
    assert min(accuracies(text)) >= 0.95


@pytest.mark.parametrize("optimizer", ["sgd", "adagrad", "rmsprop", "adam", "adamw"])
def test_every_optimizer(train, optimizer):
    text = train("iris", "--optimizer", optimizer, "--epochs", 60, "--batch-size", 16)
    assert f"{optimizer} with lr {0.1 if optimizer == 'sgd' else 0.02}; 60 epochs, 16 rows a step" in text
    assert min(accuracies(text)) >= (0.75 if optimizer == "adagrad" else 0.9)


@pytest.mark.parametrize("loss", ["mse", "l1", "huber"])
def test_a_regression(train, tmp_path, loss):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 3))
    prices = 1e6 + 3e5 * rows[:, 0] - 1e5 * rows[:, 1] * rows[:, 2]
    lines = [f"{p!r},{a!r},{b!r},{c!r},7" for p, (a, b, c) in zip(prices.tolist(), rows.tolist(), strict=True)]
    (tmp_path / "houses.csv").write_text("price,a,b,c,always\n" + "\n".join(lines))
    text = train("houses.csv", "--target", "price", "--epochs", 200, "--hidden", 16, 8, "--loss", loss)
    assert "target price: regression\n" in text
    assert "network 4-16-8-1, relu; 160 rows to train, 40 held out" in text
    assert re.search(rf" in the last: {loss} of price in standard deviations \(one is 3\.?\d*e\+05\)", text)
    error, root, score = map(
        float,
        re.search(r"on held-out rows, in the units of price: mse (\S+) \(its root (\S+)\), R² (\S+)", text).groups(),
    )
    assert score > 0.9
    assert 0 < error < 0.1 * np.var(prices)
    assert root == pytest.approx(error**0.5, rel=1e-2)


def numbers(path, targets):
    path.write_text("x,y\n" + "".join(f"{i},{t}\n" for i, t in enumerate(targets)))
    return path.name


def test_how_whole_numbers_are_read_is_said_and_can_be_changed(train, tmp_path):
    few = numbers(tmp_path / "few.csv", [1, 2, 3] * 10)
    text = train(few, "--epochs", 1)
    assert "3 classes (1, 2, 3) (few different whole numbers; if they are amounts: --task regression)\n" in text
    assert "target y: regression\n" in train(few, "--epochs", 1, "--task", "regression")
    assert "classification, 3 classes (1, 2, 3)\n" in train(few, "--epochs", 1, "--task", "classification")
    many = numbers(tmp_path / "many.csv", [*range(30)] * 2)
    text = train(many, "--epochs", 1)
    assert "regression (many different whole numbers; if they are classes: --task classification)\n" in text
    assert "30 classes (0, 1, 2, 3, 4, 5, 6, 7, ...)\n" in train(many, "--epochs", 1, "--task", "classification")
    halves = numbers(tmp_path / "halves.csv", [0.5, 1.0] * 10)
    assert "target y: regression\n" in train(halves, "--epochs", 1)
    assert "2 classes (0.5, 1)\n" in train(halves, "--epochs", 1, "--task", "classification")


def test_no_hidden_layer(train):
    assert "network 4-3, relu;" in train("iris", "--hidden", "--epochs", 5)


@pytest.mark.parametrize("sizes", [["1000000000"], ["5000", "5000"], ["1" + "0" * 30]])
def test_a_network_that_is_too_large_is_refused_in_one_line(tmp_path, sizes):
    done = run("train", "moons", "--hidden", *sizes, cwd=tmp_path)
    assert done.returncode == 2
    assert re.fullmatch(
        rf"--hidden {' '.join(sizes)}: a network of [\d,]+ parameters is too large, expected at most 10,000,000 "
        "and what the memory holds\n",
        done.stderr,
    )
    assert os.listdir(tmp_path) == []


def test_a_network_that_the_memory_does_not_hold(tmp_path, monkeypatch, capsys):
    def full(*_, **__):
        raise MemoryError

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("nn.command.train.MLP", full)
    assert main(["train", "moons"]) == 2
    assert capsys.readouterr().err.startswith("--hidden 16: a network of 82 parameters is too large")


@pytest.mark.parametrize("name", ["model.safetensors", "history.csv", "loss.png", "neuron.svg"])
def test_a_directory_in_the_place_of_a_file_is_found_before_the_work(tmp_path, monkeypatch, capsys, name):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out" / name).mkdir(parents=True)
    assert main(["train", "moons", "--out", "out"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"--out out: out/{name} is a directory, and a file of that name is to be written\n"


def test_what_tells_of_another_training_goes_with_its_checkpoint(train, tmp_path, monkeypatch):
    folder = tmp_path / "out"
    train("iris", "--epochs", 2, "--out", "out")
    for name in ("history.csv", "boundary.png", "confusion.png", "loss.png", "neuron.svg", "neuron.dot", "own.txt"):
        (folder / name).write_text("old")

    def broken(*_, **__):
        raise KeyboardInterrupt

    before = (folder / "model.safetensors").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr("nn.optimizer.Optimizer.step", broken)  # before the first epoch is over
        assert main(["train", "iris", "--out", "out"]) == 130
    assert (folder / "model.safetensors").read_bytes() == before
    assert len(os.listdir(folder)) == 8
    with monkeypatch.context() as patch:
        patch.setattr("nn.command.train.report", broken)  # after the last
        assert main(["train", "iris", "--epochs", "2", "--out", "out"]) == 130
    assert sorted(os.listdir(folder)) == ["model.safetensors", "own.txt"]


def test_a_training_leaves_nothing_of_the_one_before(train, tmp_path):
    train("moons", "--epochs", 1, "--out", "out")
    lines = [f"{i},{i / 7}" for i in range(20)]
    (tmp_path / "line.csv").write_text("x,y\n" + "\n".join(lines))
    train("line.csv", "--epochs", 1, "--out", "out")
    assert not {"boundary.png", "confusion.png"} & {*os.listdir(tmp_path / "out")}  # of classes
    assert "history.csv" in os.listdir(tmp_path / "out")
