"""Steps: what each frame says, that the last one holds the engine's gradients, and what is safe to be saved."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from hypothesis import assume, given

import autograd
from autograd import Value, dot, logsumexp, no_grad, where
from autograd import sum as total
from autograd.engines import engine
from autograd.rules import RULES
from autograd.stepper import Steps, frames, steps
from autograd.stepper.names import clean, shorten, width
from autograd.stepper.sentences import derivative, expression, number
from nn import MLP

from .helpers import RULE_LIST, python, same
from .programs import Line, programs, run
from .test_random_graphs import kink


def neuron() -> dict[str, Value]:
    w, x, b = Value(-3.0, label="w"), Value(2.0, label="x"), Value(7.0, label="b")
    y = (w * x + b).tanh()
    y.label = "y"
    return {"w": w, "x": x, "b": b, "y": y}


def told(value, names=None) -> list[str]:
    return [frame.sentence for frame in steps(value, names)]


# What the frames say


def test_a_neuron_step_by_step():
    lines = [str(frame).split(maxsplit=2) for frame in steps(neuron()["y"])]
    assert [line[0] for line in lines] == [str(i) for i in range(1, 12)], "as the player counts"
    assert [line[1] for line in lines] == ["forward"] * 4 + ["backward"] * 7
    assert [line[2] for line in lines] == [
        "Given: w = -3.0, x = 2.0, b = 7.0",
        "v1 = w · x = -3.0 · 2.0 = -6.0",
        "v2 = v1 + b = -6.0 + 7.0 = 1.0",
        "y = tanh v2 = tanh 1.0 = 0.761594",
        "∂y/∂y = 1.0",
        "∂y/∂v2 += ∂y/∂y · ∂y/∂v2 = 1.0 · 0.419974 = 0.419974",
        "∂y/∂v1 += ∂y/∂v2 · ∂v2/∂v1 = 0.419974 · 1.0 = 0.419974",
        "∂y/∂b += ∂y/∂v2 · ∂v2/∂b = 0.419974 · 1.0 = 0.419974",
        "∂y/∂w += ∂y/∂v1 · ∂v1/∂w = 0.419974 · 2.0 = 0.839949",
        "∂y/∂x += ∂y/∂v1 · ∂v1/∂x = 0.419974 · -3.0 = -1.25992",
        "Done: ∂y/∂w = 0.839949, ∂y/∂x = -1.25992, ∂y/∂b = 0.419974",
    ]


def test_what_a_frame_lights_and_knows():
    v = neuron()
    s = steps(v["y"])
    assert isinstance(s, Steps)
    assert (len(s), repr(s)) == (11, "Steps(4 forward, 7 backward)")
    start, product, tanh = s[0], s[1], s[5]
    assert (start.node, start.operands, start.grads) == (None, (), {})
    assert list(start.values) == [v["w"], v["x"], v["b"]]
    assert product.operands == (v["w"], v["x"])
    assert product.node is not None
    assert product.values[product.node] == -6.0
    assert v["y"] not in product.values
    assert tanh.node is v["y"]
    assert tanh.places == (0,)
    assert tanh.rule == "y = tanh v2, so ∂y/∂v2 = 1 - y², here 0.419974"
    assert [frame.index for frame in s[2:4]] == [2, 3]
    assert s[-1].grads[v["w"]] == (1 - math.tanh(1.0) ** 2) * 2.0


def test_gradients_add_up_before_the_eyes():
    a = Value(3.0, label="a")
    s = steps(a * a)
    assert [frame.grads.get(a) for frame in s] == [None, None, 0.0, 3.0, 6.0, 6.0]
    assert s[3].sentence == "∂v1/∂a += ∂v1/∂v1 · ∂v1/∂a = 1.0 · 3.0 = 3.0"
    assert s[4].sentence == "∂v1/∂a += ∂v1/∂v1 · ∂v1/∂a = 1.0 · 3.0 = 3.0, in all 3.0 + 3.0 = 6.0"
    assert [s[i].rule for i in (3, 4)] == [f"v1 = a · a, so ∂v1/∂a by operand {i} = a, here 3.0" for i in (1, 2)]
    assert [s[i].places for i in (3, 4)] == [(0,), (1,)]


def test_operations_of_many_operands():
    w, x, b = [Value(2.0, "w1"), Value(-1.0, "w2")], [3.0, Value(4.0, "x2")], Value(0.5, "b")
    s = steps(dot(w, x, b))
    assert s[1].sentence == "v1 = w1·3.0 + w2·x2 + b = 2.0·3.0 + (-1.0·4.0) + 0.5 = 2.5"
    assert [frame.rule.split(", so ")[1] for frame in s[3:-1]] == [
        "∂v1/∂w1 = 3.0",
        "∂v1/∂w2 = x2, here 4.0",
        "∂v1/∂x2 = w2, here -1.0",
        "∂v1/∂b = 1",
    ]
    y = logsumexp([Value(0.0, "p"), Value(0.0, "q")])
    assert told(y)[1] == "v1 = log(exp(p) + exp(q)) = log(exp(0.0) + exp(0.0)) = 0.693147"
    assert steps(y)[3].rule == "v1 = log(exp(p) + exp(q)), so ∂v1/∂p = exp(p - v1), here 0.5"
    assert told(total([Value(float(i)) for i in range(9)]))[1] == (
        "v10 = v1 + v2 + v3 + v4 + … + v9 (9 terms) = 0.0 + 1.0 + 2.0 + 3.0 + … + 8.0 (9 terms) = 36.0"
    )


def test_a_comparison_is_told_as_it_is_written():
    a, b = Value(2.0, "a"), Value(3.0, "b")
    assert told(Value.apply("<", a, b))[1] == "v1 = (a < b) = (2.0 < 3.0) = 1.0"
    assert told(Value.apply("!=", a, 2.0))[1] == "v1 = (a != 2.0) = (2.0 != 2.0) = 0.0"


def test_a_compiled_call_is_told_by_its_parameters():
    """And has boxes for these alone: its gradient and the rest are numbers inside it."""
    w, b = Value(0.5, "w"), Value(-1.0, "b")
    loss = autograd.compile(lambda x: (w * x + b) ** 2).mean([1.0, 2.0, 3.0])
    s = steps(loss)
    assert s[1].sentence == f"v1 = compiled(w, b) = compiled(0.5, -1.0) = {number(loss.data)}"
    assert s[3].sentence.startswith("∂v1/∂w += ∂v1/∂v1 · ∂v1/∂w = 1.0 · ")
    assert s[3].rule.startswith("v1 = compiled(w, b), so ∂v1/∂w = ")
    assert s._scene.boxes == [w, b, loss]
    assert s._scene.lit(s[1]) == ([0, 1], [0, 1])
    loss.backward()
    assert (s[-1].grads[w], s[-1].grads[b]) == (w.grad, b.grad)
    many = [Value(0.1 * i) for i in range(150)]
    assert len(steps(autograd.compile(lambda x: total(many) * x).sum([1.0, 2.0]))) == 2 + 152


def test_where_lights_the_branch_taken_alone():
    x = Value(-1.0, label="x")
    y = where(x > 0, x.sqrt(), 5.0)
    s = steps(y)
    assert s[-2].sentence == "∂v2/∂v2 = 1.0 flows no further"
    assert s[-1].grads[x] == 0.0
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    s = steps(where(Value(1.0, "c"), a, b))
    assert s[3].sentence == "∂v1/∂a += ∂v1/∂v1 · ∂v1/∂a = 1.0 · 1.0 = 1.0"
    assert (s[-1].grads[a], s[-1].grads[b], len(s)) == (1.0, 0.0, 5)


def test_numbers_in_places_of_letters_keep_their_signs():
    assert expression("-", ["1.0", "-3.0"]) == "1.0 - (-3.0)"
    assert expression("neg", ["-2.0"]) == "-(-2.0)"
    assert expression("**", ["-2.0", "3.0"]) == "(-2.0)³"
    assert expression("**", ["a", "-1.0"]) == "a⁻¹"
    assert expression("**", ["a", "0.5"]) == "a^0.5"
    assert expression("hypot", ["-3.0", "4.0"]) == "√((-3.0)² + 4.0²)"
    assert expression("sigmoid", ["-2.0"]) == "1 / (1 + exp(-(-2.0)))"
    assert expression("where", ["c", "a", "b"]) == "where(c, a, b)"
    assert derivative("**", ["a", "b"], 0, "c") == "b · a^(b-1)"
    assert derivative("**", ["-4.0", "2.0"], 0, "c") == "2.0 · -4.0"
    assert derivative("**", ["-4.0", "3.0"], 0, "c") == "3.0 · (-4.0)²"


@pytest.mark.parametrize("rule", RULE_LIST, ids=lambda rule: rule.name)
def test_every_rule_is_told_in_its_operands_names(rule):
    """Names that occur in no formula go in, so any x, y, z or v left over is a letter that was not replaced."""
    count = 4 if rule.variadic else len(rule.domain)
    values = [Value((low + 2 * high) / 3, f"Q{i}") for i, (low, high) in enumerate((rule.domain * count)[:count])]
    root = Value.apply(rule.name, *values)
    root.label = "R"
    s = steps(root)
    letters = re.compile(r"(?<![A-Za-z])[xyzv](?![A-Za-z])|[ˣʸ]")
    for frame in s:
        assert not letters.search(frame.sentence), frame.sentence
        if frame.phase == "backward":
            assert not letters.search(frame.rule), frame.rule
    assert s[1].sentence.startswith("R = ")
    assert s[1].sentence.endswith(f" = {number(root.data)}")
    assert all(f"Q{i}" in s[1].sentence for i in range(2 if rule.name == "program" else count))


# The engine's numbers


@given(programs(kink))
def test_the_last_frame_has_the_gradients_of_backward_to_the_last_bit(program: tuple[list[float], list[Line]]) -> None:
    leaves, lines = program
    root = run(lines, [Value(x) for x in leaves], Value.apply)[-1]
    try:
        s = steps(root)
    except ValueError:
        assume(False)
    root.backward()
    last = s[-1]
    for node, gradient in last.grads.items():
        assert same(gradient, node.grad), node
        assert same(last.values[node], node.data)


def test_a_choice_changes_the_order_of_the_engine_and_of_the_frames_alike():
    """h's sum rounds by its order; a `where` that sends nothing to one consumer must not hold h back."""
    for condition in (0.0, 1.0):
        h = Value(0.1) * 1.0
        others = [(h * k).sin() for k in (0.1, 0.2, 0.7, 1e16, -1e16)]
        y = total([where(Value(condition), others[0] * h, others[3]), *others]) + h * 0.3
        s = steps(y)
        y.backward()
        assert all(same(g, node.grad) for node, g in s[-1].grads.items())


