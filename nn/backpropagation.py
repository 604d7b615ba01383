"""From a batch to gradients: the one step of a training that computes derivatives."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd
from autograd import Value, compile

from .losses import LOSSES
from .module import Module
from .prediction import NOT_COMPILED, evaluating, outputs_of
from .rehearsal import Loss


class Backpropagation:
    """Turns batches of one data set into gradients, compiled if model and loss can be.

    A loss of `nn.losses` is the mean over the samples, so one sample is traced and replayed on all. Another loss may
    be anything of a batch, and no trial on some batches tells what it is on the others: it runs as it is written. If a
    loss of `nn.losses` cannot be compiled with this model and these data, a warning says why.

    Attributes:
        path: how it computes: "compiled", or "eager", and on which engine.
    """

    def __init__(self, model: Module, loss: Loss, X: Sequence[Any], y: Sequence[Any]) -> None:
        self.model, self.loss, self.X, self.y = model, loss, X, y
        self._compiled: Any = None
        # In eval mode the model may do something else, so for that there are traces apart.
        self._evaluated: Any = None
        self._outputs = compile(model)
        if loss in LOSSES.values():
            why = self._try_to_compile()
            if why:
                slow = "fit: model and loss cannot be compiled, so they run number by number, much slower"
                warnings.warn(f"{slow}: {why}", UserWarning, stacklevel=3)
        engine = "C" if autograd.engine == "c" else "Python"
        self.path = f"{'compiled' if self._compiled else 'eager'}, {engine} engine"

    def __call__(self, rows: Sequence[int], parameters: list[Value]) -> float:
        """Give each parameter the gradient of the loss of these rows; returns the loss."""
        if not self._compiled:
            return backpropagate(self.model, self.loss, *self._batch(rows), parameters=parameters)
        autograd.write_grad(parameters, np.zeros(len(parameters)))
        total = self._compiled.mean(self._numbers[0][rows], self._numbers[1][rows])
        total.backward()
        return total.data

    def evaluate(self, X: Sequence[Any], y: Sequence[Any]) -> float:
        """The loss on other data, with the model in eval mode."""
        with evaluating(self.model):
            if self._compiled:
                try:
                    return self._evaluated.mean(np.asarray(X, np.float64), np.asarray(y, np.float64)).data
                except NOT_COMPILED:  # in eval mode alone, or these data alone
                    pass
            return float(self.loss([self.model(x) for x in X], y))

    def predict(self, X: Any) -> NDArray[np.float64]:
        """The model's outputs, as nn.predict gives them."""
        return outputs_of(self.model, self._outputs, X)

    def _batch(self, rows: Sequence[int]) -> tuple[list[Any], list[Any]]:
        return [self.X[i] for i in rows], [self.y[i] for i in rows]

    def _try_to_compile(self) -> str:
        """Compile model and loss; gives the reason if they cannot be."""
        model, loss, arrays = self.model, self.loss, isinstance(self.X[0], np.ndarray)

        def loss_of_one(x: Any, target: Any) -> Any:
            given = x if arrays or isinstance(x, Value) else x.tolist()
            return loss([model(given)], [target if isinstance(target, Value) else target.tolist()])

        try:
            self._numbers = [np.asarray(things, np.float64) for things in (self.X, self.y)]
        except NOT_COMPILED:
            return "X or y is not made of numbers, or its samples differ in length"
        compiled = compile(loss_of_one)
        try:
            compiled.mean(*(numbers[:1] for numbers in self._numbers))
        except NOT_COMPILED as error:
            return str(error)
        self._compiled = compiled
        self._evaluated = compile(loss_of_one)
        return ""


def backpropagate(
    model: Module, loss: Loss, X: Sequence[Any], y: Sequence[Any], parameters: Iterable[Value] | None = None
) -> float:
    """Turn a batch into gradients: after it each parameter's grad is ∂loss/∂parameter. Gives the loss.

    Args:
        model, X, y: as in `fit`. loss: of the batch.
        parameters: the model's, for a caller who has their list at hand, since to find them takes time.

    >>> from nn import Neuron, mse
    >>> neuron = Neuron(1, nonlin=False)
    >>> neuron.w[0].data = 3.0
    >>> backpropagate(neuron, mse, [[1.0], [2.0]], [1.0, 2.0])
    10.0
    >>> neuron.b.grad                                           # the mean of 2 (prediction - target)
    6.0
    """
    for parameter in model.parameters() if parameters is None else parameters:
        parameter.grad = 0.0
    total = loss([model(x) for x in X], y)
    total.backward()
    return total.data
