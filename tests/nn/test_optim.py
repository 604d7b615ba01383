"""Optimisers: torch's trajectories (stored, and computed anew where torch is installed), states, clear errors."""

from __future__ import annotations

import json
import math
from functools import partial

import numpy as np
import pytest

import nn
from autograd import Value, write_grad
from nn import MLP, SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop, clip_grad_norm_, clip_grad_value_

from .make_trajectories import KEPT, OPTIMISERS, PATH, START, STEPS, problem, torch_trajectory, trajectory

STORED = json.loads(PATH.read_text())["optimisers"]


def our_trajectory(name):
    kind, options = OPTIMISERS[name]
    parameters = [Value(x) for x in START]
    return trajectory(getattr(nn, kind)(parameters, **options), parameters)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_200_steps_equal_the_stored_numbers_of_torch(name):
    path = our_trajectory(name)
    assert len(path) == STEPS
    assert [path[i] for i in KEPT] == [pytest.approx(place, rel=0, abs=1e-12) for place in STORED[name]]


@pytest.mark.parametrize("name", OPTIMISERS)
def test_200_steps_equal_torch(name):
    pytest.importorskip("torch")
    assert our_trajectory(name) == [pytest.approx(place, rel=0, abs=1e-12) for place in torch_trajectory(name)]


def test_the_trajectory_equals_torch():
    w = [Value(1.5), Value(-0.5)]
    optimizer = SGD(w, lr=0.1)
    seen = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = (w[0] ** 2 * w[1] - 1) ** 2 + 0.5 * (w[1] - w[0]).exp()
        loss.backward()
        optimizer.step()
        seen.append((loss.data, w[0].data, w[1].data))
    assert seen[0] == pytest.approx((4.583292641618306, 0.8692667641618306, 0.44948323583816935), rel=1e-12)
    assert seen[19] == pytest.approx((0.1510325008933831, 1.6073613897816508, 0.38224423528352935), rel=1e-12)


def test_zero_grad_touches_its_own_parameters_only():
    a, b = Value(1.0), Value(2.0)
    (a * b).backward()
    SGD([a], lr=0.1).zero_grad()
    assert (a.grad, b.grad) == (0.0, 1.0)


def test_lr_may_change_between_steps():
    w = Value(1.0)
    optimizer = SGD([w], lr=0.0)
    w.grad = 1.0
    optimizer.step()
    assert w.data == 1.0
    optimizer.lr = np.float32(0.5)
    w.grad = 1.0
    optimizer.step()
    assert w.data == 0.5
    optimizer.lr = math.nan
    with pytest.raises(ValueError, match="got nan"):
        optimizer.step()
    assert w.data == 0.5


def test_a_generator_of_parameters():
    model = MLP(2, [2, 1])
    optimizer = SGD((p for p in model.parameters()), lr=0.1)
    assert optimizer.parameters == model.parameters()
    spent = iter(model.parameters())
    list(spent)
    with pytest.raises(ValueError, match="there are no parameters"):
        SGD(spent, lr=0.1)


@pytest.mark.parametrize("lr", [-0.1, math.inf, math.nan])
def test_lr_must_be_finite_and_not_negative(lr):
    with pytest.raises(ValueError, match="lr must be 0 or more and finite"):
        SGD([Value(1.0)], lr=lr)


@pytest.mark.parametrize("lr", ["0.1", None, [0.1]])
def test_lr_must_be_a_number(lr):
    with pytest.raises(TypeError, match="lr must be a number"):
        SGD([Value(1.0)], lr=lr)


def test_parameters_that_cannot_be_moved():
    w = Value(1.0)
    for parameters, error, message in (
        ([], ValueError, "there are no parameters"),
        (w, TypeError, "a sequence of Values, got Value"),
        (3.0, TypeError, "a sequence of Values, got float"),
        ([w, 3.0], TypeError, r"parameters\[1\] must be a Value, got float"),
        (MLP(2, [1]).layers, TypeError, r"parameters\[0\] must be a Value, got Layer"),
        ([w, w * 2], ValueError, r"parameters\[1\] was computed \(by '\*'\)"),
        ([w, Value(2.0), w], ValueError, "given twice"),
    ):
        with pytest.raises(error, match=message):
            SGD(parameters, lr=0.1)


