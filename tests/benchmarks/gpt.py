"""One training step of a small GPT, written on scalars: one layer, width 16, 4 heads, block 16, 27 tokens.

Token and position embeddings; RMS normalisation before attention and before the MLP; causal attention;
an MLP four times as wide with relu; cross entropy of the next token, the mean over the document.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from .engines import Engine, UnsupportedError

WIDTH, HEADS, BLOCK, VOCABULARY = 16, 4, 16, 27
HEAD = WIDTH // HEADS
DOCUMENT = (26, 4, 12, 12, 0, 11, 8, 13, 26)  # token numbers, 26 marks both ends: 8 tokens to predict
SHAPES = {
    "token_embedding": (VOCABULARY, WIDTH),
    "position_embedding": (BLOCK, WIDTH),
    "attention.query": (WIDTH, WIDTH),
    "attention.key": (WIDTH, WIDTH),
    "attention.value": (WIDTH, WIDTH),
    "attention.output": (WIDTH, WIDTH),
    "mlp.up": (4 * WIDTH, WIDTH),
    "mlp.down": (WIDTH, 4 * WIDTH),
    "head": (VOCABULARY, WIDTH),
}
Vector = list[Any]
Matrix = list[Vector]


def linear(matrix: Matrix, x: Vector) -> Vector:
    return [sum(w * xi for w, xi in zip(row, x, strict=True)) for row in matrix]


def add(xs: Vector, ys: Vector) -> Vector:
    return [x + y for x, y in zip(xs, ys, strict=True)]


def rmsnorm(x: Vector) -> Vector:
    scale = (sum(xi * xi for xi in x) / len(x) + 1e-5) ** -0.5
    return [xi * scale for xi in x]


class GPT:
    """The step: clear the gradients, forward over the document, sweep, drop the graph."""

    def __init__(self, engine: Engine, document: tuple[int, ...] = DOCUMENT) -> None:
        if engine.exp is None or engine.log is None:
            raise UnsupportedError("has no exp and log")
        self.engine, self.document = engine, document
        self.exp, self.log, self.relu, self.item = engine.exp, engine.log, engine.relu, engine.item
        rng = random.Random(0)
        self.names: list[str] = []
        self.parameters: list[Any] = []
        self.weights = {name: self.matrix(name, *shape, rng) for name, shape in SHAPES.items()}

    def matrix(self, name: str, rows: int, columns: int, rng: random.Random) -> Matrix:
        matrix = [[self.engine.parameter(rng.gauss(0, 0.2)) for _ in range(columns)] for _ in range(rows)]
        self.names += [f"{name}.{i}.{j}" for i in range(rows) for j in range(columns)]
        self.parameters += [p for row in matrix for p in row]
        return matrix

    def softmax(self, xs: Vector) -> Vector:
        largest = max(map(self.item, xs))
        exps = [self.exp(x - largest) for x in xs]
        total = sum(exps)
        return [e / total for e in exps]

    def attention(self, x: Vector, keys: Matrix, values: Matrix) -> Vector:
        """Attention of the newest token to all tokens so far; its key and value are added to theirs."""
        q = linear(self.weights["attention.query"], x)
        keys.append(linear(self.weights["attention.key"], x))
        values.append(linear(self.weights["attention.value"], x))
        heads: Vector = []
        for h in range(0, WIDTH, HEAD):
            part = slice(h, h + HEAD)
            scores = [sum(qi * ki for qi, ki in zip(q[part], k[part], strict=True)) / HEAD**0.5 for k in keys]
            shares = self.softmax(scores)
            for j in range(h, h + HEAD):
                heads.append(sum(share * v[j] for share, v in zip(shares, values, strict=True)))
        return linear(self.weights["attention.output"], heads)

    def logits(self, token: int, position: int, keys: Matrix, values: Matrix) -> Vector:
        w = self.weights
        x = add(self.row(w["token_embedding"], token), w["position_embedding"][position])
        x = add(x, self.attention(rmsnorm(x), keys, values))
        hidden = [self.relu(h) for h in linear(w["mlp.up"], rmsnorm(x))]
        x = add(x, linear(w["mlp.down"], hidden))
        return linear(w["head"], x)

    def row(self, table: Vector, index: Any) -> Any:
        return table[index]

    def loss(self) -> Any:
        return self.loss_of(self.document)

    def loss_of(self, document: Sequence[Any]) -> Any:
        keys: Matrix = []
        values: Matrix = []
        losses: Vector = []
        for position, (token, target) in enumerate(pairwise(document)):
            probabilities = self.softmax(self.logits(token, position, keys, values))
            losses.append(-self.log(self.row(probabilities, target)))
        return sum(losses) / len(losses)

    def step(self) -> float:
        self.engine.zero(self.parameters)
        total = self.loss()
        if self.engine.sweep is not None:
            self.engine.sweep(total)
        return self.engine.item(total)

    def facts(self) -> dict[str, float]:
        return {}
