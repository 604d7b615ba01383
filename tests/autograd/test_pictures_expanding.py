"""dot and sum opened into single multiplications and additions."""

from __future__ import annotations

import re

import pytest

from autograd import Value, dot, draw, sum


def tree(drawing):
    return str(drawing).splitlines()


def test_a_dot_opens_into_products_and_additions_with_their_numbers():
    ws, xs = [Value(2.0, label="w1"), Value(3.0, label="w2")], [Value(5.0, label="x1"), Value(7.0, label="x2")]
    y = dot(ws, xs, Value(1.0, label="b"))
    y.backward()
    assert tree(draw(y, expand=True)) == [
        "+  data 32  grad 1",
        "├─ +  data 11  grad 1",
        "│  ├─ b  data 1  grad 1",
        "│  └─ ×  data 10  grad 1",
        "│     ├─ w1  data 2  grad 5",
        "│     └─ x1  data 5  grad 2",
        "└─ ×  data 21  grad 1",
        "   ├─ w2  data 3  grad 7",
        "   └─ x2  data 7  grad 3",
    ]
    assert draw(y, expand=True).count == 6


def test_the_steps_have_the_gradient_of_the_whole():
    y = dot([Value(2.0), Value(3.0)], [5.0, 7.0])
    z = y * 4.0
    assert str(draw(z, expand=True)).count("not computed yet") == 6
    z.backward()
    steps = [line for line in tree(draw(z, expand=True)) if "×  data 10" in line or "×  data 21" in line]
    assert [line.split("grad ")[1] for line in steps] == ["4", "4"]


def test_local_derivatives_inside():
    w, x = Value(2.0), Value(5.0)
    y = dot([w, Value(3.0)], [x, 7.0])
    drawing = draw(y, expand=True, local_derivatives=True)
    labels = re.findall(r'-> (\w+) \[label="∂ (\S+)"', drawing.source)
    assert [number for _, number in labels] == ["5", "2", "7", "1", "1"]


def test_a_sum_opens_into_additions():
    a, b, c = (Value(x, label=n) for n, x in zip("abc", (1.0, 2.0, 4.0), strict=True))
    assert [line.split("  grad")[0] for line in tree(draw(sum([a, b, c]), expand=True))] == [
        "+  data 7",
        "├─ +  data 3",
        "│  ├─ a  data 1",
        "│  └─ b  data 2",
        "└─ c  data 4",
    ]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: dot([Value(2.0)], [Value(3.0)]), ["×  data 6", "├─ data 2", "└─ data 3"]),
        (lambda: dot([Value(2.0)], [3.0], 1.0), ["+  data 7", "├─ 1", "└─ ×  data 6", "   ├─ data 2", "   └─ 3"]),
        (lambda: dot([], [], Value(2.0)), ["Σ w·x + b  data 2", "└─ [b]  data 2"]),
        (lambda: sum([Value(2.0)]), ["Σ x  data 2", "└─ data 2"]),
        (lambda: sum([Value(2.0), 3.0]), ["+  data 5", "├─ data 2", "└─ 3"]),
    ],
)
def test_small_ones(make, expected):
    assert [line.split("  grad")[0] for line in tree(draw(make(), expand=True))] == expected


def test_one_value_several_times():
    a = Value(3.0, label="a")
    y = sum([a, a, a])
    drawing = draw(y, expand=True)
    assert drawing.source.count("->") == 4
    assert drawing.count == 2


def test_folded_operands_are_one_step_with_the_sum_so_far():
    ws = [Value(float(i)) for i in range(200)]
    y = dot(ws, [Value(1.0) for _ in ws], Value(0.5))
    lines = [line.lstrip("│├└─ ") for line in tree(draw(y, expand=True))]
    assert lines[0] == "Σ  data 19900  grad not computed yet"
    middle = [line for line in lines if "more leaves" in line]
    assert len(middle) == 1
    assert "×  data 0  grad not computed yet" in lines
    z = sum(ws)
    (middle,) = (line for line in tree(draw(z, expand=True)) if "more term" in line)
    assert re.search(r"Σ  … 197 more terms …  data 19701  grad", middle)  # 0 + 1 + ... + 198


def test_the_highlighted_path_goes_through_the_steps():
    ws, xs = [Value(2.0), Value(3.0), Value(4.0)], [Value(5.0), Value(7.0), Value(6.0)]
    y = dot(ws, xs)
    drawing = draw(y, expand=True, highlight=[ws[1], y])
    assert len(re.findall("penwidth=3", drawing.source)) == 4  # w₂, its product, the sum so far, y
    assert len(re.findall(r"-> .*penwidth=2.5", drawing.source)) == 3


def test_a_stage_never_changes_the_graph():
    y = dot([Value(2.0), Value(3.0)], [5.0, 7.0])
    before = (y.op, y.operands, y.data, y.grad)
    draw(y, expand=True)
    assert (y.op, y.operands, y.data, y.grad) == before