# Options and groups


def test_lr_of_all_groups():
    a, b = Value(1.0), Value(1.0)
    optimizer = SGD([{"params": [a]}, {"params": (p for p in [b]), "lr": 0.5, "weight_decay": 1.0}], lr=0.1)
    assert optimizer.parameters == [a, b]
    a.grad = b.grad = 1.0
    optimizer.step()
    assert (a.data, b.data) == (0.9, 0.0)
    optimizer.lr = 2
    assert [group["lr"] for group in optimizer.param_groups] == [2, 2]
    optimizer.param_groups[1]["lr"] = math.inf
    with pytest.raises(ValueError, match="lr must be 0 or more and finite, got inf"):
        optimizer.step()
    assert (a.data, b.data) == (0.9, 0.0)


def test_a_group_that_comes_later_starts_at_its_own_first_step():
    a, b = Value(1.0), Value(1.0)
    optimizer = Adam([a], lr=0.1)
    a.grad = b.grad = 1.0
    optimizer.step()
    optimizer.add_param_group({"params": [b]})
    optimizer.step()
    assert a.data == pytest.approx(0.8)
    assert b.data == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("kind", "options", "error", "message"),
    [
        (SGD, {"momentum": -1}, ValueError, r"momentum must be 0 or more and finite, got -1"),
        (SGD, {"dampening": math.nan}, ValueError, r"dampening must be finite, got nan"),
        (SGD, {"weight_decay": -0.1}, ValueError, r"weight_decay must be 0 or more"),
        (SGD, {"nesterov": True}, ValueError, r"nesterov needs momentum above 0 and dampening 0, got momentum 0.0"),
        (SGD, {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, ValueError, r"nesterov needs"),
        (Adagrad, {"lr": -1}, ValueError, r"Adagrad\(parameters, lr\): lr must be 0 or more and finite, got -1"),
        (Adagrad, {"lr_decay": -1}, ValueError, r"lr_decay must be 0 or more"),
        (Adagrad, {"initial_accumulator_value": -1}, ValueError, r"initial_accumulator_value must be 0 or more"),
        (RMSprop, {"alpha": 1.0}, ValueError, r"alpha must be at least 0 and less than 1, got 1.0"),
        (RMSprop, {"eps": 0.0}, ValueError, r"eps must be more than 0 and finite, got 0.0"),
        (Adam, {"betas": (0.9, 1.0)}, ValueError, r"betas\[1\] must be at least 0 and less than 1, got 1.0"),
        (Adam, {"betas": (-0.1, 0.9)}, ValueError, r"betas\[0\] must be at least 0"),
        (Adam, {"betas": 0.9}, TypeError, r"betas must be two numbers, got 0.9"),
        (Adam, {"betas": ("0.9", 0.9)}, TypeError, r"betas\[0\] must be a number, got str"),
        (AdamW, {"weight_decay": "1"}, TypeError, r"AdamW\(parameters, lr\): weight_decay must be a number, got str"),
    ],
)
def test_options_out_of_range(kind, options, error, message):
    with pytest.raises(error, match=message):
        kind([Value(1.0)], **options)


def test_bad_groups():
    a, b = Value(1.0), Value(2.0)
    for groups, error, message in (
        ([{"params": [a]}, {"params": [b, a]}], ValueError, "given twice"),
        ([{"params": [a]}, {"params": []}], ValueError, "there are no parameters"),
        (
            [{"params": [a]}, {"lr": 0.1}],
            TypeError,
            r"param_groups\[1\] must be a dict with the key 'params', got",
        ),
        ([{"params": [a]}, b], TypeError, r"param_groups\[1\] must be a dict"),
        ([{"params": [a], "lrate": 1}], ValueError, r"param_groups\[0\] has no option 'lrate'; it takes lr, momentum"),
        ([{"params": [a], "lr": -1}], ValueError, "lr must be 0 or more"),
        ([{"params": a}], TypeError, "a sequence of Values, got Value"),
    ):
        with pytest.raises(error, match=message):
            SGD(groups, lr=0.1)
    optimizer = SGD([a], lr=0.1)
    with pytest.raises(ValueError, match="given twice"):
        optimizer.add_param_group({"params": [a]})
    assert optimizer.parameters == [a]


