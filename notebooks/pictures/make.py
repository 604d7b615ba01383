"""The pictures of the README, from the code that stands beside them: `python notebooks/pictures/make.py`.

The README's blocks of Python run in order, as in one notebook. Each picture shows what they leave behind, so the
code and the picture cannot part. Needs an engine for pictures (Graphviz's `dot`, or the extra `draw`) and matplotlib
(the extra `plot`).
"""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from autograd import Value, draw, steps
from autograd.stepper.frames import nodes_of
from autograd.stepper.geometry import geometry
from autograd.stepper.names import names_of
from autograd.stepper.picture import asset, picture
from autograd.stepper.scene import Scene

HERE = Path(__file__).parent
README = HERE.parents[1] / "README.md"
BLOCK = re.compile(r"```python\n(.*?)```(?:\n+```text\n(.*?)```)?", re.DOTALL)
"""A block of Python, and the block of what it prints where that stands below."""

SECONDS = 2
"""For one step of the animation."""


def blocks() -> list[tuple[str, str]]:
    """The README's blocks of Python, each with the text below it ("" where there is none)."""
    return BLOCK.findall(README.read_text(encoding="utf-8"))


def run() -> tuple[list[str], dict[str, Any]]:
    """Run the README's blocks, one after the other: what each prints, and the variables in the end."""
    variables: dict[str, Any] = {}
    printed: list[str] = []
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):  # some blocks save files
        for code, _ in blocks():
            with contextlib.redirect_stdout(io.StringIO()) as output:
                exec(compile(code, "README.md", "exec"), variables)
            printed.append(output.getvalue())
    return printed, variables


def graph(variables: dict[str, Any], path: Path) -> None:
    """The first expression, with its numbers."""
    draw(variables["y"]).save(path)


def network(variables: dict[str, Any], path: Path) -> None:
    """A network of 100,000 parameters, folded by layer."""
    variables["drawing"].save(path)


def stepping(variables: dict[str, Any], path: Path) -> None:
    """The steps of the first expression, one after the other; the last one alone where nothing should move."""
    y: Value = variables["y"]
    nodes = nodes_of(y)
    scene, frames = Scene(nodes, names_of(nodes, None)), list(steps(y))
    places = geometry(scene, tall=False)
    width, height = round(places.size[0]), round(places.size[1]) + 40
    shown = []
    for i, frame in enumerate(frames):
        words = f'<text class="name" x="{width / 2}" y="{height - 18}">{escape(frame.sentence)}</text>'
        still = picture(scene, places, frame, f"step{i}")
        shown.append(f'<g class="step graph" style="animation-delay: {SECONDS * i}s">{still}{words}</g>')
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f"<style>{asset('graph.css')}"
        ".paper { fill: var(--paper); } .step > text { text-anchor: middle; }"
        ".step { visibility: hidden; } .step:last-child { visibility: visible; }"
        "@media (prefers-reduced-motion: no-preference) {"
        f".step, .step:last-child {{ visibility: hidden; animation: show {SECONDS * len(frames)}s step-end infinite; }}"
        f"@keyframes show {{ 0% {{ visibility: visible; }} {100 / len(frames):.4f}% {{ visibility: hidden; }} }}"
        "}</style>"
        f'<rect class="paper" width="{width}" height="{height}" rx="6"/>{"".join(shown)}</svg>\n',
        encoding="utf-8",
    )


def moons(variables: dict[str, Any], path: Path) -> None:
    """What the trained network answers in the plane, and how its loss fell."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    from nn import plot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(8.4, 3.3), layout="constrained", width_ratios=(5, 4))
    points = variables["points"]
    plot.decision_boundary(variables["model"], points.X, points.y, ax=left)
    plot.loss_curves(variables["history"], ax=right)
    figure.savefig(path, dpi=100, metadata={"Software": None})
    pyplot.close(figure)


PICTURES: dict[str, Callable[[dict[str, Any], Path], None]] = {
    "graph.svg": graph,
    "steps.svg": stepping,
    "network.svg": network,
    "moons.png": moons,
}
"""Each picture by its file's name."""


if __name__ == "__main__":
    _, variables = run()
    for name, make in PICTURES.items():
        make(variables, HERE / name)
        print(name)
