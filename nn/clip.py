"""Gradient clipping, between `backward()` and `step()`: no single batch may move the parameters too far.

Source: Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks" (2013).

>>> w = Value(1.0)
>>> (w * 30).backward()
>>> clip_grad_value_([w], 5.0)
>>> w.grad
5.0
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from autograd import Value, read_grad, write_grad


def clip_grad_norm_(
    parameters: Iterable[Value] | Value, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> float:
    """Scale all gradients together so that their norm is at most max_norm: g ← g · min(1, max_norm / (‖g‖ + 1e-6)).

    Args:
        parameters: the Values whose gradients are one long vector.
        max_norm: 0 or more. norm_type: p of the p-norm, above 0; inf gives the largest absolute gradient.
        error_if_nonfinite: raise if the norm is inf or nan, instead of spreading it to every gradient.

    Returns:
        The norm before the scaling.

    Raises:
        TypeError: parameters is no Value or sequence of Values. ValueError: max_norm or norm_type out of range.
        FloatingPointError: the norm is inf or nan, and error_if_nonfinite. No gradient is changed then.

        >>> a, b = Value(3.0), Value(4.0)
        >>> (a * a / 2 + b * b / 2).backward()              # the gradients are 3 and 4
        >>> clip_grad_norm_([a, b], 1.0)
        5.0
        >>> round(a.grad, 5), round(b.grad, 5)
        (0.6, 0.8)
    """
    if not max_norm >= 0:
        raise ValueError(f"clip_grad_norm_: max_norm must be 0 or more, got {max_norm!r}")
    if not norm_type > 0:
        raise ValueError(f"clip_grad_norm_: norm_type must be more than 0, got {norm_type!r}")
    values = _values("clip_grad_norm_", parameters)
    gradients = read_grad(values)
    largest = float(np.abs(gradients).max(initial=0.0))
    unit = largest if 0 < largest < math.inf else 1.0  # so that no power overflows
    norm = unit * float(np.linalg.norm(gradients / unit, norm_type)) if values else 0.0
    if error_if_nonfinite and not math.isfinite(norm):
        raise FloatingPointError(f"clip_grad_norm_: the norm of the gradients is {norm}; was the loss inf or nan?")
    scale = max_norm / (norm + 1e-6)
    if not scale >= 1:  # nan too
        with np.errstate(invalid="ignore"):  # inf times 0 is nan, as in torch
            write_grad(values, gradients * scale)
    return norm


def clip_grad_value_(parameters: Iterable[Value] | Value, clip_value: float) -> None:
    """Bring each gradient into [-clip_value, clip_value]; nan stays nan.

    Raises:
        TypeError: parameters is no Value or sequence of Values. ValueError: clip_value is negative or nan.

        >>> w = Value(1.0)
        >>> (w * -30).backward()
        >>> clip_grad_value_(w, 5.0)
        >>> w.grad
        -5.0
    """
    if not clip_value >= 0:
        raise ValueError(f"clip_grad_value_: clip_value must be 0 or more, got {clip_value!r}")
    values = _values("clip_grad_value_", parameters)
    write_grad(values, np.clip(read_grad(values), -clip_value, clip_value))


def _values(function: str, parameters: Any) -> list[Value]:
    values = [parameters] if isinstance(parameters, Value) or not hasattr(parameters, "__iter__") else list(parameters)
    for i, value in enumerate(values):
        if not isinstance(value, Value):
            raise TypeError(f"{function}: parameters[{i}] must be a Value, got {type(value).__name__}: {value!r}")
    return values
