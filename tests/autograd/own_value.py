"""A Value class as a careful learner writes it, in micrograd's style, to plant bugs in.

Nothing of it is shared with the package: functions that pass gradients on, a recursive order, an operation each for
- and /.
"""

from __future__ import annotations

from typing import Any

SOURCE = """
import math

class Own:
    def __init__(self, data, children=()):
        self.data = data
        self.grad = 0.0
        self.children = children
        self.pass_on = lambda: None

    def lift(self, other):
        return other if isinstance(other, Own) else Own(other)

    def __add__(self, other):
        other = self.lift(other)
        out = Own(self.data + other.data, (self, other))
        def pass_on():
            self.grad += 1.0 * out.grad
            other.grad += 1.0 * out.grad
        out.pass_on = pass_on
        return out

    def __mul__(self, other):
        other = self.lift(other)
        out = Own(self.data * other.data, (self, other))
        def pass_on():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        out.pass_on = pass_on
        return out

    def __sub__(self, other):
        other = self.lift(other)
        out = Own(self.data - other.data, (self, other))
        def pass_on():
            self.grad += 1.0 * out.grad
            other.grad += -1.0 * out.grad
        out.pass_on = pass_on
        return out

    def __truediv__(self, other):
        other = self.lift(other)
        out = Own(self.data / other.data, (self, other))
        def pass_on():
            self.grad += 1 / other.data * out.grad
            other.grad += -self.data / other.data**2 * out.grad
        out.pass_on = pass_on
        return out

    def __pow__(self, n):
        assert isinstance(n, (int, float)), "only numbers as exponents"
        out = Own(self.data**n, (self,))
        def pass_on():
            self.grad += (n * self.data ** (n - 1) if n else 0.0) * out.grad
        out.pass_on = pass_on
        return out

    def one(self, data, derivative):
        out = Own(data, (self,))
        def pass_on():
            self.grad += derivative * out.grad
        out.pass_on = pass_on
        return out

    def __neg__(self):
        return self.one(-self.data, -1.0)

    def tanh(self):
        t = math.tanh(self.data)
        return self.one(t, 1 - t**2)

    def exp(self):
        e = math.exp(self.data)
        return self.one(e, e)

    def log(self):
        return self.one(math.log(self.data), 1 / self.data)

    def relu(self):
        return self.one(max(0.0, self.data), 1.0 if self.data > 0 else 0.0)

    def __radd__(self, other):
        return self.lift(other) + self

    def __rmul__(self, other):
        return self.lift(other) * self

    def __rsub__(self, other):
        return self.lift(other) - self

    def __rtruediv__(self, other):
        return self.lift(other) / self

    def order(self):
        nodes, seen = [], set()
        def visit(node):
            if node not in seen:
                seen.add(node)
                for child in node.children:
                    visit(child)
                nodes.append(node)
        visit(self)
        return nodes

    def backward(self):
        nodes = self.order()
        for node in nodes:
            if node.children:
                node.grad = 0.0
        self.grad = 1.0
        for node in reversed(nodes):
            node.pass_on()

    def zero_grad(self):
        for node in self.order():
            node.grad = 0.0
"""


def own(*changes: tuple[str, str]) -> Any:
    """Make the class, with pieces of its text changed."""
    source = SOURCE
    for right, wrong in changes:
        assert right in source, f"there is no {right!r} to be changed"
        source = source.replace(right, wrong)
    names: dict[str, Any] = {}
    exec(source, names)
    return names["Own"]
