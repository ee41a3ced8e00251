"""The arrays in a file that torch has saved, read without running anything of it.

Such a file describes its tensors by a pickle, and a pickle may ask to call any function. This reader knows the few
names that tensors need and answers each with a plain record; any other name ends the reading. `torch.load` is not used:
up to version 2.5 even its `weights_only=True` could be made to run code (CVE-2025-32434).
"""

from __future__ import annotations

import io
import pickle
import struct
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from netmend.core.errors import BrokenFile, UnsupportedModel
from netmend.network.backends._state import StateFile, StoredArray, number_type
from netmend.network.backends._zip import contents, entries

# First number of files in torch's format before version 1.6, and the version it had last (torch/serialization.py).
_MAGIC, _VERSION = 0x1950A86A20F9469CFC6C, 1001
_KINDS = {
    "FloatStorage": "float32", "DoubleStorage": "float64", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
    "LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
    "ByteStorage": "uint8", "BoolStorage": "bool",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Storage:
    kind: str
    key: str
    count: int


@dataclass(frozen=True, slots=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


@dataclass(slots=True)
class _Kind:
    name: str


class _Ignored:
    """Stands for values that are no tensors, such as a best score or a device."""

    def __init__(self, *_: Any) -> None:
        pass

    def __setstate__(self, _: Any) -> None:
        pass


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> _Tensor:
    if not isinstance(storage, _Storage):
        raise pickle.UnpicklingError("a tensor without a storage")
    return _Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


def _first(value: Any, *_: Any) -> Any:
    return value


_NAMES: Mapping[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("collections", "defaultdict"): defaultdict,
    ("builtins", "set"): set,
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _first,
    ("torch.nn.parameter", "Parameter"): _first,
    ("torch", "Size"): tuple,
    ("torch", "device"): _Ignored,
    ("numpy", "dtype"): _Ignored,
    ("numpy.core.multiarray", "scalar"): _Ignored,
    ("numpy._core.multiarray", "scalar"): _Ignored,
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if module in ("torch", "torch.storage") and name in _KINDS:
            return _Kind(_KINDS[name])
        if (module, name) not in _NAMES:
            raise BrokenFile(
                f"the file asks for {module}.{name}, which is no weight: nothing in it was run",
                hint="save only the weights: torch.save(model.state_dict(), path)",
            )
        return _NAMES[module, name]

    def persistent_load(self, pid: Any) -> Any:
        kind, key, count = pid[1], pid[2], pid[4]
        if pid[0] != "storage" or not isinstance(kind, _Kind) or any(each is not None for each in pid[5:]):
            raise pickle.UnpicklingError("a storage that is not understood")
        return _Storage(kind.name, str(key), int(count))


def _unpickled(stream: io.BytesIO) -> Any:
    try:
        return _Reader(stream, encoding="utf-8").load()
    except BrokenFile:
        raise
    except Exception as error:  # a damaged pickle fails in whatever it happens to describe
        raise BrokenFile(f"the file is not a whole set of weights: {error}", hint="copy or save it again") from error


def saved_arrays(data: bytes, where: str) -> Iterator[tuple[str, StateFile]]:
    """Every dictionary of tensors in a file of torch, with its name in the file; "" for the file itself.

    Raises:
        BrokenFile: damaged, or it asks for something that is no weight.
        UnsupportedModel: a format that holds no plain weights.
    """
    if data[:2] == b"PK":
        found = entries(data, where)
        root = next((name[: -len("data.pkl")] for name in found if name.endswith("/data.pkl")), None)
        if any("/code/" in name for name in found):
            raise UnsupportedModel(
                f"{where} is a TorchScript program", hint="save the state_dict, or export with torch.export"
            )
        order = found.get(f"{root}byteorder")
        if root is None or (order is not None and contents(data, order) != b"little"):
            raise BrokenFile(f"{where} is not a file of weights that torch has saved on a little-endian machine")
        content = _unpickled(io.BytesIO(contents(data, found[f"{root}data.pkl"])))
        starts = {
            name[len(f"{root}data/") :]: (entry.start, entry.start + entry.size)
            for name, entry in found.items()
            if name.startswith(f"{root}data/")
        }
    else:
        found = {}
        content, starts = _older(data, where)
    for name, tensors in _dictionaries(content):
        arrays = {key: _placed(tensor, starts, where) for key, tensor in tensors.items()}
        yield name, StateFile(data, arrays, found)


def _older(data: bytes, where: str) -> tuple[Any, dict[str, tuple[int, int]]]:
    """The content of a file in the format before torch 1.6, and where its storages lie."""
    stream = io.BytesIO(data)
    if data[:1] != b"\x80" or _unpickled(stream) != _MAGIC or _unpickled(stream) != _VERSION:
        raise BrokenFile(f"{where} is not a file of weights that torch has saved", hint="is the ending right?")
    system = _unpickled(stream)
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise BrokenFile(f"{where} was not saved on a little-endian machine", hint="save it again")
    storages: dict[str, _Storage] = {}
    content = _unpickled(stream)
    for _, tensors in _dictionaries(content):
        storages.update({tensor.storage.key: tensor.storage for tensor in tensors.values()})
    keys = _unpickled(stream)
    starts = {}
    at = stream.tell()
    for key in keys:
        if key not in storages or len(data) < at + 8:
            raise BrokenFile(f"{where} ends early or holds tensors that nothing names", hint="save only the weights")
        (count,) = struct.unpack("<q", data[at : at + 8])
        size = count * number_type(storages[key].kind).itemsize
        starts[key] = (at + 8, at + 8 + size)
        at += 8 + size
        if count < 0 or at > len(data):
            raise BrokenFile(f"{where} ends in the middle of its numbers", hint="copy it again")
    return content, starts


def _dictionaries(content: Any) -> Iterator[tuple[str, dict[str, _Tensor]]]:
    """Dictionaries that hold tensors: the content itself, or one or two levels further in."""
    level = [("", content)]
    for _ in range(3):
        further = []
        for name, each in level:
            if isinstance(each, dict):
                tensors = {str(key): value for key, value in each.items() if isinstance(value, _Tensor)}
                if tensors:
                    yield name, tensors
                further += [(f"{name}.{key}".lstrip("."), value) for key, value in each.items()]
        level = further


def _placed(tensor: _Tensor, starts: Mapping[str, tuple[int, int]], where: str) -> StoredArray:
    dtype = number_type(tensor.storage.kind)
    first, last = starts.get(tensor.storage.key, (0, 0))
    strides = tuple(stride * dtype.itemsize for stride in tensor.strides)
    stored = StoredArray(first + tensor.offset * dtype.itemsize, dtype, tensor.shape, strides)
    if len(strides) != len(tensor.shape) or tensor.offset < 0 or not stored.fits(first, last):
        raise BrokenFile(f"{where} is too short for a tensor of shape {tensor.shape}", hint="copy or save it again")
    return stored


def only_data(data: bytes, where: str) -> None:
    """Pass a saved file that describes nothing but tensors and containers.

    Raises:
        BrokenFile: it asks for something else.
    """
    list(saved_arrays(data, where))
