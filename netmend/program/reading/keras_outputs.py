"""Which layers and losses of a Keras model with several outputs belong to which of them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from netmend.program.reading.bindings import Bindings, Call, Site
from netmend.program.reading.entries import entry
from netmend.program.reading.keras_names import model_class

# Longest chain of layers between an output and its weights that is followed (own choice).
_LONGEST = 8


def several_outputs(
    bindings: Bindings, layers: Mapping[ast.AST, tuple[Call, str]], weighted: Callable[[Call], bool]
) -> tuple[tuple[Call, ...], ...]:
    """For each output its layers, from the last one back to the last one with weights.

    Empty unless the program makes one model with a list of several outputs, and all their layers are found.

    Args:
        layers: every layer call of the program. weighted: whether a layer has weights.
    """
    found: list[tuple[tuple[Call, ...], ...]] = []
    for call in bindings.calls:
        given = bindings.argument(call, "outputs", 1) if model_class(call.name) in {"Model", "Functional"} else None
        end = None if given is None else bindings.follow(given)
        if end is not None and isinstance(end.node, (ast.List, ast.Tuple)) and len(end.node.elts) > 1:
            found.append(tuple(_chain(bindings, layers, weighted, Site(end.file, each)) for each in end.node.elts))
    if len(found) != 1 or not all(found[0]):
        return ()
    nodes = [call.node for chain in found[0] for call in chain]
    return found[0] if len(set(nodes)) == len(nodes) else ()


def _chain(
    bindings: Bindings, layers: Mapping[ast.AST, tuple[Call, str]], weighted: Callable[[Call], bool], output: Site
) -> tuple[Call, ...]:
    """The layers that make an output; empty if they cannot be told."""
    chain: list[Call] = []
    for _ in range(_LONGEST):
        applied = bindings.follow(output)
        if not isinstance(applied.node, ast.Call) or len(applied.node.args) != 1:
            break
        maker = bindings.follow(Site(applied.file, applied.node.func)).node
        if maker not in layers:
            break
        chain.append(layers[maker][0])
        if weighted(chain[-1]):
            return tuple(chain)
        output = Site(applied.file, applied.node.args[0])
    return ()


def losses_of_outputs(bindings: Bindings, given: Site, outputs: tuple[tuple[Call, ...], ...]) -> dict[ast.AST, int]:
    """For each entry of a list or dictionary of losses, the output it belongs to.

    Args:
        given: the `loss` of `compile`. outputs: as `several_outputs` gives them.
    """
    end = bindings.follow(given)
    if isinstance(end.node, (ast.List, ast.Tuple)) and len(end.node.elts) == len(outputs):
        return {each: number for number, each in enumerate(end.node.elts)}
    found: dict[ast.AST, int] = {}
    for number, chain in enumerate(outputs):
        # Keras calls an output by the layer that makes it.
        name = bindings.argument(chain[0], "name")
        called = None if name is None else bindings.resolve(name).value
        loss = entry(bindings, end, called) if isinstance(called, str) else None
        if loss is not None:
            found[loss.node] = number
    return found
