"""What a PyTorch training loop does with the gradients around `backward` and `step`: zeroing and clipping."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements.gradient_reset import EACH_UPDATE
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.spelling import number
from netmend.program.reading.torch_loops import loops
from netmend.program.reading.torch_program import Reading
from netmend.program.reading.torch_spelling import spelled
from netmend.program.reading.torch_values import numeric

NONE = "none"
_UTILS = "torch.nn.utils"
_CLIPPINGS = {"clip_grad_norm_": ("global_norm", "max_norm"), "clip_grad_value_": ("value", "clip_value")}
_FUNCTIONS = {name: function for function, (name, _) in _CLIPPINGS.items()}
OWNER = "training loop"


# Zeroing


def find_resets(reading: Reading) -> Iterator[Element]:
    """When the gradients are set to zero."""
    backward, step = _update(reading)
    if backward is None or step is None:
        return
    value, resets = _reset(reading, backward, step)
    site = resets[0].site if resets else None
    start, end = site.span if site is not None else (_statement(reading, backward)[1],) * 2
    file = site.file if site is not None else backward.file
    yield Element(
        kind="gradient-reset",
        place=file.place(start),
        start=start,
        end=end,
        text=file.text[start:end],
        value=value,
        absent=site is None,
        framework="torch",
        owner=OWNER,
        extra=(("backward", backward), ("step", step), ("resets", resets)),
    )


def write_reset(reading: Reading, element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that set the gradients to zero before each `backward`, or after each `step` of several of them.

    Raises:
        Unchangeable: another value is asked for, or the loop is written in a way that cannot be followed.
    """
    if value != EACH_UPDATE:
        raise Unchangeable(f"gradients are to be zeroed at each update, not {value}", where=str(element.place))
    extra = dict(element.extra)
    backward: Call = extra["backward"]
    step: Call = extra["step"]
    text = f"{_receiver(step)}.zero_grad()"
    scopes = reading.bindings.scopes(backward.file)
    edits = []
    for call in extra["resets"] if element.value == "before step" else ():
        statement = scopes.statement(call.node)
        around = scopes.parent(statement)
        if around is None or not isinstance(statement, ast.Expr):
            raise Unchangeable("zero_grad is part of an expression", where=str(element.place))
        edits.append(spans.remove_statement(call.file, statement, around))
    (before, _), (after, _) = _statement(reading, backward), _statement(reading, step)
    if backward.file is step.file and scopes.parent(before) is scopes.parent(after):
        return (spans.add_statement_before(backward.file, before, text), *edits)
    return (spans.add_statement(step.file, after, text), *edits)


def _update(reading: Reading) -> tuple[Call | None, Call | None]:
    """The only `backward` of the program and the `step` of the optimiser that follows it."""
    backwards = reading.backwards
    if len(backwards) != 1:
        return None, None
    scopes = reading.bindings.scopes(backwards[0].file)
    function = scopes.function(backwards[0].node)
    steps = [
        call
        for call in reading.bindings.calls
        if call.method == "step"
        and call.file is backwards[0].file
        and not call.node.args
        and scopes.function(call.node) is function
        and not schedules(reading, call)
    ]
    return (backwards[0], steps[0]) if len(steps) == 1 else (None, None)


def schedules(reading: Reading, call: Call) -> bool:
    """Whether a `step` is that of a learning rate schedule, which does not update weights."""
    made = reading.bindings.call(reading.bindings.follow(Site(call.file, _owner(call))))
    name = made.name if made is not None else ""
    return ".lr_scheduler." in name or "sched" in ast.unparse(_owner(call)).lower()


def _reset(reading: Reading, backward: Call, step: Call) -> tuple[str | None, list[Call]]:
    """When gradients are zeroed, and by which calls."""
    resets = [call for call in reading.bindings.calls if call.method == "zero_grad"]
    if not resets:
        return (None if _by_hand(reading) else "never"), []
    scopes = reading.bindings.scopes(step.file)
    around = [loop for _, loop in loops(reading, step) if loop in scopes.ancestors(step.node)]
    for call in resets:
        if call.file is not step.file or scopes.function(call.node) is not scopes.function(step.node):
            return None, resets
    inner = around[0] if around else None
    inside = [call for call in resets if _within(reading, call, inner)]
    if inside:
        first, last = (_offset(each) for each in (backward, step))
        same = [call for call in inside if first < _offset(call) < last]
        lost = len(same) == len(inside) and all(_beside(reading, call, step) for call in same)
        return ("before step", same) if lost else (EACH_UPDATE, inside)
    outer = [call for call in resets if any(_within(reading, call, loop) for loop in around)]
    return ("each epoch", outer) if outer else ("once", resets)


def _by_hand(reading: Reading) -> bool:
    """Whether the program handles gradients itself, as in `weight.grad = None` or `weight.grad.zero_()`."""
    return any(
        isinstance(node, ast.Attribute) and node.attr == "grad"
        for file in reading.program.files
        for node in ast.walk(file.tree)
    )


