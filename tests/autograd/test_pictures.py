"""Drawings: what stands in the source, how labels are kept harmless, and the engines that lay them out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import types
from pathlib import Path
from xml.etree import ElementTree

import pytest

import autograd
from autograd import Value, dot, draw, name_scope, where
from autograd import sum as total
from autograd.pictures import PictureError
from autograd.pictures.layout import lay_out

ROOT = Path(autograd.__file__).resolve().parent.parent
needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="the program dot is not installed")


class Parameters:
    """What an nn.Module is to a drawing."""

    def __init__(self, **values):
        self.values = values

    def named_parameters(self):
        return self.values.items()


def statements(drawing):
    """The statements of a drawing's source, without serial numbers, each node by the order in which it stands."""
    lines = [line.strip() for line in drawing.source.splitlines()]
    places = {
        name: f"n{i}" for i, name in enumerate(dict.fromkeys(re.findall(r"\b[vc]\d+(?:_\d+)?\b", drawing.source)))
    }
    return [re.sub(r"\b[vc]\d+(?:_\d+)?\b", lambda m: places[m[0]], line) for line in lines]


def node_of(drawing, value):
    """The one statement that describes a Value's node."""
    (line,) = (s for s in drawing.source.splitlines() if re.match(rf"\s*v{value.serial} \[", s))
    return line


def edges(drawing):
    return re.findall(r"^\s*(\w+) -> (\w+)", drawing.source, flags=re.MULTILINE)


def shown(drawing, value):
    """The texts in a Value's node."""
    label = re.search(r"label=<(.*?)</TABLE>", node_of(drawing, value))[1]
    return [text.replace("&#160;", "") for text in re.findall(r">([^<>]+)<", label)]


def test_nodes_show_name_data_and_grad():
    a, b = Value(2.0, label="a"), Value(-3.0)
    c = a * b
    c.backward()
    drawing = draw(c, names={"b": b, "result": c})
    assert shown(drawing, a) == ["a", "data", "2", "grad", "-3"]
    assert shown(drawing, b) == ["b", "data", "-3", "grad", "2"]
    assert shown(drawing, c) == ["×", "result", "data", "-6", "grad", "1"]
    assert edges(drawing) == [(f"v{a.serial}", f"v{c.serial}"), (f"v{b.serial}", f"v{c.serial}")]
    assert repr(drawing) == "Drawing of 3 values"


def test_a_label_goes_before_a_name():
    a = Value(2.0, label="a")
    assert shown(draw(a, names={"other": a}), a)[0] == "a"


def test_gradients_are_not_computed_yet_before_backward():
    a = Value(2.0)
    b = a * 3
    assert shown(draw(b), a)[-2:] == shown(draw(b), b)[-2:] == ["grad", "not computed yet"]
    b.backward()
    assert shown(draw(b), a)[-2:] == ["grad", "3"]


def test_a_gradient_of_0_that_was_computed_is_a_0():
    a, c = Value(-2.0), Value(5.0)
    b = a.relu()
    y = b + c
    y.backward()
    assert shown(draw(y), a)[-2:] == ["grad", "0"]


def test_a_frozen_leaf_is_shown_as_frozen():
    """Before the sweep and after it, alone and folded; a number that somebody left in its grad does not count."""
    x, w = Value(2.0, label="x"), Value(3.0, label="w")
    x.requires_grad = False
    y = x * w
    assert [shown(draw(y), v)[-1] for v in (x, w)] == ["frozen", "not computed yet"]
    x.grad = 5.0
    y.backward()
    drawing = draw(y)
    assert [shown(drawing, v)[-1] for v in (x, w)] == ["frozen", "2"]
    assert "grad 5" not in drawing.source
    assert "x  data 2  grad frozen" in str(drawing)
    frozen = [Value(float(i)) for i in range(200)]
    for v in frozen:
        v.requires_grad = False
    z = total([*frozen, w])
    z.backward()
    assert "more leaves …  largest |grad| frozen" in str(draw(z))


def test_a_compiled_call_shows_its_parameters_and_no_numbers():
    w, b = Value(0.5, label="w"), Value(-1.0, label="b")
    loss = autograd.compile(lambda x: (w * x + b) ** 2).mean([1.0, 2.0, 3.0])
    loss.backward()
    drawing = draw(loss, local_derivatives=True)
    assert edges(drawing) == [(f"v{v.serial}", f"v{loss.serial}") for v in (w, b)]
    assert "compiled" in shown(drawing, loss)
    assert drawing.source.count(f"∂ {w.grad:.5g}") == 1


