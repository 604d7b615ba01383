"""Every rule of the table: value, first and second partials against mpmath, complex steps and differences."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autograd import Value, gradients
from autograd.rules import RULES, Rule

from .helpers import RULE_LIST, counts, gradient, near, second, special_points, value

pytest.importorskip("mpmath", reason="mpmath, the reference for every rule, is in the extra `oracle`")

import mpmath
from mpmath import mp, mpc, mpf

from .reference import REFERENCES, Reference

mp.dps = 50
every_rule = pytest.mark.parametrize("rule", RULE_LIST, ids=[rule.name for rule in RULE_LIST])


def reference(rule: Rule) -> Reference:
    assert rule.name in REFERENCES, f"write the reference of {rule.name!r} into reference.py"
    return REFERENCES[rule.name]


@st.composite
def points(draw: st.DrawFn, rule: Rule) -> tuple[float, ...]:
    """Operands inside the rule's domain."""
    count = draw(st.sampled_from(counts(rule)))
    domain = rule.domain * count if rule.variadic else rule.domain
    return tuple(draw(st.floats(low, high)) for low, high in domain)


def exact(rule: Rule, numbers: tuple[float, ...], *orders: int) -> Any:
    """Compute the value in 50 digits, or the derivative of these orders by each operand."""
    f, xs = reference(rule).f, tuple(map(mpf, numbers))
    if not any(orders):
        return f(*xs)
    return mp.diff(f, xs, orders) if len(xs) > 1 else mp.diff(f, xs[0], orders[0])


def check_close(what: str, got: float, want: Any, tolerance: float) -> None:
    assert abs(got - want) <= tolerance * max(1, abs(want)), f"{what}: got {got!r}, exact {mpmath.nstr(want, 20)}"


def test_the_references_are_those_of_the_table() -> None:
    assert set(REFERENCES) == set(RULES)


@every_rule
def test_a_rule_says_what_it_is(rule: Rule) -> None:
    assert RULES[rule.name] is rule
    assert rule.formula
    assert len(rule.domain) == 1 if rule.variadic else len(rule.domain) == len(rule.derivatives)
    assert all(-math.inf < low < high < math.inf for low, high in rule.domain)


@every_rule
@settings(max_examples=100)
@given(data=st.data())
def test_value(rule: Rule, data: st.DataObject) -> None:
    numbers = data.draw(points(rule))
    got, want = value(rule, numbers), exact(rule, numbers)
    allowed = 4 * math.ulp(float(want))
    if error := reference(rule).error:
        assert reference(rule).reason in rule.note, f"the note of {rule.name!r} must say why it is not within 4 ulp"
        allowed = max(allowed, error(*numbers))
    assert abs(got - want) <= allowed, f"{rule.name}{numbers}: got {got!r}, exact {mpmath.nstr(want, 20)}"


@every_rule
@given(data=st.data())
def test_partials(rule: Rule, data: st.DataObject) -> None:
    numbers = data.draw(points(rule))
    assume(reference(rule).kink(*numbers) > 1e-6)
    for i, got in enumerate(gradient(rule, numbers)):
        orders = [int(i == j) for j in range(len(numbers))]
        check_close(f"∂{i} {rule.name}{numbers}", got, exact(rule, numbers, *orders), 1e-12)


@every_rule
@settings(max_examples=20)
@given(data=st.data())
def test_second_partials(rule: Rule, data: st.DataObject) -> None:
    numbers = data.draw(points(rule))
    if rule.once:
        return
    assume(len(numbers) <= 3 and reference(rule).kink(*numbers) > 1e-6)
    for i, row in enumerate(second(rule, numbers)):
        for j, got in enumerate(row):
            orders = [int(i == k) + int(j == k) for k in range(len(numbers))]
            check_close(f"∂{i}∂{j} {rule.name}{numbers}", got, exact(rule, numbers, *orders), 1e-12)


@every_rule
@given(data=st.data())
def test_partials_against_the_complex_step(rule: Rule, data: st.DataObject) -> None:
    """f(x + ih) = f(x) + ih f'(x) + ..., so the imaginary part has the derivative, with nothing cancelled."""
    f = reference(rule)
    if not f.analytic:
        assert f.kink(*(low for low, _ in rule.domain)) < math.inf, "a rule that is not analytic has kinks"
        return
    numbers = data.draw(points(rule))
    h = mpf(10) ** -30
    assume(f.kink(*numbers) > 1e-6)
    for i, got in enumerate(gradient(rule, numbers)):
        moved = [mpc(x, h) if i == j else mpf(x) for j, x in enumerate(numbers)]
        check_close(f"∂{i} {rule.name}{numbers}", got, mp.im(f.f(*moved)) / h, 1e-12)


