"""The rungs of the ladder that are written in arrays: numpy by hand, torch, jax, and CasADi's symbolic scalars."""

from __future__ import annotations

from itertools import pairwise
from time import perf_counter
from typing import Any

import numpy as np

from .networks import Network
from .rungs import Rung


class Numpy(Rung):
    """Forward and backward written by hand."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.layers = network.layers(network.weights())
        self.tanh = network.activation == "tanh"
        self.rows = np.arange(len(network.X))
        self.signs = network.y.astype(float)[:, None]

    def step(self) -> None:
        network, x = self.network, self.network.X
        inputs = []
        for i, (w, b) in enumerate(self.layers):
            inputs.append(x)
            x = x @ w.T + b
            if i < len(self.layers) - 1:
                x = np.tanh(x) if self.tanh else np.maximum(x, 0.0)
        N = len(x)
        if network.hinge:
            margins = 1.0 - self.signs * x
            self.loss = np.maximum(margins, 0.0).mean()
            g = np.where(margins > 0, -self.signs, 0.0) / N
        else:
            shifted = x - x.max(axis=1, keepdims=True)
            exps = np.exp(shifted)
            sums = exps.sum(axis=1, keepdims=True)
            self.loss = (np.log(sums[:, 0]) - shifted[self.rows, network.y]).mean()
            g = exps / sums
            g[self.rows, network.y] -= 1.0
            g /= N
        slopes = []
        for i in range(len(self.layers) - 1, -1, -1):
            a = inputs[i]
            slopes.append((g.T @ a, g.sum(axis=0)))
            if i:
                g = g @ self.layers[i][0]
                g *= 1.0 - a * a if self.tanh else a > 0
        self.slopes = slopes[::-1]

    @property
    def gradient(self) -> Any:
        return self.network.vector(self.slopes)


class Torch(Rung):
    """nn.Linear, nn.ReLU or nn.Tanh, one thread."""

    def __init__(self, network: Network) -> None:
        import torch

        torch.set_num_threads(1)
        self.network = network
        function = {"relu": torch.nn.ReLU, "tanh": torch.nn.Tanh}[network.activation]
        parts: list[Any] = []
        for (inputs, outputs), (w, b) in zip(pairwise(network.sizes), network.layers(network.weights()), strict=True):
            linear = torch.nn.Linear(inputs, outputs, dtype=torch.float64)
            with torch.no_grad():
                linear.weight.copy_(torch.tensor(w))
                linear.bias.copy_(torch.tensor(b))
            parts += [linear, function()]
        self.model = torch.nn.Sequential(*parts[:-1])
        self.X = torch.tensor(network.X)
        self.y = torch.tensor(network.y, dtype=torch.float64 if network.hinge else torch.int64)
        self.relu, self.cross_entropy = torch.relu, torch.nn.functional.cross_entropy

    def step(self) -> None:
        self.model.zero_grad()
        outputs = self.model(self.X)
        if self.network.hinge:
            loss = self.relu(1 - self.y * outputs[:, 0]).mean()
        else:
            loss = self.cross_entropy(outputs, self.y)
        loss.backward()
        self.loss = loss.detach()

    @property
    def gradient(self) -> Any:
        layers = [part for part in self.model if hasattr(part, "weight")]
        return self.network.vector([(part.weight.grad.numpy(), part.bias.grad.numpy()) for part in layers])


class Jax(Rung):
    """value_and_grad of the mean loss, jitted."""

    def __init__(self, network: Network) -> None:
        import jax
        import jax.numpy as jnp

        jax.config.update("jax_enable_x64", True)
        jax.config.update("jax_platforms", "cpu")
        self.network = network
        function = {"relu": jax.nn.relu, "tanh": jnp.tanh}[network.activation]

        def loss(layers: Any, X: Any, y: Any) -> Any:
            for w, b in layers[:-1]:
                X = function(X @ w.T + b)
            w, b = layers[-1]
            outputs = X @ w.T + b
            if network.hinge:
                return jax.nn.relu(1 - y * outputs[:, 0]).mean()
            chosen = jnp.take_along_axis(outputs, y[:, None], axis=1)[:, 0]
            return (jax.nn.logsumexp(outputs, axis=1) - chosen).mean()

        self.block = jax.block_until_ready
        self.layers = [(jnp.array(w), jnp.array(b)) for w, b in network.layers(network.weights())]
        self.X, self.y = jnp.array(network.X), jnp.array(network.y)
        self.function = jax.jit(jax.value_and_grad(loss))
        begin = perf_counter()
        self.step()
        self.once = perf_counter() - begin

    def step(self) -> None:
        self.loss, self.slopes = self.block(self.function(self.layers, self.X, self.y))

    @property
    def gradient(self) -> Any:
        return self.network.vector(self.slopes)


class Casadi(Rung):
    """One sample in SX, its gradient function, mapped over the samples and summed."""

    def __init__(self, network: Network) -> None:
        import casadi

        self.weights = network.weights()
        begin = perf_counter()
        p = casadi.SX.sym("p", len(self.weights))
        x = casadi.SX.sym("x", network.sizes[0])
        y = casadi.SX.sym("y")
        activation, a, at = casadi.tanh if network.activation == "tanh" else _relu, x, 0
        for i, (inputs, outputs) in enumerate(pairwise(network.sizes)):
            rows = casadi.reshape(p[at : at + outputs * (inputs + 1)], inputs + 1, outputs).T
            at += outputs * (inputs + 1)
            a = rows[:, :-1] @ a + rows[:, -1]
            a = activation(a) if i < len(network.sizes) - 2 else a
        if network.hinge:
            loss = _relu(1 - y * a)
        else:
            chosen = sum((y == i) * a[i] for i in range(network.sizes[-1]))
            loss = casadi.log(casadi.sum1(casadi.exp(a))) - chosen
        one = casadi.Function("one", [p, x, y], [loss, casadi.gradient(loss, p)])
        mapped = one.map(len(network.X))
        P = casadi.MX.sym("P", len(self.weights))
        X, Y = casadi.MX.sym("X", *network.X.T.shape), casadi.MX.sym("Y", 1, len(network.X))
        losses, slopes = mapped(P, X, Y)
        mean = [casadi.sum2(losses) / len(network.X), casadi.sum2(slopes) / len(network.X)]
        self.function = casadi.Function("mean", [P, X, Y], mean)
        self.X, self.y = casadi.DM(network.X.T), casadi.DM(network.y.astype(float)).T
        self.p = casadi.DM(self.weights)
        self.step()
        self.once = perf_counter() - begin

    def step(self) -> None:
        self.loss, self.slopes = self.function(self.p, self.X, self.y)

    @property
    def gradient(self) -> Any:
        return np.array(self.slopes)[:, 0]


def _relu(x: Any) -> Any:
    import casadi

    return casadi.fmax(x, 0)
