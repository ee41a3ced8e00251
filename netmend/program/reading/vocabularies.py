"""How many rows the embeddings of a program have, in Keras and PyTorch."""

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
from netmend.program.reading.keras_names import layer_class
from netmend.program.reading.torch_names import module_class

_TORCH = frozenset({"Embedding", "EmbeddingBag"})

_ATOMS = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.Constant)


def torch_vocabulary_drafts(bindings: Bindings) -> Iterator[Draft]:
    """The sizes that all embeddings of a PyTorch program state."""
    for call in bindings.calls:
        if module_class(call.name) in _TORCH:
            yield from _drafts(bindings, call, ("num_embeddings", 0), call.short)


def keras_vocabulary_drafts(bindings: Bindings, call: Call, owner: str) -> Iterator[Draft]:
    """The size that a layer of Keras states, if it is an embedding."""
    if layer_class(call.name) == "Embedding":
        yield from _drafts(bindings, call, ("input_dim", 0), owner)


def _drafts(bindings: Bindings, call: Call, argument: tuple[str, int], owner: str) -> Iterator[Draft]:
    """At the embedding itself: a name that is written there may also say which words are kept."""
    use = bindings.argument(call, *argument)
    if use is not None:
        value = bindings.resolve(use).value
        known = value if isinstance(value, int) and not isinstance(value, bool) else None
        yield Draft("vocabulary-size", use, use, known, owner, partial(_write, known))


def _write(known: int | None, at: Site, value: Value) -> tuple[Edit, ...]:
    """The edits that state another size: a number, or as much more as "+N" says.

    Raises:
        Unchangeable: it is neither.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return (spans.replace(at, str(value)),)
    if known is None and re.fullmatch(r"\+[1-9]\d*", str(value)):
        text = at.text if isinstance(at.node, _ATOMS) else f"({at.text})"
        return (spans.replace(at, f"{text} + {str(value)[1:]}"),)
    raise Unchangeable(f"{value!r} is no size of a vocabulary", where=str(at.place))