def test_what_was_made_after_the_sweep_is_not_computed_yet():
    a = Value(-2.0)
    b = a.relu() + a
    b.backward()
    z = b * 2
    drawing = draw(z)
    assert shown(drawing, z)[-1] == "not computed yet"
    assert shown(drawing, b)[-1] == "1"
    assert shown(drawing, a)[-1] == "1"
    assert shown(drawing, b.operands[0])[-1] == "1"


def test_a_computed_0_under_what_was_made_after_the_sweep():
    a = Value(-2.0)
    b = a.relu() + 1.0
    b.backward()
    z = b * 2.0
    assert shown(draw(z), a)[-1] == "0"
    assert shown(draw(z), z)[-1] == "not computed yet"


def test_a_new_forward_pass_with_gradients_of_an_old_one_on_the_leaves():
    w = Value(2.0)
    (w * w).backward()
    y = w * 3.0
    drawing = draw(y)
    assert shown(drawing, y)[-1] == "not computed yet"
    assert shown(drawing, w)[-1] == "4"  # the leaf's number is there all the same


def test_leaves_parameters_results_and_constants_differ_in_shape():
    x, w = Value(1.0), Value(2.0)
    y = (w * x) + 5.0
    drawing = draw(y, names=Parameters(w=w))
    assert "peripheries=2" in node_of(drawing, w)
    assert "rounded" in node_of(drawing, y)
    assert not re.search("peripheries|rounded|shape", node_of(drawing, x))
    assert "square: leaf  ·  double line: parameter  ·  round: operation" in drawing.source
    (constant,) = re.findall(rf"^\s*c{y.serial}_1 \[.*", drawing.source, flags=re.MULTILINE)
    assert "shape=plaintext" in constant
    assert "label=<5>" in constant


def test_operands_that_cannot_change_places_are_named():
    x, y = Value(1.0), Value(2.0)
    roles = {}
    for z in (x - y, x**y, x / y, x + y, where(x, y, 3.0)):
        drawing = draw(z)
        roles[z.op] = re.findall(r"-> \w+ \[label=([^\]]*)\]", drawing.source)
        assert (
            shown(drawing, z)[0] == {"-": "x − y", "**": "xʸ", "/": "x / y", "+": "+", "where": "y if x, else z"}[z.op]
        )
    assert roles["-"] == roles["**"] == roles["/"] == ["x", "y"]
    assert roles["where"] == ["x", "y", "z"]
    assert roles["+"] == ['""', '""'] or roles["+"] == []


def test_a_dot_shows_its_pairs():
    ws, xs, b = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)], Value(5.0)
    y = dot(ws, xs, b)
    drawing = draw(y)
    assert shown(drawing, y)[0] == "Σ w·x + b"
    order = [ws[0], xs[0], ws[1], xs[1], b]
    assert edges(drawing) == [(f"v{v.serial}", f"v{y.serial}") for v in order]
    roles = re.findall(r"-> \w+ \[label=(\S+)\]", drawing.source)
    assert [role.strip('"') for role in roles] == ["w₁", "x₁", "w₂", "x₂", "b"]


def test_a_value_used_twice_has_two_edges():
    a = Value(3.0)
    b = a * a
    assert edges(draw(b)) == [(f"v{a.serial}", f"v{b.serial}")] * 2


def test_the_same_graph_gives_the_same_source():
    def graph():
        a, b = Value(2.0, label="a"), Value(-3.0, label="b")
        y = (a * b + a**2).tanh()
        y.backward()
        return draw(y)

    assert statements(graph()) == statements(graph())
    y = Value(1.0) * 2
    assert draw(y).source == draw(y).source


def test_svg_tells_all_digits_the_operation_and_the_scope():
    with name_scope("layers.0"):
        y = Value(1.0) / 3.0
    assert rf'tooltip="data {1 / 3!r}\ngrad 0.0\nmade by /\nin layers.0"' in node_of(draw(y), y)


@pytest.mark.parametrize("direction", ["LR", "RL", "TB", "BT"])
def test_directions(direction):
    assert f"rankdir={direction}" in draw(Value(1.0) + 1.0, direction=direction).source


def edge_labels(drawing):
    return re.findall(r'-> \w+ \[label="?([^"\]]*)"?\]', drawing.source)


def test_local_derivatives_stand_on_the_edges():
    x, y = Value(3.0), Value(2.0)
    z = x / y
    assert edge_labels(draw(z, local_derivatives=True)) == ["x  ∂ 0.5", "y  ∂ -0.75"]
    assert edge_labels(draw(z)) == ["x", "y"]
    assert edge_labels(draw(z + 1.0, local_derivatives=True))[0] == "∂ 1"


