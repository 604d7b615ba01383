"""check(MyValue): right classes pass, and a bug planted in one is found with the smallest expression that shows it."""

from __future__ import annotations

import inspect
import re

import pytest

from autograd import Value
from autograd.engines import PythonValue
from autograd.teach import Right, check, zoo
from autograd.teach.programs import PROTOCOLS
from autograd.teach.search import FORMS, failure_of, forms_in, programs, search

from .helpers import python
from .own_value import SOURCE, own

FORGET = "            if node.children:\n                node.grad = 0.0"
RECURSIVE_ORDER = SOURCE[SOURCE.index("        def visit(node):") : SOURCE.index("    def backward")]
LEVELS = """        nodes.append(self)
        for node in nodes:
            for child in node.children:
                if child not in seen:
                    seen.add(child)
                    nodes.append(child)
        return nodes[::-1]

"""
ADD = "            self.grad += 1.0 * out.grad\n            other.grad += 1.0 * out.grad\n"
MUL = "            self.grad += other.data * out.grad\n            other.grad += self.data * out.grad\n"
IN_A_SET = "            for x, partial in {%s}:\n                x.grad += partial * out.grad\n"
PLANTED = {
    "overwrite": ([(".grad += ", ".grad = ")], "a = Own(3.0); y = a + a; y.backward()", "a.grad", 2, 1),
    "no order": (
        [(RECURSIVE_ORDER, LEVELS)],
        "a = Own(3.0); b = -a; c = -b; y = b + c; y.backward()",
        *("a.grad", 0, -1),
    ),
    "set of parents": (
        [(ADD, IN_A_SET % "(self, 1.0), (other, 1.0)"), (MUL, IN_A_SET % "(self, other.data), (other, self.data)")],
        "a = Own(3.0); y = a + a; y.backward()",
        *("a.grad", 2, 1),
    ),
    "no chain": ([(" * out.grad", "")], "a = Own(3.0); b = -a; y = -b; y.backward()", "a.grad", 1, -1),
    "interior not reset": (
        [(FORGET, "            pass")],
        "a = Own(3.0); b = -a; y = -b; y.backward(); y.backward()",
        *("b.grad", -1, -2),
    ),
    "leaves reset": (
        [(FORGET, "            node.grad = 0.0")],
        "a = Own(3.0); y = -a; y.backward(); y.backward()",
        *("a.grad", -2, -1),
    ),
    "forgotten zero_grad": (
        [
            (
                "        for node in self.order():\n            node.grad = 0.0",
                "        for node in self.order():\n" + FORGET,
            )
        ],
        "a = Own(3.0); y = -a; y.backward(); a.zero_grad(); y.backward()",
        *("a.grad", -1, -2),
    ),
    "no seed": ([("        self.grad = 1.0\n", "")], "a = Own(3.0); y = -a; y.backward()", "y.grad", 1, 0),
    "tanh of the input": (
        [("1 - t**2", "1 - self.data**2")],
        "a = Own(3.0); y = a.tanh(); y.backward()",
        *("a.grad", 0.009866037165440211, -8),
    ),
    "pow at 0": (
        [("(n * self.data ** (n - 1) if n else 0.0)", "n * out.data / self.data")],
        "a = Own(0.0); y = a ** 2; y.backward()",
        *("a.grad", 0, "ZeroDivisionError: float division by zero"),
    ),
    "reflected minus": (
        [("return self.lift(other) - self", "return self - other")],
        "a = Own(3.0); y = 2 - a; y.backward()",
        *("y.data", -1, 1),
    ),
}


@pytest.mark.parametrize("cls", [Value, PythonValue, Right, own()], ids=["Value", "PythonValue", "Right", "Own"])
def test_right_classes_pass(cls):
    result = check(cls)
    assert result
    assert result.tried > 5000
    assert repr(result).startswith(f"{cls.__name__} is right: {result.tried:,} expressions")
    assert (result.failure, result.difference, result.code, result.picture, result.causes) == (None, None, "", None, ())


