"""The C executor's Program: pickle, memory, wrong programs and arguments; its functions without a branch."""

import pickle

import numpy as np
import pytest

from .executed import KERNELS, Maker, c_executor, executor, network, random_inputs, random_program, run

# ---- The Program object ----


def test_pickle():
    program = random_program(3)
    first = c_executor.executor_of(program)
    again = pickle.loads(pickle.dumps(first))
    assert again.__reduce__()[1] == first.__reduce__()[1]
    X, parameters = random_inputs(np.random.default_rng(0), 5), np.ones(6)
    a, b = np.empty((2, 5, len(program.outputs)))
    first.run(parameters, X, 5, 1.0, a, None, False, 1, 8)
    again.run(parameters, X, 5, 1.0, b, None, False, 1, 8)
    assert a.tobytes() == b.tobytes()


def test_kept_memory_follows_the_largest_call():
    program, parameters = network(np.random.default_rng(0))
    c = c_executor.executor_of(program)
    for _ in range(3):
        run(program, parameters, np.zeros((500, 4)))
        kept = c.scratch_bytes
    assert 0 < kept < 2_000_000
    run(program, parameters, np.zeros((5, 4)))
    assert c.scratch_bytes == kept


HEAD = [
    executor.FORMAT,
    2,
    1,
    2,
    1,
    1,
    executor.OPERATION_COUNT,
    5,
]  # slots: 2 parameters, 1 constant, 2 inputs, results
OPS = executor.OPERATIONS
WRONG = {
    "header": [1, 2, 3],
    "format": [99, *HEAD[1:]],
    "unknown operation": [*HEAD, 999, 1, 5, 1, 1, 0],
    "operation 0": [*HEAD, 0, 1, 5, 1, 1, 0],
    "negative operation": [*HEAD, -1, 1, 5, 1, 1, 0],
    "no results": [*HEAD, OPS["neg"], 0, 5, 1, 0],
    "many results": [*HEAD, OPS["neg"], 2**31 - 1, 5, 1, 1, 0],
    "reads itself": [*HEAD, OPS["neg"], 1, 5, 1, 1, 5],
    "reads beyond": [*HEAD, OPS["neg"], 1, 5, 1, 1, 6],
    "reads before": [*HEAD, OPS["neg"], 1, 5, 1, 1, -1],
    "writes an input": [*HEAD, OPS["neg"], 1, 4, 1, 1, 0],
    "writes beyond": [*HEAD, OPS["neg"], 1, 6, 1, 1, 0],
    "uniform reads a sample": [*HEAD, OPS["neg"], 1, 3, 0, 1, 4],
    "too few operands": [*HEAD, OPS["+"], 1, 5, 1, 1, 0],
    "too many operands": [*HEAD, OPS["+"], 1, 5, 1, 3, 0, 0, 0],
    "ends early": [*HEAD, OPS["+"], 1, 5, 1, 2, 0],
    "ends late": [*HEAD, OPS["neg"], 1, 5, 1, 1, 0, 0],
    "negative length": [*HEAD, OPS["neg"], 1, 5, 1, -1],
    "sum without counts": [*HEAD, OPS["sum"], 1, 5, 1, 0],
    "sum of -1": [*HEAD, OPS["sum"], 1, 5, 1, 1, -1],
    "sum of too many": [*HEAD, OPS["sum"], 1, 5, 1, 2, 2**31 - 1, 0],
    "dot without header": [*HEAD, OPS["dot"], 1, 5, 1, 1, 1],
    "dot of -1": [*HEAD, OPS["dot"], 1, 5, 1, 2, -1, 1],
    "dot with bias 2": [*HEAD, OPS["dot"], 1, 5, 1, 4, 0, 2, 0, 0],
    "dot too long": [*HEAD, OPS["dot"], 1, 5, 1, 3, 2**31 - 1, 1, 0],
    "product of other rows": [*HEAD, OPS["product"], 1, 5, 1, 7, 2, 1, 0, 0, 0, 0, 0],
    "product of -1": [*HEAD, OPS["product"], 1, 5, 1, 3, 1, -1, 0],
    "take from nothing": [*HEAD, OPS["take"], 1, 5, 1, 2, 0, 0],
    "outputs beyond": [*HEAD[:7], 9, OPS["neg"], 1, 5, 1, 1, 0],
    "no outputs": [*HEAD[:4], 0, *HEAD[5:7], OPS["neg"], 1, 5, 1, 1, 0],
    "writes twice": [*HEAD[:5], 2, *HEAD[6:], OPS["neg"], 1, 5, 1, 1, 0, OPS["neg"], 1, 5, 1, 1, 0],
    "more constants": [*HEAD[:2], 2, *HEAD[3:], OPS["neg"], 1, 6, 1, 1, 0],
}


