"""The C executor against an interpreter in plain Python: each operation, many runs, choices, threads."""

import math
import threading
from itertools import product

import numpy as np
import pytest

from autograd.rules import RULES

from .executed import KERNELS, Maker, c_executor, check, interpret, network, random_inputs, random_program, run

FIXED = [name for name, rule in RULES.items() if not rule.variadic and name != "take"]


# ---- Each operation, with operands of each kind ----


@pytest.mark.parametrize("name", FIXED)
def test_each_rule(name):
    rule, rng = RULES[name], np.random.default_rng(len(name))
    arity = len(rule.domain)
    n = 5
    for kinds in product("pcx", repeat=arity):  # a parameter, a constant, a number of the sample
        low, high = np.array(rule.domain).T
        make = Maker(n * arity, rng.uniform(low, high, (n, arity)).T.ravel(), n * arity)
        inputs = make.samples()
        slots = {"p": range(n * arity), "c": range(n * arity, 2 * n * arity), "x": inputs}
        args = [slots[kind][i * n + j] for i, kind in enumerate(kinds) for j in range(n)]
        program = make.program(make.run(name, n, args))
        parameters = rng.uniform(low, high, (n, arity)).T.ravel()
        for N in (1, 2, 9):
            X = rng.uniform(low, high, (N, n, arity)).transpose(0, 2, 1).reshape(N, -1)
            check(program, parameters, X, rng.normal(size=(N, n)))


@pytest.mark.parametrize("name", FIXED)
def test_each_rule_of_parameters_only(name):
    rule, rng = RULES[name], np.random.default_rng(3)
    low, high = np.array(rule.domain).T
    n, arity = 7, len(low)
    make = Maker(n * arity, (), 1)
    slots = make.run(name, n, range(n * arity))
    (x,) = make.samples()
    program = make.program(make.run("*", n, [*slots, *[x] * n]))
    for N in (1, 3):
        check(program, rng.uniform(low, high, (n, arity)).T.ravel(), rng.normal(size=(N, 1)))


SPECIAL = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    2.0,
    3.0,
    math.inf,
    -math.inf,
    math.nan,
    1e-310,
    1e300,
    -1e300,
    710.0,
    -746.0,
]


@pytest.mark.parametrize("name", FIXED)
@pytest.mark.parametrize("N", [1, 300])
def test_special_values(name, N):
    """inf, nan, zeros: what the rule gives in Python, forward and backward."""
    rule = RULES[name]
    arity = len(rule.domain)
    grid = list(product(SPECIAL, repeat=arity if arity < 3 else 2))
    grid = [point if arity < 3 else (*point, 7.0) for point in grid]
    make = Maker(len(grid) * arity, (), 1)
    (x,) = make.samples()
    ones = make.run("+", len(grid) * arity, [*range(len(grid) * arity), *[x] * len(grid) * arity])  # x is 0 or -0
    ones = [ones[j * len(grid) + i] for j in range(arity) for i in range(len(grid))]
    program = make.program(make.run(name, len(grid), ones))
    parameters = np.array(grid).T.ravel()
    want, want_g = interpret(program, parameters, [[-0.0]], 1.0)
    for kernels in KERNELS:
        got, g = run(program, parameters, [[-0.0]] * N, kernels=kernels)
        np.testing.assert_allclose(got, np.repeat(want, N, 0), 1e-14, err_msg=kernels)
        with np.errstate(over="ignore"):
            np.testing.assert_allclose(g, want_g * N, 1e-13, err_msg=kernels)


@pytest.mark.parametrize("name", ["sum", "logsumexp"])
def test_many(name):
    rng = np.random.default_rng(5)
    make = Maker(3, [0.25, -1.5], 4)
    pool = [0, 1, 2, 3, 4, *make.samples()]
    counts = [1, 2, 0, 3, 9, 5]
    operands = rng.choice(pool, sum(counts))
    program = make.program(make.run(name, len(counts), [*counts, *operands]))
    for N in (1, 2, 7, 8, 21):
        check(program, rng.normal(size=3), rng.normal(size=(N, 4)), rng.normal(size=(N, len(counts))))