def _beside(reading: Reading, call: Call, step: Call) -> bool:
    scopes = reading.bindings.scopes(step.file)
    return scopes.parent(scopes.statement(call.node)) is scopes.parent(scopes.statement(step.node))


def _within(reading: Reading, call: Call, loop: ast.AST | None) -> bool:
    return loop is None or loop in reading.bindings.scopes(call.file).ancestors(call.node)


# Clipping


def find_clippings(reading: Reading) -> Iterator[Element]:
    """The bound on the gradients, between `backward` and `step`."""
    backward, step = _update(reading)
    present = [call for call in reading.bindings.calls if _clipping(call)]
    for call in present:
        start, end = call.site.span
        yield _clipping_element(reading, call, start, end, _limit(reading, call), call)
    if backward is None or step is None or present:
        return
    statement, _ = _statement(reading, backward)
    offset = backward.file.span(statement)[1]
    yield _clipping_element(reading, backward, offset, offset, NONE, None, ("backward", backward), ("step", step))


def write_clipping(reading: Reading, element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that put another bound, remove it, or add one after `backward`.

    Raises:
        Unchangeable: PyTorch has no such bound, or the gradients are scaled before the step.
    """
    extra = dict(element.extra)
    call: Call | None = extra["call"]
    if value == NONE:
        assert call is not None
        scopes = reading.bindings.scopes(call.file)
        statement = scopes.parent(call.node)
        around = None if statement is None else scopes.parent(statement)
        if not isinstance(statement, ast.Expr) or around is None:
            raise Unchangeable("the norm that clipping gives back is used", where=str(element.place))
        return (spans.remove_statement(call.file, statement, around),)
    parts = re.fullmatch(r"(\w+)\((\d+(?:\.\d*)?(?:e[-+]?\d+)?)\)", str(value))
    if parts is None or parts[1] not in _FUNCTIONS:
        raise Unchangeable(f"PyTorch has no gradient clipping {value}", where=str(element.place))
    limit = number(float(parts[2]))
    at = call.site if call is not None else extra["backward"].site
    function, imports = spelled(reading.bindings, at, f"{_UTILS}.{_FUNCTIONS[parts[1]]}")
    if call is not None:
        parameters = reading.bindings.argument(call, "parameters", 0)
        if parameters is None:
            raise Unchangeable("what is clipped cannot be seen", where=str(element.place))
        return (spans.replace(call.site, f"{function}({parameters.text}, {limit})"), *imports)
    backward: Call = extra["backward"]
    statement, _ = _statement(reading, backward)
    text = f"{function}({_parameters(reading, backward, extra['step'])}, {limit})"
    return (spans.add_statement(backward.file, statement, text), *imports)


def _clipping(call: Call) -> str:
    """Name of the clipping function that a call means, or ""."""
    return call.short if call.name.startswith(_UTILS) and call.short in _CLIPPINGS else ""


def _limit(reading: Reading, call: Call) -> str | None:
    name, parameter = _CLIPPINGS[_clipping(call)]
    site = reading.bindings.argument(call, parameter, 1)
    limit = None if site is None else numeric(reading.bindings.resolve(site).value)
    kind = reading.bindings.argument(call, "norm_type", 2)
    plain = kind is None or reading.bindings.resolve(kind).value in (2, 2.0)
    return f"{name}({limit:g})" if limit is not None and plain else None


def _clipping_element(
    reading: Reading, at: Call, start: int, end: int, value: Value, call: Call | None, *extra: tuple[str, object]
) -> Element:
    return Element(
        kind="gradient-clipping",
        place=at.file.place(start),
        start=start,
        end=end,
        text=at.file.text[start:end],
        value=value,
        absent=start == end,
        framework="torch",
        owner=OWNER,
        extra=(("call", call), *extra),
    )


def _parameters(reading: Reading, backward: Call, step: Call) -> str:
    """What the optimiser updates, as it can be written at `backward`: `model.parameters()` if the name is the same."""
    bindings = reading.bindings
    made = bindings.call(bindings.follow(Site(step.file, _owner(step))))
    given = None if made is None else bindings.argument(made, "params", 0)
    match given:
        case Site(
            file=file, node=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="parameters"), args=[]) as node
        ) if file is backward.file:
            scopes = bindings.scopes(file)
            if scopes.bindings(name, node) == scopes.bindings(name, backward.node):
                return f"{name}.parameters()"
    return f"(each for group in {_receiver(step)}.param_groups for each in group['params'])"


# Small readings


def _owner(call: Call) -> ast.expr:
    assert isinstance(call.node.func, ast.Attribute)
    return call.node.func.value


def _receiver(call: Call) -> str:
    return Site(call.file, _owner(call)).text


def _statement(reading: Reading, call: Call) -> tuple[ast.stmt, int]:
    statement = reading.bindings.scopes(call.file).statement(call.node)
    return statement, call.file.span(statement)[0]


def _offset(call: Call) -> int:
    return call.site.span[0]
