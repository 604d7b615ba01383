"""compile(f): a function of Values that is traced once and then runs at the speed of C."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any, cast, overload

import numpy as np
from numpy.typing import NDArray

from .. import modes
from ..anomaly import calling_line
from ..bulk import program_node, read_data
from ..engines import Value
from ..tracing import TraceError, tracing_now
from .eager import has_values, inspect, rows, total
from .methods import kept
from .program import Program
from .source import to_c, to_python
from .trace import Signature, gathered, name_of, one_sample, samples
from .versions import Version, Versions

Floats = NDArray[np.float64]


@overload
def compile(f: Callable[..., Any], *, dtype: str = ..., threads: int = ...) -> Compiled: ...
@overload
def compile(*, dtype: str = ..., threads: int = ...) -> Callable[[Callable[..., Any]], Compiled]: ...
def compile(f: Any = None, *, dtype: str = "float64", threads: int = 1) -> Any:
    """Make a function of Values fast, for one sample or for many at once.

    The function is run once on marked Values (a *trace*), and the graph that it leaves behind becomes a Program.
    Write it for one sample, in plain scalar code; numbers come in as arguments, parameters are Values that it finds in
    its variables, and stay live: they are read at each call. A Value that was computed from others before stands for
    its formula, and is computed anew with the numbers that they have by then.

    In the trace a number that comes in is a Value. Code that asks for its type (`isinstance(x, float)`), or looks it up
    among numbers (`x in {0.0, 1.0}`), goes the way that it would go for a Value.

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


