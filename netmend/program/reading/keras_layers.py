"""Elements of the layers of a Keras program: layer, activation, initialiser, regulariser, units and dropout rate."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.places import Edit
from netmend.program.reading import keras_names, spans
from netmend.program.reading.bindings import Bindings, Call, Site
from netmend.program.reading.drafts import Draft
from netmend.program.reading.keras_names import ACTIVATION_LAYERS, DROPOUTS, LAYERS, Layer, Slot, layer_class
from netmend.program.reading.keras_penalties import regulariser, spelled_regulariser
from netmend.program.reading.keras_rewrite import layer_form, write_layer
from netmend.program.reading.keras_spelling import sibling, spelled
from netmend.program.reading.keras_structure import Structure
from netmend.program.reading.keras_values import Meaning, Spell, absent_draft, in_layer, number_draft, quoted, replacing


def layer_drafts(bindings: Bindings, structure: Structure) -> Iterator[Draft]:
    """The elements of every layer, in the order of the text."""
    for call, name in structure.layers.values():
        position = structure.position(call)
        owner = name if position.number is None else f"{name} {position.number + 1}"
        for draft in _drafts(bindings, structure, call, name, owner):
            yield in_layer(draft, position.number, position.role)


def _drafts(bindings: Bindings, structure: Structure, call: Call, name: str, owner: str) -> Iterator[Draft]:
    form = "" if structure.wrapper(call) else layer_form(bindings, call)
    yield Draft("layer", call.site, call.site, name, owner, partial(write_layer, bindings, call, form), form=form)
    if not layer_class(call.name):
        return
    if name == "Activation" or name in ACTIVATION_LAYERS:
        yield _activation_layer(bindings, call, name, owner)
    if name in DROPOUTS:
        yield from _one(number_draft(bindings, call, "dropout-rate", "rate", 0, owner, None, False))
    elif bindings.argument(call, "dropout") is not None:
        yield from _one(number_draft(bindings, call, "dropout-rate", "dropout", None, owner, None, False))
    kind = LAYERS.get(name)
    if kind is None:
        return
    if kind.width is not None:
        yield from _one(number_draft(bindings, call, "units", *kind.width, owner, None, True))
    yield from _named(bindings, call, kind, owner)


def _named(bindings: Bindings, call: Call, kind: Layer, owner: str) -> Iterator[Draft]:
    """Activation, initialiser and regulariser of a layer with weights."""
    if kind.activation is not None:
        yield from _one(_activation(bindings, call, kind.activation, kind.activates, owner))
    if kind.initialiser is not None:
        yield from _one(_initialiser(bindings, call, kind.initialiser, kind.initial, owner))
    if kind.regulariser is not None:
        yield from _one(_regulariser(bindings, call, kind.regulariser, owner))


def _activation(bindings: Bindings, call: Call, slot: Slot, default: str, owner: str) -> Draft | None:
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


def _activation_layer(bindings: Bindings, call: Call, name: str, owner: str) -> Draft:
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


def _initialiser(bindings: Bindings, call: Call, slot: Slot, default: str, owner: str) -> Draft | None:
    spell: Spell = partial(_spelled_initialiser, bindings)
    use = bindings.argument(call, *slot)
    if use is None:
        return absent_draft(bindings, call, "initialiser", slot[0], default, owner, spell)
    meaning = Meaning(bindings, use)
    value = _initialiser_value(bindings, meaning, default)
    return Draft("initialiser", use, meaning.target, value, owner, replacing(spell), form=meaning.form)


def _initialiser_value(bindings: Bindings, meaning: Meaning, default: str) -> str | None:
    if meaning.known:
        if meaning.literal is None:
            return default
        return keras_names.initialiser(meaning.literal) if isinstance(meaning.literal, str) else None
    name = keras_names.initialiser(meaning.name)
    if name == "constant":
        given = bindings.argument(meaning.call, "value", 0) if meaning.call is not None else None
        value = 0.0 if given is None else bindings.resolve(given).value
        return f"constant({value:g})" if isinstance(value, (int, float)) else None
    return name


def _spelled_initialiser(bindings: Bindings, at: Site, value: Value) -> tuple[str, tuple[Edit, ...]]:
    name, mark, rest = str(value).partition("(")
    if keras_names.initialiser(name) != name:
        raise Unchangeable(f"Keras has no initialiser {value!r}", where=str(at.place))
    if not mark:
        return quoted(at, name)
    if name != "constant":
        raise Unchangeable(f"{name} takes no number here", where=str(at.place))
    function, imports = spelled(bindings, at, "keras.initializers.Constant")
    return f"{function}({rest}", imports


def _regulariser(bindings: Bindings, call: Call, slot: Slot, owner: str) -> Draft | None:
    spell: Spell = partial(spelled_regulariser, bindings)
    use = bindings.argument(call, *slot)
    if use is None:
        return absent_draft(bindings, call, "regulariser", slot[0], "none", owner, spell)
    meaning = Meaning(bindings, use)
    return Draft(
        "regulariser", use, meaning.target, regulariser(bindings, meaning), owner, replacing(spell), form=meaning.form
    )


def _one(draft: Draft | None) -> Iterator[Draft]:
    if draft is not None:
        yield draft
