"""Local modules taken into the script that imports them, so that a program is one text.

Only whole statements are moved and nothing is renamed: what a program does not use falls away when it is sliced.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import PurePosixPath

# Deepest chain of local imports that is taken in (own choice; MLM4DNN takes 16 rounds, and two are common).
_DEEPEST = 4

# Most modules that are taken in (own choice: a script that needs more is the front of a library).
_MOST = 10

Find = Callable[[str], ast.Module | None]
"""From a path in the repository to its tree; None if there is no such file or it cannot be read."""


def with_modules(tree: ast.Module, path: str, find: Find) -> ast.Module:
    """A script with the definitions of the local modules it imports in place of the imports."""
    body = _Inliner(find).body(tree, PurePosixPath(path).parent, 0)
    return ast.fix_missing_locations(ast.Module(body, []))


class _Inliner:
    def __init__(self, find: Find) -> None:
        self._find = find
        self._taken: set[str] = set()

    def body(self, tree: ast.Module, folder: PurePosixPath, depth: int) -> list[ast.stmt]:
        """The statements of a module, local imports replaced by what they import."""
        found: list[ast.stmt] = []
        whole: set[str] = set()
        for statement in tree.body:
            taken = None
            match statement:
                case ast.ImportFrom(module=module, names=names, level=level) if depth < _DEEPEST:
                    taken = self._module(module or "", folder, level, depth)
                    if taken is not None:
                        found += [*taken, *_renamed(names)]
                case ast.Import(names=[ast.alias(name=name, asname=short)]) if depth < _DEEPEST:
                    taken = self._module(name, folder, 0, depth)
                    if taken is not None:
                        found += taken
                        whole.add(short or name)
            if taken is None:
                found.append(statement)
        return [_Unqualified(whole).visit(each) for each in found] if whole else found

    def _module(self, name: str, folder: PurePosixPath, level: int, depth: int) -> list[ast.stmt] | None:
        """The definitions of a local module; none the second time; None if there is no such module."""
        parts = name.split(".") if name else []
        above = [folder, *folder.parents]
        starts = [above[min(level - 1, len(above) - 1)]] if level else above[:2]
        for start in starts:
            stem = start.joinpath(*parts)
            for path in (f"{stem}.py", f"{stem}/__init__.py"):
                if path in self._taken:
                    return []
                tree = self._find(path) if len(self._taken) < _MOST else None
                if tree is not None:
                    self._taken.add(path)
                    inner = self.body(tree, PurePosixPath(path).parent, depth + 1)
                    return [each for each in inner if not _is_guard(each)]
        return None


def _renamed(names: list[ast.alias]) -> list[ast.stmt]:
    return [
        ast.Assign([ast.Name(each.asname, ast.Store())], ast.Name(each.name, ast.Load()))
        for each in names
        if each.asname and each.asname != each.name
    ]


def _is_guard(statement: ast.stmt) -> bool:
    match statement:
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return True
    return False


class _Unqualified(ast.NodeTransformer):
    """`model.Net()` is `Net()` where the module `model` was taken in whole."""

    def __init__(self, modules: set[str]) -> None:
        self._modules = modules

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if ast.unparse(node.value) in self._modules:
            return ast.copy_location(ast.Name(node.attr, node.ctx), node)
        self.generic_visit(node)
        return node
