"""A scene written in the DOT language (https://graphviz.org/doc/info/lang.html).

A result stands in a box with round corners, its operation on the left; a leaf in a box with square corners, of
two lines if it is a parameter; a constant stands alone; folded Values stand in a box with depth. Shapes carry the
meaning; the fill is the size of the gradient.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

import graphviz  # pyright: ignore[reportMissingTypeStubs]

from .colours import SCALE, STEP, largest, shade
from .notation import gradient, number
from .scene import Box, Edge, Scene
from .scopes import common_levels

LABEL_LENGTH = 40
MOST_LABELS = 100  # edges whose labels get room of their own; in a dense graph that takes dot minutes

FONT = {"fontname": "Helvetica,Arial,sans-serif"}
GRAPH = FONT | {"bgcolor": "white", "nodesep": "0.15", "ranksep": "0.45", "labelloc": "b", "fontsize": "9"}
CLUSTER = {"style": "rounded,dashed", "color": "#767676", "fontcolor": "#444444", "labelloc": "t", "labeljust": "l"}
BOX = {"shape": "box", "style": "filled", "fillcolor": "white", "color": "#333333"}
NODE = FONT | BOX | {"margin": "0.07,0.05", "fontsize": "11"}
EDGE = FONT | {"color": "#333333", "arrowsize": "0.6", "fontsize": "9", "fontcolor": "#444444"}
STYLES = {
    "leaf": {},
    "parameter": {"peripheries": "2"},
    "result": {"style": "rounded,filled"},
    "folded": {"shape": "box3d", "margin": "0.12,0.1"},
    "constant": {"shape": "plaintext", "style": "", "margin": "0.02", "width": "0", "height": "0", "fontsize": "10"},
}
CAPTIONS = {
    "leaf": "square: leaf",
    "parameter": "double line: parameter",
    "result": "round: operation",
    "folded": "with depth: folded",
}
LIT_NODE = {"color": "#0072B2", "penwidth": "3"}
LIT_EDGE = {"color": "#0072B2", "penwidth": "2.5"}


def describe(scene: Scene) -> str:
    """The DOT source; of the same scene always the same."""
    boxes = list(scene.boxes.values())
    attributes = GRAPH | {"rankdir": scene.direction}
    graph: Any = graphviz.Digraph("graph", graph_attr=attributes, node_attr=NODE, edge_attr=EDGE)
    top = largest([box.grad for box in boxes if box.grad is not None])
    whole = _common([box.path for box in boxes if box.kind in ("result", "folded")])
    graph.attr(label=_caption(scene, whole, top))
    paths = {box.id: box.path[len(whole) :] for box in boxes}
    _Frame(boxes, paths, 0).write(graph, top)
    for edge in scene.edges:
        style = LIT_EDGE if edge.lit else {}
        if paths[edge.start][: len(paths[edge.end])] != paths[edge.end]:
            style = style | {"minlen": "2"}  # what enters a frame starts to the left of what is in it
        if words := _edge_label(edge):
            style = style | {"label" if len(scene.edges) <= MOST_LABELS else "xlabel": words}
        graph.edge(edge.start, edge.end, **style)
    return graph.source


def _common(paths: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The scope that all operations are in; a frame around the whole picture would say no more than the caption."""
    return paths[0][: common_levels(paths)] if paths else ()


class _Frame:
    """A name scope that is shown open: a frame around its boxes and the scopes in it."""

    def __init__(self, boxes: list[Box], paths: Mapping[str, tuple[str, ...]], depth: int) -> None:
        self.own = [box for box in boxes if len(paths[box.id]) == depth]
        inner: dict[str, list[Box]] = {}
        for box in boxes:
            if len(paths[box.id]) > depth:
                inner.setdefault(paths[box.id][depth], []).append(box)
        self.inner = {name: _Frame(inside, paths, depth + 1) for name, inside in inner.items()}
        self.first = boxes[0].id

    def write(self, graph: Any, top: float) -> None:
        for box in self.own:
            style = STYLES[box.kind] | (LIT_NODE if box.lit else {})
            if box.kind != "constant":
                style["fillcolor"] = shade(box.grad, top)
            graph.node(box.id, label=_label(box), tooltip=_tooltip(box), **style)
        for name, frame in self.inner.items():
            while not frame.own and len(frame.inner) == 1:  # a frame around one frame says nothing
                ((deeper, frame),) = frame.inner.items()
                name = f"{name}.{deeper}"
            with graph.subgraph(name=f"cluster_{frame.first}_{len(name)}") as inside:
                inside.attr(label=f"<{_text(name)}>", tooltip=_escaped(name), **CLUSTER)
                frame.write(inside, top)