def test_an_unknown_option_that_was_written_is_found_before_anything_moves_or_is_saved():
    a, b = Value(1.0), Value(1.0)
    optimizer = Adam([{"params": [a]}, {"params": [b]}])
    optimizer.param_groups[1]["learning_rate"] = 0.5
    a.grad = b.grad = 1.0
    message = r"param_groups\[1\] has the unknown key 'learning_rate'; expected .*, lr, "
    for use in (optimizer.step, optimizer.state_dict):
        with pytest.raises(ValueError, match=message):
            use()
    assert (a.data, b.data) == (1.0, 1.0)
    del optimizer.param_groups[1]["learning_rate"], optimizer.param_groups[0]["eps"]
    with pytest.raises(ValueError, match=r"param_groups\[0\] lacks 'eps'"):
        optimizer.step()


def test_nan_and_inf_pass_through_as_in_torch():
    for kind in (SGD, Adagrad, RMSprop, Adam, AdamW):
        for gradient in (math.nan, math.inf):
            w, v = Value(1.0), Value(1.0)
            optimizer = kind([w, v], lr=0.1)
            w.grad, v.grad = gradient, 0.0
            optimizer.step()
            assert not math.isfinite(w.data)
            assert v.data == pytest.approx(1.0, abs=1e-2)


def test_a_variance_that_rounding_makes_negative_counts_as_0():
    w = Value(1.0)
    optimizer = RMSprop([w], lr=1e-12, alpha=0.5, centered=True)
    for _ in range(200):
        w.grad = 0.7
        optimizer.step()
    assert math.isfinite(w.data)


# The state


def steps(optimizer, parameters, n):
    for _ in range(n):
        optimizer.zero_grad()
        problem(*parameters).backward()
        optimizer.step()
    return [p.data for p in parameters]


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_run_resumed_from_json_is_bit_identical(name):
    kind, options = OPTIMISERS[name]
    parameters = [Value(x) for x in START]
    optimizer = getattr(nn, kind)([{"params": parameters[:1]}, {"params": parameters[1:], "lr": 0.005}], **options)
    middle = steps(optimizer, parameters, 7)
    saved = json.dumps(optimizer.state_dict())
    expected = steps(optimizer, parameters, 7)
    again = [Value(x) for x in middle]
    resumed = getattr(nn, kind)([{"params": again[:1]}, {"params": again[1:]}])
    resumed.load_state_dict(json.loads(saved))
    assert steps(resumed, again, 7) == expected
    assert json.loads(saved)["param_groups"][1]["params"] == [1, 2, 3]
    assert resumed.state_dict() == optimizer.state_dict()


def test_a_state_is_a_snapshot():
    parameters = [Value(x) for x in START]
    optimizer = Adam(parameters, lr=0.1)
    steps(optimizer, parameters, 1)
    state = optimizer.state_dict()
    before = json.dumps(state)
    steps(optimizer, parameters, 1)
    assert json.dumps(state) == before
    optimizer.load_state_dict(state)
    steps(optimizer, parameters, 1)
    assert json.dumps(state) == before


