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
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd import Value, abs, dot, log, logsumexp, maximum, minimum, relu, softplus, sum

SMALLEST = math.exp(-100)
"""Below this, binary_cross_entropy takes a probability for this, so that its logarithm is finite, as torch does."""


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
        if t not in (-1, 1):
            raise ValueError(f"hinge: a target must be -1 or 1, got {t!r}")
        return relu(1.0 - float(t) * score)

    return _elementwise("hinge", loss, scores, targets, reduction)


def binary_cross_entropy(probabilities: Any, targets: Any, *, reduction: str = "mean") -> Any:
    """-t log p - (1 - t) log(1 - p), of the probability p of class 1 and the target t.

    A logarithm is taken to be at least -100, as in torch; there no gradient flows. From a sigmoid,
    binary_cross_entropy_with_logits is exact and always has its gradient.

    Args:
        probabilities: Values between 0 and 1, nested as in mse.
        targets: numbers between 0 and 1, nested alike; 0 and 1 are the classes.
        reduction: as mse.

    Raises:
        ValueError: as mse; or a probability or a target is not between 0 and 1.

        >>> round(binary_cross_entropy([Value(0.5), Value(0.25)], [1, 0]).data, 6)
        0.490415
    """

    def loss(p: Value, t: Value | float) -> Value:
        t = _part(t, "binary_cross_entropy: a target")
        if p < 0 or p > 1:
            raise ValueError(
                f"binary_cross_entropy: a probability must be between 0 and 1, got {float(p)}; "
                "for numbers that no sigmoid has seen there is binary_cross_entropy_with_logits"
            )
        return -t * log(maximum(p, SMALLEST)) - (1.0 - t) * log(maximum(1.0 - p, SMALLEST))

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


def cross_entropy(
    logits: Any,
    target: Any,
    *,
    weight: Sequence[float] | None = None,
    label_smoothing: float = 0.0,
    reduction: str = "mean",
) -> Any:
    """-log of the probability that softmax(logits) gives to the right class: log Σ exp(zᵢ) - z_target.

    For a one-hot label, or any probabilities q of the classes, Σ qᵢ (log Σ exp(zⱼ) - zᵢ).

    Args:
        logits: one sample: a sequence of C Values; a batch: a sequence of N such sequences.
        target: one sample: the index of the right class, 0 to C - 1, or C probabilities whose sum is 1;
            a batch: a sequence of N of them.
        weight: C numbers, one for each class, by which its part of the loss is multiplied. The mean is then
            divided, for indices, by the sum of their weights in place of N.
        label_smoothing: ε, the part of each label that is shared among all classes: q becomes (1 - ε) q + ε/C
            (Szegedy et al. 2016, arXiv:1512.00567).
        reduction: of the losses of the samples.

    Raises:
        ValueError: an index beyond the classes; a label that is not C probabilities; no logits; a batch whose
            lengths differ; a weight, label_smoothing or reduction that can't be.
        TypeError: a target is neither a whole number nor a sequence; the logits are no sequence.

        >>> batch = [[Value(0.0), Value(0.0)], [Value(3.0), Value(3.0)]]
        >>> round(cross_entropy(batch, [0, 1]).data, 6)             # log 2
        0.693147
        >>> round(cross_entropy(batch, [[1, 0], [0, 1]]).data, 6)
        0.693147
    """
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"cross_entropy: label_smoothing must be between 0 and 1, got {label_smoothing!r}")

    def loss(name: str, z: Sequence[Any], t: Any) -> tuple[Any, float]:
        total, weights = logsumexp(z), _weights("cross_entropy", weight, len(z))
        if _is_sequence(t):
            q, share = _probabilities(name, t, len(z)), 1.0
        else:
            index = _index(name, t, len(z))
            share = weights[index]
            if label_smoothing == 0:
                return (total - z[index] if weight is None else share * (total - z[index])), share
            q = [float(i == index) for i in range(len(z))]
        kept, shared = 1 - label_smoothing, label_smoothing / len(z)
        parts = [w * (kept * p + shared) for w, p in zip(weights, q, strict=True)]
        return dot(parts, [total - x for x in z]), share

    return _of_samples("cross_entropy", loss, logits, target, reduction)


def nll(log_probabilities: Any, target: Any, *, weight: Sequence[float] | None = None, reduction: str = "mean") -> Any:
    """The negative log-likelihood, -log p_target, from logarithms of probabilities, as log_softmax gives them.

    Args:
        log_probabilities: one sample: a sequence of C Values; a batch: a sequence of N such sequences.
        target: one sample: the index of the right class, 0 to C - 1; a batch: a sequence of N of them.
        weight, reduction: as cross_entropy.

    Raises:
        ValueError, TypeError: as cross_entropy.

        >>> from nn.activations import log_softmax
        >>> nll(log_softmax([Value(1000.0), Value(0.0)]), 1).data
        1000.0
    """

    def loss(name: str, logs: Sequence[Any], t: Any) -> tuple[Any, float]:
        index = _index(name, t, len(logs))
        share = _weights("nll", weight, len(logs))[index]
        return -share * logs[index], share

    return _of_samples("nll", loss, log_probabilities, target, reduction)


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


