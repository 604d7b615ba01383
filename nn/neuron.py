"""Neuron, Layer, MLP: a network from Values, after Andrej Karpathy's micrograd.

>>> import random
>>> random.seed(1337)
>>> model = MLP(2, [16, 1])                         # two inputs, a hidden layer of 16, one output
>>> y = model([1.0, -2.0])
>>> y.backward()
>>> model.layers[1].neurons[0].b.grad != 0, y.scope
(True, 'layers.1.neurons.0')
"""

from __future__ import annotations

import operator
import random
from collections.abc import Iterable, Sequence
from typing import Any

from autograd import Value, dot

from .module import Module

Inputs = Iterable[Value | float]
"""A sequence of Values and numbers: a list, a tuple, a row of a numpy array."""


class Neuron(Module):
    """relu(w·x + b), or w·x + b alone.

    The weights start uniform in (-1, 1), drawn with the `random` module, the bias at 0.

    Args:
        nin: the number of inputs.
        nonlin: apply relu.

    Raises:
        TypeError, ValueError: nin is not a positive whole number; at a call, the inputs are not a
            sequence of numbers, or not `nin` of them.

        >>> neuron = Neuron(2, nonlin=False)
        >>> neuron.w[0].data, neuron.w[1].data = 3.0, -1.0
        >>> neuron([2.0, 5.0]).data
        1.0
    """

    def __init__(self, nin: int, nonlin: bool = True) -> None:
        nin = _size(nin, f"{type(self).__name__}(nin): nin")
        self.w = [Value(random.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin

    def forward(self, x: Inputs) -> Value:
        try:
            z = dot(self.w, x, self.b)
        except (TypeError, ValueError):
            self._check(x)
            raise
        return z.relu() if self.nonlin else z

    def _check(self, x: Any) -> None:
        """Say it in the network's words, with this neuron's place in it, if the number of inputs is wrong."""
        place = Value(0.0).scope
        name = f"{place}, a {self!r}," if place else f"{self!r}"
        count = f"{len(self.w)} input" + "s" * (len(self.w) != 1)
        if not hasattr(x, "__len__"):
            raise TypeError(f"{name} expected a sequence of {count}, got {type(x).__name__}: {x!r}") from None
        if len(x) != len(self.w):
            raise ValueError(f"{name} expected {count}, got {len(x)}") from None

    def __repr__(self) -> str:
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons that read the same inputs; gives the list of their outputs.

    Args:
        nin: the number of inputs.
        nout: the number of neurons.
        kwargs: further arguments of each Neuron.

    Raises:
        TypeError, ValueError: as Neuron.

        >>> len(Layer(3, 5)([1.0, 2.0, 3.0]))
        5
    """

    def __init__(self, nin: int, nout: int, **kwargs: Any) -> None:
        nout = _size(nout, f"{type(self).__name__}(nin, nout): nout")
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def forward(self, x: Inputs) -> list[Value]:
        return [neuron(x) for neuron in self.neurons]

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(repr, self.neurons))}]"


class MLP(Module):
    """Layers in a row, a multi-layer perceptron; relu in all but the last.

    Gives the list of the last layer's outputs, or its one output if it has one neuron.

    Args:
        nin: the number of inputs.
        nouts: the number of neurons in each layer.

    Raises:
        TypeError, ValueError: as Neuron; or nouts is not a sequence, or empty.

        >>> MLP(2, [3, 1])
        MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(3)]]
    """

    def __init__(self, nin: int, nouts: Sequence[int]) -> None:
        if not hasattr(nouts, "__iter__"):
            raise TypeError(f"MLP(nin, nouts): nouts must be a sequence of sizes, one for each layer, got {nouts!r}")
        sizes = [nin, *nouts]
        if len(sizes) == 1:
            raise ValueError("MLP(nin, nouts): nouts must name the size of at least one layer, got none")
        last = len(sizes) - 2
        self.layers = [Layer(sizes[i], sizes[i + 1], nonlin=i != last) for i in range(last + 1)]

    def forward(self, x: Inputs) -> Any:
        for layer in self.layers:
            x = layer(x)
        outputs = list(x)
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(repr, self.layers))}]"


def _size(n: Any, what: str) -> int:
    try:
        size = operator.index(n)
    except TypeError:
        raise TypeError(f"{what} must be a positive whole number, got {type(n).__name__}: {n!r}") from None
    if size < 1 or isinstance(n, bool):
        raise ValueError(f"{what} must be a positive whole number, got {n!r}")
    return size
