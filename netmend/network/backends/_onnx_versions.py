"""Which operators a version of ONNX has."""

from __future__ import annotations

from netmend.network.backends._base import package


def has(op: str, version: int) -> bool:
    """Whether a version has an operator; those of other domains (`domain:name`) are taken as they are."""
    return ":" in op or bool(package("onnx", "ONNX files").defs.has(op, version))


def first_version(op: str) -> int | None:
    """The version in which an operator came; None if no version has it."""
    schemas = package("onnx", "ONNX files").defs.get_all_schemas_with_history()
    return min((each.since_version for each in schemas if each.name == op), default=None)