@every_rule
@given(data=st.data())
def test_partials_against_central_differences(rule: Rule, data: st.DataObject) -> None:
    """Of the rule's own floats, so that the partials fit the value that the engine computes."""
    numbers = data.draw(points(rule))
    h = 1e-4
    assume(reference(rule).kink(*numbers) > 2 * h)
    for i, got in enumerate(gradient(rule, numbers)):
        # f(x+h) - f(x-h) and the same with 2h, combined so that the error is of order h⁴
        def at(t: float, i: int = i) -> float:
            return rule.value(*(x + t * (i == j) for j, x in enumerate(numbers)))

        want = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
        check_close(f"∂{i} {rule.name}{numbers}", got, want, 1e-6)


@every_rule
def test_the_eight_values(rule: Rule) -> None:
    """No operand raises, and a rule's value is a float whatever it is given."""
    for numbers in special_points(rule):
        assert type(value(rule, numbers)) is float
        assert all(type(g) is float for g in gradient(rule, numbers))
        if not rule.once:
            assert all(type(h) is float for row in second(rule, numbers) for h in row)


@every_rule
def test_the_same_node_from_floats_and_values(rule: Rule) -> None:
    """A float as operand gives the same number, and takes no gradient; the others get theirs."""
    for count in counts(rule):
        domain = rule.domain * count if rule.variadic else rule.domain
        numbers = tuple(0.3 * low + 0.7 * high for low, high in domain)
        both, partials = value(rule, numbers), gradient(rule, numbers)
        assert rule(*numbers) == both
        for i in range(count):
            x = Value(numbers[i])
            node = rule(*numbers[:i], x, *numbers[i + 1 :])
            assert node.data == both
            assert node.op == rule.name
            assert node.parents == (x,)
            assert [float(y) for y in node.operands] == list(numbers)
            node.backward()
            assert x.grad == partials[i]


NAN, INF = math.nan, math.inf
HARD_POINTS = [
    ("**", (-7.0, 709.8), math.nan, (math.nan, math.nan), "complex, however large"),
    ("**", (-1e308, 36.7), math.nan, (math.nan, math.nan), "complex, however large"),
    # rule, operands, value, partials, why
    ("relu", (0.0,), 0.0, (0.0,), "the left derivative at the kink, as torch"),
    ("relu", (-0.0,), 0.0, (0.0,), "the other zero is no different"),
    ("maximum", (2.0, 2.0), 2.0, (0.5, 0.5), "a tie gives each half"),
    ("minimum", (2.0, 2.0), 2.0, (0.5, 0.5), "a tie gives each half"),
    ("abs", (0.0,), 0.0, (0.0,), "the middle of [-1, 1]"),
    ("sign", (0.0,), 0.0, (0.0,), "flat on both sides"),
    ("sign", (-3.0,), -1.0, (0.0,), "a staircase"),
    ("**", (0.0, 0.0), 1.0, (0.0, 0.0), "x**0 is constant; and 0**y is flat right of 0"),
    ("**", (0.0, 2.0), 0.0, (0.0, 0.0), "0**y is 0 for all y near 2: no 0 · log 0 = nan"),
    ("**", (0.0, 1.0), 0.0, (1.0, 0.0), "x itself: no 0 · 0**-1 = nan"),
    ("**", (-2.0, 3.0), -8.0, (12.0, NAN), "next to a whole exponent the power is complex"),
    ("**", (-2.0, 0.0), 1.0, (0.0, NAN), "x**0 is constant for negative x too"),
    ("**", (-8.0, 1 / 3), NAN, (NAN, NAN), "nan, not the complex number that Python gives"),
    ("**", (0.0, -1.0), INF, (-INF, -INF), "1/x at 0, coming from the right"),
    ("**", (-0.0, -1.0), -INF, (-INF, INF), "1/x at 0, coming from the left"),
    ("**", (10.0, 400.0), INF, (INF, INF), "inf, not OverflowError"),
    ("/", (1.0, 0.0), INF, (INF, -INF), "inf, not ZeroDivisionError"),
    ("/", (-1.0, 0.0), -INF, (INF, INF), "the sign of the numerator"),
    ("/", (0.0, 0.0), NAN, (INF, NAN), "0/0 is no number"),
    ("%", (5.0, 3.0), 2.0, (1.0, -1.0), "x - y·⌊x/y⌋, so ∂y = -⌊5/3⌋"),
    ("%", (-5.0, 3.0), 1.0, (1.0, 2.0), "the sign of the divisor, as Python and torch.remainder"),
    ("%", (5.0, 0.0), NAN, (1.0, -INF), "nan, not ZeroDivisionError"),
    ("sqrt", (0.0,), 0.0, (INF,), "a vertical tangent"),
    ("sqrt", (-1.0,), NAN, (NAN,), "nan, not ValueError"),
    ("cbrt", (0.0,), 0.0, (INF,), "a vertical tangent"),
    ("tanh", (1000.0,), 1.0, (0.0,), "flat to the last bit, not nan"),
    ("exp", (800.0,), INF, (INF,), "inf, not OverflowError"),
    ("exp", (-800.0,), 0.0, (0.0,), "underflow is silent"),
    ("log", (0.0,), -INF, (INF,), "-inf, not ValueError"),
    ("log", (-1.0,), NAN, (-1.0,), "the formula 1/x, as torch"),
    ("log1p", (-1.0,), -INF, (INF,), "-inf, not ValueError"),
    ("hypot", (0.0, 0.0), 0.0, (0.0, 0.0), "the least subgradient, as abs'(0) = 0"),
    ("atan2", (0.0, 0.0), 0.0, (0.0, 0.0), "no angle at the origin, as torch"),
    ("where", (1.0, 2.0, NAN), 2.0, (0.0, 1.0, 0.0), "the branch not taken sends nothing"),
    ("where", (0.0, NAN, 2.0), 2.0, (0.0, 0.0, 1.0), "the branch not taken sends nothing"),
    ("sigmoid", (-800.0,), 0.0, (0.0,), "exp(800) inside is inf, and 1/inf is 0"),
    ("softplus", (1000.0,), 1000.0, (1.0,), "log(1 + exp(1000)) without the overflow"),
    ("logsumexp", (1000.0, 1000.0), 1000.0 + math.log(2), (0.5, 0.5), "the largest operand is taken out"),
    ("logsumexp", (-INF, 0.0), 0.0, (0.0, 1.0), "exp(-inf) is 0"),
    ("gelu", (-40.0,), 0.0, (0.0,), "the tail is 0 and not -0.0 · inf"),
    ("leaky_relu", (0.0, 0.1), 0.0, (0.1, 0.0), "at 0 the left side counts"),
    ("elu", (0.0, 2.0), 0.0, (2.0, 0.0), "at 0 the left side counts"),
    ("floor", (2.0,), 2.0, (0.0,), "a staircase is flat wherever it has a derivative"),
    ("ceil", (2.0,), 2.0, (0.0,), "a staircase is flat wherever it has a derivative"),
    ("asin", (1.0,), math.pi / 2, (INF,), "a vertical tangent"),
    ("acosh", (1.0,), 0.0, (INF,), "a vertical tangent"),
    ("atanh", (1.0,), INF, (INF,), "a pole, not ValueError"),
    ("sin", (INF,), NAN, (NAN,), "nan, not ValueError"),
    ("sinh", (-800.0,), -INF, (INF,), "-inf, not OverflowError"),
]