def test_a_state_that_does_not_fit_changes_nothing():
    optimizer = Adam([Value(1.0), Value(2.0)], lr=0.1)
    before = optimizer.state_dict()
    for change, error, message in (
        (lambda s: s.pop("state"), ValueError, "Adam.load_state_dict: the state lacks 'state'"),
        (lambda s: s.update(extra=1), ValueError, "the state has the unknown key 'extra'"),
        (lambda s: s["state"].append({}), ValueError, "state: expected 1 entries, got 2"),
        (lambda s: s["param_groups"].clear(), ValueError, "param_groups: expected 1 entries, got 0"),
        (lambda s: s["param_groups"][0].update(params=[0]), ValueError, r"\['params'\]: expected 2 entries, got 1"),
        (lambda s: s["param_groups"][0].update(momentum=0.9), ValueError, "has the unknown key 'momentum'; expected"),
        (lambda s: s["param_groups"][0].pop("lr"), ValueError, r"param_groups\[0\] lacks 'lr'"),
        (lambda s: s["param_groups"][0].update(lr=-1), ValueError, "lr must be 0 or more"),
        (
            lambda s: s["state"][0].update(exp_avg=[0.0]),
            ValueError,
            r"\['exp_avg'\]: expected 2 entries, got 1",
        ),
        (lambda s: s["state"][0].update(exp_avg=None), ValueError, r"\['exp_avg'\] must be a list, got NoneType"),
        (lambda s: s["state"][0].update(exp_avg=["a", 1]), ValueError, "must hold numbers"),
        (lambda s: s["state"][0].update(step=-1), ValueError, r"\['step'\] must be 0 or a positive int, got -1"),
        (lambda s: s["state"][0].update(sum=[0, 0]), ValueError, "unknown key 'sum'"),
    ):
        state = optimizer.state_dict()
        change(state)
        with pytest.raises(error, match=message):
            optimizer.load_state_dict(state)
        assert optimizer.state_dict() == before
    with pytest.raises(ValueError, match="the state must be a dict, got list"):
        optimizer.load_state_dict([])


# zero_grad forgotten: warnings are errors in this test run, so a test that passes says that there was none


def backward(w):
    (w * 3).backward()


@pytest.mark.parametrize("kind", [SGD, Adagrad, RMSprop, Adam, AdamW])
@pytest.mark.parametrize("early", [True, False])
def test_two_steps_on_the_same_gradients_warn_once(kind, early):
    w = Value(1.0)
    if early:
        backward(w)
    optimizer = kind([w], lr=0.1)
    if not early:
        backward(w)
    optimizer.step()
    with pytest.warns(UserWarning, match=rf"{kind.__name__}.step\(\) was called twice .* zero_grad\(\)") as caught:
        optimizer.step()
    assert caught[0].filename == __file__
    optimizer.step()


def test_the_warning_as_an_error_moves_nothing():
    w = Value(1.0)
    optimizer = SGD([w], lr=0.1)
    backward(w)
    optimizer.step()
    here = w.data
    with pytest.raises(UserWarning, match="zero_grad"):  # warnings are errors in this test run
        optimizer.step()
    assert w.data == here


@pytest.mark.parametrize("lr", [0.0, 0.1])
@pytest.mark.parametrize("zero", [SGD.zero_grad, lambda optimizer: setattr(optimizer.parameters[0], "grad", 0.0)])
def test_constant_gradients_do_not_warn(zero, lr):
    w = Value(1.0)
    optimizer = SGD([w], lr=lr)
    for _ in range(3):
        zero(optimizer)
        backward(w)
        optimizer.step()


def test_other_legal_patterns_do_not_warn():
    w = Value(1.0)
    optimizer = SGD([w], lr=0.1)
    for _ in range(3):  # accumulation, then one step
        optimizer.zero_grad()
        for _ in range(4):
            backward(w)
        optimizer.step()
    optimizer.zero_grad()
    for _ in range(3):  # no gradient at all
        optimizer.step()
    backward(w)
    optimizer.step()
    optimizer.zero_grad()
    w.grad = 3.0  # by hand, as big as the one before
    optimizer.step()
    v = Value(1.0)
    optimizer = SGD([v], lr=0.1)
    for _ in range(3):  # gradients by hand
        v.grad = 2.0
        optimizer.step()


@pytest.mark.parametrize("between", [lambda w: Value(0.0), lambda w: w * 3, lambda w: setattr(w, "data", 2.0)])
def test_a_backward_that_was_forgotten_warns_whatever_else_was_done(between):
    w = Value(1.0)
    optimizer = SGD([w], lr=0.1)
    backward(w)
    optimizer.step()
    between(w)
    with pytest.warns(UserWarning, match="called twice on the same gradients"):
        optimizer.step()


