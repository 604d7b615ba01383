"""Optimisers: they move the parameters so that the loss falls. Names and numbers are torch.optim's.

>>> x = Value(5.0)
>>> optimizer = SGD([x], lr=0.1)
>>> for _ in range(100):
...     optimizer.zero_grad()
...     loss = (x - 2) ** 2
...     loss.backward()
...     optimizer.step()
>>> round(x.data, 6)
2.0

In the formulas p is a parameter, g its gradient (with weight decay: g + weight_decay · p), t the number of the step.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from autograd import Value, add_grad

from .optimizer import Floats, Group, Optimizer, State


class SGD(Optimizer):
    """Stochastic gradient descent: p ← p - lr · ∂loss/∂p, as torch.optim.SGD.

    With momentum, a ball that rolls: b ← momentum · b + (1 - dampening) · g, where b = g at the first step, and
    p ← p - lr · b. With nesterov it looks ahead: p ← p - lr · (g + momentum · b).

    Sources: Polyak, "Some methods of speeding up the convergence of iteration methods" (1964); Sutskever et al.,
    "On the importance of initialization and momentum in deep learning" (2013), in torch's form.

    Args:
        parameters: the Values to move, `model.parameters()`; or dicts, the groups (see Optimizer).
        lr: the learning rate, 0 or more. The attribute `lr` may be written between two steps.
        momentum: 0 or more, usually 0.9. dampening: the part of each new gradient that is left out.
        weight_decay: of an L2 penalty, 0 or more.
        nesterov: needs momentum, and dampening 0.

    Raises:
        TypeError: parameters is not a sequence of Values, or lr not a number.
        ValueError: no parameters, one that is given twice, one that was computed from others; or lr is
            negative, inf or nan.

        >>> w = Value(1.0)
        >>> (w * 3).backward()
        >>> SGD([w], lr=0.5).step()
        >>> w.data
        -0.5
    """

    def __init__(
        self,
        parameters: Iterable[Value] | Iterable[Group],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        options = {"momentum": momentum, "dampening": dampening, "weight_decay": weight_decay, "nesterov": nesterov}
        super().__init__(parameters, {"lr": lr, **options})

    def _checked(self, options: Group) -> Group:
        checked = super()._checked(options)
        if checked["nesterov"] and (not checked["momentum"] or checked["dampening"]):
            given = f"momentum {checked['momentum']} and dampening {checked['dampening']}"
            raise ValueError(f"{self._name}: nesterov needs momentum above 0 and dampening 0, got {given}")
        return checked

    def _start(self, group: Group) -> State:
        return {"momentum_buffer": None}

    def _move(self, group: Group, state: State) -> None:
        if group["momentum"] or group["weight_decay"]:
            super()._move(group, state)
        else:
            add_grad(group["params"], -group["lr"])

    def _moved(self, group: Group, state: State, p: Floats, g: Floats) -> Floats:
        lr, momentum, dampening = group["lr"], group["momentum"], group["dampening"]
        move = g = decayed(group, p, g)
        if momentum:
            b = state["momentum_buffer"]
            move = g if b is None else momentum * b + (1 - dampening) * g
            if isinstance(state["step"], np.ndarray):  # some of them move for the first time
                move = np.where(state["step"] == 1, g, move)
            state["momentum_buffer"] = move
            if group["nesterov"]:
                move = g + momentum * move
        return p - lr * move


class Adagrad(Optimizer):
    """Each parameter's rate falls with the gradients that it has seen, as torch.optim.Adagrad.

    s ← s + g²,  p ← p - lr / (1 + (t - 1) · lr_decay) · g / (√s + eps)

    Source: Duchi, Hazan, Singer, "Adaptive subgradient methods for online learning and stochastic
    optimization" (2011).

    Args:
        parameters: the Values to move, or groups. lr: the learning rate. lr_decay: how fast it falls with t.
        weight_decay: of an L2 penalty. initial_accumulator_value: s at the start.
        eps: keeps the division from being by 0.

    Raises:
        TypeError, ValueError: as SGD.

        >>> w = Value(1.0)
        >>> (w * 3).backward()
        >>> Adagrad([w], lr=0.5).step()         # g / √g² is 1, whatever the size of the gradient
        >>> round(w.data, 6)
        0.5
    """

    def __init__(
        self,
        parameters: Iterable[Value] | Iterable[Group],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ) -> None:
        options = {"lr": lr, "lr_decay": lr_decay, "weight_decay": weight_decay}
        super().__init__(parameters, {**options, "initial_accumulator_value": initial_accumulator_value, "eps": eps})

    def _start(self, group: Group) -> State:
        return {"sum": np.full(len(group["params"]), group["initial_accumulator_value"])}

    def _moved(self, group: Group, state: State, p: Floats, g: Floats) -> Floats:
        g = decayed(group, p, g)
        rate = group["lr"] / (1 + (state["step"] - 1) * group["lr_decay"])
        s = state["sum"] = state["sum"] + g * g
        return p - rate * g / (np.sqrt(s) + group["eps"])


class RMSprop(Optimizer):
    """The gradient over the root of its running mean square, as torch.optim.RMSprop.

    v ← alpha · v + (1 - alpha) · g²,  p ← p - lr · g / (√v + eps)

    With centered, v - m² stands for v, the variance, where m ← alpha · m + (1 - alpha) · g; where rounding
    makes it negative it is taken as 0 (torch gives nan). With momentum: b ← momentum · b + g / (√v + eps),
    p ← p - lr · b.

    Sources: Hinton, "Neural networks for machine learning", lecture 6e (2012); centred: Graves, "Generating
    sequences with recurrent neural networks" (2013).

    Args:
        parameters: the Values to move, or groups. lr: the learning rate. alpha: how slowly v forgets, in [0, 1).
        eps: keeps the division from being by 0. weight_decay: of an L2 penalty. momentum: 0 or more.
        centered: divide by the standard deviation.

    Raises:
        TypeError, ValueError: as SGD.

        >>> w = Value(1.0)
        >>> (w * 3).backward()
        >>> RMSprop([w], lr=0.01).step()        # v is g² / 100 at first, so the step is 10 lr
        >>> round(w.data, 6)
        0.9
    """

    def __init__(
        self,
        parameters: Iterable[Value] | Iterable[Group],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ) -> None:
        options = {"weight_decay": weight_decay, "momentum": momentum, "centered": centered}
        super().__init__(parameters, {"lr": lr, "alpha": alpha, "eps": eps, **options})

    def _start(self, group: Group) -> State:
        return {name: np.zeros(len(group["params"])) for name in ("square_avg", "grad_avg", "momentum_buffer")}

    def _moved(self, group: Group, state: State, p: Floats, g: Floats) -> Floats:
        lr, alpha, eps, momentum, centered = (group[k] for k in ("lr", "alpha", "eps", "momentum", "centered"))
        g = decayed(group, p, g)
        square = v = state["square_avg"] = alpha * state["square_avg"] + (1 - alpha) * g * g
        if centered:
            m = state["grad_avg"] = state["grad_avg"] + (1 - alpha) * (g - state["grad_avg"])
            square = np.maximum(v - m * m, 0.0)
        if momentum:
            b = state["momentum_buffer"] = momentum * state["momentum_buffer"] + g / (np.sqrt(square) + eps)
            return p - lr * b
        return p - lr * g / (np.sqrt(square) + eps)


class Adam(Optimizer):
    """Momentum, and a rate for each parameter, both corrected for their start at 0; as torch.optim.Adam.

    m ← β₁ m + (1 - β₁) g,  v ← β₂ v + (1 - β₂) g²,  p ← p - lr · m̂ / (√v̂ + eps)
    where m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ).

    Source: Kingma, Ba, "Adam: a method for stochastic optimization" (2014), algorithm 1.

    Args:
        parameters: the Values to move, or groups. lr: the learning rate, about the size of a step.
        betas: (β₁, β₂), how slowly m and v forget, each in [0, 1). eps: keeps the division from being by 0.
        weight_decay: of an L2 penalty; AdamW decays the weights themselves.

    Raises:
        TypeError, ValueError: as SGD.

        >>> w = Value(1.0)
        >>> (w * 3).backward()
        >>> Adam([w], lr=0.1).step()            # the first step is lr, whatever the size of the gradient
        >>> round(w.data, 6)
        0.9
    """

    def __init__(
        self,
        parameters: Iterable[Value] | Iterable[Group],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    def _start(self, group: Group) -> State:
        return {name: np.zeros(len(group["params"])) for name in ("exp_avg", "exp_avg_sq")}

    def _moved(self, group: Group, state: State, p: Floats, g: Floats) -> Floats:
        return self._descended(group, state, p, decayed(group, p, g))

    def _descended(self, group: Group, state: State, p: Floats, g: Floats) -> Floats:
        (beta1, beta2), t = group["betas"], state["step"]
        m = state["exp_avg"] = state["exp_avg"] + (1 - beta1) * (g - state["exp_avg"])
        v = state["exp_avg_sq"] = beta2 * state["exp_avg_sq"] + (1 - beta2) * g * g
        return p - group["lr"] / (1 - beta1**t) * m / (np.sqrt(v) / np.sqrt(1 - beta2**t) + group["eps"])


class AdamW(Adam):
    """Adam with weight decay apart from the gradient: first p ← p - lr · weight_decay · p; as torch.optim.AdamW.

    Source: Loshchilov, Hutter, "Decoupled weight decay regularization" (2017), algorithm 2.

    Args:
        parameters, lr, betas, eps: as Adam. weight_decay: the part of each weight that goes, times lr.

    Raises:
        TypeError, ValueError: as SGD.

        >>> w = Value(1.0)
        >>> AdamW([w], lr=0.1, weight_decay=0.5).step()     # no gradient, only decay
        >>> w.data
        0.95
    """

    def __init__(
        self,
        parameters: Iterable[Value] | Iterable[Group],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay)

    def _moved(self, group: Group, state: State, p: Floats, g: Floats) -> Floats:
        return self._descended(group, state, p * (1 - group["lr"] * group["weight_decay"]), g)


def decayed(group: Group, p: Floats, g: Floats) -> Floats:
    """The gradients of a group, with weight decay: g + weight_decay · p, as of an L2 penalty.

    >>> decayed({"weight_decay": 0.5}, np.array([2.0]), np.array([1.0]))
    array([2.])
    """
    return g + group["weight_decay"] * p if group["weight_decay"] else g


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "adagrad": Adagrad,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
}
"""The optimisers by the names that `fit(..., optimizer=)` takes."""
