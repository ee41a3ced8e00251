"""Elements of Keras's `fit` beside its length: class weights, shuffling and a validation split."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Bindings, Call, Site
from netmend.program.reading.drafts import Draft
from netmend.program.reading.keras_structure import Structure
from netmend.program.reading.keras_training import fit_calls
from netmend.program.reading.keras_values import absent_draft, number_draft, replacing
from netmend.program.reading.spelling import written

NONE = "none"
_ONE_HOT = "(one_hot)"


def fit_drafts(bindings: Bindings, structure: Structure) -> Iterator[Draft]:
    """Class weights, shuffling and validation split of every `fit` that is given arrays."""
    evaluated = bool(fit_calls(bindings, structure, "evaluate", "predict", "test_on_batch"))
    for call in fit_calls(bindings, structure):
        labels = bindings.argument(call, "y", 1)
        if call.method != "fit" or labels is None:
            continue
        yield from _class_weight(bindings, call, labels)
        yield from _shuffling(bindings, call)
        validated = bindings.argument(call, "validation_data", 6) is not None
        share = bindings.argument(call, "validation_split", 5)
        if share is not None or not (validated or evaluated):
            found = number_draft(bindings, call, "validation-split", "validation_split", 5, "fit", 0.0, False)
            if found is not None:
                yield found


def _class_weight(bindings: Bindings, call: Call, labels: Site) -> Iterator[Draft]:
    spell = partial(_spelled_weights, bindings, labels)
    form = "" if isinstance(labels.node, (ast.Name, ast.Attribute)) else "unnamed"
    use = bindings.argument(call, "class_weight", 8)
    if use is None:
        draft = absent_draft(bindings, call, "class-weight", "class_weight", NONE, "fit", spell)
        if draft is not None:
            yield replace(draft, form=form)
        return
    resolved = bindings.resolve(use)
    value = NONE if resolved.known and resolved.value is None else _read_weights(bindings.follow(use))
    yield Draft("class-weight", use, use, value, "fit", replacing(spell), form=form)


def _read_weights(site: Site) -> str | None:
    """ "balanced" where each label's weight is the number of rows over its own count, as `_spelled_weights` writes."""
    match site.node:
        case ast.DictComp(value=ast.BinOp(op=ast.Div(), right=ast.BinOp(op=ast.Mult()))) as made:
            return f"balanced{_ONE_HOT}" if re.search(r"\.argmax\(axis=1\)", ast.unparse(made)) else "balanced"
    return None


def _spelled_weights(bindings: Bindings, labels: Site, at: Site, value: Value) -> tuple[str, tuple[Edit, ...]]:
    """The weights of class k are rows / (classes x rows of k), so that they average to 1."""
    if value == NONE:
        return "None", ()
    if value not in ("balanced", f"balanced{_ONE_HOT}"):
        raise Unchangeable(f"no class weights are called {value!r}", where=str(at.place))
    if not isinstance(labels.node, (ast.Name, ast.Attribute)):
        raise Unchangeable("the labels have no name", where=str(labels.place))
    imported = written(bindings, at, "numpy")
    if not imported and bindings.scopes(at.file).bindings("np", at.node):
        raise Unchangeable("NumPy is not imported, and the name np is taken", where=str(at.place))
    numpy = imported or "np"
    imports = () if imported else (spans.add_import(at.file, "import numpy as np", at.span[0]),)
    classes = f"{labels.text}.argmax(axis=1)" if value != "balanced" else labels.text
    counts = f"{numpy}.unique({classes}, return_counts=True)"
    share = f"len({labels.text}) / (len({numpy}.unique({classes})) * rows)"
    return f"{{label: {share} for label, rows in zip(*{counts})}}", imports


def _shuffling(bindings: Bindings, call: Call) -> Iterator[Draft]:
    use = bindings.argument(call, "shuffle", 7)
    if use is None:
        draft = absent_draft(bindings, call, "shuffling", "shuffle", True, "fit", _spelled_flag)
        if draft is not None:
            yield draft
        return
    resolved = bindings.resolve(use)
    value = resolved.value if isinstance(resolved.value, bool) else True if resolved.value == "batch" else None
    yield Draft("shuffling", use, resolved.site, value, "fit", replacing(_spelled_flag))


def _spelled_flag(at: Site, value: Value) -> tuple[str, tuple[Edit, ...]]:
    if not isinstance(value, bool):
        raise Unchangeable(f"{value!r} is neither True nor False", where=str(at.place))
    return str(value), ()
