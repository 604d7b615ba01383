"""The parameters of a model as arrays, under the names that torch gives them.

>>> from nn import MLP
>>> {name: array.shape for name, array in parameter_arrays(MLP(2, [16, 1])).items()}
{'layers.0.weight': (16, 2), 'layers.0.bias': (16,), 'layers.1.weight': (1, 16), 'layers.1.bias': (1,)}
"""

from __future__ import annotations

import re
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from autograd import Value

from .module import Module
from .neuron import Layer, Neuron


def parameter_arrays(model: Module) -> dict[str, NDArray[Any]]:
    """The parameters as arrays of Values, by name.

    A Layer gives "weight" (nout, nin) and "bias" (nout,), as torch.nn.Linear, and a lone Neuron "weight" (nin,) and
    "bias" (). Other parameters keep their own names; those in a list (of lists ...) or an array make one array.

    Raises:
        ValueError: a part of the model has no size yet, or two arrays would have the same name.

        >>> from nn import Neuron
        >>> list(parameter_arrays(Neuron(3)))
        ['weight', 'bias']
    """
    parameters = dict(model.named_parameters())
    leaves = set(parameters.values())
    arrays: dict[str, NDArray[Any]] = {}
    taken: set[Module | Value] = set()

    def take(path: str, name: str, values: list[Any], shape: tuple[int, ...]) -> None:
        name = f"{path}.{name}".lstrip(".")
        if name in arrays:
            raise ValueError(f"two arrays of the model would have the name {name!r}")
        arrays[name] = np.array(values, object).reshape(shape)
        taken.update(values)

    for path, module in model.named_modules():
        if isinstance(module, Layer):
            neurons, shape = module.neurons, (len(module.neurons),)
            taken.update(neurons)
        elif isinstance(module, Neuron) and module not in taken:
            neurons, shape = [module], ()
        else:
            continue
        weights, biases = [w for neuron in neurons for w in neuron.w], [neuron.b for neuron in neurons]
        sizes = {len(neuron.w) for neuron in neurons}
        if len(sizes) == 1 and leaves.issuperset([*weights, *biases]):
            take(path, "weight", weights, (*shape, *sizes))
            take(path, "bias", biases, shape)

    stems: dict[str, dict[tuple[int, ...], Value]] = {}
    for name, parameter in parameters.items():
        if parameter not in taken:
            stem, place = cast(re.Match[str], re.fullmatch(r"(.*?)((?:\.\d+)*)", name)).groups()
            stems.setdefault(stem, {})[tuple(map(int, place.split(".")[1:]))] = parameter
    for stem, members in stems.items():
        shape = tuple(max(places) + 1 for places in zip(*members, strict=False))
        if list(members) == list(np.ndindex(shape)):
            take("", stem, list(members.values()), shape)
        else:  # a dict, a ragged list
            for place, parameter in members.items():
                take(stem, ".".join(map(str, place)), [parameter], ())
    return arrays


def numbers(array: NDArray[Any]) -> NDArray[np.float64]:
    """The numbers of an array of Values.

    >>> numbers(np.array([Value(1.0), Value(2.0)]))
    array([1., 2.])
    """
    return np.array([parameter.data for parameter in array.flat], np.float64).reshape(array.shape)


def matched(model: Module, weights: dict[str, NDArray[Any]]) -> list[tuple[Value, float]]:
    """Each parameter of the model with its number from a file.

    Raises:
        ValueError: the file's arrays have other names or shapes than those of the model, or hold no floats.
    """
    own = parameter_arrays(model)
    wrong = [f"{name} is missing" for name in own if name not in weights]
    wrong += [f"{name} is not in the model" for name in weights if name not in own]
    for name in own.keys() & weights.keys():
        if own[name].shape != weights[name].shape:
            wrong.append(f"{name} has the shape {weights[name].shape}, in the model {own[name].shape}")
        elif weights[name].dtype.kind != "f":
            wrong.append(f"{name} holds numbers of the type {weights[name].dtype}, not floats")
    if wrong:
        more = f", and {len(wrong) - 4} more" if len(wrong) > 4 else ""
        raise ValueError(f"it holds the weights of another architecture: {'; '.join(sorted(wrong)[:4])}{more}")
    pairs = [(p, x) for name in own for p, x in zip(own[name].flat, weights[name].ravel().tolist(), strict=True)]
    given: dict[Value, float] = {}
    for parameter, number in pairs:
        if repr(given.setdefault(parameter, number)) != repr(number):
            raise ValueError("it gives two different numbers to a parameter that parts of the model share")
    return pairs
