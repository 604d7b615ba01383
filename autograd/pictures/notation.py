"""How operations, operands and numbers are written in a picture."""

from __future__ import annotations

from ..engines import Value
from ..rules import RULES
from .scene import Box

SYMBOLS = {"*": "×", "neg": "−", "sum": "Σ x", "dot": "Σ w·x", "program": "compiled"}
ORDERED = {"-", "/", "//", "%", "**", "atan2", "where", "leaky_relu", "elu", "<", "<="}
"""Rules whose operands cannot change places: their symbol is the formula, and their edges say which is which."""
NOT_COMPUTED = "not computed yet"
FROZEN = "frozen"


def symbol(op: str, operands: int) -> str:
    """The operation, of this many operands, as it is written in a node."""
    text = (RULES[op].formula if op in ORDERED else SYMBOLS.get(op, op)).replace("-", "−")
    return text + " + b" if op == "dot" and operands % 2 else text


def in_drawing_order(node: Value) -> list[tuple[int, Value | float]]:
    """The operands with their places; those of a dot in pairs, each weight beside its input."""
    operands = node.operands
    if node.op != "dot":
        return list(enumerate(operands))
    n = len(operands) // 2
    pairs = [i for pair in zip(range(n), range(n, 2 * n), strict=True) for i in pair]
    return [(i, operands[i]) for i in (*pairs, *range(2 * n, len(operands)))]


def role(op: str, operands: int, i: int) -> str:
    """What the operand at place i is called in the operation's formula, where it matters."""
    if op in ORDERED:
        return "xyz"[i]
    if op == "dot":
        n = operands // 2
        return f"w{_subscript(i + 1)}" if i < n else f"x{_subscript(i - n + 1)}" if i < 2 * n else "b"
    return ""


def _subscript(i: int) -> str:
    return str(i).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def number(x: float) -> str:
    """A number with five digits."""
    return f"{x:.5g}"


def gradient(box: Box) -> str:
    """The gradient of a box, or why there is none."""
    return FROZEN if box.frozen else NOT_COMPUTED if box.grad is None else number(box.grad)


def some(count: int, what: str) -> str:
    """A number of things: "1 node", "1,200 nodes", "2 leaves".

    >>> some(1, "node"), some(1200, "leaf")
    ('1 node', '1,200 leaves')
    """
    plural = what.removesuffix("leaf") + "leaves" if what.endswith("leaf") else what + "s"
    return f"{count:,} {what if count == 1 else plural}"
