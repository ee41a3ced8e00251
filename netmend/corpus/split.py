"""One program for each model that a script or notebook trains: the statements that make it, and those that train it.

An anchor is a statement that compiles a Keras model, makes an optimiser or computes gradients. From it the program
grows forwards, to the statements that train what it names, and backwards, to all that these need (a static backward
slice over the statements of the top level: Weiser, "Program slicing", IEEE TSE 10, 1984).
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator
from functools import cached_property

from netmend.program.reading import keras_names, torch_names

# Most models of one file (own choice: longer ones are lists of every variant, which are near-duplicates).
MOST = 60
# Most statements after an anchor that belong to it (own choice: evaluation and plots follow, and tell nothing more).
_MOST_AFTER = 12
# Most uses of one function that are models of their own (own choice: more are a search over its arguments).
_MOST_USES = 10

_OPTIMISERS = {each.name for each in keras_names.OPTIMISERS.values()} | {
    each.name for each in torch_names.OPTIMISERS.values()
}
# Methods that a model is called with and that do not change how it is trained.
_ASIDE = frozenset((
    "compile", "fit", "fit_generator", "train_on_batch", "evaluate", "evaluate_generator", "predict",
    "predict_generator", "predict_classes", "predict_proba", "summary", "save", "save_weights", "load_weights",
    "state_dict", "load_state_dict", "eval", "train", "backward", "step", "zero_grad", "plot", "show", "get_weights",
))  # fmt: skip
_BUILTINS = frozenset(dir(builtins))


def programs(tree: ast.Module) -> Iterator[ast.Module]:
    """The programs of a file, in the order of their anchors; none if nothing is trained."""
    statements = [_Statement(node) for node in _flattened(tree.body)]
    cores: list[set[int]] = []
    for at, statement in enumerate(statements):
        if not statement.anchors:
            continue
        for core in _uses(statements, at) if statement.is_definition else [_grown(statements, at, statement.named)]:
            joined = next((each for each in cores if core <= each or _meet(statements, core & each)), None)
            if joined is not None:
                joined |= core
            elif len(cores) < MOST:
                cores.append(core)
    for core in cores:
        yield ast.Module([statements[index].node for index in sorted(_slice(statements, core))], [])


class _Statement:
    """A statement of the top level and the names it deals with."""

    def __init__(self, node: ast.stmt) -> None:
        self.node = node
        self.is_definition = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        self.is_import = isinstance(node, (ast.Import, ast.ImportFrom))

    @cached_property
    def uses(self) -> frozenset[str]:
        """Names that it reads from around it, inside of functions too."""
        return frozenset(_free(self.node)) - _BUILTINS

    @cached_property
    def binds(self) -> frozenset[str]:
        """Names that it gives a value."""
        if self.is_definition:
            return frozenset({self.node.name})  # type: ignore[attr-defined]
        return frozenset(
            node.id for node in ast.walk(self.node) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        )

    @cached_property
    def renews(self) -> frozenset[str]:
        """Names that it gives a value whatever they held before."""
        plain = self.is_definition or isinstance(self.node, (ast.Assign, ast.AnnAssign))
        return self.binds - (frozenset() if self.is_definition else self.uses) if plain else frozenset()

    @cached_property
    def changes(self) -> frozenset[str]:
        """Names whose objects it changes: `model.add(...)`, `x /= 255`, `x[0] = 1`, `layer.trainable = False`."""
        if self.is_definition:
            return frozenset()
        found = set()
        for node in ast.walk(self.node):
            match node:
                case ast.AugAssign(target=target):
                    found.add(_root(target))
                case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
                    found.add(_root(node))
                case ast.Expr(value=ast.Call(func=ast.Attribute(attr=method) as function)) if method not in _ASIDE:
                    found.add(_root(function))
        return frozenset(found - {""})

    @cached_property
    def anchors(self) -> frozenset[str]:
        """What it says of trainings: "compile NAME", "optimiser NAME", "gradients"."""
        found = set()
        for node in ast.walk(self.node):
            match node:
                case ast.Call(func=ast.Attribute(value=owner, attr="compile")) if _compiles(node):
                    found.add(f"compile {_root(owner)}")
                case ast.Call(func=ast.Attribute(attr="backward")):
                    found.add("gradients")
                case ast.Call() if _makes_optimiser(node):
                    found.add("optimiser")
        return frozenset(found)

    @property
    def named(self) -> frozenset[str]:
        """The names by which what it trains is known afterwards."""
        compiled = frozenset(each.removeprefix("compile ") for each in self.anchors if each.startswith("compile "))
        if compiled - {""} and not self.is_definition:
            return compiled - {""}
        return self.binds if self.is_definition or isinstance(self.node, ast.Assign) else frozenset()


def _flattened(body: Iterable[ast.stmt]) -> list[ast.stmt]:
    """The statements of the top level: main guards and scopes opened, the body of `main()` in place of its call."""
    found: list[ast.stmt] = []
    for node in body:
        match node:
            case ast.ImportFrom(module="__future__"):
                continue
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__")), body=inner):
                found += _flattened(inner)
            case ast.With(items=[ast.withitem(optional_vars=None)], body=inner):
                found += _flattened(inner)
            case _:
                found.append(node)
    called = {
        node.value.func.id
        for node in found
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and not node.value.args
        and not node.value.keywords
    }
    mains = {node.name: node for node in found if isinstance(node, ast.FunctionDef) and node.name in called & {"main"}}
    if not mains:
        return found
    opened: list[ast.stmt] = []
    for node in found:
        match node:
            case ast.FunctionDef(name="main"):
                continue
            case ast.Expr(value=ast.Call(func=ast.Name(id="main"))) if "main" in mains:
                opened += _flattened(each for each in mains.pop("main").body if not isinstance(each, ast.Return))
            case _:
                opened.append(node)
    return opened


def _uses(statements: list[_Statement], at: int) -> list[set[int]]:
    """What each statement trains that comes to use a definition; the definition by itself if none does."""
    names, found = set(statements[at].binds), []
    for index in range(at + 1, len(statements)):
        statement = statements[index]
        if statement.uses & names and not statement.is_definition:
            found.append(_grown(statements, index, statement.named))
        names = _followed(names, statement)
    return found[:_MOST_USES] or [{at}]


def _grown(statements: list[_Statement], at: int, named: frozenset[str]) -> set[int]:
    """A statement and those after it that train what is named, by themselves or through functions."""
    left, followed, core = set(named), set(named), {at}
    anchor = statements[at].anchors
    compiled = bool(anchor) and all(each.startswith("compile ") for each in anchor)
    for index in range(at + 1, len(statements)):
        statement = statements[index]
        left -= statement.renews
        if not left or len(core) > _MOST_AFTER:
            break
        if statement.uses & followed and not statement.is_definition:
            if compiled and statement.named & named and any(each.startswith("compile ") for each in statement.anchors):
                break
            core.add(index)
        followed = _followed(followed, statement)
    return core


def _followed(names: set[str], statement: _Statement) -> set[str]:
    """Names that lead to what some names lead to, after a statement: functions that use them do so too."""
    if statement.is_definition and statement.uses & names:
        return names | statement.binds
    return names - statement.renews


def _meet(statements: list[_Statement], both: set[int]) -> bool:
    """Whether two cores meet in a statement that does something: then they are one training."""
    return any(not statements[index].is_definition for index in both)


def _slice(statements: list[_Statement], core: set[int]) -> set[int]:
    """The core and all that it needs."""
    kept = set(core)
    live: set[str] = set()
    imported = {
        (alias.asname or alias.name).partition(".")[0]
        for each in statements
        if isinstance(each.node, (ast.Import, ast.ImportFrom))
        for alias in each.node.names
    }
    for index in range(max(core), -1, -1):
        statement = statements[index]
        needed = statement.binds & live or statement.changes & live - imported
        if index in core or (needed and not statement.is_import):
            kept.add(index)
            live -= statement.renews
            live |= statement.uses
        elif statement.is_import:
            kept.add(index)
    return kept


def _free(node: ast.AST) -> set[str]:
    """The names that code reads and does not make itself where it is a function."""
    read: set[str] = set()
    pending: list[ast.AST] = list(ast.iter_child_nodes(node))
    while pending:
        each = pending.pop()
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load):
            read.add(each.id)
        elif isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            read |= _free(each)
        else:
            pending += ast.iter_child_nodes(each)
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
        return read
    inside = list(ast.walk(node))
    made = {each.arg for each in inside if isinstance(each, ast.arg)}
    made |= {each.id for each in inside if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    shared = {name for each in inside if isinstance(each, ast.Global) for name in each.names}
    return read - (made - shared)


def _root(node: ast.AST) -> str:
    """The first name of `a.b[0].c`."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _compiles(call: ast.Call) -> bool:
    named = {each.arg for each in call.keywords}
    strings = [each for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)]
    of_module = isinstance(call.func, ast.Attribute) and _root(call.func) in ("re", "regex", "torch", "tf")
    return not of_module and bool(named & {"optimizer", "loss"} or strings or len(call.args) >= 2)


def _makes_optimiser(call: ast.Call) -> bool:
    """A call of an optimiser's name that is given parameters to change, or that names the module of optimisers."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in _OPTIMISERS:
        return False
    module = ast.unparse(call.func.value).rpartition(".")[2] if isinstance(call.func, ast.Attribute) else ""
    parameters = any(isinstance(each, ast.Attribute) and each.attr == "parameters" for each in ast.walk(call))
    return parameters or module in ("optim", "optimizers", "optimizer")
