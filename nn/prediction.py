"""What a model answers: predict, for many samples at once where the model can be compiled."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autograd import TraceError, compile, no_grad

from .module import Module

NOT_COMPILED = (TraceError, TypeError, ValueError, AttributeError)
"""What a function that cannot be compiled raises (it may treat its numbers as floats), or data not made of numbers."""


@contextmanager
def keeping_modes(model: Module) -> Generator[None]:
    """Afterwards every module is in the mode, train or eval, that it was in."""
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


@contextmanager
def evaluating(model: Module) -> Generator[None]:
    """The model in eval mode, and no graph is recorded."""
    with keeping_modes(model), no_grad():
        model.eval()
        yield


def predict(model: Module, X: Any) -> NDArray[np.float64]:
    """The model's outputs for n samples, as numbers: an array (n,), or (n, outputs) if it gives lists.

    The model is in eval mode meanwhile, and no graph is recorded. It is compiled, as `fit` does it; one that cannot be
    runs as it is written, sample by sample.

    >>> from nn import MLP
    >>> predict(MLP(2, [4, 3]), [[0.0, 1.0], [1.0, 0.0]]).shape
    (2, 3)
    """
    return outputs_of(model, compile(model), X)


def outputs_of(model: Module, compiled: Any, X: Any) -> NDArray[np.float64]:
    """What predict gives, for many calls: `compiled` is compile(model), and keeps its traces."""
    outputs = replayed(model, compiled, X)
    if outputs is not None:
        return outputs
    with evaluating(model):
        return np.array([model(x) for x in X], float)


def replayed(model: Module, compiled: Any, X: Any) -> NDArray[np.float64] | None:
    """What predict gives, by the compiled model; None if it or the samples cannot be compiled."""
    if not hasattr(X, "__len__") or not len(X):
        return None
    with evaluating(model):
        try:
            return compiled.map(X)
        except NOT_COMPILED:
            return None
