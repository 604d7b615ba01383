"""Do the derivatives agree with differences? gradcheck and gradgradcheck, as in torch.autograd.

>>> from autograd import Value, tanh
>>> gradcheck(lambda x, y: tanh(x) * y, (0.5, 2.0))
True
>>> gradcheck(lambda x: x * x.detach(), 3.0)          # detach() hides one of the two x
Traceback (most recent call last):
    ...
autograd.checks.GradcheckError: gradcheck: wrong derivative of output by inputs[0], at inputs[0] = 3.0
  analytic 3.0, numeric 6.0..., differ by 3, allowed is atol + rtol * |numeric| = 0.00601
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from math import inf, isfinite
from sys import float_info
from typing import Any

from .derivatives import check_recording, gradients
from .engines import Value
from .graph import oldest_first
from .scalars import to_float
from .trees import leaves, map_leaves, named_leaves


class GradcheckError(RuntimeError):
    """A derivative and its difference quotient do not agree."""


def gradcheck(
    f: Callable[..., Any],
    inputs: Any,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Compare the derivatives that backward() finds with central differences.

    analytic ∂y/∂x and numeric (y(x + eps) - y(x - eps)) / 2 eps may differ by atol + rtol · |numeric|.

    Args:
        f: a function called as f(*inputs) that returns a number, or a list or array of them.
        inputs: a list or tuple of arguments, each a number, a Value, an array, or a list of these; or
            one number, Value or array. Numbers become Values. Values are given to f as they are, and
            moved by eps for a moment: f may also read them from outside, as the parameters of a model.
            Afterwards every `data` and `grad` is as it was.
        eps: the step.
        atol: the absolute tolerance.
        rtol: the relative tolerance.
        raise_exception: raise if they differ; else return False.

    Returns:
        True if all agree.

    Raises:
        GradcheckError: they do not. The message has both numbers, and says if the point looks like a kink.
        ValueError: eps is not a usable step for these inputs, and the message says which is; or f returns no
            number, so that there is nothing to compare.

        >>> gradcheck(lambda p: p[0] ** 2 * p[1], ([3.0, -1.0],))
        True
    """
    return _Check("gradcheck", f, _Point(inputs), eps, atol, rtol).passed(raise_exception)


