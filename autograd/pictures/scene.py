"""What a picture shows, before any language or engine of pictures: boxes, and edges between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..engines import Value


@dataclass
class Box:
    """One node of the picture: a Value, a number, a step inside a dot or sum, or many Values folded together."""

    id: str
    kind: str
    """"leaf", "parameter", "result", "constant" or "folded"."""
    name: str = ""
    symbol: str = ""
    """The operation, as it is written in the picture."""
    data: float | None = None
    grad: float | None = None
    """None: not computed yet, or the kind has none. Of folded Values: the largest |grad| among them."""
    frozen: bool = False
    """Whether it is a leaf with `requires_grad` False, or folded ones alone: `backward()` leaves their grads alone."""
    path: tuple[str, ...] = ()
    """The levels of the name scope it stands in, outermost first."""
    facts: list[str] = field(default_factory=list[str])
    """What is said of folded Values, one line each."""
    details: list[str] = field(default_factory=list[str])
    """More, for whoever points at it: all digits, the operation, the scope."""
    lit: bool = False


@dataclass
class Edge:
    """From an operand to what was made from it."""

    start: str
    end: str
    role: str = ""
    """What the operand is called in the operation's formula, where it matters."""
    partial: float | None = None
    """The local derivative."""
    count: int = 1
    """How many edges of the graph it stands for."""
    lit: bool = False


@dataclass
class Scene:
    """The whole picture. The order of boxes and edges is the picture's from top to bottom."""

    boxes: dict[str, Box]
    edges: list[Edge]
    roots: list[str]
    count: int
    """How many Values the graph has, shown or folded."""
    direction: str = "LR"


@dataclass(frozen=True)
class Naming:
    """What Values are called, and which are parameters."""

    known: Mapping[Value, str]
    parameters: frozenset[Value]

    def name(self, value: Value) -> str:
        """Its label, else the name given for it, else ""."""
        return value.label or self.known.get(value, "")