@pytest.mark.parametrize("top", [math.inf, -math.inf, math.nan, 800.0])
def test_logsumexp_of_what_is_not_finite(top):
    make = Maker(2, (), 1)
    (x,) = make.samples()
    program = make.program(make.run("logsumexp", 2, [2, 2, 0, x, x, x]))
    for N in (1, 5):
        check(program, [1.0, 2.0], [[top]] * N)


@pytest.mark.parametrize("kinds", ["pp", "px", "xp", "xx", "mixed"])
@pytest.mark.parametrize("k", [0, 1, 3, 4, 5, 11])
@pytest.mark.parametrize("biased", [0, 1])
def test_dot(kinds, k, biased):
    rng, n = np.random.default_rng(k), 3
    make = Maker(9, [0.5], 8)
    pools = {"p": list(range(10)), "x": make.samples()}
    pools["m"] = pools["p"] + pools["x"]
    w, x = ("m", "m") if kinds == "mixed" else kinds
    args = [k, biased]
    for _ in range(n):
        args += [*rng.choice(pools[w], k), *rng.choice(pools[x], k), *rng.choice(pools["m"], biased)]
    program = make.program(make.run("dot", n, args))
    for N in (1, 2, 17):
        check(program, rng.normal(size=9), rng.normal(size=(N, 8)), rng.normal(size=(N, n)))


@pytest.mark.parametrize("m", [1, 2, 3, 4, 5, 9])
@pytest.mark.parametrize("k", [1, 2, 7, 16, 17, 33])
@pytest.mark.parametrize("biased", [0, 1])
@pytest.mark.parametrize("order", ["rows", "mixed", "of samples"])
def test_product(m, k, biased, order):
    """Weights in order or not, x of samples and of parameters, the same x twice; weights that vary with the sample."""
    rng = np.random.default_rng(m * 100 + k)
    make = Maker(m * (k + 1), [1.5], 5)
    parameters, inputs = np.arange(m * (k + 1)), make.samples()
    tanh = make.run("tanh", 5, inputs)
    again = make.run("*", 5, [*inputs, *parameters[:1], *parameters[-1:], *parameters[:1] * 3, *tanh[:2]])
    rows = parameters.reshape(m, k + 1)
    if order != "rows":
        rows = rng.permutation(parameters).reshape(m, k + 1)
    w, bias = rows[:, :k].ravel(), rows[:, k]
    pool = [*tanh, *again, 0, m * (k + 1)]
    x = rng.choice([*tanh, *again] if order == "rows" else pool, k)
    if order == "of samples":
        w = w.copy()
        w[rng.random(w.size) < 0.4] = again[0]
        bias = [again[1]] * m
    out = make.run("product", m, [m, k, biased, *w, *x, *bias[: m * biased]])
    program = make.program([*out, out[0]])
    for N in (1, 2, 8, 19):
        check(program, rng.normal(size=m * (k + 1)), rng.normal(size=(N, 5)), rng.normal(size=(N, m + 1)))


def test_product_of_one_sample_whose_x_lies_in_order():
    make = Maker(6, (), 3)
    inputs = make.samples()
    program = make.program(make.run("product", 2, [2, 3, 0, *range(6), *inputs]))
    check(program, [1.0, 2, 3, 4, 5, 6], [[1.0, -1.0, 0.5]])


# ---- Programs of many runs ----


@pytest.mark.parametrize("seed", range(60))
def test_random_programs(seed):
    rng, program = np.random.default_rng(seed), random_program(seed)
    for N in (1, seed % 20 + 1):
        check(program, rng.normal(size=6), random_inputs(rng, N), rng.normal(size=(N, len(program.outputs))))


