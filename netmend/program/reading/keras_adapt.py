"""Normalisation layers of Keras that nobody adapts to the data: they leave it as it is."""

from __future__ import annotations

import ast

from netmend.program.elements.input_scaling import ADAPTED, NOT_ADAPTED
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Bindings, Call
from netmend.program.reading.keras_names import layer_class
from netmend.program.reading.pretrained import loads_weights


def normalisation(bindings: Bindings, layer: Call) -> str | None:
    """What a normalisation layer does to its inputs; None for other layers.

    It is taken for adapted where anything of the program is, or where weights are loaded, its mean among them.
    """
    if layer_class(layer.name) != "Normalization":
        return None
    given = any(bindings.argument(layer, name, index) is not None for index, name in ((1, "mean"), (2, "variance")))
    adapts = any(call.method == "adapt" for call in bindings.calls)
    return ADAPTED if given or adapts or loads_weights(bindings) else NOT_ADAPTED


def adapting(bindings: Bindings, layer: Call, fit: Call) -> tuple[Edit, ...]:
    """The edits that adapt a layer to the rows of a `fit` before it; none where either has no name there."""
    given = bindings.argument(fit, "x", 0)
    scopes = bindings.scopes(fit.file)
    match bindings.scopes(layer.file).statement(layer.node):
        case ast.Assign(targets=[ast.Name(id=name)], value=value) as made if value is layer.node:
            named = {each.node for each in scopes.bindings(name, fit.node)} == {made}
            if named and given is not None and isinstance(given.node, ast.Name):
                statement = scopes.statement(fit.node)
                return (spans.add_statement_before(fit.file, statement, f"{name}.adapt({given.text})"),)
    return ()
