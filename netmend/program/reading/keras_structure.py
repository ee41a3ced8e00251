"""Which layers a Keras program makes, in the order in which it makes them, and what part each plays.

The text is walked as the program would run it: calls of the program's own functions, and constructions of its own model
classes, are entered where they stand. Layers before a `compile` belong to its model; numbering starts anew after it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property, lru_cache

from netmend.program.reading.bindings import Bindings, Call, Site
from netmend.program.reading.keras_names import ACTIVATION_LAYERS, WEIGHTED, in_section, layer_class, model_class
from netmend.program.reading.keras_outputs import several_outputs
from netmend.program.reading.scopes import Function
from netmend.program.source import SourceFile


@dataclass(frozen=True, slots=True)
class Position:
    """Where a layer stands in its model.

    Attributes:
        number: from 0; None if the text does not tell, or if it is several layers.
        role: "input", "hidden" or "output".
        output: of a layer that makes one of several outputs, which, from 0; None for all others.
    """

    number: int | None
    role: str
    output: int | None = None


class _Mark(Enum):
    """What a walk meets beside layers."""

    COMPILE = "a model is complete"
    UNSURE = "how many layers come here is unknown"


_Event = Call | _Mark

# Longest line of the program's own base classes that is followed (own choice).
_DEEPEST_CLASS = 5
# A loop that makes more layers than this is not counted out (own choice; ResNet-1001 is the deepest in common use).
_MOST_TIMES = 1001


@lru_cache(maxsize=256)
def structure_of(bindings: Bindings) -> Structure:
    """The structure of a program; the same bindings share one object."""
    return Structure(bindings)


class Structure:
    """The layers of a program.

    Attributes:
        layers: every layer call with its class name, in the order of the text; wrapped layers too.
    """

    def __init__(self, bindings: Bindings) -> None:
        self._bindings = bindings
        self.layers: dict[ast.AST, tuple[Call, str]] = {}
        for call in bindings.calls:
            name = layer_class(call.name) or self._own_class(call.name, "layer")
            if name:
                self.layers[call.node] = (call, name)
        # `Dense(8, activation=LeakyReLU())` is one layer.
        given = [bindings.argument(call, "activation") for call, _ in self.layers.values()]
        for site in given:
            if site is not None:
                self.layers.pop(bindings.follow(site).node, None)

    def own_model(self, name: str) -> bool:
        """Whether a canonical name is a model class of the program."""
        return bool(self._own_class(name, "model"))

    def wrapper(self, call: Call) -> Call | None:
        """The layer whose constructor a layer is passed to: the `Bidirectional` of `Bidirectional(LSTM(8))`."""
        child: ast.AST = call.node
        for parent in self._bindings.scopes(call.file).ancestors(call.node):
            if isinstance(parent, ast.stmt):
                return None
            if isinstance(parent, ast.Call) and child is not parent.func and parent in self.layers:
                return self.layers[parent][0]
            child = parent
        return None

    def position(self, call: Call) -> Position:
        """Number and role of a layer; those of its wrapper, or of the custom layer it is a part of, if it has one."""
        outer = self.wrapper(call)
        if outer is not None:
            return self.position(outer)
        return self._positions.get(call.node, Position(None, "hidden"))

    def activated_later(self, call: Call) -> bool:
        """Whether a layer of its own, with nothing but layers without weights in between, applies the activation."""
        return call.node in self._activated_later

    def until_weights(self, call: Call) -> tuple[Call, ...]:
        """The layers without weights that follow a layer, before the next one with weights."""
        for model in self._models:
            calls = [each for each, _ in model]
            if call in calls:
                rest = calls[calls.index(call) + 1 :]
                stop = next((index for index, each in enumerate(rest) if self._weighted(each)), len(rest))
                return tuple(rest[:stop])
        return ()

    @property
    def models(self) -> tuple[tuple[Call, ...], ...]:
        """The layers of each model in order, input layers left out."""
        return tuple(tuple(call for call, _ in model) for model in self._models)

    def _own_class(self, name: str, what: str, depth: int = 0) -> str:
        """Name of a class of the program that derives from Keras's layers (`what` "layer") or models ("model")."""
        file, node = (self._bindings.definition(name) if name else None) or (None, None)
        if file is None or not isinstance(node, ast.ClassDef) or depth > _DEEPEST_CLASS:
            return ""
        for base in node.bases:
            dotted = self._bindings.name(Site(file, base))
            is_layer = in_section(dotted, "layers") and not model_class(dotted)
            if (is_layer if what == "layer" else model_class(dotted)) or self._own_class(dotted, what, depth + 1):
                return node.name
        return ""

    # Numbers and roles

    @cached_property
    def _walk(self) -> _Walk:
        return _Walk(self._bindings, self)

    @cached_property
    def _models(self) -> list[list[tuple[Call, int | None]]]:
        return _models(self._walk.events())

    @cached_property
    def _positions(self) -> dict[ast.AST, Position]:
        found: dict[ast.AST, set[Position]] = {}
        for model in self._models:
            weighted = [index for index, (call, _) in enumerate(model) if self._weighted(call)]
            for index, (call, number) in enumerate(model):
                found.setdefault(call.node, set()).add(Position(number, self._role(index, call, weighted)))
        positions = {node: _agreed(each) for node, each in found.items()}
        for inner, outer in self._walk.parts.items():
            positions.setdefault(inner, positions.get(outer, Position(None, "hidden")))
        for output, chain in enumerate(self.outputs):
            for call in chain:
                found_at = positions.get(call.node, Position(None, "hidden"))
                shapes = self._weighted(call) or self._activates(call)
                positions[call.node] = replace(found_at, role="output" if shapes else found_at.role, output=output)
        return positions

    @cached_property
    def outputs(self) -> tuple[tuple[Call, ...], ...]:
        """The layers of each output of a model that has several, last first; empty where there is one output."""
        return several_outputs(self._bindings, self.layers, self._weighted)

    @cached_property
    def _activated_later(self) -> set[ast.AST]:
        found: set[ast.AST] = set()
        for model in self._models:
            waiting: ast.AST | None = None
            for call, _ in model:
                if self._weighted(call):
                    waiting = call.node
                elif waiting is not None and self._activates(call):
                    found.add(waiting)
        return found

    def _activates(self, call: Call) -> bool:
        return self.layers[call.node][1] in {"Activation", *ACTIVATION_LAYERS}

    def _weighted(self, call: Call) -> bool:
        return self.layers[call.node][1] in WEIGHTED or not layer_class(call.name)

    def _role(self, index: int, call: Call, weighted: list[int]) -> str:
        if not weighted:
            return "hidden"
        if index == weighted[-1] or (index > weighted[-1] and self._activates(call)):
            return "output"
        return "input" if index <= weighted[0] else "hidden"


