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
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from autograd import Value, dot

from .activations import ACTIVATIONS, OF_A_LAYER
from .activations import activation as activation_named
from .module import Module
from .sizes import count_inputs, is_number, size
from .summary import name_of
from .weights import Init, check_initialiser, drawn

Inputs = Iterable[Value | float]
"""A sequence of Values and numbers: a list, a tuple, a row of a numpy array."""
Activation = str | Callable[[Any], Any]
"""A name in nn.activations, or a function of one Value."""

UNSEEN: Any = None
"""The weights of a neuron that waits for its first input."""


class Neuron(Module):
    """activation(w·x + b).

    Called with as many numbers as it has weights, it gives one Value. One number will do for a neuron of one
    input, and an array (nin, N) of N column vectors gives an array (N, 1).

    Args:
        nin: the number of inputs. None: as many as the first input has; the weights are drawn then, once.
        nonlin: what `activation` is if it is not given: relu if True, else identity.
        activation: a name in nn.activations, or a function of one Value.
        init: how the weights are drawn: the name of an initialiser in nn.init, or a function of a shape (1, nin)
            and a numpy Generator that gives an array. None: uniform in (-1, 1).
        w: the weights, if they are not to be drawn: Values, kept as they are, or numbers.
        b: the bias, likewise; else it starts at 0.
        rng: a numpy Generator or a seed for the draws; else they come from the `random` module.

    Raises:
        TypeError: a size is not a whole number; at a call, the inputs are not numbers.
        ValueError: nin is not positive, w has another size, activation or init is unknown; at a call, there are
            not `nin` inputs.

        >>> neuron = Neuron(w=[3.0, -1.0], b=0.5, activation="identity")
        >>> neuron([2.0, 5.0]).data
        1.5
        >>> neuron(np.array([[2.0, 0.0], [5.0, 1.0]])).shape
        (2, 1)
    """

    def __init__(
        self,
        nin: int | None = None,
        nonlin: bool = True,
        *,
        activation: Activation | None = None,
        init: Init | None = None,
        w: Sequence[Value | float] | Value | float | None = None,
        b: Value | float | None = None,
        rng: np.random.Generator | int | None = None,
    ) -> None:
        check_initialiser(init)
        self._activation = _known(activation, nonlin)
        if self._activation in OF_A_LAYER:
            raise ValueError(f"{self._activation} takes the outputs of a whole layer: give it to a Layer")
        self._activate = _fast(self._activation)
        self.w: list[Value] = UNSEEN
        self.b = Value(0.0) if b is None else _value(b)
        if nin is not None:
            nin = size(nin, f"{type(self).__name__}(nin): nin")
        if w is not None:
            weights: Any = [w] if is_number(w) else w
            self.w = [_value(weight) for weight in weights]
            if len(self.w) != (nin or len(self.w) or 1):
                raise ValueError(f"{type(self).__name__}(nin, w=w): expected {nin or 1} weights, got {len(self.w)}")
        elif nin is None:
            self._init, self._rng = init, rng
        else:
            [self.w] = drawn(init, rng, 1, nin)

    def forward(self, x: Inputs) -> Any:
        try:
            z = dot(self.w, x, self.b)
        except (TypeError, ValueError) as error:
            return self._unusual(x, error)
        return self._activate(z)

    def _unusual(self, x: Any, error: Exception) -> Any:
        """For a lone number or for column vectors; else says in the network's words what is wrong with x."""
        if is_number(x) and self.nin == 1:
            return self.forward([x])
        if _is_matrix(x) and len(x) == self.nin:
            return np.array([self.forward(column) for column in x.T], dtype=object).reshape(-1, 1)
        count_inputs(self, x)
        raise error

    def _before_first_call(self, x: Any) -> None:
        if self._waits_for_input:
            with self._scope:
                nin = len(x) if _is_matrix(x) and len(x) else count_inputs(self, x)
            [self.w] = drawn(self._init, self._rng, 1, nin)
            del self._init, self._rng

    @property
    def _waits_for_input(self) -> bool:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.w is UNSEEN

    @property
    def nin(self) -> int | None:
        """The number of inputs; None before the first, if it was not given."""
        return None if self.w is UNSEEN else len(self.w)

    @property
    def activation(self) -> Activation:
        """The activation: a name of nn.activations, or a function."""
        return self._activation

    @property
    def nonlin(self) -> bool:
        """Whether there is an activation, as in micrograd."""
        return self._activation != "identity"

    def summary_row(self) -> tuple[str, str]:
        return f"({self.nin or '?'},)", name_of(self._activation)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.nin}, {name_of(self._activation)})"


