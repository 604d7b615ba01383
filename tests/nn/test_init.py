"""Initialisers: the bounds and moments of torch, and numbers that follow from the Generator."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nn import init

SHAPE = (300, 500)  # outputs, inputs
ROOT2 = math.sqrt(2)
# The law, and the bound or the deviation that torch.nn.init has in its formula, on SHAPE
LAWS = {
    "uniform": (lambda rng: init.uniform(SHAPE, rng, -2.0, 2.0), "uniform", 2.0),
    "normal": (lambda rng: init.normal(SHAPE, rng, 0.0, 3.0), "normal", 3.0),
    "xavier_uniform": (lambda rng: init.xavier_uniform(SHAPE, rng), "uniform", math.sqrt(6 / 800)),
    "xavier_uniform, gain": (lambda rng: init.xavier_uniform(SHAPE, rng, 2.0), "uniform", 2 * math.sqrt(6 / 800)),
    "xavier_normal": (lambda rng: init.xavier_normal(SHAPE, rng), "normal", math.sqrt(2 / 800)),
    "xavier_normal, gain": (lambda rng: init.xavier_normal(SHAPE, rng, 2.0), "normal", 2 * math.sqrt(2 / 800)),
    "kaiming_uniform": (lambda rng: init.kaiming_uniform(SHAPE, rng), "uniform", ROOT2 * math.sqrt(3 / 500)),
    "kaiming_uniform, out": (
        lambda rng: init.kaiming_uniform(SHAPE, rng, 1.0, "fan_out"),
        "uniform",
        math.sqrt(3 / 300),
    ),
    "kaiming_normal": (lambda rng: init.kaiming_normal(SHAPE, rng), "normal", ROOT2 / math.sqrt(500)),
    "kaiming_normal, out": (lambda rng: init.kaiming_normal(SHAPE, rng, 1.0, "fan_out"), "normal", 1 / math.sqrt(300)),
}


@pytest.mark.parametrize("law", LAWS)
def test_bounds_and_moments(law):
    """150,000 numbers: their moments stray by less than a hundredth (five deviations or more)."""
    draw, kind, size = LAWS[law]
    w = draw(np.random.default_rng(0))
    assert w.shape == SHAPE
    deviation = size / math.sqrt(3) if kind == "uniform" else size
    assert abs(w.mean()) < 0.015 * deviation
    assert w.std() == pytest.approx(deviation, rel=0.01)
    kurtosis = np.mean((w / deviation) ** 4)
    assert kurtosis == pytest.approx(1.8 if kind == "uniform" else 3.0, rel=0.04)
    if kind == "uniform":
        assert 0.9999 * size < np.abs(w).max() <= size


@pytest.mark.parametrize("law", LAWS)
def test_the_numbers_follow_from_the_generator(law):
    draw, _, _ = LAWS[law]
    rng = np.random.default_rng(7)
    first, second = draw(rng), draw(rng)
    assert np.array_equal(first, draw(np.random.default_rng(7)))
    assert np.array_equal(first, draw(7))
    assert not np.array_equal(first, second)


def test_uniform_and_normal_of_their_own_range():
    u, z = init.uniform(10_000, 0), init.normal(10_000, 0, mean=5.0, deviation=0.5)
    assert (u.shape, u.min() >= 0, u.max() < 1) == ((10_000,), True, True)
    assert u.mean() == pytest.approx(0.5, abs=0.02)
    assert (z.mean(), z.std()) == pytest.approx((5.0, 0.5), abs=0.03)


def test_constant():
    assert init.constant((2, 2), 3).tolist() == [[3.0, 3.0], [3.0, 3.0]]


def test_gains_are_torchs():
    expected = {"identity": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": ROOT2, "leaky_relu": math.sqrt(2 / 1.0001)}
    assert {name: init.gain_of(name) for name in expected} == expected
    assert init.gain_of("leaky_relu", slope=0.5) == math.sqrt(2 / 1.25)


def test_gains_and_deviations_against_torch_itself():
    torch = pytest.importorskip("torch", reason="torch is in the extra `oracle`")
    for ours, name in (("identity", "linear"), ("sigmoid", "sigmoid"), ("tanh", "tanh"), ("relu", "relu")):
        assert init.gain_of(ours) == pytest.approx(torch.nn.init.calculate_gain(name), rel=1e-12)
    assert init.gain_of("leaky_relu", 0.2) == pytest.approx(torch.nn.init.calculate_gain("leaky_relu", 0.2), rel=1e-12)
    for name in ("xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal"):
        theirs = torch.empty(SHAPE, dtype=torch.float64)
        getattr(torch.nn.init, f"{name}_")(theirs, generator=torch.Generator().manual_seed(0))
        ours = getattr(init, name)(SHAPE, 0)
        assert ours.std() == pytest.approx(theirs.std().item(), rel=0.015)
        if name.endswith("_uniform"):
            assert np.abs(ours).max() == pytest.approx(theirs.abs().max().item(), rel=1e-4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: init.xavier_uniform((3,), 0), r"xavier_uniform: the shape must be \(outputs, inputs\)"),
        (lambda: init.xavier_uniform(3, 0), r"the shape must be \(outputs, inputs\), both 1 or more, got 3"),
        (lambda: init.kaiming_uniform((2.5, 3), 0), r"both 1 or more, got \(2\.5, 3\)"),
        (lambda: init.xavier_normal((3, 0), 0), r"both 1 or more, got \(3, 0\)"),
        (lambda: init.kaiming_uniform((3, 2, 1), 0), "kaiming_uniform: the shape"),
        (lambda: init.kaiming_normal((3, 2), 0, mode="fan"), "mode must be 'fan_in' or 'fan_out', got 'fan'"),
        (lambda: init.gain_of("gelu"), "no gain is known for 'gelu', only for identity, sigmoid"),
    ],
)
def test_what_cannot_be(call, message):
    with pytest.raises(ValueError, match=message):
        call()
