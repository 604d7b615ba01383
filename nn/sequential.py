"""Sequential: modules in a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self, overload

from .module import Module


class Sequential(Module):
    """Modules in a row: each reads what the one before it gives; gives what the last one gives.

    Args:
        modules: the modules, in order.

    Raises:
        TypeError: one of them is not a Module.

    Attributes:
        layers: the list of the modules.

        >>> from nn import Layer, Neuron
        >>> model = Sequential(Layer(2, 8, activation="tanh"), Neuron(8, activation="sigmoid"))
        >>> 0 < model([1.0, -2.0]) < 1
        True
        >>> model
        Sequential(
          (layers): [
            (0): Layer(2, 8, tanh)
            (1): Neuron(8, sigmoid)
          ]
        )
    """

    def __init__(self, *modules: Module) -> None:
        self.layers: list[Module] = []
        for module in modules:
            self.append(module)

    def append(self, module: Module) -> Self:
        """Put a module after the last one; gives self."""
        if not isinstance(module, Module):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(
                f"Sequential: layers.{len(self.layers)} must be a Module, got {type(module).__name__}: {module!r}"
            )
        self.layers = [*self.layers, module]
        return self

    def forward(self, x: Any) -> Any:
        for module in self.layers:
            x = module(x)
        return x

    @overload
    def __getitem__(self, place: int) -> Module: ...
    @overload
    def __getitem__(self, place: slice) -> list[Module]: ...
    def __getitem__(self, place: int | slice) -> Module | list[Module]:
        return self.layers[place]

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers)
