"""Forward mode, to compare with: a dual number carries its derivative by every leaf along.

Nothing here comes from the engine. A few functions have their derivative written down, all others are
made of these: sigmoid is 1 / (1 + exp(-x)), logsumexp a log of a sum of exps.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Dual:
    """x + ε · slopes, where ε² = 0."""

    x: float
    slopes: tuple[float, ...]

    def chain(self, y: float, dy: float) -> Dual:
        """f(self), where y = f(x) and dy = f'(x)."""
        return Dual(y, tuple(dy * s for s in self.slopes))

    def __add__(self, other: Dual | float) -> Dual:
        if not isinstance(other, Dual):
            return Dual(self.x + other, self.slopes)
        return Dual(self.x + other.x, tuple(s + t for s, t in zip(self.slopes, other.slopes, strict=True)))

    def __mul__(self, other: Dual | float) -> Dual:
        if not isinstance(other, Dual):
            return self.chain(self.x * other, other)
        slopes = tuple(s * other.x + self.x * t for s, t in zip(self.slopes, other.slopes, strict=True))
        return Dual(self.x * other.x, slopes)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Dual:
        return self.chain(-self.x, -1.0)

    def __sub__(self, other: Dual | float) -> Dual:
        return self + -other

    def __rsub__(self, other: float) -> Dual:
        return -self + other

    def __truediv__(self, other: Dual | float) -> Dual:
        return self * inverse(other)

    def __rtruediv__(self, other: float) -> Dual:
        return other * inverse(self)


def lift(f: Callable[[float], float], slope: Callable[[float], float]) -> Callable[[Any], Any]:
    """Let f take a number or a dual number."""
    return lambda x: x.chain(f(x.x), slope(x.x)) if isinstance(x, Dual) else f(x)


def number(x: Any) -> float:
    return x.x if isinstance(x, Dual) else x


inverse = lift(lambda x: 1 / x, lambda x: -1 / x**2)
exp = lift(math.exp, math.exp)
log = lift(math.log, lambda x: 1 / x)
sqrt = lift(math.sqrt, lambda x: 0.5 / math.sqrt(x))
sin = lift(math.sin, math.cos)
cos = lift(math.cos, lambda x: -math.sin(x))
atan = lift(math.atan, lambda x: 1 / (1 + x * x))
asin = lift(math.asin, lambda x: 1 / math.sqrt(1 - x * x))
erf = lift(math.erf, lambda x: 2 / math.sqrt(math.pi) * math.exp(-x * x))


def flat(f: Callable[..., float]) -> Callable[..., float]:
    """Make a staircase of f: its value, and no slope."""
    return lambda *xs: f(*map(number, xs))


def sigmoid(x: Any) -> Any:
    return 1.0 / (1.0 + exp(-x))


def tanh(x: Any) -> Any:
    return 1.0 - 2.0 / (exp(2.0 * x) + 1.0)


def larger(x: Any, y: Any) -> Any:
    if number(x) == number(y):
        return (x + y) * 0.5
    return x if number(x) > number(y) else y


def total(*xs: Any) -> Any:
    return sum(xs, 0.0)


def dot(*operands: Any) -> Any:
    n = len(operands) // 2
    return total(*(operands[i] * operands[n + i] for i in range(n)), *operands[2 * n :])


def take(*operands: Any) -> Any:
    n = len(operands) - 1
    return operands[1 + min(max(math.floor(number(operands[0])), 0), n - 1)] if n > 0 else 0.0


DUAL: dict[str, Callable[..., Any]] = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "//": flat(lambda x, y: x // y),
    "%": lambda x, y: x - y * (number(x) // number(y)),
    "**": lambda x, y: exp(y * log(x)),
    "neg": lambda x: -x,
    "abs": lambda x: x * math.copysign(1.0, number(x)),
    "exp": exp,
    "expm1": lambda x: exp(x) - 1.0,
    "log": log,
    "log1p": lambda x: log(1.0 + x),
    "log2": lambda x: log(x) / math.log(2),
    "log10": lambda x: log(x) / math.log(10),
    "sqrt": sqrt,
    "cbrt": lambda x: exp(log(x) / 3.0),
    "sin": sin,
    "cos": cos,
    "tan": lambda x: sin(x) / cos(x),
    "asin": asin,
    "acos": lambda x: math.pi / 2 - asin(x),
    "atan": atan,
    "atan2": lambda y, x: atan(y / x),
    "hypot": lambda x, y: sqrt(x * x + y * y),
    "sinh": lambda x: (exp(x) - exp(-x)) * 0.5,
    "cosh": lambda x: (exp(x) + exp(-x)) * 0.5,
    "tanh": tanh,
    "asinh": lambda x: log(x + sqrt(x * x + 1.0)),
    "acosh": lambda x: log(x + sqrt(x * x - 1.0)),
    "atanh": lambda x: log((1.0 + x) / (1.0 - x)) * 0.5,
    "erf": erf,
    "erfc": lambda x: 1.0 - erf(x),
    "sigmoid": sigmoid,
    "softplus": lambda x: log(1.0 + exp(x)),
    "relu": lambda x: x if number(x) > 0 else 0.0,
    "leaky_relu": lambda x, y: x if number(x) > 0 else x * y,
    "elu": lambda x, y: x if number(x) > 0 else y * (exp(x) - 1.0),
    "gelu": lambda x: x * (1.0 + erf(x / math.sqrt(2))) * 0.5,
    "silu": lambda x: x * sigmoid(x),
    "step": flat(lambda x: float(x > 0)),
    "sign": flat(lambda x: float((x > 0) - (x < 0))),
    "floor": flat(math.floor),
    "ceil": flat(math.ceil),
    "maximum": larger,
    "minimum": lambda x, y: -larger(-x, -y),
    "where": lambda x, y, z: y if number(x) else z,
    "<": flat(lambda x, y: float(x < y)),
    "<=": flat(lambda x, y: float(x <= y)),
    "==": flat(lambda x, y: float(x == y)),
    "!=": flat(lambda x, y: float(x != y)),
    "take": take,
    "sum": total,
    "dot": dot,
    "program": dot,
    "logsumexp": lambda *xs: log(total(*map(exp, xs))),
}
