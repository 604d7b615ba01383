"""The smallest expression on which a class of Values goes wrong.

Expressions grow from one operation to three, and among those of one size from simple numbers to hard ones, so the
first that fails is the smallest. Then come larger ones, drawn at random (always the same); one that fails is shrunk.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from ..engines import Value
from .programs import PROTOCOLS, Difference, Operand, Program, Run, Step, first_difference, names, run

Form = tuple[str, tuple[Operand, ...]]
"""An operation and what its operands are: constants, and "x" for a Value."""

METHODS = ("exp", "log", "tanh", "relu", "sigmoid", "sqrt", "sin", "cos")
FORMS: list[Form] = [
    ("neg", ("x",)),
    *((op, operands) for c in (2, 0.5) for op in "+*-/" for operands in (("x", c), (c, "x"))),
    *(("**", ("x", n)) for n in (2, 3, -1, 0.5, 1, 0)),
    *((op, ("x", "x")) for op in "+*-/"),
    *((name, ("x",)) for name in (*METHODS, "abs")),
    ("**", ("x", "x")),
    ("**", (2, "x")),
]
PLAIN: list[Form] = [("neg", ("x",)), ("+", ("x", "x")), ("*", ("x", "x")), ("*", ("x", 2))]  # of these, three in a row
KINKS = ("relu", "abs")  # at 0 engines may choose their derivative

NUMBERS = ((3.0, -2.0), (-2.0, 0.5), (0.5, 3.0), (0.0, 2.0))  # of the leaves a and b, the simplest first
GROWN = 3  # operations; up to so many, expressions are tried one after the other
LARGE = 3000  # how many programs are drawn at random
LARGEST_NUMBER = 1e6  # in these, so that rounding stays small


@dataclass(frozen=True, slots=True)
class Failure:
    """A program on which a class is wrong, and its first wrong number."""

    program: Program
    protocol: str
    difference: Difference


def expected(program: Program, protocol: str = "once") -> Run:
    """What our Value gives."""
    return run(program, Value, protocol)


def failure_of(cls: Any, program: Program, protocol: str) -> Failure | None:
    """How the class fails on this program; None if it does not."""
    difference = first_difference(program, expected(program, protocol), run(program, cls, protocol))
    return Failure(program, protocol, difference) if difference else None


def search(cls: Any, forms: frozenset[Form]) -> tuple[Failure | None, int]:
    """The smallest failure among the programs made of these forms, and how many programs were tried.

    Of two programs of one size and with the same numbers, the smaller is the one that shows it with one backward().
    """
    tried = 0
    for group in programs():
        usable = [program for program in group if forms.issuperset(forms_in(program))]
        tried += len(usable)
        for protocol in PROTOCOLS:
            for program in usable:
                failure = failure_of(cls, program, protocol)
                if failure:
                    drawn = len(program.steps) > GROWN
                    return shrunk(cls, failure, forms) if drawn else failure, tried
    return None, tried


def forms_in(program: Program) -> set[Form]:
    """The forms of its steps."""
    return {(step.op, tuple("x" if isinstance(x, str) else x for x in step.operands)) for step in program.steps}


@cache
def programs() -> tuple[tuple[Program, ...], ...]:
    """All programs in groups of one size and with the same numbers, the smallest first."""
    groups = [
        [
            Program(tuple(zip(leaves, numbers, strict=False)), steps)
            for leaves in ("a", "ab")
            for steps in _grow((), tuple(leaves), size, forms)
            if _all_used(leaves, steps)
        ]
        for size, forms, all_numbers in ((1, FORMS, NUMBERS), (2, FORMS, NUMBERS[:1]), (GROWN, PLAIN, NUMBERS[:1]))
        for numbers in all_numbers
    ]
    return tuple(tuple(filter(has_derivatives, group)) for group in (*groups, _at_random()))


def has_derivatives(program: Program) -> bool:
    """Whether every number is finite, and no engine may choose its derivative."""
    ours = expected(program)
    at_kink = any(s.op in KINKS and ours.numbers[str(s.operands[0]), "data"] == 0 for s in program.steps)
    zero_to_zero = any(
        s.op == "**" and s.operands[1] == 0 and ours.numbers[str(s.operands[0]), "data"] == 0 for s in program.steps
    )
    return ours.finite and not at_kink and not zero_to_zero


def _grow(steps: tuple[Step, ...], known: tuple[str, ...], size: int, forms: list[Form]) -> Iterator[tuple[Step, ...]]:
    """All ways to go on to `size` steps, each of which uses what is known by then."""
    if len(steps) == size:
        yield steps
        return
    name = "y" if len(steps) == size - 1 else "abcde"[len(known)]
    for op, places in forms:
        for operands in product(*(known if place == "x" else (place,) for place in places)):
            yield from _grow((*steps, Step(name, op, operands)), (*known, name), size, forms)


def _all_used(leaves: Iterable[str], steps: tuple[Step, ...]) -> bool:
    used = {x for step in steps for x in step.operands}
    return used.issuperset(leaves) and all(step.name in used for step in steps[:-1])


def _at_random() -> Iterator[Program]:
    """Larger programs of two or three leaves: the same in every process."""
    dice = random.Random(0)
    for _ in range(LARGE):
        leaves = tuple((name, dice.randint(-30, 30) / 10) for name in "abc"[: dice.randint(2, 3)])
        known = [name for name, _ in leaves]
        steps: list[Step] = []
        for i in range(dice.randint(4, 9)):
            op, places = dice.choice(FORMS)
            operands = tuple(dice.choice(known[-3:]) if place == "x" else place for place in places)
            steps.append(Step(f"v{i}", op, operands))
            known.append(steps[-1].name)
        program = tidy(leaves, steps)
        large = max(abs(number) for number in expected(program).numbers.values())
        if len(program.steps) > GROWN and large < LARGEST_NUMBER:
            yield program


def tidy(leaves: Iterable[tuple[str, float]], steps: list[Step]) -> Program:
    """The program without what its result does not need, under new names."""
    needed: set[Operand] = {steps[-1].name}
    for step in reversed(steps):
        if step.name in needed:
            needed.update(step.operands)
    kept = [(name, number) for name, number in leaves if name in needed]
    steps = [step for step in steps if step.name in needed]
    called: dict[Operand, str] = dict(
        zip([name for name, _ in kept] + [s.name for s in steps[:-1]], names(), strict=False)
    )
    called[steps[-1].name] = "y"
    return Program(
        tuple((called[name], number) for name, number in kept),
        tuple(
            Step(called[s.name], s.op, tuple(called[x] if isinstance(x, str) else x for x in s.operands)) for s in steps
        ),
    )


def shrunk(cls: Any, failure: Failure, forms: frozenset[Form]) -> Failure:
    """A program on which the class fails too, and of which nothing more can be left out or made simpler."""
    smaller: Failure | None = failure
    while smaller:
        failure = smaller
        usable = (p for p in _simpler(failure.program) if forms.issuperset(forms_in(p)) and has_derivatives(p))
        smaller = next(filter(None, (failure_of(cls, p, failure.protocol) for p in usable)), None)
    return failure


def _simpler(program: Program) -> Iterator[Program]:
    """The program without one of its steps, with a simpler one in its place, or with a simpler number."""
    leaves, steps = program.leaves, program.steps
    for i, step in enumerate(steps):
        values = [x for x in step.operands if isinstance(x, str)]
        for value in values:  # which takes the place of the step
            rest = [
                Step(s.name, s.op, tuple(value if x == step.name else x for x in s.operands))
                for s in (*steps[:i], *steps[i + 1 :])
            ]
            if step is steps[-1]:  # the value is the result then, if it was made by a step
                made = [s.name for s in rest]
                rest = rest[: made.index(value) + 1] if value in made else []
            if rest:
                yield tidy(leaves, rest)
        if step.op != "neg":
            yield tidy(leaves, [*steps[:i], Step(step.name, "neg", (values[0],)), *steps[i + 1 :]])
    simple = [number for number, _ in NUMBERS]
    for i, (name, number) in enumerate(leaves):
        for simpler in simple[: simple.index(number)] if number in simple else simple:
            yield Program((*leaves[:i], (name, simpler), *leaves[i + 1 :]), steps)
