"""A program: an expression written one operation at a time, to be run on any class of Values.

    >>> a_squared = Program((("a", 3.0),), (Step("y", "*", ("a", "a")),))
    >>> print(a_squared.code("Value"))
    a = Value(3.0); y = a * a; y.backward()
    >>> run(a_squared, Value).numbers["a", "grad"]
    6.0

The steps of one program are the same nodes on every class, so their numbers can be compared one by one.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, count
from math import isfinite
from textwrap import shorten
from typing import Any

from ..engines import Value
from ..graph import oldest_first

Operand = str | float
"""The name of a leaf or of an earlier step, or a constant."""
SYMBOLS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    "//": lambda x, y: x // y,
    "%": lambda x, y: x % y,
    "**": lambda x, y: x**y,
}
UNARY: dict[str, Callable[[Any], Any]] = {"neg": lambda x: -x, "abs": abs}
PROTOCOLS = ("once", "twice", "zeroed")
"""What happens after the forward pass: backward(); backward() twice; backward(), gradients to zero, backward()."""
LONGEST = 12  # lines that are shown in full
WIDTH = 100  # characters


@dataclass(frozen=True, slots=True)
class Step:
    """One operation: `name = op(operands)`."""

    name: str
    op: str
    operands: tuple[Operand, ...]

    def code(self) -> str:
        """This step as Python code."""
        xs = [x if isinstance(x, str) else repr(x) for x in self.operands]
        if self.op in SYMBOLS:
            left = f"({xs[0]})" if xs[0].startswith("-") else xs[0]
            return f"{self.name} = {left} {self.op} {xs[1]}"
        if self.op == "neg":
            return f"{self.name} = -{xs[0]}"
        if len(xs) == 1 and self.op != "abs" and hasattr(Value, self.op):
            return f"{self.name} = {xs[0]}.{self.op}()"
        return f"{self.name} = {self.op}({', '.join(xs)})"


@dataclass(frozen=True, slots=True)
class Program:
    """Leaves with their numbers, and the steps; the last step is the result."""

    leaves: tuple[tuple[str, float], ...]
    steps: tuple[Step, ...]

    @property
    def root(self) -> str:
        """The name of the result."""
        return self.steps[-1].name

    @property
    def backward_order(self) -> list[str]:
        """All names, each after everything that was made from it: the order in which gradients are known."""
        return [step.name for step in reversed(self.steps)] + [name for name, _ in self.leaves]

    def forward(self, cls: str) -> list[str]:
        """The lines of Python that make the leaves and the result, as people would type them."""
        lines = [f"{name} = {cls}({number!r})" for name, number in self.leaves]
        lines += [step.code() for step in self.steps]
        if len(lines) > LONGEST:
            lines[LONGEST - 3 : -2] = [f"...  # and {len(lines) - LONGEST + 1} lines more"]
        return lines

    def backward(self, protocol: str, zero: str) -> list[str]:
        """The lines that follow; `zero` sets a leaf's gradient to zero: ".grad = 0.0" or ".zero_grad()"."""
        sweep = f"{self.root}.backward()"
        between = [name + zero for name, _ in self.leaves] if protocol == "zeroed" else []
        return [sweep] if protocol == "once" else [sweep, *between, sweep]

    def code(self, cls: str, protocol: str = "once", zero: str = ".grad = 0.0") -> str:
        """All of it, on one line if it is short."""
        return joined(self.forward(cls) + self.backward(protocol, zero))


def joined(lines: list[str]) -> str:
    """Lines of Python as one, if that is short."""
    one = "; ".join(lines)
    return one if len(one) <= WIDTH and "#" not in one else "\n".join(lines)


@dataclass(slots=True)
class Run:
    """What a program gave on one class."""

    nodes: dict[str, Any] = field(default_factory=dict[str, Any])
    numbers: dict[tuple[str, str], Any] = field(default_factory=dict[tuple[str, str], Any])
    """(name, "data") and (name, "grad") → the number: the data as they are made, then the grads as they are known."""
    error: str = ""
    """What was raised, such as "ZeroDivisionError: ...", and with it the end."""
    error_at: str = ""
    """The step at which it was raised; the result, if that was in backward()."""

    @property
    def finite(self) -> bool:
        """Whether nothing was raised and every number is finite."""
        return not self.error and all(map(isfinite, self.numbers.values()))


def call(cls: Any, op: str, operands: list[Any]) -> Any:
    """The operation on the operands, as a person would write it: an operator or a method."""
    if op in SYMBOLS:
        return SYMBOLS[op](*operands)
    if op in UNARY:
        return UNARY[op](*operands)
    if len(operands) == 1 and hasattr(operands[0], op):
        return getattr(operands[0], op)()
    return cls.apply(op, *operands)  # maximum, where, dot ...: our Value and the zoo's engines have them so


