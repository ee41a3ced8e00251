"""Which operators a version of ONNX has."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from netmend.network.backends._base import package


def has(op: str, version: int) -> bool:
    """Whether a version has an operator; those of other domains (`domain:name`) are taken as they are."""
    return ":" in op or bool(package("onnx", "ONNX files").defs.has(op, version))


def first_version(op: str) -> int | None:
    """The version in which an operator came; None if no version has it."""
    schemas = package("onnx", "ONNX files").defs.get_all_schemas_with_history()
    return min((each.since_version for each in schemas if each.name == op), default=None)


@cache
def attributes(op: str, version: int) -> Mapping[str, Any]:
    """The attributes of an operator in a version, with what they are where nothing is said; None for those without."""
    onnx = package("onnx", "ONNX files")
    if ":" in op or not has(op, version):
        return {}
    found = {}
    for name, each in onnx.defs.get_schema(op, version).attributes.items():
        given = each.default_value.type != onnx.AttributeProto.UNDEFINED
        value = onnx.helper.get_attribute_value(each.default_value) if given else None
        found[name] = value.decode() if isinstance(value, bytes) else value
    return found
