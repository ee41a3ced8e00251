"""Initialisers of a Keras program as canonical values, "random_normal(0, 1)", and back."""

from __future__ import annotations

import re
from functools import partial

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.places import Edit
from netmend.program.reading import keras_names
from netmend.program.reading.bindings import Bindings, Call, Site
from netmend.program.reading.drafts import Draft
from netmend.program.reading.keras_names import Slot
from netmend.program.reading.keras_spelling import spelled
from netmend.program.reading.keras_values import Meaning, Spell, absent_draft, quoted, replacing
from netmend.program.reading.spelling import number

# Parameters that belong to the value, with Keras's defaults; a value that has the defaults is written without numbers.
_PARAMETERS = {
    "constant": (("value", 0.0),),
    "random_normal": (("mean", 0.0), ("stddev", 0.05)),
    "truncated_normal": (("mean", 0.0), ("stddev", 0.05)),
    "random_uniform": (("minval", -0.05), ("maxval", 0.05)),
}
_NUMBER = r"[-+]?\d+(?:\.\d*)?(?:e[-+]?\d+)?"
_CLASSES = {
    "constant": "Constant",
    "random_normal": "RandomNormal",
    "truncated_normal": "TruncatedNormal",
    "random_uniform": "RandomUniform",
}


def initialiser_draft(
    bindings: Bindings, call: Call, slot: Slot, default: str, owner: str, kind: str = "initialiser"
) -> Draft | None:
    """The initialiser of a layer's main weights, or of its biases (`kind` "bias-initialiser")."""
    spell: Spell = partial(_spelled, bindings)
    use = bindings.argument(call, *slot)
    if use is None:
        return absent_draft(bindings, call, kind, slot[0], default, owner, spell)
    meaning = Meaning(bindings, use)
    value = _value(bindings, meaning, default)
    return Draft(kind, use, meaning.target, value, owner, replacing(spell), form=meaning.form)


def _value(bindings: Bindings, meaning: Meaning, default: str) -> str | None:
    if meaning.known:
        if meaning.literal is None:
            return default
        return keras_names.initialiser(meaning.literal) if isinstance(meaning.literal, str) else None
    name = keras_names.initialiser(meaning.name)
    if name not in _PARAMETERS or meaning.call is None:
        return name
    numbers = []
    for index, (parameter, unwritten) in enumerate(_PARAMETERS[name]):
        given = bindings.argument(meaning.call, parameter, index)
        value = unwritten if given is None else bindings.resolve(given).value
        if not isinstance(value, (int, float)):
            return None
        numbers.append(float(value))
    if name != "constant" and tuple(numbers) == tuple(each for _, each in _PARAMETERS[name]):
        return name
    return f"{name}({', '.join(f'{value:g}' for value in numbers)})"


def _spelled(bindings: Bindings, at: Site, value: Value) -> tuple[str, tuple[Edit, ...]]:
    parts = re.fullmatch(rf"(\w+)(?:\(({_NUMBER}(?:, *{_NUMBER})*)\))?", str(value))
    name = keras_names.initialiser(parts[1]) if parts else None
    if parts is None or name is None or name != parts[1]:
        raise Unchangeable(f"Keras has no initialiser {value!r}", where=str(at.place))
    if not parts[2] and name != "constant":
        return quoted(at, name)
    parameters = _PARAMETERS.get(name, ())
    numbers = re.findall(_NUMBER, parts[2] or "")
    if len(numbers) != len(parameters):
        raise Unchangeable(f"{name} takes {len(parameters)} numbers here", where=str(at.place))
    function, imports = spelled(bindings, at, f"keras.initializers.{_CLASSES[name]}")
    arguments = [f"{each}={number(float(given))}" for (each, _), given in zip(parameters, numbers, strict=True)]
    return f"{function}({', '.join(arguments)})", imports
