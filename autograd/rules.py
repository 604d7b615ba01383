"""Every primitive once: its value, its partial derivatives, its formula, its hard points.

    >>> RULES["*"].value(2.0, 3.0)
    6.0
    >>> RULES["*"].partials(6.0, 2.0, 3.0)        # of v = x · y, at x = 2 and y = 3
    (3.0, 2.0)

A rule is written in plain arithmetic, and whatever a float would refuse (1/0, log 0, exp 800) goes
through another rule. So the same lines serve floats, which gives gradients, and Values, which gives
gradients that can be differentiated again.

Numbers behave as in torch: inf and nan instead of exceptions, nan instead of a complex number. Where
torch's derivative is finite or inf, ours is equal; a `note` names the reason of every exception.
"""

# A rule takes floats and Values alike, and a type checker cannot follow that through a lambda.
# pyright: reportUnknownLambdaType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

inf, nan = math.inf, math.nan
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rule:
    """One primitive of calculus: v = f(x, y, ...).

    A rule can be called. On numbers it gives the number; as soon as one operand is a Value, it gives
    the Value of a new node.
    """

    name: str
    """What `Value.op` says, `"+"` or `"tanh"`."""
    value: Callable[..., float]
    """The value: floats to a float; never raises."""
    partials: Callable[..., tuple[Any, ...]]
    """`partials(v, x, y, ...)`: ∂v/∂x, ∂v/∂y, ..., of floats or of Values; None where nothing flows."""
    formula: str
    """v in mathematical notation."""
    derivatives: tuple[str, ...]
    """Each partial in mathematical notation, where v is the value itself."""
    domain: tuple[Interval, ...] = ((-4.0, 4.0),)
    """For each operand an interval on which the rule is smooth, but for the points that `note` names."""
    variadic: bool = False
    """Takes any number of operands; `derivatives` and `domain` then speak of each operand."""
    chooses: bool = False
    """The first operand chooses one of the others, and gradient flows to that one alone."""
    once: bool = False
    """Its gradient is a number that cannot be differentiated again."""
    note: str = ""
    """The hard points, and why a number differs from what another library gives."""

    def __call__(self, *operands: Any) -> Any:
        for operand in operands:
            if not isinstance(operand, (float, int)):
                return operand.apply(self.name, *operands)
        return self.value(*operands)


RULES: dict[str, Rule] = {}


def rule(
    name: str, value: Callable[..., float], partials: Callable[..., tuple[Any, ...]], *words: str, **more: Any
) -> Rule:
    """Enter a rule into the table; `words` are its formula and the formulas of its partials."""
    RULES[name] = Rule(name, value, partials, words[0], words[1:], **more)
    return RULES[name]


def rule_named(name: str, operands: int) -> Rule:
    """The rule with this name, which must take this many operands."""
    found = RULES.get(name) if isinstance(name, str) else None  # pyright: ignore[reportUnnecessaryIsInstance]
    if found is None:
        raise ValueError(f"no rule is named {name!r}; autograd.rules.RULES has all names")
    if not found.variadic and operands != len(found.domain):
        raise TypeError(f"the rule {name!r} takes {len(found.domain)} operand(s), got {operands}")
    return found


# Arithmetic that answers inf or nan where Python would raise.


def _div(x: float, y: float) -> float:
    try:
        return x / y
    except ZeroDivisionError:
        return nan if x == 0 or x != x else math.copysign(inf, x) * math.copysign(1.0, y)


def _floordiv(x: float, y: float) -> float:
    try:
        return x // y
    except ZeroDivisionError:
        return _div(x, y)


def _mod(x: float, y: float) -> float:
    try:
        return x % y
    except ZeroDivisionError:
        return nan


def _pow(x: float, y: float) -> float:
    if y == 2:
        return x * x  # exact to the last bit, and what people use most
    if x < 0 and math.isfinite(x) and math.isfinite(y) and y != math.floor(y):
        return nan  # complex
    try:
        v = x**y
    except ZeroDivisionError:  # 0 to a negative power
        odd = y % 2 == 1
        return math.copysign(inf, x) if odd else inf
    except OverflowError:
        odd = y % 2 == 1
        return -inf if x < 0 and odd else inf
    return cast(float, v)


def _hypot(x: float, y: float) -> float:
    try:
        return abs(complex(x, y))  # C's own hypot, as the C engine takes it; math.hypot may differ in the last bit
    except OverflowError:
        return inf


