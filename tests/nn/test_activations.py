"""Activations: by name, and log_softmax, which autograd does not have."""

from __future__ import annotations

import math

import pytest

import autograd
from autograd import Value
from nn import activations
from nn.activations import ACTIVATIONS, OF_A_LAYER, activation, identity, log_softmax

# At -1.5 and 0.7 (numbers of torch 2.13, float64)
NUMBERS = {
    "identity": (-1.5, 0.7),
    "step": (0.0, 1.0),
    "sigmoid": (0.18242552380635635, 0.6681877721681662),
    "tanh": (-0.9051482536448664, 0.6043677771171635),
    "relu": (0.0, 0.7),
    "leaky_relu": (-0.015, 0.7),
    "elu": (-0.7768698398515702, 0.7),
    "gelu": (-0.10021080190321205, 0.5306254434438144),
    "silu": (-0.27363828570953453, 0.4677314405177163),
    "softplus": (0.20141327798275246, 1.1031860488854579),
}


def test_the_table_has_every_activation_and_no_other():
    assert set(ACTIVATIONS) == {*NUMBERS, *OF_A_LAYER}
    assert set(activations.__all__) >= set(ACTIVATIONS)
    assert {"softmax", "log_softmax"} == OF_A_LAYER
    for name, function in ACTIVATIONS.items():
        assert activation(name) is function is getattr(activations, name)
        assert function is getattr(autograd, name, function)


@pytest.mark.parametrize("name", NUMBERS)
def test_an_activation_by_its_name(name):
    for x, y in zip((-1.5, 0.7), NUMBERS[name], strict=True):
        assert activation(name)(x) == pytest.approx(y, rel=1e-12)
        assert activation(name)(Value(x)).data == pytest.approx(y, rel=1e-12)


def test_the_numbers_are_torchs():
    torch = pytest.importorskip("torch", reason="torch is in the extra `oracle`")
    x = torch.tensor([-1.5, 0.7], dtype=torch.float64)
    for name in set(NUMBERS) - {"identity", "step"}:
        assert getattr(torch.nn.functional, name)(x).tolist() == pytest.approx(NUMBERS[name], rel=1e-12)


def test_identity_is_its_operand():
    x = Value(2.0)
    assert identity(x) is x


def test_log_softmax_equals_torch():
    xs = [Value(0.5), Value(-1.25), Value(3.0)]
    logs = log_softmax(iter(xs))
    assert [y.data for y in logs] == pytest.approx(
        [-2.5919857805919686, -4.341985780591969, -0.09198578059196878], rel=1e-12
    )
    logs[1].backward()  # the gradient: 1 - softmax for itself, -softmax for the others
    assert [x.grad for x in xs] == pytest.approx(
        [-0.07487121456204028, 0.9869893337946298, -0.9121181192325896], rel=1e-12
    )
    assert math.fsum(math.exp(y.data) for y in logs) == pytest.approx(1, rel=1e-15)


def test_log_softmax_does_not_overflow():
    assert log_softmax([1000.0, 0.0, -1000.0]) == [0.0, -1000.0, -2000.0]
    assert log_softmax([-1e5, -1e5])[0] == pytest.approx(-math.log(2), rel=1e-10)


def test_what_is_wrong():
    with pytest.raises(ValueError, match="there is no activation 'rely'; the activations are identity, step, sigmoid"):
        activation("rely")
    with pytest.raises(TypeError):
        log_softmax(3.0)
