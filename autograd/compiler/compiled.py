"""compile(f): a function of Values that is traced once and then runs at the speed of C."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast, overload

import numpy as np
from numpy.typing import NDArray

from .. import modes
from ..anomaly import calling_line, check_backward
from ..bulk import program_node, read_data
from ..engines import Value
from ..tracing import TraceError, tracing_now
from .executor import runner
from .graph import CODES, INPUT, Graph
from .passes import lower
from .program import Program
from .trace import Signature, Trace, call, gathered, name_of, one_sample, samples, trace

Floats = NDArray[np.float64]


@overload
def compile(f: Callable[..., Any], *, dtype: str = ..., threads: int = ...) -> Compiled: ...
@overload
def compile(*, dtype: str = ..., threads: int = ...) -> Callable[[Callable[..., Any]], Compiled]: ...
def compile(f: Any = None, *, dtype: str = "float64", threads: int = 1) -> Any:
    """Make a function of Values fast, for one sample or for many at once.

    The function is run once on marked Values (a *trace*), and the graph that it leaves behind becomes a Program.
    Write it for one sample, in plain scalar code; numbers come in as arguments, parameters are Values that it finds in
    its variables, and stay live: they are read at each call.

    Args:
        f: a function of numbers, or of lists or arrays of numbers, that returns a Value or Values in lists. It must
            do the same for every input: write `where`, `maximum` and `take` for what depends on a number.
            Without it, a decorator: `@compile(dtype="float32")`.
        dtype: "float64", or "float32": half the memory and about seven digits. Values hold float64 in any case.
        threads: how many work on the samples at once. The result has the same bits for any number.

    Returns:
        A function of the same arguments; see Compiled.

    Raises:
        TypeError: f is no function.
        ValueError: dtype is neither of the two, or threads is no whole number of 1 or more.
        TraceError: at the first call, if the function reads a number out of a Value, does something else each time, or
            changes a variable.

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
    if f is None:
        return functools.partial(compile, dtype=dtype, threads=threads)
    if isinstance(f, Compiled):
        return f if (f.dtype, f.threads) == (dtype, threads) else Compiled(f.f, dtype, threads)
    if not callable(f):
        raise TypeError(f"compile(f): f must be a function of Values, got {type(f).__name__}: {f!r:.200}")
    return Compiled(f, dtype, threads)


class _Version:
    """What one trace became."""

    def __init__(self, f: Callable[..., Any], signature: Signature, threads: int, dtype: str) -> None:
        made: Trace = trace(f, signature)
        self.program: Program = lower(made.graph)
        self.run = runner(self.program, threads, dtype)
        self.parameters, self.form = made.parameters, made.form
        self.watch = made.watch
        self.indices = _indices(made.graph)

    def check(self, matrix: Floats, f: Callable[..., Any]) -> None:
        """IndexError if a number that chooses from a table is no place in it."""
        for column, entries in self.indices.items():
            numbers = matrix[:, column]
            fits = (numbers >= 0) & (numbers < entries) & (numbers == np.floor(numbers))
            if not fits.all():
                wrong = numbers[~fits][0]
                raise IndexError(f"{name_of(f)}: the index {wrong:g} is no place in a table of {entries} entries")


