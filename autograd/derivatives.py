"""Derivatives of functions, of any order: gradients, grad, jacobian, hessian, jvp, vjp, hvp.

    >>> def f(x, y):
    ...     return x ** 2 * y
    >>> grad(f)(3.0, 5.0)                      # by x: 2xy
    30.0
    >>> grad(f, argnums=(0, 1))(3.0, 5.0)      # by x and by y
    (30.0, 9.0)
    >>> hessian(lambda p: f(p[0], p[1]))([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]

They are called as in JAX. An argument is a number, a list or tuple of numbers (nested if you like) or
a numpy array; the function gets Values in the same shape, and its derivatives come back in that shape.
Derivatives are numbers, unless the arguments are Values or the function reads Values from outside:
then they are Values, and can be differentiated again. So everything here can be nested.

The calculus is that of `Value.backward`: the chain rule, from the result down. To get the derivative
of a derivative, the same rules are evaluated on Values instead of floats. A Value that comes in as an argument
is replaced by a new node made from it, and each derivative is taken by its own new nodes only, so
nested derivatives by different variables are never confused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from . import modes
from .anomaly import check_backward
from .engines import Value
from .functions import dot
from .graph import chain_rule
from .scalars import to_float
from .trees import in_kind, is_tree, leaves, map_leaves, named_leaves, rebuild

Function = Callable[..., Any]


def gradients(y: Value, xs: Iterable[Value]) -> list[Value]:
    """∂y/∂x for each x, as Values that can be differentiated again.

    No `grad` changes. Only what leads from the xs to y is computed; the derivative by a Value that y was
    not made from is 0.

    Args:
        y: the Value to differentiate.
        xs: Values, leaves or not.

    Raises:
        RuntimeError: inside `no_grad()`; or a Value was written after y had used it.
        TypeError: y or an x is not a Value.

        >>> x = Value(2.0)
        >>> (dx,) = gradients(x ** 3, [x])
        >>> (ddx,) = gradients(dx, [x])
        >>> dx.data, ddx.data                   # 3x², 6x
        (12.0, 12.0)
    """
    if isinstance(xs, Value):
        raise TypeError("gradients(y, xs): xs must be a sequence of Values; for one Value write [x]")
    if not isinstance(xs, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"gradients(y, xs): xs must be a sequence of Values, got {type(xs).__name__}")
    wanted = list(xs)
    for name, x in ("y", y), *((f"xs[{i}]", x) for i, x in enumerate(wanted)):
        if not isinstance(x, Value):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"gradients(y, xs): {name} must be a Value, got {type(x).__name__}: {x!r}")
    return _gradient(y, wanted, recorded=True)


def grad(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """The gradient of f: a function of the same arguments that returns ∂f/∂argument.

    Args:
        f: a function of numbers, lists or arrays that returns one number.
        argnums: which positional argument to differentiate by; or a tuple of several, for a tuple of
            gradients. Keyword arguments are passed on as they are.

    Raises (when called):
        TypeError: f does not return one number, or an argument is not made of numbers.
        RuntimeError: inside `no_grad()`.

        >>> grad(lambda x: x ** 3)(2.0)
        12.0
        >>> grad(lambda p: p[0] * p[1])([2.0, 5.0])
        [5.0, 2.0]
    """
    both = value_and_grad(f, argnums)
    return lambda *args, **keywords: both(*args, **keywords)[1]


def value_and_grad(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """As `grad`, with its arguments and errors, but the function returns the pair (f(...), gradient).

    >>> value_and_grad(lambda x: x ** 3)(2.0)
    (8.0, 12.0)
    """

    def value_and_gradient(*args: Any, **keywords: Any) -> Any:
        call = _Call(f, argnums, args, keywords)
        if is_tree(call.result):
            raise TypeError(
                f"grad(f): f must return one number, got {type(call.result).__name__}; "
                "for the derivatives of several numbers use jacobian(f)"
            )
        (y,) = call.outputs
        gradient = _gradient(y, call.variables, call.recorded, call.since)
        return call.value(), call.by_argument([g] for g in gradient)

    return value_and_gradient


def jacobian(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """The Jacobian of f: every derivative of every number that f returns.

    Its shape is that of f's result with each number replaced by its gradient; of an array of shape A
    by an array of shape B, an array of shape A + B. Arguments and errors as `grad`, but f may return several numbers.

    >>> jacobian(lambda p: [p[0] * p[1], p[0] ** 2])([2.0, 5.0])
    [[5.0, 2.0], [4.0, 0.0]]
    """

    def jacobian_of_f(*args: Any, **keywords: Any) -> Any:
        call = _Call(f, argnums, args, keywords)
        rows = iter([_gradient(y, call.variables, call.recorded, call.since) for y in call.outputs])

        def build(result: Any) -> Any:
            if isinstance(result, (list, tuple)):
                return in_kind(result, [build(part) for part in result])  # pyright: ignore[reportUnknownVariableType]
            block = [next(rows) for _ in leaves(result)]
            columns = ([row[j] for row in block] for j in range(len(call.variables)))
            return call.by_argument(columns, result.shape if is_tree(result) else None)

        return build(call.result)

    return jacobian_of_f


def hessian(f: Function, argnums: int | tuple[int, ...] = 0) -> Function:
    """The Hessian of f, the second derivatives: the Jacobian of the gradient. Arguments and errors as `grad`.

    >>> hessian(lambda p: p[0] ** 2 * p[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    """
    return jacobian(grad(f, argnums), argnums)


def vjp(f: Function, *primals: Any) -> tuple[Any, Function]:
    """f at a point, and the function c ↦ cᵀJ there, J the Jacobian of f (vector-Jacobian product).

    Returns:
        f(*primals), and a function of one argument in the shape of that result, which returns a
        tuple with a gradient for each of the primals. It may be called any number of times.

    Raises:
        TypeError: a primal, or what f returns, is not made of numbers.
        ValueError (when the function is called): c has another shape than the result.
        RuntimeError: inside `no_grad()`.

        >>> value, back = vjp(lambda x, y: [x * y, x + y], 2.0, 5.0)
        >>> value, back([1.0, 0.0]), back([0.0, 1.0])
        ([10.0, 7.0], (5.0, 2.0), (1.0, 1.0))
    """
    call = _Call(f, tuple(range(len(primals))), primals)

    def back(cotangent: Any) -> Any:
        weights = _in_shape_of(call.result, cotangent, "the cotangent", "f's result")
        y = dot(weights, call.outputs)
        gradient = _gradient(y, call.variables, call.recorded or Value in map(type, weights), call.since)
        return call.by_argument([g] for g in gradient)

    return call.value(), back


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """f at a point, and Jt there, J the Jacobian of f: its derivative in the direction t (Jacobian-vector product).

    Made of two reverse sweeps: cᵀJ is linear in c, and its derivative by c is J.

    Args:
        f: a function of numbers, lists or arrays that returns the same.
        primals: a sequence of f's arguments.
        tangents: the direction, in the shape of the primals.

    Returns:
        f(*primals), and the derivative in the same shape.

    Raises:
        TypeError: a primal, a tangent, or what f returns, is not made of numbers.
        ValueError: the tangents have another shape than the primals.
        RuntimeError: inside `no_grad()`.

        >>> jvp(lambda x, y: [x * y, x + y], (2.0, 5.0), (1.0, 0.0))
        ([10.0, 7.0], [5.0, 1.0])
    """
    direction = _direction(primals, tangents)
    call = _Call(f, tuple(range(len(primals))), primals)
    call.recorded = call.recorded or Value in map(type, direction)
    weights = [Value(1.0) for _ in call.outputs]
    row = _gradient(dot(weights, call.outputs), call.variables, True, call.since)
    columns = ([g] for g in _gradient(dot(row, direction), weights, call.recorded, call.since))
    return call.value(), rebuild(call.result, columns)


def hvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Ht, H the Hessian of f by all its arguments (Hessian-vector product), without forming H.

    The gradient of ∇f · t, by a second reverse sweep over the first.

    Args:
        f: a function of numbers, lists or arrays that returns one number.
        primals: a sequence of f's arguments.
        tangents: the direction t, in the shape of the primals.

    Returns:
        the product in the shape of the argument, or for several arguments a tuple.

    Raises:
        TypeError, ValueError, RuntimeError: as `jvp`; also a TypeError if f does not return one number.

        >>> hvp(lambda p: p[0] ** 2 * p[1], ([3.0, 5.0],), ([1.0, 0.0],))
        [10.0, 6.0]
    """
    direction = _direction(primals, tangents)
    everything = tuple(range(len(primals)))
    gradient = grad(f, everything)
    product = grad(lambda *args: dot(leaves(gradient(*args)), direction), everything)(*primals)
    return product[0] if len(primals) == 1 else product


class _Call:
    """One call of f on new variables, which take the place of the arguments to differentiate by.

    Attributes:
        variables: the new Values, in order.
        since: a serial number; every Value that is older was there before the call.
        result: what f returned.
        outputs: the numbers in it, in order: Values and floats.
        recorded: must derivatives be Values, because an argument is one or f has read one from outside?
    """

    def __init__(self, f: Function, argnums: int | tuple[int, ...], args: Sequence[Any], keywords: Any = None) -> None:
        check_recording()
        self.args = args
        self.argnums = argnums
        self.places = _places(argnums, len(args))
        self.since = Value(0.0).serial
        inner = list(args)
        for i in self.places:
            inner[i] = map_leaves(_new_variable, args[i], f"argument {i}")
        self.variables: list[Value] = [x for i in self.places for x in leaves(inner[i])]
        self.result = f(*inner, **(keywords or {}))
        self.outputs = [_value_or_float(y, name) for name, y in named_leaves(self.result, "the result of f")]
        given_values = any(x.operands for x in self.variables)
        self.recorded = given_values or any(_reaches_back(y, self.since) for y in self.outputs)

    def value(self) -> Any:
        """The result of f, as it goes to the caller."""
        return rebuild(self.result, ([_finished(y, self.recorded)] for y in self.outputs))

    def by_argument(self, columns: Iterable[list[Any]], shape: tuple[int, ...] | None = None) -> Any:
        """The columns, one a variable, in the shape of the arguments."""
        rest = iter(columns)
        parts = tuple([rebuild(self.args[i], rest, shape) for i in self.places])
        return parts[0] if isinstance(self.argnums, int) else parts


def _places(argnums: int | tuple[int, ...], n: int) -> list[int]:
    """Which of n arguments `argnums` names, counted from 0."""
    named: Any = argnums if isinstance(argnums, Sequence) else (argnums,)
    if any(not isinstance(i, int) for i in named):
        raise TypeError(f"argnums={argnums!r} must be an int or a tuple of ints, the places of arguments of f")
    places = [i + n if i < 0 else i for i in named]
    if any(not 0 <= i < n for i in places) or len(set(places)) < len(places):
        raise ValueError(f"argnums={argnums!r} must name different positional arguments; f was called with {n}")
    return places


def _gradient(y: Value | float, xs: list[Value], recorded: bool, since: int = 0) -> list[Any]:
    """∂y/∂x for each x; all Values if recorded, else all floats. No x is older than `since`."""
    check_recording()
    if not isinstance(y, Value):
        return [_finished(0.0, recorded) for _ in xs]
    if recorded:
        if modes.state.now[1]:
            check_backward(y, 1.0)
        with modes.exactly(anomaly=False):  # a rule may make a nan for a constant operand, to which nothing flows
            found = chain_rule(y, 1.0, True, xs, since)
        return [_finished(found.get(x, 0.0), True) for x in xs]
    for x in xs:  # nobody else knows this graph, so its own grads are free to use
        x.grad = 0.0
    y.backward()
    return [x.grad for x in xs]


def _finished(x: Value | float, recorded: bool) -> Value | float:
    if recorded:
        return x if type(x) is Value else Value(x)
    return float(x)


def _reaches_back(y: Value | float, since: int) -> bool:
    """Was y made from a Value that is older than `since`?"""
    found, todo = {y}, [y]
    while todo:
        node = todo.pop()
        if isinstance(node, Value):
            if node.serial < since:
                return True
            new = set(node.parents) - found
            found |= new
            todo += new
    return False


def _new_variable(x: Any, name: str) -> Value:
    """A Value that nobody else knows. Made from x if x is a Value, so that derivatives by x go through it."""
    if type(x) is not Value:
        return Value(to_float(x, name))
    variable = x * 1.0
    variable.label = x.label
    return variable


def _value_or_float(x: Any, name: str) -> Value | float:
    return x if type(x) is Value else to_float(x, name)


def _in_shape_of(template: Any, tree: Any, what: str, of: str) -> list[Value | float]:
    """The leaves of the tree, checked to be numbers and to stand as those of the template."""
    given = dict(named_leaves(tree, what))
    expected = dict(named_leaves(template, what))
    for name in [*expected, *given]:
        if name not in given or name not in expected:
            problem = "is missing" if name not in given else "is too much"
            raise ValueError(f"{what} must have the shape of {of}: {name} {problem}")
    return [_value_or_float(x, name) for name, x in given.items()]


def _direction(primals: Any, tangents: Any) -> list[Value | float]:
    """The numbers of the tangents, checked."""
    for what, given in ("primals", primals), ("tangents", tangents):
        if not isinstance(given, (list, tuple)):
            raise TypeError(
                f"{what} must be a tuple or list, one for each argument of f, got {type(given).__name__}; "
                "for one write (x,)"
            )
    return _in_shape_of(primals, tangents, "tangents", "primals")


def check_recording() -> None:
    """Raise inside `no_grad()`."""
    if not modes.state.now[0]:
        raise RuntimeError("derivatives cannot be taken inside no_grad(): the operations there are not recorded")
