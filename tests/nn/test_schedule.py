"""Schedulers: torch's learning rates (stored, and computed anew where torch is installed), states, clear errors."""

from __future__ import annotations

import json
import math

import pytest

import nn
from autograd import Value
from nn import (
    SGD,
    Adagrad,
    Adam,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    OneCycleLR,
    ReduceLROnPlateau,
    StepLR,
)

from .make_trajectories import PATH, SCHEDULERS, metric, rates, torch_rates, two_groups

STORED = json.loads(PATH.read_text())["schedulers"]


def our_scheduler(name):
    kind, options = SCHEDULERS[name]
    optimizer = SGD(two_groups(Value(0.0), Value(0.0)), lr=0.1, momentum=0.9)
    return optimizer, getattr(nn, kind)(optimizer, **options)


@pytest.mark.parametrize("name", SCHEDULERS)
def test_the_rates_of_100_epochs_equal_the_stored_numbers_of_torch(name):
    expected = STORED[name]
    assert len({tuple(row) for row in expected}) > 1
    assert rates(*our_scheduler(name), 100) == [pytest.approx(row, rel=0, abs=1e-12) for row in expected]


@pytest.mark.parametrize("name", SCHEDULERS)
def test_the_rates_of_100_epochs_equal_torch(name):
    pytest.importorskip("torch")
    assert rates(*our_scheduler(name), 100) == [pytest.approx(row, rel=0, abs=1e-12) for row in torch_rates(name)]


def test_two_schedulers_on_one_optimiser_equal_torch():
    torch = pytest.importorskip("torch")
    seen = []
    for library, leaf in (
        (nn, Value(0.0)),
        (torch.optim.lr_scheduler, torch.zeros(1, dtype=torch.float64, requires_grad=True)),
    ):
        optimizer = (SGD if library is nn else torch.optim.SGD)([leaf], lr=0.1)
        warm = library.LinearLR(optimizer, total_iters=4)
        cosine = library.CosineAnnealingLR(optimizer, T_max=12)
        decay = library.ExponentialLR(optimizer, gamma=0.9)
        path = []
        for _ in range(30):
            optimizer.step()
            for scheduler in (warm, cosine, decay):
                scheduler.step()
            path.append(optimizer.param_groups[0]["lr"])
        seen.append(path)
    assert seen[0] == pytest.approx(seen[1], rel=0, abs=1e-12)


def test_one_cycle_moves_the_first_beta_of_adam():
    optimizer = Adam([Value(1.0)], betas=(0.9, 0.99))
    scheduler = OneCycleLR(optimizer, max_lr=0.1, total_steps=10)
    assert optimizer.param_groups[0]["betas"] == (0.95, 0.99)
    for _ in range(2):
        optimizer.step()
        scheduler.step()
    assert optimizer.param_groups[0]["betas"] == (0.85, 0.99)
    assert scheduler.get_last_lr() == [0.1]


def test_one_cycle_ends():
    optimizer = SGD([Value(1.0)])
    scheduler = OneCycleLR(optimizer, max_lr=0.1, total_steps=3)
    for _ in range(3):
        scheduler.step()
    before = (optimizer.state_dict(), scheduler.state_dict())
    with pytest.raises(ValueError, match="called more than total_steps = 3 times"):
        scheduler.step()
    assert (optimizer.state_dict(), scheduler.state_dict()) == before


@pytest.mark.parametrize("name", SCHEDULERS)
def test_a_schedule_resumed_from_json_goes_on_as_before(name):
    def go(optimizer, scheduler, epochs):
        for epoch in epochs:
            scheduler.step(*([metric(epoch)] if isinstance(scheduler, ReduceLROnPlateau) else []))
            yield [(group["lr"], group["momentum"]) for group in optimizer.param_groups]

    optimizer, scheduler = our_scheduler(name)
    list(go(optimizer, scheduler, range(13)))
    saved = json.dumps([optimizer.state_dict(), scheduler.state_dict()])
    expected = list(go(optimizer, scheduler, range(13, 60)))
    optimizer, scheduler = our_scheduler(name)
    for part, state in zip((optimizer, scheduler), json.loads(saved), strict=True):
        part.load_state_dict(state)
    assert list(go(optimizer, scheduler, range(13, 60))) == expected


