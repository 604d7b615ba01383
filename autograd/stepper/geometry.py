"""The sizes of boxes, and the places of boxes and lines: from left to right on wide screens, downwards on tall ones."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from ..engines import Value
from .layout import placed
from .names import width
from .scene import Scene, symbol
from .sentences import number

BOX = (144.0, 64.0)
LINK = 8.0  # from an operation to its result
MARGIN = 12.0
Rectangle = tuple[float, float, float, float]
"""The left, the top, the width and the height."""


@dataclass
class Geometry:
    """Where everything stands, in pixels at natural size.

    Attributes:
        tall: from top to bottom, else from left to right.
        size: of the whole picture.
        boxes: each box.
        circles: for each result the circle (or pill) of its operation.
        paths: each edge, as an SVG path.
    """

    tall: bool
    size: tuple[float, float]
    boxes: list[Rectangle]
    circles: dict[int, Rectangle]
    paths: list[str]


def circle_size(node: Value) -> tuple[float, float]:
    """An operation's width and height: a circle for one sign, a pill for a word."""
    return max(28.0, 8.4 * width(symbol(node)) + 16), 28.0


def geometry(scene: Scene, tall: bool) -> Geometry:
    """Place the boxes and lines of a scene; the layers follow each other along, their boxes stand across."""
    layers = scene.layers
    box_size = [BOX if isinstance(x, Value) else (8.0 * len(number(x)) + 14, 24.0) for x in scene.boxes]
    circle = {i: circle_size(x) for i, x in enumerate(scene.boxes) if isinstance(x, Value) and x.operands}
    A, B = (1, 0) if tall else (0, 1)  # which of (width, height) goes along the layers, which across

    def length(i: int) -> float:
        return box_size[i][A] + (circle[i][A] + LINK if i in circle else 0) if i < layers.boxes else 0

    def breadth(i: int) -> float:
        return max(box_size[i][B], circle[i][B] if i in circle else 0) if i < layers.boxes else 8

    across = placed(layers, breadth, 12 if tall else 16)
    begin: dict[int, float] = {}  # where the layer of a box or joint begins and ends
    end: dict[int, float] = {}
    at = 0.0
    _, after = layers.neighbours()
    for row in layers.rows:
        deep = max(map(length, row))
        begin.update(dict.fromkeys(row, at))
        end.update(dict.fromkeys(row, at + deep))
        at += deep + 40 + min(2 * sum(len(after[i]) for i in row), 60)

    def rectangle(far_end: float, middle: float, size: tuple[float, float]) -> Rectangle:
        corner = (far_end - size[A], middle - size[B] / 2)
        return MARGIN + corner[A], MARGIN + corner[B], *size

    boxes = [rectangle(end[i], across[i], size) for i, size in enumerate(box_size)]
    circles = {i: rectangle(end[i] - box_size[i][A] - LINK, across[i], size) for i, size in circle.items()}
    paths: list[str] = []
    ports = _ports(scene, across, {i: size[B] for i, size in circle.items()})
    for chain, (leaving, arriving) in zip(layers.chains, ports, strict=True):
        first, *joints, last = chain
        points = [(end[first], across[first] + leaving)]
        for k, joint in enumerate(joints):
            if k and abs(across[joint] - across[joints[k - 1]]) < 0.5:
                points.pop()  # straight on
            else:
                points.append((begin[joint], across[joint]))
            points.append((end[joint], across[joint]))
        points.append((end[last] - length(last), across[last] + arriving))
        paths.append(_path([(MARGIN + p[A], MARGIN + p[B]) for p in points], tall))
    size = tuple(max(box[k] + box[k + 2] for box in (*boxes, *circles.values())) + MARGIN for k in (0, 1))
    room = MARGIN * 2 + max((across[j] for j in range(layers.boxes, len(across))), default=0)
    size = (max(size[0], room), size[1]) if tall else (size[0], max(size[1], room))
    return Geometry(tall, size, boxes, circles, paths)


def _ports(scene: Scene, across: list[float], breadths: dict[int, float]) -> list[tuple[float, float]]:
    """How far from the middle each edge leaves its operand and arrives at its consumer's circle."""
    arriving: dict[int, list[int]] = {}
    for e, (_, consumer) in enumerate(scene.edges):
        arriving.setdefault(consumer, []).append(e)
    ports = [(0.0, 0.0)] * len(scene.edges)
    for consumer, edges in arriving.items():
        edges.sort(key=lambda e: across[scene.layers.chains[e][-2]])
        step = min(9.0, (breadths[consumer] - 10) / max(len(edges) - 1, 1))
        for k, e in enumerate(edges):
            offset = step * (k - (len(edges) - 1) / 2)
            twice = sum(scene.edges[other] == scene.edges[e] for other in edges) > 1
            ports[e] = (offset if twice else 0.0, offset)
    return ports


def _path(points: list[tuple[float, float]], tall: bool) -> str:
    """A smooth line through the points: curves between the layers, straight within them."""
    text = "M{:.0f} {:.0f}".format(*points[0])
    for k, ((x, y), (to_x, to_y)) in enumerate(pairwise(points)):
        if k % 2:
            text += f" L{to_x:.0f} {to_y:.0f}"
            continue
        middle_x, middle_y = (x + to_x) / 2, (y + to_y) / 2
        bends = (x, middle_y, to_x, middle_y) if tall else (middle_x, y, middle_x, to_y)
        text += " C{:.0f} {:.0f} {:.0f} {:.0f}".format(*bends) + f" {to_x:.0f} {to_y:.0f}"
    return text
