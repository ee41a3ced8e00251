"""Gradient clipping of Keras: one of three arguments of an optimiser."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import partial

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Bindings, Call, Site
from netmend.program.reading.drafts import Draft
from netmend.program.reading.keras_spelling import spelled
from netmend.program.reading.spelling import number

NONE = "none"
PARAMETERS = {"clipnorm": "norm", "global_clipnorm": "global_norm", "clipvalue": "value"}
_NAMES = {name: parameter for parameter, name in PARAMETERS.items()}
KIND = "gradient-clipping"


def clipping_of_object(bindings: Bindings, call: Call, owner: str) -> Iterator[Draft]:
    """The element of an optimiser that is constructed."""
    for keyword in call.node.keywords:
        if keyword.arg in PARAMETERS:
            use = Site(call.file, keyword.value)
            resolved = bindings.resolve(use)
            if resolved.known and resolved.value is None:
                continue
            value = f"{PARAMETERS[keyword.arg]}({resolved.value:g})" if _is_number(resolved.value) else None
            yield Draft(KIND, use, use, value, owner, partial(_write_keyword, call, keyword), local=False)
            return
    if not bindings.opaque(call):
        write = partial(_write_absent, call)
        yield Draft(KIND, call.site, call.site, NONE, owner, write, spans.insertion_point(call))


def clipping_of_name(bindings: Bindings, use: Site, target: Site, name: str) -> Draft:
    """The element of an optimiser that is only named: `"adam"` becomes `keras.optimizers.Adam(clipnorm=1.0)`."""
    return Draft(KIND, use, target, NONE, name, partial(_write_name, bindings, name), target.span[0])


def spelled_clipping(value: Value, at: Site) -> tuple[str, str]:
    """Parameter and number of a canonical value.

    Raises:
        Unchangeable: Keras has no such clipping.
    """
    parts = re.fullmatch(r"(\w+)\((\d+(?:\.\d*)?(?:e[-+]?\d+)?)\)", str(value))
    if parts is None or parts[1] not in _NAMES:
        raise Unchangeable(f"Keras has no gradient clipping {value!r}", where=str(at.place))
    return _NAMES[parts[1]], number(float(parts[2]))


def _write_name(bindings: Bindings, name: str, at: Site, value: Value) -> tuple[Edit, ...]:
    parameter, limit = spelled_clipping(value, at)
    function, imports = spelled(bindings, at, f"keras.optimizers.{name}")
    return (*imports, spans.replace(at, f"{function}({parameter}={limit})"))


def _write_absent(call: Call, at: Site, value: Value) -> tuple[Edit, ...]:
    parameter, limit = spelled_clipping(value, at)
    return (spans.add_argument(call, parameter, limit),)


def _write_keyword(call: Call, keyword: ast.keyword, at: Site, value: Value) -> tuple[Edit, ...]:
    if value == NONE:
        return spans.remove_arguments(call, [keyword])
    parameter, limit = spelled_clipping(value, at)
    start, end = call.file.span(keyword)
    return (Edit(call.file.name, start, end, f"{parameter}={limit}"),)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
