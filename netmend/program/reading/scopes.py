"""Names of one file: which scope binds them, and to what.

Scoping follows the Python language reference, section 4.2 (naming and binding): functions, lambdas, classes and
comprehensions open scopes; the names of a class are not visible inside its methods.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass

from netmend.program.source import SourceFile

Function = ast.FunctionDef | ast.AsyncFunctionDef

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, *_COMPREHENSIONS)
_BRANCHES = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.TryStar, ast.Match, ast.IfExp)
LOOPS = (ast.For, ast.AsyncFor, ast.While, *_COMPREHENSIONS)


@dataclass(frozen=True, slots=True)
class Binding:
    """One way in which a scope gives a name a meaning.

    Attributes:
        node: the statement or argument that binds.
        value: the expression bound to the name; None if there is none or it is not a single expression.
        imported: canonical dotted name, for imports.
    """

    node: ast.AST
    value: ast.expr | None = None
    imported: str = ""


class Scopes:
    """Parents, scopes and bindings of one file.

    Attributes:
        stars: modules of `from MODULE import *`.
        imported: canonical dotted names of everything imported, `stars` included.
        stores: targets of the form `owner.key` and `owner[key]`, by key.

    Args:
        file: the file.
        module: its dotted module name, for relative imports: "train", "package.model".
        package: whether the file is a package's `__init__.py`.
    """

    def __init__(self, file: SourceFile, module: str, package: bool = False) -> None:
        self.file, self.module = file, module
        self._package = module if package else module.rpartition(".")[0]
        self._parents: dict[ast.AST, ast.AST] = {}
        self._fields: dict[ast.AST, str] = {}
        self._bindings: dict[ast.AST, dict[str, list[Binding]]] = defaultdict(lambda: defaultdict(list))
        self._globals: dict[ast.AST, set[str]] = defaultdict(set)
        self.stars: list[str] = []
        self.imported: list[str] = []
        self.stores: dict[str | int, list[ast.Subscript | ast.Attribute]] = defaultdict(list)
        self._link(file.tree)
        nodes = list(ast.walk(file.tree))
        for node in nodes:
            if isinstance(node, ast.Global):
                self._globals[self.scope(node)].update(node.names)
        for node in nodes:
            self._bind_node(node)

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node around this one; None for the module."""
        return self._parents.get(node)

    def ancestors(self, node: ast.AST) -> list[ast.AST]:
        """The nodes around this one, innermost first."""
        found = []
        current = self._parents.get(node)
        while current is not None:
            found.append(current)
            current = self._parents.get(current)
        return found

    def statement(self, node: ast.AST) -> ast.stmt:
        """The statement a node belongs to."""
        return next(each for each in (node, *self.ancestors(node)) if isinstance(each, ast.stmt))

    def scope(self, node: ast.AST) -> ast.AST:
        """The innermost scope in which a node is evaluated.

        Decorators, defaults, base classes and annotations are evaluated outside the function or class they belong to.
        """
        child = node
        for parent in self.ancestors(node):
            if isinstance(parent, _SCOPES) and self._inside(child, parent):
                return parent
            child = parent
        return self.file.tree

    def function(self, node: ast.AST) -> Function | None:
        """The innermost function a node is in, or None."""
        scope: ast.AST | None = self.scope(node)
        while scope is not None and not isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)):
            scope = None if isinstance(scope, ast.Module) else self.scope(scope)
        return scope

    def enclosing_class(self, node: ast.AST) -> ast.ClassDef | None:
        """The innermost class a node is in, or None."""
        return next((each for each in self.ancestors(node) if isinstance(each, ast.ClassDef)), None)

    def in_loop(self, node: ast.AST) -> bool:
        """Whether a node is inside a loop or comprehension of its own function or module."""
        for parent in self.ancestors(node):
            if isinstance(parent, LOOPS):
                return True
            if isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                return False
        return False

    def branches(self, node: ast.AST) -> frozenset[tuple[int, str]]:
        """The branches and loops a node runs under, within its function; `if __name__ == ...` is none."""
        found = set()
        child = node
        for parent in self.ancestors(node):
            if isinstance(parent, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                break
            if isinstance(parent, _BRANCHES) and not _is_main_guard(parent) and self._fields[child] not in _ALWAYS:
                found.add((id(parent), self._fields[child]))
            child = parent
        return frozenset(found)

    def bindings(self, name: str, at: ast.AST) -> tuple[Binding, ...]:
        """All bindings of a name in the scope that gives it its meaning at a node; empty if nothing does."""
        scope = self.scope(at)
        first = True
        while True:
            visible = first or not isinstance(scope, ast.ClassDef)
            if visible and name in self._bindings[scope] and name not in self._globals[scope]:
                return tuple(self._bindings[scope][name])
            if isinstance(scope, ast.Module):
                return ()
            first, scope = False, self.scope(scope)

    def bound_in(self, scope: ast.AST, name: str) -> tuple[Binding, ...]:
        """All bindings of a name in exactly this scope."""
        return tuple(self._bindings[scope].get(name, ()))

    def top_level(self, name: str) -> tuple[Binding, ...]:
        """All bindings of a name at module level."""
        return self.bound_in(self.file.tree, name)

    def _link(self, root: ast.AST) -> None:
        stack = [root]
        while stack:
            node = stack.pop()
            for field, value in ast.iter_fields(node):
                for child in value if isinstance(value, list) else [value]:
                    if isinstance(child, ast.AST) and not isinstance(child, ast.expr_context):
                        self._parents[child], self._fields[child] = node, field
                        stack.append(child)

    def _inside(self, child: ast.AST, scope: ast.AST) -> bool:
        field = self._fields[child]
        if isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            return field == "body"
        return True

    def _bind(self, name: str, binding: Binding, scope: ast.AST) -> None:
        if name in self._globals[scope]:
            scope = self.file.tree
        self._bindings[scope][name].append(binding)

    def _bind_node(self, node: ast.AST) -> None:
        match node:
            case ast.Import() | ast.ImportFrom():
                self._bind_import(node)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                for argument in parameters(node.args):
                    self._bind(argument.arg, Binding(argument), node)
                for extra in (node.args.vararg, node.args.kwarg):
                    if extra is not None:
                        self._bind(extra.arg, Binding(node), node)
                if not isinstance(node, ast.Lambda):
                    self._bind(node.name, Binding(node), self.scope(node))
            case ast.ClassDef():
                self._bind(node.name, Binding(node), self.scope(node))
            case ast.Assign():
                for target in node.targets:
                    self._bind_target(target, node.value, node)
            case ast.AnnAssign(value=ast.expr() as value):
                self._bind_target(node.target, value, node)
            case ast.NamedExpr():
                self._bind_target(node.target, node.value, node)
            case ast.Subscript(slice=ast.Constant(value=str() | int() as key), ctx=ast.Store()):
                self.stores[key].append(node)
            case ast.Attribute(attr=key, ctx=ast.Store()):
                self.stores[key].append(node)
            case ast.AugAssign() | ast.For() | ast.AsyncFor() | ast.comprehension():
                self._bind_target(node.target, None, node)
            case ast.withitem(optional_vars=ast.expr() as target):
                self._bind_target(target, None, node)
            case (
                ast.ExceptHandler(name=str() as name)
                | ast.MatchAs(name=str() as name)
                | ast.MatchStar(name=str() as name)
            ):
                self._bind(name, Binding(node), self.scope(node))

    def _bind_target(self, target: ast.expr, value: ast.expr | None, node: ast.AST) -> None:
        if isinstance(target, ast.Name):
            self._bind(target.id, Binding(node, value), self.scope(target))
        elif isinstance(target, ast.Starred):
            self._bind_target(target.value, None, node)
        elif isinstance(target, (ast.Tuple, ast.List)):
            parts: list[ast.expr | None] = [None] * len(target.elts)
            if (
                isinstance(value, (ast.Tuple, ast.List))
                and len(value.elts) == len(parts)
                and not any(isinstance(each, ast.Starred) for each in (*value.elts, *target.elts))
            ):
                parts = list(value.elts)
            for each, part in zip(target.elts, parts, strict=True):
                self._bind_target(each, part, node)

    def _bind_import(self, node: ast.Import | ast.ImportFrom) -> None:
        scope = self.scope(node)
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                self.imported.append(alias.name)
                self._bind(name, Binding(node, imported=alias.name if alias.asname else name), scope)
            return
        origin = self._origin(node)
        for alias in node.names:
            self.imported.append(origin if alias.name == "*" else f"{origin}.{alias.name}")
            if alias.name == "*":
                self.stars.append(origin)
            else:
                dotted = f"{origin}.{alias.name}" if origin else alias.name
                self._bind(alias.asname or alias.name, Binding(node, imported=dotted), scope)

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self._package
        for _ in range(node.level - 1):
            package = package.rpartition(".")[0]
        return ".".join(part for part in (package, node.module or "") if part)


# Fields of a branching statement that are evaluated whichever way it goes.
_ALWAYS = frozenset({"test", "iter", "finalbody", "subject"})


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """Named parameters in the order in which positions fill them; keyword-only ones last."""
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


def default(arguments: ast.arguments, parameter: ast.arg) -> ast.expr | None:
    """The default of a parameter, or None."""
    positional = [*arguments.posonlyargs, *arguments.args]
    if parameter in positional:
        index = positional.index(parameter) - (len(positional) - len(arguments.defaults))
        return arguments.defaults[index] if index >= 0 else None
    return arguments.kw_defaults[arguments.kwonlyargs.index(parameter)]


def _is_main_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and any(
        isinstance(each, ast.Name) and each.id == "__name__" for each in ast.walk(node.test)
    )
