"""Where there is neither Graphviz nor any extra: pictures say what to install, and all else works."""

from __future__ import annotations

import tomllib

import pytest

from .helpers import ROOT, python

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NEEDED = [need.split(">=")[0] for need in PROJECT["dependencies"]]
ALONE = f"""
import sys
class NothingElse:
    allowed = {{*sys.stdlib_module_names, "autograd", "nn", *{NEEDED!r}}}
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in self.allowed:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, NothingElse())
"""
GRAPH = """
from autograd import Value, draw, steps, tanh, teach, why
x, w, b = Value(2.0, label="x"), Value(-3.0, label="w"), Value(7.0, label="b")
y = tanh(w * x + b)
y.label = "y"
y.backward()
"""


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("print(draw(y))", "tanh  y  data 0.76159  grad 1\n└─ +  data 1  grad 0.41997\n"),
        ("print(repr(draw(y)), draw(y).source)", 'Drawing of 6 values digraph "graph" {'),
        ("print(*draw(y)._repr_mimebundle_().values())", "tanh  y  data 0.76159  grad 1"),
        ("print(draw(y).save('g.dot'), open('g.dot').read() == draw(y).source)", "g.dot True"),
        ("for frame in steps(y): print(frame)", "  1  forward   Given: x = 2.0, w = -3.0, b = 7.0\n"),
        ("steps(y)._repr_html_(); print(steps(y).save('s.html'))", "s.html"),
        ("why(w, y)._repr_html_(); print(why(w, y))", "∂y/∂w = 0.8399486832280523   w = -3.0, used once"),
        ("print(teach.zoo.bugs['overwrite'].run(lambda x: x * x * x, 3.0))", 'Writes = for +=. zoo.bugs["overwrite"]'),
        ("import nn; y = nn.MLP(2, [2, 1])([x, b]); y.backward(); print(draw(y))", "Σ w·x + b"),
    ],
    ids=["print", "source", "notebook", "save", "frames", "player", "why", "zoo", "nn"],
)
def test_what_needs_no_picture(code, printed, tmp_path):
    done = python(f"{ALONE}import os; os.chdir({str(tmp_path)!r}){GRAPH}{code}", PATH="", PYTHONIOENCODING="utf-8")
    assert done.stderr == ""
    assert done.stdout.startswith(printed)


def test_a_picture_says_what_to_install(tmp_path):
    done = python(f"{ALONE}{GRAPH}draw(y).save({str(tmp_path / 'g.svg')!r})", PATH="")
    assert done.stderr.splitlines()[-1].startswith("autograd.pictures.layout.PictureError: no engine for pictures")
    assert not list(tmp_path.iterdir())
