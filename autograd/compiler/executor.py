"""The executor that people get: the one in C where it was built, else the one in numpy. Both run the same Programs.

>>> import numpy as np
>>> from autograd import Value
>>> from autograd.compiler import Graph, lower
>>> w, x = Value(3.0), Value(0.0)
>>> graph, _ = Graph.of([(w * x) ** 2], inputs=[x], before=w.serial + 1)
>>> X = np.array([[1.0], [2.0]])                            # two samples of one number
>>> outputs, gradient = run(lower(graph), np.array([3.0]), X, seeds=1.0, want_gradient=True, reduce=False)
>>> outputs.tolist(), gradient.tolist()                     # (wx)², and the sum of its 2wx² over the samples
([[9.0], [36.0]], [30.0])
"""

from __future__ import annotations

from ..engines import engine
from . import c_executor, numpy_executor

_chosen = c_executor if engine == "c" and c_executor.available else numpy_executor  # pyright: ignore[reportUnnecessaryComparison]
run, runner = _chosen.run, _chosen.runner

__all__ = ["run", "runner"]
