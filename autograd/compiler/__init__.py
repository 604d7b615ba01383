"""The compiler: a function of Values, traced once, becomes a Program that runs at the speed of C.

compiled.py         what compile(f) gives; versions.py keeps its traces, eager.py runs f itself
trace.py            one run of f on marked Values
reach.py            every variable that f can read; edges.py holds one, watch.py sees whether one changed
graph.py            the trace as flat arrays
passes/             from graph to graph, and at last to a Program
program.py          the Program: runs of equal operations, printed as layers
numpy_executor.py   runs a Program with numpy; kernels.py has the rules on arrays
c_executor.py       hands it to the executor in C
source.py           a Program as dependency-free Python or C
"""

from __future__ import annotations

from ..tracing import TraceError
from .compiled import Compiled, compile
from .graph import Graph
from .passes import lower
from .program import Program, Run
from .source import to_c, to_python

__all__ = ["Compiled", "Graph", "Program", "Run", "TraceError", "compile", "lower", "to_c", "to_python"]
