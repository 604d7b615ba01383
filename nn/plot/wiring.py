"""network: the neurons of a network as circles, its weights as lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from ..module import Module
from ..neuron import MLP, Layer, Neuron
from ..prediction import predict
from ..sequential import Sequential
from .style import BLACK, BLUE, RED, new_figure, short

WIDEST = 4.0
"""Points: the width of the line of the largest weight, where the circles have their full size."""

RADIUS, GAP, LETTER = 0.2, 2.0, 0.075
"""Inches: a circle's largest radius; from layer to layer; the width of a letter."""

SLOT, LEAST_SLOT = 0.2, 0.15
"""Inches from number to number on the lines: in a figure of our own, and at the least."""

TITLE, HEADS, LEGEND, LEGEND_ROW = 0.35, 0.5, 0.4, 0.18
"""Inches: what these take of the height, and each further row of the legend."""

ONE_ROW = 4.6
"""Inches: the width in which the legend has one row."""

WHITE = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}


@dataclass
class _Stage:
    """One layer of the picture: neurons that read the same inputs."""

    place: str
    module: Neuron | Layer
    neurons: list[Neuron]
    weights: NDArray[np.float64]
    """(neurons, inputs)"""


def network(
    model: Module,
    ax: Axes | None = None,
    *,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    x: Iterable[float] | None = None,
) -> Axes:
    """The network from left to right: a circle for each neuron, a line for each weight, as wide as |w| is large.

    A positive weight is a solid line, blue; a negative one is dashed, red. In a small network the weight stands on its
    line and the bias below its neuron. Above each layer stands its place in the model and its activation.

    Args:
        model: a Neuron, a Layer, an MLP or a Sequential of them.
        ax: where to draw; the numbers are left out where they would not fit.
        inputs, outputs: names; "x[0]", ... and "y[0]", ... if not given.
        x: a sample; each circle then holds the number that flows out of it, if it is large enough.

    Raises:
        ValueError: another kind of model, weights that do not exist before the first call or are nan or inf; not as
            many names or numbers as inputs or outputs.

        >>> ax = network(MLP(3, [4, 2]), inputs=["r", "g", "b"])
        >>> ax.get_title()
        'MLP 3-4-2, 26 parameters'
    """
    stages = list(_stages("", model))
    if not stages:
        raise ValueError(f"network: expected a model with layers, got a {type(model).__name__} with nothing in it")
    sizes = [stages[0].weights.shape[1], *(len(stage.neurons) for stage in stages)]
    for before, stage in pairwise(stages):
        reads, gives = stage.weights.shape[1], len(before.neurons)
        if reads != gives:
            raise ValueError(f"network: {stage.place} reads {reads} numbers, but {gives} come from {before.place}")
    first = _names("inputs", inputs, "x", sizes[0])
    last = _names("outputs", outputs, "y", sizes[-1])
    flows = None if x is None else _flows(stages, x)

    heads = ["inputs", *(f"{stage.place}\n{_activation(stage)}".strip() for stage in stages)]
    left, right = (0.5 + LETTER * max(map(len, names)) for names in (first, last))
    slots = max(b * (a + 1) for a, b in pairwise(sizes))
    if ax is None:
        width = max(ONE_ROW, left + GAP * len(stages) + right)
        tall = max(1.5, 0.55 * max(sizes), SLOT * slots) if slots <= 40 else 0.34 * max(sizes)
        height = TITLE + HEADS + LEGEND + min(7.5, tall)
        figure: Any = new_figure(width, height)
        figure.set_layout_engine("none")  # the sizes are known
        ax = figure.add_axes((0.0, 0.0, 1.0, 1 - TITLE / height))
    axes: Any = ax
    box = axes.get_window_extent()
    width, height = box.width / axes.figure.dpi, box.height / axes.figure.dpi
    axes.set(xlim=(0, width), ylim=(0, height))  # inches
    axes.set_axis_off()

    columns = left + max(0.3, width - left - right) * np.arange(len(sizes)) / len(stages)
    one_row = width >= ONE_ROW - 0.1
    bottom = LEGEND if one_row else LEGEND + 2 * LEGEND_ROW
    tall = height - HEADS - bottom
    rows = [bottom + tall * (size - 0.5 - np.arange(size)) / size for size in sizes]
    radius = min(RADIUS, 0.38 * tall / max(sizes))
    _draw_weights(axes, stages, columns, rows, radius, 3 if one_row else 1)
    letters = max(len(line) for head in heads for line in head.split("\n"))
    head_font = min(8.5, 8.5 * (columns[1] - columns[0]) / (LETTER * (letters + 2)))
    for k, (column, ys) in enumerate(zip(columns, rows, strict=True)):
        face = "#FFFFFF" if k else "#DDDDDD"
        axes.scatter(np.full(len(ys), column), ys, s=(144 * radius) ** 2, color=face, edgecolors=BLACK, zorder=3)
        axes.text(column, height - 0.05, heads[k], ha="center", va="top", fontsize=head_font)
        if flows is not None and radius > 0.7 * RADIUS:
            for y, flow in zip(ys, flows[k], strict=True):
                text = short(flow)
                font = 190 * radius / max(5, len(text))
                axes.text(column, y, text, ha="center", va="center", fontsize=font, zorder=4)
    for k, names, side, align in ((0, first, -1, "right"), (-1, last, 1, "left")):
        font = min(9.0, 62 * tall / len(names))
        for y, name in zip(rows[k], names, strict=True):
            axes.text(columns[k] + side * (radius + 0.08), y, name, ha=align, va="center", fontsize=font)
    kind = f"{type(model).__name__} {'-'.join(map(str, sizes))}"
    axes.set_title(f"{kind}, {len(model.parameters())} parameters")
    return axes


