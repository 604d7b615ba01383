"""What each rule must give, written again in mpmath and independent of rules.py.

A reference is the function of the rule's operands in 50 digits. `analytic` says that it also holds for
complex operands, so that the complex step applies. `kink(x, y, ...)` is the distance to the nearest point
where the rule has no derivative; numeric derivatives are compared only away from there. `error(x, y, ...)` is
there for a rule whose value cannot be within 4 ulp everywhere: the error allowed, with words that must stand
in the rule's note.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
from mpmath import mp, mpf

EPS = 2.0**-52


@dataclass(frozen=True)
class Reference:
    f: Callable[..., Any]
    analytic: bool = True
    kink: Callable[..., float] = lambda *xs: math.inf
    error: Callable[..., float] | None = None
    reason: str = ""


def kinked(f: Callable[..., Any], kink: Callable[..., float] = lambda x, *rest: abs(x)) -> Reference:
    return Reference(f, analytic=False, kink=kink)


def to_whole(x: float) -> float:
    """Measure the distance from x to the nearest whole number."""
    return abs(x - round(x)) if math.isfinite(x) else 0.0


def to_jump(x: float, y: float) -> float:
    """How far x, or y, is from making x / y whole."""
    return min(abs(y), to_whole(x / y) * min(abs(y), abs(y * y / x) if x else math.inf)) if y else 0.0


def cbrt(x: Any) -> Any:
    return mp.cbrt(x) if x.real >= 0 else -mp.cbrt(-x)


def dot(*operands: Any) -> Any:
    n = len(operands) // 2
    return sum((operands[i] * operands[n + i] for i in range(n)), operands[-1] if len(operands) % 2 else mpf(0))


def dot_error(*operands: float) -> float:
    n = len(operands) // 2
    terms = [abs(operands[i] * operands[n + i]) for i in range(n)] + [abs(b) for b in operands[2 * n :]]
    return EPS * len(terms) * sum(terms)


def take(*operands: Any) -> Any:
    n = len(operands) - 1
    return operands[1 + int(min(max(mp.floor(operands[0].real), 0), n - 1))] if n > 0 else mpf(0)


REFERENCES: dict[str, Reference] = {
    "+": Reference(lambda x, y: x + y),
    "-": Reference(lambda x, y: x - y),
    "*": Reference(lambda x, y: x * y),
    "/": Reference(lambda x, y: x / y),
    "//": kinked(lambda x, y: mp.floor(x / y), to_jump),
    "%": kinked(lambda x, y: x - y * mp.floor(x / y), to_jump),
    "**": Reference(mp.power),
    "neg": Reference(lambda x: -x),
    "abs": kinked(abs),
    "exp": Reference(mp.exp),
    "expm1": Reference(mp.expm1),
    "log": Reference(mp.log),
    "log1p": Reference(mp.log1p),
    "log2": Reference(lambda x: mp.log(x) / mp.log(2)),
    "log10": Reference(lambda x: mp.log(x) / mp.log(10)),
    "sqrt": Reference(mp.sqrt),
    "cbrt": Reference(cbrt, kink=abs),
    "sin": Reference(mp.sin),
    "cos": Reference(mp.cos),
    "tan": Reference(mp.tan),
    "asin": Reference(mp.asin),
    "acos": Reference(mp.acos),
    "atan": Reference(mp.atan),
    "atan2": Reference(lambda y, x: mp.atan2(y, x), analytic=False, kink=math.hypot),
    "hypot": Reference(lambda x, y: mp.sqrt(x * x + y * y), kink=math.hypot),
    "sinh": Reference(mp.sinh),
    "cosh": Reference(mp.cosh),
    "tanh": Reference(mp.tanh),
    "asinh": Reference(mp.asinh),
    "acosh": Reference(mp.acosh),
    "atanh": Reference(mp.atanh),
    "erf": Reference(mp.erf),
    "erfc": Reference(mp.erfc),
    "sigmoid": Reference(lambda x: 1 / (1 + mp.exp(-x))),
    "softplus": Reference(lambda x: mp.log1p(mp.exp(x))),
    "relu": kinked(lambda x: max(x, mpf(0))),
    "leaky_relu": kinked(lambda x, y: x if x > 0 else x * y),
    "elu": kinked(lambda x, y: x if x > 0 else y * mp.expm1(x)),
    "gelu": Reference(
        lambda x: x * mp.erfc(-x / mp.sqrt(2)) / 2,
        # erfc(z) ~ exp(-z²): the rounding of z = x/√2 counts 2z² = x² times
        error=lambda x: EPS * (4 + 2 * x * x) * abs(x) * math.erfc(-x / math.sqrt(2)) / 2,
        reason="ulp",
    ),
    "silu": Reference(lambda x: x / (1 + mp.exp(-x))),
    "step": kinked(lambda x: mpf(x > 0)),
    "sign": kinked(mp.sign),
    "floor": kinked(mp.floor, to_whole),
    "ceil": kinked(mp.ceil, to_whole),
    "maximum": kinked(max, lambda x, y: abs(x - y)),
    "minimum": kinked(min, lambda x, y: abs(x - y)),
    "where": kinked(lambda x, y, z: y if x else z),
    "<": kinked(lambda x, y: mpf(x < y), lambda x, y: abs(x - y)),
    "<=": kinked(lambda x, y: mpf(x <= y), lambda x, y: abs(x - y)),
    "==": kinked(lambda x, y: mpf(x == y), lambda x, y: abs(x - y)),
    "!=": kinked(lambda x, y: mpf(x != y), lambda x, y: abs(x - y)),
    "sum": Reference(
        lambda *xs: mpmath.fsum(xs), error=lambda *xs: EPS * len(xs) * sum(map(abs, xs)), reason="left to right"
    ),
    "dot": Reference(dot, error=dot_error, reason="left to right"),
    "program": Reference(dot, error=dot_error, reason="left to right"),
    "logsumexp": Reference(
        lambda *xs: mp.log(mpmath.fsum(mp.exp(x) for x in xs)),
        error=lambda *xs: EPS * len(xs) * (1 + max(map(abs, xs))),
        reason="largest operand is taken out",
    ),
    "take": kinked(take, lambda *xs: to_whole(xs[0]) if xs else math.inf),
}
