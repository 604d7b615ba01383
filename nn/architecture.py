"""A model written down: its architecture as plain numbers and names.

>>> from nn import MLP
>>> model = MLP(2, [16, 1])
>>> describe(model)
{'class': 'MLP', 'nin': 2, 'nouts': [16, 1], 'activation': 'relu', 'output': 'identity'}
>>> describe(build(describe(model))) == describe(model)
True
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from .activations import ACTIVATIONS, OF_A_LAYER
from .module import Module
from .neuron import MLP, Layer, Neuron
from .sequential import Sequential

Description = dict[str, Any]
"""What a model is made of, as JSON can write it: {"class": "Neuron", "nin": 2, "activation": "relu"}."""


def describe(model: Module) -> Description:
    """The architecture of a Neuron, a Layer, an MLP, or a Sequential of them.

    Raises:
        ValueError: it can't be written down: a class of one's own, a function as an activation, no size yet,
            parameters that are shared or were added.
    """
    description = _described(model, "")
    if model.num_parameters() != build(description).num_parameters():
        raise ValueError("parameters were added to the model, taken away, or are shared between its parts")
    return description


def _described(module: Module, path: str) -> Description:
    kind, place = type(module), path or "the model"
    if kind is Neuron:
        neuron = cast(Neuron, module)
        return {"class": "Neuron", "nin": _size(neuron.nin, place), "activation": _name(neuron.activation, place)}
    if kind is Layer:
        layer = cast(Layer, module)
        name, neurons = _name(layer.activation, place), _parts(layer.neurons, f"{path}.neurons")
        of_each = "identity" if name in OF_A_LAYER else name
        if any(neuron != {"class": "Neuron", "nin": neurons[0]["nin"], "activation": of_each} for neuron in neurons):
            raise ValueError(f"{place} has neurons that differ")
        return {"class": "Layer", "nin": neurons[0]["nin"], "nout": len(neurons), "activation": name}
    if kind is MLP:
        layers = _parts(cast(MLP, module).layers, f"{path}.layers")
        regular = all(layer["class"] == "Layer" for layer in layers)
        regular = regular and all(a["nout"] == b["nin"] for a, b in pairwise(layers))
        *inner, output = (layer.get("activation") for layer in layers)
        if not regular or len(set(inner)) > 1:
            raise ValueError(f"{place} is an MLP whose layers were changed; use Sequential for layers that differ")
        sizes = {"nin": layers[0]["nin"], "nouts": [layer["nout"] for layer in layers]}
        return {"class": "MLP", **sizes, "activation": inner[0] if inner else "relu", "output": output}
    if kind is Sequential:
        return {"class": "Sequential", "modules": _parts(cast(Sequential, module).layers, f"{path}.layers")}
    raise ValueError(f"{place} is of the class {kind.__name__}, which nn does not know")


def _parts(modules: Sequence[Module], path: str) -> list[Description]:
    return [_described(module, f"{path}.{i}".lstrip(".")) for i, module in enumerate(modules)]


def _size(nin: int | None, place: str) -> int:
    if nin is None:
        raise ValueError(f"{place} has no size yet; call the model once, on a sample")
    return nin


def _name(activation: Any, place: str) -> str:
    for name, function in ACTIVATIONS.items():
        if activation in (name, function):
            return name
    raise ValueError(f"{place} has as its activation a function that has no name in nn.activations: {activation!r}")


def build(description: Description) -> Module:
    """The model of this description, with every parameter 0.

    >>> build({"class": "Neuron", "nin": 2, "activation": "tanh"})([1.0, 2.0]).data
    0.0
    """
    settings = {key: value for key, value in description.items() if key not in ("class", "modules")}
    match description["class"]:
        case "Neuron":
            return Neuron(**settings, init=_zeros, rng=0)
        case "Layer":
            return Layer(**settings, init=_zeros, rng=0)
        case "MLP":
            return MLP(**settings, init=_zeros, rng=0)
        case "Sequential":
            return Sequential(*map(build, description["modules"]))
        case other:
            raise ValueError(f"its architecture has a part of the class {other!r}, which nn does not know")


def _zeros(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float64]:
    return np.zeros(shape)
