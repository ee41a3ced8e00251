"""The arrays in a safetensors file.

References: the format in the readme of github.com/huggingface/safetensors: a length in eight bytes, a header in JSON,
the numbers.
"""

from __future__ import annotations

import json

from netmend.core.errors import BrokenFile
from netmend.network.backends._state import StateFile, contiguous, number_type

_TYPES = {
    "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64", "I32": "int32",
    "I16": "int16", "I8": "int8", "U8": "uint8", "U16": "uint16", "U32": "uint32", "U64": "uint64", "BOOL": "bool",
}  # fmt: skip


def safetensors_arrays(data: bytes, where: str) -> StateFile:
    """Where each array of a safetensors file lies.

    Raises:
        BrokenFile: the header is damaged, or says more than the file holds.
    """
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > len(data) - 8:
        raise BrokenFile(f"{where} is not a whole safetensors file", hint="copy or save it again")
    try:
        header = json.loads(data[8 : 8 + length])
        arrays = {}
        for name, each in header.items():
            if name == "__metadata__":
                continue
            first, last = each["data_offsets"]
            shape = tuple(int(size) for size in each["shape"])
            stored = contiguous(8 + length + first, number_type(_TYPES[each["dtype"]]), shape)
            whole = stored.fits(8 + length, min(len(data), 8 + length + last))
            if first < 0 or not whole:
                raise BrokenFile(f"{where} is too short for {name!r}", hint="copy it again")
            arrays[name] = stored
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BrokenFile(f"the header of {where} is damaged: {error}", hint="copy or save it again") from error
    return StateFile(data, arrays)
