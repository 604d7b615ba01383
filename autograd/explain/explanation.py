"""why(x, loss): where a gradient comes from."""

from __future__ import annotations

from ..engines import Value
from ..graph import oldest_first
from ..presenting import GivenNames, named_values
from .latex import latex, path_count
from .names import Names
from .page import page
from .terms import Sweep, Term
from .text import text


def why(x: Value, loss: Value, *, depth: int = 1, names: GivenNames = None) -> Explanation:
    """Explain ∂loss/∂x: the sum, over the uses of x, of upstream gradient times local derivative.

        ∂loss/∂x = Σ ∂loss/∂consumer · ∂consumer/∂x

    The numbers are those of `loss.backward()` on gradients of zero, to the last bit; no `grad` is read or written.
    Of a sum of many terms the largest are shown, and what the others add up to.

    Args:
        x: the Value to explain, a leaf or computed.
        loss: the Value that was made from it.
        depth: how far to go towards the loss: at 2 the upstream gradients of the first step are explained too.
        names: names for Values without a label: a dict from names to Values, or a Module.

    Returns:
        An Explanation: it prints as text, shows itself in a notebook, and has the formula in `latex`.

    Raises:
        TypeError: x or loss is not a Value, depth is not an int, or names is not what it should be.
        ValueError: depth is less than 1.
        RuntimeError: a Value was written after the loss had used it.

        >>> from autograd import Value
        >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
        >>> e = a * b
        >>> e.label = "e"
        >>> explanation = why(a, e ** 2, depth=2)
        >>> explanation
        ∂L/∂a = 36.0   a = 2.0, used once
          = ∂L/∂e · ∂e/∂a = -12.0 · -3.0 = 36.0   e = a · b = -6.0   ∂e/∂a = b
        <BLANKLINE>
        ∂L/∂e = -12.0   e = -6.0, used once
          = ∂L/∂L · ∂L/∂e = 1.0 · -12.0 = -12.0   L = e² = 36.0   ∂L/∂e = 2 · e
        >>> explanation.gradient, explanation.terms[0].local
        (36.0, -3.0)
    """
    for what, value in (("x", x), ("loss", loss)):
        if not isinstance(value, Value):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"why(x, loss): {what} must be a Value, got {type(value).__name__}: {value!r}")
    if not isinstance(depth, int):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"why(x, loss, depth=): depth must be an int, got {type(depth).__name__}: {depth!r}")
    if depth < 1:
        raise ValueError(f"why(x, loss, depth=): depth must be at least 1, got {depth}")
    given = {value: name for name, value in named_values(names, "why(x, loss, names=)")}
    return Explanation(x, loss, depth, given)


class Explanation:
    """A gradient and the terms that it is the sum of; `autograd.why` makes it.

    Attributes:
        x, loss: the Values that were asked about.
        gradient: ∂loss/∂x.
        terms: one for each use of x, in the order in which `backward` adds them up:
            0.0 + terms[0].share + terms[1].share + ... is the gradient, exactly.
    """

    def __init__(self, x: Value, loss: Value, depth: int, given: dict[Value, str]) -> None:
        self._sweep = Sweep(x, loss, depth)
        self._names = Names(x, loss, [x, loss, *self._sweep.gradients], given)
        self.x = x
        self.loss = loss
        self.gradient: float = self._sweep.gradients.get(x, 0.0)
        self.terms: list[Term] = self._sweep.terms.get(x, [])

    @property
    def paths(self) -> int:
        """How many paths lead from x to the loss."""
        return path_count(self.x, self._sweep)

    @property
    def latex(self) -> str:
        """The chain rule over whole paths, in LaTeX: the sum over paths of products of local derivatives."""
        return latex(self.x, self.loss, self.gradient, self._sweep, self._names)

    def __repr__(self) -> str:
        return text(self.x, self.loss, self.gradient, self.terms, self._names, self._reason())

    def _repr_html_(self) -> str:
        return page(self.x, self.loss, self.gradient, self.terms, self._names, self._reason())

    def _reason(self) -> str:
        """Why there is no term, if there is none."""
        if self.terms:
            return ""
        x, loss = self._names.plain(self.x), self._names.plain(self.loss)
        if self.x is self.loss:
            return f"{x} is what is differentiated, and ∂{x}/∂{x} = 1: the chain rule starts here."
        if self.x in set(oldest_first(self.loss)):
            return f"{loss} depends on {x} only through `where`: nothing flows to a condition or a branch not taken."
        if self.loss in set(oldest_first(self.x)):
            return f"{loss} was not made from {x}, but {x} from {loss}: are the two arguments in the right order?"
        return f"{loss} does not depend on {x}: {x} is not in the graph that {loss} was made from."
