"""Functions of Values, in the manner of the math module: exp, tanh, maximum, where, dot, sum ...

    >>> x = Value(0.5)
    >>> y = exp(x) * maximum(x, 0.0)
    >>> y.backward()
    >>> x.grad == 0.5 * exp(0.5) + exp(0.5)
    True

Each takes Values and plain numbers. If one operand is a Value the result is a Value; if none is, the
result is a float, so the same code runs with and without gradients. Anything else is a TypeError.
Where `math` would raise, they give inf or nan: log(0) is -inf, sqrt(-1) nan. The derivatives and
the hard points stand in rules.py.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from math import inf
from typing import Any, Protocol, cast, overload

from .engines import PythonValue, Value
from .rules import RULES
from .scalars import to_float
from .tracing import tracing_now

# fmt: off
__all__ = [
    "abs", "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "cos", "cosh", "dot",
    "elu", "erf", "erfc", "exp", "expm1", "floor", "gelu", "hypot", "leaky_relu", "log", "log1p", "log2",
    "log10", "logsumexp", "maximum", "minimum", "mod", "pow", "relu", "sigmoid", "sign", "silu", "sin", "sinh",
    "softmax", "softplus", "sqrt", "step", "sum", "take", "tan", "tanh", "where",
]
# fmt: on


def _checked(operands: Iterable[Any], what: str) -> list[Any]:
    """The operands as Values and floats; an error calls each of them `what`."""
    return [x if type(x) in (Value, float) else to_float(x, what) for x in operands]


def _record(op: str, operands: list[Any]) -> Any:
    """The rule on the operands: a node if one of them is a Value, else a float."""
    return Value.apply(op, *operands) if Value in map(type, operands) else RULES[op].value(*operands)


def _apply(op: str, *operands: Any) -> Any:
    return _record(op, _checked(operands, f"an operand of {op}"))


def _unary(op: str, x: Any) -> Any:
    return getattr(x, op)() if type(x) is Value else RULES[op].value(to_float(x, f"an operand of {op}"))


def _list(xs: Iterable[Any], name: str) -> list[Any]:
    """The elements of a sequence, checked."""
    try:
        elements = iter(xs)
    except TypeError:
        raise TypeError(f"{name} must be a sequence of Values or numbers, got {type(xs).__name__}") from None
    return _checked(elements, f"an element of {name}")


class _OfOne(Protocol):
    @overload
    def __call__(self, x: Value, /) -> Value: ...
    @overload
    def __call__(self, x: float, /) -> float: ...
    @overload
    def __call__(self, x: Value | float, /) -> Value | float: ...


def _of_one(function: Any) -> _OfOne:
    """For type checkers: a Value gives a Value, a float a float."""
    return cast(_OfOne, function)


class _OfTwo(Protocol):
    @overload
    def __call__(self, x: Value, y: Value | float, /) -> Value: ...
    @overload
    def __call__(self, x: float, y: Value, /) -> Value: ...
    @overload
    def __call__(self, x: float, y: float, /) -> float: ...


def _of_two(function: Any) -> _OfTwo:
    """For type checkers: two floats give a float, and a Value among them gives a Value."""
    return cast(_OfTwo, function)


# Exponentials and logarithms


@_of_one
def exp(x: Any) -> Any:
    """eˣ.

    >>> round(exp(1.0), 6)
    2.718282
    """
    return _unary("exp", x)


@_of_one
def expm1(x: Any) -> Any:
    """eˣ - 1, exact for small x too.

    >>> expm1(1e-20)
    1e-20
    """
    return _unary("expm1", x)


@_of_one
def log(x: Any) -> Any:
    """The natural logarithm, log x.

    >>> log(0.0)
    -inf
    """
    return _unary("log", x)


@_of_one
def log1p(x: Any) -> Any:
    """log(1 + x), exact for small x too.

    >>> log1p(1e-20)
    1e-20
    """
    return _unary("log1p", x)


@_of_one
def log2(x: Any) -> Any:
    """The logarithm to base 2, log₂ x.

    >>> log2(8.0)
    3.0
    """
    return _unary("log2", x)


@_of_one
def log10(x: Any) -> Any:
    """The logarithm to base 10, log₁₀ x.

    >>> log10(1000.0)
    3.0
    """
    return _unary("log10", x)


# Powers


@_of_two
def pow(x: Any, y: Any, /) -> Any:
    """x to the power y, xʸ; the same as x ** y.

    >>> pow(2.0, 10.0), pow(-8.0, 1 / 3)
    (1024.0, nan)
    """
    return _apply("**", x, y)


@_of_one
def sqrt(x: Any) -> Any:
    """The square root, √x.

    >>> sqrt(2.25)
    1.5
    """
    return _unary("sqrt", x)


@_of_one
def cbrt(x: Any) -> Any:
    """The cube root, ∛x, of negative x too.

    >>> round(cbrt(-27.0), 6)
    -3.0
    """
    return _unary("cbrt", x)


# Trigonometry; angles in radians


@_of_one
def sin(x: Any) -> Any:
    """sin x.

    >>> round(sin(0.5), 6)
    0.479426
    """
    return _unary("sin", x)


@_of_one
def cos(x: Any) -> Any:
    """cos x.

    >>> cos(0.0)
    1.0
    """
    return _unary("cos", x)


@_of_one
def tan(x: Any) -> Any:
    """tan x = sin x / cos x.

    >>> tan(0.0)
    0.0
    """
    return _unary("tan", x)


@_of_one
def asin(x: Any) -> Any:
    """The angle in [-π/2, π/2] whose sine is x.

    >>> round(asin(1.0), 6)
    1.570796
    """
    return _unary("asin", x)


@_of_one
def acos(x: Any) -> Any:
    """The angle in [0, π] whose cosine is x.

    >>> round(acos(-1.0), 6)
    3.141593
    """
    return _unary("acos", x)


@_of_one
def atan(x: Any) -> Any:
    """The angle in (-π/2, π/2) whose tangent is x.

    >>> round(atan(1.0), 6)
    0.785398
    """
    return _unary("atan", x)


@_of_two
def atan2(y: Any, x: Any, /) -> Any:
    """The angle in [-π, π] of the point (x, y), its height y given first, as in math.atan2.

    >>> round(atan2(1.0, 0.0), 6)
    1.570796
    """
    return _apply("atan2", y, x)


@_of_two
def hypot(x: Any, y: Any, /) -> Any:
    """√(x² + y²), with no overflow on the way.

    >>> hypot(3.0, 4.0), hypot(1e200, 0.0)
    (5.0, 1e+200)
    """
    return _apply("hypot", x, y)


# Hyperbolic functions


@_of_one
def sinh(x: Any) -> Any:
    """(eˣ - e⁻ˣ) / 2.

    >>> round(sinh(1.0), 6)
    1.175201
    """
    return _unary("sinh", x)


@_of_one
def cosh(x: Any) -> Any:
    """(eˣ + e⁻ˣ) / 2.

    >>> cosh(0.0)
    1.0
    """
    return _unary("cosh", x)


@_of_one
def tanh(x: Any) -> Any:
    """sinh x / cosh x, between -1 and 1.

    >>> round(tanh(1.0), 6)
    0.761594
    """
    return _unary("tanh", x)


@_of_one
def asinh(x: Any) -> Any:
    """The inverse of sinh, log(x + √(x² + 1)).

    >>> round(asinh(1.0), 6)
    0.881374
    """
    return _unary("asinh", x)


@_of_one
def acosh(x: Any) -> Any:
    """The inverse of cosh, log(x + √(x² - 1)), for x >= 1.

    >>> acosh(1.0)
    0.0
    """
    return _unary("acosh", x)


@_of_one
def atanh(x: Any) -> Any:
    """The inverse of tanh, ½ log((1 + x) / (1 - x)), for -1 <= x <= 1.

    >>> atanh(1.0)
    inf
    """
    return _unary("atanh", x)


# The normal distribution


@_of_one
def erf(x: Any) -> Any:
    """The error function, 2/√π · ∫₀ˣ exp(-t²) dt.

    >>> round(erf(1.0), 6)
    0.842701
    """
    return _unary("erf", x)


@_of_one
def erfc(x: Any) -> Any:
    """1 - erf x, exact for large x too.

    >>> 0.0 < erfc(10.0) < 1e-44
    True
    """
    return _unary("erfc", x)


# Functions that bend a network


@_of_one
def sigmoid(x: Any) -> Any:
    """1 / (1 + e⁻ˣ), between 0 and 1.

    >>> sigmoid(0.0)
    0.5
    """
    return _unary("sigmoid", x)


@_of_one
def softplus(x: Any) -> Any:
    """log(1 + eˣ), a smooth relu.

    >>> softplus(1000.0)
    1000.0
    """
    return _unary("softplus", x)


@_of_one
def relu(x: Any) -> Any:
    """max(0, x).

    >>> relu(-2.0), relu(3.0)
    (0.0, 3.0)
    """
    return _unary("relu", x)


@overload
def leaky_relu(x: Value, slope: Value | float = 0.01) -> Value: ...
@overload
def leaky_relu(x: float, slope: Value) -> Value: ...
@overload
def leaky_relu(x: float, slope: float = 0.01) -> float: ...
def leaky_relu(x: Any, slope: Any = 0.01) -> Any:
    """x if x > 0, else slope · x.

    >>> leaky_relu(-2.0), leaky_relu(-2.0, slope=0.25)
    (-0.02, -0.5)
    """
    return _apply("leaky_relu", x, slope)


@overload
def elu(x: Value, alpha: Value | float = 1.0) -> Value: ...
@overload
def elu(x: float, alpha: Value) -> Value: ...
@overload
def elu(x: float, alpha: float = 1.0) -> float: ...
def elu(x: Any, alpha: Any = 1.0) -> Any:
    """x if x > 0, else alpha · (eˣ - 1) (Clevert et al. 2015, arXiv:1511.07289).

    >>> elu(2.0), elu(-1000.0, alpha=0.5)
    (2.0, -0.5)
    """
    return _apply("elu", x, alpha)


@_of_one
def gelu(x: Any) -> Any:
    """x · Φ(x), Φ the standard normal distribution (Hendrycks and Gimpel 2016, arXiv:1606.08415); exact.

    >>> round(gelu(1.0), 6)
    0.841345
    """
    return _unary("gelu", x)


@_of_one
def silu(x: Any) -> Any:
    """x · sigmoid x, also called swish.

    >>> round(silu(1.0), 6)
    0.731059
    """
    return _unary("silu", x)


# Staircases and choices


@_of_one
def abs(x: Any) -> Any:
    """|x|.

    >>> abs(-2.0)
    2.0
    """
    return _unary("abs", x)


@_of_one
def step(x: Any) -> Any:
    """1 if x > 0, else 0.

    >>> step(-2.0), step(0.0), step(3.0)
    (0.0, 0.0, 1.0)
    """
    return _unary("step", x)


@_of_one
def sign(x: Any) -> Any:
    """-1, 0 or 1.

    >>> sign(-2.0), sign(0.0), sign(3.0)
    (-1.0, 0.0, 1.0)
    """
    return _unary("sign", x)


@_of_one
def floor(x: Any) -> Any:
    """⌊x⌋, the largest whole number not above x.

    >>> floor(-1.5)
    -2.0
    """
    return _unary("floor", x)


@_of_one
def ceil(x: Any) -> Any:
    """⌈x⌉, the smallest whole number not below x.

    >>> ceil(-1.5)
    -1.0
    """
    return _unary("ceil", x)


@_of_two
def mod(x: Any, y: Any, /) -> Any:
    """x - y · ⌊x / y⌋, with the sign of y; the same as x % y.

    >>> mod(5.0, 3.0), mod(-5.0, 3.0)
    (2.0, 1.0)
    """
    return _apply("%", x, y)


@_of_two
def maximum(x: Any, y: Any, /) -> Any:
    """The larger of the two; nan if one is nan.

    >>> maximum(2.0, 3.0)
    3.0
    """
    return _apply("maximum", x, y)


@_of_two
def minimum(x: Any, y: Any, /) -> Any:
    """The smaller of the two; nan if one is nan.

    >>> minimum(2.0, 3.0)
    2.0
    """
    return _apply("minimum", x, y)


@overload
def where(condition: Value | float, x: Value, y: Value | float) -> Value: ...
@overload
def where(condition: Value | float, x: float, y: Value) -> Value: ...
@overload
def where(condition: Value, x: float, y: float) -> Value: ...
@overload
def where(condition: float, x: float, y: float) -> float: ...
def where(condition: Any, x: Any, y: Any) -> Any:
    """x if the condition (a bool, a number or a Value) is true, else y.

    Nothing flows back through the branch not taken, not even nan:

    >>> x = Value(-1.0)
    >>> where(x > 0, sqrt(x), 0.0).backward()
    >>> x.grad
    0.0
    """
    return _apply("where", condition, x, y)


# Of many operands: any sequence of Values and numbers (list, tuple, generator, array of one dimension)


@overload
def sum(xs: Iterable[Value], /) -> Value: ...
@overload
def sum(xs: Iterable[float], /) -> float: ...
@overload
def sum(xs: Iterable[Value | float], /) -> Any: ...
def sum(xs: Iterable[Value | float], /) -> Any:
    """x₁ + x₂ + ..., as one node.

    >>> y = sum([Value(1.0), Value(2.0), 3.0])
    >>> y.data, y.op
    (6.0, 'sum')
    """
    return _record("sum", _list(xs, "xs of sum(xs)"))


@overload
def dot(ws: Iterable[Value], xs: Iterable[Value | float], bias: Value | float | None = None) -> Value: ...
@overload
def dot(ws: Iterable[float], xs: Iterable[Value], bias: Value | float | None = None) -> Value: ...
@overload
def dot(ws: Iterable[float], xs: Iterable[float], bias: float | None = None) -> float: ...
@overload
def dot(ws: Iterable[Value | float], xs: Iterable[Value | float], bias: Value | float | None = None) -> Any: ...
def dot(ws: Iterable[Value | float], xs: Iterable[Value | float], bias: Value | float | None = None) -> Any:
    """w₁·x₁ + w₂·x₂ + ... + bias, as one node.

    Raises:
        ValueError: ws and xs differ in length.

    >>> w = [Value(2.0), Value(-1.0)]
    >>> y = dot(w, [3.0, 4.0], bias=0.5)
    >>> y.backward()
    >>> y.data, w[0].grad, w[1].grad
    (2.5, 3.0, 4.0)
    """
    left, right = _list(ws, "ws of dot(ws, xs)"), _list(xs, "xs of dot(ws, xs)")
    if len(left) != len(right):
        raise ValueError(f"dot(ws, xs): ws has {len(left)} elements and xs has {len(right)}; they must be as many")
    last = [] if bias is None else _checked([bias], "bias of dot(ws, xs, bias)")
    return _record("dot", left + right + last)


@overload
def logsumexp(xs: Iterable[Value], /) -> Value: ...
@overload
def logsumexp(xs: Iterable[float], /) -> float: ...
@overload
def logsumexp(xs: Iterable[Value | float], /) -> Any: ...
def logsumexp(xs: Iterable[Value | float], /) -> Any:
    """log(eˣ¹ + eˣ² + ...), as one node, with no overflow on the way; of no numbers -inf.

    >>> logsumexp([1000.0, 1000.0]) == 1000.0 + log(2.0)
    True
    """
    return _record("logsumexp", _list(xs, "xs of logsumexp(xs)"))


@overload
def softmax(xs: Iterable[Value], /) -> list[Value]: ...
@overload
def softmax(xs: Iterable[float], /) -> list[float]: ...
@overload
def softmax(xs: Iterable[Value | float], /) -> list[Any]: ...
def softmax(xs: Iterable[Value | float], /) -> list[Any]:
    """eˣ¹ / (eˣ¹ + eˣ² + ...), eˣ² / (eˣ¹ + eˣ² + ...), ...: positive, their sum 1. A list of n.

    >>> softmax([1000.0, 1000.0])
    [0.5, 0.5]
    """
    elements = _list(xs, "xs of softmax(xs)")
    top: Any = -inf  # all shifted alike give the same, and none overflows
    if tracing_now():  # the largest has no number, but this is near it
        top = cast(Any, logsumexp)(elements)
    else:
        for x in elements:
            top = cast(float, maximum(top, float(x)))
    powers: list[Any] = [exp(x - top) for x in elements]
    total = sum(powers)
    return [p / total for p in powers]


# A choice by a number that comes in


def take(table: Sequence[Any], index: Any, /) -> Any:
    """table[index], the entry or row with this number, also where the index comes into a compiled function.

    Args:
        table: a list of Values and numbers, or of rows of them (lists of the same length).
        index: a whole number; negative ones count from the end, unless they are arguments of a compiled function.

    Raises:
        TypeError: index is not a whole number, or table is not a sequence.
        IndexError: there is no such entry.

    >>> embedding = [[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]]
    >>> [v.data for v in take(embedding, 1)]
    [3.0, 4.0]
    """
    if type(index) is Value and tracing_now():
        return _choice(table, index)
    try:
        place = operator.index(cast(Any, index))
    except TypeError:
        raise TypeError(f"take(table, index): index must be a whole number, got {index!r}") from None
    if not hasattr(table, "__getitem__"):
        raise TypeError(f"take(table, index): table must be a sequence of entries, got {type(table).__name__}")
    try:
        return table[place]
    except IndexError:
        raise IndexError(f"take(table, index): index {index!r} is outside of {len(table)} entries") from None


def _choice(table: Sequence[Any], index: Value) -> Any:
    """What the index will take, entry by entry of a row."""
    if not hasattr(table[0], "__len__"):
        return _apply("take", index, *table)
    widths = {len(row) for row in table}
    if len(widths) > 1:
        raise ValueError(f"take(table, index): expected rows of one length, got lengths {sorted(widths)}")
    return [_choice([row[i] for row in table], index) for i in range(widths.pop())]


if Value is not PythonValue:
    from ._c import core  # pyright: ignore

    core.take_function_docs({"dot": dot, "logsumexp": logsumexp, "sum": sum})  # pyright: ignore
    from ._c.core import dot, logsumexp, sum  # pyright: ignore
