"""Every rung of the ladder computes the same on tiny sizes. No time is checked."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

import autograd

from . import documents, fused, jobs, runner
from .arrays import Numpy
from .engines import UnsupportedError
from .fused import Fused
from .irregular import LEAVES, Irregular, inputs, parameters, traced
from .networks import Network, network
from .runner import MismatchError, Result, compare, race

TINY = {"moons": 6, "spiral, tanh": 9}  # a loss and an activation of each kind


@pytest.fixture(autouse=True)
def engine_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rungs that want the other engine are left out: it is fixed at import."""
    monkeypatch.setenv("AUTOGRAD_ENGINE", autograd.engine)


def made(rungs: dict[str, Any], engine: str, *arguments: Any) -> Any:
    """The job after a step, or skip."""
    try:
        job = rungs[engine](*arguments)
    except ModuleNotFoundError as missing:
        pytest.skip(f"{missing.name} is not installed")
    except (UnsupportedError, ImportError) as reason:
        pytest.skip(str(reason))
    job.step()
    return job


def assert_equal(job: Any, expected: Any) -> None:
    assert job.names == expected.names
    assert job.gradients() == pytest.approx(expected.gradients(), rel=1e-9, abs=1e-9)


# Networks


def by_hand(net: Network) -> Numpy:
    job = Numpy(net)
    job.step()
    return job


@pytest.mark.parametrize("name", TINY)
def test_numpy_by_hand_has_the_gradient_of_central_differences(name: str) -> None:
    net = network(name, TINY[name])
    job = by_hand(net)
    slopes, vector, eps = job.gradient, net.weights(), 1e-6
    for i in range(0, len(vector), 41):
        around: list[float] = []
        for number in (vector[i] + eps, vector[i] - eps):
            moved = vector.copy()
            moved[i] = number
            job.layers = net.layers(moved)
            job.step()
            around.append(float(job.loss))
        assert slopes[i] == pytest.approx((around[0] - around[1]) / (2 * eps), rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("name", TINY)
@pytest.mark.parametrize("engine", [name for name in jobs.RUNGS if name != "numpy"])
def test_a_rung_computes_what_numpy_by_hand_computes(engine: str, name: str) -> None:
    net = network(name, TINY[name])
    job = made(jobs.RUNGS, engine, net)
    assert_equal(job, by_hand(net))
    if engine not in (
        "compiled-call",
        "compiled-step",
    ):  # the one adds to the gradients, the other moves the parameters
        job.step()
        assert_equal(job, by_hand(net))


def test_a_training_step_moves_the_parameters_against_the_gradient() -> None:
    net = network("moons", 6)
    job = made(jobs.RUNGS, "compiled-step", net)
    moved = net.weights() - 1e-6 * by_hand(net).gradient
    assert autograd.read_data(job.parameters) == pytest.approx(moved, rel=1e-14)


def test_cpp_leaves_out_the_lanes_that_no_sample_fills() -> None:
    net = network("moons", 35)
    job = made(jobs.RUNGS, "fused", net)
    for samples in (1, 7, 8, 9, 16, 17, 25, 35):
        first = Network(net.sizes, net.activation, net.X[:samples], net.y[:samples])
        *arrays, _, gradient = job.arguments
        job.arguments = (*arrays, samples, gradient)
        job.step()
        assert_equal(job, by_hand(first))


def test_without_a_compiler_cpp_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fused.shutil, "which", lambda name: None)
    with pytest.raises(UnsupportedError, match=r"no C\+\+ compiler"):
        Fused(network("moons", 3))


def test_the_digits_are_256_of_8_by_8() -> None:
    pytest.importorskip("sklearn", reason="the digits come from scikit-learn")
    net = network("digits")
    assert net.X.shape == (256, 64)
    assert (net.X.min(), net.X.max(), sorted(set(net.y.tolist()))) == (0, 1, list(range(10)))


# Documents


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "DOCUMENT", (26, 4, 26))


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("engine", [name for name in jobs.DOCUMENTS if name != "plain"])
def test_a_gpt_computes_what_it_computes_on_the_plain_value(engine: str, count: int) -> None:
    assert_equal(made(jobs.DOCUMENTS, engine, count), made(jobs.DOCUMENTS, "plain", count))


