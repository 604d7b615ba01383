"""What source.py needs of a language: how a statement is written, and the rules' formulas as text.

C (c_language.py) takes its formulas from rules.h, and Python (python_language.py) from rules.py, so none is written a
third time.
"""

from __future__ import annotations

import re

from .program import Program


def reads(text: str, name: str) -> bool:
    """Does the text speak of this name?"""
    return re.search(rf"\b{name}\b", text) is not None


def needed(text: str, definitions: dict[str, str]) -> list[str]:
    """The definitions that a text needs, and that those need, in the order of the table."""
    found, todo = set[str](), [text]
    while todo:
        words = set(re.findall(r"\w+", todo.pop()))
        new = [name for name in definitions if name in words and name not in found]
        found.update(new)
        todo += [definitions[name] for name in new]
    return [definition for name, definition in definitions.items() if name in found]


def arguments(text: str) -> list[str]:
    """Cut the arguments of a macro at the commas that stand in no parentheses."""
    found, depth = [""], 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            found.append("")
        else:
            found[-1] += letter
    return [argument.strip() for argument in found]


class Language:
    """How source.py writes its lines."""

    closing, inf, nan = "", "", ""

    def definitions(self) -> dict[str, str]:
        """The functions and constants that formulas may speak of, each under its name."""
        raise NotImplementedError

    def statement(self, text: str) -> str:
        raise NotImplementedError

    def local(self, name: str, value: str) -> str:
        """A number that does not change."""
        raise NotImplementedError

    def variable(self, name: str, value: str) -> str:
        """A number that does."""
        raise NotImplementedError

    def integer(self, name: str, value: str) -> str:
        raise NotImplementedError

    def loop(self, variable: str, n: int | str) -> str:
        """The head of a loop from 0 to n - 1."""
        raise NotImplementedError

    def condition(self, test: str) -> str:
        """The head of a block that is run if the test holds."""
        raise NotImplementedError

    def choice(self, test: str, yes: str, no: str) -> str:
        raise NotImplementedError

    def value(self, rule: str) -> str:
        """The rule's formula of x, y and z."""
        raise NotImplementedError

    def partials(self, rule: str) -> list[str]:
        """The formulas of its partials, of v too."""
        raise NotImplementedError

    def call(self, function: str, *operands: str) -> str:
        """Exp, log, maximum, or place, which gives the place of an index in a table of some size, or -1."""
        raise NotImplementedError

    def page(
        self, program: Program, name: str, numbers: list[float], tables: list[list[int]],
        forward: list[str], backward: list[str], chooses: bool,
    ) -> str:  # fmt: skip
        """The whole text."""
        raise NotImplementedError
