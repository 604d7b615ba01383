"""The rules on arrays: each value in numpy's words; the partials are those of rules.py, which read arrays too.

>>> x = as_lanes([-1.0, 0.0, 2.0])
>>> value("relu", x)
Lanes([0., 0., 2.])
>>> RULES["relu"].partials(value("relu", x), x)
(Lanes([0., 0., 1.]),)
"""

# numpy's stubs know neither what a subclass of ndarray gives nor what frompyfunc does.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownLambdaType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..rules import RULES, SQRT_HALF

Array = NDArray[Any]


class Lanes(np.ndarray[Any, Any]):
    """An array that a rule takes as an operand, as it takes a Value: so the partials in rules.py serve arrays."""

    def apply(self, name: str, *operands: Any) -> Lanes:
        """The rule of this name on arrays and numbers."""
        return value(name, *operands)


def as_lanes(numbers: Any) -> Lanes:
    """The array itself, as Lanes."""
    return np.asarray(numbers).view(Lanes)


def value(name: str, *operands: Any) -> Lanes:
    """The rule of this name on arrays and numbers, element by element."""
    kernel = VALUES.get(name)
    if kernel is None:  # numpy has no such function: the rule itself, number by number
        numbers: Any = np.frompyfunc(RULES[name].value, len(operands), 1)(*operands)
        return numbers.astype(np.result_type(*operands)).view(Lanes)
    return kernel(*operands).view(Lanes)


def _sigmoid(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-x))


def _erfc(x: Any) -> Any:
    return value("erfc", x)


VALUES: dict[str, Callable[..., Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "//": np.floor_divide,
    "%": np.remainder,
    "**": lambda x, y: np.where(np.equal(y, 2), np.multiply(x, x), np.power(x, y)),
    "neg": np.negative,
    "abs": np.abs,
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "log2": np.log2,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "cbrt": np.cbrt,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "hypot": np.hypot,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "sigmoid": _sigmoid,
    "softplus": lambda x: np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x))),
    "relu": lambda x: np.maximum(x, 0.0),
    "leaky_relu": lambda x, y: np.where(x > 0, x, y * x),
    "elu": lambda x, y: np.where(x <= 0, y * np.expm1(x), x),
    "gelu": lambda x: x * (0.5 * _erfc(-x * SQRT_HALF)),
    "silu": lambda x: x * _sigmoid(x),
    "step": lambda x: (x > 0).astype(x.dtype),
    "sign": lambda x: (x > 0).astype(x.dtype) - (x < 0),
    "floor": np.floor,
    "ceil": np.ceil,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "where": lambda x, y, z: np.where(np.not_equal(x, 0), y, z),
    "<": lambda x, y: np.less(x, y).astype(np.result_type(x, y)),
    "<=": lambda x, y: np.less_equal(x, y).astype(np.result_type(x, y)),
    "==": lambda x, y: np.equal(x, y).astype(np.result_type(x, y)),
    "!=": lambda x, y: np.not_equal(x, y).astype(np.result_type(x, y)),
}
"""What numpy has functions for. erf and erfc are not among them."""
