"""What a person can write with a Value: Python's operators, comparisons, numpy's methods.

Each operation records the rule of its name, by `_unary` and `_binary` of the class Value in value.py.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Self

from .rules import RULES
from .scalars import as_float
from .tracing import tracing_now


class Operators:
    """The operators and methods of a Value."""

    __slots__ = ()

    def _unary(self, op: str) -> Any:
        raise NotImplementedError

    def _binary(self, op: str, other: Any) -> Any:
        raise NotImplementedError

    def _reflected(self, op: str, other: Any) -> Any:
        raise NotImplementedError

    @staticmethod
    def _operand(x: Any, what: str) -> Any:
        raise NotImplementedError

    def __float__(self) -> float:
        raise NotImplementedError

    def __add__(self, other: Any) -> Self:
        return self._binary("+", other)

    def __radd__(self, other: Any) -> Self:
        return self._reflected("+", other)

    def __sub__(self, other: Any) -> Self:
        return self._binary("-", other)

    def __rsub__(self, other: Any) -> Self:
        return self._reflected("-", other)

    def __mul__(self, other: Any) -> Self:
        return self._binary("*", other)

    def __rmul__(self, other: Any) -> Self:
        return self._reflected("*", other)

    def __truediv__(self, other: Any) -> Self:
        return self._binary("/", other)

    def __rtruediv__(self, other: Any) -> Self:
        return self._reflected("/", other)

    def __floordiv__(self, other: Any) -> Self:
        return self._binary("//", other)

    def __rfloordiv__(self, other: Any) -> Self:
        return self._reflected("//", other)

    def __mod__(self, other: Any) -> Self:
        return self._binary("%", other)

    def __rmod__(self, other: Any) -> Self:
        return self._reflected("%", other)

    def __pow__(self, other: Any, modulus: None = None) -> Self:
        return NotImplemented if modulus is not None else self._binary("**", other)

    def __rpow__(self, other: Any) -> Self:
        return self._reflected("**", other)

    def __neg__(self) -> Self:
        return self._unary("neg")

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Self:
        return self._unary("abs")

    # Functions of one number, under numpy's names, so that np.exp(array of Values) finds them

    def exp(self) -> Self:
        return self._unary("exp")

    def expm1(self) -> Self:
        return self._unary("expm1")

    def log(self) -> Self:
        return self._unary("log")

    def log1p(self) -> Self:
        return self._unary("log1p")

    def log2(self) -> Self:
        return self._unary("log2")

    def log10(self) -> Self:
        return self._unary("log10")

    def sqrt(self) -> Self:
        return self._unary("sqrt")

    def cbrt(self) -> Self:
        return self._unary("cbrt")

    def sin(self) -> Self:
        return self._unary("sin")

    def cos(self) -> Self:
        return self._unary("cos")

    def tan(self) -> Self:
        return self._unary("tan")

    def asin(self) -> Self:
        return self._unary("asin")

    def acos(self) -> Self:
        return self._unary("acos")

    def atan(self) -> Self:
        return self._unary("atan")

    def sinh(self) -> Self:
        return self._unary("sinh")

    def cosh(self) -> Self:
        return self._unary("cosh")

    def tanh(self) -> Self:
        return self._unary("tanh")

    def asinh(self) -> Self:
        return self._unary("asinh")

    def acosh(self) -> Self:
        return self._unary("acosh")

    def atanh(self) -> Self:
        return self._unary("atanh")

    def erf(self) -> Self:
        return self._unary("erf")

    def erfc(self) -> Self:
        return self._unary("erfc")

    def sigmoid(self) -> Self:
        return self._unary("sigmoid")

    def softplus(self) -> Self:
        return self._unary("softplus")

    def relu(self) -> Self:
        return self._unary("relu")

    def leaky_relu(self, slope: Any = 0.01) -> Self:
        return self._binary("leaky_relu", self._operand(slope, "slope"))

    def elu(self, alpha: Any = 1.0) -> Self:
        return self._binary("elu", self._operand(alpha, "alpha"))

    def gelu(self) -> Self:
        return self._unary("gelu")

    def silu(self) -> Self:
        return self._unary("silu")

    def abs(self) -> Self:
        return self._unary("abs")

    def step(self) -> Self:
        return self._unary("step")

    def sign(self) -> Self:
        return self._unary("sign")

    def floor(self) -> Self:
        return self._unary("floor")

    def ceil(self) -> Self:
        return self._unary("ceil")

    arcsin, arccos, arctan, arcsinh, arccosh, arctanh = asin, acos, atan, asinh, acosh, atanh

    # Comparisons look at the numbers, but in a trace they are recorded; a Value as a key of a dict or set is itself

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> Any:
        return self._binary("==", other) if tracing_now() else _compared(operator.eq, self, other)

    def __ne__(self, other: object) -> Any:
        return self._binary("!=", other) if tracing_now() else _compared(operator.ne, self, other)

    def __lt__(self, other: Any) -> Any:
        return self._binary("<", other) if tracing_now() else _compared(operator.lt, self, other)

    def __le__(self, other: Any) -> Any:
        return self._binary("<=", other) if tracing_now() else _compared(operator.le, self, other)

    def __gt__(self, other: Any) -> Any:
        return self._from_right("<", other) if tracing_now() else _compared(operator.gt, self, other)

    def __ge__(self, other: Any) -> Any:
        return self._from_right("<=", other) if tracing_now() else _compared(operator.ge, self, other)

    # `&` and `|` join conditions, which are Values in a trace only

    def __and__(self, other: Any) -> Any:
        return self._binary("*", other) if tracing_now() else NotImplemented

    def __or__(self, other: Any) -> Any:
        return self._binary("maximum", other) if tracing_now() else NotImplemented

    __rand__, __ror__ = __and__, __or__

    def _from_right(self, op: str, other: Any) -> Any:
        return other._binary(op, self) if isinstance(other, Operators) else self._reflected(op, other)


def _compared(how: Callable[[float, float], bool], x: Operators, other: Any) -> Any:
    y = float(other) if isinstance(other, Operators) else as_float(other)
    return NotImplemented if y is None else how(float(x), y)


for _name, _rule in RULES.items():  # a method is documented by its rule
    _method = getattr(Operators, _name, None)
    if _method is not None:
        _method.__doc__ = f"{_rule.formula}; its derivative: {', '.join(_rule.derivatives)}. {_rule.note}".strip()
