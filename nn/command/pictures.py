"""The pictures that `train` leaves: the losses, what the network answers, and one neuron with its gradients."""

from __future__ import annotations

import importlib
import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import Value, draw

from ..data import Dataset
from ..history import History
from ..losses import LOSSES
from ..metrics import confusion_matrix
from ..neuron import MLP
from ..prediction import predict
from ..safe_file import write_safely
from .encoding import Encoded, Encoding

MOST_CLASSES = 20
"""So many classes a confusion matrix can show."""


def draw_plots(
    folder: Path, model: MLP, encoding: Encoding, history: History, dataset: Dataset, held_out: NDArray[Any]
) -> list[str]:
    """Write loss.png; for two features boundary.png; for classes confusion.png, of the held-out rows.

    Args:
        folder: where to write. model, encoding, history: of the training. dataset: all rows.
        held_out: the numbers of those that the network has not seen.

    Returns:
        The names of the files.

    Raises:
        ImportError: matplotlib is not installed.
    """
    plot: Any = importlib.import_module("nn.plot")
    importlib.import_module("matplotlib").use("Agg")  # which draws without a screen
    pictures = {"loss.png": plot.loss_curves(history)}
    pictures["loss.png"].figure.axes[0].set_title(f"{encoding.loss} of {plain(encoding.target)}")
    if encoding.classes and len(encoding.features) == 2:
        pictures["boundary.png"] = boundary(plot, Encoded(model, encoding), encoding, dataset)
    if 0 < len(encoding.classes) <= MOST_CLASSES and len(held_out):
        answers = encoding.answers(predict(model, encoding.inputs(dataset.X[held_out])))
        matrix = confusion_matrix(answers, dataset.y[held_out], len(encoding.classes))
        axes = pictures["confusion.png"] = plot.confusion_matrix(matrix, [plain(name) for name in encoding.classes])
        axes.set_title(f"{axes.get_title()} (held-out rows)", wrap=True)
    for name, axes in pictures.items():
        picture = io.BytesIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")  # a letter that no font has is a box
            axes.figure.savefig(picture, format="png", dpi=150)
        write_safely(folder / name, picture.getvalue())
        importlib.import_module("matplotlib.pyplot").close(axes.figure)
    return list(pictures)


def boundary(plot: Any, model: Encoded, encoding: Encoding, dataset: Dataset) -> Any:
    """The decision boundary in the units of the features."""
    classes = [plain(name) for name in encoding.classes]
    axes = plot.decision_boundary(model, dataset.X, dataset.y, classes=classes, threshold=encoding.threshold)
    across, up = map(plain, encoding.features)
    axes.set(title=f"{axes.get_title()} (all rows)", xlabel=across, ylabel=up)
    return axes


def plain(name: str) -> str:
    """A name that matplotlib does not take for a formula."""
    return name.replace("$", r"\$")


def draw_neuron(folder: Path, model: MLP, encoding: Encoding, x: list[float], y: NDArray[Any]) -> Path:
    """Draw the neuron of the first layer that a row teaches most, with its gradients; gives the file's path.

    Args:
        folder: where to write. model, encoding: of the training. x: the row's inputs. y: (1,) its target.
    """
    outputs: list[Any] = [[Value(number, label=name) for name, number in zip(encoding.features, x, strict=True)]]
    for layer in model.layers:
        outputs.append(layer(outputs[-1]))
    model.zero_grad()
    prediction = outputs[-1] if len(outputs[-1]) > 1 else outputs[-1][0]
    LOSSES[encoding.loss]([prediction], encoding.targets(y)).backward()
    neurons = model.layers[0].neurons
    most = int(np.argmax([sum(abs(w.grad) for w in neuron.w) for neuron in neurons]))
    neuron, output = neurons[most], outputs[1][most]
    for name, weight in zip(encoding.features, neuron.w, strict=True):
        weight.label = f"w {name}"
    neuron.b.label, output.label = "bias", f"layers.0.neurons.{most}"
    drawing = draw(output, names=neuron)
    try:
        return drawing.save(folder / "neuron.svg")
    except RuntimeError as error:
        print(f"no picture of the neuron, but its text: {str(error).partition(';')[0]}")
        return drawing.save(folder / "neuron.dot")
