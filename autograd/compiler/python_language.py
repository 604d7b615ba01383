"""Python: its statements, and the rules' formulas as rules.py has them."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cache
from typing import Any

from .. import rules
from ..rules import RULES
from .languages import Language, arguments, needed, reads
from .program import Program


@dataclass(frozen=True, eq=False)
class Text:
    """A formula of Python. A rule takes it as an operand, as it takes a Value, and gives the text of its partials."""

    text: str

    def apply(self, name: str, *operands: Any) -> Text:
        return Text(_python_formula(name, *map(_text, operands)))

    def __neg__(self) -> Text:
        return Text(f"(-{self.text})")


def _text(x: Any) -> str:
    return x.text if isinstance(x, Text) else repr(float(x))


def _operator(symbol: str, reverse: bool = False) -> Any:
    def operate(x: Text, y: Any) -> Text:
        left, right = (y, x) if reverse else (x, y)
        return Text(f"({_text(left)} {symbol} {_text(right)})")

    return operate


for _name, _symbol in (("add", "+"), ("sub", "-"), ("mul", "*")):
    setattr(Text, f"__{_name}__", _operator(_symbol))
    setattr(Text, f"__r{_name}__", _operator(_symbol, reverse=True))
for _name, _symbol in (
    ("lt", "<"),
    ("le", "<="),
    ("gt", ">"),
    ("ge", ">="),
    ("eq", "=="),
    ("ne", "!="),
    ("and", "and"),
):
    setattr(Text, f"__{_name}__", _operator(_symbol))


def _python_formula(name: str, *xs: str) -> str:
    if name in ("+", "-", "*"):
        return f"({xs[0]} {name} {xs[1]})"
    if name in ("<", "<=", "==", "!="):
        return f"float({xs[0]} {name} {xs[1]})"
    if name == "neg":
        return f"(-{xs[0]})"
    if name == "where":
        return f"({xs[1]} if {xs[0]} else {xs[2]})"
    function = {"/": "divide", "//": "floor_divide", "%": "modulo", "**": "power", "abs": "absolute"}.get(name, name)
    return f"{function}({', '.join(xs)})"


class Python(Language):
    """Python 3, with nothing but its math module."""

    inf, nan = "inf", "nan"

    def definitions(self) -> dict[str, str]:
        return _python_definitions()

    def statement(self, text: str) -> str:
        return text

    def local(self, name: str, value: str) -> str:
        return f"{name} = {value}"

    variable = integer = local

    def loop(self, variable: str, n: int | str) -> str:
        return "" if n == 1 else f"for {variable} in range({n}):"

    def condition(self, test: str) -> str:
        return f"if {test}:"

    def choice(self, test: str, yes: str, no: str) -> str:
        return f"{yes} if {test} else {no}"

    def value(self, rule: str) -> str:
        return _python_formula(rule, *"xyz"[: len(RULES[rule].domain)])

    def partials(self, rule: str) -> list[str]:
        operands = map(Text, "vxyz"[: len(RULES[rule].domain) + 1])
        return [_text(partial) for partial in RULES[rule].partials(*operands)]

    def call(self, function: str, *operands: str) -> str:
        return f"{function}({', '.join(operands)})"

    def page(
        self, program: Program, name: str, numbers: list[float], tables: list[list[int]],
        forward: list[str], backward: list[str], chooses: bool,
    ) -> str:  # fmt: skip
        outputs, size, end = program.outputs.tolist(), program.slots, program.uniform_end
        columns = program.columns
        results = size - end - columns
        between = end - len(numbers)
        seeds = [f"    d[{slot}] += float(seed[{i}])" for i, slot in enumerate(outputs)]
        if chooses:
            seeds = [f"    r = [False] * {size}  # has gradient reached it?", *seeds]
            seeds += [f"    r[{slot}] |= seed[{i}] != 0" for i, slot in enumerate(outputs)]
        wanted = ", ".join(f"a[{slot}]" for slot in outputs)
        lines = [
            f"def {name}_values(input):",
            "    # every number by its slot",
            f"    a = [*numbers, *[0.0] * {between}, *map(float, input), *[0.0] * {results}]",
            *forward, "    return a", "", "",
            f"def {name}(input):",
            f'    """The outputs of one sample, a list of {columns} numbers."""',
            f"    a = {name}_values(input)", f"    return [{wanted}]", "", "",
            f"def {name}_gradient(input, seed):",
            '    """The outputs, and the gradient of Σ seed · output by the inputs and by the parameters."""',
            f"    a, d = {name}_values(input), [0.0] * {size}",
            *seeds, *backward,
            f"    return [{wanted}], d[{end}:{end + columns}], d[:{program.parameters}]",
        ]  # fmt: skip
        body = "\n".join(lines)
        head = [*needed(body, self.definitions())]
        constants = [f"numbers = [{', '.join(map(repr, numbers))}]"]
        constants += [f"t{i} = [{', '.join(map(str, table))}]" for i, table in enumerate(tables)]
        first = ["from __future__ import annotations", "", "import math", "from math import inf, nan"]
        if any(reads(text, "cast") for text in head):
            first.append("from typing import cast")
        return "\n".join([*first, "", *head, *constants, "", "", body, ""])


@cache
def _python_definitions() -> dict[str, str]:
    """What formulas may call, each under its name: functions of rules.py, and of math made to never raise."""
    found = {
        name: f"{name} = {getattr(rules, name)!r}" for name in ("SQRT_HALF",)
    }  # fmt: skip
    for name, f in vars(rules).items():
        if inspect.isfunction(f) and name.startswith("_") and "partial" not in name:
            found[name] = "\n" + inspect.getsource(f)
    for name, rule in RULES.items():
        if name.isidentifier() and name not in ("neg", "where", "sum", "dot", "logsumexp", "abs"):
            found[name] = _definition(name, rule.value)
    found["absolute"] = "absolute = math.fabs"
    for name, function in (("divide", "_div"), ("floor_divide", "_floordiv"), ("modulo", "_mod"), ("power", "_pow")):
        found[name] = f"{name} = {function}"
    found["place"] = (
        "\ndef place(index, n):\n"
        "    at = index + n if index < 0 else index\n"
        "    return int(at) if 0 <= at < n and at == math.floor(at) else -1\n"
    )
    return found


def _definition(name: str, value: Any) -> str:
    """The line that gives a rule's value its name."""
    if inspect.isbuiltin(value):
        return f"{name} = math.{value.__name__}"
    if value.__name__ != "<lambda>" and vars(rules).get(value.__name__) is value:
        return f"{name} = {value.__name__}"
    # the second argument of rule(name, value, ...), in the table of rules.py
    text = inspect.getsource(rules)
    start = text.index("rule(" + f'"{name}", ') + len(f'rule("{name}", ')
    found, *more = arguments(text[start : text.index("\n", start)])
    while found.startswith("lambda") and ":" not in found:  # the comma stood between the arguments of the lambda
        found += ", " + more.pop(0)
    return f"{name} = {found}"