def _total(f: Callable[[float], float], overflow: Callable[[float], float] = lambda x: inf) -> Callable[[float], float]:
    """f on every float: nan outside its domain, `overflow(x)` where the result is too large."""

    def g(x: float) -> float:
        try:
            return f(x)
        except ValueError:
            return nan
        except OverflowError:
            return overflow(x)

    return g


def _logarithm(f: Callable[[float], float], pole: float = 0.0) -> Callable[[float], float]:
    """A logarithm on every float: -inf at its pole, nan below."""
    return lambda x: f(x) if x > pole else -inf if x == pole else nan if x == x else x


def _rounded(f: Callable[[float], int]) -> Callable[[float], float]:
    """floor or ceil on every float; the sign of a zero is kept, as in C."""
    return lambda x: math.copysign(float(f(x)), x) if math.isfinite(x) else x


def _atanh(x: float) -> float:
    return math.atanh(x) if -1 < x < 1 else math.copysign(inf, x) if abs(x) == 1 else nan


def _exp(x: float) -> float:
    try:
        return math.exp(x)
    except OverflowError:
        return inf


def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + _exp(-x))


def _softplus(x: float) -> float:
    return x + math.log1p(math.exp(-x)) if x > 0 else math.log1p(math.exp(x))


def _gelu(x: float) -> float:
    return x * (0.5 * math.erfc(-x * SQRT_HALF))


def _maximum(x: float, y: float) -> float:
    return y if y > x or y != y else x


def _minimum(x: float, y: float) -> float:
    return y if y < x or y != y else x


def _sum(*xs: float) -> float:
    total = 0.0
    for x in xs:
        total += x
    return total


def _place(index: float, count: int) -> int:
    """The whole number at or below the index, brought into 0 ... count - 1."""
    return 0 if not index >= 1 else count - 1 if index >= count - 1 else int(index)


def _take(*operands: float) -> float:
    return operands[1 + _place(operands[0], len(operands) - 1)] if len(operands) > 1 else 0.0


def _take_partials(v: Any, *operands: Any) -> tuple[Any, ...]:
    taken = 1 + _place(float(operands[0]), len(operands) - 1) if len(operands) > 1 else -1
    return tuple(1.0 if i == taken else None for i in range(len(operands)))


def _dot(*operands: float) -> float:
    n = len(operands) // 2
    total = operands[-1] if len(operands) % 2 else 0.0
    for i in range(n):
        total += operands[i] * operands[n + i]
    return total


def _dot_partials(v: Any, *operands: Any) -> tuple[Any, ...]:
    n = len(operands) // 2
    return operands[n : 2 * n] + operands[:n] + (1.0,) * (len(operands) % 2)


def _logsumexp(*xs: float) -> float:
    top = -inf
    for x in xs:
        top = _maximum(top, x)
    return top + math.log(_sum(*(math.exp(x - top) for x in xs))) if math.isfinite(top) else top


def pick(condition: Any, x: Any, y: Any) -> Any:
    """x or y by a condition on numbers; by one that is itself recorded, a `where`."""
    if isinstance(condition, bool):
        return x if condition else y
    return where(condition, x, y)


def choices(op: str, first: Any, *others: Any) -> tuple[Any, ...]:
    """When a `where` or `take` takes each of its operands after the first, as conditions on the first."""
    if op == "where":
        return first != 0, first == 0
    last = len(others) - 1
    return tuple((first >= i if i else True) & (first < i + 1 if i < last else True) for i in range(last + 1))


def _zero_wins(y: Any, p: Any) -> Any:
    """y · p, and 0 where y is 0 even if p is inf or nan (which are what p - p != 0 finds)."""
    return pick((y == 0) & ((p - p) != 0), 0.0, y * p)


SQRT_HALF = math.sqrt(0.5)
PI_FACTOR = 2 / math.sqrt(math.pi)  # of erf'
NORMAL_FACTOR = 1 / math.sqrt(2 * math.pi)  # of the standard normal density

ENDS = (
    "(1 - x)(1 + x) keeps the digits next to ±1, where 1 - x² would cancel; its price is a second derivative of nan "
    "(inf - inf) at ±1 itself, where torch has inf."
)

ANY, POSITIVE, UNIT = (-4.0, 4.0), (0.1, 4.0), (-0.95, 0.95)
TWO = (ANY, ANY)

# fmt: off
# Arithmetic

