"""why: the numbers are backward's to the last bit, the words fit the numbers, and the formula can be read."""

from __future__ import annotations

import math
import re
from functools import reduce
from html.parser import HTMLParser
from operator import add
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, dot, where, why
from autograd.explain import Term
from autograd.explain.sections import sections
from autograd.graph import oldest_first
from autograd.presenting import told_apart
from autograd.rules import RULES

from .helpers import same
from .programs import Line, programs, run


def total(terms: list[Term]) -> float:
    """Add the shares as they come."""
    return reduce(add, [term.share for term in terms], 0.0)


def labelled(node: Value, label: str) -> Value:
    node.label = label
    return node


def example() -> SimpleNamespace:
    """A graph in which a is used twice, once by way of e."""
    a, b, f = Value(2.0, "a"), Value(-3.0, "b"), Value(-2.0, "f")
    e = labelled(a * b, "e")
    d = labelled(e + 10, "d")
    return SimpleNamespace(a=a, b=b, e=e, d=d, f=f, loss=labelled(d * f + labelled(a**3, "c"), "loss"))


# Numbers


@settings(max_examples=200)
@given(programs(lambda name, xs: math.inf))
def test_every_gradient_is_that_of_backward_to_the_last_bit(program: tuple[list[float], list[Line]]) -> None:
    leaves, lines = program
    loss = run(lines, [Value(x) for x in leaves], Value.apply)[-1]
    explained = {node: why(node, loss) for node in oldest_first(loss)}
    loss.backward()
    for node, explanation in explained.items():
        assert same(explanation.gradient, node.grad), (node, lines)
        assert node is loss or same(total(explanation.terms), node.grad)


@settings(max_examples=50)
@given(programs(lambda name, xs: math.inf), st.integers(1, 6))
def test_deeper_terms_add_up_to_the_upstream_gradient(program: tuple[list[float], list[Line]], depth: int) -> None:
    leaves, lines = program
    xs = [Value(x) for x in leaves]
    loss = run(lines, xs, Value.apply)[-1]
    explanation = why(xs[0], loss, depth=depth)
    loss.backward()
    level = explanation.terms
    for away in range(1, depth + 1):
        for term in level:
            assert same(term.upstream, term.consumer.grad)
            assert same(term.upstream * term.local, term.share)
            assert same(total(term.terms), term.upstream) if term.terms else term.consumer is loss or away == depth
        level = list({deeper for term in level for deeper in term.terms})


def test_values_with_one_label_are_told_apart():
    """By the order in which they were made, as in `steps`."""
    first, second = Value(2.0, label="w"), Value(3.0, label="w")
    loss = first * second * Value(4.0)
    text = str(why(first, loss, depth=2, names={"w": loss}))
    assert "= w · w#2 = 6.0" in text
    assert str(why(second, loss)).startswith("∂L/∂w#2 = 8.0   w#2 = 3.0, used once\n")
    assert r"\sharp 2" in why(second, loss).latex


def test_names_that_are_made_up_are_never_those_of_other_values():
    x, second, third = Value(2.0, label="x"), Value(3.0, label="x"), Value(4.0, label="x#2")
    named, unnamed = labelled(x * second, "mul₁"), x * third
    loss = named * unnamed.log1p() + labelled(x.log1p(), "log1p3")
    text = str(why(x, loss, depth=9))
    for words in ("mul₁ = x · x#3 = 6.0", "mul₂ = x · x#2 = 8.0", "log1p₄ = log(1 + mul₂)", "log1p3 = log(1 + x)"):
        assert words in text
    assert r"\mathrm{log1p}_{3}" in why(x, loss).latex, "where log1p₃ would look the same"


@given(st.lists(st.sampled_from(["", "a", "a#2", "a#3", "a#2#2", "b"])))
def test_names_told_apart(names: list[str]) -> None:
    apart = told_apart(names)
    assert [not name for name in apart] == [not name for name in names]
    assert len(set(filter(None, apart))) == len(list(filter(None, apart)))
    for i, (name, wished) in enumerate(zip(apart, names, strict=True)):
        assert name == wished or (wished in names[:i] and re.fullmatch(re.escape(wished) + r"#\d+", name))


