"""How long `import autograd` takes in a fresh process, and what it must not bring with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
UNWANTED = ("graphviz", "matplotlib", "safetensors")
PROGRAMS = {
    "import autograd": ("", "import autograd"),
    "import autograd, numpy already there": ("import numpy", "import autograd"),
    "import numpy and autograd": ("", "import numpy; import autograd"),
}
SCRIPT = """
import sys, time
{before}
start = time.perf_counter()
{timed}
seconds = time.perf_counter() - start
import json
print(json.dumps([seconds, sorted(set(sys.modules) & set({unwanted!r}))]))
"""


def import_once(before: str, timed: str, engine: str) -> tuple[float, list[str]]:
    """Seconds that the import took, and the unwanted modules that it loaded."""
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    answer = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(before=before, timed=timed, unwanted=UNWANTED)],
        cwd=ROOT,
        env={**environment, "AUTOGRAD_ENGINE": engine},
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, unwanted = json.loads(answer.stdout)
    return seconds, unwanted


def measure_imports(engine: str, repeats: int) -> dict[str, object]:
    """Medians in seconds by program, and every unwanted module seen.

    One run before warms the disk and leaves the bytecode there, as Python does wherever it is not forbidden.
    """
    seconds: dict[str, list[float]] = {title: [] for title in PROGRAMS}
    unwanted: set[str] = set()
    for repeat in range(repeats + 1):
        for title, program in PROGRAMS.items():
            taken, found = import_once(*program, engine)
            unwanted.update(found)
            if repeat:
                seconds[title].append(taken)
    return {
        "engine": engine,
        "seconds": {title: median(taken) for title, taken in seconds.items()},
        "unwanted": sorted(unwanted),
    }
