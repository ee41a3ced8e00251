"""Exported programs of torch, vetted before torch reads them.

Reading one is safe only if the file is: torch falls back to pickles that may call anything, evaluates the text of
symbolic sizes as Python, and looks up operators by any dotted name. So a file is passed on only if its tensors are
plain, its sizes are plain arithmetic, and its operators are torch's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from netmend.core.errors import BrokenFile, UnsupportedModel
from netmend.network.backends._pickled import only_data
from netmend.network.backends._state import StateFile, StoredArray, number_type
from netmend.network.backends._zip import contents, entries

# torch's own numbers of its types (torch/_export/serde/schema.py, ScalarType).
_TYPES = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64", 12: "bool",
    13: "bfloat16",
}  # fmt: skip
_OPERATOR = re.compile(
    r"torch\.ops\.(aten|prim|prims|higher_order)\.\w+(\.\w+)?|math\.\w+|torch\.sym_\w+"
    r"|_operator\.(add|sub|mul|floordiv|truediv|mod|pow|neg|pos|getitem|eq|ne|lt|le|gt|ge|and_|or_|not_)"
)
# Symbolic sizes as sympy writes them: words, numbers, signs and quotes, but no dots, so nothing can be reached.
_SIZE = re.compile(r"[\w\s+\-*/%(),<>='\"]*")
_WORD = re.compile(r"[A-Za-z_]\w*")
_WORDS = re.compile(
    r"[suz]\d+|Symbol|Integer|Rational|Add|Mul|Pow|Max|Min|Mod|PythonMod|FloorDiv|CeilDiv|CleanDiv|ModularIndexing|Eq|Ne"
    r"|StrictLessThan|LessThan|StrictGreaterThan|GreaterThan|And|Or|Not"
    r"|True|False|positive|negative|nonnegative|integer|zero|nonzero|oo|int_oo"
)
# Conditions on sizes of inputs: L['x'].size()[0] >= 2.
_REACHED = re.compile(r"L\['\w+'\]|\.size\(\)")
_CONDITION = re.compile(r"(\d|[\s+\-*/%()<>=!\[\]]|\band\b|\bor\b|\bnot\b)*")


def program_file(data: bytes, where: str) -> StateFile:
    """Where the weights of an exported program lie.

    Raises:
        BrokenFile: it is damaged, or more than a program on plain tensors.
        UnsupportedModel: it is of an earlier format.
    """
    found = entries(data, where)
    root = next((name[: -len("archive_format")] for name in found if name.endswith("archive_format")), None)
    config = f"{root}data/weights/model_weights_config.json"
    if root is None or config not in found:
        raise UnsupportedModel(
            f"{where} is not an exported program of torch 2.8 or newer", hint="save it again with torch.export.save"
        )
    for name, entry in found.items():
        if name.endswith((".so", ".dll", ".pyc", ".py")):
            raise BrokenFile(f"{where} holds code: {name}", hint="save it again with torch.export.save")
        if name.endswith(".pt"):
            only_data(contents(data, entry), name)
        if name.endswith(".json"):
            _vet(_parsed(contents(data, entry), name), name)
    arrays = {}
    for name, each in _parsed(contents(data, found[config]), config)["config"].items():
        try:
            meta, entry = each["tensor_meta"], found[f"{root}data/weights/{each['path_name']}"]
            dtype = number_type(_TYPES[meta["dtype"]])
            shape, strides = (tuple(int(size["as_int"]) for size in meta[part]) for part in ("sizes", "strides"))
            offset = entry.start + int(meta["storage_offset"]["as_int"]) * dtype.itemsize
        except (KeyError, TypeError, ValueError) as error:
            raise BrokenFile(f"the weight {name!r} of {where} is not described", hint="save it again") from error
        stored = StoredArray(offset, dtype, shape, tuple(stride * dtype.itemsize for stride in strides))
        if len(shape) != len(strides) or not stored.fits(entry.start, entry.start + entry.size):
            raise BrokenFile(f"{where} is too short for {name!r}", hint="copy or save it again")
        arrays[name] = stored
    return StateFile(data, arrays, found)


def _parsed(data: bytes, where: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BrokenFile(f"{where} is damaged: {error}", hint="copy or save it again") from error


def _vet(content: Any, where: str) -> None:
    for key, value in _pairs(content):
        words = _WORD.findall(value) if key == "expr_str" and isinstance(value, str) else []
        if key == "expr_str" and not (_SIZE.fullmatch(value) and all(_WORDS.fullmatch(word) for word in words)):
            raise BrokenFile(f"{where} holds a size that is no arithmetic: {value!r}", hint="nothing in it was run")
        if key == "target" and isinstance(value, str) and "." in value and not _OPERATOR.fullmatch(value):
            raise BrokenFile(f"{where} asks for {value}, which is no operator", hint="nothing in it was run")
        for condition in value if key == "guards_code" else ():
            if not _CONDITION.fullmatch(_REACHED.sub("", condition)):
                raise BrokenFile(f"{where} holds a condition that is no comparison of sizes: {condition!r}")
        if key == "use_pickle" and value:
            raise BrokenFile(f"{where} holds pickled objects", hint="export a network of plain tensors")


def _pairs(content: Any) -> Iterator[tuple[str, Any]]:
    waiting = [content]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield from each.items()
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