def _models(events: list[_Event]) -> list[list[tuple[Call, int | None]]]:
    """The layers of each model with their numbers."""
    models: list[list[tuple[Call, int | None]]] = [[]]
    sure = True
    for event in events:
        if event is _Mark.COMPILE:
            models.append([])
            sure = True
        elif isinstance(event, Call):
            models[-1].append((event, len(models[-1]) if sure else None))
        else:
            sure = False
    return [model for model in models if model]


def _agreed(positions: set[Position]) -> Position:
    """What all the times a layer was met have in common."""
    numbers, roles = {each.number for each in positions}, {each.role for each in positions}
    return Position(numbers.pop() if len(numbers) == 1 else None, roles.pop() if len(roles) == 1 else "hidden")


class _Walk:
    """One walk through the program.

    Attributes:
        parts: layers made inside the program's own layer classes, and the layer they are a part of.
    """

    def __init__(self, bindings: Bindings, structure: Structure) -> None:
        self._bindings, self._structure = bindings, structure
        self._entered: list[ast.AST] = []
        self._held: dict[ast.AST, list[_Event]] = {}
        self.parts: dict[ast.AST, ast.AST] = {}

    def events(self) -> list[_Event]:
        """Layers and marks as the program meets them; those of functions nobody calls come last."""
        files = self._bindings.program.files
        found = [event for file in (*files[1:], files[0]) for event in self._block(file, file.tree.body)]
        for call, _ in self._structure.layers.values():
            met = {event.node for event in found if isinstance(event, Call)} | self.parts.keys()
            outermost = [
                each
                for each in self._bindings.scopes(call.file).ancestors(call.node)
                if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
            ]
            if call.node not in met and outermost and self._structure.wrapper(call) is None:
                found += self._enter(call.file, outermost[-1])
        return found

    def _block(self, file: SourceFile, body: Iterable[ast.AST]) -> list[_Event]:
        return [event for node in body for event in self._node(file, node)]

    def _node(self, file: SourceFile, node: ast.AST) -> list[_Event]:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
                return []
            case ast.For(iter=over, body=body, orelse=after) | ast.AsyncFor(iter=over, body=body, orelse=after):
                inner = self._repeated(file, self._times(file, over), self._block(file, body))
                return [*self._node(file, over), *inner, *self._block(file, after)]
            case ast.Assign(targets=[ast.Name()], value=ast.Call() as made) if made in self._structure.layers:
                # `last = Dense(1)` takes its place where `last` is used.
                self._held[made] = self._node(file, made)
                return []
            case ast.Name(ctx=ast.Load()):
                return self._held.pop(self._bindings.follow(Site(file, node)).node, [])
            case ast.While(test=test, body=body, orelse=after):
                inner = self._repeated(file, None, self._block(file, body))
                return [*self._node(file, test), *inner, *self._block(file, after)]
            case ast.ListComp(elt=made, generators=[ast.comprehension(iter=over, ifs=[])]):
                return self._repeated(file, self._times(file, over), self._node(file, made))
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                return self._repeated(file, None, self._block(file, ast.iter_child_nodes(node)))
            case ast.If(test=test, body=body, orelse=after):
                return [*self._node(file, test), *self._either(file, body, after)]
            case ast.Call():
                before = self._block(file, [node.func])
                inside = self._block(file, [*node.args, *node.keywords])
                own = self._call(file, node)
                if node in self._structure.layers:
                    return [*own, *inside]
                # In `Dense(2)(Dense(3)(x))` the layer that is applied first is written last.
                applied = node.func in self._structure.layers
                return [*inside, *before, *own] if applied else [*before, *inside, *own]
        return self._block(file, ast.iter_child_nodes(node))

    def _either(self, file: SourceFile, body: list[ast.stmt], after: list[ast.stmt]) -> list[_Event]:
        first, second = self._block(file, body), self._block(file, after)
        scopes = self._bindings.scopes(file)
        if not scopes.branches(body[0]) - scopes.branches(scopes.statement(scopes.parent(body[0]) or body[0])):
            return [*first, *second]
        unsure: list[_Event] = [_Mark.UNSURE]
        return [
            *first,
            *(unsure if _makes_layers(first) else []),
            *second,
            *(unsure if _makes_layers(second) else []),
        ]

    def _repeated(self, file: SourceFile, times: int | None, once: list[_Event]) -> list[_Event]:
        if not _makes_layers(once) or _Mark.COMPILE in once:
            return once
        return [*once, _Mark.UNSURE] if times is None or times > _MOST_TIMES else once * times

    def _times(self, file: SourceFile, over: ast.expr) -> int | None:
        """How often a loop over an expression runs."""
        end = self._bindings.follow(Site(file, over))
        match end.node:
            case ast.List(elts=parts) | ast.Tuple(elts=parts):
                return None if any(isinstance(part, ast.Starred) for part in parts) else len(parts)
            case ast.Call(func=ast.Name(id="range"), args=arguments, keywords=[]):
                numbers = [self._bindings.resolve(Site(end.file, each)).value for each in arguments]
                if (
                    1 <= len(numbers) <= 3
                    and all(isinstance(number, int) for number in numbers)
                    and 0 not in numbers[2:]
                ):
                    return len(range(*(int(str(number)) for number in numbers)))
            case ast.Call(func=ast.Name(id="enumerate" | "reversed"), args=[only, *_]):
                return self._times(end.file, only)
        return None

    def _call(self, file: SourceFile, node: ast.Call) -> list[_Event]:
        """What a call itself makes, beside its arguments."""
        call = self._bindings.call(Site(file, node))
        if call is None:
            return []
        if node in self._structure.layers:
            if self._structure.wrapper(call) is None:
                self._note_parts(call)
                return [call]
            return []
        if call.method == "compile" and (call.node.keywords or call.node.args):
            return [_Mark.COMPILE]
        target = self._bindings.definition(call.name)
        if target is not None and isinstance(target[1], ast.ClassDef):
            return self._methods(target[0], target[1])
        if target is not None and not isinstance(target[1], ast.ClassDef):
            return self._enter(target[0], target[1])
        return self._own_method(call.method) if call.method else []

    def _methods(self, file: SourceFile, owner: ast.ClassDef) -> list[_Event]:
        """What the construction of an instance makes."""
        methods = [each for each in owner.body if isinstance(each, ast.FunctionDef)]
        return [event for each in methods if each.name in {"__init__", "build"} for event in self._enter(file, each)]

    def _own_method(self, name: str) -> list[_Event]:
        found = self._own_methods.get(name, [])
        return self._enter(*found[0]) if len(found) == 1 else []

    @cached_property
    def _own_methods(self) -> dict[str, list[tuple[SourceFile, ast.FunctionDef]]]:
        """The methods of the program's own classes by name."""
        found: dict[str, list[tuple[SourceFile, ast.FunctionDef]]] = {}
        for file in self._bindings.program.files:
            for owner in ast.walk(file.tree):
                for method in owner.body if isinstance(owner, ast.ClassDef) else ():
                    if isinstance(method, ast.FunctionDef):
                        found.setdefault(method.name, []).append((file, method))
        return found

    def _enter(self, file: SourceFile, function: Function) -> list[_Event]:
        if function in self._entered:
            return []
        self._entered.append(function)
        events = self._block(file, function.body)
        self._entered.pop()
        return events

    def _note_parts(self, call: Call) -> None:
        """Layers made inside one of the program's own layer classes belong to its instance."""
        target = self._bindings.definition(call.name)
        if target is None:
            return
        for node in ast.walk(target[1]):
            if node in self._structure.layers:
                self.parts[node] = call.node


def _makes_layers(events: list[_Event]) -> bool:
    return any(isinstance(event, Call) for event in events)
