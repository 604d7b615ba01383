"""C99: its statements, and the rules' formulas as rules.h has them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from .. import _c
from .languages import Language, arguments, needed
from .program import Program


class C(Language):
    """C99."""

    closing, inf, nan = "}", "INFINITY", "NAN"

    def definitions(self) -> dict[str, str]:
        return _c_definitions()

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
            seeds += [f"    r[{slot}] |= seed[{i}] != 0;" for i, slot in enumerate(outputs)]
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
        head = ["#include <math.h>", "#include <string.h>", "", *needed(body, self.definitions())]
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
            _, name, *formulas = arguments(match[1])
            found[name.strip('"')] = formulas if section == "BINARY" else formulas[1:]  # after the method's name
    return found


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