def test_a_class_that_has_everything_leaves_nothing_untried():
    result = check(Value)
    assert result.missing == result.notes == ()
    assert result.tried == sum(map(len, programs()))


@pytest.mark.parametrize("name", zoo.bugs)
def test_each_bug_of_the_zoo_planted_in_a_right_class_is_found(name):
    changes, code, where, expected, got = PLANTED[name]
    cls = own(*changes)
    result = check(cls)
    assert not result
    assert result.code == code
    assert f"{result.difference.name}.{result.difference.what}" == where
    assert (result.difference.expected, result.difference.got) == (expected, got)
    assert [bug.name for bug in result.causes] == [name]
    text = repr(result)
    assert text.startswith("Own is wrong. The smallest expression that shows it:\n\n  " + code + "\n\n")
    assert f"Likely cause: {zoo.bugs[name].title}" in text
    assert f"{where}: expected {expected:.6g}, but " in text
    assert re.search(rf"{result.difference.name} \(yours: .*highlighted", str(result.picture))
    if result.difference.raised:
        with pytest.raises(ZeroDivisionError):
            exec(code, {"Own": cls})
    else:  # whoever types the printed code in gets the printed number
        names = {"Own": cls}
        exec(code, names)
        assert getattr(names[result.difference.name], result.difference.what) == got


@pytest.mark.parametrize("name", ["no order", "no chain", "interior not reset"])
def test_no_smaller_expression_shows_the_bug(name):
    """Those that need two or three operations: every expression of fewer is right, however backward() is called."""
    cls = own(*PLANTED[name][0])
    result = check(cls)
    size = len(result.failure.program.steps)
    assert size == (3 if name == "no order" else 2)
    smaller = [p for group in programs() for p in group if len(p.steps) < size and result.forms >= forms_in(p)]
    assert len(smaller) > 100
    assert all(failure_of(cls, program, protocol) is None for program in smaller for protocol in PROTOCOLS)


@pytest.mark.parametrize(
    ("right", "wrong", "code"),
    [
        ("self.data + other.data", "self.data - other.data", "y = a + 2"),
        ("            other.grad += 1.0 * out.grad", "            pass", "y = 2 + a"),
        ("self.grad += other.data * out.grad", "self.grad += self.data * out.grad", "y = a * 2"),
        ("other.grad += self.data * out.grad", "other.grad += other.data * out.grad", "y = 2 * a"),
        ("other.grad += -1.0 * out.grad", "other.grad += 1.0 * out.grad", "y = 2 - a"),
        ("1 / other.data * out.grad", "other.data * out.grad", "y = a / 2"),
        ("-self.data / other.data**2", "self.data / other.data**2", "y = 2 / a"),
        ("self.data / other.data, (", "self.data // other.data, (", "y = a / 2"),
        ("return self.lift(other) / self", "return self / other", "y = 2 / a"),
        ("n * self.data ** (n - 1)", "self.data ** (n - 1)", "y = a ** 2"),
        ("n * self.data ** (n - 1)", "n * self.data ** abs(n - 1)", "y = a ** -1"),
        ("n * self.data ** (n - 1)", "n * self.data ** int(n - 1)", "y = a ** 0.5"),
        ("self.data**n", "self.data**int(n)", "y = a ** 0.5"),
        ("self.one(-self.data, -1.0)", "self.one(-self.data, 1.0)", "y = -a"),
        ("self.one(e, e)", "self.one(e, self.data)", "y = a.exp()"),
        ("1 / self.data)", "math.nan)", "y = a.log()"),
        ("max(0.0, self.data)", "abs(self.data)", "y = a.relu()"),
        ("1.0 if self.data > 0 else 0.0", "1.0", "y = a.relu()"),
        ("math.exp(self.data)", "mth.exp(self.data)", "y = a.exp()"),
        ("return self.lift(other) * self", "return other * self", "y = 2 * a"),
        ("        self.grad = 0.0\n", "        self.grad = None\n", "y = -a"),
        ("        self.data = data\n", "        self.data = int(data)\n", "y = a / 2"),
        ("return self.one(-self.data, -1.0)", "self.data = -self.data; return self.one(self.data, -1.0)", "y = -a"),
    ],
)
def test_every_line_of_the_class_is_tried(right, wrong, code):
    """One piece of the right class broken at a time: the one operation that it belongs to is found."""
    result = check(own((right, wrong)))
    assert not result
    assert re.sub(r"a = Own\([-0-9.]+\); ", "", result.code).startswith(code + "; y.backward()")


