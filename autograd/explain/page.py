"""An explanation as HTML: small, without scripts, readable on a light and on a dark page."""

from __future__ import annotations

from html import escape

from ..graph import Value
from .names import Names
from .sections import Section, sections, source
from .terms import Term
from .text import headline, rounding, symbol

STYLE = """
.autograd-why, .autograd-why table { font: 13px/1.5 ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.autograd-why { color: inherit; overflow-x: auto; }
.autograd-why table { border-collapse: collapse; margin: 2px 0 6px; background: none; color: inherit; }
.autograd-why tr { background: none !important; }
.autograd-why th, .autograd-why td { padding: 1px 14px 1px 0; border: 0; white-space: pre; }
.autograd-why th, .autograd-why td { text-align: left !important; vertical-align: top; }
.autograd-why th { font-weight: normal; opacity: .65; border-bottom: 1px solid rgba(128, 128, 128, .5); }
.autograd-why .number { text-align: right !important; }
.autograd-why .words { white-space: pre-wrap; max-width: 52ch; }
.autograd-why table table tr.titles { display: none; }
.autograd-why td.inside { padding: 0 0 0 12px; border-left: 3px solid rgba(128, 128, 128, .35); }
.autograd-why summary { cursor: pointer; }
.autograd-why .quiet { opacity: .65; }
"""
TITLES = [
    ("", ""),
    ("chain rule", ""),
    ("upstream", "number"),
    ("", ""),
    ("local", "number"),
    ("", ""),
    ("share", "number"),
    ("used in", ""),
    ("local derivative", ""),
    ("made at", ""),
]
"""The columns and how they are set; the last is there if lines were recorded."""


def page(x: Value, loss: Value, gradient: float, terms: list[Term], names: Names, reason: str) -> str:
    """The explanation of ∂loss/∂x, which has these terms or none for this reason."""
    found = sections(x, gradient, terms)
    tables: dict[Value, str] = {}
    for node, section in reversed(found.items()):  # what is inside a section comes after it
        tables[node] = _table(section, loss, names, tables, found) if section.terms else f"<div>{escape(reason)}</div>"
    head = f"<div>{_head(found[x], loss, names)}</div>"
    return f'<div class="autograd-why"><style>{STYLE}</style>{head}{tables[x]}</div>'


def _head(section: Section, loss: Value, names: Names) -> str:
    gradient = f"{symbol(loss, names(section.node), names)} = {section.gradient!r}"
    return f'<b>{escape(gradient)}</b> <span class="quiet">&#160; {escape(headline(section, names))}</span>'


def _table(section: Section, loss: Value, names: Names, tables: dict[Value, str], found: dict[Value, Section]) -> str:
    with_lines = any(term.line for term in section.terms)
    rows = ["".join(f'<th class="{kind}">{title}</th>' for title, kind in TITLES[: 9 + with_lines])]
    inside = set(section.inside)
    for i, term in enumerate(section.terms):
        node, place = term.consumer, term.place
        local = symbol(node, names.operand(node, place), names)
        where = f' <span class="quiet">in {escape(node.scope)}</span>' if node.scope else ""
        cells = [
            _cell("=+"[i > 0]),
            _cell(f"{symbol(loss, names(node), names)} · {local}"),
            _cell(repr(term.upstream), "number"),
            _cell("·"),
            _cell(repr(term.local), "number"),
            _cell("="),
            f'<td class="number"><b>{term.share!r}</b></td>',
            f'<td class="words">{escape(f"{names(node)} = {names.formula(node, place)} = {node.data!r}")}{where}</td>',
            _cell(f"{local} = {names.derivative(node, place)}", "words"),
        ]
        if with_lines:
            file, code = source(term.line)
            cells.append(f'<td class="words"><span class="quiet">{escape(file)}</span>&#160; {escape(code)}</td>')
        rows.append("".join(cells))
        if node in inside:
            inside.remove(node)
            deeper = f"<details open><summary>{_head(found[node], loss, names)}</summary>{tables[node]}</details>"
            rows.append(f'<td></td><td class="inside" colspan="9">{deeper}</td>')
    if section.hidden:
        more = _cell("+") + f'<td colspan="5">… and {section.hidden} more that add up to</td>'
        rows.append(more + f'<td class="number"><b>{section.rest!r}</b></td>')
    remark = rounding(section)
    end = f'<div class="quiet">{escape(remark)}</div>' if remark else ""
    first, *others = rows
    return f'<table><tr class="titles">{first}</tr>{"".join(f"<tr>{row}</tr>" for row in others)}</table>{end}'


def _cell(text: str, kind: str = "") -> str:
    return f'<td class="{kind}">{escape(text)}</td>'
