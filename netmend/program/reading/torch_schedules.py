"""What changes the learning rate of a PyTorch training: schedulers, and how often they are stepped."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements.rate_schedule import EACH_EPOCH, EACH_UPDATE, NONE
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.torch_program import Reading

_SCHEDULERS = "torch.optim.lr_scheduler."


def find_rate_schedules(reading: Reading) -> Iterator[Element]:
    """Every step of a scheduler, or the scheduler where it is never stepped."""
    stepped = set()
    for call in reading.bindings.calls:
        made = _scheduler(reading, call) if call.method == "step" else None
        if made is not None:
            stepped.add(made.node)
            yield _element(made, call.site.span, call, _how_often(reading, call))
    for call in reading.bindings.calls:
        if _is_scheduler(call) and call.node not in stepped and not _goes_elsewhere(reading, call):
            yield _element(call, (call.site.span[1],) * 2, None, NONE)


def write_rate_schedule(reading: Reading, element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that take the step out, or put it behind the loop over batches.

    Raises:
        Unchangeable: the step is part of an expression, or there is no loop to put it behind.
    """
    step: Call | None = dict(element.extra)["step"]
    if step is None or value not in (NONE, EACH_EPOCH):
        raise Unchangeable(f"a schedule cannot be made to step {value} here", where=str(element.place))
    file, scopes = step.file, reading.bindings.scopes(step.file)
    statement = scopes.statement(step.node)
    around = scopes.parent(statement)
    if around is None or not isinstance(statement, ast.Expr) or statement.value is not step.node:
        raise Unchangeable("the step of the schedule is part of an expression", where=str(element.place))
    if value == NONE:
        return (spans.remove_statement(file, statement, around),)
    if not isinstance(around, (ast.For, ast.While)) or statement not in around.body or len(around.body) < 2:
        raise Unchangeable("the step does not stand in a loop over batches", where=str(element.place))
    if around.orelse or statement is not around.body[-1]:
        return (
            spans.remove_statement(file, statement, around),
            spans.add_statement(file, around, step.site.text),
        )
    start, _ = file.span(around)
    first = file.text.rfind("\n", 0, start) + 1
    begin, end = file.span(statement)
    line = file.text.rfind("\n", 0, begin) + 1
    if file.text[first:start].strip() or file.text[line:begin].strip():
        raise Unchangeable("the step shares its line with other statements", where=str(element.place))
    # The last line of the loop, moved out of it: one edit, so that it meets no other.
    return (Edit(file.name, line, end, file.text[first:start] + step.site.text),)


def _element(made: Call, span: tuple[int, int], step: Call | None, value: str | None) -> Element:
    file = made.file if step is None else step.file
    return Element(
        kind="rate-schedule",
        place=file.place(span[0]),
        start=span[0],
        end=span[1],
        text=file.text[span[0] : span[1]],
        value=value,
        absent=step is None,
        framework="torch",
        owner=made.short,
        extra=(("step", step),),
    )


def _is_scheduler(call: Call) -> bool:
    return call.name.startswith(_SCHEDULERS) and call.short[:1].isupper()


def _scheduler(reading: Reading, call: Call) -> Call | None:
    """The scheduler that a call of `step` belongs to."""
    if not isinstance(call.node.func, ast.Attribute):
        return None
    made = reading.bindings.call(reading.bindings.follow(Site(call.file, call.node.func.value)))
    return made if made is not None and _is_scheduler(made) else None


def _how_often(reading: Reading, step: Call) -> str | None:
    """Whether a schedule steps with the optimiser, in the innermost loop around `backward`, or outside of it."""
    if not reading.backwards:
        return None
    backward = reading.backwards[0]
    inner = _innermost(reading, backward)
    if inner is None:
        same = reading.bindings.scopes(step.file).function(step.node)
        beside = step.file is backward.file and same is reading.bindings.scopes(backward.file).function(backward.node)
        return EACH_UPDATE if beside and same is not None else EACH_EPOCH
    return EACH_UPDATE if _innermost(reading, step) is inner and _batches(reading, inner, step) else EACH_EPOCH


def _innermost(reading: Reading, call: Call) -> ast.AST | None:
    scopes = reading.bindings.scopes(call.file)
    function = scopes.function(call.node)
    for node in scopes.ancestors(call.node):
        if node is function:
            return None
        if isinstance(node, (ast.For, ast.While)):
            return node
    return None


def _batches(reading: Reading, loop: ast.AST, call: Call) -> bool:
    """Whether a loop stands in another one, or in a function that a loop calls: the one around it counts epochs."""
    scopes = reading.bindings.scopes(call.file)
    return scopes.in_loop(loop) or scopes.function(loop) is not None


def _goes_elsewhere(reading: Reading, call: Call) -> bool:
    """Whether a scheduler is handed to another one, or to whatever runs the training."""
    scopes = reading.bindings.scopes(call.file)
    return not isinstance(scopes.parent(call.node), (ast.Assign, ast.AnnAssign))
