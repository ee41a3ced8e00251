"""Removing a layer of a Keras program, or putting another in its place."""

from __future__ import annotations

import ast

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements.layer import family
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Bindings, Call, Site
from netmend.program.reading.keras_names import keras_name, layer_class, model_class
from netmend.program.reading.keras_spelling import sibling, spelled
from netmend.program.syntax import parse_expression

# Arguments by which a first layer tells the shape of the input; without it the model may not be built.
SHAPES = ("input_shape", "input_dim", "batch_input_shape", "input_length")


def layer_form(bindings: Bindings, call: Call) -> str:
    """How a layer that can be removed is written: "item" of a list, "add" or "applied" statement; "" for any other."""
    if any(bindings.argument(call, name) is not None for name in SHAPES):
        return ""
    scopes = bindings.scopes(call.file)
    parent = scopes.parent(call.node)
    statement = scopes.statement(call.node)
    if isinstance(parent, (ast.List, ast.Tuple)):
        above = scopes.parent(parent)
        above = scopes.parent(above) if isinstance(above, ast.keyword) else above
        outer = bindings.call(Site(call.file, above)) if isinstance(above, ast.Call) else None
        inside = outer is not None and model_class(outer.name) == "Sequential"
        return "item" if inside and len(parent.elts) > 1 else ""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="add"), args=[only])) if only is call.node:
            return "add"
        case ast.Assign(
            targets=[ast.Name(id=target)], value=ast.Call(func=function, args=[ast.Name(id=source)], keywords=[])
        ) if function is call.node and target == source:
            return "applied"
    return ""


def write_layer(bindings: Bindings, call: Call, form: str, at: Site, value: Value) -> tuple[Edit, ...]:
    """Remove a layer (None), replace it by source code of a call, or by another class that takes the same arguments.

    Raises:
        Unchangeable: it cannot be removed safely, or the value is neither.
    """
    where = str(at.place)
    if value is None:
        return (_removed(bindings, call, form, where),)
    text = str(value)
    if text.isidentifier():
        return _swapped(bindings, call, text, where)
    try:
        tree = parse_expression(text)
    except SyntaxError:
        raise Unchangeable(f"{text!r} is no Python expression", where=where) from None
    if not isinstance(tree, ast.Call):
        raise Unchangeable(f"{text!r} is no call", where=where)
    named = ast.unparse(tree.func)
    if keras_name(named) != named or not layer_class(named):
        return (spans.replace(at, text),)
    function, imports = spelled(bindings, at, named)
    return (*imports, spans.replace(at, function + text.removeprefix(named)))


def _swapped(bindings: Bindings, call: Call, name: str, where: str) -> tuple[Edit, ...]:
    present = layer_class(call.name)
    if name not in family(present):
        raise Unchangeable(f"{name} does not take the arguments of {present or 'this layer'}", where=where)
    function = Site(call.file, call.node.func)
    text, imports = sibling(bindings, function, f"keras.layers.{name}")
    return (*imports, spans.replace(function, text))


def _removed(bindings: Bindings, call: Call, form: str, where: str) -> Edit:
    scopes = bindings.scopes(call.file)
    parent = scopes.parent(call.node)
    if form == "item" and isinstance(parent, (ast.List, ast.Tuple)):
        return spans.remove_item(call.site, parent)
    if form in ("add", "applied"):
        statement = scopes.statement(call.node)
        around = scopes.parent(statement)
        assert around is not None, "a statement stands in a module"
        return spans.remove_statement(call.file, statement, around)
    raise Unchangeable("this layer cannot be removed safely", where=where)
