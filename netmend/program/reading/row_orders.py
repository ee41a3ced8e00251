"""Rows of two arrays that belong together, put into random order: one array alone, or both."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements.row_order import ALONE, TOGETHER
from netmend.program.places import Edit
from netmend.program.reading.bindings import Bindings, Call, Site
from netmend.program.reading.drafts import Draft

_GENERATORS = {"numpy.random.RandomState", "numpy.random.default_rng"}
_PAIRING = {"train_test_split", "fit", "TensorDataset", "zip", "from_tensor_slices", "cross_val_score"}
_ORDERS = ("order", "row_order")
"""Names for the order that is drawn; the first that is free is taken."""


def row_order_drafts(bindings: Bindings) -> Iterator[Draft]:
    """Every array that is shuffled in place while the one it was made with is not, and every pair that is reordered."""
    shuffled = [call for call in bindings.calls if _shuffles(bindings, call)]
    names = {node.id for call in shuffled for node in call.node.args if isinstance(node, ast.Name)}
    for call in shuffled:
        pair = _pair(bindings, call)
        if pair and not set(pair) <= names:
            write = partial(_together, bindings, call, pair)
            owner = ast.unparse(call.node.args[0])
            yield Draft("row-order", call.site, call.site, ALONE, owner, write)
    for file in bindings.program.files:
        for node in ast.walk(file.tree):
            reordered = _reordered(node)
            if reordered is not None:
                site = Site(file, reordered)
                owner = " and ".join(ast.unparse(each.value) for each in _subscripts(reordered))
                yield Draft("row-order", site, site, TOGETHER, owner, _refuse)


def _shuffles(bindings: Bindings, call: Call) -> bool:
    """Whether a call puts the rows of one named array into random order, as a statement of its own."""
    if call.short != "shuffle" and call.method != "shuffle":
        return False
    single = len(call.node.args) == 1 and isinstance(call.node.args[0], ast.Name) and not call.node.keywords
    if not single or not isinstance(bindings.scopes(call.file).parent(call.node), ast.Expr):
        return False
    if call.name or not call.method:
        return call.name == "numpy.random.shuffle"
    function = call.node.func
    assert isinstance(function, ast.Attribute)
    made = bindings.call(bindings.follow(Site(call.file, function.value)))
    return made is not None and made.name in _GENERATORS


def _pair(bindings: Bindings, call: Call) -> tuple[str, str] | None:
    """The array that is shuffled and the one its rows belong with, in the order in which they were made."""
    name = call.node.args[0]
    assert isinstance(name, ast.Name)
    for binding in bindings.scopes(call.file).bindings(name.id, name):
        match binding.node:
            case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(id=one), ast.Name(id=other)])]):
                if any(_used_alike(node, one, other) for node in ast.walk(call.file.tree)) or _sliced_alike(
                    call.file.tree, one, other
                ):
                    return one, other
    return None


def _used_alike(node: ast.AST, one: str, other: str) -> bool:
    """Whether a call takes both arrays as rows and their labels."""
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func).rpartition(".")[2]
    given = {each.id for argument in (*node.args, *(keyword.value for keyword in node.keywords))
             for each in ast.walk(argument) if isinstance(each, ast.Name)}  # fmt: skip
    return called in _PAIRING and {one, other} <= given


def _sliced_alike(tree: ast.AST, one: str, other: str) -> bool:
    """Whether the same rows are taken of both arrays."""
    cuts: dict[str, set[str]] = {one: set(), other: set()}
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in cuts:
            cuts[node.value.id].add(ast.unparse(node.slice))
    return bool(cuts[one] & cuts[other])


def _together(bindings: Bindings, call: Call, pair: tuple[str, str], at: Site, value: Value) -> tuple[Edit, ...]:
    """Draw one order and put both arrays into it."""
    scopes, text = bindings.scopes(call.file), call.file.text
    order = next((each for each in _ORDERS if not scopes.bindings(each, call.node)), "")
    if value != TOGETHER or not order:
        raise Unchangeable(f"the rows cannot be shuffled {value} here", where=str(at.place))
    start, end = call.site.span
    line = text.rfind("\n", 0, start) + 1
    if text[line:start].strip():
        raise Unchangeable("the statement shares its line with others", where=str(at.place))
    function = Site(call.file, call.node.func).text
    drawn = f"{order} = {function.removesuffix('shuffle')}permutation(len({pair[0]}))"
    both = ", ".join(pair)
    newline = "\r\n" if "\r\n" in text else "\n"
    taken = f"{both} = {pair[0]}[{order}], {pair[1]}[{order}]"
    return (Edit(call.file.name, start, end, f"{drawn}{newline}{text[line:start]}{taken}"),)


def _refuse(at: Site, value: Value) -> tuple[Edit, ...]:
    raise Unchangeable(f"rows that belong together are not shuffled {value}", where=str(at.place))


def _subscripts(values: ast.Tuple) -> list[ast.Subscript]:
    return [each for each in values.elts if isinstance(each, ast.Subscript)]


def _reordered(node: ast.AST) -> ast.Tuple | None:
    """`X[order], y[order]` in `X, y = X[order], y[order]`, where the index is a name."""
    match node:
        case ast.Assign(
            targets=[ast.Tuple(elts=[ast.Name(id=one), ast.Name(id=other)])],
            value=ast.Tuple(
                elts=[
                    ast.Subscript(value=ast.Name(id=first), slice=ast.Name(id=index)),
                    ast.Subscript(value=ast.Name(id=second), slice=ast.Name(id=same)),
                ]
            ) as values,
        ) if (one, other) == (first, second) and index == same:
            return values
    return None
