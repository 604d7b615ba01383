"""The compiler's part in C: lowering, watching, and the executor."""

from __future__ import annotations

from typing import Any, cast

try:
    from autograd._c import executor as _module  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]
except ImportError:
    extension: Any = None
    """The module, or None where it was not built."""
else:
    extension = cast(Any, _module)
