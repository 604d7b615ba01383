"""Colours of a picture: how large a gradient is, from white to a deep orange.

The scale is ordered by lightness, so it reads the same in grey print and for colour-blind people, and its darkest
colour leaves black text a contrast of 7.9, above the 4.5 that WCAG 2.1 asks for (level AA).
"""

from __future__ import annotations

import math

SCALE = ((255, 255, 255), (255, 237, 196), (253, 208, 138), (245, 170, 80), (232, 138, 48))
STEP = math.sqrt(10)
"""From one colour to the next a gradient grows by this factor."""
LEAST = 0.25  # of a step; so the least gradient is still told from 0


def largest(gradients: list[float]) -> float:
    """The largest |gradient| that is finite and above 0; 0.0 if there is none."""
    return max((abs(g) for g in gradients if math.isfinite(g)), default=0.0)


def shade(gradient: float | None, top: float) -> str:
    """The colour of a gradient in a picture whose largest is `top`; white for 0 and for none, the last for inf and nan.

    >>> shade(0.0, 2.0), shade(-2.0, 2.0), shade(0.2, 2.0)
    ('#FFFFFF', '#E88A30', '#FDD08A')
    """
    if not gradient:
        return _hex(SCALE[0])
    if not math.isfinite(gradient):
        return _hex(SCALE[-1])
    steps = len(SCALE) - 1
    place = max(LEAST, steps + math.log(abs(gradient) / top, STEP))
    i = min(int(place), steps - 1)
    part = min(place, steps) - i
    low, high = SCALE[i], SCALE[i + 1]
    return _hex(tuple(round(a + (b - a) * part) for a, b in zip(low, high, strict=True)))


def _hex(colour: tuple[int, ...]) -> str:
    return "#" + "".join(f"{part:02X}" for part in colour)
