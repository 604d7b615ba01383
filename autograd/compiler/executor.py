"""The executor that people get: the one in C where it was built, else the one in numpy. Both run the same Programs."""

from __future__ import annotations

from .numpy_executor import run

__all__ = ["run"]