def run(program: Program, cls: Any, protocol: str = "once") -> Run:
    """Build the program from `cls`, do what the protocol says, and read all numbers."""
    result = Run()
    nodes, numbers = result.nodes, result.numbers
    try:
        for name, number in program.leaves:
            result.error_at = name
            nodes[name] = cls(number)
        for step in program.steps:
            result.error_at = step.name
            nodes[step.name] = call(cls, step.op, [nodes[x] if isinstance(x, str) else x for x in step.operands])
        for name, node in nodes.items():
            result.error_at = name
            numbers[name, "data"] = _number(node.data)
        result.error_at = program.root
        root = nodes[program.root]
        root.backward()
        if protocol == "zeroed":
            for name, _ in program.leaves:
                zero_grad(nodes[name])
        if protocol != "once":
            root.backward()
        for name in program.backward_order:
            numbers[name, "grad"] = _number(nodes[name].grad)
    except Exception as error:  # whatever a person's class may raise is an observation
        result.error = shorten(f"{type(error).__name__}: {error}".rstrip(": "), WIDTH)
    else:
        result.error_at = ""
    return result


def zero_grad(leaf: Any) -> None:
    """Forget the gradient of a leaf, as its class does it."""
    if hasattr(leaf, "zero_grad"):
        leaf.zero_grad()
    else:
        leaf.grad = 0.0


def _number(x: Any) -> Any:
    """x as a float; as it is, if it is no number."""
    try:
        return float(x)
    except (TypeError, ValueError):
        return x


@dataclass(frozen=True, slots=True)
class Difference:
    """The first number in which a run on another class differs from ours."""

    name: str
    what: str  # "data" or "grad"
    expected: Any
    got: Any  # what is there instead; if an error was raised, its text
    raised: bool = False

    @property
    def wanted(self) -> str:
        """What is right, in as many digits as tell it from what came."""
        short = show(self.expected)
        return repr(self.expected) if short == show(self.got) and not self.raised else short

    @property
    def shown(self) -> str:
        """What is there instead; in as many digits."""
        short = self.got if self.raised else show(self.got)
        return repr(self.got) if short == show(self.expected) and not self.raised else short

    @property
    def came(self) -> str:
        """What came instead, in words."""
        return f"{'raised' if self.raised else 'got'} {self.shown}"

    def like(self, other: Difference) -> bool:
        """Whether it is the same but for rounding; or the same kind of error, for that may come early or late."""
        if self.raised and other.raised:
            return self.got.split(":")[0] == other.got.split(":")[0]
        return (self.name, self.what) == (other.name, other.what) and _close(self.got, other.got, 1.0)


def first_difference(program: Program, ours: Run, theirs: Run) -> Difference | None:
    """The first number, forwards through the data and then backwards through the gradients, that differs; or None.

    Only data and the gradients of leaves must be equal (an engine may keep no others), but where one of
    these is wrong, the first wrong gradient on the way to it says more.
    """
    if theirs.error:
        forward = (theirs.error_at, "data") not in theirs.numbers
        name = theirs.error_at if forward else program.leaves[0][0]
        what = "data" if forward else "grad"
        return Difference(name, what, ours.numbers[name, what], theirs.error, raised=True)
    scale = max(1.0, *(abs(x) for x in ours.numbers.values() if isfinite(x)))
    wrong = [key for key, number in ours.numbers.items() if not _close(number, theirs.numbers[key], scale)]
    leaves = {name for name, _ in program.leaves}
    must = [(name, what) for name, what in wrong if what == "data" or name in leaves]
    if not must:
        return None
    name, what = next(key for key in wrong if key in must or isinstance(theirs.numbers[key], float))
    return Difference(name, what, ours.numbers[name, what], theirs.numbers[name, what])


def _close(x: Any, y: Any, scale: float) -> bool:
    if not isinstance(x, float) or not isinstance(y, float):
        return False
    if isfinite(x) and isfinite(y):
        return abs(x - y) <= 1e-9 * scale  # rounding differs from class to class
    return x == y or (x != x and y != y)


def names(taken: Iterable[str] = ()) -> Iterator[str]:
    """a, b, c ... without those that are taken, and without y, the result."""
    letters = (chr(i) for i in range(ord("a"), ord("y")))
    return (name for name in chain(letters, (f"v{i}" for i in count(1))) if name not in taken)


def program_of(root: Value, inputs: dict[Value, str]) -> Program:
    """The program that makes this graph. Leaves have the names of the inputs, or of their labels where these can be.

    Raises:
        ValueError: the root was made by no operation.
    """
    nodes = sorted(oldest_first(root), key=lambda node: node.serial)
    if not root.operands:
        raise ValueError("this expression has no operation: what it returns was not made from its inputs")
    called = {node: name for node, name in inputs.items() if node in nodes}
    for node in nodes:
        name = node.label
        if not node.operands and node not in called and _is_name(name) and name not in called.values():
            called[node] = name
    free = names({*called.values()})
    for node in nodes:
        if node not in called:
            called[node] = "y" if node is root and "y" not in called.values() else next(free)
    leaves = [node for node in called if not node.operands]
    steps = [
        Step(called[node], node.op, tuple(called[x] if isinstance(x, Value) else x for x in node.operands))
        for node in nodes
        if node.operands
    ]
    return Program(tuple((called[node], node.data) for node in leaves), tuple(steps))


def _is_name(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)


def show(number: Any) -> str:
    """A number as people read it."""
    return f"{number:.6g}" if isinstance(number, float) else repr(number)
