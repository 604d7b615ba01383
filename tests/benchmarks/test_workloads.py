"""The benchmark's programs compute what they say: held against numpy, central differences, and each other."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import autograd

from . import engines
from .chain import FACTOR, Chain
from .gpt import GPT
from .moons import SIZES, Moons, count_nodes, make_moons, starting_weights


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> engines.Engine:
    """The engine of this process."""
    monkeypatch.setenv("AUTOGRAD_ENGINE", autograd.engine)
    return engines.ours(autograd.engine)


def check_against_differences(job: Any, every: int) -> None:
    """Compare the sweep's gradient of each `every`-th parameter with a central difference."""
    job.step()
    eps = 1e-6
    for name, p in list(zip(job.names, job.parameters, strict=True))[::every]:
        analytic, start = p.grad, p.data
        p.data = start + eps
        above = job.loss().data
        p.data = start - eps
        below = job.loss().data
        p.data = start
        assert analytic == pytest.approx((above - below) / (2 * eps), rel=1e-5, abs=1e-7), name


@pytest.mark.parametrize("neuron", ["sum", "dot", "nn"])
def test_moons_has_the_gradients_of_central_differences(ours: engines.Engine, neuron: str) -> None:
    check_against_differences(Moons(ours, neuron, samples=6), every=7)


def test_gpt_has_the_gradients_of_central_differences(ours: engines.Engine) -> None:
    check_against_differences(GPT(ours, document=(26, 4, 12, 26)), every=301)


def test_moons_has_the_loss_that_numpy_computes(ours: engines.Engine) -> None:
    job = Moons(ours)
    points, labels = make_moons()
    weights, x = iter(starting_weights().values()), np.array(points)
    squares = 0.0
    for inputs, outputs in pairwise(SIZES):
        rows = np.array([[next(weights) for _ in range(inputs + 1)] for _ in range(outputs)])
        squares += np.sum(rows**2)
        x = x @ rows[:, :-1].T + rows[:, -1]
        x = np.maximum(x, 0) if outputs > 1 else x
    expected = np.maximum(0, 1 - np.array(labels) * x[:, 0]).mean() + 1e-4 * squares
    assert job.step() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("neuron", ["dot", "nn"])
def test_other_neurons_compute_the_same(ours: engines.Engine, neuron: str) -> None:
    with_sum, other = Moons(ours), Moons(ours, neuron)
    assert other.step() == pytest.approx(with_sum.step(), rel=1e-12)
    expected = [p.grad for p in with_sum.parameters]
    assert [p.grad for p in other.parameters] == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_gpt_has_the_loss_that_numpy_computes(ours: engines.Engine) -> None:
    job = GPT(ours)
    w = {name: np.array([[float(p) for p in row] for row in matrix]) for name, matrix in job.weights.items()}
    tokens, length = list(job.document), len(job.document) - 1

    def norm(x: Any) -> Any:
        return x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 1e-5)

    def softmax(x: Any) -> Any:
        return np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True)

    x = w["token_embedding"][tokens[:-1]] + w["position_embedding"][:length]
    q, k, v = (
        (norm(x) @ w[f"attention.{part}"].T).reshape(length, 4, 4).transpose(1, 0, 2)  # head, position, width
        for part in ("query", "key", "value")
    )
    scores = q @ k.transpose(0, 2, 1) / 2.0
    scores[:, np.triu(np.ones((length, length), dtype=bool), 1)] = -np.inf
    x = x + (softmax(scores) @ v).transpose(1, 0, 2).reshape(length, 16) @ w["attention.output"].T
    x = x + np.maximum(norm(x) @ w["mlp.up"].T, 0) @ w["mlp.down"].T
    probabilities = softmax(x @ w["head"].T)
    expected = -np.log(probabilities[range(length), tokens[1:]]).mean()
    assert job.step() == pytest.approx(expected, rel=1e-12)


def test_every_parameter_of_the_gpt_but_unused_embeddings_takes_part(ours: engines.Engine) -> None:
    job = GPT(ours)
    job.step()
    idle = {name.rsplit(".", 1)[0] for name, p in zip(job.names, job.parameters, strict=True) if p.grad == 0.0}
    used = {f"token_embedding.{token}" for token in job.document[:-1]}
    used |= {f"position_embedding.{i}" for i in range(len(job.document) - 1)}
    assert not idle & used
    assert not {name for name in idle if name.startswith(("attention", "head"))}


def test_chain_has_the_derivative_of_its_product(ours: engines.Engine) -> None:
    job = Chain(ours, 1000)
    parts = job.step()
    assert job.parameters[0].grad == pytest.approx(FACTOR**1000, rel=1e-12)
    assert set(parts) == {"build", "sweep", "free"}


@pytest.mark.parametrize("job", [Moons, GPT])
def test_floats_give_the_same_loss(ours: engines.Engine, job: Any) -> None:
    assert job(engines.floats()).step() == pytest.approx(job(ours).step(), rel=1e-12)


def test_a_chain_of_floats_is_refused() -> None:
    with pytest.raises(engines.UnsupportedError, match="no graph"):
        Chain(engines.floats(), 10)


def test_a_gpt_without_exp_is_refused(ours: engines.Engine) -> None:
    with pytest.raises(engines.UnsupportedError, match="no exp and log"):
        GPT(replace(ours, exp=None))


def test_count_nodes_counts_a_shared_node_once() -> None:
    x = autograd.Value(3.0)
    assert count_nodes((x * x) + x) == 3
