"""Losses: torch's numbers (computed once with torch 2.13 in float64, and stored here), and clear errors."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

import autograd
from autograd import Value
from nn.activations import log_softmax
from nn.losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge,
    huber,
    l1,
    l1_penalty,
    l2_penalty,
    mse,
    nll,
)


def close(a, b):
    return a == pytest.approx(b, rel=1e-12, abs=1e-15)


def values(rows):
    return [[Value(x) for x in row] for row in rows]


def test_cross_entropy_of_one_sample_equals_torch():
    logits = values([[0.5, -1.2, 2.0]])[0]
    loss = cross_entropy(logits, 1)
    loss.backward()
    assert close(loss.data, 3.4341961371357983)
    assert close([z.grad for z in logits], [0.17654205886637114, -0.967748674542766, 0.7912066156763948])


def test_cross_entropy_of_a_batch_equals_torch():
    logits = values([[0.5, -1.2, 2.0], [1000.0, -3.0, 999.5], [-0.1, 0.3, -2.7], [0.0, 0.0, 0.0]])
    loss = cross_entropy(logits, [2, 0, 1, 1])
    loss.backward()
    assert close(loss.data, 0.587317993671577)
    expected = [
        [0.044135514716592786, 0.008062831364308501, -0.05219834608090129],
        [-0.09438516719953635, 0.0, 0.09438516719953635],
        [0.09742417207955277, -0.10466021394447012, 0.007236041864917387],
        [0.08333333333333333, -0.16666666666666669, 0.08333333333333333],
    ]
    for row, numbers in zip(logits, expected, strict=True):
        assert close([z.grad for z in row], numbers)


def test_cross_entropy_takes_arrays():
    logits = np.array(values([[1.0, 2.0], [3.0, 0.0]]))
    expected = (math.log(1 + math.e) + math.log(1 + math.exp(-3))) / 2
    for target in ([0, 0], (0, 0), np.array([0, 0]), np.array([0, 0], np.uint8)):
        assert close(cross_entropy(logits, target).data, expected)
    assert close(cross_entropy(logits[0], np.int64(0)).data, math.log(1 + math.e))
    assert close(cross_entropy(logits[0], np.array(0)).data, math.log(1 + math.e))


@pytest.mark.parametrize(
    ("logits", "target", "error", "message"),
    [
        ([0.0, 0.0], 2, ValueError, "from 0 to 1, got 2"),
        ([0.0, 0.0], -1, ValueError, "from 0 to 1, got -1"),
        ([0.0, 0.0], 1.0, TypeError, "a whole number, got float: 1.0"),
        ([0.0, 0.0], True, TypeError, "got bool"),
        ([0.0, 0.0], "a", TypeError, "whole number, got str"),
        (0.0, 0, TypeError, "expected a sequence of Values, one for each class, got 0.0"),
        ([[0.0, 0.0]], [0, 1], ValueError, "got 1 samples and 2 targets"),
        ([], [], ValueError, "got 0 samples"),
        ([[0.0, 0.0], [0.0, 0.0]], [0, 5], ValueError, "sample 1: .* got 5"),
        ([0.0, 0.0], [0, 1, 0], ValueError, "a one-hot target needs 2 numbers, one for each class, got 3"),
        ([0.0, 0.0], [1, 1], ValueError, "probabilities whose sum is 1"),
        ([0.0, 0.0], [2, -1], ValueError, "probabilities whose sum is 1"),
        ([[0.0, 0.0]], 0, ValueError, "got 1 samples and the target 0"),
        ([[0.0, 0.0], 1.0], [0, 1], TypeError, "sample 1: expected a sequence of Values"),
    ],
)
def test_cross_entropy_says_what_is_wrong(logits, target, error, message):
    with pytest.raises(error, match=message):
        cross_entropy(logits, target)


def test_mse_equals_torch():
    predictions = values([[0.5, -1.2], [2.0, 3.5], [0.1, 0.2]])
    loss = mse(predictions, np.array([[1.0, 0.0], [2.5, -3.0], [0.7, 0.2]]))
    loss.backward()
    assert close(loss.data, 7.425)
    gradients = [[-0.16666666666666666, -0.4], [-0.16666666666666666, 2.1666666666666665], [-0.2, 0.0]]
    for row, numbers in zip(predictions, gradients, strict=True):
        assert close([p.grad for p in row], numbers)


def test_mse_of_one_number_and_of_values_as_targets():
    assert mse(Value(3.0), 1.0).data == 4.0
    assert mse(np.array([3.0, 1.0]), np.array([1.0, 1.0])) == 2.0
    target = Value(1.0)
    mse([Value(3.0)], [target]).backward()
    assert target.grad == -4.0


@pytest.mark.parametrize(
    ("predictions", "targets", "message"),
    [
        ([1.0, 2.0], [1.0], "got a sequence of 2 and a sequence of 1"),
        ([1.0], 1.0, "got a sequence of 1 and one number"),
        ([[1.0], [2.0, 3.0]], [[1.0], [2.0]], r"at \[1\]: .* got a sequence of 2 and a sequence of 1"),
        ([[1.0], [2.0]], [1.0, 2.0], r"at \[0\]: .* got a sequence of 1 and one number"),
        ([], [], "at least one prediction"),
    ],
)
def test_mse_says_what_is_wrong(predictions, targets, message):
    with pytest.raises(ValueError, match=message):
        mse(predictions, targets)


# Each loss on one set of numbers: the name in torch, ours, predictions, targets, options.
X = [[0.5, -1.25, 3.0], [30.0, -45.0, 0.75]]
T = [[1.0, 0.5, -1.0], [28.0, -45.5, 0.25]]
SIGNS = [[1, -1, -1], [-1, 1, 1]]
BITS = [[1, 0, 0.25], [0, 1, 1]]
P = [[0.5, 1e-9, 0.75], [0.0, 1.0, 1 - 1e-9]]
HOT = [[0, 1, 0], [0.25, 0.25, 0.5]]
W = [0.5, 2.0, 0.25]
LOGS = [[math.log(x) for x in row] for row in ([0.2, 0.3, 0.5], [0.7, 0.1, 0.2])]
CASES = {
    "mse": ("mse_loss", mse, X, T, {}),
    "l1": ("l1_loss", l1, X, T, {}),
    "huber": ("huber_loss", huber, X, T, {}),
    "huber, delta": ("huber_loss", huber, X, T, {"delta": 2.5}),
    "hinge": ("hinge", hinge, X, SIGNS, {}),
    "bce": ("binary_cross_entropy", binary_cross_entropy, P, [[1, 0, 0.25], [0, 1, 1]], {}),
    "bce with logits": ("binary_cross_entropy_with_logits", binary_cross_entropy_with_logits, X, BITS, {}),
    "ce": ("cross_entropy", cross_entropy, X, [2, 1], {}),
    "ce, weights": ("cross_entropy", cross_entropy, X, [2, 1], {"weight": W}),
    "ce, smoothed": ("cross_entropy", cross_entropy, X, [2, 1], {"label_smoothing": 0.1}),
    "ce, both": ("cross_entropy", cross_entropy, X, [2, 1], {"weight": W, "label_smoothing": 0.1}),
    "ce, one-hot": ("cross_entropy", cross_entropy, X, HOT, {}),
    "ce, one-hot, both": ("cross_entropy", cross_entropy, X, HOT, {"weight": W, "label_smoothing": 0.1}),
    "nll": ("nll_loss", nll, LOGS, [2, 0], {}),
    "nll, weights": ("nll_loss", nll, LOGS, [2, 0], {"weight": W}),
}
REDUCTIONS = ("mean", "sum", "none")


def ours(case, reduction):
    """The loss (for "none" a flat list) and the gradient of its sum, weighted 1, 2, 3 ... for "none"."""
    _, function, inputs, target, options = CASES[case]
    x = values(inputs)
    loss = function(x, target, reduction=reduction, **options)
    if reduction == "none":
        losses = list(np.ravel(np.array(loss, object)))
        sum((i + 1) * one for i, one in enumerate(losses)).backward()
        return [one.data for one in losses], [v.grad for row in x for v in row]
    loss.backward()
    return [loss.data], [v.grad for row in x for v in row]


def in_torch(case, reduction, torch):
    """The same from torch."""
    name, _, inputs, target, options = CASES[case]
    x = torch.tensor(inputs, dtype=torch.float64, requires_grad=True)
    whole = isinstance(target[0], int)
    y = torch.tensor(target, dtype=torch.int64 if whole else torch.float64)
    options = {k: torch.tensor(v, dtype=torch.float64) if k == "weight" else v for k, v in options.items()}
    if name == "hinge":
        loss = torch.nn.functional.margin_ranking_loss(x, torch.zeros_like(x), y, margin=1.0, reduction=reduction)
    else:
        loss = getattr(torch.nn.functional, name)(x, y, reduction=reduction, **options)
    losses = loss.flatten()
    (losses * torch.arange(1, len(losses) + 1)).sum().backward()
    return losses.tolist(), x.grad.flatten().tolist()


def same(a, b):
    return all(x == pytest.approx(y, rel=1e-12, abs=1e-15) for x, y in zip(a, b, strict=True))


STORED = json.loads((Path(__file__).parent / "losses.json").read_text())


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_loss_and_its_gradient_equal_the_stored_numbers_of_torch(case, reduction):
    losses, gradients = ours(case, reduction)
    expected, slopes = STORED[case][reduction]
    assert same(losses, expected)
    assert same(gradients, slopes)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_the_stored_numbers_are_torchs(case, reduction):
    torch = pytest.importorskip("torch", reason="torch is in the extra `oracle`")
    for stored, fresh in zip(STORED[case][reduction], in_torch(case, reduction, torch), strict=True):
        assert same(stored, fresh)


def test_losses_that_are_not_reduced_are_nested_as_the_predictions():
    assert mse([[1.0, 3.0], [0.0]], [[0.0, 0.0], [2.0]], reduction="none") == [[1.0, 9.0], [4.0]]
    assert l1(2.0, 5.0, reduction="none") == 3.0
    assert cross_entropy([0.0, 0.0], 1, reduction="none") == pytest.approx(math.log(2))


def test_one_sample_is_a_batch_of_one():
    z = [0.5, -1.0, 2.0]
    for options in ({}, {"weight": W}, {"label_smoothing": 0.2}, {"weight": W, "label_smoothing": 0.2}):
        for reduction in ("mean", "sum"):
            for t in (1, [0.0, 1.0, 0.0]):
                one = cross_entropy(z, t, reduction=reduction, **options)
                assert one == cross_entropy([z], [t], reduction=reduction, **options)
    assert nll(z, 1) == nll([z], [1]) == 1.0


def test_cross_entropy_is_nll_of_log_softmax():
    assert cross_entropy(X, [0, 2]) == pytest.approx(nll([log_softmax(row) for row in X], [0, 2]), rel=1e-15)


def test_the_gradient_at_the_kinks():
    for loss, x, t in ((l1, 2.0, 2.0), (hinge, 1.0, 1), (huber, 2.0, 2.0)):
        v = Value(x)
        loss(v, t).backward()
        assert v.grad == 0.0
    for sign in (1, -1):
        v = Value(1.0 * sign)
        huber(v, 0.0).backward()
        assert v.grad == sign


def test_penalties():
    w = [Value(3.0), Value(-2.0), Value(0.0)]
    l1_penalty(iter(w)).backward()
    assert [v.grad for v in w] == [1.0, -1.0, 0.0]
    loss = 0.5 * l2_penalty(w)
    assert loss.data == 6.5
    for v in w:
        v.grad = 0.0
    loss.backward()
    assert [v.grad for v in w] == [3.0, -2.0, 0.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mse([1.0], [1.0], reduction="avg"), "mse: reduction must be 'mean', 'sum' or 'none', got 'avg'"),
        (lambda: nll([1.0], 0, reduction=None), "nll: reduction must be"),
        (lambda: huber([1.0], [1.0], delta=0), "huber: delta must be above 0, got 0"),
        (lambda: hinge([1.0] * 3, [1, -1, 0]), r"hinge: at \[2\]: a target must be -1 or 1, got 0"),
        (lambda: hinge(1.0, 0), "hinge: a target must be -1 or 1, got 0"),
        (lambda: binary_cross_entropy([0.5], [-1]), "a target must be between 0 and 1, got -1"),
        (lambda: binary_cross_entropy([1.5], [1]), "a probability must be between 0 and 1, got 1.5; .*_with_logits"),
        (lambda: binary_cross_entropy([Value(-0.5)], [1]), "a probability must be between 0 and 1, got -0.5"),
        (lambda: binary_cross_entropy_with_logits([0.5], [2]), "a target must be between 0 and 1, got 2"),
        (lambda: l1([], []), "l1: expected at least one prediction"),
        (lambda: cross_entropy([0.0, 0.0], 0, label_smoothing=1.5), "label_smoothing must be between 0 and 1, got 1.5"),
        (lambda: cross_entropy([0.0, 0.0], 0, weight=[1.0]), "weight needs 2 numbers, one for each class, got 1"),
        (lambda: cross_entropy([0.0, 0.0], 0, weight=[1.0, -1.0]), "must be 0 or more, and finite"),
        (lambda: cross_entropy([0.0, 0.0], 0, weight=[1.0, math.inf]), "must be 0 or more, and finite"),
        (lambda: nll([[0.0, 0.0]], [0], weight=[0.0, 1.0]), "the weights of all samples are 0"),
        (lambda: cross_entropy([0.0, 0.0], 0, weight=[0.0, 1.0]), "the weights of all samples are 0"),
        (lambda: nll([0.0, 0.0], 2), "from 0 to 1, got 2"),
    ],
)
def test_a_loss_says_what_is_wrong(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("loss", [hinge, binary_cross_entropy, binary_cross_entropy_with_logits])
def test_a_target_that_is_no_number_is_named_by_its_place(loss):
    with pytest.raises(TypeError, match=rf"{loss.__name__}: at \[1\]: a target must be a number, got str: 'a'"):
        loss([0.5, 0.5], [1, "a"])


def test_probabilities_of_classes_come_into_a_compiled_cross_entropy():
    logits = [Value(2.0), Value(0.0), Value(-1.0)]
    rows = [[1.0, 0.0, 0.0], [0.2, 0.3, 0.5]]
    for options in ({}, {"label_smoothing": 0.1}, {"weight": [1.0, 2.0, 0.5]}):
        compiled = autograd.compile(lambda row, options=options: cross_entropy(logits, row, **options))
        eager = [cross_entropy(logits, row, **options).data for row in rows]
        assert compiled.map(rows) == pytest.approx(eager, rel=1e-14)