def test_the_likely_cause_is_the_one_that_explains_most():
    """a + a is 1 instead of 2 with "=" and with a set; what a second backward() gives tells them apart."""
    equals = (ADD, ADD.replace("+=", "="))
    assert [bug.name for bug in check(own(equals)).causes] == ["overwrite"]
    in_a_set = PLANTED["set of parents"][0][0]
    forgotten = PLANTED["forgotten zero_grad"][0][0]
    both = check(own(in_a_set, forgotten))
    assert both.code == "a = Own(3.0); y = a + a; y.backward()"
    assert [bug.name for bug in both.causes] == ["set of parents"], "though it does not explain what zero_grad() does"


def test_a_mistake_that_is_not_in_the_zoo_has_no_likely_cause():
    result = check(own(("self.one(e, e)", "self.one(e, self.data)")))
    assert result.causes == ()
    assert "look at the gradient that this operation passes on" in repr(result)


def test_a_lone_suspect_must_explain_the_same_operation_at_other_numbers():
    """2 - a is 1 at a = 3, as where minus is reflected; but 0.5 - a is 1 as well."""
    reflected = ("return self.lift(other) - self", "return self - other")
    constant = ("return self.lift(other) - self", "return self.one(1.0, 1.0)")
    result = check(own(constant))
    assert (result.code, result.causes) == ("a = Own(3.0); y = 2 - a; y.backward()", ())
    second = ("return self.one(e, e)", "return self.one(e, e + 1)")
    assert [bug.name for bug in check(own(reflected, second)).causes] == ["reflected minus"], "and a mistake elsewhere"


def test_a_bug_of_large_expressions_is_found_and_shrunk():
    """An order that goes no deeper than five operations: every expression that is tried in turn is right."""
    shallow = RECURSIVE_ORDER.replace("visit(node)", "visit(node, depth=0)").replace(
        "in seen:", "in seen and depth < 5:"
    )
    result = check(own((RECURSIVE_ORDER, shallow.replace("visit(child)", "visit(child, depth + 1)"))))
    assert result.tried > 4000
    steps = "b = -a; c = -b; d = -c; e = -d; f = -e; y = -f"
    assert result.code == f"a = Own(3.0); {steps}; y.backward()", "the sixth has nobody to pass its gradient on"
    assert (result.difference.expected, result.difference.got) == (1, 0)
    assert "Each operation alone is right" in repr(result)


def test_a_leaf_gradient_that_lives_elsewhere_is_found():
    """Set to zero, `grad` must be zero: here the class adds up in a place of its own."""
    changes = (
        ("            self.grad += derivative * out.grad", "            self.add(derivative * out.grad)"),
        (
            "    def order(self)",
            "    total = 0.0\n    def add(self, share):\n        self.total += share\n"
            "        self.grad = self.total\n\n    def order(self)",
        ),
        ("    def zero_grad", "    def zero_grad_of_all"),
    )
    result = check(own(*changes))
    assert result.code == "a = Own(3.0); y = -a; y.backward(); a.grad = 0.0; y.backward()"
    assert result.difference.got == -2


def test_what_is_missing_is_named_once_and_is_no_fault():
    result = check(own(("__neg__", "negative"), ("__rsub__", "rsub"), ("__radd__", "radd"), ("def tanh", "def hyper")))
    assert result
    assert result.missing == (
        "-a",
        "n + a",
        "n - a",
        "a.tanh()",
        "a.sigmoid()",
        "a.sqrt()",
        "a.sin()",
        "a.cos()",
        "abs(a)",
        "a ** b",
        "n ** a",
    )
    text = "Not there, so not tried: -a, n + a, n - a, a.tanh(), a.sigmoid(), a.sqrt(), a.sin(), a.cos(), and 3 more."
    assert text in repr(result).replace("\n", " ")


