"""The flattening before the first fully connected layer of a PyTorch model."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements.flattening import FLATTEN, NONE
from netmend.program.places import Edit
from netmend.program.reading.torch_insert import before
from netmend.program.reading.torch_model import Group, Leaf, nodes
from netmend.program.reading.torch_names import NN
from netmend.program.reading.torch_program import Model, Reading
from netmend.program.reading.torch_spelling import spelled

_JOINS = {"flatten", "Flatten", "view", "reshape", "squeeze", "mean", "amax", "max", "permute", "transpose", "einsum"}
"""What may bring the places of a picture together; a model whose code names any of them is left alone."""


def find_flattenings(reading: Reading) -> Iterator[Element]:
    """What follows a convolution first: a Flatten, or a Linear before which it is missing.

    Before a Linear that is the first layer it is an element only where the program crashes.
    """
    for model in reading.models:
        places = weighted = False
        for step in model.flow.steps if model.traced and not _joins(reading, model) else ():
            leaf = step.leaf
            kind = "" if leaf is None else leaf.kind
            if (
                leaf is not None
                and kind in ("Linear", "Flatten")
                and (places or not weighted)
                and not reading.bindings.in_loop(leaf.call)
            ):
                start, end = leaf.call.site.span
                end = end if kind == "Flatten" else start
                yield Element(
                    kind="flattening",
                    place=leaf.call.file.place(start),
                    start=start,
                    end=end,
                    text=leaf.call.file.text[start:end],
                    value=FLATTEN if kind == "Flatten" else NONE,
                    absent=start == end,
                    framework="torch",
                    owner=model.owner(leaf),
                    layer=model.numbers.get(leaf),
                    role=model.role(leaf),
                    extra=(("leaf", leaf),),
                    crashed_only=not places,
                )
                break
            places, weighted = places or kind.startswith("Conv"), weighted or step.weighted


def _joins(reading: Reading, model: Model) -> bool:
    """Whether a class that the model is made of names something that may join places."""
    classes = [each.where for each in nodes(model.root) if isinstance(each, Group) and each.where is not None]
    named = {node.attr for _, owner in classes for node in ast.walk(owner) if isinstance(node, ast.Attribute)}
    return bool(named & _JOINS)


def write_flattening(reading: Reading, element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that put a Flatten before the layer.

    Raises:
        Unchangeable: it cannot be done safely.
    """
    leaf: Leaf = dict(element.extra)["leaf"]
    if value != FLATTEN:
        raise Unchangeable(f"{value!r} is no flattening", where=str(element.place))
    text, imports = spelled(reading.bindings, leaf.call.site, f"{NN}.Flatten")
    return (*before(reading, leaf, f"{text}()"), *imports)
