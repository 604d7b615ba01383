"""Pictures of graphs that are too large to be shown whole: what folds, what stays, and that any size is drawn."""

from __future__ import annotations

import builtins
import itertools
import random
import re
import shutil
import time

import pytest

from autograd import Value, dot, draw, engine, name_scope, sum
from autograd.pictures.folding import FULL, LARGEST, LAST_LEAVES, OLDEST, fold
from autograd.pictures.folds import Fold
from autograd.pictures.layout import lay_out
from autograd.pictures.scene import Naming
from autograd.pictures.scopes import Places, levels
from autograd.pictures.walk import Graph

from .helpers import python

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="the program dot is not installed")
sum_of = builtins.sum


class Net:
    """A network in plain Values, with the scopes and names that an nn.MLP has."""

    def __init__(self, *sizes):
        rng = random.Random(0)
        self.layers = [
            [([Value(rng.uniform(-1, 1)) for _ in range(n)], Value(0.0)) for _ in range(m)]
            for n, m in itertools.pairwise(sizes)
        ]

    def __call__(self, x):
        for i, layer in enumerate(self.layers):
            with name_scope(f"layers.{i}"):
                outputs = []
                for j, (w, b) in enumerate(layer):
                    with name_scope(f"neurons.{j}"):
                        outputs.append(dot(w, x, b).tanh())
                x = outputs
        return x

    def named_parameters(self):
        for i, layer in enumerate(self.layers):
            for j, (w, b) in enumerate(layer):
                place = f"layers.{i}.neurons.{j}"
                yield from ((f"{place}.w.{k}", x) for k, x in enumerate(w))
                yield f"{place}.b", b


def nodes(drawing):
    """The name of every node of the source."""
    return re.findall(r"^\s*([vcgpa]\d+\w*) \[", drawing.source, flags=re.MULTILINE)


def folds(drawing):
    """The line of the text tree of each folded box, without what stands before it."""
    lines = [re.sub(r"^[│├└─\s]*(#\d+ )?(\[.*?\]  )?", "", line) for line in str(drawing).splitlines()]
    return list(dict.fromkeys(line for line in lines if "largest |grad|" in line))


def frames(drawing):
    return re.findall(r"subgraph \w+ \{[^<]*label=<(.*?)>", drawing.source)


# Scopes


def test_levels_of_a_path():
    assert levels("") == ()
    assert levels("layers.0.neurons.12") == ("layers.0", "neurons.12")
    assert levels("encoder.block.2.0.attention") == ("encoder", "block.2.0", "attention")
    assert levels("한국어.1") == ("한국어.1",)


def test_depth_says_how_many_levels_are_open():
    net = Net(2, 4, 1)
    x = [Value(1.0, label="x0"), Value(-0.5, label="x1")]
    (y,) = net(x)
    y.backward()
    biggest = {d: draw(y, names=net, depth=d) for d in (0, 1, 2, 7, None)}
    assert [line[:46] for line in folds(biggest[0])] == [
        "layers.1  neurons  7 nodes (5 parameters)  tan",
        "layers.0  neurons ×4  20 nodes (12 parameters)",
    ]
    assert frames(biggest[0]) == []
    assert frames(biggest[1]) == ["layers.1", "layers.0"]
    assert len(folds(biggest[1])) == 5
    assert {n for n in nodes(biggest[1]) if n.startswith("v")} == {f"v{v.serial}" for v in x}
    assert folds(biggest[2]) == []
    assert frames(biggest[2]) == ["layers.1.neurons.0", "layers.0", *(f"neurons.{i}" for i in range(4))]
    assert biggest[2].source == biggest[7].source == biggest[None].source
    assert all(drawing.count == 29 for drawing in biggest.values())


def test_many_scopes_side_by_side_give_a_small_picture():
    """A scope of its own name for each sample: what does not fit is in the box of all that remains."""
    x = Value(1.0)
    losses = []
    for i in range(5_000):
        with name_scope(f"sample{i}"):
            losses.append((x * i).tanh() ** 2)
    drawing = draw(sum(losses))
    assert drawing.count == 15_002
    assert len(nodes(drawing)) < 150
    assert len(drawing.source) < 100_000


def test_a_folded_scope_tells_its_largest_gradient():
    net = Net(2, 2)
    y = sum(net([1.0, 2.0]))
    y.backward()
    gradients = [abs(p.grad) for w, b in net.layers[0] for p in (*w, b)]
    largest = max(*gradients, 1.0)
    assert folds(draw(y, names=net, depth=0)) == [
        f"layers.0  neurons ×2  10 nodes (6 parameters)  tanh ×2,  Σ w·x ×2  largest |grad| {largest:.5g}"
    ]
    assert "largest |grad| not computed yet" in folds(draw(sum(Net(2, 2)([1.0, 2.0])), depth=0))[0]


