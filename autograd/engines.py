"""Which Value people get: the one in C where it was built, else the one in plain Python.

The environment variable AUTOGRAD_ENGINE, set to c or python, chooses.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from . import graph, modes
from .value import Value as PythonValue

if TYPE_CHECKING:
    from .value import Value as Value
else:
    Value = PythonValue

engine = "python"
"""The name of the engine that was loaded, "c" or "python"."""

_wanted = os.environ.get("AUTOGRAD_ENGINE", "")
if _wanted not in ("", "c", "python"):
    raise ValueError(f"AUTOGRAD_ENGINE must be c or python (or not be set: c where it was built), got {_wanted!r}")
if not TYPE_CHECKING and _wanted != "python":
    try:
        from ._c import core
    except ImportError as error:
        if _wanted == "c":
            why = f"AUTOGRAD_ENGINE is c, but the C engine did not load ({error}); reinstall with a C compiler"
            raise ModuleNotFoundError(why) from error
    else:
        core.take_docs(PythonValue, modes.name_scope)
        Value = core.Value
        modes.state, modes.name_scope = core.state, core.name_scope
        modes.no_grad.__enter__, modes.no_grad.__exit__ = core.enter_no_grad, core.leave_no_grad
        modes.detect_anomaly.__enter__, modes.detect_anomaly.__exit__ = core.enter_anomaly, core.leave_anomaly
        modes.record_lines.__enter__, modes.record_lines.__exit__ = core.enter_lines, core.leave_lines
        engine = "c"

graph.loaded = Value
