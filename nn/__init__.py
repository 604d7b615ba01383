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

from . import activations, data, init
from .activations import log_softmax
from .clip import clip_grad_norm_, clip_grad_value_
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
from .table import DataError
from .training import fit, predict

__all__ = [
    "MLP",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "DataError",
    "ExponentialLR",
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
    "fit",
    "hinge",
    "huber",
    "init",
    "l1",
    "l1_penalty",
    "l2_penalty",
    "log_softmax",
    "mse",
    "nll",
    "predict",
    "r2",
]
