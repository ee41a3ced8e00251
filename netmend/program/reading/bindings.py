"""What the calls of a program are, and where the values they are given are written.

Built on `ast` alone and ignorant of any framework. A name is followed only where one reading of the program is
possible: a name assigned twice, under a branch the use is not under, or in a loop the use is not in, is not followed.
"""

from __future__ import annotations

import ast
import builtins
from functools import lru_cache
from pathlib import PurePosixPath

from netmend.program.reading.entries import entry, keys
from netmend.program.reading.scopes import Binding, Function, Scopes, default, parameters
from netmend.program.reading.sites import Call, Resolved, Site
from netmend.program.reading.values import DEEPEST, UNKNOWN, compute
from netmend.program.source import Program, SourceFile

__all__ = ["Bindings", "Call", "Resolved", "Site", "bindings_of", "module_name"]


@lru_cache(maxsize=256)
def bindings_of(program: Program) -> Bindings:
    """The bindings of a program; equal programs share one object, so its nodes can be compared."""
    return Bindings(program)


class Bindings:
    """Names, calls and values of a program.

    Attributes:
        program: the program.
        calls: every call, file after file, in the order in which their opening parentheses appear.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self._scopes = {file.name: Scopes(file, module_name(file), _is_package(file)) for file in program.files}
        self._files = {module_name(file): file for file in program.files}
        self.calls: tuple[Call, ...] = tuple(call for file in program.files for call in self._calls_of(file))
        self._call_at = {call.node: call for call in self.calls}

    def scopes(self, file: SourceFile) -> Scopes:
        """Parents and scopes of one of the program's files."""
        return self._scopes[file.name]

    def call(self, site: Site) -> Call | None:
        """The call that an expression is, or None."""
        return self._call_at.get(site.node) if isinstance(site.node, ast.Call) else None

    def name(self, site: Site, depth: int = 0) -> str:
        """Canonical dotted name of a Name or Attribute chain that leads to an import or definition; "" otherwise.

        `from torch import nn as n` makes `n.Linear` "torch.nn.Linear"; after `L = keras.layers`, `L.Dense` is
        "keras.layers.Dense".
        """
        node = site.node
        if isinstance(node, ast.Attribute):
            owner = self.name(Site(site.file, node.value), depth + 1)
            return self._through_modules(f"{owner}.{node.attr}") if owner else ""
        if not isinstance(node, ast.Name) or depth > DEEPEST:
            return ""
        scopes = self.scopes(site.file)
        found = scopes.bindings(node.id, node)
        if not found:
            return self._starred(scopes, node.id)
        imports = [binding for binding in found if binding.imported]
        if len(imports) == len(found):
            return self._through_modules(imports[0].imported)
        if len(found) > 1:
            return ""
        only = found[0]
        if isinstance(only.node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and only.node.name == node.id:
            return f"{scopes.module}.{node.id}"
        if isinstance(only.value, (ast.Name, ast.Attribute)) and self._reaches(scopes, only, node):
            return self.name(Site(site.file, only.value), depth + 1)
        return ""

    def definition(self, name: str) -> tuple[SourceFile, Function | ast.ClassDef] | None:
        """The program's own function or class of a canonical name, or None."""
        module, _, last = name.rpartition(".")
        file = self._files.get(module)
        if file is None:
            return None
        for node in ast.walk(file.tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name == last:
                return file, node
        return None

    def argument(self, call: Call, name: str, index: int | None = None) -> Site | None:
        """The expression a call passes for a parameter: by keyword, by position, or through `**DICTIONARY`.

        Args:
            call: the call.
            name: the parameter's name; "" for one that is only positional.
            index: its position among positional arguments, from 0; None, or less than 0, if it is keyword-only.
        """
        for keyword in call.node.keywords:
            if name and keyword.arg == name:
                return Site(call.file, keyword.value)
        before = call.node.args[: index + 1] if index is not None and index >= 0 else []
        if index is not None and 0 <= index < len(before) and not any(isinstance(each, ast.Starred) for each in before):
            return Site(call.file, before[index])
        for keyword in call.node.keywords:
            if name and keyword.arg is None:
                found = entry(self, Site(call.file, keyword.value), name)
                if found is not None:
                    return found
        return None

    def opaque(self, call: Call) -> bool:
        """Whether a call passes arguments that cannot be seen: `*args`, or `**kwargs` that leads to no dictionary."""
        if any(isinstance(each, ast.Starred) for each in call.node.args):
            return True
        return any(
            keyword.arg is None and keys(self, self.follow(Site(call.file, keyword.value))) is None
            for keyword in call.node.keywords
        )

    def follow(self, site: Site, depth: int = 0, into_calls: bool = True) -> Site:
        """From a name, attribute, dictionary entry, parameter or wrapper to the expression that is its value.

        Gives back the site itself where the way is not unique.

        Args:
            site: where to begin.
            depth: steps already made.
            into_calls: whether a call of the program's own function is followed to what it returns.
        """
        if depth > DEEPEST:
            return site
        call = None if into_calls else self.call(site)
        step = self._step(site, depth) if call is None or self.definition(call.name) is None else None
        return site if step is None else self.follow(step, depth + 1, into_calls)

    def resolve(self, site: Site) -> Resolved:
        """The value of an expression, and the expression to replace in order to change it.

        Simple arithmetic is computed (`1e-3 * 10`); then the whole arithmetic expression is what is to be replaced.
        """
        end = self.follow(site)
        value = compute(end, self.follow)
        if value is UNKNOWN:
            return Resolved(site)
        return Resolved(end, value, True)

    def in_loop(self, call: Call) -> bool:
        """Whether a call stands in a loop of its own function or module."""
        return self.scopes(call.file).in_loop(call.node)

    # Calls and names

    def _calls_of(self, file: SourceFile) -> list[Call]:
        nodes = [node for node in ast.walk(file.tree) if isinstance(node, ast.Call)]
        nodes.sort(key=lambda node: (node.func.end_lineno or 0, node.func.end_col_offset or 0))
        return [
            Call(
                file,
                node,
                self.name(Site(file, node.func)),
                node.func.attr if isinstance(node.func, ast.Attribute) else "",
            )
            for node in nodes
        ]

    def _starred(self, scopes: Scopes, name: str) -> str:
        foreign = ""
        for module in scopes.stars:
            file = self._files.get(module)
            if file is None:
                foreign = foreign or module
            elif self.scopes(file).top_level(name):
                return self._through_modules(f"{module}.{name}")
        return f"{foreign}.{name}" if foreign and name not in _BUILTINS else ""

    def _through_modules(self, name: str, depth: int = 0) -> str:
        """Follow `from layers import Dense` where the local module `layers` itself only imports Dense."""
        module, _, last = name.rpartition(".")
        file = self._files.get(module)
        if file is None or depth > DEEPEST:
            return name
        imports = [binding.imported for binding in self.scopes(file).top_level(last) if binding.imported]
        return self._through_modules(imports[0], depth + 1) if imports else name

    # Following values

    def _reaches(self, scopes: Scopes, binding: Binding, use: ast.AST) -> bool:
        """Whether a binding, the only one of its name, has surely run when a use runs."""
        return scopes.branches(binding.node) <= scopes.branches(use)

    def _only_value(self, scopes: Scopes, found: tuple[Binding, ...], use: ast.AST) -> Site | None:
        if len(found) != 1:
            return None
        only = found[0]
        if only.value is not None and self._reaches(scopes, only, use):
            return Site(scopes.file, only.value)
        if isinstance(only.node, ast.arg):
            return self._passed(scopes, only.node)
        return None

    def _step(self, site: Site, depth: int) -> Site | None:
        node = site.node
        match node:
            case ast.NamedExpr():
                return Site(site.file, node.value)
            case ast.Name():
                scopes = self.scopes(site.file)
                found = scopes.bindings(node.id, node)
                return self._only_value(scopes, found, node) or self._global_value(self.name(site))
            case ast.Attribute():
                return self._global_value(self.name(site)) or entry(self, Site(site.file, node.value), node.attr, depth)
            case ast.Subscript(slice=ast.Constant(value=key)):
                return entry(self, Site(site.file, node.value), key, depth)
            case ast.Call(func=ast.Name(id="float" | "int" | "str"), args=[only], keywords=[]):
                return Site(site.file, only)
            case ast.Call(func=ast.Attribute(attr="get", value=owner), args=[ast.Constant(value=key), *_]):
                return entry(self, Site(site.file, owner), key, depth)
            case ast.Call():
                return self._returned(site)
        return None

    def _global_value(self, name: str) -> Site | None:
        """The value of a module-level name of another (or this) file of the program."""
        module, _, last = name.rpartition(".")
        file = self._files.get(module)
        if file is None:
            return None
        found = self.scopes(file).top_level(last)
        if len(found) == 1 and found[0].value is not None and not self.scopes(file).branches(found[0].node):
            return Site(file, found[0].value)
        return None

    def _passed(self, scopes: Scopes, parameter: ast.arg) -> Site | None:
        """What the only caller passes for a parameter, or its default if no caller passes it."""
        arguments = scopes.parent(parameter)
        owner = scopes.parent(arguments) if isinstance(arguments, ast.arguments) else None
        if not isinstance(arguments, ast.arguments) or not isinstance(owner, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return None
        is_method = isinstance(scopes.parent(owner), ast.ClassDef) and not any(
            isinstance(each, ast.Name) and each.id == "staticmethod" for each in owner.decorator_list
        )
        order = parameters(arguments)
        index = order.index(parameter) - is_method if parameter not in arguments.kwonlyargs else None
        if index is not None and index < 0:
            return None  # `self`
        callers = self._callers(scopes, owner)
        if any(self.opaque(call) for call in callers):
            return None
        given = [self.argument(call, parameter.arg, index) for call in callers]
        if len(given) == 1 and given[0] is not None:
            return given[0]
        written = default(arguments, parameter)
        return Site(scopes.file, written) if written is not None and not any(given) else None

    def _callers(self, scopes: Scopes, function: Function) -> list[Call]:
        owner = scopes.parent(function)
        if not isinstance(owner, ast.ClassDef):
            name = f"{scopes.module}.{function.name}"
            return [call for call in self.calls if call.name == name]
        if function.name == "__init__":
            name = f"{scopes.module}.{owner.name}"
            return [call for call in self.calls if call.name == name]
        return [call for call in self.calls if call.method == function.name]

    def _returned(self, site: Site) -> Site | None:
        """The value of a call of the program's own function that has a single return statement."""
        call = self.call(site)
        found = self.definition(call.name) if call is not None and call.name else None
        if found is None or isinstance(found[1], ast.ClassDef):
            return None
        file, function = found
        scopes = self.scopes(file)
        returns = [
            node for node in ast.walk(function) if isinstance(node, ast.Return) and scopes.function(node) is function
        ]
        if len(returns) != 1 or returns[0].value is None or scopes.branches(returns[0]):
            return None
        return Site(file, returns[0].value)


_BUILTINS = frozenset(dir(builtins))


def module_name(file: SourceFile) -> str:
    """Dotted name under which the program's other files import a file: "package/model.py" is "package.model"."""
    path = PurePosixPath(file.name)
    parts = [*path.parts[:-1], path.stem]
    if _is_package(file) and len(parts) > 1:
        parts.pop()
    return ".".join(parts)


def _is_package(file: SourceFile) -> bool:
    return PurePosixPath(file.name).name == "__init__.py"