def test_a_method_that_is_still_to_be_written_is_not_there():
    """The stubs of an exercise, of one operand and of two, and with a word about them or none."""
    stubs = (
        ("t = math.tanh(self.data)", "raise NotImplementedError; t = 0.0"),
        ("out = Own(self.data * other.data, (self, other))", "raise NotImplementedError('write me'); out = 0"),
    )
    result = check(own(*stubs))
    assert result
    assert {"a * b", "a.tanh()"} <= set(result.missing)
    assert check(own(("t = math.tanh(self.data)", "raise RuntimeError; t = 0.0"))).code.endswith("tanh(); y.backward()")


def test_a_class_of_values_only_is_tried_with_values_only():
    result = check(own(("other = self.lift(other)", "pass")))
    assert result
    assert result.missing[0] == "a + n"


def test_an_operation_that_is_there_and_fails_is_a_fault():
    """A slip of the pen inside a method looks like a missing one only from outside."""
    result = check(own(("-self.data / other.data**2", "-self.dat / other.data**2")))
    assert result.code == "a = Own(3.0); y = a / 2; y.backward()"
    assert result.difference.got == "AttributeError: 'Own' object has no attribute 'dat'"
    result = check(own(("return self.lift(other) - self", "return self.lft(other) - self")))
    assert result.code == "a = Own(3.0); y = 2 - a; y.backward()"


def test_recursion_and_overflow_are_notes_and_no_faults():
    result = check(own(("t = math.tanh(self.data)", "e = math.exp(2 * self.data); t = (e - 1) / (e + 1)")))
    assert result
    overflow, recursion = result.notes
    assert "a = Own(1000.0); y = a.tanh(); y.backward() should give y.data = 1, but raised OverflowError" in overflow
    assert "5,000 times y = y + a" in recursion
    assert "a.grad = 5001, but raised RecursionError" in recursion
    assert check(Right).notes == (), "an order without recursion"


def test_a_class_may_keep_no_gradients_between():
    """Only those of the leaves must be there: a class may forget the others, as torch does."""
    assert check(
        own(
            ("            node.pass_on()", "            node.pass_on()\n            if node.children: node.grad = None")
        )
    )


def test_numbers_that_differ_late_are_shown_with_all_digits():
    """Data in float32: six digits are the same."""
    result = check(own(("import math", "import math\nimport numpy"), ("= data\n", "= float(numpy.float32(data))\n")))
    assert result.difference.wanted != result.difference.shown
    assert f"expected {result.difference.expected!r}, but got {result.difference.got!r}" in repr(result)
    assert f"grad {result.difference.got!r}" in str(result.picture) or f"data {result.difference.got!r}" in str(
        result.picture
    )


def test_an_operation_that_changes_its_operand_is_told_so():
    changes = "self.data = -self.data; return self.one(self.data, -1.0)"
    result = check(own(("return self.one(-self.data, -1.0)", changes)))
    assert (result.difference.name, result.difference.what) == ("a", "data")
    assert "An operation changed its operand: a must keep the number that it had." in repr(result)
    truncated = check(own(("        self.data = data\n", "        self.data = int(data) + 1\n")))
    assert "changed its operand" not in repr(truncated), "the leaf has another number from the start"


def test_kinks_and_poles_are_left_to_the_class():
    assert check(own(("1.0 if self.data > 0 else 0.0", "0.5 if self.data == 0 else float(self.data > 0)")))


