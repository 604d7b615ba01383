"""The graph behind a Value, written in the DOT language.

A result stands in a box with round corners, its operation on the left; a leaf in a box with square
corners, of two lines if it is a parameter; a constant stands alone. Shapes carry the meaning, colours only
repeat it (they are of Okabe and Ito's palette, which colour-blind people can tell apart, made lighter).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, cast

import graphviz  # pyright: ignore[reportMissingTypeStubs]

from ..engines import Value
from ..rules import RULES
from .drawing import Drawing


class HasParameters(Protocol):
    """What an nn.Module is to a drawing."""

    def named_parameters(self) -> Iterable[tuple[str, Value]]: ...


SYMBOLS = {"*": "×", "neg": "−", "sum": "Σ x", "dot": "Σ w·x"}
ORDERED = {"-", "/", "//", "%", "**", "atan2", "where", "leaky_relu", "elu"}
"""Rules whose operands cannot change places: their symbol is the formula, and their edges say which is which."""
LABEL_LENGTH = 40

FONT = {"fontname": "Helvetica,Arial,sans-serif"}
GRAPH = {"rankdir": "LR", "bgcolor": "white", "nodesep": "0.15", "ranksep": "0.45"}
BOX = {"shape": "box", "style": "filled", "fillcolor": "white", "color": "#333333"}
NODE = FONT | BOX | {"margin": "0.06,0.03", "fontsize": "11"}
EDGE = FONT | {"color": "#333333", "arrowsize": "0.6", "fontsize": "9", "fontcolor": "#444444"}
RESULT = {"style": "rounded,filled", "fillcolor": "#FBF3C8"}  # yellow
PARAMETER = {"peripheries": "2", "fillcolor": "#D6EBF7"}  # blue
CONSTANT = {"shape": "plaintext", "style": "", "margin": "0.02", "width": "0", "height": "0"}


def draw(value: Value, names: Mapping[str, Value] | HasParameters | None = None) -> Drawing:
    """The graph that a Value was made from, from left to right, as a picture.

    Each Value shows its name, data and grad; results show their operation. The gradients are left out while all
    are 0, as before `backward()`.

    Args:
        value: the result.
        names: names for Values without a label: a dict from names to Values, or a Module, whose parameters
            are then marked as such.

    Raises:
        TypeError: value is not a Value, or names is neither.

        >>> a, b = Value(2.0, label="a"), Value(-3.0)
        >>> drawing = draw(a * b, names={"b": b})
        >>> print(drawing.source[:15])
        digraph "graph"
    """
    if not isinstance(value, Value):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"draw(value): value must be a Value, got {type(value).__name__}: {value!r}")
    named = _names(names)
    known = {v: name for name, v in named}
    parameters: set[Value] = set() if isinstance(names, Mapping) else set(known)
    nodes = _nodes(value)
    swept = any(node.grad != 0 for node in nodes)
    graph: Any = graphviz.Digraph("graph", graph_attr=GRAPH, node_attr=NODE, edge_attr=EDGE)
    for node in nodes:
        name = node.label or known.get(node, "")
        style = RESULT if node.operands else PARAMETER if node in parameters else {}
        graph.node(f"v{node.serial}", label=_table(node, name, swept), tooltip=_tooltip(node, name), **style)
        for i, operand in _in_drawing_order(node):
            start = f"v{operand.serial}" if isinstance(operand, Value) else f"c{node.serial}_{i}"
            if not isinstance(operand, Value):
                graph.node(start, label=_number(operand), tooltip=repr(operand), **CONSTANT)
            graph.edge(start, f"v{node.serial}", label=_role(node, i))
    return Drawing(graph.source, len(nodes))


def _nodes(root: Value) -> list[Value]:
    """The root and all that it was made from; their order is the picture's from top to bottom: first operands first."""
    found: dict[Value, None] = {}
    todo = [root]
    while todo:
        node = todo.pop()
        if node not in found:
            found[node] = None
            todo += [x for _, x in reversed(_in_drawing_order(node)) if isinstance(x, Value)]
    return list(found)


