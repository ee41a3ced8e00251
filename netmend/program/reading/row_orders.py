"""Rows of two arrays that belong together, put into random order: one array alone, each into its own, or both."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial
from itertools import pairwise

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements.row_order import ALONE, TOGETHER
from netmend.program.places import Edit
from netmend.program.reading import spans
from netmend.program.reading.bindings import Bindings, Call, Site
from netmend.program.reading.drafts import Draft
from netmend.program.source import SourceFile

_GENERATORS = {"numpy.random.RandomState", "numpy.random.default_rng"}
_DRAWING = {"permutation", "randperm", "randint", "choice"}
"""Functions and methods of NumPy and PyTorch that draw numbers of rows."""

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
        for first, second, together in _drawn(bindings, file):
            site = Site(file, second.slice)
            owner = (
                f"{ast.unparse(first.value)} and {ast.unparse(second.value)}" if together else ast.unparse(second.value)
            )
            mend = partial(_one_order, bindings, first, second)
            yield Draft("row-order", site, site, TOGETHER if together else ALONE, owner, _refuse if together else mend)
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


def _drawn(bindings: Bindings, file: SourceFile) -> Iterator[tuple[ast.Subscript, ast.Subscript, bool]]:
    """`X[order()]` and `y[order()]` in two statements of a block, and whether it is one order for both."""
    for block in _blocks(file.tree):
        taken = [each.value for each in block if isinstance(each, ast.Assign) and isinstance(each.value, ast.Subscript)]
        drawn = [(each, call) for each in taken if (call := _draw(bindings, file, each)) is not None]
        for (first, one), (second, other) in pairwise(drawn):
            assert isinstance(first.value, ast.Name) and isinstance(second.value, ast.Name)
            names = first.value.id, second.value.id
            targets = [bindings.scopes(file).statement(each) for each in (first, second)]
            new = [ast.unparse(each.targets[0]) for each in targets if isinstance(each, ast.Assign)]
            pairs = [names, new] if len(new) == 2 else [names]
            alike = any(_used_alike(node, *pair) for pair in pairs for node in ast.walk(file.tree))
            if len({*names}) == 2 and (alike or _sliced_alike(file.tree, *names)):
                yield first, second, one is other


def _blocks(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    for node in ast.walk(tree):
        for _, block in ast.iter_fields(node):
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                yield block


def _draw(bindings: Bindings, file: SourceFile, rows: ast.Subscript) -> ast.Call | None:
    """The call that draws the numbers of rows that are taken of a named array; None if there is none."""
    site = bindings.follow(Site(file, rows.slice))
    calls = [each for each in ast.walk(site.node) if isinstance(each, ast.Call)]
    draws = [each for each in calls if ast.unparse(each.func).rpartition(".")[2] in _DRAWING]
    return draws[0] if len(draws) == 1 and isinstance(rows.value, ast.Name) else None


def _one_order(
    bindings: Bindings, first: ast.Subscript, second: ast.Subscript, at: Site, value: Value
) -> tuple[Edit, ...]:
    """Take the same rows of both arrays."""
    scopes = bindings.scopes(at.file)
    if value != TOGETHER:
        raise Unchangeable(f"the rows cannot be shuffled {value} here", where=str(at.place))
    of_first = Site(at.file, first.slice)
    if isinstance(first.slice, ast.Name):
        return (spans.replace(at, first.slice.id),)
    order = next((each for each in _ORDERS if not scopes.bindings(each, first)), "")
    if not order:
        raise Unchangeable("no name is free for the order of the rows", where=str(at.place))
    drawn = spans.add_statement_before(at.file, scopes.statement(first), f"{order} = {of_first.text}")
    return (drawn, spans.replace(of_first, order), spans.replace(at, order))


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
