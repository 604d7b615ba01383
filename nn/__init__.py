"""Neural networks from Values: neurons, layers, losses, optimisers, a training loop.

    >>> import random
    >>> random.seed(0)
    >>> model = MLP(2, [16, 16, 1])                     # two inputs, two hidden layers, one output
    >>> loss = mse([model([1.0, -2.0])], [0.5])
    >>> loss.backward()                                 # the gradients fall out of the graph
    >>> SGD(model.parameters(), lr=0.01).step()

In a shell, `python -m nn train iris` trains a network on real data.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import activations, data, init
from .activations import log_softmax
from .callbacks import Callback, EarlyStopping
from .clip import clip_grad_norm_, clip_grad_value_
from .history import History
from .losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge,
    huber,
    l1,
    l1_penalty,
    l2_penalty,
    mse,
    nll,
)
from .lr_finder import find_lr
from .metrics import accuracy, binary_accuracy, confusion_matrix, r2
from .module import Module
from .neuron import MLP, Layer, Neuron
from .one_cycle import OneCycleLR
from .optim import SGD, Adagrad, Adam, AdamW, RMSprop
from .optimizer import Optimizer
from .plateau import ReduceLROnPlateau
from .schedule import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    StepLR,
)
from .sequential import Sequential
from .table import DataError
from .training import DivergenceError, fit, predict

if TYPE_CHECKING:
    from .checkpoint import Checkpoint, load, save
    from .checkpoint_file import CheckpointError
    from .save_checkpoint import SaveCheckpoint

__all__ = [
    "MLP",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Callback",
    "Checkpoint",
    "CheckpointError",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "DataError",
    "DivergenceError",
    "EarlyStopping",
    "ExponentialLR",
    "History",
    "LRScheduler",
    "Layer",
    "LinearLR",
    "Module",
    "MultiStepLR",
    "Neuron",
    "OneCycleLR",
    "Optimizer",
    "RMSprop",
    "ReduceLROnPlateau",
    "SaveCheckpoint",
    "Sequential",
    "StepLR",
    "accuracy",
    "activations",
    "binary_accuracy",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "clip_grad_norm_",
    "clip_grad_value_",
    "confusion_matrix",
    "cross_entropy",
    "data",
    "find_lr",
    "fit",
    "hinge",
    "huber",
    "init",
    "l1",
    "l1_penalty",
    "l2_penalty",
    "load",
    "log_softmax",
    "mse",
    "nll",
    "predict",
    "r2",
    "save",
]

_LATER = {
    "Checkpoint": "checkpoint",
    "load": "checkpoint",
    "save": "checkpoint",
    "CheckpointError": "checkpoint_file",
    "SaveCheckpoint": "save_checkpoint",
}
"""The modules of what takes time to import, and waits until it is asked for."""


def __getattr__(name: str) -> Any:
    if name == "plot":
        return import_module(".plot", __name__)
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_LATER[name]}", __name__), name)