rule("+", lambda x, y: x + y, lambda v, x, y: (1.0, 1.0), "x + y", "1", "1", domain=TWO)
rule("-", lambda x, y: x - y, lambda v, x, y: (1.0, -1.0), "x - y", "1", "-1", domain=TWO)
rule("*", lambda x, y: x * y, lambda v, x, y: (y, x), "x · y", "y", "x", domain=TWO)
div = rule("/", _div, lambda v, x, y: (div(1.0, y), div(-v, y)), "x / y", "1 / y", "-v / y", domain=(ANY, POSITIVE))
floordiv = rule("//", _floordiv, lambda v, x, y: (0.0, 0.0), "⌊x / y⌋", "0", "0", domain=(ANY, POSITIVE),
    note="A staircase: flat wherever it has a derivative.")
rule("%", _mod, lambda v, x, y: (1.0, -floordiv(x, y)), "x - y · ⌊x / y⌋", "1", "-⌊x / y⌋", domain=(ANY, POSITIVE),
    note="Has the sign of y, as Python's % and torch.remainder. Jumps where x / y is whole.")
power = rule("**", _pow, lambda v, x, y: (
        _zero_wins(y, power(x, y - 1.0)),
        pick((x == 0) & (y >= 0), 0.0, v * log(x))),
    "xʸ", "y · xʸ⁻¹", "v · log x", domain=(POSITIVE, ANY),
    note="x**0 is constant, so ∂x is 0 there, at x = 0 and x = nan too. (The second derivative ∂²/∂x∂y is 1/x at y = 0; torch has 0.) At x = 0 and y >= 0, v = 0 near y (or y = 0): ∂y is 0. "
         "A negative x has ∂y = nan, and every second derivative by y: next to a whole y the power is complex.")
rule("neg", lambda x: -x, lambda v, x: (-1.0,), "-x", "-1")
rule("abs", math.fabs, lambda v, x: (sign(x),), "|x|", "sign x", note="abs'(0) = 0, the middle of [-1, 1].")

# Exponentials and logarithms

exp = rule("exp", _exp, lambda v, x: (v,), "eˣ", "v")
expm1 = rule("expm1", _total(math.expm1), lambda v, x: (exp(x),), "eˣ - 1", "eˣ")
log = rule("log", _logarithm(math.log), lambda v, x: (div(1.0, x),), "log x", "1 / x", domain=(POSITIVE,))
rule("log1p", _logarithm(math.log1p, -1.0), lambda v, x: (div(1.0, 1.0 + x),), "log(1 + x)", "1 / (1 + x)", domain=((-0.9, 4.0),))
rule("log2", _logarithm(math.log2), lambda v, x: (div(1.0, x * math.log(2)),), "log₂ x", "1 / (x log 2)", domain=(POSITIVE,))
rule("log10", _logarithm(math.log10), lambda v, x: (div(1.0, x * math.log(10)),), "log₁₀ x", "1 / (x log 10)", domain=(POSITIVE,))
sqrt = rule("sqrt", _total(math.sqrt), lambda v, x: (div(0.5, v),), "√x", "1 / (2 v)", domain=(POSITIVE,), note="sqrt'(0) = inf.")
rule("cbrt", math.cbrt, lambda v, x: (div(1.0, 3.0 * v * v),), "∛x", "1 / (3 v²)", domain=(POSITIVE,), note="cbrt'(0) = inf.")

# Trigonometric functions and their inverses

sin = rule("sin", _total(math.sin), lambda v, x: (cos(x),), "sin x", "cos x")
cos = rule("cos", _total(math.cos), lambda v, x: (-sin(x),), "cos x", "-sin x")
rule("tan", _total(math.tan), lambda v, x: (1.0 + v * v,), "tan x", "1 + v²", domain=((-1.4, 1.4),))
rule("asin", _total(math.asin), lambda v, x: (div(1.0, sqrt((1.0 - x) * (1.0 + x))),), "arcsin x", "1 / √(1 - x²)", domain=(UNIT,), note=ENDS)
rule("acos", _total(math.acos), lambda v, x: (div(-1.0, sqrt((1.0 - x) * (1.0 + x))),), "arccos x", "-1 / √(1 - x²)", domain=(UNIT,), note=ENDS)
rule("atan", math.atan, lambda v, x: (div(1.0, 1.0 + x * x),), "arctan x", "1 / (1 + x²)")
rule("atan2", math.atan2, lambda v, y, x: _atan2_partials(y, x), "angle of the point (y, x)", "y / (x² + y²)", "-x / (x² + y²)", domain=(POSITIVE, POSITIVE),
    note="The first operand is the height, as in math.atan2; the formulas call it x and the second y. 0, 0 at the origin, as in torch; "
         "x² + y² is never formed, so tiny operands give their finite derivative where torch underflows to inf.")
