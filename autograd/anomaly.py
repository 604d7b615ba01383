"""What detect_anomaly looks at: the first nan or inf, forward or backward, and the line it came from."""

from __future__ import annotations

import os
import sys
from math import isfinite
from typing import Any

from . import modes
from .graph import Value, chain_rule, oldest_first
from .rules import RULES

_HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_OURS = tuple(os.path.join(_HOME, package, "") for package in ("autograd", "nn"))


def calling_line() -> str:
    """Where the caller's own code is now: the innermost frame outside autograd and nn."""
    frame = sys._getframe()  # pyright: ignore[reportPrivateUsage]
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OURS):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}, line {frame.f_lineno}"


def _call(op: str, operands: tuple[Any, ...]) -> str:
    def name(x: Any) -> str:
        return repr(x) if isinstance(x, float) else f"{x.label}={x.data!r}" if x.label else repr(x.data)

    return f"{op}({', '.join(name(x) for x in operands)})"


def check_node(op: str, operands: tuple[Any, ...], data: float, line: str) -> None:
    """Raise if the operation that was just done gave nan or inf."""
    if not isfinite(data):
        with modes.exactly(tracing=False):  # in a trace no number could be read
            made = _call(op, operands)
        raise FloatingPointError(f"{made} is {data!r} ({RULES[op].formula})\n  at {line}")


def check_backward(root: Value, seed: float) -> None:
    """Raise if some node of the graph would send a nan or inf to one of its operands."""
    gradients = chain_rule(root, seed, differentiable=False)
    if all(isfinite(g) for g in gradients.values()):
        return
    for node in reversed(oldest_first(root)):
        if node not in gradients or not node.operands:
            continue
        partials = RULES[node.op].partials(node.data, *(float(x) for x in node.operands))
        for i, (operand, partial) in enumerate(zip(node.operands, partials, strict=True)):
            if type(operand) is float or partial is None or isfinite(share := gradients[node] * partial):
                continue
            words = RULES[node.op].derivatives
            raise FloatingPointError(
                f"backward through {_call(node.op, node.operands)} = {node.data!r}: the gradient {gradients[node]!r} "
                f"times the partial derivative by operand {i + 1}, {words[min(i, len(words) - 1)]} = {partial!r}, "
                f"is {share!r}\n"
                f"  made at {node.line or 'a line not recorded: build the graph inside detect_anomaly() too'}"
            )
