"""The frames: what is computed in each step, from the graph's numbers and the rules alone; the graph stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from ..engines import Value
from ..graph import stale
from ..rules import RULES
from .names import word
from .sentences import derivative, expression, listed, number

LARGEST = 200
"""How many values and constants a graph may have: more would be no picture to watch."""


@dataclass(frozen=True, eq=False)
class Frame:
    """One step: what it does, and what is known after it.

    Attributes:
        index: its place, from 0.
        phase: "forward" or "backward".
        node: the result of the operation that the step is about; None at the start and at the end.
        places: the places, among the node's operands, of those that take part: forward all, backward the one that
            receives.
        sentence: the step in one line, with its numbers.
        rule: the rule behind it.
        values: the numbers known so far.
        grads: the gradients so far, from 0; empty in the forward pass.
    """

    index: int
    phase: Literal["forward", "backward"]
    node: Value | None
    places: tuple[int, ...]
    sentence: str
    rule: str
    values: Mapping[Value, float]
    grads: Mapping[Value, float]

    @property
    def operands(self) -> tuple[Value | float, ...]:
        """The operands that take part."""
        return () if self.node is None else tuple(self.node.operands[i] for i in self.places)

    def __str__(self) -> str:
        return f"{self.index + 1:>3}  {self.phase:8}  {self.sentence}"

    def __repr__(self) -> str:
        return f"Frame({self.index}, {self.phase}: {self.sentence})"


def nodes_of(root: Value) -> list[Value]:
    """Every Value that the root was made from, and the root, in order of creation.

    Raises:
        ValueError: there are more than can be watched.
        RuntimeError: one was written after it was used.
    """
    seen, todo, boxes = {root}, [root], 1
    while todo:
        node = todo.pop()
        for x in node.operands:
            if not isinstance(x, Value):
                boxes += node.op != "program"  # the numbers of a compiled call have no boxes
            elif x.serial > node.serial:
                raise stale(x, node)
            elif x not in seen:
                seen.add(x)
                todo.append(x)
                boxes += 1
        if boxes > LARGEST:
            raise ValueError(
                f"steps(value): the graph has more than {LARGEST} values and constants, too many to watch one by one; "
                "take a smaller example: one sample, a smaller network, or a part of the graph"
            )
    return sorted(seen, key=lambda node: node.serial)


def frames_of(nodes: list[Value], names: Mapping[Value, str]) -> list[Frame]:
    """The steps of the forward pass and of the backward pass over a graph, given as `nodes_of` does."""
    story = _Story(names)
    story.forward(nodes)
    story.backward(nodes)
    return story.frames


class _Story:
    """The frames told so far, and what is known by now."""

    def __init__(self, names: Mapping[Value, str]) -> None:
        self.names = names
        self.frames: list[Frame] = []
        self.values: dict[Value, float] = {}
        self.grads: dict[Value, float] = {}

    def tell(self, phase: Any, sentence: str, rule: str, node: Value | None = None, *places: int) -> None:
        self.frames.append(Frame(len(self.frames), phase, node, places, sentence, rule, self.values, self.grads))

    def word(self, x: Value | float) -> str:
        return word(self.names[x]) if isinstance(x, Value) else number(x)

    def forward(self, nodes: list[Value]) -> None:
        leaves = [x for x in nodes if not x.operands]
        self.values = {x: x.data for x in leaves}
        given = [f"{self.word(x)} = {number(x.data)}" for x in leaves]
        what = "The forward pass computes each value from its operands, in the order of the program."
        self.tell("forward", f"Given: {listed(given) or 'constants alone'}", what)
        for node in nodes:
            if node.operands:
                self.values = self.values | {node: node.data}
                counted = expression(node.op, [number(float(x)) for x in node.operands])
                made = self.made(node)
                sentence = made if made.endswith(f"= {counted}") else f"{made} = {counted}"
                rule = f"The rule {node.op}: v = {RULES[node.op].formula}"
                if node.op == "program":
                    rule = "A compiled function computes its number and its gradient by each parameter in one go."
                self.tell(
                    "forward",
                    f"{sentence} = {number(node.data)}",
                    rule,
                    node,
                    *range(len(node.operands)),
                )

    def backward(self, nodes: list[Value]) -> None:
        root = nodes[-1]
        top = f"∂{self.word(root)}"
        self.grads = dict.fromkeys(nodes, 0.0) | {root: 1.0}
        self.tell(
            "backward",
            f"{top}/{top} = 1.0",
            "The backward pass starts from the result, whose derivative by itself is 1; other gradients start from 0.",
        )
        for node, sent in sweep(root):
            for i, partial in sent.items():
                self.share(top, node, i, float(partial))
            if not sent:
                passed = f"{top}/∂{self.word(node)} = {number(self.grads[node])} flows no further"
                self.tell("backward", passed, f"{self.made(node)}: nothing here takes a gradient", node)
        leaves = [x for x in nodes if not x.operands and x.requires_grad]
        found = listed([f"{top}/∂{self.word(x)} = {number(self.grads[x])}" for x in leaves])
        done = f"Done: {found or 'no leaf takes a gradient'}"
        self.tell("backward", done, "Every gradient is a sum over all paths to the result.")

    def share(self, top: str, node: Value, i: int, partial: float) -> None:
        """One product of the chain rule: what the node sends to its operand at place i."""
        v, operands = self.word(node), [self.word(y) for y in node.operands]
        x, name = cast(Value, node.operands[i]), operands[i]
        gradient, before = self.grads[node], self.grads[x]
        sent = gradient * partial
        self.grads = self.grads | {x: before + sent}
        local = f"∂{v}/∂{name}"
        sentence = f"{top}/∂{name} += {top}/∂{v} · {local} = {number(gradient)} · {number(partial)} = {number(sent)}"
        if before:
            sentence += f", in all {number(before)} + {number(sent)} = {number(before + sent)}"
        if sum(y is x for y in node.operands) > 1:
            local += f" by operand {i + 1}"
        formula = derivative(node.op, operands, i, v)
        here = "" if number(partial) in (formula, f"{formula}.0") else f", here {number(partial)}"
        self.tell("backward", sentence, f"{self.made(node)}, so {local} = {formula}{here}", node, i)

    def made(self, node: Value) -> str:
        return f"{self.word(node)} = {expression(node.op, [self.word(x) for x in node.operands])}"


def sweep(root: Value) -> list[tuple[Value, dict[int, float]]]:
    """The operations in the order in which `Value.backward` takes them, each after all its consumers.

    With each goes what it sends: the places of the operands that receive, and the partial derivatives by them. Sums
    in the same order round in the same way, so the gradients are the engine's to the last bit.
    """
    sent: dict[Value, dict[int, float]] = {}
    uses: dict[Value, int] = {root: 0}
    inner = [root] if root.operands else []
    for node in inner:
        partials = RULES[node.op].partials(node.data, *map(float, node.operands))
        sent[node] = {}
        for i, (x, partial) in enumerate(zip(node.operands, partials, strict=True)):
            if partial is None or not isinstance(x, Value) or not (x.operands or x.requires_grad):
                continue
            sent[node][i] = partial
            if x.operands:
                if x not in uses:
                    uses[x] = 0
                    inner.append(x)
                uses[x] += 1
    order: list[tuple[Value, dict[int, float]]] = []
    ready = inner[:1]
    while ready:
        node = ready.pop()
        order.append((node, sent[node]))
        for i in sent[node]:
            x = cast(Value, node.operands[i])
            if x in uses:
                uses[x] -= 1
                if not uses[x]:
                    ready.append(x)
    return order
