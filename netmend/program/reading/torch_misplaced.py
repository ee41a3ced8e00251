"""Statements of a PyTorch training step that stand behind the loop over batches instead of in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.torch_program import Reading
from netmend.program.reading.torch_steps import schedules


def behind_the_loop(reading: Reading, loss_calls: tuple[Call, ...]) -> Iterator[tuple[Site, tuple[Edit, ...]]]:
    """A step that is made once for all batches of an epoch, on what the last of them gave; and the edits that move it.

    Either the loss is computed in the loop and `backward()` stands behind it, or the gradients are set to zero and
    computed in the loop and `step()` stands behind it. Gradients of all batches that are added up before a step, and
    losses that are, are left alone.
    """
    if len(reading.backwards) != 1:
        return
    (backward,) = reading.backwards
    before = [call for call in loss_calls if call.file is backward.file and call.site.span < backward.site.span]
    if len(before) != 1:
        return
    (loss,) = before
    scopes = reading.bindings.scopes(loss.file)
    inner = next((each for each in scopes.ancestors(loss.node) if isinstance(each, ast.For | ast.While)), None)
    if inner is None:
        return
    around = scopes.parent(inner)
    block = getattr(around, "body", [])
    behind = block[block.index(inner) + 1 :] if inner in block else []
    moved = [each for each in behind if _is_part(reading, loss, each)]
    steps = [each for each in moved if _method(each) == "step"]
    anchor = scopes.statement(loss.node)
    # The loop of the loss may be that over epochs; only one that stands in another is over batches.
    if len(steps) != 1 or around is None or not isinstance(around, ast.For | ast.While):
        return
    if inner in scopes.ancestors(backward.node):
        zeroed = any(_method(each) == "zero_grad" for each in ast.walk(inner) if isinstance(each, ast.Expr))
        if not zeroed:
            return
        anchor = scopes.statement(backward.node)
    elif not _of_last(backward, anchor) or scopes.statement(backward.node) not in moved:
        return
    if scopes.parent(anchor) is not inner:
        return
    text = [loss.file.text[slice(*loss.file.span(each))] for each in moved]
    later = inner.body[inner.body.index(anchor) + 1 :]
    put = (
        [spans.add_statement_before(loss.file, later[0], *text)]
        if later
        else [spans.add_statement(loss.file, anchor, "; ".join(text))]
    )
    yield Site(loss.file, steps[0].value), (*put, *(spans.remove_statement(loss.file, each, around) for each in moved))


def _is_part(reading: Reading, loss: Call, statement: ast.stmt) -> bool:
    """Whether a statement is the call of an optimiser, or of `backward`."""
    method = _method(statement)
    if method == "step":
        call = reading.bindings.call(Site(loss.file, statement.value)) if isinstance(statement, ast.Expr) else None
        return call is not None and not call.node.args and not schedules(reading, call)
    return method in ("backward", "zero_grad")


def _method(statement: ast.AST) -> str:
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=name))):
            return name
    return ""


def _of_last(backward: Call, anchor: ast.stmt) -> bool:
    """Whether `backward` starts at the name that the loss of a batch is given, which holds that of the last batch."""
    match anchor, backward.node.func:
        case ast.Assign(targets=[ast.Name(id=name)], value=value), ast.Attribute(value=ast.Name(id=used)):
            adds = any(isinstance(each, ast.Name) and each.id == name for each in ast.walk(value))
            return name == used and not adds
    return False
