"""The page of the player as text, and the places of its boxes: what is safe, what is readable, what does not cross."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from autograd import Value
from autograd import sum as total
from autograd.stepper import steps
from autograd.stepper.geometry import geometry
from autograd.stepper.layout import _crossings, apart, in_layers
from autograd.stepper.names import clean
from autograd.stepper.picture import asset
from nn import MLP

from .test_steps import neuron

# The page, as a browser reads it


class Page(HTMLParser):
    """The elements of a page, and the texts of its scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        tag = self.elements[-1][0] if self.elements else ""
        if tag in self.raw and self.get_starttag_text() is not None and self.cdata_elem == tag:
            self.raw[tag].append(data)
        else:
            self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "<img src=x onerror=alert(1)>",
    "\"quotes\" 'of' both & kinds",
    "{{script}} {{policy}}",
    "한국어 이름",
    "\x00\ud800\u202e",
    "x" * 10_000,
    "$& $1 \\u003c %s {0}",
]


def hostile_page(tmp_path: Path) -> str:
    y = Value(1.0)
    for text in HOSTILE:
        y = y + Value(2.0, label=text)
    return steps(y).save(tmp_path / "s.html").read_text(encoding="utf-8")


def test_labels_are_text_and_never_markup(tmp_path):
    page = Page(hostile_page(tmp_path))
    assert [attributes.get("id") for attributes in page.all("script")] == ["frames", None]
    assert page.all("img") == []
    assert len(page.all("style")) == 1
    data = json.loads("".join(page.raw["script"][:-1]))
    assert {clean(text) for text in HOSTILE} <= set(data["names"].values())
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