@pytest.mark.usefixtures("short")
def test_the_plain_value_has_the_gradients_of_central_differences() -> None:
    job = made(jobs.DOCUMENTS, "plain", 1)
    slopes, eps = job.gradient, 1e-6
    assert sum(slope != 0 for slope in slopes) > 2000
    for i in range(0, len(slopes), 901):
        p, around = job.gpt.parameters[i], []
        start = p.data
        for number in (start + eps, start - eps):
            p.data = number
            job.step()
            around.append(job.loss)
        p.data = start
        assert slopes[i] == pytest.approx((around[0] - around[1]) / (2 * eps), rel=1e-5, abs=1e-8)


def test_documents_have_one_length_and_differ() -> None:
    drawn = documents.documents(32)
    assert {len(document) for document in drawn} == {len(documents.DOCUMENT)}
    assert len(set(drawn)) == 32
    assert all(max(document) == 26 == document[0] == document[-1] for document in drawn)


# Irregular graphs


def evaluated(graph: Irregular, p: Any, x: Any) -> Any:
    """The result, node by node, in numpy's numbers."""
    v = [*p, *x]
    for kind, i, j in zip(graph.kind, graph.first, graph.second, strict=True):
        v.append([v[i] + v[j], v[i] - v[j], v[i] * v[j], np.sin(v[i])][kind])
    return sum(v[i] for i in graph.ends)


def test_the_irregular_graph_is_what_the_trace_says() -> None:
    graph, p, [x] = Irregular.of(500), parameters(), inputs(1)
    assert traced(graph).evaluate(p.tolist(), x.tolist()) == pytest.approx([evaluated(graph, p, x)], rel=1e-12)


def test_every_node_of_the_irregular_graph_counts() -> None:
    graph = Irregular.of(500)
    pairs = zip(graph.kind, graph.first, graph.second, strict=True)
    read = {x for kind, *both in pairs for x in both[: 1 if kind == 3 else 2]} | set(graph.ends)
    assert set(range(2 * LEAVES, 2 * LEAVES + 500)) <= read


@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("engine", jobs.GRAPHS)
def test_an_irregular_graph_has_its_loss_and_gradient(engine: str, samples: int) -> None:
    job = made(jobs.GRAPHS, engine, 300, samples)
    graph, p, X = Irregular.of(300), parameters(), inputs(samples)

    def loss(p: Any) -> float:
        return float(sum(evaluated(graph, p, x) for x in X))

    assert float(job.loss) == pytest.approx(loss(p), rel=1e-12)
    for i in (0, 17, 63):
        step = np.zeros(LEAVES)
        step[i] = 1e-6
        assert float(job.gradient[i]) == pytest.approx((loss(p + step) - loss(p - step)) / 2e-6, rel=1e-5, abs=1e-6)
    assert set(job.step()) == {"forward", "both"}


# In their processes


def test_rungs_agree_in_their_own_processes() -> None:
    arguments = {"name": "moons", "samples": 5}
    results = race("moons", "network", [(rung, arguments) for rung in ("numpy", "ours-python")], rounds=1)
    assert all(result.seconds is not None for result in results)
    assert results[0].names[:2] == ["loss", "parameter 0"]


def test_a_slow_engine_has_few_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = {"name": "moons", "samples": 3}
    monkeypatch.setattr(runner, "SLOW", 0.0)
    [result] = race("moons", "network", [("numpy", arguments)], rounds=3, slow_rounds=1)
    assert len(result.rounds) == 1


def test_another_loss_is_a_mismatch() -> None:
    pair = [Result(engine, {}, names=["loss"], gradients=[loss]) for engine, loss in (("numpy", 1.0), ("jax", 1.1))]
    with pytest.raises(MismatchError, match=r"^loss: jax says 1.1, numpy says 1.0"):
        compare(pair)


def test_a_job_keeps_to_one_core_unless_threads_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[set[int]] = []
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1, 2}, raising=False)
    monkeypatch.setattr(os, "sched_setaffinity", lambda process, cores: kept.append(cores), raising=False)
    monkeypatch.setitem(jobs.RUNGS, "idle", lambda net, threads=1: threads)
    assert jobs.start("idle", "network", {"name": "moons", "samples": 3, "threads": 2}) == 2
    assert kept == []
    assert jobs.start("idle", "network", {"name": "moons", "samples": 3}) == 1
    assert kept == [{2}]
