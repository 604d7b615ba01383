"""The two languages of source.py: how a statement is written, and the rules' formulas as text.

C takes its formulas from rules.h, and Python from rules.py, so none is written a third time.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from .. import _c, rules
from ..rules import RULES
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


class Language:
    """How source.py writes its lines."""

    closing, inf, nan = "", "", ""

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


class C(Language):
    """C99."""

    closing, inf, nan = "}", "INFINITY", "NAN"

    def statement(self, text: str) -> str:
        return text + ";"

    def local(self, name: str, value: str) -> str:
        return f"const double {name} = {value}"

    def variable(self, name: str, value: str) -> str:
        return f"double {name} = {value}"

    def integer(self, name: str, value: str) -> str:
        return f"const int {name} = {value}"

    def loop(self, variable: str, n: int | str) -> str:
        return "{" if n == 1 else f"for (int {variable} = 0; {variable} < {n}; {variable}++) {{"

    def condition(self, test: str) -> str:
        return f"if ({test}) {{"

    def choice(self, test: str, yes: str, no: str) -> str:
        return f"{test} ? {yes} : {no}"

    def value(self, rule: str) -> str:
        return "x != 0 ? y : z" if rule == "where" else rows()[rule][0]

    def partials(self, rule: str) -> list[str]:
        return rows()[rule][1:]

    def call(self, function: str, *operands: str) -> str:
        return f"{'larger' if function == 'maximum' else function}({', '.join(operands)})"

    def page(
        self, program: Program, name: str, numbers: list[float], tables: list[list[int]],
        forward: list[str], backward: list[str], chooses: bool,
    ) -> str:  # fmt: skip
        outputs, size, end = program.outputs.tolist(), max(1, program.slots), program.uniform_end
        copies = [f"    memcpy(a, numbers, {len(numbers)} * sizeof(double));"] if numbers else []
        if program.columns:
            copies.append(f"    memcpy(a + {end}, input, {program.columns} * sizeof(double));")
        wanted = [f"    output[{i}] = a[{slot}];" for i, slot in enumerate(outputs)]
        seeds = [f"    d[{slot}] += seed[{i}];" for i, slot in enumerate(outputs)]
        if chooses:
            seeds = [f"    char r[{size}] = {{0}};  /* has gradient reached it? */", *seeds]
            seeds += [f"    r[{slot}] = 1;" for slot in outputs]
        results = (
            [f"    memcpy(input_gradient, d + {end}, {program.columns} * sizeof(double));"] if program.columns else []
        )
        if program.parameters:
            results.append(f"    memcpy(parameter_gradient, d, {program.parameters} * sizeof(double));")
        lines = [
            f"static void {name}_values(const double *input, double *a) {{", *copies, *forward, "}", "",
            f"void {name}(const double *input, double *output) {{",
            f"    double a[{size}];  /* every number by its slot */",
            f"    {name}_values(input, a);", *wanted, "}", "",
            "/* And the gradient of seed[0] · output[0] + ..., by the inputs and by the parameters. */",
            f"void {name}_gradient(const double *input, const double *seed, double *output,",
            "        double *input_gradient, double *parameter_gradient) {",
            f"    double a[{size}], d[{size}] = {{0}};",
            f"    {name}_values(input, a);", *wanted, *seeds, *backward, *results, "}",
        ]  # fmt: skip
        body = "\n".join(lines)
        head = ["#include <math.h>", "#include <string.h>", "", *needed(body, _c_definitions())]
        if numbers:
            head.append(f"static const double numbers[] = {{{', '.join(map(_c_number, numbers))}}};")
        head += [f"static const int t{i}[] = {{{', '.join(map(str, table))}}};" for i, table in enumerate(tables)]
        return "\n".join([*head, "", body, ""])


def _c_number(number: float) -> str:
    if number != number:
        return "NAN"
    return f"{'-' * (number < 0)}INFINITY" if number - number != 0 else repr(number)


@cache
def _table() -> str:
    return (Path(_c.__path__[0]) / "rules.h").read_text()


@cache
def rows() -> dict[str, list[str]]:
    """For each rule of rules.h its value and its partials."""
    found = dict[str, list[str]]()
    section = ""
    for line in _table().splitlines():
        if match := re.match(r"#define (\w+)_RULES\(_\)", line):
            section = match[1]
        if section in ("BINARY", "UNARY") and (match := re.match(r" +_\((.*)\)\s*\\?$", line)):
            _, name, *formulas = _arguments(match[1])
            found[name.strip('"')] = formulas if section == "BINARY" else formulas[1:]  # after the method's name
    return found


def _arguments(text: str) -> list[str]:
    """Cut the arguments of a macro at the commas that stand in no parentheses."""
    found, depth = [""], 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and not depth:
            found.append("")
        else:
            found[-1] += letter
    return [argument.strip() for argument in found]


@cache
def _c_definitions() -> dict[str, str]:
    """The constants and functions that formulas in rules.h speak of, and `place`."""
    text = _table()
    found = {name: f"static const double {name} = {n};" for name, n in re.findall(r"([A-Z]\w+) = ([\d.]+)[;,]", text)}
    for match in re.finditer(r"^INLINE (double (\w+)\(.*?\) \{(?:.*\}|(?s:.*?)^\}))$", text, re.MULTILINE):
        found[match[2]] = "static " + match[1]
    found["place"] = (
        "static int place(double index, int n) {\n"
        "    double at = index < 0 ? index + n : index;\n"
        "    return at >= 0 && at < n && at == floor(at) ? (int)at : -1;\n"
        "}"
    )
    return found


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
            seeds += [f"    r[{slot}] = True" for slot in outputs]
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
        head = [*needed(body, _python_definitions())]
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
    found, *more = _arguments(text[start : text.index("\n", start)])
    while found.startswith("lambda") and ":" not in found:  # the comma stood between the arguments of the lambda
        found += ", " + more.pop(0)
    return f"{name} = {found}"