hypot = rule("hypot", _hypot, lambda v, x, y: (pick(v == 0, 0.0, div(x, v)), pick(v == 0, 0.0, div(y, v))), "√(x² + y²)", "x / v", "y / v", domain=(POSITIVE, POSITIVE),
    note="0, 0 at the origin, as abs'(0) = 0: the least subgradient (torch has nan there).")

# Hyperbolic functions and their inverses

sinh = rule("sinh", _total(math.sinh, lambda x: math.copysign(inf, x)), lambda v, x: (cosh(x),), "sinh x", "cosh x")
cosh = rule("cosh", _total(math.cosh), lambda v, x: (sinh(x),), "cosh x", "sinh x")
rule("tanh", math.tanh, lambda v, x: (1.0 - v * v,), "tanh x", "1 - v²")
rule("asinh", math.asinh, lambda v, x: (div(1.0, sqrt(x * x + 1.0)),), "arsinh x", "1 / √(x² + 1)")
rule("acosh", _total(math.acosh), lambda v, x: (div(1.0, sqrt((x - 1.0) * (x + 1.0) + 0.0)),), "arcosh x", "1 / √(x² - 1)",
    domain=((1.1, 4.0),), note=ENDS + " The + 0.0 makes a negative zero positive, so that the root is inf at -1 as in torch.")
rule("atanh", _atanh, lambda v, x: (div(1.0, (1.0 - x) * (1.0 + x)),), "artanh x", "1 / (1 - x²)", domain=(UNIT,), note=ENDS)

# The normal distribution, and the functions that bend a network

rule("erf", math.erf, lambda v, x: (PI_FACTOR * exp(-x * x),), "erf x", "2/√π · exp(-x²)")
erfc = rule("erfc", math.erfc, lambda v, x: (-PI_FACTOR * exp(-x * x),), "1 - erf x", "-2/√π · exp(-x²)")
sigmoid = rule("sigmoid", _sigmoid, lambda v, x: (v * (1.0 - v),), "1 / (1 + e⁻ˣ)", "v (1 - v)")
rule("softplus", _softplus, lambda v, x: (sigmoid(x),), "log(1 + eˣ)", "sigmoid x",
    note="Exact everywhere; torch returns x itself from x = 20 on, which is 2e-9 too small there.")
rule("relu", lambda x: 0.0 if x <= 0 else x, lambda v, x: (pick(x <= 0, 0.0, 1.0),), "max(0, x)", "1 if x > 0, else 0", note="relu'(0) = 0.")
rule("leaky_relu", lambda x, y: x if x > 0 else y * x, lambda v, x, y: (pick(x > 0, 1.0, y), pick(x > 0, 0.0, x)),
    "x if x > 0, else y · x", "1 if x > 0, else y", "0 if x > 0, else x", domain=(ANY, POSITIVE), note="At 0 the left side counts: ∂x = y.")
rule("elu", lambda x, y: y * math.expm1(x) if x <= 0 else x, lambda v, x, y: (pick(x <= 0, y * exp(x), 1.0), pick(x <= 0, expm1(x), 0.0)),
    "x if x > 0, else y · (eˣ - 1)", "1 if x > 0, else y · eˣ", "0 if x > 0, else eˣ - 1", domain=(ANY, POSITIVE), note="At 0 the left side counts: ∂x = y.")
rule("gelu", _gelu, lambda v, x: (0.5 * erfc(-x * SQRT_HALF) + x * (NORMAL_FACTOR * exp(-0.5 * x * x)),), "x · Φ(x)", "Φ(x) + x · φ(x)",
    note="Φ and φ are the standard normal distribution and its density. By erfc, so that nothing cancels for negative x; "
         "the rounding of x √½ still costs erfc up to x² ulp.")
rule("silu", lambda x: x * _sigmoid(x), lambda v, x: (_silu_partial(x),), "x · sigmoid x", "s (1 + x (1 - s)), s = sigmoid x")

# Staircases

