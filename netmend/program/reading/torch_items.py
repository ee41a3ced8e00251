"""Adding and removing items of a Sequential, however its items are written.

nn.Sequential(nn.Linear(2, 3), nn.ReLU())
nn.Sequential(OrderedDict([("fc", nn.Linear(2, 3)), ("act", nn.ReLU())]))
layers.append(nn.Linear(2, 3))
"""

from __future__ import annotations

import ast

from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Site
from netmend.program.reading.torch_lists import Member
from netmend.program.reading.torch_names import module_class
from netmend.program.reading.torch_program import Reading


def removal(reading: Reading, member: Member | None) -> Edit | None:
    """The edit that removes an item, or None where `nn.Identity()` must take its place.

    An item of a Sequential that the program indexes by number stays: the others would shift.
    """
    if member is None or indexed(reading):
        return None
    file = member.site.file
    if member.statement is not None:
        parent = reading.bindings.scopes(file).parent(member.statement)
        return None if parent is None else spans.remove_statement(file, member.statement, parent)
    if member.item is None:
        return None
    match member.display:
        case ast.Call() as node if len(node.args) > 1:
            call = reading.bindings.call(Site(file, node))
            return None if call is None else spans.remove_arguments(call, [member.item])[0]
        case ast.List() as display if len(display.elts) > 1:
            return spans.remove_item(Site(file, member.item), display)
    return None


def insertion(reading: Reading, member: Member, text: str, name: str) -> tuple[Edit, ...]:
    """The edits that add an item after another one.

    Args:
        reading: of the program.
        member: the item to insert after; it stands in a display or a statement of its own.
        text: the new module.
        name: what it is called where items have names.
    """
    file = member.site.file
    match member.statement:
        case ast.Expr(value=ast.Call(func=function)) as statement:
            start, end = file.span(function)
            return (spans.add_statement(file, statement, f"{file.text[start:end]}({text})"),)
    display, item = member.display, member.item
    assert display is not None and item is not None
    closing = file.span(display)[1] - 1
    match display:
        case ast.Call(args=items, keywords=keywords):
            closing = file.span(keywords[0])[0] if keywords else closing
        case ast.Dict(values=items):
            text = f'"{_free(display, member.name, name)}": {text}'
        case ast.List(elts=items) | ast.Tuple(elts=items):
            text = f'("{_free(display, member.name, name)}", {text})' if member.name else text
    return spans.add_item(file, items, items.index(item), closing, text)


def _free(display: ast.expr, before: str, name: str) -> str:
    """A name for an item that no other item has."""
    taken = {each.value for each in ast.walk(display) if isinstance(each, ast.Constant)}
    candidate, number = f"{before}_{name}", 2
    while candidate in taken:
        candidate, number = f"{before}_{name}_{number}", number + 1
    return candidate


def indexed(reading: Reading) -> bool:
    """Whether the program takes items of a Sequential by number, so that removing one would shift the others."""
    for file in reading.program.files:
        for node in ast.walk(file.tree):
            if isinstance(node, ast.Subscript):
                end = reading.calls.unwrapped(reading.bindings.follow(Site(file, node.value)))
                call = reading.bindings.call(end)
                if call is not None and module_class(call.name) == "Sequential":
                    return True
    return False
