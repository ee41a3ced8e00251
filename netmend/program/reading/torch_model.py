"""The models that a PyTorch program builds, as trees of modules with the calls that make them.

The tree follows what PyTorch registers: items of `Sequential`, `ModuleList` and `ModuleDict`, and assignments to
attributes of `self` in `__init__`, so that the leaves in order are those of `model.modules()`. A class that is
instantiated twice appears twice. Where the number of modules cannot be known (a branch, a loop over data), the leaves
after that point have no number: a wrong one would be worse.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.torch_calls import NOWHERE, Calls, Environment, Where
from netmend.program.reading.torch_lists import Lists, Member
from netmend.program.reading.torch_names import COMPOSITES, module_class
from netmend.program.source import SourceFile


@dataclass(frozen=True, eq=False)
class Leaf:
    """A module without children.

    Attributes:
        call: the call that makes it.
        kind: its class: "Linear".
        environment: what the names in the call mean.
        member: how it came to be an item of a Sequential; None elsewhere.
        holder: for an attribute of `self`, the statement that assigns it.
    """

    call: Call
    kind: str
    environment: Environment = NOWHERE
    member: Member | None = None
    holder: ast.stmt | None = None


@dataclass(eq=False)
class Group:
    """A module with children.

    Attributes:
        shape: "sequential", "list" or "class".
        call: the call that makes it.
        environment: what the names in the call mean.
        where: the class, for shape "class".
        children: by the name under which PyTorch registers them.
        sure: how many of the first children are surely those that PyTorch registers; None if all are.
    """

    shape: str
    call: Call
    environment: Environment = NOWHERE
    where: Where | None = None
    children: dict[str, Module] = field(default_factory=dict)
    sure: int | None = None


Module = Leaf | Group


def nodes(module: Module) -> Iterator[Module]:
    """A module and everything in it, in the order of registration, each once."""
    seen: set[Module] = set()

    def walk(node: Module) -> Iterator[Module]:
        if node not in seen:
            seen.add(node)
            yield node
            for child in node.children.values() if isinstance(node, Group) else ():
                yield from walk(child)

    return walk(module)


def numbered(module: Module) -> dict[Leaf, int | None]:
    """Leaves in the order of registration, each with its number among all leaf modules, or None if that is unknown."""
    number: int | None = 0
    found: dict[Leaf, int | None] = {}
    seen: set[Module] = set()

    def walk(node: Module) -> None:
        nonlocal number
        if node in seen:
            return
        seen.add(node)
        if isinstance(node, Leaf):
            found[node] = number
            number = None if node.kind in COMPOSITES or number is None else number + 1
            return
        for position, child in enumerate(node.children.values()):
            if node.sure is not None and position >= node.sure:
                number = None
            walk(child)
        if node.sure is not None:
            number = None
        elif not node.children and number is not None:
            number += 1

    walk(module)
    return found


class Models:
    """Finds the models of a program."""

    def __init__(self, calls: Calls) -> None:
        self.calls, self.lists = calls, Lists(calls)
        self._made: dict[tuple[ast.AST, Environment], Module | None] = {}
        self._open: set[ast.AST] = set()

    def roots(self) -> tuple[Module, ...]:
        """Every model that is not part of another one, in order of appearance."""
        found: list[Module] = []
        for call in self.calls.bindings.calls:
            if module_class(call.name) == "Sequential" or self.calls.module_definition(call.name) is not None:
                made = self.expand(call.site, NOWHERE)
                if made is not None:
                    found.append(made)
        inner = {node.call.node for root in found for node in nodes(root) if node is not root}
        return tuple(root for root in found if root.call.node not in inner)

    def expand(self, site: Site, environment: Environment, member: Member | None = None) -> Module | None:
        """The module that an expression makes, or None if it makes none that can be seen."""
        by_name = not isinstance(site.node, ast.Call)
        if by_name:
            site, environment = self.calls.settle(site, environment)
        site = self.calls.unwrapped(site)
        if not isinstance(site.node, ast.Call):
            return None if site.node is None or by_name else self.expand(site, environment, member)
        call = self.calls.bindings.call(site)
        if call is None:
            return None
        key = (call.node, environment)
        if by_name and key in self._made:
            return self._made[key]
        if call.node in self._open:
            return None  # a module that contains itself is not followed
        self._open.add(call.node)
        self._made[key] = made = self._expand_call(call, environment, member)
        self._open.remove(call.node)
        return made

    # One call

    def _expand_call(self, call: Call, environment: Environment, member: Member | None) -> Module | None:
        kind = module_class(call.name or self._passed_class(call, environment))
        if kind in {"Sequential", "ModuleList", "ModuleDict"}:
            return self._container(call, kind, environment)
        if kind == "DataParallel" and call.node.args:
            return self.expand(Site(call.file, call.node.args[0]), environment)
        if kind:
            return Leaf(call, kind, environment, member)
        where = self.calls.module_definition(call.name)
        if where is not None:
            return self._instance(call, where, environment)
        if call.name.startswith(_ZOOS):
            return Group("class", call, environment, sure=0)
        result = self.calls.result(call, environment)
        return None if result is None else self.expand(*result)

    def _container(self, call: Call, kind: str, environment: Environment) -> Group:
        shape = "sequential" if kind == "Sequential" else "list"
        group = Group(shape, call, environment)
        members, known = self.lists.of_container(call, environment)
        group.sure = None if known else 0
        for index, each in enumerate(members):
            made = self.expand(each.site, each.environment, each)
            if made is not None:
                group.children[each.name or str(index)] = made
            elif group.sure is None:
                group.sure = len(group.children)
        return group

    def _passed_class(self, call: Call, environment: Environment) -> str:
        """Dotted name of a class that is called through a parameter: `act()` where `act=nn.ReLU` was passed."""
        if not isinstance(call.node.func, ast.Name):
            return ""
        site, _ = self.calls.settle(Site(call.file, call.node.func), environment)
        return self.calls.bindings.name(site)

    def _instance(self, call: Call, where: Where, environment: Environment) -> Group:
        found = self.calls.method(where, "__init__")
        group = Group("class", call, environment, where)
        if found is not None:
            file, function = found
            _Registration(self, group, file, self.calls.enter(call, file, function, environment, where)).run(
                function.body
            )
        return group


class _Registration:
    """Runs the statements of an `__init__` for the modules they register."""

    def __init__(self, models: Models, group: Group, file: SourceFile, environment: Environment) -> None:
        self.models, self.group, self.file, self.environment = models, group, file, environment

    def run(self, body: list[ast.stmt]) -> None:
        """Take the effect of statements in order."""
        for statement in body:
            before = len(self.group.children)
            certain = self._take(statement)
            if not certain and len(self.group.children) != before and self.group.sure is None:
                self.group.sure = before

    def _take(self, statement: ast.stmt) -> bool:
        """The effect of one statement, and whether it surely happens as often as it was taken."""
        match statement:
            case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assign(target, value, statement)
            case ast.Expr(value=ast.Call() as node):
                self._call(node)
            case ast.For(body=body, iter=iterated):
                times = self.models.lists.count(Site(self.file, iterated), self.environment)
                for _ in range(1 if times is None else times):
                    self.run(body)
                return times is not None
            case ast.With(body=body):
                self.run(body)
            case ast.If(test=test, body=body, orelse=orelse) if (
                decided := self.models.calls.resolve(Site(self.file, test), self.environment)
            ).known:
                self.run(body if decided.value else orelse)
            case ast.If(body=body, orelse=orelse) | ast.Try(body=body, orelse=orelse):
                self.run(body)
                self.run(orelse)
                return False
        return True

    def _expanded(self, node: ast.expr) -> Module | None:
        return self.models.expand(Site(self.file, node), self.environment)

    def _assign(self, target: ast.expr, value: ast.expr, statement: ast.stmt) -> None:
        match target, value:
            case ast.Tuple(elts=targets), ast.Tuple(elts=values) if len(targets) == len(values):
                for each, part in zip(targets, values, strict=True):
                    self._assign(each, part, statement)
            case ast.Attribute(value=ast.Name(id="self"), attr=name), _:
                made = self._expanded(value)
                if isinstance(made, Leaf) and made.call.node is value:
                    made = replace(made, holder=statement)
                if made is not None:
                    self.group.children[name] = made

    def _call(self, node: ast.Call) -> None:
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="self"), attr="add_module" | "register_module"),
                args=[ast.Constant(value=str() as name), value],
            ):
                made = self._expanded(value)
                if made is not None:
                    self.group.children[name] = made
            case ast.Call(func=ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"), attr=name), attr="append")):
                inner = self.group.children.get(name)
                made = self._expanded(node.args[0]) if len(node.args) == 1 else None
                if isinstance(inner, Group) and inner.shape != "class" and made is not None:
                    inner.children[str(len(inner.children))] = made
            case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__")):
                self._base(Call(self.file, node, "", "__init__"))

    def _base(self, call: Call) -> None:
        """What `super().__init__(...)` registers."""
        if self.environment.owner is None:
            return
        calls = self.models.calls
        file, owner = self.environment.owner
        for base in owner.bases:
            name = calls.bindings.name(Site(file, base))
            if module_class(name) == "Sequential":
                inner = self.models._container(call, "Sequential", self.environment)
                self.group.shape, self.group.children, self.group.sure = inner.shape, inner.children, inner.sure
            above = calls.module_definition(name)
            found = None if above is None else calls.method(above, "__init__")
            if above is not None and found is not None:
                environment = calls.enter(call, *found, self.environment, above)
                _Registration(self.models, self.group, found[0], environment).run(found[1].body)


# Libraries whose models are built of modules that the program's text does not show.
_ZOOS = ("torchvision.models.", "timm.", "transformers.", "segmentation_models_pytorch.", "torch.hub.")
