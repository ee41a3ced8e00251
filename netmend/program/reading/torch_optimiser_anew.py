"""Optimisers of PyTorch programs that are made anew for every update, and so forget the updates before."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.torch_program import Reading
from netmend.program.source import SourceFile

Loop = ast.For | ast.While


def optimiser_anew(reading: Reading) -> Iterator[tuple[Site, tuple[Edit, ...]]]:
    """The making of an optimiser beside `backward` in the innermost loop, and the edits that do it before the loops.

    Nothing is said of plain SGD, which has nothing to forget.
    """
    if len(reading.backwards) != 1 or len(reading.optimisers) != 1:
        return
    (backward,), (made,) = reading.backwards, reading.optimisers
    scopes = reading.bindings.scopes(made.file)
    statement = scopes.statement(made.node)
    if made.file is not backward.file or not _named(statement, made) or _forgets_nothing(reading, made):
        return
    loops = _loops(reading, made.file, made.node)
    if loops and loops[0] in _loops(reading, made.file, backward.node)[:1] and statement in loops[0].body:
        yield from _moved(reading, made, statement, loops)
    elif not loops and not _loops(reading, made.file, backward.node):
        yield from _out_of_function(reading, made, backward, statement)


def _named(statement: ast.stmt, made: Call) -> bool:
    match statement:
        case ast.Assign(targets=[ast.Name()], value=value):
            return value is made.node
    return False


def _forgets_nothing(reading: Reading, made: Call) -> bool:
    if made.short != "SGD":
        return False
    momentum = reading.bindings.argument(made, "momentum", 2)
    return momentum is None or reading.bindings.resolve(momentum).value == 0


def _loops(reading: Reading, file: SourceFile, node: ast.AST) -> list[Loop]:
    """The loops around a node in its own function, innermost first."""
    scopes, found = reading.bindings.scopes(file), []
    for around in scopes.ancestors(node):
        if around is scopes.function(node):
            break
        if isinstance(around, ast.For | ast.While):
            found.append(around)
    return found


def _out_of_function(
    reading: Reading, made: Call, backward: Call, statement: ast.stmt
) -> Iterator[tuple[Site, tuple[Edit, ...]]]:
    """Of a function that makes one update with a model that it is not given, called in a loop of the module."""
    scopes = reading.bindings.scopes(made.file)
    function = scopes.function(made.node)
    if not isinstance(function, ast.FunctionDef) or function is not scopes.function(backward.node):
        return
    own = {each.arg for each in ast.walk(function) if isinstance(each, ast.arg)}
    calls = [call for call in reading.bindings.calls if call.name == f"{scopes.module}.{function.name}"]
    alone = len(calls) == 1 and calls[0].file is made.file and scopes.function(calls[0].node) is None
    if statement in function.body and alone and not _names(made.node) & own:
        yield from _moved(reading, made, statement, _loops(reading, made.file, calls[0].node))


def _moved(
    reading: Reading, made: Call, statement: ast.stmt, loops: list[Loop]
) -> Iterator[tuple[Site, tuple[Edit, ...]]]:
    """Before the outermost of the loops that leave alone what the statement uses."""
    around = reading.bindings.scopes(made.file).parent(statement)
    free = []
    for loop in loops:
        if _names(made.node) & _bound(loop):
            break
        free.append(loop)
    if free and around is not None:
        text = made.file.text[slice(*made.file.span(statement))]
        before = spans.add_statement_before(made.file, free[-1], text)
        yield made.site, (before, spans.remove_statement(made.file, statement, around))


def _names(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def _bound(loop: Loop) -> set[str]:
    return {each.id for each in ast.walk(loop) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
