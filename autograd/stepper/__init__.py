"""The player: a forward pass and a backward pass, watched one operation at a time.

    >>> from autograd import Value
    >>> from autograd.stepper import steps
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> c = a * b
    >>> c.label = "c"
    >>> for frame in steps(c):
    ...     print(frame)
    1  forward   Given: a = 2.0, b = -3.0
    2  forward   c = a · b = 2.0 · -3.0 = -6.0
    3  backward  ∂c/∂c = 1.0
    4  backward  ∂c/∂a += ∂c/∂c · ∂c/∂a = 1.0 · -3.0 = -3.0
    5  backward  ∂c/∂b += ∂c/∂c · ∂c/∂b = 1.0 · 2.0 = 2.0
    6  backward  Done: ∂c/∂a = -3.0, ∂c/∂b = 2.0

In a notebook the steps show themselves; `steps(c).save("steps.html")` writes a page of one file.
"""

from __future__ import annotations

from .frames import Frame
from .player import Steps, steps

__all__ = ["Frame", "Steps", "steps"]
