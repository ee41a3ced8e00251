"""What a Keras program does to its inputs and labels: by statements, or by a first layer."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import partial

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements.input_scaling import ADAPTED, NOT_ADAPTED
from netmend.program.places import Edit
from netmend.program.reading.arrays import NONE, Arrays, Use
from netmend.program.reading.bindings import Bindings, Call, Site
from netmend.program.reading.drafts import Draft, Write
from netmend.program.reading.keras_adapt import adapting, normalisation
from netmend.program.reading.keras_insert import before
from netmend.program.reading.keras_names import LAYERS, layer_class
from netmend.program.reading.keras_spelling import sibling
from netmend.program.reading.keras_structure import Structure
from netmend.program.reading.keras_training import fit_calls
from netmend.program.reading.spelling import number

_EVALUATIONS = ("evaluate", "predict", "predict_on_batch", "test_on_batch")


def data_drafts(bindings: Bindings, structure: Structure) -> Iterator[Draft]:
    """How the inputs of `fit` are scaled, and what is done to its labels."""
    fits = [call for call in fit_calls(bindings, structure) if call.method == "fit"]
    inputs, labels = (
        [site for call in fits if (site := bindings.argument(call, name, index)) is not None]
        for index, name in enumerate("xy")
    )
    if not inputs or not labels:
        return
    first = _first_layer(structure)
    if first is None or layer_class(first.name) != "Embedding":
        uses = [part for use in _uses(bindings, structure, 0) for part in _parts(bindings, use)]
        # Before which layer the scale of one of several inputs could be changed is not looked at.
        single = len({use.part for use in uses}) == 1
        yield _inputs(bindings, Arrays(bindings, uses), fits[0], inputs[0], first if single else None)
    yield _labels(Arrays(bindings, list(_uses(bindings, structure, 1))), labels[0])


def _uses(bindings: Bindings, structure: Structure, index: int) -> Iterator[Use]:
    """Every expression a model is given as inputs (`index` 0) or labels (1)."""
    name = ("x", "y")[index]
    for call in fit_calls(bindings, structure, "fit", *_EVALUATIONS):
        given = bindings.argument(call, name, index) if index == 0 or not call.method.startswith("predict") else None
        if given is not None:
            yield Use(given, call.method == "fit")
        validation = bindings.argument(call, "validation_data", 6) if call.method == "fit" else None
        pair = None if validation is None else bindings.follow(validation)
        if pair is not None and isinstance(pair.node, (ast.Tuple, ast.List)) and len(pair.node.elts) > index:
            yield Use(Site(pair.file, pair.node.elts[index]), False)
        elif validation is not None:
            yield Use(validation, False)


def _parts(bindings: Bindings, use: Use) -> Iterator[Use]:
    """Each of several inputs, in a list, a tuple or a dict; the use itself if it is one input."""
    whole = bindings.follow(use.site, into_calls=False)
    parts: dict[int | str, ast.expr] = {}
    match whole.node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements):
            parts = dict(enumerate(elements))
        case ast.Dict(keys=keys, values=elements):
            parts = {ast.unparse(key): value for key, value in zip(keys, elements, strict=True) if key is not None}
    # Rows that are written out are one input.
    if not parts or any(isinstance(each, (ast.Constant, ast.List, ast.Tuple, ast.UnaryOp)) for each in parts.values()):
        yield use
        return
    for part, element in parts.items():
        yield Use(Site(whole.file, element), use.training, part)


def _first_layer(structure: Structure) -> Call | None:
    """The first layer of the first model that does more than give its input another shape."""
    for calls in structure.models:
        for call in calls:
            if layer_class(call.name) not in ("Flatten", "Reshape"):
                return call
    return None


# Inputs


def _inputs(bindings: Bindings, arrays: Arrays, fit: Call, use: Site, first: Call | None) -> Draft:
    write = partial(_write_inputs, bindings, arrays, first)
    value, site = arrays.preparation() if arrays.complete else (NONE, None)
    layer = _scaling_layer(bindings, first) if first is not None else None
    if value == NONE and first is not None and layer is not None:
        edits = adapting(bindings, first, fit) if layer == NOT_ADAPTED else ()
        form = "named layer" if edits else "layer"
        adapt = partial(_write_adapted, edits)
        return Draft("input-scaling", first.site, first.site, layer, "fit", adapt if edits else write, form=form)
    form = {
        (True, True): "named",
        (True, False): "arrays",
        (False, True): "layers",
        (False, False): "nowhere",
    }[arrays.changeable, first is not None and _can_stand_before(bindings, first)]
    return _draft("input-scaling", arrays, use, value, site, write, form)


def _draft(
    kind: str, arrays: Arrays, use: Site, value: str | None, site: Site | None, write: Write, form: str
) -> Draft:
    if value != NONE:
        return Draft(kind, use, site or use, value, "fit", write, form=form)
    file, offset = arrays.place(use)
    at = use if file is use.file else arrays.variables[0].use
    return Draft(kind, at, at, NONE, "fit", write, offset, form=form)


def _can_stand_before(bindings: Bindings, first: Call) -> bool:
    """Whether a layer can be put before the first one, which must have weights for that to be worth it."""
    try:
        before(bindings, first, "")
    except Unchangeable:
        return False
    return layer_class(first.name) in LAYERS


def _scaling_layer(bindings: Bindings, call: Call) -> str | None:
    """What a first layer does to the scale; None if nothing."""
    name = layer_class(call.name)
    if name == "Rescaling":
        scale = bindings.argument(call, "scale", 0)
        factor = None if scale is None else bindings.resolve(scale).value
        return f"rescaling({1 / factor:g})" if isinstance(factor, float) and factor else "rescaling"
    return "batch_normalization" if name == "BatchNormalization" else normalisation(bindings, call)


def _write_adapted(edits: tuple[Edit, ...], at: Site, value: Value) -> tuple[Edit, ...]:
    if value != ADAPTED:
        raise Unchangeable(f"the normalisation layer can only be adapted, not {value}", where=str(at.place))
    return edits


def _write_inputs(bindings: Bindings, arrays: Arrays, first: Call | None, at: Site, value: Value) -> tuple[Edit, ...]:
    scale = re.fullmatch(r"rescaling\(([\d.e+-]+)\)", str(value))
    if scale is None and value != "batch_normalization":
        return arrays.prepared(str(value))
    if first is None or layer_class(first.name) not in LAYERS:
        raise Unchangeable("no layer can be put before the first one", where=str(at.place))
    chosen = "Rescaling" if scale else "BatchNormalization"
    function, imports = sibling(bindings, Site(first.file, first.node.func), f"keras.layers.{chosen}")
    argument = f"1 / {number(float(scale[1]))}" if scale else ""
    return (*before(bindings, first, f"{function}({argument})"), *imports)


# Labels


def _labels(arrays: Arrays, use: Site) -> Draft:
    value, site = arrays.preparation() if arrays.complete else (NONE, None)
    write = partial(_write_labels, arrays)
    return _draft("label-form", arrays, use, value, site, write, "named" if arrays.changeable else "")


def _write_labels(arrays: Arrays, at: Site, value: Value) -> tuple[Edit, ...]:
    return arrays.undivided() if value == NONE else arrays.prepared(str(value))
