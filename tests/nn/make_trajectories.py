"""Write trajectories.json: what torch's optimisers and schedulers do, for the tests of ours.

    python -m tests.nn.make_trajectories            (needs torch)

The problem has 4 parameters: f = (a² b - 1)² + ½ exp(b - a) + (c d - a)² + c²/10, started at START.
Of each of the 200 steps of an optimiser the file holds the parameters in every 20th, and in the last.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

START = (1.5, -0.5, 0.3, 2.0)
STEPS = 200
KEPT = (0, 1, 2, *range(19, STEPS, 20))
PATH = Path(__file__).with_name("trajectories.json")

OPTIMISERS: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("SGD", {"lr": 0.02}),
    "sgd, weight decay": ("SGD", {"lr": 0.02, "weight_decay": 0.1}),
    "sgd, momentum": ("SGD", {"lr": 0.01, "momentum": 0.9}),
    "sgd, dampening": ("SGD", {"lr": 0.02, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}),
    "sgd, nesterov": ("SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    "adagrad": ("Adagrad", {"lr": 0.1}),
    "adagrad, all options": (
        "Adagrad",
        {"lr": 0.2, "lr_decay": 0.01, "weight_decay": 0.1, "initial_accumulator_value": 0.5, "eps": 1e-4},
    ),
    "rmsprop": ("RMSprop", {"lr": 0.01}),
    "rmsprop, momentum": ("RMSprop", {"lr": 0.002, "momentum": 0.9, "weight_decay": 0.1, "alpha": 0.9}),
    "rmsprop, centred": ("RMSprop", {"lr": 0.001, "centered": True, "eps": 1e-4}),
    "rmsprop, all options": (
        "RMSprop",
        {"lr": 0.001, "centered": True, "momentum": 0.5, "weight_decay": 0.1, "alpha": 0.95, "eps": 1e-3},
    ),
    "adam": ("Adam", {"lr": 0.05}),
    "adam, all options": ("Adam", {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-4, "weight_decay": 0.1}),
    "adamw": ("AdamW", {"lr": 0.05}),
    "adamw, all options": ("AdamW", {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-4, "weight_decay": 0.3}),
}

SCHEDULERS: dict[str, tuple[str, dict[str, Any]]] = {
    "step": ("StepLR", {"step_size": 7, "gamma": 0.8}),
    "multistep": ("MultiStepLR", {"milestones": [3, 10, 10, 60], "gamma": 0.5}),
    "exponential": ("ExponentialLR", {"gamma": 0.97}),
    "linear": ("LinearLR", {}),
    "linear, falling": ("LinearLR", {"start_factor": 0.9, "end_factor": 0.1, "total_iters": 40}),
    "cosine": ("CosineAnnealingLR", {"T_max": 25, "eta_min": 0.01}),
    "cosine, short": ("CosineAnnealingLR", {"T_max": 1}),
    "cosine, restarts": ("CosineAnnealingWarmRestarts", {"T_0": 9}),
    "cosine, longer restarts": ("CosineAnnealingWarmRestarts", {"T_0": 5, "T_mult": 2, "eta_min": 0.01}),
    "one cycle": ("OneCycleLR", {"max_lr": 0.3, "total_steps": 100}),
    "one cycle, two rates": ("OneCycleLR", {"max_lr": [0.3, 0.1], "epochs": 12, "steps_per_epoch": 10}),
    "one cycle, three phases": (
        "OneCycleLR",
        {
            "max_lr": 0.3,
            "total_steps": 100,
            "three_phase": True,
            "anneal_strategy": "linear",
            "pct_start": 0.4,
            "base_momentum": 0.5,
            "max_momentum": 0.9,
            "div_factor": 10.0,
            "final_div_factor": 100.0,
        },
    ),
    "plateau": ("ReduceLROnPlateau", {"patience": 3, "factor": 0.5}),
    "plateau, max": (
        "ReduceLROnPlateau",
        {
            "mode": "max",
            "patience": 2,
            "factor": 0.7,
            "threshold": 0.1,
            "threshold_mode": "abs",
            "cooldown": 4,
            "min_lr": [0.01, 0.02],
        },
    ),
    "plateau, relative max": ("ReduceLROnPlateau", {"mode": "max", "patience": 2, "threshold": 0.2, "factor": 0.7}),
    "plateau, absolute": ("ReduceLROnPlateau", {"patience": 1, "threshold": 0.05, "threshold_mode": "abs"}),
}


def problem(a: Any, b: Any, c: Any, d: Any) -> Any:
    """The function to minimise, of Values or of torch's tensors."""
    return (a**2 * b - 1) ** 2 + 0.5 * (b - a).exp() + (c * d - a) ** 2 + c**2 / 10


def metric(epoch: int) -> float:
    """A validation score that gets better, worse, and stays."""
    return 5 / (1 + epoch % 37) + (epoch % 5) / 10


def trajectory(optimizer: Any, parameters: list[Any]) -> list[list[float]]:
    """The parameters after each of STEPS steps."""
    seen: list[list[float]] = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        problem(*parameters).backward()
        optimizer.step()
        seen.append([p.item() for p in parameters])
    return seen


def rates(optimizer: Any, scheduler: Any, epochs: int) -> list[list[float]]:
    """The learning rates of both groups at each epoch, and their momenta."""
    seen: list[list[float]] = []
    for epoch in range(epochs + 1):
        groups = optimizer.param_groups
        seen.append([float(g["lr"]) for g in groups] + [float(g["momentum"]) for g in groups])
        if epoch < epochs:
            optimizer.step()
            scheduler.step(*([metric(epoch)] if type(scheduler).__name__ == "ReduceLROnPlateau" else []))
    return seen


def two_groups(a: Any, b: Any) -> list[dict[str, Any]]:
    """Two parameter groups, the second with its own rate."""
    return [{"params": [a]}, {"params": [b], "lr": 0.05}]


def torch_trajectory(name: str) -> list[list[float]]:
    """What torch's optimiser does."""
    import torch

    kind, options = OPTIMISERS[name]
    parameters = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in START]
    return trajectory(getattr(torch.optim, kind)(parameters, **options), parameters)


def torch_rates(name: str) -> list[list[float]]:
    """What torch's scheduler does."""
    import torch

    kind, options = SCHEDULERS[name]
    a, b = (torch.zeros(1, dtype=torch.float64, requires_grad=True) for _ in range(2))
    optimizer = torch.optim.SGD(two_groups(a, b), lr=0.1, momentum=0.9)
    return rates(optimizer, getattr(torch.optim.lr_scheduler, kind)(optimizer, **options), 100)


if __name__ == "__main__":
    stored = {
        "optimisers": {name: [path[i] for i in KEPT] for name in OPTIMISERS for path in [torch_trajectory(name)]},
        "schedulers": {name: torch_rates(name) for name in SCHEDULERS},
    }
    lines = (
        f" {json.dumps(part)}: {{\n"
        + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in numbers.items())
        + "\n }"
        for part, numbers in stored.items()
    )
    PATH.write_text("{\n" + ",\n".join(lines) + "\n}\n")
