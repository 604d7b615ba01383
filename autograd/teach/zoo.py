"""The zoo: the famous wrong engines of this field, each beside the right one, on your own expression.

    >>> from autograd.teach import zoo
    >>> zoo.bugs["overwrite"].run(lambda x: x * x * x, 3.0)
    Writes = for +=. zoo.bugs["overwrite"]
      x = Value(3.0); a = x * x; y = a * x; y.backward()
    <BLANKLINE>
               right  wrong
        y.grad     1      1
        a.grad     3      3
      > x.grad    27      9
    >>> print(zoo.bugs["overwrite"].source.splitlines()[-1].strip())
    x.grad = self.grad * partial  # right: +=

`zoo.compare(f, *inputs)` runs all of them. What they give has a `picture`: the graph, with the first node that
differs lit.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from textwrap import fill, indent
from typing import Any

from ..engines import Value
from . import wrong
from .highlight import lit
from .programs import PROTOCOLS, WIDTH, Difference, Program, Run, first_difference, joined, program_of, run, show
from .right import Right
from .search import FORMS, Failure, search

ROWS = 12  # of the table of numbers
ZERO = ".zero_grad()"  # how the engines of the zoo forget a gradient
AFTER = {"once": "", "twice": " (at a second backward())", "zeroed": " (after zero_grad(), at a second backward())"}


@dataclass(frozen=True)
class Bug:
    """A famous mistake.

    Attributes:
        name: its name in `zoo.bugs`.
        cls: the wrong engine, a class with operators, `data`, `grad` and `backward()`.
    """

    name: str
    cls: type[Right]

    @property
    def title(self) -> str:
        """What it is, in a few words."""
        return inspect.cleandoc(self.cls.__doc__ or "").splitlines()[0]

    @property
    def heading(self) -> str:
        """Its title, and where it is found."""
        return f'{self.title} zoo.bugs["{self.name}"]'

    @property
    def story(self) -> str:
        """Who makes it, and why it looks right."""
        return " ".join(inspect.cleandoc(self.cls.__doc__ or "").splitlines()[2:])

    @property
    def source(self) -> str:
        """The wrong engine in Python: what it changes in `autograd.teach.Right`."""
        return inspect.getsource(self.cls)

    @cached_property
    def smallest(self) -> Failure:
        """The smallest expression that shows it."""
        failure, _ = search(self.cls, frozenset(FORMS))
        assert failure, f"the engine of {self.name} is right"
        return failure

    def run(self, f: Callable[..., Value], *inputs: float) -> Comparison:
        """The wrong engine beside the right one, on the expression f(*inputs).

        Args:
            f: a function of Values that returns a Value, made of operators, methods or functions of autograd.
            inputs: the numbers it is called with.

        Raises:
            TypeError: f does not return a Value.
            ValueError: what f returns was not made from Values by operations.

            >>> bugs["tanh of the input"].run(lambda x: (x * 0.5).tanh(), 2.0).difference.got
            0.0
        """
        return _compared(self, _traced(f, inputs))

    def __repr__(self) -> str:
        return f"{self.heading}\n{fill(self.story, WIDTH)}"


@dataclass(frozen=True)
class Comparison:
    """A wrong engine and the right one on one expression.

    Attributes:
        bug: what is wrong.
        program: the expression, operation by operation.
        protocol: "once", "twice" or "zeroed": how often backward() was called, and whether the gradients were
            set to zero between; the first of these that shows the bug.
        difference: the first number that differs, forwards through the data, then backwards through the
            gradients; None where the bug does not show.
    """

    bug: Bug
    program: Program
    protocol: str
    difference: Difference | None
    right: Run
    wrong: Run

    @property
    def picture(self) -> Any:
        """The graph with the right numbers (`autograd.draw`), and the first node that differs lit."""
        return lit(self.program, self.protocol, self.difference, "wrong")

    def __bool__(self) -> bool:
        return self.difference is not None

    def __repr__(self) -> str:
        lines = [self.bug.heading]
        lines += [indent(self.program.code("Value", self.protocol, ZERO), "  "), ""]
        if self.difference is None:
            smallest = self.bug.smallest
            lines += ["  It does not show here: both engines give the same numbers. It shows on"]
            lines += ["  " + smallest.program.code("Value", smallest.protocol, ZERO)]
        elif self.difference.raised:
            lines += [f"  > {self.difference.name}.{self.difference.what}: {_both(self.difference)}"]
        else:
            lines += self._table(self.difference)
        return "\n".join(lines)

    def _table(self, difference: Difference) -> Iterator[str]:
        """The numbers of both engines, in the order in which they are known; the first that differs is marked."""
        keys = [key for key in self.right.numbers if key[1] == difference.what]
        first = keys.index((difference.name, difference.what))
        start = max(0, min(first - ROWS // 2, len(keys) - ROWS))
        rows = [("", "", "right", "wrong")]
        for i, key in list(enumerate(keys))[start : start + ROWS]:
            mark = ">" if i == first else ""
            rows.append((mark, ".".join(key), show(self.right.numbers[key]), show(self.wrong.numbers[key])))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for mark, name, right, theirs in rows:
            yield f"  {mark:1} {name:{widths[1]}}  {right:>{widths[2]}}  {theirs:>{widths[3]}}"


class Comparisons(tuple[Comparison, ...]):
    """What `zoo.compare` gives: a Comparison for each bug; as text, a line for each."""

    __slots__ = ()

    def __repr__(self) -> str:
        program = self[0].program
        lines = [joined(program.forward("Value")), ""]
        for comparison in self:
            d = comparison.difference
            what = f"{d.name}.{d.what}: {_both(d)}{AFTER[comparison.protocol]}" if d else "does not show here"
            lines.append(f"{comparison.bug.name:{max(map(len, bugs))}}  {what}")
        return "\n".join(lines)


def _both(difference: Difference) -> str:
    return f"right {difference.wanted}, wrong {difference.shown}"


def compare(f: Callable[..., Value], *inputs: float) -> Comparisons:
    """Run every wrong engine of the zoo beside the right one, on the expression f(*inputs); see `Bug.run`.

    >>> [comparison.bug.name for comparison in compare(lambda a: a + a, 2.0) if comparison]
    ['overwrite', 'set of parents', 'leaves reset', 'forgotten zero_grad', 'no seed']
    """
    program = _traced(f, inputs)
    return Comparisons(_compared(bug, program) for bug in bugs.values())


def _traced(f: Callable[..., Value], inputs: tuple[float, ...]) -> Program:
    """The program of f(*inputs)."""
    leaves = [Value(x) for x in inputs]
    result: Any = f(*leaves)
    if not isinstance(result, Value):
        raise TypeError(f"the function must return a Value, got {type(result).__name__}: {result!r}")
    try:
        called = list(inspect.signature(f).bind(*leaves).arguments)
    except (TypeError, ValueError):  # a builtin has no signature
        called = []
    letters = called if len(called) == len(leaves) else [f"x{i}" for i in range(1, len(leaves) + 1)]
    return program_of(result, dict(zip(leaves, letters, strict=True)))


def _compared(bug: Bug, program: Program) -> Comparison:
    for protocol in PROTOCOLS:
        if comparison := _under(protocol, bug, program):
            return comparison
    return _under("once", bug, program)


def _under(protocol: str, bug: Bug, program: Program) -> Comparison:
    right, theirs = run(program, Value, protocol), run(program, bug.cls, protocol)
    return Comparison(bug, program, protocol, first_difference(program, right, theirs), right, theirs)


bugs: dict[str, Bug] = {
    name: Bug(name, cls)
    for name, cls in (
        ("overwrite", wrong.Overwrite),
        ("no order", wrong.NoOrder),
        ("set of parents", wrong.ParentSet),
        ("no chain", wrong.NoChain),
        ("interior not reset", wrong.StaleInterior),
        ("leaves reset", wrong.ResetLeaves),
        ("forgotten zero_grad", wrong.ForgottenZeroGrad),
        ("no seed", wrong.NoSeed),
        ("tanh of the input", wrong.TanhOfInput),
        ("pow at 0", wrong.PowAtZero),
        ("reflected minus", wrong.TurnedAround),
    )
}
"""The zoo, by name."""
