"""What a model computes, in order: which module or function is applied to the result of which.

The body of `forward` is followed statement by statement with one value per name: the steps it comes from. Loops over
modules are unrolled. Both ways of a branch are followed. What is not understood passes on the steps of its parts.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.scopes import Function, parameters
from netmend.program.reading.torch_calls import DEEPEST, Calls
from netmend.program.reading.torch_model import Group, Leaf, Module
from netmend.program.reading.torch_names import (
    FUNCTION_ACTIVATIONS,
    METHOD_ACTIVATIONS,
    MODULE_ACTIVATIONS,
    NORMALISATIONS,
    WEIGHTED,
    WEIGHTED_SUMS,
)
from netmend.program.source import SourceFile


@dataclass(frozen=True, eq=False)
class Step:
    """One application of a module, or of an activation function.

    Attributes:
        leaf: the module; None for a function.
        call: where `forward` applies it; None inside a Sequential.
        activation: canonical name of the activation it is; "" if it is none.
        sources: the steps whose results go into it.
    """

    leaf: Leaf | None
    call: Call | None
    activation: str
    sources: frozenset[Step]

    @property
    def weighted(self) -> bool:
        """Whether it has weights that decide about its role."""
        return self.leaf is not None and self.leaf.kind in WEIGHTED

    @property
    def weighted_sum(self) -> bool:
        """Whether an activation is usual after it."""
        return self.leaf is not None and self.leaf.kind in WEIGHTED_SUMS

    @property
    def normalisation(self) -> bool:
        """Whether it is a normalisation, which stands between a layer and its activation."""
        return self.leaf is not None and self.leaf.kind in NORMALISATIONS


Steps = frozenset[Step]
NONE: Steps = frozenset()


class Flow:
    """The steps of one model.

    Attributes:
        steps: in order of execution.
    """

    def __init__(self, calls: Calls, root: Module) -> None:
        self.calls = calls
        self.steps: list[Step] = []
        self.apply(root, NONE, None)
        self._after: dict[Step, list[Step]] = {step: [] for step in self.steps}
        for step in self.steps:
            for source in step.sources:
                self._after[source].append(step)

    @property
    def last(self) -> Step | None:
        """The last step with weights: the output layer."""
        return next((step for step in reversed(self.steps) if step.weighted), None)

    @property
    def first(self) -> Step | None:
        """The first step with weights: the input layer."""
        return next((step for step in self.steps if step.weighted), None)

    def after(self, step: Step) -> list[Step]:
        """The steps that use a step's result before the next weights, in order of execution."""
        reached: set[Step] = set()
        pending = [step]
        while pending:
            for follower in self._after[pending.pop()]:
                if follower not in reached and not follower.weighted:
                    reached.add(follower)
                    pending.append(follower)
        return [each for each in self.steps if each in reached]

    def next_weights(self, step: Step) -> list[Step]:
        """The steps with weights that use a step's result directly or through steps without weights."""
        near = {step, *self.after(step)}
        return [each for each in self.steps if each.weighted and each.sources & near]

    def before(self, step: Step) -> Step | None:
        """The nearest step with weights that leads to a step."""
        pending = list(step.sources)
        seen: set[Step] = set()
        while pending:
            source = max(pending, key=self.steps.index)
            if source.weighted:
                return source
            seen.add(source)
            pending = [each for each in (*pending, *source.sources) if each not in seen]
        return None

    # Following

    def add(self, leaf: Leaf | None, call: Call | None, activation: str, sources: Steps) -> Steps:
        """Append a step."""
        step = Step(leaf, call, activation, sources)
        self.steps.append(step)
        return frozenset({step})

    def apply(self, module: Module, sources: Steps, call: Call | None, depth: int = 0) -> Steps:
        """Follow the application of a module to something."""
        if isinstance(module, Leaf):
            return self.add(module, call, MODULE_ACTIVATIONS.get(module.kind, ""), sources)
        method = self.calls.method(module.where, "forward") if module.where is not None else None
        if method is not None and depth < DEEPEST:
            return _Body(self, module, *method, depth + 1).run({}, [sources])
        for child in module.children.values():
            sources = self.apply(child, sources, None, depth + 1)
        return sources


Value = Steps | Module
Names = dict[str, Value]


