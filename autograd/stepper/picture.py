"""One frame as an SVG: what the page moves, and what stands still where scripts are not run."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files

from ..engines import Value
from .frames import Frame
from .geometry import Geometry, Rectangle
from .names import COLUMNS, shorten
from .scene import Scene, numbers, symbol
from .sentences import number


@cache
def asset(name: str) -> str:
    """A file of this package."""
    return files("autograd.stepper").joinpath(name).read_text(encoding="utf-8")


def picture(scene: Scene, places: Geometry, frame: Frame, identity: str, alone: bool = False) -> str:
    """The graph at one step, as an SVG element.

    Args:
        scene: the graph.
        places: where its boxes and lines stand.
        frame: the step.
        identity: the element's id; ids within it start with it.
        alone: as a file of its own, with its colours in it.
    """
    lit, lit_edges = scene.lit(frame)
    w, h = (round(x) for x in places.size)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{identity}" '
        f'class="graph {"tall" if places.tall else "wide"} {frame.phase}" '
        f'width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img" aria-label="{escape(description(scene, frame))}">',
        f"<style>{asset('graph.css')}</style>" if alone else "",
        "<defs>",
        *(_arrow(f"{identity}-{kind}", kind) for kind in ("plain", "forward", "backward")),
        "</defs>",
    ]
    for e, path in enumerate(places.paths):
        kind = frame.phase if e in lit_edges else "plain"
        head = "start" if kind == "backward" else "end"
        parts.append(
            f'<path class="edge{" lit" * (e in lit_edges)}" data-edge="{e}" d="{path}" '
            f'marker-{head}="url(#{identity}-{kind})"/>'
        )
    for i in range(len(scene.boxes)):
        state = " now" * (frame.node is not None and i == scene.box[frame.node]) + " lit" * (i in lit)
        parts.append(_box(scene, frame, places, i, state))
    return "".join([*parts, "</svg>"])


def description(scene: Scene, frame: Frame) -> str:
    """What the picture shows, in words."""
    return f"Graph of {len(scene.names)} value{'s' * (len(scene.names) != 1)}. {frame.sentence}"


def _arrow(identity: str, kind: str) -> str:
    return (
        f'<marker id="{identity}" class="arrow {kind}" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="9" '
        'markerHeight="9" markerUnits="userSpaceOnUse" orient="auto-start-reverse">'
        '<path d="M0 0 L8 4 L0 8 z"/></marker>'
    )


def _box(scene: Scene, frame: Frame, places: Geometry, i: int, state: str) -> str:
    x = scene.boxes[i]
    left, top, width, height = places.boxes[i]
    if not isinstance(x, Value):
        return (
            f'<g class="box constant{state}" data-box="{i}"><title>the constant {x!r}</title>'
            f"{_rect(places.boxes[i], 3)}{_text('data', left + width / 2, top + height / 2, number(x))}</g>"
        )
    kind = "result" if x.operands else "leaf"
    known = numbers(x, frame)
    state += " unknown" * (x not in frame.values)
    full = scene.names[x]
    lines = [full, *(f"{what} {exact}" for what, (_, exact) in known.items()), *([f"made by {x.op}"] if x.op else [])]
    parts = [f'<g class="box {kind}{state}" data-box="{i}"><title>{escape(chr(10).join(lines))}</title>']
    if x.operands:
        circle = places.circles[i]
        middle = (circle[0] + circle[2] / 2, circle[1] + circle[3] / 2)
        parts.append(
            f'<path class="link" d="M{middle[0]:.1f} {middle[1]:.1f} L{left + width / 2:.1f} {top + height / 2:.1f}"/>'
        )
        parts.append(f'<g class="operation">{_rect(circle, 14)}{_text("symbol", *middle, symbol(x))}</g>')
    parts.append(_rect(places.boxes[i], 10 if x.operands else 0))
    parts.append(_text("name", left + 10, top + 14, shorten(full, COLUMNS)))
    for k, (what, (short, _)) in enumerate(known.items()):
        y = top + 33 + 18 * k
        parts.append(_text("key", left + 10, y, what) + _text(what, left + width - 10, y, short))
    return "".join([*parts, "</g>"])


def _rect(place: Rectangle, corner: float) -> str:
    x, y, w, h = place
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="{corner}"/>'


def _text(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" dy=".35em">{escape(text)}</text>'
