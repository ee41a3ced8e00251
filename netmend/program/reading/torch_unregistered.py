"""Layers of a PyTorch model in a plain list, of which the model does not know."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Site
from netmend.program.reading.torch_names import NN, WEIGHTED, module_class
from netmend.program.reading.torch_program import Reading
from netmend.program.reading.torch_spelling import spelled
from netmend.program.source import SourceFile

_TAKING = frozenset({"Sequential", "ModuleList", "ModuleDict"})
"""Modules that make layers known which they are given."""

_BY_HAND = frozenset({"add_module", "register_module", "setattr", "add_param_group"})
"""What makes layers, or their weights, known one by one; of which is not followed."""


def plain_lists(reading: Reading) -> Iterator[tuple[Site, tuple[Edit, ...]]]:
    """`self.layers = [nn.Linear(9, 9), ...]` in a module, or an empty list that layers are appended to; and its mend.

    Nothing is said where the layers are given to something that makes them known.
    """
    for file in reading.program.files:
        for owner in ast.walk(file.tree):
            if not isinstance(owner, ast.ClassDef) or not _is_module(reading, file, owner):
                continue
            for node in ast.walk(owner):
                match node:
                    case ast.Assign(
                        targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)],
                        value=(ast.List() | ast.ListComp()) as listed,
                    ) if _holds_layers(reading, file, owner, name, listed) and not _registered(owner, name):
                        site = Site(file, listed)
                        text, imports = spelled(reading.bindings, site, f"{NN}.ModuleList")
                        yield site, (spans.replace(site, f"{text}({site.text})"), *imports)


def _is_module(reading: Reading, file: SourceFile, owner: ast.ClassDef) -> bool:
    return any(reading.bindings.name(Site(file, base)) == f"{NN}.Module" for base in owner.bases)


def _holds_layers(reading: Reading, file: SourceFile, owner: ast.ClassDef, name: str, listed: ast.expr) -> bool:
    """Whether layers with weights are written in a list, or appended to it in the same class."""
    parts: list[ast.AST] = [listed]
    for node in ast.walk(owner):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"), attr=given), attr="append" | "extend")
            ) if given == name:
                parts.append(node)
    inside = [Site(file, each) for part in parts for each in ast.walk(part) if isinstance(each, ast.Call)]
    calls = [reading.bindings.call(each) for each in inside]
    return any(call is not None and module_class(call.name) in WEIGHTED for call in calls)


def _registered(owner: ast.ClassDef, name: str) -> bool:
    """Whether the list is given to something that makes its layers known, or the class does so by hand."""
    for node in ast.walk(owner):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func).rpartition(".")[2]
            given = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
            if called in _BY_HAND or (called in _TAKING and name in given):
                return True
    return False