def gradgradcheck(
    f: Callable[..., Any],
    inputs: Any,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Check the second derivatives: `gradcheck` of the first ones, as `gradients` gives them.

    The outputs that its message speaks of are the first derivatives: output[0][1] is that of the first
    number that f returns by the second number of the inputs. Arguments and errors as `gradcheck`.

    >>> gradgradcheck(lambda x, y: x ** 2 * y, (3.0, -1.0))
    True
    """
    point = _Point(inputs)

    def first_derivatives(*arguments: Any) -> list[list[Value]]:
        ys = [_value(y, name) for name, y in named_leaves(f(*arguments), "output")]
        return [gradients(y, point.variables) for y in ys]

    return _Check("gradgradcheck", first_derivatives, point, eps, atol, rtol).passed(raise_exception)


class _Point:
    """The inputs: as f takes them, and each number in them with its name."""

    def __init__(self, inputs: Any) -> None:
        arguments: list[Any] = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]  # pyright: ignore[reportUnknownArgumentType]
        self.arguments = map_leaves(_value, arguments, "inputs")
        named = named_leaves(self.arguments, "inputs")
        self.names = [f"{name} ({x.label})" if x.label else name for name, x in named]
        self.variables: list[Value] = [x for _, x in named]
        for name, x in zip(self.names, self.variables, strict=True):
            if x.operands:
                raise ValueError(f"{name} was computed ({x.op!r}), so it cannot be moved; give a leaf: {name}.detach()")

    def __str__(self) -> str:
        shown = [f"{name} = {x.data!r}" for name, x in zip(self.names, self.variables, strict=True)]
        return ", ".join(shown if len(shown) <= 10 else [*shown[:10], "..."])


class _Check:
    """One comparison of derivatives with differences."""

    def __init__(self, who: str, f: Callable[..., Any], point: _Point, eps: float, atol: float, rtol: float) -> None:
        self.who, self.f, self.point, self.eps = who, f, point, eps
        self.atol, self.rtol = to_float(atol, f"{who}: atol"), to_float(rtol, f"{who}: rtol")

    def passed(self, raise_exception: bool) -> bool:
        """Do all derivatives agree?"""
        check_recording()
        self.check_step()
        with _kept(self.point.variables):
            error = self.first_error()
        if error is not None and raise_exception:
            raise error
        return error is None

    def first_error(self) -> Exception | None:
        """What to raise about the first derivative that does not agree."""
        outputs = [(name, _value(y, name)) for name, y in named_leaves(self.f(*self.point.arguments), "output")]
        if not outputs and self.point.variables:
            raise ValueError(f"{self.who}: f returned no number, so there is nothing to compare")
        analytic = [_backward(y, self.point.variables) for _, y in outputs]
        for j in range(len(self.point.variables)):
            for i, numeric in enumerate(self.slopes(j, self.eps, self.eps)):
                if not self.agree(analytic[i][j], numeric):
                    return self.explanation(outputs[i][0], i, j, analytic[i][j], numeric)
        return None

    def agree(self, analytic: float, numeric: float) -> bool:
        return isfinite(analytic) and isfinite(numeric) and abs(analytic - numeric) <= self.allowed(numeric)

    def allowed(self, numeric: float) -> float:
        return self.atol + self.rtol * abs(numeric)

    def slopes(self, j: int, down: float, up: float) -> list[float]:
        """(y(x + up) - y(x - down)) / (up + down) of every output y, for the input x at place j."""
        x = self.point.variables[j]
        low, high = x.data - down, x.data + up
        below, above = self.outputs_at(x, low), self.outputs_at(x, high)
        return [(b - a) / (high - low) for a, b in zip(below, above, strict=True)]

    def outputs_at(self, x: Value, number: float) -> list[float]:
        with _kept([x]):
            x.data = number
            return [float(y) for y in leaves(self.f(*self.point.arguments))]

    def explanation(self, output: str, i: int, j: int, analytic: float, numeric: float) -> Exception:
        """What is wrong with the derivative of output i by input j: eps, the point, or the derivative."""
        where = f"derivative of {output} by {self.point.names[j]}, at {self.point}"
        step = _good_step(self.point.variables[j].data)
        if self.agree(analytic, self.slopes(j, step, step)[i]):
            size = "large" if self.eps > step else "small"
            return ValueError(f"{self.who}: eps={self.eps!r} is too {size} for the {where}; use eps={step:.0e}")
        message = (
            f"{self.who}: wrong {where}\n"
            f"  analytic {analytic!r}, numeric {numeric!r}, differ by {abs(analytic - numeric):.6g}, "
            f"allowed is atol + rtol * |numeric| = {self.allowed(numeric):.6g}"
        )
        left, right = self.slopes(j, self.eps, 0.0)[i], self.slopes(j, 0.0, self.eps)[i]
        at_one_side = self.agree(analytic, left) or self.agree(analytic, right)
        if not (isfinite(analytic) and isfinite(numeric)):
            message += "\n  only finite numbers can be compared: choose a point inside the domain of f"
        elif at_one_side or min(left, right) <= analytic <= max(left, right):
            message += (
                f"\n  the point looks like a kink: the slope is {left!r} on its left and {right!r} on its right, "
                "so there is no derivative to compare with; choose a smooth point"
            )
        return GradcheckError(message)

    def check_step(self) -> None:
        """Raise if eps cannot be a step."""
        self.eps = to_float(self.eps, f"{self.who}: eps")
        if not 0 < self.eps < inf:
            raise ValueError(f"{self.who}: eps must be a positive number, such as 1e-6, got {self.eps!r}")
        for name, variable in zip(self.point.names, self.point.variables, strict=True):
            x = variable.data
            if not isfinite(x):
                raise ValueError(f"{self.who}: {name} is {x!r}: choose a finite point")
            low, high = x - self.eps, x + self.eps
            if not (-inf < low < x < high < inf):
                problem = "small: x + eps == x" if isfinite(low) and isfinite(high) else "large: x + eps overflows"
                raise ValueError(
                    f"{self.who}: eps={self.eps!r} next to {name} = {x!r} is too {problem}; use eps={_good_step(x):.0e}"
                )


def _good_step(x: float) -> float:
    """A step at which both errors of a central difference, of rounding and of the cut series, are small."""
    return float_info.epsilon ** (1 / 3) * max(1.0, abs(x))


def _backward(y: Value, xs: list[Value]) -> list[float]:
    """∂y/∂x for each x by y.backward(), which also writes the grads of other Values: they get theirs back."""
    with _kept([*oldest_first(y), *xs]):
        for x in xs:
            x.grad = 0.0
        y.backward()
        return [x.grad for x in xs]


@contextmanager
def _kept(xs: list[Value]) -> Generator[None, None, None]:
    """Inside, the Values may be written; afterwards each has its data and grad again."""
    before = [(x, x.serial, x.data, x.grad) for x in xs]
    try:
        yield
    finally:
        for x, serial, data, gradient in before:
            x.grad = gradient
            if x.serial != serial:  # it was written
                x.data = data


def _value(x: Any, name: str) -> Value:
    return x if isinstance(x, Value) else Value(to_float(x, f"gradcheck: {name}"))
