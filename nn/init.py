"""Initialisers: the numbers that parameters start from, drawn from a numpy Generator.

>>> rng = np.random.default_rng(0)
>>> w = xavier_uniform((16, 2), rng)                    # 16 neurons that read 2 inputs each
>>> w.shape, bool(abs(w).max() <= (6 / (2 + 16)) ** 0.5)
((16, 2), True)

Each gives an array of floats; bounds and deviations are torch's (torch.nn.init). A `shape` (outputs, inputs) is
that of a layer's weights: a row for each neuron. `rng` is a numpy Generator, or a seed for one; to draw many
layers give all of them the same Generator.
"""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Shape = int | tuple[int, ...]

GAINS = {"identity": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": math.sqrt(2.0)}
"""By how much a layer's weights grow to make up for what its activation takes away, as in torch."""


def uniform(shape: Shape, rng: np.random.Generator | int, low: float = 0.0, high: float = 1.0) -> Floats:
    """Numbers uniform in [low, high).

    >>> uniform(3, 0, -1.0, 1.0).shape
    (3,)
    """
    return np.random.default_rng(rng).uniform(low, high, shape)


def normal(shape: Shape, rng: np.random.Generator | int, mean: float = 0.0, deviation: float = 1.0) -> Floats:
    """Numbers from the normal distribution.

    >>> normal((2, 3), 0, deviation=0.1).shape
    (2, 3)
    """
    return np.random.default_rng(rng).normal(mean, deviation, shape)


def constant(shape: Shape, number: float) -> Floats:
    """The same number everywhere.

    >>> constant(2, 0.5)
    array([0.5, 0.5])
    """
    return np.full(shape, float(number))


def xavier_uniform(shape: tuple[int, int], rng: np.random.Generator | int, gain: float = 1.0) -> Floats:
    """Uniform in ±gain · √(6 / (inputs + outputs)) (Glorot and Bengio 2010), made for tanh and sigmoid.

    Args:
        shape: (outputs, inputs).
        rng: a numpy Generator, or a seed.
        gain: see gain_of.

    Raises:
        ValueError: the shape is not that of a layer.

        >>> xavier_uniform((4, 2), 0).shape
        (4, 2)
    """
    outputs, inputs = _fans(shape, "xavier_uniform")
    bound = gain * math.sqrt(6 / (inputs + outputs))
    return uniform(shape, rng, -bound, bound)


def xavier_normal(shape: tuple[int, int], rng: np.random.Generator | int, gain: float = 1.0) -> Floats:
    """Normal with the deviation gain · √(2 / (inputs + outputs)); arguments and errors as xavier_uniform.

    >>> xavier_normal((4, 2), 0).shape
    (4, 2)
    """
    outputs, inputs = _fans(shape, "xavier_normal")
    return normal(shape, rng, 0.0, gain * math.sqrt(2 / (inputs + outputs)))


def kaiming_uniform(
    shape: tuple[int, int], rng: np.random.Generator | int, gain: float = GAINS["relu"], mode: str = "fan_in"
) -> Floats:
    """Uniform in ±gain · √(3 / fan) (He et al. 2015, arXiv:1502.01852), made for relu.

    Args:
        shape: (outputs, inputs).
        rng: a numpy Generator, or a seed.
        gain: see gain_of; that of relu, if not given.
        mode: the fan is the number of inputs for "fan_in", of outputs for "fan_out".

    Raises:
        ValueError: the shape is not that of a layer; an unknown mode.

        >>> kaiming_uniform((4, 2), 0).shape
        (4, 2)
    """
    bound = gain * math.sqrt(3 / _fan(shape, mode, "kaiming_uniform"))
    return uniform(shape, rng, -bound, bound)


def kaiming_normal(
    shape: tuple[int, int], rng: np.random.Generator | int, gain: float = GAINS["relu"], mode: str = "fan_in"
) -> Floats:
    """Normal with the deviation gain / √fan; arguments and errors as kaiming_uniform.

    >>> kaiming_normal((4, 2), 0).shape
    (4, 2)
    """
    return normal(shape, rng, 0.0, gain / math.sqrt(_fan(shape, mode, "kaiming_normal")))


def gain_of(activation: str, slope: float = 0.01) -> float:
    """The gain for an activation, as torch.nn.init.calculate_gain.

    Args:
        activation: its name.
        slope: of leaky_relu alone, whose gain is √(2 / (1 + slope²)).

    Raises:
        ValueError: no gain is known for it.

        >>> gain_of("tanh")
        1.6666666666666667
    """
    if activation == "leaky_relu":
        return math.sqrt(2 / (1 + slope**2))
    if activation not in GAINS:
        known = ", ".join([*GAINS, "leaky_relu"])
        raise ValueError(f"no gain is known for {activation!r}, only for {known}; give a number as the gain")
    return GAINS[activation]


def _fans(shape: Any, name: str) -> tuple[int, int]:
    sizes: Any = tuple(cast(Any, shape)) if isinstance(shape, (tuple, list)) else ()
    if len(sizes) != 2 or not all(isinstance(n, (int, np.integer)) and n > 0 for n in sizes):
        raise ValueError(f"{name}: the shape must be (outputs, inputs), both 1 or more, got {shape!r}")
    return sizes


def _fan(shape: tuple[int, int], mode: str, name: str) -> int:
    outputs, inputs = _fans(shape, name)
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"{name}: mode must be 'fan_in' or 'fan_out', got {mode!r}")
    return inputs if mode == "fan_in" else outputs
