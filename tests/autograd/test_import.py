"""What `import autograd` brings and what not, in a fresh interpreter; and graphs that go from one to another."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

import autograd
from autograd import Value

from .helpers import ROOT, python


def c_is_built() -> bool:
    return python("import autograd; assert autograd.engine == 'c'", AUTOGRAD_ENGINE="c").returncode == 0


@pytest.fixture(params=["python", "c"])
def engine(request: pytest.FixtureRequest) -> str:
    if request.param == "c" and not c_is_built():
        pytest.skip("the C engine is not built")
    return request.param


def test_the_autograd_imported_is_ours() -> None:
    """HIPS/autograd has the same import name; with both installed, one would hide the other."""
    assert Path(autograd.__file__).parent == ROOT / "autograd"
    assert (ROOT / "autograd" / "rules.py").exists()
    assert autograd.Value is Value
    assert autograd.engine in ("c", "python")
    assert "Value" in autograd.__all__
    assert set(autograd.__all__) <= set(dir(autograd)) | {"draw"}


def test_import_loads_nothing_that_is_not_needed(engine: str) -> None:
    result = python(
        "import sys, autograd; x = autograd.Value(2.0); (x * x).tanh().backward();"
        "print(sorted({'graphviz', 'matplotlib', 'safetensors', 'torch', 'tqdm', 'scipy', 'nn'} & set(sys.modules)))",
        AUTOGRAD_ENGINE=engine,
    )
    assert result.stdout == "[]\n", result.stdout + result.stderr


def test_import_is_silent_with_every_warning_an_error(engine: str) -> None:
    result = python("import autograd; print(autograd.engine)", "-X", "dev", "-W", "error", AUTOGRAD_ENGINE=engine)
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{engine}\n", "")


def test_the_environment_chooses_the_engine(engine: str) -> None:
    result = python("import autograd; print(autograd.engine, autograd.Value(2) * 3)", AUTOGRAD_ENGINE=engine)
    assert result.stdout == f"{engine} Value(data=6.0, grad=0.0)\n", result.stderr


def test_an_unknown_engine_is_an_error() -> None:
    result = python("import autograd", AUTOGRAD_ENGINE="rust")
    assert result.returncode != 0
    assert "AUTOGRAD_ENGINE must be c or python" in result.stderr
    assert "'rust'" in result.stderr


def test_a_c_engine_that_is_not_built_is_an_error_only_when_asked_for() -> None:
    """With the extension hidden: C when asked for says so; nothing asked for gives Python."""
    hide = "import sys; sys.modules['autograd._c.core'] = None; import autograd; print(autograd.engine)"
    result = python(hide, AUTOGRAD_ENGINE="c")
    assert result.returncode != 0
    assert "the C engine did not load" in result.stderr
    assert python(hide, AUTOGRAD_ENGINE="").stdout == "python\n"


MAKE = """
import pickle, sys
from autograd import Value, name_scope, where
a, b = Value(2.0, 'a'), Value(-3.0)
with name_scope('hidden'):
    h = (a * b).tanh()
loss = Value.apply('dot', a, h, h, b, 1.5) + where(a > 0, a, b) + Value.apply('where', b, a, h)
loss.backward()
with open(FILE, 'wb') as file:
    pickle.dump([a, loss, b], file)
"""
SWEEP = """
import pickle, sys
from autograd import Value
with open(FILE, 'rb') as file:
    a, loss, b = pickle.load(file)
assert type(a) is type(loss) is Value, type(a)
before = (a.data, b.data, loss.data, a.grad, b.grad, loss.grad)
grads = a.grad, b.grad
a.grad = b.grad = 0
loss.backward()
assert abs(a.grad - grads[0]) < 1e-12 and abs(b.grad - grads[1]) < 1e-12
print(a.label, loss.parents[0].parents[0].op, {n.scope for n in loss.parents[0].parents[0].parents}, before)
"""


@pytest.mark.parametrize("reader", ["python", "c"])
def test_a_pickle_of_one_engine_is_read_by_the_other(engine: str, reader: str, tmp_path: Path) -> None:
    if reader == "c" and not c_is_built():
        pytest.skip("the C engine is not built")
    file = f"FILE = {os.fspath(tmp_path / 'graph.pickle')!r}\n"
    made = python(file + MAKE, AUTOGRAD_ENGINE=engine)
    assert made.returncode == 0, made.stderr
    read = python(file + SWEEP, AUTOGRAD_ENGINE=reader)
    assert read.returncode == 0, read.stderr
    assert read.stdout.startswith("a dot {'', 'hidden'}"), read.stdout


def test_a_pickle_does_not_name_an_engine() -> None:
    assert b"_c" not in pickle.dumps(Value(1.0) * 2)
