"""A compiled function in a class is a method; and how compiled functions are copied and pickled."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import pytest

import autograd
from autograd import Value
from autograd.compiler import versions
from nn import MLP, SGD, Module


class Line(Module):
    def __init__(self, slope: float) -> None:
        self.slope, self.shift = Value(slope), Value(1.0)

    def forward(self, x: Any) -> Any:
        return self.slope * x + self.shift

    @autograd.compile
    def loss(self, x: Any, y: Any) -> Any:
        """The squared error."""
        return (self(x) - y) ** 2

    @autograd.compile(dtype="float32", threads=2)
    def height(self, x: Any) -> Any:
        return self(x)


class Bent(Line):
    @autograd.compile
    def loss(self, x: Any, y: Any) -> Any:
        return super().loss(x, y) + self.slope * self.slope


@autograd.compile
def square(x: Any) -> Any:
    return x * x


def test_each_object_has_its_own_parameters() -> None:
    two, three = Line(2.0), Line(3.0)
    assert two.loss.mean([1.0, 2.0], [3.0, 4.0]).data == 0.5
    assert three.loss.mean([1.0, 2.0], [3.0, 4.0]).data == 5.0
    two.loss.mean([1.0, 2.0], [3.0, 4.0]).backward()
    assert (two.slope.grad, three.slope.grad) == (2.0, 0.0)
    assert two.loss(1.0, 3.0).data == 0.0
    assert two.loss.__doc__ == Line.loss.__doc__ == "The squared error."


def test_it_is_kept_and_traced_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made, trace = list[Any](), versions.trace
    monkeypatch.setattr(versions, "trace", lambda *args: made.append(args) or trace(*args))
    line = Line(2.0)
    optimizer = SGD(line.parameters(), lr=0.1)
    for _ in range(5):
        optimizer.zero_grad()
        line.loss.mean([1.0, 2.0], [3.0, 4.0]).backward()
        optimizer.step()
    assert line.loss is line.loss
    assert len(made) == 1
    line.slope = Value(0.0)
    assert line.loss(5.0, line.shift.data).data == 0.0
    assert len(made) == 2, "and a parameter that was replaced is seen"


def test_it_keeps_its_options() -> None:
    line = Line(2.0)
    assert (line.height.dtype, line.height.threads) == ("float32", 2)
    assert line.height.map([1.0, 2.0]).tolist() == [3.0, 5.0]


def test_a_method_calls_that_of_the_class_above() -> None:
    assert Bent(2.0).loss.sum([1.0, 2.0], [3.0, 4.0]).data == 1.0 + 2 * 4.0
    assert isinstance(Line.loss, autograd.compiler.Compiled)


def test_the_model_stays_what_it_was() -> None:
    line = Line(2.0)
    before = dict(line.named_parameters())
    line.loss(1.0, 1.0)
    assert dict(line.named_parameters()) == before
    assert line.state_dict() == {"slope": 2.0, "shift": 1.0}
    assert "_compiled" not in repr(line)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))])
def test_a_copy_compiles_its_own(again: Any) -> None:
    line = Line(2.0)
    line.loss(1.0, 1.0)
    other = again(line)
    other.slope = Value(7.0)
    assert (line.loss(1.0, 3.0).data, other.loss(1.0, 8.0).data) == (0.0, 0.0)
    assert other.loss.f.__self__ is other


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda thing: pickle.loads(pickle.dumps(thing))])
def test_a_function_travels_by_its_name(again: Any) -> None:
    assert again(square) is square
    assert again(Line.loss) is Line.loss
    method = again(Line(2.0).loss)
    assert method(1.0, 3.0).data == 0.0
    compiled = again(autograd.compile(MLP(1, [1], rng=1), threads=2))
    assert (compiled.threads, compiled.f.layers[0].neurons[0].b.data) == (2, 0.0)


def test_the_class_calls_it_too() -> None:
    line = Line(2.0)
    assert Line.loss(line, 1.0, 2.0).data == 1.0
    assert Line.loss.mean(line, [1.0, 2.0], [3.0, 4.0]).data == Line.loss.sum(line, [1.0], [3.0]).data + 0.5
    assert Line.height.map(line, [1.0, 2.0]).tolist() == [3.0, 5.0]
    assert line.loss.f.__self__ is line


def test_it_is_none_of_the_objects_own_attributes() -> None:
    class Summed:
        def __init__(self) -> None:
            self.w, self.v, self._compiled = Value(2.0), Value(3.0), True

        @autograd.compile
        def all(self, x: Any) -> Any:
            return sum([w for w in vars(self).values() if isinstance(w, Value)]) * x

        @autograd.compile
        def another(self, x: Any) -> Any:
            return self.w * x

    summed = Summed()
    assert (summed.all(2.0).data, summed.another(2.0).data, summed.all(2.0).data) == (10.0, 4.0, 10.0)
    assert summed._compiled is True


def test_many_methods_do_not_disturb_each_other() -> None:
    names = [f"m{i}" for i in range(8)]
    functions = {name: autograd.compile(lambda self, x: self.w * x) for name in names}
    many: Any = type("Many", (), functions)()
    many.w = Value(2.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in names:
            assert many.m0(1.0).data == getattr(many, name)(1.0).data == 2.0


def test_what_cannot_keep_it_says_so() -> None:
    class Slots:
        __slots__ = ("w",)

        @autograd.compile
        def loss(self, x: Any) -> Any:
            return x

    with pytest.raises(TypeError, match=r"Slots has no __dict__: leave out the decorator, and write compile\(thing"):
        _ = Slots().loss


def test_what_is_no_function_is_no_method() -> None:
    class Holder:
        model = autograd.compile(MLP(1, [1], rng=1))

    assert Holder().model is Holder.model
    assert Holder().model([2.0]).data == Holder.model.f([2.0]).data
