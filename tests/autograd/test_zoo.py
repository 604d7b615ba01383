"""The zoo: every bug is what it says and shows where it should, with numbers that are the engines' own."""

from __future__ import annotations

import inspect

import pytest

from autograd import Value, dot, logsumexp, maximum, tanh, where
from autograd.rules import RULES
from autograd.teach import Right, zoo
from autograd.teach.programs import Program, Step, first_difference, program_of, run
from autograd.teach.zoo import Bug, bugs

from .helpers import near, python

SMALLEST = {
    "overwrite": "a = Value(3.0); y = a + a; y.backward()",
    "no order": "a = Value(3.0); b = -a; y = b - b; y.backward()",
    "set of parents": "a = Value(3.0); y = a + a; y.backward()",
    "no chain": "a = Value(3.0); y = 2 / a; y.backward()",
    "interior not reset": "a = Value(3.0); y = 2 - a; y.backward(); y.backward()",
    "leaves reset": "a = Value(3.0); y = -a; y.backward(); y.backward()",
    "forgotten zero_grad": "a = Value(3.0); y = -a; y.backward(); a.zero_grad(); y.backward()",
    "no seed": "a = Value(3.0); y = -a; y.backward()",
    "tanh of the input": "a = Value(3.0); y = a.tanh(); y.backward()",
    "pow at 0": "a = Value(0.0); y = a ** 2; y.backward()",
    "reflected minus": "a = Value(3.0); y = 2 - a; y.backward()",
}
EVERY = [pytest.param(bug, id=name) for name, bug in bugs.items()]


def cube(x):
    return x * x * x


def test_the_zoo_has_them_all():
    assert set(bugs) == set(SMALLEST)
    assert all(bugs[name].name == name for name in bugs)


@pytest.mark.parametrize("bug", EVERY)
def test_a_bug_is_one_method_of_a_dozen_lines(bug: Bug):
    """Beside it and the story there is nothing to read: whatever else the class has, it has from the right one."""
    own = [name for name, what in vars(bug.cls).items() if inspect.isfunction(what)]
    assert len(own) == 1
    assert bug.cls.__bases__ == (Right,)
    code = bug.source.split('"""')[2].strip().splitlines()
    assert len(code) <= 12
    assert "  # " in bug.source, "the wrong line says what is wrong"
    assert bug.title.endswith(".")
    assert 60 < len(bug.story) < 300
    assert bug.story in repr(bug).replace("\n", " ")


@pytest.mark.parametrize("bug", EVERY)
def test_the_smallest_expression_shows_the_bug_when_it_is_typed_in(bug: Bug):
    """The printed code is run as it stands, on the wrong engine and on the right one."""
    failure = bug.smallest
    code = failure.program.code("Value", failure.protocol, ".zero_grad()")
    assert code == SMALLEST[bug.name]
    found = failure.difference
    right = {"Value": Right}
    exec(code, right)
    assert getattr(right[found.name], found.what) == pytest.approx(found.expected, abs=1e-12)
    wrong = {"Value": bug.cls}
    if found.raised:
        with pytest.raises(ZeroDivisionError):
            exec(code, wrong)
    else:
        exec(code, wrong)
        assert getattr(wrong[found.name], found.what) == found.got != pytest.approx(found.expected)


def test_the_cube_at_3_on_every_engine():
    """x³ at 3 has the derivative 27; by hand, what each engine makes of it."""
    found = {
        c.bug.name: (c.protocol, c.right.numbers["x", "grad"], c.wrong.numbers["x", "grad"])
        for c in zoo.compare(cube, 3.0)
        if c
    }
    assert found == {
        "overwrite": ("once", 27, 9),  # the share of the second product only, 9; not the 18 through a
        "set of parents": ("once", 27, 18),  # 9 by y = a * x, and 9 of 18 by a = x * x
        "no chain": ("once", 27, 15),  # 9 + 3 + 3: the 3s are not times ∂y/∂a = 3
        "interior not reset": ("twice", 54, 72),  # 27, and then 45
        "leaves reset": ("twice", 54, 27),
        "forgotten zero_grad": ("zeroed", 27, 54),
        "no seed": ("once", 27, 0),
    }


def test_a_comparison_prints_both_numbers_and_marks_the_first_that_differs():
    assert repr(bugs["interior not reset"].run(cube, 3.0)).splitlines() == [
        'Interior gradients not reset. zoo.bugs["interior not reset"]',
        "  x = Value(3.0); a = x * x; y = a * x; y.backward(); y.backward()",
        "",
        "            right  wrong",
        "    y.grad      1      1",
        "  > a.grad      3      6",
        "    x.grad     54     72",
    ]


def test_a_comparison_says_what_was_raised():
    comparison = bugs["pow at 0"].run(lambda a: (a - a) ** 2, 0.5)
    assert repr(comparison).splitlines()[-1] == "  > y.data: right 0, wrong ZeroDivisionError: float division by zero"


def test_where_a_bug_does_not_show_the_text_says_where_it_does():
    comparison = bugs["tanh of the input"].run(cube, 3.0)
    assert not comparison
    assert comparison.difference is None
    assert "does not show here" in repr(comparison)
    assert SMALLEST["tanh of the input"] in repr(comparison)
    assert "(highlighted)" not in str(comparison.picture)