class Compiled:
    """A compiled function. Call it as before for one sample; mean, sum and map take a row of each argument a sample.

    Arguments are numbers, lists or arrays of any shape. For each shape there is one trace. If a variable that the
    function uses holds another object, or another number, it is traced anew.

    Where an argument holds Values, and inside the trace of another compiled function, f itself runs: what it does is
    then part of the graph around it. Under `detect_anomaly` each sample also runs by itself, forward and backward, and
    the first operation that makes a nan or inf raises with the number of its sample.
    """

    def __init__(self, f: Callable[..., Any], dtype: str = "float64", threads: int = 1) -> None:
        if dtype not in ("float64", "float32"):
            raise ValueError(f'compile: dtype must be "float64" or "float32", got {dtype!r}')
        if type(threads) is not int or threads < 1:
            raise ValueError(f"compile: threads must be a whole number of 1 or more, got {threads!r}")
        self.f, self.dtype, self.threads = f, dtype, threads
        self._versions: dict[Signature, _Version] = {}
        self._latest: _Version | None = None
        functools.update_wrapper(self, f, updated=())  # an attribute f of a module is not ours

    def __call__(self, *args: Any, **named: Any) -> Any:
        """The result for one sample: a Value, or Values in lists; of Values as arguments, by running f itself."""
        if tracing_now() or _has_value([*args, *named.values()]):
            return self.f(*args, **named)
        signature, matrix = one_sample(self.f, args, named)
        version = self._version(signature)
        return self._values(version, signature, matrix, 1.0)

    def mean(self, *args: Any, **named: Any) -> Any:
        """The mean of the results over the samples: one Value (or lists of them), whose parents are the parameters.

        >>> w = Value(3.0)
        >>> compile(lambda x: w * x).mean([1.0, 2.0]).data
        4.5
        """
        return self._reduced(True, args, named)

    def sum(self, *args: Any, **named: Any) -> Any:
        """The sum of the results over the samples, as `mean`.

        >>> w = Value(3.0)
        >>> compile(lambda x: w * x).sum([1.0, 2.0]).data
        9.0
        """
        return self._reduced(False, args, named)

    def map(self, *args: Any, **named: Any) -> Floats:
        """The results for each sample, as numbers without gradient: (N,), or (N, ...) of lists.

        >>> w = Value(3.0)
        >>> compile(lambda x: [w * x, x]).map([1.0, 2.0])
        array([[3., 1.],
               [6., 2.]])
        """
        if tracing_now():
            raise TraceError(
                f"map of {self._name}, at {calling_line()}: it gives numbers, and the function around it is being "
                "compiled, for all inputs at once; call the inner function for each sample"
            )
        signature, matrix = gathered(args, named) or samples(self.f, args, named)
        version = self._version(signature)
        version.check(matrix, self.f)
        if modes.state.now[1]:
            self._inspect(version, signature, matrix, None)
        outputs, _ = self._run(version, matrix, 1.0, False, False)
        return outputs.reshape(len(matrix), *version.form)

    @property
    def program(self) -> Program:
        """What the function was compiled to, at the latest call."""
        if self._latest is None:
            raise RuntimeError(
                f"{self._name} has no program before its first call: the shapes of its arguments are not known"
            )
        return self._latest.program

    def stats(self) -> dict[str, int]:
        """Count nodes, runs, work and memory of the latest call's program, as Program.stats.

        >>> w = Value(3.0)
        >>> f = compile(lambda x: w * x)
        >>> _ = f(2.0)
        >>> f.stats()["flops"]
        1
        """
        return self.program.stats()

    def to_python(self, name: str = "f") -> str:
        """The latest call's program as Python that imports only `math`, with the parameters' numbers as they are.

        `name(input)` gives the outputs of one sample, whose numbers stand in one list in the order of the arguments;
        `name_gradient(input, seed)` gives the outputs, and the gradient of Σ seed · output by the inputs and by the
        parameters.

        >>> w, namespace = Value(3.0), {}
        >>> f = compile(lambda x: w * x)
        >>> _ = f(2.0)
        >>> exec(f.to_python("triple"), namespace)
        >>> namespace["triple"]([5.0])
        [15.0]
        """
        return self.program.to_python(self._numbers(), name)

    def to_c(self, name: str = "f") -> str:
        """The latest call's program as C99 without dependencies, with the parameters' numbers as they are.

        The functions are `void name(const double *input, double *output)`, and `name_gradient`, as in to_python.

        >>> w = Value(3.0)
        >>> f = compile(lambda x: w * x)
        >>> _ = f(2.0)
        >>> "void triple(const double *input, double *output) {" in f.to_c("triple")
        True
        """
        return self.program.to_c(self._numbers(), name)

    def _numbers(self) -> list[float]:
        """The parameters of the latest program."""
        return read_data(self._latest.parameters).tolist() if self._latest else []

    @property
    def _name(self) -> str:
        return name_of(self.f)

    def __repr__(self) -> str:
        return f"compile({self._name})"

    def _version(self, signature: Signature) -> _Version:
        version = self._versions.get(signature)
        if version is None or version.watch.unseen or version.watch.changed():
            version = self._versions[signature] = _Version(self.f, signature, self.threads, self.dtype)
        self._latest = version
        return version

    def _reduced(self, mean: bool, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """The sum or mean over the samples."""
        found = self._samples(args, named)
        if found is None:
            return _total([self.f(*row, **by_name) for row, by_name in self._rows(args, named)], mean)
        signature, matrix = found
        weight = 1.0 / max(len(matrix), 1) if mean else 1.0
        return self._values(self._version(signature), signature, matrix, weight)

    def _samples(self, args: tuple[Any, ...], named: dict[str, Any]) -> tuple[Signature, Floats] | None:
        """The arguments as a matrix; None if f itself has to run."""
        if tracing_now():
            return None
        return gathered(args, named) or (None if _has_value([*args, *named.values()]) else samples(self.f, args, named))

    def _rows(self, args: tuple[Any, ...], named: dict[str, Any]) -> list[tuple[list[Any], dict[str, Any]]]:
        """The arguments for each sample, when f itself runs; a lone number or Value is the same for all."""
        given = [*args, *named.values()]
        counts = {len(x) for x in given if _is_list(x)}
        if len(counts) != 1 or counts == {0}:
            found = ", ".join(map(str, sorted(counts))) or "numbers alone"
            raise ValueError(f"{self._name}: every argument needs a row for each sample, got {found}")
        rows = [[x[i] if _is_list(x) else x for x in given] for i in range(counts.pop())]
        return [(row[: len(args)], dict(zip(named, row[len(args) :], strict=True))) for row in rows]

    def _run(self, version: _Version, matrix: Floats, seeds: Any, want: bool, reduce: bool) -> tuple[Floats, Any]:
        return version.run(read_data(version.parameters), matrix, seeds, want, reduce)

    def _inspect(self, version: _Version, signature: Signature, matrix: Floats, seed: float | None) -> None:
        """Run f on each sample by itself, forward and, from a seed, backward; the first nan or inf raises."""
        for i, row in enumerate(matrix.tolist()):
            columns = [int(x) if j in version.indices else Value(x) for j, x in enumerate(row)]
            try:
                results: Any = np.array(call(self.f, signature, iter(columns)), dtype=object)
                for result in results.flat:
                    if seed is not None and isinstance(result, Value):
                        check_backward(result, seed)
            except FloatingPointError as error:
                raise FloatingPointError(f"sample {i} of {self._name}: {error}") from None

    def _values(self, version: _Version, signature: Signature, matrix: Floats, weight: float) -> Any:
        """The weighted sum of the results over the samples, as Values of the ordinary graph."""
        version.check(matrix, self.f)
        parameters = version.parameters
        grad_enabled, anomaly, *_ = modes.state.now
        recording = grad_enabled and bool(parameters)
        if anomaly:
            self._inspect(version, signature, matrix, weight if recording else None)
        if version.form == ():
            total, gradient = self._run(version, matrix, weight, recording, True)
            return _node(parameters, gradient, float(total[0]) * weight)
        values = np.empty(version.form, dtype=object)
        outputs, _ = self._run(version, matrix, 1.0, False, True)
        for i in range(values.size):
            seeds = np.zeros((len(matrix), values.size))
            seeds[:, i] = weight
            gradient = self._run(version, matrix, seeds, True, False)[1] if recording else None
            values.flat[i] = _node(parameters, gradient, float(outputs[i]) * weight)
        return values.tolist()


def _node(parameters: list[Value], gradient: Floats | None, value: float) -> Value:
    return Value(value) if gradient is None else program_node(parameters, gradient, value)


def _is_list(x: Any) -> bool:
    return hasattr(x, "__len__") and getattr(x, "ndim", 1) > 0


def _total(results: list[Any], mean: bool) -> Any:
    """The sum or mean of results that are nested alike."""
    if _is_list(results[0]):
        return [_total(list(parts), mean) for parts in zip(*results, strict=True)]
    total = Value.apply("sum", *results) if any(isinstance(x, Value) for x in results) else Value(float(sum(results)))
    return total / len(results) if mean else total


def _has_value(x: Any) -> bool:
    if isinstance(x, np.ndarray):
        return cast(Any, x).dtype.hasobject
    return any(map(_has_value, cast(Any, x))) if isinstance(x, (list, tuple)) else isinstance(x, Value)


def _indices(graph: Graph) -> dict[int, int]:
    """For each column that chooses from tables, how many entries the smallest has."""
    found: dict[int, int] = {}
    for node in np.flatnonzero(graph.op == CODES["take"]):
        index, *entries = graph.args[graph.start[node] : graph.start[node + 1]]
        if graph.op[index] == INPUT:
            column = int(graph.number[index])
            found[column] = min(found.get(column, len(entries)), len(entries))
    return found
