"""The executor that people get: the one in C where it was built, else the one in numpy. Both run the same Programs."""

from __future__ import annotations

from ..engines import engine
from . import c_executor, numpy_executor

run = c_executor.run if engine == "c" and c_executor.available else numpy_executor.run  # pyright: ignore[reportUnnecessaryComparison]

__all__ = ["run"]
