"""Batch size and number of epochs of a PyTorch training loop.

The epochs are the turns of the outermost counting loop around the training step that does not build a new optimiser
each time. A loop that trains on all rows at once has epochs and no batch size. Batches come from the DataLoader that
the training step iterates over, or from a loop that cuts slices: `for i in range(0, n, BATCH)`, `rows.split(BATCH)`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from netmend.core.errors import Unchangeable
from netmend.program.blame import Value
from netmend.program.elements._base import Element
from netmend.program.places import Edit
from netmend.program.reading.bindings import Call, Site
from netmend.program.reading.torch_program import Reading
from netmend.program.reading.torch_values import argument_element, numeric, write_argument
from netmend.program.source import SourceFile

Loop = tuple[SourceFile, ast.For | ast.While]

# torch.utils.data.DataLoader takes one row at a time unless told otherwise.
_LOADER_DEFAULT = 1
LOADERS = frozenset({"torch.utils.data.DataLoader", "torch.utils.data.dataloader.DataLoader"})
_COUNTERS = frozenset({"range", "tqdm.trange", "tqdm.auto.trange", "tqdm.notebook.trange"})
_WRAPPERS = frozenset({"tqdm.tqdm", "tqdm.auto.tqdm", "tqdm.notebook.tqdm", "tqdm.std.tqdm", "enumerate", "list"})


def find_epochs(reading: Reading) -> Iterator[Element]:
    """The number of turns of the training loop."""
    for file, loop in reversed(_loops(reading)):
        if _builds_optimiser(reading, loop):
            continue
        found = _counted(reading, file, loop)
        if found is not None:
            yield found
            return


def find_batch_sizes(reading: Reading) -> Iterator[Element]:
    """The batch size of the training data."""
    loader = training_loader(reading)
    if loader is not None:
        yield argument_element(reading, "batch-size", loader, "batch_size", 1, _LOADER_DEFAULT, "DataLoader")
        return
    for file, loop in _loops(reading)[:-1]:  # the outermost loop counts epochs
        found = _sliced(reading, file, loop)
        if found is not None:
            yield found
            return


def write_count(element: Element, value: Value) -> tuple[Edit, ...]:
    """The edits that set a batch size or a number of epochs."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise Unchangeable(f"{element.kind} must be a whole number, not {value}", where=str(element.place))
    if element.form == "hidden":
        return write_argument(element, repr(value))
    extra = dict(element.extra)
    text = repr(value + extra.get("offset", 0))
    if element.form == "slices":
        return tuple(Edit(element.place.file, start, end, text) for start, end in extra["places"])
    return write_argument(element, text)


# Loops


def _loops(reading: Reading) -> list[Loop]:
    """The loops around the training step, innermost first."""
    return loops(reading, reading.backwards[0]) if reading.backwards else []


def loops(reading: Reading, start: Call) -> list[Loop]:
    """The loops around a call, innermost first, through the calls of the functions they are in."""
    found: list[Loop] = []
    call: Call | None = start
    seen: set[ast.AST] = set()
    while call is not None and call.node not in seen:
        seen.add(call.node)
        scopes = reading.bindings.scopes(call.file)
        function = scopes.function(call.node)
        for node in scopes.ancestors(call.node):
            if node is function:
                break
            if isinstance(node, (ast.For, ast.While)):
                found.append((call.file, node))
        call = None if function is None else _caller(reading, call.file, function)
    return found