def test_the_graph_stays_as_it_is():
    v = neuron()
    v["w"].grad = 5.0
    before = [(x.data, x.grad, x.serial, x.label) for x in v.values()]
    s = steps(v["y"])
    s._repr_html_()
    assert [(x.data, x.grad, x.serial, x.label) for x in v.values()] == before
    assert s[-1].grads[v["w"]] == pytest.approx(0.839949, abs=1e-6), "frames start from 0"


def test_frozen_leaves_get_no_gradient():
    a, b = Value(2.0, label="a"), Value(3.0, label="b")
    b.requires_grad = False
    s = steps(a * b)
    assert [frame.sentence for frame in s[3:]] == ["∂v1/∂a += ∂v1/∂v1 · ∂v1/∂a = 1.0 · 3.0 = 3.0", "Done: ∂v1/∂a = 3.0"]
    assert "frozen" in s._repr_html_()


def test_strange_numbers_are_shown_as_they_are():
    x = Value(0.0, label="x")
    assert told(x.sqrt() * 0.0)[-1] == "Done: ∂v2/∂x = nan"
    assert told(Value(800.0).exp())[1].endswith("= inf")
    assert [number(x) for x in (-0.0, 1e-300, 123456789.0, 1 / 3)] == ["-0.0", "1e-300", "1.23457e+08", "0.333333"]


