"""gradcheck and gradgradcheck: they pass what is right, find what is wrong, and touch nothing."""

from __future__ import annotations

import math
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Value, dot, exp, grad, gradcheck, gradgradcheck, no_grad, relu, sin, softmax, sqrt, step, tanh
from autograd.checks import GradcheckError
from autograd.rules import RULES


def loss(x: Any, y: Any) -> Any:
    return tanh(x * y) + exp(-x) * y**2


def test_right_derivatives_pass() -> None:
    for check in (gradcheck, gradgradcheck):
        assert check(loss, (0.5, 2.0)) is True
        assert check(loss, [0.5, Value(2.0)])
        assert check(sin, 0.3)
        assert check(sin, Value(0.3))
        assert check(lambda x: [x**2, x**3], 0.7)
        assert check(lambda x: [x**2, [x**3, 1.0]], 0.7)
        assert check(lambda p: softmax(p), ([0.1, -2.0, 1.0],))
        assert check(lambda a: (a * a).sum(), np.array([[0.5, 2.0], [-1.0, 3.0]]))
        assert check(lambda a, b: a @ np.array([b, b**2]), (np.array([[0.5, 2.0], [-1.0, 3.0]]), 0.7))
        assert check(lambda w: dot(w, [1.0, w[0]]), ([0.5, 2.0],))
        assert check(lambda x: 3.0, 1.0)
        assert check(lambda: 3.0, ())


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if not rule.variadic])
def test_every_rule_passes(name: str) -> None:
    shares = zip(RULES[name].domain, (0.61, 0.37, 0.8), strict=False)
    point = [low + share * (high - low) for (low, high), share in shares]
    assert gradcheck(lambda *xs: Value.apply(name, *xs), point)
    assert gradgradcheck(lambda *xs: Value.apply(name, *xs), point)


# Planted faults


def test_a_path_that_is_cut_is_found() -> None:
    with pytest.raises(GradcheckError) as error:
        gradcheck(lambda x, w: [x, x * w.detach()], (3.0, Value(2.0, label="w")))
    first, second = str(error.value).split("\n")
    assert first == (
        "gradcheck: wrong derivative of output[1] by inputs[1] (w), at inputs[0] = 3.0, inputs[1] (w) = 2.0"
    )
    shown = re.fullmatch(
        r"  analytic 0.0, numeric (\S+), differ by 3, allowed is atol \+ rtol \* \|numeric\| = 0.00301", second
    )
    assert shown
    assert float(shown[1]) == pytest.approx(3.0, rel=1e-9)
    assert gradcheck(lambda x: x * x.detach(), 3.0, raise_exception=False) is False


def test_a_wrong_second_derivative_is_found() -> None:
    def f(x: Any, y: Any) -> Any:  # its first derivatives are right
        return x.detach() ** 2 * y + 2 * x.detach() * y.detach() * (x - x.detach())

    assert gradcheck(f, (3.0, 0.5))
    with pytest.raises(GradcheckError, match=r"gradgradcheck: wrong derivative of output\[0\]\[0\] by inputs\[0\]"):
        gradgradcheck(f, (3.0, 0.5))
    assert gradgradcheck(f, (3.0, 0.5), raise_exception=False) is False


FAULTS = {
    "a wrong rule": ("rules.py", 'lambda v, x: (1.0 - v * v,), "tanh x"', 'lambda v, x: (1.0 - v,), "tanh x"'),
    "a missing accumulation": ("value.py", "x._grad += gradient * partial", "x._grad = gradient * partial"),
    "a lost sign": ("rules.py", "lambda v, x, y: (1.0, -1.0)", "lambda v, x, y: (1.0, 1.0)"),
}
PROGRAM = """
from autograd import engine, gradcheck, tanh
assert engine == "python"
for f in (lambda x: tanh(x), lambda x: x * 2 + x * 3, lambda x: 5 - x):
    print(gradcheck(f, 0.7, raise_exception=False))
"""


