"""A PyTorch training program as a whole: the model that is trained, the step that trains it, loss and optimiser.

The training step is the code around `.backward()`: its function, or the outermost loop if it is in none.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property, lru_cache

from netmend.program.reading.bindings import Call, Site, bindings_of
from netmend.program.reading.torch_calls import NOWHERE, Calls
from netmend.program.reading.torch_forward import Flow, functional_activation
from netmend.program.reading.torch_model import Group, Leaf, Models, Module, nodes, numbered
from netmend.program.reading.torch_names import FUNCTION_LOSSES, FUNCTIONAL, MODULE_LOSSES, OPTIM, module_class
from netmend.program.source import Program, SourceFile


@dataclass(frozen=True, eq=False)
class Model:
    """A model of the program.

    Attributes:
        root: its tree of modules.
        flow: what it computes.
        numbers: position of every leaf among the leaf modules of the trained model; None if unknown or another model's.
    """

    root: Module
    flow: Flow
    numbers: dict[Leaf, int | None]

    def owner(self, leaf: Leaf) -> str:
        """A layer, for a person: "Linear 3" is the third leaf module."""
        number = self.numbers.get(leaf)
        return leaf.kind if number is None else f"{leaf.kind} {number + 1}"

    def role(self, leaf: Leaf) -> str:
        """Role of a layer with weights."""
        last, first = self.flow.last, self.flow.first
        if last is not None and last.leaf is leaf:
            return "output"
        return "input" if first is not None and first.leaf is leaf else "hidden"

    @property
    def traced(self) -> bool:
        """Whether every layer with weights was met when `forward` was followed."""
        met = {step.leaf for step in self.flow.steps}
        return all(leaf in met for leaf in self.numbers)


@lru_cache(maxsize=256)
def reading_of(program: Program) -> Reading:
    """The reading of a program; equal programs share one object."""
    return Reading(program)


class Reading:
    """What the elements of a PyTorch program are found with."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.bindings = bindings_of(program)
        self.calls = Calls(self.bindings)
        self._models = Models(self.calls)

    @cached_property
    def optimisers(self) -> tuple[Call, ...]:
        """Every construction of an optimiser."""
        return tuple(call for call in self.bindings.calls if optimiser_class(call.name))

    @cached_property
    def models(self) -> tuple[Model, ...]:
        """The trained model first, then all others."""
        roots = self._models.roots()
        trained = next((root for root in map(self._trained_by, self.optimisers) if root is not None), None)
        if trained is None and len(roots) == 1:
            trained = roots[0]
        ordered: list[Module] = [] if trained is None else [trained]
        ordered += [root for root in roots if trained is None or root.call.node is not trained.call.node]
        found = []
        for root in ordered:
            numbers = numbered(root)
            found.append(Model(root, Flow(self.calls, root), numbers if root is trained else dict.fromkeys(numbers)))
        return tuple(found)

    @cached_property
    def backwards(self) -> tuple[Call, ...]:
        """Every `.backward()`."""
        return tuple(call for call in self.bindings.calls if call.method == "backward")

    @cached_property
    def step(self) -> tuple[tuple[SourceFile, ast.AST], ...]:
        """The code of the training step: for every `.backward()` its function, or its outermost loop."""
        found = []
        for call in self.backwards:
            scopes = self.bindings.scopes(call.file)
            loops = [node for node in scopes.ancestors(call.node) if isinstance(node, (ast.For, ast.While))]
            around = scopes.function(call.node) or (loops[-1] if loops else call.file.tree)
            found.append((call.file, around))
        return tuple(found)

    @cached_property
    def step_calls(self) -> tuple[Call, ...]:
        """The calls in the training step."""
        inside = {node for _, around in self.step for node in ast.walk(around)}
        return tuple(call for call in self.bindings.calls if call.node in inside)

    @cached_property
    def losses(self) -> tuple[Call, ...]:
        """The loss of the training step: constructions of loss modules, and calls of loss functions."""
        made = [call for call in self.bindings.calls if module_class(call.name) in MODULE_LOSSES]
        applied = [call for call in self.bindings.calls if loss_function(call.name)]
        in_step = {self._applied(call).node for call in self.step_calls} | {call.node for call in self.step_calls}
        used = [call for call in (*made, *applied) if call.node in in_step]
        return tuple(used or (*made, *applied))

    @cached_property
    def loss_calls(self) -> tuple[Call, ...]:
        """The calls in the training step that compute the loss, of functions and of modules."""
        losses = {call.node for call in self.losses}
        return tuple(
            call
            for call in self.step_calls
            if (call.node in losses or self._applied(call).node in losses) and call.node.args
        )

    @cached_property
    def output_activations(self) -> tuple[Call, ...]:
        """Activation functions that the training step applies between the model and the loss."""
        found: list[Call] = []
        for call in self.loss_calls:
            found += self._activations_in(Site(call.file, call.node.args[0]), set())
        return tuple(dict.fromkeys(found))

    def _applied(self, call: Call) -> Site:
        """What is called, followed to the expression that made it."""
        return self.bindings.follow(Site(call.file, call.node.func))

    def _activations_in(self, site: Site, seen: set[ast.AST]) -> list[Call]:
        scopes = self.bindings.scopes(site.file)
        found: list[Call] = []
        for node in ast.walk(site.node):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                for binding in scopes.bindings(node.id, node):
                    inside = binding.value is not None and any(binding.node in ast.walk(each) for _, each in self.step)
                    if inside and binding.value is not None and binding.node not in seen:
                        seen.add(binding.node)
                        found += self._activations_in(Site(site.file, binding.value), seen)
            call = self.bindings.call(Site(site.file, node)) if isinstance(node, ast.Call) else None
            if call is not None and functional_activation(self.calls, call):
                found.append(call)
        return found

    def module(self, site: Site) -> Module | None:
        """The module of some model that an expression names: `model`, `self.net[0]`, `model.fc1`."""
        node = site.node
        match node:
            case ast.Attribute(value=ast.Name(id="self"), attr=name):
                owner = self.bindings.scopes(site.file).enclosing_class(node)
                for model in self.models:
                    for each in nodes(model.root):
                        inside = isinstance(each, Group) and each.where is not None and each.where[1] is owner
                        if inside and isinstance(each, Group) and name in each.children:
                            return each.children[name]
            case ast.Attribute(value=inner, attr=key) | ast.Subscript(value=inner, slice=ast.Constant(value=key)):
                above = self.module(Site(site.file, inner))
                return above.children.get(str(key)) if isinstance(above, Group) else None
        made = self._model(site)
        known = (each for model in self.models for each in nodes(model.root))
        return None if made is None else next((each for each in known if each.call.node is made.call.node), None)

    def names_alike(self, site: Site, other: Site) -> bool:
        """Whether every name in an expression means the same at another place of the file, and has its value there."""
        scopes = self.bindings.scopes(site.file)
        for node in ast.walk(site.node):
            if isinstance(node, ast.Name):
                found = scopes.bindings(node.id, node)
                ends = [site.file.offset(each.node.end_lineno, each.node.end_col_offset or 0) for each in found
                        if isinstance(each.node, ast.stmt) and each.node.end_lineno]  # fmt: skip
                late = max(ends, default=0) > other.span[0]
                if not found or found != scopes.bindings(node.id, other.node) or late or scopes.in_loop(found[-1].node):
                    return False
        return True

    # The trained model

    def _trained_by(self, optimiser: Call) -> Module | None:
        """The model whose parameters an optimiser is given."""
        given = self.bindings.argument(optimiser, "params", 0)
        if given is None:
            return None
        for node in ast.walk(self.bindings.follow(given).node):
            if isinstance(node, ast.Attribute) and node.attr in {"parameters", "named_parameters"}:
                return self._model(Site(self.bindings.follow(given).file, node.value))
        return None

    def _model(self, site: Site) -> Module | None:
        made = self._models.expand(site, NOWHERE)
        if made is not None or not isinstance(site.node, ast.Name):
            return made
        name = site.node.id
        bound = self.bindings.scopes(site.file).bindings(name, site.node)
        values = [each.value for each in bound if each.value is not None and not _mentions(each.value, name)]
        return self._models.expand(Site(site.file, values[0]), NOWHERE) if len(values) == 1 else None


def optimiser_class(name: str) -> str:
    """Class name of an optimiser of torch.optim, or ""."""
    module, _, last = name.rpartition(".")
    inside = module == OPTIM or (module.startswith(f"{OPTIM}.") and not module.endswith("lr_scheduler"))
    return last if inside and last[:1].isupper() and last != "Optimizer" else ""


def loss_function(name: str) -> str:
    """Canonical name of a loss function of torch.nn.functional, or ""."""
    module, _, last = name.rpartition(".")
    return FUNCTION_LOSSES.get(last, "") if module == FUNCTIONAL else ""


def _mentions(node: ast.AST, name: str) -> bool:
    """Whether an expression uses a name, as `model.to(device)` uses `model`."""
    return any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(node))
