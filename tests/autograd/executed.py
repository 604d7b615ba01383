"""Programs made by hand and at random, and a slow interpreter that replays one by the rules and nothing else."""

from functools import cache

import numpy as np
import pytest

from autograd.rules import RULES

executor = pytest.importorskip("autograd._c.executor", reason="the C executor is not built")

from autograd.compiler import c_executor  # noqa: E402
from autograd.compiler.graph import NAMES  # noqa: E402
from autograd.compiler.program import PRODUCT, TAKE, Program, Run, flat  # noqa: E402

KERNELS = executor.KERNELS


class Maker:
    """Builds a Program run by run: the uniform runs first."""

    def __init__(self, parameters, constants=(), columns=0):
        self.parameters, self.constants, self.columns = parameters, list(constants), columns
        self.next, self.runs, self.uniform_end = parameters + len(self.constants), [], None

    def samples(self):
        """Close the uniform part; return the slots of the inputs."""
        self.uniform_end = self.next
        self.next += self.columns
        return list(range(self.uniform_end, self.next))

    def run(self, name, n, args):
        opcode = PRODUCT if name == "product" else TAKE if name == "take" else NAMES.index(name)
        per_sample = self.uniform_end is not None
        self.runs.append(Run(opcode, n, self.next, per_sample, np.array(args, np.int32)))
        self.next += n
        return list(range(self.next - n, self.next))

    def program(self, outputs):
        if self.uniform_end is None:
            self.samples()
        constants, outputs = np.array(self.constants, np.float64), np.array(outputs, np.int32)
        return Program(self.parameters, constants, self.columns, outputs, self.uniform_end, self.next, flat(self.runs))


def nodes_of(program):
    """The program one result at a time: (slot, rule, operands). A product is dots."""
    for r in program.runs:
        a, n = [int(i) for i in r.args], r.n
        if r.opcode == PRODUCT:
            _, k, biased = a[:3]
            w, x, bias = a[3 : 3 + n * k], a[3 + n * k : 3 + n * k + k], a[3 + n * k + k :]
            for i in range(n):
                yield r.out + i, "dot", w[i * k : i * k + k] + x + bias[i : i + biased]
        elif r.opcode == TAKE:
            for i in range(n):
                yield r.out + i, "take", a[1 + i * (a[0] + 1) :][: a[0] + 1]
        elif NAMES[r.opcode] == "dot":
            each = 2 * a[0] + a[1]
            for i in range(n):
                yield r.out + i, "dot", a[2 + i * each : 2 + (i + 1) * each]
        elif RULES[NAMES[r.opcode]].variadic:
            at = n
            for i in range(n):
                yield r.out + i, NAMES[r.opcode], a[at : at + a[i]]
                at += a[i]
        else:
            for i in range(n):
                yield r.out + i, NAMES[r.opcode], a[i::n]


def interpret(program, parameters, X, seeds):
    """Outputs [N, k] and gradient [P], by the rules alone. A slot that nothing was sent to sends nothing."""
    nodes, k = list(nodes_of(program)), len(program.outputs)
    outputs, gradient = [], [0.0] * program.parameters
    for sample, row in enumerate(X):
        v = [0.0] * program.slots
        v[: program.uniform_end] = [*map(float, parameters), *map(float, program.constants)] + [0.0] * (
            program.uniform_end - program.parameters - len(program.constants)
        )
        v[program.uniform_end : program.uniform_end + program.columns] = map(float, row)
        for slot, name, operands in nodes:
            x = [v[i] for i in operands]
            v[slot] = x[1:][int(x[0])] if name == "take" else RULES[name].value(*x)
        outputs.append([v[i] for i in program.outputs])
        g = {}
        for j, slot in enumerate(program.outputs):
            seed = seeds if isinstance(seeds, float) else float(seeds[sample][j])
            g[int(slot)] = g.get(int(slot), 0.0) + seed
        for slot, name, operands in reversed(nodes):
            if slot not in g:
                continue
            x = [v[i] for i in operands]
            if name == "take":
                partials = [None] * len(x)
                partials[1:][int(x[0])] = 1.0
                chosen = range(1, len(x))[int(x[0])]
                partials[chosen] = 1.0
            else:
                partials = RULES[name].partials(v[slot], *x)
            for operand, partial in zip(operands, partials, strict=True):
                if partial is not None:
                    g[operand] = g.get(operand, 0.0) + g[slot] * partial
        for i in range(program.parameters):
            gradient[i] += g.get(i, 0.0)
    return np.array(outputs).reshape(len(X), k), np.array(gradient)


