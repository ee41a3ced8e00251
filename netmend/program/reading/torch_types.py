"""The type of the tensors that a PyTorch program trains on."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.elements.tensor_type import PARTS, types, value_of
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.torch_origins import TYPES, Origins
from netmend.program.reading.torch_program import Reading
from netmend.program.reading.torch_spelling import spelled

_DTYPES = {"float": "torch.float32", "long": "torch.int64"}
_NAMED = {"float32": "float", "float": "float", "float64": "double", "double": "double", "int64": "long"} | {
    "long": "long",
    "FloatTensor": "float",
    "LongTensor": "long",
    "Tensor": "float",
}
"""Types by the last part of the name of a dtype, or of a class that makes tensors."""

_ATOMS = (ast.Name, ast.Attribute, ast.Subscript, ast.Call)


def find_tensor_types(reading: Reading) -> Iterator[Element]:
    """One element for the tensors that the model and its loss are given, where both can be seen."""
    steps = _loss_calls(reading)
    inputs = [Site(call.file, call.node.args[0]) for call in _alike(reading, _model_calls(reading, steps))]
    labels = [Site(call.file, call.node.args[1]) for call in _alike(reading, steps) if len(call.node.args) > 1]
    made = tuple(Origins(reading).of(uses) for uses in (inputs, labels))
    if not all(made):
        return
    site = made[0][0]
    start, end = site.span
    yield Element(
        kind="tensor-type",
        place=site.place,
        start=start,
        end=end,
        text=site.text,
        value=value_of(tuple(_common(reading, sites) for sites in made)),
        absent=False,
        framework="torch",
        owner="data",
        extra=(("made", made),),
        crashed_only=True,
    )


def write_tensor_type(reading: Reading, element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that give the tensors of inputs, of labels or of both another type, wherever they are made.

    Raises:
        Unchangeable: it is no such type.
    """
    made: tuple[tuple[Site, ...], ...] = dict(element.extra)["made"]
    edits: set[Edit] = set()
    for sites, old, new in zip(made, types(element.value), types(value), strict=True):
        if new != old and new not in _DTYPES:
            raise Unchangeable(f"{value!r} is no type for {' and '.join(PARTS)}", where=str(element.place))
        for site in sites if new != old else ():
            edits.update(_typed(reading, site, new))
    return tuple(sorted(edits))


def _typed(reading: Reading, site: Site, name: str) -> tuple[Edit, ...]:
    """The edits that give the tensor that an expression makes another type."""
    node, (start, end) = site.node, site.span
    dtype = _dtype(reading, site)
    if dtype is not None:
        text, imports = spelled(reading.bindings, site, _DTYPES[name])
        return (spans.replace(dtype, text), *imports)
    match node:
        case ast.Call(func=ast.Attribute(value=inner, attr=method), args=[]) if method in TYPES:
            return (Edit(site.file.name, site.file.span(inner)[1], end, f".{name}()"),)
    if isinstance(node, _ATOMS):
        return (Edit(site.file.name, end, end, f".{name}()"),)
    return (Edit(site.file.name, start, start, "("), Edit(site.file.name, end, end, f").{name}()"))


def _dtype(reading: Reading, site: Site) -> Site | None:
    call = reading.bindings.call(site)
    return None if call is None else reading.bindings.argument(call, "dtype")


def _common(reading: Reading, sites: Iterable[Site]) -> str:
    """The type that all of these expressions name; "" if none, or not all the same."""
    found = {_named(reading, site) for site in sites}
    return found.pop() if len(found) == 1 else ""


def _named(reading: Reading, site: Site) -> str:
    dtype = _dtype(reading, site)
    node = site.node if dtype is None else dtype.node
    if isinstance(node, ast.Call):
        node = node.func
        method = getattr(node, "attr", "")
        if method in TYPES:
            return TYPES[method]
    return _NAMED.get(getattr(node, "attr", getattr(node, "id", "")), "")


# What is given to the model and to the loss


def _loss_calls(reading: Reading) -> tuple[Call, ...]:
    """The calls that compute the loss of the training step: known ones, else those that a backward pass begins at."""
    if reading.loss_calls:
        return reading.loss_calls
    receivers = [Site(call.file, call.node.func.value) for call in reading.backwards
                 if isinstance(call.node.func, ast.Attribute)]  # fmt: skip
    return tuple(call for site in receivers for call in _makers(reading, site, set()) if len(call.node.args) == 2)


def _model_calls(reading: Reading, losses: Iterable[Call]) -> Iterator[Call]:
    """The calls of the model that a loss is computed from."""
    for loss in losses:
        for call in _makers(reading, Site(loss.file, loss.node.args[0]), set()):
            function = call.node.func
            of_self = isinstance(function, ast.Attribute) and ast.unparse(function.value) == "self"
            direct = isinstance(function, ast.Name) or of_self or call.method == "forward"
            if not call.name and call.node.args and direct:
                yield call


def _makers(reading: Reading, site: Site, seen: set[ast.AST]) -> Iterator[Call]:
    """The calls in an expression, and in what the names in it were assigned in the same function."""
    scopes = reading.bindings.scopes(site.file)
    for node in ast.walk(site.node):
        call = reading.bindings.call(Site(site.file, node)) if isinstance(node, ast.Call) else None
        if call is not None:
            yield call
        for binding in scopes.bound_in(scopes.scope(node), node.id) if isinstance(node, ast.Name) else ():
            if binding.value is not None and binding.node not in seen:
                seen.add(binding.node)
                yield from _makers(reading, Site(site.file, binding.value), seen)


def _alike(reading: Reading, calls: Iterable[Call]) -> tuple[Call, ...]:
    """Every call of the program that is written as one of these, as for evaluation."""
    names = {ast.unparse(call.node.func).removesuffix(".forward") for call in calls}
    every = [call for call in reading.bindings.calls if call.node.args]
    return tuple(call for call in every if ast.unparse(call.node.func).removesuffix(".forward") in names)
