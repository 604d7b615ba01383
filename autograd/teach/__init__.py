"""For those who write their own engine, and those who teach it.

The zoo runs famous wrong engines beside the right one, on your expression:

    >>> from autograd import teach
    >>> teach.zoo.bugs["tanh of the input"].run(lambda a: a.tanh(), 2.0).difference.got
    -3.0

and `check` finds the smallest expression on which a class of Values goes wrong:

    >>> bool(teach.check(teach.Right))
    True

`answer` checks the answer to an exercise:

    >>> teach.answer(2.0 * 3.0, 6.0)
    Right: 6.0
"""

from __future__ import annotations

from . import zoo
from .checker import CheckResult, check
from .exercise import answer
from .right import Right

__all__ = ["CheckResult", "Right", "answer", "check", "zoo"]
