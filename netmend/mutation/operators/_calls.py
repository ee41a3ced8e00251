"""Mutations that set or remove an argument of a call, where no element kind covers it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Bindings, Call, Site, bindings_of
from netmend.program.reading.keras_names import PACKAGES, in_section, layer_class
from netmend.program.reading.keras_training import is_compile
from netmend.program.reading.torch_names import module_class
from netmend.program.source import Program

FIT_ARGUMENTS = frozenset({"epochs", "batch_size", "validation_data", "validation_split", "callbacks"})
"""Arguments by which a `fit` is a Keras model's rather than a scaler's (Keras reference, Model.fit)."""


def set_argument(bindings: Bindings, call: Call, name: str, index: int | None, text: str) -> tuple[Edit, ...]:
    """The edit that makes an argument of a call other source text, or adds it."""
    present = bindings.argument(call, name, index)
    if present is None:
        return (spans.add_argument(call, name, text),)
    return (spans.replace(bindings.resolve(present).site, text),)


def uses_keras(bindings: Bindings) -> bool:
    """Whether a program imports Keras."""
    imported = (name for file in bindings.program.files for name in bindings.scopes(file).imported)
    return any(name.partition(".")[0] in PACKAGES for name in imported)


def fits(program: Program) -> Iterator[Call]:
    """Every `fit` of a Keras model."""
    bindings = bindings_of(program)
    if not uses_keras(bindings):
        return
    models = {_receiver(call) for call in bindings.calls if is_compile(bindings, call)}
    for call in bindings.calls:
        named = any(keyword.arg in FIT_ARGUMENTS for keyword in call.node.keywords)
        if call.method == "fit" and (named or _receiver(call) in models):
            yield call


def keras_calls(program: Program, section: str) -> Iterator[tuple[Call, str]]:
    """Every call of a class of one of Keras's modules ("callbacks", "optimizers"), with the class's name."""
    for call in bindings_of(program).calls:
        name = in_section(call.name, section)
        if name[:1].isupper():
            yield call, name


def layers(program: Program) -> Iterator[tuple[Call, str]]:
    """Every call that makes a layer, in either framework, with the layer's class."""
    for call in bindings_of(program).calls:
        name = layer_class(call.name) or module_class(call.name)
        if name:
            yield call, name


def truth(bindings: Bindings, site: Site | None) -> bool | None:
    """Whether an argument is True or False; None if it cannot be told."""
    value = None if site is None else bindings.resolve(site).value
    return value if isinstance(value, bool) else None


def _receiver(call: Call) -> str:
    """The object a method is called on, as text that does not depend on spacing."""
    return ast.dump(call.node.func.value) if isinstance(call.node.func, ast.Attribute) else ""