def test_micrograd():
    """Its second backward() is wrong, and x**0 raises at x = 0; everything else is right. (Version 0.1.0)."""
    engine = pytest.importorskip("micrograd.engine", reason="micrograd is not installed")
    result = check(engine.Value)
    assert result.code == "a = Value(3.0); y = 2 - a; y.backward(); y.backward()"
    assert (result.difference.expected, result.difference.got) == (-2, -3)
    assert [bug.name for bug in result.causes] == ["interior not reset"]
    source = inspect.getsource(engine.Value)

    def mended(*changes):
        text, names = source, {}
        for wrong, right in changes:
            assert wrong in text
            text = text.replace(wrong, right)
        exec(text, names)
        return names["Value"]

    reset = (
        "        self.grad = 1\n",
        "        for v in topo:\n            if v._prev: v.grad = 0\n        self.grad = 1\n",
    )
    result = check(mended(reset))
    assert result
    assert [note.split(", but ")[0] for note in result.notes] == [
        "Note: a = Value(0.0); y = a ** 0; y.backward() should give a.grad = 0",
        "Note: 5,000 times y = y + a; y.backward() should give a.grad = 5001",
    ]
    assert "raised ZeroDivisionError: 0.0 cannot be raised to a negative power" in result.notes[0]
    result = check(mended(reset, ("(other * self.data**(other-1))", "(other and other * self.data**(other-1))")))
    assert result
    assert [note.split(";")[0] for note in result.notes] == ["Note: 5,000 times y = y + a"]


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (3, r"MyValue\(2\.0\) raised TypeError: 'int' object is not callable"),
        (object, r"object\(2\.0\) raised TypeError"),
        (float, r"data, grad and backward\(\) were expected, but float\(2\.0\) has no data"),
        (
            type("Bare", (), {"__init__": lambda self, data: None, "data": 0, "grad": 0}),
            r"Bare\(2\.0\) has no backward",
        ),
        (
            type("Bare", (), {"__init__": lambda self, data: None, "data": 0, "grad": 0, "backward": print}),
            r"Bare has no operation that could be tried: -a, a \+ n, n \+ a, ",
        ),
    ],
)
def test_what_is_no_class_of_values(what, message):
    with pytest.raises(TypeError, match=message):
        check(what)


def test_a_function_that_makes_values_will_do():
    cls = own(("1 - t**2", "1 - self.data**2"))
    assert check(lambda x: cls(x)).code == "a = MyValue(3.0); y = a.tanh(); y.backward()"


def test_the_expressions_are_the_same_in_every_process():
    program = (
        "from autograd.teach.search import programs;"
        "import hashlib;"
        "print(hashlib.sha256(''.join(p.code('V') for g in programs() for p in g).encode()).hexdigest())"
    )
    first, second = (python(program, PYTHONHASHSEED=seed) for seed in "12")
    assert first.stdout == second.stdout != "", first.stderr


def test_what_the_expressions_reach():
    """Every operation, with each operand at each place, at four numbers, alone and after every other."""
    sizes = [len(program.steps) for group in programs() for program in group]
    assert sorted(set(sizes))[:6] == [1, 2, 3, 4, 5, 6]
    assert sum(size > 3 for size in sizes) > 1000
    codes = {program.code("V") for group in programs() for program in group}
    assert "a = V(3.0); y = a ** 0; y.backward()" in codes
    assert "a = V(0.0); y = a ** 0; y.backward()" not in codes, "of 0**0 engines may choose the derivative"
    assert "a = V(3.0); b = V(-2.0); y = a / b; y.backward()" in codes
    assert "a = V(3.0); b = V(-2.0); c = a - b; y = b * c; y.backward()" in codes
    assert "a = V(3.0); b = a * a; c = b + a; y = c * b; y.backward()" in codes
    assert "a = V(0.0); y = a.relu(); y.backward()" not in codes, "a kink"
    assert "a = V(0.0); y = a ** -1; y.backward()" not in codes, "a pole"


def test_a_search_within_some_forms_uses_no_others():
    class Spy(Right):
        def exp(self):
            raise AssertionError("exp was not to be tried")

    failure, tried = search(Spy, frozenset(form for form in FORMS if form[0] != "exp"))
    assert failure is None
    assert 1000 < tried < sum(map(len, programs()))
