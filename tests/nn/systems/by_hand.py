"""Three networks in numpy, with derivatives written by hand: what the five systems needed before there were Values."""

from __future__ import annotations

import numpy as np


class ReluSoftmax:
    """Layers of relu, the last of softmax, with the mean categorical cross-entropy, trained by Adam on all samples.

    Args:
        weights: an array (outputs, inputs) for each layer; the biases start at 0.
    """

    def __init__(self, weights):
        self.weights = [w.copy() for w in weights]
        self.biases = [np.zeros(len(w)) for w in weights]

    def logits(self, X):
        """The outputs of every layer, before softmax."""
        outputs = [X]
        for k, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            z = outputs[-1] @ w.T + b
            outputs.append(z if k == len(self.weights) - 1 else np.maximum(z, 0))
        return outputs

    def gradients(self, X, targets):
        """The loss, and its gradients by the weights and then by the biases."""
        outputs = self.logits(X)
        powers = np.exp(outputs[-1] - outputs[-1].max(axis=1, keepdims=True))
        probabilities = powers / powers.sum(axis=1, keepdims=True)
        delta = (probabilities - targets) / len(X)
        of_weights, of_biases = [], []
        for k in reversed(range(len(self.weights))):
            of_weights.insert(0, delta.T @ outputs[k])
            of_biases.insert(0, delta.sum(axis=0))
            delta = delta @ self.weights[k] * (outputs[k] > 0)
        return -np.log(probabilities[targets == 1]).mean(), of_weights + of_biases

    def train(self, X, targets, steps, lr):
        """Adam; gives the loss before each step."""
        parameters, losses = self.weights + self.biases, []
        m, v = ([np.zeros_like(p) for p in parameters] for _ in range(2))
        for t in range(1, steps + 1):
            loss, gradients = self.gradients(X, targets)
            losses.append(loss)
            for i, (p, g) in enumerate(zip(parameters, gradients, strict=True)):
                m[i] = 0.9 * m[i] + 0.1 * g
                v[i] = 0.999 * v[i] + 0.001 * g**2
                p -= lr * m[i] / (1 - 0.9**t) / (np.sqrt(v[i] / (1 - 0.999**t)) + 1e-8)
        return losses


def two_layers_of_sigmoid(w, b, v, c, x, t):
    """The chain rule by hand for ½(y - t)², y = σ(v·h + c), h = σ(w x + b): gradients by w, b, v and c."""

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    h = sigmoid(w @ x + b)
    y = sigmoid(v @ h + c)
    delta = (y - t) * y * (1 - y)  # of the output
    hidden = delta * v * h * (1 - h)  # of each hidden neuron: back along its weight
    return np.outer(hidden, x), hidden, delta * h, delta


def learn_by_momentum(w, b, v, X, targets, lr, momentum):
    """Many networks tanh(v·tanh(w x + b)) at once: a step of momentum for each sample in turn, of ½(y - t)².

    Args:
        w, b, v: (networks, hidden, inputs), (networks, hidden), (networks, hidden).
        X, targets: the samples, in the order in which they are learned.

    Returns:
        A function of n samples that gives the answers of the trained networks, (networks, n).
    """
    w, b, v = w.copy(), b.copy(), v.copy()
    velocities = [np.zeros_like(p) for p in (w, b, v)]
    for x, t in zip(X, targets, strict=True):
        h = np.tanh(w @ x + b)
        y = np.tanh((v * h).sum(axis=1, keepdims=True))
        delta = (y - t) * (1 - y**2)
        hidden = delta * v * (1 - h**2)
        for p, velocity, gradient in zip(
            (w, b, v), velocities, (hidden[:, :, None] * x, hidden, delta * h), strict=True
        ):
            velocity *= momentum
            velocity += gradient
            p -= lr * velocity
    return lambda X: np.tanh((np.tanh(w @ X.T + b[:, :, None]) * v[:, :, None]).sum(axis=1))
