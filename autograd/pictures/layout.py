"""The engines that lay a DOT source out as a picture."""

from __future__ import annotations

import importlib
from typing import Any

import graphviz  # pyright: ignore[reportMissingTypeStubs]


class PictureError(RuntimeError):
    """No picture could be made; the message says what to do."""


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