def test_the_one_line_from_a_folded_box_says_which_operand_it_is():
    with name_scope("layer"):
        inside = Value(3.0).exp().sqrt()
    drawing = draw(Value(5.0) - inside, depth=0, local_derivatives=True)
    assert "[y  ∂ -1]  layer" in str(drawing)


def test_a_nan_among_folded_gradients_is_told():
    xs = [Value(float(i)) for i in range(1000)]
    y = sum(xs)
    y.backward()
    xs[500].grad = float("nan")
    assert folds(draw(y))[0].endswith("largest |grad| nan")


def test_leaves_stand_by_the_only_scope_that_uses_them():
    net = Net(2, 2)
    x = [Value(1.0), Value(2.0)]
    named = Value(3.0, label="seen")
    outputs = net(x)
    with name_scope("head"):
        y = dot(outputs, [named, Value(1.0)])
    drawing = draw(y, depth=0)
    assert {f"v{v.serial}" for v in (*x, named)} == {name for name in nodes(drawing) if name.startswith("v")}
    assert "layers.0  neurons ×2  10 nodes  " in str(drawing)
    penalised = draw(y + sum([p * p for _, p in net.named_parameters()]), names=net, depth=0)
    assert "10 nodes (6 parameters)" in str(penalised)  # uses outside scopes don't count


def test_many_scopes_that_are_alike_are_one_box():
    y = sum(Net(3, 9, 1)([1.0, 2.0, 3.0]))
    many = draw(y, depth=1)
    assert [line.split("  ")[0] for line in folds(many)] == ["layers.1.neurons.0", "layers.0.neurons ×9"]
    assert "tanh ×9" in folds(many)[1]
    few = draw(sum(Net(3, 8, 1)([1.0, 2.0, 3.0])), depth=1)
    assert len(folds(few)) == 9


def test_scopes_of_other_contents_are_told_apart():
    xs = [Value(1.0) for _ in range(20)]
    ys = []
    for i, x in enumerate(xs):
        with name_scope(f"cells.{i}"):
            ys.append(x.tanh() if i % 2 else x.exp())
    assert [line.split("  ")[:3] for line in folds(draw(sum(ys), depth=0))] == [
        ["cells ×10", "20 nodes", "exp ×10"],
        ["cells ×10", "20 nodes", "tanh ×10"],
    ]


def test_the_depth_is_chosen_so_that_the_picture_can_be_read():
    assert frames(draw(Net(2, 4, 1)([1.0, 2.0]))) != []
    x = [Value(1.0) for _ in range(8)]
    middle = draw(Net(8, 12, 2)(x))
    assert [line.split("  ")[0] for line in folds(middle)] == [
        "layers.1.neurons.0",
        "layers.0.neurons ×12",
        "layers.1.neurons.1",
    ]
    blocks = []
    for i in range(70):
        with name_scope("net"), name_scope(f"part{i}"):
            blocks.append((Value(1.0) * (i + 2.0)).tanh())
    with name_scope("other"):
        deep = sum(blocks)
    assert [line.split("  ")[0] for line in folds(draw(deep * 1.0))] == ["other", "net"]


def test_what_lies_in_one_scope_is_not_one_box():
    net = Net(784, 1)
    (y,) = net([Value(0.5) for _ in range(784)])
    drawing = draw(y, names=net)
    assert "<B>layers.0.neurons.0</B>" in drawing.source
    assert frames(drawing) == []
    assert any(line.startswith("… 782 more parameters …") for line in folds(drawing))
    assert draw(y, names=net, depth=0).source.count("box3d") == 1


def test_a_scope_that_is_used_twice_makes_a_circle_that_can_be_drawn():
    net = Net(2, 2)
    y = sum(net(net([1.0, 2.0])))
    drawing = draw(y, depth=0)
    assert len(folds(drawing)) == 1
    with name_scope("a"):
        p = Value(1.0) * 2.0
    with name_scope("b"):
        q = p * 2.0
    with name_scope("a"):
        r = q * 2.0
    assert "(as above)" in str(draw(r, depth=0))


# Graphs without scopes


def test_a_small_graph_is_shown_whole():
    y = Value(1.0)
    for _ in range(LARGEST - 1):
        y = y + 1.0
    assert folds(draw(y)) == []
    assert len(folds(draw(y + 1.0))) == 1