def test_a_leaf_alone_and_constants_alone():
    assert told(Value(2.0, "a")) == ["Given: a = 2.0", "∂a/∂a = 1.0", "Done: ∂a/∂a = 1.0"]
    s = steps(Value.apply("*", 2.0, 3.0))
    assert s[0].sentence == "Given: constants alone"
    assert s[1].sentence == "v1 = 2.0 · 3.0 = 6.0"
    assert [frame.sentence for frame in s[3:]] == ["∂v1/∂v1 = 1.0 flows no further", "Done: no leaf takes a gradient"]


# Names


def test_names_by_label_by_module_and_by_number():
    model = MLP(2, [1])
    a, b = Value(1.0, label="a"), Value(2.0, label="a")
    y = model([a, b]) * Value(3.0, label="v1")
    names = steps(y, names=model)._scene.names
    assert sorted(names.values()) == sorted(
        ["a", "a#2", "v1", "v2", "v3", *(f"layers.0.neurons.0.{x}" for x in ("w.0", "w.1", "b"))]
    ), "v1 is taken"
    c = Value(1.0)
    assert told(c + 1.0, names={"c": c})[1] == "v1 = c + 1.0 = 1.0 + 1.0 = 2.0"
    y = Value(2.0, label="x1*w1") * 3.0
    assert "∂v1/∂(x1*w1)" in told(y)[3], "more than a word stands in brackets"


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("layers.0.neurons.1.w.0", "lay.0.neu.1.w.0"),
        ("layers.0.neurons.12.w.0", "layer…ns.12.w.0"),
        ("x" * 10_000, "xxxxx…xxxxxxxxx"),
        ("한국어 이름 아주 긴 이름입니다", "한국…름입니다"),
        ("." * 100, ".....…........."),
        ("short", "short"),
    ],
)
def test_long_names_are_shortened(text, short):
    got = shorten(text, 15)
    assert width(got) <= 15
    assert got == short


