"""History: its table, its plain form, and what it says of itself."""

from __future__ import annotations

import csv
import json
import os

import pytest

from nn import SGD, History, Neuron, accuracy, fit


def example():
    return History(
        losses=[2.0, 0.1 + 0.2],
        val_losses=[3.0, float("inf")],
        metrics={"accuracy": [0.5, 1.0], "val_accuracy": [0.25, 0.75]},
        lrs=[0.1, 0.05],
        times=[1.0, 2.0],
        path="eager, C engine",
        seed=3,
        stopped="epochs",
    )


def test_repr_is_short():
    assert repr(example()) == "History(2 epochs, loss 2 → 0.3, 3 s, eager, C engine)"
    assert repr(History()) == "History(0 epochs)"
    assert repr(History([1.234], times=[0.1234], path="p")) == "History(1 epoch, loss 1.23 → 1.23, 0.12 s, p)"


def test_csv_has_every_number_to_the_last_bit(tmp_path):
    path = example().to_csv(tmp_path / "history.csv")
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["epoch", "loss", "val_loss", "accuracy", "val_accuracy", "lr", "seconds"]
    assert [[float(x) for x in row] for row in rows] == [
        [1, 2.0, 3.0, 0.5, 0.25, 0.1, 1.0],
        [2, 0.1 + 0.2, float("inf"), 1.0, 0.75, 0.05, 2.0],
    ]


def test_csv_is_replaced_as_a_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "history.csv"
    path.write_text("old")

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        example().to_csv(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    monkeypatch.undo()
    example().to_csv(str(path))
    assert path.read_text().startswith("epoch,loss,")
    assert list(tmp_path.iterdir()) == [path]


def test_json_keeps_all_of_it():
    history = example()
    text = json.dumps(history.to_dict())
    plain = json.loads(text)
    again = History.from_dict(plain)
    assert again == history
    again.losses.append(1.0)
    again.metrics["accuracy"].append(1.0)
    assert json.dumps(plain) == text


def test_what_fit_writes_goes_there_and_back():
    neuron = Neuron(1)
    history = fit(
        neuron,
        [[1.0], [2.0]],
        [0.0, 1.0],
        loss="mse",
        optimizer=SGD(neuron.parameters(), 0.1),
        epochs=3,
        validation=([[1.0]], [1.0]),
        metrics={"mean": lambda outputs, y: outputs.mean()},
        progress=False,
    )
    assert History.from_dict(json.loads(json.dumps(history.to_dict()))) == history
    assert list(history.columns()) == ["loss", "val_loss", "mean", "val_mean", "lr", "seconds"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"losses": [1.0]}, "1 losses, but 2 numbers for 'val_loss'"),
        ({"metrics": {"accuracy": [0.5]}}, "2 losses, but 1 numbers for 'accuracy'"),
        ({"losses": "12"}, "losses must be of type list, got '12'"),
        ({"losses": [1.0, "2"]}, r"losses must be a list of numbers, got \[1.0, '2'\]"),
        ({"metrics": {"accuracy": None}}, "accuracy must be a list of numbers, got None"),
        ({"seed": 0.5}, "seed must be of type int, got 0.5"),
        ({"more": 1}, "unknown key 'more'"),
    ],
)
def test_what_is_no_history(change, message):
    with pytest.raises(ValueError, match=message):
        History.from_dict({**example().to_dict(), **change})
    with pytest.raises(ValueError, match="lacks 'losses'"):
        History.from_dict({})


def test_plot_is_of_this_history():
    pytest.importorskip("matplotlib", reason="plots need the extra 'plot'").use("agg")
    ax = example().plot()
    assert any(list(line.get_ydata()) == example().losses for line in ax.get_lines())


def test_metrics_are_accepted_as_they_are():
    """A metric may give numpy's number; JSON would not take it."""
    history = fit(
        Neuron(1),
        [[1.0], [2.0]],
        [0, 1],
        loss=lambda p, t: p[0] * 0.0,
        optimizer="sgd",
        epochs=1,
        metrics={"accuracy": lambda outputs, y: accuracy([[1.0, 0.0]] * len(y), y)},
        progress=False,
    )
    assert type(history.metrics["accuracy"][0]) is float
