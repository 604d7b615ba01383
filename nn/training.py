"""The training loop: forward, backward, step, over and over.

>>> import random
>>> from nn import MLP, SGD, mse
>>> random.seed(0)
>>> X, y = [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0]
>>> model = MLP(1, [1])                             # must find 2x + 1
>>> losses = fit(model, X, y, loss=mse, optimizer=SGD(model.parameters(), lr=0.1), epochs=200, progress=False)
>>> [round(p.data, 3) for p in model.parameters()]
[2.0, 1.0]
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from autograd import Value, no_grad

from .data import batches
from .module import Module
from .optimizer import Optimizer

Loss = Callable[[Any, Any], Value]
"""A function of the predictions and the targets of a batch, as mse or cross_entropy."""


def fit(
    model: Module,
    X: Any,
    y: Any,
    *,
    loss: Loss,
    optimizer: Optimizer,
    epochs: int = 100,
    batch_size: int = 16,
    seed: int = 0,
    progress: bool = True,
) -> list[float]:
    """Train the model: in each epoch every sample once, in batches that are shuffled anew.

    Args:
        model: gives a prediction for one sample, `model(X[i])`.
        X: n samples. y: n targets.
        loss: of a batch's predictions and targets, one Value: the mean over the samples.
        optimizer: moves the model's parameters.
        epochs: how many times to go through the samples.
        batch_size: samples for one step; the last batch of an epoch may be smaller.
        seed: of the shuffling.
        progress: show a bar with the loss, on stderr.

    Returns:
        The mean loss of each epoch.

    Raises:
        ValueError: X and y differ in length, or are empty; epochs or batch_size is not positive.
        FloatingPointError: the loss became inf or nan.
    """
    if len(X) != len(y) or not len(X):
        raise ValueError(f"fit: expected one target for each sample, got {len(X)} samples and {len(y)} targets")
    if epochs < 1 or batch_size < 1:
        raise ValueError(f"fit: epochs and batch_size must be 1 or more, got {epochs} and {batch_size}")
    rng = np.random.default_rng(seed)
    losses: list[float] = []
    with tqdm(range(epochs), unit="epoch", disable=not progress) as bar:
        for epoch in bar:
            total = 0.0
            for rows in batches(len(X), batch_size, rng):
                total += len(rows) * backpropagate(model, loss, [X[i] for i in rows], [y[i] for i in rows])
                optimizer.step()
            losses.append(total / len(X))
            bar.set_postfix_str(f"loss {losses[-1]:.4g}", refresh=False)
            if not math.isfinite(losses[-1]):
                what = f"the loss became {losses[-1]} in epoch {epoch + 1}"
                raise FloatingPointError(f"{what}; a smaller learning rate may help")
    return losses


def backpropagate(model: Module, loss: Loss, X: Sequence[Any], y: Sequence[Any]) -> float:
    """Turn a batch into gradients: after it each parameter's grad is ∂loss/∂parameter. Gives the loss.

    >>> from nn import Neuron, mse
    >>> neuron = Neuron(1, nonlin=False)
    >>> neuron.w[0].data = 3.0
    >>> backpropagate(neuron, mse, [[1.0], [2.0]], [1.0, 2.0])
    10.0
    >>> neuron.b.grad                                           # the mean of 2 (prediction - target)
    6.0
    """
    model.zero_grad()
    total = loss([model(x) for x in X], y)
    total.backward()
    return total.data


def predict(model: Module, X: Any) -> NDArray[np.float64]:
    """The model's outputs for n samples, as numbers: an array (n,), or (n, outputs) if it gives lists.

    >>> from nn import MLP
    >>> predict(MLP(2, [4, 3]), [[0.0, 1.0], [1.0, 0.0]]).shape
    (2, 3)
    """
    with no_grad():
        return np.array([model(x) for x in X], float)
