"""What `fit` finds out before anything moves: whether model, data, loss, metrics and optimiser fit together."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from autograd import Value

from .cross_entropy import cross_entropy, nll
from .data import train_test_split
from .history import History
from .module import Module
from .optim import OPTIMIZERS
from .optimizer import Optimizer
from .plateau import ReduceLROnPlateau
from .prediction import evaluating, predict
from .schedule import Schedule
from .sizes import described

Loss = Callable[[Any, Any], Value]
"""A function of the predictions and the targets of a batch, as mse or cross_entropy."""

Metric = Callable[[Any, Any], float]
"""A function of the outputs of all samples, an array, and their targets, an array: accuracy, r2."""

MakesOptimizer = Optimizer | str | Callable[[list[Value]], Optimizer]
"""An optimiser, the name of one, or a function that makes one of the parameters, as `partial(SGD, lr=0.5)`."""

T = TypeVar("T")


def named(what: str, given: T | str, known: dict[str, Any]) -> T:
    """What was given, or what it is the name of.

    Raises:
        ValueError: no such name.
    """
    if not isinstance(given, str):
        return given
    if given not in known:
        raise ValueError(f"fit: there is no {what} called {given!r}; there are {', '.join(known)}")
    return known[given]


def check_pair(X: Any, y: Any, place: str = "") -> None:
    """A ValueError unless there is a target for each sample, and one at least."""
    for name, things in (("X", X), ("y", y)):
        if not hasattr(things, "__len__") or not hasattr(things, "__getitem__"):
            raise TypeError(f"fit: {place}{name} must be an array or a list, got {type(things).__name__}")
    if len(X) != len(y) or not len(X):
        given = f"{len(X)} samples and {len(y)} targets"
        raise ValueError(f"fit: expected one target for each sample, got {given}{place and f' in the {place}data'}")


def rehearse(model: Module, loss: Loss, metrics: dict[str, Metric], X: Any, y: Any, place: str = "") -> None:
    """Run the model on a sample of each length, the loss on all targets, and the metrics.

    Raises:
        ValueError, TypeError: sizes don't fit, or the loss gives something else than one Value.
    """
    check_pair(X, y, place)
    targets = [y[i] for i in range(len(y))]
    with evaluating(model):
        outputs: dict[int | None, Any] = {}
        for i in range(len(X)):
            if _length(X[i]) not in outputs:
                with _saying(f"model({place}X[{i}])"):
                    outputs[_length(X[i])] = model(X[i])
        predictions = [outputs[_length(X[i])] for i in range(len(X))]
        if loss in (cross_entropy, nll) and _describe(predictions[0]) == "one number":
            what = f"{loss.__name__} needs a number for each class, the model gives one number"
            raise ValueError(f"fit: {what}; give its last layer as many neurons as there are classes")
        shapes = f"{place}X[0] gives {_describe(predictions[0])} and {place}y[0] is {_describe(targets[0])}"
        with _saying(f"the loss of {_giver(model, predictions[0])} where {shapes}"):
            result: Any = loss(predictions, targets)
    if not isinstance(result, Value):
        raise TypeError(
            f"fit: the loss must give one Value, the mean over the samples, got {type(result).__name__}; "
            "does it, or the model, take numbers out of Values?"
        )
    if metrics:
        measure(predict(model, X), metrics, y, place)


def measure(outputs: NDArray[np.float64], metrics: dict[str, Metric], y: Any, place: str = "") -> dict[str, float]:
    """Each metric of the outputs for all samples."""
    truth, found = np.asarray(y), dict[str, float]()
    for name, metric in metrics.items():
        with _saying(f"the metric {name!r} of the {place or 'training '}data"):
            found[name] = float(metric(outputs, truth))
    return found


def split(X: Any, y: Any, validation: Any, seed: int) -> tuple[Any, Any, tuple[Any, Any] | None]:
    """X and y to train with, and those to validate with, if any.

    Raises:
        ValueError: validation is neither a pair nor a part between 0 and 1 that leaves something on both sides.
    """
    if validation is None:
        return X, y, None
    if isinstance(validation, (tuple, list)) and len(pair := cast(Any, validation)) == 2:
        return X, y, (pair[0], pair[1])
    if not isinstance(validation, float) or not 0 < validation < 1:
        raise ValueError(f"fit: validation must be a pair (X, y) or a part between 0 and 1, got {validation!r}")
    labels = np.asarray(y)
    with _saying(f"validation={validation}"):
        train, test = train_test_split(labels if labels.ndim == 1 else np.zeros(len(y)), validation, seed)
    return [X[i] for i in train], [y[i] for i in train], ([X[i] for i in test], [y[i] for i in test])


def as_optimizer(
    given: MakesOptimizer, parameters: list[Value], scheduler: Schedule | None, history: History | None
) -> Optimizer:
    """The optimiser that was given or named, if it can train this model.

    Args:
        given: as `fit`'s optimizer. parameters: of the model.
        scheduler, history: as given to `fit`.

    Raises:
        ValueError: an unknown name; it has none of the model's parameters, or is not the scheduler's; it is not made
            yet, but a history goes on.
    """
    if not isinstance(given, Optimizer) and history and history.epochs:
        raise ValueError(
            f"fit: the history goes on, but optimizer={given!r} starts anew; "
            "make the optimiser yourself and give it to both calls of fit"
        )
    kind: Any = named("optimizer", given, OPTIMIZERS)
    optimizer: Any = kind(parameters) if callable(kind) else kind
    if not isinstance(optimizer, Optimizer):
        found = type(optimizer).__name__
        raise TypeError(f"fit: optimizer must be an Optimizer, a name, or a function that makes one, got {found}")
    if set(optimizer.parameters).isdisjoint(parameters):
        raise ValueError("fit: the optimiser moves none of the model's parameters; was it made for another model?")
    if not any(parameter.requires_grad for parameter in optimizer.parameters):
        raise ValueError("fit: all parameters of the optimiser are frozen; set one free with requires_grad_()")
    if scheduler is not None and not isinstance(scheduler, Schedule):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"fit: scheduler must be one of nn's schedulers, got {type(scheduler).__name__}")
    if isinstance(scheduler, ReduceLROnPlateau) and scheduler.mode == "max":
        raise ValueError("fit: it gives ReduceLROnPlateau a loss, which is better if it is smaller; use mode='min'")
    if scheduler is not None and scheduler.optimizer is not optimizer:
        raise ValueError("fit: the scheduler belongs to another optimiser; make it with the one that is given to fit")
    return optimizer


def continued(history: History | None, names: tuple[str, ...], seed: int) -> History:
    """The History to write into: the one that goes on, or a new one.

    Raises:
        ValueError: it was made with another seed, or its numbers are not those that this run gives.
    """
    if history is None or not history.epochs:
        history = History() if history is None else history
        history.seed = seed
        return history
    if history.seed != seed:
        raise ValueError(f"fit: the history was made with seed={history.seed}, so it can't go on with seed={seed}")
    before = tuple(name for name in history.columns() if name not in ("lr", "seconds"))
    if set(before) != set(names):
        raise ValueError(f"fit: the history has {', '.join(before)}, but this run gives {', '.join(names)}")
    return history


def not_finite(X: Any, y: Any) -> str:
    """Where the data hold a nan or inf, in words; empty if nowhere (or if they are no numbers)."""
    for name, things in (("X", X), ("y", y)):
        for i in range(len(things)):
            try:
                finite = bool(np.isfinite(np.asarray(things[i], float)).all())
            except (TypeError, ValueError):
                break
            if not finite:
                return f"{name}[{i}] holds a nan or inf"
    return ""


@contextmanager
def _saying(where: str) -> Generator[None]:
    """Errors about kinds and sizes say where they came from."""
    try:
        yield
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"fit: {where}: {error}") from error


def _giver(model: Module, outputs: Any) -> str:
    """The part of the model that gave these outputs, as messages name it: the smallest that gave them all."""
    scopes = [value.scope.split(".") for value in np.ravel(outputs) if isinstance(value, Value)]
    parts, path = dict(model.named_modules()), scopes[0] if scopes else []
    while path and (".".join(path) not in parts or any(scope[: len(path)] != path for scope in scopes)):
        path = path[:-1]
    name = ".".join(path)
    return described(name, parts[name]).removesuffix(",") + ","


def _length(x: Any) -> int | None:
    return len(x) if hasattr(x, "__len__") else None


def _describe(thing: Any) -> str:
    length = _length(thing) if getattr(thing, "ndim", 1) else None
    return "one number" if length is None else f"a sequence of {length}"