def test_the_policy_allows_this_script_and_this_style_alone(tmp_path):
    page = Page(hostile_page(tmp_path))
    (policy,) = (m["content"] or "" for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    rules = dict(part.split(" ", 1) for part in policy.split("; "))
    assert rules["default-src"] == "'none'"
    assert "unsafe" not in policy
    for source, text in (("script-src", page.raw["script"][-1]), ("style-src", "".join(page.raw["style"]))):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[source] == f"'sha256-{digest}'"


def test_the_page_refers_to_nothing_outside_itself(tmp_path):
    page = Page(hostile_page(tmp_path))
    assert page.all("link") == [{"rel": "icon", "href": "data:,"}], "or browsers ask the server for /favicon.ico"
    for tag, attributes in page.elements:
        for name in ("src", "href", "xlink:href", "action", "data", "srcset", "style"):
            assert attributes.get(name, "data:,") == "data:,", (tag, attributes)
        for value in attributes.values():
            assert not re.search(r"url\((?!#)", value or "")
    assert not re.search(r"@import|url\(|https?:", "".join(page.raw["style"]))
    assert not re.search(r"\beval\b|innerHTML|Function\(|fetch|https?:", page.raw["script"][-1])


def test_without_a_script_the_first_and_last_frames_stand_in_the_page(tmp_path):
    v = neuron()
    text = steps(v["y"]).save(tmp_path / "s.html").read_text(encoding="utf-8")
    svgs = {svg.get("id"): svg for svg in map(ElementTree.fromstring, re.findall(r"<svg.*?</svg>", text, re.DOTALL))}
    assert set(svgs) == {"wide", "tall", "last-wide", "last-tall"}
    shown = {name: [e.text for e in svg.iter() if e.get("class") == "grad"] for name, svg in svgs.items()}
    assert shown["wide"] == ["–"] * 6
    assert shown["last-wide"] == shown["last-tall"]
    assert "0.839949" in shown["last-wide"]
    for svg in svgs.values():
        assert svg.get("role") == "img"
        assert (svg.get("aria-label") or "").startswith("Graph of 6 values. ")
    rows = re.findall(r'<tr data-box="\d+">(.*?)</tr>', text)
    assert len(rows) == 6
    assert f'<td class="grad" title="{(1 - math.tanh(1.0) ** 2) * 2.0!r}">0.839949</td>' in rows[0]


def test_a_notebook_gets_a_frame_and_behind_it_a_picture():
    html = steps(neuron()["y"])._repr_html_()
    outer = Page(html)
    (frame,), (image,) = outer.all("iframe"), outer.all("img")
    assert frame["sandbox"] == "allow-scripts"
    assert "Content-Security-Policy" in (frame["srcdoc"] or "")
    assert "<script" not in html.replace(frame["srcdoc"] or "", "")
    svg = ElementTree.fromstring(unquote((image["src"] or "").removeprefix("data:image/svg+xml,")))
    assert "0.839949" in "".join(svg.itertext())
    assert "Done: ∂y/∂w = 0.839949" in (image["alt"] or "")


def contrast(a: str, b: str) -> float:
    """How far two colours are apart in lightness (WCAG 2.2, contrast ratio)."""

    def luminance(colour: str) -> float:
        channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_have_the_contrast_of_wcag_aa():
    schemes = [dict(re.findall(r"--([\w-]+): (#\w{6})", part)) for part in asset("graph.css").split("@media")]
    assert len(schemes) == 2
    for colours in schemes:
        for text in ("ink", "soft", "forward", "backward"):
            for ground in ("paper", "field"):
                assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
        for accent in ("forward", "backward"):
            for text in ("ink", "soft", accent):
                assert contrast(colours[text], colours[f"{accent}-tint"]) >= 4.5, (text, accent)
        assert contrast(colours["line"], colours["paper"]) >= 3


# The layout


@pytest.mark.parametrize("tall", [False, True])
def test_boxes_do_not_overlap_and_operands_come_first(tall):
    inputs = [Value(1.0), Value(2.0)]
    s = steps((MLP(2, [4, 3, 1])(inputs) - 1.0) ** 2 + total(inputs))
    places = geometry(s._scene, tall)
    boxes = [*places.boxes, *places.circles.values()]
    for i, (left, top, w, h) in enumerate(boxes):
        assert min(left, top) >= 0
        assert left + w <= places.size[0]
        assert top + h <= places.size[1]
        for x, y, wide, high in boxes[:i]:
            assert left >= x + wide or x >= left + w or top >= y + high or y >= top + h, "two boxes overlap"
    along = 1 if tall else 0
    for a, b in s._scene.edges:
        assert places.boxes[a][along] + places.boxes[a][along + 2] < places.circles[b][along]


def test_first_operands_stand_first():
    b, a = Value(1.0), Value(2.0)
    for first, second in ((a, b), (b, a)):
        scene = steps(first * second)._scene
        assert scene.layers.rows[0] == [scene.box[first], scene.box[second]]


def test_a_tree_has_no_crossings():
    # leaves 0..7, then four pairs, two pairs, the root, operands given crosswise
    edges = [(0, 8), (4, 8), (1, 9), (5, 9), (2, 10), (6, 10), (3, 11), (7, 11), (8, 12), (11, 12), (9, 13), (10, 13)]
    layers = in_layers(15, [*edges, (12, 14), (13, 14)])
    _, after = layers.neighbours()
    assert _crossings(layers.rows, after) == 0
    assert [len(row) for row in layers.rows] == [8, 4, 2, 1]


def test_crossings_are_counted_and_taken_out():
    assert _crossings([[0, 1], [2, 3]], [[3], [2], [], []]) == 1
    assert _crossings([[0, 1], [2, 3]], [[2, 3], [2, 3], [], []]) == 1
    assert _crossings([[0, 1], [2, 3]], [[2], [3], [], []]) == 0


def test_places_are_the_nearest_that_keep_apart():
    assert apart([5.0, 5.0], [2.0]) == [4.0, 6.0]
    assert apart([0.0, 10.0, 3.0], [1.0, 1.0]) == [0.0, 6.0, 7.0]
    assert apart([3.0], []) == [3.0]


def test_lines_from_one_box_share_their_way():
    x = Value(1.0)
    y = x
    for _ in range(20):
        y = y * x
    layers = steps(y)._scene.layers
    assert sum(map(len, layers.rows)) - layers.boxes == 19 - 0, "one joint a layer that is passed"