def test_a_right_program_of_that_shape():
    c = executor.Program(np.array([*HEAD, OPS["neg"], 1, 5, 1, 1, 0], np.int32), np.zeros(1))
    out = np.zeros((1, 1))
    c.run(np.array([3.0, 0.0]), np.zeros((1, 2)), 1, 1.0, out, None, False, 1, 8)
    assert out[0, 0] == -3


@pytest.mark.parametrize("what", WRONG)
def test_wrong_programs(what):
    with pytest.raises(ValueError, match=r"program|run 0|run 1|output"):
        executor.Program(np.array(WRONG[what], np.int32), np.zeros(1))


def test_wrong_arguments():
    c, P, X = (
        executor.Program(np.array([*HEAD, OPS["neg"], 1, 5, 1, 1, 0], np.int32), np.zeros(1)),
        np.zeros(2),
        np.zeros((3, 2)),
    )
    out, g = np.zeros((3, 1)), np.zeros(2)
    right = [P, X, 3, 1.0, out, g, False, 1, 8]
    c.run(*right)
    frozen = np.zeros(2)
    frozen.flags.writeable = False
    wrong = {
        0: [np.zeros(3), np.zeros(2, np.float32), "no", None],
        1: [np.zeros((2, 2)), None, np.zeros((3, 2), order="F"), np.zeros((3, 2), np.int64)],
        2: [2, -1, 2**62, "3"],
        3: [np.zeros((3, 2)), np.zeros(2), "one"],
        4: [np.zeros((2, 1)), np.zeros((3, 1), np.float32), b"123"],
        5: [np.zeros(3), frozen, 1.0],
        7: [0, -1, 5000],
        8: [0, 2, 16, -8],
    }
    for place, values in wrong.items():
        for value in values:
            arguments = list(right)
            arguments[place] = value
            with pytest.raises((TypeError, ValueError, BufferError)):
                c.run(*arguments)
    with pytest.raises(ValueError, match="no kernels 'v9'"):
        c.run(*right, "v9")
    with pytest.raises(TypeError):
        c.run(*right[:5])
    with pytest.raises(TypeError):
        executor.Program(np.zeros(9, np.int64), np.zeros(1))
    with pytest.raises(TypeError):
        executor.Program(np.zeros(9, np.int32), np.zeros(1, np.float32))


# ---- The functions without a branch ----

RANGES = {
    "exp": [(-745, 709), (-1, 1)],
    "expm1": [(-50, 50), (-1, 1), (-1e-8, 1e-8)],
    "log": [(1e-320, 1e-300), (0.5, 2), (0.99, 1.01), (0, 1e300)],
    "log1p": [(-0.999, 1), (-1e-9, 1e-9), (0, 1e10)],
    "tanh": [(-20, 20), (-1, 1), (-0.01, 0.01)],
}


@pytest.mark.parametrize("kernels", KERNELS)
@pytest.mark.parametrize("name", RANGES)
def test_functions_are_exact_to_some_ulp(name, kernels):
    mpmath = pytest.importorskip("mpmath", reason="the yardstick is mpmath")
    make = Maker(0, (), 1)
    program = make.program(make.run(name, 1, make.samples()))
    rng = np.random.default_rng(0)
    for low, high in RANGES[name]:
        x = rng.uniform(low, high, 800)
        got = run(program, [], x[:, None], kernels=kernels)[0][:, 0]
        with mpmath.workprec(200):
            want = [getattr(mpmath, name)(mpmath.mpf(float(a))) for a in x]
            errors = [
                abs(mpmath.mpf(float(a)) - b) / float(np.spacing(abs(float(b)))) for a, b in zip(got, want, strict=True)
            ]
        assert max(errors) <= (2.5 if name == "tanh" else 1.6), (low, high, x[int(np.argmax(errors))])
