"""Damaged programs, constants, numbers and arguments: refused, or run within bounds; the sanitizers watch."""

import contextlib
import math
import pickle
import threading

import numpy as np
import pytest

from .executed import KERNELS, c_executor, executor, network, random_program, run
from .hostile import check_sound, strange, survive

LARGE = (2.0**31, -(2.0**31), 2.0**53, 1e19, 1e300, -1e300, math.inf, -math.inf)
WILD = np.array([0.0, -0.0, 1.0, -1.0, 0.5, 5e-324, math.nan, *LARGE])
SAMPLES = (1, 2, 3, 8, 9, 17, 130, 700)


def wild(rng, shape, often=0.3):
    """Numbers of which some are of the kind that nobody expects."""
    numbers = rng.normal(size=shape)
    places = rng.random(shape) < often
    numbers[places] = rng.choice(WILD, places.sum())
    return numbers


def damaged(rng, code, constants):
    """A program in which something is changed, gone, doubled or moved."""
    original, code = code, code.copy()
    for _ in range(rng.integers(1, 4)):
        at, to = rng.integers(len(code), size=2)
        near = np.clip(int(code[at]) + rng.choice([-1, 1]), -(2**31), 2**31 - 1)
        code[at] = rng.choice([near, rng.integers(-2, 40), 2**31 - 1, -(2**31), code[to]])
    if rng.random() < 0.5:  # what one number loses another gets: sums such as a run's length stay right
        code = original.copy()
        at = int(rng.integers(len(code)))
        to, change = min(at + int(rng.integers(1, 4)), len(code) - 1), int(rng.integers(1, 4))
        code[at], code[to] = code[at] - change, code[to] + change
    match rng.integers(8):
        case 0:
            code = code[: rng.integers(len(code))]
        case 1:
            at, end = np.sort(rng.integers(len(code), size=2))
            code = np.concatenate([code[:end], code[at:]])
        case 2:
            at, end = np.sort(rng.integers(len(code), size=2))
            code = np.delete(code, slice(at, end))
        case 3:
            constants = wild(rng, rng.integers(len(constants) + 2))
        case 4 | 5 if len(constants):
            constants = wild(rng, len(constants), 0.7)
    return code, constants


def calls(rng, c, P, columns, k):
    """Run a program in every way on strange numbers; any way, and any number of threads, gives the same bits."""
    N = int(rng.choice(SAMPLES[: 6 if columns > 100 else None]))
    reduce, number, kernels = bool(rng.integers(2)), int(rng.choice([8, 4])), rng.choice(KERNELS)
    parameters, X = wild(rng, P), wild(rng, (N, columns))
    if rng.random() < 0.5:  # indices that most tables have
        X[rng.random(X.shape) < 0.5] = rng.integers(-1, 2)
    seeds = float(rng.choice(WILD)) if rng.random() < 0.5 else wild(rng, (N, k))
    found = []
    for threads in (1, int(rng.integers(2, 5))):
        outputs, gradient = np.full((1 if reduce else N, k), 777.0), np.full(P, 777.0)
        g = gradient if rng.random() < 0.8 or found else None
        try:
            c.run(parameters, X, N, seeds, outputs, g, reduce, threads, number, kernels)
        except IndexError as error:
            found.append(str(error))
        else:
            found.append(outputs.tobytes())
            if g is not None:
                found[-1] += gradient.tobytes()
                assert not (gradient == 777.0).any()
    if len(found[0]) == len(found[1]):
        assert found[0] == found[1]


def test_damaged_programs_never_read_elsewhere():
    rng = np.random.default_rng(0)
    refused = ran = 0
    for turn in range(4000):
        code, constants = damaged(rng, *c_executor.encode(random_program(turn % 20)))
        # a great many parameters or columns are no mistake, they only take long
        if len(code) > 3 and max(code[1], code[3]) > 100_000:
            continue
        try:
            c = executor.Program(code, constants)
        except ValueError:
            refused += 1
            continue
        with np.errstate(all="ignore"):
            calls(rng, c, int(code[1]), int(code[3]), int(code[4]))
        ran += 1
    assert refused > 1000
    assert ran > 300


