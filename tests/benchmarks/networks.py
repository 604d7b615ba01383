"""The networks of the compile benchmark: sizes, samples, starting weights, and the loss of one sample.

A parameter vector holds layer after layer and neuron after neuron the weights and then the bias, as micrograd's
`parameters()` does. One output neuron: labels -1 and 1 and max-margin loss; more: cross entropy. The loss is the mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .engines import UnsupportedError
from .moons import make_moons

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Network:
    """An MLP, linear in its last layer, and what it is trained on."""

    sizes: tuple[int, ...]
    activation: str
    """Of all layers but the last: "relu" or "tanh"."""
    X: Floats
    """[N, inputs]"""
    y: NDArray[np.int64]
    """[N]: -1 or 1; the number of the class where there are several outputs."""

    def weights(self) -> Floats:
        """Where training starts: [parameters]."""
        rng = np.random.default_rng(1)
        return np.concatenate([rng.uniform(-1, 1, n * (k + 1)) / np.sqrt(k) for k, n in pairwise(self.sizes)])

    def layers(self, vector: Floats) -> list[tuple[Floats, Floats]]:
        """The parameter vector, or a gradient like it, as the matrix [out, in] and the bias [out] of each layer."""
        found: list[tuple[Floats, Floats]] = []
        at = 0
        for inputs, outputs in pairwise(self.sizes):
            rows = vector[at : at + outputs * (inputs + 1)].reshape(outputs, inputs + 1)
            found.append((np.ascontiguousarray(rows[:, :-1]), np.ascontiguousarray(rows[:, -1])))
            at += rows.size
        return found

    @staticmethod
    def vector(layers: list[tuple[Any, Any]]) -> Floats:
        """The way back: matrices and biases as one vector."""
        rows = [np.column_stack([np.asarray(w, float), np.asarray(b, float)]) for w, b in layers]
        return np.concatenate([matrix.ravel() for matrix in rows])

    @property
    def hinge(self) -> bool:
        return self.sizes[-1] == 1


def spiral(samples: int) -> tuple[Floats, NDArray[np.int64]]:
    """Three arms that wind around the origin, and the number of the arm."""
    rng = np.random.default_rng(0)
    arm = np.arange(samples) % 3
    radius = rng.uniform(0, 1, samples)
    angle = 4 * radius + arm * 2 * np.pi / 3 + rng.normal(0, 0.2, samples)
    return np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1), arm


def digits(samples: int) -> tuple[Floats, NDArray[np.int64]]:
    """Handwritten digits of 8 × 8 pixels from 0 to 1, through scikit-learn."""
    try:
        from sklearn.datasets import load_digits
    except ModuleNotFoundError:
        raise UnsupportedError("needs scikit-learn for the digits") from None
    X, y = load_digits(return_X_y=True)
    return X[:samples] / 16, y[:samples]


def network(name: str, samples: int | None = None) -> Network:
    """One of the networks, on its own number of samples or on another one."""
    if name == "moons":
        points, labels = make_moons(samples or 100)
        return Network((2, 16, 16, 1), "relu", np.array(points), np.array(labels, np.int64))
    if name == "digits":
        return Network((64, 32, 10), "relu", *digits(samples or 256))
    activation = {"spiral": "relu", "spiral, tanh": "tanh"}[name]
    return Network((2, 64, 64, 3), activation, *spiral(samples or 300))


NETWORKS = {
    "moons": "MLP 2-16-16-1, relu, max-margin loss, 100 samples",
    "spiral": "MLP 2-64-64-3, relu, cross entropy, 300 samples",
    "spiral, tanh": "MLP 2-64-64-3, tanh, cross entropy, 300 samples",
    "digits": "MLP 64-32-10, relu, cross entropy, 256 samples",
}
