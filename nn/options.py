"""The options of optimisers: which numbers they may be.

>>> checked("SGD(parameters, lr)", {"lr": 1, "nesterov": True})
{'lr': 1.0, 'nesterov': True}
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

Limit = tuple[str, Callable[[float], bool]]
NOT_NEGATIVE: Limit = ("0 or more and finite", lambda x: 0 <= x < math.inf)
FRACTION: Limit = ("at least 0 and less than 1", lambda x: 0 <= x < 1)

LIMITS: dict[str, Limit] = {
    "lr": NOT_NEGATIVE,
    "initial_lr": NOT_NEGATIVE,
    "momentum": NOT_NEGATIVE,
    "dampening": ("finite", math.isfinite),
    "weight_decay": NOT_NEGATIVE,
    "lr_decay": NOT_NEGATIVE,
    "initial_accumulator_value": NOT_NEGATIVE,
    "alpha": FRACTION,
    "betas": FRACTION,
    "eps": ("more than 0 and finite", lambda x: 0 < x < math.inf),
}


def checked(optimizer: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options with numbers made floats.

    Args:
        optimizer: what messages call it.
        options: by name; those that are not in LIMITS may be anything.

    Raises:
        TypeError: an option is not a number.
        ValueError: it is out of its range.
    """
    found = dict(options)
    for key, value in options.items():
        if key == "betas":
            if not isinstance(value, (tuple, list)) or len(cast(Any, value)) != 2:
                raise TypeError(f"{optimizer}: betas must be two numbers, got {value!r}")
            pair = cast(tuple[Any, Any], value)
            found[key] = tuple(_number(optimizer, key, f"betas[{i}]", beta) for i, beta in enumerate(pair))
        elif key in LIMITS:
            found[key] = _number(optimizer, key, key, value)
    return found


def _number(optimizer: str, key: str, name: str, value: Any) -> float:
    words, fits = LIMITS[key]
    if not hasattr(value, "__float__"):
        raise TypeError(f"{optimizer}: {name} must be a number, got {type(value).__name__}: {value!r}")
    number = float(value)
    if not fits(number):
        raise ValueError(f"{optimizer}: {name} must be {words}, got {value!r}")
    return number
