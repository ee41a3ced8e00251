"""Parts of a PyTorch model that are replaced after an optimiser was given the model's weights."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.torch_names import WEIGHTED, module_class
from netmend.program.reading.torch_program import Reading


def replaced_parts(reading: Reading) -> Iterator[tuple[Site, tuple[Edit, ...]]]:
    """Optimisers of all weights of a model that gets new layers later, and the edits that make them after that.

    Nothing is said unless both are statements of one block with no use of the optimiser between them, and where the
    weights may be given to an optimiser afterwards.
    """
    if any(call.method == "add_param_group" for call in reading.bindings.calls):
        return
    for made in reading.optimisers:
        scopes = reading.bindings.scopes(made.file)
        statement = scopes.statement(made.node)
        model = whole_model(reading, made)
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is made.node and model:
                around = scopes.parent(statement)
                behind = _behind(around, statement)
                at = [number for number, each in enumerate(behind) if _replaces(reading, made, each, model)]
                if around is None or not at or _uses(behind[: at[-1]], name) or _given_again(reading, made, model):
                    continue
                text = made.file.text[slice(*made.file.span(statement))]
                yield (
                    made.site,
                    (
                        spans.remove_statement(made.file, statement, around),
                        spans.add_statement(made.file, behind[at[-1]], text),
                    ),
                )


def whole_model(reading: Reading, made: Call) -> str:
    """The name of the model whose weights an optimiser is given, all of them or all that are trained; "" if unclear."""
    given = reading.bindings.argument(made, "params", 0)
    found = [
        each.func.value.id
        for each in (ast.walk(given.node) if given is not None and given.file is made.file else ())
        if isinstance(each, ast.Call)
        and isinstance(each.func, ast.Attribute)
        and each.func.attr in ("parameters", "named_parameters")
        and isinstance(each.func.value, ast.Name)
    ]
    return found[0] if len(found) == 1 else ""


def _behind(around: ast.AST | None, statement: ast.stmt) -> list[ast.stmt]:
    """The statements that follow one in its block."""
    for field in ("body", "orelse", "finalbody"):
        block = getattr(around, field, None)
        if isinstance(block, list) and statement in block:
            return block[block.index(statement) + 1 :]
    return []


def _replaces(reading: Reading, made: Call, statement: ast.stmt, model: str) -> bool:
    """Whether a statement puts new layers with weights at a place inside a model, as `model.fc = nn.Linear(9, 2)`."""
    match statement:
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript() as target], value=value):
            owner: ast.expr = target
            while isinstance(owner, (ast.Attribute, ast.Subscript)):
                owner = owner.value
            inside = [Site(made.file, each) for each in ast.walk(value) if isinstance(each, ast.Call)]
            calls = [reading.bindings.call(each) for each in inside]
            new = any(call is not None and module_class(call.name) in WEIGHTED for call in calls)
            return isinstance(owner, ast.Name) and owner.id == model and new
    return False


def _uses(statements: Sequence[ast.stmt], name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for each in statements for node in ast.walk(each))


def _given_again(reading: Reading, made: Call, model: str) -> bool:
    """Whether any optimiser but this one is given weights of what bears the model's name."""
    others = (reading.bindings.argument(each, "params", 0) for each in reading.optimisers if each is not made)
    function = reading.bindings.scopes(made.file).function
    return any(
        isinstance(node, ast.Name) and node.id == model and function(node) is function(made.node)
        for given in others
        if given is not None and given.file is made.file
        for node in ast.walk(given.node)
    )
