"""Pictures of graphs.

    >>> from autograd import Value, draw
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> drawing = draw(a * b)
    >>> drawing
    Drawing of 3 values

In a notebook the drawing shows itself; `drawing.save("graph.svg")` writes a file.
"""

from __future__ import annotations

from .drawing import Drawing, draw
from .layout import PictureError

__all__ = ["Drawing", "PictureError", "draw"]
