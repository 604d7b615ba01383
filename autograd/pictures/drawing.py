"""draw: the graph behind a Value as a Drawing, which shows itself, prints and saves itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..engines import Value
from ..presenting import GivenNames, check_folder, named_values, write_whole
from .description import describe
from .layout import PictureError, lay_out
from .scene import Naming, Scene
from .staging import stage
from .text_tree import text_tree

PICTURES = (".svg", ".png", ".pdf")
DIRECTIONS = ("LR", "RL", "TB", "BT")
SMALLEST = 0.6  # of its own size, on a narrow page


class Drawing:
    """A graph to be shown in a notebook, printed as a text tree, or saved as a picture; `autograd.draw` makes it.

    Attributes:
        source: the picture in the DOT language (https://graphviz.org/doc/info/lang.html).
        count: how many Values the graph has, shown or folded.
    """

    def __init__(self, scene: Scene) -> None:
        self.source = describe(scene)
        self.count = scene.count
        self._text = text_tree(scene)

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file: .svg, .png or .pdf, or .dot for the source. Gives the path.

        The file is written whole or not at all.

        Raises:
            ValueError: another ending.
            PictureError: no engine for pictures is installed (.dot needs none), or it failed.

            >>> import tempfile
            >>> from autograd import Value, draw
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     draw(Value(2.0) * 3).save(folder + "/graph.dot").name
            'graph.dot'
        """
        path = Path(path)
        ending = path.suffix.lower()
        if ending not in (*PICTURES, ".dot"):
            raise ValueError(f"Drawing.save(path): the path must end in .svg, .png, .pdf or .dot, got {str(path)!r}")
        check_folder(path, "Drawing.save(path)")
        picture = self.source.encode() if ending == ".dot" else lay_out(self.source, ending[1:])
        return write_whole(path, picture)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Drawing of {self.count:,} value{'s' * (self.count != 1)}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        try:
            svg = lay_out(self.source, "svg").decode()
            return {"text/plain": self._text, "image/svg+xml": _fitting(svg)}
        except PictureError as error:
            return {"text/plain": f"{self._text}\n({error})"}


def _fitting(svg: str) -> str:
    """The picture made smaller on a page that is narrow, but never so small that nobody can read it: then it scrolls.

    >>> _fitting('<svg width="1000pt" height="200pt">')
    '<svg style="max-width: 100%; min-width: 600pt; height: auto" width="1000pt" height="200pt">'
    """
    width = re.search(r'width="([\d.]+)pt"', svg)
    least = f"min-width: {SMALLEST * float(width[1]):.0f}pt; " if width else ""
    return svg.replace("<svg ", f'<svg style="max-width: 100%; {least}height: auto" ', 1)


def draw(
    value: Value | Iterable[Value],
    names: GivenNames = None,
    *,
    direction: str = "LR",
    expand: bool = False,
    depth: int | None = None,
    local_derivatives: bool = False,
    highlight: Iterable[Value] = (),
) -> Drawing:
    """The graph that a Value was made from, as a picture.

    Each Value shows its name, data and grad; results show their operation; the fill says how large the gradient
    is. A graph too large to be read is folded: by name scope (layer, neuron), then what is alike, then what is far from
    the result. A gradient counts as not computed yet if it is 0 and so is that of all that the Value was made into:
    `backward()` leaves no other mark.

    Args:
        value: the result, or several.
        names: names for Values without a label: a dict from names to Values, or a Module, whose parameters
            are then marked as such.
        direction: from operands to result, "LR" (left to right), "RL", "TB" (top to bottom) or "BT".
        expand: show the single multiplications and additions inside every dot and sum.
        depth: how many levels of name scopes are shown open: 0 makes a box of each layer, 1 of each neuron.
            None: as many as can be read.
        local_derivatives: show on each edge ∂(result of the operation)/∂(operand).
        highlight: Values to be lit, and the edges between them.

    Raises:
        TypeError: value is not a Value, names is neither, or an option is of another type.
        ValueError: there is no such direction or depth, or a highlighted Value is not in the graph.

        >>> a, b = Value(2.0, label="a"), Value(-3.0)
        >>> drawing = draw(a * b, names={"b": b})
        >>> print(drawing.source[:15])
        digraph "graph"
        >>> print(drawing)
        ×  data -6  grad not computed yet
        ├─ a  data 2  grad not computed yet
        └─ b  data -3  grad not computed yet
    """
    if direction not in DIRECTIONS:
        raise ValueError(f"draw(value, direction): direction must be 'LR', 'RL', 'TB' or 'BT', got {direction!r}")
    if depth is not None and (not isinstance(depth, int) or isinstance(depth, bool)):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"draw(value, depth): depth must be a whole number or None, got {depth!r}")
    if depth is not None and depth < 0:
        raise ValueError(f"draw(value, depth): depth must be 0 or more, got {depth}")
    roots, lit = _values(value, "value"), _values(highlight, "highlight")
    if not roots:
        raise ValueError("draw(value): value must be a Value or some Values, got none")
    return Drawing(stage(roots, _naming(names), set(lit), direction, expand, depth, local_derivatives))


def _values(given: Any, what: str) -> list[Value]:
    if isinstance(given, Value):
        return [given]
    kind = "a Value or several" if what == "value" else "Values"
    try:
        values = list(given)
    except TypeError:
        raise TypeError(f"draw({what}): {what} must be {kind}, got {type(given).__name__}: {given!r}") from None
    for x in values:
        if not isinstance(x, Value):
            raise TypeError(f"draw({what}): {what} must be {kind}, got among them {type(x).__name__}: {x!r}")
    return values


def _naming(names: Any) -> Naming:
    pairs: list[tuple[Any, Any]] = [*named_values(names, "draw(value, names)")]
    for name, x in pairs:
        if not isinstance(name, str) or not isinstance(x, Value):
            raise TypeError(f"draw(value, names): each name must be a str and stand for a Value, got {name!r}: {x!r}")
    known = {x: name for name, x in pairs}
    return Naming(known, frozenset() if isinstance(names, Mapping) else frozenset(known))
