"""Every rung of the ladder computes the same on tiny sizes. No time is checked."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pytest

from . import apart, documents, fused, jobs, runner
from .apart import Computed
from .arrays import Numpy
from .engines import UnsupportedError
from .fused import Fused
from .irregular import LEAVES, Irregular, inputs, parameters, traced
from .networks import Network, network
from .rungs import Micrograd
from .runner import MismatchError, Result, compare, race

TINY = {"moons": 6, "spiral, tanh": 9}  # a loss and an activation of each kind
REFUSED = {("micrograd", "spiral, tanh")}
ACCUMULATING = ("compiled-call", "compiled-step")  # the one adds to the gradients, the other moves the parameters


@pytest.fixture(scope="module")
def processes() -> Iterator[dict[str, ProcessPoolExecutor]]:
    """A process for each engine."""
    spawn = multiprocessing.get_context("spawn")
    pools = {engine: ProcessPoolExecutor(1, spawn, apart.begin, (engine,)) for engine in ("c", "python")}
    yield pools
    for pool in pools.values():
        pool.shutdown()


@pytest.fixture
def computed(processes: dict[str, ProcessPoolExecutor]) -> Callable[..., list[Computed]]:
    """What a rung computes in each step, in the process of its engine; what this machine lacks is skipped."""

    def compute(workload: str, rung: str, steps: int = 1, **arguments: Any) -> list[Computed]:
        process = processes["python" if rung == "ours-python" else "c"]
        try:
            return process.submit(apart.compute, workload, rung, arguments, steps).result(timeout=120)
        except ModuleNotFoundError as missing:
            pytest.skip(f"{missing.name} is not installed")
        except (UnsupportedError, ImportError) as reason:
            pytest.skip(str(reason))

    return compute


def assert_equal(found: Any, expected: Any) -> None:
    assert found.names == expected.names
    assert found.gradients == pytest.approx(expected.gradients, rel=1e-9, abs=1e-9)


# Networks


def stepped(net: Network) -> Numpy:
    job = Numpy(net)
    job.step()
    return job


def by_hand(net: Network) -> Computed:
    job = stepped(net)
    return Computed(job.names, job.gradients(), None, [])


@pytest.mark.parametrize("name", TINY)
def test_numpy_by_hand_has_the_gradient_of_central_differences(name: str) -> None:
    net = network(name, TINY[name])
    job = stepped(net)
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


@pytest.mark.parametrize(
    ("rung", "name"),
    [(rung, name) for rung in jobs.RUNGS for name in TINY if rung != "numpy" and (rung, name) not in REFUSED],
)
def test_a_rung_computes_what_numpy_by_hand_computes(
    computed: Callable[..., list[Computed]], rung: str, name: str
) -> None:
    expected = by_hand(network(name, TINY[name]))
    for found in computed("network", rung, 1 if rung in ACCUMULATING else 2, name=name, samples=TINY[name]):
        assert_equal(found, expected)


def test_micrograd_has_no_cross_entropy() -> None:
    pytest.importorskip("micrograd", reason="micrograd is in the extra `bench`")
    with pytest.raises(UnsupportedError, match="has no exp and log"):
        Micrograd(network("spiral, tanh", 9))


def test_a_training_step_moves_the_parameters_against_the_gradient(computed: Callable[..., list[Computed]]) -> None:
    net = network("moons", 6)
    moved = net.weights() - 1e-6 * stepped(net).gradient
    [found] = computed("network", "compiled-step", name="moons", samples=6)
    assert found.parameters == pytest.approx(moved, rel=1e-14)


def test_cpp_leaves_out_the_lanes_that_no_sample_fills() -> None:
    net = network("moons", 35)
    try:
        job = Fused(net)
    except UnsupportedError as reason:
        pytest.skip(str(reason))
    for samples in (1, 7, 8, 9, 16, 17, 25, 35):
        first = Network(net.sizes, net.activation, net.X[:samples], net.y[:samples])
        *arrays, _, gradient = job.arguments
        job.arguments = (*arrays, samples, gradient)
        job.step()
        assert job.gradients() == pytest.approx(by_hand(first).gradients, rel=1e-9, abs=1e-9)


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


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("rung", [name for name in jobs.DOCUMENTS if name != "plain"])
def test_a_gpt_computes_what_it_computes_on_the_plain_value(
    computed: Callable[..., list[Computed]], rung: str, count: int
) -> None:
    [found], [expected] = (computed("documents", engine, count=count) for engine in (rung, "plain"))
    assert_equal(found, expected)


def test_the_plain_value_has_the_gradients_of_central_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "DOCUMENT", apart.SHORT)
    job: Any = documents.Documents("plain", 1)
    job.step()
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
@pytest.mark.parametrize("rung", jobs.GRAPHS)
def test_an_irregular_graph_has_its_loss_and_gradient(
    computed: Callable[..., list[Computed]], rung: str, samples: int
) -> None:
    [found] = computed("irregular", rung, nodes=300, samples=samples)
    graph, p, X = Irregular.of(300), parameters(), inputs(samples)

    def loss(p: Any) -> float:
        return float(sum(evaluated(graph, p, x) for x in X))

    value, *gradient = found.gradients
    assert value == pytest.approx(loss(p), rel=1e-12)
    for i in (0, 17, 63):
        step = np.zeros(LEAVES)
        step[i] = 1e-6
        assert gradient[i] == pytest.approx((loss(p + step) - loss(p - step)) / 2e-6, rel=1e-5, abs=1e-6)
    assert set(found.parts or {}) == {"forward", "both"}


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
