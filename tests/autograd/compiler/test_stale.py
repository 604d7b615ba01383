"""Never stale: whatever a compiled function reads may change, and the next call sees it; needless traces are told."""

from __future__ import annotations

import builtins
import copy
import functools
import sys
import warnings
import weakref
from array import array
from collections import deque, namedtuple
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from types import MappingProxyType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from autograd import Value
from autograd.compiler import compile, versions, watch
from nn import MLP, SGD

W = Value(3.0)
SCALE = 2.0
SETTINGS: Any = ModuleType("settings")


def setting(name: str, number: Any) -> Callable[[Any], None]:
    return lambda thing: setattr(thing, name, number)


def set_scale(thing: Any) -> None:
    globals()["SCALE"] = 7.0


class Config:
    rate = 2.0
    weight = Value(4.0)


class Slots:
    __slots__ = ("k", "w")

    def __init__(self) -> None:
        self.w, self.k = Value(3.0), 2.0

    def __call__(self, x: Any) -> Any:
        return self.w * x * self.k


class Descriptor:
    def __get__(self, thing: Any, owner: Any) -> float:
        return SCALE


class Model:
    scale = 2.0
    described = Descriptor()

    def __init__(self) -> None:
        self.w = Value(3.0)

    def __call__(self, x: Any) -> Any:
        return self.w * x * self.scale

    def helper(self, x: Any) -> Any:
        return x * SCALE * self.w

    def loss(self, x: Any) -> Any:
        return self.helper(x)

    @property
    def half(self) -> float:
        return SCALE / 2

    def by_property(self, x: Any) -> Any:
        return x * self.half

    @staticmethod
    def static(x: Any) -> Any:
        return x * SCALE

    def by_static(self, x: Any) -> Any:
        return self.static(x)

    def by_class(self, x: Any) -> Any:
        return x * type(self).scale

    def by_descriptor(self, x: Any) -> Any:
        return x * self.described

    def __getattr__(self, name: str) -> float:
        return SCALE

    def by_getattr(self, x: Any) -> Any:
        return x * self.no_such_name


@dataclass
class Data:
    k: float = 2.0


Named = namedtuple("Named", "items")


class Below(Model):
    def helped(self, x: Any) -> Any:
        return super().helper(x)

    def helper(self, x: Any) -> Any:
        return x

    def above(self, x: Any) -> Any:
        return x * super().half

    @property
    def half(self) -> float:
        return 1.0


class Kind(type):
    @property
    def rate(cls) -> float:
        return SCALE


def new_class() -> Any:
    return type("New", (), {"a": 2.0, "b": 3.0, "__call__": staticmethod(lambda x: x * SCALE)})


def late(x: Any) -> Any:
    try:
        return x * LATE  # type: ignore[name-defined]
    except NameError:
        return x


def weakly(reference: Any) -> Any:
    return lambda x: reference()(x)


def read_only(table: Any) -> Any:
    return lambda x: table["a"] * x


def nested(x: Any) -> Any:
    def inner(y: Any) -> Any:
        return y * SCALE

    return inner(x)


def decorate(f: Any) -> Any:
    @functools.wraps(f)
    def inner(*args: Any) -> Any:
        return f(*args) * SCALE

    return inner


def by_keyword(x: Any, *, k: Any = None) -> Any:
    return x * (k or [2.0])[0]


def with_attribute(x: Any) -> Any:
    return x * with_attribute.k  # type: ignore[attr-defined]


def replaced(x: Any) -> Any:
    return x * 2.0


class Things(list[Any]):
    """A list with a method and a number of its own."""

    scale = 2.0

    def product(self, x: Any) -> Any:
        return self[0] * x * self.scale


def by_import(x: Any) -> Any:
    import settings_of_a_test  # type: ignore[import-not-found]

    return x * settings_of_a_test.rate


def by_import_from(x: Any) -> Any:
    from settings_of_a_test import rate  # type: ignore[import-not-found]

    return x * rate


