"""What Values are called in an explanation, and formulas written with these names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import count

from ..graph import Value
from ..presenting import told_apart
from ..rules import RULES

WORDS = {"": "leaf", "+": "add", "-": "sub", "*": "mul", "/": "div", "//": "floordiv", "%": "mod", "**": "pow"} | {
    "<": "less",
    "<=": "less_equal",
    "==": "equal",
    "!=": "not_equal",
    "program": "compiled",
}
"""What a Value without a name is called, with a number, from the oldest on: mul₁, add₂."""
LONGEST = 40
FEW = 3
"""A sum of more than these is not written out."""

SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_LETTERS = re.compile("[⁻]?[ˣʸ](?:⁻¹)?|(?<![A-Za-z])[vxyz](?![A-Za-z])")


class Names:
    """A name for every Value: its label, else the name given, else its rule and a number.

    No two are alike: of two Values with the label a, the younger is called a#2.

    Without a label the loss is called L, and x is called x, unless another Value has that name.
    """

    def __init__(self, x: Value, loss: Value, nodes: Iterable[Value], given: dict[Value, str]) -> None:
        given = dict(given)
        family = sorted({value for node in nodes for value in (node, *node.parents)}, key=lambda value: value.serial)
        labels = {value.label for value in family} | set(given.values())
        for value, name in ((x, "x"), (loss, "L")):
            if name not in labels:
                given.setdefault(value, name)
        apart = told_apart(_short(value.label or given.get(value, "")) for value in family)
        taken = {name.translate(SUBSCRIPTS) for name in apart}  # mul1 too: LaTeX shows mul₁ in the same way
        numbers = (str(i).translate(SUBSCRIPTS) for i in count(1))
        self.names: dict[Value, str] = {}
        for value, name in zip(family, apart, strict=True):
            if not name:
                op: str = value.op
                made = (WORDS.get(op, op) + number for number in numbers)
                name = next(new for new in made if new.translate(SUBSCRIPTS) not in taken)
            self.names[value] = name

    def plain(self, value: Value) -> str:
        """The name alone, on one line."""
        return self.names[value]

    def __call__(self, value: Value | float) -> str:
        """The name as it stands in a formula; a number is its own name."""
        if isinstance(value, (float, int)):
            text = f"{value:.6g}"
            return f"({text})" if text.startswith("-") else text
        name = self.plain(value)
        return name if re.fullmatch(r"[\w.…#'′\[\]]+", name) else f"({name})"

    def operand(self, node: Value, place: int) -> str:
        """The name of an operand of the node; if it stands there more than once, with a mark: a⁽¹⁾, a⁽²⁾."""
        x = node.operands[place]
        return self(x) + mark(node, place).translate(SUPERSCRIPTS).replace("(", "⁽").replace(")", "⁾")

    def formula(self, node: Value, place: int) -> str:
        """How the node was made, with names: of many operands the one at this place, and how many there are."""
        n = len(node.operands)
        if node.op in ("dot", "program"):
            pairs = n // 2
            shown = [place % pairs] if place < 2 * pairs else []
            products = [f"{self.operand(node, i)} · {self.operand(node, pairs + i)}" for i in _shown(shown, pairs)]
            bias = [self.operand(node, n - 1)] if n % 2 else []
            return " + ".join(_among(products, pairs) + bias) + _size(pairs, "products")
        if node.op == "take":
            return f"entry {self.operand(node, 0)} of {n - 1}"
        if RULES[node.op].variadic:
            one = "{}" if node.op == "sum" else "e^{}"
            total = " + ".join(_among([one.format(self.operand(node, i)) for i in _shown([place], n)], n))
            return (total if node.op == "sum" else f"log({total})") + _size(n, "numbers")
        return self._with_names(RULES[node.op].formula, node, place)

    def derivative(self, node: Value, place: int) -> str:
        """The derivative of the node by the operand at this place, with names."""
        pairs = len(node.operands) // 2
        if node.op in ("dot", "program"):
            text = self.operand(node, (place + pairs) % (2 * pairs)) if place < 2 * pairs else "1"
        else:
            words = RULES[node.op].derivatives
            text = self._with_names(words[min(place, len(words) - 1)], node, place)
        return text[1:-1] if re.fullmatch(r"\(-[^()]*\)", text) else text  # a negative number that stands alone

    def _with_names(self, formula: str, node: Value, place: int) -> str:
        """The formula with names in place of the rule's letters, also of those that are exponents."""
        places = {"x": place} if RULES[node.op].variadic else {"x": 0, "y": 1, "z": 2}

        def name(found: re.Match[str]) -> str:
            letter = found[0]
            if letter in "vxyz":
                return self(node) if letter == "v" else self.operand(node, places[letter])
            at = places["x" if "ˣ" in letter else "y"]
            x, minus_one = node.operands[at], letter.endswith("⁻¹")
            if isinstance(x, float):
                exponent = x - 1 if minus_one else x
                if exponent == 1:
                    return ""
                if exponent.is_integer():
                    return str(int(exponent)).translate(SUPERSCRIPTS)
                return "^" + self(exponent)
            x = self.operand(node, at)
            return f"^({x} - 1)" if minus_one else f"^(-{x})" if letter.startswith("⁻") else f"^{x}"

        return _LETTERS.sub(name, formula)


def _short(name: str) -> str:
    """A name on one line, cut if it is long."""
    name = " ".join(name.split())
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def mark(node: Value, place: int) -> str:
    """Which of its places among the node's operands this is, "(2)"; "" if the operand stands there only once."""
    x = node.operands[place]
    same = [i for i, y in enumerate(node.operands) if y is x and not isinstance(x, float)]
    return f"({same.index(place) + 1})" if len(same) > 1 else ""


def _shown(wanted: list[int], n: int) -> Iterable[int]:
    """The places of a sum to write out: all of a few, else those wanted."""
    return range(n) if n <= FEW else wanted


def _among(parts: list[str], n: int) -> list[str]:
    """The parts of a sum of n, with dots for those not written out."""
    return parts if n <= FEW else ["…", *parts, "…"][: 2 * len(parts) + 1]


def _size(n: int, what: str) -> str:
    return f"  ({n} {what})" if n > FEW else ""
