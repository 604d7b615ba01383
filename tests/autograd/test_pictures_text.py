"""A drawing printed as a text tree."""

from __future__ import annotations

import pytest

from autograd import Value, draw

from .test_pictures import LABELS


def test_the_result_stands_first_and_its_operands_under_it():
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    y = a * b - 1.0
    y.backward()
    assert str(draw(y)).splitlines() == [
        "x − y  data -7  grad 1",
        "├─ [x]  ×  data -6  grad 1",
        "│  ├─ a  data 2  grad -3",
        "│  └─ b  data -3  grad 2",
        "└─ [y]  1",
    ]


def test_what_is_used_twice_is_written_once():
    a = Value(2.0, label="a")
    b = a.exp()
    b.label = "power"
    c = b.tanh()
    assert [line.split("  data")[0] for line in str(draw((b + c) * c)).splitlines()] == [
        "×",
        "├─ +",
        "│  ├─ #1 exp  power",
        "│  │  └─ a",
        "│  └─ #2 tanh",
        "│     └─ #1 exp  power  (as above)",
        "└─ #2 tanh  (as above)",
    ]


def test_a_tree_that_would_double_at_every_level_stays_short():
    y = Value(1.0)
    for _ in range(40):
        y = y + y
    assert len(str(draw(y)).splitlines()) == 1 + 2 * 40


@pytest.mark.parametrize("label", LABELS)
def test_any_label_stays_on_its_line(label):
    text = str(draw(Value(2.0, label=label) * 3))
    assert len(text.splitlines()) == 3
    assert max(map(len, text.splitlines())) < 120
    assert text.encode()
    assert not any(c in text for c in "\x00\x07\x1b\u202e")