def test_a_state_that_does_not_fit_changes_nothing():
    optimizer = SGD([Value(1.0)], lr=0.1)
    scheduler = MultiStepLR(optimizer, [2, 3])
    before = scheduler.state_dict()
    for change, message in (
        ({"extra": 1}, "MultiStepLR.load_state_dict: the state has the unknown key 'extra'"),
        ({"base_lrs": [0.1, 0.2]}, "base_lrs: expected 1 entries, got 2"),
        ({"base_lrs": ["a"]}, "base_lrs must hold numbers"),
        ({"milestones": 3}, "milestones must be a list, got int"),
        ({"last_epoch": "3"}, "last_epoch must be of type int, got '3'"),
    ):
        with pytest.raises(ValueError, match=message):
            scheduler.load_state_dict({**before, **change})
        assert scheduler.state_dict() == before
    with pytest.raises(ValueError, match="lacks 'base_lrs'"):
        scheduler.load_state_dict({key: value for key, value in before.items() if key != "base_lrs"})
    scheduler.load_state_dict({**before, "milestones": [7, 8, 9]})
    assert scheduler.milestones == [7, 8, 9]


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (StepLR, {"step_size": 0}, "StepLR: step_size must be an int of 1 or more, got 0"),
        (StepLR, {"step_size": 2, "gamma": -1}, "gamma must be 0 or more and finite, got -1"),
        (MultiStepLR, {"milestones": [1, 2.5]}, r"milestones\[1\] must be an int of 1 or more, got 2.5"),
        (ExponentialLR, {"gamma": math.nan}, "gamma must be 0 or more and finite, got nan"),
        (LinearLR, {"start_factor": 0}, "start_factor must be more than 0 and at most 1, got 0"),
        (LinearLR, {"end_factor": 2}, "end_factor must be from 0 to 1, got 2"),
        (LinearLR, {"total_iters": 0}, "total_iters must be an int"),
        (CosineAnnealingLR, {"T_max": 1.5}, "T_max must be an int of 1 or more, got 1.5"),
        (CosineAnnealingLR, {"T_max": 5, "eta_min": -1}, "eta_min must be 0 or more"),
        (CosineAnnealingWarmRestarts, {"T_0": 0}, "T_0 must be an int"),
        (CosineAnnealingWarmRestarts, {"T_0": 5, "T_mult": 0}, "T_mult must be an int"),
        (OneCycleLR, {"max_lr": 0.1}, "give total_steps, or epochs and steps_per_epoch"),
        (OneCycleLR, {"max_lr": 0.1, "total_steps": 0}, "total_steps must be an int"),
        (OneCycleLR, {"max_lr": [0.1, 0.2], "total_steps": 9}, "max_lr: expected 1 entries, got 2"),
        (OneCycleLR, {"max_lr": -0.1, "total_steps": 9}, "max_lr must be 0 or more"),
        (OneCycleLR, {"max_lr": 0.1, "total_steps": 9, "pct_start": 2}, "pct_start must be from 0 to 1, got 2"),
        (OneCycleLR, {"max_lr": 0.1, "total_steps": 9, "anneal_strategy": "x"}, "must be 'cos' or 'linear', got 'x'"),
        (OneCycleLR, {"max_lr": 0.1, "total_steps": 9, "div_factor": 0}, "div_factor and final_div_factor must be"),
        (OneCycleLR, {"max_lr": 0.1, "total_steps": 9, "max_momentum": 1.0}, "the momenta must be at least 0"),
        (ReduceLROnPlateau, {"mode": "x"}, "mode must be 'min' or 'max', got 'x'"),
        (ReduceLROnPlateau, {"threshold_mode": "x"}, "threshold_mode must be 'rel' or 'abs', got 'x'"),
        (ReduceLROnPlateau, {"factor": 1.0}, "factor must be at least 0 and less than 1, got 1.0"),
        (ReduceLROnPlateau, {"patience": -1}, "patience must be 0 or more"),
        (ReduceLROnPlateau, {"min_lr": [0.1, 0.2]}, "min_lr: expected 1 entries, got 2"),
    ],
)
def test_options_out_of_range(kind, options, message):
    optimizer = SGD([Value(1.0)], lr=0.1)
    before = optimizer.state_dict()
    with pytest.raises(ValueError, match=message):
        kind(optimizer, **options)
    assert optimizer.state_dict() == before


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda o: MultiStepLR(o, 3), "MultiStepLR: milestones must be a list of epochs, got 3"),
        (lambda o: ExponentialLR(o, "a"), "ExponentialLR: gamma must be a number, got str: 'a'"),
        (lambda o: OneCycleLR(o, "a", 10), "OneCycleLR: max_lr must be a number, got str: 'a'"),
        (lambda o: ReduceLROnPlateau(o, patience=None), "ReduceLROnPlateau: patience must be a number, got NoneType"),
    ],
)
def test_what_is_no_number(make, message):
    optimizer = SGD([Value(1.0)], lr=0.1)
    before = optimizer.state_dict()
    with pytest.raises(TypeError, match=message):
        make(optimizer)
    assert optimizer.state_dict() == before


def test_what_a_scheduler_needs():
    with pytest.raises(TypeError, match=r"StepLR\(optimizer, ...\): optimizer must be an Optimizer, got list"):
        StepLR([Value(1.0)], 3)
    with pytest.raises(ValueError, match="Adagrad has no momentum to cycle; give cycle_momentum=False"):
        OneCycleLR(Adagrad([Value(1.0)]), max_lr=0.1, total_steps=9)
    OneCycleLR(Adagrad([Value(1.0)]), max_lr=0.1, total_steps=9, cycle_momentum=False).step()


@pytest.mark.parametrize("make", [lambda o: StepLR(o, 3), ReduceLROnPlateau, lambda o: OneCycleLR(o, 0.1, 9)])
def test_a_group_that_comes_later(make):
    optimizer = SGD([Value(1.0)], lr=0.1)
    scheduler = make(optimizer)
    optimizer.add_param_group({"params": [Value(2.0)]})
    with pytest.raises(ValueError, match="made for 1 parameter groups, now there are 2; make a new scheduler"):
        scheduler.step(*([1.0] if isinstance(scheduler, ReduceLROnPlateau) else []))
    assert scheduler.last_epoch == 0


@pytest.mark.parametrize("options", [{"pct_start": 0.0}, {"pct_start": 1.0}, {"total_steps": 1}, {"pct_start": 0.1}])
def test_one_cycle_with_a_side_of_no_length(options):
    optimizer = SGD([Value(1.0)])
    scheduler = OneCycleLR(optimizer, 0.1, **{"total_steps": 10, **options})
    for _ in range(scheduler.total_steps):
        assert 0 <= optimizer.lr <= 0.1 + 1e-15
        scheduler.step()
