"""The bytes of a checkpoint: a safetensors file whose header says what the arrays are, and a digest of it all.

>>> import numpy as np
>>> data = packed({"weight": np.array([1.0, 2.0])}, {"history": None})
>>> arrays, fields = unpacked(data)
>>> arrays["weight"], fields
(array([1., 2.]), {'history': None})

The header's `__metadata__` has one entry, "scalar-autograd", a JSON object: "sha256" is the digest of the whole file
with 64 zeros in the digest's place, "version" the version of the format, and the rest what `checkpoint.py` wrote.
These two stay as they are in every version, so that every version can tell damage from a newer file.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

VERSION = 1
KEY = "scalar-autograd"
BLANK = "0" * 64

Arrays = dict[str, NDArray[Any]]


class CheckpointError(ValueError):
    """A checkpoint that cannot be read or written: the message says which file, what is wrong and what to do."""


def packed(arrays: Arrays, fields: dict[str, Any]) -> bytes:
    """The bytes of a file with these arrays and these fields, which JSON must be able to write.

    Raises:
        TypeError: JSON cannot write a field.
    """

    def with_digest(digest: str) -> bytes:
        text = json.dumps({"sha256": digest, "version": VERSION, **fields})
        return save(arrays, {KEY: text})

    return with_digest(hashlib.sha256(with_digest(BLANK)).hexdigest())


def unpacked(data: bytes) -> tuple[Arrays, dict[str, Any] | None]:
    """The arrays and the fields; None for the fields of a file of weights that another program wrote.

    Raises:
        CheckpointError: the bytes are not those that were written, or of another kind or version of file.
    """
    if not data:
        raise CheckpointError("the file is empty")
    try:
        arrays: Arrays = load(data)
    except SafetensorError as error:
        raise CheckpointError(f"it is damaged, cut off, or no safetensors file ({error})") from None
    except KeyError as error:
        raise CheckpointError(f"it holds numbers of the type {error}; save them as float64 or float32") from None
    metadata: dict[str, str] | None = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")]).get("__metadata__")
    if metadata in (None, {}, {"format": "pt"}):
        return arrays, None
    if list(metadata) != [KEY]:
        raise CheckpointError(f"it is damaged, or made by another program: its metadata is {', '.join(metadata)}")
    try:
        fields: dict[str, Any] = json.loads(metadata[KEY])
        digest: str = fields.pop("sha256")
        blanked = data.replace(digest.encode("ascii"), BLANK.encode("ascii"))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise CheckpointError("it is damaged: its metadata cannot be read") from None
    if hashlib.sha256(blanked).hexdigest() != digest:
        raise CheckpointError("it is damaged: its bytes do not match the digest that was saved with them")
    version = fields.pop("version")
    if version != VERSION:
        age = "newer; update scalar-autograd" if version > VERSION else "of no version that was ever written"
        raise CheckpointError(f"it has version {version} of the format, this program reads version {VERSION}: {age}")
    return arrays, fields