class Compiled:
    """A compiled function. Call it as before for one sample; mean, sum and map take a row of each argument a sample.

    Arguments are numbers, lists or arrays of any shape. For each shape there is one trace. If a variable that the
    function uses holds another object, or another number, it is traced anew (a list or array of more than 10,000 plain
    numbers is taken for data, and not compared). Not looked at are context and environment variables, what a
    generator or an iterator holds, and an object whose class or `__dict__` is exchanged. In a class it is a method,
    compiled for each object by itself.

    Where an argument holds Values, and inside the trace of another compiled function, f itself runs: what it does is
    then part of the graph around it. Under `detect_anomaly` each sample also runs by itself, forward and backward, and
    the first operation that makes a nan or inf raises with the number of its sample.
    """

    WATCHED = "f"
    """Of its attributes this alone says what it does."""

    def __init__(self, f: Callable[..., Any], dtype: str = "float64", threads: int = 1) -> None:
        if dtype not in ("float64", "float32"):
            raise ValueError(f'compile: dtype must be "float64" or "float32", got {dtype!r}')
        if type(threads) is not int or threads < 1:
            raise ValueError(f"compile: threads must be a whole number of 1 or more, got {threads!r}")
        self.f, self.dtype, self.threads = f, dtype, threads
        self._owner: type | None = None
        self._versions = Versions(f, threads, dtype)
        functools.update_wrapper(self, f, updated=())  # an attribute f of a module is not ours

    def __get__(self, thing: Any, owner: Any = None) -> Compiled:
        """As a method of an object: compiled for that object, which keeps it.

        >>> class Line:
        ...     def __init__(self):
        ...         self.slope = Value(3.0)
        ...     @compile
        ...     def at(self, x):
        ...         return self.slope * x
        >>> Line().at.mean([1.0, 2.0]).data
        4.5
        """
        if thing is None or not hasattr(self.f, "__get__"):
            return self
        bind: Any = self.f.__get__
        return kept(thing, self, lambda: Compiled(bind(thing, owner), self.dtype, self.threads))

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner = owner

    def _method_of(self, args: tuple[Any, ...]) -> Compiled | None:
        """Called by the class, as Line.at(line, 2.0): the method of that object."""
        if not self._owner or not args or not isinstance(args[0], self._owner):
            return None
        method = self.__get__(args[0])
        return None if method is self else method

    def __call__(self, *args: Any, **named: Any) -> Any:
        """The result for one sample: a Value, or Values in lists; of Values as arguments, by running f itself."""
        if tracing_now() or has_values(args, named):
            return self.f(*args, **named)
        if method := self._method_of(args):
            return method(*args[1:], **named)
        signature, matrix = one_sample(self.f, args, named)
        version = self._versions.find(signature)
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
        if method := self._method_of(args):
            return method.map(*args[1:], **named)
        if tracing_now():
            raise TraceError(
                f"map of {self._name}, at {calling_line()}: it gives numbers, and the function around it is being "
                "compiled, for all inputs at once; call the inner function for each sample"
            )
        signature, matrix = gathered(args, named) or samples(self.f, args, named)
        version = self._versions.find(signature)
        version.check(matrix, self.f)
        if modes.state.now[1]:
            inspect(self.f, signature, matrix, None)
        outputs, _ = version.run(read_data(version.parameters), matrix, 1.0, False, False)
        self._check_finite(outputs, "a result")
        return outputs.reshape(len(matrix), *version.form)

    @property
    def program(self) -> Program:
        """What the function was compiled to, at the latest call."""
        return self._latest.program

    @property
    def parameters(self) -> list[Value]:
        """The Values that the program reads at each call, in its order.

        >>> from autograd import read_data
        >>> w = Value(3.0)
        >>> f = compile(lambda x: w * x)
        >>> _ = f(2.0)
        >>> f.parameters == [w], read_data(f.parameters)
        (True, array([3.]))
        """
        return list(self._latest.parameters)

    @property
    def _latest(self) -> Version:
        if self._versions.latest is None:
            raise RuntimeError(
                f"{self._name} has no program before its first call: the shapes of its arguments are not known"
            )
        return self._versions.latest

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
        return to_python(self.program, read_data(self.parameters).tolist(), name)

    def to_c(self, name: str = "f") -> str:
        """The latest call's program as C99 without dependencies, with the parameters' numbers as they are.

        The functions are `void name(const double *input, double *output)`, and `name_gradient`, as in to_python.

        >>> w = Value(3.0)
        >>> f = compile(lambda x: w * x)
        >>> _ = f(2.0)
        >>> "void triple(const double *input, double *output) {" in f.to_c("triple")
        True
        """
        return to_c(self.program, read_data(self.parameters).tolist(), name)

    @property
    def _name(self) -> str:
        return name_of(self.f)

    def __repr__(self) -> str:
        return f"compile({self._name})"

    def __reduce__(self) -> str | tuple[Any, ...]:
        """By name where it has one, like a function; otherwise anew: it may be the method of another object."""
        name, named = str(getattr(self, "__qualname__", "")), cast(Any, sys.modules.get(self.__module__))
        for part in name.split("."):
            named = getattr(named, part, None)
        return (
            name if named is self else (functools.partial(compile, dtype=self.dtype, threads=self.threads), (self.f,))
        )

    def _reduced(self, mean: bool, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        """The sum or mean over the samples."""
        if method := self._method_of(args):
            return method._reduced(mean, args[1:], named)
        found = gathered(args, named)
        if (found is None and has_values(args, named)) or tracing_now():
            results = [self.f(*row, **by_name) for row, by_name in rows(self._name, args, named)]
            return total(results, mean)
        signature, matrix = found or samples(self.f, args, named)
        if mean and not len(matrix):
            raise ValueError(f"{self._name}.mean: there are no samples")
        weight = 1.0 / len(matrix) if mean else 1.0
        return self._values(self._versions.find(signature), signature, matrix, weight)

    def _values(self, version: Version, signature: Signature, matrix: Floats, weight: float) -> Any:
        """The weighted sum of the results over the samples, as Values of the ordinary graph."""
        version.check(matrix, self.f)
        parameters = version.parameters
        grad_enabled, anomaly, *_ = modes.state.now
        recording = grad_enabled and bool(parameters)
        if anomaly:
            inspect(self.f, signature, matrix, weight if recording else None)
        if version.form == ():
            outputs, gradient = version.run(read_data(parameters), matrix, weight, recording, True)
            return self._node(parameters, gradient, outputs.item() * weight, anomaly)
        values = np.empty(version.form, dtype=object)
        numbers = read_data(parameters)
        outputs, _ = version.run(numbers, matrix, 1.0, False, True)
        for i in range(values.size):
            seeds = np.zeros((len(matrix), values.size))
            seeds[:, i] = weight
            gradient = version.run(numbers, matrix, seeds, True, False)[1] if recording else None
            values.flat[i] = self._node(parameters, gradient, float(outputs[i]) * weight, anomaly)
        return values.tolist()

    def _node(self, parameters: tuple[Value, ...], gradient: Floats | None, value: float, anomaly: bool) -> Value:
        if anomaly:
            self._check_finite(value, "the sum over the samples")
            if gradient is not None:
                self._check_finite(gradient, "the sum over the samples of the gradient")
        return Value(value) if gradient is None else program_node(parameters, gradient, value)

    def _check_finite(self, numbers: Floats | float, what: str) -> None:
        """FloatingPointError under detect_anomaly, where each sample by itself was found to be sound."""
        if modes.state.now[1] and not np.isfinite(numbers).all():
            wrong = np.ravel(numbers)[~np.isfinite(np.ravel(numbers))][0]
            why = "" if self.dtype == "float64" else f", in {self.dtype}"
            raise FloatingPointError(f"{what} of {self._name} is {wrong:g}{why}, though no operation of a sample is")
