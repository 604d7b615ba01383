"""The weights that neurons start from: by default as in micrograd, else by an initialiser of init.py.

>>> [row] = drawn("kaiming_uniform", 0, nout=1, nin=3)         # seeded with 0
>>> len(row)
3
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Value

from . import init as inits

Init = str | Callable[[tuple[int, int], np.random.Generator], Any]
"""A name in INITIALISERS, or a function of a shape (outputs, inputs) and a Generator that gives an array."""

INITIALISERS = {
    f.__name__: f
    for f in (
        inits.uniform,
        inits.normal,
        inits.xavier_uniform,
        inits.xavier_normal,
        inits.kaiming_uniform,
        inits.kaiming_normal,
    )
}
"""The initialisers that can be named."""


def check_initialiser(init: Any) -> None:
    """Raise a ValueError if init is neither a function, nor the name of one, nor None."""
    if init is not None and not callable(init) and init not in INITIALISERS:
        hint = "; write init=lambda shape, rng: nn.init.constant(shape, 0.5)" if init == "constant" else ""
        names = ", ".join(INITIALISERS)
        raise ValueError(f"init must be a function of (shape, rng) or one of {names}, got {init!r}{hint}")


def drawn(init: Init | None, rng: Any, nout: int, nin: int) -> list[list[Value]]:
    """For each of `nout` neurons its `nin` weights.

    Args:
        init: what draws them; None: uniform in (-1, 1).
        rng: a numpy Generator, or a seed. None: the `random` module draws them, one neuron after the other, as in
            micrograd; or, if an initialiser is given, it seeds a Generator.
        nout: the number of rows.
        nin: the number of weights in a row.

    Raises:
        ValueError: the initialiser gave an array of another shape.

        >>> import random
        >>> random.seed(1)
        >>> first = random.uniform(-1, 1)
        >>> random.seed(1)
        >>> drawn(None, None, nout=2, nin=2)[0][0].data == first
        True
    """
    if init is None and rng is None:
        return [[Value(random.uniform(-1, 1)) for _ in range(nin)] for _ in range(nout)]
    generator = np.random.default_rng(random.getrandbits(64) if rng is None else rng)
    if init is None:
        numbers = inits.uniform((nout, nin), generator, -1.0, 1.0)
    else:
        draw = INITIALISERS[init] if isinstance(init, str) else init
        numbers = np.asarray(draw((nout, nin), generator), float)
    if numbers.shape != (nout, nin):
        raise ValueError(f"init(shape, rng): expected an array of shape {(nout, nin)}, got {numbers.shape}")
    return [[Value(number) for number in row] for row in numbers.tolist()]
