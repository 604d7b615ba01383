"""Write scalar Python, call backward(), and read the exact derivative of every number.

    >>> from autograd import Value, tanh
    >>> x, w, b = Value(2.0), Value(-3.0), Value(7.0)
    >>> y = tanh(w * x + b)
    >>> y.backward()                            # fills .grad of everything that y was made from
    >>> w.grad == x.data * (1 - y.data ** 2)
    True

Or differentiate a function, as often as you like:

    >>> from autograd import grad
    >>> grad(grad(lambda x: x ** 3))(2.0)       # 6x
    12.0
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from . import functions
from .checks import GradcheckError, gradcheck, gradgradcheck
from .derivatives import grad, gradients, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .engines import Value, engine
from .functions import *  # noqa: F403  (its __all__ is part of ours)
from .modes import detect_anomaly, name_scope, no_grad, record_lines

if TYPE_CHECKING:
    from . import teach as teach
    from .bulk import add_grad as add_grad
    from .bulk import read_data as read_data
    from .bulk import read_grad as read_grad
    from .bulk import take_grad as take_grad
    from .bulk import write_data as write_data
    from .bulk import write_grad as write_grad
    from .bulk import zero_grad as zero_grad
    from .compiler import TraceError as TraceError
    from .compiler import compile as compile
    from .explain import why as why
    from .pictures import draw as draw
    from .stepper import steps as steps

    __version__: str

# fmt: off
__all__ = [
    "GradcheckError", "Value", "detect_anomaly", "engine", "grad", "gradcheck", "gradgradcheck", "gradients", "hessian",
    "hvp", "jacobian", "jvp", "name_scope", "no_grad", "record_lines", "value_and_grad", "vjp",
]
# fmt: on
# `from autograd import *` takes neither a builtin's name nor the time that pictures need to load.
__all__ += [name for name in functions.__all__ if not hasattr(builtins, name)]


_LATER = {
    "TraceError": "compiler",
    "compile": "compiler",
    "draw": "pictures",
    "add_grad": "bulk",
    "read_data": "bulk",
    "read_grad": "bulk",
    "steps": "stepper",
    "take_grad": "bulk",
    "teach": "",
    "why": "explain",
    "write_data": "bulk",
    "zero_grad": "bulk",
    "write_grad": "bulk",
}


def __getattr__(name: str) -> Any:  # what takes time to import waits until it is asked for
    if name in _LATER:
        from importlib import import_module

        room = import_module(f".{_LATER[name] or name}", __name__)
        return getattr(room, name) if _LATER[name] else room
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("scalar-autograd")
        except PackageNotFoundError:
            raise AttributeError("autograd.__version__ is known once scalar-autograd is installed") from None
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