def run(program, parameters, X, seeds=1.0, reduce=False, threads=1, kernels=None, gradient=True, number=8):
    parameters, X = np.array(parameters, np.float64), np.array(X, np.float64)
    outputs = np.full((len(program.outputs),) if reduce else (len(X), len(program.outputs)), 777.0)
    g = np.full(program.parameters, 777.0) if gradient else None
    names = () if kernels is None else (kernels,)
    c_executor.executor_of(program).run(parameters, X, len(X), seeds, outputs, g, reduce, threads, number, *names)
    return outputs, g


def check(program, parameters, X, seeds=1.0, rtol=1e-11, atol=1e-12):
    want, want_g = interpret(program, parameters, X, seeds)
    for kernels in KERNELS:
        got, g = run(program, parameters, X, seeds, kernels=kernels)
        np.testing.assert_allclose(got, want, rtol, atol, err_msg=kernels)
        scale = 1 + np.abs(want_g[np.isfinite(want_g)]).max(initial=0)
        np.testing.assert_allclose(g, want_g, rtol, atol * scale * len(X), err_msg=kernels)
        total, g2 = run(program, parameters, X, seeds, kernels=kernels, reduce=True)
        size = np.abs(want[np.isfinite(want)]).sum()
        np.testing.assert_allclose(total, want.sum(0), rtol, atol * (1 + size), err_msg=kernels)
        assert g.tobytes() == g2.tobytes()
        alone, none = run(program, parameters, X, seeds, kernels=kernels, gradient=False)
        assert none is None
        assert alone.tobytes() == got.tobytes()


TAME = ["+", "-", "*", "tanh", "sigmoid", "relu", "sin", "maximum", "softplus", "gelu", "abs", "neg"]


def random_run(make, pool, rng):
    n = int(rng.integers(1, 6))
    name = rng.choice([*TAME, "where", "sum", "logsumexp", "dot", "product", "take", "log"])
    pick = lambda count: [int(i) for i in rng.choice(pool, count)]  # noqa: E731
    if name == "sum" or name == "logsumexp":
        counts = rng.integers(1, 5, n)
        run = make.run(name, n, [*counts, *pick(counts.sum())])
    elif name == "dot":
        k, biased = rng.integers(1, 6), rng.integers(0, 2)
        run = make.run(name, n, [k, biased, *pick(n * (2 * k + biased))])
    elif name == "product":
        k, biased = rng.integers(1, 6), rng.integers(0, 2)
        w = pick(n * k) if rng.random() < 0.3 else list(rng.integers(0, make.parameters, n * k))
        run = make.run(name, n, [n, k, biased, *w, *pick(k), *pick(n * biased)])
    elif name == "take":
        k = int(rng.integers(1, 5))
        index = make.run("%", 1, [make.index, make.parameters + k - 1])
        run = make.run(name, n, [k, *(slot for _ in range(n) for slot in (*index, *pick(k)))])
    elif name == "log":  # of 0 on the way not taken
        x = pick(1)
        zero = make.run("*", 1, [*x, make.parameters + 4])
        logs = make.run("log", 1, zero)
        run = make.run("where", 1, [make.parameters, *x, *logs])
        n = 1
    else:
        arity = len(RULES[name].domain)
        run = make.run(name, n, pick(n * arity))
    squash = make.run("tanh", n, run)  # so that nothing grows
    pool += run if rng.random() < 0.2 else squash
    return squash


@cache
def random_program(seed):
    rng = np.random.default_rng(seed)
    make = Maker(6, [1.0, 2.0, 3.0, 4.0, 0.0], 4)
    pool = list(range(10))
    make.index = 1 + make.parameters  # for uniform takes: the constant 2
    for _ in range(rng.integers(0, 4)):
        random_run(make, pool, rng)
    inputs = make.samples()
    make.index = inputs[3]
    pool += inputs[:3]
    outs = []
    for _ in range(rng.integers(2, 12)):
        outs += random_run(make, pool, rng)
    return make.program(rng.choice(outs, rng.integers(1, 4)))


def random_inputs(rng, N):
    X = rng.normal(size=(N, 4))
    X[:, 3] = rng.integers(0, 12, N)
    return X


def network(rng):
    make = Maker(5 * 12 + 13, (), 4)
    inputs = make.samples()
    rows = np.arange(60).reshape(12, 5)
    hidden = make.run("tanh", 12, make.run("product", 12, [12, 4, 1, *rows[:, :4].ravel(), *inputs, *rows[:, 4]]))
    out = make.run("product", 1, [1, 12, 1, *range(60, 72), *hidden, 72])
    return make.program([*out, hidden[0]]), rng.normal(size=73)
