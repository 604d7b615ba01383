"""Binary cross-entropy from 0 to 1: torch's numbers, stored, where the formula itself has none."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

import autograd
from autograd import Value
from nn.losses import binary_cross_entropy, binary_cross_entropy_with_logits

ENDS = json.loads((Path(__file__).parent / "losses.json").read_text())["bce, p t value slope"]
"""Probabilities from 0 over subnormal numbers to 1, targets, and torch's value and slope at them."""


def test_binary_cross_entropy_with_logits_is_exact_at_the_ends():
    for z, t, expected, slope in ((1e4, 1, 0.0, 0.0), (1e4, 0, 1e4, 1.0), (40.0, 1, math.exp(-40), -math.exp(-40))):
        for sign, target in ((1, t), (-1, 1 - t)):
            x = Value(sign * z)
            loss = binary_cross_entropy_with_logits(x, target)
            loss.backward()
            assert (loss.data, x.grad) == pytest.approx((expected, sign * slope), rel=1e-14, abs=0)


def entropies(pairs, compiled):
    """The value and the slope of binary_cross_entropy at each probability and target."""
    found = []
    for p, t in pairs:
        x = Value(p)
        loss = (
            autograd.compile(lambda t, x=x: binary_cross_entropy(x, t))(t) if compiled else binary_cross_entropy(x, t)
        )
        loss.backward()
        found.append((loss.data, x.grad))
    return found


@pytest.mark.parametrize("compiled", [False, True])
def test_binary_cross_entropy_equals_torch_from_0_to_1(compiled):
    found = entropies([row[:2] for row in ENDS], compiled)
    for (p, t, value, slope), (our_value, our_slope) in zip(ENDS, found, strict=True):
        assert our_value == pytest.approx(value, rel=1e-12, abs=1e-30), (p, t)
        assert our_slope == pytest.approx(slope, rel=1e-12, abs=1e-15), (p, t)


def test_the_stored_entropies_are_torchs():
    torch = pytest.importorskip("torch", reason="torch is in the extra `oracle`")
    for p, t, *stored in ENDS:
        x = torch.tensor(p, dtype=torch.float64, requires_grad=True)
        loss = torch.nn.functional.binary_cross_entropy(x, torch.tensor(t, dtype=torch.float64))
        loss.backward()
        assert [loss.item(), x.grad.item()] == pytest.approx(stored, rel=1e-14, abs=0)


def test_the_stored_entropies_have_the_hard_points():
    assert {0.0, 5e-324, 1e-13, 1.0 - 2**-53, 1.0} <= {p for p, *_ in ENDS}
    by_point = {(p, t): numbers for p, t, *numbers in ENDS}
    assert by_point[0.0, 1.0] == pytest.approx([100.0, -1e12])
    assert by_point[1.0, 0.0] == pytest.approx([100.0, 1e12])
    assert by_point[0.0, 0.0] == by_point[1.0, 1.0] == [0.0, 0.0]


def test_binary_cross_entropy_in_32_bits():
    """At the ends too, where a step of 2⁻¹²⁰ is within the range of the type but 2⁻²⁰⁰ would not be."""
    loss = autograd.compile(binary_cross_entropy, dtype="float32")
    p, t = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [1e-13, 1.0], [0.5, 1.0]]).T
    assert loss.map(p, t) == pytest.approx([0.0, 100.0, 100.0, 0.0, 29.933606, math.log(2)], rel=1e-6)
    x = Value(1.0)
    autograd.compile(lambda t: binary_cross_entropy(x, t), dtype="float32")(0.0).backward()
    assert x.grad == pytest.approx(1e12, rel=1e-6)


def test_the_gradient_by_the_target_of_binary_cross_entropy():
    for p in (0.0, 1e-13, 0.3, 1.0):
        t = Value(0.25)
        binary_cross_entropy(p, t).backward()
        logarithms = [math.log(x) if x > 0 else -100.0 for x in (1 - p, p)]
        assert t.grad == pytest.approx(logarithms[0] - logarithms[1], rel=1e-12)


def test_a_compiled_binary_cross_entropy_of_what_is_no_probability_is_nan():
    outside = autograd.compile(lambda p: binary_cross_entropy(p, 1.0))
    assert np.isnan(outside.map([-0.1, 0.5, 1.1])).tolist() == [True, False, True]
