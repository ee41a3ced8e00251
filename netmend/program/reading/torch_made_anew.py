"""Models of PyTorch programs that are made anew, or given new weights, in every epoch."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.torch_loops import loops
from netmend.program.reading.torch_program import Reading
from netmend.program.reading.torch_replaced import whole_model
from netmend.program.source import SourceFile

Found = tuple[Site, tuple[Edit, ...]]


def made_anew(reading: Reading) -> Iterator[Found]:
    """What throws away in each epoch what the last one has learned, and the edits that do it once, before all epochs.

    A loop is one over epochs if it says so. Loops over folds or seeds around it make a model each, and are left alone.
    """
    if len(reading.backwards) != 1 or len(reading.optimisers) != 1:
        return
    (backward,), (optimiser,) = reading.backwards, reading.optimisers
    name = whole_model(reading, optimiser)
    for file, loop in loops(reading, backward) if name else []:
        if file is not optimiser.file or not isinstance(loop, ast.For) or not _over_epochs(loop):
            continue
        inside = _statement_in(reading, loop, optimiser)
        for statement in loop.body:
            if _makes_model(reading, file, statement, name):
                if inside is not None:
                    yield from _moved(file, loop, statement, *_between(loop, statement, inside))
                elif _made_before(reading, file, loop, name):
                    yield Site(file, _value(statement)), (spans.remove_statement(file, statement, loop),)
            elif _draws_weights(statement, name):
                yield from _moved(file, loop, statement)


def _over_epochs(loop: ast.For) -> bool:
    return "epoch" in f"{ast.unparse(loop.target)} {ast.unparse(loop.iter)}".lower()


def _statement_in(reading: Reading, loop: ast.For, call: Call) -> ast.stmt | None:
    """The statement of a loop's own block that is a call's."""
    statement = reading.bindings.scopes(call.file).statement(call.node)
    return statement if statement in loop.body else None


def _between(loop: ast.For, model: ast.stmt, optimiser: ast.stmt) -> list[ast.stmt]:
    """What stands behind the making of a model up to that of its optimiser, and belongs to it."""
    first, last = loop.body.index(model), loop.body.index(optimiser)
    return [each for each in loop.body[first + 1 : last + 1] if isinstance(each, ast.Assign)]


def _makes_model(reading: Reading, file: SourceFile, statement: ast.stmt, name: str) -> bool:
    """Whether a statement puts a new model where the name of the trained one stands."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
            for each in ast.walk(value):
                call = reading.bindings.call(Site(file, each)) if isinstance(each, ast.Call) else None
                found = None if call is None else reading.bindings.definition(call.name)
                if found is not None and isinstance(found[1], ast.ClassDef):
                    return True
                if call is not None and call.name.startswith("torch.nn."):
                    return True
    return False


def _made_before(reading: Reading, file: SourceFile, loop: ast.For, name: str) -> bool:
    """Whether a model of this name is made before the loop, too."""
    found = reading.bindings.scopes(file).bindings(name, loop)
    start = file.span(loop)[0]
    return any(
        isinstance(each.node, ast.Assign) and file.span(each.node)[1] <= start
        and _makes_model(reading, file, each.node, name)
        for each in found
    )  # fmt: skip


def _draws_weights(statement: ast.stmt, name: str) -> bool:
    """Whether a statement is `model.apply(...)`, which is what initialisers are given to."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="apply"), args=[ast.Name()])):
            return owner == name
    return False


def _moved(file: SourceFile, loop: ast.For, *statements: ast.stmt) -> Iterator[Found]:
    changing = {each.id for each in ast.walk(loop.target) if isinstance(each, ast.Name)}
    used = {each.id for one in statements for each in ast.walk(one) if isinstance(each, ast.Name)}
    if used & changing:
        return
    text = [file.text[slice(*file.span(each))] for each in statements]
    edits = [spans.remove_statement(file, each, loop) for each in statements]
    yield Site(file, _value(statements[0])), (spans.add_statement_before(file, loop, *text), *edits)


def _value(statement: ast.stmt) -> ast.expr:
    assert isinstance(statement, ast.Assign | ast.Expr)
    return statement.value