def test_a_run_of_like_operations_keeps_its_ends():
    start = Value(1.0, label="start")
    y = start
    for _ in range(1000):
        y = y + 1.0
    drawing = draw(y)
    assert folds(drawing) == ["Σ  … 997 more like it …  largest |grad| not computed yet"]
    assert len([n for n in nodes(drawing) if n.startswith("v")]) == 4
    assert "start" in "".join(str(drawing).splitlines()[-4:])
    z = start
    for _ in range(1000):
        z = z * 1.01
    assert folds(draw(z))[0].startswith("Π  … 997 more")


def test_a_line_of_unlike_operations_is_cut_to_the_length_of_a_screen():
    y, w = Value(1.0), Value(0.9)
    for _ in range(200):
        y = (y * w).tanh()
    shown = nodes(draw(y))
    assert [name[0] for name in shown].count("v") == 16 + 3, "the last of the line, and the oldest"
    assert [name[0] for name in shown].count("g") == 1


def test_a_line_of_scopes_is_shown_whole():
    y, w = Value(1.0), Value(0.9)
    for i in range(-300, 30):
        with name_scope(f"layers.{i}" if i >= 0 else ""):
            for _ in range(1 + max(i, 0)):  # of unlike sizes, lest they be one box
                y = (y * w).tanh()
    assert sum_of(line.startswith("layers.") for line in folds(draw(y, depth=0))) == 30


def test_likes_keep_the_first_two_and_the_last():
    xs = [Value(float(i)) for i in range(1000)]
    y = sum(xs)
    drawing = draw(y)
    assert [n for n in nodes(drawing) if n.startswith("v")] == [f"v{v.serial}" for v in (y, xs[0], xs[1], xs[-1])]
    assert folds(drawing) == ["… 997 more leaves …  largest |grad| not computed yet"]
    assert "×997" in drawing.source


def test_what_only_folded_values_use_folds_with_them():
    w = Value(0.5, label="w")
    y = sum([(w * float(i)).tanh() for i in range(1000)])
    assert [line.split("  largest")[0] for line in folds(draw(y))] == ["tanh  … 997 more like it …", "×  ×997"]
    assert str(draw(y)).count("w  data 0.5") == 4


def test_a_full_picture_has_one_box_for_the_rest():
    w, b = Value(0.9, label="w"), Value(0.1, label="b")
    y = Value(1.0, label="start")
    for _ in range(10_000):
        y = (y * w + b).tanh()
    drawing = draw(y)
    (rest,) = folds(drawing)
    assert re.match(r"… 29,\d\d\d more nodes …  \S+ ×9,\d\d\d,  \S+ ×9,\d\d\d,  \S+ ×9,\d\d\d  ", rest)
    for leaf in ("w", "b", "start"):
        assert re.search(rf" {leaf}  data", str(drawing))
    single = len([n for n in nodes(drawing) if n.startswith("v")])
    counted = int(re.search(r"… (\S+) more", rest)[1].replace(",", ""))
    assert single + counted == drawing.count == 30_003


def test_every_value_is_in_just_one_box():
    rng = random.Random(5)
    values = [Value(rng.random()) for _ in range(30)]
    for _ in range(3000):
        with name_scope(f"s.{rng.randrange(3)}" if rng.random() < 0.3 else ""):
            a, b = rng.choice(values[-60:]), rng.choice(values[-60:])
            values.append(rng.choice([a + b, a * b, a.tanh(), dot([a, b], [b, 2.0]), sum([a, b, a])]))
    for depth in (None, 0, 1):
        graph = Graph([values[-1]])
        naming = Naming({}, frozenset())
        found = fold(graph, naming, Places(graph, naming, depth), LARGEST, {}, graph.mask(()))
        boxes = {found.box(number) for number in found.of.tolist()}
        assert {box for box in boxes if isinstance(box, Fold)} == set(found.folds.values())
        assert all(
            found.box(number) in (node, *found.folds.values())
            for node, number in zip(graph.nodes, found.of, strict=True)
        )
        counts = {box: box.count if isinstance(box, Fold) else 1 for box in boxes}
        assert sum_of(counts.values()) == len(graph.nodes)
        assert 20 < len(boxes) < FULL + LAST_LEAVES + OLDEST + 2
        drawing = draw(values[-1], depth=depth)
        assert drawing.count == len(graph.nodes)


def test_many_numbers_of_one_node():
    drawing = draw(dot([Value(1.0)] + [2.0] * 1000, [3.0] * 1001))
    assert "… 1,998 more numbers …" in str(drawing)
    assert len(nodes(drawing)) == 6
    assert len(nodes(draw(dot([Value(1.0)] * 4, [3.0] * 4)))) == 6


def test_a_value_that_is_used_very_often_by_one_node():
    a = Value(1.0)
    y = sum([a] * 1000)
    assert draw(y).source.count("->") == 1
    assert "×1,000" in draw(y).source