def test_no_local_derivative_stands_where_nothing_flows():
    x, y = Value(3.0), Value(2.0)
    assert edge_labels(draw(where(x, y, Value(1.0)), local_derivatives=True)) == ["x", "y  ∂ 1", "z"]


def test_a_highlighted_path():
    a, b = Value(2.0), Value(3.0)
    c = a * b
    d = c + 1.0
    drawing = draw(d, highlight=[a, c, d])
    lit = {v for v in (a, b, c, d) if "penwidth=3" in node_of(drawing, v)}
    assert lit == {a, c, d}
    assert re.findall(r"(\w+) -> (\w+) \[.*penwidth", drawing.source) == [
        (f"v{c.serial}", f"v{d.serial}"),
        (f"v{a.serial}", f"v{c.serial}"),
    ]
    assert str(drawing).count("(highlighted)") == 3


def test_several_results():
    a = Value(2.0, label="a")
    y, z = a * 2.0, a * 3.0
    drawing = draw([y, z])
    assert drawing.count == 3
    assert set(edges(drawing)) >= {(f"v{a.serial}", f"v{y.serial}"), (f"v{a.serial}", f"v{z.serial}")}
    assert str(drawing).count("×") == 2
    assert draw([y, y, a]).count == 2


def test_fills_are_ordered_by_the_size_of_the_gradient():
    leaves = [Value(1.0) for _ in range(5)]
    y = sum(k * x for k, x in zip((1.0, -0.5, 0.2, 0.01, 0.0), leaves, strict=True))
    y.backward()
    drawing = draw(y)
    lightness = [luminance(re.search(r'fillcolor="(#\w+)"', node_of(drawing, x))[1]) for x in leaves]
    assert lightness == sorted(lightness)
    assert len(set(lightness)) == 5
    assert lightness[-1] == 1.0


def test_text_on_every_fill_has_the_contrast_of_wcag_aa():
    from autograd.pictures.colours import shade
    from autograd.pictures.description import _row

    assert re.search("#[0-9A-F]{6}", _row("data", "1"))[0] == "#333333"  # the lightest text in a node
    for g in (0.0, 1e-9, 0.01, 0.1, 1.0, float("inf"), float("nan")):
        fill = luminance(shade(g, 1.0))
        assert (fill + 0.05) / (luminance("#333333") + 0.05) >= 4.5