@pytest.mark.parametrize(
    ("name", "numbers", "want", "partials", "why"), HARD_POINTS, ids=[f"{p[0]}{p[1]}" for p in HARD_POINTS]
)
def test_hard_points(name: str, numbers: tuple[float, ...], want: float, partials: tuple[float, ...], why: str) -> None:
    got = value(RULES[name], numbers)
    assert near(got, want, 1e-15, 1e-300), f"{name}{numbers} is {got}, not {want}: {why}"
    slopes = gradient(RULES[name], numbers)
    assert all(map(near, slopes, partials)), f"partials of {name}{numbers} are {slopes}, not {partials}: {why}"


def test_hard_points_of_more_than_one_rule() -> None:
    x = Value(0.0)
    (x.sqrt() * 0).backward()
    assert math.isnan(x.grad), "0 · sqrt'(0) = 0 · inf is nan, as in torch"

    x = Value(-1.0)
    node = Value.apply("where", x > 0, x.sqrt(), 0.0)
    node.backward()
    assert (node.data, x.grad) == (0.0, 0.0), "sqrt(-1) is nan, but where did not take it"


def test_a_compiled_call_is_differentiated_once() -> None:
    x = Value(3.0)
    node = Value.apply("program", x, 2.0, 1.0)  # 2x + 1
    node.backward()
    assert (node.data, x.grad) == (7.0, 2.0)
    with pytest.raises(RuntimeError, match=r"cannot be differentiated again.*compile\(grad\(f\)\)"):
        gradients(node, [x])


def test_variadic_partials_with_one_operand_twice() -> None:
    """The chain rule adds up what reaches a Value by each of its places."""
    x, w = Value(3.0), Value(2.0)
    Value.apply("dot", x, w, x, x, 1.0).backward()  # x·x + w·x + 1
    assert (x.grad, w.grad) == (2 * 3.0 + 2.0, 3.0)
    x = Value(3.0)
    Value.apply("sum", x, x, 4.0, x).backward()
    assert x.grad == 3.0
    x = Value(3.0)
    Value.apply("logsumexp", x, x).backward()
    assert near(x.grad, 1.0)