def test_highlighted_values_light_the_box_they_are_in():
    xs = [Value(float(i)) for i in range(1000)]
    y = sum(xs)
    assert "(highlighted)" in folds(draw(y, highlight=[y, xs[500]]))[0]
    assert "(highlighted)" not in folds(draw(y, highlight=[y, xs[0]]))[0]


def test_levels_of_a_graph_come_after_all_their_consumers():
    a = Value(1.0)
    b = a * 2.0
    c = b + a
    assert list(Graph([c]).levels()) == [[c], [b], [a]]
    assert Graph([b, c]).nodes == [c, b, a]
    assert Graph([c]).uses.tolist() == [0, 1, 2]


def test_the_same_graph_folds_the_same():
    def source():
        net = Net(5, 20, 20, 3)
        return draw(sum([x * x for x in net([1.0, 2.0, 3.0, 4.0, 5.0])]), names=net).source

    first, second = (re.sub(r"(?<=[vcg])\d+", "", source()) for _ in range(2))
    assert first == second


def test_places_without_scopes():
    a = Value(1.0)
    b = a * 2.0
    places = Places(Graph([b]), Naming({}, frozenset()), None)
    assert places.depth == 0
    assert places.folded.tolist() == [-1, -1]
    assert [places.levels[path] for path in places.paths] == [(), ()]


# Any size, and what is hard for dot


def dense(count):
    values = [Value(0.1) for _ in range(3)]
    for _ in range(count):
        values.append(dot(values, values[::-1]).tanh())
    return values[-1]


def wide_and_deep():
    w = [Value(0.1 * k) for k in range(5)]
    total = Value(0.0)
    for i in range(2000):
        total = total + (dot(w, [float(i + k) for k in range(5)]) - 1.0) ** 2
    return total


@needs_dot
@pytest.mark.parametrize("expand", [False, True])
@pytest.mark.parametrize(
    "make",
    [lambda: dense(14), lambda: dense(40), lambda: dense(140), wide_and_deep, lambda: Net(64, 50, 50, 10)([0.5] * 64)],
)
def test_dot_is_never_kept_busy(make, expand):
    drawing = draw(make(), expand=expand)
    start = time.monotonic()
    assert lay_out(drawing.source, "svg")
    assert time.monotonic() - start < 20  # alone on a machine: about 1


def test_edge_labels_take_no_room_where_there_are_many():
    assert " [xlabel=" in draw(dense(14)).source
    assert " [label=" not in "".join(re.findall("-> .*", draw(dense(14)).source))
    assert " [xlabel=" not in draw(dense(3)).source


MILLION = """
import os, random, resource, shutil, sys
from autograd import Value, draw, name_scope, sum
from tests.autograd.test_pictures_folding import Net
N = 1_000_000
def chain():
    y = Value(1.0)
    for _ in range(N): y = y + 1.0
    return y, None
def unlike():
    y, w = Value(1.0), Value(0.9)
    for _ in range(N // 2): y = (y * w).tanh()
    return y, None
def wide():
    return sum([Value(1.0) for _ in range(N)]), None
def irregular():
    rng, values = random.Random(1), [Value(0.5) for _ in range(1000)]
    for i in range(N - 21_000):
        a, b = values[int(rng.random() * len(values))], values[-1]
        values.append(a + b if i % 2 else a * b)
    return sum(values[-20_000:]), None
def scopes():
    outputs, x = [], Value(0.5)
    for i in range(N // 5):
        with name_scope(f"layers.{i // 100}.neurons.{i % 100}"):
            outputs.append(((x * Value(1.0)) + 2.0).tanh())
    return sum(outputs), None
def mlp():
    net = Net(784, 128, 10)
    return sum(net([Value(0.01) for _ in range(784)])), net
y, names = {make}()
y.backward()
def seconds():  # of processors, by this program and by dot
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
start = seconds()
drawing = draw(y, names=names)
if shutil.which("dot"): drawing._repr_mimebundle_()["image/svg+xml"]
seconds = seconds() - start
print(drawing.count, len(drawing.source), seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.parametrize(
    ("make", "count"),
    [
        ("chain", 1_000_001),
        ("unlike", 1_000_002),
        ("wide", 1_000_001),
        ("irregular", 980_001),
        ("scopes", 800_002),
        ("mlp", 102_831),
    ],
)
def test_a_million_nodes(make, count):
    done = python(MILLION.replace("{make}", make), AUTOGRAD_ENGINE=engine)
    assert done.stderr == ""
    drawn, length, seconds, kilobytes = map(float, done.stdout.split())
    assert drawn == count
    assert length < 40_000
    assert seconds < 10
    assert kilobytes < 2e6
