"""The networks of the five systems, as each was set up, and how it learns."""

from __future__ import annotations

from functools import partial

import numpy as np

import nn
from autograd import log, maximum, minimum
from nn import MLP, SGD, Neuron

from .by_hand import ReluSoftmax

# A. One neuron that learns one point


def neuron_of_a(seed, activation="sigmoid"):
    """Weight and bias from [0, 1)."""
    rng = np.random.default_rng(seed)
    return Neuron(1, activation=activation, init="uniform", b=rng.random(), rng=rng)


def learn(neuron, x, y, *, lr=0.1, epochs=10_000, target_loss=0.0, progress=False):
    optimizer = SGD(neuron.parameters(), lr=lr)
    options = {"loss": "mse", "optimizer": optimizer, "target_loss": target_loss, "progress": progress}
    return nn.fit(neuron, [x], [y], epochs=epochs, **options)


def percent(answer, target):
    return float(min(abs(answer / target), abs(target / answer)) * 100)


# B. A neuron for a number, a vector and a batch


def neuron_of_b(seed=0):
    """Weights from N(0, 1), as many as the first input has; the bias from N(0, 1) too."""
    rng = np.random.default_rng(seed)
    return Neuron(activation="sigmoid", init="normal", b=rng.normal(), rng=rng)


def answers(neuron, X):
    """sigmoid(Xᵀw + b) in numpy, for column vectors X."""
    return 1 / (1 + np.exp(-(X.T @ [[w.data] for w in neuron.w] + neuron.b.data)))


# C. Classes of points: dense layers, relu, softmax, categorical cross-entropy


def network_of_c(seed=0, output="identity"):
    """2 → 4 relu → 3, weights 0.10 · N(0, 1), biases 0."""
    return MLP(2, [4, 3], output=output, init=partial(nn.init.normal, deviation=0.10), rng=seed)


def wide():
    return MLP(2, [64, 64, 3], init="kaiming_normal", rng=1)


def numpy_twin(model):
    """The same network in numpy."""
    return ReluSoftmax([np.array([[w.data for w in n.w] for n in layer.neurons]) for layer in model.layers])


def fit_all(model, X, y, loss="cross_entropy", *, lr=0.15, epochs=20, **options):
    """Steps of all samples at once."""
    options = {"optimizer": SGD(model.parameters(), lr=lr), "batch_size": None, "progress": False} | options
    return nn.fit(model, X, y, loss=loss, epochs=epochs, **options)


def categorical_cross_entropy(probabilities, targets):
    """Of softmax's outputs, clipped at 1e-7."""
    logarithms = [[log(minimum(maximum(p, 1e-7), 1 - 1e-7)) for p in sample] for sample in probabilities]
    return nn.nll(logarithms, targets)


# E. Gates from perceptrons; XOR learned by two layers with momentum

NAND, OR, AND = (
    Neuron(w=w, b=b, activation="step") for w, b in [([-2.0, -2.0], 3.0), ([2.0, 2.0], -1.0), ([1.0, 1.0], -1.0)]
)
XOR = nn.data.gate("xor")


def xor_of_gates(x):
    return AND([NAND(x), OR(x)])


def network_of_e(seed):
    """2-2-1 tanh, weights uniform in [0, 1), and a bias, drawn likewise, into the hidden layer only."""
    rng = np.random.default_rng(seed)
    model = MLP(2, [2, 1], activation="tanh", output="tanh", init="uniform", rng=rng)
    hidden, [output] = (layer.neurons for layer in model.layers)
    for neuron in hidden:
        neuron.b.data = rng.random()
    output.b.requires_grad = False  # stays at 0
    return model


def half_squared(predictions, targets):
    """½ (t - y)²."""
    return 0.5 * nn.mse(predictions, targets)


def learn_xor(model, *, epochs=5000, target_loss=None, progress=False, optimizer=None):
    optimizer = optimizer or SGD(model.parameters(), lr=0.1, momentum=0.9)
    options = {"batch_size": 1, "target_loss": target_loss, "progress": progress}
    return nn.fit(model, XOR.X, XOR.y, loss=half_squared, optimizer=optimizer, epochs=epochs, **options)


def errors_of(model):
    return np.abs(nn.predict(model, XOR.X) - XOR.y)
