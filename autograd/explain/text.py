"""An explanation as text, its columns aligned."""

from __future__ import annotations

from ..graph import Value
from .names import Names
from .sections import Section, sections, source
from .terms import Term

WIDTH = 120
"""Where the rows are wider, the words go under the numbers."""


def text(x: Value, loss: Value, gradient: float, terms: list[Term], names: Names, reason: str) -> str:
    """The explanation of ∂loss/∂x, which has these terms or none for this reason."""
    blocks = [_block(section, loss, names, reason) for section in sections(x, gradient, terms).values()]
    return "\n\n".join(blocks)


def symbol(top: Value, bottom: str, names: Names) -> str:
    return f"∂{names(top)}/∂{bottom}"


def headline(section: Section, names: Names) -> str:
    """The number of the section's Value, and how often it is used."""
    uses = len(section.terms) + section.hidden
    used = "" if not uses else ", used once" if uses == 1 else f", used {uses} times"
    frozen = "" if section.node.requires_grad else ", frozen (requires_grad is False): backward() leaves its grad alone"
    return f"{names.plain(section.node)} = {section.node.data!r}{used}{frozen}"


def rounding(section: Section) -> str:
    """A remark where the numbers shown round to another sum than the engine's; else ""."""
    if section.rounding is None:
        return ""
    return (
        f"In the order shown the numbers round to {section.rounding!r}; backward() adds them in the order in which "
        f"it meets them, which rounds to {section.gradient!r}."
    )


def _block(section: Section, loss: Value, names: Names, reason: str) -> str:
    head = f"{symbol(loss, names(section.node), names)} = {section.gradient!r}   {headline(section, names)}"
    if not section.terms:
        return f"{head}\n  {reason}"
    left, right = list[list[str]](), list[list[str]]()
    rest = repr(section.rest) if section.hidden else ""
    for i, term in enumerate(section.terms):
        node, place = term.consumer, term.place
        operand = names.operand(node, place)
        local = symbol(node, operand, names)
        product = f"{symbol(loss, names(node), names)} · {local}"
        share = repr(term.share).rjust(len(rest))
        left.append(["=+"[i > 0], product, "=", repr(term.upstream), "·", repr(term.local), "=", share])
        made = f"{names(node)} = {names.formula(node, place)} = {node.data!r}"
        derivative = f"{local} = {names.derivative(node, place)}"
        scope = f"in {node.scope}" if node.scope else ""
        right.append([made, derivative, scope, "  ".join(filter(None, source(term.line)))])
    numbers = [" ".join(cells) for cells in _aligned(left, right_aligned=(3, 5, 7))]
    words = ["   ".join(cells) for cells in _aligned(right)]
    lines = [head]
    for number, word, cells in zip(numbers, words, right, strict=True):
        if max(map(len, numbers)) + max(map(len, words)) + 5 <= WIDTH:
            lines.append(f"  {number}   {word}")
        else:
            one = max(map(len, words)) + 8 <= WIDTH
            lines += [f"  {number}", *(f"        {part}" for part in ([word] if one else filter(None, cells)))]
    if section.hidden:
        more = f"  + … and {section.hidden} more that add up to "
        lines.append(more + rest.rjust(len(numbers[0]) + 2 - len(more)))
    if remark := rounding(section):
        lines.append(f"  {remark}")
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _aligned(rows: list[list[str]], right_aligned: tuple[int, ...] = ()) -> list[list[str]]:
    """The rows with their cells padded to columns; columns that are empty throughout are left out."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        [row[i].rjust(w) if i in right_aligned else row[i].ljust(w) for i, w in enumerate(widths) if w] for row in rows
    ]
