"""What the learners derived by hand: each derivative beside ours, the mistakes, the gradient that vanishes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from autograd import Value
from nn import MLP, Neuron

from .by_hand import two_layers_of_sigmoid
from .networks import XOR, half_squared, learn, neuron_of_a


@pytest.mark.parametrize("activation", ["relu", "identity"])
def test_a_with_relu_and_with_none(activation):
    """Here a step multiplies the error by 1 - 2 lr (3² + 1): by 0.2 at the rate 0.04, by -1 at the rate 0.1."""
    for seed in range(10):
        assert learn(neuron_of_a(seed, activation), 3.0, 0.7, lr=0.04).epochs < 50
    neuron = Neuron(w=0.2, b=0.3, activation=activation)  # answers 0.9
    losses = learn(neuron, 3.0, 0.7, epochs=100).losses
    np.testing.assert_allclose(losses, 0.04, rtol=1e-9)  # 0.9, 0.5, 0.9, 0.5, ...
    fast = learn(Neuron(w=0.5, b=0.5, activation=activation), 3.0, 0.7, epochs=100).losses
    np.testing.assert_allclose(fast[0], 1.3**2)  # at 2.0; the next is at -0.6, where relu is flat and stays so
    np.testing.assert_allclose(fast[1:], {"relu": 0.7**2, "identity": 1.3**2}[activation])


@pytest.mark.parametrize("x", [-1.5, 0.5, 2.0])
def test_a_derivatives_that_were_written_by_hand_looked_at_the_output(x):
    for activation, slope in [("sigmoid", lambda y: y * (1 - y)), ("relu", lambda y: y > 0), ("identity", lambda y: 1)]:
        neuron = Neuron(w=0.75, b=0.25, activation=activation)
        y = neuron(x)
        ((y - 0.7) ** 2).backward()
        by_hand = 2 * (y.data - 0.7) * slope(y.data)
        assert neuron.w[0].grad == pytest.approx(by_hand * x, rel=1e-14)
        assert neuron.b.grad == pytest.approx(by_hand, rel=1e-14)


def test_a_loss_times_the_rate_is_no_gradient():
    """What the author first took for backpropagation: it can only make weights smaller."""
    believed, ours = (Neuron(w=0.0, b=0.0, activation="sigmoid") for _ in range(2))  # answers 0.5, too little
    for _ in range(10):
        loss = (believed(3.0) - 0.7) ** 2
        for p in believed.parameters():
            p.data -= 0.1 * loss.data
    learn(ours, 3.0, 0.7, epochs=10)
    assert believed(3.0).data < 0.5 < ours(3.0).data < 0.7


def test_e_the_chain_rule_by_hand():
    rng = np.random.default_rng(0)
    for x, t in zip(XOR.X, XOR.y, strict=True):
        model = MLP(2, [2, 1], activation="sigmoid", output="sigmoid", init="normal", rng=rng)
        hidden, [output] = (layer.neurons for layer in model.layers)
        w, b = np.array([[w.data for w in neuron.w] for neuron in hidden]), np.array([n.b.data for n in hidden])
        by_hand = two_layers_of_sigmoid(w, b, np.array([v.data for v in output.w]), output.b.data, x, t)
        half_squared([model(x)], [t]).backward()
        ours = [[w.grad for w in n.w] for n in hidden], [n.b.grad for n in hidden], [v.grad for v in output.w]
        for gradient, expected in zip([*ours, output.b.grad], by_hand, strict=True):
            np.testing.assert_allclose(gradient, expected, rtol=1e-13, atol=1e-18)


def test_e_random_weights_error_downhill_repeat():
    model = MLP(2, [2, 1], activation="sigmoid", output="sigmoid", rng=0)  # random weights
    errors = []
    for _ in range(50):  # repeat
        error = half_squared([model(x) for x in XOR.X], XOR.y)
        errors.append(error.data)
        model.zero_grad()
        error.backward()
        for p in model.parameters():
            p.data -= 0.1 * p.grad  # downhill
    assert all(later < earlier for earlier, later in pairwise(errors))


def test_e_through_a_sigmoid_at_most_a_quarter_of_the_gradient_comes_back():
    def back_through(activation, layers=10):
        """The gradient of the last number by the number before each layer, first layer first."""
        xs = [Value(0.5)]
        for _ in range(layers):
            xs.append(Neuron(w=1.0, activation=activation)(xs[-1]))
        xs[-1].backward()
        return [x.grad for x in xs], [x.data for x in xs]

    gradients, numbers = back_through("sigmoid")
    for gradient, later, y in zip(gradients, gradients[1:], numbers[1:], strict=False):
        assert gradient == pytest.approx(later * y * (1 - y), rel=1e-14)
        assert gradient <= later / 4
    assert 0 < gradients[0] < 0.25**10
    assert back_through("relu")[0] == [1.0] * 11


def test_e_the_vanishing_gradient_layer_by_layer_and_relu():
    def mean_gradients(activation, init):
        model = MLP(4, [8] * 10 + [1], activation=activation, init=init, rng=0)
        model([0.5, -1.0, 1.0, 0.25]).backward()
        return [np.mean([abs(p.grad) for p in layer.parameters()]) for layer in model.layers]

    sizes = mean_gradients("sigmoid", "xavier_uniform")
    assert all(earlier < later / 2 for earlier, later in pairwise(sizes))
    assert sizes[0] < 1e-6 * sizes[-1]
    cured = mean_gradients("relu", "kaiming_normal")
    assert min(cured) > 0.01 * max(cured)