rule("step", lambda x: 1.0 if x > 0 else 0.0, lambda v, x: (0.0,), "1 if x > 0, else 0", "0", note="step(0) = 0; step(nan) = 0, as torch.heaviside.")
sign = rule("sign", lambda x: float((x > 0) - (x < 0)), lambda v, x: (0.0,), "-1, 0 or 1", "0", note="sign'(0) = 0; sign(nan) = 0, as in torch.")
rule("floor", _rounded(math.floor), lambda v, x: (0.0,), "⌊x⌋", "0")
rule("ceil", _rounded(math.ceil), lambda v, x: (0.0,), "⌈x⌉", "0")

# Choices

rule("maximum", _maximum, lambda v, x, y: _larger_partials(x, y), "max(x, y)", "1 if x > y, ½ if equal, else 0", "1 if y > x, ½ if equal, else 0", domain=TWO,
    note="A tie gives each half. A nan among the operands is the value, and both partials are 1, as in torch.")
rule("minimum", _minimum, lambda v, x, y: _larger_partials(-x, -y), "min(x, y)", "1 if x < y, ½ if equal, else 0", "1 if y < x, ½ if equal, else 0", domain=TWO,
    note="As maximum.")
where = rule("where", lambda x, y, z: y if x else z, lambda v, x, y, z: (None, 1.0, None) if x else (None, None, 1.0),
    "y if x, else z", "none", "1 if x, else nothing flows", "nothing flows if x, else 1", domain=(ANY, ANY, ANY), chooses=True,
    note="Nothing flows back from the branch not taken, not even nan. torch sends it 0 times the upstream gradient, "
         "and 0 · nan is nan. A choice has no derivative by its condition.")

# Conditions. People write x < y, and get a bool; these are for graphs that must remember what was compared

CONDITION = "A condition is 1 or 0, and flat."
rule("<", lambda x, y: float(x < y), lambda v, x, y: (0.0, 0.0), "1 if x < y, else 0", "0", "0", domain=TWO, note=CONDITION)
rule("<=", lambda x, y: float(x <= y), lambda v, x, y: (0.0, 0.0), "1 if x ≤ y, else 0", "0", "0", domain=TWO, note=CONDITION)
rule("==", lambda x, y: float(x == y), lambda v, x, y: (0.0, 0.0), "1 if x = y, else 0", "0", "0", domain=TWO, note=CONDITION)
rule("!=", lambda x, y: float(x != y), lambda v, x, y: (0.0, 0.0), "1 if x ≠ y, else 0", "0", "0", domain=TWO, note=CONDITION)

# Of many operands

rule("sum", _sum, lambda v, *xs: (1.0,) * len(xs), "x₁ + x₂ + ...", "1", variadic=True,
    note="Added left to right, as a loop in Python would: each addition rounds, up to half an ulp of the largest partial sum.")
rule("dot", _dot, _dot_partials, "w₁·x₁ + w₂·x₂ + ... + b", "the other factor, and 1 for b", variadic=True,
    note="The operands are all w, then all x, then b where there is one. Summed from b on, left to right; "
         "each addition rounds, up to half an ulp of the largest partial sum.")
rule("logsumexp", _logsumexp, lambda v, *xs: tuple(exp(x - v) for x in xs), "log(eˣ¹ + eˣ² + ...)", "exp(x - v)", variadic=True,
    note="The largest operand is taken out first, so that nothing overflows. No operand or only -inf: -inf.")
rule("take", _take, _take_partials, "the operand number ⌊i⌋ after the first, i", "1 if taken, else nothing flows; by i none", variadic=True, chooses=True,
    note="An index outside is brought to the nearest end; nothing flows back to what was not taken, nor to the index.")
rule("program", _dot, _dot_partials, "g₁·p₁ + g₂·p₂ + ... + c", "the other factor", variadic=True, once=True,
    note="What a compiled function gives: its number at the parameters p, where its gradient is g and the constant c makes up the rest, so it "
         "is right to first order around them. Summed left to right, from c on; each addition rounds, as in dot.")
# fmt: on


def _atan2_partials(y: Any, x: Any) -> tuple[Any, Any]:
    r = hypot(y, x)
    origin = r == 0
    return pick(origin, 0.0, div(div(x, r), r)), pick(origin, 0.0, div(div(-y, r), r))


def _silu_partial(x: Any) -> Any:
    s = sigmoid(x)
    return s * (1.0 + x * (1.0 - s))


def _larger_partials(x: Any, y: Any) -> tuple[Any, Any]:
    tie = x == y
    return pick(x < y, 0.0, pick(tie, 0.5, 1.0)), pick(y < x, 0.0, pick(tie, 0.5, 1.0))
