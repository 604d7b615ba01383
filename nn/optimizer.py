"""What every optimiser is: groups of parameters with options, the numbers it remembers, and `step()`.

>>> from nn import SGD
>>> a, b = Value(1.0), Value(1.0)
>>> optimizer = SGD([{"params": [a]}, {"params": [b], "lr": 0.5}], lr=0.1)
>>> (a + b).backward()
>>> optimizer.step()                                # both gradients are 1
>>> a.data, b.data
(0.9, 0.5)
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from operator import is_
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from autograd import Value, read_data, read_grad, take_grad, write_data, zero_grad

from .options import checked
from .state import same_keys, same_size

Group = dict[str, Any]
"""Parameters under "params", and the options that hold for them: {"params": (Value, ...), "lr": 0.1, ...}."""

State = dict[str, Any]
"""What is remembered about a group: "step", how often it was moved, and arrays with a number for each parameter.

Where some were frozen for a while, "step" is an array, too."""

Floats = NDArray[np.float64]


class Optimizer:
    """The base of all optimisers; a subclass writes `_start`, what it remembers, and `_moved`, its formula.

    Args:
        parameters: the Values to move, `model.parameters()`; or groups of them, each a dict with "params" and
            the options that differ for this group.
        defaults: the options of a group that does not name its own.

    Attributes:
        param_groups: the groups. Their options may be written between two steps: `param_groups[0]["lr"] = 0.01`.

    Raises:
        TypeError: parameters is not a sequence of Values or groups, or an option not a number.
        ValueError: no parameters, one that is given twice, one that was computed from others; an option that
            the optimiser does not have, or out of its range.
    """

    def __init__(self, parameters: Iterable[Value] | Iterable[Group], defaults: dict[str, Any]) -> None:
        self.defaults = self._checked(defaults)
        self.param_groups: list[Group] = []
        self._states: list[State] = []
        self._found_right: list[Group] = []  # the groups as the latest check left them
        self._warned = False
        self._taken = -1
        if isinstance(parameters, Value) or not hasattr(parameters, "__iter__"):
            given = type(parameters).__name__
            raise TypeError(f"{self._name}: parameters must be a sequence of Values, got {given}")
        things: list[Any] = list(parameters)
        if not things:
            raise ValueError(f"{self._name}: there are no parameters (was a generator used up before?)")
        for group in things if isinstance(things[0], dict) else [{"params": things}]:
            self.add_param_group(group)

    @property
    def _name(self) -> str:
        return f"{type(self).__name__}(parameters, lr)"

    @property
    def parameters(self) -> list[Value]:
        """The parameters of all groups, in order."""
        return [parameter for group in self.param_groups for parameter in group["params"]]

    @property
    def lr(self) -> Any:
        """The learning rate of the first group; writing it sets that of every group."""
        return self.param_groups[0]["lr"]

    @lr.setter
    def lr(self, lr: Any) -> None:
        for group in self.param_groups:
            group["lr"] = lr

    def add_param_group(self, group: Group) -> None:
        """Move more parameters from now on, for instance of layers that were frozen until now.

        Raises:
            TypeError: the group is no dict with "params", these are no Values, or an option is not a number.
            ValueError: an option is unknown or out of its range; a parameter is there already, or was computed.

        >>> from nn import SGD
        >>> optimizer = SGD([Value(1.0)], lr=0.1)
        >>> optimizer.add_param_group({"params": [Value(2.0)], "lr": 0.01})
        >>> [group["lr"] for group in optimizer.param_groups]
        [0.1, 0.01]
        """
        place = f"param_groups[{len(self.param_groups)}]"
        if not isinstance(group, dict) or "params" not in group:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"{self._name}: {place} must be a dict with the key 'params', got {group!r}")
        options = {key: value for key, value in group.items() if key != "params"}
        for key in options:
            if key not in self.defaults:
                raise ValueError(f"{self._name}: {place} has no option {key!r}; it takes {', '.join(self.defaults)}")
        leaves = self._leaves(group["params"])
        if len({*self.parameters, *leaves}) < len(self.parameters) + len(leaves):
            raise ValueError(f"{self._name}: a parameter is given twice, and would be moved twice at each step")
        new = {"params": leaves, **self._checked({**self.defaults, **options})}
        self.param_groups.append(new)
        self._states.append({"step": 0, **self._start(new)})

    def step(self) -> None:
        """Move every parameter once, along the gradient that it has now (0.0 counts as a gradient).

        One whose `requires_grad` is False stays as it is, and so does what is remembered about it.

        It warns, once, when it is called again on the same gradients: none was written since its last step, by
        `backward()`, `zero_grad()` or by hand, and they are not all 0. It cannot see that `backward()` added a new
        gradient to the old one.

        >>> from nn import SGD
        >>> w = Value(1.0)
        >>> (w * 3).backward()
        >>> optimizer = SGD([w], lr=0.1)
        >>> optimizer.step()
        >>> round(w.data, 6)
        0.7
        """
        self._check_groups()  # before anything moves
        taken = [take_grad(group["params"]) for group in self.param_groups]
        latest, _ = max(taken)
        if latest == self._taken and not self._warned and any(p.grad for p in self.parameters if p.requires_grad):
            self._warned = True
            what = "was called twice on the same gradients: was zero_grad() and backward() forgotten in between?"
            warnings.warn(f"{type(self).__name__}.step() {what}", UserWarning, stacklevel=2)
        self._taken = latest
        for group, state, (_, frozen) in zip(self.param_groups, self._states, taken, strict=True):
            if not frozen:
                state["step"] = state["step"] + 1
                self._move(group, state)
            elif frozen < len(group["params"]):
                self._move_some(group, state, [i for i, p in enumerate(group["params"]) if p.requires_grad])

    def zero_grad(self) -> None:
        """Set every gradient to 0, since `backward()` adds to what is there.

        >>> from nn import SGD
        >>> SGD([Value(1.0)], lr=0.1).zero_grad()
        """
        for group in self.param_groups:
            zero_grad(group["params"])

    def state_dict(self) -> dict[str, Any]:
        """All that the optimiser knows, as plain numbers, lists and dicts (JSON keeps them to the last bit).

        "param_groups" holds the options of each group, with the positions of its parameters under "params";
        "state" holds what is remembered about each group.

        Raises:
            TypeError, ValueError: an option was written that the optimiser does not have, or out of its range.

        >>> from nn import SGD
        >>> SGD([Value(1.0)], lr=0.1).state_dict()["state"]
        [{'step': 0, 'momentum_buffer': None}]
        """
        self._check_groups()
        groups: list[dict[str, Any]] = []
        for group in self.param_groups:
            start = sum(len(before["params"]) for before in groups)
            groups.append({**group, "params": list(range(start, start + len(group["params"])))})
        states = [
            {key: x.tolist() if isinstance(x, np.ndarray) else x for key, x in state.items()} for state in self._states
        ]
        return {"state": states, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` gave, from an optimiser of the same kind with as many parameters.

        Raises:
            ValueError: a key is unknown or missing, or a size differs. Nothing is changed then.
            TypeError: an option is not a number. Nothing is changed then.

        >>> from nn import SGD
        >>> optimizer = SGD([Value(1.0)], lr=0.1)
        >>> optimizer.load_state_dict(SGD([Value(5.0)], lr=0.5).state_dict())
        >>> optimizer.lr
        0.5
        """
        where = f"{type(self).__name__}.load_state_dict"
        same_keys(f"{where}: the state", state_dict, {"state", "param_groups"})
        saved_groups, saved_states = state_dict["param_groups"], state_dict["state"]
        same_size(f"{where}: param_groups", saved_groups, len(self.param_groups))
        same_size(f"{where}: state", saved_states, len(self.param_groups))
        new_groups: list[dict[str, Any]] = []
        new_states: list[State] = []
        for i, group in enumerate(self.param_groups):
            place, n = f"{where}: param_groups[{i}]", len(group["params"])
            same_keys(place, saved_groups[i], {"params", *self.defaults}, {"initial_lr"})
            same_size(f"{place}['params']", saved_groups[i]["params"], n)
            new_groups.append(self._checked({**saved_groups[i], "params": group["params"]}))
            place, start = f"{where}: state[{i}]", self._start(group)
            same_keys(place, saved_states[i], {"step", *start})
            for key in start:
                if start[key] is not None or saved_states[i][key] is not None:
                    same_size(f"{place}[{key!r}]", saved_states[i][key], n)
                    if not all(isinstance(number, float | int) for number in saved_states[i][key]):
                        raise ValueError(f"{place}[{key!r}] must hold numbers, got {saved_states[i][key]!r}")
            steps = saved_states[i]["step"]
            if isinstance(steps, (list, tuple)):
                same_size(f"{place}['step']", steps, n)
            for step in cast(list[Any], steps) if isinstance(steps, (list, tuple)) else [steps]:
                if type(step) is not int or step < 0:
                    raise ValueError(f"{place}['step'] must be 0 or a positive int, got {step!r}")
            new_states.append(
                {
                    key: np.array(x, int if key == "step" else float) if isinstance(x, (list, tuple)) else x
                    for key, x in saved_states[i].items()
                }
            )
        for group, new in zip(self.param_groups, new_groups, strict=True):
            group.update(new)
        self._states = new_states
        self._taken = -1

    def __repr__(self) -> str:
        groups = "; ".join(
            ", ".join(f"{len(value)} parameters" if key == "params" else f"{key}={value}" for key, value in g.items())
            for g in self.param_groups
        )
        return f"{type(self).__name__}({groups})"

    def _start(self, group: Group) -> State:
        """What is remembered about a group before its first step."""
        raise NotImplementedError

    def _moved(self, group: Group, state: State, p: Floats, g: Floats) -> Floats:
        """Where one step takes the parameters p with the gradients g; state["step"] is 1 at the first."""
        raise NotImplementedError

    def _move(self, group: Group, state: State) -> None:
        """One step of a group."""
        p, g = read_data(group["params"]), read_grad(group["params"])
        with np.errstate(all="ignore"):  # inf and nan flow, as in Values
            write_data(group["params"], self._moved(group, state, p, g))

    def _move_some(self, group: Group, state: State, places: list[int]) -> None:
        """One step of the parameters at these places; what is remembered of the others stays."""
        state["step"] = np.zeros(len(group["params"]), int) + state["step"]
        state["step"][places] += 1
        part: State = {key: cast(Any, x)[places] if isinstance(x, np.ndarray) else x for key, x in state.items()}
        self._move({**group, "params": [group["params"][i] for i in places]}, part)
        for key, entry in part.items():
            if isinstance(entry, np.ndarray):
                entry = cast(Floats, entry)
                whole = np.zeros(len(group["params"])) if state[key] is None else state[key]
                whole[places] = entry
                entry = whole
            state[key] = entry

    def _check_groups(self) -> None:
        """Options may have been written; an error names the one that is wrong or unknown."""
        right = self._found_right
        if len(right) == len(self.param_groups) and all(map(_same, self.param_groups, right)):
            return
        for i, group in enumerate(self.param_groups):
            same_keys(f"{self._name}: param_groups[{i}]", group, {"params", *self.defaults}, {"initial_lr"})
            group.update(self._checked(group))
        self._found_right = [dict(group) for group in self.param_groups]

    def _checked(self, options: dict[str, Any]) -> dict[str, Any]:
        """The options with numbers made floats, or an error that names the one that is wrong."""
        return checked(self._name, options)

    def _leaves(self, parameters: Any) -> tuple[Value, ...]:
        """The parameters of a group, each a leaf."""
        if isinstance(parameters, Value) or not hasattr(parameters, "__iter__"):
            given = type(parameters).__name__
            raise TypeError(f"{self._name}: parameters must be a sequence of Values, got {given}")
        leaves = tuple(parameters)
        if not leaves:
            raise ValueError(f"{self._name}: there are no parameters (was a generator used up before?)")
        for i, parameter in enumerate(leaves):
            if not isinstance(parameter, Value):
                given = f"{type(parameter).__name__}: {parameter!r}"
                raise TypeError(f"{self._name}: parameters[{i}] must be a Value, got {given}")
            if parameter.operands:
                raise ValueError(
                    f"{self._name}: parameters[{i}] was computed (by {parameter.op!r}), so moving it moves nothing; "
                    "give the Values that it was made from, or parameter.detach() at the start"
                )
        return leaves


def _same(now: Group, before: Group) -> bool:
    """Whether the options are the very objects that they were."""
    return len(now) == len(before) and all(map(is_, now.values(), before.values())) and [*now] == [*before]