def _elementwise(name: str, loss: _OfOne, predictions: Any, targets: Any, reduction: str) -> Any:
    """The loss of each prediction with its target, _reduced."""
    _check_reduction(reduction, name)
    losses: list[Any] = []
    nested = _each(name, loss, predictions, targets, losses)
    if not losses:
        raise ValueError(f"{name}: expected at least one prediction, got none")
    return nested if reduction == "none" else _reduced(losses, len(losses), reduction)


def _each(name: str, loss: _OfOne, predictions: Any, targets: Any, losses: list[Any]) -> Any:
    """The losses, nested as the predictions are; appends each of them to `losses` too."""
    sizes = [len(x) if _is_sequence(x) else None for x in (predictions, targets)]
    if sizes[0] != sizes[1]:
        given = ["one number" if n is None else f"a sequence of {n}" for n in sizes]
        raise ValueError(f"{name}: predictions and targets must have the same shape, got {given[0]} and {given[1]}")
    if sizes[0] is None:
        losses.append(loss(predictions, targets))
        return losses[-1]
    pairs = zip(predictions, targets, strict=True)
    return [_each(f"{name}: at [{i}]", loss, p, t, losses) for i, (p, t) in enumerate(pairs)]


def _part(t: Value | float, what: str) -> Value | float:
    """The target of a loss of two classes."""
    if not 0 <= t <= 1:
        raise ValueError(f"{what} must be between 0 and 1, got {t!r}")
    return t if isinstance(t, Value) else float(t)


def _of_samples(
    name: str, loss: Callable[[str, Any, Any], tuple[Any, float]], inputs: Any, target: Any, reduction: str
) -> Any:
    """The losses of one sample or of a batch, _reduced; `loss` gives a sample's loss and its share in the mean."""
    _check_reduction(reduction, name)
    if not _is_sequence(inputs):
        raise TypeError(f"{name}: expected a sequence of Values, one for each class, got {inputs!r}")
    if len(inputs) and not _is_sequence(inputs[0]):
        losses = _of_samples(name, lambda _, x, t: loss(name, x, t), [inputs], [target], reduction)
        return losses[0] if reduction == "none" else losses
    if not _is_sequence(target) or len(inputs) != len(target) or not len(target):
        count = f"{len(target)} targets" if _is_sequence(target) else f"the target {target!r}"
        raise ValueError(f"{name}: a batch needs one target for each sample, got {len(inputs)} samples and {count}")
    losses: list[Any] = []
    shares = 0.0
    for i, (x, t) in enumerate(zip(inputs, target, strict=True)):
        if not _is_sequence(x):
            raise TypeError(f"{name}: sample {i}: expected a sequence of Values, one for each class, got {x!r}")
        one, share = loss(f"{name}: sample {i}", x, t)
        losses.append(one)
        shares += share
    if reduction == "mean" and not shares:
        raise ValueError(f"{name}: the weights of all samples are 0, so that they have no mean")
    return losses if reduction == "none" else _reduced(losses, shares, reduction)


def _index(name: str, target: Any, classes: int) -> int:
    """The target as the index of a class."""
    try:
        index = operator.index(target)
        if isinstance(target, bool):
            raise TypeError
    except TypeError:
        raise TypeError(
            f"{name}: the target must be a class index, a whole number, got {type(target).__name__}: {target!r}"
        ) from None
    if not 0 <= index < classes:
        raise ValueError(f"{name}: the target must be a class index, from 0 to {classes - 1}, got {index}")
    return index


def _probabilities(name: str, label: Any, classes: int) -> list[float]:
    """The target as the probability of each class."""
    if len(label) != classes:
        raise ValueError(f"{name}: a one-hot target needs {classes} numbers, one for each class, got {len(label)}")
    q = [float(x) for x in label]
    if min(q) < 0 or not math.isclose(math.fsum(q), 1, abs_tol=1e-6):
        raise ValueError(f"{name}: a one-hot target must be probabilities whose sum is 1, got {label!r}")
    return q


def _weights(name: str, weight: Sequence[float] | None, classes: int) -> list[float]:
    """The weight of each class; 1 if none is given."""
    if weight is None:
        return [1.0] * classes
    if len(weight) != classes:
        raise ValueError(f"{name}: weight needs {classes} numbers, one for each class, got {len(weight)}")
    weights = [float(w) for w in weight]
    if not all(0 <= w < math.inf for w in weights):
        raise ValueError(f"{name}: the weight of a class must be 0 or more, and finite, got {weight!r}")
    return weights


def _check_reduction(reduction: str, name: str) -> None:
    """A ValueError if this is no reduction."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{name}: reduction must be 'mean', 'sum' or 'none', got {reduction!r}")


def _reduced(losses: list[Any], count: float, reduction: str) -> Any:
    """The sum of the losses, divided by `count` for the mean."""
    return sum(losses) / count if reduction == "mean" else sum(losses)


def _is_sequence(x: Any) -> bool:
    """Whether x has elements; an array of no dimensions is one number."""
    return hasattr(x, "__len__") and getattr(x, "ndim", 1) > 0 and not isinstance(x, str)
