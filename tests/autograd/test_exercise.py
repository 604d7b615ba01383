"""teach.answer: what it says of answers that are right, wrong, of another kind, or not there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd import Value
from autograd.teach import Right, answer


def said(capsys: pytest.CaptureFixture[str], yours: Any, right: Any, **options: Any) -> str:
    answer(yours, right, **options)
    return capsys.readouterr().out


RIGHT = {
    "number": (6.0, 6.0, "6.0"),
    "int for float": (6, 6.0, "6"),
    "nearly": (6.000001, 6.0, "6.000001"),
    "large, nearly": (1e9 + 100, 1e9, "1000000100.0"),
    "numpy": (np.float64(6.0), 6.0, "6.0"),
    "numpy bool": (np.bool_(True), True, "True"),
    "Value": (Value(6.0), 6.0, "6.0"),
    "of a Value": (6.0, Value(6.0), "6.0"),
    "own Value": (Right(6.0), 6.0, "6.0"),
    "inf": (float("inf"), float("inf"), "inf"),
    "nan": (float("nan"), float("nan"), "nan"),
    "bool": (False, False, "False"),
    "string": (" Tanh ", "tanh", "' Tanh '"),
    "list": ([1.0, Value(2.0)], [1, 2], "[1.0, 2.0]"),
    "tuple": ((1.0, 2.0), [1.0, 2.0], "[1.0, 2.0]"),
    "array": (np.eye(2), [[1, 0], [0, 1]], "[[1.0, 0.0], [0.0, 1.0]]"),
    "list of strings": (["a", "b"], ["a", "B"], "['a', 'b']"),
    "None": (None, None, "None"),
}
WRONG = {
    "number": (5.0, 6.0, "got 5.0"),
    "not near enough": (6.00001, 6.0, "got 6.00001"),
    "small": (1e-5, 0.0, "got 1e-05"),
    "sign of inf": (float("-inf"), float("inf"), "got -inf"),
    "number for inf": (1e300, float("inf"), "got 1e+300"),
    "inf for number": (float("inf"), 6.0, "got inf"),
    "nan for number": (float("nan"), 6.0, "got nan"),
    "bool": (True, False, "got True"),
    "string": ("b", "d", "got 'b'"),
    "item": ([1.0, 3.0], [1.0, 2.0], "got [1.0, 3.0]"),
    "inner item": ([[1.0], [3.0]], [[1.0], [2.0]], "got [[1.0], [3.0]]"),
    "length": ([1.0], [1.0, 2.0], "got [1.0], of length 1, but the answer has length 2"),
    "bool for number": (True, 1.0, "got True, but the answer is a number"),
    "number for bool": (1, True, "got 1, but the answer is True or False"),
    "string for number": ("6", 6.0, "got '6', but the answer is a number"),
    "number for string": (6.0, "6", "got 6.0, but the answer is a text in quotes"),
    "number for list": (6.0, [6.0], "got 6.0, but the answer is a list"),
    "None": (None, 6.0, "got None, but the answer is a number"),
}


@pytest.mark.parametrize(("yours", "right", "repeated"), RIGHT.values(), ids=RIGHT)
def test_right(yours: Any, right: Any, repeated: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, yours, right, hint="Think.") == f"Right: {repeated}\n"


@pytest.mark.parametrize(("yours", "right", "fault"), WRONG.values(), ids=WRONG)
def test_wrong(yours: Any, right: Any, fault: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, yours, right, hint="Think.") == f"Not yet: {fault}. Think.\n"
    assert said(capsys, yours, right) == f"Not yet: {fault}.\n"


@pytest.mark.parametrize("yours", [..., [1.0, ...], (1.0, [..., 2.0])])
def test_not_answered(yours: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, yours, [1.0, 2.0], hint="Think.").startswith("Not answered yet: put your answer in place of")


def test_within(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, 6.4, 6.0, within=0.1).startswith("Right")
    assert said(capsys, 6.7, 6.0, within=0.1).startswith("Not yet")
    assert said(capsys, 0.09, 0.0, within=0.1).startswith("Right")


def square(x: float) -> float:
    return x * x


def test_a_function_that_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, lambda x: x**2, square, on=[1.0, 2.0, 3.0]) == "Right: 3 of 3 inputs.\n"
    assert said(capsys, lambda x, y: y + x, lambda x, y: x + y, on=[(1.0, 2.0)]) == "Right: 1 of 1 inputs.\n"
    assert said(capsys, lambda x: x * x, square, on=[Value(3.0)]).startswith("Right")


def test_a_function_that_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    on = [2.0, 3.0]
    said_of_sum = said(capsys, lambda x: x + x, square, on=on, hint="Think.")
    assert said_of_sum == "Not yet: for 3.0 your function gives 6.0, not 9.0. Think.\n"
    said_of_difference = said(capsys, lambda x, y: y - x, lambda x, y: x - y, on=[(Value(1.0), 2.0)])
    assert said_of_difference == "Not yet: for 1.0, 2.0 your function gives 1.0, not -1.0.\n"
    assert said(capsys, lambda x: 1 / 0, square, on=on) == (
        "Not yet: for 2.0 your function raises ZeroDivisionError: division by zero.\n"
    )
    assert said(capsys, 4.0, square, on=on) == "Not yet: got 4.0, but the answer is a function.\n"


def test_a_function_not_written_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, ..., square, on=[2.0]).startswith("Not answered yet")
    assert said(capsys, lambda x: ..., square, on=[2.0]).startswith("Not answered yet")


@pytest.mark.parametrize("on", [None, []])
def test_a_function_needs_inputs(on: Any) -> None:
    with pytest.raises(ValueError, match=r"give inputs to try it on, as on=\[1\.0, 2\.0\]"):
        answer(square, square, on=on)