def test_compare_prints_one_line_for_each_bug():
    lines = repr(zoo.compare(cube, 3.0)).splitlines()
    assert lines[:2] == ["x = Value(3.0); a = x * x; y = a * x", ""]
    assert [line.split("  ")[0] for line in lines[2:]] == list(bugs)
    assert lines[2] == "overwrite            x.grad: right 27, wrong 9"
    assert lines[3] == "no order             does not show here"
    assert lines[6] == "interior not reset   a.grad: right 3, wrong 6 (at a second backward())"


def test_the_picture_has_the_right_numbers_and_one_node_lit():
    tree = str(bugs["interior not reset"].run(cube, 3.0).picture)
    (lit,) = [line for line in tree.splitlines() if "highlighted" in line]
    assert "a (wrong: grad 6)" in lit
    assert "grad 3" in lit
    assert "grad 54" in tree


def test_the_picture_of_an_error_names_it():
    tree = str(bugs["pow at 0"].run(lambda a: a**2, 0.0).picture)
    assert "y (wrong: ZeroDivisionError)" in tree


def test_a_learners_own_expression_may_use_every_operation_and_values_from_outside():
    w = Value(0.3, label="w")
    w.grad = 7.0

    def f(a, b):
        h = tanh(dot([w, a], [a, b], 0.5))
        return logsumexp([h, maximum(a, b), where(a > 0, h * 2, b)]) + abs(a % b) + 2**a + a.leaky_relu(0.1)

    comparisons = zoo.compare(f, 1.3, -0.4)
    assert w.grad == 7.0, "the learner's own Values are left alone"
    assert dict(comparisons[0].program.leaves) == {"a": 1.3, "b": -0.4, "w": 0.3}
    a, b, w = Value(1.3), Value(-0.4), Value(0.3)
    f(a, b).backward()
    right = comparisons[0].right.numbers
    assert [comparisons[3].right.numbers[name, "grad"] for name in "abw"] == [a.grad, b.grad, w.grad]
    assert right["a", "data"] == 1.3
    assert {c.bug.name for c in comparisons if not c} == {"set of parents", "pow at 0", "reflected minus"}


def test_names_of_inputs():
    def names(f, *inputs):
        return [name for name, _ in bugs["overwrite"].run(f, *inputs).program.leaves]

    assert names(lambda width, height: width * height, 1.0, 2.0) == ["width", "height"]
    assert names(lambda *xs: xs[0] * xs[1], 1.0, 2.0) == ["x1", "x2"]
    assert names(lambda y: y * 2, 1.0) == ["y"]


def test_what_is_no_expression():
    with pytest.raises(TypeError, match=r"must return a Value, got float: 6\.0"):
        bugs["overwrite"].run(lambda x: float(x) * 2, 3.0)
    with pytest.raises(ValueError, match="has no operation"):
        bugs["overwrite"].run(lambda x: x, 3.0)


def test_programs_of_graphs_run_to_the_same_graph():
    """Names do not clash, whatever the leaves are called."""
    a, b = Value(2.0, label="y"), Value(3.0, label="not a name")
    c = Value(5.0, label="y")
    program = program_of(a * b + c, {})
    names = [name for name, _ in program.leaves] + [step.name for step in program.steps]
    assert len(set(names)) == 5
    assert "y" in names
    assert run(program, Value).numbers[program.root, "data"] == 11.0


def test_long_expressions_are_cut_in_the_text():
    def chain(x):
        for _ in range(3000):
            x = x * 1.001
        return x

    text = repr(bugs["no chain"].run(chain, 1.0))
    assert "# and" in text
    assert text.count("\n") < 40
    assert text.count("> ") == 1


def test_the_table_of_a_long_expression_is_cut_around_the_first_difference():
    def deep(x):
        x = (x * 2).tanh()
        for _ in range(30):
            x = x * 1.5
        return x

    rows = repr(bugs["tanh of the input"].run(deep, 1.0)).split("\n\n")[1].splitlines()
    assert len(rows) == 13
    assert rows[-2].startswith("  > a.grad ")
    assert rows[-1].startswith("    x.grad ")


def test_right_has_the_rules_of_every_function():
    for rule in RULES.values():
        if rule.variadic or rule.name == "where":
            continue
        leaves = tuple((f"x{i}", 0.3 + 0.9 * low_high[1] / 4) for i, low_high in enumerate(rule.domain))
        if rule.name == "acosh":
            leaves = (("x0", 1.5),)
        program = Program(leaves, (Step("y", rule.name, tuple(name for name, _ in leaves)),))
        ours = run(program, Value)
        assert ours.finite, rule.name
        assert first_difference(program, ours, run(program, Right)) is None, rule.name


def test_right_agrees_on_hard_points():
    x = Right(0.0)
    y = x**0 + x**2 + x**1
    y.backward()
    assert (y.data, x.grad) == (1.0, 1.0)
    assert near((Right(0.5) % 0.3).data, 0.2)
    assert (7 % Right(4.0)).data == 3
    assert (7 // Right(2.0)).data == (Right(7.0) // 2).data == 3
    assert abs(Right(-2.0)).data == 2
    assert (2 ** Right(3.0)).data == 8


def test_autograd_does_not_load_it_and_it_loads_no_graphviz():
    result = python(
        "import sys, autograd; print('autograd.teach' in sys.modules);"
        "from autograd import teach; teach.zoo.bugs['overwrite'].run(lambda a: a + a, 1.0);"
        "print(bool(teach.check(teach.Right)));"
        "print(sorted({'graphviz', 'hypothesis', 'matplotlib'} & set(sys.modules)))"
    )
    assert result.stdout.split() == ["False", "True", "[]"], result.stderr