def test_rules_that_are_signs_have_names_of_letters():
    a, b = Value(2.0, "a"), Value(3.0, "b")
    for sign, name in (("<", "less"), ("<=", "less_equal"), ("==", "equal"), ("!=", "not_equal")):
        assert f"∂{name}₁/∂a" in str(why(a, Value.apply(sign, a, b) * 1.0))


def test_depth_ends_where_it_says() -> None:
    g = example()
    (cube, product) = sorted(why(g.a, g.loss).terms, key=lambda term: term.consumer.op, reverse=True)
    assert (product.terms, cube.terms) == ([], [])
    product = next(term for term in why(g.a, g.loss, depth=2).terms if term.consumer is g.e)
    assert [term.consumer for term in product.terms] == [g.d]
    assert product.terms[0].terms == []


def test_no_grad_is_read_or_written() -> None:
    g = example()
    for i, node in enumerate(oldest_first(g.loss)):
        node.grad = 100.0 + i
    explanation = why(g.a, g.loss, depth=5)
    str(explanation), explanation._repr_html_(), explanation.latex
    assert explanation.gradient == 6.0 + 12.0
    assert [node.grad for node in oldest_first(g.loss)] == [100.0 + i for i in range(len(oldest_first(g.loss)))]


def test_a_term_knows_its_rule() -> None:
    g = example()
    term = next(term for term in why(g.b, g.loss).terms)
    assert (term.consumer, term.place, term.upstream, term.local, term.share) == (g.e, 1, -2.0, 2.0, -4.0)
    assert (term.rule, term.formula, term.derivative, term.line) == (RULES["*"], "x · y", "x", None)


def test_one_consumer_that_uses_it_twice_gives_two_terms() -> None:
    a = Value(3.0, label="a")
    explanation = why(a, a * a)
    assert [(term.place, term.local, term.share) for term in explanation.terms] == [(0, 3.0, 3.0), (1, 3.0, 3.0)]
    assert "L = a⁽¹⁾ · a⁽²⁾ = 9.0   ∂L/∂a⁽¹⁾ = a⁽²⁾" in str(explanation)
    assert r"\frac{\partial L}{\partial a^{(2)}} = 6" in explanation.latex


def test_where_passes_to_the_branch_taken() -> None:
    x, y, no = Value(2.0, "x"), Value(3.0, "y"), Value(0.0, "no")
    loss = where(no, x, y) * 5
    assert why(y, loss).gradient == 5.0
    for node in (x, no):
        assert why(node, loss).terms == []
        assert why(node, loss).gradient == 0.0
        assert f"L depends on {node.label} only through `where`" in str(why(node, loss))
    no.data = 0.0
    with pytest.raises(RuntimeError, match="was written"):
        why(y, loss)


def test_a_deep_graph_needs_no_recursion() -> None:
    x = Value(1.0)
    y = x
    for _ in range(30_000):
        y = y * 1.0
    explanation = why(x, y)
    assert (explanation.gradient, explanation.paths) == (1.0, 1)
    assert len(explanation.latex) < 1000
    assert str(why(x, y, depth=3000)).count("\n\n") == 2999


# Nothing to explain, and errors


def test_the_loss_itself() -> None:
    loss = Value(2.0, label="x") * 3
    explanation = why(loss, loss)
    assert (explanation.gradient, explanation.terms, explanation.paths) == (1.0, [], 1)
    assert "the chain rule starts here" in str(explanation)
    assert explanation.latex == r"\frac{\partial L}{\partial L} = 1"


def test_what_the_loss_does_not_depend_on() -> None:
    g, other = example(), Value(1.0, label="other")
    explanation = why(other, g.loss)
    assert (explanation.gradient, explanation.terms, explanation.paths) == (0.0, [], 0)
    assert str(explanation) == (
        "∂loss/∂other = 0.0   other = 1.0\n"
        "  loss does not depend on other: other is not in the graph that loss was made from."
    )
    assert explanation.latex == r"\frac{\partial \mathrm{loss}}{\partial \mathrm{other}} = 0"
    assert "are the two arguments in the right order?" in str(why(g.loss, g.a))


