"""Weights that a PyTorch program keeps from being trained: `requires_grad = False` and `requires_grad_(False)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements.frozen_weights import AS_LOADED, FROZEN, TRAINED
from netmend.program.places import Edit
from netmend.program.reading.bindings import Site
from netmend.program.reading.pretrained import loads_weights, trains_twice
from netmend.program.reading.torch_model import nodes
from netmend.program.reading.torch_program import Reading
from netmend.program.source import SourceFile

_PARAMETERS = {"parameters", "named_parameters", "children", "modules", "named_modules", "named_children"}


def find_frozen(reading: Reading) -> Iterator[Element]:
    """Every place that says whether parameters are trained."""
    loaded = loads_weights(reading.bindings) or trains_twice(reading.bindings, frozenset({"backward"}))
    for file in reading.program.files:
        for node in ast.walk(file.tree):
            found = _said(reading, file, node)
            if found is not None:
                owner, flag = found
                if not _is_trained(reading, owner):
                    continue
                value = TRAINED if flag.value else AS_LOADED if loaded else FROZEN
                yield _element(Site(file, flag), ast.unparse(owner.node), value)


def write_frozen(element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that let the parameters be trained.

    Raises:
        Unchangeable: another value is asked for.
    """
    if value != TRAINED:
        raise Unchangeable(f"weights are to be trained, not {value}", where=str(element.place))
    return (Edit(element.place.file, element.start, element.end, "True"),)


def _said(reading: Reading, file: SourceFile, node: ast.AST) -> tuple[Site, ast.Constant] | None:
    """Whose weights a statement is about, and the truth value in it."""
    match node:
        case ast.Assign(
            targets=[ast.Attribute(value=of, attr="requires_grad")], value=ast.Constant(value=bool()) as flag
        ):
            return _owner(reading, file, of), flag
        case ast.Call(
            func=ast.Attribute(value=of, attr="requires_grad_"), args=[ast.Constant(value=bool()) as flag], keywords=[]
        ):
            return _owner(reading, file, of), flag
    return None


def _owner(reading: Reading, file: SourceFile, of: ast.expr) -> Site:
    """`model.backbone` where a loop goes over its parameters, else the expression itself."""
    scopes = reading.bindings.scopes(file)
    for around in scopes.ancestors(of):
        match around:
            case ast.For(iter=ast.Call(func=ast.Attribute(value=owner, attr=method))) if method in _PARAMETERS:
                return Site(file, owner)
    return Site(file, of)


def _is_trained(reading: Reading, owner: Site) -> bool:
    """Whether it is a part of the model that is trained: copies and teachers are frozen on purpose."""
    trained = {each.call.node for each in nodes(reading.models[0].root)} if reading.models else set()
    node: ast.expr = owner.node
    while True:
        module = reading.module(Site(owner.file, node))
        if module is not None and module.call.node in trained:
            return True
        if not isinstance(node, (ast.Attribute, ast.Subscript)):
            return False
        node = node.value


def _element(site: Site, owner: str, value: str) -> Element:
    start, end = site.span
    return Element(
        kind="frozen-weights",
        place=site.place,
        start=start,
        end=end,
        text=site.text,
        value=value,
        absent=False,
        framework="torch",
        owner=owner,
    )
