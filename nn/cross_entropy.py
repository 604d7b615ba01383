"""Losses of classes: cross_entropy, of logits, and nll, of the logarithms of probabilities.

>>> from autograd import Value
>>> logits = [Value(2.0), Value(0.0), Value(-1.0)]
>>> loss = cross_entropy(logits, 0)
>>> loss.backward()
>>> round(loss.data, 4), round(logits[0].grad, 4)      # the gradient is probability - 1
(0.1698, -0.1562)
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

from autograd import Value, dot, logsumexp, take

from .reduction import check_reduction, is_sequence, reduced


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

        >>> from autograd import Value
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
        if is_sequence(t):
            q, share = _probabilities(name, t, len(z)), 1.0
        else:
            if isinstance(t, Value) and weight is None and label_smoothing == 0:
                return total - take(z, t), 1.0  # in a compiled function, where the label comes in
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

        >>> from autograd import Value
        >>> from nn.activations import log_softmax
        >>> nll(log_softmax([Value(1000.0), Value(0.0)]), 1).data
        1000.0
    """

    def loss(name: str, logs: Sequence[Any], t: Any) -> tuple[Any, float]:
        if isinstance(t, Value) and weight is None:
            return -take(logs, t), 1.0  # as in cross_entropy
        index = _index(name, t, len(logs))
        share = _weights("nll", weight, len(logs))[index]
        return -share * logs[index], share

    return _of_samples("nll", loss, log_probabilities, target, reduction)


def _of_samples(
    name: str, loss: Callable[[str, Any, Any], tuple[Any, float]], inputs: Any, target: Any, reduction: str
) -> Any:
    """The losses of one sample or of a batch, _reduced; `loss` gives a sample's loss and its share in the mean."""
    check_reduction(reduction, name)
    if not is_sequence(inputs):
        raise TypeError(f"{name}: expected a sequence of Values, one for each class, got {inputs!r}")
    if len(inputs) and not is_sequence(inputs[0]):
        losses = _of_samples(name, lambda _, x, t: loss(name, x, t), [inputs], [target], reduction)
        return losses[0] if reduction == "none" else losses
    if not is_sequence(target) or len(inputs) != len(target) or not len(target):
        count = f"{len(target)} targets" if is_sequence(target) else f"the target {target!r}"
        raise ValueError(f"{name}: a batch needs one target for each sample, got {len(inputs)} samples and {count}")
    losses: list[Any] = []
    shares = 0.0
    for i, (x, t) in enumerate(zip(inputs, target, strict=True)):
        if not is_sequence(x):
            raise TypeError(f"{name}: sample {i}: expected a sequence of Values, one for each class, got {x!r}")
        one, share = loss(f"{name}: sample {i}", x, t)
        losses.append(one)
        shares += share
    if reduction == "mean" and not shares:
        raise ValueError(f"{name}: the weights of all samples are 0, so that they have no mean")
    return losses if reduction == "none" else reduced(losses, shares, reduction)


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


def _probabilities(name: str, label: Any, classes: int) -> list[Any]:
    """The target as the probability of each class; Values, as in a compiled function, are taken as they are."""
    if len(label) != classes:
        raise ValueError(f"{name}: a one-hot target needs {classes} numbers, one for each class, got {len(label)}")
    if any(isinstance(x, Value) for x in label):
        return list(label)
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