class _Body:
    """Follows the body of one method of a module."""

    def __init__(self, flow: Flow, owner: Group, file: SourceFile, function: Function, depth: int) -> None:
        self.flow, self.owner, self.file, self.function, self.depth = flow, owner, file, function, depth
        self.returned: Steps = NONE

    def run(self, names: Names, arguments: list[Steps]) -> Steps:
        """Follow the body.

        Args:
            names: meanings of names to begin with.
            arguments: where each argument after `self` comes from.
        """
        named = [each.arg for each in parameters(self.function.args)][1:]
        for name, steps in zip(named, arguments, strict=False):
            names[name] = steps
        self._statements(self.function.body, names)
        return self.returned

    def _statements(self, body: Iterable[ast.stmt], names: Names) -> None:
        for statement in body:
            self._statement(statement, names)

    def _statement(self, statement: ast.stmt, names: Names) -> None:
        match statement:
            case ast.Assign(targets=targets, value=value):
                found = self._value(value, names)
                for target in targets:
                    self._bind(target, found, names)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._bind(target, self._value(value, names), names)
            case ast.AugAssign(target=target, value=value):
                self._bind(target, self._steps(target, names) | self._steps(value, names), names)
            case ast.Return(value=ast.expr() as value):
                self.returned |= self._steps(value, names)
            case ast.For(target=target, iter=iterated, body=body):
                for given in self._iterations(target, iterated, names):
                    names.update(given)
                    self._statements(body, names)
            case ast.If(test=test, body=body, orelse=orelse):
                self._steps(test, names)
                other = dict(names)
                self._statements(body, names)
                self._statements(orelse, other)
                for name, there in other.items():
                    here = names.get(name)
                    names[name] = (
                        here | there if isinstance(here, frozenset) and isinstance(there, frozenset) else there
                    )
            case ast.While(body=body) | ast.With(body=body) | ast.Try(body=body):
                self._statements(body, names)
            case ast.Expr(value=value):
                self._steps(value, names)

    def _bind(self, target: ast.expr, value: Value, names: Names) -> None:
        match target:
            case ast.Name(id=name):
                names[name] = value
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                for part in parts:
                    self._bind(part, value, names)
            case ast.Starred(value=inner):
                self._bind(inner, value, names)

    def _iterations(self, target: ast.expr, iterated: ast.expr, names: Names) -> list[Names]:
        """The names that each turn of a loop sets; one turn with the steps of what is iterated if nothing is known."""
        match target, iterated:
            case ast.Tuple(elts=[_, inner]), ast.Call(func=ast.Name(id="enumerate"), args=[of, *_]):
                return self._iterations(inner, of, names)
            case ast.Tuple(elts=parts), ast.Call(func=ast.Name(id="zip"), args=args) if len(parts) == len(args):
                turns = [self._iterations(part, each, names) for part, each in zip(parts, args, strict=True)]
                return [
                    dict(entry for turn in turn_of_all for entry in turn.items())
                    for turn_of_all in zip(*turns, strict=False)
                ]
            case ast.Name(id=name), _:
                module = self._module(iterated, names)
                if isinstance(module, Group):
                    return [{name: child} for child in module.children.values()]
        given: Names = {}
        self._bind(target, self._steps(iterated, names), given)
        return [given]

    # Expressions

    def _steps(self, node: ast.expr, names: Names) -> Steps:
        value = self._value(node, names)
        return value if isinstance(value, frozenset) else NONE

    def _value(self, node: ast.expr, names: Names) -> Value:
        module = self._module(node, names)
        if module is not None:
            return module
        match node:
            case ast.Name(id=name):
                return names.get(name, NONE)
            case ast.Call():
                return self._call(node, names)
            case ast.Lambda() | ast.Constant():
                return NONE
            case ast.NamedExpr(target=target, value=value):
                found = self._value(value, names)
                self._bind(target, found, names)
                return found
        parts = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        return frozenset().union(*(self._steps(part, names) for part in parts))

    def _call(self, node: ast.Call, names: Names) -> Steps:
        call = self.flow.calls.bindings.call(Site(self.file, node))
        module = self._module(node.func, names)
        receiver = self._steps(node.func.value, names) if isinstance(node.func, ast.Attribute) else NONE
        arguments = [self._steps(each, names) for each in (*node.args, *(keyword.value for keyword in node.keywords))]
        everything = receiver.union(*arguments)
        if module is not None:
            return self.flow.apply(module, everything, call, self.depth)
        match node.func:
            case ast.Attribute(value=ast.Name(id="self"), attr=name) if self.owner.where is not None:
                method = self.flow.calls.method(self.owner.where, name)
                if method is not None and self.depth < DEEPEST:
                    return _Body(self.flow, self.owner, *method, self.depth + 1).run({}, arguments)
        activation = functional_activation(self.flow.calls, call) if call is not None else ""
        if activation and everything:
            return self.flow.add(None, call, activation, everything)
        return everything

    def _module(self, node: ast.expr, names: Names) -> Module | None:
        """The module that an expression names."""
        match node:
            case ast.Name(id=name):
                found = names.get(name)
                return found if isinstance(found, (Leaf, Group)) else None
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                return self.owner.children.get(name)
            case ast.Attribute(value=inner, attr=name):
                module = self._module(inner, names)
                return module.children.get(name) if isinstance(module, Group) else None
            case ast.Subscript(value=inner, slice=ast.Constant(value=key)):
                module = self._module(inner, names)
                children = module.children if isinstance(module, Group) else {}
                if isinstance(key, int) and -len(children) <= key < len(children):
                    return list(children.values())[key]
                return children.get(str(key))
            case ast.Subscript(
                value=inner, slice=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as back))
            ):
                module = self._module(inner, names)
                children = module.children if isinstance(module, Group) else {}
                return list(children.values())[-back] if 0 < back <= len(children) else None
        return None


def functional_activation(calls: Calls, call: Call) -> str:
    """Canonical name of the activation that a call applies to a tensor, or ""."""
    followed = calls.bindings.follow(Site(call.file, call.node.func))
    name = call.name or calls.bindings.name(followed)
    known = FUNCTION_ACTIVATIONS.get(name, "") if name else METHOD_ACTIVATIONS.get(call.method, "")
    return "" if known == "exponential" and _of_arithmetic(call, bool(name)) else known


def _of_arithmetic(call: Call, is_function: bool) -> bool:
    """Whether a function is applied to an expression: exp(log_variance / 2) is arithmetic, no activation."""
    inputs = call.node.args[:1] if is_function else [getattr(call.node.func, "value", None)]
    return any(isinstance(each, (ast.BinOp, ast.UnaryOp)) for each in inputs)