def test_a_frozen_leaf() -> None:
    x = Value(2.0, label="x")
    x.requires_grad = False
    explanation = why(x, x * 3)
    assert explanation.gradient == 3.0
    assert "frozen (requires_grad is False): backward() leaves its grad alone" in str(explanation)


def test_a_stale_graph_is_refused() -> None:
    x = Value(2.0, label="x")
    y = x * 3
    x.data = 5.0
    with pytest.raises(RuntimeError, match="'x' was written"):
        why(x, y)


@pytest.mark.parametrize(("arguments", "options", "error", "message"), [
    ((1.0, Value(1.0)), {}, TypeError, r"x must be a Value, got float: 1\.0"),
    ((Value(1.0), None), {}, TypeError, "loss must be a Value, got NoneType"),
    ((Value(1.0), Value(1.0)), {"depth": 0}, ValueError, "depth must be at least 1, got 0"),
    ((Value(1.0), Value(1.0)), {"depth": 1.5}, TypeError, r"depth must be an int, got float: 1\.5"),
    ((Value(1.0), Value(1.0)), {"names": [1]}, TypeError, "names must be a dict from names to Values"),
])  # fmt: skip
def test_wrong_arguments(arguments: Any, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        why(*arguments, **options)


# Words


def test_the_text_of_a_small_graph() -> None:
    g = example()
    assert str(why(g.a, g.loss, depth=2)) == (
        "∂loss/∂a = 18.0   a = 2.0, used 2 times\n"
        "  = ∂loss/∂c · ∂c/∂a =  1.0 · 12.0 = 12.0   c = a³ = 8.0       ∂c/∂a = 3 · a²\n"
        "  + ∂loss/∂e · ∂e/∂a = -2.0 · -3.0 =  6.0   e = a · b = -6.0   ∂e/∂a = b\n"
        "\n"
        "∂loss/∂c = 1.0   c = 8.0, used once\n"
        "  = ∂loss/∂loss · ∂loss/∂c = 1.0 · 1.0 = 1.0   loss = mul₁ + c = 0.0   ∂loss/∂c = 1\n"
        "\n"
        "∂loss/∂e = -2.0   e = -6.0, used once\n"
        "  = ∂loss/∂d · ∂d/∂e = -2.0 · 1.0 = -2.0   d = e + 10 = 4.0   ∂d/∂e = 1"
    )


NUMBERS = re.compile(r"^  [=+] \S+ · \S+ += +(\S+) · +(\S+) = +(\S+)", re.MULTILINE)
REST = re.compile(r"^  \+ … and (\d+) more that add up to +(\S+)$", re.MULTILINE)


@settings(max_examples=100)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40))
def test_the_numbers_in_the_text_add_up(factors: list[float]) -> None:
    """Of many terms the largest are shown; with what the rest add up to they give the gradient, or it says why not."""
    x = Value(1.0, label="x")
    loss = reduce(add, [x * factor for factor in factors])
    text = str(why(x, loss))
    loss.backward()
    rows = [tuple(map(float, row)) for row in NUMBERS.findall(text)]
    assert all(upstream * local == share for upstream, local, share in rows)
    rest = REST.findall(text)
    assert len(rows) + (int(rest[0][0]) if rest else 0) == len(factors)
    assert len(rows) == len(factors) if len(factors) <= 7 else len(rows) == 6
    if rest:
        assert sorted((abs(share) for *_, share in rows), reverse=True) == sorted(map(abs, factors), reverse=True)[:6]
    shown = reduce(add, [share for *_, share in rows], 0.0) + (float(rest[0][1]) if rest else 0.0)
    if shown != x.grad:
        assert rest, "without hidden terms the numbers add up exactly, in the order shown"
        assert f"the numbers round to {shown!r}" in text
        assert f"which rounds to {x.grad!r}." in text
    else:
        assert "round" not in text
    assert text.startswith(f"∂L/∂x = {x.grad!r}   x = 1.0, used")


