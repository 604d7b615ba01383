"""What all plots share: colours, line styles and markers that tell things apart, and a figure to draw into.

The colours are Okabe and Ito's ("Color Universal Design", 2008), which colour-blind people can tell apart. No plot
says anything by colour alone: a line also has its dashes, a point its shape, a bar its number.
"""

from __future__ import annotations

from typing import Any

from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, PURPLE, SKY, RED, YELLOW, GREY, BLACK = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999", "#000000",
)  # fmt: skip
CLASS_COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, RED, YELLOW, GREY)
CLASS_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
"""Eight and nine, so that 72 classes differ in one or the other."""


def new_figure(width: float, height: float) -> Figure:
    """A figure of this size in inches whose parts keep clear of each other.

    It is pyplot's, so that a notebook shows it and pyplot.show() opens it.
    """
    plt: Any = pyplot
    return plt.figure(figsize=(width, height), layout="constrained")


def axes_or_new(ax: Axes | None, width: float, height: float) -> Axes:
    """The axes given, or those of a new figure of this size in inches."""
    return new_figure(width, height).add_subplot() if ax is None else ax


def short(number: float) -> str:
    """A number in three digits, with a minus sign that can be seen: −0.0123.

    >>> short(-1.2345), short(0.0), short(1.2e-9)
    ('−1.23', '0', '1.2e−09')
    """
    return f"{number:.3g}".replace("-", "−")