Case = tuple[Callable[[Any], Callable[[Any], Any]], Callable[[], Any], Callable[[Any], Any]]
CASES: dict[str, Case] = {
    "a global number": (lambda t: lambda x: SCALE * x * W, lambda: None, set_scale),
    "in a comprehension": (lambda t: lambda x: sum([SCALE * y for y in (x, x)]), lambda: None, set_scale),
    "in a function inside": (lambda t: nested, lambda: None, set_scale),
    "in a decorator": (lambda t: decorate(lambda x: x * x), lambda: None, set_scale),
    "in a partial function": (lambda t: functools.partial(lambda k, x: k * x * SCALE, 3.0), lambda: None, set_scale),
    "in another compiled function": (lambda t: lambda x: t(x) * 2, lambda: compile(lambda x: x * SCALE), set_scale),
    "a list": (lambda t: lambda x: t[0] * x, lambda: [2.0, 1.0], lambda t: t.__setitem__(0, 5.0)),
    "a list in a list": (lambda t: lambda x: t[0][0] * x, lambda: [[2.0]], lambda t: t[0].__setitem__(0, 5.0)),
    "a list in a tuple": (lambda t: lambda x: t[1][0] * x, lambda: (1, [2.0]), lambda t: t[1].__setitem__(0, 5.0)),
    "a named tuple": (lambda t: lambda x: t.items[0] * x, lambda: Named([2.0]), lambda t: t[0].__setitem__(0, 5.0)),
    "a list of Values": (lambda t: lambda x: t[0] * x, lambda: [Value(2.0)], lambda t: t.__setitem__(0, Value(5.0))),
    "an array": (lambda t: lambda x: float(t[0]) * x, lambda: np.ones(3), lambda t: t.__setitem__(0, 5.0)),
    "an array turned": (lambda t: lambda x: x * t[1, 0], lambda: np.ones((2, 3)).T, lambda t: t.__setitem__((1, 0), 5)),
    "an array of Values": (
        lambda t: lambda x: t[0] * x,
        lambda: np.array([Value(1.0)], dtype=object),
        lambda t: t.__setitem__(0, Value(5.0)),
    ),
    "a dict": (lambda t: lambda x: t["a"] * x, lambda: {"a": 2.0}, lambda t: t.update(a=5.0)),
    "the order of a dict": (
        lambda t: lambda x: next(iter(t.values())) * x,
        lambda: {"a": 2.0, "b": 5.0},
        lambda t: t.__setitem__("a", t.pop("a")),
    ),
    "the sign of zero": (lambda t: lambda x: x / (t[0] * x), lambda: [0.0], lambda t: t.__setitem__(0, -0.0)),
    "an attribute of a list": (lambda t: t.product, lambda: Things([W]), setting("scale", 5.0)),
    "the class of a list": (lambda t: t.product, lambda: Things([W]), lambda t: setattr(Things, "scale", 5.0)),
    "an array of Python's": (lambda t: lambda x: t[0] * x, lambda: array("d", [2.0]), lambda t: t.__setitem__(0, 5.0)),
    "bytes": (lambda t: lambda x: t[0] * x, lambda: bytearray(b"2"), lambda t: t.__setitem__(0, 5)),
    "a module that the function imports": (lambda t: by_import, lambda: SETTINGS, setting("rate", 5.0)),
    "a name that the function imports": (lambda t: by_import_from, lambda: SETTINGS, setting("rate", 5.0)),
    "a class by a string": (lambda t: lambda x: getattr(Config, "rate") * x, lambda: Config, setting("rate", 5.0)),  # noqa: B009
    "globals()": (lambda t: lambda x: globals()["SCALE"] * x, lambda: None, set_scale),
    "a set": (lambda t: lambda x: sum(t) * x, lambda: {2.0}, lambda t: t.add(5.0)),
    "a deque": (lambda t: lambda x: t[0] * x, lambda: deque([2.0]), lambda t: t.appendleft(5.0)),
    "a module": (lambda t: lambda x: SETTINGS.rate * x, lambda: SETTINGS, setting("rate", 5.0)),
    "a Value of a module": (lambda t: lambda x: SETTINGS.w * x, lambda: SETTINGS, setting("w", Value(5.0))),
    "a function of a module": (lambda t: lambda x: SETTINGS.f(x), lambda: SETTINGS, setting("f", lambda x: x * 11)),
    "a class": (lambda t: lambda x: Config.rate * x, lambda: Config, setting("rate", 5.0)),
    "a Value of a class": (lambda t: lambda x: Config.weight * x, lambda: Config, setting("weight", Value(5.0))),
    "an attribute of the class": (lambda t: t, Model, lambda t: setattr(Model, "scale", 5.0)),
    "an attribute that hides that": (lambda t: t, Model, setting("scale", 6.0)),
    "what another method reads": (lambda t: t.loss, Model, set_scale),
    "what a property reads": (lambda t: t.by_property, Model, set_scale),
    "what a static method reads": (lambda t: t.by_static, Model, set_scale),
    "what a descriptor reads": (lambda t: t.by_descriptor, Model, set_scale),
    "what __getattr__ reads": (lambda t: t.by_getattr, Model, set_scale),
    "the class itself": (lambda t: t.by_class, Model, lambda t: setattr(Model, "scale", 5.0)),
    "a method": (lambda t: t.loss, Model, lambda t: setattr(Model, "helper", lambda self, x: x * 99)),
    "a method of one thing": (lambda t: t.loss, Model, setting("helper", lambda x: x * 98)),
    "a number in a slot": (lambda t: t, Slots, setting("k", 5.0)),
    "a Value in a slot": (lambda t: t, Slots, setting("w", Value(5.0))),
    "a dataclass": (lambda t: lambda x: t.k * x, Data, setting("k", 5.0)),
    "a namespace": (
        lambda t: lambda x: t.a.b * x,
        lambda: SimpleNamespace(a=SimpleNamespace(b=2.0)),
        lambda t: setattr(t.a, "b", 5.0),
    ),
    "a number of numpy": (lambda t: lambda x: t.k * x, lambda: Data(np.float64(2.0)), setting("k", np.float64(5.0))),
    "an attribute of a function": (lambda t: t, lambda: with_attribute, setting("k", 5.0)),
    "its defaults": (lambda t: t, lambda: by_keyword, setting("__kwdefaults__", {"k": [6.0]})),
    "its code": (lambda t: t, lambda: replaced, setting("__code__", (lambda x: x * 77.0).__code__)),
    "a name that hides one of Python's": (
        lambda t: lambda x: abs(x),
        lambda: None,
        lambda t: globals().__setitem__("abs", lambda x: x * 1000),
    ),
    "what super() calls": (lambda t: t.helped, Below, set_scale),
    "a property of the class above": (lambda t: t.above, Below, set_scale),
    "a method of the class above": (
        lambda t: t.helped,
        Below,
        lambda t: setattr(Model, "helper", lambda self, x: x * 99),
    ),
    "an attribute that a class has later": (
        lambda t: lambda x: getattr(t, "late", 1) * x,
        new_class,
        setting("late", 5),
    ),
    "a global name that comes later": (lambda t: late, lambda: None, lambda t: globals().update(LATE=5.0)),
    "whether a Value is frozen": (
        lambda t: lambda x: x * (2.0 if t.requires_grad else 3.0),
        lambda: Value(1.0),
        setting("requires_grad", False),
    ),
    "a label": (lambda t: lambda x: x * len(t.label), lambda: Value(1.0, "ab"), setting("label", "abc")),
    "names in a tuple": (
        lambda t: lambda x: sum([getattr(t, n) for n in ("a", "b")]) * x,
        new_class,
        setting("a", 9.0),
    ),
    "an operator that is a static method": (lambda t: t(), new_class, set_scale),
    "behind a weak reference": (lambda t: weakly(weakref.ref(t)), Model, setting("scale", 5.0)),
    "a dict to be read only": (lambda t: read_only(MappingProxyType(t)), lambda: {"a": 2.0}, lambda t: t.update(a=5.0)),
    "what a metaclass reads": (lambda t: lambda x: t.rate * x, lambda: Kind("New", (), {}), set_scale),
    "a name of Python's": (
        lambda t: lambda x: x * invented,  # noqa: F821
        lambda: None,
        lambda t: setattr(builtins, "invented", 3.0),
    ),
}


