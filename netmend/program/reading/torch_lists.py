"""The items of `Sequential`, `ModuleList` and `ModuleDict`, also where a list is filled step by step.

layers = [nn.Linear(3, 8), nn.ReLU()]
for _ in range(2):
    layers.append(nn.Linear(8, 8))
model = nn.Sequential(*layers)
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.torch_calls import DEEPEST, Calls, Environment


@dataclass(frozen=True, eq=False)
class Member:
    """One item of a list of modules.

    Attributes:
        site: the expression that makes the module.
        environment: what its names mean.
        name: its name in an OrderedDict; "" for lists.
        display: the call, list or dictionary whose direct item it is; None if it was appended or is repeated.
        item: the direct item: the expression itself, or the pair ("name", expression).
        statement: the statement `layers.append(item)`; None if it stands in a display.
    """

    site: Site
    environment: Environment
    name: str = ""
    display: ast.Call | ast.List | ast.Tuple | ast.Dict | None = None
    item: ast.expr | None = None
    statement: ast.stmt | None = None


# The items found, and whether they are surely all.
Members = tuple[list[Member], bool]


class Lists:
    """Finds the items of lists of modules."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls

    def of_container(self, call: Call, environment: Environment) -> Members:
        """The items of a call of Sequential, ModuleList or ModuleDict."""
        found: list[Member] = []
        exact = not call.node.keywords
        single = len(call.node.args) == 1 and not isinstance(call.node.args[0], ast.Starred)
        for node in call.node.args:
            inner = node.value if isinstance(node, ast.Starred) else node
            if not isinstance(node, ast.Starred) and not (
                single and self._is_collection(Site(call.file, node), environment)
            ):
                found.append(Member(Site(call.file, node), environment, display=call.node, item=node))
                continue
            members, known = self._items(Site(call.file, inner), environment, 0)
            found += members
            exact = exact and known
        return found, exact

    def count(self, site: Site, environment: Environment) -> int | None:
        """How many times a loop over an expression runs, or None if that cannot be seen."""
        node = site.node
        match node:
            case ast.Call(func=ast.Name(id="range"), args=args, keywords=[]):
                numbers = [self.calls.resolve(Site(site.file, each), environment).value for each in args]
                whole = [each for each in numbers if isinstance(each, int)]
                return len(range(*whole)) if 0 < len(whole) == len(args) < 4 and 0 not in whole[2:] else None
            case ast.Call(func=ast.Name(id="enumerate" | "list" | "reversed" | "tuple"), args=[inner, *_]):
                return self.count(Site(site.file, inner), environment)
            case ast.Call(func=ast.Name(id="zip"), args=args):
                counts = [self.count(Site(site.file, each), environment) for each in args]
                known = [each for each in counts if each is not None]
                return min(known) if known and len(known) == len(counts) else None
            case ast.Subscript(value=inner, slice=ast.Slice(lower=lower, upper=upper, step=None)):
                whole_count = self.count(Site(site.file, inner), environment)
                bounds = [_bound(each) for each in (lower, upper)]
                if whole_count is None or "unknown" in bounds:
                    return None
                return len(range(whole_count)[slice(*bounds)])
        value = self.calls.resolve(site, environment)
        return len(value.value) if value.known and isinstance(value.value, tuple) else None

    def _is_collection(self, site: Site, environment: Environment) -> bool:
        end, _ = self.calls.settle(site, environment)
        if isinstance(end.node, (ast.List, ast.Tuple, ast.ListComp, ast.GeneratorExp, ast.Dict)):
            return True
        return (
            isinstance(end.node, ast.Call) and self.calls.bindings.name(Site(end.file, end.node.func)) in _DICTIONARIES
        )

    def _items(self, site: Site, environment: Environment, depth: int) -> Members:
        """The modules that an expression lists."""
        if depth > DEEPEST:
            return [], False
        file, node = site.file, site.node
        match node:
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return self._display(site, items, environment, depth)
            case ast.Dict(keys=keys, values=values):
                named = [each for each in keys if isinstance(each, ast.Constant) and isinstance(each.value, str)]
                pairs = zip(keys, values, strict=True)
                found = [
                    Member(Site(file, value), environment, str(key.value), node, value)
                    for key, value in pairs
                    if isinstance(key, ast.Constant)
                ]
                return found, len(named) == len(keys)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return _joined(self._items(Site(file, each), environment, depth + 1) for each in (left, right))
            case (
                ast.ListComp(elt=item, generators=[ast.comprehension(iter=iterated, ifs=[])])
                | ast.GeneratorExp(elt=item, generators=[ast.comprehension(iter=iterated, ifs=[])])
            ):
                times = self.count(Site(file, iterated), environment)
                return [
                    Member(Site(file, item), environment) for _ in range(1 if times is None else times)
                ], times is not None
            case ast.Name() | ast.Attribute():
                return self._filled(site, environment, depth)
            case ast.Call(func=function, args=[inner]) if self.calls.bindings.name(
                Site(file, function)
            ) in _DICTIONARIES or (isinstance(function, ast.Name) and function.id in {"list", "tuple"}):
                return self._items(Site(file, inner), environment, depth + 1)
            case ast.Call():
                call = self.calls.bindings.call(site)
                result = None if call is None else self.calls.result(call, environment)
                return ([], False) if result is None else self._items(*result, depth + 1)
        return [], False

    def _display(self, site: Site, items: list[ast.expr], environment: Environment, depth: int) -> Members:
        parts: list[Members] = []
        for item in items:
            match site.node, item:
                case _, ast.Starred(value=inner):
                    parts.append(self._items(Site(site.file, inner), environment, depth + 1))
                case ast.List() | ast.Tuple() as display, ast.Tuple(elts=[ast.Constant(value=str() as name), value]):
                    parts.append(([Member(Site(site.file, value), environment, name, display, item)], True))
                case ast.List() | ast.Tuple() as display, _:
                    parts.append(([Member(Site(site.file, item), environment, "", display, item)], True))
        return _joined(parts)

    def _filled(self, site: Site, environment: Environment, depth: int) -> Members:
        """The items of a list variable when execution reaches a use of it."""
        scopes = self.calls.bindings.scopes(site.file)
        function = scopes.function(site.node)
        filling = _Filling(self, site, environment, depth)
        filling.run(site.file.tree.body if function is None else function.body)
        if filling.started:
            return filling.members, filling.exact
        end, inner = self.calls.settle(site, environment)
        return ([], False) if end.node is site.node else self._items(end, inner, depth + 1)


