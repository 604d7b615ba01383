r"""An explanation as a formula in LaTeX: the sum over all paths from x to the loss of products of local derivatives.

It keeps to what KaTeX, MathJax and matplotlib's mathtext all read: \frac, \partial, \cdot, \cdots, \mathrm and scripts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from ..graph import Value
from .names import Names, mark
from .terms import Sweep

PATHS = 8
"""Paths that are written out; their number can grow exponentially with the depth of the graph."""
FACTORS = 6
"""Factors of a product that are written out."""

DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")

Edge = tuple[Value, int]
"""A use: the consumer, and the place of the operand in it."""

ESCAPES = {
    **{c: "\\" + c for c in "_%${}"},
    "#": r"\sharp ",
    "&": r"\ and\ ",
    '"': "”",
    "\\": r"\backslash ",
    "^": r"\wedge ",
    "~": r"\sim ",
    "'": "’",
    "`": "‘",
    " ": r"\ ",
    "-": "‐",  # a hyphen, not a minus
}
LAST = "\U00020000"
"""Characters from here on are read by no renderer."""


def latex(x: Value, loss: Value, gradient: float, sweep: Sweep, names: Names) -> str:
    """The formula of ∂loss/∂x and its number."""
    left = _fraction(_name(loss, names), _name(x, names))
    number = _number(gradient)
    if x is loss or not sweep.consumers:
        return f"{left} = {number}"
    count = path_count(x, sweep)
    products = [_product(path, names) for _, path in zip(range(PATHS), _paths(x, loss, sweep), strict=False)]
    if count == len(products):
        return f"{left} = {' + '.join(products)} = {number}"
    return rf"{left} = {' + '.join(products)} + \cdots = {number} \quad ({_count(count)}\ \mathrm{{paths}})"


def path_count(x: Value, sweep: Sweep) -> int:
    """How many paths lead from x to the loss, exactly: 0 if gradient does not flow, 1 if x is the loss."""
    ways, last = {x: 1}, 0
    for node, uses in sweep.consumers.items():  # operands before their consumers; the loss comes last
        last = ways.pop(node)  # forgotten at once: they can have more digits than the graph has nodes
        for consumer, _ in uses:
            ways[consumer] = ways.get(consumer, 0) + last
    return last


def _paths(x: Value, loss: Value, sweep: Sweep) -> Iterator[list[Edge]]:
    """The paths from x to the loss, each a list of the uses it goes through."""
    todo: list[tuple[Value, int, int]] = [(x, -1, 0)]
    path = list[Edge]()
    while todo:
        node, place, length = todo.pop()
        if node is not x:
            path[length - 1 :] = [(node, place)]
        if node is loss:
            yield list(path)
        else:
            todo += [(consumer, at, length + 1) for consumer, at in reversed(sweep.consumers[node])]


def _product(path: list[Edge], names: Names) -> str:
    """∂loss/∂… · … · ∂…/∂x, from the loss down."""
    down = path[::-1]
    if len(down) <= FACTORS:
        return r" \cdot ".join(_factor(edge, names) for edge in down)
    half = FACTORS // 2
    first, last = down[:half], down[-half:]
    return r" \cdot ".join([*(_factor(e, names) for e in first), r"\cdots", *(_factor(e, names) for e in last)])


def _factor(edge: Edge, names: Names) -> str:
    node, place = edge
    which = mark(node, place)
    return _fraction(_name(node, names), _name(node.operands[place], names) + (f"^{{{which}}}" if which else ""))


def _fraction(top: str, bottom: str) -> str:
    return rf"\frac{{\partial {top}}}{{\partial {bottom}}}"


def _name(value: Value, names: Names) -> str:
    """A name as LaTeX: one letter slanted, more upright, digits at the end as an index."""
    plain = names.plain(value).translate(DIGITS)
    indexed = re.fullmatch(r"(.*[^\W\d_])_?(\d+)", plain)
    word, index = indexed.groups() if indexed else (plain, "")
    text = "".join(ESCAPES.get(c, c if c.isprintable() and c < LAST else "?") for c in word)
    letter = text if len(word) == 1 and word.isalpha() else rf"\mathrm{{{text}}}"
    return letter + (f"_{{{index}}}" if index else "")


def _number(x: float) -> str:
    if not math.isfinite(x):
        return r"\mathrm{nan}" if x != x else r"\infty" if x > 0 else r"-\infty"
    digits, _, exponent = repr(x).removesuffix(".0").partition("e")
    return rf"{digits} \times 10^{{{int(exponent)}}}" if exponent else digits


def _count(n: int) -> str:
    """An exact count, or that of a number with many digits in round figures."""
    if n < 10**12:
        return f"{n:,}".replace(",", r"\,")
    exponent = math.floor(math.log10(n))
    return rf"\approx 10^{{{exponent}}}"