def test_gradients_that_are_new_do_not_warn():
    a, b = Value(1.0), Value(2.0)
    one, two = SGD([a, b], lr=0.1), Adam([{"params": [a]}, {"params": [b]}])
    for _ in range(3):  # two optimisers of the same parameters
        one.zero_grad()
        (a * 3 + b).backward()
        one.step()
        two.step()
    for _ in range(3):  # two losses, and one parameter without gradient
        one.zero_grad()
        (a * 3).backward()
        (a * 2).backward()
        one.step()
    for _ in range(3):  # a constant gradient, one Value at a time and all at once
        a.grad = 1.0
        one.step()
        write_grad([a, b], [1.0, 1.0])
        one.step()
    for _ in range(3):  # the loss is the parameter
        a.grad = 0.0
        a.backward()
        one.step()


def test_each_of_two_optimisers_sees_its_own_second_step():
    w = Value(1.0)
    one, two = SGD([w], lr=0.1), SGD([w], lr=0.1)
    backward(w)
    one.step()
    two.step()
    with pytest.warns(UserWarning, match="called twice"):
        two.step()
    with pytest.warns(UserWarning, match="called twice"):
        one.step()


def test_a_gradient_of_a_frozen_parameter_does_not_warn():
    v, w = Value(1.0), Value(1.0)
    backward(v)
    v.requires_grad = False
    optimizer = SGD([v, w], lr=0.1)
    for _ in range(2):
        optimizer.step()
    assert (v.data, w.data) == (1.0, 1.0)


# Clipping


def test_clipping_equals_torch():
    torch = pytest.importorskip("torch")
    for gradients in ([3.0, -4.0, 0.5], [0.1, 0.2, 0.0], [1e10, 1.0, -1.0], [0.0, 0.0, 0.0], [math.inf, 1.0, 0.0]):
        for norm_type in (1, 2, 3.5, math.inf):
            ours = [Value(0.0) for _ in gradients]
            theirs = [torch.zeros((), dtype=torch.float64) for _ in gradients]
            for p, q, g in zip(ours, theirs, gradients, strict=True):
                p.grad, q.grad = g, torch.tensor(g, dtype=torch.float64)
            norm = clip_grad_norm_(ours, 1.5, norm_type)
            expected = torch.nn.utils.clip_grad_norm_(theirs, 1.5, norm_type)
            assert norm == pytest.approx(expected.item(), rel=1e-12)
            assert [p.grad for p in ours] == pytest.approx([q.grad.item() for q in theirs], rel=1e-12, nan_ok=True)
            clip_grad_value_(ours, 0.25)
            torch.nn.utils.clip_grad_value_(theirs, 0.25)
            assert [p.grad for p in ours] == pytest.approx([q.grad.item() for q in theirs], rel=1e-12, nan_ok=True)


def test_clipping_without_torch():
    a, b = Value(0.0), Value(0.0)
    a.grad, b.grad = 3.0, -4.0
    assert clip_grad_norm_([a, b], 10.0) == 5.0
    assert (a.grad, b.grad) == (3.0, -4.0)
    assert clip_grad_norm_((p for p in [a, b]), 1.0) == 5.0
    assert (a.grad, b.grad) == (3 / 5.000001, -4 / 5.000001)
    a.grad, b.grad = math.nan, -4.0
    with pytest.raises(FloatingPointError, match="the norm of the gradients is nan"):
        clip_grad_norm_([a, b], 1.0, error_if_nonfinite=True)
    clip_grad_value_([a, b], 1.0)
    assert math.isnan(a.grad)
    assert b.grad == -1.0
    assert math.isnan(clip_grad_norm_([a, b], 1.0))
    assert math.isnan(b.grad)
    assert clip_grad_norm_([], 1.0) == 0.0