def test_text_that_no_page_can_hold():
    assert clean("a\x00b\ud800 \n\n c\u202e") == "a�b� c�"
    assert clean(" \n ") == ""


def test_inside_no_grad_there_is_one_leaf():
    with no_grad():
        y = Value(2.0) * 3.0
    assert len(steps(y)) == 3


def test_rules_and_limits_are_the_documented_ones():
    assert f"more than {frames.LARGEST} values and constants" in (steps.__doc__ or "")
    assert set(RULES) >= {"dot", "sum", "logsumexp", "where"}


# What is refused


def test_a_graph_too_large_to_watch():
    y = Value(1.0)
    for _ in range(100_000):
        y = y + 1.0
    with pytest.raises(ValueError, match=r"more than 200 values and constants.*take a smaller example"):
        steps(y)
    with pytest.raises(ValueError, match="more than 200"):
        steps(total([Value(1.0), *[1.0] * 200]))
    assert len(steps(total([Value(1.0), *[1.0] * 198]))) == 5


def test_a_graph_that_no_longer_fits():
    a = Value(2.0, label="a")
    y = a * 3.0
    a.data = 5.0
    with pytest.raises(RuntimeError, match=r"'a' was written .* run the forward pass again"):
        steps(y)


def test_wrong_arguments():
    with pytest.raises(TypeError, match=r"value must be a Value, got float: 3\.0"):
        steps(3.0)
    with pytest.raises(TypeError, match="names must be a dict from names to Values, or have named_parameters"):
        steps(Value(1.0), names=["a"])


@pytest.mark.parametrize("name", ["s", "s.pdf", "s.html.txt"])
def test_other_endings_are_refused(name, tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.html, got "):
        steps(Value(1.0)).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        steps(Value(1.0)).save(tmp_path / "nowhere" / "s.html")


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "s.html"
    path.write_text("before")

    def full(self, data):
        with open(self, "wb") as file:
            file.write(data[:10])
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        steps(Value(1.0)).save(path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_stepping_needs_no_package_beside_the_engine():
    code = (
        "import sys, tempfile, autograd; from autograd.stepper import steps\n"
        "y = autograd.Value(2.0) * 3\n"
        "steps(y).save(tempfile.mkdtemp() + '/s.html'); steps(y)._repr_html_()\n"
        "assert not {'graphviz', 'numpy', 'pygraphviz'} & set(sys.modules), 'loaded'\n"
    )
    done = python(code, PATH="/nowhere", AUTOGRAD_ENGINE=engine)
    assert done.returncode == 0, done.stderr
