"""Value: a number that remembers how it was made, and can say how it would change.

    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> c = a * b + a ** 2
    >>> c.backward()
    >>> c.data, a.grad, b.grad         # ∂c/∂a = b + 2a, ∂c/∂b = a
    (-2.0, 1.0, 2.0)

Every operation makes a new Value, a *node*, that keeps its operands. So an expression leaves a graph
behind: leaves (numbers that were given) at the bottom, the result on top, and every node younger than
its operands. `backward()` walks this graph from the result down, each node after all its consumers, and
applies the chain rule at each one (it *sweeps* the graph). The calculus itself stands in rules.py; the
operators that people write stand in operators.py.

This is the engine in plain Python. Its twin in C (the folder _c) behaves the same and is the one that
people get where it was built; engines.py chooses.
"""

# The functions at the end of this file belong to the class.
# pyright: reportPrivateUsage=false

from __future__ import annotations

from itertools import count
from threading import RLock
from typing import Any

from . import modes
from .anomaly import calling_line, check_backward, check_node
from .graph import computed, copy_graph, copy_node, graph_to_table, stale, taken
from .operators import Operators
from .rules import RULES, Rule, rule_named
from .scalars import as_float, to_float
from .tracing import note, refuse_reading

_new = object.__new__
_births = count(1)  # serial numbers
_LEAF = Rule("", float, tuple, "", ())  # what made a Value that nothing made
_FROZEN = Rule("", float, tuple, "", ())  # the same, of a leaf that takes no gradient
# `_uses` of a leaf: this if its gradient was written since it was last taken (bulk.py), else the number of that taking.
# Of another node: how many consumers will still send to it in the sweep that is running; 0 between sweeps.
_WRITTEN = -1
_NO_NOTES = "", 0, None  # label, place of the scope in modes.SCOPES, line
_one_sweep = RLock()  # two threads may share leaves: one adds gradients at a time, and knows if it is this one