@pytest.fixture(autouse=True)
def _put_back() -> Any:
    sys.modules["settings_of_a_test"] = SETTINGS
    vars(SETTINGS).update(rate=2.0, w=Value(1.0), f=lambda x: x * 2)
    builtins.invented = 2.0  # type: ignore[attr-defined]
    with_attribute.k = 2.0  # type: ignore[attr-defined]
    helper, code = Model.helper, replaced.__code__
    yield
    del sys.modules["settings_of_a_test"]
    Things.scale = 2.0
    globals()["SCALE"] = 2.0
    globals().pop("abs", None)
    globals().pop("LATE", None)
    del builtins.invented  # type: ignore[attr-defined]
    Config.rate, Config.weight, Model.scale, Model.helper = 2.0, Value(4.0), 2.0, helper  # type: ignore[method-assign]
    replaced.__code__, by_keyword.__kwdefaults__ = code, {"k": None}


@pytest.fixture
def traces(monkeypatch: Any) -> list[Any]:
    """One more of whatever was traced."""
    made, trace = list[Any](), versions.trace
    monkeypatch.setattr(versions, "trace", lambda *args: made.append(args) or trace(*args))
    return made


@pytest.mark.parametrize("name", CASES)
def test_what_changed_is_seen(name: str, traces: list[Any]) -> None:
    function, make, change = CASES[name]
    thing = make()
    f = compile(function(thing))

    def same() -> float:
        want = f.f(Value(3.0)).data
        assert f(3.0).data == want
        assert f.map([3.0]).tolist() == [want]
        return want

    before = same()
    same()
    assert len(traces) == 1, "and while nothing changes there is one trace"
    change(thing)
    assert same() != before
    assert len(traces) == 2


