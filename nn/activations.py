"""Activations: the functions that bend a network, by themselves and by name.

>>> tanh(Value(0.0)).data, relu(-2.0)
(0.0, 0.0)
>>> activation("leaky_relu")(-2.0)
-0.02

Most take one number, the output of one neuron. Those named in OF_A_LAYER take the outputs of a whole
layer, a sequence, and give a list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from autograd import (
    Value,
    elu,
    gelu,
    leaky_relu,
    logsumexp,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    step,
    tanh,
)

# fmt: off
__all__ = [
    "ACTIVATIONS", "OF_A_LAYER", "activation", "elu", "gelu", "identity", "leaky_relu", "log_softmax", "relu",
    "sigmoid", "silu", "softmax", "softplus", "step", "tanh",
]
# fmt: on

T = TypeVar("T", Value, float)


def identity(x: T) -> T:
    """The number itself: a neuron that stays linear.

    >>> identity(-2.0)
    -2.0
    """
    return x


def log_softmax(xs: Iterable[Value | float]) -> list[Any]:
    """x₁ - log(eˣ¹ + eˣ² + ...), x₂ - log(eˣ¹ + eˣ² + ...), ...: the logarithms of softmax, with no overflow.

    Args:
        xs: C Values or numbers, as softmax.

    Returns:
        C Values, or floats if all xs are numbers.

    Raises:
        TypeError: xs is not a sequence of numbers.

        >>> log_softmax([1000.0, 0.0])
        [0.0, -1000.0]
    """
    elements = xs if isinstance(xs, list) else list(xs)
    total = logsumexp(elements)
    return [x - total for x in elements]


ACTIVATIONS: dict[str, Callable[..., Any]] = {
    "identity": identity,
    "step": step,
    "sigmoid": sigmoid,
    "tanh": tanh,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "gelu": gelu,
    "silu": silu,
    "softplus": softplus,
    "softmax": softmax,
    "log_softmax": log_softmax,
}
"""Every activation by its name."""

OF_A_LAYER = frozenset({"softmax", "log_softmax"})
"""The names of those that take the outputs of a whole layer."""


def activation(name: str) -> Callable[..., Any]:
    """The activation of this name.

    Raises:
        ValueError: there is none; the message lists those there are.

        >>> activation("sigmoid")(0.0)
        0.5
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"there is no activation {name!r}; the activations are {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]
