"""record_lines: which nodes know their line, and which line that is."""

from __future__ import annotations

import linecache
import math
import sys
import threading

import pytest

import autograd
from autograd import Value, detect_anomaly, dot, name_scope, no_grad, record_lines, why


def here() -> str:
    """Say which line calls this, as `Value.line` says it."""
    return f"{__file__}, line {sys._getframe(1).f_lineno}"


def test_every_kind_of_operation_knows_its_line() -> None:
    x, y = Value(2.0), Value(3.0)
    with record_lines():
        made = [x * y, here()]
        made += [x + 1, here()]
        made += [2**x, here()]
        made += [-x, here()]
        made += [x.tanh(), here()]
        made += [autograd.maximum(x, y), here()]
        made += [autograd.where(x > 0, x, y), here()]
        made += [dot([x], [y]), here()]
        made += [autograd.sum([x, y]), here()]
        made += [Value.apply("hypot", x, y), here()]
    for node, line in zip(made[::2], made[1::2], strict=True):
        assert node.line == line, node.op


def test_outside_nothing_is_recorded() -> None:
    x = Value(2.0)
    before = x * 2
    with record_lines():
        leaf = Value(1.0)
    assert (before.line, (x * 2).line, leaf.line) == (None, None, None)


def test_the_line_is_where_the_function_stands_that_made_the_node() -> None:
    def square(x: Value) -> tuple[Value, str]:
        return x * x, here()

    with record_lines():
        node, line = square(Value(2.0))
    assert node.line == line


def test_a_label_keeps_the_line() -> None:
    with record_lines():
        line, node = here(), Value(2.0) * 3
    node.label = "six"
    assert (node.label, node.line) == ("six", line)


def test_it_nests_and_ends_with_an_exception() -> None:
    x, mode = Value(2.0), record_lines()
    with mode, mode:
        assert (x * 2).line
    assert (x * 2).line is None
    with record_lines():
        with record_lines():
            pass
        assert (x * 2).line, "the outer one still holds"
    with pytest.raises(KeyError), record_lines():
        raise KeyError
    assert (x * 2).line is None


def test_as_a_decorator() -> None:
    @record_lines()
    def f(x: Value) -> Value:
        return x * 2

    assert f(Value(1.0)).line
    assert (Value(1.0) * 2).line is None


def test_a_nan_raises_only_in_detect_anomaly() -> None:
    x = Value(-1.0)
    with record_lines():
        assert math.isnan(x.log().data)
        x.log().backward()
        with detect_anomaly(), pytest.raises(FloatingPointError):
            x.log()
        assert x.log().line, "leaving one mode leaves the other on"
    with detect_anomaly():
        with record_lines():
            pass
        assert (x * 2).line
        with pytest.raises(FloatingPointError):
            x.log()


def test_beside_the_other_modes() -> None:
    x = Value(2.0)
    with record_lines(), name_scope("part"), no_grad():
        y = x * 3
    with name_scope("part"), record_lines():
        z = x * 3
    assert (y.op, y.data, y.scope) == ("", 6.0, "part")
    assert y.line
    assert (z.op, z.scope) == ("*", "part")
    assert z.line
    assert ((x * 3).line, (x * 3).scope) == (None, "")


def test_another_thread_does_not_see_it() -> None:
    lines: list[str | None] = []
    thread = threading.Thread(target=lambda: lines.append((Value(2.0) * 3).line))
    with record_lines():
        thread.start()
        thread.join()
    assert lines == [None]


def test_backward_and_the_numbers_are_the_same() -> None:
    x = Value(2.0)
    with record_lines():
        y = (x * x).tanh()
        y.backward()
    once = x.grad
    (x * x).tanh().backward()
    assert x.grad == 2 * once


def test_why_shows_the_line_and_what_is_written_there() -> None:
    x = Value(2.0, label="x")
    with record_lines():
        line, y = here(), x * 3  # the line that is shown
    number = line.rpartition(" ")[2]
    shown = f"test_record_lines.py:{number}  line, y = here(), x * 3  # the line that is shown"
    assert shown in str(why(x, y))
    assert f"test_record_lines.py:{number}</span>&#160; line, y = here()" in why(x, y)._repr_html_()
    assert why(x, y).terms[0].line == line


def test_the_cell_of_a_notebook_has_no_file() -> None:
    cell = "x = Value(2.0, 'x')\nwith record_lines():\n    y = x * 3\n"
    name = "/nowhere/4242424242.py"
    linecache.cache[name] = (len(cell), None, cell.splitlines(keepends=True), name)  # as IPython does
    names = {"Value": Value, "record_lines": record_lines}
    try:
        exec(compile(cell, name, "exec"), names)
        text = str(why(names["x"], names["y"]))
    finally:
        del linecache.cache[name]
    assert "   line 3  y = x * 3" in text
    assert "4242424242" not in text