def _stages(place: str, module: Module) -> Iterable[_Stage]:
    """The layers inside a model, in the order in which a sample goes through them."""
    if isinstance(module, (MLP, Sequential)):
        for i, layer in enumerate(module.layers):
            yield from _stages(f"{place}.layers.{i}".lstrip("."), layer)
        return
    if not isinstance(module, (Neuron, Layer)):
        kind = type(module).__name__ + (f" at {place}" if place else "")
        raise ValueError(f"network: expected a Neuron, a Layer, an MLP or a Sequential of them, got a {kind}")
    name = place or type(module).__name__
    neurons = [module] if isinstance(module, Neuron) else list(module.neurons)
    if any(neuron.nin is None for neuron in neurons):
        raise ValueError(f"network: {name} has no weights before its first call; call the model with a sample")
    weights = np.array([[w.data for w in neuron.w] for neuron in neurons])
    if not np.isfinite(weights).all():
        raise ValueError(f"network: expected finite weights, got nan or inf in {name}; did its training fail?")
    yield _Stage(name, module, neurons, weights)


def _activation(stage: _Stage) -> str:
    activation = stage.module.activation
    return activation if isinstance(activation, str) else getattr(activation, "__name__", "")


def _names(what: str, names: Sequence[str] | None, letter: str, number: int) -> list[str]:
    if names is None:
        return [f"{letter}[{i}]" for i in range(number)] if number > 1 else [letter]
    if len(names) != number:
        raise ValueError(f"network: expected {number} name{'s' * (number > 1)} of {what}, got {len(names)}")
    return [str(name) for name in names]


def _flows(stages: list[_Stage], x: Iterable[float]) -> list[list[float]]:
    """The numbers that flow out of the inputs and out of each layer."""
    flows = [[float(number) for number in x]]
    if len(flows[0]) != stages[0].weights.shape[1]:
        raise ValueError(f"network: expected x of {stages[0].weights.shape[1]} numbers, got {len(flows[0])}")
    for stage in stages:
        flows.append(np.ravel(predict(stage.module, [flows[-1]])).tolist())
    return flows


def _draw_weights(
    axes: Any, stages: list[_Stage], columns: NDArray[Any], rows: list[NDArray[Any]], radius: float, legend_columns: int
) -> None:
    """The lines and, where they fit, their numbers and the biases."""
    segments: list[Any] = []
    for k in range(len(stages)):
        for end in rows[k + 1]:
            segments += [((columns[k], start), (columns[k + 1], end)) for start in rows[k]]
    weights = np.concatenate([stage.weights.ravel() for stage in stages])
    order = np.argsort(np.abs(weights), kind="stable")  # the widest are drawn last, on top
    segments, weights = [segments[i] for i in order], weights[order]
    largest, widest = abs(weights[-1]), WIDEST * radius / RADIUS
    widths = widest * np.abs(weights) / (largest or 1.0)
    # Dashes are measured in line widths: dividing by the width gives all lines the same.
    dashes: Any = [(0, (6 / width, 3 / width)) if w < 0 else "solid" for w, width in zip(weights, widths, strict=True)]
    colours = [RED if w < 0 else BLUE for w in weights]
    axes.add_collection(LineCollection(segments, colors=colours, linewidths=widths, linestyles=dashes, zorder=1))
    handles: Any = [
        Line2D([], [], color=BLUE, linewidth=2, label="positive weight"),
        Line2D([], [], color=RED, linewidth=2, linestyle=(0, (2.5, 1.25)), label="negative weight"),
        Line2D([], [], color=BLACK, linewidth=widest, label=f"as wide: |w| = {short(largest)}"),
    ]
    axes.legend(handles=handles, loc="lower center", ncols=legend_columns, frameon=False, fontsize=8, borderaxespad=0.2)

    gap = columns[1] - columns[0]
    clear = (radius + 0.28) / gap  # half a number away from the circle
    shares = [
        max(
            (np.clip(near, clear, 1 - clear) for near in (1 / (a + 1), b / (b + 1))),
            key=lambda share: _least_gap(rows[k], rows[k + 1], share),
        )
        for k, (a, b) in enumerate((len(rows[k]), len(rows[k + 1])) for k in range(len(stages)))
    ]
    if clear > 0.5 or any(_least_gap(rows[k], rows[k + 1], shares[k]) < LEAST_SLOT for k in range(len(stages))):
        return
    number = {"ha": "center", "va": "center", "fontsize": 7.5, "bbox": WHITE, "zorder": 2}
    for k, stage in enumerate(stages):
        across = columns[k] + shares[k] * gap
        for (j, i), weight in np.ndenumerate(stage.weights):
            axes.text(across, rows[k][i] + shares[k] * (rows[k + 1][j] - rows[k][i]), short(weight), **number)
        for j, neuron in enumerate(stage.neurons):
            below = rows[k + 1][j] - radius - 0.09
            axes.text(columns[k + 1], below, f"b {short(neuron.b.data)}", **number | {"fontsize": 7})


def _least_gap(starts: NDArray[Any], ends: NDArray[Any], share: float) -> float:
    """How close the lines from all starts to all ends come, at this share of the way."""
    heights = np.sort((starts[:, None] * (1 - share) + ends * share).ravel())
    return float(np.diff(heights).min()) if len(heights) > 1 else np.inf
