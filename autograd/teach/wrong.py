"""The wrong engines of the zoo, each a right one with one method changed.

The docstring of each says what is wrong, then who makes the mistake and why it looks right.
"""

from __future__ import annotations

import math
from typing import Any, Self

from .right import Right


class Overwrite(Right):
    """Writes = for +=.

    Every first draft has it: on a chain, where each number is used once, = and += give the same. Of a number
    that is used twice, only the share that comes last is left.
    """

    def send(self) -> None:
        for x, partial in self.parents:
            x.grad = self.grad * partial  # right: +=


class NoOrder(Right):
    """No topological order.

    Going back level by level, or in any order in which nodes are found, is right on every tree. But a node with two
    consumers then passes its gradient on before the second has sent its share.
    """

    def order(self) -> list[Any]:
        nodes, seen = [self], {self}
        for node in nodes:  # as they are met from the result on, level by level
            for x, _ in node.parents:
                if x not in seen:
                    seen.add(x)
                    nodes.append(x)
        return nodes[::-1]  # right: a node goes after all its parents


class ParentSet(Right):
    """The parents as a set.

    A set of (parent, derivative) pairs looks tidy, for the order of parents does not matter. But a + a and a * a
    have the same pair twice, and a set keeps one: half of the gradient is gone.
    """

    def __init__(self, data: float, parents: Any = ()) -> None:
        super().__init__(data)
        self.parents = set(parents)  # right: tuple(parents)


class NoChain(Right):
    """The local derivative only.

    Each rule is copied well from the table of derivatives, and each alone passes its test. The factor that makes
    it the chain rule, the gradient of what comes after, is missing.
    """

    def send(self) -> None:
        for x, partial in self.parents:
            x.grad += partial  # right: self.grad * partial


class StaleInterior(Right):
    """Interior gradients not reset.

    micrograd has it, and whoever calls backward() once on each graph never sees it. A second call finds the
    gradients of the first in the nodes between, and sends them once more: for x * x * x at 3 it adds 45, not 27.
    """

    def backward(self) -> None:
        nodes = self.order()  # right: set node.grad = 0.0 of every node that has parents
        self.grad = 1.0
        for node in reversed(nodes):
            node.send()


class ResetLeaves(Right):
    """The leaves reset by backward().

    It spares people zero_grad(), so it looks like a kindness. But the gradients of two losses, or of two batches,
    no longer add up: only the last one is left.
    """

    def backward(self) -> None:
        nodes = self.order()
        for node in nodes:  # right: only if node.parents
            node.grad = 0.0
        self.grad = 1.0
        for node in reversed(nodes):
            node.send()


class ForgottenZeroGrad(Right):
    """Forgotten zero_grad.

    The best known bug of training loops: the gradient of this step is added to those of all steps before it. The
    loss still falls for a while, as with momentum. Here it is zero_grad() that forgets, and only the leaves.
    """

    def zero_grad(self) -> None:
        for node in self.order():
            if node.parents:  # right: every node, the leaves above all
                node.grad = 0.0


class NoSeed(Right):
    """The gradient of the result is not set to 1.

    backward() does all that it should, on zeros: ∂y/∂y = 1 is so plain that nobody writes it down. Nothing is
    learned, and nothing is raised.
    """

    def backward(self) -> None:
        nodes = self.order()
        for node in nodes:
            if node.parents:
                node.grad = 0.0
        for node in reversed(nodes):  # right: self.grad = 1.0 before
            node.send()


class TanhOfInput(Right):
    """tanh' of the input.

    1 - x² is right if x means the value of tanh, as in many notes; here it means the input. Near 0 both are nearly
    the same, and small networks even learn.
    """

    def tanh(self) -> Self:
        t = math.tanh(self.data)
        return self.make(t, (self, 1 - self.data**2))  # right: 1 - t**2


class PowAtZero(Right):
    """A rule for powers that divides by 0.

    n · xⁿ / x saves a second power and is right everywhere else. At x = 0, where a relu leaves many numbers, it
    is 0 / 0.
    """

    def __pow__(self, n: Any) -> Self:
        if isinstance(n, Right):
            return super().__pow__(n)
        v = self.data**n
        return self.make(v, (self, n * v / self.data))  # right: n * self.data ** (n - 1), and 0 for n = 0


class TurnedAround(Right):
    """2 - a computed as a - 2.

    __radd__ and __rmul__ may turn their operands around, so __rsub__ was copied from them. As long as a Value stands
    on the left, nothing is wrong.
    """

    def __rsub__(self, other: Any) -> Self:  # other - self
        return self - other  # right: -self + other
