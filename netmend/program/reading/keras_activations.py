"""Activations of a Keras program: arguments of layers, layers of their own, and functions of a layer's output."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.places import Edit
from netmend.program.reading import keras_names, spans
from netmend.program.reading.bindings import Bindings, Call, Site
from netmend.program.reading.drafts import Draft
from netmend.program.reading.keras_names import ACTIVATION_LAYERS, Slot, in_section
from netmend.program.reading.keras_spelling import sibling, spelled
from netmend.program.reading.keras_structure import Structure
from netmend.program.reading.keras_values import Meaning, absent_draft, quoted, replacing


def activation_draft(bindings: Bindings, call: Call, slot: Slot, default: str, owner: str) -> Draft | None:
    """The activation argument of a layer."""
    use = bindings.argument(call, *slot)
    if use is None:
        return absent_draft(bindings, call, "activation", slot[0], default, owner, _quoted_activation)
    meaning = Meaning(bindings, use)
    value = activation_value(bindings, meaning)
    return Draft("activation", use, meaning.target, value, owner, replacing(_quoted_activation), form=meaning.form)


def activation_value(bindings: Bindings, meaning: Meaning) -> str | None:
    """Canonical activation; None if it is unknown."""
    if meaning.known:
        if meaning.literal is None:
            return "linear"
        return keras_names.activation(meaning.literal) if isinstance(meaning.literal, str) else None
    if meaning.call is not None and meaning.name in ACTIVATION_LAYERS:
        limit = bindings.argument(meaning.call, "max_value", 0) if meaning.name == "ReLU" else None
        capped = limit is not None and bindings.resolve(limit).value == 6
        return "relu6" if capped else ACTIVATION_LAYERS[meaning.name]
    if meaning.call is not None and meaning.name == "get" and meaning.call.node.args:
        return activation_value(bindings, Meaning(bindings, Site(meaning.target.file, meaning.call.node.args[0])))
    return keras_names.activation(meaning.name) if meaning.call is None else None


def activation_layer_draft(bindings: Bindings, call: Call, name: str, owner: str) -> Draft:
    """`Activation("relu")` is changed in its argument, `ReLU()` becomes an `Activation`."""
    if name == "Activation":
        use = bindings.argument(call, "activation", 0)
        if use is not None:
            meaning = Meaning(bindings, use)
            value = activation_value(bindings, meaning)
            return Draft("activation", use, meaning.target, value, owner, replacing(_quoted_activation), form="layer")
    value = activation_value(bindings, Meaning(bindings, call.site))
    write = partial(_write_activation_layer, bindings, call)
    return Draft("activation", call.site, call.site, value, owner, write, form="layer")


def _write_activation_layer(bindings: Bindings, call: Call, at: Site, value: Value) -> tuple[Edit, ...]:
    classes = {"relu": "ReLU", "softmax": "Softmax", "prelu": "PReLU"}
    chosen = classes.get(str(value), "Activation")
    function, imports = sibling(bindings, Site(at.file, call.node.func), f"keras.layers.{chosen}")
    argument = _quoted_activation(at, value)[0] if chosen == "Activation" else ""
    return (*imports, spans.replace(at, f"{function}({argument})"))


def _quoted_activation(at: Site, value: Value) -> tuple[str, tuple[Edit, ...]]:
    if not isinstance(value, str) or keras_names.activation(value) is None:
        raise Unchangeable(f"Keras has no activation function {value!r}", where=str(at.place))
    return quoted(at, value)


def applied_activations(bindings: Bindings, structure: Structure) -> Iterator[tuple[Draft, Call | None]]:
    """Activation functions that are called, `tf.nn.relu(self.dense(x))`, each with the layer it is applied to."""
    for call in bindings.calls:
        name = keras_names.activation(in_section(call.name, "activations") or in_section(call.name, "ops"))
        if name is None or not call.node.args:
            continue
        function = Site(call.file, call.node.func)
        layer = _producer(bindings, structure, Site(call.file, call.node.args[0]))
        write = partial(_write_function, bindings)
        yield Draft("activation", function, function, name, call.short, write, form="functional"), layer


def _producer(bindings: Bindings, structure: Structure, value: Site) -> Call | None:
    """The layer whose output an expression is: in the expression itself, or in the statement before."""
    node: ast.expr | None = value.node
    if isinstance(node, ast.Name):
        scopes = bindings.scopes(value.file)
        statement = scopes.statement(node)
        around = scopes.parent(statement)
        blocks = [block for _, block in ast.iter_fields(around or statement) if _holds(block, statement)]
        match [block[: block.index(statement)][-1:] for block in blocks]:
            case [[ast.Assign(targets=[ast.Name(id=name)], value=made)]] if name == node.id:
                node = made
    if not isinstance(node, ast.Call):
        return None
    maker = bindings.follow(Site(value.file, node.func))
    return structure.layers[maker.node][0] if maker.node in structure.layers else None


def _holds(block: object, statement: ast.stmt) -> bool:
    return isinstance(block, list) and statement in block


def _write_function(bindings: Bindings, at: Site, value: Value) -> tuple[Edit, ...]:
    if not isinstance(value, str) or keras_names.activation(value) is None:
        raise Unchangeable(f"Keras has no activation function {value!r}", where=str(at.place))
    text, imports = spelled(bindings, at, f"keras.activations.{value}")
    return (*imports, spans.replace(at, text))
