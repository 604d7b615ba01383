"""The passes in C: all of them at once, on the flat arrays. They give the very Program that the passes here give."""

from __future__ import annotations

import numpy as np

from ...rules import RULES
from ..extension import extension as _c
from ..graph import NAMES, Graph
from ..program import Program

available: bool = _c is not None
"""Whether they were built."""

_OPERATIONS = bytes(_c.OPERATIONS.get(name, 0) for name in NAMES) if available else b""
"""By code, what C calls an operation; 0 where it has none: it then only knows its operands."""
_SIZES = ("trace", "fold", "share", "dead", "dots", "products")


def lower(graph: Graph) -> Program:
    """As `passes.lower`.

    Raises:
        ValueError: the arrays are no graph.
    """
    arrays = graph.op, graph.start, graph.args, graph.number, graph.outputs
    code, constants, outputs, uniform_end, slots, sizes = _c.lower(
        *arrays, graph.parameters, graph.columns, _OPERATIONS, _value
    )
    return Program(
        parameters=graph.parameters,
        constants=np.frombuffer(constants, np.float64),
        columns=graph.columns,
        outputs=np.frombuffer(outputs, np.int32),
        uniform_end=uniform_end,
        slots=slots,
        code=np.frombuffer(code, np.int32),
        sizes=tuple(zip(_SIZES, sizes, strict=True)),
    )


def _value(code: int, numbers: list[float]) -> float:
    """The number of a node of constants, where C might round in another way."""
    return RULES[NAMES[code]].value(*numbers)