class _Filling:
    """Runs the statements that fill a list variable, up to the statement that uses it."""

    def __init__(self, lists: Lists, use: Site, environment: Environment, depth: int) -> None:
        self.lists, self.use, self.environment, self.depth = lists, use, environment, depth
        self.members: list[Member] = []
        self.exact, self.started, self.stopped = True, False, False
        self._name = ast.unparse(use.node)
        self._until = lists.calls.bindings.scopes(use.file).statement(use.node)

    def run(self, body: list[ast.stmt]) -> None:
        """Take the effect of statements in order."""
        for statement in body:
            if statement is self._until:
                self.stopped = True
            if self.stopped:
                return
            self._take(statement)

    def _take(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Assign(targets=[target], value=value) if self._is_it(target):
                self.members, self.exact, self.started = [], True, True
                self._extend(value)
            case ast.AnnAssign(target=target, value=ast.expr() as value) if self._is_it(target):
                self.members, self.exact, self.started = [], True, True
                self._extend(value)
            case ast.AugAssign(target=target, op=ast.Add(), value=value) if self._is_it(target):
                self._extend(value)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=target, attr=method), args=args)) if self._is_it(
                target
            ):
                self._call(method, args, statement)
            case ast.For(iter=iterated, body=body):
                times = self.lists.count(Site(self.use.file, iterated), self.environment)
                before = len(self.members)
                for _ in range(1 if times is None else times):
                    self.run(body)
                if times is None and len(self.members) != before:
                    self.exact = False
            case ast.If(test=test, body=body, orelse=orelse) if (
                decided := self.lists.calls.resolve(Site(self.use.file, test), self.environment)
            ).known:
                self.run(body if decided.value else orelse)
            case ast.If(body=body, orelse=orelse):
                before = len(self.members)
                self.run(body)
                self.run(orelse)
                if len(self.members) != before and not self.stopped:
                    self.exact = False
            case ast.With(body=body) | ast.Try(body=body):
                self.run(body)

    def _call(self, method: str, args: list[ast.expr], statement: ast.stmt) -> None:
        if method == "append" and len(args) == 1:
            self.members.append(Member(Site(self.use.file, args[0]), self.environment, statement=statement))
        elif method == "extend" and len(args) == 1:
            self._extend(args[0])
        else:
            self.exact = False

    def _extend(self, value: ast.expr) -> None:
        members, known = self.lists._items(Site(self.use.file, value), self.environment, self.depth + 1)
        self.members += members
        self.exact = self.exact and known

    def _is_it(self, target: ast.expr) -> bool:
        return isinstance(target, (ast.Name, ast.Attribute)) and ast.unparse(target) == self._name


_DICTIONARIES = frozenset({"collections.OrderedDict", "typing.OrderedDict"})


def _joined(parts: Iterable[Members]) -> Members:
    found: list[Member] = []
    exact = True
    for members, known in parts:
        found += members
        exact = exact and known
    return found, exact


def _bound(node: ast.expr | None) -> Any:
    """A bound of a slice."""
    if node is None:
        return None
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return "unknown"
    return value if isinstance(value, int) else "unknown"
