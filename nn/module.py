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

from collections.abc import Iterable, Iterator
from typing import Any, cast

import numpy as np

from autograd import Value, name_scope


class Module:
    """A function with parameters: write `forward`, keep the parameters as attributes, call the module.

    The parameters are the leaf Values found in the attributes: a Value, a Module, or a list, tuple, dict
    or array of them. A Value that was computed (it has operands) is no parameter.

    A call enters the module's name scope, so that each node knows where it was made (`Value.scope`). A module's
    name is the place where its parent keeps it: "layers.0". A subclass may also define `__call__` and
    `parameters` itself, as in micrograd.
    """

    _scope = name_scope("")  # the outermost module has no name
    _children_named = False

    def forward(self, *inputs: Any, **options: Any) -> Any:
        """What the module computes; every subclass writes its own."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(self, ...): write what the module computes")

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        if not self._children_named:  # a list may have grown since it was assigned
            for attribute, thing in list(vars(self).items()):
                self._name_children(attribute, thing)
            self._children_named = True
        with self._scope:
            return self.forward(*inputs, **options) if options else self.forward(*inputs)

    def __setattr__(self, attribute: str, thing: Any) -> None:
        object.__setattr__(self, attribute, thing)
        self._name_children(attribute, thing)

    def _name_children(self, attribute: str, thing: Any) -> None:
        for path, child in _found(attribute, thing, inside_modules=False):
            if isinstance(child, Module):
                child._scope = name_scope(path)

    def __getstate__(self) -> dict[str, Any]:
        """What copy and pickle take: not the name, which the parent gives, so a copied part stands alone."""
        given = ("_scope", "_children_named")
        return {attribute: thing for attribute, thing in vars(self).items() if attribute not in given}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for attribute, thing in state.items():
            setattr(self, attribute, thing)

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Each parameter once, with its dotted path, in the order in which the attributes were assigned.

        >>> from nn import MLP
        >>> list(dict(MLP(2, [2, 1]).named_parameters()))
        ['layers.0.neurons.0.w.0', 'layers.0.neurons.0.w.1', 'layers.0.neurons.0.b',
         'layers.0.neurons.1.w.0', 'layers.0.neurons.1.w.1', 'layers.0.neurons.1.b',
         'layers.1.neurons.0.w.0', 'layers.1.neurons.0.w.1', 'layers.1.neurons.0.b']
        """
        for path, thing in _found("", self, inside_modules=True):
            if isinstance(thing, Value) and not thing.operands:
                yield path, thing

    def parameters(self) -> list[Value]:
        """Each parameter once, in the order of `named_parameters`.

        >>> from nn import MLP
        >>> len(MLP(2, [16, 16, 1]).parameters())
        337
        """
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0, since `backward()` adds to what is there.

        >>> from nn import Neuron
        >>> neuron = Neuron(2)
        >>> neuron([1.0, 2.0]).backward()
        >>> neuron.zero_grad()
        >>> neuron.b.grad
        0.0
        """
        for parameter in self.parameters():
            parameter.grad = 0.0


def _found(path: str, thing: Any, inside_modules: bool) -> Iterator[tuple[str, Value | Module]]:
    """The Values and Modules in a thing, each once, with their paths; first come, first found."""
    seen: set[int] = set()
    todo = [(path, thing)]
    while todo:
        path, thing = todo.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, (Value, Module)):
            yield path, thing
        if inside_modules or not isinstance(thing, Module):
            members = [(f"{path}.{key}".lstrip("."), member) for key, member in _members(thing)]
            todo += reversed(members)


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