def test_of_a_hundred_uses_the_largest_are_shown() -> None:
    w = Value(0.5, label="w")
    text = str(why(w, reduce(add, [(labelled(w * i, f"p{i}") - 1) ** 2 for i in range(100)])))
    first, *_, last = text.splitlines()[1:]
    assert first == "  = ∂L/∂p99 · ∂p99/∂w = 97.0 · 99.0 =   9603.0   p99 = w · 99 = 49.5   ∂p99/∂w = 99"
    assert last == "  + … and 94 more that add up to      263717.0"
    assert text.count("\n") == 7
    assert "w · 94 " in text
    assert "w · 93 " not in text


def test_names() -> None:
    x, y, z = Value(2.0, label="mine"), Value(3.0), Value(4.0)
    product = y * z
    loss = x * product
    assert str(why(y, loss)).startswith("∂L/∂x = 8.0   x = 3.0"), "without a name it is x"
    assert str(why(y, loss, names={"y": y, "total": loss})).startswith("∂total/∂y = 8.0")
    assert str(why(x, loss, names={"other": x})).startswith("∂L/∂mine"), "the label comes first"
    assert "mul₂ = x · leaf₁ = 12.0" in str(why(y, loss)), "numbered from the oldest on"
    module = SimpleNamespace(named_parameters=lambda: iter([("layers.0.w", y)]))
    assert str(why(y, loss, names=module)).startswith("∂L/∂layers.0.w")
    s = labelled(x + y, "w*x +\nb")
    assert "∂L/∂(w*x + b) = 1.0   w*x + b = 5.0" in str(why(s, s + 1))
    assert "∂L/∂x = " not in str(why(y, labelled(x * 1, "x") * y)), "x is the name of another Value"


@pytest.mark.parametrize("name", [name for name in RULES if not RULES[name].variadic])
def test_formulas_have_names_in_place_of_the_rules_letters(name: str) -> None:
    rule = RULES[name]
    operands = [Value(0.5, label) for label in ("p", "q", "r")[: len(rule.domain)]]
    loss = labelled(Value.apply(name, *operands), "m")
    for x in operands:
        if why(x, loss).terms:
            words = str(why(x, loss)).partition("m = ")[2]
            assert not re.search("(?<![A-Za-z])[vxyz](?![A-Za-z])|[ˣʸ]", words), words
            assert x.label in words


@pytest.mark.parametrize(("make", "words"), [
    (lambda p, q: p - q, "L = p - q = -1.0   ∂L/∂p = 1"),
    (lambda p, q: q / p, "L = q / p = 1.5   ∂L/∂p = -L / p"),
    (lambda p, q: p**q, "L = p^q = 8.0   ∂L/∂p = q · p^(q - 1)"),
    (lambda p, q: q**p, "L = q^p = 9.0   ∂L/∂p = L · log q"),
    (lambda p, q: p**2, "L = p² = 4.0   ∂L/∂p = 2 · p"),
    (lambda p, q: p**-1, "L = p⁻¹ = 0.5   ∂L/∂p = (-1) · p⁻²"),
    (lambda p, q: p**0.5, "∂L/∂p = 0.5 · p^(-0.5)"),
    (lambda p, q: p * -3, "L = p · (-3) = -6.0   ∂L/∂p = -3"),
    (lambda p, q: p.exp(), "L = e^p = 7.38905609893065   ∂L/∂p = L"),
    (lambda p, q: p.sigmoid(), "L = 1 / (1 + e^(-p)) = 0.8807970779778823   ∂L/∂p = L (1 - L)"),
    (lambda p, q: autograd.atan2(p, q), "L = angle of the point (q, p) = 0.5880026035475675   ∂L/∂p = q / (p² + q²)"),
    (lambda p, q: dot([p, q], [q, 5.0]), "L = p · q⁽²⁾ + q⁽¹⁾ · 5 = 21.0   ∂L/∂p = q⁽²⁾"),
    (lambda p, q: dot([1.0] * 5, [q, q, p, q, q], q), "L = … + 1 · p + … + q⁽⁵⁾  (5 products) = 17.0   ∂L/∂p = 1"),
    (lambda p, q: dot([q] * 5, [q] * 5, p), "L = … + p  (5 products) = 47.0   ∂L/∂p = 1"),
    (lambda p, q: dot([], [], p), "L = p = 2.0   ∂L/∂p = 1"),
    (lambda p, q: Value.apply("sum", p, q), "L = p + q = 5.0   ∂L/∂p = 1"),
    (lambda p, q: Value.apply("sum", q, q, q, p), "L = … + p + …  (4 numbers) = 11.0   ∂L/∂p = 1"),
    (lambda p, q: Value.apply("logsumexp", p, q), "L = log(e^p + e^q) = 3.313261687518223   ∂L/∂p = exp(p - L)"),
])  # fmt: skip
def test_words_of_some_rules(make: Any, words: str) -> None:
    p, q = Value(2.0, label="p"), Value(3.0, label="q")
    assert words in str(why(p, make(p, q))).replace("\n        ", "   ")


