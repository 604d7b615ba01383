"""A Program with its parameters as source text: a function in C or Python that needs nothing but itself.

    >>> from autograd import Value
    >>> from autograd.compiler import Graph, lower
    >>> w, x = Value(3.0), Value(0.0)
    >>> graph, _ = Graph.of([(w * x).tanh()], inputs=[x], before=w.serial + 1)
    >>> namespace = {}
    >>> exec(to_python(lower(graph), [3.0], "f"), namespace)
    >>> namespace["f"]([0.5]) == [tanh(1.5)]
    True

Both texts have `f`, the outputs of one sample, and `f_gradient`, which also gives the gradient of Σ seed · output by
the inputs and by the parameters.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from math import tanh as tanh  # for the example above

import numpy as np

from .c_language import C
from .languages import Language, reads
from .names import taken
from .program import DOT, LOGSUMEXP, PRODUCT, SUM, TAKE, Program, Run, Slots
from .python_language import Python
from .steps import WHERE


def to_c(program: Program, parameters: Sequence[float], name: str = "f") -> str:
    """C99: `void f(const double *input, double *output)`, and f_gradient."""
    return _text(program, C(), name, parameters)


def to_python(program: Program, parameters: Sequence[float], name: str = "f") -> str:
    """Python: `f(input)` gives the list of outputs; f_gradient(input, seed) that and two lists of gradients."""
    return _text(program, Python(), name, parameters)


def _text(program: Program, language: Language, name: str, parameters: Sequence[float]) -> str:
    _check_name(name, language)
    if len(parameters) != program.parameters:
        raise ValueError(f"the program has {program.parameters} parameters, got {len(parameters)} numbers")
    return _Writer(program, language, name).text(parameters)


def _check_name(name: str, language: Language) -> None:
    if not (name.isidentifier() and name.isascii()):
        raise ValueError(f"name must be the name of a function in C and in Python, got {name!r}")
    use = taken(name)
    if name in language.definitions() or re.fullmatch(r"numbers|t\d+", name):
        use = use or "a name that the source itself uses"
    if use:
        raise ValueError(f"name must be free for a function in C and in Python: {name!r} is {use}; try 'my_{name}'")


class _Writer:
    """The lines of the two functions. In them a is the list of all values by slot, d that of all gradients.

    r says which slots gradient has reached. It is there if some operand is chosen when the function runs, and where
    there are several outputs, of which one whose seed is 0 sends nothing.
    """

    def __init__(self, program: Program, language: Language, name: str) -> None:
        self.program, self.language, self.name = program, language, name
        self.lines, self.depth = list[str](), 1
        self.tables = dict[tuple[int, ...], int]()  # the numbers of each, and its place among them
        self.chooses = len(program.outputs) > 1 or any(run.opcode in (WHERE, TAKE) for run in program.runs)

    def text(self, parameters: Sequence[float]) -> str:
        for run in self.program.runs:
            self.forward(run)
        forward, self.lines = self.lines, list[str]()
        for run in reversed(self.program.runs):
            self.backward(run)
        backward = self.lines
        numbers = [*map(float, parameters), *self.program.constants.tolist()]
        tables = [list(table) for table in self.tables]
        return self.language.page(self.program, self.name, numbers, tables, forward, backward, self.chooses)

    # Lines

    def put(self, *statements: str) -> None:
        self.lines += ["    " * self.depth + self.language.statement(statement) for statement in statements]

    @contextmanager
    def block(self, opening: str) -> Generator[None, None, None]:
        """Lines that stand inside a loop or a condition; without an opening they just follow."""
        if not opening:
            yield
            return
        self.lines.append("    " * self.depth + opening)
        self.depth += 1
        yield
        self.depth -= 1
        if self.language.closing:
            self.lines.append("    " * self.depth + self.language.closing)

    def loop(self, variable: str, n: int | str) -> AbstractContextManager[None]:
        return self.block(self.language.loop(variable, n))

    def let(self, **values: str) -> None:
        """Give names to numbers."""
        self.put(*[self.language.local(name, value) for name, value in values.items()])

    def at(self, slots: Slots, *variables: str) -> str:
        """The slot at some place of an array of slots: by a formula if there is one, else from a table."""
        strides = [int(np.diff(slots, axis=i).flat[0]) if n > 1 else 0 for i, n in enumerate(slots.shape)]
        steps = np.array(strides).reshape(-1, *[1] * slots.ndim)
        if (slots == slots.flat[0] + (steps * np.indices(slots.shape)).sum(0)).all():
            return _sum(int(slots.flat[0]), zip(strides, variables, strict=True))
        table = self.tables.setdefault(tuple(slots.ravel().tolist()), len(self.tables))
        sizes = [int(np.prod(slots.shape[i + 1 :])) if n > 1 else 0 for i, n in enumerate(slots.shape)]
        return f"t{table}[{_sum(0, zip(sizes, variables, strict=True))}]"

    def add(self, slot: str, share: str) -> None:
        """Send gradient to a slot."""
        self.put(f"d[{slot}] += {share}")
        if self.chooses:
            self.put(f"r[{slot}] = 1")

    # Runs

    def forward(self, run: Run) -> None:
        out = self.at(np.arange(run.out, run.out + run.n, dtype=np.int32), "i")
        with self.loop("i", run.n):
            if run.opcode in (DOT, PRODUCT):
                w, x, *bias = run.operands
                k, start = w.shape[1], f"a[{self.at(bias[0], 'i')}]" if bias else "0.0"
                self.put(self.language.variable("s", start))
                with self.loop("j", k):
                    self.put(f"s += a[{self.at(w, 'i', 'j')}] * a[{self.at(x, 'i', 'j')}]")
                self.put(f"a[{out}] = s")
            elif run.opcode in (SUM, LOGSUMEXP):
                self.forward_list(run, out)
            elif run.opcode == TAKE:
                index, entries = run.operands
                self.place(index, entries)
                taken = f"a[{self.at(entries, 'i', 'j')}]"
                self.put(f"a[{out}] = {self.language.choice('j >= 0', taken, self.language.nan)}")
            else:
                self.let(**{name: f"a[{self.at(slots, 'i')}]" for name, slots in self.used(run, run_value=True)})
                self.put(f"a[{out}] = {self.language.value(run.name)}")

    def backward(self, run: Run) -> None:
        out = self.at(np.arange(run.out, run.out + run.n, dtype=np.int32), "i")
        with self.loop("i", run.n):
            if self.chooses:
                with self.block(self.language.condition(f"r[{out}]")):
                    self.send(run, out)
            else:
                self.send(run, out)

    def send(self, run: Run, out: str) -> None:
        """The gradients of the operands of node i."""
        self.let(g=f"d[{out}]")
        if run.opcode in (DOT, PRODUCT):
            w, x, *bias = run.operands
            if bias:
                self.add(self.at(bias[0], "i"), "g")
            with self.loop("j", w.shape[1]):
                to_w, to_x = self.at(w, "i", "j"), self.at(x, "i", "j")
                self.add(to_w, f"g * a[{to_x}]")
                self.add(to_x, f"g * a[{to_w}]")
        elif run.opcode in (SUM, LOGSUMEXP):
            slot, count = self.lists(run)
            with self.loop("j", count):
                self.add(
                    slot, "g" if run.opcode == SUM else f"g * {self.language.call('exp', f'a[{slot}] - a[{out}]')}"
                )
        elif run.opcode == TAKE:
            index, entries = run.operands
            self.place(index, entries)
            with self.block(self.language.condition("j >= 0")):
                self.add(self.at(entries, "i", "j"), "g")
        elif run.opcode == WHERE:
            condition, x, y = (self.at(slots, "i") for slots in run.operands)
            for test, branch in ((f"a[{condition}] != 0", x), (f"a[{condition}] == 0", y)):
                with self.block(self.language.condition(test)):
                    self.add(branch, "g")
        else:
            names = dict(self.used(run, run_value=False))
            self.let(**{name: f"a[{self.at(slots, 'i')}]" for name, slots in names.items()})
            for slots, partial in zip(run.operands, self.language.partials(run.name), strict=True):
                self.add(self.at(slots, "i"), f"g * ({partial})")

    def used(self, run: Run, run_value: bool) -> Iterator[tuple[str, Slots]]:
        """The names that the rule's formulas read (x, y, z, and v in partials), and the slots that these stand for."""
        formulas = [self.language.value(run.name)] if run_value else self.language.partials(run.name)
        results = np.arange(run.out, run.out + run.n, dtype=np.int32)
        for name, slots in (*zip("xyz", run.operands, strict=False), ("v", results)):
            if any(reads(formula, name) for formula in formulas):
                yield name, slots

    def forward_list(self, run: Run, out: str) -> None:
        slot, count = self.lists(run)
        number = f"a[{slot}]"
        if run.opcode == LOGSUMEXP:
            self.put(self.language.variable("top", f"-{self.language.inf}"))
            with self.loop("j", count):
                self.put(f"top = {self.language.call('maximum', 'top', number)}")
        self.put(self.language.variable("s", "0.0"))
        with self.loop("j", count):
            self.put(f"s += {number if run.opcode == SUM else self.language.call('exp', f'{number} - top')}")
        total = f"top + {self.language.call('log', 's')}"
        self.put(f"a[{out}] = {'s' if run.opcode == SUM else self.language.choice('top - top == 0', total, 'top')}")

    def lists(self, run: Run) -> tuple[str, str]:
        """The slot of operand j of node i of a sum or logsumexp, and how many operands it has."""
        counts, operands = run.operands
        first = self.at((np.cumsum(counts) - counts).astype(np.int32), "i")
        return self.at(operands, "j" if first == "0" else f"({first} + j)"), self.at(counts, "i")

    def place(self, index: Slots, entries: Slots) -> None:
        self.put(
            self.language.integer("j", self.language.call("place", f"a[{self.at(index, 'i')}]", f"{entries.shape[1]}"))
        )


def _sum(first: int, terms: Iterable[tuple[int, str]]) -> str:
    """The text of first + stride · variable + ..."""
    words = [variable if stride == 1 else f"{stride} * {variable}" for stride, variable in terms if stride]
    return " + ".join([str(first)] * (first != 0 or not words) + words)
