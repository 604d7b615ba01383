"""Writing a file so that there is always a whole one: the old until the new is safe on the disk."""

from __future__ import annotations

import errno
import glob
import os
import secrets
import time
from pathlib import Path

LEFT_BEHIND = 3600.0
"""Seconds after which an unfinished file is taken for one that a killed run left behind."""


def write_safely(path: str | Path, data: bytes) -> Path:
    """Write a file whole or not at all, even if the process is killed or the power fails on the way.

    The bytes go to a hidden file in the same folder, from memory to the disk (fsync), and only then, by one
    renaming, under the name. Whoever reads finds the old file or the new one. A link is followed.

    Raises:
        OSError: the file cannot be written; what was there is unchanged.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_safely(Path(folder, "numbers.txt"), b"1 2 3").read_text()
        '1 2 3'
    """
    path = Path(path)
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))
    if target.exists() and not target.is_file():
        raise OSError(0, "there is something of that name that is no file", str(path))
    for old in target.parent.glob(f".{glob.escape(target.name)}.*.unfinished"):
        if time.time() - old.stat().st_mtime > LEFT_BEHIND:
            old.unlink(missing_ok=True)
    unfinished = target.with_name(f".{target.name}.{secrets.token_hex(8)}.unfinished")
    try:
        with open(unfinished, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, target)
    except BaseException:  # also Ctrl-C
        unfinished.unlink(missing_ok=True)
        raise
    if os.name == "posix":  # the name, too, is data: it stands in the folder
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return path