def _names(names: Any) -> list[tuple[str, Value]]:
    if names is None:
        return []
    pairs: Any
    if isinstance(names, Mapping):
        pairs = cast(Any, names).items()
    elif hasattr(names, "named_parameters"):
        pairs = names.named_parameters()
    else:
        raise TypeError(
            "draw(value, names): names must be a dict from names to Values, or have named_parameters(), "
            f"got {type(names).__name__}: {names!r}"
        )
    return list(pairs)


def _table(node: Value, name: str, swept: bool) -> str:
    """What stands in a node, as an HTML-like label: the operation, and beside it the name, data and grad."""
    rows: list[str] = []
    if name.strip():
        rows.append(f'<TD ALIGN="LEFT" COLSPAN="2"><B>{_text(name)}</B></TD>')
    for what, number in (("data", node.data), ("grad", node.grad))[: 1 + swept]:
        caption = f'<TD ALIGN="LEFT"><FONT COLOR="#444444">{what}&#160;</FONT></TD>'
        rows.append(f'{caption}<TD ALIGN="RIGHT">{_number(number)}</TD>')
    if node.op:
        symbol = f'<FONT POINT-SIZE="15">{_text(_symbol(node))}</FONT>'
        rows[0] = f'<TD ROWSPAN="{len(rows)}" CELLPADDING="4">{symbol}</TD>{rows[0]}'
    body = "".join(f"<TR>{row}</TR>" for row in rows)
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{body}</TABLE>>'


def _symbol(node: Value) -> str:
    symbol = RULES[node.op].formula if node.op in ORDERED else SYMBOLS.get(node.op, node.op)
    symbol = symbol.replace("-", "−")
    return symbol + " + b" if node.op == "dot" and len(node.operands) % 2 else symbol


def _in_drawing_order(node: Value) -> list[tuple[int, Value | float]]:
    """The operands with their places; those of a dot in pairs, each weight beside its input."""
    places = list(range(len(node.operands)))
    if node.op == "dot":
        n = len(places) // 2
        places.sort(key=lambda i: 2 * i if i < n else 2 * (i - n) + 1 if i < 2 * n else i)
    return [(i, node.operands[i]) for i in places]


def _role(node: Value, i: int) -> str:
    """What the operand at place i is called in the operation's formula, where it matters."""
    if node.op in ORDERED:
        return "xyz"[i]
    if node.op == "dot":
        n = len(node.operands) // 2
        return f"w{_subscript(i + 1)}" if i < n else f"x{_subscript(i - n + 1)}" if i < 2 * n else "b"
    return ""


def _subscript(i: int) -> str:
    return str(i).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def _number(x: float) -> str:
    return f"{x:.5g}"


def _text(text: str) -> str:
    """Any text as it must be written inside an HTML-like label."""
    short = text if len(text) <= LABEL_LENGTH else text[: LABEL_LENGTH - 1] + "…"
    lines = _escaped(short).splitlines()
    return lines[0] if len(lines) == 1 else "".join(f'{line}<BR ALIGN="LEFT"/>' for line in lines)


def _tooltip(node: Value, name: str) -> str:
    """What an SVG shows under the mouse: everything, with all digits."""
    origin = [node.op and f"made by {node.op}", node.scope and f"in {node.scope}"]
    lines = [name, f"data {node.data!r}", f"grad {node.grad!r}", *origin]
    return "\\n".join(_escaped(line) for text in lines for line in text.splitlines())


def _escaped(text: str) -> str:
    """Without what XML cannot hold, and what means something to dot, as a backslash before N: the node's name."""
    printable = re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "�", text)
    return html.escape(printable).replace("\\", "\\\\\u200c")  # dot reads it twice: so an invisible mark after it
