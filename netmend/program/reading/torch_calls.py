"""What the program's own classes and functions are called with, so that one definition used twice reads as two.

`Bindings.follow` follows a parameter only where a single call gives it a value. Models are built of blocks that are
called several times, so here every call of a function carries an environment: what its parameters stand for.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from netmend.program.reading.bindings import Bindings, Call, Resolved, Site
from netmend.program.reading.scopes import Function, default, parameters
from netmend.program.reading.torch_names import NN
from netmend.program.source import SourceFile

Where = tuple[SourceFile, ast.ClassDef]

# Methods of modules that give back the module itself.
_SAME_MODULE = frozenset({"to", "cuda", "cpu", "double", "float", "half", "train", "eval", "requires_grad_"})
# Longest chain of names and calls followed; longer ones are cycles in practice (own choice).
DEEPEST = 20


@dataclass(frozen=True, eq=False)
class Environment:
    """What the parameters of one call of a function stand for.

    Attributes:
        function: the function; None outside of any.
        given: for each parameter the expression passed, and what the names in it mean.
        owner: the class whose method the function is, for calls of `self.method(...)`.
    """

    function: Function | None = None
    given: dict[str, tuple[Site, Environment]] = field(default_factory=dict)
    owner: Where | None = None


NOWHERE = Environment()


class Calls:
    """Follows values and calls through environments."""

    def __init__(self, bindings: Bindings) -> None:
        self.bindings = bindings

    def settle(self, site: Site, environment: Environment) -> tuple[Site, Environment]:
        """Follow an expression to the literal or call that is its value."""
        for _ in range(DEEPEST):
            node = site.node
            if isinstance(node, ast.Name) and self._is_parameter(site, environment):
                site, environment = environment.given[node.id]
                continue
            end = self.bindings.follow(site, into_calls=False)
            if end.node is node:
                break
            site = end
        return site, environment

    def resolve(self, site: Site, environment: Environment) -> Resolved:
        """As `Bindings.resolve`, through the parameters of the calls that lead to the expression."""
        end, _ = self.settle(site, environment)
        found = self.bindings.resolve(end)
        return found if found.known else Resolved(site)

    def module_definition(self, name: str) -> Where | None:
        """The program's own Module class of a dotted name, or None."""
        found = self.bindings.definition(name) if name else None
        if found is None or not isinstance(found[1], ast.ClassDef):
            return None
        file, owner = found[0], found[1]
        names = [self.bindings.name(Site(file, base)) for base in owner.bases]
        if any(base.startswith(f"{NN}.") or (base != name and self.module_definition(base)) for base in names):
            return file, owner
        return None

    def method(self, where: Where, name: str) -> tuple[SourceFile, Function] | None:
        """A method of a class, own or inherited from the program's own Module classes."""
        file, owner = where
        for node in owner.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name:
                return file, node
        for base in owner.bases:
            above = self.module_definition(self.bindings.name(Site(file, base)))
            found = None if above is None else self.method(above, name)
            if found is not None:
                return found
        return None

    def result(self, call: Call, environment: Environment) -> tuple[Site, Environment] | None:
        """What a call of the program's own function or of a method of `self` gives back, if it has one return."""
        owner = None
        found = self.bindings.definition(call.name) if call.name else None
        match call.node.func:
            case ast.Attribute(value=ast.Name(id="self"), attr=name) if environment.owner is not None:
                owner = environment.owner
                found = self.method(owner, name)
        if found is None or isinstance(found[1], ast.ClassDef):
            return None
        file, function = found[0], found[1]
        scopes = self.bindings.scopes(file)
        returns = [
            node for node in ast.walk(function) if isinstance(node, ast.Return) and scopes.function(node) is function
        ]
        if len(returns) != 1 or returns[0].value is None:
            return None
        return Site(file, returns[0].value), self.enter(call, file, function, environment, owner)

    def enter(
        self, call: Call, file: SourceFile, function: Function, environment: Environment, owner: Where | None = None
    ) -> Environment:
        """The environment of a call's body.

        Args:
            call: the call.
            file: the file of the function.
            function: what is called.
            environment: what the names in the call's arguments mean.
            owner: its class, if it is a method (then `self` is not among the arguments).
        """
        given = {}
        for index, parameter in enumerate(parameters(function.args)):
            position = index - (owner is not None) if parameter not in function.args.kwonlyargs else None
            if position == -1:
                continue
            passed = self.bindings.argument(call, parameter.arg, position)
            written = default(function.args, parameter)
            if passed is not None:
                given[parameter.arg] = (passed, environment)
            elif written is not None:
                given[parameter.arg] = (Site(file, written), NOWHERE)
        return Environment(function, given, owner)

    def unwrapped(self, site: Site) -> Site:
        """`Net()` in `Net().to(device)`."""
        node = site.node
        while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _SAME_MODULE:
            node = node.func.value
        return Site(site.file, node)

    def _is_parameter(self, site: Site, environment: Environment) -> bool:
        node = site.node
        if not isinstance(node, ast.Name) or node.id not in environment.given or environment.function is None:
            return False
        found = self.bindings.scopes(site.file).bindings(node.id, node)
        return len(found) == 1 and found[0].node in parameters(environment.function.args)
