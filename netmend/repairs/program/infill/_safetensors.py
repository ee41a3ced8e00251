"""Arrays in a file of the safetensors format, read and written with NumPy alone.

The format: eight bytes with the length of a header, the header as JSON (type, shape and place of each array, and text
under `__metadata__`), then the numbers of all arrays, little-endian (https://github.com/huggingface/safetensors).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES = {"F16": "<f2", "F32": "<f4", "U16": "<u2"}


def read(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """Arrays by name, and the text beside them.

    Raises:
        OSError: there is no such file. ValueError, KeyError: it is no such file, or holds arrays of another type.
    """
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    text = header.pop("__metadata__", {})
    arrays = {}
    for name, about in header.items():
        first, end = about["data_offsets"]
        numbers = np.frombuffer(content[start + first : start + end], _TYPES[about["dtype"]])
        arrays[name] = numbers.reshape(about["shape"])
    return arrays, text


def write(path: Path, arrays: Mapping[str, NDArray[Any]], text: Mapping[str, str]) -> None:
    """Write arrays of these types and text, the same always to the same bytes."""
    names = {np.dtype(code): name for name, code in _TYPES.items()}
    header: dict[str, Any] = {"__metadata__": dict(sorted(text.items()))}
    chunks: list[bytes] = []
    place = 0
    for name, array in sorted(arrays.items()):
        chunks.append(np.ascontiguousarray(array).tobytes())
        end = place + len(chunks[-1])
        header[name] = {"dtype": names[array.dtype], "shape": array.shape, "data_offsets": [place, end]}
        place = end
    encoded = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    encoded += b" " * (-len(encoded) % 8)
    path.write_bytes(len(encoded).to_bytes(8, "little") + encoded + b"".join(chunks))
