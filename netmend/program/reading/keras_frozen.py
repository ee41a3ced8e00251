"""Weights that a Keras program keeps from being trained: `trainable = False`, as attribute or argument."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements.frozen_weights import AS_LOADED, FROZEN, TRAINED
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Bindings, Site
from netmend.program.reading.drafts import Draft
from netmend.program.reading.keras_names import layer_class, model_class
from netmend.program.reading.pretrained import loads_weights, trains_twice

_NAME = "trainable"
_TRAINING = frozenset({"fit", "train_on_batch"})


def frozen_drafts(bindings: Bindings) -> Iterator[Draft]:
    """Every place that says whether a layer or model is trained."""
    loaded = loads_weights(bindings) or trains_twice(bindings, _TRAINING)
    for file in bindings.program.files:
        for node in ast.walk(file.tree):
            match node:
                case ast.Assign(
                    targets=[ast.Attribute(value=of, attr="trainable")], value=ast.Constant(value=bool()) as flag
                ):
                    yield _draft(Site(file, flag), _owner(bindings, Site(file, of)), loaded)
    for call in bindings.calls:
        name = layer_class(call.name) or model_class(call.name)
        given = [each.value for each in call.node.keywords if each.arg == _NAME] if name else []
        # Rows of an Embedding are often given by an initialiser of them, beside `trainable=False`.
        fixed = any(each.arg == "embeddings_initializer" for each in call.node.keywords)
        for stated in given:
            if isinstance(stated, ast.Constant) and isinstance(stated.value, bool):
                yield _draft(Site(call.file, stated), name, loaded or fixed)


def _draft(flag: Site, owner: str, loaded: bool) -> Draft:
    assert isinstance(flag.node, ast.Constant)
    value = TRAINED if flag.node.value else AS_LOADED if loaded else FROZEN
    return Draft("frozen-weights", flag, flag, value, owner, _write)


def _write(at: Site, value: Value) -> tuple[Edit, ...]:
    if value != TRAINED:
        raise Unchangeable(f"weights are to be trained, not {value}", where=str(at.place))
    return (spans.replace(at, "True"),)


def _owner(bindings: Bindings, of: Site) -> str:
    """For a person: "base" in `for layer in base.layers: layer.trainable = False`, else the expression itself."""
    scopes = bindings.scopes(of.file)
    for around in scopes.ancestors(of.node):
        match around:
            case ast.For(iter=iterated):
                found = [each for each in ast.walk(iterated) if isinstance(each, ast.Attribute)]
                if any(each.attr == "layers" for each in found):
                    return ast.unparse(next(each.value for each in found if each.attr == "layers"))
    return ast.unparse(of.node)
