"""Plots: how a training went, what a network decides, and what its weights and gradients are.

    >>> from nn import plot
    >>> ax = plot.loss_curves([1.0, 0.5, 0.25])
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('epoch', 'loss')

Each draws into the matplotlib Axes `ax`, or into a new figure, and gives the Axes: `ax.figure.savefig("loss.png")`
saves the picture. Needs matplotlib, the extra `plot`.
"""

from __future__ import annotations

import importlib

try:
    importlib.import_module("matplotlib")
except ImportError:
    message = 'nn.plot needs matplotlib, which is not installed: pip install "scalar-autograd[plot]"'
    raise ImportError(message) from None

from .boundary import decision_boundary
from .charts import confusion_matrix, gradient_sizes, loss_curves
from .wiring import network

__all__ = ["confusion_matrix", "decision_boundary", "gradient_sizes", "loss_curves", "network"]