@pytest.mark.parametrize("N", [*range(1, 21), 1000])
def test_batch_sizes(N):
    rng, program = np.random.default_rng(N), random_program(7)
    check(program, rng.normal(size=6), random_inputs(rng, N))


@pytest.mark.parametrize("seed", range(12))
def test_single_precision(seed):
    rng, program = np.random.default_rng(seed), random_program(seed)
    for N in (1, 7, 300):
        parameters, X = rng.normal(size=6), random_inputs(rng, N)
        want, want_g = interpret(program, parameters, X, 1.0)
        for kernels in KERNELS:
            got, g = run(program, parameters, X, kernels=kernels, number=4)
            np.testing.assert_allclose(got, want, 1e-4, 1e-4, err_msg=kernels)
            np.testing.assert_allclose(g, want_g, 1e-4, 1e-4 * N, err_msg=kernels)
            exact = run(program, parameters, X, kernels=kernels)
            assert (exact[1] != g).any() or not want_g.any()


def test_no_samples():
    program = random_program(1)
    outputs, gradient = run(program, np.ones(6), np.zeros((0, 4)))
    assert outputs.shape == (0, len(program.outputs))
    assert not gradient.any()
    assert not run(program, np.ones(6), np.zeros((0, 4)), reduce=True)[0].any()


def test_program_without_inputs():
    make = Maker(2)
    program = make.program(make.run("*", 1, [0, 1]))
    outputs, gradient = c_executor.run(program, np.array([3.0, 4.0]), None, 2.0, want_gradient=True)
    assert outputs.tolist() == [[12.0]]
    assert gradient.tolist() == [8.0, 6.0]
    assert run(program, [3.0, 4.0], np.zeros((5, 0)), reduce=True)[0].tolist() == [60.0]


# ---- What must not leak ----


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("N", [1, 2, 3, 8, 20])
def test_branch_not_taken_sends_nothing(kernels, N):
    """log(p·x) at x = 0 has the partial inf; nothing flows there, so neither inf nor nan comes back."""
    make = Maker(2, [1.0], 1)
    uniform = make.run("log", 1, [1])  # the second parameter is 0, and no sample takes it
    (x,) = make.samples()
    (px,) = make.run("*", 1, [0, x])
    (logs,) = make.run("log", 1, [px])
    chosen = make.run("where", 2, [x, x, logs, 0, 0, uniform[0]])
    total = make.run("sum", 1, [2, *chosen])
    X = [[0.0 if i % 2 else 2.0] for i in range(N)]
    taken = sum(x[0] != 0 for x in X)
    outputs, gradient = run(make.program(total), [3.0, 0.0], [[2.0]] * N, kernels=kernels)
    np.testing.assert_allclose(outputs, [[math.log(6.0) + 3.0]] * N)
    np.testing.assert_allclose(gradient, [N / 3 + N, 0.0])
    # mixed: the first of two `where` takes the logarithm for some samples only
    make = Maker(1, (), 1)
    (x,) = make.samples()
    (px,) = make.run("*", 1, [0, x])
    (logs,) = make.run("log", 1, [px])
    (twice,) = make.run("dot", 1, [2, 1, logs, px, logs, logs, px])
    program = make.program(make.run("where", 1, [x, twice, 0]))
    _, gradient = run(program, [3.0], X, kernels=kernels)
    v = 2 * 3.0
    slope = 2 * math.log(v) * 2 / v + (2 / v) * v + 2 * math.log(v) + 2
    np.testing.assert_allclose(gradient, [taken * slope + (N - taken)])


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("N", [2, 5])
def test_gradient_of_zero_is_still_sent(kernels, N):
    """A zero that was sent is not the same as nothing: 0 · inf is nan, as in the engines."""
    make = Maker(1, [0.0, -0.0], 1)
    (x,) = make.samples()
    (root,) = make.run("sqrt", 1, [0])
    (px,) = make.run("*", 1, [root, x])
    (log,) = make.run("log", 1, [px])
    for zero in (1, 2):
        (nothing,) = make.run("*", 1, [log, zero])
        program = make.program(make.run("where", 1, [x, nothing, 0]))
        want = interpret(program, [0.0], [[1.0]] * N, 1.0)[1]
        assert math.isnan(want[0])
        np.testing.assert_array_equal(run(program, [0.0], [[1.0]] * N, kernels=kernels)[1], want)


