"""Module: what every network, layer and neuron is, a function with parameters.

>>> class Line(Module):
...     def __init__(self):
...         self.slope, self.shift = Value(2.0), Value(1.0)
...     def forward(self, x):
...         return self.slope * x + self.shift
>>> line = Line()
>>> y = line(3.0)
>>> y.data, [name for name, _ in line.named_parameters()]
(7.0, ['slope', 'shift'])
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from reprlib import recursive_repr
from typing import Any, Self, cast

import numpy as np

from autograd import Value, name_scope, no_grad, zero_grad

from .sizes import described
from .state import matched
from .summary import Summary, summary_of


class Module:
    """A function with parameters: write `forward`, keep the parameters as attributes, call the module.

    The parameters are the leaf Values found in the attributes: a Value, a Module, or a list, tuple, dict
    or array of them. A Value that was computed (it has operands) is no parameter.

    A call enters the module's name scope, so that each node knows where it was made (`Value.scope`). A module's
    name is the place where its parent keeps it: "layers.0". A subclass may also define `__call__` and
    `parameters` itself, as in micrograd.

    Attributes:
        training: whether the model is being trained or used; set by `train` and `eval`, for a `forward` to read.
    """

    training: bool = True
    _scope = name_scope("")  # the outermost module has no name
    _called = False
    _waits_for_input = False  # True for a part that draws its parameters when it sees the first input

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """What the module computes; every subclass writes its own."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(self, ...): write what the module computes")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        if not self._called:
            if self._scope is Module._scope and (caller := _caller_of(self)):
                caller._name_children()  # it may have got this one after its own first call
            self._before_first_call(*inputs, **options)
            self._called = True
        with self._scope:
            return self.forward(*inputs, **options) if options else self.forward(*inputs)

    def _before_first_call(self, *inputs: Any, **options: Any) -> None:
        self._name_children()

    def _name_children(self) -> None:
        for path, child in self._children():  # a list may have grown since it was assigned
            child._scope = name_scope(path)

    def __setattr__(self, attribute: str, thing: Any) -> None:
        object.__setattr__(self, attribute, thing)
        for path, child in _modules_in(attribute, thing):
            child._scope = name_scope(path)

    def __getstate__(self) -> dict[str, Any]:
        """What copy and pickle take: not the name, which the parent gives, so a copied part stands alone."""
        given = ("_scope", "_called")
        return {attribute: thing for attribute, thing in vars(self).items() if attribute not in given}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for attribute, thing in state.items():
            setattr(self, attribute, thing)

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Each parameter once, with its dotted path, in the order in which the attributes were assigned.

        Raises:
            ValueError: a part takes its size from the first input and has not seen one.

            >>> from nn import MLP
            >>> list(dict(MLP(2, [2, 1]).named_parameters()))
            ['layers.0.neurons.0.w.0', 'layers.0.neurons.0.w.1', 'layers.0.neurons.0.b',
             'layers.0.neurons.1.w.0', 'layers.0.neurons.1.w.1', 'layers.0.neurons.1.b',
             'layers.1.neurons.0.w.0', 'layers.1.neurons.0.w.1', 'layers.1.neurons.0.b']
        """
        names: set[str] = set()
        for path, thing in _found("", self, inside_modules=True):
            if isinstance(thing, Module):
                if thing._waits_for_input:
                    what = f"{described(path, thing)} has no parameters yet"
                    raise ValueError(f"{what}: call the model once, or give the number of inputs")
            elif not thing.operands:
                if path in names:  # keys 1 and "1" of a dict, "a.b" beside a dict "a"
                    raise ValueError(f"two parameters have the name {path!r}: give one of them another key")
                names.add(path)
                yield path, thing

    def parameters(self) -> list[Value]:
        """Each parameter once, in the order of `named_parameters`.

        >>> from nn import MLP
        >>> len(MLP(2, [16, 16, 1]).parameters())
        337
        """
        return [parameter for _, parameter in self.named_parameters()]

    def num_parameters(self, trainable: bool = False) -> int:
        """How many parameters there are; if `trainable`, only those with `requires_grad`.

        >>> from nn import MLP
        >>> MLP(2, [16, 16, 1]).num_parameters()
        337
        """
        return sum(parameter.requires_grad or not trainable for parameter in self.parameters())

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0, since `backward()` adds to what is there.

        >>> from nn import Neuron
        >>> neuron = Neuron(2)
        >>> neuron([1.0, 2.0]).backward()
        >>> neuron.zero_grad()
        >>> neuron.b.grad
        0.0
        """
        zero_grad(self.parameters())

    def requires_grad_(self, flag: bool = True) -> Self:
        """Freeze every parameter (False: `backward()` leaves its grad alone), or set it free again; gives self.

        >>> from nn import MLP
        >>> model = MLP(2, [16, 1])
        >>> _ = model.layers[0].requires_grad_(False)
        >>> model.num_parameters(), model.num_parameters(trainable=True)
        (65, 17)
        """
        for parameter in self.parameters():
            parameter.requires_grad = flag
        return self

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """This module, called "", and every one inside it, each once, with its dotted path; parents first.

        >>> from nn import MLP
        >>> [path for path, _ in MLP(2, [1, 1]).named_modules()]
        ['', 'layers.0', 'layers.0.neurons.0', 'layers.1', 'layers.1.neurons.0']
        """
        for path, thing in _found("", self, inside_modules=True, values=False):
            if isinstance(thing, Module):
                yield path, thing

    def modules(self) -> Iterator[Module]:
        """This module and every one inside it, in the order of `named_modules`."""
        return (module for _, module in self.named_modules())

    def apply(self, f: Callable[[Module], Any]) -> Self:
        """Call f on every module, each once, on what is inside a module before the module; gives self.

        >>> from nn import MLP
        >>> names = []
        >>> _ = MLP(2, [1]).apply(lambda module: names.append(type(module).__name__))
        >>> names
        ['Neuron', 'Layer', 'MLP']
        """
        seen: set[int] = set()

        def visit(module: Module) -> None:
            seen.add(id(module))
            for _, child in module._children():
                if id(child) not in seen:
                    visit(child)
            f(module)

        visit(self)
        return self

    def _children(self) -> list[tuple[str, Module]]:
        return [pair for attribute, thing in list(vars(self).items()) for pair in _modules_in(attribute, thing)]

    def train(self, mode: bool = True) -> Self:
        """Set `training` here and in every module inside; gives self."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """The same as train(False).

        >>> from nn import MLP
        >>> MLP(2, [1]).eval().layers[0].training
        False
        """
        return self.train(False)

    def state_dict(self) -> dict[str, float]:
        """The number of every parameter by its dotted name.

        >>> from nn import Neuron
        >>> Neuron(w=[2.0, -1.0], b=0.5).state_dict()
        {'w.0': 2.0, 'w.1': -1.0, 'b': 0.5}
        """
        return {name: parameter.data for name, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> tuple[list[str], list[str]]:
        """Set the parameters to the numbers of a `state_dict`: all of them or, after an error, none.

        Args:
            state: numbers by dotted names.
            strict: the names must be those of the parameters. Otherwise other names are passed over.

        Returns:
            The names that the state lacks, and those that no parameter has; both empty if strict.

        Raises:
            TypeError: the state is not a dict of numbers.
            ValueError: the names do not fit; the message has the part of the model, what it expected and got.

            >>> from nn import Neuron
            >>> neuron = Neuron(2)
            >>> neuron.load_state_dict({"w.0": 2.0, "w.1": -1.0}, strict=False)
            (['b'], [])
            >>> neuron.w[1].data
            -1.0
        """
        parameters = dict(self.named_parameters())
        numbers, missing, unexpected = matched(state, parameters, dict(self.named_modules()), strict)
        for name, number in numbers.items():
            parameters[name].data = number
        return missing, unexpected

    def summary(self, x: Any = None) -> Summary:
        """A table of the parts: name, shape, parameters, activation.

        Args:
            x: a sample that the model is called with, to size the parts that wait for their first input.

        >>> from nn import MLP
        >>> MLP(None, [3, 1]).summary([1.0, 2.0])
        name      shape   parameters  activation
        layers.0  (3, 2)           9  relu
        layers.1  (1, 3)           4  identity
        total                     13
        """
        if x is not None:
            with no_grad():
                self(x)
        return summary_of(_found("", self, inside_modules=True))

    def summary_row(self) -> tuple[str, str] | None:
        """What the summary says of a module that stands there as one row: the shape of its weights, its activation.

        None: it is no row; its parts and its own parameters are.
        """
        return None

    @recursive_repr("...")  # for a part that keeps its parent
    def __repr__(self) -> str:
        lines = [f"({name}): {text}" for name, thing in vars(self).items() if (text := _tree(thing))]
        return _block(f"{type(self).__name__}(", lines, ")")


KINDS: tuple[type, ...] = (Value, Module, list, tuple, dict, np.ndarray)
"""What is a parameter, or may hold some."""


def _caller_of(module: Module) -> Module | None:
    """The module whose forward is calling this one, if any: found in the stack, so that no call has to note it."""
    frame = inspect.currentframe()
    while frame is not None:
        if frame.f_code is Module.__call__.__code__ and frame.f_locals["self"] is not module:
            return frame.f_locals["self"]
        frame = frame.f_back
    return None


def _found(path: str, thing: Any, inside_modules: bool, values: bool = True) -> Iterator[tuple[str, Value | Module]]:
    """The Values (unless they are not wanted) and Modules in a thing, each once, with their paths, in order."""
    seen: set[int] = set()
    todo = [(path, thing)]
    while todo:
        path, thing = todo.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, (Value, Module)):
            yield path, thing
        if isinstance(thing, Value) or (isinstance(thing, Module) and not inside_modules):
            continue
        prefix = f"{path}." if path else ""
        if isinstance(thing, list) and set(map(type, cast(list[Any], thing))) == {Value}:  # the weights of a neuron
            for i, value in enumerate(cast(list[Value], thing) if values else ()):
                if id(value) not in seen:
                    seen.add(id(value))
                    yield f"{prefix}{i}", value
            continue
        members = [(f"{prefix}{key}", member) for key, member in _members(thing) if isinstance(member, KINDS)]
        todo += reversed(members)


def _modules_in(attribute: str, thing: Any) -> list[tuple[str, Module]]:
    found = _found(attribute, thing, inside_modules=False, values=False)
    return [(path, child) for path, child in found if isinstance(child, Module)]


def _tree(thing: Any) -> str:
    """A Module, or what holds Modules, as `Module.__repr__` shows it; "" for anything else."""
    if isinstance(thing, Module):
        return repr(thing)
    lines = [f"({key}): {text}" for key, member in _members(thing) if (text := _tree(member))]
    return _block("[", lines, "]") if lines else ""


def _block(start: str, lines: list[str], end: str) -> str:
    body = "\n".join(lines).replace("\n", "\n  ")
    return f"{start}\n  {body}\n{end}" if lines else start + end


def _members(thing: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(thing, Module):
        return vars(thing).items()
    if isinstance(thing, dict):
        return cast(dict[Any, Any], thing).items()
    if isinstance(thing, (list, tuple)):
        return enumerate(cast(list[Any], thing))
    if isinstance(thing, np.ndarray):
        array = cast(Any, thing)
        if array.dtype == object:
            return ((".".join(map(str, place)), member) for place, member in np.ndenumerate(array))
    return ()
