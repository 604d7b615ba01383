"""Watch sees that a function reads other objects by now: in C as in Python, after any change."""

from __future__ import annotations

import gc
import random
import weakref
from collections import OrderedDict, deque
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value
from autograd.compiler import reach, watch
from autograd.compiler.extension import extension
from autograd.compiler.watch import Watch

GLOBAL: Any = None
twice = 2.0


class Odd(dict[Any, Any]):
    """Its getter is its own."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key, default)


class Bag:
    """Its attributes do not stand in a dict."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = Value(1.0)


class Base:
    limit = 1.0


class Kind(Base):
    scale: Any = 2.0
    other = 3.0

    @property
    def half(self) -> float:
        return HALF


HALF = 0.5
MODULE = ModuleType("settings")
vars(MODULE).update(rate=0.1, unused=1.0)


class Place:
    """A key that is no str, and equals by code of its own."""

    def __hash__(self) -> int:
        return hash("a")

    def __eq__(self, other: object) -> bool:
        return self is other


def make() -> tuple[Callable[[], Any], SimpleNamespace]:
    """A function that reaches a thing of every kind, and the thing."""
    global GLOBAL
    thing = SimpleNamespace(
        value=Value(1.0),
        number=1.5,
        zero=0.0,
        text="a" * 3,
        items=[Value(1.0), 2.0, [Value(3.0)], "s", None],
        pair=(Value(1.0), [Value(2.0)]),
        table={"a": Value(1.0), "b": 2.0, "c": {}},
        keyed={Place(): Value(1.0), 3: Value(2.0)},
        odd=Odd(a=Value(1.0)),
        ordered=OrderedDict(a=Value(1.0), b=Value(2.0)),
        array=np.array([[Value(1.0), 2.0], [None, Value(3.0)]], dtype=object),
        turned=np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]], dtype=object).T,
        empty=[],
        numbers=np.arange(3.0),
        every_second=np.arange(6.0)[::2],
        days=np.array(["2020-01-01"], dtype="M8[D]"),
        some={1.0},
        queue=deque([Value(1.0), 2.0]),
        bag=Bag(),
        kind=Kind,
        module=MODULE,
    )
    GLOBAL = thing.items
    cell = thing.value

    def f() -> Any:
        return thing, cell, GLOBAL, [Kind.scale, Kind.limit, MODULE.rate, thing.kind().half] and [twice for _ in ()]

    def rebind(x: Any) -> None:
        nonlocal cell
        cell = x

    def unbind() -> None:
        nonlocal cell
        del cell

    thing.__dict__["rebind"], thing.__dict__["unbind"] = rebind, unbind
    return f, thing


def set_global(x: Any) -> None:
    global GLOBAL
    GLOBAL = x


