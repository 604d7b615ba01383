"""Right: a right engine in its smallest form, from which the wrong ones of the zoo differ by one method each.

    >>> a = Right(3.0)
    >>> y = a * a * a
    >>> y.backward()
    >>> a.grad                                # 3a²
    27.0

It is written as people write their first: `-a` is `a * -1`, `a - b` is `a + (-b)`, and `a / b` is `a * b**-1`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Self

from ..rules import RULES


class Right:
    """A number, its gradient, and what it was made from with the derivative by each."""

    def __init__(self, data: float, parents: Any = ()) -> None:
        self.data = float(data)
        self.grad = 0.0
        self.parents = tuple(parents)  # pairs (x, ∂self/∂x)

    def __add__(self, other: Any) -> Self:
        other = self.wrap(other)
        return self.make(self.data + other.data, (self, 1.0), (other, 1.0))

    def __mul__(self, other: Any) -> Self:
        other = self.wrap(other)
        return self.make(self.data * other.data, (self, other.data), (other, self.data))

    def __pow__(self, n: Any) -> Self:
        return self.apply("**", self, n)

    def tanh(self) -> Self:
        t = math.tanh(self.data)
        return self.make(t, (self, 1 - t**2))

    def order(self) -> list[Any]:
        """Every node that self was made from, and self last: each after all its parents."""
        nodes: list[Any] = []
        seen: set[Any] = set()
        todo: list[Any] = [(self, False)]
        while todo:
            node, parents_done = todo.pop()
            if parents_done:
                nodes.append(node)
            elif node not in seen:
                seen.add(node)
                todo.append((node, True))
                todo += [(x, False) for x, _ in node.parents]
        return nodes

    def send(self) -> None:
        """The chain rule: each parent gets its share of the gradient of self."""
        for x, partial in self.parents:
            x.grad += self.grad * partial

    def backward(self) -> None:
        nodes = self.order()
        for node in nodes:
            if node.parents:  # the leaves keep what they have
                node.grad = 0.0
        self.grad = 1.0
        for node in reversed(nodes):
            node.send()

    def zero_grad(self) -> None:
        for node in self.order():
            node.grad = 0.0

    def __neg__(self) -> Self:
        return self * -1.0

    def __sub__(self, other: Any) -> Self:
        return self + -other

    def __truediv__(self, other: Any) -> Self:
        return self * self.wrap(other) ** -1

    def __radd__(self, other: Any) -> Self:
        return self + other

    def __rmul__(self, other: Any) -> Self:
        return self * other

    def __rsub__(self, other: Any) -> Self:
        return -self + other

    def __rtruediv__(self, other: Any) -> Self:
        return self.wrap(other) / self

    def __rpow__(self, other: Any) -> Self:
        return self.apply("**", other, self)

    def __abs__(self) -> Self:
        return self.apply("abs", self)

    def __mod__(self, other: Any) -> Self:
        return self.apply("%", self, other)

    def __rmod__(self, other: Any) -> Self:
        return self.apply("%", other, self)

    def __floordiv__(self, other: Any) -> Self:
        return self.apply("//", self, other)

    def __rfloordiv__(self, other: Any) -> Self:
        return self.apply("//", other, self)

    @classmethod
    def make(cls, data: float, *parents: Any) -> Self:
        return cls(data, parents)

    @classmethod
    def wrap(cls, x: Any) -> Self:
        return x if isinstance(x, cls) else cls(x)

    @classmethod
    def apply(cls, op: str, *operands: Any) -> Self:
        """Any other operation: its value and partial derivatives stand in autograd/rules.py."""
        xs = [cls.wrap(x) for x in operands]
        numbers = [x.data for x in xs]
        value = RULES[op].value(*numbers)
        partials = RULES[op].partials(value, *numbers)
        return cls.make(value, *[(x, p) for x, p in zip(xs, partials, strict=True) if p is not None])


def _method(op: str) -> Callable[[Right], Right]:
    return lambda x: x.apply(op, x)


for _name, _rule in RULES.items():  # exp, log, sin, relu ...
    if len(_rule.domain) == 1 and not _rule.variadic and not hasattr(Right, _name):
        setattr(Right, _name, _method(_name))