@pytest.mark.parametrize("N", [1, 9])
def test_take_sends_to_its_entry_alone(N):
    make = Maker(3, (), 1)
    (x,) = make.samples()
    logs = make.run("log", 3, [0, 1, 2])
    program = make.program(make.run("take", 1, [3, x, *logs]))
    check(program, [0.0, 2.0, 3.0], [[1.0], [2.0], [-1.0]][:N] * (N // 3 or 1))
    assert run(program, [0.0, 2.0, 3.0], [[1.0]] * N)[1].tolist() == [0.0, N / 2, 0.0]


@pytest.mark.parametrize("bad", [3.0, -4.0, 0.5, math.nan, math.inf])
def test_take_beyond_the_table(bad):
    make = Maker(3, (), 1)
    (x,) = make.samples()
    program = make.program(make.run("take", 1, [3, x, 0, 1, 2]))
    with pytest.raises(IndexError, match=r"sample 0 takes entry .* of a table of 3"):
        run(program, np.ones(3), [[bad]])
    X = np.zeros((3000, 1))
    X[[1234, 2345]] = bad
    for threads in (1, 2):
        with pytest.raises(IndexError, match="sample 1234 takes entry"):
            run(program, np.ones(3), X, threads=threads)
    assert run(program, np.ones(3), [[-1.0]])[1].tolist() == [0, 0, 1]  # and the memory is fine


def test_nan_of_the_last_sample_stays_its_own():
    """Lanes that repeat the last sample reach no parameter: nan · 0 would."""
    make = Maker(2, (), 1)
    (x,) = make.samples()
    hidden = make.run("product", 2, [2, 1, 0, 0, 1, x])
    program = make.program(hidden)
    seeds = np.zeros((9, 2))
    seeds[:, 0] = 1
    X = np.ones((9, 1))
    X[8] = math.inf
    for number in (math.inf, 1e300):  # the other weight, whose output has seeds of 0, gets exactly nothing
        X[8] = number
        assert run(program, [1.0, 1.0], X, seeds)[1].tolist() == [number, 0]
    seeds[:8, 1] = 2
    X[8] = math.inf
    assert run(program, [1.0, 1.0], X, seeds)[1].tolist() == [math.inf, 16], "nor from the one sample whose seed is 0"


# ---- Threads ----


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("reduce", [False, True])
def test_the_bits_do_not_depend_on_threads(kernels, reduce):
    rng = np.random.default_rng(0)
    program, parameters = network(rng)
    X = rng.normal(size=(20_000, 4))
    want = run(program, parameters, X, kernels=kernels, reduce=reduce)
    for threads in (2, 3, 8):
        got = run(program, parameters, X, kernels=kernels, reduce=reduce, threads=threads)
        assert [a.tobytes() for a in got] == [a.tobytes() for a in want]


def test_one_program_in_many_python_threads():
    rng = np.random.default_rng(0)
    program, parameters = network(rng)
    Xs = [rng.normal(size=(N, 4)) for N in (1, 50, 900, 3000)]
    want = [[a.tobytes() for a in run(program, parameters, X)] for X in Xs]
    wrong = []

    def work(i):
        for j in range(50):
            got = [a.tobytes() for a in run(program, parameters, Xs[(i + j) % 4], threads=1 + j % 2)]
            if got != want[(i + j) % 4]:
                wrong.append((i, j))

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong
