"""Losses: how wrong an answer is, as one Value.

>>> logits = [Value(2.0), Value(0.0), Value(-1.0)]
>>> loss = cross_entropy(logits, 0)
>>> loss.backward()
>>> round(loss.data, 4), round(logits[0].grad, 4)      # the gradient is probability - 1
(0.1698, -0.1562)

Each is as torch's of the same name. `reduction` says what becomes of the losses of many numbers (or samples):
"mean", "sum", or "none", a list of them, nested as the predictions are. Of plain numbers they give a float.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from autograd import Value, abs, floor, log, log1p, minimum, relu, softplus, sum, where

from .cross_entropy import cross_entropy, nll
from .reduction import check_reduction, is_sequence, reduced

SMALLEST = math.exp(-100)
"""The logarithm of a smaller probability counts as -100 in binary_cross_entropy, as in torch."""

STEEPEST = 9.999999960041972e-13
"""In the slope of binary_cross_entropy the denominator is at least this, torch's 1e-12, which is one of 32 bits."""

_OfOne = Callable[[Value, Value | float], Value]
"""The loss of one prediction with its target."""


def mse(predictions: Any, targets: Any, *, reduction: str = "mean") -> Any:
    """The squared error, (prediction - target)².

    Args:
        predictions: a Value, a sequence of Values, or a sequence of such sequences.
        targets: numbers (or Values), nested alike.
        reduction: "mean" is over all numbers, however they are nested.

    Raises:
        ValueError: predictions and targets differ in shape, or are empty; an unknown reduction.

        >>> mse([Value(1.0), Value(4.0)], [1.0, 2.0]).data
        2.0
        >>> mse([1.0, 4.0], [1.0, 2.0], reduction="none")
        [0.0, 4.0]
    """
    return _elementwise("mse", lambda p, t: (p - t) ** 2, predictions, targets, reduction)


def l1(predictions: Any, targets: Any, *, reduction: str = "mean") -> Any:
    """The absolute error, |prediction - target|; where the two are equal its gradient is 0.

    Arguments and errors as mse.

        >>> l1([Value(1.0), Value(4.0)], [1.0, 2.0]).data
        1.0
    """
    return _elementwise("l1", lambda p, t: abs(p - t), predictions, targets, reduction)


def huber(predictions: Any, targets: Any, *, delta: float = 1.0, reduction: str = "mean") -> Any:
    """½ d² for an error |d| up to delta, beyond it the straight line delta · (|d| - ½ delta), d = prediction - target.

    P. J. Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics 35(1), 1964.
    Arguments and errors as mse; also a ValueError if delta is not above 0.

        >>> huber([Value(0.5), Value(4.0)], [0.0, 0.0], reduction="sum").data
        3.625
    """
    if not delta > 0:
        raise ValueError(f"huber: delta must be above 0, got {delta!r}")

    def loss(p: Value, t: Value | float) -> Value:
        size = abs(p - t)
        curved = minimum(size, float(delta))
        return curved * (size - 0.5 * curved)

    return _elementwise("huber", loss, predictions, targets, reduction)


def hinge(scores: Any, targets: Any, *, reduction: str = "mean") -> Any:
    """max(0, 1 - target · score), for targets -1 and 1; where it reaches 0 its gradient is 0.

    As torch.nn.functional.margin_ranking_loss(score, 0, target, margin=1). Arguments and errors as mse; also a
    ValueError if a target is neither -1 nor 1.

        >>> hinge([Value(2.0), Value(0.25)], [1, -1], reduction="none")[1].data
        1.25
    """

    def loss(score: Value, t: Value | float) -> Value:
        if not isinstance(t, Value):
            if _checked(t, "hinge: a target") not in (-1, 1):
                raise ValueError(f"hinge: a target must be -1 or 1, got {float(t)}")
            t = float(t)
        return relu(1.0 - t * score)

    return _elementwise("hinge", loss, scores, targets, reduction)


def binary_cross_entropy(probabilities: Any, targets: Any, *, reduction: str = "mean") -> Any:
    """-t log p - (1 - t) log(1 - p), of the probability p of class 1 and the target t.

    Its slope is (p - t) / (p (1 - p)). Value and slope stay finite, and are torch's: a logarithm counts as at least
    -100, and p (1 - p) as at least 1e-12. From a sigmoid, binary_cross_entropy_with_logits is exact for every logit.

    Args:
        probabilities: Values between 0 and 1, nested as in mse.
        targets: numbers between 0 and 1, nested alike; 0 and 1 are the classes.
        reduction: as mse.

    Raises:
        ValueError: as mse; or a probability or a target is not between 0 and 1. A compiled function cannot look at
            one probability: there the loss is nan.

        >>> round(binary_cross_entropy([Value(0.5), Value(0.25)], [1, 0]).data, 6)
        0.490415
    """

    def loss(p: Value, t: Value | float) -> Value:
        t = _part(t, "binary_cross_entropy: a target")
        outside: Any = (p < 0) | (p > 1)
        if not isinstance(outside, Value) and outside:
            raise ValueError(
                f"binary_cross_entropy: a probability must be between 0 and 1, got {float(p)}; "
                "for numbers that no sigmoid has seen there is binary_cross_entropy_with_logits"
            )
        entropy = _entropy(p, t)
        return where(outside, math.nan, entropy) if isinstance(outside, Value) else entropy

    return _elementwise("binary_cross_entropy", loss, probabilities, targets, reduction)


def binary_cross_entropy_with_logits(logits: Any, targets: Any, *, reduction: str = "mean") -> Any:
    """Binary cross-entropy of p = sigmoid(logit), stable for every logit.

    It is t · softplus(-logit) + (1 - t) · softplus(logit), for softplus(-z) = -log sigmoid z.

    Args:
        logits: Values, nested as in mse.
        targets: numbers between 0 and 1, nested alike; 0 and 1 are the classes.
        reduction: as mse.

    Raises:
        ValueError: as mse; or a target is not between 0 and 1.

        >>> z = Value(1000.0)
        >>> loss = binary_cross_entropy_with_logits(z, 0)
        >>> loss.backward()
        >>> loss.data, z.grad
        (1000.0, 1.0)
    """

    def loss(z: Value, t: Value | float) -> Value:
        t = _part(t, "binary_cross_entropy_with_logits: a target")
        return t * softplus(-z) + (1.0 - t) * softplus(z)

    return _elementwise("binary_cross_entropy_with_logits", loss, logits, targets, reduction)


def l1_penalty(parameters: Iterable[Value]) -> Value:
    """Σ |w|, which drives weights to 0; add a small multiple of it to a loss.

    Args:
        parameters: Values, as model.parameters() gives them.

        >>> l1_penalty([Value(3.0), Value(-1.0)]).data
        4.0
    """
    return sum([abs(w) for w in parameters])


def l2_penalty(parameters: Iterable[Value]) -> Value:
    """Σ w², which keeps weights small; λ/2 times it moves SGD as its weight decay λ does.

    Args:
        parameters: Values, as model.parameters() gives them.

        >>> l2_penalty([Value(3.0), Value(-1.0)]).data
        10.0
    """
    return sum([w * w for w in parameters])


def _entropy(p: Value, t: Value | float) -> Value:
    """-t log p - (1 - t) log(1 - p), next to 0 and 1 with torch's numbers."""
    near_an_end: Any = p * (1.0 - p) < STEEPEST
    if isinstance(near_an_end, Value):  # compiled: some samples are, some are not
        return where(near_an_end, _entropy_near_an_end(p, t), _entropy_between(p, t))
    return _entropy_near_an_end(p, t) if near_an_end else _entropy_between(p, t)


def _entropy_between(p: Value, t: Value | float) -> Value:
    return -t * log(p) - (1.0 - t) * log1p(-p)


def _entropy_near_an_end(p: Value, t: Value | float) -> Value:
    """The value by logarithms that are flat, so that the last term, which is 0, gives the slope alone."""
    log_p, log_rest = where(p > SMALLEST, log(p), -100.0), where(p < 1.0, log1p(-p), -100.0)
    return -t * _flat(log_p) - (1.0 - t) * _flat(log_rest) + (p - _flat(p)) * ((_flat(p) - t) / STEEPEST)


def _flat(x: Value) -> Value:
    """x without a slope: on a staircase. With steps of 2⁻¹²⁰ the count of them is below 2¹²⁸, a float32's most."""
    return floor(x * 2.0**120) * 2.0**-120


def _elementwise(name: str, loss: _OfOne, predictions: Any, targets: Any, reduction: str) -> Any:
    """The loss of each prediction with its target, _reduced."""
    check_reduction(reduction, name)
    losses: list[Any] = []
    nested = _each(name, loss, predictions, targets, losses)
    if not losses:
        raise ValueError(f"{name}: expected at least one prediction, got none")
    return nested if reduction == "none" else reduced(losses, len(losses), reduction)


def _each(name: str, loss: _OfOne, predictions: Any, targets: Any, losses: list[Any]) -> Any:
    """The losses, nested as the predictions are; appends each of them to `losses` too."""
    sizes = [len(x) if is_sequence(x) else None for x in (predictions, targets)]
    if sizes[0] != sizes[1]:
        given = ["one number" if n is None else f"a sequence of {n}" for n in sizes]
        raise ValueError(f"{name}: predictions and targets must have the same shape, got {given[0]} and {given[1]}")
    if sizes[0] is None:
        try:
            losses.append(loss(predictions, targets))
        except (TypeError, ValueError) as error:  # of one number; say which
            function, at, _ = name.partition(": ")
            if not at or not str(error).startswith(f"{function}: "):
                raise
            raise type(error)(f"{name}: {str(error)[len(function) + 2 :]}") from None
        return losses[-1]
    pairs = zip(predictions, targets, strict=True)
    return [_each(f"{name}: at [{i}]", loss, p, t, losses) for i, (p, t) in enumerate(pairs)]


def _part(t: Value | float, what: str) -> Value | float:
    """The target of a loss of two classes."""
    if isinstance(t, Value):
        return t
    if not 0 <= _checked(t, what) <= 1:
        raise ValueError(f"{what} must be between 0 and 1, got {float(t)}")
    return float(t)


def _checked(t: Any, what: str) -> float:
    if isinstance(t, str) or not hasattr(t, "__float__"):
        raise TypeError(f"{what} must be a number, got {type(t).__name__}: {t!r:.200}")
    return float(t)


LOSSES: dict[str, Callable[..., Any]] = {
    "mse": mse,
    "l1": l1,
    "huber": huber,
    "hinge": hinge,
    "binary_cross_entropy": binary_cross_entropy,
    "binary_cross_entropy_with_logits": binary_cross_entropy_with_logits,
    "cross_entropy": cross_entropy,
    "nll": nll,
}
"""The losses by the names that `fit(..., loss=)` takes."""