def test_right_programs_on_strange_numbers():
    rng = np.random.default_rng(1)
    for turn in range(300):
        program = random_program(turn % 60)
        code, constants = c_executor.encode(program)
        if turn % 2:
            constants = wild(rng, len(constants))
        c = executor.Program(code, constants)
        for _ in range(3):
            calls(rng, c, program.parameters, program.columns, len(program.outputs))


def test_damaged_pickles():
    """The bytes of a pickle, with bits flipped and cut anywhere."""
    rng, refused = np.random.default_rng(2), 0
    for turn in range(600):
        make, (code, constants) = c_executor.executor_of(random_program(turn % 20)).__reduce__()
        parts = []
        for part in (code, constants):
            numbers = np.frombuffer(part, np.uint8).copy()
            for _ in range(rng.integers(0, 3)):
                numbers[rng.integers(len(numbers))] ^= np.uint8(1 << rng.integers(8))
            parts.append(numbers.tobytes()[: len(part) - int(rng.integers(0, 9)) * (rng.random() < 0.3)])
        head = np.frombuffer(parts[0][:28], np.int32)
        if max(head[1], head[3]) > 100_000:
            continue
        try:
            c = make(*parts)
        except ValueError:
            refused += 1
        else:
            calls(rng, c, int(head[1]), int(head[3]), int(head[4]))
            assert pickle.loads(pickle.dumps(c)).__reduce__()[1] == tuple(parts)
    assert refused > 200


def test_one_of_everything_as_an_argument():
    program = random_program(3)
    c, k = c_executor.executor_of(program), len(program.outputs)
    right = [np.zeros(6), np.zeros((3, 4)), 3, 1.0, np.zeros((3, k)), np.zeros(6), False, 2, 8, KERNELS[0]]
    for place in range(len(right)):
        for thing in strange():
            arguments = [*right]
            arguments[place] = thing
            survive(c.run, *arguments)
            survive(c.run, *arguments[:-1])
            survive(c.run, *arguments[:place])
    for thing in strange():
        survive(executor.Program, thing)
        survive(executor.Program, thing, thing)
        survive(executor.Program, right[0], thing)
        survive(executor.Program, thing, right[0])
        survive(executor.Program, code=thing, constants=thing, more=thing)
        survive(executor.lower, thing)
        graph = [np.zeros(0, np.uint8), np.zeros(1, np.int32), *[np.zeros(0, np.int32)] * 3, 0, 0, bytes(60), float]
        for place in range(len(graph)):
            survive(executor.lower, *graph[:place], thing, *graph[place + 1 :])
    check_sound()


def test_results_that_lie_over_what_is_read():
    """Wrong numbers, if somebody wants them, but within bounds; a seed or a number of samples is read once."""
    program = random_program(5)
    c, k = c_executor.executor_of(program), len(program.outputs)
    rng = np.random.default_rng(0)
    for N in SAMPLES:
        whole = wild(rng, N * (4 + k) + 12)
        for start in (0, 3, 12):
            with contextlib.suppress(IndexError):
                parameters, X = whole[:6], whole[start : start + 4 * N]
                outputs, gradient = whole[start + 2 :][: N * k], whole[4:10]
                c.run(parameters, X, N, X[:1].repeat(N * k) if N == 3 else 1.0, outputs, gradient, False, 2, 8)


@pytest.mark.parametrize("kernels", KERNELS)
def test_programs_come_and_go_while_others_run(kernels):
    """Four threads make, share and drop programs; some of their calls fail."""
    big, parameters = network(np.random.default_rng(0))
    shared = [random_program(i) for i in range(5)]
    faults = []

    def work(seed):
        rng = np.random.default_rng(seed)
        try:
            for turn in range(60):
                program = shared[turn % 5]
                c = executor.Program(*c_executor.encode(program)) if turn % 3 else c_executor.executor_of(program)
                calls(rng, c, 6, 4, len(program.outputs))
                if turn % 10 == 0:
                    run(big, parameters, rng.normal(size=(2000, 4)), threads=3, kernels=kernels)
                    with pytest.raises(ValueError, match="samples must be"):
                        c.run(np.zeros(6), np.zeros((2, 4)), -turn - 1, 1.0, np.zeros(1), None, True, 1, 8)
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
