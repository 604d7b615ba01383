"""Is a Value class right? The one that you wrote beside ours, on expressions that grow.

>>> from autograd.teach import check
>>> from autograd.teach.wrong import Overwrite
>>> check(Overwrite)
Overwrite is wrong. The smallest expression that shows it:
<BLANKLINE>
  a = Overwrite(3.0); y = a + a; y.backward()
<BLANKLINE>
  a.grad: expected 2, but got 1
<BLANKLINE>
Likely cause: Writes = for +=. Every first draft has it: ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, islice
from textwrap import fill, indent
from typing import Any

from . import zoo
from .highlight import lit
from .programs import PROTOCOLS, WIDTH, Difference, Program, Step, call, first_difference, run
from .search import FORMS, Failure, Form, expected, failure_of, forms_in, programs, search

METHOD_OF = {"+": "add", "-": "sub", "*": "mul", "/": "truediv", "**": "pow", "neg": "neg", "abs": "abs"}
PROBES = 1000  # so many of the smallest programs tell likely causes apart
MISSING = 8  # operations that are listed
CHAIN = 5000  # operations, one after the other: deeper than Python recurses


@dataclass(frozen=True)
class CheckResult:
    """What `check` found: true if all is right, and as text a report.

    Attributes:
        cls: the class that was checked.
        forms: the operations that it has.
        tried: how many expressions were tried.
        failure: the smallest expression that shows a fault (its `program`, `protocol` and `difference`), or None.
        missing: the operations that it does not have, which is no fault.
        notes: what else is no fault, but good to know.
    """

    cls: Callable[[float], Any]
    forms: frozenset[Form]
    tried: int
    failure: Failure | None
    missing: tuple[str, ...]
    notes: tuple[str, ...]

    def __bool__(self) -> bool:
        return self.failure is None

    @property
    def code(self) -> str:
        """The smallest failing expression in Python; "" if there is none."""
        if self.failure is None:
            return ""
        zero = ".zero_grad()" if hasattr(self.cls(2.0), "zero_grad") else ".grad = 0.0"
        return self.failure.program.code(_name(self.cls), self.failure.protocol, zero)

    @property
    def difference(self) -> Difference | None:
        """Where it differs first: `name`, `what` ("data" or "grad"), `expected` and `got`."""
        return self.failure.difference if self.failure else None

    @property
    def picture(self) -> Any:
        """The graph of that expression with the right numbers, and the node that differs lit (`autograd.draw`)."""
        return lit(self.failure.program, self.failure.protocol, self.difference, "yours") if self.failure else None

    @cached_property
    def causes(self) -> tuple[zoo.Bug, ...]:
        """The bugs of the zoo that give the same wrong numbers, on that expression and on other small ones."""
        if self.failure is None:
            return ()
        failing = self.failure.program, self.failure.protocol
        suspects = [bug for bug in zoo.bugs.values() if self._explained(bug, *failing, exactly=False)]
        ops = {step.op for step in self.failure.program.steps}  # a second mistake, elsewhere, clears no suspect
        usable = [p for group in programs() for p in group if self.forms.issuperset(forms_in(p))]
        alone = [p for p in usable if len(p.steps) == 1 and p.steps[0].op in ops]
        suspects = [bug for bug in suspects if all(self._explained(bug, p, "once", exactly=False) for p in alone)]
        for exactly in (False, True):
            for program in islice(chain.from_iterable(programs()), PROBES):
                for protocol in PROTOCOLS:
                    if len(suspects) > 1 and self.forms.issuperset(forms_in(program)):
                        suspects = [x for x in suspects if self._explained(x, program, protocol, exactly)] or suspects
        return tuple(suspects)

    def _explained(self, bug: zoo.Bug, program: Program, protocol: str, exactly: bool) -> bool:
        """Whether the bug gives the wrong number that the class gives; if `exactly`, also none where it gives none."""
        ours = expected(program, protocol)
        theirs, wrong = (first_difference(program, ours, run(program, cls, protocol)) for cls in (self.cls, bug.cls))
        if theirs is None:
            return wrong is None or not exactly
        return wrong is not None and theirs.like(wrong)

    def _hint(self, failure: Failure) -> list[str]:
        if self.causes:
            return [f"Likely cause: {bug.title} {bug.story}" for bug in self.causes]
        if self._operand_changed(failure):
            return [f"An operation changed its operand: {failure.difference.name} must keep the number that it had."]
        if failure.protocol != "once":
            return ["One backward() gives the right numbers: look at what the second one finds left in the nodes."]
        if len(failure.program.steps) > 1:
            return ["Each operation alone is right: look at how a gradient is passed on from one to the next."]
        if failure.difference.what == "data":
            return ["It goes wrong before any gradient: look at how this operation computes its number."]
        return ["The number is right: look at the gradient that this operation passes on."]

    def _operand_changed(self, failure: Failure) -> bool:
        """Whether a leaf has another number after the operations than it had when it was made."""
        d, leaves = failure.difference, dict(failure.program.leaves)
        return d.what == "data" and not d.raised and d.name in leaves and self.cls(d.expected).data == d.expected

    def __repr__(self) -> str:
        name = _name(self.cls)
        if self.failure is None:
            text = [f"{name} is right: {self.tried:,} expressions gave the numbers of autograd.Value."]
        else:
            d = self.failure.difference
            text = [
                f"{name} is wrong. The smallest expression that shows it:",
                indent(self.code, "  "),
                f"  {d.name}.{d.what}: expected {d.wanted}, but {d.came}",
                *self._hint(self.failure),
            ]
        if self.missing:
            more = len(self.missing) - MISSING
            listed = ", ".join(self.missing[:MISSING]) + (f", and {more} more" if more > 0 else "")
            text.append(f"Not there, so not tried: {listed}.")
        return "\n\n".join(line if line.startswith("  ") else fill(line, WIDTH) for line in (*text, *self.notes))


def check(MyValue: Callable[[float], Any]) -> CheckResult:
    """Compare a class of Values with `autograd.Value`, and find the smallest expression on which it is wrong.

    It is right if, on every expression, each number is that of autograd.Value, `backward()` gives each leaf its
    derivative, called twice gives it twice (leaves accumulate), and after the leaf's gradient was set to zero
    (`leaf.zero_grad()` if there is such a method, else `leaf.grad = 0.0`) gives it once. Where a number or a
    derivative is inf or nan, and at the kinks of relu and abs, a class may do as it likes. `+ - * / **` are tried
    with Values and with numbers on either side, and methods such as `tanh()`, as far as the class has them.

    Args:
        MyValue: a class in the style of micrograd: `MyValue(2.0)` has `data`, `grad` and `backward()`.

    Returns:
        the result: true if MyValue is right. It prints as a report; `.picture` shows where it is wrong.

    Raises:
        TypeError: it is no such class.

        >>> from autograd import Value
        >>> check(Value)
        Value is right: ... expressions gave the numbers of autograd.Value.
    """
    name = _name(MyValue)
    try:
        leaf = MyValue(2.0)
    except Exception as error:
        raise TypeError(
            f"check(MyValue): a class that is called with one number was expected, but {name}(2.0) "
            f"raised {type(error).__name__}: {error}"
        ) from error
    absent = [attribute for attribute in ("data", "grad", "backward") if not hasattr(leaf, attribute)]
    if absent:
        raise TypeError(
            f"check(MyValue): objects with data, grad and backward() were expected, but {name}(2.0) has no {absent[0]}"
        )
    forms = frozenset(form for form in FORMS if _has(MyValue, form))
    refused = [form for form in FORMS if form not in forms]
    if not forms:
        raise TypeError(f"check(MyValue): {name} has no operation that could be tried: {', '.join(_grouped(refused))}")
    failure, tried = search(MyValue, forms)
    notes = () if failure else tuple(_notes(MyValue, forms))
    return CheckResult(MyValue, forms, tried, failure, tuple(_grouped(refused)), notes)


def _name(cls: Any) -> str:
    name = getattr(cls, "__name__", "")
    return name if name.isidentifier() else "MyValue"


def _has(cls: Any, form: Form) -> bool:
    """Whether the class has this operation, be it right or wrong."""
    op, places = form
    leaf = cls(2.0)
    right = places[0] != "x"
    method = f"__{'r' * right}{METHOD_OF[op]}__" if op in METHOD_OF else op
    if not hasattr(leaf, method):
        return False
    try:  # a class may take Values only, or no Value as an exponent, or leave a method to be written
        call(cls, op, [cls(2.0) if place == "x" else place for place in places])
    except NotImplementedError:
        return False
    except Exception as error:
        if len(places) == 1 or (op != "**" and places == ("x", "x")):
            return True
        number_used_as_value = isinstance(error, AttributeError) and isinstance(error.obj, (float, int))
        return not number_used_as_value and not isinstance(error, (TypeError, AssertionError))
    return True


def _grouped(refused: list[Form]) -> list[str]:
    """The operations in Python; those that differ in a number only as one, with n for the number if all are refused."""
    texts: list[str] = []
    for op, places in refused:
        alike = [form for form in FORMS if form[0] == op and _pattern(form) == _pattern((op, places))]
        number = "n" if all(form in refused for form in alike) else None
        letters = iter("ab")
        operands = tuple(next(letters) if x == "x" else number or x for x in places)
        texts.append(Step("", op, operands).code().removeprefix(" = "))
    return list(dict.fromkeys(texts))


def _pattern(form: Form) -> tuple[bool, ...]:
    return tuple(place == "x" for place in form[1])


def _notes(cls: Any, forms: frozenset[Form]) -> Iterator[str]:
    """What large numbers and a long chain do to a class that is otherwise right."""
    for form in FORMS:
        for number in (1000.0, -1000.0):
            program = Program((("a", number),), (Step("y", form[0], ("a",)),))
            if form in forms and len(form[1]) == 1 and expected(program).finite:
                yield from _note(cls, program, program.code(_name(cls)))
    if ("**", ("x", 0)) in forms:  # n · xⁿ⁻¹, the rule of the textbooks, divides by 0 there
        program = Program((("a", 0.0),), (Step("y", "**", ("a", 0)),))
        yield from _note(cls, program, program.code(_name(cls)))
    if ("+", ("x", "x")) in forms:
        steps = [Step(f"v{i}", "+", (f"v{i - 1}" if i else "a", "a")) for i in range(CHAIN)]
        program = Program((("a", 2.0),), tuple(steps))
        yield from _note(cls, program, f"{CHAIN:,} times y = y + a; y.backward()")


def _note(cls: Any, program: Program, what: str) -> Iterator[str]:
    failure = failure_of(cls, program, "once")
    if failure:
        d = failure.difference
        advice = "; a loop over a list of nodes goes as deep as you like" if "RecursionError" in str(d.got) else ""
        yield f"Note: {what} should give {d.name}.{d.what} = {d.wanted}, but {d.came}{advice}."