def passes(package: Path) -> list[bool]:
    environment = {**os.environ, "AUTOGRAD_ENGINE": "python", "PYTHONPATH": str(package.parent)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, cwd=package.parent, capture_output=True, text=True, check=True
    )
    return [line == "True" for line in done.stdout.split()]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_planted_in_the_engine_is_found(fault: str, tmp_path: Path) -> None:
    package = tmp_path / "autograd"
    shutil.copytree(Path(autograd.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    assert passes(package) == [True, True, True]
    name, right, wrong = FAULTS[fault]
    text = (package / name).read_text(encoding="utf-8")
    assert text.count(right) == 1
    (package / name).write_text(text.replace(right, wrong), encoding="utf-8")
    shutil.rmtree(package / "__pycache__", ignore_errors=True)
    found = passes(package)
    assert found.index(False) == list(FAULTS).index(fault)
    assert found.count(False) == 1


# The step


@pytest.mark.parametrize("eps", [0, 0.0, -1e-6, math.nan, math.inf])
def test_a_step_must_be_positive(eps: float) -> None:
    for raise_exception in (True, False):
        with pytest.raises(ValueError, match="eps must be a positive number, such as 1e-6"):
            gradcheck(sin, 0.3, eps=eps, raise_exception=raise_exception)
    with pytest.raises(TypeError, match="gradcheck: eps must be one number"):
        gradcheck(sin, 0.3, eps="small")  # pyright: ignore


def test_a_step_that_is_lost_in_rounding_or_overflows_is_refused() -> None:
    with pytest.raises(ValueError, match=r"eps=1e-20 next to inputs\[1\] = 2.0 is too small: .*; use eps=1e-05"):
        gradcheck(loss, (0.0, 2.0), eps=1e-20)
    with pytest.raises(ValueError, match=r"eps=1e-06 next to inputs\[0\] = 1e\+20 is too small: .*; use eps=6e\+14"):
        gradcheck(lambda x: 2 * x, 1e20)
    assert gradcheck(lambda x: 2 * x, 1e20, eps=6e14)
    with pytest.raises(ValueError, match=r"eps=1e\+308 next to inputs\[0\] = 1e\+308 is too large"):
        gradcheck(lambda x: x, 1e308, eps=1e308)


@pytest.mark.parametrize(("eps", "size"), [(0.1, "large"), (1e-15, "small")])
def test_a_step_that_gives_bad_differences_is_named_as_the_cause(eps: float, size: str) -> None:
    with pytest.raises(ValueError, match=rf"eps={eps} is too {size} for the derivative of output .*; use eps=6e-06"):
        gradcheck(lambda x: exp(3 * x), 0.9, eps=eps)
    assert gradcheck(lambda x: exp(3 * x), 0.9, eps=eps, raise_exception=False) is False
    with pytest.raises(GradcheckError, match="wrong derivative"):  # but it is no excuse
        gradcheck(lambda x: exp(3 * x.detach()) + x, 0.9, eps=eps)


# Hard points


@pytest.mark.parametrize("f", [relu, lambda x: -relu(x), lambda x: abs(x) + relu(x), step, lambda x: relu(x - 3e-7)])
def test_a_kink_is_named(f: Any) -> None:
    with pytest.raises(GradcheckError, match=r"looks like a kink: the slope is .* on its left and .* on its right"):
        gradcheck(f, 0.0)


def test_a_wrong_derivative_is_not_called_a_kink() -> None:
    for f in (lambda x: x * x.detach(), lambda x: relu(x) + 3 * x.detach()):
        with pytest.raises(GradcheckError) as error:
            gradcheck(f, 0.5)
        assert "kink" not in str(error.value)
    with pytest.raises(GradcheckError) as error:
        gradcheck(lambda x: relu(x) - 3 * x + 3 * x.detach(), 0.0)  # analytic -3, slopes 0 and 1
    assert "kink" not in str(error.value)


def test_numbers_that_are_not_finite_are_named() -> None:
    with pytest.raises(GradcheckError, match=r"analytic inf, numeric nan.*\n  only finite numbers can be compared"):
        gradcheck(sqrt, 0.0)
    with pytest.raises(GradcheckError, match=r"analytic nan"):
        gradcheck(lambda x: sqrt(x - 1), 0.0)
    with pytest.raises(GradcheckError, match=r"analytic inf, numeric nan.*\n  only finite numbers"):
        gradcheck(lambda x: exp(x), 800.0)
    with pytest.raises(GradcheckError, match=r"analytic \S+, numeric inf.*\n  only finite numbers"):
        gradcheck(lambda x: exp(x), 709.78, eps=0.01)
    for x in (math.nan, math.inf):
        with pytest.raises(ValueError, match=r"inputs\[0\]\[1\] is .*: choose a finite point"):
            gradcheck(lambda p: p[0], ([1.0, x],))


def test_tolerances() -> None:
    def nearly(x: Any) -> Any:
        return x * 1.01 - 0.01 * x.detach()

    assert gradcheck(lambda x: 1.01 * x - 0.01 * x.detach(), 1.0, atol=0.011, rtol=0)
    assert gradcheck(nearly, 1.0, atol=0, rtol=0.011)
    assert not gradcheck(nearly, 1.0, atol=0, rtol=0.009, raise_exception=False)


# Nothing is changed


def state(values: list[Value]) -> list[Any]:
    return [(x.data, x.grad, x.label, x.op, x.operands) for x in values]


def test_data_and_grad_of_every_value_stay() -> None:
    x, w = Value(0.5, label="x"), Value(2.0)
    h = w * w
    outside = [x, w, h]
    x.grad, w.grad, h.grad = 1.0, 2.0, 3.0
    before = state(outside)

    def right(x: Any) -> Any:
        return x * h + w

    def wrong(x: Any) -> Any:
        return x.detach() * h

    for check in (gradcheck, gradgradcheck):
        assert check(right, x)
        assert check(wrong, x, raise_exception=False) is (check is gradgradcheck)
        assert state(outside) == before
    assert not gradcheck(lambda x, w: x * w.detach(), (x, w), raise_exception=False)
    assert state(outside) == before
    with pytest.raises(ValueError, match="leaf"):
        gradcheck(right, h)
    assert state(outside) == before


def test_data_and_grad_stay_when_f_raises() -> None:
    x = Value(0.5)
    x.grad = 7.0
    for calls_before in range(3):
        calls = iter(range(calls_before))

        def f(x: Any, calls: Any = calls) -> Any:
            if next(calls, None) is None:
                raise KeyError("mine")
            return x * x

        with pytest.raises(KeyError, match="mine"):
            gradcheck(f, x)
        assert (x.data, x.grad) == (0.5, 7.0)


def test_f_may_read_its_inputs_from_outside() -> None:
    parameters = [Value(0.3), Value(-0.7)]

    def f(*_: Any) -> Any:
        return tanh(parameters[0] * 2 + parameters[1])

    assert gradcheck(f, parameters)
    assert gradgradcheck(f, parameters)
    assert not gradcheck(lambda *_: f() + parameters[1].detach(), parameters, raise_exception=False)
    assert [p.data for p in parameters] == [0.3, -0.7]


# Refusals


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(TypeError, match=r"gradcheck: inputs\[1\]\[0\] must be one number .* got str"):
        gradcheck(loss, (1.0, ["a"]))
    with pytest.raises(TypeError, match=r"output\[1\] must be one number .* got NoneType"):
        gradcheck(lambda x: [x, None], 1.0)
    with pytest.raises(RuntimeError, match=r"inside no_grad\(\)"), no_grad():
        gradcheck(sin, 1.0)


def test_checks_of_functions_that_use_derivatives() -> None:
    assert gradcheck(grad(loss, (0, 1)), (0.5, 2.0))
    assert gradgradcheck(grad(loss, (0, 1)), (0.5, 2.0))


def test_nothing_to_compare_is_an_error() -> None:
    for check in (gradcheck, gradgradcheck):
        with pytest.raises(ValueError, match=r"f returned no number, so there is nothing to compare"):
            check(lambda x: [], 1.0)  # pyright: ignore


@pytest.mark.parametrize("name", ["atol", "rtol", "eps"])
def test_a_tolerance_that_is_no_number(name: str) -> None:
    with pytest.raises(TypeError, match=f"gradcheck: {name} must be one number"):
        gradcheck(lambda x: x, 1.0, **{name: "small"})  # pyright: ignore
