"""What each Value is called: by its label, by the name that was given, or v1, v2, ... in order of creation."""

from __future__ import annotations

import re
import unicodedata
from itertools import count

from ..engines import Value
from ..presenting import GivenNames, named_values, told_apart

# What no page can hold or would change how the text around it reads: controls, halves of characters, marks that
# turn the writing direction.
HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
PLAIN = re.compile(r"[\w.#…]+")
COLUMNS = 15
"""How long a name may be in a box and in a sentence."""


def names_of(nodes: list[Value], names: GivenNames) -> dict[Value, str]:
    """Each node's name, no two alike: a label that stands twice becomes `a` and `a#2`.

    Args:
        nodes: in order of creation.
        names: names for Values without a label.
    """
    given = {v: name for name, v in named_values(names, "steps(value, names)")}
    wished = [clean(node.label) or clean(given.get(node, "")) for node in nodes]
    apart = told_apart(wished)
    unused = (name for i in count(1) if (name := f"v{i}") not in apart)
    return {node: name or next(unused) for node, name in zip(nodes, apart, strict=True)}


def clean(text: str) -> str:
    """The text on one line, with a mark in place of what no page can hold."""
    return HARMFUL.sub("�", " ".join(text.split()))


def width(text: str) -> int:
    """How many columns the text takes where letters are equally wide; Chinese, Japanese and Korean ones take two."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def shorten(text: str, columns: int) -> str:
    """The text cut to so many columns: the words of a dotted name each by three letters, others in the middle.

    >>> shorten("layers.0.neurons.1.w.0", 15), shorten("a label that is long", 15)
    ('lay.0.neu.1.w.0', 'a lab…t is long')
    """
    if len(text) <= columns and width(text) <= columns:
        return text
    if "." in text and len(text) <= 8 * columns:
        dotted = ".".join(part if part.isdigit() else part[:3] for part in text.split("."))
        if width(dotted) <= columns:
            return dotted
    head = _fitting(text[:columns], columns // 3)
    tail = _fitting(text[: -columns - 1 : -1], columns - 1 - columns // 3)[::-1]
    return f"{head}…{tail}"


def _fitting(text: str, columns: int) -> str:
    while width(text) > columns:
        text = text[:-1]
    return text


def word(name: str) -> str:
    """A name as it stands in a formula: short, and in brackets unless it is one word."""
    short = shorten(name, COLUMNS)
    return short if PLAIN.fullmatch(short) else f"({short})"
