"""Values kept in dictionaries, namespaces, classes, their instances, and command-line defaults."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from netmend.program.reading.sites import Call, Site
from netmend.program.reading.values import DEEPEST
from netmend.program.source import SourceFile

if TYPE_CHECKING:
    from netmend.program.reading.bindings import Bindings


def entry(bindings: Bindings, owner: Site, key: object, depth: int = 0) -> Site | None:
    """The value of `owner[key]` or `owner.key`, where the text states it once."""
    if depth > DEEPEST:
        return None
    if isinstance(owner.node, ast.Name) and owner.node.id in _RECEIVERS:
        found = bindings.scopes(owner.file).enclosing_class(owner.node)
        return None if found is None else _class_entry(bindings, owner.file, found, key)
    definition = bindings.definition(bindings.name(owner))
    if definition is not None:
        file, node = definition
        return _class_entry(bindings, file, node, key) if isinstance(node, ast.ClassDef) else None
    end = bindings.follow(owner, depth + 1)
    stores = _stores(bindings, owner, key)
    written = _literal_entry(bindings, end, key, depth)
    if not stores:
        return written
    if written is None and len(stores) == 1 and keys(bindings, end) is not None:
        return stores[0]
    return None


def keys(bindings: Bindings, site: Site) -> frozenset[str] | None:
    """The keys of a dictionary literal or `dict(...)` call, or None if they cannot all be seen."""
    match site.node:
        case ast.Dict(keys=names, values=values):
            found: set[str] = set()
            for name, value in zip(names, values, strict=True):
                if name is None:
                    inner = keys(bindings, bindings.follow(Site(site.file, value)))
                    if inner is None:
                        return None
                    found |= inner
                elif isinstance(name, ast.Constant) and isinstance(name.value, str):
                    found.add(name.value)
                else:
                    return None
            return frozenset(found)
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
            given = [keyword.arg for keyword in keywords]
            return None if None in given else frozenset(name for name in given if name)
    return None


def _stores(bindings: Bindings, owner: Site, key: object) -> list[Site | None]:
    """Values that `owner[key] = ...` or `owner.key = ...` statements assign; None for `+=` and in branches."""
    scopes = bindings.scopes(owner.file)
    written = ast.dump(owner.node)
    found: list[Site | None] = []
    for node in scopes.stores.get(key, ()) if isinstance(key, (str, int)) else ():
        if ast.dump(node.value).replace("Store()", "Load()") != written:
            continue
        statement = scopes.parent(node)
        plain = isinstance(statement, ast.Assign) and not scopes.branches(statement)
        found.append(Site(owner.file, statement.value) if plain and isinstance(statement, ast.Assign) else None)
    return found


def _literal_entry(bindings: Bindings, owner: Site, key: object, depth: int) -> Site | None:
    match owner.node:
        case ast.Dict(keys=names, values=values):
            found = [
                value
                for name, value in zip(names, values, strict=True)
                if isinstance(name, ast.Constant) and name.value == key
            ]
            if found:
                return Site(owner.file, found[-1])
            for name, value in zip(names, values, strict=True):
                inner = None if name is not None else entry(bindings, Site(owner.file, value), key, depth + 1)
                if inner is not None:
                    return inner
        case ast.Tuple(elts=parts) | ast.List(elts=parts) if isinstance(key, int) and -len(parts) <= key < len(parts):
            return Site(owner.file, parts[key])
        case ast.Call():
            return _call_entry(bindings, owner, key, depth)
    return None


def _call_entry(bindings: Bindings, owner: Site, key: object, depth: int) -> Site | None:
    call = bindings.call(owner)
    if call is None or not isinstance(key, str):
        return None
    if call.method in {"parse_args", "parse_known_args"}:
        return _command_line_default(bindings, key)
    definition = bindings.definition(call.name)
    if definition is not None and isinstance(definition[1], ast.ClassDef):
        return _field(bindings, call, definition[0], definition[1], key)
    if any(keyword.arg == key for keyword in call.node.keywords):
        return bindings.argument(call, key)
    if len(call.node.args) == 1:
        # A wrapper around a dictionary or namespace: vars(args), EasyDict({...}).
        return entry(bindings, Site(owner.file, call.node.args[0]), key, depth + 1)
    return None


def _field(bindings: Bindings, call: Call, file: SourceFile, owner: ast.ClassDef, key: str) -> Site | None:
    """A field of an instance: what its constructor was given, else what the class states."""
    if not any(isinstance(each, ast.FunctionDef) and each.name == "__init__" for each in owner.body):
        fields = [
            each.target.id
            for each in owner.body
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
        ]
        given = bindings.argument(call, key, fields.index(key) if key in fields else None)
        if given is not None:
            return given
    return _class_entry(bindings, file, owner, key)


def _class_entry(bindings: Bindings, file: SourceFile, owner: ast.ClassDef, key: object) -> Site | None:
    """The only value that a class body or its methods give to an attribute."""
    scopes = bindings.scopes(file)
    if not isinstance(key, str):
        return None
    statements = [binding.node for binding in scopes.bound_in(owner, key)]
    statements += [
        scopes.parent(node) or node
        for node in scopes.stores.get(key, ())
        if isinstance(node.value, ast.Name) and node.value.id in _RECEIVERS and scopes.enclosing_class(node) is owner
    ]
    match statements:
        case [ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value) as only] if not scopes.branches(only):
            return Site(file, value)
    return None


def _command_line_default(bindings: Bindings, key: str) -> Site | None:
    """The `default=` of the `add_argument` call whose destination is `key`."""
    found = [
        bindings.argument(call, "default")
        for call in bindings.calls
        if call.method == "add_argument" and _destination(bindings, call) == key
    ]
    return found[0] if len(found) == 1 else None


def _destination(bindings: Bindings, call: Call) -> object:
    """The attribute that argparse derives from the flags, as its documentation says under "dest"."""
    named = bindings.argument(call, "dest")
    if named is not None:
        return named.node.value if isinstance(named.node, ast.Constant) else None
    flags = [each.value for each in call.node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    chosen = [flag for flag in flags if flag.startswith("--")] or flags
    return chosen[0].lstrip("-").replace("-", "_") if chosen else None


_RECEIVERS = frozenset({"self", "cls"})
