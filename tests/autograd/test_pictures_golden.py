"""Golden files: the very source and text of some pictures, the same in every process and on both engines.

`python -m tests.autograd.test_pictures_golden` writes the files anew; look at what changed before you commit it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from autograd import Value, dot, draw, engine, name_scope, sum

from .helpers import python

FOLDER = Path(__file__).parent / "pictures"


def expression():
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(6.5, label="c")
    return (a * b + c) / 2.0


def neuron():
    w = [Value(x, label=f"w{i}") for i, x in enumerate((0.5, -1.0, 2.0, 0.25))]
    x = [Value(x, label=f"x{i}") for i, x in enumerate((1.0, 2.0, 0.5, -4.0))]
    with name_scope("layers.0"), name_scope("neurons.3"):
        return dot(w, x, Value(3.0, label="b")).relu(), w


class Parameters:
    def __init__(self, values):
        self.values = values

    def named_parameters(self):
        return [(f"layers.0.neurons.3.w.{i}", x) for i, x in enumerate(self.values)]


def network():
    x = [Value(1.0, label="x0"), Value(-0.5, label="x1")]
    for i, size in enumerate((4, 1)):
        with name_scope(f"layers.{i}"):
            outputs = []
            for j in range(size):
                with name_scope(f"neurons.{j}"):
                    outputs.append(dot([Value(0.25 * (j + k + 1)) for k in range(len(x))], x, Value(0.5)).relu())
            x = outputs
    return x[0]


def before_backward():
    return draw(expression())


def after_backward():
    y = expression()
    y.backward()
    a = y.operands[0].operands[0].operands[0]
    return draw(y, local_derivatives=True, highlight=[y, y.operands[0], y.operands[0].operands[0], a])


def one_neuron():
    y, w = neuron()
    y.backward()
    return draw(y, Parameters(w))


def one_neuron_expanded():
    y, w = neuron()
    y.backward()
    return draw(y, Parameters(w), expand=True, direction="TB")


def layers_folded():
    y = network()
    y.backward()
    return draw(y, depth=0)


def neurons_folded():
    y = network()
    y.backward()
    return draw(y, depth=1)


def wide():
    y = sum([Value(float(i)).sqrt() for i in range(1000)])
    return draw(y)


def long():
    y = Value(1.0, label="start")
    for _ in range(1000):
        y = y + 1.0
    return draw(y)


def labels():
    a = Value(1.0, label='say "<b>hi</b>" & \\N \\n')
    b = Value(2.0, label="두\n줄\u202e\x00")
    return draw(a * b * Value(3.0, label="x" * 10_000), {"unused": Value(0.0)})


PICTURES = [
    before_backward,
    after_backward,
    one_neuron,
    one_neuron_expanded,
    layers_folded,
    neurons_folded,
    wide,
    long,
    labels,
]


def drawn(name):
    """The source and the text of a picture, made in a fresh process, where serial numbers begin at their first."""
    program = f"""
import json
from tests.autograd import test_pictures_golden as golden
drawing = golden.{name}()
print(json.dumps([drawing.source, str(drawing)]))
"""
    done = python(program, AUTOGRAD_ENGINE=engine)
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", [picture.__name__ for picture in PICTURES])
def test_the_source_and_the_text_are_those_of_the_golden_files(name):
    source, text = drawn(name)
    assert source == (FOLDER / f"{name}.dot").read_text(encoding="utf-8")
    assert text + "\n" == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def test_no_golden_file_is_left_over():
    assert {path.stem for path in FOLDER.iterdir()} == {picture.__name__ for picture in PICTURES}


if __name__ == "__main__":
    for picture in PICTURES:
        source, text = drawn(picture.__name__)
        (FOLDER / f"{picture.__name__}.dot").write_text(source, encoding="utf-8")
        (FOLDER / f"{picture.__name__}.txt").write_text(text + "\n", encoding="utf-8")