CHANGES: dict[str, Callable[[SimpleNamespace], Any]] = {
    "an attribute": lambda t: setattr(t, "value", Value(1.0)),
    "an attribute more": lambda t: setattr(t, "more", 1.0),
    "an attribute less": lambda t: delattr(t, "number"),
    "a number": lambda t: setattr(t, "number", 2.5),
    "nan": lambda t: setattr(t, "number", float("nan")),
    "a type": lambda t: setattr(t, "number", np.float64(1.5)),
    "an item": lambda t: t.items.__setitem__(0, Value(1.0)),
    "a number in a list": lambda t: t.items.__setitem__(1, 9.0),
    "an item deep down": lambda t: t.items[2].__setitem__(0, Value(1.0)),
    "a longer list": lambda t: t.items.append(1.0),
    "a shorter list": lambda t: t.items.pop(),
    "no list at all": lambda t: t.items.clear(),
    "a list that was empty": lambda t: t.empty.append(Value(1.0)),
    "two items change places": lambda t: t.items.reverse(),
    "in a tuple": lambda t: t.pair[1].__setitem__(0, Value(1.0)),
    "an entry": lambda t: t.table.__setitem__("a", Value(1.0)),
    "an entry's number": lambda t: t.table.__setitem__("b", 3.0),
    "an entry more": lambda t: t.table.__setitem__("z", 3.0),
    "one entry for another": lambda t: t.table.__setitem__("z", t.table.pop("a")),
    "no entries": lambda t: t.table.clear(),
    "an empty dict": lambda t: t.table["c"].__setitem__("q", 1.0),
    "an entry by another key": lambda t: t.keyed.__setitem__(3, Value(2.0)),
    "a dict of another kind": lambda t: t.odd.__setitem__("a", Value(1.0)),
    "an ordered dict": lambda t: t.ordered.__setitem__("b", Value(1.0)),
    "an array's item": lambda t: t.array.__setitem__((1, 1), Value(1.0)),
    "an array's number": lambda t: t.array.__setitem__((0, 1), 5.0),
    "a turned array": lambda t: t.turned.__setitem__((0, 1), Value(1.0)),
    "a shorter array": lambda t: t.array.resize((1, 1), refcheck=False),
    "another array": lambda t: setattr(t, "array", t.array.copy()),
    "a cell": lambda t: t.rebind(Value(1.0)),
    "a cell without content": lambda t: t.unbind(),
    "a global variable": lambda t: set_global([]),
    "a global variable of a comprehension": lambda t: globals().__setitem__("twice", 3.0),
    "a global variable of a property": lambda t: globals().__setitem__("HALF", 0.25),
    "a number of an array": lambda t: t.numbers.__setitem__(1, 1.5),
    "a zero of another sign": lambda t: t.numbers.__setitem__(0, -0.0),
    "a number of every second": lambda t: t.every_second.__setitem__(1, 1.5),
    "a day": lambda t: t.days.__setitem__(0, "2021-01-01"),
    "a shorter array of numbers": lambda t: t.numbers.resize(2, refcheck=False),
    "a set": lambda t: t.some.add(3.0),
    "an item of a set": lambda t: (t.some.clear(), t.some.add(3.0)),
    "a queue": lambda t: t.queue.rotate(),
    "a slot": lambda t: setattr(t.bag, "value", Value(1.0)),
    "no slot": lambda t: delattr(t.bag, "value"),
    "an attribute of a class": lambda t: setattr(Kind, "scale", 5.0),
    "an attribute of a base": lambda t: setattr(Base, "limit", 5.0),
    "an attribute that hides one": lambda t: setattr(Kind, "limit", 5.0),
    "a method": lambda t: setattr(Kind, "half", property(lambda self: 1.0)),
    "a module": lambda t: setattr(MODULE, "rate", 0.2),
    "another order": lambda t: t.table.__setitem__("a", t.table.pop("a")),
    "another zero": lambda t: setattr(t, "zero", -0.0),
}
SAME: dict[str, Callable[[SimpleNamespace], Any]] = {
    "nothing": lambda t: None,
    "an attribute of a class that no code names": lambda t: setattr(Kind, "other", 5.0),
    "an attribute of a module that no code names": lambda t: setattr(MODULE, "unused", 5.0),
    "equal numbers in an array": lambda t: t.numbers.__setitem__(1, 1.0),
    "the number of a parameter": lambda t: setattr(t.value, "data", 7.0),
    "an equal number": lambda t: setattr(t, "number", float("1.5")),
    "an equal text": lambda t: setattr(t, "text", "".join(["a"] * 3)),
    "the same item": lambda t: t.items.__setitem__(0, t.items[0]),
    "an equal number in an array": lambda t: t.array.__setitem__((0, 1), float("2")),
    "an equal entry": lambda t: t.table.__setitem__("b", float("2")),
}