def test_the_calls_of_one_compiled_function_are_no_change_for_another(traces: list[Any]) -> None:
    inner = compile(lambda xs: sum(xs) * W)
    outer = compile(lambda x: inner([x, 1.0]))
    for n in (1, 2, 3):
        inner([1.0] * n)
        outer(2.0)
    assert len([args for args in traces if args[0] is outer.f]) == 1


@pytest.fixture
def walks(monkeypatch: Any) -> list[Any]:
    """One more whenever somebody looks for the variables of a function."""
    made, reach = list[Any](), watch.Reach
    monkeypatch.setattr(watch, "Reach", lambda f: made.append(f) or reach(f))
    return made


def test_lengths_share_the_search_for_variables(walks: list[Any]) -> None:
    things = SimpleNamespace(weight=Value(4.0))
    f = compile(lambda xs: sum(xs) * things.weight)
    for n in (1, 2, 3, 2, 1):
        assert f([1.0] * n).data == 4.0 * n
    assert len(walks) == 1
    things.weight = Value(5.0)
    for n in (1, 2, 3, 4):
        assert f([1.0] * n).data == 5.0 * n
    assert len(walks) == 2


def test_a_name_that_only_one_length_reads_may_come_later() -> None:
    f = compile(lambda xs: xs[0] * (SCALE if len(xs) == 1 else LATE))  # type: ignore[name-defined]  # noqa: F821
    assert f([1.0]).data == 2.0
    for number in (3.0, 5.0):
        globals()["LATE"] = number
        assert f([1.0, 1.0]).data == number


def test_what_the_first_run_of_a_length_makes_is_watched(walks: list[Any]) -> None:
    made = dict[int, float]()

    def weighed(xs: list[Any]) -> Any:
        if len(xs) not in made:
            made[len(xs)] = 2.0
        return sum(xs) * W * made[len(xs)]

    f = compile(weighed)
    for n in (1, 2):
        assert f([1.0] * n).data == 6.0 * n
    assert len(walks) == 2
    made[1] = 3.0
    assert (f([1.0]).data, f([1.0, 1.0]).data) == (9.0, 12.0)