class Layer(Module):
    """`nout` neurons that read the same inputs; gives the list of their outputs.

    Args:
        nin: the number of inputs of each; None: as many as the first input has.
        nout: the number of neurons.
        nonlin, activation, rng: as Neuron; softmax and log_softmax take the outputs together.
        init: as Neuron, but of the shape (nout, nin), a row for each neuron.

    Raises:
        TypeError, ValueError: as Neuron; a ValueError for an array of several samples.

        >>> layer = Layer(None, 5, activation="softmax", init="xavier_uniform", rng=0)
        >>> ps = layer([1.0, 2.0, 3.0])
        >>> layer, len(ps), round(sum(ps), 6)
        (Layer(3, 5, softmax), 5, 1.0)
    """

    def __init__(
        self,
        nin: int | None,
        nout: int,
        nonlin: bool = True,
        *,
        activation: Activation | None = None,
        init: Init | None = None,
        rng: np.random.Generator | int | None = None,
    ) -> None:
        name = f"{type(self).__name__}(nin, nout)"
        nout = size(nout, f"{name}: nout")
        check_initialiser(init)
        self._activation = _known(activation, nonlin)
        together = self._activation in OF_A_LAYER
        self._activate = activation_named(str(self._activation)) if together else None
        of_each = "identity" if together else self._activation
        if nin is None:
            self.neurons = [Neuron(activation=of_each) for _ in range(nout)]
            self._waits_for_input = True
            self._init, self._rng = init, rng
        else:
            rows = drawn(init, rng, nout, size(nin, f"{name}: nin"))
            self.neurons = [Neuron(activation=of_each, w=row) for row in rows]

    def forward(self, x: Inputs) -> list[Any]:
        if isinstance(x, np.ndarray):
            if x.ndim != 1:
                count_inputs(self, x)
            x = x.tolist()  # once for all neurons: a list is read many times faster
        outputs = [neuron(x) for neuron in self.neurons]
        return self._activate(outputs) if self._activate else outputs

    def _before_first_call(self, x: Any) -> None:
        super()._before_first_call(x)
        if self._waits_for_input:
            with self._scope:
                nin = count_inputs(self, x)
            for neuron, row in zip(self.neurons, drawn(self._init, self._rng, self.nout, nin), strict=True):
                if neuron.nin is None:
                    neuron.w = row
            del self._waits_for_input, self._init, self._rng

    @property
    def nin(self) -> int | None:
        """The number of inputs; None before the first, if it was not given."""
        return self.neurons[0].nin

    @property
    def nout(self) -> int:
        """The number of neurons."""
        return len(self.neurons)

    @property
    def activation(self) -> Activation:
        """The activation: a name of nn.activations, or a function."""
        return self._activation

    def summary_row(self) -> tuple[str, str]:
        return f"({self.nout}, {self.nin or '?'})", name_of(self._activation)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.nin}, {self.nout}, {name_of(self._activation)})"


class MLP(Module):
    """Layers in a row, a multi-layer perceptron.

    Gives the list of the last layer's outputs, or its one output if it has one neuron. It takes one sample;
    for many, [model(x) for x in X].

    Args:
        nin: the number of inputs; None: as many as the first input has.
        nouts: the number of neurons in each layer.
        activation: that of all layers but the last.
        output: that of the last.
        init, rng: as Layer; one Generator for all.

    Raises:
        TypeError, ValueError: as Layer; or nouts is not a sequence, or empty.

        >>> MLP(2, [16, 1], activation="tanh")
        MLP(
          (layers): [
            (0): Layer(2, 16, tanh)
            (1): Layer(16, 1, identity)
          ]
        )
    """

    def __init__(
        self,
        nin: int | None,
        nouts: Sequence[int],
        *,
        activation: Activation = "relu",
        output: Activation = "identity",
        init: Init | None = None,
        rng: np.random.Generator | int | None = None,
    ) -> None:
        if not hasattr(nouts, "__iter__"):
            raise TypeError(f"MLP(nin, nouts): nouts must be a sequence of sizes, one for each layer, got {nouts!r}")
        sizes = list(nouts)
        if not sizes:
            raise ValueError("MLP(nin, nouts): nouts must name the size of at least one layer, got none")
        if rng is not None:
            rng = np.random.default_rng(rng)
        activations = [activation] * (len(sizes) - 1) + [output]
        self.layers = [
            Layer(reads, gives, activation=bend, init=init, rng=rng)
            for reads, gives, bend in zip([nin, *sizes[:-1]], sizes, activations, strict=True)
        ]

    def forward(self, x: Inputs) -> Any:
        for layer in self.layers:
            x = layer(x)
        outputs = list(x)
        return outputs[0] if len(outputs) == 1 else outputs


def _known(activation: Activation | None, nonlin: bool) -> Activation:
    """The activation by its name, if it has one; a ValueError if a name is unknown."""
    if activation is None:
        return "relu" if nonlin else "identity"
    if callable(activation):
        return next((name for name, function in ACTIVATIONS.items() if function is activation), activation)
    activation_named(activation)
    return activation


def _fast(activation: Activation) -> Callable[[Any], Any]:
    """The fastest callable for an activation: where a Value has a method for it, that."""
    if callable(activation):
        return activation
    if activation == "identity":
        return operator.pos
    return operator.methodcaller(activation)


def _is_matrix(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.ndim == 2


def _value(x: Value | float) -> Value:
    return x if isinstance(x, Value) else Value(x)