@pytest.fixture(autouse=True)
def _put_back() -> Any:
    classes = [(cls, dict(vars(cls))) for cls in (Base, Kind)]
    module, names = dict(vars(MODULE)), dict(globals())
    yield
    for cls, attributes in classes:
        for name in ("scale", "limit", "half", "other"):
            if name in attributes:
                setattr(cls, name, attributes[name])
            elif name in vars(cls):
                delattr(cls, name)
    vars(MODULE).update(module)
    globals().update(HALF=names["HALF"], twice=names["twice"])


def both(seen: Watch) -> tuple[bool, bool]:
    """What the two twins say, C first."""
    in_c, twin = seen.changed(), seen._twin
    seen._twin = None
    in_python = seen.changed()
    seen._twin = twin
    return in_c, in_python


@pytest.mark.parametrize("name", [*CHANGES, *SAME])
def test_every_kind_of_change(name: str) -> None:
    f, thing = make()
    seen = Watch(f)
    assert both(seen) == (False, False)
    {**CHANGES, **SAME}[name](thing)
    assert both(seen) == ((name in CHANGES),) * 2


@given(st.lists(st.sampled_from([*CHANGES, *SAME]), max_size=6), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_the_twins_agree_after_any_changes(names: list[str], rng: random.Random) -> None:
    f, thing = make()
    seen = Watch(f)
    keep = (thing.items[:], dict(thing.table), thing.array.copy())
    for name in names:
        try:
            {**CHANGES, **SAME}[name](thing)
        except (KeyError, IndexError, AttributeError, NameError):
            continue
        in_c, in_python = both(seen)
        assert in_c == in_python
        if rng.random() < 0.3:  # put back
            thing.items[:], thing.table = keep[0], thing.table
            thing.table.clear()
            thing.table.update(keep[1])
            assert len({*both(seen)}) == 1


@pytest.mark.skipif(extension is None, reason="the extension is not built")
def test_c_compares_all_but_the_odd_holders() -> None:
    f, _ = make()
    kinds = [watch._kind(edge) for edge in reach.Reach(f).edges]
    assert {*kinds} == {*extension.WATCH.values()}
    assert kinds.count(extension.WATCH["CALLED"]) < 50


def test_a_dict_that_changes_while_it_is_looked_at() -> None:
    table: dict[Any, Any] = {"a": Value(1.0), "b": Value(2.0)}

    class Breaker:
        armed = False

        def __hash__(self) -> int:
            return hash("a")

        def __eq__(self, other: object) -> bool:
            if self.armed:
                table.clear()
            return False

    seen = Watch(lambda: table)
    table.clear()
    table[Breaker()] = 1.0
    table["a"] = Value(1.0)
    Breaker.armed = True
    assert seen.changed()


def test_what_is_watched_is_kept_and_let_go() -> None:
    class Thing:
        pass

    def watched() -> weakref.ref[Thing]:
        things: list[Any] = [Thing()]
        alive = weakref.ref(things[0])
        seen = Watch(lambda: things)
        things.clear()
        gc.collect()
        assert alive() is not None
        assert seen.changed()
        things.append(seen)  # a circle
        return alive

    alive = watched()
    gc.collect()
    assert alive() is None


@pytest.mark.skipif(extension is None, reason="the extension is not built")
@pytest.mark.parametrize(
    "edge",
    [
        (99, len, [], None, ()),
        (0, len, {}, ("a",), ()),
        (0, len, {}, 3, ()),
        (1, len, [], None, (1,)),
        (1, len, (lambda x: lambda: x)(1).__closure__[0], None, ()),
        (2, len, {}, (3,), (1,)),
        (2, len, [], ("a",), (1,)),
        (2, len, {}, None, (1,)),
        (3, len, OrderedDict(), ("a",), (1,)),
        (3, len, {}, ("a", "b"), (1,)),
        (4, len, (), None, ()),
        (5, len, 3, None, (1,)),
        (0, len),
        3,
    ],
)
def test_c_refuses_what_is_no_edge(edge: Any) -> None:
    with pytest.raises(TypeError):
        extension.Watch([edge], object())
