"""The rung written by hand in C++ (fused.cpp), built with this machine's compiler when it is run."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np

from .engines import UnsupportedError
from .networks import Network
from .rungs import Rung

SOURCE = Path(__file__).with_name("fused.cpp")


def compiler() -> str:
    """The machine's C++ compiler.

    Raises:
        UnsupportedError: it has none.
    """
    for name in (os.environ.get("CXX", ""), "c++", "g++", "clang++"):
        if name and shutil.which(name):
            return name
    raise UnsupportedError("no C++ compiler")


class Fused(Rung):
    """All layers in one pass over blocks of samples; sizes known to the compiler."""

    def __init__(self, network: Network) -> None:
        begin = perf_counter()
        with TemporaryDirectory() as folder:
            library = Path(folder) / "fused.so"
            sizes, tanh = ",".join(map(str, network.sizes)), int(network.activation == "tanh")
            options = ["-std=c++17", "-O3", "-march=native", "-shared", "-fPIC", f"-DSIZES={sizes}", f"-DTANH={tanh}"]
            command = [compiler(), *options, str(SOURCE), "-o", str(library)]
            built = subprocess.run(command, capture_output=True, text=True)
            if built.returncode:
                raise UnsupportedError(f"{command[0]} does not compile it")
            self.function: Any = ctypes.CDLL(str(library)).loss_and_gradient
        self.once = perf_counter() - begin
        self.function.restype = ctypes.c_double
        self.arrays = network.weights(), np.ascontiguousarray(network.X), network.y.astype(float)
        self.gradient = np.empty(len(self.arrays[0]))
        p, X, y, g = (a.ctypes.data_as(ctypes.c_void_p) for a in (*self.arrays, self.gradient))
        self.arguments = p, X, y, ctypes.c_long(len(network.X)), g

    def step(self) -> None:
        self.loss = self.function(*self.arguments)
