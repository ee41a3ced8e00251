"""The document as strict JSON, and back without loss."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any, Literal, get_args, get_origin

from netmend.core.errors import UsageError
from netmend.core.exhibits import Boxes, Curves, DiffExhibit, Facts, Listing, Table
from netmend.report.document import SCHEMA, Document

# The key "exhibit" of each exhibit names its class, so that a reader knows which keys to expect.
_EXHIBITS: Mapping[str, type] = {
    "diff": DiffExhibit,
    "listing": Listing,
    "curves": Curves,
    "boxes": Boxes,
    "table": Table,
    "facts": Facts,
}
_EXHIBIT_NAMES = {shape: name for name, shape in _EXHIBITS.items()}


def to_json(document: Document) -> str:
    """The document as JSON text, ASCII only, keys in the order of the fields.

    Raises:
        ValueError: the document holds a NaN or an infinity; `netmend.report.document.cleaned` removes them.
    """
    return json.dumps(_encoded(document), indent=1, allow_nan=False) + "\n"


def from_json(text: str) -> Document:
    """The document that `to_json` wrote; equal to it in every field.

    Raises:
        UsageError: the text is no such document, or was written by a newer netmend.
    """
    try:
        data = json.loads(text)
        schema = data["schema"]
        if not isinstance(schema, int):
            raise TypeError(f"schema is {schema!r}")
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(
            "this is not a report document", where=str(error), hint="give the study's report.json"
        ) from error
    if schema > SCHEMA:
        raise UsageError(
            f"this report has schema {schema}, newer than the {SCHEMA} this version reads",
            hint="show it with the version of netmend that wrote it, or a newer one",
        )
    try:
        return typing.cast(Document, _decoded(data, Document))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UsageError("the report document is damaged", where=str(error), hint="run the repair again") from error


def _encoded(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_encoded(part) for part in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        name = _EXHIBIT_NAMES.get(type(value))
        tag = {} if name is None else {"exhibit": name}
        return tag | {field.name: _encoded(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value


def _decoded(data: Any, shape: Any) -> Any:
    origin, arguments = get_origin(shape), get_args(shape)
    if origin in (types.UnionType, typing.Union):
        return _decoded_union(data, arguments)
    if origin is Literal:
        if data not in arguments:
            raise ValueError(f"{data!r} is none of {arguments}")
        return data
    if origin is tuple:
        if not isinstance(data, list):
            raise TypeError(f"{data!r} is no list")
        parts = [arguments[0]] * len(data) if arguments[-1] is Ellipsis else arguments
        return tuple(_decoded(part, inner) for part, inner in zip(data, parts, strict=True))
    if isinstance(shape, type) and dataclasses.is_dataclass(shape):
        hints = _hints(shape)
        return shape(**{key: _decoded(part, hints[key]) for key, part in data.items() if key in hints})
    if shape is float and data is None:
        return None
    if isinstance(shape, type) and issubclass(shape, Enum):
        return shape(data)
    allowed = (int, float) if shape is float else shape
    if not isinstance(data, allowed) or (isinstance(data, bool) and shape is not bool):
        raise TypeError(f"{data!r} is no {shape.__name__}")
    return data


def _decoded_union(data: Any, arguments: tuple[Any, ...]) -> Any:
    if data is None and type(None) in arguments:
        return None
    if isinstance(data, dict) and "exhibit" in data:
        return _decoded(data, _EXHIBITS[data["exhibit"]])
    (inner,) = (argument for argument in arguments if argument is not type(None))
    return _decoded(data, inner)


@cache
def _hints(shape: type) -> dict[str, Any]:
    return typing.get_type_hints(shape)
