"""The chain rule at one Value: a sum over its uses, each with the numbers that `backward()` multiplies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..graph import Value, stale, taken
from ..rules import RULES, Rule


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One use of a Value x, and what it adds to ∂loss/∂x: upstream · local = share."""

    consumer: Value
    """The Value that was made from x."""
    place: int
    """Which of the consumer's operands x is, from 0."""
    upstream: float
    """∂loss/∂consumer."""
    local: float
    """∂consumer/∂x, of this operand alone."""
    share: float
    """Their product."""
    terms: list[Term] = field(repr=False)
    """The terms that add up to `upstream`, if `depth` reaches so far and the consumer is not the loss; else empty."""

    @property
    def rule(self) -> Rule:
        """The rule that made the consumer."""
        return RULES[self.consumer.op]

    @property
    def formula(self) -> str:
        """The consumer's formula, in the rule's letters: x is the first operand, y the second."""
        return self.rule.formula

    @property
    def derivative(self) -> str:
        """The formula of `local`, in the same letters; v is the consumer itself."""
        words = self.rule.derivatives
        return words[min(self.place, len(words) - 1)]

    @property
    def line(self) -> str | None:
        """The file and line that made the consumer, if recorded (`record_lines`)."""
        return self.consumer.line


def sources(node: Value) -> list[tuple[int, Value]]:
    """The operands to which the node sends gradient, with their places."""
    operands: tuple[Any, ...] = node.operands
    pairs = list(enumerate(operands))
    if operands and (rule := RULES[node.op]).chooses:
        taken(node)  # what chooses must not have been written since
        partials = rule.partials(node.data, *map(float, operands))
        pairs = [pair for pair in pairs if partials[pair[0]] is not None]
    found = [(place, x) for place, x in pairs if not isinstance(x, float)]
    for _, x in found:
        if x.serial > node.serial:
            raise stale(x, node)
    return found


class Sweep:
    """A sweep from the loss down to x, in the order of `Value.backward`, that leaves every `grad` alone.

    Attributes:
        gradients: ∂loss/∂node of x and of every node between x and the loss; empty if no gradient flows to x.
        consumers: for each of these its uses (consumer, place), the oldest consumer first. The keys are in order,
            each node before its consumers.
        terms: the terms of those that are fewer than `depth` operations away from x, in the order of addition.
    """

    def __init__(self, x: Value, loss: Value, depth: int) -> None:
        order, sends = _order(loss)
        away = {x: 0}  # how many operations lie between x and a node
        for node in reversed(order):
            if node is not x and (steps := [away[y] for _, y in sends[node] if y in away]):
                away[node] = min(steps) + 1
        between = [node for node in order if node in away]
        self.consumers: dict[Value, list[tuple[Value, int]]] = {node: [] for node in reversed(between)}
        self.gradients = dict.fromkeys(between, 0.0)
        self.terms: dict[Value, list[Term]] = {node: [] for node in between if away[node] < depth}
        if between:
            self.gradients[loss] = 1.0
        for node in between:
            if node is x:
                continue
            upstream = self.gradients[node]
            partials = RULES[node.op].partials(node.data, *map(float, node.operands))
            for place, y in sends[node]:
                if y in away:
                    share = upstream * partials[place]
                    self.gradients[y] += share
                    if y in self.terms:
                        deeper = self.terms.get(node, [])
                        self.terms[y].append(Term(node, place, upstream, partials[place], share, deeper))
        for node in reversed(between):
            for place, y in sends[node]:
                if y in away and node is not x:
                    self.consumers[y].append((node, place))


def _order(loss: Value) -> tuple[list[Value], dict[Value, list[tuple[int, Value]]]]:
    """Every Value to which gradient flows, in the order in which `backward` passes it on, and to whom each does."""
    sends = {loss: sources(loss)}
    uses, found = dict[Value, int](), [loss]
    for node in found:  # the list grows while we walk along it
        for _, x in sends[node]:
            uses[x] = uses.get(x, 0) + 1
            if x not in sends:
                sends[x] = sources(x)
                found.append(x)
    order, ready = list[Value](), [loss]
    while ready:
        order.append(ready.pop())
        for _, x in sends[order[-1]]:
            uses[x] -= 1
            if not uses[x]:
                ready.append(x)
    return order, sends