def test_a_training_step_is_no_change(traces: list[Any]) -> None:
    model = MLP(2, [3, 1], rng=1)
    optimizer = SGD(model.parameters(), lr=0.1)
    f = compile(lambda x: model(x) ** 2)
    for _ in range(3):
        optimizer.zero_grad()
        f.mean([[1.0, 2.0]]).backward()
        optimizer.step()
    model.load_state_dict(model.state_dict())
    f.mean([[1.0, 2.0]])
    assert len(traces) == 1


@pytest.mark.parametrize("make", [np.zeros, lambda n: [0.0] * n], ids=["array", "list"])
def test_data_are_not_compared(make: Any, traces: list[Any]) -> None:
    """Of more numbers than DATA; a compiled function that only sits beside them is not slower for them."""
    numbers = make(20_000)
    f = compile(lambda x: x * float(numbers[0]))
    assert f(1.0).data == 0.0
    numbers[0] = 1.0
    assert f(1.0).data == 0.0
    assert len(traces) == 1
    if isinstance(numbers, list):  # of what is no number among them, and of their count, all the same
        numbers[1] = Value(1.0)
        assert f(1.0).data == 1.0


# Needless traces


class Trainer:
    def __init__(self) -> None:
        self.w, self.step, self.history = Value(2.0), 0, list[float]()

    def loss(self, x: Any) -> Any:
        return self.w * x


@pytest.mark.parametrize("way", ["one", "mean"])
def test_a_trace_at_each_call_is_told_once_with_the_name_of_what_changes(way: str) -> None:
    trainer = Trainer()
    f = compile(trainer.loss)
    call = (lambda: f(1.0)) if way == "one" else (lambda: f.mean([1.0]))
    call()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for _ in range(20):
            trainer.step += 1
            trainer.history.append(1.0)
            call()
    (warning,) = seen
    text = str(warning.message)
    assert text.startswith("Trainer.loss is traced anew at each call, which is slow, at ")
    assert "test_stale.py" in text
    assert "self.step" in text
    assert "len(self.history)" in text
    assert warning.filename == __file__


def test_now_and_then_a_trace_is_no_news() -> None:
    trainer = Trainer()
    f = compile(trainer.loss)
    for _ in range(20):  # warnings are errors here
        trainer.step += 1
        f(1.0)
        f(1.0)
    several = compile(lambda xs: sum(xs) * W)
    for n in range(1, 20):
        several([1.0] * n)


def test_parameters_that_nobody_could_watch_are_told() -> None:
    hidden = (Value(2.0) for _ in range(1))
    weight = next(hidden)
    f = compile(Hides(weight))
    why = "some of its parameters do not stand in variables; keep them in attributes"
    for turn in range(10):
        with pytest.warns(UserWarning, match=why) if turn == versions.PATIENCE else nullcontext():
            assert f(3.0).data == 6.0


class Hides:
    """Keeps its weight where no walk over variables finds it."""

    def __init__(self, weight: Value) -> None:
        def keep() -> Any:
            kept = weight
            while True:
                yield kept

        self.source = keep()

    def __call__(self, x: Any) -> Any:
        return next(self.source) * x


def test_a_copy_of_a_model_compiles_its_own_method() -> None:
    class Holder:
        def __init__(self) -> None:
            self.w = Value(2.0)
            self.fast = compile(self.loss, threads=2)

        def loss(self, x: Any) -> Any:
            return self.w * x

    one = Holder()
    one.fast(1.0)
    other = copy.deepcopy(one)
    other.w.data = 5.0
    assert (one.fast(1.0).data, other.fast(1.0).data) == (2.0, 5.0)
    assert (other.fast.threads, other.fast.dtype) == (2, "float64")
    assert other.fast.f.__self__ is other
