"""What may be added between the layers of a Keras program: a normalisation, a dropout, a copy of a layer.

A layer can be put behind or before another one that is an item of `Sequential([...])`, a `model.add(...)` statement,
or applied as `x = Layer(...)(x)`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Bindings, Call, Site
from netmend.program.reading.drafts import Draft
from netmend.program.reading.keras_names import DROPOUTS, LAYERS, layer_class, model_class
from netmend.program.reading.keras_rewrite import SHAPES, layer_form, write_layer
from netmend.program.reading.keras_spelling import sibling
from netmend.program.reading.keras_structure import Structure
from netmend.program.reading.keras_values import in_layer
from netmend.program.reading.spelling import number

NONE = "none"
NORMALISATIONS = {"batch_normalization": "BatchNormalization", "layer_normalization": "LayerNormalization"}
_CLASSES = {name: value for value, name in NORMALISATIONS.items()}
# They give back one row per sequence unless told otherwise, so that a copy of them has nothing to go through.
_SEQUENCES = ("LSTM", "GRU", "SimpleRNN")


def insertion_drafts(bindings: Bindings, structure: Structure) -> Iterator[Draft]:
    """The normalisation, dropout and repeats of every hidden layer with weights."""
    for calls in structure.models:
        copies: set[ast.AST] = set()
        for index, call in enumerate(calls):
            position = structure.position(call)
            name = layer_class(call.name)
            if name not in LAYERS or name == "Embedding" or position.role == "output" or not insertable(bindings, call):
                continue
            owner = name if position.number is None else f"{name} {position.number + 1}"
            found = [*_normalisation(bindings, structure, call, owner), *_dropout(bindings, structure, call, owner)]
            if call.node not in copies:
                run = _run(bindings, calls[index:])
                copies |= {each.node for each in run}
                found += _repeats(bindings, run, name, owner)
            for draft in found:
                yield in_layer(draft, position)


def insertable(bindings: Bindings, call: Call) -> bool:
    """Whether a layer can be put behind another one."""
    return bool(_form(bindings, call)) and not bindings.in_loop(call)


def behind(bindings: Bindings, call: Call, *layers: str) -> tuple[Edit, ...]:
    """The edits that put layers behind another one, in the order given.

    Args:
        bindings: of the program.
        call: the layer; `insertable`.
        layers: source text of the calls that make them.
    """
    scopes, file = bindings.scopes(call.file), call.file
    statement = scopes.statement(call.node)
    match _form(bindings, call):
        case "item":
            display = scopes.parent(call.node)
            assert isinstance(display, (ast.List, ast.Tuple))
            closing = file.span(display)[1] - 1
            # One edit for each, as one text could not be laid out line by line.
            added = [
                spans.add_item(file, display.elts, display.elts.index(call.node), closing, each) for each in layers
            ]
            return _joined(added)
        case "add":
            assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
            start, end = file.span(statement.value.func)
            return _joined(
                [(spans.add_statement(file, statement, f"{file.text[start:end]}({each})"),) for each in layers]
            )
        case "applied":
            assert isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
            name = statement.targets[0].id
            return _joined([(spans.add_statement(file, statement, f"{name} = {each}({name})"),) for each in layers])
    raise Unchangeable("nothing can be put behind this layer safely", where=str(call.site.place))


def before(bindings: Bindings, call: Call, layer: str) -> tuple[Edit, ...]:
    """The edits that put a layer before another one.

    Raises:
        Unchangeable: it cannot be done safely.
    """
    scopes, file = bindings.scopes(call.file), call.file
    parent, form = scopes.parent(call.node), _form(bindings, call)
    if isinstance(parent, ast.Call) and parent.func is call.node and len(parent.args) == 1 and not parent.keywords:
        start, end = file.span(parent.args[0])
        return (Edit(file.name, start, start, f"{layer}("), Edit(file.name, end, end, ")"))
    if form == "item":
        assert isinstance(parent, (ast.List, ast.Tuple))
        index, (opening, closing) = parent.elts.index(call.node), file.span(parent)
        if index:
            return spans.add_item(file, parent.elts, index - 1, closing - 1, layer)
        return (spans.add_item_before(file, parent.elts, opening + 1, layer),)
    if form == "add":
        statement = scopes.statement(call.node)
        assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
        start, end = file.span(statement.value.func)
        return (spans.add_statement_before(file, statement, f"{file.text[start:end]}({layer})"),)
    raise Unchangeable("nothing can be put before this layer safely", where=str(call.site.place))


def _form(bindings: Bindings, call: Call) -> str:
    """How a layer is written: "item", "add" or "applied"; "" for any other way."""
    scopes = bindings.scopes(call.file)
    parent = scopes.parent(call.node)
    if isinstance(parent, (ast.List, ast.Tuple)):
        above = scopes.parent(parent)
        above = scopes.parent(above) if isinstance(above, ast.keyword) else above
        outer = bindings.call(Site(call.file, above)) if isinstance(above, ast.Call) else None
        return "item" if outer is not None and model_class(outer.name) == "Sequential" else ""
    match scopes.statement(call.node):
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr="add"), args=[only])) if only is call.node:
            return "add"
        case ast.Assign(targets=[ast.Name()], value=ast.Call(func=function)) if function is call.node:
            return "applied"
    return ""


def _joined(added: list[tuple[Edit, ...]]) -> tuple[Edit, ...]:
    """Insertions at the same offsets as one edit each, so that they keep their order."""
    texts: dict[tuple[str, int, int], str] = {}
    for edit in (each for edits in added for each in edits):
        where = (edit.file, edit.start, edit.end)
        texts[where] = texts.get(where, "") + edit.text
    return tuple(Edit(*where, text) for where, text in texts.items())


# Normalisation


def _normalisation(bindings: Bindings, structure: Structure, call: Call, owner: str) -> Iterator[Draft]:
    for each in structure.until_weights(call):
        name = layer_class(each.name)
        if name in _CLASSES or "Normalization" in name:
            write = partial(_write_normalisation, bindings, each)
            yield Draft("normalisation", each.site, each.site, _CLASSES.get(name), owner, write, form="layer")
            return
    write = partial(_add_normalisation, bindings, call)
    yield Draft("normalisation", call.site, call.site, NONE, owner, write, call.site.span[1])


def _add_normalisation(bindings: Bindings, call: Call, at: Site, value: Value) -> tuple[Edit, ...]:
    text, imports = _normalisation_text(bindings, call, value)
    return (*behind(bindings, call, text), *imports)


def _write_normalisation(bindings: Bindings, call: Call, at: Site, value: Value) -> tuple[Edit, ...]:
    if value == NONE:
        return write_layer(bindings, call, layer_form(bindings, call), at, None)
    text, imports = _normalisation_text(bindings, call, value)
    return (spans.replace(call.site, text), *imports)


def _normalisation_text(bindings: Bindings, call: Call, value: Value) -> tuple[str, tuple[Edit, ...]]:
    chosen = NORMALISATIONS.get(str(value))
    if chosen is None:
        raise Unchangeable(f"Keras has no normalisation {value!r}", where=str(call.site.place))
    function, imports = sibling(bindings, Site(call.file, call.node.func), f"keras.layers.{chosen}")
    return f"{function}()", imports


# Dropout


def _dropout(bindings: Bindings, structure: Structure, call: Call, owner: str) -> Iterator[Draft]:
    """An absent dropout, where none follows; one that is written is found with its layer."""
    names = {layer_class(each.name) for each in structure.until_weights(call)}
    if not names & DROPOUTS:
        write = partial(_add_dropout, bindings, call)
        yield Draft("dropout-rate", call.site, call.site, 0.0, owner, write, call.site.span[1])


def _add_dropout(bindings: Bindings, call: Call, at: Site, value: Value) -> tuple[Edit, ...]:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < 1:
        raise Unchangeable(f"{value!r} is no share of inputs to drop", where=str(at.place))
    function, imports = sibling(bindings, Site(call.file, call.node.func), "keras.layers.Dropout")
    return (*behind(bindings, call, f"{function}({number(value)})"), *imports)


# Repeats


def _run(bindings: Bindings, calls: tuple[Call, ...]) -> list[Call]:
    """The first layer and the copies of it that follow directly."""
    text = _copy(calls[0])
    run = [calls[0]]
    for call in calls[1:]:
        if _copy(call) != text or not insertable(bindings, call):
            break
        run.append(call)
    return run


def _repeats(bindings: Bindings, run: list[Call], name: str, owner: str) -> Iterator[Draft]:
    returns = bindings.argument(run[0], "return_sequences")
    sequence = returns is not None and bindings.resolve(returns).value is True
    if name not in _SEQUENCES or sequence:
        write = partial(_write_repeats, bindings, run)
        form = "fixed" if "#" in _copy(run[0]) else ""  # a copy of a comment would be none of its own
        yield Draft("layer-repeats", run[0].site, run[0].site, len(run), owner, write, form=form)


def _write_repeats(bindings: Bindings, run: list[Call], at: Site, value: Value) -> tuple[Edit, ...]:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise Unchangeable(f"{value!r} is no number of times", where=str(at.place))
    if value > len(run):
        return behind(bindings, run[-1], *[_copy(run[0])] * (value - len(run)))
    doomed = run[value:]
    return tuple(
        edit for call in doomed for edit in write_layer(bindings, call, layer_form(bindings, call), call.site, None)
    )


def _copy(call: Call) -> str:
    """The text of a layer without its name, which must be its own, and without the shape of the model's input."""
    file = call.file
    kept = [each for each in call.node.keywords if each.arg not in ("name", *SHAPES)]
    if len(kept) == len(call.node.keywords):
        return call.site.text
    start, end = file.span(call.node.func)
    given: list[ast.expr | ast.keyword] = [*call.node.args, *kept]
    arguments = sorted(map(file.span, given))
    return f"{file.text[start:end]}({', '.join(file.text[first:last] for first, last in arguments)})"
