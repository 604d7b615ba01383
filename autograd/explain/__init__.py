"""A gradient in words and numbers: where it comes from, term by term.

    >>> from autograd import Value
    >>> from autograd.explain import why
    >>> w, x = Value(-3.0, label="w"), Value(2.0, label="x")
    >>> e, r = w * x, w ** 2
    >>> e.label, r.label = "e", "r"
    >>> why(w, e + r)
    ∂L/∂w = -4.0   w = -3.0, used 2 times
      = ∂L/∂r · ∂r/∂w = 1.0 · -6.0 = -6.0   r = w² = 9.0       ∂r/∂w = 2 · w
      + ∂L/∂e · ∂e/∂w = 1.0 ·  2.0 =  2.0   e = w · x = -6.0   ∂e/∂w = x

The rooms, each importing those above it: `terms` has the numbers, `names` the words, `sections` decides what is
shown, `text`, `page` and `latex` write it, `explanation` has `why`.
"""

from __future__ import annotations

from .explanation import Explanation, why
from .terms import Term

__all__ = ["Explanation", "Term", "why"]