def luminance(colour):
    """The relative luminance of WCAG 2.1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("seed", [float("nan"), float("inf")])
def test_gradients_that_are_no_numbers(seed):
    a = Value(2.0)
    b = a * 3.0
    b.backward(seed)
    assert shown(draw(b), a)[-1] == str(seed)
    assert 'fillcolor="#E88A30"' in node_of(draw(b), a)


LABELS = [
    'say "hello"',
    "a < b & c > d &amp; &lt;",
    r"\N \G \l \n back\slash \\",
    "two\nlines\n\nand a fourth",
    "한국어 이름",
    "<<TABLE>>",
    "<b>",
    "]; evil -> node [",
    "\x00\x07 control \ud800 half \x1b[31m",
    " ",
    "\n",
    "x" * 10_000,
    "{a|b}",
    "n\u00e9e\u2028\u202e",
]


@needs_dot
@pytest.mark.parametrize("label", LABELS)
def test_any_label_is_shown_as_it_is(label, tmp_path):
    a = Value(2.0, label=label)
    y = a * 3
    root = ElementTree.parse(draw(y).save(tmp_path / "g.svg")).getroot()
    text = "".join("".join(e.itertext()) for e in root.iter("{http://www.w3.org/2000/svg}text")).replace("\u200c", "")
    expected = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]", "�", label)
    expected = expected if len(expected) <= 40 else expected[:39] + "…"
    assert squeezed(expected) in squeezed(text)
    assert len(root.findall(".//*[@class='node']")) == 3


def squeezed(text):
    return re.sub(r"\s", "", text)


@needs_dot
@pytest.mark.parametrize(
    ("ending", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("SVG", b"<?xml")]
)
def test_pictures_of_every_kind(ending, start, tmp_path):
    path = draw(Value(2.0) * 3).save(tmp_path / f"g.{ending}")
    assert path.read_bytes().startswith(start)
    assert list(tmp_path.iterdir()) == [path]


def test_the_source_as_a_file(tmp_path):
    drawing = draw(Value(2.0, label="é") * 3)
    assert drawing.save(str(tmp_path / "g.dot")).read_text(encoding="utf-8") == drawing.source


@pytest.mark.parametrize("name", ["g", "g.jpg", "g.svg.txt"])
def test_other_endings_are_refused(name, tmp_path):
    with pytest.raises(ValueError, match=r"must end in .svg, .png, .pdf or .dot, got "):
        draw(Value(1.0)).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "g.dot"
    path.write_text("before")

    def full(self, data):
        with open(self, "wb") as file:
            file.write(data[:10])
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        draw(Value(1.0)).save(path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_the_file_itself_is_never_open_half_written(tmp_path, monkeypatch):
    written, write = [], Path.write_bytes

    def noted(self, data):
        written.append(self)
        return write(self, data)

    monkeypatch.setattr(Path, "write_bytes", noted)
    path = draw(Value(1.0)).save(tmp_path / "g.dot")
    assert len(written) == 1
    assert path not in written


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        draw(Value(1.0)).save(tmp_path / "nowhere" / "g.dot")


@needs_dot
def test_a_notebook_gets_svg_and_text():
    drawing = draw(Value(2.0) * 3)
    bundle = drawing._repr_mimebundle_()
    assert bundle["text/plain"] == str(drawing)
    svg = ElementTree.fromstring(bundle["image/svg+xml"])
    assert svg.tag.endswith("svg")
    width = float(svg.attrib["width"].removesuffix("pt"))
    assert svg.attrib["style"] == f"max-width: 100%; min-width: {0.6 * width:.0f}pt; height: auto"


def test_without_any_engine(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setitem(sys.modules, "pygraphviz", None)  # its import fails
    drawing = draw(Value(2.0) * 3)
    with pytest.raises(PictureError, match=r"install Graphviz .* pip install 'scalar-autograd\[draw\]'"):
        drawing.save(tmp_path / "g.svg")
    assert list(tmp_path.iterdir()) == []
    assert drawing.save(tmp_path / "g.dot").read_text() == drawing.source
    bundle = drawing._repr_mimebundle_()
    assert list(bundle) == ["text/plain"]
    *tree, advice = bundle["text/plain"].splitlines()
    assert "\n".join(tree) == str(drawing)
    assert "install Graphviz" in advice


def test_pygraphviz_is_asked_where_there_is_no_dot(tmp_path, monkeypatch):
    asked = []

    class AGraph:
        def __init__(self, string):
            asked.append(string)

        def draw(self, **how):
            asked.append(how)
            return b"a picture"

    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setitem(sys.modules, "pygraphviz", types.SimpleNamespace(AGraph=AGraph))
    drawing = draw(Value(2.0) * 3)
    assert drawing.save(tmp_path / "g.png").read_bytes() == b"a picture"
    assert asked == [drawing.source, {"format": "png", "prog": "dot"}]


def test_the_engine_of_pygraphviz(tmp_path, monkeypatch):
    pytest.importorskip("pygraphviz", reason="the extra 'draw' is not installed")
    monkeypatch.setenv("PATH", "/nowhere")
    y = Value(2.0, label="한국어 <\\N>") * 3
    for ending, start in (("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")):
        assert draw(y).save(tmp_path / f"g.{ending}").read_bytes().startswith(start)
    assert "한국어 &lt;" in (tmp_path / "g.svg").read_text()


@needs_dot
def test_a_source_that_cannot_be_laid_out():
    with pytest.raises(PictureError, match=r"the program 'dot' could not lay out the graph: .*syntax error"):
        lay_out("digraph {", "svg")


def test_what_cannot_be_drawn():
    with pytest.raises(TypeError, match=r"value must be a Value or several, got float: 3\.0"):
        draw(3.0)
    with pytest.raises(TypeError, match="names must be a dict from names to Values, or have named_parameters"):
        draw(Value(1.0), names=["a"])
    with pytest.raises(TypeError, match=r"each name must be a str and stand for a Value, got 'a': 2\.0"):
        draw(Value(1.0), names={"a": 2.0})
    with pytest.raises(TypeError, match="must be a Value or several, got among them int: 1"):
        draw([Value(1.0), 1])
    with pytest.raises(ValueError, match="some Values, got none"):
        draw([])
    with pytest.raises(ValueError, match="direction must be 'LR', 'RL', 'TB' or 'BT', got 'left'"):
        draw(Value(1.0), direction="left")
    with pytest.raises(ValueError, match="depth must be 0 or more, got -1"):
        draw(Value(1.0), depth=-1)
    with pytest.raises(TypeError, match=r"depth must be a whole number or None, got 1\.5"):
        draw(Value(1.0), depth=1.5)
    with pytest.raises(ValueError, match=r"Value\(data=2.0, grad=0.0\) is not in the graph"):
        draw(Value(1.0), highlight=[Value(2.0)])


def test_the_engine_alone_never_imports_graphviz():
    code = "import sys, autograd; assert 'graphviz' not in sys.modules; autograd.draw; assert 'graphviz' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
