"""The player as one HTML page, and as what a notebook shows of it.

The page loads nothing: styles, script and frames stand in it, and its Content-Security-Policy allows this one script
and this one style sheet, by their hashes, and forbids the rest. Whatever a label says is text there, never markup.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from typing import Any
from urllib.parse import quote

from ..engines import Value
from .frames import Frame
from .geometry import geometry
from .names import COLUMNS, shorten, word
from .picture import asset, description, picture
from .scene import Scene, numbers
from .sentences import expression, number

IFRAME_HEIGHT = 620


def page_html(scene: Scene, frames: list[Frame]) -> str:
    """The page: the first frame and the last stand in it as pictures, the script puts the player in their place."""
    root = scene.boxes[-1]
    assert isinstance(root, Value)
    style, script = asset("graph.css") + asset("player.css"), asset("player.js")
    first, last = frames[0], frames[-1]
    wide, tall = geometry(scene, tall=False), geometry(scene, tall=True)
    fill = {
        "policy": f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        "title": escape(f"{shorten(scene.names[root], 40)} = {number(root.data)}, step by step"),
        "style": style,
        "wide": picture(scene, wide, first, "wide"),
        "tall": picture(scene, tall, first, "tall"),
        "last_wide": picture(scene, wide, last, "last-wide"),
        "last_tall": picture(scene, tall, last, "last-tall"),
        "sentence": escape(first.sentence),
        "rule": escape(first.rule),
        "last_sentence": escape(last.sentence),
        "max": str(len(frames) - 1),
        "rows": "\n".join(_row(scene, last, i) for i, x in enumerate(scene.boxes) if isinstance(x, Value)),
        "frames": _json(_told(scene, frames)),
        "script": script,
    }
    page = asset("player.html")
    pieces = page.split("{{")  # one pass, so that a label which looks like a place is not filled
    return pieces[0] + "".join(fill[name] + rest for name, rest in (piece.split("}}", 1) for piece in pieces[1:]))


def notebook_html(scene: Scene, frames: list[Frame]) -> str:
    """The page in a frame of its own, so that its styles and the notebook's stay apart.

    The last step lies behind it as a picture: a site that shows notebooks and removes frames shows that.
    """
    still = "data:image/svg+xml," + quote(picture(scene, geometry(scene, tall=False), frames[-1], "last", alone=True))
    cell = "grid-area: 1 / 1"
    html = (
        f'<div style="display: grid; height: {IFRAME_HEIGHT}px; overflow: hidden">'
        f'<img style="{cell}; max-width: 100%; max-height: 100%" src="{still}" '
        f'alt="{escape(description(scene, frames[-1]))}">'
        f'<iframe style="{cell}; width: 100%; height: 100%; border: 0" title="The steps, one by one" '
        f'sandbox="allow-scripts" srcdoc="{escape(page_html(scene, frames))}"></iframe></div>'
    )
    # In ASCII, so that the script matches its hash whatever the notebook's encoding.
    return html.encode("ascii", "xmlcharrefreplace").decode()


def _row(scene: Scene, frame: Frame, i: int) -> str:
    node = scene.boxes[i]
    assert isinstance(node, Value)
    name = scene.names[node]
    cells = [
        f'<th scope="row" title="{escape(name)}">{escape(shorten(name, COLUMNS))}</th>',
        f"<td>{escape(_made(scene, node))}</td>",
        *(f'<td class="{what}" title="{exact}">{short}</td>' for what, (short, exact) in numbers(node, frame).items()),
    ]
    return f'<tr data-box="{i}">{"".join(cells)}</tr>'


def _made(scene: Scene, node: Value) -> str:
    """How the node was made, in a few words."""
    if not node.operands:
        return "given"
    if node.op == "program":
        return f"compiled, of {sum(isinstance(x, Value) for x in node.operands)} values"
    if len(node.operands) > 3:
        return f"{node.op} of {len(node.operands)} operands"
    return expression(node.op, [word(scene.names[x]) if isinstance(x, Value) else number(x) for x in node.operands])


def _told(scene: Scene, frames: list[Frame]) -> dict[str, Any]:
    """The frames for the script: each step, and the numbers that it changes."""
    nodes = [x for x in scene.boxes if isinstance(x, Value)]
    before: dict[Value, Any] = {}
    told: list[dict[str, Any]] = []
    for frame in frames:
        known = {node: numbers(node, frame) for node in nodes}
        changed = {scene.box[node]: known[node] for node in nodes if known[node] != before.get(node)}
        before = known
        lit, edges = scene.lit(frame)
        told.append(
            {
                "phase": frame.phase,
                "sentence": frame.sentence,
                "rule": frame.rule,
                "now": None if frame.node is None else scene.box[frame.node],
                "lit": lit,
                "edges": edges,
                "changed": changed,
            }
        )
    return {
        "names": {scene.box[node]: scene.names[node] for node in nodes},
        "made": {scene.box[node]: node.op for node in nodes},
        "frames": told,
    }


def _json(data: Any) -> str:
    """JSON that can stand in a script element: no `<`, so nothing in it ends the element."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