def _caller(reading: Reading, file: SourceFile, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Call | None:
    """The first call of a function or method."""
    scopes = reading.bindings.scopes(file)
    if isinstance(scopes.parent(function), ast.ClassDef):
        calls = [call for call in reading.bindings.calls if call.method == function.name]
    else:
        calls = [call for call in reading.bindings.calls if call.name == f"{scopes.module}.{function.name}"]
    return next(
        (call for call in calls if reading.bindings.scopes(call.file).function(call.node) is not function), None
    )


def _builds_optimiser(reading: Reading, loop: ast.For | ast.While) -> bool:
    inside = set(ast.walk(loop))
    return any(call.node in inside for call in reading.optimisers)


# Epochs


def _counted(reading: Reading, file: SourceFile, loop: ast.For | ast.While) -> Element | None:
    match loop:
        case ast.For(iter=iterated):
            call = _range(reading, Site(file, iterated))
            if call is None or call.node.keywords or len(call.node.args) not in (1, 2):
                return None
            return _bound(reading, Site(call.file, call.node.args[-1]), _first(reading, call), "training loop")
        case ast.While(
            test=ast.Compare(left=ast.Name(id=name), ops=[ast.Lt() | ast.LtE() as order], comparators=[bound])
        ):
            if not any(isinstance(each, ast.AugAssign) and _is_name(each.target, name) for each in loop.body):
                return None
            start = _start(reading, file, loop.test, name)
            return _bound(reading, Site(file, bound), start - isinstance(order, ast.LtE), "training loop")
    return None


def _start(reading: Reading, file: SourceFile, test: ast.expr, name: str) -> int:
    """What a counter is before a `while` loop."""
    for binding in reading.bindings.scopes(file).bindings(name, test):
        found = None if binding.value is None else reading.bindings.resolve(Site(file, binding.value)).value
        if isinstance(found, int):
            return found
    return 0


def _first(reading: Reading, call: Call) -> int:
    """What a range begins with."""
    if len(call.node.args) == 1:
        return 0
    found = numeric(reading.bindings.resolve(Site(call.file, call.node.args[0])).value)
    return found if isinstance(found, int) else 0


def _bound(reading: Reading, site: Site, first: int, owner: str) -> Element | None:
    """The element for the end of a range: in `range(1, EPOCHS + 1)` the number that EPOCHS stands for."""
    offset = first
    match site.node:
        case ast.BinOp(left=left, op=ast.Add(), right=ast.Constant(value=int() as added)):
            if reading.bindings.resolve(Site(site.file, left)).known:
                site, offset = Site(site.file, left), first - added
        case ast.BinOp(left=ast.Constant(value=int() as added), op=ast.Add(), right=right):
            if reading.bindings.resolve(Site(site.file, right)).known:
                site, offset = Site(site.file, right), first - added
    found = reading.bindings.resolve(site)
    value = found.value if found.known and isinstance(found.value, int) else None
    return _element("epochs", found.site, None if value is None else value - offset, owner, "value", ("offset", offset))


def _range(reading: Reading, site: Site) -> Call | None:
    """`range(...)`, also inside `tqdm(...)`."""
    site = reading.bindings.follow(site)
    call = reading.bindings.call(site)
    if call is None:
        return None
    name = _plain_name(call)
    if name in _WRAPPERS and call.node.args:
        return _range(reading, Site(call.file, call.node.args[0]))
    return call if name in _COUNTERS else None


# Batches


def training_loader(reading: Reading) -> Call | None:
    """The DataLoader that the training step reads."""
    loaders = [call for call in reading.bindings.calls if call.name in LOADERS]
    made = {call.node: call for call in loaders}
    for file, loop in _loops(reading):
        if isinstance(loop, ast.For):
            found = _iterated(reading, Site(file, loop.iter))
            if found.node in made:
                return made[found.node]
    if len(loaders) == 1:
        return loaders[0]
    return next((call for call in loaders if _shuffles(reading, call)), loaders[0] if loaders else None)


def _iterated(reading: Reading, site: Site) -> Site:
    """What a loop goes over, without `enumerate(...)` and `tqdm(...)`."""
    site = reading.bindings.follow(site)
    call = reading.bindings.call(site)
    if call is not None and _plain_name(call) in _WRAPPERS and call.node.args:
        return _iterated(reading, Site(call.file, call.node.args[0]))
    return site


def _shuffles(reading: Reading, call: Call) -> bool:
    site = reading.bindings.argument(call, "shuffle", 2)
    return site is not None and reading.bindings.resolve(site).value is True


def _sliced(reading: Reading, file: SourceFile, loop: ast.For | ast.While) -> Element | None:
    if not isinstance(loop, ast.For):
        return None
    call = _range(reading, Site(file, loop.iter))
    if call is not None and len(call.node.args) == 3:
        return _cut(reading, Site(call.file, call.node.args[2]), loop)
    if call is not None and len(call.node.args) == 1:
        divisor = _divisor(reading.bindings.follow(Site(call.file, call.node.args[0])))
        return None if divisor is None else _cut(reading, divisor, loop)
    split = reading.bindings.call(_iterated(reading, Site(file, loop.iter)))
    if split is not None and (split.method == "split" or split.name == "torch.split"):
        name, index = ("split_size_or_sections", 1) if split.name == "torch.split" else ("split_size", 0)
        size = reading.bindings.argument(split, name, index)
        return None if size is None else _cut(reading, size, loop)
    return None


def _divisor(count: Site) -> Site | None:
    """The batch size in a number of batches: BATCH in `len(x) // BATCH`."""
    for node in ast.walk(count.node):
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.FloorDiv, ast.Div)):
            return Site(count.file, node.right)
    return None


def _cut(reading: Reading, site: Site, loop: ast.For) -> Element | None:
    """The element for the width of the slices; where a number is written for it, the slices state it again."""
    found = reading.bindings.resolve(site)
    if not found.known or not isinstance(found.value, int):
        return _element("batch-size", site, None, "training loop", "value")
    places = [found.site.span]
    if isinstance(site.node, ast.Constant):
        for node in ast.walk(loop):
            match node:
                case (
                    ast.BinOp(op=ast.Add() | ast.Mult(), right=ast.Constant(value=value) as again)
                    | ast.BinOp(op=ast.Mult(), left=ast.Constant(value=value) as again)
                ) if value == found.value:
                    places.append(site.file.span(again))
    return _element("batch-size", found.site, found.value, "training loop", "slices", ("places", tuple(places)))


def _element(kind: str, site: Site, value: Value, owner: str, form: str, *extra: tuple[str, object]) -> Element:
    return Element(
        kind=kind,
        place=site.place,
        start=site.span[0],
        end=site.span[1],
        text=site.text,
        value=value,
        absent=False,
        framework="torch",
        owner=owner,
        form=form,
        extra=extra,
    )


def _plain_name(call: Call) -> str:
    """Dotted name, or the bare name of a built-in function."""
    return call.name or (call.node.func.id if isinstance(call.node.func, ast.Name) else "")


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