def test_what_is_shared_is_explained_once() -> None:
    x = y = Value(1.5, label="x")
    for _ in range(12):
        y = y * y
    explanation = why(x, y, depth=100)
    assert str(explanation).count("\n\n") == 11
    assert explanation._repr_html_().count("<details") == 11
    found = sections(x, explanation.gradient, explanation.terms)
    assert [section.inside for section in found.values()] == [[node] for node in list(found)[1:]] + [[]]


def test_rows_that_are_wide_are_broken() -> None:
    x, w = Value(0.1, label="x"), Value(3.0, label="w" * 15)
    assert str(why(x, x * 3)).count("\n") == 1
    under = str(why(x, (x * w).tanh()))
    assert [len(line) - len(line.lstrip()) for line in under.splitlines()] == [0, 2, 8]
    w.label = "w" * 40
    apart = str(why(w, dot([x, w], [w, w], w).tanh())).splitlines()
    assert [len(line) - len(line.lstrip()) for line in apart] == [0, *[2, 8, 8] * 4]
    assert max(map(len, under.splitlines())) <= 120


# The page


class Page(HTMLParser):
    """Reads a page: its text, and that every tag is closed in turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.tags: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)


def test_the_page_says_what_the_text_says() -> None:
    g = example()
    explanation = why(g.a, g.loss, depth=3)
    html = explanation._repr_html_()
    page = Page(html)
    assert page.open == []
    assert page.tags.count("details") == 3, "c, e and d can be opened"
    assert "script" not in page.tags
    assert "http" not in html
    for number in re.findall(r"-?\d+\.\d+", str(explanation)):
        assert number in page.words or any(number in words for words in page.words)
    assert page.words.count("12.0") == 2
    assert "c = a³ = 8.0" in page.words


def test_labels_are_escaped_on_the_page() -> None:
    x = Value(2.0, label="<b>&\"'")
    page = Page(why(x, x * 3)._repr_html_())
    assert any("<b>&\"'" in words for words in page.words)
    assert page.tags.count("b") == 2, "the gradient and the share"


def test_tables_have_the_colour_of_the_page_around_them() -> None:
    """Pages without a doctype, and some notebooks, give tables a colour of their own: black, also on black."""
    (rule,) = re.findall(r"\.autograd-why table \{([^}]*collapse[^}]*)\}", why(Value(1.0), Value(2.0))._repr_html_())
    assert "color: inherit" in rule


def test_the_page_of_many_terms_and_of_none() -> None:
    x = Value(0.1, label="x")
    loss = reduce(add, [x * (i * 0.1) for i in range(30)])
    words = Page(why(x, loss)._repr_html_()).words
    assert "… and 24 more that add up to" in words
    assert any("does not depend on x" in part for part in Page(why(x, Value(1.0))._repr_html_()).words)


# The formula


def test_the_formula_of_a_small_graph() -> None:
    g = example()
    product = 1  # the only one without a name
    assert why(g.a, g.loss).latex == (
        r"\frac{\partial \mathrm{loss}}{\partial a} = "
        rf"\frac{{\partial \mathrm{{loss}}}}{{\partial \mathrm{{mul}}_{{{product}}}}} \cdot "
        rf"\frac{{\partial \mathrm{{mul}}_{{{product}}}}}{{\partial d}} \cdot "
        r"\frac{\partial d}{\partial e} \cdot \frac{\partial e}{\partial a} + "
        r"\frac{\partial \mathrm{loss}}{\partial c} \cdot \frac{\partial c}{\partial a} = 18"
    )


def count_paths(x: Value, node: Value) -> int:
    """Count by walking every single path."""
    return 1 if node is x else sum(count_paths(x, y) for y in node.parents)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=10))
def test_paths_are_counted_and_written(pairs: list[tuple[int, int]]) -> None:
    nodes = [Value(1.5, label="x")]
    for i, j in pairs:
        nodes.append(nodes[i % len(nodes)] * nodes[j % len(nodes)])
    explanation, count = why(nodes[0], nodes[-1]), count_paths(nodes[0], nodes[-1])
    assert explanation.paths == count
    middle = explanation.latex.split(" = ")[1].removesuffix(r" + \cdots").split(" + ")
    assert len(middle) == min(count, 8)
    assert len(set(middle)) == len(middle), "every path once"
    assert (r"\mathrm{paths}" in explanation.latex) == (count > 8)


def test_exponentially_many_paths() -> None:
    x = y = Value(1e-300, label="x")
    for _ in range(20_000):
        y = y + y
    explanation = why(x, y)
    assert explanation.paths == 2**20_000
    assert explanation.latex.endswith(r"+ \cdots = \infty \quad (\approx 10^{6020}\ \mathrm{paths})")
    y = x
    for _ in range(11):
        y = y + y
    assert why(x, y).latex.endswith(r"= 2048 \quad (2\,048\ \mathrm{paths})")


def read(formula: str) -> None:
    """Let matplotlib set the formula; it raises if it cannot."""
    mathtext = pytest.importorskip("matplotlib.mathtext", reason="matplotlib reads the formulas (extra plot)")
    mathtext.MathTextParser("agg").parse(f"${formula}$")


@settings(max_examples=40)
@given(st.text(max_size=12))
def test_a_renderer_reads_the_formula_whatever_the_name(label: str) -> None:
    x = Value(2.0, label=label)
    read(why(x, x * 3).latex)


def test_a_renderer_reads_every_kind_of_formula() -> None:
    x = y = Value(2.0, label="".join(map(chr, range(33, 127))))
    read(why(x, x).latex)
    read(why(x, x * math.nan).latex)
    read(why(x, x * -1e-40).latex)
    for _ in range(12):
        y = y + y
    read(why(x, y).latex)
    read(why(x, dot([x] * 3, [y] * 3, x)).latex)


@pytest.mark.parametrize(("label", "written"), [
    ("w", "w"), ("λ", "λ"), ("w1", "w_{1}"), ("w_12", "w_{12}"), ("x₁", "x_{1}"), ("bias", r"\mathrm{bias}"),
    ("layers.0.w.1", r"\mathrm{layers.0.w.1}"), ("a_b", r"\mathrm{a\_b}"), ("50%", r"\mathrm{50\%}"),
    ("a\\b", r"\mathrm{a\backslash b}"), ("x'", r"\mathrm{x’}"), ("a b", r"\mathrm{a\ b}"),
])  # fmt: skip
def test_names_in_the_formula(label: str, written: str) -> None:
    x = Value(2.0, label=label)
    assert why(x, x * 3).latex == rf"\frac{{\partial L}}{{\partial {written}}} = " * 2 + "3"


@pytest.mark.parametrize(("number", "written"), [
    (3.0, "3"), (-0.5, "-0.5"), (1e-7, r"1 \times 10^{-7}"), (2.5e30, r"2.5 \times 10^{30}"),
    (math.inf, r"\infty"), (-math.inf, r"-\infty"), (math.nan, r"\mathrm{nan}"),
])  # fmt: skip
def test_numbers_in_the_formula(number: float, written: str) -> None:
    x = Value(2.0, label="x")
    assert why(x, x * number).latex.endswith(f" = {written}")
