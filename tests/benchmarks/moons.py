"""One training step of micrograd's demo: an MLP 2-16-16-1 on 100 points of two moons, max-margin loss.

A step clears the gradients, runs the model on all samples, sweeps the graph and drops it. micrograd
makes 65,818 nodes for it.
"""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import numpy as np

from .engines import Engine

SIZES = (2, 16, 16, 1)
SAMPLES = 100
MICROGRAD_NODES = 65_818


def make_moons(samples: int = SAMPLES, seed: int = 0) -> tuple[list[list[float]], list[float]]:
    """Points on two half circles that reach into each other, with noise, and their labels 1 and -1."""
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, np.pi, samples)
    lower = np.arange(samples) % 2 == 1
    x = np.where(lower, 1 - np.cos(angle), np.cos(angle)) + rng.normal(0, 0.1, samples)
    y = np.where(lower, 0.5 - np.sin(angle), np.sin(angle)) + rng.normal(0, 0.1, samples)
    return np.stack([x, y], axis=1).tolist(), np.where(lower, 1.0, -1.0).tolist()


def starting_weights(seed: int = 1) -> dict[str, float]:
    """The parameters before the first step, by name, in the order of micrograd's `parameters()`."""
    rng = random.Random(seed)
    weights: dict[str, float] = {}
    for layer, (inputs, outputs) in enumerate(pairwise(SIZES)):
        for neuron in range(outputs):
            for i in range(inputs):
                weights[f"layers.{layer}.neurons.{neuron}.w.{i}"] = rng.uniform(-1, 1)
            weights[f"layers.{layer}.neurons.{neuron}.b"] = 0.0
    return weights


def neurons(engine: Engine) -> dict[str, type[Any]]:
    """The two ways to write a neuron, with this engine's functions."""
    relu, dot = engine.relu, engine.dot

    class Neuron:
        """As micrograd writes it: a sum of products, then relu."""

        def __init__(self, w: list[Any], b: Any, nonlin: bool) -> None:
            self.w, self.b, self.nonlin = w, b, nonlin

        def __call__(self, x: list[Any]) -> Any:
            act = sum((wi * xi for wi, xi in zip(self.w, x)), self.b)  # noqa: B905
            return relu(act) if self.nonlin else act

    class DotNeuron(Neuron):
        """The same with its sum of products as one node."""

        def __call__(self, x: list[Any]) -> Any:
            act = dot(self.w, x, self.b)
            return relu(act) if self.nonlin else act

    return {"sum": Neuron, "dot": DotNeuron}


class MLP:
    """Layers of neurons; the last one is linear."""

    def __init__(self, neuron: type[Any], parameters: list[Any]) -> None:
        rest = iter(parameters)
        self.layers = [
            [neuron([next(rest) for _ in range(inputs)], next(rest), nonlin=outputs > 1) for _ in range(outputs)]
            for inputs, outputs in pairwise(SIZES)
        ]

    def __call__(self, x: list[Any]) -> Any:
        for layer in self.layers:
            x = [neuron(x) for neuron in layer]
        return x[0]


class Moons:
    """The step, with the neuron as a "sum", as a "dot", or the whole model from our "nn"."""

    def __init__(self, engine: Engine, neuron: str = "sum", samples: int = SAMPLES) -> None:
        self.engine = engine
        self.points, labels = make_moons(samples)
        weights = starting_weights()
        self.names = list(weights)
        if neuron == "nn":
            import nn

            self.model: Any = nn.MLP(SIZES[0], list(SIZES[1:]))
            self.parameters = list(self.model.parameters())
            for p, number in zip(self.parameters, weights.values(), strict=True):
                p.data = number
        else:
            self.parameters = [engine.parameter(number) for number in weights.values()]
            self.model = MLP(neurons(engine)[neuron], self.parameters)
        self.zero, self.one = engine.constant(0.0), engine.constant(1.0)
        self.mean, self.alpha = engine.constant(1.0 / samples), engine.constant(1e-4)
        self.signs = [engine.constant(-label) for label in labels]

    def loss(self) -> Any:
        Value, relu, one = self.engine.Value, self.engine.relu, self.one
        inputs = [list(map(Value, point)) for point in self.points]
        scores = list(map(self.model, inputs))
        losses = [relu(one + sign * score) for sign, score in zip(self.signs, scores, strict=True)]
        data_loss = sum(losses, self.zero) * self.mean
        reg_loss = self.alpha * sum((p * p for p in self.parameters), self.zero)
        return data_loss + reg_loss

    def step(self) -> float:
        self.engine.zero(self.parameters)
        total = self.loss()
        if self.engine.sweep is not None:
            self.engine.sweep(total)
        return self.engine.item(total)

    def facts(self) -> dict[str, float]:
        return {"nodes": count_nodes(self.loss())} if self.engine.name == "micrograd" else {}


def count_nodes(root: Any) -> int:
    """The number of nodes that root was made from, itself included, by following micrograd's `_prev`."""
    seen, stack = {root}, [root]
    while stack:
        for parent in stack.pop()._prev:
            if parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return len(seen)
