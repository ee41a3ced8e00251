"""The shape of a form of data: a path in, points out; and the checks that every form shares."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from netmend.core.discover import contributions
from netmend.core.errors import UsageError
from netmend.network.graph import Graph, Signature
from netmend.repairs.weights.requirements._base import Array
from netmend.repairs.weights.specification import Inputs, arrays, count

NAMED = 5
"""How many points an error names."""


@dataclass(frozen=True, slots=True)
class Images:
    """How pictures become inputs.

    Attributes:
        mean, std: per channel, of pixels in [0, 1]; one number for all channels, or one each. size: width and height;
            None takes them from the network.
    """

    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    size: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PointSet:
    """Points as a file holds them, before anything is required of them.

    Attributes:
        inputs: (N, ...), by name where the network takes more than one.
        labels: (N,) classes. low, high: intervals of the outputs, (N, C). conditions: (a, b, clause) of linear ones.
        clean: what the inputs were before they were corrupted. polytopes: which points are the vertices of one region.
        classes: names of the classes in the order of their labels, where they have names and no numbers.
        source: for a person.
    """

    inputs: Inputs
    labels: Array | None = None
    low: Array | None = None
    high: Array | None = None
    conditions: tuple[Array, Array, Array] | None = None
    clean: Inputs | None = None
    polytopes: tuple[range, ...] | None = None
    classes: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """One form.

    Attributes:
        suffixes: endings of file names; "/" for a folder.
        read: the path, the network's inputs, how pictures become inputs.
    """

    suffixes: tuple[str, ...]
    read: Callable[[Path, tuple[Signature, ...], Images], PointSet]


def read_points(path: Path, graph: Graph, images: Images | None = None) -> PointSet:
    """Points from a file or a folder, checked against the network's inputs.

    Raises:
        UsageError: no such form, a broken file, no points, or inputs that do not fit the network.
    """
    found = _form(path).read(path, graph.inputs, images or Images())
    inputs = checked_inputs(found.inputs, graph, str(path))
    clean = None if found.clean is None else checked_inputs(found.clean, graph, f"{path}, clean")
    if clean is not None and len(next(iter(arrays(clean).values()))) != len(next(iter(arrays(inputs).values()))):
        raise UsageError("there must be one clean counterpart for each point", where=str(path))
    _refuse_regions(found.polytopes or (), count(inputs), str(path))
    return replace(found, inputs=inputs, clean=clean, source=str(path))


def example_of(path: Path, images: Images) -> Inputs | None:
    """Two inputs of a file, for networks that do not say what they take; None where the file does not say it either."""
    shape = (None, 3, images.size, images.size) if path.is_dir() else (None, None)
    try:
        found = arrays(_form(path).read(path, (Signature("", shape, "float32"),), images).inputs)
    except UsageError:
        return None  # what is wrong with it is said when it is read for the network
    few = {
        name: value[:2].astype(np.float32 if value.dtype.kind == "f" else value.dtype) for name, value in found.items()
    }
    return few[""] if list(few) == [""] else few


def _form(path: Path) -> Form:
    forms = {name: found.value for name, found in contributions("netmend.repairs.weights.reading", Form).items()}
    ending = "/" if path.is_dir() else path.suffix.lower()
    form: Form | None = next((each for each in forms.values() if ending in each.suffixes), None)
    if not path.exists():
        raise UsageError("there is no such file", where=str(path), hint="check the path")
    if form is None:
        known = ", ".join(
            suffix.replace("/", "a folder of pictures") for each in forms.values() for suffix in each.suffixes
        )
        raise UsageError("this is no known form of points", where=str(path), hint=f"known are {known}")
    return form


def checked_inputs(inputs: Inputs, graph: Graph, where: str) -> Inputs:
    """Inputs in the types that the network takes.

    Raises:
        UsageError: names, numbers, shapes or types do not fit; a number is not finite.
    """
    wanted = {each.name: each for each in graph.inputs}
    given = arrays(inputs)
    if list(given) == [""]:
        given = {graph.inputs[0].name: given[""]}
    if given.keys() != wanted.keys():
        hint = "name the arrays inputs.NAME in the file"
        raise UsageError(
            f"the network takes {', '.join(wanted)}, and {', '.join(given)} is given", where=where, hint=hint
        )
    found = {name: _checked(value, wanted[name], where) for name, value in given.items()}
    if len({len(value) for value in found.values()}) > 1:
        raise UsageError("the inputs have different numbers of points", where=where)
    _refuse_unknown_rows(found, graph, where)
    return next(iter(found.values())) if len(found) == 1 else found


def _checked(value: Array, wanted: Signature, where: str) -> Array:
    value = np.asarray(value)
    shape, dtype = wanted.shape[1:], np.dtype(wanted.dtype)
    told = "(N" + "".join(f", {'any' if size is None else size}" for size in shape) + ")"
    if value.dtype.kind not in "fiub":
        raise UsageError(f"the inputs are {value.dtype}, not numbers", where=where, hint=f"give them as {dtype}")
    if value.ndim > 0 and len(value) == 0:
        raise UsageError("there are no points", where=where, hint="give at least one")
    fits = value.ndim == len(shape) + 1 and all(
        size in (None, length) for size, length in zip(shape, value.shape[1:], strict=True)
    )
    if not fits:
        same = (
            value.ndim > 1
            and None not in shape
            and math.prod(value.shape[1:]) == math.prod(size or 1 for size in shape)
        )
        hint = f"reshape them to {told}" if same else "one input along the first axis for each point"
        raise UsageError(f"the inputs have the shape {value.shape}; the network takes {told}", where=where, hint=hint)
    if dtype.kind == "f" and value.dtype.kind != "f":
        hint = "convert them to float32, scaled as in training: x.astype('float32') / 255 for pixels, perhaps"
        raise UsageError(f"the inputs are {value.dtype}, and the network takes {dtype}", where=where, hint=hint)
    if dtype.kind != "f" and value.dtype.kind == "f":
        raise UsageError(f"the inputs are {value.dtype}, and the network takes {dtype}", where=where)
    if value.dtype.kind == "f":
        bad = np.flatnonzero(~np.isfinite(value.reshape(len(value), -1)).all(axis=1))
        if len(bad):
            named = ", ".join(str(at) for at in bad[:NAMED]) + (" and more" if len(bad) > NAMED else "")
            what = f"numbers are NaN or infinite at {'point' if len(bad) == 1 else f'{len(bad)} points:'} {named}"
            raise UsageError(what, where=where, hint="remove them")
    return value.astype(dtype, copy=False)


def _refuse_regions(regions: Sequence[range], points: int, where: str) -> None:
    """See that regions are of points that are there, and of different ones.

    Raises:
        UsageError: they are not; the region is named, counted from 0.
    """
    owner: dict[int, int] = {}
    for number, region in enumerate(regions):
        told = f"region {number} is from point {region.start} to before point {region.stop}"
        if not len(region) or region.start < 0 or region.stop > points:
            hint = "polytopes has a row for each region: its first point, and one past its last"
            raise UsageError(f"{told}, and there are {points} points", where=where, hint=hint)
        taken = next((owner[at] for at in region if at in owner), None)
        if taken is not None:
            hint = "give the vertex once for each region"
            raise UsageError(f"{told}, and shares some with region {taken}", where=where, hint=hint)
        owner.update(dict.fromkeys(region, number))


def _refuse_unknown_rows(found: Mapping[str, Array], graph: Graph, where: str) -> None:
    """See that inputs that are looked up in a table, as words are, have a row there.

    Raises:
        UsageError: some have none; the points are named.
    """
    inputs = {name: name for name in found}  # tensors that hold an input as it was given
    for node in graph.nodes:
        if node.op in ("Identity", "Cast") and node.inputs[0] in inputs:
            inputs[node.outputs[0]] = inputs[node.inputs[0]]
        if node.op != "Gather" or node.inputs[0] not in graph.constants or node.inputs[1] not in inputs:
            continue
        value = found[inputs[node.inputs[1]]]
        rows = graph.constants[node.inputs[0]].shape[int(node.attributes.get("axis", 0))]
        bad = np.flatnonzero(((value < -rows) | (value >= rows)).reshape(len(value), -1).any(axis=1))
        if len(bad) and value.dtype.kind != "f":
            named = ", ".join(str(at) for at in bad[:NAMED]) + (" and more" if len(bad) > NAMED else "")
            what = f"numbers from {value[bad].min()} to {value[bad].max()} at point {named}, and the network knows 0 to"
            raise UsageError(f"{what} {rows - 1}", where=where, hint="give the numbers of words that it was trained on")


def pick(found: Mapping[str, Array], *names: str) -> Array | None:
    """The first of several names that is there."""
    return next((found[name] for name in names if name in found), None)
