"""Checkpoints: a training written to a file, and taken up again where it was.

>>> import tempfile
>>> from nn import MLP, SGD
>>> model = MLP(2, [16, 1])
>>> optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
>>> with tempfile.TemporaryDirectory() as folder:
...     path = save(f"{folder}/moons.safetensors", model, optimizer=optimizer, metadata={"data": "moons"})
...     checkpoint = load(path)
>>> checkpoint.model([1.0, -2.0]).data == model([1.0, -2.0]).data, checkpoint.optimizer.lr, checkpoint.metadata
(True, 0.1, {'data': 'moons'})

The file is a safetensors file. Its arrays, all float64, are the parameters (see arrays.py for their names) and what
the optimiser remembers ("optimizer/0/exp_avg"); everything else is JSON in its header (see checkpoint_file.py).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from .architecture import build, describe
from .arrays import matched, numbers, parameter_arrays
from .callbacks import Callback
from .checkpoint_file import Arrays, CheckpointError, packed, unpacked
from .history import History
from .module import Module
from .one_cycle import OneCycleLR
from .optim import OPTIMIZERS
from .optimizer import Group, Optimizer
from .plateau import ReduceLROnPlateau
from .safe_file import write_safely
from .schedule import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    Schedule,
    StepLR,
)

# fmt: off
SCHEDULERS: dict[str, type[Schedule]] = {kind.__name__: kind for kind in (
    CosineAnnealingLR, CosineAnnealingWarmRestarts, ExponentialLR, LinearLR, MultiStepLR, OneCycleLR, ReduceLROnPlateau,
    StepLR,
)}
# fmt: on

OPTIMIZER = "optimizer/"
"""How the names of the optimiser's arrays begin; no parameter's does."""

Fields = dict[str, Any]
"""The JSON of a checkpoint: "architecture", "optimizer", "scheduler", "history" (each may be None), "frozen" (the
places of frozen parameters), "callbacks" (those that remember something), "metadata"."""


@dataclass(frozen=True)
class Checkpoint:
    """What `load` gives. What the file does not hold is None; the metadata is {} then."""

    model: Module
    optimizer: Optimizer | None
    scheduler: Schedule | None
    history: History | None
    metadata: dict[str, Any]


def save(
    path: str | os.PathLike[str],
    model: Module,
    *,
    optimizer: Optimizer | None = None,
    scheduler: Schedule | None = None,
    history: History | None = None,
    metadata: dict[str, Any] | None = None,
    callbacks: Iterable[Callback] = (),
) -> Path:
    """Write a model, and all that is needed to go on with its training, to a file; whole or not at all.

    Until the new file is safe on the disk, the one that was there stays. Every number is kept to the last bit,
    inf and nan too. A model that is no Neuron, Layer, MLP or Sequential of them, or has an activation that is
    not in nn.activations, is saved without its architecture: to load it, make the model and give it to `load`.
    A file saved without an optimiser holds the weights alone, under names that torch's modules take.

    Args:
        path: of the file, usually "....safetensors".
        optimizer, scheduler, history: of the training so far; the scheduler's optimiser is saved with it.
        metadata: anything else that JSON can write: {"classes": ["setosa", ...]}.
        callbacks: of the training; what each of them remembers is saved.

    Returns:
        The path.

    Raises:
        CheckpointError: a part of the model has no size yet, the metadata is not for JSON, or the file cannot be
            written. The file that was there is unchanged.
        TypeError: an argument is of the wrong kind.
        ValueError: the scheduler belongs to another optimiser.

        >>> import tempfile
        >>> from nn import Neuron
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save(f"{folder}/neuron.safetensors", Neuron(2)).name
        'neuron.safetensors'
    """
    _check_model("save", model)
    for name, given, kind in (
        ("optimizer", optimizer, Optimizer),
        ("scheduler", scheduler, Schedule),
        ("history", history, History),
        ("metadata", metadata, dict),
    ):
        if given is not None and not isinstance(given, kind):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"save: {name} must be a {kind.__name__}, got {type(given).__name__}: {given!r}")
    optimizer = _paired(optimizer, scheduler)
    try:
        arrays: Arrays = {name: numbers(array) for name, array in parameter_arrays(model).items()}
        fields: Fields = {"architecture": None}
        try:
            fields["architecture"] = describe(model)
        except ValueError as reason:
            fields["no_architecture"] = str(reason)
        fields["frozen"] = [i for i, parameter in enumerate(model.parameters()) if not parameter.requires_grad]
        fields["optimizer"] = _optimizer_fields(model, optimizer, arrays) if optimizer else None
        fields["scheduler"] = _scheduler_fields(scheduler) if scheduler else None
        fields["history"] = history.to_dict() if history else None
        states = [(type(callback).__name__, callback.state_dict()) for callback in callbacks]
        fields["callbacks"] = [{"class": name, "state": state} for name, state in states if state]
        fields["metadata"] = metadata or {}
        return write_safely(Path(path), packed(arrays, fields))
    except (ValueError, TypeError) as error:
        raise CheckpointError(f"{path}: cannot be written: {error}") from None
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be written: {error.strerror}; nothing was changed") from None


def load(
    path: str | os.PathLike[str],
    model: Module | None = None,
    optimizer: Optimizer | None = None,
    scheduler: Schedule | None = None,
    callbacks: Iterable[Callback] = (),
) -> Checkpoint:
    """Read a checkpoint: build anew what it holds, or load it into what is given.

    A file with any byte changed or missing is recognised. Nothing is changed in what is given unless everything fits.

    Args:
        path: of a file that `save` wrote; or of a safetensors file with weights alone, as torch writes them, and
            then a model with parameters of the same names and shapes.
        model: takes the weights; None: a model is built by the architecture in the file, with the same parameters
            frozen (`requires_grad`).
        optimizer: of this model; None: one is made, if the file has one.
        scheduler: of this optimiser; None: one is made, if the file has one.
        callbacks: those that take what callbacks of their class remembered, in the order in which they were saved.

    Raises:
        CheckpointError: the file cannot be read, is empty, damaged or of another version, holds other things
            than those given, or something that `load` cannot build itself.
        TypeError, ValueError: as save.

        >>> load("no.safetensors")
        Traceback (most recent call last):
        nn.checkpoint_file.CheckpointError: no.safetensors: cannot be read: No such file or directory
    """
    if model is not None:
        _check_model("load", model)
    optimizer = _paired(optimizer, scheduler)
    try:
        arrays, fields = unpacked(Path(path).read_bytes())
        return _restored(arrays, fields, model, optimizer, scheduler, callbacks)
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, TypeError) as error:
        raise CheckpointError(f"{path}: {error}") from None


def _paired(optimizer: Optimizer | None, scheduler: Schedule | None) -> Optimizer | None:
    """The optimiser; that of the scheduler, if only this is given."""
    if scheduler is None or optimizer is scheduler.optimizer:
        return optimizer
    if optimizer is not None:
        raise ValueError("the scheduler belongs to another optimizer than the one that is given")
    return scheduler.optimizer


def _check_model(function: str, model: Any) -> None:
    if not isinstance(model, Module):
        raise TypeError(f"{function}(path, model): model must be a Module, got {type(model).__name__}: {model!r}")


def _optimizer_fields(model: Module, optimizer: Optimizer, arrays: Arrays) -> Fields:
    """The optimiser for JSON; its lists with a number for each parameter go to the arrays, which keep every bit."""
    state, positions = optimizer.state_dict(), _positions(model, optimizer)
    if any(None in group for group in positions):
        raise CheckpointError("the optimiser moves a parameter that is not in the model, and would not be saved")
    for i, memory in enumerate(state["state"]):
        for name, thing in memory.items():
            if isinstance(thing, list):
                arrays[f"{OPTIMIZER}{i}/{name}"] = np.array(thing, np.float64)
                memory[name] = None  # its place is kept
    return {"class": type(optimizer).__name__, "parameters": positions, **state}


def _scheduler_fields(scheduler: Schedule) -> Fields:
    return {"class": type(scheduler).__name__, "state": scheduler.state_dict()}


def _positions(model: Module, optimizer: Optimizer) -> list[list[int | None]]:
    """For each group the places of its parameters among the model's; None for one that is not the model's."""
    place = {parameter: i for i, parameter in enumerate(model.parameters())}
    return [[place.get(parameter) for parameter in group["params"]] for group in optimizer.param_groups]


def _restored(
    arrays: Arrays,
    fields: Fields | None,
    model: Module | None,
    optimizer: Optimizer | None,
    scheduler: Schedule | None,
    callbacks: Iterable[Callback],
) -> Checkpoint:
    """Everything that can fail comes first, and then everything that changes what was given."""
    if fields is None:
        reason = "another program wrote it, without the architecture"
        fields = dict.fromkeys(("architecture", "optimizer", "scheduler", "history"))
        fields |= {"no_architecture": reason, "metadata": {}}
    if model is None:
        if fields["architecture"] is None:
            reason = fields["no_architecture"]
            raise CheckpointError(f"the model cannot be built ({reason}): make it and write load(path, model)")
        model = build(fields["architecture"])
        parameters = model.parameters()
        for place in fields["frozen"]:
            parameters[place].requires_grad = False
    moves = matched(model, {name: array for name, array in arrays.items() if not name.startswith(OPTIMIZER)})
    _check_architecture(model, fields["architecture"])
    optimizer, memory = _ready_optimizer(model, optimizer, fields["optimizer"], arrays)
    scheduler, plan = _ready_scheduler(optimizer, scheduler, fields["scheduler"])
    history = None if fields["history"] is None else History.from_dict(fields["history"])
    memories = _ready_callbacks(callbacks, fields.get("callbacks", []))
    if optimizer is not None:
        optimizer.load_state_dict(memory)  # it changes nothing if it raises; from here on nothing else does
    if scheduler is not None:
        scheduler.load_state_dict(plan)
    for callback, state in memories:
        callback.load_state_dict(state)
    for parameter, number in moves:
        parameter.data = number
    return Checkpoint(model, optimizer, scheduler, history, fields["metadata"])


def _check_architecture(model: Module, saved: dict[str, Any] | None) -> None:
    """Two models of the same shapes may still have other activations."""
    try:
        own = describe(model)
    except ValueError:
        return
    if saved is not None and saved != own:
        raise CheckpointError(f"it holds another architecture: {json.dumps(saved)}, the model given {json.dumps(own)}")


def _ready_optimizer(
    model: Module, optimizer: Optimizer | None, saved: Fields | None, arrays: Arrays
) -> tuple[Optimizer | None, Fields]:
    """The optimiser that is given, or one like the saved one; and the state that it is to take."""
    if saved is None:
        if optimizer is not None:
            raise CheckpointError("it holds no optimiser; write load(path, model)")
        return None, {}
    if optimizer is None:
        kinds: dict[str, Any] = {kind.__name__: kind for kind in OPTIMIZERS.values()}
        if saved["class"] not in kinds:
            raise CheckpointError(f"its optimiser {saved['class']} is none of nn's: make one and write optimizer=it")
        parameters = model.parameters()
        groups: list[Group] = [{"params": [parameters[place] for place in places]} for places in saved["parameters"]]
        optimizer = cast(Optimizer, kinds[saved["class"]](groups))
    _check_class("optimiser", saved["class"], optimizer)
    if saved["parameters"] != _positions(model, optimizer):
        raise CheckpointError("its optimiser moves other parameters of the model than the one that is given")
    state: list[Fields] = saved["state"]
    for name, array in arrays.items():
        if name.startswith(OPTIMIZER):
            _, group, key = name.split("/")
            state[int(group)][key] = array.tolist()
    return optimizer, {"state": state, "param_groups": saved["param_groups"]}


def _ready_scheduler(
    optimizer: Optimizer | None, scheduler: Schedule | None, saved: Fields | None
) -> tuple[Schedule | None, Fields]:
    """The scheduler that is given, or one like the saved one; and the state that it is to take."""
    if saved is None:
        if scheduler is not None:
            raise CheckpointError("it holds no scheduler; write load(path, model, optimizer)")
        return None, {}
    if scheduler is None:
        if saved["class"] not in SCHEDULERS:
            raise CheckpointError(f"its scheduler {saved['class']} is none of nn's: make one and write scheduler=it")
        kind = SCHEDULERS[saved["class"]]
        scheduler = kind.__new__(kind)  # making it as usual would set the optimiser's rates
        vars(scheduler).update(saved["state"], optimizer=optimizer)
    _check_class("scheduler", saved["class"], scheduler)
    copy(scheduler).load_state_dict(saved["state"])  # to see whether it can
    return scheduler, saved["state"]


def _ready_callbacks(callbacks: Iterable[Callback], saved: list[Fields]) -> list[tuple[Callback, Fields]]:
    """Each callback that remembers something, with the state that it is to take."""
    pairs: list[tuple[Callback, Fields]] = []
    left = list(saved)
    for callback in callbacks:
        if callback.state_dict():
            name = type(callback).__name__
            found = next((entry for entry in left if entry["class"] == name), None)
            if found is None:
                raise CheckpointError(f"it does not hold what the callback {name} remembered; load it without")
            left.remove(found)
            copy(callback).load_state_dict(found["state"])  # to see whether it can
            pairs.append((callback, found["state"]))
    return pairs


def _check_class(what: str, saved: str, given: Any) -> None:
    if type(given).__name__ != saved:
        raise CheckpointError(f"its {what} is of the class {saved}, the one that is given a {type(given).__name__}")
