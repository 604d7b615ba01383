"""steps(value): the frames, and where they can be watched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import overload

from ..engines import Value
from ..presenting import GivenNames, check_folder, write_whole
from .frames import Frame, frames_of, nodes_of
from .names import names_of
from .page import notebook_html, page_html
from .picture import Scene


def steps(value: Value, names: GivenNames = None) -> Steps:
    """The forward pass and the backward pass that lead to a Value and back, one operation a frame.

    The forward pass computes one value a frame. The backward pass adds one product of the chain rule a frame:
    ∂L/∂x += ∂L/∂v · ∂v/∂x, where v was made of x. Gradients start from 0, whatever the graph holds, and the
    graph stays as it is.

    Args:
        value: the result.
        names: names for Values without a label: a dict from names to Values, or a Module, whose parameters
            are then called as in `named_parameters()`. What has no name is called v1, v2, ... in order of creation.

    Raises:
        TypeError: value is not a Value, or names is neither.
        ValueError: the graph has more than 200 values and constants.
        RuntimeError: a Value was written (`.data = ...`) after it was used.

        >>> a = Value(3.0, label="a")
        >>> for frame in steps(a * a):
        ...     print(frame)
        1  forward   Given: a = 3.0
        2  forward   v1 = a · a = 3.0 · 3.0 = 9.0
        3  backward  ∂v1/∂v1 = 1.0
        4  backward  ∂v1/∂a += ∂v1/∂v1 · ∂v1/∂a = 1.0 · 3.0 = 3.0
        5  backward  ∂v1/∂a += ∂v1/∂v1 · ∂v1/∂a = 1.0 · 3.0 = 3.0, in all 3.0 + 3.0 = 6.0
        6  backward  Done: ∂v1/∂a = 6.0
    """
    if not isinstance(value, Value):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"steps(value): value must be a Value, got {type(value).__name__}: {value!r}")
    nodes = nodes_of(value)
    called = names_of(nodes, names)
    return Steps(Scene(nodes, called), frames_of(nodes, called))


class Steps:
    """Frames to be stepped through: in a notebook, as a page in a browser, or in a loop. `autograd.steps` makes it.

    `len(s)`, `s[i]` and iteration give the frames.
    """

    def __init__(self, scene: Scene, frames: list[Frame]) -> None:
        self._scene = scene
        self._frames = frames

    def save(self, path: str | Path) -> Path:
        """Write the player as one .html file that needs nothing else, and give its path.

        The file is written whole or not at all.

        Raises:
            ValueError: another ending.
            FileNotFoundError: the folder is not there.

            >>> import tempfile
            >>> with tempfile.TemporaryDirectory() as folder:
            ...     steps(Value(2.0) * 3).save(folder + "/steps.html").name
            'steps.html'
        """
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"Steps.save(path): the path must end in .html, got {str(path)!r}")
        check_folder(path, "Steps.save(path)")
        return write_whole(path, page_html(self._scene, self._frames).encode())

    def __len__(self) -> int:
        return len(self._frames)

    @overload
    def __getitem__(self, index: int) -> Frame: ...
    @overload
    def __getitem__(self, index: slice) -> list[Frame]: ...
    def __getitem__(self, index: int | slice) -> Frame | list[Frame]:
        return self._frames[index]

    def __iter__(self) -> Iterator[Frame]:
        return iter(self._frames)

    def __repr__(self) -> str:
        forward = sum(frame.phase == "forward" for frame in self._frames)
        return f"Steps({forward} forward, {len(self) - forward} backward)"

    def _repr_html_(self) -> str:
        return notebook_html(self._scene, self._frames)