class Value(Operators):
    """A scalar that records the operations on it.

    Args:
        data: the number; float, int, numpy scalar, or array of no dimensions.
        label: a name for pictures and messages.

    Raises:
        TypeError: data is not one number.

    Attributes:
        data: the number, a float. That of a leaf can be written; what was made from the old number must then
            be made again before the next `backward()`. That of another node cannot.
        grad: ∂(what backward() was called on)/∂(this), a float, 0.0 at birth. `backward()` adds to the grad of
            leaves and overwrites the grad of all other nodes.
        label: a name, or "".
        requires_grad: if False, `backward()` leaves the grad of this leaf alone, and optimisers do not move it.
        op: the name of the rule that made it ("+", "tanh"); "" for a leaf.
        operands: what it was made from, in order: Values and floats.
        parents: the Values among the operands.
        scope: the name scope in which it was made, or "".
        serial: its number in order of creation, renewed when `data` is written; no two Values have the same.
        line: the file and line that made it, if that was inside `record_lines()` or `detect_anomaly()`; else
            None.
    """

    __slots__ = ("_data", "_grad", "_notes", "_rule", "_serial", "_uses", "_x", "_y")

    _data: float
    _grad: float
    _notes: tuple[str, int, str | None]
    _rule: Rule
    _serial: int
    _uses: int
    # One or two operands, as of nearly all nodes, stand here without a tuple around them, which would be one more
    # object to be made, and walked by the garbage collector. More of them stand in _x as a tuple; a leaf has None.
    _x: Any
    _y: Value | float | None

    def __new__(cls, data: Any, label: str = "") -> Value:
        node = _node(_LEAF, to_float(data, "Value(data): data"))
        node.label = label
        return node

    def __init_subclass__(cls) -> None:
        raise TypeError("type 'autograd.Value' is not an acceptable base type")

    @staticmethod
    def apply(op: str, *operands: Value | float) -> Value:
        """The node that the rule named `op` makes of the operands, Values and numbers.

        Raises:
            ValueError: no rule has this name.
            TypeError: an operand is neither a Value nor a number, or there are too many or too few.

            >>> Value.apply("hypot", Value(3.0), 4.0).data
            5.0
        """
        rule = rule_named(op, len(operands))
        xs = tuple(Value._operand(x, f"an operand of {op!r}") for x in operands)
        number = rule.value(*[x._data if type(x) is Value else x for x in xs])
        return _node(rule, number, *_stored(xs)) if xs else _node(_LEAF, number)

    # What the operators record (operators.py)

    def _unary(self, op: str) -> Any:
        rule = RULES[op]
        return _node(rule, rule.value(self._data), self)

    def _binary(self, op: str, other: Any) -> Any:
        rule = RULES[op]
        if type(other) is Value:
            return _node(rule, rule.value(self._data, other._data), self, other)
        if (number := as_float(other)) is None:
            return NotImplemented
        return _node(rule, rule.value(self._data, number), self, number)

    def _reflected(self, op: str, other: Any) -> Any:
        rule = RULES[op]
        if (number := as_float(other)) is None:
            return NotImplemented
        return _node(rule, rule.value(number, self._data), number, self)

    @staticmethod
    def _operand(x: Any, what: str) -> Value | float:
        return x if type(x) is Value else to_float(x, what)

    # The chain rule

    def backward(self, grad: float = 1.0) -> None:
        """Add grad · ∂self/∂leaf to the `grad` of every leaf that self was made from.

        Every node between gets grad · ∂self/∂node. A node passes to each operand its own gradient
        times the rule's partial derivative (the chain rule), and a node that was used in several
        places gets the sum. Called twice, it adds the same numbers to the leaves twice.

        Args:
            grad: the gradient to start from, ∂(whatever comes after)/∂self.

        Raises:
            RuntimeError: a Value was written (`.data = ...`) after it was used, or this thread is in the middle of
                another backward(). No gradient changes.

            >>> x = Value(3.0)
            >>> y = x * x
            >>> y.backward()
            >>> x.grad
            6.0
        """
        seed = to_float(grad, "backward(grad): grad")
        refuse_reading("backward()")
        if _one_sweep._is_owned():  # pyright: ignore  (of this thread: another one waits)
            raise RuntimeError("backward() inside backward(), as in a signal handler or a __del__: call it afterwards")
        if modes.state.now[1]:
            check_backward(self, seed)
        inner: list[Value] = [self]  # every node that is not a leaf
        todo: list[Value] = [self]
        before: dict[Value, float] = {}  # what the leaves had
        with _one_sweep:
            if self._x is None:
                if self.requires_grad:
                    self.grad = self._grad + seed
                return
            try:
                # How many consumers will send something to each node? (`where` and `take` send to one only.)
                while todo:  # the last one first: nodes made together stand together in memory
                    node = todo.pop()
                    serial, x, y = node._serial, node._x, node._y
                    xs = (x, y) if y is not None else node.operands
                    for x in taken(node) if node._rule.chooses else xs:
                        if type(x) is Value:
                            if x._serial > serial:  # an operand is older, unless it was written since
                                raise stale(x, node)
                            if x._x is None:
                                before[x] = x._grad
                            else:
                                uses = x._uses
                                if not uses:
                                    inner.append(x)
                                    todo.append(x)
                                x._uses = uses + 1
                for node in inner:
                    node._grad = 0.0
                # A node passes its gradient on once all its consumers have sent theirs.
                self._grad = seed
                todo.append(self)
                while todo:
                    node = todo.pop()
                    gradient, partials_of, x, y = node._grad, node._rule.partials, node._x, node._y
                    if y is not None:  # as for any number of operands, but faster: most nodes have two
                        xs = x, y
                        x_data = x._data if type(x) is Value else x
                        partials = partials_of(node._data, x_data, y._data if type(y) is Value else y)
                    else:
                        xs = node.operands
                        partials = partials_of(node._data, *[x._data if type(x) is Value else x for x in xs])
                    i = 0
                    for x in xs:
                        partial = partials[i]
                        i += 1  # noqa: SIM113 (zip and enumerate would cost a tenth of the sweep)
                        if type(x) is Value and partial is not None:
                            x._grad += gradient * partial
                            if x._x is not None:
                                x._uses = uses = x._uses - 1
                                if not uses:
                                    todo.append(x)
                for leaf, gradient in before.items():
                    if leaf._rule is _FROZEN:
                        leaf._grad = gradient
                    else:
                        leaf._uses = _WRITTEN
            except BaseException:  # Ctrl-C too: the leaves have what they had
                for node in inner:
                    node._uses = 0
                for leaf, gradient in before.items():
                    leaf._grad = gradient
                raise

    # Numbers in and out

    @property
    def data(self) -> float:
        """The number. Only that of a leaf can be written."""
        refuse_reading(".data")
        return self._data

    @data.setter
    def data(self, number: Any) -> None:
        number = to_float(number, "Value.data")
        refuse_reading(".data = ...")
        if self._x is not None:
            raise computed(self, "data")
        self._data = number
        self._serial = next(_births)  # younger now than what was made from the old number; backward() will see it

    @property
    def grad(self) -> float:
        """The gradient that the last sweeps left here."""
        refuse_reading(".grad")
        return self._grad

    @grad.setter
    def grad(self, number: Any) -> None:
        refuse_reading(".grad = ...")
        self._grad = to_float(number, "Value.grad")
        if self._x is None:
            self._uses = _WRITTEN

    @property
    def label(self) -> str:
        """A name for pictures and messages."""
        note(self, "label", self._notes[0])
        return self._notes[0]

    @label.setter
    def label(self, text: str) -> None:
        if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"Value.label must be a str, got {type(text).__name__}: {text!r}")
        self._notes = (str.__str__(text), *self._notes[1:])  # no subclass, whose code could run in the engine

    @property
    def requires_grad(self) -> bool:
        """Whether `backward()` gives it a gradient. Only that of a leaf can be written."""
        note(self, "requires_grad", self._rule is not _FROZEN)
        return self._rule is not _FROZEN

    @requires_grad.setter
    def requires_grad(self, flag: Any) -> None:
        if not isinstance(flag, bool):
            raise TypeError(f"Value.requires_grad must be True or False, got {type(flag).__name__}: {flag!r}")
        if self._x is not None:
            raise computed(self, "requires_grad")
        self._rule = _LEAF if flag else _FROZEN

    @property
    def op(self) -> str:
        """The name of the rule that made it, or "" for a leaf."""
        return self._rule.name

    @property
    def operands(self) -> tuple[Value | float, ...]:
        """What it was made from, in order: Values and floats."""
        x, y = self._x, self._y
        if y is not None:
            return x, y
        return (x,) if type(x) in (Value, float) else x or ()

    @property
    def parents(self) -> tuple[Value, ...]:
        """The Values among the operands."""
        return tuple(x for x in self.operands if isinstance(x, Value))

    @property
    def serial(self) -> int:
        """Its number in order of creation, renewed when `data` is written."""
        return self._serial

    @property
    def line(self) -> str | None:
        """The file and line that made it, if recorded."""
        return self._notes[2]

    @property
    def scope(self) -> str:
        """The path of the name scope that it was made in."""
        return modes.SCOPES[self._notes[1]]

    @property
    def _prev(self) -> set[Value]:  # micrograd's names for parents and op
        return set(self.parents)

    @property
    def _op(self) -> str:
        return self.op

    def item(self) -> float:
        """The number, as `data`."""
        refuse_reading("item()")
        return self._data

    def detach(self) -> Value:
        """A new leaf with the same number and label, cut off from the graph."""
        refuse_reading("detach()")
        return Value(self._data, self.label)

    def __repr__(self) -> str:
        text = self._notes[0]
        label = f", label={text!r}" if text else ""
        if modes.state.now[4]:  # the number that it has here is of no sample
            return f"Value(traced{label})"
        return f"Value(data={self._data!r}, grad={self._grad!r}{label})"

    def __format__(self, spec: str) -> str:
        if spec == "":
            return repr(self)
        refuse_reading("format()")
        return format(self._data, spec)

    def __float__(self) -> float:
        refuse_reading("float()")
        return self._data

    def __int__(self) -> int:
        refuse_reading("int()")
        return int(self._data)

    def __bool__(self) -> bool:
        refuse_reading("bool()")
        return self._data != 0.0

    def __round__(self, digits: int | None = None) -> Any:
        refuse_reading("round()")
        return round(self._data, digits)

    # Copies

    @staticmethod
    def restore(
        op: str,
        operands: tuple[Value | float, ...],
        data: float,
        grad: float,
        label: str,
        scope: str,
        requires_grad: bool = True,
    ) -> Value:
        """A node with these very attributes, its number not computed anew."""
        node = Value(data, label)
        if op or operands:
            rule = rule_named(op, len(operands))
            node._rule = rule if operands else _LEAF
            node._x, node._y = _stored(tuple(Value._operand(x, f"an operand of {op!r}") for x in operands))
        elif not requires_grad:
            node._rule = _FROZEN
        node._grad = to_float(grad, "Value.grad")
        node._notes = node.label, modes.scope_number(0, scope) if scope else 0, None
        return node

    def __copy__(self) -> Value:
        return copy_node(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        return copy_graph(self, memo)

    def __reduce__(self) -> tuple[Any, ...]:
        return graph_to_table(self)


def _stored(operands: tuple[Value | float, ...]) -> tuple[Any, Value | float | None]:
    """What `_x` and `_y` keep of these operands."""
    if len(operands) > 2:
        return operands, None
    x, y = (*operands, None, None)[:2]
    return x, y


def _node(rule: Rule, data: float, x: Any = None, y: Value | float | None = None) -> Value:
    node = _new(Value)
    node._rule = rule
    node._x = x
    node._y = y
    node._data = data
    node._grad = 0.0
    node._serial = next(_births)
    node._uses = 0
    node._notes = _NO_NOTES
    if (now := modes.state.now) is not modes.PLAIN:
        _node_in_mode(node, now)
    return node


def _node_in_mode(node: Value, now: modes.Now) -> None:
    """What name_scope, no_grad, detect_anomaly and record_lines make of a new node."""
    recording, anomaly, scope, lines, tracing = now
    rule, operands, line = node._rule, node.operands, None
    if rule is not _LEAF:
        if not recording:
            if tracing:
                refuse_reading("no_grad()")
            node._rule, node._x, node._y = _LEAF, None, None
        if anomaly or lines:
            line = calling_line()
    node._notes = "", scope, line
    if anomaly and line:
        check_node(rule.name, operands, node._data, line)
