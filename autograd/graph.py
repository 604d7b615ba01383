"""Walks over a whole graph: order, chain rule, copies. By lists, never by recursion, so of any size."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from . import modes
from .rules import RULES, choices, pick

Value = Any
"""A Value of either engine: known here by its attributes only."""

loaded: Any = None
"""The class Value of the engine that was loaded; engines.py puts it here, for pickles."""


def taken(node: Value) -> tuple[Value | float, ...]:
    """The one operand of a `where` or `take` to which it sends gradient.

    What chooses it must not have been written since.
    """
    for x in node.parents:
        if x.serial > node.serial:
            raise stale(x, node)
    partials = RULES[node.op].partials(node.data, *map(float, node.operands))
    return tuple(x for x, partial in zip(node.operands, partials, strict=True) if partial is not None)


def stale(operand: Value, node: Value) -> RuntimeError:
    """The error of a graph whose operand was written after the node had used its number."""
    what = f"the Value {operand.label!r}" if operand.label else f"a Value that is now {operand.data!r}"
    return RuntimeError(
        f"{what} was written (.data = ...) after {node.op!r} had used its old number, "
        "so the recorded graph no longer fits; run the forward pass again"
    )


def computed(node: Value, attribute: str) -> RuntimeError:
    """The error of writing an attribute that only a leaf's can be."""
    what = f"the Value {node.label!r}" if node.label else "this Value"
    return RuntimeError(
        f"{what} was computed ({node.op!r} gave {node.data!r}), so its {attribute} cannot be written: "
        "write the leaves that it was made from, or start from a new leaf, value.detach()"
    )


def oldest_first(root: Value, since: int = 0) -> list[Value]:
    """Every Value that the root was made from, and the root, each before all its consumers.

    Values older than the serial number `since` are left out.
    """
    uses, todo = {root: 0}, [root]
    while todo:
        for x in todo.pop().parents:
            if x.serial >= since:
                if x not in uses:
                    uses[x] = 0
                    todo.append(x)
                uses[x] += 1
    order, ready = list[Any](), [root]
    while ready:
        order.append(ready.pop())
        for x in order[-1].parents:
            if x in uses:
                uses[x] -= 1
                if not uses[x]:
                    ready.append(x)
    return order[::-1]  # it was found consumers first


def chain_rule(
    root: Value, seed: Any, differentiable: bool, wanted: Iterable[Value] | None = None, since: int = 0
) -> dict[Value, Any]:
    """The gradient of seed · root by every Value that it was made from.

    The same sum of products as `Value.backward`, but it leaves every `grad` alone, and if
    `differentiable` it is itself made of Values. If `wanted` is given, gradients are computed only
    for these Values and for what was made from them. They may not be older than the serial number `since`.
    """
    nodes = oldest_first(root, since)
    useful = set(nodes if wanted is None else wanted)
    for node in nodes:
        if not useful.isdisjoint(node.parents):
            useful.add(node)
    gradients: dict[Value, Any] = {root: seed}
    # In a trace nobody knows yet what a `where` will take: under which condition does anything flow to a node?
    tracing, flows = modes.state.now[4], {root: cast(Any, True)}
    for node in reversed(nodes):
        if node not in gradients or not node.operands:
            continue
        if differentiable and RULES[node.op].once:
            raise RuntimeError(
                "the gradient of a compiled call is a number that cannot be differentiated again: "
                "differentiate the function before it is compiled, as in compile(grad(f))"
            )
        v, xs = (node, node.operands) if differentiable else (node.data, [float(x) for x in node.operands])
        if RULES[node.op].chooses and tracing:
            partials, when = (None, *[1.0] * (len(xs) - 1)), (True, *choices(node.op, *xs))
        else:
            partials, when = RULES[node.op].partials(v, *xs), (True,) * len(xs)
        for x, partial, condition in zip(node.operands, partials, when, strict=True):
            if not isinstance(x, (float, int)):
                if x.serial > node.serial:
                    raise stale(x, node)
                if x in useful and partial is not None:
                    share = gradients[node] * partial
                    if tracing and (flow := flows[node] & condition) is not True:
                        share = pick(flow, share, 0.0)
                        flows[x] = flows[x] | flow if x in flows else flow
                    else:
                        flows[x] = True
                    gradients[x] = gradients[x] + share if x in gradients else share
    return gradients


def written_since(nodes: list[Value]) -> set[Value]:
    """Those that were written after a consumer among the nodes had used them.

    A copy must be as stale, so there they are written again, last of all. (Where a graph that is not stale shares
    such a leaf and was copied earlier, its copy becomes stale too: an error that errs on the safe side.)
    """
    return {x for node in nodes for x in node.parents if x.serial > node.serial}


def _state(node: Value) -> tuple[Any, ...]:
    """What `restore` wants to know of a node, beside its rule and operands."""
    return node.data, node.grad, node.label, node.scope, node.requires_grad


def copy_node(node: Value) -> Value:
    """copy: a node of its own, made of the same operands."""
    for x in node.parents:
        if x.serial > node.serial:
            raise stale(x, node)
    return node.restore(node.op, node.operands, *_state(node))


def copy_graph(root: Value, memo: dict[int, Any]) -> Value:
    """deepcopy: the root and all that it was made from, anew; `memo` as the copy module gives it."""
    nodes = oldest_first(root)
    for node in nodes:
        if id(node) not in memo:
            operands = tuple(x if isinstance(x, (float, int)) else memo[id(x)] for x in node.operands)
            memo[id(node)] = node.restore(node.op, operands, *_state(node))
    for node in written_since(nodes):
        memo[id(node)].data = node.data
    return memo[id(root)]


def graph_to_table(root: Value) -> tuple[Any, ...]:
    """What pickle stores.

    Leaves go as objects, so that a leaf shared by two graphs stays shared; other nodes as rows that name
    their operands by place.
    """
    if not root.operands:
        return restore, (root.op, (), *_state(root))
    nodes = sorted(oldest_first(root), key=lambda node: bool(node.operands))
    place = {node: i for i, node in enumerate(nodes)}
    leaves = [node for node in nodes if not node.operands]
    rows = list[tuple[Any, ...]]()
    for node in nodes[len(leaves) :]:
        operands = tuple(x if isinstance(x, (float, int)) else place[x] for x in node.operands)
        rows.append((node.op, operands, *_state(node)))
    return graph_from_table, (leaves, rows, sorted(place[x] for x in written_since(nodes)))


def restore(*state: Any) -> Value:
    """A pickled Value, of whichever engine is loaded now."""
    return loaded.restore(*state)


def graph_from_table(leaves: list[Value], rows: Any, written: list[int]) -> Value:
    """The root of the graph that `graph_to_table` described."""
    nodes = list(leaves)

    def operand(x: float | int) -> Value | float:
        return nodes[x] if isinstance(x, int) else x

    for op, places, *rest in rows:
        nodes.append(restore(op, tuple(map(operand, places)), *rest))
    for i in written:
        nodes[i].data = nodes[i].data
    return nodes[-1]
