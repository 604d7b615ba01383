"""Lines, bars and squares: loss_curves, gradient_sizes, confusion_matrix."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import MaxNLocator, NullFormatter
from numpy.typing import ArrayLike, NDArray

from ..module import Module
from .style import BLACK, BLUE, RED, axes_or_new, new_figure, short

MANY = 100
"""Numbers that differ by this factor stand on a logarithmic axis."""

SMALLEST_FONT = 4.0
"""Points: what is still read in print."""

SHARES = LinearSegmentedColormap.from_list("shares", ["#FFFFFF", "#56B4E9", "#08306B"])
"""From 0 to 1; darker is always more, so it can be read in grey."""


def loss_curves(history: Any, ax: Axes | None = None) -> Axes:
    """The loss of each epoch, in training and on the validation data.

    In a figure of its own there follow, one below the other, each metric of the history and the learning rate if it
    changed: they are the further `ax.figure.axes`. The legend gives the last number of each line. Numbers that differ
    a hundredfold stand on a logarithmic axis, where a line that falls to 0 leaves at the bottom. A nan or inf breaks
    the line and is marked by a cross on the lower edge.

    Args:
        history: what `fit` gives, or the losses alone, a sequence of numbers.
        ax: where to draw; the losses alone are drawn there.

    Raises:
        TypeError: history is neither.
        ValueError: there is no epoch in it.

        >>> ax = loss_curves([0.7, 0.4, 0.3])
        >>> [line.get_label() for line in ax.lines]
        ['training, last 0.3']
    """
    losses = _numbers(getattr(history, "losses", history))
    panels = {"loss": {"training": losses, "validation": _numbers(getattr(history, "val_losses", ()))}}
    if not len(losses):
        raise ValueError("loss_curves: expected the losses of at least one epoch, got none; train first")
    for name, values in getattr(history, "metrics", {}).items():
        panel = panels.setdefault(name.removeprefix("val_"), {})
        panel["validation" if name.startswith("val_") else "training"] = _numbers(values)
    rates = _numbers(getattr(history, "lrs", ()))
    if len(set(rates.tolist())) > 1:
        panels["learning rate"] = {"": rates}
    if ax is not None:
        _draw_lines(ax, panels["loss"])
        ax.set(title="Loss", xlabel="epoch", ylabel="loss")
        return ax
    figure = new_figure(6.4, 2.4 + 1.6 * len(panels))
    ratios = [2.0] + [1.0] * (len(panels) - 1)
    every: Any = figure.subplots(len(panels), 1, sharex=True, squeeze=False, height_ratios=ratios)
    for panel_ax, (name, lines) in zip(every[:, 0], panels.items(), strict=True):
        _draw_lines(panel_ax, lines)
        panel_ax.set_ylabel(name)
    every[0, 0].set_title("Training, epoch by epoch" if len(panels) > 1 else "Loss")
    every[-1, 0].set_xlabel("epoch")
    return every[0, 0]


def _numbers(values: Any) -> NDArray[np.float64]:
    try:
        numbers = np.asarray(values, float)
    except (TypeError, ValueError):
        numbers = None
    if numbers is None or numbers.ndim != 1:
        kind = type(values).__name__
        raise TypeError(f"loss_curves: expected the History that fit gives, or a sequence of numbers, got {kind}")
    return numbers


def _draw_lines(ax: Axes, lines: dict[str, NDArray[np.float64]]) -> None:
    """The lines of one panel, over the epochs 1, 2, ..."""
    axes: Any = ax
    style = {"training": (BLUE, "-", "o"), "validation": (RED, "--", "s"), "": (BLACK, "-", "")}
    for name, values in lines.items():
        if not len(values):
            continue
        colour, dashes, marker = style[name]
        epochs, finite = np.arange(1, len(values) + 1), np.isfinite(values)
        last = f"last {short(values[-1])}"
        axes.plot(
            epochs,
            np.where(finite, values, np.nan),
            label=f"{name}, {last}" if name else last,
            color=colour,
            linestyle=dashes,
            marker=marker,
            markersize=5,
            markevery=max(1, len(values) // 10),
        )
        if not finite.all():
            count = int((~finite).sum())
            axes.plot(
                epochs[~finite],
                np.zeros(count),
                label=f"{name or 'rate'}: nan or inf in {count} epoch{'s' * (count > 1)}",
                color=colour,
                linestyle="none",
                marker="x",
                markersize=8,
                markevery=max(1, count // 20),
                clip_on=False,
                transform=ax.get_xaxis_transform(),
            )
    every = np.concatenate(list(lines.values()))
    positive = every[np.isfinite(every) & (every > 0)]
    if not np.any(every < 0) and len(positive) and positive.max() >= MANY * positive.min():
        axes.set_yscale("log", nonpositive="clip")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.grid(True, color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(fontsize="small")


def gradient_sizes(model: Module, ax: Axes | None = None) -> Axes:
    """The mean |∂L/∂w| of each layer as a bar with its number, from the input (top) to the output.

    w are all parameters of the layer, biases too. The axis is logarithmic: with gradients that vanish, each layer is
    smaller than the next by a factor. A layer whose gradients are all 0 has no bar, its number says 0.

    Args:
        model: any module, after `backward()`.
        ax: where to draw.

    Raises:
        ValueError: the model has no parameters, or all gradients are 0, as before `backward()`.

        >>> from nn import MLP
        >>> model = MLP(2, [3, 1])
        >>> model([1.0, 2.0]).backward()
        >>> ax = gradient_sizes(model)
        >>> [label.get_text() for label in ax.get_yticklabels()]
        ['layers.0', 'layers.1']
    """
    groups: dict[str, list[float]] = {}
    for path, parameter in model.named_parameters():
        groups.setdefault(_layer_of(path) or type(model).__name__, []).append(abs(parameter.grad))
    if not groups:
        raise ValueError(f"gradient_sizes: expected a model with parameters, got {model!r}, which has none")
    sizes = np.array([np.mean(gradients) for gradients in groups.values()])
    if not sizes.any():
        raise ValueError("gradient_sizes: the gradients are all 0; call backward() on the loss first")
    axes: Any = axes_or_new(ax, 6.4, max(2.0, 1.2 + 0.3 * len(sizes)))
    drawn = (sizes > 1e-200) & (sizes < 1e200)  # and neither 0 nor nan, nor where the ends of the axis overflow
    low, high = (sizes[drawn].min(), sizes[drawn].max()) if drawn.any() else (1.0, 1.0)
    left = 10.0 ** (math.floor(math.log10(low)) - 1)  # so that the smallest bar has a length
    axes.barh(range(len(sizes)), np.where(drawn, sizes, left) - left, left=left, color=BLUE, edgecolor=BLACK)
    for row, size in enumerate(sizes):
        end = size if drawn[row] else left
        axes.annotate(short(size), (end, row), (4, 0), textcoords="offset points", va="center", fontsize="small")
    axes.set_xscale("log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlim(left, high * (high / left) ** 0.2)  # room for the number of the longest bar
    axes.set_yticks(range(len(sizes)), groups)
    axes.invert_yaxis()
    axes.set(title="Gradient size, layer by layer", xlabel="mean |∂L/∂w|")
    return axes


def _layer_of(path: str) -> str:
    """The dotted path of the layer that a parameter belongs to; of a Layer's neurons, the Layer's.

    >>> _layer_of("layers.0.neurons.3.w.1"), _layer_of("encoder.slope"), _layer_of("w.1")
    ('layers.0', 'encoder', '')
    """
    module = re.sub(r"\.?[^.]+(\.\d+)*$", "", path)
    return re.sub(r"\.?neurons\.\d+$", "", module)


def confusion_matrix(matrix: ArrayLike, classes: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
    """The counts of `nn.confusion_matrix` in squares, the darker the larger their share of the row.

    Each row is a class, each column what it was taken for; right answers stand on the diagonal. With so many classes
    that the numbers could not be read, they are left out.

    Args:
        matrix: (C, C) counts.
        classes: C names; "0", "1", ... if not given.
        ax: where to draw.

    Raises:
        ValueError: matrix is not square, or holds something else than counts; not C names.

        >>> ax = confusion_matrix([[5, 1], [0, 4]], classes=["cat", "dog"])
        >>> [text.get_text() for text in ax.texts]
        ['5', '1', '0', '4']
    """
    counts = np.asarray(matrix)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not counts.size:
        raise ValueError(f"confusion_matrix: expected counts (C, C), got an array {counts.shape}")
    if counts.dtype.kind not in "iuf" or not np.all((counts >= 0) & (counts == np.floor(counts))):
        raise ValueError("confusion_matrix: expected counts, whole numbers from 0 up, as nn.confusion_matrix gives")
    number = len(counts)
    names = [str(c) for c in range(number)] if classes is None else [str(c) for c in classes]
    if len(names) != number:
        raise ValueError(f"confusion_matrix: expected {number} names of classes, one for each row, got {len(names)}")
    totals = counts.sum(axis=1, keepdims=True)
    shares = counts / np.maximum(totals, 1)
    longest = max(map(len, names))
    digits = len(f"{counts.max():.0f}")
    side = min(9.0, max(2.4, number * max(0.5, 0.1 * digits + 0.15)))  # inches
    axes: Any = axes_or_new(ax, side + 1.7 + 0.08 * longest, side + 0.9 + 0.06 * longest)
    image = axes.imshow(shares, cmap=SHARES, vmin=0, vmax=1)
    if ax is not None:
        box = axes.get_window_extent()
        side = 0.8 * min(box.width, box.height) / axes.figure.dpi  # the colour bar takes a part
    cell = side / number
    font = min(10.0, 75 * cell / max(digits, 2))
    if font >= SMALLEST_FONT:
        for (row, column), count in np.ndenumerate(counts):
            ink = "white" if shares[row, column] > 0.5 else BLACK
            axes.text(column, row, f"{count:.0f}", ha="center", va="center", color=ink, fontsize=font)
    slanted = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if longest > 4 else {}
    axes.set_xticks(range(number), names, **slanted)
    axes.set_yticks(range(number), names)
    axes.set_xticks(np.arange(number + 1) - 0.5, minor=True)
    axes.set_yticks(np.arange(number + 1) - 0.5, minor=True)
    axes.grid(True, which="minor", color="#BBBBBB", linewidth=0.6)
    axes.tick_params(which="minor", length=0)
    axes.tick_params(which="major", labelsize=min(10.0, 58 * cell))
    right, total = int(np.trace(counts)), int(counts.sum())
    axes.set(title=f"Confusion matrix: {right} of {total} right", xlabel="taken for", ylabel="class")
    axes.figure.colorbar(image, ax=axes, label="share of the class")
    return axes