def _label(box: Box) -> str:
    """What stands in a node, as an HTML-like label: the operation, and beside it the name, data and grad."""
    if box.kind == "constant":
        return f"<{_text(box.name) if box.data is None else number(box.data)}>"
    name = box.name.removeprefix(".".join(box.path) + ".")  # the frame says that already
    rows = [f'<TD ALIGN="LEFT" COLSPAN="2"><B>{_text(name)}</B></TD>'] if name.strip() else []
    rows += [f'<TD ALIGN="LEFT" COLSPAN="2">{_text(fact)}</TD>' for fact in box.facts]
    if box.data is not None:
        rows.append(_row("data", number(box.data)))
    rows.append(_row("grad" if box.data is not None else "largest |grad|", gradient(box)))
    if box.symbol:
        symbol = f'<FONT POINT-SIZE="15">{_text(box.symbol)}</FONT>'
        rows[0] = f'<TD ROWSPAN="{len(rows)}" CELLPADDING="4">{symbol}</TD>{rows[0]}'
    body = "".join(f"<TR>{row}</TR>" for row in rows)
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{body}</TABLE>>'


def _row(what: str, value: str) -> str:
    return f'<TD ALIGN="LEFT"><FONT COLOR="#333333">{what}&#160;</FONT></TD><TD ALIGN="RIGHT">{value}</TD>'


def _edge_label(edge: Edge) -> str:
    words = [edge.role, "" if edge.partial is None else f"∂ {number(edge.partial)}"]
    words.append(f"×{edge.count:,}" if edge.count > 1 else "")
    return "  ".join(filter(None, words))


def _caption(scene: Scene, whole: tuple[str, ...], top: float) -> str:
    """The scope that all is in, and the legend: of what is in the picture, and no more."""
    kinds = {box.kind for box in scene.boxes.values()}
    words = [f"<B>{_text('.'.join(whole))}</B>"] if whole else []
    words += [words for kind, words in CAPTIONS.items() if kind in kinds]
    if any(edge.partial is not None for edge in scene.edges):
        words.append("∂: local derivative")
    cells = f"<TD>{'  ·  '.join(words)}</TD>"
    if top:
        sizes = [top / STEP**k for k in reversed(range(len(SCALE)))]
        shades = "".join(f'<TD BGCOLOR="{shade(size, top)}" WIDTH="14">&#160;</TD>' for size in sizes)
        cells += f"<TD>&#160; ·&#160; |grad| {number(sizes[0])}</TD>{shades}<TD>{number(top)}</TD>"
    table = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2"><TR>{cells}</TR></TABLE>'
    return f'<<FONT COLOR="#444444">{table}</FONT>>'


def _text(text: str) -> str:
    """Any text as it must be written inside an HTML-like label."""
    short = text if len(text) <= LABEL_LENGTH else text[: LABEL_LENGTH - 1] + "…"
    lines = _escaped(short).splitlines()
    return lines[0] if len(lines) == 1 else "".join(f'{line}<BR ALIGN="LEFT"/>' for line in lines)


def _tooltip(box: Box) -> str:
    """What an SVG shows under the mouse: everything, with all digits."""
    return "\\n".join(_escaped(line) for text in box.details for line in text.splitlines())


def _escaped(text: str) -> str:
    """Without what XML cannot hold, and what means something to dot, as a backslash before N: the node's name."""
    printable = re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "�", text)
    return html.escape(printable).replace("\\", "\\\\\u200c")  # dot reads it twice: so an invisible mark after it
