"""Programs written for micrograd, and in the manner of microgpt: they run unchanged but for the import line."""

from __future__ import annotations

import math
import random

import graphviz
import numpy as np
import pytest

from autograd import Value
from nn import MLP, Layer, Neuron


def test_the_expression_of_its_readme():
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    assert f"{g.data:.4f}" == "24.7041"
    g.backward()
    assert f"{a.grad:.4f}" == "138.8338"
    assert f"{b.grad:.4f}" == "645.5773"


def moons(n, noise):
    """Two half circles that reach into each other; labels -1 and 1."""
    angle = np.linspace(0, np.pi, n // 2)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    points = np.concatenate([upper, lower]) + np.random.normal(scale=noise, size=(n, 2))
    return points, np.repeat([1, -1], n // 2)


def test_the_training_loop_of_its_demo():
    np.random.seed(1337)
    random.seed(1337)
    X, y = moons(n=60, noise=0.1)
    model = MLP(2, [8, 8, 1])

    def loss(batch_size=None):
        rows = np.arange(len(X)) if batch_size is None else np.random.permutation(len(X))[:batch_size]
        Xb, yb = X[rows], y[rows]
        inputs = [list(map(Value, xrow)) for xrow in Xb]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(yb, scores)]  # noqa: B905  (as people write it)
        data_loss = sum(losses) * (1.0 / len(losses))
        alpha = 1e-4
        reg_loss = alpha * sum(p * p for p in model.parameters())
        accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(yb, scores)]  # noqa: B905
        return data_loss + reg_loss, sum(accuracy) / len(accuracy)

    for k in range(60):
        total_loss, acc = loss()
        model.zero_grad()
        total_loss.backward()
        learning_rate = 1.0 - 0.9 * k / 60
        for p in model.parameters():
            p.data -= learning_rate * p.grad
    assert acc >= 0.98
    assert total_loss.data < 0.1
    assert isinstance(loss(batch_size=10)[0], Value)


def test_its_draw_dot():
    def trace(root):
        nodes, edges = set(), set()

        def build(v):
            if v not in nodes:
                nodes.add(v)
                for child in v._prev:
                    edges.add((child, v))
                    build(child)

        build(root)
        return nodes, edges

    def draw_dot(root):
        nodes, edges = trace(root)
        dot = graphviz.Digraph(format="svg", graph_attr={"rankdir": "LR"})
        for n in nodes:
            dot.node(name=str(id(n)), label="{ data %.4f | grad %.4f }" % (n.data, n.grad), shape="record")  # noqa: UP031
            if n._op:
                dot.node(name=str(id(n)) + n._op, label=n._op)
                dot.edge(str(id(n)) + n._op, str(id(n)))
        for n1, n2 in edges:
            dot.edge(str(id(n1)), str(id(n2)) + n2._op)
        return dot

    random.seed(1337)
    n = Neuron(2)
    x = [Value(1.0), Value(-2.0)]
    y = n(x)
    y.backward()
    source = draw_dot(y).source
    assert source.count("shape=record") == 7  # w, x, b, their weighted sum, relu
    assert source.count("->") == 2 + 5 + 1
    assert f"{{ data {n.w[0].data:.4f} | grad {n.w[0].grad:.4f} }}" in source
    a = Value(3.0)
    assert (a * a)._prev == {a}
    assert ((a + 1)._op, (a * a)._op, a._op) == ("+", "*", "")


def test_its_layers_can_be_put_together_by_hand():
    random.seed(0)
    first, second = Layer(2, 3), Layer(3, 2, nonlin=False)
    out = second(first([Value(1.0), Value(0.5)]))
    sum(out).backward()
    assert sum(p.grad != 0 for p in first.parameters() + second.parameters()) > 4


def tiny_gpt(seed):
    """A transformer of one layer on Values, trained on a few names; gives the loss of each step."""
    random.seed(seed)
    docs = ["anna", "hanna", "nina", "ina", "hana"]
    chars = sorted(set("".join(docs)))
    BOS, vocab_size = len(chars), len(chars) + 1
    n_embd, n_head, block_size = 8, 2, 6
    head_dim = n_embd // n_head

    def matrix(nout, nin, std=0.2):
        return [[Value(random.gauss(0, std)) for _ in range(nin)] for _ in range(nout)]

    state = {
        "wte": matrix(vocab_size, n_embd),
        "wpe": matrix(block_size, n_embd),
        "wq": matrix(n_embd, n_embd),
        "wk": matrix(n_embd, n_embd),
        "wv": matrix(n_embd, n_embd),
        "wo": matrix(n_embd, n_embd),
        "fc1": matrix(2 * n_embd, n_embd),
        "fc2": matrix(n_embd, 2 * n_embd),
        "lm_head": matrix(vocab_size, n_embd),
    }
    params = [p for mat in state.values() for row in mat for p in row]

    def linear(x, w):
        return [sum(wi * xi for wi, xi in zip(wo, x)) for wo in w]  # noqa: B905

    def softmax(logits):
        max_val = max(val.data for val in logits)
        exps = [(val - max_val).exp() for val in logits]
        total = sum(exps)
        return [e / total for e in exps]

    def rmsnorm(x):
        ms = sum(xi * xi for xi in x) / len(x)
        scale = (ms + 1e-5) ** -0.5
        return [xi * scale for xi in x]

    def gpt(token, pos, keys, values):
        x = rmsnorm([t + p for t, p in zip(state["wte"][token], state["wpe"][pos])])  # noqa: B905
        residual, x = x, rmsnorm(x)
        q, k, v = linear(x, state["wq"]), linear(x, state["wk"]), linear(x, state["wv"])
        keys.append(k)
        values.append(v)
        attended = []
        for h in range(n_head):
            part = slice(h * head_dim, (h + 1) * head_dim)
            scores = [sum(qi * ki for qi, ki in zip(q[part], kt[part])) / head_dim**0.5 for kt in keys]  # noqa: B905
            weights = softmax(scores)
            attended += [sum(w * vt[part][j] for w, vt in zip(weights, values)) for j in range(head_dim)]  # noqa: B905
        x = [a + b for a, b in zip(linear(attended, state["wo"]), residual)]  # noqa: B905
        residual, x = x, rmsnorm(x)
        x = [xi.relu() for xi in linear(x, state["fc1"])]
        x = [a + b for a, b in zip(linear(x, state["fc2"]), residual)]  # noqa: B905
        return linear(x, state["lm_head"])

    seen = []
    for step in range(20):
        doc = docs[step % len(docs)]
        tokens = [BOS, *(chars.index(ch) for ch in doc), BOS]
        n = min(block_size, len(tokens) - 1)
        keys, values, losses = [], [], []
        for pos in range(n):
            probs = softmax(gpt(tokens[pos], pos, keys, values))
            losses.append(-probs[tokens[pos + 1]].log())
        loss = (1 / n) * sum(losses)
        loss.backward()
        for p in params:
            p.data -= 0.3 * p.grad
            p.grad = 0
        seen.append(loss.data)
    return vocab_size, seen


def test_a_gpt_on_values_learns():
    vocab_size, losses = tiny_gpt(seed=42)
    assert losses[0] == pytest.approx(math.log(vocab_size), rel=0.35)
    assert sum(losses[-5:]) < 0.7 * sum(losses[:5])
