"""compile(f): a function of Values that is traced once and then runs at the speed of C."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from .. import modes
from ..bulk import program_node, read_data
from ..engines import Value
from .executor import run
from .graph import CODES, INPUT, Graph
from .passes import lower
from .program import Program
from .trace import Signature, Trace, one_sample, samples, trace
from .watch import Watch

Floats = NDArray[np.float64]


def compile(f: Callable[..., Any]) -> Compiled:
    """Make a function of Values fast, for one sample or for many at once.

    The function is run once on marked Values (a *trace*), and the graph that it leaves behind becomes a Program.
    Write it for one sample, in plain scalar code; numbers come in as arguments, parameters are Values that it finds in
    its variables, and stay live: they are read at each call.

    Args:
        f: a function of numbers, or of lists or arrays of numbers, that returns a Value or Values in lists. It must
            do the same for every input: write `where`, `maximum` and `take` for what depends on a number.

    Returns:
        A function of the same arguments; see Compiled.

    Raises:
        TraceError: at the first call, if the function reads a number out of a Value or does something else each time.

        >>> import autograd
        >>> w, b = Value(1.0), Value(0.0)
        >>> @autograd.compile
        ... def loss(x, y):
        ...     return (w * x + b - y) ** 2
        >>> total = loss.mean([1.0, 2.0, 3.0], [3.0, 5.0, 7.0])
        >>> total.backward()
        >>> total.data, w.grad, b.grad
        (9.666..., -13.333..., -6.0)
    """
    if isinstance(f, Compiled):
        return f
    if not callable(f):  # pyright: ignore[reportUnnecessaryComparison]
        raise TypeError(f"compile(f): f must be a function of Values, got {type(f).__name__}: {f!r:.200}")
    return Compiled(f)


class _Version:
    """What one trace became."""

    def __init__(self, f: Callable[..., Any], signature: Signature) -> None:
        made: Trace = trace(f, signature)
        self.program: Program = lower(made.graph)
        self.parameters, self.form = made.parameters, made.form
        self.watch = Watch(f, made.parameters)
        self.indices = _indices(made.graph)

    def check(self, matrix: Floats, name: str) -> None:
        """IndexError if a number that chooses from a table is no place in it."""
        for column, entries in self.indices.items():
            numbers = matrix[:, column]
            fits = (numbers >= 0) & (numbers < entries) & (numbers == np.floor(numbers))
            if not fits.all():
                wrong = numbers[~fits][0]
                raise IndexError(f"{name}: the index {wrong:g} is no place in a table of {entries} entries")


class Compiled:
    """A compiled function. Call it as before for one sample; mean, sum and map take a row of each argument a sample.

    Arguments are numbers, lists or arrays of any shape. For each shape there is one trace. If a variable that the
    function uses holds another object, or another number, it is traced anew.
    """

    def __init__(self, f: Callable[..., Any]) -> None:
        self.f = f
        self._versions: dict[Signature, _Version] = {}
        self._latest: _Version | None = None
        functools.update_wrapper(self, f)

    def __call__(self, *args: Any, **named: Any) -> Any:
        """The result for one sample: a Value, or Values in lists; of Values as arguments, by running f itself."""
        if any(map(_has_value, (*args, *named.values()))):
            return self.f(*args, **named)
        signature, matrix = one_sample(self.f, args, named)
        version = self._version(signature)
        return self._values(version, matrix, 1.0)

    def mean(self, *args: Any, **named: Any) -> Any:
        """The mean of the results over the samples: one Value (or lists of them), whose parents are the parameters.

        >>> w = Value(3.0)
        >>> compile(lambda x: w * x).mean([1.0, 2.0]).data
        4.5
        """
        signature, matrix = samples(self.f, args, named)
        return self._values(self._version(signature), matrix, 1.0 / max(len(matrix), 1))

    def sum(self, *args: Any, **named: Any) -> Any:
        """The sum of the results over the samples, as `mean`.

        >>> w = Value(3.0)
        >>> compile(lambda x: w * x).sum([1.0, 2.0]).data
        9.0
        """
        signature, matrix = samples(self.f, args, named)
        return self._values(self._version(signature), matrix, 1.0)

    def map(self, *args: Any, **named: Any) -> Floats:
        """The results for each sample, as numbers without gradient: (N,), or (N, ...) of lists.

        >>> w = Value(3.0)
        >>> compile(lambda x: [w * x, x]).map([1.0, 2.0])
        array([[3., 1.],
               [6., 2.]])
        """
        signature, matrix = samples(self.f, args, named)
        version = self._version(signature)
        version.check(matrix, self._name)
        outputs, _ = run(version.program, read_data(version.parameters), matrix)
        return outputs.reshape(len(matrix), *version.form)

    @property
    def program(self) -> Program:
        """What the function was compiled to, at the latest call."""
        if self._latest is None:
            raise RuntimeError(
                f"{self._name} has no program before its first call: the shapes of its arguments are not known"
            )
        return self._latest.program

    @property
    def _name(self) -> str:
        return getattr(self.f, "__qualname__", repr(self.f))

    def __repr__(self) -> str:
        return f"compile({self._name})"

    def _version(self, signature: Signature) -> _Version:
        version = self._versions.get(signature)
        if version is None or version.watch.unseen or version.watch.changed():
            version = self._versions[signature] = _Version(self.f, signature)
        self._latest = version
        return version

    def _values(self, version: _Version, matrix: Floats, weight: float) -> Any:
        """The weighted sum of the results over the samples, as Values of the ordinary graph."""
        version.check(matrix, self._name)
        parameters, numbers, program = version.parameters, read_data(version.parameters), version.program
        recording = modes.state.now[0] and bool(parameters)
        if version.form == ():
            total, gradient = run(program, numbers, matrix, weight, recording, reduce=True)
            return _node(parameters, gradient, float(total[0]) * weight)
        values = np.empty(version.form, dtype=object)
        outputs, _ = run(program, numbers, matrix, reduce=True)
        for i in range(values.size):
            seeds = np.zeros((len(matrix), values.size))
            seeds[:, i] = weight
            gradient = run(program, numbers, matrix, seeds, True)[1] if recording else None
            values.flat[i] = _node(parameters, gradient, float(outputs[i]) * weight)
        return values.tolist()


def _node(parameters: list[Value], gradient: Floats | None, value: float) -> Value:
    return Value(value) if gradient is None else program_node(parameters, gradient, value)


def _has_value(x: Any) -> bool:
    if isinstance(x, (list, tuple)):
        return any(map(_has_value, cast(Any, x)))
    return isinstance(x, Value) or (isinstance(x, np.ndarray) and cast(Any, x).dtype == object)


def _indices(graph: Graph) -> dict[int, int]:
    """For each column that chooses from tables, how many entries the smallest has."""
    found: dict[int, int] = {}
    for node in np.flatnonzero(graph.op == CODES["take"]):
        index, *entries = graph.args[graph.start[node] : graph.start[node + 1]]
        if graph.op[index] == INPUT:
            column = int(graph.number[index])
            found[column] = min(found.get(column, len(entries)), len(entries))
    return found
