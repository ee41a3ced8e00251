"""Statements by which a training sets its learning rate itself, again and again, in Keras and PyTorch.

`for group in optimiser.param_groups: group["lr"] = rate` and `optimiser.learning_rate = rate` in a loop, or in a
function that a loop calls. A rate that is set once, before a second stage of training, is no schedule.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements.rate_schedule import BY_HAND, EACH_EPOCH, EACH_UPDATE, NONE
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Bindings, Site
from netmend.program.reading.drafts import Draft
from netmend.program.source import SourceFile

OWNER = "training loop"
_RATES = frozenset({"learning_rate", "lr"})


def rate_drafts(bindings: Bindings) -> Iterator[Draft]:
    """Every statement that sets a rate while a program trains."""
    for file in bindings.program.files:
        for node in ast.walk(file.tree):
            rate = _set_rate(node)
            often = None if rate is None else _how_often(bindings, file, node)
            if rate is not None and often is not None:
                write = partial(_without, bindings, node)
                yield Draft(
                    "rate-schedule", Site(file, rate), Site(file, rate), often, OWNER, write, form=BY_HAND, local=False
                )


def _set_rate(node: ast.AST) -> ast.expr | None:
    """The rate that a statement sets, if it sets one and nothing else."""
    match node:
        case ast.For(iter=ast.Attribute(attr="param_groups"), body=[only], orelse=[]):
            return _set_rate(only)
        case ast.Assign(targets=[target]) | ast.AugAssign(target=target) if _is_rate(target):
            return target
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=target, attr="assign"), args=[_])) if _is_rate(target):
            return target
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="set_value"), args=[target, _])) if _is_rate(target):
            return target
    return None


def _is_rate(target: ast.expr) -> bool:
    """Whether an expression is the rate of an optimiser: `optimiser.learning_rate`, `group["lr"]`."""
    match target:
        case ast.Attribute(value=owner, attr=name) if name in _RATES:
            return "opt" in ast.unparse(owner).lower()
        case ast.Subscript(slice=ast.Constant(value="lr"), value=ast.Name() | ast.Subscript()):
            return True
    return False


def _how_often(bindings: Bindings, file: SourceFile, node: ast.AST) -> str | None:
    """As often as the loop around a statement, or around the calls of its function; None if there is no loop."""
    scopes = bindings.scopes(file)
    parent = scopes.parent(node)
    if parent is not None and _set_rate(parent) is not None:
        return None  # one with the loop over groups of weights that it is all of
    deepest, function = _depth(bindings, file, node), scopes.function(node)
    if deepest == 0 and isinstance(function, ast.FunctionDef):
        calls = [call for call in bindings.calls if call.name == f"{scopes.module}.{function.name}"]
        deepest = max((_depth(bindings, call.file, call.node) for call in calls), default=0)
    return None if deepest == 0 else EACH_EPOCH if deepest == 1 else EACH_UPDATE


def _depth(bindings: Bindings, file: SourceFile, node: ast.AST) -> int:
    """In how many loops a node stands, those over groups of weights left out."""
    loops = [each for each in bindings.scopes(file).ancestors(node) if isinstance(each, ast.For | ast.While)]
    return sum(not _over_groups(loop) for loop in loops)


def _over_groups(loop: ast.For | ast.While) -> bool:
    match loop:
        case ast.For(iter=ast.Attribute(attr="param_groups")):
            return True
    return False


def _without(bindings: Bindings, node: ast.AST, at: Site, value: Value) -> tuple[Edit, ...]:
    """Take the statement out.

    Raises:
        Unchangeable: something else is asked for.
    """
    around = bindings.scopes(at.file).parent(node)
    if value != NONE or around is None or not isinstance(node, ast.stmt):
        raise Unchangeable(f"a rate that is set by hand cannot be set {value}", where=str(at.place))
    return (spans.remove_statement(at.file, node, around),)
