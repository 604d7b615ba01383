"""Drawing: a graph described in the DOT language, and the engines that lay it out as a picture."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

import graphviz  # pyright: ignore[reportMissingTypeStubs]

PICTURES = (".svg", ".png", ".pdf")
LARGEST_SHOWN = 1000  # values; a layout of more takes minutes, and nobody could read it


class PictureError(RuntimeError):
    """No picture could be made; the message says what to do."""


class Drawing:
    """A graph to be shown in a notebook or saved as a picture; `autograd.draw` makes it.

    Attributes:
        source: the graph in the DOT language (https://graphviz.org/doc/info/lang.html).
        count: how many Values are in it.
    """

    def __init__(self, source: str, count: int) -> None:
        self.source = source
        self.count = count

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
        if not path.parent.is_dir():
            raise FileNotFoundError(
                f"Drawing.save(path): there is no folder {str(path.parent)!r} to write {path.name!r} to"
            )
        picture = self.source.encode() if ending == ".dot" else lay_out(self.source, ending[1:])
        temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            temporary.write_bytes(picture)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        return path

    def __repr__(self) -> str:
        return f"Drawing of {self.count} value{'s' * (self.count != 1)}"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        if self.count > LARGEST_SHOWN:
            return {"text/plain": f"{self!r}: too large to be shown; draw a part of the graph, or use .save(path)"}
        try:
            return {"text/plain": repr(self), "image/svg+xml": lay_out(self.source, "svg").decode()}
        except PictureError as error:
            return {"text/plain": f"{self!r}; {error}"}


def lay_out(source: str, form: str) -> bytes:
    """The picture of a DOT source as svg, png or pdf: by the program `dot`, else by the engine in pygraphviz."""
    try:
        return graphviz.Source(source).pipe(format=form, quiet=True)
    except graphviz.ExecutableNotFound:
        pass
    except graphviz.CalledProcessError as error:
        reason = error.stderr.decode(errors="replace").strip()
        raise PictureError(f"the program 'dot' could not lay out the graph: {reason}") from error
    try:
        pygraphviz: Any = importlib.import_module("pygraphviz")
    except ImportError:
        raise PictureError(
            "no engine for pictures was found: install Graphviz (https://graphviz.org/download) so that the program "
            "'dot' is on the PATH, or pip install 'scalar-autograd[draw]'; saving as .dot needs neither"
        ) from None
    return pygraphviz.AGraph(string=source).draw(format=form, prog="dot")
