"""Between a table and a network: how its columns become inputs and targets, and its outputs answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Dataset, mean_and_deviation
from ..module import Module

OF_CLASSES = {"cross_entropy": "identity", "nll": "log_softmax"}
"""Losses of an output for each class, with the activation of the last layer."""
OF_TWO_CLASSES = {
    "binary_cross_entropy_with_logits": "identity",
    "binary_cross_entropy": "sigmoid",
    "hinge": "identity",
}
"""Losses of one output, the larger for the second class."""
OF_NUMBERS = {"mse": "identity", "l1": "identity", "huber": "identity"}
"""Losses of amounts."""


@dataclass(frozen=True)
class Encoding:
    """What a network was given and what its outputs mean; all that `predict` must remember, as JSON can keep it.

    Attributes:
        features, target, classes: the names, as in a Dataset.
        loss: its name says how many outputs there are, and what they are.
        mean, deviation: of each feature in the rows to train with; a feature x is given as (x - mean) / deviation.
        target_mean, target_deviation: the same of the target; 0 and 1 for classes.
    """

    features: list[str]
    target: str
    classes: list[str]
    loss: str
    mean: list[float]
    deviation: list[float]
    target_mean: float = 0.0
    target_deviation: float = 1.0

    @staticmethod
    def of(dataset: Dataset, rows: Any, loss: str) -> Encoding:
        """The encoding that the rows to train with make."""
        mean, deviation = mean_and_deviation(dataset.X[rows])
        of_target = (0.0, 1.0) if dataset.classes else map(float, mean_and_deviation(dataset.y[rows]))
        names = list(dataset.features), dataset.target, list(dataset.classes)
        return Encoding(*names, loss, mean.tolist(), deviation.tolist(), *of_target)

    @property
    def outputs(self) -> int:
        """How many neurons the last layer has."""
        return len(self.classes) if self.loss in OF_CLASSES else 1

    @property
    def activation(self) -> str:
        """The activation of the last layer."""
        return (OF_CLASSES | OF_TWO_CLASSES | OF_NUMBERS)[self.loss]

    def inputs(self, X: Any) -> list[list[float]]:
        """Rows of features as the network takes them."""
        return ((np.asarray(X, float) - self.mean) / self.deviation).tolist()

    def targets(self, y: NDArray[Any]) -> list[Any]:
        """Targets as the loss takes them."""
        if self.loss == "hinge":
            return (2 * y - 1).tolist()
        return y.tolist() if self.classes else ((y - self.target_mean) / self.target_deviation).tolist()

    def answers(self, outputs: NDArray[np.float64]) -> NDArray[Any]:
        """(n,): the index of the class that each row's outputs mean; in a regression the amount."""
        if not self.classes:
            return outputs * self.target_deviation + self.target_mean
        if self.loss in OF_CLASSES:
            return outputs.argmax(axis=1)
        return (outputs > self.threshold).astype(int)

    @property
    def threshold(self) -> float:
        """One output above it means the second class."""
        return 0.5 if self.activation == "sigmoid" else 0.0

    def probabilities(self, outputs: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """(n, C): the probability of each class; None in a regression, and for scores, which say none."""
        if not self.classes or self.loss == "hinge":
            return None
        if self.loss in OF_CLASSES:
            powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
            return powers / powers.sum(axis=1, keepdims=True)
        second = outputs if self.activation == "sigmoid" else 0.5 + 0.5 * np.tanh(outputs / 2)
        return np.stack([1 - second, second], axis=1)


class Encoded(Module):
    """A network that takes features in their own units."""

    def __init__(self, model: Module, encoding: Encoding) -> None:
        self.model, self._encoding = model, encoding

    def forward(self, x: Any) -> Any:
        means = zip(x, self._encoding.mean, self._encoding.deviation, strict=True)
        return self.model([(number - mean) / deviation for number, mean, deviation in means])
