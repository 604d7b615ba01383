"""A scene as text: the result first, and under each line what it was made from.

>>> from autograd import Value, draw
>>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
>>> c = a * b + a
>>> c.backward()
>>> print(draw(c))
+  data -4  grad 1
├─ ×  data -6  grad 1
│  ├─ a  data 2  grad -2
│  └─ b  data -3  grad 2
└─ a  data 2  grad -2
"""

from __future__ import annotations

import re

from .notation import gradient, number
from .scene import Box, Edge, Scene

NAME_LENGTH = 60
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, ends of lines, marks that turn the direction of a text, and half characters."""


def text_tree(scene: Scene) -> str:
    """The tree. What is used in several places is written out once, with a number, #1, to which the others point."""
    incoming: dict[str, list[Edge]] = {}
    uses: dict[str, int] = {}
    for edge in scene.edges:
        incoming.setdefault(edge.end, []).append(edge)
        uses[edge.start] = uses.get(edge.start, 0) + 1
    lines: list[str] = []
    numbers: dict[str, int] = {}
    written: set[str] = set()
    todo: list[tuple[str, str, str, Edge | None]] = [("", "", root, None) for root in reversed(scene.roots)]
    while todo:
        first, rest, id, edge = todo.pop()
        box, below = scene.boxes[id], incoming.get(id, [])
        mark = ""
        if below and uses.get(id, 0) + (edge is None) > 1:
            numbers.setdefault(id, len(numbers) + 1)
            mark = f"#{numbers[id]} "
        again = id in written and bool(below)
        words = [_role(edge), _shown_before(box) if again else _words(box)]
        lines.append(f"{first}{mark}{'  '.join(filter(None, words))}")
        if not again:
            written.add(id)
            for edge in reversed(below):
                last = edge is below[-1]
                todo.append((rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "), edge.start, edge))
    return "\n".join(lines)


def _role(edge: Edge | None) -> str:
    if edge is None:
        return ""
    partial = "" if edge.partial is None else f"∂ {number(edge.partial)}"
    times = f"×{edge.count:,}" if edge.count > 1 else ""
    words = "  ".join(filter(None, (edge.role, partial, times)))
    return f"[{words}]" if words else ""


def _words(box: Box) -> str:
    if box.kind == "constant":
        return box.name if box.data is None else number(box.data)
    words = [*_title(box), *box.facts]
    if box.data is not None:
        words += [f"data {number(box.data)}", f"grad {gradient(box)}"]
    else:
        words.append(f"largest |grad| {gradient(box)}")
    words.append("(parameter)" if box.kind == "parameter" else "")
    words.append("(highlighted)" if box.lit else "")
    return "  ".join(filter(None, words))


def _shown_before(box: Box) -> str:
    return "  ".join([*_title(box), "(as above)"])


def _title(box: Box) -> list[str]:
    """The operation and the name, on one line whatever is in the name."""
    name = " ".join(UNPRINTABLE.sub(" ", box.name).split())
    name = name if len(name) <= NAME_LENGTH else name[: NAME_LENGTH - 1] + "…"
    return list(filter(None, (box.symbol, name)))