@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.0, math.inf])
def test_clipping_of_huge_and_tiny_gradients(norm_type):
    for scale in (1e200, 1e-200):
        a, b = Value(1.0), Value(1.0)
        a.grad, b.grad = 3 * scale, -4 * scale
        norm = clip_grad_norm_([a, b], 1.0, norm_type, error_if_nonfinite=True)
        assert norm == pytest.approx(scale * float(np.linalg.norm([3.0, 4.0], norm_type)), rel=1e-12, abs=0)
        size = 1 / norm if scale > 1 else 1.0
        assert (a.grad, b.grad) == pytest.approx((3 * scale * size, -4 * scale * size), rel=1e-12, abs=0)


def test_clipping_errors():
    w = Value(1.0)
    for call, error, message in (
        (lambda: clip_grad_norm_([w], -1.0), ValueError, "max_norm must be 0 or more, got -1.0"),
        (lambda: clip_grad_norm_([w], 1.0, 0), ValueError, "norm_type must be more than 0, got 0"),
        (lambda: clip_grad_value_([w], math.nan), ValueError, "clip_value must be 0 or more, got nan"),
        (lambda: clip_grad_value_([w, 1.0], 1.0), TypeError, r"parameters\[1\] must be a Value, got float: 1.0"),
        (lambda: clip_grad_norm_(3.0, 1.0), TypeError, r"parameters\[0\] must be a Value, got float"),
    ):
        with pytest.raises(error, match=message):
            call()


def test_every_optimiser_is_an_optimizer_and_says_what_it_is():
    assert repr(SGD([Value(1.0)], lr=0.1)).startswith("SGD(1 parameters, lr=0.1, momentum=0.0")
    for kind in (SGD, Adagrad, RMSprop, Adam, AdamW):
        assert isinstance(kind([Value(1.0)]), Optimizer)


@pytest.mark.parametrize("make", [SGD, lambda p: SGD(p, 0.1, momentum=0.9), Adagrad, RMSprop, Adam, AdamW])
def test_a_frozen_parameter_stays_and_the_others_move_as_if_alone(make):
    together, alone = [Value(1.0), Value(2.0), Value(3.0)], [Value(1.0), Value(3.0)]
    together[1].requires_grad = False
    both = make(together), make(alone)
    for step in range(5):
        for optimizer, xs in zip(both, (together, alone), strict=True):
            optimizer.zero_grad()
            for x in xs:
                (x * x * (step + 1)).backward()
            optimizer.step()
    assert together[1].data == 2.0
    assert [together[0].data, together[2].data] == [x.data for x in alone]
    both[0].load_state_dict(both[0].state_dict())
    together[1].requires_grad = True
    both[0].zero_grad()
    for x in together:
        (x * x).backward()
    both[0].step()
    assert together[1].data < 2.0


MAKERS = {
    "SGD": {"momentum": 0.9, "dampening": 0.5, "nesterov": False},
    "Adagrad": {"lr_decay": 0.1},
    "RMSprop": {"centered": True, "momentum": 0.5},
    "Adam": {},
    "AdamW": {},
}


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("name", MAKERS)
def test_a_parameter_that_is_frozen_no_more_begins_as_a_new_one(name, groups):
    """Its count of steps, in Adam and Adagrad, is its own; so it is in torch."""
    xs, new = [Value(1.0), Value(2.0)], Value(2.0)
    make = partial(getattr(nn.optim, name), lr=0.1, **MAKERS[name])
    optimizer = make(xs) if groups == 1 else make([{"params": [x]} for x in xs])
    xs[1].requires_grad = False
    for step in range(12):
        if step == 7:
            xs[1].requires_grad, other = True, make([new])
        if step == 9:
            again = make(xs) if groups == 1 else make([{"params": [x]} for x in xs])
            again.load_state_dict(json.loads(json.dumps(optimizer.state_dict())))
            optimizer = again
        optimizer.zero_grad()
        (xs[0] * xs[1] + xs[1] ** 2).backward()
        if step >= 7:
            new.grad = xs[1].grad
            other.step()
        optimizer.step()
    assert xs[1].data == pytest.approx(new.data, rel=1e-14)
    assert new.data != 2.0
