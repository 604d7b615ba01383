"""What a step says: the rules' own formulas, with names and with numbers in the places of x, y and v."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..rules import RULES

LETTER = re.compile("(?<![A-Za-z])[xyzv](?![A-Za-z])")  # an operand, or v; not a letter of a word such as max
POWER = re.compile("(e?)([ˣʸ⁻¹]*[ˣʸ][ˣʸ⁻¹]*)")
LOWERED = str.maketrans("ˣʸ⁻¹", "xy-1")
WHOLE = re.compile(r"(-?\d+)\.0")
RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
COMPARISONS = ("<", "<=", "==", "!=")
TERMS_SHOWN = 6


def number(x: float) -> str:
    """A float in six significant digits.

    >>> number(-12.0), number(0.1 + 0.2), number(1e300), number(float("inf"))
    ('-12.0', '0.3', '1e+300', 'inf')
    """
    text = f"{x:.6g}"
    return text if any(c in text for c in ".ein") else f"{text}.0"


def with_words(formula: str, operands: Sequence[str], v: str = "v") -> str:
    """A formula of rules.py about these operands.

    >>> with_words("xʸ", ["a", "2.0"]), with_words("y · xʸ⁻¹", ["a", "3.0"]), with_words("xʸ", ["a", "0.5"])
    ('a²', '3.0 · a²', 'a^0.5')
    >>> with_words("√(x² + y²)", ["-3.0", "4.0"])
    '√((-3.0)² + 4.0²)'
    """
    words = dict(zip("xyz", operands, strict=False)) | {"v": v}
    if len(operands) > 1 and (exponent := WHOLE.fullmatch(operands[1])):
        formula = formula.replace("ʸ⁻¹", _raised(int(exponent[1]) - 1)).replace("ʸ", _raised(int(exponent[1])))
    flat = _flat(formula)

    def put(m: re.Match[str]) -> str:
        text = words.get(m[0], m[0])
        before, after = flat[: m.start()].rstrip()[-1:], flat[m.end() :][:1]
        bare = not text.startswith("-") or not (before in tuple("-+√∛") or after in tuple("⁰¹²³⁴⁵⁶⁷⁸⁹⁻^"))
        return text if bare else f"({text})"

    return LETTER.sub(put, flat)


def _raised(exponent: int) -> str:
    return "" if exponent == 1 else str(exponent).translate(RAISED)


def _flat(formula: str) -> str:
    """The formula with its raised letters on the line: xʸ as x^y, eˣ as exp(x), lest e be taken for a Value."""

    def lowered(m: re.Match[str]) -> str:
        power = m[2].translate(LOWERED)
        return f"exp({power})" if m[1] else f"^{power}" if len(power) == 1 else f"^({power})"

    return POWER.sub(lowered, formula)


def expression(op: str, operands: Sequence[str]) -> str:
    """The operation on these operands, in mathematical notation.

    >>> expression("*", ["a", "b"]), expression("tanh", ["0.5"]), expression("dot", ["w", "x", "b"])
    ('a · b', 'tanh 0.5', 'w·x + b')
    >>> expression("<", ["a", "b"]), expression("program", ["w", "b", "0.3", "1.0", "0.7"])
    ('(a < b)', 'compiled(w, b)')
    """
    if op == "sum":
        return _series(operands)
    if op in COMPARISONS:
        return f"({operands[0]} {op} {operands[1]})"
    if op == "program":
        return f"compiled({', '.join(_cut(operands[: len(operands) // 2], ''))})"
    if op == "dot":
        n = len(operands) // 2
        pairs = [f"{w}·{x}" for w, x in zip(operands[:n], operands[n : 2 * n], strict=True)]
        return _series([*pairs, *operands[2 * n :]])
    if op == "logsumexp":
        return f"log({_series([f'exp({x})' for x in operands])})"
    formula = RULES[op].formula
    if not RULES[op].variadic and LETTER.search(_flat(formula)) and not re.search(" if | of ", formula):
        return with_words(formula, operands)
    return f"{op}({', '.join(_cut(operands, ''))})"


def derivative(op: str, operands: Sequence[str], i: int, v: str) -> str:
    """The formula of ∂v/∂(operand i).

    >>> derivative("*", ["a", "b"], 0, "c"), derivative("tanh", ["a"], 0, "c")
    ('b', '1 - c²')
    """
    if op in ("dot", "program"):
        n = len(operands) // 2
        return operands[(i + n) % (2 * n)] if i < 2 * n else "1"
    words = RULES[op].derivatives
    return with_words(words[min(i, len(words) - 1)], operands[i:] if RULES[op].variadic else operands, v)


def _series(terms: Sequence[str]) -> str:
    signed = [*terms[:1], *(f"({term})" if term.startswith("-") else term for term in terms[1:])]
    return " + ".join(_cut(signed, " (%d terms)")) or "0"


def _cut(terms: Sequence[str], remark: str) -> list[str]:
    """The terms, those in the middle left out if they are many."""
    if len(terms) <= TERMS_SHOWN:
        return list(terms)
    return [*terms[: TERMS_SHOWN - 2], "…", terms[-1] + (remark % len(terms) if remark else "")]


def listed(texts: Sequence[str]) -> str:
    """A list in a sentence, cut where it gets long."""
    more = len(texts) - TERMS_SHOWN
    return ", ".join(texts[:TERMS_SHOWN]) + (f" and {more} more" if more > 0 else "")
